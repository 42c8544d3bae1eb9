"""The one form in which texts and ids are compared, where several spellings mean the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..errors import InvalidRequestError
from ..recipients import Recipient, jid

_LONG_MESSAGE_ID: Final = re.compile(r"(?:true|false)_([^_]+)_([^_]+)(?:_.*)?", re.DOTALL)
_SUFFIX: Final = re.compile(r"_(?:out|in|[^_\s]+@[\w.]+)$")
_LONGEST_ID: Final = 200  # characters; no number and no id has half as many, however it is spelt
_LINE_END: Final = re.compile("\r\n?|[\u2028\u2029\v\f\x85]")


def normalized_text(text: str | None) -> str:
    """
    A text as it can be compared: without what WhatsApp and the engines change on its way.

    That is how accents are composed, line ends, spaces around it and at the ends of its lines, and what cannot be seen:
    variation selectors, joiners, direction marks, control characters.

    Args:
        text: The text, if there is one.
    """
    plain = text or ""
    if plain.isascii() and plain.isprintable():  # one line of plain words: the rest would leave it as it is
        return plain.strip()
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFC", plain) if not _is_invisible(char))
    plain = "".join(char for char in _LINE_END.sub("\n", plain) if char >= " " or char in "\n\t")
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip()


def _is_invisible(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or unicodedata.category(char) == "Cf"


def message_key(message_id: str | None) -> str | None:
    """
    WhatsApp's own id of a message, which all spellings have in common, as far as can be told.

    Those are the bare ``3EB0…``, ``true_447700900456@c.us_3EB0…``, the same with ``_out`` behind it, and in groups
    with the participant: ``true_120363041234567890@g.us_3EB0…_447700900123@c.us``.

    Args:
        message_id: The id, if there is one.
    """
    parts = _LONG_MESSAGE_ID.fullmatch(message_id or "")
    return parts[2] if parts else message_id and _SUFFIX.sub("", message_id)


def chat_in(message_id: str | None) -> str | None:
    """
    The id of the chat that a message's id names.

    Args:
        message_id: The id, if there is one.
    """
    parts = _LONG_MESSAGE_ID.fullmatch(message_id or "")
    return chat_key(parts[1]) if parts and "@" in parts[1] else None


def chat_key(to: str) -> str:
    """
    The id of the chat that a recipient means, ``…@c.us`` for a phone number.

    Args:
        to: A phone number or an id. A raw request (`client.request`) may hold anything: what is neither stays as it is.
    """
    if to.startswith("+") and to[1:].isdecimal():  # as every call of ours spells a number: no need to parse it again
        return f"{to[1:]}@c.us"
    if to.endswith("@c.us") and to.isascii() and to[:-5].isdecimal():  # as most answers do
        return to
    if len(to) > _LONGEST_ID:
        return to
    try:
        return jid(to, "to")
    except InvalidRequestError:
        return to


def chat_spellings(chat: str) -> tuple[str, ...]:
    """
    The ids under which a service may file a chat, as far as they follow from each other: this one first.

    Args:
        chat: Its id, as `chat_key` returns it.
    """
    # Only numbers of Brazil, Mexico and Argentina have two forms.
    if not chat.startswith("5") or not chat.endswith("@c.us"):
        return (chat,)
    try:
        return tuple(form.id for form in Recipient(chat).candidates)
    except InvalidRequestError:
        return (chat,)
