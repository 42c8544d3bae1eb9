"""The local WASend's groups: who is in them, who may do what, and the two shapes in which they are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.test_sandbox import ADA, KEY, PICTURE, Shape
from wasend.sandbox import Sandbox, StoredGroup

OWN = "447700900123@c.us"
BOB = "+447700900457"
NOBODY = "+447700900999"
NOW = "2025-06-15T15:06:40.000Z"
CODE = "[0-9A-Za-z]{22}"


pytestmark = pytest.mark.usefixtures("june")


def jid(number: str) -> str:
    return f"{number.removeprefix('+')}@c.us"


@attrs.frozen
class House:
    """A sandbox with a connected session, and a client for it."""

    sandbox: Sandbox
    client: httpx.AsyncClient
    session: str

    async def call(self, verb: str, path: str, body: object = None, **query: Any) -> httpx.Response:
        return await self.client.request(verb, f"/{self.session}/groups{path}", json=body, params=query or None)

    async def json(self, verb: str, path: str, body: object = None, **query: Any) -> Any:
        answer = await self.call(verb, path, body, **query)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def create(self, name: str = "Launch crew", people: Iterable[str] = (ADA,), **more: Any) -> StoredGroup:
        body = {"name": name, "participants": [{"id": number} for number in people], **more}
        created = await self.json("POST", "", body)
        return self.sandbox.groups[created["jid"]]

    def now(self, group: StoredGroup) -> StoredGroup:
        return self.sandbox.groups[group.id]

    def fresh(self) -> House:
        """The same after a reset."""
        self.sandbox.reset()
        return attrs.evolve(self, session=self.sandbox.add_session().id)


@pytest.fixture
def at(wasend_sandbox: Sandbox, http: httpx.AsyncClient, session: str) -> House:
    """`wasend_sandbox` with a session."""
    return House(wasend_sandbox, http, session)


# Creating and reading


@pytest.mark.wasend_sandbox(unknown=[NOBODY])
async def test_create_docs(at: House) -> None:
    """The documentation's group has the documented fields; whom WhatsApp does not know is left out."""
    at.sandbox.add_contact(ADA, "Ada")
    answer = await at.call(
        "POST",
        "",
        {
            "name": "Launch crew",
            "participants": [{"id": ADA, "isAdmin": True}, {"id": NOBODY}],
            "description": "Q3",
            "pictureUrl": PICTURE,
            "tags": ["a"],
        },
    )
    group = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch(r"120363\d{12}@g\.us", group.pop("jid"))
    assert group == {
        "name": "Launch crew",
        "ownerJid": OWN,
        "ownerPn": "+447700900123",
        "participants": [
            {"jid": OWN, "phoneNumber": "+447700900123", "isAdmin": True, "displayName": ""},
            {"jid": jid(ADA), "phoneNumber": ADA, "isAdmin": True, "displayName": "Ada"},
        ],
        "description": "Q3",
        "isAnnounce": False,
        "isLocked": False,
        "createdAt": NOW,
        "settings": {"infoAdminOnly": False, "messagesAdminOnly": False},
    }
    (stored,) = at.sandbox.groups.values()
    assert (stored.picture_url, stored.tags, stored.owner) == (PICTURE, ("a",), OWN)
    assert stored.participants[OWN].is_super_admin


@pytest.mark.wasend_sandbox(dialect="sdk", unknown=[NOBODY])
async def test_create_sdk(at: House) -> None:
    """The SDK's group has the engine's thirty fields; whom WhatsApp does not know carries the error 404."""
    answer = await at.call("POST", "", {"name": "Launch crew", "participants": [{"id": ADA}, {"id": NOBODY}]})
    group = answer.json()
    assert answer.status_code == 201
    assert len(group) == 30
    assert (group["name"], group["nameSetBy"], group["nameSetAt"]) == ("Launch crew", OWN, NOW)
    assert (group["topic"], group["topicSetBy"], group["topicDeleted"]) == ("", "", False)
    assert [(one["jid"], one["isSuperAdmin"], one.get("error")) for one in group["participants"]] == [
        (OWN, True, None),
        (jid(ADA), False, None),
        (jid(NOBODY), False, 404),
    ]
    (stored,) = at.sandbox.groups.values()
    assert list(stored.participants) == [OWN, jid(ADA)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"participants": []}, "name"),
        ({"name": " ", "participants": []}, "name"),
        ({"name": "x" * 101, "participants": []}, "name"),
        ({"name": "n"}, "participants"),
        ({"name": "n", "participants": ADA}, "participants"),
        ({"name": "n", "participants": [ADA]}, "participants"),
        ({"name": "n", "participants": [{}]}, "participants"),
        ({"name": "n", "participants": [{"id": "120363041234567890@g.us"}]}, "participants"),
        ({"name": "n", "participants": [{"id": ADA, "isAdmin": "yes"}]}, "participants"),
        ({"name": "n", "participants": [], "tags": "a"}, "tags"),
        ({"name": "n", "participants": [], "tags": [1]}, "tags"),
        ({"name": "n", "participants": [], "pictureUrl": "a.png"}, "pictureUrl"),
        ({"name": "n", "participants": [], "description": 1}, "description"),
    ],
)
async def test_create_invalid(shape: Shape, body: dict[str, Any], field: str, at: House) -> None:
    """A wrong field is answered with 400 and a sentence that names it; no group is made."""
    answer = await at.call("POST", "", body)
    assert answer.status_code == 400
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]
    assert not at.sandbox.groups


