"""What every answer is read into: frozen attrs classes that can also be read like the mapping that came."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar, cast, dataclass_transform, overload

import attrs

from .names import camel, folded, nearest

T = TypeVar("T")
M = TypeVar("M", bound=type)


def wire(*names: str, default: Any = None) -> Any:
    """
    A field whose name on the wire is not simply its own in camelCase.

    Args:
        names: The spellings accepted, the first of which is written; the others in order of preference.
        default: The value where none of them is there.
    """
    return attrs.field(default=default, metadata={"wire": names})


# `wire` is no field specifier: to type checkers its result is simply a default, so that the field may be left out.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def model(cls: M) -> M:
    """
    Make a subclass of `Model` a model: frozen, with slots, keyword-only. Each of its fields has a default.

    Raises:
        TypeError: A field has none: what the service leaves out would break the reading.
    """
    # What can be inherited is not written anew for each model: that takes a third of the time to import them.
    made = attrs.frozen(cls, kw_only=True, repr=False, eq=False)
    for field in attrs.fields(made):
        if field.default is attrs.NOTHING:
            raise TypeError(f"{cls.__name__}.{field.name} has no default; give it one, such as None")
    return made


def wire_names(cls: type[Model]) -> Mapping[str, tuple[str, ...]]:
    """Attribute → the spellings of it that are accepted, the one to write first."""
    return _wire_names(cls)


@functools.cache
def _wire_names(cls: type[Model]) -> dict[str, tuple[str, ...]]:
    return {
        field.name: field.metadata.get("wire", (camel(field.name),))
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", cls))
        if field.name != "extra"
    }


@functools.cache
def _attributes(cls: type[Model]) -> dict[str, str]:
    """Any folded spelling → attribute."""
    found = {folded(spelling): name for name, spellings in _wire_names(cls).items() for spelling in spellings}
    return {**found, **{folded(name): name for name in _wire_names(cls)}}


def open_twin(cls: type[Model]) -> type[Model]:
    """
    A subclass whose instances are made in a third of the time, and can then be made ones of `cls` itself.

    A frozen class must set each of its attributes through a function, at its birth as well.
    """
    body = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    twin = cast(
        "type[Model]", types.new_class(cls.__name__, (cls,), exec_body=lambda namespace: namespace.update(body))
    )
    return attrs.define(twin, slots=False, repr=False, eq=False)


@model
class Model(Mapping[str, Any]):
    """
    An answer, or a part of one.

    Every field is optional: sources disagree about which ones the service sends. A model is read by attribute
    (``session.session_name``) or, as in the service's own samples, like a mapping, in either spelling
    (``session["sessionName"]``, ``session["session_name"]``).

    Attributes:
        extra: What the service sent beyond the known fields, as it came.
    """

    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)

    @classmethod
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Bring a document of another dialect into the shape of the fields; overridden where dialects differ."""
        return document

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """The document that a value which is no object stands for, in dialects where there is such a thing."""
        return None

    def to_dict(self) -> dict[str, Any]:
        """The fields that are there, under the service's own names, as JSON can hold them; `extra` included."""
        named = {spellings[0]: getattr(self, name) for name, spellings in _wire_names(type(self)).items()}
        return {**self.extra, **{key: _plain(value) for key, value in named.items() if value is not None}}

    def __getitem__(self, key: str) -> Any:
        name = _attributes(type(self)).get(folded(key)) if isinstance(key, str) else None
        if name is not None:
            return getattr(self, name)
        if key in self.extra:
            return self.extra[key]
        raise KeyError(f"{type(self).__name__} has no {key!r}; {nearest(str(key), self)}")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __len__(self) -> int:
        return len(self.to_dict())

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(getattr(self, name) == getattr(other, name) for name in self._names())

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self._names(hashed=True)))

    def _names(self, *, hashed: bool = False) -> list[str]:
        fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(self)))
        return [field.name for field in fields if field.hash is not False or not hashed]

    def __bool__(self) -> bool:
        return True  # an answer without fields is still an answer

    def __repr__(self) -> str:
        shown = ((name, getattr(self, name)) for name in (*_wire_names(type(self)), "extra"))
        return f"{type(self).__name__}({', '.join(f'{n}={_brief(v)}' for n, v in shown if v not in (None, {}))})"


@model
class Result(Model):
    """
    That a call without an answer of its own succeeded.

    Attributes:
        success: Always true: a refusal is raised.
        message: What the service says about it, if anything.
    """

    success: bool = True
    message: str | None = None


@attrs.frozen(repr=False)
class Page(Sequence[T], Generic[T]):
    """
    A list as the service answered it: a sequence of models.

    Attributes:
        items: The models.
        extra: What came around the list, such as ``pagination``.
    """

    items: tuple[T, ...]
    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __repr__(self) -> str:
        return repr(list(self.items))


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [*map(_plain, cast("Iterable[Any]", value))]
    return value


def _brief(value: Any) -> str:
    return repr(value.isoformat()) if isinstance(value, datetime) else repr(value)
