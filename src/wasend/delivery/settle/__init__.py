"""What became of a write that was not answered: `settle` looks for it, and nothing is ever written again."""

from __future__ import annotations

from .middleware import SettleMiddleware
from .search import Settlement, settle, settle_call

__all__ = ["SettleMiddleware", "Settlement", "settle", "settle_call"]
