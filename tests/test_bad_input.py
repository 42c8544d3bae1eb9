"""What is refused before anything is sent: each refusal names the field, the problem and the remedy, and makes no request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import respx

from tests.calls import FACES, PNG, ROWS, ask
from wasend import InvalidRequestError, Session, WasendError

CHAT: Mapping[str, Any] = {"session": "ses_1", "to": "+447700900456"}
TEXT: Mapping[str, Any] = {**CHAT, "text": "t"}
NEW: Mapping[str, Any] = {"session_name": "n", "phone_number": "+447700900123"}
PREVIEW: Mapping[str, Any] = {**TEXT, "preview": {"title": "T"}}
NAN = float("nan")

BAD: list[tuple[str, str, Mapping[str, Any], str, str]] = [
    # the call, its fields, the field at fault, words of the refusal
    ("no-country", "send_text", {**TEXT, "to": "07700900456"}, "to", "international form"),
    (
        "no-country-session",
        "create_session",
        {**NEW, "phone_number": "07700 900123"},
        "phone_number",
        "international form",
    ),
    ("number-as-int", "send_text", {**TEXT, "to": 447700900456}, "to", "in quotes"),
    (
        "number-as-id",
        "create_session",
        {**NEW, "phone_number": "447700900123@c.us"},
        "phone_number",
        "international form",
    ),
    ("no-id", "send_image", {**CHAT, "to": "me@example.org", "data": PNG}, "to", "@c.us"),
    (
        "no-webhook-url",
        "create_session",
        {**NEW, "enable_webhook": True},
        "webhook_url",
        "is missing, but enable_webhook is true",
    ),
    (
        "no-webhook-url-1",
        "create_session",
        {**NEW, "enable_webhook": 1, "webhook_url": ""},
        "webhook_url",
        "is missing",
    ),
    ("webhook-path", "create_session", {**NEW, "webhook_url": "/hook"}, "webhook_url", "is not an http or https URL"),
    (
        "webhook-ftp",
        "create_session",
        {**NEW, "enable_webhook": False, "webhook_url": "ftp://e.org"},
        "webhook_url",
        "is not an http",
    ),
    ("webhook-object", "create_session", {**NEW, "webhook_url": 5}, "webhook_url", "is not an http"),
    ("no-media", "send_image", CHAT, "data", "exactly one of url and data"),
    ("no-media-video", "send_video", {**CHAT, "caption": "c"}, "data", "exactly one of url and data"),
    (
        "both-media",
        "send_voice",
        {**CHAT, "url": "https://e.org/a.ogg", "data": PNG},
        "url",
        "exactly one of url and data",
    ),
    ("path-as-text", "send_file", {**CHAT, "data": "report.pdf"}, "data", "pathlib.Path"),
    ("no-file-name", "send_file", {**CHAT, "data": PNG}, "file_name", "report.pdf"),
    ("no-file-name-in-url", "send_file", {**CHAT, "url": "https://e.org"}, "file_name", "report.pdf"),
    ("no-preview-title", "send_link_custom_preview", {**TEXT, "preview": {}}, "preview.title", "is missing"),
    (
        "empty-preview-title",
        "send_link_custom_preview",
        {**TEXT, "preview": {"title": ""}},
        "preview.title",
        "is missing",
    ),
    (
        "preview-typo",
        "send_link_custom_preview",
        {**TEXT, "preview": {"title": "T", "thumbnail": "u"}},
        "preview.thumbnail",
        "thumbnailUrl",
    ),
    ("preview-text", "send_link_custom_preview", {**TEXT, "preview": "T"}, "preview", "LinkPreview"),
    ("preview-text-in-send", "send", {**TEXT, "preview": object()}, "preview", "expected a mapping, got object"),
    ("nothing-to-send", "send", {**CHAT, "mimetype": "m"}, "text", "pass text or one of the media URLs"),
    ("nothing-to-send-humanly", "send_message", CHAT, "text", "pass text or one of the media URLs"),
    ("empty-session", "send_text", {**TEXT, "session": ""}, "session", "uniqueSessionId"),
    ("blank-session", "send_text", {**TEXT, "session": " "}, "session", "uniqueSessionId"),
    (
        "session-without-id",
        "send_text",
        {**TEXT, "session": Session(session_name="n")},
        "session",
        "has no uniqueSessionId",
    ),
    ("session-of-another-kind", "start_typing", {**CHAT, "session": {"id": "s"}}, "session", "uniqueSessionId"),
    ("empty-message-id", "send_seen", {**CHAT, "message_id": ""}, "message_id", "as the service gave it"),
    (
        "message-id-of-another-kind",
        "send_reaction",
        {"session": "s", "message_id": 5, "reaction": ""},
        "message_id",
        "as the service gave it",
    ),
    ("nan", "send_voice", {**CHAT, "data": PNG, "duration": NAN}, "duration", "cannot be written as JSON"),
    ("bytes", "send_text", {**TEXT, "text": b"t"}, "text", "expected text, got bytes"),
    (
        "object",
        "create_session",
        {**NEW, "session_name": object()},
        "sessionName",
        "type object cannot be written as JSON",
    ),
    ("set", "send_text", {**TEXT, "text": {"t"}}, "text", "expected text, got set"),
    ("number-as-text", "send_text", {**TEXT, "text": 123}, "text", "expected text, got int"),
    ("number-as-caption", "send_image", {**CHAT, "data": PNG, "caption": 5}, "caption", "expected text, got int"),
    ("no-text", "send_text", {**TEXT, "text": None}, "text", "is missing"),
    ("number-as-reply", "send_voice", {**CHAT, "data": PNG, "reply_to": 5}, "reply_to", "expected text, got int"),
    ("text-as-duration", "send_voice", {**CHAT, "data": PNG, "duration": "9"}, "duration", "expected seconds, got str"),
    ("number-as-name", "send_file", {**CHAT, "data": PNG, "file_name": 5}, "file_name", "expected text, got int"),
    ("number-as-type", "send_file", {**CHAT, "url": "https://e.org/a", "mime_type": 5}, "mime_type", "got int"),
    ("number-as-url", "send", {**CHAT, "image_url": 5}, "image_url", "expected text, got int"),
    ("number-as-text-humanly", "send_message", {**CHAT, "text": 5}, "text", "expected text, got int"),
    ("number-as-reaction", "send_reaction", {"session": "s", "message_id": "m", "reaction": 5}, "reaction", "got int"),
    ("path-as-base64", "send_image", {**CHAT, "data": "/tmp/pictures/a"}, "data", "is a path"),
    (
        "word-as-flag",
        "get_contact_profile_picture",
        {"session": "s", "contact_id": "447700900456", "refresh": "no"},
        "refresh",
        "True",
    ),
    ("nested-nan", "send", {**TEXT, "preview": {"a": [NAN]}}, "preview", "cannot be written as JSON"),
    ("half-a-character", "send_text", {**TEXT, "text": "a\ud83d"}, "text", "an unpaired surrogate"),
    ("half-a-character-id", "send_text", {**TEXT, "session": "\udc00"}, "session", "an unpaired surrogate"),
    *(
        (
            "missing-" + field,
            row.call,
            {name: value for name, value in row.given.items() if name != field},
            field,
            f"{row.call} needs it",
        )
        for row in ROWS
        if not row.tag
        for field in row.given
        if field in ("session", "to", "text", "session_name", "phone_number", "message_id", "reaction", "preview")
        and row.call != "send"
    ),
    ("none-is-missing", "send_text", {**TEXT, "text": None}, "text", "send_text needs it"),
    ("typo", "send_text", {**TEXT, "reply_too": "m"}, "reply_too", "did you mean 'reply_to'?"),
    ("typo-far", "send_text", {**TEXT, "colour": "red"}, "colour", "known are session, to, text, reply_to"),
    ("typo-of-needed", "create_session", {"session_nam": "n", **NEW}, "session_nam", "did you mean 'session_name'?"),
    (
        "other-calls-field",
        "send_voice",
        {**CHAT, "data": PNG, "caption": "c"},
        "caption",
        "send_voice has no such field",
    ),
]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("form", ["keywords", "mapping"])
@pytest.mark.parametrize(("call", "given", "field", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
@respx.mock
def test_refused(call: str, given: Mapping[str, Any], field: str, words: str, form: str, face: str) -> None:
    """Each is refused by name with what to do instead, in both forms of the call, and nothing is sent."""
    with pytest.raises(InvalidRequestError) as caught:
        ask(face, call, **given) if form == "keywords" else ask(face, call, given)
    error = caught.value
    assert isinstance(error, ValueError)
    assert (error.field, error.outcome) == (field, "not_sent")
    assert words in str(error)
    assert str(error) == f"{error.field}: {error.problem}; {error.remedy}"
    assert error.remedy
    assert not respx.calls


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({**TEXT, "textt": "x"}, "textt"),
        ({**TEXT, "phone": "x"}, "phone"),
        ({"sessionName": "n"}, "sessionName"),
        ({5: "x"}, "5"),
        ({**TEXT, "self": 1}, "self"),
        ({"session": "s", "to": "+447700900456"}, "text"),
        ({}, "session"),
        ("hello", "send_text"),
        (None, "send_text"),
        ([("to", "x")], "send_text"),
    ],
)
@respx.mock
def test_mapping_refused(request_: Any, field: str) -> None:
    """A mapping is checked like keywords; what is no mapping is refused with the fields that are known."""
    with pytest.raises(InvalidRequestError) as caught:
        ask("async", "send_text", request_)
    assert caught.value.field == field
    assert not respx.calls


@respx.mock
def test_mapping_and_keywords() -> None:
    """A keyword beside a mapping wins; the mapping itself stays as it is."""
    respx.route().respond(200, json={"id": "true_1@c.us_3EB0"})
    given = {"session": "s", "to": "+447700900456", "text": "a", "replyTo": None}
    before = dict(given)
    ask("async", "send_text", given, text="b")
    assert respx.calls.last.request.content == b'{"session":"s","to":"+447700900456","text":"b"}'
    assert given == before


@pytest.mark.parametrize(
    ("call", "args"),
    [
        ("send_text", ("ses_1", "+447700900456", "hi")),
        ("send_text", ("ses_1", "hi", {"to": "+447700900456", "text": "hi"})),
        ("retrieve_session_info", ()),
        ("retrieve_all_sessions", ("x",)),
        ("get_message", ("a", "b")),
    ],
)
@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_wrong_number_of_arguments(call: str, args: tuple[Any, ...], face: str) -> None:
    """Positional arguments that a call does not take are an error, and nothing is sent."""
    with pytest.raises((TypeError, WasendError)):
        ask(face, call, *args)
    assert not respx.calls


@respx.mock
def test_refusal_does_not_show_what_was_to_be_sent() -> None:
    """A refusal repeats neither the text of a message nor a whole number."""
    for given in ({**TEXT, "text": "secret\ud83d"}, {**TEXT, "text": b"secret"}, {**TEXT, "to": "0770secret900456"}):
        with pytest.raises(InvalidRequestError) as caught:
            ask("async", "send_text", given)
        assert "secret" not in str(caught.value)
    assert not respx.calls
