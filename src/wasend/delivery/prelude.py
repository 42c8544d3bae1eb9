"""Around each call that something goes before, such as "typing…": it is done when the call's turn has come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import attrs

from .._core.call import Call
from .._core.engine import Engine
from .._core.http import DETACHED_FOR
from .._core.retry import Retry
from ..errors import WasendError

T = TypeVar("T")

logger: Final = logging.getLogger("wasend")

_SIGN: Final = 10.0
"""Seconds that a sign may take before the call goes on without it."""


class PreludeMiddleware:
    """
    Does what goes before a call.

    It stands behind pacing, so that nobody is seen typing minutes before the message, and behind the checks, so that
    nobody is seen typing to whom nothing may be sent; and before settling, as a send that waits is not in flight.

    Args:
        engine: The client's, without middleware.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._brief = _within(engine, _SIGN)
        self._last = _within(engine, DETACHED_FOR, retry=Retry(max_retries=0))

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call after its prelude."""
        prelude = call.prelude
        if prelude is None:
            return await call_next()
        for one in prelude.first:
            await _politely(self._brief, one)
        try:
            await _politely(self._brief, prelude.opening)
            await self._engine.options.clock.sleep(prelude.seconds)
        finally:
            # In a task of its own: it must happen when this one is cancelled, and not keep it from ending.
            closing = self._engine.http.detach(self._close(prelude.closing))
        await asyncio.wait([closing])
        return await call_next()

    async def _close(self, call: Call[Any]) -> None:
        try:
            async with asyncio.timeout(DETACHED_FOR):
                await _politely(self._last, call)
        except TimeoutError:
            logger.info("going on without it: %s was not done within %g s", call.name, DETACHED_FOR)


def _within(engine: Engine, seconds: float, **changes: Any) -> Engine:
    timeout = engine.options.timeout
    shorter = attrs.evolve(
        timeout, **{name: min(getattr(timeout, name), seconds) for name in ("connect", "answer", "send", "total")}
    )
    return attrs.evolve(engine, options=attrs.evolve(engine.options, timeout=shorter, **changes))


async def _politely(engine: Engine, sign: Call[Any]) -> None:
    """Show a sign that is not worth failing for."""
    try:
        await engine.perform(sign)
    except WasendError as error:
        logger.info("going on without it: %s", type(error).__name__)
