"""The examples run as they are."""

from __future__ import annotations

import asyncio
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
from wasend.sandbox import Clock, Sandbox

from .raw import Behaviour, answer, reset, serving

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run an example with warnings as errors, and none of our own settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("WASEND_")}
    return subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *arguments],
        env={**kept, "PYTHONIOENCODING": "utf-8", **environment},
        encoding="utf-8",
        capture_output=True,
        timeout=60,
        check=False,
    )


def labels(result: subprocess.CompletedProcess[str]) -> list[str]:
    """What stands before the colon of each line."""
    assert (result.returncode, result.stderr) == (0, "")
    return [line.partition(":")[0] for line in result.stdout.splitlines()]


ASYNC = ["created", "scan this with WhatsApp on your phone", "connected", "sent", "not sent"]
SYNC = ["text", "picture", "link", "typed", "reacted to"]
BATCH = ["sent", "not sent", "unknown"]
REPLY = ["not answered", "sent", "delivered"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("async_session.py", ASYNC),
        ("sync_send.py", SYNC),
        ("settled_batch.py", BATCH),
        ("careful_reply.py", REPLY),
    ],
)
def test_with_a_sandbox(name: str, said: list[str]) -> None:
    """Without a base URL an example runs against a sandbox of its own, and a key that is set is not used."""
    assert labels(run(name, WASEND_API_KEY="k3y")) == said


@pytest.mark.wasend_sandbox(scan_after=0.5, clock=Clock())
def test_async_session_with_a_service(wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """With a base URL the asynchronous example makes its session there, and sends to the recipient it is given."""
    at = {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": wasend_server.url}
    assert labels(run("async_session.py", "+447700900123", "+447700900789", **at)) == ASYNC

    assert [message.to for message in wasend_sandbox.messages()] == ["447700900789@c.us"]
    assert not wasend_sandbox.sessions


def test_sync_send_with_a_service(session: str, wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    XXX
    at = {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": wasend_server.url}
    assert labels(run("sync_send.py", session, "+447700900789", **at)) == SYNC

    assert [message.type for message in wasend_sandbox.messages(to="+447700900789")] == [
        "text",
        "image",
        "text",
        "text",
    ]


@pytest.mark.parametrize("name", ["async_session.py", "sync_send.py", "settled_batch.py", "careful_reply.py"])
def test_a_service_needs_a_recipient(name: str) -> None:
    """Against a service an example sends to nobody whom the user did not name."""
    result = run(name, WASEND_API_KEY="k3y", WASEND_BASE_URL="http://127.0.0.1:9")

    assert result.returncode == 1
    assert result.stderr.startswith(f"usage: {name} ")


@pytest.mark.parametrize(
    ("faults", "said"),
    [((), "sent: true_"), (["401 /sendText"], "not sent: "), (["reset /sendText"], "unknown: ")],
    ids=["answered", "refused", "broken"],
)
async def test_the_three_outcomes(
    faults: Iterable[str],
    said: str,
    session: str,
    wasend_sandbox: Sandbox,
    async_wasend_client: AsyncWasendClient,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The asynchronous example says what became of a message, whichever of the three it was."""
    greet: Any = runpy.run_path(str(EXAMPLES / "async_session.py"))["greet"]
    for fault in faults:
        wasend_sandbox.faults.add(fault)

    await greet(async_wasend_client, session, "+447700900456")

    assert capsys.readouterr().out.startswith(said)
