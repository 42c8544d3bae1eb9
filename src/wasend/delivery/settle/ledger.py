"""
Which message belongs to which send: the account of what this process has sent, so that no message is taken for two.

Sends that nobody can tell apart in the chat (same session, same chat, same text) are *identical*: they have the same
fingerprint, or had it if their chat were called by the same of its names. Three rules keep the account right:

1. A message belongs to one send only. Whoever gets its id in an answer, or finds it in the chat, claims it, and a
   claimed message is never found again. Claiming is one step under a lock.
2. Nothing is claimed while an identical send is in flight, for what is found might be its message, and its answer is
   about to say so. A search keeps new identical sends from beginning and waits for those that have begun. Either wait
   ends after `PATIENCE` seconds, and at once where the other's event loop was closed: then the send goes on, and the
   search claims nothing.
3. What may own a message is left one. That is a send whose task was cancelled, or that was answered without an id; and
   one whose id is not among what was read, for an engine may show another id than it answered.

So when the lost ones of n identical sends are searched for, every message whose send was answered is claimed, and the
unclaimed ones are those of the lost: if k of the lost were delivered there are k such messages, each is claimed by one,
and k sends turn out as sent, no more and no fewer. Which of them got which message cannot be told, and makes no
difference. Several may search at once: claiming keeps them apart.

The ledger is kept for each service (base URL) and clock, over all clients, tasks and threads; it ends with the process.
What came before it, it cannot know: `known_since` says when it began. A forked process begins with a copy, and knows
nothing of what came before the fork and was not claimed by then. Other processes, and people at the phone, are not in
it: an identical message that they send at the same moment is taken for a lost one. It is bounded: the oldest claims are
forgotten, and it knows how far back it reaches.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Collection, Sequence
from typing import Final, TypeAlias

import attrs

from ..._core.clock import Clock
from ..._core.engine import Engine
from .chats import ChatNames
from .message_ids import MessageIds
from .times import MARGIN

PATIENCE: Final = 120.0
"""Seconds for which a send waits for searches, and a search for sends in flight, at most."""
_CHECK: Final = 1.0
"""Seconds after which to see whether the loop of whom one waits for was closed."""
_MOST: Final = 50_000
"""How many claims are remembered, at most."""
_KEPT: Final = 24 * 60 * 60.0
"""Seconds for which they are."""
_LATE: Final = 120.0
"""Seconds for which the message of a send that was given up may still appear in the chat."""
_SOON: Final = 10.0
"""The same of a send that was answered, but without an id."""


Claim: TypeAlias = tuple[str, str]
"""A message: where its key is unique, such as in a session, and its key."""


@attrs.define(eq=False)
class IdenticalSends:
    """
    Sends with the same fingerprint, of which at least one is in flight or searched for.

    Attributes:
        fingerprint: What they have in common.
        in_flight: Those that have begun and not ended.
        searches: The searches for lost ones that are going on.
        waiting: Who waits for one of these to become empty.
    """

    fingerprint: str
    in_flight: set[Turn] = attrs.field(factory=set["Turn"])
    searches: set[Turn] = attrs.field(factory=set["Turn"])
    waiting: list[asyncio.Future[None]] = attrs.field(factory=list[asyncio.Future[None]])

    def wake_all(self) -> None:
        """Let all who wait check again, in whichever thread they are."""
        for future in self.waiting:
            try:
                future.get_loop().call_soon_threadsafe(_release, future)
            except RuntimeError:  # its event loop is closed, so nobody waits there any more
                continue
        self.waiting.clear()


@attrs.frozen(eq=False)
class Turn:
    """
    A send or a search under way.

    Attributes:
        identical: Those that it is identical to.
        began: When it began, in seconds since the epoch.
        loop: The event loop that it runs in.
    """

    identical: IdenticalSends
    began: float
    loop: asyncio.AbstractEventLoop | None

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody can end it any more."""
        return self.loop is not None and self.loop.is_closed()


