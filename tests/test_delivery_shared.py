"""Rules that several processes keep together: those of a test are pacers of their own, or processes that are killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import groupby, pairwise
from random import Random
from typing import Any

import attrs
import httpx
import pytest

from tests.test_delivery_pacing import DAY, HOUR, LONDON, NOON, PARIS, PLAIN, Jumping, chat, gaps, idle, most_within
from wasend import AsyncWasendClient, TurnTimeoutError, Wait
from wasend._core.answer import Answer
from wasend._core.engine import HeldBackError
from wasend.api.contacts import ContactExistence
from wasend.api.sessions import SessionRef
from wasend.delivery import bulkhead, leases, shared_limit
from wasend.delivery.breaker import Breaker
from wasend.delivery.pacing import Pacer, Pacing
from wasend.delivery.pacing.records import Kept, Wish
from wasend.delivery.rate_limit import RateLimiter
from wasend.delivery.resolving import Resolver
from wasend.delivery.store_access import StoreAccess
from wasend.delivery.stores import MemoryStore, Store
from wasend.errors import (
    AccountRestrictedError,
    BreakerOpenError,
    ConfigurationError,
    RateLimitError,
    ServerError,
    StoreError,
    WasendError,
)


def kept(store: MemoryStore, session: str = "s") -> Kept:
    found = Kept.read(store.get(f"pacing/{session}"))
    assert found is not None
    return found


async def taken(pacer: Pacer, clock: Jumping, to: str = LONDON, kind: str | Pacing = PLAIN, **options: Any) -> float:
    """Take a turn, and end it: when it began."""
    async with pacer.turn("s", to, kind, **options):
        return clock.time


# --- pacing


@pytest.mark.parametrize(
    ("pacers", "profile"),
    [
        (4, PLAIN),
        (2, attrs.evolve(PLAIN, per_hour=12, pause_after=7, pause=(60, 90))),
        (3, attrs.evolve(Pacing.cold(), quiet_hours=None)),
    ],
)
async def test_rules_hold_for_all_together(pacers: int, profile: Pacing) -> None:
    """However many pace a session by one store, gaps, pauses, caps and warm-up hold for what all of them send."""
    clock, store = Jumping(), MemoryStore()
    sent: list[tuple[float, float, int]] = []

    async def work(number: int) -> None:
        pacer = Pacer({"own": profile}, clock=clock, store=store, random=Random(number))
        for turn in range(120 // pacers):
            async with pacer.turn("s", chat(turn), "own"):
                begun = clock.time
                await clock.sleep(number)
                sent.append((begun, clock.time, number))

    await asyncio.gather(*map(work, range(pacers)))
    assert sent == sorted(sent)
    between = [after[0] - before[1] for before, after in pairwise(sent)]
    assert min(between) >= profile.gap[0] - 1e-3
    moments = [begun for begun, _, _ in sent]
    assert most_within(moments, HOUR) <= (profile.per_hour or 120)
    if profile.warm_up:
        assert most_within([moment for moment in moments if moment < NOON + DAY], DAY) == 20
    else:
        assert max(between) <= (profile.pause[1] + 1 if profile.pause and not profile.per_hour else HOUR)
    if profile.pause is not None and profile.pause_after is not None:
        least = profile.pause[0]
        runs = [len([*run]) for rest, run in groupby(between, lambda gap: gap >= least) if not rest]
        assert max(runs) < profile.pause_after
    served = [number for *_, number in sent]
    for begin in range(0, 120 - 3 * pacers, pacers):
        assert set(served[begin : begin + 3 * pacers]) == {*range(pacers)}, "each has its turn"


async def test_no_more_gap_than_alone() -> None:
    """Two that take turns are as fast as one alone: nobody looks too late."""
    clock, store = Jumping(), MemoryStore()
    moments: list[float] = []

    async def work(number: int) -> None:
        pacer = Pacer(clock=clock, store=store, random=Random(number))
        moments.extend([await taken(pacer, clock, chat(turn)) for turn in range(40)])

    await asyncio.gather(work(1), work(2))
    found = gaps(sorted(moments))
    assert min(found) >= 5
    assert max(found) <= 15 + 0.2


async def test_another_turn_under_way_keeps_waiting() -> None:
    """While another process sends nothing is sent, however long that takes; gaps count from its end."""
    clock, store = Jumping(), MemoryStore()
    one, other = (Pacer(clock=clock, store=store, random=Random(number)) for number in range(2))
    waits: list[Wait] = []
    async with one.turn("s", LONDON, PLAIN):
        waiting = asyncio.create_task(taken(other, clock, PARIS, on_wait=waits.append))
        with pytest.raises(TurnTimeoutError) as caught:
            await asyncio.create_task(taken(other, clock, chat(5), timeout=0))
        await clock.sleep(25)
        assert not waiting.done()
        end = clock.time
    assert 5 <= await waiting - end <= 15
    assert caught.value.reason == "turn"
    assert waits[0].reason == "turn"


async def test_a_killed_turn_is_spent() -> None:
    """A turn whose process was killed keeps the others waiting for its lease, counts, and is over then."""
    clock, store = Jumping(), MemoryStore()
    await Pacer(clock=clock, store=store).turn("s", LONDON, PLAIN).__aenter__()
    profile = attrs.evolve(PLAIN, per_hour=2)
    other = Pacer(clock=clock, store=store)
    moment = await asyncio.create_task(taken(other, clock, PARIS, profile))
    assert leases.LEASE + 5 <= moment - NOON <= leases.LEASE + 15 + 1
    assert await taken(other, clock, PARIS, profile) - NOON >= HOUR


async def test_a_turn_that_lasts_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn is renewed while it lasts, and not any more when it has ended."""
    monkeypatch.setattr(leases, "RENEWED", 0)
    clock, store = Jumping(), MemoryStore()
    async with Pacer(clock=clock, store=store).turn("s", LONDON, PLAIN):
        for seconds in (0, 100, 200):
            clock.time = NOON + seconds
            await asyncio.sleep(0.01)
            turn = kept(store).turn
            assert turn is not None
            assert turn.until == clock.time + leases.LEASE
    await asyncio.sleep(0.01)
    assert kept(store).turn is None


