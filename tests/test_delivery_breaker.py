"""What the breaker holds back, for how long, and what opens and closes it."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients import KEY, NUMBER
from tests.raw import PATIENCE, answer, reset, serving
from wasend import AsyncWasendClient, Message, Session, Wait
from wasend._core.call import Call
from wasend._core.clock import Clock
from wasend.delivery import bulkhead
from wasend.delivery.breaker import Breaker, BreakerMiddleware
from wasend.delivery.stores import MemoryStore, SqliteStore
from wasend.errors import (
    AccountRestrictedError,
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BreakerOpenError,
    ClientClosedError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
    SessionNotReadyError,
    StoreError,
    UnknownConnectionError,
    UnknownServerError,
    UnknownStatusError,
    WasendError,
)

START = 1_750_000_000.0
DAY, REST = 86_400.0, 900.0
CALL = Call("POST", "/sendText", Message)
SINCE = datetime(2025, 6, 15, tzinfo=UTC)


class Hands(Clock):
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


def signal(which: str) -> AccountRestrictedError:
    return AccountRestrictedError("no", status=500, signal=which)


def not_ready(status: str | None) -> SessionNotReadyError:
    return SessionNotReadyError("no", status=422, session_status=status)


FAILURES: list[WasendError] = [
    ServerError("no", status=500),
    ServerError("no", status=503, retry_after=1),
    APIConnectionError("no"),
    APITimeoutError("no"),
    UnknownServerError("no", status=500, call=CALL, since=SINCE),
    UnknownStatusError("no", status=408, call=CALL, since=SINCE),
    UnknownConnectionError("no", call=CALL, since=SINCE),
    OutcomeUnknownError("no", call=CALL, since=SINCE),
]
NEITHER: list[WasendError] = [
    BadRequestError("no", status=400),
    AuthenticationError("no", status=401),
    NotFoundError("no", status=404),
    RateLimitError("no", status=429),
    InvalidRequestError("to", "no", "yes"),
    ClientClosedError("no"),
    APITimeoutError("never left the queue", attempts=0),
    not_ready("STARTING"),
    not_ready("SCAN_QR_CODE"),
    not_ready("STOPPED"),
    not_ready(None),
    BreakerOpenError("no", session="s", until=SINCE, reason="so"),
]
SUCCESSES: list[WasendError | None] = [None, DecodeError("no")]


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def breaker(clock: Hands) -> Breaker:
    return Breaker(clock=clock)


def passes(breaker: Breaker, session: str = "s") -> tuple[bool, bool]:
    """Whether a new conversation and a reply would be let through."""

    def may(new_conversation: bool) -> bool:
        try:
            breaker.check(session, new_conversation)
        except BreakerOpenError:
            return False
        return True

    return may(True), may(False)


ALL, REPLIES, NOTHING = (True, True), (False, True), (False, False)


def name_of(error: object) -> str:
    return type(error).__name__


class TestSignals:
    @pytest.mark.parametrize("which", ["463", "475"])
    def test_a_restricted_number_opens_no_conversations(self, breaker: Breaker, clock: Hands, which: str) -> None:
        """After the first 463 or 475 new conversations are held for a day, replies go on, and the clock ends it."""
        assert passes(breaker) == ALL
        breaker.note("s", signal(which))
        assert passes(breaker) == REPLIES
        assert passes(breaker, "another") == ALL
        clock.time += DAY - 1
        assert passes(breaker) == REPLIES
        clock.time += 1
        assert passes(breaker) == ALL

    def test_the_error_says_until_when_and_why(self, breaker: Breaker) -> None:
        """Who is held back hears of the session, the time and the reason."""
        breaker.note("s", signal("463"))
        with pytest.raises(BreakerOpenError, match="new conversations until 2025-06-16 15:06:40 UTC") as caught:
            breaker.check("s", new_conversation=True)
        error = caught.value
        assert (error.session, error.until.timestamp()) == ("s", START + DAY)
        assert "463" in error.reason
        assert "463" in str(error)
        assert error.outcome == "not_sent"

    def test_a_throttled_number_rests(self, breaker: Breaker, clock: Hands) -> None:
        """After rate-overlimit nothing of the session passes for a quarter of an hour."""
        breaker.note("s", signal("rate-overlimit"))
        assert passes(breaker) == NOTHING
        assert passes(breaker, "another") == ALL
        clock.time += REST
        assert passes(breaker) == ALL

    def test_signals_are_no_failures_in_a_row(self, breaker: Breaker) -> None:
        """Several new conversations that meet 463 at once do not stop the replies."""
        for _ in range(5):
            breaker.note("s", signal("463"))
        assert passes(breaker) == REPLIES
        assert breaker.state("s").failures == 0

    def test_a_later_signal_counts_anew(self, breaker: Breaker, clock: Hands) -> None:
        """A second signal holds for a whole day from then; a shorter hold never cuts a longer one."""
        breaker.note("s", signal("463"))
        clock.time += DAY / 2
        breaker.note("s", signal("475"))
        clock.time = START + DAY
        assert passes(breaker) == REPLIES
        clock.time += DAY / 2
        assert passes(breaker) == ALL

    def test_the_longest_hold_is_told(self, breaker: Breaker) -> None:
        """Where two things hold a send back, the error tells of the one that lasts."""
        breaker.note("s", signal("rate-overlimit"))
        breaker.note("s", signal("463"))
        with pytest.raises(BreakerOpenError) as new:
            breaker.check("s", new_conversation=True)
        with pytest.raises(BreakerOpenError) as reply:
            breaker.check("s", new_conversation=False)
        assert new.value.until.timestamp() == START + DAY
        assert reply.value.until.timestamp() == START + REST


class TestFailures:
    @pytest.mark.parametrize("error", FAILURES, ids=name_of)
    def test_three_in_a_row(self, breaker: Breaker, clock: Hands, error: WasendError) -> None:
        """The third failure in a row holds everything of the session back for a quarter of an hour."""
        for _ in range(2):
            breaker.note("s", error)
        assert passes(breaker) == ALL
        breaker.note("s", error)
        assert passes(breaker) == NOTHING
        clock.time += REST - 1
        assert passes(breaker) == NOTHING
        clock.time += 1
        assert passes(breaker) == ALL

    @pytest.mark.parametrize("error", NEITHER, ids=name_of)
    def test_what_is_neither(self, breaker: Breaker, error: WasendError) -> None:
        """A caller's mistake and the like are no failure, and do not end a row."""
        for _ in range(10):
            breaker.note("s", error)
        assert passes(breaker) == ALL
        for _ in range(2):
            breaker.note("s", FAILURES[0])
        breaker.note("s", error)
        assert passes(breaker) == ALL
        breaker.note("s", FAILURES[0])
        assert passes(breaker) == NOTHING

    @pytest.mark.parametrize("success", SUCCESSES, ids=name_of)
    def test_a_success_ends_a_row(self, breaker: Breaker, success: WasendError | None) -> None:
        """What the service accepted ends a row, even if its answer could not be read."""
        for _ in range(5):
            breaker.note("s", FAILURES[0])
            breaker.note("s", FAILURES[0])
            breaker.note("s", success)
        assert passes(breaker) == ALL

    def test_after_the_rest_one_failure_is_enough(self, breaker: Breaker, clock: Hands) -> None:
        """When the rest is over sends pass; the first failure holds again, the first success ends it."""
        for _ in range(3):
            breaker.note("s", FAILURES[0])
        clock.time += REST
        assert passes(breaker) == ALL
        breaker.note("s", FAILURES[0])
        assert passes(breaker) == NOTHING
        clock.time += REST
        breaker.note("s", None)
        breaker.note("s", FAILURES[0])
        assert passes(breaker) == ALL

    def test_threads_count_together(self, clock: Hands) -> None:
        """Failures noted by many threads at once are all counted, over a store that lets others run."""

        class Slow(MemoryStore):
            def get(self, key: str) -> Any:
                found = super().get(key)
                time.sleep(0)
                return found

        breaker = Breaker(clock=clock, store=Slow(), failure_threshold=100_000)

        def work() -> None:
            for _ in range(500):
                breaker.note("s", FAILURES[0])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert breaker.state("s").failures == 2000