@attrs.frozen
class _Owned:
    """To whom a message belongs: a send, from its beginning to its end."""

    fingerprint: str
    began: float
    ended: float


@attrs.frozen(kw_only=True)
class Search:
    """
    Whose message is searched for.

    Attributes:
        since: When the send began, in seconds since the epoch.
        owner: The send's identity: who has claimed a message gets that one again.
        described: Whether it is known by a description alone, so that it may be one that the ledger counts as given up.
    """

    since: float
    owner: str
    described: bool = False


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _changed(alike: Sequence[IdenticalSends]) -> asyncio.Future[None]:
    """What to await before checking again whether one may go on."""
    future = asyncio.get_running_loop().create_future()
    for one in alike:
        one.waiting.append(future)
    return future


class Ledger:
    """
    The ledger of one service; `ledger_of` finds it. Safe from any thread and event loop.

    Attributes:
        clock: Where its times come from.
        known_since: Since when, in seconds since the epoch, it knows of every send of this program.
        names: Under which ids the service files chats.
        ids: What becomes of message ids of our making.
    """

    def __init__(self, clock: Clock, known_since: float = -math.inf) -> None:
        self.clock = clock
        self.known_since = known_since
        self.names = ChatNames()
        self.ids = MessageIds()
        self._number = itertools.count()
        self._claims: OrderedDict[Claim, _Owned] = OrderedDict()
        self._alike: dict[str, set[Claim]] = {}
        self._owners: OrderedDict[str, list[Claim]] = OrderedDict()
        self._in_doubt: OrderedDict[int, tuple[str, float]] = OrderedDict()
        self._forgotten = -math.inf
        self._forget_in_flight()

    def forked(self) -> None:
        """Begin anew in a forked process: nothing is in flight, and of what was, nothing is known."""
        self._forget_in_flight()
        self.names.forget_waiting()
        self.ids.forget_waiting()
        if not _is_simulated(self.clock):
            self.known_since = self.clock.now()

    def _forget_in_flight(self) -> None:
        # In a forked process another thread may have held the lock. It is reentrant: an abandoned task ends its send
        # when it is garbage-collected, maybe within one of these blocks.
        self._lock = threading.RLock()
        self._active: dict[str, IdenticalSends] = {}

    async def begin_send(self, fingerprints: Sequence[str]) -> Turn:
        """
        Begin a send, to be ended by `end_send`; waits while somebody searches for an identical one.

        Args:
            fingerprints: Its own, and those that it would have if its chat were called otherwise.
        """
        patience = _Patience()
        while True:
            with self._lock:
                identical = self._identical(fingerprints[0])
                alike = self._alike_to(fingerprints)
                if patience.is_over or not any(one.searches for one in alike):
                    turn = self._turn(identical)
                    identical.in_flight.add(turn)
                    return turn
                changed = _changed(alike)
            await patience.wait(changed)

    def end_send(
        self, turn: Turn, *, claim: Claim | None = None, in_doubt: bool = False, answered: bool = False
    ) -> None:
        """
        End a send.

        Args:
            turn: What `begin_send` returned.
            claim: The message that it is known to have become.
            in_doubt: Whether it may have become a message that nobody will search for.
            answered: Whether it was answered, so that the message does not appear much later.
        """
        now = self.clock.now()
        with self._lock:
            identical = turn.identical
            if claim is not None:
                self._claim(claim, _Owned(identical.fingerprint, turn.began, now))
            if turn not in identical.in_flight:  # it was taken for abandoned
                return
            if in_doubt:
                self._doubt(identical.fingerprint, now + (_SOON if answered else _LATE))
            identical.in_flight.discard(turn)
            if not identical.in_flight:
                self._wake(identical)

    async def begin_search(self, fingerprints: Sequence[str]) -> Turn:
        """
        Begin a search for lost sends, to be ended by `end_search`; waits while identical sends are in flight.

        Args:
            fingerprints: As for `begin_send`.
        """
        with self._lock:
            identical = self._identical(fingerprints[0])
            turn = self._turn(identical)
            identical.searches.add(turn)
        patience = _Patience()
        try:
            while True:
                with self._lock:
                    alike = self._alike_to(fingerprints)
                    if patience.is_over or not any(one.in_flight for one in alike):
                        return turn
                    changed = _changed(alike)
                await patience.wait(changed)
        except BaseException:
            self.end_search(turn)
            raise

    def end_search(self, turn: Turn) -> None:
        """End a search: those who wait to send go on."""
        with self._lock:
            turn.identical.searches.discard(turn)
            if not turn.identical.searches:
                self._wake(turn.identical)

    def claim_one(
        self, search: Search, fingerprints: Sequence[str], found: Sequence[Claim], read: Collection[Claim] = ()
    ) -> Claim | None:
        """
        Claim one of the messages that a lost send may have become.

        Args:
            search: Whose message it would be.
            fingerprints: As for `begin_send`, as far as names are known by now.
            found: The messages that were found, the oldest first.
            read: Every message that was read, these among them.

        Returns:
            The claimed one; `None` if each of them belongs, or may belong, to another send.
        """
        now = self.clock.now()
        with self._lock:
            mine = [claim for claim in self._owners.get(search.owner, ()) if claim in found]
            if mine:
                return mine[0]
            free = [claim for claim in found if claim not in self._claims]
            doubts = [
                number
                for number, (fingerprint, until) in self._in_doubt.items()
                if fingerprint in fingerprints and until >= search.since
            ]
            its_own = doubts[:1] if search.described else []
            unread = self._overlapping(fingerprints, search.since) - {*read, *found}
            owed = len(doubts) - len(its_own) + len(unread)
            if self._is_in_flight(fingerprints) or len(free) <= owed:
                return None
            # The oldest are left to the others: who searches later, and no longer counts those, does not match them.
            taken = free[owed]
            for number in its_own:
                del self._in_doubt[number]
            self._claim(taken, _Owned(fingerprints[0], search.since, now))
            self._owners.setdefault(search.owner, []).append(taken)
            if len(self._owners) > _MOST:
                self._owners.popitem(last=False)
            return taken

    def claim_own(self, search: Search, fingerprints: Sequence[str], claim: Claim) -> Claim:
        """
        Claim the message that bears the id that a lost send was given: it is that send's, whatever else is under way.

        Args:
            search: Whose message it is.
            fingerprints: As for `claim_one`.
            claim: The message.
        """
        with self._lock:
            self._claim(claim, _Owned(fingerprints[0], search.since, self.clock.now()))
            return claim

    def is_in_flight(self, fingerprints: Sequence[str]) -> bool:
        """Whether an identical send has begun and not ended."""
        with self._lock:
            return self._is_in_flight(fingerprints)

    def oldest(self, fingerprints: Sequence[str], since: float) -> float:
        """When the oldest send began that may have gone on since a moment; infinity where there is none."""
        with self._lock:
            claims = self._overlapping(fingerprints, since)
            return min((self._claims[claim].began for claim in claims), default=math.inf)

    def remembers_since(self, since: float) -> bool:
        """Whether nothing that was sent since then, in seconds since the epoch, has been forgotten."""
        with self._lock:
            return since > self._forgotten

    def _turn(self, identical: IdenticalSends) -> Turn:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # it is stepped by hand
            loop = None
        return Turn(identical, self.clock.now(), loop)

    def _overlapping(self, fingerprints: Sequence[str], since: float) -> set[Claim]:
        """The identical messages whose sends ended since a moment, give or take what clocks do."""
        alike = (claim for fingerprint in fingerprints for claim in self._alike.get(fingerprint, ()))
        return {claim for claim in alike if self._claims[claim].ended >= since - 2 * MARGIN}

    def _alike_to(self, fingerprints: Sequence[str]) -> list[IdenticalSends]:
        alike = [one for fingerprint in fingerprints if (one := self._active.get(fingerprint)) is not None]
        for one in alike:
            self._drop_abandoned(one)
        return alike

    def _is_in_flight(self, fingerprints: Sequence[str]) -> bool:
        return any(one.in_flight for one in self._alike_to(fingerprints))

    def _identical(self, fingerprint: str) -> IdenticalSends:
        identical = self._active.get(fingerprint)
        if identical is None:
            identical = self._active[fingerprint] = IdenticalSends(fingerprint)
        return identical

    def _drop_abandoned(self, identical: IdenticalSends) -> None:
        for turn in [turn for turn in identical.in_flight if turn.is_abandoned]:
            identical.in_flight.discard(turn)
            self._doubt(identical.fingerprint, self.clock.now() + _LATE)
        for turn in [turn for turn in identical.searches if turn.is_abandoned]:
            identical.searches.discard(turn)

    def _wake(self, identical: IdenticalSends) -> None:
        identical.wake_all()
        idle = not identical.in_flight and not identical.searches
        if idle and self._active.get(identical.fingerprint) is identical:
            del self._active[identical.fingerprint]

    def _doubt(self, fingerprint: str, until: float) -> None:
        self._in_doubt[next(self._number)] = fingerprint, until
        if len(self._in_doubt) > _MOST:
            self._forget(self._in_doubt.popitem(last=False)[1][1])

    def _claim(self, claim: Claim, owned: _Owned) -> None:
        if claim in self._claims:
            self._unclaim(claim)
        self._claims[claim] = owned
        self._alike.setdefault(owned.fingerprint, set()).add(claim)
        for _ in range(2):  # two a claim: it shrinks where it must, and no claim takes long
            oldest, its = next(iter(self._claims.items()))
            if len(self._claims) <= _MOST and its.ended >= owned.ended - _KEPT:
                return
            self._unclaim(oldest)
            self._forget(its.ended)

    def _unclaim(self, claim: Claim) -> None:
        fingerprint = self._claims.pop(claim).fingerprint
        self._alike[fingerprint].discard(claim)
        if not self._alike[fingerprint]:
            del self._alike[fingerprint]

    def _forget(self, moment: float) -> None:
        self._forgotten = max(self._forgotten, moment)


