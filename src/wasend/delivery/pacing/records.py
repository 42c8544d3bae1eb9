"""What the pacer keeps in its store: since when each session sends, and a row for each send that still matters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import attrs

from ..store_access import StoreAccess
from .history import History, SendRecord


@attrs.frozen
class Kept:
    """
    What the store holds of a session, with times of day.

    Attributes:
        since: When it first sent.
        sends: Its sends with their kinds, in the order in which they were made.
    """

    since: float | None
    sends: list[tuple[str, SendRecord]]

    def history(self, *, started: float | None, jitter: float, now: float, ahead: float) -> History:
        """
        The history of the session, in times of the clock that is never set.

        A send that seems to come from the future, or to have been made before the one before it, was kept under a clock
        that was wrong then. It counts as late as it can have been made: a rule may hold for too long, never too short.

        Args:
            started: Since when the session exists, where the caller knows.
            jitter: See `History`.
            now: The time.
            ahead: See `History`.
        """
        history = History(jitter=jitter, ahead=ahead)
        since = self.since if started is None else started
        history.started = None if since is None else since - ahead
        latest = now
        for _, record in reversed(self.sends):
            record.at = latest = min(record.at - ahead, latest) if record.at - ahead > now else record.at - ahead
        earliest = float("-inf")
        for kind, record in self.sends:
            record.at = earliest = max(record.at, earliest)
            history.add(kind, record)
        return history


@attrs.frozen
class Records:
    """
    What is kept of all sessions.

    Attributes:
        store: Where.
    """

    store: StoreAccess

    def read(self, session: str) -> Kept:
        """
        What is kept of a session.

        Raises:
            StoreError: The store failed, or holds something else.
        """
        since: Any = self.store.get(_key(session, "since"))
        sends: list[tuple[str, SendRecord]] = []
        for key, row in self.store.items(_key(session, "sends", "")):
            match row:
                case [int() | float() as at, str(chat), str(kind), int() | float() as jitter, int(run), least, most]:
                    number = int(key.rpartition("/")[2])
                    sends.append((kind, SendRecord(number, at, chat, jitter, run, (least, most))))
                case _:
                    raise self.store.unfit()
        if not isinstance(since, int | float | None):
            raise self.store.unfit()
        return Kept(since, sends)

    def write(self, session: str, kind: str, record: SendRecord, ahead: float, forgotten: list[int]) -> None:
        """
        Keep a send, and drop those that do not matter any more.

        Raises:
            StoreError: The store failed.
        """
        at = record.at + ahead
        row = [at, record.chat, kind, record.jitter, record.run, *record.gap]
        values: dict[str, Any] = {_key(session, "sends", f"{record.number:012d}"): row}
        if not record.number:
            values[_key(session, "since")] = at
        self.store.set_many(values)
        for number in forgotten:
            self.store.delete(_key(session, "sends", f"{number:012d}"))


def _key(session: str, *rest: str) -> str:
    return "/".join(("pacing", quote(session, safe=""), *rest))
