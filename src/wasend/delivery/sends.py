"""What counts as a send: the message that a call would put into a chat."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from .._core.call import Call
from .normalize import chat_key, normalized_text

SendType: TypeAlias = Literal["text", "image", "video", "ptt", "document"]
"""The type of a message, as `Message.type` words it; ``ptt`` is a voice message."""

_TYPES: Final[Mapping[str, SendType]] = {
    "/sendText": "text",
    "/sendImage": "image",
    "/sendVideo": "video",
    "/sendVoice": "ptt",
    "/sendFile": "document",
    "/send": "text",
    "/send/link-custom-preview": "text",
    "/sendLinkCustomPreview": "text",
}
_MEDIA: Final[Mapping[str, SendType]] = {
    "imageUrl": "image",
    "videoUrl": "video",
    "documentUrl": "document",
    "audioUrl": "ptt",
}
"""The media fields of ``/send``, in the order in which the first one given decides the type."""


@attrs.frozen
class Send:
    """
    A message to be sent.

    Attributes:
        session: The id of the session that sends it.
        to: The recipient, as in the call: ``+`` and digits, or a WhatsApp id.
        type: ``text``, ``image``, ``video``, ``ptt`` (voice) or ``document``.
        text: The text or the caption; `None` where there is none.
        fingerprint: The same for two sends that nobody can tell apart by reading the chat: same session, same chat,
            same text. The type is not part of it, as some services do not return it.
    """

    session: str
    to: str
    type: SendType
    text: str | None = attrs.field(repr=False)
    fingerprint: str

    @property
    def chat(self) -> str:
        """The id of the chat that it goes to, ``…@c.us`` for a number."""
        return chat_key(self.to)


def send_of(call: Call[Any]) -> Send | None:
    """
    The message that a call sends; `None` for a call that sends none.

    Args:
        call: Any call; a raw request (`AsyncWasendClient.request`) counts as well.
    """
    if call.method != "POST" or call.route not in _TYPES or call.body is None:
        return None
    session, to = call.body.get("session"), call.body.get("to")
    if not isinstance(session, str) or not isinstance(to, str):
        return None
    kind = _TYPES[call.route]
    if call.route == "/send":
        for field, medium in _MEDIA.items():
            if call.body.get(field) is not None:
                kind = medium
                break
    text = call.body.get("caption") if call.route != "/send" and kind != "text" else call.body.get("text")
    text = text if isinstance(text, str) and text else None
    return Send(session, to, kind, text, _digest(session, chat_key(to), normalized_text(text)))


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
