"""What every answer is read into: frozen attrs classes that can also be read like the mapping that came."""

from __future__ import annotations

import base64
import functools
import types
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final, Generic, TypeVar, cast, dataclass_transform, overload

import attrs

from .documents import is_object
from .names import camel, folded, nearest

T = TypeVar("T")
M = TypeVar("M", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

_OWN: Final = ("extra", "unread")


def wire(*names: str, default: Any = None) -> Any:
    """
    A field whose name on the wire is not simply its own in camelCase.

    Args:
        names: The spellings accepted, the first of which is written; the others in order of preference.
        default: The value where none of them is there. A field of type `str` with the default ``""`` always holds text,
            and where the service left it out, it is named in ``unread``.
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
    # Not as a text: its name means nothing in a module that does not import it.
    vars(made)["__init__"].__annotations__["extra"] = Mapping[str, Any]
    for field in attrs.fields(made):
        if field.default is attrs.NOTHING:
            raise TypeError(f"{cls.__name__}.{field.name} has no default; give it one, such as None")
    return made


def adapts(*names: str) -> Callable[[F], F]:
    """
    Say which names a model's `Model.from_wire` looks at, so that documents without them need not go through it.

    Args:
        names: The names that are no field's own, as `from_wire` spells them.
    """

    def mark(from_wire: F) -> F:
        from_wire.__dict__["names"] = names
        return from_wire

    return mark


def wire_names(cls: type[Model]) -> Mapping[str, tuple[str, ...]]:
    """Attribute → the spellings of it that are accepted, the one to write first."""
    return _wire_names(cls)


@functools.cache
def _wire_names(cls: type[Model]) -> dict[str, tuple[str, ...]]:
    return {
        field.name: field.metadata.get("wire", (camel(field.name),))
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", cls))
        if field.name not in _OWN
    }


@functools.cache
def _attributes(cls: type[Model]) -> dict[str, str]:
    """Any folded spelling → attribute."""
    found = {folded(spelling): name for name, spellings in _wire_names(cls).items() for spelling in spellings}
    return {**found, **{folded(name): name for name in _wire_names(cls)}}


@functools.cache
def adapted_names(cls: type[Model]) -> tuple[str, ...] | None:
    """The names that make a document go through `Model.from_wire`; none where it is not overridden, `None` for any."""
    names: tuple[str, ...] | None = cls.from_wire.__func__.__dict__.get("names")  # type: ignore[attr-defined]
    return names


@functools.cache
def known_names(cls: type[Model]) -> Mapping[str, str]:
    """Any folded spelling that a model knows → how its `Model.from_wire` finds it."""
    spellings = [*(spelling for names in _wire_names(cls).values() for spelling in names), *_wire_names(cls)]
    return {folded(name): name for name in (*reversed(spellings), *(adapted_names(cls) or ()))}


def with_known_names(cls: type[Model], document: Mapping[str, Any]) -> dict[str, Any]:
    """A document in which the names that a model knows are spelt as it knows them; known nulls are left out."""
    known = known_names(cls)
    found: dict[str, Any] = {}
    for key, value in document.items():
        name = known.get(folded(key))
        if name is None:
            found[key] = value
        elif value is not None or folded(key) not in _attributes(cls):
            found[key if name in found or (name != key and document.get(name) is not None) else name] = value
    return found


@functools.cache
def identities(cls: type[Model]) -> tuple[tuple[str, str], ...]:
    """The fields of a model that always hold text, and their names on the wire."""
    fields = attrs.fields(cast("type[attrs.AttrsInstance]", cls))
    return tuple((field.name, _wire_names(cls)[field.name][0]) for field in fields if field.default == "")


def id_of(value: Any) -> Any:
    """The id of a model that has one; anything else as it is."""
    if isinstance(value, Model) and (found := identities(type(value))):
        return getattr(value, found[0][0])
    return value


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
        extra: What the service sent beyond the known fields, as it came; also what did not fit its field, and what a
            field has by a second name.
        unread: Where something did not fit its field, which is empty then: paths such as ``participants[1].isAdmin``.
            Also the name of an id that the service left out.
    """

    shared: ClassVar[bool] = False
    """Whether equal documents are read once, and are the same model: for what hardly differs from answer to answer."""

    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)
    unread: tuple[str, ...] = attrs.field(default=(), eq=False, hash=False, repr=False)

    @classmethod
    @adapts()
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """
        Bring a document of another dialect into the shape of the fields; overridden where dialects differ.

        Args:
            document: What came, to be changed at will. Names of fields are spelt as `wire` spells them, whatever case
                they came in.
        """
        return document

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """The document that a value which is no object stands for, in dialects where there is such a thing."""
        return None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from .schema import core_schema_of

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        from .schema import json_schema_of

        return json_schema_of(cls)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are there, under the service's own names, as JSON can hold them; `extra` included."""
        found = _plain_extra(self.extra)
        for key, name in self._written().items():
            found[key] = _plain(getattr(self, name))
        return found

    def _written(self) -> dict[str, str]:
        """The names under which the fields that are there are written, and the attributes."""
        found: dict[str, str] = {}
        for name, spellings in _wire_names(type(self)).items():
            value = getattr(self, name)
            if value is None or (value == "" and (name, spellings[0]) in identities(type(self))):
                continue
            key = spellings[0]
            if key in self.extra:  # what came by this name did not fit: the field came by another
                others = (*spellings[1:], name, key[:1].upper() + key[1:])
                key = next((other for other in others if other not in self.extra), "")
            if key:  # else it came by none of its names, and is what it is without a value
                found[key] = name
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """
        The field of this name, in any spelling, or what is in ``extra`` under it.

        Args:
            key: The name.
            default: What to return where there is no such name; a field that is empty is `None`.
        """
        name = _attributes(type(self)).get(folded(key)) if isinstance(key, str) else None
        return self.extra.get(key, default) if name is None else getattr(self, name)

    def __getitem__(self, key: str) -> Any:
        name = _attributes(type(self)).get(folded(key)) if isinstance(key, str) else None
        if name is not None:
            return getattr(self, name)
        if key in self.extra:
            return self.extra[key]
        raise KeyError(f"{type(self).__name__} has no {key!r}; {nearest(str(key), Model.keys(self))}")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and Model.get(self, key) is not None

    def keys(self) -> KeysView[str]:
        """The service's names of the fields that are there."""
        return {**self.extra, **self._written()}.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(Model.keys(self))

    def __len__(self) -> int:
        return len(Model.keys(self))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(getattr(self, name) == getattr(other, name) for name in self._names())

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self._names(hashed=True)))

    def _names(self, *, hashed: bool = False) -> list[str]:
        fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(self)))
        return [field.name for field in fields if field.name != "unread" and (field.hash is not False or not hashed)]

    def __bool__(self) -> bool:
        return True  # an answer without fields is still an answer

    def __repr__(self) -> str:
        shown = ((name, getattr(self, name)) for name in (*_wire_names(type(self)), "extra"))
        blank = {name for name, _ in identities(type(self))}
        there = ((name, v) for name, v in shown if v not in (None, {}) and not (v == "" and name in blank))
        fields = (f"{name}={_brief(v)}" for name, v in there)
        return f"{type(self).__name__}({', '.join(fields)})"


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


