"""Phone numbers and WhatsApp ids. No country is ever guessed: a number that does not say its own is refused."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from .errors import InvalidRequestError

_FORM: Final = "write it in international form, such as +447700900123"
_KEEP_ZERO: Final = frozenset({"39", "378", "225", "241", "242"})  # countries where a leading 0 belongs to the number
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


def e164(value: str, field: str = "phone_number") -> str:
    """
    A phone number as ``+`` and digits (E.164).

    Args:
        value: An international number: ``+44 7700 900123``, ``0044…``, or its digits alone. Spaces, dots, dashes,
            slashes and brackets are removed.
        field: The argument it was given as, for the error.

    Raises:
        InvalidRequestError: It is no international number.
    """
    if not isinstance(value, str):
        raise InvalidRequestError(field, f"is no text but {type(value).__name__}", f"{_FORM}, in quotes")
    plain = _plain(value)
    digits = plain.removeprefix("+")
    shown = masked(value)
    if not re.fullmatch(r"[0-9]+", digits):
        raise InvalidRequestError(field, f"{shown} is not a phone number" if digits else "is empty", _FORM)
    if digits.startswith("0") or (not plain.startswith("+") and len(digits) < 8):
        raise InvalidRequestError(field, f"{shown} does not say its country", _FORM)
    if not 7 <= len(digits) <= 15:
        raise InvalidRequestError(field, f"{shown} has {len(digits)} digits, where a number has 7 to 15", _FORM)
    return "+" + digits


def _plain(value: str) -> str:
    """A number without its punctuation, and with ``+`` for ``00``."""
    # Numbers pasted from web pages and address books carry dashes, spaces and direction marks of every kind.
    plain = "".join(
        char for char in value if char not in "().-/" and unicodedata.category(char) not in ("Zs", "Pd", "Cf", "Cc")
    )
    plain = plain.replace("\uff0b", "+")  # the full-width plus of East Asian keyboards
    return "+" + plain[2:] if plain.startswith("00") else plain


def chat_id(value: str, field: str = "to") -> str:
    """
    Whom to send to, as the service takes it: ``+`` and digits, or a WhatsApp id.

    Args:
        value: A phone number as for `e164`, or ``…@c.us``, ``…@s.whatsapp.net`` (sent as ``@c.us``), ``…@g.us``,
            ``…@lid``, ``…@newsletter``. The device part ``:12`` of an id is dropped.
        field: The argument it was given as, for the error.

    Raises:
        InvalidRequestError: It is neither.
    """
    if not isinstance(value, str) or "@" not in value:
        return e164(value, field)
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


def jid(value: str, field: str) -> str:
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
            leading 0 is dropped, but where it belongs to the number (Italy and a few others).
        country_code: Digits, with or without ``+``, such as ``"44"``. Ignored where the number begins with ``+`` or
            ``00``.

    Raises:
        InvalidRequestError: It is no phone number, or its country cannot be told.
    """
    national = _plain(phone_number) if isinstance(phone_number, str) else ""
    if country_code is None or not national or national.startswith("+"):
        return e164(phone_number)
    code = country_code.strip().removeprefix("+") if isinstance(country_code, str) else ""
    if not re.fullmatch(r"[1-9]\d{0,3}", code, re.ASCII):
        raise InvalidRequestError("country_code", f"{country_code!r} is not one", "pass its digits, such as '44'")
    if national.startswith(code):
        problem = f"{masked(phone_number)} begins with the country code {code} already, or happens to"
        raise InvalidRequestError("phone_number", problem, f"write it with its + in front, +{code}…")
    return e164(f"+{code}{national if code in _KEEP_ZERO else national.removeprefix('0')}")
