"""The caller's own key of a call: what it may be, and that it is no part of the request."""

from __future__ import annotations

from typing import Any

import pytest

from wasend import AsyncWasendClient, ConfigurationError, InvalidRequestError
from wasend._core.call import Call


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "is empty"),
        (17, "expected text, got int"),
        ("k" * 256, "has 256 characters"),
        ("a\nb", "cannot be printed"),
    ],
    ids=["empty", "number", "long", "control"],
)
def test_bad_key(key: Any, problem: str) -> None:
    """A key is 1 to 255 printable characters; what else is given is refused by name."""
    with pytest.raises(InvalidRequestError, match=f"^key: .*{problem}; pass 1 to 255 printable"):
        Call("POST", "/sendText", dict, key=key)


def test_bad_options() -> None:
    """What is no outbox, and another word than "try", is refused with what would do."""
    options: Any
    for options, problem in (
        ({"outbox": "outbox.db"}, r"outbox: expected an Outbox, got str; pass Outbox\('outbox.db'\)"),
        ({"message_ids": "yes"}, "message_ids: 'yes' is unknown; pass 'try', or leave it out"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            AsyncWasendClient("key", **options)