@attrs.frozen(repr=False, eq=False)
class Page(Sequence[T], Generic[T]):
    """
    A list as the service answered it: a sequence of models, equal to any list or tuple of the same.

    Attributes:
        items: The models.
        extra: What came around the list, such as ``pagination``.
        unread: What was in the list and could not be read, such as text in a list of objects: as it came.
    """

    items: tuple[T, ...]
    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    unread: tuple[Any, ...] = ()

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

    def __eq__(self, other: object) -> bool:
        if isinstance(other, list | tuple | Page):
            return self.items == tuple(cast("Iterable[Any]", other))
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.items)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from .schema import core_schema_of, json_schema_of

        def described(*_: Any) -> dict[str, Any]:
            return json_schema_of(source)

        schema = core_schema_of(source)
        schema["metadata"] = {"pydantic_js_functions": [described]}  # a method of the class would not know the items
        return schema

    def to_dict(self) -> dict[str, Any]:
        """The list under ``items``, as JSON can hold it, with what came around it."""
        return {**_plain_extra(self.extra), "items": _plain(self.items)}

    def __repr__(self) -> str:
        return repr(list(self.items))


def _plain_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {key: _plain(value) for key, value in extra.items()}
    except RecursionError:  # JSON's own reader goes deeper than that, so it came as JSON
        return dict(extra)


def _plain(value: Any) -> Any:
    if isinstance(value, Model | Page):
        return cast("Model", value).to_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if is_object(value):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [*map(_plain, cast("Iterable[Any]", value))]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _brief(value: Any) -> str:
    return repr(value.isoformat()) if isinstance(value, datetime) else repr(value)
