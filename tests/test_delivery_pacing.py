"""When a session may send, and whose turn it is: proved on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import pickle
import statistics
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from wasend import Clock, TurnTimeoutError, Wait
from wasend.delivery.pacing import Pacer, Pacing, scheduler
from wasend.delivery.pacing.history import History
from wasend.delivery.pacing.records import Kept
from wasend.delivery.pacing.zones import _zone_table, zones_by_number
from wasend.delivery.stores import MemoryStore, SqliteStore, Store
from wasend.errors import ConfigurationError, InvalidRequestError, StoreError

LONDON, PARIS = "+447700900123", "+33612345678"
NOON = datetime(2026, 3, 25, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0
PLAIN = Pacing(gap=(5, 15))


class Jumping(Clock):
    """
    A clock that goes to the earliest sleeper's moment as soon as others had a chance to run.

    Its time of day can be set: `ahead` is by how much it is wrong then.
    """

    def __init__(self, at: float = NOON) -> None:
        self.time = at
        self.ahead = 0.0
        self.sleepers: list[float] = []
        self.lock = threading.Lock()

    def now(self) -> float:
        return self.time + self.ahead

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        with self.lock:
            due = self.time + seconds
            self.sleepers.append(due)
        try:
            while self.time < due:
                for _ in range(4):
                    await asyncio.sleep(0)
                with self.lock:
                    if min(self.sleepers) == due:
                        self.time = max(self.time, due)
        finally:
            with self.lock:
                self.sleepers.remove(due)


def chat(number: int) -> str:
    return f"+4477009{number:05}"


def gaps(moments: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(moments)]


def most_within(moments: Sequence[float], seconds: float) -> int:
    """The most moments in any half-open window."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


async def send(pacer: Pacer, clock: Clock, count: int, kind: str | Pacing, *, to: str = LONDON) -> list[float]:
    """Moments of sends made one after the other."""
    moments: list[float] = []
    for _ in range(count):
        async with pacer.turn("s", to, kind):
            moments.append(clock.now())
    return moments


async def idle(rounds: int = 3) -> None:
    for _ in range(rounds):
        await asyncio.sleep(0)


# --- profiles


def test_profiles() -> None:
    """The profiles are those of the documentation."""
    assert Pacing.reply() == Pacing(gap=(1, 3), per_hour=120, name="reply")
    assert Pacing.known() == Pacing(
        gap=(5, 15), pause_after=30, pause=(120, 300), per_hour=60, per_day=500, quiet_hours=(22, 8), name="known"
    )
    assert Pacing.cold() == Pacing(
        gap=(30, 60),
        pause_after=20,
        pause=(600, 1200),
        per_hour=40,
        per_day=200,
        warm_up=(20, 20, 50, 50, 100, 100, 150),
        quiet_hours=(20, 9),
        name="cold",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gap", (3, 1)),
        ("gap", (5, 5)),
        ("gap", (-1, 5)),
        ("gap", 5),
        ("gap", (1, 2, 3)),
        ("gap", ("1", 2)),
        ("gap", (1, float("inf"))),
        ("gap", (False, True)),
        ("gap", [1, 2]),
        ("pause", (0, float("nan"))),
        ("pause", ()),
        ("pause_after", 0),
        ("pause_after", None),
        ("pause_after", 2.0),
        ("per_hour", 0),
        ("per_hour", True),
        ("per_day", -1),
        ("per_day", "500"),
        ("warm_up", (20, 0)),
        ("warm_up", 20),
        ("warm_up", [20]),
        ("quiet_hours", (22, 22)),
        ("quiet_hours", (22, 24)),
        ("quiet_hours", (-1, 8)),
        ("quiet_hours", (22.5, 8)),
        ("quiet_hours", "22-8"),
        ("chat_cooldown", -1),
        ("chat_cooldown", None),
        ("chat_cooldown", float("inf")),
        ("name", ""),
        ("name", 1),
    ],
)
def test_bad_value_is_named(field: str, value: Any) -> None:
    """A value that cannot be is refused when the profile is made, by the field's name."""
    with pytest.raises(ConfigurationError, match=rf"^{field}: "):
        attrs.evolve(Pacing.known(), **{field: value})


def test_bad_pacing_is_named() -> None:
    """A pacer refuses what is no mapping of profiles, and a turn refuses a kind that nobody defined."""
    with pytest.raises(ConfigurationError, match=r"^pacing: "):
        Pacer(Pacing.known())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"^pacing\['known'\]: "):
        Pacer({"known": 5})  # type: ignore[dict-item]
    with pytest.raises(ConfigurationError, match=r"^kind: 'knwon'.*'known'"):
        Pacer().turn("s", LONDON, "knwon")
    with pytest.raises(InvalidRequestError, match=r"^to: "):
        Pacer().turn("s", "07700900123")


# --- gaps


@pytest.mark.once
async def test_gaps_of_ten_thousand_sends() -> None:
    """Gaps lie within the profile, all over its range, and show no rhythm: no gap foretells another."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(5))
    least, most = PLAIN.gap
    found = gaps(await send(pacer, clock, 10_001, PLAIN))

    assert least - 1e-6 <= min(found)
    assert max(found) <= most + 1e-6
    assert statistics.stdev(found) > 0.25 * (most - least), "spread out"
    tenths = Counter(min(9, int(10 * (gap - least) / (most - least))) for gap in found)
    assert all(850 < tenths[tenth] < 1150 for tenth in range(10)), tenths
    for lag in (*range(1, 40), 60, 100, 120, 500):
        assert abs(statistics.correlation(found[:-lag], found[lag:])) < 0.05, lag


@pytest.mark.once
@pytest.mark.parametrize("kind", ["reply", "known", "cold"])
async def test_caps_do_not_repeat_the_rhythm(kind: str) -> None:
    """Where caps hold sends back, what follows does not echo the gaps of an hour or a day before."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(5))
    profile = {"reply": Pacing.reply(), "known": Pacing.known(), "cold": Pacing.cold()}[kind]
    assert profile.per_hour is not None
    found = gaps(await send(pacer, clock, 2000, kind))
    short = [gap <= profile.gap[1] + 1e-6 for gap in found]
    assert not all(short), "the caps did hold sends back"
    for lag in (1, 2, profile.per_hour - 1, profile.per_hour, profile.per_hour + 1, profile.per_day or 240):
        pairs = [(found[i], found[i + lag]) for i in range(len(found) - lag) if short[i] and short[i + lag]]
        assert len(pairs) > 500
        assert abs(statistics.correlation(*zip(*pairs, strict=True))) < 0.12, lag


async def test_sessions_do_not_wait_for_each_other() -> None:
    """Each session has its own gaps, drawn apart from those of others."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    moments: dict[str, list[float]] = {"a": [], "b": []}

    async def work(session: str) -> None:
        for _ in range(20):
            async with pacer.turn(session, LONDON, PLAIN):
                moments[session].append(clock.now())

    await asyncio.gather(work("a"), work("b"))
    assert moments["a"][0] == moments["b"][0] == NOON
    assert not set(moments["a"][1:]) & set(moments["b"][1:])


async def test_gap_counts_from_the_end_of_a_turn() -> None:
    """A slow send keeps the next one waiting until it is over, and for a gap from then."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    spans: list[tuple[float, float]] = []

    async def work() -> None:
        async with pacer.turn("s", LONDON, PLAIN):
            begun = clock.now()
            await clock.sleep(90)
            spans.append((begun, clock.now()))

    await asyncio.gather(*(work() for _ in range(5)))
    assert all(5 <= after[0] - before[1] <= 15 for before, after in pairwise(spans))


async def test_a_failed_send_counts() -> None:
    """What went wrong within a turn is raised as it was, and the next send keeps its gap all the same."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    with pytest.raises(ZeroDivisionError):
        async with pacer.turn("s", LONDON, PLAIN):
            _ = 1 / 0
    (moment,) = await send(pacer, clock, 1, PLAIN)
    assert moment - NOON >= 5


async def test_kinds_have_their_own_gaps() -> None:
    """Two kinds keep the shorter gap of both; a kind keeps its own, whatever others were sent between."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(3))
    moments: list[tuple[float, str]] = []

    async def work(kind: str, count: int) -> None:
        for number in range(count):
            async with pacer.turn("s", chat(number), kind):
                moments.append((clock.now(), kind))

    await asyncio.gather(work("reply", 40), work("known", 20), work("cold", 5))
    for kind, least in (("reply", 1), ("known", 5), ("cold", 30)):
        assert min(gaps([moment for moment, sent in moments if sent == kind])) >= least
    least_gap = {"reply": 1, "known": 5, "cold": 30}
    for number, (moment, kind) in enumerate(moments):
        for before, other in moments[:number]:
            assert moment - before >= min(least_gap[kind], least_gap[other]) - 1e-6
    assert [kind for _, kind in moments[:6]].count("reply") >= 3, "replies do not wait for the long gaps of others"


