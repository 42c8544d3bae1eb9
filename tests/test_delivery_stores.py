"""Where rules keep what must survive a restart, and how they use it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wasend.delivery import store_access
from wasend.delivery.conformance import StoreConformance
from wasend.delivery.store_access import StoreAccess
from wasend.delivery.stores import MemoryStore, SqliteStore, Store
from wasend.errors import ConfigurationError, StoreError

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, with warnings as errors, but for that of a fork beside threads."""
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]
    return subprocess.run(
        [*command, textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestMemoryStore(StoreConformance):
    """In memory."""

    shared = False

    def open(self) -> Store:
        return MemoryStore()


class TestSqliteStore(StoreConformance):
    """In a file."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _in(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def open(self) -> Store:
        return SqliteStore(self.folder / f"{self.name}.db")


class Careless(MemoryStore):
    """It writes whatever it can of many values, and updates in two steps."""

    def set_many(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            self.set(key, value)

    def update(self, key: str, function: Callable[[Any | None], Any | None]) -> Any | None:
        value = function(self.get(key))
        self.set(key, value)
        return value


class TestConformance:
    @pytest.mark.parametrize("test", ["test_many_are_set_or_none", "test_an_update"])
    def test_a_careless_store_does_not_pass(self, test: str) -> None:
        """A store that is not atomic, or keeps what should be removed, fails the test of that."""

        class TestCareless(TestMemoryStore):
            def open(self) -> Store:
                return Careless()

        with pytest.raises(AssertionError):
            getattr(TestCareless(), test)()

    @pytest.mark.parametrize("time", [1_800_000_000, 1_800_000_000_000.0])
    def test_a_clock_that_does_not_pass(self, time: float) -> None:
        """Whole seconds and milliseconds are not the time that is asked for."""

        class Timed(MemoryStore):
            def now(self) -> float:
                return time

        class TestTimed(TestMemoryStore):
            def open(self) -> Store:
                return Timed()

        with pytest.raises(AssertionError):
            TestTimed().test_the_time()

    def test_a_store_has_six_methods(self) -> None:
        """Both stores fulfil the protocol that one's own would."""
        assert isinstance(MemoryStore(), Store)
        assert issubclass(SqliteStore, Store)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock for writing, as another process that writes for long."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


class TestFile:
    def test_it_outlives_the_store(self, tmp_path: Path) -> None:
        """Another store on the same file finds what the first was given, without the first having been closed."""
        first = SqliteStore(tmp_path / "kept.db")
        first.set("a", [1])
        assert SqliteStore(str(tmp_path / "kept.db")).get("a") == [1]

    def test_a_closed_store_is_closed(self, tmp_path: Path) -> None:
        """Closing twice is no error, and a closed store says that it is."""
        store = SqliteStore(tmp_path / "kept.db")
        store.close()
        store.close()
        with pytest.raises(StoreError, match="is closed; make another"):
            store.get("a")

    def test_a_forsaken_store_closes_its_file(self, tmp_path: Path) -> None:
        """A store that nobody has any more closes its file without a warning."""
        store = SqliteStore(tmp_path / "kept.db")
        store.set("a", 1)
        assert (tmp_path / "kept.db-wal").exists()
        del store
        gc.collect()
        assert not (tmp_path / "kept.db-wal").exists(), "SQLite removes it when the last connection closes"

    @posix_only
    def test_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        """Files that may hold numbers are created for their owner alone, whatever the process's umask is."""
        before = os.umask(0)
        try:
            store = SqliteStore(tmp_path / "kept.db")
            store.set("a", 1)
        finally:
            os.umask(before)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes == dict.fromkeys(("kept.db", "kept.db-wal", "kept.db-shm"), 0o600)

    def test_a_newer_file_is_left_alone(self, tmp_path: Path) -> None:
        """A file with a newer schema is refused, and not a byte of it is changed."""
        path = tmp_path / "kept.db"
        SqliteStore(path).close()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA user_version = 2")
        connection.close()
        before = path.read_bytes()
        with pytest.raises(ConfigurationError, match="newer version of this package; update"):
            SqliteStore(path)
        assert path.read_bytes() == before

    @pytest.mark.parametrize("name", ["missing/kept.db", ".", "text.db", "", ":memory:"])
    def test_an_unusable_file_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """A file that cannot be a store is a fault of configuration, which names it."""
        monkeypatch.chdir(tmp_path)
        Path("text.db").write_text("not a database, but long enough to be read as the header of one\n" * 20)
        with pytest.raises(ConfigurationError, match=f"path: '{name}'"):
            SqliteStore(name)

    @pytest.mark.parametrize("timeout", [-1, True, "5", float("nan")])
    def test_a_timeout_that_makes_no_sense(self, tmp_path: Path, timeout: Any) -> None:
        """A time that is none is refused by its name."""
        with pytest.raises(ConfigurationError, match="timeout"):
            SqliteStore(tmp_path / "kept.db", timeout=timeout)

    def test_a_folder_that_is_left(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A path is that of the folder in which the store was made."""
        monkeypatch.chdir(tmp_path)
        store = SqliteStore("kept.db")
        monkeypatch.chdir("/")
        store.set("a", 1)
        assert str(tmp_path / "kept.db") in repr(store)


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.rename(path.with_name("away"))
    path.touch()


def damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"x" * path.stat().st_size)


def not_json(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE kept SET value = '[1'")
    connection.close()


class TestTrouble:
    """Each way of failing is one typed error, which names the file and says what to do."""

    @pytest.mark.parametrize(
        ("harm", "words"),
        [(deleted, "is gone"), (replaced, "replaced"), (damaged, "content is damaged"), (not_json, "not JSON")],
    )
    def test_what_became_of_the_file(self, tmp_path: Path, harm: Callable[[Path], None], words: str) -> None:
        """A file that is deleted, replaced or damaged is noticed at the next use, and nothing is lost in silence."""
        first = SqliteStore(tmp_path / "kept.db")
        first.set("a", 1)
        first.close()
        store = SqliteStore(tmp_path / "kept.db")
        harm(tmp_path / "kept.db")
        for use in (lambda: store.get("a"), lambda: store.items(""), lambda: store.update("a", lambda old: old)):
            with pytest.raises(StoreError, match=words) as caught:
                use()
            assert caught.value.store == f"SqliteStore({str(tmp_path / 'kept.db')!r})"
            assert caught.value.store in str(caught.value)
            assert caught.value.outcome == "not_sent"

    def test_another_program_writes(self, tmp_path: Path) -> None:
        """A write waits for another's for the timeout, and then fails; once that is over it works."""
        store = SqliteStore(tmp_path / "kept.db", timeout=0.02)
        with locked(tmp_path / "kept.db"):
            with pytest.raises(StoreError, match=r"another program .* try again"):
                store.set("a", 1)
            assert store.get("a") is None, "reading goes on"
        store.set("a", 1)

    def test_a_full_disk(self, tmp_path: Path) -> None:
        """What does not fit is not kept in part, and the store goes on when there is space."""
        store = SqliteStore(tmp_path / "kept.db")
        connection = store._handle.connection
        assert connection is not None
        connection.execute("PRAGMA max_page_count = 4")
        with pytest.raises(StoreError, match="disk is full; free"):
            store.set_many({f"{number}": "x" * 1000 for number in range(100)})
        assert store.items("") == []
        connection.execute("PRAGMA max_page_count = 1000")
        store.set("a", 1)
        assert store.get("a") == 1

    def test_another_thread_writes(self, tmp_path: Path) -> None:
        """A thread waits for another for the timeout, too."""
        store, inside, over = SqliteStore(tmp_path / "kept.db", timeout=0.02), threading.Event(), threading.Event()

        def slow(old: Any) -> Any:
            inside.set()
            over.wait(30)
            return 1

        thread = threading.Thread(target=store.update, args=("a", slow))
        thread.start()
        assert inside.wait(30)
        with pytest.raises(StoreError, match="another thread"):
            store.get("a")
        over.set()
        thread.join()
        assert store.get("a") == 1

    @posix_only
    def test_killed_in_the_middle(self, tmp_path: Path) -> None:
        """A process that is killed while it sets many values has set none of them."""
        killed = run(
            """
            import os, signal, sys
            from wasend.delivery import SqliteStore

            store = SqliteStore(sys.argv[1])
            store.set("before", 1)
            store._handle.connection.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), 20_000)
            store.set_many({f"{number}": "x" * 100 for number in range(20_000)})
            """,
            tmp_path / "kept.db",
        )
        assert killed.returncode == -9, killed.stderr
        assert (tmp_path / "kept.db-wal").stat().st_size > 0
        assert SqliteStore(tmp_path / "kept.db").items("") == [("before", 1)]


@posix_only
class TestFork:
    def test_children_of_a_busy_parent(self, tmp_path: Path) -> None:
        """Children forked while a thread of their parent uses the store all work, and no update is lost."""
        done = run(
            """
            import os, sys, threading
            from wasend.delivery import MemoryStore, SqliteStore

            stores = SqliteStore(sys.argv[1]), MemoryStore()

            def add(times):
                for _ in range(times):
                    for store in stores:
                        store.update("n", lambda old: (old or 0) + 1)

            def busy():
                while not over.is_set():
                    for store in stores:
                        store.update("busy", lambda old: (old or 0) + 1)

            over = threading.Event()
            thread = threading.Thread(target=busy)
            thread.start()
            children = []
            for _ in range(20):
                if not (pid := os.fork()):
                    add(10)
                    os._exit(0)
                children.append(pid)
            add(10)
            for pid in children:
                assert os.waitpid(pid, 0)[1] == 0
            over.set()
            thread.join()
            assert stores[0].get("n") == 210, stores[0].get("n")
            assert stores[1].get("n") == 10
            print("fine")
            """,
            tmp_path / "kept.db",
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")

    def test_a_child_that_outlives_its_parent(self, tmp_path: Path) -> None:
        """What a daemon writes is not lost to a program that opens and closes the file after its parent has ended."""
        done = run(
            """
            import os, sqlite3, sys
            from wasend.delivery import SqliteStore

            store = SqliteStore(sys.argv[1])
            store.set("a", 0)
            ended, began = os.pipe()
            if os.fork():
                os._exit(0)
            os.close(began)
            os.read(ended, 1)  # until the parent has ended
            store.set("a", 1)
            if not (pid := os.fork()):
                os.execv(sys.executable, [sys.executable, "-c", "import sqlite3, sys; "
                    "file = sqlite3.connect(sys.argv[1]); file.execute('SELECT * FROM kept').fetchall(); file.close()",
                    sys.argv[1]])
            assert os.waitpid(pid, 0)[1] == 0
            store.set("a", 2)
            assert SqliteStore(sys.argv[1]).get("a") == 2
            store.close()
            """,
            tmp_path / "kept.db",
        )
        assert (done.returncode, done.stderr) == (0, "")
        # `run` has waited for the child as well: it holds the pipes.
        assert SqliteStore(tmp_path / "kept.db").get("a") == 2


class Gate(MemoryStore):
    """A store that blocks for as long as it is told to, and fails when it is told to."""

    blocking = True

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.fault: Exception | None = None

    def get(self, key: str) -> Any | None:
        assert threading.current_thread() is not threading.main_thread(), "it would stop the event loop"
        self.open.wait(30)
        if self.fault is not None:
            raise self.fault
        return super().get(key)

    def set(self, key: str, value: Any) -> None:
        self.open.wait(30)
        if self.fault is not None:
            raise self.fault
        super().set(key, value)


class TestAccess:
    """How the rules use a store on an event loop."""

    async def test_a_locked_file_stops_no_loop(self, tmp_path: Path) -> None:
        """While another process holds the file, a send waits for it, and everything else goes on."""
        access = StoreAccess(SqliteStore(tmp_path / "kept.db"))
        with locked(tmp_path / "kept.db"):
            waiting = asyncio.create_task(access.run(lambda: access.set("a", 1)))
            for _ in range(100):
                await asyncio.sleep(0.001)
            assert not waiting.done()
        await waiting
        assert await access.run(lambda: access.get("a")) == 1

    async def test_a_store_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wait is bounded; what had not begun then is not done any more."""
        monkeypatch.setattr(store_access, "PATIENCE", 0.02)
        store = Gate()
        access = StoreAccess(store)
        store.open.clear()
        for key in "ab":
            with pytest.raises(StoreError, match=r"Gate: it did not answer within 0\.02 s; try again"):
                await access.run(lambda key=key: access.set(key, 1))  # type: ignore[misc]
        store.open.set()
        assert await access.run(lambda: [key for key, _ in access.items("")]) == ["a"]

    async def test_a_cancelled_use(self) -> None:
        """Cancelling ends the wait at once, and what had not begun is not done."""
        store = Gate()
        access = StoreAccess(store)
        store.open.clear()
        tasks = [asyncio.create_task(access.run(lambda key=key: access.set(key, 1))) for key in "ab"]  # type: ignore[misc]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*tasks, return_exceptions=True)
        )
        store.open.set()
        assert "b" not in await access.run(lambda: dict(access.items("")))

    @pytest.mark.parametrize("blocking", [True, False])
    async def test_an_outcome_that_cannot_be_written(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, blocking: bool
    ) -> None:
        """It raises nothing and is logged; the next send fails while it still cannot be written, else it is."""
        store = Gate()
        monkeypatch.setattr(Gate, "blocking", blocking)
        access = StoreAccess(store)
        store.fault = OSError("no space left for +447700900456")
        with caplog.at_level(logging.WARNING, "wasend"):
            await access.record(lambda: access.set("a", 1))
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "OSError: no space left for +44…0456" in caplog.text
        with pytest.raises(StoreError, match="no space left"):
            await access.run(lambda: "sent")
        store.fault = None
        assert await access.run(lambda: access.items("")) == [("a", 1)]

    async def test_a_slow_store_keeps_no_outcome(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What became of a send is told after a moment, and written down before the next one."""
        monkeypatch.setattr(store_access, "_NOTED", 0.01)
        store = Gate()
        access = StoreAccess(store)
        store.open.clear()
        await access.record(lambda: access.set("a", 1))
        assert not store._texts
        store.open.set()
        assert await access.run(lambda: access.items("")) == [("a", 1)]

    async def test_no_more_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where no thread can be started nothing is sent; what became of a send is written down nevertheless."""

        def refuse(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(ThreadPoolExecutor, "submit", refuse)
        store = MemoryStore()
        monkeypatch.setattr(MemoryStore, "blocking", True)
        access = StoreAccess(store)
        with pytest.raises(StoreError, match="can't start new thread"):
            await access.run(lambda: "sent")
        await access.record(lambda: access.set("a", 1))
        assert store.get("a") == 1

    def test_errors_are_ours(self) -> None:
        """Whatever a store raises is a `StoreError`, with the store's class and without long numbers."""
        store = Gate()
        store.fault = RuntimeError("447700900456")
        with pytest.raises(StoreError, match=r"^Gate: RuntimeError: 44…0456; see that it works"):
            StoreAccess(store).set("a", 1)

    @posix_only
    def test_a_fork_beside_its_thread(self) -> None:
        """In a child of a process that has used a store on a loop, a loop can use it."""
        done = run(
            """
            import asyncio, os
            from wasend.delivery import MemoryStore
            from wasend.delivery.store_access import StoreAccess

            store = MemoryStore()
            store.blocking = True
            access = StoreAccess(store)
            use = lambda: asyncio.run(access.run(lambda: access.update("n", lambda old: (old or 0) + 1)))
            assert use() == 1
            if not (pid := os.fork()):
                assert use() == 2
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            assert use() == 2
            """
        )
        assert (done.returncode, done.stderr) == (0, "")
