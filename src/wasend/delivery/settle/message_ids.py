"""
Message ids of our own making: which were given, and which sessions take them over.

The engine behind WASend takes an ``id`` in its send calls; whether WASend passes it on is not known. An answer tells:
it bears the id that was given, or another one.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import Final

_MOST: Final = 50_000


def new_message_id() -> str:
    """An id as WhatsApp's own clients make them: ``3EB0`` and 18 hexadecimal digits."""
    return f"3EB0{secrets.token_hex(9).upper()}"


class MessageIds:
    """
    What becomes of them, for one service. Safe from any thread, and bounded: the oldest are forgotten.

    Attributes:
        are_refused: Whether the service refuses a request that has one.
    """

    def __init__(self) -> None:
        self.are_refused = False
        self._given: OrderedDict[str, None] = OrderedDict()
        self._taken_over: OrderedDict[str, bool] = OrderedDict()
        self.forget_waiting()

    def forget_waiting(self) -> None:
        """Make the lock anew: in a forked process another thread may have held it."""
        self._lock = threading.Lock()

    def give(self, own_id: str) -> None:
        """Note that a send was given an id: a message of that id is no other send's."""
        with self._lock:
            self._given[own_id] = None
            if len(self._given) > _MOST:
                self._given.popitem(last=False)

    def is_given(self, key: str) -> bool:
        """Whether a message's own id is one that was given to a send."""
        return key in self._given

    def learn(self, session: str, own_id: str, answered: str | None) -> None:
        """
        Learn from an answer whether a session takes ids over. One that did not, once, is not relied on again.

        Args:
            session: The session.
            own_id: The id that was given.
            answered: The id that the answer bears; `None` for none.
        """
        if answered is None or self.are_refused:
            return
        with self._lock:
            self._taken_over[session] = answered == own_id and self._taken_over.get(session, True)
            if len(self._taken_over) > _MOST:
                self._taken_over.popitem(last=False)

    def are_taken_over(self, session: str) -> bool:
        """Whether a session takes them over, as its answers have shown."""
        return self._taken_over.get(session, False) and not self.are_refused
