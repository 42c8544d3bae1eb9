"""Resolving: which form of a number WhatsApp knows, how slowly it is asked, and what is remembered."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import statistics
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

import httpx
import pytest

from wasend import (
    AsyncWasendClient,
    Clock,
    ConfigurationError,
    ContactExistence,
    DecodeError,
    InvalidRequestError,
    Session,
    StoreError,
)
from wasend.delivery.resolving import DAY, Resolver
from wasend.delivery.stores import MemoryStore
from wasend.recipients import Recipient
from wasend.sandbox import Sandbox

SESSION = "ses_1"
LONG, SHORT = "+5531988887777", "+553188887777"
BOTH_GONE = [LONG, SHORT]


class StoppedClock(Clock):
    """It moves to the earliest sleeper's hour when everybody has had the chance to do something first."""

    def __init__(self) -> None:
        self.time = 1_750_000_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self._mover: asyncio.Task[None] | None = None

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._count), woken))
        if self._mover is None or self._mover.done():
            self._mover = asyncio.create_task(self._move())
        await woken

    async def _move(self) -> None:
        while self._sleepers:
            for _ in range(20):
                await asyncio.sleep(0)
            until, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self.time = max(self.time, until)
                woken.set_result(None)


class WhatsApp:
    """Stands for a client: it knows some numbers, and notes who asked for which, and when."""

    def __init__(self, clock: Clock, *known: str, jids: dict[str, str] | None = None) -> None:
        self.clock = clock
        self.known = {*known}
        self.jids = jids or {}
        self.asked: list[tuple[str, str, float]] = []
        self.meanwhile: Callable[[str], Awaitable[None]] | None = None
        self.answer: ContactExistence | None = None

    @property
    def numbers(self) -> list[str]:
        return [number for _, number, _ in self.asked]

    async def check_contact_exists(self, session: Any, /, *, phone: str) -> ContactExistence:
        self.asked.append((session, phone, self.clock.monotonic()))
        if self.meanwhile is not None:
            await self.meanwhile(phone)
        if self.answer is not None:
            return self.answer
        jid = self.jids.get(phone, f"{phone[1:]}@s.whatsapp.net")
        known = phone in self.known
        return ContactExistence(exists=known, phone=phone[1:], jid=jid if known else None)


@pytest.fixture
def clock() -> StoppedClock:
    """A clock that waits for nobody."""
    return StoppedClock()


# ---------------------------------------------------------------------------------------------------------- what is found


@pytest.mark.parametrize(
    ("given", "known", "found", "asked"),
    [
        (LONG, LONG, LONG, [LONG]),
        (LONG, SHORT, SHORT, [LONG, SHORT]),
        (SHORT, LONG, LONG, [SHORT, LONG]),
        ("+525512345678", "+5215512345678", "+5215512345678", ["+525512345678", "+5215512345678"]),
        ("+541123456789", "+5491123456789", "+5491123456789", ["+541123456789", "+5491123456789"]),
        ("447700900123@c.us", "+447700900123", "+447700900123", ["+447700900123"]),
        ("+2901234", "+2901234", "+2901234", ["+2901234"]),
        ("+447700900123", "+447700900456", None, ["+447700900123"]),
        (LONG, "+447700900456", None, [LONG, SHORT]),
    ],
)
async def test_found(clock: StoppedClock, given: str, known: str, found: str | None, asked: list[str]) -> None:
    """The form given is asked for first, the other only if WhatsApp does not know it; neither is nobody."""
    whatsapp = WhatsApp(clock, known)
    result = await Resolver(clock=clock).resolve(whatsapp, given, session=SESSION)
    assert result == (None if found is None else Recipient.parse(found))
    assert whatsapp.numbers == asked
    assert {session for session, _, _ in whatsapp.asked} == {SESSION}


