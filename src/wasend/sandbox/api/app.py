"""The sandbox's HTTP face: its routes, and the shape of answers and refusals."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from wasend.sandbox.api.dialects import NO_BODY, Dialect, Json, nest, wrong_status
from wasend.sandbox.api.endpoints import Call, Endpoint, InvalidCall, read_object
from wasend.sandbox.api.guards import Guard, local_guard
from wasend.sandbox.world import Forbidden, NameTaken, Refusal, Restricted, Unknown, WrongStatus

LOST = "wasend.lost"
"""Stands in the scope of a request whose message is to be taken, and to go nowhere."""


class JsonResponse(Response):
    """JSON in ASCII: half a surrogate pair, which a client may have sent, can be sent back."""

    media_type = "application/json"

    def render(self, content: Json) -> bytes:
        """Encode the body."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def build_app(
    dialect: Dialect,
    *,
    api: Iterable[Endpoint],
    guard: Guard,
    control: Iterable[Endpoint],
    page: Iterable[Route],
) -> Starlette:
    """Return the application: the API's endpoints behind `guard`, the sandbox's own and its page for this machine."""
    # A path that begins with the session's id comes last: it would take the sandbox's own for such an id.
    api = sorted(api, key=lambda endpoint: endpoint.path.startswith("/{"))
    named = sum(not endpoint.path.startswith("/{") for endpoint in api)
    routes = [_route(endpoint, guard, dialect) for endpoint in api]
    own = [*(_route(endpoint, local_guard, dialect) for endpoint in control), *page]
    app = Starlette(
        routes=[*routes[:named], *own, *routes[named:]],
        exception_handlers=dict.fromkeys((HTTPException, InvalidCall, Refusal, ClientDisconnect), _refusals(dialect)),
    )
    app.router.redirect_slashes = False
    return app


def _route(endpoint: Endpoint, guard: Guard, dialect: Dialect) -> Route:
    status = dialect.post_status if endpoint.verb == "POST" else 200

    async def respond(request: Request) -> Response:
        account = guard(request)
        body = {} if endpoint.fields is None else await read_object(request)
        problems = endpoint.query.problems(request.query_params)
        if endpoint.fields is not None:
            problems += endpoint.fields.problems(body)
        if problems:
            raise InvalidCall(problems)
        lost = LOST in request.scope
        answer = endpoint.answer(Call(request.path_params, request.query_params, body, account, lost))
        if isinstance(answer, Response):
            return answer
        return Response(status_code=status) if answer is NO_BODY else JsonResponse(answer, status)

    return Route(endpoint.path, respond, methods=[endpoint.verb])


def _refusals(dialect: Dialect) -> Callable[[Request, Exception], Awaitable[Response]]:
    # A coroutine, though it waits for nothing: Starlette runs plain functions in a pool of threads.
    async def refuse(request: Request, error: Exception) -> Response:
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
                expected = map(dialect.word, error.expected)
                return JsonResponse(wrong_status(error.session, dialect.word(error.status), expected), 422)
            case ClientDisconnect():
                return Response(status_code=400)  # for the journal: nobody is there to read it
            case _:
                raise error

    return refuse


def _nest(status: int, message: str | list[str], headers: Mapping[str, str] | None = None) -> Response:
    return JsonResponse(nest(status, message), status, headers)
