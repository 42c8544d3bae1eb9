# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""A user's program with views of one session, models of its own, and mistakes in both that must be found. It is never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

from wasend import (
    AsyncBoundSession,
    AsyncWasendClient,
    BoundSession,
    Message,
    Model,
    Page,
    QRCode,
    Result,
    Session,
    WasendClient,
    model,
    wire,
)
from wasend.api.chats import Chat, ChatMessage
from wasend.api.groups import Group


@model
class Label(Model):
    """A model of the user's own."""

    id: str | None = None
    colour: str | None = wire("colorHex")


def plain(client: WasendClient, session: Session) -> None:
    """The synchronous view."""
    desk = client.session(session)
    assert_type(desk, BoundSession)
    assert_type(client.session(), BoundSession)
    assert_type(desk.session_id, str)
    assert_type(desk.send_text(to="+447700900456", text="t"), Message)
    assert_type(desk.send_text({"to": "+447700900456", "text": "t"}), Message)
    assert_type(desk.get_group("1@g.us"), Group)
    assert_type(desk.iter_chats(page_size=5), Iterator[Chat])
    assert_type(desk.iter_messages("1@g.us"), Iterator[ChatMessage])
    assert_type(desk.retrieve_qr_code(), QRCode)
    assert_type(desk.delete_session(), Result)
    desk.send_message({"to": "+447700900456", "text": "t"}, {"minTypingDuration": "1000"})
    client.send_message({"session": "s", "to": "+447700900456", "text": "t"}, {"minTypingDuration": "1000"})
    client.send_text("s", {"to": "+447700900456", "text": "t"})
    client.get_group_join_info("s", "code")

    assert_type(client.request("GET", "/labels", into=Label), Label)
    assert_type(client.request("GET", "/labels", into=Page[Label], params={"a": 1}), Page[Label])
    assert_type(client.request("POST", "/labels", body={"id": "1"}, repeatable=True), Any)
    assert_type(Label(colour="#fff").colour, str | None)

    desk.send_text(session="s", to="+447700900456", text="t")  # type: ignore[call-overload]
    desk.send_text(to="+447700900456")  # type: ignore[call-overload]
    desk.retrieve_session_info("s")  # type: ignore[call-arg]
    desk.retrieve_all_sessions()  # type: ignore[attr-defined]
    client.session(5)  # type: ignore[arg-type]
    client.request("GET", into=Label)  # type: ignore[call-overload]
    client.request("GET", "/labels", into=Label(id="1"))  # type: ignore[call-overload]
    client.request("GET", "/labels", {"a": 1})  # type: ignore[call-overload]
    client.send_text_message("s", {"to": "+447700900456"})  # type: ignore[attr-defined]
    client.sessions  # type: ignore[attr-defined]  # noqa: B018


async def awaited(client: AsyncWasendClient) -> None:
    """The asynchronous view."""
    desk = client.session("ses_1")
    assert_type(desk, AsyncBoundSession)
    assert_type(await desk.send_text(to="+447700900456", text="t"), Message)
    assert_type(await desk.send_text({"to": "+447700900456", "text": "t"}), Message)
    assert_type(desk.iter_chats(), AsyncIterator[Chat])
    assert_type([group async for group in desk.iter_groups()], list[Group])
    assert_type(await client.request("GET", "/labels/1", into=Label), Label)
    assert_type(await client.request("GET", "/{s}/labels", path_params={"s": "x"}, into=Page[Label]), Page[Label])
    assert_type(await client.request("DELETE", "/labels/1"), Any)
    await desk.create_session(session_name="n", phone_number="+447700900456")  # type: ignore[attr-defined]
