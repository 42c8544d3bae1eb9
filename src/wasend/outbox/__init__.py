"""Calls that are made once: their keys, intents and outcomes, kept where they outlive the process."""

from __future__ import annotations

from .outbox import Outbox

__all__ = ["Outbox"]
