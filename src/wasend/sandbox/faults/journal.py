"""The sandbox's journal: every request of the API, and what became of it."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from typing import Any, Literal, TypeAlias

import attrs

_MOST = 100_000
_HARMLESS = frozenset(
    {"delay", "late", "unseen", "twin", "idle_close", "clock_off", "ids", "rewritten", "shuffled", "filed"}
)
"""Faults that leave the answer one that says what was done."""

Became: TypeAlias = Literal["done", "refused", "lost", "dropped"]


@attrs.frozen(kw_only=True)
class JournalEntry:
    """
    One request of the API.

    `number` counts from 1; `at` is seconds since the epoch by the sandbox's clock; `account` is whose key it had, if a
    right one; `status` that of the answer, None where none went out; `fault` the fault that was played on
    it; `processed` whether the sandbox did what was asked, whatever the answer said.
    """

    number: int
    at: float
    method: str
    path: str
    query: str = ""
    account: str | None = None
    status: int | None
    fault: str | None = None
    processed: bool

    @property
    def became(self) -> Became:
        """
        What became of it: ``"done"`` and answered so, if late; ``"refused"`` and answered so; ``"lost"``: done, and the
        answer said otherwise or never came; or ``"dropped"``: not done, and not answered.
        """
        accepted = self.status is not None and self.status < 300
        if self.processed:
            return "done" if accepted and set((self.fault or "delay").split(" + ")) <= _HARMLESS else "lost"
        return "dropped" if self.status is None else "refused"


class Journal:
    """The newest 100 000 requests, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: deque[JournalEntry] = deque(maxlen=_MOST)

    def add(self, **fields: Any) -> None:
        """Record a request: the fields of a `JournalEntry` but its number."""
        with self._lock:
            self._entries.append(JournalEntry(number=next(self._numbers), **fields))

    def every(self) -> tuple[JournalEntry, ...]:
        """Return the requests, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def clear(self) -> None:
        """Forget every request; the numbers begin anew."""
        with self._lock:
            self._entries.clear()
            self._numbers = itertools.count(1)
