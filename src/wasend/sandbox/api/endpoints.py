"""An endpoint as a value, a request to it, and the JSON object that the request carries."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast

import attrs
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from wasend.sandbox.api.dialects import Json
from wasend.sandbox.api.fields import NO_FIELDS, Body, Fields


@attrs.frozen
class Call:
    """
    A request that passed the guards: what its path and query name, its checked body, the account whose key it had
    (None for the sandbox's own endpoints), and what faults have to be done otherwise.
    """

    path: Mapping[str, Any]
    query: QueryParams
    body: Body
    account: str | None = None
    effects: Mapping[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen
class Endpoint:
    """
    A verb, a path with ``{name}`` segments, and what answers it. `fields` are those of its body; None means
    that it takes none, and that whatever comes is not read. `query` are the fields of its query, all strings.
    `family` is the only dialect that knows the route, where one does not.
    """

    verb: str
    path: str
    answer: Callable[[Call], Json]
    fields: Fields | None = None
    query: Fields = NO_FIELDS
    family: Literal["docs", "sdk"] | None = None


class InvalidCall(Exception):
    """What was sent is not what the endpoint takes; `problems` names the fields."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems


_LARGEST = 64 * 1024 * 1024
_DEEPEST = 32


async def read_object(request: Request) -> dict[str, Any]:
    """Read the JSON object that a request carries, compressed or not; refuse anything else with 413 or 400."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(400, "Content-Type must be application/json")
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip"):
        raise HTTPException(400, "Content-Encoding must be gzip, or none")
    unpack = zlib.decompressobj(zlib.MAX_WBITS + 16) if packed == "gzip" else None
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk if unpack is None else unpack.decompress(chunk, _LARGEST)
            if len(raw) > _LARGEST or (unpack is not None and unpack.unconsumed_tail):
                raise HTTPException(413, f"the body is larger than {_LARGEST} bytes")
        value = _DECODER.decode(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError, zlib.error) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise HTTPException(400, "the body must be a JSON object")
    body = cast("dict[str, Any]", value)
    if _deeper_than(body, _DEEPEST):
        raise HTTPException(400, f"the body is nested more than {_DEEPEST} levels deep")
    return body


def _not_json(number: str) -> float:
    raise ValueError(f"{number} is not a JSON number")


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _not_json(number)


# What is taken is later written out again, so nothing gets in that JSON could not hold.
_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_not_json)


def _deeper_than(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        inner: Iterable[object] = cast("dict[str, object]", value).values()
    elif isinstance(value, list):
        inner = cast("list[object]", value)
    else:
        return False
    return levels == 0 or any(_deeper_than(one, levels - 1) for one in inner)
