"""Around each call: keep the ledger of what is sent and created and, where asked, settle what was not answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import attrs

from ..._core.call import Call
from ..._core.engine import Engine
from ...errors import ClientClosedError, OutcomeUnknownError, WasendError
from .ledger import Ledger, Turn, ledger_of
from .search import WINDOW, settle, target_of
from .target import Target

T = TypeVar("T")


@attrs.frozen
class SettleMiddleware:
    """
    Keeps the ledger and, if it is enabled, looks for what was not answered.

    It is the innermost middleware: a send that waits for its turn in another one is not in flight.

    Attributes:
        engine: By which to look: the client's, without middleware.
        enabled: Whether to look. A lost answer then becomes an ordinary result where the write is found; else the error
            is raised, with its ``settlement``.
        window: Seconds for which to look.
    """

    engine: Engine = attrs.field(repr=False)
    enabled: bool = False
    window: float = WINDOW
    _ledger: Ledger = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda self: ledger_of(cast("SettleMiddleware", self).engine), takes_self=True),
    )

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, and see what became of it."""
        target = target_of(call, self._ledger)
        if target is None:
            return await call_next()
        turn = await self._ledger.begin_send(target.fingerprints)
        if call.own_id is not None:
            self._ledger.ids.give(call.own_id)
        try:
            result = await call_next()
        except OutcomeUnknownError as error:
            self._ledger.end_send(turn)
            if not self.enabled or call.key is not None:  # of a call with a key, the outbox knows more
                raise
            return await self._settled(call, error)
        except BaseException as error:
            in_doubt = not isinstance(error, WasendError) or error.outcome != "not_sent"
            # What has a key will be searched for, if only after the process has ended.
            self._ledger.end_send(turn, in_doubt=in_doubt and call.key is None)
            raise
        self._record(turn, target, result, call.own_id)
        return result

    def _record(self, turn: Turn, target: Target, result: object, own_id: str | None) -> None:
        key = target.key(result)
        if own_id is not None:
            self._ledger.ids.learn(target.scope, own_id, key)
        self._ledger.end_send(turn, claim=(target.scope, key) if key else None, in_doubt=not key, answered=True)

    async def _settled(self, call: Call[T], error: OutcomeUnknownError) -> T:
        try:
            settlement = await settle(self.engine, error, window=self.window)
        except ClientClosedError:
            raise error from None
        if settlement.result is None:
            raise error
        if type(settlement.result) is call.result:
            return settlement.result
        from ..._core.codec import decode_accepted

        return decode_accepted(settlement.result.to_dict(), call.result, (), {})
