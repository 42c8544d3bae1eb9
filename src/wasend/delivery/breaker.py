"""
A breaker per session: it holds sends back once WhatsApp, the session or the service shows that they do harm.

WhatsApp restricts numbers that write to strangers, and going on makes it worse. The breaker never restarts a session:
that is what users report to end in bans.
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
"""What is held back: new conversations; everything; everything until the session is ready."""

_THROTTLED: Final = "rate-overlimit"
_MANY: Final = ("@g.us", "@newsletter", "@broadcast")

logger: Final = logging.getLogger("wasend")


@attrs.frozen
class Held:
    """
    Something that the breaker holds back.

    Attributes:
        what: ``"new"``: new conversations. ``"all"``: every send. ``"session"``: every send, until the session is
            ready.
        until: When it lets go by itself (UTC).
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
    How the breaker stands for one session.

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
    Decides, for each session by itself, which sends may be made. One object serves any number of tasks and threads.

    =====================================  ====================  =======================================
    what was met                           what is held back     for how long
    =====================================  ====================  =======================================
    WhatsApp's signals 463 and 475         new conversations     `hold`, or until `close`
    WhatsApp's signal rate-overlimit       everything            `rest`
    the session has failed                 everything            `rest`, or until it is ready (`ready`)
    so many failures in a row              everything            `rest`
    =====================================  ====================  =======================================

    A failure is a 5xx, a connection that could not be made or broke, a lost answer. What the caller did wrong (400,
    401, 404 and the like), a 429, and a send that never left the queue of this process are none, and do not end a row
    either; nor do the signals and a failed session. A success ends it; nothing else does.

    After its time a gate opens by the clock, for every send. The row of failures is not forgotten with it: the first
    failure after the rest holds everything back again, and the first success ends that.

    A conversation is new unless the caller says otherwise, or the chat has been sent to, or heard from, through this
    breaker (`met`). Groups, newsletters and broadcasts are never new: people are met one by one. Each chat met is one
    small entry of the store.

    Args:
        clock: Where time comes from.
        store: Where its state is kept, and found again after a restart; by default in memory.
        hold: Seconds that new conversations are held back.
        rest: Seconds that everything is held back.
        failures: How many in a row are too many.

    Raises:
        ConfigurationError: A number makes no sense.
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
        for name, value, unit in (("hold", hold, "seconds"), ("rest", rest, "seconds"), ("failures", failures, "1")):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise ConfigurationError(f"{name}: {value!r} makes no sense; pass {unit} or more, above 0")
        self._clock = clock
        self._store: Store = MemoryStore() if store is None else store
        self._hold = hold
        self._rest = rest
        self._failures = failures
        self._lock = threading.Lock()

    def check(self, session: str, new_conversation: bool) -> None:
        """
        Ask whether a send may be made.

        Args:
            session: The session's id.
            new_conversation: Whether it opens a conversation, with somebody who has not been met; see `is_new`.

        Raises:
            BreakerOpenError: It may not, until then and for that reason.
        """
        held = [held for held in self.state(session).held if held.what != "new" or new_conversation]
        if held:
            last = max(held, key=lambda held: held.until)
            text = f"session {session}: the breaker holds back {last}"
            raise BreakerOpenError(text, session=session, until=last.until, reason=last.reason)

    def note(self, session: str, error: BaseException | None) -> None:
        """
        Learn how a send went.

        Args:
            session: The session's id.
            error: What it failed with; `None` for a success.
        """
        with self._lock:
            state = self._read(session)
            before = attrs.evolve(state, gates=dict(state.gates))
            self._learn(state, error)
            if state != before:
                self._write(session, state)

    def state(self, session: str) -> BreakerState:
        """How it stands for a session: made to be printed."""
        now = self._clock.now()
        state = self._read(session)
        held = tuple(
            Held(gate, datetime.fromtimestamp(until, UTC), reason)
            for gate, (until, reason) in state.gates.items()
            if now < until
        )
        return BreakerState(session, state.failures, held)

    def close(self, session: str) -> None:
        """Let everything of a session pass again, and forget its failures. The chats it has met stay known."""
        with self._lock:
            self._store.delete(_key(session))

    def ready(self, session: str) -> None:
        """Be told that a session is ready: what was held back because it had failed may go."""
        with self._lock:
            state = self._read(session)
            if state.gates.pop("session", None) is not None:
                self._write(session, state)

    def met(self, session: str, chat: str) -> None:
        """
        Be told that a chat has been sent to or heard from: its conversation is no new one any more.

        Args:
            session: The session's id.
            chat: A phone number or an id.
        """
        if self.is_new(session, chat):
            self._store.set(_met(session, _forms(chat)[0]), True)

    def is_new(self, session: str, chat: str) -> bool:
        """
        Whether a send to a chat would open a conversation, as far as is known here.

        Args:
            session: The session's id.
            chat: A phone number or an id.
        """
        forms = _forms(chat)
        if forms[0].endswith(_MANY):
            return False
        return all(self._store.get(_met(session, form)) is None for form in forms)

    def _learn(self, state: _State, error: BaseException | None) -> None:
        if error is None or (isinstance(error, WasendError) and error.outcome == "sent"):
            state.failures = 0
        elif isinstance(error, AccountRestrictedError):
            if error.signal == _THROTTLED:
                self._shut(state, "all", self._rest, f"WhatsApp throttles the number ({_THROTTLED})")
            else:
                self._shut(state, "new", self._hold, f"WhatsApp restricts the number (signal {error.signal})")
        elif isinstance(error, SessionNotReadyError):
            if SessionState.of(error.session_status) is SessionState.FAILED:
                self._shut(state, "session", self._rest, f"the session is {error.session_status}")
        elif _is_failure(error):
            state.failures += 1
            if state.failures >= self._failures:
                reason = f"{state.failures} failures in a row, the last {type(error).__name__}"
                self._shut(state, "all", self._rest, reason)

    def _shut(self, state: _State, gate: Gate, seconds: float, reason: str) -> None:
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


