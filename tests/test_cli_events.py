"""`wasend listen` and `wasend events replay`."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.events import KEY, message, signed
from tests.raw import reserved, url_of
from wasend.cli.app import run
from wasend.cli.listen import Listener, in_words
from wasend.cli.output import Output
from wasend.webhooks import MessageReceived, parse
from wasend.webhooks.signature import Keys

TEXT = "See you at 10 \x1b[2J"


@pytest.fixture
def taken() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A server that knows nothing of ours: where it is, and what it was posted. It answers 418 to all but the first."""
    posted: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(418 if len(posted) > 1 else 200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"yes")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", posted
        server.shutdown()
        thread.join()


def wasend(*arguments: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["wasend", *arguments])
    status = run()
    printed = capsys.readouterr()
    return status, printed.out + printed.err


def test_listen_and_replay(
    taken: tuple[str, list[Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events are verified, printed, passed on and written down by one process, and posted again, signed, by another."""
    url, posted = taken
    record = tmp_path / "events.jsonl"
    command = [sys.executable, "-m", "wasend.cli", "listen", "--port", "0", "--forward", url, "--record", str(record)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "WASEND_WEBHOOK_KEY": KEY, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            address = process.stderr.readline().split()[2]
            body, headers = signed(message(TEXT, native="3EB0AA"))
            answers = [
                httpx.post(address, content=body, headers={**headers, "X-Webhook-Request-Id": "abc", "X-Else": "1"}),
                httpx.post(address, content=body, headers=headers),
                httpx.post(address, content=body + b" ", headers=headers),
            ]
            assert [answer.status_code for answer in answers] == [200, 418, 401]
            assert answers[0].content == b"yes"
        finally:
            process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=30)
        assert process.returncode == 0
    lines = printed.splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0])["payload"]["body"] == TEXT  # to a pipe, as it came
    assert "\x1b" not in printed
    assert "a webhook was refused: the signature is of another key" in complained
    assert KEY not in printed + complained
    assert [body for _, body in posted] == [body, body]
    assert posted[0][0]["x-webhook-hmac"] == headers["X-Webhook-Hmac"]
    assert posted[0][0]["x-webhook-request-id"] == "abc"
    assert "x-else" not in posted[0][0]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600

    monkeypatch.setenv("WASEND_WEBHOOK_KEY", "another-key")
    posted.clear()
    status, said = wasend("events", "replay", str(record), url, "--now", capsys=capsys, monkeypatch=monkeypatch)
    assert (status, said.count("  message  evt_"), said.count('"status": 418')) == (1, 2, 1)
    head, again = posted[0]
    event = parse(again, head, key="another-key")
    assert isinstance(event, MessageReceived)
    assert event.payload.native_id == "3EB0AA"
    assert in_words(event).endswith(r"  ses_1  message  447700900456@c.us  See you at 10 \x1b[2J")
    assert event.timestamp is not None
    assert abs(event.timestamp.timestamp() - time.time()) < 60
    key_file = tmp_path / "key"
    key_file.write_text(f"{KEY}\n")
    posted.clear()
    options = ("--key-file", str(key_file))
    assert wasend("events", "replay", str(record), url, *options, capsys=capsys, monkeypatch=monkeypatch)[0] == 1
    assert posted[0][1] == body
    assert posted[0][0]["x-webhook-hmac"] == headers["X-Webhook-Hmac"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["listen"], 2, "there is no key"),
        (["listen", "--key-file", "/nowhere/key"], 2, "/nowhere/key: No such file"),
        (["listen", "--insecure", "--host", "0.0.0.0"], 2, "believes whoever posts"),
        (["listen", "--insecure", "--forward", "ftp://x"], 2, "is no address"),
        (["listen", "--insecure", "--port", "99999"], 2, "65535"),
        (["listen", "--insecure", "--record", "/nowhere/events"], 2, "cannot listen"),
        (["listen", "--insecure", "--host", "nowhere.invalid"], 2, "believes whoever posts"),
        (["events", "replay", "/nowhere/events", "http://127.0.0.1:9/", "--insecure"], 2, "No such file"),
        (["events", "replay", "FILE", "http://127.0.0.1:9/", "--insecure"], 1, "nobody answers"),
        (["events", "replay", "BAD", "http://127.0.0.1:9/", "--insecure"], 2, "line 2 is no recorded event"),
        (["events", "replay", "LIST", "http://127.0.0.1:9/", "--insecure"], 2, "line 1 is no recorded event"),
        (["events", "replay", "FILE", "127.0.0.1", "--insecure"], 2, "is no address"),
        (["events", "replay", "FILE", "http://127.0.0.1:9/"], 2, "there is no key"),
    ],
)
def test_what_cannot_be_done(
    arguments: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A user's mistake is said in one line, and is exit status 2; what was tried and failed is 1."""
    monkeypatch.delenv("WASEND_WEBHOOK_KEY", raising=False)
    good = json.dumps({"headers": {}, "body": json.dumps(message())})
    (tmp_path / "FILE").write_text(f"{good}\n")
    (tmp_path / "BAD").write_text("\n{}\n")
    (tmp_path / "LIST").write_text(json.dumps({"headers": {}, "body": "[]"}))
    monkeypatch.chdir(tmp_path)
    found, printed = wasend(*arguments, capsys=capsys, monkeypatch=monkeypatch)
    assert found == status
    assert said in printed
    assert printed.count("\n") == 1


async def test_what_cannot_be_done_with_an_event(
    taken: tuple[str, list[Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where an event cannot be passed on or written down, the log and the answer say so, and it is posted again."""
    url, posted = taken
    body, headers = signed(message(TEXT))
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"x-webhook-shop", "Café".encode("latin-1")))

    async def status(forward: str) -> int:
        return (await Listener(Keys(KEY), lambda event, body: None, forward).receive(body, pairs)).status

    assert await status(url) == 200
    assert posted[0][0]["x-webhook-shop"] == "Café"
    with reserved() as nobody:
        assert await status(url_of(nobody)) == 502
    assert "it could not be passed on: ConnectError" in caplog.text
    record = tmp_path / "events.jsonl"
    listener = Listener(Keys(KEY), lambda event, body: None, None, record)
    record.unlink()
    record.mkdir()
    assert (await listener.receive(body, pairs)).status == 500
    assert "it could not be written down: Is a directory" in caplog.text
    assert TEXT not in caplog.text


def test_a_reader_that_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what reads the output has ended, as `head` does, listening ends as well."""
    monkeypatch.setenv("WASEND_WEBHOOK_KEY", KEY)

    def gone(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, getattr(sys, stream))  # which Typer replaces
    ended: list[int] = []
    monkeypatch.setattr(Output, "line", gone)
    monkeypatch.setattr(signal, "raise_signal", ended.append)
    body, headers = signed(message(TEXT))
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    def serve(sock: object, listener: Listener, ready: object) -> None:
        assert asyncio.run(listener.receive(body, pairs)).status == 200

    monkeypatch.setattr("wasend.cli.listen.listen", serve)
    monkeypatch.setattr(sys, "argv", ["wasend", "listen", "--port", "0"])
    assert run() == 141
    assert ended == [signal.SIGINT]
