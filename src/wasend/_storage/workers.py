"""Threads for blocking work, which event loops and other threads await for a bounded time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from ..errors import StoreError
from .forks import Forks

T = TypeVar("T")


class Workers(Forks):
    """
    A pool of threads, started when they are needed.

    At its exit the interpreter waits for their work. A forked process gets threads of its own.

    Args:
        count: How many threads.
        name: What they are called.
        patience: Seconds for which a caller waits for a piece of work.
        error: Makes the error for work that takes longer, from the problem and the remedy.
    """

    def __init__(self, count: int, *, name: str, patience: float, error: Callable[[str, str], StoreError]) -> None:
        super().__init__()
        self.patience = patience
        self._count = count
        self._name = name
        self._error = error
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Forget the parent's threads."""
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Have a thread call a function."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self._count, thread_name_prefix=self._name)
            executor = self._executor
        try:
            return executor.submit(function)
        except RuntimeError:  # the interpreter ends, and begins no more work in threads; or no thread can be started
            future = Future[T]()
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
                future.set_exception(error)
            return future

    async def awaited(self, future: Future[T]) -> T:
        """
        Wait for a piece of work on an event loop. One that nobody waits for any more is not begun.

        Raises:
            StoreError: It took too long. If it was begun, it may be done yet.
        """
        waiting = asyncio.wrap_future(future)
        try:
            async with asyncio.timeout(self.patience):
                return await waiting
        except TimeoutError:
            if waiting.done() and not waiting.cancelled():
                raise  # the function's own
            raise self.late() from None

    def waited(self, future: Future[T]) -> T:
        """Do as `awaited` does, and block the calling thread."""
        with suppress(TimeoutError):
            future.exception(self.patience)
        if future.cancel() or not future.done():
            raise self.late()
        return future.result()

    def late(self) -> StoreError:
        """The error for what has taken too long."""
        return self._error(f"it did not answer within {self.patience:g} s", "try again when it does")

    def shutdown(self) -> None:
        """Wait for what has been begun; what comes later has new threads."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()
