"""Around each call with a key: claim it, let it leave once, and record what became of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import attrs

from .._core.call import Call
from .._core.engine import Engine, before_send
from .._core.http import RequestState
from .._core.waits import tell, wait_of
from ..delivery.settle import Settlement
from ..delivery.settle.ledger import ledger_of
from ..delivery.settle.search import target_of
from ..delivery.settle.target import Target
from ..delivery.settle.times import Skew
from ..errors import (
    APIStatusError,
    APITimeoutError,
    OutcomeUnknownError,
    SessionNotReadyError,
    StoreError,
    WasendError,
)
from . import rules
from .entry import Query, Record
from .holder import Holder
from .identity import Identity, is_large, number_of, size_of_file
from .intent import Intent
from .outbox import Outbox
from .recovery import Recovery, owner_of
from .results import refusal_of, refusal_text, result_of, result_text
from .rules import Leaving
from .spans import MachineClock

T = TypeVar("T")

_FEW: Final = 50
"""Calls in flight up to which none waits for a connection, so that a claim and its leaving can be one write."""
_PAUSES: Final = (0.02, 1.0)
"""Seconds between two looks at what another is doing: at first, and at most."""
_REFUSALS: Final = frozenset({400, 409, 413, 415, 422})
"""Statuses that are about the call itself: neither a key, nor a session, nor time mends it."""
_NOTED: Final = 5.0
"""Seconds that an outcome waits until it is written down; after that it goes on being written."""
_TRIES: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds after which writing it down is tried again."""
_LAST_TRY: Final = 30.0
"""Seconds after which it is tried again, and again, where nothing else ends a claim."""
_EVERY: Final = 200
"""Claims after each of which some of what is old is forgotten."""

_SLACK: Final = 0.5
"""Seconds by which a lease outlasts the call at least."""
_CLOCK: Final = MachineClock().steady

logger: Final = logging.getLogger("wasend")


@attrs.define(eq=False)
class Held:
    """
    A call that is ours to make.

    Attributes:
        record: The record, as it was written last.
        identity: What the call is.
        fingerprints: Those of the calls that it is identical to, its own first.
        ends: When the lease of its leaving ends, by our own clock; 0 while it has not left.
        target: What it would bring into being, where that can be looked for.
        request: The request that left last.
        is_over: Whether it is recorded what became of it.
    """

    record: Record
    identity: Identity
    fingerprints: tuple[int, ...]
    target: Target | None = None
    ends: float = 0.0
    request: RequestState | None = None
    is_over: bool = False

    @property
    def may_have_left(self) -> bool:
        """Whether a byte of it may have left."""
        return self.request is not None and self.request.may_have_left


_held: Final[ContextVar[Held | None]] = ContextVar("_held", default=None)


class _NotYetError(WasendError):
    """An identical call is being settled: this one does not leave now."""


class _GoneError(WasendError):
    """Somebody else has taken this call."""


