"""What the tests of task queues share: how their workers are started, killed at each fault point, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import pytest

from tests import fault_points
from tests.outbox_worker import be_quick
from wasend import Outbox, Timeout
from wasend.sandbox import Sandbox

KILLS: Final = int(os.environ.get("WASEND_QUEUE_KILLS", "1"))
"""How often a process is killed at each point."""
SIZE: Final = int(os.environ.get("WASEND_QUEUE_SENDS", "16"))
"""How many messages are sent; docs/queues.md tells of more."""
STORE: Final = os.environ.get("WASEND_QUEUE_STORE", "")
"""Where the outbox is, ``sqlite`` or ``postgres``: by default where the queue's users would have it."""
PATIENCE: Final = 60.0 * KILLS
"""Seconds that a test waits for what must come."""
TIMES: Final = Timeout(connect=1.0, answer=0.4, send=0.4, total=0.7)
"""So that a dead worker's message is looked for after two seconds."""
LOST: Final = "hang POST /sendText 10% processed=true"


def places(folder: Path, service: str, **others: str) -> dict[str, str]:
    """What a worker finds in its environment."""
    marks = folder / "marks"
    marks.mkdir()
    return {"SERVICE": service, "MARKS": str(marks), "OUTBOX": str(folder / "outbox.db"), "KILLS": "0", **others}


def options() -> dict[str, Any]:
    """How a worker makes its client, which is killed at each point as often as the environment says."""
    patch = pytest.MonkeyPatch()
    be_quick(patch)
    patch.setattr(fault_points, "reach", reach)
    fault_points._report_requests()
    store = fault_points.Fused(Outbox(os.environ["OUTBOX"]).store)
    outbox = Outbox(store, on_unknown="look", visible_within=1.0)
    return {"api_key": "k", "base_url": os.environ["SERVICE"], "timeout": TIMES, "outbox": outbox}


def reach(point: str) -> None:
    """Pass a point, and die if few enough processes have died there."""
    if any(first(f"{point} {number}") for number in range(int(os.environ["KILLS"]))):
        os.kill(os.getpid(), signal.SIGKILL)


def first(name: str) -> bool:
    """Whether nobody has asked for this name before."""
    try:
        Path(os.environ["MARKS"], name).open("x").close()
    except FileExistsError:
        return False
    return True


def killed(folder: Path) -> dict[str, int]:
    """How many processes have died at each point."""
    return Counter(mark.name.partition(" ")[0] for mark in Path(folder, "marks").glob("* *"))


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def worker(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process group of its own, which is ended with all that it has started."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE / 4)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def workers(
    work: Callable[[Mapping[str, str]], None], environment: Mapping[str, str], count: int = 4
) -> Iterator[Callable[[], None]]:
    """
    Worker processes that are forks of one which has imported all; they are killed in the end.

    Args:
        work: What each of them does, with the environment.
        environment: What is added to it.
        count: How many.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    processes: list[Any] = []

    def keep_alive() -> None:
        """Start another one for each that has died."""
        processes[:] = [process for process in processes if process.is_alive()]
        while len(processes) < count:
            processes.append(context.Process(target=work, args=(dict(environment),), daemon=True))
            processes[-1].start()

    try:
        yield keep_alive
    finally:
        for process in processes:
            process.kill()
            process.join()


def check(sandbox: Sandbox, expected: Mapping[str, str], told: Callable[[str], str | None]) -> None:
    """
    Check that each of them was sent its message exactly once, and that what was told of it is true.

    Args:
        sandbox: What was sent.
        expected: The text for each number.
        told: The id of the message, as it was told for a number; `None` where it was told to be not sent or unknown.
    """
    delivered = [(f"+{one.to.partition('@')[0]}", one.content, one.id) for one in sandbox.deliveries()]
    delivered = [one for one in delivered if one[0] in expected]
    assert Counter((to, text) for to, text, _ in delivered) == Counter(expected.items())
    assert {to: told(to) for to in expected} == {to: message_id for to, _, message_id in delivered}
