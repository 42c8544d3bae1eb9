"""What goes out: verb, target, headers and body of every call, byte for byte, in every form a call may be written in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
import respx

import wasend
from tests.calls import BASE, FACES, KEY, PNG, PNG_TEXT, ROWS, SESSION, Row, ask
from wasend import (
    AsyncWasendClient,
    InvalidRequestError,
    LinkPreview,
    Message,
    NotFoundError,
    Result,
    Session,
    WasendError,
)
from wasend._core.call import Call
from wasend._core.compression import ACCEPTED

FORMS = [(row, form) for row in ROWS for form in row.forms()]


@pytest.fixture
def service() -> Iterator[respx.MockRouter]:
    """The service, which answers nothing but what a test tells it."""
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router


def line(request: httpx.Request) -> str:
    """The request line but for the version of HTTP."""
    return f"{request.method} {request.url.raw_path.decode()}"


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(("row", "form"), FORMS, ids=[f"{row.id}-{form}" for row, form in FORMS])
def test_request(service: respx.MockRouter, row: Row, form: str, face: str) -> None:
    """Each call, by keywords or as a mapping in either spelling, makes exactly the request that its row says, and once."""
    shape = row.answers[0]
    service.route().respond(200, content=shape.content, content_type=shape.content_type)
    args, given = row.forms()[form]

    assert ask(face, row.call, *args, **given) == shape.value

    (made,) = service.calls
    assert line(made.request) == row.sent
    assert made.request.content == (row.body or "").encode()
    headers = {
        "host": "api.wasend.dev",
        "authorization": f"Bearer {KEY}",
        "accept": "application/json",
        "user-agent": f"wasend-python/{wasend.__version__}",
        "accept-encoding": ACCEPTED,
    }
    if row.body is not None:
        headers |= {"content-type": "application/json", "content-length": str(len(row.body.encode()))}
    elif row.sent.startswith("POST"):
        headers["content-length"] = "0"
    assert dict(made.request.headers) == headers


def meant(sent: str) -> tuple[str, list[tuple[str, str]]]:
    """What a request line says, however it is encoded."""
    path, _, query = sent.partition("?")
    return unquote(path), parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))


OBSERVED = [row for row in ROWS if row.official]


@pytest.mark.parametrize("row", OBSERVED, ids=[row.id for row in OBSERVED])
def test_request_is_the_official_sdks(row: Row) -> None:
    """Where the wire of the official SDK was observed, ours is the same but for the order of fields and the encoding."""
    assert row.official is not None
    sent, body = row.official
    assert meant(row.sent) == meant(sent)
    assert (row.body and json.loads(row.body)) == (body and json.loads(body))


def test_the_table_is_whole() -> None:
    """Every public call is in the table; what is several requests, or any, has tests of its own."""
    own = {"aclose", "download", "download_to", "login", "request", "send_message"}
    own |= {"settle", "settle_send", "resolve", "suppress", "wait_for_ack", "wait_for_state", "wait_until_ready"}
    public = {name for name in dir(AsyncWasendClient) if asyncio.iscoroutinefunction(getattr(AsyncWasendClient, name))}
    assert {row.call for row in ROWS} == {name for name in public if not name.startswith("_")} - own


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"limit": 0, "offset": None, "refresh": False, "on": True}, "limit=0&refresh=false&on=true"),
        ({"search": "a b&c", "contactId": "+111 1@c.us"}, "search=a+b%26c&contactId=%2B111+1%40c.us"),
        ({"code": "https://chat.whatsapp.com/AB"}, "code=https%3A%2F%2Fchat.whatsapp.com%2FAB"),
    ],
)
def test_query(params: Mapping[str, Any], query: str) -> None:
    """Query parameters are percent-encoded, booleans in lower case; `None` leaves one out, 0 and false are sent."""
    assert Call("GET", "/x", Result, params=params).target() == f"/x?{query}"


@pytest.mark.parametrize("value", ["\ud800", "x" * 70_000])
def test_query_that_cannot_be_sent(value: str) -> None:
    """A parameter that no URL can hold is refused by name."""
    with pytest.raises(InvalidRequestError) as caught:
        Call("GET", "/x", Result, params={"a": "b", "search": value}).target()
    assert caught.value.field == "search"


# ------------------------------------------------------------------------------------------------------------------ ids


def requested(session_id: str) -> bytes:
    """The path that goes over a real socket when a session of this id is asked for."""

    async def main() -> bytes:
        seen = b""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal seen
            seen = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=200_000)
        port = server.sockets[0].getsockname()[1]
        try:
            async with AsyncWasendClient(KEY, base_url=f"http://127.0.0.1:{port}/base", retry=None) as client:
                await client.retrieve_session_info(session_id)
        finally:
            server.close()
            await server.wait_closed()
        verb, path, version = seen.split(b" ")
        assert (verb, version) == (b"GET", b"HTTP/1.1")
        return path

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("session_id", "path"),
    [
        ("a/../b?x=1#f", "a%2F..%2Fb%3Fx%3D1%23f"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        ("a b\r\nX: y", "a%20b%0D%0AX%3A%20y"),
        ("ключ-☎-𝄞", "%D0%BA%D0%BB%D1%8E%D1%87-%E2%98%8E-%F0%9D%84%9E"),
        ("\\..\\", "%5C..%5C"),
        ("{session_id}", "%7Bsession_id%7D"),
        ("x" * 10_000, "x" * 10_000),
    ],
    ids=["climbing", "encoded", "dots", "header", "unicode", "backslash", "braces", "long"],
)
def test_id_on_the_wire(session_id: str, path: str) -> None:
    """Whatever an id holds stays inside its segment of the path, over a real socket."""
    assert requested(session_id) == f"/base/sessions/{path}".encode()


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("session_id", "problem"),
    [
        ("", "is empty"),
        (" \n", "is not a session id"),
        (None, "is empty"),
        (5, "is not a session id"),
        (b"ses_1", "is not a session id"),
        (".", "a relative path"),
        ("..", "a relative path"),
        ("a\ud800", "surrogate"),
        ("☎" * 10_000, "too long"),
        (Session(session_name="n"), "has no uniqueSessionId"),
    ],
)
def test_id_refused(service: respx.MockRouter, session_id: Any, problem: str, face: str) -> None:
    """An id that no path can hold is refused by name before anything is sent."""
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        ask(face, "retrieve_session_info", session_id)
    assert caught.value.field == "session"
    assert caught.value.remedy
    assert not service.calls


@pytest.mark.parametrize("message_id", ["", ".", "..", "\ud800", 7])
def test_message_id_refused(service: respx.MockRouter, message_id: Any) -> None:
    """The same for the id of a message."""
    with pytest.raises(InvalidRequestError) as caught:
        ask("async", "get_message", message_id)
    assert caught.value.field == "message_id"
    assert not service.calls


# --------------------------------------------------------------------------------------------------------------- routes

TWO_ROUTES = {
    row.call: (row, other)
    for row in ROWS
    for call, other in (
        ("retrieve_qr_code", "GET /sessions/ses_1/qr"),
        ("send_link_custom_preview", "POST /sendLinkCustomPreview"),
    )
    if row.call == call
}
NO_ROUTE = {
    "cannot": httpx.Response(404, json={"statusCode": 404, "message": "Cannot GET /x", "error": "Not Found"}),
    "405": httpx.Response(405, json={"message": "no"}),
    "html": httpx.Response(404, html="<h1>Not Found</h1>"),
    "empty": httpx.Response(404),
}


async def made(
    service: respx.MockRouter, row: Row, replies: Mapping[str, httpx.Response], times: int = 1, **settings: Any
) -> list[Any]:
    """The values or errors of so many equal calls by one client, while the service answers each request line as told."""

    def reply(request: httpx.Request) -> httpx.Response:
        told = replies[line(request)]
        return httpx.Response(told.status_code, headers=told.headers, content=told.content)

    service.route().mock(side_effect=reply)
    async with AsyncWasendClient(KEY, retry=None, **settings) as client:
        ended: list[Any] = []
        for _ in range(times):
            try:
                ended.append(await getattr(client, row.call)(*row.ids, **row.given))
            except WasendError as error:
                ended.append(error)
        return ended


def lines(service: respx.MockRouter) -> list[str]:
    """The request lines so far."""
    return [line(call.request) for call in service.calls]


@pytest.mark.parametrize("call", TWO_ROUTES)
@pytest.mark.parametrize("missing", NO_ROUTE)
async def test_second_route(service: respx.MockRouter, call: str, missing: str) -> None:
    """Where the first route does not exist the second is used, and is asked at once the next time."""
    row, other = TWO_ROUTES[call]
    shape = row.answers[0]
    good = httpx.Response(200, content=shape.content)
    values = await made(service, row, {row.sent: NO_ROUTE[missing], other: good}, times=2)
    assert values == [shape.value, shape.value]
    assert lines(service) == [row.sent, other, other]
    assert all(call.request.content == (row.body or "").encode() for call in service.calls)


@pytest.mark.parametrize("call", TWO_ROUTES)
async def test_preferred_route(service: respx.MockRouter, call: str) -> None:
    """With ``prefer="docs"`` the documentation's route is tried first, and then the SDK's."""
    row, other = TWO_ROUTES[call]
    good = httpx.Response(200, content=row.answers[0].content)
    (value,) = await made(service, row, {other: NO_ROUTE["405"], row.sent: good}, prefer="docs")
    assert value == row.answers[0].value
    assert lines(service) == [other, row.sent]


@pytest.mark.parametrize("call", TWO_ROUTES)
async def test_not_found_is_not_no_route(service: respx.MockRouter, call: str) -> None:
    """A 404 about the session is raised as it is, and the other route is not tried."""
    row, _ = TWO_ROUTES[call]
    (error,) = await made(service, row, {row.sent: httpx.Response(404, json={"message": "Session not found"})})
    assert type(error) is NotFoundError
    assert error.message == "Session not found"
    assert lines(service) == [row.sent]


@pytest.mark.parametrize("call", TWO_ROUTES)
async def test_no_route_at_all(service: respx.MockRouter, call: str) -> None:
    """If no route exists, the first one's error is raised; nothing is remembered."""
    row, other = TWO_ROUTES[call]
    errors = await made(service, row, {row.sent: NO_ROUTE["html"], other: NO_ROUTE["405"]}, times=2)
    assert [error.status for error in errors] == [404, 404]
    assert [error.path for error in errors] == [row.sent.split()[1]] * 2
    assert lines(service) == [row.sent, other, row.sent, other]


