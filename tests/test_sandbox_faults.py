"""Faults: how they are written, which requests they strike, and what a client sees of each."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final, Literal

import attrs
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.clients import KEY, NUMBER, QUICK, READ, SEND, TEXT
from tests.raw import PATIENCE, until, wait_until
from wasend import AsyncWasendClient, Message, Timeout, WasendClient, errors
from wasend.errors import (
    AccountRestrictedError,
    APIConnectionError,
    APITimeoutError,
    NotFoundError,
    RateLimitError,
    ServerError,
    SessionNotReadyError,
    UnknownConnectionError,
    UnknownServerError,
    UnknownStatusError,
    UnknownTimeoutError,
    UnprocessableError,
    WasendError,
)
from wasend.sandbox import Clock, Fault, Faults, Sandbox
from wasend.sandbox.faults import CONNECTION, KINDS, Played, play
from wasend.sandbox.interfaces import InProcess, SandboxServer

ANSWER: Final = {"id": "m1", "to": NUMBER, "timestamp": 1_750_000_000, "sender": {"id": "s1", "name": "Ada"}}
SHORT: Final = Timeout(answer=0.5, send=0.5)
NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


# How a fault is written

words = st.text(min_size=1).filter(str.strip)
names = st.lists(st.from_regex(r"[a-zA-Z_]{1,8}", fullmatch=True), min_size=1).map(tuple)
seconds = st.floats(0, 1e9)
truth = st.booleans()
DETAILS: Final[dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "delay": {"seconds": seconds},
    "hang": {"processed": truth},
    "wrong_content_type": {"type": words},
    "missing_fields": {"fields": names},
    "late": {"seconds": seconds},
    "truncated": {"at": st.integers(0, 99), "announced": truth},
    "answer": {"status": st.integers(200, 599), "body": st.text(), "type": words, "location": words},
    "ids": {"form": st.sampled_from(["bare", "suffixed", "changed"])},
    "unseen": {"seconds": seconds},
    "clock_off": {"seconds": st.floats(-1e9, 1e9)},
    "twin": {"by": st.sampled_from(["phone", "recipient"])},
    "idle_close": {"seconds": seconds},
    "rate_limit": {"seconds": seconds, "format": st.sampled_from(["seconds", "date", "milliseconds", "body", "none"])},
    "ban": {"signal": st.sampled_from([463, "475", "rate-overlimit"])},
    "session_status": {"status": words, "expected": names},
    "503": {"processed": truth, "message": st.text(), "retry_after": seconds},
}
paths = st.one_of(
    st.sampled_from(["*", "/sendText", "/sessions/{session}", "/sessions/*", "/send*"]), st.text().map("/{}".format)
)
verbs = st.sampled_from(["", "GET ", "POST ", "PUT ", "DELETE "])
events = st.sampled_from(["*", "message", "message.ack", "group.v2.join", "session.*"])


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from([*KINDS, "503"]))
    return Fault(
        kind,
        draw(events) if kind.endswith("_webhook") else draw(verbs) + draw(paths),
        share=draw(st.floats(0, 1)),
        calls=draw(st.lists(st.integers(1, 99), max_size=3)),
        times=draw(st.none() | st.integers(1, 99)),
        **draw(st.fixed_dictionaries({}, optional=DETAILS.get(kind, {}))),
    )


@given(fault=faults())
@example(Fault(503, "POST /a 'b' \"c\"", message="so 'sad' \\ \"today\"\n", retry_after=0.1))
@example(Fault("wrong_content_type", "/a\\b", type="text/plain; charset=x"))
def test_text_round_trip(fault: Fault) -> None:
    """A fault that is written out and read again is the same fault, whatever it holds."""
    assert Fault.parse(str(fault)) == fault
    assert repr(fault) == f"Fault.parse({str(fault)!r})"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reset_after POST /sendText 10%", Fault("reset_after", "POST /sendText", share=0.1)),
        ("delay 0.5%", Fault("delay", share=0.005)),
        ("hang #4,1 /sessions/{id} get", Fault("hang", "GET /sessions/{id}", calls=(1, 4))),
        ("502 x2 processed=true message='so sad'", Fault(502, times=2, processed=True, message="so sad")),
        ("missing_fields fields=id,timestamp", Fault("missing_fields", fields=["id", "timestamp"])),
        ("rate_limit seconds=1.50 format=date", Fault("rate_limit", seconds=1.5, format="date")),
        ("duplicate_webhook message.ack x1", Fault("duplicate_webhook", "message.ack", times=1)),
        ("delay seconds=1.5", Fault("delay", seconds=Decimal("1.5"))),
        ("404 *", Fault("404", message=None)),
    ],
)
def test_both_spellings(text: str, fault: Fault) -> None:
    """What can be written as text can be said by keywords; the parts may stand in any order."""
    assert Fault.parse(text) == fault
    assert hash(Fault.parse(text)) == hash(fault)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a fault begins with its kind"),
        ("  ", "a fault begins with its kind"),
        ("resett", "no kind of fault 'resett', .* did you mean 'reset'?"),
        ("reset-after", "did you mean 'reset_after'?"),
        ("ratelimit", "did you mean 'rate_limit'?"),
        ("earthquake", "known are delay, late, .*, 504"),
        ("200", "nor is it a status from 400 to 599"),
        ("delay secs=2", "delay has no detail 'secs'; did you mean 'seconds'?"),
        ("delay share=0.2", "delay has no detail 'share'"),
        ("reset seconds=2", "reset has no detail 'seconds'; known are to, session"),
        ("delay seconds=soon", "seconds of delay is a number of seconds from 0 to 1000000000, not 'soon'"),
        ("delay seconds=-1", "a number of seconds from 0"),
        ("delay seconds=nan", "a number of seconds from 0"),
        ("delay seconds=1e10", "a number of seconds from 0"),
        (
            "rate_limit format=morse",
            "format of rate_limit is one of seconds, date, milliseconds, body, none, not 'morse'",
        ),
        ("ban signal=464", "one of 463, 475, rate-overlimit"),
        ("502 processed=yes", "processed of 502 is one of true, false, not 'yes'"),
        ("missing_fields fields=id,,to", "names with commas between them"),
        ("session_status status=", "status of session_status is some text, not ''"),
        ("reset sendText", "'sendText' is no verb, path, share .10%."),
        ("reset 1.2.3%", "1.2.3% is no share"),
        ("reset 101%", "share is from 0 to 1"),
        ("reset #0", "requests are counted from 1"),
        ("reset x0", "times is at least 1"),
        ("reset GET PUT", "verb is given twice"),
        ("delay seconds=1 seconds=2", "seconds is given twice"),
        ("502 message='", "cannot be read: No closing quotation"),
        ("duplicate_webhook /sendText", "takes the name of an event, such as message.ack or .*, not '/sendText'"),
    ],
)
def test_nearest_remedy(text: str, problem: str) -> None:
    """A fault that cannot be read is refused with the part that is wrong, and with what would do."""
    with pytest.raises(ValueError, match=problem):
        Fault.parse(text)


def test_wrong_route_and_event() -> None:
    """A route without a slash, and an event whose name would be read as a count, are refused."""
    with pytest.raises(ValueError, match="is neither a verb nor a path"):
        Fault("reset", "sendText")
    with pytest.raises(ValueError, match="is neither a verb nor a path"):
        Fault("reset", "")
    with pytest.raises(ValueError, match="takes the name of an event"):
        Fault("duplicate_webhook", "x2")


def test_details_have_defaults() -> None:
    """A detail is what was said, and its default otherwise; only what was said is listed."""
    fault = Fault("rate_limit", seconds=7)
    assert (fault.detail("seconds"), fault.detail("format"), fault.details) == ("7", "seconds", {"seconds": "7"})
    assert not fault.of_events


# Which requests it strikes


def struck(faults: Faults, count: int, path: str = "/sendText") -> list[bool]:
    return [bool(faults.on_request("POST", path)) for _ in range(count)]


@pytest.mark.parametrize(
    ("route", "method", "path", "hit"),
    [
        ("*", "GET", "/a/b", True),
        ("POST", "GET", "/a", False),
        ("POST", "POST", "/a", True),
        ("/a", "PUT", "/a", True),
        ("/a", "PUT", "/a/b", False),
        ("/a", "PUT", "/b/a", False),
        ("GET /sessions/{id}", "GET", "/sessions/x.y", True),
        ("GET /sessions/{id}", "GET", "/sessions/x/qr", False),
        ("GET /sessions/{id}/qr", "GET", "/sessions/x/qr", True),
        ("/sessions/*", "GET", "/sessions/x/qr", True),
        ("/send*", "POST", "/sendText", True),
        ("/send.ext", "POST", "/sendText", False),
    ],
)
def test_routes(route: str, method: str, path: str, hit: bool) -> None:
    """A verb and a path select requests: a name in braces is one segment, a star is anything, the rest is itself."""
    assert bool(Faults(0, [Fault("reset", route)]).on_request(method, path)) is hit


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("reset", [1, 2, 3, 4, 5, 6]),
        ("reset #3", [3]),
        ("reset #1,4", [1, 4]),
        ("reset x2", [1, 2]),
        ("reset #2,4,6 x2", [2, 4]),
        ("reset 0%", []),
        ("reset 100%", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_numbers(fault: str, expected: list[int]) -> None:
    """A fault strikes the requests of its numbers, or the first so many; only those that it selects are counted."""
    faults = Faults(0, [fault + " /sendText"])
    hits = []
    for number in range(1, 7):
        assert not faults.on_request("GET", "/sessions")
        if faults.on_request("POST", "/sendText"):
            hits.append(number)
    assert hits == expected


def test_share_with_a_limit() -> None:
    """A share and a count together are a share that ends."""
    assert sum(struck(Faults(1, ["reset 50% x5"]), 1000)) == 5


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_share(percent: int) -> None:
    """A share strikes about so many of many requests, whatever the seed."""
    for seed in range(3):
        hits = sum(struck(Faults(seed, [f"reset {percent}%"]), 5000))
        assert hits / 5000 == pytest.approx(percent / 100, abs=0.025)


def test_same_seed_same_hits() -> None:
    """Which requests a share strikes depends on the seed and on the fault alone, not on others or on their order."""
    alone = struck(Faults(7, ["reset 30%"]), 200)
    assert alone == struck(Faults(7, ["reset 30%"]), 200)
    assert alone != struck(Faults(8, ["reset 30%"]), 200)

    crowded = Faults(7, ["delay 30%", "reset 30%", "502 /sendText 50%"])
    kinds = [tuple(fault.kind for fault in crowded.on_request("POST", "/sendText")) for _ in range(200)]
    assert ["reset" in each for each in kinds] == alone
    assert ["delay" in each for each in kinds] != alone


def test_known_draws() -> None:
    """The draws of a seed stay the same from one version and one machine to the next."""
    hits = struck(Faults(42, ["reset_after POST /sendText 25%"]), 24)
    assert [number for number, hit in enumerate(hits, 1) if hit] == [1, 3, 4, 12, 14, 16, 21, 24]


def test_events() -> None:
    """Events meet the faults of events, requests those of requests."""
    faults = Faults(0, ["duplicate_webhook message.* #2", "reordered_webhook", "reset"])
    assert [str(fault) for fault in faults.on_event("message.ack")] == ["reordered_webhook"]
    assert [str(fault) for fault in faults.on_event("session.status")] == ["reordered_webhook"]
    assert [fault.kind for fault in faults.on_event("message.any")] == ["duplicate_webhook", "reordered_webhook"]
    assert [fault.kind for fault in faults.on_request("GET", "/a")] == ["reset"]
    assert Faults().on_event("message") == ()


def test_set_and_taken_away() -> None:
    """Faults are set, listed in order, taken away one by one or all at once; an unknown one is named."""
    faults = Faults(3)
    assert faults.add("reset  x1") == Fault("reset", times=1)
    faults.add(Fault(502))
    assert [str(fault) for fault in faults] == ["reset x1", "502"]
    assert list(faults.every()) == list(faults)
    assert len(faults) == 2
    assert repr(faults) == "Faults(seed=3, 'reset x1', '502')"
    with pytest.raises(ValueError, match="there is no fault 'hang'; set are: 'reset x1', '502'"):
        faults.remove("hang")
    faults.remove("reset x1")
    assert faults.every() == (Fault(502),)
    faults.clear()
    assert faults.on_request("GET", "/a") == ()
    assert repr(faults) == "Faults(seed=3, none)"


def test_counts_from_being_set() -> None:
    """A fault that is set again counts anew."""
    faults = Faults(0, ["reset #1"])
    assert struck(faults, 2) == [True, False]
    faults.remove("reset #1")
    faults.add("reset #1")
    assert struck(faults, 2) == [True, False]


def test_counts_in_many_threads() -> None:
    """Requests in many threads are each counted once."""
    faults = Faults(0, [f"reset #{','.join(map(str, range(1, 4000, 2)))}"])
    hits: list[list[bool]] = []

    def call() -> None:
        hits.append(struck(faults, 500))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sum(map(sum, hits)) == 2000


# What a client sees of it


class Service:
    """
    A service with faults.

    Attributes:
        taken: The bodies of the requests that it processed.
        notes: What became of requests.
        over: How many requests it is through with, without an error.
    """

    def __init__(
        self, *faults: str, clock: Clock | None = None, status: int = 200, answer: bytes | None = None
    ) -> None:
        self.faults = Faults(0, faults)
        self.clock = clock or Clock()
        self.taken: list[bytes] = []
        self.notes: list[Played] = []
        self.over = 0
        self._status = status
        self._answer = json.dumps(ANSWER).encode() if answer is None else answer

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        struck = self.faults.on_request(scope["method"], scope["path"])
        await play(struck, self._process, scope, receive, send, self.clock, self.notes.append)
        self.over += 1

    async def _process(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        del scope
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.taken.append(body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self._answer)).encode())]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._answer})


@contextmanager
def served(service: Service) -> Iterator[str]:
    app: Any = service
    with SandboxServer(app, port=0, host="127.0.0.1", allow_remote=False) as server:
        yield server.url


@attrs.frozen
class Heard:
    """What came over a socket: an answer as far as it came, and how the connection ended, if it did."""

    status: int
    headers: dict[str, str]
    body: bytes
    end: Literal["open", "closed", "reset"]


def connection(url: str, path: str, body: bytes) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    sock = socket.create_connection((host, int(port)), PATIENCE)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    sock.sendall(head.encode() + body)
    return sock


def heard(service: Service, *, path: str = "/sendText", body: bytes = b'{"session": "ses_1"}') -> Heard:
    """Ask over a bare socket."""
    with served(service) as url, connection(url, path, body) as sock:
        came, end = b"", "open"
        while end == "open" and not _whole(came):
            try:
                chunk = sock.recv(65536)
            except ConnectionResetError:
                end = "reset"
            else:
                came += chunk
                end = "open" if chunk else "closed"
    head, _, content = came.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Heard(int(first.split(" ")[1]) if first else 0, headers, content, end)  # type: ignore[arg-type]


def _whole(came: bytes) -> bool:
    head, divider, body = came.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head)
    return bool(divider) and (length is None or len(body) >= int(length[1]))


@pytest.mark.parametrize(("kind", "taken"), [("reset", 0), ("refuse", 0), ("reset_after", 1)])
def test_reset_on_a_socket(kind: str, taken: int, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that breaks is heard of as a reset, without a byte; processed or not is as the fault says."""
    service = Service(kind)
    came = heard(service)
    assert (came.end, came.status, came.body) == ("reset", 0, b"")
    assert len(service.taken) == taken
    assert service.notes == [Played(processed=bool(taken), status=None, fault=kind)]
    assert not caplog.records


