"""
A circuit breaker for each session: it holds sends back once WhatsApp, the session or the service refuses them.

WhatsApp restricts numbers that write to strangers, and going on makes it worse. The breaker never restarts a session:
users report that this ends in bans.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar

import attrs

from .._core.bridge import in_caller
from .._core.call import Call
from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.documents import is_object
from .._core.waits import OnWait, tell, wait_of
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
from .bulkhead import LONGEST, Bulkhead, Flight, Limits
from .leases import Countdown, Heartbeat, lease_by
from .sends import Send, send_of
from .store_access import StoreAccess
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
        held: What is held back now.
        half_open: What was, and passes one by one until the first has gone well.
    """

    session: str
    failures: int
    held: tuple[Held, ...]
    half_open: tuple[Gate, ...] = ()

    def __str__(self) -> str:
        if self.held:
            what = f"holds back {'; '.join(map(str, self.held))}"
        elif self.half_open:
            what = "new conversations pass one by one" if self.half_open == ("new",) else "sends pass one by one"
        else:
            what = "everything passes"
        return f"{self.session}: {what}; failures in a row: {self.failures}"


@attrs.frozen
class _Hold:
    """
    What the store holds of a hold: until when, why, and for how many seconds it was meant.

    Once it is over it is still there: half-open, until a send has gone well.
    """

    until: float
    reason: str
    seconds: float


@attrs.define
class _State:
    """
    What the store holds of a session.

    Attributes:
        failures: How many sends in a row have failed.
        gates: What is held back, or was, and is half-open.
        flights: The sends in flight of all processes that count, by name: whether each opens a conversation, and until
            when it counts.
    """

    failures: int = 0
    gates: dict[Gate, _Hold] = attrs.field(factory=dict["Gate", "_Hold"])
    flights: dict[str, tuple[bool, float]] = attrs.field(factory=dict[str, "tuple[bool, float]"])

    @classmethod
    def read(cls, value: Any) -> _State | None:
        """What was kept; `None` where that is something else."""
        if value is None:
            return cls()
        match value:
            case {"failures": int(failures), "gates": gates, "flights": flights} if is_object(gates) and is_object(
                flights
            ):
                state = cls(failures)
            case _:
                return None
        for name, flight in flights.items():
            match flight:
                case [bool(new), int() | float() as until]:
                    state.flights[name] = new, until
                case _:
                    return None
        for gate, hold in gates.items():
            match gate, hold:
                case "new" | "all" | "session", [int() | float() as until, str(reason), int() | float() as seconds]:
                    state.gates[gate] = _Hold(until, reason, seconds)
                case _:
                    return None
        return state

    def written(self) -> Any:
        """It, as it is kept; nothing where all is well."""
        gates = {gate: [hold.until, hold.reason, hold.seconds] for gate, hold in self.gates.items()}
        flights = {name: [*flight] for name, flight in self.flights.items()}
        return {"failures": self.failures, "gates": gates, "flights": flights} if self != _State() else None


