# Written by tools/generate_sync.py from the calls in outbox/; change those, not this.
"""What properties of the synchronous client give: calls of their own, made on its event loop."""

from __future__ import annotations

from ._core.bridge import Bridge
from .outbox.calls import AsyncOutboxCalls


class OutboxCalls:
    """What can be asked of a client's outbox; `WasendClient.outbox` is one."""

    def __init__(self, accessor: AsyncOutboxCalls, loop: Bridge) -> None:
        self._async = accessor
        self._loop = loop
