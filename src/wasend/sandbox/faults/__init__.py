"""Faults: what goes wrong, with which requests, how it is played, and the journal of what became of each request."""

from __future__ import annotations

from wasend.sandbox.faults.exchange import Journal as Journal
from wasend.sandbox.faults.exchange import JournalEntry as JournalEntry
from wasend.sandbox.faults.exchange import Request as Request
from wasend.sandbox.faults.fault import Fault as Fault
from wasend.sandbox.faults.fault import Faults as Faults
from wasend.sandbox.faults.kinds import KINDS as KINDS
from wasend.sandbox.faults.kinds import Ending as Ending
from wasend.sandbox.faults.middleware import CONNECTION as CONNECTION
from wasend.sandbox.faults.middleware import Played as Played
from wasend.sandbox.faults.middleware import play as play
