"""
Reading answers. The only importer of cattrs, and only at the first answer.

Numbers may come as text, booleans as 0 and 1, times as text, seconds or milliseconds; names in camelCase or PascalCase;
the whole bare or in an envelope. Every field is optional. A value that does not fit its field leaves it empty, stays in
``extra`` as it came, and is named in ``unread``; only an outermost shape that is wrong is a `DecodeError`. Reading
strictly, each value that does not fit is one.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
import cattrs

from ..errors import DecodeError
from .bounds import LARGE, MAX_ANSWER_BYTES, beginning, check_document, check_picture
from .documents import is_list, is_object, member, members
from .model import (
    Model,
    Page,
    Result,
    adapted_names,
    identities,
    known_names,
    open_twin,
    wire_names,
    with_known_names,
)
from .names import folded

T = TypeVar("T")

_JSON: Final = json.JSONDecoder()
_FAILURE_CODE: Final = re.compile(r"[45]\d\d", re.ASCII)
_WHITE_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLANS_KEPT: Final = 500
_NAMES_KEPT: Final = 100
_LETTERS_KEPT: Final = 5000
_SHARED_KEPT: Final = 200
_MOST_MEMBERS: Final = 1000  # of an object that is read into a model: none has a tenth of that
_MISFITS: Final = 1000
"""Values of one list that are named one by one where they do not fit; further ones are kept together."""
_OTHERS: Final = "[…]"
_READY: Final = (str, int, bool)
_PLAIN_OBJECT: Final = Mapping[str, Any]
_TEXT_LENGTH: Final = 500  # of an answer that is no JSON and still an answer, such as a code
_FIRST_TIMESTAMP: Final = 1e9  # a flag as large as this is the time since when it is set
_PICTURES: Final = {b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_GO_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4})( \S+)?( m=\S+)?", re.ASCII)
_ENVELOPE_WORDS: Final = frozenset(
    ("success", "ok", "status", "statuscode", "code", "message", "msg", "error", "errors", "timestamp", "path")
)
"""Names that stand beside ``data`` in an envelope, and say nothing of what is in it."""
_YES: Final = frozenset(("ok", "okay", "yes", "true", "success", "successful", "sent", "accepted", "queued", "done"))
_NO: Final = frozenset(("error", "err", "fail", "failed", "failure", "false", "rejected"))

logger: Final = logging.getLogger("wasend")
_warned: Final[set[tuple[str, str]]] = set()


class _Unfit(ValueError):
    """A value that does not fit, and where it is."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path

    def within(self, step: str) -> _Unfit:
        return _Unfit(self.problem, step + self.path)


@attrs.frozen
class _Misfit:
    """
    A value that did not fit.

    Attributes:
        path: Where it is, from what was read.
        value: The value, as it came.
        kept: Whether a model has it in its ``extra`` already.
    """

    path: str
    value: Any
    kept: bool = False


class _Partly(Exception):
    def __init__(self, value: Any, misfits: list[_Misfit]) -> None:
        super().__init__()
        self.value = value
        self.misfits = misfits

    def within(self, step: str) -> list[_Misfit]:
        return [attrs.evolve(misfit, path=step + misfit.path) for misfit in self.misfits]


def parse(content: bytes, content_type: str = "", most: int = MAX_ANSWER_BYTES) -> Any:
    """
    The document in an answer's bytes.

    Args:
        content: The bytes.
        content_type: Their media type.
        most: How many an answer may have: see `bounds`.

    Raises:
        DecodeError: They are neither JSON, nor plain text, nor a picture; or reading them would cost too much.
    """
    if not content.strip():
        return None
    if mimetype := _picture_type(content, content_type):
        # One gateway answers a picture as it is, another as JSON; the latter's shape serves for both.
        check_picture(content, most)
        return {"mimetype": mimetype, "data": base64.b64encode(content).decode()}
    check_document(content, most)
    try:
        return json.loads(content) if len(content) < LARGE else _loads_in_parts(content)
    except (ValueError, RecursionError) as error:
        if (text := _short_text(content)) is not None:
            return text
        raise DecodeError(f"the answer is not JSON ({_kind_of(error)})", body=beginning(content)) from None


