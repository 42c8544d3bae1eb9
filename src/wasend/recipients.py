"""Phone numbers and WhatsApp ids. No country is ever guessed: a number that does not say its own is refused."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from typing import Any, Final, Literal, TypeAlias

import attrs

from ._core.model import Model, id_of, model
from .errors import InvalidRequestError

_FORM: Final = "write it in international form, such as +447700900123"
_ANY_ID: Final = re.compile(r"[^\s@/?#]+@[A-Za-z0-9.-]+")
_KEEP_ZERO: Final = frozenset({"39", "378", "225", "241", "242"})  # countries where a leading 0 belongs to the number
_FULL_WIDTH: Final = str.maketrans("\uff0b\uff08\uff09", "+()")
# After a country code: (0), or an area code with its zero in brackets. Whatever else is punctuation has been removed.
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_TRUNK_ZERO: Final = re.compile(r"(\(?(?:\+|00)?\(?([1-9][0-9]{0,2})\)?)\(0(?=[0-9]*\))")
_SERVERS: Final = {
    "c.us": r"\d{5,20}",
    "s.whatsapp.net": r"\d{5,20}",
    "g.us": r"\d{5,25}(-\d{5,15})?",
    "lid": r"\d{3,25}",
    "newsletter": r"\d{3,25}",
    "broadcast": r"status|\d{3,25}",
    "hosted": r"\d{5,20}",
    "hosted.lid": r"\d{3,25}",
    "bot": r"\d{3,25}",
}

RecipientKind: TypeAlias = Literal["person", "group", "lid", "newsletter", "broadcast", "bot"]
"""What an id stands for: a person, a group, a person whose number is hidden (`lid`), or something rarer."""

_KINDS: Final[dict[str, RecipientKind]] = {
    "c.us": "person",
    "g.us": "group",
    "lid": "lid",
    "newsletter": "newsletter",
    "broadcast": "broadcast",
    "hosted": "person",
    "hosted.lid": "lid",
    "bot": "bot",
}

# Mobile numbers that have, or had, an extra digit after country or area: what is before it, the digit, the rest.
# WhatsApp knows an account by the form in which it was registered. In Brazil eight digits that begin with 2 to 5 are a
# fixed line, which never had the ninth; in Mexico and Argentina fixed and mobile numbers look the same.
_PAIRS: Final = tuple(
    (re.compile(f"({start})({digit}?)({rest})", re.ASCII), digit)
    for start, digit, rest in (
        ("55[1-9]{2}", "9", r"[6-9]\d{7}"),
        ("52", "1", r"[2-9]\d{9}"),
        ("54", "9", r"(?:11|[23]\d)\d{8}"),
    )
)


def _checked(value: str) -> str:
    return jid(value, "to")


@attrs.frozen(repr=False)
class Recipient:
    """
    Whom to write to: a person, a group, or anything else that has a WhatsApp id.

    Two of them are equal if their ids are. Printing one shows it masked, as in logs; `to` is the whole.

    Example:
        >>> Recipient.parse("0044 7700 900123").id
        '447700900123@c.us'

    Attributes:
        id: The WhatsApp id, such as ``447700900123@c.us`` or ``120363041234567890@g.us``.
    """

    id: str = attrs.field(converter=_checked)

    @classmethod
    def parse(cls, value: str | Recipient, *, region: str | None = None, field: str = "to") -> Recipient:
        """
        Read a phone number or a WhatsApp id.

        Args:
            value: An international number in any usual spelling, or ``…@c.us``, ``…@s.whatsapp.net`` (the same),
                ``…@g.us``, ``…@lid``, ``…@newsletter``. The device part ``:12`` of an id is dropped. A recipient is
                returned as it is.
            region: The country of a number that does not begin with ``+`` or ``00``: two letters, such as ``"GB"``. It
                needs the package ``phonenumberslite``. Digits alone are read as a number of that country if it has
                such numbers, else as an international one.
            field: The argument it was given as, for the error.

        Raises:
            InvalidRequestError: It is neither, or `region` is not one. No country is guessed.
        """
        if isinstance(value, Recipient):
            return value
        if region is not None and isinstance(value, str) and "@" not in value:
            return cls(_regional(value, region, field))
        return cls(jid(value, field))

    @property
    def kind(self) -> RecipientKind:
        """What the id stands for."""
        return _KINDS[self._server]

    @property
    def number(self) -> str | None:
        """The phone number, ``+`` and digits (E.164), where the id contains it."""
        digits = self.id.partition("@")[0]
        known = self.kind == "person" and re.fullmatch(r"[1-9]\d{6,14}", digits, re.ASCII)
        return f"+{digits}" if known else None

    @property
    def digits(self) -> str | None:
        """The phone number without its ``+``, as ``check_contact_exists`` sends it, where the id contains it."""
        return self.number and self.number[1:]

    @property
    def to(self) -> str:
        """What to pass to a send: the phone number with its ``+``, or the id where there is none."""
        return (self._server == "c.us" and self.number) or self.id

    @property
    def candidates(self) -> tuple[Recipient, ...]:
        """
        The forms under which WhatsApp may know this number, this one first.

        Mobile numbers may be registered in either of two forms in Brazil (with and without the ninth digit), in Mexico
        (``52`` and ``521``) and in Argentina (``54`` and ``549``); all other recipients have one form. Brazil's fixed
        lines have one too; those of the other two countries look like mobile numbers, and have both.
        """
        pair = other_form(self.to)
        return (self,) if pair is None else (self, Recipient(pair))

    @property
    def _server(self) -> str:
        return self.id.partition("@")[2]

    def __str__(self) -> str:
        return masked(self.to)

    def __repr__(self) -> str:
        return f"<Recipient {masked(self.to)}>"


@model
class ChatIdentity(Model):
    """A model that stands for a chat: it is taken wherever the id of a chat is."""


@model
class MessageIdentity(Model):
    """A model that stands for a message: it is taken wherever the id of a message is."""


ChatRef: TypeAlias = str | Recipient | ChatIdentity
"""A phone number, the id of a chat, or a `Chat`, `Contact`, `Group` or `GroupParticipant`."""

MessageRef: TypeAlias = str | MessageIdentity
"""The id of a message, or a `Message` or `ChatMessage`."""


def other_form(number: str) -> str | None:
    """The other form of a number, ``+`` and digits, if it has one; see `Recipient.candidates`."""
    if "5" not in number[:2]:  # their calling codes are 52, 54 and 55
        return None
    for form, digit in _PAIRS:
        if found := form.fullmatch(number.removeprefix("+")):
            return f"+{found[1]}{'' if found[2] else digit}{found[3]}"
    return None


def _regional(value: str, region: str, field: str) -> str:
    """A number as ``+`` and digits; one without a country is read as one of `region`, if that has such numbers."""
    plain = _plain(value)
    if not re.fullmatch(r"[0-9]+", plain):
        return e164(value, field)
    _refuse_decimal(value, field)
    try:
        import phonenumbers as library
    except ImportError:
        problem = f"{masked(value)} does not say its country, and a package is needed to read it as a national number"
        raise InvalidRequestError(field, problem, f"pip install phonenumberslite, or {_FORM}") from None
    if not isinstance(region, str) or region.upper() not in library.SUPPORTED_REGIONS:
        raise InvalidRequestError("region", f"{region!r} is not a region", "pass its two letters, such as 'GB'")

    def known(number: str) -> bool:
        # The library calls the older of two forms invalid, and WhatsApp may know only that one.
        with contextlib.suppress(library.NumberParseException):
            forms = (number, other_form(number) or number)
            return any(library.is_valid_number(library.parse(form)) for form in forms)
        return False

    readings: list[str] = []
    with contextlib.suppress(library.NumberParseException):
        parsed = library.parse(plain, region.upper())
        national = library.format_number(parsed, library.PhoneNumberFormat.E164)
        if is_valid_phone_number(national) and (library.is_possible_number(parsed) or known(national)):
            readings.append(national)
    if is_valid_phone_number(plain):
        readings.append(e164(plain))
    if not readings:
        raise InvalidRequestError(field, f"{masked(value)} is not a phone number of {region.upper()}", _FORM)
    return next(filter(known, readings), readings[0])  # never reject by its tables: they may be older than the number


def e164(value: str, field: str = "phone_number") -> str:
    """
    A phone number as ``+`` and digits (E.164).

    Args:
        value: An international number: ``+44 7700 900123``, ``0044…``, or its digits alone. Spaces, dots, dashes,
            slashes and brackets are removed, and so is a trunk zero in brackets: ``+44 (0)7700 900123``.
        field: The argument it was given as, for the error.

    Raises:
        InvalidRequestError: It is not an international phone number.
    """
    if not isinstance(value, str):
        raise InvalidRequestError(field, f"expected text, got {type(value).__name__}", f"{_FORM}, in quotes")
    plain = _plain(value)
    digits = plain.removeprefix("+")
    shown = masked(value)
    if not re.fullmatch(r"[0-9]+", digits):
        raise InvalidRequestError(field, f"{shown} is not a phone number" if digits else "is empty", _FORM)
    _refuse_decimal(value, field)
    if digits.startswith("0") or (not plain.startswith("+") and len(digits) < 8):
        raise InvalidRequestError(field, f"{shown} does not say its country", _FORM)
    if not 7 <= len(digits) <= 15:
        raise InvalidRequestError(field, f"{shown} has {len(digits)} digits; a phone number has 7 to 15", _FORM)
    return "+" + digits


def _refuse_decimal(value: str, field: str) -> None:
    """Refuse ``447700900123.0``, what spreadsheets make of a number: without its dot it is somebody else's number."""
    text = value.strip()
    # With other punctuation it may end in .00, as French numbers do: +33.6.12.34.56.00.
    if re.search(r"[0-9]\.0$", text) or re.fullmatch(r"\+?[0-9]+\.0+", text):
        raise InvalidRequestError(field, f"{masked(text)} ends in .0, like a number that was read as a decimal", _FORM)


