"""
Sends the webhooks in the outbox.

It has no thread of its own: it works on an event loop that the sandbox serves requests on, for as long as there is
something to do and the loop runs. What a loop leaves undone waits for the next one, or for `Sender.drain`. Retries are
times in the outbox, not tasks that sleep: whoever sleeps by a stopped clock moves it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import httpx

from wasend.sandbox.webhooks.outbox import Delivery, Outbox
from wasend.sandbox.world import Clock, Scheduler

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_log = logging.getLogger("wasend.sandbox")

_AT_ONCE = 16
_SHORTEST = 0.001
"""The shortest wait for what is due later, in seconds, lest a clock that reads a little differently makes us spin."""
_LOOK_AGAIN = 0.1
"""Seconds after which `adrain` checks that the loop that does the work still runs: one that ended notifies nobody."""
_NAMED = 5
"""How many outstanding webhooks an error names."""


class Sender:
    """
    Sends what is due, for many sessions at once.

    Any 2xx is success; another status, a redirect (which is not followed), a failed connection or no answer in time
    is a failure. A loop may end while a request is under way: then it is made again, since nobody knows how it ended.
    While the clock is stopped, nothing is sent before it is moved to where it is due. A receiver must have answered
    within `answer_within` seconds of real time.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        scheduler: Scheduler,
        *,
        webhook_app: ASGIApp | None = None,
        answer_within: float = 10.0,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._scheduler = scheduler
        self._app = webhook_app
        self._answer_within = answer_within
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        outbox.watch(self.nudge)
        clock.watch(self.nudge)

    def wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """Work on this loop, the calling thread's, from now on, unless the one before still runs."""
        with self._lock:
            taken_over = self._loop is not loop and not (self._loop is not None and self._loop.is_running())
            if taken_over:
                for task in list(self._under_way):  # should its loop ever run again, there is nothing left for it to do
                    _call(task.get_loop(), task.cancel)
                self._loop, self._under_way, self._timer = loop, set(), None
        if taken_over:
            self._outbox.release()
        self.nudge()

    def nudge(self) -> None:
        """Check whether there is something to do; from any thread, whenever there may be."""
        loop, due = self._loop, self._next_due()
        if loop is not None and due is not None and (not self._clock.stopped or due <= self._clock.now()):
            _call(loop, self._work)

    async def adrain(self, timeout: float = 10.0) -> None:
        """Wait until nothing that is due by the sandbox's clock is unsent; a later retry is not due."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        unwatch = self._outbox.watch(partial(_call, loop, changed.set))
        try:
            async with asyncio.timeout(timeout):
                while not self._is_drained(loop):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_AGAIN):
                            await changed.wait()
                    changed.clear()
        except TimeoutError:
            left = self._outbox.outstanding(self._clock.now())
            more = f", and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            named = ", ".join(map(str, left[:_NAMED]))
            raise TimeoutError(f"webhooks are outstanding after {timeout} s: {named}{more}") from None
        finally:
            unwatch()

    def drain(self, timeout: float = 10.0) -> None:
        """Do as `adrain` from a thread without an event loop. Where no loop runs at all, this thread does the work."""
        if _running_loop() is not None:
            raise RuntimeError("drain() would block the event loop of this thread: await adrain()")
        # With a factory of loops, the thread's current loop is left as it is.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(self.adrain(timeout))

    def _is_drained(self, loop: asyncio.AbstractEventLoop) -> bool:
        self.wake(loop)
        self._catch_up()
        return not self._outbox.outstanding(self._clock.now()) and not self._outbox.let_go()

    def _next_due(self) -> float | None:
        times = (self._outbox.next_due(), self._scheduler.next_due())
        return min((time for time in times if time is not None), default=None)

    def _catch_up(self) -> None:
        while True:
            try:
                return self._scheduler.catch_up()
            except Exception:  # noqa: BLE001 - users' scripts are part of it: what comes after them happens all the same
                _log.exception("something scheduled has failed")

    # On the loop

    def _work(self) -> None:
        """Begin what is due, and look again when more is."""
        loop, under_way = asyncio.get_running_loop(), self._under_way
        if self._loop is not loop:
            return
        self._catch_up()
        while (room := len(under_way) < _AT_ONCE) and (delivery := self._outbox.take(self._clock.now())):
            task = _task(loop, self._deliver(delivery))
            under_way.add(task)
            task.add_done_callback(partial(self._ended, under_way))
        if self._timer is not None:
            self._timer.cancel()
        due = self._next_due() if room else self._scheduler.next_due()
        if due is not None and not self._clock.stopped:
            self._timer = loop.call_later(max(due - self._clock.now(), _SHORTEST), self._work)

    def _ended(self, under_way: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
        under_way.discard(task)
        with self._lock:
            # A loop that ends cancels its tasks: nothing must begin on it any more.
            loop_ends = task.cancelled() and self._under_way is under_way
            if loop_ends:
                self._loop, self._under_way, self._timer = None, set(), None
        if loop_ends:
            self._outbox.release()
        self._work()

    async def _deliver(self, delivery: Delivery) -> None:
        limit = asyncio.timeout(self._answer_within)
        try:
            async with limit:
                status = await self._status(delivery)
        except (Exception, asyncio.CancelledError) as caught:  # a receiver in process raises what it likes
            task = asyncio.current_task()
            if isinstance(caught, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            error = f"{type(caught).__name__}: {caught}"
            if limit.expired():
                error = f"no answer within {self._answer_within:g} seconds"
            elif self._app is not None:
                _log.error("the receiver of webhooks failed", exc_info=caught)
            self._outbox.settle(delivery, error=error)
        else:
            self._outbox.settle(delivery, status=status)

    async def _status(self, delivery: Delivery) -> int:
        webhook = delivery.webhook
        # A connection for each leaves none open on a loop that ends; certificates are not checked: as the engine does.
        over_the_network = partial(httpx.AsyncHTTPTransport, verify=_unchecked(), trust_env=False)
        transport = over_the_network() if self._app is None else httpx.ASGITransport(self._app)
        request = httpx.Request("POST", webhook.url, headers=self._outbox.headers(webhook), content=webhook.body)
        # Below the client there are no redirects, no proxies, no cookies, and no line in the log for each.
        async with transport, aclosing(await transport.handle_async_request(request)) as response:
            async for _ in response.aiter_raw():
                pass
            return response.status_code


_unchecked = cache(partial(httpx.create_ssl_context, verify=False, trust_env=False))


def _task(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    # In an empty context: the receiver shall see nothing of the request that happened to wake us.
    task = contextvars.Context().run(loop.create_task, coroutine)
    # A loop may be closed, or a sandbox dropped, while a task waits. Nothing is lost then: the outbox knows.
    setattr(task, "_log_destroy_pending", False)  # noqa: B010 - asyncio's own name for it, private and old
    return task


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    """Call a function on a loop, from any thread."""
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(function)