def _picture_type(content: bytes, content_type: str) -> str | None:
    """The media type of a picture, whatever its answer says that it is; `None` where it is none."""
    for first, mimetype in _PICTURES.items():
        if content.startswith(first):
            return mimetype
    return content_type.partition(";")[0] if content_type.startswith("image/") else None


def _short_text(content: bytes) -> str | None:
    """A line or two of plain text, whatever its answer calls it; `None` for tags, and for JSON that is cut off."""
    try:
        text = content.decode().strip() if len(content) <= _TEXT_LENGTH else ""
    except ValueError:
        return None
    plain = "<" not in text and "".join(text.split()).isprintable() and not text.startswith(("{", "[", '"'))
    return text if text and plain else None


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


def decode(document: Any, into: type[T], envelope: tuple[str, ...] | None = (), *, strict: bool = False) -> T:
    """
    Read a document into a model, a `Page` of models, or a plain type.

    Args:
        document: What `parse` gave.
        into: The type to read.
        envelope: Keys under which some dialects wrap it, the outermost first; `None` where it is in none at all.
        strict: Whether a value that does not fit its field is an error.

    Raises:
        DecodeError: The outermost shape is wrong; or, if `strict`, something in it does not fit. Its ``path`` says
            where.
    """
    if into is Any:
        return cast("T", document)
    if into is Result:  # an order has no answer of its own: whatever came is a yes, and what fits of it is kept
        return decode_accepted(document, into, envelope or (), {})
    try:
        path, inner, around = ("", document, {}) if envelope is None else _unwrap(document, into, envelope)
        try:
            value = _read(inner, into, strict=strict)
        except _Unfit as unfit:
            raise unfit.within(path) from None
        return cast("T", attrs.evolve(value, extra=around) if around else value)
    except _Unfit as unfit:
        where = "$" + unfit.path
        raise DecodeError(f"{unfit.problem} @ {where}", path=where, body=document) from None
    except RecursionError:
        raise DecodeError("the answer is nested too deeply @ $", body=document) from None


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
    try:
        answered = cast("Model", _read(inner if is_object(inner) else {}, into, strict=False))
    except (RecursionError, _Unfit):
        answered = cast("Model", _read({}, into, strict=False))
    open_ = {name for name in wire_names(type(answered)) if getattr(answered, name) in (None, "")}
    filled: dict[str, Any] = {}
    for key, value in known.items():
        try:
            alone = cast("Model", _read({key: value}, into, strict=True))
        except _Unfit:
            continue
        if not alone.extra:
            filled |= {name: said for name in open_ if (said := getattr(alone, name)) not in (None, "")}
    if filled:
        missing = {key for name, key in identities(type(answered)) if name in filled and key not in answered.extra}
        unread = tuple(path for path in answered.unread if path not in missing)
        return cast("T", attrs.evolve(cast("Any", answered), **filled, unread=unread))
    return cast("T", answered)


def is_evidence(document: Any, of: type[Model], envelope: tuple[str, ...] = ()) -> bool:
    """
    Whether an answer shows that its request was understood: a plain yes, or an id or another field of what it made.

    Args:
        document: What `parse` gave.
        of: The model of what the request makes.
        envelope: As for `decode`.
    """
    if _is_yes(document):
        return True
    if is_object(document) and _is_plain(document, of):
        return True
    said = members(document) if is_object(document) else {}
    inner = said.get("data")
    if _names_an_error(said) or (is_object(inner) and _names_an_error(members(inner))):
        return False
    if any(_is_yes(said.get(key)) for key in ("success", "ok", "result", "message", "data")):
        return True
    try:
        made = decode(document, of, envelope)
    except DecodeError:
        return False
    shown = {name for name in wire_names(of) if getattr(made, name) not in (None, "")}
    if any(str(said.get(key)).lower() in _NO for key in ("status", "type")):
        shown -= {"status", "timestamp", "type", "content"}
    return bool(shown)


