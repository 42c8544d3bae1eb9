"""
Reading answers. The only importer of cattrs, and only at the first answer.

Every field is optional; a value that is there must fit. Numbers may come as text, booleans as 0 and 1, times as ISO
text, seconds or milliseconds; names in camelCase or PascalCase; the whole bare or in an envelope.
"""

from __future__ import annotations

import base64
import functools
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
import cattrs

from ..errors import DecodeError
from .answer import LARGE
from .documents import is_list, is_object
from .model import Model, Page, Result, open_twin, wire_names
from .names import folded

T = TypeVar("T")

_JSON: Final = json.JSONDecoder()
_WHITE_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLANS_KEPT: Final = 500
_NAMES_KEPT: Final = 100
_READY: Final = (str, int, bool)


class _Unfit(ValueError):
    """A value that does not fit, and where it is."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path

    def within(self, step: str) -> _Unfit:
        return _Unfit(self.problem, step + self.path)


def parse(content: bytes, content_type: str = "") -> Any:
    """
    The document in an answer's bytes.

    Raises:
        DecodeError: They are neither JSON, nor plain text, nor a picture.
    """
    if not content.strip():
        return None
    if content_type.startswith("image/"):
        # One gateway answers a picture as it is, another as JSON; the latter's shape serves for both.
        return {"mimetype": content_type.partition(";")[0], "data": base64.b64encode(content).decode()}
    try:
        return json.loads(content) if len(content) < LARGE else _loads_in_parts(content)
    except (ValueError, RecursionError) as error:
        text = content[:10_000].decode("utf-8", "replace")
        if content_type.startswith("text/plain") and not text.lstrip().startswith(("{", "[", "<")):
            return text.strip()
        raise DecodeError(f"the answer is not JSON ({_kind_of(error)})", body=text) from None


def _loads_in_parts(content: bytes) -> Any:
    """
    What `json.loads` gives, with the items of a long list parsed one by one.

    `json.loads` holds the interpreter's lock from beginning to end, so that no other thread runs meanwhile.
    """
    try:
        text = content.decode()
        document, end = _value_at(text, _next(text, 0))
        if _next(text, end) == len(text):
            return document
    except (ValueError, IndexError, RecursionError):
        pass
    return json.loads(content)  # another encoding, or not JSON: it knows best what to say


def _value_at(text: str, at: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends: objects by their members until there is a list."""
    if text[at] not in "[{":
        return _JSON.raw_decode(text, at)
    close = "]" if text[at] == "[" else "}"
    items: list[Any] = []
    members: dict[str, Any] = {}
    at = _next(text, at + 1)
    if text[at] == close:
        return (items if close == "]" else members), at + 1
    while True:
        if close == "]":
            item, at = _JSON.raw_decode(text, at)
            items.append(item)
        else:
            key, at = _JSON.raw_decode(text, at)
            at = _next(text, at)
            if not isinstance(key, str) or text[at] != ":":
                raise ValueError(text[at])
            members[key], at = _value_at(text, _next(text, at + 1))
        at = _next(text, at)
        if text[at] == close:
            return (items if close == "]" else members), at + 1
        if text[at] != ",":
            raise ValueError(text[at])
        at = _next(text, at + 1)


def _next(text: str, at: int) -> int:
    """Where the white space ends that may begin there."""
    found = _WHITE_SPACE.match(text, at)
    return found.end() if found else at


def decode(document: Any, into: type[T], envelope: tuple[str, ...] = ()) -> T:
    """
    Read a document into a model, a `Page` of models, or a plain type.

    Args:
        document: What `parse` gave.
        into: The type to read.
        envelope: Keys under which some dialects wrap it, the outermost first.

    Raises:
        DecodeError: Something in it does not fit; its ``path`` says where.
    """
    if into is Any:
        return cast("T", document)
    if into is Result:  # an order has no answer of its own: whatever came is a yes, and what fits of it is kept
        return decode_accepted(document, into, envelope, {})
    try:
        path, inner, around = _unwrap(document, into, envelope)
        try:
            value: Any = _reader(into)(inner, into)
        except _Unfit as unfit:
            raise unfit.within(path) from None
        return cast("T", attrs.evolve(value, extra=around) if around else value)
    except _Unfit as unfit:
        where = "$" + unfit.path
        raise DecodeError(f"{unfit.problem} @ {where}", path=where, body=document) from None


