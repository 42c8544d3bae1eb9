"""Calls with a key: made once, whoever makes them, and told as they were."""

from __future__ import annotations

import asyncio
import base64
import time
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.raw import Peer, answer, message, raw, reset, serving, until
from wasend import (
    APIStatusError,
    AsyncWasendClient,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    IdempotencyConflictError,
    InvalidRequestError,
    MediaData,
    OutcomeUnknownError,
    RateLimitError,
    StoreError,
    SuppressedRecipientError,
    Timeout,
    Wait,
)
from wasend.delivery import Pacing, Suppression
from wasend.delivery.settle.search import search
from wasend.outbox import Outbox, recovery, rules
from wasend.outbox.entry import Change, Query, Record
from wasend.outbox.holder import Holder
from wasend.outbox.identity import Identity
from wasend.outbox.spans import MachineClock
from wasend.outbox.sqlite import SqliteOutboxStore
from wasend.sandbox import Clock, Sandbox

NUMBER = "+447700900456"
GROUP = "120363041234567890@g.us"
SHORT = Timeout(send=0.3, total=10)
"""For sends whose answer is lost; what is read has time, also on a busy machine."""
BRIEF = Timeout(total=1.5)
"""For sends that are cut off: whoever comes next waits for 2.65 s."""


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An outbox in a new file; what it cannot find in 1 s was not sent."""
    return Outbox(tmp_path / "outbox.db", visible_within=1.0)


async def record_of(outbox: Outbox, key: str) -> Record:
    records = await outbox.store.read(Query(key), lambda view: Change(view.records))
    assert len(records) == 1
    return records[0]


async def test_once(outbox: Outbox) -> None:
    """By one key a message is sent once, at once or later, however it is written; each call gets what the first got."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client(outbox=outbox) as client:
        first = await client.send_text(session=session, to=NUMBER, text="Ready.", key="order-17")
        same = [NUMBER, "447700900456", "447700900456@c.us", "0044 7700 900456"]
        again = await asyncio.gather(
            *(client.send_text(session=session, to=to, text="Ready.", key="order-17") for to in same)
        )
        by_raw = await client.request(
            "POST", "/sendText", body={"session": session, "to": NUMBER, "text": "Ready."}, key="order-17"
        )
        at_once = await asyncio.gather(
            *(client.send_text(session=session, to=NUMBER, text="Ready.", key="order-18") for _ in range(5))
        )
    assert again == [first] * 4
    assert by_raw["id"] == first.id
    assert len({one.id for one in at_once}) == 1
    assert len(sandbox.deliveries()) == 2


async def test_conflict(outbox: Outbox) -> None:
    """The same key for something else is refused, and the error names in what it differs."""
    sandbox = Sandbox()
    session, other = sandbox.add_session().id, sandbox.add_session("Other", "+447700900124").id
    async with sandbox.async_client(outbox=outbox) as client:
        await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
        await client.send_image(session=session, to=NUMBER, data=b"\x89PNG", caption="A", key="i")
        for differs, call, fields in [
            (("text",), "send_text", {"text": "Ready!"}),
            (("recipient",), "send_text", {"text": "Ready.", "to": "+447700900457"}),
            (("session",), "send_text", {"text": "Ready.", "session": other}),
            (("content",), "send_text", {"text": "Ready.", "reply_to": "true_447700900456@c.us_3EB0A"}),
            (("kind", "text", "media"), "send_image", {"url": "https://a.example/a.png"}),
        ]:
            with pytest.raises(IdempotencyConflictError) as raised:
                await getattr(client, call)(**{"session": session, "to": NUMBER, **fields}, key="k")
            assert raised.value.differs == differs
        with pytest.raises(IdempotencyConflictError) as raised:
            await client.send_image(session=session, to=NUMBER, data=b"\x89PNH", caption="A", key="i")
        assert raised.value.differs == ("media",)
    assert len(sandbox.deliveries()) == 2


async def test_a_file_is_its_content(outbox: Outbox, tmp_path: Path) -> None:
    """A file is the same as a path, as bytes and as base64, and is not kept."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    content = bytes(range(256)) * 2000
    path = tmp_path / "a.png"
    path.write_bytes(content)
    async with sandbox.async_client(outbox=outbox) as client:
        forms: list[MediaData] = [path, content, base64.b64encode(content).decode()]
        sent = [await client.send_image(session=session, to=NUMBER, data=one, key="k") for one in forms]
    assert sent == [sent[0]] * 3
    assert len(sandbox.deliveries()) == 1
    assert (tmp_path / "outbox.db").stat().st_size < 100_000


async def test_other_calls(outbox: Outbox) -> None:
    """A session and a group are created once, and the second call gets the first one's."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client(outbox=outbox) as client:
        fields: dict[str, Any] = {"session_name": "shop", "phone_number": "+447700900999"}
        made = [await client.create_session(**fields, key="new") for _ in range(2)]
        people = [{"id": "447700900456@c.us"}]
        groups = [await client.create_group(session, name="Family", participants=people, key="group") for _ in range(2)]
    assert made[0] == made[1]
    assert groups[0] == groups[1]
    assert [one.settings.name for one in sandbox.sessions.values()].count("shop") == 1


