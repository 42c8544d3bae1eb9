"""What a client does around its sends: the middleware for the delivery options it was given, in the right order."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, TypeVar

import attrs

from .._core.call import Call
from .._core.engine import Engine, Middleware
from ..api.reach import session_of
from ..errors import AccountRestrictedError, InvalidRequestError

if TYPE_CHECKING:
    from ..outbox import Outbox
    from .breaker import Breaker
    from .pacing import Pacer, Pacing
    from .resolving import Resolver
    from .sends import Send
    from .suppression import Suppression

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class DeliverySettings:
    """
    The delivery options of a client; what is not set is left out.

    Attributes:
        settle: Whether a send that is not answered is looked for before its error is raised.
        pacer: Decides when a send may be made.
        kind: What kind of sends they are, for the pacer and the breaker; `None` where the caller did not say.
        zone: The recipients' time zone, for the pacer; `None` where the caller did not say.
        turn_timeout: Seconds that a send waits for its turn at most.
        reservation: The token of the moment that the pacer keeps for the send.
        breaker: Holds sends back once WhatsApp, or the service, refuses them.
        suppression: Whom nothing is sent to.
        ready: Seconds for which a send waits for a session that is STARTING; `None` for not at all.
        outbox: Where calls with a key are kept, so that each is made once.
        message_ids: ``"try"``: give each message an id of our own making, by which it can be found; `None` for not.
        restricted: When WhatsApp last refused a send of a session for what it holds against the number, in seconds
            since the epoch, for who watches the session; shared by the client's views.
        resolver: Returns what finds out which form of a number is on WhatsApp; made when it is first asked for.
    """

    settle: bool = False
    pacer: Pacer | None = None
    kind: str | Pacing | None = None
    zone: str | None = None
    turn_timeout: float | None = None
    reservation: str | None = None
    breaker: Breaker | None = None
    suppression: Suppression | None = None
    ready: float | None = None
    outbox: Outbox | None = None
    message_ids: Literal["try"] | None = None
    resolver: Callable[[], Resolver]
    restricted: dict[str, float] = attrs.field(factory=dict[str, float], eq=False)


class DeliveryMiddleware:
    """
    The delivery options of a client, as one middleware. Its parts are made at the first call that they may concern.

    Args:
        settings: The options.
        engine: By which they read from the service: the client's, without middleware.
    """

    def __init__(self, settings: DeliverySettings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call by the settings."""
        if call.key is not None and self._settings.outbox is None:
            remedy = "give the client one, as in outbox=Outbox('outbox.db'), or leave the key out"
            raise InvalidRequestError("key", "this client has no outbox, which is what keeps keys", remedy)
        if call.method == "GET" and not call.sends and call.unclear is None and self._settings.breaker is None:
            return await call_next()
        for middleware in reversed(self._chain):
            call_next = functools.partial(middleware, call, call_next)
        try:
            return await call_next()
        except AccountRestrictedError:
            self._settings.restricted[session_of(call)] = self._engine.options.clock.now()
            raise

    @functools.cached_property
    def _chain(self) -> tuple[Middleware, ...]:
        from .prelude import PreludeMiddleware
        from .settle import SettleMiddleware

        settings = self._settings
        chain: list[Middleware] = [*self._claims(), *self._checks(learns=settings.pacer is None)]
        if settings.ready is not None:
            from .waiting import ReadyMiddleware

            chain.append(ReadyMiddleware(self._engine, settings.ready))
        if settings.pacer is not None:
            from .pacing.middleware import PacingMiddleware

            # Checked again after the wait: meanwhile somebody may have been suppressed, or the breaker opened.
            paced = PacingMiddleware(
                pacer=settings.pacer,
                kind=settings.kind,
                zone=settings.zone,
                timeout=settings.turn_timeout,
                reservation=settings.reservation,
                on_wait=self._engine.options.on_wait,
            )
            chain += [paced, *self._checks(learns=True)]
        chain.append(PreludeMiddleware(self._engine))
        if settings.outbox is not None:
            from ..outbox.middleware import LeavingMiddleware

            chain.append(LeavingMiddleware(settings.outbox, self._engine))
        # Settling is the innermost: a send that waits is not in flight, and the breaker learns what became of it.
        return (*chain, SettleMiddleware(self._engine, enabled=settings.settle))

    def _claims(self) -> list[Middleware]:
        """Whoever claims a call by its key is the outermost: what refuses or delays the call has not sent it."""
        settings = self._settings
        if settings.outbox is None:
            return []
        from ..outbox.middleware import OutboxMiddleware

        waits = settings.pacer is not None or settings.breaker is not None or settings.ready is not None
        return [OutboxMiddleware(settings.outbox, self._engine, waits=waits)]

    def _checks(self, *, learns: bool) -> list[Middleware]:
        checks: list[Middleware] = []
        if self._settings.suppression is not None:
            from .suppression import SuppressionMiddleware

            checks.append(SuppressionMiddleware(self._settings.suppression))
        if self._settings.breaker is not None:
            from .breaker import BreakerMiddleware

            on_wait = self._engine.options.on_wait
            checks.append(
                BreakerMiddleware(self._settings.breaker, is_new=self._is_new, learns=learns, on_wait=on_wait)
            )
        return checks

    def _is_new(self, send: Send) -> bool | None:
        del send
        kind = self._settings.kind
        name = kind if isinstance(kind, str) or kind is None else kind.name
        return None if name is None else name == "cold"
