"""
The two shapes in which WASend is known: as its documentation prints it, and as its official SDK declares it.

They disagree about fields, status words and empty answers. Each is kept whole here, so that a client can be tried
against both. About routes they disagree too, but those are all served, whatever the shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, ClassVar, TypeAlias

from wasend.sandbox.world import SessionSettings, Status, StoredSession, phone_number

Json: TypeAlias = Any

NO_BODY = object()
"""Stands for an answer without a body."""


def iso(seconds: float) -> str:
    """Write a time the way JavaScript does: UTC, milliseconds, ``Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number_shown(person: str) -> str:
    """Return somebody's phone number as answers have it: empty where only a hidden id is known."""
    return "" if person.endswith("@lid") else phone_number(person)


def _flags(settings: SessionSettings) -> dict[str, Json]:
    flags: dict[str, Json] = {
        "enableAccountProtection": settings.enable_account_protection,
        "enableMessageLogging": settings.enable_message_logging,
        "enableWebhook": settings.enable_webhook,
    }
    return flags if settings.webhook_url is None else {**flags, "webhookUrl": settings.webhook_url}


def _identity(session: StoredSession) -> dict[str, Json]:
    return {
        "uniqueSessionId": session.id,
        "sessionName": session.settings.name,
        "phoneNumber": session.settings.phone_number,
    }


def _times(session: StoredSession) -> dict[str, Json]:
    return {"createdAt": iso(session.created_at), "updatedAt": iso(session.updated_at)}


class Docs:
    """The documentation: six fields a session, flags under `config`, ``{"success": true}`` for no result."""

    longest_subject: ClassVar[int] = 25
    post_status: ClassVar[int] = 200

    def word(self, status: Status) -> str:
        """Return the word for a status."""
        return "ERROR" if status == "FAILED" else status

    def session(self, session: StoredSession) -> Json:
        """Return a session as create, start, stop and restart answer it."""
        return {**_identity(session), "status": self.word(session.status), **_times(session)}

    def session_info(self, session: StoredSession) -> Json:
        """Return a session as asking for it answers it."""
        return {**self.session(session), "config": _flags(session.settings)}

    def list_item(self, session: StoredSession) -> Json:
        """Return a session as the list holds it."""
        return {"session": self.session(session)}

    def done(self, **more: Json) -> Json:
        """Return what an order answers that was carried out."""
        return {"success": True, **more}


class Sdk:
    """The official SDK's types: more fields, the engine's own status words, empty answers, 201 for POST."""

    longest_subject: ClassVar[int] = 100
    post_status: ClassVar[int] = 201

    def __init__(self, *, webhook_key: str | None = None, webhook_retries: Mapping[str, Json] | None = None) -> None:
        self._webhook = {
            "events": ["*"],
            "hmac": None if webhook_key is None else {"key": webhook_key},
            "retries": webhook_retries,
            "customHeaders": None,
        }

    def word(self, status: Status) -> str:
        """Return the word for a status."""
        return "WORKING" if status == "CONNECTED" else status

    def session(self, session: StoredSession) -> Json:
        """Return a session as create, start, stop and restart answer it."""
        return {**self._details(session), **self._engine(session), "status": self.word(session.status)}

    def session_info(self, session: StoredSession) -> Json:
        """Return a session as asking for it answers it."""
        return self.session(session)

    def list_item(self, session: StoredSession) -> Json:
        """Return a session as the list holds it: the status is the engine's alone."""
        return {"session": self._details(session), "downstream": self._engine(session)}

    def done(self, **more: Json) -> Json:
        """Return what an order answers that was carried out: nothing."""
        del more
        return NO_BODY

    def _details(self, session: StoredSession) -> dict[str, Json]:
        return {
            # The database's own id, in its form: not what any call takes.
            "id": sha256(session.id.encode()).hexdigest()[:24],
            "userId": "usr_sandbox",
            **_identity(session),
            **_flags(session.settings),
            **_times(session),
        }

    def _engine(self, session: StoredSession) -> dict[str, Json]:
        connected, settings = session.status == "CONNECTED", session.settings
        grpc = "READY" if connected else "IDLE"
        return {
            "name": session.id,
            # The engine knows no CREATED: to it, such a session is one that does not run.
            "status": "STOPPED" if session.status == "CREATED" else self.word(session.status),
            "config": {
                # In the engine's names; and in the SDK's, which cannot read a session without them.
                "metadata": {
                    "user.id": "usr_sandbox",
                    "user.email": "sandbox@example.org",
                    "userId": "usr_sandbox",
                    "userEmail": "sandbox@example.org",
                },
                "proxy": None,
                "debug": False,
                "noweb": {"markOnline": True, "store": {"enabled": True, "fullSync": False}},
                "webhooks": [{"url": settings.webhook_url, **self._webhook}] if settings.enable_webhook else [],
            },
            "engine": {
                "grpc": {"client": grpc, "stream": grpc},
                "gows": {"found": True, "connected": connected},
            },
        }


Dialect: TypeAlias = Docs | Sdk


Dialects: TypeAlias = Mapping[str, Dialect]
"""Both, by name."""

DIALECTS = ("auto", "docs", "sdk")

_OFFICIAL = "wasend-dev/"
"""How the official SDK's ``User-Agent`` begins, in all its languages."""


def spoken(dialect: str, family: str | None, user_agent: str) -> str:
    """
    Return the name of the dialect in which a request is answered: the one that was asked for, or, where that is
    ``"auto"``, the only one that knows the route (`family`), or that of the client.
    """
    return dialect if dialect != "auto" else family or ("sdk" if user_agent.startswith(_OFFICIAL) else "docs")


def nest(status: int, message: str | list[str], **more: Json) -> dict[str, Json]:
    """Return the body that Nest gives a refusal; without a message it says what the status is called."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # one of those that only proxies use
        phrase = "Unknown Error"
    body = {"statusCode": status, "message": message or phrase, **more}
    return body if body["message"] == phrase else {**body, "error": phrase}


def wrong_status(session: str, status: str, expected: Iterable[str]) -> dict[str, Json]:
    """Return the body of the engine's 422: the session is in a state in which this cannot be done."""
    return {
        "error": "Session status is not as expected. Try again later or restart the session",
        "session": session,
        "status": status,
        "expected": list(expected),
    }
