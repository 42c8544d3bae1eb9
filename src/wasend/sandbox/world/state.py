"""
Everything the sandbox knows, the replies that people give by themselves, and the events by which others learn of
changes. No HTTP here.

One lock guards it all, so every method of every store may be called from any thread.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any, TypeAlias

import attrs

from wasend.sandbox.world.chats import (
    Ack,
    ChatStore,
    MessageEvent,
    MessageReceived,
    MessageSent,
    StoredFile,
    StoredMessage,
)
from wasend.sandbox.world.clock import Clock, Scheduler
from wasend.sandbox.world.groups import GroupEvent, GroupJoined, GroupLeft, GroupStore, ParticipantsChanged, StoredGroup
from wasend.sandbox.world.people import People, StoredContact, is_group
from wasend.sandbox.world.sessions import SessionEvent, SessionStore, StoredSession
from wasend.sandbox.world.store import Refusal, Table, Unknown

Answer: TypeAlias = str | Callable[[StoredMessage], str | None]
"""What is replied: a text, or what makes one of the message that was sent (None: nothing)."""


@attrs.define
class _Script:
    answer: Answer
    match: re.Pattern[str] | None
    person: str | None
    after: float
    left: float


@attrs.define(eq=False, repr=False)
class Replies:
    """Scripts, of which the first that fits is taken."""

    _lock: threading.RLock
    _scheduler: Scheduler
    _chats: ChatStore
    _groups: GroupStore
    _people: People
    _scripts: list[_Script] = attrs.field(factory=list[_Script], init=False)

    def add(self, answer: Answer, *, match: str | None, person: str | None, after: float, times: int | None) -> None:
        """Add a script."""
        if not 0 <= after <= sys.float_info.max:
            raise ValueError(f"after is a number of seconds >= 0, not {after}")
        with self._lock:
            pattern = None if match is None else re.compile(match, re.IGNORECASE)
            self._scripts.append(_Script(answer, pattern, person, after, float("inf") if times is None else times))

    def every(self) -> tuple[Mapping[str, object], ...]:
        """Return the scripts that are not used up, as the arguments that made them; a function is given as None."""
        with self._lock:
            return tuple(
                {
                    "reply": one.answer if isinstance(one.answer, str) else None,
                    "match": one.match and one.match.pattern,
                    "from": one.person,
                    "after": one.after,
                    "times": None if one.left == float("inf") else int(one.left),
                }
                for one in self._scripts
                if one.left > 0
            )

    def clear(self) -> None:
        """Forget every script."""
        with self._lock:
            self._scripts.clear()

    def sent(self, message: StoredMessage) -> None:
        """Have whoever a message was sent to (in a group, the first who may) reply, if a script says so."""
        people = self._readers(message)
        for script in self._scripts:
            readers = (one for one in people if script.person in (None, one, self._people.number_of(one)))
            reader = next(readers, None) if script.left > 0 else None
            if reader is not None and (script.match is None or script.match.search(message.words or "")):
                answer = script.answer if isinstance(script.answer, str) else script.answer(message)
                if answer is not None:
                    script.left -= 1
                    reply = partial(self._reply, message, reader, answer)
                    self._scheduler.add(script.after, partial(self._people.when_online, reader, reply))
                return

    def _readers(self, message: StoredMessage) -> list[str]:
        """Return who gets a message that was sent."""
        if not self._chats.arrives(message):
            return []
        if is_group(message.to):
            group = self._groups.find(message.to)
            return [] if group is None else [one for one in group.participants if one != message.writer]
        return [message.to] if message.to.endswith(("@c.us", "@lid")) else []

    def _reply(self, message: StoredMessage, reader: str, answer: str) -> None:
        group = message.to if is_group(message.to) else None
        with suppress(Refusal):  # the session may be gone, or not connected: then nothing arrives
            self._chats.progress(message.id, "READ")
            self._chats.receive(session_id=message.session, sender=reader, content=answer, group=group)


@attrs.frozen
class PresenceChanged:
    """Somebody (a chat id) is online, offline, typing, recording or has paused, in a chat."""

    chat: str
    person: str
    presence: str


@attrs.frozen
class Happened:
    """Any other event for a session: the engine's name for it, and its payload."""

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

        self.tables: dict[str, tuple[Table[Any], Any]] = {
            "session": (self.sessions.table, StoredSession),
            "owner": (self.sessions.owners, str),
            "contact": (self.people.table, StoredContact),
            "unknown": (self.people.unknown, bool),
            "lid": (self.people.lids, str),
            "filed": (self.people.filed, str),
            "offline": (self.people.offline, bool),
            "label": (self.labels, str),
            "group": (self.groups.table, StoredGroup),
            "message": (self.chats.table, StoredMessage),
            "file": (self.chats.files, StoredFile),
        }
        """All that there is to know, by what it is called in a file, and the type of each value."""

    def restored(self) -> None:
        """Derive the rest of the state from the tables, which somebody else has filled."""
        self.people.restored()
        self.sessions.restored()
        self.groups.restored()
        self.chats.restored()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.scheduler.clear()
            for table, _ in self.tables.values():
                table.clear()
            self.replies.clear()
            self._busy.clear()
            self.restored()

    def happen(self, session: StoredSession, event: str, payload: Mapping[str, Any]) -> None:
        """Send a session an event that changes nothing here."""
        with self.lock:
            self._publish(Happened(event, payload), session)

    def show_presence(self, session: StoredSession, chat: str, person: str, presence: str) -> None:
        """Report to a session what somebody does in a chat; who types stops as soon as a message of theirs arrives."""
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
