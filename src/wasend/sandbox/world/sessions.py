"""
The sandbox's sessions.

What time has done to a session is worked out when somebody looks at it, and the scheduler looks in time.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hashlib import shake_256
from random import Random
from typing import Literal, TypeAlias

import attrs

from wasend.sandbox.world.clock import Scheduler
from wasend.sandbox.world.people import person
from wasend.sandbox.world.store import NameTaken, Restricted, Status, Table, Unknown, WrongStatus

FIRST_QR_SECONDS = 60
NEXT_QR_SECONDS = 20
QR_CODES = 6
QR_SECONDS = FIRST_QR_SECONDS + (QR_CODES - 1) * NEXT_QR_SECONDS

_UNDER_WAY: tuple[Status, ...] = (
    "STARTING",
    "SCAN_QR_CODE",
    "PASSKEY_REQUIRED",
    "PASSKEY_CONFIRMATION_REQUIRED",
    "CONNECTED",
)


@attrs.frozen(kw_only=True)
class SessionSettings:
    """What a caller asks for in a new session."""

    name: str
    phone_number: str
    enable_account_protection: bool = False
    enable_message_logging: bool = False
    enable_webhook: bool = False
    webhook_url: str | None = None


Signal: TypeAlias = Literal["463", "475"]
"""Why WhatsApp lets a session send nothing: it wrote to too many strangers (463), or too much (475)."""


@attrs.frozen
class Restriction:
    """A session can send nothing; `until` is in seconds since the epoch, None if nobody knows."""

    signal: Signal
    until: float | None = None


@attrs.frozen(kw_only=True)
class StoredSession:
    """
    A session at one moment.

    Times are seconds since the epoch by the sandbox's clock. `updated_at` is when `status` began; `linked`
    says that a phone has scanned it once, so that it connects again without a scan; `account` is whose it is;
    `history` the last three statuses, with the time of each; `restriction` what WhatsApp holds against it.
    """

    id: str
    account: str
    settings: SessionSettings
    status: Status
    created_at: float
    updated_at: float
    linked: bool = False
    history: tuple[tuple[Status, float], ...] = ()
    restriction: Restriction | None = None

    @property
    def own_id(self) -> str:
        """The chat id of the session's own number."""
        return person(self.settings.phone_number)


@attrs.frozen
class SessionChanged:
    """A session has entered a status, or shows its next QR code; `at` is when, `session` what it was then."""

    session: StoredSession
    at: float


@attrs.frozen
class RestrictionChanged:
    """WhatsApp restricts a session, or, if not `active`, no longer."""

    session: StoredSession
    restriction: Restriction
    active: bool = True


SessionEvent: TypeAlias = SessionChanged | RestrictionChanged


