"""Waits: what a caller is told before one begins, whatever makes it wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

import attrs

from ..errors import WasendError
from .bridge import in_caller

logger: Final = logging.getLogger("wasend")

_NOT_WORTH_TELLING: Final = 0.01
"""Seconds. What is left of a wait that another one has covered is no wait."""

WaitReason: TypeAlias = Literal[
    "retry",
    "held_back",
    "rate_limit",
    "in_flight",
    "turn",
    "gap",
    "pause",
    "hourly_cap",
    "daily_cap",
    "chat_cooldown",
    "quiet_hours",
    "session",
    "outbox",
]
"""
Why something waits: before a request is made again; since the service wants no request (429); for the caller's own
``rate_limit``; until one of the sends in flight is over, of which the breaker allows so many; for its pacing: other
sends of the session come first, or one of the rules of `Pacing` says so; for a session that is starting; and until
another task or process, which is at the same key, has ended.
"""


@attrs.frozen
class Wait:
    """
    A wait, before it begins.

    Attributes:
        reason: Why; see `WaitReason`.
        seconds: How long it is: of a ``"retry"`` to the moment, for a ``"session"`` at most, else at least. What others
            send meanwhile can make it longer; you are told again where it does by more than a minute. 0 where nobody
            knows: ``"in_flight"``, ``"outbox"``, and a ``"turn"`` while another send is under way.
        until: When it is over (UTC).
        error: What failed, before a ``"retry"``.
        attempt: How many requests have been made, 1 for the first, before a ``"retry"``.
    """

    reason: WaitReason
    seconds: float
    until: datetime
    error: WasendError | None = None
    attempt: int = 0


OnWait: TypeAlias = Callable[[Wait], object]
"""Told of a wait before it begins: a function, or a coroutine function."""


def wait_of(reason: WaitReason, seconds: float, now: float) -> Wait:
    """
    A wait that begins now.

    Args:
        reason: Why.
        seconds: How long.
        now: The time, in seconds since the epoch.
    """
    return Wait(reason, seconds, moment_of(now + seconds))


def moment_of(at: float) -> datetime:
    """A time in seconds since the epoch, as a moment (UTC)."""
    return datetime.fromtimestamp(at, UTC)


async def announce(wait: Wait, text: str, on_wait: OnWait | None) -> None:
    """
    Log a wait, and tell whoever wants to know. What that raises is logged.

    Args:
        wait: The wait.
        text: What waits, and for what, as the log says it; how long is added.
        on_wait: Whom to tell.
    """
    if wait.seconds < _NOT_WORTH_TELLING:
        if wait.reason != "turn":
            return
        logger.info("%s; it waits until they are over", text)
    else:
        logger.info("%s; it waits %s, until %s UTC", text, length(wait.seconds), f"{wait.until:%Y-%m-%d %H:%M:%S}")
    await tell(on_wait, wait)


async def tell(on_wait: OnWait | None, wait: Wait) -> None:
    """Tell whoever wants to know of a wait; what that raises is logged."""
    if on_wait is None:
        return
    try:
        await in_caller(on_wait, wait)
    except Exception as fault:  # it is told, and not asked
        logger.warning("on_wait raised %s", type(fault).__name__, exc_info=fault)


def length(seconds: float) -> str:
    """A span of time as a person reads it: ``4.2 s``, ``12 min``, ``9 h 58 min``."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
