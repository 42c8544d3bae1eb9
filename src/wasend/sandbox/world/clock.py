"""The sandbox's only source of time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, TypeAlias

import attrs

from wasend import Clock as MachineClock

_ROUNDS = 20
"""Turns of the event loop that others get, before a stopped clock moves on to the next sleeper."""
_END = 253_402_300_799.0
"""The last second of the year 9999: what comes after it is no date."""


class Clock(MachineClock):
    """
    A clock that can be stopped and moved. It is the sandbox's, and a client may be given it too.

    Running, it is steady: setting the machine's clock does not move it, so nothing in the sandbox ever runs
    backwards. Stopped, it moves when `advance` is called, and when somebody sleeps by it: it jumps to the
    first sleeper's time, and nobody waits.

    Args:
        stopped: Whether it is stopped from the start.
        at: Seconds since the epoch at which it starts; by default now.

    Example:
        >>> clock = Clock(stopped=True, at=1_750_000_000)
        >>> clock.advance(60)
        >>> clock.now()
        1750000060.0
    """

    simulated: ClassVar[bool] = True

    def __init__(self, *, stopped: bool = False, at: float | None = None) -> None:
        self._lock = threading.RLock()
        self._base = time.time() if at is None else float(at)
        self._since = None if stopped else time.monotonic()
        self._order = itertools.count()
        self._sleepers: list[_Sleeper] = []
        self._jumps = 0
        self._watchers: list[Callable[[], object]] = []

    @property
    def stopped(self) -> bool:
        """Whether it is stopped."""
        return self._since is None

    def now(self) -> float:
        """Return the sandbox's time, in seconds since the epoch."""
        with self._lock:
            return self._base if self._since is None else self._base + time.monotonic() - self._since

    def monotonic(self) -> float:
        """Return the same: it is never set back."""
        return self.now()

    def stop(self) -> None:
        """Stop it; it then moves only when it is advanced. Safe to call again."""
        with self._lock:
            self._base, self._since = self.now(), None
        self._moved()

    def start(self) -> None:
        """Run again, from the time it shows."""
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()
        self._moved()

    def advance(self, seconds: float) -> None:
        """
        Move on at once.

        Args:
            seconds: How far; not negative, and not beyond the year 9999.

        Raises:
            ValueError: The clock would run backwards, or out of the calendar.
        """
        if not 0 <= seconds < _END:
            raise ValueError(f"a clock advances by a number of seconds >= 0, not {seconds}")
        with self._lock:
            if self.now() + seconds > _END:
                raise ValueError(f"a clock goes no further than the year 9999: {seconds} seconds are too many")
            self._base += seconds
        self._moved()

    async def sleep(self, seconds: float) -> None:
        """
        Wait by this clock: until it has run so far, or was moved, or, where it is stopped, hardly at all.

        Args:
            seconds: How long; 0 or less only lets others run.
        """
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        with self._lock:
            due = min(self.now() + seconds, _END)
            sleeper = _Sleeper(due, next(self._order), loop, loop.create_future())
            heapq.heappush(self._sleepers, sleeper)
            self._wake_due()
        self._arm(sleeper)
        try:
            await sleeper.awake
        finally:
            if sleeper.timer is not None:
                sleeper.timer.cancel()
            with self._lock:
                if sleeper in self._sleepers:  # cancelled
                    self._sleepers.remove(sleeper)
                    heapq.heapify(self._sleepers)
                    self._arm_first()

    def watch(self, callback: Callable[[], object]) -> Callable[[], None]:
        """
        Call back whenever the clock is moved, stopped or started.

        Args:
            callback: Called in whichever thread does so.

        Returns:
            What ends it.
        """
        self._watchers.append(callback)

        def end() -> None:
            with suppress(ValueError):  # once is enough
                self._watchers.remove(callback)

        return end

    def _moved(self) -> None:
        with self._lock:
            self._wake_due()
            for sleeper in self._sleepers:
                sleeper.call(self._arm, sleeper)
        for callback in list(self._watchers):
            callback()

    def _wake_due(self) -> None:
        now = self.now()
        # Those whose loop was closed under them go too: they will never wake, and nobody shall wait for them.
        while self._sleepers and (self._sleepers[0].due <= now or self._sleepers[0].loop.is_closed()):
            sleeper = heapq.heappop(self._sleepers)
            sleeper.call(sleeper.wake)

    def _arm(self, sleeper: _Sleeper) -> None:
        if sleeper.timer is not None:
            sleeper.timer.cancel()
        with self._lock:
            if self._since is None:
                sleeper.timer = sleeper.loop.call_soon(self._let_others_run, sleeper, self._jumps, _ROUNDS)
            else:
                sleeper.timer = sleeper.loop.call_later(sleeper.due - self.now(), self._ring)

    def _arm_first(self) -> None:
        self._wake_due()
        if self._sleepers and self._since is None:
            first = self._sleepers[0]
            first.call(self._arm, first)

    def _ring(self) -> None:
        with self._lock:
            self._wake_due()
            for sleeper in self._sleepers[:1]:  # a timer may ring a little early
                sleeper.call(self._arm, sleeper)

    def _let_others_run(self, sleeper: _Sleeper, jumps: int, rounds: int) -> None:
        if rounds:
            sleeper.timer = sleeper.loop.call_soon(self._let_others_run, sleeper, jumps, rounds - 1)
            return
        with self._lock:
            # After another's jump the count begins anew, so that those who woke come first.
            if self._since is not None or jumps != self._jumps or self._sleepers[:1] != [sleeper]:
                return
            self._jumps += 1
            self._base = max(self._base, sleeper.due)
            self._arm_first()
        for callback in list(self._watchers):
            callback()


