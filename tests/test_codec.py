"""Reading: each kind of value, names in every spelling, envelopes, and where exactly a document does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.documents import MODELS, documents, objects
from wasend import DecodeError, Message, Page, QRCode, Result, Session
from wasend._core import codec
from wasend._core.codec import decode, decode_accepted, parse
from wasend._core.model import Model, model

MOMENT = datetime(2025, 6, 11, 9, 21, 33, tzinfo=UTC)


@model
class Kinds(Model):
    """A model with a field of each kind."""

    some_text: str | None = None
    some_int: int | None = None
    some_float: float | None = None
    some_bool: bool | None = None
    some_time: datetime | None = None
    some_any: Any = None
    some_object: Mapping[str, Any] | None = None
    some_items: tuple[int, ...] | None = None
    some_model: Result | None = None
    some_models: tuple[Result, ...] | None = None


GOOD: list[tuple[str, Any, Any]] = [
    ("someText", "x", "x"),
    ("someText", "", ""),
    ("someText", 5, "5"),
    ("someText", 10**30, "1" + "0" * 30),
    ("someText", 1.5, "1.5"),
    ("someText", True, "true"),
    ("someText", "\ud800", "\ud800"),
    ("someInt", 5, 5),
    ("someInt", "5", 5),
    ("someInt", " -5 ", -5),
    ("someInt", 5.0, 5),
    ("someInt", 10**30, 10**30),
    ("someFloat", 5, 5.0),
    ("someFloat", "5.5", 5.5),
    *(("someBool", value, True) for value in (True, 1, 1.0, "1", "true", "TRUE", "yes")),
    *(("someBool", value, False) for value in (False, 0, 0.0, "0", "false", "False", "no", "")),
    ("someTime", "2025-06-11T09:21:33Z", MOMENT),
    ("someTime", "2025-06-11T09:21:33.000Z", MOMENT),
    ("someTime", "2025-06-11 11:21:33+02:00", MOMENT),
    ("someTime", "2025-06-11T09:21:33", MOMENT),
    ("someTime", "2025-06-11", MOMENT.replace(hour=0, minute=0, second=0)),
    ("someTime", 1749633693, MOMENT),
    ("someTime", 1749633693.0, MOMENT),
    ("someTime", 1749633693000, MOMENT),
    ("someTime", 1749633693000000, MOMENT),
    ("someTime", 1749633693000000000, MOMENT),
    ("someTime", "1749633693", MOMENT),
    ("someTime", "1749633693000", MOMENT),
    ("someTime", "1749633693.5", MOMENT + timedelta(seconds=0.5)),
    ("someTime", "1712123100123", datetime(2024, 4, 3, 5, 45, 0, 123000, UTC)),
    ("someTime", 0, datetime(1970, 1, 1, tzinfo=UTC)),
    ("someTime", -1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("someTime", "0001-01-01T00:00:00Z", None),
    ("someTime", -62135596800, None),
    ("someTime", "", None),
    ("someTime", " ", None),
    ("someAny", {"a": [None]}, {"a": [None]}),
    ("someObject", {"a": {"b": 1}}, {"a": {"b": 1}}),
    ("someObject", [], {}),
    ("someItems", [1, "2", 3.0], (1, 2, 3)),
    ("someItems", [], ()),
    ("someModel", {"success": 1, "x": 2}, Result(extra={"x": 2})),
    ("someModels", [{}, {"message": "m"}], (Result(), Result(message="m"))),
    *((name, None, None) for name in ("someText", "someInt", "someBool", "someTime", "someModel", "someItems")),
]
MISFITS: dict[str, list[Any]] = {
    "someText": [[], {}, float("nan"), float("inf")],
    "someInt": ["", "five", "5.5e", [], True, float("nan"), float("-inf")],
    "someFloat": ["nan", "inf", "", {}, False, 10**400, "1e999"],
    "someBool": ["maybe", 2, -1, [], {}, float("nan")],
    "someTime": ["soon", "2025-13-01", {}, [], True, 1e300, 10**400, float("nan"), "nan", "9" * 5000],
}
BAD: list[tuple[str, Any, str]] = [
    *((name, value, f"$.{name}") for name, values in MISFITS.items() for value in values),
    ("someObject", "x", "$.someObject"),
    ("someItems", {}, "$.someItems"),
    ("someItems", "12", "$.someItems"),
    ("someItems", [1, None], "$.someItems[1]"),
    ("someModel", [], "$.someModel"),
    ("someModel", {"message": {}}, "$.someModel.message"),
    ("someModels", [{}, {"success": []}], "$.someModels[1].success"),
    ("someModels", [5], "$.someModels[0]"),
]


@pytest.mark.parametrize(("name", "value", "read"), GOOD)
def test_values_that_fit(name: str, value: Any, read: Any) -> None:
    """Each kind of value is read from every form in which services write it."""
    found = decode({name: value}, Kinds)[name]
    assert found == read
    assert type(found) is type(read)
    assert not decode({name: value}, Kinds).extra


@pytest.mark.parametrize(("name", "value", "path"), BAD)
def test_values_that_do_not_fit(name: str, value: Any, path: str) -> None:
    """A value of the wrong kind is named by its path, and not repeated."""
    document = {"ok": 1, name: value}
    with pytest.raises(DecodeError, match="expected") as caught:
        decode(document, Kinds, strict=True)
    assert (caught.value.path, caught.value.body is document) == (path, True)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "an object"),
        ("x", "text"),
        (True, "true or false"),
        (5, "a number"),
        (0.5, "a number"),
        (b"x", "bytes"),
    ],
)
def test_what_does_not_fit_is_named_as_json_does(value: Any, words: str) -> None:
    """A `DecodeError` says of what kind the value is, in the words of JSON and not of Python."""
    with pytest.raises(DecodeError, match=rf"\ba list\b.* {words} @ \$$"):
        decode(value, Page[Message])


def test_time_keeps_its_zone() -> None:
    """A time with an offset is the same moment, and keeps its offset; one without is UTC."""
    zone = timezone(timedelta(hours=2))
    assert decode({"someTime": "2025-06-11T11:21:33+02:00"}, Kinds).some_time == MOMENT.astimezone(zone)
    assert decode({"someTime": "2025-06-11T09:21:33"}, Kinds).some_time == MOMENT


@pytest.mark.parametrize("name", ["someText", "SomeText", "some_text", "some-text", "SOMETEXT", "sometext"])
def test_spellings(name: str) -> None:
    """Names are the same in camelCase, PascalCase and snake_case."""
    assert decode({name: "x"}, Kinds) == Kinds(some_text="x")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"content": "a", "text": "b", "body": "c"}, Message(content="a", extra={"text": "b", "body": "c"})),
        ({"body": "c", "text": "b"}, Message(content="b", extra={"body": "c"})),
        ({"body": "c", "text": None}, Message(content="c")),
        ({"from": "a", "sender": "b"}, Message(sender="b", extra={"from": "a"})),
        ({"messageId": "m"}, Message(id="m")),
        ({"sentAt": 1749633693, "timestamp": None}, Message(timestamp=MOMENT)),
        ({"id": {"_serialized": "s", "id": "i"}}, Message(id="s")),
        (
            {"key": {"id": "k", "remoteJid": "r"}, "to": "t"},
            Message(id="k", to="t", extra={"key": {"id": "k", "remoteJid": "r"}}),
        ),
    ],
)
def test_alternatives(document: dict[str, Any], message: Message) -> None:
    """Where dialects name one thing differently, the first name in the model's order that has a value wins."""
    assert decode(document, Message) == message


