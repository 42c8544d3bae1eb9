"""What comes back: every shape of every answer, and answers that are none."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calls import KEY, PNG, PNG_TEXT, ROWS, Row, Shape, changed
from tests.documents import documents
from tests.test_models_groups import GROUP_ROWS
from wasend import (
    APIStatusError,
    AsyncWasendClient,
    DecodeError,
    Message,
    OutcomeUnknownError,
    Page,
    QRCode,
    Result,
    Session,
    UnknownAnswerError,
)


def answered(
    row: Row, content: str | bytes, content_type: str = "application/json", status: int = 200, *, strict: bool = False
) -> Any:
    """What the call of a row gives when the service answers so."""

    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"content-type": content_type} if content_type else {})

    async def main() -> Any:
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(reply)) as transport,
            AsyncWasendClient(KEY, retry=None, http_client=transport, strict=strict) as client,
        ):
            return await getattr(client, row.call)(*row.ids, **row.given)

    return asyncio.run(main())


SHAPES = [(row, shape) for row in ROWS for shape in row.answers]
FIRST = list({row.call: row for row in reversed(ROWS)}.values())
READS = [row for row in FIRST if row.sent.startswith("GET")]
ORDERS = [row for row in FIRST if row.safe and row not in READS]
WRITES = [row for row in FIRST if not row.safe]


def result_of(row: Row) -> type:
    """The type a call gives."""
    return type(row.answers[0].value)


def by_id(rows: list[Row]) -> pytest.MarkDecorator:
    """A test for each row."""
    return pytest.mark.parametrize("row", rows, ids=[row.id for row in rows])


@pytest.mark.parametrize(("row", "shape"), SHAPES, ids=[f"{row.id}-{shape.dialect}" for row, shape in SHAPES])
@pytest.mark.parametrize("status", [200, 201])
def test_shapes(row: Row, shape: Shape, status: int) -> None:
    """Each answer that a dialect gives is read into the same model, whatever 2xx it comes with."""
    value = answered(row, shape.content, shape.content_type, status)
    assert value == shape.value
    assert getattr(value, "extra", None) == getattr(shape.value, "extra", None)  # equality leaves nothing out


@by_id([row for row in FIRST if row.call != "retrieve_qr_code"])
def test_byte_order_mark(row: Row) -> None:
    """A byte order mark before the document does no harm."""
    shape = row.answers[0]
    assert isinstance(shape.content, str)
    assert answered(row, b"\xef\xbb\xbf" + shape.content.encode()) == shape.value


@by_id([row for row in FIRST if result_of(row) not in (QRCode, Page, str)])
def test_pascal_case(row: Row) -> None:
    """Names that begin with a capital mean the same."""
    value = changed(row.answers[0].value, extra={})
    assert answered(row, json.dumps({key[0].upper() + key[1:]: item for key, item in value.to_dict().items()})) == value


def test_pascal_case_within_a_list() -> None:
    """So they do inside of a list, and inside of what is in it."""
    (row,) = (row for row in FIRST if row.call == "retrieve_all_sessions")
    content = [{"UniqueSessionId": "ses_1", "Downstream": {"Status": "WORKING"}}]
    assert answered(row, json.dumps(content))[0].downstream.status == "WORKING"


# ------------------------------------------------------------------------------------------------------ unusable answers

DEEP = "[" * 100_000 + "]" * 100_000
UNUSABLE: Mapping[str, tuple[str | bytes, str]] = {
    "truncated": ('{"id":"x', "application/json"),
    "html": ("<!doctype html><h1>Log in to the hotel</h1>", "text/html"),
    "html-as-json": ("<html></html>", "application/json"),
    "number": ("5", "application/json"),
    "text": ('"OK"', "application/json"),
    "two-documents": ('{"id":"x"}{"id":"y"}', "application/json"),
    "latin-1": ('{"id":"é"}'.encode("latin-1"), "application/json"),
    "nul": (b"\x00\x00\x00", "application/json"),
    "mark-alone": (b"\xef\xbb\xbf", "application/json"),
    "deep": (DEEP, "application/json"),
    "deep-objects": ('{"a":' * 100_000, "application/json"),
    "digits": ('{"timestamp":' + "9" * 10_000 + "}", "application/json"),
    "undeclared": (b"\xff\xfe\xfd", ""),
}
MISFITS: Mapping[type, tuple[str, str]] = {
    Session: ('{"sessionName":"n","createdAt":{"a":1}}', "$.createdAt"),
    Message: ('{"id":"x","timestamp":NaN}', "$.timestamp"),
    QRCode: ('{"data":{"mimetype":[]}}', "$.data.mimetype"),
    Page: ('[{},{"id":{}}]', "$[1].id"),
}


@by_id(READS)
@pytest.mark.parametrize("kind", [*UNUSABLE, "empty", "spaces", "null"])
def test_unusable_read(row: Row, kind: str) -> None:
    """A read whose answer cannot be used raises `DecodeError`, which says so."""
    if (kind == "text" and "invite" in row.call) or (kind == "null" and result_of(row) is Page):
        return  # the engine says the bare code, and no list for an empty one
    content, content_type = UNUSABLE.get(kind) or ({"null": "null", "spaces": " \n"}.get(kind, ""), "application/json")
    with pytest.raises(DecodeError) as caught:
        answered(row, content, content_type)
    assert caught.value.path.startswith("$")
    assert caught.value.outcome == "sent"
    assert row.sent.split()[0] in str(caught.value)
    assert len(str(caught.value)) < 500


@by_id([row for row in READS + ORDERS if result_of(row) in MISFITS])
def test_misfit(row: Row) -> None:
    """Read strictly, a value that does not fit raises `DecodeError` with the path to it, and the document."""
    content, path = MISFITS[result_of(row)]
    with pytest.raises(DecodeError) as caught:
        answered(row, content, strict=True)
    assert caught.value.path == path
    assert str(caught.value).endswith(f"@ {path}")
    if "NaN" not in content:
        assert caught.value.body == json.loads(content)


@by_id(READS)
def test_wrong_kind_of_document(row: Row) -> None:
    """A list where an object was expected, and the other way round, is a `DecodeError`."""
    if row.call == "check_contact_exists":
        return  # two engines answer a list
    with pytest.raises(DecodeError, match=r"expected .*, got .* @ \$$"):
        answered(row, "{}" if result_of(row) is Page else "[]")


@by_id(ORDERS)
@pytest.mark.parametrize("kind", ["truncated", "html", "latin-1", "deep"])
def test_unusable_answer_to_an_order(row: Row, kind: str) -> None:
    """An order that was accepted never raises for its answer; read strictly, one that may be given twice does."""
    assert isinstance(answered(row, *UNUSABLE[kind]), result_of(row))
    with pytest.raises(DecodeError) as caught:
        answered(row, *UNUSABLE[kind], strict=True)
    assert caught.value.outcome == "sent"


@by_id([row for row in FIRST if result_of(row) is Result])
@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('"OK"', Result()),
        ("[]", Result()),
        ("true", Result()),
        ('{"success":[],"message":"done"}', Result(message="done", extra={"success": []})),
        (
            '{"key":{"id":"3EB0"},"message":{"reactionMessage":{}}}',
            Result(extra={"key": {"id": "3EB0"}, "message": {"reactionMessage": {}}}),
        ),
    ],
)
def test_any_json_is_a_yes_to_an_order(row: Row, content: str, value: Result) -> None:
    """An order has no answer of its own: whatever document comes with a 2xx, such as the engine's own message, is a yes."""
    assert answered(row, content) == value


