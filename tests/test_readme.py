"""
The README and the page about calls tell the truth: their programs run, the commands are the ones in use, and the samples
are what is printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from wasend import WasendClient
from wasend.sandbox import Clock, Sandbox, SandboxServer

PROJECT: Final = Path(__file__).parent.parent
README: Final = (PROJECT / "README.md").read_text(encoding="utf-8")
CALLS: Final = (PROJECT / "docs" / "calls.md").read_text(encoding="utf-8")
KEY: Final = "k3y-of-the-readme"

SAMPLE: Final = """\
from wasend import WasendClient
client = WasendClient(
api_key='YOUR_API_KEY',
base_url='https://api.wasend.dev'
)
new_session = client.create_session({
'sessionName': 'My Business Account',
'phoneNumber': '+1234567890',
'enableAccountProtection': True,
'enableMessageLogging': True,
'enableWebhook': False
})
print('Created session:', new_session)
"""
"""The Python sample of WASend's page Create Session, line by line as the page has it."""


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in the order of the pages."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README + CALLS, re.MULTILINE | re.DOTALL)


PROGRAMS: Final = blocks("python")


def python(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a home of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd), "PYTHONIOENCODING": "utf-8", **environment},
        encoding="utf-8",
        capture_output=True,
        timeout=180,
        check=False,
    )


def flat(text: str) -> list[str]:
    """The lines that say something, without their indentation."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def pointed_at(program: str, url: str) -> str:
    return program.replace("YOUR_API_KEY", KEY).replace("https://api.wasend.dev", url)


@pytest.mark.wasend_sandbox(api_key=KEY, scan_after=0.5, clock=Clock())
def test_programs(tmp_path: Path, wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """Every Python block runs as it stands, one after the other against one service, without a warning."""
    assert len(PROGRAMS) >= 8
    (tmp_path / "menu.png").write_bytes(b"\x89PNG")
    files: list[Path] = []
    for number, program in enumerate(PROGRAMS):
        # The sample of WASend's page never closes its client, which Python would complain of: it has a test of its own.
        if flat(program) != flat(SAMPLE):
            files.append(tmp_path / f"test_{number}.py")
            files[-1].write_text(program, encoding="utf-8")
    tests = [file for file in files if "def test_" in file.read_text(encoding="utf-8")]
    one_by_one = "import runpy, sys; [runpy.run_path(file, run_name='__main__') for file in sys.argv[1:]]"
    plain: list[str | Path] = ["-W", "error", "-c", one_by_one, *(file for file in files if file not in tests)]
    for command in (plain, ["-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", *tests]):
        result = python(*command, cwd=tmp_path, WASEND_API_KEY=KEY, WASEND_BASE_URL=wasend_server.url)
        assert (result.returncode, result.stderr) == (0, ""), f"{result.stdout}{result.stderr}"
    assert len(files) == len(PROGRAMS) - 1
    sent = [message.content for message in wasend_sandbox.messages()]
    assert sent.count("See you at 10") == 3
    assert {"Good morning!", "Your order is ready.", "We close at five.", "See you soon!"} <= set(sent)


def test_error_as_printed(tmp_path: Path, wasend_client: WasendClient, wasend_server: SandboxServer) -> None:
    """The program about errors prints what the text below it says that it prints."""
    (said,) = re.findall(r"^Here it prints `(.*)`\.$", CALLS, re.MULTILINE)
    (program,) = [program for program in PROGRAMS if "except SessionNotReadyError" in program]
    wasend_client.create_session(session_name="A", phone_number="+447700900123")
    result = python("-c", program, cwd=tmp_path, WASEND_API_KEY=KEY, WASEND_BASE_URL=wasend_server.url)

    assert result.stdout == f"{said}\n"


def test_sample_is_the_pages() -> None:
    """The sample on the page is the one of WASend's page, but for indentation and empty lines."""
    assert flat(SAMPLE) in [flat(program) for program in PROGRAMS]


@pytest.mark.wasend_sandbox(api_key=KEY)
def test_sample_runs_verbatim(tmp_path: Path, wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """The sample of WASend's page runs with nothing changed but key and base URL, and prints a session on one line."""
    result = python("-c", pointed_at(SAMPLE, wasend_server.url), cwd=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    (session,) = wasend_sandbox.sessions.values()
    assert session.settings.enable_account_protection
    (line,) = result.stdout.splitlines()
    assert line.startswith(
        f"Created session: Session(unique_session_id='{session.id}', session_name='My Business Account', "
    )
    assert "phone_number='+1234567890', status='CREATED', created_at='2" in line


def commands() -> Iterator[str]:
    for block in blocks("sh"):
        yield from block.splitlines()


def test_commands() -> None:
    """The first command is the demo's, the second the one that checks the project."""
    demo, test, *_ = commands()

    assert demo == "python3 -m venv .venv && .venv/bin/pip install -q '.[all]' && .venv/bin/wasend demo"
    assert test == "python3 -m venv .venv-test && .venv-test/bin/pip install -q nox uv && .venv-test/bin/nox"


@pytest.mark.skipif(not (PROJECT / ".ci" / "run").exists(), reason="not in a source distribution")
def test_ci_runs_the_test_command() -> None:
    """What checks the project elsewhere is the test command, line by line."""
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")

    assert list(commands())[1].split(" && ") == script.splitlines()[-3:]


def test_nobody_is_sent_to_the_index() -> None:
    """No command installs `wasend` by its name, which on PyPI is another package."""
    installs = re.findall(r"(?:pip|uv|uvx|pipx)[^\n`]*? (?:install|add) ([^\n`]*)", README)

    assert installs
    assert not [words for words in installs if re.search(r"(?<![\w./-])wasend(?![\w-])", words)]


def test_sandbox_command(tmp_path: Path) -> None:
    """The options that the README gives to `wasend sandbox` exist."""
    (command,) = [line for line in commands() if line.startswith("wasend sandbox ")]

    result = python("-m", "wasend.cli", "sandbox", "--help", cwd=tmp_path, COLUMNS="200")

    assert result.returncode == 0
    assert {*re.findall(r"--[\w-]+", command), "--dialect"} <= set(re.findall(r"--[\w-]+", result.stdout))


def is_printed(printed: str) -> bool:
    """Whether the lines that the README shows of the demo are printed, one after the other."""
    (shown,) = blocks("text")
    rest = iter(printed.splitlines())
    return all(line in rest for line in shown.splitlines() if line and line != "…")


def test_links() -> None:
    """Every file that the README links to is there."""
    files = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]

    assert files
    assert [file for file in files if not (PROJECT / file).exists()] == []
