"""Receiving: what is kept, who handles it, in which order, and what becomes of what fails."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.events import KEY, acked, message, signed
from wasend import ConfigurationError, StoreError, WasendClient
from wasend.webhooks import (
    NEXT,
    AsyncContext,
    Context,
    Event,
    MessageAck,
    MessageReceived,
    Receiver,
    Router,
    UnknownEvent,
    parse,
)
from wasend.webhooks.inbox import Arrival, Claimed, Inbox, MemoryInbox, SqliteInbox

ANNA, BERT = "447700900456@c.us", "447700900457@c.us"


def receiver(inbox: Inbox | str | Path | None = None, **settings: Any) -> Receiver:
    return Receiver(key=KEY, inbox=MemoryInbox() if inbox is None else inbox, **settings)


async def post(to: Receiver, *events: dict[str, Any]) -> list[int]:
    return [(await to.receive(*signed(event))).status for event in events]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def handled(one: Receiver) -> None:
    async with asyncio.timeout(10):
        while (await one.counts()).waiting:
            await asyncio.sleep(0.001)


# Who gets what


async def test_the_first_that_wants_it() -> None:
    """Handlers are asked in the order of their registration, those of a router before those that it includes."""
    found: list[str] = []
    one, inner, deep = receiver(), Router(), Router()
    one.include(inner)
    inner.include(deep)

    def handler(name: str, result: object = None) -> Callable[[Event], object]:
        async def handle(event: Event) -> object:
            found.append(name)
            return result

        return handle

    deep.on(Event)(handler("deep"))
    inner.on(MessageReceived, text="inner")(handler("inner"))
    one.on(MessageReceived, text=re.compile("^first"))(handler("first"))
    one.on(MessageReceived, text="next")(handler("next", NEXT))
    one.on(MessageAck)(handler("ack"))
    for text in ("first", " Inner ", "next", "else"):
        assert await post(one, message(text=text)) == [200]
    await post(one, acked())
    await one.drain()
    assert found == ["first", "inner", "next", "deep", "deep", "ack"]


async def test_filters() -> None:
    """Chats, senders and sessions are compared as ids, whichever way they are spelt; functions may be asynchronous."""
    found: list[str] = []
    one = receiver()

    async def is_short(event: MessageReceived) -> bool:
        await asyncio.sleep(0)
        return len(event.payload.body or "") < 5

    def register(name: str, **filters: Any) -> None:
        extra = filters.pop("filters", ())

        async def handle(event: MessageReceived) -> object:
            found.append(name)
            return NEXT

        one.on(MessageReceived, *extra, **filters)(handle)

    register("from", from_="+44 7700 900456")
    register("from several", from_=["447700900999", "447700900456@s.whatsapp.net"])
    register("chat", chat="447700900456")
    register("group", chat="1203@g.us", from_="999@lid")
    register("session", session="ses_2")
    register("short", filters=[is_short, lambda event: event.payload.from_me is False])
    await post(one, message(chat=ANNA, text="Hello you"))
    await one.drain()
    assert found == ["from", "from several", "chat"]
    found.clear()
    await post(one, message(chat="1203@g.us", participant="999@lid", text="Hi", session="ses_2"))
    await one.drain()
    assert found == ["group", "session", "short"]


async def test_what_nobody_wants() -> None:
    """An event without a handler is done; one of a name that is not known is an `UnknownEvent`."""
    one = receiver()
    found: list[str] = []

    @one.on(UnknownEvent)
    async def unknown(event: UnknownEvent) -> None:
        found.append(event.name)

    assert await post(one, message(), message(name="new.thing")) == [200, 200]
    await one.drain()
    assert found == ["new.thing"]
    assert (await one.counts()).waiting == 0


async def test_plain_functions_run_in_threads() -> None:
    """A function that is no coroutine function does not block the loop; each kind gets its kind of context."""
    one = receiver()
    found: list[tuple[object, ...]] = []

    @one.on(MessageReceived)
    def handle(event: MessageReceived, context: Context) -> object:
        found.append((threading.current_thread() is threading.main_thread(), type(context), context.attempt))
        return NEXT

    @one.on(MessageReceived)
    async def after(event: MessageReceived, context: AsyncContext) -> object:
        found.append((threading.current_thread() is threading.main_thread(), type(context), context.key))
        return NEXT

    class Both:
        async def __call__(self, event: Event, more: int = 1) -> None:
            found.append((more,))

    one.on(Event)(Both())
    await post(one, message())
    await one.drain()
    assert found == [(False, Context, 1), (True, AsyncContext, found[1][2]), (1,)]
    assert re.fullmatch(r"event-[0-9a-f]{32}", str(found[1][2]))


@pytest.mark.parametrize(
    ("register", "problem"),
    [
        (lambda one: one.on("message"), "no class of events"),
        (lambda one: one.on(str), "no class of events"),
        (lambda one: one.on(MessageReceived, "text"), "no function"),
        (lambda one: one.on(MessageReceived, text=5), "no text"),
        (lambda one: one.on(MessageReceived, text=re.compile(b"x")), "bytes"),
        (lambda one: one.on(MessageReceived, from_=[]), "names nobody"),
        (lambda one: one.on(MessageReceived, from_=447700900456), "names nobody"),
        (lambda one: one.on(MessageReceived, chat=["447700900456@c.us", "Anna"]), "chat: 'Anna' is not a phone number"),
        (lambda one: one.on(MessageReceived, timeout=0), "timeout: 0 is not valid"),
        (lambda one: one.on(MessageReceived, timeout="5"), "timeout: '5' is not valid"),
        (lambda one: one.on(MessageReceived)(lambda: None), "does not take"),
        (lambda one: one.on(MessageReceived, transaction=True)(lambda event: None), "does not take"),
        (lambda one: one.include(one), "never in itself"),
        (lambda one: one.include("router"), "no Router"),
    ],
)
def test_what_cannot_be_registered(register: Callable[[Any], object], problem: str) -> None:
    """A mistake is refused where it is made."""
    with pytest.raises(ConfigurationError, match=problem):
        register(receiver())


def test_a_router_is_included_once() -> None:
    """Nor may two routers include each other."""
    one, inner = receiver(), Router()
    one.include(inner)
    for wrong in (lambda: one.include(inner), lambda: inner.include(one)):
        with pytest.raises(ConfigurationError, match="included once"):
            wrong()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "webhook key"),
        ({"key": ""}, "webhook key"),
        ({"key": "k", "insecure": True}, "insecure"),
        ({"key": "k", "concurrency": 0}, "concurrency"),
        ({"key": "k", "attempts": 1.5}, "attempts"),
        ({"key": "k", "timeout": float("inf")}, "timeout"),
        ({"key": "k", "lease": -1}, "lease"),
        ({"key": "k", "keep": 60}, "less than max_age"),
        ({"key": "k", "backoff": 5}, "backoff"),
        ({"key": "k", "inbox": 5}, "inbox"),
        ({"key": "k", "inbox": "mysql://x"}, "inbox"),
        ({"key": "k", "client": WasendClient("k").session("s")}, "client: expected a client, got BoundSession"),
        ({"key": "k", "max_bytes": 0}, "max_bytes"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that makes no sense is refused at once; without a key there is no receiver."""
    monkeypatch.delenv("WASEND_WEBHOOK_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=problem):
        Receiver(**settings)


async def test_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key is passed, that of the environment is taken; and it is never shown."""
    monkeypatch.setenv("WASEND_WEBHOOK_KEY", KEY)
    one = Receiver(inbox=MemoryInbox())
    assert await post(one, message()) == [200]
    assert KEY not in repr(vars(one))


async def test_any_text_is_kept(tmp_path: Path) -> None:
    """Half characters, null characters and endless names in an event are kept, handled, and known again."""
    one = receiver(tmp_path / "inbox.db", attempts=1)
    found: list[Event] = []

    @one.on(Event)
    async def handle(event: Event) -> None:
        found.append(event)
        raise ValueError(event.session)

    odd = "\ud83d\0" + "x" * 5000
    event = message(text=odd, session=odd, chat=odd, name=odd, id=odd)
    assert await post(one, event, event) == [200, 200]
    await one.drain()
    assert len(found) == 1
    assert found[0].session == odd
    assert len(await one.dead_letters()) == 1
    await one.aclose()


# What is known again


async def test_each_event_is_handled_once() -> None:
    """An event is known by its id, and a message by WhatsApp's own; an ack by what it says as well."""
    found: list[tuple[str, str]] = []
    one = receiver()

    @one.on(Event)
    async def handle(event: Event) -> None:
        found.append((event.name, event.id))

    same = message(id="evt_1", native="3EB0AA")
    events = [
        same,
        same,
        message(id="evt_2", native="3EB0AA"),  # the engine tells of it again
        message(id="evt_1", native="3EB0AA", name="message.any"),  # under the same id, and another event
        message(id="evt_1", native="3EB0AA", session="ses_2"),
        message(id="evt_3", native="3EB0BB"),
        message(id="evt_4", native="3EB0BB", chat=BERT),  # the sender chooses these ids
        acked(id="evt_5", native="3EB0AA", ack=2),
        acked(id="evt_6", native="3EB0AA", ack=2),
        acked(id="evt_7", native="3EB0AA", ack=3),
    ]
    assert await post(one, *events) == [200] * 10
    await one.drain()
    assert sorted(found) == [
        ("message", "evt_1"),
        ("message", "evt_1"),
        ("message", "evt_3"),
        ("message", "evt_4"),
        ("message.ack", "evt_5"),
        ("message.ack", "evt_7"),
        ("message.any", "evt_1"),
    ]


async def test_thousands_of_deliveries_of_one_event() -> None:
    """However often and concurrently one event is delivered, it is handled once, and each delivery is answered 200."""
    found: list[str] = []
    one = receiver()

    @one.on(Event)
    async def handle(event: Event) -> None:
        found.append(event.id)

    body, headers = signed(message())
    async with one:
        for _ in range(20):
            replies = await asyncio.gather(*(one.receive(body, headers) for _ in range(100)))
            assert {reply.status for reply in replies} == {200}
        await handled(one)
    assert len(found) == 1


async def test_order_within_a_chat() -> None:
    """What waits in a chat is handled in the order in which it happened; chats do not wait for each other."""
    found: list[tuple[str, str]] = []
    one = receiver()
    held = asyncio.Event()

    @one.on(MessageReceived)
    async def handle(event: MessageReceived) -> None:
        if event.payload.body == "1" and event.chat_id == ANNA:
            await held.wait()
        found.append((str(event.chat_id)[11:12], str(event.payload.body)))

    now = time.time()
    async with one:
        await post(one, message(chat=ANNA, text="1", at=now))
        await until(lambda: one._workers)
        for chat in (ANNA, BERT):
            await post(one, *(message(chat=chat, text=f"{n}", at=now + n) for n in (5, 3, 2, 4)))
        await until(lambda: len(found) == 4)
        assert {chat for chat, _ in found} == {BERT[11:12]}
        held.set()
        await handled(one)
    assert [text for chat, text in found if chat == ANNA[11:12]] == ["1", "2", "3", "4", "5"]
    assert [text for chat, text in found if chat == BERT[11:12]] == ["5", "2", "3", "4"] or sorted(found)


# What fails


async def test_a_failure_is_tried_again_and_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails is called again, its chat waits; in the end it is a dead letter, and nothing is told of it."""
    tried: list[tuple[str, int]] = []
    one = receiver(attempts=3, backoff=lambda attempt: 0.0)
    broken = True

    @one.on(MessageReceived)
    async def handle(event: MessageReceived, context: AsyncContext) -> None:
        tried.append((str(event.payload.body), context.attempt))
        if event.payload.body == "a secret" and broken:
            raise ValueError(event.payload.body)

    now = time.time()
    with caplog.at_level(logging.DEBUG, "wasend"):
        await post(one, message(text="a secret", at=now), message(text="after", at=now + 1))
        await one.drain()
    assert tried == [("a secret", 1), ("a secret", 2), ("a secret", 3), ("after", 1)]
    (letter,) = await one.dead_letters()
    assert (letter.name, letter.attempts, letter.session) == ("message", 3, "ses_1")
    assert letter.error.startswith("ValueError at test_webhooks_receiver.py:")
    assert "secret" not in repr(letter)
    dead = parse(letter.body, key=None, insecure=True)
    assert isinstance(dead, MessageReceived)
    assert dead.payload.body == "a secret"
    assert "secret" not in caplog.text
    assert "attempt 3 of 3: ValueError at test_webhooks_receiver.py" in caplog.text
    broken = False
    assert await one.replay(letter.number)
    await one.drain()
    assert tried[-1] == ("a secret", 1)
    assert not await one.dead_letters()
    assert not await one.drop(letter.number)


async def test_a_handler_that_hangs() -> None:
    """A handler that takes too long has failed, even where it does not heed that; others go on meanwhile."""
    one = receiver(timeout=0.05, attempts=1)
    over = threading.Event()
    found: list[str] = []

    @one.on(MessageReceived, text="hang")
    async def hang(event: MessageReceived) -> None:
        await asyncio.sleep(60)

    @one.on(MessageReceived, text="thread")
    def thread(event: MessageReceived) -> None:
        over.wait(60)

    @one.on(MessageReceived, text="slow", timeout=5)
    async def slow(event: MessageReceived) -> None:
        await asyncio.sleep(0.1)
        found.append("slow")

    for number, text in enumerate(("hang", "thread", "slow")):
        await post(one, message(chat=f"4477009004{number:02}@c.us", text=text))
    await one.drain()
    over.set()
    letters = await one.dead_letters()
    assert [letter.error for letter in letters] == ["it took longer than 0.05 s: it took longer than 0.05 s"] * 2
    assert found == ["slow"]


class Panic(BaseException):
    """What an extension raises that is written in another language."""


async def test_a_handler_that_means_to_end_everything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that cancels itself, exits or panics has failed like any other, and is not called without end."""
    one = receiver(tmp_path / "inbox.db", attempts=2, backoff=lambda attempt: 0.0)
    found: list[str] = []

    @one.on(MessageReceived, text="cancel")
    async def cancel(event: MessageReceived) -> None:
        found.append("cancel")
        raise asyncio.CancelledError

    @one.on(MessageReceived, text="exit")
    def leave(event: MessageReceived) -> None:
        found.append("exit")
        raise SystemExit(1)

    @one.on(MessageReceived, text="stop")
    def stop(event: MessageReceived) -> None:
        found.append("stop")
        next(iter(()))

    @one.on(MessageReceived, text="exit at once")
    async def leave_at_once(event: MessageReceived) -> None:
        found.append("exit at once")
        sys.exit(1)

    @one.on(MessageReceived, text="panic")
    async def panic(event: MessageReceived) -> None:
        found.append("panic")
        raise Panic("a secret")

    @one.on(MessageReceived, text="transaction", transaction=True)
    def exit_within(event: MessageReceived, context: Context) -> None:
        sys.exit("a secret")

    texts = ("cancel", "exit", "exit at once", "panic", "stop", "transaction")
    await post(one, *(message(text, chat=f"44770090049{n}@c.us") for n, text in enumerate(texts)))
    await one.drain()
    assert sorted(found) == sorted(texts[:-1] * 2)
    letters = await one.dead_letters()
    assert [letter.attempts for letter in letters] == [2] * 6
    assert "in panic: it raised Panic" in letters[3].error
    assert "secret" not in caplog.text
    await one.aclose()


async def test_a_handler_that_heeds_nothing(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A coroutine that swallows its cancellation is left alone, and its event has failed."""
    monkeypatch.setattr("wasend.webhooks.worker._UNWINDING", 0.01)
    one = receiver(timeout=0.01, attempts=1)
    over = asyncio.Event()

    @one.on(MessageReceived)
    async def stubborn(event: MessageReceived) -> None:
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue

    await post(one, message())
    await one.drain()
    assert len(await one.dead_letters()) == 1
    assert "goes on unattended" in caplog.text
    over.set()
    await asyncio.sleep(0)


async def test_an_event_that_ends_the_process(tmp_path: Path) -> None:
    """What was being handled when its process was killed is handled again, and given up when that happens each time."""
    inbox = SqliteInbox(tmp_path / "inbox.db")
    one = receiver(inbox, attempts=2, background=False)
    tried: list[int] = []

    @one.on(Event)
    async def handle(event: Event, context: AsyncContext) -> None:
        tried.append(context.attempt)

    await post(one, message())
    await inbox.claim("killed", 1, 0.0)
    await one.drain()
    assert tried == [2]
    await post(one, message())
    for _ in range(2):
        await inbox.claim("killed", 1, 0.0)
    await one.drain()
    assert tried == [2]
    (letter,) = await one.dead_letters()
    assert "process ended" in letter.error
    await one.aclose()


async def test_a_store_that_fails_is_not_acknowledged() -> None:
    """Where an event cannot be kept, the service is told so, and posts it again."""

    class Full(MemoryInbox):
        async def put(self, arrival: Arrival) -> bool:
            raise StoreError("the disk is full", store="inbox")

    assert await post(receiver(Full()), message()) == [503]


async def test_an_inbox_that_fails_for_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker goes on when its inbox does; what it could not record is tried again."""
    monkeypatch.setattr("wasend.webhooks.worker._LONGEST_PAUSE", 0.001)

    class Shaky(MemoryInbox):
        failures = 6

        def shake(self) -> None:
            if self.failures:
                self.failures -= 1
                raise StoreError("it is locked", store="inbox")

        async def claim(self, holder: str, count: int, lease: float) -> Any:
            if self.failures > 2:
                self.shake()
            return await super().claim(holder, count, lease)

        async def finish(self, claimed: Claimed, effect: Any = None) -> bool:
            self.shake()
            return await super().finish(claimed, effect)

    one = receiver(Shaky())
    found: list[str] = []

    @one.on(Event)
    async def handle(event: Event) -> None:
        found.append(event.id)

    async with one:
        await post(one, message())
        await handled(one)
    assert len(found) == 1
    assert "it is locked" in caplog.text


async def test_a_claim_whose_answer_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was claimed without the worker's knowing is handled when its lease is over, also while others keep it busy."""
    monkeypatch.setattr("wasend.webhooks.worker._LONGEST_PAUSE", 0.001)

    class Lossy(MemoryInbox):
        loses = False

        async def claim(self, holder: str, count: int, lease: float) -> Any:
            claimed = await super().claim(holder, count, lease)
            if claimed and self.loses:
                self.loses = False
                raise StoreError("the connection is lost", store="inbox")
            return claimed

    inbox = Lossy()
    one = receiver(inbox, lease=0.05)
    begun, other = asyncio.Event(), asyncio.Event()

    @one.on(MessageReceived)
    async def handle(event: MessageReceived) -> None:
        if event.chat_id == ANNA:
            begun.set()
            await other.wait()
        other.set()

    async with one, asyncio.timeout(10):
        await post(one, message(chat=ANNA))
        await begun.wait()
        inbox.loses = True
        await post(one, message(chat=BERT))
        await other.wait()
        await handled(one)


async def test_what_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be verified or read is answered as `parse` says, and not kept."""
    one = receiver(max_bytes=1000)
    body, headers = signed(message())
    replies = [
        await one.receive(body, {}),
        await one.receive(body + b" ", headers),
        await one.receive(*signed(b"[]")),
        await one.receive(*signed(message(text="x" * 1000))),
        await one.receive(*signed(message(at=1e9))),
    ]
    assert [reply.status for reply in replies] == [401, 401, 400, 413, 400]
    assert [json.loads(reply.body)["error"] for reply in replies] == [
        "not signed",
        "wrong signature",
        "not an event",
        "too large",
        "too old",
    ]
    assert (await one.counts()).waiting == 0
    assert KEY not in caplog.text


# Its life


async def test_without_an_inbox() -> None:
    """Without an inbox an event is handled, and then answered: 500 where a handler fails, so that it is posted again."""
    one = Receiver(key=KEY)
    found: list[str] = []

    @one.on(MessageReceived)
    async def handle(event: MessageReceived) -> None:
        found.append(str(event.payload.body))
        if len(found) == 1:
            raise ValueError("not yet")

    event = message(text="Hi")
    assert await post(one, event, event) == [500, 200]
    assert found == ["Hi", "Hi"]
    with pytest.raises(ConfigurationError, match="inbox"):
        await one.counts()


async def test_what_is_under_way_at_the_end_is_given_back() -> None:
    """A receiver that is closed lets its handlers end; what does not end is handled by the next one, as if untried."""
    inbox = MemoryInbox()
    begun = asyncio.Event()
    attempts: list[int] = []

    def handlers(one: Receiver) -> None:
        @one.on(MessageReceived)
        async def handle(event: MessageReceived, context: AsyncContext) -> None:
            attempts.append(context.attempt)
            begun.set()
            if len(attempts) == 1:
                await asyncio.sleep(60)

    one = receiver(inbox)
    handlers(one)
    one._settings = attrs.evolve(one._settings, grace=0.01)
    await post(one, message())
    await begun.wait()
    await one.aclose()
    assert (await inbox.counts()).waiting == 1
    again = receiver(inbox)
    handlers(again)
    await again.drain()
    assert attempts == [1, 1]


async def test_a_worker_of_its_own(tmp_path: Path) -> None:
    """A receiver that only receives leaves the handling to a process that only works."""
    path = tmp_path / "inbox.db"
    web, worker = receiver(path, background=False), receiver(path)
    found: list[str] = []

    @worker.on(Event)
    async def handle(event: Event) -> None:
        found.append(event.id)

    async with web:
        working = asyncio.create_task(worker.work())
        await post(web, message())
        await handled(web)
        working.cancel()
        await asyncio.wait({working})
    await worker.aclose()
    assert len(found) == 1


def test_for_code_that_does_not_await(tmp_path: Path) -> None:
    """The blocking receiver takes events and handles them in a thread of its own; closing it closes all."""
    one = receiver(tmp_path / "inbox.db")
    found: list[str] = []

    @one.on(MessageReceived)
    def handle(event: MessageReceived) -> None:
        found.append(str(event.payload.body))
        raise ValueError("no")

    one._settings = attrs.evolve(one._settings, attempts=1)
    with one.blocking as blocking:
        assert blocking.receive(*signed(message(text="Hi"))).status == 200
        while blocking.counts().waiting:
            time.sleep(0.001)
        (letter,) = blocking.dead_letters()
        assert blocking.replay(letter.number)
        blocking.drain()
        while blocking.counts().waiting:
            time.sleep(0.001)
        assert blocking.drop(blocking.dead_letters()[0].number)
    assert found == ["Hi", "Hi"]


async def test_an_event_that_was_not_posted() -> None:
    """An event that came otherwise is taken, and known again when it is posted after all."""
    one = receiver()
    found: list[Event] = []

    @one.on(Event)
    async def handle(event: Event) -> None:
        found.append(event)

    event = parse(*signed(message(text="Hi \U0001f600")), key=KEY)
    assert (await one.put(event)).status == 200
    await one.drain()
    assert found == [event]
    assert json.loads((await one.receive(*signed(message(native="3EB0AA", id="evt_a")))).body) != {}


async def test_a_transaction(tmp_path: Path) -> None:
    """What a handler writes by the inbox's connection is committed with the event or not at all, and once."""
    one = receiver(tmp_path / "inbox.db", backoff=lambda attempt: 0.0)

    @one.on(MessageReceived, transaction=True)
    def save(event: MessageReceived, context: Context) -> None:
        context.connection.execute("CREATE TABLE IF NOT EXISTS orders (text)")
        context.connection.execute("INSERT INTO orders VALUES (?)", (event.payload.body,))
        if context.attempt == 1:
            raise ValueError("after the write")

    await post(one, message(text="Hi"))
    await one.drain()
    assert one._inbox is not None
    rows = await one._inbox._database.read(  # type: ignore[attr-defined]
        lambda connection: connection.execute("SELECT text FROM orders").fetchall()
    )
    assert rows == [("Hi",)]
    await one.aclose()


def test_a_transaction_that_there_is_none() -> None:
    """A handler that wants a transaction is refused where the inbox gives none, and where it awaits."""
    one = receiver()
    one.on(MessageReceived, transaction=True)(lambda event, context: None)
    with pytest.raises(ConfigurationError, match="SqliteInbox"):
        one.start()

    async def save(event: MessageReceived, context: AsyncContext) -> None: ...

    with pytest.raises(ConfigurationError, match="plain"):
        one.on(MessageReceived, transaction=True)(save)
