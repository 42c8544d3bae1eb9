"""The dictionaries that make up the sandbox's state, which can tell of every change in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Table(dict[str, T]):
    """A dict by id. `on_change` is told of each key that is set, and, with None, of each that is deleted."""

    on_change: Callable[[str, T | None], object] | None = None

    def __setitem__(self, key: str, value: T) -> None:
        super().__setitem__(key, value)
        if self.on_change is not None:
            self.on_change(key, value)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        if self.on_change is not None:
            self.on_change(key, None)

    def clear(self) -> None:
        """Delete every key."""
        for key in list(self):
            del self[key]