async def test_read_docs(at: House) -> None:
    """The documentation reads one group under /info, and its parts each in an envelope."""
    group = await at.create(description="Q3", pictureUrl=PICTURE)
    answers = {
        path: await at.json("GET", f"/{group.id}{path}")
        for path in ("/info", "/description", "/subject", "/settings", "/participants", "/picture", "/invite-code")
    }
    link = await at.json("GET", f"/{group.id}/invite-link")
    assert answers["/info"]["info"] == {
        "id": group.id,
        "name": "Launch crew",
        "subject": "Launch crew",
        "description": "Q3",
        "creation": NOW,
        "owner": {"jid": OWN, "phoneNumber": "+447700900123"},
        "participants": [
            {"jid": OWN, "phoneNumber": "+447700900123", "isAdmin": True, "isSuperAdmin": True},
            {"jid": jid(ADA), "phoneNumber": ADA, "isAdmin": False, "isSuperAdmin": False},
        ],
        "settings": {"announce": False, "restrict": False, "ephemeral": 0, "noFrequentlyForwarded": False},
    }
    assert answers["/description"] == {"success": True, "description": "Q3"}
    assert answers["/subject"] == {"success": True, "subject": "Launch crew", "error": None}
    assert answers["/settings"]["settings"] == {
        "infoAdminOnly": False,
        "messagesAdminOnly": False,
        "ephemeralDuration": 0,
        "noFrequentlyForwarded": False,
    }
    assert answers["/participants"]["participants"][1] == {
        "jid": jid(ADA),
        "phoneNumber": ADA,
        "isAdmin": False,
        "isSuperAdmin": False,
        "joinedAt": NOW,
        "displayName": "",
    }
    assert answers["/picture"] == {"success": True, "picture": {"url": PICTURE, "type": "image/jpeg", "size": 0}}
    assert answers["/invite-code"] == {"success": True, "inviteCode": group.invite_code}
    assert link == {
        "success": True,
        "inviteLink": f"https://chat.whatsapp.com/{group.invite_code}",
        "expiresAt": None,
    }


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_read_sdk(at: House) -> None:
    """The SDK reads one group under its own id, and bare values."""
    group = await at.create(description="Q3", pictureUrl=PICTURE)
    found = await at.json("GET", f"/{group.id}")
    participants = await at.json("GET", f"/{group.id}/participants")
    assert await at.json("GET", f"/{group.id}/picture", refresh="true") == {"url": PICTURE}
    assert await at.json("GET", f"/{group.id}/invite-code") == group.invite_code
    assert (found["jid"], found["topic"], found["topicSetBy"]) == (group.id, "Q3", OWN)
    assert participants == found["participants"]
    assert participants[0]["isSuperAdmin"]


ROUTES = [
    ("docs", "GET", "/info", None),
    ("docs", "PUT", "/name", {"name": "n"}),
    ("docs", "GET", "/description", None),
    ("docs", "GET", "/subject", None),
    ("docs", "GET", "/settings", None),
    ("docs", "PUT", "/settings", {"infoAdminOnly": False, "messagesAdminOnly": False}),
    ("docs", "GET", "/invite-link", None),
    ("docs", "POST", "/invite-link/revoke", None),
    ("docs", "POST", "/participants/promote", {"participants": [ADA]}),
    ("docs", "POST", "/participants/demote", {"participants": [ADA]}),
    ("docs", "DELETE", "/participants", {"participants": [ADA]}),
    ("sdk", "GET", "", None),
    ("sdk", "POST", "/admin/promote", {"participants": [ADA]}),
    ("sdk", "POST", "/admin/demote", {"participants": [ADA]}),
    ("sdk", "POST", "/participants/remove", {"participants": [ADA]}),
    ("both", "PUT", "/description", {"description": ""}),
    ("both", "PUT", "/subject", {"subject": "s"}),
    ("both", "GET", "/settings/security/info-admin-only", None),
    ("both", "PUT", "/settings/security/info-admin-only", {"enabled": True}),
    ("both", "GET", "/settings/security/messages-admin-only", None),
    ("both", "PUT", "/settings/security/messages-admin-only", {"enabled": True}),
    ("both", "GET", "/picture", None),
    ("both", "PUT", "/picture", {"url": PICTURE, "format": "png", "cropToSquare": False}),
    ("both", "DELETE", "/picture", None),
    ("both", "GET", "/invite-code", None),
    ("both", "POST", "/invite-code/revoke", None),
    ("both", "GET", "/participants", None),
    ("both", "POST", "/participants/add", {"participants": [ADA], "notify": False}),
    ("both", "POST", "/leave", None),
]