@pytest.mark.parametrize(
    ("document", "envelope", "path"),
    [
        ({"status": []}, (), "$.status"),
        ({"data": {"status": []}}, (), "$.data.status"),
        ({"session": {"status": []}}, ("session",), "$.session.status"),
        ({"data": {"session": {"status": []}}}, ("session",), "$.data.session.status"),
        ({"data": "x", "status": []}, (), "$.status"),
        ([], (), "$"),
        (None, (), "$"),
        (5, (), "$"),
    ],
)
def test_paths_through_envelopes(document: Any, envelope: tuple[str, ...], path: str) -> None:
    """A path names the envelopes as well."""
    with pytest.raises(DecodeError) as caught:
        decode(document, Session, envelope, strict=True)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("document", "page"),
    [
        ([], Page(())),
        (None, Page(())),
        ([{"id": "a"}], Page((Message(id="a"),))),
        ({"items": [{}], "pagination": {"total": 1}}, Page((Message(),), extra={"pagination": {"total": 1}})),
        ({"data": {"items": [{}], "more": 1}}, Page((Message(),), extra={"more": 1})),
        ({"data": [{}], "success": True}, Page((Message(),), extra={"success": True})),
        ({"items": None}, Page(())),
        ({"data": None}, Page(())),
    ],
)
def test_pages(document: Any, page: Page[Message]) -> None:
    """A list is read bare or in its envelopes; what stands around it is kept."""
    found = decode(document, Page[Message], ("items",))
    assert found == page
    assert found.extra == page.extra


