"""Where time comes from."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar, Final


class Clock:
    """
    The machine's time. Give a client another clock, and its waits and its rules follow that one.

    `wasend.sandbox.Clock` is such a clock: tests stop it and move it.

    Attributes:
        simulated: Whether its time is made up, as in a test. Then no earlier program can have sent anything by it, with
            which settling would have to reckon.
    """

    simulated: ClassVar[bool] = False

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; never set back, for telling how long something took."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """
        Wait.

        Args:
            seconds: How long; 0 or less only lets others run.
        """
        await asyncio.sleep(seconds)


SYSTEM_CLOCK: Final = Clock()
