"""
What became of a write that was not answered: it is looked for, and never made again.

A message is looked for in its chat, a session by its name, a group by its subject; only what came into being since the
write began counts, by the service's clock, which its ``Date`` headers tell. `claims` says why none is taken for two
writes. Where nothing is found nobody knows: the request may still be on its way, or may never have arrived.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, cast

import attrs

from .._core.call import Call
from .._core.documents import is_object
from .._core.engine import Engine
from .._core.model import Model
from .._core.retry import may_repeat
from ..api.chats import Ack, ChatMessage
from ..api.groups import Group
from ..api.messages import Message
from ..api.sessions import Session
from ..errors import ClientClosedError, DecodeError, OutcomeUnknownError, WasendError
from .claims import Alike, Claim, Ledger, ledger_of
from .rooms import Rooms
from .sends import Send, plain, send_of

T = TypeVar("T")
M = TypeVar("M", bound=Model)

logger: Final = logging.getLogger("wasend")

Written: TypeAlias = Message | Session | Group
"""What a write brings into being."""

WINDOW: Final = 10.0
"""Seconds for which a write is looked for."""
MARGIN: Final = 3.0
"""Seconds by which something may seem to be older than its write: times come in whole seconds, by several clocks."""
_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 2.0
_MOST: Final = 500  # items that one look goes through

_KEY: Final = re.compile(r"(?:true|false)_[^_]+_([^_]+)")
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
class Settlement:
    """
    What became of a write that was not answered.

    Attributes:
        outcome: ``"sent"``: it was carried out. ``"unknown"``: it was not found, or could not be looked for.
        result: What it brought into being; `None` where unknown.
        seen: What was read back: the messages that the session sent to the chat since then, the sessions of the name,
            the groups of the subject.
        reason: Why it is unknown, or how it was found.
    """

    outcome: Literal["sent", "unknown"]
    result: Written | None = attrs.field(default=None, repr=False)
    seen: tuple[ChatMessage | Session | Group, ...] = attrs.field(default=(), repr=False)
    reason: str = ""


async def settle(engine: Engine, error: OutcomeUnknownError, *, window: float = WINDOW) -> Settlement:
    """
    Find out what became of a write that was not answered. Nothing is written.

    Sends that are alike wait meanwhile, in all of this process; and it begins only when those under way have ended.

    Args:
        engine: The client's.
        error: What the write raised. It keeps the answer, as its ``settlement``; settling it again, once it is found,
            gives the same.
        window: For how many seconds to look again where it is not found.

    Returns:
        What was found, or why nothing was. A service that cannot be read back is such a reason.

    Raises:
        ClientClosedError: The client is closed.
    """
    trace = _trace_of(error.call)
    if trace is None:
        settlement = Settlement("unknown", reason=f"what {error.call.name} does cannot be looked up")
    else:
        ledger = ledger_of(engine.options)
        alike = await ledger.look(trace.fingerprint)
        try:
            settlement = await _Search(engine, ledger, trace, error, window).result()
        finally:
            ledger.looked(alike)
    error.settlement = settlement
    logger.info("%s was not answered; settled as %s: %s", error.call.name, settlement.outcome, settlement.reason)
    return settlement


@attrs.frozen
class SettleRule:
    """
    Keeps the account of what is sent and created, and, if it is told to, looks for what was not answered.

    It is the innermost of the rules around a call: a send that waits for its turn in another rule is not under way.

    Attributes:
        engine: By which to look: the client's, without rules.
        enabled: Whether to look. A lost answer then becomes an ordinary result where it is found; else the error is
            raised, with the ``settlement``.
        window: For how many seconds.
    """

    engine: Engine = attrs.field(repr=False)
    enabled: bool = False
    window: float = WINDOW
    _ledger: Ledger = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda rule: ledger_of(cast("SettleRule", rule).engine.options), takes_self=True),
    )

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, and see what became of it."""
        trace = _trace_of(call)
        if trace is None:
            return await call_next()
        alike = await self._ledger.depart(trace.fingerprint)
        try:
            result = await call_next()
        except OutcomeUnknownError as error:
            self._ledger.land(alike)
            if not self.enabled:
                raise
            return await self._settled(call, error)
        except BaseException as error:
            self._ledger.land(alike, in_doubt=not isinstance(error, WasendError) or error.outcome != "not_sent")
            raise
        self._land(alike, trace, result)
        return result

    def _land(self, alike: Alike, trace: _Trace, result: object) -> None:
        key = trace.key(result)
        self._ledger.land(alike, claim=(trace.scope, key) if key else None, in_doubt=not key)

    async def _settled(self, call: Call[T], error: OutcomeUnknownError) -> T:
        try:
            settlement = await settle(self.engine, error, window=self.window)
        except ClientClosedError:
            raise error from None
        if settlement.result is None:
            raise error
        if type(settlement.result) is call.result:
            return settlement.result
        from .._core.codec import decode_accepted

        return decode_accepted(settlement.result.to_dict(), call.result, (), {})


