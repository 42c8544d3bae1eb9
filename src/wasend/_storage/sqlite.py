"""
A file of this package's in SQLite: how it is opened, who may write when, and what its errors mean.

`SqliteFile` opens connections, a `Handle` keeps one for use by one thread at a time, and `SqliteDatabase` writes from
any number of event loops and threads, many writes a commit.
"""

from __future__ import annotations

import asyncio
import copy
import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar

import attrs

from .._core.files import create_private
from ..errors import ConfigurationError, StoreError
from .forks import Forks
from .workers import Workers

T = TypeVar("T")
Connection = sqlite3.Connection

APPLICATIONS: Final[Mapping[str, int]] = {
    name: int.from_bytes(code) for name, code in (("outbox", b"WSob"), ("inbox", b"WSib"))
}
"""The kinds of file, and the `application_id` in the header of each. A `SqliteStore` has none."""

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
_BATCH: Final = 256
"""Writes that share a commit at most: other processes wait meanwhile."""


class SqliteFile:
    """
    A file, and how it is opened.

    It is created when it is first opened, with access for its owner alone. A file that was deleted or replaced while in
    use is an error: what it held would be lost in silence.

    Args:
        path: The file. Beside it SQLite keeps ``-wal`` and ``-shm``: the directory must be on a local disk.
        name: What errors call it: the name of the class that its user made.
        application: The kind of file, of `APPLICATIONS`; another is refused. `None` is one without a kind.
        migrations: SQL scripts that make the schema, one a version; once released, a script never changes.
        synchronous: Whether what is committed survives a power cut (``FULL``), or the end of the process only.
        timeout: Seconds to wait where another thread or process is writing.

    Raises:
        ConfigurationError: An argument makes no sense.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str,
        application: str | None = None,
        migrations: Sequence[str],
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        timeout: float = 5.0,
    ) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < 1e6:
            raise ConfigurationError(f"timeout: {timeout!r} is not valid; pass seconds, such as 5")
        if str(path) in ("", ":memory:"):
            raise ConfigurationError(f"path: {str(path)!r} names no file; pass a path")
        try:
            self.path = Path(path).absolute()
        except (TypeError, OSError) as error:
            raise ConfigurationError(f"path: {error}; pass a path") from None
        self.timeout = timeout
        self._name = name
        self._application = application
        self._migrations = migrations
        self._synchronous = synchronous
        self._identity: tuple[int, int] | None = None

    def __repr__(self) -> str:
        return f"{self._name}({str(self.path)!r})"

    def connect(self) -> Connection:
        """
        Open a connection in autocommit mode; create the file and migrate it where that is needed.

        Raises:
            ConfigurationError: The file is of another kind, or was written by a newer version of this package. It is
                left as it is.
            sqlite3.Error: It cannot be opened.
            OSError: It cannot be opened.
            ValueError: Its name cannot be that of a file.
        """
        if self._identity is None:
            self.path = create_private(self.path)
        # In autocommit mode each statement has taken effect, whole, when it returns. `rw`: no file is created here.
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            timeout=self.timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(connection)
            if self._identity is None:
                found = self.path.stat()
                self._identity = found.st_dev, found.st_ino
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self) -> None:
        """
        See that the file is the one that was opened first.

        Raises:
            StoreError: It is gone, or another.
        """
        if self._identity is None:
            return
        try:
            found = self.path.stat()
        except OSError as error:
            raise self.error(f"the file is gone ({error.strerror})", "restore it, and open it anew") from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise self.error("the file was replaced while in use", "open it anew to use the new one")

    def error(self, problem: str, remedy: str) -> StoreError:
        """The error for a problem with this file."""
        return StoreError(f"{self!r}: {problem}; {remedy}", store=repr(self))

    def failure(self, error: Exception) -> StoreError:
        """The error for what SQLite or the system raised."""
        if not isinstance(error, sqlite3.Error):
            return self.error(f"it cannot be opened ({error})", "check its permissions, and those of its folder")
        name = "_".join((getattr(error, "sqlite_errorname", None) or "").split("_")[:2])
        return self.error(*_PROBLEMS.get(name, (str(error), "see that its disk works, then try again")))

    def _prepare(self, connection: Connection) -> None:
        self._refuse_others(connection)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        if self._synchronous == "FULL":
            connection.execute("PRAGMA fullfsync = ON")  # or macOS leaves it in the memory of the disk
        self._use_wal(connection)
        if _pragma(connection, "user_version") < len(self._migrations):
            with transaction(connection):
                self._migrate(connection)

    def _refuse_others(self, connection: Connection) -> None:
        # In this order, for another process may be making the file just now: what has a schema has its kind as well.
        bare = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        found = _pragma(connection, "application_id")
        empty = bare and not found
        if found != APPLICATIONS.get(self._application or "", 0) and not empty:
            kind = next((f"the {name} of a client" for name, code in APPLICATIONS.items() if code == found), "")
            raise ConfigurationError(
                f"path: '{self.path}' is {kind or 'a file of something else'}; name another file, or a new one"
            )
        if _pragma(connection, "user_version") > len(self._migrations):
            raise ConfigurationError(
                f"path: '{self.path}' was written by a newer version of this package; update the package"
            )

    def _use_wal(self, connection: Connection) -> None:
        # SQLite does not wait for others that change the mode of a new file at the same time.
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorname", "") != "SQLITE_BUSY" or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _migrate(self, connection: Connection) -> None:
        # Once more, within the transaction: another process may have been faster.
        self._refuse_others(connection)
        for script in self._migrations[_pragma(connection, "user_version") :]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(self._migrations)}")
        if self._application is not None:
            connection.execute(f"PRAGMA application_id = {APPLICATIONS[self._application]}")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    # `executescript` would commit first.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


@contextmanager
def transaction(connection: Connection) -> Generator[None]:
    """Have the block's writes take effect together, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


