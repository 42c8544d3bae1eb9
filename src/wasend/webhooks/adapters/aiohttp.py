"""Webhooks in aiohttp."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from ...errors import WebhookError
from ..reply import AsyncTarget, refused
from .bodies import TIMEOUT, check_length, checked_timeout, gather


def aiohttp_handler(
    target: AsyncTarget, *, timeout: float = TIMEOUT
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """
    Make a handler that takes webhooks.

    Args:
        target: A `Receiver`, or an `Endpoint`.
        timeout: Seconds that the body of a request may take to come; then the answer is 408.

    Returns:
        The handler.

    Raises:
        ConfigurationError: The time is none.

    Example:
        ```python
        app.router.add_post("/webhook", aiohttp_handler(receiver))
        ```
    """
    checked_timeout(timeout)

    async def webhook(request: web.Request) -> web.Response:
        try:
            reply = await target.receive(await _body(request, target.max_bytes, timeout), [*request.headers.items()])
        except WebhookError as error:
            reply = refused(error)
        response = web.Response(body=reply.body, status=reply.status, content_type=reply.content_type)
        if reply.status in (408, 413):  # the rest of the body is not wanted
            response.force_close()
        return response

    return webhook


async def _body(request: web.Request, most: int, timeout: float) -> bytes:
    body = await gather(request.content.iter_any(), request.content_length, most, timeout)
    # Where a middleware has read it before, the stream is at its end, and aiohttp holds it.
    body = body or await request.read()
    check_length(len(body), most)
    return body
