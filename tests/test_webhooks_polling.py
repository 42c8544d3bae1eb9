"""New messages by polling: each once, in order, whatever clocks say, and none is missed."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from tests.clients import KEY as API_KEY
from tests.events import KEY, message, signed
from wasend import AsyncWasendClient, InvalidRequestError, WasendClient
from wasend.errors import ConfigurationError, NotFoundError, StoreError
from wasend.sandbox import Clock, Sandbox
from wasend.webhooks import AsyncContext, MemoryInbox, MessageReceived, Receiver

START = 1_750_000_000
ANNA, BERT = "+447700900456", "+447700900457"


class Behind(Clock):
    """A clock of the program's, which is not that of the service."""

    def __init__(self, clock: Clock, ahead: float) -> None:
        self._clock, self._ahead = clock, ahead

    def now(self) -> float:
        return self._clock.now() + self._ahead

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class Service(httpx.AsyncBaseTransport):
    """The sandbox, whose answers say its time, and may be others."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.inner = httpx.ASGITransport(app=sandbox)
        self.instead: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.instead(request) or await self.inner.handle_async_request(request)
        answer.headers["Date"] = formatdate(self.sandbox.clock.now(), usegmt=True)
        return answer


@attrs.frozen
class Desk:
    sandbox: Sandbox
    service: Service
    client: AsyncWasendClient
    session: str

    def receive(self, text: str, from_: str = ANNA) -> None:
        self.sandbox.receive(self.session, from_, text)


@pytest.fixture
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(clock=clock, start_after=0, dialect="docs")
    service = Service(sandbox)
    ahead = getattr(request, "param", 0.0)
    async with httpx.AsyncClient(transport=service) as http:
        client = AsyncWasendClient(
            API_KEY, base_url="https://sandbox", http_client=http, clock=Behind(clock, ahead), retry=None
        )
        async with client:
            made = await client.create_session(session_name="desk", phone_number="+447700900123")
            await client.start_session(made.unique_session_id)
            sandbox.scan(made.unique_session_id)
            yield Desk(sandbox, service, client, made.unique_session_id)


async def first(count: int, messages: AsyncIterator[MessageReceived]) -> list[str]:
    async with asyncio.timeout(20):
        return [str((await anext(messages)).payload.body) for _ in range(count)]


@pytest.mark.parametrize("desk", [0.0, 600.0, -600.0], indirect=True)
async def test_each_comes_once_and_in_order(desk: Desk) -> None:
    """What comes after the start is found, in the order of its chat, whatever this machine's clock says."""
    desk.receive("before")
    desk.sandbox.clock.advance(60)
    messages = desk.client.iter_new_messages(desk.session, interval=2)
    reading = asyncio.create_task(first(4, messages))
    await asyncio.sleep(0.05)
    desk.receive("1")
    desk.receive("2")  # of the same second
    desk.sandbox.typed_on_the_phone(desk.session, ANNA, "by the owner")
    desk.receive("from Bert", BERT)
    await asyncio.sleep(0.05)
    desk.receive("3")
    found = await reading
    assert [text for text in found if text != "from Bert"] == ["1", "2", "3"]
    desk.sandbox.clock.advance(1000)
    desk.receive("4")
    assert await first(1, messages) == ["4"]


async def test_since(desk: Desk) -> None:
    """What was written since a moment is found first; a backlog of any size, in order, a part of it in memory."""
    for number in range(700):
        desk.receive(str(number))
        if number % 7 == 0:
            desk.sandbox.clock.advance(1)
    since = datetime.fromtimestamp(START, UTC)
    found = await first(700, desk.client.iter_new_messages(desk.session, since=since))
    assert found == [str(number) for number in range(700)]


async def test_since_long_ago(desk: Desk) -> None:
    """What was written days ago is found as well, in every chat, and by a program that could not look for days."""
    numbers = [f"+4477009005{day:02}" for day in range(4)]
    for number in numbers:
        desk.receive(f"by {number}", number)
        desk.receive("by Anna")
        desk.sandbox.clock.advance(86_400)
    messages = desk.client.iter_new_messages(desk.session, since=datetime.fromtimestamp(START, UTC))
    assert sorted(await first(8, messages)) == sorted([*["by Anna"] * 4, *(f"by {number}" for number in numbers)])
    reading = asyncio.create_task(first(1, messages))
    began = desk.sandbox.clock.now()
    while desk.sandbox.clock.now() < began + 60:
        await asyncio.sleep(0)
    desk.receive("asleep", BERT)
    desk.sandbox.clock.advance(3 * 86_400)
    assert await reading == ["asleep"]


