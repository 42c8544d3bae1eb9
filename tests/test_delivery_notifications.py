"""Events of a client's messages and sessions end its waits for them."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.clients import KEY
from wasend import Ack, AsyncWasendClient, MessageFailedError, OutcomeUnknownError, WaitTimeoutError, WasendError
from wasend._core import clock as clock_module
from wasend.delivery.breaker import Breaker
from wasend.delivery.notifications import Notifications, notifications_of
from wasend.errors import AccountRestrictedError, BreakerOpenError

ID = "true_447700900456@c.us_3EB0AA"
LONG = 3600.0


class Clock(clock_module.Clock):
    """A clock that stands still, and on which nobody's sleep ends."""

    simulated = True

    def __init__(self) -> None:
        self.time = 1_750_000_000.0
        self.asleep = asyncio.Event()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await asyncio.Event().wait()


class Service(httpx.AsyncBaseTransport):
    """Answers as told, and counts the requests."""

    def __init__(self) -> None:
        self.count = 0
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, json=[])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return self.answer(request)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(service: Service, clock: Clock) -> AsyncIterator[AsyncWasendClient]:
    transport = httpx.AsyncClient(transport=service)
    async with transport, AsyncWasendClient(KEY, http_client=transport, clock=clock, retry=None) as client:
        yield client


def notifications(client: AsyncWasendClient) -> Notifications:
    return notifications_of(client._engine)


async def test_an_ack_ends_the_wait(client: AsyncWasendClient, service: Service, clock: Clock) -> None:
    """An ack that is notified is taken, also in another spelling and from another thread, where reading back lags."""
    message = {"id": ID, "chatId": "447700900456@c.us", "fromMe": True, "ack": 1, "body": "Hi"}
    service.answer = lambda _: httpx.Response(200, json=message)
    waiting = asyncio.create_task(client.wait_for_ack(ID, session="ses_1", at_least="READ", timeout=LONG))
    await clock.asleep.wait()
    for session, one, ack in (("ses_1", "3EB0BB", 3), ("ses_2", ID, 3), ("ses_1", ID, 2)):
        clock.asleep.clear()
        notifications(client).acked(session, one, ack)
        if (session, one) == ("ses_1", ID):
            await clock.asleep.wait()  # it has looked, and waits on
        await asyncio.sleep(0)
        assert not waiting.done()
    told = threading.Thread(target=notifications(client.with_options(timeout=5)).acked, args=("ses_1", "3EB0AA", 3))
    told.start()
    found = await waiting
    told.join()
    assert (found.ack, found.body, found.id) == (Ack.READ, "Hi", ID)


async def test_an_ack_that_came_before(client: AsyncWasendClient, service: Service) -> None:
    """An ack may come before the answer to the send, and out of order; the furthest counts, and a failure."""
    service.answer = lambda _: httpx.Response(500)
    notifications(client).acked("ses_1", ID, 3)
    notifications(client).acked("ses_1", ID, 2)
    found = await client.wait_for_ack(ID, session="ses_1", at_least="READ", timeout=LONG)
    assert (found.ack, found.id, found.chat_id, found.from_me) == (Ack.READ, ID, "447700900456@c.us", True)
    notifications(client).acked("ses_1", ID, -1)
    with pytest.raises(MessageFailedError):
        await client.wait_for_ack(ID, session="ses_1", timeout=LONG)


async def test_an_ack_in_a_group_is_looked_up(client: AsyncWasendClient, service: Service, clock: Clock) -> None:
    """That one member of a group has read a message says nothing of the others."""
    read = {"id": ID, "chatId": "1203@g.us", "fromMe": True, "ack": 2}
    service.answer = lambda _: httpx.Response(200, json=read)
    waiting = asyncio.create_task(client.wait_for_ack(ID, session="ses_1", at_least="READ", timeout=LONG))
    await clock.asleep.wait()
    clock.asleep.clear()
    notifications(client).acked("ses_1", ID, None)
    await clock.asleep.wait()
    assert service.count == 2
    read["ack"] = 3
    notifications(client).acked("ses_1", ID, None)
    assert (await waiting).ack == Ack.READ


