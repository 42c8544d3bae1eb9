"""When a failed request is made again, and after how long: the settings, the hook, the waits."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clients import NUMBER, READ, SEND, both_calls, both_clients, result_or_error
from tests.raw import answer, reset, serving
from wasend import AsyncWasendClient, Message, Retry, RetryHook, Session, Wait
from wasend._core.call import Call
from wasend._core.retry import decide, may_repeat, pause
from wasend.errors import (
    AccountRestrictedError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    RateLimitError,
    ServerError,
    UnknownConnectionError,
    UnknownServerError,
    UnknownStatusError,
    UnknownTimeoutError,
    WasendError,
)

T = TypeVar("T")

FINE = answer(200, {"uniqueSessionId": "ses_1", "to": NUMBER})
CALL = Call("POST", "/sendText", Message)
NOW = datetime.now(UTC)

seconds = st.floats(0, 1e6)
settings = st.builds(
    Retry,
    max_retries=st.integers(0, 10),
    initial_backoff=seconds,
    max_backoff=seconds,
    max_retry_after=seconds,
    hook=st.none()
    | st.sampled_from([True, False, 0, 0.5, -1, math.nan]).map(lambda verdict: lambda error, attempt: verdict),
)
refusals = st.builds(RateLimitError, st.just("no"), status=st.just(429), retry_after=st.none() | seconds)
connections = st.builds(APIConnectionError, st.just("no"), outcome=st.sampled_from(["not_sent", "unknown"]))
server_errors = st.builds(
    ServerError,
    st.just("no"),
    status=st.integers(500, 599),
    retry_after=st.none() | seconds,
    outcome=st.sampled_from(["not_sent", "unknown"]),
)
in_doubt = st.sampled_from(
    [
        UnknownStatusError("no", status=408, call=CALL, since=NOW),
        UnknownServerError("no", status=503, retry_after=1.0, call=CALL, since=NOW),
        UnknownServerError("no", status=500, call=CALL, since=NOW),
        UnknownConnectionError("no", call=CALL, since=NOW),
        UnknownTimeoutError("no", call=CALL, since=NOW),
        ServerError("no", status=502, outcome="unknown"),
        RateLimitError("no", status=429, outcome="unknown"),
        APITimeoutError("no", outcome="unknown"),
    ]
)
failures = refusals | connections | server_errors | in_doubt


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


def yes_to_all(asked: list[WasendError]) -> RetryHook:
    def hook(error: WasendError, attempt: int) -> bool:
        asked.append(error)
        return True

    return hook


@given(retry=settings, error=in_doubt, attempt=st.integers(1, 20), left=st.floats(0, 1e9))
def test_a_write_in_doubt_is_never_repeated(retry: Retry, error: WasendError, attempt: int, left: float) -> None:
    """Whatever the settings and the hook say, a write that may have had its effect is not made again."""
    asked: list[WasendError] = []
    eager = attrs.evolve(retry, hook=yes_to_all(asked))
    assert run(decide(retry, error, attempt, repeatable=False, left=left)) is None
    assert run(decide(eager, error, attempt, repeatable=False, left=left)) is None
    assert not asked


@given(retry=settings, error=failures, attempt=st.integers(1, 20), left=st.floats(0, 1e9), repeatable=st.booleans())
def test_decision(retry: Retry, error: WasendError, attempt: int, left: float, repeatable: bool) -> None:
    """No wait reaches the deadline; without a hook there are no more retries than set; a hook's word counts."""
    wait = run(decide(retry, error, attempt, repeatable=repeatable, left=left))
    assert wait is None or 0 <= wait < left
    assert wait is None or may_repeat(error, repeatable=repeatable)
    if retry.hook is None:
        assert wait is None or attempt <= retry.max_retries
    elif retry.hook(error, attempt) is False:
        assert wait is None
    elif wait is not None and retry.hook(error, attempt) is not True:
        assert wait == (0.5 if retry.hook(error, attempt) == 0.5 else 0.0)


