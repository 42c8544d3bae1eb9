"""Compressed answers: gzip, the one kind that is asked for, undone piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final

ACCEPTED: Final = "gzip"
"""What ``Accept-Encoding`` says."""

_NAMES: Final = ("gzip", "x-gzip")
_KNOWN: Final = (*_NAMES, "deflate", "br", "zstd", "compress", "dcb", "dcz")
_FED: Final = 16 * 1024  # of which zlib makes 16 MiB at most, and returns no more than a piece at a time
_PIECE: Final = 256 * 1024
_MEMBERS: Final = 1000  # an answer has one; each costs time, and may be 20 bytes long


class BadCompressionError(Exception):
    """An answer cannot be decompressed."""


def decompressor(encoding: str) -> Gunzip | None:
    """
    What undoes an answer's compression; `None` where it has none.

    Args:
        encoding: Its ``Content-Encoding``.

    Raises:
        BadCompressionError: It is of a kind that was not asked for, or compressed more than once.
    """
    names = [name for name in map(str.strip, encoding.lower().split(",", 8)) if name not in ("", "identity")]
    if not names:
        return None
    if len(names) > 1 or names[0] not in _NAMES:
        kind = "twice" if len(names) > 1 else repr(names[0]) if names[0] in _KNOWN else "of an unknown kind"
        del encoding, names  # a traceback with its variables would show what came, whatever that was
        raise BadCompressionError(f"its compression ({kind}) was not asked for")
    return Gunzip()


class Gunzip:
    """Undoes gzip, in pieces of 256 KiB at most."""

    def __init__(self) -> None:
        self._work: Any = None
        self._members = 0

    def pieces(self, content: bytes) -> Iterator[bytes]:
        """
        What comes of some more bytes.

        Raises:
            BadCompressionError: They are not gzip.
        """
        for start in range(0, len(content), _FED):
            yield from self._of(content[start : start + _FED])

    def end(self) -> None:
        """
        Nothing more comes.

        Raises:
            BadCompressionError: It should have.
        """
        if self._work is not None or not self._members:
            raise BadCompressionError("its compression (gzip) is broken")

    def _of(self, content: bytes) -> Iterator[bytes]:
        while content:
            if self._work is None:
                content = content.lstrip(b"\0") if self._members else content  # a member may be padded
                if not content:
                    return
                self._work = zlib.decompressobj(zlib.MAX_WBITS | 16)
                self._members += 1
            try:
                piece = self._work.decompress(content, _PIECE)
            except zlib.error as error:
                raise BadCompressionError("its compression (gzip) is broken") from error
            if self._members > _MEMBERS:
                raise BadCompressionError("its compression (gzip) is in too many parts")
            if piece:
                yield piece
            content = self._work.unconsumed_tail
            if self._work.eof:
                content, self._work = self._work.unused_data, None
