"""
What pydantic asks of a model, and FastAPI with it: how to read it, how to write it, and its JSON schema.

So ``-> Message`` is a response model, and a `Session` a field of a `pydantic.BaseModel`. The only importer of
pydantic-core, which is there where somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

from ..errors import DecodeError
from .model import Model, Page, wire_names

_PLAIN: Final[Mapping[type, Mapping[str, str]]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
}


def core_schema_of(kind: Any) -> Any:
    """
    How pydantic reads and writes a model or a page: as the service's own document.

    Args:
        kind: The class, or ``Page[...]``.
    """
    from pydantic_core import core_schema

    def read(value: Any) -> Any:
        from .codec import decode

        if isinstance(value, get_origin(kind) or kind):
            return value
        try:
            return decode(value, kind)
        except DecodeError as error:
            raise ValueError(str(error)) from None

    def write(value: Any) -> Any:
        return value.to_dict()

    written = core_schema.plain_serializer_function_ser_schema(write)
    return core_schema.no_info_plain_validator_function(read, serialization=written)


def json_schema_of(kind: Any) -> dict[str, Any]:
    """
    What is written of a model or a page, as a JSON schema. Nothing of it is required, and more may be there.

    Args:
        kind: The class, or ``Page[...]``.
    """
    if (get_origin(kind) or kind) is Page:
        items = {"type": "array", "items": _schema(*get_args(kind) or (Any,))}
        return {"type": "object", "title": "Page", "properties": {"items": items}}
    model = cast("type[Model]", kind)
    hints = get_type_hints(model)
    properties = {names[0]: _schema(hints[name]) for name, names in wire_names(model).items()}
    about = (model.__doc__ or "").strip().partition("\n")[0]
    return {"type": "object", "title": model.__name__, "description": about, "properties": properties}


def _schema(hint: Any) -> dict[str, Any]:
    choices = [choice for choice in get_args(hint) if choice is not type(None)]
    origin = get_origin(hint)
    if isinstance(hint, type) and issubclass(hint, Model):
        return json_schema_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object"}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": _schema(choices[0]) if choices else {}}
    if len(choices) == 1:
        return _schema(choices[0])
    return {"anyOf": [_schema(choice) for choice in choices]} if choices else {}
