"""
Processes that kill themselves with SIGKILL at a chosen point of a send with a key, for proofs of the outbox.

A point is passed by a store that is wrapped (`Fused`), or by a request that reports where it is; nothing in the package
knows of it. `arm` says at which point, and at the how many-th time that it is passed, the process dies; a worker that
somebody else starts is told by the environment: ``FAULT_POINT="outcome 3"``.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import pytest

from wasend._core.http import RequestState
from wasend.outbox.entry import Change, Decision, Query, Record, View
from wasend.outbox.store import OutboxStore

T = TypeVar("T")

POINTS: Final[Mapping[str, str]] = {
    "intent": "the intent is not committed",
    "departure": "the intent is committed, and nothing has left",
    "answer": "the request has left, and its answer has not been read",
    "outcome": "the answer has been read, and the outcome is not committed",
    "settling": "what another has left behind is taken over",
    "settlement": "it is known what became of that, and it is not committed",
}
VARIABLE: Final = "FAULT_POINT"

_armed: tuple[str, int] | None = None
_passed = itertools.count(1)


def arm(point: str, nth: int) -> None:
    """Have this process die when it passes a point for the nth time."""
    global _armed  # noqa: PLW0603 - of this process, which is about to die
    assert point in POINTS
    _armed = point, nth
    _report_requests()


def arm_by_environment() -> None:
    """Do as `arm` does, where the environment says so."""
    if value := os.environ.get(VARIABLE):
        point, nth = value.split()
        arm(point, int(nth))


def reach(point: str) -> None:
    """Pass a point, and die if it is the one."""
    if _armed is not None and _armed[0] == point and next(_passed) == _armed[1]:
        os.kill(os.getpid(), signal.SIGKILL)


def _report_requests() -> None:
    trace = RequestState.trace

    async def reporting(state: RequestState, event: str, info: Mapping[str, Any]) -> None:
        await trace(state, event, info)
        if event.endswith(".receive_response_headers.started") and state.check is not None:  # that of a call with a key
            reach("answer")

    pytest.MonkeyPatch().setattr(RequestState, "trace", reporting)


class Fused:
    """A store whose use passes the points; to be given to an `Outbox`."""

    def __init__(self, store: OutboxStore) -> None:
        self._store = store

    async def update(self, query: Query, decide: Decision[T]) -> T:
        written: list[Record] = []

        def deciding(view: View) -> Change[T]:
            change = decide(view)
            written.clear()
            if change.record is not None:
                written.append(change.record)
                before = next((one.state for one in view.records if one.account == change.record.account), None)
                if change.record.state in ("claimed", "sending") and before != "sending":
                    reach("intent")
                elif before == "settling":
                    reach("settlement")
                elif change.record.state == "sent":
                    reach("outcome")
            return change

        answer = await self._store.update(query, deciding)
        if written and written[0].state == "sending":
            reach("departure")
        if written and written[0].state == "settling":
            reach("settling")
        return answer

    async def read(self, query: Query, decide: Decision[T]) -> T:
        return await self._store.read(query, decide)

    async def beat(self, holder: str, seconds: float) -> None:
        await self._store.beat(holder, seconds)

    async def unsettled(self, session: str | None, after: Any, limit: int) -> list[Record]:
        return await self._store.unsettled(session, after, limit)

    async def forget(self, age: float, limit: int) -> int:
        return await self._store.forget(age, limit)

    async def aclose(self) -> None:
        await self._store.aclose()
