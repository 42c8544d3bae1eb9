"""
A circuit breaker for each session: it holds sends back once WhatsApp, the session or the service refuses them.

WhatsApp restricts numbers that write to strangers, and going on makes it worse. The breaker never restarts a session:
users report that this ends in bans.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar

import attrs

from .._core.bridge import in_caller
from .._core.call import Call
from .._core.clock import SYSTEM_CLOCK, Clock
from ..api.sessions import Session, SessionState
from ..errors import (
    AccountRestrictedError,
    APIConnectionError,
    BreakerOpenError,
    ConfigurationError,
    InvalidRequestError,
    OutcomeUnknownError,
    ServerError,
    SessionNotReadyError,
    WasendError,
)
from ..recipients import Recipient
from .sends import Send, send_of
from .stores import MemoryStore, Store

T = TypeVar("T")

Gate: TypeAlias = Literal["new", "all", "session"]
"""What is held back: new conversations; every send; every send until the session is ready."""

_THROTTLED: Final = "rate-overlimit"
_MANY: Final = ("@g.us", "@newsletter", "@broadcast")

logger: Final = logging.getLogger("wasend")


@attrs.frozen
class Held:
    """
    What the breaker holds back, until when, and why.

    Attributes:
        what: ``"new"``: new conversations. ``"all"``: every send. ``"session"``: every send, until the session is
            ready.
        until: When it ends by itself (UTC).
        reason: What opened the breaker.
    """

    what: Gate
    until: datetime
    reason: str

    def __str__(self) -> str:
        what = "new conversations" if self.what == "new" else "everything"
        return f"{what} until {self.until:%Y-%m-%d %H:%M:%S} UTC: {self.reason}"


@attrs.frozen
class BreakerState:
    """
    The state of the breaker for one session.

    Attributes:
        session: The session's id.
        failures: How many sends in a row have failed.
        held: What is held back now; empty where every send passes.
    """

    session: str
    failures: int
    held: tuple[Held, ...]

    def __str__(self) -> str:
        what = f"holds back {'; '.join(map(str, self.held))}" if self.held else "everything passes"
        return f"{self.session}: {what}; failures in a row: {self.failures}"


@attrs.define
class _State:
    failures: int = 0
    gates: dict[Gate, tuple[float, str]] = attrs.field(factory=dict["Gate", "tuple[float, str]"])


class Breaker:
    """
    Decides, for each session separately, which sends may be made. One object serves any number of tasks and threads.

    =====================================  ====================  =======================================
    what happened                          what is held back     for how long
    =====================================  ====================  =======================================
    WhatsApp's signals 463 and 475         new conversations     `hold`, or until `close`
    WhatsApp's signal rate-overlimit       everything            `rest`
    the session has failed                 everything            `rest`, or until it is ready (`ready`)
    `failures` failed sends in a row       everything            `rest`
    =====================================  ====================  =======================================

    Failures are 5xx, connections that could not be made or broke, and lost answers. Mistakes of the caller (400, 401,
    404 and the like), a 429, and a send that never left the queue of this process do not count, and do not end a row
    either; nor do the signals and a failed session. Only a success ends a row.

    When its time is over, sends pass again. The failures in a row are not forgotten then: the next failure holds
    everything back again, and the next success ends the row.

    A conversation is new unless the caller says otherwise, or the chat has been sent to or heard from through this
    breaker (`met`). Groups, newsletters and broadcasts are never new. Each chat met is one small entry of the store.

    Args:
        clock: Where time comes from.
        store: Where its state is kept, and found again after a restart; by default in memory.
        hold: Seconds that new conversations are held back.
        rest: Seconds that everything is held back.
        failures: After how many failures in a row everything is held back.

    Raises:
        ConfigurationError: A number is not valid.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        store: Store | None = None,
        hold: float = 86_400.0,
        rest: float = 900.0,
        failures: int = 3,
    ) -> None:
        for name, value, remedy in (
            ("hold", hold, "pass seconds, above 0"),
            ("rest", rest, "pass seconds, above 0"),
            ("failures", failures, "pass 1 or more"),
        ):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise ConfigurationError(f"{name}: {value!r} is not valid; {remedy}")
        self._clock = clock
        self._store: Store = MemoryStore() if store is None else store
        self._hold = hold
        self._rest = rest
        self._failures = failures
        self._lock = threading.Lock()

    def check(self, session: str, new_conversation: bool) -> None:
        """
        Raise if a send may not be made.

        Args:
            session: The session's id.
            new_conversation: Whether it opens a conversation; see `is_new`.

        Raises:
            BreakerOpenError: It may not; ``until`` and ``reason`` say until when and why.
        """
        held = [held for held in self.state(session).held if held.what != "new" or new_conversation]
        if held:
            last = max(held, key=lambda held: held.until)
            text = f"session {session}: the breaker holds back {last}"
            raise BreakerOpenError(text, session=session, until=last.until, reason=last.reason)

    def note(self, session: str, error: BaseException | None) -> None:
        """
        Record how a send went.

        Args:
            session: The session's id.
            error: What it failed with; `None` for a success.
        """
        with self._lock:
            state = self._read(session)
            before = attrs.evolve(state, gates=dict(state.gates))
            self._count(state, error)
            if state != before:
                self._write(session, state)

    def state(self, session: str) -> BreakerState:
        """The state for a session; it prints as a sentence."""
        now = self._clock.now()
        state = self._read(session)
        held = tuple(
            Held(gate, datetime.fromtimestamp(until, UTC), reason)
            for gate, (until, reason) in state.gates.items()
            if now < until
        )
        return BreakerState(session, state.failures, held)

    def close(self, session: str) -> None:
        """Let every send of a session pass again, and forget its failures. The chats it has met stay known."""
        with self._lock:
            self._store.delete(_key(session))

    def ready(self, session: str) -> None:
        """Record that a session is ready: sends that were held back because it had failed may pass."""
        with self._lock:
            state = self._read(session)
            if state.gates.pop("session", None) is not None:
                self._write(session, state)

    def met(self, session: str, chat: str) -> None:
        """
        Record that a chat has been sent to or heard from: its conversation is not new any more.

        Args:
            session: The session's id.
            chat: A phone number or an id.
        """
        if self.is_new(session, chat):
            self._store.set(_met(session, _forms(chat)[0]), True)

    def is_new(self, session: str, chat: str) -> bool:
        """
        Whether a send to a chat would open a conversation, as far as this breaker knows.

        Args:
            session: The session's id.
            chat: A phone number or an id.
        """
        forms = _forms(chat)
        if forms[0].endswith(_MANY):
            return False
        return all(self._store.get(_met(session, form)) is None for form in forms)

    def _count(self, state: _State, error: BaseException | None) -> None:
        if error is None or (isinstance(error, WasendError) and error.outcome == "sent"):
            state.failures = 0
        elif isinstance(error, AccountRestrictedError):
            if error.signal == _THROTTLED:
                self._hold_back(state, "all", self._rest, f"WhatsApp throttles the number ({_THROTTLED})")
            else:
                self._hold_back(state, "new", self._hold, f"WhatsApp restricts the number (signal {error.signal})")
        elif isinstance(error, SessionNotReadyError):
            if SessionState.of(error.session_status) is SessionState.FAILED:
                self._hold_back(state, "session", self._rest, f"the session is {error.session_status}")
        elif _is_failure(error):
            state.failures += 1
            if state.failures >= self._failures:
                reason = f"{state.failures} failures in a row, the last {type(error).__name__}"
                self._hold_back(state, "all", self._rest, reason)

    def _hold_back(self, state: _State, gate: Gate, seconds: float, reason: str) -> None:
        now = self._clock.now()
        state.gates = {gate: held for gate, held in state.gates.items() if now < held[0]}
        state.gates[gate] = max(state.gates.get(gate, (0.0, "")), (now + seconds, reason))

    def _read(self, session: str) -> _State:
        found: Any = self._store.get(_key(session))
        if found is None:
            return _State()
        return _State(found["failures"], {gate: (until, reason) for gate, (until, reason) in found["gates"].items()})

    def _write(self, session: str, state: _State) -> None:
        if state == _State():
            self._store.delete(_key(session))
        else:
            gates = {gate: list(held) for gate, held in state.gates.items()}
            self._store.set(_key(session), {"failures": state.failures, "gates": gates})


