"""What can be asked of a client's outbox."""

from __future__ import annotations

from .._core.calls import Calls
from .._core.engine import Engine
from ..delivery.middleware import DeliverySettings


class AsyncOutboxCalls:
    """What can be asked of a client's outbox; `AsyncWasendClient.outbox` is one."""

    def __init__(self, engine: Engine, settings: DeliverySettings) -> None:
        self._engine = engine
        self._settings = settings


class OutboxAccess(Calls):
    """Get to the client's outbox."""

    _delivery: DeliverySettings

    @property
    def outbox(self) -> AsyncOutboxCalls:
        """The client's outbox: what it holds of calls with a ``key``, and what is still open of them."""
        return AsyncOutboxCalls(self._engine, self._delivery)
