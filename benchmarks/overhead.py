"""
What `wasend` costs beside bare httpx: CPU a call, throughput, the synchronous face, import time.

Both sides run in this process and take turns, A B A B, against one server in a process of its own, so that whatever else
the machine does falls on both alike. A figure is the median over pairs of neighbouring turns.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

import attrs
import httpx

import wasend

CallOnce: TypeAlias = Callable[[], Awaitable[object]]

SESSION: Final = "ses_7f3a91c2"
RECIPIENT: Final = "447700900456@c.us"
TEXT: Final = "See you at 10"
ANSWERS: Final = {
    b"GET": b'{"id":"66f1c0de","userId":"usr_19","uniqueSessionId":"ses_7f3a91c2","sessionName":"Front Desk",'
    b'"phoneNumber":"+447700900123","status":"CONNECTED","enableAccountProtection":true,"enableMessageLogging":false,'
    b'"enableWebhook":false,"createdAt":"2025-01-05T10:00:00.000Z","updatedAt":"2025-01-05T10:05:00.000Z"}',
    b"POST": b'{"id":"true_447700900456@c.us_3EB0F1C2D3","to":"447700900456@c.us","content":"See you at 10",'
    b'"type":"text","timestamp":1736071500,"status":"sent","fromMe":true}',
}


class Server(asyncio.Protocol):
    """The least of HTTP/1.1 that answers every GET, and every POST, with the same document."""

    answers: Final = {
        verb: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        for verb, body in ANSWERS.items()
    }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            end += 4 + int(length or 0)
            if len(self.received) < end:
                return
            self.received = self.received[end:]
            self.transport.write(self.answers[head.partition(b" ")[0]])


async def serve() -> None:
    """Name the port, and serve until standard input ends, as it does when the parent process is gone."""
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def running_server() -> Iterator[str]:
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


@attrs.frozen
class Turn:
    """What one turn took, in seconds a call."""

    wall: float
    cpu: float


def timed(work: Callable[[], object], calls: int = 1) -> Turn:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Turn((time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls)


def in_turns(*sides: Callable[[], Turn], rounds: int, seconds: float) -> list[tuple[Turn, ...]]:
    """One turn of each side to warm up; then so many rounds of a turn each, or fewer, but three, if `seconds` are over."""
    for side in sides:
        side()
    end = time.perf_counter() + seconds
    done: list[tuple[Turn, ...]] = []
    while len(done) < rounds and (len(done) < 3 or time.perf_counter() < end):
        done.append(tuple(side() for side in sides))
    return done


async def repeat(call: CallOnce, calls: int, in_flight: int) -> None:
    async def work() -> None:
        for _ in range(calls // in_flight):
            await call()

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())


@attrs.frozen
class Figure:
    """A line of the table: a value a round, and what its median should be."""

    name: str
    ours: str
    other: str
    values: list[float]
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def __str__(self) -> str:
        median = statistics.median(self.values)
        spread = f"{min(self.values):.2f} … {max(self.values):.2f}" if self.unit == "×" else f"{min(self.values):.0f} … {max(self.values):.0f}"
        return spread + str(median)


if __name__ == "__main__" and sys.argv[1:]==["--serve"]:
    asyncio.run(serve())
