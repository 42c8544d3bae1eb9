"""Webhooks from bytes: what is signed and whole is an event, anything else an error that says which status to answer with."""

from __future__ import annotations

import doctest
import hashlib
import hmac
import json
import pickle
import traceback
from email.message import Message
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.served import KEY
from tests.test_public import loaded
from wasend import (
    ConfigurationError,
    InvalidRequestError,
    WasendError,
    WebhookError,
    WebhookFormatError,
    WebhookSignatureError,
    WebhookTooLargeError,
    WebhookTooOldError,
    WebhookUnsignedError,
)
from wasend._core import codec
from wasend.sandbox import Clock
from wasend.webhooks import MessageReceived, UnknownEvent, parse, sign, verify
from wasend.webhooks.parsing import MAX_AGE, MAX_BYTES
from wasend.webhooks.signature import Keys

NOON: Final = 1_750_000_000
CLOCK: Final = Clock(stopped=True, at=NOON)
SECRET_TEXT: Final = "my PIN is 4711"
BODY: Final = json.dumps(
    {
        "id": "evt_1",
        "timestamp": NOON * 1000,
        "event": "message",
        "session": "ses_1",
        "payload": {"id": "false_447700900456@c.us_3EB0", "from": "447700900456@c.us", "body": SECRET_TEXT},
    }
).encode()
VECTOR: Final = (
    "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777"
    "076153fa89"
)


def signed(body: bytes = BODY, key: str = KEY) -> dict[str, str]:
    """The headers that the service's engine sends with a body."""
    digest = hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
    return {"X-Webhook-Hmac": digest, "X-Webhook-Hmac-Algorithm": "sha512"}


def of(**envelope: Any) -> bytes:
    """The body with other members."""
    return json.dumps({**json.loads(BODY), **envelope}).encode()


def read(body: Any = BODY, headers: Any = None, **options: Any) -> Any:
    """What is made of a body, which is signed if no headers are given."""
    headers = signed(body) if headers is None else headers
    return parse(body, headers, **{"key": KEY, "clock": CLOCK, **options})


def test_documented_vector() -> None:
    """A signature is the one that the engine's documentation prints, byte for byte."""
    body = b'{"event":"message","session":"default","engine":"WEBJS"}'
    assert sign(body, "my-secret-key") == VECTOR
    verify(body, {"X-Webhook-Hmac": VECTOR, "X-Webhook-Hmac-Algorithm": "sha512"}, "my-secret-key")
    event = parse(body, {"x-webhook-hmac": VECTOR}, key="my-secret-key", max_age=None)
    assert (type(event), event.session, event.engine) == (MessageReceived, "default", "WEBJS")


def test_example() -> None:
    """The example in the documentation of `parse` runs, and gives what it says."""
    assert parse.__doc__
    names = {"__name__": "example"}
    example = doctest.DocTestParser().get_doctest(parse.__doc__, names, "parse", None, None)
    assert doctest.DocTestRunner().run(example) == (0, 4)


SIGNATURE: Final = signed()["X-Webhook-Hmac"]


