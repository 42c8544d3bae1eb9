"""What the server sees and what the caller is told, for every way that a call can end."""

from __future__ import annotations

import logging
import pickle
import re
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from operator import methodcaller
from typing import Any, TypeAlias

import attrs
import httpx
import pytest

from tests.clients import KEY, NUMBER, SEND, TEXT, both_calls, both_clients, result_or_error
from tests.raw import (
    Behaviour,
    Peer,
    RawServer,
    answer,
    close,
    deaf,
    hang,
    message,
    raw,
    reserved,
    reset,
    reset_early,
    serving,
    streaming,
    truncated,
    until,
    url_of,
)
from wasend import AsyncWasendClient, Message, Session, Timeout, Wait
from wasend._core.call import Call
from wasend.errors import (
    AccountRestrictedError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecodeError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SessionNotReadyError,
    UnknownAnswerError,
    UnknownConnectionError,
    UnknownServerError,
    UnknownStatusError,
    UnknownTimeoutError,
    UnprocessableError,
    WasendError,
)

pytestmark = pytest.mark.usefixtures("transport")


@attrs.frozen
class Expected:
    """How many requests the server reads, and what the caller is told: a type, some of its attributes, the waits before."""

    deliveries: int
    kind: type
    facts: Mapping[str, Any]
    waits: list[float] | None


Case: TypeAlias = tuple[list[Behaviour], Expected, Expected]
"""What the server does, and what is expected of a send and of a read."""


def expect(deliveries: int, kind: type, *, waits: list[float] | None = None, **facts: Any) -> Expected:
    return Expected(deliveries, kind, facts, waits)


def the_send(deliveries: int = 1, waits: list[float] | None = None) -> Expected:
    """The send is known to be accepted, and its message is returned."""
    return expect(deliveries, Message, content=TEXT, to=NUMBER, waits=waits)


def the_read(deliveries: int = 1, waits: list[float] | None = None) -> Expected:
    return expect(deliveries, Session, unique_session_id="ses_1", waits=waits)


FINE = answer(200, {"uniqueSessionId": "ses_1", "to": NUMBER, "content": TEXT})
TOMORROW = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"
HTML = "<html><head><title>no</title></head><body><h1>Bad gateway</h1></body></html>"


def in_doubt(kind: type, deliveries: int = 1, **facts: Any) -> Expected:
    return expect(deliveries, kind, outcome="unknown", attempts=1, waits=[], **facts)


def thrice(kind: type, deliveries: int = 3, **facts: Any) -> Expected:
    return expect(deliveries, kind, attempts=3, **({"outcome": "unknown"} | facts))


