"""What a client does around its sends: the rules that it was given, in the order in which they make sense."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from .._core.call import Call
from .._core.engine import Engine, Middleware

if TYPE_CHECKING:
    from .breaker import Breaker
    from .pacing import Pacer, Pacing
    from .resolving import Resolver
    from .sends import Send
    from .suppression import Suppression

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Rules:
    """
    The rules of a client; each is left out where it is not set.

    Attributes:
        settle: Whether a send that is not answered is looked for before its error is raised.
        pacer: Who says when a send may go out.
        kind: What kind of sends they are, for the pacer and the breaker; `None` where nobody said.
        breaker: Who holds sends back when WhatsApp, or the service, is against them.
        suppression: Whom nothing is sent to.
        ready: Seconds that a send waits for a session that is STARTING; `None` for not at all.
        resolver: Gives who knows which form of a number is on WhatsApp; made when it is first asked.
    """

    settle: bool = False
    pacer: Pacer | None = None
    kind: str | Pacing | None = None
    breaker: Breaker | None = None
    suppression: Suppression | None = None
    ready: float | None = None
    resolver: Callable[[], Resolver]


class RulesAround:
    """
    The rules around a client's calls: a `Middleware`. They are made at the first call that they may concern.

    Args:
        rules: Which.
        engine: By which they look at the service: the client's, without rules.
    """

    def __init__(self, rules: Rules, engine: Engine) -> None:
        self._rules = rules
        self._engine = engine

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call by the rules."""
        if call.method == "GET" and self._rules.breaker is None:
            return await call_next()
        for rule in reversed(self._chain):
            call_next = functools.partial(rule, call, call_next)
        return await call_next()

    @functools.cached_property
    def _chain(self) -> tuple[Middleware, ...]:
        from .settle import SettleRule

        rules = self._rules
        chain: list[Middleware] = [*self._asking(learns=rules.pacer is None)]
        if rules.ready is not None:
            from .waiting import ReadyRule

            chain.append(ReadyRule(self._engine, rules.ready))
        if rules.pacer is not None:
            # Asked again behind the wait: meanwhile somebody may have left, or the breaker opened.
            chain += [_PacingRule(rules.pacer, rules.kind), *self._asking(learns=True)]
        # The innermost: a send that waits is not under way, and the breaker hears of what became of it.
        return (*chain, SettleRule(self._engine, enabled=rules.settle))

    def _asking(self, *, learns: bool) -> list[Middleware]:
        asking: list[Middleware] = []
        if self._rules.suppression is not None:
            from .suppression import SuppressionRule

            asking.append(SuppressionRule(self._rules.suppression))
        if self._rules.breaker is not None:
            from .breaker import BreakerRule

            asking.append(BreakerRule(self._rules.breaker, is_new=self._is_new, learns=learns))
        return asking

    def _is_new(self, send: Send) -> bool | None:
        del send
        kind = self._rules.kind
        name = kind if isinstance(kind, str) or kind is None else kind.name
        return None if name is None else name == "cold"


@attrs.frozen
class _PacingRule:
    """A send waits for its turn. One that quotes a message is a reply, unless somebody said what it is."""

    pacer: Pacer
    kind: str | Pacing | None

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        from .sends import send_of

        send = send_of(call)
        if send is None:
            return await call_next()
        body: dict[str, Any] = dict(call.body or {})
        kind = self.kind if self.kind is not None else "reply" if body.get("replyTo") else "known"
        async with self.pacer.turn(send.session, send.to, kind):
            return await call_next()
