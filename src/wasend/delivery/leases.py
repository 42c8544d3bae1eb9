"""What one process holds in a store that others share: it is renewed while that process lives, and else it runs out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Final

from .._core.clock import Clock

LEASE: Final = 30.0
"""Seconds for which something is held without being renewed: for so long a killed process keeps others waiting."""
RENEWED: Final = 10.0
"""Seconds, of the machine's time, after which it is renewed."""
LONGEST: Final = 3600.0
"""Seconds for which it is renewed at most; also its length by a clock that is made up, which none can be renewed by."""


def lease_by(clock: Clock) -> float:
    """For how many seconds of that clock something is held without being renewed."""
    return LONGEST if clock.simulated else LEASE


class Heartbeat:
    """
    Calls a function every 10 s until it is stopped, on the event loop on which it was made.

    Args:
        function: What to call. It does not block.
        longest: Seconds after which it is not called any more.
    """

    def __init__(self, function: Callable[[], object], longest: float = LONGEST) -> None:
        self._function = function
        self._end = time.monotonic() + longest
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._timer = self._loop.call_later(RENEWED, self._beat)

    def _beat(self) -> None:
        if not self._stopped and time.monotonic() < self._end:
            self._timer = self._loop.call_later(RENEWED, self._beat)
            self._function()

    def stop(self) -> None:
        """Call it no more. From any thread, also when the event loop is closed."""
        self._stopped = True
        try:
            if asyncio.get_running_loop() is self._loop:
                self._timer.cancel()
        except RuntimeError:
            pass  # its timer finds that it was stopped


class Countdown:
    """
    How long what is kept until some time of day still lasts.

    From the moment at which this process first sees it, the clock that is never set decides. What is said to last
    longer than it was meant to was noted by a clock that ran ahead, and lasts as long as it was meant to.

    Args:
        clock: Whose time decides.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends: dict[Hashable, tuple[float, float]] = {}

    def left(self, name: Hashable, until: float, meant: float, now: float) -> float:
        """
        The seconds that are left, 0 or less where it is over.

        Args:
            name: What it is the end of.
            until: When it ends, as a time of day.
            meant: For how many seconds it was meant at most.
            now: The time of day.
        """
        moment = self._clock.monotonic()
        known = self._ends.get(name)
        if known is None or known[0] != until:
            if len(self._ends) >= 4096:
                self._ends = {name: end for name, end in self._ends.items() if end[1] > moment}
            known = self._ends[name] = until, moment + min(until - now, meant)
        return known[1] - moment
