"""
What has become of a call, as JSON to keep: its result, or its refusal.

What the caller will say again with the key, the text and the number, is not kept: a reference stands in its place.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from .. import errors
from .._core.call import Call
from .._core.documents import is_list, is_object
from .._core.model import Model
from ..delivery.sends import send_of
from ..errors import DecodeError, WasendError
from .identity import canonical

T = TypeVar("T")

_FIELD: Final = "="
_PIECES: Final = "~"
_PLAIN: Final = "!"
_SESSIONS: Final = frozenset({"session", "sessionId"})
_SHORTEST: Final = 5
"""Characters of what is worth a reference: a shorter text says little."""

_encoder: Final = json.JSONEncoder(separators=(",", ":"))

logger: Final = logging.getLogger("wasend")


def result_text(result: object, call: Call[Any]) -> str | None:
    """A result as JSON; `None` where it cannot be written."""
    document = result.to_dict() if isinstance(result, Model) else result
    try:
        return _encoder.encode(_shrunk(document, _Said(call)))
    except (TypeError, ValueError, RecursionError):
        logger.warning("%s: its result cannot be recorded; only its success is", call.name)
        return None


def result_of(text: str | None, call: Call[T]) -> T:
    """The result as the call's type; what can be known of it where it was not kept."""
    from .._core.codec import decode, decode_accepted

    if text is not None:
        document = _restored(json.loads(text), _Said(call))
        try:
            return decode(document, call.result)
        except DecodeError:
            return decode_accepted(document, call.result, (), {})
    return decode_accepted(None, call.result, call.envelope, {**call.path_params, **(call.body or {})})


def refusal_text(error: WasendError) -> str:
    """A refusal as JSON."""
    return json.dumps({"class": type(error).__name__, "args": list(error.args)}, default=str)


def refusal_of(text: str) -> WasendError:
    """The error that was recorded, anew."""
    document = json.loads(text)
    kind: Any = getattr(errors, document["class"], WasendError)
    try:
        error: WasendError = kind(*document["args"])
    except (TypeError, ValueError, AttributeError):
        error = WasendError(str(next(iter(document["args"]), "")))
    return error


class _Said:
    """What a call says that its result may repeat."""

    def __init__(self, call: Call[Any]) -> None:
        given = {**call.path_params, **(call.body or {})}
        self.fields = {
            name: value
            for name, value in given.items()
            if isinstance(value, str) and len(value) >= _SHORTEST and name not in _SESSIONS
        }
        send = send_of(call)
        self.number = "" if send is None else canonical(send.to).partition("@")[0]
        for name in [name for name, value in self.fields.items() if self.number and self.number in value]:
            del self.fields[name]  # its spelling may be another the next time
        self.names = {value: name for name, value in self.fields.items()}


def _shrunk(value: Any, said: _Said) -> Any:
    if isinstance(value, str):
        if value in said.names:
            return {_FIELD: said.names[value]}
        if len(said.number) >= _SHORTEST and said.number in value:
            return {_PIECES: value.split(said.number)}
        return value
    if is_object(value):
        found = {str(key): _shrunk(item, said) for key, item in value.items()}
        return {_PLAIN: found} if found.keys() & {_FIELD, _PIECES, _PLAIN} else found
    return [_shrunk(item, said) for item in value] if is_list(value) else value


def _restored(value: Any, said: _Said) -> Any:
    if is_object(value):
        if len(value) == 1 and (name := next(iter(value))) in _MARKS:
            return _MARKS[name](value[name], said)
        return {key: _restored(item, said) for key, item in value.items()}
    return [_restored(item, said) for item in value] if is_list(value) else value


_MARKS: Final[Mapping[str, Callable[[Any, _Said], Any]]] = {
    _FIELD: lambda name, said: said.fields.get(name),
    _PIECES: lambda pieces, said: said.number.join(pieces),
    _PLAIN: lambda value, said: {key: _restored(item, said) for key, item in value.items()},
}
