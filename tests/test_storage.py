"""The file in which much is kept: many writes a commit, from anywhere, and one clear error where it cannot be used."""

from __future__ import annotations

import asyncio
import inspect
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wasend._storage.sqlite import Connection, SqliteDatabase
from wasend.delivery import SqliteStore
from wasend.errors import ConfigurationError, StoreError

FIRST = "CREATE TABLE notes (name TEXT PRIMARY KEY, count INTEGER) WITHOUT ROWID;"
SECOND = """
ALTER TABLE notes ADD COLUMN text TEXT NOT NULL DEFAULT 'a;b';
CREATE TRIGGER told AFTER UPDATE ON notes BEGIN SELECT 1; END;
"""


def database(path: Path, *migrations: str, **options: Any) -> SqliteDatabase:
    return SqliteDatabase(path / "notes.db", application="outbox", migrations=migrations or (FIRST,), **options)


def add(name: str = "n") -> Callable[[Connection], int]:
    """A write that counts, and returns the new count."""

    def function(connection: Connection) -> int:
        connection.execute("INSERT INTO notes (name, count) VALUES (?, 0) ON CONFLICT DO NOTHING", (name,))
        (row,) = connection.execute("UPDATE notes SET count = count + 1 WHERE name = ? RETURNING count", (name,))
        return int(row[0])

    return function


