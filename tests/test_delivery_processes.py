"""Rules that several processes keep together: what a thread, or the death of a process, can do to them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.test_delivery_pacing import NOON, PARIS, Jumping, most_within
from tests.test_delivery_shared import Air, taken
from wasend.delivery import leases
from wasend.delivery.pacing import Pacer
from wasend.delivery.pacing.records import KeptSends
from wasend.delivery.rate_limit import RateLimiter
from wasend.delivery.stores import MemoryStore, SqliteStore


class Slow(MemoryStore):
    """A store whose updates wait until they are let go."""

    blocking = True

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.inside = threading.Event()
        self.after = False

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        if not self.after:
            self.inside.set()
            assert self.go.wait(30)
        found = super().update(key, function)
        if self.after:
            self.inside.set()
            assert self.go.wait(30)
        return found


@pytest.mark.parametrize("after", [False, True])
async def test_cancelled_while_the_store_is_asked(after: bool) -> None:
    """A turn that is given up while the store notes it is given back: it does not count, and nobody waits for it."""
    clock, store = Jumping(), Slow()
    pacer = Pacer(clock=clock, store=store)
    await taken(pacer, clock)
    before = store.get("pacing/s")
    clock.time += 20
    store.after = after
    store.go.clear()
    store.inside.clear()
    waiting = asyncio.create_task(taken(pacer, clock, PARIS))
    assert await asyncio.to_thread(store.inside.wait, 30)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    store.go.set()
    assert await asyncio.create_task(taken(pacer, clock, PARIS, timeout=0)) == NOON + 20
    found = KeptSends.read(store.get("pacing/s")["kinds"]["own"])  # type: ignore[index]
    assert found is not None
    assert (found.count, found.first / 1000) == (2, NOON)
    assert before is not None


async def test_given_back_after_others_have_built_on_it() -> None:
    """A turn that is given up when others have gone by it stays spent."""
    clock, store = Jumping(), Slow()
    pacer, other = (Pacer(clock=clock, store=store) for _ in range(2))
    await taken(pacer, clock)
    await taken(other, clock)
    clock.time += 20
    store.after = True
    store.go.clear()
    store.inside.clear()
    waiting = asyncio.create_task(taken(pacer, clock, PARIS))
    assert await asyncio.to_thread(store.inside.wait, 30)
    clock.time += leases.LEASE + 20  # the other thinks that it was killed
    store.after = False
    store.go.set()
    release = threading.Event()
    real, store.update = store.update, lambda *args: (release.wait(30), real(*args))[1]  # type: ignore[method-assign]
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    store.update = real  # type: ignore[method-assign]
    await taken(other, clock, PARIS)
    release.set()
    await taken(pacer, clock, PARIS)
    assert KeptSends.read(store.get("pacing/s")["kinds"]["own"]).count >= 4  # type: ignore[index,union-attr]


async def test_cancelled_while_a_flight_is_counted() -> None:
    """Who gives up while the store counts its send leaves nothing behind."""
    clock, store = Jumping(), Slow()
    air = Air(clock, store, 1)
    store.go.clear()
    task = asyncio.create_task(air.send(0))
    assert await asyncio.to_thread(store.inside.wait, 30)
    task.cancel()
    await asyncio.wait([task])
    store.go.set()
    air.land.set()
    await air.send(1)
    assert store.get("breaker:s") is None


@pytest.mark.parametrize("after", [False, True])
async def test_cancelled_while_the_store_counts_a_request(after: bool) -> None:
    """A request that is given up while the store counts it does not count."""
    clock, store = Jumping(), Slow()
    limiter = RateLimiter("1/m", clock=clock, store=store)
    store.after = after
    store.go.clear()
    task = asyncio.create_task(limiter.acquire())
    assert await asyncio.to_thread(store.inside.wait, 30)
    task.cancel()
    await asyncio.wait([task])
    store.go.set()
    await limiter.acquire()
    assert clock.time == NOON


WORKER = """
import asyncio, sys, time
from wasend.delivery import Pacer, Pacing, PostgresStore, RateLimiter, SqliteStore, leases

leases.LEASE, leases.RENEWED = 0.4, 0.1
name, path, turns, log = sys.argv[1], sys.argv[2], int(sys.argv[3]), open(sys.argv[4], "a", buffering=1)

async def main():
    store = PostgresStore(path, timeout=30) if "://" in path else SqliteStore(path, timeout=30)
    pacer = Pacer({"known": Pacing(gap=(0.001, 0.002))}, store=store)
    for number in range(turns):
        async with pacer.turn("s", "+447700900123"):
            begun = time.monotonic()
            await asyncio.sleep(0)
            print(begun, time.monotonic(), name, file=log)
    limiter = RateLimiter("25/0.5s", store=store, name="shop")
    for number in range(40):
        await limiter.acquire()
        print(time.monotonic(), 0, "limit", file=log)

asyncio.run(main())
"""


def test_processes_that_are_killed(tmp_path: Path) -> None:
    """Processes that share a file send by turns, none too close to another; one that is killed keeps none waiting long."""
    SqliteStore(tmp_path / "rules.db").close()
    share_and_be_killed(str(tmp_path / "rules.db"), tmp_path)


def share_and_be_killed(store: str, folder: Path) -> None:
    """Have processes send by one store, kill some others that do, and look at what was sent."""

    def start(name: str, turns: int) -> subprocess.Popen[bytes]:
        arguments = (name, store, str(turns), str(folder / f"{name}.log"))
        return subprocess.Popen([sys.executable, "-c", WORKER, *arguments])

    def lines(name: str, of: str) -> list[tuple[float, float, str]]:
        path = folder / f"{name}.log"
        rows = [line.split() for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [(float(begun), float(ended), name) for begun, ended, name in rows if name == of]

    steady = [start(name, 100) for name in ("a", "b")]
    for round_ in range(2):
        victim = start(f"victim-{round_}", 10_000)
        while not (path := folder / f"victim-{round_}.log").exists() or path.stat().st_size < 200:
            assert victim.poll() is None
            threading.Event().wait(0.01)
        victim.kill()
        victim.wait()
    assert [process.wait(120) for process in steady] == [0, 0]
    names = ["a", "b", *(f"victim-{round_}" for round_ in range(2))]
    sent = sorted(row for name in names for row in lines(name, name))
    assert min(after[0] - before[1] for before, after in pairwise(sent)) >= 0.001
    counts = Counter(name for *_, name in sent)
    assert counts["a"] == counts["b"] == 100
    first, last = (pick(lines(name, name)[place][0] for name in "ab") for pick, place in ((max, 0), (min, -1)))
    both = [name for begun, _, name in sent if first <= begun <= last and name in "ab"]
    runs = [len([*run]) for _, run in groupby(both)]
    assert max(runs, default=0) <= 50, "neither starves"
    made = sorted(row[0] for name in "ab" for row in lines(name, "limit"))
    assert len(made) == 80
    assert most_within(made, 0.5 - 0.05) <= 25, "a request leaves a moment after it was counted"
