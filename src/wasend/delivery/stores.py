"""
Where delivery keeps what must survive a restart: in memory, in an SQLite file, or in a store of one's own.

`wasend.delivery.conformance` holds the tests that any store must pass.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from .._core.files import create_private
from ..errors import ConfigurationError, StoreError


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


class MemoryStore:
    """A store that lasts as long as the process."""

    blocking: ClassVar[bool] = False

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.RLock()
        _stores[id(self)] = self

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

    def _before_fork(self) -> None:
        pass

    def _after_fork_in_parent(self) -> None:
        pass

    def _after_fork_in_child(self) -> None:
        self._lock = threading.RLock()  # another thread may have held it


_VERSION: Final = 1
_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_TRY_AGAIN: Final = "try again; if this goes on, see which program holds it"
_PROBLEMS: Final[Mapping[str, tuple[str, str]]] = {
    "SQLITE_BUSY": ("another program has been writing to it for too long", _TRY_AGAIN),
    "SQLITE_LOCKED": ("another program has been writing to it for too long", _TRY_AGAIN),
    "SQLITE_FULL": ("the disk is full", "free some space"),
    "SQLITE_CORRUPT": ("its content is damaged", "restore it from a copy"),
    "SQLITE_NOTADB": ("its content is damaged", "restore it from a copy"),
    "SQLITE_READONLY": ("it cannot be written to", "check its permissions, and those of its folder"),
    "SQLITE_CANTOPEN": ("it cannot be opened", "check its permissions, and those of its folder"),
}
"""What SQLite's errors mean, by the first two words of their names, and what to do."""


