"""What all stores share: their tables, and the reasons for which they refuse. No HTTP here: `app` has the statuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

Status: TypeAlias = Literal[
    "CREATED",
    "STARTING",
    "SCAN_QR_CODE",
    "PASSKEY_REQUIRED",
    "PASSKEY_CONFIRMATION_REQUIRED",
    "CONNECTED",
    "STOPPED",
    "FAILED",
]


class Refusal(ValueError):
    """The state does not allow what was asked."""


class Unknown(Refusal):
    """Nothing of this kind has this id."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"{kind} {id} not found")


class Forbidden(Refusal):
    """Others may do this, this one may not."""


class NameTaken(Refusal):
    """Session names are unique."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Session with name {name} already exists")


class Restricted(Refusal):
    """WhatsApp lets the session send nothing for a while; the words are the engine's."""

    def __init__(self, signal: str) -> None:
        super().__init__(f"server returned error {signal}")


class WrongStatus(Refusal):
    """The session is in a state in which this cannot be done."""

    def __init__(self, session: str, status: Status, expected: tuple[Status, ...]) -> None:
        super().__init__(f"session {session} is {status}; this needs {' or '.join(expected)}")
        self.session = session
        self.status: Status = status
        self.expected = expected


T = TypeVar("T")


class Table(dict[str, T]):
    """A dict by id. `on_change` is called with each key that is set, and, with None, each that is deleted."""

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