@pytest.mark.parametrize(
    ("jid", "found"),
    [
        ("553188887777@s.whatsapp.net", "553188887777@c.us"),
        ("553188887777:4@c.us", "553188887777@c.us"),
        ("12345678901234@lid", "12345678901234@lid"),
        ("", "5531988887777@c.us"),
        ("nonsense", "5531988887777@c.us"),
    ],
)
async def test_id_of_the_answer(clock: StoppedClock, jid: str, found: str) -> None:
    """The recipient has the id that WhatsApp gives, whatever was asked for; where it gives none, the form asked for."""
    whatsapp = WhatsApp(clock, LONG, jids={LONG: jid})
    result = await Resolver(clock=clock).resolve(whatsapp, LONG, session=SESSION)
    assert result is not None
    assert result.id == found


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (ContactExistence(exists=True), LONG),
        (ContactExistence(jid="553188887777@c.us"), SHORT),
        (ContactExistence(exists=False, jid="553188887777@c.us"), None),
    ],
)
async def test_parts_of_an_answer(clock: StoppedClock, answer: ContactExistence, found: str | None) -> None:
    """An answer that says less, or another thing besides, is still understood."""
    whatsapp = WhatsApp(clock)
    whatsapp.answer = answer
    result = await Resolver(clock=clock).resolve(whatsapp, LONG, session=SESSION)
    assert result == (None if found is None else Recipient.parse(found))


async def test_an_answer_that_does_not_say(clock: StoppedClock) -> None:
    """An answer that does not say whether the number exists is no answer, and nothing is concluded from it."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock)
    whatsapp.answer = ContactExistence(phone=LONG)
    with pytest.raises(DecodeError, match="does not say") as caught:
        await resolver.resolve(whatsapp, LONG, session=SESSION)
    assert LONG[-8:] not in str(caught.value)
    whatsapp.answer = None
    assert await resolver.resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(LONG)


@pytest.mark.parametrize(
    "given",
    [
        "120363041234567890@g.us",
        "12345678901234@lid",
        "987654321@newsletter",
        "status@broadcast",
        "447700900123@hosted",
        "12345@c.us",
    ],
)
async def test_no_number(clock: StoppedClock, given: str) -> None:
    """What has no phone number is returned as it is, and nobody is asked."""
    whatsapp = WhatsApp(clock)
    assert await Resolver(clock=clock).resolve(whatsapp, given, session=SESSION) == Recipient.parse(given)
    assert whatsapp.asked == []


async def test_arguments(clock: StoppedClock) -> None:
    """A recipient and a `Session` are taken too, and a region; what is wrong is refused before anybody is asked."""
    whatsapp, resolver = WhatsApp(clock, "+447700900123"), Resolver(clock=clock)
    person = Recipient.parse("+447700900123")
    assert await resolver.resolve(whatsapp, person, session=Session(unique_session_id="ses_2")) == person
    assert await resolver.resolve(whatsapp, "07700 900123", session="ses_3", region="GB") == person
    assert [session for session, _, _ in whatsapp.asked] == ["ses_2"]
    for to, session in (("07700 900123", SESSION), ("+447700900123", "")):
        with pytest.raises(InvalidRequestError):
            await resolver.resolve(whatsapp, to, session=session)
    assert len(whatsapp.asked) == 1


@pytest.mark.parametrize("gap", [(3.0, 1.0), (-1.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)])
def test_gaps_that_cannot_be(gap: tuple[float, float]) -> None:
    """A gap that cannot be is refused, and so is a time to keep."""
    with pytest.raises(ConfigurationError, match="gap"):
        Resolver(gap=gap)
    with pytest.raises(ConfigurationError, match="keep"):
        Resolver(keep=-1)


# ----------------------------------------------------------------------------------------------------- what is remembered


async def test_what_is_found_is_kept(clock: StoppedClock) -> None:
    """What was found is not asked again for 31 days, by any session or resolver with the store; then it is."""
    store, whatsapp = MemoryStore(), WhatsApp(clock, SHORT)
    started = clock.time
    first = await Resolver(store=store, clock=clock).resolve(whatsapp, LONG, session=SESSION)
    settled = clock.time
    for given, days in ((LONG, 0), (SHORT, 0), (LONG, 30.99), (SHORT, 30.99)):
        clock.time = settled + days * DAY
        again = await Resolver(store=store, clock=clock).resolve(whatsapp, given, session="ses_2")
        assert again == first == Recipient.parse(SHORT)
    assert whatsapp.numbers == [LONG, SHORT]
    assert started < settled
    clock.time = settled + 31 * DAY
    whatsapp.known = {LONG}
    assert await Resolver(store=store, clock=clock).resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(LONG)
    assert whatsapp.numbers == [LONG, SHORT, LONG]


async def test_how_long_to_keep(clock: StoppedClock) -> None:
    """The caller may say for how long what was found is believed."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock, keep=60)
    for _ in range(3):
        await resolver.resolve(whatsapp, LONG, session=SESSION)
        clock.time += 59
    assert len(whatsapp.asked) == 2


