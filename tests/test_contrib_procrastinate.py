"""procrastinate: what a job's error makes of the job, and that each message is sent once, whatever becomes of its workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued, JobAborted
from procrastinate.jobs import Job
from procrastinate.testing import InMemoryConnector

from tests import procrastinate_app
from tests.fault_points import POINTS
from tests.outbox_worker import be_quick
from tests.procrastinate_app import app_and_tasks
from tests.queues import KILLS, LOST, PATIENCE, SIZE, STORE, TIMES, check, killed, places, workers
from wasend import (
    AsyncWasendClient,
    BadRequestError,
    InvalidRequestError,
    Message,
    RateLimitError,
    ServerError,
    WasendError,
)
from wasend.contrib.procrastinate import Outgoing, SendRetry, SendTasks
from wasend.outbox import Outbox
from wasend.sandbox import Sandbox

SESSION = "ses_1"
MADE_UP = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="t", attempts=2)
NUMBERS = [f"+4477009000{number:02}" for number in range(25)]


class Shop:
    """An app with the tasks, over a sandbox: what it has to send, and what it hears of it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.session = sandbox.add_session().id
        self.rows = [Outgoing(f"no-{index:02}", {"to": to, "text": f"Hi {to}"}) for index, to in enumerate(NUMBERS)]
        self.asked: list[str | None] = []
        self.heard: list[tuple[str, Any]] = []
        self.connector = InMemoryConnector()
        self.app = App(connector=self.connector)
        outbox = Outbox(str(folder / "outbox.db"))
        self.tasks = SendTasks(
            lambda: sandbox.async_client(outbox=outbox, retry=None),
            source=self.due,
            on_outcome=self.hear,
            retry=SendRetry(max_attempts=3, longest_backoff=0.0),
        )
        self.app.add_tasks_from(self.tasks, namespace="wasend")

    async def due(self, session: str, after: str | None) -> Sequence[Outgoing]:
        assert session == self.session
        self.asked.append(after)
        return [row for row in self.rows if after is None or row.key > after][:10]

    async def hear(self, message: Outgoing, outcome: Message | WasendError) -> None:
        self.heard.append((message.key, outcome))

    async def work(self) -> None:
        """Do all that is in the queue."""
        await self.app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """What was in the queue, but for what is there every minute."""
        return [job for job in self.connector.jobs.values() if not job["task_name"].endswith("retry_stalled")]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    with Sandbox() as sandbox:
        shop = Shop(sandbox, tmp_path)
        async with shop.app.open_async():
            yield shop
        await shop.tasks.aclose()


async def test_one_message(shop: Shop) -> None:
    """A message that is put into the queue is sent by a worker, under a key of its own."""
    key = await shop.tasks.send_later(shop.session, {"to": NUMBERS[0], "text": "Hi"})
    await shop.tasks.send_later(shop.session, {"to": NUMBERS[1], "text": "Ho"}, key="order-17", call="send")
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["succeeded"] * 2
    assert [(key, outcome.outcome if isinstance(outcome, WasendError) else "sent") for key, outcome in shop.heard] == [
        (key, "sent"),
        ("order-17", "sent"),
    ]
    for number, text in zip(NUMBERS, ("Hi", "Ho"), strict=False):
        shop.sandbox.assert_delivered(number, text)


@pytest.mark.parametrize("call", ["retrieve_config", "_send", "get_messages", "no_such"])
async def test_only_calls_that_send(shop: Shop, call: str) -> None:
    """What is no call that can have a key is refused, when it is put into the queue."""
    with pytest.raises(InvalidRequestError, match="is no call that sends"):
        await shop.tasks.send_later(shop.session, {}, call=call)
    assert shop.jobs == []


async def test_drain(shop: Shop) -> None:
    """All messages of a session are sent by one job, in slices; it is in the queue once."""
    await shop.tasks.drain_session(shop.session)
    await shop.tasks.drain_session(shop.session)
    assert len(shop.jobs) == 1
    await shop.work()
    assert shop.asked == [None, "no-09", "no-19", "no-24"]
    assert [key for key, _ in shop.heard] == [row.key for row in shop.rows]
    assert len(shop.sandbox.deliveries()) == len(NUMBERS)
    assert [job["status"] for job in shop.jobs] == ["succeeded"]
    assert not [secret for secret in ("Hi", NUMBERS[0]) if secret in str(shop.jobs)]


