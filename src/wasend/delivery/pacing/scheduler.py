"""Giving out the turns of many sessions: it waits by the clock, says so, and keeps what must survive a restart."""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from random import Random
from threading import RLock
from typing import Any, Final

import attrs

from ..._core.clock import Clock
from ..._core.waits import OnWait, WaitReason, announce, moment_of, wait_of
from ...errors import InvalidRequestError, TurnTimeoutError
from ...recipients import masked
from ..leases import Countdown, Heartbeat, lease_by
from ..store_access import StoreAccess
from .history import ANY_TIME, History, Moment
from .queue import Queue
from .records import Kept, key_of
from .sharing import Claim, Now, Shared
from .waiter import Booking, Waiter

LONGEST_TURN: Final = 3600.0
"""Seconds after which a turn that was not ended does not keep others waiting any more."""

_LONGEST_SLEEP: Final = 600.0
"""Seconds after which a waiter looks at the clock again: the machine may have been suspended, or its time set."""

_HARDLY: Final = 1e-5
"""Seconds that are no wait: a `datetime` is that precise."""

_SAME_TIME: Final = 1.0
"""Seconds by which the time of day may drift from the clock that is never set before that counts as being set."""

_NEWS: Final = 60.0
"""Seconds by which a wait must have become longer to be told again."""

_WHY: Final[dict[WaitReason, str]] = {
    "turn": "other sends of the session come first",
    "gap": "the gap after the last send",
    "pause": "the pause after several sends",
    "hourly_cap": "as many as an hour allows were sent",
    "daily_cap": "as many as a day allows were sent",
    "chat_cooldown": "the chat cools down",
    "quiet_hours": "quiet hours where the recipient is",
}