def test_large_requests() -> None:
    """A request is read to its end, whatever the fault: the client never fails at writing, and can ask again."""
    large = b"x" * 5_000_000
    for kind in ("reset", "refuse", "reset_after"):
        assert heard(Service(kind), body=large).end == "reset"
    with served(Service("502 #1")) as url, connection(url, "/sendText", large) as sock:
        came = sock.recv(65536)
        while not _whole(came):
            came += sock.recv(65536)
        assert came.startswith(b"HTTP/1.1 502")
        sock.sendall(b"GET /b HTTP/1.1\r\nhost: x\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def test_reset_of_one_of_two_connections() -> None:
    """Only the connection of the request breaks."""
    service = Service("reset #2")
    with served(service) as url, connection(url, "/a", b"1") as first:
        assert first.recv(9) == b"HTTP/1.1 "
        with connection(url, "/a", b"2") as second:
            with pytest.raises(ConnectionResetError):
                second.recv(9)
            assert b"m1" in first.recv(65536)
            first.sendall(b"GET /b HTTP/1.1\r\nhost: x\r\n\r\n")
            assert first.recv(9) == b"HTTP/1.1 "


@pytest.mark.parametrize("answer", [json.dumps(ANSWER).encode(), b""])
def test_truncated_on_a_socket(answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Of a truncated answer fewer bytes come than were announced, and then the end; even of one without a body."""
    service = Service("truncated", answer=answer)
    came = heard(service)
    assert (came.status, came.end, came.body) == (200, "closed", answer[: len(answer) // 2])
    assert int(came.headers["content-length"]) == max(len(answer), 1)
    assert service.notes == [Played(processed=True, status=200, fault="truncated")]
    assert not caplog.records


@pytest.mark.parametrize(("text", "taken"), [("hang", 0), ("hang processed=true", 1)])
def test_hang_on_a_socket(text: str, taken: int) -> None:
    """A request that hangs is never answered, and is over when the client has gone."""
    service = Service(text)
    with served(service) as url:
        with connection(url, "/sendText", b"{}") as sock:
            wait_until(lambda: bool(service.notes))
            sock.setblocking(False)
            with pytest.raises(BlockingIOError):
                sock.recv(1)
            assert service.over == 0
        wait_until(lambda: service.over == 1)
    assert service.notes == [Played(processed=bool(taken), status=None, fault="hang")]
    assert len(service.taken) == taken


def test_server_stops_while_one_hangs(caplog: pytest.LogCaptureFixture) -> None:
    """A server can be stopped while a request hangs: the client hears the end, and nothing is logged."""
    service = Service("hang")
    with served(service) as url:
        sock = connection(url, "/sendText", b"{}")
        wait_until(lambda: bool(service.notes))
    with sock:
        assert sock.recv(1) == b""
    assert service.over == 1
    assert not caplog.records


def test_delay_on_a_socket() -> None:
    """Delays add up; a delayed request is processed when the clock has come so far, and no sooner."""
    service = Service("delay seconds=3600", "delay seconds=1800", clock=Clock())
    with served(service) as url, connection(url, "/sendText", b"{}") as sock:
        wait_until(lambda: bool(service.clock._sleepers))
        service.clock.advance(5000)
        assert service.taken == []
        service.clock.advance(400)
        assert sock.recv(15) == b"HTTP/1.1 200 OK"
    assert service.notes == [Played(processed=True, status=200, fault="delay + delay")]


def test_delays_add_up() -> None:
    """Two delays of one request last as long as both, not as long as the longer one."""
    service = Service("delay seconds=3600", "delay seconds=1800", clock=Clock(stopped=True, at=NOON))
    assert heard(service).status == 200
    assert service.clock.now() == NOON + 5400


def test_delay_before_another_fault() -> None:
    """A delay comes before the first of the other faults; those after it are not played."""
    service = Service("502", "reset", "delay seconds=60", clock=Clock(stopped=True, at=NOON))
    assert heard(service).status == 502
    assert service.clock.now() == NOON + 60
    assert service.notes == [Played(processed=False, status=502, fault="502 + delay")]


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("rate_limit", {"retry-after": "2"}),
        ("rate_limit seconds=0.3", {"retry-after": "1"}),
        ("rate_limit seconds=0.3 format=milliseconds", {"retry-after-ms": "300"}),
        (
            "rate_limit seconds=89.5 format=date",
            {"retry-after": format_datetime(datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC), usegmt=True)},
        ),
        ("rate_limit format=body", {}),
        ("429", {}),
        ("503 retry_after=7", {"retry-after": "7"}),
    ],
)
def test_waits_told(text: str, headers: dict[str, str]) -> None:
    """A refusal names the wait in the way that the fault says, and in no other."""
    service = Service(text, clock=Clock(stopped=True, at=NOON))
    came = heard(service)
    assert {name: value for name, value in came.headers.items() if name.startswith("retry-")} == headers
    assert json.loads(came.body).get("retryAfter") == (2 if "body" in text else None)
    assert came.status == (503 if text.startswith("503") else 429)
    assert service.taken == []


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        ("502", 502, {"statusCode": 502, "message": "Bad Gateway"}),
        ("404 message=gone", 404, {"statusCode": 404, "message": "gone", "error": "Not Found"}),
        ("520", 520, {"statusCode": 520, "message": "Unknown Error"}),
        (
            "ban signal=475",
            500,
            {"statusCode": 500, "message": "server returned error 475", "error": "Internal Server Error"},
        ),
        (
            "session_status",
            422,
            {
                "error": "Session status is not as expected. Try again later or restart the session",
                "session": "ses_1",
                "status": "STARTING",
                "expected": ["CONNECTED"],
            },
        ),
    ],
)
def test_refusals_on_a_socket(text: str, status: int, body: dict[str, Any]) -> None:
    """A refusal has the sandbox's usual shape, and the request is not processed."""
    service = Service(text)
    came = heard(service)
    assert (came.status, json.loads(came.body), came.headers["content-type"]) == (status, body, "application/json")
    assert service.taken == []
    assert service.notes == [Played(processed=False, status=status, fault=text.split(maxsplit=1)[0])]


@pytest.mark.parametrize(
    ("path", "body", "session"),
    [
        ("/sendText", b'{"session": "a"}', "a"),
        ("/sessions/b/start", b"", "b"),
        ("/c/chats/x/messages", b"[]", "c"),
        ("/d/groups", b"nonsense", "d"),
        ("/contacts?session=e", b"", "e"),
        ("/account", b"", ""),
    ],
)
def test_session_named(path: str, body: bytes, session: str) -> None:
    """A refusal for the session's state names the session, wherever the request does."""
    assert json.loads(heard(Service("session_status"), path=path, body=body).body)["session"] == session


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("missing_fields", {}),
        ("missing_fields fields=id", {"to": NUMBER, "timestamp": 1_750_000_000, "sender": {"name": "Ada"}}),
        ("missing_fields fields=sender,timestamp", {"id": "m1", "to": NUMBER}),
    ],
)
def test_missing_fields(text: str, body: dict[str, Any]) -> None:
    """Fields are left out at any depth; without names, all of them."""
    came = heard(Service(text))
    assert (came.status, json.loads(came.body), came.end) == (200, body, "open")


