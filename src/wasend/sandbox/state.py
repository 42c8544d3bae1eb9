"""
What the sandbox knows, and the requests it answered. No HTTP here.

Everything is behind one lock, so every method of every store may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from wasend.sandbox.chat_store import ChatStore
from wasend.sandbox.clock import Clock
from wasend.sandbox.group_store import GroupStore
from wasend.sandbox.people import People
from wasend.sandbox.session_store import SessionStore


class RecordedRequest(NamedTuple):
    """One request of the API that was answered."""

    method: str
    path: str
    status: int


class State:
    """The stores, and the journal of requests."""

    def __init__(
        self, clock: Clock, *, scan_after: float | None, start_after: float, unknown: Iterable[str] = ()
    ) -> None:
        self._lock = threading.RLock()
        self._requests: list[RecordedRequest] = []
        self.sessions = SessionStore(self._lock, clock, scan_after=scan_after, start_after=start_after)
        self.people = People(self._lock, unknown)
        self.groups = GroupStore(self._lock, clock, self.people)
        self.chats = ChatStore(self._lock, clock, self.sessions, self.groups)

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self.sessions.reset()
            self.people.reset()
            self.groups.reset()
            self.chats.reset()
            self._requests.clear()

    def record(self, request: RecordedRequest) -> None:
        """Note a request that is being answered."""
        with self._lock:
            self._requests.append(request)

    def requests(self) -> tuple[RecordedRequest, ...]:
        """Return the requests answered, oldest first."""
        with self._lock:
            return tuple(self._requests)
