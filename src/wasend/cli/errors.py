"""What a command raises where it cannot do what was asked for."""

from __future__ import annotations


class UsageError(Exception):
    """The user asked for what cannot be done."""


class FailedError(Exception):
    """What was asked for was tried, and failed."""
