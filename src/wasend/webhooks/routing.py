"""Which handler an event goes to: the first that matches it, in the order in which they were registered."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Final, Generic, TypeAlias, TypeVar, overload

import attrs

from ..errors import ConfigurationError, InvalidRequestError
from ..recipients import jid
from .context import AsyncContext, Context
from .events import Event
from .facts import chat_of, sender_of, text_of
from .ids import same_chat

E = TypeVar("E", bound=Event)
R = TypeVar("R")

Filter: TypeAlias = Callable[[E], "bool | Awaitable[bool]"]
"""Whether a handler wants an event: a function, or a coroutine function."""


class _Next:
    def __repr__(self) -> str:
        return "NEXT"


NEXT: Final = _Next()
"""What a handler returns so that the next one that matches the event gets it as well."""


@attrs.frozen
class Registers(Generic[E]):
    """What `Router.on` returns: it registers a function, and returns it unchanged."""

    register: Callable[[Callable[..., Any]], None]

    @overload
    def __call__(self, handler: Callable[[E], R], /) -> Callable[[E], R]: ...
    @overload
    def __call__(
        self, handler: Callable[[E, AsyncContext], Awaitable[R]], /
    ) -> Callable[[E, AsyncContext], Awaitable[R]]: ...
    @overload
    def __call__(self, handler: Callable[[E, Context], R], /) -> Callable[[E, Context], R]: ...
    def __call__(self, handler: Callable[..., Any], /) -> Callable[..., Any]:
        """Register a function."""
        self.register(handler)
        return handler


@attrs.frozen(eq=False, kw_only=True)
class Handler:
    """
    A function that handles events.

    Attributes:
        function: It.
        event: The class of the events that it wants.
        filters: What else it wants of them.
        timeout: Seconds that it may take, where that is not the receiver's.
        transaction: Whether it gets the connection of the inbox.
        is_async: Whether it is a coroutine function; any other runs in a thread.
        wants_context: Whether it takes a second argument.
    """

    function: Callable[..., Any]
    event: type[Event]
    filters: tuple[Callable[[Any], Any], ...]
    timeout: float | None
    transaction: bool
    is_async: bool
    wants_context: bool

    async def wants(self, event: Event) -> bool:
        """Whether an event of its class passes its filters."""
        for one in self.filters:
            found = one(event)
            if not (await found if inspect.isawaitable(found) else found):
                return False
        return True

    @property
    def name(self) -> str:
        """What logs and errors call it."""
        return getattr(self.function, "__qualname__", type(self.function).__qualname__)


class Router:
    """
    Handlers, to be included in a receiver or in another router.

    An event goes to the first handler that matches it, and to no other unless that one returns `NEXT`. A router's own
    handlers are tried in the order in which they were registered, then those of its included routers, in the order in
    which those were included.

    Example:
        ```python
        import re

        from wasend.webhooks import AsyncContext, MessageReceived, Router

        orders = Router()


        @orders.on(MessageReceived, text=re.compile(r"(?i)^where is my order"))
        async def where(event: MessageReceived, context: AsyncContext) -> None:
            await context.reply("On its way.")
        ```
    """

    def __init__(self) -> None:
        self._handlers: list[Handler] = []
        self._routers: list[Router] = []

    def on(
        self,
        event: type[E],
        *filters: Filter[E],
        from_: str | Iterable[str] | None = None,
        chat: str | Iterable[str] | None = None,
        session: str | Iterable[str] | None = None,
        text: str | re.Pattern[str] | None = None,
        timeout: float | None = None,
        transaction: bool = False,
    ) -> Registers[E]:
        """
        Register a handler, as a decorator. It may be applied several times to one function.

        A handler gets the event and, where it takes two arguments, a context: a coroutine function an `AsyncContext`,
        any other function, which runs in a thread, a `Context`. It may be called again for the same event, after it
        failed or its process was killed: so it must be idempotent, or use a `transaction`, or an idempotency key such
        as `AsyncContext.key`.

        Args:
            event: Which events: a class of `wasend.webhooks`; `Event` for all of them.
            filters: Functions, or coroutine functions, of the event: each must be true.
            from_: Who wrote it: a phone number or an id, or several of which it is one. In a group that is the
                participant.
            chat: In which chat it is, in the same way.
            session: Of which session it is, or of which of several.
            text: Its text: a string is compared without case and the space around it, a pattern is searched for.
            timeout: Seconds that the handler may take; by default the receiver's.
            transaction: Whether it is called in the transaction in which the inbox records the event as handled, with
                the connection (`sqlite3` or psycopg) as ``context.connection``: what it writes with that is committed
                if and only if the event is handled, once. It is a plain function that begins and ends no transaction,
                and is done within seconds: others wait for it, and `timeout` does not end it. It may be called
                again in the same attempt, after all that it did with the connection was undone.

        Raises:
            ConfigurationError: An argument cannot be used.
        """
        if not (isinstance(event, type) and issubclass(event, Event)):
            raise ConfigurationError(f"event: {event!r} is no class of events; pass MessageReceived, for instance")
        for one in filters:
            if not callable(one):
                raise ConfigurationError(f"filters: {one!r} is no function; pass one that takes the event")
        checked = _checked(from_=from_, chat=chat, session=session, text=text)
        numeric = isinstance(timeout, int | float) and not isinstance(timeout, bool)
        if timeout is not None and not (numeric and 0 < timeout < math.inf):
            raise ConfigurationError(f"timeout: {timeout!r} is not valid; pass seconds, above 0")

        def register(function: Callable[..., Any]) -> None:
            if transaction and _is_async(function):
                name = getattr(function, "__qualname__", repr(function))
                raise ConfigurationError(f"transaction: {name} is a coroutine function; make it a plain one")
            self._handlers.append(
                Handler(
                    function=function,
                    event=event,
                    filters=(*checked, *filters),
                    timeout=timeout,
                    transaction=transaction,
                    is_async=_is_async(function),
                    wants_context=_wants_context(function, needs=transaction),
                )
            )

        return Registers(register)

    def include(self, *routers: Router) -> None:
        """
        Include the handlers of other routers, those too that are registered with them later.

        Args:
            routers: The routers.

        Raises:
            ConfigurationError: One of them is included already, or includes this one.
        """
        for router in routers:
            if not isinstance(router, Router):
                raise ConfigurationError(f"routers: {router!r} is no Router; pass one")
            if router is self or self in router._all_routers() or router in self._all_routers():
                raise ConfigurationError("routers: a router is included once, and never in itself; make another one")
            self._routers.append(router)

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, in the order in which they are asked."""
        return (*self._handlers, *(handler for router in self._routers for handler in router.handlers))

    def _all_routers(self) -> Iterator[Router]:
        for router in self._routers:
            yield router
            yield from router._all_routers()


