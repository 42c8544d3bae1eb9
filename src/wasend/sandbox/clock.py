"""The sandbox's only source of time."""

from __future__ import annotations

import math
import threading
import time


class Clock:
    """
    Seconds since the epoch, plus whatever `advance` has added.

    Steady: setting the machine's clock does not move it, so nothing in the sandbox ever runs backwards.
    A subclass may answer `now` from somewhere else.
    """

    def __init__(self) -> None:
        self._origin = time.time() - time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the sandbox's time, in seconds since the epoch."""
        return self._origin + time.monotonic()

    def advance(self, seconds: float) -> None:
        """
        Move on at once.

        Args:
            seconds: How far; finite and not negative.

        Raises:
            ValueError: The clock would stand still for ever, or run backwards.
        """
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"a clock advances by a number of seconds >= 0, not {seconds}")
        with self._lock:
            self._origin += seconds
