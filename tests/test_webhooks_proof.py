"""
The proof of what is promised of received events, over real servers that are killed at every moment that matters.

``WASEND_PROOF_EVENTS`` makes it as large as one likes; docs/webhooks.md gives figures.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.events import KEY
from wasend.sandbox import Sandbox

EVENTS: Final = int(os.environ.get("WASEND_PROOF_EVENTS", "120"))
FULL_SIZE: Final = EVENTS > 1000
PATIENCE: Final = 60 + EVENTS / 5
SESSIONS: Final = 2
"""Of each server: the sandbox sends the events of one session one at a time."""


@pytest.mark.skipif(os.name != "posix", reason="servers are forked, and gunicorn runs on Unix")
def test_every_event_is_handled_once_and_in_order(tmp_path: Path) -> None:
    """
    Events come twice, in another order, and again where an answer is lost; servers are killed between insert and answer,
    insert and handler, within the handler's transaction and after it. Each event is handled, no handler's effect is
    committed twice, and of what waited in a chat, what happened first came first.
    """
    kills = "20" if FULL_SIZE else "0"  # of a thousand; or once at each point
    command = [sys.executable, "-m", "tests.webhook_servers", str(tmp_path), kills]
    servers = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert servers.stdout is not None
        ports: dict[str, int] = json.loads(servers.stdout.readline())
        sandbox, sessions = sent(ports)
        expected = {
            name: {(one.session, one.event, one.id) for one in sandbox.webhooks if one.session in sessions[name]}
            for name in ports
        }
        for name in ports:
            check(name, tmp_path, expected[name])
        attempts = [attempt for one in sandbox.webhooks for attempt in one.attempts]
        assert all(one.delivered_at is not None for one in sandbox.webhooks)
        points = Counter(point for file in tmp_path.glob("*.killed") for point in file.read_text().split())
        lost = sum(not attempt.ok for attempt in attempts)
        print(
            f"{sum(map(len, expected.values()))} events, {len(attempts)} deliveries, {lost} of them not answered",
            points,
        )
        if not FULL_SIZE:
            assert points == dict.fromkeys(POINTS, len(ports))
        assert lost >= len(ports)
        assert len(attempts) > sum(map(len, expected.values()))
    finally:
        servers.terminate()
        servers.communicate(timeout=60)


POINTS: Final = ("inserted", "claimed", "written", "committed")


def sent(ports: dict[str, int]) -> tuple[Sandbox, dict[str, set[str]]]:
    """A sandbox that has posted all events, and the sessions whose events went to each server."""
    sandbox = Sandbox(webhook_key=KEY, webhook_delay=0.05, webhook_attempts=1000, seed=1)
    sandbox.faults.add("duplicate_webhook * 20%")
    sandbox.faults.add("reordered_webhook * 20%")
    sessions: dict[str, set[str]] = {}
    chosen = random.Random(1)
    made = 0
    for number, (name, port) in enumerate(ports.items()):
        sessions[name] = set()
        for index in range(SESSIONS):
            phone = f"+44770090{number}{index:03}"
            desk = sandbox.add_session(f"{name} {index}", phone, webhook_url=f"http://127.0.0.1:{port}/webhook")
            sessions[name].add(desk.id)
    every = [session for several in sessions.values() for session in several]
    while made < EVENTS:
        session = chosen.choice(every)
        person = f"+44770091{chosen.randrange(3):04}"
        if chosen.random() < 0.2:
            sandbox.typed_on_the_phone(session, person, f"{made}")
            made += 1
        else:
            sandbox.receive(session, person, f"{made}")
            made += 2  # `message` and `message.any`
    deadline = time.monotonic() + PATIENCE
    while any(one.delivered_at is None for one in sandbox.webhooks):
        assert time.monotonic() < deadline
        sandbox.drain(PATIENCE)
        time.sleep(0.1)  # each look costs more than a wait
    return sandbox, sessions


def check(name: str, folder: Path, expected: set[tuple[str, str, str]]) -> None:
    """Wait until a server has handled everything, and compare what it has done with what it was sent."""
    connection = sqlite3.connect(folder / f"{name}.db", timeout=30)
    deadline = time.monotonic() + PATIENCE
    while connection.execute("SELECT count(*) FROM events").fetchone()[0]:
        assert time.monotonic() < deadline, name
        time.sleep(0.05)
    done = connection.execute("SELECT session, name, id FROM effects").fetchall()
    late = connection.execute("SELECT count(*) FROM effects WHERE late > 0").fetchone()[0]
    connection.close()
    twice = [row for row, count in Counter(done).items() if count > 1]
    assert (name, set(done) ^ expected, twice, late) == (name, set(), [], 0)
