"""
What `wasend` costs beside bare httpx: CPU a call, throughput, the synchronous face, import time.

Both sides run in this process and take turns, A B A B, against one server in a process of its own, so that what else
the machine does falls on both alike. A figure is the median over pairs of neighbouring turns.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import math
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final, Literal, TypeAlias

import attrs
import httpx

import wasend

CallOnce: TypeAlias = Callable[[], Awaitable[object]]

SESSION: Final = "ses_7f3a91c2"
RECIPIENT: Final = "447700900456@c.us"
TEXT: Final = "See you at 10"
NUMBERS: Final = itertools.count()
"""For texts that differ: identical sends wait for each other where one is settled, and are kept track of together."""
ANSWERS: Final = {
    b"GET": b'{"id":"66f1c0de","userId":"usr_19","uniqueSessionId":"ses_7f3a91c2","sessionName":"Front Desk",'
    b'"phoneNumber":"+447700900123","status":"CONNECTED","enableAccountProtection":true,"enableMessageLogging":false,'
    b'"enableWebhook":false,"createdAt":"2025-01-05T10:00:00.000Z","updatedAt":"2025-01-05T10:05:00.000Z"}',
    b"POST": b'{"id":"true_447700900456@c.us_3EB0%012d","to":"447700900456@c.us","content":"See you at 10",'
    b'"type":"text","timestamp":1736071500,"status":"sent","fromMe":true}',
}


LARGE_PATH: Final = b"/large/"
"""Below this path every answer is the long one of `groups`."""


def groups(count: int, people: int) -> bytes:
    """A list of groups and their members, as an answer."""
    members = [
        {
            "id": f"4477009{number:05}@c.us",
            "phoneNumber": f"+4477009{number:05}",
            "lid": f"9{number:09}@lid",
            "isAdmin": number == 0,
            "isSuperAdmin": number == 0,
            "displayName": f"Person {number}",
            "error": 0,
        }
        for number in range(people)
    ]
    return json.dumps(
        {
            "groups": [
                {
                    "id": f"12036304123{number:07}@g.us",
                    "subject": f"Group {number}",
                    "description": "Who is on duty, and when",
                    "owner": "447700900123@c.us",
                    "creation": 1736071500 + number,
                    "size": people,
                    "isAnnounce": False,
                    "isLocked": True,
                    "ephemeral": 0,
                    "participants": members,
                }
                for number in range(count)
            ],
            "pagination": {"total": count},
        }
    ).encode()


def answer(body: bytes) -> bytes:
    """The whole answer that has this body."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


class Server(asyncio.Protocol):
    """The least of HTTP/1.1 that answers every GET with the same document, and every POST with another id."""

    delay = 0.0
    large = b""

    look: Final = answer(ANSWERS[b"GET"])
    sent = 0

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
            if head.startswith(b"POST"):
                Server.sent += 1
                reply = answer(ANSWERS[b"POST"] % Server.sent)
            else:
                reply = self.large if LARGE_PATH in head else self.look
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, reply)
            else:
                self.transport.write(reply)


async def serve(delay: float) -> None:
    """Name the port, and serve until standard input ends, as it does when the parent process is gone."""
    Server.large = answer(groups(1200, 50))
    Server.delay = delay
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def running_server(delay: float = 0.0) -> Generator[str]:
    command = [sys.executable, __file__, "--serve", "--delay", str(delay)]
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


def in_turns(
    ours: Callable[[], Turn], other: Callable[[], Turn], *, pairs: int, seconds: float
) -> list[tuple[Turn, Turn]]:
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

    transport: Literal["httpx", "aiohttp"] = "httpx"

    def __init__(self, url: str) -> None:
        self.client = wasend.AsyncWasendClient("key", base_url=url, transport=self.transport)

    async def look(self) -> object:
        return await self.client.retrieve_session_info(SESSION)

    async def send(self) -> object:
        return await self.client.send_text(session=SESSION, to=RECIPIENT, text=f"{TEXT} {next(NUMBERS)}")


class OursByAiohttp(Ours):
    """The same with ``transport="aiohttp"``."""

    transport = "aiohttp"


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
        body = {"session": SESSION, "to": RECIPIENT, "text": f"{TEXT} {next(NUMBERS)}"}
        return (await self.client.post("/sendText", json=body)).json()


