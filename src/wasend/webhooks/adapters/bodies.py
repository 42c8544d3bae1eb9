"""Bodies of requests, read within bounds of size and time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterable, Callable
from typing import Final

from ..._core.bounds import Collected
from ...errors import ConfigurationError, WebhookTimeoutError, WebhookTooLargeError

TIMEOUT: Final = 30.0
"""Seconds that a body may take to come, by default. What the service's engine posts is sent at once."""
_PIECE: Final = 64 * 1024


def checked_timeout(timeout: float) -> float:
    """
    See that a time is one.

    Raises:
        ConfigurationError: It is not.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise ConfigurationError(f"timeout: {timeout!r} is no number of seconds above 0")
    return timeout


def length_of(header: str | bytes | None) -> int | None:
    """The length that a request says its body has; `None` where it says none, or nothing that is one."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


async def gather(pieces: AsyncIterable[bytes], length: int | None, most: int, timeout: float) -> bytes:
    """
    A body that comes in pieces.

    Args:
        pieces: The pieces.
        length: How long it says that it is.
        most: How many bytes it may have: not one more piece is read than shows that it has more.
        timeout: Seconds in which the whole must have come.

    Raises:
        WebhookTooLargeError: It has more bytes.
        WebhookTimeoutError: It did not come in time.
    """
    check_length(length, most)
    body = Collected(most)
    try:
        async with asyncio.timeout(timeout):
            async for piece in pieces:
                if not body.add(piece):
                    raise _too_large(most)
    except TimeoutError:
        raise WebhookTimeoutError(f"after {timeout:g} s, {body.size} bytes of the body had come") from None
    return body.content()


def read_all(read: Callable[[int], bytes], length: int | None, most: int) -> bytes:
    """
    A body that is read from a file.

    Args:
        read: Reads so many bytes at most; none at its end.
        length: How long it says that it is.
        most: How many bytes it may have.

    Raises:
        WebhookTooLargeError: It has more bytes.
    """
    check_length(length, most)
    body = Collected(most)
    left = most + 1 if length is None else length
    while left > 0 and (piece := read(min(left, _PIECE))):
        left -= len(piece)
        if not body.add(piece):
            raise _too_large(most)
    return body.content()


def check_length(length: int | None, most: int) -> None:
    """
    See that a body is not too long by its own word, before any of it is read.

    Raises:
        WebhookTooLargeError: It is.
    """
    if length is not None and length > most:
        raise _too_large(most)


def _too_large(most: int) -> WebhookTooLargeError:
    return WebhookTooLargeError(f"the body has more than {most} bytes (max_bytes)")
