"""Waiting for a session to get ready, and for a message to arrive."""

from __future__ import annotations

import asyncio
import pickle
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients import KEY, NUMBER, TEXT
from tests.raw import Behaviour, answer, hang, reset, serving
from wasend import Ack, AsyncWasendClient, ChatMessage, Message, Session, SessionState, Timeout, Wait
from wasend._core.engine import Engine
from wasend.delivery.reader import ServiceReader
from wasend.delivery.settle import SettleMiddleware
from wasend.delivery.waiting import ReadyMiddleware, wait_for_ack, wait_for_state, wait_until_ready
from wasend.errors import (
    AuthenticationError,
    ClientClosedError,
    InvalidRequestError,
    MessageFailedError,
    NotFoundError,
    SessionFailedError,
    SessionNotReadyError,
    WaitTimeoutError,
    WasendError,
)
from wasend.sandbox import Clock, Sandbox

CHAT = "447700900456@c.us"
START = 1_750_000_000


class Service(httpx.AsyncBaseTransport):
    """A sandbox, each of whose answers may be replaced."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.requests: list[httpx.Request] = []
        self.instead: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self._sandbox = httpx.ASGITransport(app=sandbox)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.instead(request) or await self._sandbox.handle_async_request(request)

    def count(self, method: str) -> int:
        return sum(request.method == method for request in self.requests)


@attrs.frozen
class Desk:
    """A client of a sandbox with a session."""

    client: AsyncWasendClient
    sandbox: Sandbox
    service: Service
    session: str

    @property
    def engine(self) -> Engine:
        return self.client._engine

    def past(self) -> float:
        return self.sandbox.clock.now() - START

    async def connect(self) -> None:
        self.sandbox.scan(self.session)
        while (await self.client.retrieve_session_info(self.session)).state is not SessionState.CONNECTED:
            self.sandbox.clock.advance(1)


@asynccontextmanager
async def desk(
    dialect: Any = "docs",
    start_after: float = 0,
    ready: float | None = None,
    on_wait: Callable[[Wait], object] | None = None,
) -> AsyncIterator[Desk]:
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(dialect=dialect, clock=clock, start_after=start_after)
    service = Service(sandbox)
    async with httpx.AsyncClient(transport=service) as http:
        client = AsyncWasendClient(
            KEY, base_url="https://sandbox", http_client=http, clock=clock, retry=None, on_wait=on_wait
        )
        plain = client._engine
        rules = () if ready is None else (ReadyMiddleware(plain, ready), SettleMiddleware(plain, enabled=True))
        client._engine = attrs.evolve(plain, middleware=rules)
        async with client:
            session = await client.create_session(session_name="desk", phone_number="+447700900123")
            assert session.unique_session_id
            await client.start_session(session.unique_session_id)
            service.requests.clear()
            yield Desk(client, sandbox, service, session.unique_session_id)


@pytest.fixture(params=["docs", "sdk"])
def dialect(request: pytest.FixtureRequest) -> Any:
    """Both dialects."""
    return request.param


async def failure(waiting: Any, kind: type[Exception]) -> Any:
    with pytest.raises(kind) as caught:
        await waiting
    return caught.value


# Sessions


async def test_ready_at_once(dialect: Any) -> None:
    """A session that is connected is not waited for, in either wording."""
    async with desk(dialect) as it:
        await it.connect()
        it.service.requests.clear()
        session = await wait_until_ready(it.engine, it.session)
        assert (session.unique_session_id, session.state) == (it.session, SessionState.CONNECTED)
        assert (it.past(), it.service.count("GET")) == (0, 1)


@pytest.mark.parametrize("wanted", ["WORKING", "connected", SessionState.CONNECTED, {"FAILED", SessionState.CONNECTED}])
async def test_it_gets_there(wanted: Any, dialect: Any) -> None:
    """A session that starts is looked at until it is in one of the states, in any wording."""
    async with desk(dialect) as it:
        await it.connect()
        await it.client.stop_session(it.session)
        waiting = asyncio.ensure_future(wait_for_state(it.engine, it.session, wanted, timeout=1000))
        while it.past() < 20:
            await asyncio.sleep(0)
        await it.client.start_session(it.session)
        assert (await waiting).state is SessionState.CONNECTED
        assert 20 <= it.past() < 30


async def test_time_is_over(dialect: Any) -> None:
    """When the time is over, the error names the session and its last state."""
    async with desk(dialect) as it:
        error = await failure(wait_until_ready(it.engine, it.session, timeout=30), WaitTimeoutError)
        assert (error.state, error.outcome) == ("SCAN_QR_CODE", "not_sent")
        assert isinstance(error, TimeoutError)
        assert it.session in str(error)
        assert "within 30 s; it is SCAN_QR_CODE" in str(error)
        assert it.past() == 30


async def test_a_session_that_failed() -> None:
    """To get ready, one that has failed is not waited for; to fail, it is; any other state is waited through."""
    async with desk() as it:
        await it.client.retrieve_qr_code(it.session)
        it.sandbox.clock.advance(1000)
        assert (await wait_for_state(it.engine, it.session, "FAILED")).state is SessionState.FAILED
        error = await failure(wait_until_ready(it.engine, it.session), SessionFailedError)
        assert SessionState.of(error.state) is SessionState.FAILED
        assert it.past() == 1000
        await failure(wait_for_state(it.engine, it.session, ["CONNECTED"], timeout=5), WaitTimeoutError)
        assert it.past() == 1005


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(), timeout=st.floats(0, 150))
def test_intervals(seed: int, timeout: float) -> None:
    """Intervals grow from half a second to five, are not the same for all, and the last look is when the time is over."""

    async def main() -> None:
        async with desk() as it:
            looks: list[float] = []

            def look(request: httpx.Request) -> None:
                looks.append(it.past())

            it.service.instead = look
            chance = random.Random(seed)
            await failure(wait_until_ready(it.engine, it.session, timeout, jitter=chance), WaitTimeoutError)
            gaps = [later - earlier for earlier, later in pairwise(looks)]
            assert looks[0] == 0
            assert looks[-1] == pytest.approx(timeout, abs=1e-6)
            drawn = [gap / min(0.5 * 1.5**number, 5.0) for number, gap in enumerate(gaps[:-1])]
            assert all(0.74 <= one <= 1.26 for one in drawn)
            assert len(drawn) < 2 or len({round(one, 6) for one in drawn}) > 1

    asyncio.run(main())


async def test_looks_that_fail() -> None:
    """A look that fails in a way that passes is made again; one that does not is raised."""
    async with desk() as it:
        await it.connect()
        answers = [httpx.Response(503), httpx.Response(429, headers={"retry-after": "100"}), None]
        it.service.instead = lambda _: answers.pop(0)
        assert (await wait_until_ready(it.engine, it.session)).state is SessionState.CONNECTED
        it.service.instead = lambda _: httpx.Response(401)
        await failure(wait_until_ready(it.engine, it.session), AuthenticationError)
        it.service.instead = lambda _: None
        await failure(wait_until_ready(it.engine, "ses_none"), NotFoundError)
        it.service.instead = lambda _: httpx.Response(500)
        error = await failure(wait_until_ready(it.engine, it.session, timeout=3), WaitTimeoutError)
        assert error.state is None


@pytest.mark.parametrize(
    ("states", "timeout", "field"),
    [
        ("ONLINE", 1, "states"),
        ([], 1, "states"),
        ("UNKNOWN", 1, "states"),
        ("WORKING", -1, "timeout"),
        ("WORKING", "1", "timeout"),
    ],
)
async def test_what_cannot_be_waited_for(states: Any, timeout: Any, field: str) -> None:
    """A state that is none, or a time that is none, is refused before anything is asked."""
    async with desk() as it:
        error = await failure(wait_for_state(it.engine, it.session, states, timeout), InvalidRequestError)
        assert (error.field, it.service.requests) == (field, [])


async def test_two_words_for_a_state() -> None:
    """Where service and engine say different things, the error has the word that counts."""
    told = {"session": {"uniqueSessionId": "ses_1", "status": "STARTING"}, "downstream": {"status": "QR_REQUIRED"}}
    with serving(answer(200, told)) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            error = await failure(wait_until_ready(client._engine, "ses_1", 0), WaitTimeoutError)
    assert error.state == "QR_REQUIRED"


async def test_a_look_is_short() -> None:
    """A look lasts 15 s at most, or less if the client's calls do."""
    for times, least in ((Timeout(), 15.0), (Timeout(answer=2.0, total=3.0), 3.0)):
        async with AsyncWasendClient(KEY, timeout=times) as client:
            its = ServiceReader(client._engine)._engine.options.timeout
            assert (its.total, its.answer) == (least, min(times.answer, 15.0))