class TestSession:
    @pytest.mark.parametrize("status", ["FAILED", "failed", "ERROR"])
    def test_a_failed_session_rests(self, breaker: Breaker, clock: Hands, status: str) -> None:
        """A session that has failed is left alone until the rest is over."""
        breaker.note("s", not_ready(status))
        assert passes(breaker) == NOTHING
        clock.time += REST
        assert passes(breaker) == ALL

    def test_a_session_that_is_ready_again(self, breaker: Breaker) -> None:
        """Being told that it is ready ends that rest at once, and no other hold."""
        breaker.note("s", not_ready("FAILED"))
        breaker.note("s", signal("463"))
        breaker.ready("s")
        assert passes(breaker) == REPLIES
        breaker.note("s", signal("rate-overlimit"))
        breaker.ready("s")
        assert passes(breaker) == NOTHING


class TestPeople:
    def test_the_state_is_told(self, breaker: Breaker, clock: Hands) -> None:
        """A person can read what is held back, until when and why, and no more than what is."""
        assert str(breaker.state("s")) == "s: everything passes; failures in a row: 0"
        breaker.note("s", signal("463"))
        for _ in range(3):
            breaker.note("s", FAILURES[0])
        state = breaker.state("s")
        assert [held.what for held in state.held] == ["new", "all"]
        assert "new conversations until 2025-06-16" in str(state)
        assert "3 failures in a row, the last ServerError" in str(state)
        clock.time += REST
        assert [held.what for held in breaker.state("s").held] == ["new"]

    def test_closing(self, breaker: Breaker) -> None:
        """Told otherwise, the breaker lets everything pass, forgets the row, and still knows whom it has met."""
        breaker.met("s", NUMBER)
        for error in (signal("463"), not_ready("FAILED"), *FAILURES):
            breaker.note("s", error)
            breaker.note("t", error)
        breaker.close("s")
        assert passes(breaker) == ALL
        assert breaker.state("s").failures == 0
        assert not breaker.is_new("s", NUMBER)
        assert passes(breaker, "t") == NOTHING

    @pytest.mark.parametrize(
        "options",
        [
            {"restriction_timeout": 0},
            {"reset_timeout": -1},
            {"failure_threshold": 0},
            {"failure_threshold": True},
            {"failure_threshold": 1.5},
            {"restriction_timeout": "1"},
            {"reset_timeout": float("nan")},
            {"max_new_in_flight": 0},
        ],
    )
    def test_settings_that_make_no_sense(self, options: dict[str, Any]) -> None:
        """A breaker that could never open, or never close, is refused by the name of the setting."""
        with pytest.raises(ConfigurationError, match=next(iter(options))):
            Breaker(**options)

    def test_settings(self, clock: Hands) -> None:
        """The times and the count are the caller's to set."""
        breaker = Breaker(clock=clock, restriction_timeout=10, reset_timeout=5, failure_threshold=1)
        breaker.note("s", signal("463"))
        breaker.note("s", FAILURES[0])
        assert passes(breaker) == NOTHING
        clock.time += 5
        assert passes(breaker) == REPLIES
        clock.time += 5
        assert passes(breaker) == ALL


