"""The sandbox behind a socket of its own: uvicorn on an event loop in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

import attrs
import uvicorn
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from wasend.sandbox.actions import Actions
from wasend.sandbox.api import is_loopback, is_of_another_site
from wasend.sandbox.faults import CONNECTION, Ending

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn.server import ServerState

_log = logging.getLogger("wasend.sandbox")

_ABORT: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_LAST_ANSWERS = 0.2
"""Seconds that requests under way have to be answered in when the server stops."""


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Where the protocol is named, asyncio turns Nagle's algorithm off: it would delay each answer by 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows this would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _keep_quiet() -> None:
    # Without any handler, logging would print uvicorn's warnings (a malformed request) to standard error.
    uvicorn_log = logging.getLogger("uvicorn.error")
    if not uvicorn_log.hasHandlers():
        uvicorn_log.addHandler(logging.NullHandler())


@attrs.frozen
class _SocketConnection:
    """A connection of uvicorn's."""

    server_state: ServerState
    client: tuple[str, int] | None
    patience: None = None

    def end(self, how: Ending) -> None:
        """Close it; or break it, which the client hears of as a reset and not as an end."""
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if (transport.get_extra_info("peername") or ())[:2] == self.client:
                if how in ("closed", "idle"):
                    transport.close()
                else:
                    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                    transport.abort()


class SandboxServer:
    """
    A running sandbox; `with` and `async with` both start it and both end it.

    Either takes a few milliseconds, so `async with` does not leave its event loop for it. The
    server runs in a thread of its own: a blocking client may call it from the very thread that started it.

    Attributes:
        sandbox: What is served.
    """

    def __init__(self, sandbox: Actions, *, port: int, host: str, allow_remote: bool) -> None:
        if not is_loopback(host):
            if not allow_remote:
                raise ValueError(
                    f"the sandbox serves this machine only, and {host!r} is not a loopback address: "
                    "take host='127.0.0.1', or pass allow_remote=True"
                )
            _log.warning("the sandbox serves %s: other machines can reach it", host)
        self.sandbox = sandbox
        self._host = host
        self._allow_remote = allow_remote
        self._wanted_port = port
        self._listener: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """
        The port that is listened on.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._listener is None:
            raise RuntimeError("the server is not running: enter it with `with` or `async with`, or call start()")
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """
        The base URL for a client on this machine.

        Raises:
            RuntimeError: The server is not running.
        """
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> None:
        """
        Bind the port and answer from now on.

        Raises:
            OSError: The port cannot be bound.
            RuntimeError: The server is running.
        """
        if self._listener is not None:
            raise RuntimeError(f"the server is running: {self.url}")
        self._listener = _bound(self._host, self._wanted_port)
        self.sandbox.base_url = self.url
        self._server = _Server(self.sandbox if self._allow_remote else _ForThisMachine(self.sandbox))
        self._thread = threading.Thread(
            target=self._server.serve_in_thread, args=(self._listener,), name="wasend-sandbox", daemon=True
        )
        _keep_quiet()
        self._thread.start()
        try:
            self._server.listening.result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server; safe to call again."""
        if self._listener is None or self._server is None or self._thread is None:
            return
        self._server.stop()
        self._thread.join()
        self._listener.close()
        self._listener = self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"SandboxServer({self.url if self._listener else 'not running'})"


class _ForThisMachine:
    """Refuses what a browser sends for a page of another site: it would read messages, and have webhooks sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_of_another_site(Headers(scope=scope)):
            reason = "this sandbox serves programs and pages of its own machine only; other names need --allow-remote"
            await JSONResponse({"success": False, "message": reason}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Server(uvicorn.Server):
    """uvicorn, started and ended by signals where it would look at the clock every tenth of a second."""

    def __init__(self, sandbox: ASGIApp) -> None:
        self._sandbox = sandbox
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # where a request is from is seen on the connection, not read from a header
            server_header=False,
            date_header=False,  # the sandbox has a clock of its own
            timeout_keep_alive=75,  # longer than any client's: they close idle connections, not we
        )
        config.load()  # imports, which are no work for an event loop
        super().__init__(config)
        self.listening: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CONNECTION] = _SocketConnection(self.server_state, scope["client"])
        with suppress(asyncio.CancelledError):  # still delayed when the server ends: uvicorn would log a traceback
            await self._sandbox(scope, receive, send)

    def serve_in_thread(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self.serve(sockets=[listener]))
        except BaseException as error:
            if self.listening.done():
                raise
            self.listening.set_exception(error)

    def stop(self) -> None:
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is over already
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.listening.set_result(None)

    async def main_loop(self) -> None:
        if not self.should_exit:
            await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        del sockets
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._tasks_done()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for _ in range(3):  # they hear of their connection's end, and go, before they are cancelled
            await asyncio.sleep(0)
        for task in self.server_state.tasks:
            task.cancel()
        await self._tasks_done()

    async def _tasks_done(self) -> None:
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_LAST_ANSWERS)
        await asyncio.sleep(0)
