"""How the stores tell of what has happened, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Notice: TypeAlias = Callable[[str, str, Any], object]
"""Told of an event by its name in webhooks, of the id of the session that it concerns, and of what it is about."""
