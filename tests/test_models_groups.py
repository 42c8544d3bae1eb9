"""What the calls about groups, contacts, chats and the account are read into: any document, and what becomes of changes of several."""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import documents
from tests.calls import KEY, ROWS, Row
from tests.calls_groups import ADA, BOB, CODE, LINK
from wasend import APIStatusError, AsyncWasendClient, DecodeError, Page
from wasend._core.codec import decode, decode_accepted
from wasend._core.model import Model, wire_names
from wasend.api import account, chats, contacts, groups
from wasend.api.chats import Ack, Chat, ChatMessage, ReadResult
from wasend.api.contacts import Contact, ContactExistence, ProfilePicture
from wasend.api.groups import (
    AdminOnly,
    Group,
    GroupCount,
    GroupInvite,
    GroupParticipant,
    GroupPicture,
    GroupSettings,
    ParticipantChange,
    ParticipantChanges,
)

MODELS: Final = [
    value
    for subject in (account, chats, contacts, groups)
    for _, value in inspect.getmembers(subject, inspect.isclass)
    if issubclass(value, Model) and value.__module__ == subject.__name__
]
NAMES: Final = sorted(
    {spelling for cls in MODELS for spellings in wire_names(cls).values() for spelling in spellings}
    | {"admin", "role", "media", "replyTo", "ackName", "_serialized", "groups", "info", "pagination", "hasMore"}
)
SPELLINGS: Final = st.sampled_from(NAMES).flatmap(
    lambda name: st.sampled_from([name, name, name[0].upper() + name[1:]])
)
WORDS: Final = st.sampled_from(["superadmin", "OWNER", "READ", "3", ADA, CODE, LINK, "2025-06-11T09:15:02Z", "", "404"])


