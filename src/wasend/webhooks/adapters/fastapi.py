"""Webhooks in FastAPI: a dependency that gives a route its event, verified and typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request

from ..._core.clock import SYSTEM_CLOCK, Clock
from ...errors import WebhookError
from ..events import AnyEvent
from ..parsing import MAX_AGE, MAX_BYTES, check_limits, checked_key, read
from ..reply import refused
from ..signature import SigningKey
from .bodies import TIMEOUT, checked_timeout, gather, length_of


def webhook_event(
    *,
    key: SigningKey | None,
    insecure: bool = False,
    max_age: float | None = MAX_AGE,
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT,
    clock: Clock = SYSTEM_CLOCK,
) -> Callable[[Request], Awaitable[AnyEvent]]:
    """
    Make a dependency that verifies and reads what was posted.

    What is refused is answered with its status, before the route is entered. A route that is entered twice with one
    event must know it by itself: by its ``session``, ``name`` and ``id``. A `Receiver` does.

    Args:
        key: The key that the service signs with, or several, of which each is good.
        insecure: Take events that are not signed, from anybody. Only without a key.
        max_age: Seconds after which an event is refused; see `parse`.
        max_bytes: How many bytes a body may have.
        timeout: Seconds that a body may take to come; then the answer is 408.
        clock: By which an event's age is told.

    Returns:
        The dependency, for ``Depends``.

    Raises:
        ConfigurationError: There is no key, or a setting makes no sense.

    Example:
        ```python
        WebhookEvent = Annotated[AnyEvent, Depends(webhook_event(key="the-webhook-key"))]


        @app.post("/webhook")
        async def hook(event: WebhookEvent) -> None: ...
        ```
    """
    keys, key = checked_key(key, insecure=insecure), None
    check_limits(max_age, max_bytes)
    checked_timeout(timeout)

    async def event(request: Request) -> AnyEvent:
        length = length_of(request.headers.get("content-length"))
        try:
            body = await gather(request.stream(), length, max_bytes, timeout)
            return read(body, [*request.scope["headers"]], keys, max_age, max_bytes, clock)
        except WebhookError as error:
            refused(error)
            failed = HTTPException(error.status, error.reason)
        body = b""  # what shows the variables of a traceback does not show it
        raise failed

    return event
