"""What an answer says in its own words: the request's texts, which errors like to repeat, taken out of it."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from .call import Call
from .documents import is_list, is_object

REMOVED: Final = "\0"
"""In place of what is taken out, so that what stood around it is not read as one."""
_LEVELS: Final = 8
"""Escapes within escapes that are resolved."""
_WHOLE: Final = 8
"""Characters from which a text, or its beginning, is recognised within other words."""
_SHORTEST: Final = 3
"""Characters of a beginning or a middle that are recognised where something tells that the rest was cut off."""
_MOST: Final = 4000  # characters of an error that are looked at
_LONGEST_TEXT: Final = 70_000  # no message's own text is that long; a file in base64 is
_ESCAPE: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\U[0-9a-fA-F]{8}|\\x[0-9a-fA-F]{2}|\\[nrtbf\"'/\\]")
_CUT: Final = re.compile(r"…|\.\.\.")
_END: Final = r"(?=\s*(?:…|\.\.\.|[\"'`”’»›\]]|$))"


def own_words(said: str, call: Call[Any]) -> str:
    """
    What an answer says, without the texts of its request, however it spells them.

    They are recognised whole or cut off, and as JSON, HTML, URLs and programs write them. The result is for searching
    in, not for showing.

    Args:
        said: What the answer says.
        call: What was asked.
    """
    return without(said, _texts([call.path_params, call.params, call.body]))


def without(said: str, texts: Iterable[str]) -> str:
    """
    What is said, in its plain form, with `REMOVED` in place of each of these texts, however it spells them.

    Args:
        said: What is said.
        texts: What is not to be in it.
    """
    words = plain(said[:_MOST])
    for text in sorted({plain(text) for text in texts} - {""}, key=len, reverse=True):
        words = _without(words, text)
    return words


def plain(text: str) -> str:
    """A text in the one form in which it is compared: every escape resolved, in one case, with single spaces."""
    for _ in range(_LEVELS):
        resolved = html.unescape(_ESCAPE.sub(_resolved, unquote_plus(text)))
        if resolved == text:
            break
        text = resolved
    kept = (_shown(char) for char in unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(kept).split())


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    return " " if category == "Cc" else "" if category == "Cf" or "\ufe00" <= char <= "\ufe0f" else char


def _resolved(escape: re.Match[str]) -> str:
    char = escape[0][1]
    if char == "U":
        return chr(min(int(escape[0].removeprefix("\\U"), base=16), 0x10FFFF))
    if char in "ux":
        units = re.findall(r"\\[ux]([0-9a-fA-F]+)", escape[0])
        return b"".join(int(unit, 16).to_bytes(2) for unit in units).decode("utf-16-be", "replace")
    return " " if char in "nrtbf" else char


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) <= _LONGEST_TEXT:
            yield value
    elif is_object(value):
        for one in value.values():
            yield from _texts(one)
    elif is_list(value):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def _without(words: str, text: str) -> str:
    if len(text) < _WHOLE:
        words = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", REMOVED, words)
    else:
        words = _without_beginnings(words.replace(text, REMOVED), text)
    for length in range(min(len(text), _WHOLE) - 1, _SHORTEST - 1, -1):
        words = re.sub(rf"(?<!\w){re.escape(text[:length])}{_END}", REMOVED, words)
    return _without_middles(words, text)


def _without_beginnings(words: str, text: str) -> str:
    """Take out where the text begins, as far as it goes on."""
    start = 0
    while (start := words.find(text[:_WHOLE], start)) >= 0:
        length = _WHOLE
        while length < len(text) and words[start : start + length + 1] == text[: length + 1]:
            length += 1
        words = f"{words[:start]}{REMOVED}{words[start + length :]}"
        start += 1
    return words


def _without_middles(words: str, text: str) -> str:
    """Take out pieces of the text that follow an ellipsis."""
    first, *others = _CUT.split(words)
    kept = [first]
    for piece in others:
        shown = piece.lstrip()
        length = 0
        while length < len(shown) and shown[: length + 1] in text:
            length += 1
        kept.append(f"{REMOVED}{shown[length:]}" if length >= _SHORTEST else piece)
    return "…".join(kept)