@pytest.mark.parametrize(
    ("answer", "left"), [(b'[{"id": 1, "a": [{"id": 2}]}, 3]', b'[{"a":[{}]},3]'), (b"\x89PNG", b"\x89PNG"), (b"", b"")]
)
def test_missing_fields_elsewhere(answer: bytes, left: bytes) -> None:
    """Fields are left out of lists of objects too; what is no JSON stays as it is."""
    assert heard(Service("missing_fields fields=id", answer=answer)).body == left


@pytest.mark.parametrize(
    ("text", "kind"),
    [("wrong_content_type", "text/html"), ("wrong_content_type type='text/plain; charset=x'", "text/plain; charset=x")],
)
def test_wrong_content_type(text: str, kind: str) -> None:
    """The answer comes whole under another name."""
    came = heard(Service(text))
    assert (came.headers["content-type"], json.loads(came.body)) == (kind, ANSWER)


@pytest.mark.parametrize("text", ["delay seconds=0", "dead_session", "truncated", "reset_after", "502 processed=true"])
def test_refused_is_not_processed(text: str) -> None:
    """What the application refuses was not processed, whatever the fault."""
    service = Service(text, status=422)
    heard(service)
    assert [note.processed for note in service.notes] == [False]
    assert len(service.taken) == 1


