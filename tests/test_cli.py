"""The ``wasend`` command, as a user meets it: in a process of its own, with a home of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.drawings import decoded
from tests.terminals import Ended
from tests.test_readme import is_printed
from wasend import RateLimitError, WasendClient, __version__
from wasend.cli import demo, main
from wasend.cli.screen import Screen
from wasend.sandbox import Clock, Sandbox

PATIENCE: Final = 60.0
"""Seconds after which a test takes a command for hung."""

WASEND: Final = (sys.executable, "-m", "wasend.cli")
QUICK: Final = """
from functools import partial
from wasend.cli import demo, main
from wasend.sandbox import Clock
demo.play = partial(demo.play, clock=Clock(stopped=True))
"""
"""The beginning of a program whose demo makes no pauses."""
ALONE: Final = f"{QUICK}demo._kill_a_worker = lambda *_: demo._Row('', '', [])\n"
"""The same, and its demo starts no workers."""
VERDICT: Final = "20 messages, each arrived exactly once."

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and terminals of POSIX")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has set nothing up."""
    unset = {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES", "TERM"}
    kept = {key: value for key, value in os.environ.items() if key not in unset}
    return {**kept, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PYTHONIOENCODING": "utf-8"}


def run(*command: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=env, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
    )


@contextmanager
def started(*command: str, env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env=env, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Read lines up to one that holds the text, and return them."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"ended without {text!r}: {lines} {process.stderr and process.stderr.read()}")


def complaint(result: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error that a refused command prints, and nothing else."""
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("wasend: ")
    return line


def test_version(environment: dict[str, str]) -> None:
    """`wasend --version` prints the package's version."""
    result = run(*WASEND, "--version", env=environment)

    assert (result.returncode, result.stdout, result.stderr) == (0, f"wasend {__version__}\n", "")


def test_help_without_a_command(environment: dict[str, str]) -> None:
    """`wasend` alone shows what there is, and is no error."""
    result = run(*WASEND, env=environment)

    assert result.returncode == 0
    assert "demo" in result.stdout
    assert "sandbox" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["bake"], "bake"),
        (["demo", "now"], "now"),
        (["sandbox", "--prot", "1"], "--prot"),
        (["sandbox", "--port"], "--port"),
        (["sandbox", "--port", "http"], "--port"),
        (["sandbox", "--port", "65536"], "--port"),
        (["sandbox", "--dialect", "xml"], "--dialect"),
        (["sandbox", "--scan-after", "-1"], "scan_after"),
        (["sandbox", "--rate-limit", "lots"], "'20/m'"),
        (["sandbox", "--rate-limit", "0/m"], "rate limit"),
        (["sandbox", "--api-key", ""], "api_key"),
        (["sandbox", "--acks", "DEVICE"], "--acks"),
        (["sandbox", "--acks", "LATER=1"], "LATER"),
    ],
)
def test_mistakes(
    arguments: list[str], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a user got wrong is told in one line that names it, with exit status 2."""
    monkeypatch.setattr(sys, "argv", ["wasend", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr()
    assert ended.value.code == 2
    assert named in complaint(subprocess.CompletedProcess([], 2, told.out, told.err))


def test_port_in_use(environment: dict[str, str]) -> None:
    """A port that is taken is told in one line, with exit status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert port in complaint(run(*WASEND, "sandbox", "--port", port, env=environment))


@pytest.mark.parametrize("missing", ["typer", "rich", "starlette", "segno"])
def test_without_the_extra(missing: str, environment: dict[str, str]) -> None:
    """Where the extra is not installed, one line says how to install it, with exit status 2."""
    program = f"import sys; sys.modules[{missing!r}] = None; from wasend.cli import main; main()"

    line = complaint(run(sys.executable, "-c", program, "demo", env=environment))

    assert f"needs {missing}," in line
    assert "pip install 'wasend-sdk[cli]'" in line


@posix
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_sandbox(ended_by: signal.Signals, environment: dict[str, str]) -> None:
    """`wasend sandbox` serves what its options say until Ctrl-C, which ends it quietly and with success."""
    options = [
        "--port",
        "0",
        "--dialect",
        "sdk",
        "--scan-after",
        "0",
        "--rate-limit",
        "3/h",
        "--api-key",
        "k3y-of-mine",
    ]
    with started(*WASEND, "sandbox", *options, env=environment) as process:
        printed = read_until(process, "/_sandbox/\n")
        url = re.findall(r"http://127\.0\.0\.1:\d+", printed)[0]
        with WasendClient("k3y-of-mine", base_url=url, retry=None) as client:
            session = client.create_session(session_name="Front Desk", phone_number="+447700900123")
            client.start_session(session)
            assert client.retrieve_session_info(session).status == "WORKING"
            with pytest.raises(RateLimitError):
                client.retrieve_session_info(session)
        process.send_signal(ended_by)
        rest, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors) == (0, "")
    lines = [
        re.sub(r"^\d\d:\d\d:\d\d |ses_[\w…]+", "", line) for line in rest.split("\n\n", 1)[-1].strip().splitlines()
    ]
    assert lines == [
        "POST /sessions: 201",
        "POST /sessions//start: 201",
        "GET /sessions/: 200",
        "GET /sessions/: 429",
    ]
    assert "WASEND_BASE_URL=" + url in printed
    assert "k3y-of-mine" not in printed


def test_demo_plain(environment: dict[str, str]) -> None:
    """Without a terminal the demo prints plain lines, needs no settings, shows no key, and ends with success."""
    # A real key and a real address, which a demo must not use, and settings that only a client of theirs would refuse.
    hers = {"WASEND_API_KEY": "k3y-of-hers", "WASEND_BASE_URL": "http://127.0.0.1:9", "WASEND_TIMEOUT": "soon"}
    program = QUICK + "import secrets; secrets.token_urlsafe = lambda _: 'k3y-of-the-demo'; main()"

    result = run(
        sys.executable, "-c", program, "demo", env={**environment, **hers, "FORCE_COLOR": "1", "COLUMNS": "40"}
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == VERDICT
    assert is_printed(result.stdout)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.stdout)
    assert "k3y-of" not in result.stdout
    assert not re.search(r"ses_|true_|@c\.us", result.stdout)
    assert len(result.stdout.splitlines()) < 60
    for said in (
        "a naive retry",
        "killed before it heard of number 5",
        "4 were recorded, 1 was looked for and found, 3 sent",
    ):
        assert result.stdout.count(said) == 1
    assert re.search(r"429 +waited for \d\.\d s, as the service asked; 11 sent", result.stdout)
    for told, got in (
        ("sent", "1 of 1"),
        ("sent, each", "8 of 8"),
        ("not sent", "nothing"),
        ("sent, each", "11 of 11"),
    ):
        assert re.search(f"  {told} +{got} *$", result.stdout, re.MULTILINE)
    drawn = [line for line in result.stdout.splitlines() if re.fullmatch("[ █▀▄]{21,}", line)]
    assert decoded(drawn)[0].startswith("2@")


@posix
@pytest.mark.parametrize(("columns", "program"), [(40, QUICK), (120, ALONE)])
def test_demo_on_a_terminal(columns: int, program: str, environment: dict[str, str]) -> None:
    """On a terminal the demo has colours, says the same, and fits; it draws the code where there is room for it."""
    env = {**environment, "TERM": "xterm-256color"}

    ended = on_a_terminal(sys.executable, "-c", f"{program}main()", "demo", env=env, columns=columns)

    assert ended.status == 0
    assert ended.out != ended.plain
    assert "each arrived exactly once." in ended.plain
    assert "Traceback" not in ended.plain
    assert ended.widest <= columns
    assert ("▄▄▄▄▄▄▄" in ended.plain) == (columns == 120)


def on_a_terminal(*command: str, env: Mapping[str, str], columns: int) -> Ended:
    """Run a command on a terminal."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    printed = b""
    with process, os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while block := terminal.read(1 << 16):
                printed += block
        except OSError:  # Linux says so where the last one has left the terminal
            pass
    return Ended(process.returncode, printed.decode())


UNTIL_INTERRUPTED: Final = """
from wasend.cli.screen import Screen
title, sleep = Screen.title, Clock.sleep

def title_and_halt(self, text):
    if "%s" in text:
        Clock.sleep = lambda clock, seconds: sleep(Clock(), 3600)
    title(self, text)
    print(flush=True)

Screen.title = title_and_halt
main()
"""
"""The rest of a program whose demo waits for ever from one of its titles on."""


@posix
@pytest.mark.parametrize("during", ["is linked", "rate limit"])
def test_demo_interrupted(during: str, environment: dict[str, str]) -> None:
    """Ctrl-C ends the demo wherever it is: exit status 130 and no traceback, in either client."""
    program = ALONE + UNTIL_INTERRUPTED % during
    with started(sys.executable, "-c", program, "demo", env={**environment, "PYTHONUNBUFFERED": "1"}) as process:
        read_until(process, during)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors.strip()) == (130, "")
    assert VERDICT not in rest


def test_demo_in_ascii(environment: dict[str, str]) -> None:
    """Where only ASCII can be printed, the QR code is left out and all else goes on."""
    program = ALONE + "main()"

    result = run(sys.executable, "-c", program, "demo", env={**environment, "PYTHONIOENCODING": "ascii"})

    assert (result.returncode, result.stderr) == (0, "")
    assert "not drawn: ascii has no block characters" in result.stdout
    assert "12 messages, each arrived exactly once." in result.stdout


def test_demo_failure_is_one_line(environment: dict[str, str]) -> None:
    """A demo that fails says so in one line, with exit status 1."""
    program = ALONE + "demo._LINKED_WITHIN = 0.1; main()"

    result = run(sys.executable, "-c", program, "demo", env=environment)

    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("wasend: the demo failed: WaitTimeoutError: ")
    assert VERDICT not in result.stdout


class Lossy(Sandbox):
    """Has lost the last message."""

    def messages(self, *args: Any, **more: Any) -> Any:
        found = super().messages(*args, **more)
        return found[:-1] if len(found) > 1 else found


class Stuttering(Sandbox):
    """Has the last message twice."""

    def messages(self, *args: Any, **more: Any) -> Any:
        found = super().messages(*args, **more)
        return (*found, *found[-1:])


class Deaf(Sandbox):
    """Has lost the first message."""

    def messages(self, *args: Any, **more: Any) -> Any:
        return super().messages(*args, **more)[1:]


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Lossy, "not each of them arrived"), (Stuttering, "not found"), (Deaf, "not found")],
)
def test_demo_tells_what_did_not_happen(
    kind: type[Sandbox], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message lost or doubled: the demo finds out, and fails."""
    monkeypatch.setattr(demo, "Sandbox", kind)
    monkeypatch.setattr(demo, "_kill_a_worker", lambda *_: demo._Row("", "", []))

    with pytest.raises(demo.DemoError, match=said):
        demo.play(Screen(), Clock(stopped=True))

    assert VERDICT not in capsys.readouterr().out
