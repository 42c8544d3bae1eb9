"""What answers are read into: frozen, printable on a line, written back, and read like the mapping that came."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.calls import ENGINE, OF_SDK, SESSION
from wasend import Ack, ChatMessage, Message, Page, QRCode, Result, Session, SessionState
from wasend._core.codec import decode
from wasend._core.names import camel, folded, nearest
from wasend.api.sessions import Downstream

SENT = datetime(2025, 6, 11, 9, 21, 33, tzinfo=UTC)
MESSAGE = Message(
    id="m", to="+447700900456", content="a\nb", timestamp=SENT, from_me=False, extra={"ack": 1, "x\ny": None}
)


# -------------------------------------------------------------------------------------------------------- as a mapping


@pytest.mark.parametrize("key", ["uniqueSessionId", "unique_session_id", "UniqueSessionId", "sessionId", "session_id"])
def test_read_by_any_spelling(key: str) -> None:
    """A field is found under the service's name, Python's, and the other names it is known by."""
    assert SESSION[key] == SESSION.get(key) == SESSION.unique_session_id == "ses_1"
    assert key in SESSION


def test_read_as_the_services_samples_do() -> None:
    """The service's own Python samples read answers like dicts."""
    assert Result()["success"] is True
    assert Session(session_name="n")["sessionName"] == "n"
    assert Page((SESSION,))[0]["phoneNumber"] == "+447700900123"


def test_fields_that_are_not_there() -> None:
    """A known field that did not come is `None` and not contained; an unknown name is a `KeyError` that names the nearest."""
    assert SESSION["webhookUrl"] is None
    assert SESSION.get("webhookUrl", "default") is None
    assert "webhookUrl" not in SESSION
    assert SESSION.get("nothing", "default") == "default"
    assert 5 not in SESSION
    with pytest.raises(KeyError, match="did you mean 'phoneNumber'"):
        SESSION["phone_numbr"]
    for key in (5, None, ("sessionName",)):
        with pytest.raises(KeyError):
            SESSION[key]  # type: ignore[index]


def test_unknown_fields() -> None:
    """What the service sent beyond the known fields is in ``extra`` as it came, and read like the rest."""
    assert MESSAGE.extra == {"ack": 1, "x\ny": None}
    assert MESSAGE["ack"] == 1
    assert "ack" in MESSAGE
    assert "x\ny" not in MESSAGE


def test_as_dict() -> None:
    """A model becomes a dict, counts its fields, and iterates over the service's names for those that are there."""
    assert set(MESSAGE) == {"id", "to", "content", "timestamp", "fromMe", "ack", "x\ny"}
    assert len(MESSAGE) == 7
    assert dict(MESSAGE)["fromMe"] is False
    assert {**Result(message="m")} == {"success": True, "message": "m"}


def test_always_true() -> None:
    """An answer without fields is still an answer."""
    assert Message()
    assert len(Message()) == 0


# -------------------------------------------------------------------------------------------------------------- written


def test_to_dict() -> None:
    """`to_dict` gives the service's names with values that JSON can hold, and leaves out what is not there."""
    assert MESSAGE.to_dict() == {
        "id": "m",
        "to": "+447700900456",
        "content": "a\nb",
        "timestamp": "2025-06-11T09:21:33+00:00",
        "fromMe": False,
        "ack": 1,
        "x\ny": None,
    }
    session = Session(unique_session_id="s", engine=ENGINE, downstream=Downstream(status="WORKING", extra={"a": [1]}))
    assert session.to_dict() == {
        "uniqueSessionId": "s",
        "engine": ENGINE,
        "downstream": {"status": "WORKING", "a": [1]},
    }
    assert json.loads(json.dumps(session.to_dict())) == session.to_dict()


def test_to_dict_of_the_sdks_answer() -> None:
    """An answer of the official SDK's shape is written just as it came, but for the digits of its times."""
    came = json.loads(str(OF_SDK.content))
    assert isinstance(OF_SDK.value, Session)
    written = OF_SDK.value.to_dict()
    for name in ("createdAt", "updatedAt"):
        assert datetime.fromisoformat(written.pop(name)) == datetime.fromisoformat(came.pop(name))
    assert written == came


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            Message(content="a\nb", timestamp=SENT, from_me=False, extra={"x\ny": None}),
            r"Message(content='a\nb', timestamp='2025-06-11T09:21:33+00:00', from_me=False, extra={'x\ny': None})",
        ),
        (Message(), "Message()"),
        (Result(), "Result(success=True)"),
        (
            Session(name="s", downstream=Downstream(status="X")),
            "Session(unique_session_id='s', name='s', downstream=Downstream(status='X'))",
        ),
        (Page((Message(id="a"), Message(id="b"))), "[Message(id='a'), Message(id='b')]"),
        (Page(()), "[]"),
    ],
)
def test_repr(value: Any, text: str) -> None:
    """A model prints on one line, without the fields that are not there."""
    assert repr(value) == str(value) == text


# ---------------------------------------------------------------------------------------------------------- as a value


def test_frozen() -> None:
    """A model cannot be changed, nor given fields it does not have."""
    with pytest.raises(AttributeError):
        SESSION.status = "X"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        SESSION.colour = "red"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Session("ses_1")  # type: ignore[call-arg, arg-type]


def test_equality_and_hash() -> None:
    """Models are equal by their fields, never to a model of another class or a dict, and can be in a set."""
    assert Message(id="a") == Message(id="a") != Message(id="b")
    assert Message(id="a") != Message(id="a", extra={"x": 1})
    assert Result() != {"success": True}
    assert Session(status="X") != Downstream(status="X")
    assert len({Message(id="a"), Message(id="a"), Message(id="a", extra={"x": []}), SESSION, OF_SDK.value}) == 4


