"""The sandbox's HTTP face: its routes, and the shape of answers and refusals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import attrs
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from wasend.sandbox.api.dialects import NO_BODY, Dialects, Json, nest, spoken, wrong_status
from wasend.sandbox.api.endpoints import Call, Endpoint, InvalidCall, read_object
from wasend.sandbox.api.fields import Body
from wasend.sandbox.api.guards import Guard, local_guard
from wasend.sandbox.world import Forbidden, NameTaken, Refusal, Restricted, Unknown, WrongStatus

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
    Return the application: the API's endpoints behind `guard`, the sandbox's own and its page for this machine.

    Args:
        dialect: In which dialect is answered: a name, or ``"auto"``.
        dialects: Both.
        api: The endpoints of the API in each of them: the same routes.
        guard: What a request of the API must pass.
        control: The sandbox's own endpoints.
        page: Its page.
        control_token: Lets in requests to these from other machines.
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
