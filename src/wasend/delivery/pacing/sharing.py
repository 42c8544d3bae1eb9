"""
How pacers that share a store pace a session together. Nothing here waits or asks the store: it reads and changes the
value that is kept there, within one update of it.

A turn begins where every rule allows it for all that was sent, no other turn is under way, and nobody who has asked
before could begin one as well. Each of these is found out, and the turn noted, in the same update.
"""

from __future__ import annotations

from typing import Final

import attrs

from ..leases import Countdown, Heartbeat
from ..store_access import StoreAccess
from .history import HORIZON, History, Moment, SendRecord
from .profiles import Pacing
from .records import Kept, KeptSends, OpenTurn, Wish
from .waiter import Waiter

_GRACE: Final = 1.0
"""Seconds that others wait for one who has asked before them: it may have been killed."""
_SHORTEST_LOOK: Final = 0.002
_LONGEST_LOOK: Final = 0.1
"""Seconds until one looks again whose wait has no known end: at first, and after looking in vain several times."""


@attrs.define(eq=False)
class Claim:
    """
    A turn that somebody tries to begin, and its traces in the store.

    Attributes:
        owner: Which pacer's.
        kind: The kind of its send.
        chat: Where it goes.
        record: Its send.
        count: Which one of its kind it is, once it has been noted, or may have been.
        kept_at: The time that it is kept with.
        before: The sends of that kind before it.
        met: When the chat was sent to before it.
        given_up: Whether nobody waits for it any more.
        heartbeat: Puts its end off while it is under way.
    """

    owner: str
    kind: str
    chat: str
    record: SendRecord = attrs.field(init=False)
    count: int = 0
    kept_at: float = 0.0
    before: KeptSends | None = None
    met: float | None = None
    given_up: bool = False
    heartbeat: Heartbeat | None = None

    def is_under_way(self, kept: Kept) -> bool:
        """Whether its turn is the one that is under way."""
        turn = kept.turn
        return turn is not None and (turn.owner, turn.kind, turn.count) == (self.owner, self.kind, self.count)


@attrs.frozen
class Now:
    """
    The time.

    Attributes:
        at: By the clock that is never set.
        ahead: Seconds by which the store's time is ahead of that, at the least.
        slack: Seconds by which it may be more.
    """

    at: float
    ahead: float
    slack: float

    @property
    def time(self) -> float:
        """The store's time, no later than it is."""
        return self.at + self.ahead

    def kept(self, moment: float) -> float:
        """A moment of the clock that is never set as it is kept: in the store's time, no earlier than it is."""
        return moment + self.ahead + self.slack


