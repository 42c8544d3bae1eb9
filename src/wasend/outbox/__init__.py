"""
Calls that are made once: their keys, intents and outcomes, kept where they outlive the process.

Importing this package imports none of its modules: each is imported when its name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._core.lazy import lazily

if TYPE_CHECKING:
    from .entry import Entry
    from .outbox import Outbox
    from .recovery import Recovered
    from .store import OutboxStore

__all__ = ["Entry", "Outbox", "OutboxStore", "Recovered"]

_MODULES: Final = {
    "entry": ("Entry",),
    "outbox": ("Outbox",),
    "recovery": ("Recovered",),
    "store": ("OutboxStore",),
}


if not TYPE_CHECKING:  # else a wrong name would pass for one of these
    __getattr__, __dir__ = lazily(globals(), _MODULES)
