"""One HTTP exchange as a value, and the base class of the rooms that make them."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    Generic,
    ParamSpec,
    Protocol,
    TypeGuard,
    TypeVar,
    cast,
    overload,
)
from urllib.parse import quote, urlencode

import attrs

from ..errors import InvalidRequestError
from .documents import is_list, is_object
from .model import Model
from .names import folded, nearest

if TYPE_CHECKING:
    from .engine import Engine

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
P = ParamSpec("P")

_AS_GIVEN: Final = "pass the id as the service gave it"
_LONG_NUMBER: Final = re.compile(r"\d{7,}", re.ASCII)
_LONGEST_TARGET: Final = 60_000  # httpx refuses a URL above 65 536 characters, and a server far shorter ones

_FORMER: Final = {  # other names of fields in mappings, for calls that have no field of this name
    "mintypingduration": "mintyping",
    "maxtypingduration": "maxtyping",
    "sessionid": "session",
    "session": "sessionid",
}
_GONE: Final = {"content": "the text goes into text: send_text(session=..., to=..., text=...)"}


def masked(text: str) -> str:
    """Text with its phone numbers as logs and errors show them: ``+44…0123``."""
    return _LONG_NUMBER.sub(lambda number: f"{number[0][:2]}…{number[0][-4 if len(number[0]) > 9 else -2 :]}", text)


def _given(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`None` leaves a field out; any other value is sent, ``0``, ``""`` and `False` too."""
    return None if fields is None else {key: value for key, value in fields.items() if value is not None}


@attrs.frozen(eq=False)
class Call(Generic[T]):
    """
    What to ask of the service.

    Attributes:
        method: HTTP verb.
        route: Path below the base URL, with ``{placeholders}``; this, not the path, is what logs show, as `name`.
        result: What the answer is read into.
        path_params: What the placeholders stand for; percent-encoded here and nowhere else.
        params: Query parameters; `None` leaves one out.
        body: JSON fields in the service's spelling; `None` leaves one out.
        repeatable: Whether doing it twice is as good as once. By default all but POST and PATCH.
        envelope: Keys under which some dialects wrap the answer.
        fallbacks: The same call as other sources spell it, where they disagree; see `or_route`.
        private_fields: Keys of the body whose values no log and no error may repeat.
    """

    method: str
    route: str = attrs.field(repr=lambda route: repr(masked(route)))
    result: type[T]
    path_params: Mapping[str, str] = attrs.field(factory=dict[str, str], kw_only=True, repr=False)
    params: Mapping[str, Any] | None = attrs.field(default=None, kw_only=True, repr=False, converter=_given)
    body: Mapping[str, Any] | None = attrs.field(default=None, kw_only=True, repr=False, converter=_given)
    repeatable: bool = attrs.field(
        default=attrs.Factory(lambda call: cast("Call[Any]", call).method not in ("POST", "PATCH"), takes_self=True),
        kw_only=True,
    )
    envelope: tuple[str, ...] = attrs.field(default=(), kw_only=True, repr=False)
    fallbacks: tuple[Call[T], ...] = attrs.field(default=(), kw_only=True, repr=False)
    private_fields: tuple[str, ...] = attrs.field(default=("text", "caption", "data"), kw_only=True, repr=False)

    @property
    def name(self) -> str:
        """Verb and route, as logs and errors show them: long numbers in a caller's own route are masked."""
        return f"{self.method} {masked(self.route)}"

    def or_route(self, method: str, route: str, **changes: Any) -> Call[T]:
        """This call, and another route to try where the service does not have this one."""
        other = attrs.evolve(self, method=method, route=route, repeatable=self.repeatable, fallbacks=(), **changes)
        return attrs.evolve(self, fallbacks=(*self.fallbacks, other))

    def path(self) -> str:
        """The path below the base URL, percent-encoded."""
        return (
            self.route.format_map({key: segment(key, value) for key, value in self.path_params.items()})
            if self.path_params
            else self.route
        )

    def target(self) -> str:
        """
        Path and query.

        Raises:
            InvalidRequestError: An id or a parameter is none that a URL can hold.
        """
        pairs = [(key, _query(key, item)) for key, value in (self.params or {}).items() for item in _each(value)]
        target = f"{self.path()}?{urlencode(pairs)}" if pairs else self.path()
        if len(target) > _LONGEST_TARGET:
            values = {**self.path_params, **(self.params or {})}
            longest = max(values, key=lambda key: len(str(values[key])))
            raise InvalidRequestError(longest, "is too long for a URL", "shorten it")
        return target

    def content(self) -> bytes | None:
        """
        The body as bytes.

        Raises:
            InvalidRequestError: A field holds what JSON cannot.
        """
        if self.body is None:
            return None
        try:
            return _json(self.body)
        except (TypeError, ValueError, RecursionError):
            raise _unfit_field(self.body) from None


def segment(field: str, value: str) -> str:
    """
    One segment of a path, percent-encoded.

    Raises:
        InvalidRequestError: It is no text, is empty, or would climb in the path.
    """
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(field, "is empty" if value == "" else "is no text", _AS_GIVEN)
    if value in (".", ".."):
        raise InvalidRequestError(field, f"{value!r} is a step in a path, not an id", _AS_GIVEN)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidRequestError(field, "holds half a surrogate pair", _AS_GIVEN) from None


