"""The async client: settings, all calls, and the end of its connections."""

from __future__ import annotations

import copy
import functools
import logging
import os
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar

import attrs
import httpx

from . import delivery, outbox
from ._bound import AsyncBoundSession
from ._compat import Aliases
from ._core.bounds import MAX_ANSWER_BYTES
from ._core.checks import idempotency_key
from ._core.clock import SYSTEM_CLOCK, Clock
from ._core.engine import Engine, OwnIds
from ._core.http import Http
from ._core.options import Options, Timeout, clean_key, is_exposed
from ._core.pool import Network
from ._core.response import Response, recorded
from ._core.retry import DEFAULT_RETRY, Retry, RetryHook
from ._core.secret import Secret
from ._core.waits import Wait
from ._signatures import AsyncSignatures
from .api.account import AccountCalls
from .api.chats import ChatCalls
from .api.contacts import ContactCalls
from .api.downloads import DownloadCalls
from .api.groups import GroupCalls
from .api.messages import MessageCalls
from .api.request import RequestCalls
from .api.service import ERROR_RULES
from .api.sessions import SessionCalls, SessionRef, session_ref
from .delivery.calls import DeliveryCalls
from .delivery.middleware import DeliveryMiddleware, DeliverySettings
from .errors import ConfigurationError
from .linking.calls import LinkCalls
from .outbox.calls import OutboxAccess
from .webhooks.calls import ReceivingCalls

if TYPE_CHECKING:
    from .delivery.breaker import Breaker
    from .delivery.pacing import Pacer, Pacing
    from .delivery.rate_limit import RateLimiter
    from .delivery.resolving import Resolver
    from .outbox import Outbox

T = TypeVar("T")

_HOOKS: Final = {"on_response": "Response", "on_wait": "Wait"}

logger: Final = logging.getLogger("wasend")


