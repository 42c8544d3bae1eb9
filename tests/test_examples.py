"""The examples run as they are."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wasend import AccountRestrictedError, AsyncWasendClient
from wasend.sandbox import Clock, Sandbox, SandboxServer

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run an example with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *arguments],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        encoding="utf-8",
        capture_output=True,
        timeout=60,
        check=False,
    )


def at(server: SandboxServer) -> dict[str, str]:
    """Where a user's settings would be, for a service of theirs."""
    return {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": server.url}


def labels(result: subprocess.CompletedProcess[str]) -> list[str]:
    """What stands before the colon of each line."""
    assert (result.returncode, result.stderr) == (0, "")
    return [line.partition(":")[0] for line in result.stdout.splitlines()]


ASYNC = ["scan this with WhatsApp on your phone", "connected", "sent", "not sent"]
SYNC = ["text", "picture", "link", "typed", "reacted to"]
BATCH = ["sent", "not sent", "unknown"]
SERVICE = ["process 1", "answered 200", "answered 200", "refused 422"]
SERVICE += ["process 2", *SERVICE[1:], "delivered"]
REMINDERS = [*("run 1", "sent", "sent", "not sent"), *("run 2", "sent", "sent", "not sent"), "delivered"]
REPLY = ["not answered", "sent", "delivered"]
FASTAPI = ["session WORKING", "answered", "answered", "session WORKING"]
DJANGO = ["to call", "answered"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("async_session.py", ASYNC),
        ("sync_send.py", SYNC),
        ("settled_batch.py", BATCH),
        ("careful_reply.py", REPLY),
        ("order_service.py", SERVICE),
        ("webhooks_fastapi.py", FASTAPI),
        ("webhooks_django.py", DJANGO),
        ("celery_reminders.py", REMINDERS),
    ],
)
def test_with_a_sandbox(name: str, said: list[str]) -> None:
    """Without a base URL an example runs against a sandbox of its own, and a key that is set is not used."""
    assert labels(run(name, WASEND_API_KEY="k3y")) == said


@pytest.mark.wasend_sandbox(api_key="k3y", scan_after=0.5, clock=Clock())
def test_async_session_with_a_service(wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """With a base URL the asynchronous example makes its session there, and sends to the recipient it is given."""
    assert labels(run("async_session.py", "+447700900123", "+447700900789", **at(wasend_server))) == ASYNC

    assert [message.to for message in wasend_sandbox.messages()] == ["447700900789@c.us"]
    assert not wasend_sandbox.sessions


@pytest.mark.wasend_sandbox(api_key="k3y")
def test_sync_send_with_a_service(session: str, wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """With a base URL the synchronous example sends from the session it is given, to the recipient it is given."""
    assert labels(run("sync_send.py", session, "+447700900789", **at(wasend_server))) == SYNC

    kinds = [message.type for message in wasend_sandbox.messages(to="+447700900789")]
    assert kinds == ["text", "image", "text", "text"]


def test_settled_batch_with_a_service(tmp_path: Path) -> None:
    """With a base URL the batch is sent from the session it is given, but to those whom the file names."""
    # Somewhere it is day: nothing is sent at night, as people there have it.
    awake = "+447700900789" if 8 <= datetime.now(ZoneInfo("Europe/London")).hour < 21 else "+6421234567"
    left = tmp_path / "left.csv"
    left.write_text("number,reason\n+447700900788,asked to stop\n", encoding="utf-8")
    sandbox = Sandbox(api_key="k3y")
    desk = sandbox.add_session()
    with sandbox.serve() as server:
        environment = {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": server.url}
        result = run("settled_batch.py", desk.id, str(left), awake, "+447700900788", awake, **environment)

    assert labels(result) == ["sent", "not sent"]
    assert result.stdout.startswith("sent: 1 of 2\n")
    assert [f"+{message.to.partition('@')[0]}" for message in sandbox.deliveries()] == [awake]


def test_careful_reply_with_a_service() -> None:
    """With a base URL the reply goes to the customer it is given, and quotes what they wrote last."""
    sandbox = Sandbox(api_key="k3y", acks={"DEVICE": 0})
    desk = sandbox.add_session()
    sandbox.receive(desk.id, "+447700900789", "Good morning!")
    asked = sandbox.receive(desk.id, "+447700900789", "Are you open today?")
    with sandbox.serve() as server:
        environment = {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": server.url}
        assert labels(run("careful_reply.py", desk.id, "+447700900789", **environment)) == ["sent", "delivered"]

    (message,) = sandbox.deliveries("+447700900789")
    assert message.reply_to == asked.id


@pytest.mark.parametrize(
    ("customer", "fault", "said"),
    [
        ("+447700900791", "delay POST /sendText", ["not on WhatsApp"]),
        ("+447700900790", "delay POST /sendText", ["nothing to reply to"]),
        ("+447700900789", "reset POST /sendText", ["not answered", "unknown"]),
        ("+447700900789", "dead_session POST /sendText", ["sent", "not delivered yet"]),
    ],
    ids=["nobody", "silent", "lost", "asleep"],
)
def test_careful_reply_that_is_none(
    customer: str, fault: str, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The example says why there is no reply, or how far it came."""
    example = runpy.run_path(str(EXAMPLES / "careful_reply.py"))
    sandbox = Sandbox(clock=Clock(stopped=True), unknown=["+447700900791"], faults=[fault])
    desk = sandbox.add_session()
    sandbox.receive(desk.id, "+447700900789", "Are you open today?")
    with sandbox.client(**example["OPTIONS"]) as client:
        example["reply"](client, desk.id, customer)

    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == said


def test_careful_reply_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the breaker holds everything back the example says until when, and sends nothing."""
    example = runpy.run_path(str(EXAMPLES / "careful_reply.py"))
    sandbox = Sandbox(clock=Clock(stopped=True), faults=["ban signal=rate-overlimit POST /sendText"])
    desk = sandbox.add_session()
    sandbox.receive(desk.id, "+447700900789", "Are you open today?")
    with sandbox.client(**example["OPTIONS"]) as client:
        with pytest.raises(AccountRestrictedError):
            example["reply"](client, desk.id, "+447700900789")
        example["reply"](client, desk.id, "+447700900789")

    assert capsys.readouterr().out.startswith("held back: ")


@pytest.mark.parametrize("name", ["async_session.py", "sync_send.py", "settled_batch.py", "careful_reply.py"])
def test_a_service_needs_a_recipient(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a service an example sends to nobody whom the user did not name."""
    monkeypatch.setenv("WASEND_API_KEY", "k3y")
    monkeypatch.setenv("WASEND_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(sys, "argv", [str(EXAMPLES / name)])

    with pytest.raises(SystemExit, match=f"^usage: {name} "):
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")


@pytest.mark.parametrize(
    "said",
    [
        "sent: true_",
        pytest.param("not sent: ", marks=pytest.mark.wasend_faults("401 /sendText")),
        pytest.param("unknown: ", marks=pytest.mark.wasend_faults("reset /sendText")),
    ],
)
async def test_the_three_outcomes(
    said: str, session: str, async_wasend_client: AsyncWasendClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """The asynchronous example says what became of a message, whichever of the three it was."""
    greet: Any = runpy.run_path(str(EXAMPLES / "async_session.py"))["greet"]

    await greet(async_wasend_client, session, "+447700900456")

    assert capsys.readouterr().out.startswith(said)