class TestMet:
    def test_who_was_met_is_not_new(self, breaker: Breaker) -> None:
        """A chat that was met is known in every spelling, for its session."""
        assert breaker.is_new("s", NUMBER)
        breaker.met("s", NUMBER)
        assert not breaker.is_new("s", NUMBER)
        assert not breaker.is_new("s", f"{NUMBER[1:]}@c.us")
        assert breaker.is_new("t", NUMBER)

    def test_both_forms_of_a_number_are_one_chat(self, breaker: Breaker) -> None:
        """A Brazilian who was met with the ninth digit is known without it."""
        breaker.met("s", "+5511987654321")
        assert not breaker.is_new("s", "551187654321@c.us")

    @pytest.mark.parametrize("chat", ["120363041234567890@g.us", "123456789@newsletter", "status@broadcast"])
    def test_groups_are_never_new(self, breaker: Breaker, chat: str) -> None:
        """Writing to many at once opens no conversation with a stranger."""
        assert not breaker.is_new("s", chat)

    def test_a_hidden_number_is_somebody(self, breaker: Breaker) -> None:
        """A person known by a hidden id is new until met."""
        assert breaker.is_new("s", "12345678@lid")
        breaker.met("s", "12345678@lid")
        assert not breaker.is_new("s", "12345678@lid")

    def test_what_is_no_chat_is_new(self, breaker: Breaker) -> None:
        """What a call made by hand calls a chat is taken as it is."""
        assert breaker.is_new("s", "nonsense")
        breaker.met("s", "nonsense")
        assert not breaker.is_new("s", "nonsense")


class TestStore:
    def test_a_restart_forgets_nothing(self, clock: Hands, tmp_path: Path) -> None:
        """A breaker over the same file holds what the one before held, counts on, and knows whom it met."""
        first = Breaker(clock=clock, store=SqliteStore(tmp_path / "state.db"))
        first.note("s", signal("463"))
        first.note("t", FAILURES[0])
        first.note("t", FAILURES[0])
        first.met("s", NUMBER)
        second = Breaker(clock=clock, store=SqliteStore(tmp_path / "state.db"))
        assert second.state("s") == first.state("s")
        assert passes(second) == REPLIES
        second.note("t", FAILURES[0])
        assert passes(second, "t") == NOTHING
        assert not second.is_new("s", NUMBER)

    def test_nothing_is_kept_of_what_is_well(self, clock: Hands) -> None:
        """A session without failures leaves nothing in the store."""
        store = MemoryStore()
        breaker = Breaker(clock=clock, store=store)
        breaker.note("s", None)
        assert store.items("") == []
        breaker.note("s", FAILURES[0])
        assert len(store.items("")) == 1
        breaker.note("s", None)
        assert store.items("") == []


@attrs.define
class History:
    """What a breaker should do, told from all that happened since it was last closed."""

    events: list[tuple[float, object]] = attrs.field(factory=list)

    def passes(self, now: float) -> tuple[bool, bool]:
        cold = rest = failed = 0.0
        row = 0
        for at, event in self.events:
            match event:
                case None:
                    row = 0
                    rest, failed = (end if end > at else 0.0 for end in (rest, failed))
                case "ready":
                    failed = 0.0
                case AccountRestrictedError(signal="rate-overlimit"):
                    rest = max(rest, at + REST)
                case AccountRestrictedError():
                    cold = max(cold, at + DAY)
                case SessionNotReadyError(session_status="FAILED"):
                    failed = max(failed, at + REST)
                case ServerError() | APIConnectionError():
                    row += 1
                    if row >= 3 or 0 < rest <= at or 0 < failed <= at:
                        rest = max(rest, at + REST)
        return now >= max(cold, rest, failed), now >= max(rest, failed)


