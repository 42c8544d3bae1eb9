"""The second half of the page about receiving tells the truth: every program runs, and does what the text says."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
from pathlib import Path
from threading import Timer
from types import ModuleType
from typing import Any, Final

import attrs
import pytest

from tests.events import envelope, message, signed
from wasend import AsyncWasendClient, webhooks
from wasend.sandbox import Sandbox
from wasend.webhooks import STOP_WORDS, AsyncContext, Feeds, MessageReceived, Receiver
from wasend.webhooks.worker import WorkerSettings

PAGE: Final = (Path(__file__).parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")
HALF: Final = PAGE.partition("\n## Handlers\n")[2]
PROGRAMS: Final = re.findall(r"^```python\n(.*?)^```$", HALF, re.MULTILINE | re.DOTALL)
KEY: Final = "the-webhook-key"
USED: Final = ("where_is_it", "look_after_it", "suppressed.db", "iter_new_messages", "receiver.poll")


def run(words: str, **names: Any) -> dict[str, Any]:
    """Run the one program that holds some words, with the session there is; its names."""
    (program,) = [found for found in PROGRAMS if words in found]
    program = re.sub(r"ses_\w+", os.environ["WASEND_SESSION"], program)
    exec(compile(program, f"<{words}>", "exec", dont_inherit=True), names := {"__name__": "program", **names})
    return names


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A sandbox with a session, in whose environment programs run."""
    monkeypatch.chdir(tmp_path)
    sandbox = Sandbox()
    with sandbox.serve() as server:
        monkeypatch.setenv("WASEND_API_KEY", "any-key")
        monkeypatch.setenv("WASEND_BASE_URL", server.url)
        monkeypatch.setenv("WASEND_SESSION", sandbox.add_session().id)
        yield sandbox


async def post(receiver: Receiver, *events: dict[str, Any]) -> None:
    for event in events:
        assert (await receiver.receive(*signed(event, KEY))).status == 200
    await receiver.drain()


def test_every_program_is_run() -> None:
    """No program of this half is left out."""
    assert [[words for words in USED if words in program] for program in PROGRAMS] == [[words] for words in USED]


def test_names_and_numbers() -> None:
    """What the page names is there, and its numbers are those of the code."""
    words = set(re.findall(r"`([A-Z]\w+)(?:\(.*?\))?`", HALF))
    assert words - {*dir(webhooks), "AsyncWasendClient", "WasendClient", "WASEND_WEBHOOK_KEY"} == set()
    named = re.search(r"languages of `STOP_WORDS` \((.*?)\)", HALF)
    assert named
    assert re.findall(r"`(\w+)`", named[1]) == [*STOP_WORDS]
    assert set(re.findall(r"^\| `(\w+)` \|", HALF, re.MULTILINE)) == {field.name for field in attrs.fields(Feeds)}
    settings = WorkerSettings()
    assert (settings.timeout, settings.attempts, settings.concurrency, settings.lease) == (60, 5, 16, 30)
    assert settings.keep == 3 * 86_400
    assert "about 1, 5, 25 and 125 s" in HALF


async def test_handlers(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """The log sees all, then the first that wants it gets it."""
    receiver: Receiver = run("where_is_it")["receiver"]
    group = message("Look", chat="120363041234567890@g.us", participant="999@lid")
    group["payload"]["hasMedia"] = True
    session = next(iter(sandbox.sessions))
    await post(receiver, message("Order 17", session=session, native="3EB0AA"), group, envelope("label.upsert", {}))
    printed = capsys.readouterr().out
    assert printed.count("\n") == 4
    assert "a file in the group, attempt 1" in printed
    assert "Order 17" not in printed
    assert [one.content for one in sandbox.deliveries()] == ["Your order is on its way."]
    await receiver.aclose()


def test_inbox(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The transaction writes once; a dead letter is listed and replayed."""
    receiver: Receiver = run("look_after_it")["receiver"]

    async def fill() -> None:
        await post(receiver, message("Hi", native="3EB0AA"))
        with sqlite3.connect("inbox.db") as connection:  # so that the next one fails
            connection.execute("INSERT INTO said SELECT replace(id, 'AA', 'BB'), '' FROM said")
        connection.close()
        await receiver.receive(*signed(message("Hello", native="3EB0BB"), KEY))
        while not (await receiver.counts()).dead:
            await receiver.drain()
        await receiver.aclose()

    asyncio.run(fill())
    again: Receiver = run("look_after_it")["receiver"]
    counts, letter = capsys.readouterr().out.splitlines()
    assert (counts, letter.split()[:3]) == ("Counts(waiting=0, dead=1)", ["2", "message", "2"])
    connection = sqlite3.connect("inbox.db")
    assert connection.execute("SELECT text FROM said ORDER BY id").fetchall() == [("Hi",), ("",)]
    assert connection.execute("SELECT count(*) FROM lanes").fetchone() == (1,)
    connection.close()
    asyncio.run(again.aclose())


async def test_feeds(sandbox: Sandbox) -> None:
    """A word of one's own, and one of a language, put whoever writes it on the list."""
    names = run("suppressed.db")
    await post(names["receiver"], message("No more!"), message("baja", chat="447700900457@c.us"), message("Why stop?"))
    assert [one.number for one in names["suppression"]] == ["+447700900456", "+447700900457"]
    await names["receiver"].aclose()
    await names["client"].aclose()


def test_polling(sandbox: Sandbox) -> None:
    """The bot answers what was written after it was started."""
    session = next(iter(sandbox.sessions))
    writing = Timer(0.5, sandbox.receive, (session, "+447700900456", "Hello?"))
    writing.start()
    run("iter_new_messages")
    writing.join()
    assert [one.content for one in sandbox.deliveries()] == ["You said: Hello?"]


async def test_a_bot_that_polls(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot of the page's beginning answers by polling, too."""
    (session,) = sandbox.sessions
    async with AsyncWasendClient() as client:
        receiver = Receiver(client, key=KEY, inbox="inbox.db")

        @receiver.on(MessageReceived)
        async def echo(event: MessageReceived, context: AsyncContext) -> None:
            await context.reply(f"You said: {event.payload.body}")

        module = ModuleType("bot")
        module.receiver = receiver  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "bot", module)
        poll = receiver.poll
        monkeypatch.setattr(receiver, "poll", lambda _: poll(session, interval=0.05))
        polling = asyncio.create_task(run("receiver.poll")["main"]())
        await asyncio.sleep(0.2)
        sandbox.receive(session, "+447700900456", "Hello?")
        async with asyncio.timeout(20):
            while not sandbox.deliveries():
                await asyncio.sleep(0.02)
        polling.cancel()
        await asyncio.wait({polling})
    assert [one.content for one in sandbox.deliveries()] == ["You said: Hello?"]
