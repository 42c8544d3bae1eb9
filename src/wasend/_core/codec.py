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
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import attrs
import cattrs

from ..errors import DecodeError
from .documents import is_list, is_object
from .model import Model, Page, Result, wire_names
from .names import folded

T = TypeVar("T")


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
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        text = content[:10_000].decode("utf-8", "replace")
        if content_type.startswith("text/plain") and not text.lstrip().startswith(("{", "[", "<")):
            return text.strip()
        raise DecodeError(f"the answer is not JSON ({_kind_of(error)})", body=text) from None


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
        converter.register_structure_hook(kind, lambda value, _, read=read: read(value))
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


def _model_hook(converter: cattrs.Converter, cls: type[Model]) -> Callable[[Any, Any], Model]:
    kinds = get_type_hints(cls)
    fields = {
        folded(spelling): (rank, name, kinds[name], converter.get_structure_hook(kinds[name]))
        for name, spellings in wire_names(cls).items()
        for rank, spelling in reversed(list(enumerate((*spellings, name))))
    }

    def structure(value: Any, _: Any) -> Model:
        known: dict[str, Any] = {}
        ranks: dict[str, int] = {}
        extra: dict[str, Any] = {}
        document = _mapping(value if is_object(value) else cls.from_value(value) or value)
        given = {key: item for key, item in document.items() if item is not None or folded(key) not in fields}
        for key, item in cls.from_wire(given).items():
            field = fields.get(folded(key))
            if field is None:
                extra[key] = item
                continue
            rank, name, kind, read = field
            if item is None or ranks.get(name, rank + 1) <= rank:
                continue
            try:
                known[name] = read(item, kind)
            except _Unfit as unfit:
                raise unfit.within(f".{key}") from None
            except (ValueError, TypeError):  # a type of a caller's own model that cattrs reads by itself, as an Enum
                raise _Unfit(f"{_kind_of(item)} does not fit", f".{key}") from None
            ranks[name] = rank
        return cls(**known, extra=extra)

    return structure


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


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    raise _Unfit(f"text was due, not {_kind_of(value)}")


def _number(value: Any) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise _Unfit(f"a number was due, not {_kind_of(value)}")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(value) if isinstance(value, str) else int(_number(value))
    except ValueError:
        raise _Unfit(f"a whole number was due, not {_kind_of(value)}") from None


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | float | str) else None
    if word in ("1", "1.0", "true", "yes"):
        return True
    if word in ("0", "0.0", "false", "no", ""):
        return False
    raise _Unfit(f"true or false was due, not {_kind_of(value)}")


def _time(value: Any) -> datetime | None:
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
