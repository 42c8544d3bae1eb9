"""What handles the events of an inbox: many chats at once, each in its order, and those that fail again later."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from ..errors import StoreError
from .facts import storable
from .inbox.protocol import Claimed, Inbox

T = TypeVar("T")

Effect: TypeAlias = Callable[[Any], Any]
"""What is done in the transaction that records an event as handled, with its connection."""

_TRIES: Final = 5
"""How often it is tried to write down what became of an event, while its lease is renewed."""
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries to use an inbox that fails, at most."""
_UNWINDING: Final = 1.0
"""Seconds that a handler which is cancelled has to end; after that nobody waits for it."""
_PRUNED_EVERY: Final = 60.0

logger: Final = logging.getLogger("wasend")


class HandlerTimeout(Exception):
    """A handler took too long."""


def backoff(attempt: int) -> float:
    """
    Seconds until an event is tried again: about 1, 5, 25, 125 and so on, half an hour at most.

    Args:
        attempt: How many times it has been tried.
    """
    return min(5.0 ** (attempt - 1), 1800.0) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


@attrs.frozen(kw_only=True)
class WorkerSettings:
    """
    How an inbox's events are handled.

    Attributes:
        concurrency: How many at once, each of another chat.
        timeout: Seconds that a handler may take.
        attempts: How often an event is tried before it is given up.
        backoff: In how many seconds an event that has failed is tried again, by how often it was tried.
        lease: Seconds after which another process takes over what a killed one was handling.
        keep: Seconds for which an event that was handled is known again.
        poll: Seconds after which to look for what other processes have put into the inbox.
        grace: Seconds that handlers have to end when the worker stops.
    """

    concurrency: int = 16
    timeout: float = 60.0
    attempts: int = 5
    backoff: Callable[[int], float] = backoff
    lease: float = 30.0
    keep: float = 3 * 86_400.0
    poll: float = 1.0
    grace: float = 10.0