def _is_plain(document: Mapping[str, Any], of: type[Model]) -> bool:
    """Whether an answer has an id, and nothing but the model's own fields, so that it needs no closer look."""
    given = document.get("id")
    status = document.get("status")
    return (
        isinstance(given, str)
        and given != ""
        and document.keys() <= _first_names(of)
        and (status is None or (isinstance(status, str) and status.isalpha()))
    )


@functools.cache
def _first_names(cls: type[Model]) -> frozenset[str]:
    """The names of the fields as the service writes them; those that may tell of an error are left out."""
    return frozenset(spellings[0] for spellings in wire_names(cls).values()) - {"error", "errors", "exception", "code"}


def _is_yes(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip(" \t\r\n.!").lower() in _YES)


def _names_an_error(said: Mapping[str, Any]) -> bool:
    if any(said.get(key) not in (None, "", 0, False, [], {}) for key in ("error", "errors", "exception")):
        return True
    codes = (str(said.get(key)) for key in ("statuscode", "status", "code"))
    return any(map(_FAILURE_CODE.fullmatch, codes))


def _read(value: Any, into: Any, *, strict: bool) -> Any:
    try:
        return _converter(strict).get_structure_hook(into)(value, into)
    except _Partly as partly:
        return partly.value


def _unwrap(document: Any, into: type[Any], envelope: tuple[str, ...]) -> tuple[str, Any, dict[str, Any]]:
    """The value inside its envelopes, the path to it, and what stood around a list."""
    if get_origin(into) is Page:
        return _unwrap_list(document, envelope, get_args(into)[0])
    path = ""
    for name in ("data", *envelope):
        if not is_object(document):
            break
        key = _key(document, name)
        if key is not None and (inner := _opened(document, key, into)) is not None:
            path, document = f"{path}.{key}", inner
    return path, document, {}


def _unwrap_list(document: Any, envelope: tuple[str, ...], item: type[Model]) -> tuple[str, Any, dict[str, Any]]:
    path, around = "", dict[str, Any]()
    if document is None:  # a Go service, such as the engine behind WASend, writes a list of none as null
        return path, [], around
    for name in ("data", *envelope):
        if not is_object(document):
            break
        key = _key(document, name)
        if key is None:
            continue
        inner: Any = document[key]
        inner = [] if inner is None else (_listed(inner, item) or inner)
        if is_list(inner):
            around = {**around, **{other: value for other, value in document.items() if other != key}}
            path, document = f"{path}.{key}", inner
        elif is_object(inner):  # an envelope around an envelope around a list
            path, document = f"{path}.{key}", inner
    return path, _listed(document, item) or document, around


def _listed(document: Any, item: type[Model]) -> list[Any] | None:
    """The list that an object stands for whose members are objects by their ids."""
    if not is_object(document) or not document or not identities(item):
        return None
    if not all("@" in key and is_object(value) for key, value in document.items()):
        return None
    (_, name), known = identities(item)[0], known_names(item)
    first = known[folded(name)]
    return [
        value if any(known.get(folded(other)) == first for other in value) else {name: key, **value}
        for key, value in document.items()
    ]


def _key(document: Mapping[str, Any], name: str) -> str | None:
    """The member of this name, in any spelling."""
    if name in document:
        return name
    return next((key for key in document if isinstance(key, str) and folded(key) == folded(name)), None)


def _opened(document: Mapping[str, Any], key: str, into: Any) -> Any:
    """What is in the envelope that an object is, if its member of that name makes it one; else `None`."""
    if not _is_model(into):
        return document[key] if is_object(document[key]) else None
    inner = document[key]
    known = known_names(into)
    kind = _fields(into).get(folded(key))
    outside = [name for name in document if name != key and document[name] is not None]
    beside = sum(folded(name) in known and folded(name) not in _ENVELOPE_WORDS for name in outside)
    if is_object(inner):
        if kind is not None and kind not in (str, int, float, bool, datetime):
            return None  # a field of the model's own
        return inner if beside <= sum(folded(name) in known for name in inner) else None
    if inner is None or inner == "" or kind is not None or beside:
        return None
    return into.from_value(inner)


