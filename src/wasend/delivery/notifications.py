"""Publish and subscribe within a client: events that its receiver gets end waits before their next poll."""

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
"""What is subscribed to: a kind of event, the session, and the message, if any."""

_MOST_ACKS: Final = 10_000
"""Acks that are kept for later waits: an ack may come before the answer to its send."""


class Subscriber:
    """One wait, which is woken by notifications."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._notified = asyncio.Event()

    def notify(self) -> None:
        """Wake it; from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._notified.set)
        except RuntimeError:  # the loop is closed: nobody waits there any more
            return

    async def wait(self, clock: Clock, seconds: float) -> None:
        """
        Wait for a notification, or for some time.

        Args:
            clock: Where time comes from.
            seconds: Seconds to wait at most.
        """
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        notified = asyncio.ensure_future(self._notified.wait())
        try:
            await asyncio.wait({sleeping, notified}, return_when=asyncio.FIRST_COMPLETED)
            if sleeping.done():
                sleeping.result()
        finally:
            sleeping.cancel()
            notified.cancel()
        self._notified.clear()


class Notifications:
    """One client's notifications, from whichever thread its receiver runs in. Nothing here outlives the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: dict[Topic, set[Subscriber]] = {}
        self._acks: OrderedDict[tuple[str, str], int] = OrderedDict()

    @contextmanager
    def subscribed(self, *topics: Topic) -> Generator[Subscriber]:
        """
        Subscribe to some topics within the block.

        Args:
            topics: The topics.
        """
        subscriber = Subscriber()
        with self._lock:
            for topic in topics:
                self._subscribers.setdefault(topic, set()).add(subscriber)
        try:
            yield subscriber
        finally:
            with self._lock:
                for topic in topics:
                    subscribers = self._subscribers[topic]
                    subscribers.discard(subscriber)
                    if not subscribers:
                        del self._subscribers[topic]

    def acked(self, session: str, message_id: str, ack: int | None) -> None:
        """
        Publish a message's ack.

        Args:
            session: The session that sent it.
            message_id: Its id, in any spelling.
            ack: The ack; `None` if it has to be read, as in a group: it is that of one member only.
        """
        key = message_key(message_id) or message_id
        with self._lock:
            if ack is not None:
                known = self._acks.pop((session, key), ack)
                self._acks[session, key] = ack if ack < 0 else max(known, ack)
                if len(self._acks) > _MOST_ACKS:
                    self._acks.popitem(last=False)
        self._publish(ack_topic(session, key))

    def ack_of(self, session: str, message_id: str) -> int | None:
        """The highest ack of a message that was published; `None` if there was none."""
        with self._lock:
            return self._acks.get((session, message_key(message_id) or message_id))

    def status_changed(self, session: str) -> None:
        """Publish that a session's status, or what WhatsApp allows it, has changed."""
        self._publish(status_topic(session))

    def own_message(self, session: str) -> None:
        """Publish that a message of the session's own account has appeared."""
        self._publish(own_message_topic(session))

    def _publish(self, topic: Topic) -> None:
        with self._lock:
            subscribers = [*self._subscribers.get(topic, ())]
        for subscriber in subscribers:
            subscriber.notify()


def ack_topic(session: str, message_id: str) -> Topic:
    """Acks of a message."""
    return "ack", session, message_key(message_id) or message_id


def status_topic(session: str) -> Topic:
    """Changes of a session's status."""
    return "status", session, ""


def own_message_topic(session: str) -> Topic:
    """Messages that a session's own account sent."""
    return "own", session, ""


_NOTIFICATIONS: Final[weakref.WeakKeyDictionary[object, Notifications]] = weakref.WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def notifications_of(engine: Engine) -> Notifications:
    """The notifications of an engine's client; all views of a client share them."""
    with _LOCK:
        notifications = _NOTIFICATIONS.get(engine.http)
        if notifications is None:
            notifications = _NOTIFICATIONS[engine.http] = Notifications()
        return notifications