@pytest.mark.parametrize("script", [(reset, reset), (hang, reset)])
async def test_over_broken_connections(script: tuple[Behaviour, ...]) -> None:
    """Connections that break, and a service that hangs for a while, do not end the wait."""
    fine = answer(200, {"uniqueSessionId": "ses_1", "status": "WORKING"})
    with serving(*script, fine) as server:
        clock = Clock(stopped=True)
        async with AsyncWasendClient(KEY, base_url=server.url, retry=None, clock=clock, timeout=1.0) as client:
            assert isinstance(await wait_until_ready(client._engine, "ses_1"), Session)
        assert server.deliveries == 3


# Acks


@pytest.mark.parametrize("wanted", ["READ", "read", 3, Ack.READ, "3"])
async def test_it_arrives(wanted: Any, dialect: Any) -> None:
    """A message is looked at until it has come as far, and comes back as its chat holds it."""
    async with desk(dialect) as it:
        await it.connect()
        sent = await it.client.send_text(session=it.session, to=NUMBER, text=TEXT)
        assert sent.id
        begun = it.past()
        waiting = asyncio.ensure_future(wait_for_ack(it.engine, it.session, sent, wanted, timeout=1000))
        for ack, since in (("DEVICE", 10), ("PLAYED", 50)):
            while it.past() < begun + since:
                await asyncio.sleep(0)
            assert not waiting.done()
            it.sandbox.ack(sent.id, ack)  # type: ignore[arg-type]
        found = await waiting
        assert isinstance(found, ChatMessage)
        assert (found.id, found.ack) == (sent.id, Ack.PLAYED)
        assert 50 <= it.past() - begun < 60


