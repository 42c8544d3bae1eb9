"""The page about task queues tells the truth: every program runs, and does what the text around it says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from wasend.sandbox import Sandbox

PAGE: Final = (Path(__file__).parent.parent / "docs" / "queues.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"(?:^<!-- file: ([^\n]*) -->\n)?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NUMBER: Final = "+447700900456"
TEXT: Final = "Tomorrow at 10."


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """The sandbox that the programs of the page meet, which refuses the first send for now."""
    sandbox = Sandbox(api_key="k", faults=["rate_limit POST /sendText #1 seconds=0"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WASEND_MAX_RETRIES", "0")
    with sandbox.serve() as server:
        monkeypatch.setenv("WASEND_API_KEY", "k")
        monkeypatch.setenv("WASEND_BASE_URL", server.url)
        monkeypatch.setenv("WASEND_SESSION", sandbox.add_session().id)
        yield sandbox


def program(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A program of the page, as the module that it would be."""
    ((_, text),) = [block for block in BLOCKS if block[0] == f"{name}.py"]
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module


def test_every_program_is_run() -> None:
    """No block of the page is left out of the tests below."""
    assert len(BLOCKS) == PAGE.count("```python")
    assert sorted(name for name, _ in BLOCKS) == sorted(
        ["", "reminders.py", "salon.py", "evening.py", "desk.py", "bakery.py"]
    )


def test_an_error_of_json(shop: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """It is what it was."""
    ((_, text),) = [block for block in BLOCKS if not block[0]]
    exec(compile(text, "program", "exec"), {})
    assert capsys.readouterr().out == "to not_sent False True\n"


def test_celery(shop: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is tried again that may succeed, and one with the same id sends nothing more."""
    reminders = program("reminders", monkeypatch)
    done = [reminders.remind.apply((NUMBER, TEXT), task_id="reminder-17").get() for _ in range(2)]
    assert done == [shop.deliveries()[0].id] * 2
    shop.assert_delivered(NUMBER, TEXT, times=1)


async def test_procrastinate(
    shop: Sandbox, monkeypatch: pytest.MonkeyPatch, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is due is sent, and a message of its own; done again, nothing is."""
    monkeypatch.setenv("DATABASE_URL", postgres)
    salon, evening = program("salon", monkeypatch), program("evening", monkeypatch)
    (session,) = shop.sessions
    async with salon.app.open_async():
        await salon.app.schema_manager.apply_schema_async()
    for _ in range(2):
        await evening.main(session)
        async with salon.app.open_async():
            for _ in range(2):
                await salon.app.run_worker_async(wait=False, install_signal_handlers=False)
    await salon.tasks.aclose()
    assert {line.split(" ")[0] for line in capsys.readouterr().out.splitlines()} == {
        "reminder-17",
        "reminder-18",
        "welcome-42",
    }
    assert sorted(one.to[:12] for one in shop.deliveries()) == ["447700900123", "447700900456", "447700900789"]


async def test_taskiq(shop: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is tried again that may succeed, and one with the same id sends nothing more."""
    desk = program("desk", monkeypatch)
    await desk.broker.startup()
    try:
        for _ in range(2):
            task = await desk.remind.kicker().with_task_id("reminder-17").kiq(NUMBER, TEXT)
            for _ in range(2):  # it is tried again by another run
                await desk.broker.wait_all()
            result = await task.get_result()
            assert (result.error, result.return_value) == (None, shop.deliveries()[0].id)
    finally:
        await desk.broker.shutdown()
    shop.assert_delivered(NUMBER, TEXT, times=1)


def test_rq(shop: Sandbox, monkeypatch: pytest.MonkeyPatch, redis: str) -> None:
    """A job is tried again that may succeed, and one with the same id sends nothing more."""
    import rq
    from redis import Redis

    bakery = program("bakery", monkeypatch)
    with Redis.from_url(redis) as connection:
        queue = rq.Queue(connection=connection)
        for _ in range(2):
            job = queue.enqueue(bakery.remind, NUMBER, TEXT, job_id="reminder-17", retry=rq.Retry(max=3))
            rq.SimpleWorker([queue], connection=connection).work(burst=True, logging_level="ERROR")
            assert job.return_value() == shop.deliveries()[0].id
    bakery.client().close()
    shop.assert_delivered(NUMBER, TEXT, times=1)
