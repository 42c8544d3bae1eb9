"""When a session may send, and whose turn it is: `Pacing` says how, a `Pacer` gives the turns."""

from __future__ import annotations

from .pacer import Pacer, Reservation, Turn
from .profiles import Pacing

__all__ = ["Pacer", "Pacing", "Reservation", "Turn"]