async def test_it_does_not_arrive() -> None:
    """When the time is over, the error says how far it came, and that it was sent; a number in its id is masked."""
    async with desk() as it:
        await it.connect()
        begun = it.past()
        sent = await it.client.send_text(session=it.session, to=NUMBER, text=TEXT)
        error = await failure(wait_for_ack(it.engine, it.session, sent, timeout=20), WaitTimeoutError)
        assert (error.state, error.outcome, it.past() - begun) == ("SERVER", "sent", 20)
        assert "did not reach DEVICE within 20 s; its ack is SERVER" in str(error)
        assert NUMBER[1:] not in str(error)


async def test_it_is_refused(dialect: Any) -> None:
    """A message that WhatsApp refused is not waited for."""
    async with desk(dialect) as it:
        await it.connect()
        begun = it.past()
        sent = await it.client.send_text(session=it.session, to=NUMBER, text=TEXT)
        assert sent.id
        it.sandbox.ack(sent.id, "ERROR")
        error = await failure(wait_for_ack(it.engine, it.session, sent, "SERVER"), MessageFailedError)
        assert (error.message.id, error.outcome, it.past()) == (sent.id, "sent", begun)
        assert NUMBER[1:] not in str(error)


async def test_which_message() -> None:
    """A message may be given as any call returned it, or by an id that names its chat; other ids need the message."""
    async with desk() as it:
        await it.connect()
        sent = await it.client.send_text(session=it.session, to=NUMBER, text=TEXT)
        assert sent.id
        (held,) = await it.client.get_messages(it.session, CHAT)
        key = sent.id.rpartition("_")[2]
        for one in (sent, held, sent.id, Message(id=key, to=NUMBER), Message(id=key, recipient=CHAT)):
            assert (await wait_for_ack(it.engine, it.session, one, "SERVER")).id == sent.id
        assert it.past() == 0
        it.service.requests.clear()
        for none in (key, Message(to=NUMBER), Message(id=key), ""):
            error = await failure(wait_for_ack(it.engine, it.session, none, "SERVER"), InvalidRequestError)
            assert error.field == "message"
        for ack in ("ERROR", "PENDING", "SOON", 9, True):
            error = await failure(wait_for_ack(it.engine, it.session, sent, ack), InvalidRequestError)
            assert error.field == "at_least"
        assert it.service.requests == []


async def test_it_appears_late() -> None:
    """A message that the chat does not hold yet is waited for; a session that is not there is not."""
    async with desk() as it:
        await it.connect()
        missing = Message(id=f"true_{CHAT}_3EB0", to=NUMBER)
        error = await failure(wait_for_ack(it.engine, it.session, missing, timeout=9), WaitTimeoutError)
        assert (error.state, it.past()) == (None, 9)
        await failure(wait_for_ack(it.engine, "ses_none", missing), NotFoundError)


