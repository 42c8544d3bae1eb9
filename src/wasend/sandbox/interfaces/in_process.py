"""An application without any socket behind httpx, with everything that can happen to a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import httpx

from wasend.sandbox.faults import CONNECTION, Ending

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Scope

_CLIENT: Final = ("127.0.0.1", 1)


class InProcess(httpx.AsyncBaseTransport):
    """
    Answers requests by an ASGI application in the same event loop, without a thread.

    Unlike `httpx.ASGITransport` it keeps the request's read timeout, and an application that has put an end to its
    connection is heard of as over a socket. An application whose client has gone is not cancelled: it learns of that,
    as it would from a server.

    Args:
        app: What answers. It finds a `Connection` in its scope.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """
        Answer one request.

        Raises:
            httpx.ConnectError: The connection was refused; nothing was processed.
            httpx.ReadError: The connection broke.
            httpx.ReadTimeout: The request's read timeout is over.
            httpx.RemoteProtocolError: The application ended without an answer.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "the sandbox without a socket runs on asyncio: under trio, serve it with `sandbox.serve()`, and give "
                "its url as base_url"
            ) from None
        patience: float | None = request.extensions.get("timeout", {}).get("read")
        exchange = Exchange(await request.aread(), patience)
        task = asyncio.create_task(self._answer(_scope(request, exchange), exchange))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            await asyncio.wait((task, exchange.ended), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            exchange.leave()
        if task.done():
            task.result()
        elif exchange.ending is None:
            exchange.ending = "timeout"
        return exchange.response()

    async def _answer(self, scope: Scope, exchange: Exchange) -> None:
        await self._app(scope, exchange.receive, exchange.send)


def _scope(request: httpx.Request, exchange: Exchange) -> Scope:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": _CLIENT,
        "root_path": "",
        CONNECTION: exchange,
    }


class Exchange:
    """One request and its answer: what a server would call the connection."""

    def __init__(self, body: bytes, patience: float | None) -> None:
        self.patience = patience
        self.ending: Ending | None = None
        self.ended = asyncio.get_running_loop().create_future()
        self._body: bytes | None = body
        self._gone = asyncio.Event()
        self._head: Message | None = None
        self._parts: list[bytes] = []

    def end(self, how: Ending) -> None:
        """End it; what is sent after that goes nowhere."""
        if self.ending is None and how != "idle":  # there is no connection to be idle
            self.ending = how
            self.leave()
            self.ended.set_result(None)

    def leave(self) -> None:
        """Let the application know that nobody is there any more."""
        self._gone.set()

    async def receive(self) -> dict[str, Any]:
        """Return the request, and then, once nobody is there any more, that."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        if self._gone.is_set():
            return
        if message["type"] == "http.response.start":
            self._head = message
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.leave()

    def response(self) -> httpx.Response:
        """What the client gets."""
        match self.ending:
            case "refused":
                raise httpx.ConnectError("Connection refused")
            case "reset":
                raise httpx.ReadError("Connection reset by peer")
            case "timeout":
                raise httpx.ReadTimeout("")
            case _:
                pass
        if self._head is None:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        content = b"".join(self._parts)
        whole = self.ending is None
        return httpx.Response(self._head["status"], headers=self._head["headers"], stream=_Body(content, whole=whole))


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer, which may break off."""

    def __init__(self, content: bytes, *, whole: bool) -> None:
        self._content = content
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        if not self._whole:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {len(self._content)} bytes, expected more)"
            )
