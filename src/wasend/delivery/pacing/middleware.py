"""Around each send of a client: wait for its turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from ..._core.call import Call
from ..sends import send_of
from .pacer import Pacer
from .profiles import Pacing

T = TypeVar("T")


@attrs.frozen
class PacingMiddleware:
    """
    Makes each send wait for its turn.

    Attributes:
        pacer: Who gives the turns.
        kind: The kind of every send; `None`: one that quotes a message is a ``"reply"``, any other ``"known"``.
    """

    pacer: Pacer
    kind: str | Pacing | None = None

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, if it is a send, when its turn has come."""
        send = send_of(call)
        if send is None:
            return await call_next()
        kind = self.kind
        if kind is None:
            kind = "reply" if (call.body or {}).get("replyTo") else "known"
        async with self.pacer.turn(send.session, send.to, kind):
            return await call_next()
