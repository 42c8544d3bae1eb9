"""What a lost write would have brought into being, as far as it can be looked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
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
from .times import Bounds

T = TypeVar("T")
M = TypeVar("M", bound=Model)

Written: TypeAlias = Message | Session | Group
"""What a write brings into being."""

Seen: TypeAlias = tuple[ChatMessage | Session | Group, ...]
"""What was read back."""

MOST: Final = 500
"""Items read in one look."""
_PAGE: Final = 50
_FEW: Final = 10
_LEAST: Final = 20
"""Items that a service gives at a time, at least, where there are more."""


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
        matches: What may be the write's: messages oldest first, all else as the service lists it.
        seen: Everything that was there since the write began.
        keys: The ids of all that was read, also of what is older.
        unclear: The ids of those that would match, but may belong to an earlier program, or be another file.
        doubtful: The ids of those that would match, if it were told when they were sent, by whom, or as which message.
        is_exact: Whether the id that the write was given decided, and not what is in the message.
        complete: Whether all was read: there may be more of it than one look reads.
    """

    matches: Sequence[Match]
    seen: Seen
    keys: frozenset[str] = frozenset()
    unclear: Sequence[str] = ()
    doubtful: Sequence[str] = ()
    is_exact: bool = False
    complete: bool = True


class Target(Protocol):
    """What to look for after a write that was not answered."""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """
        The first is the same for writes that cannot be told apart by what they bring into being.

        The others are what it would be if its chat were called otherwise.
        """
        ...

    @property
    def scope(self) -> str:
        """Where the keys of its matches are unique."""
        ...

    def key(self, result: object) -> str | None:
        """The key of what an ordinary answer says was written; `None` where it does not say."""
        ...

    async def find(self, reader: ServiceReader, bounds: Callable[[], Bounds]) -> Findings:
        """Look for it; `bounds` are those that the answers so far allow, and become narrower with them."""
        ...

    async def widened(self, reader: ServiceReader) -> Target | None:
        """The same, to be looked for in more places, for which the service may be asked; `None` if none are left."""
        ...


def read_as(result: object, kind: type[M]) -> M | None:
    """An answer as a model: a raw request (`client.request`) is read into whatever its caller chose."""
    if isinstance(result, kind):
        return result
    from ..._core.codec import decode

    try:
        return decode(result.to_dict() if isinstance(result, Model) else result, kind)
    except DecodeError:
        return None


async def first_of(fetch: Callable[[int, int], Awaitable[Page[T]]]) -> tuple[list[T], bool]:
    """
    The first 500 items of a list that comes in pages, and whether these are all of it.

    Args:
        fetch: Gets a page, by limit and offset.
    """
    some: list[T] = []
    before = last = 0

    async def counted(limit: int, offset: int) -> Page[T]:
        nonlocal before, last
        page = await fetch(limit, offset)
        before, last = len(some), len(page)
        return page

    # Where fewer came, another look is worth more than another page.
    async for item in pages(counted, _PAGE, last_below=_FEW):
        some.append(item)
        if len(some) == MOST:
            return some, False
    # A service that ignores the offset gives one page again and again.
    return some, last < _LEAST or len(some) > before
