"""Webhooks in real web frameworks: each answers alike, with the status that is due, and reads no more than it must."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp.test_utils
import aiohttp.web
import attrs
import fastapi
import flask
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from werkzeug.test import Client as WsgiClient

from tests.raw import PATIENCE, reserved, wait_until
from tests.served import KEY
from tests.test_webhooks_parsing import BODY, CLOCK, SECRET_TEXT, of, signed
from wasend import ConfigurationError, InvalidRequestError
from wasend.webhooks import AnyEvent, Endpoint, MessageReceived, Receiver
from wasend.webhooks import adapters as package
from wasend.webhooks.adapters import (
    WebhookApp,
    WebhookWSGIApp,
    aiohttp_handler,
    django_async_view,
    django_view,
    flask_view,
    lambda_handler,
    webhook_event,
)
from wasend.webhooks.reply import Target

MOST: Final = 2000


@attrs.frozen
class Answer:
    """What a framework answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, response: Any) -> Answer:
        """Of a response of whichever framework."""
        status = getattr(response, "status_code", None) or response.status
        body = getattr(response, "content", None)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return cls(status, headers, response.data if body is None else body)


Headers = dict[str, str]
Post = Callable[[Target, bytes, Headers, str], Awaitable[Answer]]


async def through_asgi(app: Any, path: str, body: bytes, headers: Headers, method: str) -> Answer:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://a") as client:
        return Answer.of(await client.request(method, path, content=body, headers=headers))


