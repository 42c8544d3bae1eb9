"""What an answer may cost: checked on its bytes, before anything is made of them."""

from __future__ import annotations

import io
import re
from typing import Final

from ..errors import DecodeError

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""By default: see `Options.max_answer_bytes`."""
LARGE: Final = 256 * 1024
"""Bytes of a body from which it is read in another thread: that takes 10 ms or more, and handing it over far less."""
FACTOR: Final = 3
"""An answer costs at most so many times that much memory, whatever is in it, until it is the caller's."""

# Bytes that each costs at most, with what is made of it: tests measure the worst of each.
_CONTAINER: Final = 400
_ITEM: Final = 480  # of a list: a text may stand for a model
_MEMBER: Final = 128  # of an object
_WORST: Final = 1000  # bytes that a byte costs at most: so small a document need not be looked at
_DEEPEST: Final = 100
_SMALL: Final = 64 * 1024
_PAGE: Final = 1000
_KEPT: Final = 10_000
_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_OPENING: Final = ord("[")
_BELOW: Final = {width: bytes(range(first)) for width, first in ((4, 0xF0), (2, 0xC4))}
_STRING: Final = re.compile(rb'"[^"]*+(?:"|\Z)')


class Collected:
    """
    Bytes as they come, of at most so many.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._first = b""
        self._all: io.BytesIO | None = None
        self.size = 0

    def add(self, piece: bytes) -> bool:
        """Take some more; whether they still fit."""
        self.size += len(piece)
        if self.size > self._most:
            self._first, self._all = b"", None
            return False
        if self._all is not None:
            self._all.write(piece)
        elif self._first:
            self._all = io.BytesIO()
            self._all.write(self._first)
            self._all.write(piece)
            self._first = b""
        else:
            self._first = piece
        return True

    def content(self) -> bytes:
        """All of them. They are not copied."""
        return self._first if self._all is None else self._all.getvalue()


def check_picture(content: bytes, most: int) -> None:
    """
    See that a picture can be made base64 text within bounds.

    Raises:
        DecodeError: It would take too much memory.
    """
    _check_cost(4 * len(content), most, content)


def check_document(content: bytes, most: int) -> None:
    """
    See that a document can be read within bounds.

    What is counted is more than there may be, for a bracket or a comma may stand in a text.

    Args:
        content: Its bytes.
        most: The most bytes that an answer may have.

    Raises:
        DecodeError: Reading it would take too much memory, or it is nested more than 100 levels deep.
    """
    if costs_too_much(content, most):
        _check_cost(_cost(content), most, content)
    if is_deep(content) and not _is_page(content):
        raise DecodeError(f"the answer is nested more than {_DEEPEST} levels deep", body=beginning(content))


def costs_too_much(content: bytes, most: int) -> bool:
    """Whether reading a document would take more than three times as much memory as there may be bytes."""
    return len(content) * _WORST > FACTOR * most and _cost(content) > FACTOR * most


def is_deep(content: bytes) -> bool:
    """Whether a document is nested more than 100 levels deep. It takes time in proportion to its length."""
    if content.count(b"[") + content.count(b"{") <= _DEEPEST:
        return False
    if b"\\" in content:  # a quote behind one ends no text
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Of a text without a bracket two quotes are left, and without them the others begin and end what they did.
    brackets = content.translate(_BRACKETS, _NO_STRUCTURE).replace(b'""', b"")
    if b'"' in brackets:
        brackets = _STRING.sub(b"", brackets)
    return _depth_is_over(_DEEPEST, brackets)


def beginning(content: bytes) -> str:
    """What an error keeps of an answer that cannot be read."""
    return content[:_KEPT].decode("utf-8", "replace")


def _check_cost(cost: int, most: int, content: bytes) -> None:
    if cost > FACTOR * most:
        limit = FACTOR * most / 2**20
        problem = f"reading the answer would take more than {limit:.3g} MiB"
        raise DecodeError(f"{problem}; raise max_answer_bytes", body=beginning(content))


def _cost(content: bytes) -> int:
    text = (1 + 2 * _width(content)) * len(content)  # itself, decoded, and in parts
    if _is_page(content):
        return text
    opening = content.count(b"[") + content.count(b"{")
    members = max(0, content.count(b'":') - content.count(b'\\":'))
    items = max(0, content.count(b",") - members + opening)  # each container has one more than commas
    return _CONTAINER * opening + _ITEM * items + _MEMBER * members + text


def _is_page(content: bytes) -> bool:
    """Whether nothing comes of it but its beginning."""
    return content[:_PAGE].lstrip().startswith(b"<")


def _width(content: bytes) -> int:
    """Bytes that a character of the text costs."""
    if content.isascii():
        return 1
    if len(content) < _SMALL:
        return 4
    return next((width for width, below in _BELOW.items() if content.translate(None, below)), 1)


def _depth_is_over(most: int, brackets: bytes) -> bool:
    # The innermost level is taken away as long as that makes much less of them: most documents are wide.
    inner = brackets.replace(b"[]", b"")
    while inner and len(inner) < 0.9 * len(brackets):
        brackets, most = inner, most - 1
        inner = brackets.replace(b"[]", b"")
    depth = 0
    for bracket in brackets:
        depth = depth + 1 if bracket == _OPENING else max(0, depth - 1)
        if depth > most:
            return True
    return False