class BreakerMiddleware:
    """
    Asks a breaker before every send of a client, and records how each went.

    A send that quotes a message is a reply, and not a new conversation. A call that shows a session to be connected
    is recorded too.

    Args:
        breaker: The breaker.
        is_new: Says whether a send opens a conversation, where the caller knows; `None` leaves it to the breaker.
        learns: Whether it records how sends went. One that only asks stands before pacing, so that no send waits for
            its turn only to be refused; the one that learns stands behind it.
    """

    def __init__(
        self, breaker: Breaker, *, is_new: Callable[[Send], bool | None] | None = None, learns: bool = True
    ) -> None:
        self._breaker = breaker
        self._is_new = is_new
        self._learns = learns

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, unless the breaker holds it back."""
        send = send_of(call)
        if send is None:
            result = await call_next()
            if isinstance(result, Session) and result.state is SessionState.CONNECTED and result.unique_session_id:
                self._breaker.ready(result.unique_session_id)
            return result
        self._breaker.check(send.session, await self._is_new_conversation(call, send))
        if not self._learns:
            return await call_next()
        try:
            result = await call_next()
        except WasendError as error:
            self._record(send, error)
            raise
        self._record(send, None)
        return result

    async def _is_new_conversation(self, call: Call[Any], send: Send) -> bool:
        said = await in_caller(self._is_new, send) if self._is_new is not None else None
        if said is not None:
            return said
        return not (call.body or {}).get("replyTo") and self._breaker.is_new(send.session, send.to)

    def _record(self, send: Send, error: WasendError | None) -> None:
        try:
            self._breaker.note(send.session, error)
            if error is None:
                self._breaker.met(send.session, send.to)
        except Exception as fault:  # noqa: BLE001 - whatever a store raises must not hide what became of the send
            logger.warning("the breaker could not record how a send went: %s", type(fault).__name__)


def _is_failure(error: BaseException) -> bool:
    if isinstance(error, APIConnectionError) and error.attempts == 0:
        return False  # its time was over before a request was made
    return isinstance(error, ServerError | APIConnectionError | OutcomeUnknownError)


def _key(session: str) -> str:
    return f"breaker:{session}"


def _met(session: str, chat: str) -> str:
    return f"breaker.met:{session}:{chat}"


def _forms(chat: str) -> tuple[str, ...]:
    """The ids under which WhatsApp may know a chat. A raw request may hold anything."""
    try:
        return tuple(form.id for form in Recipient.parse(chat).candidates)
    except InvalidRequestError:
        return (chat,)
