"""The page about logging in tells the truth: its programs run, and do what the text around them says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.drawings import decoded
from tests.raw import PATIENCE
from wasend.sandbox import Clock, Sandbox, SandboxServer

PAGE: Final = (Path(__file__).parent.parent / "docs" / "login.md").read_text(encoding="utf-8")
PROGRAMS: Final = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(wasend_sandbox: Sandbox, wasend_server: SandboxServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the one program that holds some words, in a folder of its own; its names."""
    monkeypatch.setenv("WASEND_BASE_URL", wasend_server.url)
    monkeypatch.setenv("WASEND_API_KEY", wasend_sandbox.first_key)
    monkeypatch.chdir(tmp_path)

    def run(words: str) -> dict[str, Any]:
        (program,) = [program for program in PROGRAMS if words in program]
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(program, words, "exec"), names)
        return names

    return run


real = pytest.mark.wasend_sandbox(scan_after=0.2, clock=Clock())


@real
def test_login(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The first program draws a code that can be scanned, and ends with a connected session."""
    assert run("print(desk.state)")["desk"].session_name == "Front Desk"
    *code, text, linked, state = capsys.readouterr().out.splitlines()
    assert decoded(code)[0].startswith("2@")
    assert (text.endswith("scan this code."), linked, state) == (
        True,
        "Front Desk is linked.",
        "SessionState.CONNECTED",
    )


@real
def test_a_function(run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A function is told of each code and of the end."""
    run("def show(step")
    assert capsys.readouterr().out.splitlines() == ["code 1, good for 60 s", "CONNECTED Front Desk is linked."]
    assert (tmp_path / "code.svg").exists()


def test_a_code(run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A code is drawn in each way."""
    names = run("code.svg()}")
    first, *code = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"QRCode\(a PNG of \d+ bytes\)", first)
    assert decoded(code)[0].startswith("2@")
    assert (tmp_path / "code.png").read_bytes() == names["code"].png()


@real
def test_a_watch(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The first change is how the session is."""
    assert run("for change in client.watch")["change"].was is None
    assert capsys.readouterr().out.splitlines()[-1] == "connected "


@real
def test_a_watch_in_a_thread(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """It watches until the client is closed, and says so."""
    names = run("on_state=tell")
    names["watchdog"].join(PATIENCE)
    assert names["message"].id
    assert capsys.readouterr().out.splitlines()[-1].startswith("no longer watched: ")


def test_every_program_is_run() -> None:
    """No program of the page is left out here."""
    assert len(PROGRAMS) == 5
