"""
What the limiters of several processes know together: one value of the store that they share. Nothing here waits or uses
the store: it reads and changes that value, within one update of it.

Whoever comes too late for what is left is told when there will be room for it; and who was told so, and found others
faster, has a ticket then, by which its place is kept.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, Self

import attrs

from .._core.documents import is_list, is_object

_MOST: Final = 256
"""How many moments are kept of a span: beyond that, requests that left close together count from the last of them."""
_GRACE: Final = 1.0
"""Seconds that others wait for one who does not come when it was told to: it may have been killed."""
_AHEAD: Final = 1.0
"""Seconds by which a moment may lie in the future before a clock was wrong."""


class Verdict(NamedTuple):
    """
    What becomes of a request.

    Attributes:
        due: When to ask again; `None`: it may leave now.
        ours: Whether it waits for the caller's own limit, and not for the service.
        changed: Whether the others have to know of something.
    """

    due: float | None = None
    ours: bool = False
    changed: bool = True


@attrs.frozen
class Limit:
    """
    What is allowed.

    Attributes:
        count: How many requests; 0 for any number.
        period: In how many seconds.
        pace: Seconds between two, after the service has refused one.
        longest: Seconds for which that holds requests back at most.
    """

    count: int
    period: float
    pace: float
    longest: float

    @property
    def grain(self) -> float:
        """Seconds within which requests count from the last of them."""
        return self.period / _MOST if self.count > _MOST else 0.0


@attrs.define
class KeptLimit:
    """
    What is kept of a limit. Times are times of day, in seconds.

    Attributes:
        starts: When requests left, and how many each time, the oldest first.
        span: For how many seconds that matters.
        last: When the last one left.
        hold: Until when the service wants none.
        refused: How many the service has refused since one left.
        spread: Until when they leave one by one.
        released: When the first of these left.
        waiting: Who has a ticket: its number, and when it was told to come, by process.
        tickets: How many have been given out.
    """

    starts: list[tuple[float, int]] = attrs.field(factory=list["tuple[float, int]"])
    span: float = 0.0
    last: float = 0.0
    hold: float = 0.0
    refused: int = 0
    spread: float = 0.0
    released: float = 0.0
    waiting: dict[str, tuple[int, float]] = attrs.field(factory=dict[str, "tuple[int, float]"])
    tickets: int = 0

    @classmethod
    def read(cls, value: Any) -> Self | None:
        """What was kept; `None` where that is something else."""
        if value is None:
            return cls()
        match value:
            case {
                "starts": starts,
                "span": int() | float() as span,
                "last": int() | float() as last,
                "hold": int() | float() as hold,
                "refused": int(refused),
                "spread": int() | float() as spread,
                "released": int() | float() as released,
                "waiting": waiting,
                "tickets": int(tickets),
            } if is_list(starts) and is_object(waiting):
                kept = cls([], span, last, hold, refused, spread, released, {}, tickets)
            case _:
                return None
        for start in starts:
            match start:
                case [int() | float() as at, int(count)]:
                    kept.starts.append((at, count))
                case _:
                    return None
        for owner, ticket in waiting.items():
            match ticket:
                case [int(number), int() | float() as due]:
                    kept.waiting[owner] = number, due
                case _:
                    return None
        return kept

    def written(self) -> Any:
        """It, as it is kept."""
        return {
            "starts": [[*start] for start in self.starts],
            "span": self.span,
            "last": self.last,
            "hold": self.hold,
            "refused": self.refused,
            "spread": self.spread,
            "released": self.released,
            "waiting": {owner: [*ticket] for owner, ticket in self.waiting.items()},
            "tickets": self.tickets,
        }

    @property
    def is_quiet(self) -> bool:
        """Whether the service has not refused anything lately."""
        return not (self.refused or self.hold or self.spread)

    def ask(
        self, owner: str, limit: Limit, now: float, slack: float, *, since: float, behind: int, again: bool
    ) -> Verdict:
        """
        Ask for a request.

        Args:
            owner: Who asks.
            limit: What is allowed.
            now: The time, no later than it is.
            slack: Seconds by which it may be later.
            since: Since when it waits.
            behind: How many wait behind it in its process.
            again: Whether it comes when it was told to.
        """
        moved = self._mend(limit, now + slack)
        late = [other for other, (_, due) in self.waiting.items() if other != owner and due + _GRACE < now]
        for other in late:
            del self.waiting[other]
        mine = self.waiting.get(owner)
        place = sum(ticket < (self.tickets if mine is None else mine[0]) for ticket, _ in self.waiting.values())
        due, ours = self.hold, False
        if (free := self._free(limit, place, now)) > due:
            due, ours = free, True
        if now < self.spread and (paced := self.last + limit.pace * (place + 1)) > due:
            due, ours = paced, False
            if since <= self.released and (needed := paced + limit.pace * behind) > self.spread:
                self.spread, moved = needed, True  # they are of the herd, and nobody knew of them
        elif place and self.hold > now:
            due += limit.pace * place
        if due <= now:
            self._leave(owner, limit, now + slack, behind)
            return Verdict()
        if mine is not None or again:
            ticket = self.tickets if mine is None else mine[0]
            self.tickets += mine is None
            moved = moved or mine is None or abs(mine[1] - due) > _GRACE / 4
            self.waiting[owner] = ticket, due
        return Verdict(due, ours, moved or bool(late))

    def _leave(self, owner: str, limit: Limit, at: float, behind: int) -> None:
        self.waiting.pop(owner, None)
        if self.refused:
            self.spread = at + limit.pace * (behind + self.refused + len(self.waiting))
            self.hold, self.refused, self.released = 0.0, 0, at
        elif at >= self.spread:
            self.spread = 0.0
        self.last = at
        if limit.count:
            self.starts.append((at, 1))
            self._thin(limit)

    def _thin(self, limit: Limit) -> None:
        if len(self.starts) > 1 and limit.grain:
            (before, several), (at, one) = self.starts[-2:]
            if before // limit.grain == at // limit.grain:
                self.starts[-2:] = [(at, several + one)]

    def take_back(self, at: float) -> None:
        """Undo a request that was not made."""
        for place, (moment, count) in enumerate(self.starts):
            if moment >= at:
                self.starts[place : place + 1] = [(moment, count - 1)] if count > 1 else []
                return

    def hold_for(self, seconds: float, now: float) -> None:
        """Take into account that the service has refused a request."""
        self.hold = max(self.hold, now + seconds)
        self.refused += 1

    def _mend(self, limit: Limit, now: float) -> bool:
        """Forget what is over, and what a clock has noted that was ahead; whether the latter was necessary."""
        self.span = max(self.span, limit.period)
        self.starts = [start for start in self.starts if start[0] > now - self.span]
        if self.hold <= now and not self.refused:
            self.hold = 0.0
        is_wrong = self.hold > now + limit.longest + _AHEAD
        self.hold = min(self.hold, now + limit.longest) if is_wrong else self.hold
        if not is_wrong and not any(moment > now + _AHEAD for moment in (self.last, *(at for at, _ in self.starts))):
            return False
        self.starts = [(min(at, now), count) for at, count in self.starts]
        self.last = min(self.last, now)
        self.spread = min(self.spread, now)
        return True

    def _free(self, limit: Limit, place: int, now: float) -> float:
        """When there is room for a request, behind so many that come first."""
        if not limit.count:
            return 0.0
        within = [start for start in self.starts if start[0] > now - limit.period]
        missing = sum(count for _, count in within) + place + 1 - limit.count
        if missing <= 0:
            return 0.0
        spans = math.ceil(missing / limit.count) - 1
        missing -= spans * limit.count
        for at, count in within:
            missing -= count
            if missing <= 0:
                return at + limit.period * (spans + 1)
        return now + limit.period * (spans + 1)
