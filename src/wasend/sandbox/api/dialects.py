"""
The two shapes in which WASend is known: as its documentation prints it, and as its official SDK declares it.

They disagree about routes, fields, status words and empty answers. Each is kept whole here, so that a client
can be tried against both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, ClassVar, TypeAlias

from wasend.sandbox.world import SessionSettings, Status, StoredSession

Json: TypeAlias = Any

NO_BODY = object()
"""Stands for an answer without a body."""


def iso(seconds: float) -> str:
    """Write a time the way JavaScript does: UTC, milliseconds, ``Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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

    qr_path: ClassVar[str] = "/sessions/{session}/qr"
    link_preview_path: ClassVar[str] = "/sendLinkCustomPreview"
    longest_subject: ClassVar[int] = 25
    qr_starts: ClassVar[bool] = True
    post_status: ClassVar[int] = 200

    def word(self, status: Status) -> str:
        """Return the word for a status."""
        return status

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

    qr_path: ClassVar[str] = "/sessions/{session}/auth/qr"
    link_preview_path: ClassVar[str] = "/send/link-custom-preview"
    longest_subject: ClassVar[int] = 100
    qr_starts: ClassVar[bool] = False
    post_status: ClassVar[int] = 201

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
        connected = session.status == "CONNECTED"
        grpc = "READY" if connected else "IDLE"
        return {
            "name": session.id,
            # The engine knows no CREATED: to it, such a session is one that does not run.
            "status": "STOPPED" if session.status == "CREATED" else self.word(session.status),
            "config": {
                "metadata": {"userId": "usr_sandbox", "userEmail": "sandbox@example.org"},
                "proxy": {},
                "debug": False,
                "noweb": {"markOnline": True, "store": {"enabled": True, "fullSync": False}},
                "webhooks": [],
            },
            "engine": {
                "grpc": {"client": grpc, "stream": grpc},
                "gows": {"found": True, "connected": connected},
            },
        }


Dialect: TypeAlias = Docs | Sdk


def dialect_called(name: str) -> Dialect:
    """
    Return a dialect by its name.

    Raises:
        ValueError: There is none of this name.
    """
    match name:
        case "docs":
            return Docs()
        case "sdk":
            return Sdk()
        case _:
            raise ValueError(f'dialect is "docs" or "sdk", not {name!r}')


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