def counts(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT name, count FROM notes").fetchall())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock for writing, as another process that writes for long."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def held(db: SqliteDatabase) -> Iterator[None]:
    """Keep the writer's thread busy, so that what is written meanwhile waits."""
    inside, over = threading.Event(), threading.Event()

    def slow(_: Connection) -> None:
        inside.set()
        over.wait(30)

    thread = threading.Thread(target=db.write_blocking, args=(slow,))
    thread.start()
    assert inside.wait(30)
    try:
        yield
    finally:
        over.set()
        thread.join()


async def queued(db: SqliteDatabase, *functions: Callable[[Connection], Any]) -> list[asyncio.Task[Any]]:
    """Writes that wait for each other's commit."""
    tasks = [asyncio.create_task(db.write(function)) for function in functions]
    await asyncio.sleep(0)
    return tasks


class TestWriting:
    async def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        """What a write returns is committed: every reader sees it, here and elsewhere."""
        db = database(tmp_path)
        assert await db.write(add()) == 1
        assert await db.read(counts) == {"n": 1}
        assert await asyncio.to_thread(db.write_blocking, add()) == 2
        assert database(tmp_path).read_blocking(counts) == {"n": 2}

    async def test_many_writes_share_a_commit(self, tmp_path: Path) -> None:
        """What comes while a commit is under way is committed at once."""
        db = database(tmp_path)
        done: list[str] = []
        await db.write(lambda connection: connection.set_trace_callback(done.append))
        done.clear()
        with held(db):
            tasks = await queued(db, *(add() for _ in range(40)))
        assert await asyncio.gather(*tasks) == [*range(1, 41)]
        assert done.count("COMMIT") == 2, "one of the write that was waited for, one of all others"

    async def test_one_that_fails_is_undone_alone(self, tmp_path: Path) -> None:
        """What a function raises is its caller's, whose writes are undone; those that shared the commit are kept."""
        db = database(tmp_path)

        def fail(connection: Connection) -> None:
            add("undone")(connection)
            raise LookupError("ours")

        def clash(connection: Connection) -> None:
            add("undone")(connection)
            connection.execute("INSERT INTO notes VALUES ('a', 1)")

        for one in (True, False):  # alone, and with others
            with held(db):
                tasks = await queued(db, *([fail] if one else [add("a"), fail, clash, add("b")]))
            results = await asyncio.gather(*tasks, return_exceptions=True)
            fault = results[0 if one else 1]
            assert isinstance(fault, LookupError)
            assert fault.args == ("ours",)
        assert results[0] == results[3] == 1
        assert isinstance(results[2], StoreError)
        assert "UNIQUE" in str(results[2])
        assert await db.read(counts) == {"a": 1, "b": 1}

    async def test_one_that_is_too_much(self, tmp_path: Path) -> None:
        """Where SQLite undoes a whole transaction because of one write, the others that shared it are done again."""
        db = database(tmp_path)
        await db.write(lambda connection: connection.execute("PRAGMA max_page_count = 5").fetchall())

        def big(connection: Connection) -> None:
            connection.execute("INSERT INTO notes VALUES (?, 1)", ("x" * 99_999,))

        with held(db):
            tasks = await queued(db, add("a"), big, add("b"))
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert results[0] == results[2] == 1
        assert isinstance(results[1], StoreError)
        assert "the disk is full; free some space" in str(results[1])
        assert await db.read(counts) == {"a": 1, "b": 1}

    async def test_synced_where_it_matters(self, tmp_path: Path) -> None:
        """What must survive a power cut is synced with all that shares its commit; the rest need not be."""
        db = database(tmp_path)

        def level(connection: Connection) -> int:
            return int(connection.execute("PRAGMA synchronous").fetchone()[0])

        assert await db.write(level) == 2
        assert await db.write(level, durable=False) == 1
        with held(db):
            tasks = [asyncio.create_task(db.write(level, durable=durable)) for durable in (False, True)]
            await asyncio.sleep(0)
        assert await asyncio.gather(*tasks) == [2, 2]
        full = await db.write(lambda connection: connection.execute("PRAGMA fullfsync").fetchall())
        assert full == [(1,)], "on macOS a disk keeps what it is to write in its memory, unless it is told not to"

    async def test_a_cancelled_write(self, tmp_path: Path) -> None:
        """A write that is cancelled before its turn is not done."""
        db = database(tmp_path)
        with held(db):
            first, second = await queued(db, add("a"), add("b"))
            first.cancel()
            await asyncio.wait([first])
        await second
        assert await db.read(counts) == {"b": 1}

    async def test_a_reader_cannot_write(self, tmp_path: Path) -> None:
        """A read that writes is an error, and leaves nothing open."""
        db = database(tmp_path)
        with pytest.raises(StoreError, match="cannot be written"):
            await db.read(add())
        assert await db.write(add()) == 1
        assert await db.read(counts) == {"n": 1}

    def test_loops_and_threads(self, tmp_path: Path) -> None:
        """Loops and threads that write and read at once in one database lose nothing, and one goes on without another."""
        db, seen = database(tmp_path), []

        async def work() -> None:
            await asyncio.gather(*(db.write(add()) for _ in range(50)))
            seen.append(await db.read(counts))

        def block() -> None:
            for _ in range(50):
                db.write_blocking(add())

        threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
        threads += [threading.Thread(target=block) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 2
        assert db.read_blocking(counts) == {"n": 200}

    async def test_the_loop_goes_on(self, tmp_path: Path) -> None:
        """While another process holds the file, a write waits for it, everything else goes on, and so does reading."""
        db = database(tmp_path)
        await db.write(add())
        with locked(tmp_path / "notes.db"):
            (waiting,) = await queued(db, add())
            for _ in range(20):
                assert await db.read(counts) == {"n": 1}
            assert not waiting.done()
        assert await waiting == 2

    async def test_closing(self, tmp_path: Path) -> None:
        """What was begun is done; a closed database says that it is, and its file is whole."""
        db = database(tmp_path)
        with held(db):
            tasks = await queued(db, add())
            closing = asyncio.create_task(db.aclose())
            await asyncio.sleep(0.01)  # time to go wrong
        await closing
        await db.aclose()
        assert await tasks[0] == 1
        for use in (db.write(add()), db.read(counts)):
            with pytest.raises(StoreError, match="is closed; make another"):
                await use
        assert [path.name for path in tmp_path.iterdir()] == ["notes.db"]


class TestFile:
    @pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
    def test_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        """Its files are created for their owner alone, whatever the process's umask is."""
        before = os.umask(0)
        try:
            db = database(tmp_path)
            db.write_blocking(add())
        finally:
            os.umask(before)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes == dict.fromkeys(("notes.db", "notes.db-wal", "notes.db-shm"), 0o600)

    def test_an_older_file_is_migrated(self, tmp_path: Path) -> None:
        """What is missing is applied, by whoever is first, and once; what was kept stays."""
        database(tmp_path).write_blocking(add())
        databases = [database(tmp_path, FIRST, SECOND) for _ in range(4)]
        threads = [threading.Thread(target=each.write_blocking, args=(add(),)) for each in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = databases[0].read_blocking(lambda connection: connection.execute("SELECT * FROM notes").fetchall())
        assert rows == [("n", 5, "a;b")]

    def test_a_migration_that_fails(self, tmp_path: Path) -> None:
        """A file that cannot be migrated stays as it was."""
        database(tmp_path).write_blocking(add())
        with pytest.raises(StoreError, match="no such table"):
            database(tmp_path, FIRST, SECOND + "DROP TABLE others;").write_blocking(add())
        assert database(tmp_path).write_blocking(add()) == 2

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("PRAGMA user_version = 2", "newer version of this package; update the package"),
            ("PRAGMA application_id = 1465084258", "is the inbox of a client; name another file"),
            ("PRAGMA application_id = 7", "is a file of something else; name another file"),
            ("PRAGMA application_id = 0", "is a file of something else; name another file"),
        ],
    )
    def test_others_are_left_alone(self, tmp_path: Path, change: str, words: str) -> None:
        """A file of a newer version or of another kind is refused by name, and not a byte of it is changed."""
        database(tmp_path).close()
        path = tmp_path / "notes.db"
        database(tmp_path).write_blocking(add())
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(change)
        connection.close()
        before = path.read_bytes()
        with pytest.raises(ConfigurationError, match=words) as caught:
            database(tmp_path).write_blocking(add())
        assert str(path) in str(caught.value)
        assert path.read_bytes() == before

    def test_a_store_takes_no_database(self, tmp_path: Path) -> None:
        """A file of another kind is no store of delivery's."""
        database(tmp_path).write_blocking(add())
        with pytest.raises(ConfigurationError, match="is the outbox of a client"):
            SqliteStore(tmp_path / "notes.db")

    @pytest.mark.parametrize("path", ["", ":memory:", None])
    def test_no_file(self, path: Any) -> None:
        """What names no file is refused at once."""
        with pytest.raises(ConfigurationError, match="path"):
            SqliteDatabase(path, application="outbox", migrations=[FIRST])


def gone(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.rename(path.with_name("away"))
    path.touch()


def damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"x" * path.stat().st_size)


@contextmanager
def nobody() -> Iterator[None]:
    """Act as a user whom permissions hold back."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(was)


class TestTrouble:
    """Each way of failing is one typed error, which names the file and says what to do."""

    @pytest.mark.parametrize(
        ("harm", "words"),
        [
            (gone, "the file is gone .*; restore it"),
            (replaced, "replaced while in use; open it anew"),
            (damaged, "damaged; restore it from a copy"),
        ],
    )
    async def test_what_became_of_the_file(self, tmp_path: Path, harm: Callable[[Path], None], words: str) -> None:
        """A file that is deleted, replaced or damaged is noticed at the next use, and nothing is lost in silence."""
        database(tmp_path).write_blocking(add())
        db = database(tmp_path)
        await db.read(lambda _: None)
        db._reader.close()  # its pages are not in memory
        harm(tmp_path / "notes.db")
        for use in (db.write, db.read):
            with pytest.raises(StoreError, match=words) as caught:
                await use(counts)
            assert caught.value.store == f"SqliteDatabase({str(tmp_path / 'notes.db')!r})"
            assert caught.value.store in str(caught.value)
            assert caught.value.outcome == "not_sent"

    async def test_another_program_writes(self, tmp_path: Path) -> None:
        """All that waits fails after the timeout, each with an error of its own, and none is done later."""
        db = database(tmp_path, timeout=0.02)
        await db.write(add())
        with locked(tmp_path / "notes.db"):
            faults = await asyncio.gather(*(db.write(add()) for _ in range(8)), return_exceptions=True)
        assert all(isinstance(fault, StoreError) and "another program" in str(fault) for fault in faults)
        assert len({*map(id, faults)}) == 8
        assert await db.write(add()) == 2

    @pytest.mark.parametrize("blocking", [True, False])
    async def test_one_that_does_not_end(self, tmp_path: Path, blocking: bool) -> None:
        """The wait for a write that does not come to an end is bounded, and what has not begun is not done."""
        db = database(tmp_path)
        await db.write(add())
        with held(db):
            db._writers.patience = 0.02
            with pytest.raises(StoreError, match=r"did not answer within 0\.02 s; try again"):
                await (asyncio.to_thread(db.write_blocking, add()) if blocking else db.write(add()))
            db._writers.patience = 30.0
        assert await db.write(add()) == 2

    async def test_a_timeout_of_the_function(self, tmp_path: Path) -> None:
        """A `TimeoutError` that the function raises is the function's."""

        def fail(_: Connection) -> None:
            raise TimeoutError("ours")

        db = database(tmp_path)
        for use in (db.write(fail), db.read(fail), asyncio.to_thread(db.write_blocking, fail)):
            with pytest.raises(TimeoutError, match="ours"):
                await use

    @pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
    def test_a_file_that_cannot_be_written(self) -> None:
        """A file without the right to write is read, and refuses writes by name."""
        with tempfile.TemporaryDirectory() as name:  # that of the test is its owner's alone
            folder = Path(name)
            database(folder).write_blocking(add())
            with sqlite3.connect(folder / "notes.db") as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
            connection.close()
            (folder / "notes.db").chmod(0o444)
            folder.chmod(0o555)
            with nobody(), pytest.raises(StoreError, match=r"cannot be (written to|opened); check its permissions"):
                database(folder).write_blocking(add())
            with nobody(), pytest.raises(StoreError, match="cannot be opened"):
                SqliteDatabase(folder / "new.db", application="outbox", migrations=[FIRST]).write_blocking(add())
            folder.chmod(0o755)

    @pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
    async def test_no_room(self, tmp_path: Path) -> None:
        """A file that cannot grow fails what does not fit, keeps what it has, and goes on when there is room."""
        db = database(tmp_path)
        await db.write(add())
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        try:
            with pytest.raises(StoreError, match=r"see that its disk works|the disk is full"):
                await db.write(add())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert await db.write(add()) == 2


def run(program: str, *arguments: object) -> None:
    """Run a program in a process of its own, with warnings as errors, but for that of a fork beside threads."""
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]
    shared = f"""
        from __future__ import annotations
        import asyncio, atexit, os, sys, threading
        from wasend._storage.sqlite import SqliteDatabase, _Write

        db = SqliteDatabase(sys.argv[1] + "/notes.db", application="outbox", migrations=[{FIRST!r}])
    """
    program = "\n".join(map(textwrap.dedent, (shared, inspect.getsource(add), inspect.getsource(counts), program)))
    done = subprocess.run(
        [*command, program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


class TestProcess:
    @pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
    def test_children_of_a_busy_parent(self, tmp_path: Path) -> None:
        """Children forked while their parent writes and reads all work, and no write is lost."""
        run(
            """
            async def work(times):
                for _ in range(times):
                    await asyncio.gather(db.write(add()), db.read(counts))

            def busy():
                while not over.is_set():
                    db.write_blocking(add("busy"))
                    db.read_blocking(counts)

            over = threading.Event()
            thread = threading.Thread(target=busy)
            thread.start()
            children = []
            for _ in range(10):
                if not (pid := os.fork()):
                    asyncio.run(work(10))
                    os._exit(0)
                children.append(pid)
            asyncio.run(work(10))
            for pid in children:
                assert os.waitpid(pid, 0)[1] == 0
            over.set()
            thread.join()
            assert db.read_blocking(counts)["n"] == 110, db.read_blocking(counts)
            """,
            tmp_path,
        )

    def test_the_end_of_the_interpreter(self, tmp_path: Path) -> None:
        """What was begun is done before the interpreter ends, and what is written while it ends is written as well."""
        run(
            """
            def late():
                db.write_blocking(add("late"))
                asyncio.run(db.write(add("late")))
                assert asyncio.run(db.read(counts))["late"] == 2

            atexit.register(late)
            for _ in range(20):
                db._add(_Write(add("begun"), True))
            """,
            tmp_path,
        )
        assert database(tmp_path).read_blocking(counts) == {"begun": 20, "late": 2}
        assert not (tmp_path / "notes.db-wal").exists() or (tmp_path / "notes.db-wal").stat().st_size == 0