@attrs.define(order=True, eq=True)
class _Sleeper:
    due: float
    order: int
    loop: asyncio.AbstractEventLoop = attrs.field(order=False)
    awake: asyncio.Future[None] = attrs.field(order=False)
    timer: asyncio.Handle | None = attrs.field(default=None, order=False)

    def wake(self) -> None:
        if not self.awake.done():
            self.awake.set_result(None)

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call a function in the sleeper's loop, from any thread."""
        with suppress(RuntimeError):  # the loop is closed, and with it the sleep is over
            self.loop.call_soon_threadsafe(function, *args)


Action: TypeAlias = Callable[[], object]


class Scheduler:
    """Times and actions; also the time by which the stores write down what they do."""

    def __init__(self, lock: threading.RLock, clock: Clock) -> None:
        self._lock = lock
        self._clock = clock
        self._order = itertools.count()
        self._entries: list[tuple[float, int, Action]] = []
        self._at: float | None = None

    def now(self) -> float:
        """Return the time: the clock's, or that of the action which is being done."""
        return self._clock.now() if self._at is None else self._at

    def add(self, after: float, action: Action) -> None:
        """Have something happen so many seconds from now."""
        self.add_at(self.now() + after, action)

    def add_at(self, at: float, action: Action) -> None:
        """Have something happen at a time, in seconds since the epoch."""
        with self._lock:
            heapq.heappush(self._entries, (at, next(self._order), action))

    def catch_up(self) -> None:
        """Do what is due."""
        if not self._entries:
            return
        with self._lock:
            until = self._clock.now()
            while self._at is None and self._entries and self._entries[0][0] <= until:
                self._at, _, action = heapq.heappop(self._entries)
                try:
                    action()
                finally:
                    self._at = None

    def next_due(self) -> float | None:
        """Return when something happens next, in seconds since the epoch, or None."""
        with self._lock:
            return self._entries[0][0] if self._entries else None

    def clear(self) -> None:
        """Forget what was to happen."""
        with self._lock:
            self._entries.clear()
