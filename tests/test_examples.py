"""The examples run as they are."""

from __future__ import annotations

import asyncio
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wasend import AsyncWasendClient
from wasend.sandbox import Sandbox

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


@pytest.mark.parametrize(("name", "said"), [("async_session.py", ASYNC), ("sync_send.py", SYNC)])
def test_with_a_sandbox(name: str, said: list[str]) -> None:
    """Without a base URL an example runs against a sandbox of its own, and a key that is set is not used."""
    assert labels(run(name, WASEND_API_KEY="k3y")) == said


def test_async_session_with_a_service() -> None:
    """With a base URL the asynchronous example makes its session there, and sends to the recipient it is given."""
    sandbox = Sandbox(api_key="k3y", scan_after=0.5)
    with sandbox.serve() as server:
        environment = {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": server.url}
        assert labels(run("async_session.py", "+447700900123", "+447700900789", **environment)) == ASYNC

    assert [message.to for message in sandbox.messages()] == ["447700900789@c.us"]
    assert not sandbox.sessions


def test_sync_send_with_a_service() -> None:
    """With a base URL the synchronous example sends from the session it is given, to the recipient it is given."""
    sandbox = Sandbox(api_key="k3y", scan_after=0)
    with sandbox.serve() as server:
        environment = {"WASEND_API_KEY": "k3y", "WASEND_BASE_URL": server.url}

        async def connect() -> str:
            async with AsyncWasendClient("k3y", base_url=server.url) as client:
                session = await client.create_session(session_name="Front Desk", phone_number="+447700900123")
                await client.start_session(session)
                return str(session["uniqueSessionId"])

        assert labels(run("sync_send.py", asyncio.run(connect()), "+447700900789", **environment)) == SYNC

    assert [message.type for message in sandbox.messages(to="+447700900789")] == ["text", "image", "text", "text"]


@pytest.mark.parametrize("name", ["async_session.py", "sync_send.py"])
def test_a_service_needs_a_recipient(name: str) -> None:
    """Against a service an example sends to nobody whom the user did not name."""
    result = run(name, WASEND_API_KEY="k3y", WASEND_BASE_URL="http://127.0.0.1:9")

    assert result.returncode == 1
    assert result.stderr.startswith(f"usage: {name} ")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (answer(200, {"id": "true_1"}), "sent: true_1"),
        (answer(401, {"message": "Unauthorized"}), "not sent: "),
        (reset, "unknown: "),
    ],
    ids=["answered", "refused", "broken"],
)
def test_the_three_outcomes(behaviour: Behaviour, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The asynchronous example says what became of a message, whichever of the three it was."""
    greet: Any = runpy.run_path(str(EXAMPLES / "async_session.py"))["greet"]

    async def send(url: str) -> None:
        async with AsyncWasendClient("k3y", base_url=url) as client:
            await greet(client, "ses_1", "+447700900456")

    with serving(behaviour) as server:
        asyncio.run(send(server.url))

    assert capsys.readouterr().out.startswith(said)
