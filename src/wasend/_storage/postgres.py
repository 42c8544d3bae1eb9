"""
A PostgreSQL database: how it is connected to, what its errors mean, and what is tried again.

Needs the extra ``postgres`` (psycopg 3). Its connections are used in threads: that takes less of the processor than
psycopg's own way on an event loop, and works on every loop, on Windows's too, and in code without one.
"""

from __future__ import annotations

import asyncio
import math
import socket
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from ..errors import ConfigurationError, StoreError
from .forks import Forks
from .workers import Workers

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_ADDRESS: Final = "pass an address such as 'postgresql://user:password@host:5432/database'"
_LOCK: Final = int.from_bytes(b"wasend")
"""Held while the schema is migrated."""
_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.5
"""Seconds between two tries."""
_MOMENT: Final = 0.005
_CLASH: Final = frozenset({"40001", "40P01"})
"""A transaction that came in the way of another, and was undone: serialization failure, deadlock."""
_GONE: Final = frozenset({"57P01", "57P02", "57P03", "25P03"})
"""The server ends the connection: it stops, has crashed or has just started, or this process was stopped for long."""
_BUSY: Final = ("another program has been holding what is needed for too long", "try again; see what holds it")
_PROBLEMS: Final[Mapping[str, tuple[str, str]]] = {
    "53100": ("its disk is full", "free some space"),
    "55P03": _BUSY,
    "57014": ("it took too long", "try again; see what keeps the server busy"),
    "40001": _BUSY,
    "40P01": _BUSY,
    "25006": ("it cannot be written to", "connect to the primary server"),
    "42501": ("its user may not do this", "let it own its tables, or create them"),
}
"""What PostgreSQL's errors mean, by their codes, and what to do."""
_VALUES: Final = "22"
"""The class of errors whose texts quote values."""


def _library() -> Any:
    try:
        import psycopg
    except ImportError:  # the package, or the libpq that it needs
        raise ConfigurationError("PostgreSQL needs psycopg: pip install 'wasend-sdk[postgres]'") from None
    return psycopg


