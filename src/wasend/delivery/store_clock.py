"""The one time that all go by who share a store: the store's own, where it has a clock, or else the machine's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from .._core.clock import Clock

_FRESH: Final = 60.0
"""Seconds after which the store is asked for its time again."""
_SAME: Final = 0.5
"""Seconds by which the two clocks of a machine may drift apart before one was set, or the machine suspended."""
_CLOSE: Final = 0.02
"""Seconds: an answer that took no longer tells the time well enough."""
_TRIES: Final = 3


@attrs.frozen
class _Told:
    """
    What the store said.

    Attributes:
        ahead: Seconds by which its time was ahead of the clock that is never set, at the least.
        slack: Seconds by which it may have been more.
        at: When it was asked, by that clock.
        here: Seconds by which the machine's own time of day was ahead of it.
    """

    ahead: float
    slack: float
    at: float
    here: float


class StoreClock:
    """
    Tells a store's time. Between two questions it goes by the machine's clock that is never set.

    By a clock that is made up it is that clock's time, whatever the store says: who waits by it moves no other.

    Args:
        clock: The machine's.
        ask: Asks the store for its time, in seconds since the epoch; `None` where it has no clock.
    """

    def __init__(self, clock: Clock, ask: Callable[[], float] | None) -> None:
        self.clock = clock
        self._ask = None if clock.simulated else ask
        self._told: _Told | None = None

    def sync(self) -> None:
        """Ask the store for its time, where that was not done for a minute. It may block."""
        if self._ask is None or self._is_fresh(self._told):
            return
        best: _Told | None = None
        for _ in range(_TRIES):
            before = self.clock.monotonic()
            told = self._ask()
            after = self.clock.monotonic()
            if best is None or after - before < best.slack:
                best = _Told(told - after, after - before, after, self.clock.now() - after)
            if best.slack <= _CLOSE:
                break
        self._told = best

    def _is_fresh(self, told: _Told | None) -> bool:
        if told is None:
            return False
        moment = self.clock.monotonic()
        return moment - told.at < _FRESH and abs(self.clock.now() - moment - told.here) < _SAME

    def ahead(self) -> float:
        """Seconds by which the store's time is ahead of the clock that is never set."""
        told = self._told
        return self.clock.now() - self.clock.monotonic() if told is None else told.ahead

    def now(self) -> float:
        """The time, no later than it is."""
        return self.clock.now() if self._told is None else self.clock.monotonic() + self._told.ahead

    @property
    def slack(self) -> float:
        """Seconds by which it may be later."""
        return 0.0 if self._told is None else self._told.slack
