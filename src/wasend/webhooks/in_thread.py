"""A function in a thread of its own: one that hangs keeps neither others nor the end of the program waiting."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST_THREADS: Final = 256
"""Threads of functions that did not return in time: beyond so many, no further one is begun."""

_left: Final[set[threading.Thread]] = set()


def contained(error: BaseException) -> Exception:
    """
    What a program's own function has raised, as something that fails alone.

    Args:
        error: It. What is no `Exception` (`SystemExit`, a panic of an extension) would end the event loop or a worker
            of it, and a `StopIteration` cannot be awaited: another error takes its place.
    """
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"it raised {type(error).__name__}").with_traceback(error.__traceback__)


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """
    Call a function in a thread.

    Where waiting for it is cancelled, the function goes on: a thread cannot be stopped.

    Args:
        function: The function.
        args: Its arguments.

    Returns:
        What it returns; what it raises is raised here.

    Raises:
        RuntimeError: Too many threads go on that nobody waits for, or none can be started.
    """
    _left.intersection_update([thread for thread in _left if thread.is_alive()])
    if len(_left) >= MOST_THREADS:
        raise RuntimeError(
            f"{len(_left)} handlers have not returned since their time was over; no further one is begun"
        )
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = context.run(function, *args)
        except BaseException as raised:  # noqa: BLE001 - it belongs to whoever waits
            error = contained(raised)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, error)

    thread = threading.Thread(target=work, name="wasend-handler", daemon=True)
    thread.start()
    try:
        return await future
    except asyncio.CancelledError:
        if thread.is_alive():
            _left.add(thread)
        raise
