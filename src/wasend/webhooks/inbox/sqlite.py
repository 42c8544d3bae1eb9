"""The inbox in one SQLite file: nothing to install, and as many processes of one machine as there are."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ..._core.clock import SYSTEM_CLOCK, Clock
from ..._storage.sqlite import SqliteDatabase
from ...outbox.spans import MachineClock
from .protocol import Arrival, Claimed, Counts, DeadLetter

# An event is a row for as long as it is not handled; of one that was, its keys stay. A lane is a row for as long as
# events of it wait. `due` says when the lane may be worked on: the end of a lease, of a pause after a failure, or now,
# by a clock of the machine that nobody sets. It begins anew when the machine is started: then nobody holds anything.
_SCHEMA: Final = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL,
    at REAL NOT NULL,
    name TEXT NOT NULL,
    session TEXT NOT NULL,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    died_at REAL
);
CREATE INDEX waiting ON events (lane, at, number) WHERE died_at IS NULL;
CREATE INDEX dead ON events (number) WHERE died_at IS NOT NULL;
CREATE TABLE lanes (lane TEXT PRIMARY KEY, due REAL NOT NULL, holder TEXT, number INTEGER) WITHOUT ROWID;
CREATE INDEX lanes_due ON lanes (due);
CREATE INDEX lanes_holder ON lanes (holder) WHERE holder IS NOT NULL;
CREATE TABLE seen (key BLOB PRIMARY KEY, number INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);
CREATE TABLE machine (started TEXT NOT NULL);
CREATE TABLE positions (name TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""
_PRUNED: Final = 1000
_FIRST: Final = (
    "SELECT number, attempts, body FROM events WHERE lane = ? AND died_at IS NULL ORDER BY at, number LIMIT 1"
)
_HELD: Final = """
SELECT 1 FROM lanes JOIN events USING (number)
WHERE lanes.lane = ? AND holder = ? AND number = ? AND attempts = ? AND died_at IS NULL
"""
_ADD: Final = "INSERT INTO events (lane, at, name, session, body) VALUES (?, ?, ?, ?, ?)"
_OPEN: Final = "INSERT INTO lanes (lane, due) VALUES (?, ?) ON CONFLICT DO NOTHING"


class _Known(Exception):
    """The event is there already."""


class SqliteInbox:
    """
    An inbox in an SQLite file. What it took survives a power cut; any number of this machine's processes may share it.

    The file is created with access for its owner alone: it holds what people write until that is handled.

    Args:
        path: The file. Beside it SQLite keeps ``-wal`` and ``-shm``: the directory must be on a local disk.
        clock: Where the time of day comes from.
        timeout: Seconds to wait where another process is writing.

    Raises:
        ConfigurationError: An argument makes no sense.
    """

    transactions: bool = True

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock = SYSTEM_CLOCK, timeout: float = 5.0) -> None:
        self._clock = clock
        self._machine = MachineClock()
        self._is_of_this_start = False
        self._database = SqliteDatabase(
            path, application="inbox", migrations=(_SCHEMA,), name="SqliteInbox", timeout=timeout
        )

    def __repr__(self) -> str:
        return repr(self._database)

    async def put(self, arrival: Arrival) -> bool:
        """Keep an event; see `Inbox.put`."""
        now, due, keys = self._clock.now(), self._machine.now(), dict.fromkeys(arrival.keys)

        def put(connection: sqlite3.Connection) -> None:
            self._begin(connection)
            row = (arrival.lane, arrival.at, arrival.name, arrival.session, arrival.body)
            number = connection.execute(_ADD, row).lastrowid
            marks = ", ".join(["(?, ?, ?)"] * len(keys))
            seen = [value for key in keys for value in (key, number, now)]
            new = connection.execute(f"INSERT INTO seen VALUES {marks} ON CONFLICT DO NOTHING", seen).rowcount  # noqa: S608
            if new < len(keys):
                raise _Known  # and what was inserted is undone
            connection.execute(_OPEN, (arrival.lane, due))

        try:
            await self._database.write(put)
        except _Known:
            return False
        self._is_of_this_start = True
        return True

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Where the machine was started since the file was used last: what was claimed then is nobody's, and due."""
        if self._is_of_this_start:
            return
        started = self._machine.start
        if connection.execute("SELECT started FROM machine").fetchall() != [(started,)]:
            connection.execute("UPDATE lanes SET due = 0, holder = NULL")
            connection.execute("DELETE FROM machine")
            connection.execute("INSERT INTO machine VALUES (?)", (started,))

    async def claim(self, holder: str, count: int, lease: float) -> Sequence[Claimed]:
        """Take the first event of some lanes; see `Inbox.claim`."""
        now = self._machine.now()

        def claim(connection: sqlite3.Connection) -> list[Claimed]:
            self._begin(connection)
            claimed: list[Claimed] = []
            due = connection.execute("SELECT lane FROM lanes WHERE due <= ? ORDER BY due LIMIT ?", (now, count))
            for (lane,) in due.fetchall():
                number, attempts, body = connection.execute(_FIRST, (lane,)).fetchone()
                connection.execute("UPDATE events SET attempts = attempts + 1 WHERE number = ?", (number,))
                connection.execute(
                    "UPDATE lanes SET due = ?, holder = ?, number = ? WHERE lane = ?",
                    (now + lease, holder, number, lane),
                )
                claimed.append(Claimed(number=number, attempt=attempts + 1, lane=lane, holder=holder, body=body))
            return claimed

        # A claim that a power cut undoes is nobody's any more.
        found = await self._database.write(claim, durable=False)
        self._is_of_this_start = True
        return found

    async def renew(self, holder: str, lease: float) -> None:
        """Begin the lease of a worker anew; see `Inbox.renew`."""
        row = self._machine.now() + lease, holder
        await self._database.write(
            lambda connection: connection.execute("UPDATE lanes SET due = ? WHERE holder = ?", row), durable=False
        )

    async def finish(self, claimed: Claimed, effect: Callable[[Any], Any] | None = None) -> bool:
        """Record that an event has been handled; see `Inbox.finish`."""
        due = self._machine.now()

        def finish(connection: sqlite3.Connection) -> bool:
            if not _is_held(connection, claimed):
                return False
            if effect is not None:
                effect(connection)
            connection.execute("DELETE FROM events WHERE number = ?", (claimed.number,))
            _leave(connection, claimed.lane, due)
            return True

        # Without an effect, a power cut may undo it: then the event is handled again, as after a crash.
        return await self._database.write(finish, durable=effect is not None)

    async def fail(self, claimed: Claimed, error: str, again_in: float | None) -> bool:
        """Record that an event could not be handled; see `Inbox.fail`."""
        now, due = self._clock.now(), self._machine.now()

        def fail(connection: sqlite3.Connection) -> bool:
            if not _is_held(connection, claimed):
                return False
            died_at = now if again_in is None else None
            row = error, died_at, claimed.number
            connection.execute("UPDATE events SET error = ?, died_at = ? WHERE number = ?", row)
            if again_in is None:
                _leave(connection, claimed.lane, due)
            else:
                connection.execute(
                    "UPDATE lanes SET due = ?, holder = NULL WHERE lane = ?", (due + again_in, claimed.lane)
                )
            return True

        return await self._database.write(fail, durable=False)

    async def release(self, claimed: Claimed) -> None:
        """Give an event back; see `Inbox.release`."""
        due = self._machine.now()

        def release(connection: sqlite3.Connection) -> None:
            if _is_held(connection, claimed):
                connection.execute("UPDATE events SET attempts = attempts - 1 WHERE number = ?", (claimed.number,))
                connection.execute("UPDATE lanes SET due = ?, holder = NULL WHERE lane = ?", (due, claimed.lane))

        await self._database.write(release, durable=False)

    async def due_in(self) -> float | None:
        """In how many seconds something may be claimed; see `Inbox.due_in`."""
        due = await self._database.read(lambda connection: connection.execute("SELECT min(due) FROM lanes").fetchone())
        return None if due[0] is None else due[0] - self._machine.now()

    async def counts(self) -> Counts:
        """How many events there are."""

        def count(connection: sqlite3.Connection) -> Counts:
            dead = connection.execute("SELECT count(*) FROM events WHERE died_at IS NOT NULL").fetchone()[0]
            every = connection.execute("SELECT count(*) FROM events").fetchone()[0]
            return Counts(waiting=every - dead, dead=dead)

        return await self._database.read(count)

    async def position(self, name: str) -> float | None:
        """What `set_position` kept."""
        query = "SELECT at FROM positions WHERE name = ?"
        row = await self._database.read(lambda connection: connection.execute(query, (name,)).fetchone())
        return None if row is None else row[0]

    async def set_position(self, name: str, at: float) -> None:
        """Keep a number by a name."""
        statement = "INSERT OR REPLACE INTO positions VALUES (?, ?)"
        await self._database.write(lambda connection: connection.execute(statement, (name, at)))

    async def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[DeadLetter]:
        """List events that were given up; see `Inbox.dead_letters`."""
        query = """
        SELECT number, name, session, attempts, error, died_at, body FROM events
        WHERE died_at IS NOT NULL AND number > ? ORDER BY number LIMIT ?
        """
        rows = await self._database.read(lambda connection: connection.execute(query, (after, limit)).fetchall())
        return [letter(*row) for row in rows]

    async def replay(self, number: int) -> bool:
        """Have an event that was given up handled again."""
        due = self._machine.now()

        def replay(connection: sqlite3.Connection) -> bool:
            statement = (
                "UPDATE events SET died_at = NULL, attempts = 0 WHERE number = ? AND died_at IS NOT NULL RETURNING lane"
            )
            row = connection.execute(statement, (number,)).fetchone()
            if row is not None:
                connection.execute(_OPEN, (row[0], due))
            return row is not None

        return await self._database.write(replay)

    async def drop(self, number: int) -> bool:
        """Forget an event that was given up."""
        statement = "DELETE FROM events WHERE number = ? AND died_at IS NOT NULL"
        return await self._database.write(lambda connection: connection.execute(statement, (number,)).rowcount > 0)

    async def prune(self, keep: float) -> int:
        """Forget the keys of events that were handled or dropped; see `Inbox.prune`."""
        before = self._clock.now() - keep
        statement = """
        DELETE FROM seen WHERE key IN (
            SELECT key FROM seen WHERE at < ? AND NOT EXISTS (SELECT 1 FROM events WHERE events.number = seen.number)
            LIMIT ?)
        """
        return await self._database.write(
            lambda connection: connection.execute(statement, (before, _PRUNED)).rowcount, durable=False
        )

    async def aclose(self) -> None:
        """Close the file."""
        await self._database.aclose()


def letter(
    number: int, name: str, session: str, attempts: int, error: str | None, died_at: float, body: bytes
) -> DeadLetter:
    """A dead letter of a row."""
    return DeadLetter(
        number=number,
        name=name,
        session=session,
        attempts=attempts,
        error=error or "",
        died_at=datetime.fromtimestamp(died_at, UTC),
        body=bytes(body),
    )


def _is_held(connection: sqlite3.Connection, claimed: Claimed) -> bool:
    row = claimed.lane, claimed.holder, claimed.number, claimed.attempt
    return connection.execute(_HELD, row).fetchone() is not None


def _leave(connection: sqlite3.Connection, lane: str, now: float) -> None:
    """Let the next event of a lane have its turn; a lane without one is gone."""
    if connection.execute(_FIRST, (lane,)).fetchone() is None:
        connection.execute("DELETE FROM lanes WHERE lane = ?", (lane,))
    else:
        connection.execute("UPDATE lanes SET due = ?, holder = NULL WHERE lane = ?", (now, lane))
