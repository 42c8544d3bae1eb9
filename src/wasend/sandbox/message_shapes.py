"""The shapes of a message in a chat: as the official SDK declares it, and as the engine behind the service has it."""

from __future__ import annotations

from typing import Any

from wasend.sandbox.chat_ids import is_group, person
from wasend.sandbox.chat_store import ACKS, StoredMessage
from wasend.sandbox.dialects import Json


def _ends(message: StoredMessage, own_id: str) -> dict[str, Json]:
    """Return where a message came from and where it went, as the engine tells it."""
    ends = (own_id, message.chat) if message.from_me else (message.chat, own_id)
    return {"from": ends[0], "to": ends[1]}


def words(message: StoredMessage) -> str | None:
    """Return the words in a message: its text, or the caption of its media."""
    if message.type == "text":
        return message.content
    return message.body.get("caption") or message.body.get("text")


def _media(message: StoredMessage) -> dict[str, Any] | None:
    """Return a message's media; what was sent as data is nowhere to be had."""
    if message.type == "text":
        return None
    body = message.body
    return {
        "url": None if body.get("data") is not None else message.content,
        "mimetype": body.get("mimeType") or body.get("mimetype"),
        "filename": body.get("fileName") or body.get("filename"),
    }


def sdk_message(message: StoredMessage, own_id: str, *, download: bool) -> Json:
    """Return a message as the official SDK declares it."""
    media = _media(message)
    told = (
        {}
        if media is None
        else {
            "caption": words(message),
            "mediaUrl": media["url"] if download else None,
            "mimetype": media["mimetype"],
            "filename": media["filename"],
        }
    )
    told["quotedMsgId"] = message.reply_to
    return {
        "id": message.id,
        "chatId": message.chat,
        **_ends(message, own_id),
        "body": words(message) or "",
        "type": "chat" if media is None else message.type,
        "timestamp": int(message.timestamp),
        "fromMe": message.from_me,
        "ack": ACKS[message.ack],
        "hasMedia": media is not None,
        **{name: value for name, value in told.items() if value is not None},
    }


def engine_message(message: StoredMessage, own_id: str, *, download: bool = False) -> Json:
    """Return a message as the engine behind the service has it: the documentation has no page on chats."""
    media = _media(message)
    writer = own_id if message.from_me else person(message.sender)
    return {
        "id": message.id,
        "timestamp": int(message.timestamp),
        **_ends(message, own_id),
        "fromMe": message.from_me,
        "source": "api" if message.from_me else "app",
        "participant": writer if is_group(message.chat) else None,
        "body": words(message) or "",
        "hasMedia": media is not None,
        "media": {**media, "error": None} if media and download else None,
        "ack": ACKS[message.ack],
        "ackName": message.ack,
        "replyTo": None if message.reply_to is None else {"id": message.reply_to},
        "location": None,
        "vCards": [],
        "_data": {},
    }
