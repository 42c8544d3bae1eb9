"""The bodies of answers that refuse: the service's framework's, and its engine's."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from wasend.sandbox.dialects import Json


def nest(status: int, message: str | list[str], **told: Json) -> dict[str, Json]:
    """Return the body that Nest gives a refusal; without a message it says what the status is called."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # one of those that only proxies use
        phrase = "Unknown Error"
    body = {"statusCode": status, "message": message or phrase, **told}
    return body if body["message"] == phrase else {**body, "error": phrase}


def wrong_status(session: str, status: str, expected: Iterable[str]) -> dict[str, Json]:
    """Return the body of the engine's 422: the session is in a state in which this cannot be done."""
    return {
        "error": "Session status is not as expected. Try again later or restart the session",
        "session": session,
        "status": status,
        "expected": list(expected),
    }
