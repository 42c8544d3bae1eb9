"""The endpoints of groups, and the two shapes of a group: the documentation's, and the official SDK's."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import ClassVar, Literal, TypeAlias

import attrs
from starlette.datastructures import QueryParams

from wasend.sandbox.api.dialects import Dialect, Docs, Json, iso, number_shown
from wasend.sandbox.api.endpoints import Call, Endpoint
from wasend.sandbox.api.fields import (
    PAGE,
    Body,
    Fields,
    boolean,
    each,
    filled,
    filled_to,
    flag,
    one_of,
    one_person,
    some,
    string,
    web_url,
)
from wasend.sandbox.world import Change, Participant, People, Reason, State, StoredGroup


def _engine_id(person: str) -> str:
    """Return a person's id as the engine writes it, and with it some answers of the service."""
    return person.replace("@c.us", "@s.whatsapp.net")


class _DocsGroups:
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
        more = offset + len(groups) < total
        return {
            "groups": groups,
            "pagination": {"total": total, "limit": limit, "offset": offset, "hasMore": more},
        }

    def without(self, group: dict[str, Json], hidden: Collection[str]) -> dict[str, Json]:
        """Return a group without what the list was asked to exclude."""
        return {name: value for name, value in group.items() if name not in hidden}

    def count(self, total: int) -> Json:
        return {"total": total, "byStatus": {"active": total, "archived": 0, "deleted": 0}}

    def info(self, group: StoredGroup) -> Json:
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
                    {"id": _engine_id(one.id), "isAdmin": one.is_admin, "isSuperAdmin": one.is_super_admin}
                    for one in group.participants.values()
                ],
            },
        }

    def participants(self, participants: Collection[Participant]) -> Json:
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
        # The sandbox loads no pictures, so it has no size to tell.
        return {"success": True, "picture": None if url is None else {"url": url, "type": "image/jpeg", "size": 0}}

    def invite_code(self, code: str) -> Json:
        return {"success": True, "inviteCode": code}


class _SdkGroups:
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
        del total, limit, offset
        return groups

    def without(self, group: dict[str, Json], hidden: Collection[str]) -> dict[str, Json]:
        """Return a group without what the list was asked to exclude: empty, for no field is optional."""
        return {**group, **{name: [] for name in hidden}}

    def count(self, total: int) -> Json:
        return {"total": total, "byStatus": {"ACTIVE": str(total), "ARCHIVED": "0", "DELETED": "0"}}

    def info(self, group: StoredGroup) -> Json:
        return self.group(group)

    def join_info(self, group: StoredGroup) -> Json:
        return self.group(group)

    def joined(self, group: StoredGroup) -> Json:
        optional = {"description": group.description, "pictureUrl": group.picture_url}
        return {
            "id": group.id,
            "name": group.name,
            "participantsCount": len(group.participants),
            **{name: value for name, value in optional.items() if value},
        }

    def participants(self, participants: Collection[Participant]) -> list[Json]:
        return [
            {
                **_participant(one),
                "displayName": self._people.name(one.id) or "",
                **({"lid": lid} if (lid := self._people.lid_of(one.id)) else {}),
            }
            for one in participants
        ]

    def picture(self, url: str | None) -> Json:
        return {"url": url}

    def invite_code(self, code: str) -> Json:
        return code


def _shapes(dialect: Dialect, people: People) -> _DocsGroups | _SdkGroups:
    """Return the shapes of a dialect; `people` know the names."""
    return _DocsGroups(people) if isinstance(dialect, Docs) else _SdkGroups(people)


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


_INVITE = "https://chat.whatsapp.com/"
_INVITE_LINK = re.compile(r"(?:https?://)?chat\.whatsapp\.com/(?:invite/)?([^/?#]+).*", re.DOTALL)

_GROUP = "/{session}/groups/{group}"