@pytest.mark.parametrize(("where", "verb", "path", "body"), ROUTES)
async def test_routes(shape: Shape, where: str, verb: str, path: str, body: object, at: House) -> None:
    """Every route is there in both dialects; an unknown group or session is another 404, a stopped one 422."""
    group = await at.create()
    unknown = await at.call(verb, f"/120363000000000000@g.us{path}", body)
    nobody = await attrs.evolve(at, session="nobody").call(verb, f"/{group.id}{path}", body)
    answer = await at.call(verb, f"/{group.id}{path}", body)
    await at.client.post(f"/sessions/{at.session}/stop")
    stopped = await at.call(verb, f"/{group.id}{path}", body)
    assert answer.status_code == (201 if shape == "sdk" and verb == "POST" else 200)
    assert unknown.status_code == nobody.status_code == 404
    assert unknown.json()["message"] == "Group 120363000000000000@g.us not found"
    assert nobody.json()["message"] == "Session nobody not found"
    assert stopped.status_code == 422


@pytest.mark.parametrize(
    ("verb", "path", "body", "field"),
    [
        ("PUT", "/description", {}, "description"),
        ("PUT", "/subject", {"subject": ""}, "subject"),
        ("PUT", "/subject", {"subject": "x" * 26}, "subject"),
        ("PUT", "/name", {"name": "x" * 26}, "name"),
        ("PUT", "/picture", {"url": "a"}, "url"),
        ("PUT", "/picture", {"url": PICTURE, "format": "gif"}, "format"),
        ("PUT", "/settings", {"infoAdminOnly": True}, "messagesAdminOnly"),
        ("PUT", "/settings/security/info-admin-only", {"adminsOnly": True}, "enabled"),
        ("PUT", "/settings/security/info-admin-only", {"enabled": "true"}, "enabled"),
        ("POST", "/participants/add", {"participants": []}, "participants"),
        ("POST", "/participants/add", {"participants": [{"id": ADA}]}, "participants"),
        ("POST", "/participants/add", {"participants": [ADA], "notify": "no"}, "notify"),
        ("POST", "/participants/promote", {"participants": ["Ada"]}, "participants"),
        ("GET", "/picture?refresh=1", None, "refresh"),
    ],
)
async def test_invalid(verb: str, path: str, body: object, field: str, at: House) -> None:
    """A wrong field is answered with 400 and a sentence that names it; the group stays as it was."""
    group = await at.create()
    answer = await at.call(verb, f"/{group.id}{path}", body)
    assert answer.status_code == 400
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]
    assert at.now(group) == group


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_subject_sdk(at: House) -> None:
    """The SDK's dialect takes a subject of WhatsApp's own length, which is more than the documentation says."""
    group = await at.create()
    assert (await at.call("PUT", f"/{group.id}/subject", {"subject": "x" * 100})).is_success
    assert (await at.call("PUT", f"/{group.id}/subject", {"subject": "x" * 101})).status_code == 400


# The list


@pytest.fixture
async def three_groups(at: House) -> House:
    """Three groups of the session's own, founded a second apart, and one of somebody else."""
    for name, people, description, tags in [
        ("Beta", [ADA, BOB], "of the WORLD", ["a", "b"]),
        ("alpha", [], "", ["b"]),
        ("Gamma", [ADA], "rays", []),
    ]:
        await at.create(name, people, description=description, tags=tags)
        at.sandbox.clock.advance(1)
    at.sandbox.add_group("Another's", owner=ADA)
    return at


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Beta", "alpha", "Gamma"]),
        ({"sortBy": "creation", "sortOrder": "desc"}, ["Gamma", "alpha", "Beta"]),
        ({"sortBy": "name"}, ["Beta", "Gamma", "alpha"]),
        ({"sortBy": "subject", "sortOrder": "desc"}, ["alpha", "Gamma", "Beta"]),
        ({"sortBy": "participantsCount"}, ["alpha", "Gamma", "Beta"]),
        ({"limit": 2}, ["Beta", "alpha"]),
        ({"limit": 2, "offset": 2}, ["Gamma"]),
        ({"limit": 0}, []),
        ({"search": "wor"}, ["Beta"]),
        ({"search": "ALPHA"}, ["alpha"]),
        ({"status": "active"}, ["Beta", "alpha", "Gamma"]),
        ({"status": "archived"}, []),
        ({"tags[]": "a"}, ["Beta"]),
        ({"tags[]": ["a", "b"]}, ["Beta", "alpha"]),
        ({"tags": "b"}, ["Beta", "alpha"]),
    ],
)
async def test_list(shape: Shape, query: dict[str, Any], names: list[str], three_groups: House) -> None:
    """The list holds the session's own groups, filtered, sorted and cut as the query says."""
    page = await three_groups.json("GET", "", **query)
    assert [group["name"] for group in (page["groups"] if shape == "docs" else page)] == names


