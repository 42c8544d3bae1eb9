"""Messages that were sent without an answer, as targets to look for; engines word them differently when read back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from ..._core.documents import is_object
from ...api.chats import Ack, ChatMessage
from ...api.messages import Message
from ..normalize import message_key, normalized_text
from ..reader import ServiceReader
from ..sends import Send
from .target import MARGIN, Findings, Match, first_of, is_since, read_as

_THUMBNAIL: Final = re.compile(r"data:.*|[A-Za-z0-9+/_=-]{100,}", re.DOTALL)
_TYPES: Final = {
    **dict.fromkeys(("text", "chat", "conversation", "extendedtext"), "text"),
    **dict.fromkeys(("image", "photo", "picture"), "image"),
    **dict.fromkeys(("video", "gif", "ptv"), "video"),
    **dict.fromkeys(("ptt", "voice", "audio"), "ptt"),
    **dict.fromkeys(("document", "file", "documentwithcaption"), "document"),
}
_MEDIA: Final = frozenset({"image", "video", "ptt", "document"})
_TEXT: Final = frozenset({"text"})
_URLS: Final = ("url", "imageUrl", "videoUrl", "documentUrl", "audioUrl")
_STATUSES: Final[Mapping[int | None, str]] = {Ack.ERROR: "failed", Ack.PENDING: "pending"}


@attrs.frozen
class SentMessage:
    """A message: it is in the chat, from this session, of the same type and with the same text."""

    send: Send
    body: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """Session, chat and text: see `Send`."""
        return self.send.fingerprint

    @property
    def scope(self) -> str:
        """The session."""
        return self.send.session

    def key(self, result: object) -> str | None:
        """The message's id, in its short form."""
        message = read_as(result, Message)
        return None if message is None else message_key(message.id)

    async def find(self, reader: ServiceReader, earliest: Callable[[], float]) -> Findings:
        """The session's messages in the chat, the oldest first; those of the same type and text match."""
        bound = earliest()
        messages = await self._read(reader, bound)
        if earliest() < bound - MARGIN:  # the clocks differ, as the answer's date has shown: it may be older
            messages = await self._read(reader, earliest())
        seen = [one for one in messages if _is_from_session(one) and is_since(one.timestamp, earliest())]
        seen.sort(key=lambda one: one.timestamp.timestamp() if one.timestamp else 0.0)
        matches = [Match(key, self._result(one)) for one in seen if self._is(one) and (key := message_key(one.id))]
        return Findings(matches, tuple(seen))

    async def _read(self, reader: ServiceReader, since: float) -> list[ChatMessage]:
        wanted = {"from_me": True, "timestamp_gte": max(0, math.floor(since))}
        return await first_of(
            lambda limit, offset: reader.get_messages(
                self.send.session, self.send.chat, download_media=False, filter=wanted, limit=limit, offset=offset
            )
        )

    def _is(self, message: ChatMessage) -> bool:
        body = normalized_text(message.body) if isinstance(message.body, str) else ""
        caption = normalized_text(message.caption)
        if self.send.type not in _possible_types(message):
            return False
        if self.send.text is not None:
            return normalized_text(self.send.text) in ({body, caption} - {""})
        name = self.body.get("fileName") or self.body.get("filename")
        if self.send.type == "document" and message.filename and name and message.filename != name:
            return False
        # Where there is no text, engines put other things in its place: a thumbnail, the file's name, its URL.
        other = (message.filename, message.media_url, name, *(self.body.get(key) for key in _URLS))
        return not caption and (not body or body in other or _THUMBNAIL.fullmatch(body) is not None)

    def _result(self, message: ChatMessage) -> Message:
        url = next((url for key in _URLS if (url := self.body.get(key)) is not None), None)
        return Message(
            id=message.id,
            to=self.send.to,
            content=self.send.text if self.send.type == "text" else message.media_url or url,
            type=self.send.type,
            timestamp=message.timestamp,
            status=_STATUSES.get(message.ack, "sent"),
            from_me=True,
            sender=message.from_,
            recipient=self.send.to,
        )


def _is_from_session(message: ChatMessage) -> bool:
    """Whether the session sent it, and not a person at the phone."""
    from_me = (message.id or "").startswith("true_") if message.from_me is None else message.from_me
    return from_me and message.source != "app"


def _possible_types(message: ChatMessage) -> frozenset[str]:
    """The types that a message may be of: engines name them differently, and some do not say."""
    named = message.type or _type_in_record(message.extra.get("_data"))
    if named:
        known = _TYPES.get(named.lower().removesuffix("message"))
        if known is not None:
            return frozenset({known})
        return frozenset() if message.has_media or message.mimetype else _TEXT
    if message.has_media is False and not message.mimetype:
        return _TEXT
    if message.mimetype:
        known = _TYPES.get(message.mimetype.partition("/")[0].lower(), "document")
        return frozenset({known, "document"})  # a picture may have been sent as a document
    return _MEDIA if message.has_media else _MEDIA | _TEXT


def _type_in_record(data: object) -> str | None:
    """The type in the engine's own record of a message: some give a word, others the kind of content as a key."""
    if not is_object(data):
        return None
    content = data.get("message", data.get("Message"))
    if is_object(content):
        return next((kind for kind in content if kind.lower().removesuffix("message") in _TYPES), None)
    named = data.get("type")
    return named if isinstance(named, str) else None