@pytest.mark.parametrize(
    ("details", "status", "kind", "body"),
    [
        ("", 200, None, b""),
        ("status=204 body=x", 204, None, b""),
        ("status=502 body=@html", 502, "text/html", b"<html><head><title>502 Bad Gateway</title></head>"),
        ("body=@failure", 200, "application/json", b'{"success": false, "error": "it did not work"}'),
        ("body=@error", 200, "application/json", b'{"statusCode": 500, "message": "Internal server error"}'),
        ("status=500 body=@exception", 500, "application/json", b'{"statusCode": 500, "exception": {"name": "Error"'),
        ("status=400 body=@echo", 400, "application/json", b'{"message": "cannot send See you"}'),
        ("body='you said {text}' type=text/csv", 200, "text/csv", b"you said See you"),
        ("body=plain", 200, "text/plain", b"plain"),
    ],
)
def test_answer(details: str, status: int, kind: str | None, body: bytes) -> None:
    """Any answer can be given in place of the application's, which carries nothing out; the request can be in it."""
    service = Service(f"answer {details}")
    came = heard(service, body=b'{"session": "ses_1", "text": "See you"}')
    assert (came.status, came.headers.get("content-type")) == (status, kind)
    assert came.body.startswith(body)
    assert bool(came.body) is bool(body)
    assert not service.taken


