"""What hardly ever happens, each with its outcome all the same."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from wasend import AsyncWasendClient, ConfigurationError, InvalidRequestError, Result, Retry, ServerError
from wasend._core import pool
from wasend._core.answer import Answer, error_of, means_no_such_route, message_in, retry_after
from wasend._core.call import Call
from wasend._core.http import Http, RequestState
from wasend._core.secret import Secret
from wasend.api.service import ERROR_RULES
from wasend.errors import AccountRestrictedError, APIConnectionError, APIStatusError, BadRequestError


def nested(levels: int) -> Any:
    document: Any = "so it is"
    for _ in range(levels):
        document = [document]
    return document


def refusal(status: int, document: Any, **fields: Any) -> APIStatusError:
    """The error that an answer to a request with these fields amounts to."""
    facts: dict[str, Any] = {
        "path": "/x",
        "attempts": 1,
        "since": datetime.now(UTC),
        "secret": Secret("key-1"),
        "rules": ERROR_RULES,
    }
    error = error_of(Answer(status, {}, b""), document, Call("GET", "/x", Result, **fields), **facts)
    assert error is not None
    return error


def test_answer_nested_beyond_measure() -> None:
    """An error whose document is nested deeper than Python recurses is still the error that its status says."""
    assert isinstance(refusal(500, nested(50_000)), ServerError)
    assert Secret("key-1").out_of_all({"a": ["key-1", 5]}) == {"a": ["***", 5]}


def test_message_nested_within_measure() -> None:
    """A message is found at any depth that a service would use."""
    assert message_in(nested(20)) == "so it is"


def test_message_of_a_page() -> None:
    """Of a proxy's page only what a reader would see is the message: no title, style or script, in whichever case."""
    page = "<html><HEAD>\n<title>502</title></HEAD><style>p {a: b}</style><Script>if (a < 1) b()</Script><p>Bad\n<b>luck</b>"
    assert message_in(page) == "Bad luck"


def test_wait_until_a_moment_of_the_services_clock() -> None:
    """A Retry-After that is a date is compared with the answer's own date, for our clock may differ from the service's."""
    headers = {"retry-after": "Sun, 15 Jun 2025 15:07:40 GMT", "date": "Sun, 15 Jun 2025 15:06:40 GMT"}
    assert retry_after(headers, None) == 60


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (500, AccountRestrictedError)])
def test_signal_counts_only_in_a_server_error(status: int, kind: type[Exception]) -> None:
    """WhatsApp's signals come with a 5xx; in a refusal of the request the same words are somebody's text."""
    assert type(refusal(status, {"message": "error 463"})) is kind


@pytest.mark.parametrize("body", [[], ["no such session"], {"message": "no such session"}])
def test_no_such_session_is_not_no_such_route(body: Any) -> None:
    """A 404 whose body is JSON, a list as well as an object, is the service's own: the route exists."""
    assert not means_no_such_route(refusal(404, body))


@pytest.mark.parametrize(
    ("status", "document", "advice"),
    [
        (300, {}, "check base_url"),
        (308, {}, "check base_url"),
        (401, {}, "check the API key"),
        (404, {}, "uniqueSessionId, not its name"),
        (409, {}, "retrieve_all_sessions()"),
        (429, {"retry_after": 7}, "try again in 7 s"),
        (422, {"status": "STOPPED", "expected": ["WORKING"]}, "the session is STOPPED, and must be WORKING"),
        (500, {"message": "error 463"}, "stop sending to new contacts"),
    ],
)
def test_errors_say_what_to_do(status: int, document: Any, advice: str) -> None:
    """Where it is known what to do about an error, its text ends with it."""
    said = str(refusal(status, document))
    assert said.startswith(f"GET /x: {status} ")
    assert advice in said.partition("; ")[2]


@pytest.mark.parametrize("around", ["%s", "x%sy", "%s7", "_%s"])
def test_text_of_a_message_within_a_word(around: str) -> None:
    """An error that quotes a message's text hides it even where it runs into other characters."""
    error = refusal(400, {"message": around % "meet me at noon"}, body={"text": "meet me at noon"})
    assert error.message == around % "…"


@pytest.mark.parametrize(
    ("fault", "may_have_left"), [(asyncio.CancelledError(), True), (TimeoutError(), True), (BrokenPipeError(), False)]
)
async def test_request_whose_head_was_cut_short(fault: BaseException, may_have_left: bool) -> None:
    """Where writing the head was cancelled or took too long, some of it may have left; where it failed, nothing has."""
    state = RequestState()
    await state.trace("http11.send_request_headers.started", {"request": httpx.Request("POST", "http://x")})
    assert state.may_have_left
    await state.trace("http11.send_request_headers.failed", {"exception": fault})
    assert state.may_have_left is may_have_left


