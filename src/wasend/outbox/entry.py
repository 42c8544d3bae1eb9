"""A call with a key, as a store keeps it: its states, what is asked of a store, and what a person is shown of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Generic, Literal, TypeAlias, TypeVar

import attrs

T = TypeVar("T")

State: TypeAlias = Literal["claimed", "sending", "settling", "sent", "refused", "released", "unknown"]
"""
How far a call has come. ``claimed``: somebody is about to make it; nothing has left. ``sending``: its request is
leaving, or has left. ``settling``: somebody is looking for what became of it. ``sent``: it was carried out.
``refused``: the service refused it, and trying again cannot help. ``released``: it was not carried out, and may be made
again. ``unknown``: nobody knows whether it was carried out.
"""

OPEN: Final[tuple[State, ...]] = ("sending", "settling", "unknown")
"""The states in which it is not known what became of a call. Such a record is never forgotten."""


@attrs.frozen(kw_only=True)
class Record:
    """
    A call with a key.

    Times that are to run out are spans: seconds from now by the store's own clock, when they are written and when they
    are read. So no other clock, and no change of one, makes them longer.

    Attributes:
        id: What the store calls it; `None` of one that it does not hold yet.
        account: Whose key it is.
        key: The caller's key.
        session: The session by which it sends; empty where it has none.
        identity: Digests of what the call is; see `identity`.
        fingerprint: The same for calls that nobody can tell apart by what they bring into being, as a number.
        state: How far it has come.
        attempt: A fencing number, which grows with each claim and take-over: a holder that has another one has lost it.
        holder: Who holds it, while it is ``claimed``, ``sending`` or ``settling``.
        turn: Which of the holder's claims this is.
        sending_attempt: The `attempt` in which its request was sent last; 0 if none was.
        lease: While it is ``sending``: seconds until its holder has certainly ended, if only by being killed. While it
            is ``settling`` or ``unknown``: seconds until it would certainly be there if it was carried out.
        holder_lease: Seconds until its holder is taken for dead. The store fills it.
        changed: When it was changed last, in seconds since the epoch. The store fills it.
        since: When its request left first, in seconds since the epoch by the clock of who sent it.
        intent: What it takes to look for it, as JSON; nothing once it is known what became of it.
        claim: What it has become: the place and the id of a message, a session or a group; no two records have one.
        details: Its result, its refusal, or why it is unknown, as JSON.
    """

    account: str
    key: str
    session: str
    identity: bytes
    fingerprint: int
    state: State
    attempt: int
    id: int | str | None = None
    holder: str = ""
    turn: int = 0
    sending_attempt: int = 0
    lease: float = 0.0
    holder_lease: float = 0.0
    changed: float = 0.0
    since: float | None = None
    intent: str | None = attrs.field(default=None, repr=False)
    claim: str | None = None
    details: str | None = attrs.field(default=None, repr=False)

    @property
    def is_held(self) -> bool:
        """Whether somebody who may be alive is at it."""
        if self.state == "sending":
            return self.lease > 0 and self.holder_lease > 0
        return self.state in ("claimed", "settling") and self.holder_lease > 0


@attrs.frozen
class Query:
    """
    Which records a decision needs to see.

    Attributes:
        key: Those of this key, of all accounts.
        fingerprints: Those with one of these fingerprints that are open;
        changed_since: or were changed since then, in seconds since the epoch.
        claims: Those with one of these claims.
    """

    key: str
    fingerprints: tuple[int, ...] = ()
    changed_since: float = math.inf
    claims: tuple[str, ...] = ()


@attrs.frozen
class View:
    """What a `Query` finds, at one moment."""

    records: Sequence[Record] = ()
    identical: Sequence[Record] = ()
    claimed: Sequence[Record] = ()


@attrs.frozen
class Change(Generic[T]):
    """
    What is decided.

    Attributes:
        answer: What the one who asked gets.
        record: The record to write, in place of the one of the same `Record.id`; `None` where nothing is written.
    """

    answer: T
    record: Record | None = None


Decision: TypeAlias = Callable[[View], Change[T]]
"""
Decides by what is there. It uses nothing else, does nothing else, and may be called again. Where it raises, nothing is
written.
"""


@attrs.frozen(kw_only=True)
class Entry:
    """
    A call with a key, as a person sees it.

    Attributes:
        key: The key.
        state: How far it has come: ``"waiting"`` (not sent yet), ``"sending"``, ``"sent"``, ``"refused"``,
            ``"not_sent"`` (the next call with its key sends it) or ``"unknown"``.
        session: The id of its session; empty where it has none.
        changed: When that was noted (UTC).
        message_id: WhatsApp's own id of the message, as far as it is known; of a new session or group, its id.
        since: When its request left (UTC); `None` if none has.
        route: Its verb and route, such as ``POST /sendText``, while it is not known what became of it.
        to: Whom it was sent to, while that is not known.
        text: Its text or caption, likewise.
        reason: Why it is unknown, or refused; how it was found.
        seen: The ids of what was there instead.
    """

    key: str
    state: Literal["waiting", "sending", "sent", "refused", "not_sent", "unknown"]
    session: str
    changed: datetime
    message_id: str | None = None
    since: datetime | None = None
    route: str | None = None
    to: str | None = attrs.field(default=None, repr=False)
    text: str | None = attrs.field(default=None, repr=False)
    reason: str = ""
    seen: tuple[str, ...] = ()