# ---------------------------------------------------------------------------------------------------------------- media


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("call", ["send_image", "send_video", "send_voice", "send_file"])
def test_file_from_disk(service: respx.MockRouter, tmp_path: Path, call: str, face: str) -> None:
    """A file goes out in base64; a document with its name and type, found from the path."""
    path = tmp_path / "Übersicht 1.pdf"
    path.write_bytes(PNG)
    service.route().respond(200, json={"id": "m"})
    assert ask(face, call, session="s", to="+447700900456", data=path) == Message(id="m")
    named = {"fileName": path.name, "mimeType": "application/pdf"} if call == "send_file" else {}
    body = {"session": "s", "to": "+447700900456", "data": PNG_TEXT, **named}
    assert json.loads(service.calls.last.request.content) == body


@pytest.mark.parametrize("preview", [LinkPreview(title="T"), {"Title": "T", "description": None}])
def test_preview_forms(service: respx.MockRouter, preview: Any) -> None:
    """A preview may be a `LinkPreview` or a mapping in any spelling; what is `None` is left out."""
    service.route().respond(200, json={"id": "m"})
    ask("async", "send_link_custom_preview", session="s", to="+447700900456", text="t", preview=preview)
    assert json.loads(service.calls.last.request.content)["preview"] == {"title": "T"}


