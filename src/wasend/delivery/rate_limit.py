"""
Rate limiting: by a limit of the caller's own, and by what the service says about its limits.

One `RateLimiter` stands for one API key. Every request made with that key acquires a turn first, in any task of any
thread; turns are given in the order in which they were asked for. Limiters of several processes that share a store
stand for one key together.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import math
import os
import re
import secrets
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs

from .._core.answer import Answer, retry_after
from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.engine import HeldBackError
from .._core.options import Options
from .._core.waits import OnWait, announce, wait_of
from ..errors import ConfigurationError, DecodeError

if TYPE_CHECKING:  # most limiters are alone, and need none of these
    from .shared_limit import KeptLimit, Verdict
    from .store_access import StoreAccess
    from .stores import Store

_LIMIT: Final = re.compile(r"([1-9][0-9]{0,5})/([0-9]{1,4}(?:\.[0-9]{1,3})?)?([smhd])")
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_UNTOLD: Final = 1.0  # seconds that a 429 holds the others back where it does not say
_PACE: Final = 0.1  # seconds between requests after a hold, where nothing better is known
_SLOWEST_PACE: Final = 1.0


@attrs.define(eq=False)
class _Waiter:
    """
    A task of some thread that waits to be the first in the queue.

    Attributes:
        loop: Its loop.
        first: Done when it is the first.
        left: Seconds that it can wait for the service.
        since: When it began to wait, by the client's clock.
        ours: The limiter's `_ours` then.
    """

    loop: asyncio.AbstractEventLoop
    first: asyncio.Future[None]
    left: float
    since: float
    ours: float

    def wake(self) -> None:
        """Wake it, from any thread. Raises `RuntimeError` where its loop is closed."""
        self.loop.call_soon_threadsafe(self._be_first)

    def refuse(self, error: HeldBackError) -> None:
        """End its wait, from any thread. Raises `RuntimeError` where its loop is closed."""
        self.loop.call_soon_threadsafe(self._be_refused, error)

    def _be_refused(self, error: HeldBackError) -> None:
        if not self.first.done():
            self.first.set_exception(error)

    def _be_first(self) -> None:
        if not self.first.done():
            self.first.set_result(None)


@attrs.define(eq=False)
class _Claim:
    """
    A request that somebody asks the store for.

    Attributes:
        at: When it was noted to leave; `None`: it was not.
        given_up: Whether nobody waits for it any more.
    """

    at: float | None = None
    given_up: bool = False


class RateLimiter:
    """
    Limits the requests made with one API key, for any number of clients, tasks and threads.

    - A limit of your own: never more than so many requests in any span of that length; each attempt of a call counts.
    - A 429 holds *all* requests back for as long as it says (``Retry-After``, ``retryAfter`` in its body and the like),
      or for 1 s where it does not. Headers that count what remains are not looked at: no document of the service names
      any.

    After such a hold requests leave one by one, not in a herd: at the pace of your limit, 1 s apart at most, or 0.1 s
    apart without one.
    A hold is never longer than `max_hold`: where the service asks for more, the refused request raises its error at
    once, and after `max_hold` one of the others tries again.

    Waiting for a limit of your own does not count towards the total deadline of a call. Waiting for the service does:
    a call that would have to wait for longer than it may take fails at once. Cancelling takes nothing from the others.

    Limiters that are given the same store, in several processes or on several machines, hold requests back together:
    ``"20/m"`` is 20 for all of them, and a 429 that one gets holds all back. A request costs one update of the store
    then; without a limit, one look at it. Nothing is held in the store while one waits; a process that was killed while
    it waited keeps the others for 1 s. Where the limit is above 256 requests a span, those that leave within one part
    in 256 of it count from the last of them.

    Args:
        limit: Requests and a span: ``"20/m"``, ``"5/s"``, ``"5/10s"``, ``"100/h"``, ``"1000/d"``. `None`: no limit but
            the service's.
        clock: Where time comes from.
        max_hold: Seconds; the longest that an answer holds requests back. Keep it at `Retry.max_retry_after`.
        store: Where requests are counted, by all that share it; by default in this object alone.
        name: Which of the store's limits this is; by default that of the service and the API key of the first client
            that it is given to.

    Raises:
        ConfigurationError: The limit cannot be read, or the name is empty.
    """

    def __init__(
        self,
        limit: str | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        max_hold: float = 60.0,
        store: Store | None = None,
        name: str | None = None,
    ) -> None:
        if name is not None and not (isinstance(name, str) and name):
            raise ConfigurationError(f"name: {name!r} is no name; pass a text, such as 'shop'")
        self._count, self._period = (0, 0.0) if limit is None else parse_limit(limit)
        self._clock = clock
        self._store: StoreAccess | None = None
        if store is not None:
            from .store_access import StoreAccess

            self._store = StoreAccess(store, clock)
        self._name = name
        self._owner = secrets.token_hex(8)
        self._has_ticket = False
        self._max_hold = max_hold
        self._starts: deque[float] = deque(maxlen=self._count)
        self._last = float("-inf")
        self._hold = float("-inf")
        self._held = False  # whether nothing has left since the hold
        self._refused = 0  # requests that come back after the hold
        self._spread_until = float("-inf")
        self._pace = min(_SLOWEST_PACE, self._period / self._count) if self._count else _PACE
        self._ours = 0.0  # seconds that the first in the queue has waited for our own limit
        self._waiting_for_ours: float | None = None  # since when it does
        self._queue: deque[_Waiter] = deque()
        # Reentrant: the collector may close a forgotten `acquire` while this thread holds the lock.
        self._lock = threading.RLock()
        _limiters.add(self)

    @property
    def makes_wait(self) -> bool:
        """Whether a request may have to wait now: for a limit of your own, or since the service wants none."""
        return self._count > 0 or self._held or bool(self._queue)

    async def acquire(self, left: float = math.inf, on_wait: OnWait | None = None) -> float:
        """
        Wait until a request may be made. Whoever asked first goes first.

        Args:
            left: Seconds that the caller can wait for the service.
            on_wait: Told of the wait before it begins.

        Returns:
            Seconds waited for a limit of one's own.

        Raises:
            HeldBackError: The service holds requests back for longer.
        """
        with self._lock:
            if self._queue and self._queue[0].loop.is_closed():
                self._wake_first()
            if not self._queue and self._store is None and not self._take()[0]:
                return 0.0
            loop, now = asyncio.get_running_loop(), self._clock.monotonic()
            waiter = _Waiter(loop, loop.create_future(), left, now, self._ours_until(now))
            self._check_held(waiter)
            if not self._queue:
                waiter.first.set_result(None)
            self._queue.append(waiter)
            due, ours = self._expected(len(self._queue))
        try:
            if told := self._store is None or not waiter.first.done():
                await self._announce(due, ours, on_wait)
            # Only the first in the queue watches the clock, so a hold ends for one, who makes the next one first.
            while not waiter.first.done():
                with self._lock:
                    patience = waiter.left - self._charged(waiter, self._clock.monotonic())
                if patience <= 0:
                    raise HeldBackError(-patience)
                await asyncio.wait([waiter.first], timeout=None if patience == math.inf else patience)
            waiter.first.result()
            return await self._wait_as_first(waiter, None if told else on_wait, told=told)
        finally:
            self._leave(waiter)

    async def _wait_as_first(self, waiter: _Waiter, on_wait: OnWait | None, *, told: bool) -> float:
        asked = 0
        while True:
            if self._store is None:
                due, ours = self._take()
            else:
                due, ours = await self._take_together(self._store, waiter, again=asked > 0)
                asked += 1
                if due and not told:
                    told = True
                    await self._announce(due, ours, on_wait)
            with self._lock:
                now = self._clock.monotonic()
                if not due:
                    return self._ours_until(now) - waiter.ours
                if not ours:
                    self._check_held(waiter, due)
                self._waiting_for_ours = now if ours else None
            try:
                await self._clock.sleep(due)
            finally:
                with self._lock:
                    self._ours = self._ours_until(self._clock.monotonic())
                    self._waiting_for_ours = None

    # Together with others

    def belong_to(self, options: Options) -> None:
        """Count by a client's service and API key, unless it has a name."""
        if self._name is None:
            service = hashlib.blake2b(options.base_url.encode(), digest_size=8).hexdigest()
            # The key itself is in no variable.
            self._name = service + hashlib.blake2b(options.key.reveal().encode(), digest_size=8).hexdigest()

    async def _take_together(self, store: StoreAccess, waiter: _Waiter, *, again: bool) -> tuple[float, bool]:
        """As `_take`, where others count as well."""
        with self._lock:
            now, behind = self._clock.monotonic(), len(self._queue) - 1
            due, ours = self._due(now)
        if due > now:  # this is known without the store
            return due - now, ours
        claim = _Claim()
        try:
            ask = functools.partial(self._ask, store, claim, since=waiter.since, behind=behind, again=again)
            verdict = await store.run(ask)
        except BaseException:
            with self._lock:
                claim.given_up, at = True, claim.at
            if at is not None:
                store.record_soon(functools.partial(self._take_back, store, at))
            raise
        with self._lock:
            now = self._clock.monotonic()
            if verdict.due is None:
                self._has_ticket = self._held = False
                self._starts.append(now)
                self._last = now
                return 0.0, False
            self._has_ticket = self._has_ticket or again
            left = verdict.due - now - store.clock.ahead()
            if not verdict.ours:
                self._hold = max(self._hold, min(now + left, now + self._max_hold))
                self._refuse_impatient(now)
            return max(left, 0.001), verdict.ours

    def _ask(self, store: StoreAccess, claim: _Claim, *, since: float, behind: int, again: bool) -> Verdict:
        """Ask the store for a request, and note it there. It runs where the store may block."""
        from .shared_limit import Limit, Verdict

        verdict = Verdict()
        at = 0.0
        if not self._count and self._read(store.get(self._key), store).is_quiet:
            return verdict

        def ask(value: Any) -> Any:
            nonlocal verdict, at
            kept, now = self._read(value, store), store.clock.now()
            at = now + store.clock.slack
            limit = Limit(self._count, self._period, self._pace, self._max_hold)
            since_then = since + store.clock.ahead()
            verdict = kept.ask(self._owner, limit, now, store.clock.slack, since=since_then, behind=behind, again=again)
            return kept.written() if verdict.changed else value

        store.update(self._key, ask)
        if verdict.due is None:
            with self._lock:
                claim.at, given_up = at, claim.given_up
            if given_up:  # and whoever gave up did not know that it might
                store.record_here(functools.partial(self._take_back, store, at))
        return verdict

    def _take_back(self, store: StoreAccess, at: float) -> None:
        self._change(store, lambda kept: kept.take_back(at))

    def _withdraw(self, store: StoreAccess) -> None:
        self._change(store, lambda kept: kept.waiting.pop(self._owner, None))

    def _hold_together(self, store: StoreAccess, seconds: float) -> None:
        self._change(store, lambda kept: kept.hold_for(min(seconds, self._max_hold), store.clock.now()))

    def _change(self, store: StoreAccess, change: Callable[[KeptLimit], object]) -> None:
        def changed(value: Any) -> Any:
            kept = self._read(value, store)
            change(kept)
            return kept.written()

        store.update(self._key, changed)

    def _read(self, value: Any, store: StoreAccess) -> KeptLimit:
        from .shared_limit import KeptLimit

        kept = KeptLimit.read(value)
        if kept is None:
            raise store.unfit()
        return kept

    @property
    def _key(self) -> str:
        return f"rate_limit:{self._name or ''}"

    # Alone

    def _expected(self, place: int) -> tuple[float, bool]:
        """About how long somebody waits who has this place in the queue, and whether for our own limit."""
        now = self._clock.monotonic()
        due = self._hold
        if now < self._spread_until or self._held:
            due = max(due, self._last) + self._pace * (place if self._last >= self._hold else place - 1)
        window = place - 1 - (self._count - len(self._starts))
        if self._count and window >= 0:
            spans, index = divmod(window, self._count)
            start = self._starts[index] if index < len(self._starts) else now
            free = start + self._period * (spans + 1)
            if free >= due:
                return free - now, True
        return max(0.0, due - now), False

    async def _announce(self, seconds: float, ours: bool, on_wait: OnWait | None) -> None:
        wait = wait_of("rate_limit" if ours else "held_back", seconds, self._clock.now())
        why = f"the rate limit of {self._count}/{self._period:g}s" if ours else "the service refused one (429)"
        await announce(wait, f"a request is held back: {why}", on_wait)

    def _ours_until(self, now: float) -> float:
        return self._ours + (0.0 if self._waiting_for_ours is None else now - self._waiting_for_ours)

    def _charged(self, waiter: _Waiter, now: float) -> float:
        """Seconds that somebody has waited for the service."""
        return now - waiter.since - (self._ours_until(now) - waiter.ours)

    def _check_held(self, waiter: _Waiter, due: float | None = None) -> None:
        """Raise where the service holds a request back for longer than its caller can wait."""
        now = self._clock.monotonic()
        held = self._hold - now if due is None else due
        if held > waiter.left - self._charged(waiter, now):
            raise HeldBackError(held)

    def observe(self, answer: Answer) -> None:
        """Learn from an answer's status, and from what a refusal says."""
        if answer.status != 429:
            return
        wait = _wait(answer)
        seconds = _UNTOLD if wait is None else wait
        with self._lock:
            self._hold_for(seconds)
        if self._store is not None and seconds > 0:
            self._store.record_soon(functools.partial(self._hold_together, self._store, seconds))

    def _take(self) -> tuple[float, bool]:
        """Take the next turn, or tell the seconds until there is one, and whether that is for our own limit."""
        with self._lock:
            now = self._clock.monotonic()
            due, ours = self._due(now)
            if now < self._spread_until and self._last + self._pace > due:
                due, ours = self._last + self._pace, False
            if due > now:
                return due - now, ours
            if self._held:
                self._spread_until = now + self._pace * (len(self._queue) + self._refused)
                self._held, self._refused = False, 0
            self._starts.append(now)
            self._last = now
            return 0.0, False

    def _due(self, now: float) -> tuple[float, bool]:
        """When the hold is over and the limit allows another, and whether that is for our own limit."""
        if self._count and len(self._starts) == self._count:
            free = self._starts[0] + self._period
            if free > max(now, self._hold):
                return free, True
        return self._hold, False

    def _hold_for(self, seconds: float) -> None:
        if seconds <= 0:
            return
        now = self._clock.monotonic()
        self._hold = max(self._hold, now + min(seconds, self._max_hold))
        self._held = True
        self._refused += 1
        self._refuse_impatient(now)

    def _refuse_impatient(self, now: float) -> None:
        for waiter in list(self._queue)[1:]:  # the first sees it by itself
            if self._hold - now > waiter.left - self._charged(waiter, now):
                with suppress(RuntimeError):  # its loop is closed
                    waiter.refuse(HeldBackError(self._hold - now))

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            with suppress(ValueError):
                self._queue.remove(waiter)
            self._wake_first()
            withdraws, self._has_ticket = self._has_ticket and not self._queue, self._has_ticket and bool(self._queue)
        if withdraws and self._store is not None:
            self._store.record_soon(functools.partial(self._withdraw, self._store))

    def _wake_first(self) -> None:
        while self._queue:
            try:
                self._queue[0].wake()
            except RuntimeError:  # its loop was closed over it
                self._queue.popleft()
            else:
                break

    def _after_fork(self) -> None:
        """Those who waited, and whoever held the lock, do so in the parent."""
        self._lock = threading.RLock()
        self._owner, self._has_ticket = secrets.token_hex(8), False
        self._queue.clear()


def parse_limit(limit: str) -> tuple[int, float]:
    """
    Read a limit such as ``"20/m"`` or ``"5/10s"``: how many requests, and in how many seconds.

    Raises:
        ConfigurationError: It cannot be read.
    """
    found = _LIMIT.fullmatch("".join(limit.split()).lower()) if isinstance(limit, str) else None
    seconds = float(found[2] or 1) * _UNITS[found[3]] if found else 0.0
    if found is None or not seconds:
        raise ConfigurationError(
            f"rate_limit: {limit!r} is no limit; pass requests and a span, such as '20/m', '5/s', '5/10s' or '100/h'"
        )
    return int(found[1]), seconds


def _wait(answer: Answer) -> float | None:
    """The seconds that a refusal asks to wait, in its headers or in its body."""
    from .._core.codec import parse  # a refusal is read by it in any case

    try:
        document = parse(answer.content or b"", answer.content_type)
    except DecodeError:
        document = None
    return retry_after(answer.headers, document)


_limiters: Final[weakref.WeakSet[RateLimiter]] = weakref.WeakSet()


def _after_fork() -> None:
    for limiter in _limiters:
        limiter._after_fork()  # pyright: ignore[reportPrivateUsage]


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