@pytest.mark.parametrize("said", ["soon", "", "Wed, 99 Foo", None])
def test_wait_that_says_nothing(said: str | None) -> None:
    """A Retry-After that is neither a number nor a date is no wait."""
    assert retry_after({} if said is None else {"retry-after": said}, {"retry_after": 10**400}) is None


def test_body_with_keys_that_are_no_text() -> None:
    """A body whose keys JSON cannot hold is refused as a whole."""
    body: Any = {(1, 2): "value"}
    with pytest.raises(InvalidRequestError, match=r"^body: cannot be written as JSON"):
        Call("POST", "/x", Result, body=body).content()


async def test_timeout_of_the_callers_own(caplog: pytest.LogCaptureFixture) -> None:
    """A `TimeoutError` that a caller's hook raises is not the deadline's: it is logged, and hides no failure."""

    def impatient(error: Exception, attempt: int) -> bool:
        raise TimeoutError("mine")

    async with AsyncWasendClient("key", base_url="http://127.0.0.1:9", retry=impatient) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.retrieve_account()
    assert (caught.value.outcome, caught.value.attempts) == ("not_sent", 1)
    assert "TimeoutError" in caplog.text


def test_host_that_cannot_be() -> None:
    """A base URL whose host no name server can hold is refused when the client is made."""
    with pytest.raises(ConfigurationError, match="has an invalid host name"):
        AsyncWasendClient("key", base_url="https://xn--/")


async def test_tls_trusts_who_the_machine_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    """For https the certificates of authorities are loaded, once for all connections; for http, where it takes long, not."""
    made: list[ssl.SSLContext] = []
    make = httpx.create_ssl_context

    def trusting(*, verify: bool) -> ssl.SSLContext:
        made.append(make(verify=verify))
        return made[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", trusting)
    for url, contexts in (("http://127.0.0.1:9", 0), ("https://127.0.0.1:9", 1)):
        async with AsyncWasendClient("key", base_url=url, retry=None) as client:
            for _ in range(2):
                with pytest.raises(APIConnectionError):
                    await client.retrieve_account()
        assert len(made) == contexts


async def test_mistake_in_a_callers_transport() -> None:
    """A `RuntimeError` of a transport that the caller made is named in the error, and is its cause."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise RuntimeError("a mistake")

    async with httpx.AsyncClient(transport=httpx.MockTransport(broken)) as theirs:
        client = AsyncWasendClient("key", http_client=theirs, retry=Retry(max_retries=0))
        with pytest.raises(APIConnectionError, match=r"\(RuntimeError: a mistake\)$") as caught:
            await client.retrieve_account()
    assert isinstance(caught.value.__cause__, RuntimeError)


async def test_closing_while_a_deadline_expires() -> None:
    """Closing leaves alone a call whose deadline is just expiring."""
    connections = Http("http://127.0.0.1:9")
    scope = asyncio.timeout(0)
    with suppress(TimeoutError):
        async with scope:
            try:
                await asyncio.sleep(60)
            finally:
                connections.deadlines[scope] = asyncio.get_running_loop()
                await connections.aclose()
    assert connections.closed
    assert scope.expired()


async def test_proxy_of_an_unknown_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be is named as the fault, however often it is met: no place among the connections is lost."""
    monkeypatch.setenv("http_proxy", "ftp://127.0.0.1:9")
    async with AsyncWasendClient("key", base_url="http://127.0.0.1:9") as client:
        for _ in range(101):
            with pytest.raises(ConfigurationError, match="neither http, https nor socks5"):
                await client.retrieve_account()


@pytest.mark.parametrize(
    ("named", "excepted", "found"),
    [
        ("127.0.0.1:3128", "", "http://127.0.0.1:3128"),
        ("socks5://127.0.0.1:1080", "", "socks5://127.0.0.1:1080"),
        ("http://127.0.0.1:3128", "example.org", None),
        ("", "", None),
    ],
)
@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_proxy(monkeypatch: pytest.MonkeyPatch, variable: str, named: str, excepted: str, found: str | None) -> None:
    """The proxy is the environment's, for the scheme or for all, unless the host is excepted."""
    monkeypatch.setenv(variable, named)
    monkeypatch.setenv("no_proxy", excepted)
    assert pool.environment_proxy("http://example.org") == found