@given(retry=settings, error=failures, attempt=st.integers(1, 10_000))
def test_pause(retry: Retry, error: WasendError, attempt: int) -> None:
    """A told wait is kept to the second or refused for its length; any other is drawn from nought to a bounded back-off."""
    told = getattr(error, "retry_after", None)
    wait = pause(retry, error, attempt)
    if told is None:
        assert wait is not None
        assert 0 <= wait <= min(retry.max_backoff, retry.initial_backoff * 2 ** min(attempt - 1, 100))
    else:
        assert wait == (told if told <= retry.max_retry_after else None)


def test_jitter_is_full() -> None:
    """The back-off spreads over its whole range, so that clients that failed together do not come back together."""
    waits = [pause(Retry(), APIConnectionError("no"), 3) or 0.0 for _ in range(1000)]
    assert min(waits) < 0.1 < 1.9 < max(waits) <= 2.0


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (APIStatusError("no", status=408, outcome="unknown"), True, False),
        (APIStatusError("no", status=409), False, False),
        (APIStatusError("no", status=200), False, False),
        (ServerError("no", status=501), False, False),
        (ServerError("no", status=503, retry_after=1), True, True),
        (AccountRestrictedError("no", status=500, signal="463"), False, False),
        (AccountRestrictedError("no", status=503, retry_after=1, signal="463"), False, False),
        (RateLimitError("no", status=429), True, True),
        (APITimeoutError("no"), True, True),
        (ClientClosedError("no"), False, False),
        (InvalidRequestError("to", "is empty", "pass one"), False, False),
        (DecodeError("no"), False, False),
    ],
    ids=repr,
)
def test_what_may_be_repeated(error: WasendError, read: bool, write: bool) -> None:
    """Passing failures are repeated, writes only where they had no effect; all else is raised at once."""
    assert (may_repeat(error, repeatable=True), may_repeat(error, repeatable=False)) == (read, write)


def test_which_server_errors_pass() -> None:
    """A read is repeated after the 5xx of an overload or a restart, and after those of a proxy without a service."""
    errors = [ServerError("no", status=status, outcome="unknown") for status in range(500, 600)]
    passing = {error.status for error in errors if may_repeat(error, repeatable=True)}
    assert passing == {500, 502, 503, 504, *range(520, 531)}


@both_clients
@both_calls
@pytest.mark.parametrize(("retry", "deliveries"), [(None, 1), (Retry(max_retries=0), 1), (Retry(max_retries=4), 5)])
def test_max_retries(retry: Retry | None, deliveries: int, do: Callable[[Any], Any], client_type: str) -> None:
    """A request is repeated as often as set, and never for `None`; the error counts the attempts."""
    with serving(answer(429)) as server:
        error = result_or_error(client_type, server.url, do, retry=retry)
    assert (type(error), error.attempts, server.deliveries) == (RateLimitError, deliveries, deliveries)


@both_clients
@both_calls
def test_hook(do: Callable[[Any], Any], client_type: str) -> None:
    """A hook is asked after each failure in the caller's thread; its yes, its seconds and its no are followed."""
    asked: list[tuple[type, int, threading.Thread]] = []
    waits: list[tuple[Wait, threading.Thread]] = []

    def hook(error: WasendError, attempt: int) -> bool | float:
        asked.append((type(error), attempt, threading.current_thread()))
        return (True, 0.01, 0, False)[attempt - 1]

    def on_wait(wait: Wait) -> None:
        waits.append((wait, threading.current_thread()))

    here = threading.current_thread()
    with serving(answer(429, {"retryAfter": 0.02}), answer(503, {"retryAfter": 9}), answer(429)) as server:
        error = result_or_error(client_type, server.url, do, retry=Retry(hook=hook, max_retries=0), on_wait=on_wait)
    assert (type(error), error.attempts, server.deliveries) == (RateLimitError, 4, 4)
    assert asked == [
        (RateLimitError, 1, here),
        (ServerError, 2, here),
        (RateLimitError, 3, here),
        (RateLimitError, 4, here),
    ]
    retries = [(wait.attempt, wait.seconds) for wait, _ in waits if wait.reason == "retry"]
    assert retries == [(1, 0.02), (2, 0.01), (3, 0.0)]
    assert {thread for _, thread in waits} == {here}


