"""What watching a session reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from ..api.sessions import Session, SessionState

SessionHealth: TypeAlias = Literal[
    "connected", "starting", "waiting", "stopped", "failed", "silent", "restricted", "unreachable"
]
"""
How a session is. ``"connected"``: it says so, and answers. ``"starting"``: it says so. ``"waiting"``: for somebody with
the phone, to scan or to confirm. ``"stopped"``: somebody stopped it. ``"failed"``: it says so. ``"silent"``: it says
that it is connected, but does not answer, or has been starting for 5 minutes. ``"restricted"``: WhatsApp restricts the
number.
``"unreachable"``: the service itself does not answer.
"""


@attrs.frozen
class SessionChange:
    """
    What has changed about a session that is watched.

    Attributes:
        health: How it is now; see `SessionHealth`.
        was: How it was before; `None` the first time.
        state: The state that it says it is in.
        session: The session as it was last seen; `None` where it was not seen yet.
        text: What happened, and what to do where something is to be done, as a sentence.
        restarted: Whether it was restarted because of this.
        at: When it was noticed (UTC).
    """

    health: SessionHealth
    was: SessionHealth | None
    state: SessionState
    session: Session | None
    text: str
    restarted: bool
    at: datetime


OnState: TypeAlias = Callable[[SessionChange], object]
"""Told of each change: a function, or a coroutine function."""
