"""Compressed answers: which kinds are asked for, and how much may come of one."""

from __future__ import annotations

import asyncio
import functools
import importlib
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

_LARGE: Final = 256 * 1024

Decompress: TypeAlias = Callable[[bytes, int], bytes]
"""Called with the bytes and how many may come of them, at most; where more would, it returns one more."""


class BadCompressionError(Exception):
    """An answer cannot be decompressed."""


@functools.cache
def accepted_encodings() -> str:
    """What ``Accept-Encoding`` says: gzip, and brotli and zstandard where they are installed."""
    return ", ".join(name for name in ("gzip", "br", "zstd") if name in _known())


async def decompressed(content: bytes, encoding: str, most: int) -> bytes | None:
    """
    An answer's body without its compression; `None` where it is larger than `most`.

    Args:
        content: The body as it came.
        encoding: Its ``Content-Encoding``.
        most: How many bytes may come of it.

    Raises:
        BadCompressionError: It is broken, or of a kind that was not asked for.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if not names or not content:
        return content
    work = functools.partial(_undone, content, names, most)
    # zlib lets other threads run meanwhile.
    return work() if len(content) < _LARGE else await asyncio.to_thread(work)


def _undone(content: bytes, names: list[str], most: int) -> bytes | None:
    for name in reversed(names):
        decompress = _known().get(name)
        if decompress is None:
            raise BadCompressionError(f"its compression ({name[:20]!r}) was not asked for")
        try:
            content = decompress(content, most)
        except Exception as error:  # each library has errors of its own
            raise BadCompressionError(f"its compression ({name}) is broken") from error
        if len(content) > most:
            return None
    return content


@functools.cache
def _known() -> Mapping[str, Decompress]:
    known: dict[str, Decompress] = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate}
    for name, find in (("br", _brotli), ("zstd", _zstandard)):
        if (found := find()) is not None:
            known[name] = found
    return known


def _gunzip(content: bytes, most: int) -> bytes:
    return b"".join(_members(content, most, zlib.MAX_WBITS | 16))


def _inflate(content: bytes, most: int) -> bytes:
    try:
        return b"".join(_members(content, most, zlib.MAX_WBITS))
    except zlib.error:
        return b"".join(_members(content, most, -zlib.MAX_WBITS))  # without its header, as some servers send it


def _members(content: bytes, most: int, bits: int) -> Iterator[bytes]:
    while content:
        member = zlib.decompressobj(bits)
        part = member.decompress(content, most + 1)
        most -= len(part)
        yield part
        if most < 0:
            return
        if not member.eof:
            raise EOFError
        content = member.unused_data.lstrip(b"\0")


def _brotli() -> Decompress | None:
    try:
        brotli: Any = importlib.import_module("brotli")
        brotli.Decompressor().process(b"", output_buffer_limit=1)
    except (ImportError, TypeError):  # before 1.2 there is no limit to what comes of a few bytes
        return None

    def decompress(content: bytes, most: int) -> bytes:
        work: Any = brotli.Decompressor()
        parts = [work.process(content, output_buffer_limit=most + 1)]
        size = len(parts[0])
        while size <= most and not work.is_finished():
            part = work.process(b"", output_buffer_limit=most + 1 - size)
            if not part:
                raise EOFError
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    return decompress


def _zstandard() -> Decompress | None:
    try:
        zstandard: Any = importlib.import_module("zstandard")
    except ImportError:
        return None

    def decompress(content: bytes, most: int) -> bytes:
        reader: Any = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True)
        parts: list[bytes] = []
        left = most + 1
        while left > 0 and (part := reader.read(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    return decompress