def objects() -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects with names that these models know, in every spelling."""
    return st.dictionaries(SPELLINGS | st.text(max_size=3), things(), max_size=6)


def things(*, finite: bool = True) -> st.SearchStrategy[Any]:
    """JSON documents with such names; without `finite` with numbers that JSON does not know, too."""
    return st.recursive(
        WORDS | documents.leaves(finite=finite),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SPELLINGS, inner, max_size=6),
        max_leaves=12,
    )


def test_all_models() -> None:
    """Each subject has its models, and none is forgotten here."""
    assert {cls.__name__ for cls in MODELS} >= {"Account", "Chat", "ChatMessage", "Contact", "Group", "GroupInvite"}
    assert len(MODELS) == len(set(MODELS)) > 15


# ---------------------------------------------------------------------------------------------------------- any document


@settings(max_examples=400, deadline=None)
@given(document=things(), into=st.sampled_from(MODELS), listed=st.booleans())
def test_any_document(document: Any, into: type[Model], listed: bool) -> None:
    """Any document is a model, or a list of them, or a `DecodeError` that says where; something can be read still."""
    kind: type[Any] = Page[into] if listed else into  # type: ignore[valid-type]
    envelope = ("groups",) if listed else ("info", "group")
    try:
        value = decode(document, kind, envelope)
    except DecodeError as error:
        assert error.path.startswith("$")
        assert "expected" in str(error)
    else:
        assert isinstance(value, Page if listed else into)
        assert "\n" not in repr(value)
        json.dumps([one.to_dict() for one in (value if isinstance(value, Page) else [value])])
    assert isinstance(
        decode_accepted(document, into, envelope, {"name": "n", "participants": [{"id": ADA}], "x": 1}), into
    )


@settings(max_examples=250, deadline=None)
@given(document=objects(), into=st.sampled_from(MODELS))
def test_written_and_read_back(document: dict[str, Any], into: type[Model]) -> None:
    """A model that was read, written as JSON and read again is the same, unknown fields included."""
    try:
        first = decode(document, into)
    except DecodeError:
        return
    again = decode({"data": json.loads(json.dumps(first.to_dict()))}, into)
    assert again == first
    assert again.extra == first.extra
    assert pickle.loads(pickle.dumps(first)) == first
    assert hash(first) == hash(again)


TEXT = st.none() | st.text(max_size=5)
ID = st.text(max_size=5)
FLAG = st.none() | st.booleans()
COUNT = st.none() | st.integers(min_value=0, max_value=2**53)
TIME = st.none() | st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))]),
)
MEMBERS = st.builds(GroupParticipant, jid=ID, lid=TEXT, is_admin=FLAG, is_super_admin=FLAG, joined_at=TIME, error=COUNT)
MESSAGES = st.builds(
    ChatMessage,
    id=ID,
    from_=TEXT,
    body=TEXT | st.just({"a": 1}),
    timestamp=TIME,
    from_me=FLAG,
    ack=st.sampled_from([*Ack]),
)
COUNTS = st.dictionaries(st.sampled_from(["active", "archived", "deleted"]), st.integers(0, 9))
PEOPLE = st.lists(st.builds(ParticipantChange, id=ID, reason=TEXT, is_admin=FLAG), max_size=2).map(tuple)


@settings(deadline=None)
@given(
    st.builds(
        Group,
        jid=ID,
        name=TEXT,
        topic=TEXT,
        owner_jid=TEXT,
        group_created=TIME,
        disappearing_timer=COUNT,
        is_locked=FLAG,
        participants=st.none() | st.lists(MEMBERS, max_size=2).map(tuple),
        settings=st.none() | st.builds(GroupSettings, info_admin_only=FLAG, ephemeral_duration=COUNT),
        extra=st.just({"x": [1]}),
    )
    | st.builds(GroupCount, total=COUNT, by_status=st.none() | COUNTS)
    | st.builds(GroupPicture, url=TEXT, format=TEXT, size=COUNT, dimensions=st.none() | COUNTS)
    | st.builds(AdminOnly, enabled=FLAG, changed_at=TIME, changed_by=TEXT)
    | st.builds(ParticipantChanges, succeeded=PEOPLE, failed=PEOPLE, message=TEXT)
    | st.builds(GroupInvite, invite_code=TEXT, expires_at=TIME)
    | st.builds(Chat, id=ID, timestamp=TIME, unread_count=COUNT, last_message=st.none() | MESSAGES)
    | MESSAGES
    | st.builds(ReadResult, message=TEXT, ids=st.lists(st.text(max_size=3), max_size=2).map(tuple))
    | st.builds(Contact, id=ID, name=TEXT, is_wa_contact=FLAG, business_profile=st.none() | st.just({"a": [1]}))
    | st.builds(ContactExistence, exists=FLAG, phone=TEXT, jid=TEXT)
    | st.builds(ProfilePicture, url=TEXT, dimensions=st.none() | COUNTS)
)
def test_built_and_read_back(built: Model) -> None:
    """So is a model that a program made."""
    assert decode({"data": json.loads(json.dumps(built.to_dict()))}, type(built)) == built


GROUP_ROWS: Final = {
    row.call: row
    for row in reversed(ROWS)
    if any(
        word in row.call for word in ("group", "contact", "chat", "get_messages", "read_messages", "account", "by_id")
    )
}


async def asked(row: Row, content: str) -> Any:
    """What the call of a row gives when the service answers so."""

    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(reply)) as transport,
        AsyncWasendClient(KEY, retry=None, http_client=transport) as client,
    ):
        return await getattr(client, row.call)(*row.ids, **row.given)


@pytest.mark.parametrize("row", GROUP_ROWS.values(), ids=list(GROUP_ROWS))
@settings(max_examples=20, deadline=None)  # of each call; what reads them all is given 400 above
@given(document=things(finite=False))
async def test_any_answer(row: Row, document: Any) -> None:
    """Whatever a service answers, a call gives what it says it gives, or one of two errors; an order done never the former."""
    kind = type(row.answers[0].value)
    try:
        value = await asked(row, json.dumps(document))
    except APIStatusError as error:
        assert "success" in json.dumps(document).lower()
        assert error.outcome == "not_sent"
    except DecodeError as error:
        assert row.sent.startswith("GET")
        assert error.path.startswith("$")
    else:
        assert isinstance(value, kind) or (value is None and kind is str)
        assert "\n" not in repr(value)


MISFITS: Final[list[tuple[Any, Any, str]]] = [
    (Group, {"data": {"group": {"participants": [{}, {"isAdmin": "maybe"}]}}}, "$.data.group.participants[1].isAdmin"),
    (Group, {"info": {"settings": {"ephemeral": "never"}}}, "$.info.settings.ephemeral"),
    (Group, {"participants": {}}, "$.participants"),
    (Page[Group], {"groups": [{"JID": []}]}, "$.groups[0].JID"),
    (GroupCount, {"byStatus": {"ACTIVE": "many"}}, "$.byStatus.active"),
    (GroupCount, {"byStatus": [9]}, "$.byStatus"),
    (GroupPicture, {"dimensions": {"width": {}}}, "$.dimensions.width"),
    (ParticipantChanges, {"data": {"failed": [5]}}, "$.data.failed[0]"),
    (ParticipantChanges, {"added": {}}, "$.added"),
    (GroupInvite, [CODE], "$"),
    (GroupInvite, {"inviteCode": {}}, "$.inviteCode"),
    (AdminOnly, "x", "$"),
    (Chat, {"lastMessage": {"timestamp": "soon"}}, "$.lastMessage.timestamp"),
    (ChatMessage, {"media": {"mimetype": []}}, "$.mimetype"),
    (ReadResult, {"ids": [{}]}, "$.ids[0]"),
    (Contact, {"isBlocked": 7}, "$.isBlocked"),
]


@pytest.mark.parametrize(("into", "document", "path"), MISFITS)
def test_misfit(into: Any, document: Any, path: str) -> None:
    """A value that does not fit is named by its path."""
    with pytest.raises(DecodeError) as caught:
        decode(document, into, ("groups",) if into == Page[Group] else ("info", "group"), strict=True)
    assert caught.value.path == path


# ------------------------------------------------------------------------------------------------------- several at once

WHATSMEOW: Final = [
    {"JID": ADA, "LID": "", "IsAdmin": True, "Error": 0, "AddRequest": None},
    {"JID": BOB, "LID": "", "IsAdmin": False, "Error": 403, "AddRequest": {"Code": "x", "Expiration": "2025-06-14"}},
]


@pytest.mark.parametrize(
    ("document", "succeeded", "failed"),
    [
        (
            {
                "success": True,
                "data": {"added": [{"id": ADA, "reason": "SUCCESS"}], "failed": [{"id": BOB, "reason": "NOT_FOUND"}]},
            },
            {ADA: "SUCCESS"},
            {BOB: "NOT_FOUND"},
        ),
        ({"added": [], "failed": [{"id": BOB, "reason": "ALREADY_IN_GROUP"}]}, {}, {BOB: "ALREADY_IN_GROUP"}),
        ({"demoted": None, "failed": None}, {}, {}),
        ({"success": True, "removed": [{"id": ADA}]}, {ADA: None}, {}),
        ({"promoted": [{"jid": ADA, "isAdmin": True}]}, {ADA: None}, {}),
        ({"failed": [{"id": BOB, "error": "not-authorized"}]}, {}, {BOB: "not-authorized"}),
        (WHATSMEOW, {ADA: "0"}, {BOB: "403"}),
        ({"participants": WHATSMEOW}, {ADA: "0"}, {BOB: "403"}),
        ({"success": True, "data": {"participants": WHATSMEOW}}, {ADA: "0"}, {BOB: "403"}),
        ([{"jid": BOB, "error": "404"}], {}, {BOB: "404"}),
        ([], {}, {}),
        ({"success": True, "message": "done"}, {}, {}),
        ({"participants": ["+447700900456"]}, {}, {}),
    ],
)
async def test_changes(document: Any, succeeded: Mapping[str, str], failed: Mapping[str, str]) -> None:
    """A change of several that succeeded tells, in every dialect, for whom it failed and why."""
    changes = await asked(GROUP_ROWS["add_group_participants"], json.dumps(document))
    assert {one.id: one.reason for one in changes.succeeded} == succeeded
    assert {one.id: one.reason for one in changes.failed} == failed


@pytest.mark.parametrize("change", ["add", "remove", "promote", "demote"])
async def test_changes_without_an_answer(change: str) -> None:
    """Where nothing is told, nothing is claimed: nobody is said to have succeeded or failed."""
    row = GROUP_ROWS[f"{change}_group_participants"]
    assert await asked(row, "") == ParticipantChanges()
    assert ParticipantChanges().to_dict() == {"succeeded": [], "failed": []}


async def test_changes_refused_as_a_whole() -> None:
    """A change that did not succeed is an error, not a result."""
    with pytest.raises(APIStatusError, match="not an admin"):
        await asked(GROUP_ROWS["add_group_participants"], '{"success":false,"error":"not an admin"}')


@pytest.mark.parametrize("wrapped", [True, False])
async def test_created_group_tells_who_is_missing(wrapped: bool) -> None:
    """A new group tells which members could not be added, with the engine's code and invitation."""
    document: Any = {"JID": "120363041234567890@g.us", "Name": "Launch crew", "Participants": WHATSMEOW}
    group = await asked(
        GROUP_ROWS["create_group"], json.dumps({"success": True, "group": document} if wrapped else document)
    )
    (missing,) = group.failed
    assert (missing.jid, missing.error, missing.add_request["Code"]) == (BOB, 403, "x")
    assert [one.jid for one in group.participants] == [ADA, BOB]


