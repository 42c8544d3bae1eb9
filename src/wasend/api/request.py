"""Any other call: what the service offers and this package has no method for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar, cast, get_args, get_origin, overload
from urllib.parse import unquote

import attrs

from .._core.call import Call, masked
from .._core.calls import Calls
from .._core.documents import is_object
from .._core.model import Model, Page
from .._core.names import nearest
from ..errors import InvalidRequestError
from ..recipients import ChatRef
from .reach import judged

T = TypeVar("T")

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_READS: Final = ("GET", "HEAD", "OPTIONS")
_PATH: Final = re.compile(r"(?:/(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}|\{[A-Za-z_]\w*\})*)+", re.ASCII)


class RequestCalls(Calls):
    """Make a call that has no method of its own."""

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *,
        into: type[T],
        path_params: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
        recipients: Iterable[ChatRef] | None = None,
        key: str | None = None,
    ) -> T: ...
    @overload
    async def request(
        self,
        method: str,
        path: str,
        *,
        into: None = None,
        path_params: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
        recipients: Iterable[ChatRef] | None = None,
        key: str | None = None,
    ) -> Any: ...
    async def request(
        self,
        method: str,
        path: str,
        *,
        into: Any = None,
        path_params: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
        recipients: Iterable[ChatRef] | None = None,
        key: str | None = None,
    ) -> Any:
        """
        Make a call that has no method of its own, with the same retries and errors as any other.

        Example:
            ```python
            from wasend import AsyncWasendClient, Model, Page, model, wire


            @model
            class Label(Model):
                id: str | None = None
                colour: str | None = wire("colorHex")


            async def labels(client: AsyncWasendClient, session: str) -> Page[Label]:
                path = "/{session}/labels"
                return await client.request("GET", path, path_params={"session": session}, into=Page[Label])
            ```

        A model is a subclass of `Model` with ``@model`` above it, every field of which has a default. ``colorHex``,
        ``ColorHex`` and ``color_hex`` are read into a field ``color_hex``; `wire` gives other spellings.

        Args:
            method: HTTP method.
            path: Path below the base URL. It begins with ``/``, is percent-encoded, and may contain ``{placeholders}``.
            into: What the answer is read into: a model, or a `Page` of models; by default the JSON document as it came.
            path_params: What the placeholders stand for; it is percent-encoded here.
            params: Query parameters; `None` leaves one out, and a list repeats one.
            body: JSON fields; `None` leaves one out.
            repeatable: Whether doing it twice is as good as once, so that it may be repeated; by default all but POST
                and PATCH, and what sends something.
            recipients: Whom it reaches, where neither its path nor its fields say so; ``()`` for nobody. A client with
                a suppression list refuses a write of which it cannot tell.
            key: Your own key of this request, for a client with an `outbox`: by one key it is made once. It must be one
                that does something: a read needs none.

        Returns:
            The model, the page, or the document; `None` for an empty answer.

        Raises:
            InvalidRequestError: The method or the path is not valid, a placeholder has no value, or there is a
                suppression list and nobody can tell whom it reaches. Nothing was sent.
            NotFoundError: The service knows no such path, or nothing there.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came to a call that is not repeatable; it may have been carried out.
        """
        verb = method.upper() if isinstance(method, str) else ""
        if verb not in _METHODS:
            raise InvalidRequestError("method", f"{method!r} is not an HTTP method", f"known are {', '.join(_METHODS)}")
        _check_path(path, path_params)
        for field, value in (("params", params), ("body", body)):
            if value is not None and not is_object(value):
                raise InvalidRequestError(field, f"expected a mapping, got {type(value).__name__}", "pass a mapping")
        call = Call(verb, path, _readable(into), path_params=path_params or {}, params=params, body=body)
        call = judged(call, recipients)
        if key is not None and verb in _READS and not call.sends:
            raise InvalidRequestError("key", f"{verb} does nothing that could be done twice", "leave the key out")
        call = attrs.evolve(call, key=key)
        return await self._send(call if repeatable is None else attrs.evolve(call, repeatable=repeatable))


def _check_path(path: str, path_params: Mapping[str, str] | None) -> None:
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidRequestError("path", f"{masked(repr(path))} is not a path", "begin it with /, such as /account")
    if not _PATH.fullmatch(path):
        remedy = "percent-encode it or use {placeholders}; a query goes into params"
        raise InvalidRequestError("path", f"{masked(repr(path))} contains characters that a path cannot have", remedy)
    if {".", ".."} & {unquote(step) for step in path.split("/")}:
        raise InvalidRequestError("path", "contains . or ..", "leave them out")
    if path_params is not None and not is_object(path_params):
        raise InvalidRequestError("path_params", f"is {type(path_params).__name__}", "pass a mapping")
    names = re.findall(r"\{(\w+)\}", path)
    for name in names:
        if name not in (path_params or {}):
            raise InvalidRequestError(name, "is missing", f"pass path_params={{{name!r}: ...}}")
    for name in path_params or {}:
        if name not in names:
            remedy = nearest(str(name), names) if names else f"put {{{name}}} into the path, or pass it in params"
            raise InvalidRequestError(f"path_params.{name}", "is not a placeholder of the path", remedy)


def _readable(into: Any) -> type[Any]:
    """What to read an answer into, checked: a mistake here must not be found only when the service has acted."""
    if into is None or into is Any:
        return cast("type[Any]", Any)
    kind = get_args(into)[0] if get_origin(into) is Page else into
    if not (isinstance(kind, type) and issubclass(kind, Model)):
        shown = getattr(into, "__name__", repr(into))
        raise InvalidRequestError("into", f"{shown} is not a model", "pass a subclass of Model, or Page[...] of one")
    if "__attrs_attrs__" not in vars(kind):
        raise InvalidRequestError("into", f"{kind.__name__} is not decorated", "write @wasend.model above the class")
    return cast("type[Any]", into)
