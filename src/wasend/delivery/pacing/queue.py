"""Whose turn it is to send by a session. Waiting itself, by a clock, is the scheduler's."""

from __future__ import annotations

import bisect
import logging
import math
import time
from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs

from ..._core.waits import length
from .history import ANY_TIME, History, Moment, SendRecord
from .line import Group, Line, Rules
from .sharing import Shared
from .waiter import Booking, Waiter

logger: Final = logging.getLogger("wasend")

_HARDLY: Final = 1e-6

_Candidate: TypeAlias = tuple[Moment, int, Waiter]
"""Who may send next: when, its ticket, and who it is."""


@attrs.define(eq=False)
class Queue:
    """
    The queue of one session.

    Of all who wait only the head sleeps, until its moment; the others are woken when they become the head. A former
    head may still be asleep when it becomes the head again, but hardly beyond its moment: what others send in the
    meantime only makes that later.

    Attributes:
        history: What the session has sent.
        line: Who waits.
        booked: The moments that are kept, the earliest first.
        head: Who is to send next, and sleeps until then.
        head_at: When that is.
        holder: Whose turn it is, or who asks the store for one.
        held_since: Since when, by the machine's clock that is never set.
        shared: What is known of others that pace the session.
        not_before: When the head asks the store again.
    """

    history: History
    line: Line = attrs.field(factory=Line)
    booked: list[Booking] = attrs.field(factory=list[Booking])
    head: Waiter | None = None
    head_at: float = math.inf
    holder: Waiter | None = None
    held_since: float = math.inf
    shared: Shared | None = None
    not_before: float = -math.inf

    # Waiting

    def join(self, waiter: Waiter, now: float) -> None:
        """Begin to wait."""
        self.history.keep_for(waiter.profile.chat_cooldown)
        waiter.since = now
        if waiter.booking is not None:
            waiter.since = waiter.booking.at
            self._offer_head(self._booked_candidate(waiter.booking, now))
        elif self.line.append(waiter):
            self._place(waiter.chat)
            self._offer_head(self._of_group((waiter.kind, waiter.profile, waiter.zones), now))

    def seconds_left(self, waiter: Waiter, now: float) -> float | None:
        """For how long to sleep before asking again; 0 or less: its turn may begin; `None`: it will be woken."""
        if self.head is not waiter:
            return None
        first = self._first(now)
        assert first is not None  # noqa: S101 - the head waits
        if first[2] is not waiter:
            self._choose_head(now)
            return None
        self.head_at = max(first[0].at, self.not_before)
        return self.head_at - now

    def expected(self, waiter: Waiter, now: float) -> Moment:
        """When it may send at the earliest: those who wait before it are not counted."""
        if waiter.booking is None:
            moment = self.fit(waiter, now)
        elif now < waiter.booking.at:
            return Moment(waiter.booking.at)
        else:
            moment = self.fit(waiter, now, without=waiter.booking)
        if self.holder is not None and moment.at <= now:
            return Moment(now, "turn")
        if self.head not in (None, waiter) and self.head_at > moment.at:
            return Moment(self.head_at, "turn")
        if self.shared is not None and self.shared.under_way and moment.reason == "gap":
            return Moment(moment.at, "turn")
        return moment

    def allowed(self, waiter: Waiter, now: float) -> Moment:
        """When it may send, by every rule."""
        if waiter.booking is None:
            return self.fit(waiter, now)
        return self.fit(waiter, max(now, waiter.booking.at), without=waiter.booking)

    def ask(self, waiter: Waiter) -> None:
        """Keep the others waiting while the store is asked whether a turn may begin."""
        self.head, self.holder, self.held_since = None, waiter, time.monotonic()

    def refuse(self, waiter: Waiter, until: float, now: float) -> None:
        """Let others come forward, for the store has refused; nobody asks it before that time."""
        if self.holder is waiter:
            self.holder, self.not_before = None, until
            if waiter.booking is None:
                self._place(waiter.chat)
            self._choose_head(now)

    def met(self, chats: Iterable[str]) -> None:
        """Take into account that others have sent to chats."""
        for chat in chats:
            self._place(chat)

    def begin(self, waiter: Waiter, now: float) -> None:
        """Begin a turn."""
        if waiter.booking is not None:
            self.booked.remove(waiter.booking)
        else:
            self.line.remove(waiter)
            self.line.send_back(waiter.chat)
        self.head, self.holder, self.held_since, waiter.begun = None, waiter, time.monotonic(), True
        self.not_before = -math.inf
        if self.shared is None or waiter.claim is None:
            waiter.record = self.next_record(waiter, now)
            self.history.add(waiter.kind, waiter.record)
        else:
            waiter.record = waiter.claim.record
            self.shared.begun(waiter.claim)

    def next_record(self, waiter: Waiter, now: float) -> SendRecord:
        """Its send, if it is made now."""
        return self.history.next_record(now, waiter.chat, waiter.kind, waiter.profile, waiter.jitter)

    def leave(self, waiter: Waiter, now: float) -> None:
        """Give up waiting, or end a turn, and let another come forward."""
        was_holder = self.holder is waiter
        if was_holder:
            self.holder = None
            if waiter.begun:
                self._place(waiter.chat)
                self._choose_head(now)
                return
        if waiter.booking is not None:
            waiter.booking.redeemed = False
        elif waiter in self.line and self.line.remove(waiter):
            self._place(waiter.chat)
            if self.head is not waiter:
                first = self.line.waiting[waiter.chat][0]
                self._offer_head(self._of_group((first.kind, first.profile, first.zones), now))
        if was_holder or self.head is waiter:
            self._choose_head(now)

    def end_turn_after(self, seconds: float, now: float) -> None:
        """End a turn that has lasted for so many seconds of the machine's time."""
        if self.holder is not None and time.monotonic() - self.held_since >= seconds:
            logger.warning("a turn has not ended in %s; it does not keep others waiting any more", length(seconds))
            self.leave(self.holder, now)

    def clock_was_set(self, ahead: float, now: float) -> None:
        """Follow a time of day that was set: quiet hours come earlier or later then."""
        self.history.ahead = ahead
        for chat in self.line.waiting:
            self._place(chat)
        if self.holder is None:
            self._choose_head(now)

    def forget_waiters(self) -> None:
        """Forget who waits, who sends and what is kept: all of that is in another process."""
        self.line, self.booked, self.head, self.holder = Line(), [], None, None

    # Keeping moments

    def book(self, booking: Booking) -> None:
        """Keep a moment."""
        bisect.insort(self.booked, booking, key=lambda one: one.at)

    def release(self, booking: Booking, now: float) -> None:
        """Keep it no longer."""
        if booking in self.booked:
            self.booked.remove(booking)
            if self.holder is None:
                self._choose_head(now)

    def expire(self, now: float) -> list[str]:
        """Give up what nobody has redeemed in time; their tokens."""
        gone = [booking for booking in self.booked if booking.expires <= now and not booking.redeemed]
        for booking in gone:
            self.booked.remove(booking)
        return [booking.token for booking in gone]

    def fit(self, waiter: Waiter, now: float, *, without: Booking | None = None) -> Moment:
        """When somebody may send at the earliest, so that every rule holds for the moments that are kept as well."""
        kept = [booking for booking in self.booked if booking is not without]
        if not kept:
            return _earliest(self.history, waiter, waiter.since, now)
        before = self.history.copy()
        for index, booking in enumerate(kept):
            moment = _earliest(before, waiter, waiter.since, now)
            if moment.at < booking.at and _leaves_room(before, waiter, moment.at, kept[index:]):
                return moment
            _add(before, booking.waiter, booking.at)
        return _earliest(before, waiter, waiter.since, now)

    # Who is next

    def _place(self, chat: str) -> None:
        if chat in self.line.waiting and (self.holder is None or self.holder.chat != chat):
            first = self.line.waiting[chat][0]
            own = self.history.of_chat(chat, first.profile, first.since)
            self.line.place(chat, self.history.after_quiet_hours(own, first.kind, first.profile, first.zones))

    def _offer_head(self, candidate: _Candidate | None) -> None:
        """Make somebody the head who may send earlier than the one who is."""
        if candidate is None or self.holder is not None:
            return
        moment, _, waiter = candidate
        if self.head is None or moment.at < self.head_at:
            self.head, self.head_at = waiter, moment.at
            waiter.wake()

    def _choose_head(self, now: float) -> None:
        self.head = None
        while self.head is None and self.holder is None and (first := self._first(now)) is not None:
            moment, _, waiter = first
            self.head_at = moment.at
            try:
                waiter.wake()
                self.head = waiter
            except RuntimeError:  # its event loop was closed while it waited
                if waiter.booking is not None:
                    waiter.booking.redeemed = False
                elif self.line.remove(waiter):
                    self._place(waiter.chat)

    def _first(self, now: float) -> _Candidate | None:
        """Who may send first, and when; among equals, whose chat has waited longest since its last turn."""
        groups = filter(None, (self._of_group(rules, now) for rules in self.line.groups))
        first = min(groups, key=_order, default=None)
        for booking in self.booked:
            if first is not None and booking.at > first[0].at:
                break  # nor can those after it be the first
            if booking.redeemed:
                candidate = self._booked_candidate(booking, now)
                first = candidate if first is None else min(first, candidate, key=_order)
        return first

    def _of_group(self, rules: Rules, now: float) -> _Candidate | None:
        """Who of those that wait by the same rules may send first."""
        group: Group | None = self.line.groups.get(rules)
        if group is None:
            return None
        kind, profile, zones = rules
        gaps = self.history.after_gaps(kind, profile)
        candidates: list[_Candidate] = []
        due, later = group.first(max(now, gaps.at))
        for place in (due, later):
            if place is None:
                continue
            if self.booked:
                moment = self.fit(place.waiter, now)
            elif place is later:
                moment = self.history.next_allowed(place.own, kind, profile, zones)
            else:
                moment = gaps if gaps is ANY_TIME else self.history.next_allowed(gaps, kind, profile, zones)
                if moment.at < now:
                    moment = self.history.next_allowed(Moment(now), kind, profile, zones)
            candidates.append((moment, place.ticket, place.waiter))
        return min(candidates, key=_order, default=None)

    def _booked_candidate(self, booking: Booking, now: float) -> _Candidate:
        # Until then its moment is its own: whatever is sent before leaves room for it. A turn that lasts may not.
        after = self.history.after_gaps(booking.waiter.kind, booking.waiter.profile)
        if now <= booking.at and after.at <= booking.at + _HARDLY:
            return Moment(booking.at), -1, booking.waiter
        return self.fit(booking.waiter, max(now, booking.at), without=booking), -1, booking.waiter


def _order(candidate: _Candidate) -> tuple[float, int]:
    return candidate[0].at, candidate[1]


def _earliest(history: History, waiter: Waiter, since: float, now: float) -> Moment:
    return history.earliest(waiter.chat, waiter.kind, waiter.profile, waiter.zones, since=since, now=now)


def _add(history: History, waiter: Waiter, at: float) -> None:
    at = max([at, *(same[-1].at for same in history.sent.values())])
    record = history.next_record(at, waiter.chat, waiter.kind, waiter.profile, waiter.jitter)
    history.add(waiter.kind, record)


def _leaves_room(before: History, waiter: Waiter, at: float, kept: list[Booking]) -> bool:
    """Whether every moment that is kept is still allowed after a send at that time."""
    after = before.copy()
    _add(after, waiter, at)
    for booking in kept:
        if _earliest(after, booking.waiter, booking.at, booking.at).at > booking.at + _HARDLY:
            return False
        _add(after, booking.waiter, booking.at)
    return True
