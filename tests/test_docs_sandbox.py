"""The page about the sandbox tells the truth: every snippet runs, and its tables are whole."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

import _wasend_pytest
from tests.test_readme import python
from wasend.sandbox import Clock, Fault, Sandbox
from wasend.sandbox.acts import ACTS
from wasend.sandbox.api import Docs
from wasend.sandbox.faults import KINDS
from wasend.sandbox.interfaces import control_endpoints
from wasend.sandbox.webhooks import EVENTS

DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = (DOCS / "sandbox.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in the order of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


PROGRAMS: Final = [block for block in blocks("python") if "def test_" not in block]
TESTS: Final = [block for block in blocks("python") if "def test_" in block]
COMMANDS: Final = [line for block in blocks("sh") for line in block.splitlines()]
SERVERS: Final = [line for line in COMMANDS if line.startswith("wasend sandbox ")]
CURLS: Final = [line for line in COMMANDS if line.startswith("curl ")]


def rows(section: str) -> list[list[str]]:
    """The cells of the tables in a section."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert text
    lines = [line.strip("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")] for line in lines if not line.startswith("---")]


def names(cell: str) -> list[str]:
    """What a cell has between backticks."""
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the scenario of the page."""
    (scenario,) = blocks("toml")
    # Whoever listens on that port here is no receiver of webhooks.
    text = scenario.replace("127.0.0.1:9000", "127.0.0.1:1")
    assert text != scenario
    (tmp_path / "shop.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_snippet_is_known() -> None:
    """There is no block that none of the tests here would run."""
    (compose,) = blocks("yaml")  # which no test runs, but for its options: they are the command's
    assert set(re.findall(r"--[a-z-]+", compose)) <= {name for row in rows("Three ways in") for name in names(row[1])}
    known = [*PROGRAMS, *TESTS, *blocks("sh"), *blocks("toml"), *blocks("json"), compose]
    assert len(known) == len(re.findall(r"^```\w+$", PAGE, re.MULTILINE))
    assert PROGRAMS
    assert len(TESTS) >= 8
    assert len(SERVERS) == 2
    assert [*SERVERS, *CURLS] == sorted(COMMANDS, key=lambda line: line.startswith("curl "))


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs(number: int, tmp_path: Path) -> None:
    """Every program runs as it stands, without a warning."""
    result = python("-W", "error", "-c", PROGRAMS[number], cwd=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")


def test_tests(shop: Path) -> None:
    """Every example of a test passes as it stands, on two workers at once, with nothing but the package installed."""
    for number, test in enumerate(TESTS):
        (shop / f"test_{number}.py").write_text(test, encoding="utf-8")
    asyncio = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    (shop / "pytest.ini").write_text(f"[pytest]\naddopts = --strict-markers\n{asyncio}", encoding="utf-8")

    result = python("-m", "pytest", "-q", "-W", "error", "-n", "2", cwd=shop)

    assert result.returncode == 0, result.stdout + result.stderr
    every = sum(len(re.findall(r"^(?:async )?def test_", test, re.MULTILINE)) for test in TESTS)
    assert re.search(rf"^{every} passed", result.stdout, re.MULTILINE), result.stdout


@contextmanager
def served(command: str, folder: Path) -> Iterator[str]:
    """Run a command that serves, on a free port; the base URL."""
    words = [sys.executable, "-m", "wasend.cli", *shlex.split(command)[1:], "--port", "0"]
    with subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found, process.stderr.read()
            yield found[0]
        finally:
            process.terminate()


def curl(line: str, url: str, *, real: bool) -> httpx.Response:
    """Do what a line with `curl` says, by curl itself or, where there is none, as it would."""
    words = shlex.split(line.replace("http://127.0.0.1:8787", url))
    if real:
        result = subprocess.run(
            [*words, "-sS", "-w", r"\n%{http_code}"], capture_output=True, encoding="utf-8", timeout=30, check=True
        )
        body, _, status = result.stdout.rpartition("\n")
        return httpx.Response(int(status), text=body)
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("-X", dest="verb")
    options.add_argument("-H", dest="headers", action="append", default=[])
    options.add_argument("-d", dest="body")
    said = options.parse_args(words[1:])
    headers = dict(header.split(": ", 1) for header in said.headers)
    verb = said.verb or ("GET" if said.body is None else "POST")
    return httpx.request(verb, said.url, headers=headers, content=said.body)


@pytest.mark.parametrize("real", [True, False], ids=["curl", "httpx"])
def test_commands(real: bool, shop: Path) -> None:
    """The command serves its scenario, every line of curl is answered well, and together they do what the page says."""
    if real and shutil.which("curl") is None:
        pytest.skip("there is no curl")
    with served(SERVERS[0], shop) as url:
        answers = [curl(line, url, real=real) for line in CURLS]
        left = httpx.get(f"{url}/_sandbox/messages").json()

    assert [(answer.status_code, answer.text) for answer in answers if answer.status_code != 200] == []
    sent, messages, clock, received, faults, no_faults, deliveries, journal, _ = [answer.json() for answer in answers]
    assert sent["content"] == messages["messages"][0]["content"] == "A table for two at 8?"
    assert clock["stopped"]
    assert received["content"] == "Window seat?"
    assert faults["faults"] == ["rate_limit POST /sendText #3 seconds=5", "502 POST /sendText 10%"]
    assert no_faults == {"faults": []}
    (delivery,) = deliveries["messages"]
    assert (deliveries["count"], delivery["ack"]) == (1, "READ")  # by the scripted reply, which the clock made due
    assert [request["became"] for request in journal["requests"]] == ["done"]
    assert left == {"messages": []}


def test_persist(shop: Path) -> None:
    """The command with a file begins with its scenario, and goes on where it stopped, with nothing twice."""
    contents = []
    for _ in range(2):
        with served(SERVERS[1], shop) as url:
            contents.append(httpx.get(f"{url}/_sandbox/messages?fromMe=any").json()["messages"])
    assert [message["content"] for message in contents[0]] == ["Are you open?"]
    assert contents[0] == contents[1]


def test_options(tmp_path: Path) -> None:
    """The table of options has every argument of `Sandbox`, and every option of the command."""
    table = rows("Three ways in")[1:]
    arguments = [name for row in table for name in names(row[0]) if name.isidentifier()]
    assert sorted(arguments) == sorted(inspect.signature(Sandbox).parameters)
    for row in table:
        for name in names(row[0]):
            for argument in re.findall(r"\w+", name.partition("(")[2]):
                assert name.startswith("play_scenario") or argument in inspect.signature(Sandbox.serve).parameters

    told = python("-m", "wasend.cli", "sandbox", "--help", cwd=tmp_path, COLUMNS="200").stdout
    options = {name for row in table for name in names(row[1])}
    assert options == set(re.findall(r"(?<=\s)--[a-z-]+", told)) - {"--help", "--quiet"}  # which the text names


def test_defaults() -> None:
    """The defaults that the table of options tells are those of the code."""
    parameters = inspect.signature(Sandbox).parameters
    table = {row[0]: row[2] for row in rows("Three ways in")}
    assert table["`start_after`"].endswith(f": {parameters['start_after'].default}")
    attempts, delay = parameters["webhook_attempts"].default, parameters["webhook_delay"].default
    assert table["`webhook_attempts`, `webhook_delay`"].endswith(f": {attempts}, and {delay:g}")


def test_fixtures() -> None:
    """The table of fixtures has every fixture of the plugin."""
    assert {name for row in rows("In pytest")[1:] for name in names(row[0])} == {
        name for name in _wasend_pytest.__all__ if "wasend" in name and not name.startswith("pytest_")
    }


def test_kinds_of_faults() -> None:
    """The table of faults has every kind, each written so that it can be read, with the defaults that it has."""
    shown = [names(row[0])[0].replace("=…", "=1") for row in rows("Faults")[1:]]
    faults = [Fault.parse(text) for text in shown]
    assert [fault.kind for fault in faults if fault.kind != "502"] == list(KINDS)
    for fault in faults:
        given = {name: value for name, value in fault.details.items() if fault.kind not in ("502", "missing_fields")}
        assert given == {name: Fault(fault.kind, fault.path).detail(name) for name in given}


def test_routes() -> None:
    """The table of calls over HTTP has every one, and every field of its body."""
    table = {names(row[0])[0]: row[1] for row in rows("Over HTTP")[1:]}
    endpoints = {f"{one.verb} {one.path}": one for one in control_endpoints(Sandbox(), Docs())}
    assert list(table) == list(endpoints)
    for route, endpoint in endpoints.items():
        if endpoint.fields is not None:
            required, optional = endpoint.fields.required, endpoint.fields.optional
            assert {*re.findall(r"`(\w+)`\\\*", table[route])} == {*required}
            assert {*re.findall(r"`(\w+)`(?!\\)", table[route])} == {*optional}
        else:
            assert {*endpoint.query.required, *endpoint.query.optional} <= {*re.findall(r"\?(\w+)=", table[route])}


def test_events() -> None:
    """The table of events has every one that the sandbox can tell of, under the names that it sends."""
    shown = [name for row in rows("Webhooks")[1:] for name in names(row[0])]
    assert sorted(shown) == sorted(EVENTS)


def test_acts() -> None:
    """The table of acts has every one, and the arguments that it takes."""
    shown = [call for row in rows("What people and WhatsApp do")[1:] for call in names(row[0])]
    assert {call.partition("(")[0] for call in shown} == set(ACTS)
    for call in shown:
        name, _, arguments = call.rstrip(")").partition("(")
        taken = inspect.signature(getattr(Sandbox, name)).parameters
        written = {one.partition("=")[0].strip() for one in arguments.split(",")} - {'"463"'}
        assert written <= set(taken), name


def test_envelope() -> None:
    """The webhook that the page shows is one that the sandbox sends, but for its ids."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=1_750_000_000))
    desk = sandbox.add_session("Front Desk", "+447700900123", webhook_url="http://bot.example/hook")
    sandbox.receive(desk.id, "+447700900456", "Are you open?")
    (sent,) = [webhook.body.decode() for webhook in sandbox.webhooks if webhook.event == "message"]
    (shown,) = blocks("json")
    sent, shown = (re.sub(r"(?<=evt_|ses_)\w+|(?<=3EB0)\w+", "", text) for text in (sent, shown))
    assert json.loads(shown) == json.loads(sent)


def test_links() -> None:
    """Every file, and every section, that the page links to is there."""
    sections = {
        re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    }
    targets = [target.partition("#") for target in re.findall(r"\]\(([^)]+)\)", PAGE)]
    assert {section for file, _, section in targets if not file} == sections
    assert [file for file, _, _ in targets if not (DOCS / file).exists()] == []
