"""JSON documents: what is an object and what a list, said so that type checkers follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from .names import folded


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, (dict, Mapping))  # the first is found out in a third of the time


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON list."""
    return isinstance(value, list)


def members(document: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an object by their names, each as `folded` writes it; nulls are left out."""
    return {folded(str(key)): value for key, value in document.items() if value is not None}


def member(document: Mapping[str, Any], *names: str) -> Any:
    """The first value that an object has under one of these names, in any spelling; `None` where there is none."""
    said = members(document)
    return next((said[folded(name)] for name in names if folded(name) in said), None)


def is_url(value: object) -> TypeGuard[str]:
    """Whether a value is an http or https URL."""
    return isinstance(value, str) and re.fullmatch(r"https?://\S+", value.strip(), re.IGNORECASE) is not None