def decode_accepted(document: Any, into: type[T], envelope: tuple[str, ...], known: Mapping[str, Any]) -> T:
    """
    What can be known of an answer that cannot be read as a whole, to a call that the service has accepted.

    Args:
        document: What `parse` gave, or `None`.
        into: The model to read.
        envelope: As for `decode`.
        known: What the request itself says, in the service's spelling; it fills what the answer leaves open.
    """
    if into is Any:
        return cast("T", document)
    _, inner, _ = _unwrap(document, into, envelope)
    if get_origin(into) is Page:
        return cast("T", Page((), extra=inner if is_object(inner) else {}))
    answer: Mapping[str, Any] = inner if is_object(inner) else {}
    answered = {key: value for key, value in answer.items() if _alone(key, value, into) is not None}
    asked = {key: value for key, value in known.items() if (alone := _alone(key, value, into)) and not alone.extra}
    open_ = {key: value for key, value in asked.items() if answered.get(key) is None}
    return _reader(into)({**answered, **open_}, into)


def _alone(key: str, value: Any, into: type[Any]) -> Model | None:
    """A model of this one value, or `None` where it does not fit."""
    try:
        return cast("Model", _reader(into)({key: value}, into))
    except _Unfit:
        return None


def _unwrap(document: Any, into: type[Any], envelope: tuple[str, ...]) -> tuple[str, Any, dict[str, Any]]:
    """The value inside its envelopes, the path to it, and what stood around a list."""
    listed = get_origin(into) is Page
    path, around = "", dict[str, Any]()
    for key in ("data", *envelope):
        if not is_object(document):
            break
        # A Go service, such as the engine behind WASend, writes a list of none as null.
        inner: Any = [] if listed and document.get(key, key) is None else document.get(key)
        if is_list(inner) if listed else is_object(inner):
            around = {**around, **{name: item for name, item in document.items() if name != key}}
            path, document = f"{path}.{key}", inner
        elif listed and is_object(inner):  # an envelope around an envelope around a list
            path, document = f"{path}.{key}", inner
    return path, document, around if listed else {}


def _reader(into: type[T]) -> Callable[[Any, type[T]], T]:
    return cast("Callable[[Any, type[T]], T]", _converter().get_structure_hook(into))


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False, prefer_attrib_converters=False)
    for kind, read in ((str, _text), (int, _whole), (float, _number), (bool, _truth), (datetime, _time)):
        converter.register_structure_hook(kind, read)
    converter.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: value)
    converter.register_structure_hook_factory(_has_origin(Mapping), functools.partial(_mapping_hook, converter))
    converter.register_structure_hook_factory(_is_model, functools.partial(_model_hook, converter))
    converter.register_structure_hook_factory(_has_origin(tuple), functools.partial(_items_hook, converter))
    converter.register_structure_hook_factory(_has_origin(Page), functools.partial(_page_hook, converter))
    return converter


def _has_origin(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


@attrs.frozen
class _Plan:
    """
    Where the values of an object go that has certain names, with values of certain types.

    Attributes:
        ready: The attributes whose values are right as they are, and under which name each comes.
        others: The other attributes: under which name each comes, what it holds, and what reads it.
        unknown: The names that are no field's.
    """

    ready: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str, Any, Callable[[Any, Any], Any]], ...]
    unknown: tuple[str, ...]


class _Plans(dict[tuple[Any, ...], _Plan]):
    """
    The plans for one class of models, by names and types.

    The objects of a list are mostly alike, so what their names mean is found out once, and not for each of them.
    """

    def __init__(self, cls: type[Model], converter: cattrs.Converter) -> None:
        super().__init__()
        kinds = {name: _without_none(kind) for name, kind in get_type_hints(cls).items()}
        self._fields = {
            folded(spelling): (rank, name, kinds[name], converter.get_structure_hook(kinds[name]))
            for name, spellings in wire_names(cls).items()
            for rank, spelling in reversed(list(enumerate((*spellings, name))))
        }

    def knows(self, name: str) -> bool:
        """Whether a name is a field's."""
        return folded(name) in self._fields

    def __missing__(self, form: tuple[Any, ...]) -> _Plan:
        best: dict[str, tuple[int, str, bool]] = {}
        unknown: list[str] = []
        half = len(form) // 2
        for key, given in zip(form[:half], form[half:], strict=True):
            field = self._fields.get(folded(key))
            if field is None:
                unknown.append(key)
            elif given is not NoneType and field[0] < best.get(field[1], (math.inf,))[0]:
                best[field[1]] = field[0], key, given is field[2] and given in _READY
        plan = _Plan(
            tuple((name, key) for name, (_, key, ready) in best.items() if ready),
            tuple((name, key, *self._fields[folded(key)][2:]) for name, (_, key, ready) in best.items() if not ready),
            tuple(unknown),
        )
        if len(self) < _PLANS_KEPT and half < _NAMES_KEPT:
            self[form] = plan
        return plan