events = st.sampled_from(
    [
        None,
        FAILURES[0],
        FAILURES[0],
        FAILURES[2],
        NEITHER[0],
        signal("463"),
        signal("475"),
        signal("rate-overlimit"),
        not_ready("FAILED"),
        "ready",
        "close",
        "restart",
    ]
)
steps = st.tuples(
    st.sampled_from(["s", "t"]), st.sampled_from([0.0, 0.0, 1.0, 300.0, REST, REST + 1, 40_000.0, DAY]), events
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=40))
def test_random_events(script: list[tuple[str, float, object]]) -> None:
    """Whatever happens, in two sessions and over restarts, what passes is what the whole history says."""
    clock, store = Hands(), MemoryStore()
    breaker = Breaker(clock=clock, store=store)
    histories = {"s": History(), "t": History()}
    for session, wait, event in script:
        clock.time += wait
        if event == "restart":
            breaker = Breaker(clock=clock, store=store)
        elif event == "close":
            breaker.close(session)
            histories[session] = History()
        else:
            histories[session].events.append((clock.time, event))
            if event == "ready":
                breaker.ready(session)
            else:
                assert event is None or isinstance(event, WasendError)
                breaker.note(session, event)
        for name, history in histories.items():
            assert passes(breaker, name) == history.passes(clock.time)
            for held in breaker.state(name).held:
                assert 0 < held.until.timestamp() - clock.time <= (DAY if held.what == "new" else REST)


class TestRule:
    """As a `Middleware` of a client, over a socket."""

    def test_what_a_client_meets(self, clock: Hands, breaker: Breaker) -> None:
        """The first 463 stops sends to strangers before they leave; those who were met, replies and reads go on."""
        fine = answer(200, {"id": "m1", "uniqueSessionId": "ses_1"})

        async def story() -> list[str]:
            told: list[str] = []
            async with AsyncWasendClient(KEY, base_url=server.url, clock=clock, retry=None) as client:
                client._engine = attrs.evolve(client._engine, middleware=(BreakerMiddleware(breaker),))

                async def send(to: str, reply_to: str | None = None) -> None:
                    try:
                        await client.send_text(session="ses_1", to=to, text="hello", reply_to=reply_to)
                        told.append("sent")
                    except WasendError as error:
                        told.append(type(error).__name__)

                await send(NUMBER)
                await send("+447700900001")
                await send("+447700900002")
                await send("+447700900003", reply_to="m0")
                await send(NUMBER)
                await client.retrieve_session_info("ses_1")
                clock.time += DAY
                await send("+447700900002")
            return told

        with serving(fine, answer(500, {"message": "error 463"}), fine) as server:
            assert asyncio.run(story()) == [
                "sent",
                "AccountRestrictedError",
                "BreakerOpenError",
                "sent",
                "sent",
                "sent",
            ]
            assert len(server.requests) == 6

    def test_three_lost_answers(self, clock: Hands, breaker: Breaker) -> None:
        """After three lost answers nothing more leaves, and each of them stays unknown to its caller."""

        async def story() -> list[str]:
            async with AsyncWasendClient(KEY, base_url=server.url, clock=clock) as client:
                client._engine = attrs.evolve(client._engine, middleware=(BreakerMiddleware(breaker),))
                return [
                    type(error).__name__
                    for _ in range(5)
                    if (error := await failed(lambda: client.send_text(session="ses_1", to=NUMBER, text="hello")))
                ]

        with serving(reset) as server:
            assert asyncio.run(story()) == ["UnknownConnectionError"] * 3 + ["BreakerOpenError"] * 2
            assert len(server.requests) == 3

    async def test_a_read_that_shows_the_session_connected(self, breaker: Breaker) -> None:
        """A session that had failed and is seen to be connected need not rest to the end; one that starts must."""
        rule = BreakerMiddleware(breaker)
        read = Call("GET", "/sessions/{id}", Session, path_params={"id": "ses_1"})

        async def seen(status: str) -> Session:
            return Session(unique_session_id="ses_1", status=status)

        breaker.note("ses_1", not_ready("FAILED"))
        await rule(read, lambda: seen("STARTING"))
        assert passes(breaker, "ses_1") == NOTHING
        assert (await rule(read, lambda: seen("WORKING"))).status == "WORKING"
        assert passes(breaker, "ses_1") == ALL

    @pytest.mark.parametrize(("said", "held"), [(True, True), (False, False), (None, True)])
    async def test_the_caller_says_what_is_new(self, breaker: Breaker, said: bool | None, held: bool) -> None:
        """A caller who knows whether a send opens a conversation is believed; else the breaker's memory decides."""
        rule = BreakerMiddleware(breaker, is_new=lambda send: said)
        breaker.note("s", signal("463"))
        assert isinstance(await failed(lambda: rule(send_call(), sent)), BreakerOpenError) is held

    async def test_a_rule_that_only_asks(self, breaker: Breaker) -> None:
        """One that does not learn refuses as the other does, and tells the breaker nothing."""
        asks = BreakerMiddleware(breaker, learns=False)

        async def breaks() -> Message:
            raise FAILURES[0]

        for _ in range(5):
            assert await failed(lambda: asks(send_call(), breaks)) is FAILURES[0]
        await asks(send_call(), sent)
        assert breaker.state("s").failures == 0
        assert breaker.is_new("s", NUMBER)
        breaker.note("s", signal("rate-overlimit"))
        assert isinstance(await failed(lambda: asks(send_call(), sent)), BreakerOpenError)

    @pytest.mark.parametrize("error", [None, FAILURES[-1]])
    async def test_a_store_that_fails_hides_no_outcome(
        self, clock: Hands, caplog: pytest.LogCaptureFixture, error: WasendError | None
    ) -> None:
        """A store that cannot be written to changes neither the result nor the error of a send, and is logged."""

        class Full(MemoryStore):
            full = False

            def set(self, key: str, value: Any) -> None:
                if self.full:
                    raise OSError("no space left")
                super().set(key, value)

        store = Full()
        rule = BreakerMiddleware(Breaker(clock=clock, store=store))

        async def perform() -> Message:
            store.full = True
            if error is not None:
                raise error
            return Message(id="m1")

        with caplog.at_level(logging.WARNING, "wasend"):
            if error is None:
                assert (await rule(send_call(), perform)).id == "m1"
            else:
                assert await failed(lambda: rule(send_call(), perform)) is error
        levels = [record.levelname for record in caplog.records]
        assert levels == ["WARNING"]
        assert "OSError" in caplog.text
        assert isinstance(await failed(lambda: rule(send_call(), perform)), StoreError)