# --------------------------------------------------------------------------------------------------------- send_message

HUMAN: Mapping[str, Any] = {
    "session": SESSION,
    "to": "+447700900456",
    "text": "hi",
    "min_typing": 0.01,
    "max_typing": 0.02,
}
SIGNS = ["POST /sendSeen", "POST /startTyping", "POST /stopTyping"]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("form", ["keywords", "mapping"])
def test_send_message(service: respx.MockRouter, face: str, form: str) -> None:
    """The message answered is seen, typing starts and stops, then the message goes."""
    service.route(path="/send").respond(200, json={"id": "m"})
    service.route().respond(200)
    given = {**HUMAN, "message_id": "q"}
    value = ask(face, "send_message", **given) if form == "keywords" else ask(face, "send_message", given)
    assert value == Message(id="m")
    assert lines(service) == [*SIGNS, "POST /send"]
    bodies = [json.loads(call.request.content) for call in service.calls]
    chat = {"session": "ses_1", "to": "+447700900456"}
    assert bodies == [{**chat, "messageId": "q"}, chat, chat, {**chat, "text": "hi"}]


@pytest.mark.parametrize("given", [{}, {"message_id": "q", "send_seen": False}])
def test_send_message_unseen(service: respx.MockRouter, given: Mapping[str, Any]) -> None:
    """Without a message to answer, or if told so, nothing is marked as seen."""
    service.route().respond(200, json={"id": "m"})
    ask("async", "send_message", **HUMAN, **given)
    assert lines(service) == [*SIGNS[1:], "POST /send"]


