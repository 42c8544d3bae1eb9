"""
The forms in which methods take their arguments: keywords, or mappings as the service's own samples use; and the other
names that an argument may go by.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeGuard, TypeVar, cast

import attrs

from ..errors import InvalidRequestError
from .documents import is_object
from .model import Model
from .names import folded, nearest

F = TypeVar("F", bound=Callable[..., Any])


@attrs.frozen
class ArgumentForms:
    """
    Gives methods further forms of arguments.

    Attributes:
        aliases: Other names of arguments, as other sources have them, and the names that they stand for.
        removed: Arguments that other sources have and no method takes, and what to write instead.
    """

    aliases: Mapping[str, str] = attrs.field(factory=dict[str, str])
    removed: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def mapping_form(self, method: F) -> F:
        """
        Let a method with keyword fields be called with mappings instead, as the service's own samples do.

        Mappings follow the ids; a later one adds to an earlier one, and keywords to both. A call that takes its session
        as a field may be given it before them. Unknown and missing fields are refused by name before anything is sent.
        Type checkers know the mappings of a client's methods from its generated signatures.
        """
        form = functools.cache(lambda: _Form(method, self))  # made at the first call: importing is faster without

        if inspect.iscoroutinefunction(method):
            coroutine = cast("Callable[..., Coroutine[Any, Any, Any]]", method)

            @functools.wraps(method)
            async def call(self: Any, *args: Any, **given: Any) -> Any:
                args, given = form().settle(args, given)
                return await coroutine(self, *args, **given)

            return cast("F", call)

        @functools.wraps(method)
        def forward(self: Any, *args: Any, **given: Any) -> Any:
            args, given = form().settle(args, given)
            return cast("Callable[..., Any]", method)(self, *args, **given)

        return cast("F", forward)

    def keyword_aliases(self, method: F) -> F:
        """Let a method without a mapping form be called with the other names of its arguments as keywords."""
        code = method.__code__
        taken = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        aliases = [(alias, name) for alias, name in self.aliases.items() if name in taken]

        def renamed(given: dict[str, Any]) -> dict[str, Any]:
            for alias, name in aliases:
                if alias in given and name not in given:
                    given[name] = given.pop(alias)
            return given

        if inspect.iscoroutinefunction(method):

            @functools.wraps(method)
            async def call(*args: Any, **given: Any) -> Any:
                return await method(*args, **(renamed(given) if given else given))

            return cast("F", call)

        @functools.wraps(method)
        def forward(*args: Any, **given: Any) -> Any:
            return method(*args, **(renamed(given) if given else given))

        return cast("F", forward)


class _Form:
    """The ids and fields of a method, and how a caller's arguments become them."""

    def __init__(self, method: Callable[..., Any], forms: ArgumentForms) -> None:
        _, *parameters = inspect.signature(method).parameters.values()
        self.name = method.__name__
        self.ids = [parameter.name for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
        self.fields = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
        self.needed = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
        self.removed = forms.removed
        names = {*self.ids, *self.fields}
        self.keywords = {alias: name for alias, name in forms.aliases.items() if name in names and alias not in names}
        self.keys = {folded(key): name for key, name in (*self.keywords.items(), *((name, name) for name in names))}

    def settle(self, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments to make the call with."""
        for alias, name in self.keywords.items():
            if alias in given and name not in given:
                given[name] = given.pop(alias)
        first = next((index for index, value in enumerate(args) if _is_request(value)), len(args))
        named_requests = [given.pop(key) for key in ("request", "options") if key in given and key not in self.fields]
        requests = [value for value in (*args[first:], *named_requests) if value is not None]
        args = args[:first]
        over = len(args) > len(self.ids)
        if over and "session" in self.fields and (requests or given) and isinstance(args[0], str | Model):
            given = {"session": args[0], **given}
            args = args[1:]
        named: dict[str, Any] = {}
        for request in (*args[len(self.ids) :], *requests):
            if not _is_request(request):
                problem = f"expected a mapping, got {type(request).__name__}"
                raise InvalidRequestError(self.name, problem, f"pass keywords: {', '.join(self.fields)}")
            named |= {self.known(key): value for key, value in request.items()}
        given = named | given
        for key in given:
            if key not in self.fields and key not in self.ids:
                remedy = self.removed.get(key) or nearest(key, self.fields)
                raise InvalidRequestError(key, f"{self.name} has no such field", remedy)
        for key in (*self.ids[len(args) :], *self.fields):
            if key in self.needed and given.get(key) is None:
                raise InvalidRequestError(key, "is missing", f"{self.name} needs it")
        return args, given

    def known(self, key: object) -> str:
        """The field that a key of a mapping means; the key itself where there is none."""
        return self.keys.get(folded(str(key)), str(key))


def _is_request(value: object) -> TypeGuard[Mapping[str, Any]]:
    return is_object(value) and not isinstance(value, Model)  # a Session is a mapping too, and is an id here
