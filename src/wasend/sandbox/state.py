"""
What the sandbox knows: sessions, messages and the requests it answered. No HTTP here.

Nothing runs in the background: what time has done to a session is worked out when somebody looks at it.
"""

from __future__ import annotations

import secrets
import threading
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping
from hashlib import shake_256
from typing import Any, Literal, NamedTuple

import attrs

from wasend.sandbox.clock import Clock

Status = Literal["CREATED", "STARTING", "SCAN_QR_CODE", "CONNECTED", "STOPPED", "FAILED"]

FIRST_QR_SECONDS = 60
NEXT_QR_SECONDS = 20
QR_CODES = 6
QR_SECONDS = FIRST_QR_SECONDS + (QR_CODES - 1) * NEXT_QR_SECONDS


class RecordedRequest(NamedTuple):
    """One request of the API that was answered."""

    method: str
    path: str
    status: int


@attrs.frozen(kw_only=True)
class SessionSettings:
    """What a caller asks for in a new session."""

    name: str
    phone_number: str
    enable_account_protection: bool = False
    enable_message_logging: bool = False
    enable_webhook: bool = False
    webhook_url: str | None = None


@attrs.frozen(kw_only=True)
class StoredSession:
    """
    A session at one moment.

    Times are seconds since the epoch by the sandbox's clock. `updated_at` is when `status` began; `linked`
    says that a phone has scanned it once, so that it connects again without a scan.
    """

    id: str
    settings: SessionSettings
    status: Status
    created_at: float
    updated_at: float
    linked: bool = False


@attrs.frozen(kw_only=True)
class StoredMessage:
    """
    A message that the sandbox took.

    `session` is the session's id, `sender` its phone number, `to` a chat id (``447700900456@c.us``),
    `content` the text or the reference of the media, `timestamp` seconds since the epoch, `body` the request
    as it came.
    """

    id: str
    session: str
    sender: str
    to: str
    content: str
    type: str
    timestamp: float
    body: Mapping[str, Any] = attrs.field(repr=False, hash=False)


class Refusal(ValueError):
    """The state does not allow what was asked."""


class UnknownSession(Refusal):
    """No session has this id."""

    def __init__(self, session: str) -> None:
        super().__init__(f"Session {session} not found")


class UnknownMessage(Refusal):
    """No message has this id."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Message {message} not found")


class NameTaken(Refusal):
    """Session names are unique."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Session with name {name} already exists")


class WrongStatus(Refusal):
    """The session is in a state in which this cannot be done."""

    def __init__(self, session: str, status: Status, expected: tuple[Status, ...]) -> None:
        super().__init__(f"session {session} is {status}; this needs {' or '.join(expected)}")
        self.session = session
        self.status: Status = status
        self.expected = expected