async def test_who_is_not_there(clock: StoppedClock) -> None:
    """That nobody is there is remembered in either form by the resolver that asked, and by no other, nor in the store."""
    store, whatsapp = MemoryStore(), WhatsApp(clock)
    resolver = Resolver(store=store, clock=clock)
    for given in (LONG, SHORT, LONG):
        assert await resolver.resolve(whatsapp, given, session=SESSION) is None
        clock.time += 60 * DAY
    assert whatsapp.numbers == BOTH_GONE
    assert list(store.items("recipient:")) == []
    whatsapp.known = {LONG}
    assert await Resolver(store=store, clock=clock).resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(LONG)


async def test_errors_are_not_remembered(clock: StoppedClock) -> None:
    """An error is the caller's, and the next one asks anew."""
    whatsapp, resolver = WhatsApp(clock, SHORT), Resolver(clock=clock)

    async def fail(phone: str) -> None:
        raise OSError(f"no answer for {phone}")

    whatsapp.meanwhile = fail
    with pytest.raises(OSError, match="no answer"):
        await resolver.resolve(whatsapp, LONG, session=SESSION)
    whatsapp.meanwhile = None
    assert await resolver.resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(SHORT)
    assert whatsapp.numbers == [LONG, LONG, SHORT]


@pytest.mark.parametrize(
    "rubbish",
    [
        "553188887777@c.us",
        {},
        {"id": "553188887777@c.us"},
        {"id": None, "at": 1_750_000_000.0},
        {"id": "nonsense", "at": 1_750_000_000.0},
        {"id": "553188887777@c.us", "at": "now"},
        {"id": "553188887777@c.us", "at": 2_750_000_000.0},
        {"id": "553188887777@c.us", "at": 1_650_000_000.0},
    ],
)
async def test_a_store_with_rubbish(clock: StoppedClock, rubbish: Any) -> None:
    """What cannot be read in the store, or was written at an impossible time, is asked for anew and put right."""
    store, whatsapp = MemoryStore(), WhatsApp(clock, LONG)
    resolver = Resolver(store=store, clock=clock)
    await resolver.resolve(whatsapp, LONG, session=SESSION)
    [(key, sound)] = store.items("recipient:")
    store.set(key, rubbish)
    for _ in range(2):
        assert await resolver.resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(LONG)
    assert len(whatsapp.asked) == 2
    assert [(name, value["id"]) for name, value in store.items("recipient:")] == [(key, sound["id"])]


# ---------------------------------------------------------------------------------------------------------------- pacing


async def test_gaps(clock: StoppedClock) -> None:
    """However many tasks ask at once, a session's questions are 1 to 3 seconds apart, never by a fixed time."""
    whatsapp = WhatsApp(clock)
    resolver = Resolver(clock=clock, random=Random(7))
    started = clock.time
    numbers = [f"+4477009{index:05}" for index in range(100)]
    await asyncio.gather(*(resolver.resolve(whatsapp, number, session=SESSION) for number in numbers))
    times = [at for _, _, at in whatsapp.asked]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert sorted(whatsapp.numbers) == numbers
    assert times[0] == started
    assert 0.999 <= min(gaps) < 1.1
    assert 2.9 < max(gaps) <= 3.001
    assert 0.5 < statistics.stdev(gaps) < 0.65  # that of an even spread from 1 to 3 is 0.577


async def test_clocks_that_wake_too_early(clock: StoppedClock) -> None:
    """A clock that wakes a moment too early, as clocks do, holds nobody for ever."""
    whatsapp, woken = WhatsApp(clock), itertools.count()

    class Early(StoppedClock):
        async def sleep(self, seconds: float) -> None:
            assert next(woken) < 100
            clock.time += max(0, seconds - 0.0001)

        def monotonic(self) -> float:
            return clock.time

    assert await Resolver(clock=Early()).resolve(whatsapp, LONG, session=SESSION) is None
    assert whatsapp.numbers == BOTH_GONE


async def test_gaps_between_the_forms_of_a_number(clock: StoppedClock) -> None:
    """The second form waits its turn as another number would."""
    whatsapp = WhatsApp(clock)
    await Resolver(clock=clock, gap=(5, 5)).resolve(whatsapp, LONG, session=SESSION)
    [first, second] = [at for _, _, at in whatsapp.asked]
    assert second - first == 5