def _plain(value: str) -> str:
    """A number without its punctuation and a trunk zero in brackets, and with ``+`` for ``00``."""
    # Numbers pasted from web pages and address books carry dashes, spaces and direction marks of every kind, and the
    # full-width signs of East Asian keyboards.
    plain = "".join(
        char
        for char in value.translate(_FULL_WIDTH)
        if char not in ".-/" and unicodedata.category(char) not in ("Zs", "Pd", "Cf", "Cc")
    )
    # +44 (0)7700 900123 is dialled with the 0 at home, and without it from abroad.
    trunk = _TRUNK_ZERO.match(plain)
    if trunk and trunk[2] not in _KEEP_ZERO:
        plain = trunk[1] + plain[trunk.end() :]
    plain = plain.replace("(", "").replace(")", "")
    return "+" + plain[2:] if plain.startswith("00") else plain


def chat_id(value: ChatRef, field: str = "to") -> str:
    """
    A recipient as the service expects it: ``+`` and digits, or a WhatsApp id.

    Args:
        value: A phone number as for `e164`, or ``…@c.us``, ``…@s.whatsapp.net`` (sent as ``@c.us``), ``…@g.us``,
            ``…@lid``, ``…@newsletter``. The device part ``:12`` of an id is dropped. Or a `Recipient`.
        field: The argument it was given as, for the error.

    Raises:
        InvalidRequestError: It is neither.
    """
    if isinstance(value, Recipient):
        return value.to
    given: Any = id_of(value)
    if isinstance(given, str) and _E164.fullmatch(given):
        return given  # as most are: nothing is to be done
    if not isinstance(given, str) or "@" not in given:
        return e164(given, field)
    value = given
    user, _, server = value.strip().partition("@")
    server = server.lower()
    if server not in _SERVERS:
        raise InvalidRequestError(field, f"{masked(value)} is not a WhatsApp id", f"ids end in @{', @'.join(_SERVERS)}")
    user = re.sub(r"(\.\d+)?:\d+$", "", user.removeprefix("+"))
    if not re.fullmatch(_SERVERS[server], user, re.ASCII):
        raise InvalidRequestError(
            field, f"{masked(value)} is not a WhatsApp id", "ids look like 447700900123@c.us or 120363041234567890@g.us"
        )
    return f"{user}@{'c.us' if server == 's.whatsapp.net' else server}"


