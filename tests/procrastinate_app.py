"""The worker of procrastinate under test; tests/test_contrib_procrastinate.py starts it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from procrastinate import App, PsycopgConnector

from tests.queues import options
from wasend import AsyncWasendClient, Message, WasendError
from wasend.contrib.procrastinate import Outgoing, SendTasks


def make_client() -> AsyncWasendClient:
    return AsyncWasendClient(**options())


async def due(session: str, after: str | None) -> Sequence[Outgoing]:
    """The messages of a session, from a file with a number and a text a line, five at a time."""
    lines = Path(os.environ["MARKS"], f"../{session}.txt").read_text(encoding="utf-8").splitlines()
    rows = [Outgoing(f"{session} {to}", {"to": to, "text": text}) for to, text in (line.split("|") for line in lines)]
    return [row for row in rows if after is None or row.key > after][:5]


async def note(message: Outgoing, outcome: Message | WasendError) -> None:
    """Write down what has become of a message."""
    said = outcome.id if isinstance(outcome, Message) else type(outcome).__name__
    with Path(os.environ["MARKS"], "../told.txt").open("a", encoding="utf-8") as told:
        told.write(f"{message.fields['to']} {said}\n")


def app_and_tasks(database: str) -> tuple[App, SendTasks]:
    app = App(connector=PsycopgConnector(conninfo=database, max_size=4))
    tasks = SendTasks(make_client, source=due, on_outcome=note, stalled_after=1.0)
    app.add_tasks_from(tasks, namespace="wasend")
    return app, tasks


def work(environment: Mapping[str, str]) -> None:
    """Work until it is killed."""
    os.environ.update(environment)
    asyncio.run(_work())


async def _work() -> None:
    app, _ = app_and_tasks(os.environ["DATABASE"])
    async with app.open_async():
        await app.run_worker_async(
            concurrency=4,
            install_signal_handlers=False,
            fetch_job_polling_interval=0.1,
            update_heartbeat_interval=0.2,
            stalled_worker_timeout=1.0,
        )
