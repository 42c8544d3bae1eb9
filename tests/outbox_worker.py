"""A worker of the proof of the outbox: sends every key it is given, and writes down what it was told of each."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import signal
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from tests import fault_points
from wasend import AsyncWasendClient, Retry, Timeout, WasendError
from wasend.outbox import Outbox, holder, recovery

TOTAL: Final = 2.0
VISIBLE_WITHIN: Final = 4.0
AT_ONCE: Final = 8
KILLED: Final = -signal.SIGKILL
"""The exit code of a process that was."""


@attrs.frozen(kw_only=True)
class Job:
    """
    What a worker does.

    Attributes:
        url: Where the service is.
        target: The file or the database of the outbox.
        session: By which to send.
        sends: Of each key, to whom and what.
        said: The file to which it adds a line for each call that has ended.
        seed: Decides the order.
        fault: At which point it dies, and at the how many-th time; `None` for never.
    """

    url: str
    target: str
    session: str
    sends: tuple[tuple[str, str, str], ...]
    said: Path
    seed: int
    fault: tuple[str, int] | None = None


def be_quick(patch: pytest.MonkeyPatch) -> None:
    """Take a killed worker for dead, and what is not there for lost, sooner than a program would."""
    patch.setattr(holder, "LEASE", 3.0)
    patch.setattr(holder, "_BEAT", 1.0)
    patch.setattr(recovery, "WINDOW", 1.0)


def client_of(url: str, outbox: Outbox) -> AsyncWasendClient:
    timeout = Timeout(connect=1.0, answer=1.0, send=0.7, total=TOTAL)
    return AsyncWasendClient("k", base_url=url, outbox=outbox, timeout=timeout, retry=Retry(initial_backoff=0.05))


def outbox_of(target: str) -> Outbox:
    store = Outbox(target).store
    return Outbox(fault_points.Fused(store), on_unknown="look", visible_within=VISIBLE_WITHIN)


def work(job: Job) -> None:
    """Do a job, in a process of its own."""
    be_quick(pytest.MonkeyPatch())
    if job.fault is not None:
        fault_points.arm(*job.fault)
    asyncio.run(_work(job))


def run(jobs: list[Job]) -> list[int | None]:
    """Have workers do their jobs at once; how each has ended."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.outbox_worker", "wasend.delivery.settle", "wasend.delivery.rate_limit"])
    workers = [context.Process(target=work, args=(job,)) for job in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    return [worker.exitcode for worker in workers]


async def _work(job: Job) -> None:
    todo = list(job.sends)
    random.Random(job.seed).shuffle(todo)
    left = iter(todo)
    said = os.open(job.said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    async with client_of(job.url, outbox_of(job.target)) as client:

        async def send_some() -> None:
            for key, to, text in left:
                told: dict[str, Any] = {"key": key}
                try:
                    told["id"] = (await client.send_text(session=job.session, to=to, text=text, key=key)).id
                except WasendError as error:
                    told |= {"outcome": error.outcome, "error": str(error)}
                os.write(said, f"{json.dumps(told)}\n".encode())

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(send_some())
