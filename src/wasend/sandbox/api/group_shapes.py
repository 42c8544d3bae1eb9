"""The two shapes of a group: as WASend's documentation prints it, and as its official SDK declares it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar

from wasend.sandbox.api.dialects import Dialect, Docs, Json, iso, number_shown
from wasend.sandbox.world import Participant, People, StoredGroup


def engine_id(person: str) -> str:
    """Return a person's id as the engine writes it, and with it some answers of the service."""
    return person.replace("@c.us", "@s.whatsapp.net")


class DocsGroups:
    """The documentation: few fields, and an envelope with `success` around nearly everything."""

    excludable: ClassVar[frozenset[str]] = frozenset({"participants", "description"})

    def __init__(self, people: People) -> None:
        self._people = people

    def group(self, group: StoredGroup, missing: Iterable[str] = ()) -> dict[str, Json]:
        """Return a group as create and the list answer it; whom WhatsApp does not know is left out."""
        del missing
        return {
            "jid": group.id,
            "name": group.name,
            "ownerJid": group.owner,
            "ownerPn": number_shown(group.owner),
            "participants": [
                {
                    "jid": one.id,
                    "phoneNumber": number_shown(one.id),
                    "isAdmin": one.is_admin,
                    "displayName": self._people.name(one.id) or "",
                }
                for one in group.participants.values()
            ],
            "description": group.description,
            "isAnnounce": group.messages_admin_only,
            "isLocked": group.info_admin_only,
            "createdAt": iso(group.created_at),
            "settings": _settings(group),
        }

    def page(self, groups: Sequence[Json], *, total: int, limit: int, offset: int) -> Json:
        """Return one page of the list."""
        more = offset + len(groups) < total
        return {
            "groups": groups,
            "pagination": {"total": total, "limit": limit, "offset": offset, "hasMore": more},
        }

    def without(self, group: dict[str, Json], hidden: Collection[str]) -> dict[str, Json]:
        """Return a group without what the list was asked to exclude."""
        return {name: value for name, value in group.items() if name not in hidden}

    def count(self, total: int) -> Json:
        """Return how many there are."""
        return {"total": total, "byStatus": {"active": total, "archived": 0, "deleted": 0}}

    def info(self, group: StoredGroup) -> Json:
        """Return one group as its participants see it."""
        return {
            "success": True,
            "info": {
                "id": group.id,
                "name": group.name,
                "subject": group.name,
                "description": group.description,
                "creation": iso(group.created_at),
                "owner": {"jid": group.owner, "phoneNumber": number_shown(group.owner)},
                "participants": [_participant(one) for one in group.participants.values()],
                "settings": {
                    "announce": group.messages_admin_only,
                    "restrict": group.info_admin_only,
                    "ephemeral": 0,
                    "noFrequentlyForwarded": False,
                },
            },
        }

    def join_info(self, group: StoredGroup) -> Json:
        """Return a group as who holds its invite code sees it."""
        info = {
            "jid": group.id,
            "name": group.name,
            "topic": group.description,
            "groupCreated": iso(group.created_at),
            "ownerJid": group.owner,
            "participantsCount": len(group.participants),
            "isAnnounce": group.messages_admin_only,
            "isLocked": group.info_admin_only,
        }
        return {"success": True, "data": info, "error": None}

    def joined(self, group: StoredGroup) -> Json:
        """Return a group as joining it answers."""
        return {
            "success": True,
            "group": {
                "id": group.id,
                "name": group.name,
                "description": group.description,
                "ownerJid": group.owner,
                "participantsCount": len(group.participants),
                "createdAt": iso(group.created_at),
                "settings": _settings(group),
                "participants": [
                    {"id": engine_id(one.id), "isAdmin": one.is_admin, "isSuperAdmin": one.is_super_admin}
                    for one in group.participants.values()
                ],
            },
        }

    def participants(self, participants: Collection[Participant]) -> Json:
        """Return who is in a group."""
        return {
            "success": True,
            "participants": [
                {
                    **_participant(one),
                    "joinedAt": iso(one.joined_at),
                    "displayName": self._people.name(one.id) or "",
                }
                for one in participants
            ],
            "error": None,
        }

    def picture(self, url: str | None) -> Json:
        """Return a group's picture."""
        # The sandbox loads no pictures, so it has no size to tell.
        return {"success": True, "picture": None if url is None else {"url": url, "type": "image/jpeg", "size": 0}}

    def invite_code(self, code: str) -> Json:
        """Return an invite code."""
        return {"success": True, "inviteCode": code}


