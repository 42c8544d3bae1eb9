"""Webhooks as an ASGI application: mounted in Starlette or FastAPI, or alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeAlias, cast

from ...errors import WebhookError
from ..reply import AsyncTarget, Reply, refused
from .bodies import TIMEOUT, checked_timeout, gather, length_of

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class _Gone(Exception):
    """Whoever posted has hung up."""


class WebhookApp:
    """
    An ASGI application that takes webhooks, at whatever path it has in another one.

    As a route its path is that of the route; where it is mounted, Starlette wants a slash behind the path, and answers
    307 without.

    Example:
        ```python
        app = Starlette(routes=[Route("/webhook", WebhookApp(receiver))])
        ```

    Args:
        target: A `Receiver`, or an `Endpoint`. Where the application is served by itself, a receiver is started and
            closed with it; where it is part of another one, it starts with its first event, or as that one says.
        timeout: Seconds that the body of a request may take to come; then the answer is 408.

    Raises:
        ConfigurationError: The time is none.
    """

    def __init__(self, target: AsyncTarget, *, timeout: float = TIMEOUT) -> None:
        self._target = target
        self._timeout = checked_timeout(timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, by the rules of ASGI."""
        if scope["type"] == "http":
            try:
                reply = await self._reply(scope, receive)
            except _Gone:
                return
            await _answer(reply, send, scope)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            return Reply.of(405, error="only POST")
        headers = [*scope["headers"]]  # any iterable, which may be gone through once
        length = next((length_of(value) for name, value in headers if name.lower() == b"content-length"), None)
        try:
            # Not in a variable, which a traceback of the program's own function might show.
            return await self._target.receive(
                await gather(_pieces(receive), length, self._target.max_bytes, self._timeout), headers
            )
        except WebhookError as error:
            return refused(error)

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            try:
                if hasattr(self._target, "__aenter__"):
                    await stack.enter_async_context(cast("AbstractAsyncContextManager[object]", self._target))
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _answer(reply: Reply, send: Send, scope: Scope) -> None:
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
    ]
    if reply.status == 405:
        headers.append((b"allow", b"POST"))
    if reply.status in (408, 413) and scope.get("http_version", "1.1").startswith("1"):
        # The rest of the body is not wanted. Later versions of HTTP know no such header, and can end a stream.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
