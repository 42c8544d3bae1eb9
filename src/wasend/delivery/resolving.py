"""Which form of a number WhatsApp knows: asked without haste, and remembered."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable
from concurrent.futures import Future
from random import Random
from typing import Final, Protocol, TypeAlias

from .._core.clock import SYSTEM_CLOCK, Clock
from ..api.contacts import ContactExistence
from ..api.sessions import SessionRef, session_ref
from ..errors import ConfigurationError, DecodeError, InvalidRequestError
from ..recipients import Recipient
from .stores import MemoryStore, Store

DAY: Final = 86_400.0

_Key: TypeAlias = tuple[str, str]


class Asks(Protocol):
    """What asks WhatsApp: an `AsyncWasendClient`."""

    def check_contact_exists(self, session_id: SessionRef, /, *, phone: str) -> Awaitable[ContactExistence]:
        """Ask whether a number is on WhatsApp."""
        ...


class _Abandoned(Exception):
    """Whoever was asking was cancelled: somebody else has to."""


class Resolver:
    """
    Finds out which form of a number WhatsApp knows.

    A Brazilian mobile number may be registered with or without its ninth digit, and so on (`Recipient.candidates`). It
    asks for the one given first, then for the other. Asking for many numbers quickly is what machines do, so it leaves
    a random gap between two questions of a session. What is found is kept for 31 days, in the store; that a number is
    not on WhatsApp is remembered as long as the resolver lives; errors are not remembered. Tasks and threads that ask
    for the same number at once share one answer.

    One resolver may serve several clients, tasks and threads.
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
            store: Where to keep what was found; by default the memory.
            clock: Where time comes from.
            gap: Seconds between two questions of a session, at least and at most.
            keep: Seconds for which to believe what was found.
            random: Where chance comes from.

        Raises:
            ConfigurationError: The gap or the time to keep cannot be.
        """
        least, most = gap
        if not 0 <= least <= most < math.inf:
            raise ConfigurationError(f"gap: {gap!r} are no seconds at least and at most; pass two such as (1.0, 3.0)")
        if not keep >= 0:
            raise ConfigurationError(f"keep: {keep!r} is no number of seconds; pass one such as {31 * DAY}")
        self._store = MemoryStore() if store is None else store
        self._clock = clock
        self._gap = gap
        self._keep = keep
        self._random = Random() if random is None else random  # noqa: S311 - jitter, not a secret
        self._lock = threading.Lock()
        self._absent: set[str] = set()
        self._free: dict[str, float] = {}  # session → when it may ask again, in monotonic seconds
        self._under_way: dict[_Key, Future[Recipient | None]] = {}

    async def resolve(
        self, client: Asks, to: str | Recipient, *, session: SessionRef, region: str | None = None
    ) -> Recipient | None:
        """
        Find whom WhatsApp means by a number.

        Args:
            client: What asks WhatsApp.
            to: The number; or an id of a group, a channel, or a person whose number is hidden, which is returned as it
                is without asking.
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            region: The country of a number that does not say its own, as for `Recipient.parse`.

        Returns:
            The recipient, under the id that WhatsApp gave; `None` if no form of the number is on WhatsApp.

        Raises:
            InvalidRequestError: `to` is neither a number nor an id. Nothing was asked.
            DecodeError: The answer does not say.
        """
        given = Recipient.parse(to, region=region)
        asking = session_ref(session)
        if given.to == given.id:
            return given
        key = (asking, given.id)
        while True:
            with self._lock:
                theirs = self._under_way.get(key)
                if theirs is None:
                    mine = self._under_way[key] = Future()
                    mine.set_running_or_notify_cancel()  # so that one who waits and is cancelled cancels nobody else
            if theirs is not None:
                try:
                    return await asyncio.wrap_future(theirs)
                except _Abandoned:
                    continue
            try:
                found = await self._find(client, given, asking)
            except BaseException as error:
                self._over(key).set_exception(error if isinstance(error, Exception) else _Abandoned())
                raise
            self._over(key).set_result(found)
            return found

    def _over(self, key: _Key) -> Future[Recipient | None]:
        with self._lock:
            return self._under_way.pop(key)

    async def _find(self, client: Asks, given: Recipient, session: str) -> Recipient | None:
        if given.id in self._absent:
            return None
        if kept := self._kept(given):
            return kept
        for candidate in given.candidates:
            await self._turn(session)
            # With its plus: seven digits alone would not be taken for an international number.
            answer = await client.check_contact_exists(session, phone=candidate.to)
            if found := _found(answer, candidate):
                fact = {"id": found.id, "at": self._clock.now()}
                for known in {given.id, found.id}:
                    self._store.set(_entry(known), fact)
                return found
        self._absent.update(candidate.id for candidate in given.candidates)
        return None

    def _kept(self, given: Recipient) -> Recipient | None:
        match self._store.get(_entry(given.id)):
            # A clock that was set back makes what was learnt just now lie in the future.
            case {"id": str(known), "at": int() | float() as at} if abs(self._clock.now() - at) < self._keep:
                return _recipient(known)
            case _:
                return None

    async def _turn(self, session: str) -> None:
        """Wait until the session may ask again."""
        while True:
            with self._lock:
                now = self._clock.monotonic()
                wait = self._free.get(session, now) - now
                # No sleep is exact: a wait of next to nothing could be followed by another, for ever.
                if wait < 0.001:
                    self._free[session] = now + self._random.uniform(*self._gap)
                    return
            await self._clock.sleep(wait)


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
