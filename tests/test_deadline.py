"""The total deadline: it bounds attempts, waits and a server that drips, and the caller is told what became of the call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from tests.clients import KEY, NUMBER, QUICK, READ, SEND, both_calls, both_clients, result_or_error
from tests.raw import Behaviour, answer, dripping, hang, held, message, reset, serving, until
from wasend import AsyncWasendClient, Timeout
from wasend.errors import (
    APITimeoutError,
    BadRequestError,
    RateLimitError,
    ServerError,
    UnknownServerError,
    UnknownTimeoutError,
    WasendError,
)

pytestmark = pytest.mark.usefixtures("transport")

SHORT = Timeout(total=0.4)
FINE = answer(200, {"uniqueSessionId": "ses_1", "to": NUMBER})


def drip(status: int, body: str = '{"message": "for ever"}') -> Behaviour:
    """The status line and the headers at once, and a body that comes a byte at a time and never ends."""
    return dripping(message(status, body + " " * 10_000), at_once=100)


DRIPPING: dict[str, tuple[Behaviour, tuple[type, str], tuple[type, str]]] = {
    "before the status": (
        dripping(message(200, "x" * 1000)),
        (UnknownTimeoutError, "unknown"),
        (APITimeoutError, "unknown"),
    ),
    "after 200": (drip(200), (UnknownTimeoutError, "unknown"), (APITimeoutError, "unknown")),
    "after 400": (drip(400), (BadRequestError, "not_sent"), (BadRequestError, "not_sent")),
    "after 429": (drip(429), (RateLimitError, "not_sent"), (RateLimitError, "not_sent")),
    "after 500": (drip(500), (UnknownServerError, "unknown"), (ServerError, "unknown")),
}


@both_clients
@both_calls
@pytest.mark.parametrize("case", DRIPPING)
def test_dripping_server(case: str, do: Callable[[Any], Any], client_type: str) -> None:
    """A server that never falls silent is cut off in time, and a status that has come says what became of the call."""
    script, send, read = DRIPPING[case]
    started = time.monotonic()
    with serving(script) as server:
        got = result_or_error(client_type, server.url, do, timeout=Timeout(total=0.8))
    assert (type(got), getattr(got, "outcome", "")) == (send if do is SEND else read)
    assert 0.8 <= time.monotonic() - started < 10
    assert server.deliveries == 1


@both_clients
def test_deadline_over_attempts(client_type: str) -> None:
    """Attempts that each fail in time end together, and the last failure is counted."""
    with serving(reset, reset, hang) as server:
        error = result_or_error(client_type, server.url, READ, timeout=SHORT, retry=attrs.evolve(QUICK, max_retries=99))
    assert (type(error), error.outcome, error.attempts) == (APITimeoutError, "unknown", 3)
    assert server.deliveries == 3


@both_clients
@both_calls
def test_wait_beyond_the_deadline(do: Callable[[Any], Any], client_type: str) -> None:
    """A wait that would end after the deadline is not begun: the error is raised at once."""
    started = time.monotonic()
    with serving(answer(429, None, {"retry-after": "20"})) as server:
        error = result_or_error(client_type, server.url, do, timeout=Timeout(total=15))
    assert (type(error), error.retry_after, error.attempts) == (RateLimitError, 20.0, 1)
    assert time.monotonic() - started < 10
    assert server.deliveries == 1


@both_clients
@both_calls
def test_deadline_during_a_wait(do: Callable[[Any], Any], client_type: str) -> None:
    """Time that the caller's own hook takes counts; after a refusal nothing is in doubt, not even for a send."""

    def slow(error: WasendError, attempt: int) -> float:
        time.sleep(0.5)
        return 0.2

    with serving(answer(429)) as server:
        error = result_or_error(client_type, server.url, do, timeout=SHORT, retry=slow)
    assert (type(error), error.outcome, error.attempts) == (APITimeoutError, "not_sent", 1)
    assert server.deliveries == 1


@both_calls
async def test_deadline_while_waiting_for_a_connection(do: Callable[[Any], Any]) -> None:
    """
    Waiting for one of the client's own connections is no part of the total: the call is made when there is one.
    """
    with serving(held(FINE)) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            busy = [asyncio.create_task(READ(client)) for _ in range(100)]
            await until(lambda: server.deliveries == 100)
            view = client.with_options(timeout=attrs.evolve(SHORT, total=1.0))
            waiting = [asyncio.ensure_future(do(view)) for _ in range(20)]
            done, _ = await asyncio.wait(waiting, timeout=1.2, return_when=asyncio.FIRST_COMPLETED)
            assert not done
            server.release()
            await asyncio.gather(*busy, *waiting)
    assert server.deliveries == 120
    assert server.peak == 100


async def test_callers_client_without_a_connection_left() -> None:
    """Of a caller's own client, whose pool is its own, a send that never got a connection was not sent."""
    limits = httpx.Limits(max_connections=1)
    with serving(held(FINE)) as server:
        async with (
            httpx.AsyncClient(limits=limits, timeout=60) as http,
            AsyncWasendClient(KEY, base_url=server.url, http_client=http) as client,
        ):
            busy = asyncio.create_task(SEND(client))
            await until(lambda: server.deliveries == 1)
            with pytest.raises(APITimeoutError, match="nothing was sent") as caught:
                await SEND(client.with_options(timeout=SHORT, retry=None))
            server.release()
            await busy
    assert caught.value.outcome == "not_sent"
    assert server.deliveries == 1


async def test_callers_own_deadline() -> None:
    """A deadline that the caller set around the call stays the caller's, and ends the call."""
    with serving(hang) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.1):
                    await SEND(client)
    assert type(caught.value) is TimeoutError
    assert server.deliveries <= 1
