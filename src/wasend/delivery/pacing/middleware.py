"""Around each send of a client: wait for its turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from ..._core.call import Call
from ..._core.waits import OnWait
from ..sends import Send, send_of
from .pacer import Pacer, Turn
from .profiles import Pacing

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class PacingMiddleware:
    """
    Makes each send wait for its turn.

    Attributes:
        pacer: Who gives the turns.
        kind: The kind of every send; `None`: one that quotes a message is a ``"reply"``, any other ``"known"``. One to
            somebody who has written (`Pacer.met`) is not ``"cold"``, but ``"known"``.
        zone: The recipient's time zone, where the caller knows it.
        timeout: Seconds that a send waits at most.
        reservation: The token of the moment that is kept for it.
        on_wait: Told of every wait.
    """

    pacer: Pacer
    kind: str | Pacing | None = None
    zone: str | None = None
    timeout: float | None = None
    reservation: str | None = None
    on_wait: OnWait | None = None

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, if it is a send, when its turn has come."""
        send = send_of(call)
        if send is None:
            return await call_next()
        kind = self.kind
        if kind == "cold" and await self.pacer.has_met(send.session, send.to):
            kind = "known"
        async with self._turn(call, send, kind):
            return await call_next()

    def _turn(self, call: Call[T], send: Send, kind: str | Pacing | None) -> Turn:
        if self.reservation is not None:
            return self.pacer.redeem(
                self.reservation, session=send.session, to=send.to, timeout=self.timeout, on_wait=self.on_wait
            )
        if kind is None:
            kind = "reply" if (call.body or {}).get("replyTo") else "known"
        return self.pacer.turn(send.session, send.to, kind, zone=self.zone, timeout=self.timeout, on_wait=self.on_wait)
