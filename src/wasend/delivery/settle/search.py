"""
What became of a write that was not answered: it is looked for, and never made again.

A message is looked for in its chat, a session by its name, a group by its subject; only what came into being since the
write began counts, by the service's clock, which is known from its ``Date`` headers. The ledger makes sure that nothing
found is taken for two writes. Where nothing is found, nobody knows: the request may still be on its way, or may never
have arrived.

An earlier program may have been answered for what is found, and the ledger cannot know: so what is not certainly
younger than the ledger is left, unless the caller says which messages are others'.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, Protocol, TypeGuard

import attrs

from ..._core.call import Call
from ..._core.engine import Engine
from ..._core.retry import may_repeat
from ...errors import ClientClosedError, NotFoundError, OutcomeUnknownError, WasendError
from ..normalize import message_key
from ..notifications import Subscriber, notifications_of, own_message_topic
from ..reader import ServiceReader
from ..sends import send_of
from .created import NewGroup, NewSession
from .ledger import Ledger, Search, ledger_of
from .messages import SentMessage
from .target import Findings, Match, Seen, Target, Written
from .times import MARGIN, Bounds, Skew

logger: Final = logging.getLogger("wasend")

WINDOW: Final = 10.0
"""Seconds for which a write is looked for."""
_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 2.0
_TRIES: Final = 3
"""Looks that are made at least where reading back fails in a way that may pass; none but the first without a window."""


@attrs.frozen
class Settlement:
    """
    What became of a write that was not answered.

    Attributes:
        outcome: ``"sent"``: it was carried out. ``"unknown"``: it was not found, or could not be looked for.
        result: What it created, as an answer would have told it; `None` where unknown.
        seen: What was read back: the messages that the session has sent to the chat since then, the sessions of that
            name, the groups of that subject.
        reason: Why it is unknown, or how it was found.
        is_exact: Whether it is known by the id that the message was given (``message_ids="try"``), and not by what the
            chat says. Where it is unknown all the same, no message of that id was there yet.
    """

    outcome: Literal["sent", "unknown"]
    result: Written | None = attrs.field(default=None, repr=False)
    seen: Seen = attrs.field(default=(), repr=False)
    reason: str = ""
    is_exact: bool = False


async def settle(
    engine: Engine, error: OutcomeUnknownError, *, window: float = WINDOW, exclude_ids: Iterable[str] | None = None
) -> Settlement:
    """
    Find out what became of a write that was not answered. Nothing is written.

    Args:
        engine: By which to look; its middleware does not apply.
        error: What the write raised. It keeps the answer, as its ``settlement``; settling it again, once it is found,
            gives the same.
        window: Seconds for which to look again where it is not found.
        exclude_ids: The ids of all messages that are known to be others', as far as an earlier program knew; `None`
            where the caller does not know.

    Returns:
        What was found, or why nothing was. A service that cannot be read back is such a reason.

    Raises:
        ClientClosedError: The client is closed.
    """
    ledger = ledger_of(engine)
    target = target_of(error.call, ledger)
    if _is_sent(error.settlement):
        return error.settlement
    if target is None:
        reason = f"what {error.call.name} does cannot be looked up"
        if error.call.body is None:  # as of an error that was made anew of its `args`
            reason = f"what {error.call.name} has sent is not known here; describe it to settle_send"
        settlement = Settlement("unknown", reason=reason)
    else:
        lost = Lost(
            target,
            error.since.timestamp(),
            owner=error.identity,
            exclude=None if exclude_ids is None else frozenset(exclude_ids),
            error=error,
        )
        settlement = await search(engine, ledger, lost, window)
    if _is_sent(error.settlement):  # somebody else has found it meanwhile
        return error.settlement
    error.settlement = settlement
    logger.info("%s was not answered; settled as %s: %s", error.call.name, settlement.outcome, settlement.reason)
    return settlement


async def settle_call(
    engine: Engine, call: Call[Any], *, since: float, exclude_ids: Iterable[str], window: float
) -> Settlement:
    """
    Find out what became of a send of which only a description is left. Nothing is written.

    Args:
        engine: By which to look; its middleware does not apply.
        call: The send, as it was or would be made.
        since: When it was made at the earliest, in seconds since the epoch by the client's clock.
        exclude_ids: The ids of messages that are known to be others'.
        window: Seconds for which to look again where it is not found.

    Raises:
        ClientClosedError: The client is closed.
    """
    ledger = ledger_of(engine)
    target = target_of(call, ledger)
    assert target is not None  # noqa: S101 - every call that is described is a send
    lost = Lost(
        target, since, owner=f"{target.fingerprints[0]} {since}", exclude=frozenset(exclude_ids), described=True
    )
    settlement = await search(engine, ledger, lost, window)
    logger.info("a send by %s was settled as %s: %s", call.name, settlement.outcome, settlement.reason)
    return settlement


def target_of(call: Call[Any], ledger: Ledger) -> Target | None:
    """What a call brings into being; `None` where that cannot be looked for."""
    send = send_of(call)
    if send is not None:
        if send.type == "other" or not send.session or len(send.recipients) > 1:
            return None  # what it looks like in the chat is not known
        return SentMessage(send, call.body or {}, ledger.names, ledger.ids, call.own_id)
    if call.method == "POST" and call.body is not None:
        if call.route == "/sessions" and isinstance(name := call.body.get("sessionName"), str):
            return NewSession(name, call.body)
        if call.route == "/{session}/groups" and isinstance(name := call.body.get("name"), str):
            return NewGroup(name, call.path_params["session"])
    return None


@attrs.frozen
class Lost:
    """
    A write whose outcome is not known.

    Attributes:
        target: What it would have brought into being.
        since: When it was made, in seconds since the epoch by the client's clock.
        owner: Its identity, for the ledger.
        exclude: The ids of what is known to be others'; `None` where nobody has said.
        described: Whether only a description of it is left.
        error: What it raised, where that is known: another search may settle it.
        skew: How far the service's clock was ahead of the one that `since` is by; `None` where nobody has noted it.
        accounts: Who else knows which message belongs to which send.
        read_from: From when others' messages may be, of which that is known, in seconds since the epoch.
        longest_pause: Seconds to which the pauses between two looks grow.
    """

    target: Target
    since: float
    owner: str
    exclude: frozenset[str] | None = None
    described: bool = False
    error: OutcomeUnknownError | None = None
    skew: Skew | None = None
    accounts: Accounts | None = None
    read_from: float = math.inf
    longest_pause: float = LONGEST_PAUSE


class Accounts(Protocol):
    """Knows of other processes' sends, and is given the findings of each look."""

    async def unowned(self, findings: Findings) -> Sequence[Match]:
        """Those of the matches that belong to no other send, nor may."""
        ...

    def looked(self, findings: Findings | None, failure: WasendError | None, *, everywhere: bool) -> None:
        """
        Take the findings of a look.

        Args:
            findings: What was there; `None` where reading failed.
            failure: How.
            everywhere: Whether it was looked for under every name that the service has for its chat.
        """
        ...


