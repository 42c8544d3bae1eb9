"""The pacer: gaps, pauses, caps, warm-up, quiet hours and cool-down for the sends of each session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from random import Random, SystemRandom
from types import TracebackType

from ..._core.checks import count
from ..._core.clock import SYSTEM_CLOCK, Clock
from ..._core.names import nearest
from ...errors import ConfigurationError
from ...recipients import jid, masked
from ..stores import MemoryStore, Store
from .history import History
from .profiles import Pacing, invalid
from .queue import Waiter
from .scheduler import Scheduler
from .zones import awake, zone, zones_by_number


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
    may be put around a send of a client that has its own `pacing`.

    Args:
        pacing: A `Pacing` for each kind: it replaces or joins the profiles ``"reply"``, ``"known"`` and ``"cold"``.
        clock: Where time comes from.
        store: Where it keeps what was sent when; with a store that outlives the process, the rules hold across
            restarts. Only one pacer at a time may pace a session.
        random: Where its random numbers come from.
        zone_of: Tells a recipient's time zone (such as ``"Europe/Rome"``), or `None` where it does not know. Then the
            calling code of a phone number decides; in a country of several zones it must be waking hours in all of
            them. Where the zone is unknown (groups, ``@lid``), a pacing with quiet hours refuses to guess.
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
        self._zone_of = zone_of
        self._clock = clock
        self._scheduler = Scheduler(
            clock,
            MemoryStore() if store is None else store,
            SystemRandom() if random is None else random,
            session_started,
            max(profile.chat_cooldown for profile in self._profiles.values()),
        )

    def turn(self, session: str, to: str, kind: str | Pacing = "known") -> Turn:
        """
        The right to send one message; entering it waits.

        Args:
            session: The session's id.
            to: The recipient: phone number, chat id or group id.
            kind: ``"reply"``, ``"known"``, ``"cold"``, a kind of your own, or a `Pacing`.

        Returns:
            A context manager for ``async with``, to be used once.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id.
            ConfigurationError: The kind is unknown; or there are quiet hours to keep, and the recipient's time zone
                is unknown, or this machine lacks it.
        """
        name, profile = self._profile(kind)
        return Turn(self._scheduler, session, Waiter(jid(to, "to"), name, profile, self._zones(to, profile)))

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
        zones = (UTC,) if to is None else self._zones(to, profile)
        history = History() if session is None else self._scheduler.history(session)
        now = at = self._clock.now()
        for _ in range(count(n, "n") or 0):
            at = history.next_allowed(max(at, history.after_gaps(name, profile)), name, profile, zones)
            history.add(name, history.next_record(at, "", name, profile, 0.5))
        return at - now

    def _profile(self, kind: str | Pacing) -> tuple[str, Pacing]:
        if isinstance(kind, Pacing):
            return kind.name, kind
        if kind not in self._profiles:
            raise invalid("kind", kind, nearest(str(kind), self._profiles))
        return kind, self._profiles[kind]

    def _zones(self, to: str, profile: Pacing) -> tuple[tzinfo, ...]:
        if profile.quiet_hours is None:
            return ()
        name = None if self._zone_of is None else self._zone_of(to)
        zones = zones_by_number(jid(to, "to")) if name is None else (zone(name),)
        if not zones:
            raise ConfigurationError(
                f"zone_of: the time zone of {masked(to)} is unknown, so its quiet hours cannot be kept; pass "
                "zone_of=..., or a Pacing with quiet_hours=None"
            )
        awake(self._clock.now(), zones, profile.quiet_hours)  # raises at once where no hour is left to send in
        return zones


_CURRENT: ContextVar[Turn | None] = ContextVar("wasend_turn", default=None)


class Turn:
    """The right to send one message: what `Pacer.turn` returns."""

    def __init__(self, scheduler: Scheduler, session: str, waiter: Waiter) -> None:
        self._scheduler = scheduler
        self._session = session
        self._waiter = waiter
        self._outer: Turn | None = None
        self._held = False

    async def __aenter__(self) -> None:
        """Wait for it."""
        self._outer = outer = _CURRENT.get()
        while outer is not None and not (
            outer._held and outer._scheduler is self._scheduler and outer._session == self._session
        ):
            outer = outer._outer
        if outer is not None:  # to wait for a turn while holding one of the same session would never end
            if outer._waiter.chat == self._waiter.chat:
                self._waiter, outer._held = outer._waiter, False
                self._held = True
            else:
                outer._end()
        if not self._held:
            await self._scheduler.acquire(self._session, self._waiter)
            self._held = True
        _CURRENT.set(self)

    # Nothing is awaited here: a turn can also end after its event loop was closed.
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one have its turn."""
        if _CURRENT.get() is self:
            _CURRENT.set(self._outer)
        self._end()

    def _end(self) -> None:
        if self._held:
            self._held = False
            self._scheduler.release(self._session, self._waiter)
