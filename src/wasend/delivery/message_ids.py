"""Giving messages ids of our own making: ``message_ids="try"``."""

from __future__ import annotations

from typing import TypeVar

import attrs

from .._core.call import Call
from .._core.engine import Engine
from .settle.ledger import ledger_of
from .settle.message_ids import new_message_id

T = TypeVar("T")


class OwnMessageIds:
    """
    Gives each message an id, unless the service refuses them. Raw requests are the caller's own, and get none.

    Args:
        engine: The client's, which says which service it is.
    """

    def __init__(self, engine: Engine) -> None:
        self._ids = ledger_of(engine).ids

    def given(self, call: Call[T]) -> Call[T]:
        """The call with an id, where it sends a message."""
        if not call.sends or call.reaches is not None or call.body is None or self._ids.are_refused:
            return call
        return attrs.evolve(call, own_id=new_message_id())

    def refused(self) -> None:
        """Give none any more."""
        self._ids.are_refused = True
