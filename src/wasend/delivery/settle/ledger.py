"""
Which message belongs to which send: the account of what this process has sent, so that no message is taken for two.

Sends that nobody can tell apart in the chat (same session, same chat, same text) are *identical*. Two rules keep the
account right:

1. A message belongs to one send only. Whoever gets its id in an answer, or finds it in the chat, claims it, and a
   claimed message is never found again. Claiming is one step under a lock.
2. Nobody searches the chat while an identical send is in flight, for what is found might be its message, and its answer
   is about to say so. A search keeps new identical sends from beginning and waits for those that have begun; so its
   wait ends, however many are waiting to begin, and those wait no longer than the search takes.

So when the lost ones of n identical sends are searched for, every message whose send was answered is claimed, and the
unclaimed ones are those of the lost: if k of the lost were delivered there are k such messages, each is claimed by one,
and k sends turn out as sent, no more and no fewer. Which of them got which message cannot be told, and makes no
difference. Several may search at once: claiming keeps them apart.

One kind of send is neither answered nor searched for: its task was cancelled, or its answer told no id. It may own a
message that nobody will ever claim. One unclaimed message is left over for each of these.

The ledger is kept for each service (base URL) and clock, over all clients, tasks and threads; it ends with the process,
and a forked process begins with a copy. Other processes, and people at the phone, are not in it: an identical message
that they send at the same moment is taken for a lost one. It is bounded: the oldest claims are forgotten, and it knows
how far back it reaches.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final, TypeAlias

import attrs

from ..._core.clock import Clock
from ..._core.options import Options

_MOST: Final = 50_000
"""How many claims are remembered, at most."""
_KEPT: Final = 24 * 60 * 60.0
"""Seconds for which they are."""
_LATE: Final = 120.0
"""Seconds for which the message of a send that was given up may still appear in the chat."""


Claim: TypeAlias = tuple[str, str]
"""A message: where its key is unique, such as in a session, and its key."""


@attrs.define(eq=False)
class IdenticalSends:
    """
    Sends with the same fingerprint, of which at least one is in flight or searched for.

    Attributes:
        fingerprint: What they have in common.
        in_flight: How many have begun and not ended.
        searches: How many searches for lost ones are going on.
        waiting: Who waits for one of these to become 0.
    """

    fingerprint: str
    in_flight: int = 0
    searches: int = 0
    waiting: list[asyncio.Future[None]] = attrs.field(factory=list[asyncio.Future[None]])

    def changed(self) -> asyncio.Future[None]:
        """What to await before checking again whether one may go on."""
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        return future

    def wake_all(self) -> None:
        """Let all who wait check again, in whichever thread they are."""
        for future in self.waiting:
            try:
                future.get_loop().call_soon_threadsafe(_release, future)
            except RuntimeError:  # its event loop is closed, so nobody waits there any more
                continue
        self.waiting.clear()


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Ledger:
    """
    The ledger of one service; `ledger_of` finds it. Safe from any thread and event loop.

    Attributes:
        clock: Where its times come from.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._number = itertools.count()
        self._claims: OrderedDict[Claim, float] = OrderedDict()
        self._in_doubt: OrderedDict[int, tuple[str, float]] = OrderedDict()
        self._forgotten = -math.inf
        self.forget_in_flight()

    def forget_in_flight(self) -> None:
        """Begin with nothing in flight: so it is in a forked process, where another thread may have held the lock."""
        # Reentrant: an abandoned task ends its send when it is garbage-collected, maybe within one of these blocks.
        self._lock = threading.RLock()
        self._active: dict[str, IdenticalSends] = {}

    async def begin_send(self, fingerprint: str) -> IdenticalSends:
        """Begin a send, to be ended by `end_send`; waits while somebody searches for an identical one."""
        while True:
            with self._lock:
                identical = self._identical(fingerprint)
                if not identical.searches:
                    identical.in_flight += 1
                    return identical
                changed = identical.changed()
            await changed

    def end_send(self, identical: IdenticalSends, *, claim: Claim | None = None, in_doubt: bool = False) -> None:
        """
        End a send.

        Args:
            identical: What `begin_send` returned.
            claim: The message that it is known to have become.
            in_doubt: Whether it may have become a message that nobody will search for.
        """
        now = self.clock.now()
        with self._lock:
            if claim is not None:
                self._claim(claim, now)
            if in_doubt:
                self._in_doubt[next(self._number)] = identical.fingerprint, now
                if len(self._in_doubt) > _MOST:
                    self._forget(self._in_doubt.popitem(last=False)[1][1])
            identical.in_flight -= 1
            if not identical.in_flight:
                self._wake(identical)

    async def begin_search(self, fingerprint: str) -> IdenticalSends:
        """Begin a search for lost sends, to be ended by `end_search`; waits until no identical send is in flight."""
        with self._lock:
            identical = self._identical(fingerprint)
            identical.searches += 1
        try:
            while True:
                with self._lock:
                    if not identical.in_flight:
                        return identical
                    changed = identical.changed()
                await changed
        except BaseException:
            self.end_search(identical)
            raise

    def end_search(self, identical: IdenticalSends) -> None:
        """End a search: those who wait to send go on."""
        with self._lock:
            identical.searches -= 1
            if not identical.searches:
                self._wake(identical)

    def claim_one(self, fingerprint: str, claims: Sequence[Claim], *, since: float) -> Claim | None:
        """
        Claim one of the messages that a lost send may have become.

        Args:
            fingerprint: That of the send; the caller must have begun a search for it.
            claims: The messages that were found, in order of preference.
            since: When the send began, in seconds since the epoch.

        Returns:
            The claimed one; `None` if each of them belongs, or may belong, to another send.
        """
        now = self.clock.now()
        with self._lock:
            free = [claim for claim in claims if claim not in self._claims]
            doubts = list(self._in_doubt.values())
            if len(free) <= sum(one == fingerprint and ended + _LATE >= since for one, ended in doubts):
                return None
            self._claim(free[0], now)
            return free[0]

    def remembers_since(self, since: float) -> bool:
        """Whether nothing that was sent since then, in seconds since the epoch, has been forgotten."""
        with self._lock:
            return since > self._forgotten

    def _identical(self, fingerprint: str) -> IdenticalSends:
        identical = self._active.get(fingerprint)
        if identical is None:
            identical = self._active[fingerprint] = IdenticalSends(fingerprint)
        return identical

    def _wake(self, identical: IdenticalSends) -> None:
        identical.wake_all()
        idle = not identical.in_flight and not identical.searches
        if idle and self._active.get(identical.fingerprint) is identical:
            del self._active[identical.fingerprint]

    def _claim(self, claim: Claim, now: float) -> None:
        self._claims[claim] = now
        for _ in range(2):  # two a claim: it shrinks where it must, and no claim takes long
            oldest = next(iter(self._claims.values()))
            if len(self._claims) <= _MOST and oldest >= now - _KEPT:
                return
            self._claims.popitem(last=False)
            self._forget(oldest)

    def _forget(self, moment: float) -> None:
        self._forgotten = max(self._forgotten, moment)


class _LedgerRegistry:
    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[tuple[str, int], Ledger] = weakref.WeakValueDictionary()
        self._recent: deque[Ledger] = deque(
            maxlen=64
        )  # these outlive their clients: a script may make a client for each message
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def of(self, base_url: str, clock: Clock) -> Ledger:
        with self._lock:
            key = base_url, id(clock)  # the ledger keeps the clock, so that no other gets its id
            ledger = self._known.get(key)
            if ledger is None:
                ledger = self._known[key] = Ledger(clock)
            if ledger not in self._recent:
                self._recent.append(ledger)
            return ledger

    def _forked(self) -> None:
        self._lock = threading.Lock()
        for ledger in list(self._known.values()):
            ledger.forget_in_flight()


_REGISTRY: Final = _LedgerRegistry()


def ledger_of(options: Options) -> Ledger:
    """The ledger of the service that a client with these options calls."""
    return _REGISTRY.of(options.base_url, options.clock)
