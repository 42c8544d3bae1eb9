"""
What became of a write that was not answered: it is looked for, and never made again.

A message is looked for in its chat, a session by its name, a group by its subject; only what came into being since the
write began counts, by the service's clock, which is known from its ``Date`` headers. The ledger makes sure that nothing
found is taken for two writes. Where nothing is found, nobody knows: the request may still be on its way, or may never
have arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

import attrs

from ..._core.call import Call
from ..._core.engine import Engine
from ..._core.retry import may_repeat
from ...errors import ClientClosedError, OutcomeUnknownError, WasendError
from ..reader import ServiceReader
from ..sends import send_of
from .created import NewGroup, NewSession
from .ledger import Claim, Ledger, ledger_of
from .messages import SentMessage
from .target import MARGIN, Match, Seen, Target, Written

logger: Final = logging.getLogger("wasend")

WINDOW: Final = 10.0
"""Seconds for which a write is looked for."""
_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 2.0


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
    """

    outcome: Literal["sent", "unknown"]
    result: Written | None = attrs.field(default=None, repr=False)
    seen: Seen = attrs.field(default=(), repr=False)
    reason: str = ""


async def settle(engine: Engine, error: OutcomeUnknownError, *, window: float = WINDOW) -> Settlement:
    """
    Find out what became of a write that was not answered. Nothing is written.

    It begins when all identical sends of this process that are in flight have ended, and identical sends that have not
    begun wait until it is over.

    Args:
        engine: The client's.
        error: What the write raised. It keeps the answer, as its ``settlement``; settling it again, once it is found,
            gives the same.
        window: Seconds for which to look again where it is not found.

    Returns:
        What was found, or why nothing was. A service that cannot be read back is such a reason.

    Raises:
        ClientClosedError: The client is closed.
    """
    target = target_of(error.call)
    if target is None:
        settlement = Settlement("unknown", reason=f"what {error.call.name} does cannot be looked up")
    else:
        ledger = ledger_of(engine.options)
        identical = await ledger.begin_search(target.fingerprint)
        try:
            settlement = await _Search(engine, ledger, target, error, window).result()
        finally:
            ledger.end_search(identical)
    error.settlement = settlement
    logger.info("%s was not answered; settled as %s: %s", error.call.name, settlement.outcome, settlement.reason)
    return settlement


def target_of(call: Call[Any]) -> Target | None:
    """What a call brings into being; `None` where that cannot be looked for."""
    send = send_of(call)
    if send is not None:
        if send.type == "other" or not send.session:
            return None  # what it looks like in the chat is not known
        return SentMessage(send, call.body or {})
    if call.method == "POST" and call.body is not None:
        if call.route == "/sessions" and isinstance(name := call.body.get("sessionName"), str):
            return NewSession(name, call.body)
        if call.route == "/{session}/groups" and isinstance(name := call.body.get("name"), str):
            return NewGroup(name, call.path_params["session"])
    return None


@attrs.frozen
class _Search:
    """Looking for a write again and again, until it is found or the time is over."""

    engine: Engine
    ledger: Ledger
    target: Target
    error: OutcomeUnknownError
    window: float

    async def result(self) -> Settlement:
        clock = self.engine.options.clock
        reader = ServiceReader(attrs.evolve(self.engine, middleware=()))
        end = clock.monotonic() + self.window
        pause = _PAUSE
        seen: Seen = ()
        while True:
            settled = self.error.settlement
            if settled is not None and settled.outcome == "sent":
                return settled
            if not self.ledger.remembers_since(self.error.since.timestamp()):
                return Settlement(
                    "unknown", reason="it is too long ago: what was sent since then is not all remembered"
                )
            try:
                findings = await self.target.find(reader, self._earliest)
            except ClientClosedError:
                raise
            except WasendError as failure:
                reason = f"reading back failed ({type(failure).__name__}: {failure})"
                if not may_repeat(failure, repeatable=True):
                    return Settlement("unknown", None, seen, reason)
            else:
                seen = findings.seen
                match = self._claim(findings.matches)
                if match is not None:
                    return Settlement("sent", match.result, seen, "it was found by reading back")
                reason = f"it was not found by reading back ({len(seen)} looked at; those of other sends do not count)"
            left = end - clock.monotonic()
            if left <= 0:
                return Settlement("unknown", None, seen, reason)
            await clock.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _claim(self, matches: Sequence[Match]) -> Match | None:
        by_claim: dict[Claim, Match] = {(self.target.scope, match.key): match for match in matches}
        claimed = self.ledger.claim_one(self.target.fingerprint, list(by_claim), since=self.error.since.timestamp())
        return None if claimed is None else by_claim[claimed]

    def _earliest(self) -> float:
        return self.error.since.timestamp() + _seconds_ahead(self.engine.http.date) - MARGIN


def _seconds_ahead(date: tuple[str, float] | None) -> float:
    """By how many seconds the service's clock is ahead of the client's, as far as its answers told."""
    if date is None:
        return 0.0
    header, received_at = date
    try:
        said = parsedate_to_datetime(header)
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() - received_at
    except (ValueError, OverflowError):
        return 0.0