class _Handle:
    """An open connection, and the process that it belongs to."""

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.owner = 0

    def close(self) -> None:
        # A forked child must leave its parent's connection alone.
        if self.connection is not None and os.getpid() == self.owner:
            self.connection.close()
        self.connection = None


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
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < 1e6:
            raise ConfigurationError(f"timeout: {timeout!r} is not valid; pass seconds, such as 5")
        if str(path) in ("", ":memory:"):
            raise ConfigurationError(f"path: {str(path)!r} names no file; pass a path, or use a MemoryStore")
        self._timeout = timeout
        self._lock = threading.RLock()
        self._forking: int | None = None  # the thread that does
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self._handle = _Handle()
        try:
            self._path = create_private(Path(path))
            self._connection()
        except (sqlite3.Error, OSError, TypeError, ValueError) as error:
            self._handle.close()
            raise ConfigurationError(
                f"path: '{path}' cannot be used: {error}; pass a file of this package's"
            ) from error
        except BaseException:
            self._handle.close()
            raise
        self._finalizer = weakref.finalize(self, self._handle.close)
        _stores[id(self)] = self

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    def get(self, key: str) -> Any | None:
        """The value of a key; `None` where there is none."""
        with self._using() as connection:
            return self._get(connection, key)

    def items(self, prefix: str) -> list[tuple[str, Any]]:
        """Every key that begins with `prefix`, with its value, sorted by key."""
        # The second bound is above every text with that prefix, and lets SQLite read just these rows.
        query = "SELECT key, value FROM kept WHERE key >= ? AND key < ? ORDER BY key"
        with self._using() as connection:
            rows: list[tuple[str, str]] = connection.execute(query, (prefix, prefix + "\U0010ffff")).fetchall()
        return [(key, self._read(text)) for key, text in rows]

    def set(self, key: str, value: Any) -> None:
        """Set the value of a key, and replace an earlier one."""
        self.set_many({key: value})

    def set_many(self, values: Mapping[str, Any]) -> None:
        """Set the values of many keys, in one transaction: all of them or none."""
        rows = [(key, json.dumps(value)) for key, value in values.items()]
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows)

    def delete(self, key: str) -> None:
        """Remove a key; an unknown one is not an error."""
        with self._writing() as connection:
            connection.execute("DELETE FROM kept WHERE key = ?", (key,))

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        """Replace the value of a key by what a function makes of it, in one transaction; see `Store.update`."""
        with self._writing() as connection:
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
        with self._locked():
            self._closed = True
            self._handle.close()

    def _get(self, connection: sqlite3.Connection, key: str) -> Any | None:
        rows: list[tuple[str]] = connection.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchall()
        return self._read(rows[0][0]) if rows else None

    def _read(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, TypeError, RecursionError):
            raise self._error("it holds a value that is not JSON", "restore it from a copy") from None

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._using() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _using(self) -> Generator[sqlite3.Connection]:
        with self._locked():
            try:
                if self._closed:
                    raise self._error("it is closed", "make another store")
                self._check_file()
                yield self._connection()
            except sqlite3.Error as error:
                name = "_".join((getattr(error, "sqlite_errorname", None) or "").split("_")[:2])
                problem, remedy = _PROBLEMS.get(name, (str(error), "see that its disk works, then try again"))
                raise self._error(problem, remedy) from error

    @contextmanager
    def _locked(self) -> Generator[None]:
        lock = self._lock
        if not lock.acquire(timeout=self._timeout):
            raise self._error("another thread has been using it for too long", _TRY_AGAIN)
        try:
            yield
        finally:
            lock.release()

    def _error(self, problem: str, remedy: str) -> StoreError:
        return StoreError(f"{self!r}: {problem}; {remedy}", store=repr(self))

    def _check_file(self) -> None:
        try:
            found = self._path.stat()
        except OSError as error:
            raise self._error(f"the file is gone ({error.strerror})", "restore it, and make another store") from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise self._error("the file was replaced while in use", "make another store to use the new one")

    def _connection(self) -> sqlite3.Connection:
        """The connection, opened where it is not: at first, and after a fork."""
        if self._handle.connection is not None:
            return self._handle.connection
        # In autocommit mode each statement has taken effect, whole, when it returns. `rw`: no file is created here.
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(connection)
            if self._identity is None:
                found = self._path.stat()
                self._identity = found.st_dev, found.st_ino
        except BaseException:
            connection.close()
            raise
        self._handle.connection, self._handle.owner = connection, os.getpid()
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) > _VERSION:
            raise ConfigurationError(
                f"path: '{self._path}' was written by a newer version of this package; update the package"
            )
        connection.execute("PRAGMA synchronous = NORMAL")
        self._use_wal(connection)
        if self._version(connection) < _VERSION:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")

    def _version(self, connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        # SQLite does not wait for others that change the mode of a new file at the same time.
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorname", "") != "SQLITE_BUSY" or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    # SQLite's own state does not survive a fork: another thread may be inside of it, and file locks are not inherited,
    # although the child's copy of SQLite believes that it has them. So nothing is open while a process forks.

    def _before_fork(self) -> None:
        if not self._lock.acquire(timeout=self._timeout + 1):
            return
        self._forking = threading.get_ident()
        connection = self._handle.connection
        if connection is not None and not connection.in_transaction:
            self._handle.close()

    def _after_fork_in_parent(self) -> None:
        if self._forking == threading.get_ident():
            self._forking = None
            self._lock.release()

    def _after_fork_in_child(self) -> None:
        self._lock, self._forking = threading.RLock(), None
        if self._handle.connection is not None:
            _inherited.append(self._handle.connection)  # never closed: the parent uses it
            self._handle.connection = None


_inherited: Final[list[sqlite3.Connection]] = []
_stores: Final[weakref.WeakValueDictionary[int, MemoryStore | SqliteStore]] = weakref.WeakValueDictionary()


def _each(act: Callable[[MemoryStore | SqliteStore], None]) -> Callable[[], None]:
    def act_on_each() -> None:
        # In one order, so that two threads that fork do not wait for each other.
        known = [store for reference in _stores.valuerefs() if (store := reference()) is not None]
        for store in sorted(known, key=id):
            act(store)

    return act_on_each


if sys.platform != "win32":
    os.register_at_fork(
        before=_each(lambda store: store._before_fork()),  # pyright: ignore[reportPrivateUsage]
        after_in_parent=_each(lambda store: store._after_fork_in_parent()),  # pyright: ignore[reportPrivateUsage]
        after_in_child=_each(lambda store: store._after_fork_in_child()),  # pyright: ignore[reportPrivateUsage]
    )