async def test_drain_leaves_the_rest_to_another_job(shop: Shop) -> None:
    """After its time a job leaves the rest to another, before which other jobs may come."""
    shop.tasks._seconds = 0.0
    shop.rows = shop.rows[:3]
    await shop.tasks.drain_session(shop.session, after="no-00")

    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        shop.tasks._seconds = 60.0  # of the job that comes next
        return await Shop.due(shop, session, after)

    shop.tasks._source = due
    await shop.work()
    assert shop.asked == ["no-00", "no-00", "no-02"]
    assert [job["status"] for job in shop.jobs] == ["succeeded"] * 2
    assert len(shop.sandbox.deliveries()) == 2


async def test_drain_goes_on_in_spite_of_refusals(shop: Shop) -> None:
    """A message that cannot be sent costs no other: what it came to is told, and logged without its number."""
    shop.rows[3] = Outgoing("no-03", {"to": "077", "text": "Hi"})
    shop.rows[4] = Outgoing("no-04", {"to": NUMBERS[4]}, call="retrieve_config")
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    refused = [(key, type(outcome)) for key, outcome in shop.heard if isinstance(outcome, Exception)]
    assert refused == [("no-03", InvalidRequestError), ("no-04", InvalidRequestError)]
    assert len(shop.sandbox.deliveries()) == len(NUMBERS) - 2


async def test_drain_comes_back_for_what_may_pass(shop: Shop) -> None:
    """What could not be sent for now is tried again by a later job, and no more: the others are not sent again."""
    shop.sandbox.faults.add("rate_limit POST /sendText #4 seconds=0")
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    await shop.work()
    assert len(shop.jobs) == 2
    assert shop.jobs[1]["args"]["after"] is None
    assert [job["status"] for job in shop.jobs] == ["succeeded"] * 2
    shop.sandbox.assert_no_duplicates()
    assert len(shop.sandbox.deliveries()) == len(NUMBERS)


async def test_drain_stops_where_all_fails(shop: Shop) -> None:
    """Where nothing can be sent, the rest is not tried; after so many times the job has failed."""
    shop.sandbox.faults.add("503 POST /sendText retry_after=0")
    await shop.tasks.drain_session(shop.session)
    for _ in range(6):
        await shop.work()
    assert [job["status"] for job in shop.jobs] == ["succeeded"] * 3 + ["failed"]
    assert shop.asked == [None] * 4