@functools.cache
def _fields(cls: type[Model]) -> Mapping[str, Any]:
    """Any folded spelling of a field → its type."""
    kinds = {name: _without_none(kind) for name, kind in get_type_hints(cls).items()}
    return {folded(spelling): kinds[name] for name, names in wire_names(cls).items() for spelling in (*names, name)}


@functools.cache
def _converter(strict: bool) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False, prefer_attrib_converters=False)
    for kind, read in ((str, _text), (int, _whole), (float, _number), (bool, _truth), (datetime, _time)):
        converter.register_structure_hook(kind, read)
    converter.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: value)
    for matches, make in (
        (_has_origin(Mapping), _mapping_hook),
        (_is_model, _model_hook),
        (_has_origin(tuple), _items_hook),
        (_has_origin(Page), _page_hook),
    ):
        converter.register_structure_hook_factory(matches, functools.partial(make, converter, strict))
    converter.register_structure_hook(IntEnum, _member)
    return converter


def _has_origin(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _is_numbered(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, IntEnum)


_Source = tuple[str, Any, Callable[[Any, Any], Any]]
"""Under which name a value comes, what it is to be, and what reads it."""


@attrs.frozen
class _Plan:
    """
    Where the values of an object go that has certain names, with values of certain types.

    Attributes:
        adapts: Whether the model's `from_wire` has a say.
        ready: The attributes whose values are right as they are, and under which name each comes.
        others: The other attributes, and whence each comes.
        rivals: The attributes that come under several names: whence each may come, the best first.
        unknown: The names that are no field's.
    """

    adapts: bool
    ready: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, *_Source], ...]
    rivals: tuple[tuple[str, tuple[_Source, ...]], ...]
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
            folded(spelling): (rank, spelling, name, kinds[name], converter.get_structure_hook(kinds[name]))
            for name, spellings in wire_names(cls).items()
            for rank, spelling in reversed(list(enumerate((*spellings, name))))
        }
        names = adapted_names(cls)
        self._adapted = None if names is None else {folded(name) for name in names}

    def __missing__(self, form: tuple[Any, ...]) -> _Plan:
        half = len(form) // 2
        if half > _MOST_MEMBERS:
            raise _Unfit(f"expected an object of at most {_MOST_MEMBERS} members, got more")
        names = [folded(key) for key in form[:half]]
        sources: dict[str, list[tuple[int, bool, int, str, Any, Any, bool]]] = {}
        unknown: list[str] = []
        for at, (key, name, given) in enumerate(zip(form[:half], names, form[half:], strict=True)):
            field = self._fields.get(name)
            if field is None:
                unknown.append(key)
            elif given is not NoneType:
                rank, spelling, attribute, kind, read = field
                ready = given is kind in _READY or (given is dict and kind == _PLAIN_OBJECT)
                sources.setdefault(attribute, []).append((rank, key != spelling, at, key, kind, read, ready))
        one = {name: found[0] for name, found in sources.items() if len(found) == 1}
        plan = _Plan(
            self._adapted is None or not self._adapted.isdisjoint(names),
            tuple((name, source[3]) for name, source in one.items() if source[6]),
            tuple((name, *source[3:6]) for name, source in one.items() if not source[6]),
            tuple(
                (name, tuple(source[3:6] for source in sorted(found, key=lambda source: source[:3])))
                for name, found in sources.items()
                if len(found) > 1
            ),
            tuple(unknown),
        )
        if len(self) < _PLANS_KEPT and half < _NAMES_KEPT and sum(map(len, form[:half])) < _LETTERS_KEPT:
            self[form] = plan
        return plan


def _without_none(kind: Any) -> Any:
    """
    The type that ``kind | None`` stands for; what is `None` in a document is never read.

    An enumeration of numbers stands for ``kind | int`` as well: a number that it does not know is kept as it came.
    """
    others = [choice for choice in get_args(kind) if choice is not NoneType]
    if len(others) == 2 and others[1] is int and _is_numbered(others[0]):
        del others[1]
    return others[0] if get_origin(kind) in (Union, UnionType) and len(others) == 1 else kind


