"""One request as a value: verb, route, parameters, body, and what its answer is read into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar, cast
from urllib.parse import quote, urlencode

import attrs

from ..errors import InvalidRequestError
from .body import PIECE, Base64Text, Body, encoded
from .checks import idempotency_key
from .documents import is_list

T = TypeVar("T")

_AS_GIVEN: Final = "pass the id as the service gave it"
_LONG_NUMBER: Final = re.compile(r"\d{7,}", re.ASCII)
_LONGEST_TEXT: Final = 70_000  # no message's own text is that long
_LONGEST_TARGET: Final = 60_000  # httpx refuses a URL above 65 536 characters, and a server far shorter ones


def masked(text: str) -> str:
    """Text with its phone numbers as logs and errors show them: ``+44…0123``."""
    return _LONG_NUMBER.sub(lambda number: f"{number[0][:2]}…{number[0][-4 if len(number[0]) > 9 else -2 :]}", text)


def _given(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`None` leaves a field out; any other value is sent, ``0``, ``""`` and `False` too."""
    return None if fields is None else {key: value for key, value in fields.items() if value is not None}


@attrs.frozen(eq=False)
class Prelude:
    """
    What goes before a call, just before it. None of it is worth failing for.

    Attributes:
        first: Calls to make, one after the other.
        opening: The call after them.
        seconds: How long to wait then.
        closing: The call that ends it, whatever happens.
    """

    first: tuple[Call[Any], ...]
    opening: Call[Any]
    seconds: float
    closing: Call[Any]


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
        sends: What kind of thing it sends to somebody; `False` for nothing, as does `None`, which does not say.
        reaches: The people whom it reaches in another way than by sending to them, such as by adding them to a group;
            empty for nobody. `None` does not say. Of a call that sends: all to whom it does, the first one first.
        unclear: Why nobody can tell whom it reaches; `None` where that can be told.
        prelude: What goes before it.
        evidence: The model of what the call makes, where a 2xx alone does not show that it was understood: the answer
            must be a plain yes or have one of that model's fields, else what became of the call is unknown. By default
            any 2xx will do.
        key: The caller's own key, under which an outbox makes the call once; it is no part of the request.
        own_id: An id of the client's making for what it creates: the field ``id`` of the request's body. A service that
            refuses that field is asked again without it.
        fallbacks: The same call as other sources spell it, where they disagree; see `or_route`.
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
    sends: str | Literal[False] | None = attrs.field(default=None, kw_only=True, repr=False)
    reaches: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, repr=False)
    unclear: str | None = attrs.field(default=None, kw_only=True, repr=False)
    prelude: Prelude | None = attrs.field(default=None, kw_only=True, repr=False)
    evidence: type[Any] | None = attrs.field(default=None, kw_only=True, repr=False)
    key: str | None = attrs.field(default=None, kw_only=True, repr=False, converter=idempotency_key)
    own_id: str | None = attrs.field(default=None, kw_only=True, repr=False)
    fallbacks: tuple[Call[T], ...] = attrs.field(default=(), kw_only=True, repr=False)

    @property
    def name(self) -> str:
        """Verb and route, as logs and errors show them: long numbers in a caller's own route are masked."""
        return f"{self.method} {masked(self.route)}"

    def or_route(self, method: str, route: str, **changes: Any) -> Call[T]:
        """This call, and another route to try where the service does not have this one."""
        other = attrs.evolve(self, method=method, route=route, repeatable=self.repeatable, fallbacks=(), **changes)
        return attrs.evolve(self, fallbacks=(*self.fallbacks, other))

    def with_key(self, key: str) -> Call[T]:
        """This call with a key."""
        return attrs.evolve(self, key=key, fallbacks=tuple(way.with_key(key) for way in self.fallbacks))

    def without_media(self) -> Call[T]:
        """This call without what is large in its body, for keeping."""
        if self.body is None:
            return self
        body = {key: _left_out(value) for key, value in self.body.items()}
        return attrs.evolve(
            self, body=body, prelude=None, fallbacks=tuple(way.without_media() for way in self.fallbacks)
        )

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
            InvalidRequestError: An id or a parameter cannot be part of a URL.
        """
        pairs = [(key, _query(key, item)) for key, value in (self.params or {}).items() for item in _each(value)]
        target = f"{self.path()}?{urlencode(pairs)}" if pairs else self.path()
        if len(target) > _LONGEST_TARGET:
            values = {**self.path_params, **(self.params or {})}
            longest = max(values, key=lambda key: len(str(values[key])))
            raise InvalidRequestError(longest, "is too long for a URL", "shorten it")
        return target

    def content(self) -> bytes | Body | None:
        """
        The body as bytes; in pieces where it is large.

        Raises:
            InvalidRequestError: The value of a field cannot be written as JSON.
        """
        if self.body is None:
            return None
        body = self.body if self.own_id is None else {**self.body, "id": self.own_id}
        try:
            if any(isinstance(value, Base64Text) for value in body.values()):
                return Body.of(body)
            content = encoded(body)
            return content if len(content) <= PIECE else Body([content])
        except (TypeError, ValueError, RecursionError):
            raise _unfit_field(body) from None


def segment(field: str, value: str) -> str:
    """
    One segment of a path, percent-encoded.

    Raises:
        InvalidRequestError: It is not text, is empty, or is a relative path.
    """
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(field, "is empty" if value == "" else "is not text", _AS_GIVEN)
    if value in (".", ".."):
        raise InvalidRequestError(field, f"{value!r} is a relative path, not an id", _AS_GIVEN)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidRequestError(field, "contains an unpaired surrogate", _AS_GIVEN) from None


def _left_out(value: Any) -> Any:
    large = isinstance(value, Base64Text | bytes) or (isinstance(value, str) and len(value) > _LONGEST_TEXT)
    return f"[{len(value)} characters left out]" if large else value


def _each(value: Any) -> list[Any]:
    return value if is_list(value) else [value]


def _query(field: str, value: Any) -> bytes:
    try:
        return (str(value).lower() if isinstance(value, bool) else str(value)).encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(field, "contains an unpaired surrogate", "remove it") from None


def _unfit_field(body: Mapping[str, Any]) -> InvalidRequestError:
    for key, value in body.items():
        try:
            if not isinstance(value, Base64Text):
                encoded(value)
        except UnicodeEncodeError:
            return InvalidRequestError(key, "contains an unpaired surrogate", "remove it")
        except (TypeError, ValueError, RecursionError):
            return InvalidRequestError(
                key,
                f"a value of type {type(value).__name__} cannot be written as JSON",
                "pass text, numbers, lists or mappings",
            )
    return InvalidRequestError("body", "cannot be written as JSON", "use strings as keys")