class OutboxMiddleware:
    """
    Claims each call with a key, and records what became of it. It is the outermost.

    Args:
        outbox: The outbox.
        engine: By which to look for what was not answered: the client's, without middleware.
        waits: Whether a call may wait, for its turn or for anything else, between being claimed and leaving.
    """

    def __init__(self, outbox: Outbox, engine: Engine, *, waits: bool) -> None:
        self._outbox = outbox
        self._engine = engine
        self._account = outbox.account_of(engine.options)
        self._ledger = ledger_of(engine)
        self._recovery = Recovery(outbox, engine)
        self._waits = waits
        self._abandoned: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, unless it was made, or is being made, by its key."""
        if call.key is None:
            return await call_next()
        identity = await asyncio.to_thread(Identity.of, call) if is_large(call) else Identity.of(call)
        holder = self._outbox.holder()
        pause, looked, told = _PAUSES[0], False, False
        again = self._outbox.on_unknown == "risk_duplicate"
        while True:
            turn = await holder.begin()
            try:
                verdict, held = await self._claim(call, identity, holder, turn, again=again)
                match verdict:
                    case "held":
                        try:
                            return await self._make(call, held, call_next)
                        except _GoneError:
                            continue
                    case "sent":
                        return result_of(_detail(held.record, "result"), call)
                    case "refused":
                        raise refusal_of(held.record.details or "{}")
                    case "lost":
                        if held.record.lease > 0 and not told:
                            told = await self._tell_wait(call)
                        await self._recovery.settle(held.record)
                        looked = True
                        continue
                    case "unknown" if self._outbox.on_unknown == "look" and not looked:
                        await self._recovery.settle(held.record)
                        looked = True
                        continue
                    case "unknown":
                        raise self._looking(_unknown(call, held.record))
                    case "busy":
                        pass
            finally:
                holder.end(turn)
            told = told or await self._tell_wait(call)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])

    async def _claim(
        self, call: Call[Any], identity: Identity, holder: Holder, turn: int, *, again: bool
    ) -> tuple[rules.Claimed, Held]:
        assert call.key is not None  # noqa: S101
        target = target_of(call, self._ledger)
        fingerprints = _fingerprints(target, identity)
        leaving, asked = None, _CLOCK()
        waits = self._waits or self._engine.limiter.makes_wait or len(holder.turns) > _FEW
        if call.prelude is None and not waits:
            total = self._engine.options.timeout.total_for(size_of_file(call))
            leaving = self._leaving(call, identity, total)
        query = Query(call.key, () if leaving is None else fingerprints)
        key = call.key

        def decide(view: Any) -> Any:
            return rules.claim(
                view,
                account=self._account,
                key=key,
                identity=identity,
                fingerprint=fingerprints[0],
                holder=holder.id,
                turn=turn,
                turns=holder.turns,
                leaving=leaving,
                again=again,
            )

        try:
            verdict, record = await self._outbox.store.update(query, decide)
        except WasendError as error:
            if isinstance(error, StoreError):
                self._abandon(key, holder, turn)
            raise
        except BaseException:  # cancelled: whether it was written is not known
            self._abandon(key, holder, turn)
            raise
        held = Held(record, identity, fingerprints, target)
        if verdict == "held" and record.state == "sending":
            held.ends = asked + record.lease
        self._forget_some()
        return verdict, held

    async def _make(self, call: Call[T], held: Held, call_next: Callable[[], Awaitable[T]]) -> T:
        async def leave(way: Call[Any], request: RequestState, left: float) -> None:
            await self._leave(way, held, request, left)

        token = before_send.set(leave)
        held_token = _held.set(held)
        try:
            result = await call_next()
        except _GoneError:
            raise
        except WasendError as error:
            await self._failed(call, held, error)
            raise
        except BaseException:
            self._interrupted(call, held)
            raise
        finally:
            before_send.reset(token)
            _held.reset(held_token)
        if not held.is_over:
            await self._sent(call, held, result)
        return result

    # Leaving

    async def _leave(self, call: Call[Any], held: Held, request: RequestState, left: float) -> None:
        asked = _CLOCK()
        if held.ends - asked < left + _SLACK:
            leaving = self._leaving(call, held.identity, left)
            record, fingerprints = held.record, held.fingerprints
            done, found = await self._outbox.store.update(
                Query(record.key, fingerprints), lambda view: rules.leave(view, record, leaving)
            )
            if done == "blocked":
                raise _NotYetError(f"{call.name}: an identical send is being looked for; nothing was sent")
            if done == "gone":
                raise _GoneError(f"{call.name}: another process has taken this key over; nothing was sent")
            held.record, held.ends = found, asked + leaving.lease
        held.request = request
        until = asked + left

        def check() -> None:
            if _CLOCK() > until:
                raise APITimeoutError(f"{call.name}: this process was suspended for too long; nothing was sent")

        request.check = check

    def _leaving(self, call: Call[Any], identity: Identity, left: float) -> Leaving:
        date = self._engine.http.date
        lease = left * 1.1 + 2 * _SLACK
        intent = Intent(
            call=call,
            lease=lease,
            skew=None if date is None else Skew.told_by(date),
            takes_own_id=call.own_id is not None and self._ledger.ids.are_taken_over(identity.session),
        )
        return Leaving(since=self._engine.options.clock.now(), lease=lease, intent=intent.dump(identity.file))

    # What became of it

    async def _sent(self, call: Call[Any], held: Held, result: object) -> None:
        target = held.target
        found = None if target is None else target.key(result)
        claim = None if target is None or not found else f"{target.scope} {found}"
        text = result_text(result, call)
        details = None if text is None else f'{{"result":{text}}}'
        record = held.record
        query = Query(record.key, claims=() if claim is None else (claim,))

        async def write() -> None:
            done = await self._outbox.store.update(
                query, lambda view: rules.finish(view, record, claim=claim, details=details)
            )
            if not done:
                logger.warning("%s: another process has recorded another outcome for its key meanwhile", call.name)

        held.is_over = True
        await self._written(call, write)

    async def _failed(self, call: Call[Any], held: Held, error: WasendError) -> None:
        if isinstance(error, OutcomeUnknownError):
            self._looking(error)
        if held.is_over:
            return
        if error.outcome == "sent":
            await self._sent(call, held, None)
        elif error.outcome == "not_sent":
            await self._refused(call, held, refusal_text(error) if _is_final(error) else None)
        # Else it stays as it is: once its time is over, whoever comes next settles it.

    def _looking(self, error: OutcomeUnknownError) -> OutcomeUnknownError:
        """An error, which says whether the next call with its key looks for it, and when that would find it."""
        if self._outbox.on_unknown == "look":
            error.looked_for_again, error.retry_after = True, self._outbox.visible_within
        return error

    async def _refused(self, call: Call[Any], held: Held, details: str | None) -> None:
        record = held.record

        async def write() -> None:
            await self._outbox.store.update(Query(record.key), lambda view: rules.refuse(view, record, details=details))

        held.is_over = True
        await self._written(call, write, for_ever=True)

    def _interrupted(self, call: Call[Any], held: Held) -> None:
        if held.is_over or held.may_have_left:
            return
        record = held.record

        async def write() -> None:
            await self._outbox.store.update(Query(record.key), lambda view: rules.refuse(view, record, details=None))

        self._engine.http.detach(self._until_written(call.name, write, for_ever=True))

    def _abandon(self, key: str, holder: Holder, turn: int) -> None:
        async def write() -> None:
            await self._outbox.store.update(Query(key), lambda view: rules.abandon(view, holder.id, turn))

        # Where the store is gone there may be many: this holder knows by itself that they are over.
        if len(self._abandoned) < _FEW:
            task = self._engine.http.detach(self._until_written("a claim", write, for_ever=True))
            self._abandoned.add(task)
            task.add_done_callback(self._abandoned.discard)

    async def _written(self, call: Call[Any], write: Callable[[], Awaitable[None]], *, for_ever: bool = False) -> None:
        """Write down an outcome: whatever fails in that, and whoever is cancelled, the outcome stands."""
        try:
            async with asyncio.timeout(_NOTED):
                await write()
        except Exception as error:  # noqa: BLE001 - the outcome matters more
            _tell(call.name, error)
        except BaseException:
            self._engine.http.detach(self._until_written(call.name, write, for_ever=for_ever))
            raise
        else:
            return
        self._engine.http.detach(self._until_written(call.name, write, for_ever=for_ever))

    async def _until_written(self, name: str, write: Callable[[], Awaitable[None]], *, for_ever: bool) -> None:
        """Write it down as soon as that can be; `for_ever` where a process that is alive holds its key until then."""
        for seconds in itertools.chain((0.0, *_TRIES), itertools.repeat(_LAST_TRY) if for_ever else ()):
            await asyncio.sleep(seconds)
            try:
                await write()
            except Exception as error:  # noqa: BLE001 - tried again
                _tell(name, error)
            else:
                return

    # Others

    async def _tell_wait(self, call: Call[Any]) -> bool:
        options = self._engine.options
        logger.info("%s: another call with its key is under way; it waits until that one has ended", call.name)
        await tell(options.on_wait, wait_of("outbox", 0.0, options.clock.now()))
        return True

    def _forget_some(self) -> None:
        if next(self._outbox.claims) % _EVERY == 0:
            self._engine.http.detach(self._forget())

    async def _forget(self) -> None:
        try:
            await self._outbox.store.forget(self._outbox.keep, 2 * _EVERY)
        except Exception as error:  # noqa: BLE001 - another time
            _tell("forgetting old keys", error)


class LeavingMiddleware:
    """
    Within all that a call waits for: has it wait while an identical one is being settled, and settles it where it was
    not answered.

    Args:
        outbox: The outbox.
        engine: By which to look: the client's, without middleware.
    """

    def __init__(self, outbox: Outbox, engine: Engine) -> None:
        self._recovery = Recovery(outbox, engine)

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call."""
        held = _held.get() if call.key is not None else None
        if held is None:
            return await call_next()
        pause = _PAUSES[0]
        while True:
            try:
                return await call_next()
            except _NotYetError:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _PAUSES[1])
            except OutcomeUnknownError as error:
                error.identity = owner_of(held.record)
                found = await self._settled(held, error)
                if found is None:
                    raise
                return result_of(found, call)

    async def _settled(self, held: Held, error: OutcomeUnknownError) -> str | None:
        try:
            record = await self._recovery.settle(held.record, error=error)
        except WasendError as failure:
            logger.warning("%s was not settled: %s", error.call.name, failure)
            return None
        if record is None:
            return None
        held.is_over = True
        return _detail(record, "result") if record.state == "sent" else None