class AsyncWasendClient(
    AsyncSignatures,
    SessionCalls,
    MessageCalls,
    GroupCalls,
    ContactCalls,
    ChatCalls,
    DownloadCalls,
    AccountCalls,
    DeliveryCalls,
    LinkCalls,
    OutboxAccess,
    ReceivingCalls,
    RequestCalls,
    Aliases,
):
    """
    The service, as methods: sessions, messages, groups, contacts, chats and the account.

    Example:
        ```python
        import asyncio
        from wasend import AsyncWasendClient


        async def main() -> None:
            async with AsyncWasendClient(api_key="...") as client:
                message = await client.send_text(session="ses_7f3a91c2", to="+447700900456", text="See you at 10")
                print(message.id)


        asyncio.run(main())
        ```

    One client serves many callers at once, and goes on working after a fork.
    """

    _is_view = False

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        session: SessionRef | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
        prefer: Literal["sdk", "docs"] = "sdk",
        http_client: httpx.AsyncClient | None = None,
        transport: Literal["httpx", "aiohttp"] = "httpx",
        proxy: str | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        on_response: Callable[[Response], object] | None = None,
        on_wait: Callable[[Wait], object] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        settle: bool = False,
        pacing: delivery.Pacer | delivery.Pacing | None = None,
        breaker: delivery.Breaker | bool = False,
        rate_limit: str | delivery.RateLimiter | None = None,
        suppression: delivery.Suppression | None = None,
        ready: float | None = None,
        resolver: delivery.Resolver | None = None,
        outbox: outbox.Outbox | None = None,
        message_ids: Literal["try"] | None = None,
        strict: bool = False,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        """
        Make a client. It opens no connection before its first call.

        Args:
            api_key: The key; by default ``WASEND_API_KEY`` from the environment.
            base_url: Where the service is; by default ``WASEND_BASE_URL``, else ``https://api.wasend.dev``.
            session: The session that ``client.session()`` is for: its ``uniqueSessionId``, or a `Session`; by default
                ``WASEND_SESSION``. Calls of the client itself name their session all the same: one that was forgotten
                is an error for type checkers, too.
            timeout: Seconds to wait for each answer, or a `Timeout`; by default ``WASEND_TIMEOUT``, else 30 s, and 90
                s for sends.
            retry: When a failed request is made again: a `Retry`, `None` for never, or a function ``(error, attempt)``
                that answers no, yes, or in how many seconds. By default twice at most (``WASEND_MAX_RETRIES``).
                Whatever is set, a write that may have reached the service is not repeated.
            prefer: Whose route to try first where the official SDK and the documentation name different ones.
            http_client: A ready `httpx.AsyncClient`, for a proxy, TLS settings, HTTP/2 or another transport. It stays
                the caller's to close.
            transport: What makes the connections. ``"aiohttp"``, of the extra of that name, takes less time where many
                calls are made at once; it knows no SOCKS proxy.
            proxy: The proxy for every connection, such as ``"http://proxy:3128"``; by default what the environment
                names (``HTTPS_PROXY``, ``ALL_PROXY``).
            verify: Whether to verify the service's certificate; or whom to trust: the path of a file or folder of
                certificates, or an `ssl.SSLContext`.
            on_response: Told of every answer, of each attempt: its status, its headers and the id that the service gave
                it. A function or a coroutine function; what it raises is logged.
            on_wait: Told of every wait before it begins, with its reason and its end: a `Wait` for a retry, for the
                rate limit, for a send's turn, or for its session. A function or a coroutine function; what it raises is
                logged.
            clock: Where time comes from; tests may give another, such as `wasend.sandbox.Clock`.
            settle: Whether a send, `create_session` or `create_group` that is not answered is looked for, for up to 10
                s, before its error is raised: where it is found, it becomes an ordinary result. See `settle`.
            pacing: When each send may go out: a `Pacer`, or a `Pacing` for all of them. Sends wait for their turn.
            breaker: A `Breaker`, or `True` for one of its own: it holds sends back when WhatsApp restricts the number,
                its session fails, or failures follow each other. They raise `BreakerOpenError`.
            rate_limit: ``"20/m"``, ``"5/10s"``: how many requests to make in that time; or a `RateLimiter` that several
                clients of one key share, or several processes by its store. A 429 on one task holds the others back as
                well, with a limit or without.
            suppression: A `Suppression` list: sends to whom it names raise `SuppressedRecipientError`.
            ready: Seconds that a send waits for a session that is STARTING; by default it raises at once.
            resolver: A `Resolver` for `resolve`, such as one whose store outlives the process; by default one of its
                own.
            outbox: An `Outbox`, in which calls with a ``key`` are kept: each is made once, whatever fails, by however
                many tasks and processes.
            message_ids: ``"try"``: give each message an id of our own making. Where the service takes it over, what
                became of a message that was not answered can be told exactly; where it does not, nothing is lost.
            strict: Whether a value that does not fit its field is a `DecodeError`, for tests of what a service answers.
                By default the field is left empty, and the value is kept in ``extra`` and named in ``unread``.
            max_answer_bytes: The most bytes that an answer, or a file that `download` fetches, may have; by default 64
                MiB. Reading one takes at most three times that much memory, whatever is in it.

        Raises:
            ConfigurationError: There is no key, or a setting is not valid.
        """
        key, api_key = Secret.of(api_key), None  # no variable holds it in the clear
        options = Options.resolve(
            api_key=key,
            base_url=base_url,
            session=None if session is None else session_ref(session),
            timeout=timeout,
            retry=retry,
            prefer=prefer,
            clock=clock,
            strict=strict,
            max_answer_bytes=max_answer_bytes,
        )
        if is_exposed(options.base_url):
            logger.warning("base_url is plain http: whoever is on the way can read the API key and every message")
        if http_client is not None and (proxy is not None or verify is not True):
            name = "verify" if proxy is None else "proxy"
            raise ConfigurationError(f"{name}: an http_client has its own; pass one of the two")
        http = Http(options.base_url, http_client, transport, Network(proxy, verify))
        options = attrs.evolve(
            options, on_response=_hook("on_response", on_response), on_wait=_hook("on_wait", on_wait)
        )
        self._engine = Engine(options, http, _limiter(rate_limit, options), ERROR_RULES)
        self._follow(
            DeliverySettings(
                settle=settle,
                pacer=_pacer(pacing, clock),
                breaker=_breaker(breaker, clock),
                suppression=suppression,
                ready=ready,
                outbox=_outbox(outbox),
                message_ids=_message_ids(message_ids),
                resolver=functools.cache(functools.partial(_resolver, resolver, clock)),
            )
        )

    def _follow(self, settings: DeliverySettings) -> None:
        self._delivery = settings
        engine = attrs.evolve(self._engine, middleware=(), own_ids=None)
        middleware = (DeliveryMiddleware(settings, engine),)
        own_ids = None if settings.message_ids is None else _own_ids(engine)
        self._engine = attrs.evolve(engine, middleware=middleware, own_ids=own_ids)

    def with_options(
        self,
        *,
        api_key: str | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
        settle: bool | None = None,
        kind: str | delivery.Pacing | None = None,
        zone: str | None = None,
        turn_timeout: float | None = None,
        reservation: str | None = None,
        key: str | None = None,
        on_response: Callable[[Response], object] | None = None,
        on_wait: Callable[[Wait], object] | None = None,
    ) -> Self:
        """
        Get a view of this client with other settings. It shares the client's connections, which only the client closes.

        It is of the client's own class, and has the same attributes. Closing a view does nothing; closing the client
        closes its views.

        Args:
            api_key: Another key, if given.
            timeout: Other times to wait, if given: seconds, or a `Timeout`.
            retry: Another rule for repeating, if given.
            settle: Whether to look for what is not answered, if given.
            kind: What kind of sends they are, for pacing and breaker: ``"reply"``, ``"known"``, ``"cold"``, a kind of
                your own, or a `Pacing`.
            zone: The recipients' time zone, for quiet hours, such as ``"America/New_York"``.
            turn_timeout: Seconds that a send waits for its turn at most: it raises `TurnTimeoutError` as soon as it is
                known that its pacing makes it wait for longer. 0: now or not at all.
            reservation: The token of a moment that was kept for the next send, see `Pacer.reserve`.
            key: The ``key`` of the view's call that must not be made twice, such as a send, if that names none: the id
                of a task, for example. It is for one: another one is refused, by an `IdempotencyConflictError`.
            on_response: Told of every answer to the view, in place of the client's own hook, if given.
            on_wait: Told of every wait of the view's calls, in place of the client's own hook, if given.

        Raises:
            ConfigurationError: A setting is not valid.
        """
        secret, api_key = Secret.of(api_key), None
        now = self._engine.options
        changed = attrs.evolve(
            now,
            api_key=now.key if secret is None else clean_key(secret),
            timeout=now.timeout if timeout is None else Timeout.of(timeout),
            retry=now.retry if retry is DEFAULT_RETRY else Retry.of(retry),
            on_response=_hook("on_response", on_response) or now.on_response,
            on_wait=_hook("on_wait", on_wait) or now.on_wait,
        )
        view = copy.copy(self)
        view._is_view = True
        limiter = self._engine.limiter if secret is None else _limiter(None, changed)
        own_key = self._engine.key if key is None else idempotency_key(key)
        view._engine = attrs.evolve(self._engine, options=changed, limiter=limiter, key=own_key)
        settings = self._delivery
        if reservation is not None and settings.pacer is None:
            raise ConfigurationError("reservation: this client has no pacing; create it with pacing=Pacer()")
        if key is not None and settings.outbox is None:
            raise ConfigurationError("key: this client has no outbox; create it with outbox=Outbox('outbox.db')")
        view._follow(
            attrs.evolve(
                settings,
                settle=settings.settle if settle is None else settle,
                kind=settings.kind if kind is None else kind,
                zone=settings.zone if zone is None else zone,
                turn_timeout=settings.turn_timeout if turn_timeout is None else turn_timeout,
                reservation=settings.reservation if reservation is None else reservation,
            )
        )
        return view

    def session(self, session: SessionRef | None = None) -> AsyncBoundSession:
        """
        Get a view of this client for one session, whose calls need not name it.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`; by default the ``session`` that the client was made with,
                else ``WASEND_SESSION`` as it was in the environment then.

        Raises:
            ConfigurationError: It is not given, and there is no default.
        """
        session = self._engine.options.session if session is None else session
        if session is None:
            remedy = "pass client.session('ses_...'), make the client with session=, or set WASEND_SESSION"
            raise ConfigurationError(f"session: missing; {remedy}")
        return AsyncBoundSession(self, session_ref(session))

    def record_responses(self) -> AbstractContextManager[list[Response]]:
        """
        Keep the head of every answer that the calls in a block get: status, headers and request id.

        Example:
            ```python
            from wasend import AsyncWasendClient, Message


            async def send(client: AsyncWasendClient) -> Message:
                with client.record_responses() as responses:
                    message = await client.send_text(session="ses_1", to="+447700900456", text="Hi")
                print(responses[-1].status, responses[-1].request_id)
                return message
            ```

        Returns:
            A context manager that gives the list: one `Response` for each attempt, the last one's at its end. Calls of
            this task, thread or context are recorded, by whichever client they are made.
        """
        return recorded()

    def retrieve_config(self) -> Options:
        """Get the settings in force; printing them does not show the key."""
        return self._engine.options

    async def aclose(self) -> None:
        """Close the connections. Calls in progress fail with `ClientClosedError`, and so do later ones."""
        if not self._is_view:
            await self._engine.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if "_engine" not in self.__dict__:  # a traceback shows one that could not be made, too
            return f"<{type(self).__name__} that is not made yet>"
        return f"{type(self).__name__}(base_url={self._engine.options.base_url!r}, api_key='***')"