@attrs.define
class _Rest:
    """What did not fit the fields of one model."""

    cls: type[Model]
    strict: bool
    extra: dict[str, Any]
    came: Iterable[str]
    misfits: list[_Misfit] = attrs.field(factory=list[_Misfit])
    _spellings: dict[str, str] | None = None

    def read(self, name: str, source: _Source, value: Any) -> Any:
        """The value of a field; `_NOTHING` where it does not fit."""
        key, kind, read = source
        try:
            return read(value, kind)
        except (_Partly, ValueError, TypeError) as error:
            return self.failed(name, key, value, error)

    def failed(self, name: str, key: str, value: Any, error: Exception) -> Any:
        """What can be had of a value of which something did not fit; `_NOTHING` where nothing does."""
        if isinstance(error, _Partly):
            key = self.spelt(key)
            for misfit in error.within(f".{key}"):
                if not misfit.kept:
                    self.extra[misfit.path[1:]] = misfit.value
                    _warn(self.cls, name, "a part of it")
                self.misfits.append(attrs.evolve(misfit, kept=True))
            return error.value
        if isinstance(error, _Unfit):
            return self._misfit(name, error, key, value)
        # It is of a type of a caller's own model that cattrs reads by itself, as an Enum.
        return self._misfit(name, _Unfit(f"{_kind_of(value)} does not fit"), key, value)

    def _misfit(self, name: str, unfit: _Unfit, key: str, value: Any) -> Any:
        key = self.spelt(key)
        if self.strict:
            raise unfit.within(f".{key}") from None
        self.extra[key] = value
        self.misfits.append(_Misfit(f".{key}{unfit.path}", value, kept=True))
        _warn(self.cls, name, unfit.problem)
        return _NOTHING

    def spelt(self, key: str) -> str:
        """A name as it came, and not as `from_wire` found it."""
        if key in self.came:
            return key
        self._spellings = self._spellings or {folded(one): one for one in reversed(list(self.came))}
        return self._spellings.get(folded(key), key)

    def choose(self, name: str, sources: tuple[_Source, ...], document: Mapping[str, Any]) -> Any:
        """The best of the values that a field has under several names: one that fits and is no empty text."""
        filled = [source for source in sources if document[source[0]] != ""]
        empty = [source for source in sources if document[source[0]] == ""]
        chosen: Any = _NOTHING
        winner: Any = None
        for source in (*filled, *empty):
            key, value = source[0], document[source[0]]
            if chosen is _NOTHING:
                chosen, winner = self.read(name, source, value), value
            elif type(value) is not type(winner) or value != winner:
                self.extra[self.spelt(key)] = value
        return chosen


_NOTHING: Final = object()


def _warn(cls: type[Model], name: str, problem: str) -> None:
    if (key := (f"{cls.__module__}.{cls.__qualname__}", name)) not in _warned:
        _warned.add(key)
        logger.warning(
            "%s.%s cannot be read (%s): it is left empty, see .extra and .unread", cls.__name__, name, problem
        )


def _model_hook(converter: cattrs.Converter, strict: bool, cls: type[Model]) -> Callable[[Any, Any], Model]:
    plans = _Plans(cls, converter)
    opened = open_twin(cls)
    ids = identities(cls)

    def structure(value: Any, _: Any) -> Model:
        came: Mapping[str, Any] = value if is_object(value) else _document(value, cls)
        document = came
        plan = plans[(*document, *map(type, document.values()))]
        if plan.adapts:
            document = cls.from_wire(with_known_names(cls, document))
            plan = plans[(*document, *map(type, document.values()))]
        known = {name: document[key] for name, key in plan.ready}
        known["extra"] = extra = {key: document[key] for key in plan.unknown}
        misfits: list[_Misfit] | None = None
        if plan.others or plan.rivals:
            rest: _Rest | None = None
            for name, key, kind, read in plan.others:
                try:
                    known[name] = read(document[key], kind)
                except (_Partly, ValueError, TypeError) as error:
                    rest = rest or _Rest(cls, strict, extra, came)
                    if (found := rest.failed(name, key, document[key], error)) is not _NOTHING:
                        known[name] = found
            for name, sources in plan.rivals:
                rest = rest or _Rest(cls, strict, extra, came)
                if (found := rest.choose(name, sources, document)) is not _NOTHING:
                    known[name] = found
            misfits = None if rest is None else rest.misfits
        if misfits:
            known["unread"] = tuple(misfit.path[1:] for misfit in misfits)
        made = opened(**known)
        for name, key in ids:
            if not getattr(made, name) and key not in made.unread:
                object.__setattr__(made, "unread", (*made.unread, key))
        made.__class__ = cls
        if misfits:
            raise _Partly(made, misfits)
        return made

    return _once(structure) if cls.shared else structure


