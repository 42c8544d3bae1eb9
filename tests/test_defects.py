"""Whatever fails in the client, or in a part that was given to it: what became of a send is told, and told truly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients import KEY, QUICK, SEND
from tests.raw import Behaviour, answer, reset, serving
from wasend import AsyncWasendClient, Message, WasendError
from wasend._core import codec, engine
from wasend._core.clock import Clock
from wasend.delivery import Breaker, RateLimiter
from wasend.delivery.stores import MemoryStore

MOST = 40
"""Times that a seam is used in one call, at most."""


class Defect(Exception):
    """What no part of the client would raise."""


class Fragile:
    """Fails at the so-manieth use, and after it."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.armed = self.failed = False

    def use(self) -> None:
        self.left -= self.armed
        if self.left < 0:
            self.failed = True
            raise Defect("it is broken")

    def over(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def used(*args: Any, **kwargs: Any) -> Any:
            self.use()
            return function(*args, **kwargs)

        return used


class FragileClock(Clock):
    def __init__(self, fragile: Fragile) -> None:
        self.fragile = fragile

    def now(self) -> float:
        self.fragile.use()
        return super().now()

    def monotonic(self) -> float:
        self.fragile.use()
        return super().monotonic()

    async def sleep(self, seconds: float) -> None:
        self.fragile.use()


def patched(owner: Any, name: str) -> Callable[[Fragile, pytest.MonkeyPatch], dict[str, Any]]:
    def make(fragile: Fragile, patch: pytest.MonkeyPatch) -> dict[str, Any]:
        patch.setattr(owner, name, fragile.over(getattr(owner, name)))
        return {}

    return make


def fragile_store(fragile: Fragile, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    store = MemoryStore()
    for name in ("get", "items", "set", "set_many", "delete", "update"):
        patch.setattr(store, name, fragile.over(getattr(store, name)), raising=False)
    return {"breaker": Breaker(store=store)}


SEAMS: dict[str, Callable[[Fragile, pytest.MonkeyPatch], dict[str, Any]]] = {
    "clock": lambda fragile, _: {"clock": FragileClock(fragile)},
    "limiter, before": patched(RateLimiter, "acquire"),
    "limiter, after": patched(RateLimiter, "observe"),
    "parse": patched(codec, "parse"),
    "decode": patched(codec, "decode"),
    "decode_accepted": patched(codec, "decode_accepted"),
    "is_evidence": patched(codec, "is_evidence"),
    "error_of": patched(engine, "error_of"),
    "on_response": lambda fragile, _: {"on_response": fragile.over(lambda response: None)},
    "on_wait": lambda fragile, _: {"on_wait": fragile.over(lambda wait: None)},
    "retry": lambda fragile, _: {"retry": fragile.over(lambda error, attempt: attempt < 3)},
    "store": fragile_store,
}
SCRIPTS: dict[str, tuple[list[Behaviour], str]] = {
    "accepted": ([answer(200, {"id": "x"})], "sent"),
    "accepted, unreadably": ([answer(200, {"id": "x", "timestamp": "1e400", "fromMe": []})], "sent"),
    "refused": ([answer(400, {"message": "no"})], "not_sent"),
    "held back, then accepted": ([answer(429, {}, {"retry-after": "0"}), answer(200, {"id": "x"})], "sent"),
    "broken": ([reset], "unknown"),
    "failed": ([answer(500, {"message": "no"})], "unknown"),
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("seam", SEAMS)
def test_every_seam(seam: str, script: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each part fails at its first use, at its second, and so on: a send ends in its result, or an error with its outcome."""
    caplog.set_level(logging.CRITICAL)
    behaviours, outcome = SCRIPTS[script]
    for at in range(MOST):
        with pytest.MonkeyPatch.context() as patch, serving(*behaviours) as server:
            fragile = Fragile(at)
            options = {"retry": QUICK, **SEAMS[seam](fragile, patch)}
            got = asyncio.run(_ended(server.url, options, fragile))
        if not isinstance(got, Message):
            assert isinstance(got, WasendError)
            allowed = {outcome} if server.deliveries >= len(behaviours) else {"not_sent"}
            allowed |= {"unknown"} if server.deliveries else set()
            assert got.outcome in allowed, (at, got)
        if not fragile.failed:
            return
    raise AssertionError(f"{seam} was used more than {MOST} times")


async def _ended(url: str, options: dict[str, Any], fragile: Fragile) -> Any:
    async with AsyncWasendClient(KEY, base_url=url, **options) as client:
        fragile.armed = True
        try:
            return await SEND(client)
        except Exception as error:
            slots = (await client._engine.http._pools.current()).slots
            assert slots._value == 100
            return error
