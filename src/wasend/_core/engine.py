"""How a call is made: the deadline, the attempts, the routes and the reading, in that order."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import math
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

import attrs

from ..errors import (
    APIConnectionError,
    APIStatusError,
    ClientClosedError,
    ConfigurationError,
    DecodeError,
    OutcomeUnknownError,
    UnknownAnswerError,
    WasendError,
)
from .answer import IN_DOUBT, Answer, ErrorRules, error_of, means_no_such_route, refuses_field
from .bounds import LARGE
from .bridge import in_caller
from .call import masked
from .http import CLOCK_HEADER, Http, RequestState
from .response import Response, recording
from .retry import again, decide, may_repeat
from .traces import hide

if TYPE_CHECKING:
    from .body import Body
    from .call import Call
    from .options import Options
    from .waits import OnWait

T = TypeVar("T")

_NONE: Final = "none"

logger: Final = logging.getLogger("wasend")


def running_loop() -> asyncio.AbstractEventLoop:
    """
    The event loop that a call is made on.

    Raises:
        ConfigurationError: There is none.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        remedy = "under trio, use WasendClient in a thread (trio.to_thread.run_sync)"
        raise ConfigurationError(f"AsyncWasendClient runs on asyncio, which is not running here; {remedy}") from None


class Middleware(Protocol):
    """Something done around every call: it may wait, refuse, or look at what comes of it."""

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call by awaiting `call_next()`, at most once; or raise, and the call is not made."""
        ...


class BeforeSend(Protocol):
    """Called with each request of a call that has a key, right before its first byte is sent."""

    async def __call__(self, call: Call[Any], request: RequestState, left: float, /) -> None:
        """
        Allow the request to be sent, or raise, so that it is not.

        Args:
            call: The call.
            request: The state of the request, in which what becomes of it is noted.
            left: Seconds until the call's deadline.
        """
        ...


before_send: Final[ContextVar[BeforeSend | None]] = ContextVar("before_send", default=None)
"""The one for calls that are made in this context."""


class HeldBackError(Exception):
    """
    The service wants no request for longer than a call can wait.

    Attributes:
        seconds: For how long.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Limiter(Protocol):
    """Holds requests back, each attempt of a call, and learns from answers."""

    @property
    def makes_wait(self) -> bool:
        """Whether a request may have to wait now."""
        ...

    async def acquire(self, left: float = math.inf, on_wait: OnWait | None = None) -> float:
        """
        Wait until a request may be made.

        Args:
            left: Seconds that the call can wait for the service. What the caller's own limit makes it wait does not
                count.
            on_wait: Told of the wait before it begins.

        Returns:
            Seconds waited because of the caller's own limit.

        Raises:
            HeldBackError: The service makes it wait for longer.
        """
        ...

    def observe(self, answer: Answer) -> None:
        """Learn from an answer's status and headers."""
        ...


class OwnIds(Protocol):
    """Gives calls ids of the client's making for what they create: see `Call.own_id`."""

    def given(self, call: Call[T]) -> Call[T]:
        """The call with such an id, where it takes one."""
        ...

    def refused(self) -> None:
        """Learn that the service takes none."""
        ...


@attrs.define
class _CallState:
    """What has happened so far in making one call."""

    deadline: float
    scope: asyncio.Timeout
    attempts: int = 0
    in_doubt: bool = False
    content: bytes | Body | None = None
    failed: WasendError | None = None
    results: list[Any] = attrs.field(factory=list[Any])
    request: RequestState = attrs.field(factory=RequestState)