async def test_nothing_readable_stays(outbox: Outbox, tmp_path: Path) -> None:
    """Once it is known what became of a send, neither its text nor its number is in the file."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client(outbox=outbox) as client:
        await client.send_text(session=session, to=NUMBER, text="The password is swordfish", key="k")
        record = await record_of(outbox, "k")
        entry = await client.outbox.get("k")
    assert record.intent is None
    assert "swordfish" not in str(record.details)
    assert "7700900456" not in str(record.details)
    assert entry is not None
    assert (entry.state, entry.text, entry.to) == ("sent", None, None)
    assert str(record.claim).endswith(str(entry.message_id))


def refused(status: int, headers: dict[str, str] | None = None) -> Any:
    return raw(message(status, {"message": "no"}, headers))


SENT = "true_447700900456@c.us_3EB0AAAAAAAAAAAAAA"
ACCEPTED = raw(message(200, {"id": SENT, "status": "sent"}))


def test_refusals(outbox: Outbox) -> None:
    """A refusal of the call itself is raised again; one that may pass lets the next call send."""

    async def use(url: str) -> None:
        async with AsyncWasendClient("k", base_url=url, outbox=outbox, retry=None) as client:

            async def send(key: str) -> Any:
                return await client.send_text(session="ses_1", to=NUMBER, text="Hi", key=key)

            for _ in range(2):
                with pytest.raises(BadRequestError, match="no"):
                    await send("bad")
            with pytest.raises(RateLimitError) as limited:
                await send("limited")
            assert limited.value.retry_after == 0.002
            assert (await send("limited")).id == SENT
            with pytest.raises(APIStatusError):
                await send("no key")
            entry = await client.outbox.get("no key")
            assert entry is not None
            assert entry.state == "not_sent"
        await outbox.aclose()

    with serving(refused(400), refused(429, {"retry-after-ms": "2"}), ACCEPTED, refused(401)) as server:
        asyncio.run(use(server.url))
        assert server.deliveries == 4


async def test_a_suppressed_recipient(outbox: Outbox) -> None:
    """What our own rules refuse is recorded as not sent, and asks them again the next time."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    suppression = Suppression()
    async with sandbox.async_client(outbox=outbox, suppression=suppression) as client:
        await client.suppress(NUMBER, "STOP")
        with pytest.raises(SuppressedRecipientError):
            await client.send_text(session=session, to=NUMBER, text="Hi", key="k")
        assert (await record_of(outbox, "k")).state == "released"
        suppression.remove(NUMBER)
        assert await client.send_text(session=session, to=NUMBER, text="Hi", key="k")
    assert len(sandbox.deliveries()) == 1


LOST_DELIVERED = "hang POST /send* x1 processed=true"
LOST = "hang POST /send* x1"


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for lost sends for a moment only."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.2)
    monkeypatch.setattr("wasend.outbox.recovery._LEAST_WINDOW", 0.05)


