"""Faults: what goes wrong, with which requests, how it is played, and the journal of what became of each request."""

from __future__ import annotations

from wasend.sandbox.faults.exchange import Request
from wasend.sandbox.faults.fault import Fault, Faults
from wasend.sandbox.faults.journal import Journal, JournalEntry
from wasend.sandbox.faults.kinds import KINDS, Ending, Kind
from wasend.sandbox.faults.middleware import CONNECTION, Played, play

__all__ = [
    "CONNECTION",
    "KINDS",
    "Ending",
    "Fault",
    "Faults",
    "Journal",
    "JournalEntry",
    "Kind",
    "Played",
    "Request",
    "play",
]