@attrs.define(eq=False)
class Shared:
    """
    What one pacer knows of the others that pace a session.

    Attributes:
        session: The session's id.
        store: What they share.
        history: What was sent, by all.
        leases: How long their turns last.
        lease: How many seconds a turn lasts without being renewed.
        start_is_given: Whether the caller says since when the session exists.
        refusals: How often in a row a turn could not begin, and nobody else's had begun or ended meanwhile.
        contended: Whether others were faster, when one was last to begin.
        under_way: Whether a turn of another was under way when this was last looked at.
        asked: Whether this one has told the others that it waits.
    """

    session: str
    store: StoreAccess
    history: History
    leases: Countdown
    lease: float
    start_is_given: bool
    refusals: int = 0
    contended: bool = False
    under_way: bool = False
    asked: bool = False
    # Of each kind: how many sends are known, and the time that the last one was kept with.
    _known: dict[str, tuple[int, float]] = attrs.field(factory=dict[str, "tuple[int, float]"])
    # Of those who come first: their tickets, and since when they could have begun.
    _overdue: dict[str, tuple[int, float]] = attrs.field(factory=dict[str, "tuple[int, float]"])

    # Reading

    def merge(self, kept: Kept, owner: str, now: Now) -> list[str]:
        """
        Take in what others have sent.

        A send that seems to come from the future, or to have been made before the one before it, was kept under a clock
        that was wrong then. It counts as late as it can have been made: a rule may hold for too long, never too short.

        Args:
            kept: What the store holds.
            owner: Who asks.
            now: The time.

        Returns:
            The chats that others have sent to.
        """
        history, chats = self.history, list[str]()
        news = False
        for kind, sends in kept.kinds.items():
            count, last = self._known.get(kind, (0, 0.0))
            if sends.count < count or (sends.count == count and sends.last == last):
                continue
            self._known[kind] = sends.count, sends.last
            news = True
            same = history.sent.get(kind, [])
            fresh = sends.count - count
            moments = [time - now.ahead for time in sends.times(fresh + 1)]
            latest = now.at
            for place in range(len(moments) - 1, -1, -1):
                if moments[place] > now.at:
                    moments[place] = min(moments[place], latest)
                latest = moments[place]
            if same and len(moments) > fresh:  # the first was under way, maybe, when it was last looked at
                same[-1].at = max(same[-1].at, moments.pop(0))
            for moment in moments:
                at = max(moment, same[-1].at) if same else moment
                same.append(SendRecord(at, "", sends.jitter, sends.run, sends.gap))
            history.sent[kind] = same
        if news:
            self.refusals = 0
            for chat, time in kept.chats.items():
                moment = min(time - now.ahead, now.at)
                if moment > history.chats.get(chat, float("-inf")):
                    history.chats[chat] = moment
                    chats.append(chat)
            if kept.since is not None and not self.start_is_given:
                since = kept.since - now.ahead
                history.started = since if history.started is None else min(history.started, since)
        self._look_at_turn(kept, owner, now)
        return chats

    def _look_at_turn(self, kept: Kept, owner: str, now: Now) -> None:
        turn = kept.turn
        self.under_way = False
        if turn is None or turn.owner == owner:
            return
        left = self.leases.left((turn.owner, turn.kind, turn.count), turn.until, self.lease, now.time)
        self.under_way = left > 0
        if same := self.history.sent.get(turn.kind):
            # While it is under way it ends now at the earliest; one whose owner was killed has ended with its lease.
            same[-1].at = max(same[-1].at, now.at + min(left, 0))

    def comes_after_others(self, kept: Kept, owner: str, now: Now) -> bool:
        """Whether somebody who has asked before could begin a turn now; those who do not come forward are forgotten."""
        mine = kept.wishes[owner].ticket if owner in kept.wishes else kept.tickets
        overdue: dict[str, tuple[int, float]] = {}
        waits = False
        for other, wish in [*kept.wishes.items()]:
            due = max(wish.at - now.ahead, self.history.after_gap(wish.kind, wish.gap).at)
            if other == owner or wish.ticket >= mine or due > now.at:
                continue
            known = self._overdue.get(other)
            since = known[1] if known is not None and known[0] == wish.ticket else now.at
            overdue[other] = wish.ticket, since
            if now.at - since < _GRACE:
                waits = True
            else:
                del kept.wishes[other]
        self._overdue = overdue
        return waits

    def refused(self, refusal: Moment, now: Now) -> float:
        """Count a refusal; before when not to ask again, for mostly the history tells when a turn may begin."""
        self.refusals += 1
        if refusal.reason != "turn":
            return now.at
        return now.at + min(_SHORTEST_LOOK * float(2 ** min(self.refusals, 9)), _LONGEST_LOOK)

    # Writing

    def ask(self, kept: Kept, owner: str, waiter: Waiter, moment: Moment, now: Now) -> bool:
        """Have the others know that somebody waits here; whether they have to be told."""
        ours = moment.reason not in ("gap", "turn")
        at = moment.at + now.ahead if ours else now.time
        known = kept.wishes.get(owner)
        self.asked = True
        if known is not None and not (ours and at > known.at + _LONGEST_LOOK):
            return False
        ticket = kept.tickets if known is None else known.ticket
        kept.tickets += known is None
        kept.wishes[owner] = Wish(ticket, at, waiter.kind, waiter.profile.gap)
        return True

    def withdraw(self, kept: Kept, owner: str) -> None:
        """Have the others know that nobody waits here any more."""
        kept.wishes.pop(owner, None)

    def begin(self, kept: Kept, claim: Claim, profile: Pacing, now: Now) -> None:
        """Note that a turn has begun."""
        history, kind, record = self.history, claim.kind, claim.record
        history.forget(now.at)
        same = history.sent.get(kind, [])
        keep = len(same) if same and same[0].at >= now.at - HORIZON else 0
        sends = kept.kinds.get(kind)
        if sends is None or sends.count < self._known.get(kind, (0, 0.0))[0]:  # what the store held is gone
            sends = self._written_anew(kind, now)
        most = max(profile.per_hour or 0, profile.per_day or 0, *profile.warm_up, 0)
        at = now.kept(record.at)
        claim.before, claim.kept_at = sends, at
        if sends is None:
            kept.kinds[kind] = KeptSends(1, at, record.jitter, record.run, record.gap, most)
        else:
            kept.kinds[kind] = sends.followed_by(at, record.jitter, record.run, record.gap, most=most, keep=keep)
        claim.count = kept.kinds[kind].count
        if kept.since is None:
            kept.since = at
        kept.cooldown = max(kept.cooldown, profile.chat_cooldown)
        if kept.cooldown:
            claim.met = kept.chats.get(claim.chat)
            kept.chats = {chat: time for chat, time in kept.chats.items() if time > now.time - kept.cooldown}
            kept.chats[claim.chat] = at
        kept.turn = OpenTurn(claim.owner, kind, claim.count, now.time + self.lease)
        kept.wishes.pop(claim.owner, None)

    def begun(self, claim: Claim) -> None:
        """Count a send whose turn has begun."""
        self.contended = self.refusals > 0 or self.asked
        self.refusals, self.asked = 0, False
        same = self.history.sent.get(claim.kind, [])
        if self._known.get(claim.kind, (0, 0.0))[0] >= claim.count and same:
            same[-1] = claim.record  # it was read from the store just now
            self.history.chats[claim.chat] = claim.record.at
        else:
            self.history.add(claim.kind, claim.record)
        self._known[claim.kind] = claim.count, claim.kept_at

    def ended(self, claim: Claim, now: Now) -> None:
        """Remember when a turn has ended."""
        claim.kept_at = max(claim.kept_at, now.kept(claim.record.at))
        if self._known[claim.kind][0] == claim.count:
            self._known[claim.kind] = claim.count, claim.kept_at

    def end(self, kept: Kept, claim: Claim) -> None:
        """Note that a turn has ended."""
        if claim.is_under_way(kept):
            kept.turn = None
        sends = kept.kinds.get(claim.kind)
        if sends is not None and sends.count == claim.count:
            sends.last = max(sends.last, claim.kept_at)
        if claim.chat in kept.chats:
            kept.chats[claim.chat] = max(kept.chats[claim.chat], claim.kept_at)

    def renew(self, kept: Kept, claim: Claim, time: float) -> None:
        """Put the end of a turn off that is under way."""
        if claim.is_under_way(kept):
            kept.turn = OpenTurn(claim.owner, claim.kind, claim.count, time + self.lease)

    def take_back(self, kept: Kept, claim: Claim) -> None:
        """Undo a turn in which nothing was sent, where nobody has built on it."""
        if not claim.is_under_way(kept):
            return  # another has begun since
        kept.turn = None
        if claim.before is None:
            del kept.kinds[claim.kind]
        else:
            kept.kinds[claim.kind] = claim.before
        if claim.met is None:
            kept.chats.pop(claim.chat, None)
        else:
            kept.chats[claim.chat] = claim.met

    def _written_anew(self, kind: str, now: Now) -> KeptSends | None:
        count = self._known.get(kind, (0, 0.0))[0]
        sends: KeptSends | None = None
        for place, record in enumerate(self.history.sent.get(kind, ())):
            at = now.kept(record.at)
            if sends is None:
                sends = KeptSends(1, at, record.jitter, record.run, record.gap)
            else:
                sends = sends.followed_by(at, record.jitter, record.run, record.gap, most=0, keep=place)
        if sends is not None:
            sends.count = max(sends.count, count)
        return sends
