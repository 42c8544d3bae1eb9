"""What a session has sent, and when its pacing allows the next send. Nothing here waits, and nothing is stored."""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import tzinfo
from typing import Final, Self

import attrs

from .profiles import Pacing, Range
from .zones import awake

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR


@attrs.define(eq=False)
class SendRecord:
    """
    A send that was made, or is being made.

    Attributes:
        number: Its place among all sends of the session.
        at: When it was made, in seconds since the epoch.
        chat: The id of the chat.
        jitter: Drawn from [0, 1): where in each range the wait after this send lies, so that it is drawn only once.
        run: How many of its kind there have been since the last pause.
        gap: The gap of its profile.
    """

    number: int
    at: float
    chat: str
    jitter: float
    run: int
    gap: Range


@attrs.define(eq=False)
class History:
    """
    What one session has sent, by kind.

    Attributes:
        started: Since when the session exists, in seconds since the epoch; by default since its first send.
        jitter: As in `SendRecord`, for a session that has not sent yet.
        sent: The sends that still matter, by kind, the oldest first.
        last: The latest of them all.
        chats: When each chat was last sent to.
        horizon: Seconds for which sends matter.
    """

    started: float | None = None
    jitter: float = 0.5
    sent: dict[str, list[SendRecord]] = attrs.field(factory=dict[str, "list[SendRecord]"])
    last: SendRecord | None = None
    chats: dict[str, float] = attrs.field(factory=dict[str, float])
    horizon: float = DAY + HOUR

    # When the next send may be made

    def earliest(
        self, chat: str, kind: str, profile: Pacing, zones: tuple[tzinfo, ...], *, since: float, now: float
    ) -> float:
        """The moment at which a chat that has waited since then may be sent to; `now` where that is in the past."""
        moment = max(min(since, now), self.after_gaps(kind, profile))
        if profile.chat_cooldown and chat in self.chats:
            moment = max(moment, self.chats[chat] + profile.chat_cooldown)
        allowed = self.next_allowed(moment, kind, profile, zones)
        return allowed if allowed >= now else self.next_allowed(now, kind, profile, zones)

    def after_gaps(self, kind: str, profile: Pacing) -> float:
        """The moment from which the gaps, the pause and the hourly cap allow a send."""
        moment = -math.inf
        for other, sends in self.sent.items():
            before = sends[-1]
            span = (
                profile.gap
                if other == kind
                else (min(profile.gap[0], before.gap[0]), min(profile.gap[1], before.gap[1]))
            )
            moment = max(moment, before.at + _within(span, before.jitter))
        if same := self.sent.get(kind):
            before = same[-1]
            if profile.pause is not None and before.run >= (profile.pause_after or 0):
                moment = max(moment, before.at + _within(profile.pause, before.jitter))
            if profile.per_hour is not None and len(same) >= profile.per_hour:
                # Without the gap on top, the sends after a full hour would repeat the rhythm of those an hour before.
                moment = max(moment, same[-profile.per_hour].at + HOUR + _within(profile.gap, before.jitter))
        return moment

    def next_allowed(self, moment: float, kind: str, profile: Pacing, zones: tuple[tzinfo, ...]) -> float:
        """The first moment, from the given one on, that the daily cap and the quiet hours allow."""
        while True:
            allowed = self._below_daily_cap(moment, kind, profile)
            if profile.quiet_hours is not None:
                allowed = self._after_quiet_hours(allowed, kind, profile, zones, profile.quiet_hours)
            if allowed == moment:
                return moment
            moment = allowed

    def _below_daily_cap(self, moment: float, kind: str, profile: Pacing) -> float:
        same = self.sent.get(kind, ())
        started = self.started or 0.0
        late = _within(profile.gap, self._jitter(kind))
        while same:
            age = max(0, int((moment - started) // DAY))
            warming = age < len(profile.warm_up)
            cap = profile.per_day
            if warming:
                cap = min(profile.warm_up[age], cap or profile.warm_up[age])
            if cap is None or len(same) < cap or (free := same[-cap].at + DAY + late) <= moment:
                break
            # The next day of the warm-up may allow more before this day's cap does.
            moment = min(free, started + (age + 1) * DAY + late) if warming else free
        return moment

    def _after_quiet_hours(
        self, moment: float, kind: str, profile: Pacing, zones: tuple[tzinfo, ...], hours: tuple[int, int]
    ) -> float:
        up = awake(moment, zones, hours)
        # A session that starts at eight sharp every day is easily told to be a machine.
        late = up + _within(profile.pause or profile.gap, self._jitter(kind))
        return moment if up == moment else late if awake(late, zones, hours) == late else up

    def _jitter(self, kind: str) -> float:
        return self.sent[kind][-1].jitter if kind in self.sent else self.jitter

    # What was sent

    def next_record(self, at: float, chat: str, kind: str, profile: Pacing, jitter: float) -> SendRecord:
        """A send that follows those before; it is not counted yet."""
        same = self.sent.get(kind)
        rested = not same or (profile.pause is not None and at - same[-1].at >= profile.pause[0])
        number = 0 if self.last is None else self.last.number + 1
        return SendRecord(number, at, chat, jitter, 1 if rested or not same else same[-1].run + 1, profile.gap)

    def add(self, kind: str, record: SendRecord) -> None:
        """Count a send."""
        self.sent.setdefault(kind, []).append(record)
        self.last = record
        self.chats[record.chat] = record.at
        if self.started is None:
            self.started = record.at

    def finish(self, record: SendRecord, now: float) -> None:
        """Note that a send has ended: gaps count from then."""
        record.at = self.chats[record.chat] = max(record.at, now)

    def keep_for(self, seconds: float) -> None:
        """Let sends matter for at least so long."""
        self.horizon = max(self.horizon, seconds)

    def forget(self, now: float) -> list[int]:
        """Drop the sends that no longer matter, and return their numbers."""
        forgotten: list[int] = []
        for same in self.sent.values():
            # The last of each kind stays: its gap and pause may be longer than the horizon.
            old = min(bisect_left(same, now - self.horizon, key=lambda record: record.at), len(same) - 1)
            for record in same[:old]:
                forgotten.append(record.number)
                if self.chats.get(record.chat) == record.at:
                    del self.chats[record.chat]
            del same[:old]
        return forgotten

    def clock_was_set_back(self, now: float) -> None:
        """Take what was sent later than `now` as sent now."""
        if self.last is None or self.last.at <= now:
            return
        for same in self.sent.values():
            for record in same:
                record.at = min(record.at, now)
        self.chats = {chat: min(at, now) for chat, at in self.chats.items()}

    def copy(self) -> Self:
        """The same history, for trying out what would come next. It knows no chats."""
        sent = {kind: [*same] for kind, same in self.sent.items()}
        return type(self)(started=self.started, sent=sent, last=self.last)


def _within(span: Range, jitter: float) -> float:
    return span[0] + (span[1] - span[0]) * jitter
