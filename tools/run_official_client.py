"""
Serve a sandbox to WASend's own Python package, and look at what the sandbox made of it.

    python -m tools.run_official_client PYTHON

PYTHON is an interpreter that has the package; `nox -s official` makes one. The calls are in `official_client.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from tools.official_client import (
    ADA,
    ADA_NAME,
    ADA_PICTURE,
    ADA_PUSH_NAME,
    GREETING,
    PAUSED,
    PICTURE,
    SESSIONLESS,
    STRANGER,
)
from wasend.sandbox import Sandbox

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

KEY = "official-key"
SECONDS = 100


@attrs.define
class Exchange:
    """A request to the API, and its answer."""

    path: str
    body: bytes = b""
    status: int = 0
    answer: bytes = b""


class WatchedSandbox(Sandbox):
    """A sandbox that keeps what it was sent and what it answered, to the byte: no journal holds bodies."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        exchange = Exchange(scope["path"])
        self.exchanges.append(exchange)

        async def heard() -> Message:
            message = await receive()
            exchange.body += message.get("body", b"")
            return message

        async def said(message: Message) -> None:
            exchange.status = message.get("status", exchange.status)
            exchange.answer += message.get("body", b"")
            await send(message)

        await super().__call__(scope, heard, said)


def complaints(sandbox: WatchedSandbox) -> list[str]:
    """Say what the sandbox's side of the story does not agree with."""
    found: list[str] = []
    refused = [one for one in sandbox.exchanges if one.status >= 400]
    if sorted((one.path, one.status) for one in refused) != sorted((path, 400) for path in SESSIONLESS.values()):
        return [f"refused were {[(one.path, one.status) for one in refused]}"]
    for one in refused:
        body, problems = json.loads(one.body), json.loads(one.answer)["message"]
        # Nothing but the session is amiss: the sandbox names every field that is.
        if "session" in body or len(problems) != 1 or not problems[0].startswith("session "):
            found.append(f"{one.path} was sent {sorted(body)} and answered {problems}")
    if (contents := [message.content for message in sandbox.messages(to=ADA)]) != [GREETING, PICTURE, PAUSED]:
        found.append(f"sent were {contents}")
    if sandbox.sessions:
        found.append(f"sessions that were deleted are there: {list(sandbox.sessions)}")
    return found


def main(python: str) -> int:
    """Run the package's calls, and return the exit status."""
    sandbox = WatchedSandbox(api_key=KEY, dialect="sdk", unknown=[STRANGER])
    sandbox.add_contact(ADA, ADA_NAME, push_name=ADA_PUSH_NAME, picture_url=ADA_PICTURE)
    script = Path(__file__).with_name("official_client.py")
    with sandbox.serve() as server:
        # Isolated: the package must not be hidden by this project, which is imported by the same name.
        calls = subprocess.run([python, "-I", script, server.url, KEY], timeout=SECONDS, check=False)
    if calls.returncode != 0:
        return calls.returncode
    if wrong := complaints(sandbox):
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    print(f"{len(SESSIONLESS)} requests came without a session and were refused for that alone; all others succeeded")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