def _once(structure: Callable[[Any, Any], Model]) -> Callable[[Any, Any], Model]:
    """The same reading, which reads equal documents once."""
    kept: dict[str, Model] = {}

    def look_up(value: Any, kind: Any) -> Model:
        key = repr(value)
        found = kept.get(key)
        if found is None:
            found = structure(value, kind)
            if len(key) < _LETTERS_KEPT:
                if len(kept) >= _SHARED_KEPT:
                    kept.clear()
                kept[key] = found
        return found

    return look_up


def _document(value: Any, cls: type[Model]) -> Mapping[str, Any]:
    document = cls.from_value(value)
    return _mapping(value if document is None else document)


def _mapping_hook(converter: cattrs.Converter, strict: bool, kind: Any) -> Callable[[Any, Any], Mapping[str, Any]]:
    item_kind = get_args(kind)[1]
    read = converter.get_structure_hook(item_kind)

    def structure(value: Any, _: Any) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        misfits: list[_Misfit] = []
        if value == []:  # an empty object, as PHP writes it
            return found
        for key, item in _mapping(value).items():
            try:
                found[key] = read(item, item_kind)
            except _Partly as partly:
                found[key] = partly.value
                misfits += partly.within(f".{key}")
            except _Unfit as unfit:
                if strict:
                    raise unfit.within(f".{key}") from None
                misfits.append(_Misfit(f".{key}", item))
        if misfits:
            raise _Partly(found, misfits)
        return found

    return structure


