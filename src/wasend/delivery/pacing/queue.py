"""Who waits to send by a session, in which order. Waiting itself, by a clock, is the scheduler's."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from datetime import tzinfo

import attrs

from .history import History, SendRecord
from .profiles import Pacing


@attrs.define(eq=False)
class Waiter:
    """
    Somebody who wants to send one message.

    Attributes:
        chat: The id of the chat.
        kind: The kind of send that it counts as.
        profile: The pacing of that kind.
        zones: The time zones whose quiet hours are kept.
        since: When it joined the queue.
        woken: Set when it should look again whether it may send.
        loop: The event loop on which it waits.
        record: Its send, once its turn has begun.
    """

    chat: str
    kind: str
    profile: Pacing
    zones: tuple[tzinfo, ...]
    since: float = 0
    woken: asyncio.Event = attrs.field(factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = attrs.field(init=False)
    record: SendRecord = attrs.field(init=False)

    def wake(self) -> None:
        """Wake it, from any thread. Raises `RuntimeError` where its event loop is closed."""
        self.loop.call_soon_threadsafe(self.woken.set)


@attrs.define(eq=False)
class Queue:
    """
    The queue of one session.

    Of all who wait only the head sleeps, until its moment; the others are woken when they become the head. A former
    head may still be asleep when it becomes the head again, but hardly beyond its moment: what others send in the
    meantime only makes that later.

    Attributes:
        history: What the session has sent.
        waiting: Who waits, by chat; the chat that was served last is the last.
        profiles: How many wait with each profile.
        head: Who is to send next, and sleeps until then.
        head_at: When that is.
        holder: Whose turn it is.
    """

    history: History
    waiting: dict[str, deque[Waiter]] = attrs.field(factory=dict[str, "deque[Waiter]"])
    profiles: Counter[tuple[str, Pacing]] = attrs.field(factory=Counter[tuple[str, Pacing]])
    head: Waiter | None = None
    head_at: float = math.inf
    holder: Waiter | None = None

    def join(self, waiter: Waiter, now: float) -> None:
        """Begin to wait."""
        self.history.keep_for(waiter.profile.chat_cooldown)
        waiter.since = now
        same_chat = self.waiting.setdefault(waiter.chat, deque())
        same_chat.append(waiter)
        self.profiles[waiter.kind, waiter.profile] += 1
        if len(same_chat) == 1:
            self._offer_head(waiter, now)

    def seconds_left(self, waiter: Waiter, now: float) -> float | None:
        """For how long to sleep before asking again; 0 or less: its turn may begin; `None`: it will be woken."""
        if self.head is not waiter:
            return None
        self.history.clock_was_set_back(now)
        first, moment = self._first(now)
        if first is not waiter:
            self._choose_head(now)
            return None
        self.head_at = moment
        return moment - now

    def begin(self, waiter: Waiter, now: float, jitter: float) -> SendRecord:
        """Begin a turn."""
        self._remove(waiter)
        if waiter.chat in self.waiting:  # behind all others
            self.waiting[waiter.chat] = self.waiting.pop(waiter.chat)
        self.head, self.holder = None, waiter
        waiter.record = self.history.next_record(now, waiter.chat, waiter.kind, waiter.profile, jitter)
        self.history.add(waiter.kind, waiter.record)
        return waiter.record

    def leave(self, waiter: Waiter, now: float) -> None:
        """Give up waiting, or end a turn, and let another come forward."""
        if self.holder is waiter:
            self.holder = None
            self._choose_head(now)
        elif waiter in self.waiting.get(waiter.chat, ()):
            was_first = self.waiting[waiter.chat][0] is waiter
            self._remove(waiter)
            if self.head is waiter:
                self._choose_head(now)
            elif was_first and waiter.chat in self.waiting:
                self._offer_head(self.waiting[waiter.chat][0], now)

    def _remove(self, waiter: Waiter) -> None:
        self.waiting[waiter.chat].remove(waiter)
        if not self.waiting[waiter.chat]:
            del self.waiting[waiter.chat]
        self.profiles[waiter.kind, waiter.profile] -= 1
        if not self.profiles[waiter.kind, waiter.profile]:
            del self.profiles[waiter.kind, waiter.profile]

    def _offer_head(self, waiter: Waiter, now: float) -> None:
        """Make somebody the head who may send earlier than the one who is."""
        if self.holder is None and (self.head is None or self._earliest(waiter, now) < self.head_at):
            self.head, self.head_at = waiter, self._earliest(waiter, now)
            waiter.wake()

    def _choose_head(self, now: float) -> None:
        self.head = None
        while self.waiting and self.head is None and self.holder is None:
            waiter, self.head_at = self._first(now)
            try:
                waiter.wake()
                self.head = waiter
            except RuntimeError:  # its event loop was closed while it waited
                self._remove(waiter)

    def _first(self, now: float) -> tuple[Waiter, float]:
        """Who may send first, and when; among equals, whose chat has waited longest since its last turn."""
        lower_bound = max(now, min(self.history.after_gaps(*profile) for profile in self.profiles))
        first, moment = None, math.inf
        for same_chat in self.waiting.values():
            earliest = self._earliest(same_chat[0], now)
            if earliest < moment:
                first, moment = same_chat[0], earliest
            if earliest <= lower_bound:
                break
        assert first is not None  # noqa: S101 - somebody waits
        return first, moment

    def _earliest(self, waiter: Waiter, now: float) -> float:
        return self.history.earliest(
            waiter.chat, waiter.kind, waiter.profile, waiter.zones, since=waiter.since, now=now
        )
