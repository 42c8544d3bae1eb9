"""The endpoints of messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal, TypeAlias

import attrs

from wasend.sandbox.api.dialects import Dialect, Json, iso
from wasend.sandbox.api.endpoints import Call, Endpoint
from wasend.sandbox.api.fields import (
    Body,
    Check,
    Fields,
    base64,
    filled,
    recipient,
    seconds,
    string,
    string_map,
    web_url,
)
from wasend.sandbox.world import Ack, State, StoredMessage, Unknown, chat_id

_SEND_MEDIA = {"imageUrl": "image", "videoUrl": "video", "documentUrl": "document", "audioUrl": "ptt"}
"""The media fields of ``/send``, in the order in which the first one given decides the type."""

_STATUSES: dict[Ack, str] = {
    "ERROR": "failed",
    "PENDING": "pending",
    "SERVER": "sent",
    "DEVICE": "delivered",
    "READ": "read",
    "PLAYED": "played",
}

_ADDRESSED: dict[str, Check] = {"session": filled, "to": recipient}


def _one_source(body: Body) -> Iterable[str]:
    if body.get("url") is None and body.get("data") is None:
        yield "url or data must be given"
    elif body.get("url") is not None and body.get("data") is not None:
        yield "url and data must not be given together"


def _something(body: Body) -> Iterable[str]:
    if all(body.get(name) in (None, "") for name in ("text", *_SEND_MEDIA)):
        yield f"one of text, {', '.join(_SEND_MEDIA)} must be given"


def _media(required: dict[str, Check] | None = None, **optional: Check) -> Fields:
    return Fields(
        required={**_ADDRESSED, **(required or {})},
        optional={"url": web_url, "data": base64, "replyTo": filled, **optional},
        rule=_one_source,
    )


_PREVIEW = Fields(required={"title": filled}, optional={"description": string, "thumbnailUrl": web_url})

_SEND = Fields(
    required=_ADDRESSED,
    optional={
        "text": string,
        **dict.fromkeys(_SEND_MEDIA, web_url),
        "mimetype": string,
        "filename": string,
        "preview": string_map,
    },
    rule=_something,
)


def _text(body: Body) -> tuple[str, str]:
    return "text", body["text"]


def _file(kind: str) -> Callable[[Body], tuple[str, str]]:
    def content(body: Body) -> tuple[str, str]:
        if body.get("url") is not None:
            return kind, body["url"]
        data: str = body["data"]
        return kind, f"{len(data) * 3 // 4 - data.count('=')} bytes"

    return content


def _anything(body: Body) -> tuple[str, str]:
    for name, kind in _SEND_MEDIA.items():
        if body.get(name) is not None:
            return kind, body[name]
    return _text(body)


def _message(message: StoredMessage) -> Json:
    to = message.body["to"]
    return {
        "id": message.id,
        "to": to,
        "content": message.content,
        "type": message.type,
        "timestamp": iso(message.timestamp),
        "status": _STATUSES[message.ack],
        "fromMe": True,
        "sender": message.sender,
        "recipient": to,
    }


MessageIds: TypeAlias = Literal["ignore", "take", "refuse"]
"""What is done with an ``id`` that a sender makes itself; what the service does with it is not known."""


def _with_own_id(fields: Fields, message_ids: MessageIds) -> Fields:
    if message_ids == "ignore":
        return fields
    if message_ids == "take":
        return attrs.evolve(fields, optional={**fields.optional, "id": filled})

    def rule(body: Body) -> Iterable[str]:
        if "id" in body:
            yield "property id should not exist"
        yield from fields.rule(body)

    return attrs.evolve(fields, rule=rule)


def message_endpoints(state: State, dialect: Dialect, message_ids: MessageIds = "ignore") -> list[Endpoint]:
    """Return the endpoints of messages."""

    def send(
        path: str,
        fields: Fields,
        read: Callable[[Body], tuple[str, str]],
        family: Literal["docs", "sdk"] | None = None,
    ) -> Endpoint:
        def answer(call: Call) -> Json:
            kind, content = read(call.body)
            to = chat_id(call.body["to"])
            if where := call.effects.get("filed"):
                state.people.file_under(to, where)
            return _message(
                state.chats.send(
                    session_id=call.body["session"],
                    account=call.account,
                    to=to,
                    content=content,
                    type=kind,
                    body=call.body,
                    lost="dead_session" in call.effects,
                    own_id=call.body.get("id") if message_ids == "take" else None,
                )
            )

        return Endpoint("POST", path, answer, _with_own_id(fields, message_ids), family=family)

    def signal(call: Call) -> Json:
        state.sessions.unrestricted(call.body["session"], call.account)
        return dialect.done()

    def react(call: Call) -> Json:
        session = state.sessions.unrestricted(call.body["session"], call.account)
        with suppress(Unknown):  # whether the service looks for the message is not known
            message = state.chats.message(call.body["messageId"])
            if state.sessions.is_of(message.session, call.account):
                state.chats.react(message.id, session.own_id, call.body["reaction"])
        return dialect.done()

    def saw(call: Call) -> Json:
        session = state.sessions.unrestricted(call.body["session"], call.account)
        state.chats.seen(session.id, call.body["messageId"])
        return dialect.done()

    def read(call: Call) -> Json:
        message = state.chats.message(call.path["message"])
        if not state.sessions.is_of(message.session, call.account):
            raise Unknown("Message", message.id)
        return {
            "id": message.id,
            "to": message.body.get("to", message.to),
            "content": message.content,
            "sentAt": iso(message.timestamp),
            "status": _STATUSES[message.ack],
        }

    text = Fields(required={**_ADDRESSED, "text": filled}, optional={"replyTo": filled})
    link = Fields(required={**_ADDRESSED, "text": filled, "preview": _PREVIEW.check})
    seen = Fields(required={**_ADDRESSED, "messageId": filled})
    reaction = Fields(required={"session": filled, "messageId": filled, "reaction": string})
    return [
        send("/sendText", text, _text),
        send("/sendImage", _media(caption=string), _file("image")),
        send("/sendVideo", _media(caption=string), _file("video")),
        send("/sendVoice", _media(duration=seconds), _file("ptt")),
        send("/sendFile", _media({"fileName": filled, "mimeType": filled}), _file("document")),
        send("/send", _SEND, _anything),
        send("/sendLinkCustomPreview", link, _text, "docs"),
        send("/send/link-custom-preview", link, _text, "sdk"),
        Endpoint("POST", "/sendSeen", saw, seen),
        Endpoint("POST", "/startTyping", signal, Fields(required=_ADDRESSED)),
        Endpoint("POST", "/stopTyping", signal, Fields(required=_ADDRESSED)),
        Endpoint("PUT", "/reaction", react, reaction),
        Endpoint("GET", "/messages/{message}", read),
    ]
