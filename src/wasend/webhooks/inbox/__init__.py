"""
Where events wait until they are handled: in an SQLite file, in PostgreSQL, or in memory.

Importing this package imports none of its modules: each is imported when its name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .memory import MemoryInbox
    from .postgres import PostgresInbox
    from .protocol import Arrival, Claimed, Counts, DeadLetter, Inbox
    from .sqlite import SqliteInbox

__all__ = [
    "Arrival",
    "Claimed",
    "Counts",
    "DeadLetter",
    "Inbox",
    "MemoryInbox",
    "PostgresInbox",
    "SqliteInbox",
]

_MODULES: Final = {
    "memory": ("MemoryInbox",),
    "postgres": ("PostgresInbox",),
    "protocol": ("Arrival", "Claimed", "Counts", "DeadLetter", "Inbox"),
    "sqlite": ("SqliteInbox",),
}


if not TYPE_CHECKING:  # else a wrong name would pass for one of these

    def __getattr__(name: str) -> Any:
        for module, names in _MODULES.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
