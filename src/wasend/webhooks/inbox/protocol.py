"""What every inbox does: keep events until they are handled, each once, in order, by any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs


@attrs.frozen(kw_only=True)
class Arrival:
    """
    An event on its way into an inbox. Its texts hold neither null characters nor half characters.

    Attributes:
        keys: What it is known by, at least one digest: an event with any of these is the same event.
        lane: Those that are handled one after the other, such as the events of one chat.
        at: When it happened, by whoever sent it, in seconds since the epoch: the order within what waits in a lane.
        name: Its name, such as ``message``.
        session: The session's id.
        body: It, as it came.
    """

    keys: tuple[bytes, ...]
    lane: str = attrs.field(repr=False)
    at: float
    name: str
    session: str
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Claimed:
    """
    An event that one worker is handling. Nobody else gets it, or another of its lane, until its lease is over.

    Attributes:
        number: Its number in the inbox.
        attempt: How many times it has been claimed, 1 for the first.
        lane: Its lane.
        holder: The worker.
        body: The event, as it came.
    """

    number: int
    attempt: int
    lane: str = attrs.field(repr=False)
    holder: str
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class DeadLetter:
    """
    An event that could not be handled, and is not tried any more.

    Attributes:
        number: Its number in the inbox, by which it is replayed or dropped.
        name: Its name, such as ``message``.
        session: The session's id.
        attempts: How many times it was tried.
        error: What it failed with the last time.
        died_at: When it was given up (UTC).
        body: The event, as it came.
    """

    number: int
    name: str
    session: str
    attempts: int
    error: str = attrs.field(repr=False)
    died_at: datetime
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Counts:
    """
    How many events an inbox holds.

    Attributes:
        waiting: Those that are not handled yet, those that are being handled among them.
        dead: Those that are given up.
    """

    waiting: int
    dead: int


class Inbox(Protocol):
    """
    Where events wait. `wasend.webhooks.inbox.conformance` holds the tests that any inbox must pass.

    Each method has taken effect for every user of the data when it returns: `put` also for who looks after a crash of
    this machine. Where it cannot, it raises a `StoreError`, within seconds. It may be used on any event loop, by any
    number of processes.

    Attributes:
        transactions: Whether `finish` can call an ``effect`` in its own transaction.
    """

    transactions: bool

    async def put(self, arrival: Arrival) -> bool:
        """
        Keep an event, in one step.

        Returns:
            Whether it is new. One that is known by any of its keys is not kept again.
        """
        ...

    async def claim(self, holder: str, count: int, lease: float) -> Sequence[Claimed]:
        """
        Take the first event of some lanes of which nobody handles one now, those first that have waited longest.

        Args:
            holder: The worker: a name that no other has.
            count: How many at most.
            lease: Seconds after which others may claim them, unless it is renewed.
        """
        ...

    async def renew(self, holder: str, lease: float) -> None:
        """Begin the lease of everything that a worker has claimed anew, where it is not over."""
        ...

    async def finish(self, claimed: Claimed, effect: Callable[[Any], Any] | None = None) -> bool:
        """
        Record that an event has been handled.

        Args:
            claimed: The event.
            effect: Called with the inbox's connection, in the transaction that records it, where this worker still
                holds the event. What it raises is raised here, and nothing is recorded. It may be called again, after
                all that it did with the connection was undone.

        Returns:
            Whether the worker still held it. Where it did not, another worker has it, and nothing was done.
        """
        ...

    async def fail(self, claimed: Claimed, error: str, again_in: float | None) -> bool:
        """
        Record that an event could not be handled.

        Args:
            claimed: The event.
            error: Why.
            again_in: In how many seconds it may be claimed again; its lane waits for it. `None` gives it up.

        Returns:
            As for `finish`.
        """
        ...

    async def release(self, claimed: Claimed) -> None:
        """Give an event back as if it had not been claimed."""
        ...

    async def due_in(self) -> float | None:
        """In how many seconds something may be claimed, 0 or less for now; `None` where nothing waits."""
        ...

    async def counts(self) -> Counts:
        """How many events there are."""
        ...

    async def position(self, name: str) -> float | None:
        """What `set_position` kept, such as how far a poller has come; `None` where nothing is."""
        ...

    async def set_position(self, name: str, at: float) -> None:
        """Keep a number by a name."""
        ...

    async def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[DeadLetter]:
        """
        List events that were given up, by their numbers.

        Args:
            limit: How many at most.
            after: Only those with a higher number.
        """
        ...

    async def replay(self, number: int) -> bool:
        """Have an event that was given up handled again; whether there is one of this number."""
        ...

    async def drop(self, number: int) -> bool:
        """Forget an event that was given up, but for its keys; whether there is one of this number."""
        ...

    async def prune(self, keep: float) -> int:
        """
        Forget the keys of events that were handled or dropped, a thousand at most.

        Args:
            keep: Seconds since they came for which they are remembered.

        Returns:
            How many were forgotten.
        """
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...
