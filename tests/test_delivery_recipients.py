"""Recipients: what is read, what it is, and under which other forms WhatsApp may know it."""

from __future__ import annotations

import pickle
import string
import sys
from typing import Any

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wasend import InvalidRequestError
from wasend.recipients import Recipient, chat_id, jid

# given: id, kind, number, what a send takes
READ = {
    "+447700900123": ("447700900123@c.us", "person", "+447700900123", "+447700900123"),
    "447700900123": ("447700900123@c.us", "person", "+447700900123", "+447700900123"),
    "0044 7700 900123": ("447700900123@c.us", "person", "+447700900123", "+447700900123"),
    "+1 (415) 555-2671": ("14155552671@c.us", "person", "+14155552671", "+14155552671"),
    "447700900123@c.us": ("447700900123@c.us", "person", "+447700900123", "+447700900123"),
    "447700900123@s.whatsapp.net": ("447700900123@c.us", "person", "+447700900123", "+447700900123"),
    "447700900123:12@s.whatsapp.net": ("447700900123@c.us", "person", "+447700900123", "+447700900123"),
    "12345@c.us": ("12345@c.us", "person", None, "12345@c.us"),
    "0447700900123@c.us": ("0447700900123@c.us", "person", None, "0447700900123@c.us"),
    "447700900123@hosted": ("447700900123@hosted", "person", "+447700900123", "447700900123@hosted"),
    "120363041234567890@g.us": ("120363041234567890@g.us", "group", None, "120363041234567890@g.us"),
    "447700900123-1623456789@g.us": ("447700900123-1623456789@g.us", "group", None, "447700900123-1623456789@g.us"),
    "12345678901234:3@lid": ("12345678901234@lid", "lid", None, "12345678901234@lid"),
    "12345678901234@hosted.lid": ("12345678901234@hosted.lid", "lid", None, "12345678901234@hosted.lid"),
    "987654321@newsletter": ("987654321@newsletter", "newsletter", None, "987654321@newsletter"),
    "status@broadcast": ("status@broadcast", "broadcast", None, "status@broadcast"),
    "13135550002@bot": ("13135550002@bot", "bot", None, "13135550002@bot"),
}

PAIRS = {
    "Brazil, São Paulo": ("+5511988887777", "+551188887777"),
    "Brazil, Rio Grande do Sul": ("+5551999998888", "+555199998888"),
    "Brazil, the lowest mobile": ("+5531960001111", "+553160001111"),
    "Brazil, another": ("+5531988887777", "+553188887777"),
    "Mexico": ("+5215512345678", "+525512345678"),
    "Mexico, Monterrey": ("+5218112345678", "+528112345678"),
    "Argentina, Buenos Aires": ("+5491123456789", "+541123456789"),
    "Argentina, Córdoba": ("+5493514567890", "+543514567890"),
    "Argentina, Bariloche": ("+5492944123456", "+542944123456"),
}
ALONE = [
    "+551132345678",  # Brazil: eight digits that begin with 2 to 5 are a fixed line
    "+552155554444",
    "+5511932345678",  # … and so nine digits without their nine would be somebody else's
    "+5501988887777",  # Brazil has no area 01, 10 or 20
    "+5510988887777",
    "+55119888877771",  # too long, too short
    "+55118888777",
    "+5211234567890",  # Mexico: no area begins with 0 or 1; this is 52 and ten digits
    "+52151234567890",
    "+52551234567",
    "+5490123456789",  # Argentina: areas begin with 11, 2 or 3
    "+541923456789",
    "+54111512345678",
    "+5411234567",
    "+447700900123",
    "+14155552671",
    "+56912345678",
    "5531988887777@hosted",
    "5531988887777@g.us",
    "5531988887777@lid",
    "status@broadcast",
]