class Handle(Forks):
    """
    One connection to a file, opened when it is needed, for one thread at a time.

    SQLite's own state does not survive a fork: another thread may be inside of it, and file locks are not inherited,
    although the child's copy of SQLite believes that it has them. So nothing is open while a process forks.
    """

    def __init__(self, file: SqliteFile, *, query_only: bool = False) -> None:
        super().__init__()
        self.file = file
        self._query_only = query_only
        self.connection: Connection | None = None
        self.closed = False
        self._owner = 0
        self._lock = threading.RLock()
        self._forking: int | None = None  # the thread that does

    @contextmanager
    def using(self) -> Generator[Connection]:
        """
        Use the connection.

        Raises:
            ConfigurationError: The file is of another kind, or a newer one.
            StoreError: Whatever else goes wrong with the file, in the block as well.
        """
        with self._locked():
            try:
                if self.closed:
                    raise self.file.error("it is closed", "make another")
                self.file.check()
                try:
                    connection = self.open()
                except (OSError, ValueError) as error:
                    raise self.file.failure(error) from error
                yield connection
            except sqlite3.Error as error:
                raise self.file.failure(error) from error

    def open(self) -> Connection:
        """The connection, opened where it is not; whatever that raises."""
        if self.connection is None:
            self.connection, self._owner = self.file.connect(), os.getpid()
            if self._query_only:
                self.connection.execute("PRAGMA query_only = ON")
        return self.connection

    def close(self) -> None:
        """Close the connection, once nobody uses it; the next use opens another. It raises nothing."""
        lock = self._lock
        if lock.acquire(timeout=self.file.timeout):
            try:
                # A forked child must leave its parent's connection alone.
                if self.connection is not None and os.getpid() == self._owner:
                    self.connection.close()
                self.connection = None
            finally:
                lock.release()

    def end(self) -> None:
        """Close the connection for good."""
        self.closed = True
        self.close()

    @contextmanager
    def _locked(self) -> Generator[None]:
        lock = self._lock
        if not lock.acquire(timeout=self.file.timeout):
            raise self.file.error("another thread has been using it for too long", _TRY_AGAIN)
        try:
            yield
        finally:
            lock.release()

    def before_fork(self) -> None:
        """Close the connection, once nobody uses it."""
        if not self._lock.acquire(timeout=self.file.timeout + 1):
            return
        self._forking = threading.get_ident()
        if self.connection is not None and not self.connection.in_transaction:
            self.close()

    def after_fork_in_parent(self) -> None:
        """Let others use it again."""
        if self._forking == threading.get_ident():
            self._forking = None
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave alone what is the parent's."""
        self._lock, self._forking = threading.RLock(), None
        if self.connection is not None:
            _inherited.append(self.connection)  # never closed: the parent uses it
            self.connection = None


