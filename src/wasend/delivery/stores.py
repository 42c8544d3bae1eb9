"""Where delivery keeps what must survive a restart. Another store (Redis, PostgreSQL) is a class of four methods."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from ..errors import ConfigurationError


@runtime_checkable
class Store(Protocol):
    """
    Values by key.

    A value is anything that JSON can hold; a tuple comes back as a list. Each method may be called from any thread, has
    taken effect when it returns, and is expected to take well under a millisecond.
    """

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        ...

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        ...


class MemoryStore:
    """A store that lasts as long as the process."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    # Values are kept as JSON text, as in other stores: what a caller changes later does not change what was kept.
    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        text = self._texts.get(key)
        return None if text is None else json.loads(text)

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        self._texts[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        self._texts.pop(key, None)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        # `copy` is atomic: no other thread can add a key meanwhile.
        found = sorted(item for item in self._texts.copy().items() if item[0].startswith(prefix))
        return [(key, json.loads(text)) for key, text in found]


_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


class SqliteStore:
    """
    A store in one SQLite file.

    Values survive the end of the process, however sudden; a power cut may lose the last moments. Several stores, in
    several processes, may use one file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """
        Open a file, or create it.

        Args:
            path: The file. Beside it SQLite keeps ``-wal`` and ``-shm``: the directory must be on a local disk.

        Raises:
            ConfigurationError: The file cannot be opened, or is not an SQLite database.
        """
        self._lock = threading.Lock()
        try:
            # In autocommit mode each statement has taken effect, whole, when it returns.
            self._file = sqlite3.connect(Path(path), timeout=30, isolation_level=None, check_same_thread=False)
        except (sqlite3.Error, TypeError) as error:
            raise ConfigurationError(f"path: '{path}' cannot be opened: {error}") from error
        self._close = weakref.finalize(self, _close, self._file, os.getpid())
        try:
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute(_SCHEMA)
        except sqlite3.Error as error:
            self.close()
            raise ConfigurationError(f"path: '{path}' is not a database that can be written to: {error}") from error

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        rows = self._run("SELECT value FROM kept WHERE key = ?", key)
        return json.loads(rows[0][0]) if rows else None

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        self._run("INSERT OR REPLACE INTO kept VALUES (?, ?)", key, json.dumps(value))

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        self._run("DELETE FROM kept WHERE key = ?", key)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        # The second bound is above every text with that prefix, and lets SQLite read just these rows.
        rows = self._run(
            "SELECT key, value FROM kept WHERE key >= ? AND key < ? ORDER BY key", prefix, prefix + "\U0010ffff"
        )
        return [(key, json.loads(text)) for key, text in rows]

    def close(self) -> None:
        """Close the file, as garbage collection does too. A closed store cannot be used."""
        with self._lock:
            self._close()

    def _run(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        with self._lock:
            return self._file.execute(statement, values).fetchall()


def _close(file: sqlite3.Connection, owner: int) -> None:
    # A forked child must leave its parent's connection alone.
    if os.getpid() == owner:
        file.close()