@attrs.frozen
class Scale:
    """How much is measured: calls a turn, pairs of turns, of imports, and the seconds after which no pair is begun."""

    calls: int
    pairs: int
    imports: int
    seconds: float
    thousand: bool


FULL: Final = Scale(calls=25, pairs=200, imports=12, seconds=6.0, thousand=True)
QUICK: Final = Scale(calls=25, pairs=40, imports=4, seconds=3.0, thousand=False)


ROWS: Final[list[tuple[str, ...]]] = []
"""What was reported so far: name, median, spread, aim, verdict, note."""


def report(
    name: str,
    values: list[float],
    *,
    unit: str = "×",
    at_most: float = math.inf,
    at_least: float = -math.inf,
    note: str = "",
) -> None:
    """A line of the table: the median, the least and the most, the aim, and whether it is met."""
    digits = 0 if unit in ("µs", "KiB", "") else 2
    median, least, most = (f"{of(values):.{digits}f}" for of in (statistics.median, min, max))
    aim = f"≤ {at_most:g}" if at_most < math.inf else f"≥ {at_least:g}" if at_least > -math.inf else ""
    verdict = "" if not aim else "met" if at_least <= statistics.median(values) <= at_most else "MISSED"
    ROWS.append((name, f"{median} {unit}".strip(), f"{least} … {most}", aim, verdict, note))
    print(
        f"{name:<38}{median:>7} {unit:<3}{least + ' … ' + most:>17}{aim:>8}  {verdict:<7} {note}".rstrip(), flush=True
    )


def rates(pairs: list[tuple[Turn, Turn]]) -> str:
    ours, other = (1 / statistics.median(turn.wall for turn in side) for side in zip(*pairs, strict=True))
    return f"{ours:.0f} and {other:.0f} calls/s"


def one_by_one(runner: asyncio.Runner, url: str, scale: Scale) -> None:
    ours, bare = Ours(url), Bare(url)
    for name, mine, other in (
        ("retrieve_session_info", ours.look, bare.look),
        ("send_text", ours.send, bare.send),
    ):

        def turn(call: CallOnce) -> Turn:
            return timed(scale.calls, lambda: runner.run(repeat(call, scale.calls)))

        for call in (mine, other):
            turn(call)  # to warm up
        pairs = in_turns(lambda: turn(mine), lambda: turn(other), pairs=scale.pairs, seconds=scale.seconds)  # noqa: B023
        cpu = [statistics.median(turn.cpu for turn in side) * 1e6 for side in zip(*pairs, strict=True)]
        note = "{:.0f} and {:.0f} µs".format(*cpu)
        report(f"CPU, {name}", [a.cpu / b.cpu for a, b in pairs], at_most=1.10, note=note)
        report(f"calls/s, {name}", [b.wall / a.wall for a, b in pairs], note=rates(pairs))
    runner.run(ours.client.aclose())
    runner.run(bare.client.aclose())


def many_at_once(runner: asyncio.Runner, url: str, scale: Scale) -> None:
    def turn(side: Callable[[str], Ours | Bare], in_flight: int, each: int, *, warm: bool) -> Turn:
        client = side(url)
        if warm:
            runner.run(repeat(client.send, 20, 1))
            runner.run(repeat(client.send, in_flight, 20))
        calls = in_flight * each
        taken = timed(calls, lambda: runner.run(repeat(client.send, calls, in_flight)))
        runner.run(client.client.aclose())
        return taken

    crowds: list[tuple[type[Ours], int, int, float, bool]] = [
        (Ours, 100, 10, 3.0, False),
        (Ours, 100, 10, -math.inf, True),
        (OursByAiohttp, 100, 10, 5.0, False),
        (OursByAiohttp, 100, 10, -math.inf, True),
    ]
    if scale.thousand:
        crowds += [
            (Ours, 1000, 1, 20.0, False),
            (OursByAiohttp, 1000, 1, 40.0, False),
        ]
    for ours, in_flight, each, aim, warm in crowds:
        pairs = in_turns(
            lambda: turn(ours, in_flight, each, warm=warm),  # noqa: B023
            lambda: turn(Bare, in_flight, each, warm=warm),  # noqa: B023
            pairs=scale.pairs,
            seconds=scale.seconds,
        )
        name = f"calls/s, {in_flight} at once, {'warm' if warm else 'new'}"
        name += ", aiohttp" if ours is OursByAiohttp else ""
        report(name, [b.wall / a.wall for a, b in pairs], at_least=aim, note=rates(pairs))
        report("      in CPU time", [b.cpu / a.cpu for a, b in pairs])