async def test_list_page(three_groups: House) -> None:
    """The documentation's page tells how many there are in all, and whether more follow."""
    first = await three_groups.json("GET", "", limit=2)
    last = await three_groups.json("GET", "", limit=2, offset=2)
    few = await three_groups.json("GET", "", search="alpha")
    assert first["pagination"] == {"total": 3, "limit": 2, "offset": 0, "hasMore": True}
    assert last["pagination"] == {"total": 3, "limit": 2, "offset": 2, "hasMore": False}
    assert few["pagination"] == {"total": 1, "limit": 50, "offset": 0, "hasMore": False}


@pytest.mark.parametrize(
    ("exclude", "gone"),
    [
        (["participants"], {"participants"}),
        (["participants", "description"], {"participants", "description"}),
        (["jid"], set()),
    ],
)
async def test_list_exclude(exclude: list[str], gone: set[str], three_groups: House) -> None:
    """What is excluded is missing from each group, and nothing else is."""
    whole = (await three_groups.json("GET", ""))["groups"]
    part = (await three_groups.json("GET", "", **{"exclude[]": exclude}))["groups"]
    assert [one.keys() - other.keys() for one, other in zip(whole, part, strict=True)] == [gone] * 3


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_list_exclude_sdk(three_groups: House) -> None:
    """The SDK's dialect excludes participants only, and leaves an empty list, for there the field is declared."""
    whole = await three_groups.json("GET", "")
    part = await three_groups.json("GET", "", **{"exclude[]": ["participants", "description"]})
    assert all(one["participants"] for one in whole)
    assert part == [one | {"participants": []} for one in whole]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "ten"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"offset": "1.5"}, "offset"),
        ({"offset": "٣"}, "offset"),
        ({"sortBy": "age"}, "sortBy"),
        ({"sortOrder": "up"}, "sortOrder"),
        ({"status": "Closed"}, "status"),
    ],
)
async def test_list_invalid(shape: Shape, query: dict[str, Any], field: str, at: House) -> None:
    """A query that cannot be read is answered with 400 and a sentence that names the field."""
    answer = await at.call("GET", "", **query)
    assert answer.status_code == 400
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]


async def test_count(shape: Shape, three_groups: House) -> None:
    """The number of groups is told in the dialect's way: as numbers, or by the SDK as text."""
    count = await three_groups.json("GET", "/count")
    assert count == {
        "total": 3,
        "byStatus": {"active": 3, "archived": 0, "deleted": 0}
        if shape == "docs"
        else {"ACTIVE": "3", "ARCHIVED": "0", "DELETED": "0"},
    }


# What a group is and what it allows


async def test_changes_docs(at: House) -> None:
    """What is changed is told back, kept, and dated with who changed it."""
    group = await at.create()
    path = f"/{group.id}"
    at.sandbox.clock.advance(60)
    assert await at.json("PUT", f"{path}/subject", {"subject": "New"}) == {
        "success": True,
        "subject": "New",
        "message": "Group updated",
    }
    assert at.now(group).name == "New"
    assert (await at.json("PUT", f"{path}/name", {"name": "Newer"}))["name"] == "Newer"
    assert (await at.json("PUT", f"{path}/description", {"description": "d"}))["description"] == "d"
    assert (await at.json("PUT", f"{path}/picture", {"url": PICTURE}))["url"] == PICTURE
    changed = at.now(group)
    assert (await at.json("DELETE", f"{path}/picture")) == {"success": True}
    assert await at.json("GET", f"{path}/picture") == {"success": True, "picture": None}
    assert (changed.name, changed.description, changed.picture_url) == ("Newer", "d", PICTURE)
    assert (changed.stamps["name"].at, changed.stamps["name"].by) == (group.created_at + 60, OWN)


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_changes_sdk(at: House) -> None:
    """In the SDK's dialect changes answer nothing at all, and are kept just so."""
    group = await at.create(description="d")
    path = f"/{group.id}"
    for verb, what, body in [
        ("PUT", "/subject", {"subject": "New"}),
        ("PUT", "/description", {"description": ""}),
        ("PUT", "/picture", {"url": PICTURE}),
        ("DELETE", "/picture", None),
        ("POST", "/participants/add", {"participants": [BOB]}),
        ("POST", "/admin/promote", {"participants": [BOB]}),
        ("POST", "/participants/remove", {"participants": [ADA, NOBODY]}),
    ]:
        assert (await at.call(verb, path + what, body)).content == b""
    found = await at.json("GET", path)
    assert await at.json("GET", f"{path}/picture") == {"url": None}
    assert (found["name"], found["topic"], found["topicDeleted"]) == ("New", "", True)
    assert [(one["jid"], one["isAdmin"]) for one in found["participants"]] == [(OWN, True), (jid(BOB), True)]