def _each(value: Any) -> list[Any]:
    return value if is_list(value) else [value]


def _query(field: str, value: Any) -> bytes:
    try:
        return (str(value).lower() if isinstance(value, bool) else str(value)).encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(field, "holds half a surrogate pair", "pass text that UTF-8 can hold") from None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _unfit_field(body: Mapping[str, Any]) -> InvalidRequestError:
    for key, value in body.items():
        try:
            _json(value)
        except UnicodeEncodeError:
            return InvalidRequestError(key, "holds half a surrogate pair", "pass text that UTF-8 can hold")
        except (TypeError, ValueError, RecursionError):
            return InvalidRequestError(
                key, f"JSON cannot hold this {type(value).__name__}", "pass text, numbers, lists or mappings"
            )
    return InvalidRequestError("body", "JSON cannot hold it", "pass text as keys")


class Calls:
    """The base of every room: builds calls and hands them to the engine."""

    _engine: Engine

    async def _send(self, call: Call[T]) -> T:
        return await self._engine.perform(call)

    async def _send_or(self, call: Call[T], derive: Callable[[], Awaitable[T]]) -> T:
        """A call that only documentation names; where the service lacks it, the same made of other calls."""
        return await self._engine.perform_or(call, derive)


class BothForms(Protocol[P, R_co]):
    """A call that takes its fields as keywords, or as one mapping in the service's own spelling or ours."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, request: Mapping[str, Any], /) -> R_co: ...
    @overload
    def __call__(self, session_id: Any, request: Mapping[str, Any], /) -> R_co: ...
    @overload
    def __call__(self, session_id: Any, other_id: str, request: Mapping[str, Any], /) -> R_co: ...
    @overload
    def __call__(self, session_id: Any, chat_id: str, message_id: str, request: Mapping[str, Any], /) -> R_co: ...


def mapping_form(method: Callable[Concatenate[S, P], R]) -> BothForms[P, R]:
    """
    Let a method with keyword fields be called with mappings instead, as the service's own samples do.

    Mappings follow the ids; a later one adds to an earlier one, and keywords to both. A call that takes its session as
    a field may be given it before them. Unknown and missing fields are refused by name before anything is sent.
    """
    form = functools.cache(lambda: _Form(method))  # made at the first call: importing is faster without

    if inspect.iscoroutinefunction(method):
        coroutine = cast("Callable[..., Coroutine[Any, Any, Any]]", method)

        @functools.wraps(method)
        async def call(self: Any, *args: Any, **given: Any) -> Any:
            args, given = form().settle(args, given)
            return await coroutine(self, *args, **given)

        return cast("BothForms[P, R]", call)

    @functools.wraps(method)
    def forward(self: Any, *args: Any, **given: Any) -> Any:
        args, given = form().settle(args, given)
        return cast("Callable[..., Any]", method)(self, *args, **given)

    return cast("BothForms[P, R]", forward)


class _Form:
    """The ids and fields of a method, and how a caller's arguments become them."""

    def __init__(self, method: Callable[..., Any]) -> None:
        _, *parameters = inspect.signature(method).parameters.values()
        self.name = method.__name__
        self.ids = [parameter.name for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
        self.fields = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
        self.needed = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
        self.spelt = {folded(name): name for name in (*self.ids, *self.fields)}

    def settle(self, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments to make the call with."""
        first = next((at for at, value in enumerate(args) if _is_request(value)), len(args))
        spoken = [given.pop(key) for key in ("request", "options") if key in given and key not in self.fields]
        requests = [value for value in (*args[first:], *spoken) if value is not None]
        args = args[:first]
        over = len(args) > len(self.ids)
        if over and "session" in self.fields and (requests or given) and isinstance(args[0], str | Model):
            given = {"session": args[0], **given}
            args = args[1:]
        named: dict[str, Any] = {}
        for request in (*args[len(self.ids) :], *requests):
            if not _is_request(request):
                problem = f"a mapping was due, not {type(request).__name__}"
                raise InvalidRequestError(self.name, problem, f"pass keywords: {', '.join(self.fields)}")
            named |= {self.known(key): value for key, value in request.items()}
        given = named | given
        for key in given:
            if key not in self.fields and key not in self.ids:
                remedy = _GONE.get(key) or nearest(key, self.fields)
                raise InvalidRequestError(key, f"{self.name} has no such field", remedy)
        for key in (*self.ids[len(args) :], *self.fields):
            if key in self.needed and given.get(key) is None:
                raise InvalidRequestError(key, "is missing", f"{self.name} needs it")
        return args, given

    def known(self, key: object) -> str:
        """The field that a key of a mapping means; the key itself where there is none."""
        name = folded(str(key))
        return self.spelt.get(name) or self.spelt.get(_FORMER.get(name, ""), str(key))


def _is_request(value: object) -> TypeGuard[Mapping[str, Any]]:
    return is_object(value) and not isinstance(value, Model)  # a Session is a mapping too, and is an id here