async def asgi(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    return await through_asgi(WebhookApp(target), "/", body, headers, method)


async def starlette_route(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    app = Starlette(routes=[Route("/webhook", WebhookApp(target))])
    return await through_asgi(app, "/webhook", body, headers, method)


async def starlette_mount(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    app = Starlette(routes=[Mount("/webhook", WebhookApp(target))])
    return await through_asgi(app, "/webhook/", body, headers, method)


async def fastapi_mount(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    app = fastapi.FastAPI()
    app.mount("/webhook", WebhookApp(target))
    return await through_asgi(app, "/webhook/", body, headers, method)


async def fastapi_route(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    app = fastapi.FastAPI()
    app.router.routes.append(Route("/webhook", WebhookApp(target)))
    return await through_asgi(app, "/webhook", body, headers, method)


async def wsgi(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    return Answer.of(WsgiClient(WebhookWSGIApp(target)).open("/any", method=method, data=body, headers=headers))


async def flask_app(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    app = flask.Flask("app")
    app.add_url_rule("/webhook", "webhook", flask_view(target), methods=["POST"])
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return Answer.of(app.test_client().open("/webhook", method=method, data=body, headers=headers))


async def django_sync(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    from django.test import Client

    with django_urls(django_view(target)):
        client = Client(enforce_csrf_checks=True)
        return Answer.of(client.generic(method, "/webhook", body, "application/json", headers=headers))


async def django_async(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    from django.test import AsyncClient

    with django_urls(django_async_view(target)):
        client = AsyncClient(enforce_csrf_checks=True)
        return Answer.of(await client.generic(method, "/webhook", body, "application/json", headers=headers))


@contextmanager
def django_urls(view: Any) -> Iterator[None]:
    """Django with one path."""
    import django
    from django.conf import settings
    from django.test import override_settings
    from django.urls import path

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])
        django.setup()
    with override_settings(ROOT_URLCONF=(path("webhook", view),)):
        yield


async def aiohttp_app(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
    app = aiohttp.web.Application()
    app.router.add_post("/webhook", aiohttp_handler(target))
    async with (
        aiohttp.test_utils.TestClient(aiohttp.test_utils.TestServer(app)) as client,
        client.request(method, "/webhook", data=body, headers=headers) as response,
    ):
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, found, await response.read())


def in_lambda(make: Callable[[str, Headers, str, bool], dict[str, Any]], *, encoded: bool) -> Post:
    """A function in AWS Lambda, whose event is made of a request in one of its forms."""

    async def post(target: Target, body: bytes, headers: Headers, method: str) -> Answer:
        text = base64.b64encode(body).decode() if encoded else body.decode("utf-8", "surrogateescape")
        event = json.loads(json.dumps(make(text, headers, method, encoded)))
        response = json.loads(json.dumps(lambda_handler(target)(event, None)))
        assert response["isBase64Encoded"] is False
        found = response.get("headers") or {name: value for name, (value,) in response["multiValueHeaders"].items()}
        assert ("statusDescription" in response) == ("elb" in event["requestContext"])
        return Answer(response["statusCode"], {name.lower(): v for name, v in found.items()}, response["body"].encode())

    return post


def gateway_v1(body: str, headers: Headers, method: str, encoded: bool) -> dict[str, Any]:
    several = {name: [value] for name, value in headers.items()}
    return {
        "resource": "/webhook",
        "path": "/webhook",
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": several,
        "requestContext": {"resourceId": "r"},
        "body": body or None,
        "isBase64Encoded": encoded,
    }


def gateway_v2(body: str, headers: Headers, method: str, encoded: bool) -> dict[str, Any]:
    lower = {name.lower(): value for name, value in headers.items()}
    context = {"http": {"method": method, "path": "/webhook"}}
    event: dict[str, Any] = {"version": "2.0", "rawPath": "/webhook", "headers": lower, "requestContext": context}
    return event | ({"body": body, "isBase64Encoded": encoded} if body else {"isBase64Encoded": False})


def load_balancer(body: str, headers: Headers, method: str, encoded: bool) -> dict[str, Any]:
    event: dict[str, Any] = {"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": method}
    return event | {"path": "/webhook", "headers": headers, "body": body, "isBase64Encoded": encoded}


def load_balancer_several(body: str, headers: Headers, method: str, encoded: bool) -> dict[str, Any]:
    event = load_balancer(body, headers, method, encoded)
    del event["headers"]
    return event | {"multiValueHeaders": {name: [value] for name, value in headers.items()}}


POSTS: Final[dict[str, Post]] = {
    "asgi": asgi,
    "starlette route": starlette_route,
    "starlette mount": starlette_mount,
    "fastapi route": fastapi_route,
    "fastapi mount": fastapi_mount,
    "wsgi": wsgi,
    "flask": flask_app,
    "django": django_sync,
    "django async": django_async,
    "aiohttp": aiohttp_app,
    "lambda v1": in_lambda(gateway_v1, encoded=False),
    "lambda v1 base64": in_lambda(gateway_v1, encoded=True),
    "lambda v2": in_lambda(gateway_v2, encoded=False),
    "lambda v2 base64": in_lambda(gateway_v2, encoded=True),
    "load balancer": in_lambda(load_balancer, encoded=False),
    "load balancer, several values": in_lambda(load_balancer_several, encoded=True),
}


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("how", ["function", "coroutine function"])
async def test_answers(name: str, how: str) -> None:
    """Each framework hands the very bytes over, calls the function once for an event, and answers what is due."""
    handled: list[Any] = []

    def function(event: AnyEvent) -> str:
        handled.append(event)
        return "anything"

    async def coroutine_function(event: AnyEvent) -> None:
        await asyncio.sleep(0)
        handled.append(event)

    handle = function if how == "function" else coroutine_function
    target = Endpoint(handle, key=KEY, max_bytes=MOST, clock=CLOCK)

    async def post(body: bytes, headers: Headers, method: str = "POST") -> tuple[int, Any]:
        answer = await POSTS[name](target, body, {"Content-Type": "application/json", **headers}, method)
        if answer.status == 405:
            assert "POST" in answer.headers["allow"]
            return 405, None
        assert answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(answer.body)

    assert await post(BODY, signed()) == (200, {"status": "handled"})
    ((event),) = handled
    assert isinstance(event, MessageReceived)
    assert event.payload.body == SECRET_TEXT
    spelt = of(payload={"body": "Grüße 🙂", "id": "x"})
    umlauts = json.dumps(json.loads(spelt), ensure_ascii=False).encode()
    doubled = {**signed(umlauts), "X-Webhook-Hmac": ",".join([signed(umlauts)["X-Webhook-Hmac"]] * 2)}
    assert (await post(umlauts, doubled))[0] == 200
    assert handled.pop().payload.body == "Grüße 🙂"
    full = BODY + b" " * (MOST - len(BODY))
    assert (await post(full, signed(full)))[0] == 200
    del handled[:]

    assert await post(BODY, {}) == (401, {"error": "not signed"})
    assert await post(BODY + b" ", signed()) == (401, {"error": "wrong signature"})
    assert await post(b"[]", signed(b"[]")) == (400, {"error": "not an event"})
    assert await post(b"", signed(b"")) == (400, {"error": "not an event"})
    assert await post(of(timestamp=1), signed(of(timestamp=1))) == (400, {"error": "too old"})
    assert await post(full + b" ", signed(full + b" ")) == (413, {"error": "too large"})
    for method in ("GET", "PUT"):
        assert (await post(BODY, signed(), method))[0] == 405
    assert handled == []
    target.blocking.close()


async def test_a_body_that_was_read_before() -> None:
    """Where an application logs what is posted before the view has its turn, the view gets the same bytes."""
    target = Endpoint(lambda event: None, key=KEY, max_bytes=MOST, clock=CLOCK)
    app = flask.Flask(__name__)
    app.before_request(lambda: flask.request.get_data() and None)
    app.add_url_rule("/webhook", "webhook", flask_view(target), methods=["POST"])
    client = app.test_client()
    assert client.post("/webhook", data=BODY, headers=signed()).status_code == 200
    assert client.post("/webhook", data=b" " * (MOST + 1), headers=signed()).status_code == 413

    @aiohttp.web.middleware
    async def log(request: aiohttp.web.Request, handler: Any) -> Any:
        await request.read()
        return await handler(request)

    web = aiohttp.web.Application(middlewares=[log])
    web.router.add_post("/webhook", aiohttp_handler(target))
    async with (
        aiohttp.test_utils.TestClient(aiohttp.test_utils.TestServer(web)) as posting,
        posting.post("/webhook", data=BODY, headers=signed()) as response,
    ):
        assert response.status == 200


@pytest.mark.parametrize("name", ["starlette route", "flask", "aiohttp", "lambda v2"])
async def test_a_receiver(name: str) -> None:
    """A `Receiver` is taken wherever an `Endpoint` is, and answers as it does."""
    receiver = Receiver(key=KEY, clock=CLOCK)
    handled: list[str | None] = []

    @receiver.on(MessageReceived)
    async def handle(event: MessageReceived) -> None:
        handled.append(event.payload.body)

    for headers, status in ((signed(), 200), ({}, 401)):
        assert (await POSTS[name](receiver, BODY, headers, "POST")).status == status
    assert handled == [SECRET_TEXT]
    receiver.blocking.close()


class Broken(Exception):
    """What a program's own function raises."""


@pytest.mark.parametrize("name", POSTS)
async def test_a_function_that_fails(name: str) -> None:
    """What the function raises goes on to the framework, which answers 500 and logs it; no variable of ours has the text."""

    async def handle(event: AnyEvent) -> None:
        raise Broken

    target = Endpoint(handle, key=KEY, clock=CLOCK)
    if name == "aiohttp":
        assert (await POSTS[name](target, BODY, signed(), "POST")).status == 500
        return
    with pytest.raises(Broken) as caught:
        await POSTS[name](target, BODY, signed(), "POST")
    target.blocking.close()
    found = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = "".join(str(frame.locals) for frame in found.stack if f"wasend{os.sep}" in frame.filename)
    assert ours
    assert KEY not in ours
    if not name.startswith("l"):  # of Lambda, whose event has the body, and is an argument
        assert SECRET_TEXT not in ours


# ------------------------------------------------------------------------------------------- a dependency of FastAPI


def dependent_app(**options: Any) -> tuple[fastapi.FastAPI, list[AnyEvent]]:
    """An application with a route that depends on an event."""
    app, handled = fastapi.FastAPI(), list[AnyEvent]()
    dependency = webhook_event(**{"key": KEY, "clock": CLOCK, "max_bytes": MOST, **options})

    @app.post("/webhook")
    async def hook(page: int = 0, event: Any = fastapi.Depends(dependency)) -> dict[str, str]:  # noqa: B008
        handled.append(event)
        return {"said": f"{event.name} {page}"}

    return app, handled


async def test_fastapi_dependency() -> None:
    """A route gets its event, verified and typed; what is refused does not enter it."""
    app, handled = dependent_app()

    async def post(body: bytes, headers: Headers) -> tuple[int, Any]:
        answer = await through_asgi(app, "/webhook?page=2", body, headers, "POST")
        return answer.status, json.loads(answer.body)

    assert await post(BODY, signed()) == (200, {"said": "message 2"})
    assert isinstance(handled.pop(), MessageReceived)
    assert await post(BODY, {}) == (401, {"detail": "not signed"})
    assert await post(b"1", signed(b"1")) == (400, {"detail": "not an event"})
    assert await post(b" " * (MOST + 1), {}) == (413, {"detail": "too large"})
    assert handled == []
    assert app.openapi()["paths"]["/webhook"]["post"]["parameters"][0]["name"] == "page"


async def test_fastapi_slow_body() -> None:
    """A body that does not come in time is answered by 408."""
    app, handled = dependent_app(timeout=0.01)

    async def never() -> AsyncIterator[bytes]:
        yield BODY[:10]
        await asyncio.sleep(PATIENCE)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://a") as client:
        response = await client.post("/webhook", content=never(), headers=signed())
    assert (response.status_code, response.json(), handled) == (408, {"detail": "too slow"}, [])


# ------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize("timeout", [0, -1, True, "30", None, float("inf"), float("nan")])
def test_times_that_are_none(timeout: Any) -> None:
    """A time that cannot be meant is refused."""
    target = Endpoint(print, key=KEY)
    for make in (
        lambda: WebhookApp(target, timeout=timeout),
        lambda: aiohttp_handler(target, timeout=timeout),
        lambda: webhook_event(key=KEY, timeout=timeout),
    ):
        with pytest.raises(ConfigurationError, match="timeout"):
            make()


async def test_endpoint_by_hand() -> None:
    """What is not the body as it came is a mistake of the program, and refused by name."""
    made: Any = BODY.decode()
    target = Endpoint(print, key=KEY, clock=CLOCK)
    with pytest.raises(InvalidRequestError, match="body: expected bytes, got str"):
        await target.receive(made, signed())
    with pytest.raises(InvalidRequestError, match="body: expected bytes, got str"):
        target.blocking.receive(made, signed())


@pytest.mark.parametrize("options", [{"key": None}, {"key": ""}, {"max_age": 0}, {"max_bytes": 0}, {"handle": 5}])
def test_endpoints_that_are_none(options: dict[str, Any]) -> None:
    """An endpoint without a key, or with a limit that is none, is not made; nor is a dependency."""
    settings = {"handle": print, "key": KEY, **options}
    with pytest.raises(ConfigurationError):
        Endpoint(settings.pop("handle"), **settings)
    if "handle" not in options:
        with pytest.raises(ConfigurationError):
            webhook_event(**settings)


def test_names() -> None:
    """Every adapter is imported from the package, and no other name."""
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'bottle_view'"):
        package.bottle_view  # type: ignore[attr-defined]  # noqa: B018


# ------------------------------------------------------------------------------------------- by the rules of ASGI


async def test_lifespan() -> None:
    """Where it is served by itself, what it hands events to begins and ends with it; an `Endpoint` has nothing to begin."""
    said: list[str] = []

    class Living(Endpoint):
        async def __aenter__(self) -> None:
            said.append("begun")
            if len(said) > 2:
                raise ConfigurationError("no inbox")

        async def __aexit__(self, *_: object) -> None:
            said.append("ended")

    async def live(target: Endpoint) -> list[str]:
        messages = iter(["lifespan.startup", "lifespan.shutdown"])
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        try:
            await WebhookApp(target)({"type": "lifespan"}, receive, send)
        except ConfigurationError:
            sent.append("raised")
        return sent

    assert await live(Endpoint(print, key=KEY)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert await live(Living(print, key=KEY)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert said == ["begun", "ended"]
    assert await live(Living(print, key=KEY)) == ["lifespan.startup.failed", "raised"]


async def test_hung_up() -> None:
    """Whoever hangs up before the end of a body is answered nothing, and the event is not handled."""
    handled: list[AnyEvent] = []
    messages = iter([{"type": "http.request", "body": BODY[:9], "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    app = WebhookApp(Endpoint(handled.append, key=KEY, clock=CLOCK))
    headers = [(name.encode(), value.encode()) for name, value in signed().items()]
    await app({"type": "http", "method": "POST", "headers": headers}, receive, send)
    assert handled == []
    closed: list[Any] = []

    async def keep(message: Any) -> None:
        closed.append(message["type"])

    await app({"type": "websocket", "headers": []}, receive, keep)
    assert closed == ["websocket.close"]


async def test_http_2() -> None:
    """Headers may be any iterable, and a later version of HTTP is not told to close a connection."""
    handled: list[AnyEvent] = []
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": BODY}

    async def send(message: Any) -> None:
        sent.append(message)

    for most, version in ((len(BODY), "2"), (9, "2"), (9, "1.1")):
        headers = ((name.encode(), value.encode()) for name, value in signed().items())
        app = WebhookApp(Endpoint(handled.append, key=KEY, clock=CLOCK, max_bytes=most))
        await app({"type": "http", "method": "POST", "headers": headers, "http_version": version}, receive, send)
    assert [message["status"] for message in sent[::2]] == [200, 413, 413]
    assert [(b"connection", b"close") in message["headers"] for message in sent[::2]] == [False, False, True]
    assert len(handled) == 1


def test_wsgi_without_a_length() -> None:
    """Without a length nothing is read, lest it never ends, unless the server says that it ends: then no more than may be."""

    class Input:
        """Has a body without an end."""

        def __init__(self) -> None:
            self.taken = 0

        def read(self, size: int) -> bytes:
            assert 0 < size <= 1 << 16
            self.taken += size
            return b"x" * size

    statuses: list[str] = []
    app = WebhookWSGIApp(Endpoint(print, key=KEY, max_bytes=200_000))
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": Input()}
    assert app(environ, lambda status, headers: statuses.append(status)) == [b'{"error": "not signed"}']
    app({**environ, "CONTENT_LENGTH": "7 bytes"}, lambda status, headers: statuses.append(status))
    assert environ["wsgi.input"].taken == 0  # type: ignore[attr-defined]
    app({**environ, "wsgi.input_terminated": True}, lambda status, headers: statuses.append(status))
    assert environ["wsgi.input"].taken == 200_001  # type: ignore[attr-defined]
    app({**environ, "CONTENT_LENGTH": "200001"}, lambda status, headers: statuses.append(status))
    assert environ["wsgi.input"].taken == 200_001  # type: ignore[attr-defined]
    assert (
        statuses == ["401 Unauthorized", "401 Unauthorized", *["413 Request Entity Too Large"] * 2]
        or statuses[2:] == ["413 Content Too Large"] * 2
    )


def test_django_without_a_length() -> None:
    """A body that comes in pieces is read where the server says that it ends, and nowhere else."""
    from django.core.handlers.wsgi import WSGIRequest

    view = django_view(Endpoint(lambda event: None, key=KEY, clock=CLOCK))
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "HTTP_X_WEBHOOK_HMAC": signed()["X-Webhook-Hmac"]}
    with django_urls(view):
        for ends, status in ((True, 200), (False, 401)):
            body = {"wsgi.input": io.BytesIO(BODY), "wsgi.input_terminated": ends}
            assert view(WSGIRequest({**environ, **body})).status_code == status


async def test_django_when_the_sender_hangs_up() -> None:
    """Whoever hangs up before the end of a body has sent no event."""

    class Request:
        method = "POST"
        META: Final = {"CONTENT_LENGTH": "100"}
        headers: Final = signed()

        def read(self, size: int) -> bytes:
            raise OSError("Apache/mod_wsgi failed to read")

    with django_urls(print):
        assert django_view(Endpoint(print, key=KEY))(Request()).status_code == 400


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({}, 405),
        ({"httpMethod": "POST", "requestContext": None, "headers": None}, 401),
        ({"httpMethod": "POST", "body": "!", "isBase64Encoded": True}, 400),
        ({"httpMethod": "POST", "body": "é", "isBase64Encoded": True}, 400),
        ({"httpMethod": "POST", "body": "A" * 4000, "isBase64Encoded": True}, 413),
    ],
)
def test_odd_events_of_lambda(event: dict[str, Any], status: int) -> None:
    """What is no request, or is not what it is said to be, is refused like any other."""
    assert lambda_handler(Endpoint(print, key=KEY, max_bytes=MOST))(event, None)["statusCode"] == status


# ------------------------------------------------------------------------------------------- real servers, raw sockets


@contextmanager
def uvicorn_with(app: Any) -> Iterator[int]:
    """A server of its own thread; its port."""
    sock = reserved()
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([sock])))
    thread.start()
    try:
        wait_until(lambda: server.started, "uvicorn")
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        sock.close()


@contextmanager
def gunicorn_with(app: str) -> Iterator[int]:
    """A server of its own processes; its port."""
    command = [sys.executable, "-m", "gunicorn", "--threads", "2", "--bind", "127.0.0.1:0", "--preload"]
    command += ["--no-control-socket", app]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = ""
        while not (found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", said)):
            line = process.stderr.readline()
            assert line, said
            said += line
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def exchange(port: int, *parts: bytes, headers: Headers, length: int | None) -> tuple[bytes, int]:
    """What a server answers to a request whose body comes in parts, and how many bytes of them it took."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"]
    head = "\r\n".join(["POST /webhook HTTP/1.1", "Host: a", *lines, "", ""]).encode()
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(head)
        try:
            for part in parts:
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part) if length is None else part)
                sent += len(part)
        except OSError:  # it has hung up
            pass
        answer = b""
        try:
            while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
                piece = connection.recv(65_536)
                if not piece:
                    break
                answer += piece
        except ConnectionResetError:
            pass
        return answer, sent


MEGABYTE: Final = b" " * 2**20


def test_uvicorn() -> None:
    """Over a socket: an event is answered; 100 MB are refused before they are sent, or while; a body that stalls, in time."""
    handled: list[AnyEvent] = []
    target = Endpoint(handled.append, key=KEY, clock=CLOCK)
    with uvicorn_with(WebhookApp(target, timeout=1.0)) as port:
        answer, _ = exchange(port, BODY[:50], BODY[50:], headers=signed(), length=len(BODY))
        assert answer.startswith(b"HTTP/1.1 200 ")
        answer, _ = exchange(port, BODY[:50], BODY[50:], b"", headers=signed(), length=None)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert len(handled) == 2
        answer, _ = exchange(port, headers=signed(), length=100 * 2**20)
        assert answer.startswith(b"HTTP/1.1 413 ")
        answer, sent = exchange(port, *[MEGABYTE] * 100, headers=signed(), length=None)
        assert sent < 100 * 2**20
        assert answer.startswith(b"HTTP/1.1 413 ") or answer == b""  # a reset may overtake it
        start = time.monotonic()
        answer, _ = exchange(port, BODY[:50], headers=signed(), length=len(BODY))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer.lower()
        assert time.monotonic() - start < PATIENCE
        answer, _ = exchange(port, BODY, headers=signed(), length=len(BODY))
        assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(handled) == 3


@pytest.mark.skipif(os.name != "posix", reason="gunicorn runs on Unix")
def test_gunicorn() -> None:
    """The same by a server of WSGI, which bounds the time by itself."""
    with gunicorn_with("tests.served:app") as port:
        answer, _ = exchange(port, BODY[:50], BODY[50:], headers=signed(), length=len(BODY))
        assert answer.startswith(b"HTTP/1.1 200 ")
        answer, _ = exchange(port, BODY[:50], BODY[50:], b"", headers=signed(), length=None)
        assert answer.startswith(b"HTTP/1.1 200 ")
        answer, _ = exchange(port, BODY[:-1], b" ", headers=signed(), length=len(BODY))
        assert answer.startswith(b"HTTP/1.1 401 ")
        answer, _ = exchange(port, headers=signed(), length=100 * 2**20)
        assert answer.startswith(b"HTTP/1.1 413 ")