async def test_a_lease_is_not_stretched_by_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back an hour does not make a killed turn last for an hour."""
    clock, store = Jumping(), MemoryStore()
    await Pacer(clock=clock, store=store).turn("s", LONDON, PLAIN).__aenter__()
    clock.ahead = -HOUR
    moment = await asyncio.create_task(taken(Pacer(clock=clock, store=store), clock, PARIS))
    assert moment - NOON <= leases.LEASE + 15 + 1


async def test_one_who_was_killed_while_waiting() -> None:
    """Who asked before, and does not come forward, is waited for a second, once."""
    clock, store = Jumping(), MemoryStore()
    pacer = Pacer(clock=clock, store=store)
    await taken(pacer, clock)
    found = kept(store)
    found.wishes = {"killed": Wish(0, NOON, "own", PLAIN.gap), "asleep": Wish(0, NOON + DAY, "own", PLAIN.gap)}
    found.tickets = 1
    store.set("pacing/s", found.written())
    clock.time += 100
    assert 1 <= await taken(pacer, clock) - NOON - 100 <= 1.2
    clock.time += 15
    await taken(pacer, clock, timeout=0)
    assert [*kept(store).wishes] == ["asleep"]


async def test_who_gives_up_says_so() -> None:
    """One who has asked others to let it go first, and gives up, keeps none of them waiting."""
    clock, store = Jumping(), MemoryStore()
    one, other = (Pacer(clock=clock, store=store, random=Random(number)) for number in range(2))
    await taken(one, clock)
    waiting = [asyncio.create_task(taken(pacer, clock, PARIS)) for pacer in (one, other)]
    done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == len(kept(store).wishes) == 1
    for task in late:
        task.cancel()
    await asyncio.wait(late)
    assert kept(store).wishes == {}


async def test_a_reply_does_not_wait_for_what_was_refused() -> None:
    """Where another process was faster, what waits for its long gap keeps no reply waiting."""
    clock, store = Jumping(), MemoryStore()
    one, other = (Pacer(clock=clock, store=store) for _ in range(2))
    one.when("s", LONDON)
    await taken(other, clock, kind="cold")
    waiting = asyncio.create_task(taken(one, clock, PARIS, "cold"))
    await idle()
    assert await taken(one, clock, chat(1), "reply") - NOON <= 3
    assert await waiting - NOON >= 30


async def test_replies_of_one_and_the_rest_of_another() -> None:
    """A reply is due before what another process has waiting of another kind, and does not keep that waiting for ever."""
    clock, store = Jumping(), MemoryStore()
    order: list[str] = []

    async def work(kind: str, count: int) -> None:
        pacer = Pacer(clock=clock, store=store, random=Random(count))
        for number in range(count):
            await taken(pacer, clock, chat(number), kind)
            order.append(kind)

    await asyncio.gather(work("reply", 100), work("cold", 4))
    assert order[:5].count("reply") >= 4
    assert order.index("cold", 10) < 60
    assert order.count("cold") == 4


async def test_a_store_that_fails_when_it_has_noted_a_turn() -> None:
    """A turn of which nobody can tell whether the store has noted it is given back as well."""

    class Uncertain(MemoryStore):
        fails = False

        def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
            found = super().update(key, function)
            if self.fails:
                self.fails = False
                raise OSError("the connection was lost")
            return found

    clock, store = Jumping(), Uncertain()
    one, other = (Pacer(clock=clock, store=store) for _ in range(2))
    store.fails = True
    with pytest.raises(StoreError, match="was lost"):
        await taken(one, clock)
    assert await taken(other, clock, PARIS) == NOON


@pytest.mark.parametrize("rule", ["turn", "request"])
async def test_cancelled_as_the_store_has_answered(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store has noted in the very moment in which somebody gives up is given back as well."""
    clock, store = Jumping(), MemoryStore()
    pacer, limiter = Pacer(clock=clock, store=store), RateLimiter("1/m", clock=clock, store=store)

    async def ask() -> None:
        await (taken(pacer, clock) if rule == "turn" else limiter.acquire())

    real = StoreAccess.run

    async def answered(self: StoreAccess, function: Callable[[], Any]) -> Any:
        before = store.items("")
        await real(self, function)
        if store.items("") != before:
            raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(StoreAccess, "run", answered)
        with pytest.raises(asyncio.CancelledError):
            await ask()
    await ask()
    assert clock.time == NOON


