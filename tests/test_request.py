"""Calls without a method of their own: `client.request` and the models that its callers define."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Any

import pytest
import respx

from tests.calls import FACES, ask
from tests.clients import NUMBER, both_clients, result_or_error
from tests.raw import answer, reset, serving
from wasend import (
    APIStatusError,
    AsyncWasendClient,
    DecodeError,
    InvalidRequestError,
    Model,
    NotFoundError,
    OutcomeUnknownError,
    Page,
    Result,
    WasendError,
    model,
    wire,
)


class Shade(Enum):
    LIGHT = "light"


@model
class Label(Model):
    """A caller's own model."""

    id: str | None = None
    colour: str | None = wire("colorHex", "color")
    used_times: int | None = None
    shade: Shade | None = None


def line() -> str:
    """The request line of the only request that was made."""
    ((request, _),) = respx.calls
    return f"{request.method} {request.url.raw_path.decode()}"


@model
class Where(Model):
    """A model that knows in which thread it was read."""

    thread: int | None = None
    text: str | None = None

    @classmethod
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "thread": threading.get_ident()}


@pytest.mark.parametrize(("size", "aside"), [(1_000, False), (300_000, True)])
@respx.mock
async def test_long_answers_are_read_aside(size: int, aside: bool) -> None:
    """A long answer is read in another thread, so that the event loop does not stand still; a short one is not."""
    respx.route().respond(200, json={"text": "x" * size})
    async with AsyncWasendClient("key", base_url="http://wasend.test") as client:
        where = await client.request("GET", "/where", into=Where)
    assert (where.thread != threading.get_ident()) == aside
    assert len(where.text or "") == size


@respx.mock
async def test_long_answers_without_threads() -> None:
    """Where no thread can be started, a long answer is read all the same."""
    respx.route().respond(200, json={"text": "x" * 300_000})
    asyncio.get_running_loop().set_default_executor(executor := ThreadPoolExecutor())
    executor.shutdown()
    async with AsyncWasendClient("key", base_url="http://wasend.test") as client:
        where = await client.request("GET", "/where", into=Where)
    assert where.thread == threading.get_ident()


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_document(face: str) -> None:
    """Without a type the JSON document is given as it came, its envelopes included."""
    document = {"success": True, "data": {"labels": [{"id": 1}]}, "pagination": {"total": 1}}
    respx.route().respond(200, json=document)
    assert ask(face, "request", "GET", "/ses_1/labels") == document
    assert line() == "GET /ses_1/labels"
    assert respx.calls.last.request.headers["authorization"] == "Bearer key-1"
    assert "content-type" not in respx.calls.last.request.headers


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_model(face: str) -> None:
    """A caller's model is read as the package's own are: any spelling, numbers as text, unknown fields kept."""
    respx.route().respond(200, json={"data": {"Id": 5, "colorHex": "#fff", "usedTimes": "3", "shade": "light", "x": 1}})
    label = ask(face, "request", "get", "/labels/5", into=Label)
    assert label == Label(id="5", colour="#fff", used_times=3, shade=Shade.LIGHT, extra={"x": 1})
    assert label["colorHex"] == "#fff"
    assert line() == "GET /labels/5"


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_page(face: str) -> None:
    """A page of a caller's models is a sequence of them, with what came around it."""
    respx.route().respond(200, json={"data": [{"id": "1"}, {"id": "2"}], "total": 2})
    page = ask(face, "request", "GET", "/labels", into=Page[Label])
    assert [label.id for label in page] == ["1", "2"]
    assert page.extra == {"total": 2}


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_what_goes_out(face: str) -> None:
    """Placeholders and parameters are percent-encoded, `None` is left out of query and body, other empty values are not."""
    respx.route().respond(200, json={})
    ask(
        face,
        "request",
        "patch",
        "/{session}/chats/{chat_id}/labels%20of:x",
        path_params={"session": "a/b ?#", "chat_id": "1@c.us"},
        params={"a": None, "b": True, "c": "+ü", "d[]": ["x", "y"], "e": 0},
        body={"labels": [{"id": 1}], "none": None, "empty": ""},
        into=Any,
    )
    assert line() == "PATCH /a%2Fb%20%3F%23/chats/1%40c.us/labels%20of:x?b=true&c=%2B%C3%BC&d%5B%5D=x&d%5B%5D=y&e=0"
    assert respx.calls.last.request.content == b'{"labels":[{"id":1}],"empty":""}'


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "POST", "PATCH"])
@both_clients
def test_repetition_by_verb(method: str, client_type: str) -> None:
    """A failure that leaves the outcome open is repeated for all verbs but POST and PATCH, which say that it is open."""
    with serving(answer(500), answer(204)) as server:
        outcome = result_or_error(client_type, server.url, lambda client: client.request(method, "/x"))
    if method in ("POST", "PATCH"):
        assert isinstance(outcome, OutcomeUnknownError)
        assert (outcome.outcome, server.deliveries) == ("unknown", 1)
    else:
        assert (outcome, server.deliveries) == (None, 2)