def jid(value: ChatRef, field: str) -> str:
    """
    A chat as a WhatsApp id: a phone number becomes ``…@c.us``.

    Args:
        value: As for `chat_id`.
        field: The argument it was given as, for the error.

    Raises:
        InvalidRequestError: It is neither a number nor an id.
    """
    found = chat_id(value, field)
    return f"{found[1:]}@c.us" if found.startswith("+") else found


def read_id(value: ChatRef, field: str) -> str:
    """
    A chat to read, as a WhatsApp id.

    Args:
        value: As for `jid`. Any other id that the service may have given, ``x@y``, is passed on as it is.
        field: The argument it was given as, for the error.

    Raises:
        InvalidRequestError: It is neither a number nor an id.
    """
    try:
        return jid(value, field)
    except InvalidRequestError:
        text = id_of(value)
        if isinstance(text, str) and _ANY_ID.fullmatch(text.strip()):
            return text.strip()
        raise


def masked(value: str) -> str:
    """
    A number or id as logs and errors show it: ``+44…0123``.

    Args:
        value: The number or id.
    """
    user, at, server = value.strip().partition("@")
    if len(user) <= 6:
        return f"{user!r}" if not at else f"…@{server}"
    return f"{user[:3]}…{user[-4:] if len(user) > 9 else user[-2:]}{at}{server}"