@pytest.mark.parametrize(("jitter", "gap"), [(0.0, 1.0), (0.5, 2.0)])
@pytest.mark.parametrize("kinds", [("reply", "cold"), ("cold", "reply")])
async def test_gap_between_two_kinds(kinds: tuple[str, str], jitter: float, gap: float) -> None:
    """Between two kinds lies the shorter gap, drawn from the whole of its range."""

    class Drawn(Random):
        def random(self) -> float:
            return jitter

    clock = Jumping()
    pacer = Pacer(clock=clock, random=Drawn())
    moments = [*await send(pacer, clock, 1, kinds[0]), *await send(pacer, clock, 1, kinds[1])]
    assert gaps(moments) == [gap]


# --- many at once


async def test_four_tasks_on_one_session() -> None:
    """However many tasks send by one session, no two sends come closer than the profile allows."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(2))
    moments: list[float] = []

    async def work(number: int) -> None:
        for _ in range(50):
            async with pacer.turn("s", chat(number), PLAIN):
                await idle(number)
                moments.append(clock.now())

    await asyncio.gather(*map(work, range(4)))
    assert len(moments) == 200
    assert min(gaps(moments)) >= 5
    assert max(gaps(moments)) <= 15 + 1e-6, "and none waits for longer than it must"


def test_four_threads_on_one_session() -> None:
    """So it is for threads, each with an event loop of its own."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(2))
    moments: list[float] = []
    inside = threading.Semaphore()

    async def work(number: int) -> None:
        for _ in range(25):
            async with pacer.turn("s", chat(number), PLAIN):
                assert inside.acquire(blocking=False), "one at a time"
                moments.append(clock.now())
                await asyncio.sleep(0)
                inside.release()

    faults: list[BaseException] = []

    def thread(number: int) -> None:
        try:
            asyncio.run(work(number))
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=thread, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert faults == []
    assert len(moments) == 100
    assert min(gaps(moments)) >= 5


async def test_chats_take_turns() -> None:
    """A chat with a hundred waiting sends does not keep another from its one."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    order: list[tuple[str, int]] = []

    async def work(to: str, number: int) -> None:
        async with pacer.turn("s", to, PLAIN):
            order.append((to, number))

    many = [asyncio.create_task(work(LONDON, number)) for number in range(100)]
    while len(order) < 10:
        await asyncio.sleep(0)
    await asyncio.gather(*many, work(PARIS, 0))
    assert order.index((PARIS, 0)) <= 12
    assert [number for to, number in order if to == LONDON] == [*range(100)], "within a chat, first come, first served"


async def test_three_chats_in_rotation() -> None:
    """Chats that all have much to send are served one after the other."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    order: list[int] = []

    async def work(number: int) -> None:
        async with pacer.turn("s", chat(number), PLAIN):
            order.append(number)

    await asyncio.gather(*(work(number) for number in (0, 0, 0, 0, 1, 1, 2, 2, 0)))
    assert order == [0, 0, 1, 2, 0, 1, 2, 0, 0], "the first went out before there were others"


async def test_late_waker_keeps_the_order() -> None:
    """Where a machine was suspended until several were due, who waited longer goes first, not who wakes first."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    order: list[str] = []
    await send(pacer, clock, 1, PLAIN)

    async def work(to: str, profile: str | Pacing) -> None:
        async with pacer.turn("s", to, profile):
            order.append(to)

    tasks = [asyncio.create_task(work(LONDON, attrs.evolve(PLAIN, chat_cooldown=600)))]
    tasks.append(asyncio.create_task(work(PARIS, "reply")))
    await idle(1)
    clock.time += 1000
    await asyncio.gather(*tasks)
    assert order == [LONDON, PARIS]


async def test_reply_overtakes_those_who_wait_longer() -> None:
    """A reply that comes while another kind waits out its gap is sent first, and does not lengthen that gap much."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    moments: dict[str, float] = {}
    await send(pacer, clock, 1, "cold")
    due = clock.now() + 30

    async def work(kind: str) -> None:
        async with pacer.turn("s", chat(len(kind)), kind):
            moments[kind] = clock.now()

    cold = asyncio.create_task(work("cold"))
    await idle()
    await asyncio.gather(cold, work("reply"))
    assert moments["reply"] - NOON <= 3
    assert due <= moments["cold"] <= due + 30


# --- without waiting


async def taken(pacer: Pacer, to: str = LONDON, kind: str | Pacing = PLAIN, **options: Any) -> None:
    """Take a turn, and end it."""
    async with pacer.turn("s", to, kind, **options):
        pass


def kept_sends(store: Store, session: str = "s") -> int:
    """How many sends the store still knows."""
    kept = Kept.read(store.get(f"pacing/{session}"))
    assert kept is not None
    return sum(len(sends.times(10**6)) for sends in kept.kinds.values())


def since_noon(moment: datetime) -> float:
    return moment.timestamp() - NOON


async def test_when() -> None:
    """The moment is the one at which a turn would come, whatever the rule is, and asking changes nothing."""
    clock, store = Jumping(), MemoryStore()
    pacer = Pacer(clock=clock, store=store, random=Random(1))
    assert pacer.when("s", LONDON) == datetime.fromtimestamp(NOON, UTC)
    for kind in ("known", "cold", PLAIN, "reply", "known"):
        expected = pacer.when("s", LONDON, kind)
        assert pacer.when("s", LONDON, kind) == expected
        assert await send(pacer, clock, 1, kind) == [pytest.approx(expected.timestamp(), abs=1e-5)]
    night = Jumping(NOON + 12 * HOUR)
    morning = Pacer(clock=night).when("s", LONDON)
    assert morning.astimezone(ZoneInfo("Europe/London")).hour == 8


@pytest.mark.parametrize("timeout", [0, 4, 9.5])
async def test_turn_that_comes_too_late(timeout: float) -> None:
    """Who cannot wait so long is told at once until when it would be, and takes nothing from those who wait."""

    class Late(Random):
        def random(self) -> float:
            return 0.5

    clock = Jumping()
    pacer = Pacer(clock=clock, random=Late())
    await taken(pacer)
    with pytest.raises(TurnTimeoutError, match="not before 2026-03-25 12:00:10 UTC: the gap") as caught:
        await taken(pacer, timeout=timeout)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (since_noon(error.until), error.reason, error.session, error.outcome) == (10, "gap", "s", "not_sent")
    assert isinstance(error, TimeoutError)
    assert clock.time == NOON
    await taken(pacer, timeout=10)
    assert clock.time == NOON + 10


async def test_timeout_while_others_come_first() -> None:
    """Time is over, too, while another send is under way, or while a chat waits behind others."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))

    answer = asyncio.Event()

    async def slow() -> None:
        async with pacer.turn("s", LONDON, PLAIN):
            await answer.wait()

    first = asyncio.create_task(slow())
    await idle()
    with pytest.raises(TurnTimeoutError) as caught:
        await taken(pacer, PARIS, timeout=30)
    assert caught.value.reason == "turn"
    assert clock.time == NOON + 30
    answer.set()
    await first
    waiting = [asyncio.create_task(taken(pacer, chat(number))) for number in range(3)]
    await idle()
    with pytest.raises(TurnTimeoutError):
        await taken(pacer, PARIS, timeout=20)
    assert clock.time <= NOON + 50
    await asyncio.gather(*waiting)


@pytest.mark.parametrize("timeout", [-1, True, "5", float("nan"), float("inf")])
def test_timeout_that_is_none(timeout: Any) -> None:
    """What is no time to wait is refused by name; so is no time to keep a moment."""
    with pytest.raises(InvalidRequestError, match=r"^timeout: "):
        Pacer().turn("s", LONDON, timeout=timeout)
    with pytest.raises(InvalidRequestError, match=r"^keep: "):
        Pacer().reserve("s", LONDON, keep=timeout)


async def test_reservations() -> None:
    """Moments that are kept follow each other by the rules, turns are given around them, and each is kept to the second."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    sent: list[float] = []
    kept = [pacer.reserve("s", chat(number), PLAIN) for number in range(5)]
    assert since_noon(kept[0].moment) == 0
    assert all(5 <= gap <= 15 for gap in gaps([since_noon(one.moment) for one in kept]))

    async def redeem(token: str) -> None:
        async with pacer.redeem(token):
            sent.append(clock.time)

    async def turns() -> None:
        for _ in range(5):
            async with pacer.turn("s", PARIS, PLAIN):
                sent.append(clock.time)

    await asyncio.gather(turns(), *(redeem(one.token) for one in reversed(kept)))
    assert sent[:5] == pytest.approx([one.moment.timestamp() for one in kept])
    assert 5 <= min(gaps(sent)) <= max(gaps(sent)) <= 15 + 1e-6