@by_id(ORDERS)
@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("content", ["", " ", "null"])
def test_empty_answer_to_an_order(row: Row, content: str, status: int) -> None:
    """Nothing is a plain yes; what the request itself says is known."""
    assert answered(row, "" if status == 204 else content, status=status) == known(row)


def known(row: Row) -> Any:
    """What the request of a row says about what it makes or changes."""
    for shape in row.answers:
        if shape.content == "":
            return shape.value
    assert row.body is not None
    body = json.loads(row.body)
    if row.call == "create_session":
        return Session(
            session_name=body["sessionName"], phone_number=body["phoneNumber"], enable_webhook=body["enableWebhook"]
        )
    return Message(to=body["to"], content=body.get("text", body.get("caption")))


@by_id([row for row in WRITES if result_of(row) is Message])
@pytest.mark.parametrize("kind", [*UNUSABLE, "empty", "spaces", "null", "list"])
def test_unusable_answer_to_a_message(row: Row, kind: str) -> None:
    """A message whose 2xx does not show that it was understood may or may not have been sent; a plain yes will do."""
    content, content_type = UNUSABLE.get(kind) or ({"null": "null", "spaces": " ", "list": "[]"}.get(kind, ""), "")
    if kind == "text":
        assert answered(row, content, content_type) == known(row)
        return
    with pytest.raises(UnknownAnswerError) as caught:
        answered(row, content, content_type)
    assert caught.value.outcome == "unknown"
    assert isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.call.name in str(caught.value)


