"""
The managed event loop of a synchronous client: in a daemon thread of its own, started at the first call.

Only coroutines cross the bridge. A caller posts its coroutine to the loop and waits at an inbox until the job
is done *or* the loop is over. Meanwhile it runs the callbacks that the job sends to that inbox, so that no
user code runs in the loop's thread.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import os
import queue
import sys
import threading
import time
import warnings
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Set
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, ContextVar
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar, cast

import attrs

from ..errors import ClientClosedError, WasendError

__all__ = ["Bridge", "in_caller"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_logger = logging.getLogger("wasend")

_GRACE = 1.0
"""Seconds that a cancelled task, or the closing of the resources, gets to unwind."""

_POLL = 0.1 if sys.platform == "win32" else 1.0
"""
Seconds between two looks at the inbox: on Windows a waiting thread does not hear Ctrl-C, and elsewhere it misses
a signal that comes in the very moment in which the wait begins, or that the system hands to another thread.
"""

_job: ContextVar[_Job[Any] | None] = ContextVar("_job", default=None)

_graveyard: list[_Loop] = []
"""Loops inherited through a fork, kept alive: closing one would break the parent's, for they share an epoll."""


class Bridge:
    """
    Runs the coroutines of one client on a loop of its own, for callers in any thread.

    Nothing starts before the first call. A forked child gets a loop of its own at its own first call.

    Args:
        aclose: Closes the resources of the asynchronous client; awaited on the loop when it stops. It must
            not lead to the owner of the bridge, which the loop's thread would then keep alive for ever.
        label: What warnings and errors call the owner.
    """

    def __init__(self, aclose: Callable[[], Awaitable[None]], *, label: str = "WasendClient") -> None:
        self._aclose = aclose
        self._label = label
        self._loop: _Loop | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """
        Run a coroutine on the loop and wait for it.

        An exception that a signal handler raises meanwhile, such as `KeyboardInterrupt`, cancels the
        coroutine, leaves it one second to unwind, and goes on to the caller.

        Returns:
            What the coroutine returns.

        Raises:
            ClientClosedError: The bridge is closed, or was closed during the call.
            concurrent.futures.CancelledError: The coroutine was cancelled by something else than this bridge.
            RuntimeError: The caller is the loop's own thread, which would wait for itself.
        """
        try:
            loop = self._started()
            if loop.is_current_thread:
                raise RuntimeError(
                    f"{self._label} was called from its own event loop and would wait for ever; "
                    "use the async client there"
                )
        except BaseException:
            coro.close()
            raise
        try:
            return loop.run(coro)
        except WasendError as error:
            # The frames of another thread, and of this bridge, tell a caller nothing.
            raise error.with_traceback(None)  # noqa: B904 - it is the same one

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """
        Step through an asynchronous iterator, one `run` an item; nothing is held between two items.

        An asynchronous generator is closed when the iteration ends early.

        Yields:
            The items.

        Raises:
            ClientClosedError: The bridge was closed before the end.
        """
        while True:
            try:
                item = self.run(_next(items))
            except StopAsyncIteration:
                return
            try:
                yield item
            except BaseException:
                self._finish(items)
                raise

    def iterate_or_run(self, work: AsyncIterator[T] | Coroutine[Any, Any, R]) -> Iterator[T] | R:
        """Do as `iterate` with an asynchronous iterator, as `run` with a coroutine."""
        return self.iterate(work) if isinstance(work, AsyncIterator) else self.run(work)

    def close(self) -> None:
        """
        Stop the loop and wait a bounded time for its thread; once is enough, and more do no harm.

        Calls under way in other threads end with `ClientClosedError`.
        """
        self._closed = True
        if (loop := self._loop_here()) is not None:
            loop.stop()
            if not loop.is_current_thread:
                loop.thread.join(4 * _GRACE)

    def _started(self) -> _Loop:
        if self._closed:
            raise ClientClosedError(f"this {self._label} is closed: make a new one", outcome="not_sent")
        if (loop := self._loop_here()) is not None:
            return loop
        with _Loop.starting:
            if (loop := self._loop_here()) is None:
                loop = _Loop(self._aclose, self._label)
                weakref.finalize(self, loop.abandon)
                self._loop = loop
                if self._closed:  # meanwhile, by a thread that found no loop to stop
                    loop.stop()
        return loop

    def _finish(self, items: AsyncIterator[Any]) -> None:
        # Perhaps for the garbage collector, in any thread at any time. Where the loop cannot be waited for,
        # asyncio's own hook closes the generator.
        loop = self._loop_here()
        if hasattr(items, "aclose") and loop is not None and not (loop.stopped or loop.is_current_thread):
            with suppress(ClientClosedError):
                loop.run(_aclose(items))

    def _loop_here(self) -> _Loop | None:
        # In a forked child `Thread.is_alive()` lies about the parent's thread; the process id does not.
        loop = self._loop
        return loop if loop is not None and loop.pid == os.getpid() else None


