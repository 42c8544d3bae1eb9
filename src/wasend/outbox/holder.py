"""Who claims calls: one a process and event loop, which says for as long as it holds any that it is alive."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import logging
import secrets
import time
from typing import Final

from ..errors import WasendError
from .store import OutboxStore

LEASE: Final = 30.0
"""Seconds after which a holder that has said nothing is taken for dead."""
_BEAT: Final = 10.0
"""Seconds between two times that it says something."""

logger: Final = logging.getLogger("wasend")


class Holder:
    """
    One who claims calls.

    One word keeps all that it holds. It is said by a timer of the event loop, which keeps neither that nor the process.

    Attributes:
        id: What it is called.
        turns: What it holds now.

    Args:
        store: Where it says so.
    """

    def __init__(self, store: OutboxStore) -> None:
        self.id = secrets.token_hex(6)
        self.turns: set[int] = set()
        self._store = store
        self._turns = itertools.count(1)
        self._said = -LEASE
        self._saying: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self) -> int:
        """
        Begin to hold something, to be ended by `end`.

        Returns:
            Which turn it is.

        Raises:
            StoreError: The store cannot be used.
        """
        turn = next(self._turns)
        self.turns.add(turn)
        try:
            if time.monotonic() - self._said >= _BEAT:
                await asyncio.shield(self._say())
            if self._timer is None:
                self._set_timer()
        except BaseException:
            self.end(turn)
            raise
        return turn

    def end(self, turn: int) -> None:
        """End to hold it."""
        self.turns.discard(turn)
        if not self.turns and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        # In a context of its own: a caller's would be kept.
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_BEAT, self._tick, context=contextvars.Context())

    def _tick(self) -> None:
        self._timer = None
        if self.turns:
            self._say()
            self._set_timer()

    def _say(self) -> asyncio.Task[None]:
        if self._saying is None or self._saying.done():
            self._saying = asyncio.get_running_loop().create_task(self._beat(), context=contextvars.Context())
            self._saying.add_done_callback(_has_said)
        return self._saying

    async def _beat(self) -> None:
        asked = time.monotonic()
        await self._store.beat(self.id, LEASE)
        self._said = asked


def _has_said(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        told = error if isinstance(error, WasendError) else type(error).__name__
        logger.warning("the outbox did not take a heartbeat: %s", told)
