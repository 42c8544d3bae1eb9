"""
What a method takes from outside: its own signature, read once, so that no way in writes it again.

An annotation says how a value is checked: ``str``, ``bool``, numbers, lists, literals, and `Annotated` with a check of
its own. JSON and TOML bring values, queries and forms text.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from wasend._core.names import camel
from wasend.sandbox.api import Check, Fields, boolean, each, one_of, seconds, string, whole

Spelling: TypeAlias = Callable[[str], str]
"""How an argument's name is written outside."""

_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def as_json(name: str) -> str:
    """``push_name`` → ``pushName``; what Python reserves (``from_``) is written without its mark."""
    return camel(name.rstrip("_"))


def as_toml(name: str) -> str:
    """As in Python; what Python reserves (``from_``) is written without its mark."""
    return name.rstrip("_")


@attrs.frozen
class Argument:
    """One argument: how its values are checked, and how text is checked and read that stands for one."""

    name: str
    required: bool
    several: bool
    check: Check
    text_check: Check
    from_text: Callable[[str], Any]


@attrs.frozen
class Signature:
    """
    A method, and what it takes from outside.

    Attributes:
        method: What is called.
        arguments: Its arguments, without those that are given otherwise.
    """

    method: Callable[..., Any]
    arguments: tuple[Argument, ...]

    @classmethod
    def of(cls, method: Callable[..., Any], *, given: int = 0) -> Signature:
        """
        Read a method's signature.

        Args:
            method: Which method.
            given: How many leading arguments come from elsewhere, as from a path.
        """
        hints = get_type_hints(method, include_extras=True)
        parameters = list(inspect.signature(method).parameters.values())[given:]
        return cls(method, tuple(_argument(one, hints[one.name]) for one in parameters))

    def fields(self, spelt: Spelling, *, text: bool = False, required: Iterable[str] = ()) -> Fields:
        """
        Return the checks of what comes from outside.

        Args:
            spelt: How names are written there.
            text: Whether every value is text, as in a query.
            required: Names of arguments that must be there although the method has a default.
        """
        checks = {one.name: one.text_check if text else one.check for one in self.arguments}
        needed = {one.name for one in self.arguments if one.required} | set(required)
        return Fields(
            required={spelt(name): check for name, check in checks.items() if name in needed},
            optional={spelt(name): check for name, check in checks.items() if name not in needed},
        )

    def call(self, values: Mapping[str, Any], *given: Any, spelt: Spelling, text: bool = False) -> Any:
        """
        Call the method with values that have passed the checks; null is left out.

        Args:
            values: From outside, by their names there.
            given: The leading arguments that come from elsewhere.
            spelt: How names are written there.
            text: Whether every value is text.
        """
        positional, named = list(given), dict[str, Any]()
        for one in self.arguments:
            value = values.get(spelt(one.name))
            if value is None:
                continue
            if one.several:
                positional += value
            else:
                named[one.name] = one.from_text(value) if text else value
        return self.method(*positional, **named)


def _argument(parameter: inspect.Parameter, hint: Any) -> Argument:
    several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    check, text_check, from_text = _checks(hint)
    return Argument(
        name=parameter.name,
        required=several or parameter.default is parameter.empty,
        several=several,
        check=each(check) if several else check,
        text_check=text_check,
        from_text=from_text,
    )


def _checks(hint: Any) -> tuple[Check, Check, Callable[[str], Any]]:
    """Return the check of a value, the check of text that stands for one, and how that text is read."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return inner[1], inner[1], str
    if origin is Literal:
        return one_of(*inner), one_of(*inner), str
    if origin in (Union, types.UnionType):
        optional = type(None) in inner
        first = next(one for one in inner if get_origin(one) is Annotated or one in (str, bool, int, float))
        if first is bool and optional:
            flags = {**_FLAGS, "any": None}
            return boolean, one_of(*flags), flags.__getitem__
        return _checks(first)
    if origin is not None:  # lists and the like come in a body, never as text
        return each(_checks(inner[0])[0]), string, str
    return _PLAIN[hint]


_PLAIN: Final[Mapping[Any, tuple[Check, Check, Callable[[str], Any]]]] = {
    str: (string, string, str),
    bool: (boolean, one_of(*_FLAGS), _FLAGS.__getitem__),
    int: (seconds, whole, int),
    float: (seconds, whole, float),
}