@pytest.mark.parametrize("which", ["info", "messages"])
async def test_admin_only(shape: Shape, which: str, at: House) -> None:
    """A setting is off until it is set, and then tells when and by whom."""
    group = await at.create()
    path = f"/{group.id}/settings/security/{which}-admin-only"
    assert await at.json("GET", path) == {"enabled": False}
    done = await at.json("PUT", path, {"enabled": 1})
    assert await at.json("GET", path) == {"enabled": True, "changedAt": NOW, "changedBy": OWN}
    assert done == (None if shape == "sdk" else {"success": True, "enabled": True, "message": "Setting updated"})
    now = at.now(group)
    assert (now.info_admin_only, now.messages_admin_only) == (which == "info", which == "messages")


async def test_settings_docs(at: House) -> None:
    """Both settings are set in one call, and come back."""
    group = await at.create()
    done = await at.json("PUT", f"/{group.id}/settings", {"infoAdminOnly": True, "messagesAdminOnly": False})
    read = await at.json("GET", f"/{group.id}/settings")
    assert done["settings"] == read["settings"]
    assert (read["settings"]["infoAdminOnly"], read["settings"]["messagesAdminOnly"]) == (True, False)


# Who is in a group


@pytest.mark.wasend_sandbox(unknown=["+44 7700 900-999"])
async def test_add_docs(at: House) -> None:
    """Each person is told apart: let in, there already, or not to be found."""
    group = await at.create()
    body = {"participants": [BOB, ADA[1:], jid(NOBODY), "447700900457@s.whatsapp.net"]}
    answer = await at.json("POST", f"/{group.id}/participants/add", body)
    assert answer == {
        "success": True,
        "data": {
            "added": [{"id": jid(BOB), "reason": "SUCCESS"}],
            "failed": [
                {"id": jid(ADA), "reason": "ALREADY_IN_GROUP"},
                {"id": jid(NOBODY), "reason": "NOT_FOUND"},
            ],
        },
    }
    assert list(at.now(group).participants) == [OWN, jid(ADA), jid(BOB)]


async def test_promote_and_demote_docs(at: House) -> None:
    """Participants become admins and plain again; who is not in the group, or no admin, is told apart."""
    group = await at.create(people=[ADA, BOB])
    path = f"/{group.id}/participants"
    promoted = await at.json("POST", f"{path}/promote", {"participants": [ADA, NOBODY]})
    assert at.now(group).participants[jid(ADA)].is_admin
    demoted = await at.json("POST", f"{path}/demote", {"participants": [ADA, BOB, NOBODY]})
    assert not at.now(group).participants[jid(ADA)].is_admin
    assert promoted == {
        "success": True,
        "promoted": [{"id": "447700900456@s.whatsapp.net", "isAdmin": True, "isSuperAdmin": False}],
        "failed": [{"id": jid(NOBODY), "reason": "NOT_FOUND"}],
        "message": "Participants promoted",
    }
    assert demoted["data"] == {
        "demoted": [{"id": jid(ADA), "reason": "SUCCESS"}],
        "failed": [{"id": jid(BOB), "reason": "NOT_ADMIN"}, {"id": jid(NOBODY), "reason": "NOT_FOUND"}],
    }


async def test_remove_docs(at: House) -> None:
    """Who is put out is named; who was not in is told apart."""
    group = await at.create(people=[ADA, BOB])
    path = f"/{group.id}/participants"
    some = await at.json("DELETE", path, {"participants": [ADA, NOBODY]})
    rest = await at.json("DELETE", path, {"participants": [BOB]})
    assert some == {
        "success": True,
        "removed": [{"id": "447700900456@s.whatsapp.net"}],
        "failed": [{"id": jid(NOBODY), "reason": "NOT_FOUND"}],
        "message": "Participants removed",
    }
    assert rest.keys() == {"success", "removed", "message"}
    assert list(at.now(group).participants) == [OWN]


