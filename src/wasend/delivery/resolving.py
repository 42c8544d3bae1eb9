"""Which form of a phone number WhatsApp knows: asked with pauses, and cached."""

from __future__ import annotations

import asyncio
import functools
import math
import threading
from collections.abc import Awaitable
from concurrent.futures import Future
from random import Random
from typing import Any, Final, Protocol, TypeAlias

from .._core.clock import SYSTEM_CLOCK, Clock
from ..api.contacts import ContactExistence
from ..api.sessions import SessionRef, session_ref
from ..errors import ConfigurationError, DecodeError, InvalidRequestError
from ..recipients import Recipient
from .store_access import StoreAccess
from .stores import MemoryStore, Store

DAY: Final = 86_400.0
_HARDLY: Final = 0.001
"""Seconds that are no wait: no sleep is exact, and waits of next to nothing could follow each other for ever."""
_LOOK: Final = 5.0
"""Seconds after which one who waits for another's answer looks whether that one's event loop still runs."""

_Key: TypeAlias = tuple[str, str]
_Asking: TypeAlias = tuple["Future[Recipient | None]", asyncio.AbstractEventLoop]
"""What is done when the answer has come, and the event loop on which it is asked for."""


class ChecksContacts(Protocol):
    """What can ask WhatsApp: an `AsyncWasendClient`."""

    def check_contact_exists(self, session: SessionRef, /, *, phone: str) -> Awaitable[ContactExistence]:
        """Ask whether a number is on WhatsApp."""
        ...


class _Abandoned(Exception):
    """The one who was asking was cancelled, so another must ask."""