@attrs.frozen
class _Found:
    """Something that a write may have brought into being."""

    key: str
    result: Written


@attrs.frozen
class _Sight:
    """What one look has shown: what may be it, the likeliest first, and all that was there."""

    found: Sequence[_Found]
    seen: tuple[ChatMessage | Session | Group, ...]


class _Trace(Protocol):
    """By what a write can be found again."""

    @property
    def fingerprint(self) -> str:
        """The same for writes that cannot be told apart."""
        ...

    @property
    def scope(self) -> str:
        """Where the keys are unique."""
        ...

    def key(self, result: object) -> str | None:
        """The key of what an ordinary answer says was written."""
        ...

    async def look(self, rooms: Rooms, earliest: Callable[[], float]) -> _Sight:
        """Look for it among what is no older than `earliest`, by the service's clock."""
        ...


def _trace_of(call: Call[Any]) -> _Trace | None:
    send = send_of(call)
    if send is not None:
        return _SentMessage(send, call.body or {})
    if call.method == "POST" and call.body is not None:
        if call.route == "/sessions" and isinstance(name := call.body.get("sessionName"), str):
            return _NewSession(name, call.body)
        if call.route == "/{session_id}/groups" and isinstance(name := call.body.get("name"), str):
            return _NewGroup(name, call.path_params["session_id"])
    return None


@attrs.frozen
class _Search:
    """Looking for a write again and again, until it is found or the time is over."""

    engine: Engine
    ledger: Ledger
    trace: _Trace
    error: OutcomeUnknownError
    window: float

    async def result(self) -> Settlement:
        clock = self.engine.options.clock
        rooms = Rooms(attrs.evolve(self.engine, middleware=()))
        end = clock.monotonic() + self.window
        pause = _PAUSE
        seen: tuple[ChatMessage | Session | Group, ...] = ()
        while True:
            settled = self.error.settlement
            if settled is not None and settled.outcome == "sent":
                return settled
            if not self.ledger.reaches(self.error.since.timestamp()):
                return Settlement(
                    "unknown", reason="it is too long ago: what was sent since then is not all remembered"
                )
            try:
                sight = await self.trace.look(rooms, self._earliest)
            except ClientClosedError:
                raise
            except WasendError as failure:
                reason = f"reading back failed ({type(failure).__name__}: {failure})"
                if not may_repeat(failure, repeatable=True):
                    return Settlement("unknown", None, seen, reason)
            else:
                seen = sight.seen
                found = self._take(sight.found)
                if found is not None:
                    return Settlement("sent", found.result, seen, "it was found by reading back")
                reason = f"nothing like it, that is no other's, was found by reading back; {len(seen)} looked at"
            left = end - clock.monotonic()
            if left <= 0:
                return Settlement("unknown", None, seen, reason)
            await clock.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _take(self, found: Sequence[_Found]) -> _Found | None:
        claims: dict[Claim, _Found] = {(self.trace.scope, one.key): one for one in found}
        taken = self.ledger.take(self.trace.fingerprint, list(claims), since=self.error.since.timestamp())
        return None if taken is None else claims[taken]

    def _earliest(self) -> float:
        return self.error.since.timestamp() + _ahead(self.engine.http.date) - MARGIN


def _ahead(date: tuple[str, float] | None) -> float:
    """By how many seconds the service's clock is ahead of the client's, as far as its answers told."""
    if date is None:
        return 0.0
    header, came = date
    try:
        told = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() - came


def _is_since(moment: datetime | None, earliest: float) -> bool:
    return moment is not None and moment.timestamp() >= math.floor(earliest)


def _as(result: object, kind: type[M]) -> M | None:
    """An ordinary answer as a model: a call made by hand is read into whatever its caller likes."""
    if isinstance(result, kind):
        return result
    from .._core.codec import decode

    try:
        return decode(result.to_dict() if isinstance(result, Model) else result, kind)
    except DecodeError:
        return None


async def _some(items: AsyncIterator[T]) -> list[T]:
    some: list[T] = []
    async for item in items:
        some.append(item)
        if len(some) == _MOST:
            break
    return some


def message_key(message_id: str | None) -> str | None:
    """
    What two spellings of a message's id have in common: ``true_447700900456@c.us_3EB0…`` and the bare ``3EB0…``.

    Args:
        message_id: The id, if there is one.
    """
    parts = _KEY.fullmatch(message_id or "")
    return parts[1] if parts else message_id


