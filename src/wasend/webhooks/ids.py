"""Whether two ids mean the same, where the service and its engine spell one in several ways."""

from __future__ import annotations

from .._core.model import id_of
from ..delivery.normalize import chat_in, chat_key, chat_spellings, message_key
from ..recipients import ChatRef, MessageRef, Recipient


def same_chat(one: ChatRef | None, other: ChatRef | None) -> bool:
    """
    Whether two ids mean the same chat, however they are spelt: a number, ``…@c.us``, ``…@s.whatsapp.net``.

    The two forms of a Brazilian, Mexican or Argentine number are the same. A hidden id (``…@lid``) is the same as
    itself alone: whose it is cannot be told from it.

    Args:
        one: A phone number, an id, or what has one; nothing is the same as `None`.
        other: Another one.
    """
    if one is None or other is None:
        return False
    first, second = (chat_spellings(chat_key(_id(ref))) for ref in (one, other))
    return not {*first}.isdisjoint(second)


def same_message(one: MessageRef | None, other: MessageRef | None) -> bool:
    """
    Whether two ids mean the same message: bare (``3EB0…``), or with the chat, and in groups with the writer around it.

    Args:
        one: An id, or what has one; nothing is the same as `None`.
        other: Another one.
    """
    first, second = (None if ref is None else _id(ref) for ref in (one, other))
    if not first or not second or message_key(first) != message_key(second):
        return False
    chats = chat_in(first), chat_in(second)
    return None in chats or same_chat(*chats)


def _id(ref: ChatRef | MessageRef) -> str:
    return ref.id if isinstance(ref, Recipient) else str(id_of(ref))
