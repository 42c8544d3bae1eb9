"""An endpoint as a value, a request to it, and the application that answers: its routes, and the shape of refusals."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast

import attrs
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from wasend.sandbox.api.dialects import NO_BODY, Dialects, Json, nest, spoken, wrong_status
from wasend.sandbox.api.fields import NO_FIELDS, Body, Fields
from wasend.sandbox.api.guards import Guard, local_guard
from wasend.sandbox.world import Forbidden, NameTaken, Refusal, Restricted, Unknown, WrongStatus


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


EFFECTS = "wasend.effects"
"""Where the scope of a request says what faults have to be done otherwise: a name, and a detail of it."""


DIALECT = "wasend.dialect"
"""Where the scope of a request holds the dialect in which it is answered."""


class JsonResponse(Response):
    """JSON in ASCII: half a surrogate pair, which a client may have sent, can be sent back."""

    media_type = "application/json"

    def render(self, content: Json) -> bytes:
        """Encode the body."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def build_app(
    dialect: str,
    dialects: Dialects,
    *,
    api: Mapping[str, Iterable[Endpoint]],
    guard: Guard,
    control: Iterable[Endpoint],
    page: Iterable[Route],
    control_token: str | None = None,
) -> Starlette:
    """
    Return the application: the API's endpoints, the same routes in each dialect, behind `guard`; the sandbox's own and
    its page for this machine, or who has the `control_token`.
    """
    routes = [
        _Answering(dialect, dialects, dict(zip(api, both, strict=True)), guard).route()
        # A path that begins with the session's id comes last: it would take the sandbox's own for such an id.
        for both in sorted(zip(*api.values(), strict=True), key=lambda both: both[0].path.startswith("/{"))
    ]
    named = sum(not route.path.startswith("/{") for route in routes)
    own = [_Answering("docs", dialects, {"docs": endpoint}, local_guard).route() for endpoint in control]
    app = Starlette(
        routes=[*routes[:named], *own, *page, *routes[named:]],
        exception_handlers=dict.fromkeys((HTTPException, InvalidCall, Refusal, ClientDisconnect), _refuse),
    )
    app.state.control_token = control_token
    app.router.redirect_slashes = False
    return app


@attrs.frozen
class _Answering:
    """One route: an endpoint of it for each dialect, and what chooses between them."""

    dialect: str
    dialects: Dialects
    endpoints: Mapping[str, Endpoint]
    guard: Guard

    def route(self) -> Route:
        endpoint = next(iter(self.endpoints.values()))
        return Route(endpoint.path, self.respond, methods=[endpoint.verb])

    async def respond(self, request: Request) -> Response:
        family = next(iter(self.endpoints.values())).family
        name = spoken(self.dialect, family, request.headers.get("user-agent", ""))
        endpoint, dialect = self.endpoints[name], self.dialects[name]
        request.scope[DIALECT] = dialect
        account = self.guard(request)
        body: Body = {} if endpoint.fields is None else endpoint.fields.spelt(await read_object(request))
        query = QueryParams(endpoint.query.spelt(request.query_params))
        problems = endpoint.query.problems(query)
        if endpoint.fields is not None:
            problems += endpoint.fields.problems(body)
        if problems:
            raise InvalidCall(problems)
        effects = request.scope.get(EFFECTS, {})
        answer = endpoint.answer(Call(request.path_params, query, body, account, effects))
        if isinstance(answer, Response):
            return answer
        status = dialect.post_status if endpoint.verb == "POST" else 200
        return Response(status_code=status) if answer is NO_BODY else JsonResponse(answer, status)


# A coroutine, though it waits for nothing: Starlette runs plain functions in a pool of threads.
async def _refuse(request: Request, error: Exception) -> Response:
    match error:
        # The service has no 405: to its router a path with another verb is another route.
        case HTTPException(status_code=404 | 405):
            return _nest(404, f"Cannot {request.method} {request.scope['path']}")
        case HTTPException():
            return _nest(error.status_code, error.detail, error.headers)
        case InvalidCall():
            return _nest(400, error.problems)
        case Unknown():
            return _nest(404, str(error))
        case Forbidden():
            return _nest(403, str(error))
        case Restricted():
            return _nest(500, str(error))
        case NameTaken():
            return _nest(409, str(error))
        case WrongStatus():
            word = request.scope[DIALECT].word
            return JsonResponse(wrong_status(error.session, word(error.status), map(word, error.expected)), 422)
        case ClientDisconnect():
            return Response(status_code=400)  # for the journal: nobody is there to read it
        case _:
            raise error


def _nest(status: int, message: str | list[str], headers: Mapping[str, str] | None = None) -> Response:
    return JsonResponse(nest(status, message), status, headers)
