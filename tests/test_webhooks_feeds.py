"""What a client learns from the events that its receiver gets, in both faces; and replies."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.clients import KEY as API_KEY
from tests.events import KEY, acked, envelope, message, signed
from wasend import Ack, AsyncWasendClient, ConfigurationError, InvalidRequestError, WasendClient
from wasend.delivery import Breaker, Pacer, Pacing, SqliteStore, Suppression
from wasend.errors import BreakerOpenError, ClientClosedError, SuppressedRecipientError, TurnTimeoutError
from wasend.outbox import Outbox
from wasend.webhooks import NEXT, AsyncContext, Context, Event, Feeds, MessageAny, MessageReceived, Receiver
from wasend.webhooks.inbox import Claimed, MemoryInbox, SqliteInbox

ANNA = "447700900456@c.us"


class Sent(httpx.AsyncBaseTransport):
    """Takes every message, and keeps what was asked."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.answer: Any = {"id": "true_447700900456@c.us_3EB0AA", "chatId": ANNA, "fromMe": True, "ack": 1}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.bodies.append(json.loads(request.content))
        answer = self.answer(len(self.bodies)) if callable(self.answer) else self.answer
        return httpx.Response(200, json=answer)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture(params=["async", "sync"])
def client(request: pytest.FixtureRequest, sent: Sent) -> Iterator[Any]:
    """A client of either face, with all of its rules."""
    options: dict[str, Any] = {
        "http_client": httpx.AsyncClient(transport=sent),
        "breaker": Breaker(),
        "suppression": Suppression(),
        "retry": None,
    }
    if request.param == "async":
        yield AsyncWasendClient(API_KEY, **options)
    else:
        with WasendClient(API_KEY, **options) as client:
            yield client


def receiver(client: Any, feeds: Feeds | None = None) -> Receiver:
    return Receiver(client, key=KEY, inbox=MemoryInbox(), feeds=feeds, attempts=1)


async def post(to: Receiver, *events: dict[str, Any]) -> None:
    for event in events:
        assert (await to.receive(*signed(event))).status == 200
    await to.drain()
    assert not await to.dead_letters()


def status(data: Any = None, name: str = "WORKING") -> dict[str, Any]:
    return envelope("session.status", {"status": name, "statuses": [], "data": data})


async def test_restrictions_open_the_breaker(client: Any) -> None:
    """The breaker holds new conversations back while WhatsApp restricts the number, and no longer."""
    one = receiver(client)
    breaker = one._feeding._settings.breaker  # type: ignore[union-attr]
    lock = {"enforcementType": "RESTRICT_ALL_COMPANIONS", "isActive": True, "timeEnforcementEnds": 2_000_000_000}
    await post(one, status({"reachoutTimelock": lock}))
    with pytest.raises(BreakerOpenError, match="463") as raised:
        breaker.check("ses_1", True)
    assert raised.value.until.timestamp() == pytest.approx(2_000_000_000, abs=1)
    breaker.check("ses_1", False)
    capping = {"cappingStatus": "CAPPED", "totalQuota": 1000, "usedQuota": 1000, "cycleEnd": 1_999_999_999}
    await post(one, status({"messageCapping": capping}))
    await post(one, status({"reachoutTimelock": {**lock, "isActive": False}}))
    await post(one, status({"messageCapping": {"cappingStatus": "FIRST_WARNING"}}))
    breaker.check("ses_1", True)


async def test_a_session_that_works_again(client: Any) -> None:
    """A session that is told to work is ready for the breaker."""
    from wasend.errors import SessionNotReadyError

    one = receiver(client)
    breaker = one._feeding._settings.breaker  # type: ignore[union-attr]
    breaker.note("ses_1", SessionNotReadyError("no", status=422, session_status="FAILED"))
    assert breaker.state("ses_1").held
    await post(one, status(name="SCAN_QR_CODE"))
    assert breaker.state("ses_1").held
    await post(one, status())
    assert not breaker.state("ses_1").held


async def test_who_has_written_is_known(client: Any) -> None:
    """Somebody who has written is no new conversation; what the account wrote itself does not count."""
    one = receiver(client)
    breaker = one._feeding._settings.breaker  # type: ignore[union-attr]
    await post(one, message(from_me=True))
    assert breaker.is_new("ses_1", ANNA)
    await post(one, message())
    assert not breaker.is_new("ses_1", "+447700900456")
    assert breaker.is_new("ses_2", ANNA)


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Stop!!", "Baja", "no más", "Arrêt", "U N S U B"])
async def test_stop_words(text: str, client: Any) -> None:
    """Whoever writes a stop word and nothing else is on the list, and is written to no more."""
    one = receiver(client, Feeds(stop_words=["en", "es", "fr", "u n s u b"]))
    replied: list[object] = []

    @one.on(MessageReceived)
    async def answer(event: MessageReceived, context: AsyncContext) -> None:
        with pytest.raises(SuppressedRecipientError):
            await context.reply("Hello")
        replied.append(event)

    await post(one, message(text))
    assert len(replied) == 1


