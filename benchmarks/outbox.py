"""
What the outbox costs: sends a second with and without it, CPU a send, bytes a key, memory while a file has a million
keys, and claims a second on PostgreSQL from four processes.

Both sides run in this process and take turns against one server; see `overhead.py`. Clients, file and server are on one
machine. ``--keys`` fills a file with so many keys first; ``--postgres`` names a database that is empty.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Final

from overhead import FULL, QUICK, RECIPIENT, SESSION, TEXT, Scale, Turn, in_turns, report, running_server, timed

from wasend import AsyncWasendClient
from wasend.outbox import Outbox

IN_FLIGHT: Final = 32
CALLS: Final = 640
PROCESSES: Final = 4
CLAIMS: Final = 500


class Sender:
    """Sends with a key, or without; each text and key is another."""

    def __init__(self, url: str, outbox: Outbox | None) -> None:
        self.client = AsyncWasendClient("key", base_url=url, outbox=outbox)
        self.keyed = outbox is not None
        self.sent = 0

    async def send(self) -> None:
        self.sent += 1
        number = self.sent
        key = f"order-{number}" if self.keyed else None
        await self.client.send_text(session=SESSION, to=RECIPIENT, text=f"{TEXT} {number}", key=key)

    async def many(self, calls: int) -> None:
        async def work() -> None:
            for _ in range(calls // IN_FLIGHT):
                await self.send()

        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(work())


def beside_none(runner: asyncio.Runner, url: str, path: Path, scale: Scale) -> int:
    """Throughput and CPU of the two sides; how many keys were used."""
    keyed, plain = Sender(url, Outbox(path)), Sender(url, None)

    def turn(sender: Sender) -> Turn:
        return timed(CALLS, lambda: runner.run(sender.many(CALLS)))

    turn(keyed), turn(plain)  # the first imports, opens and connects
    pairs = in_turns(lambda: turn(keyed), lambda: turn(plain), pairs=scale.pairs // 10, seconds=8 * scale.seconds)
    rate = "{:.0f} and {:.0f} sends/s".format(
        *(1 / min(turn.wall for turn in side) for side in zip(*pairs, strict=True))
    )
    report(
        f"sends/s with an outbox, {IN_FLIGHT} in flight",
        [b.wall / a.wall for a, b in pairs],
        at_least=0.85,
        note=rate,
    )
    more = [(a.cpu - b.cpu) * 1e6 for a, b in pairs]
    report(
        "CPU a send, more than without", more, unit="µs", note=f"{1e6 * min(b.cpu for _, b in pairs):.0f} µs without"
    )
    runner.run(keyed.client.aclose())
    runner.run(plain.client.aclose())
    return keyed.sent


def size(path: Path, keys: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    report("bytes a key", [path.stat().st_size / keys], unit="B", note=f"{keys} keys")


def fill(path: Path, keys: int) -> None:
    """Multiply what a file holds until it has so many keys."""
    with sqlite3.connect(path) as connection:
        columns = "session, identity, state, attempt, sending_attempt, changed, since, details"
        while (there := connection.execute("SELECT count(*) FROM calls").fetchone()[0]) < keys:
            connection.execute(
                f"INSERT INTO calls (key, account, fingerprint, claim, {columns})"
                f" SELECT key || '/' || {there}, account,"
                f" random(), claim || '/' || {there}, {columns} FROM calls ORDER BY id LIMIT {keys - there}"
            )


def with_many_keys(runner: asyncio.Runner, url: str, path: Path, keys: int) -> None:
    """What a process holds more, and how fast it is, when the file has many keys."""
    fill(path, keys)
    size(path, keys)
    sender = Sender(url, Outbox(path))
    sender.sent = 10**9
    runner.run(sender.many(CALLS))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    turn = timed(10 * CALLS, lambda: runner.run(sender.many(10 * CALLS)))
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    report(f"memory more after {10 * CALLS} sends", [more], unit="KiB", note=f"{keys} keys in the file")
    report(f"sends/s with {keys} keys", [1 / turn.wall], unit="/s")
    runner.run(sender.client.aclose())


def claim_many(target: str, number: int, url: str, result: multiprocessing.Queue[float]) -> None:
    async def main() -> None:
        sender = Sender(url, Outbox(target))
        sender.sent = number * 1_000_000
        await sender.many(IN_FLIGHT)
        began = time.perf_counter()
        await sender.many(CLAIMS)
        result.put(time.perf_counter() - began)
        await sender.client.aclose()

    asyncio.run(main())


def from_processes(target: str, url: str, name: str) -> None:
    """Sends with a key, of several processes at once, into one outbox."""
    context = multiprocessing.get_context("spawn")
    result: multiprocessing.Queue[float] = context.Queue()
    workers = [
        context.Process(target=claim_many, args=(target, number, url, result)) for number in range(1, PROCESSES + 1)
    ]
    for worker in workers:
        worker.start()
    seconds = max(result.get() for _ in workers)
    for worker in workers:
        worker.join()
    done = PROCESSES * (CLAIMS // IN_FLIGHT) * IN_FLIGHT
    report(f"sends/s of {PROCESSES} processes, {name}", [done / seconds], unit="/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--keys", type=int, default=0, help="fill the file with so many keys, such as 1000000")
    parser.add_argument("--postgres", help="the address of an empty database")
    options = parser.parse_args()
    run(QUICK if options.quick else FULL, options.keys, options.postgres)


def run(scale: Scale, keys: int = 0, postgres: str | None = None) -> None:
    with running_server() as url, asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "outbox.db")
        used = beside_none(runner, url, path, scale)
        size(path, used)
        from_processes(str(Path(folder, "shared.db")), url, "SQLite")
        if postgres:
            from_processes(postgres, url, "PostgreSQL")
        if keys:
            with_many_keys(runner, url, path, keys)


if __name__ == "__main__":
    main()