@pytest.mark.parametrize(("method", "repeatable", "deliveries"), [("POST", True, 2), ("PUT", False, 1)])
@both_clients
def test_repetition_as_told(method: str, repeatable: bool, deliveries: int, client_type: str) -> None:
    """The caller knows better than the verb."""
    with serving(reset, answer(200, {"id": "1"})) as server:
        result_or_error(client_type, server.url, lambda client: client.request(method, "/x", repeatable=repeatable))
        assert server.deliveries == deliveries


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "path", [f"/chats/{NUMBER[1:]}/labels", f"/chats/%2B{NUMBER[1:]}/labels", f"/{NUMBER}@c.us/1234567"]
)
@respx.mock
def test_numbers_are_masked(path: str, face: str, caplog: pytest.LogCaptureFixture) -> None:
    """A number in a path goes out whole, and is masked in logs and errors, in what the service echoes as well."""
    caplog.set_level(logging.DEBUG, "wasend")
    respx.route().respond(404, json={"message": f"no such chat: {NUMBER}"})
    with pytest.raises(NotFoundError) as caught:
        ask(face, "request", "GET", path)
    assert NUMBER[1:] in str(respx.calls.last.request.url)
    assert "44…0456" in str(caught.value)
    for said in (str(caught.value), caught.value.message, caplog.text):
        assert NUMBER[1:] not in said
        assert "1234567" not in said
    assert "44…0456" in caplog.text


@both_clients
def test_numbers_are_masked_where_the_outcome_is_unknown(client_type: str) -> None:
    """The call that such an error carries does not print the number either."""
    with serving(reset) as server:
        error = result_or_error(
            client_type, server.url, lambda client: client.request("POST", f"/{NUMBER}/x"), retry=None
        )
    assert isinstance(error, OutcomeUnknownError)
    assert NUMBER[1:] not in f"{error} {error.call!r} {error.call.name}"
    assert error.call.name == "POST /+44…0456/x"
    assert error.call.path() == f"/{NUMBER}/x"


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_failures_are_errors(face: str) -> None:
    """An answer that says that it failed is raised, whatever its status."""
    respx.route().respond(200, json={"success": False, "error": "no such label"})
    with pytest.raises(APIStatusError, match="GET /labels: 200 no such label"):
        ask(face, "request", "GET", "/labels")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("document", "into", "path"),
    [
        ({"usedTimes": "many"}, Label, "$.usedTimes"),
        ({"shade": "dark"}, Label, "$.shade"),
        ({"shade": []}, Label, "$.shade"),
        ([{"id": "1"}, {"id": []}], Page[Label], "$[1].id"),
        ({"id": "1"}, Page[Label], "$"),
        ("text", Label, "$"),
    ],
)
@respx.mock
def test_unfit_answer(document: Any, into: Any, path: str, face: str) -> None:
    """Read strictly, an answer that does not fit the caller's type is a `DecodeError` that says where."""
    respx.route().respond(200, json=document)
    with pytest.raises(DecodeError) as caught:
        ask(face, "request", "GET", "/labels", into=into, settings={"strict": True})
    assert caught.value.path == path
    assert str(caught.value).startswith("GET /labels: ")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("content", "into", "value"),
    [
        ("<html>done</html>", None, "<html>done</html>"),
        ("", None, None),
        ("<html>done</html>", Label, Label(id="7")),
        ('{"id":{},"colorHex":"#fff"}', Label, Label(id="7", colour="#fff", extra={"id": {}})),
        ("", Page[Label], Page(())),
        ('{"done":1}', Page[Label], Page((), extra={"done": 1})),
    ],
)
@respx.mock
def test_accepted_write_never_fails(content: str, into: Any, value: Any, face: str) -> None:
    """The answer to a write that was accepted is given as far as it can be read, and is no error."""
    respx.route().respond(200, text=content)
    found = ask(face, "request", "POST", "/labels", body={"id": "7"}, into=into)
    assert found == value
    if into == Page[Label]:
        assert found.extra == value.extra


