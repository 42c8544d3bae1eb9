"""How a session may send messages of one kind: the values of a profile, and the three that come with the package."""

from __future__ import annotations

import math
from typing import Any, Self, TypeAlias

import attrs

from ...errors import ConfigurationError

Range: TypeAlias = tuple[float, float]
"""The least and the most, in seconds."""


def invalid(field: str, value: object, remedy: str) -> ConfigurationError:
    """The error for a setting that cannot be used."""
    return ConfigurationError(f"{field}: {value!r} is not valid; {remedy}")


def _is_number(value: Any, *, whole: bool = False) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_pair(value: tuple[Any, ...], *, whole: bool = False) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(_is_number(part, whole=whole) for part in value)


def _is_cap(value: Any) -> bool:
    return _is_number(value, whole=True) and value >= 1


@attrs.frozen(kw_only=True, cache_hash=True)
class Pacing:
    """
    How a session may send messages of one kind. Change a profile by `attrs.evolve(Pacing.known(), per_hour=30)`.

    Attributes:
        gap: Seconds between two sends, (least, most): each gap is drawn anew, so the two must differ.
        pause_after: After how many sends in a row to pause; `None`: never.
        pause: Seconds a pause takes, (least, most).
        per_hour: The most sends in any 60 minutes; `None`: no such cap.
        per_day: The most sends in any 24 hours; `None`: no such cap.
        warm_up: Caps in place of `per_day` for a young session: the first for its first 24 hours, and so on. The
            lower of the two holds.
        quiet_hours: Hours (0–23) from which and until which nothing is sent, on the recipient's clock; `None`: none.
        chat_cooldown: Seconds between two sends to the same chat.
        name: The kind it is counted as, where it is passed as a turn's kind itself.
    """

    gap: Range
    pause_after: int | None = None
    pause: Range | None = None
    per_hour: int | None = None
    per_day: int | None = None
    warm_up: tuple[int, ...] = ()
    quiet_hours: tuple[int, int] | None = None
    chat_cooldown: float = 0
    name: str = "own"

    def __attrs_post_init__(self) -> None:
        ranges = {"gap": self.gap} if self.pause is None else {"gap": self.gap, "pause": self.pause}
        for field, span in ranges.items():
            if not _is_pair(span) or not 0 <= span[0] < span[1]:
                raise invalid(field, span, "pass (least, most) in seconds; a fixed time is what gets numbers banned")
        if (self.pause is None) != (self.pause_after is None):
            raise invalid("pause_after", self.pause_after, "pass pause and pause_after, or neither")
        for field in ("pause_after", "per_hour", "per_day"):
            if (cap := getattr(self, field)) is not None and not _is_cap(cap):
                raise invalid(field, cap, "pass a whole number, 1 or more, or None")
        if not isinstance(self.warm_up, tuple) or not all(map(_is_cap, self.warm_up)):
            raise invalid("warm_up", self.warm_up, "pass a cap for each day, such as (20, 20, 50)")
        if self.quiet_hours is not None:
            hours = self.quiet_hours if _is_pair(self.quiet_hours, whole=True) else (0, 0)
            if hours[0] == hours[1] or not all(0 <= hour <= 23 for hour in hours):
                raise invalid("quiet_hours", self.quiet_hours, "pass two different hours from 0 to 23, such as (22, 8)")
        if not _is_number(self.chat_cooldown) or self.chat_cooldown < 0:
            raise invalid("chat_cooldown", self.chat_cooldown, "pass seconds, 0 or more")
        if not isinstance(self.name, str) or not self.name:
            raise invalid("name", self.name, "pass a text")

    @classmethod
    def reply(cls) -> Self:
        """For answers to people who have just written."""
        return cls(gap=(1, 3), per_hour=120, name="reply")

    @classmethod
    def known(cls) -> Self:
        """For people who know the number and expect to hear from it."""
        return cls(
            gap=(5, 15),
            pause_after=30,
            pause=(120, 300),
            per_hour=60,
            per_day=500,
            quiet_hours=(22, 8),
            name="known",
        )

    @classmethod
    def cold(cls) -> Self:
        """For people who have not heard from the number before."""
        return cls(
            gap=(30, 60),
            pause_after=20,
            pause=(600, 1200),
            per_hour=40,
            per_day=200,
            warm_up=(20, 20, 50, 50, 100, 100, 150),
            quiet_hours=(20, 9),
            name="cold",
        )
