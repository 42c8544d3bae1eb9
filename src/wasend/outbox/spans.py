"""Spans of time in a file: how long until a moment, by a clock of the machine that nobody sets."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class MachineClock:
    """
    The time since the machine was started, sleep included; where there is no such clock, the time of day.

    A moment is kept by both, and with how far off it was: after a restart of the machine the time of day tells. It may
    have been hours ahead until then, so that from when this clock sees the moment first it lasts no longer than that.
    """

    def __init__(self) -> None:
        self._boot = _boot()
        self._ends: dict[str, float] = {}

    @property
    def start(self) -> str:
        """What tells this start of the machine from others; empty where there is no such clock."""
        return self._boot

    def now(self) -> float:
        """The time, in seconds since some moment."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) if self._boot else time.time()

    def steady(self) -> float:
        """The time, in seconds since some moment; never set, for telling how long something took."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) if self._boot else time.monotonic()

    def wall(self) -> float:
        """The time of day, in seconds since the epoch."""
        return time.time()

    def moment(self, seconds: float) -> str:
        """
        A moment, as text to keep.

        Args:
            seconds: In how many seconds it is.
        """
        return f"{self._boot} {self.now() + seconds:.3f} {self.wall() + seconds:.3f} {seconds:.3f}"

    def until(self, moment: str | None) -> float:
        """Seconds until a moment; less than 0 where it is past."""
        if not moment:
            return 0.0
        boot, at, at_wall, span = moment.split(" ")
        if boot == self._boot:
            return float(at) - self.now()
        end = self._ends.setdefault(moment, self.steady() + float(span))
        return min(end - self.steady(), float(at_wall) - self.wall())


def _boot() -> str:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return ""
    try:
        time.clock_gettime(time.CLOCK_BOOTTIME)
        return _BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")[:12]
    except OSError:
        return ""
