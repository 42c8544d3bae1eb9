"""The database that several machines share: what is tried again, and one clear error where it cannot be used."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.services import PostgresServer, Proxy
from wasend._storage.postgres import PostgresDatabase
from wasend.delivery import PostgresStore
from wasend.delivery.conformance import StoreConformance
from wasend.delivery.stores import Store
from wasend.errors import ConfigurationError, StoreError

FIRST = "CREATE TABLE notes (name text PRIMARY KEY, count int NOT NULL)"
SECOND = "ALTER TABLE notes ADD COLUMN text text NOT NULL DEFAULT 'a;b'; CREATE INDEX ON notes (text)"
Connection = psycopg.Connection[Any]


@pytest.fixture
def open_database() -> Iterator[Callable[..., PostgresDatabase]]:
    """Opens databases, and closes them after the test."""
    opened: list[PostgresDatabase] = []

    def function(dsn: str, *migrations: str, **options: Any) -> PostgresDatabase:
        opened.append(PostgresDatabase(dsn, application="notes", migrations=migrations or (FIRST,), **options))
        return opened[-1]

    yield function
    for database in opened:
        database.close()


@pytest.fixture
def db(postgres: str, open_database: Callable[..., PostgresDatabase]) -> PostgresDatabase:
    return open_database(postgres)


def add(name: str = "n") -> Callable[[Connection], int]:
    """Counts, and returns the new count."""

    def function(connection: Connection) -> int:
        query = (
            "INSERT INTO notes VALUES (%s, 1) ON CONFLICT (name) DO UPDATE SET count = notes.count + 1 RETURNING count"
        )
        return int(connection.execute(query, (name,)).fetchall()[0][0])

    return function


def counts(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT name, count FROM notes").fetchall())


def raising(code: str) -> bytes:
    return f"DO $$ BEGIN RAISE EXCEPTION 'as it is told' USING ERRCODE = '{code}'; END $$".encode()


class TestPostgresStore(StoreConformance):
    """In a database that several processes share."""

    dsn: str
    stores: list[PostgresStore]

    @pytest.fixture(autouse=True)
    def _in(self, postgres: str) -> Iterator[None]:
        self.dsn, self.stores = postgres, []
        yield
        for store in self.stores:
            store.close()

    def open(self) -> Store:
        self.stores.append(PostgresStore(self.dsn))
        return self.stores[-1]

    def test_a_key_that_cannot_be_kept(self) -> None:
        """PostgreSQL keeps no NUL characters, and the error says so."""
        with pytest.raises(StoreError, match=r"it cannot keep this .*; pass text without NUL"):
            self.open().set("a\0b", 1)

    def test_a_value_that_is_not_json(self) -> None:
        """A value that somebody else has put there is an error that names the store."""
        store = self.open()
        store.set("a", 1)
        with psycopg.connect(self.dsn) as connection:
            connection.execute("UPDATE wasend_store SET value = '[1'")
        for use in (lambda: store.get("a"), lambda: store.items(""), lambda: store.update("a", lambda old: old)):
            with pytest.raises(StoreError, match=r"PostgresStore\(.*not JSON; restore") as caught:
                use()
            assert caught.value.store == repr(store)


class TestTransactions:
    async def test_what_is_written_is_read(self, db: PostgresDatabase, postgres: str) -> None:
        """What a transaction returns is committed: everybody sees it."""
        assert await db.run(add()) == 1
        assert await asyncio.to_thread(db.run_blocking, add()) == 2
        with psycopg.connect(postgres) as connection:
            assert counts(connection) == {"n": 2}

    async def test_what_raises_is_undone(self, db: PostgresDatabase) -> None:
        """What a function raises comes out, and all that it did is undone."""

        def fail(connection: Connection) -> None:
            add()(connection)
            raise LookupError("ours")

        def clash(connection: Connection) -> None:
            add()(connection)
            connection.execute("INSERT INTO notes VALUES ('secret', 1), ('secret', 1)")

        def own(connection: Connection) -> int:
            return connection.info.backend_pid

        before = await db.run(own)
        with pytest.raises(LookupError, match="ours"):
            await db.run(fail)
        with pytest.raises(StoreError, match="duplicate key") as caught:
            await db.run(clash)
        assert "secret" not in str(caught.value)
        assert await db.run(counts) == {}
        assert await db.run(own) == before, "the connection is as good as before"

    def test_loops_and_threads(self, db: PostgresDatabase) -> None:
        """Loops and threads that write at once in one database lose nothing."""

        async def work() -> None:
            await asyncio.gather(*(db.run(add()) for _ in range(25)))

        def block() -> None:
            for _ in range(25):
                db.run_blocking(add(), durable=False)

        threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
        threads += [threading.Thread(target=block) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert db.run_blocking(counts) == {"n": 100}

    async def test_synced_where_it_matters(self, db: PostgresDatabase) -> None:
        """What need not survive a crash of the server does not wait for its disk, and the next one does."""

        def level(connection: Connection) -> str:
            return str(connection.execute("SHOW synchronous_commit").fetchall()[0][0])

        assert [await db.run(level, durable=durable) for durable in (True, False, True)] == ["on", "off", "on"]

    @pytest.mark.parametrize("code", ["40001", "40P01", "57P01"])
    async def test_what_the_server_undid(self, db: PostgresDatabase, code: str) -> None:
        """What the server undid because of another transaction, or because it stops, is done again from its beginning."""
        tries = 0

        def function(connection: Connection) -> int:
            nonlocal tries
            tries += 1
            result = add()(connection)
            if tries < 3:
                connection.execute(raising(code))
            return result

        assert await db.run(function) == 1
        assert tries == 3

    async def test_closing(self, db: PostgresDatabase) -> None:
        """What was begun is done; a closed database says that it is."""
        task = asyncio.create_task(db.run(add()))
        await asyncio.sleep(0)
        await db.aclose()
        await db.aclose()
        assert await task == 1
        with pytest.raises(StoreError, match="is closed; make another"):
            await db.run(add())


class TestSchema:
    def test_older_tables_are_migrated(self, postgres: str, open_database: Callable[..., PostgresDatabase]) -> None:
        """What is missing is applied, by whoever is first, and once; what was kept stays."""
        open_database(postgres).run_blocking(add())
        databases = [open_database(postgres, FIRST, SECOND) for _ in range(3)]
        query = "INSERT INTO notes VALUES (%s, 1) RETURNING text"
        threads = [
            threading.Thread(
                target=each.run_blocking, args=(lambda connection, n=n: connection.execute(query, (f"{n}",)),)
            )
            for n, each in enumerate(databases)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with psycopg.connect(postgres) as connection:
            rows = connection.execute("SELECT * FROM notes ORDER BY name").fetchall()
        assert rows == [(name, 1, "a;b") for name in "012n"]

    def test_a_migration_that_fails(self, postgres: str, open_database: Callable[..., PostgresDatabase]) -> None:
        """Tables that cannot be migrated stay as they were."""
        open_database(postgres).run_blocking(add())
        with pytest.raises(StoreError, match="UndefinedTable"):
            open_database(postgres, FIRST, SECOND + "; DROP TABLE others").run_blocking(add())
        assert open_database(postgres).run_blocking(add()) == 2

    def test_newer_tables_are_left_alone(self, postgres: str, open_database: Callable[..., PostgresDatabase]) -> None:
        """Tables of a newer version are refused; those of another application are no concern."""
        open_database(postgres, FIRST, SECOND).run_blocking(lambda _: None)
        with pytest.raises(ConfigurationError, match=r"127.0.0.1.* newer version of this package; update"):
            open_database(postgres).run_blocking(add())
        store = PostgresStore(postgres)
        store.set("a", 1)
        store.close()

    def test_a_user_who_may_make_nothing(self, postgres: str, open_database: Callable[..., PostgresDatabase]) -> None:
        """Once the tables are there, a user needs no right to make any; before, an error says what is missing."""
        role = postgres.rpartition("/")[2] + "_user"
        with psycopg.connect(postgres) as connection:
            connection.execute(f"CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC".encode())
        theirs = open_database(postgres.replace("postgres@", f"{role}@"))
        with pytest.raises(StoreError, match="its user may not do this; let it own its tables, or create them"):
            theirs.run_blocking(add())
        open_database(postgres).run_blocking(add())
        with psycopg.connect(postgres) as connection:
            connection.execute(f"GRANT ALL ON notes TO {role}; GRANT SELECT ON wasend_versions TO {role}".encode())
        assert theirs.run_blocking(add()) == 2


class TestAddress:
    @pytest.mark.parametrize(
        "dsn", ["postgresql//user:secret@host", "host=a secret", "postgresql://u:secret@h/d?x=1", 5]
    )
    def test_one_that_cannot_be_read(self, dsn: Any) -> None:
        """An address that is none is refused at once, and not shown, for it holds a password."""
        with pytest.raises(ConfigurationError, match=r"dsn: .*; pass an address such as") as caught:
            PostgresStore(dsn)
        assert "secret" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

    def test_a_password_is_shown_nowhere(self) -> None:
        """Neither what stands for the store nor any error shows it."""
        store = PostgresStore("postgresql://me:secret@127.0.0.1:1/orders?application_name=secret", timeout=0.01)
        assert repr(store) == "PostgresStore('postgresql://me@127.0.0.1:1/orders')"
        with pytest.raises(StoreError, match=r"orders'\): no connection \(.*see that the server runs") as caught:
            store.get("a")
        assert "secret" not in f"{caught.value!r} {caught.value} {caught.value.store}"
        store.close()

    def test_the_extra_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without psycopg an error names the extra."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(ConfigurationError, match=r"pip install 'wasend-sdk\[postgres\]'"):
            PostgresStore("postgresql://host/orders")


@contextmanager
def locked(dsn: str) -> Iterator[None]:
    """Hold the table, as another process that writes for long."""
    with psycopg.connect(dsn) as connection:
        connection.execute("LOCK TABLE notes")
        yield


class TestTrouble:
    """Each way of failing is one typed error, which names the database and says what to do."""

    async def test_another_program_writes(
        self, db: PostgresDatabase, postgres: str, open_database: Callable[..., PostgresDatabase]
    ) -> None:
        """A transaction waits for another's for the timeout, while everything else goes on; then it works."""
        await db.run(add())
        impatient = open_database(postgres, timeout=0.5)
        with locked(postgres):
            waiting = asyncio.create_task(db.run(add()))
            with pytest.raises(StoreError, match="has been holding what is needed for too long; try again"):
                await impatient.run(add())
            assert not waiting.done()
        assert await waiting == 2

    @pytest.mark.parametrize(
        ("code", "words"),
        [("53100", "its disk is full; free some space"), ("58030", r"IoError \(58030\): as it is told")],
    )
    async def test_what_the_server_says(self, db: PostgresDatabase, code: str, words: str) -> None:
        """What the server cannot do is told, once, and nothing is written."""
        with pytest.raises(StoreError, match=words) as caught:
            await db.run(lambda connection: (add()(connection), connection.execute(raising(code))))
        assert caught.value.outcome == "not_sent"
        assert await db.run(counts) == {}

    async def test_a_value_that_is_not_told(self, db: PostgresDatabase) -> None:
        """An error that would quote a value does not."""
        with pytest.raises(StoreError, match=r"InvalidTextRepresentation \(22P02\);") as caught:
            await db.run(lambda connection: connection.execute("SELECT 'secret'::int"))
        assert "secret" not in str(caught.value)

    async def test_a_database_that_is_read_only(self, db: PostgresDatabase, postgres: str) -> None:
        """So it is where the address leads to a replica."""
        await db.run(add())
        with psycopg.connect(postgres, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        db._drop_idle()
        with pytest.raises(StoreError, match="cannot be written to; connect to the primary server"):
            await db.run(add())
        assert await db.run(counts) == {"n": 1}

    async def test_a_server_that_is_started_again(
        self, postgres_server: PostgresServer, open_database: Callable[..., PostgresDatabase]
    ) -> None:
        """A restart is no error: connections that were lost are made anew, and while it is away it is waited for."""
        db = open_database(postgres_server.dsn())
        await asyncio.gather(*(db.run(add()) for _ in range(8)))
        for kill in (False, True):
            await asyncio.to_thread(postgres_server.stop, kill=kill)
            waiting = [asyncio.create_task(db.run(add())) for _ in range(8)]
            await asyncio.to_thread(postgres_server.start)
            await asyncio.gather(*waiting)
        assert await db.run(counts) == {"n": 24}

    async def test_a_server_that_is_gone(
        self, postgres: str, proxy: Proxy, open_database: Callable[..., PostgresDatabase]
    ) -> None:
        """It is tried for the timeout, while everything else goes on; then each has an error, and later all works."""
        db = open_database(proxy.before(postgres), timeout=1.0)
        await db.run(add())
        proxy.cut()
        faults = await asyncio.gather(*(db.run(add()) for _ in range(8)), return_exceptions=True)
        assert all(isinstance(fault, StoreError) and "no connection" in str(fault) for fault in faults), faults
        proxy.mend()
        assert await db.run(add()) == 2

    async def test_what_was_idle(
        self, postgres: str, proxy: Proxy, open_database: Callable[..., PostgresDatabase]
    ) -> None:
        """Where one connection was lost, those that were idle are not tried one after the other."""
        db, all_there = open_database(proxy.before(postgres)), threading.Barrier(3, timeout=30)
        await asyncio.gather(*(db.run(lambda _: all_there.wait(30)) for _ in range(3)))
        assert len(db._idle) == 3
        proxy.cut(refuse=False)
        assert await db.run(add()) == 1
        assert len(db._idle) == 1

    async def test_a_network_that_loses_all(
        self, postgres: str, proxy: Proxy, open_database: Callable[..., PostgresDatabase]
    ) -> None:
        """The wait for an answer that never comes is bounded, and leaves nothing that hangs."""
        db = open_database(proxy.before(postgres), connections=1)
        await db.run(add())
        db._workers.patience = 0.05
        proxy.freeze()
        for use in (db.run(add()), asyncio.to_thread(db.run_blocking, add())):
            with pytest.raises(StoreError, match=r"did not answer within 0\.05 s"):
                await use
        db._workers.patience = 30.0
        proxy.mend()
        assert await db.run(add()) == 2, "what nobody waited for any more was not done"

        proxy.freeze()
        cancelled = asyncio.create_task(db.run(add()))
        while not db._jobs:
            await asyncio.sleep(0.001)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        db._workers.patience = 0.0
        (hanging,) = db._jobs
        with pytest.raises(StoreError, match="did not answer"):
            await db.run(add())
        assert hanging.given_up, "whoever comes next ends what nobody waits for"
        db._workers.patience = 30.0
        proxy.mend()
        assert await db.run(add()) == 3

    async def test_a_connection_that_breaks(
        self, postgres: str, proxy: Proxy, open_database: Callable[..., PostgresDatabase]
    ) -> None:
        """What was not committed is done again; what may have been is not, and the error says so."""
        db = open_database(proxy.before(postgres))
        tries: list[str] = []

        def function(connection: Connection) -> None:
            tries.append("once")
            if len(tries) == 1:
                proxy.cut(refuse=False)
            add()(connection)

        await db.run(function)
        assert len(tries) == 2

        def at_the_end(connection: Connection) -> None:
            tries.append("once")
            add("perhaps")(connection)
            proxy.cut(refuse=False)

        with pytest.raises(
            StoreError, match="lost while it was written to, which may have been done; see what is there"
        ):
            await db.run(at_the_end)
        assert len(tries) == 3
        assert await db.run(counts) == {"n": 1}

        def twice(connection: Connection) -> dict[str, int]:
            tries.append("once")
            found = counts(connection)
            if len(tries) == 4:
                proxy.cut(refuse=False)
            return found

        assert await db.run(twice, repeatable=True) == {"n": 1}
        assert len(tries) == 5


def run(program: str, *arguments: object) -> None:
    """Run a program in a process of its own, with warnings as errors, but for that of a fork beside threads."""
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]
    shared = f"""
        from __future__ import annotations
        import asyncio, atexit, os, sys, threading, time
        from wasend._storage.postgres import PostgresDatabase, _Job

        db = PostgresDatabase(sys.argv[1], application="notes", migrations=[{FIRST!r}])
    """
    program = "\n".join(map(textwrap.dedent, (shared, inspect.getsource(add), inspect.getsource(counts), program)))
    done = subprocess.run(
        [*command, program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


class TestProcess:
    @pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
    def test_children_and_the_end(self, postgres: str, db: PostgresDatabase) -> None:
        """Children forked beside threads work, and so does their parent; what is begun is done before the end."""
        run(
            """
            def busy():
                while not over.is_set():
                    db.run_blocking(add("busy"))

            over = threading.Event()
            thread = threading.Thread(target=busy)
            thread.start()
            asyncio.run(db.run(add()))
            children = []
            for _ in range(4):
                if not (pid := os.fork()):
                    asyncio.run(db.run(add()))
                    db.close()
                    os._exit(0)
                children.append(pid)
            for pid in children:
                assert os.waitpid(pid, 0)[1] == 0
            assert asyncio.run(db.run(counts))["n"] == 5
            over.set()
            thread.join()

            def late():
                db.run_blocking(add("late"))
                asyncio.run(db.run(add("late")))

            atexit.register(late)
            for _ in range(20):
                db._submit(_Job(time.monotonic() + 5, True, False), add("begun"))
            """,
            postgres,
        )
        found = db.run_blocking(counts)
        assert (found["begun"], found["late"]) == (20, 2)