class State:
    """Sessions, messages and requests behind one lock; every method may be called from any thread."""

    def __init__(self, clock: Clock, *, scan_after: float | None, start_after: float) -> None:
        self._clock = clock
        self._scan_after = scan_after
        self._start_after = start_after
        self._qr_salt = secrets.token_bytes(16)
        self._lock = threading.RLock()
        self._sessions: dict[str, StoredSession] = {}
        self._messages: dict[str, StoredMessage] = {}
        self._by_chat: defaultdict[str, list[StoredMessage]] = defaultdict(list)
        self._requests: list[RecordedRequest] = []

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._sessions.clear()
            self._messages.clear()
            self._by_chat.clear()
            self._requests.clear()

    # Sessions

    def create(self, settings: SessionSettings) -> StoredSession:
        """Add a session; its status is CREATED."""
        with self._lock:
            if any(session.settings.name == settings.name for session in self._sessions.values()):
                raise NameTaken(settings.name)
            session_id = f"ses_{secrets.token_hex(4)}"
            while session_id in self._sessions:
                session_id = f"ses_{secrets.token_hex(4)}"
            now = self._clock.now()
            session = StoredSession(id=session_id, settings=settings, status="CREATED", created_at=now, updated_at=now)
            self._sessions[session_id] = session
            return session

    def sessions(self) -> dict[str, StoredSession]:
        """Return every session by its id, oldest first."""
        with self._lock:
            return {session_id: self.session(session_id) for session_id in self._sessions}

    def session(self, session_id: str) -> StoredSession:
        """Return a session as it is now."""
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                raise UnknownSession(session_id)
            settled = self._settled(session, self._clock.now())
            if settled is not session:
                self._sessions[session_id] = settled
            return settled

    def connected(self, session_id: str) -> StoredSession:
        """Return a session that can send, or refuse."""
        return self._expect(session_id, "CONNECTED")

    def delete(self, session_id: str) -> None:
        """Remove a session; what it sent stays readable."""
        with self._lock:
            self.session(session_id)
            del self._sessions[session_id]

    def start(self, session_id: str) -> StoredSession:
        """Start a session; one that is under way stays as it is, one that failed needs `restart`."""
        with self._lock:
            session = self._expect(session_id, "CREATED", "STOPPED", "STARTING", "SCAN_QR_CODE", "CONNECTED")
            return self._enter(session, "STARTING") if session.status in ("CREATED", "STOPPED") else session

    def stop(self, session_id: str) -> StoredSession:
        """Stop a session; the phone stays linked."""
        with self._lock:
            session = self.session(session_id)
            return session if session.status == "STOPPED" else self._enter(session, "STOPPED")

    def restart(self, session_id: str) -> StoredSession:
        """Start a session anew, whatever it is doing."""
        with self._lock:
            return self._enter(self.session(session_id), "STARTING")

    def qr_code(self, session_id: str, *, start: bool = False) -> str:
        """
        Return the text of the QR code that a phone would scan now.

        Args:
            session_id: Which session.
            start: Whether asking takes a session that was only created on to where it can be scanned.
        """
        with self._lock:
            session = self.session(session_id)
            if start and session.status == "CREATED":
                self._enter(session, "SCAN_QR_CODE")
            session = self._expect(session_id, "SCAN_QR_CODE")
            age = self._clock.now() - session.updated_at
        turn = 0 if age < FIRST_QR_SECONDS else 1 + int((age - FIRST_QR_SECONDS) / NEXT_QR_SECONDS)
        # Derived, not kept: the same code for as long as it is good, another in the next turn or restart.
        noise = shake_256(self._qr_salt + f"{session_id} {session.updated_at} {turn}".encode()).digest(162)
        parts = (noise[:66], noise[66:98], noise[98:130], noise[130:])
        return "2@" + ",".join(b64encode(part).decode() for part in parts)

    def scan(self, session_id: str) -> StoredSession:
        """Let a phone scan the session's QR code."""
        with self._lock:
            return self._enter(self._expect(session_id, "SCAN_QR_CODE"), "CONNECTED", linked=True)

    def _expect(self, session_id: str, *expected: Status) -> StoredSession:
        session = self.session(session_id)
        if session.status not in expected:
            raise WrongStatus(session_id, session.status, expected)
        return session

    def _enter(self, session: StoredSession, status: Status, *, linked: bool = False) -> StoredSession:
        entered = attrs.evolve(session, status=status, updated_at=self._clock.now(), linked=linked or session.linked)
        self._sessions[session.id] = entered
        return entered

    def _settled(self, session: StoredSession, now: float) -> StoredSession:
        age = now - session.updated_at
        if session.status == "STARTING" and age >= self._start_after:
            status: Status = "CONNECTED" if session.linked else "SCAN_QR_CODE"
            began = session.updated_at + self._start_after
            return self._settled(attrs.evolve(session, status=status, updated_at=began), now)
        if session.status == "SCAN_QR_CODE":
            if self._scan_after is not None and age >= self._scan_after:
                began = session.updated_at + self._scan_after
                return attrs.evolve(session, status="CONNECTED", updated_at=began, linked=True)
            if age >= QR_SECONDS:
                return attrs.evolve(session, status="FAILED", updated_at=session.updated_at + QR_SECONDS)
        return session

    # Messages

    def send(self, *, session_id: str, to: str, content: str, type: str, body: Mapping[str, Any]) -> StoredMessage:
        """Take a message of a connected session; `to` is a chat id."""
        with self._lock:
            session = self.connected(session_id)
            message = StoredMessage(
                id=f"true_{to}_3EB0{secrets.token_hex(8).upper()}",
                session=session_id,
                sender=session.settings.phone_number,
                to=to,
                content=content,
                type=type,
                timestamp=self._clock.now(),
                body=body,
            )
            self._messages[message.id] = message
            self._by_chat[to].append(message)
            return message

    def message(self, message_id: str) -> StoredMessage:
        """Return a message by its id."""
        with self._lock:
            message = self._messages.get(message_id)
        if message is None:
            raise UnknownMessage(message_id)
        return message

    def messages(self, *, to: str | None = None, session_id: str | None = None) -> tuple[StoredMessage, ...]:
        """Return messages, oldest first: all, or those to a chat id, or from a session."""
        with self._lock:
            found = tuple(self._messages.values() if to is None else self._by_chat.get(to, ()))
        return found if session_id is None else tuple(one for one in found if one.session == session_id)

    # Requests

    def record(self, request: RecordedRequest) -> None:
        """Note a request that is being answered."""
        with self._lock:
            self._requests.append(request)

    def requests(self) -> tuple[RecordedRequest, ...]:
        """Return the requests answered, oldest first."""
        with self._lock:
            return tuple(self._requests)