def test_answer_that_redirects_and_is_carried_out() -> None:
    """A redirect names its target; what is answered says nothing of whether it was carried out."""
    service = Service("answer status=307 location=https://elsewhere.example.org/ processed=true")
    came = heard(service)
    assert (came.status, came.headers["location"], len(service.taken)) == (307, "https://elsewhere.example.org/", 1)
    assert service.notes == [Played(processed=True, status=307, fault="answer")]


@pytest.mark.parametrize(
    ("text", "length", "end"),
    [("truncated at=7", 0, "closed"), ("truncated at=7 announced=false", 7, "open"), ("truncated at=0", 0, "closed")],
)
def test_cut_anywhere(text: str, length: int, end: str) -> None:
    """An answer is cut where the fault says, and its length may be said to be what comes."""
    came = heard(Service(text))
    whole = json.dumps(ANSWER).encode()
    assert (came.body, came.end) == (whole[: int(text.split("=")[1].split(maxsplit=1)[0])], end)
    assert int(came.headers["content-length"]) == (length or len(whole))


def test_late() -> None:
    """What is answered late was carried out at once."""
    service = Service("late seconds=60", clock=Clock(stopped=True, at=NOON))
    assert json.loads(heard(service).body) == ANSWER
    assert (service.clock.now(), len(service.taken)) == (NOON + 60, 1)
    running = Service("late seconds=60")
    with served(running) as url, connection(url, "/sendText", b"{}") as sock:
        wait_until(lambda: bool(running.taken) and bool(running.clock._sleepers))
        assert not running.notes
        running.clock.advance(60)
        assert sock.recv(15) == b"HTTP/1.1 200 OK"


def test_carried_out_although_the_client_has_gone() -> None:
    """What is delayed is carried out, over a socket too, when its client has long gone."""
    service = Service("delay seconds=60")
    with served(service) as url:
        with connection(url, "/sendText", b'{"text": "See you"}'):
            wait_until(lambda: bool(service.clock._sleepers))
        service.clock.advance(60)
        wait_until(lambda: service.over == 1)
    assert service.taken == [b'{"text": "See you"}']


def test_closed_while_idle() -> None:
    """A connection is closed after a whole answer, without a word of it in the answer."""
    service = Service("idle_close #1")
    with served(service) as url, connection(url, "/a", b"{}") as sock:
        came = b""
        while chunk := sock.recv(65536):
            came += chunk
    assert came.endswith(json.dumps(ANSWER).encode())
    assert b"connection: close" not in came.lower()


def test_limit_that_is_not_told() -> None:
    """A refusal for the limit need not say how long it lasts."""
    came = heard(Service("rate_limit format=none"))
    assert came.status == 429
    assert not {name for name in came.headers if name.startswith("retry-")}
    assert set(json.loads(came.body)) == {"statusCode", "message", "error"}  # and no time


BARE: Final = "3EB0A1B2C3D4E5F60718"
FULL: Final = f"true_447700900456@c.us_{BARE}"


@pytest.mark.parametrize(
    ("text", "answer", "changed"),
    [
        ("ids", {"id": FULL, "replyTo": {"id": FULL}}, {"id": BARE, "replyTo": {"id": BARE}}),
        ("ids form=suffixed", [{"id": FULL}], [{"id": f"{FULL}_447700900456@c.us"}]),
        ("ids", [{"id": "ses_1"}, None, 7], [{"id": "ses_1"}, None, 7]),
        ("rewritten", [{"body": "e\u0301 \u2764\ufe0f\r\nx \n "}], [{"body": "\xe9 \u2764\nx"}]),
        ("rewritten", {"id": "a "}, {"id": "a "}),
        ("clock_off seconds=-60", {"timestamp": 1_750_000_000}, {"timestamp": 1_749_999_940}),
        (
            "clock_off seconds=90",
            {"createdAt": "2025-06-11T09:15:02.114Z", "name": "2025"},
            {"createdAt": "2025-06-11T09:16:32.114Z", "name": "2025"},
        ),
        ("shuffled", [1, 2, 3, 4], [1, 3, 2, 4]),
    ],
)
def test_changed_answers(text: str, answer: Any, changed: Any) -> None:
    """What comes is the answer with the fault's change in it, at any depth, and nothing else."""
    service = Service(text, answer=json.dumps(answer).encode())
    assert json.loads(heard(service).body) == changed
    assert service.notes == [Played(processed=True, status=200, fault=text.split(maxsplit=1)[0])]


def test_changes_add_up() -> None:
    """Several changes of one answer are all made; an id that was changed is another one of the same chat."""
    service = Service("ids form=changed", "missing_fields fields=to", answer=json.dumps({"id": FULL, "to": 1}).encode())
    came = json.loads(heard(service).body)
    assert set(came) == {"id"}
    assert re.fullmatch(r"true_447700900456@c\.us_3EB0[0-9A-F]{16}", came["id"])
    assert came["id"] != FULL


# What is in a request, and in the world


def test_filters() -> None:
    """A fault may strike requests about one chat or one session only, however they name it; only those are counted."""
    faults = ["502 POST /sendText to='+44 7700 900456' #2", "503 session=ses_2"]
    sandbox = Sandbox(faults=faults, clock=Clock(stopped=True))
    first, second = sandbox.add_session("A"), sandbox.add_session("B", "+447700900124")
    sandbox.faults.add(f"504 session={second.id}")
    with sandbox.client(retry=None) as client:
        for to in ("+447700900456", "+447700900457", "447700900456@c.us"):
            with suppress(WasendError):
                client.send_text(session=first.id, to=to, text="x")
        for act in (client.retrieve_session_info, client.get_all_chats):
            with pytest.raises(ServerError):
                act(second.id)
    assert [entry.status for entry in sandbox.journal] == [200, 200, 502, 504, 504]
    assert str(Fault("502", to="+447700900456")) == "502 to=447700900456@c.us"
    with pytest.raises(ValueError, match="to of 502 is an international phone number or a chat id, not 'Ada'"):
        Fault("502", to="Ada")


