"""Faults: what goes wrong, with which requests, how it is played, and the journal of what became of each request."""

from __future__ import annotations

from wasend.sandbox.faults.fault import Fault, Faults
from wasend.sandbox.faults.journal import Journal, JournalEntry
from wasend.sandbox.faults.middleware import CONNECTION, Ending, Played, play

__all__ = ["CONNECTION", "Ending", "Fault", "Faults", "Journal", "JournalEntry", "Played", "play"]