_SORTS: dict[str, Callable[[StoredGroup], tuple[float | str, str]]] = {
    "id": lambda group: (group.id, ""),
    "creation": lambda group: (group.created_at, ""),
    "createdAt": lambda group: (group.created_at, ""),
    "subject": lambda group: (group.name, group.id),
    "name": lambda group: (group.name, group.id),
    "participantsCount": lambda group: (len(group.participants), group.id),
}

_Reasons: TypeAlias = dict[str, Reason]


def _invite_code(text: str) -> str:
    """Return the code in an invite link, or the code that it is."""
    link = _INVITE_LINK.fullmatch(text.strip())
    return link[1] if link else text.strip()


_INVITES = ("code", "inviteCode", "inviteLink")


def _code_or_link(body: Body) -> Iterable[str]:
    name = next((name for name in _INVITES if body.get(name)), None)
    if name is None:
        yield f"one of {', '.join(_INVITES)} must be given"
    elif wrong := filled(body[name]):
        yield f"{name} {wrong}"


def _several(query: QueryParams, name: str) -> list[str]:
    return [*query.getlist(f"{name}[]"), *query.getlist(name)]


_MEMBER = Fields(required={"id": one_person}, optional={"isAdmin": boolean})
_one_status = one_of("active", "archived", "deleted")


def _status(value: object) -> str | None:
    """A status, in the upper case of the README too."""
    return _one_status(value.lower() if isinstance(value, str) else value)


_LIST = Fields(required={}, optional={**PAGE, "sortBy": one_of(*_SORTS), "status": _status})
_PEOPLE = Fields(required={"participants": some(one_person)}, optional={"notify": boolean})
_ENABLED = Fields(required={"enabled": boolean})