@pytest.mark.parametrize("people", [None, (), (GroupParticipant(jid=ADA), GroupParticipant(jid=BOB, error=0))])
def test_nobody_is_missing(people: Any) -> None:
    """A member without a code, or with 0, is none that failed."""
    assert Group(participants=people).failed == ()


# ------------------------------------------------------------------------------------------------------------- readings


@pytest.mark.parametrize(
    ("came", "code"),
    [
        (CODE, CODE),
        (LINK, CODE),
        (f"{LINK}/", CODE),
        (f"{LINK}?mode=wwt", CODE),
        (f"chat.whatsapp.com/{CODE}", CODE),
        ("", ""),
        (None, ""),
    ],
)
def test_invite(came: str | None, code: str) -> None:
    """An invitation gives its code and its link, whichever came; where none came, neither is made up."""
    invite = GroupInvite(invite_code=came)
    assert (invite.code, invite.invite_link) == (code, code and LINK)


@pytest.mark.parametrize(
    ("word", "is_admin", "is_super_admin"),
    [
        ("admin", True, False),
        ("ADMIN", True, False),
        ("superadmin", True, True),
        ("owner", True, True),
        ("participant", False, False),
        ("left", False, False),
        (None, None, None),
        (5, None, None),
    ],
)
@pytest.mark.parametrize("key", ["role", "admin"])
def test_role(key: str, word: Any, is_admin: bool | None, is_super_admin: bool | None) -> None:
    """A role that is said as a word is read like the two flags."""
    person = decode({"id": ADA, key: word}, GroupParticipant)
    assert (person.is_admin, person.is_super_admin) == (is_admin, is_super_admin)
    assert decode({key: word, "isAdmin": False}, GroupParticipant).is_admin is False