async def in_caller(function: Callable[..., R | Awaitable[R]], *args: object) -> R:
    """
    Call a user's function where the user expects it.

    In a task that `Bridge.run` started, that is the thread which called `run`; in plain asyncio, it is here. An
    asynchronous function is called there, and awaited on the loop.

    Returns:
        What the function returns; what it raises is raised here.

    Raises:
        asyncio.CancelledError: The caller does not wait any more.
    """
    if (job := _job.get()) is None:
        return await _awaited(function(*args))
    callback = _Callback(function, args, asyncio.get_running_loop().create_future())
    job.inbox.put(callback)
    if job.left:
        callback.refuse()
    result, error = await callback.answer
    try:
        if error is not None:
            raise error
    finally:
        del callback, error  # its traceback leads to this frame
    return await _awaited(result)


async def _awaited(result: R | Awaitable[R]) -> R:
    """What a function returned; if it is an asynchronous one, what comes of awaiting it here."""
    return cast("R", await result if inspect.isawaitable(result) else result)


class _Loop:
    """
    One running loop, in one thread of one process.

    It knows its jobs and not its `Bridge`, so that the thread keeps no client alive.
    """

    starting: ClassVar = threading.RLock()

    def __init__(self, aclose: Callable[[], Awaitable[None]], label: str) -> None:
        self.pid = os.getpid()
        self.label = label
        self.jobs: set[_Job[Any]] = set()
        self.stopped = False  # asked to end
        self.over = False  # ended: nothing posted will run
        self._stopping = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(_DaemonThreads())
        self.thread = threading.Thread(target=self._serve, args=(aclose,), name=label, daemon=True)
        try:
            # From Python 3.14 on a thread may inherit its starter's context, and would keep it alive.
            Context().run(self.thread.start)
        except RuntimeError:  # no more threads
            self._loop.close()
            raise

    @property
    def is_current_thread(self) -> bool:
        return self.thread.ident == threading.get_ident()

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        job = _Job(self, coro)
        self.jobs.add(job)
        try:
            job.wait()
            return job.result()
        finally:
            self.jobs.discard(job)
            job.leave()

    def post(self, function: Callable[[], object]) -> None:
        """Have the loop's thread call a function, unless the loop is over."""
        with suppress(RuntimeError):  # "Event loop is closed"
            self._loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        """Ask the loop to end. A finalizer may call this in any thread: it takes no lock and never waits."""
        self.stopped = True
        self.post(self._stopping.set)

    def abandon(self) -> None:
        """Stop, and complain: the bridge was collected, or the interpreter exits."""
        if self.pid != os.getpid():
            _graveyard.append(self)
        elif not self.stopped:
            self.stop()
            warnings.warn(f"unclosed {self.label}: use `with` or close()", ResourceWarning, stacklevel=2, source=self)

    def _serve(self, aclose: Callable[[], Awaitable[None]]) -> None:
        try:
            main = self._loop.create_task(self._main(aclose))
            while not main.done():
                # A task that raises one of these throws it out of the loop too, but means its caller only.
                with suppress(SystemExit, KeyboardInterrupt):
                    self._loop.run_until_complete(main)
        finally:
            self.over = True
            for job in list(self.jobs):
                job.inbox.put(None)
            self._loop.close()

    async def _main(self, aclose: Callable[[], Awaitable[None]]) -> None:
        await self._stopping.wait()
        await _unwind(asyncio.all_tasks() - {asyncio.current_task()})
        release = asyncio.create_task(self._release(aclose))
        await asyncio.wait([release], timeout=_GRACE)
        await _unwind({release})

    async def _release(self, aclose: Callable[[], Awaitable[None]]) -> None:
        try:
            await aclose()
        except Exception:
            _logger.debug("closing %s failed", self.label, exc_info=True)
        await self._loop.shutdown_asyncgens()


