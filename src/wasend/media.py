"""Files to send: bytes, a path, an open file or base64 text become what the service accepts."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import logging
import mimetypes
import os
from pathlib import Path, PurePath
from typing import IO, Final, TypeAlias, cast
from urllib.parse import unquote, urlsplit

import attrs

from .errors import InvalidRequestError

MediaData: TypeAlias = bytes | bytearray | memoryview | os.PathLike[str] | IO[bytes] | str
"""A file's content: bytes, a path (`pathlib.Path`), a file opened in binary mode, or base64 text."""

logger: Final = logging.getLogger("wasend")

_LARGE: Final = 16 * 1024 * 1024
_TOO_LARGE: Final = 40 * 1024 * 1024


@attrs.frozen
class Media:
    """
    A file, ready to send.

    Attributes:
        url: Where the service can fetch it; or
        data: its content, in base64.
        name: Its name, if known.
        mime_type: Its MIME type, if known.
    """

    url: str | None
    data: str | None = attrs.field(repr=False)
    name: str | None = None
    mime_type: str | None = None


async def load(url: str | None, data: MediaData | None, name: str | None = None) -> Media:
    """
    Read a file from wherever the caller has it. Reading happens in another thread.

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
        encoded, mime_type = await asyncio.to_thread(_base64, data)
        _weigh(len(encoded) * 3 // 4)
    else:
        content, found = await asyncio.to_thread(_read, data)
        name = name or found
        encoded = (await asyncio.to_thread(base64.b64encode, content)).decode()
    return Media(None, encoded, name, mime_type or _guess(name))


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


def _read(data: object) -> tuple[bytes, str | None]:
    if isinstance(data, bytes | bytearray | memoryview):
        content = bytes(cast("bytes", data))
        _weigh(len(content))
        return content, None
    try:
        if isinstance(data, os.PathLike):
            path = Path(os.fspath(cast("os.PathLike[str]", data)))
            _weigh(path.stat().st_size)
            return path.read_bytes(), path.name
        if callable(getattr(data, "read", None)):
            content = _read_all(cast("IO[bytes]", data))
            _weigh(len(content))
            name = getattr(data, "name", None)
            return content, PurePath(name).name if isinstance(name, str) else None
    except InvalidRequestError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a closed file, an impossible path
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidRequestError("data", f"the file cannot be read ({reason})", "check its path and rights") from error
    raise InvalidRequestError(
        "data",
        f"expected a file, got {type(data).__name__}",
        "pass bytes, a pathlib.Path, a binary file or base64 text",
    )


def _read_all(file: IO[bytes]) -> bytes:
    """Read to the end, or one byte past what may be sent: a pipe gives what it has, not what was asked for."""
    content = bytearray()
    if isinstance(file, io.TextIOBase) or isinstance(chunk := file.read(_TOO_LARGE + 1), str):
        raise InvalidRequestError("data", "the file is not open in binary mode", "open it with open(path, 'rb')")
    while chunk:
        content += chunk
        chunk = file.read(_TOO_LARGE + 1 - len(content))
    return bytes(content)


def _base64(text: str) -> tuple[str, str | None]:
    mime_type = None
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        mime_type, _, coding = head.removeprefix("data:").partition(";")
        if not coding.endswith("base64"):
            text = "%"  # without base64 the content is percent-encoded: refused below
    encoded = "".join(text.split())
    try:
        if len(encoded) % 4 or encoded.endswith("==="):
            raise ValueError  # before Python 3.13 the decoder accepts these
        base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidRequestError(
            "data", "is text, but not base64", "pass a file's path as pathlib.Path(...), or its bytes"
        ) from None
    return encoded, mime_type or None


def _weigh(size: int) -> None:
    if size > _TOO_LARGE:
        raise InvalidRequestError(
            "data", f"is {size / 1e6:.0f} MB, over {_TOO_LARGE >> 20} MiB", "send a link to it with url="
        )
    if size == 0:
        raise InvalidRequestError("data", "is empty", "pass the file's content")
    if size > _LARGE:
        logger.warning("media of %.0f MB: WhatsApp refuses most media above 16 MB", size / 1e6)


def _guess(name: str | None) -> str | None:
    return mimetypes.guess_type(name)[0] if name else None
