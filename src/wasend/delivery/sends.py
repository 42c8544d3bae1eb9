"""What counts as a send: from a call to the message that it would put into a chat."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from .._core.call import Call
from ..errors import InvalidRequestError
from ..recipients import jid

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
    A message on its way.

    Attributes:
        session: The id of the session that sends it.
        to: Whom to, as the call has it: ``+`` and digits, or a WhatsApp id.
        type: ``text``, ``image``, ``video``, ``ptt`` (voice) or ``document``.
        text: The text or the caption; `None` where there is none.
        fingerprint: The same for two sends that nobody can tell apart by reading the chat: same session, same chat,
            same words. The type is left out of it, as some services do not tell it back.
    """

    session: str
    to: str
    type: SendType
    text: str | None = attrs.field(repr=False)
    fingerprint: str

    @property
    def chat(self) -> str:
        """The id of the chat that it goes to, ``…@c.us`` for a number."""
        return _chat(self.to)


def send_of(call: Call[Any]) -> Send | None:
    """
    The message that a call sends; `None` for a call that sends none.

    Args:
        call: Any call; one made by hand (`AsyncWasendClient.request`) counts as well.
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
    return Send(session, to, kind, text, _digest(session, _chat(to), plain(text)))


def plain(text: str | None) -> str:
    """Words as they can be compared: WhatsApp trims them, and engines differ in line ends and in composing accents."""
    return unicodedata.normalize("NFC", (text or "").replace("\r\n", "\n")).strip()


def _chat(to: str) -> str:
    if to.startswith("+") and to[1:].isdecimal():  # as every method of ours spells a number: no need to parse it anew
        return f"{to[1:]}@c.us"
    try:
        return jid(to, "to")
    except InvalidRequestError:
        return to  # a call made by hand may say what it likes


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