# national or not, the region, the number
REGIONAL = [
    ("9991234567", "US", "+19991234567"),  # unknown to the library in either reading: the national one is taken
    ("07700 900123", "GB", "+447700900123"),
    ("7700900123", "gb", "+447700900123"),
    ("020 7946 0018", "GB", "+442079460018"),
    ("(415) 555-2671", "US", "+14155552671"),
    ("06 1234 5678", "IT", "+390612345678"),
    ("030 1234567", "DE", "+49301234567"),
    ("8 912 345-67-89", "RU", "+79123456789"),
    ("011 15 1234-5678", "AR", "+5491112345678"),
    ("011 44 7700 900123", "US", "+447700900123"),
    ("0 31 98888-7777", "BR", "+5531988887777"),
    ("31 8888-7777", "BR", "+553188887777"),  # the old form: no number of the Netherlands
    ("55 1234 5678", "MX", "+525512345678"),
    ("1 55 1234 5678", "MX", "+5215512345678"),
    ("4791234567", "JP", "+4791234567"),  # as long as a number of Japan, but none; it is one of Norway
]
INTERNATIONAL = [
    "+553188887777",
    "+5215512345678",
    "+447700900123",
    "+999123456789",
    "00553188887777",
    "005215512345678",
    "\uff0b553188887777",
    "553188887777",
    "5215512345678",
    "447700900123",
    "999123456789",
]
TEXTS = (
    st.text(st.characters())
    | st.text(string.digits + "+-@: .cuslidnewhatpgr", max_size=30)
    | st.text(string.digits + "+() -.", max_size=20)
    | st.builds(
        "{}{}@{}".format,
        st.text(string.digits + "-", max_size=26),
        st.sampled_from(["", ":1", ".0:12"]),
        st.sampled_from(["c.us", "s.whatsapp.net", "g.us", "lid", "newsletter", "hosted", "bot", "C.US", "x"]),
    )
    | st.builds("{}{}".format, st.sampled_from(["+55", "+521", "+52", "+549", "+54"]), st.integers(0, 10**11))
)
ANYTHING = (
    TEXTS | st.binary() | st.none() | st.integers() | st.floats() | st.booleans() | st.lists(st.text(), max_size=2)
)
REGIONS = st.none() | st.sampled_from(["GB", "US", "BR", "mx", "DE", "IT", "AR", "UK", "", "44"]) | st.text(max_size=3)


@pytest.mark.parametrize(("value", "facts"), READ.items())
def test_what_it_is(value: str, facts: tuple[Any, ...]) -> None:
    """Every spelling of a number or an id is read, says what it is, its number, and what a send takes."""
    found = Recipient.parse(value)
    assert (found.id, found.kind, found.number, found.to) == facts
    assert found.digits == (None if found.number is None else found.number[1:])


def test_same_recipient() -> None:
    """However it was spelt, made or copied, one recipient equals itself; another does not."""
    spelt = ["+447700900123", "0044 7700 900123", "447700900123@s.whatsapp.net"]
    assert len({*map(Recipient.parse, spelt), *map(Recipient, spelt)}) == 1
    found = Recipient.parse("+447700900123")
    assert Recipient.parse(found) is found
    assert pickle.loads(pickle.dumps(found)) == found
    assert found != Recipient.parse("447700900123@lid")


def test_made_from_anything_else() -> None:
    """A recipient cannot be made, either way, from what is none; the error names the argument that it was given as."""
    for make in (Recipient, Recipient.parse):
        with pytest.raises(InvalidRequestError, match="does not say its country") as caught:
            make("07700900123")
        assert caught.value.field == "to"
    with pytest.raises(InvalidRequestError) as caught:
        Recipient.parse("07700900123", field="recipients[2]")
    assert caught.value.field == "recipients[2]"


def test_calls_take_recipients() -> None:
    """Whatever takes a number or an id takes a recipient."""
    person, group = Recipient.parse("447700900123@c.us"), Recipient.parse("120363041234567890@g.us")
    assert [chat_id(person), chat_id(group)] == ["+447700900123", "120363041234567890@g.us"]
    assert [jid(person, "to"), jid(group, "to")] == ["447700900123@c.us", "120363041234567890@g.us"]


def test_printing_masks() -> None:
    """A recipient that is printed shows the two ends of its number at most."""
    person = Recipient.parse("+447700900123")
    assert (str(person), f"{person}", repr(person)) == ("+44…0123", "+44…0123", "<Recipient +44…0123>")
    assert repr(Recipient.parse("120363041234567890@g.us")) == "<Recipient 120…7890@g.us>"


# ------------------------------------------------------------------------------------------------------------ candidates


@pytest.mark.parametrize(("longer", "shorter"), PAIRS.values(), ids=PAIRS)
def test_pairs(longer: str, shorter: str) -> None:
    """Either form of such a number has the other as its second candidate; the one given comes first."""
    for first, second in ((longer, shorter), (shorter, longer)):
        candidates = Recipient.parse(first).candidates
        assert [candidate.number for candidate in candidates] == [first, second]
        assert candidates[0] == Recipient.parse(first)


