# pyright: strict
"""A user's program, which type checkers must accept as it is: every call in both of its forms. It is never run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import assert_type

import httpx

from wasend import (
    Account,
    AsyncWasendClient,
    BoundSession,
    Chat,
    ChatMessage,
    Contact,
    Group,
    GroupCount,
    InvalidRequestError,
    LinkPreview,
    Message,
    Options,
    OutcomeUnknownError,
    Page,
    QRCode,
    Recipient,
    Response,
    Result,
    Retry,
    ServerError,
    Session,
    SessionChange,
    SessionState,
    Timeout,
    WasendClient,
    WasendError,
    format_phone_number,
    is_valid_phone_number,
)
from wasend.delivery import Breaker, Pacer, Pacing, RateLimiter, Resolver, Settlement, SqliteStore, Suppression
from wasend.outbox import Outbox
from wasend.webhooks import NEXT, AsyncContext, Context, Feeds, MessageAck, MessageReceived, Receiver, Router


def seldom(error: WasendError, attempt: int) -> bool | float:
    """A retry hook."""
    return 1.5 if attempt < 2 and error.outcome == "not_sent" else False


def settings() -> None:
    """Clients are made in every documented way."""
    WasendClient("key")
    WasendClient(api_key="key", base_url="https://api.wasend.dev", timeout=30)
    WasendClient(timeout=Timeout(answer=10), retry=Retry(max_retries=5), prefer="docs")
    client = AsyncWasendClient(retry=seldom, http_client=httpx.AsyncClient())
    assert_type(client.with_options(timeout=2, retry=None), AsyncWasendClient)
    assert_type(client.retrieve_config(), Options)
    assert_type(WasendClient().with_options(api_key="other"), WasendClient)
    assert_type(format_phone_number("07700 900123", "44"), str)
    assert_type(is_valid_phone_number("+447700900123"), bool)


def plain() -> None:
    """The synchronous client."""
    with WasendClient("key") as client:
        session = client.create_session(session_name="n", phone_number="+447700900123", enable_webhook=False)
        assert_type(session, Session)
        assert_type(client.create_session({"sessionName": "n", "phoneNumber": "+447700900123"}), Session)
        assert_type(session.unique_session_id, str)
        assert_type(session.created_at, datetime | None)
        assert_type(session.state, SessionState)
        sessions = client.retrieve_all_sessions()
        assert_type(sessions, Page[Session])
        as_sequence: Sequence[Session] = sessions
        assert_type(as_sequence[0], Session)
        assert_type(client.retrieve_session_info("ses_1"), Session)
        assert_type(client.start_session(session), Session)
        assert_type(client.stop_session(session=session), Session)
        assert_type(client.restart_session("ses_1"), Session)
        assert_type(client.retrieve_qr_code(session), QRCode)
        assert_type(client.retrieve_qr_code("ses_1").png(), bytes)
        assert_type(next(client.watch("ses_1")), SessionChange)
        assert_type(client.login("Front Desk", "+447700900123", show=lambda step: print(step.qr)), Session)
        assert_type(client.delete_session("ses_1"), Result)

        message = client.send_text(session=session, to="+447700900456", text="hi", reply_to=None)
        assert_type(message, Message)
        assert_type(client.send_text({"session": "ses_1", "to": "+447700900456", "text": "hi"}), Message)
        assert_type(message.timestamp, datetime | None)
        client.send_image(session="ses_1", to="+447700900456", url="https://example.org/a.jpg", caption="c")
        client.send_image(session="ses_1", to="+447700900456", data=Path("a.jpg"))
        client.send_video(session="ses_1", to="+447700900456", data=b"")
        client.send_voice(session="ses_1", to="+447700900456", data="T2dnUw==", duration=2.5)
        with Path("a.pdf").open("rb") as file:
            client.send_file(session="ses_1", to="+447700900456", data=file, file_name="a.pdf")
        look = LinkPreview(title="T", thumbnail_url=None)
        client.send_link_custom_preview(session="ses_1", to="+447700900456", text="t", preview=look)
        client.send_link_custom_preview(session="ses_1", to="+447700900456", text="t", preview={"title": "T"})
        assert_type(client.send_seen(session="ses_1", to="+447700900456", message_id="m"), Result)
        assert_type(client.send_reaction(session="ses_1", message_id="m", reaction=""), Result)
        client.start_typing(session="ses_1", to="+447700900456")
        client.stop_typing({"session": "ses_1", "to": "+447700900456"})
        client.send(session="ses_1", to="+447700900456", image_url="https://example.org/a.jpg", preview={"title": "T"})
        client.send_message(session="ses_1", to="+447700900456", text="hi", message_id="m", min_typing=1)
        assert_type(client.get_message("m"), Message)
        group = client.create_group("ses_1", name="Crew", participants=["+447700900456", {"id": "+447700900457"}])
        assert_type(group, Group)
        assert_type(client.create_group("ses_1", {"name": "Crew", "participants": ["+447700900456"]}), Group)
        assert_type(client.get_groups("ses_1", limit=10, exclude=["participants"]), Page[Group])
        assert_type(client.iter_groups("ses_1", page_size=20), Iterator[Group])
        assert_type(client.get_groups_count("ses_1"), GroupCount)
        assert_type(client.get_group("ses_1", "120363041234567890@g.us"), Group)
        assert_type(client.get_group_info("ses_1", "120363041234567890@g.us"), Group)
        assert_type(client.get_group_join_info("ses_1", code="K9fQ2mZx7LrB4tVw8YcDsE"), Group)
        assert_type(client.join_group("ses_1", code="K9fQ2mZx7LrB4tVw8YcDsE"), Group)
        assert_type(client.leave_group("ses_1", "120363041234567890@g.us"), Result)
        client.get_group_picture("ses_1", "120363041234567890@g.us", True)
        client.set_group_picture(
            "ses_1", "120363041234567890@g.us", url="https://example.org/g.jpg", crop_to_square=True
        )
        client.delete_group_picture("ses_1", "120363041234567890@g.us")
        assert_type(client.get_group_description("ses_1", "120363041234567890@g.us"), str | None)
        client.set_group_description("ses_1", "120363041234567890@g.us", description="")
        assert_type(client.get_group_subject("ses_1", "120363041234567890@g.us"), str | None)
        client.set_group_subject("ses_1", "120363041234567890@g.us", {"subject": "Crew"})
        client.set_group_name("ses_1", "120363041234567890@g.us", name="Crew")
        assert_type(client.get_group_settings("ses_1", "120363041234567890@g.us").info_admin_only, bool | None)
        client.set_group_settings("ses_1", "120363041234567890@g.us", info_admin_only=True, messages_admin_only=False)
        client.get_group_info_admin_only("ses_1", "120363041234567890@g.us")
        client.set_group_info_admin_only("ses_1", "120363041234567890@g.us", enabled=True)
        client.get_group_messages_admin_only("ses_1", "120363041234567890@g.us")
        client.set_group_messages_admin_only("ses_1", "120363041234567890@g.us", enabled=True)
        assert_type(client.get_group_invite_code("ses_1", "120363041234567890@g.us"), str)
        assert_type(client.revoke_group_invite_code("ses_1", "120363041234567890@g.us"), str)
        assert_type(client.get_group_invite_link("ses_1", "120363041234567890@g.us").invite_link, str)
        client.revoke_group_invite_link("ses_1", "120363041234567890@g.us")
        client.get_group_participants("ses_1", "120363041234567890@g.us")
        client.add_group_participants("ses_1", "120363041234567890@g.us", participants=["+447700900456"], notify=False)
        client.remove_group_participants("ses_1", "120363041234567890@g.us", participants=["+447700900456"])
        client.promote_group_participants("ses_1", "120363041234567890@g.us", participants=["+447700900456"])
        print(
            client.demote_group_participants("ses_1", "120363041234567890@g.us", participants=["+447700900456"]).failed
        )
        assert_type(client.get_contacts("ses_1"), Page[Contact])
        assert_type(client.iter_contacts("ses_1"), Iterator[Contact])
        assert_type(client.get_contact("ses_1", contact_id="+447700900456"), Contact)
        assert_type(client.check_contact_exists("ses_1", phone="+447700900456").exists, bool | None)
        client.get_contact_profile_picture("ses_1", contact_id="+447700900456")
        assert_type(client.get_all_chats("ses_1"), Page[Chat])
        assert_type(client.iter_chats("ses_1"), Iterator[Chat])
        client.get_chats_overview("ses_1", ids=["447700900456@c.us"])
        assert_type(client.get_messages("ses_1", "447700900456@c.us", filter={"from_me": True}), Page[ChatMessage])
        assert_type(client.iter_messages("ses_1", "447700900456@c.us"), Iterator[ChatMessage])
        assert_type(client.iter_new_messages("ses_1"), Iterator[MessageReceived])
        assert_type(client.watch("ses_1"), Iterator[SessionChange])
        client.watch("ses_1", on_state=lambda change: print(change.health))
        client.get_message_by_id("ses_1", "447700900456@c.us", "m")
        client.read_messages("ses_1", "447700900456@c.us", days=1)
        picture = client.get_chat_picture("ses_1", "447700900456@c.us")
        assert_type(client.download(picture), bytes)
        assert_type(client.download_to("/files/a.jpg", "a.jpg", progress=print), Path)
        assert_type(client.retrieve_account(), Account)
        assert_type(client.request("GET", "/account", into=Account), Account)
        assert_type(client.session("ses_1"), BoundSession)
        assert_type(client.wait_until_ready(session, timeout=5), Session)
        assert_type(client.wait_for_state("ses_1", ["CONNECTED", SessionState.FAILED]), Session)
        assert_type(client.wait_for_ack(message, session=session, at_least="READ"), ChatMessage)
        recipient = client.resolve("+447700900456", session=session, region="GB")
        assert_type(recipient, Recipient | None)
        if recipient is not None:
            client.send_text(session=session, to=recipient, text="hi")
            client.suppress(recipient, "STOP")
        try:
            client.with_options(settle=True, kind="reply").send_text(session=session, to="+447700900456", text="hi")
        except OutcomeUnknownError as error:
            assert_type(client.settle(error), Settlement)
            assert_type(
                client.settle_send(session=session, to="+447700900456", text="hi", since=error.since), Settlement
            )
        print(message["fromMe"], message.get("status"), message.extra, message.to_dict(), dict(message))
        client.close()


def recorded(client: WasendClient) -> None:
    """The heads of answers, and a hook for them."""
    with client.record_responses() as responses:
        client.retrieve_account()
    assert_type(responses, list[Response])
    assert_type(responses[-1].status, int)
    assert_type(responses[-1].request_id, str | None)
    WasendClient(on_response=lambda response: print(response.status), proxy="http://proxy:3128", verify=False)


def ruled() -> None:
    """A client with rules around its sends."""
    WasendClient(
        settle=True, pacing=Pacing.known(), breaker=True, rate_limit="20/m", suppression=Suppression(), ready=30
    )
    store = SqliteStore("state.db")
    AsyncWasendClient(
        pacing=Pacer(store=store),
        breaker=Breaker(store=store),
        rate_limit=RateLimiter(),
        resolver=Resolver(store=store),
    )


def once() -> None:
    """Calls with a key, by keywords and in a mapping."""
    client = WasendClient(outbox=Outbox("outbox.db"), message_ids="try")
    assert_type(client.send_text(session="ses_1", to="+447700900456", text="hi", key="order-17"), Message)
    assert_type(client.send_text({"session": "ses_1", "to": "+447700900456", "text": "hi", "key": "17"}), Message)
    assert_type(client.session("ses_1").create_group(name="n", participants=["+447700900456"], key="g"), Group)
    client.request("POST", "/labels", body={"name": "new"}, key="label-1")


def received() -> None:
    """A receiver, whose handlers are checked against the events that they are for."""
    receiver = Receiver(AsyncWasendClient(), key=["new", "old"], inbox="inbox.db", feeds=Feeds(stop_words=["en"]))
    router = Router()
    receiver.include(router)

    def is_short(event: MessageReceived) -> bool:
        return len(event.payload.body or "") < 10

    @receiver.on(MessageReceived, is_short, lambda event: not event.payload.from_me, from_="+447700900456")
    async def answer(event: MessageReceived, context: AsyncContext) -> object:
        assert_type((await context.reply(f"You said: {event.payload.body}")).id, str)
        return NEXT

    @router.on(MessageAck)
    def count(event: MessageAck, context: Context) -> None:
        print(event.payload.ack, context.key, context.attempt)

    @router.on(MessageReceived, transaction=True)
    def save(event: MessageReceived, context: Context) -> None:
        context.connection.execute("INSERT INTO orders VALUES (?)", (event.payload.body,))

    print(answer, count, save)


async def awaited() -> None:
    """The asynchronous client."""
    async with AsyncWasendClient("key") as client:
        assert_type(await client.create_session(session_name="n", phone_number="+447700900123"), Session)
        assert_type(await client.create_session({"sessionName": "n", "phoneNumber": "+447700900123"}), Session)
        assert_type(await client.retrieve_all_sessions(), Page[Session])
        assert_type(await client.send_text(session="ses_1", to="+447700900456", text="hi"), Message)
        assert_type(await client.send_text({"session": "ses_1", "to": "+447700900456", "text": "hi"}), Message)
        try:
            await client.send_message({"session": "ses_1", "to": "+447700900456", "text": "hi"})
        except InvalidRequestError as error:
            assert_type(error.field, str)
        except (ServerError, OutcomeUnknownError) as error:
            print(error.outcome)
        await client.aclose()
