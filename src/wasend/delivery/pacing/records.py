"""What the pacers of several processes know of a session together: one value of the store that they share."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final, Self
from urllib.parse import quote

import attrs

from ..._core.documents import is_object
from .profiles import Range

KEPT: Final = 500
"""How many sends of a kind are kept at least, where there were so many in a day."""


@attrs.define
class KeptSends:
    """
    The sends of one kind. Times are times of day, in seconds.

    Attributes:
        count: How many there have ever been.
        last: When the last one ended or, while it is under way, began.
        jitter: That of the last one: see `SendRecord`.
        run: Likewise.
        gap: Likewise.
        most: How many any cap asks for.
        first: When the earliest that is kept ended, without the last one, in milliseconds; 0: no other is kept.
        latest: When the latest of these did.
        steps: The milliseconds from each of these to the next, a space before each. JSON reads and writes a text many
            times faster than a list, and most turns have no use for it.
    """

    count: int
    last: float
    jitter: float
    run: int
    gap: Range
    most: int = 0
    first: int = 0
    latest: int = 0
    steps: str = ""

    @classmethod
    def read(cls, value: Any) -> Self | None:
        """What was kept; `None` where that is something else."""
        match value:
            case [
                int(count),
                int() | float() as last,
                int() | float() as jitter,
                int(run),
                int() | float() as least,
                int() | float() as most_gap,
                int(most),
                int(first),
                int(latest),
                str(steps),
            ]:
                return cls(count, last, jitter, run, (least, most_gap), most, first, latest, steps)
            case _:
                return None

    def written(self) -> Any:
        """It, as it is kept."""
        return [self.count, self.last, self.jitter, self.run, *self.gap, self.most, self.first, self.latest, self.steps]

    def times(self, most: int) -> list[float]:
        """When the latest of them ended: so many, or as many as are kept."""
        if most <= 1 or not self.first:
            return [self.last][:most]
        earlier = [*itertools.accumulate(map(int, self.steps.split()), initial=self.first)]
        return [*(moment / 1000 for moment in earlier[1 - most :]), self.last]

    def followed_by(self, last: float, jitter: float, run: int, gap: Range, *, most: int, keep: int) -> KeptSends:
        """
        With one more.

        Args:
            last: When that begins.
            jitter: Its own.
            run: Likewise.
            gap: Likewise.
            most: How many its caps ask for.
            keep: How many are worth keeping, without it.
        """
        most = max(self.most, most)
        latest = math.ceil(self.last * 1000)  # a cap may hold for a millisecond too long, and never too short
        first, steps = (self.first, f"{self.steps} {latest - self.latest}") if self.first else (latest, "")
        dropped = 1 + steps.count(" ") - min(max(most, KEPT), keep)
        if dropped > steps.count(" "):
            first, latest, steps = 0, 0, ""
        elif dropped > 0:
            gone = steps.split(" ", dropped + 1)[1 : dropped + 1]
            first += sum(map(int, gone))
            steps = steps[len(gone) + sum(map(len, gone)) :]
        return KeptSends(self.count + 1, last, jitter, run, gap, most, first, latest, steps)


@attrs.frozen
class Wish:
    """
    That a process waits to send.

    Attributes:
        ticket: Whoever has the lower one goes first.
        at: From when on, by the rules that are its own: caps, quiet hours, cool-down.
        kind: The kind of its send.
        gap: The gap of that.
    """

    ticket: int
    at: float
    kind: str
    gap: Range


@attrs.frozen
class OpenTurn:
    """
    A turn that is under way.

    Attributes:
        owner: Which pacer's.
        kind: The kind of its send.
        count: Which one of its kind that is.
        until: How long the others wait for its end, unless it is put off.
    """

    owner: str
    kind: str
    count: int
    until: float


@attrs.define
class Kept:
    """
    What is kept of a session.

    Attributes:
        since: When it first sent.
        kinds: Its sends by kind.
        cooldown: The longest cool-down of a chat, of which any process knows.
        chats: When each chat was last sent to, for so long.
        turn: The turn that is under way.
        wishes: Who waits, by process.
        tickets: How many have been given out.
    """

    since: float | None = None
    kinds: dict[str, KeptSends] = attrs.field(factory=dict[str, KeptSends])
    cooldown: float = 0.0
    chats: dict[str, float] = attrs.field(factory=dict[str, float])
    turn: OpenTurn | None = None
    wishes: dict[str, Wish] = attrs.field(factory=dict[str, Wish])
    tickets: int = 0

    @classmethod
    def read(cls, value: Any) -> Self | None:
        """What was kept; `None` where that is something else."""
        if value is None:
            return cls()
        match value:
            case {
                "since": int() | float() | None as since,
                "kinds": kinds,
                "cooldown": int() | float() as cooldown,
                "chats": chats,
                "turn": turn,
                "wishes": wishes,
                "tickets": int(tickets),
            } if is_object(kinds) and is_object(chats) and is_object(wishes):
                kept = cls(since, cooldown=cooldown, chats=dict(chats), tickets=tickets)
            case _:
                return None
        for kind, sends in kinds.items():
            if (read := KeptSends.read(sends)) is None:
                return None
            kept.kinds[kind] = read
        match turn:
            case None:
                pass
            case [str(owner), str(kind), int(count), int() | float() as until]:
                kept.turn = OpenTurn(owner, kind, count, until)
            case _:
                return None
        for owner, wish in wishes.items():
            match wish:
                case [int(ticket), int() | float() as at, str(kind), int() | float() as least, int() | float() as most]:
                    kept.wishes[owner] = Wish(ticket, at, kind, (least, most))
                case _:
                    return None
        return kept

    def written(self) -> Any:
        """It, as it is kept."""
        return {
            "since": self.since,
            "kinds": {kind: sends.written() for kind, sends in self.kinds.items()},
            "cooldown": self.cooldown,
            "chats": self.chats,
            "turn": None if self.turn is None else [*attrs.astuple(self.turn, recurse=False)],
            "wishes": {owner: [wish.ticket, wish.at, wish.kind, *wish.gap] for owner, wish in self.wishes.items()},
            "tickets": self.tickets,
        }


def key_of(session: str) -> str:
    """Under what it is kept."""
    return f"pacing/{quote(session, safe='')}"