def sync_face(runner: asyncio.Runner, url: str, scale: Scale) -> None:
    ours = Ours(url)

    def asynchronous() -> Turn:
        return timed(scale.calls, lambda: runner.run(repeat(ours.look, scale.calls)))

    with wasend.WasendClient("key", base_url=url) as client:

        def synchronous() -> Turn:
            return timed(scale.calls, lambda: [client.retrieve_session_info(SESSION) for _ in range(scale.calls)])

        synchronous()  # to warm up
        asynchronous()
        pairs = in_turns(synchronous, asynchronous, pairs=scale.pairs, seconds=scale.seconds)
    runner.run(ours.client.aclose())
    name, note = "sync client, more a call", rates(pairs)
    report(name, [(a.wall - b.wall) * 1e6 for a, b in pairs], unit="µs", at_most=60, note=note)
    report("sync client, more CPU a call", [(a.cpu - b.cpu) * 1e6 for a, b in pairs], unit="µs")


OUR_FIRST: Final = f"""
import asyncio
from wasend import AsyncWasendClient

async def main():
    async with AsyncWasendClient("key", base_url=sys.argv[1]) as client:
        await client.send_text(session={SESSION!r}, to={RECIPIENT!r}, text={TEXT!r})

asyncio.run(main())
"""
BARE_FIRST: Final = f"""
import asyncio, httpx

async def main():
    async with httpx.AsyncClient(base_url=sys.argv[1], headers={{"Authorization": "Bearer key"}}) as client:
        body = {{"session": {SESSION!r}, "to": {RECIPIENT!r}, "text": {TEXT!r}}}
        (await client.post("/sendText", json=body)).json()

asyncio.run(main())
"""
"""Programs that send one message and end."""


def import_time(url: str, scale: Scale) -> None:
    """CPU time: on a machine with other work, the wall's says little of so short a process."""

    def turn(code: str) -> float:
        # Without click, httpx leaves out its command line tool, as it does where only `wasend` is installed.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", f"import sys; sys.modules['click'] = None\n{code}", url]
        subprocess.run(command, check=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    clients = "from wasend import AsyncWasendClient", "import asyncio, httpx"
    codes = ("pass", "import wasend", "import httpx", *clients, OUR_FIRST, BARE_FIRST)
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": bytecode,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        rounds = [[turn(code) for code in codes] for _ in range(scale.imports + 1)][1:]  # to write bytecode
    rounds = [[(seconds - nothing) * 1000 for seconds in found] for nothing, *found in rounds]
    names = ("import wasend, to httpx", "import a client, to httpx and asyncio", "import and a first call, to httpx")
    for at, (name, aim) in enumerate(zip(names, (1.4, math.inf, math.inf), strict=True)):
        pairs = [(found[2 * at], found[2 * at + 1]) for found in rounds]
        ours, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        report(name, [a / b for a, b in pairs], at_most=aim, note=f"{ours:.0f} and {other:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description="What wasend costs beside bare httpx.")
    parser.add_argument("--quick", action="store_true", help="less of everything, in half a minute; no 1000 at once")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--delay", type=float, default=0.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.delay))
        return
    scale = QUICK if arguments.quick else FULL
    print(f"Python {platform.python_version()}, httpx {httpx.__version__}, wasend {wasend.__version__}")
    print(f"{'':<38}{'median':>10} {'least … most':>17}{'aim':>8}  {'':<7} wasend and the other")
    gc.collect()
    gc.freeze()  # so that a collection before each turn is cheap
    with running_server() as url, asyncio.Runner() as runner:
        one_by_one(runner, url, scale)
        sync_face(runner, url, scale)
        many_at_once(runner, url, scale)
        import_time(url, scale)


if __name__ == "__main__":
    main()
