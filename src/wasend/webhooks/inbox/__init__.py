"""
Where events wait until they are handled: in an SQLite file, in PostgreSQL, or in memory.

Importing this package imports none of its modules: each is imported when its name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._core.lazy import lazily

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
    __getattr__, __dir__ = lazily(globals(), _MODULES)