async def test_sessions_do_not_wait_for_each_other(clock: StoppedClock) -> None:
    """Each session has gaps of its own."""
    whatsapp, started = WhatsApp(clock), clock.time
    resolver = Resolver(clock=clock)
    for session in ("ses_1", "ses_2", "ses_3"):
        await resolver.resolve(whatsapp, "+447700900123" + session[-1], session=session)
    assert {at for _, _, at in whatsapp.asked} == {started}


async def test_nothing_waits_for_what_is_known(clock: StoppedClock) -> None:
    """What is remembered, and what needs no question, takes no turn."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock)
    await resolver.resolve(whatsapp, LONG, session=SESSION)
    asked = clock.time
    for given in (LONG, "120363041234567890@g.us"):
        await resolver.resolve(whatsapp, given, session=SESSION)
    assert clock.time == asked


async def test_who_gives_up_frees_the_turn(clock: StoppedClock) -> None:
    """Those who are cancelled while they wait cost the others nothing."""
    whatsapp, resolver = WhatsApp(clock), Resolver(clock=clock, gap=(2, 2))
    await resolver.resolve(whatsapp, "+447700900100", session=SESSION)
    impatient = [
        asyncio.create_task(resolver.resolve(whatsapp, f"+4477009{index:05}", session=SESSION)) for index in range(50)
    ]
    await asyncio.sleep(0)
    for task in impatient:
        task.cancel()
    await asyncio.gather(*impatient, return_exceptions=True)
    before = clock.time
    await resolver.resolve(whatsapp, "+447700900199", session=SESSION)
    assert whatsapp.numbers == ["+447700900100", "+447700900199"]
    assert clock.time == before + 2


# -------------------------------------------------------------------------------------------------------------- together


async def test_together(clock: StoppedClock) -> None:
    """Those who ask for one number at once share one answer; another spelling is the same number."""
    whatsapp, resolver = WhatsApp(clock, SHORT), Resolver(clock=clock)
    given = [LONG, "0055 31 98888 7777", "5531988887777@s.whatsapp.net"] * 10
    found = await asyncio.gather(*(resolver.resolve(whatsapp, to, session=SESSION) for to in given))
    assert {*found} == {Recipient.parse(SHORT)}
    assert whatsapp.numbers == [LONG, SHORT]


async def test_together_in_error(clock: StoppedClock) -> None:
    """They share an error as well, and it is no longer there for the next."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock)

    async def fail(phone: str) -> None:
        await asyncio.sleep(0)
        raise OSError(phone)

    whatsapp.meanwhile = fail
    told = await asyncio.gather(
        *(resolver.resolve(whatsapp, LONG, session=SESSION) for _ in range(5)), return_exceptions=True
    )
    assert [type(error) for error in told] == [OSError] * 5
    assert whatsapp.numbers == [LONG]
    whatsapp.meanwhile = None
    assert await resolver.resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(LONG)


async def test_one_session_does_not_answer_for_another(clock: StoppedClock) -> None:
    """An error of one session is no concern of another that asks for the same number at the same time."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock)

    async def fail_once(phone: str) -> None:
        whatsapp.meanwhile = None
        await asyncio.sleep(0)
        raise OSError(phone)

    whatsapp.meanwhile = fail_once
    told = await asyncio.gather(
        *(resolver.resolve(whatsapp, LONG, session=session) for session in ("ses_1", "ses_2")), return_exceptions=True
    )
    assert type(told[0]) is OSError
    assert told[1] == Recipient.parse(LONG)


@pytest.mark.parametrize("who", ["the one who asks", "one who waits"])
async def test_one_gives_up(clock: StoppedClock, who: str) -> None:
    """When one of them is cancelled, the others still get their answer: another asks if need be, and only then."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock)
    asking, go_on = asyncio.Event(), asyncio.Event()

    async def hold(phone: str) -> None:
        asking.set()
        await go_on.wait()

    whatsapp.meanwhile = hold
    tasks = [asyncio.create_task(resolver.resolve(whatsapp, LONG, session=SESSION)) for _ in range(4)]
    await asyncio.wait_for(asking.wait(), 10)
    cancelled = tasks.pop(0 if who == "the one who asks" else 2)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    go_on.set()
    found = await asyncio.wait_for(asyncio.gather(*tasks), 10)
    assert {*found} == {Recipient.parse(LONG)}
    assert whatsapp.numbers == ([LONG, LONG] if who == "the one who asks" else [LONG])


