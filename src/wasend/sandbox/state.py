"""
What the sandbox knows. No HTTP here.

Everything is behind one lock, so every method of every store may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from wasend.sandbox.agenda import Agenda
from wasend.sandbox.chat_store import Ack, ChatStore
from wasend.sandbox.clock import Clock
from wasend.sandbox.group_store import GroupStore, StoredGroup
from wasend.sandbox.notices import Notice
from wasend.sandbox.people import People
from wasend.sandbox.replies import Replies
from wasend.sandbox.session_store import SessionStore


class State:
    """The stores, what is to happen in them, and whoever is to be told of it."""

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        scan_after: float | None,
        start_after: float,
        acks: Mapping[Ack, float],
        unknown: Iterable[str] = (),
    ) -> None:
        self.lock = threading.RLock()
        self.agenda = Agenda(self.lock, clock)
        self.listeners: list[Notice] = []
        self.sessions = SessionStore(
            self.lock, self.agenda, random, self._notice, scan_after=scan_after, start_after=start_after
        )
        self.people = People(self.lock, unknown)
        self.groups = GroupStore(self.lock, self.agenda, random, self._group_notice, self.people)
        self.chats = ChatStore(
            self.lock, self.agenda, random, self._notice, self.sessions, self.people, self.groups, acks=acks
        )
        self.replies = Replies(self.lock, self.agenda, self.chats)

    def restored(self) -> None:
        """Work out what follows from the tables, which somebody else has filled."""
        self.sessions.restored()
        self.groups.restored()
        self.chats.restored()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.agenda.clear()
            self.sessions.reset()
            self.people.reset()
            self.groups.reset()
            self.chats.reset()
            self.replies.clear()

    def _notice(self, event: str, session_id: str, about: Any) -> None:
        if event == "message.any":
            self.replies.sent(about)
        for listener in self.listeners:
            listener(event, session_id, about)

    def _group_notice(self, event: str, group: StoredGroup, more: Mapping[str, Any]) -> None:
        # A group is one for all sessions: each that is in it hears of it, and of its own coming and going by name.
        for session in self.sessions.every().values():
            if session.own_id in group.participants:
                self._notice(event, session.id, (group, more))
                if session.own_id in more.get("people", ()) and more["type"] in ("join", "leave"):
                    self._notice(f"group.v2.{more['type']}", session.id, (group, more))
