"""
Everything the sandbox knows, and the events by which others learn of changes. No HTTP here.

One lock guards it all, so every method of every store may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, TypeAlias

import attrs

from wasend.sandbox.world.chats import Ack, ChatStore, MessageEvent, MessageReceived, MessageSent
from wasend.sandbox.world.clock import Clock, Scheduler
from wasend.sandbox.world.groups import GroupEvent, GroupJoined, GroupLeft, GroupStore, ParticipantsChanged
from wasend.sandbox.world.people import People
from wasend.sandbox.world.replies import Replies
from wasend.sandbox.world.sessions import SessionEvent, SessionStore, StoredSession
from wasend.sandbox.world.store import Table, Unknown


@attrs.frozen
class PresenceChanged:
    """Somebody (a chat id) is online, offline, typing, recording or has paused, in a chat."""

    chat: str
    person: str
    presence: str


@attrs.frozen
class Happened:
    """Anything else that a session is told of: an event by the engine's name for it, and what it says."""

    event: str
    payload: Mapping[str, Any]


Event: TypeAlias = SessionEvent | MessageEvent | GroupEvent | PresenceChanged | Happened
"""Something that has happened in the sandbox."""

Listener: TypeAlias = Callable[[Event, StoredSession], object]
"""Called with each event, once for every session that it concerns."""


class State:
    """The stores, the scheduler of what happens in them by itself, and the listeners to events."""

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
        self.scheduler = Scheduler(self.lock, clock)
        self.listeners: list[Listener] = []
        self._busy: set[tuple[str, str, str]] = set()
        self.labels: Table[str] = Table()
        self.sessions = SessionStore(self.lock, self.scheduler, random, self._of_session, scan_after, start_after)
        self.people = People(self.lock, unknown)
        self.groups = GroupStore(self.lock, self.scheduler, random, self._of_group, self.people)
        self.chats = ChatStore(
            self.lock, self.scheduler, random, self._of_message, self.sessions, self.people, self.groups, acks
        )
        self.replies = Replies(self.lock, self.scheduler, self.chats, self.groups, self.people)

    def restored(self) -> None:
        """Derive the rest of the state from the tables, which somebody else has filled."""
        self.sessions.restored()
        self.groups.restored()
        self.chats.restored()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.scheduler.clear()
            self.sessions.reset()
            self.people.reset()
            self.groups.reset()
            self.chats.reset()
            self.replies.clear()
            self._busy.clear()
            self.labels.clear()

    def happen(self, session: StoredSession, event: str, payload: Mapping[str, Any]) -> None:
        """Have a session told of something that changes nothing here."""
        with self.lock:
            self._publish(Happened(event, payload), session)

    def show_presence(self, session: StoredSession, chat: str, person: str, presence: str) -> None:
        """Have a session told what somebody does in a chat; who types stops as soon as a message of theirs arrives."""
        with self.lock:
            busy = (session.id, chat, person)
            (self._busy.add if presence in ("typing", "recording") else self._busy.discard)(busy)
            self._publish(PresenceChanged(chat, person, presence), session)

    # Where events go: each to the sessions that it concerns

    def _of_session(self, event: SessionEvent) -> None:
        self._publish(event, event.session)

    def _of_message(self, event: MessageEvent) -> None:
        if isinstance(event, MessageSent) and not event.message.from_phone:
            self.replies.sent(event.message)
        with suppress(Unknown):  # the session may have been deleted since
            message, session = event.message, self.sessions.get(event.message.session)
            busy = (session.id, message.chat, message.writer)
            if isinstance(event, MessageReceived) and busy in self._busy:
                self.show_presence(session, message.chat, message.writer, "paused")
            self._publish(event, session)

    def _of_group(self, event: GroupEvent) -> None:
        # All sessions share a group: each that is in it is notified, and of its own joining and leaving separately.
        for session in self.sessions.every().values():
            if session.own_id in event.group.participants:
                self._publish(event, session)
                if isinstance(event, ParticipantsChanged) and session.own_id in event.people:
                    if event.change == "join":
                        self._publish(GroupJoined(event.group), session)
                    elif event.change == "leave":
                        self._publish(GroupLeft(event.group), session)

    def _publish(self, event: Event, session: StoredSession) -> None:
        for listener in self.listeners:
            listener(event, session)