@pytest.mark.parametrize(
    "document", [{}, {"items": {}}, {"items": "x"}, "x", {"things": []}, [[]], [None], {"items": [5]}]
)
def test_no_pages(document: Any) -> None:
    """What holds no list of objects is no page."""
    with pytest.raises(DecodeError):
        decode(document, Page[Message], ("items",), strict=True)


# ---------------------------------------------------------------------------------------------------------------- parse


@pytest.mark.parametrize(
    ("content", "content_type", "document"),
    [
        (b"", "application/json", None),
        (b" \r\n", "", None),
        (b"null", "", None),
        (b'{"a":1}', "", {"a": 1}),
        (b'\xef\xbb\xbf{"a":1}', "application/json; charset=utf-8", {"a": 1}),
        ('{"a":"é"}'.encode("utf-16"), "", {"a": "é"}),
        (b"5", "text/plain", 5),
        (b" code-1\n", "text/plain; charset=utf-8", "code-1"),
        (b"code-1", "application/json", "code-1"),
        ("é ☎".encode(), "", "é ☎"),
        (b"\x89PNG\r\n", "application/octet-stream", {"mimetype": "image/png", "data": "iVBORw0K"}),
        (b"\xff\xd8\xff\xe0", "application/json", {"mimetype": "image/jpeg", "data": "/9j/4A=="}),
        (b"\x89PNG", "image/png; x=y", {"mimetype": "image/png", "data": "iVBORw=="}),
    ],
)
def test_parse(content: bytes, content_type: str, document: Any) -> None:
    """JSON whatever it is called, plain text and pictures are documents; nothing is `None`."""
    assert parse(content, content_type) == document


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<html>", "text/html"),
        (b"<html>", "text/plain"),
        (b'{"a":', "text/plain"),
        (b"[1,", ""),
        (b"x" * 501, "application/json"),
        (b'"cut', "application/json"),
        (b"a<b>", "text/plain"),
        (b"\xff", ""),
        (b"1" * 10_000, ""),
        (b"[" * 100_000, ""),
        (b"x" * 1_000_000, ""),
    ],
)
def test_no_document(content: bytes, content_type: str) -> None:
    """Anything else is a `DecodeError` that carries the beginning of the text."""
    with pytest.raises(DecodeError, match=r"not JSON|levels deep") as caught:
        parse(content, content_type)
    assert caught.value.body == content[:10_000].decode("utf-8", "replace")
    assert caught.value.path == "$"


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[1,{"b":[]}],"c":{},"d":{"e":[{"f":1},{"f":2}],"g":null}}',
        ' { "a" : [ 1 , 2 ]\t,\r\n"b" : "x" } ',
        '[{"a":1},{"a":2}]\n',
        "[]",
        '"é☎𝄞\\ud83d"',
        '{"a":1,"a":{"b":[2]}}',
        "[NaN,-Infinity,1e5]",
        '\ufeff{"a":1}',
        '{"a":1} x',
        '{"a":1,}',
        "[1,]",
        "[1 2]",
        "[1;2]",
        '{"a":1;"b":2}',
        '{"a" 1}',
        "{1:2}",
        '{"a":[1',
        '{"a":"\x01"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" + "9" * 5_000 + "]",
    ],
)
def test_parse_in_parts(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long answer is parsed in parts, and is the same document or the same error."""

    def parsed(content: bytes) -> str:
        try:
            return repr(parse(content))
        except DecodeError as error:
            return repr((str(error), error.body))

    for content in (text.encode(), text.encode("utf-16")):
        whole = parsed(content)
        with monkeypatch.context() as patch:
            patch.setattr(codec, "LARGE", 0)
            assert parsed(content) == whole


def test_no_part_is_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long answer that is well formed, nothing is left to the parser that holds up the event loop."""
    content = b' { "a" : [ 1 , {"b": [2, 3]} ], "c": {"d": [] , "e": "x"} } '
    document = json.loads(content)
    monkeypatch.setattr(codec, "LARGE", 0)
    monkeypatch.delattr("wasend._core.codec.json.loads")
    assert parse(content) == document


@settings(max_examples=200, deadline=None)
@given(document=documents(finite=False), indent=st.sampled_from([None, 1]))
def test_any_document_in_parts(document: Any, indent: int | None) -> None:
    """So is any other document."""
    content = json.dumps(document, indent=indent, ensure_ascii=False).encode(errors="surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "LARGE", 0)
        found = parse(content)
    assert repr(found) == repr(json.loads(content))


# ----------------------------------------------------------------------------------------------------- decode_accepted


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, Message(to="t", content="c")),
        ([], Message(to="t", content="c")),
        ("x", Message(to="t", content="c")),
        ({"id": "i"}, Message(id="i", to="t", content="c")),
        ({"to": None, "content": None}, Message(to="t", content="c")),
        ({"To": "u", "id": []}, Message(to="u", content="c", extra={"id": []})),
        ({"id": "i", "to": "u", "timestamp": []}, Message(id="i", to="u", content="c", extra={"timestamp": []})),
        ({"data": {"id": "i", "status": {}}}, Message(id="i", to="t", content="c", extra={"status": {}})),
        ({"id": {"_serialized": []}}, Message(to="t", content="c", extra={"id": {"_serialized": []}})),
        ({"id": "i", "status": [], "x": 1}, Message(id="i", to="t", content="c", extra={"status": [], "x": 1})),
    ],
)
def test_decode_accepted(document: Any, message: Message) -> None:
    """What fits of an answer is kept, and what it leaves open is known from the request, but for what is no field."""
    known = {"to": "t", "text": "c", "session": "s", "preview": {"title": "p"}, "replyTo": "r"}
    assert decode_accepted(document, Message, (), known) == message


