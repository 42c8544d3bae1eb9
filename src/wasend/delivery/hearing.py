"""What a client hears of its messages and sessions by webhook, for those who would otherwise wait for the next poll."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, TypeAlias

from .._core.clock import Clock
from .._core.engine import Engine
from .normalize import message_key

Topic: TypeAlias = tuple[str, str, str]
"""What is listened for: a kind of news, the session, and of whom or what."""

_MOST_ACKS: Final = 10_000
"""Acks that are remembered, for who asks later: an ack may come before the answer to its send."""


class Ear:
    """Somebody who waits, and is woken by news."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def tell(self) -> None:
        """There is news; from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # the loop is closed: nobody waits there any more
            return

    async def wait(self, clock: Clock, seconds: float) -> None:
        """
        Wait for news, or for some time.

        Args:
            clock: Where time comes from.
            seconds: How long at most.
        """
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        hearing = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({sleeping, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if sleeping.done():
                sleeping.result()
        finally:
            sleeping.cancel()
            hearing.cancel()
        self._news.clear()


class Hearing:
    """What one client hears, in whichever thread its receiver runs. Nothing here outlives the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: dict[Topic, set[Ear]] = {}
        self._acks: OrderedDict[tuple[str, str], int] = OrderedDict()

    @contextmanager
    def listening(self, *topics: Topic) -> Generator[Ear]:
        """
        Be woken by what is heard of some topics within the block.

        Args:
            topics: They.
        """
        ear = Ear()
        with self._lock:
            for topic in topics:
                self._ears.setdefault(topic, set()).add(ear)
        try:
            yield ear
        finally:
            with self._lock:
                for topic in topics:
                    ears = self._ears[topic]
                    ears.discard(ear)
                    if not ears:
                        del self._ears[topic]

    def acked(self, session: str, message_id: str, ack: int | None) -> None:
        """
        A message has come so far.

        Args:
            session: The session that sent it.
            message_id: Its id, in any spelling.
            ack: How far; `None` where that is to be looked up, as in a group: others may not have come as far.
        """
        key = message_key(message_id) or message_id
        with self._lock:
            if ack is not None:
                known = self._acks.pop((session, key), ack)
                self._acks[session, key] = ack if ack < 0 else max(known, ack)
                if len(self._acks) > _MOST_ACKS:
                    self._acks.popitem(last=False)
        self._tell(ack_topic(session, key))

    def ack_of(self, session: str, message_id: str) -> int | None:
        """How far a message has come, as far as was heard."""
        with self._lock:
            return self._acks.get((session, message_key(message_id) or message_id))

    def status_changed(self, session: str) -> None:
        """The status of a session has changed, or what WhatsApp allows it."""
        self._tell(status_topic(session))

    def own_message(self, session: str) -> None:
        """A message has appeared in a chat that the session's own account sent."""
        self._tell(own_message_topic(session))

    def _tell(self, topic: Topic) -> None:
        with self._lock:
            ears = [*self._ears.get(topic, ())]
        for ear in ears:
            ear.tell()


def ack_topic(session: str, message_id: str) -> Topic:
    """News of how far a message has come."""
    return "ack", session, message_key(message_id) or message_id


def status_topic(session: str) -> Topic:
    """News of a session's status."""
    return "status", session, ""


def own_message_topic(session: str) -> Topic:
    """News of messages that a session's own account sent."""
    return "own", session, ""


_HEARINGS: Final[weakref.WeakKeyDictionary[object, Hearing]] = weakref.WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def hearing_of(engine: Engine) -> Hearing:
    """What the client of an engine hears; every view of a client hears the same."""
    with _LOCK:
        hearing = _HEARINGS.get(engine.http)
        if hearing is None:
            hearing = _HEARINGS[engine.http] = Hearing()
        return hearing