@attrs.frozen
class Engine:
    """
    Makes calls with given options over given connections.

    Attributes:
        options: The settings.
        http: The connections.
        limiter: What holds requests back.
        rules: What is particular to the service's errors.
        middleware: What is done around every call, the outermost first.
        key: The key of a call that must not be made twice, and has none.
        own_ids: What gives calls ids of the client's making; `None` for nothing.
        known_routes: Of calls that have several routes, by verb and first route: the one that the service has, or none.
        made_at: When the client was made, by its clock.
    """

    options: Options
    http: Http
    limiter: Limiter
    rules: ErrorRules = attrs.field(factory=ErrorRules)
    middleware: tuple[Middleware, ...] = ()
    key: str | None = None
    own_ids: OwnIds | None = None
    known_routes: MutableMapping[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])
    made_at: float = attrs.field(
        default=attrs.Factory(lambda self: cast("Engine", self).options.clock.now(), takes_self=True)
    )

    async def perform(self, call: Call[T]) -> T:
        """
        Make a call.

        Raises:
            WasendError: It failed; the error's ``outcome`` says what became of it.
        """
        if self.key is not None and call.key is None and not call.repeatable:
            call = call.with_key(self.key)
        loop = running_loop()
        if self.own_ids is not None:
            call = self.own_ids.given(call)
        content = call.content()  # what cannot be sent is refused before anything waits
        if call.path_params or call.params:
            call.target()
        states: list[_CallState] = []
        queued = asyncio.timeout(None)  # ended where the client is closed while a middleware still waits
        perform: Callable[[], Awaitable[T]] = functools.partial(self._perform, call, content, states, queued)
        for middleware in reversed(self.middleware):
            perform = functools.partial(middleware, call, perform)
        self.http.deadlines[queued] = loop
        try:
            async with queued:
                return await perform()
        except WasendError as error:
            if error.outcome == "not_sent" and not call.repeatable and any(state.results for state in states):
                error.outcome = "sent"
            raise
        except Exception as error:  # noqa: BLE001 - a defect, of ours or of a part that the caller gave
            if queued.expired():
                raise ClientClosedError(f"{call.name}: the client was closed before it was sent") from None
            return self._in_spite_of(error, call, states)
        finally:
            self.http.deadlines.pop(queued, None)

    def _in_spite_of(self, error: Exception, call: Call[T], states: list[_CallState]) -> T:
        """
        What a call comes to where something failed that should not: its result, if there is one.

        Raises:
            WasendError: With what became of the request, and the failure as its cause.
        """
        hide(error, self.options.key)
        text = f"{call.name}: {type(error).__name__}, in the client or in a part that was given to it"
        logger.warning("%s", text)
        state = states[-1] if states else None
        if state is not None and state.results:
            result: T = state.results[-1]
            return result
        if state is not None and state.failed is not None and not state.request.may_have_left:
            raise state.failed from error
        if state is None or not (state.in_doubt or state.request.may_have_left):
            raise WasendError(f"{text}; nothing was sent") from error
        if call.repeatable:
            raise WasendError(text, outcome="unknown") from error
        raise OutcomeUnknownError(f"{text}; {IN_DOUBT}", call=call, since=state.request.started_at) from error

    async def _perform(
        self, call: Call[T], content: bytes | Body | None, states: list[_CallState], queued: asyncio.Timeout
    ) -> T:
        self.http.deadlines.pop(queued, None)  # from here on it has a deadline of its own
        total = self.options.timeout.total_for(0 if content is None or isinstance(content, bytes) else content.length)
        state = _CallState(self.options.clock.monotonic() + total, asyncio.timeout(total), content=content)
        states.append(state)
        try:
            result = await self._in_time(call, state)
            state.results.append(result)
            return result
        except WasendError as error:
            if state.in_doubt and error.outcome == "not_sent":
                error.outcome = "unknown"  # the last request had no effect, but one before it may have
            raise

    async def _in_time(self, call: Call[T], state: _CallState) -> T:
        attempt = functools.partial(self._attempt, call, state)
        scope = state.scope
        self.http.deadlines[scope] = asyncio.get_running_loop()
        try:
            async with scope:
                try:
                    return await attempt()
                except WasendError as error:
                    if not may_repeat(error, repeatable=call.repeatable):
                        raise
                    state.failed = error
                    return await again(
                        attempt,
                        error,
                        functools.partial(self._wait, call, state),
                        self.options.on_wait,
                        self.options.clock,
                    )
        except HeldBackError as held:
            if state.failed is not None:
                raise state.failed from None
            reason = f"the service wants no request for another {held.seconds:.3g} s, longer than this call may take"
            raise self.http.unanswered(call, reason, RequestState(), slow=True, attempts=state.attempts) from None
        except TimeoutError:
            if not scope.expired():
                raise
            return self._overdue(call, state)
        finally:
            del self.http.deadlines[scope]

    async def perform_or(self, call: Call[T], derive: Callable[[], Awaitable[T]]) -> T:
        """
        Make a call, or, where the service has no such route, what takes its place.

        Args:
            call: The call.
            derive: Makes its answer of other calls.
        """
        if self.known_routes.get((call.method, call.route)) != _NONE:
            try:
                return await self.perform(call)
            except APIStatusError as error:
                if not means_no_such_route(error):
                    raise
            self.known_routes[call.method, call.route] = _NONE
        return await derive()

    async def _wait(self, call: Call[Any], state: _CallState, error: WasendError, attempt: int) -> float | None:
        state.in_doubt = state.in_doubt or error.outcome == "unknown"
        state.failed = error
        state.request = RequestState(may_have_left=state.in_doubt)  # nothing is on its way meanwhile
        left = state.deadline - self.options.clock.monotonic()
        self.expect_time_to_pass()
        return await decide(self.options.retry, error, attempt, repeatable=call.repeatable, left=left)

    def expect_time_to_pass(self) -> None:
        """Warn, once a client, before it waits by the machine's time for a sandbox whose clock stands still."""
        if self.http.stands_still and not self.options.clock.simulated:
            self.http.stands_still = None
            why = "this client waits by the machine's time for a sandbox whose clock is stopped, and so in vain"
            remedy = "give it clock=sandbox.clock, or start that clock"
            logger.warning("%s: %s", why, remedy)
            warnings.warn(f"{why}: {remedy}", RuntimeWarning, stacklevel=2)

    def _overdue(self, call: Call[T], state: _CallState) -> T:
        answer = state.request.answer
        needs_body = call.repeatable or call.evidence is not None
        if answer is not None and not (needs_body and 200 <= answer.status < 300):
            # The status has come, and with it what became of the request.
            return self._read(call, attrs.evolve(answer, fault="the answer was not complete in time"), state)
        reason = f"not finished within the total timeout of {self.options.timeout.total:g} s"
        raise self.http.unanswered(call, reason, state.request, slow=True, attempts=state.attempts) from None

    async def _attempt(self, call: Call[T], state: _CallState) -> T:
        ways = self._ways(call)
        first: APIStatusError | None = None
        for way in ways:
            try:
                value = await self._exchange_or(way, state, state.content if way is call else way.content())
            except APIStatusError as error:
                if len(ways) == 1 or not means_no_such_route(error):
                    raise
                first = first or error
            else:
                if len(ways) > 1:
                    self.known_routes[call.method, call.route] = way.route
                return value
        assert first is not None  # noqa: S101 - there is at least one way, and each has failed
        raise first

    async def _exchange_or(self, call: Call[T], state: _CallState, content: bytes | Body | None) -> T:
        """Make the request; again without an id of ours where the service refuses that field."""
        try:
            return await self._exchange(call, state, content)
        except APIStatusError as error:
            if self.own_ids is None or call.own_id is None or not refuses_field(error, "id"):
                raise
        logger.info("%s: the service refuses ids of the client's making: made again without one", call.name)
        call = attrs.evolve(call, own_id=None)
        result = await self._exchange(call, state, call.content())
        self.own_ids.refused()  # it was that field, then
        return result

    def _ways(self, call: Call[T]) -> list[Call[T]]:
        ways = [call, *call.fallbacks]
        if len(ways) > 1:
            if self.options.prefer == "docs":
                ways.reverse()
            ways.sort(key=lambda way: way.route != self.known_routes.get((call.method, call.route)))
        return ways

    async def _exchange(self, call: Call[T], state: _CallState, content: bytes | Body | None) -> T:
        timeout = self.options.timeout
        silence = timeout.answer if call.repeatable else timeout.send
        slot = await self._turn(state)
        state.attempts += 1
        state.request = request = RequestState()
        started = time.monotonic()
        outcome: object = "given up"
        try:
            if call.key is not None and (leave := before_send.get()) is not None:
                await leave(call, request, state.deadline - self.options.clock.monotonic())
            request.started_at = datetime.fromtimestamp(self.options.clock.now(), UTC)
            answer = await self.http.exchange(
                call,
                content,
                key=self.options.key,
                timeouts={"connect": timeout.connect, "read": silence, "write": silence},
                state=request,
                most=self.options.max_answer_bytes,
            )
            outcome = answer.status
            self._learn(answer, request)
        except WasendError as error:
            outcome = type(error).__name__
            if isinstance(error, APIConnectionError):
                error.attempts = state.attempts
            raise
        except asyncio.CancelledError:
            if request.may_have_left and not call.repeatable and not state.scope.expired():
                logger.warning("%s was cancelled after it had left: it may have been carried out", call.name)
            raise
        finally:
            if slot is not None:
                slot.release()
            taken = (time.monotonic() - started) * 1000
            logger.debug("%s: %s in %.0f ms, attempt %d", call.name, outcome, taken, state.attempts)
        await self.report(call, answer, state.attempts, time.monotonic() - started)
        if len(answer.content or b"") < LARGE:
            return self._read(call, answer, state)
        # The loop would stand still meanwhile.
        read = functools.partial(self._read, call, answer, state)
        try:
            reading = asyncio.get_running_loop().run_in_executor(None, contextvars.copy_context().run, read)
        except RuntimeError:  # no more threads
            return read()
        return await reading

    def _learn(self, answer: Answer, request: RequestState) -> None:
        try:
            if self.http.stands_still is not None:
                self.http.stands_still = answer.headers.get(CLOCK_HEADER) == "stopped"
            if "date" in answer.headers and "age" not in answer.headers:  # with one it was kept by a cache
                self.http.date = answer.headers["date"], request.started_at.timestamp(), self.options.clock.now()
            self.limiter.observe(answer)
        except Exception as error:  # noqa: BLE001 - what became of the request matters more
            logger.warning("nothing was learnt from an answer's headers: %s", type(error).__name__)

    async def _turn(self, state: _CallState) -> asyncio.Semaphore | None:
        """Wait for a turn, and for one of our own connections: see `Http.enter`."""
        # Time in our own queues does not count: the last of a thousand calls has as long as the first.
        clock, scope, loop = self.options.clock, state.scope, asyncio.get_running_loop()
        began, due = loop.time(), scope.when()
        queued = 0.0
        scope.reschedule(None)
        try:
            ours = await self.limiter.acquire(state.deadline - clock.monotonic(), self.options.on_wait)
            state.deadline += ours
            queued = min(ours, loop.time() - began)
            asked, since = clock.monotonic(), loop.time()
            slot = await self.http.enter()
            queued += loop.time() - since
            try:
                state.deadline += clock.monotonic() - asked
            except BaseException:
                if slot is not None:
                    slot.release()
                raise
        finally:
            if due is not None and not (scope.expired() or self.http.closed):
                scope.reschedule(max(due + queued, loop.time()))
        return slot

    async def report(self, call: Call[Any], answer: Answer, attempts: int, seconds: float) -> None:
        """Tell whoever wants to know of each answer."""
        records, hook = recording.get(), self.options.on_response
        if records is None and hook is None:
            return
        response = Response(call.name, answer.status, answer.headers, attempts, seconds)
        if records is not None:
            records.append(response)
        if hook is not None:
            try:
                await in_caller(hook, response)
            except Exception as error:
                logger.warning("on_response raised %s", type(error).__name__, exc_info=error)

    def _read(self, call: Call[T], answer: Answer, state: _CallState) -> T:
        value = self._understood(call, answer, state)
        if isinstance(value, WasendError):
            raise value  # here, where no variable holds what the answer says
        return value

    def _understood(self, call: Call[T], answer: Answer, state: _CallState) -> T | WasendError:
        """What an answer is read into, or the error that it amounts to."""
        try:
            return self._read_into(call, answer, state)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not hide what became of the request
            logger.warning("%s: reading the answer failed: %s", call.name, type(error).__name__)
            unread = attrs.evolve(answer, content=None, fault=f"the answer cannot be read ({type(error).__name__})")
        return self._read_into(call, unread, state)

    def _read_into(self, call: Call[T], answer: Answer, state: _CallState) -> T | WasendError:
        from .codec import parse  # cattrs costs 10 to 20 ms to import

        document: Any = None
        unread = DecodeError(str(answer.fault)) if answer.content is None else None
        if answer.content is not None:
            try:
                document = parse(answer.content, answer.content_type, self.options.max_answer_bytes)
            except DecodeError as error:
                document, unread = error.body, error
        refusal = error_of(
            answer,
            document,
            call,
            path=call.path(),
            attempts=state.attempts,
            since=state.request.started_at,
            secret=self.options.key,
            rules=self.rules,
        )
        if refusal is not None:
            return refusal
        value = self._result(call, answer, document, unread, state)
        return value  # noqa: RET504 - in one expression, no checker infers T

    def _result(
        self, call: Call[T], answer: Answer, document: Any, unread: DecodeError | None, state: _CallState
    ) -> T | WasendError:
        """What an answer that is no refusal is read into."""
        from .codec import decode, decode_accepted, is_evidence

        secret = self.options.key
        if call.evidence is not None and (
            unread is not None or not is_evidence(document, call.evidence, call.envelope)
        ):
            why = f"answered by {answer.status}, but not in a way that shows that it was understood"
            return UnknownAnswerError(
                f"{call.name}: {why}; {IN_DOUBT}",
                body=secret.out_of_all(document),
                call=call,
                since=state.request.started_at,
            )
        reads = call.method in ("GET", "HEAD", "OPTIONS")
        empty = document is None and unread is None and not (answer.content or b"").strip()
        if empty and reads and call.result is not Any:
            unread = DecodeError("expected a document, got an empty answer @ $")
        came = document is not None or unread is not None
        if unread is None:
            try:
                value = decode(document, call.result, call.envelope, strict=self.options.strict)
            except DecodeError as error:
                unread = error
            else:
                if reads or not getattr(value, "unread", ()):
                    return value
        if unread is not None:
            path, text = secret.out_of(unread.path), masked(secret.out_of(f"{call.name}: {unread}"))
            if reads or (self.options.strict and call.repeatable and document is not None):
                return DecodeError(text, path=path, body=secret.out_of_all(unread.body))
            if came:
                logger.warning(
                    "%s was accepted, but its answer cannot be read: %s", call.name, masked(secret.out_of(str(unread)))
                )
        asked: Mapping[str, Any] = {**call.path_params, **(call.body or {})}
        return decode_accepted(document, call.result, call.envelope, asked)