def send_call(to: str = NUMBER) -> Call[Message]:
    return Call("POST", "/sendText", Message, body={"session": "s", "to": to, "text": "hello"}, sends="text")


async def sent() -> Message:
    return Message(id="m1")


async def failed(do: Callable[[], Any]) -> WasendError | None:
    """What a call raises."""
    try:
        await do()
    except WasendError as error:
        return error
    return None


class Traffic:
    """Sends through the middleware of a breaker, each of which is answered when the test says so."""

    def __init__(self, breaker: Breaker) -> None:
        self.rule = BreakerMiddleware(breaker)
        self.flying: dict[int, asyncio.Future[Message]] = {}
        self.tasks: list[asyncio.Task[WasendError | None]] = []

    def send(self, number: int, *, reply: bool = False) -> None:
        """Begin a send to somebody; a reply opens no conversation."""
        body = {"session": "s", "to": f"+4477009{number:05}", "text": "hello", "replyTo": "m0" if reply else None}

        async def leave() -> Message:
            self.flying[number] = asyncio.get_running_loop().create_future()
            try:
                return await self.flying[number]
            finally:
                del self.flying[number]

        call = Call("POST", "/sendText", Message, body=body, sends="text")
        self.tasks.append(asyncio.create_task(failed(lambda: self.rule(call, leave))))

    async def settled(self) -> list[int]:
        """Who is in flight once nothing more happens by itself."""
        for _ in range(60):
            await asyncio.sleep(0)
        return sorted(self.flying)

    async def answer(self, number: int, error: WasendError | None = None) -> list[int]:
        """Answer a send; who is in flight then."""
        if error is None:
            self.flying[number].set_result(Message(id=f"m{number}"))
        else:
            self.flying[number].set_exception(error)
        return await self.settled()

    async def outcomes(self) -> list[str]:
        """What became of each send, in the order in which they began."""
        return [name_of(error) for error in await asyncio.wait_for(asyncio.gather(*self.tasks), PATIENCE)]


