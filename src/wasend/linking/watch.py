"""
Watching that a session stays connected, and restarting it where that helps.

A session that says CONNECTED may be dead: the connection behind it is gone, and nobody has told it. So it is asked, now
and then, what only WhatsApp can answer: whether its own number is registered.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import attrs

from .._core.bridge import in_caller
from .._core.documents import is_object, member
from .._core.engine import Engine
from .._core.retry import may_repeat
from .._core.waits import length, moment_of
from ..api.sessions import Session, SessionRef, SessionState, session_ref
from ..delivery.middleware import DeliverySettings
from ..delivery.notifications import notifications_of, status_topic
from ..delivery.reader import ServiceReader
from ..errors import (
    AccountRestrictedError,
    BadRequestError,
    ConflictError,
    InvalidRequestError,
    RateLimitError,
    SessionNotReadyError,
    StoreError,
    UnprocessableError,
    WasendError,
)
from .changes import OnState, SessionChange, SessionHealth

_ASK_EVERY: Final = 300.0
"""Seconds between two questions that WhatsApp answers; after one that was not, the next look asks again."""
_UNANSWERED: Final = 2
"""How many questions in a row go unanswered before a session is silent: one may be lost by chance."""
_STARTS_WITHIN: Final = 300.0
_WINDOW: Final = 3600.0
"""Seconds in which restarts are counted."""
_FIRST_GAP: Final = 60.0
_GAP_GROWTH: Final = 5.0
_JITTER: Final = 0.25
_RESTRICTED_FOR: Final = 86_400.0
"""Seconds for which a ban signal counts where no breaker says otherwise: as long as one holds sends back by default."""

_HEALTH: Final[dict[SessionState, SessionHealth]] = {
    SessionState.CREATED: "waiting",
    SessionState.STARTING: "starting",
    SessionState.SCAN_QR_CODE: "waiting",
    SessionState.PASSKEY_REQUIRED: "waiting",
    SessionState.PASSKEY_CONFIRMATION_REQUIRED: "waiting",
    SessionState.CONNECTED: "connected",
    SessionState.STOPPED: "stopped",
    SessionState.FAILED: "failed",
    SessionState.UNKNOWN: "starting",
}

logger: Final = logging.getLogger("wasend")


async def watch(
    engine: Engine, settings: DeliverySettings, session: SessionRef, *, every: float, restarts: int
) -> AsyncGenerator[SessionChange]:
    """
    Every change of a session's health, the first of which is how it is now. It never ends by itself.

    Args:
        engine: The client's.
        settings: The client's, for what is known of restrictions.
        session: The session: its ``uniqueSessionId``, or a `Session`.
        every: Seconds between two looks, by the client's clock.
        restarts: How often it may be restarted in an hour.

    Raises:
        InvalidRequestError: An argument is not valid.
        NotFoundError: There is no such session, or no more.
        AuthenticationError: The key is not valid any more.
    """
    if isinstance(every, bool) or not isinstance(every, int | float) or not 1 <= every < math.inf:
        raise InvalidRequestError("every", f"{every!r} is not a number of seconds", "pass seconds, 1 or more")
    if isinstance(restarts, bool) or not isinstance(restarts, int) or restarts < 0:
        raise InvalidRequestError("restarts", f"{restarts!r} is not a count", "pass 0 or more")
    watchdog = _Watchdog(engine, settings, session_ref(session), restarts)
    with notifications_of(engine).subscribed(status_topic(watchdog.name)) as subscriber:
        while True:
            if (change := await watchdog.look()) is not None:
                yield change
            engine.expect_time_to_pass()
            await subscriber.wait(engine.options.clock, every * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311


async def report(changes: AsyncGenerator[SessionChange], on_state: OnState) -> None:
    """
    Have a function told of each change, until it raises.

    Args:
        changes: Those of a session that is watched.
        on_state: Called with each, where the caller expects it.

    Raises:
        InvalidRequestError: It is no function.
    """
    if not callable(on_state):
        raise InvalidRequestError("on_state", f"{on_state!r} is no function", "pass one that takes a SessionChange")
    async with aclosing(changes):
        async for change in changes:
            await in_caller(on_state, change)


@attrs.frozen
class _Finding:
    health: SessionHealth
    text: str


class _Watchdog:
    """What is known of one session that is watched."""

    def __init__(self, engine: Engine, settings: DeliverySettings, name: str, restarts: int) -> None:
        self.name = name
        self._clock = engine.options.clock
        self._reader = ServiceReader(engine)
        self._settings = settings
        self._restarts = restarts
        self._restarted_at: list[float] = []
        self._session: Session | None = None
        self._state = SessionState.UNKNOWN
        self._since = self._clock.monotonic()  # it has been in this state
        self._health: SessionHealth | None = None
        self._ask_at = -math.inf
        self._unanswered = 0
        self._needs_phone = False  # a restart would only show codes that nobody scans
        self._signal_at: float | None = None

    async def look(self) -> SessionChange | None:
        """Look at the session, and restart it where that may help; what has changed, if anything."""
        found = await self._find()
        if found.health in ("connected", "silent", "failed") and (why := await self._restriction()):
            found = _Finding("restricted", f"{why}: it is not restarted, and should not send")
        restarted = False
        if found.health in ("failed", "silent"):
            refusal = self._refusal()
            if refusal is None:
                restarted = await self._restart()
            advice = "it is restarted" if restarted else refusal or "it could not be restarted"
            found = attrs.evolve(found, text=f"{found.text}; {advice}")
        if found.health == "waiting":
            self._needs_phone = True
        elif found.health == "connected":
            self._needs_phone = False
        was, self._health = self._health, found.health
        if was == found.health and not restarted:
            return None
        text = f"session {self.name}: {found.text}"
        logger.log(logging.INFO if found.health in ("connected", "starting") else logging.WARNING, "%s", text)
        now = moment_of(self._clock.now())
        return SessionChange(found.health, was, self._state, self._session, text, restarted, now)

    async def _find(self) -> _Finding:
        try:
            self._session = await self._reader.retrieve_session_info(self.name)
        except WasendError as error:
            if not may_repeat(error, repeatable=True):
                raise
            return _Finding("unreachable", f"the service does not say how it is ({type(error).__name__})")
        now = self._clock.monotonic()
        if self._session.state is not self._state:
            self._state, self._since = self._session.state, now
            self._ask_at, self._unanswered = -math.inf, 0
        health = _HEALTH[self._state]
        if health == "connected":
            return await self._asked()
        if health == "starting" and now - self._since >= _STARTS_WITHIN:
            return _Finding("silent", f"it has been {self._session.status} for {length(now - self._since)}")
        return _Finding(health, _TEXTS.get(health) or f"it is {self._session.status}")

    async def _asked(self) -> _Finding:
        """How a session is that says that it is connected."""
        now = self._clock.monotonic()
        if now >= self._ask_at:
            reason = await self._question()
            self._unanswered = self._unanswered + 1 if reason else 0
            self._ask_at = -math.inf if reason else now + _ASK_EVERY
            if self._unanswered >= _UNANSWERED:
                return _Finding("silent", f"it says that it is connected, but {reason}")
        if self._unanswered and self._health is not None and self._health != "connected":
            return _Finding(self._health, "it is not known yet whether it answers")
        return _Finding("connected", "it is connected")

    async def _question(self) -> str | None:
        """Why it seems dead; `None` where it answers."""
        session = self._session
        if session is not None and (gone := _engine_says(session)):
            return gone
        number = (session.phone_number or "") if session is not None else ""
        try:
            if number.lstrip("+").isdigit():
                await self._reader.check_contact_exists(self.name, phone=number)
            else:
                await self._reader.get_all_chats(self.name, limit=1)
        except AccountRestrictedError:
            self._signal_at = self._clock.now()
        except SessionNotReadyError as error:
            return f"answers that it is {error.session_status or 'not ready'}"
        except WasendError as error:
            if may_repeat(error, repeatable=True) and not isinstance(error, RateLimitError):
                return f"does not answer ({type(error).__name__})"
        return None  # whatever it says, it says something

    async def _restriction(self) -> str | None:
        """What WhatsApp holds against the number, as far as this client knows."""
        breaker = self._settings.breaker
        signals = [self._signal_at]
        if breaker is None:
            signals.append(self._settings.restricted.get(self.name))
        else:
            try:
                state = await asyncio.to_thread(breaker.state, self.name)
            except StoreError as error:
                return f"nobody can tell whether WhatsApp restricts the number ({error})"
            if reasons := [held.reason for held in state.held if held.reason.startswith("WhatsApp")]:
                return reasons[0]
        if any(at is not None and self._clock.now() - at < _RESTRICTED_FOR for at in signals):
            return "WhatsApp restricts the number"
        return None

    def _refusal(self) -> str | None:
        """Why it may not be restarted now; `None` if it may."""
        if self._needs_phone:
            return "a restart would only show another QR code: log in again with the phone at hand"
        if not self._restarts:
            return "restart it, or let this watch do so"
        now = self._clock.monotonic()
        recent = [at for at in self._restarted_at if now - at < _WINDOW]
        if len(recent) >= self._restarts:
            return f"it was restarted {len(recent)} times within an hour and is left alone"
        if recent and (left := recent[-1] + _FIRST_GAP * _GAP_GROWTH ** (len(recent) - 1) - now) > 0:
            return f"it is restarted again in {length(left)}"
        return None

    async def _restart(self) -> bool:
        self._restarted_at.append(self._clock.monotonic())
        self._ask_at, self._unanswered = -math.inf, 0
        self._since = self._clock.monotonic()
        try:
            try:
                await self._reader.restart_session(self.name)
            except (BadRequestError, ConflictError, UnprocessableError):
                # Some services restart only what has stopped or failed, by their own account.
                await self._reader.stop_session(self.name)
                await self._reader.start_session(self.name)
        except WasendError as error:
            logger.warning("session %s could not be restarted: %s", self.name, error)
            return error.outcome != "not_sent"
        return True


def _engine_says(session: Session) -> str | None:
    """What the engine behind the service says of its own connection, where it says so."""
    engines: list[Any] = [session.engine, session.downstream.engine if session.downstream is not None else None]
    for engine in filter(is_object, engines):
        gows = member(engine, "gows")
        if is_object(gows) and member(gows, "connected") is False:
            return "its engine says that it has no connection to WhatsApp"
    return None


_TEXTS: Final[dict[SessionHealth, str]] = {
    "waiting": "it waits for somebody with the phone: log in",
    "stopped": "it was stopped; it is left so",
    "failed": "it has failed",
}
