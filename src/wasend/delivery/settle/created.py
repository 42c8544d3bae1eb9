"""Sessions and groups that were created without an answer, as targets to look for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ...api.groups import Group
from ...api.sessions import Session
from ..normalize import normalized_text
from ..reader import ServiceReader
from .target import Findings, Match, first_of, read_as
from .times import Bounds, is_since


@attrs.frozen
class NewSession:
    """A session: its name is unique."""

    name: str
    body: Mapping[str, Any]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The name."""
        return (f"session\0{self.name}",)

    @property
    def scope(self) -> str:
        """All sessions of the account."""
        return "sessions"

    def key(self, result: object) -> str | None:
        """The session's id."""
        session = read_as(result, Session)
        return None if session is None else session.unique_session_id

    async def find(self, reader: ServiceReader, bounds: Callable[[], Bounds]) -> Findings:
        """The session of that name; a clash of names with an older one is not a match."""
        seen = [one for one in await reader.retrieve_all_sessions() if one.session_name == self.name]
        earliest = bounds().earliest
        return Findings([Match(key, one) for one in seen if (key := self._key_of(one, earliest))], tuple(seen))

    async def widened(self, reader: ServiceReader) -> None:
        """There is one list."""

    def _key_of(self, session: Session, earliest: float) -> str | None:
        number = self.body.get("phoneNumber")
        if session.phone_number and session.phone_number.removeprefix("+") != str(number).removeprefix("+"):
            return None
        older = session.created_at is not None and not is_since(session.created_at, earliest)
        return None if older else session.unique_session_id


@attrs.frozen
class NewGroup:
    """A group: its subject is the same, and it was created since."""

    name: str
    session: str

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The session and the subject."""
        return (f"group\0{self.session}\0{self.name}",)

    @property
    def scope(self) -> str:
        """All groups of WhatsApp."""
        return "groups"

    def key(self, result: object) -> str | None:
        """The group's id."""
        group = read_as(result, Group)
        return None if group is None else group.jid

    async def find(self, reader: ServiceReader, bounds: Callable[[], Bounds]) -> Findings:
        """The session's groups of that subject; one that does not tell when it was created is not a match."""
        groups, whole = await first_of(
            lambda limit, offset: reader.get_groups(self.session, limit=limit, offset=offset)
        )
        seen = [one for one in groups if normalized_text(one.name) == normalized_text(self.name)]
        within = bounds()
        new = [one for one in seen if one.jid and is_since(one.group_created, within.earliest)]
        matches = [Match(one.jid, one) for one in new if is_since(one.group_created, within.known_from)]
        unclear = [one.jid for one in new if not is_since(one.group_created, within.known_from)]
        keys = frozenset(one.jid for one in seen)
        doubtful = [one.jid for one in seen if not one.jid or one.group_created is None]
        return Findings(matches, tuple(seen), keys, unclear, doubtful, complete=whole)

    async def widened(self, reader: ServiceReader) -> None:
        """There is one list."""
