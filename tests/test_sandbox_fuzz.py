"""Whatever bytes come in at the sandbox's socket: a refusal or a closed connection, and it serves on."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.raw import PATIENCE
from tests.test_sandbox import ADA, FIELDS, PATHS, VALUES, ask
from wasend.sandbox import Sandbox, SandboxServer


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """A sandbox behind a socket, for all that is thrown at it here."""
    sandbox = Sandbox(webhook_app=nobody)
    with sandbox.serve() as server:
        yield server


async def nobody(*_: object) -> None:
    """A receiver of webhooks that is not there."""


class Errors(logging.Handler):
    """What is logged at ERROR or above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(self.format(record))


@contextmanager
def unharmed(server: SandboxServer) -> Iterator[None]:
    """Nothing is logged as an error meanwhile, and a right request is answered afterwards."""
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        yield
        assert ask(server.url) == 200
    finally:
        logging.getLogger().removeHandler(errors)
    assert errors.records == []


def thrown(server: SandboxServer, data: bytes, *, hang_up: bool) -> list[int]:
    """
    Send bytes, and return the statuses of the answers once the connection is over.

    With `hang_up` we say that no more will come; else the server must close, or answer the first request at least.
    """
    received = b""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    with connection, suppress(ConnectionError):  # it need not hear us out
        connection.sendall(data)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        while (hang_up or b"\r\n\r\n" not in received) and (more := connection.recv(1 << 16)):
            received += more
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", received)]


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1".encode(),
        *[b"Host: x", b"Authorization: Bearer k", b"Content-Type: application/json"],
        *(headers or (f"Content-Length: {len(body)}".encode(),)),
    ]
    return b"\r\n".join([*lines, b"", body])