@both_clients
@pytest.mark.parametrize("script", [reset, answer(500), answer(408), answer(400)], ids=["reset", "500", "408", "400"])
def test_hook_is_not_asked(script: Any, client_type: str) -> None:
    """A hook is not asked about a write in doubt, nor about an error that will not pass."""
    asked: list[WasendError] = []
    with serving(script) as server:
        error = result_or_error(client_type, server.url, SEND, retry=yes_to_all(asked))
    assert isinstance(error, WasendError)
    assert (server.deliveries, asked) == (1, [])


@both_clients
@pytest.mark.parametrize("where", ["hook", "on_wait"])
def test_failing_hook(where: str, client_type: str, caplog: pytest.LogCaptureFixture) -> None:
    """What a hook raises hides nothing: the caller sees what became of the request. A hook that is told goes on."""

    def fail(*args: object) -> bool:
        raise LookupError(where)

    given = {"retry": Retry(hook=fail)} if where == "hook" else {"on_wait": fail}
    with serving(answer(429)) as server:
        assert type(result_or_error(client_type, server.url, SEND, **given)) is RateLimitError
    assert server.deliveries == (1 if where == "hook" else 3)
    assert f"{'the hook of retry' if where == 'hook' else where} raised LookupError" in caplog.text


@both_clients
@pytest.mark.parametrize("verdict", [True, False, 0.5])
def test_asynchronous_hooks(verdict: bool | float, client_type: str) -> None:
    """Hooks may be coroutine functions: they are awaited, in the client's loop."""
    asked: list[object] = []

    async def hook(error: WasendError, attempt: int) -> bool | float:
        await asyncio.sleep(0)
        asked.append(attempt)
        return verdict

    async def on_wait(wait: Wait) -> None:
        await asyncio.sleep(0)
        asked.append(wait.attempt)

    with serving(answer(429, {"retryAfter": 0}), FINE) as server:
        got = result_or_error(client_type, server.url, READ, retry=Retry(hook=hook), on_wait=on_wait)
    assert isinstance(got, Session if verdict else RateLimitError)
    assert asked == ([1, 1] if verdict else [1])


@both_clients
def test_options_of_a_view(client_type: str) -> None:
    """A view with another rule for repeating leaves that of its client alone."""

    def twice(client: Any) -> Any:
        view = client.with_options(retry=None)
        if client_type == "sync":
            with pytest.raises(RateLimitError):
                READ(view)
            return READ(client)
        return _twice(client, view)

    async def _twice(client: Any, view: Any) -> Any:
        with pytest.raises(RateLimitError):
            await READ(view)
        return await READ(client)

    with serving(answer(429), answer(429), FINE) as server:
        assert isinstance(result_or_error(client_type, server.url, twice), Session)
    assert (server.deliveries, server.connections) == (3, 1)


def test_retries_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``WASEND_MAX_RETRIES`` counts where nothing else is given."""
    monkeypatch.setenv("WASEND_MAX_RETRIES", "0")
    with serving(answer(429, {"retryAfter": 0})) as server:
        assert result_or_error("async", server.url, SEND).attempts == 1
        assert result_or_error("async", server.url, SEND, retry=Retry()).attempts == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: Retry(max_retries=-1),
        lambda: Retry(max_retries=True),
        lambda: Retry(initial_backoff=-1),
        lambda: Retry(max_backoff=math.inf),
        lambda: Retry(max_retry_after=math.nan),
        lambda: Retry.of(3),  # type: ignore[arg-type]
    ],
)
def test_impossible_settings(make: Callable[[], object]) -> None:
    """Settings that cannot be are refused when they are made."""
    with pytest.raises(ConfigurationError, match="pass"):
        make()


async def test_calls_wait_apart() -> None:
    """While one call waits to be repeated, others go on."""
    waiting = asyncio.Event()
    with serving(answer(503, {"retryAfter": 30}), FINE) as server:
        async with AsyncWasendClient("key", base_url=server.url, on_wait=lambda _: waiting.set()) as client:
            slow = asyncio.create_task(SEND(client))
            await waiting.wait()
            assert isinstance(await SEND(client), Message)
            slow.cancel()
            await asyncio.wait([slow])
    assert server.deliveries == 2
