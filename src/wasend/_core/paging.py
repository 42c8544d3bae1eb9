"""Going through lists that come in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from .checks import count
from .documents import is_object
from .model import Page

T = TypeVar("T")


async def pages(
    fetch: Callable[[int, int], Awaitable[Page[T]]], size: int, *, most: int | None = None
) -> AsyncIterator[T]:
    """
    Every item of a list, its pages fetched one after the other.

    Ends where the service says so (``hasMore``), at a page that is short, and at one that repeats the page before: a
    service that ignores ``offset`` must not be asked for ever.

    Args:
        fetch: Gets a page, by limit and offset.
        size: How many items to ask for at a time.
        most: How many the service gives at most.
    """
    count(size or 0, "page_size", least=1)
    size = min(size, most or size)
    offset = 0
    before: tuple[Any, ...] = ()
    while True:
        page = await fetch(size, offset)
        if page.items == before:
            return
        for item in page:
            yield item
        pagination = page.extra.get("pagination")
        more = (pagination if is_object(pagination) else page.extra).get("hasMore")
        if more is False or not page or (more is not True and len(page) < size):
            return
        before = page.items
        offset += len(page)
