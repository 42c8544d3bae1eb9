"""An inbox that lasts as long as the process: for tests, and for whoever needs order and retries but no memory."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from ..._core.clock import SYSTEM_CLOCK, Clock
from .protocol import Arrival, Claimed, Counts, DeadLetter

_PRUNED: Final = 1000


@attrs.define(eq=False)
class _Kept:
    number: int
    arrival: Arrival
    attempts: int = 0


@attrs.define(eq=False)
class _Lane:
    due: float
    holder: str | None = None
    number: int | None = None
    waiting: list[_Kept] = attrs.field(factory=list[_Kept])


class MemoryInbox:
    """
    An inbox in memory: what it holds is gone when the process ends. Any number of threads and event loops may use it.

    Args:
        clock: Where time comes from.
    """

    transactions: bool = False

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._seen: dict[bytes, tuple[float, int]] = {}
        self._held: set[int] = set()
        self._lanes: dict[str, _Lane] = {}
        self._dead: dict[int, tuple[_Kept, str, float]] = {}
        self._positions: dict[str, float] = {}

    async def put(self, arrival: Arrival) -> bool:
        """Keep an event; see `Inbox.put`."""
        now = self._clock.now()
        with self._lock:
            if any(key in self._seen for key in arrival.keys):
                return False
            kept = _Kept(next(self._numbers), arrival)
            self._seen.update(dict.fromkeys(arrival.keys, (now, kept.number)))
            self._add(kept)
            return True

    def _add(self, kept: _Kept) -> None:
        self._held.add(kept.number)
        lane = self._lanes.setdefault(kept.arrival.lane, _Lane(self._clock.monotonic()))
        lane.waiting.append(kept)
        lane.waiting.sort(key=lambda one: (one.arrival.at, one.number))

    async def claim(self, holder: str, count: int, lease: float) -> Sequence[Claimed]:
        """Take the first event of some lanes; see `Inbox.claim`."""
        now = self._clock.monotonic()
        with self._lock:
            due = sorted((lane for lane in self._lanes.values() if lane.due <= now), key=lambda lane: lane.due)
            claimed: list[Claimed] = []
            for lane in due[:count]:
                kept = lane.waiting[0]
                kept.attempts += 1
                lane.due, lane.holder, lane.number = now + lease, holder, kept.number
                claimed.append(
                    Claimed(
                        number=kept.number,
                        attempt=kept.attempts,
                        lane=kept.arrival.lane,
                        holder=holder,
                        body=kept.arrival.body,
                    )
                )
            return claimed

    async def renew(self, holder: str, lease: float) -> None:
        """Begin the lease of a worker anew; see `Inbox.renew`."""
        now = self._clock.monotonic()
        with self._lock:
            for lane in self._lanes.values():
                if lane.holder == holder:
                    lane.due = now + lease

    async def finish(self, claimed: Claimed, effect: Callable[[Any], Any] | None = None) -> bool:
        """Record that an event has been handled; see `Inbox.finish`."""
        with self._lock:
            return self._taken_off(claimed) is not None

    async def fail(self, claimed: Claimed, error: str, again_in: float | None) -> bool:
        """Record that an event could not be handled; see `Inbox.fail`."""
        with self._lock:
            lane = self._lane_of(claimed)
            if lane is None:
                return False
            if again_in is None:
                kept = self._taken_off(claimed)
                assert kept is not None  # noqa: S101 - its lane is held
                self._dead[kept.number] = kept, error, self._clock.now()
                self._held.add(kept.number)
            else:
                lane.due, lane.holder = self._clock.monotonic() + again_in, None
            return True

    async def release(self, claimed: Claimed) -> None:
        """Give an event back; see `Inbox.release`."""
        with self._lock:
            if (lane := self._lane_of(claimed)) is not None:
                lane.due, lane.holder = self._clock.monotonic(), None
                next(one for one in lane.waiting if one.number == claimed.number).attempts -= 1

    def _lane_of(self, claimed: Claimed) -> _Lane | None:
        lane = self._lanes.get(claimed.lane)
        if lane is None or (lane.holder, lane.number) != (claimed.holder, claimed.number):
            return None
        attempts = {one.number: one.attempts for one in lane.waiting}
        return lane if attempts.get(claimed.number) == claimed.attempt else None

    def _taken_off(self, claimed: Claimed) -> _Kept | None:
        lane = self._lane_of(claimed)
        if lane is None:
            return None
        kept = next(one for one in lane.waiting if one.number == claimed.number)
        lane.waiting.remove(kept)
        lane.due, lane.holder = self._clock.monotonic(), None
        if not lane.waiting:
            del self._lanes[claimed.lane]
        self._held.discard(kept.number)
        return kept

    async def due_in(self) -> float | None:
        """In how many seconds something may be claimed; see `Inbox.due_in`."""
        with self._lock:
            due = min((lane.due for lane in self._lanes.values()), default=None)
        return None if due is None else due - self._clock.monotonic()

    async def counts(self) -> Counts:
        """How many events there are."""
        with self._lock:
            return Counts(waiting=sum(len(lane.waiting) for lane in self._lanes.values()), dead=len(self._dead))

    async def position(self, name: str) -> float | None:
        """What `set_position` kept."""
        return self._positions.get(name)

    async def set_position(self, name: str, at: float) -> None:
        """Keep a number by a name."""
        self._positions[name] = at

    async def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[DeadLetter]:
        """List events that were given up; see `Inbox.dead_letters`."""
        with self._lock:
            numbers = sorted(number for number in self._dead if number > after)[:limit]
            return [self._letter(*self._dead[number]) for number in numbers]

    def _letter(self, kept: _Kept, error: str, died_at: float) -> DeadLetter:
        return DeadLetter(
            number=kept.number,
            name=kept.arrival.name,
            session=kept.arrival.session,
            attempts=kept.attempts,
            error=error,
            died_at=datetime.fromtimestamp(died_at, UTC),
            body=kept.arrival.body,
        )

    async def replay(self, number: int) -> bool:
        """Have an event that was given up handled again."""
        with self._lock:
            found = self._dead.pop(number, None)
            if found is not None:
                self._add(attrs.evolve(found[0], attempts=0))
            return found is not None

    async def drop(self, number: int) -> bool:
        """Forget an event that was given up."""
        with self._lock:
            self._held.discard(number)
            return self._dead.pop(number, None) is not None

    async def prune(self, keep: float) -> int:
        """Forget the keys of events that were handled or dropped; see `Inbox.prune`."""
        before = self._clock.now() - keep
        with self._lock:
            over = [key for key, (at, number) in self._seen.items() if at < before and number not in self._held]
            for key in over[:_PRUNED]:
                del self._seen[key]
            return len(over[:_PRUNED])

    async def aclose(self) -> None:
        """Close it: there is nothing to do."""