def as_message() -> Message:
    """Headers as `http.server` gives them."""
    message = Message()
    message["x-webhook-hmac"] = SIGNATURE
    return message


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Webhook-Hmac": SIGNATURE},
        {"x-webhook-hmac": SIGNATURE, "x-webhook-hmac-algorithm": "SHA512"},
        {"X-WEBHOOK-HMAC": SIGNATURE.upper()},
        {b"X-Webhook-Hmac": SIGNATURE.encode()},
        [("Host", "x"), ("x-webhook-hmac", SIGNATURE)],
        [(b"host", b"\xff"), (b"x-webhook-hmac", SIGNATURE.encode())],
        [["X-Webhook-Hmac", SIGNATURE]],
        iter([("X-Webhook-Hmac", SIGNATURE)]),
        [("X-Webhook-Hmac", SIGNATURE), ("X-Webhook-Hmac", SIGNATURE.upper())],
        {"X-Webhook-Hmac": f"{SIGNATURE}, {SIGNATURE}", "X-Webhook-Hmac-Algorithm": "sha512, sha512"},
        {"X-Webhook-Hmac": f" {SIGNATURE}\t", "X-Webhook-Hmac-Algorithm": ""},
        as_message(),
    ],
)
def test_headers(headers: Any) -> None:
    """Headers are read in every form in which a framework gives them; a header that a proxy doubled is still one."""
    assert read(headers=headers).payload.body == SECRET_TEXT


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, WebhookUnsignedError),
        ([], WebhookUnsignedError),
        ({"X-Webhook-Hmac": ""}, WebhookUnsignedError),
        ({"X-Webhook-Hmac-Algorithm": "sha512"}, WebhookUnsignedError),
        ({"X-Hub-Signature-256": SIGNATURE}, WebhookUnsignedError),
        (signed(BODY + b" "), WebhookSignatureError),
        (signed(key="another"), WebhookSignatureError),
        (signed() | {"X-Webhook-Hmac-Algorithm": "sha256"}, WebhookSignatureError),
        ({"X-Webhook-Hmac": hmac.new(KEY.encode(), BODY, hashlib.sha256).hexdigest()}, WebhookSignatureError),
        ({"X-Webhook-Hmac": SIGNATURE[:-1]}, WebhookSignatureError),
        ({"X-Webhook-Hmac": f"sha512={SIGNATURE}"}, WebhookSignatureError),
        ({"X-Webhook-Hmac": "ß" * 128}, WebhookSignatureError),
        ({"X-Webhook-Hmac": "0" * 10_000}, WebhookSignatureError),
        ([("X-Webhook-Hmac", SIGNATURE), ("X-Webhook-Hmac", "0" * 128)], WebhookSignatureError),
        ({"X-Webhook-Hmac": f"{SIGNATURE},{'0' * 128}"}, WebhookSignatureError),
    ],
)
def test_wrong_signatures(headers: Any, error: type[WebhookError]) -> None:
    """What is not signed by the key for these very bytes is answered by 401, whatever it says instead."""
    with pytest.raises(error) as caught:
        read(headers=headers)
    assert type(caught.value) is error
    assert caught.value.status == 401
    with pytest.raises(error):
        verify(BODY, headers, KEY)


def test_json_written_again() -> None:
    """The bytes are what is signed: the same document, written again, is another body; so it is not taken as one."""
    with pytest.raises(WebhookSignatureError):
        read(json.dumps(json.loads(BODY), separators=(",", ":")).encode(), signed())
    others: tuple[Any, ...] = (json.loads(BODY), BODY.decode(), None)
    for made in others:
        with pytest.raises(InvalidRequestError, match="body: expected bytes, got"):
            parse(made, signed(), key=KEY)
        with pytest.raises(InvalidRequestError, match="body: expected bytes, got"):
            sign(made, KEY)
    assert read(memoryview(BODY), signed()) == read(bytearray(BODY), signed()) == read()


@pytest.mark.parametrize(
    "headers", ["X-Webhook-Hmac", 5, [1], [("a",)], {"X-Webhook-Hmac": 1}, {1: "a"}, [("x-webhook-hmac", None)]]
)
def test_no_headers_at_all(headers: Any) -> None:
    """What cannot be headers is a mistake of the program, and not of the one who posted."""
    with pytest.raises(InvalidRequestError, match=r"headers: \w+ that cannot be read"):
        read(headers=headers)


# ------------------------------------------------------------------------------------------- keys


def test_several_keys() -> None:
    """While a key is replaced, each of several is good; the first one signs."""
    for key in (KEY, [KEY], ("new", KEY), [KEY.encode(), "new"], Keys("new", KEY)):
        assert read(key=key).payload.body == SECRET_TEXT
    assert sign(BODY, [KEY, "new"]) == SIGNATURE
    with pytest.raises(WebhookSignatureError):
        read(key=["new", "newer"])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (None, "there is none"),
        ("", "is empty"),
        (b"", "is empty"),
        ([], "none in the list"),
        ([KEY, ""], "is empty"),
        (f"{KEY}\n", "line end"),
        (f"{KEY}\r\n".encode(), "line end"),
        (f" {KEY}", "white space"),
        (f"{KEY}\t", "white space"),
        ("a\x00b", "control character"),
        (5, "got int"),
        ([KEY, None], "got NoneType"),
        (Path("key.txt"), "got PosixPath"),
        (bytearray(b"k"), "got bytearray"),
        ({"key": KEY}, "got dict"),
    ],
)
def test_keys_that_cannot_be(key: Any, words: str) -> None:
    """A key that is empty, or was copied with its line end, is refused before it verifies nothing; none shows in its error."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        read(key=key)
    assert KEY not in everything_shown(caught.value)


def test_without_a_key() -> None:
    """Events that are not signed are taken where that is wished in so many words, and a key is never silently ignored."""
    assert read(headers={}, key=None, insecure=True).payload.body == SECRET_TEXT
    with pytest.raises(ConfigurationError, match="insecure=True would ignore the key"):
        read(insecure=True)
    for odd in (1, "yes", None):
        with pytest.raises(ConfigurationError, match="there is none"):
            read(key=None, insecure=odd)


def everything_shown(error: BaseException) -> str:
    """What a log that keeps the variables of tracebacks shows of an error: of the frames that are not this file's."""
    shown = []
    for each in (error, error.__cause__, error.__context__):
        if each is not None:
            found = traceback.TracebackException.from_exception(each, capture_locals=True)
            ours = [frame for frame in found.stack if frame.filename != __file__]
            shown += ["".join(found.format_exception_only()), *(str(frame.locals) for frame in ours), str(vars(each))]
            shown.append(str(each.args))
    return "\n".join(shown)


