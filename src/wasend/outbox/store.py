"""What a store of the outbox must be able to do. `wasend.outbox.conformance` holds the tests that any must pass."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, runtime_checkable

from .entry import Decision, Query, Record

T = TypeVar("T")


@runtime_checkable
class OutboxStore(Protocol):
    """
    Keeps each `Record` where several processes can use them.

    Every method may be called on any event loop, does not block it, and comes to an end within seconds: where the store
    cannot do what it is asked, it raises, and a `StoreError` is what the caller of a send gets. What a method has
    written survives a power cut when it returns.

    Its clock is one for all who use it, and not theirs: that of the database, or one of the machine that nobody sets.
    """

    async def update(self, query: Query, decide: Decision[T]) -> T:
        """
        Decide by some records, and write one of them, in one step: nobody else writes in between what was seen.

        That holds for records that are not there, too: of two decisions by one key, fingerprint or claim, the second
        sees what the first has written. Where that cannot be, the decision is made again.

        Args:
            query: What the decision needs to see.
            decide: Decides; what it raises is raised.

        Returns:
            The decision's answer.
        """
        ...

    async def read(self, query: Query, decide: Decision[T]) -> T:
        """Decide likewise, where nothing is to be written: so it need not keep others from writing."""
        ...

    async def beat(self, holder: str, seconds: float) -> None:
        """
        Say that a holder is alive.

        Args:
            holder: Who.
            seconds: For how long it is taken to be, from now.
        """
        ...

    async def unsettled(self, session: str | None, after: Any, limit: int) -> list[Record]:
        """
        The records that are open, in some order that does not change.

        Args:
            session: Of this session only.
            after: The `Record.id` after which to go on; `None` to begin.
            limit: How many at most.
        """
        ...

    async def forget(self, age: float, limit: int) -> int:
        """
        Remove some of the records that are not open and were not changed for a time.

        Args:
            age: That time, in seconds.
            limit: How many to remove at most.

        Returns:
            How many were removed.
        """
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...