async def test_it_is_the_webhook_s_event(desk: Desk) -> None:
    """A message that is polled is known again where it is posted as well."""
    desk.sandbox.receive(desk.session, ANNA, "Hi")
    desk.sandbox.receive(desk.session, ANNA, media="https://example.org/a.jpg")
    messages = desk.client.iter_new_messages(desk.session, since=datetime.fromtimestamp(START, UTC))
    polled = [await anext(messages), await anext(messages)]
    first_one, second = polled
    assert (first_one.name, first_one.session, first_one.payload.body) == ("message", desk.session, "Hi")
    assert first_one.payload.sender_id == first_one.chat_id == "447700900456@c.us"
    assert first_one.timestamp == first_one.payload.timestamp
    assert second.payload.has_media
    assert second.payload.media is not None
    from wasend.webhooks.facts import keys_of

    posted = message("Hi", native=str(first_one.payload.native_id), session=desk.session)
    from wasend.webhooks import parse

    body, headers = signed(posted)
    assert keys_of(parse(body, headers, key=KEY), body)[0] == keys_of(first_one, b"")[0]


async def test_what_appears_late(desk: Desk) -> None:
    """A message that appears long after its time, as when the session was offline, is found nevertheless."""
    messages = desk.client.iter_new_messages(desk.session, since=datetime.fromtimestamp(START, UTC))
    desk.receive("0")
    assert await first(1, messages) == ["0"]
    chat = {"id": "447700900456@c.us", "timestamp": START}
    late = {"id": "false_447700900456@c.us_3EB0FF", "timestamp": START + 600, "fromMe": False, "body": "late"}
    listed: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        past = desk.sandbox.clock.now() - START
        if past > 2000 and not listed:
            listed.append(late)
            chat["timestamp"] = START + 600
        page = [chat] if request.url.path.endswith("/chats") else listed
        return httpx.Response(200, json=page if request.url.params.get("offset", "0") == "0" else [])

    desk.service.instead = answer
    assert await first(1, messages) == ["late"]


