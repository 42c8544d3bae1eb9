"""Whatever a store does, and whenever: what left is told by its outcome, and what is not told so has not left."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from wasend import AsyncWasendClient, BreakerOpenError, StoreError, WasendError
from wasend.delivery import Breaker, MemoryStore, Pacer, Pacing, Resolver, SqliteStore, Suppression

ADA, BOB, CLEO = "+447700900456", "+447700900457", "+447700900458"
FINE = {"id": "true_447700900456@c.us_3EB0", "uniqueSessionId": "ses_1"}
ANSWERS: list[tuple[str, str]] = [  # how each send is answered, and what is told of it
    ("fine", "Message"),
    ("lost", "UnknownConnectionError"),
    ("fine", "Message"),
    ("463", "AccountRestrictedError"),
    ("fine", "Message"),
    ("400", "BadRequestError"),
]


class Seam(MemoryStore):
    """It counts its calls, and fails at those that it is told to."""

    def __init__(self, fails: Callable[[int], bool], error: Exception) -> None:
        super().__init__()
        self.calls = 0
        self._fails = fails
        self._error = error

    def _pass(self) -> None:
        self.calls += 1
        if self._fails(self.calls):
            raise self._error

    def get(self, key: str) -> Any | None:
        self._pass()
        return super().get(key)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        self._pass()
        return super().items(prefix)

    def set(self, key: str, value: Any) -> None:
        self._pass()
        super().set(key, value)

    def set_many(self, values: Mapping[str, Any]) -> None:
        self._pass()
        super().set_many(values)

    def delete(self, key: str) -> None:
        self._pass()
        super().delete(key)

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        self._pass()
        return super().update(key, function)


class Blocking(Seam):
    """The same, beside the event loop."""

    blocking = True


async def story(store: Seam) -> None:
    """Six sends by all rules that keep something, of which each is answered in another way."""
    answered: dict[str, str] = {}

    async def service(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/contacts/check-exists":
            return httpx.Response(200, json={"exists": True, "jid": f"{request.url.params['phone']}@c.us"})
        text = json.loads(request.content)["text"]
        assert text not in answered, "sent twice"
        kind, answered[text] = ANSWERS[int(text)]
        if kind == "lost":
            raise httpx.ReadError("the connection broke")
        if kind == "463":
            return httpx.Response(500, json={"message": "error 463"})
        return httpx.Response(400, json={"message": "no"}) if kind == "400" else httpx.Response(200, json=FINE)

    suppression = Suppression(store)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(service)) as http,
        AsyncWasendClient(
            "key-1",
            base_url="http://127.0.0.1",
            http_client=http,
            retry=None,
            pacing=Pacer(dict.fromkeys(("known", "reply"), Pacing(gap=(0, 0.001))), store=store),
            breaker=Breaker(store=store),
            suppression=suppression,
            resolver=Resolver(store=store, gap=(0, 0)),
        ) as client,
    ):
        for number, (to, reply) in enumerate([(ADA, 0), (BOB, 0), (ADA, 0), (CLEO, 0), (ADA, 1), (BOB, 1)]):
            try:
                found = await client.resolve(to, session="ses_1")
                assert found is not None
                message = await client.send_text(
                    session="ses_1", to=found.to, text=f"{number}", reply_to="m0" if reply else None
                )
                told: object = message
            except WasendError as error:
                told = error
                assert f"{number}" in answered or error.outcome == "not_sent"
            if f"{number}" in answered:
                assert type(told).__name__ == answered[f"{number}"], "what left is told by its outcome"
            else:
                assert isinstance(told, StoreError | BreakerOpenError), "what has not left is told by a reason"


@pytest.mark.parametrize(("kind", "lasting"), [(Seam, False), (Blocking, True)])
async def test_every_seam(kind: type[Seam], lasting: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A store that fails at its first call, its second, and so on, once or from then on, never replaces an outcome."""
    caplog.set_level(logging.WARNING, "wasend")
    whole = kind(lambda _: False, OSError())
    await story(whole)
    assert whole.calls > 30
    assert not caplog.records
    errors: list[Exception] = [OSError("no space left"), sqlite3.OperationalError("locked"), KeyError("x")]
    for first in range(1, whole.calls + 1):
        error = errors[first % len(errors)]
        await story(kind(lambda call, first=first: call >= first if lasting else call == first, error))  # type: ignore[misc]
    assert caplog.records, "what could not be written down is logged"
    assert not [record for record in caplog.records if "4477" in record.getMessage()]


@pytest.mark.parametrize("rules", [("pacing",), ("breaker",), ("pacing", "breaker")])
async def test_a_file_that_is_locked_during_a_send(tmp_path: Path, rules: tuple[str, ...]) -> None:
    """A send during which another program locks the file is told as sent; the next one is not made until it is free."""
    path = tmp_path / "delivery.db"
    store = SqliteStore(path, timeout=0.02)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    sent: list[str] = []

    async def service(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["text"])
        if len(sent) == 1:
            other.execute("BEGIN IMMEDIATE")
        return httpx.Response(200, json=FINE)

    options: dict[str, Any] = {
        "pacing": Pacer({"known": Pacing(gap=(0, 0.001))}, store=store),
        "breaker": Breaker(store=store),
    }
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(service)) as http,
        AsyncWasendClient(
            "key-1", base_url="http://127.0.0.1", http_client=http, **{rule: options[rule] for rule in rules}
        ) as client,
    ):
        assert (await client.send_text(session="ses_1", to=ADA, text="1")).id == FINE["id"]
        with pytest.raises(StoreError, match=r"delivery\.db.*another program"):
            await client.send_text(session="ses_1", to=BOB, text="2")
        other.execute("ROLLBACK")
        other.close()
        await client.send_text(session="ses_1", to=BOB, text="3")
    assert sent == ["1", "3"]
