"""Webhooks without a receiver: each event is verified, read, given to one function, and then answered."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

from .._core.bridge import Bridge
from .._core.clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError, WebhookError
from .events import AnyEvent
from .parsing import MAX_AGE, MAX_BYTES, check_limits, checked_key, read
from .reply import Reply, refused
from .signature import Headers, SigningKey, exact

Handle: TypeAlias = Callable[[AnyEvent], Awaitable[object]] | Callable[[AnyEvent], object]
"""A function of an event, or a coroutine function."""


class Endpoint:
    """
    Gives each event to a function, and answers when it has returned.

    Nothing is remembered: what the service posts again is handled again, and two events of a chat may be handled at the
    same time. What the function raises is left to the web framework, which answers 500, so that the service posts the
    event again. A `Receiver` with an inbox does all that is missing here.

    Args:
        handle: What to call with each event: a coroutine function, or a plain one, which must not block where the
            framework awaits.
        key: The key that the service signs with, or several, of which each is good.
        insecure: Take events that are not signed, from anybody. Only without a key.
        max_age: Seconds after which an event is refused; see `parse`.
        max_bytes: How many bytes a body may have.
        clock: By which an event's age is told.

    Raises:
        ConfigurationError: There is no key, or a setting makes no sense.
    """

    def __init__(
        self,
        handle: Handle,
        *,
        key: SigningKey | None,
        insecure: bool = False,
        max_age: float | None = MAX_AGE,
        max_bytes: int = MAX_BYTES,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._keys, key = checked_key(key, insecure=insecure), None
        check_limits(max_age, max_bytes)
        if not callable(handle):
            raise ConfigurationError(f"handle: {type(handle).__name__} is no function; pass one that takes an event")
        self._handle = handle
        self._max_age, self._max_bytes, self._clock = max_age, max_bytes, clock
        self._blocking = Blocking(self._read, handle)

    @property
    def max_bytes(self) -> int:
        """How many bytes a body may have."""
        return self._max_bytes

    @property
    def blocking(self) -> Blocking:
        """The same for code that does not await: a coroutine function runs on an event loop in a thread of its own."""
        return self._blocking

    async def receive(self, body: bytes, headers: Headers) -> Reply:
        """
        Take what was posted to the webhook.

        Args:
            body: The exact bytes that came.
            headers: The headers that came with them.

        Returns:
            What to answer. 200: it was handled. 400, 401, 413: it was refused; see `parse`.
        """
        try:
            event = self._read(body, headers)
        except WebhookError as error:
            return refused(error)
        body = b""  # what shows the variables of a traceback does not show it
        found = self._handle(event)
        if hasattr(found, "__await__"):  # found out faster than by `inspect`
            await cast("Awaitable[object]", found)
        return _HANDLED

    def _read(self, body: bytes, headers: Headers) -> AnyEvent:
        return read(exact(body), headers, self._keys, self._max_age, self._max_bytes, self._clock)


class Blocking:
    """
    An endpoint for code that does not await.

    Args:
        read: Verifies and reads an event.
        handle: What to call with it.
    """

    def __init__(self, read: Callable[[bytes, Headers], AnyEvent], handle: Handle) -> None:
        self._read, self._handle = read, handle
        self._bridge = Bridge(_nothing, label="Endpoint")

    def receive(self, body: bytes, headers: Headers) -> Reply:
        """Take what was posted to the webhook; see `Endpoint.receive`."""
        try:
            event = self._read(body, headers)
        except WebhookError as error:
            return refused(error)
        body = b""
        found = self._handle(event)
        if inspect.isawaitable(found):
            self._bridge.run(_awaited(found))
        return _HANDLED

    def close(self) -> None:
        """End the thread, if there is one."""
        self._bridge.close()


async def _nothing() -> None:
    """There is nothing to close."""


async def _awaited(found: Awaitable[object]) -> None:
    await found


_HANDLED = Reply.of(200, status="handled")
