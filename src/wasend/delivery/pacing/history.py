"""
What a session has sent, and when its pacing allows the next send. Nothing here waits, and nothing is stored.

Times are in seconds of a clock that is never set; `History.ahead` leads from there to the time of day.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import ChainMap
from collections.abc import MutableMapping
from datetime import tzinfo
from typing import Final, NamedTuple, Self

import attrs

from ..._core.waits import WaitReason
from .profiles import Pacing, Range
from .zones import awake

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
HORIZON: Final = DAY + HOUR
"""Seconds for which sends matter: a cap of a day, and some more."""


class Moment(NamedTuple):
    """
    When something may be sent.

    Attributes:
        at: The time.
        reason: Why not before.
    """

    at: float
    reason: WaitReason = "turn"


ANY_TIME: Final = Moment(-math.inf)


@attrs.define(eq=False)
class SendRecord:
    """
    A send that was made, or is being made.

    Attributes:
        at: When it was made.
        chat: The id of the chat; empty where another process made it.
        jitter: Drawn from [0, 1): where in each range the wait after this send lies, so that it is drawn only once.
        run: How many of its kind there have been since the last pause.
        gap: The gap of its profile.
    """

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
        started: Since when the session exists; by default since its first send.
        jitter: As in `SendRecord`, for a session that has not sent yet.
        sent: The sends that still matter, by kind, the oldest first.
        chats: When each chat was last sent to.
        horizon: Seconds for which it matters when a chat was sent to.
        ahead: Seconds by which the time of day is ahead of the times here.
    """

    started: float | None = None
    jitter: float = 0.5
    sent: dict[str, list[SendRecord]] = attrs.field(factory=dict[str, "list[SendRecord]"])
    chats: MutableMapping[str, float] = attrs.field(factory=dict[str, float])
    horizon: float = HORIZON
    ahead: float = 0.0
    _sweep_at: int = 1000

    # When the next send may be made

    def earliest(
        self, chat: str, kind: str, profile: Pacing, zones: tuple[tzinfo, ...], *, since: float, now: float
    ) -> Moment:
        """When a chat that has waited since then may be sent to; `now` where that is in the past."""
        moment = max(self.of_chat(chat, profile, min(since, now)), self.after_gaps(kind, profile), key=_at)
        allowed = self.next_allowed(moment, kind, profile, zones)
        return allowed if allowed.at >= now else self.next_allowed(Moment(now), kind, profile, zones)

    def of_chat(self, chat: str, profile: Pacing, since: float) -> Moment:
        """From when on a chat may be sent to, by its cool-down."""
        if profile.chat_cooldown and (cool := self.chats.get(chat, -math.inf) + profile.chat_cooldown) > since:
            return Moment(cool, "chat_cooldown")
        return Moment(since)

    def after_gap(self, kind: str, gap: Range) -> Moment:
        """From when on the gaps allow a send."""
        moment = ANY_TIME
        for other, sends in self.sent.items():
            before = sends[-1]
            span = gap if other == kind else (min(gap[0], before.gap[0]), min(gap[1], before.gap[1]))
            moment = max(moment, Moment(before.at + _within(span, before.jitter), "gap"), key=_at)
        return moment

    def after_gaps(self, kind: str, profile: Pacing) -> Moment:
        """From when on the gaps, the pause and the hourly cap allow a send."""
        moment = self.after_gap(kind, profile.gap)
        if same := self.sent.get(kind):
            before = same[-1]
            if profile.pause is not None and before.run >= (profile.pause_after or 0):
                moment = max(moment, Moment(before.at + _within(profile.pause, before.jitter), "pause"), key=_at)
            if profile.per_hour is not None and len(same) >= profile.per_hour:
                # Without the gap on top, the sends after a full hour would repeat the rhythm of those an hour before.
                free = same[-profile.per_hour].at + HOUR + _within(profile.gap, before.jitter)
                moment = max(moment, Moment(free, "hourly_cap"), key=_at)
        return moment

    def next_allowed(self, moment: Moment, kind: str, profile: Pacing, zones: tuple[tzinfo, ...]) -> Moment:
        """The first moment, from the given one on, that the daily cap and the quiet hours allow."""
        while True:
            at = self._below_daily_cap(moment.at, kind, profile)
            allowed = moment if at == moment.at else Moment(at, "daily_cap")
            allowed = self.after_quiet_hours(allowed, kind, profile, zones)
            if allowed.at == moment.at:
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

    def after_quiet_hours(self, moment: Moment, kind: str, profile: Pacing, zones: tuple[tzinfo, ...]) -> Moment:
        """The first moment, from the given one on, that the quiet hours allow."""
        if profile.quiet_hours is None:
            return moment
        time = moment.at + self.ahead
        up = awake(time, zones, profile.quiet_hours)
        if up == time:
            return moment
        # A session that starts at eight sharp every day is easily told to be a machine.
        late = up + _within(profile.pause or profile.gap, self._jitter(kind))
        up = late if awake(late, zones, profile.quiet_hours) == late else up
        return Moment(up - self.ahead, "quiet_hours")

    def _jitter(self, kind: str) -> float:
        return self.sent[kind][-1].jitter if kind in self.sent else self.jitter

    # What was sent

    def next_record(self, at: float, chat: str, kind: str, profile: Pacing, jitter: float) -> SendRecord:
        """A send that follows those before; it is not counted yet."""
        same = self.sent.get(kind)
        rested = not same or (profile.pause is not None and at - same[-1].at >= profile.pause[0])
        return SendRecord(at, chat, jitter, 1 if rested or not same else same[-1].run + 1, profile.gap)

    def add(self, kind: str, record: SendRecord) -> None:
        """Count a send."""
        self.sent.setdefault(kind, []).append(record)
        if record.chat:
            self.chats[record.chat] = record.at
        if self.started is None:
            self.started = record.at

    def finish(self, kind: str, record: SendRecord, now: float) -> None:
        """Note that a send has ended: gaps count from then."""
        record.at = self.chats[record.chat] = max(record.at, now)
        latest = self.sent[kind][-1]  # another process may have thought that it had ended, and sent
        latest.at = max(latest.at, record.at)

    def keep_for(self, seconds: float) -> None:
        """Let sends matter for at least so long."""
        self.horizon = max(self.horizon, seconds)

    def forget(self, now: float) -> None:
        """Drop what no longer matters."""
        for same in self.sent.values():
            # The last of each kind stays: its gap and pause may be longer than the horizon.
            del same[: min(bisect_left(same, now - HORIZON, key=_time_of), len(same) - 1)]
        if len(self.chats) >= self._sweep_at:
            self.chats = {chat: at for chat, at in self.chats.items() if at >= now - self.horizon}
            self._sweep_at = 2 * len(self.chats) + 1000

    def copy(self) -> Self:
        """The same history, for trying out what would come next."""
        sent = {kind: [*same] for kind, same in self.sent.items()}
        return attrs.evolve(self, sent=sent, chats=ChainMap({}, self.chats))


def _at(moment: Moment) -> float:
    return moment.at


def _time_of(record: SendRecord) -> float:
    return record.at


def _within(span: Range, jitter: float) -> float:
    return span[0] + (span[1] - span[0]) * jitter
