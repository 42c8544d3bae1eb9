"""
Whose message is whose: the account of what this process has sent, by which no message is taken for two sends.

Sends that nobody can tell apart in the chat, same session, same chat, same words, are *alike*. Two rules keep the
account right:

1. A message belongs to one send only. Whoever gets its id in an answer, or finds it in the chat, claims it, and what is
   claimed is never found again. Claiming is one step under a lock.
2. Nobody looks for a message in the chat while a send that is alike is under way, for what is found might be that
   one's, whose answer is about to say so. Whoever looks keeps new ones from beginning, and waits for those that have
   begun; so the wait ends, however many are waiting to begin, and they wait no longer than the look takes.

So when the lost ones of n sends that are alike are looked for, every message of theirs that was answered is claimed,
and the unclaimed ones are those of the lost: k delivered of them are k messages, each is claimed by one, and k sends
turn out as sent, no more and no fewer. Which of them got which message cannot be told, and makes no difference. Several
may look at once: claiming keeps them apart.

One kind of send is neither answered nor looked for: its task was cancelled, or its answer told no id. It may own a
message that nobody will ever claim. One unclaimed message is left over for each of these.

The account is kept for each service (base URL) and clock, over all clients, tasks and threads; it ends with the
process, and a forked one begins with a copy. Other processes, and people at the phone, are not in it: what they send at
the same moment, alike, is taken for a lost one. It is bounded: the oldest claims are forgotten, and how far back it
reaches is known.
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

from .._core.clock import Clock
from .._core.options import Options

_MOST: Final = 50_000
"""How many claims are remembered, at most."""
_KEPT: Final = 24 * 60 * 60.0
"""Seconds for which they are."""
_LATE: Final = 120.0
"""Seconds after a send was given up within which its message may still get into the chat."""


Claim: TypeAlias = tuple[str, str]
"""A message: where its key is unique, such as in a session, and its key."""


@attrs.define(eq=False)
class Alike:
    """
    Sends that are alike.

    Attributes:
        fingerprint: What they have in common.
        flying: How many are under way.
        looking: How many look for lost ones.
        waiting: Who waits for one of these to become 0.
    """

    fingerprint: str
    flying: int = 0
    looking: int = 0
    waiting: list[asyncio.Future[None]] = attrs.field(factory=list[asyncio.Future[None]])

    def turn(self) -> asyncio.Future[None]:
        """What to await before looking again whether one may go on."""
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        return future

    def wake(self) -> None:
        """Let all who wait look again, in whichever thread they are."""
        for future in self.waiting:
            try:
                future.get_loop().call_soon_threadsafe(_release, future)
            except RuntimeError:  # its event loop is closed: nobody waits there any more
                continue
        self.waiting.clear()


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Ledger:
    """
    The account of one service; `ledger_of` finds it. Safe from any thread and event loop.

    Attributes:
        clock: By which its times are told.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._number = itertools.count()
        self._claims: OrderedDict[Claim, float] = OrderedDict()
        self._in_doubt: OrderedDict[int, tuple[str, float]] = OrderedDict()
        self._forgotten = -math.inf
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget who is under way: in a forked process nobody is, and another thread may have held the lock."""
        # Reentrant, as a task that is thrown away lands when it is collected, which may be within any of these blocks.
        self._lock = threading.RLock()
        self._alike: dict[str, Alike] = {}

    async def depart(self, fingerprint: str) -> Alike:
        """Begin a send, which must `land`; waits while somebody looks for one that is alike."""
        while True:
            with self._lock:
                alike = self._those(fingerprint)
                if not alike.looking:
                    alike.flying += 1
                    return alike
                turn = alike.turn()
            await turn

    def land(self, alike: Alike, *, claim: Claim | None = None, in_doubt: bool = False) -> None:
        """
        End a send.

        Args:
            alike: What `depart` gave.
            claim: The message that it is known to have become.
            in_doubt: It may have become a message, and nobody will look for it.
        """
        now = self.clock.now()
        with self._lock:
            if claim is not None:
                self._claim(claim, now)
            if in_doubt:
                self._in_doubt[next(self._number)] = alike.fingerprint, now
                if len(self._in_doubt) > _MOST:
                    self._forget(self._in_doubt.popitem(last=False)[1][1])
            alike.flying -= 1
            if not alike.flying:
                self._changed(alike)

    async def look(self, fingerprint: str) -> Alike:
        """Begin to look for lost sends, which must end with `looked`; waits until none that is alike is under way."""
        with self._lock:
            alike = self._those(fingerprint)
            alike.looking += 1
        try:
            while True:
                with self._lock:
                    if not alike.flying:
                        return alike
                    turn = alike.turn()
                await turn
        except BaseException:
            self.looked(alike)
            raise

    def looked(self, alike: Alike) -> None:
        """End the look: those who wait to send go on."""
        with self._lock:
            alike.looking -= 1
            if not alike.looking:
                self._changed(alike)

    def take(self, fingerprint: str, claims: Sequence[Claim], *, since: float) -> Claim | None:
        """
        Claim one of the messages that a lost send may have become.

        Args:
            fingerprint: That of the send; the caller must `look` for it.
            claims: The messages that were found, in order of preference.
            since: When the send began, in seconds since the epoch.

        Returns:
            The one; `None` if each of them belongs, or may belong, to another send.
        """
        now = self.clock.now()
        with self._lock:
            free = [claim for claim in claims if claim not in self._claims]
            doubts = list(self._in_doubt.values())
            if len(free) <= sum(one == fingerprint and ended + _LATE >= since for one, ended in doubts):
                return None
            self._claim(free[0], now)
            return free[0]

    def reaches(self, since: float) -> bool:
        """Whether nothing that was sent since then, in seconds since the epoch, is forgotten."""
        with self._lock:
            return since > self._forgotten

    def _those(self, fingerprint: str) -> Alike:
        alike = self._alike.get(fingerprint)
        if alike is None:
            alike = self._alike[fingerprint] = Alike(fingerprint)
        return alike

    def _changed(self, alike: Alike) -> None:
        alike.wake()
        if not alike.flying and not alike.looking and self._alike.get(alike.fingerprint) is alike:
            del self._alike[alike.fingerprint]

    def _claim(self, claim: Claim, now: float) -> None:
        self._claims[claim] = now
        for _ in range(2):  # one goes for the one that comes, and one more, so that no claim takes long
            oldest = next(iter(self._claims.values()))
            if len(self._claims) <= _MOST and oldest >= now - _KEPT:
                return
            self._claims.popitem(last=False)
            self._forget(oldest)

    def _forget(self, moment: float) -> None:
        self._forgotten = max(self._forgotten, moment)


class _Ledgers:
    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[tuple[str, int], Ledger] = weakref.WeakValueDictionary()
        self._recent: deque[Ledger] = deque(maxlen=64)  # outlive their clients: a script may make one for each message
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
            ledger.begin_anew()


_LEDGERS: Final = _Ledgers()


def ledger_of(options: Options) -> Ledger:
    """The account of the service that a client with these options speaks to."""
    return _LEDGERS.of(options.base_url, options.clock)
