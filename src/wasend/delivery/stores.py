"""
Where delivery keeps what must survive a restart: in memory, an SQLite file, PostgreSQL, or a store of one's own.

`wasend.delivery.conformance` holds the tests that any store must pass.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, LiteralString, Protocol, runtime_checkable

from .._storage.forks import Forks
from .._storage.postgres import PostgresDatabase
from .._storage.sqlite import Handle, SqliteFile, transaction
from ..errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg


@runtime_checkable
class Store(Protocol):
    """
    Values by key.

    A value is anything that JSON can hold but `None`, which stands for no value; a tuple comes back as a list. Each
    method may be called from any thread, and has taken effect for every other user of the data when it returns. Where
    it cannot, it raises, within seconds: a store needs a timeout of its own. What it raises reaches the caller as a
    `StoreError`, and nothing is sent.

    A store whose methods never wait for a disk, a network or another process may have an attribute ``blocking`` that is
    `False`: they are then called on the event loop. Those of any other store are called in a thread.

    A store that several machines may share may have a method ``now()`` that returns the time, as a float in seconds
    since the epoch: all that share it then go by that clock, and else each by its machine's.
    """

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        ...

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        ...

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Set the values of many keys: all of them or, where it raises or the process is killed, none."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        ...

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        """
        Replace the value of a key by what a function makes of it, in one step: nobody else writes to it in between.

        Args:
            key: The key.
            function: Gets the value, `None` where there is none, and returns the new one; `None` removes the key. It
                may be called again where somebody else was faster, and does not use the store. If it raises, nothing is
                changed.

        Returns:
            The new value.
        """
        ...


class MemoryStore(Forks):
    """A store that lasts as long as the process."""

    blocking: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[str, str] = {}
        self._lock = threading.RLock()

    # Values are kept as JSON text, as in other stores: what a caller changes later does not change what was kept.
    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        text = self._texts.get(key)
        return None if text is None else json.loads(text)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        # `copy` is atomic: no other thread can add a key meanwhile.
        found = sorted(item for item in self._texts.copy().items() if item[0].startswith(prefix))
        return [(key, json.loads(text)) for key, text in found]

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        text = json.dumps(value)
        with self._lock:
            self._texts[key] = text

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Set the values of many keys: all of them or, where it raises, none."""
        texts = {key: json.dumps(value) for key, value in values.items()}
        with self._lock:
            self._texts.update(texts)

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        with self._lock:
            self._texts.pop(key, None)

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        """Replace the value of a key by what a function makes of it, in one step; see `Store.update`."""
        with self._lock:
            value = function(self.get(key))
            if value is None:
                self.delete(key)
            else:
                self.set(key, value)
            return self.get(key)

    def after_fork_in_child(self) -> None:
        """Take a new lock: another thread of the parent may have held it."""
        self._lock = threading.RLock()


_SCHEMA: Final = ("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",)


