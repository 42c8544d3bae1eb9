"""
What makes a send safe: whom to, when, how fast, and what became of it.

Each of these can be passed to a client, and can be used alone. Importing this package imports none of its modules: each
is imported when its name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._core.lazy import lazily

if TYPE_CHECKING:
    from .breaker import Breaker, BreakerState, Held
    from .pacing import Pacer, Pacing, Reservation, Turn
    from .rate_limit import RateLimiter
    from .resolving import Resolver
    from .settle import Settlement
    from .stores import MemoryStore, PostgresStore, SqliteStore, Store
    from .suppression import Suppressed, Suppression

__all__ = [
    "Breaker",
    "BreakerState",
    "Held",
    "MemoryStore",
    "Pacer",
    "Pacing",
    "PostgresStore",
    "RateLimiter",
    "Reservation",
    "Resolver",
    "Settlement",
    "SqliteStore",
    "Store",
    "Suppressed",
    "Suppression",
    "Turn",
]

_MODULES: Final = {
    "breaker": ("Breaker", "BreakerState", "Held"),
    "pacing": ("Pacer", "Pacing", "Reservation", "Turn"),
    "rate_limit": ("RateLimiter",),
    "resolving": ("Resolver",),
    "settle": ("Settlement",),
    "stores": ("MemoryStore", "PostgresStore", "SqliteStore", "Store"),
    "suppression": ("Suppressed", "Suppression"),
}


if not TYPE_CHECKING:  # else a wrong name would pass for one of these
    __getattr__, __dir__ = lazily(globals(), _MODULES)
