"""What was said of sends, beside what became of them: duplicates, lies, and what could have been known."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Set
from typing import TypeVar

import attrs

from wasend import OutcomeUnknownError, WasendError
from wasend.delivery import Settlement

Key = TypeVar("Key", bound=Hashable)

SENDS = int(os.environ.get("WASEND_PROOF_SENDS", "300"))
SEEDS = tuple(map(int, os.environ.get("WASEND_PROOF_SEEDS", "1").split(",")))


def outcome(said: object) -> str:
    return said.outcome if isinstance(said, WasendError) else "sent"


def settlements(said: Iterable[tuple[object, object]]) -> list[Settlement | None]:
    """What was found out about those whose outcome stayed unknown."""
    return [what.settlement for _, what in said if isinstance(what, OutcomeUnknownError)]


@attrs.frozen
class Account:
    """
    The figures. Sends that cannot be told apart are counted together: how many of them, not which.

    Attributes:
        sends: How many there were.
        duplicates: Deliveries beyond one for each send.
        untrue_sent: Sends told as sent beyond those that were delivered.
        untrue_not_sent: Deliveries among the sends that were told as not sent.
        unknown: Sends whose outcome was told as unknown.
        knowable: Those of them that were delivered, and could be read back.
    """

    sends: int
    duplicates: int
    untrue_sent: int
    untrue_not_sent: int
    unknown: int
    knowable: int

    @classmethod
    def of(
        cls, said: Iterable[tuple[Key, object]], delivered: Mapping[Key, int], hidden: Set[Key] = frozenset()
    ) -> Account:
        """
        Reckon.

        Args:
            said: Of each send, what tells it from others, and what its call returned or raised.
            delivered: How often each of those was delivered.
            hidden: Those that nobody could find by reading.
        """
        told: dict[Key, Counter[str]] = {}
        for key, what in said:
            told.setdefault(key, Counter())[outcome(what)] += 1
        assert set(delivered) <= set(told)
        rows = [(key, counts.total(), counts, delivered.get(key, 0)) for key, counts in told.items()]
        return cls(
            sum(all_ for _, all_, _, _ in rows),
            sum(max(0, there - all_) for _, all_, _, there in rows),
            sum(max(0, counts["sent"] - there) for _, _, counts, there in rows),
            sum(max(0, there - (all_ - counts["not_sent"])) for _, all_, counts, there in rows),
            sum(counts["unknown"] for _, _, counts, _ in rows),
            sum(
                min(counts["unknown"], max(0, there - counts["sent"]))
                for key, _, counts, there in rows
                if key not in hidden
            ),
        )

    def check(self, name: str, *, settled: bool = True) -> None:
        """Print it, and fail where something was done twice, or told untrue, or left unknown without need."""
        print(f"{name}: {self}")
        assert (self.duplicates, self.untrue_sent, self.untrue_not_sent) == (0, 0, 0)
        assert not settled or self.knowable <= max(2, 0.005 * self.sends)