@pytest.mark.parametrize(
    ("document", "jid", "number"),
    [
        ({"owner": {"jid": ADA, "phoneNumber": "+44"}}, ADA, "+44"),
        ({"owner": {"jid": ADA}, "ownerPn": "+44"}, ADA, "+44"),
        ({"owner": {"jid": BOB}, "ownerJid": ADA}, ADA, None),
        ({"owner": ADA}, ADA, None),
        ({"owner": {}}, None, None),
        ({"owner": None, "OwnerJID": ADA}, ADA, None),
    ],
)
def test_owner(document: Any, jid: str | None, number: str | None) -> None:
    """A group's owner is read from an object as from single fields."""
    group = decode(document, Group)
    assert (group.owner_jid, group.owner_pn) == (jid, number)


def test_two_names_of_one_thing() -> None:
    """What a source calls description or subject is the same as topic and name."""
    group = decode({"subject": "S", "desc": "D"}, Group)
    assert (group.subject, group.name, group["subject"]) == ("S", "S", "S")
    assert (group.description, group.topic, group["description"]) == ("D", "D", "D")
    assert group.to_dict() == {"name": "S", "topic": "D"}


@pytest.mark.parametrize(
    ("document", "ack"),
    [
        ({"ackName": "READ"}, Ack.READ),
        ({"ack": 1, "ackName": "READ"}, Ack.SERVER),
        ({"ack": "-1"}, Ack.ERROR),
        ({"ack": 9}, 9),
        ({"ackName": "SEEN"}, None),
        ({"ackName": []}, None),
        ({"ackName": None}, None),
    ],
)
def test_ack(document: Any, ack: int | None) -> None:
    """How far a message has come is read from its number or its word; a new number is kept."""
    assert decode(document, ChatMessage).ack == ack


@pytest.mark.parametrize(
    "document",
    [
        {"media": None, "replyTo": None},
        {"media": "m", "replyTo": "r"},
        {"media": [], "replyTo": []},
    ],
)
def test_media_of_another_kind(document: Any) -> None:
    """Media and quotes that are no objects are kept as they came."""
    message = decode(document, ChatMessage)
    assert (message.media_url, message.mimetype, message.quoted_msg_id) == (None, None, None)
    assert message.extra == document


@pytest.mark.parametrize("inner", [{"user": "1"}, {"_serialized": {}}])
def test_chat_without_an_id_that_can_be_read(inner: Any) -> None:
    """An id in an object that does not say it whole is not guessed at."""
    chat = decode({"id": inner}, Chat)
    assert (chat.id, chat.extra, chat.unread) == ("", {"id": inner}, ("id",))
    with pytest.raises(DecodeError) as caught:
        decode({"id": inner}, Chat, strict=True)
    assert caught.value.path == "$.id"