@attrs.frozen
class _Among:
    """Whether what a function finds in an event is one of some chats or people."""

    find: Callable[[Event], str | None]
    names: tuple[str, ...]

    def __call__(self, event: Event) -> bool:
        found = self.find(event)
        return found is not None and any(same_chat(found, name) for name in self.names)


def _checked(
    *,
    from_: str | Iterable[str] | None,
    chat: str | Iterable[str] | None,
    session: str | Iterable[str] | None,
    text: str | re.Pattern[str] | None,
) -> Iterator[Callable[[Event], bool]]:
    found: list[Callable[[Event], bool]] = []
    if session is not None:
        sessions = _several("session", session)
        found.append(lambda event: event.session in sessions)
    if chat is not None:
        found.append(_Among(chat_of, _chats("chat", chat)))
    if from_ is not None:
        found.append(_Among(sender_of, _chats("from_", from_)))
    if isinstance(text, str):
        wanted = text.strip().casefold()
        found.append(lambda event: (text_of(event) or "").strip().casefold() == wanted)
    elif isinstance(text, re.Pattern):
        if not isinstance(text.pattern, str):
            raise ConfigurationError("text: the pattern is one of bytes; compile it from text")
        pattern = text
        found.append(lambda event: pattern.search(text_of(event) or "") is not None)
    elif text is not None:
        raise ConfigurationError(f"text: {type(text).__name__} is no text; pass a string, or re.compile(...)")
    return iter(found)


def _chats(field: str, given: str | Iterable[str]) -> tuple[str, ...]:
    names = _several(field, given)
    try:
        for name in names:
            if "@" not in name:  # ids are the engine's own affair
                jid(name, field)
    except InvalidRequestError as error:
        raise ConfigurationError(str(error)) from None
    return names


def _several(field: str, given: str | Iterable[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else ()
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ConfigurationError(f"{field}: {given!r} names nobody; pass an id, or several")
    return names


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _wants_context(function: Callable[..., Any], *, needs: bool) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return needs
    for arguments in ((None, None), (None,)):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        optional = len(arguments) == 2 and _default_of_second(signature) is not inspect.Parameter.empty
        if needs and len(arguments) == 1:
            break
        return len(arguments) == 2 and (needs or not optional)
    name = getattr(function, "__qualname__", repr(function))
    wanted = "the event and the context" if needs else "the event, or the event and the context"
    raise ConfigurationError(f"handler: {name} does not take {wanted}")


def _default_of_second(signature: inspect.Signature) -> Any:
    parameters = [*signature.parameters.values()]
    return parameters[1].default if len(parameters) > 1 else None