class PostgresDatabase(Forks):
    """
    A PostgreSQL database, used by transactions that are tried again where that is safe.

    It may be used from any number of event loops and threads, and after a fork. Nothing is connected to before the
    first use. No wait for it is longer than 5 s and `timeout`.

    A function that is passed to `run` gets a `psycopg.Connection`, uses it and nothing else, and returns soon. It
    begins and ends no transaction. It is called again where its transaction could not be committed, and all that it did
    was undone.

    Args:
        dsn: The address, ``postgresql://…`` or what else libpq takes. Its password is shown nowhere.
        application: Whose tables they are: what their version is kept under.
        migrations: SQL scripts that make the schema, one a version; once released, a script never changes.
        name: What errors call it, before its address.
        timeout: Seconds to try to connect, and to wait where others hold a lock.
        connections: How many there may be at once.

    Raises:
        ConfigurationError: psycopg is not installed, or the address cannot be read.
    """

    def __init__(
        self,
        dsn: str,
        *,
        application: str,
        migrations: Sequence[str],
        name: str = "PostgresDatabase",
        timeout: float = 5.0,
        connections: int = 5,
    ) -> None:
        super().__init__()
        self._psycopg = _library()
        self._options = _options(self._psycopg, dsn, timeout)
        self._shown = f"{name}({_shown(self._options)!r})"
        self._application = application
        self._migrations = migrations
        self._timeout = timeout
        self._migrated = False
        self._closed = False
        # One is a thread's for as long as that uses it, so that there are no more than threads.
        self._workers = Workers(
            connections, name="wasend-postgres", patience=timeout + 5, error=partial(_error, self._shown)
        )
        self._lock = threading.Lock()  # of what follows; held for an instant
        self._jobs: set[_Job] = set()
        self._idle: list[_Link] = []
        weakref.finalize(self, _close, self._idle)

    def __repr__(self) -> str:
        return self._shown

    async def run(
        self, function: Callable[[psycopg.Connection[Any]], T], *, durable: bool = True, repeatable: bool = False
    ) -> T:
        """
        Do something in one transaction, in a thread.

        Whoever is cancelled does not know whether it was done.

        Args:
            function: Reads and writes.
            durable: Whether it must survive a crash of the server when this returns.
            repeatable: Whether it is as good done twice as once, as what only reads is. Then it is done again, too,
                where the connection was lost while it was committed.

        Returns:
            What the function returned, when it is committed.

        Raises:
            ConfigurationError: The tables were made by a newer version of this package.
            StoreError: The database cannot be used. Nothing was written, unless the error says that it may have been.
        """
        job = _Job(time.monotonic() + self._timeout, durable, repeatable)
        try:
            return await self._workers.awaited(self._submit(job, function))
        except StoreError:
            job.give_up()
            raise

    def run_blocking(
        self, function: Callable[[psycopg.Connection[Any]], T], *, durable: bool = True, repeatable: bool = False
    ) -> T:
        """Do as `run` does, and block the calling thread, which is not that of an event loop."""
        job = _Job(time.monotonic() + self._timeout, durable, repeatable)
        try:
            return self._workers.waited(self._submit(job, function))
        except StoreError:
            job.give_up()
            raise

    def close(self) -> None:
        """Do what was begun, and close the connections, which blocks. A closed database cannot be used."""
        deadline = time.monotonic() + self._workers.patience
        while self._jobs and time.monotonic() < deadline:
            time.sleep(_MOMENT)
        self._give_up(math.inf)
        self._workers.shutdown()
        self._closed = True
        self._drop_idle()

    async def aclose(self) -> None:
        """Do as `close` does, in a thread."""
        await asyncio.to_thread(self.close)

    def _submit(self, job: _Job, function: Callable[[Any], T]) -> Future[T]:
        # Whoever was cancelled has left behind what may hang for ever.
        self._give_up(time.monotonic() + self._timeout - self._workers.patience)
        return self._workers.submit(partial(self._perform, job, function))

    def _give_up(self, before: float) -> None:
        with self._lock:
            jobs = [job for job in self._jobs if job.deadline < before]
        for job in jobs:
            job.give_up()

    # In a thread

    def _perform(self, job: _Job, function: Callable[[Any], T]) -> T:
        with self._lock:
            self._jobs.add(job)
        try:
            return self._tried(job, function)
        finally:
            with self._lock:
                self._jobs.discard(job)

    def _tried(self, job: _Job, function: Callable[[Any], T]) -> T:
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._attempt(job, function)
            except _AgainError as again:
                if job.given_up or time.monotonic() + pause > job.deadline:
                    raise again.error from None
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _attempt(self, job: _Job, function: Callable[[Any], T]) -> T:
        if self._closed:
            raise self.error("it is closed", "make another")
        link: _Link | None = None
        committing = False
        try:
            link = self._taken()
            job.use(link)
            if not self._migrated:
                self._migrate(link.connection)
            link.connection.execute(self._begin(durable=job.durable))
            value = function(link.connection)
            committing = True
            link.connection.execute("COMMIT")
        except self._psycopg.Error as error:
            broken = link is None or link.connection.broken or error.sqlstate in _GONE
            if broken and committing and not job.repeatable:
                raise self.error(
                    "the connection was lost while it was written to, which may have been done", "see what is there"
                ) from None
            failure = self._failure(error)
            if broken or error.sqlstate in _CLASH:
                raise _AgainError(failure) from None
            raise failure from None
        else:
            return value
        finally:
            if link is not None:
                job.leave()
                self._put_back(link)

    def _begin(self, *, durable: bool) -> bytes:
        # In one round trip, and for the transaction only: a pooler gives another connection to the next one.
        wait = int(self._timeout * 1000) or 1
        settings: dict[str, int | str] = {
            "lock_timeout": wait,
            "statement_timeout": wait + 2000,
            # A process that is stopped in the middle does not keep others waiting for ever.
            "idle_in_transaction_session_timeout": wait + 5000,
        }
        if not durable:
            settings["synchronous_commit"] = "off"
        local = (f"SET LOCAL {name} = {value}" for name, value in settings.items())
        return "; ".join(["BEGIN ISOLATION LEVEL READ COMMITTED", *local]).encode()

    def _taken(self) -> _Link:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        connection = self._psycopg.connect(**self._options)
        try:
            return _Link(connection)
        except OSError as error:  # too many open files
            connection.close()
            raise self._psycopg.OperationalError(str(error)) from None

    def _put_back(self, link: _Link) -> None:
        connection = link.connection
        if not connection.closed and connection.info.transaction_status:  # not idle
            with suppress(self._psycopg.Error):
                connection.execute("ROLLBACK")
        if not (connection.closed or connection.info.transaction_status):
            with self._lock:
                if not self._closed:
                    self._idle.append(link)
                    return
        link.close()
        if not self._closed:
            self._drop_idle()  # the others are lost, too, when a server stops

    def _drop_idle(self) -> None:
        with self._lock:
            idle = self._idle.copy()
            self._idle.clear()
        _close(idle)

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(self._begin(durable=True))
        found = connection.execute("SELECT to_regclass('wasend_versions')").fetchall()
        if found == [(None,)] or self._version(connection) < len(self._migrations):
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            connection.execute(
                "CREATE TABLE IF NOT EXISTS wasend_versions (application text PRIMARY KEY, version int NOT NULL)"
            )
            for script in self._migrations[self._version(connection) :]:  # another process may have been faster
                connection.execute(script.encode())
            connection.execute(
                "INSERT INTO wasend_versions VALUES (%s, %s)"
                " ON CONFLICT (application) DO UPDATE SET version = excluded.version",
                (self._application, len(self._migrations)),
            )
        connection.execute("COMMIT")
        self._migrated = True

    def _version(self, connection: psycopg.Connection[Any]) -> int:
        query = "SELECT version FROM wasend_versions WHERE application = %s"
        rows: list[tuple[int]] = connection.execute(query, (self._application,)).fetchall()
        version = rows[0][0] if rows else 0
        if version > len(self._migrations):
            raise ConfigurationError(
                f"{self._shown}: its tables were made by a newer version of this package; update the package"
            )
        return version

    def _failure(self, error: psycopg.Error) -> StoreError:
        code = error.sqlstate
        if code is None and isinstance(error, self._psycopg.DataError):
            return self.error(f"it cannot keep this ({type(error).__name__})", "pass text without NUL characters")
        if code is None:  # of the connection, in a text that names no value
            first = (str(error) or type(error).__name__).splitlines()[0]
            return self.error(f"no connection ({first})", "see that the server runs, and check the address")
        text = "" if code.startswith(_VALUES) else f": {error.diag.message_primary}"
        problem = f"{type(error).__name__} ({code}){text}"
        return self.error(*_PROBLEMS.get(code, (problem, "see the server's log, then try again")))

    def error(self, problem: str, remedy: str) -> StoreError:
        """The error for a problem with this database."""
        return _error(self._shown, problem, remedy)

    def after_fork_in_child(self) -> None:
        """Leave the parent's connections alone."""
        self._lock = threading.Lock()
        self._jobs.clear()
        _inherited.extend(self._idle)  # never closed: the server would end the parent's
        self._idle.clear()