@by_id([row for row in WRITES if result_of(row) not in (Result, Message)])
@pytest.mark.parametrize("kind", [*UNUSABLE, "empty", "spaces", "null", "list"])
def test_unusable_answer_to_a_write(row: Row, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Another write that was accepted never raises for its answer: what its request says is known, and a warning tells."""
    content, content_type = UNUSABLE.get(kind) or (
        {"null": "null", "spaces": " ", "list": "[]"}.get(kind, ""),
        "application/json",
    )
    with caplog.at_level(logging.WARNING, "wasend"):
        assert answered(row, content, content_type) == known(row)
    told = [record.message for record in caplog.records]
    assert (len(told) == 0) if kind in ("empty", "spaces", "null") else ("accepted" in told[0])
    assert known(row).get("content", known(row).get("sessionName")) not in " ".join(told).split()


@by_id([row for row in WRITES if result_of(row) in (Message, Session)])
def test_partly_unusable_answer_to_a_send(row: Row) -> None:
    """What fits is kept beside what the request says, and the rest is left out."""
    document = {
        "data": {
            "id": "x",
            "status": "odd",
            "timestamp": {"high": 1},
            "createdAt": [],
            "to": {},
            "phoneNumber": [],
            "data": {"timestamp": [], "createdAt": []},
        }
    }
    value = answered(row, json.dumps(document))
    expected = known(row)
    assert (value.id, value.status) == ("x", "odd")
    assert (
        (value["to"], value["content"]) == (expected["to"], expected["content"]) if isinstance(value, Message) else True
    )
    assert value["phoneNumber"] == expected["phoneNumber"] if isinstance(value, Session) else True


@by_id(FIRST)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"success":false,"error":"no such thing"}', "no such thing"),
        ('{"success":0,"message":["a","b"]}', "a; b"),
        ('{"success":"false","error":{"code":"E1","message":"why"}}', "why"),
        ('{"success":true,"message":"why","data":{"success":false}}', "why"),
    ],
)
def test_refusal_within_a_success(row: Row, content: str, message: str) -> None:
    """``"success": false`` is an error, whatever the status says, and nothing was done."""
    with pytest.raises(APIStatusError) as caught:
        answered(row, content)
    assert (caught.value.status, caught.value.message, caught.value.outcome) == (200, message, "not_sent")


# --------------------------------------------------------------------------------------------------------- any document


@by_id([row for row in FIRST if row.call not in GROUP_ROWS])  # the others have names of their own, and this test there
@settings(max_examples=20, deadline=None)  # of each call; what reads them all is given more in test_codec
@given(document=documents(finite=False))
def test_any_document(row: Row, document: Any) -> None:
    """Whatever JSON comes back, a call gives its model, or a `DecodeError` or `APIStatusError`; a send never the former."""
    try:
        value = answered(row, json.dumps(document))
    except APIStatusError as error:
        assert "success" in json.dumps(document).lower()
        assert error.outcome == "not_sent"
    except DecodeError as error:
        assert row.sent.startswith("GET") or (error.outcome == "unknown" and result_of(row) is Message)
        assert error.path.startswith("$")
    else:
        assert isinstance(value, result_of(row)) or (value is None and result_of(row) is str)
        assert "\n" not in repr(value)


@by_id(
    [row for row in FIRST if row.call in ("retrieve_all_sessions", "retrieve_qr_code", "send_text", "delete_session")]
)
@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=200),
    content_type=st.sampled_from(["application/json", "text/plain", "image/png", "text/html", ""]),
)
def test_any_bytes(row: Row, content: bytes, content_type: str) -> None:
    """Whatever bytes come back, as whatever type, the same holds."""
    try:
        value = answered(row, content, content_type)
    except DecodeError as error:
        assert row.sent.startswith("GET") or error.outcome == "unknown"
    else:
        assert isinstance(value, result_of(row))


def test_answer_just_shallow_enough() -> None:
    """A document that JSON's reader just manages is no trouble further on."""
    row = WRITES[0]
    for depth in (50, sys.getrecursionlimit() - 150, sys.getrecursionlimit(), 3_000, 20_000):
        assert isinstance(answered(row, '{"x":' + "[" * depth + "]" * depth + "}"), result_of(row))


# -------------------------------------------------------------------------------------------------------------- QR code


@pytest.mark.parametrize(
    ("content", "content_type", "png", "text"),
    [
        (json.dumps({"data": PNG_TEXT}), "application/json", PNG, None),
        (json.dumps({"mimetype": "image/png", "data": PNG_TEXT}), "application/json", PNG, None),
        (json.dumps({"data": f"data:image/png;base64,{PNG_TEXT}"}), "application/json", PNG, None),
        (PNG, "image/png", PNG, None),
        (json.dumps({"value": "2@Zk3,AbC,=="}), "application/json", None, "2@Zk3,AbC,=="),
        (json.dumps({"qr": "2@Zk3"}), "application/json", None, "2@Zk3"),
        (json.dumps({"data": "data:image/svg+xml;base64,PHN2Zz4="}), "application/json", None, None),
        ("{}", "application/json", None, None),
    ],
)
def test_qr_code(content: str | bytes, content_type: str, png: bytes | None, text: str | None) -> None:
    """A QR code offers its picture or what it says, whichever the service sent, in whichever shape."""
    (row,) = (row for row in FIRST if row.call == "retrieve_qr_code")
    code = answered(row, content, content_type)
    assert code.text == text
    if png or text:
        assert code.png() == png if png else code.png().startswith(b"\x89PNG")
    else:
        with pytest.raises(DecodeError, match="neither a PNG nor a text"):
            code.png()