@pytest.mark.parametrize(
    "event",
    [
        message("Please stop calling"),
        message("stop", chat="1203@g.us", participant=ANNA),
        message("stop", from_me=True),
        message(None),
        message("stop", name="message.any"),
    ],
)
async def test_what_is_no_stop_word(event: dict[str, Any], client: Any) -> None:
    """A longer text, one in a group, or one of one's own puts nobody on the list; nor does it without the option."""
    suppression = Suppression()
    other = AsyncWasendClient(API_KEY, suppression=suppression)
    await post(receiver(other, Feeds(stop_words="en")), event)
    await post(receiver(other), message("stop"))
    assert not [*suppression]
    await other.aclose()


def test_stop_words_need_a_list() -> None:
    """Where there is no list to put anybody on, that is said at once; so is a word that is none, and feeds without a client."""
    for options in ({"client": AsyncWasendClient(API_KEY), "feeds": Feeds(stop_words="en")}, {"feeds": Feeds()}):
        with pytest.raises(ConfigurationError, match=r"stop_words|feeds"):
            Receiver(key=KEY, **options)
    for wrong in ("!", ["en", 5]):
        with pytest.raises(ConfigurationError, match="stop_words"):
            Feeds(stop_words=wrong)  # type: ignore[arg-type]


async def test_switched_off(client: Any) -> None:
    """Each of them can be switched off."""
    one = receiver(client, Feeds(breaker=False, known=False, waits=False))
    breaker = one._feeding._settings.breaker  # type: ignore[union-attr]
    await post(one, status({"reachoutTimelock": {"isActive": True}}), message(), acked(native="3EB0AA"))
    breaker.check("ses_1", True)
    assert breaker.is_new("ses_1", ANNA)
    assert one._feeding._notifications.ack_of("ses_1", "3EB0AA") is None  # type: ignore[union-attr]


async def test_acks_end_the_wait_for_them(client: Any) -> None:
    """An ack that is received ends `wait_for_ack`, before and after it begins; an ack of what others sent is none."""
    one = receiver(client)

    async def wait(message_id: str) -> Any:
        options: dict[str, Any] = {"session": "ses_1", "at_least": "READ", "timeout": 10}
        if isinstance(client, WasendClient):
            return await asyncio.to_thread(client.wait_for_ack, message_id, **options)
        return await client.wait_for_ack(message_id, **options)

    await post(one, acked(native="3EB0AA"))
    assert (await wait(f"true_{ANNA}_3EB0AA")).ack == Ack.READ
    waiting = asyncio.create_task(wait(f"true_{ANNA}_3EB0BB"))
    await asyncio.sleep(0.01)
    await post(one, acked(native="3EB0BB"))
    assert (await waiting).ack == Ack.READ
    theirs = acked(native="3EB0CC")
    theirs["payload"]["fromMe"] = False
    await post(one, theirs)
    assert one._feeding._notifications.ack_of("ses_1", "3EB0CC") is None  # type: ignore[union-attr]


async def test_replies(client: Any, sent: Sent) -> None:
    """A handler of either kind replies by a client of either face, in the chat, from the session, quoting if it is to."""
    one = receiver(client)

    @one.on(MessageReceived, text="async")
    async def reply(event: MessageReceived, context: AsyncContext) -> None:
        assert (await context.reply("Hello")).id

    @one.on(MessageReceived, text="sync")
    def reply_too(event: MessageReceived, context: Context) -> None:
        assert context.reply("Hello", quote=True).id

    await post(one, message("async"), message("sync", native="3EB0BB"))
    plain = {"session": "ses_1", "to": "+447700900456", "text": "Hello"}
    quoting = {**plain, "replyTo": f"false_{ANNA}_3EB0BB"}
    assert sent.bodies in ([plain, quoting], [{**plain, "to": ANNA}, {**quoting, "to": ANNA}])