class Breaker:
    """
    Decides, for each session separately, which sends may be made. One object serves any number of tasks and threads.

    =====================================  ====================  =======================================
    what happened                          what is held back     for how long
    =====================================  ====================  =======================================
    WhatsApp's signals 463 and 475         new conversations     `restriction_timeout`, or until `close`
    WhatsApp's signal rate-overlimit       everything            `reset_timeout`
    the session has failed                 everything            `reset_timeout`, or until it is ready
    failed sends in a row                  everything            `reset_timeout`
    =====================================  ====================  =======================================

    Failures are 5xx, connections that could not be made or broke, and lost answers. Mistakes of the caller (400, 401,
    404 and the like), a 429, and a send that never left the queue of this process do not count, and do not end a row
    either; nor do the signals and a failed session. Only a success ends a row.

    When its time is over, the breaker is half-open: what it held back passes one by one, while the others wait for how
    that goes. The first success closes it, and the first failure holds everything back again. Nor does a burst leave
    whole before its first answer: of the sends of a session that open a conversation, `max_new_in_flight` are in flight
    at once, and the others wait. A client's sends wait so, for each of those before them at most 15 minutes; `check`
    only tells what is held back.

    A conversation is new unless the caller says otherwise, or the chat has been sent to or heard from through this
    breaker (`met`). Groups, newsletters and broadcasts are never new. Each chat met is one small entry of the store.

    A hold lasts its time, whatever happens to the clock meanwhile. Processes that share a store have one breaker: each
    sees at its next send what another has noted, and none undoes it; what is in flight is counted for all together, so
    that one send goes first when the time is over. Those of a process that was killed count for 30 s at most.

    Args:
        clock: Where time comes from.
        store: Where its state is kept, and found again after a restart; by default in memory.
        failure_threshold: After how many failures in a row everything is held back.
        reset_timeout: Seconds that everything is held back.
        restriction_timeout: Seconds that new conversations are held back once WhatsApp restricts the number.
        max_new_in_flight: How many new conversations of a session may be in flight at once.

    Raises:
        ConfigurationError: A number is not valid.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        store: Store | None = None,
        failure_threshold: int = 3,
        reset_timeout: float = 900.0,
        restriction_timeout: float = 86_400.0,
        max_new_in_flight: int = 2,
    ) -> None:
        for name, value, kinds, remedy in (
            ("failure_threshold", failure_threshold, int, "pass a whole number, 1 or more"),
            ("reset_timeout", reset_timeout, int | float, "pass seconds, above 0"),
            ("restriction_timeout", restriction_timeout, int | float, "pass seconds, above 0"),
            ("max_new_in_flight", max_new_in_flight, int, "pass a whole number, 1 or more"),
        ):
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < float("inf"):
                raise ConfigurationError(f"{name}: {value!r} is not valid; {remedy}")
        self._clock = clock
        self._store = StoreAccess(MemoryStore() if store is None else store, clock)
        self._is_shared = store is not None
        self._failure_threshold = failure_threshold
        self._reset_timeout = reset_timeout
        self._restriction_timeout = restriction_timeout
        self._max_new_in_flight = max_new_in_flight
        self._bulkhead = Bulkhead()
        self._ends = Countdown(clock)

    def check(self, session: str, new_conversation: bool) -> None:
        """
        Raise if a send may not be made.

        Args:
            session: The session's id.
            new_conversation: Whether it opens a conversation; see `is_new`.

        Raises:
            BreakerOpenError: It may not; ``until`` and ``reason`` say until when and why.
        """
        self._check(self.state(session), new_conversation)

    def note(self, session: str, error: BaseException | None, new_conversation: bool = False) -> None:
        """
        Record how a send went.

        Args:
            session: The session's id.
            error: What it failed with; `None` for a success.
            new_conversation: Whether it opened a conversation.

        Raises:
            StoreError: It cannot be written down.
        """
        if error is None and self._store.get(_key(session)) is None:
            return  # the usual case takes no lock of the store
        self._note(session, None, lambda state: self._count(session, state, error, new_conversation))

    def state(self, session: str) -> BreakerState:
        """
        The state for a session; it prints as a sentence.

        Raises:
            StoreError: It cannot be read.
        """
        return self._told(session, self._parsed(self._store.get(_key(session))))

    def _told(self, session: str, state: _State) -> BreakerState:
        held: list[Held] = []
        half_open: list[Gate] = []
        for gate, hold in state.gates.items():
            if (left := self._left(session, gate, hold)) > 0:
                until = self._store.clock.now() + left
                # Both clocks are read one after the other: what they differ by is no jump.
                until = hold.until if abs(until - hold.until) < 1 else until
                held.append(Held(gate, datetime.fromtimestamp(until, UTC), hold.reason))
            else:
                half_open.append(gate)
        return BreakerState(session, state.failures, tuple(held), tuple(half_open))

    def close(self, session: str) -> None:
        """Let every send of a session pass again, and forget its failures. The chats it has met stay known."""

        def without(value: Any) -> Any:
            state = _State.read(value)
            return None if state is None else _State(flights=state.flights).written()

        if self._store.get(_key(session)) is not None:
            self._store.update(_key(session), without)

    def ready(self, session: str) -> None:
        """Record that a session is ready: sends that were held back because it had failed may pass."""

        def without(value: Any) -> Any:
            state = self._parsed(value)
            state.gates.pop("session", None)
            return state.written()

        if self._store.get(_key(session)) is not None:
            self._store.update(_key(session), without)

    def restricted(self, session: str, signal: str, until: float | None = None) -> None:
        """
        Record that WhatsApp restricts a session's number: new conversations are held back.

        Args:
            session: The session's id.
            signal: How: ``"463"``, no new conversations; ``"475"``, as many as it may begin.
            until: When that ends, in seconds since the epoch, as WhatsApp says; by default after `restriction_timeout`.

        Raises:
            StoreError: It cannot be written down.
        """

        def hold(value: Any) -> Any:
            state = self._parsed(value)
            seconds = self._restriction_timeout if until is None else until - self._clock.now()
            held = state.gates.get("new")
            if held is not None and held.reason == _restriction(signal):
                del state.gates["new"]  # WhatsApp may have made it shorter
            if seconds > 0:
                self._hold(session, state, "new", seconds, _restriction(signal))
            return state.written()

        self._store.update(_key(session), hold)

    def lifted(self, session: str, signal: str) -> None:
        """
        Record that WhatsApp restricts a session's number no longer: what was held back for that may pass.

        Args:
            session: The session's id.
            signal: As for `restricted`. A hold for another reason stays.

        Raises:
            StoreError: It cannot be written down.
        """

        def without(value: Any) -> Any:
            state = self._parsed(value)
            held = state.gates.get("new")
            if held is not None and held.reason == _restriction(signal):
                del state.gates["new"]
            return state.written()

        if self._store.get(_key(session)) is not None:
            self._store.update(_key(session), without)

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

    async def admit(self, session: str, chat: str, is_new: bool | None) -> bool:
        """
        Raise if a send may not be made: `check`, on an event loop.

        Args:
            session: The session's id.
            chat: A phone number or an id.
            is_new: Whether it opens a conversation; `None` leaves it to the breaker.

        Returns:
            Whether it does.

        Raises:
            BreakerOpenError: It may not be made.
            StoreError: That cannot be read.
        """

        def ask() -> bool:
            new = self.is_new(session, chat) if is_new is None else is_new
            self.check(session, new)
            return new

        return await self._store.run(ask)

    @contextlib.asynccontextmanager
    async def flight(self, session: str, chat: str, new: bool, on_wait: OnWait | None = None) -> AsyncGenerator[None]:
        """
        Make a send within: it waits while too many are in flight, and how it went is recorded.

        Args:
            session: The session's id.
            chat: A phone number or an id.
            new: Whether it opens a conversation.
            on_wait: Told of the wait before it begins.

        Raises:
            BreakerOpenError: It may not be made.
            StoreError: That cannot be read.
        """

        async def limits() -> Limits:
            return await self._store.run(functools.partial(self._limits, session, new))

        async def waits(count: int) -> None:
            logger.info("session %s: a send waits until one of %d in flight is over", session, max(count, 1))
            await tell(on_wait, wait_of("in_flight", 0.0, self._clock.now()))

        counted: Flight | None = None
        heartbeat: Heartbeat | None = None

        async def join(flight: Flight) -> bool:
            nonlocal counted, heartbeat
            try:
                joined = await self._store.run(functools.partial(self._join, session, flight))
            except BreakerOpenError:
                raise
            except BaseException:  # it may be counted all the same
                self._store.record_soon(functools.partial(self._note, session, flight))
                raise
            counted = flight if joined else None
            if joined and not self._clock.simulated:
                heartbeat = Heartbeat(functools.partial(self._renew, session, flight), LONGEST)
            return joined

        flight = await self._bulkhead.enter(session, new, limits, waits, join)
        try:
            try:
                yield
            except WasendError as error:
                await self._store.record(functools.partial(self._failed, session, error, new, counted))
                raise
            except BaseException:
                if counted is not None:
                    self._store.record_soon(functools.partial(self._note, session, counted))
                raise
            await self._store.record(functools.partial(self._succeeded, session, chat, new, counted))
        finally:
            if heartbeat is not None:
                heartbeat.stop()
            self._bulkhead.leave(session, flight)

    async def seen_ready(self, session: str) -> None:
        """Record, on an event loop, that a session is ready."""
        await self._store.record(functools.partial(self.ready, session))

    def _check(self, state: BreakerState, new: bool) -> None:
        held = [held for held in state.held if held.what != "new" or new]
        if held:
            last = max(held, key=lambda held: held.until)
            text = f"session {state.session}: the breaker holds back {last}"
            raise BreakerOpenError(text, session=state.session, until=last.until, reason=last.reason)

    def _limits(self, session: str, new: bool) -> Limits:
        state = self.state(session)
        self._check(state, new)
        most = self._most(state.half_open)
        return attrs.evolve(most, shared=self._is_shared and (new or most.all is not None))

    def _most(self, half_open: tuple[Gate, ...]) -> Limits:
        everything = "all" in half_open or "session" in half_open
        return Limits(1 if "new" in half_open else self._max_new_in_flight, 1 if everything else None)

    # What is in flight, in all processes

    def _join(self, session: str, flight: Flight) -> bool:
        """Count a send among those of all processes, if there is room for it; whether there is."""
        has_room = False

        def join(value: Any) -> Any:
            nonlocal has_room
            state = self._parsed(value)
            self._check(self._told(session, state), flight.new)
            most = self._most(tuple(self._half_open(session, state)))
            self._forget_flights(session, state)
            new = sum(is_new for is_new, _ in state.flights.values())
            has_room = (most.all is None or len(state.flights) < most.all) and (not flight.new or new < most.new)
            if has_room:
                state.flights[flight.name] = flight.new, self._store.clock.now() + lease_by(self._clock)
            return state.written()

        self._store.update(_key(session), join)
        return has_room

    def _renew(self, session: str, flight: Flight) -> None:
        def renew(value: Any) -> Any:
            state = self._parsed(value)
            if flight.name in state.flights:
                state.flights[flight.name] = flight.new, self._store.clock.now() + lease_by(self._clock)
            return state.written()

        self._store.record_soon(functools.partial(self._store.update, _key(session), renew))

    def _forget_flights(self, session: str, state: _State) -> None:
        """Forget the sends of processes that were killed."""
        now, lease = self._store.clock.now(), lease_by(self._clock)
        for name, (_, until) in [*state.flights.items()]:
            if self._ends.left((session, name), until, lease, now) <= 0:
                del state.flights[name]

    def _note(self, session: str, flight: Flight | None, count: Callable[[_State], None] | None = None) -> None:
        """Count a send no longer that was in flight, and count how it went."""

        def note(value: Any) -> Any:
            state = self._parsed(value)
            if flight is not None:
                state.flights.pop(flight.name, None)
            self._forget_flights(session, state)
            if count is not None:
                count(state)
            return state.written()

        self._store.update(_key(session), note)

    def _failed(self, session: str, error: WasendError, new: bool, flight: Flight | None) -> None:
        self._note(session, flight, lambda state: self._count(session, state, error, new))

    def _succeeded(self, session: str, chat: str, new: bool, flight: Flight | None) -> None:
        if self._store.get(_key(session)) is not None:  # the usual case takes no lock of the store
            self._note(session, flight, lambda state: self._count(session, state, None, new))
        self.met(session, chat)

    def _count(self, session: str, state: _State, error: BaseException | None, new: bool) -> None:
        if error is None or (isinstance(error, WasendError) and error.outcome == "sent"):
            state.failures = 0
            for gate in self._half_open(session, state):
                if new or gate != "new":
                    del state.gates[gate]
        elif isinstance(error, AccountRestrictedError):
            if error.signal == _THROTTLED:
                reason = f"WhatsApp throttles the number ({_THROTTLED})"
                self._hold(session, state, "all", self._reset_timeout, reason)
            else:
                self._hold(session, state, "new", self._restriction_timeout, _restriction(error.signal))
        elif isinstance(error, SessionNotReadyError):
            if SessionState.of(error.session_status) is SessionState.FAILED:
                self._hold(session, state, "session", self._reset_timeout, f"the session is {error.session_status}")
        elif _is_failure(error):
            state.failures += 1
            half_open = self._half_open(session, state)
            if state.failures >= self._failure_threshold or "all" in half_open or "session" in half_open:
                reason = f"{state.failures} failures in a row, the last {type(error).__name__}"
                self._hold(session, state, "all", self._reset_timeout, reason)

    def _hold(self, session: str, state: _State, gate: Gate, seconds: float, reason: str) -> None:
        held = state.gates.get(gate)
        if held is None or self._left(session, gate, held) < seconds:
            state.gates[gate] = _Hold(self._store.clock.now() + seconds, reason, seconds)
            self._left(session, gate, state.gates[gate])

    def _half_open(self, session: str, state: _State) -> list[Gate]:
        return [gate for gate, hold in state.gates.items() if self._left(session, gate, hold) <= 0]

    def _left(self, session: str, gate: Gate, hold: _Hold) -> float:
        """Seconds for which a hold lasts."""
        return self._ends.left((session, gate), hold.until, hold.seconds, self._store.clock.now())

    def _parsed(self, value: Any) -> _State:
        state = _State.read(value)
        if state is None:
            raise self._store.unfit()
        return state


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
        on_wait: Told of each wait for others in flight.
    """

    def __init__(
        self,
        breaker: Breaker,
        *,
        is_new: Callable[[Send], bool | None] | None = None,
        learns: bool = True,
        on_wait: OnWait | None = None,
    ) -> None:
        self._breaker = breaker
        self._on_wait = on_wait
        self._is_new = is_new
        self._learns = learns

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, unless the breaker holds it back."""
        send = send_of(call)
        if send is None:
            result = await call_next()
            if isinstance(result, Session) and result.state is SessionState.CONNECTED and result.unique_session_id:
                await self._breaker.seen_ready(result.unique_session_id)
            return result
        is_new = await in_caller(self._is_new, send) if self._is_new is not None else None
        if is_new is None and (call.body or {}).get("replyTo"):
            is_new = False
        is_new = await self._breaker.admit(send.session, send.to, is_new)
        if not self._learns:
            return await call_next()
        async with self._breaker.flight(send.session, send.to, is_new, self._on_wait):
            return await call_next()


def _is_failure(error: BaseException) -> bool:
    if isinstance(error, APIConnectionError) and error.attempts == 0:
        return False  # its time was over before a request was made
    return isinstance(error, ServerError | APIConnectionError | OutcomeUnknownError)


def _restriction(signal: str) -> str:
    return f"WhatsApp restricts the number (signal {signal})"


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