class SqliteStore:
    """
    A store in one SQLite file.

    Values survive the end of the process, however sudden; a power cut may lose the last moments. Several stores, in
    several processes, may use one file: each waits for its turn to write, for `timeout` at most. A process that is
    forked opens the file anew.

    The file is created with access for its owner alone, as it may hold phone numbers. A file that was deleted or
    replaced while in use is an error: what it held would be lost in silence.
    """

    blocking: ClassVar[bool] = True

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 5.0) -> None:
        """
        Open a file, or create it.

        Args:
            path: The file. Beside it SQLite keeps ``-wal`` and ``-shm``: the directory must be on a local disk.
            timeout: Seconds to wait where another thread or process is writing, before a `StoreError`.

        Raises:
            ConfigurationError: The file cannot be opened, is not an SQLite database, or was written by a newer version
                of this package, in which case it is left as it is.
        """
        self._file = SqliteFile(path, name="SqliteStore", migrations=_SCHEMA, synchronous="NORMAL", timeout=timeout)
        self._handle = Handle(self._file)
        try:
            self._handle.open()
        except (sqlite3.Error, OSError, ValueError) as error:
            raise ConfigurationError(
                f"path: '{path}' cannot be used: {error}; pass a file of this package's"
            ) from error
        self._finalizer = weakref.finalize(self, self._handle.close)

    def __repr__(self) -> str:
        return repr(self._file)

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        with self._handle.using() as connection:
            return self._get(connection, key)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        # The second bound is above every text with that prefix, and lets SQLite read just these rows.
        query = "SELECT key, value FROM kept WHERE key >= ? AND key < ? ORDER BY key"
        with self._handle.using() as connection:
            rows: list[tuple[str, str]] = connection.execute(query, (prefix, prefix + "\U0010ffff")).fetchall()
        return [(key, self._read(text)) for key, text in rows]

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        self.set_many({key: value})

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Set the values of many keys, in one transaction: all of them or none."""
        rows = [(key, json.dumps(value)) for key, value in values.items()]
        with self._handle.using() as connection, transaction(connection):
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows)

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        with self._handle.using() as connection, transaction(connection):
            connection.execute("DELETE FROM kept WHERE key = ?", (key,))

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        """Replace the value of a key by what a function makes of it, in one transaction; see `Store.update`."""
        with self._handle.using() as connection, transaction(connection):
            before = self._get(connection, key)
            text = None if before is None else json.dumps(before)
            value = function(before)
            if value is None:
                if text is not None:
                    connection.execute("DELETE FROM kept WHERE key = ?", (key,))
                return None
            if (new := json.dumps(value)) != text:  # else nothing is written: most updates of a breaker change nothing
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (key, new))
            return json.loads(new)

    def close(self) -> None:
        """Close the file, as garbage collection does too. A closed store cannot be used."""
        self._handle.end()

    def _get(self, connection: sqlite3.Connection, key: str) -> Any | None:
        rows: list[tuple[str]] = connection.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchall()
        return self._read(rows[0][0]) if rows else None

    def _read(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, TypeError, RecursionError):
            raise self._file.error("it holds a value that is not JSON", "restore it from a copy") from None


_POSTGRES_SCHEMA: Final = ('CREATE TABLE wasend_store (key text COLLATE "C" PRIMARY KEY, value text NOT NULL)',)
_PUT: Final = (
    "INSERT INTO wasend_store SELECT * FROM unnest(%s::text[], %s::text[]) ORDER BY 1"  # in one order: no deadlock
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


class PostgresStore:
    """
    A store in a PostgreSQL database, for processes on several machines.

    Its table, ``wasend_store``, is made at the first use, in the first schema of the search path. Nothing is connected
    to before. Where the server cannot be reached it is tried again, for `timeout`. A process that is forked connects
    anew.
    """

    blocking: ClassVar[bool] = True

    def __init__(self, dsn: str, *, timeout: float = 5.0) -> None:
        """
        Needs the extra ``postgres``.

        Args:
            dsn: The address, such as ``postgresql://user:password@host/database``, or what else libpq takes. What is
                not in it comes from libpq's own variables, such as ``PGPASSWORD``.
            timeout: Seconds to try to connect, and to wait where another process is writing, before a `StoreError`.

        Raises:
            ConfigurationError: The extra is not installed, or the address cannot be read.
        """
        self._database = PostgresDatabase(
            dsn, application="store", migrations=_POSTGRES_SCHEMA, name="PostgresStore", timeout=timeout
        )

    def __repr__(self) -> str:
        return repr(self._database)

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        rows = self._fetched("SELECT value FROM wasend_store WHERE key = %s", key)
        return self._read(rows[0][0]) if rows else None

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        # As in SQLite: the second bound is above every text with that prefix.
        query = "SELECT key, value FROM wasend_store WHERE key >= %s AND key < %s ORDER BY key"
        return [(key, self._read(text)) for key, text in self._fetched(query, prefix, prefix + "\U0010ffff")]

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        self.set_many({key: value})

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Set the values of many keys, in one transaction: all of them or none."""
        texts = {key: json.dumps(value) for key, value in values.items()}
        rows = [*texts], [*texts.values()]
        self._database.run_blocking(lambda connection: connection.execute(_PUT, rows), repeatable=True)

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        query = "DELETE FROM wasend_store WHERE key = %s"
        self._database.run_blocking(lambda connection: connection.execute(query, (key,)), repeatable=True)

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        """Replace the value of a key by what a function makes of it, in one transaction; see `Store.update`."""

        def become(connection: psycopg.Connection[Any]) -> Any | None:
            before = self._locked(connection, key)
            text = None if before is None else json.dumps(before)
            value = function(before)
            if value is None:
                connection.execute("DELETE FROM wasend_store WHERE key = %s", (key,))
                return None
            if (new := json.dumps(value)) != text:
                connection.execute("UPDATE wasend_store SET value = %s WHERE key = %s", (new, key))
            return json.loads(new)

        return self._database.run_blocking(become)

    def now(self) -> float:
        """The time of the database, in seconds since the epoch."""
        return float(self._fetched("SELECT extract(epoch FROM clock_timestamp())::float8")[0][0])

    def close(self) -> None:
        """Close the connections. A closed store cannot be used."""
        self._database.close()

    def _fetched(self, query: LiteralString, *values: str) -> list[Any]:
        return self._database.run_blocking(
            lambda connection: connection.execute(query, values).fetchall(), repeatable=True
        )

    def _locked(self, connection: psycopg.Connection[Any], key: str) -> Any | None:
        """The value of a key, whose row nobody else changes any more; where there is none, a row for it is made."""
        while True:
            query = "SELECT value FROM wasend_store WHERE key = %s FOR UPDATE"
            rows: list[tuple[str]] = connection.execute(query, (key,)).fetchall()
            if rows:
                return self._read(rows[0][0])
            made = "INSERT INTO wasend_store VALUES (%s, 'null') ON CONFLICT DO NOTHING"
            if connection.execute(made, (key,)).rowcount:
                return None

    def _read(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._database.error("it holds a value that is not JSON", "restore it from a copy") from None