@pytest.mark.parametrize("value", ALONE)
def test_no_pair(value: str) -> None:
    """Fixed lines that can be told, other countries, and ids without a number have one form."""
    found = Recipient.parse(value)
    assert found.candidates == (found,)


# --------------------------------------------------------------------------------------------------------------- regions


@pytest.mark.parametrize(("value", "region", "number"), REGIONAL)
def test_regions(value: str, region: str, number: str) -> None:
    """A national number takes the region that the caller names, by that region's rules."""
    assert Recipient.parse(value, region=region).number == number


@pytest.mark.parametrize("region", ["GB", "US", "BR", "MX"])
@pytest.mark.parametrize("value", INTERNATIONAL)
def test_regions_leave_international_numbers_alone(value: str, region: str) -> None:
    """A number that says its country is read as if no region were named, though the library may call it invalid."""
    assert Recipient.parse(value, region=region) == Recipient.parse(value)


def test_the_library_would_refuse() -> None:
    """The two numbers that WhatsApp registers are, to the library, still none: else the care for them can go."""
    for number in ("+553188887777", "+5215512345678"):
        assert not phonenumbers.is_valid_number(phonenumbers.parse(number))


@pytest.mark.parametrize("region", ["UK", "44", "", "GBR", 44, b"GB"])
def test_no_region(region: Any) -> None:
    """What is no region is refused where one is needed, and of no interest where the number says its country."""
    with pytest.raises(InvalidRequestError, match="is not a region") as caught:
        Recipient.parse("07700 900123", region=region)
    assert caught.value.field == "region"
    assert Recipient.parse("+447700900123", region=region).number == "+447700900123"
    assert Recipient.parse("120363041234567890@g.us", region=region).kind == "group"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("123", "is not a phone number of GB"),
        ("0", "is not a phone number of GB"),
        ("077009001234567890", "is not a phone number of GB"),
        ("", "is empty"),
        ("0800 FLOWERS", "is not a phone number"),
        ("07700 900123 x5", "is not a phone number"),
        ("07700900123.0", "ends in .0"),
        ("447700900123.0", "ends in .0"),
        (7700900123, "expected text, got int"),
        (None, "expected text, got NoneType"),
    ],
)
def test_no_regional_number(value: Any, problem: str) -> None:
    """What cannot be a number of the region, and says no other country, is refused, its digits masked."""
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        Recipient.parse(value, region="GB")
    assert caught.value.field == "to"
    assert "077009001234567890" not in str(caught.value)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is missing, only numbers that do not say their country need it, and the error says how to get it."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    for value in ("+553188887777", "0044 7700 900123", "447700900123@c.us"):
        assert Recipient.parse(value, region="GB") == Recipient.parse(value)
    for value in ("07700 900123", "447700900456"):
        with pytest.raises(InvalidRequestError, match="pip install phonenumberslite") as caught:
            Recipient.parse(value, region="GB")
        assert caught.value.field == "to"
        assert value not in str(caught.value)


# -------------------------------------------------------------------------------------------------------------- anything


@settings(deadline=None, max_examples=400)
@given(ANYTHING, REGIONS)
@example("+999123456789", "GB")
@example("12345678", "GB")
@example("011044", "US")
@example("9" * 18, "DE")
@example("\ud800", "GB")
def test_anything(value: Any, region: str | None) -> None:
    """Anything at all is a recipient or refused, and a recipient is the same when it is read again, in any region."""
    try:
        found = Recipient.parse(value, region=region)
    except InvalidRequestError as error:
        assert error.field in ("to", "region")
        assert error.remedy
        return
    for again in (found, found.id, found.to):
        assert Recipient.parse(again) == Recipient.parse(again, region=region) == found
    if found.to == found.number:
        assert Recipient.parse(f"00{found.digits}", region=region) == found
    assert found.candidates[0] == found
    assert len(set(found.candidates)) == len(found.candidates) <= 2
    assert all({*candidate.candidates} == {*found.candidates} for candidate in found.candidates)
    assert found.number is None or found.number not in repr(found) + str(found)


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from(["GB", "US", "BR", "MX", "AR", "DE", "IT"]))
@example("12345678901234", "DE")
def test_regions_never_refuse(value: str, region: str) -> None:
    """Whatever is a recipient without a region is one with it."""
    try:
        plain = Recipient.parse(value)
    except InvalidRequestError:
        return
    found = Recipient.parse(value, region=region)
    assert found == plain or (found.kind == plain.kind == "person" and "+" not in value and "@" not in value)