def read_back(sandbox: Sandbox, session: str) -> list[Any]:
    with sandbox.client() as client:
        return list(client.get_messages(session, "447700900456@c.us", limit=10))


def test_unseen() -> None:
    """A message of the last seconds cannot be read, by its id either; later it can."""
    sandbox = Sandbox(faults=["unseen GET seconds=5"], clock=Clock(stopped=True))
    desk = sandbox.add_session()
    with sandbox.client() as client:
        old = client.send_text(session=desk.id, to="+447700900456", text="old")
        sandbox.clock.advance(6)
        new = client.send_text(session=desk.id, to="+447700900456", text="new")
        assert [one.id for one in read_back(sandbox, desk.id)] == [old.id]
        with pytest.raises(NotFoundError):
            client.get_message_by_id(desk.id, "447700900456@c.us", str(new.id))
        sandbox.clock.advance(5)
        assert [one.id for one in read_back(sandbox, desk.id)] == [new.id, old.id]


@pytest.mark.parametrize(("by", "from_me"), [("phone", True), ("recipient", False)])
def test_twin(by: str, from_me: bool) -> None:
    """Somebody else writes the same in the same chat, and what was to be sent need not be."""
    sandbox = Sandbox(faults=[f"twin POST /sendText by={by}", "reset POST /sendText"], clock=Clock(stopped=True))
    desk = sandbox.add_session()
    with sandbox.client() as client, pytest.raises(UnknownConnectionError):
        client.send_text(session=desk.id, to="+447700900456", text=TEXT)
    (twin,) = read_back(sandbox, desk.id)
    assert (twin.body, twin.from_me) == (TEXT, from_me)
    assert [entry.became for entry in sandbox.journal][:1] == ["dropped"]


def test_clock_off() -> None:
    """Of a service whose clock is off every time is off, and what is asked by its times is found by them."""
    clock = Clock(stopped=True, at=NOON)
    sandbox = Sandbox(faults=["clock_off seconds=-3600"], clock=clock)
    desk = sandbox.add_session()
    headers = {"Authorization": "Bearer k"}
    with sandbox.serve() as server, httpx.Client(base_url=server.url, headers=headers) as c:
        sent = c.post("/sendText", json={"session": desk.id, "to": "+447700900456", "text": "x"})
        assert parsedate_to_datetime(sent.headers["date"]).timestamp() == NOON - 3600
        assert sent.json()["timestamp"] == "2026-03-01T11:00:00.000Z"
        path = f"/{desk.id}/chats/447700900456@c.us/messages"
        found = [c.get(path, params={"filter.timestamp.gte": since}).json() for since in (NOON - 3600, NOON - 3599)]
    assert [len(one) for one in found] == [1, 0]
    assert found[0][0]["timestamp"] == NOON - 3600


@pytest.mark.parametrize(
    "text", ["502 POST /sendTxt", "reset PUT /sendText", "hang /session", "unseen GET /{s}/chats/{c}/message"]
)
def test_no_such_route(text: str) -> None:
    """A fault that could strike nothing, for there is no such route, is refused, and the nearest route is named."""
    with pytest.raises(ValueError, match="the API has no route"):
        Sandbox(faults=[text])
    with pytest.raises(ValueError, match="did you mean '/sendText'"):
        Sandbox().faults.add("502 POST /sendTxt")


@pytest.mark.parametrize(
    "text",
    [
        "502 POST /sendText",
        "502 GET /sessions/ses_1/auth/qr",
        "502 GET /sessions/*/qr",
        "502 GET /ses_1/groups/*",
        "502 PUT /{session}/groups/{any}/na*",
        "502 *",
        "502 /send*",
        "502 GET /{s}x/chats",
    ],
)
def test_such_routes(text: str) -> None:
    """What could strike a route of either family, with any id in it, is set."""
    assert len(Sandbox(faults=[text]).faults) == 1


def test_no_such_event() -> None:
    """A fault of an event that there is not is refused, and the nearest is named; patterns strike what they match."""
    with pytest.raises(ValueError, match=r"no event mesage\.ack; did you mean 'message\.ack'"):
        Sandbox(faults=["duplicate_webhook mesage.ack"])
    assert len(Sandbox(faults=["reordered_webhook message.*", "duplicate_webhook *"]).faults) == 2


@pytest.mark.parametrize("form", ["bare", "suffixed", "changed"])
def test_ids_in_every_form(form: str) -> None:
    """Whatever form of an id was told can be used: to quote, react, read back, and by the phone."""
    sandbox = Sandbox(faults=[f"ids form={form}"])
    desk = sandbox.add_session()
    with sandbox.client() as client:
        told = str(client.send_text(session=desk.id, to=NUMBER, text="Hi").id)
        (sent,) = sandbox.messages()
        assert told != sent.id
        client.send_text(session=desk.id, to=NUMBER, text="Ho", reply_to=told)
        client.send_reaction(session=desk.id, message_id=told, reaction="👍")
        assert client.get_message_by_id(desk.id, "447700900456@c.us", told).body == "Hi"
        assert client.get_message(told).content == "Hi"
    assert sandbox.edit(told, "Hello").id == sandbox.ack(told, "READ").id == sandbox.revoke(told).id == sent.id
    first, reply = sandbox.messages()
    assert (list(first.reactions.values()), reply.reply_to) == (["👍"], sent.id)
    assert (first.content, first.ack, first.revoked) == ("Hello", "READ", True)
    with pytest.raises(ValueError, match="not found"):
        sandbox.edit("3EB0", "")


