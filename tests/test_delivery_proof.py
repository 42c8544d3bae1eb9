"""The proof of the promise: whatever goes wrong, nothing is sent twice, and what is said of a send is true."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any

import pytest

from wasend import AsyncWasendClient, Message, Retry, WasendError
from wasend.sandbox import Clock, Sandbox

SENDS = int(os.environ.get("WASEND_PROOF_SENDS", "500"))
FULL_SIZE = 2000  # sends; docs/delivery.md gives the figures
TASKS = 50
SEND = "POST /sendText"
STORM = (
    f"hang {SEND} 5% processed=true",  # a lost answer: delivered
    f"hang {SEND} 5%",  # a lost answer: not delivered
    f"rate_limit {SEND} 10% seconds=1",
    f"500 {SEND} 2% processed=true",
    f"500 {SEND} 3%",
    f"reset_after {SEND} 1%",
    f"reset {SEND} 2%",
    f"refuse {SEND} 2%",
)
BLIND = {("sent", 1), ("unknown", 0), ("unknown", 1)}
UNREADABLE = "500 GET /{session}/chats/{chat}/messages 20%"


def storm(seed: int, *more: str) -> Sandbox:
    return Sandbox(seed=seed, clock=Clock(stopped=True), faults=(*STORM, *more))


async def send_all(client: AsyncWasendClient, session: str, sends: int) -> dict[tuple[str, str], Message | WasendError]:
    """Send many texts from many tasks; what was said of each."""
    todo = iter([(f"+4477009{number % 300:05}", f"No. {number}") for number in range(sends)])
    told: dict[tuple[str, str], Message | WasendError] = {}

    async def work() -> None:
        for to, text in todo:
            try:
                told[to, text] = await client.send_text(session=session, to=to, text=text)
            except WasendError as error:
                told[to, text] = error

    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(work())
    return told


def outcome(told: Message | WasendError) -> str:
    return told.outcome if isinstance(told, WasendError) else "sent"


async def in_the_storm(
    sandbox: Sandbox, sends: int = SENDS, **options: Any
) -> tuple[Counter[tuple[str, int]], dict[Any, Any]]:
    """How often each outcome was told of messages that were delivered so often, and what was told of each."""
    session = sandbox.add_session().id
    async with sandbox.async_client(**options) as client:
        told = await send_all(client, session, sends)
    delivered = Counter((one.chat, one.content) for one in sandbox.deliveries())
    sandbox.assert_no_duplicates()
    assert len(told) == sends
    return Counter(
        (outcome(what), delivered[f"{to.removeprefix('+')}@c.us", text]) for (to, text), what in told.items()
    ), told


@pytest.mark.parametrize(("seed", "sends"), [(1, FULL_SIZE), (2, SENDS)])
async def test_settled(seed: int, sends: int) -> None:
    """With settling, what was delivered is told as sent, and nothing else is; what stays unknown was not delivered."""
    sandbox = storm(seed)
    counts, told = await in_the_storm(sandbox, sends, settle=True)
    print(f"settled: {dict(counts)}")
    assert {("sent", 1), ("unknown", 0)} <= set(counts) <= {("sent", 1), ("not_sent", 0), ("unknown", 0)}
    assert counts["unknown", 0] < sends * 0.15
    # Looked for and not there: that is all that anybody can know.
    assert all(what.settlement.seen is not None for what in told.values() if outcome(what) == "unknown")


async def test_settled_where_reading_back_fails() -> None:
    """Where reading back fails now and then it is tried again; nothing false is told for it."""
    counts, _ = await in_the_storm(storm(3, UNREADABLE), settle=True)
    print(f"settled, reading back fails at times: {dict(counts)}")
    assert {("sent", 1), ("unknown", 0)} <= set(counts) <= {("sent", 1), ("not_sent", 0), ("unknown", 0)}


async def test_settled_where_reading_back_always_fails() -> None:
    """Where nothing can be read back, what was not answered stays unknown, delivered or not; nothing false is told."""
    counts, told = await in_the_storm(storm(4, UNREADABLE.replace("20%", "")), settle=True)
    print(f"settled, nothing can be read back: {dict(counts)}")
    assert BLIND <= set(counts) <= BLIND | {("not_sent", 0)}
    unknown = [what for what in told.values() if outcome(what) == "unknown"]
    assert all("reading back failed" in what.settlement.reason for what in unknown)


async def test_unsettled() -> None:
    """Without settling nothing is sent twice either, and nothing is told as sent that was not, nor the reverse."""
    counts, _ = await in_the_storm(storm(5), retry=Retry(max_retries=1))
    print(f"not settled: {dict(counts)}")
    assert BLIND <= set(counts) <= BLIND | {("not_sent", 0)}
