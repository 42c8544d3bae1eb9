"""The tasks of the Celery workers under test; tests/test_contrib_celery.py starts them."""
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import os
import signal
from pathlib import Path

from celery import Celery

from tests.queues import first, options, wait_until
from wasend import WasendClient
from wasend.contrib.celery import WasendTask

app = Celery("under_test", broker=os.environ.get("BROKER", "memory://"), backend=os.environ.get("BROKER"))
app.conf.update(broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1)


class Sending(WasendTask):
    longest_backoff = 0.1

    def make_client(self) -> WasendClient:
        return WasendClient(**options())


@app.task(base=Sending, bind=True)
def remind(task: Sending, session: str, to: str, text: str) -> str:
    """Send a message."""
    return task.client.send_text(session=session, to=to, text=text).id


@app.task(base=Sending, bind=True)
def remind_together(task: Sending, session: str, to: str, text: str, runs: int) -> str:
    """Send a message when so many workers have begun to do so."""
    marks = Path(os.environ["MARKS"])
    marks.joinpath(f"{task.key} {os.getpid()}").touch()
    wait_until(lambda: len([*marks.glob(f"{task.key}*")]) >= runs)
    return task.client.send_text(session=session, to=to, text=text).id


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def remind_without(task: Sending, session: str, to: str, text: str) -> str:
    """Send a message without an outbox, and be killed thereafter, once."""
    with WasendClient("k", base_url=os.environ["SERVICE"]) as client:
        sent = client.send_text(session=session, to=to, text=text).id
    if first(str(task.request.id)):
        os.kill(os.getpid(), signal.SIGKILL)
    return sent
