"""
Who takes the webhooks out of the outbox and to their receivers.

It has no thread of its own: it works on an event loop that the sandbox serves requests on, for as long as there is
something to do and the loop runs. What a loop leaves undone waits for the next one, or for `Courier.drain`.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import ssl
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from wasend.sandbox.clock import Clock
from wasend.sandbox.webhooks import Delivery, Outbox, told

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_log = logging.getLogger("wasend.sandbox")

_AT_ONCE = 16
_SHORTEST = 0.001
"""Seconds that are always waited for what is due later, lest a clock that reads a little differently makes us spin."""
_LOOK_AGAIN = 0.1
"""Seconds after which one who waits looks whether the loop that does the work still runs: a dead one tells nobody."""


class Happenings(Protocol):
    """What happens in the sandbox by itself, of which webhooks may tell."""

    def catch_up(self) -> None:
        """Do what is due."""
        ...

    def next_due(self) -> float | None:
        """Return when something happens next, in seconds since the epoch, or None."""
        ...


class Courier:
    """
    Delivers what is due, many sessions at once.

    Any 2xx is success; another status, a redirect (which is not followed), a failed connection or no answer in time
    is a failure. A loop may end while a request is under way: then it is made again, since nobody knows how it ended.

    Args:
        outbox: Where the webhooks are.
        clock: The sandbox's clock. Stopped, nothing is sent before it is moved to where it is due.
        happenings: What is caught up with before the outbox is looked into.
        webhook_app: An ASGI application that receives every webhook in process, whatever its URL.
        answer_within: Seconds of real time in which a receiver must have answered.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        happenings: Happenings,
        *,
        webhook_app: ASGIApp | None = None,
        answer_within: float = 10.0,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._happenings = happenings
        self._app = webhook_app
        self._answer_within = answer_within
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._round: _Round | None = None
        self._called = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        outbox.watch(self._changed)
        clock.watch(self.nudge)

    def wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """
        Work on this loop from now on, unless the one before still runs.

        Args:
            loop: The loop that runs in the calling thread.
        """
        left: _Round | None = None
        with self._lock:
            if self._loop is not loop and (self._loop is None or not self._loop.is_running()):
                self._loop, self._called = loop, False
                left, self._round = self._round, None
        if left is not None:
            self._take_back(left)
        self.nudge()

    def nudge(self) -> None:
        """Look whether there is something to do; from any thread, whenever there may be."""
        loop = self._loop
        if loop is None or not self._has_work():
            return
        if loop is _running_loop():
            self._attend()
        elif not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop is closed; the next one will wake us
                loop.call_soon_threadsafe(self._attend)

    async def adrain(self, timeout: float = 10.0) -> None:
        """
        Wait until nothing that is due by the sandbox's clock is unsent. What is to be tried again later is not due.

        Args:
            timeout: Seconds of real time to wait at most.

        Raises:
            TimeoutError: Something is outstanding; the message says what.
        """
        loop = asyncio.get_running_loop()

        def drained() -> bool:
            self.wake(loop)
            self._catch_up()
            return self._outbox.is_idle(self._clock.now()) and not self._outbox.let_go()

        try:
            async with asyncio.timeout(timeout):
                await self._until(drained)
        except TimeoutError:
            outstanding = told(self._outbox.outstanding(self._clock.now()))
            raise TimeoutError(f"webhooks are outstanding after {timeout} s: {outstanding}") from None

    def drain(self, timeout: float = 10.0) -> None:
        """
        Do as `adrain` from a thread without an event loop. Where no loop runs at all, this thread does the work.

        Args:
            timeout: Seconds of real time to wait at most.

        Raises:
            RuntimeError: An event loop runs in this thread.
            TimeoutError: Something is outstanding; the message says what.
        """
        if _running_loop() is not None:
            raise RuntimeError("drain() would block the event loop of this thread: await adrain()")
        # With a factory of loops, the thread's current loop is left as it is.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(self.adrain(timeout))

    async def aclose(self) -> None:
        """Stop working until a loop wakes us again; what is under way is broken off, and waits in the outbox."""
        with self._lock:
            now, self._loop = self._round, None
        if now is None:
            return
        now.end()
        await self._until(lambda: now.is_over or not now.loop.is_running())
        with self._lock:
            if self._round is now:
                self._round = None
        self._take_back(now)

    def _has_work(self) -> bool:
        due = self._next_due()
        return due is not None and (not self._clock.stopped or due <= self._clock.now())

    def _next_due(self) -> float | None:
        times = (self._outbox.next_due(), self._happenings.next_due())
        return min((time for time in times if time is not None), default=None)

    def _changed(self) -> None:
        for loop, event in tuple(self._waiting):
            with suppress(RuntimeError):  # the loop is closed, and with it the wait is over
                loop.call_soon_threadsafe(event.set)
        self.nudge()

    async def _until(self, done: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        waiting = (asyncio.get_running_loop(), changed)
        self._waiting.append(waiting)
        try:
            while not done():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN):
                        await changed.wait()
                changed.clear()
        finally:
            self._waiting.remove(waiting)

    def _catch_up(self) -> None:
        try:
            self._happenings.catch_up()
        except Exception:  # noqa: BLE001 - scripts of users are among it, and webhooks go on without them
            _log.exception("what was to happen by itself failed")

    # On the loop

    def _attend(self) -> None:
        loop = asyncio.get_running_loop()
        begun: _Round | None = None
        with self._lock:
            if self._loop is not loop:
                return
            self._called = False
            if self._round is None:
                self._round = begun = _Round(loop)
            self._round.wanted.set()
        if begun is not None:
            begun.task = begun.start(self._run(begun))
            begun.task.add_done_callback(lambda _: self._changed())

    async def _run(self, now: _Round) -> None:
        # There is always this task while there are others: a loop that ends cancels it, and no other begins. What
        # is done at its end must not be in a `finally`: the collector of garbage would run it, within any lock.
        try:
            while self._round is now:
                now.wanted.clear()
                wait = self._send_due(now)
                if wait is None:
                    break
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == math.inf else wait):
                        await now.wanted.wait()
        except asyncio.CancelledError:
            self._over(now, loop_too=True)
            for task in now.under_way:
                task.cancel()
            if now.under_way:
                await asyncio.wait(now.under_way)
            raise
        self._over(now)

    def _over(self, now: _Round, *, loop_too: bool = False) -> None:
        with self._lock:
            if self._round is now:
                self._round = None
                if loop_too:
                    self._loop = None
        self._changed()

    def _send_due(self, now: _Round) -> float | None:
        """Begin what is due; return the seconds after which to look again, or None where nothing is left to do."""
        self._catch_up()
        while (room := len(now.under_way) < _AT_ONCE) and (delivery := self._outbox.take(self._clock.now())):
            task = now.start(self._deliver(delivery))
            now.under_way[task] = delivery
            task.add_done_callback(partial(self._delivered, now))
        due = self._next_due() if room else self._happenings.next_due()
        if due is None or self._clock.stopped:
            return math.inf if now.under_way else None
        return max(due - self._clock.now(), _SHORTEST)

    async def _deliver(self, delivery: Delivery) -> None:
        limit = asyncio.timeout(self._answer_within)
        try:
            async with limit:
                status = await self._status(delivery)
        except (Exception, asyncio.CancelledError) as caught:  # a receiver in process raises what it likes
            if isinstance(caught, asyncio.CancelledError) and _is_cancelled():
                raise
            if limit.expired():
                error = f"no answer within {self._answer_within:g} seconds"
            else:
                error = f"{type(caught).__name__}: {caught}"
                if self._app is not None:
                    _log.error("the receiver of webhooks failed", exc_info=caught)
            self._outbox.settle(delivery, error=error)
        else:
            self._outbox.settle(delivery, status=status)

    def _delivered(self, now: _Round, task: asyncio.Task[None]) -> None:
        self._outbox.release(now.under_way.pop(task))  # which is nothing, if it was settled
        now.wanted.set()

    async def _status(self, delivery: Delivery) -> int:
        url = httpx.URL(delivery.url)
        request = httpx.Request("POST", url, headers=delivery.headers, content=delivery.body)
        # Below the client there are no redirects, no proxies and no cookies; and a connection for each, as the
        # engine does, leaves none open on a loop that ends.
        async with self._transport(url) as transport:
            response = await transport.handle_async_request(request)
            try:
                async for _ in response.aiter_raw():
                    pass
            finally:
                await response.aclose()
            return response.status_code

    def _transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        if self._app is not None:
            return httpx.ASGITransport(self._app)
        context = self._tls if url.scheme == "https" else self._no_tls
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context(trust_env=False)

    @cached_property
    def _no_tls(self) -> ssl.SSLContext:
        # Never used, and made in a hundredth of the time that reading the certificates takes.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def _take_back(self, left: _Round) -> None:
        # Its loop does not run; if it ever does again, it shall find nothing to go on with.
        left.end()
        for delivery in tuple(left.under_way.values()):
            self._outbox.release(delivery)


class _Round:
    """The work on one loop, while there is some: a task that begins deliveries, and a task for each of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.wanted = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.under_way: dict[asyncio.Task[None], Delivery] = {}

    def start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # In an empty context: the receiver shall see nothing of the request that happened to wake us.
        task = contextvars.Context().run(self.loop.create_task, coroutine)
        # A loop may be closed, or a sandbox dropped, while a task waits. Nothing is lost then: the outbox knows.
        setattr(task, "_log_destroy_pending", False)  # noqa: B010 - asyncio's own name for it, private and old
        return task

    @property
    def is_over(self) -> bool:
        return self.task is None or self.task.done()

    def end(self) -> None:
        """Cancel it, from any thread."""
        if self.task is not None:
            with suppress(RuntimeError):  # the loop is closed
                self.loop.call_soon_threadsafe(self.task.cancel)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
