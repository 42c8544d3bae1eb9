"""Logging in: from the name of a session to one that is connected, whatever state it was in."""

from __future__ import annotations

import logging
import math
from typing import Final, Literal

from .._core.bridge import in_caller
from .._core.engine import Engine
from .._core.retry import may_repeat
from ..api.sessions import QRCode, Session, SessionCalls, SessionRef, SessionState, session_ref
from ..delivery.reader import ServiceReader
from ..errors import (
    APIStatusError,
    BadRequestError,
    ConflictError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    SessionFailedError,
    UnprocessableError,
    WaitTimeoutError,
    WasendError,
)
from ..recipients import e164
from .show import Display, display_of
from .steps import LoginStep, Show

_LOOK: Final = 2.0
"""Seconds between two looks at the session."""
_FRESH: Final = 5.0
"""Seconds between two looks at the code: not every gateway changes it when this one's documentation says."""
_PATIENCE: Final = 15.0
"""Seconds that an order to start or restart has before it is given again."""
_FIRST_CODE: Final = 60.0
_NEXT_CODE: Final = 20.0
_REFUSALS: Final = (BadRequestError, NotFoundError, ConflictError, UnprocessableError)
"""How a service says that it does not do this in the state that the session is in."""

logger: Final = logging.getLogger("wasend")


