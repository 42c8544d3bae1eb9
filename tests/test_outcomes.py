"""What the server sees and what the caller is told, for every way that a call can end."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import attrs
import httpx
import pytest

from wasend import AsyncWasendClient, Message, Retry, Session, Timeout, Wait, errors
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
    UnknownConnectionError,
    UnknownServerError,
    UnknownStatusError,
    UnknownTimeoutError,
    UnprocessableError,
    WasendError,
)

from .colours import KEY, NUMBER, QUICK, READ, SEND, TEXT, both_colours, told
from .raw import Behaviour, answer, close, hang, message, raw, reserved, reset, reset_early, serving, streaming, truncated


@attrs.frozen
class Expected:
    """How many requests the server reads, and what the caller is told: a type, some of its attributes, the waits before."""

    deliveries: int
    kind: type
    facts: Mapping[str, Any]
    waits: list[float] | None


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


def refused(kind: type, status: int, **facts: Any) -> Expected:
    return expect(1, kind, **({"outcome": "not_sent", "attempts": 1, "status": status} | facts), waits=[])


def status(code: int, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[list[Behaviour], Expected, Expected]:
    """A status that leaves open what became of a write."""
    kind, unknown = (ServerError, UnknownServerError) if code >= 500 else (APIStatusError, UnknownStatusError)
    return [answer(code, body, headers)], in_doubt(unknown, status=code), thrice(kind, status=code)


def then_fine(*script: Behaviour, waits: list[float] | None = None) -> tuple[list[Behaviour], Expected, Expected]:
    """Failures that are repeated whatever the call is."""
    count = len(script) + 1
    return [*script, FINE], the_send(count, waits), the_read(count, waits)


def always(kind: type, status: int, *args: Any, **facts: Any) -> tuple[list[Behaviour], Expected, Expected]:
    """A failure that is repeated whatever the call is, until the attempts are used up."""
    expected = thrice(kind, status=status, outcome="not_sent", **facts)
    return [answer(status, *args)], expected, expected


def never(kind: type, status: int, *args: Any, **facts: Any) -> tuple[list[Behaviour], Expected, Expected]:
    """A failure that is not repeated, and that had no effect."""
    expected = refused(kind, status, **facts)
    return [answer(status, *args)], expected, expected


def said(text: str) -> dict[str, str]:
    return {"message": text}


CASES: dict[str, tuple[list[Behaviour], Expected, Expected]] = {
    "fine": then_fine(),
    "no answer": ([hang], in_doubt(UnknownTimeoutError), thrice(APITimeoutError)),
    "reset": ([reset], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
    "reset while being read": ([reset_early], in_doubt(UnknownConnectionError, 0), thrice(APIConnectionError, 0)),
    "closed": ([close], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
    "not HTTP": ([raw(b"hello\r\n\r\n")], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
    "half a status line": ([raw(b"HTTP/1.1 2", then_close=True)], in_doubt(UnknownConnectionError), thrice(APIConnectionError)),
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
    "429 tomorrow": never(RateLimitError, 429, None, {"retry-after": TOMORROW}, retry_after=pytest.approx(86_400, abs=600)),
    "400": never(BadRequestError, 400, said("bad number"), message="bad number"),
    "401": never(AuthenticationError, 401, {"error": "no such key"}, message="no such key"),
    "403": never(PermissionDeniedError, 403, {"exception": {"message": "not yours"}}, message="not yours"),
    "404": never(NotFoundError, 404, {"error": {"key": "E7", "message": ["no", "such"]}}, code="E7", message="no; such"),
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
    "400 truncated": ([truncated(400, said("no"))], *[refused(BadRequestError, 400, body=None)] * 2),
    "not a success": never(APIStatusError, 200, {"success": False, "message": "no"}, message="no"),
    **{
        text: never(AccountRestrictedError, 500, said(f"send failed: {text}"), signal=signal)
        for text, signal in {"error 463": "463", "error 475": "475", "429 rate-overlimit": "rate-overlimit"}.items()
    },
    "200 truncated": ([truncated(200, said("yes"))], the_send(), thrice(APIConnectionError)),
    "200 HTML": ([answer(200, HTML)], the_send(), expect(1, DecodeError, outcome="sent", body=HTML, path="$")),
    "200 wrong": ([answer(200, [1])], the_send(), expect(1, DecodeError, outcome="sent", body=[1], path="$")),
    "200 empty": ([answer(200)], the_send(), expect(1, DecodeError, outcome="sent", body=None)),
    "reset, then fine": ([reset, FINE], in_doubt(UnknownConnectionError), the_read(2)),
    "truncated, then fine": ([truncated(200, {}), FINE], the_send(), the_read(2)),
    "429, then 500": ([answer(429, {"retryAfter": 0}), answer(500)], expect(2, UnknownServerError, attempts=2), thrice(ServerError)),
    "500, then 404": ([answer(500), answer(404)], in_doubt(UnknownServerError), expect(2, NotFoundError, attempts=2, outcome="unknown")),
}


def facts_of(error: WasendError) -> dict[str, Any]:
    """Everything that an error carries, in a form that can be compared."""
    facts = {"class": type(error), "args": error.args, **vars(error)}
    return {key: attrs.asdict(value) if isinstance(value, Call) else value for key, value in facts.items()}


def shown(error: BaseException) -> str:
    """Whatever a program may print of an error."""
    return "\n".join([repr(error), str(error), *traceback.format_exception(error)])


@both_colours
@pytest.mark.parametrize("do", [SEND, READ], ids=["send", "read"])
@pytest.mark.parametrize("case", CASES)
def test_outcome(case: str, do: Callable[[Any], Any], colour: str) -> None:
    """The server gets exactly so many requests, and the caller is told exactly what became of them."""
    script, send, read = CASES[case]
    expected = send if do is SEND else read
    waits: list[Wait] = []
    with serving(*script) as server:
        timeout = Timeout(answer=0.2, send=0.2) if hang in script else None
        got = told(colour, server.url, do, timeout=timeout, retry=attrs.evolve(QUICK, on_wait=waits.append))
    assert type(got) is expected.kind, got
    assert {name: getattr(got, name) for name in expected.facts} == expected.facts
    assert server.deliveries == expected.deliveries
    assert expected.waits is None or [wait.seconds for wait in waits] == expected.waits
    if isinstance(got, WasendError):
        assert isinstance(got, OutcomeUnknownError) == (do is SEND and got.outcome == "unknown")
        assert facts_of(pickle.loads(pickle.dumps(got))) == facts_of(got)
        assert not [secret for secret in (KEY, TEXT, NUMBER.strip("+")) if secret in shown(got)]


@both_colours
@pytest.mark.parametrize("do", [SEND, READ], ids=["send", "read"])
def test_refused_connections(do: Callable[[Any], Any], colour: str) -> None:
    """Where no connection could be made nothing has left: a send, too, is made again, and arrives once."""
    with reserved() as sock:
        contexts: list[Any] = []

        def start(wait: Wait) -> None:
            assert type(wait.error) is APIConnectionError
            assert wait.error.outcome == "not_sent"
            if wait.attempt == 2:
                contexts.append(serving(FINE, sock=sock))
                contexts.append(contexts[0].__enter__())

        url = "http://{}:{}".format(*sock.getsockname())
        got = told(colour, url, do, retry=attrs.evolve(QUICK, on_wait=start))
        context, server = contexts
        context.__exit__(None, None, None)
    assert isinstance(got, Message if do is SEND else Session)
    assert server.deliveries == 1
