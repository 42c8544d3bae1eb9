"""How the rules of delivery use a store: off the event loop, for a bounded time, and never in place of an outcome."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from .._core.call import masked
from .._core.clock import SYSTEM_CLOCK, Clock
from ..errors import StoreError, WasendError
from .store_clock import StoreClock
from .stores import Store

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds that a send waits for a store before it fails."""
_NOTED: Final = 0.25
"""Seconds that an outcome waits until it is written down; after that it goes on being written."""

logger: Final = logging.getLogger("wasend")


class StoreAccess:
    """
    A store, as one of the rules uses it.

    It has the methods of the store, for use in any thread; whatever they raise is a `StoreError`. On an event loop a
    rule uses `run` before a send and `record` after it.

    Args:
        store: The store.
        clock: The machine's.

    Attributes:
        clock: Tells the time of the store, from the first use of the store on.
    """

    def __init__(self, store: Store, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        now: Any = getattr(store, "now", None)
        self.clock = StoreClock(clock, None if now is None else lambda: float(self._checked(now)))
        self._blocking = bool(getattr(store, "blocking", True))
        self._name = type(store).__name__
        # The errors that are about one value, and not about the store.
        self._about_values: weakref.WeakSet[StoreError] = weakref.WeakSet()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._worker: ThreadPoolExecutor | None = None
        # Reentrant, as a task that is garbage-collected may have something to record.
        self._starting = threading.RLock()
        # Held while the store is used; an event loop waits for it only where the store does not block.
        self._writing = threading.RLock()
        self._unwritten: deque[Callable[[], object]] = deque()

    # The store

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        self.clock.sync()
        return self._checked(self._store.get, key)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        return self._checked(self._store.items, prefix)

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        self._checked(self._store.set, key, value)

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Set the values of many keys, or none."""
        self._checked(self._store.set_many, values)

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        self._checked(self._store.delete, key)

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        """Replace the value of a key by what a function makes of it, in one step."""
        self.clock.sync()
        return self._checked(self._store.update, key, function)

    def unfit(self) -> StoreError:
        """The error for a value that is not what a rule has put there."""
        error = self._error("it holds a value that is not what was kept there", "restore it from a copy")
        self._about_values.add(error)
        return error

    def _checked(self, method: Callable[..., T], *values: Any) -> T:
        try:
            return method(*values)
        except WasendError:
            raise
        except Exception as error:
            problem = f"{type(error).__name__}: {masked(str(error))[:200]}"
            raise self._error(problem, "see that it works, then try again") from error

    def _error(self, problem: str, remedy: str) -> StoreError:
        return StoreError(f"{self._name}: {problem}; {remedy}", store=self._name)

    # On an event loop

    async def run(self, function: Callable[[], T]) -> T:
        """
        Use the store before something is sent.

        What `record` could not write is written first.

        Args:
            function: Uses the store, in another thread where it blocks, and nothing that belongs to an event loop.

        Returns:
            What the function returns.

        Raises:
            StoreError: The store failed, or did not answer within 10 s.
        """
        self._follow_fork()
        if not self._blocking:
            return self._after_unwritten(function)
        try:
            work: Future[T] = self._submit(self._after_unwritten, function)
        except RuntimeError as error:
            raise self._error(f"it cannot be used in a thread: {error}", "try again when one can be started") from error
        future = asyncio.wrap_future(work)
        try:
            await asyncio.wait([future], timeout=PATIENCE)
            if future.done():
                return future.result()
        finally:
            work.cancel()  # where it has not begun, it is not done any more
            future.cancel()
        raise self._error(f"it did not answer within {PATIENCE:g} s", "try again when it does")

    async def record(self, function: Callable[[], object]) -> None:
        """
        Write down what has happened, such as what became of a send. It raises nothing, and takes no longer than 0.25 s.

        What cannot be written is logged, and written before the next `run`, which fails where that is not possible.

        Args:
            function: As for `run`. It may be called again if it has failed.
        """
        if (written := self.record_soon(function)) is not None:
            await asyncio.wait([asyncio.wrap_future(written)], timeout=_NOTED)

    def record_soon(self, function: Callable[[], object]) -> Future[None] | None:
        """
        Do as `record` does, without waiting.

        Returns:
            What is done when it is written; `None` if it has been.
        """
        self._follow_fork()
        if not self._blocking:
            self.record_here(function)
            return None
        try:
            return self._submit(self.record_here, function)
        except RuntimeError:  # the interpreter ends, and begins no more work in threads
            self.record_here(function)
            return None

    def _submit(self, work: Callable[[Callable[[], T]], Any], function: Callable[[], T]) -> Future[Any]:
        # One thread: what was recorded is read by whoever runs next.
        with self._starting:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, thread_name_prefix="wasend-store")
            return self._worker.submit(work, function)

    def _after_unwritten(self, function: Callable[[], T]) -> T:
        self._write_unwritten()
        return function()

    def _write_unwritten(self) -> None:
        left: list[Callable[[], object]] = []  # what cannot be written because of its own value keeps nothing else
        with self._writing:
            try:
                while self._unwritten:
                    try:
                        self._unwritten[0]()
                    except StoreError as error:
                        if error not in self._about_values:
                            raise
                        left.append(self._unwritten[0])
                    self._unwritten.popleft()
            finally:
                self._unwritten.extendleft(reversed(left))

    def record_here(self, function: Callable[[], object]) -> None:
        """Do as `record` does in the thread that calls it, such as within `run`."""
        with self._writing:
            self._unwritten.append(function)
            try:
                self._write_unwritten()
            except Exception as error:  # noqa: BLE001 - nothing that a store raises may hide what became of a send
                told = error if isinstance(error, StoreError) else type(error).__name__
                logger.warning("an outcome is not written down yet: %s; it is written before the next send", told)
            else:
                if function in self._unwritten:
                    logger.warning("an outcome is not written down yet: %s", self.unfit())

    def _follow_fork(self) -> None:
        """In a forked process the thread is gone; what it had to do is the parent's to do."""
        if self._process != os.getpid():
            self._begin()
