"""Celery: what a task's error makes of the task, and that each message is sent once, whatever becomes of its workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from celery import Celery
from celery.exceptions import Retry

from tests import celery_app
from tests.fault_points import POINTS
from tests.queues import KILLS, LOST, PATIENCE, SIZE, STORE, check, killed, places, wait_until, worker
from wasend import (
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    RateLimitError,
    TurnTimeoutError,
    WasendClient,
    WasendError,
)
from wasend.contrib import celery as contrib
from wasend.contrib.celery import WasendTask
from wasend.outbox import Outbox
from wasend.sandbox import Sandbox

TWICE = "+447700800000"
TOGETHER = ["+447700800001", "+447700800002"]
LATE_ONE = "+447700800003"
LATER = datetime.now(UTC) + timedelta(hours=9)


class Sending(WasendTask):
    def make_client(self) -> WasendClient:
        return WasendClient("k", base_url="http://127.0.0.1:9", outbox=Outbox("unused.db"))


def nothing() -> None:
    """What a task does that is about something else."""


class Other(WasendTask):
    def make_client(self) -> WasendClient:
        return WasendClient("k", base_url="http://127.0.0.1:9")


@pytest.fixture
def app() -> Iterator[Celery]:
    with Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False) as app:
        yield app
    contrib._close()


def raising(app: Celery, error: Exception, *, bind: bool = True, **options: Any) -> Any:
    """A task that fails."""

    def fail(*_: Any) -> None:
        raise error

    return app.task(fail, base=Sending, bind=bind, name="fail", shared=False, **options)


def outcome(task: Any, retries: int = 0) -> BaseException | None:
    """What the function of a task raises in a worker."""
    task.push_request(id="t-17", retries=retries, called_directly=False, args=(), kwargs={}, delivery_info={})
    try:
        task.run()
    except Exception as error:
        return error
    finally:
        task.pop_request()
    return None


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (RateLimitError("wait", status=429, retry_after=7.5), (7.5, 7.5)),
        (RateLimitError("wait", status=429, retry_after=5000), (900, 900)),
        (TurnTimeoutError("night", session="s", until=LATER, reason="quiet_hours"), (900, 900)),
        (APITimeoutError("refused"), (0, 8)),
    ],
    ids=["said", "said, long", "until", "unsaid"],
)
def test_what_may_pass_is_tried_again(app: Celery, error: WasendError, wait: tuple[float, float]) -> None:
    """After the time that the error says, or with growing pauses; never so long that the broker would lose patience."""
    for bind in (True, False):
        raised = outcome(raising(app, error, bind=bind), retries=3)
        assert isinstance(raised, Retry)
        assert wait[0] <= raised.when <= wait[1]
        assert raised.__cause__ is error
        app.tasks.pop("fail")


def test_the_longest_wait_is_half_of_the_brokers(app: Celery) -> None:
    app.conf.broker_transport_options = {"visibility_timeout": 100}
    raised = outcome(raising(app, RateLimitError("wait", status=429, retry_after=5000)))
    assert isinstance(raised, Retry)
    assert raised.when == 50


@pytest.mark.parametrize(
    "error", [BadRequestError("no", status=400), ValueError("theirs")], ids=["useless", "not of this package"]
)
def test_what_cannot_pass_is_not_tried_again(app: Celery, error: Exception) -> None:
    """The error is the task's."""
    assert outcome(raising(app, error)) is error


def test_tried_often_enough(app: Celery) -> None:
    """After the last retry the error is the task's, as it was."""
    error = RateLimitError("wait", status=429)
    task = raising(app, error, max_retries=2)
    assert isinstance(outcome(task, retries=1), Retry)
    assert outcome(task, retries=2) is error


def test_eager(app: Celery) -> None:
    """In a program's tests, where tasks are run at once, they are tried again at once."""
    tries: list[int] = []

    def twice(task: Any) -> str:
        tries.append(task.request.retries)
        if len(tries) < 3:
            raise RateLimitError("wait", status=429)
        return str(task.key)

    result = app.task(twice, base=Sending, bind=True, name="twice", shared=False).apply(task_id="t-17")
    assert (result.get(), tries) == ("t-17", [0, 1, 2])


def test_classes_with_a_run_method(app: Celery) -> None:
    """A task that is a class with a method `run` is tried again as well."""

    class Own(Sending):
        name = "own"

        def run(self) -> None:
            raise RateLimitError("wait", status=429)

    assert isinstance(outcome(app.register_task(Own())), Retry)


def test_key(app: Celery) -> None:
    """The key of a task's message is its id; a task that is called as a function has none, and says so."""
    task = raising(app, ValueError())
    with pytest.raises(ConfigurationError, match="called as a function"):
        _ = task.client
    task.push_request(id="t-17")
    assert task.client._async._engine.key == task.key == "t-17"


