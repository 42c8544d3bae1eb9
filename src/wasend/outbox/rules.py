"""
What may become of a record, and when: the rules of the outbox, as decisions that any store can make in one step.

A call leaves once. Whoever wants to make it claims it; whoever has claimed it marks it as *sending* before its first
byte leaves; whoever finds one whose sender has ended without an outcome settles it before it may leave again. Each step
is refused to whoever has seen another `attempt` than the record has.

Of identical calls (see `delivery.settle.ledger`) a message is taken for the lost one's only while no other is leaving:
one that is being settled keeps the others from it, and waits for those that are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, TypeAlias

import attrs

from ..errors import IdempotencyConflictError
from .entry import OPEN, Change, Record, View
from .identity import Identity

Claimed: TypeAlias = Literal["held", "busy", "lost", "unknown", "sent", "refused"]
"""
What came of a claim: it is ours; somebody is at it; its sender has ended, and it is to be settled; nobody knows what
became of it; or it is over.
"""


DIGEST: Final = "#"
"""How the digest of an account begins; a name does not."""


@attrs.frozen(kw_only=True)
class Leaving:
    """
    A request that is about to leave.

    Attributes:
        since: When, in seconds since the epoch by the client's clock.
        lease: Seconds after which who sends it has certainly ended.
        intent: What it takes to look for it, as JSON.
    """

    since: float
    lease: float
    intent: str = attrs.field(repr=False)


def claim(
    view: View,
    *,
    account: Account,
    key: str,
    identity: Identity,
    fingerprint: int,
    holder: str,
    turn: int,
    turns: Collection[int] = (),
    leaving: Leaving | None = None,
    again: bool = False,
) -> Change[tuple[Claimed, Record]]:
    """
    Claim a call, or see what has become of it.

    Args:
        view: The records of its key and, where it leaves at once, the identical ones.
        account: Whose key it is.
        key: The key.
        identity: What the call is.
        fingerprint: Its own.
        holder: Who claims it.
        turn: Which of the holder's claims this is.
        turns: Those of its claims that are going on.
        leaving: Its request, where it leaves at once.
        again: Whether to make it again where nobody knows what became of it.

    Raises:
        IdempotencyConflictError: The key was used for another call.
    """
    theirs = [one for one in view.records if account.has(one, identity.session)]
    found = next((one for one in theirs if one.account == account.name), theirs[0] if theirs else None)
    if found is None:
        found = Record(
            account=account.name,
            key=key,
            session=identity.session,
            identity=identity.digest,
            fingerprint=fingerprint,
            state="released",
            attempt=0,
        )
    elif differs := identity.differs(found.identity):
        raise IdempotencyConflictError(key, differs)
    state = found.state
    if state == "sent" or state == "refused":  # noqa: PLR1714 - so that checkers see which
        return Change((state, found))
    given_up = state == "claimed" and found.holder == holder and found.turn not in turns
    if found.is_held and not given_up:
        return Change(("busy", found))
    if state in ("sending", "settling"):
        return Change(("lost", found))
    if state == "unknown" and not again:
        return Change(("unknown", found))
    mine = attrs.evolve(
        found,
        account=account.name,
        state="claimed",
        attempt=found.attempt + 1,
        holder=holder,
        turn=turn,
        lease=0.0,
        details=None,
        since=None,
        intent=None,
        claim=None,
        # The names by which the chat is known may be others by now.
        fingerprint=fingerprint,
    )
    if leaving is not None and not _is_settled_nearby(view, mine):
        mine = _left(mine, leaving)
    return Change(("held", mine), mine)


def leave(view: View, held: Record, leaving: Leaving) -> Change[tuple[Literal["left", "blocked", "gone"], Record]]:
    """
    Let a claimed call leave.

    Args:
        view: The records of its key, and the identical ones.
        held: The record, as it is held.
        leaving: Its request.

    Returns:
        ``left``; ``blocked`` while an identical one is being settled; ``gone`` where somebody else has taken it.
    """
    found = _held(view, held)
    if found is None:
        return Change(("gone", held))
    if found.state == "claimed" and _is_settled_nearby(view, found):
        return Change(("blocked", found))
    left = _left(found, leaving)
    return Change(("left", left), left)


def finish(view: View, held: Record, *, claim: str | None, details: str | None) -> Change[bool]:
    """
    Record that a call was answered: it was carried out.

    That counts whoever has taken the record meanwhile, unless it has left anew.

    Args:
        view: The records of its key, and those with the claim.
        held: The record as it was held.
        claim: What it has become.
        details: Its result.

    Returns:
        Whether it is recorded, and the claim with it.
    """
    found = _same(view, held)
    if found is None or found.sending_attempt != held.sending_attempt or found.state not in OPEN:
        if found is None or found.sending_attempt != held.sending_attempt or found.state != "sent":
            return Change(False)
        return Change(claim is None or found.claim == claim)  # it was written before, without an answer
    taken = any(one.id != found.id for one in view.claimed)
    ended = _ended(found, "sent", claim=None if taken else claim, details=details)
    return Change(not taken, ended)


def refuse(view: View, held: Record, *, details: str | None) -> Change[bool]:
    """
    Record that a call was not carried out: with why, where trying again cannot help; else it may be claimed anew.

    Returns:
        Whether it is recorded.
    """
    found = _held(view, held)
    if found is None:
        return Change(False)
    return Change(True, _ended(found, "released" if details is None else "refused", details=details))


def abandon(view: View, holder: str, turn: int) -> Change[bool]:
    """
    Release a claim that may have been made without an answer to the claimer; nothing has left.

    Returns:
        Whether there was one.
    """
    mine = next((one for one in view.records if (one.holder, one.turn) == (holder, turn)), None)
    if mine is None or mine.state not in ("claimed", "sending"):
        return Change(False)
    return Change(True, _ended(mine, "released", details=None))


def take(
    view: View, seen: Record, *, account: Account, holder: str, turn: int, beyond: float, own: bool = False
) -> Change[Record | None]:
    """
    Take a call over whose sender has ended, to settle it.

    Args:
        view: The records of its key.
        seen: The record, as it was seen.
        account: Whose it is from now on: the API key may be another by now.
        holder: Who takes it over.
        turn: Which of the holder's claims this is.
        beyond: Seconds after the end of its lease at which it would certainly be there if it was carried out; less than
            0 where that is before.
        own: Whether the sender itself does so.

    Returns:
        The record; `None` where somebody else was faster.
    """
    found = _same(view, seen)
    if found is None or found.attempt != seen.attempt or found.state not in OPEN or (found.is_held and not own):
        return Change(None)
    left = found.lease
    if found.state == "sending":
        # Where its sender was silent for a while only, nothing but its message tells anything before its lease is over.
        left = beyond + found.lease if own else max(found.lease, beyond + found.lease)
    left = max(0.0, left)
    name = found.account if any(one.account == account.name for one in view.records) else account.name
    mine = attrs.evolve(
        found, account=name, state="settling", attempt=found.attempt + 1, holder=holder, turn=turn, lease=left
    )
    return Change(mine, mine)


def found(
    view: View, held: Record, *, claim: str, details: str | None
) -> Change[Literal["done", "taken", "busy", "gone"]]:
    """
    Record that a call was carried out, as its message was found.

    Args:
        view: The records of its key, the identical ones, and those with the claim.
        held: The record that is being settled.
        claim: What was found.
        details: The result.

    Returns:
        ``taken`` where it belongs to another call, ``busy`` while an identical one is under way, ``gone`` where
        somebody else has settled this one.
    """
    mine = _same(view, held)
    if mine is None or mine.attempt != held.attempt or mine.state != "settling":
        return Change("gone")
    if any(one.id != mine.id for one in view.claimed):
        return Change("taken")
    if is_busy(view, mine):
        return Change("busy")
    return Change("done", _ended(mine, "sent", claim=claim, details=details))


def lost(view: View, held: Record, *, sent: bool | None, details: str | None) -> Change[bool]:
    """
    Record what settling a call came to where it was not found.

    Args:
        view: The records of its key, and the identical ones.
        held: The record that is being settled.
        sent: `False`: it was not carried out; `None`: nobody knows.
        details: Why.

    Returns:
        Whether it is recorded.
    """
    mine = _same(view, held)
    if mine is None or mine.attempt != held.attempt or mine.state != "settling":
        return Change(False)
    if sent is None:
        return Change(True, attrs.evolve(mine, state="unknown", holder="", details=details))
    return Change(True, _ended(mine, "released", details=details))


def let_go(view: View, holder: str, turn: int) -> Change[bool]:
    """
    Leave a call to whoever looks for it next: settling it was interrupted, if only while it was taken over.

    Returns:
        Whether there was one.
    """
    mine = next((one for one in view.records if (one.holder, one.turn) == (holder, turn)), None)
    if mine is None or mine.state != "settling":
        return Change(False)
    return Change(True, attrs.evolve(mine, holder=""))


def decree(
    view: View, account: Account, outcome: Literal["sent", "not_sent"], details: str
) -> Change[tuple[Record | None, bool]]:
    """
    Record a person's word.

    Returns:
        The record, if there is one; and whether that is recorded: not where it is not open, or somebody is at it.
    """
    mine = next((one for one in view.records if one.account == account.name), None)
    if mine is None or mine.state not in OPEN or mine.is_held:
        return Change((mine, False))
    ended = _ended(mine, "sent" if outcome == "sent" else "released", details=details)
    ended = attrs.evolve(ended, attempt=mine.attempt + 1)
    return Change((ended, True), ended)


def is_busy(view: View, record: Record) -> bool:
    """Whether an identical call is under way, whose message may be what is found."""
    return any(one.id != record.id and one.state == "sending" and one.lease > 0 for one in view.identical)


def unshown(view: View, record: Record, read: Collection[str]) -> int:
    """How many identical calls were carried out and may be what is found: none of what was read is known as theirs."""
    others = [one for one in view.identical if one.id != record.id and one.state == "sent"]
    return sum(one.claim is None or one.claim not in read for one in others)


@attrs.frozen
class Account:
    """
    Whose keys they are.

    Attributes:
        name: Its name, or a digest of the service's address and the API key.
        service: The digest of the service's address alone; empty where the account has a name.
    """

    name: str
    service: str = ""

    def has(self, record: Record, session: str) -> bool:
        """
        Whether a record of the key is this account's.

        A session belongs to one account: it shows that the account is the same where the API key is another by now.
        """
        if record.account == self.name:
            return True
        if not session or record.session != session:
            return False
        return not self.service or not _is_digest(record.account) or record.account.startswith(self.service)


def _is_digest(account: str) -> bool:
    return account.startswith(DIGEST)


def _same(view: View, record: Record) -> Record | None:
    return next((one for one in view.records if one.account == record.account), None)


def _held(view: View, record: Record) -> Record | None:
    """A record that is claimed or sending, if it is still held by the same claim."""
    found = _same(view, record)
    if found is None or found.state not in ("claimed", "sending"):
        return None
    # A claim that waits for longer than keys are kept is forgotten, and the attempts of the next one begin anew.
    same = (found.attempt, found.holder, found.turn) == (record.attempt, record.holder, record.turn)
    return found if same else None


def _is_settled_nearby(view: View, record: Record) -> bool:
    return any(one.id != record.id and one.state == "settling" and one.is_held for one in view.identical)


def _left(record: Record, leaving: Leaving) -> Record:
    first = record.since if record.state == "sending" else None
    return attrs.evolve(
        record,
        state="sending",
        sending_attempt=record.attempt,
        lease=leaving.lease,
        since=leaving.since if first is None else min(first, leaving.since),
        intent=leaving.intent,
    )


def _ended(
    record: Record, state: Literal["sent", "refused", "released"], *, claim: str | None = None, details: str | None
) -> Record:
    return attrs.evolve(record, state=state, holder="", lease=0.0, intent=None, claim=claim, details=details)