async def search(engine: Engine, ledger: Ledger, lost: Lost, window: float) -> Settlement:
    """Look for a write again and again, until it is found or the time is over."""
    turn = await ledger.begin_search(lost.target.fingerprints)
    try:
        whose = Search(since=lost.since, owner=lost.owner, described=lost.described)
        with notifications_of(engine).subscribed(own_message_topic(lost.target.scope)) as subscriber:
            return await _Searching(engine, ledger, lost, whose, subscriber).result(window)
    finally:
        ledger.end_search(turn)


class _Searching:
    def __init__(self, engine: Engine, ledger: Ledger, lost: Lost, whose: Search, subscriber: Subscriber) -> None:
        self._engine = engine
        self._subscriber = subscriber
        self._ledger = ledger
        self._lost = lost
        self._whose = whose
        self._target = lost.target
        self._excluded = frozenset(message_key(one) or one for one in lost.exclude or ())
        self._oldest = lost.since
        self._reader = ServiceReader(attrs.evolve(engine, middleware=()))

    async def result(self, window: float) -> Settlement:
        clock = self._engine.options.clock
        end = clock.monotonic() + window
        pause = _PAUSE
        failed = 0
        seen: Seen = ()
        exact = False
        narrow, everywhere = True, False
        while True:
            if self._lost.error is not None and _is_sent(settled := self._lost.error.settlement):
                return settled
            if not self._ledger.remembers_since(self._lost.since):
                return Settlement(
                    "unknown", reason="it is too long ago: what was sent since then is not all remembered"
                )
            looked_at = clock.monotonic()
            findings: Findings | None = None
            failed_by: WasendError | None = None
            try:
                findings = await self._target.find(self._reader, self._bounds)
            except ClientClosedError:
                raise
            except WasendError as failure:
                failed_by = failure
                reason = f"reading back failed ({type(failure).__name__}: {failure})"
                final = not may_repeat(failure, repeatable=True)
                failed += 1
                elsewhere = isinstance(failure, NotFoundError)
            else:
                final, failed = False, _TRIES
                seen, exact = findings.seen, findings.is_exact
                elsewhere = not findings.unclear
                match = await self._claim(findings)
                if match is not None:
                    how = "it was found by the id that was given to it" if exact else "it was found by reading back"
                    return Settlement("sent", match.result, seen, how, exact)
                reason = self._why(findings)
            if narrow and elsewhere:
                narrow, wider = await self._widen()
                if wider is not None:
                    everywhere = True
                if wider:
                    continue
            if self._lost.accounts is not None:
                self._lost.accounts.looked(findings, failed_by, everywhere=everywhere)
            if final or (looked_at >= end and (failed >= _TRIES or window <= 0)):
                return Settlement("unknown", None, seen, reason, exact)
            # The last look is no older than the end, however long those before it have taken.
            left = end - clock.monotonic()
            await self._subscriber.wait(clock, min(pause, left) if left > 0 or failed >= _TRIES else pause)
            pause = min(2 * pause, self._lost.longest_pause)

    async def _widen(self) -> tuple[bool, bool | None]:
        """Look in more places from now on: whether to ask for them again, and whether there are any, if known."""
        try:
            target = await self._target.widened(self._reader)
        except ClientClosedError:
            raise
        except WasendError as failure:
            return may_repeat(failure, repeatable=True), None
        self._target = target or self._target
        return False, target is not None

    async def _claim(self, findings: Findings) -> Match | None:
        scope, accounts = self._target.scope, self._lost.accounts
        if findings.is_exact:
            for match in findings.matches:
                self._ledger.claim_own(self._whose, self._target.fingerprints, (scope, match.key))
                return match
            return None
        matches = findings.matches if accounts is None else await accounts.unowned(findings)
        by_claim = {(scope, match.key): match for match in matches if match.key not in self._excluded}
        read = {(scope, key) for key in findings.keys}
        whose = attrs.evolve(self._whose, since=self._oldest)
        claimed = self._ledger.claim_one(whose, self._target.fingerprints, list(by_claim), read)
        return None if claimed is None else by_claim[claimed]

    def _why(self, findings: Findings) -> str:
        if findings.is_exact:
            return f"no message with the id that was given to it is there ({len(findings.seen)} looked at)"
        if self._ledger.is_in_flight(self._target.fingerprints):
            return "an identical send is still in flight, and what is there may be its message"
        if findings.doubtful and not findings.matches:
            return f"it may be there ({len(findings.doubtful)} would match), but its time, sender or id is not certain"
        if findings.unclear and not findings.matches:
            return (
                f"it may be there ({len(findings.unclear)} would match), but that may be another file, or have been"
                " sent before this client was made; say which messages are others' (exclude_ids) if you know"
            )
        return f"it was not found by reading back ({len(findings.seen)} looked at; those of other sends do not count)"

    def _bounds(self) -> Bounds:
        lost = self._lost
        vouched = lost.exclude is not None  # by who says what came before
        skew = lost.skew or Skew.told_by(self._engine.http.date)
        # What matches may be as much older than the send as it is not known how far the clocks are apart.
        self._oldest = min(self._oldest, lost.since - skew.spread)
        return Bounds.of(
            lost.since,
            skew,
            margin=0.0 if lost.described else MARGIN - 1,
            read_from=min(lost.since, lost.read_from, self._ledger.oldest(self._target.fingerprints, self._oldest)),
            known_since=-math.inf if vouched else self._ledger.known_since,
        )


def _is_sent(settlement: Settlement | None) -> TypeGuard[Settlement]:
    return settlement is not None and settlement.outcome == "sent"
