"""Replies that people give by themselves, as a test has scripted them."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TypeAlias

import attrs

from wasend.sandbox.world.chats import ChatStore, StoredMessage
from wasend.sandbox.world.clock import Scheduler
from wasend.sandbox.world.groups import GroupStore
from wasend.sandbox.world.people import People, is_group
from wasend.sandbox.world.store import Refusal

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
        """Return the scripts that are not used up, as the arguments that made them; a function is told as None."""
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
