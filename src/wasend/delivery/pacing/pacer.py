"""The pacer: gaps, pauses, caps, warm-up, quiet hours and cool-down for the sends of each session."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from random import Random, SystemRandom
from types import TracebackType
from typing import Final, NamedTuple

from ..._core.checks import count
from ..._core.clock import SYSTEM_CLOCK, Clock
from ..._core.names import nearest
from ..._core.waits import Wait
from ...errors import ConfigurationError, InvalidRequestError
from ...recipients import jid, masked
from ..normalize import chat_key, chat_spellings
from ..store_access import StoreAccess
from ..stores import MemoryStore, Store
from .history import Moment
from .profiles import Pacing, invalid
from .scheduler import Scheduler
from .waiter import Waiter
from .zones import awake, zone_named, zones_by_number

_NOTED: Final = 0.25
"""Seconds that the end of a turn waits until it is kept; after that it goes on being written."""


class Reservation(NamedTuple):
    """
    A moment at which a session may send, kept for one send.

    Attributes:
        moment: When (UTC).
        token: What it is redeemed, or given up, by.
    """

    moment: datetime
    token: str


class Pacer:
    """
    Lets each session send one message at a time, when its pacing allows.

    No setting prevents bans: only writing to people who expect it does. A pacer keeps a session from sending like a
    machine.

    It may be shared by any number of clients, tasks and threads of one process. Every send counts, whether it succeeds
    or not. Each kind of send has its own gaps, pauses and caps; between two kinds the shorter of their gaps is kept.
    Where several chats wait, they take turns; within a chat the order is kept.

    A session sends nothing else during a turn, and gaps count from the end of a turn: a slow network does not bring two
    messages closer together. A turn taken within a turn of the same session and chat is the same turn, so that one
    may be put around a send of a client that has its own `pacing`. A turn for another chat within it is refused: each
    would wait for the other.

    So it is for pacers that share a store: each turn begins by one update of it, in which all that any of them has sent
    is looked at. They send one at a time and take turns; nothing is held in the store while one waits. The turn of a
    process that was killed counts, and keeps the others waiting for 30 s at most. Each keeps its own order: between
    processes goes first who may send first, and of those who might at once who has waited longer.

    Nobody has to wait in place: `when` tells the moment, and `reserve` keeps one, to be redeemed then. Gaps, pauses and
    caps go by a clock that is never set; only quiet hours go by the time of day. What processes tell each other goes by
    the store's clock, where it has one, or else by the time of day.

    Args:
        pacing: A `Pacing` for each kind: it replaces or joins the profiles ``"reply"``, ``"known"`` and ``"cold"``.
        clock: Where time comes from.
        store: Where it keeps what was sent when; by default in memory. With a store that outlives the process the rules
            hold across restarts, and pacers of several processes or machines that share one pace a session together.
        random: Where its random numbers come from.
        zone: The time zone of everybody of whom nothing else is known, such as ``"America/New_York"``.
        zone_of: Tells a recipient's time zone, or `None` where it does not know. Then a phone number's country decides
            or, in a country of several zones, its area code; where that does not tell, it must be waking hours in
            all of them. Where the zone is unknown (groups, ``@lid``), a pacing with quiet hours refuses to guess.
        session_started: Tells since when a session exists, for its warm-up; by default, and where it returns `None`,
            since its first send through this store.

    Example:
        >>> pacer = Pacer(store=SqliteStore("pacing.db"))
        >>> async with pacer.turn(session, "+447700900123", "known"):
        ...     await client.send_text(session=session, to="+447700900123", text="…")
    """

    def __init__(
        self,
        pacing: Mapping[str, Pacing] | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        store: Store | None = None,
        random: Random | None = None,
        zone: str | None = None,
        zone_of: Callable[[str], str | None] | None = None,
        session_started: Callable[[str], datetime | None] | None = None,
    ) -> None:
        profiles = {profile.name: profile for profile in (Pacing.reply(), Pacing.known(), Pacing.cold())}
        if pacing is not None and not isinstance(pacing, Mapping):
            raise invalid("pacing", pacing, "pass a mapping such as {'known': Pacing(...)}")
        for kind, profile in (pacing or {}).items():
            if not isinstance(profile, Pacing):
                raise invalid(f"pacing[{kind!r}]", profile, "pass a Pacing")
        self._profiles = {**profiles, **(pacing or {})}
        self._zone = None if zone is None else zone_named(zone)
        self._zone_of = zone_of
        self._clock = clock
        self._random = SystemRandom() if random is None else random
        self._met = StoreAccess(MemoryStore() if store is None else store)
        self._scheduler = Scheduler(
            clock,
            None if store is None else StoreAccess(store, clock),
            self._random,
            session_started,
            max(profile.chat_cooldown for profile in self._profiles.values()),
        )

    def turn(
        self,
        session: str,
        to: str,
        kind: str | Pacing = "known",
        *,
        zone: str | None = None,
        timeout: float | None = None,
        on_wait: Callable[[Wait], object] | None = None,
    ) -> Turn:
        """
        The right to send one message; entering it waits.

        Waiting is bounded by the rules alone, which may take days where many wait; `timeout` bounds it. Cancelling it
        leaves the turn to the next one. A turn that is not ended does not keep others waiting for more than an hour.

        Args:
            session: The session's id.
            to: The recipient: phone number, chat id or group id.
            kind: ``"reply"``, ``"known"``, ``"cold"``, a kind of your own, or a `Pacing`.
            zone: The recipient's time zone, such as ``"America/New_York"``.
            timeout: Seconds to wait at most; 0: now or not at all.
            on_wait: Told of each wait before it begins, by a `Wait`.

        Returns:
            A context manager for ``async with``, to be used once.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id; or, on entering, a turn of this session for
                another chat is held.
            ConfigurationError: The kind is unknown; or there are quiet hours to keep, and the recipient's time zone
                is unknown, or this machine lacks it.
            TurnTimeoutError: On entering: its turn would come later; ``until`` says when at the earliest. It is raised
                as soon as that is known.
        """
        waiter = self._waiter(to, kind, zone)
        return Turn(self._scheduler, session, waiter, _timeout(timeout), on_wait)

    def when(self, session: str, to: str, kind: str | Pacing = "known", *, zone: str | None = None) -> datetime:
        """
        Tell when a message could be sent, without taking the turn.

        It reads the store in the thread that calls it.

        Args:
            session: The session's id.
            to: The recipient, as for `turn`.
            kind: As for `turn`.
            zone: As for `turn`.

        Returns:
            The first free moment (UTC), now or later. Turns that wait already, one that is under way, and reservations
            made meanwhile can make it later.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id.
            ConfigurationError: As for `turn`.
            StoreError: The store failed.
        """
        return self._scheduler.when(session, self._waiter(to, kind, zone))

    def reserve(
        self,
        session: str,
        to: str,
        kind: str | Pacing = "known",
        *,
        zone: str | None = None,
        keep: float = 300.0,
    ) -> Reservation:
        """
        Keep the first free moment for a send, to be made then: by `redeem`, or by a client's ``reservation``.

        Every rule holds for it and for what else is sent before and after it; turns that wait already are given around
        it. It is kept by this pacer alone, and not across a restart: where another process has sent just before it, it
        waits for the next free moment when it is redeemed. The store is read as by `when`.

        Args:
            session: The session's id.
            to: The recipient, as for `turn`.
            kind: As for `turn`.
            zone: As for `turn`.
            keep: Seconds after its moment for which it is kept. Redeemed late, it waits for the next free moment.

        Returns:
            The moment (UTC) and the token.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id, or `keep` no time.
            ConfigurationError: As for `turn`.
            StoreError: The store failed.
        """
        if isinstance(keep, bool) or not isinstance(keep, int | float) or not 0 <= keep < math.inf:
            raise InvalidRequestError("keep", f"{keep!r} is not a number of seconds", "pass seconds, 0 or more")
        return Reservation(*self._scheduler.reserve(session, self._waiter(to, kind, zone), keep))

    def redeem(
        self,
        token: str,
        *,
        session: str | None = None,
        to: str | None = None,
        timeout: float | None = None,
        on_wait: Callable[[Wait], object] | None = None,
    ) -> Turn:
        """
        The turn that was reserved; entering it waits for its moment.

        Where waiting for it is cancelled, or would take longer than `timeout`, the reservation is as it was.

        Args:
            token: That of the `Reservation`.
            session: The session that is about to send, if it is to be checked.
            to: The recipient, if it is to be checked.
            timeout: As for `turn`.
            on_wait: As for `turn`.

        Returns:
            As for `turn`.

        Raises:
            InvalidRequestError: The moment is kept for another session or recipient; or, here or on entering, the token
                is unknown, has been redeemed or given up, or is too old.
            TurnTimeoutError: As for `turn`.
        """
        kept_for, waiter = self._scheduler.booked(token)
        if (session or kept_for) != kept_for or (to is not None and jid(to, "to") != waiter.chat):
            raise InvalidRequestError("token", "the moment is kept for another session or recipient", "redeem it there")
        return Turn(self._scheduler, kept_for, waiter, _timeout(timeout), on_wait)

    def release(self, token: str) -> bool:
        """
        Give a reservation up: its moment is free again, and it does not count.

        Args:
            token: That of the `Reservation`.

        Returns:
            Whether it was still kept.
        """
        return self._scheduler.give_up(token)

    def met(self, session: str, chat: str) -> None:
        """
        Record that somebody has written: sends to them are no longer ``"cold"``, but ``"known"``.

        Args:
            session: The session's id.
            chat: Who: a phone number or an id.

        Raises:
            StoreError: The store failed.
        """
        if self._met.get(key := _met(session, chat)) is None:
            self._met.set(key, True)

    async def has_met(self, session: str, chat: str) -> bool:
        """
        Whether `met` was told of somebody.

        Args:
            session: The session's id.
            chat: Who: a phone number or an id.

        Raises:
            StoreError: The store failed.
        """
        return await self._met.run(lambda: self._met.get(_met(session, chat)) is not None)

    def estimate(
        self, n: int, session: str | None = None, kind: str | Pacing = "known", *, to: str | None = None
    ) -> float:
        """
        Estimate how long sends would take from now, on average, without the time for the sending itself.

        Args:
            n: How many, each to another chat.
            session: The session's id, whose recent sends then count; by default one that has not sent yet.
            kind: As for `turn`.
            to: A recipient whose quiet hours are kept; by default somebody who lives by UTC.

        Returns:
            Seconds until the last of them may be sent.

        Raises:
            InvalidRequestError: `n` is not a whole number of 0 or more, or `to` is not a recipient.
            ConfigurationError: As for `turn`.
        """
        name, profile = self._profile(kind)
        zones = (UTC,) if to is None else self._zones(to, profile, None)
        history = self._scheduler.new_history() if session is None else self._scheduler.history(session)
        now = at = self._scheduler.now()
        for _ in range(count(n, "n") or 0):
            free = Moment(max(at, history.after_gaps(name, profile).at))
            at = history.next_allowed(free, name, profile, zones).at
            history.add(name, history.next_record(at, "", name, profile, 0.5))
        return at - now

    def _waiter(self, to: str, kind: str | Pacing, zone: str | None) -> Waiter:
        name, profile = self._profile(kind)
        return Waiter(jid(to, "to"), name, profile, self._zones(to, profile, zone), self._random.random())

    def _profile(self, kind: str | Pacing) -> tuple[str, Pacing]:
        if isinstance(kind, Pacing):
            return kind.name, kind
        if kind not in self._profiles:
            raise invalid("kind", kind, nearest(str(kind), self._profiles))
        return kind, self._profiles[kind]

    def _zones(self, to: str, profile: Pacing, named: str | None) -> tuple[tzinfo, ...]:
        if named is not None:
            zones: tuple[tzinfo, ...] = (zone_named(named),)  # also where it is not needed: it may be misspelt
        elif profile.quiet_hours is None:
            return ()
        elif self._zone_of is not None and (told := self._zone_of(to)) is not None:
            zones = (zone_named(told, "zone_of"),)
        else:
            zones = zones_by_number(jid(to, "to")) if self._zone is None else (self._zone,)
        if profile.quiet_hours is None:
            return ()
        if not zones:
            raise ConfigurationError(
                f"zone: the time zone of {masked(to)} is unknown, so its quiet hours cannot be kept; pass zone=... or "
                "zone_of=..., or a Pacing with quiet_hours=None"
            )
        awake(self._clock.now(), zones, profile.quiet_hours)  # raises at once where no hour is left to send in
        return zones


def _met(session: str, chat: str) -> str:
    return f"pacing.met:{session}:{min(chat_spellings(chat_key(chat)))}"


def _timeout(seconds: float | None) -> float | None:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is not None and not (is_number and 0 <= seconds < math.inf):
        raise InvalidRequestError("timeout", f"{seconds!r} is not a number of seconds", "pass seconds, 0 or more")
    return seconds


_CURRENT: ContextVar[Turn | None] = ContextVar("wasend_turn", default=None)


class Turn:
    """The right to send one message: what `Pacer.turn` returns."""

    def __init__(
        self,
        scheduler: Scheduler,
        session: str,
        waiter: Waiter,
        timeout: float | None,
        on_wait: Callable[[Wait], object] | None,
    ) -> None:
        self._scheduler = scheduler
        self._session = session
        self._waiter = waiter
        self._timeout = timeout
        self._on_wait = on_wait
        self._outer: Turn | None = None
        self._held = False

    async def __aenter__(self) -> None:
        """Wait for it."""
        self._outer = outer = _CURRENT.get()
        while outer is not None and not (
            outer._held and outer._scheduler is self._scheduler and outer._session == self._session
        ):
            outer = outer._outer
        if outer is None:
            await self._scheduler.acquire(self._session, self._waiter, self._timeout, self._on_wait)
        elif outer._waiter.chat == self._waiter.chat:
            self._waiter, outer._held = outer._waiter, False
        else:  # each would wait for the other
            problem = f"the turn of session {self._session} that is held here is for another chat"
            raise InvalidRequestError("to", problem, "send to others after its `async with` block")
        self._held = True
        _CURRENT.set(self)

    # The turn is over before anything is awaited: it can also end after its event loop was closed.
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one have its turn."""
        if _CURRENT.get() is self:
            _CURRENT.set(self._outer)
        if not self._held:
            return
        self._held = False
        kept = self._scheduler.release(self._session, self._waiter)
        if kept is not None and kind is not GeneratorExit:
            await asyncio.wait([asyncio.wrap_future(kept)], timeout=_NOTED)