def test_one_client_a_process_and_class(app: Celery) -> None:
    """All tasks of a base class share a client, also where many threads first ask for it; another class has its own."""
    tasks = [app.task(nothing, base=Sending, name=f"nothing{n}", shared=False) for n in range(2)]
    app.finalize()  # as a worker does before it runs a task; two threads at once cannot
    at_once = threading.Barrier(8, timeout=30)

    def client(number: int) -> Any:
        task = tasks[number % 2]
        task.push_request(id="t-17")
        at_once.wait()
        return task.client._async._engine.http

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(client, range(8))))) == 1
    assert len(contrib._clients) == 1
    other = app.task(nothing, base=Other, name="other", shared=False)
    other.push_request(id="t-18")
    with pytest.raises(ConfigurationError, match="key: this client has no outbox"):
        _ = other.client
    assert len(contrib._clients) == 2
    further = app.task(nothing, base=type("Further", (Sending,), {}), name="further", shared=False)
    further.push_request(id="t-19")
    assert further.client.retrieve_config().base_url == "http://127.0.0.1:9"
    assert len(contrib._clients) == 3
    contrib._close()
    assert contrib._clients == {}


def test_no_client_is_made_by_default(app: Celery) -> None:
    """Who does not say how to make a client is told so."""
    task = app.task(nothing, base=WasendTask, name="none", shared=False)
    task.push_request(id="t-17")
    with pytest.raises(NotImplementedError, match="return a WasendClient"):
        _ = task.client


# ------------------------------------------------------------------------------------------------------ real workers


@pytest.fixture
def shop(
    redis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Sandbox]:
    """A sandbox that loses every tenth answer, and what tells the workers where all is."""
    sandbox = Sandbox(api_key="k", faults=[LOST], seed=1)
    with sandbox.serve() as server:
        for name, place in places(tmp_path, server.url, BROKER=redis).items():
            monkeypatch.setenv(name, place)
        if STORE == "postgres":
            monkeypatch.setenv("OUTBOX", request.getfixturevalue("postgres"))
        celery_app.app.conf.update(broker_url=redis, result_backend=redis)
        yield sandbox


CELERY: Final = ("-m", "celery", "--quiet", "-A", "tests.celery_app", "worker", "--loglevel", "ERROR")


def test_killed_at_every_point(shop: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Four processes, killed wherever it hurts, and answers lost: each is told once, and the truth.

    The same task without an outbox tells somebody twice.
    """
    session = shop.add_session().id
    expected = {f"+4477009{number:05}": f"See you at {number}" for number in range(SIZE)}
    monkeypatch.setenv("KILLS", str(KILLS))
    with worker(*CELERY, "-c", "4", log=tmp_path / "log"):
        jobs = {to: celery_app.remind.delay(session, to, text) for to, text in expected.items()}
        twice = celery_app.remind_without.delay(session, TWICE, "See you")
        told = {to: job.get(timeout=PATIENCE) for to, job in jobs.items()}
        twice.get(timeout=PATIENCE)
    check(shop, expected, told.get)
    shop.assert_delivered(TWICE, times=2)
    assert killed(tmp_path) == dict.fromkeys(POINTS, KILLS)


def test_given_to_a_second_worker(shop: Sandbox, tmp_path: Path) -> None:
    """
    A task that takes longer than the visibility timeout is given to another worker while it runs: it is sent once.

    The other worker's pool is of greenlets; the first one is killed as a whole.
    """
    session = shop.add_session().id
    log, marks = tmp_path / "log", tmp_path / "marks"
    with worker(*CELERY, "-c", "2", log=log) as first:
        jobs = {to: celery_app.remind_together.delay(session, to, "See you", 2) for to in TOGETHER}
        wait_until(lambda: len([*marks.iterdir()]) == len(TOGETHER))
        give_back()
        with worker(*CELERY, "-P", "gevent", "-c", "9", log=log):
            told = {to: job.get(timeout=PATIENCE) for to, job in jobs.items()}
            os.killpg(first.pid, signal.SIGKILL)
            late = celery_app.remind_together.delay(session, LATE_ONE, "See you", 1)
            told[LATE_ONE] = late.get(timeout=PATIENCE)
    assert len([*marks.iterdir()]) == 2 * len(TOGETHER) + 1
    check(shop, dict.fromkeys(told, "See you"), told.get)


def give_back() -> None:
    """What any worker does from time to time: what was not acknowledged in time is given to others."""
    with celery_app.app.connection_for_read(transport_options={"visibility_timeout": 0}) as connection:
        connection.default_channel.qos.restore_visible(num=None, interval=1)
