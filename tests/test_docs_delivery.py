"""The page about delivery tells the truth: every program runs, and does what the text around it says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from wasend._core.clock import SYSTEM_CLOCK
from wasend.delivery import MemoryStore, Pacing, Store
from wasend.sandbox import Clock, Sandbox

PROJECT: Final = Path(__file__).parent.parent
PAGE: Final = (PROJECT / "docs" / "delivery.md").read_text(encoding="utf-8")
PROGRAMS: Final = re.findall(r"(?:^<!-- faults: ([^\n]*) -->\n)?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOON: Final = datetime(2026, 5, 5, 12, tzinfo=UTC).timestamp()

Run = Callable[[str], tuple[Sandbox, dict[str, Any], list[str]]]


class FakeRedis:
    """As much of a Redis as the page asks for: hashes of text."""

    def __init__(self, *, decode_responses: bool) -> None:
        assert decode_responses
        self._hashes: dict[str, dict[str, str]] = {}

    def hget(self, name: str, key: str) -> str | None:
        return self._hashes.get(name, {}).get(key)

    def hset(self, name: str, key: str, value: str) -> None:
        self._hashes.setdefault(name, {})[key] = value

    def hdel(self, name: str, key: str) -> None:
        self._hashes.get(name, {}).pop(key, None)

    def hgetall(self, name: str) -> dict[str, str]:
        return {**self._hashes.get(name, {})}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the one program that holds some words; the sandbox that it met, its names, and the lines that it printed."""
    redis = ModuleType("redis")
    monkeypatch.setattr(redis, "Redis", FakeRedis, raising=False)
    monkeypatch.setitem(sys.modules, "redis", redis)
    monkeypatch.chdir(tmp_path)
    for name in ("TIMEOUT", "MAX_RETRIES"):
        monkeypatch.delenv(f"WASEND_{name}", raising=False)

    def run_it(words: str) -> tuple[Sandbox, dict[str, Any], list[str]]:
        ((faults, program),) = [found for found in PROGRAMS if words in found[1]]
        clock = Clock(stopped=True, at=NOON)
        sandbox = Sandbox(clock=clock, faults=filter(None, faults.split("; ")), acks={"DEVICE": 1, "READ": 5})
        for name in ("now", "monotonic", "sleep"):  # a program's time is the sandbox's: it waits, and nobody else does
            monkeypatch.setattr(SYSTEM_CLOCK, name, getattr(clock, name))
        with sandbox.serve() as server:
            monkeypatch.setenv("WASEND_API_KEY", "k3y-of-the-page")
            monkeypatch.setenv("WASEND_BASE_URL", server.url)
            monkeypatch.setenv("WASEND_SESSION", sandbox.add_session().id)
            names: dict[str, Any] = {"__name__": "program"}
            exec(compile(program, "program", "exec"), names)
        return sandbox, names, capsys.readouterr().out.splitlines()

    return run_it


def sent(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(message.to.partition("@")[0], message.content) for message in sandbox.deliveries()]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs(number: int, run: Run) -> None:
    """Every program runs as it stands, without a warning, and sends nothing twice."""
    sandbox, _, _ = run(PROGRAMS[number][1])
    sandbox.assert_no_duplicates()


def test_every_program_is_found() -> None:
    """There are as many as there are fences, and each set of faults belongs to one."""
    assert len(PROGRAMS) == PAGE.count("```") // 2
    assert len([faults for faults, _ in PROGRAMS if faults]) == PAGE.count("<!-- faults:")