class TestInFlight:
    """How many sends are in flight at once."""

    async def test_a_burst_does_not_leave_whole(self, breaker: Breaker, caplog: pytest.LogCaptureFixture) -> None:
        """Of a hundred new conversations two leave; after the first 463 no other does, and waiting is logged."""
        traffic = Traffic(breaker)
        with caplog.at_level(logging.INFO, "wasend"):
            for number in range(100):
                traffic.send(number)
            assert await traffic.settled() == [0, 1]
        assert len(caplog.records) == 98
        assert caplog.messages[0] == "session s: a send waits until one of 2 in flight is over"
        assert await traffic.answer(0, signal("463")) == [1]
        await traffic.answer(1)
        assert await traffic.outcomes() == ["AccountRestrictedError", "NoneType", *["BreakerOpenError"] * 98]

    async def test_they_leave_in_order(self, clock: Hands) -> None:
        """As one is over the next leaves, in the order in which they came, and as many as is set."""
        traffic = Traffic(Breaker(clock=clock, max_new_in_flight=3))
        for number in range(6):
            traffic.send(number)
        assert await traffic.settled() == [0, 1, 2]
        assert await traffic.answer(1) == [0, 2, 3]
        traffic.send(6)
        assert await traffic.answer(0) == [2, 3, 4]
        for number, flying in ((2, [3, 4, 5]), (3, [4, 5, 6]), (4, [5, 6]), (5, [6]), (6, [])):
            assert await traffic.answer(number) == flying
        assert await traffic.outcomes() == ["NoneType"] * 7

    async def test_replies_wait_for_nobody(self, breaker: Breaker) -> None:
        """What opens no conversation leaves at once, beside those that wait."""
        traffic = Traffic(breaker)
        for number in range(4):
            traffic.send(number)
        traffic.send(4, reply=True)
        assert await traffic.settled() == [0, 1, 4]
        for number in (4, 0, 1, 2, 3):
            await traffic.answer(number)
        assert await traffic.outcomes() == ["NoneType"] * 5

    async def test_one_who_gives_up(self, breaker: Breaker) -> None:
        """Cancelling one who waits, or has just been let through, keeps nobody else waiting."""
        traffic = Traffic(breaker)
        for number in range(6):
            traffic.send(number)
        assert await traffic.settled() == [0, 1]
        traffic.tasks[2].cancel()
        assert await traffic.answer(0) == [1, 3]
        traffic.flying[1].set_result(Message())
        await asyncio.sleep(0)
        traffic.tasks[4].cancel()
        assert await traffic.settled() == [3, 5]
        traffic.tasks[3].cancel()
        assert await traffic.settled() == [5]
        await traffic.answer(5)

    async def test_a_probe_goes_first(self, clock: Hands, breaker: Breaker) -> None:
        """When the hold is over one new conversation leaves; once it has gone well the others follow."""
        breaker.note("s", signal("463"))
        clock.time += DAY
        assert breaker.state("s").half_open == ("new",)
        assert str(breaker.state("s")) == "s: new conversations pass one by one; failures in a row: 0"
        traffic = Traffic(breaker)
        for number in range(3):
            traffic.send(number)
        traffic.send(3, reply=True)
        assert await traffic.settled() == [0, 3]
        assert await traffic.answer(3) == [0], "a reply that goes well shows nothing for new conversations"
        assert await traffic.answer(0) == [1, 2]
        assert breaker.state("s").half_open == ()
        for number in (1, 2):
            await traffic.answer(number)

    async def test_a_probe_that_fails(self, clock: Hands, breaker: Breaker) -> None:
        """Where the probe is refused nobody else leaves; where it fails by its caller's mistake the next is the probe."""
        breaker.note("s", signal("463"))
        clock.time += DAY
        traffic = Traffic(breaker)
        for number in range(3):
            traffic.send(number)
        assert await traffic.settled() == [0]
        assert await traffic.answer(0, BadRequestError("no", status=400)) == [1]
        assert await traffic.answer(1, signal("475")) == []
        assert await traffic.outcomes() == ["BadRequestError", "AccountRestrictedError", "BreakerOpenError"]

    async def test_a_probe_for_everything(self, clock: Hands, breaker: Breaker) -> None:
        """After everything was held back one send of any kind goes first; its failure holds everything back again."""
        breaker.note("s", signal("rate-overlimit"))
        clock.time += REST
        traffic = Traffic(breaker)
        traffic.send(0, reply=True)
        traffic.send(1, reply=True)
        traffic.send(2)
        assert await traffic.settled() == [0]
        assert await traffic.answer(0, FAILURES[0]) == []
        assert await traffic.outcomes() == ["ServerError", *["BreakerOpenError"] * 2]
        assert passes(breaker) == NOTHING

    def test_a_send_of_a_loop_that_is_closed(self, breaker: Breaker) -> None:
        """Sends that were abandoned with their loop are not waited for, neither in flight nor in the queue."""
        traffic = Traffic(breaker)

        async def abandon() -> None:
            for number in range(5):
                traffic.send(number)
            await traffic.settled()

        loop = asyncio.new_event_loop()
        loop.run_until_complete(abandon())
        loop.close()

        async def go_on() -> list[int]:
            later.send(7)
            found = await later.settled()
            await later.answer(7)
            return found

        later = Traffic(breaker)
        assert asyncio.run(go_on()) == [7]
        for task in traffic.tasks:  # nobody awaits them any more
            task._log_destroy_pending = False  # type: ignore[attr-defined]

    async def test_a_send_that_never_ends(self, breaker: Breaker, monkeypatch: pytest.MonkeyPatch) -> None:
        """A send is waited for 15 minutes, and no longer: its task may have been abandoned."""
        monkeypatch.setattr(bulkhead, "_LOOK", 0.001)
        traffic = Traffic(breaker)
        for number in range(4):
            traffic.send(number)
        assert await traffic.settled() == [0, 1]
        monkeypatch.setattr(bulkhead, "LONGEST", 0.0)
        await asyncio.wait_for(wait_until(lambda: len(traffic.flying) == 4), PATIENCE)
        for number in range(4):
            await traffic.answer(number)
        assert await traffic.outcomes() == ["NoneType"] * 4

    def test_threads_share_the_limit(self, breaker: Breaker) -> None:
        """Whichever loops they are on, no more sends are in flight than may be, and none is forgotten."""
        lock, now, most = threading.Lock(), [0], [0]

        async def leave() -> Message:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            await asyncio.sleep(0)
            with lock:
                now[0] -= 1
            return Message(id="m")

        def work(start: int) -> None:
            rule = BreakerMiddleware(breaker)

            async def all_of_them() -> None:
                calls = (send_call(f"+4477009{number:05}") for number in range(start, start + 30))
                await asyncio.gather(*(rule(call, leave) for call in calls))

            asyncio.run(all_of_them())

        threads = [threading.Thread(target=work, args=(start,)) for start in (0, 1000, 2000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert most == [2]
        assert not breaker._bulkhead._sessions, "nothing is kept of what is over"

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["new", "new", "reply", "answer", "fail", "cancel"]), st.integers(0, 99)),
            min_size=5,
            max_size=30,
        ),
        st.sampled_from([1, 2, 3]),
        st.booleans(),
    )
    def test_nobody_is_forgotten(self, script: list[tuple[str, int]], limit: int, half_open: bool) -> None:
        """Whoever sends, is answered, fails or gives up in whatever order: no limit is broken, and everybody gets on."""

        async def play() -> None:
            clock = Hands()
            breaker = Breaker(clock=clock, max_new_in_flight=limit, failure_threshold=1000)
            if half_open:
                breaker.note("s", signal("463"))
                clock.time += DAY
            traffic = Traffic(breaker)
            replies: set[int] = set()
            for number, (act, which) in enumerate(script):
                if act in ("new", "reply"):
                    traffic.send(number, reply=act == "reply")
                    if act == "reply":
                        replies.add(number)
                elif act == "cancel" and traffic.tasks:
                    traffic.tasks[which % len(traffic.tasks)].cancel()
                elif traffic.flying:
                    flying = sorted(traffic.flying)[which % len(traffic.flying)]
                    future = traffic.flying[flying]
                    if not future.done():
                        future.set_result(Message()) if act == "answer" else future.set_exception(FAILURES[0])
                if which % 3:
                    flying_now = await traffic.settled()
                    half = "new" in breaker.state("s").half_open
                    assert len([one for one in flying_now if one not in replies]) <= limit
                    assert not half or len([one for one in flying_now if one not in replies]) <= 1
            while await traffic.settled():
                for future in [*traffic.flying.values()]:
                    if not future.done():
                        future.set_result(Message())
            assert all(task.done() for task in traffic.tasks)
            assert not breaker._bulkhead._sessions

        asyncio.run(play())

    async def test_the_caller_is_told(self, breaker: Breaker) -> None:
        """A client's `on_wait` hears of each send that waits for others in flight; what it raises changes nothing."""
        told: list[str] = []

        def note(wait: Wait) -> None:
            told.append(wait.reason)
            raise OSError

        traffic = Traffic(breaker)
        traffic.rule = BreakerMiddleware(breaker, on_wait=note)
        for number in range(4):
            traffic.send(number)
        assert await traffic.settled() == [0, 1]
        assert told == ["in_flight"] * 2
        for number in range(4):
            await traffic.answer(number)
        assert await traffic.outcomes() == ["NoneType"] * 4

    def test_over_a_socket(self, clock: Hands, breaker: Breaker) -> None:
        """Fifty new conversations at once meet a service that refuses them: two requests leave, and the rest wait."""
        waits: list[Wait] = []

        async def story() -> list[WasendError | None]:
            async with AsyncWasendClient(
                KEY, base_url=server.url, clock=clock, retry=None, breaker=breaker, on_wait=waits.append
            ) as client:
                return await asyncio.gather(
                    *(
                        failed(lambda to=to: client.send_text(session="ses_1", to=to, text="hello"))  # type: ignore[misc]
                        for to in (f"+4477009{number:05}" for number in range(50))
                    )
                )

        with serving(answer(500, {"message": "error 463"})) as server:
            told = [name_of(error) for error in asyncio.run(story())]
            assert len(waits) == 48
            assert told == [*["AccountRestrictedError"] * 2, *["BreakerOpenError"] * 48]
            assert server.deliveries == 2