class SdkGroups:
    """The official SDK: the engine's thirty fields, and bare values."""

    excludable: ClassVar[frozenset[str]] = frozenset({"participants"})

    def __init__(self, people: People) -> None:
        self._people = people

    def group(self, group: StoredGroup, missing: Iterable[str] = ()) -> dict[str, Json]:
        """Return a group with all its fields; whom WhatsApp does not know is among them, with an error."""
        name, topic = group.stamps["name"], group.stamps.get("description")
        return {
            "jid": group.id,
            "ownerJid": group.owner,
            "ownerPn": number_shown(group.owner),
            "name": group.name,
            "nameSetAt": iso(name.at),
            "nameSetBy": name.by,
            "nameSetByPn": number_shown(name.by),
            "topic": group.description,
            "topicId": "" if topic is None else f"{int(topic.at * 1000):X}",
            "topicSetAt": "0001-01-01T00:00:00Z" if topic is None else iso(topic.at),  # Go's word for never
            "topicSetBy": "" if topic is None else topic.by,
            "topicSetByPn": "" if topic is None else number_shown(topic.by),
            "topicDeleted": topic is not None and not group.description,
            "isLocked": group.info_admin_only,
            "isAnnounce": group.messages_admin_only,
            "announceVersionId": "",
            "isEphemeral": False,
            "disappearingTimer": 0,
            "isIncognito": False,
            "isParent": False,
            "defaultMembershipApprovalMode": "",
            "linkedParentJid": "",
            "isDefaultSubGroup": False,
            "isJoinApprovalRequired": False,
            "addressingMode": "pn",
            "groupCreated": iso(group.created_at),
            "creatorCountryCode": "",
            "participantVersionId": "",
            "participants": [
                *self.participants(group.participants.values()),
                *({**_stranger(person), "error": 404} for person in missing),
            ],
            "memberAddMode": "admin_add",
        }

    def page(self, groups: Sequence[Json], *, total: int, limit: int, offset: int) -> Json:
        """Return one page of the list."""
        del total, limit, offset
        return groups

    def without(self, group: dict[str, Json], hidden: Collection[str]) -> dict[str, Json]:
        """Return a group without what the list was asked to exclude: empty, for no field is optional."""
        return {**group, **{name: [] for name in hidden}}

    def count(self, total: int) -> Json:
        """Return how many there are."""
        return {"total": total, "byStatus": {"ACTIVE": str(total), "ARCHIVED": "0", "DELETED": "0"}}

    def info(self, group: StoredGroup) -> Json:
        """Return one group as its participants see it."""
        return self.group(group)

    def join_info(self, group: StoredGroup) -> Json:
        """Return a group as who holds its invite code sees it."""
        return self.group(group)

    def joined(self, group: StoredGroup) -> Json:
        """Return a group as joining it answers."""
        optional = {"description": group.description, "pictureUrl": group.picture_url}
        return {
            "id": group.id,
            "name": group.name,
            "participantsCount": len(group.participants),
            **{name: value for name, value in optional.items() if value},
        }

    def participants(self, participants: Collection[Participant]) -> list[Json]:
        """Return who is in a group."""
        return [
            {
                **_participant(one),
                "displayName": self._people.name(one.id) or "",
                **({"lid": lid} if (lid := self._people.lid_of(one.id)) else {}),
            }
            for one in participants
        ]

    def picture(self, url: str | None) -> Json:
        """Return a group's picture."""
        return {"url": url}

    def invite_code(self, code: str) -> Json:
        """Return an invite code."""
        return code


def group_shapes(dialect: Dialect, people: People) -> DocsGroups | SdkGroups:
    """Return the shapes of a dialect; `people` know the names."""
    return DocsGroups(people) if isinstance(dialect, Docs) else SdkGroups(people)


def _settings(group: StoredGroup) -> dict[str, Json]:
    return {"infoAdminOnly": group.info_admin_only, "messagesAdminOnly": group.messages_admin_only}


def _participant(one: Participant) -> dict[str, Json]:
    return {
        "jid": one.id,
        "phoneNumber": number_shown(one.id),
        "isAdmin": one.is_admin,
        "isSuperAdmin": one.is_super_admin,
    }


def _stranger(person: str) -> dict[str, Json]:
    return {**_participant(Participant(id=person, joined_at=0)), "displayName": ""}