async def test_turns_use_the_room_between_reservations() -> None:
    """A moment tomorrow keeps nobody waiting today; only those who would come too close to one wait until after it."""
    clock = Jumping(NOON + 11 * HOUR)
    pacer = Pacer(clock=clock, random=Random(1))
    morning = pacer.reserve("s", LONDON, "known")
    assert morning.moment.astimezone(ZoneInfo("Europe/London")).hour == 8
    (moment,) = await send(pacer, clock, 1, PLAIN, to=PARIS)
    assert moment == NOON + 11 * HOUR
    clock.time = morning.moment.timestamp() - 3
    assert pacer.when("s", PARIS, PLAIN).timestamp() >= morning.moment.timestamp() + 5
    assert pacer.when("s", PARIS, "reply").timestamp() == clock.time, "a shorter gap fits in"


async def test_caps_count_reservations() -> None:
    """An hour never has more than its cap, of what was sent and what is kept together, whichever is asked for first."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    profile = attrs.evolve(PLAIN, per_hour=6)
    await send(pacer, clock, 2, profile)
    clock.time = NOON + 0.5 * HOUR
    kept = [pacer.reserve("s", chat(number), profile).moment.timestamp() for number in range(8)]
    later = [pacer.when("s", PARIS, profile).timestamp()]
    assert most_within([NOON, NOON + 15, *kept, *later], HOUR) <= 6


async def test_redeemed_late() -> None:
    """After its moment a reservation waits for the next free one; when its time is over it is gone, and counts no more."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    kept = pacer.reserve("s", LONDON, PLAIN, keep=60)
    clock.time += 30
    await taken(pacer, PARIS)
    async with pacer.redeem(kept.token):
        assert 35 <= clock.time - NOON <= 45
    with pytest.raises(InvalidRequestError, match=r"^token: .*; reserve another"):
        pacer.redeem(kept.token)
    forgotten = pacer.reserve("s", LONDON, PLAIN, keep=60)
    assert pacer.when("s", PARIS, PLAIN) > forgotten.moment
    clock.time += 120
    assert pacer.when("s", PARIS, PLAIN).timestamp() == clock.time
    with pytest.raises(InvalidRequestError):
        await pacer.redeem(forgotten.token).__aenter__()
    assert not pacer.release(forgotten.token)


async def test_a_reservation_that_nobody_redeems() -> None:
    """Once its time is over it counts for nobody, also for those who only take turns."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    profile = attrs.evolve(PLAIN, per_hour=1)
    pacer.reserve("s", LONDON, profile, keep=60)
    with pytest.raises(TurnTimeoutError):
        await taken(pacer, PARIS, profile, timeout=0)
    clock.time += 60
    await taken(pacer, PARIS, profile, timeout=0)


@pytest.mark.once
async def test_hundreds_of_reservations() -> None:
    """Hundreds that are redeemed at once are sent at their moments, and those that are asked for meanwhile between them."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    far = attrs.evolve(PLAIN, gap=(50, 60))
    kept = [pacer.reserve("s", chat(number), far) for number in range(200)]
    sent: list[float] = []

    async def redeem(token: str) -> None:
        async with pacer.redeem(token):
            sent.append(clock.time)

    tasks = [asyncio.create_task(redeem(one.token)) for one in kept]
    replies = await send(pacer, clock, 20, Pacing(gap=(1, 2), name="quick"), to=PARIS)
    await asyncio.gather(*tasks)
    assert sent == pytest.approx([one.moment.timestamp() for one in kept], abs=1e-5)
    assert replies[-1] < sent[10]
    assert min(gaps(sorted([*sent, *replies]))) >= 1 - 1e-5


async def test_released() -> None:
    """A reservation that is given up frees its moment, also for those who wait already."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    kept = pacer.reserve("s", LONDON, PLAIN)
    waiting = asyncio.create_task(send(pacer, clock, 1, PLAIN, to=PARIS))
    await idle(2)
    assert pacer.release(kept.token)
    assert not pacer.release(kept.token)
    assert await waiting == [NOON]


async def test_redeeming_that_fails() -> None:
    """A reservation whose redemption is cancelled, or cannot wait, is as it was; it is redeemed once."""
    clock = Jumping(NOON)
    pacer = Pacer(clock=clock, random=Random(1))
    await taken(pacer)
    kept = pacer.reserve("s", LONDON, PLAIN)
    with pytest.raises(TurnTimeoutError) as caught:
        async with pacer.redeem(kept.token, timeout=1):
            pass
    assert caught.value.until == kept.moment
    turn = pacer.redeem(kept.token)
    task = asyncio.create_task(turn.__aenter__())
    await idle(1)
    with pytest.raises(InvalidRequestError):
        await pacer.redeem(kept.token).__aenter__()
    task.cancel()
    await asyncio.wait([task])
    async with pacer.redeem(kept.token):
        assert clock.time == pytest.approx(kept.moment.timestamp())
        with pytest.raises(InvalidRequestError):
            pacer.redeem(kept.token)


# --- no wait is silent


async def test_waits_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """A wait says why and until when before it begins, once: in the log, and to whoever wants to know."""
    caplog.set_level(logging.INFO, "wasend")
    clock = Jumping(NOON + 10 * HOUR)
    pacer = Pacer(clock=clock, random=Random(1))
    waits: list[Wait] = []
    await taken(pacer, LONDON, "known", on_wait=waits.append)
    (wait,) = waits
    assert wait.reason == "quiet_hours"
    assert wait.until.astimezone(ZoneInfo("Europe/London")).hour == 8
    assert wait.seconds == pytest.approx(clock.time - NOON - 10 * HOUR)
    (line,) = caplog.messages
    whom = "session s: a send to 447…0123@c.us (known) is held back"
    assert line.startswith(f"{whom}: quiet hours where the recipient is; it waits 10 h ")
    assert line.endswith(f"until {wait.until:%Y-%m-%d %H:%M:%S} UTC")
    await taken(pacer, on_wait=waits.append)
    assert waits[-1].reason == "gap"
    assert len(waits) == 2


async def test_a_wait_for_another_send_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """While another send is under way nobody knows for how long; who waits for it is told so, and of its gap then."""
    caplog.set_level(logging.INFO, "wasend")
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    waits: list[Wait] = []
    async with pacer.turn("s", LONDON, PLAIN):
        clock.time += 60
        waiting = asyncio.create_task(taken(pacer, PARIS, on_wait=waits.append), context=contextvars.Context())
        await idle()
        assert [(wait.reason, wait.seconds) for wait in waits] == [("turn", 0)]
    await waiting
    assert [wait.reason for wait in waits] == ["turn", "gap"]
    assert caplog.messages[0].endswith("other sends of the session come first; it waits until they are over")


async def test_a_wait_that_becomes_longer_is_told_again() -> None:
    """Who waits behind others hears of it again when its moment is known, where that is a minute later."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    waits: dict[int, list[Wait]] = {}

    async def work(number: int) -> None:
        waits[number] = []
        await taken(pacer, chat(number), on_wait=waits[number].append)

    await asyncio.gather(*map(work, range(30)))
    assert [wait.reason for wait in waits[1]] == ["gap"]
    assert {wait.reason for wait in waits[29]} == {"gap"}
    assert len(waits[29]) == 2
    assert waits[29][-1].until.timestamp() == pytest.approx(clock.time, abs=1e-5)


