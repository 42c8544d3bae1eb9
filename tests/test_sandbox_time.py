"""The sandbox's clock, stopped and running, and the scheduler of what happens by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.raw import PATIENCE, until
from wasend.sandbox import Clock
from wasend.sandbox.world import Scheduler
from wasend.sandbox.world.clock import _ROUNDS

START = 1_750_000_000.0
LAST = 253_402_300_799.0


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock(stopped=True, at=START)


async def together(*sleepers: Awaitable[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*sleepers)


async def test_stopped_clock_goes_from_sleeper_to_sleeper(clock: Clock) -> None:
    """Whoever is due first wakes first, at its own time, and those who are due together in the order of their coming."""
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.now() - START))

    await together(sleeper("late", 45), sleeper("often", 10, 10, 20, 10), sleeper("tie", 20), sleeper("never", 0, -1))
    assert woken == [
        *[("never", 0), ("never", 0)],
        *[("often", 10), ("tie", 20), ("often", 20), ("often", 40), ("late", 45), ("often", 50)],
    ]
    assert clock.monotonic() == clock.now() == START + 50


async def test_cancelled_sleeper_moves_nothing(clock: Clock) -> None:
    """One who is cancelled in its sleep neither takes the clock on, nor stands in the way of those behind it."""
    seen: list[float] = []
    clock.watch(lambda: seen.append(clock.now() - START))
    second = asyncio.ensure_future(clock.sleep(10))
    for _ in range(_ROUNDS // 2):
        await asyncio.sleep(0)
    first = asyncio.ensure_future(clock.sleep(5))
    for _ in range(_ROUNDS // 2 + 5):  # so that the second one's turn was over while it was not due first
        await asyncio.sleep(0)
    first.cancel()
    await together(second)
    assert seen == [10]


async def test_running_clock_that_is_moved(clock: Clock) -> None:
    """A sleeper by a running clock wakes as soon as another thread moves the clock there, and not before."""
    clock.start()
    clock.start()
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    await asyncio.to_thread(clock.advance, 3000)
    await clock.sleep(0.002)
    assert not sleeper.done()
    await asyncio.to_thread(clock.advance, 600)
    await together(sleeper)
    assert START + 3600 <= clock.now() < START + 3600 + PATIENCE
    assert not clock.stopped


async def test_clock_that_is_stopped_under_a_sleeper(clock: Clock) -> None:
    """Stopping the clock lets those who sleep by it go on at once."""
    clock.start()
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.stop()
    clock.stop()
    await together(sleeper)
    assert clock.stopped
    assert START + 3600 <= clock.now() < START + 3600 + PATIENCE


async def test_clock_that_is_started_under_a_sleeper(clock: Clock) -> None:
    """Starting the clock makes those who sleep by it wait their real time, and no jump is left over."""
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.start()
    await clock.sleep(0.005)
    assert not sleeper.done()
    assert clock.now() < START + PATIENCE
    clock.advance(3600)
    await together(sleeper)


def test_sleepers_of_several_loops(clock: Clock) -> None:
    """Sleepers in loops of several threads wake in the order of their times, whoever gets there first."""
    woken: list[int] = []
    ready = threading.Barrier(3, timeout=30)

    async def sleeper(seconds: int) -> None:
        nap = asyncio.ensure_future(clock.sleep(seconds))
        await asyncio.to_thread(ready.wait, PATIENCE)
        await together(nap)
        woken.append(seconds)

    # By a running clock until all are asleep: a stopped one would not wait for those who come later.
    clock.start()
    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(asyncio.run, sleeper(seconds)) for seconds in (3000, 1000, 2000)]
        asyncio.run(until(lambda: len(clock._sleepers) == 3))
        clock.stop()
        for result in results:
            result.result(PATIENCE)
    assert sorted(woken) == [1000, 2000, 3000]
    assert START + 3000 <= clock.now() < START + 3000 + PATIENCE


async def test_loop_that_was_closed_under_its_sleeper(clock: Clock) -> None:
    """A sleeper whose loop is gone holds nobody up."""

    def sleep_and_go() -> None:
        loop = asyncio.new_event_loop()
        nap = clock.sleep(5)
        task = loop.create_task(nap)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        task._log_destroy_pending = False  # type: ignore[attr-defined]

    await asyncio.to_thread(sleep_and_go)
    await together(clock.sleep(10))
    assert clock.now() == START + 10


async def test_end_of_the_calendar(clock: Clock) -> None:
    """The clock stays within the years that a date can tell, however far somebody moves it or sleeps."""
    for seconds in (LAST, LAST - START + 1, 10**400, float("inf"), float("nan"), -1):
        with pytest.raises(ValueError, match="a clock"):
            clock.advance(seconds)
    assert clock.now() == START
    await together(clock.sleep(float("inf")))
    await together(clock.sleep(1))
    assert clock.now() == LAST


def test_watchers(clock: Clock) -> None:
    """Who watches is told of every move, stop and start, until they no longer want to be."""
    told: list[tuple[bool, float]] = []
    end = clock.watch(lambda: told.append((clock.stopped, round(clock.now() - START))))
    clock.advance(60)
    clock.start()
    clock.stop()
    end()
    clock.advance(60)
    assert told == [(True, 60), (False, 60), (True, 60)]


@pytest.fixture
def scheduler(clock: Clock) -> Scheduler:
    """A scheduler by that clock."""
    return Scheduler(threading.RLock(), clock)


def test_scheduler_keeps_the_order_of_times(clock: Clock, scheduler: Scheduler) -> None:
    """What is due is done in the order of its times and as if at its time, and what follows from it as well."""
    done: list[tuple[str, float]] = []

    def act(name: str, *then: Callable[[], None]) -> Callable[[], None]:
        def action() -> None:
            scheduler.catch_up()  # somebody looks from within: nothing else comes in between
            done.append((name, scheduler.now() - START))
            for one in then:
                one()

        return action

    scheduler.add(20, act("second"))
    scheduler.add(10, act("first", lambda: scheduler.add(5, act("follows")), lambda: scheduler.add(50, act("later"))))
    scheduler.add_at(START + 20, act("third"))
    scheduler.catch_up()
    assert (done, scheduler.next_due()) == ([], START + 10)
    clock.advance(30)
    scheduler.catch_up()
    assert done == [("first", 10), ("follows", 15), ("second", 20), ("third", 20)]
    assert (scheduler.now(), scheduler.next_due()) == (START + 30, START + 60)
    scheduler.clear()
    clock.advance(100)
    scheduler.catch_up()
    assert len(done) == 4
    assert scheduler.next_due() is None


def test_scheduler_after_a_failure(clock: Clock, scheduler: Scheduler) -> None:
    """An action that fails is told to whoever looked, is not done again, and the rest is done when one looks again."""
    done: list[str] = []
    scheduler.add(1, lambda: 1 / 0)
    scheduler.add(2, lambda: done.append("next"))
    clock.advance(5)
    with pytest.raises(ZeroDivisionError):
        scheduler.catch_up()
    assert scheduler.now() == START + 5
    scheduler.catch_up()
    assert done == ["next"]
