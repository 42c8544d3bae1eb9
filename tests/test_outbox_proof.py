"""
The proof of the outbox: workers are killed at every point of a send, and each key is sent exactly once.

``WASEND_PROOF_KEYS`` and ``WASEND_PROOF_SEEDS`` make it as large as one likes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.fault_points import POINTS
from tests.outbox_worker import KILLED, Job, be_quick, client_of, outbox_of, run
from tests.raw import Peer, message, serving
from wasend.sandbox import Sandbox

KEYS: Final = int(os.environ.get("WASEND_PROOF_KEYS", "60"))
SEED: Final = int(os.environ.get("WASEND_PROOF_SEEDS", "1").partition(",")[0])
LOST: Final = ("hang POST /send* 8% processed=true", "hang POST /send* 2%")
ROUNDS: Final = (("intent", "departure", "answer", "outcome"), ("settling", "settlement", "answer", "departure"))
"""At which points the four workers of each round die."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process settles itself, it settles soon."""
    be_quick(monkeypatch)


def orders() -> tuple[tuple[str, str, str], ...]:
    """Of each key, to whom and what: every third is the same text to one of two people."""
    people = [f"+4477009004{number:02}" for number in range(12)]
    return tuple(
        (f"order-{number}", people[number % 2], "We close at five.")
        if number % 3 == 0
        else (f"order-{number}", people[number % len(people)], f"Order {number} is ready.")
        for number in range(KEYS)
    )


def test_sqlite(tmp_path: Path) -> None:
    """Workers that share a file."""
    prove(str(tmp_path / "outbox.db"), tmp_path)


def test_postgres(postgres: str, tmp_path: Path) -> None:
    """Workers that share a database."""
    prove(postgres, tmp_path)


def prove(target: str, folder: Path) -> None:
    sends, said = orders(), folder / "said"
    assert {point for round_ in ROUNDS for point in round_} == set(POINTS)
    with Sandbox(seed=SEED, faults=LOST) as sandbox, sandbox.serve():
        session = sandbox.add_session().id

        def job(seed: int, point: str | None) -> Job:
            fault = None if point is None else (point, 2 + seed % 3)
            return Job(
                url=sandbox.base_url, target=target, session=session, sends=sends, said=said, seed=seed, fault=fault
            )

        for number, points in enumerate(ROUNDS):
            ended = run([job(SEED + 4 * number + one, point) for one, point in enumerate(points)])
            print(dict(zip(points, ended, strict=True)))
            assert ended.count(KILLED) >= len(points) - 1
        assert run([job(SEED + 100 + one, None) for one in range(2)]) == [0] * 2
        records = asyncio.run(finish(sandbox.base_url, target, session, sends))
        delivered = sandbox.deliveries()
    check(sends, said, records, [(one.body["to"], one.words, one.id) for one in delivered])


async def finish(url: str, target: str, session: str, sends: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    """Settle what is left, send what was not sent, and tell what is recorded."""
    async with client_of(url, outbox := outbox_of(target)) as client:
        for _ in range(4):
            recovered = await client.outbox.recover()
            print(
                f"recovered: {len(recovered.sent)} sent, {len(recovered.not_sent)} not, {len(recovered.unknown)} unknown"
            )
            results = await asyncio.gather(
                *(client.send_text(session=session, to=to, text=text, key=key) for key, to, text in sends),
                return_exceptions=True,
            )
            failed = [one for one in results if isinstance(one, BaseException)]
            if not failed:
                break
            print(f"{len(failed)} were not sent: {failed[0]!r}")
        assert await client.outbox.unknown() == []
        entries = {key: await client.outbox.get(key) for key, _, _ in sends}
    await outbox.aclose()
    return entries


def check(
    sends: tuple[tuple[str, str, str], ...], said: Path, records: dict[str, Any], delivered: list[tuple[Any, Any, str]]
) -> None:
    """Each key was sent once, and all that was told and recorded is true."""
    expected = Counter((to, text) for _, to, text in sends)
    assert Counter((to, text) for to, text, _ in delivered) == expected
    ids = {key.rpartition("_")[2]: (to, text) for to, text, key in delivered}
    assert {record.state for record in records.values()} == {"sent"}
    assert {record.message_id for record in records.values()} == set(ids)
    for key, to, text in sends:
        assert ids[records[key].message_id] == (to, text)
    told = [json.loads(line) for line in said.read_text(encoding="utf-8").splitlines()]
    for one in told:
        if "id" in one:
            assert one["id"].rpartition("_")[2] == records[one["key"]].message_id
    print(
        f"{len(sends)} keys, {len(delivered)} messages, {len(told)} calls told, {sum('id' in one for one in told)} sent"
    )


class Plain:
    """A service that keeps texts and shows them, on raw sockets; it shares no line with the package."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._draw = random.Random(SEED)

    async def answer(self, peer: Peer) -> None:
        request = await peer.request()
        head, _, body = request.partition(b"\r\n\r\n")
        verb, target, _ = head.decode().split(" ", 2)
        dated = {"date": formatdate(usegmt=True)}
        if verb == "POST":
            trick = self._draw.random()
            sent = None if trick < 0.02 else self._keep(json.loads(body))
            if trick < 0.1:  # no answer, or a broken one
                if trick < 0.06:
                    await peer.gone()
                peer.reset()
                return
            await peer.write(message(201, {"id": sent["id"], "fromMe": True} if sent else None, dated))
            return
        url = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/contacts/check-exists":
            found: Any = {"numberExists": True, "chatId": f"{asked['phone'].lstrip('+')}@c.us"}
        else:
            chat, since = unquote(url.path.split("/")[3]), float(asked.get("filter.timestamp.gte", 0))
            there = [one for one in self.messages if one["chat"] == chat and one["timestamp"] >= since]
            offset = int(asked.get("offset", 0))
            found = there[::-1][offset : offset + int(asked.get("limit", 20))]
        await peer.write(message(200, found, dated))

    def _keep(self, body: dict[str, Any]) -> dict[str, Any]:
        chat = f"{body['to'].lstrip('+')}@c.us"
        sent = {"id": f"true_{chat}_3EB0{len(self.messages):016X}", "chat": chat, "fromMe": True, "body": body["text"]}
        sent |= {"timestamp": int(time.time()), "type": "chat", "to": body["to"]}
        self.messages.append(sent)
        return sent


def test_a_service_that_knows_nothing_of_us(tmp_path: Path) -> None:
    """So it is where the service is none of ours."""
    sends, said, target = orders(), tmp_path / "said", str(tmp_path / "outbox.db")
    plain = Plain()
    with serving(plain.answer) as server:

        def job(seed: int, fault: tuple[str, int] | None) -> Job:
            return Job(url=server.url, target=target, session="ses_1", sends=sends, said=said, seed=seed, fault=fault)

        ended = run([job(number, (point, 3)) for number, point in enumerate(("departure", "answer", "outcome"))])
        assert ended == [KILLED] * 3
        records = asyncio.run(finish(server.url, target, "ses_1", sends))
    check(sends, said, records, [(one["to"], one["body"], one["id"]) for one in plain.messages])