class Timed(MemoryStore):
    """A store with a clock of its own."""

    def __init__(self, clock: Jumping) -> None:
        super().__init__()
        self.clock = clock
        self.asked = 0

    def now(self) -> float:
        self.asked += 1
        return self.clock.time


class Wrong(Jumping):
    """The clock of a machine that has another time of day."""

    def __init__(self, right: Jumping, ahead: float) -> None:
        super().__init__()
        self.right, self.ahead = right, ahead

    def now(self) -> float:
        return self.right.time + self.ahead

    def monotonic(self) -> float:
        return self.right.time + 12_345 * (1 + self.ahead)

    async def sleep(self, seconds: float) -> None:
        await self.right.sleep(seconds)


@pytest.mark.parametrize("ahead", [-300 * DAY, -7.0, 3 * DAY])
async def test_a_wrong_clock_breaks_nothing(ahead: float) -> None:
    """Where the store has a clock all go by it: a machine whose own is wrong keeps every rule, as the others do."""
    right = Jumping()
    store = Timed(right)
    profile = attrs.evolve(PLAIN, per_hour=12, quiet_hours=(22, 8))
    moments: list[float] = []

    async def work(clock: Jumping, seed: int) -> None:
        pacer = Pacer({"own": profile}, clock=clock, store=store, random=Random(seed))
        for number in range(40):
            async with pacer.turn("s", chat(number), "own"):
                moments.append(right.time)

    await asyncio.gather(work(right, 1), work(Wrong(right, ahead), 2))
    assert min(gaps(moments)) >= 5 - 1e-3
    assert most_within(moments, HOUR) == 12
    assert moments[-1] - NOON < 7 * HOUR
    assert store.asked < 80, "it is asked now and then"


async def test_a_simulated_clock_goes_before_the_stores() -> None:
    """Whose clock is made up goes by that: what waits by it moves no other."""

    class Simulated(Jumping):
        simulated = True

    clock = Simulated()
    store = Timed(Jumping(NOON + 9 * DAY))
    pacer = Pacer(clock=clock, store=store)
    assert [await taken(pacer, clock) for _ in range(2)][1] - NOON <= 15
    assert store.asked == 0


