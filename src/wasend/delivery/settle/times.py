"""When things came into being by the service's clock, as far as its answers tell."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import attrs

MARGIN: Final = 3.0
"""
Seconds by which something may seem to be older or younger than it is: its time comes in whole seconds, and by the clock
of WhatsApp, where the service's ``Date`` comes by that of a server.
"""
_APART: Final = 1.0
"""Seconds of that by which the two clocks may differ."""


@attrs.frozen
class Skew:
    """
    By how many seconds the service's clock is ahead of the client's.

    Attributes:
        least: At least so many.
        most: At most so many.
    """

    least: float = 0.0
    most: float = 1.0

    @property
    def spread(self) -> float:
        """Seconds by which it is uncertain."""
        return self.most - self.least

    @classmethod
    def told_by(cls, date: tuple[str, float, float] | None) -> Skew:
        """
        What an answer tells.

        Args:
            date: Its ``Date`` header, and when it was asked for and when it came, by the client's clock; `None`, or one
                that cannot be read, tells nothing, and the clocks are taken to agree.
        """
        if date is None:
            return cls()
        header, asked, came = date
        try:
            said = parsedate_to_datetime(header)
            second = (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return cls()
        # It was written at some moment of that second, between the question and the answer.
        return cls(second - came, max(second - came, second + 1 - asked))


@attrs.frozen
class Bounds:
    """
    Moments by the service's clock, in seconds since the epoch.

    Attributes:
        read_from: What is to be read: nothing that is older.
        earliest: No match is older.
        known_from: What is older may have been sent by an earlier program, which was answered for it.
    """

    read_from: float
    earliest: float
    known_from: float = -math.inf

    @classmethod
    def of(cls, since: float, skew: Skew, *, margin: float, read_from: float, known_since: float) -> Bounds:
        """
        The bounds for something that was asked for at a moment by the client's clock.

        Args:
            since: That moment.
            skew: How far the clocks are apart.
            margin: Seconds by which it may seem to be older.
            read_from: From when to read, by the client's clock.
            known_since: Since when it is known who sent what, by the client's clock.
        """
        earliest = math.floor(since + skew.least) - margin
        back = math.floor(read_from + skew.least) - MARGIN
        return cls(min(back, earliest), earliest, known_since + skew.most + _APART)


def is_since(moment: datetime | None, earliest: float) -> bool:
    """Whether a moment is known, and no earlier."""
    return moment is not None and moment.timestamp() >= earliest