@pytest.mark.parametrize(
    ("number", "under", "chat"),
    [
        (NUMBER, "lid", r"\d{15}@lid"),
        ("+5511999998888", "other", "551199998888@c.us"),
        (NUMBER, "other", "447700900456@c.us"),
    ],
)
def test_filed(number: str, under: str, chat: str) -> None:
    """What is sent may be found under another id, which the service knows; it was delivered to the number."""
    given = f"{number[1:]}@c.us"
    sandbox = Sandbox(faults=[f"filed POST /sendText x1 under={under}"], acks={"DEVICE": 0}, clock=Clock(stopped=True))
    desk = sandbox.add_session()
    with sandbox.client() as client:
        first = client.send_text(session=desk.id, to=number, text="Hi")
        client.send_text(session=desk.id, to=number, text="Ho")
        where = str(client.check_contact_exists(desk.id, phone=number[1:]).jid)
        assert re.fullmatch(chat, where)
        assert str(first.id).startswith(f"true_{where}_")
        assert [one.body for one in client.get_messages(desk.id, where)] == ["Ho", "Hi"]
        if where != given:
            assert not client.get_messages(desk.id, given)
        contact = client.get_contact(desk.id, contact_id=where)
        assert str(contact.phone_number).lstrip("+") == (where.partition("@")[0] if under == "other" else number[1:])
    sandbox.clock.advance(1)
    assert [one.ack for one in sandbox.deliveries(number)] == ["DEVICE", "DEVICE"]
    sandbox.assert_delivered(number, "Hi")


def test_a_refusal_that_is_cut_off() -> None:
    """What is answered in place of the application is cut off as any other answer is."""
    sandbox = Sandbox(faults=["truncated at=7", "403 message=no"])
    with sandbox.serve() as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n\r\n")
        head, _, body = b"".join(iter(lambda: client.recv(4096), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403")
    assert body == b'{"statu'
    assert [entry.became for entry in sandbox.journal] == ["refused"]


def test_unstruck() -> None:
    """Faults that have struck nothing are known."""
    faults = Faults(0, ["reset POST", "502 GET"])
    faults.on_request("GET", "/a")
    assert faults.unstruck() == (Fault("reset", "POST"),)


# What our clients make of it, over a socket and without one


@attrs.frozen
class Told:
    """What a call came to: its result or its error, and which requests were processed."""

    result: Any
    outcome: str
    taken: int


SENDS: Final[list[tuple[str, type, str, int]]] = [
    ("reset", UnknownConnectionError, "unknown", 0),
    ("reset_after", UnknownConnectionError, "unknown", 1),
    ("hang", UnknownTimeoutError, "unknown", 0),
    ("hang processed=true", UnknownTimeoutError, "unknown", 1),
    ("truncated", errors.UnknownAnswerError, "unknown", 1),
    ("wrong_content_type", Message, "sent", 1),
    ("missing_fields", errors.UnknownAnswerError, "unknown", 1),
    ("dead_session", Message, "sent", 1),
    ("delay seconds=0.01", Message, "sent", 1),
    ("rate_limit format=body", RateLimitError, "not_sent", 0),
    ("500", UnknownServerError, "unknown", 0),
    ("502 processed=true", UnknownServerError, "unknown", 1),
    ("503 retry_after=9", ServerError, "not_sent", 0),
    ("408", UnknownStatusError, "unknown", 0),
    ("422", UnprocessableError, "not_sent", 0),
    ("ban", AccountRestrictedError, "not_sent", 0),
    ("session_status status=FAILED", SessionNotReadyError, "not_sent", 0),
]


async def called(
    service: Service, way: str, do: Callable[[Any], Any], *, retry: Any = None, timeout: Timeout | None = None
) -> Told:
    """Make a call with a client of its own: ``"socket"`` or ``"process"``."""
    if way == "socket":
        with served(service) as url:
            async with AsyncWasendClient(KEY, base_url=url, retry=retry, timeout=timeout) as client:
                return await _told(service, client, do)
    async with (
        httpx.AsyncClient(transport=InProcess(service)) as http_client,
        AsyncWasendClient(
            KEY, base_url="http://localhost", http_client=http_client, retry=retry, timeout=timeout, clock=service.clock
        ) as client,
    ):
        return await _told(service, client, do)


async def _told(service: Service, client: AsyncWasendClient, do: Callable[[Any], Any]) -> Told:
    try:
        result = await do(client)
        outcome = "sent"
    except WasendError as error:
        result, outcome = error, error.outcome
    return Told(result, outcome, len(service.taken))


@pytest.mark.parametrize("way", ["socket", "process"])
@pytest.mark.parametrize(("text", "kind", "outcome", "taken"), SENDS, ids=[case[0] for case in SENDS])
async def test_sends(way: str, text: str, kind: type, outcome: str, taken: int) -> None:
    """A send with a fault comes to the same over a socket and without one: the same error, and the same outcome."""
    timeout = SHORT if "hang" in text else None
    told = await called(Service(text), way, SEND, timeout=timeout)
    assert (type(told.result), told.outcome, told.taken) == (kind, outcome, taken)


@pytest.mark.parametrize("way", ["socket", "process"])
async def test_what_errors_tell(way: str) -> None:
    """Errors carry what a fault was told to say."""
    service = Service("ban signal=rate-overlimit #1", "session_status status=FAILED #2", "rate_limit seconds=7 #3")
    ban, state, limit = [(await called(service, way, SEND)).result for _ in range(3)]
    assert ban.signal == "rate-overlimit"
    assert (state.session_status, state.expected) == ("FAILED", ("CONNECTED",))
    assert limit.retry_after == 7


@pytest.mark.parametrize(
    ("text", "kind", "outcome"),
    [
        ("refuse", APIConnectionError, "not_sent"),
        ("hang", UnknownTimeoutError, "unknown"),
        ("delay seconds=91", UnknownTimeoutError, "unknown"),
    ],
)
async def test_stopped_clock(text: str, kind: type, outcome: str) -> None:
    """On a stopped clock a client without a socket loses its patience at once, and the clock moves on by as much."""
    service = Service(text, clock=Clock(stopped=True, at=NOON))
    told = await called(service, "process", SEND, timeout=Timeout(send=90))
    assert (type(told.result), told.outcome, told.taken) == (kind, outcome, 0)
    assert service.clock.now() == NOON + (0 if text == "refuse" else 90)


async def test_late_on_a_stopped_clock() -> None:
    """A send that the client gave up is processed all the same, when its delay is over; nobody is told a status."""
    service = Service("delay seconds=100", clock=Clock(stopped=True, at=NOON))
    told = await called(service, "process", SEND, timeout=Timeout(send=90))
    assert (told.outcome, told.taken) == ("unknown", 0)
    await until(lambda: service.over == 1)
    assert service.clock.now() == NOON + 100
    assert json.loads(service.taken[0])["text"] == TEXT
    assert service.notes == [Played(processed=True, status=None, fault="delay")]


@pytest.mark.parametrize("text", ["hang", "reset", "502"])
async def test_delayed_beyond_patience(text: str) -> None:
    """Another fault after a delay that was too long changes nothing for the client."""
    service = Service("delay seconds=100", text, clock=Clock(stopped=True, at=NOON))
    told = await called(service, "process", SEND, timeout=Timeout(send=90))
    assert isinstance(told.result, UnknownTimeoutError)
    await until(lambda: service.over == 1)
    assert service.clock.now() == NOON + 100
    assert service.notes == [Played(processed=False, status=None, fault=f"delay + {text}")]


async def test_short_delay_on_a_stopped_clock() -> None:
    """A delay within the client's patience takes no time, and the clock shows it."""
    service = Service("delay seconds=89", clock=Clock(stopped=True, at=NOON))
    told = await called(service, "process", SEND, timeout=Timeout(send=90))
    assert (told.outcome, told.taken, service.clock.now()) == ("sent", 1, NOON + 89)


async def test_late_on_a_running_clock() -> None:
    """On a running clock the client loses its patience in real time, and the request is processed later."""
    service = Service("delay seconds=3600")
    told = await called(service, "process", SEND, timeout=SHORT)
    assert (type(told.result), told.taken) == (UnknownTimeoutError, 0)
    service.clock.advance(3600)
    await until(lambda: len(service.taken) == 1)
    assert service.notes == [Played(processed=True, status=200, fault="delay")]


@pytest.mark.parametrize("way", ["socket", "process"])
@pytest.mark.parametrize("text", ["reset #1", "truncated #1", "502 #1", "hang #1", "refuse #1"])
async def test_reads_are_repeated(way: str, text: str) -> None:
    """A read that fails once is made again, and succeeds."""
    service = Service(text)
    told = await called(service, way, READ, retry=QUICK, timeout=SHORT if "hang" in text else None)
    assert told.outcome == "sent"
    assert len(service.notes) == 2


async def test_read_that_hangs() -> None:
    """A read that is never answered is an ordinary timeout."""
    told = await called(Service("hang", clock=Clock(stopped=True)), "process", READ)
    assert isinstance(told.result, APITimeoutError)


def test_synchronous_client() -> None:
    """The synchronous client works without a socket as well, and leaves nothing behind that is noticed."""
    service = Service("reset_after #1", "delay seconds=3600 #2")
    with WasendClient(
        KEY,
        base_url="http://localhost",
        http_client=httpx.AsyncClient(transport=InProcess(service)),
        retry=None,
        timeout=SHORT,
    ) as client:
        with pytest.raises(UnknownConnectionError):
            SEND(client)
        with pytest.raises(UnknownTimeoutError):
            SEND(client)
        assert SEND(client).id == "m1"
    assert len(service.taken) == 2


# Without a socket


def asking(service: Any, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=InProcess(service), base_url="http://localhost", **options)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("refuse", httpx.ConnectError),
        ("reset", httpx.ReadError),
        ("reset_after", httpx.ReadError),
        ("truncated", httpx.RemoteProtocolError),
        ("hang", httpx.ReadTimeout),
    ],
)
async def test_httpx_errors(text: str, kind: type[Exception]) -> None:
    """A plain httpx client hears of each fault as it would over a socket."""
    async with asking(Service(text, clock=Clock(stopped=True))) as client:
        with pytest.raises(kind) as caught:
            await client.post("/sendText", content=b"{}")
    assert type(caught.value) is kind


