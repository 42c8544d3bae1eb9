"""The base of the classes whose methods are calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..errors import WasendError
from .call import Call
from .engine import Engine

T = TypeVar("T")


class Calls:
    """Makes calls by its engine. A client inherits one such class for each subject of its API."""

    _engine: Engine

    async def _send(self, call: Call[T]) -> T:
        try:
            return await self._engine.perform(call)
        except WasendError as error:
            # Where in here it arose tells a caller nothing.
            raise error.with_traceback(None)  # noqa: B904 - it is the same one

    async def _send_or(self, call: Call[T], derive: Callable[[], Awaitable[T]]) -> T:
        """Make a call that only documentation names; where the service lacks it, derive the answer from other calls."""
        try:
            return await self._engine.perform_or(call, derive)
        except WasendError as error:
            raise error.with_traceback(None)  # noqa: B904 - as above
