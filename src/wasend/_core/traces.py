"""What the exceptions of transports show of a request: taken out of them, before they are the causes of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, cast

from ..errors import WasendError, printable
from .secret import Secret

_HTTP: Final = ("httpx", "httpcore", "h11", "h2", "hpack", "aiohttp", "aiohappyeyeballs")
_LIBRARIES: Final = frozenset((*_HTTP, "anyio", "sniffio", "trio", "socksio", "asyncio", "ssl"))
"""Packages whose variables hold headers as they are written: what shows variables would show the key."""

_OURS: Final = frozenset(("wasend", "contextlib"))
"""Whose frames say nothing of why a connection failed."""


def hide(error: BaseException, secret: Secret) -> None:
    """
    Take the frames of libraries out of an exception and its causes, and the key out of their texts.

    Out of a transport's own exceptions our frames are taken as well: what stays is the caller's, if it is in between.

    Args:
        error: The exception.
        secret: The key.
    """
    for each in _chain(error):
        of_transport = isinstance(each, OSError) or _is_library(type(each).__module__)
        each.__traceback__ = _without(_LIBRARIES | _OURS if of_transport else _LIBRARIES, each.__traceback__)
        if not isinstance(each, WasendError):
            each.args = tuple(_hidden(value, each, secret) for value in each.args)
            kept = vars(each)
            kept.update({name: _hidden(value, each, secret) for name, value in kept.items()})


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            left += [each.__cause__, each.__context__]
            if isinstance(each, BaseExceptionGroup):
                left += cast("BaseExceptionGroup[BaseException]", each).exceptions
            yield each


def _without(packages: frozenset[str], trace: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while trace is not None:
        if _package(trace.tb_frame.f_globals.get("__name__")) not in packages:
            kept.append(trace)
        trace = trace.tb_next
    following: TracebackType | None = None
    for one in reversed(kept):
        one.tb_next, following = following, one
    return following


def _hidden(value: Any, error: BaseException, secret: Secret) -> Any:
    """What an exception holds, without the key. Of a library's exceptions, every text is printable too."""
    if not _is_library(type(error).__module__):
        return secret.out_of(value) if isinstance(value, str) else value
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode("latin-1")
    if isinstance(value, str):
        return printable(secret.out_of(value))
    if "headers" in getattr(value, "_fields", ()):  # a request, as aiohttp keeps it
        return value._replace(headers={})
    return secret.out_of_all(value) if isinstance(value, Mapping) else value


def _is_library(module: object) -> bool:
    return _package(module) in _LIBRARIES


def _package(module: object) -> str:
    return str(module).partition(".")[0]