ADMINS = [
    ("POST", "/participants/add", {"participants": [BOB]}),
    ("POST", "/participants/promote", {"participants": [ADA]}),
    ("POST", "/participants/demote", {"participants": [ADA]}),
    ("DELETE", "/participants", {"participants": [ADA]}),
    ("POST", "/admin/promote", {"participants": [ADA]}),
    ("POST", "/admin/demote", {"participants": [ADA]}),
    ("POST", "/participants/remove", {"participants": [ADA]}),
    ("PUT", "/settings", {"infoAdminOnly": True, "messagesAdminOnly": True}),
    ("PUT", "/settings/security/info-admin-only", {"enabled": True}),
    ("PUT", "/settings/security/messages-admin-only", {"enabled": True}),
    ("GET", "/invite-code", None),
    ("POST", "/invite-code/revoke", None),
    ("GET", "/invite-link", None),
    ("POST", "/invite-link/revoke", None),
]
EVERYBODY = [
    ("PUT", "/subject", {"subject": "s"}),
    ("PUT", "/description", {"description": "d"}),
    ("PUT", "/picture", {"url": PICTURE}),
    ("DELETE", "/picture", None),
]


@pytest.mark.parametrize(("verb", "path", "body"), ADMINS)
async def test_only_admins(shape: Shape, verb: str, path: str, body: object, at: House) -> None:
    """What only admins may do is answered with 403 to anybody else, and changes nothing."""
    group = at.sandbox.add_group("Theirs", owner=ADA, participants=[OWN])
    answer = await at.call(verb, f"/{group.id}{path}", body)
    if answer.status_code == 404:
        assert answer.json()["message"].startswith(f"Cannot {verb} ")
        return
    assert answer.status_code == 403
    assert answer.json() == {
        "statusCode": 403,
        "message": "you are not an admin of this group",
        "error": "Forbidden",
    }
    assert at.now(group) == group


@pytest.mark.parametrize(("verb", "path", "body"), EVERYBODY)
async def test_only_admins_where_the_info_is_theirs(
    shape: Shape, verb: str, path: str, body: object, at: House
) -> None:
    """What a group is may be changed by everybody in it, unless it is set that only admins may."""
    group = await at.create(people=[BOB])
    path = f"/{group.id}{path}"
    bob = attrs.evolve(at, session=at.sandbox.add_session("Bob", BOB).id)
    free = await bob.call(verb, path, body)
    await at.call("PUT", f"/{group.id}/settings/security/info-admin-only", {"enabled": True})
    closed = await bob.call(verb, path, body)
    admin = await at.call(verb, path, body)
    assert (free.status_code, closed.status_code, admin.status_code) == (200, 403, 200)


async def test_admin_no_longer(at: House) -> None:
    """An admin who is demoted by another loses the right at once, and gets it back by promotion."""
    group = await at.create(people=[BOB])
    path = f"/{group.id}/participants"
    await at.call("POST", f"{path}/promote", {"participants": [BOB]})
    bob = attrs.evolve(at, session=at.sandbox.add_session("Bob", BOB).id)

    async def may() -> int:
        return (await bob.call("POST", f"{path}/add", {"participants": [ADA]})).status_code

    assert await may() == 200
    await at.call("POST", f"{path}/demote", {"participants": [BOB]})
    assert await may() == 403
    await at.call("POST", f"{path}/promote", {"participants": [BOB]})
    assert await may() == 200


async def test_leave(shape: Shape, at: House) -> None:
    """Who has left a group is refused by it with 403, finds it in no list, and can come back by invitation."""
    group = await at.create()
    left = await at.call("POST", f"/{group.id}/leave")
    again = await at.call("POST", f"/{group.id}/leave")
    read = await at.call("GET", f"/{group.id}/participants")
    count = await at.json("GET", "/count")
    body = {"inviteCode": group.invite_code, "code": group.invite_code}
    await at.json("POST", "/join", body)
    back = await at.call("GET", f"/{group.id}/participants")
    assert left.is_success
    assert left.content == (b'{"success":true,"message":"Left the group"}' if shape == "docs" else b"")
    assert again.status_code == read.status_code == 403
    assert read.json()["message"] == "you are not a participant of this group"
    assert count["total"] == 0
    assert back.is_success
    assert not at.now(group).participants[OWN].is_admin


# Invite codes