async def test_what_was_lost_does_not_keep_the_rest(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all messages of a slice were lost, the next one is sent; by its messages it is known that those were lost."""
    be_quick(monkeypatch)
    shop.tasks._in_flight = 10
    outbox = Outbox(str(shop.folder / "quick.db"), on_unknown="look", visible_within=0.1)
    shop.tasks._make_client = lambda: shop.sandbox.async_client(outbox=outbox, retry=None, timeout=TIMES)
    shop.sandbox.faults.add("hang POST /sendText x10")
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert shop.asked == [None]
    assert not shop.sandbox.deliveries()
    async with asyncio.timeout(PATIENCE):
        while "todo" in (job["status"] for job in shop.jobs):
            await shop.work()
            await asyncio.sleep(0.05)
    shop.sandbox.assert_no_duplicates()
    assert len(shop.sandbox.deliveries()) == len(NUMBERS)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RateLimitError("wait", status=429, retry_after=7200.0), 7200.0),
        (RateLimitError("wait", status=429), 0.0),
        (JobAborted(), None),
        (BadRequestError("no", status=400), False),
        (ValueError("theirs"), False),
    ],
    ids=["said", "unsaid", "the worker ends", "useless", "not of this package"],
)
def test_retry(error: Exception, seconds: float | None) -> None:
    """A job is run again where that can help, after the time that the error says; at most so often."""
    retry = SendRetry(longest_backoff=0.0, max_attempts=3)
    job = MADE_UP
    decision = retry.get_retry_decision(exception=error, job=job)
    if seconds is False:
        assert decision is None
        return
    assert decision is not None
    if seconds is None:
        assert decision.retry_at is None
        return
    assert decision.retry_at is not None
    assert abs(decision.retry_at - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(seconds=60)
    assert retry.get_retry_decision(exception=error, job=job.evolve(attempts=3)) is None


async def test_cancelled_jobs_are_aborted(shop: Shop) -> None:
    """A job that its worker gives up when it ends is run again by another: so it says that it was aborted."""
    entered = asyncio.Event()

    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        entered.set()
        await asyncio.Event().wait()
        return ()

    shop.tasks._source = due
    await shop.tasks.drain_session(shop.session)
    worker = asyncio.create_task(
        shop.app.run_worker_async(install_signal_handlers=False, listen_notify=False, shutdown_graceful_timeout=0.0)
    )
    await entered.wait()
    worker.cancel()
    await asyncio.wait([worker])
    assert [job["status"] for job in shop.jobs] == ["todo"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"to": NUMBERS[0], "text": b"Hi"}, "fields: cannot be written as JSON"),
        ({"to": NUMBERS[0], "text": "Hi", "session": "ses_2"}, "fields: name the session"),
        ({"to": NUMBERS[0], "text": "Hi", "key": "k"}, "fields: name the key"),
    ],
    ids=["bytes", "session", "key"],
)
async def test_fields_of_no_job(shop: Shop, fields: dict[str, Any], problem: str) -> None:
    """What a job cannot keep, or has itself, is refused when it is put into the queue."""
    with pytest.raises(InvalidRequestError, match=problem):
        await shop.tasks.send_later(shop.session, fields)
    assert shop.jobs == []


async def test_told_when_it_was_tried_often_enough(shop: Shop) -> None:
    """The error of a message that is given up is told, once; then the job has failed."""
    shop.sandbox.faults.add("503 POST /sendText retry_after=0")
    await shop.tasks.send_later(shop.session, {"to": NUMBERS[0], "text": "Hi"}, key="order-17")
    await shop.work()
    assert len(shop.sandbox.journal) == 4
    assert [(key, type(outcome)) for key, outcome in shop.heard] == [("order-17", ServerError)]
    assert [job["status"] for job in shop.jobs] == ["failed"]


async def test_what_waits_keeps_nothing_else(shop: Shop) -> None:
    """While some messages wait for hours, others of the session are sent."""
    shop.sandbox.faults.add("503 POST /sendText #4 retry_after=7200")
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["succeeded", "todo"]
    shop.rows.append(Outgoing("no-99", {"to": "+447700900999", "text": "Hi"}))
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["succeeded", "todo", "succeeded"]
    shop.sandbox.assert_delivered("+447700900999")
    shop.jobs[1]["scheduled_at"] = datetime.now(UTC)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["succeeded"] * 4
    assert shop.jobs[3]["lock"] == shop.jobs[0]["lock"]
    assert len(shop.sandbox.deliveries()) == len(NUMBERS) + 1
    shop.sandbox.assert_no_duplicates()


async def test_a_source_that_fails(shop: Shop) -> None:
    """The job has failed, and another goes on from there: no message waits for the next time that one is put there."""
    asked: list[str | None] = []

    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        asked.append(after)
        if asked == [None, "no-09"]:
            raise ConnectionResetError
        return await Shop.due(shop, session, after)

    shop.tasks._source = due
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["failed", "succeeded"]
    assert asked == [None, "no-09", "no-09", "no-19", "no-24"]
    assert len(shop.sandbox.deliveries()) == len(NUMBERS)


async def test_a_source_that_always_fails(shop: Shop) -> None:
    """It is asked so many times, and not for ever."""

    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        raise ConnectionResetError

    shop.tasks._source = due
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["failed"] * 4


async def test_who_fails_to_hear(shop: Shop) -> None:
    """Where an outcome cannot be told, no other send is cancelled for that; all are told by the next job."""
    has_failed = asyncio.Event()

    async def hear(message: Outgoing, outcome: Message | WasendError) -> None:
        if not has_failed.is_set():
            has_failed.set()
            raise ConnectionResetError
        await Shop.hear(shop, message, outcome)

    async def outcome_of(session: str, message: Outgoing) -> Any:
        if message.key == "no-01":
            await has_failed.wait()
        return await SendTasks._outcome_of(shop.tasks, session, message)

    shop.tasks._on_outcome = hear
    shop.tasks._outcome_of = outcome_of  # type: ignore[method-assign]
    shop.rows = shop.rows[:2]
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["failed", "succeeded"]
    assert [key for key, _ in shop.heard] == ["no-01", "no-00", "no-01"]
    shop.sandbox.assert_no_duplicates()


async def test_all_that_is_given_up_is_told(shop: Shop) -> None:
    """What is given up in one slice keeps nothing of the next ones from being told."""
    for row in (shop.rows[3], shop.rows[23]):
        shop.sandbox.faults.add(f"503 POST /sendText to={row.fields['to']} retry_after=0")
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["succeeded"] * 3 + ["failed"]
    assert [key for key, outcome in shop.heard if isinstance(outcome, ServerError)] == ["no-03", "no-23"]


async def test_a_source_that_gives_the_same_again(shop: Shop) -> None:
    """It is found out, and not asked for ever."""

    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        return shop.rows[:3]

    shop.tasks._source = due
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["failed"]
    assert len(shop.sandbox.deliveries()) == 3


async def test_a_drain_that_is_aborted(shop: Shop) -> None:
    """Who aborts a drain has aborted it: it does not put itself into the queue again."""

    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        await shop.app.job_manager.cancel_job_by_id_async(shop.jobs[0]["id"], abort=True)
        if after is not None:
            await asyncio.Event().wait()
        return await Shop.due(shop, session, after)

    shop.tasks._source = due
    await shop.tasks.drain_session(shop.session)
    async with asyncio.timeout(20):
        await shop.app.run_worker_async(
            wait=False, install_signal_handlers=False, listen_notify=False, abort_job_polling_interval=0.01
        )
    assert [job["status"] for job in shop.jobs] == ["aborted"]


async def test_no_source(shop: Shop) -> None:
    """A worker that was given no source says so."""
    shop.tasks._source = None
    await shop.tasks.drain_session(shop.session)
    await shop.work()
    assert [job["status"] for job in shop.jobs] == ["failed"]


def test_no_client_before_it_is_needed() -> None:
    """Who only puts messages into the queue makes no client, and needs no API key."""
    made: list[AsyncWasendClient] = []
    tasks = SendTasks(lambda: made[0])
    App(connector=InMemoryConnector()).add_tasks_from(tasks, namespace="wasend")
    assert sorted(tasks.tasks) == ["wasend:drain", "wasend:retry_stalled", "wasend:send"]


# ------------------------------------------------------------------------------------------------------ real workers


async def test_killed_at_every_point(postgres: str, tmp_path: Path) -> None:
    """
    Four workers, killed wherever it hurts, and answers lost: each is told once, and the truth.

    It is sent by a job of its own, or by the one that drains its session.
    """
    sandbox = Sandbox(api_key="k", faults=[LOST], seed=1)
    single, drained = sandbox.add_session().id, sandbox.add_session("Drained", "+447700900124").id
    expected = {f"+4477009{number:05}": f"See you at {number}" for number in range(SIZE)}
    rows = [f"{to}|{text}" for to, text in expected.items()]
    (tmp_path / f"{drained}.txt").write_text("\n".join(rows[SIZE // 2 :]), encoding="utf-8")
    app, tasks = app_and_tasks(postgres)
    with sandbox.serve() as server:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            environment = places(tmp_path, server.url, DATABASE=postgres, KILLS=str(KILLS))
            if STORE != "sqlite":
                environment["OUTBOX"] = postgres
            for to, text in [*expected.items()][: SIZE // 2]:
                await tasks.send_later(single, {"to": to, "text": text})
            await tasks.drain_session(drained)
            with workers(procrastinate_app.work, environment) as keep_alive:
                async with asyncio.timeout(PATIENCE):
                    while await is_busy(app):
                        keep_alive()
                        with suppress(AlreadyEnqueued):
                            await tasks.retry_stalled.configure().defer_async(timestamp=0)
                        await asyncio.sleep(0.3)
    said = [line.split(" ") for line in (tmp_path / "told.txt").read_text(encoding="utf-8").splitlines()]
    told = {to: {what for who, what in said if who == to} for to in expected}
    check(sandbox, expected, lambda to: " ".join(told[to]))
    assert killed(tmp_path) == dict.fromkeys(POINTS, KILLS)


async def test_a_dead_workers_job_makes_room(postgres: str) -> None:
    """Where the next drain of the session waits already, the dead worker's is over; else it is run again."""
    app, tasks = app_and_tasks(postgres)
    manager = app.job_manager
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for session in ("alone", "twice"):
            await tasks.drain_session(session)
            await manager.fetch_job(queues=None, worker_id=await manager.register_worker())
        await tasks.drain_session("twice")
        tasks._stalled_after = -1.0
        context = JobContext(app=app, job=MADE_UP, start_timestamp=0.0, abort_reason=lambda: None)
        await tasks.retry_stalled.func(context, 0)
        jobs = [(job.task_kwargs["session"], job.status) for job in await manager.list_jobs_async()]
    assert sorted(jobs) == [("alone", "todo"), ("twice", "failed"), ("twice", "todo")]


async def test_what_waits_has_no_lock(postgres: str) -> None:
    """A job that waits for hours keeps no other of its session: a job waits for all that have its lock before it."""
    app, tasks = app_and_tasks(postgres)
    manager = app.job_manager
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await tasks._continue("ses_1", "no-03", seconds=7200.0, attempts=1)
        await tasks.drain_session("ses_1")
        job = await manager.fetch_job(queues=None, worker_id=await manager.register_worker())
    assert job is not None
    assert job.task_kwargs["after"] is None


async def is_busy(app: App) -> bool:
    """Whether a message is in the queue."""
    jobs = await app.job_manager.list_jobs_async()
    return any(job.status in ("todo", "doing") for job in jobs if not job.task_name.endswith("retry_stalled"))