async def test_what_a_store_has_lost() -> None:
    """A process whose store is emptied goes by what it remembers, and keeps that again."""
    clock, store = Jumping(), MemoryStore()
    pacer = Pacer(clock=clock, store=store)
    profile = attrs.evolve(PLAIN, per_hour=3)
    for _ in range(2):
        await taken(pacer, clock, kind=profile)
    store.delete("pacing/s")
    await taken(pacer, clock, kind=profile)
    other = Pacer(clock=clock, store=store)
    assert await taken(other, clock, kind=profile) - NOON >= HOUR


@pytest.mark.parametrize("failing", ["get", "update"])
async def test_a_store_that_is_gone_while_waiting(failing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that fails when a turn is due is an error before anything is sent, and keeps nobody waiting afterwards."""
    clock, store = Jumping(), MemoryStore()
    one, other = (Pacer(clock=clock, store=store) for _ in range(2))
    await taken(one, clock)
    await taken(other, clock)
    waiting = asyncio.create_task(taken(one, clock))

    def gone(*_: Any) -> Any:
        raise OSError("gone")

    await idle(1)
    with monkeypatch.context() as patch:
        patch.setattr(store, failing, gone)
        if failing == "update":
            with pytest.raises(StoreError, match="gone"):
                await waiting
    if failing == "get":
        await waiting
    assert await taken(one, clock) > NOON


# --- the breaker


class Air:
    """Breakers that share a store, and what is in flight by them."""

    def __init__(self, clock: Jumping, store: Store, count: int) -> None:
        self.breakers = [Breaker(clock=clock, store=store) for _ in range(count)]
        self.within = self.most = self.done = 0
        self.land = asyncio.Event()
        self.error: WasendError | None = None

    async def send(self, number: int, *, new: bool = True) -> None:
        async with self.breakers[number % len(self.breakers)].flight("s", chat(number), new):
            self.within += 1
            self.most = max(self.most, self.within)
            try:
                await self.land.wait()
                if self.error is not None:
                    raise self.error
                self.done += 1
            finally:
                self.within -= 1

    async def some_are_in_flight(self, count: int) -> None:
        while self.within != count:
            await asyncio.sleep(0)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for sends of other processes looks often."""
    monkeypatch.setattr(bulkhead, "_SOON", 0.002)
    monkeypatch.setattr(bulkhead, "_OFTEN", 0.01)


def held(clock: Jumping, store: Store) -> None:
    """Let a breaker have been open, and its time be over."""
    for _ in range(3):
        Breaker(clock=clock, store=store).note("s", ServerError("no", status=500))
    clock.time += 1000


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("fails", [False, True])
async def test_one_probe_over_all_processes(fails: bool) -> None:
    """When a breaker's time is over one send goes first, of all processes; as it goes the others pass or are held back."""
    clock, store = Jumping(), MemoryStore()
    held(clock, store)
    air = Air(clock, store, 4)
    tasks = [asyncio.create_task(air.send(number, new=False)) for number in range(8)]
    await air.some_are_in_flight(1)
    await asyncio.sleep(0.05)
    assert air.within == 1
    air.error = ServerError("no", status=500) if fails else None
    air.land.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    if fails:
        assert Counter(type(result).__name__ for result in results) == {"ServerError": 1, "BreakerOpenError": 7}
        assert air.most == 1
    else:
        assert results == [None] * 8
        assert store.get("breaker:s") is None


@pytest.mark.usefixtures("quickly")
async def test_new_conversations_of_all_processes() -> None:
    """Two new conversations of a session are in flight at once, of all processes together; replies are not counted."""
    clock, store = Jumping(), MemoryStore()
    air = Air(clock, store, 3)
    tasks = [asyncio.create_task(air.send(number)) for number in range(7)]
    await air.some_are_in_flight(2)
    await asyncio.sleep(0.05)
    assert air.within == 2
    for task in tasks[:2]:
        task.cancel()
    await asyncio.wait(tasks[:2])
    await air.some_are_in_flight(2)
    air.land.set()
    await asyncio.gather(*tasks[2:])
    assert (air.most, air.done) == (2, 5)
    assert store.get("breaker:s") is None

    air.land.clear()
    replies = [asyncio.create_task(air.send(number, new=False)) for number in range(9)]
    await air.some_are_in_flight(9)
    assert store.get("breaker:s") is None, "and cost no write"
    air.land.set()
    await asyncio.gather(*replies)


@pytest.mark.usefixtures("quickly")
async def test_a_probe_that_was_killed() -> None:
    """The probe of a process that was killed counts until its lease is over; one that lasts is renewed."""
    clock, store = Jumping(), MemoryStore()
    held(clock, store)
    killed, air = Air(clock, store, 1), Air(clock, store, 1)
    lost = asyncio.create_task(killed.send(0))
    await killed.some_are_in_flight(1)
    waiting = asyncio.create_task(air.send(1))
    await asyncio.sleep(0.05)
    assert air.within == 0
    clock.time += leases.LEASE + 1
    await air.some_are_in_flight(1)
    air.land.set()
    await waiting
    lost.cancel()
    await asyncio.wait([lost])


async def test_a_flight_that_lasts_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A send in flight is renewed while it lasts."""
    monkeypatch.setattr(leases, "RENEWED", 0)
    clock, store = Jumping(), MemoryStore()
    air = Air(clock, store, 1)
    task = asyncio.create_task(air.send(0))
    await air.some_are_in_flight(1)
    clock.time += 100
    await asyncio.sleep(0.01)
    ((_, until),) = (store.get("breaker:s") or {})["flights"].values()
    assert until == clock.time + leases.LEASE
    air.land.set()
    await task


async def test_held_back_just_before_it_is_counted() -> None:
    """What another process notes between a look at the store and the update that counts a send holds that send back."""

    class Between(MemoryStore):
        act: Callable[[], None] | None = None

        def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
            act, self.act = self.act, None
            if act is not None:
                act()
            return super().update(key, function)

    clock, store = Jumping(), Between()
    air, other = Air(clock, store, 1), Breaker(clock=clock, store=store)
    store.act = lambda: other.note("s", AccountRestrictedError("no", status=500, signal="463"))
    with pytest.raises(BreakerOpenError):
        await air.send(0)
    assert air.most == 0


async def test_closing_a_breaker_counts_on() -> None:
    """Closing a breaker by hand ends what is held back, not what is in flight."""
    clock, store = Jumping(), MemoryStore()
    air = Air(clock, store, 1)
    task = asyncio.create_task(air.send(0))
    await air.some_are_in_flight(1)
    air.breakers[0].note("s", ServerError("no", status=500))
    air.breakers[0].close("s")
    assert air.breakers[0].state("s").failures == 0
    assert len((store.get("breaker:s") or {})["flights"]) == 1
    air.land.set()
    await task


# --- the rate limit

REFUSED = Answer(429, {"retry-after": "20"}, b"")


async def requests(limiter: RateLimiter, clock: Jumping, count: int, moments: list[float]) -> None:
    """Make so many requests at once, and note when each leaves."""

    async def one() -> None:
        await limiter.acquire()
        moments.append(clock.time)

    await asyncio.gather(*(one() for _ in range(count)))


@pytest.mark.parametrize("limiters", [1, 2, 4])
async def test_a_limit_for_all_together(limiters: int) -> None:
    """20 in a minute are 20 of all processes, in any minute, and no fewer; each has its share."""
    clock, store = Jumping(), MemoryStore()
    moments: dict[int, list[float]] = {number: [] for number in range(limiters)}
    await asyncio.gather(
        *(requests(RateLimiter("20/m", clock=clock, store=store), clock, 60, moments[number]) for number in moments)
    )
    together = sorted(moment for some in moments.values() for moment in some)
    assert most_within(together, 60) == 20
    assert together[-1] - NOON == pytest.approx(60 * (3 * limiters - 1), abs=1)
    for minute in (1, 2):
        within = [[one for one in some if -5 <= one - NOON - minute * 60 < 30] for some in moments.values()]
        assert min(map(len, within)) >= 20 // limiters - 1


async def test_one_write_a_request() -> None:
    """A request costs one update of the store that writes; without a limit, and where the service refuses none, none."""

    class Counting(MemoryStore):
        writes = 0

        def set(self, key: str, value: Any) -> None:
            self.writes += value != self.get(key)
            super().set(key, value)

    clock, store = Jumping(), Counting()
    await requests(RateLimiter("5/m", clock=clock, store=store), clock, 30, [])
    assert store.writes <= 30 + 6
    store.writes = 0
    await requests(RateLimiter(clock=clock, store=store, name="other"), clock, 30, [])
    assert store.writes == 0


@pytest.mark.parametrize("limit", [None, "100/m"])
async def test_a_refusal_holds_all_processes_back(limit: str | None) -> None:
    """A 429 holds back the requests of every process for as long as it says; then they leave one by one."""
    clock, store = Jumping(), MemoryStore()
    one, other = (RateLimiter(limit, clock=clock, store=store) for _ in range(2))
    for limiter in (one, other):
        await limiter.acquire()
    one.observe(REFUSED)
    waits: list[Wait] = []
    await other.acquire(on_wait=waits.append)
    assert clock.time - NOON == pytest.approx(20, abs=0.01)
    assert [wait.reason for wait in waits] == ["held_back"]
    one.observe(REFUSED)
    with pytest.raises(HeldBackError):
        await other.acquire(left=10)
    moments: list[float] = []
    await asyncio.gather(*(requests(limiter, clock, 3, moments) for limiter in (one, other)))
    assert moments[0] - NOON == pytest.approx(40, abs=0.01)
    assert min(gaps(moments)) >= 0.1 - 1e-6
    later = RateLimiter(limit, clock=clock, store=store)
    clock.time += 100
    began = clock.time
    for limiter in (one, other, later, one, other, later):
        await limiter.acquire()
    assert clock.time == began


async def test_who_was_killed_while_it_waited_for_the_limit() -> None:
    """A process that has a ticket and does not come is passed over; one that gives up has none any more."""
    clock, store = Jumping(), MemoryStore()
    one, other = (RateLimiter("1/m", clock=clock, store=store) for _ in range(2))
    await one.acquire()
    waiting = [asyncio.create_task(limiter.acquire()) for limiter in (one, other)]
    done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    while not (found := store.get("rate_limit:"))["waiting"]:  # type: ignore[index]
        await asyncio.sleep(0)
    for task in late:
        task.cancel()
    await asyncio.wait(late)
    assert store.get("rate_limit:")["waiting"] == {}  # type: ignore[index]
    store.set("rate_limit:", found)
    clock.time = NOON + 130
    began = clock.time
    await RateLimiter("1/m", clock=clock, store=store).acquire()
    assert clock.time - began <= 1.1
    assert len(done) == 1


async def test_a_limit_under_a_clock_that_was_ahead() -> None:
    """What a clock noted that was years ahead neither stops requests for years nor is forgotten."""
    clock, store = Jumping(), MemoryStore()
    clock.ahead = 365 * DAY
    limiter = RateLimiter("2/m", clock=clock, store=store)
    limiter.observe(REFUSED)
    for _ in range(2):
        await limiter.acquire()
    limiter.observe(REFUSED)
    clock.ahead = 0
    began = clock.time
    other = RateLimiter("2/m", clock=clock, store=store)
    await other.acquire()
    assert 20 <= clock.time - began <= 121


async def test_a_limit_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a high limit the store keeps so many moments at most, and it holds all the same."""
    monkeypatch.setattr(shared_limit, "_MOST", 16)
    clock, store = Jumping(), MemoryStore()
    limiter = RateLimiter("100/m", clock=clock, store=store)
    moments: list[float] = []
    for _ in range(250):
        await limiter.acquire()
        moments.append(clock.time)
        clock.time += 0.3
    assert 90 <= most_within(moments, 60) <= 100
    assert len(store.get("rate_limit:")["starts"]) <= 18  # type: ignore[index]


@pytest.mark.parametrize(("failing", "told"), [("get", StoreError), ("update", StoreError), ("later", RateLimitError)])
async def test_a_limit_whose_store_fails(failing: str, told: type[WasendError]) -> None:
    """A store that fails before a request is an error with nothing sent; one that fails after it hides no answer."""

    class Failing(MemoryStore):
        fails = failing != "later"

        def get(self, key: str) -> Any | None:
            if self.fails and failing == "get":
                raise OSError("gone")
            return super().get(key)

        def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
            if self.fails and failing != "get":
                raise OSError("gone")
            return super().update(key, function)

    store, sent = Failing(), list[httpx.Request]()

    async def service(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        store.fails = True
        return httpx.Response(429, headers={"retry-after": "1"})

    limiter = RateLimiter(None if failing == "get" else "5/s", store=store)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(service)) as http,
        AsyncWasendClient(
            "key-1", base_url="http://127.0.0.1", http_client=http, retry=None, rate_limit=limiter
        ) as client,
    ):
        with pytest.raises(told) as caught:
            await client.send_text(session="s", to=LONDON, text="Hello")
        assert caught.value.outcome == "not_sent"
        assert len(sent) == (failing == "later")
        with pytest.raises(StoreError):
            await client.send_text(session="s", to=LONDON, text="Hello")


