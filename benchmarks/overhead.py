"""
What `wasend` costs beside bare httpx: CPU a call, throughput, the synchronous face, import time.

Both sides run in this process and take turns, A B A B, against one server in a process of its own, so that whatever else
the machine does falls on both alike. A figure is the median over pairs of neighbouring turns.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
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


def timed(calls: int, work: Callable[[], object]) -> Turn:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Turn((time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls)


def in_turns(ours: Callable[[], Turn], other: Callable[[], Turn], *, pairs: int, seconds: float) -> list[tuple[Turn, Turn]]:
    """So many pairs of turns; fewer, but at least one, when the time is over."""
    end = time.perf_counter() + seconds
    done: list[tuple[Turn, Turn]] = []
    while not done or (len(done) < pairs and time.perf_counter() < end):
        done.append((ours(), other()))
    return done


async def repeat(call: CallOnce, calls: int, in_flight: int = 1) -> None:
    """Call so often, always so many at once."""

    async def work() -> None:
        for _ in range(calls // in_flight):
            await call()

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())


class Ours:
    """The two calls, made with `wasend`."""

    def __init__(self, url: str) -> None:
        self.client = wasend.AsyncWasendClient("key", base_url=url)

    async def look(self) -> object:
        return await self.client.retrieve_session_info(SESSION)

    async def send(self) -> object:
        return await self.client.send_text(session=SESSION, to=RECIPIENT, text=TEXT)


class Bare:
    """The same two calls, made with httpx alone, over as many connections."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0)
        timeout = httpx.Timeout(60, pool=None)  # else most of 1000 calls at once give up in its queue
        headers = {"Authorization": "Bearer key"}
        self.client = httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=timeout, trust_env=False)

    async def look(self) -> object:
        return (await self.client.get(f"/sessions/{SESSION}")).json()

    async def send(self) -> object:
        body = {"session": SESSION, "to": RECIPIENT, "text": TEXT}
        return (await self.client.post("/sendText", json=body)).json()


@attrs.frozen
class Scale:
    """How much is measured: calls a turn, pairs of turns, and seconds after which no pair is begun."""

    calls: int
    pairs: int
    seconds: float
    imports: int
    thousand: bool


FULL: Final = Scale(calls=400, pairs=15, seconds=12.0, imports=15, thousand=True)
QUICK: Final = Scale(calls=100, pairs=5, seconds=3.0, imports=5, thousand=False)


def report(name: str, values: list[float], aim: str, met: bool | None, unit: str, note: str) -> None:
    """One line of the table."""
    digits = 0 if unit == "µs" else 2
    middle, least, most = (f"{f(values):.{digits}f}" for f in (statistics.median, min, max))
    verdict = "" if met is None else "met" if met else "MISSED"
    print(f"{name:<32}{middle + ' ' + unit:>10}  {least + ' … ' + most:<16}{aim:>9}  {verdict:<7} {note}", flush=True)


def report_ratio(
    name: str, values: list[float], note: str, *, at_most: float | None = None, at_least: float | None = None, unit: str = "×"
) -> None:
    median = statistics.median(values)
    if at_most is not None:
        report(name, values, f"≤ {at_most:g} {unit}", median <= at_most, unit, note)
    elif at_least is not None:
        report(name, values, f"≥ {at_least:g} {unit}", median >= at_least, unit, note)
    else:
        report(name, values, "", None, unit, note)
