"""
Every ratio that the project promises, measured in one run and written to ``RESULTS.md`` beside this file.

What is beside bare httpx comes from `overhead`; what is of reading, of threads and of long runs is here.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import resource
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
import outbox
import overhead
from overhead import FULL, NUMBERS, QUICK, RECIPIENT, ROWS, SESSION, TEXT, Scale, report, running_server

import wasend
from wasend._core.codec import decode, parse

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
THREADS: Final = 16
DELAY: Final = 0.02


def descriptors() -> int:
    """How many are open."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def reading(scale: Scale) -> None:
    """Reading 1000 groups of 50 members, beside `json.loads` of the same text; in CPU time."""
    text = overhead.groups(1000, 50)
    document = json.loads(text)
    page = wasend.Page[wasend.Group]

    def seconds(work: object) -> float:
        assert callable(work)
        gc.collect()
        began = time.process_time()
        work()
        return time.process_time() - began

    rounds = [
        (
            seconds(lambda: decode(document, page, ("groups",))),
            seconds(lambda: decode(parse(text), page, ("groups",))),
            seconds(lambda: json.loads(text)),
        )
        for _ in range(scale.imports + 1)
    ][1:]
    note = f"{len(text) >> 20} MiB"
    report("decoding, to json.loads", [models / plain for models, _, plain in rounds], at_most=2.5, note=note)
    report("parsing and decoding, to json.loads", [both / plain for _, both, plain in rounds])


async def stalls(url: str, scale: Scale) -> None:
    """The longest time between two turns of the loop while an answer of 10 MB is read, in CPU time of the process."""
    longest: list[float] = []

    async def watch() -> None:
        last = time.process_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.process_time()
            longest[-1], last = max(longest[-1], (now - last) * 1000), now

    async with wasend.AsyncWasendClient("key", base_url=url) as client:
        await client.retrieve_session_info(SESSION)
        for collecting in (True, False):
            longest.clear()
            for _ in range(scale.imports):
                gc.collect()
                if not collecting:
                    gc.disable()
                longest.append(0.0)
                watching = asyncio.create_task(watch())
                page = await client.get_groups("large")
                watching.cancel()
                assert len(page) == 1200
                del page
                gc.enable()
            name = "longest stall at 10 MB" if collecting else "      without garbage collection"
            report(name, longest[1:], unit="ms", at_most=25)


def threads(scale: Scale) -> None:
    """
    The rate of 16 threads on one sync client; the server answers each request after 20 ms.

    What 16 threads with a socket each and nothing else reach stands for the machine's own part in it.
    """
    calls = 25
    length = len(overhead.Server.look)
    headers = {"Authorization": "Bearer key"}
    with (
        running_server(DELAY) as url,
        wasend.WasendClient("key", base_url=url) as client,
        httpx.Client(base_url=url, headers=headers, trust_env=False) as bare,
        ThreadPoolExecutor(THREADS) as pool,
    ):

        def ours() -> None:
            for _ in range(calls):
                client.retrieve_session_info(SESSION)

        def other() -> None:
            for _ in range(calls):
                bare.get(f"/sessions/{SESSION}").json()

        def sockets() -> None:
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
                for _ in range(calls):
                    connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    left = length
                    while left:
                        left -= len(connection.recv(left))

        def rate(work: Callable[[], None]) -> float:
            began = time.perf_counter()
            for done in [pool.submit(work) for _ in range(THREADS)]:
                done.result()
            return calls * DELAY / (time.perf_counter() - began)

        rounds = [(rate(ours), rate(sockets), rate(other)) for _ in range(scale.imports + 1)][1:]
    report("16 threads, to 16 bare sockets", [a / b for a, b, _ in rounds], at_least=0.9)
    report("      to 16 with one httpx.Client", [a / c for a, _, c in rounds])
    for name, rates in zip(("", " of the sockets", " of httpx.Client"), zip(*rounds, strict=True), strict=True):
        report(f"      part of the ideal{name}", list(rates))


async def lasting(url: str, calls: int, *, first: int, sends: bool) -> None:
    """
    What a client holds after so many calls more than after the first ones: memory, and descriptors.

    It goes by the most memory that the process ever held, so it comes before all else.
    """

    async def some(client: wasend.AsyncWasendClient, count: int) -> None:
        async def work() -> None:
            for _ in range(count // 10):
                if sends:
                    await client.send_text(session=SESSION, to=RECIPIENT, text=f"{TEXT} {next(NUMBERS)}")
                else:
                    await client.retrieve_session_info(SESSION)

        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(work())

    async with wasend.AsyncWasendClient("key", base_url=url) as client:
        await some(client, first)
        gc.collect()
        memory, open_ = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, descriptors()
        await some(client, calls)
        gc.collect()
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        name = f"{calls} {'sends' if sends else 'reads'}, more"
        report(f"{name} memory", [more], unit="KiB", at_most=10_240 if sends else 2048)
        report(f"{name} descriptors", [descriptors() - open_], unit="", at_most=0)


def loops(url: str) -> None:
    """Descriptors after an async client was used from 300 loops in turn, more than before."""
    client = wasend.AsyncWasendClient("key", base_url=url)
    before = descriptors()
    for _ in range(300):
        asyncio.run(client.retrieve_session_info(SESSION))
    report("300 loops in turn, more descriptors", [descriptors() - before], unit="", at_most=0)
    asyncio.run(client.aclose())


def write() -> None:
    about = f"Python {platform.python_version()}, httpx {httpx.__version__}, {os.cpu_count()} cores"
    lines = [
        "# Results",
        "",
        f"One run of `nox -s bench`: {about}. What each line means is in [README.md](README.md).",
        "",
        "| what | median | least … most | aim | | the two sides |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(cell.strip() for cell in row) + " |" for row in ROWS),
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything; nothing is written")
    parser.add_argument("--long", action="store_true", help="also 100 000 sends in a row: three minutes more")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    with running_server() as url, asyncio.Runner() as runner:
        if options.long:  # settling remembers the newest 50 000 messages; its full dictionaries are rebuilt once more
            runner.run(lasting(url, 100_000, first=60_000, sends=True))
        reads = 2_000 if options.quick else 20_000
        runner.run(lasting(url, reads, first=reads // 2, sends=False))
        loops(url)
        reading(scale)
        gc.collect()
        gc.freeze()  # so that a collection before each turn is cheap
        runner.run(stalls(url, scale))
        overhead.one_by_one(runner, url, scale)
        overhead.sync_face(runner, url, scale)
        overhead.many_at_once(runner, url, scale)
        overhead.import_time(url, scale)
    threads(scale)
    outbox.run(scale)
    if not options.quick:
        write()


if __name__ == "__main__":
    main()