@attrs.frozen
class _SentMessage:
    """A message: it is in the chat, from us, of the same type and with the same words."""

    send: Send
    body: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        return self.send.fingerprint

    @property
    def scope(self) -> str:
        return self.send.session

    def key(self, result: object) -> str | None:
        message = _as(result, Message)
        return None if message is None else message_key(message.id)

    async def look(self, rooms: Rooms, earliest: Callable[[], float]) -> _Sight:
        bound = earliest()
        messages = await self._sent(rooms, bound)
        if earliest() < bound - MARGIN:  # the clocks differ, as the answer's date has shown: it may be older
            messages = await self._sent(rooms, earliest())
        seen = [one for one in messages if _is_ours(one) and _is_since(one.timestamp, earliest())]
        seen.sort(key=lambda one: one.timestamp.timestamp() if one.timestamp else 0.0)
        found = [_Found(key, self._result(one)) for one in seen if self._is(one) and (key := message_key(one.id))]
        return _Sight(found, tuple(seen))

    async def _sent(self, rooms: Rooms, since: float) -> list[ChatMessage]:
        wanted = {"from_me": True, "timestamp_gte": max(0, math.floor(since))}
        return await _some(rooms.iter_messages(self.send.session, self.send.chat, download_media=False, filter=wanted))

    def _is(self, message: ChatMessage) -> bool:
        body = plain(message.body) if isinstance(message.body, str) else ""
        caption = plain(message.caption)
        if self.send.type not in _types(message):
            return False
        if self.send.text is not None:
            return plain(self.send.text) in ({body, caption} - {""})
        name = self.body.get("fileName") or self.body.get("filename")
        if self.send.type == "document" and message.filename and name and message.filename != name:
            return False
        # Engines put other things where the words would be: a small picture, the name of the file, its URL.
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


def _is_ours(message: ChatMessage) -> bool:
    """Whether the session sent it, and not a person at the phone."""
    from_me = (message.id or "").startswith("true_") if message.from_me is None else message.from_me
    return from_me and message.source != "app"


def _types(message: ChatMessage) -> frozenset[str]:
    """The types that a message may be of; engines word them differently, and some tell none."""
    told = message.type or _engines_type(message.extra.get("_data"))
    if told:
        known = _TYPES.get(told.lower().removesuffix("message"))
        if known is not None:
            return frozenset({known})
        return frozenset() if message.has_media or message.mimetype else _TEXT
    if message.has_media is False and not message.mimetype:
        return _TEXT
    if message.mimetype:
        known = _TYPES.get(message.mimetype.partition("/")[0].lower(), "document")
        return frozenset({known, "document"})  # a picture may have been sent as a document
    return _MEDIA if message.has_media else _MEDIA | _TEXT


def _engines_type(data: object) -> str | None:
    """What the engine's own record of a message says: a word in one, the kind of content in others."""
    if not is_object(data):
        return None
    content = data.get("message", data.get("Message"))
    if is_object(content):
        return next((kind for kind in content if kind.lower().removesuffix("message") in _TYPES), None)
    told = data.get("type")
    return told if isinstance(told, str) else None


@attrs.frozen
class _NewSession:
    """A session: its name is unique."""

    name: str
    body: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        return f"session\0{self.name}"

    @property
    def scope(self) -> str:
        return "sessions"

    def key(self, result: object) -> str | None:
        session = _as(result, Session)
        return None if session is None else session.unique_session_id

    async def look(self, rooms: Rooms, earliest: Callable[[], float]) -> _Sight:
        seen = [one for one in await rooms.retrieve_all_sessions() if one.session_name == self.name]
        return _Sight([_Found(key, one) for one in seen if (key := self._is(one, earliest()))], tuple(seen))

    def _is(self, session: Session, earliest: float) -> str | None:
        number = self.body.get("phoneNumber")
        if session.phone_number and session.phone_number.removeprefix("+") != str(number).removeprefix("+"):
            return None
        older = session.created_at is not None and not _is_since(session.created_at, earliest)
        return None if older else session.unique_session_id


@attrs.frozen
class _NewGroup:
    """A group: of this subject, and created since."""

    name: str
    session: str

    @property
    def fingerprint(self) -> str:
        return f"group\0{self.session}\0{self.name}"

    @property
    def scope(self) -> str:
        return "groups"

    def key(self, result: object) -> str | None:
        group = _as(result, Group)
        return None if group is None else group.jid

    async def look(self, rooms: Rooms, earliest: Callable[[], float]) -> _Sight:
        groups = await _some(rooms.iter_groups(self.session))
        seen = [one for one in groups if plain(one.name) == plain(self.name)]
        since = earliest()
        found = [_Found(one.jid, one) for one in seen if one.jid and _is_since(one.group_created, since)]
        return _Sight(found, tuple(seen))