async def test_a_hook_that_takes_its_time() -> None:
    """A hook may be a coroutine function that waits itself: its time is not added; what it raises is logged."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    await taken(pacer)
    expected = pacer.when("s", LONDON, PLAIN)

    async def slow(wait: Wait) -> None:
        await clock.sleep(4)
        raise LookupError("no more room")

    await taken(pacer, on_wait=slow)
    assert clock.time == pytest.approx(expected.timestamp(), abs=1e-5)


# --- bounds


async def test_turn_that_is_never_ended(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A turn that nobody ends does not keep the session waiting for ever, and nothing goes wrong when it ends at last."""
    monkeypatch.setattr(scheduler, "LONGEST_TURN", 0.05)
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    forgotten = pacer.turn("s", LONDON, PLAIN)
    await asyncio.create_task(forgotten.__aenter__())
    await taken(pacer, PARIS)
    assert "a turn has not ended in 0.1 s" in caplog.text
    await forgotten.__aexit__(None, None, None)
    assert len(await send(pacer, clock, 1, PLAIN)) == 1


async def test_after_a_fork() -> None:
    """In a forked process nobody waits for turns and moments of its parent; what was sent still counts."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    kept = pacer.reserve("s", PARIS, PLAIN)
    await asyncio.create_task(pacer.turn("s", LONDON, PLAIN).__aenter__())
    waiting = asyncio.create_task(taken(pacer))
    await idle()
    scheduler._after_fork()
    (moment,) = await send(pacer, clock, 1, PLAIN, to=PARIS)
    assert 5 <= moment - NOON <= 30
    with pytest.raises(InvalidRequestError):
        pacer.redeem(kept.token)
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_thousands_that_sleep_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many chats wait for their morning, a turn looks at a few of them."""
    clock = Jumping(NOON + 12 * HOUR)
    pacer = Pacer(clock=clock, random=Random(1))
    looks = 0
    earliest = History.next_allowed

    def counted(self: History, *args: Any) -> Any:
        nonlocal looks
        looks += 1
        return earliest(self, *args)

    asleep = [asyncio.create_task(taken(pacer, chat(number), "known")) for number in range(2000)]
    await idle(20)
    monkeypatch.setattr(History, "next_allowed", counted)
    await send(pacer, clock, 10, "reply", to=PARIS)
    assert looks < 200
    for task in asleep:
        task.cancel()
    await asyncio.wait(asleep)


# --- cancelling


async def test_cancelled_waiter_leaves_no_hole() -> None:
    """Who gives up hands on the moment: the next one sends when the first would have."""

    async def second_moment(*, cancel: bool) -> float:
        clock = Jumping()
        pacer = Pacer(clock=clock, random=Random(4))
        await send(pacer, clock, 1, PLAIN)
        first = asyncio.create_task(send(pacer, clock, 1, PLAIN, to=chat(1)))
        await idle(1)
        second = asyncio.create_task(send(pacer, clock, 1, PLAIN, to=chat(2)))
        await idle(1)
        assert clock.now() == NOON
        if cancel:
            first.cancel()
            return (await second)[0]
        await second
        return (await first)[0]

    assert await second_moment(cancel=True) == await second_moment(cancel=False)


async def test_cancelled_waiter_lets_the_one_behind_it_forward() -> None:
    """Behind a waiter of the same chat who gives up may be one who need not wait as long: it need not any more."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(4))
    await send(pacer, clock, 1, "cold")
    waiting = ((PARIS, "cold"), (LONDON, "cold"), (LONDON, "reply"))
    tasks = [asyncio.create_task(send(pacer, clock, 1, kind, to=to)) for to, kind in waiting]
    await idle(1)
    tasks[1].cancel()
    assert (await tasks[2])[0] - NOON <= 3
    assert (await tasks[0])[0] - NOON >= 30


async def test_most_give_up() -> None:
    """Where most of many chats give up, from the last to the first, those that stay are served in their order."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(4))
    order: list[int] = []

    async def work(number: int) -> None:
        async with pacer.turn("s", chat(number), "known"):
            order.append(number)

    await send(pacer, clock, 1, "known")
    tasks = [asyncio.create_task(work(number)) for number in range(200)]
    await idle(1)
    for task in reversed(tasks[4:]):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 2, 3]


async def test_cancelled_at_any_moment() -> None:
    """Whatever moment waiters give up at, the others send, in order, and never too close."""
    random = Random(9)
    kinds: list[str | Pacing] = ["known", "reply", PLAIN]
    clock = Jumping()
    pacer = Pacer(clock=clock, random=random)
    moments: list[float] = []

    async def work(number: int) -> None:
        async with pacer.turn("s", chat(number % 5), kinds[number % 3]):
            moments.append(clock.now())
            await clock.sleep(1)

    tasks = [asyncio.create_task(work(number)) for number in range(120)]
    for task in random.sample(tasks, 60):
        await idle(random.randrange(30))
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(result is None for result in results) >= 60
    assert all(isinstance(result, asyncio.CancelledError | None) for result in results)
    assert min(gaps(moments)) >= 1
    assert len(await send(pacer, clock, 1, PLAIN)) == 1, "the session is free again"


async def test_cancelled_send_frees_the_session() -> None:
    """Cancelling a send that is under way ends its turn, and counts it."""
    clock = Jumping()
    pacer = Pacer(clock=clock)

    async def work() -> None:
        async with pacer.turn("s", LONDON, PLAIN):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await idle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await send(pacer, clock, 1, PLAIN))[0] - NOON >= 5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_event_loop_that_ended_beneath_a_turn() -> None:
    """Loops closed without ending their tasks leave nobody waiting: neither who had the turn nor who waited for it."""
    clock = Jumping()
    pacer = Pacer(clock=clock)

    async def hold() -> None:
        async with pacer.turn("s", LONDON, PLAIN):
            await asyncio.Event().wait()

    loops = [asyncio.new_event_loop() for _ in range(2)]
    tasks = [loop.create_task(hold()) for loop in loops]
    for loop in loops:
        loop.run_until_complete(idle())
        loop.close()
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    del tasks, task
    gc.collect()
    assert len(asyncio.run(send(pacer, clock, 1, PLAIN))) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_waiter_whose_loop_was_closed_is_passed_over() -> None:
    """Who waited on a loop that is closed now does not keep those behind it waiting."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    lost = asyncio.new_event_loop()

    async def main() -> list[float]:
        outside = contextvars.copy_context()
        async with pacer.turn("s", LONDON, PLAIN):
            await asyncio.to_thread(lost.run_until_complete, idle())
            lost.close()
            last = asyncio.create_task(send(pacer, clock, 1, PLAIN, to=chat(2)), context=outside)
            await idle()
        return await asyncio.wait_for(last, 20)

    waiter = lost.create_task(send(pacer, clock, 1, PLAIN, to=chat(1)))
    assert len(asyncio.run(main())) == 1
    waiter._log_destroy_pending = False  # type: ignore[attr-defined]
    del waiter
    gc.collect()


# --- a turn within a turn


async def test_turn_within_a_turn_is_the_same() -> None:
    """A turn around a send that takes one itself is one turn, and counts once."""
    clock, store = Jumping(), MemoryStore()
    pacer = Pacer(clock=clock, store=store)
    async with pacer.turn("s", LONDON, PLAIN), pacer.turn("s", "447700900123@c.us", PLAIN):
        assert clock.now() == NOON
    assert kept_sends(store) == 1


async def test_turns_that_are_over_are_forgotten() -> None:
    """A task that takes turn after turn does not pile them up."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    turn = pacer.turn("s", LONDON, PLAIN)
    async with turn:
        pass
    over = weakref.ref(turn)
    turn = pacer.turn("s", LONDON, PLAIN)
    async with turn:
        pass
    gc.collect()
    assert over() is None


