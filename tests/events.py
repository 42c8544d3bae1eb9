"""Webhooks for tests: events in the engine's form, and what they are posted with."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any, Final

from wasend.webhooks import sign

KEY: Final = "my-secret-key"
CHAT: Final = "447700900456@c.us"

_numbers = itertools.count(1)


def envelope(
    name: str, payload: Any, *, id: str | None = None, session: str = "ses_1", at: float | None = None
) -> dict[str, Any]:
    """An event of a name; its id is a new one, and its time now, where they are not given."""
    return {
        "id": f"evt_{next(_numbers):026}" if id is None else id,
        "timestamp": round((time.time() if at is None else at) * 1000),
        "event": name,
        "session": session,
        "me": {"id": "447700900123@c.us", "pushName": "Desk"},
        "payload": payload,
        "engine": "GOWS",
        "environment": {"version": "2026.8.2", "engine": "GOWS", "tier": "PLUS", "browser": None},
    }


def message(
    text: str | None = "Hi",
    *,
    chat: str = CHAT,
    participant: str | None = None,
    native: str | None = None,
    from_me: bool = False,
    name: str = "message",
    **rest: Any,
) -> dict[str, Any]:
    """A message that somebody wrote; its id is a new one where it is not given."""
    native = f"3EB0{next(_numbers):016X}" if native is None else native
    payload = {
        "id": f"{str(from_me).lower()}_{chat}_{native}" + (f"_{participant}" if participant else ""),
        "timestamp": round(rest.get("at") or time.time()),
        "from": chat,
        "fromMe": from_me,
        "source": "app",
        "to": participant,
        "participant": participant,
        "body": text,
        "hasMedia": False,
        "media": None,
        "ack": 1 if from_me else 2,
        "ackName": "SERVER" if from_me else "DEVICE",
    }
    return envelope(name, payload, **rest)


def acked(*, chat: str = CHAT, native: str = "3EB0AA", ack: int = 3, **rest: Any) -> dict[str, Any]:
    """How far a message has come."""
    payload = {"id": f"true_{chat}_{native}", "from": chat, "fromMe": True, "ack": ack}
    return envelope("message.ack", payload, **rest)


def signed(event: dict[str, Any] | bytes, key: str = KEY) -> tuple[bytes, dict[str, str]]:
    """The body and the headers by which an event is posted."""
    body = event if isinstance(event, bytes) else json.dumps(event, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Hmac": sign(body, key),
        "X-Webhook-Hmac-Algorithm": "sha512",
    }
    return body, headers
