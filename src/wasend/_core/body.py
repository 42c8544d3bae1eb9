"""Bodies that are written in pieces: base64 that is encoded as it goes, and never whole in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

PIECE: Final = 64 * 1024
"""Bytes that are written at a time."""

_RAW_PIECE: Final = PIECE // 4 * 3


class Base64Text:
    """
    Bytes whose base64 text is a field of a body. It is encoded in pieces, while it is written.

    Pickled, as an error in a queue is, it leaves the bytes behind.

    Args:
        payload: The bytes; or their base64 text, without white space.
    """

    __slots__ = ("_payload",)

    def __init__(self, payload: bytes | bytearray | memoryview | str) -> None:
        self._payload = payload

    def __len__(self) -> int:
        """The length of the text."""
        return len(self._payload) if isinstance(self._payload, str) else -(-len(self._payload) // 3) * 4

    def __iter__(self) -> Iterator[bytes]:
        """The text, in pieces."""
        if isinstance(self._payload, str):
            for start in range(0, len(self._payload), PIECE):
                yield self._payload[start : start + PIECE].encode("ascii")
        else:
            view = memoryview(self._payload)
            for start in range(0, len(view), _RAW_PIECE):
                yield base64.b64encode(view[start : start + _RAW_PIECE])

    def __str__(self) -> str:
        return b"".join(self).decode("ascii")

    def __repr__(self) -> str:
        return f"<base64 text of {len(self)} characters>"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Base64Text | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (f"[{len(self)} characters of base64 left out]",)


class Body:
    """
    A body as bytes, in pieces of 64 KiB at most.

    Args:
        parts: What it consists of.
    """

    __slots__ = ("_parts", "length")

    def __init__(self, parts: list[bytes | Base64Text]) -> None:
        self._parts = parts
        self.length = sum(map(len, parts))

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Body:
        """A JSON object of these fields."""
        parts: list[bytes | Base64Text] = []
        plain = b"{"
        for key, value in fields.items():
            name = encoded(key) if isinstance(key, str) else encoded({key: 0})[1:-3]
            plain += name + b":"
            if isinstance(value, Base64Text):
                parts += [plain + b'"', value]
                plain = b'"'
            else:
                plain += encoded(value)
            plain += b","
        return cls([*parts, plain[:-1] + b"}"])

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                view = memoryview(part)
                for start in range(0, len(view), PIECE):
                    yield bytes(view[start : start + PIECE])
            else:
                yield from part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def encoded(value: Any) -> bytes:
    """
    A value as JSON.

    Raises:
        ValueError: It holds what JSON, or UTF-8, cannot.
        TypeError: Likewise.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