async def test_a_lost_answer_of_what_was_delivered(outbox: Outbox) -> None:
    """A send that was not answered is looked for, found, and recorded as sent; the next call gets the same message."""
    with Sandbox(faults=[LOST_DELIVERED]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:
            first = await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
            again = await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
        assert first == again
        assert (await record_of(outbox, "k")).state == "sent"
        assert len(sandbox.deliveries()) == 1


async def test_what_was_lost_for_certain(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What is not found stays unknown, until another message of the session is shown, and it would certainly be there.

    Then it is known as not sent, and the next call with its key sends it.
    """
    quick(monkeypatch)
    with Sandbox(faults=[LOST]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:

            async def send() -> Any:
                return await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")

            with pytest.raises(OutcomeUnknownError) as lost:
                await send()
            assert lost.value.settlement is not None
            with pytest.raises(OutcomeUnknownError, match="nobody knows"):
                await send()
            (entry,) = await client.outbox.unknown()
            assert (entry.key, entry.to, entry.text, entry.session) == ("k", NUMBER, "Ready.", session)
            recovered = await client.outbox.recover()
            assert [one.key for one in recovered.unknown] == ["k"]
            assert "neither was any other message" in recovered.unknown[0].reason
            await client.send_text(session=session, to="+447700900457", text="Another.", key="other")
            recovered = await client.outbox.recover()
            assert [one.key for one in recovered.not_sent] == ["k"]
            assert (await send()).id
        assert [one.words for one in sandbox.deliveries()] == ["Another.", "Ready."]


@pytest.mark.parametrize("older", ["3EB0FF", "3EB0EE", None], ids=["known", "of another program", "no such chat"])
def test_what_its_own_chat_shows(older: str | None, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the service has no list of chats, an older message of the same chat shows that messages are shown at all."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.0)
    monkeypatch.setattr("wasend.outbox.recovery._LEAST_WINDOW", 0.0)
    outbox.visible_within = 0.0
    shown = {"id": older, "body": "First.", "fromMe": True, "timestamp": int(time.time()) - 600}

    async def read(peer: Peer) -> None:
        asked = await peer.request()
        if b"exists" in asked:
            await peer.write(message(200, {"exists": True, "jid": f"{NUMBER[1:]}@c.us"}))
        elif b"overview" in asked or b"timestamp.gte" in asked:
            await peer.write(message(200, []))
        else:
            await peer.write(message(200, [shown]) if older else message(404, {"error": "no such chat"}))

    async def use(url: str) -> None:
        async with AsyncWasendClient("k", base_url=url, outbox=outbox, retry=None) as client:
            await client.send_text(session="ses_1", to=NUMBER, text="First.", key="first")
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session="ses_1", to=NUMBER, text="Ready.", key="second")
            recovered = await client.outbox.recover()
            assert [one.key for one in (recovered.not_sent if older == "3EB0FF" else recovered.unknown)] == ["second"]
        await outbox.aclose()

    with serving(answer(201, {"id": "3EB0FF"}), reset, read) as server:
        asyncio.run(use(server.url))


async def test_recovering_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked for before it had to be there, if only just, is looked for again once it has to be."""
    quick(monkeypatch)
    clock = MachineClock()
    ahead = 0.0
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + ahead)
    outbox = Outbox(SqliteOutboxStore(tmp_path / "outbox.db", clock=clock))
    with Sandbox(faults=[LOST]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
            await client.send_text(session=session, to="+447700900457", text="Another.", key="other")

            async def slowly(*values: Any) -> Any:
                nonlocal ahead
                found = await search(*values)
                ahead += 200.0
                return found

            monkeypatch.setattr(recovery, "search", slowly)
            recovered = await client.outbox.recover()
    assert [one.key for one in recovered.not_sent] == ["k"]


@pytest.mark.parametrize("outcome", ["sent", "not_sent"])
async def test_a_persons_word(outcome: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who has looked can say what became of a send; the next call then returns, or sends."""
    quick(monkeypatch)
    with Sandbox(faults=[LOST]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
            assert (await client.outbox.resolve("k", outcome)).state == outcome
            message = await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
            assert (message.to, message.content, bool(message.id)) == (NUMBER, "Ready.", outcome == "not_sent")
            with pytest.raises(InvalidRequestError, match=r"^key: is sent, and not unknown"):
                await client.outbox.resolve("k", outcome)
            with pytest.raises(InvalidRequestError, match=r"^key: is not in the outbox"):
                await client.outbox.resolve("another", outcome)
        assert len(sandbox.deliveries()) == (outcome == "not_sent")


@pytest.mark.parametrize("on_unknown", ["look", "risk_duplicate"])
async def test_what_becomes_of_an_unknown(on_unknown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for again, or sent again, as the outbox was told."""
    quick(monkeypatch)
    outbox = Outbox(tmp_path / "outbox.db", on_unknown=on_unknown, visible_within=0.5)
    with Sandbox(faults=[LOST]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:

            async def send() -> Any:
                return await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")

            with pytest.raises(OutcomeUnknownError):
                await send()
            if on_unknown == "risk_duplicate":
                assert (await send()).id
                assert len(sandbox.deliveries()) == 1
                return
            reads = len(sandbox.journal)
            with pytest.raises(OutcomeUnknownError):
                await send()
            assert len(sandbox.journal) > reads
            assert not sandbox.deliveries()


async def test_cancelled(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A send that is cancelled under way is settled by the next call with its key; one that waits is not sent at all."""
    quick(monkeypatch)
    with Sandbox(faults=[LOST_DELIVERED]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=BRIEF) as client:

            async def send() -> Any:
                return await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")

            sending = asyncio.create_task(send())
            await until(lambda: len(sandbox.deliveries()) == 1)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert (await record_of(outbox, "k")).state == "sending"
            assert (await send()).id
            assert len(sandbox.deliveries()) == 1
        pacing = Pacing(gap=(1000, 1001))
        waits: list[Wait] = []
        async with sandbox.async_client(outbox=outbox, pacing=pacing, on_wait=waits.append) as client:
            await client.send_text(session=session, to=NUMBER, text="First.", key="1")
            waiting = asyncio.create_task(client.send_text(session=session, to=NUMBER, text="Second.", key="2"))
            await until(lambda: len(waits) == 1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert (await record_of(outbox, "2")).state == "released"
        assert len(sandbox.deliveries()) == 2


async def test_a_closed_client(outbox: Outbox) -> None:
    """What the end of a client cuts off is settled by the next one."""
    with Sandbox(faults=[LOST_DELIVERED]) as sandbox:
        session = sandbox.add_session().id
        client = sandbox.async_client(outbox=outbox, timeout=BRIEF)
        sending = asyncio.create_task(client.send_text(session=session, to=NUMBER, text="Ready.", key="k"))
        while not sandbox.deliveries():
            await asyncio.sleep(0.01)
        await client.aclose()
        with pytest.raises(ClientClosedError) as raised:
            await sending
        assert raised.value.outcome == "unknown"
        async with sandbox.async_client(outbox=outbox) as another:
            assert await another.send_text(session=session, to=NUMBER, text="Ready.", key="k")
        assert len(sandbox.deliveries()) == 1


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_silent_holder(outbox: Outbox, delivered: bool) -> None:
    """
    What a process has left behind that says nothing any more is looked for at once, though its lease may last for minutes:
    what is found was sent. What is not there is not sent anew before the lease is over.
    """
    with Sandbox(faults=[f"hang POST /sendText #1 processed={str(delivered).lower()}"]) as sandbox:
        session = sandbox.add_session().id
        waits: list[Any] = []
        async with sandbox.async_client(outbox=outbox) as client:
            sending = asyncio.create_task(client.send_text(session=session, to=NUMBER, text="Ready.", key="k"))
            while not sandbox.journal:
                await asyncio.sleep(0.01)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
        record = await record_of(outbox, "k")
        assert record.lease > 100
        await outbox.store.beat(record.holder, 0.0)
        another = Outbox(str(outbox.store)[8:-2], visible_within=1.0)
        async with sandbox.async_client(outbox=another, on_wait=waits.append) as client:
            again = client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
            if delivered:
                assert (await asyncio.wait_for(again, 5)).id == sandbox.deliveries()[0].id
            else:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(again, 1)
                while (record := await record_of(another, "k")).is_held:  # it is left to the next one
                    await asyncio.sleep(0.01)
                assert (record.state, record.lease > 100) == ("settling", True)
        assert [one.reason for one in waits] == ["outbox"]
        assert len(sandbox.deliveries()) == delivered


@pytest.mark.parametrize(
    "options", [{"pacing": Pacing(gap=(1000, 1001))}, {"rate_limit": "1/h"}], ids=["pacing", "limit"]
)
async def test_waiting_is_not_sending(options: Any, outbox: Outbox) -> None:
    """A send that waits is recorded as certainly not sent all the while, whatever it waits for."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client(outbox=outbox, **options) as client:
        await client.send_text(session=session, to=NUMBER, text="First.", key="1")
        waiting = asyncio.create_task(client.send_text(session=session, to=NUMBER, text="Second.", key="2"))
        while (await client.outbox.get("2")) is None:
            await asyncio.sleep(0.01)
        assert (await record_of(outbox, "2")).state == "claimed"
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    while (await record_of(outbox, "2")).state != "released":
        await asyncio.sleep(0.01)


async def test_a_store_that_is_slow_to_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder says once for all who begin that it is alive, and goes on however long the store takes to hear it."""
    monkeypatch.setattr("wasend.outbox.holder._BEAT", 0.01)

    class Slow:
        beats = 0

        async def beat(self, holder: str, seconds: float) -> None:
            self.beats += 1
            assert self.beats < 50
            await asyncio.sleep(0.03)

    store: Any = Slow()
    holder = Holder(store)
    turns = await asyncio.gather(*(holder.begin() for _ in range(20)))
    assert len(set(turns)) == 20
    assert store.beats == 1
    for turn in turns:
        holder.end(turn)


def test_the_sync_face(outbox: Outbox) -> None:
    """It has the same key, and the same calls of the outbox."""
    with Sandbox() as sandbox:
        session = sandbox.add_session().id
        with sandbox.client(outbox=outbox) as client:
            desk = client.session(session)
            first = desk.send_text(to=NUMBER, text="Ready.", key="k")
            assert desk.send_text(to=NUMBER, text="Ready.", key="k") == first
            entry = client.outbox.get("k")
            assert entry is not None
            assert entry.state == "sent"
            assert client.outbox.get("another") is None
            assert client.outbox.recover().unknown == ()
            assert client.outbox.unknown(session) == []
        assert len(sandbox.deliveries()) == 1


async def test_another_api_key(outbox: Outbox) -> None:
    """A session shows that it is the same account's, when the API key is another by now; without one, the name does."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client("first-key", outbox=outbox) as client:
        first = await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
    async with sandbox.async_client("second-key", outbox=outbox) as client:
        assert await client.send_text(session=session, to=NUMBER, text="Ready.", key="k") == first
        assert await client.outbox.get("another") is None
        entry = await client.outbox.get("k")
        assert entry is not None
        assert entry.state == "sent"
        with pytest.raises(InvalidRequestError, match=r"^key: is sent, and not unknown"):
            await client.outbox.resolve("k", "not_sent")
        # Another account's key for something else is none of ours.
        other = sandbox.add_session("Other", "+447700900124").id
        async with sandbox.async_client("third-key", outbox=outbox) as third:
            await third.send_text(session=other, to=NUMBER, text="Hello.", key="k")
    assert len(sandbox.deliveries()) == 2


class Failing:
    """A store that cannot write outcomes for a while."""

    def __init__(self, store: Any, times: int) -> None:
        self._store = store
        self.left = times

    async def update(self, query: Query, decide: Any) -> Any:
        def deciding(view: Any) -> Any:
            change = decide(view)
            if change.record is not None and change.record.state == "sent" and self.left:
                self.left -= 1
                raise StoreError("the disk is full", store="Failing")
            return change

        return await self._store.update(query, deciding)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_a_store_that_fails_after_a_send(outbox: Outbox) -> None:
    """The send is what it was, and is recorded as soon as the store can be written to."""
    outbox.store = Failing(outbox.store, 2)
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client(outbox=outbox) as client:
        message = await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")
        assert message.id
        while (await record_of(outbox, "k")).state != "sent":
            await asyncio.sleep(0.01)
        assert await client.send_text(session=session, to=NUMBER, text="Ready.", key="k") == message
    assert len(sandbox.deliveries()) == 1


async def test_a_store_that_fails_before_a_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, and the error names the file and what to do."""
    monkeypatch.setattr("wasend.outbox.middleware._TRIES", (0.01,) * 1000)
    outbox = Outbox(tmp_path / "outbox.db")
    sandbox = Sandbox()
    session = sandbox.add_session().id
    async with sandbox.async_client(outbox=outbox) as client:
        await client.send_text(session=session, to=NUMBER, text="First.", key="1")
        (tmp_path / "outbox.db").rename(tmp_path / "elsewhere.db")
        with pytest.raises(StoreError, match=r"outbox\.db.*the file is gone.*restore it"):
            await client.send_text(session=session, to=NUMBER, text="Second.", key="2")
        (tmp_path / "elsewhere.db").rename(tmp_path / "outbox.db")
    assert len(sandbox.deliveries()) == 1


class Away:
    """A store that commits what has a state, does not answer, and fails so many times until it can be written to again."""

    def __init__(self, store: Any, state: str, times: int) -> None:
        self._store = store
        self._state = state
        self.times = times
        self.entered = asyncio.Event()

    async def update(self, query: Query, decide: Any) -> Any:
        if self.entered.is_set() and self.times:
            self.times -= 1
            raise StoreError("it is gone", store="Away")
        written: list[str] = []

        def deciding(view: Any) -> Any:
            change = decide(view)
            written[:] = [] if change.record is None else [change.record.state]
            return change

        done = await self._store.update(query, deciding)
        if written == [self._state] and not self.entered.is_set():
            self.entered.set()
            await asyncio.Event().wait()
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.mark.parametrize("state", ["claimed", "settling"])
async def test_a_store_that_is_away_for_long(outbox: Outbox, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """A key whose call was cancelled meanwhile is free once it is back, though its process goes on to hold others."""
    quick(monkeypatch)
    monkeypatch.setattr("wasend.outbox.middleware._TRIES", (0.0,))
    monkeypatch.setattr("wasend.outbox.middleware._LAST_TRY", 0.0)
    monkeypatch.setattr("wasend.outbox.recovery._GIVING_UP", (0.0,))
    with Sandbox(faults=[LOST] if state == "settling" else []) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT, pacing=Pacing(gap=(0, 0.001))) as client:

            async def send() -> Any:
                return await client.send_text(session=session, to=NUMBER, text="Ready.", key="k")

            if state == "settling":
                with pytest.raises(OutcomeUnknownError):
                    await send()
            store = Away(outbox.store, state, times=20)
            outbox.store = store
            await outbox.holder().begin()
            call = asyncio.ensure_future(client.outbox.recover() if state == "settling" else send())
            await store.entered.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            while (record := await record_of(outbox, "k")).is_held:
                await asyncio.sleep(0.01)
        assert not store.times
        assert record.state == ("settling" if state == "settling" else "released")


def test_spans_outlast_a_change_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A lease is as long as it was when the time of day is set back an hour. After a restart that time tells, but for no
    longer than the lease.
    """
    clock = MachineClock()
    moment = clock.moment(60)
    before = time.time()
    monkeypatch.setattr(time, "time", lambda: before - 3600)
    restarted = moment.replace(moment.split(maxsplit=1)[0], "another", 1)
    assert clock.until(moment) == pytest.approx(60, abs=1)
    assert clock.until(restarted) == pytest.approx(60, abs=1)
    steady = clock.steady()
    monkeypatch.setattr(clock, "steady", lambda: steady + 50)
    assert clock.until(restarted) == pytest.approx(10, abs=1)
    monkeypatch.setattr(time, "time", lambda: before + 55)
    assert clock.until(restarted) == pytest.approx(5, abs=1)
    assert clock.until(None) == 0


async def test_a_lost_file(outbox: Outbox) -> None:
    """A file is found by its hash, though the outbox does not keep it."""
    with Sandbox(faults=[LOST_DELIVERED]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=BRIEF) as client:
            sending = asyncio.create_task(
                client.send_image(session=session, to=NUMBER, data=b"\x89PNG" * 9999, key="k")
            )
            while not sandbox.deliveries():
                await asyncio.sleep(0.01)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
        record = await record_of(outbox, "k")
        assert len(str(record.intent)) < 500
        another = Outbox(str(outbox.store)[8:-2])
        async with sandbox.async_client(outbox=another) as client:
            recovered = await client.outbox.recover(session)
        assert [one.key for one in recovered.sent] == ["k"]
        assert len(sandbox.deliveries()) == 1


async def test_identical_ones(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three identical sends, two of them lost, as many turn out as sent as were delivered, each as one message."""
    quick(monkeypatch)
    with Sandbox(faults=["hang POST /send* #1 processed=true", "hang POST /send* #2"]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:

            async def send(key: str) -> Any:
                return await client.send_text(session=session, to=NUMBER, text="We close at five.", key=key)

            results = await asyncio.gather(*(send(key) for key in "abc"), return_exceptions=True)
            assert sum(isinstance(one, OutcomeUnknownError) for one in results) == 1
            recovered = await client.outbox.recover()
            assert (len(recovered.sent), len(recovered.not_sent)) == (0, 1)
            told = [await send(key) for key in "abc"]
        assert {one.id for one in told} == {one.id for one in sandbox.deliveries()}
        assert len(sandbox.deliveries()) == 3


@pytest.mark.parametrize("of_all", [60, 0], ids=["the store's is behind", "the client's is ahead"])
def test_clocks_that_differ(of_all: float, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that the chat shows by another id than was answered stays its send's, though one of the clocks is off."""
    quick(monkeypatch)
    now = time.time() + of_all
    date = {"date": formatdate(now, usegmt=True)}
    shown = {"id": f"true_{NUMBER[1:]}@c.us_3EB01", "timestamp": int(now), "fromMe": True, "body": "Ready."}

    async def send(url: str, key: str) -> None:
        # By a clock of its own a client knows as little of the other's sends as in another process.
        clock = Clock(at=now if of_all else now + 3600)
        async with AsyncWasendClient("k", base_url=url, outbox=outbox, clock=clock) as client:
            await client.send_text(session="ses_1", to=NUMBER, text="Ready.", key=key)

    async def use(url: str) -> None:
        await send(url, "first")
        with pytest.raises(OutcomeUnknownError):
            await send(url, "second")
        await outbox.aclose()

    with serving(answer(201, {"id": "3EB0FF"}, date), reset, answer(200, [shown], date)) as server:
        asyncio.run(use(server.url))


PAGE = [{"id": f"3EB1{number}", "body": "Hi"} for number in range(30)]


@pytest.mark.parametrize(
    ("shown", "ahead", "outcome"),
    [
        ([{"body": "Hi"}], 0, "not_sent"),
        ([{"fromMe": False, "id": f"false_{GROUP}_3EB01"}], 0, "not_sent"),
        ([{"timestamp": None}], 0, "unknown"),
        ([{"id": None}], 0, "unknown"),
        ([{"source": "app"}], 0, "unknown"),
        ([{"source": "app", "id": f"true_{GROUP}_3EB0FF"}], 0, "not_sent"),
        ([{"fromMe": None, "id": "3EB01"}], 0, "unknown"),
        ([{}], 7200, "unknown"),
        (PAGE, 0, "unknown"),
        ([*PAGE, {"timestamp": 1, "body": "Hi"}], 0, "not_sent"),
    ],
    ids=[
        "others",
        "received",
        "no time",
        "no id",
        "by an app",
        "another's",
        "whose",
        "a wrong date",
        "one page",
        "reaching back",
    ],
)
def test_what_may_be_there(
    shown: Any, ahead: float, outcome: str, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may be in the chat, although it is not recognized, is not told as not sent: it would be sent twice."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.0)
    monkeypatch.setattr("wasend.outbox.recovery._LEAST_WINDOW", 0.0)
    outbox.visible_within = 0.0
    now = time.time()
    base = {"id": f"true_{GROUP}_3EB01", "timestamp": int(now), "fromMe": True, "body": "Ready."}
    date = {"date": formatdate(now + ahead, usegmt=True)}
    chat = [base | one for one in [{"id": "3EB0FF", "body": "First."}, *shown]]

    async def use(url: str) -> None:
        async with AsyncWasendClient("k", base_url=url, outbox=outbox) as client:
            await client.send_text(session="ses_1", to=GROUP, text="First.", key="first")
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session="ses_1", to=GROUP, text="Ready.", key="second")
            (entry,) = getattr(await client.outbox.recover(), outcome)
            assert entry.key == "second"
        await outbox.aclose()

    with serving(answer(201, {"id": "3EB0FF"}, date), reset, answer(200, chat, date)) as server:
        asyncio.run(use(server.url))


def test_a_group_of_an_unknown_age(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group of the same subject that does not tell when it was created may be the lost one."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.0)
    monkeypatch.setattr("wasend.outbox.recovery._LEAST_WINDOW", 0.0)
    outbox.visible_within = 0.0

    async def use(url: str) -> None:
        async with AsyncWasendClient("k", base_url=url, outbox=outbox) as client:
            with pytest.raises(OutcomeUnknownError):
                await client.create_group(session="ses_1", name="Crew", participants=[NUMBER], key="k")
            assert [one.key for one in (await client.outbox.recover()).unknown] == ["k"]
        await outbox.aclose()

    with serving(reset, answer(200, [{"jid": GROUP, "name": "Crew"}])) as server:
        asyncio.run(use(server.url))


def test_a_name_that_cannot_be_read(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a chat has two names and one of them cannot be read, what is not under the other may be there."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.0)
    monkeypatch.setattr("wasend.outbox.recovery._LEAST_WINDOW", 0.0)
    outbox.visible_within = 0.0
    chat = [{"id": "true_1@lid_3EB0FF", "timestamp": int(time.time()), "fromMe": True, "body": "First."}]
    broken = ["lid"]

    async def read(peer: Peer) -> None:
        await peer.write(message(502, "") if broken[-1].encode() in await peer.request() else message(200, chat))

    async def use(url: str) -> None:
        async with AsyncWasendClient("k", base_url=url, outbox=outbox, retry=None) as client:
            await client.send_text(session="ses_1", to=NUMBER, text="First.", key="first")
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session="ses_1", to=NUMBER, text="Ready.", key="second")
            for name, outcome in ("lid", "unknown"), (NUMBER[1:], "unknown"), ("nothing", "not_sent"):
                broken.append(name)
                assert len(getattr(await client.outbox.recover(), outcome)) == 1
        await outbox.aclose()

    with serving(answer(201, {"id": "true_1@lid_3EB0FF"}), reset, read) as server:
        asyncio.run(use(server.url))


@pytest.mark.parametrize("text", ["Ready.", "Another."])
def test_a_hidden_chat(text: str, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message in a chat by a hidden id may be the lost one, though the service does not say whose chat that is."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.0)
    monkeypatch.setattr("wasend.outbox.recovery._LEAST_WINDOW", 0.0)
    outbox.visible_within = 0.0
    base = {"timestamp": int(time.time()), "fromMe": True}
    chats = [{"id": chat, "lastMessage": base | {"id": "3EB0FF"}} for chat in ("7@lid", f"{GROUP}")]

    async def read(peer: Peer) -> None:
        asked, given = await peer.request(), list[Any]()
        if b"overview" in asked:
            given = chats
        elif b"lid" in asked:
            given = [base | {"id": "3EB01", "body": text}]
        is_contact = b"exists" in asked
        await peer.write(message(200, {"exists": True, "jid": f"{NUMBER[1:]}@c.us"} if is_contact else given))

    async def use(url: str) -> None:
        async with AsyncWasendClient("k", base_url=url, outbox=outbox, retry=None) as client:
            await client.send_text(session="ses_1", to=GROUP, text="First.", key="first")
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session="ses_1", to=NUMBER, text="Ready.", key="second")
            recovered = await client.outbox.recover()
            assert len(recovered.unknown if text == "Ready." else recovered.not_sent) == 1
        await outbox.aclose()

    with serving(answer(201, {"id": "3EB0FF"}), reset, read) as server:
        asyncio.run(use(server.url))


async def test_threads(outbox: Outbox) -> None:
    """Threads with a client each, that use one key at once, send one message."""
    with Sandbox() as sandbox:
        session = sandbox.add_session().id

        def send() -> str:
            with sandbox.client(outbox=outbox) as client:
                return client.send_text(session=session, to=NUMBER, text="Ready.", key="k").id

        ids = set(await asyncio.gather(*(asyncio.to_thread(send) for _ in range(4))))
        assert [one.id for one in sandbox.deliveries()] == list(ids)


async def test_old_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is forgotten when its time is over; what is open is kept."""
    quick(monkeypatch)
    monkeypatch.setattr("wasend.outbox.middleware._EVERY", 1)
    outbox = Outbox(tmp_path / "outbox.db", keep=1.0)
    with Sandbox(faults=["hang POST /send* #2"]) as sandbox:
        session = sandbox.add_session().id
        async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:
            await client.send_text(session=session, to=NUMBER, text="First.", key="1")
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(session=session, to=NUMBER, text="Second.", key="2")
            while await client.outbox.get("1") is not None:
                await asyncio.sleep(0.2)
                await client.send_text(session=session, to=NUMBER, text="Third.", key="3")
            assert [one.key for one in await client.outbox.unknown()] == ["2"]


async def test_a_claim_that_was_forgotten(outbox: Outbox) -> None:
    """A call that waits for longer than keys are kept does not leave when another has claimed its key meanwhile."""

    async def claim(holder: str) -> Record:
        decide = partial(rules.claim, account=rules.Account("a"), key="k", identity=Identity("s", b""), fingerprint=1)
        _, record = await outbox.store.update(Query("k"), partial(decide, holder=holder, turn=1))
        return record

    first = await claim("slow")
    assert await outbox.store.forget(-2.0, 10) == 1
    second, leaving = await claim("quick"), rules.Leaving(since=0.0, lease=9.0, intent="{}")
    for held, left in (first, "gone"), (second, "left"):
        assert not await outbox.store.update(Query("k"), partial(rules.refuse, held=first, details=None))
        assert (await outbox.store.update(Query("k"), partial(rules.leave, held=held, leaving=leaving)))[0] == left


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"target": "mysql://a/b"}, "mysql:// is unknown"),
        ({"target": 5}, "expected a path or an address, got int"),
        ({"target": "postgresql://a:b:c@[/x"}, "cannot be read"),
        ({"account": ""}, "is no name"),
        ({"account": "#1"}, "does not begin with #"),
        ({"keep": -1}, "keep: -1 is not a time"),
        ({"visible_within": True}, "visible_within: True is not a time"),
        ({"on_unknown": "resend"}, "on_unknown: 'resend' is unknown; pass one of raise, look, risk_duplicate"),
    ],
)
def test_bad_options(options: Any, problem: str, tmp_path: Path) -> None:
    """What makes no sense is refused by name, with what would do."""
    with pytest.raises(ConfigurationError, match=problem):
        Outbox(**{"target": tmp_path / "outbox.db", **options})


async def test_a_client_without_an_outbox() -> None:
    """It says so, and what to do."""
    async with Sandbox().async_client() as client:
        for ask in (client.outbox.recover, client.outbox.unknown):
            with pytest.raises(ConfigurationError, match=r"outbox: this client has none; create it with outbox=Outbox"):
                await ask()


@pytest.mark.parametrize("on_unknown", ["raise", "look"])
async def test_an_error_says_whether_the_key_looks_again(
    on_unknown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the same key looks for the lost send, trying again is safe and can help: the error says so, each time."""
    monkeypatch.setattr("wasend.outbox.recovery.WINDOW", 0.0)
    sandbox = Sandbox(faults=["reset POST /sendText"])
    session = sandbox.add_session().id
    outbox = Outbox(tmp_path / "outbox.db", on_unknown=on_unknown, visible_within=0.5)
    async with sandbox.async_client(outbox=outbox, timeout=SHORT) as client:
        for _ in range(2):
            with pytest.raises(OutcomeUnknownError) as raised:
                await client.with_options(key="k").send_text(session=session, to=NUMBER, text="Ready.")
            looks = on_unknown == "look"
            assert (raised.value.retryable, raised.value.retry_after) == ((True, 0.5) if looks else (False, None))
            assert raised.value.call.key == "k"