def group_endpoints(state: State, dialect: Dialect) -> list[Endpoint]:
    """Return the endpoints of groups."""
    groups = state.groups
    done = Docs().done  # only the documentation has calls that answer what was asked for in an envelope
    shapes = _shapes(dialect, state.people)

    def own(call: Call) -> str:
        return state.sessions.connected(call.path["session"], call.account).own_id

    def read(call: Call) -> StoredGroup:
        return groups.read(call.path["group"], own(call))

    def shown(shape: Callable[[StoredGroup], Json]) -> Callable[[Call], Json]:
        return lambda call: shape(read(call))

    # All groups

    def create(call: Call) -> Json:
        asked = {state.people.identify(one["id"]): bool(one.get("isAdmin")) for one in call.body["participants"]}
        group = groups.create(
            own(call),
            call.body["name"],
            asked,
            description=call.body.get("description") or "",
            picture_url=call.body.get("pictureUrl"),
            tags=call.body.get("tags") or (),
        )
        return shapes.group(group, missing=[one for one in asked if one not in group.participants])

    def every(call: Call) -> Json:
        query = call.query
        limit, offset = int(query.get("limit", 50)), int(query.get("offset", 0))
        tags, words = set(_several(query, "tags")), query.get("search", "").lower()
        found = [
            group
            for group in groups.of(own(call))
            if query.get("status", "active").lower() == "active"  # the sandbox archives and deletes none
            and (not tags or tags & set(group.tags))
            and (words in group.name.lower() or words in group.description.lower())
        ]
        found.sort(key=_SORTS[query.get("sortBy", "creation")], reverse=query.get("sortOrder") == "desc")
        hidden = shapes.excludable & set(_several(query, "exclude"))
        page = [shapes.without(shapes.group(group), hidden) for group in found[offset : offset + limit]]
        return shapes.page(page, total=len(found), limit=limit, offset=offset)

    def count(call: Call) -> Json:
        return shapes.count(len(groups.of(own(call))))

    def join_info(call: Call) -> Json:
        own(call)
        return shapes.join_info(groups.invited(_invite_code(call.query["code"])))

    def join(call: Call) -> Json:
        invite = next(filter(None, map(call.body.get, _INVITES)))
        return shapes.joined(groups.join(_invite_code(invite), own(call)))

    def leave(call: Call) -> Json:
        groups.leave(call.path["group"], own(call))
        return dialect.done(message="Left the group")

    # What a group is and what it allows

    def describe(field: str, name: str) -> Callable[[Call], Json]:
        def answer(call: Call) -> Json:
            groups.describe(call.path["group"], own(call), **{field: call.body[name]})
            return dialect.done(**{name: call.body[name]}, message="Group updated")

        return answer

    def delete_picture(call: Call) -> Json:
        groups.describe(call.path["group"], own(call), picture_url=None)
        return dialect.done()

    def admin_only(field: str) -> list[Endpoint]:
        path = f"{_GROUP}/settings/security/{field.replace('_', '-')}"

        def get(call: Call) -> Json:
            group = read(call)
            stamp = group.stamps.get(field)
            changed = {} if stamp is None else {"changedAt": iso(stamp.at), "changedBy": stamp.by}
            return {"enabled": getattr(group, field), **changed}

        def put(call: Call) -> Json:
            enabled = bool(call.body["enabled"])
            groups.configure(call.path["group"], own(call), **{field: enabled})
            return dialect.done(enabled=enabled, message="Setting updated")

        return [Endpoint("GET", path, get), Endpoint("PUT", path, put, _ENABLED)]

    def settings(group: StoredGroup) -> dict[str, Json]:
        return {
            "infoAdminOnly": group.info_admin_only,
            "messagesAdminOnly": group.messages_admin_only,
            "ephemeralDuration": 0,
            "noFrequentlyForwarded": False,
        }

    def set_settings(call: Call) -> Json:
        group = groups.configure(
            call.path["group"],
            own(call),
            info_admin_only=bool(call.body["infoAdminOnly"]),
            messages_admin_only=bool(call.body["messagesAdminOnly"]),
        )
        return done(settings=settings(group), message="Settings updated")

    # Who is in a group

    def participants(
        change: Change, shape: Callable[[StoredGroup, _Reasons], dict[str, Json]]
    ) -> Callable[[Call], Json]:
        def answer(call: Call) -> Json:
            people = [state.people.identify(one) for one in call.body["participants"]]
            return dialect.done(**shape(*groups.change(change, call.path["group"], own(call), people)))

        return answer

    def reasoned(done: str) -> Callable[[StoredGroup, _Reasons], dict[str, Json]]:
        return lambda _, reasons: {"data": {done: _succeeded(reasons), "failed": _failed(reasons)}}

    def removed(_: StoredGroup, reasons: _Reasons) -> dict[str, Json]:
        gone = [{"id": _engine_id(one["id"])} for one in _succeeded(reasons)]
        return {"removed": gone, **_rest(reasons), "message": "Participants removed"}

    def promoted(group: StoredGroup, reasons: _Reasons) -> dict[str, Json]:
        raised = [
            {
                "id": _engine_id(one["id"]),
                "isAdmin": True,
                "isSuperAdmin": group.participants[one["id"]].is_super_admin,
            }
            for one in _succeeded(reasons)
        ]
        return {"promoted": raised, **_rest(reasons), "message": "Participants promoted"}

    # Invite codes

    def invite(shape: Callable[[str], Json], get: Callable[[str, str], StoredGroup]) -> Callable[[Call], Json]:
        return lambda call: shape(get(call.path["group"], own(call)).invite_code)

    def link(code: str) -> Json:
        return done(inviteLink=f"{_INVITE}{code}", expiresAt=None)

    new = Fields(
        required={"name": filled_to(dialect.longest_subject), "participants": each(_MEMBER.check)},
        optional={"description": string, "pictureUrl": web_url, "tags": each(string)},
    )
    subject = Fields(required={"subject": filled_to(dialect.longest_subject)})
    picture = Fields(
        required={"url": web_url}, optional={"format": one_of("jpeg", "png", "webp"), "cropToSquare": boolean}
    )
    by_code = Fields(required={"code": filled})
    invitation = Fields(required={}, rule=_code_or_link)
    name = Fields(required={"name": filled_to(dialect.longest_subject)})
    both = Fields(required={"infoAdminOnly": boolean, "messagesAdminOnly": boolean})
    return [
        Endpoint("POST", "/{session}/groups", create, new),
        Endpoint("GET", "/{session}/groups", every, query=_LIST),
        Endpoint("GET", "/{session}/groups/join-info", join_info, query=by_code),
        Endpoint("GET", "/{session}/groups/count", count),
        Endpoint("POST", "/{session}/groups/join", join, invitation),
        Endpoint("POST", f"{_GROUP}/leave", leave),
        Endpoint(
            "GET",
            f"{_GROUP}/picture",
            shown(lambda group: shapes.picture(group.picture_url)),
            query=Fields(required={}, optional={"refresh": flag}),
        ),
        Endpoint("PUT", f"{_GROUP}/picture", describe("picture_url", "url"), picture),
        Endpoint("DELETE", f"{_GROUP}/picture", delete_picture),
        Endpoint(
            "PUT",
            f"{_GROUP}/description",
            describe("description", "description"),
            Fields(required={"description": string}),
        ),
        Endpoint("PUT", f"{_GROUP}/subject", describe("name", "subject"), subject),
        *admin_only("info_admin_only"),
        *admin_only("messages_admin_only"),
        Endpoint("GET", f"{_GROUP}/invite-code", invite(shapes.invite_code, groups.led)),
        Endpoint("POST", f"{_GROUP}/invite-code/revoke", invite(shapes.invite_code, groups.revoke)),
        Endpoint(
            "GET", f"{_GROUP}/participants", shown(lambda group: shapes.participants(group.participants.values()))
        ),
        Endpoint("POST", f"{_GROUP}/participants/add", participants("join", reasoned("added")), _PEOPLE),
        *_only(
            "sdk",
            *(
                Endpoint("GET", _GROUP, shown(shapes.info)),
                Endpoint("POST", f"{_GROUP}/participants/remove", participants("leave", removed), _PEOPLE),
                Endpoint("POST", f"{_GROUP}/admin/promote", participants("promote", promoted), _PEOPLE),
                Endpoint("POST", f"{_GROUP}/admin/demote", participants("demote", reasoned("demoted")), _PEOPLE),
            ),
        ),
        *_only(
            "docs",
            *(
                Endpoint("GET", f"{_GROUP}/info", shown(shapes.info)),
                Endpoint("PUT", f"{_GROUP}/name", describe("name", "name"), name),
                Endpoint("GET", f"{_GROUP}/description", shown(lambda group: done(description=group.description))),
                Endpoint("GET", f"{_GROUP}/subject", shown(lambda group: done(subject=group.name, error=None))),
                Endpoint("GET", f"{_GROUP}/settings", shown(lambda group: done(settings=settings(group), error=None))),
                Endpoint("PUT", f"{_GROUP}/settings", set_settings, both),
                Endpoint("GET", f"{_GROUP}/invite-link", invite(link, groups.led)),
                Endpoint("POST", f"{_GROUP}/invite-link/revoke", invite(link, groups.revoke)),
                Endpoint("DELETE", f"{_GROUP}/participants", participants("leave", removed), _PEOPLE),
                Endpoint("POST", f"{_GROUP}/participants/promote", participants("promote", promoted), _PEOPLE),
                Endpoint("POST", f"{_GROUP}/participants/demote", participants("demote", reasoned("demoted")), _PEOPLE),
            ),
        ),
    ]


def _only(family: Literal["docs", "sdk"], *endpoints: Endpoint) -> Iterable[Endpoint]:
    return (attrs.evolve(endpoint, family=family) for endpoint in endpoints)


def _succeeded(reasons: _Reasons) -> list[dict[str, str]]:
    return [{"id": one, "reason": reason} for one, reason in reasons.items() if reason == "SUCCESS"]


def _failed(reasons: _Reasons) -> list[dict[str, str]]:
    return [{"id": one, "reason": reason} for one, reason in reasons.items() if reason != "SUCCESS"]


def _rest(reasons: _Reasons) -> dict[str, Json]:
    """Return what the documentation's answer has no field for, if there is any."""
    failed = _failed(reasons)
    return {"failed": failed} if failed else {}