@pytest.mark.parametrize("told", [{"ack": 2}, {"ackName": "DEVICE"}, {"ack": "3"}])
async def test_words_and_numbers(told: dict[str, Any]) -> None:
    """Acks as numbers and as words will do; one that is not told yet is waited for."""
    with serving(answer(200, {"id": "3EB0"}), answer(200, {"id": "3EB0", **told})) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, clock=Clock(stopped=True)) as client:
            found = await wait_for_ack(client._engine, "ses_1", Message(id="3EB0", to=NUMBER))
            assert (found.ack or 0) >= Ack.DEVICE
        assert server.deliveries == 2


async def test_ids_in_two_spellings() -> None:
    """A service that does not know the message by the id in its own answer is asked for the newest of the chat."""
    none, listed = answer(404, {"message": "no such message"}), [{"id": "3EB0AA", "ack": 3}, {"id": "3EB0", "ack": 2}]
    with serving(none, answer(200, listed)) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            found = await wait_for_ack(client._engine, "ses_1", f"true_{CHAT}_3EB0")
        assert (found.id, found.ack, server.deliveries) == ("3EB0", Ack.DEVICE, 2)
    assert all(b"downloadMedia=false" in request for request in server.requests), "the service fetches no media"


# The rule


async def test_a_send_that_is_too_early(dialect: Any) -> None:
    """A send that meets a session that is starting waits for it, and is then made: once, in the end."""
    waits: list[Wait] = []
    async with desk(dialect, start_after=20, ready=60, on_wait=waits.append) as it:
        it.sandbox.clock.advance(20)
        await it.connect()
        await it.client.stop_session(it.session)
        await it.client.start_session(it.session)
        it.service.requests.clear()
        begun = it.past()
        message = await it.client.send_text(session=it.session, to=NUMBER, text=TEXT)
        assert [one.id for one in it.sandbox.messages()] == [message.id]
        assert it.service.count("POST") == 2
        (wait,) = waits
        assert (wait.reason, wait.seconds) == ("session", 60)
        assert 20 <= it.past() - begun < 26


async def test_a_session_that_never_gets_ready() -> None:
    """When readiness does not come, the refusal is raised, with the session's last state; nothing is sent."""
    async with desk(start_after=20, ready=40) as it:
        refused = await failure(it.client.send_text(session=it.session, to=NUMBER, text=TEXT), SessionNotReadyError)
        assert (refused.session_status, refused.outcome, it.past()) == ("SCAN_QR_CODE", "not_sent", 40)
        assert "within 40 s; it is SCAN_QR_CODE" in refused.__notes__[0]
        assert it.service.count("POST") == 1


async def test_only_while_starting() -> None:
    """A session that is stopped, or a call that is no send, is not waited for."""
    async with desk(ready=40) as it:
        await it.client.stop_session(it.session)
        await failure(it.client.send_text(session=it.session, to=NUMBER, text=TEXT), SessionNotReadyError)
        assert it.past() == 0
    async with desk(start_after=20, ready=40) as it:
        await failure(it.client.get_all_chats(it.session), SessionNotReadyError)
        assert it.past() == 0


async def test_only_once_more() -> None:
    """A send that is refused again is not made a third time."""
    async with desk(ready=40) as it:
        await it.connect()
        refusal = {"error": "not as expected", "status": "STARTING", "expected": ["WORKING"]}
        it.service.instead = lambda one: httpx.Response(422, json=refusal) if one.method == "POST" else None
        await failure(it.client.send_text(session=it.session, to=NUMBER, text=TEXT), SessionNotReadyError)
        assert it.service.count("POST") == 2


@pytest.mark.parametrize("closed", [True, False])
async def test_waiting_fails(closed: bool) -> None:
    """Where waiting fails for another reason the refusal is raised, with the reason; a closed client says so."""
    async with desk(start_after=20, ready=40) as it:

        def instead(request: httpx.Request) -> httpx.Response | None:
            it.engine.http.closed = closed and request.method == "GET"
            return None if closed or request.method == "POST" else httpx.Response(401)

        it.service.instead = instead
        send = it.client.send_text(session=it.session, to=NUMBER, text=TEXT)
        error = await failure(send, ClientClosedError if closed else SessionNotReadyError)
        assert closed or "401" in error.__notes__[0]


def test_errors_travel() -> None:
    """The errors survive pickling, with what they know."""
    errors: list[WasendError] = [
        WaitTimeoutError("late", state="STARTING", outcome="sent"),
        SessionFailedError("broken", state="FAILED"),
        MessageFailedError("refused", message=ChatMessage(id="3EB0")),
    ]
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)