class _Job(Generic[T]):
    """
    One coroutine on its way through the loop.

    Its caller waits at the inbox, for callbacks to run and for `None`, which ends the wait.
    """

    __slots__ = ("begun", "coro", "inbox", "left", "loop", "outcome", "task")

    def __init__(self, loop: _Loop, coro: Coroutine[Any, Any, T]) -> None:
        self.loop = loop
        self.coro = coro
        self.task: asyncio.Task[None] | None = None
        self.outcome: tuple[T, None] | tuple[None, BaseException] | None = None
        self.inbox: queue.SimpleQueue[_Callback | None] = queue.SimpleQueue()
        self.begun = False
        self.left = False  # nobody waits any more

    # in the caller's thread

    def wait(self) -> None:
        try:
            self.loop.post(self._begin)
            if self.loop.over:  # perhaps too late to be told so
                self.inbox.put(None)
            while (callback := self._receive()) is not None:
                callback.run()
        except BaseException:
            self.left = True
            self.loop.post(self._cancel)
            with suppress(queue.Empty):
                deadline = time.monotonic() + _GRACE
                while (callback := self._receive(deadline)) is not None:
                    callback.refuse()
            raise

    def result(self) -> T:
        outcome, self.outcome = self.outcome, None
        if outcome is None:
            raise self._closed()
        value, error = outcome
        try:
            if error is None:
                return cast("T", value)
            if not isinstance(error, asyncio.CancelledError):
                raise error
            if not self.loop.stopped:
                raise CancelledError("the call was cancelled from within") from error
            raise self._closed() from error
        finally:
            del outcome, error  # its traceback leads to this frame

    def leave(self) -> None:
        """Make sure that no callback runs any more, and that a coroutine that has not begun never will."""
        self.left = True
        if not self.begun:
            self.coro.close()
        self.task = None  # the task's context leads to this job
        while not self.inbox.empty():
            if (callback := self.inbox.get()) is not None:
                callback.refuse()

    def _receive(self, deadline: float = math.inf) -> _Callback | None:
        while True:
            left = deadline - time.monotonic()
            try:
                return self.inbox.get(timeout=max(0, min(_POLL, left)))
            except queue.Empty:
                if left <= _POLL:
                    raise

    def _closed(self) -> ClientClosedError:
        return ClientClosedError(
            f"the {self.loop.label} was closed during the call",
            outcome="unknown" if self.begun else "not_sent",
        )

    # in the loop's thread

    def _begin(self) -> None:
        _job.set(self)  # in the copy of the caller's context that this runs in, and the task with it
        if sys.version_info >= (3, 12):  # the first step at once spares a turn of the loop
            self.task = asyncio.Task(self._perform(), loop=asyncio.get_running_loop(), eager_start=True)
        else:
            self.task = asyncio.create_task(self._perform())
            self.task.add_done_callback(lambda _: self.inbox.put(None))  # also where it is cancelled before it begins

    async def _perform(self) -> None:
        # The loop may have been busy for long. `begun` is written before `left` is read, and the caller does it the
        # other way round: so either the coroutine does not run, or the caller does not close it.
        self.begun = True
        try:
            if self.left or self.loop.stopped:
                self.begun = False
                self.coro.close()
            else:
                self.outcome = await self.coro, None
        except BaseException as error:  # noqa: BLE001 - it belongs to the caller, and must not end the loop
            self.outcome = None, error
        finally:
            self.inbox.put(None)

    def _cancel(self) -> None:
        if self.task is None or not self.task.cancel():
            self.inbox.put(None)


@attrs.frozen(eq=False)
class _Callback:
    """A user's function on its way to the caller's thread."""

    function: Callable[..., Any]
    args: tuple[object, ...]
    answer: asyncio.Future[tuple[Any, Exception | None]]

    def run(self) -> None:
        if self.answer.done():  # the task was cancelled meanwhile
            return
        result, error = None, None
        try:
            result = self.function(*self.args)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it belongs to the coroutine
            error = raised
        except BaseException:
            self.refuse()
            raise
        self._post(self._settle, (result, error))
        del self, error  # its traceback leads to this frame

    def refuse(self) -> None:
        self._post(self.answer.cancel)

    def _settle(self, outcome: tuple[Any, Exception | None]) -> None:
        if not self.answer.done():
            self.answer.set_result(outcome)

    def _post(self, function: Callable[..., object], *args: object) -> None:
        with suppress(RuntimeError):  # "Event loop is closed"
            self.answer.get_loop().call_soon_threadsafe(function, *args)


class _DaemonThreads(ThreadPoolExecutor):
    """
    A thread a piece of work, such as the look-up of a host name.

    The interpreter waits at its exit for the threads of an ordinary pool, however long the name server takes.
    """

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future = Future[R]()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
                future.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return future


async def _next(items: AsyncIterator[T]) -> T:
    # A coroutine of its own, for an asynchronous generator must meet its loop at the first call of anext().
    return await anext(items)


async def _aclose(items: Any) -> None:
    await items.aclose()


async def _unwind(tasks: Set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_GRACE)


def _remake_lock() -> None:
    # In a forked child: the old one may be held by a thread that the child does not have.
    _Loop.starting = threading.RLock()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_remake_lock)