@pytest.mark.parametrize("case", ["unsigned", "wrong", "large", "old", "shape", "deep", "members", "type"])
def test_nothing_shows_the_key_or_the_text(case: str) -> None:
    """No error of these shows the key, or what somebody wrote: not in its text, its variables, its causes or its pickle."""
    body: Any = BODY
    options: dict[str, Any] = {}
    if case == "unsigned":
        options["headers"] = {}
    elif case == "wrong":
        options["headers"] = signed(b"")
    elif case == "large":
        options["max_bytes"] = 10
    elif case == "old":
        options["clock"] = Clock(stopped=True, at=NOON + 1e6)
    elif case == "shape":
        body = json.dumps([SECRET_TEXT]).encode()
    elif case == "deep":
        body = json.dumps({"event": SECRET_TEXT}).encode()[:-1] + b',"a":' + b"[" * 200 + b"]" * 200 + b"}"
    elif case == "members":
        body = json.dumps({"event": SECRET_TEXT, **{str(n): SECRET_TEXT for n in range(1001)}}).encode()
    else:
        body, options["headers"] = BODY.decode(), {}
    with pytest.raises(WasendError) as caught:
        read(body, **options)
    shown = everything_shown(caught.value)
    assert KEY not in shown
    assert SECRET_TEXT not in shown
    assert SECRET_TEXT.encode() not in pickle.dumps(caught.value)


def test_keys_are_not_shown() -> None:
    """Keys that were looked at are neither printed nor pickled."""
    assert (repr(Keys(KEY)), str([Keys(KEY)])) == ("Keys(***)", "[Keys(***)]")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Keys(KEY))


# ------------------------------------------------------------------------------------------- what is not an event