class _Link:
    """A connection, and a second hold on its socket, by which another thread can end what hangs in the first."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        # The kind of socket does not matter for what is done with it.
        self._socket = socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)

    def cut(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()
        self.connection.close()


_inherited: Final[list[_Link]] = []


@attrs.define(eq=False)
class _Job:
    """
    What somebody waits for.

    Attributes:
        deadline: When it is not tried again any more, by the clock that is never set.
        durable: As for `PostgresDatabase.run`.
        repeatable: Likewise.
        given_up: Nobody waits any more.
    """

    deadline: float
    durable: bool
    repeatable: bool
    given_up: bool = False
    _link: _Link | None = None
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def use(self, link: _Link) -> None:
        with self._lock:
            self._link = link
            if self.given_up:
                link.cut()

    def leave(self) -> None:
        with self._lock:
            self._link = None

    def give_up(self) -> None:
        with self._lock:
            self.given_up = True
            if self._link is not None:
                self._link.cut()


class _AgainError(Exception):
    """Nothing was written, and trying again may help."""

    def __init__(self, error: StoreError) -> None:
        super().__init__(error)
        self.error = error


def _error(shown: str, problem: str, remedy: str) -> StoreError:
    return StoreError(f"{shown}: {problem}; {remedy}", store=shown)


def _close(links: list[_Link]) -> None:
    for link in links:
        link.close()


def _options(library: Any, dsn: str, timeout: float) -> dict[str, Any]:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < 1e6:
        raise ConfigurationError(f"timeout: {timeout!r} is not valid; pass seconds, such as 5")
    if not isinstance(dsn, str):
        raise ConfigurationError(f"dsn: {type(dsn).__name__} is no address; {_ADDRESS}")
    try:
        given = library.conninfo.conninfo_to_dict(dsn)
    except library.Error:  # whose text may hold the password
        raise ConfigurationError(f"dsn: it cannot be read; {_ADDRESS}") from None
    return {
        "application_name": "wasend",
        "connect_timeout": max(2, int(timeout)),  # libpq's minimum
        "tcp_user_timeout": int(timeout * 1000) + 5000,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        **given,
        "client_encoding": "utf8",
        "autocommit": True,  # transactions are begun here
        "prepare_threshold": None,  # a pooler gives another connection to the next transaction
    }


def _shown(options: Mapping[str, Any]) -> str:
    """The address without what is secret in it."""
    user, host, port, name = (str(options.get(key, "")) for key in ("user", "host", "port", "dbname"))
    return f"postgresql://{user}{'@' if user else ''}{host}{':' if port else ''}{port}/{name}"