async def test_second_send_within_a_turn_waits() -> None:
    """Further sends within a turn, to the same chat, one by one or at once, take turns of their own."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    async with pacer.turn("s", LONDON, PLAIN):
        same = await send(pacer, clock, 2, PLAIN)
    async with pacer.turn("s", LONDON, PLAIN):
        both = await asyncio.gather(send(pacer, clock, 1, PLAIN), send(pacer, clock, 1, PLAIN))
    moments = [*same, *sorted(moment for (moment,) in both)]
    assert min(gaps(moments)) >= 5


@pytest.mark.parametrize("in_a_task", [False, True])
async def test_turn_for_another_chat_within_a_turn(in_a_task: bool) -> None:
    """A turn for another chat is refused within one: each would wait for the other. The outer one goes on."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    async with pacer.turn("s", LONDON, PLAIN):
        inner = send(pacer, clock, 1, PLAIN, to=PARIS)
        with pytest.raises(
            InvalidRequestError, match=r"^to: .*; send to others after its `async with` block$"
        ) as caught:
            await (asyncio.create_task(inner) if in_a_task else inner)
        assert PARIS[1:] not in str(caught.value)
        other = asyncio.create_task(taken(pacer, PARIS, timeout=0), context=contextvars.Context())
        with pytest.raises(TurnTimeoutError):
            await other
    assert (await send(pacer, clock, 1, PLAIN, to=PARIS))[0] >= NOON + 5


async def test_turns_of_two_sessions_within_each_other() -> None:
    """A turn of another session between does not make a turn wait for itself, neither during it nor after it."""
    clock, store = Jumping(), MemoryStore()
    pacer = Pacer(clock=clock, store=store)
    async with pacer.turn("s", LONDON, PLAIN), pacer.turn("t", LONDON, PLAIN), pacer.turn("s", LONDON, PLAIN):
        assert clock.now() == NOON
    async with pacer.turn("s", LONDON, PLAIN):
        async with pacer.turn("t", LONDON, PLAIN):
            pass
        now = clock.now()
        async with pacer.turn("s", LONDON, PLAIN):
            assert clock.now() == now
    assert kept_sends(store, "s") == kept_sends(store, "t") == 2


# --- pauses and caps


async def test_pauses() -> None:
    """After so many sends in a row comes a pause from its range, and each is drawn anew."""
    clock = Jumping()
    profile = Pacing(gap=(5, 15), pause_after=30, pause=(120, 300))
    found = gaps(await send(Pacer(clock=clock, random=Random(1)), clock, 301, profile))
    pauses = found[29::30]
    assert len(pauses) == 10
    assert all(120 <= pause <= 300 for pause in pauses)
    assert len({round(pause) for pause in pauses}) > 5
    assert max(gap for number, gap in enumerate(found) if number % 30 != 29) <= 15 + 1e-6


async def test_rest_is_a_pause() -> None:
    """A session that rested by itself as long as a pause takes begins to count anew."""
    clock = Jumping()
    profile = Pacing(gap=(5, 15), pause_after=30, pause=(120, 300))
    pacer = Pacer(clock=clock, random=Random(1))
    await send(pacer, clock, 29, profile)
    clock.time += 120
    assert max(gaps(await send(pacer, clock, 30, profile))) <= 15 + 1e-6


async def test_hourly_cap() -> None:
    """In no hour go out more sends than the cap, and no fewer than it where there is enough to send."""
    clock = Jumping()
    moments = await send(Pacer(clock=clock, random=Random(1)), clock, 600, Pacing(gap=(5, 15), per_hour=60))
    assert most_within(moments, HOUR) == 60
    assert moments[-1] - moments[0] < 9.3 * HOUR


