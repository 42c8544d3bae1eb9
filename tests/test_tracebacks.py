"""What a program prints that does not catch an error: the caller's own lines, and no more of ours than it takes."""

from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest

from tests.clients import READ, SEND, both_calls, both_clients, result_or_error
from tests.raw import answer, reserved, reset, serving, url_of
from wasend import APIConnectionError, AsyncWasendClient, InvalidRequestError, NotFoundError, UnknownConnectionError


def printed(error: BaseException) -> list[str]:
    return "".join(traceback.format_exception(error)).splitlines()


def ours(error: BaseException) -> list[str]:
    """The lines of the traceback that show code of this package, or of a library below it."""
    return [line for line in printed(error) if "/wasend/" in line or "site-packages" in line]


@both_calls
@both_clients
def test_a_refused_connection(client_type: str, do: Any, transport: str) -> None:
    """Three frames of ours, the transport's reasons on a line each, and these can still be looked at as causes."""
    with reserved() as sock:
        error = result_or_error(client_type, url_of(sock), do, retry=None)
    assert type(error) is APIConnectionError
    assert len(ours(error)) <= 3
    assert len(printed(error)) <= 40
    cause: BaseException | None = error.__cause__
    assert isinstance(cause, httpx.ConnectError)
    while cause is not None:
        assert cause.__traceback__ is None
        cause = cause.__cause__


@both_clients
def test_other_failures(client_type: str) -> None:
    """So it is where the connection breaks, where the service refuses, and where a mistake of the caller's is found."""
    with serving(reset) as server:
        broken = result_or_error(client_type, server.url, SEND)
    with serving(answer(404, {"message": "no such session"})) as server:
        refused = result_or_error(client_type, server.url, READ)
    mistaken = result_or_error(
        client_type, server.url, lambda client: client.send_text(session="s", to="07700", text="x")
    )
    assert [type(one) for one in (broken, refused, mistaken)] == [
        UnknownConnectionError,
        NotFoundError,
        InvalidRequestError,
    ]
    assert len(ours(broken)) <= 3
    assert len(ours(refused)) <= 3
    assert refused.__cause__ is None
    assert len(ours(mistaken)) <= 8


async def test_a_transport_of_ones_own() -> None:
    """The frames of a caller's own transport stay: its author looks for them."""

    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no cable")

    async with (
        httpx.AsyncClient(transport=Broken()) as http,
        AsyncWasendClient("k", http_client=http, retry=None) as client,
    ):
        with pytest.raises(APIConnectionError) as caught:
            await client.retrieve_all_sessions()
    assert any("handle_async_request" in line and __file__ in line for line in printed(caught.value))
