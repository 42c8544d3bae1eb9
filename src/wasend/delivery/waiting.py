"""Waiting until a session is in some state, or a message was delivered or read: by polling, and by notifications."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

import attrs

from .._core.call import Call, masked
from .._core.engine import Engine
from .._core.retry import may_repeat
from .._core.waits import announce, wait_of
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
from .normalize import message_key
from .notifications import Subscriber, ack_topic, notifications_of, status_topic
from .reader import ServiceReader
from .sends import send_of

T = TypeVar("T")

_FIRST: Final = 0.5
_GROWTH: Final = 1.5
_LONGEST: Final = 5.0
_JITTER: Final = 0.25  # so that many who wait for one event do not all ask at the same moment


async def wait_for_state(
    engine: Engine,
    session: SessionRef,
    states: SessionState | str | Iterable[SessionState | str],
    timeout: float = 60.0,
    *,
    jitter: random.Random | None = None,
) -> Session:
    """
    Wait until a session is in one of some states.

    Args:
        engine: The client's.
        session: The session: its ``uniqueSessionId``, or a `Session`.
        states: One or several, in any spelling that the service uses, such as ``"CONNECTED"`` or ``"WORKING"``.
        timeout: Seconds to wait, by the client's clock.
        jitter: Where the randomness of the intervals comes from.

    Returns:
        The session as it was last seen.

    Raises:
        InvalidRequestError: There is no such state.
        NotFoundError: There is no such session.
        WaitTimeoutError: It was in none of them in time; its ``state`` is where it was last.
    """
    return await _session_in(engine, session, _states(states), frozenset(), timeout, jitter)


async def wait_until_ready(
    engine: Engine, session: SessionRef, timeout: float = 60.0, *, jitter: random.Random | None = None
) -> Session:
    """
    Wait until a session is connected.

    A FAILED session is not waited for: it stays so. One that is STOPPED, or shows a QR code, is: somebody may be about
    to start it, or to scan the code.

    Args:
        engine: The client's.
        session: The session: its ``uniqueSessionId``, or a `Session`.
        timeout: Seconds to wait, by the client's clock.
        jitter: Where the randomness of the intervals comes from.

    Returns:
        The session, connected.

    Raises:
        NotFoundError: There is no such session.
        SessionFailedError: It has failed.
        WaitTimeoutError: It was not connected in time; its ``state`` is where it was last.
    """
    ready = frozenset({SessionState.CONNECTED})
    return await _session_in(engine, session, ready, frozenset({SessionState.FAILED}), timeout, jitter)


async def wait_for_ack(
    engine: Engine,
    session: SessionRef,
    message: Message | ChatMessage | str,
    at_least: Ack | str | int = "DEVICE",
    timeout: float = 60.0,
    *,
    jitter: random.Random | None = None,
) -> ChatMessage:
    """
    Wait until a message has reached an ack: delivered to the phone, by default.

    Args:
        engine: The client's.
        session: The session that sent it: its ``uniqueSessionId``, or a `Session`.
        message: What the send returned; or its id, if it names the chat (``true_447700900456@c.us_3EB0…``).
        at_least: One of `Ack`, or its name or number: ``"SERVER"``, ``"DEVICE"``, ``"READ"``, ``"PLAYED"``. Recipients
            can turn read receipts off.
        timeout: Seconds to wait, by the client's clock.
        jitter: Where the randomness of the intervals comes from.

    Returns:
        The message as it was last seen.

    Raises:
        InvalidRequestError: There is no such ack, or the message does not name its chat.
        MessageFailedError: WhatsApp refused it.
        WaitTimeoutError: It did not reach that ack in time; its ``state`` is the last one.
    """
    wanted = _ack(at_least)
    chat, message_id = _chat_and_id(message)
    reader = ServiceReader(engine)
    name = masked(message_id)
    last: int | None = None
    notifications = notifications_of(engine)
    with notifications.subscribed(ack_topic(session_ref(session), message_id)) as subscriber:
        polling = _Polling(engine, timeout, jitter, subscriber)
        while True:
            found = await _unless_passing(_message(reader, session, chat, message_id))
            found = _with_ack(found, notifications.ack_of(session_ref(session), message_id), chat, message_id)
            if found is not None and found.ack is not None:
                last = found.ack
                if last == Ack.ERROR:
                    raise MessageFailedError(f"message {name} was not delivered: its ack is ERROR", message=found)
                if last >= wanted:
                    return found
            if not await polling.wait():
                break
    state = Ack(last).name if last in tuple(Ack) else str(last) if last is not None else None
    text = f"message {name} did not reach {wanted.name} within {timeout:g} s; its ack is {state}"
    raise WaitTimeoutError(text, state=state, outcome="sent")


def _with_ack(found: ChatMessage | None, notified: int | None, chat: str, message_id: str) -> ChatMessage | None:
    """A message as it was read, with the ack that was notified if that is higher."""
    if notified is None or (found is not None and notified != Ack.ERROR and (found.ack or 0) >= notified):
        return found
    if found is None:
        return ChatMessage(id=message_id, chat_id=chat, from_me=True, ack=notified)
    return attrs.evolve(found, ack=notified)  # type: ignore[misc]  # mypy does not see that a model is an attrs class


@attrs.frozen
class ReadyMiddleware:
    """
    Makes a send that was refused because its session is STARTING once more, when the session is ready.

    No message can be sent twice by it: the first request was refused (422). It stands outside of `SettleMiddleware`, as
    a send that waits is not in flight.

    Attributes:
        engine: By which to look: the client's, without middleware.
        timeout: Seconds to wait, by the client's clock.
    """

    engine: Engine = attrs.field(repr=False)
    timeout: float = 60.0

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call and, where the session was not ready, make it again when it is."""
        try:
            return await call_next()
        except SessionNotReadyError as error:
            send = send_of(call)
            if send is None or SessionState.of(error.session_status) is not SessionState.STARTING:
                raise
            options = self.engine.options
            wait = wait_of("session", self.timeout, options.clock.now())
            await announce(wait, f"session {send.session}: a send is held back until it is ready", options.on_wait)
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
    final: frozenset[SessionState],
    timeout: float,
    jitter: random.Random | None,
) -> Session:
    name = session_ref(session)
    reader = ServiceReader(engine)
    last: str | None = None
    with notifications_of(engine).subscribed(status_topic(name)) as subscriber:
        polling = _Polling(engine, timeout, jitter, subscriber)
        while True:
            found = await _unless_passing(reader.retrieve_session_info(name))
            if found is not None:
                last = _status(found)
                if found.state in states:
                    return found
                if found.state in final:
                    raise SessionFailedError(f"session {name} is {last}; restart it", state=last)
            if not await polling.wait():
                break
    wanted = " or ".join(sorted(state.value for state in states))
    raise WaitTimeoutError(f"session {name} was not {wanted} within {timeout:g} s; it is {last}", state=last)


