"""Both clients, async and sync, behind one function: the result of a call, or its error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from operator import methodcaller
from typing import Any, Final

import pytest

from wasend import AsyncWasendClient, Retry, WasendClient, WasendError
from wasend.sandbox import Clock

KEY: Final = "wk-live-0123456789abcdef"
NUMBER: Final = "+447700900456"
TEXT: Final = "The password is swordfish"
SEND: Final = methodcaller("send_text", session="ses_1", to=NUMBER, text=TEXT)
READ: Final = methodcaller("retrieve_session_info", "ses_1")
QUICK: Final = Retry(initial_backoff=0.001)

both_clients = pytest.mark.parametrize("client_type", ["async", "sync"])
both_calls = pytest.mark.parametrize("do", [SEND, READ], ids=["send", "read"])


def result_or_error(client_type: str, url: str, do: Callable[[Any], Any], **options: Any) -> Any:
    """
    Create a client, make a call and close the client; return the call's result, or the error it raised.

    The client's clock is stopped, so that no retry waits, unless `options` name another.
    """
    options = {"clock": Clock(stopped=True), **options}
    try:
        if client_type == "async":
            return asyncio.run(_awaited(url, do, options))
        with WasendClient(KEY, base_url=url, **options) as client:
            return do(client)
    except WasendError as error:
        return error


async def _awaited(url: str, do: Callable[[Any], Any], options: dict[str, Any]) -> Any:
    async with AsyncWasendClient(KEY, base_url=url, **options) as client:
        return await do(client)
