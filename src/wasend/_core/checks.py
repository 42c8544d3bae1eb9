"""Checks of arguments that several calls share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..errors import InvalidRequestError
from .names import nearest

LONGEST_KEY: Final = 255
"""Characters of a key; every store can index so many."""


def count(value: int | None, field: str, *, least: int = 0) -> int | None:
    """
    Check a number of things, or `None`.

    Raises:
        InvalidRequestError: It is not a whole number, or is below the least.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= least):
        return value
    raise InvalidRequestError(field, f"{value!r} is not a count", f"pass a whole number, {least} or more")


def word(value: str | None, field: str, *known: str) -> str | None:
    """
    Check one of a few words, or `None`; in lower case.

    Raises:
        InvalidRequestError: It is not one of them.
    """
    if value is None:
        return None
    found = str(value).lower() if isinstance(value, str) else ""
    if found in known:
        return found
    raise InvalidRequestError(field, f"{value!r} is unknown", nearest(str(value), known))


def flag(value: bool | None, field: str) -> bool | None:
    """
    True, false, or `None`.

    Raises:
        InvalidRequestError: It is something else, such as the text ``"no"``, which a service would take for true.
    """
    if value is None or isinstance(value, bool):
        return value
    raise InvalidRequestError(field, f"expected True or False, got {value!r:.40}", "pass True or False")


def idempotency_key(value: str | None) -> str | None:
    """
    Check the caller's own key of a call, or `None`.

    Raises:
        InvalidRequestError: It is not text of 1 to 255 printable characters.
    """
    if value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST_KEY and value.isprintable()):
        return value
    remedy = f"pass 1 to {LONGEST_KEY} printable characters, such as 'order-17'"
    if not isinstance(value, str):
        raise InvalidRequestError("key", f"expected text, got {type(value).__name__}", remedy)
    if not value:
        raise InvalidRequestError("key", "is empty", remedy)
    if len(value) > LONGEST_KEY:
        raise InvalidRequestError("key", f"has {len(value)} characters", remedy)
    raise InvalidRequestError("key", f"{value!r} has a character that cannot be printed", remedy)


def texts(value: Sequence[str] | None, field: str) -> list[str] | None:
    """
    Check a list of strings, or `None`.

    Raises:
        InvalidRequestError: It is a single string, or contains something else.
    """
    if value is None:
        return None
    items: list[Any] | None = None if isinstance(value, str) or not isinstance(value, Iterable) else [*value]
    if items is None or not all(isinstance(item, str) for item in items):
        raise InvalidRequestError(
            field, "expected a list of strings", f"pass [{value!r}]" if isinstance(value, str) else "pass strings"
        )
    return items