async def test_limits_have_names() -> None:
    """Limits of one store are apart by name: one's own, or that of the service and the API key."""
    store = MemoryStore()
    limits = [RateLimiter("1/h", store=store) for _ in range(3)]
    for limit, key in zip(limits, ("key-one-0123456789", "key-one-0123456789", "key-two-0123456789"), strict=True):
        async with AsyncWasendClient(key, rate_limit=limit):
            pass
    names = {limit._name for limit in limits}
    assert len(names) == 2
    assert not any("key-" in str(name) for name in names)
    await limits[0].acquire()
    assert [key.partition(":")[2] for key, _ in store.items("rate_limit:")] == [limits[0]._name]
    with pytest.raises(ConfigurationError, match=r"^name: "):
        RateLimiter("1/h", store=store, name="")


@pytest.mark.parametrize("value", ["May", {"starts": []}, 5])
async def test_a_limit_that_is_none_of_ours(value: Any) -> None:
    """A value that no limiter has put there is an error of the store, before anything is sent."""
    store = MemoryStore()
    store.set("rate_limit:shop", value)
    for limit in (None, "5/m"):
        with pytest.raises(StoreError, match="not what was kept"):
            await RateLimiter(limit, store=store, name="shop").acquire()


# --- resolved numbers


class Asked:
    """A service that knows every number, and notes when it is asked for one."""

    def __init__(self, clock: Jumping) -> None:
        self.clock = clock
        self.moments: list[float] = []

    async def check_contact_exists(self, session: SessionRef, /, *, phone: str) -> ContactExistence:
        self.moments.append(self.clock.time)
        return ContactExistence(exists=True, jid=f"{phone[1:]}@c.us")


