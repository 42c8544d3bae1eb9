"""What the inbox and the filters need to know of an event, whatever it is: what it is known by, where, from whom."""

from __future__ import annotations

import hashlib

from ..delivery.normalize import chat_spellings
from .events import Event
from .inbox.protocol import Arrival
from .payloads import AckPayload, MessageHead


def chat_of(event: Event) -> str | None:
    """The chat that it happened in; `None` where it is of none."""
    return event.chat_id


def sender_of(event: Event) -> str | None:
    """Who wrote, reacted or calls; `None` where nobody did, or the session's own account."""
    sender = getattr(event.payload, "sender_id", None)
    return (
        sender
        if sender is not None or isinstance(event.payload, MessageHead)
        else getattr(event.payload, "from_", None)
    )


def text_of(event: Event) -> str | None:
    """The text of a message, an edit or a caption."""
    body = getattr(event.payload, "body", None)
    return body if isinstance(body, str) else None


def keys_of(event: Event, body: bytes) -> tuple[bytes, ...]:
    """
    What an event is known by, what says most about it first; two events that share one are the same.

    The engine repeats what was not answered, under the id that it had. It also tells of a message again, a minute or
    more later, under another id: so a message is known by WhatsApp's id as well, and an ack by that and what it says.

    Args:
        event: The event.
        body: It, as it came.
    """
    found: list[bytes] = []
    payload = event.payload
    if isinstance(payload, MessageHead) and payload.native_id:
        parts = ["message", event.session, event.name, _lane(payload.chat_id), payload.native_id]
        parts.append(str(payload.from_me) if payload.participant is None else _lane(payload.participant))
        if isinstance(payload, AckPayload):
            parts += [str(payload.ack), str(payload.ack_name)]
        found.append(_digest(*parts))
    if event.id:
        found.append(_digest("event", event.session, event.name, event.id))
    return tuple(found) or (_digest("body", event.session, event.name, hashlib.sha256(body).hexdigest()),)


def arrival_of(event: Event, body: bytes, now: float) -> Arrival:
    """
    An event, as an inbox takes it.

    Args:
        event: The event.
        body: It, as it came.
        now: The time, for an event that does not say its own.
    """
    return Arrival(
        keys=keys_of(event, body),
        lane=storable(f"{event.session}/{_lane(event.chat_id)}"),
        at=now if event.timestamp is None else event.timestamp.timestamp(),
        name=storable(event.name),
        session=storable(event.session),
        body=body,
    )


def storable(text: str) -> str:
    """A text that any database holds: without null characters and half characters, and not too long for an index."""
    return text[:1000].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _lane(chat: str | None) -> str:
    """One name for a chat that may be spelt in several ways."""
    return "" if chat is None else min(chat_spellings(chat))


def _digest(*parts: str) -> bytes:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()