_inherited: Final[list[Connection]] = []


@attrs.frozen(eq=False)
class _Write(Generic[T]):
    """
    Something to write.

    Attributes:
        function: Writes it.
        durable: Whether it must survive a power cut.
        awaited: What is awaited for it on an event loop; `None` where a thread waits.
        future: What comes of it; one that was cancelled is not begun.
    """

    function: Callable[[Connection], T]
    durable: bool
    awaited: asyncio.Future[T] | None = None
    future: Future[T] = attrs.field(factory=Future[T])

    def arrive(self) -> None:
        """Tell who awaits it, on its event loop."""
        if self.awaited is None or self.awaited.done():
            return
        if (fault := self.future.exception()) is None:
            self.awaited.set_result(self.future.result())
        else:
            self.awaited.set_exception(fault)


class SqliteDatabase(Forks):
    """
    An SQLite file that is written to by one thread, many writes a commit, and read by another.

    It may be used from any number of event loops and threads, by several processes, and after a fork. The file is
    opened at its first use. No wait for it is longer than 5 s and `timeout`.

    A function that is passed to `write` or `read` gets an `sqlite3.Connection`, uses it and nothing else, and returns
    soon. It begins and ends no transaction. That of a write may be called a second time, after all that it did was
    undone.

    Args:
        path: The file. Beside it SQLite keeps ``-wal`` and ``-shm``: the directory must be on a local disk.
        application: The kind of file, of `APPLICATIONS`; one of another kind is refused.
        migrations: SQL scripts that make the schema, one a version; once released, a script never changes.
        name: What errors call it, before its path.
        synchronous: Whether what is committed survives a power cut (``FULL``), or the end of the process only.
        timeout: Seconds to wait where another process is writing.

    Raises:
        ConfigurationError: An argument makes no sense.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        application: str,
        migrations: Sequence[str],
        name: str = "SqliteDatabase",
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        timeout: float = 5.0,
    ) -> None:
        super().__init__()
        self.file = SqliteFile(
            path,
            name=name,
            application=application,
            migrations=migrations,
            synchronous=synchronous,
            timeout=timeout,
        )
        self._full = synchronous == "FULL"
        self._writers = Workers(1, name="wasend-writer", patience=timeout + 5, error=self.file.error)
        self._readers = Workers(1, name="wasend-reader", patience=timeout + 5, error=self.file.error)
        self._writer, self._reader = Handle(self.file), Handle(self.file, query_only=True)
        self._begin()
        weakref.finalize(self, _close, self._writer, self._reader)

    def _begin(self) -> None:
        self._lock = threading.Lock()  # of what follows; held for an instant
        self._writes: deque[_Write[Any]] = deque()
        self._writing = False  # a thread does, and will look for more

    def __repr__(self) -> str:
        return repr(self.file)

    async def write(self, function: Callable[[Connection], T], *, durable: bool = True) -> T:
        """
        Write, in a transaction: with others that came meanwhile, but undone alone where the function raises.

        Whoever is cancelled does not know whether it was done.

        Args:
            function: Writes.
            durable: Whether it must survive a power cut when this returns; if not, it survives the end of the process.

        Returns:
            What the function returned, when it is committed.

        Raises:
            ConfigurationError: The file is of another kind, or was written by a newer version of this package.
            StoreError: The file cannot be used. Nothing was written, unless the error speaks of a time.
        """
        loop = asyncio.get_running_loop()
        awaited: asyncio.Future[T] = loop.create_future()
        write = _Write(function, durable and self._full, awaited)
        late = loop.call_later(self._writers.patience, self._be_late, awaited)
        try:
            self._add(write)
            return await awaited
        finally:
            late.cancel()
            write.future.cancel()  # one that nobody waits for any more is not begun

    def write_blocking(self, function: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Do as `write` does, and block the calling thread, which is not that of an event loop."""
        write = _Write(function, durable and self._full)
        self._add(write)
        return self._writers.waited(write.future)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """
        Read, all as it stands at one moment, in a thread.

        Args:
            function: Reads; it cannot write.

        Returns:
            What the function returned.

        Raises:
            ConfigurationError: The file is of another kind, or was written by a newer version of this package.
            StoreError: The file cannot be used.
        """
        return await self._readers.awaited(self._readers.submit(lambda: self.read_blocking(function)))

    def read_blocking(self, function: Callable[[Connection], T]) -> T:
        """Do as `read` does, in the calling thread."""
        with self._reader.using() as connection:
            connection.execute("BEGIN")
            try:
                return function(connection)
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Do what was begun, and close the file, which blocks. A closed database cannot be used."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._writer.end()
        self._reader.end()

    async def aclose(self) -> None:
        """Do as `close` does, in a thread."""
        await asyncio.to_thread(self.close)

    def _be_late(self, awaited: asyncio.Future[Any]) -> None:
        if not awaited.done():
            awaited.set_exception(self._writers.late())

    def _add(self, write: _Write[Any]) -> None:
        with self._lock:
            self._writes.append(write)
            begins, self._writing = not self._writing, True
        if begins:
            self._writers.submit(self._write_all)

    # In the writer's thread

    def _write_all(self) -> None:
        while batch := self._next():
            if writes := [write for write in batch if write.future.set_running_or_notify_cancel()]:
                self._commit(writes)

    def _next(self) -> list[_Write[Any]]:
        with self._lock:
            batch = [self._writes.popleft() for _ in range(min(_BATCH, len(self._writes)))]
            self._writing = bool(batch)
        return batch

    def _commit(self, writes: list[_Write[Any]]) -> None:
        outcomes: list[tuple[Any, BaseException | None]] = []
        begun = False
        try:
            with self._writer.using() as connection:
                if self._full:
                    full = any(write.durable for write in writes)
                    connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
                begun = True
                outcomes = self._together(connection, writes)
        except BaseException as error:  # noqa: BLE001 - it belongs to those who wait
            if len(writes) == 1:
                outcomes = [(None, error)]
            elif not begun:
                outcomes = [(None, _copied(error)) for _ in writes]
            else:  # one of them was too much: which one is seen when each has a commit of its own
                for write in writes:
                    self._commit([write])
                return
        for write, (value, fault) in zip(writes, outcomes, strict=True):
            if fault is None:
                write.future.set_result(value)
            else:
                write.future.set_exception(fault)
        _tell(writes)

    def _together(self, connection: Connection, writes: list[_Write[Any]]) -> list[tuple[Any, BaseException | None]]:
        """In one transaction; where one of them raises, once more, so that it is undone alone."""
        try:
            with transaction(connection):
                return [(write.function(connection), None) for write in writes]
        except BaseException:
            if len(writes) == 1:
                raise
        with transaction(connection):
            return [self._within(connection, write) for write in writes]

    def _within(self, connection: Connection, write: _Write[Any]) -> tuple[Any, BaseException | None]:
        connection.execute("SAVEPOINT one")
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = write.function(connection), None
        except sqlite3.Error as error:
            outcome = None, self.file.failure(error)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            outcome = None, error
        if outcome[1] is not None:
            connection.execute("ROLLBACK TO one")  # fails where SQLite has undone the whole transaction
        connection.execute("RELEASE one")
        return outcome

    def after_fork_in_child(self) -> None:
        """Forget the parent's threads, and what they have to do."""
        self._begin()


def _tell(writes: list[_Write[Any]]) -> None:
    """Tell each event loop of all that it waits for at once: to wake one takes a system call."""
    waiting: dict[asyncio.AbstractEventLoop, list[_Write[Any]]] = {}
    for write in writes:
        if write.awaited is not None:
            waiting.setdefault(write.awaited.get_loop(), []).append(write)
    for loop, done in waiting.items():
        with suppress(RuntimeError):  # it is closed, and nobody waits there any more
            loop.call_soon_threadsafe(_arrive, done)


def _arrive(writes: list[_Write[Any]]) -> None:
    for write in writes:
        write.arrive()


def _close(*handles: Handle) -> None:
    for handle in handles:
        handle.close()


def _copied(error: BaseException) -> BaseException:
    # One for each who waits: a traceback grows where it is raised.
    another = copy.copy(error)
    another.__cause__ = error.__cause__
    return another
