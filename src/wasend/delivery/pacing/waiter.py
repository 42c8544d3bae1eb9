"""Somebody who wants to send a message, and a moment that is kept for one."""

from __future__ import annotations

import asyncio
from datetime import tzinfo
from typing import TYPE_CHECKING

import attrs

from .history import SendRecord
from .profiles import Pacing

if TYPE_CHECKING:
    from .sharing import Claim


@attrs.define(eq=False)
class Waiter:
    """
    Somebody who wants to send one message.

    Attributes:
        chat: The id of the chat.
        kind: The kind of send that it counts as.
        profile: The pacing of that kind.
        zones: The time zones whose quiet hours are kept.
        jitter: As in `SendRecord`, of its send.
        since: When it joined the queue.
        booking: The moment that is kept for it, if one is.
        woken: Set when it should look again whether it may send.
        loop: The event loop on which it waits.
        begun: Whether its turn has begun.
        record: Its send, once it has.
        claim: What the store knows of it, where there is one.
    """

    chat: str
    kind: str
    profile: Pacing
    zones: tuple[tzinfo, ...]
    jitter: float = 0.5
    since: float = 0
    booking: Booking | None = None
    woken: asyncio.Event = attrs.field(factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = attrs.field(init=False)
    begun: bool = False
    record: SendRecord = attrs.field(init=False)
    claim: Claim | None = None

    def wake(self) -> None:
        """Wake it, from any thread. Raises `RuntimeError` where its event loop is closed."""
        self.loop.call_soon_threadsafe(self.woken.set)


@attrs.define(eq=False)
class Booking:
    """
    A moment that is kept for somebody.

    Attributes:
        token: What it is redeemed by.
        waiter: Who is to send then.
        at: The moment.
        expires: Until when it is kept.
        redeemed: Whether its waiter waits.
    """

    token: str
    waiter: Waiter
    at: float
    expires: float
    redeemed: bool = False
