"""Files to send: bytes, a path, an open file or base64 text become what the service accepts."""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
import mimetypes
import os
import re
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, Any, Final, TypeAlias, cast
from urllib.parse import unquote, urlsplit

import attrs

from ._core.body import Base64Text
from .errors import InvalidRequestError, WasendError

MediaData: TypeAlias = bytes | bytearray | memoryview | os.PathLike[str] | IO[bytes] | str
"""A file's content: bytes, a path (`pathlib.Path`), a file opened in binary mode, or base64 text."""

logger: Final = logging.getLogger("wasend")

_LARGE: Final = 16 * 1024 * 1024
_TOO_LARGE: Final = 40 * 1024 * 1024
_PIECE: Final = 1024 * 1024
_LONGEST_PATH: Final = 255
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*", re.ASCII)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9]+){2,}/?", re.ASCII)


@attrs.frozen
class Media:
    """
    A file, ready to send.

    Attributes:
        url: Where the service can fetch it; or
        data: its content, in base64 when it is written.
        name: Its name, if known.
        mime_type: Its MIME type, if known.
    """

    url: str | None
    data: Base64Text | None = attrs.field(repr=False)
    name: str | None = None
    mime_type: str | None = None


async def load(url: str | None, data: MediaData | None, name: str | None = None) -> Media:
    """
    Read a file from wherever the caller has it. Reading happens in another thread; encoding, while it is sent.

    Args:
        url: An http or https URL that the service can reach, or
        data: the content.
        name: The file's name, if the caller gives one.

    Raises:
        InvalidRequestError: Neither is given, or both, or it is too large, or cannot be read.
    """
    if (url is None) == (data is None):
        problem = "both url and data are given" if url is not None else "there is no media"
        raise InvalidRequestError("url" if url is not None else "data", problem, "pass exactly one of url and data")
    if url is not None:
        path = urlsplit(web_url(url)).path
        name = name or unquote(PurePath(path).name) or None
        return Media(url, None, name, _guess(name))
    mime_type: str | None = None
    if isinstance(data, str):
        text, mime_type = await asyncio.to_thread(_base64, data)
        _weigh(len(text) * 3 // 4)
        content = Base64Text(text)
    else:
        payload, found = await asyncio.to_thread(_read, data)
        if isinstance(payload, _Awaited):
            payload = await _read_awaited(data, payload.first)
        _weigh(len(payload))
        name = name or found
        content = Base64Text(payload)
    return Media(None, content, name, mime_type or _guess(name))


def web_url(url: str) -> str:
    """
    Check that a URL is one that the service can fetch, and return it.

    Raises:
        InvalidRequestError: It is not.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return url
    except (ValueError, TypeError, AttributeError):
        pass
    raise InvalidRequestError("url", "is not an http or https URL", "pass a URL that the service can reach")


def _read(data: object) -> tuple[bytes | bytearray | _Awaited, str | None]:
    if isinstance(data, bytes | bytearray | memoryview):
        content = memoryview(cast("bytes", data))
        _check_size(content.nbytes)
        # A copy of what the caller may change meanwhile.
        return data if isinstance(data, bytes) else content.tobytes(), None
    with _readable():
        if isinstance(data, os.PathLike):
            path = Path(os.fspath(cast("os.PathLike[str]", data)))
            _check_size(path.stat().st_size)
            return path.read_bytes(), path.name
        if callable(getattr(data, "read", None)):
            names = (getattr(data, name, None) for name in ("name", "filename"))
            name = next((PurePath(name).name for name in names if isinstance(name, str)), None)
            return _read_all(cast("IO[bytes]", data)), name
    raise InvalidRequestError(
        "data",
        f"expected a file, got {type(data).__name__}",
        "pass bytes, a pathlib.Path, a binary file or base64 text",
    )


@attrs.frozen
class _Awaited:
    """The first piece of a file whose ``read`` is awaited, such as an upload of FastAPI's."""

    first: Awaitable[Any]


@contextmanager
def _readable() -> Generator[None]:
    """Whatever a file raises is an error of ours, and names it."""
    try:
        yield
    except WasendError:
        raise
    except (
        Exception
    ) as error:  # an OSError, a ValueError of a closed file, or anything else that a file of theirs raises
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidRequestError("data", f"the file cannot be read ({reason})", "check its path and rights") from error


def _read_all(file: IO[bytes]) -> bytearray | _Awaited:
    """Read to the end, or one byte past what may be sent: a pipe gives what it has, not what was asked for."""
    content = bytearray()
    if isinstance(file, io.TextIOBase):
        raise _as_text()
    while True:
        piece: Any = file.read(min(_PIECE, _TOO_LARGE + 1 - len(content)))
        if inspect.isawaitable(piece):
            return _Awaited(piece)
        if not _append(content, piece):
            return content


async def _read_awaited(file: Any, first: Awaitable[Any]) -> bytearray:
    content = bytearray()
    with _readable():
        piece = await first
        while _append(content, piece):
            piece = await file.read(min(_PIECE, _TOO_LARGE + 1 - len(content)))
    return content


def _as_text() -> InvalidRequestError:
    return InvalidRequestError("data", "the file is not open in binary mode", "open it with open(path, 'rb')")


def _append(content: bytearray, piece: object) -> bool:
    """Add a piece, and tell whether there may be more."""
    if isinstance(piece, str):
        raise _as_text()
    content += cast("bytes", piece or b"")
    return bool(piece) and len(content) <= _TOO_LARGE


def _base64(text: str) -> tuple[str, str | None]:
    mime_type = None
    if text.startswith("data:"):
        comma = text.find(",") + 1
        head = text[: comma - 1] if comma else ""
        mime_type, _, coding = head.removeprefix("data:").partition(";")
        # Without base64 the content is percent-encoded: refused below.
        text = text[comma:] if coding.endswith("base64") else "%"
    elif len(text) <= _LONGEST_PATH and _is_path(text):
        raise _no_base64("is a path")
    # In pieces: one call on 40 MiB would keep every other thread waiting.
    pieces = ["".join(text[start : start + _PIECE].split()) for start in range(0, len(text), _PIECE)]
    size = sum(map(len, pieces))
    if size == len(text):
        found = text
        del pieces
    else:
        found = "".join(pieces)
    body = found[-4:].rstrip("=")
    padding = len(found[-4:]) - len(body)
    if size % 4 or padding > 2 or not _is_alphabet(found, size - padding):
        raise _no_base64("is text, but not base64")
    return found, mime_type or None


def _is_alphabet(text: str, end: int) -> bool:
    return all(_BASE64.fullmatch(text, start, min(start + _PIECE, end)) is not None for start in range(0, end, _PIECE))


def _no_base64(problem: str) -> InvalidRequestError:
    return InvalidRequestError("data", problem, "pass a file's path as pathlib.Path(...), or its bytes")


def _is_path(text: str) -> bool:
    """Whether base64 text is more likely a file's path: pictures in base64 can begin with a slash, and have no name."""
    if _PATH.fullmatch(text) and not text.startswith("/9j/"):
        return True
    try:
        return Path(text).exists() if text else False
    except (OSError, ValueError):
        return False


def _check_size(size: int) -> None:
    if size > _TOO_LARGE:
        raise InvalidRequestError(
            "data", f"is {size / 1e6:.0f} MB, over {_TOO_LARGE >> 20} MiB", "send a link to it with url="
        )


def _weigh(size: int) -> None:
    _check_size(size)
    if size == 0:
        raise InvalidRequestError("data", "is empty", "pass the file's content")
    if size > _LARGE:
        logger.warning("media of %.0f MB: WhatsApp refuses most media above 16 MB", size / 1e6)


def _guess(name: str | None) -> str | None:
    return mimetypes.guess_type(name)[0] if name else None