class _Polling:
    """When to poll: now, then at growing intervals, when there is news, and once more when the time is over."""

    def __init__(self, engine: Engine, timeout: float, jitter: random.Random | None, subscriber: Subscriber) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
            raise InvalidRequestError("timeout", f"{timeout!r} is not a number of seconds", "pass seconds, 0 or more")
        self._engine = engine
        self._clock = engine.options.clock
        self._subscriber = subscriber
        self._random = jitter or random.Random()  # noqa: S311 - jitter, not a secret
        self._end = self._clock.monotonic() + timeout
        self._interval = _FIRST

    async def wait(self) -> bool:
        """Wait until it is time to poll again; `False` when the time is over."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            return False
        self._engine.expect_time_to_pass()
        pause = min(left, self._interval * self._random.uniform(1 - _JITTER, 1 + _JITTER))
        await self._subscriber.wait(self._clock, pause)
        self._interval = min(self._interval * _GROWTH, _LONGEST)
        return True


async def _unless_passing(read: Awaitable[T]) -> T | None:
    """What was read; `None` where reading failed in a way that may pass."""
    try:
        return await read
    except WasendError as error:
        if not may_repeat(error, repeatable=True):
            raise
        return None


def _status(session: Session) -> str | None:
    """The status that the session's state was read from, as it came."""
    engine_status = session.downstream.status if session.downstream is not None else None
    return next(
        (word for word in (session.status, engine_status) if word and SessionState.of(word) is session.state), None
    )


def _states(given: SessionState | str | Iterable[SessionState | str]) -> frozenset[SessionState]:
    several = [given] if isinstance(given, SessionState | str) else list(given)
    states = [one if isinstance(one, SessionState) else SessionState.of(one) for one in several]
    if not states or any(state is SessionState.UNKNOWN for state in states):
        names = ", ".join(state.value for state in SessionState if state is not SessionState.UNKNOWN)
        raise InvalidRequestError("states", f"{given!r} is not a state", f"pass one of {names}")
    return frozenset(states)


def _ack(given: Ack | str | int) -> Ack:
    word = str(given.value if isinstance(given, Ack) else given).strip().upper()
    for ack in (Ack.SERVER, Ack.DEVICE, Ack.READ, Ack.PLAYED):
        if word in (ack.name, str(ack.value)):
            return ack
    raise InvalidRequestError("at_least", f"{given!r} is not an ack to wait for", "pass SERVER, DEVICE, READ or PLAYED")


def _chat_and_id(message: Message | ChatMessage | str) -> tuple[str, str]:
    """The chat and the id of a message."""
    message_id = message if isinstance(message, str) else message.id
    if not message_id:
        raise InvalidRequestError("message", "has no id", "pass what the send returned")
    named = None
    if isinstance(message, ChatMessage):
        named = message.chat_id or message.to
    elif isinstance(message, Message):
        named = message.to or message.recipient
    prefix, _, rest = message_id.partition("_")
    if prefix in ("true", "false") and "@" in rest:
        named = rest.partition("_")[0]
    if not named:
        raise InvalidRequestError("message", "does not name its chat", "pass what the send returned")
    return named, message_id


async def _message(reader: ServiceReader, session: SessionRef, chat: str, message_id: str) -> ChatMessage | None:
    """A message by its id or, where the service spells that differently, from among the newest of the chat."""
    try:
        return await reader.get_message_by_id(session, chat, message_id, download_media=False)
    except NotFoundError:
        key = message_key(message_id)
        newest = await reader.get_messages(session, chat, download_media=False, filter={"from_me": True})
        return next((one for one in newest if message_key(one.id) == key), None)
