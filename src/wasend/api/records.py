"""Messages as the engines behind the service keep them, where the service passes them on as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._core.documents import is_object, member
from .._core.names import folded

RECORD_NAMES: Final = ("key", "info", "message", "messageTimestamp")
"""The names by which a document is known to be such a record."""

_WRAPPERS: Final = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "documentWithCaptionMessage",
    "deviceSentMessage",
    "editedMessage",
)
_KINDS: Final = {
    "conversation": "chat",
    "extendedTextMessage": "chat",
    "imageMessage": "image",
    "videoMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "contactMessage": "vcard",
    "reactionMessage": "reaction",
}
_MEDIA: Final = ("image", "video", "audio", "ptt", "document", "sticker")


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """
    What an engine's record of a message says, under the names of the models; nothing where it is no such record.

    Two forms are known: ``{key, message, messageTimestamp}`` and ``{Info, Message}``.

    Args:
        document: The record, in any spelling.
    """
    key, info = document.get("key"), document.get("info")
    if is_object(key) and member(key, "id", "remoteJid") is not None:
        fields = {
            "id": member(key, "id"),
            "chatId": member(key, "remoteJid"),
            "fromMe": member(key, "fromMe"),
            "participant": member(key, "participant"),
            "timestamp": document.get("messageTimestamp"),
        }
    elif is_object(info) and member(info, "id") is not None:
        in_group = member(info, "isGroup")
        fields = {
            "id": member(info, "id"),
            "chatId": member(info, "chat"),
            "fromMe": member(info, "isFromMe"),
            "participant": member(info, "sender") if in_group else None,
            "timestamp": member(info, "timestamp"),
        }
    else:
        return {}
    mine = fields["fromMe"] in (True, 1, "true")
    fields["to" if mine else "from"] = (
        fields["chatId"] if mine or fields["participant"] is None else fields["participant"]
    )
    fields |= _content(document.get("message"))
    return {name: value for name, value in fields.items() if value is not None}


def _content(message: Any) -> dict[str, Any]:
    for _ in _WRAPPERS:
        wrapped = member(message, *_WRAPPERS) if is_object(message) else None
        message = member(wrapped, "message") if is_object(wrapped) else message
    if not is_object(message):
        return {}
    kinds = {folded(name): kind for name, kind in _KINDS.items()}
    for name, part in message.items():
        kind = kinds.get(folded(name))
        if kind is None or part is None:
            continue
        if isinstance(part, str):
            return {"type": kind, "body": part, "hasMedia": False}
        if is_object(part):
            return _part(kind, part)
    return {}


def _part(kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
    kind = "ptt" if kind == "audio" and member(part, "ptt") else kind
    context = member(part, "contextInfo")
    quoted = member(context, "stanzaId") if is_object(context) else None
    if kind not in _MEDIA:
        return {"type": kind, "body": member(part, "text"), "hasMedia": False, "quotedMsgId": quoted}
    return {
        "type": kind,
        "caption": member(part, "caption"),
        "hasMedia": True,
        "mediaUrl": member(part, "url"),
        "mimetype": member(part, "mimetype"),
        "filename": member(part, "fileName"),
        "quotedMsgId": quoted,
    }
