"""Replies that people give by themselves, as a test scripted them."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeAlias

import attrs

from wasend.sandbox.agenda import Agenda
from wasend.sandbox.chat_store import ChatStore, StoredMessage
from wasend.sandbox.message_shapes import words
from wasend.sandbox.refusals import Refusal

Answer: TypeAlias = str | Callable[[StoredMessage], str | None]
"""What is replied: a text, or what makes one of the message that was sent (None: nothing)."""


@attrs.define
class _Script:
    answer: Answer
    match: re.Pattern[str] | None
    person: str | None
    after: float
    left: float


class Replies:
    """Scripts, the one given first being asked first."""

    def __init__(self, lock: threading.RLock, agenda: Agenda, chats: ChatStore) -> None:
        self._lock = lock
        self._agenda = agenda
        self._chats = chats
        self._scripts: list[_Script] = []

    def add(self, answer: Answer, *, match: str | None, person: str | None, after: float, times: int | None) -> None:
        """Add a script."""
        if not 0 <= after <= sys.float_info.max:
            raise ValueError(f"after is a number of seconds >= 0, not {after}")
        with self._lock:
            pattern = None if match is None else re.compile(match, re.IGNORECASE)
            self._scripts.append(_Script(answer, pattern, person, after, float("inf") if times is None else times))

    def clear(self) -> None:
        """Forget every script."""
        with self._lock:
            self._scripts.clear()

    def sent(self, message: StoredMessage) -> None:
        """Have the person to whom a message was sent reply to it, if a script says so."""
        if not (message.from_me and message.to.endswith("@c.us") and self._chats.arrives(message)):
            return
        for script in self._scripts:
            wanted = script.left > 0 and script.person in (None, message.to)
            if wanted and (script.match is None or script.match.search(words(message) or "")):
                answer = script.answer if isinstance(script.answer, str) else script.answer(message)
                if answer is not None:
                    script.left -= 1
                    self._agenda.add(script.after, partial(self._reply, message, answer))
                return

    def _reply(self, message: StoredMessage, answer: str) -> None:
        with suppress(Refusal):  # the session may be gone, or not connected: then nothing arrives
            self._chats.progress(message.id, "READ")
            self._chats.receive(session_id=message.session, sender=message.to, text=answer, group=None, reply_to=None)
