"""What counts as a send: the message that a call would put into a chat."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from .._core.call import Call
from .._core.documents import is_list
from .._core.names import folded
from ..api.messages import Message
from ..api.reach import normalized, session_of
from ..api.sessions import SessionRef, session_ref
from ..errors import InvalidRequestError
from ..media import Media, MediaData, load
from ..recipients import ChatRef, chat_id
from .normalize import chat_key, normalized_text

SendType: TypeAlias = Literal["text", "image", "video", "ptt", "document", "other"]
"""
The type of a message, as `Message.type` words it; ``ptt`` is a voice message, ``other`` is sent by a call that this
package has no method for.
"""

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
_PLAIN: Final = ("Text", "Image", "Video", "Voice", "File")
_RECIPIENT: Final = frozenset({"to", "chatid"})


@attrs.frozen
class Send:
    """
    A message to be sent.

    Attributes:
        session: The id of the session that sends it; empty where a raw request does not say.
        to: The recipient, as in the call: ``+`` and digits, or a WhatsApp id.
        type: ``text``, ``image``, ``video``, ``ptt`` (voice), ``document`` or ``other``.
        text: The text or the caption; `None` where there is none.
        recipients: All recipients, where a raw request names several.
    """

    session: str
    to: str
    type: SendType
    text: str | None = attrs.field(repr=False)
    recipients: tuple[str, ...] = ()

    @property
    def chat(self) -> str:
        """The id of the chat that it goes to, ``…@c.us`` for a number."""
        return chat_key(self.to)

    def fingerprint_in(self, chat: str) -> str:
        """
        The same for two sends that nobody can tell apart by reading the chat: same session, same chat, same text.

        The type is not part of it, as some services do not return it; nor is the file.

        Args:
            chat: The chat, by one of its names.
        """
        return _digest(self.session, chat, normalized_text(self.text))


def send_of(call: Call[Any]) -> Send | None:
    """
    The message that a call sends; `None` for a call that sends none.

    A call says so itself (`Call.sends`); of a raw request `AsyncWasendClient.request` says it.

    Args:
        call: Any call.
    """
    if not call.sends:
        return None
    fields = {**(call.params or {}), **(call.body or {})}
    recipients = _recipients(fields) if call.reaches is None else call.reaches
    if not recipients:
        return None
    kind: Any = call.sends
    session = session_of(call)
    # What `/send` calls its text is the caption of its media as well.
    captioned = kind != "text" and normalized(call.route, call.path_params).rpartition("/")[2] != "send"
    text = fields.get("caption" if captioned else "text")
    text = text if isinstance(text, str) and text else None
    to = recipients[0]
    return Send(session, to, kind, text, recipients)


def recipients_of(call: Call[Any]) -> tuple[str, ...]:
    """
    Everybody whom a call reaches: to whom it sends, or whom it names as reached (`Call.reaches`), such as the members
    of a new group.

    Args:
        call: Any call.
    """
    if call.reaches is not None:
        return call.reaches
    send = send_of(call)
    return () if send is None else send.recipients


async def described(
    session: SessionRef,
    to: ChatRef,
    type: str,
    *,
    text: str | None,
    caption: str | None,
    url: str | None,
    data: MediaData | None,
    file_name: str | None,
    mime_type: str | None,
) -> Call[Message]:
    """
    The call that a description is of; it is not for making.

    Args:
        session: The session that sent it.
        to: Whom it was sent to.
        type: What was sent, as `Message.type` words it.
        text: Its text.
        caption: The text below its media.
        url: Where its media are, or
        data: what they are.
        file_name: Their name.
        mime_type: Their type.

    Raises:
        InvalidRequestError: It is not the description of a send.
    """
    routes = {kind: route for route, kind in _TYPES.items() if route.removeprefix("/send") in _PLAIN}
    if type not in routes:
        raise InvalidRequestError("type", f"{type!r} is no type of message", f"known are {', '.join(routes)}")
    for name, value in {"text": text, "caption": caption, "file_name": file_name, "mime_type": mime_type}.items():
        if value is not None and not isinstance(value, str):
            raise InvalidRequestError(name, f"expected text, got {value.__class__.__name__}", "pass it in quotes")
    body: dict[str, Any] = {"session": session_ref(session), "to": chat_id(to)}
    if type == "text":
        if text is None or not (caption is url is data is None):
            raise InvalidRequestError("text", "is all that a text has", "pass text=..., or type='image' and the like")
        body["text"] = text
    else:
        if text is not None:
            raise InvalidRequestError("text", f"is not part of a message of type {type!r}", "pass caption=...")
        media = Media(None, None) if url is data is None else await load(url, data, file_name)
        body |= {"caption": caption, "url": media.url, "data": media.data, "mimeType": mime_type}
        body["fileName"] = media.name if type == "document" else file_name
    return Call("POST", routes[type], Message, body=body, sends=type)


def _recipients(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom a body names; a raw request may hold anything."""
    to = body.get("to")
    if isinstance(to, str) and to:
        return (to,)
    named = [value for key, value in body.items() if isinstance(key, str) and folded(key) in _RECIPIENT]
    flat = [one for value in named for one in (value if is_list(value) else [value])]
    return tuple(str(one) for one in flat if isinstance(one, str | int) and not isinstance(one, bool) and one)


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
