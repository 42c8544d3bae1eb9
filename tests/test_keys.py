"""The caller's own key of a call: what it may be, which calls take it, and that it is no part of the request."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import respx

from tests.calls import BASE, FACES, ROWS, ask
from wasend import AsyncWasendClient, ConfigurationError, InvalidRequestError, WasendClient
from wasend._core.call import Call
from wasend.delivery.middleware import DeliveryMiddleware
from wasend.outbox import Outbox

KEYED: Final = {
    name
    for name, method in inspect.getmembers(AsyncWasendClient, inspect.iscoroutinefunction)
    if not name.startswith("_") and "key" in inspect.signature(method).parameters
}
ROWS_WITH_KEY: Final = [row for row in ROWS if row.call in KEYED]
NUMBER: Final = "+447700900456"
KEY: Final = "order-17/é"


@pytest.fixture
def service() -> Iterator[respx.MockRouter]:
    """The service, which answers nothing but what a test tells it."""
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router


def test_calls_that_take_a_key() -> None:
    """They are those that make something which is there twice if they are made twice, and raw requests."""
    sends = {f"send_{what}" for what in ("text", "image", "video", "voice", "file", "link_custom_preview", "message")}
    assert {*sends, "send", "create_session", "create_group", "request"} == KEYED


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "is empty"),
        (17, "expected text, got int"),
        ("k" * 256, "has 256 characters"),
        ("a\nb", "cannot be printed"),
    ],
    ids=["empty", "number", "long", "control"],
)
def test_bad_key(key: Any, problem: str, service: respx.MockRouter) -> None:
    """A key is 1 to 255 printable characters; what else is given is refused by name, before a file is read."""
    for call, fields in (("send_text", {"text": "Hi"}), ("send_image", {"data": Path("not there.png")})):
        with pytest.raises(InvalidRequestError, match=f"^key: .*{problem}; pass 1 to 255 printable"):
            ask("async", call, session="ses_1", to=NUMBER, **fields, key=key)
    Call("POST", "/sendText", dict, key="k" * 255)
    assert not service.calls


def test_bad_options() -> None:
    """What is no outbox, and another word than "try", is refused with what would do."""
    options: Any
    for options, problem in (
        ({"outbox": "outbox.db"}, r"outbox: expected an Outbox, got str; pass Outbox\('outbox.db'\)"),
        ({"message_ids": "yes"}, "message_ids: 'yes' is unknown; pass 'try', or leave it out"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            AsyncWasendClient("key", **options)


@pytest.mark.parametrize("face", FACES)
def test_no_outbox(face: str, service: respx.MockRouter) -> None:
    """A key that nothing would keep is refused before anything is sent, with what to do."""
    for row in ROWS_WITH_KEY:
        with pytest.raises(InvalidRequestError, match=r"^key: .*no outbox.*; .*outbox=Outbox\('outbox.db'\)"):
            ask(face, row.call, *row.ids, **row.given, key=KEY)
    with pytest.raises(InvalidRequestError, match=r"^key: .*no outbox"):
        ask(face, "request", "POST", "/sendText", body={"to": NUMBER}, key=KEY)
    assert not service.calls


def test_key_of_a_read(service: respx.MockRouter) -> None:
    """A raw request that only reads takes no key."""
    with pytest.raises(
        InvalidRequestError, match=r"^key: GET does nothing that could be done twice; leave the key out"
    ):
        ask("async", "request", "GET", "/labels", key=KEY)
    assert not service.calls


@pytest.mark.parametrize("face", FACES)
def test_not_on_the_wire(face: str, service: respx.MockRouter, tmp_path: Path) -> None:
    """By keywords or in a mapping of either spelling, the key changes no byte of the request."""
    outbox = Outbox(str(tmp_path / "outbox.db"))
    forms = [(row, form) for row in ROWS_WITH_KEY for form in row.forms()]
    for number, (row, form) in enumerate(forms):
        shape = row.answers[0]
        service.route().respond(200, content=shape.content, content_type=shape.content_type)
        args, given = row.forms()[form]
        key = f"{KEY}-{number}"
        if form == "keywords":
            given = {**given, "key": key}
        else:
            args = (*args[:-1], {**args[-1], "key": key})
        assert ask(face, row.call, *args, settings={"outbox": outbox}, **given) == shape.value
        made = service.calls[-1].request
        assert f"{made.method} {made.url.raw_path.decode()}" == row.sent
        assert made.content == (row.body or "").encode()
        assert len(service.calls) == number + 1
        assert not [value for value in made.headers.values() if "order-17" in value]


def test_raw_request(service: respx.MockRouter, tmp_path: Path) -> None:
    """Neither is it in a raw request."""
    service.route().respond(200, content='{"id": "true_447700900456@c.us_3EB0A1B2C3D4E5F60718"}')
    body = {"session": "ses_1", "to": NUMBER, "text": "Hi"}
    outbox = Outbox(str(tmp_path / "outbox.db"))
    ask("async", "request", "POST", "/sendText", body=body, key=KEY, settings={"outbox": outbox})
    (made,) = service.calls
    assert json.loads(made.request.content) == body
    assert "order-17" not in str(made.request.url) + str(made.request.headers)


async def test_default_key_of_a_view(service: respx.MockRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view's key is that of a call which could have one and names none; a read has none, and a call's own key counts."""
    seen: list[tuple[str, str | None]] = []

    async def note(call: Call[Any], call_next: Callable[[], Awaitable[Any]]) -> Any:
        seen.append((call.route, call.key))
        return await call_next()

    monkeypatch.setattr(DeliveryMiddleware, "_chain", property(lambda self: (note,)))
    service.route().respond(json={"id": "3EB0", "messageId": "3EB0", "uniqueSessionId": "ses_1", "status": "WORKING"})
    async with AsyncWasendClient("k", base_url=BASE, outbox=Outbox("unused.db")) as client:
        view = client.with_options(key=KEY).session("ses_1")
        await view.send_text(to=NUMBER, text="Hi")
        await view.send_text(to=NUMBER, text="Hi", key="own")
        await view.create_group(name="Team", participants=[NUMBER])
        await client.with_options(key=KEY).create_session(session_name="a", phone_number=NUMBER)
        await view.start_session()
        await client.send_text(session="ses_1", to=NUMBER, text="Hi")
        with pytest.raises(InvalidRequestError, match="key: is empty"):
            client.with_options(key="")
    assert [key for _, key in seen] == [KEY, "own", KEY, KEY, None, None]
    with pytest.raises(ConfigurationError, match="key: this client has no outbox"):
        AsyncWasendClient("k").with_options(key=KEY)


@pytest.mark.parametrize("key", ["", 17, None, "a\nb"], ids=["empty", "number", "none", "control"])
def test_bad_key_of_the_outbox(key: Any, tmp_path: Path) -> None:
    """What is asked of the outbox by a key that none can be is refused likewise."""
    with WasendClient("key", outbox=Outbox(tmp_path / "outbox.db")) as client:
        with pytest.raises(InvalidRequestError, match=r"^key: "):
            client.outbox.get(key)
        with pytest.raises(InvalidRequestError, match=r"^key: "):
            client.outbox.resolve(key, "sent")


def test_no_outbox_to_ask() -> None:
    """A client without an outbox says so, with what to do."""
    with WasendClient("key") as client:
        for ask_it in (client.outbox.recover, client.outbox.unknown, lambda: client.outbox.get("k")):
            with pytest.raises(ConfigurationError, match=r"^outbox: this client has none; .*outbox=Outbox"):
                ask_it()
