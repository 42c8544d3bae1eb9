"""
What happens in the sandbox by itself, and when.

Nothing runs in the background: what is due happens when somebody looks, in the order of its times, and as if at
its time.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from typing import TypeAlias

from wasend.sandbox.clock import Clock

Action: TypeAlias = Callable[[], object]


class Agenda:
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