async def wait_until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.001)


class Watch(Hands):
    """A clock that can be set, while its seconds go on as they do."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    def go_on(self, seconds: float) -> None:
        self.time += seconds
        self.passed += seconds


class TestClock:
    def test_a_clock_that_is_set(self) -> None:
        """A hold lasts its time, in whichever direction the clock is set meanwhile, and another hold counts beside it."""
        watch = Watch()
        breaker = Breaker(clock=watch)
        breaker.note("s", signal("463"))
        watch.time += 26 * 3600
        assert passes(breaker) == REPLIES
        breaker.note("s", None, new_conversation=True)
        breaker.note("s", FAILURES[0])
        watch.time -= 26 * 3600
        assert passes(breaker) == REPLIES
        watch.time -= 365 * DAY
        watch.go_on(DAY - 1)
        assert passes(breaker) == REPLIES
        assert breaker.state("s").held[0].until.timestamp() == watch.time + 1
        watch.go_on(1)
        assert passes(breaker) == ALL

    def test_a_hold_from_the_future(self) -> None:
        """What was noted by a clock that ran a year ahead holds for its own time, not for a year and not for nothing."""
        watch, store = Watch(), MemoryStore()
        watch.time += 365 * DAY
        Breaker(clock=watch, store=store).note("s", signal("463"))
        watch.time -= 365 * DAY
        breaker = Breaker(clock=watch, store=store)
        assert passes(breaker) == REPLIES
        watch.go_on(DAY - 1)
        assert passes(breaker) == REPLIES
        watch.go_on(1)
        assert passes(breaker) == ALL


class TestShared:
    @pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
    def test_a_success_undoes_no_hold_of_another_process(self, tmp_path: Path) -> None:
        """Of two processes one counts failures and successes, the other restrictions: every restriction holds."""
        program = """
            import mmap, os, sys, time
            from wasend.delivery import Breaker, SqliteStore
            from wasend.errors import AccountRestrictedError, ServerError

            breaker = Breaker(store=SqliteStore(sys.argv[1]))
            current = mmap.mmap(-1, 2)  # both see it: the session, and how often the other has been there
            if not (pid := os.fork()):
                while current[0] < 100:
                    breaker.note(f"s{current[0]}", ServerError("no", status=500))
                    breaker.note(f"s{current[0]}", None)
                    current[1] = (current[1] + 1) % 256
                os._exit(0)
            for number in range(100):
                current[0], seen = number, current[1]
                while current[1] == seen:
                    time.sleep(0)
                breaker.note(f"s{number}", AccountRestrictedError("no", status=500, signal="463"))
            current[0] = 100
            assert os.waitpid(pid, 0)[1] == 0
            print(sum(bool(breaker.state(f"s{number}").held) for number in range(100)))
            """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "state.db")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("100\n", "")

    def test_what_happens_in_between(self, clock: Hands) -> None:
        """What another notes between reading and writing is not lost."""

        class Interrupted(MemoryStore):
            between: Callable[[], None] | None = None

            def update(self, key: str, function: Callable[[Any], Any]) -> Any:
                before, function_of_another = self.get(key), self.between
                if function_of_another is not None:
                    self.between = None
                    function(before)  # a store may call it in vain
                    function_of_another()
                return super().update(key, function)

        store = Interrupted()
        breaker = Breaker(clock=clock, store=store)
        breaker.note("s", FAILURES[0])
        store.between = lambda: Breaker(clock=clock, store=store).note("s", signal("463"))
        breaker.note("s", None)
        assert [held.what for held in breaker.state("s").held] == ["new"]

    @pytest.mark.parametrize("value", [1, {"failures": 1}, {"failures": 1, "gates": {"new": [1, "x"]}}, [], "all"])
    async def test_a_value_that_is_none_of_ours(self, clock: Hands, value: Any) -> None:
        """Something else where the state was kept is an error before anything is sent, until the breaker is closed."""
        store = MemoryStore()
        breaker = Breaker(clock=clock, store=store)
        store.set("breaker:s", value)
        rule = BreakerMiddleware(breaker)
        error = await failed(lambda: rule(send_call(), never))
        assert isinstance(error, StoreError)
        assert "not what was kept" in str(error)
        breaker.close("s")
        assert await failed(lambda: rule(send_call(), sent)) is None

    async def test_a_value_keeps_no_other_session(self, clock: Hands) -> None:
        """An outcome that does not fit what is kept of its session waits for that to be restored; other sessions send."""
        store = MemoryStore()
        breaker = Breaker(clock=clock, store=store)

        async def fail() -> None:
            async with breaker.flight("s", NUMBER, False):
                store.set("breaker:s", "something else")
                raise ServerError("no", status=500)

        with pytest.raises(ServerError):
            await fail()
        async with breaker.flight("another", NUMBER, False):
            pass
        with pytest.raises(StoreError, match="not what was kept"):
            breaker.check("s", False)
        store.delete("breaker:s")
        async with breaker.flight("another", NUMBER, False):
            pass
        assert breaker.state("s").failures == 1


async def never() -> Message:
    raise AssertionError("it was sent")