# ---------------------------------------------------------------------------------------------------------- any document


@settings(max_examples=200, deadline=None)
@given(document=documents(finite=False), into=st.sampled_from(MODELS))
def test_any_document(document: Any, into: type[Model]) -> None:
    """Any document is a model or a `DecodeError`, of which something can be read still."""
    try:
        assert isinstance(decode(document, into, ("session",)), into)
    except DecodeError as error:
        assert error.path.startswith("$")
    accepted = decode_accepted(document, into, ("session",), {"to": "t", "text": "c", "sessionName": "n", "id": []})
    assert isinstance(accepted, into)
    if into is Message:
        assert accepted["to"] is not None
    assert isinstance(decode_accepted(document, Result, (), {}), Result)


@settings(max_examples=100, deadline=None)
@given(document=documents(finite=False))
def test_any_page(document: Any) -> None:
    """The same for a list."""
    try:
        page = decode(document, Page[Session], ("sessions",))
    except DecodeError:
        return
    assert all(isinstance(session, Session) for session in page)


@settings(max_examples=250, deadline=None)
@given(document=objects(), into=st.sampled_from(MODELS))
@example({"session": {"session": {"status": "X"}}}, Session)
@example({"config": {"enableWebhook": 1}, "enableWebhook": None}, Session)
@example({"Config": {"enableWebhook": 1}}, Session)
@example({"name": "n", "uniqueSessionId": None, "createdAt": -62135596800}, Session)
@example({"key": {"remoteJid": "r"}, "to": None}, Message)
@example({"success": [], "Success": []}, Result)
def test_written_and_read_back(document: dict[str, Any], into: type[Model]) -> None:
    """A model that was read, written as JSON and read again is the same, unknown fields included."""
    try:
        first = decode(document, into)
    except DecodeError:
        return
    again = decode(
        {"data": json.loads(json.dumps(first.to_dict()))}, into
    )  # in an envelope, lest a field of it be taken for one
    assert again == first
    assert again.extra == first.extra


TEXT = st.none() | st.text(max_size=5)
TIME = st.none() | st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))]),
)
FLAG = st.none() | st.booleans()


@settings(deadline=None)
@given(
    st.builds(
        Session,
        unique_session_id=st.text(max_size=5),
        status=TEXT,
        name=TEXT,
        created_at=TIME,
        enable_webhook=FLAG,
        config=st.none() | st.just({"debug": False, "metadata": {"user.id": "u"}}),
    )
    | st.builds(
        Message, id=st.text(max_size=5), to=TEXT, content=TEXT, timestamp=TIME, from_me=FLAG, extra=st.just({"ack": 1})
    )
    | st.builds(QRCode, data=TEXT, mimetype=TEXT)
    | st.builds(Result, message=TEXT)
)
def test_built_and_read_back(built: Model) -> None:
    """So is a model that a program made."""
    assert decode(json.loads(json.dumps(built.to_dict())), type(built)) == built
