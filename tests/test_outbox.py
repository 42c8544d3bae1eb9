"""Calls with a key: made once, whoever makes them, and told as they were."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from tests.raw import message, raw, serving
from wasend import (
    APIStatusError,
    AsyncWasendClient,
    BadRequestError,
    IdempotencyConflictError,
    MediaData,
    RateLimitError,
    SuppressedRecipientError,
    Timeout,
)
from wasend.delivery import Suppression
from wasend.outbox import Outbox
from wasend.outbox.entry import Change, Query, Record
from wasend.sandbox import Sandbox

NUMBER = "+447700900456"
SHORT = Timeout(connect=0.3, answer=0.3, send=0.3, total=0.5)


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