def status(code: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Case:
    """A status that leaves open what became of a write."""
    kind, unknown = (ServerError, UnknownServerError) if code >= 500 else (APIStatusError, UnknownStatusError)
    return [answer(code, body, headers)], in_doubt(unknown, status=code), thrice(kind, status=code)


def then_fine(*script: Behaviour, waits: list[float] | None = None) -> Case:
    """Failures that are repeated whatever the call is."""
    count = len(script) + 1
    return [*script, FINE], the_send(count, waits), the_read(count, waits)


def always(kind: type, status: int, *args: Any, **facts: Any) -> Case:
    """A failure that is repeated whatever the call is, until the attempts are used up."""
    expected = thrice(kind, status=status, outcome="not_sent", **facts)
    return [answer(status, *args)], expected, expected


def never(kind: type, status: int, *args: Any, **facts: Any) -> Case:
    """A failure that is not repeated, and that had no effect."""
    return never_after(answer(status, *args), kind, status, **facts)


def never_after(script: Behaviour, kind: type, status: int, **facts: Any) -> Case:
    expected = expect(1, kind, **({"outcome": "not_sent", "attempts": 1, "status": status} | facts), waits=[])
    return [script], expected, expected


def said(text: str) -> dict[str, str]:
    return {"message": text}


CASES: dict[str, Case] = {
    "fine": then_fine(),
    "no answer": ([hang], in_doubt(UnknownTimeoutError), thrice(APITimeoutError)),
    "reset": ([reset], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
    "reset while being read": ([reset_early], in_doubt(UnknownConnectionError, 0), thrice(APIConnectionError, 0)),
    "closed": ([close], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
    "not HTTP": ([raw(b"hello\r\n\r\n")], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
    "half a status line": (
        [raw(b"HTTP/1.1 2", then_close=True)],
        in_doubt(UnknownConnectionError),
        thrice(APIConnectionError),
    ),
    "408": status(408),
    "500": status(500, {"error": {"code": "E1", "message": "no"}}),
    "500 HTML": status(500, HTML, {"content-type": "text/html"}),
    "502": status(502, HTML, {"content-type": "text/html"}),
    "503": status(503),
    "504": status(504, "upstream timed out", {"content-type": "text/plain"}),
    "522": status(522),
    "500 truncated": ([truncated(500, said("no"))], in_doubt(UnknownServerError, body=None), thrice(ServerError)),
    "503 Retry-After": then_fine(answer(503, None, {"retry-after": "0.02"}), waits=[0.02]),
    "503 Retry-After always": always(ServerError, 503, None, {"retry-after": "0"}, retry_after=0.0, waits=[0, 0]),
    "429 seconds": then_fine(answer(429, None, {"retry-after": "1"}), waits=[1.0]),
    "429 ms": then_fine(answer(429, None, {"retry-after-ms": "30", "retry-after": "9"}), waits=[0.03]),
    "429 date": then_fine(answer(429, None, {"retry-after": LONG_AGO}), waits=[0.0]),
    "429 retry_after": then_fine(answer(429, {"retry_after": 0.01}), waits=[0.01]),
    "429 retryAfter": then_fine(answer(429, {"retryAfter": "0.01"}), waits=[0.01]),
    "429 retryAfterSeconds": then_fine(answer(429, {"retryAfterSeconds": 0}), waits=[0.0]),
    "429 untold": then_fine(answer(429)),
    "429 always": always(RateLimitError, 429, None, {"retry-after-ms": "1"}, retry_after=0.001, waits=[0.001, 0.001]),
    "429 above the cap": never(RateLimitError, 429, None, {"retry-after": "61"}, retry_after=61.0),
    "429 tomorrow": never(
        RateLimitError,
        429,
        None,
        {"retry-after": TOMORROW},
        retry_after=pytest.approx(86_400, abs=7_200),  # since these tests were collected
    ),
    "400": never(BadRequestError, 400, said("bad number"), message="bad number"),
    "401": never(AuthenticationError, 401, {"error": "no such key"}, message="no such key"),
    "403": never(PermissionDeniedError, 403, {"exception": {"message": "not yours"}}, message="not yours"),
    "404": never(
        NotFoundError, 404, {"error": {"key": "E7", "message": ["no", "such"]}}, code="E7", message="no; such"
    ),
    "409": never(ConflictError, 409, {"detail": "taken"}, message="taken"),
    "422": never(UnprocessableError, 422, said("no")),
    "422 state": never(
        SessionNotReadyError,
        422,
        {"error": "Session status is not as expected", "status": "STOPPED", "expected": ["WORKING"]},
        session_status="STOPPED",
        expected=("WORKING",),
    ),
    "418": never(APIStatusError, 418),
    "501": never(ServerError, 501),
    "400 truncated": never_after(truncated(400, said("no")), BadRequestError, 400, body=None),
    "not a success": never(APIStatusError, 200, {"success": False, "message": "no"}, message="no"),
    **{
        text: never(AccountRestrictedError, 500, said(f"send failed: {text}"), signal=signal)
        for text, signal in {"error 463": "463", "error 475": "475", "429 rate-overlimit": "rate-overlimit"}.items()
    },
    "200 truncated": (
        [truncated(200, said("yes"))],
        expect(1, UnknownAnswerError, outcome="unknown"),
        thrice(APIConnectionError),
    ),
    "200 HTML": (
        [answer(200, HTML)],
        expect(1, UnknownAnswerError, outcome="unknown"),
        expect(1, DecodeError, outcome="sent", body=HTML, path="$"),
    ),
    "200 wrong": (
        [answer(200, [1])],
        expect(1, UnknownAnswerError, outcome="unknown"),
        expect(1, DecodeError, outcome="sent", body=[1], path="$"),
    ),
    "200 empty": (
        [answer(200)],
        expect(1, UnknownAnswerError, outcome="unknown"),
        expect(1, DecodeError, outcome="sent", body=None),
    ),
    "reset, then fine": ([reset, FINE], in_doubt(UnknownConnectionError), the_read(2)),
    "truncated, then fine": ([truncated(200, {}), FINE], expect(1, UnknownAnswerError, outcome="unknown"), the_read(2)),
    "429, then 500": (
        [answer(429, {"retryAfter": 0}), answer(500)],
        expect(2, UnknownServerError, attempts=2),
        thrice(ServerError),
    ),
    "500, then 404": (
        [answer(500), answer(404)],
        in_doubt(UnknownServerError),
        expect(2, NotFoundError, attempts=2, outcome="unknown"),
    ),
}


def facts_of(error: WasendError) -> dict[str, Any]:
    """Everything that an error carries, in a form that can be compared."""
    facts = {"class": type(error), "args": error.args, **vars(error)}
    return {key: attrs.asdict(value) if isinstance(value, Call) else value for key, value in facts.items()}


def shown(error: BaseException) -> str:
    """Whatever a program may print of an error."""
    return "\n".join([repr(error), str(error), *traceback.format_exception(error)])


@both_clients
@both_calls
@pytest.mark.parametrize("case", CASES)
def test_outcome(case: str, do: Callable[[Any], Any], client_type: str) -> None:
    """The server gets exactly so many requests, and the caller is told exactly what became of them."""
    script, send, read = CASES[case]
    expected = send if do is SEND else read
    waits: list[Wait] = []
    started = datetime.now(UTC)
    with serving(*script) as server:
        timeout = Timeout(answer=0.5, send=0.5) if hang in script else None
        got = result_or_error(client_type, server.url, do, timeout=timeout, on_wait=waits.append)
    assert type(got) is expected.kind, got
    assert {name: getattr(got, name) for name in expected.facts} == expected.facts
    assert server.deliveries == expected.deliveries
    assert expected.waits is None or [wait.seconds for wait in waits] == expected.waits
    if isinstance(got, OutcomeUnknownError):
        assert got.call.body == {"session": "ses_1", "to": NUMBER, "text": TEXT}
        assert started <= got.since <= datetime.now(UTC)
    if isinstance(got, WasendError):
        assert isinstance(got, OutcomeUnknownError) == (do is SEND and got.outcome == "unknown")
        assert facts_of(pickle.loads(pickle.dumps(got))) == facts_of(got)
        assert not [secret for secret in (KEY, TEXT, NUMBER.strip("+")) if secret in shown(got)]


@both_clients
def test_request_that_is_not_taken(client_type: str) -> None:
    """A send that the server stops reading half-way is given up in time, and its outcome is unknown."""
    do = methodcaller("send_text", session="ses_1", to=NUMBER, text="x" * 20_000_000)
    with serving(deaf) as server:
        error = result_or_error(client_type, server.url, do, timeout=Timeout(send=0.2))
        server.release()
    assert (type(error), error.attempts, server.deliveries) == (UnknownTimeoutError, 1, 0)
    assert len(str(error)) < 500


@both_calls
@both_clients
def test_refused_connections(do: Callable[[Any], Any], client_type: str) -> None:
    """Where no connection could be made nothing has left: a send, too, is made again, and arrives once."""
    servers: list[RawServer] = []
    with ExitStack() as stack:
        sock = stack.enter_context(reserved())

        def start(wait: Wait) -> None:
            assert type(wait.error) is APIConnectionError
            assert wait.error.outcome == "not_sent"
            if wait.attempt == 2:
                servers.append(stack.enter_context(serving(FINE, sock=sock)))

        got = result_or_error(client_type, url_of(sock), do, on_wait=start)
    assert isinstance(got, Message if do is SEND else Session)
    assert servers[0].deliveries == 1


@both_calls
@both_clients
def test_connections_refused_for_good(do: Callable[[Any], Any], client_type: str) -> None:
    """Where nobody ever listens, the caller is told that nothing was sent, and after how many attempts."""
    with reserved() as sock:
        error = result_or_error(client_type, url_of(sock), do)
    assert (type(error), error.outcome, error.attempts) == (APIConnectionError, "not_sent", 3)


async def no_tls(peer: Peer) -> None:
    """Answer the first byte of a handshake as an HTTP server does."""
    await peer.write(message(400))
    await peer.hang_up()


@both_calls
@pytest.mark.parametrize("script", [reset_early, no_tls])
def test_failed_tls(script: Behaviour, do: Callable[[Any], Any]) -> None:
    """A TLS handshake that fails is a connection that was not made: nothing was sent, and it is tried again."""
    with serving(script) as server:
        error = result_or_error("async", server.url.replace("http:", "https:"), do)
    assert (type(error), error.outcome, error.attempts) == (APIConnectionError, "not_sent", 3)
    assert (server.connections, server.deliveries) == (3, 0)


PROXY_FAULTS: dict[str, Behaviour] = {"refuses": answer(407), "hangs up": close, "breaks": reset, "is silent": hang}


@both_calls
@pytest.mark.parametrize("fault", PROXY_FAULTS)
def test_failed_proxy(fault: str, do: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that opens no tunnel leaves nothing sent: the call is tried again, and the key stays here."""
    with serving(PROXY_FAULTS[fault]) as server:
        monkeypatch.setenv("https_proxy", server.url)
        error = result_or_error(
            "async", "https://wasend.invalid", do, timeout=Timeout(connect=0.5, answer=0.5, send=0.5)
        )
    assert isinstance(error, APIConnectionError)
    assert (error.outcome, error.attempts) == ("not_sent", 3)
    assert [request.split(b"\r\n")[0] for request in server.requests] == [b"CONNECT wasend.invalid:443 HTTP/1.1"] * 3
    assert KEY.encode() not in b"".join(server.requests)


@both_calls
def test_plain_proxy(do: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy that the environment names is used, and what it answers is the answer."""
    with serving(FINE) as server:
        monkeypatch.setenv("http_proxy", server.url)
        got = result_or_error("async", "http://wasend.invalid/api", do)
    assert isinstance(got, Message if do is SEND else Session)
    assert b" http://wasend.invalid/api/se" in server.requests[0]


@both_calls
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "theirs"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirect(code: int, ours: bool, do: Callable[[Any], Any]) -> None:
    """A redirect is refused with an error that names its target, and the target hears nothing."""
    with serving(FINE) as target, serving(answer(code, None, {"location": f"{target.url}/away?token=t0"})) as server:
        async with (
            httpx.AsyncClient(follow_redirects=True) as theirs,
            AsyncWasendClient(KEY, base_url=server.url, http_client=None if ours else theirs) as client,
        ):
            with pytest.raises(APIStatusError, match=f"{target.url}/away; check base_url$") as caught:
                await do(client)
        assert (server.deliveries, target.connections) == (1, 0)
    assert caught.value.status == code
    assert isinstance(caught.value, OutcomeUnknownError) == (do is SEND and code in (302, 303))


@pytest.mark.parametrize(
    ("url", "warnings"),
    [
        ("http://wasend.test", 1),
        ("http://10.0.0.1:8080", 1),
        ("https://wasend.test", 0),
        ("http://[::1]:80", 0),
        ("http://localhost", 0),
    ],
)
def test_plain_http(url: str, warnings: int, caplog: pytest.LogCaptureFixture) -> None:
    """Plain http to another machine warns once, when the client is made."""
    AsyncWasendClient(KEY, base_url=url).with_options(timeout=3)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warnings


def echo(status: int, content_type: str = "application/json", page: str | None = None) -> Behaviour:
    """Answer with everything that must not be repeated, in the body and in the headers."""

    async def behave(peer: Peer) -> None:
        key = re.findall(rb"Bearer (\S+)", await peer.request())[0].decode()
        said = f"{key} may not say {TEXT!r} to {NUMBER}"
        body = {"success": False, "message": said, key: [key, {"inner": key}], "error": {"code": key}}
        headers = {"x-echo": f"Bearer {key}", "location": f"/{key}", "content-type": content_type}
        await peer.write(message(status, page % (key, TEXT, NUMBER) if page else body, headers))

    return behave


@both_calls
@pytest.mark.parametrize(
    "script",
    [
        echo(400),
        echo(422),
        echo(500),
        echo(200),
        echo(307),
        echo(401, "text/html", "<p>%s</p> %s %s"),
        echo(200, "text/html", "{%s %s %s}"),
    ],
    ids=["400", "422", "500", "not a success", "307", "401 HTML", "unreadable"],
)
def test_echoed_secrets(script: Behaviour, do: Callable[[Any], Any]) -> None:
    """Whatever echoes the key and the message: no error shows them, and the key is nowhere in what it carries."""
    with serving(script) as server:
        got = result_or_error("async", server.url, do, retry=None)
    secrets = (KEY, TEXT, NUMBER) if do is SEND else (KEY,)
    assert isinstance(got, Message) or not [secret for secret in secrets if secret in shown(got)]
    assert KEY.encode() not in pickle.dumps(got)


@both_calls
@both_clients
def test_logs(do: Callable[[Any], Any], client_type: str, transport: str, caplog: pytest.LogCaptureFixture) -> None:
    """A line an attempt at DEBUG, with the route and without ids; a line a wait at INFO; nobody's number, text or key anywhere."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(logging.Formatter("%(message)s %(args)s"))
    with serving(answer(429, {"retryAfter": 0.01}), answer(200, "<html>")) as server:
        result_or_error(client_type, server.url, do)
    route = "POST /sendText" if do is SEND else "GET /sessions/{session}"
    said = {
        level: [r.getMessage() for r in caplog.records if (r.name, r.levelname) == ("wasend", level)]
        for level in ("DEBUG", "INFO", "WARNING")
    }
    assert [re.sub(r"\d+ ms", "N ms", line) for line in said["DEBUG"]] == [
        f"{route}: 429 in N ms, attempt 1",
        f"{route}: 200 in N ms, attempt 2",
    ]
    assert said["INFO"] == ["waiting 0.01 s before attempt 2: RateLimitError"]
    assert not said["WARNING"]
    assert transport == "aiohttp" or "httpcore.http11" in {record.name for record in caplog.records}
    assert not [secret for secret in (KEY, TEXT, NUMBER.strip("+"), "ses_1") if secret in caplog.text]


@both_calls
def test_oversized_answer(do: Callable[[Any], Any]) -> None:
    """100 MiB are refused while they are read: a read fails, and nobody can say what became of a send."""
    with serving(streaming(1600)) as server:
        got = result_or_error("async", server.url, do)
    assert isinstance(got, UnknownAnswerError if do is SEND else DecodeError)
    assert do is SEND or str(got) == "GET /sessions/{session}: the answer is larger than 64 MiB"
    assert (server.deliveries, server.cut_off) == (1, 1)


@both_calls
def test_oversized_answer_announced(do: Callable[[Any], Any]) -> None:
    """An answer that says it is too large is not waited for."""
    with serving(answer(200, None, {"content-length": "100000000"})) as server:
        got = result_or_error("async", server.url, do)
    assert isinstance(got, UnknownAnswerError if do is SEND else DecodeError)
    assert server.deliveries == 1


async def test_connection_of_an_unread_answer_is_closed() -> None:
    """An answer that is not read to its end takes no connection with it: it is closed, and its slot is free again."""
    with serving(answer(200, None, {"content-length": "100000000"})) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            with pytest.raises(UnknownAnswerError):
                await SEND(client)
            await until(lambda: server.open == 0)