class BreakerRule:
    """
    Asks a breaker before every send of a client, and tells it how each went: a `Middleware`.

    A send that quotes a message answers it, and is no new conversation. A call that shows a session to be connected
    tells the breaker so.

    Args:
        breaker: The breaker.
        is_new: Says whether a send opens a conversation, where the caller knows; `None` leaves it to the breaker.
        learns: Whether it tells the breaker as well. A rule that only asks stands before one that waits (pacing), so
            that nobody waits for a turn that cannot come; the one that learns stands behind it.
    """

    def __init__(
        self, breaker: Breaker, *, is_new: Callable[[Send], bool | None] | None = None, learns: bool = True
    ) -> None:
        self._breaker = breaker
        self._is_new = is_new
        self._learns = learns

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, if the breaker lets it."""
        send = send_of(call)
        if send is None:
            result = await call_next()
            if isinstance(result, Session) and result.state is SessionState.CONNECTED and result.unique_session_id:
                self._breaker.ready(result.unique_session_id)
            return result
        self._breaker.check(send.session, await self._opens(call, send))
        if not self._learns:
            return await call_next()
        try:
            result = await call_next()
        except WasendError as error:
            self._tell(send, error)
            raise
        self._tell(send, None)
        return result

    async def _opens(self, call: Call[Any], send: Send) -> bool:
        said = await in_caller(self._is_new, send) if self._is_new is not None else None
        if said is not None:
            return said
        return not (call.body or {}).get("replyTo") and self._breaker.is_new(send.session, send.to)

    def _tell(self, send: Send, error: WasendError | None) -> None:
        try:
            self._breaker.note(send.session, error)
            if error is None:
                self._breaker.met(send.session, send.to)
        except Exception as fault:  # noqa: BLE001 - a store may fail in any way, and must not hide what became of the send
            logger.warning("the breaker could not note how a send went: %s", type(fault).__name__)


def _is_failure(error: BaseException) -> bool:
    if isinstance(error, APIConnectionError) and error.attempts == 0:
        return False  # its time ran out before a request was made
    return isinstance(error, ServerError | APIConnectionError | OutcomeUnknownError)


def _key(session: str) -> str:
    return f"breaker:{session}"


def _met(session: str, chat: str) -> str:
    return f"breaker.met:{session}:{chat}"


def _forms(chat: str) -> tuple[str, ...]:
    """The ids under which WhatsApp may know a chat. A call made by hand may say what it likes."""
    try:
        return tuple(form.id for form in Recipient.parse(chat).candidates)
    except InvalidRequestError:
        return (chat,)
