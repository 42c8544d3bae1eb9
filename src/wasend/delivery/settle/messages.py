"""Messages that were sent without an answer, as targets to look for; engines word them differently when read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from ..._core.documents import is_object
from ...api.chats import Ack, ChatMessage
from ...api.messages import Message
from ...errors import ClientClosedError, NotFoundError, WasendError
from ..normalize import chat_in, message_key, normalized_text
from ..reader import ServiceReader
from ..sends import Send
from .chats import ChatNames
from .media import File, Seen
from .message_ids import MessageIds
from .target import Findings, Match, first_of, read_as
from .times import MARGIN, Bounds, is_since

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
_CONVERTED: Final = frozenset({"video", "ptt"})
"""What services put into another format, so that its size and hash are others."""
_STATUSES: Final[Mapping[int | None, str]] = {Ack.ERROR: "failed", Ack.PENDING: "pending"}


@attrs.frozen
class SentMessage:
    """
    A message: it is in the chat, from this session, of the same type and with the same text, or else the same file.

    Attributes:
        send: The message.
        body: That of its request.
        names: Under which ids chats are known.
        ids: What becomes of message ids of our making.
        own_id: The one that it was given; `None` for none.
        everywhere: Whether to look in the chat under all of its names.
    """

    send: Send
    body: Mapping[str, Any]
    names: ChatNames
    ids: MessageIds
    own_id: str | None = None
    everywhere: bool = False
    file: File = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(lambda self: File(self.body), takes_self=True)
    )

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Session, chat and text, by each of the chat's names: see `Send`."""
        # In one order for all of them, so that the first is the same whichever name was used.
        return tuple(self.send.fingerprint_in(name) for name in sorted(self.names.all(self.send.chat)))

    @property
    def scope(self) -> str:
        """The session."""
        return self.send.session

    def key(self, result: object) -> str | None:
        """The message's own id, without the chat's."""
        message = read_as(result, Message)
        if message is None:
            return None
        if (named := chat_in(message.id)) is not None:
            self.names.learn(self.send.chat, named)
        return message_key(message.id)

    async def find(self, reader: ServiceReader, bounds: Callable[[], Bounds]) -> Findings:
        """The session's messages in the chat, the oldest first; those of the same type and text match."""
        asked = bounds().read_from
        messages, whole = await self._read(reader, asked)
        if bounds().read_from < asked - MARGIN:  # the clocks differ, as the answer's date has shown: it may be older
            messages, whole = await self._read(reader, bounds().read_from)
        within = bounds()
        ours = [one for one in messages if _is_from_session(one)]
        ours.sort(key=lambda one: one.timestamp.timestamp() if one.timestamp else 0.0)
        seen = [one for one in ours if is_since(one.timestamp, within.earliest)]
        perhaps = [one for one in messages if _is_from_session(one) is not False]
        keys = frozenset(key for one in perhaps if (key := message_key(one.id)))
        doubtful = [message_key(one.id) or "" for one in perhaps if self._is_doubtful(one, within.earliest)]
        if self.own_id is not None and (self.own_id in keys or self.ids.are_taken_over(self.send.session)):
            own = [one for one in perhaps if message_key(one.id) == self.own_id]
            found = [Match(self.own_id, self._result(one)) for one in own[:1]]
            nameless = [key for key in doubtful if not key]
            return Findings(found, tuple(seen), keys, doubtful=nameless, is_exact=True, complete=whole)
        alike = [one for one in seen if (key := message_key(one.id)) and not self.ids.is_given(key) and self._is(one)]
        certain = [one for one in alike if is_since(one.timestamp, within.known_from) and self._is_same_file(one)]
        return Findings(
            [Match(str(message_key(one.id)), self._result(one)) for one in certain],
            tuple(seen),
            keys,
            [str(message_key(one.id)) for one in alike if one not in certain],
            doubtful,
            complete=whole,
        )

    async def widened(self, reader: ServiceReader) -> SentMessage | None:
        """The chat under every other name that the service may have for it."""
        if self.everywhere or not await self.names.ask(reader, self.send.session, self.send.chat):
            return None
        return attrs.evolve(self, everywhere=True)

    async def _read(self, reader: ServiceReader, since: float) -> tuple[list[ChatMessage], bool]:
        """
        The messages of the chat, under all its names, and whether these are all since then.

        None of the names has to be known to the service but one.
        """
        first, *others = self.names.all(self.send.chat)
        failed: WasendError | None = None
        found: list[ChatMessage] = []
        whole = True
        try:
            found, whole = await self._read_one(reader, first, since)
        except ClientClosedError:
            raise
        except WasendError as error:
            failed, whole = error, isinstance(error, NotFoundError)
            if not others:
                raise
        for name in others if self.everywhere or self.names.is_learnt(self.send.chat) else ():
            try:
                more, all_of_it = await self._read_one(reader, name, since)
            except ClientClosedError:
                raise
            except WasendError as error:
                whole = whole and isinstance(error, NotFoundError)
                continue
            found, failed, whole = found + more, None, whole and all_of_it
        if failed is not None:
            raise failed
        return found, whole

    async def _read_one(self, reader: ServiceReader, chat: str, since: float) -> tuple[list[ChatMessage], bool]:
        wanted = {"from_me": True, "timestamp_gte": max(0, int(since))}
        found, whole = await first_of(
            lambda limit, offset: reader.get_messages(
                self.send.session, chat, download_media=False, filter=wanted, limit=limit, offset=offset
            )
        )
        times = [one.timestamp.timestamp() for one in found if one.timestamp]
        # Some ignore the filter and the offset: then a page that begins with the newest may reach back far enough.
        return found, whole or (len(times) > 1 and times[0] >= times[-1] and times[-1] < int(since))

    def _is(self, message: ChatMessage) -> bool:
        body = normalized_text(message.body) if isinstance(message.body, str) else ""
        caption = normalized_text(message.caption)
        if self.send.type not in _possible_types(message):
            return False
        if self.send.type != "text" and Seen.of(message).is_another(self.file, converted=self.send.type in _CONVERTED):
            return False
        if self.send.type == "document" and message.filename and self.file.name and message.filename != self.file.name:
            return False
        if self.send.text is not None:
            return normalized_text(self.send.text) in ({body, caption} - {""})
        # Where there is no text, engines put other things in its place: a thumbnail, the file's name, its URL.
        other = (message.filename, message.media_url, self.file.name, self.file.url)
        return not caption and (not body or body in other or _THUMBNAIL.fullmatch(body) is not None)

    def _is_doubtful(self, message: ChatMessage, earliest: float) -> bool:
        """Whether it would be this message, but for what is not told of it."""
        if message.timestamp is not None and not is_since(message.timestamp, earliest):
            return False
        told = message.id and message.timestamp is not None and _is_from_session(message)
        return not told and self._is(message)

    def _is_same_file(self, message: ChatMessage) -> bool:
        """Whether words tell that it is this message, or its file does: without words, all files are alike."""
        if self.send.text is not None or self.send.type == "text":
            return True
        seen = Seen.of(message)
        told = message.body if isinstance(message.body, str) and message.body else None
        return seen.is_same(self.file) or (told is not None and told in (self.file.url, self.file.name))

    def _result(self, message: ChatMessage) -> Message:
        return Message(
            id=message.id,
            to=self.send.to,
            content=self.send.text if self.send.type == "text" else message.media_url or self.file.url,
            type=self.send.type,
            timestamp=message.timestamp,
            status=_STATUSES.get(message.ack, "sent"),
            from_me=True,
            sender=message.from_,
            recipient=self.send.to,
        )


def _is_from_session(message: ChatMessage) -> bool | None:
    """Whether the session sent it, and not a person at the phone; `None` where that is not certain."""
    from_me = message.from_me
    if from_me is None:
        from_me = {"true": True, "false": False}.get((message.id or "").partition("_")[0])
    # An engine that was linked or started anew may take what it has sent for sent at the phone.
    return None if from_me and message.source == "app" else from_me


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