async def test_join_docs(at: House) -> None:
    """The documentation's join takes a code or a link, in the SDK's field too; it tells the whole group."""
    group = at.sandbox.add_group("Theirs", owner=ADA, description="d")
    code, link = group.invite_code, f"https://chat.whatsapp.com/{group.invite_code}"
    refused = await at.call("POST", "/join", {})
    assert at.now(group) == group
    joined = await at.json("POST", "/join", {"inviteCode": code})
    assert await at.json("POST", "/join", {"code": code}) == joined
    again = await at.json("POST", "/join", {"inviteLink": f"{link}?mode=ac_t"})
    assert refused.status_code == 400
    assert refused.json()["message"] == ["one of code, inviteCode, inviteLink must be given"]
    assert joined == again
    assert joined["group"] == {
        "id": group.id,
        "name": "Theirs",
        "description": "d",
        "ownerJid": jid(ADA),
        "participantsCount": 2,
        "createdAt": NOW,
        "settings": {"infoAdminOnly": False, "messagesAdminOnly": False},
        "participants": [
            {"id": "447700900456@s.whatsapp.net", "isAdmin": True, "isSuperAdmin": True},
            {"id": "447700900123@s.whatsapp.net", "isAdmin": False, "isSuperAdmin": False},
        ],
    }


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_join_sdk(at: House) -> None:
    """The SDK's join takes a code, or a link in its place, and the documentation's fields where that is missing."""
    group = at.sandbox.add_group("Theirs", owner=ADA, description="d")
    refused = await at.call("POST", "/join", {"inviteCode": 5})
    joined = await at.json("POST", "/join", {"code": group.invite_code, "inviteCode": 5})
    again = await at.json("POST", "/join", {"code": f"chat.whatsapp.com/invite/{group.invite_code}"})
    assert refused.status_code == 400
    assert joined == again == {"id": group.id, "name": "Theirs", "participantsCount": 2, "description": "d"}
    assert list(at.now(group).participants) == [jid(ADA), OWN]


async def test_join_info(shape: Shape, at: House) -> None:
    """Whoever holds a code or a link sees what the group is, without being in it."""
    group = at.sandbox.add_group("Theirs", owner=ADA, description="d", participants=[BOB])
    by_code = await at.json("GET", "/join-info", code=group.invite_code)
    by_link = await at.json("GET", "/join-info", code=f"https://chat.whatsapp.com/{group.invite_code}")
    missing = await at.call("GET", "/join-info", code="no-such-code")
    nothing = await at.call("GET", "/join-info")
    await at.client.post(f"/sessions/{at.session}/stop")
    stopped = await at.call("GET", "/join-info", code=group.invite_code)
    assert by_code == by_link
    info = by_code["data"] if shape == "docs" else by_code
    assert (info["jid"], info["name"], info["topic"], info["groupCreated"]) == (group.id, "Theirs", "d", NOW)
    assert (info["participantsCount"] if shape == "docs" else len(info["participants"])) == 2
    assert (missing.status_code, nothing.status_code, stopped.status_code) == (404, 400, 422)


@pytest.mark.parametrize("which", ["invite-code", "invite-link"])
async def test_revoke(which: str, at: House) -> None:
    """A revoked code leads nowhere; the new one, which is told at once, does."""
    group = await at.create()
    answer = await at.json("POST", f"/{group.id}/{which}/revoke")
    new = answer.get("inviteCode") or answer["inviteLink"]
    old = await at.call("GET", "/join-info", code=group.invite_code)
    joined = await at.call("POST", "/join", {"inviteCode": group.invite_code})
    renewed = await at.json("GET", "/join-info", code=new)
    assert re.fullmatch(rf"(https://chat\.whatsapp\.com/)?{CODE}", new)
    assert re.fullmatch(CODE, group.invite_code)
    assert old.status_code == joined.status_code == 404
    assert renewed["data"]["jid"] == group.id


async def test_the_owner_stays_the_owner(shape: Shape, at: House) -> None:
    """Naming oneself among the participants, or joining one's own group, takes nothing away."""
    group = await at.create(people=[OWN, ADA])
    await at.json("POST", "/join", {"inviteCode": group.invite_code, "code": group.invite_code})
    assert at.now(group) == group
    assert [(one.id, one.is_super_admin) for one in group.participants.values()] == [(OWN, True), (jid(ADA), False)]


# Writing to a group


async def test_write_to_a_group(shape: Shape, at: House) -> None:
    """Participants write to a group until only admins may; strangers never do; groups elsewhere are free."""
    theirs = at.sandbox.add_group("Theirs", owner=ADA, participants=[OWN])
    own = await at.create("Own")
    closed = at.sandbox.add_group("Closed", owner=ADA)

    async def write(group_id: str) -> int:
        body = {"session": at.session, "to": group_id, "text": "Hi"}
        return (await at.client.post("/sendText", json=body)).status_code

    done = 200 if shape == "docs" else 201
    assert await write(theirs.id) == done
    assert await write("120363000000000000@g.us") == done
    assert await write(closed.id) == 403
    ada = attrs.evolve(at, session=at.sandbox.add_session("Ada", ADA).id)
    path = "/settings/security/messages-admin-only"
    for house_, group in [(ada, theirs), (at, own)]:
        assert (await house_.call("PUT", f"/{group.id}{path}", {"enabled": True})).is_success
    assert await write(theirs.id) == 403
    assert await write(own.id) == done
    assert [message.to for message in at.sandbox.messages(session=at.session)] == [
        theirs.id,
        "120363000000000000@g.us",
        own.id,
    ]


