"""
Serve a sandbox to WASend's own Python package, and look at what the sandbox made of it.

    python -m tools.run_official_client PYTHON

PYTHON is an interpreter that has the package; `nox -s official` makes one. The calls are in `official_client.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import attrs

from tools.official_client import (
    ADA,
    ADA_NAME,
    ADA_PICTURE,
    ADA_PUSH_NAME,
    GREETING,
    PAUSED,
    PICTURE,
    README,
    SESSIONLESS,
    STRANGER,
)
from wasend.sandbox import Sandbox

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

KEY = "official-key"
SECONDS = 100
ROUTES = 48
"""Different requests that the package's calls make: six of them are never sent, or to one address."""


@attrs.define
class Exchange:
    """A request to the API, and its answer."""

    path: str
    method: str
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
        exchange = Exchange(scope["path"], scope["method"])
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
    if (contents := [message.content for message in sandbox.messages(to=ADA)]) != [README, GREETING, PICTURE, PAUSED]:
        found.append(f"sent were {contents}")
    if sandbox.sessions:
        found.append(f"sessions that were deleted are there: {list(sandbox.sessions)}")
    return found


def unknown_routes(sandbox: WatchedSandbox) -> list[str]:
    """Say which calls met no route at all, or too few were made."""
    found = [one.path for one in sandbox.exchanges if b"Cannot " in one.answer]
    made = {(one.path, one.method) for one in sandbox.exchanges}
    return found if len(made) >= ROUTES else [*found, f"only {len(made)} different requests were made"]


def run(python: str, dialect: Literal["auto", "docs", "sdk"]) -> int:
    """Run the package's calls in one dialect, and return the exit status."""
    print(f"--- dialect {dialect}", flush=True)
    sandbox = WatchedSandbox(api_key=KEY, dialect=dialect, unknown=[STRANGER])
    sandbox.add_contact(ADA, ADA_NAME, push_name=ADA_PUSH_NAME, picture_url=ADA_PICTURE)
    script = Path(__file__).with_name("official_client.py")
    with sandbox.serve() as server:
        # Isolated: the package must not be hidden by this project, which is imported by the same name.
        calls = subprocess.run([python, "-I", script, server.url, KEY, dialect], timeout=SECONDS, check=False)
    if calls.returncode != 0:
        return calls.returncode
    if wrong := unknown_routes(sandbox) if dialect == "docs" else complaints(sandbox):
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    if dialect != "docs":
        print(
            f"{len(SESSIONLESS)} requests came without a session and were refused for that alone; all others succeeded"
        )
    return 0


def main(python: str) -> int:
    """Run the package in each dialect, then the samples of WASend's page, and return the exit status."""
    return next(filter(None, (run(python, dialect) for dialect in ("sdk", "auto", "docs"))), 0) or samples(python)


def samples(python: str) -> int:
    """Run those samples of WASend's page *Create Session* that can be run here, and return the exit status."""
    page = os.environ.get("WASEND_PAGE")
    if page is None:
        print("--- samples: none, for WASEND_PAGE does not say where the page *Create Session* is")
        return 0
    lines = Path(page).read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        for name, (sample, command) in found_samples(lines, Path(folder), python).items():
            with Sandbox(api_key="YOUR_API_KEY") as sandbox, sandbox.serve() as server:
                file = Path(folder, name)
                file.write_text(sample.replace("https://api.wasend.dev", server.url), encoding="utf-8")
                done = subprocess.run(
                    [*command, file], cwd=folder, capture_output=True, text=True, timeout=600, check=False
                )
                names = [one.settings.name for one in sandbox.sessions.values()]
            print(f"--- sample {name}: {names or done.stderr[-400:]}")
            if names != ["My Business Account"]:
                return 1
    return 0


def found_samples(page: str, folder: Path, python: str) -> dict[str, tuple[str, list[str]]]:
    """
    Return the samples by file, each with what runs it, where that is installed; the package's own JavaScript too.

    Three are never among them. The page's Go gives numbers where its SDK, in all releases, has booleans: it does not
    compile, and, mended, meets a runtime without asynchronous methods. C# and Swift need toolchains of their own, and
    the former its SDK.
    """
    core = next(Path(python).parent.parent.glob("lib/python*/site-packages/wasend/_jsii/*.tgz"))
    home = folder / "node_modules" / "@wasend"
    with tarfile.open(core) as archive:
        archive.extractall(home, filter="data")
    (home / "package").rename(home / "core")

    def between(first: str, last: str) -> str:
        return first + page.partition(first)[2].partition(last)[0] + last

    closing = "console.log('Created session:', newSession);"
    required = between("const { WasendClient } = require", closing)
    found = {
        "sample.sh": (between("curl -X POST", "}'"), ["sh"]),
        "sample.mjs": (between("import { WasendClient } from", closing), ["node"]),
        # A CommonJS module has no `await` of its own: the page's sample is wrapped.
        "sample.cjs": (f"(async () => {{ {required} }})();", ["node"]),
        # The package takes no mapping; ours does.
        "sample.py": (
            between("from wasend import WasendClient", "print('Created session:', new_session)"),
            [sys.executable],
        ),
        "sample.php": (between("<?php", 'echo "Response: " . $response;'), ["php"]),
        "sample.rb": (
            between("require 'net/http'", 'puts "Response: #{response.body}"').replace(
                "use_ssl: true", "use_ssl: false"
            ),
            ["ruby"],
        ),
        "Main.java": (between("import java.net.http.HttpClient;", "\n}\n}"), ["java", "-cp", "json.jar"]),
    }
    if crates := os.environ.get("WASEND_CRATES"):
        (folder / "Cargo.toml").write_text(_CARGO, encoding="utf-8")
        places = ("source.crates-io.replace-with='local'", f"source.local.directory='{crates}'")
        options = [word for place in places for word in ("--config", place)]
        rust = between("use reqwest::header::", "\nOk(())\n}")
        found["main.rs"] = (rust, ["cargo", *options, "run", "--quiet", "--offline", "--"])
    if shutil.which("java") and (jar := os.environ.get("WASEND_JSON_JAR")):
        shutil.copy(jar, folder / "json.jar")
    else:
        del found["Main.java"]  # it needs org.json as well
    return {name: one for name, one in found.items() if shutil.which(one[1][0])}


_CARGO = """
[package]
name = "sample"
version = "0.1.0"
edition = "2021"

[[bin]]
name = "sample"
path = "main.rs"

[dependencies]
reqwest = { version = ">=0.11, <0.13", default-features = false, features = ["json"] }
serde_json = "1"
tokio = { version = "1", features = ["full"] }
"""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
