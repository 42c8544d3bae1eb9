"""WhatsApp's ban signals: heard where the service words them, and never out of a message's own text."""

from __future__ import annotations

import html
import json
from operator import methodcaller
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.clients import NUMBER, result_or_error
from tests.raw import answer, serving
from wasend import Message
from wasend._core.answer import error_fields
from wasend._core.call import Call
from wasend._core.echo import own_words
from wasend.api.service import ERROR_RULES
from wasend.errors import AccountRestrictedError, UnknownServerError

TEXT = 'Your boiler shows "error 463" \N{EM DASH} turn it off & call us, or reply rate-overlimit'
RAW = "server returned error 463"
PAGE = "<html><body><h1>500</h1><p>{}</p></body></html>"
UNTRUE: dict[str, Any] = {
    "echoed": {"message": f"cannot send {TEXT}"},
    "as JSON": {"message": f"cannot send {json.dumps({'text': TEXT})}"},
    "as JSON, twice": {"error": json.dumps(json.dumps(TEXT))},
    "as a program writes it": {"exception": {"message": f"could not send {TEXT!r}"}},
    "as HTML": {"message": html.escape(TEXT)},
    "as a URL": {"detail": f"/send?text={quote(TEXT)}"},
    "as a form": {"detail": f"text={quote_plus(TEXT)}"},
    "cut off": {"message": f"cannot send '{TEXT[:29]}'"},
    "cut off with an ellipsis": {"message": f"cannot send {TEXT[:28]}…"},
    "cut off at both ends": {"message": 'cannot send …shows "error 463" \N{EM DASH} tu... (truncated)'},
    "cut off at its beginning, and words after it": {"message": f"cannot send …{TEXT[12:40]} (too long)"},
    "in a list": {"message": ["cannot send", TEXT]},
    "in capitals": {"message": TEXT.upper()},
    "in the request that is repeated": {"message": "no", "request": {"body": {"text": TEXT}}},
    "in the stack": {"exception": {"message": "no", "stack": RAW}},
    "in a page": PAGE.format(RAW),
    "in a text": RAW,
    "in a list that is no error": [RAW],
    "of another number": {"message": "server returned error 4631"},
}
TRUE: dict[str, Any] = {
    "in its own words": {"message": RAW},
    "as the error": {"error": "info query returned status 429: rate-overlimit"},
    "within the error": {"error": {"message": RAW}},
    "beside a phrase": {"message": "Internal server error", "error": RAW},
    "of the exception": {"statusCode": 500, "exception": {"name": "Error", "message": RAW}},
    "in a list": {"message": ["no", RAW]},
    "beside the echo": {"message": f"cannot send {json.dumps(TEXT)}: {RAW}"},
    "after a cut-off echo": {"message": f"cannot send '{TEXT[:20]}…': {RAW}"},
}


def send(body: Any, status: int = 500, text: str = TEXT, **fields: Any) -> Any:
    do = methodcaller("send_text", session="ses_1", to=NUMBER, text=text, **fields)
    with serving(answer(status, body)) as server:
        return result_or_error("async", server.url, do)


@pytest.mark.parametrize("case", UNTRUE)
def test_no_signal(case: str) -> None:
    """A 500 that only repeats the message, or is a page, says nothing of a ban: what became of the send is unknown."""
    assert type(send(UNTRUE[case])) is UnknownServerError


@pytest.mark.parametrize("case", TRUE)
def test_signal(case: str) -> None:
    """What the service says in an error field, in words of its own, is a signal, whatever the message is about."""
    error = send(TRUE[case])
    assert (type(error), error.outcome) == (AccountRestrictedError, "not_sent")


@pytest.mark.parametrize("status", [502, 503, 504, 520])
def test_other_statuses(status: int) -> None:
    """A proxy's status is no word of WhatsApp's."""
    assert type(send({"message": RAW}, status)) is UnknownServerError


@pytest.mark.parametrize("text", ["463", "error 463", "463 reasons to love bread", "Error", "4"])
def test_short_texts(text: str) -> None:
    """Where the service's words and the message's meet, nothing is made of the two; a digit alone hides nothing."""
    assert type(send({"message": f"Error: {text}"}, text=text)) is UnknownServerError
    restricted = type(send({"message": RAW}, text=text)) is AccountRestrictedError
    assert restricted == (text == "4")


def test_every_field_of_the_request() -> None:
    """The texts of every field count, however deep, and those of the path and the query."""
    call = Call(
        "POST",
        "/{session}/x",
        Message,
        path_params={"session": "error 463 a"},
        params={"q": ["error 463 b"]},
        body={"preview": {"title": "error 463 c"}, "number": 463, "data": "x" * 100_000, "flag": True},
    )
    said = "error 463 a, error 463 b; error 463 c; error 463; it is True"
    assert "463" not in own_words(said, call)
    assert "it is true" in own_words(said, call)


def test_depth() -> None:
    """Objects within each other are looked into for so long, and no longer."""
    document: Any = {"error": RAW}
    assert list(error_fields({"error": {"error": document}})) == [RAW]
    for _ in range(5000):
        document = {"error": document}
    assert list(error_fields(document)) == []


SPELLINGS = [
    str,
    repr,
    json.dumps,
    html.escape,
    quote,
    quote_plus,
    str.upper,
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: html.escape(json.dumps(text)),
    lambda text: quote(json.dumps(text)),
]


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["error 463", "error: 475", "rate-overlimit"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(SPELLINGS),
    st.integers(12, 80),
)
@example("a \\u00", "error 463", "", str, 80)
def test_whatever_is_echoed(before: str, signal: str, after: str, spell: Any, length: int) -> None:
    """However a message is spelt and wherever it is cut off, its own signal is not taken for WhatsApp's."""
    text = f"{before} {signal} {after}"
    call = Call("POST", "/sendText", Message, body={"text": text})
    document = {"message": f"could not send: {spell(text)[:length]}"}
    assert ERROR_RULES.special(500, document["message"], document, call) is None