@pytest.mark.parametrize("value", [MESSAGE, OF_SDK.value, Page((SESSION,), extra={"total": 1}), QRCode(data="x")])
def test_pickle(value: Any) -> None:
    """Models travel between processes."""
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert again.extra == value.extra


def test_page_is_a_sequence() -> None:
    """A list from the service is a sequence: indexed, sliced, counted, searched."""
    a, b = Message(id="a"), Message(id="b")
    page = Page((a, b))
    assert (page[0], page[-1], page[:1], len(page), list(page), page.index(b), a in page) == (
        a,
        b,
        (a,),
        2,
        [a, b],
        1,
        True,
    )
    assert not Page(())
    with pytest.raises(IndexError):
        page[2]


# -------------------------------------------------------------------------------------------------------------- session

STATES = {
    "CREATED": SessionState.CREATED,
    "STARTING": SessionState.STARTING,
    "SCAN_QR_CODE": SessionState.SCAN_QR_CODE,
    "QR_REQUIRED": SessionState.SCAN_QR_CODE,
    "PASSKEY_REQUIRED": SessionState.PASSKEY_REQUIRED,
    "PASSKEY_CONFIRMATION_REQUIRED": SessionState.PASSKEY_CONFIRMATION_REQUIRED,
    "CONNECTED": SessionState.CONNECTED,
    "WORKING": SessionState.CONNECTED,
    "STOPPED": SessionState.STOPPED,
    "ERROR": SessionState.FAILED,
    "FAILED": SessionState.FAILED,
    "PAUSED": SessionState.UNKNOWN,
    "": SessionState.UNKNOWN,
    None: SessionState.UNKNOWN,
}


@pytest.mark.parametrize(("status", "state"), STATES.items())
def test_state(status: str | None, state: SessionState) -> None:
    """Every word for a state is understood in any case; a new one is kept as it came."""
    for spelt in {
        status,
        status and status.lower(),
        status and status.title(),
        status and f" {status.replace('_', ' ')}",
    }:
        assert Session(status=spelt).state is state
        assert Session(status=spelt).status == spelt


@pytest.mark.parametrize(
    ("ours", "engines", "state"),
    [
        ("CREATED", "WORKING", SessionState.CONNECTED),
        ("CONNECTED", "STOPPED", SessionState.CONNECTED),
        ("CREATED", "SCAN_QR_CODE", SessionState.SCAN_QR_CODE),
        ("STARTING", "FAILED", SessionState.FAILED),
        ("STOPPED", None, SessionState.STOPPED),
        ("STOPPED", "PAUSED", SessionState.STOPPED),
        (None, "STARTING", SessionState.STARTING),
        (None, None, SessionState.UNKNOWN),
    ],
)
def test_state_of_both(ours: str | None, engines: str | None, state: SessionState) -> None:
    """Where the service and its engine differ, connected counts from either, else the engine's word, if it is known."""
    assert Session(status=ours, downstream=Downstream(status=engines)).state is state


def test_id_by_the_engines_name() -> None:
    """A session known only by its name in the engine goes by that; the database's id is never taken for it."""
    assert Session(name="s").unique_session_id == "s"
    assert Session(name="s", unique_session_id="u").unique_session_id == "u"
    assert Session(id="6849aa").unique_session_id == ""


# ---------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(("name", "camelled"), [("session_name", "sessionName"), ("id", "id"), ("a_b_c", "aBC")])
def test_camel(name: str, camelled: str) -> None:
    """The service writes names in camelCase, which fold to the same."""
    assert camel(name) == camelled
    assert folded(camelled) == folded(name)


def test_nearest() -> None:
    """A misspelt name is answered with the nearest known one, or else with all."""
    assert nearest("webhook_uri", ["webhookUrl", "to"]) == "did you mean 'webhookUrl'?"
    assert nearest("xyz", ["webhookUrl", "to"]) == "known are webhookUrl, to"


# ----------------------------------------------------------------------------------------------------------------- acks


def test_an_ack_prints_by_name() -> None:
    """An ack reads as its name wherever it is printed, and is a number wherever it is reckoned with or written down."""
    message = decode({"id": "true_1@c.us_A", "ack": 2}, ChatMessage)
    assert message.ack is Ack.DEVICE
    assert (str(message.ack), f"{message.ack}", f"{message.ack:>7}", f"{message.ack:s}") == (
        "DEVICE",
        "DEVICE",
        " DEVICE",
        "DEVICE",
    )
    assert (f"{message.ack:d}", f"{message.ack:02d}", repr(int(message.ack))) == ("2", "02", "2")
    assert message.ack == 2 < Ack.READ
    assert message.to_dict()["ack"] == 2
    assert json.dumps(message.to_dict()) == '{"id": "true_1@c.us_A", "ack": 2}'
    assert "ack=<Ack.DEVICE: 2>" in repr(message)


@pytest.mark.parametrize(("came", "ack"), [("READ", Ack.READ), ("3", Ack.READ), (7, 7), (-1, Ack.ERROR), (None, None)])
def test_acks_as_they_come(came: Any, ack: Any) -> None:
    """By word or number; one that is new is kept as it came."""
    message = decode({"id": "true_1@c.us_A", "ack": came}, ChatMessage)
    assert (message.ack, message.unread) == (ack, ())
    assert type(message.ack) is type(ack)
