"""What a lost write would have brought into being, as far as it can be looked for."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeAlias, TypeVar

import attrs

from ..._core.model import Model, Page
from ..._core.paging import pages
from ...api.chats import ChatMessage
from ...api.groups import Group
from ...api.messages import Message
from ...api.sessions import Session
from ...errors import DecodeError
from ..reader import ServiceReader

T = TypeVar("T")
M = TypeVar("M", bound=Model)

Written: TypeAlias = Message | Session | Group
"""What a write brings into being."""

Seen: TypeAlias = tuple[ChatMessage | Session | Group, ...]
"""What was read back."""

MARGIN: Final = 3.0
"""Seconds by which something may seem to be older than its write: times come in whole seconds, by several clocks."""

_MOST: Final = 500  # items read in one look
_PAGE: Final = 50
_FEW: Final = 10


@attrs.frozen
class Match:
    """
    Something that a write may have brought into being.

    Attributes:
        key: Its id, unique in the target's scope.
        result: What an answer to the write would have been.
    """

    key: str
    result: Written


@attrs.frozen
class Findings:
    """
    What one look has found.

    Attributes:
        matches: What may be the write's, the likeliest first.
        seen: Everything that was there.
    """

    matches: Sequence[Match]
    seen: Seen


class Target(Protocol):
    """What to look for after a write that was not answered."""

    @property
    def fingerprint(self) -> str:
        """The same for writes that cannot be told apart by what they bring into being."""
        ...

    @property
    def scope(self) -> str:
        """Where the keys of its matches are unique."""
        ...

    def key(self, result: object) -> str | None:
        """The key of what an ordinary answer says was written; `None` where it does not say."""
        ...

    async def find(self, reader: ServiceReader, earliest: Callable[[], float]) -> Findings:
        """Look for it among what is no older than `earliest`, in seconds since the epoch by the service's clock."""
        ...


def is_since(moment: datetime | None, earliest: float) -> bool:
    """Whether a moment is known, and no earlier: times are compared in whole seconds, as the service gives them."""
    return moment is not None and moment.timestamp() >= math.floor(earliest)


def read_as(result: object, kind: type[M]) -> M | None:
    """An answer as a model: a raw request (`client.request`) is read into whatever its caller chose."""
    if isinstance(result, kind):
        return result
    from ..._core.codec import decode

    try:
        return decode(result.to_dict() if isinstance(result, Model) else result, kind)
    except DecodeError:
        return None


async def first_of(fetch: Callable[[int, int], Awaitable[Page[T]]]) -> list[T]:
    """
    The first 500 items of a list that comes in pages.

    Args:
        fetch: Gets a page, by limit and offset.
    """
    some: list[T] = []
    # Services give 20 items at a time or more: where fewer came, another look is worth more than another page.
    async for item in pages(fetch, _PAGE, last_below=_FEW):
        some.append(item)
        if len(some) == _MOST:
            break
    return some