async def login(engine: Engine, session: SessionRef, phone_number: str | None, show: Show, timeout: float) -> Session:
    """
    Find or create a session, and have it linked.

    Args:
        engine: The client's.
        session: Its name, its ``uniqueSessionId``, or a `Session`.
        phone_number: The number to link, for a session that is not there yet.
        show: Where to show the codes.
        timeout: Seconds in all, by the client's clock.

    Raises:
        InvalidRequestError: An argument is not valid, or the session is for another number.
        SessionFailedError: It failed, and failed again when it was restarted.
        WaitTimeoutError: It was not linked in time.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise InvalidRequestError("timeout", f"{timeout!r} is not a number of seconds", "pass seconds, such as 180")
    number = None if phone_number is None else e164(phone_number)
    display = display_of(show)
    began = engine.options.clock.monotonic()
    found = await _found_or_created(engine, session, number)
    try:
        return await _Linking(engine, found, display, began, timeout).run()
    finally:
        display.close()


class _Sessions(SessionCalls):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine


async def _found_or_created(engine: Engine, session: SessionRef, number: str | None) -> Session:
    reference = session_ref(session)
    found = await _found(engine, reference)
    if found is None:
        if number is None or isinstance(session, Session):
            remedy = "check the name or id; to create a session of that name, pass its phone_number"
            raise InvalidRequestError("session", f"there is none called {reference!r}", remedy)
        try:
            found = await _Sessions(engine).create_session(session_name=reference, phone_number=number)
            if not found.unique_session_id:
                found = await _found(engine, reference) or found
        except ConflictError:  # somebody else was faster; or it is there, and is not in the list
            if (found := await _found(engine, reference)) is None:
                raise
        except OutcomeUnknownError as error:
            from ..delivery.settle import settle

            settlement = await settle(engine, error)  # names are unique: it is there, or not
            if not isinstance(settlement.result, Session):
                raise
            found = settlement.result
    digits = (found.phone_number or "").lstrip("+")
    if number is not None and digits.isdigit() and digits != number.lstrip("+"):
        problem = f"session {reference!r} is for another number"
        raise InvalidRequestError("phone_number", problem, "leave it out, or log in by another name")
    return found


async def _found(engine: Engine, reference: str) -> Session | None:
    """The session of an id or a name."""
    listed = await _Sessions(engine).retrieve_all_sessions()
    for match in ("unique_session_id", "session_name"):
        for one in listed:
            if getattr(one, match) == reference:
                return one
    try:  # some gateways do not list sessions that are stopped
        return await _Sessions(engine).retrieve_session_info(reference)
    except _REFUSALS:
        return None


class _Linking:
    """One session on its way to be connected."""

    def __init__(self, engine: Engine, session: Session, display: Display, began: float, timeout: float) -> None:
        self._engine = engine
        self._clock = engine.options.clock
        self._reader = ServiceReader(engine)
        self._display = display
        self._end = began + timeout
        self._timeout = timeout
        self._session = session
        self._id = session.unique_session_id
        self._name = session.session_name or self._id
        self._state: SessionState | None = None
        self._told: SessionState | None = None
        self._ordered_at = -math.inf
        self._restarts_left = 1
        self._qr: QRCode | None = None
        self._number = 0
        self._good_until = 0.0
        self._fetch_at = 0.0

    async def run(self) -> Session:
        """Do what each state needs, until the session is connected."""
        while True:
            await self._look()
            if self._state is SessionState.CONNECTED:
                await self._tell(SessionState.CONNECTED, f"{self._name} is linked.")
                return self._session
            await self._act()
            if self._clock.monotonic() >= self._end:
                raise self._overdue()
            await self._wait(min(_LOOK, self._end - self._clock.monotonic()))

    async def _look(self) -> None:
        try:
            self._session = await self._reader.retrieve_session_info(self._id)
        except WasendError as error:
            if not may_repeat(error, repeatable=True):
                raise
            return
        if self._state is None and self._session.state is SessionState.FAILED:
            self._restarts_left += 1  # it had failed before anybody was there to scan
        self._state = self._session.state

    async def _act(self) -> None:
        state = self._state
        if state is SessionState.FAILED:
            await self._restart()
            return
        if state is SessionState.STOPPED:
            await self._order("start")
        elif state in (SessionState.CREATED, SessionState.SCAN_QR_CODE, SessionState.UNKNOWN):
            # The documentation asks for the code of a session that was only created; the engine behind the service
            # refuses that until the session has been started.
            shown = await self._show_code()
            if not shown and state is SessionState.CREATED:
                await self._order("start")
        elif state is SessionState.STARTING:
            await self._tell(state, f"{self._name} is starting.")
        elif state is not None:
            await self._tell(state, _PASSKEY[state].format(name=self._name))

    def _may_order(self) -> bool:
        return self._clock.monotonic() - self._ordered_at >= _PATIENCE

    async def _order(self, verb: Literal["start", "restart"]) -> None:
        """Order to start or to restart, unless it was ordered just now."""
        if not self._may_order():
            return
        self._ordered_at = self._clock.monotonic()
        logger.info("session %s: login asks the service to %s it", self._id, verb)
        try:
            await (self._reader.start_session if verb == "start" else self._reader.restart_session)(self._id)
        except (ConflictError, UnprocessableError):
            if verb == "restart":
                raise  # else it is starting already
        except WasendError as error:
            if not may_repeat(error, repeatable=True):
                raise

    async def _restart(self) -> None:
        if not self._may_order():
            return  # it has not begun
        if not self._restarts_left:
            why = f"none of {self._number} QR codes was scanned; call login again with the phone at hand"
            what = why if self._number else "look at its log, or delete it and create it anew"
            text = f"session {self._name} failed although it was restarted: {what}"
            raise SessionFailedError(text, state=self._session.status)
        self._restarts_left -= 1
        await self._tell(SessionState.FAILED, f"{self._name} has failed and is started again.")
        await self._order("restart")

    async def _show_code(self) -> bool:
        """Show the code where it is new; whether there is one."""
        now = self._clock.monotonic()
        if self._qr is not None and now < self._fetch_at:
            return True
        try:
            qr = await self._reader.retrieve_qr_code(self._id)
        except (*_REFUSALS, DecodeError):
            return False
        except WasendError as error:
            if isinstance(error, APIStatusError) and not may_repeat(error, repeatable=True):
                raise
            return self._qr is not None
        if not qr.data:
            return False
        now = self._clock.monotonic()
        if self._qr is None or qr.data != self._qr.data:
            is_first = self._qr is None
            self._qr = qr
            self._number += 1
            # It came when the one before was over, or between two looks. Of the first, nobody knows how old it is.
            began = now if is_first else min(now, max(self._good_until, now - _FRESH))
            self._good_until = began + (_FIRST_CODE if is_first else _NEXT_CODE)
            self._told = SessionState.SCAN_QR_CODE
            step = LoginStep(
                session=self._session,
                state=SessionState.SCAN_QR_CODE,
                text=f"{self._name}: on the phone, open WhatsApp › Linked devices › Link a device, and scan this code.",
                qr=qr,
                number=self._number,
                seconds=self._good_until - now,
            )
            await in_caller(self._display.step, step)
        due = self._good_until if self._good_until > now else now + _LOOK
        self._fetch_at = min(now + _FRESH, due)
        return True

    async def _tell(self, state: SessionState, text: str) -> None:
        if state is not self._told:
            self._told, self._qr = state, None
            await in_caller(self._display.step, LoginStep(self._session, state, text))

    async def _wait(self, seconds: float) -> None:
        self._engine.expect_time_to_pass()
        end = self._clock.monotonic() + seconds
        while self._qr is not None and self._display.ticks and (left := end - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, 1.0))
            await in_caller(self._display.tick, max(0.0, self._good_until - self._clock.monotonic()))
        if (left := end - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)

    def _overdue(self) -> WaitTimeoutError:
        if self._state is None:
            why = "the service did not say in which state it is"
        elif self._qr is not None:
            codes = "its QR code" if self._number == 1 else f"any of its {self._number} QR codes"
            why = f"nobody scanned {codes}; call login again with the phone at hand"
        elif self._state in _PASSKEY:
            why = f"it is {self._session.status}: confirm it on the phone, and call login again"
        else:
            why = f"it is still {self._session.status}"
        text = f"session {self._name} was not linked within {self._timeout:g} s: {why}"
        return WaitTimeoutError(text, state=self._session.status)


_PASSKEY: Final = {
    SessionState.PASSKEY_REQUIRED: "{name}: WhatsApp asks for the passkey of the number: give it on the phone.",
    SessionState.PASSKEY_CONFIRMATION_REQUIRED: "{name}: confirm the passkey on the phone.",
}
