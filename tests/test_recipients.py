"""Phone numbers and WhatsApp ids: what is accepted, what it becomes, and what is refused."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wasend import InvalidRequestError, format_phone_number, is_valid_phone_number
from wasend.recipients import chat_id, e164, masked

NUMBERS = {
    "+447700900123": "+447700900123",
    "447700900123": "+447700900123",
    "00447700900123": "+447700900123",
    "29012345": "+29012345",
    "0044 7700 900 123": "+447700900123",
    " +44 7700-900.123\n": "+447700900123",
    "+1 (415) 555-2671": "+14155552671",
    "+49/30/1234567": "+49301234567",
    "(+44) 7700 900123": "+447700900123",
    "\u202a+44\u00a07700\u2011900123\u202c": "+447700900123",
    "\uff0b447700900123": "+447700900123",
    "+2901234": "+2901234",
    "+33.6.12.34.56.00": "+33612345600",
    "+123456789012345": "+123456789012345",
    "+44 (0)7700 900456": "+447700900456",
    "0044 (0) 7700-900456": "+447700900456",
    "(+44)(0)7700 900456": "+447700900456",
    "+(44) (0)7700 900456": "+447700900456",
    "44 (0)7700 900456": "+447700900456",
    "+44 (020) 7946 0018": "+442079460018",
    "+44 (0)(20) 7946 0018": "+442079460018",
    "+39 (06) 12345678": "+390612345678",
    "+44\uff080\uff097700 900456": "+447700900456",
    "+39 (0)6 12345678": "+390612345678",
    "+1 (415) 555-2671 ": "+14155552671",
    "+553188887777": "+553188887777",
    "+5215512345678": "+5215512345678",
    "+5491123456789": "+5491123456789",
}
NO_NUMBERS = {
    "": "is empty",
    "  \n": "is empty",
    "+": "is empty",
    "00": "is empty",
    "07700900123": "does not say its country",
    "+07700900123": "does not say its country",
    "000447700900123": "does not say its country",
    "5552671": "does not say its country",
    "+12": "has 2 digits",
    "+123456": "has 6 digits",
    "+1234567890123456": "has 16 digits",
    "447700900123x5": "is not a phone number",
    "+44+7700900123": "is not a phone number",
    "++447700900123": "is not a phone number",
    "hello": "is not a phone number",
    "٤٤٧٧٠٠٩٠٠١٢٣": "is not a phone number",
    "+44\ud8007700900123": "is not a phone number",
    "+44,7700900123": "is not a phone number",
    "447700900123.0": "ends in .0",
    "+447700900123.0": "ends in .0",
    "+44 7700 900123.0": "ends in .0",
    " 447700900123.0 \t": "ends in .0",
    "447700900123.00": "ends in .0",
}
IDS = {
    "447700900123@c.us": "447700900123@c.us",
    " 447700900123@C.US ": "447700900123@c.us",
    "+447700900123@c.us": "447700900123@c.us",
    "447700900123@s.whatsapp.net": "447700900123@c.us",
    "447700900123:12@s.whatsapp.net": "447700900123@c.us",
    "447700900123.0:12@c.us": "447700900123@c.us",
    "120363041234567890@g.us": "120363041234567890@g.us",
    "447700900123-1623456789@g.us": "447700900123-1623456789@g.us",
    "12345678901234@lid": "12345678901234@lid",
    "120363041234567890@newsletter": "120363041234567890@newsletter",
    "status@broadcast": "status@broadcast",
}
NO_IDS = [
    "@c.us",
    "hello@c.us",
    "447700900123@example.org",
    "447700900123@",
    "447700900123@c.us@g.us",
    "44 7700@c.us",
    "../x@g.us",
    "٤٤٧٧٠٠٩٠٠@c.us",
    "447700900123:12\n@c.us",
    "1-2@g.us",
    "1234@c.us",
    "123456789012345678901@c.us",
    "a\ud800@c.us",
]
ANYTHING = st.text(st.characters()) | st.text(string.digits + "+-@: .cusg", max_size=25)
NUMBERLIKE = st.text(string.digits + "+() -.", max_size=20)


@pytest.mark.parametrize(("given", "number"), NUMBERS.items())
def test_numbers(given: str, number: str) -> None:
    """An international number in any usual spelling becomes ``+`` and digits, for every call and the helpers alike."""
    assert e164(given) == chat_id(given) == format_phone_number(given) == number
    assert is_valid_phone_number(given)


@pytest.mark.parametrize(("given", "problem"), NO_NUMBERS.items())
def test_no_numbers(given: str, problem: str) -> None:
    """What is no international number is refused with the field, the problem and the remedy, its digits masked."""
    assert not is_valid_phone_number(given)
    for read, field in ((e164, "phone_number"), (chat_id, "to"), (format_phone_number, "phone_number")):
        with pytest.raises(InvalidRequestError, match=problem) as caught:
            read(given)
        assert caught.value.field == field
        assert "international form" in caught.value.remedy
        assert len(given.strip()) <= 6 or given.strip() not in str(caught.value)


@pytest.mark.parametrize("given", [None, 447700900123, b"447700900123", ["+447700900123"], True])
def test_no_text(given: Any) -> None:
    """A number that is not text is refused: as a number it has lost its plus and its zeros."""
    assert not is_valid_phone_number(given)
    for read in (e164, chat_id, format_phone_number, lambda value: format_phone_number(value, "44")):
        with pytest.raises(InvalidRequestError, match="expected text, got"):
            read(given)


@pytest.mark.parametrize(("given", "chat"), IDS.items())
def test_ids(given: str, chat: str) -> None:
    """WhatsApp's ids are taken as they are, but for their device part and the spelling of their server."""
    assert chat_id(given) == chat