@pytest.mark.once
@pytest.mark.parametrize("age", [0, 3, 30])
async def test_warm_up(age: int) -> None:
    """A young session's daily cap grows with its age, counted from its first send or from when it is said to be."""
    clock = Jumping()
    profile = attrs.evolve(Pacing.cold(), quiet_hours=None)
    started = datetime.fromtimestamp(NOON, UTC) - timedelta(days=age)
    pacer = Pacer(clock=clock, random=Random(1), session_started=(lambda _: started) if age else lambda _: None)
    caps = ([20, 20, 50, 50, 100, 100, 150] + [200] * 40)[age : age + 9]
    moments = await send(pacer, clock, sum(caps), profile)
    by_day = Counter(int((moment - NOON) // DAY) for moment in moments)
    for day, cap in enumerate(caps):
        within = [moment for moment in moments if moment < NOON + (day + 1) * DAY]
        assert most_within(within, DAY) <= cap, day
        assert by_day[day] >= 0.8 * cap, "and what is allowed is used"


async def test_warm_up_grows_before_a_day_is_over() -> None:
    """Where the next day of the warm-up allows more, it does so as it begins."""
    clock = Jumping()
    started = datetime.fromtimestamp(NOON - 23 * HOUR, UTC)
    pacer = Pacer(clock=clock, session_started=lambda _: started)
    moments = await send(pacer, clock, 6, Pacing(gap=(5, 15), warm_up=(5, 50)))
    assert moments[4] < NOON + 60
    assert HOUR + 5 <= moments[5] - NOON <= HOUR + 15


async def test_warm_up_is_below_the_daily_cap() -> None:
    """Of warm-up and daily cap the lower holds; without a daily cap none is left after the warm-up."""
    clock = Jumping()
    low = await send(Pacer(clock=clock), clock, 30, Pacing(gap=(5, 15), per_day=5, warm_up=(20, 3)))
    assert most_within(low, DAY) == 5
    assert most_within([moment for moment in low if NOON + DAY <= moment < NOON + 2 * DAY], DAY) == 3
    clock = Jumping()
    free = await send(Pacer(clock=clock), clock, 100, Pacing(gap=(5, 15), warm_up=(20,)))
    assert free[19] < NOON + HOUR
    assert NOON + DAY <= free[20] < free[-1] < NOON + DAY + HOUR


async def test_chat_cooldown() -> None:
    """A chat is left alone for its cool-down, in whichever spelling it is addressed, while others are served."""
    clock = Jumping()
    pacer = Pacer(clock=clock)
    profile = attrs.evolve(PLAIN, chat_cooldown=600)
    moments: dict[str, list[float]] = {}

    async def work(to: str) -> None:
        async with pacer.turn("s", to, profile):
            moments.setdefault(to, []).append(clock.now())

    await asyncio.gather(*(work(to) for to in (LONDON, "447700900123@s.whatsapp.net", PARIS, LONDON)))
    assert moments[PARIS][0] - NOON <= 15
    same = sorted(moments[LONDON] + moments["447700900123@s.whatsapp.net"])
    assert min(gaps(same)) >= 600
    assert max(gaps(same)) <= 601


# --- quiet hours

WEEKS = {
    "london-spring": (LONDON, "Europe/London", "2026-03-25"),
    "new-york-autumn": ("+12125550123", "America/New_York", "2026-10-29"),
    "kolkata": ("+919812345678", "Asia/Kolkata", "2026-03-25"),
    "sydney-autumn": ("+61491570156", "Australia/Sydney", "2026-04-02"),
}


@pytest.mark.once
@pytest.mark.parametrize(("kind", "week"), [("known", "london-spring"), *(("cold", week) for week in WEEKS)])
async def test_a_week(kind: str, week: str) -> None:
    """Over a week in which clocks change, caps, pauses and the recipient's quiet hours hold, and days are used."""
    to, zone, start = WEEKS[week]
    profile = {"known": Pacing.known(), "cold": Pacing.cold()}[kind]
    assert profile.quiet_hours is not None
    assert profile.pause is not None
    local = ZoneInfo(zone)
    begin = datetime.fromisoformat(f"{start}T18:00").replace(tzinfo=local)
    clock = Jumping(begin.timestamp())
    pacer = Pacer(
        clock=clock,
        random=Random(7),
        zone_of=lambda _: zone,
        session_started=lambda _: datetime(2020, 1, 1, tzinfo=UTC),
    )
    moments: list[float] = []
    while clock.now() < begin.timestamp() + 7.5 * DAY:
        moments += await send(pacer, clock, 1, kind, to=to)

    quiet, awake = profile.quiet_hours
    times = [datetime.fromtimestamp(moment, local) for moment in moments]
    assert {awake <= time.hour < quiet for time in times} == {True}
    assert most_within(moments, HOUR) <= (profile.per_hour or 0)
    assert most_within(moments, DAY) <= (profile.per_day or 0)
    found = gaps(moments)
    assert min(found) >= profile.gap[0] - 1e-6
    run = 0
    for gap in found:
        run = 0 if gap >= profile.pause[0] else run + 1
        assert run < (profile.pause_after or 0)
    by_day: dict[Any, list[datetime]] = {}
    for time in times:
        by_day.setdefault(time.date(), []).append(time)
    mornings = [times[0] for day, times in by_day.items() if day != begin.date()]
    assert len(mornings) >= 7, "each day is used"
    first = mornings[0]
    assert (first.hour, first.minute <= profile.pause[1] / 60) == (awake, True), (
        "from its waking hour, by its own clock"
    )
    assert len({(morning.minute, morning.second) for morning in mornings}) == len(mornings), "not on the same second"


@pytest.mark.parametrize(
    ("zone", "asked", "due"),
    [
        ("Europe/London", "2026-03-29T00:30+00:00", "2026-03-29T07:00+00:00"),  # the night has 9 hours
        ("Europe/London", "2026-10-24T23:30+01:00", "2026-10-25T08:00+00:00"),  # and here 11
        ("America/New_York", "2026-11-01T01:30-04:00", "2026-11-01T08:00-05:00"),
        ("America/New_York", "2026-11-01T01:30-05:00", "2026-11-01T08:00-05:00"),
        ("Australia/Lord_Howe", "2026-04-04T22:00+11:00", "2026-04-05T08:00+10:30"),  # half an hour
        ("Asia/Kolkata", "2026-03-29T21:59:59+05:30", "2026-03-29T21:59:59+05:30"),
        ("Asia/Kolkata", "2026-03-29T22:00+05:30", "2026-03-30T08:00+05:30"),
        ("Asia/Kolkata", "2026-03-30T08:00+05:30", "2026-03-30T08:00+05:30"),
    ],
)
async def test_night_of_a_clock_change(zone: str, asked: str, due: str) -> None:
    """A send asked for at night goes out in the morning by the recipient's own clock, however long that night is."""
    clock = Jumping(datetime.fromisoformat(asked).timestamp())
    pacer = Pacer(clock=clock, zone_of=lambda _: zone)
    (moment,) = await send(pacer, clock, 1, attrs.evolve(PLAIN, quiet_hours=(22, 8)))
    late = moment - datetime.fromisoformat(due).timestamp()
    assert 0 <= late <= 15
    assert (late == 0) is (asked == due)


async def test_hour_that_the_clock_leaves_out() -> None:
    """Quiet hours that end in the hour that is skipped end where it is skipped."""
    clock = Jumping(datetime.fromisoformat("2026-03-29T00:10+00:00").timestamp())
    pacer = Pacer(clock=clock, zone_of=lambda _: "Europe/London")
    (moment,) = await send(pacer, clock, 1, attrs.evolve(PLAIN, quiet_hours=(22, 1)))
    assert 0 < moment - datetime.fromisoformat("2026-03-29T01:00+00:00").timestamp() <= 15


async def test_night_that_falls_while_asleep() -> None:
    """Where a machine was suspended until after its moment, and it is night by then, a send waits for the morning."""
    clock = Jumping(datetime.fromisoformat("2026-06-01T21:59+01:00").timestamp())
    pacer = Pacer(clock=clock)
    await send(pacer, clock, 1, "known")
    waiting = asyncio.create_task(send(pacer, clock, 1, "known"))
    await idle(1)
    clock.time += 1800
    (moment,) = await waiting
    assert datetime.fromtimestamp(moment, ZoneInfo("Europe/London")).hour == 8


async def test_first_morning_differs() -> None:
    """Sessions that send for the first time, in the morning, do not all do so equally late."""
    clock = Jumping(NOON + 12 * HOUR)
    pacer = Pacer(clock=clock, random=Random(1))
    moments: list[float] = []

    async def work(session: str) -> None:
        async with pacer.turn(session, LONDON, "known"):
            moments.append(clock.now())

    await asyncio.gather(*map(work, "abcdefgh"))
    assert len({round(moment) for moment in moments}) > 5
    assert max(moments) - min(moments) <= 180


async def test_one_recipients_night_is_not_anothers() -> None:
    """While a chat sleeps others are served, and it has its turn in its morning."""
    clock = Jumping(datetime(2026, 6, 1, 0, tzinfo=UTC).timestamp())
    pacer = Pacer(clock=clock)
    moments: dict[str, float] = {}

    async def work(to: str) -> None:
        async with pacer.turn("s", to, "known"):
            moments[to] = clock.now()

    kolkata, tokyo = "+919812345678", "+819012345678"
    await asyncio.gather(*(work(to) for to in (LONDON, kolkata, tokyo)))
    hours = {to: (moment - NOON) % DAY / HOUR for to, moment in moments.items()}
    assert moments[tokyo] < moments[kolkata] < moments[LONDON]
    assert moments[tokyo] == datetime(2026, 6, 1, 0, tzinfo=UTC).timestamp()
    assert datetime.fromtimestamp(moments[kolkata], ZoneInfo("Asia/Kolkata")).hour == 8, hours
    assert datetime.fromtimestamp(moments[LONDON], ZoneInfo("Europe/London")).hour == 8, hours


AREAS = {
    "+12125550123": ["America/New_York"],
    "+13105550123": ["America/Los_Angeles"],
    "+12085550123": ["America/Denver", "America/Los_Angeles"],
    "+19285550123": ["America/Denver", "America/Phoenix"],
    "+14165550123": ["America/Toronto"],
    "+18085550123": ["Pacific/Honolulu"],
    "+18765550123": ["America/Jamaica"],
    "+74951234567": ["Europe/Moscow"],
    "+78452123456": ["Europe/Samara"],
    "+79161234567": ["Europe/Moscow"],
    "+79131234567": ["Asia/Omsk", "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk"],
    "+77011234567": ["Asia/Almaty", "Asia/Aqtau"],
    "+5511987654321": ["America/Sao_Paulo"],
    "+5592987654321": ["America/Manaus"],
    "+556898765432": ["America/Rio_Branco"],
    "+525512345678": ["America/Mexico_City"],
    "+5215512345678": ["America/Mexico_City"],
    "+526641234567": ["America/Tijuana"],
    "+61891570156": ["Australia/Perth"],
    "+622112345678": ["Asia/Jakarta"],
    "+34922123456": ["Atlantic/Canary"],
}


def zones_of(to: str) -> list[str]:
    return [str(zone) for zone in zones_by_number(to[1:] + "@c.us")]


@pytest.mark.parametrize("to", AREAS)
def test_area_codes(to: str) -> None:
    """In a country of several zones the area code tells, whether a number has the digit that it had before or not."""
    assert zones_of(to) == AREAS[to]


def test_other_area_codes() -> None:
    """An area code that tells nothing, as those of mobile numbers in some countries, leaves all zones of the country."""
    for to in ("+15005550006", "+79001234567", "+61491570156", "+6281234567890"):
        assert len(zones_of(to)) > 2
    assert all(len(zones) <= 5 for code, zones in _zone_table().items() if code[0] in "17" and len(code) == 4)


async def test_a_sender_in_new_york() -> None:
    """Somebody in New York may be written to from eight in the morning, and not only when Honolulu is up."""
    clock = Jumping(datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp())
    (moment,) = await send(Pacer(clock=clock), clock, 1, "known", to="+12125550123")
    assert datetime.fromtimestamp(moment, ZoneInfo("America/New_York")).hour == 8


async def test_a_zone_is_one_word() -> None:
    """The zone may be said with the turn, or once for the pacer; what is said of one recipient outranks it."""
    clock = Jumping(datetime(2026, 6, 1, 14, tzinfo=UTC).timestamp())
    somebody, group = "+15005550006", "120363041234567890@g.us"
    pacer = Pacer(clock=clock, zone="America/New_York", zone_of={group: "Asia/Tokyo"}.get)
    for to in (somebody, "123456789@lid"):
        assert pacer.when("s", to).timestamp() == clock.time
    assert pacer.when("s", group).astimezone(ZoneInfo("Asia/Tokyo")).hour == 8
    assert pacer.when("s", group, zone="Europe/Rome").timestamp() == clock.time
    async with pacer.turn("s", group, zone="Europe/Rome", timeout=0):
        pass
    for wrong in (lambda: Pacer(zone="Europe"), lambda: pacer.turn("s", group, "reply", zone="Rome")):
        with pytest.raises(ConfigurationError, match=r"^zone: .*pip install tzdata"):
            wrong()


@pytest.mark.parametrize("to", ["+15005550006", "+79001234567", "+61491570156"])
@pytest.mark.parametrize("hour", range(0, 24, 3))
async def test_country_of_many_zones(to: str, hour: int) -> None:
    """Where a number may be in one of several zones, it is waking hours in all of them."""
    clock = Jumping(NOON + hour * HOUR)
    (moment,) = await send(Pacer(clock=clock), clock, 1, "cold", to=to)
    zones = zones_by_number(to[1:] + "@c.us")
    assert len(zones) > 3
    assert all(9 <= datetime.fromtimestamp(moment, zone).hour < 20 for zone in zones)
    assert moment - clock.now() <= DAY


@pytest.mark.parametrize("to", ["120363041234567890@g.us", "123456789@lid", "status@broadcast", "+88212345678"])
async def test_nobody_guesses_a_zone(to: str) -> None:
    """A recipient whose zone cannot be told is refused where there are quiet hours, and served where there are none."""
    clock = Jumping()
    with pytest.raises(ConfigurationError, match="zone=") as caught:
        Pacer(clock=clock).turn("s", to, "known")
    assert to not in str(caught.value)
    assert await send(Pacer(clock=clock), clock, 1, "reply", to=to) == [NOON]
    assert await send(Pacer(clock=clock, zone_of=lambda _: "Europe/Rome"), clock, 1, "known", to=to) == [NOON]


async def test_own_zones_come_first() -> None:
    """What `zone_of` says outranks the calling code; where it knows nothing, the calling code tells."""
    clock = Jumping()
    pacer = Pacer(clock=clock, zone_of={LONDON: "Pacific/Auckland"}.get)
    assert (await send(pacer, clock, 1, "known", to=PARIS)) == [NOON]
    (moment,) = await send(pacer, clock, 1, "known", to=LONDON)
    assert datetime.fromtimestamp(moment, ZoneInfo("Pacific/Auckland")).hour == 8


@pytest.mark.parametrize("name", ["Nowhere/Town", "../../etc/passwd", "", "Europe"])
def test_missing_zone_says_what_to_install(name: str) -> None:
    """A time zone that this machine lacks is a fault of configuration that names tzdata."""
    with pytest.raises(ConfigurationError, match=r"^zone_of: .*pip install tzdata") as caught:
        Pacer(zone_of=lambda _: name).turn("s", LONDON, "known")
    assert caught.value.__cause__ is None


def test_quiet_hours_that_leave_nothing() -> None:
    """Where some zone of a country is always asleep, the turn is refused rather than waited for without end."""
    with pytest.raises(ConfigurationError, match=r"^quiet_hours: .*zone="):
        Pacer(clock=Jumping()).turn("s", "+79001234567", attrs.evolve(PLAIN, quiet_hours=(14, 9)))


async def test_narrow_waking_hours() -> None:
    """Where being late in the morning would miss the whole of a short day, nobody is late."""
    clock = Jumping()
    profile = Pacing(gap=(5, 15), pause_after=30, pause=(7200, 9000), quiet_hours=(10, 9))
    (moment,) = await send(Pacer(clock=clock), clock, 1, profile)
    assert datetime.fromtimestamp(moment, ZoneInfo("Europe/London")).hour == 9


def test_every_zone_of_the_table_exists() -> None:
    """The table of calling codes names zones that there are, each code once, and a number finds the longest."""
    table = _zone_table()
    for zones in table.values():
        for zone in zones:
            assert ZoneInfo(zone).key == zone
    assert all(zones and code.isdecimal() for code, zones in table.items())
    assert len(table) > 220
    known = {
        "+18295550123": ["America/Santo_Domingo"],
        "+447700900123": ["Europe/London"],
        "+61891641234": ["Indian/Christmas"],
        "+541112345678": ["America/Argentina/Buenos_Aires"],
        "+34612345678": ["Europe/Madrid", "Atlantic/Canary"],
    }
    assert {to: zones_of(to) for to in known} == known


# --- restart


@contextmanager
def kept(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    try:
        yield store
    finally:
        store.close()


@pytest.mark.once
@pytest.mark.parametrize("again", [1, 7, 20])
async def test_restart_forgets_nothing(tmp_path: Path, again: int) -> None:
    """A process that ends and begins again every few sends keeps gaps, pauses, caps and warm-up as one that goes on."""
    clock, moments = Jumping(), list[float]()
    profile = attrs.evolve(Pacing.cold(), per_hour=12, pause_after=9, pause=(700, 800), quiet_hours=None)
    while len(moments) < 100:
        with kept(tmp_path / "pacing.db") as store:
            pacer = Pacer({"cold": profile}, clock=clock, store=store, random=Random(len(moments)))
            moments += await send(pacer, clock, again, "cold")
    found = gaps(moments)
    assert min(found) >= 30
    assert most_within(moments, HOUR) == 12
    for day, cap in enumerate((20, 20, 50)):
        within = [moment for moment in moments if moment < NOON + (day + 1) * DAY]
        assert most_within(within, DAY) <= cap
    run = 0
    for gap in found:
        run = 0 if gap >= 700 else run + 1
        assert run < 9
    assert moments[-1] - moments[0] < 5 * DAY


async def test_restart_keeps_the_drawn_gap_and_the_cooldown(tmp_path: Path) -> None:
    """After a restart the next send goes out at the very moment it would have, and a chat still cools down."""
    profile = attrs.evolve(PLAIN, chat_cooldown=600)

    async def moments(folder: Path, *, restart: bool) -> list[float]:
        folder.mkdir()
        clock, random = Jumping(), Random(3)
        with kept(folder / "a.db") as store:
            pacer = Pacer(clock=clock, store=store, random=random)
            found = await send(pacer, clock, 1, profile)
            if restart:
                pacer = Pacer(clock=clock, store=store, random=Random(99))
            found += await send(pacer, clock, 1, profile, to=PARIS)
            return found + await send(pacer, clock, 1, profile)

    without = await moments(tmp_path / "without", restart=False)
    assert await moments(tmp_path / "with", restart=True) == without
    assert without[2] - without[0] >= 600


async def test_restart_keeps_the_age_of_a_session() -> None:
    """A session's first send counts for its warm-up after a restart, too, when no other rule asks for it any more."""
    clock, store = Jumping(), MemoryStore()
    profile = Pacing(gap=(5, 15), warm_up=(2, 2, 2, 50))
    for days in (0, 3):
        clock.time = NOON + days * DAY
        await send(Pacer(clock=clock, store=store), clock, 1, profile)
    assert kept_sends(store) == 1, "the first is dropped"
    moments = await send(Pacer(clock=clock, store=store), clock, 9, profile)
    assert moments[-1] - moments[0] < HOUR


async def test_sends_under_way_are_kept() -> None:
    """A process that dies in the middle of a send has counted it; one that ended well has kept when that was."""
    clock, store = Jumping(), MemoryStore()
    async with Pacer(clock=clock, store=store).turn("s", LONDON, PLAIN):
        (moment,) = await send(Pacer(clock=clock, store=store), clock, 1, PLAIN, to=PARIS)
    assert moment - NOON >= 5
    clock, store = Jumping(), MemoryStore()
    async with Pacer(clock=clock, store=store).turn("s", LONDON, PLAIN):
        await clock.sleep(90)
    (moment,) = await send(Pacer(clock=clock, store=store), clock, 1, PLAIN)
    assert 95 <= moment - NOON <= 105


async def test_store_does_not_grow_for_ever() -> None:
    """What no rule asks for any more is dropped from the store; a cool-down of days keeps chats for days."""
    for profile, days in ((PLAIN, 0), (attrs.evolve(PLAIN, chat_cooldown=7 * DAY), 7)):
        clock, store = Jumping(), MemoryStore()
        pacer = Pacer(clock=clock, store=store)
        for number in range(200):
            await send(pacer, clock, 1, profile, to=chat(number))
            clock.time += HOUR
        assert 24 <= kept_sends(store) <= 27
        kept = Kept.read(store.get("pacing/s"))
        assert kept is not None
        assert days * 23 <= len(kept.chats) <= days * 24


async def test_a_kind_that_was_used_long_ago() -> None:
    """The last send of a kind is remembered, however long ago: another kind is paced beside it, and it by itself."""
    clock, store = Jumping(), MemoryStore()
    pacer = Pacer(clock=clock, store=store)
    own = Pacing(gap=(1, 2), pause_after=1, pause=(3 * DAY, 3 * DAY + 1), name="rare")
    await send(pacer, clock, 1, own)
    for _ in range(2):
        clock.time += 26 * HOUR
        assert len(await send(pacer, clock, 1, "reply")) == 1
    assert kept_sends(store) == 2, "one of each kind"
    (moment,) = await send(pacer, clock, 1, own)
    assert moment - NOON >= 3 * DAY, "its pause is longer than anything else that is remembered"


async def test_sessions_with_odd_names() -> None:
    """Sessions are kept apart in the store, whatever characters their ids hold."""
    clock, store = Jumping(), MemoryStore()
    for session in ("a%2Fsends", "a/sends", "a"):
        async with Pacer(clock=clock, store=store).turn(session, LONDON, PLAIN):
            assert clock.now() == NOON


class Full(MemoryStore):
    """A store that cannot keep anything."""

    full = True

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        if self.full:
            raise OSError("disk full")
        return super().update(key, function)


async def test_store_that_fails() -> None:
    """A send that cannot be kept in the store is not made, and the session is not blocked by it."""
    clock, store = Jumping(), Full()
    pacer = Pacer(clock=clock, store=store)
    with pytest.raises(StoreError, match="disk full"):
        await send(pacer, clock, 1, PLAIN)
    store.full = False
    assert len(await send(pacer, clock, 1, PLAIN)) == 1


async def test_store_that_fails_after_a_send(caplog: pytest.LogCaptureFixture) -> None:
    """What a store does after a send hides nothing of it; the next send is made when that is kept, and not before."""
    clock, store = Jumping(), Full()
    store.full = False
    pacer = Pacer(clock=clock, store=store)
    async with pacer.turn("s", LONDON, PLAIN):
        await clock.sleep(90)
        store.full = True
    assert "is not written down yet" in caplog.text
    with pytest.raises(StoreError, match="disk full"):
        await send(pacer, clock, 1, PLAIN)
    store.full = False
    assert len(await send(pacer, clock, 1, PLAIN)) == 1
    kept = Kept.read(store.get("pacing/s"))
    assert kept is not None
    assert kept.kinds["own"].times(2)[0] == NOON + 90


async def test_store_that_holds_something_else() -> None:
    """A value that no pacer has put there is an error of the store, and not of the caller's program."""
    store = MemoryStore()
    whole = {"since": 1, "kinds": {}, "cooldown": 0, "chats": {}, "turn": None, "wishes": {}, "tickets": 0}
    wrong = {"since": "May", "kinds": {"known": [1]}, "turn": ["me"], "wishes": {"me": 1}}
    store.set("pacing/s", "May")
    for name, value in wrong.items():
        store.set(f"pacing/{name}", whole | {name: value})
    for session in ("s", *wrong):
        with pytest.raises(StoreError, match="not what was kept"):
            Pacer(clock=Jumping(), store=store).when(session, LONDON)


@pytest.mark.parametrize("hours", [26, -26, 365 * 24])
async def test_clock_that_is_set(hours: float) -> None:
    """Whatever the time of day is set to and back, gaps and caps of a process stay as they are."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(1))
    profile = Pacing(gap=(1, 2), per_hour=40, chat_cooldown=1)
    moments: list[float] = []

    async def some(count: int) -> None:
        for _ in range(count):
            async with pacer.turn("s", LONDON, profile):
                moments.append(clock.time)

    await some(39)
    clock.ahead = hours * HOUR
    await some(1)
    clock.ahead = 0
    await some(60)
    assert most_within(moments, HOUR) == 40
    assert min(gaps(moments)) >= 1
    assert moments[-1] - NOON < 2.1 * HOUR, "and nobody waits for longer than that"


async def test_restart_under_a_clock_that_was_ahead() -> None:
    """What seems to come from the future counts as sent just now: it neither stops the session for a year nor is forgotten."""
    clock, store = Jumping(), MemoryStore()
    profile = attrs.evolve(PLAIN, chat_cooldown=60, per_hour=4)
    pacer = Pacer(clock=clock, store=store)
    await send(pacer, clock, 1, profile)
    clock.ahead = 365 * DAY
    await send(pacer, clock, 2, profile)
    clock.ahead = 0
    began = clock.time
    moments = await send(Pacer(clock=clock, store=store), clock, 3, profile)
    assert 60 <= moments[0] - began <= 61, "a cool-down from now"
    assert min(gaps(moments)) >= 60
    assert moments[1] - NOON >= HOUR


async def test_restart_under_a_clock_that_was_behind() -> None:
    """What was kept while the clock was years behind does not make what was sent before it look old."""
    clock, store = Jumping(), MemoryStore()
    profile = attrs.evolve(PLAIN, per_hour=4)
    pacer = Pacer(clock=clock, store=store)
    first = await send(pacer, clock, 3, profile)
    clock.ahead = -30 * 365 * DAY
    await send(pacer, clock, 1, profile)
    clock.ahead = 0
    (next_one,) = await send(Pacer(clock=clock, store=store), clock, 1, profile)
    assert next_one - first[0] >= HOUR


async def test_quiet_hours_follow_a_clock_that_is_set() -> None:
    """Who waits for the morning is told of a new time of day, and goes by it."""
    clock = Jumping(NOON + 12 * HOUR)
    clock.ahead = -4 * HOUR  # eight in the evening, says a clock that is wrong
    pacer = Pacer(clock=clock)
    waiting = asyncio.create_task(send(pacer, clock, 2, "known"))
    while not clock.sleepers:
        await asyncio.sleep(0)
    clock.ahead = 0
    moments = await waiting
    assert [datetime.fromtimestamp(moment, ZoneInfo("Europe/London")).hour for moment in moments] == [20, 8]


async def test_clock_is_looked_at_again_while_waiting() -> None:
    """A long wait ends by the clock even where that was set meanwhile, as it is when a machine was suspended."""

    class Suspended(Jumping):
        longest = 0.0

        async def sleep(self, seconds: float) -> None:
            self.longest = max(self.longest, seconds)
            await super().sleep(seconds)

    clock = Suspended(NOON + 12 * HOUR)
    await send(Pacer(clock=clock), clock, 1, "known")
    assert clock.now() > NOON + 19 * HOUR
    assert clock.longest <= 600


# --- estimate


@pytest.mark.once
@pytest.mark.parametrize("kind", ["reply", "known", "cold"])
@pytest.mark.parametrize("count", [1, 25, 150, 1500])
async def test_estimate(kind: str, count: int) -> None:
    """The estimate is what sending then takes, within a tenth."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(8))
    expected = pacer.estimate(count, "s", kind, to=LONDON)
    assert expected == Pacer(clock=clock).estimate(count, kind=kind, to=LONDON), "and it is the same each time"
    moments = await send(pacer, clock, count, kind)
    assert moments[-1] - NOON == pytest.approx(expected, rel=0.1)


async def test_estimate_knows_what_was_sent() -> None:
    """What a session has sent makes its next sends later, and estimating changes nothing."""
    clock = Jumping()
    pacer = Pacer(clock=clock, random=Random(8))
    assert pacer.estimate(0, "s") == 0
    assert pacer.estimate(1, "s") == 0
    await send(pacer, clock, 60, "known")
    fresh, later = pacer.estimate(10), pacer.estimate(10, "s")
    assert pacer.estimate(10, "s") == later > fresh + 1800
    now = clock.now()
    moments = await send(pacer, clock, 10, "known")
    assert moments[-1] - now == pytest.approx(later, rel=0.05)


async def test_estimate_of_many() -> None:
    """Ten thousand sends at the plain caps take as many days as the daily cap says."""
    pacer = Pacer(clock=Jumping())
    assert pacer.estimate(10_000) / DAY == pytest.approx(20, abs=1.2)
    assert pacer.estimate(10_000, kind="reply") / HOUR == pytest.approx(10_000 / 120, rel=0.02)
    assert pacer.estimate(10_000, kind=Pacing(gap=(5, 15))) == pytest.approx(9_999 * 10)
    with pytest.raises(InvalidRequestError, match=r"^n: "):
        pacer.estimate(-1)
