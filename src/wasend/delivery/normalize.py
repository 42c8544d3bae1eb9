"""The one form in which texts and ids are compared, where several spellings mean the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..errors import InvalidRequestError
from ..recipients import jid

_LONG_MESSAGE_ID: Final = re.compile(r"(?:true|false)_[^_]+_([^_]+)")


def normalized_text(text: str | None) -> str:
    """
    A text as it can be compared: WhatsApp trims it, and engines differ in line ends and in how accents are composed.

    Args:
        text: The text, if there is one.
    """
    return unicodedata.normalize("NFC", (text or "").replace("\r\n", "\n")).strip()


def message_key(message_id: str | None) -> str | None:
    """
    What two spellings of a message's id have in common: ``true_447700900456@c.us_3EB0…`` and the bare ``3EB0…``.

    Args:
        message_id: The id, if there is one.
    """
    parts = _LONG_MESSAGE_ID.fullmatch(message_id or "")
    return parts[1] if parts else message_id


def chat_key(to: str) -> str:
    """
    The id of the chat that a recipient means, ``…@c.us`` for a phone number.

    Args:
        to: A phone number or an id. A raw request (`client.request`) may hold anything: what is neither stays as it is.
    """
    if to.startswith("+") and to[1:].isdecimal():  # as every call of ours spells a number: no need to parse it again
        return f"{to[1:]}@c.us"
    try:
        return jid(to, "to")
    except InvalidRequestError:
        return to