def get(target: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", *(headers or (b"Host: x",)), b"", b""])


REFUSED: dict[str, bytes] = {
    "no HTTP": b"garbage\r\n\r\n",
    "another version": b"GET /account HTTP/9.9\r\nHost: x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two spaces": b"GET  /account HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": get(b"/account", b"A: b"),
    "two hosts": get(b"/account", b"Host: x", b"Host: y"),
    "a null in a header": get(b"/account", b"Host: x", b"A: \0"),
    "a header without a name": get(b"/account", b"Host: x", b": b"),
    "long header": get(b"/account", b"Host: x", b"A: " + b"b" * 200_000),
    "long path": get(b"/" + b"a" * 200_000),
    "other bytes in the path": get(b"/\xff\xfe"),
    "no slash": get(b"account"),
    "another host's path": get(b"http://example.org/account"),
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "tunnel": b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n",
    "percent": get(b"/messages/%", b"Host: x", b"Authorization: Bearer k"),
    "null in the path": get(b"/messages/%00%ff", b"Host: x", b"Authorization: Bearer k"),
    "half a query": get(b"/_sandbox/messages?to=%ff%00&&=&to"),
    "page number": get(b"/_sandbox/journal?after=" + b"9" * 5000),
    "websocket": get(b"/account", b"Host: x", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: a"),
    "unreadable origin": get(b"/_sandbox/messages", b"Host: x", b"Origin: \xff://\xff"),
    "key in other bytes": get(b"/account", b"Host: x", b"Authorization: \xff\xfe"),
    "negative length": post("/sendText", b"{}", b"Content-Length: -1"),
    "length in words": post("/sendText", b"{}", b"Content-Length: two"),
    "two lengths": post("/sendText", b"{}", b"Content-Length: 2", b"Content-Length: 3"),
    "unknown coding": post("/sendText", b"{}", b"Transfer-Encoding: gzip"),
    "wrong chunk": post("/sendText", b"zz\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "nothing": post("/sendText", b""),
    "other type": post("/sendText", b"{}", b"Content-Length: 2", b"Content-Type: \xff"),
    "no object": post("/sendText", b"[]"),
    "half": post("/sendText", b'{"session":'),
    "not UTF-8": post("/sendText", b'{"session":"\xff"}'),
    "UTF-16": post("/sendText", '{"session":"s"}'.encode("utf-16")),
    "deep": post("/sendText", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "long number": post("/sendText", b'{"a":' + b"9" * 5000 + b"}"),
    "no number": post("/sendText", b'{"a":NaN,"b":-Infinity}'),
    "infinite number": post("/sendText", b'{"a":1e999}'),
    "half a character": post("/sendText", b'{"session":"\\ud800","to":"\\udfff","text":"\\ud800"}'),
    "far future": post("/_sandbox/clock", b'{"advance":1e300}'),
    "never": post("/_sandbox/clock", b'{"advance":' + b"9" * 400 + b"}"),
    "reply never": post("/_sandbox/replies", b'{"reply":"a","after":' + b"9" * 400 + b"}"),
}


STATUSES = {
    **dict.fromkeys(["another version", "websocket", "key in other bytes"], 401),
    "unreadable origin": 403,
    "tunnel": 403,
    **dict.fromkeys(["HTTP/2", "no slash", "another host's path", "asterisk"], 404),
    **dict.fromkeys(["percent", "null in the path"], 404),
}
"""How those are refused that are no 400: without a key, by another's page, or as what is not there."""


@pytest.mark.parametrize("name", REFUSED)
def test_nasty_requests(server: SandboxServer, name: str) -> None:
    """Each request that is wrong is refused, with the status that says what is wrong with it."""
    with unharmed(server):
        first, *more = thrown(server, REFUSED[name], hang_up=False)
    assert first == STATUSES.get(name, 400)
    assert all(400 <= status < 500 for status in more)  # what follows it on the connection is no request either


UNFINISHED: dict[str, bytes] = {
    "silence": b"",
    "a word": b"GET",
    "TLS": bytes.fromhex("16030100c4010000c00303") + bytes(200),
    "headers": b"GET /account HTTP/1.1\r\nHost: x\r\nA: ",
    "less than was said": post("/sendText", b'{"session":', b"Content-Length: 100"),
    "much less than was said": post("/sendText", b"{", b"Content-Length: 9223372036854775808"),
    "chunks without an end": post("/sendText", b"2\r\n{}\r\n", b"Transfer-Encoding: chunked"),
    "a promise": post("/sendText", b"", b"Expect: 100-continue", b"Content-Length: 9"),
    "more after it": get(b"/account", b"Host: x", b"Authorization: Bearer k") * 3 + b"\x00\xff",
}


@pytest.mark.parametrize("request_", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_requests_without_an_end(server: SandboxServer, request_: bytes) -> None:
    """Who hangs up in the middle of a request leaves nothing behind, and no connection open."""
    with unharmed(server):
        statuses = thrown(server, request_, hang_up=True)
    assert all(status < 500 for status in statuses)


LINES = [
    *[b"GET /account HTTP/1.1\r\n", b"POST /sendText HTTP/1.1\r\n", b"POST /_sandbox/reset HTTP/1.0\r\n"],
    *[
        b"Host: x\r\n",
        b"Authorization: Bearer k\r\n",
        b"Content-Type: application/json\r\n",
        b"Expect: 100-continue\r\n",
    ],
    *[b"Content-Length: 2\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"],
    *[b"\r\n", b"\n", b"{}", b"0\r\n\r\n", b"2\r\n", b"Upgrade: h2c\r\n"],
]

quickly = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quickly
@given(parts=st.lists(st.sampled_from(LINES) | st.binary(max_size=20), max_size=12))
def test_any_bytes(server: SandboxServer, parts: list[bytes]) -> None:
    """Any bytes at all, some of them like a request, end in answers below 500 and a closed connection."""
    with unharmed(server):
        statuses = thrown(server, b"".join(parts), hang_up=True)
    assert all(status < 500 for status in statuses)


STEERING = [
    *[f"sessions{path}" for path in ("", "/{session}/scan", "/{session}/passkey", "/{session}/receive")],
    *["contacts", "unknown", "groups", "replies", "messages/x/ack", "messages/x/react", "faults", "clock", "journal"],
    *["deliveries", "webhooks", "messages?fromMe=any"],
]
MORE_FIELDS = [
    *["name", "number", "numbers", "owner", "participants", "from", "group", "ack", "match", "after", "times", "fault"],
    *["advance", "stopped", "reply", "apiKey", "pushName"],
]
MORE_VALUES = VALUES | st.sampled_from(
    [1e300, 10**400, -1, [ADA], "READ", "(", "(a+)+$", "500 GET /nowhere", "x" * 999]
)


@quickly
@given(
    verb=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "BREW"]),
    path=st.sampled_from([*PATHS, "/", *(f"/_sandbox/{path}" for path in STEERING)]),
    body=st.dictionaries(st.sampled_from([*FIELDS, *MORE_FIELDS]), MORE_VALUES, max_size=8) | VALUES,
)
def test_any_request(server: SandboxServer, verb: str, path: str, body: Any) -> None:
    """A request that is well-formed, whatever it asks, is answered, and not with a 5xx."""
    session = server.sandbox.add_session(f"Desk {len(server.sandbox.sessions)}-{id(body)}").id
    content = json.dumps(body).replace("{session}", session).encode()
    head = f"{verb} {path.replace('{session}', session)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    with unharmed(server):
        (status, *_) = thrown(server, head.encode() + content, hang_up=False)
    assert 200 <= status < 500
