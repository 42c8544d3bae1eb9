"""
Servers of four frameworks that take webhooks into one inbox each, and are killed again and again: for the proof.

    python -m tests.webhook_servers FOLDER KILLS

One process imports everything, prints the ports as JSON, and forks each server, and forks it anew whenever it is killed. A
server kills itself at the fault points of its inbox: once at each of them, or in so many of a thousand cases.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp.web
import django.conf
import django.core.wsgi
import django.urls
import fastapi
import flask
import gunicorn.app.base
import uvicorn
from starlette.routing import Route

from tests.events import KEY
from wasend.webhooks import Context, Event, Receiver, SqliteInbox
from wasend.webhooks.adapters import WebhookApp, aiohttp_handler, django_view, flask_view
from wasend.webhooks.facts import arrival_of
from wasend.webhooks.inbox import Arrival, Claimed

FRAMEWORKS = ("fastapi", "flask", "django", "aiohttp")
LEASE = 1.0


class Killed(SqliteInbox):
    """An inbox whose process ends at its fault points: between insert and answer, insert and handler, and so on."""

    def __init__(self, folder: Path, framework: str, kills: int) -> None:
        super().__init__(folder / f"{framework}.db")
        self._marks, self._kills = folder / framework, kills
        self._random = random.Random()
        self.newest = 0
        self._newest: dict[int, int] = {}

    def point(self, name: str) -> None:
        if self._kills == 0:
            try:
                Path(f"{self._marks}.{name}").touch(exist_ok=False)
            except FileExistsError:
                return
        elif self._random.random() > self._kills / 1000:
            return
        with Path(f"{self._marks}.killed").open("a") as file:
            file.write(f"{name}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    async def put(self, arrival: Arrival) -> bool:
        new = await super().put(arrival)
        self.point("inserted")
        return new

    async def claim(self, holder: str, count: int, lease: float) -> Sequence[Claimed]:
        def newest(connection: sqlite3.Connection) -> int:
            return int(connection.execute("SELECT max(number) FROM events").fetchone()[0] or 0)

        before = await self._database.read(newest)
        claimed = await super().claim(holder, count, lease)
        self._newest |= {one.number: before for one in claimed}
        if claimed:
            self.point("claimed")
        return claimed

    async def finish(self, claimed: Claimed, effect: Callable[[Any], Any] | None = None) -> bool:
        def all_but_committed(connection: Any) -> None:
            assert effect is not None
            self.newest = self._newest[claimed.number]
            effect(connection)
            self.point("written")

        done = await super().finish(claimed, effect and all_but_committed)
        self.point("committed")
        return done


def receiver(folder: Path, framework: str, kills: int) -> Receiver:
    """A receiver whose handler writes down, in the inbox's transaction, what it handled and what should have come first."""
    inbox = Killed(folder, framework, kills)
    one = Receiver(key=KEY, inbox=inbox, lease=LEASE, concurrency=8, attempts=50)

    @one.on(Event, transaction=True)
    def handle(event: Event, context: Context) -> None:
        context.connection.execute(
            "CREATE TABLE IF NOT EXISTS effects (session, name, id, chat, at REAL, seen INTEGER, late INTEGER)"
        )
        arrival = arrival_of(event, b"", 0.0)
        # Of what was there when it was claimed, nothing of its chat that happened earlier is left.
        late = context.connection.execute(
            "SELECT count(*) FROM events WHERE lane = ? AND at < ? AND number <= ?",
            (arrival.lane, arrival.at, inbox.newest),
        ).fetchone()[0]
        row = (event.session, event.name, event.id, event.chat_id, arrival.at, inbox.newest, late)
        context.connection.execute("INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    return one


def serve_fastapi(sock: socket.socket, one: Receiver) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        async with one:
            yield

    app = fastapi.FastAPI(lifespan=lifespan)
    app.router.routes.append(Route("/webhook", WebhookApp(one)))
    config = uvicorn.Config(app, lifespan="on", log_config=None)
    uvicorn.Server(config).run([sock])


def serve_aiohttp(sock: socket.socket, one: Receiver) -> None:
    async def started(_: aiohttp.web.Application) -> Any:
        async with one:
            yield

    app = aiohttp.web.Application()
    app.router.add_post("/webhook", aiohttp_handler(one))
    app.cleanup_ctx.append(started)
    aiohttp.web.run_app(app, sock=sock, print=None, handle_signals=False)


def by_gunicorn(sock: socket.socket, application: Callable[[], Any]) -> None:
    """Two processes with two threads each, which gunicorn forks anew when they are killed."""

    class Gunicorn(gunicorn.app.base.BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {"bind": f"fd://{sock.fileno()}", "workers": 2, "threads": 2, "loglevel": "critical"}
            for name, value in {**settings, "preload_app": False, "control_socket_disable": True}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return application()

    Gunicorn().run()


def serve_flask(sock: socket.socket, make: Callable[[], Receiver]) -> None:
    def application() -> Any:
        one, app = make(), flask.Flask("proof")
        one.blocking.start()
        app.add_url_rule("/webhook", "webhook", flask_view(one), methods=["POST"])
        return app

    by_gunicorn(sock, application)


def serve_django(sock: socket.socket, make: Callable[[], Receiver]) -> None:
    def application() -> Any:
        one = make()
        one.blocking.start()
        urls = type(sys)("proof_urls")
        urls.urlpatterns = [django.urls.path("webhook", django_view(one))]  # type: ignore[attr-defined]
        django.conf.settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=urls, SECRET_KEY="proof")
        return django.core.wsgi.get_wsgi_application()

    by_gunicorn(sock, application)


def serve(framework: str, sock: socket.socket, folder: Path, kills: int) -> None:
    def make() -> Receiver:
        return receiver(folder, framework, kills)

    match framework:
        case "fastapi":
            serve_fastapi(sock, make())
        case "aiohttp":
            asyncio.set_event_loop(asyncio.new_event_loop())
            serve_aiohttp(sock, make())
        case "flask":
            serve_flask(sock, make)
        case _:
            serve_django(sock, make)


def main(folder: Path, kills: int) -> None:
    sockets = {name: socket.create_server(("127.0.0.1", 0), backlog=100) for name in FRAMEWORKS}
    running: dict[int, str] = {}
    killed = 0

    def start(name: str) -> None:
        pid = os.fork()
        if pid == 0:
            os.setsid()  # gunicorn's own processes are of its group
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            serve(name, sockets[name], folder, kills)
            os._exit(0)
        running[pid] = name

    def stop(*_: object) -> None:
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    for name in FRAMEWORKS:
        start(name)
    print(json.dumps({name: sock.getsockname()[1] for name, sock in sockets.items()}), flush=True)
    while True:
        pid, status = os.wait()
        name = running.pop(pid)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            killed += 1
            start(name)
        else:
            print(json.dumps({"ended": name, "status": status}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