def _hook(name: str, function: Callable[[T], object] | None) -> Callable[[T], object] | None:
    if function is not None and not callable(function):
        raise ConfigurationError(f"{name}: expected a function; pass one that takes a {_HOOKS[name]}")
    return function


# The modules of delivery are imported when they are needed: most programs send without them.


def _limiter(rate_limit: str | RateLimiter | None, options: Options) -> RateLimiter:
    from .delivery.rate_limit import RateLimiter

    if isinstance(rate_limit, RateLimiter):
        rate_limit.belong_to(options)
        return rate_limit
    return RateLimiter(rate_limit, clock=options.clock, max_hold=options.retry.max_retry_after)


def _pacer(pacing: Pacer | Pacing | None, clock: Clock) -> Pacer | None:
    if pacing is None:
        return None
    from .delivery.pacing import Pacer, Pacing

    if isinstance(pacing, Pacer):
        return pacing
    if isinstance(pacing, Pacing):
        return Pacer(dict.fromkeys(("reply", "known", "cold"), pacing), clock=clock)
    raise ConfigurationError(f"pacing: {pacing!r} is unknown; pass Pacing.known(), another Pacing, or a Pacer")


def _breaker(breaker: Breaker | bool, clock: Clock) -> Breaker | None:
    if breaker is False or breaker is None:
        return None
    from .delivery.breaker import Breaker

    if isinstance(breaker, Breaker):
        return breaker
    if breaker is True:
        return Breaker(clock=clock)
    raise ConfigurationError(f"breaker: {breaker!r} is unknown; pass True, or a Breaker")


def _outbox(outbox: Outbox | None) -> Outbox | None:
    if outbox is None:
        return None
    from .outbox import Outbox

    if isinstance(outbox, Outbox):
        return outbox
    raise ConfigurationError(f"outbox: expected an Outbox, got {type(outbox).__name__}; pass Outbox('outbox.db')")


def _message_ids(message_ids: Literal["try"] | None) -> Literal["try"] | None:
    if message_ids is None or message_ids == "try":
        return message_ids
    raise ConfigurationError(f"message_ids: {message_ids!r} is unknown; pass 'try', or leave it out")


def _own_ids(engine: Engine) -> OwnIds:
    from .delivery.message_ids import OwnMessageIds

    return OwnMessageIds(engine)


def _resolver(resolver: Resolver | None, clock: Clock) -> Resolver:
    from .delivery.resolving import Resolver

    return Resolver(clock=clock) if resolver is None else resolver