class Resolver:
    """
    Finds out which form of a number WhatsApp knows.

    A Brazilian mobile number may be registered with or without its ninth digit, and so on (`Recipient.candidates`). The
    given form is asked for first, then the other. Asking for many numbers quickly looks like a machine, so there is a
    random gap between two questions of a session. What is found is kept in the store for 31 days; that a number is not
    on WhatsApp is remembered as long as the resolver lives; errors are not remembered. Tasks and threads that ask for
    the same number at once share one answer.

    One resolver may serve several clients, tasks and threads. Those of several processes that share a store share what
    they have found, and leave the gap between their questions together, which costs one update of the store for each.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        clock: Clock = SYSTEM_CLOCK,
        gap: tuple[float, float] = (1.0, 3.0),
        keep: float = 31 * DAY,
        random: Random | None = None,
    ) -> None:
        """
        Make a resolver.

        Args:
            store: Where to keep what was found; by default in memory.
            clock: Where time comes from.
            gap: Seconds between two questions of a session, (least, most).
            keep: Seconds for which to keep what was found.
            random: Where random numbers come from.

        Raises:
            ConfigurationError: `gap` or `keep` is not valid.
        """
        least, most = gap
        if not 0 <= least <= most < math.inf:
            raise ConfigurationError(f"gap: {gap!r} is not valid; pass (least, most) in seconds, such as (1.0, 3.0)")
        if not keep >= 0:
            raise ConfigurationError(f"keep: {keep!r} is not valid; pass seconds, such as {31 * DAY}")
        self._store = StoreAccess(MemoryStore() if store is None else store, clock)
        self._is_shared = store is not None
        self._clock = clock
        self._gap = gap
        self._keep = keep
        self._random = Random() if random is None else random  # noqa: S311 - jitter, not a secret
        self._lock = threading.Lock()
        self._absent: set[str] = set()
        self._next_at: dict[str, float] = {}  # session → when it may ask again, in monotonic seconds
        self._pending: dict[_Key, _Asking] = {}

    async def resolve(
        self, client: ChecksContacts, to: str | Recipient, *, session: SessionRef, region: str | None = None
    ) -> Recipient | None:
        """
        Find the form of a phone number under which WhatsApp knows it.

        Args:
            client: What to ask WhatsApp with.
            to: The number; or the id of a group, a channel, or a person whose number is hidden, which is returned as it
                is, without asking.
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            region: The country of a number that does not say its own, as for `Recipient.parse`.

        Returns:
            The recipient, with the id that WhatsApp gave; `None` if no form of the number is on WhatsApp.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id. Nothing was asked.
            DecodeError: The answer does not say whether the number exists.
            StoreError: The store cannot be read. Nothing was asked.
        """
        given = Recipient.parse(to, region=region)
        asker = session_ref(session)
        if given.to == given.id:
            return given
        key = (asker, given.id)
        while True:
            mine: Future[Recipient | None] = Future()
            mine.set_running_or_notify_cancel()  # so that one who waits and is cancelled cancels nobody else
            with self._lock:
                theirs = self._pending.get(key)
                if theirs is None or theirs[1].is_closed():  # whoever was asking there never goes on
                    self._pending[key], theirs = (mine, asyncio.get_running_loop()), None
            if theirs is not None:
                answer = asyncio.wrap_future(theirs[0])
                while not (answer.done() or theirs[1].is_closed()):
                    await asyncio.wait([answer], timeout=_LOOK)
                try:
                    if answer.done():
                        return answer.result()
                except _Abandoned:
                    pass
                continue
            try:
                found = await self._find(client, given, asker)
            except BaseException as error:
                self._finish(key, mine)
                mine.set_exception(error if isinstance(error, Exception) else _Abandoned())
                raise
            self._finish(key, mine)
            mine.set_result(found)
            return found

    def _finish(self, key: _Key, mine: Future[Recipient | None]) -> None:
        with self._lock:
            if (pending := self._pending.get(key)) is not None and pending[0] is mine:
                del self._pending[key]

    async def _find(self, client: ChecksContacts, given: Recipient, session: str) -> Recipient | None:
        if given.id in self._absent:
            return None
        if kept := await self._store.run(lambda: self._kept(given)):
            return kept
        for candidate in given.candidates:
            await self._wait_for_gap(session)
            # With its plus: seven digits alone would not be recognised as an international number.
            answer = await client.check_contact_exists(session, phone=candidate.to)
            if found := _found(answer, candidate):
                fact = {"id": found.id, "at": self._store.clock.now()}
                facts = {_entry(known): fact for known in (given.id, found.id)}
                await self._store.record(functools.partial(self._store.set_many, facts))
                return found
        self._absent.update(candidate.id for candidate in given.candidates)
        return None

    def _kept(self, given: Recipient) -> Recipient | None:
        match self._store.get(_entry(given.id)):
            # After the clock was set back, what was found just now lies in the future.
            case {"id": str(known), "at": int() | float() as at} if abs(self._store.clock.now() - at) < self._keep:
                return _recipient(known)
            case _:
                return None

    async def _wait_for_gap(self, session: str) -> None:
        """Wait until the session may ask again."""
        gap = 0.0
        while True:
            with self._lock:
                now = self._clock.monotonic()
                wait = self._next_at.get(session, now) - now
                if wait < _HARDLY:
                    gap = self._random.uniform(*self._gap)
                    self._next_at[session] = now + gap
            if wait < _HARDLY:
                if not self._is_shared:
                    return
                wait = await self._store.run(functools.partial(self._begin_gap, session, gap))
                if wait < _HARDLY:
                    return
                with self._lock:  # another process has asked
                    self._next_at[session] = self._clock.monotonic() + wait
            await self._clock.sleep(wait)

    def _begin_gap(self, session: str, gap: float) -> float:
        """Begin the gap after a question of any process, if that before it is over; the seconds until it is."""
        left = 0.0

        def begin(value: Any) -> Any:
            nonlocal left
            if not isinstance(value, int | float | None):
                raise self._store.unfit()
            now = self._store.clock.now()
            left = 0.0 if value is None else value - now
            if left > self._gap[1] + _HARDLY:
                left = 0.0  # no gap is as long: a clock that ran ahead has noted it
            return value if left >= _HARDLY else now + self._store.clock.slack + gap

        self._store.update(f"resolving:{session}", begin)
        return left


def _entry(known: str) -> str:
    return f"recipient:{known}"


def _found(answer: ContactExistence, asked: Recipient) -> Recipient | None:
    if answer.exists is None and answer.jid is None:
        raise DecodeError("the answer does not say whether the number exists", path="$.exists", body=answer.to_dict())
    if answer.exists is False:
        return None
    return _recipient(answer.jid) or asked


def _recipient(known: str | None) -> Recipient | None:
    try:
        return None if known is None else Recipient.parse(known)
    except InvalidRequestError:
        return None
