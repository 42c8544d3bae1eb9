"""
Reminders as tasks of Celery, each sent once, though workers die and answers are lost.

It needs the extra ``celery``. Without ``WASEND_BASE_URL`` it plays a broker that gives out a task twice, against a
sandbox on this machine that refuses a send at first and loses an answer. With it (and ``WASEND_API_KEY``,
``WASEND_SESSION`` and ``BROKER_URL``) Celery runs it, and the example puts reminders into the queue:

    python examples/celery_reminders.py                                # sandbox
    celery --workdir examples --app celery_reminders worker            # the service
    python examples/celery_reminders.py RECIPIENT...                   # recipients such as +447700900123
"""
# Celery has no types of its own.
# mypy: disable-error-code="untyped-decorator"
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false, reportFunctionMemberAccess=false

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from celery import Celery

from wasend import Outbox, Timeout, WasendClient, WasendError
from wasend.contrib.celery import WasendTask
from wasend.sandbox import Sandbox

TEXT = "Your appointment is tomorrow at 10."

app = Celery("reminders", broker=os.environ.get("BROKER_URL", "memory://"))


class Reminder(WasendTask):
    """A task that sends by the client of its worker process."""

    def make_client(self) -> WasendClient:
        """Make it; its outbox is what all workers share, on this machine."""
        outbox = Outbox(os.environ.get("OUTBOX", "outbox.db"), on_unknown="look")
        return WasendClient(outbox=outbox, timeout=Timeout(send=30.0, total=45.0))


@app.task(base=Reminder, bind=True)
def remind(task: Reminder, to: str) -> str:
    """Remind somebody; the task's id is the key of the message."""
    return task.client.session().send_text(to=to, text=TEXT).id


def play() -> None:
    """Run each task twice, as after a worker's death, and one that cannot succeed."""
    for run in (1, 2):
        print(f"run {run}:")
        for number in ("+447700900456", "+447700900457", "0770 090 0458"):
            result = remind.apply((number,), task_id=f"reminder-{number}")
            error = result.result
            print(f"not sent: {error}" if isinstance(error, WasendError) else f"sent: {error}")


if __name__ == "__main__":
    if "WASEND_BASE_URL" in os.environ:
        for recipient in sys.argv[1:]:
            print("in the queue:", remind.delay(recipient).id)
    else:
        sandbox = Sandbox(faults=["rate_limit POST /sendText #1 seconds=0", "reset_after POST /sendText #3"])
        with tempfile.TemporaryDirectory() as folder, sandbox.serve() as server:
            os.environ |= {"WASEND_API_KEY": "any", "WASEND_BASE_URL": server.url, "WASEND_MAX_RETRIES": "0"}
            os.environ |= {"WASEND_SESSION": sandbox.add_session().id, "OUTBOX": str(Path(folder, "outbox.db"))}
            play()
        print(f"delivered: {len(sandbox.deliveries())}")