@pytest.mark.parametrize(
    ("body", "error", "status"),
    [
        (b"", WebhookFormatError, 400),
        (b"hello", WebhookFormatError, 400),
        (b"null", WebhookFormatError, 400),
        (b"[]", WebhookFormatError, 400),
        (b'"message"', WebhookFormatError, 400),
        (b"{}", WebhookFormatError, 400),
        (b'{"event":null}', WebhookFormatError, 400),
        (b'{"event":""}', WebhookFormatError, 400),
        (b'{"event":["message"]}', WebhookFormatError, 400),
        (b'{"Event":"message"}', WebhookFormatError, 400),
        (BODY[:-1], WebhookFormatError, 400),
        (BODY + b"}", WebhookFormatError, 400),
        (b"\xef\xbb\xbf" + BODY, WebhookFormatError, 400),
        (BODY.decode().encode("utf-16"), WebhookFormatError, 400),
        (b'{"event":"\xff"}', WebhookFormatError, 400),
        (b"<html>not found</html>", WebhookFormatError, 400),
        (b"event=message&session=ses_1", WebhookFormatError, 400),
        (b'{"event":"a","n":' + b"1" * 10_000 + b"}", WebhookFormatError, 400),
        (b'{"event":"message","a":' + b"[" * 101 + b"]" * 101 + b"}", WebhookFormatError, 400),
        (b'{"event":"message","a":' + b"[" * 10_000, WebhookFormatError, 400),
        (b'{"a":' * 20_000, WebhookFormatError, 400),
        (of(**{f"m{n}": 1 for n in range(1001)}), WebhookFormatError, 400),
        (of(timestamp=None), WebhookFormatError, 400),
        (of(timestamp="yesterday"), WebhookFormatError, 400),
        (of(timestamp=(NOON - MAX_AGE - 1) * 1000), WebhookTooOldError, 400),
        (of(timestamp=(NOON + 901) * 1000), WebhookTooOldError, 400),
        (of(timestamp=0), WebhookTooOldError, 400),
        (of(timestamp=253_402_300_799_000), WebhookTooOldError, 400),
        (b" " * (MAX_BYTES + 1), WebhookTooLargeError, 413),
        (b'{"event":"a","b":[' + b"[],[]," * 150_000 + b"1]}", WebhookTooLargeError, 413),
    ],
    ids=lambda value: value[:30].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_bad_input(body: bytes, error: type[WebhookError], status: int) -> None:
    """Whatever is signed and no event is refused by its own error, with the status to answer."""
    with pytest.raises(WebhookError) as caught:
        read(body)
    assert (type(caught.value), caught.value.status) == (error, status)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert len(str(caught.value)) < 400
    assert (caught.value.outcome, caught.value.retryable) == ("not_sent", False)


@pytest.mark.parametrize("body", [BODY, of(metadata=None, me=5, environment=[]), b" \n" + BODY + b"\t\r\n"])
def test_good_input(body: bytes) -> None:
    """What is an event is one, whatever is missing around its payload."""
    assert read(body).payload.body == SECRET_TEXT


def test_depth() -> None:
    """A hundred levels are read, brackets in texts not counted; one more is refused, before Python could recurse too deep."""

    def nested(levels: int) -> bytes:
        return BODY[:-1] + b',"a":' + b"[" * levels + b'"[[[["' + b"]" * levels + b"}"

    assert read(nested(99)).id == "evt_1"
    with pytest.raises(WebhookFormatError, match="nested too deeply"):
        read(nested(100))


def test_large_events() -> None:
    """A text as long as a body may be is read, and a community of 5000, with the engine's own record of each member."""
    people = [{"id": f"{n:015}@lid", "pn": f"44770{n:07}@c.us", "role": "participant"} for n in range(5000)]
    names = ("JID", "PhoneNumber", "LID", "IsAdmin", "IsSuperAdmin", "DisplayName", "Error", "AddRequest")
    record = {"Participants": [dict.fromkeys(names, "44770") for _ in range(5000)]}
    body = of(event="group.v2.join", payload={"group": {"id": "1203@g.us", "participants": people}, "_data": record})
    assert len(read(body).payload.group.participants) == 5000
    text = "x" * (MAX_BYTES - len(BODY))
    assert read(of(payload={"body": text})).payload.body == text


def test_no_part_is_read_twice() -> None:
    """Values that do not fit cost no more than their number, however deep they are."""
    reads: list[object] = []
    statuses = [{"status": "STARTING", "timestamp": []} for _ in range(10)]

    def kind_of(value: object) -> str:
        reads.append(value)
        return "a list"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_kind_of", kind_of)
        event = read(of(event="session.status", payload={"statuses": statuses}))
    assert len(event.unread) == 10
    assert len(reads) == 10


def test_half_a_character() -> None:
    """Half a surrogate pair, which JSON can write and UTF-8 cannot, is text that can be printed."""
    event = read(of(event="\ud83d", id="\ud83d"))
    assert type(event) is UnknownEvent
    assert event.name == "\ud83d"
    repr(event).encode()


def test_sizes() -> None:
    """The limit is on the bytes, and is looked at before anything else."""
    assert read(max_bytes=len(BODY)).session == "ses_1"
    with pytest.raises(WebhookTooLargeError, match=rf"{len(BODY)} bytes; at most {len(BODY) - 1} are read"):
        read(headers={}, max_bytes=len(BODY) - 1)


@pytest.mark.parametrize(
    "options",
    [
        {"max_age": 0},
        {"max_age": -1},
        {"max_age": True},
        {"max_age": "300"},
        {"max_age": float("nan")},
        {"max_age": float("inf")},
        {"max_bytes": 0},
        {"max_bytes": True},
        {"max_bytes": 1e6},
        {"max_bytes": None},
    ],
)
def test_limits_that_are_none(options: dict[str, Any]) -> None:
    """A limit that cannot be meant is refused, and names itself."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        read(**options)


# ------------------------------------------------------------------------------------------- age


@pytest.mark.parametrize(
    ("seconds", "max_age"),
    [(86_400, MAX_AGE), (600, MAX_AGE), (-600, MAX_AGE), (-900, MAX_AGE), (1e9, None), (300, 300)],
)
def test_in_time(seconds: float, max_age: float | None) -> None:
    """What the engine repeats for hours is taken by default, and by a clock that is ten minutes off; kept events if wished."""
    clock = Clock(stopped=True, at=NOON + seconds)
    assert read(max_age=max_age, clock=clock).id == "evt_1"


@pytest.mark.parametrize(
    ("seconds", "max_age", "words"),
    [
        (86_401, MAX_AGE, "86401 s later, and at most 86400 s are allowed"),
        (
            601,
            300,
            "the event is of 2025-06-15T15:06:40.*clock here says 2025-06-15T15:16:41.*601 s later.*clock is fast",
        ),
        (-901, MAX_AGE, "901 s earlier; this machine's clock is slow"),
        (
            -600,
            300,
            "the event is of 2025-06-15T15:06:40.*clock here says 2025-06-15T14:56:40.*600 s earlier.*clock is slow",
        ),
    ],
)
def test_out_of_time(seconds: float, max_age: float, words: str) -> None:
    """What is too old, or from the future, says both times and which clock may be off; the header's time changes nothing."""
    headers = signed() | {"X-Webhook-Timestamp": str((NOON + int(seconds)) * 1000)}
    with pytest.raises(WebhookTooOldError, match=words) as caught:
        read(headers=headers, max_age=max_age, clock=Clock(stopped=True, at=NOON + seconds))
    assert caught.value.age == pytest.approx(seconds)


def test_age_travels() -> None:
    """The age of an event survives pickling and task queues."""
    error = WebhookTooOldError("old", 90000.5)
    for revived in (pickle.loads(pickle.dumps(error)), WebhookTooOldError(*json.loads(json.dumps(error.args)))):
        assert (str(revived), revived.age, revived.status, revived.reason) == ("old", 90000.5, 400, "too old")


def test_a_clock_of_the_machine() -> None:
    """Without a clock it is the machine's, by which what the tests send is years old."""
    with pytest.raises(WebhookTooOldError):
        parse(BODY, signed(), key=KEY)


# ------------------------------------------------------------------------------------------- anything


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
envelopes = st.fixed_dictionaries(
    {"event": st.sampled_from(["message", "message.ack", "session.status", "group.v2.join", "poll.vote", "x"])},
    optional={
        "id": scalars,
        "session": scalars,
        "timestamp": scalars,
        "me": documents,
        "engine": st.sampled_from(["GOWS", "WEBJS"]) | scalars,
        "payload": documents
        | st.dictionaries(
            st.sampled_from(["id", "from", "body", "media", "group", "vote", "statuses", "data", "ack", "_data"]),
            documents,
        ),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | envelopes.map(lambda made: json.dumps(made).encode()))
def test_anything_is_an_event_or_an_error(body: bytes) -> None:
    """Any bytes that are signed give an event, whose every part can be looked at, or one of the errors; nothing else."""
    try:
        event = read(body, max_age=None)
    except WebhookError as error:
        assert 400 <= error.status < 500
        return
    repr(event), event.chat_id, hash(event), event.to_dict()
    assert attrs.has(type(event))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=20) | st.just("X-Webhook-Hmac"), st.text(max_size=130), max_size=5))
def test_any_headers(headers: dict[str, str]) -> None:
    """Whatever headers come, what is not signed is not taken."""
    with pytest.raises((WebhookUnsignedError, WebhookSignatureError)):
        read(headers=headers)


def test_what_is_imported() -> None:
    """Importing brings no module of the package, and reading an event neither httpx nor an event loop of ours."""
    alone = loaded("import wasend.webhooks; dir(wasend.webhooks)")
    assert alone & {"attrs", "httpx", "cattrs", "asyncio"} == set()
    assert "wasend.webhooks.signature" not in alone
    named = loaded("from wasend.webhooks import *; from wasend import webhooks; webhooks.MessageReceived")
    assert named & {"httpx", "cattrs", "tenacity", "starlette", "psycopg"} == set()
    used = loaded(f"from wasend.webhooks import parse; parse({BODY!r}, key=None, insecure=True, max_age=None)")
    assert "cattrs" in used
    assert used & {"httpx", "tenacity", "starlette"} == set()
