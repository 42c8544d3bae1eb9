"""The inbox: what any inbox promises, and what is particular to the one in SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import time
from pathlib import Path

import psycopg
import pytest

from wasend import ConfigurationError, StoreError
from wasend.webhooks.inbox import Arrival, Counts, Inbox, MemoryInbox, PostgresInbox, SqliteInbox
from wasend.webhooks.inbox.conformance import InboxConformance


class TestMemoryInbox(InboxConformance):
    shared = False

    def open(self) -> Inbox:
        return MemoryInbox()


class TestSqliteInbox(InboxConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def open(self) -> Inbox:
        return SqliteInbox(self.folder / f"{self.name}.db")


class TestPostgresInbox(InboxConformance):
    @pytest.fixture(autouse=True)
    def _database(self, postgres: str) -> None:
        self.dsn = postgres

    def open(self) -> Inbox:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.name}"'.encode())
        return PostgresInbox(f"{self.dsn}?options=-csearch_path%3D{self.name}")


def arrival(number: int, *, lane: str = "lane") -> Arrival:
    return Arrival(keys=(b"%d" % number,), lane=lane, at=float(number), name="message", session="s", body=b"{}")


async def test_the_file_is_private_and_survives(tmp_path: Path) -> None:
    """The file is its owner's alone; what is in it is there for who opens it next."""
    path = tmp_path / "inbox.db"
    inbox = SqliteInbox(path)
    await inbox.put(arrival(1))
    await inbox.claim("killed", 1, 0.0)
    await inbox.aclose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = SqliteInbox(path)
    (claimed,) = await again.claim("next", 10, 30.0)
    assert claimed.attempt == 2
    await again.aclose()


async def test_a_clock_that_is_set_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease lasts its seconds, whatever happens to the time of day."""
    now = time.time()
    for off in (0, 86_400, -86_400):
        monkeypatch.setattr(time, "time", lambda off=off: now + off)
        inbox = SqliteInbox(tmp_path / "inbox.db")
        await inbox.put(arrival(1))
        (claimed,) = await inbox.claim("one", 1, 0.0)
        await inbox.fail(claimed, "it failed", 60.0)
        due = await inbox.due_in()
        assert due is not None
        assert 59 < due <= 60
        await inbox.claim("one", 1, 0.0)
        connection = sqlite3.connect(tmp_path / "inbox.db")
        connection.execute("UPDATE lanes SET due = due - 60")
        connection.commit()
        connection.close()
        await inbox.aclose()


async def test_a_machine_that_was_started_anew(tmp_path: Path) -> None:
    """What was claimed before the machine was started is nobody's; and its clock may have said more than now."""
    inbox = SqliteInbox(tmp_path / "inbox.db")
    await inbox.put(arrival(1))
    await inbox.claim("one", 1, 1e9)
    await inbox.aclose()
    connection = sqlite3.connect(tmp_path / "inbox.db")
    connection.execute("UPDATE machine SET started = 'before'")
    connection.commit()
    connection.close()
    again = SqliteInbox(tmp_path / "inbox.db")
    assert [one.attempt for one in await again.claim("two", 1, 1e9)] == [2]
    assert await again.claim("three", 1, 1e9) == []
    other = SqliteInbox(tmp_path / "inbox.db")
    assert await other.claim("four", 1, 1e9) == []
    await again.aclose()
    await other.aclose()


async def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A database of something else is not touched."""
    path = tmp_path / "else.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    inbox = SqliteInbox(path)
    with pytest.raises(ConfigurationError, match="something else"):
        await inbox.put(arrival(1))
    await inbox.aclose()


async def test_a_backlog_is_claimed_by_index(tmp_path: Path) -> None:
    """However much waits, in however many lanes, no query of the worker reads all of it."""
    path = tmp_path / "inbox.db"
    inbox = SqliteInbox(path)
    await asyncio.gather(*(inbox.put(arrival(number, lane=str(number % 50))) for number in range(500)))
    await inbox.aclose()
    connection = sqlite3.connect(path)
    for query in (
        "SELECT lane FROM lanes WHERE due <= 1 ORDER BY due LIMIT 5",
        "SELECT number, attempts, body FROM events WHERE lane = 'a' AND died_at IS NULL ORDER BY at, number LIMIT 1",
        "SELECT min(due) FROM lanes",
        "UPDATE lanes SET due = 1 WHERE holder = 'a'",
        "SELECT number FROM events WHERE died_at IS NOT NULL AND number > 5 ORDER BY number LIMIT 5",
        "SELECT key FROM seen WHERE at < 5 LIMIT 5",
    ):
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
        assert "USING" in plan, (query, plan)
        assert "TEMP B-TREE" not in plan, (query, plan)
    connection.close()


async def test_a_handler_shares_the_transaction(tmp_path: Path) -> None:
    """What is written by the inbox's connection is committed with the event, or not at all."""
    inbox = SqliteInbox(tmp_path / "inbox.db")
    await inbox.put(arrival(1))
    (claimed,) = await inbox.claim("one", 1, 30.0)

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE orders (text)")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await inbox.finish(claimed, breaks)
    await inbox.finish(claimed, lambda connection: connection.execute("CREATE TABLE orders (text)"))  # not there before
    assert await inbox.counts() == Counts(waiting=0, dead=0)
    await inbox.aclose()
    with pytest.raises(StoreError, match="closed"):
        await inbox.counts()