def test_threads() -> None:
    """Threads with loops of their own share a resolver, one answer, and the session's gaps."""
    threads = 6
    whatsapp, resolver = WhatsApp(Clock(), LONG), Resolver(gap=(0.01, 0.02))
    together = threading.Barrier(threads, timeout=30)
    found: list[Recipient | None] = []
    failed: list[BaseException] = []

    async def both(index: int) -> None:
        together.wait(30)
        found.append(await resolver.resolve(whatsapp, LONG, session=SESSION))
        await resolver.resolve(whatsapp, f"+44770090012{index}", session=SESSION)

    def run(index: int) -> None:
        try:
            asyncio.run(both(index))
        except BaseException as error:
            failed.append(error)

    running = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    assert failed == []
    assert found == [Recipient.parse(LONG)] * threads
    assert Counter(whatsapp.numbers) == Counter([LONG, *(f"+44770090012{index}" for index in range(threads))])


# --------------------------------------------------------------------------------------------------------------- for real


@pytest.mark.parametrize("dialect", ["docs", "sdk"])
async def test_over_the_wire(clock: StoppedClock, dialect: Any) -> None:
    """Asked through a client, the service is told digits, and the id it answers with is the one to send to."""
    sandbox = Sandbox(dialect=dialect, unknown=["+551188887777"])
    asked: list[str] = []

    async def note(request: httpx.Request) -> None:
        if request.url.path == "/contacts/check-exists":
            asked.append(request.url.params["phone"])

    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox), event_hooks={"request": [note]}) as http,
        AsyncWasendClient("key-1", base_url="http://127.0.0.1", http_client=http) as client,
    ):
        session = await client.create_session(session_name="Sales", phone_number="+447700900123")
        name = session.unique_session_id
        assert name is not None
        await client.start_session(name)
        sandbox.scan(name)
        resolver = Resolver(clock=clock)
        assert await resolver.resolve(client, LONG, session=session) == Recipient.parse(SHORT)
        assert await resolver.resolve(client, "+5511988887777", session=session) is None
        assert asked == ["5531988887777", "5511988887777", "551188887777"]
        found = await resolver.resolve(client, SHORT, session=session)
        assert found is not None
        assert len(asked) == 3
        await client.send_text(session=session, to=found.to, text="Bom dia")
        assert [message.content for message in sandbox.messages(to=SHORT)] == ["Bom dia"]


# ------------------------------------------------------------------------------------------------------------- its store


async def test_a_store_that_cannot_be_read(clock: StoppedClock) -> None:
    """Nothing is asked where the store cannot be read; where only writing fails, what was found is told and logged."""

    class Broken(MemoryStore):
        reads = False

        def get(self, key: str) -> Any:
            if not self.reads:
                raise OSError("gone")
            return super().get(key)

        def set_many(self, values: Mapping[str, Any]) -> None:
            raise OSError("full")

    store, whatsapp = Broken(), WhatsApp(clock, LONG)
    resolver = Resolver(store=store, clock=clock)
    with pytest.raises(StoreError, match="gone"):
        await resolver.resolve(whatsapp, LONG, session=SESSION)
    assert whatsapp.asked == []
    store.reads = True
    assert await resolver.resolve(whatsapp, LONG, session=SESSION) == Recipient.parse(LONG)
    with pytest.raises(StoreError, match="full"):
        await resolver.resolve(whatsapp, SHORT, session=SESSION)


def test_one_who_asked_on_a_loop_that_is_closed(clock: StoppedClock) -> None:
    """Whoever asks for the same number asks anew where the first one's event loop was closed over it."""
    whatsapp, resolver = WhatsApp(clock, LONG), Resolver(clock=clock)

    async def never(phone: str) -> None:
        await asyncio.get_running_loop().create_future()

    async def ask() -> Recipient | None:
        return await resolver.resolve(whatsapp, LONG, session=SESSION)

    async def begin() -> asyncio.Task[Recipient | None]:
        task = asyncio.create_task(ask())
        while not whatsapp.asked:
            await asyncio.sleep(0)
        return task

    whatsapp.meanwhile = never
    loop = asyncio.new_event_loop()
    abandoned = loop.run_until_complete(begin())
    abandoned._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    whatsapp.meanwhile = None
    clock.time += 10
    assert asyncio.run(asyncio.wait_for(ask(), 10)) == Recipient.parse(LONG)
