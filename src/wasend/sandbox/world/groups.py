"""
The sandbox's groups: who is in them, who leads them, and what they allow.

A group is one for all sessions; a session is in it by its number. As in WhatsApp, only admins change who is in a
group, who leads it and what it allows, and see or revoke its invite code; its name, description and picture are
everybody's to change unless only admins may.
"""

from __future__ import annotations

import string
import threading
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, Literal, TypeAlias

import attrs

from wasend.sandbox.world.clock import Scheduler
from wasend.sandbox.world.people import People
from wasend.sandbox.world.store import Forbidden, Table, Unknown

Reason: TypeAlias = Literal["SUCCESS", "NOT_FOUND", "ALREADY_IN_GROUP", "NOT_ADMIN"]
"""What became of one person in a change of participants."""

_CODE_LETTERS = string.ascii_letters + string.digits
_CODE_LENGTH = 22


@attrs.frozen(kw_only=True)
class Participant:
    """Somebody in a group; `id` is a chat id, `joined_at` seconds since the epoch."""

    id: str
    is_admin: bool = False
    is_super_admin: bool = False
    joined_at: float


@attrs.frozen
class Stamp:
    """When something was set (seconds since the epoch), and by whom (a chat id)."""

    at: float
    by: str


@attrs.frozen(kw_only=True)
class StoredGroup:
    """
    A group at one moment.

    `id` ends in ``@g.us``; `owner` is a chat id; `participants` are by chat id, in the order of their joining;
    `stamps` tells of each field here when and by whom it was last set; times are seconds since the epoch by the
    sandbox's clock.
    """

    id: str
    owner: str
    created_at: float
    name: str
    description: str = ""
    picture_url: str | None = None
    tags: tuple[str, ...] = ()
    info_admin_only: bool = False
    messages_admin_only: bool = False
    invite_code: str
    participants: Mapping[str, Participant] = attrs.field(hash=False)
    stamps: Mapping[str, Stamp] = attrs.field(repr=False, hash=False)


Change: TypeAlias = Literal["join", "leave", "promote", "demote"]


@attrs.frozen
class GroupJoined:
    """A session's number is in a group from now on."""

    group: StoredGroup


@attrs.frozen
class GroupLeft:
    """A session's number is no longer in a group."""

    group: StoredGroup


@attrs.frozen
class GroupUpdated:
    """A group's name, description, picture or settings, of which `changes` names the fields, have changed."""

    group: StoredGroup
    changes: tuple[str, ...]


@attrs.frozen
class ParticipantsChanged:
    """People (chat ids) joined, left, were promoted or demoted. Of `group`, those who have left are still part."""

    group: StoredGroup
    change: Change
    people: tuple[str, ...]


GroupEvent: TypeAlias = GroupJoined | GroupLeft | GroupUpdated | ParticipantsChanged

Outcome: TypeAlias = tuple[StoredGroup, dict[str, Reason]]
"""A group after a change of participants, and what became of each person."""


