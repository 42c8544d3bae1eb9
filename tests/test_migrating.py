"""The page for those who come from the official SDK tells the truth: its programs run, and its tables are whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import respx

import wasend
from tests.calls import BASE
from tests.test_compat import DOCS_ONLY, OFFICIAL
from wasend import AsyncWasendClient
from wasend._compat import ALIASES, EXPORTS

PAGE: Final = (Path(__file__).parent.parent / "docs" / "migrating.md").read_text(encoding="utf-8")
PROGRAMS: Final = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FORMER: Final = PAGE.partition("## Former names")[2].partition("\n## ")[0]
CALLS: Final = PAGE.partition("## Every call")[2].partition("\n## ")[0]
DOCUMENTED: Final = PAGE.partition("## Calls that only the documentation has")[2].partition("\n## ")[0]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    """A service that has one of everything."""
    monkeypatch.setenv("WASEND_API_KEY", "key-1")
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        router.get(url__regex=r"/ses_1/(chats|labels)").respond(200, json=[{"id": "447700900456@c.us", "name": "Ada"}])
        router.route().respond(200, json={"id": "true_447700900456@c.us_3EB0"})
        yield router


def rows(section: str) -> dict[str, str]:
    """The first name in the first column of every table of a section, and what the second says."""
    found = re.findall(r"^\| `(?:client\.)?(\w+(?:\.\w+)?)\b[^|]*\| (.*) \|$", section, re.MULTILINE)
    assert len(found) == len(dict(found))
    return dict(found)


REQUESTS: Final = (
    ["PUT /reaction"],
    ["POST /sendText", "POST /sendText", "POST /sendText", "GET /ses_1/chats", "GET /ses_1/chats"],
    [
        *["POST /startTyping", "POST /stopTyping", "POST /send"] * 2,
        "POST /sendSeen",
        "GET /contacts",
        "POST /ses_1/chats/447700900456%40c.us/messages/read",
    ],
    ["POST /sendText"],
    ["GET /ses_1/labels", "POST /ses_1/labels"],
)
"""What each program asks for, in its order."""


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_programs(number: int, service: respx.MockRouter) -> None:
    """Every program runs as it stands, to its end and without a warning: it asks for what it shows."""
    exec(compile(PROGRAMS[number], f"program {number}", "exec"), {"__name__": "program"})

    made = [call.request for call in service.calls]
    assert [f"{one.method} {one.url.raw_path.decode().partition('?')[0]}" for one in made] == REQUESTS[number]


def test_every_program_is_found() -> None:
    """There are as many as there are fences of Python."""
    assert len(PROGRAMS) == PAGE.count("```python") == len(REQUESTS)


def test_what_is_printed(service: respx.MockRouter, capsys: pytest.CaptureFixture[str]) -> None:
    """The program about warnings prints what the page says that it prints."""
    (said,) = re.findall(r"^prints `(.*)`\. ", PAGE, re.MULTILINE)
    (program,) = [program for program in PROGRAMS if "catch_warnings" in program]
    exec(program, {"__name__": "program"})
    assert capsys.readouterr().out == f"{said}\n"


def test_what_the_programs_send(service: respx.MockRouter) -> None:
    """The view of a session sends for that session, and the three forms send the same."""
    (program,) = [program for program in PROGRAMS if "iter_chats" in program]
    exec(program, {"__name__": "program"})
    *sends, chats, end = [call.request for call in service.calls]
    body = '{"session":"ses_1","to":"+447700900456","text":"See you at 10"'
    assert [send.content.decode() for send in sends] == [
        body + "}",
        body + "}",
        body + ',"replyTo":"false_447700900456@c.us_AAA"}',
    ]
    assert chats.url.path == end.url.path == "/ses_1/chats"


def test_official_names() -> None:
    """Every call of the official SDK is in the table beside what it is here, and takes the arguments that it lists."""
    table = rows(CALLS)
    assert set(table) == {*OFFICIAL, "retrieve_config"}
    for name, here in table.items():
        (asked,) = re.findall(rf"^\| `{name}\((.*?)\)` \|", CALLS, re.MULTILINE)
        listed = {one.rstrip("=") for one in asked.split(", ")} - {"", "…", "content"}
        assert listed <= {one for names in OFFICIAL.get(name, ((), ())) for one in names}
        assert here.startswith("the same") or f"`{name}(" in here


def test_documented_names() -> None:
    """So is every call that only the documentation names, with its arguments."""
    assert set(rows(DOCUMENTED)) == set(DOCS_ONLY)
    for name, arguments in DOCS_ONLY.items():
        (asked,) = re.findall(rf"^\| `{name}\((.*?)\)` \|", DOCUMENTED, re.MULTILINE)
        assert tuple(one.rstrip("=") for one in asked.split(", ")) == arguments


def test_former_names() -> None:
    """Every former name is in the table beside the one that its warning says."""
    table = rows(FORMER)
    assert {name.partition(".")[0] for name in table} == {*ALIASES, "WasendUtils"}
    for name, now in ALIASES.items():
        if now:
            assert table[name].startswith(f"`{now}(")
    for name in set(EXPORTS):
        assert f"`{name}" in PAGE


def test_every_name_here_exists() -> None:
    """Whatever the tables say that a call is now is there."""
    for here in [*rows(CALLS).values(), *rows(DOCUMENTED).values(), *rows(FORMER).values()]:
        for name in re.findall(r"`(?:client\.)?([a-z_]+)(?:\(|`)", here):
            fields: Any = {
                "content",
                "session",
                "changed_at",
                "changed_by",
                "min_typing",
                "max_typing",
                "id",
                "timeout",
            }
            assert name in fields or hasattr(AsyncWasendClient, name), name
        for name in re.findall(r"`wasend\.(\w+)", here):
            assert name in wasend.__all__


def test_links() -> None:
    """Every file that the page links to is there."""
    files = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", PAGE)]
    assert files
    assert [file for file in files if not (Path(__file__).parent.parent / "docs" / file).exists()] == []
