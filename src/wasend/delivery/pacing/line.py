"""
The chats that wait to be sent to by one session, kept in order: to find the first of thousands takes no longer than to
find the first of a few.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from datetime import tzinfo
from typing import Final, TypeAlias, TypeVar

import attrs

from .history import Moment
from .profiles import Pacing
from .waiter import Waiter

T = TypeVar("T")

_SPARE: Final = 32
"""How many entries of chats that have left may lie in a group before they are removed."""

Rules: TypeAlias = tuple[str, Pacing, tuple[tzinfo, ...]]
"""The rules that the chats of a group share: kind, profile and time zones."""


@attrs.define(eq=False)
class Place:
    """
    The place of a chat in the line.

    Attributes:
        chat: The id of the chat.
        ticket: Its number: the lower one goes first, where two may be sent to at the same moment.
        own: When it may be sent to, by the rules that are its own: its cool-down and the quiet hours.
        waiter: Who sends to it next.
        gone: Whether it has left.
    """

    chat: str
    ticket: int
    own: Moment
    waiter: Waiter
    gone: bool = False


@attrs.define(eq=False)
class Group:
    """
    Chats that wait by the same rules.

    Attributes:
        size: How many there are.
    """

    size: int = 0
    # Those whose own moment has come, by ticket; the others, by their own moment. The second number makes each unique.
    _due: list[tuple[int, int, Place]] = attrs.field(factory=list["tuple[int, int, Place]"])
    _later: list[tuple[float, int, int, Place]] = attrs.field(factory=list["tuple[float, int, int, Place]"])

    def add(self, place: Place, number: int) -> None:
        """Let a chat wait here."""
        self.size += 1
        heapq.heappush(self._later, (place.own.at, place.ticket, number, place))

    def remove(self, place: Place) -> None:
        """Let it leave."""
        place.gone = True
        self.size -= 1
        if len(self._due) + len(self._later) > 2 * self.size + _SPARE:
            self._due = [entry for entry in self._due if not entry[-1].gone]
            self._later = [entry for entry in self._later if not entry[-1].gone]
            heapq.heapify(self._due)
            heapq.heapify(self._later)

    def first(self, now: float) -> tuple[Place | None, Place | None]:
        """Of those whose own moment has come by then, who has the lowest ticket; and whose moment comes next."""
        while self._later and (self._later[0][-1].gone or self._later[0][0] <= now):
            _, ticket, number, place = heapq.heappop(self._later)
            if not place.gone:
                heapq.heappush(self._due, (ticket, number, place))
        while self._due and self._due[0][-1].gone:
            heapq.heappop(self._due)
        return self._due[0][-1] if self._due else None, self._later[0][-1] if self._later else None


@attrs.define(eq=False)
class Line:
    """
    The chats that wait, each with those who want to send to it, first come, first served.

    Attributes:
        groups: The chats by the rules they wait by.
        waiting: Who waits, by chat.
    """

    groups: dict[Rules, Group] = attrs.field(factory=dict["Rules", Group])
    waiting: dict[str, deque[Waiter]] = attrs.field(factory=dict[str, "deque[Waiter]"])
    _places: dict[str, Place] = attrs.field(factory=dict[str, Place])
    _tickets: dict[str, int] = attrs.field(factory=dict[str, int])
    _number: Iterator[int] = attrs.field(factory=itertools.count)

    def __contains__(self, waiter: Waiter) -> bool:
        return waiter in self.waiting.get(waiter.chat, ())

    def append(self, waiter: Waiter) -> bool:
        """Begin to wait; whether nobody waits for that chat already."""
        same_chat = self.waiting.setdefault(waiter.chat, deque())
        same_chat.append(waiter)
        if len(same_chat) == 1:
            self._tickets[waiter.chat] = next(self._number)
        return len(same_chat) == 1

    def remove(self, waiter: Waiter) -> bool:
        """Wait no longer; whether another of its chat comes forward, which has no place then."""
        same_chat = self.waiting[waiter.chat]
        was_first = same_chat[0] is waiter
        same_chat.remove(waiter)
        if was_first:
            self._unplace(waiter.chat)
        if not same_chat:
            del self.waiting[waiter.chat], self._tickets[waiter.chat]
        return was_first and bool(same_chat)

    def send_back(self, chat: str) -> None:
        """Put a chat behind all others."""
        if chat in self.waiting:
            self._tickets[chat] = next(self._number)

    def place(self, chat: str, own: Moment) -> None:
        """Give a chat its place, or another, by when its next waiter may send by its own rules."""
        self._unplace(chat)
        waiter = self.waiting[chat][0]
        place = self._places[chat] = Place(chat, self._tickets[chat], own, waiter)
        self.groups.setdefault(_rules(waiter), Group()).add(place, next(self._number))

    def _unplace(self, chat: str) -> None:
        if (place := self._places.pop(chat, None)) is not None:
            rules = _rules(place.waiter)
            group = self.groups[rules]
            group.remove(place)
            if not group.size:
                del self.groups[rules]


def _rules(waiter: Waiter) -> Rules:
    return waiter.kind, waiter.profile, waiter.zones
