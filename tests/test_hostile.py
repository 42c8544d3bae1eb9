"""Answers that are made to do harm: none takes more time or memory than is documented, and none hides an outcome."""

from __future__ import annotations

import ast
import html
import json
import re
import tracemalloc
from operator import methodcaller
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wasend
from tests.clients import NUMBER, READ, SEND, result_or_error
from tests.raw import answer, serving
from wasend import AsyncWasendClient, DecodeError, Page, UnknownAnswerError
from wasend._core.answer import message_in
from wasend._core.bounds import FACTOR, check_document, is_deep
from wasend._core.codec import decode, parse
from wasend.api.chats import ChatMessage
from wasend.api.groups import Group
from wasend.errors import ConfigurationError

MOST = 1 << 19

# ------------------------------------------------------------------------------------------------------------ memory

COSTLY: dict[str, tuple[str, str, str]] = {
    "lists": ("[", "[],", "0]"),
    "objects": ("[", "{},", "0]"),
    "numbers": ("[", "0,", "0]"),
    "floats": ("[", "1.5,", "0]"),
    "texts": ("[", '"ab",', "0]"),
    "members": ("[", '{"id":"a","x":1},', "0]"),
    "people": ("[", '{"participants":[{"id":"b"}]},', "0]"),
    "misfits": ("[", '{"id":{},"size":[],"subject":[],"timestamp":[]},', "0]"),
    "texts for people": ('[{"participants":[', '"ab",', "0]}]"),
    "numbers for people": ('[{"participants":[', "0,", "0]}]"),
    "objects for people": ('[{"participants":[', "{},", "0]}]"),
    "other objects": ("[", '{"k%d":1},', "0]"),
    "other members": ("[{", '"k%d":10%d,', '"id":""}]'),
    "one text": ('["', "x", '"]'),
    "wide text": ('["😀', "x", '"]'),
    "less wide text": ('["€', "x", '"]'),
}


def largest(kind: str) -> bytes:
    """The largest document of a kind that is still read."""
    head, unit, tail = COSTLY[kind]
    numbered = unit.count("%d")

    def document(count: int) -> bytes:
        units = (unit % ((number,) * numbered) for number in range(count)) if numbered else [unit * count]
        return f"{head}{''.join(units)}{tail}".encode()

    fits, too_many = 1, MOST
    while too_many - fits > max(1, fits // 50):
        middle = (fits + too_many) // 2
        try:
            content = document(middle)
            check_document(content, MOST)
            fits, too_many = (middle, too_many) if len(content) <= MOST else (fits, middle)
        except DecodeError:
            too_many = middle
    return document(fits)


@pytest.mark.parametrize("into", [Page[Group], Page[ChatMessage]], ids=["groups", "messages"])
@pytest.mark.parametrize("kind", COSTLY)
def test_memory(kind: str, into: Any) -> None:
    """Whatever is in an answer, reading it takes at most three times the memory of the largest that is taken."""
    content = largest(kind)
    decode([{}], into)  # what stays
    tracemalloc.start()
    try:
        content = bytes(bytearray(content))
        value = decode(parse(content, "application/json", MOST), into)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert value is not None
    assert peak <= FACTOR * MOST, f"{peak / MOST:.2f}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[" + b"[]," * 10_000_000 + b"0]", "would take more than 192 MiB"),
        (b"[" + b'{"a":' * 5_000_000, "would take more than 192 MiB"),
        (b"[" * 150 + b"]" * 150, "more than 100 levels deep"),
        (b'{"a":' * 150 + b'"]]]"' + b"}" * 150, "more than 100 levels deep"),
        (b"[" * 150 + b'"' + b'\\"' * 1_000_000, "more than 100 levels deep"),
        (b'["]",' * 150 + b"0" + b"]" * 150, "more than 100 levels deep"),
    ],
    ids=["many lists", "many objects", "deep", "brackets in texts", "endless text", "closed by texts"],
)
def test_documents_that_are_not_read(body: bytes, words: str) -> None:
    """Too many values, or too deep ones: a read fails, what became of a send is not known, and neither takes long."""
    with serving(answer(200, body)) as server:
        got = result_or_error("async", server.url, READ)
        assert isinstance(got, DecodeError)
        assert words in str(got)
        assert isinstance(result_or_error("async", server.url, SEND), UnknownAnswerError)


@given(
    st.recursive(
        st.text('[]{}"\\\\a', max_size=6),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[]"\\\\'), inner, max_size=4),
    )
)
def test_depth(document: Any) -> None:
    """As many levels as a document has, whatever brackets, quotes and backslashes its texts hold."""

    def depth(value: Any) -> int:
        if isinstance(value, str):
            return 0
        return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)

    around = 100 - depth(document)
    assert not is_deep(b"[" * around + json.dumps(document).encode() + b"]" * around)
    around += 1
    assert is_deep(b"[" * around + json.dumps(document).encode() + b"]" * around)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "x", "a": "' + b"[{" * 5000 + b'"}',
        b'{"id": "x", "a": ' + b"[" * 90 + b"]" * 90 + b"}",
        b'{"id": "x", "a": [' + b'{"b": {}},' * 5000 + b"0]}",
        b'{"id": "x", "a": "\\\\", "b": ["]", "\\"[", "' + b"[" * 200 + b'"]}',
    ],
    ids=["brackets in a text", "90 levels", "many in a row", "escapes"],
)
def test_documents_that_are_read(body: bytes) -> None:
    """Neither brackets in texts nor many in a row are taken for depth."""
    with serving(answer(200, body)) as server:
        assert result_or_error("async", server.url, SEND).id == "x"