async def test_the_client_of_a_context(client: Any) -> None:
    """A context gives the client of its own face, and says so where there is another or none."""
    found: dict[str, Any] = {}

    def ask(name: str, context: Any) -> object:
        try:
            found[name] = context.client
        except ConfigurationError as error:
            found[name] = str(error)
        return NEXT

    for made_with, name in ((client, "one"), (None, "none")):
        one = receiver(made_with)

        @one.on(Event)
        async def handle(event: Event, context: AsyncContext, name: str = name) -> object:
            return ask(f"{name} async", context)

        @one.on(Event)
        def handle_too(event: Event, context: Context, name: str = name) -> object:
            return ask(f"{name} sync", context)

        await post(one, message())
    own, other = ("async", "sync") if isinstance(client, AsyncWasendClient) else ("sync", "async")
    assert found[f"one {own}"] is client
    assert "make it with one" in found[f"one {other}"]
    assert "make it with one" in found["none async"]
    assert "make it with one" in found["none sync"]


async def test_a_reply_to_what_is_of_no_chat(client: Any) -> None:
    """Where there is nobody to reply to, or no client to reply by, that is said."""
    errors: list[str] = []
    for made_with in (client, None):
        one = receiver(made_with)

        @one.on(Event)
        async def reply(event: Event, context: AsyncContext) -> None:
            try:
                await context.reply("Hello")
            except (InvalidRequestError, ConfigurationError) as error:
                errors.append(str(error))

        await post(one, envelope("label.upsert", {"id": "1"}))
    assert "of no chat" in errors[0]
    assert "this receiver has none" in errors[1]


async def test_a_reply_is_paced_as_one(sent: Sent) -> None:
    """A reply goes by the pacing of replies, whatever the client's own kind is."""
    pacing = Pacing(name="reply", gap=(0, 0.001), quiet_hours=None)
    slow = Pacing(name="known", gap=(3000, 3001), quiet_hours=None)
    client = AsyncWasendClient(
        API_KEY, http_client=httpx.AsyncClient(transport=sent), pacing=Pacer({"reply": pacing, "known": slow})
    )
    one = receiver(client)

    @one.on(MessageReceived)
    async def reply(event: MessageReceived, context: AsyncContext) -> None:
        await context.reply("one")
        await context.reply("two")

    await post(one, message())
    assert [body["text"] for body in sent.bodies] == ["one", "two"]
    await client.aclose()


async def test_who_has_written_is_not_cold(sent: Sent, tmp_path: Path) -> None:
    """A "cold" send to somebody who has written is paced as a "known" one, also by another process with the store."""
    cold = Pacing(name="cold", gap=(3000, 3001), quiet_hours=None)
    known = Pacing(name="known", gap=(0, 0.001), quiet_hours=None)
    store = SqliteStore(tmp_path / "state.db")
    pacer = Pacer({"cold": cold, "known": known}, store=store)
    client = AsyncWasendClient(API_KEY, http_client=httpx.AsyncClient(transport=sent), pacing=pacer)
    await post(receiver(client), message())
    again = Pacer({"cold": cold, "known": known}, store=store)
    assert await again.has_met("ses_1", "+44 7700 900456")
    assert not await again.has_met("ses_2", ANNA)
    campaign = client.with_options(kind="cold", turn_timeout=1)
    for _ in range(3):
        await campaign.send_text(session="ses_1", to=ANNA, text="News")
    await campaign.send_text(session="ses_1", to="+447700900999", text="News")
    with pytest.raises(TurnTimeoutError):
        await campaign.send_text(session="ses_1", to="+447700900998", text="News")
    await client.aclose()
    store.close()


@pytest.fixture(params=["async", "sync"])
def keeping(request: pytest.FixtureRequest, sent: Sent, tmp_path: Path) -> Iterator[Any]:
    """A client of either face with an outbox."""
    options: dict[str, Any] = {
        "http_client": httpx.AsyncClient(transport=sent),
        "outbox": Outbox(tmp_path / "outbox.db"),
        "retry": None,
    }
    if request.param == "async":
        yield AsyncWasendClient(API_KEY, **options)
    else:
        with WasendClient(API_KEY, **options) as client:
            yield client


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_a_reply_is_sent_once(kind: str, keeping: Any, sent: Sent) -> None:
    """A handler that runs again, as after a crash, does not reply again: even if it would say something else."""
    sent.answer = lambda number: {"id": f"true_{ANNA}_3EB0A{number}", "to": ANNA, "fromMe": True}
    one = Receiver(keeping, key=KEY, inbox=MemoryInbox(), attempts=3, backoff=lambda attempt: 0.0)
    found: list[str] = []

    @one.on(MessageReceived, text="async")
    async def reply(event: MessageReceived, context: AsyncContext) -> None:
        found.extend([(await context.reply(text)).id[-6:] for text in ("one", f"run {context.attempt}")])
        if context.attempt < 3:
            raise ValueError("after the replies")

    @one.on(MessageReceived, text="sync")
    def reply_too(event: MessageReceived, context: Context) -> None:
        found.extend([context.reply(text).id[-6:] for text in ("one", f"run {context.attempt}")])
        if context.attempt < 3:
            raise ValueError("after the replies")

    await post(one, message(kind))
    assert [body["text"] for body in sent.bodies] == ["one", "run 1"]
    assert found == ["3EB0A1", "3EB0A2"] * 3
    await one.aclose()
    if isinstance(keeping, AsyncWasendClient):
        await keeping.aclose()