async def test_in_process_as_it_is() -> None:
    """A request reaches the application whole, from this machine, and its answer comes back; no thread is started."""
    threads = threading.active_count()
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope, message=await receive())
        await send({"type": "http.response.start", "status": 203, "headers": [(b"x-a", b"b")]})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})
        assert (await receive())["type"] == "http.disconnect"

    async with asking(app) as client:
        answer = await client.put("/a%2Fb/%C3%A9?q=1&r", content=b"body", headers={"X-Key": "v"})
    assert (answer.status_code, answer.headers["x-a"], answer.text) == (203, "b", "one two")
    assert (seen["method"], seen["path"], seen["raw_path"]) == ("PUT", "/a/b/é", b"/a%2Fb/%C3%A9")
    assert (seen["query_string"], seen["client"][0]) == (b"q=1&r", "127.0.0.1")
    assert (b"x-key", b"v") in seen["headers"]
    assert seen["message"] == {"type": "http.request", "body": b"body", "more_body": False}
    assert threading.active_count() == threads


async def test_nothing_after_the_end() -> None:
    """What an application sends after it has closed the connection does not come."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        scope[CONNECTION].end("closed")
        await send({"type": "http.response.body", "body": b"two"})

    async with asking(app) as client, client.stream("GET", "/") as answer:
        chunks = answer.aiter_bytes()
        assert await anext(chunks) == b"one"
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(chunks)


async def test_errors_of_the_application() -> None:
    """What the application raises is raised; if it says nothing, the client hears that."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("a bug")

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        pass

    async with asking(broken) as client:
        with pytest.raises(LookupError, match="a bug"):
            await client.get("/")
    async with asking(silent) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            await client.get("/")


async def test_request_that_was_not_read() -> None:
    """A connection can be broken after an answer for which the application has not read the request."""

    async def hasty(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    notes: list[Played] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await play([Fault("reset_after")], hasty, scope, receive, send, Clock(), notes.append)

    async with asking(app) as client:
        with pytest.raises(httpx.ReadError):
            await client.post("/sendText", content=b"{}")
    assert notes == [Played(processed=False, status=None, fault="reset_after")]


async def test_client_gives_up() -> None:
    """An application whose client is cancelled learns that it has gone, and ends by itself."""
    service = Service("hang processed=true")
    async with asking(service, timeout=None) as client:
        task = asyncio.create_task(client.post("/sendText", content=b"{}"))
        await until(lambda: bool(service.notes))
        assert service.over == 0
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: service.over == 1)
    assert len(service.taken) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [("reset", ConnectionResetError), ("truncated", ConnectionResetError), ("refuse", ConnectionRefusedError)],
)
async def test_no_connection_to_end(text: str, kind: type[Exception]) -> None:
    """Behind another transport, which gives the application no connection to end, a fault is raised."""
    app: Any = Service(text)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        with pytest.raises(kind):
            await client.post("/sendText", content=b"{}")