def test_settable_bound() -> None:
    """The largest answer can be set, and is at least 64 KiB."""
    with serving(answer(200, {"id": "x", "text": "y" * 200_000})) as server:
        assert result_or_error("async", server.url, SEND).id == "x"
        error = result_or_error("async", server.url, READ, max_answer_bytes=1 << 17)
        assert str(error).endswith("the answer is larger than 0.125 MiB")
        download = lambda client: client.download("/file")  # noqa: E731
        assert len(result_or_error("async", server.url, download)) > 200_000
        error = result_or_error("async", server.url, download, max_answer_bytes=1 << 17)
        assert "the file is larger than 0.125 MiB" in str(error)
    for value in (0, 1 << 10, True, 1.5, "9"):
        with pytest.raises(ConfigurationError, match="max_answer_bytes"):
            AsyncWasendClient("key", max_answer_bytes=value)  # type: ignore[arg-type]


def test_many_members() -> None:
    """An object of more than 1000 members is none of ours: it stays as it came, and shows nothing of a send."""
    members = {f"k{number}": number for number in range(1001)}
    with serving(answer(200, {"id": "x", **members}), answer(200, {"groups": [members, {"jid": "g"}]})) as server:
        assert isinstance(result_or_error("async", server.url, SEND), UnknownAnswerError)
        page = result_or_error("async", server.url, lambda client: client.get_groups("ses_1"))
    assert (page[0].jid, page.unread) == ("g", (members,))


# ------------------------------------------------------------------------------------------------------------- texts

SECRET = 'The "password" is\nswordfish & chips: naïve'
NUMBER_SPELLINGS = ("+44 7700 900456", "0044-7700-900456", "+44 (7700) 900-456", "447700900456@c.us", "٤٤٧٧٠٠٩٠٠٤٥٦")
SPELLINGS = {
    "as it is": SECRET,
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in JSON": json.dumps(json.dumps(SECRET))[1:-1],
    "HTML": html.escape(SECRET),
    "URL": quote(SECRET),
    "form": quote_plus(SECRET),
    "cut off": f"{SECRET[:25]}…",
    "loud": SECRET.upper(),
}


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_echoed_texts(spelling: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """However the service spells what a message says, and to whom, no text of an error and no log line shows it."""
    echoed = SPELLINGS[spelling]
    said = f"Cannot send ({echoed}) to {', '.join(NUMBER_SPELLINGS)} since 2026-01-05"
    send = methodcaller("send_text", session="ses_1", to=NUMBER, text=SECRET)
    with serving(answer(status, {"message": said})) as server:
        error = result_or_error("async", server.url, send, retry=None)
    shown = f"{error} {error.message} {caplog.text}".casefold()
    assert not [word for word in ("password", "swordfish", "chips", "ve)", "7700", "900456", "٧٧") if word in shown]
    assert "send" in shown
    assert "2026-01-05" in shown


@pytest.mark.parametrize("said", ["a\x1b[2J\x07b", "a\u202eb\u2066", "a\ud800b", "a\r\nb: c", "x" * 5_000_000])
def test_texts_can_be_printed(said: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that comes from outside moves a terminal, turns a text around, cannot be written, or fills a screen."""
    script = [
        answer(400, {"message": said, "code": said}),
        answer(422, {"status": said, "expected": [said[:100]] * 1000}),
    ]
    for behaviour in (*script, answer(302, None, {"location": "/" + said[:2000].encode("unicode_escape").decode()})):
        with serving(behaviour) as server:
            error = result_or_error("async", server.url, SEND, retry=None)
        text = f"{error}{caplog.text}"
        assert text.encode().decode().isprintable()
        assert len(text) < 2100


# -------------------------------------------------------------------------------------------------------------- time


def test_no_pattern_repeats_within_repetition() -> None:
    """No pattern of the client can take more than the square of what it is fed, and what pages are fed to is bounded."""
    package = Path(wasend.__file__).parent
    routes = {package / "api" / name for name in ("reach.py", "request.py")}  # they match what the caller asks for
    sources = {*package.glob("_core/*.py"), *package.glob("api/*.py")} - routes
    found = 0
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                pattern = node.args[0] if node.args else None
                if ast.unparse(node.func.value) == "re" and isinstance(pattern, ast.Constant):
                    found += 1
                    assert not nested(re._parser.parse(pattern.value), inside=False), (source.name, pattern.value)  # type: ignore[attr-defined]
    assert found > 10


def nested(pattern: Any, *, inside: bool) -> bool:
    """Whether what may be repeated for ever is within what may, where going back is possible."""
    for kind, value in pattern:
        if str(kind) in ("MAX_REPEAT", "MIN_REPEAT"):
            endless = value[1] > 1000
            if (inside and endless) or nested(value[2], inside=inside or endless):
                return True
        elif str(kind) in ("SUBPATTERN", "ATOMIC_GROUP", "BRANCH"):
            for part in value[1] if str(kind) == "BRANCH" else value[-1:] if isinstance(value, tuple) else [value]:
                if nested(part, inside=inside):
                    return True
    return False


@pytest.mark.parametrize(
    "unit", ["<", "<script", "<a", "</script", "<!--", "1 ", "+4", "&amp;", "\\u0041", "%41", "…a"]
)
def test_pages(unit: str) -> None:
    """Of a page, and of a message, no more is looked at than can be shown: its time does not grow with its length."""
    said = unit * (2_000_000 // len(unit))
    pages = answer(502, said, {"content-type": "text/html"}), answer(500, {"message": said})
    with serving(*pages) as server:
        result_or_error("async", server.url, SEND, retry=None)
        error = result_or_error("async", server.url, SEND, retry=None)
    assert len(message_in(unit * 100_000)) <= 10_000
    assert len(str(error)) < 1000
