"""What a login reports while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

import attrs

from ..api.sessions import QRCode, Session, SessionState


@attrs.frozen
class LoginStep:
    """
    What a login has come to: another code to scan, or another state of the session.

    Attributes:
        session: The session, as it was last seen.
        state: Its state. CONNECTED is the last one.
        text: What to do now, or what happens, as a sentence for whoever holds the phone.
        qr: The code to scan now; `None` where there is nothing to scan.
        number: Which code it is, 1 for the first; 0 without one.
        seconds: For how many seconds the code is valid, at most; `None` without one.
    """

    session: Session
    state: SessionState
    text: str
    qr: QRCode | None = None
    number: int = 0
    seconds: float | None = None


Show: TypeAlias = Literal["terminal", "png", "svg"] | Path | Callable[[LoginStep], object]
"""Where a login shows its codes: standard output, a file, or a function or coroutine function of the caller's own."""