def is_valid_phone_number(phone_number: str) -> bool:
    """
    Whether a text is an international phone number, in any usual spelling.

    It says nothing about whether the number is assigned, or known to WhatsApp.

    Args:
        phone_number: The text.
    """
    try:
        e164(phone_number)
    except InvalidRequestError:
        return False
    return True


def format_phone_number(phone_number: str, country_code: str | None = None) -> str:
    """
    A phone number as ``+`` and digits (E.164).

    Unlike the official SDK's function of this name it never guesses a country: without one it refuses.

    Args:
        phone_number: An international number; or a national one, if `country_code` is given. A national number's
            leading 0 is dropped, except where it belongs to the number (Italy and a few others).
        country_code: Digits, with or without ``+``, such as ``"44"``. Ignored where the number begins with ``+`` or
            ``00``.

    Raises:
        InvalidRequestError: It is not a phone number, or its country is unknown.
    """
    national = _plain(phone_number) if isinstance(phone_number, str) else ""
    if country_code is None or not national or national.startswith("+"):
        return e164(phone_number)
    _refuse_decimal(phone_number, "phone_number")
    code = country_code.strip().removeprefix("+") if isinstance(country_code, str) else ""
    if not re.fullmatch(r"[1-9]\d{0,3}", code, re.ASCII):
        raise InvalidRequestError(
            "country_code", f"{country_code!r} is not a country code", "pass its digits, such as '44'"
        )
    if national.startswith(code):
        problem = f"{masked(phone_number)} begins with the country code {code} already, or happens to"
        raise InvalidRequestError("phone_number", problem, f"write it with its + in front, +{code}…")
    return e164(f"+{code}{national if code in _KEEP_ZERO else national.removeprefix('0')}")