async def test_news_of_a_session(client: AsyncWasendClient, service: Service, clock: Clock) -> None:
    """Who waits for a state of a session looks when its status has changed, and believes what it finds."""
    session = {"uniqueSessionId": "ses_1", "status": "STARTING"}
    service.answer = lambda _: httpx.Response(200, json=session)
    waiting = asyncio.create_task(client.wait_until_ready("ses_1", timeout=LONG))
    await clock.asleep.wait()
    clock.asleep.clear()
    notifications(client).status_changed("ses_1")
    await clock.asleep.wait()
    session["status"] = "WORKING"
    notifications(client).status_changed("ses_2")
    await asyncio.sleep(0)
    assert not waiting.done()
    notifications(client).status_changed("ses_1")
    assert (await waiting).unique_session_id == "ses_1"
    clock.time += 1
    with pytest.raises(WaitTimeoutError):
        await client.wait_for_state("ses_1", "STOPPED", timeout=0)


async def test_news_of_an_own_message(client: AsyncWasendClient, service: Service, clock: Clock) -> None:
    """A send that was not answered is settled when its message appears, without waiting for the next look."""
    there: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502) if request.method == "POST" else httpx.Response(200, json=there)

    service.answer = answer
    with pytest.raises(OutcomeUnknownError) as raised:
        await client.send_text(session="ses_1", to="+447700900456", text="Hi")
    settling = asyncio.create_task(client.settle(raised.value, window=LONG))
    await clock.asleep.wait()
    there.append(
        {"id": ID, "fromMe": True, "body": "Hi", "type": "chat", "timestamp": clock.time, "to": "447700900456@c.us"}
    )
    notifications(client).own_message("ses_1")
    assert (await settling).outcome == "sent"


async def test_a_clock_that_fails_is_heard(
    client: AsyncWasendClient, service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a client's clock raises is raised by whoever waits by it."""
    service.answer = lambda _: httpx.Response(503)

    async def fail(_: float) -> None:
        raise OSError("no clock")

    monkeypatch.setattr(clock, "sleep", fail)
    with pytest.raises(OSError, match="no clock"):
        await client.wait_for_ack(ID, session="ses_1", timeout=LONG)


async def test_each_client_hears_its_own(service: Service) -> None:
    """Notifications of one client are nothing to another; they are forgotten with the client, and bounded."""
    transport = httpx.AsyncClient(transport=service)
    one, other = (AsyncWasendClient(KEY, http_client=transport) for _ in range(2))
    notifications(one).acked("ses_1", ID, 3)
    assert notifications(one).ack_of("ses_1", "3EB0AA") == 3
    assert notifications(other).ack_of("ses_1", ID) is None
    for number in range(10_000):
        notifications(one).acked("ses_1", f"3EB0{number}", 2)
    assert notifications(one).ack_of("ses_1", ID) is None
    gone = weakref.ref(notifications(one))
    await one.aclose()
    await other.aclose()
    await transport.aclose()
    del one
    gc.collect()
    assert gone() is None


def test_a_loop_that_is_closed_is_not_woken() -> None:
    """Somebody who waited on an event loop that is closed keeps nobody from being notified."""
    notifications = Notifications()

    async def leave() -> None:
        notifications.subscribed(("ack", "ses_1", "A")).__enter__()

    asyncio.run(leave())
    notifications.acked("ses_1", "A", 2)


def test_the_breaker_is_given_restrictions() -> None:
    """A restriction holds new conversations back until its own end, or until it is lifted: each by itself."""
    clock = Clock()
    breaker = Breaker(clock=clock)
    breaker.restricted("ses_1", "463", clock.time + 7200)
    breaker.check("ses_1", new_conversation=False)
    with pytest.raises(BreakerOpenError, match="463") as raised:
        breaker.check("ses_1", new_conversation=True)
    assert raised.value.until.timestamp() == clock.time + 7200
    breaker.restricted("ses_1", "463", clock.time + 60)  # WhatsApp has made it shorter
    assert breaker.state("ses_1").held[0].until.timestamp() == clock.time + 60
    breaker.lifted("ses_1", "475")
    assert breaker.state("ses_1").held
    breaker.lifted("ses_1", "463")
    breaker.lifted("ses_2", "463")
    assert not breaker.state("ses_1").held
    breaker.note("ses_1", AccountRestrictedError("no", status=500, signal="475"), True)
    breaker.restricted("ses_1", "475", clock.time - 1)  # over by now
    assert not breaker.state("ses_1").held
    breaker.restricted("ses_1", "475")
    assert breaker.state("ses_1").held[0].until.timestamp() == clock.time + 86_400
    assert issubclass(BreakerOpenError, WasendError)