@attrs.define(eq=False)
class Scheduler:
    """
    Gives out turns. Safe from any thread and event loop.

    Within a process its rules go by the clock that is never set; only quiet hours go by the time of day.

    Attributes:
        clock: Where time comes from.
        store: Where sends are kept, maybe together with those of other processes; `None`: in memory alone.
        random: Where jitter comes from.
        session_started: Tells since when a session exists.
        cooldown: The longest cool-down of a chat, in seconds: for so long sends are kept.
    """

    clock: Clock
    store: StoreAccess | None
    random: Random
    session_started: Callable[[str], datetime | None] | None
    cooldown: float
    # Reentrant: a coroutine that is garbage-collected gives its turn back, in whichever thread collects it.
    _lock: RLock = attrs.field(factory=RLock)
    _queues: dict[str, Queue] = attrs.field(factory=dict[str, Queue])
    _bookings: dict[str, tuple[str, Booking]] = attrs.field(factory=dict[str, "tuple[str, Booking]"])
    _owner: str = attrs.field(factory=lambda: secrets.token_hex(8))
    _ahead: float = 0.0

    def __attrs_post_init__(self) -> None:
        self._ahead = self.clock.now() - self.clock.monotonic()
        _schedulers.add(self)

    # Turns

    async def acquire(self, session: str, waiter: Waiter, timeout: float | None, on_wait: OnWait | None) -> None:
        """
        Wait for a turn, and begin it.

        Args:
            session: The session's id.
            waiter: Who wants it.
            timeout: Seconds that it waits at most.
            on_wait: Told of each wait before it begins.

        Raises:
            TurnTimeoutError: It would have to wait for longer.
            StoreError: The store failed: what is not kept is not sent.
        """
        queue = await self._queue(session)
        waiter.loop, waiter.woken = asyncio.get_running_loop(), asyncio.Event()
        told = ANY_TIME
        with self._lock:
            now = self._now()
            deadline = None if timeout is None else now + timeout
            if waiter.booking is not None:
                self._claim(queue, waiter.booking, now)
        try:
            with self._lock:
                queue.join(waiter, now)
            while True:
                waiter.woken.clear()
                with self._lock:
                    now = self._now()
                    self._expire(queue, now)
                    wait = queue.seconds_left(waiter, now)
                    is_due = wait is not None and wait <= _HARDLY
                    if is_due and queue.shared is None:
                        self._begin_turn(queue, waiter, now)
                        return
                    if is_due:
                        queue.ask(waiter)
                    expected = queue.expected(waiter, now)
                    patience = _LONGEST_SLEEP if deadline is None else min(_LONGEST_SLEEP, deadline - now)
                if is_due and queue.shared is not None:
                    if await self._claim_turn(queue, queue.shared, waiter):
                        return
                    continue
                if deadline is not None and (expected.at > deadline + _HARDLY or now >= deadline):
                    raise self._too_late(session, Moment(max(expected.at, now), expected.reason))
                if _is_news(expected, told, now):
                    told = expected
                    await self._announce(session, waiter, expected, now, on_wait)
                elif wait is None:
                    await self._until_woken(queue, waiter, None if deadline is None else patience)
                elif queue.booked:  # what is given up may let it send earlier
                    await self._until_woken(queue, waiter, min(wait, patience))
                else:
                    await self.clock.sleep(min(wait, patience))
        except BaseException:
            with self._lock:
                queue.leave(waiter, self._now())
                shared = queue.shared
                withdraws = shared is not None and shared.asked and not queue.line.waiting
            if shared is not None and withdraws:
                shared.asked = False
                shared.store.record_soon(self._change(shared, lambda kept: shared.withdraw(kept, self._owner)))
            raise

    def _begin_turn(self, queue: Queue, waiter: Waiter, now: float) -> None:
        queue.begin(waiter, now)
        if waiter.booking is not None:
            self._bookings.pop(waiter.booking.token, None)

    def release(self, session: str, waiter: Waiter) -> Future[None] | None:
        """End a turn; what is returned is done when that is kept, and `None` if it is already."""
        claim = waiter.claim
        with self._lock:
            now, queue = self._now(), self._queues[session]
            queue.history.finish(waiter.kind, waiter.record, now)
            queue.history.forget(now)
            queue.leave(waiter, now)
            shared = queue.shared
            if claim is None or shared is None:
                return None
            if claim.heartbeat is not None:
                claim.heartbeat.stop()
            shared.ended(claim, self._now_of(shared))
        return shared.store.record_soon(self._change(shared, lambda kept: shared.end(kept, claim)))

    # Turns of several processes

    async def _claim_turn(self, queue: Queue, shared: Shared, waiter: Waiter) -> bool:
        """Begin a turn, if the store knows of nothing that keeps it from beginning; whether it has begun."""
        claim = waiter.claim = Claim(self._owner, waiter.kind, waiter.chat)
        try:
            refusal = await shared.store.run(functools.partial(self._ask, queue, shared, waiter, claim))
            with self._lock:
                if refusal is None:
                    self._begin_turn(queue, waiter, self._now())
                else:
                    queue.refuse(waiter, refusal, self._now())
        except BaseException:
            with self._lock:
                claim.given_up, may_have_begun = True, claim.count > 0
            if may_have_begun:
                shared.store.record_soon(self._change(shared, lambda kept: shared.take_back(kept, claim)))
            raise
        if refusal is None and not self.clock.simulated:
            claim.heartbeat = Heartbeat(functools.partial(self._renew, shared, claim), LONGEST_TURN)
        return refusal is None

    def _ask(self, queue: Queue, shared: Shared, waiter: Waiter, claim: Claim) -> float | None:
        """
        Ask the store whether a turn may begin, and note there that it does. It runs where the store may block.

        Returns:
            `None` where it has begun; else before when not to ask again.
        """
        now = self._now_of(shared)
        refusal: Moment | None = None
        if shared.contended or shared.asked:  # there are others, and to look is cheaper than to try
            kept = self._read(shared)
            with self._lock:
                now = self._now_of(shared)
                refusal = self._refusal(queue, shared, waiter, kept, now)
                if refusal is not None and not shared.ask(kept, self._owner, waiter, refusal, now):
                    return shared.refused(refusal, now)

        def decide(value: Any) -> Any:
            nonlocal refusal, now
            kept = self._parsed(shared, value)
            with self._lock:
                now = self._now_of(shared)
                refusal = self._refusal(queue, shared, waiter, kept, now)
                if refusal is None:
                    claim.record = queue.next_record(waiter, now.at)
                    shared.begin(kept, claim, waiter.profile, now)
                elif not shared.ask(kept, self._owner, waiter, refusal, now):
                    return value
            return kept.written()

        shared.store.update(key_of(shared.session), decide)
        if refusal is not None:
            return shared.refused(refusal, now)
        with self._lock:
            given_up = claim.given_up
        if given_up:  # and whoever gave up did not know that it had begun
            shared.store.record_here(self._change(shared, lambda kept: shared.take_back(kept, claim)))
        return None

    def _refusal(self, queue: Queue, shared: Shared, waiter: Waiter, kept: Kept, now: Now) -> Moment | None:
        """When a turn may begin at the earliest, as far as is known; `None`: now."""
        queue.met(shared.merge(kept, self._owner, now))
        moment = queue.allowed(waiter, now.at)
        if moment.at > now.at + _HARDLY:
            return moment
        if shared.under_way or shared.comes_after_others(kept, self._owner, now):
            return Moment(now.at, "turn")
        return None

    def _renew(self, shared: Shared, claim: Claim) -> None:
        clock = shared.store.clock
        shared.store.record_soon(self._change(shared, lambda kept: shared.renew(kept, claim, clock.now())))

    def _change(self, shared: Shared, change: Callable[[Kept], None]) -> Callable[[], object]:
        """What changes that which is kept of a session, when it is called where the store may block."""

        def changed(value: Any) -> Any:
            kept = self._parsed(shared, value)
            change(kept)
            return kept.written()

        return functools.partial(shared.store.update, key_of(shared.session), changed)

    def _read(self, shared: Shared) -> Kept:
        return self._parsed(shared, shared.store.get(key_of(shared.session)))

    def _parsed(self, shared: Shared, value: Any) -> Kept:
        kept = Kept.read(value)
        if kept is None:
            raise shared.store.unfit()
        return kept

    def _now_of(self, shared: Shared) -> Now:
        clock = shared.store.clock
        return Now(self._now(), clock.ahead(), clock.slack)

    # Moments

    def when(self, session: str, waiter: Waiter) -> datetime:
        """The moment at which somebody may send at the earliest."""
        queue = self._queue_now(session)
        with self._lock:
            now = self._now()
            self._expire(queue, now)
            waiter.since = now
            return self._time_of(queue.fit(waiter, now))

    def reserve(self, session: str, waiter: Waiter, keep: float) -> tuple[datetime, str]:
        """Keep the first free moment, until so many seconds after it."""
        queue = self._queue_now(session)
        with self._lock:
            now = self._now()
            self._expire(queue, now)
            waiter.since = now
            at = queue.fit(waiter, now).at
            booking = waiter.booking = Booking(secrets.token_hex(16), waiter, at, at + keep)
            queue.book(booking)
            self._bookings[booking.token] = session, booking
            return self._time_of(Moment(at)), booking.token

    def booked(self, token: str) -> tuple[str, Waiter]:
        """
        The session and the waiter for whom a moment is kept.

        Raises:
            InvalidRequestError: None is.
        """
        with self._lock:
            if (found := self._bookings.get(token)) is None:
                raise _unknown()
            session, booking = found
            return session, booking.waiter

    def _claim(self, queue: Queue, booking: Booking, now: float) -> None:
        self._expire(queue, now)
        if booking not in queue.booked or booking.redeemed:
            raise _unknown()
        booking.redeemed = True

    def give_up(self, token: str) -> bool:
        """Keep a moment no longer; whether it was kept."""
        with self._lock:
            if (found := self._bookings.get(token)) is None or found[1].redeemed:
                return False
            session, booking = found
            now, queue = self._now(), self._queues[session]
            was_kept = booking.expires > now
            del self._bookings[token]
            queue.release(booking, now)
            return was_kept

    def history(self, session: str) -> History:
        """A copy of what a session has sent."""
        queue = self._queue_now(session)
        with self._lock:
            return queue.history.copy()

    def new_history(self) -> History:
        """That of a session that has not sent."""
        return History(ahead=self._ahead)

    def now(self) -> float:
        """The time, by the clock that is never set."""
        with self._lock:
            return self._now()

    # Time

    def _now(self) -> float:
        now = self.clock.monotonic()
        ahead = self.clock.now() - now if self.store is None else self.store.clock.ahead()
        if abs(ahead - self._ahead) > _SAME_TIME:
            self._ahead = ahead
            for queue in self._queues.values():
                queue.clock_was_set(ahead, now)
        return now

    def _time_of(self, moment: Moment) -> datetime:
        return moment_of(moment.at + self._ahead)

    # Waiting

    async def _announce(
        self, session: str, waiter: Waiter, expected: Moment, now: float, on_wait: OnWait | None
    ) -> None:
        wait = wait_of(expected.reason, max(0.0, expected.at - now), now + self._ahead)
        whom = f"session {session}: a send to {masked(waiter.chat)} ({waiter.kind})"
        await announce(wait, f"{whom} is held back: {_WHY[expected.reason]}", on_wait)

    def _too_late(self, session: str, moment: Moment) -> TurnTimeoutError:
        until = self._time_of(moment)
        text = f"session {session}: not before {until:%Y-%m-%d %H:%M:%S} UTC: {_WHY[moment.reason]}; nothing was sent"
        return TurnTimeoutError(text, session=session, until=until, reason=moment.reason)

    async def _until_woken(self, queue: Queue, waiter: Waiter, limit: float | None) -> None:
        timer: asyncio.Future[None] | None = None
        if limit is not None:
            timer = asyncio.ensure_future(self.clock.sleep(limit))
            timer.add_done_callback(lambda done: None if done.cancelled() else waiter.woken.set())
        try:
            async with asyncio.timeout(LONGEST_TURN):
                await waiter.woken.wait()
        except TimeoutError:
            with self._lock:
                queue.end_turn_after(LONGEST_TURN, self._now())
        finally:
            if timer is not None:
                timer.cancel()

    # Sessions

    async def _queue(self, session: str) -> Queue:
        if session not in self._queues:
            if self.store is None:
                self._queue_now(session)
            else:
                await self.store.run(functools.partial(self._queue_now, session))
        return self._queues[session]

    def _queue_now(self, session: str) -> Queue:
        """The queue of a session, with what others have sent by it. It runs where the store may block."""
        if session not in self._queues:
            started = None if self.session_started is None else self.session_started(session)
            with self._lock:
                if session not in self._queues:
                    self._queues[session] = self._new_queue(session, started)
        queue = self._queues[session]
        if queue.shared is not None:
            kept = self._read(queue.shared)
            with self._lock:
                queue.met(queue.shared.merge(kept, self._owner, self._now_of(queue.shared)))
        return queue

    def _new_queue(self, session: str, started: datetime | None) -> Queue:
        self._now()
        history = History(jitter=self.random.random(), ahead=self._ahead)
        history.started = None if started is None else started.timestamp() - self._ahead
        history.keep_for(self.cooldown)
        if self.store is None:
            return Queue(history)
        leases, lease = Countdown(self.clock), lease_by(self.clock)
        return Queue(history, shared=Shared(session, self.store, history, leases, lease, started is not None))

    def _expire(self, queue: Queue, now: float) -> None:
        for token in queue.expire(now):
            self._bookings.pop(token, None)

    def _after_fork(self) -> None:
        """Those who waited and sent, and whoever held the lock, do so in the parent."""
        self._lock = RLock()
        self._owner = secrets.token_hex(8)
        self._bookings = {}
        for queue in self._queues.values():
            queue.forget_waiters()


def _unknown() -> InvalidRequestError:
    return InvalidRequestError("token", "no moment is kept for it (any more)", "reserve another")


def _is_news(expected: Moment, told: Moment, now: float) -> bool:
    if told is ANY_TIME or expected.at > told.at + _NEWS:
        return True
    return told.reason == "turn" != expected.reason and expected.at >= now + 1


_schedulers: Final[weakref.WeakSet[Scheduler]] = weakref.WeakSet()


def _after_fork() -> None:
    for scheduler in _schedulers:
        scheduler._after_fork()  # pyright: ignore[reportPrivateUsage]


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