def _items_hook(converter: cattrs.Converter, strict: bool, kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    item_kind = get_args(kind)[0]
    read = converter.get_structure_hook(item_kind)

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if not is_list(value):
            raise _Unfit(f"expected a list, got {_kind_of(value)}")
        items: list[Any] = []
        misfits: list[_Misfit] = []
        others: list[Any] = []
        for index, item in enumerate(value):
            try:
                items.append(read(item, item_kind))
            except _Partly as partly:
                items.append(partly.value)
                if len(misfits) < _MISFITS:
                    misfits += partly.within(f"[{index}]")
            except _Unfit as unfit:
                if strict:
                    raise unfit.within(f"[{index}]") from None
                if len(misfits) < _MISFITS:
                    misfits.append(_Misfit(f"[{index}]", item))
                else:
                    others.append(item)
        if others:
            misfits.append(_Misfit(_OTHERS, others))
        if misfits:
            raise _Partly(tuple(items), misfits)
        return tuple(items)

    return structure


def _page_hook(converter: cattrs.Converter, strict: bool, kind: Any) -> Callable[[Any, Any], Page[Any]]:
    items = _items_hook(converter, strict, kind)

    def structure(value: Any, _: Any) -> Page[Any]:
        try:
            return Page(items(value, kind))
        except _Partly as partly:
            unfit = [misfit for misfit in partly.misfits if not misfit.kept]
            skipped = tuple(
                value for misfit in unfit for value in (misfit.value if misfit.path == _OTHERS else (misfit.value,))
            )
            if skipped:
                _warn(get_args(kind)[0], "items of a list", _kind_of(skipped[0]))
            return Page(partly.value, unread=skipped)

    return structure


def _mapping(value: Any) -> Mapping[str, Any]:
    if is_object(value):
        return value
    raise _Unfit(f"expected an object, got {_kind_of(value)}")


def _text(value: Any, _: object = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if is_object(value):  # ids are written as objects by some engines
        if isinstance(whole := value.get("_serialized"), str):
            return whole
        if isinstance(user := member(value, "user"), str) and isinstance(server := member(value, "server"), str):
            return f"{user}@{server}"
        if (long := _long(value)) is not None:
            return str(long)
    raise _Unfit(f"expected text, got {_kind_of(value)}")


def _long(value: Mapping[str, Any]) -> int | None:
    """The number that a 64-bit integer of protobuf is, which JavaScript writes as two halves."""
    low, high = value.get("low"), value.get("high", 0)
    if "low" not in value or not all(isinstance(half, int) and not isinstance(half, bool) for half in (low, high)):
        return None
    whole = (cast("int", high) % 2**32 << 32) + cast("int", low) % 2**32
    return whole if whole < 2**63 or value.get("unsigned") else whole - 2**64


def _number(value: Any, _: object = None) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    if is_object(value) and (long := _long(value)) is not None:
        return float(long)
    raise _Unfit(f"expected a number, got {_kind_of(value)}")


def _member(value: Any, kind: type[IntEnum]) -> int:
    number = _whole(value)
    return kind(number) if number in kind._value2member_map_ else number


def _whole(value: Any, _: object = None) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if is_object(value) and (long := _long(value)) is not None:
        return long
    try:
        return int(value) if isinstance(value, str) else int(_number(value))
    except ValueError:
        raise _Unfit(f"expected a whole number, got {_kind_of(value)}") from None


def _truth(value: Any, _: object = None) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | float | str) else None
    if word in ("1", "1.0", "true", "yes"):
        return True
    if word in ("0", "0.0", "false", "no", ""):
        return False
    if is_object(value) and (long := _long(value)) is not None:
        return _truth(long)
    # Some engines say since when it is so.
    if word is not None and word.isdecimal() and len(word) < 20 and int(word) >= _FIRST_TIMESTAMP:
        return True
    if isinstance(value, str) and (moment := _moment(value.strip())) is not None:
        return moment.year != 1
    raise _Unfit(f"expected true or false, got {_kind_of(value)}")


def _time(value: Any, _: object = None) -> datetime | None:
    if is_object(value) and _long(value) is None:
        return _time_of(value)
    text = value.strip() if isinstance(value, str) else None
    if text == "":
        return None
    # Digits alone are seconds or milliseconds, although Python reads some of them as a date and an hour.
    moment = (_moment(text) if text and not text.isdecimal() else None) or _instant(_number(value))
    # Year 1 is how a Go service, such as the engine behind WASend, says "never".
    return None if moment.year == 1 else moment.replace(tzinfo=moment.tzinfo or UTC)


def _time_of(value: Mapping[str, Any]) -> datetime | None:
    """A time as protobuf or MongoDB writes it."""
    if (date := value.get("$date", value.get("$numberLong"))) is not None:
        return _time(date)
    seconds = member(value, "seconds", "_seconds")
    if seconds is None:
        raise _Unfit(f"expected a time, got {_kind_of(value)}")
    return _instant(_number(seconds) + _number(member(value, "nanos", "nanoseconds", "_nanoseconds") or 0) / 1e9)


def _moment(text: str) -> datetime | None:
    """A time written out: by ISO 8601, as Go prints it, or as in HTTP and mail."""
    if printed := _GO_TIME.fullmatch(text):
        text = f"{printed[1]}{printed[2]}"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text) if len(text) < 50 and "," in text else None
    except (ValueError, TypeError, OverflowError):
        return None


def _instant(seconds: float) -> datetime:
    for _ in range(3):  # milliseconds, microseconds, nanoseconds are told apart by their size
        if abs(seconds) >= 1e11:
            seconds /= 1e3
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise _Unfit("expected a time, got a number too large for one") from None


def _kind_of(value: Any) -> str:
    names = {"dict": "an object", "list": "a list", "str": "text", "bool": "true or false", "NoneType": "null"}
    name = type(cast("object", value)).__name__
    return names.get(name, "a number" if isinstance(value, int | float) else name)
