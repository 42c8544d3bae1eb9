"""The site's guides tell the truth: every program runs, and what is to be a file passes the tests beside it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from wasend import errors
from wasend.sandbox import Clock, Sandbox

DOCS: Final = Path(__file__).parent.parent / "docs"
GUIDES: Final = ("start", "service", "script", "batch", "errors", "deployment", "faq", "versions")
BLOCK: Final = re.compile(
    r"(?:^<!-- (program|file)(?:: ([^\n]*))? -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
BLOCKS: Final = [
    (guide, *found) for guide in GUIDES for found in BLOCK.findall((DOCS / f"{guide}.md").read_text(encoding="utf-8"))
]
FILES: Final = {name: program for _, kind, name, program in BLOCKS if kind == "file"}
PROGRAMS: Final = [(guide, program) for guide, kind, _, program in BLOCKS if kind == "program"]


def test_every_block_is_run() -> None:
    """Each block of Python is a program or a file."""
    assert len(PROGRAMS) + len(FILES) == len(BLOCKS)
    assert {guide for guide, _ in PROGRAMS} >= {"script", "batch", "deployment"}


@pytest.mark.parametrize("program", [program for _, program in PROGRAMS], ids=[guide for guide, _ in PROGRAMS])
def test_programs(program: str, wasend_env: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each program runs as it stands."""
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "program", "exec"), {"__name__": "__main__"})


def test_files(tmp_path: Path) -> None:
    """The files of all guides pass their tests, with nothing else in the folder and without a warning."""
    for name, program in FILES.items():
        (tmp_path / name).write_text(program, encoding="utf-8")
    tests = [name for name in FILES if name.startswith("test_")]
    options = ["-W", "error", "-p", "no:xdist", "-o", "asyncio_mode=auto"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    command = [sys.executable, "-m", "pytest", "-q", *options, *tests]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout


def test_the_first_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What a newcomer runs first does what the page says that it prints."""
    page = (DOCS / "start.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^wasend sandbox (.*)$", page, re.MULTILINE)
    options = dict(zip(command.split()[::2], command.split()[1::2], strict=True))
    assert options.keys() == {"--port", "--scan-after", "--acks"}
    # What the command does, sooner.
    sandbox = Sandbox(clock=Clock(), scan_after=0.2, acks={options["--acks"].partition("=")[0]: 0.1})
    monkeypatch.chdir(tmp_path)
    with sandbox.serve() as server:
        monkeypatch.setenv("WASEND_API_KEY", "any-key")
        monkeypatch.setenv("WASEND_BASE_URL", server.url)
        exec(compile(FILES["first.py"], "first.py", "exec"), {"__name__": "__main__"})
    sent, seen = capsys.readouterr().out.splitlines()[-2:]
    assert re.fullmatch(r"sent true_447700900456@c\.us_3EB0\w+", sent)
    assert seen == "on the phone: DEVICE"


def test_every_error_is_on_its_page() -> None:
    """The page of errors has a row for each class, and no other."""
    rows = re.findall(r"^\| `(\w+Error)` \|", (DOCS / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    bases = {"WasendError", "APIStatusError", "WebhookError"}
    assert sorted(rows) == sorted(set(errors.__all__) - bases - {"Outcome"})


def test_every_page_is_in_the_contents() -> None:
    """The site's table of contents names each page once."""
    named = re.findall(
        r"^(\w+)$", (DOCS / "index.md").read_text(encoding="utf-8").split("```{toctree}", 1)[1], re.MULTILINE
    )
    assert sorted(named) == sorted({file.stem for file in DOCS.glob("*.md")} - {"index"})