class CalledTwice(SqliteInbox):
    """An inbox that undoes what a handler did in its transaction, and has it done again, as a group commit may."""

    async def finish(self, claimed: Claimed, effect: Callable[[Any], Any] | None = None) -> bool:
        def twice(connection: sqlite3.Connection) -> None:
            assert effect is not None
            connection.execute("SAVEPOINT first")
            effect(connection)
            connection.execute("ROLLBACK TO first")
            effect(connection)

        return await super().finish(claimed, twice)


async def test_a_reply_in_a_transaction_is_sent_once(keeping: Any, sent: Sent, tmp_path: Path) -> None:
    """A handler that is called a second time within one attempt does not reply again, either."""
    sent.answer = lambda number: {"id": f"true_{ANNA}_3EB0A{number}", "to": ANNA, "fromMe": True}
    one = Receiver(keeping, key=KEY, inbox=CalledTwice(tmp_path / "inbox.db"))
    found: list[str] = []

    @one.on(MessageReceived)
    def first(event: MessageReceived, context: Context) -> object:
        found.append(context.reply("zero").id[-6:])
        return NEXT

    @one.on(MessageReceived, transaction=True)
    def second(event: MessageReceived, context: Context) -> None:
        found.extend([context.reply(text).id[-6:] for text in ("one", "two")])

    await post(one, message())
    assert [body["text"] for body in sent.bodies] == ["zero", "one", "two"]
    assert found == ["3EB0A1", "3EB0A2", "3EB0A3", "3EB0A2", "3EB0A3"]
    await one.aclose()
    if isinstance(keeping, AsyncWasendClient):
        await keeping.aclose()


async def test_what_is_unknown_keeps_no_event(sent: Sent, tmp_path: Path) -> None:
    """Where looking for what is unknown takes longer than a handler may, the event is handled all the same."""

    class Calls:
        async def unknown(self, session: str) -> list[Any]:
            return [SimpleNamespace(to="+44 7700 900456")]

        async def recover(self, session: str, *, wait: bool) -> None:
            await asyncio.Event().wait()

    class Client(AsyncWasendClient):
        outbox = Calls()  # type: ignore[assignment]

    client = Client(API_KEY, outbox=Outbox(tmp_path / "outbox.db"), http_client=httpx.AsyncClient(transport=sent))
    one = Receiver(client, key=KEY, inbox=MemoryInbox(), timeout=0.1, attempts=50, backoff=lambda attempt: 0.0)
    handled: list[str] = []

    @one.on(MessageAny)
    async def handle(event: MessageAny) -> None:
        handled.append(event.session)

    await post(one, message(from_me=True, name="message.any"))
    assert handled == ["ses_1"]
    await one.aclose()
    await client.aclose()


async def test_an_own_message_settles_what_is_unknown(sent: Sent, tmp_path: Path) -> None:
    """A keyed send of which nothing is known is looked for again when a message of the account's appears in its chat."""
    asked: list[str] = []

    class Calls:
        async def unknown(self, session: str) -> list[Any]:
            asked.append(f"unknown {session}")
            return [SimpleNamespace(to="+44 7700 900456")]

        async def recover(self, session: str, *, wait: bool) -> None:
            asked.append(f"recover {session} {wait}")
            raise ClientClosedError("it is closed")

    class Client(AsyncWasendClient):
        outbox = Calls()  # type: ignore[assignment]

    client = Client(API_KEY, outbox=Outbox(tmp_path / "outbox.db"), http_client=httpx.AsyncClient(transport=sent))
    one = receiver(client)
    other = message(from_me=True, name="message.any", chat="447700900999@c.us")
    await post(one, message(name="message.any"), other, message(from_me=True, name="message.any"))
    assert asked == ["unknown ses_1", "unknown ses_1", "recover ses_1 False"]
    await client.aclose()