async def test_questions_of_all_processes() -> None:
    """Between two questions of a session lies a gap, whichever process asks; what one has found the others know."""
    clock, store = Jumping(), MemoryStore()
    service = Asked(clock)
    resolvers = [Resolver(store=store, clock=clock, random=Random(number)) for number in range(3)]

    async def work(number: int) -> None:
        for turn in range(10):
            await resolvers[number].resolve(service, chat(10 * number + turn), session="s")

    await asyncio.gather(*map(work, range(3)))
    assert len(service.moments) == 30
    assert 1 - 1e-3 <= min(gaps(service.moments)) <= max(gaps(service.moments)) <= 3.1
    for number in range(30):
        await resolvers[0].resolve(service, chat(number), session="s")
    assert len(service.moments) == 30


async def test_a_gap_under_a_clock_that_was_ahead() -> None:
    """A question that a clock noted which was years ahead keeps nobody waiting for years."""
    clock, store = Jumping(), MemoryStore()
    service = Asked(clock)
    clock.ahead = 365 * DAY
    await Resolver(store=store, clock=clock).resolve(service, LONDON, session="s")
    clock.ahead = 0
    await Resolver(store=store, clock=clock).resolve(service, PARIS, session="s")
    assert service.moments[1] - NOON <= 6
    store.set("resolving:s", "May")
    with pytest.raises(StoreError, match="not what was kept"):
        await Resolver(store=store, clock=clock).resolve(service, chat(1), session="s")
