"""
When a session may send: gaps, pauses, caps, warm-up, quiet hours and cool-down; and whose turn it is.

No setting prevents bans: only writing to people who expect it does. What this does is to keep a session from sending
like a machine.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from random import Random, SystemRandom
from threading import RLock
from types import TracebackType
from typing import Any, Final, Self, TypeAlias
from urllib.parse import quote

import attrs

from .._core.checks import count
from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.names import nearest
from ..errors import ConfigurationError
from ..recipients import jid, masked
from .stores import MemoryStore, Store
from .zones import awake, zone, zones_by_number

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_LONGEST_SLEEP: Final = 600.0
"""Seconds after which a waiter looks at the clock again: it may have been set, or the machine suspended."""

Range: TypeAlias = tuple[float, float]


def _fault(field: str, value: object, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{field}: {value!r} will not do; {remedy}")


def _is_number(value: Any, *, whole: bool = False) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_pair(value: tuple[Any, ...], *, whole: bool = False) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(_is_number(part, whole=whole) for part in value)


def _is_cap(value: Any) -> bool:
    return _is_number(value, whole=True) and value >= 1


@attrs.frozen(kw_only=True, cache_hash=True)
class Pacing:
    """
    How a session may send messages of one kind. Change a profile by `attrs.evolve(Pacing.known(), per_hour=30)`.

    Attributes:
        gap: Seconds between two sends, (least, most): each gap is drawn anew, so the two must differ.
        pause_after: After how many sends in a row to pause; `None`: never.
        pause: Seconds a pause takes, (least, most).
        per_hour: The most sends in any 60 minutes; `None`: no such cap.
        per_day: The most sends in any 24 hours; `None`: no such cap.
        warm_up: Caps in place of `per_day` for a young session: the first for its first 24 hours, and so on. The
            lower of the two holds.
        quiet_hours: Hours (0–23) from which and until which nothing is sent, on the recipient's clock; `None`: none.
        chat_cooldown: Seconds between two sends to the same chat.
        name: The kind it is counted as, where it is passed as a turn's kind itself.
    """

    gap: Range
    pause_after: int | None = None
    pause: Range | None = None
    per_hour: int | None = None
    per_day: int | None = None
    warm_up: tuple[int, ...] = ()
    quiet_hours: tuple[int, int] | None = None
    chat_cooldown: float = 0
    name: str = "own"

    def __attrs_post_init__(self) -> None:
        ranges = {"gap": self.gap} if self.pause is None else {"gap": self.gap, "pause": self.pause}
        for field, span in ranges.items():
            if not _is_pair(span) or not 0 <= span[0] < span[1]:
                raise _fault(field, span, "pass (least, most) in seconds; a fixed time is what gets numbers banned")
        if (self.pause is None) != (self.pause_after is None):
            raise _fault("pause_after", self.pause_after, "pass pause and pause_after, or neither")
        for field in ("pause_after", "per_hour", "per_day"):
            if (cap := getattr(self, field)) is not None and not _is_cap(cap):
                raise _fault(field, cap, "pass a whole number, 1 or more, or None")
        if not isinstance(self.warm_up, tuple) or not all(map(_is_cap, self.warm_up)):
            raise _fault("warm_up", self.warm_up, "pass a cap for each day, such as (20, 20, 50)")
        if self.quiet_hours is not None:
            hours = self.quiet_hours if _is_pair(self.quiet_hours, whole=True) else (0, 0)
            if hours[0] == hours[1] or not all(0 <= hour <= 23 for hour in hours):
                raise _fault("quiet_hours", self.quiet_hours, "pass two different hours from 0 to 23, such as (22, 8)")
        if not _is_number(self.chat_cooldown) or self.chat_cooldown < 0:
            raise _fault("chat_cooldown", self.chat_cooldown, "pass seconds, 0 or more")
        if not isinstance(self.name, str) or not self.name:
            raise _fault("name", self.name, "pass a text")

    @classmethod
    def reply(cls) -> Self:
        """For answers to people who have just written."""
        return cls(gap=(1, 3), per_hour=120, name="reply")

    @classmethod
    def known(cls) -> Self:
        """For people who know the number and expect to hear from it."""
        return cls(
            gap=(5, 15),
            pause_after=30,
            pause=(120, 300),
            per_hour=60,
            per_day=500,
            quiet_hours=(22, 8),
            name="known",
        )

    @classmethod
    def cold(cls) -> Self:
        """For people who have not heard from the number before."""
        return cls(
            gap=(30, 60),
            pause_after=20,
            pause=(600, 1200),
            per_hour=40,
            per_day=200,
            warm_up=(20, 20, 50, 50, 100, 100, 150),
            quiet_hours=(20, 9),
            name="cold",
        )


class Pacer:
    """
    Lets each session send one message at a time, when its pacing allows.

    It may be shared by any number of clients, tasks and threads of one process. Every send counts, whatever became of
    it. Each kind of send has its own gaps, pauses and caps; between two kinds the shorter gap of both is kept. Where
    several chats wait, they take turns; within a chat the order is kept.

    A session sends nothing else during a turn, and gaps count from the end of a turn: what the network delays does not
    bring two messages closer. A turn taken within a turn of the same session and chat is the same turn, so that one
    may stand around a send of a client that has its own `pacing`.

    Args:
        pacing: A `Pacing` for each kind: in place of the profiles ``"reply"``, ``"known"`` and ``"cold"``, or besides.
        clock: Where time comes from.
        store: Where it keeps what was sent when; a store that outlives the process lets the rules do so too. Only
            one pacer at a time may pace a session.
        random: Where its random numbers come from.
        zone_of: Tells a recipient's time zone (such as ``"Europe/Rome"``), or `None` where it does not know. Then the
            calling code of a phone number tells; in a country of several zones it must be waking hours in all of
            them. Where nobody knows (groups, ``@lid``) a pacing with quiet hours refuses to guess.
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
            raise _fault("pacing", pacing, "pass a mapping such as {'known': Pacing(...)}")
        for kind, profile in (pacing or {}).items():
            if not isinstance(profile, Pacing):
                raise _fault(f"pacing[{kind!r}]", profile, "pass a Pacing")
        self._profiles = {**profiles, **(pacing or {})}
        self._zone_of = zone_of
        self._clock = clock
        self._desk = _Desk(
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
            to: Whom to send to: phone number, chat id or group id.
            kind: ``"reply"``, ``"known"``, ``"cold"``, a kind of your own, or a `Pacing`.

        Returns:
            What to use in ``async with``, once.

        Raises:
            InvalidRequestError: `to` is neither a number nor an id.
            ConfigurationError: The kind is unknown; or there are quiet hours to keep, and the recipient's time zone
                cannot be told, or this machine lacks it.
        """
        name, profile = self._profile(kind)
        return Turn(self._desk, session, _Ask(jid(to, "to"), name, profile, self._zones(to, profile)))

    def estimate(
        self, n: int, session: str | None = None, kind: str | Pacing = "known", *, to: str | None = None
    ) -> float:
        """
        Tell how long sends would take from now, on average, besides what the sending itself takes.

        Args:
            n: How many, each to another chat.
            session: The session's id, whose sends of late then count; by default one that has not sent yet.
            kind: As for `turn`.
            to: A recipient whose quiet hours are kept; by default somebody who lives by UTC.

        Returns:
            Seconds until the last of them may go out.

        Raises:
            InvalidRequestError: `n` is no count, or `to` no recipient.
            ConfigurationError: As for `turn`.
        """
        name, profile = self._profile(kind)
        zones = (UTC,) if to is None else self._zones(to, profile)
        line = _Line() if session is None else self._desk.copy(session)
        now = at = self._clock.now()
        for _ in range(count(n, "n") or 0):
            at = line.settle(max(at, line.free(name, profile)), name, profile, zones)
            line.add(name, line.next(at, "", name, profile, 0.5))
        return at - now

    def _profile(self, kind: str | Pacing) -> tuple[str, Pacing]:
        if isinstance(kind, Pacing):
            return kind.name, kind
        if kind not in self._profiles:
            raise _fault("kind", kind, nearest(str(kind), self._profiles))
        return kind, self._profiles[kind]

    def _zones(self, to: str, profile: Pacing) -> tuple[tzinfo, ...]:
        if profile.quiet_hours is None:
            return ()
        name = None if self._zone_of is None else self._zone_of(to)
        zones = zones_by_number(jid(to, "to")) if name is None else (zone(name),)
        if not zones:
            raise ConfigurationError(
                f"zone_of: the time zone of {masked(to)} cannot be told, and its quiet hours are to be kept; pass "
                "zone_of=..., or a Pacing with quiet_hours=None"
            )
        awake(self._clock.now(), zones, profile.quiet_hours)  # says at once where there is no such moment
        return zones


_INSIDE: ContextVar[Turn | None] = ContextVar("wasend_turn", default=None)


class Turn:
    """The right to send one message: what `Pacer.turn` returns."""

    def __init__(self, desk: _Desk, session: str, ask: _Ask) -> None:
        self._desk = desk
        self._session = session
        self._ask = ask
        self._outer: Turn | None = None
        self._holds = False

    async def __aenter__(self) -> None:
        """Wait for it."""
        self._outer = outer = _INSIDE.get()
        while outer is not None and not (
            outer._holds and outer._desk is self._desk and outer._session == self._session
        ):
            outer = outer._outer
        if outer is not None:  # who waited for a turn while holding one would wait for ever
            if outer._ask.chat == self._ask.chat:
                self._ask, outer._holds = outer._ask, False
                self._holds = True
            else:
                outer._end()
        if not self._holds:
            await self._desk.take(self._session, self._ask)
            self._holds = True
        _INSIDE.set(self)

    # Nothing is awaited here: a turn ends even where its event loop is no more.
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one have its turn."""
        if _INSIDE.get() is self:
            _INSIDE.set(self._outer)
        self._end()

    def _end(self) -> None:
        if self._holds:
            self._holds = False
            self._desk.give_back(self._session, self._ask)


@attrs.define(eq=False)
class _Desk:
    """Where turns are given out: waits by the clock, and keeps in the store what must survive."""

    clock: Clock
    store: Store
    random: Random
    session_started: Callable[[str], datetime | None] | None
    cooldown: float
    # Reentrant, for a coroutine that is collected as garbage gives its turn back in whichever thread notices.
    lock: RLock = attrs.field(factory=RLock)
    lines: dict[str, _Line] = attrs.field(factory=dict[str, "_Line"])

    async def take(self, session: str, ask: _Ask) -> None:
        """Wait for a turn."""
        line = self._line(session)
        ask.loop = asyncio.get_running_loop()
        try:
            with self.lock:
                line.join(ask, self.clock.now())
            while True:
                ask.called.clear()
                with self.lock:
                    now = self.clock.now()
                    wait = line.wait(ask, now)
                    if wait is not None and wait <= 0:
                        self._keep(session, line.take(ask, now, self.random.random()), ask.kind)
                        return
                await (ask.called.wait() if wait is None else self.clock.sleep(min(wait, _LONGEST_SLEEP)))
        except BaseException:
            with self.lock:
                line.leave(ask, self.clock.now())
            raise

    def give_back(self, session: str, ask: _Ask) -> None:
        """End a turn."""
        with self.lock:
            now, line = self.clock.now(), self.lines[session]
            try:
                line.end(ask.sent, now)
                self._keep(session, ask.sent, ask.kind)
                for number in line.forget(now):
                    self.store.delete(_key(session, "sends", f"{number:012d}"))
            finally:
                line.leave(ask, now)

    def copy(self, session: str) -> _Line:
        """What a session sent."""
        line = self._line(session)
        with self.lock:
            return line.copy()

    def _line(self, session: str) -> _Line:
        if session not in self.lines:
            started = None if self.session_started is None else self.session_started(session)
            with self.lock:
                if session not in self.lines:
                    self.lines[session] = self._read(session, None if started is None else started.timestamp())
        return self.lines[session]

    # The store holds, for each session, when it first sent, and a row for each send that still matters.
    def _read(self, session: str, started: float | None) -> _Line:
        line = _Line(luck=self.random.random())
        line.started = self.store.get(_key(session, "since")) if started is None else started
        line.remember(self.cooldown)
        sends: list[tuple[str, _Sent]] = []
        ceiling = self.clock.now()
        for key, (at, chat, kind, luck, run, least, most) in reversed(self.store.items(_key(session, "sends", ""))):
            # Each send came before the next, whatever the clock said then: one that was ahead must not stop a session.
            ceiling = min(at, ceiling)
            sends.append((kind, _Sent(int(key.rpartition("/")[2]), ceiling, chat, luck, run, (least, most))))
        for kind, sent in reversed(sends):
            line.add(kind, sent)
        return line

    def _keep(self, session: str, sent: _Sent, kind: str) -> None:
        if not sent.number:
            self.store.set(_key(session, "since"), sent.at)
        row = [sent.at, sent.chat, kind, sent.luck, sent.run, *sent.gap]
        self.store.set(_key(session, "sends", f"{sent.number:012d}"), row)


def _key(session: str, *rest: str) -> str:
    return "/".join(("pacing", quote(session, safe=""), *rest))


@attrs.define(eq=False)
class _Sent:
    """A send that was made, or is being made."""

    number: int
    at: float
    chat: str
    luck: float
    """Drawn from [0, 1): where in each range what follows this send lies, so that it is drawn once, and kept."""
    run: int
    """How many of its kind there have been since the last pause."""
    gap: Range


@attrs.define(eq=False)
class _Ask:
    """Somebody who wants to send."""

    chat: str
    kind: str
    profile: Pacing
    zones: tuple[tzinfo, ...]
    since: float = 0
    called: asyncio.Event = attrs.field(factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = attrs.field(init=False)
    sent: _Sent = attrs.field(init=False)

    def call(self) -> None:
        """Wake it, from any thread."""
        self.loop.call_soon_threadsafe(self.called.set)


@attrs.define(eq=False)
class _Line:
    """
    What a session sent, and who waits to send: rules and order, without waiting or keeping anything.

    Of all who wait only the watcher sleeps, until its moment; the others are called when their turn to watch comes.
    Who was watcher once may still sleep then, but hardly beyond its moment, for what others send only puts that off.
    """

    started: float | None = None
    luck: float = 0.5
    sent: dict[str, list[_Sent]] = attrs.field(factory=dict[str, "list[_Sent]"])
    last: _Sent | None = None
    chats: dict[str, float] = attrs.field(factory=dict[str, float])
    waiting: dict[str, deque[_Ask]] = attrs.field(factory=dict[str, "deque[_Ask]"])
    profiles: Counter[tuple[str, Pacing]] = attrs.field(factory=Counter[tuple[str, Pacing]])
    watcher: _Ask | None = None
    wake_at: float = math.inf
    holder: _Ask | None = None
    horizon: float = _DAY + _HOUR

    # --- rules

    def free(self, kind: str, profile: Pacing) -> float:
        """The moment from which gaps, pause and hourly cap allow a send."""
        moment = -math.inf
        for other, sends in self.sent.items():
            before = sends[-1]
            span = (
                profile.gap
                if other == kind
                else (min(profile.gap[0], before.gap[0]), min(profile.gap[1], before.gap[1]))
            )
            moment = max(moment, before.at + _between(span, before.luck))
        if same := self.sent.get(kind):
            before = same[-1]
            if profile.pause is not None and before.run >= (profile.pause_after or 0):
                moment = max(moment, before.at + _between(profile.pause, before.luck))
            if profile.per_hour is not None and len(same) >= profile.per_hour:
                # A cap ends some gap late: what follows it must not repeat the rhythm of what led to it.
                moment = max(moment, same[-profile.per_hour].at + _HOUR + _between(profile.gap, before.luck))
        return moment

    def settle(self, moment: float, kind: str, profile: Pacing, zones: tuple[tzinfo, ...]) -> float:
        """The first moment from the given one on that the daily cap and the quiet hours allow."""
        while True:
            allowed = self._below_daily_cap(moment, kind, profile)
            if profile.quiet_hours is not None:
                allowed = self._after_quiet(allowed, kind, profile, zones, profile.quiet_hours)
            if allowed == moment:
                return moment
            moment = allowed

    def _below_daily_cap(self, moment: float, kind: str, profile: Pacing) -> float:
        same = self.sent.get(kind, ())
        started = self.started or 0.0
        late = _between(profile.gap, self._luck(kind))
        while same:
            age = max(0, int((moment - started) // _DAY))
            warming = age < len(profile.warm_up)
            cap = profile.per_day
            if warming:
                cap = min(profile.warm_up[age], cap or profile.warm_up[age])
            if cap is None or len(same) < cap or (free := same[-cap].at + _DAY + late) <= moment:
                break
            # The next day of the warm-up may allow more before this day's cap does.
            moment = min(free, started + (age + 1) * _DAY + late) if warming else free
        return moment

    def _after_quiet(
        self, moment: float, kind: str, profile: Pacing, zones: tuple[tzinfo, ...], hours: tuple[int, int]
    ) -> float:
        up = awake(moment, zones, hours)
        # Nobody starts work on the stroke of eight, day after day.
        late = up + _between(profile.pause or profile.gap, self._luck(kind))
        return moment if up == moment else late if awake(late, zones, hours) == late else up

    def _luck(self, kind: str) -> float:
        return self.sent[kind][-1].luck if kind in self.sent else self.luck

    def due(self, ask: _Ask, now: float) -> float:
        """The moment of somebody who waits; now, where it has passed."""
        moment = max(min(ask.since, now), self.free(ask.kind, ask.profile))
        if ask.profile.chat_cooldown and ask.chat in self.chats:
            moment = max(moment, self.chats[ask.chat] + ask.profile.chat_cooldown)
        settled = self.settle(moment, ask.kind, ask.profile, ask.zones)
        return settled if settled >= now else self.settle(now, ask.kind, ask.profile, ask.zones)

    # --- what was sent

    def next(self, at: float, chat: str, kind: str, profile: Pacing, luck: float) -> _Sent:
        """A send at a moment, following those before."""
        same = self.sent.get(kind)
        rested = not same or (profile.pause is not None and at - same[-1].at >= profile.pause[0])
        number = 0 if self.last is None else self.last.number + 1
        return _Sent(number, at, chat, luck, 1 if rested or not same else same[-1].run + 1, profile.gap)

    def add(self, kind: str, sent: _Sent) -> None:
        """Count a send."""
        self.sent.setdefault(kind, []).append(sent)
        self.last = sent
        self.chats[sent.chat] = sent.at
        if self.started is None:
            self.started = sent.at

    def remember(self, cooldown: float) -> None:
        """Keep sends for as long as a chat may have to cool down."""
        self.horizon = max(self.horizon, cooldown)

    def forget(self, now: float) -> list[int]:
        """Drop the sends that no longer matter, and tell their numbers."""
        gone: list[int] = []
        for same in self.sent.values():
            # The last of each kind tells of its gap and pause, however long those are.
            old = min(bisect_left(same, now - self.horizon, key=lambda sent: sent.at), len(same) - 1)
            for sent in same[:old]:
                gone.append(sent.number)
                if self.chats.get(sent.chat) == sent.at:
                    del self.chats[sent.chat]
            del same[:old]
        return gone

    def copy(self) -> _Line:
        """The same history, with nobody waiting."""
        sent = {kind: [*same] for kind, same in self.sent.items()}
        return _Line(started=self.started, sent=sent, last=self.last)

    # --- who waits

    def join(self, ask: _Ask, now: float) -> None:
        """Wait."""
        self.remember(ask.profile.chat_cooldown)
        ask.since = now
        line = self.waiting.setdefault(ask.chat, deque())
        line.append(ask)
        self.profiles[ask.kind, ask.profile] += 1
        if len(line) == 1:
            self._consider(ask, now)

    def wait(self, ask: _Ask, now: float) -> float | None:
        """Seconds to sleep before asking again; 0 or less: it is their turn; `None`: they will be called."""
        if self.watcher is not ask:
            return None
        self._set_back(now)
        first, due = self._first(now)
        if first is not ask:
            self._appoint(now)
            return None
        self.wake_at = due
        return due - now

    def take(self, ask: _Ask, now: float, luck: float) -> _Sent:
        """Begin a turn."""
        self._remove(ask)
        if ask.chat in self.waiting:  # behind all others
            self.waiting[ask.chat] = self.waiting.pop(ask.chat)
        self.watcher, self.holder = None, ask
        ask.sent = self.next(now, ask.chat, ask.kind, ask.profile, luck)
        self.add(ask.kind, ask.sent)
        return ask.sent

    def end(self, sent: _Sent, now: float) -> None:
        """Count a send as made now."""
        sent.at = self.chats[sent.chat] = max(sent.at, now)

    def leave(self, ask: _Ask, now: float) -> None:
        """Be gone, from the line or from the turn, and let another come forward."""
        if self.holder is ask:
            self.holder = None
            self._appoint(now)
        elif ask in self.waiting.get(ask.chat, ()):
            was_first = self.waiting[ask.chat][0] is ask
            self._remove(ask)
            if self.watcher is ask:
                self._appoint(now)
            elif was_first and ask.chat in self.waiting:
                self._consider(self.waiting[ask.chat][0], now)

    def _remove(self, ask: _Ask) -> None:
        self.waiting[ask.chat].remove(ask)
        if not self.waiting[ask.chat]:
            del self.waiting[ask.chat]
        self.profiles[ask.kind, ask.profile] -= 1
        if not self.profiles[ask.kind, ask.profile]:
            del self.profiles[ask.kind, ask.profile]

    def _consider(self, ask: _Ask, now: float) -> None:
        if self.holder is None and (self.watcher is None or self.due(ask, now) < self.wake_at):
            self.watcher, self.wake_at = ask, self.due(ask, now)
            ask.call()

    def _appoint(self, now: float) -> None:
        self.watcher = None
        while self.waiting and self.watcher is None and self.holder is None:
            ask, self.wake_at = self._first(now)
            try:
                ask.call()
                self.watcher = ask
            except RuntimeError:  # its event loop was closed beneath it
                self._remove(ask)

    def _first(self, now: float) -> tuple[_Ask, float]:
        """Who is due first; among equals, whose chat has waited longest since its last turn."""
        earliest = max(now, min(self.free(*profile) for profile in self.profiles))
        first, moment = None, math.inf
        for line in self.waiting.values():
            due = self.due(line[0], now)
            if due < moment:
                first, moment = line[0], due
            if due <= earliest:
                break
        assert first is not None  # noqa: S101 - somebody waits
        return first, moment

    def _set_back(self, now: float) -> None:
        """Where the clock was set back, take what was sent later than now as sent now."""
        if self.last is None or self.last.at <= now:
            return
        for same in self.sent.values():
            for sent in same:
                sent.at = min(sent.at, now)
        self.chats = {chat: min(at, now) for chat, at in self.chats.items()}


def _between(span: Range, luck: float) -> float:
    return span[0] + (span[1] - span[0]) * luck
