"""
An HTTP server that does as it is told, to the byte: what a dying service, a proxy or a broken network does to a client.

It runs in a thread of its own. Each request, in the order of arrival, meets the next `Behaviour` of its script, and
further ones meet the last.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

PATIENCE = 20.0
"""Seconds after which a test takes something for hung."""


class Peer:
    """A connection at the moment that a request begins to come."""

    def __init__(
        self, server: RawServer, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.number = number
        self._reader = reader
        self._writer = writer
        self._first = b""
        self._request: bytes | None = None

    async def next_comes(self) -> bool:
        """Wait for the first byte of a request; whether there is one."""
        self._first, self._request = await self._reader.read(1), None
        return bool(self._first)

    async def request(self) -> bytes:
        """Read the request to its end, which makes it a delivery."""
        if self._request is None:
            head = self._first + await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            self._request = head + (await self._reader.readexactly(int(length[1])) if length else b"")
            self.server.requests.append(self._request)
            self.server.used.append(self.number)
        return self._request

    async def swallow(self, every: float) -> bytes:
        """Read a request of which only the head is kept, in pieces of 256 KiB with pauses between them."""
        # Else the kernel takes in what is not read yet, all of it on some machines.
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        head = self._first + await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        left = int(length[1]) if length else 0
        while left:
            left -= len(await self._reader.readexactly(min(left, 1 << 18)))
            await asyncio.sleep(every)
        self.server.requests.append(head)
        self.server.used.append(self.number)
        return head

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def gone(self) -> None:
        """Wait until the client has hung up."""
        while await self._reader.read(1 << 16):
            pass

    async def hang_up(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    def reset(self) -> None:
        """Break the connection, so that the client hears of a reset and not of an end."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    @property
    def closing(self) -> bool:
        return self._writer.is_closing()

    async def close(self) -> None:
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


Behaviour: TypeAlias = Callable[[Peer], Awaitable[None]]


def message(status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
    """An answer as bytes: text and bytes go as they are, `None` is no body, anything else is sent as JSON."""
    content = (
        b""
        if body is None
        else body.encode()
        if isinstance(body, str)
        else body
        if isinstance(body, bytes)
        else json.dumps(body).encode()
    )
    names = {"content-length": str(len(content)), "content-type": "application/json", **(headers or {})}
    lines = [f"HTTP/1.1 {status} ", *(f"{name}: {value}" for name, value in names.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


def answer(status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Read the request and answer it."""
    return raw(message(status, body, headers))


def raw(data: bytes, *, then_close: bool = False) -> Behaviour:
    """Read the request and answer these bytes; hang up then, or leave the connection open."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.write(data)
        if then_close:
            await peer.hang_up()

    return behave


def swallowing(data: bytes, *, every: float = 0.0) -> Behaviour:
    """Read a large request slowly, keep its head alone, and answer these bytes."""

    async def behave(peer: Peer) -> None:
        await peer.swallow(every)
        await peer.write(data)

    return behave


def truncated(status: int, body: Any) -> Behaviour:
    """Announce more of a body than comes, and hang up."""
    return raw(message(status, body, {"content-length": "1000"}), then_close=True)


def dripping(data: bytes, *, at_once: int = 0, every: float = 0.02) -> Behaviour:
    """Read the request and answer a byte at a time, but for the first so many; then say no more."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.write(data[:at_once])
        for byte in data[at_once:]:
            await peer.write(bytes([byte]))
            await asyncio.sleep(every)
        await peer.gone()

    return behave


def streaming(blocks: int) -> Behaviour:
    """
    Read the request and answer so many blocks of 64 KiB.

    `RawServer.cut_off` counts the clients that did not wait for the end.
    """

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(blocks):
            await peer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await peer.write(b"0\r\n\r\n")

    return behave


def held(then: Behaviour) -> Behaviour:
    """Begin a behaviour only when the server is told to `RawServer.release`."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.server.gate.wait()
        await then(peer)

    return behave


async def hang(peer: Peer) -> None:
    """Read the request and say nothing."""
    await peer.request()
    await peer.gone()


async def deaf(peer: Peer) -> None:
    """Read no more than the beginning of the request, however much comes, until the server is told to release it."""
    await peer.server.gate.wait()
    await peer.gone()


async def reset(peer: Peer) -> None:
    """Read the request and break the connection."""
    await peer.request()
    peer.reset()


async def reset_early(peer: Peer) -> None:
    """Break the connection when the request has only begun to come."""
    peer.reset()


async def close(peer: Peer) -> None:
    """Read the request and hang up."""
    await peer.request()
    await peer.hang_up()


class RawServer:
    """
    The server; `serving` makes one.

    Attributes:
        url: Where it is.
        requests: Every request that was read to its end, as bytes.
        used: The number of the connection that each of them came over, from 1.
        connections: How many connections were made.
        open: How many are open.
        peak: How many were open at once, at most.
        cut_off: How many clients hung up before the end of their answer.
        gate: What `held` and `deaf` wait for.
    """

    def __init__(self, *script: Behaviour, sock: socket.socket | None = None) -> None:
        self._script = itertools.chain(script, itertools.repeat(script[-1]))
        self._sock = sock or reserved()
        self.url = url_of(self._sock)
        self.requests: list[bytes] = []
        self.used: list[int] = []
        self.connections = self.open = self.peak = self.cut_off = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="raw server")
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    @property
    def deliveries(self) -> int:
        """How many requests were read to their end."""
        return len(self.requests)

    def release(self) -> None:
        """Let `held` answers go."""
        self._loop.call_soon_threadsafe(self.gate.set)

    def close(self) -> None:
        """End, and raise what a behaviour raised."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        for failure in self._failures:
            raise failure

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping, self.gate = asyncio.Event(), asyncio.Event()
        # Not asyncio's own server, which loses a connection that it accepts while it is being closed.
        self._sock.setblocking(False)
        self._sock.listen(512)
        self._loop.add_reader(self._sock, self._accept)
        self._ready.set()
        await self._stopping.wait()
        self._loop.remove_reader(self._sock)
        self._sock.close()
        await asyncio.sleep(0)  # the last task has begun then, and closes its connection when it is cancelled
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self) -> None:
        connection, _ = self._sock.accept()
        task = self._loop.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        self.connections += 1
        self.open += 1
        self.peak = max(self.peak, self.open)
        peer = Peer(self, self.connections, reader, writer)
        try:
            while not peer.closing and await peer.next_comes():
                await next(self._script)(peer)
        except ConnectionError:
            self.cut_off += 1
        except asyncio.IncompleteReadError:
            pass
        finally:
            await peer.close()
            self.open -= 1


def reserved() -> socket.socket:
    """A port of our own, at which nobody listens yet: connections to it are refused."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


def url_of(sock: socket.socket) -> str:
    return "http://{}:{}".format(*sock.getsockname())


@contextmanager
def serving(*script: Behaviour, sock: socket.socket | None = None) -> Iterator[RawServer]:
    """A server for the length of a block, in which all clients must have been closed and no thread started that goes on."""
    before = set(threading.enumerate())
    server = RawServer(*script, sock=sock)
    try:
        yield server
        wait_until(lambda: server.open == 0, "the clients to close their connections")
    finally:
        server.close()
    wait_until(lambda: set(threading.enumerate()) <= before, "the threads to end")


def wait_until(condition: Callable[[], bool], what: str = "it") -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.002)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or task does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.002)