@pytest.mark.parametrize("known", ["by the hidden id", "by both"])
async def test_hidden_people(shape: Shape, at: House, known: str) -> None:
    """Somebody goes by the hidden id too, and by the number's where that is known; a hidden id is no phone number."""
    lid = "111222333444555@lid"
    shown = jid(BOB) if known == "by both" else lid
    if known == "by both":
        at.sandbox.add_contact(BOB, "Bob", lid=lid)
    group = await at.create(people=[ADA])
    await at.json("POST", f"/{group.id}/participants/add", {"participants": [lid]})
    assert list(at.now(group).participants) == [OWN, jid(ADA), shown]
    found = await at.json("GET", f"/{group.id}/participants")
    *_, member = found["participants"] if shape == "docs" else found
    assert (member["jid"], member["phoneNumber"]) == (shown, BOB if known == "by both" else "")
    assert member.get("lid") == (lid if shape == "sdk" else None)
    promote, demote = ("participants", "participants") if shape == "docs" else ("admin", "admin")
    await at.json("POST", f"/{group.id}/{promote}/promote", {"participants": [lid]})
    assert at.now(group).participants[shown].is_admin
    await at.json("POST", f"/{group.id}/{demote}/demote", {"participants": [shown]})
    assert not at.now(group).participants[shown].is_admin
    await at.json("DELETE", f"/{group.id}/participants", {"participants": [lid]})
    assert shown not in at.now(group).participants


# From Python


@pytest.mark.wasend_sandbox(unknown=[NOBODY])
def test_add_group_refused(wasend_sandbox: Sandbox) -> None:
    """A group of somebody who is no person is refused; unknown people are left out."""
    with pytest.raises(ValueError, match="person"):
        wasend_sandbox.add_group("G", owner="120363041234567890@g.us")
    with pytest.raises(ValueError, match="phone number"):
        wasend_sandbox.add_group("G", owner=ADA, participants=["Bob"])
    wasend_sandbox.add_unknown(BOB)
    group = wasend_sandbox.add_group("G", owner=ADA, participants=[NOBODY, BOB, OWN])
    assert list(group.participants) == [jid(ADA), OWN]
    assert list(wasend_sandbox.groups) == [group.id]


async def test_reset(shape: Shape, at: House) -> None:
    """A reset forgets the groups, and their invite codes lead nowhere."""
    group = await at.create()
    fresh = at.fresh()
    assert not at.sandbox.groups
    assert (await fresh.call("GET", "/join-info", code=group.invite_code)).status_code == 404


PATHS = ["", "/count", "/join", "/join-info", *(f"/{{group}}{path}" for _, _, path, _ in ROUTES)]
FIELDS = [
    *("name", "participants", "id", "isAdmin", "description", "pictureUrl", "tags", "url", "format", "subject"),
    *("enabled", "infoAdminOnly", "messagesAdminOnly", "code", "inviteCode", "inviteLink", "notify", "cropToSquare"),
]
QUERIES = ["limit", "offset", "sortBy", "sortOrder", "exclude[]", "tags[]", "status", "search", "code", "refresh"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([ADA, BOB, "{code}", "https://chat.whatsapp.com/{code}", PICTURE, "\ud800", "x" * 30])
    | st.just([ADA, NOBODY, OWN])
    | st.just([{"id": ADA}, {"id": NOBODY, "isAdmin": 1}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.text(max_size=5) | st.sampled_from(["1", "0", "desc", "name", "participants", "active", "true", "{code}"])


@pytest.mark.wasend_sandbox(unknown=[NOBODY])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_nothing_breaks_it(shape: Shape, data: st.DataObject, at: House) -> None:
    """Whatever is asked of groups, and however wrongly, the answer is no 5xx and no exception."""
    at = at.fresh()
    group = await at.create()
    for _ in range(4):
        path = data.draw(st.sampled_from(PATHS))
        body = data.draw(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8) | VALUES)
        query = data.draw(st.lists(st.tuples(st.sampled_from(QUERIES), WORDS), max_size=3))
        answer = await at.client.request(
            data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
            f"/{at.session}/groups{path.replace('{group}', group.id)}",
            content=json.dumps(body).replace("{code}", group.invite_code),
            params=[(name, word.replace("{code}", group.invite_code)) for name, word in query],
            headers=KEY | {"Content-Type": "application/json"},
        )
        assert answer.status_code < 500
    assert (await at.call("GET", "/count")).status_code == 200