class Worker:
    """
    Handles what an inbox holds. Any number of workers, in any number of processes, may share an inbox.

    Args:
        inbox: The inbox.
        process: Handles one event, and returns the effect that is to be committed together with that, if there is one:
            see `Inbox.finish`. What either of them raises is a failure.
        settings: How.
    """

    def __init__(
        self, inbox: Inbox, process: Callable[[Claimed], Awaitable[Effect | None]], settings: WorkerSettings
    ) -> None:
        self._inbox = inbox
        self._process = process
        self._settings = settings
        self._name = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._claims = itertools.count(1)
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._running: dict[asyncio.Task[None], Claimed] = {}

    def wake(self) -> None:
        """There is something to do."""
        self._idle.clear()
        self._changed.set()

    async def idle(self) -> None:
        """Wait until nothing is left that can be handled now, and nothing is being handled by this worker."""
        self.wake()
        await self._idle.wait()

    async def run(self, *, until_idle: bool = False) -> None:
        """
        Handle events until it is cancelled.

        Handlers that are under way then have some seconds to end; what they have not done by then is given back, and
        handled by another worker or the next one.

        Args:
            until_idle: End when nothing is left that can be handled now; what failed may wait for its next try.

        Raises:
            StoreError: The inbox fails, with `until_idle`. Else that is logged, and tried again.
        """
        tending = asyncio.create_task(self._tend())
        try:
            await self._work(until_idle=until_idle)
            await self._ended(None)
        finally:
            tending.cancel()
            await self._end()
            await asyncio.wait({tending})

    async def _work(self, *, until_idle: bool) -> None:
        failures = 0
        while True:
            self._changed.clear()
            free = self._settings.concurrency - len(self._running)
            try:
                claimed = await self._claim(free) if free else ()
                pause = None if len(claimed) == free else await self._inbox.due_in()
                failures = 0
            except StoreError as error:
                if until_idle:
                    raise
                failures += 1
                logger.warning("the inbox cannot be read, and is tried again: %s", error)
                await asyncio.sleep(min(0.5 * 2**failures, _LONGEST_PAUSE))
                continue
            if claimed:
                continue
            if not self._running and not self._changed.is_set() and (pause is None or pause > 0):
                self._idle.set()
                if until_idle:
                    return
            poll = self._settings.poll
            # Where all hands are busy, only one that ends is news.
            wait = None if not free else poll if pause is None else min(max(pause, 0.01), poll)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):  # Python 3.11's wait_for may swallow that it is cancelled
                    await self._changed.wait()

    async def _claim(self, count: int) -> Sequence[Claimed]:
        # Each time under another name: what was claimed but not told of, because the inbox failed, or what could not be
        # written down, must not have its lease renewed for as long as this worker has anything to do.
        holder = f"{self._name}-{next(self._claims)}"
        # Shielded: what was claimed while this is cancelled must be given back.
        claiming = asyncio.ensure_future(self._inbox.claim(holder, count, self._settings.lease))
        try:
            claimed = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with suppress(StoreError):
                for one in await claiming:
                    await self._inbox.release(one)
            raise
        for one in claimed:
            task = asyncio.create_task(self._handle(one))
            self._running[task] = one
            task.add_done_callback(self._over)
        return claimed

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._changed.set()

    async def _handle(self, claimed: Claimed) -> None:
        settings = self._settings
        if claimed.attempt > settings.attempts:
            await self._recorded(self._inbox.fail, claimed, "the process ended each time while it was handled", None)
            logger.error(
                "an event is now a dead letter: its process was killed %d times while it was handled", settings.attempts
            )
            return
        try:
            effect = await self._process(claimed)
            held = await self._finished(claimed, effect)
        except asyncio.CancelledError:
            with suppress(StoreError):
                await self._inbox.release(claimed)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its event's affair
            await self._failed(claimed, error)
        else:
            if not held:
                logger.warning(
                    "an event was handled, but took so long that another worker may have handled it as well; "
                    "does a handler block the event loop?"
                )

    async def _finished(self, claimed: Claimed, effect: Effect | None) -> bool:
        if effect is not None:
            return await self._inbox.finish(claimed, effect)
        return await self._recorded(self._inbox.finish, claimed)

    async def _failed(self, claimed: Claimed, error: Exception) -> None:
        settings = self._settings
        last = claimed.attempt >= settings.attempts
        again_in = None if last else max(0.0, settings.backoff(claimed.attempt))
        what = f"event {claimed.number} could not be handled, attempt {claimed.attempt} of {settings.attempts}"
        # What an exception says may quote the message; where it was raised does not.
        if again_in is None:
            logger.error("%s: %s; it is now a dead letter", what, place(error))
        else:
            logger.warning("%s: %s; it is tried again in %.1f s", what, place(error), again_in)
        await self._recorded(self._inbox.fail, claimed, _described(error), again_in)

    async def _recorded(self, write: Callable[..., Awaitable[bool]], *values: Any) -> bool:
        for attempt in range(_TRIES):
            try:
                return await write(*values)
            except StoreError as error:
                logger.warning("the inbox cannot be written to: %s", error)
                await asyncio.sleep(0.1 * 2**attempt)
        return True  # its lease ends by itself, and it is handled again

    async def _tend(self) -> None:
        """Renew the lease of what is being handled, and forget what is no longer needed."""
        loop = asyncio.get_running_loop()
        pruned_at = loop.time()
        while True:
            await asyncio.sleep(self._settings.lease / 3)
            try:
                for holder in {one.holder for one in self._running.values()}:
                    await self._inbox.renew(holder, self._settings.lease)
                if loop.time() - pruned_at >= _PRUNED_EVERY:
                    while await self._inbox.prune(self._settings.keep):
                        pass  # it awaits: others have their turn
                    pruned_at = loop.time()
            except StoreError as error:
                logger.warning(
                    "leases cannot be renewed or old keys removed in the inbox, and it is tried again: %s", error
                )

    async def _ended(self, timeout: float | None) -> None:
        while self._running:
            done, _ = await asyncio.wait(self._running, timeout=timeout)
            if not done:
                return

    async def _end(self) -> None:
        """Wait for the handlers that are under way, and cancel those that take too long."""
        running = set(self._running)
        if not running:
            return
        _, left = await asyncio.wait(running, timeout=self._settings.grace)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=2 * _UNWINDING)


async def bounded(work: Awaitable[T], timeout: float) -> T:
    """
    Await something for a bounded time, even if it does not heed its cancellation.

    Args:
        work: What to await.
        timeout: Seconds.

    Raises:
        HandlerTimeout: It took longer. It was cancelled; what does not heed that goes on, unattended.
        RuntimeError: It was cancelled by something else.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=timeout)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task}, timeout=_UNWINDING)
        raise
    if task.done():
        if task.cancelled():  # by itself: whoever runs it is not meant
            raise RuntimeError("it was cancelled from within")
        return task.result()
    task.cancel()
    await asyncio.wait({task}, timeout=_UNWINDING)
    if not task.done():
        logger.warning("a handler that was cancelled after its timeout did not end, and goes on unattended")
        task.add_done_callback(_look_away)
    elif not task.cancelled():
        task.exception()  # it is looked at, lest asyncio complain
    raise HandlerTimeout(f"it took longer than {timeout:g} s")


def _look_away(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


def place(error: BaseException) -> str:
    """What was raised, and where, without what it says."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or isinstance(error, HandlerTimeout):
        return f"{type(error).__name__}" if not isinstance(error, HandlerTimeout) else str(error)
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} at {os.path.basename(code.co_filename)}:{trace.tb_lineno} in {code.co_name}"  # noqa: PTH119


def _described(error: Exception) -> str:
    """What was raised, for the dead letter, which holds the message itself."""
    return storable(f"{place(error)}: {error}")
