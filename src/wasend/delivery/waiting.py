"""Waiting until a session is ready, and until a message has come as far as it should: looking again and again."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

import attrs

from .._core.call import Call, masked
from .._core.engine import Engine
from .._core.retry import may_repeat
from ..api.chats import Ack, ChatMessage
from ..api.messages import Message
from ..api.sessions import Session, SessionRef, SessionState, session_ref
from ..errors import (
    ClientClosedError,
    InvalidRequestError,
    MessageFailedError,
    NotFoundError,
    SessionFailedError,
    SessionNotReadyError,
    WaitTimeoutError,
    WasendError,
)
from .rooms import Rooms
from .sends import send_of
from .settle import message_key

T = TypeVar("T")

_FIRST: Final = 0.5
_GROWTH: Final = 1.5
_LONGEST: Final = 5.0
_JITTER: Final = 0.25  # of many who wait for one event, not all ask at the same moment


async def wait_for_state(
    engine: Engine,
    session: SessionRef,
    states: SessionState | str | Iterable[SessionState | str],
    timeout: float = 60.0,
    *,
    chance: random.Random | None = None,
) -> Session:
    """
    Wait until a session is in one of some states.

    Args:
        engine: The client's.
        session: The session: its ``uniqueSessionId``, or a `Session`.
        states: One or several, in any wording that the service knows, such as ``"CONNECTED"`` or ``"WORKING"``.
        timeout: Seconds to wait, by the client's clock.
        chance: Where the jitter of the intervals comes from.

    Returns:
        The session as it was last seen.

    Raises:
        InvalidRequestError: There is no such state.
        NotFoundError: There is no such session.
        WaitTimeoutError: It was in none of them in time; its ``state`` is where it was last.
    """
    return await _session_in(engine, session, _states(states), frozenset(), timeout, chance)


async def wait_until_ready(
    engine: Engine, session: SessionRef, timeout: float = 60.0, *, chance: random.Random | None = None
) -> Session:
    """
    Wait until a session is connected.

    One that has FAILED stays so, and is not waited for. One that is STOPPED, or shows a QR code, is: somebody may be
    about to start it, or to scan the code.

    Args:
        engine: The client's.
        session: The session: its ``uniqueSessionId``, or a `Session`.
        timeout: Seconds to wait, by the client's clock.
        chance: Where the jitter of the intervals comes from.

    Returns:
        The session, connected.

    Raises:
        NotFoundError: There is no such session.
        SessionFailedError: It has failed.
        WaitTimeoutError: It was not connected in time; its ``state`` is where it was last.
    """
    ready = frozenset({SessionState.CONNECTED})
    return await _session_in(engine, session, ready, frozenset({SessionState.FAILED}), timeout, chance)


async def wait_for_ack(
    engine: Engine,
    session: SessionRef,
    message: Message | ChatMessage | str,
    at_least: Ack | str | int = "DEVICE",
    timeout: float = 60.0,
    *,
    chance: random.Random | None = None,
) -> ChatMessage:
    """
    Wait until a message has come as far as it should: delivered to the phone, by default.

    Args:
        engine: The client's.
        session: The session that sent it: its ``uniqueSessionId``, or a `Session`.
        message: What the send returned; or its id, if it names the chat (``true_447700900456@c.us_3EB0…``).
        at_least: One of `Ack`, or its name or number: ``"SERVER"``, ``"DEVICE"``, ``"READ"``, ``"PLAYED"``. Not every
            recipient lets others know what was read.
        timeout: Seconds to wait, by the client's clock.
        chance: Where the jitter of the intervals comes from.

    Returns:
        The message as it was last seen.

    Raises:
        InvalidRequestError: There is no such ack, or the message does not say its chat.
        MessageFailedError: WhatsApp refused it.
        WaitTimeoutError: It did not come that far in time; its ``state`` is how far it did.
    """
    wanted = _ack(at_least)
    chat, message_id = _whereabouts(message)
    rooms = Rooms(engine)
    name = masked(message_id)
    last: int | None = None
    looks = _Looks(engine, timeout, chance)
    while True:
        found = await _if_there(_message(rooms, session, chat, message_id))
        if found is not None and found.ack is not None:
            last = found.ack
            if last == Ack.ERROR:
                raise MessageFailedError(f"message {name} was not delivered: its ack is ERROR", message=found)
            if last >= wanted:
                return found
        if not await looks.another():
            break
    state = Ack(last).name if last in tuple(Ack) else str(last) if last is not None else None
    text = f"message {name} did not come to {wanted.name} within {timeout:g} s; it is at {state}"
    raise WaitTimeoutError(text, state=state, outcome="sent")


@attrs.frozen
class ReadyRule:
    """
    A send that meets a session that is STARTING waits until it is ready, and is made then.

    That repeats nothing: the first was refused (422). It stands outside of the settle rule, as a send that waits is not
    under way.

    Attributes:
        engine: By which to look: the client's, without rules.
        timeout: Seconds to wait, by the client's clock.
    """

    engine: Engine = attrs.field(repr=False)
    timeout: float = 60.0

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, and where it is too early, make it again when it is time."""
        try:
            return await call_next()
        except SessionNotReadyError as error:
            send = send_of(call)
            if send is None or SessionState.of(error.session_status) is not SessionState.STARTING:
                raise
            try:
                await wait_until_ready(self.engine, send.session, self.timeout)
            except ClientClosedError:
                raise
            except WasendError as still:
                if isinstance(still, WaitTimeoutError | SessionFailedError):
                    error.session_status = still.state or error.session_status
                error.add_note(f"waited for it: {still}")
                raise error from None
        return await call_next()