class _Patience:
    """How long one waits for others."""

    def __init__(self) -> None:
        self._end: float | None = None

    @property
    def is_over(self) -> bool:
        return self._end is not None and asyncio.get_running_loop().time() >= self._end

    async def wait(self, changed: asyncio.Future[None]) -> None:
        """Wait for something to change, but not for long: who is waited for may have been abandoned."""
        now = asyncio.get_running_loop().time()
        self._end = now + PATIENCE if self._end is None else self._end
        await asyncio.wait([changed], timeout=min(_CHECK, max(0.0, self._end - now)))


def _is_simulated(clock: Clock) -> bool:
    return getattr(clock, "simulated", False)


class _LedgerRegistry:
    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[tuple[str, int], Ledger] = weakref.WeakValueDictionary()
        self._recent: deque[Ledger] = deque(
            maxlen=64
        )  # these outlive their clients: a script may make a client for each message
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def of(self, base_url: str, clock: Clock, made_at: float) -> Ledger:
        with self._lock:
            key = base_url, id(clock)  # the ledger keeps the clock, so that no other gets its id
            ledger = self._known.get(key)
            if ledger is None:
                # Where many services are called, an earlier ledger of this one may have been dropped.
                full = len(self._recent) == self._recent.maxlen
                known_since = -math.inf if _is_simulated(clock) else clock.now() if full else made_at
                ledger = self._known[key] = Ledger(clock, known_since)
            if ledger not in self._recent:
                self._recent.append(ledger)
            return ledger

    def _forked(self) -> None:
        self._lock = threading.Lock()
        for ledger in list(self._known.values()):
            ledger.forked()


_REGISTRY: Final = _LedgerRegistry()


def ledger_of(engine: Engine) -> Ledger:
    """The ledger of the service that an engine calls."""
    options = engine.options
    return _REGISTRY.of(options.base_url, options.clock, engine.made_at)
