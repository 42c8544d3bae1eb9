# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""Mistakes that a type checker must find: where it finds none, the comment on the line is one too many, which fails. Never run."""

from __future__ import annotations

from typing import assert_never

from wasend import AsyncWasendClient, Message, Options, Session, WasendClient
from wasend.webhooks import EVENTS, AnyEvent, MessageAck, MessageAny, MessageReceived, UnknownEvent, parse

client = WasendClient("key")
session = client.retrieve_session_info("ses_1")

client.send_text(session="s", text="t")  # type: ignore[call-overload]
client.send_text(session="s", to="+44", text=5)  # type: ignore[call-overload]
client.send_text(session="s", to="+44", text=None)  # type: ignore[call-overload]
client.send_text(session="s", to=447700900456, text="t")  # type: ignore[call-overload]
client.send_text(session=5, to="+44", text="t")  # type: ignore[call-overload]
client.send_text(session="s", to="+44", text="t", replyTo="m")  # type: ignore[call-overload]
client.send_text("s", "+44", "t")  # type: ignore[call-overload]
client.send_text(["s"])  # type: ignore[call-overload]
client.send_image(session="s", to="+44", data=5)  # type: ignore[call-overload]
client.create_session(session_name="n")  # type: ignore[call-overload]
client.create_session(session_name="n", phone_number="+44", enable_webhook="no")  # type: ignore[call-overload]
client.send_mesage(session="s", to="+44", text="t")  # type: ignore[attr-defined]
client.retrieve_session_info()  # type: ignore[call-arg]
client.retrieve_session_info(5)  # type: ignore[arg-type]
message: Message = client.retrieve_session_info("s")  # type: ignore[assignment]
length: int = len(session.status)  # type: ignore[arg-type]
session.status = "STOPPED"  # type: ignore[misc]
session.unique_sesion_id  # type: ignore[attr-defined]  # noqa: B018
Session("ses_1")  # type: ignore[call-arg, arg-type]
Options(api_key="k").api_key = "other"  # type: ignore[misc]
WasendClient("key", timeout="30")  # type: ignore[arg-type]
WasendClient("key", prefer="both")  # type: ignore[arg-type]
WasendClient("key", "https://api.wasend.dev")  # type: ignore[call-arg]


async def forgotten() -> None:
    """What is not awaited has no fields."""
    async with AsyncWasendClient("key") as other:
        coroutine = other.send_text(session="s", to="+44", text="t")
        print(coroutine.id)  # type: ignore[attr-defined]
        await coroutine


def forgetful(event: AnyEvent) -> None:
    """A match that does not name every class."""
    match event:
        case MessageReceived() | MessageAny():
            print(event.payload.bdoy)  # type: ignore[attr-defined]
        case MessageAck() | UnknownEvent():
            print(event.payload.ack)
        case _:
            assert_never(event)  # type: ignore[arg-type]


parse("text", {}, key="key")  # type: ignore[arg-type]
parse(b"", {})  # type: ignore[call-arg]
parse(b"", {}, key=5)  # type: ignore[arg-type]
parse(b"", {"a": 5}, key="key")  # type: ignore[arg-type]
EVENTS["message"] = MessageAny  # type: ignore[index]
MessageReceived().payload.body = "other"  # type: ignore[misc]
