"""The page about durable sends tells the truth: every program runs, and does what the text around it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from wasend._core.clock import SYSTEM_CLOCK
from wasend.sandbox import Clock, Sandbox

PROJECT: Final = Path(__file__).parent.parent
PAGE: Final = (PROJECT / "docs" / "durable.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(
    r"(?:^<!-- (faults|file): ([^\n]*) -->\n)?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)
FILES: Final = {name: program for kind, name, program in BLOCKS if kind == "file"}
PROGRAMS: Final = [(faults, program) for kind, faults, program in BLOCKS if kind != "file"]


def run(words: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Sandbox, dict[str, Any]]:
    """Run the one program that holds some words; the sandbox that it met, and its names."""
    ((faults, program),) = [found for found in PROGRAMS if words in found[1]]
    clock = Clock(stopped=True)
    sandbox = Sandbox(clock=clock, faults=filter(None, [faults]))
    for name in ("now", "monotonic", "sleep"):  # a program's time is the sandbox's: it waits, and nobody else does
        monkeypatch.setattr(SYSTEM_CLOCK, name, getattr(clock, name))
    monkeypatch.setattr(type(SYSTEM_CLOCK), "simulated", True)
    monkeypatch.chdir(folder)
    with sandbox.serve() as server:
        monkeypatch.setenv("WASEND_API_KEY", "k3y-of-the-page")
        monkeypatch.setenv("WASEND_BASE_URL", server.url)
        monkeypatch.setenv("WASEND_SESSION", sandbox.add_session().id)
        names: dict[str, Any] = {"__name__": "program"}
        exec(compile(program, "program", "exec"), names)
    return sandbox, names


def test_every_program_is_run() -> None:
    """No block of the page is left out of the tests below."""
    assert len(PROGRAMS) == 2
    assert len(FILES) + len(PROGRAMS) == PAGE.count("```python")


def test_links() -> None:
    """Every file and every heading that the page links to is there, and its contents name all of its own."""

    def headings(text: str) -> set[str]:
        return {line[3:].lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")}

    targets = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert {target[1:] for target in targets if target.startswith("#")} == headings(PAGE)
    for target in targets:
        name, _, heading = target.partition("#")
        file = PROJECT / "docs" / name if name else PROJECT / "docs" / "durable.md"
        assert file.exists()
        assert not heading or heading in headings(file.read_text(encoding="utf-8"))


def test_same_key_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second call gives what the first one gave, and makes no request."""
    sandbox, names = run("first.id == again.id", monkeypatch, tmp_path)
    assert names["first"] == names["again"]
    assert [entry.path for entry in sandbox.journal] == ["/sendText"]


def test_a_persons_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stays unknown is listed with all that is known, and a person's word ends it."""
    _, names = run("client.outbox.resolve", monkeypatch, tmp_path)
    raised, listed = capsys.readouterr().out.splitlines()
    assert "it may or may not have been carried out" in raised
    assert listed.startswith("ready-17 +447700900456 ")
    assert names["entry"].text == "Your order is ready."


def test_programs_of_the_three_users(tmp_path: Path) -> None:
    """Each user's program passes the test beside it, with nothing else in the folder and without a warning."""
    for name, program in FILES.items():
        (tmp_path / name).write_text(program, encoding="utf-8")
    tests = {name for name in FILES if name.startswith("test_")}
    options = ["-W", "error", "-p", "no:xdist", "-o", "asyncio_mode=auto"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    command = [sys.executable, "-m", "pytest", "-q", *options, *tests]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert {f"test_{name}" for name in FILES if name not in tests} == tests