@respx.mock
def test_result() -> None:
    """The package's own models can be read as well; an empty answer is a yes."""
    respx.route().respond(204)
    assert ask("async", "request", "DELETE", "/labels/1", into=Result) == Result()


class Bare(Model):
    id: str | None = None


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"method": "FETCH"}, "method", "known are GET, POST"),
        ({"method": None}, "method", "known are GET, POST"),
        ({"path": "labels"}, "path", "begin it with /"),
        ({"path": "https://example.org/labels"}, "path", "begin it with /"),
        ({"path": ""}, "path", "begin it with /"),
        ({"path": None}, "path", "begin it with /"),
        ({"path": "/a b"}, "path", "percent-encode it"),
        ({"path": "/ü"}, "path", "percent-encode it"),
        ({"path": "/a?b=c"}, "path", "a query goes into params"),
        ({"path": "/a#b"}, "path", "percent-encode it"),
        ({"path": "/a\r\nHost: b"}, "path", "percent-encode it"),
        ({"path": "/%zz"}, "path", "percent-encode it"),
        ({"path": "/a\n"}, "path", "percent-encode it"),
        ({"path": f"/ {NUMBER}"}, "path", "44…0456"),
        ({"path": "/{a.__class__}", "path_params": {"a": "b"}}, "path", "placeholders"),
        ({"path": "/{a!r}", "path_params": {"a": "b"}}, "path", "placeholders"),
        ({"path": "/{0}", "path_params": {"0": "b"}}, "path", "placeholders"),
        ({"path": "/a/../b"}, "path", "contains . or ..; leave them out"),
        ({"path": "/a/%2e%2E/b"}, "path", "contains . or ..; leave them out"),
        ({"path": "/{chat}"}, "chat", "path_params={'chat': ...}"),
        ({"path": "/{chat}", "path_params": {"chta": "x"}}, "chat", "is missing"),
        ({"path": "/{chat}", "path_params": {"chat": "x", "caht": "x"}}, "path_params.caht", "did you mean 'chat'?"),
        ({"path": "/x", "path_params": {"chat": "x"}}, "path_params.chat", "put {chat} into the path"),
        ({"path": "/{chat}", "path_params": {"chat": ""}}, "chat", "is empty"),
        ({"path": "/{chat}", "path_params": {"chat": ".."}}, "chat", "a relative path"),
        ({"path": "/{chat}", "path_params": {"chat": 5}}, "chat", "is not text"),
        ({"path": "/{chat}", "path_params": "x"}, "path_params", "pass a mapping"),
        ({"params": "a=b"}, "params", "pass a mapping"),
        ({"body": [1]}, "body", "pass a mapping"),
        ({"body": {"a": object()}}, "a", "type object cannot be written as JSON"),
        ({"into": dict}, "into", "dict is not a model"),
        ({"into": Page[str]}, "into", "is not a model"),
        ({"into": Label(id="1")}, "into", "is not a model"),
        ({"into": Bare}, "into", "write @wasend.model above the class"),
        ({"into": Page[Bare]}, "into", "Bare is not decorated"),
    ],
)
@respx.mock
def test_refused(given: dict[str, Any], field: str, words: str, face: str) -> None:
    """What cannot be asked is refused by name, with what to do instead, before anything is sent."""
    asked = {"method": "GET", "path": "/labels", **given}
    with pytest.raises(InvalidRequestError) as caught:
        ask(face, "request", asked.pop("method"), asked.pop("path"), **asked)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert NUMBER[1:] not in str(caught.value)
    assert isinstance(caught.value, WasendError)
    assert not respx.calls


def test_fields_have_defaults() -> None:
    """A model with a field that must be there is refused where it is defined, and not when an answer lacks it."""
    with pytest.raises(TypeError, match=r"Strict\.id has no default; give it one, such as None"):

        @model
        class Strict(Model):
            id: str