@attrs.define(eq=False, repr=False)
class GroupStore:
    """Every group by its id, and by the invite code that is good now."""

    _lock: threading.RLock
    _scheduler: Scheduler
    _random: Random
    _publish: Callable[[GroupEvent], object]
    _people: People
    table: Table[StoredGroup] = attrs.field(factory=Table[StoredGroup], init=False)
    _by_code: dict[str, str] = attrs.field(factory=dict[str, str], init=False)

    def restored(self) -> None:
        """Work out what follows from the groups, which somebody else has put into the table."""
        self._by_code = {group.invite_code: group.id for group in self.table.values()}

    def create(
        self,
        owner: str,
        name: str,
        participants: Mapping[str, bool],
        *,
        description: str = "",
        picture_url: str | None = None,
        tags: Iterable[str] = (),
    ) -> StoredGroup:
        """Add a group; `participants` says who is an admin, and those whom WhatsApp does not know are left out."""
        with self._lock:
            group_id = f"120363{self._random.randrange(10**12):012}@g.us"
            now = self._scheduler.now()
            others = {
                person: Participant(id=person, is_admin=is_admin, joined_at=now)
                for person, is_admin in participants.items()
                if self._people.exists(person)
            }
            founder = Participant(id=owner, is_admin=True, is_super_admin=True, joined_at=now)
            group = StoredGroup(
                id=group_id,
                owner=owner,
                created_at=now,
                name=name,
                description=description,
                picture_url=picture_url,
                tags=tuple(tags),
                invite_code=self._new_code(),
                participants={owner: founder} | others | {owner: founder},
                stamps={"name": Stamp(now, owner), **({"description": Stamp(now, owner)} if description else {})},
            )
            self._by_code[group.invite_code] = group_id
            self.table[group_id] = group
            self._publish(GroupJoined(group))
            return group

    def every(self) -> dict[str, StoredGroup]:
        """Return every group by its id, oldest first."""
        with self._lock:
            return dict(self.table)

    def find(self, group_id: str) -> StoredGroup | None:
        """Return a group to whoever asks, or None."""
        with self._lock:
            return self.table.get(group_id)

    def get(self, group_id: str) -> StoredGroup:
        """Return a group to whoever asks, or refuse."""
        group = self.find(group_id)
        if group is None:
            raise Unknown("Group", group_id)
        return group

    def of(self, member: str) -> list[StoredGroup]:
        """Return the groups that somebody is in, oldest first."""
        with self._lock:
            return [group for group in self.table.values() if member in group.participants]

    def read(self, group_id: str, member: str) -> StoredGroup:
        """Return a group to somebody who is in it, or refuse."""
        group = self.get(group_id)
        if member not in group.participants:
            raise Forbidden("you are not a participant of this group")
        return group

    def led(self, group_id: str, member: str) -> StoredGroup:
        """Return a group to one of its admins, or refuse."""
        group = self.read(group_id, member)
        if not group.participants[member].is_admin:
            raise Forbidden("you are not an admin of this group")
        return group

    def check_post(self, group_id: str, member: str) -> None:
        """Refuse somebody who may not write to a group; one that is not known here is nobody's concern."""
        group = self.find(group_id)
        if group is None:
            return
        if self.read(group_id, member).messages_admin_only and not group.participants[member].is_admin:
            raise Forbidden("only admins can send messages to this group")

    # What it is and what it allows

    def describe(self, group_id: str, by: str, **changes: Any) -> StoredGroup:
        """Set name, description or picture_url."""
        with self._lock:
            group = self.read(group_id, by)
            return self._set(self.led(group_id, by) if group.info_admin_only else group, by, changes)

    def configure(self, group_id: str, by: str, **changes: bool) -> StoredGroup:
        """Set info_admin_only or messages_admin_only."""
        with self._lock:
            return self._set(self.led(group_id, by), by, changes)

    def _set(self, group: StoredGroup, by: str, changes: Mapping[str, Any]) -> StoredGroup:
        stamps = {**group.stamps, **dict.fromkeys(changes, Stamp(self._scheduler.now(), by))}
        changed = self._keep(attrs.evolve(group, **changes, stamps=stamps))
        self._publish(GroupUpdated(changed, tuple(changes)))
        return changed

    def _keep(self, group: StoredGroup) -> StoredGroup:
        self.table[group.id] = group
        return group

    # Who is in it

    def change(self, change: Change, group_id: str, by: str, people: Iterable[str]) -> Outcome:
        """Let an admin add, remove, promote or demote people, oneself and the super admin included."""
        with self._lock:
            inside = dict(self.led(group_id, by).participants)
            reasons: dict[str, Reason] = {}
            for person in dict.fromkeys(people):
                reason: Reason = "SUCCESS"
                match change, inside.get(person):
                    case "join", None if self._people.exists(person):
                        inside[person] = Participant(id=person, joined_at=self._scheduler.now())
                    case "join", Participant():
                        reason = "ALREADY_IN_GROUP"
                    case _, None:
                        reason = "NOT_FOUND"
                    case "leave", _:
                        del inside[person]
                    case "promote", Participant() as one:
                        inside[person] = attrs.evolve(one, is_admin=True)
                    case _, Participant(is_admin=False):
                        reason = "NOT_ADMIN"
                    case _, one:
                        inside[person] = attrs.evolve(one, is_admin=False, is_super_admin=False)
                reasons[person] = reason
            return self._seat(group_id, inside, change, reasons), reasons

    def leave(self, group_id: str, member: str) -> StoredGroup:
        """Let a participant go: from now on the group is closed to them."""
        with self._lock:
            inside = dict(self.read(group_id, member).participants)
            del inside[member]
            return self._seat(group_id, inside, "leave", {member: "SUCCESS"})

    def _seat(
        self, group_id: str, participants: Mapping[str, Participant], how: Change, reasons: Mapping[str, Reason]
    ) -> StoredGroup:
        before = self.table[group_id]
        group = self._keep(attrs.evolve(before, participants=participants))
        if people := tuple(one for one, reason in reasons.items() if reason == "SUCCESS"):
            # Those who leave are notified too.
            everybody = attrs.evolve(group, participants={**before.participants, **participants})
            self._publish(ParticipantsChanged(everybody, how, people))
        return group

    # Invite codes

    def invited(self, code: str) -> StoredGroup:
        """Return the group to which an invite code leads; a revoked code leads nowhere."""
        with self._lock:
            group_id = self._by_code.get(code)
            if group_id is None:
                raise Unknown("Invite code", code)
            return self.table[group_id]

    def join(self, code: str, newcomer: str) -> StoredGroup:
        """Enter a group by its invite code; who is in it stays as they are."""
        with self._lock:
            return self.enter(self.invited(code).id, newcomer)

    def enter(self, group_id: str, newcomer: str) -> StoredGroup:
        """Let somebody in; who is in it stays as they are."""
        with self._lock:
            group = self.get(group_id)
            if newcomer in group.participants:
                return group
            entered = Participant(id=newcomer, joined_at=self._scheduler.now())
            return self._seat(group.id, {**group.participants, newcomer: entered}, "join", {newcomer: "SUCCESS"})

    def revoke(self, group_id: str, by: str) -> StoredGroup:
        """Make a new invite code; the old one dies."""
        with self._lock:
            group = self.led(group_id, by)
            del self._by_code[group.invite_code]
            renewed = attrs.evolve(group, invite_code=self._new_code())
            self._by_code[renewed.invite_code] = group_id
            return self._keep(renewed)

    def _new_code(self) -> str:
        return "".join(self._random.choices(_CODE_LETTERS, k=_CODE_LENGTH))
