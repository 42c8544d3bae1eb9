"""Going through lists that come in pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

from ..errors import DecodeError
from .checks import count
from .documents import is_object
from .model import Model, Page

T = TypeVar("T")

_MOST_PAGES: Final = 10_000
_IDS: Final = ("id", "jid", "unique_session_id")


async def pages(
    fetch: Callable[[int, int], Awaitable[Page[T]]], size: int, *, most: int | None = None, last_below: int = 0
) -> AsyncIterator[T]:
    """
    Every item of a list, its pages fetched one after the other.

    Ends where the service says so (``hasMore``), at an empty page, and at one without an item that was not seen before.
    A short page ends nothing: the service may give fewer items at a time than it is asked for. One that ignores
    ``offset`` is asked twice.

    Args:
        fetch: Gets a page, by limit and offset.
        size: How many items to ask for at a time.
        most: How many the service gives at most.
        last_below: A page with fewer items is the last one, for who must not ask once more without need.

    Raises:
        DecodeError: The list has not ended after 10 000 pages.
    """
    count(size or 0, "page_size", least=1)
    size = min(size, most or size)
    offset = 0
    seen: set[object] = set()
    for _ in range(_MOST_PAGES):
        page = await fetch(size, offset)
        keys = [_key(item) for item in page]
        new = [item for key, item in zip(keys, page, strict=True) if key not in seen]
        for item in new:
            yield item
        pagination = page.extra.get("pagination")
        if not new or (pagination if is_object(pagination) else page.extra).get("hasMore") is False:
            return
        if len(page) < last_below:
            return
        seen.update(keys)
        offset += len(page) + _left_out(page)
    raise DecodeError(f"the list does not end: {_MOST_PAGES} pages were read; narrow it, or ask for larger pages")


def _key(item: Any) -> object:
    """What tells an item from others: its id; all of it where it has none."""
    if not isinstance(item, Model):
        return item
    for name in _IDS:
        if found := getattr(item, name, None):
            return found
    return json.dumps(item.to_dict(), sort_keys=True, default=str)


def _left_out(page: Page[Any]) -> int:
    """How many items of the page could not be read: they count for where the next one begins."""
    return len(getattr(page, "unread", ()))