async def _session_in(
    engine: Engine,
    session: SessionRef,
    states: frozenset[SessionState],
    hopeless: frozenset[SessionState],
    timeout: float,
    chance: random.Random | None,
) -> Session:
    name = session_ref(session)
    rooms = Rooms(engine)
    last: str | None = None
    looks = _Looks(engine, timeout, chance)
    while True:
        found = await _if_there(rooms.retrieve_session_info(name))
        if found is not None:
            last = _worded(found)
            if found.state in states:
                return found
            if found.state in hopeless:
                raise SessionFailedError(f"session {name} is {last}; restart it", state=last)
        if not await looks.another():
            break
    due = " or ".join(sorted(state.value for state in states))
    raise WaitTimeoutError(f"session {name} was not {due} within {timeout:g} s; it is {last}", state=last)


class _Looks:
    """The moments to look: now, then at growing intervals, and once more when the time is over."""

    def __init__(self, engine: Engine, timeout: float, chance: random.Random | None) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
            raise InvalidRequestError("timeout", f"{timeout!r} is not a time", "pass seconds, 0 or more")
        self._clock = engine.options.clock
        self._chance = chance or random.Random()  # noqa: S311 - jitter, not a secret
        self._end = self._clock.monotonic() + timeout
        self._interval = _FIRST

    async def another(self) -> bool:
        """Wait for the next moment; whether there is one."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            return False
        await self._clock.sleep(min(left, self._interval * self._chance.uniform(1 - _JITTER, 1 + _JITTER)))
        self._interval = min(self._interval * _GROWTH, _LONGEST)
        return True


async def _if_there(look: Awaitable[T]) -> T | None:
    """What a look shows; `None` where it failed in a way that passes."""
    try:
        return await look
    except WasendError as error:
        if not may_repeat(error, repeatable=True):
            raise
        return None


def _worded(session: Session) -> str | None:
    """The status that decided the session's state, as it came."""
    engines = session.downstream.status if session.downstream is not None else None
    return next((word for word in (session.status, engines) if word and SessionState.of(word) is session.state), None)


def _states(given: SessionState | str | Iterable[SessionState | str]) -> frozenset[SessionState]:
    several = [given] if isinstance(given, SessionState | str) else list(given)
    states = [one if isinstance(one, SessionState) else SessionState.of(one) for one in several]
    if not states or any(state is SessionState.UNKNOWN for state in states):
        names = ", ".join(state.value for state in SessionState if state is not SessionState.UNKNOWN)
        raise InvalidRequestError("states", f"{given!r} names no state", f"known are {names}")
    return frozenset(states)


def _ack(given: Ack | str | int) -> Ack:
    word = str(given.value if isinstance(given, Ack) else given).strip().upper()
    for ack in (Ack.SERVER, Ack.DEVICE, Ack.READ, Ack.PLAYED):
        if word in (ack.name, str(ack.value)):
            return ack
    raise InvalidRequestError("at_least", f"{given!r} is none to wait for", "pass SERVER, DEVICE, READ or PLAYED")


def _whereabouts(message: Message | ChatMessage | str) -> tuple[str, str]:
    """The chat and the id of a message."""
    message_id = message if isinstance(message, str) else message.id
    if not message_id:
        raise InvalidRequestError("message", "has no id", "pass what the send returned")
    told = None
    if isinstance(message, ChatMessage):
        told = message.chat_id or message.to
    elif isinstance(message, Message):
        told = message.to or message.recipient
    prefix, _, rest = message_id.partition("_")
    if prefix in ("true", "false") and "@" in rest:
        told = rest.partition("_")[0]
    if not told:
        raise InvalidRequestError("message", "does not say its chat", "pass what the send returned")
    return told, message_id


async def _message(rooms: Rooms, session: SessionRef, chat: str, message_id: str) -> ChatMessage | None:
    """A message; by its id, or where the service words that differently, from among the newest of the chat."""
    try:
        return await rooms.get_message_by_id(session, chat, message_id, download_media=False)
    except NotFoundError:
        key = message_key(message_id)
        newest = await rooms.get_messages(session, chat, download_media=False, filter={"from_me": True})
        return next((one for one in newest if message_key(one.id) == key), None)
