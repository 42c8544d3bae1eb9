"""
Calls that are made once: their keys, intents and outcomes, kept where they outlive the process.

Importing this package imports none of its modules: each is imported when its name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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

    def __getattr__(name: str) -> Any:
        for module, names in _MODULES.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
