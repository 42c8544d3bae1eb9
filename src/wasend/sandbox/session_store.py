"""
The sandbox's sessions.

Nothing runs in the background: what time has done to a session is worked out when somebody looks at it.
"""

from __future__ import annotations

import secrets
import threading
from base64 import b64encode
from hashlib import shake_256

import attrs

from wasend.sandbox.chat_ids import person
from wasend.sandbox.clock import Clock
from wasend.sandbox.refusals import NameTaken, Status, Unknown, WrongStatus

FIRST_QR_SECONDS = 60
NEXT_QR_SECONDS = 20
QR_CODES = 6
QR_SECONDS = FIRST_QR_SECONDS + (QR_CODES - 1) * NEXT_QR_SECONDS


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

    @property
    def own_id(self) -> str:
        """The chat id of the session's own number."""
        return person(self.settings.phone_number)


class SessionStore:
    """Every session, by its id."""

    def __init__(self, lock: threading.RLock, clock: Clock, *, scan_after: float | None, start_after: float) -> None:
        self._lock = lock
        self._clock = clock
        self._scan_after = scan_after
        self._start_after = start_after
        self._qr_salt = secrets.token_bytes(16)
        self._sessions: dict[str, StoredSession] = {}

    def reset(self) -> None:
        """Forget every session."""
        with self._lock:
            self._sessions.clear()

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

    def every(self) -> dict[str, StoredSession]:
        """Return every session by its id, oldest first."""
        with self._lock:
            return {session_id: self.get(session_id) for session_id in self._sessions}

    def get(self, session_id: str) -> StoredSession:
        """Return a session as it is now."""
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                raise Unknown("Session", session_id)
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
            self.get(session_id)
            del self._sessions[session_id]

    def start(self, session_id: str) -> StoredSession:
        """Start a session; one that is under way stays as it is, one that failed needs `restart`."""
        with self._lock:
            session = self._expect(session_id, "CREATED", "STOPPED", "STARTING", "SCAN_QR_CODE", "CONNECTED")
            return self._enter(session, "STARTING") if session.status in ("CREATED", "STOPPED") else session

    def stop(self, session_id: str) -> StoredSession:
        """Stop a session; the phone stays linked."""
        with self._lock:
            session = self.get(session_id)
            return session if session.status == "STOPPED" else self._enter(session, "STOPPED")

    def restart(self, session_id: str) -> StoredSession:
        """Start a session anew, whatever it is doing."""
        with self._lock:
            return self._enter(self.get(session_id), "STARTING")

    def qr_code(self, session_id: str, *, start: bool = False) -> str:
        """
        Return the text of the QR code that a phone would scan now.

        Args:
            session_id: Which session.
            start: Whether asking takes a session that was only created on to where it can be scanned.
        """
        with self._lock:
            session = self.get(session_id)
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
        session = self.get(session_id)
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
