"""How many sends of a session may be in flight; the others wait. Else a burst leaves before its first answer comes."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import attrs

LONGEST: Final = 900.0
"""Seconds after which a send in flight is not waited for any more: its task may have been abandoned."""
_LOOK: Final = 30.0
"""Seconds after which one who waits looks whether it still has to."""
_SOON: Final = 0.05
_OFTEN: Final = 1.0
"""Seconds after which it looks whether sends of other processes are over: at first, and after several times."""


@attrs.frozen
class Limits:
    """
    How many sends of a session may be in flight.

    Attributes:
        new: How many that open a conversation.
        all: How many in all; `None` for any number.
        shared: Whether those of other processes count as well.
    """

    new: int
    all: int | None = None
    shared: bool = False


@attrs.frozen(eq=False)
class Flight:
    """
    A send in flight.

    Attributes:
        new: Whether it opens a conversation.
        loop: Its event loop.
        since: When it began, in real monotonic seconds.
        name: What it is called among those of other processes.
    """

    new: bool
    loop: asyncio.AbstractEventLoop
    since: float
    name: str = attrs.field(factory=lambda: secrets.token_hex(8))

    @property
    def is_over(self) -> bool:
        """Whether nobody will say that it is."""
        return self.loop.is_closed() or time.monotonic() - self.since >= LONGEST


_Queue: TypeAlias = "OrderedDict[asyncio.Future[None], None]"


@attrs.define(eq=False)
class _Session:
    """What is in flight, and what waits: new conversations apart from the rest, which they must not hold up."""

    flights: dict[bool, set[Flight]] = attrs.field(factory=lambda: {True: set(), False: set()})
    waiting: dict[bool, _Queue] = attrs.field(factory=lambda: {True: OrderedDict(), False: OrderedDict()})

    def has_room(self, new: bool, limits: Limits) -> bool:
        if limits.all is not None and self._count(True) + self._count(False) >= limits.all:
            return False
        return not new or self._count(True) < limits.new

    def _count(self, new: bool) -> int:
        for flight in [*self.flights[new]]:
            if flight.is_over:
                self.flights[new].discard(flight)
        return len(self.flights[new])

    def head(self, new: bool) -> asyncio.Future[None] | None:
        """The first of a queue."""
        while (first := next(iter(self.waiting[new]), None)) is not None and first.get_loop().is_closed():
            self.waiting[new].pop(first, None)  # nobody waits there any more
        return first

    def wake(self, new: bool) -> None:
        """Let the first of a queue look again, in whichever thread it is."""
        while (future := self.head(new)) is not None:
            self.waiting[new].pop(future, None)
            try:
                future.get_loop().call_soon_threadsafe(_release, future)
            except RuntimeError:  # its event loop was closed just now
                continue
            return


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Bulkhead:
    """Lets sends in, up to the limits of their session. Safe from any thread and event loop."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        # Reentrant: an abandoned task leaves when it is garbage-collected, maybe within one of the blocks below.
        self._lock = threading.RLock()
        self._sessions: dict[str, _Session] = {}

    async def enter(
        self,
        session: str,
        new: bool,
        admit: Callable[[], Awaitable[Limits]],
        on_wait: Callable[[int], Awaitable[None]],
        join: Callable[[Flight], Awaitable[bool]],
    ) -> Flight:
        """
        Wait until a send may leave.

        Args:
            session: The session's id.
            new: Whether it opens a conversation.
            admit: Tells the limits as they are now, or raises if the send may not leave. It is asked again after each
                wait.
            on_wait: Told, before it waits, how many are in flight here.
            join: Where those of other processes count: counts it among them, or tells that there is no room.

        Returns:
            What to `leave` with when it is over.
        """
        if self._process != os.getpid():
            self._begin()  # what was in flight is the parent's
        woken = told = False
        look = _LOOK
        try:
            while True:
                limits = await admit()
                flight: Flight | None = None
                with self._lock:
                    place = self._sessions.setdefault(session, _Session())
                    if (woken or place.head(new) is None) and place.has_room(new, limits):
                        flight = Flight(new, asyncio.get_running_loop(), time.monotonic())
                        place.flights[new].add(flight)
                if flight is not None:
                    if not limits.shared or await self._joined(place, flight, join):
                        return flight
                    look = _SOON if look == _LOOK else min(2 * look, _OFTEN)
                with self._lock:
                    place = self._sessions.setdefault(session, _Session())
                    future = asyncio.get_running_loop().create_future()
                    place.waiting[new][future] = None
                    if woken or flight is not None:
                        place.waiting[new].move_to_end(future, last=False)
                    count = sum(map(len, place.flights.values()))
                before, told, woken = told, True, False
                try:
                    if not before:
                        await on_wait(count)
                    await self._be_first(place, new, future, look)
                finally:
                    with self._lock:
                        woken = future not in place.waiting[new] or place.head(new) is future
                        place.waiting[new].pop(future, None)
        finally:
            if woken:  # there may be room for more; or there is still the room of which this one has made no use
                with self._lock:
                    if (found := self._sessions.get(session)) is not None:
                        found.wake(new)

    async def _joined(self, place: _Session, flight: Flight, join: Callable[[Flight], Awaitable[bool]]) -> bool:
        joined = False
        try:
            joined = await join(flight)
        finally:
            if not joined:
                with self._lock:
                    place.flights[flight.new].discard(flight)
        return joined

    async def _be_first(self, place: _Session, new: bool, future: asyncio.Future[None], look: float) -> None:
        while True:
            await asyncio.wait([future], timeout=look)
            with self._lock:
                if future.done() or place.head(new) is future:
                    return

    def leave(self, session: str, flight: Flight) -> None:
        """End a send, and let others go on."""
        with self._lock:
            place = self._sessions.get(session)
            if place is None:
                return
            place.flights[flight.new].discard(flight)
            place.wake(True)
            place.wake(False)
            if not any(place.flights.values()) and not any(place.waiting.values()):
                del self._sessions[session]
