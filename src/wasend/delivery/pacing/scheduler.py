"""Giving out the turns of many sessions: it waits by the clock, and keeps in the store what must survive a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from random import Random
from threading import RLock
from typing import Final
from urllib.parse import quote

import attrs

from ..._core.clock import Clock
from ..stores import Store
from .history import History, SendRecord
from .queue import Queue, Waiter

_LONGEST_SLEEP: Final = 600.0
"""Seconds after which a waiter looks at the clock again: it may have been set, or the machine suspended."""


@attrs.define(eq=False)
class Scheduler:
    """
    Gives out turns. Safe from any thread and event loop.

    Attributes:
        clock: Where time comes from.
        store: Where sends are kept.
        random: Where jitter comes from.
        session_started: Tells since when a session exists.
        cooldown: The longest cool-down of a chat, in seconds: for so long sends are kept.
    """

    clock: Clock
    store: Store
    random: Random
    session_started: Callable[[str], datetime | None] | None
    cooldown: float
    # Reentrant: a coroutine that is garbage-collected gives its turn back, in whichever thread collects it.
    _lock: RLock = attrs.field(factory=RLock)
    _queues: dict[str, Queue] = attrs.field(factory=dict[str, Queue])

    async def acquire(self, session: str, waiter: Waiter) -> None:
        """Wait for a turn, and begin it."""
        queue = self._queue(session)
        waiter.loop = asyncio.get_running_loop()
        try:
            with self._lock:
                queue.join(waiter, self.clock.now())
            while True:
                waiter.woken.clear()
                with self._lock:
                    now = self.clock.now()
                    wait = queue.seconds_left(waiter, now)
                    if wait is not None and wait <= 0:
                        self._save(session, waiter.kind, queue.begin(waiter, now, self.random.random()))
                        return
                await (waiter.woken.wait() if wait is None else self.clock.sleep(min(wait, _LONGEST_SLEEP)))
        except BaseException:
            with self._lock:
                queue.leave(waiter, self.clock.now())
            raise

    def release(self, session: str, waiter: Waiter) -> None:
        """End a turn."""
        with self._lock:
            now, queue = self.clock.now(), self._queues[session]
            try:
                queue.history.finish(waiter.record, now)
                self._save(session, waiter.kind, waiter.record)
                for number in queue.history.forget(now):
                    self.store.delete(_key(session, "sends", f"{number:012d}"))
            finally:
                queue.leave(waiter, now)

    def history(self, session: str) -> History:
        """A copy of what a session has sent."""
        queue = self._queue(session)
        with self._lock:
            return queue.history.copy()

    def _queue(self, session: str) -> Queue:
        if session not in self._queues:
            started = None if self.session_started is None else self.session_started(session)
            with self._lock:
                if session not in self._queues:
                    history = self._load(session, None if started is None else started.timestamp())
                    self._queues[session] = Queue(history)
        return self._queues[session]

    # For each session the store holds when it first sent, and a row for each send that still matters.
    def _load(self, session: str, started: float | None) -> History:
        history = History(jitter=self.random.random())
        history.started = self.store.get(_key(session, "since")) if started is None else started
        history.keep_for(self.cooldown)
        sends: list[tuple[str, SendRecord]] = []
        latest = self.clock.now()
        for key, (at, chat, kind, jitter, run, least, most) in reversed(self.store.items(_key(session, "sends", ""))):
            # Each send came before the next, whatever the clock said then: one that was ahead must not stop a session.
            latest = min(at, latest)
            sends.append((kind, SendRecord(int(key.rpartition("/")[2]), latest, chat, jitter, run, (least, most))))
        for kind, record in reversed(sends):
            history.add(kind, record)
        return history

    def _save(self, session: str, kind: str, record: SendRecord) -> None:
        if not record.number:
            self.store.set(_key(session, "since"), record.at)
        row = [record.at, record.chat, kind, record.jitter, record.run, *record.gap]
        self.store.set(_key(session, "sends", f"{record.number:012d}"), row)


def _key(session: str, *rest: str) -> str:
    return "/".join(("pacing", quote(session, safe=""), *rest))