def _fingerprints(target: Target | None, identity: Identity) -> tuple[int, ...]:
    """Those of the calls that it is identical to; its own, by the name that it has for its chat, comes first."""
    if target is None:
        return (number_of(identity.digest.hex()),)
    names, send = target.fingerprints, identity.send
    own = names[0] if send is None else send.fingerprint_in(send.chat)
    return tuple(map(number_of, dict.fromkeys((own, *names))))


def _detail(record: Record, name: str) -> str | None:
    details = json.loads(record.details or "{}")
    return json.dumps(details[name]) if details.get(name) is not None else None


def _unknown(call: Call[Any], record: Record) -> OutcomeUnknownError:
    details = json.loads(record.details or "{}")
    reason = details.get("reason", "it was not answered")
    since = datetime.fromtimestamp(record.since or 0.0, UTC)
    text = f"{call.name}: nobody knows whether it was carried out by an earlier call with its key: {reason}"
    error = OutcomeUnknownError(f"{text}; see client.outbox.recover() and resolve()", call=call, since=since)
    error.settlement = Settlement("unknown", reason=reason)
    error.left_earlier = True
    error.identity = owner_of(record)
    return error


def _is_final(error: WasendError) -> bool:
    """Whether trying again cannot help, whatever changes but the call itself."""
    return (
        isinstance(error, APIStatusError)
        and error.status in _REFUSALS
        and not error.retryable
        and not isinstance(error, SessionNotReadyError)
    )


def _tell(name: str, error: BaseException) -> None:
    told = error if isinstance(error, WasendError) else type(error).__name__
    logger.warning("%s: the outbox has not recorded its outcome: %s", name, told)
