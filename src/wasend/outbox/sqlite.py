"""The outbox in an SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from .._storage.sqlite import SqliteDatabase
from .entry import OPEN, Decision, Query, Record, View
from .spans import MachineClock

T = TypeVar("T")

_MIGRATIONS: Final = (
    """
    CREATE TABLE calls (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        account TEXT NOT NULL,
        session TEXT NOT NULL,
        identity BLOB NOT NULL,
        fingerprint INTEGER NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        sending_attempt INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        since REAL,
        holder TEXT,
        turn INTEGER,
        lease TEXT,
        claim TEXT,
        details TEXT,
        intent TEXT
    );
    CREATE UNIQUE INDEX calls_by_key ON calls (key, account);
    CREATE UNIQUE INDEX calls_by_claim ON calls (claim) WHERE claim IS NOT NULL;
    CREATE INDEX calls_by_fingerprint ON calls (fingerprint);
    CREATE INDEX calls_by_change ON calls (changed);
    CREATE INDEX calls_unsettled ON calls (id) WHERE state IN ('sending', 'settling', 'unknown');
    CREATE TABLE holders (holder TEXT PRIMARY KEY, lease TEXT NOT NULL) WITHOUT ROWID;
    """,
)
_COLUMNS: Final = (
    "id, key, account, session, identity, fingerprint, state, attempt, sending_attempt, changed, since, holder, turn,"
    " lease, claim, details, intent"
)
_OPEN: Final = f"state IN ({', '.join(map(repr, OPEN))})"
_LEASE: Final = "(SELECT lease FROM holders WHERE holders.holder = calls.holder)"
_SELECT: Final = f"SELECT {_COLUMNS}, {_LEASE} FROM calls"  # noqa: S608 - no values in it
_PARTS: Final = tuple(_SELECT.replace(" FROM calls", f", {part} FROM calls") for part in range(3))
"""The same for each part of a `View`, whose number is the last column."""
_WRITTEN: Final = _COLUMNS.partition(", ")[2]
_INSERT: Final = f"INSERT INTO calls ({_WRITTEN}) VALUES ({', '.join('?' * len(_WRITTEN.split(',')))})"  # noqa: S608
_UPDATE: Final = f"UPDATE calls SET ({_WRITTEN}) = ({', '.join('?' * len(_WRITTEN.split(',')))}) WHERE id = ?"  # noqa: S608
# What does not change is left out: SQLite would write it into its indexes anew.
_MOVED: Final = _WRITTEN.partition("fingerprint, ")[2]
_MOVE: Final = f"UPDATE calls SET ({_MOVED}) = ({', '.join('?' * len(_MOVED.split(',')))}) WHERE id = ?"  # noqa: S608
_OLDEST_HOLDER: Final = 86_400.0


class SqliteOutboxStore:
    """
    An outbox in one SQLite file, which several processes of one machine may share.

    Each write has reached the disk when it returns; many that are made at once share one commit. The file is created
    with access for its owner alone.

    Args:
        path: The file, on a local disk.
        clock: By which spans of time are told; tests may give another.
        timeout: Seconds to wait where another process is writing.

    Raises:
        ConfigurationError: An argument makes no sense.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: MachineClock | None = None, timeout: float = 5.0
    ) -> None:
        self._clock = clock or MachineClock()
        self._database = SqliteDatabase(
            path, application="outbox", migrations=_MIGRATIONS, name="Outbox", timeout=timeout
        )

    def __repr__(self) -> str:
        return repr(self._database)

    async def update(self, query: Query, decide: Decision[T]) -> T:
        """Decide and write; see `OutboxStore`."""

        # One writes at a time: what is seen stays so until it is written.
        def write(connection: sqlite3.Connection) -> T:
            view = self._view(connection, query)
            change = decide(view)
            if change.record is not None:
                self._put(connection, change.record, view)
            return change.answer

        return await self._database.write(write)

    async def read(self, query: Query, decide: Decision[T]) -> T:
        """Decide where nothing is to be written; see `OutboxStore`."""
        return await self._database.read(lambda connection: decide(self._view(connection, query)).answer)

    async def beat(self, holder: str, seconds: float) -> None:
        """Say that a holder is alive; see `OutboxStore`."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO holders VALUES (?, ?)", (holder, self._clock.moment(seconds)))

        await self._database.write(write, durable=False)

    async def unsettled(self, session: str | None, after: Any, limit: int) -> list[Record]:
        """The records that are open; see `OutboxStore`."""
        where = f"{_OPEN} AND id > ?" + ("" if session is None else " AND session = ?")
        values = (after or 0,) if session is None else (after or 0, session)
        sql = f"{_SELECT} WHERE {where} ORDER BY id LIMIT {limit:d}"
        return await self._database.read(lambda connection: self._records(connection, sql, values))

    async def forget(self, age: float, limit: int) -> int:
        """Remove what is old; see `OutboxStore`."""
        before = int(self._clock.wall() - age)
        old = f"SELECT id FROM calls WHERE changed < ? AND NOT ({_OPEN}) ORDER BY changed LIMIT {limit:d}"  # noqa: S608

        def write(connection: sqlite3.Connection) -> int:
            holders: list[tuple[str, str]] = connection.execute("SELECT holder, lease FROM holders").fetchall()
            gone = [(name,) for name, lease in holders if self._clock.until(lease) < -_OLDEST_HOLDER]
            connection.executemany("DELETE FROM holders WHERE holder = ?", gone)
            return connection.execute(f"DELETE FROM calls WHERE id IN ({old})", (before,)).rowcount  # noqa: S608

        return await self._database.write(write, durable=False)

    async def aclose(self) -> None:
        """Close the file."""
        await self._database.aclose()

    def _view(self, connection: sqlite3.Connection, query: Query) -> View:
        # One statement: each lets go of the interpreter's lock several times, then waits for it behind the event loop.
        sql, values = f"{_PARTS[0]} WHERE key = ?", list[object]((query.key,))
        if query.fingerprints:
            marks, since = _marks(query.fingerprints), min(query.changed_since, 2.0**62)
            sql += f" UNION ALL {_PARTS[1]} WHERE fingerprint IN ({marks}) AND ({_OPEN} OR changed >= ?)"
            values += [*query.fingerprints, since]
        if query.claims:
            sql += f" UNION ALL {_PARTS[2]} WHERE claim IN ({_marks(query.claims)})"
            values += query.claims
        found = list[Record](), list[Record](), list[Record]()
        rows: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
        for row in rows:
            part: int = row[-1]
            found[part].append(self._record(*row[:-1]))
        return View(*found)

    def _records(self, connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> list[Record]:
        rows: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
        return [self._record(*row) for row in rows]

    def _record(
        self,
        id: int,
        key: str,
        account: str,
        session: str,
        identity: bytes,
        fingerprint: int,
        state: Any,
        attempt: int,
        sending_attempt: int,
        changed: int,
        since: float | None,
        holder: str | None,
        turn: int | None,
        lease: str | None,
        claim: str | None,
        details: str | None,
        intent: str | None,
        holder_lease: str | None,
    ) -> Record:
        is_held = state in ("claimed", "sending", "settling")
        return Record(
            id=id,
            key=key,
            account=account,
            session=session,
            identity=identity,
            fingerprint=fingerprint,
            state=state,
            attempt=attempt,
            sending_attempt=sending_attempt,
            changed=float(changed),
            since=since,
            holder=holder or "",
            turn=turn or 0,
            lease=self._clock.until(lease),
            holder_lease=self._clock.until(holder_lease) if is_held else 0.0,
            claim=claim,
            details=details,
            intent=intent,
        )

    def _put(self, connection: sqlite3.Connection, record: Record, view: View) -> None:
        fixed = _fixed(record)
        moved = (
            record.state,
            record.attempt,
            record.sending_attempt,
            int(self._clock.wall()),
            record.since,
            record.holder or None,
            record.turn or None,
            self._clock.moment(record.lease) if record.state in OPEN else None,
            record.claim,
            record.details,
            record.intent,
        )
        if record.id is None:
            connection.execute(_INSERT, (*fixed, *moved))
        elif any(one.id == record.id and fixed == _fixed(one) for one in view.records):
            connection.execute(_MOVE, (*moved, record.id))
        else:
            connection.execute(_UPDATE, (*fixed, *moved, record.id))


def _fixed(record: Record) -> tuple[object, ...]:
    """What hardly ever changes."""
    return record.key, record.account, record.session, record.identity, record.fingerprint


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