async def test_what_fails_is_tried_again(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A failure that may pass ends nothing, and loses nothing; one that does not is raised."""
    messages = desk.client.iter_new_messages(desk.session, since=datetime.fromtimestamp(START, UTC))
    desk.receive("1")
    desk.receive("from Bert", BERT)
    numbers = itertools.count(1)
    desk.service.instead = lambda _: httpx.Response(503) if next(numbers) in (1, 3, 6) else None
    assert sorted(await first(2, messages)) == ["1", "from Bert"]
    assert "tried again" in caplog.text
    desk.service.instead = lambda _: httpx.Response(404, json={"message": "no such session"})
    with pytest.raises(NotFoundError):
        await anext(messages)


async def test_it_asks_little(desk: Desk) -> None:
    """While nothing comes it asks more and more seldom, of no chat in which nothing is new."""
    for number in range(120):
        desk.receive("old", f"+4477009{number:05}")
    desk.sandbox.clock.advance(3600)
    desk.receive("new")
    messages = desk.client.iter_new_messages(desk.session, since=datetime.fromtimestamp(START + 3600, UTC), interval=5)
    assert await first(1, messages) == ["new"]
    desk.service.requests.clear()
    began = desk.sandbox.clock.now()
    waiting = asyncio.ensure_future(anext(messages))
    while desk.sandbox.clock.now() < began + 600:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    reads = sum(request.url.path.endswith("/messages") for request in desk.service.requests)
    looks = 5 + 600 / (6 * 5 * 0.8)  # until pauses have grown, and then, if all of them are as short as they may be
    assert len(desk.service.requests) < 2.5 * looks
    assert reads < looks


async def test_a_service_that_knows_no_filters(desk: Desk) -> None:
    """Where the service heeds neither filters nor order, what is old or one's own is passed over all the same."""
    chats = [{"id": f"4477009{n:05}@c.us", "timestamp": START - 90 * 86_400 + n % 7} for n in range(60)]
    chats += [{"id": "447700900456@c.us"}, {"id": "status@broadcast", "timestamp": START + 5}, {"id": "?"}]
    texts = [("old", START - 500, False), ("mine", START + 1, True), ("new", START + 2, False), ("none", None, False)]
    listed = [
        {"id": f"false_447700900456@c.us_3EB0{n}", "timestamp": at, "fromMe": mine, "body": text}
        for n, (text, at, mine) in enumerate(texts)
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return httpx.Response(200, json=(chats if request.url.path.endswith("/chats") else listed)[offset:][:50])

    desk.service.instead = answer
    found = await first(1, desk.client.iter_new_messages(desk.session, since=datetime.fromtimestamp(START, UTC)))
    assert found == ["new"]


async def test_a_receiver_that_polls(desk: Desk, tmp_path: Path) -> None:
    """A receiver that polls handles each once, also across a restart, and what was written in between."""
    found: list[str] = []

    async def run(until: int) -> None:
        one = Receiver(desk.client, key=KEY, inbox=tmp_path / "inbox.db")

        @one.on(MessageReceived)
        async def handle(event: MessageReceived, context: AsyncContext) -> None:
            found.append(str(event.payload.body))

        polling = asyncio.create_task(one.poll(desk.session))
        async with asyncio.timeout(20):
            while len(found) < until:
                await asyncio.sleep(0.001)
                assert not polling.done()
            while await one._inbox.position(f"poll {desk.session}") is None:  # type: ignore[union-attr]
                await asyncio.sleep(0.001)
        polling.cancel()
        await asyncio.wait({polling})
        await one.aclose()

    desk.receive("0")
    await run(1)
    for number in (1, 2, 3):
        desk.receive(str(number))
    await run(4)
    assert found == ["0", "1", "2", "3"]
    with pytest.raises(ConfigurationError, match="client"):
        await Receiver(key=KEY).poll("ses_1")


async def test_since_again(desk: Desk) -> None:
    """Whoever passes the same moment at every start gets nothing twice that is no longer known."""
    inbox, found = MemoryInbox(clock=desk.sandbox.clock), list[str]()
    since = datetime.fromtimestamp(START, UTC)

    async def run(until: int) -> None:
        one = Receiver(desk.client, key=KEY, inbox=inbox, clock=desk.sandbox.clock)
        one.on(MessageReceived)(lambda event: found.append(str(event.payload.body)))
        polling = asyncio.create_task(one.poll(desk.session, since=since))
        async with asyncio.timeout(20):
            while len(found) < until:
                await asyncio.sleep(0.001)
        polling.cancel()
        await asyncio.wait({polling})
        await one.aclose()

    desk.receive("old")
    await run(1)
    desk.sandbox.clock.advance(60)
    await inbox.set_position(f"poll {desk.session}", desk.sandbox.clock.now())
    desk.sandbox.clock.advance(4 * 86_400)
    assert await inbox.prune(3 * 86_400)
    desk.receive("new", BERT)
    await run(2)
    assert found == ["old", "new"]


async def test_polling_survives_an_inbox_that_fails(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Where it cannot be kept how far it has come, that is tried again at the next look."""
    noted = asyncio.Event()

    class Shaky(MemoryInbox):
        failed = False

        async def set_position(self, name: str, at: float) -> None:
            if not self.failed:
                self.failed = True
                raise StoreError("it is locked", store="inbox")
            noted.set()

    one = Receiver(desk.client, key=KEY, inbox=Shaky())
    polling = asyncio.create_task(one.poll(desk.session))
    async with asyncio.timeout(20):
        await noted.wait()
    polling.cancel()
    await asyncio.wait({polling})
    await one.aclose()
    assert "it is locked" in caplog.text


async def test_polling_without_an_inbox(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A message that cannot be handled does not keep the others waiting for ever."""
    one, found = Receiver(desk.client, key=KEY, attempts=3), list[str]()
    over = asyncio.Event()

    @one.on(MessageReceived)
    async def handle(event: MessageReceived) -> None:
        found.append(str(event.payload.body))
        if event.payload.body == "poison":
            raise ValueError
        over.set()

    desk.receive("poison")
    desk.receive("after")
    polling = asyncio.create_task(one.poll(desk.session, since=datetime.fromtimestamp(START, UTC)))
    async with asyncio.timeout(20):
        await over.wait()
    polling.cancel()
    await asyncio.wait({polling})
    assert found == ["poison"] * 3 + ["after"]
    assert "given up" in caplog.text


def test_in_the_other_face() -> None:
    """The synchronous client iterates as well."""
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(clock=clock, start_after=0)
    transport = httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox))
    with WasendClient(API_KEY, base_url="https://sandbox", http_client=transport, clock=clock) as client:
        made = client.create_session(session_name="desk", phone_number="+447700900123")
        client.start_session(made.unique_session_id)
        sandbox.scan(made.unique_session_id)
        desk = client.session(made.unique_session_id)
        messages = desk.iter_new_messages()
        sandbox.receive(made.unique_session_id, ANNA, "Hi")
        assert next(messages).payload.body == "Hi"


@pytest.mark.parametrize("wrong", [{"interval": 0}, {"interval": "5"}, {"since": datetime.now()}, {"since": 5}])  # noqa: DTZ005
def test_what_makes_no_sense(wrong: dict[str, Any]) -> None:
    """An argument that makes no sense is refused at once."""
    with WasendClient(API_KEY) as client, pytest.raises(InvalidRequestError):
        client.session("ses_1").iter_new_messages(**wrong)


def test_the_receiver_needs_no_client() -> None:
    """Whoever only receives imports no HTTP client."""
    program = (
        "import sys; from wasend.webhooks import Receiver, MessageReceived; Receiver(key='k', inbox='x.db');"
        "assert not {'httpx', 'tenacity', 'psycopg'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