def _without_none(kind: Any) -> Any:
    """The type that ``kind | None`` stands for; what is `None` in a document is never read."""
    others = [choice for choice in get_args(kind) if choice is not NoneType]
    return others[0] if get_origin(kind) in (Union, UnionType) and len(others) == 1 else kind


def _model_hook(converter: cattrs.Converter, cls: type[Model]) -> Callable[[Any, Any], Model]:
    plans = _Plans(cls, converter)
    opened = open_twin(cls)
    adapts = any("from_wire" in vars(base) for base in cls.__mro__[: cls.__mro__.index(Model)])

    def structure(value: Any, _: Any) -> Model:
        document: Mapping[str, Any] = value if is_object(value) else _document(value, cls)
        if adapts:
            given = {key: item for key, item in document.items() if item is not None}
            if len(given) < len(document):
                given = {key: item for key, item in document.items() if item is not None or not plans.knows(key)}
            document = cls.from_wire(given)
        plan = plans[(*document, *map(type, document.values()))]
        known = {name: document[key] for name, key in plan.ready}
        for name, key, kind, read in plan.others:
            try:
                known[name] = read(document[key], kind)
            except _Unfit as unfit:
                raise unfit.within(f".{key}") from None
            except (ValueError, TypeError):  # a type of a caller's own model that cattrs reads by itself, as an Enum
                raise _Unfit(f"{_kind_of(document[key])} does not fit", f".{key}") from None
        known["extra"] = {key: document[key] for key in plan.unknown}
        made = opened(**known)
        made.__class__ = cls
        return made

    return structure


def _document(value: Any, cls: type[Model]) -> Mapping[str, Any]:
    return _mapping(cls.from_value(value) or value)


def _mapping_hook(converter: cattrs.Converter, kind: Any) -> Callable[[Any, Any], Mapping[str, Any]]:
    item_kind = get_args(kind)[1]
    read = converter.get_structure_hook(item_kind)

    def structure(value: Any, _: Any) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for key, item in _mapping(value).items():
            try:
                found[key] = read(item, item_kind)
            except _Unfit as unfit:
                raise unfit.within(f".{key}") from None
        return found

    return structure


def _items_hook(converter: cattrs.Converter, kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    item_kind = get_args(kind)[0]
    read = converter.get_structure_hook(item_kind)

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if not is_list(value):
            raise _Unfit(f"a list was due, not {_kind_of(value)}")
        items: list[Any] = []
        for index, item in enumerate(value):
            try:
                items.append(read(item, item_kind))
            except _Unfit as unfit:
                raise unfit.within(f"[{index}]") from None
        return tuple(items)

    return structure


def _page_hook(converter: cattrs.Converter, kind: Any) -> Callable[[Any, Any], Page[Any]]:
    items = _items_hook(converter, kind)
    return lambda value, _: Page(items(value, kind))


def _mapping(value: Any) -> Mapping[str, Any]:
    if is_object(value):
        return value
    raise _Unfit(f"an object was due, not {_kind_of(value)}")


def _text(value: Any, _: object = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    raise _Unfit(f"text was due, not {_kind_of(value)}")


def _number(value: Any, _: object = None) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise _Unfit(f"a number was due, not {_kind_of(value)}")


def _whole(value: Any, _: object = None) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(value) if isinstance(value, str) else int(_number(value))
    except ValueError:
        raise _Unfit(f"a whole number was due, not {_kind_of(value)}") from None


def _truth(value: Any, _: object = None) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | float | str) else None
    if word in ("1", "1.0", "true", "yes"):
        return True
    if word in ("0", "0.0", "false", "no", ""):
        return False
    raise _Unfit(f"true or false was due, not {_kind_of(value)}")


def _time(value: Any, _: object = None) -> datetime | None:
    text = value.strip() if isinstance(value, str) else None
    if text == "":
        return None
    try:
        # Digits alone are seconds or milliseconds, although Python reads some of them as a date and an hour.
        moment = datetime.fromisoformat(text) if text and not text.isdecimal() else _instant(_number(value))
    except ValueError:
        moment = _instant(_number(value))
    # Year 1 is how a Go service, such as the engine behind WASend, says "never".
    return None if moment.year == 1 else moment.replace(tzinfo=moment.tzinfo or UTC)


def _instant(seconds: float) -> datetime:
    for _ in range(3):  # milliseconds, microseconds, nanoseconds are told apart by their size
        if abs(seconds) >= 1e11:
            seconds /= 1e3
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise _Unfit("a time was due, not a number so large") from None


def _kind_of(value: Any) -> str:
    names = {"dict": "an object", "list": "a list", "str": "text", "bool": "true or false", "NoneType": "null"}
    name = type(cast("object", value)).__name__
    return names.get(name, "a number" if isinstance(value, int | float) else name)