@pytest.mark.parametrize("failing", SIGNS)
@pytest.mark.parametrize(
    "how", [httpx.Response(500), httpx.Response(404), httpx.ReadTimeout("slow")], ids=["500", "404", "timeout"]
)
def test_send_message_goes_on(service: respx.MockRouter, failing: str, how: Any) -> None:
    """A failure to show a sign does not stop the message, nor the other signs."""
    service.route(path=failing.split()[1]).mock(
        **({"return_value": how} if isinstance(how, httpx.Response) else {"side_effect": how})
    )
    service.route().respond(200, json={"id": "m"})
    assert ask("async", "send_message", **HUMAN, message_id="q") == Message(id="m")
    assert lines(service) == [*SIGNS, "POST /send"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("/sendSeen", ["/sendSeen"]),
        ("/startTyping", ["/sendSeen", "/startTyping", "/stopTyping"]),
        ("typing", ["/sendSeen", "/startTyping", "/stopTyping"]),
    ],
)
async def test_send_message_cancelled(service: respx.MockRouter, at: str, shown: list[str]) -> None:
    """Cancelled before the message goes, it does not go, and what typing has started is stopped."""
    paths: list[str] = []
    reached = asyncio.Event()

    async def reply(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        if request.url.path == at:
            reached.set()
            await asyncio.Event().wait()
        return httpx.Response(200)

    service.route().mock(side_effect=reply)
    async with AsyncWasendClient(KEY, retry=None) as client:
        given: Any = {**HUMAN, "message_id": "q", "min_typing": 300, "max_typing": 300}
        task = asyncio.create_task(client.send_message(given))
        while not reached.is_set() and len(service.calls) < 2:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert paths == shown


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": None}, "text"),
        ({"min_typing": 3000}, "min_typing"),
        ({"max_typing": -1}, "max_typing"),
        ({"max_typing": "8 s"}, "max_typing"),
        ({"min_typing": float("nan")}, "min_typing"),
        ({"to": "0770"}, "to"),
    ],
)
def test_send_message_refused(service: respx.MockRouter, given: Mapping[str, Any], field: str) -> None:
    """What cannot be sent is refused before any sign is shown; times are seconds."""
    with pytest.raises(InvalidRequestError) as caught:
        ask("async", "send_message", **{**HUMAN, **given})
    assert caught.value.field == field
    assert ("seconds, not milliseconds" in str(caught.value)) == field.endswith("_typing")
    assert not service.calls


@pytest.mark.parametrize(
    ("text", "least", "most", "seconds"),
    [
        ("", 3.0, 8.0, 3.0),
        (None, 3.0, 8.0, 3.0),
        ("x" * 100, 3.0, 8.0, 5.0),
        ("x" * 1000, 3.0, 8.0, 8.0),
        ("x", 9.0, 8.0, 8.0),
    ],
)
def test_typing_time(text: str | None, least: float, most: float, seconds: float) -> None:
    """Typing takes 0.05 s a character within its bounds, of which the upper one wins."""
    from wasend.api.messages import _typing_time

    assert _typing_time(text, least, most) == pytest.approx(seconds)