@pytest.mark.parametrize("given", NO_IDS)
def test_no_ids(given: str) -> None:
    """What only looks like an id is refused."""
    with pytest.raises(InvalidRequestError, match="is not a WhatsApp id") as caught:
        chat_id(given)
    assert caught.value.field == "to"


@pytest.mark.parametrize(
    ("given", "code", "number"),
    [
        ("07700 900123", "44", "+447700900123"),
        ("7700 900123", "+44", "+447700900123"),
        ("(0)7700-900123", " 44 ", "+447700900123"),
        ("06 12345678", "39", "+390612345678"),
        ("011 1234567", "39", "+390111234567"),
        ("415 555 2671", "1", "+14155552671"),
        ("+919876543210", "44", "+919876543210"),
        ("00919876543210", "44", "+919876543210"),
        ("(+91) 98765 43210", "44", "+919876543210"),
    ],
)
def test_national_numbers(given: str, code: str, number: str) -> None:
    """A national number takes the country that the caller names; one that names its own keeps it."""
    assert format_phone_number(given, code) == number


@pytest.mark.parametrize(
    ("given", "code", "field", "problem"),
    [
        ("919876543210", "91", "phone_number", "begins with the country code 91 already"),
        ("07700 900123 x5", "44", "phone_number", "is not a phone number"),
        ("call 07700 900123", "44", "phone_number", "is not a phone number"),
        ("12345678901234", "44", "phone_number", "has 16 digits"),
        ("0", "44", "phone_number", "has 2 digits"),
        ("07700900123.0", "44", "phone_number", "ends in .0"),
        ("", "44", "phone_number", "is empty"),
        ("7700900123", "GB", "country_code", "is not a country code"),
        ("7700900123", "", "country_code", "is not a country code"),
        ("7700900123", "0", "country_code", "is not a country code"),
        ("7700900123", "12345", "country_code", "is not a country code"),
        ("7700900123", 44, "country_code", "is not a country code"),
    ],
)
def test_no_national_numbers(given: str, code: Any, field: str, problem: str) -> None:
    """Where the country cannot be told, or the rest is no number, nothing is guessed."""
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        format_phone_number(given, code)
    assert caught.value.field == field


@settings(deadline=None)
@given(ANYTHING)
def test_any_recipient(text: str) -> None:
    """Any text is a recipient or refused; a recipient read again is the same, and holds nothing that needs escaping."""
    try:
        chat = chat_id(text)
    except InvalidRequestError as error:
        assert error.field == "to"
        assert error.remedy
        return
    assert chat_id(chat) == chat
    assert set(chat) <= set(string.ascii_letters + string.digits + "+@.-")


@settings(deadline=None)
@given(
    NUMBERLIKE | st.text(st.characters()), st.none() | st.sampled_from(["44", "+1", "39", "7"]) | st.text(max_size=4)
)
@example("12345678901234", "44")
def test_any_number(text: str, code: str | None) -> None:
    """Any text is a number or refused; a number keeps every digit but a leading 0, and gains only the country named."""
    try:
        number = format_phone_number(text, code)
    except InvalidRequestError as error:
        assert error.field in ("phone_number", "country_code")
        return
    digits = "".join(char for char in text if char in string.digits)
    country = "" if code is None else code.strip().removeprefix("+")
    assert number.removeprefix("+") in {
        start + rest for start in {"", country} for rest in {digits, digits.lstrip("0")}
    }
    assert e164(number) == format_phone_number(number, code) == number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+447700900123", "+44…0123"),
        ("447700900123@c.us", "447…0123@c.us"),
        ("12345678", "123…78"),
        ("12345", "'12345'"),
        ("1234567", "123…67"),
        ("123456789", "123…89"),
        ("1234567890", "123…7890"),
        ("123@lid", "…@lid"),
    ],
)
def test_masked(value: str, shown: str) -> None:
    """Logs and errors show the two ends of a number at most."""
    assert masked(value) == shown
