"""
What a method takes from outside: its own signature, read once, so that no way in writes it again.

An annotation says how a value is checked: ``str``, ``bool``, numbers, lists, literals, and `Annotated` with a check of
its own. JSON and TOML bring values, queries and forms text.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from wasend._core.names import camel
from wasend.sandbox.actions import Actions
from wasend.sandbox.api import Check, Fields, boolean, each, number, one_of, seconds, string, whole

_Reader: TypeAlias = tuple[Check, Callable[[Any], Any]]
"""How a value from outside is checked, and what is made of it."""

_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


@attrs.frozen
class Argument:
    """An argument: its name in Python and outside, how it is checked and read, and which words are all it takes."""

    name: str
    label: str
    check: Check
    read: Callable[[Any], Any]
    required: bool
    several: bool
    choices: tuple[str, ...]


class Signature:
    """
    A method, as it can be called from outside.

    Args:
        method: Which method.
        given: How many leading arguments come from elsewhere, as from a path.
        text: Whether all that comes is text, as in a query, and not values, as in JSON.
        snake_case: Whether names are written as in Python, or, as in JSON, in camelCase. What Python reserves
            (``from_``) is written without its mark.
        required: Names that must be there although the method has a default.

    Attributes:
        arguments: Those that come from outside.
        fields: Their checks.
    """

    def __init__(
        self,
        method: Callable[..., Any],
        *,
        given: int = 0,
        text: bool = False,
        snake_case: bool = False,
        required: Iterable[str] = (),
    ) -> None:
        self._method = method
        owner: object = getattr(method, "__self__", None)
        if owner is None:
            found = _read(method, given, text, snake_case, tuple(required))
        else:
            # A subclass of the user's may declare less.
            function = getattr(Actions if isinstance(owner, Actions) else type(owner), method.__name__)
            found = _read_once(function, given + 1, text, snake_case, tuple(required))
        self.arguments, self.fields = found

    def call(self, values: Mapping[str, Any], *given: Any) -> Any:
        """Call the method with values that have passed the checks, after the `given` ones; null is left out."""
        positional, named = list(given), dict[str, Any]()
        for one in self.arguments:
            if (value := values.get(one.label)) is not None:
                if one.several:
                    positional += value
                else:
                    named[one.name] = one.read(value)
        return self._method(*positional, **named)


def _read(
    function: Callable[..., Any], given: int, text: bool, snake_case: bool, required: tuple[str, ...]
) -> tuple[tuple[Argument, ...], Fields]:
    hints = get_type_hints(function, include_extras=True)
    arguments: list[Argument] = []
    for one in list(inspect.signature(function).parameters.values())[given:]:
        check, read = _from_text(hints[one.name]) if text else (_check(hints[one.name]), _as_it_is)
        several = one.kind is inspect.Parameter.VAR_POSITIONAL
        needed = several or one.default is one.empty or one.name in required
        name = one.name.rstrip("_") if snake_case else camel(one.name.rstrip("_"))
        check, choices = each(check) if several else check, _choices(hints[one.name])
        arguments.append(Argument(one.name, name, check, read, needed, several, choices))
    fields = Fields(
        required={one.label: one.check for one in arguments if one.required},
        optional={one.label: one.check for one in arguments if not one.required},
        any_spelling=True,
    )
    return tuple(arguments), fields


# Every sandbox has the same methods; reading them would take half the time that making one takes.
_read_once = functools.cache(_read)


def _as_it_is(value: Any) -> Any:
    return value


def _plain(hint: Any) -> Any:
    """Return what of an annotation a value from outside can be: without None, functions and the sandbox's own types."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(one for one in get_args(hint) if get_origin(one) is Annotated or one in _CHECKS)
    return hint


def _choices(hint: Any) -> tuple[str, ...]:
    plain = _plain(hint)
    return ("true", "false") if plain is bool else get_args(plain) if get_origin(plain) is Literal else ()


def _check(hint: Any) -> Check:
    hint = _plain(hint)
    match get_origin(hint):
        case None:
            return _CHECKS[hint]
        case origin if origin is Annotated:
            check: Check = get_args(hint)[1]
            return check
        case origin if origin is Literal:
            return one_of(*get_args(hint))
        case _:  # a list
            return each(_check(get_args(hint)[0]))


def _from_text(hint: Any) -> _Reader:
    plain = _plain(hint)
    if plain is bool:
        flags = {**_FLAGS, "any": None} if type(None) in get_args(hint) else _FLAGS
        return one_of(*flags), flags.__getitem__
    if plain is float:
        return number, float
    return (whole, int) if plain is int else (_check(hint), _as_it_is)


def as_option(hint: Any) -> Any:
    """
    Return what a command's option can hold of what an argument takes, which may be several such words; None if it
    takes nothing that can be written as one.
    """
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    lists = [one for one in parts if get_origin(one) is Iterable]
    plain = next((one for one in parts if one in (bool, int, float, str) or get_origin(one) is Literal), None)
    if lists and (plain is not None or as_option(get_args(lists[0])[0]) is not None):
        return list[str] | None
    return plain if plain is None or type(None) not in parts else plain | None


def described(function: Callable[..., Any]) -> dict[str, str]:
    """Return what a docstring says of each argument, in one paragraph and without its markup."""
    _, _, rest = inspect.cleandoc(function.__doc__ or "").partition("Args:\n")
    found: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(rest.partition("\n\n")[0]).splitlines():
        head, colon, text = line.partition(": ")
        if colon and not line.startswith(" "):
            name, found[head] = head, text
        elif name:
            found[name] += f" {line.strip()}"
    return {name: text.replace("``", "").replace("`", "") for name, text in found.items()}


_CHECKS: Final[Mapping[Any, Check]] = {str: string, bool: boolean, int: seconds, float: seconds}