@attrs.define(eq=False, repr=False)
class SessionStore:
    """Every session by its id, and the account of each that exists or did."""

    _lock: threading.RLock
    _scheduler: Scheduler
    _random: Random
    _publish: Callable[[SessionEvent], object]
    _scan_after: float | None
    _start_after: float
    _qr_salt: bytes = attrs.field(init=False)
    table: Table[StoredSession] = attrs.field(factory=Table[StoredSession], init=False)
    owners: Table[str] = attrs.field(factory=Table[str], init=False)

    def __attrs_post_init__(self) -> None:
        self._qr_salt = self._random.randbytes(16)

    def restored(self) -> None:
        """Go on with the sessions that somebody else has put into the table."""
        for session in self.table.values():
            self._schedule(session)
            self._schedule_lift(session)

    # Each of these refuses a session of another account, as if it were not there; None asks for all accounts.

    def create(self, settings: SessionSettings, account: str) -> StoredSession:
        """Add a session; its status is CREATED."""
        with self._lock:
            if any(session.settings.name == settings.name for session in self.every(account).values()):
                raise NameTaken(settings.name)
            session_id = f"ses_{self._random.getrandbits(32):08x}"
            while session_id in self.owners:
                session_id = f"ses_{self._random.getrandbits(32):08x}"
            now = self._scheduler.now()
            session = StoredSession(
                id=session_id, account=account, settings=settings, status="CREATED", created_at=now, updated_at=now
            )
            self.owners[session_id] = account
            self.table[session_id] = session
            return session

    def every(self, account: str | None = None) -> dict[str, StoredSession]:
        """Return every session by its id, oldest first."""
        with self._lock:
            return {
                session.id: self.get(session.id)
                for session in list(self.table.values())
                if account in (None, session.account)
            }

    def get(self, session_id: str, account: str | None = None) -> StoredSession:
        """Return a session as it is now."""
        with self._lock:
            session = self.table.get(session_id)
            if session is None or account not in (None, session.account):
                raise Unknown("Session", session_id)
            now = self._scheduler.now()
            while (later := self._by_itself(session)) is not None and later.updated_at <= now:
                session = self._keep(later)
            return session

    def is_of(self, session_id: str, account: str | None) -> bool:
        """Return whether a session is or was an account's."""
        return account in (None, self.owners.get(session_id))

    def connected(self, session_id: str, account: str | None = None) -> StoredSession:
        """Return a session that is connected, or refuse."""
        return self._expect(session_id, account, "CONNECTED")

    def unrestricted(self, session_id: str, account: str | None = None) -> StoredSession:
        """Return a session of which WhatsApp takes what it sends, or refuse."""
        session = self.connected(session_id, account)
        if session.restriction is not None:
            raise Restricted(session.restriction.signal)
        return session

    def delete(self, session_id: str, account: str | None = None) -> None:
        """Remove a session; what it sent stays readable."""
        with self._lock:
            self.get(session_id, account)
            del self.table[session_id]

    def start(self, session_id: str, account: str | None = None) -> StoredSession:
        """Start a session; one that is under way stays as it is, one that failed needs `restart`."""
        with self._lock:
            session = self.get(session_id, account)
            if session.status == "FAILED":
                raise WrongStatus(session_id, session.status, ("CREATED", "STOPPED", *_UNDER_WAY))
            return session if session.status in _UNDER_WAY else self._enter(session, "STARTING")

    def stop(self, session_id: str, account: str | None = None) -> StoredSession:
        """Stop a session; the phone stays linked."""
        with self._lock:
            session = self.get(session_id, account)
            return session if session.status == "STOPPED" else self._enter(session, "STOPPED")

    def restart(self, session_id: str, account: str | None = None) -> StoredSession:
        """Start a session anew that has stopped, failed or not connected yet."""
        with self._lock:
            session = self.get(session_id, account)
            if session.status in ("CREATED", "CONNECTED"):
                raise WrongStatus(session_id, session.status, ("STOPPED", "FAILED"))
            return self._enter(session, "STARTING")

    def qr_code(self, session_id: str, account: str | None = None, *, start: bool = False) -> str:
        """Return the text of the QR code to scan now; `start` takes a session that was only created to that state."""
        with self._lock:
            session = self.get(session_id, account)
            if start and session.status == "CREATED":
                self._enter(session, "SCAN_QR_CODE")
            session = self._expect(session_id, account, "SCAN_QR_CODE")
            age = self._scheduler.now() - session.updated_at
        turn = 0 if age < FIRST_QR_SECONDS else 1 + int((age - FIRST_QR_SECONDS) / NEXT_QR_SECONDS)
        # Derived, not kept: the same code for as long as it is good, another in the next turn or restart.
        noise = shake_256(self._qr_salt + f"{session_id} {session.updated_at} {turn}".encode()).digest(162)
        parts = (noise[:66], noise[66:98], noise[98:130], noise[130:])
        return "2@" + ",".join(b64encode(part).decode() for part in parts)

    def log_out(self, session_id: str) -> StoredSession:
        """Let the phone's owner take the session off the linked devices: the next start asks for a scan again."""
        with self._lock:
            session = self._expect(session_id, None, "CONNECTED")
            return self._enter(attrs.evolve(session, linked=False), "FAILED")

    def restrict(self, session_id: str, restriction: Restriction | None) -> StoredSession:
        """Restrict a session, or, with None, lift what restricts it."""
        with self._lock:
            session = self.get(session_id)
            changed = attrs.evolve(session, restriction=restriction)
            if changed != session:
                self.table[session_id] = changed
                if session.restriction is not None:
                    self._publish(RestrictionChanged(changed, session.restriction, active=False))
                if restriction is not None:
                    self._publish(RestrictionChanged(changed, restriction))
                self._schedule_lift(changed)
            return changed

    def _schedule_lift(self, session: StoredSession) -> None:
        if session.restriction is not None and session.restriction.until is not None:
            self._scheduler.add_at(session.restriction.until, partial(self._lift, session.id, session.restriction))

    def _lift(self, session_id: str, restriction: Restriction) -> None:
        session = self.table.get(session_id)
        if session is not None and session.restriction is restriction:
            self.restrict(session_id, None)

    def scan(self, session_id: str, *, passkey: bool = False) -> StoredSession:
        """Let a phone scan the session's QR code; with `passkey`, WhatsApp asks for one before it connects."""
        with self._lock:
            session = self._expect(session_id, None, "SCAN_QR_CODE")
            return self._enter(session, "PASSKEY_REQUIRED") if passkey else self._enter(session, "CONNECTED", True)

    def passkey(self, session_id: str) -> StoredSession:
        """Let the phone give its passkey."""
        with self._lock:
            return self._enter(self._expect(session_id, None, "PASSKEY_REQUIRED"), "PASSKEY_CONFIRMATION_REQUIRED")

    def confirm_passkey(self, session_id: str) -> StoredSession:
        """Let the phone's owner confirm the passkey: the session is connected."""
        with self._lock:
            session = self._expect(session_id, None, "PASSKEY_CONFIRMATION_REQUIRED")
            return self._enter(session, "CONNECTED", True)

    def add(self, settings: SessionSettings, account: str) -> StoredSession:
        """Add a session that a phone has scanned already."""
        with self._lock:
            return self._enter(self.create(settings, account), "CONNECTED", True)

    def _expect(self, session_id: str, account: str | None, *expected: Status) -> StoredSession:
        session = self.get(session_id, account)
        if session.status not in expected:
            raise WrongStatus(session_id, session.status, expected)
        return session

    def _enter(self, session: StoredSession, status: Status, linked: bool = False) -> StoredSession:
        return self._keep(_entered(session, status, self._scheduler.now(), linked=linked))

    def _keep(self, session: StoredSession) -> StoredSession:
        self.table[session.id] = session
        self._publish(SessionChanged(session, session.updated_at))
        self._schedule(session)
        return session

    def _schedule(self, session: StoredSession) -> None:
        if (later := self._by_itself(session)) is not None:
            self._scheduler.add_at(later.updated_at, partial(self._look, session.id))
        if session.status == "SCAN_QR_CODE":
            first, now = session.updated_at + FIRST_QR_SECONDS, self._scheduler.now()
            for at in (first + turn * NEXT_QR_SECONDS for turn in range(QR_CODES - 1)):
                if at > now:
                    self._scheduler.add_at(at, partial(self._show_next_qr, session, at))

    def _show_next_qr(self, shown: StoredSession, at: float) -> None:
        session = self.table.get(shown.id)
        if session is not None and (session.status, session.updated_at) == (shown.status, shown.updated_at):
            self._publish(SessionChanged(session, at))

    def _look(self, session_id: str) -> None:
        if session_id in self.table:
            self.get(session_id)

    def _by_itself(self, session: StoredSession) -> StoredSession | None:
        """Return what the session turns into by itself, and when, if nobody does anything before."""
        status: Status
        if session.status == "STARTING":
            status, after = "CONNECTED" if session.linked else "SCAN_QR_CODE", self._start_after
        elif session.status == "SCAN_QR_CODE":
            status, after = ("FAILED", QR_SECONDS) if self._scan_after is None else ("CONNECTED", self._scan_after)
        else:
            return None
        return _entered(session, status, session.updated_at + after, linked=status == "CONNECTED")


def _entered(session: StoredSession, status: Status, at: float, *, linked: bool) -> StoredSession:
    history = (*session.history, (status, at))[-3:]
    return attrs.evolve(session, status=status, updated_at=at, linked=linked or session.linked, history=history)
