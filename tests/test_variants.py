"""Answers as services that nobody has documented may give them: what came, what is read, what is kept aside."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

import httpx
import pytest

from tests.calls import FACES, KEY, PNG, PNG_TEXT, ROWS, Row
from tests.calls_groups import ADA, BOB, CODE, LINK
from wasend import (
    AsyncWasendClient,
    ChatRef,
    DecodeError,
    InvalidRequestError,
    Message,
    Model,
    Page,
    WasendClient,
    WasendError,
    model,
)
from wasend._core import codec
from wasend.api.chats import Ack, Chat
from wasend.api.contacts import Contact
from wasend.api.groups import Group

AT: Final = datetime(2025, 6, 11, 9, 30, tzinfo=UTC)
GROUP: Final = "120363041234567890@g.us"
CALLS: Final[Mapping[str, Row]] = {row.call: row for row in reversed(ROWS)}


def asked(
    face: str, call: str, content: bytes | str, content_type: str = "application/json", *, strict: bool = False
) -> Any:
    """What a call gives in a face when the service answers so."""
    row = CALLS[call]

    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"content-type": content_type})

    async def main() -> Any:
        transport = httpx.AsyncClient(transport=httpx.MockTransport(reply))
        async with transport, AsyncWasendClient(KEY, retry=None, http_client=transport, strict=strict) as client:
            return await getattr(client, call)(*row.ids, **row.given)

    if face == "async":
        return asyncio.run(main())
    transport = httpx.AsyncClient(transport=httpx.MockTransport(reply))
    with WasendClient(KEY, retry=None, http_client=transport, strict=strict) as client:
        return getattr(client, call)(*row.ids, **row.given)


def at(value: Any, path: str) -> Any:
    """What a path such as ``0.owner`` leads to, through lists by index and through models by name or as mappings."""
    for step in path.split(".") if path else ():
        value = value[int(step)] if step.isdecimal() else value[step]
    return value


NONE: Final[dict[str, Any]] = {}

# The call, what came as JSON (or as it is, where it is bytes), what is read by path, what is in `extra`, and `unread`.
VARIANTS: Final[list[tuple[str, Any, dict[str, Any], dict[str, Any], tuple[Any, ...]]]] = [
    # values that do not fit
    (
        "get_message",
        {"id": "m", "timestamp": "soon"},
        {"id": "m", "timestamp": None},
        {"timestamp": "soon"},
        ("timestamp",),
    ),
    ("get_message", {"ID": "m", "Status": []}, {"id": "m", "status": None}, {"Status": []}, ("Status",)),
    ("get_message", {"id": "m", "fromMe": "maybe"}, {"fromMe": None}, {"fromMe": "maybe"}, ("fromMe",)),
    ("get_message", {"status": "read"}, {"id": "", "status": "read"}, NONE, ("id",)),
    ("get_message", {"id": ""}, {"id": ""}, NONE, ("id",)),
    ("get_message", {"id": ["m"]}, {"id": ""}, {"id": ["m"]}, ("id",)),
    ("get_group", {"jid": GROUP, "size": "many"}, {"participantsCount": None}, {"size": "many"}, ("size",)),
    (
        "get_group",
        {"jid": GROUP, "participants": [{"jid": ADA, "isAdmin": "maybe"}, {"jid": BOB, "isAdmin": 1}]},
        {"participants.0.isAdmin": None, "participants.0.extra": {"isAdmin": "maybe"}, "participants.1.is_admin": True},
        NONE,
        ("participants[0].isAdmin",),
    ),
    (
        "get_group",
        {"jid": GROUP, "Participants": [5, {"JID": ADA}]},
        {"participants.0.jid": ADA},
        {"Participants[0]": 5},
        ("Participants[0]",),
    ),
    ("get_group", {"jid": GROUP, "participants": {}}, {"participants": None}, {"participants": {}}, ("participants",)),
    (
        "get_group",
        {"jid": GROUP, "settings": {"ephemeral": "never", "announce": 1}},
        {"settings.messagesAdminOnly": True, "settings.ephemeral_duration": None},
        NONE,
        ("settings.ephemeral",),
    ),
    (
        "get_groups_count",
        {"total": 2, "byStatus": {"ACTIVE": "many", "archived": 1}},
        {"total": 2, "by_status": {"archived": 1}},
        {"byStatus.active": "many"},
        ("byStatus.active",),
    ),
    (
        "retrieve_session_info",
        {"sessionId": "s", "createdAt": {}},
        {"unique_session_id": "s"},
        {"createdAt": {}},
        ("createdAt",),
    ),
    ("retrieve_account", {"id": 7, "plan": {}}, {"id": "7", "plan": None}, {"plan": {}}, ("plan",)),
    ("read_messages", {"ids": ["a", {}, "b"]}, {"ids": ("a", "b")}, {"ids[1]": {}}, ("ids[1]",)),
    # lists
    ("get_all_chats", [{"id": "c"}, 5, None, "x"], {"0.id": "c"}, NONE, (5, None, "x")),
    ("get_all_chats", None, {"": []}, NONE, ()),
    ("get_all_chats", {"Data": {"Chats": [{"Id": "c"}], "total": 1}}, {"0.id": "c"}, {"total": 1}, ()),
    ("get_messages", {"messages": None}, {"": []}, NONE, ()),
    ("get_contacts", {ADA: {"PushName": "Ada"}, BOB: {}}, {"0.id": ADA, "0.push_name": "Ada", "1.id": BOB}, NONE, ()),
    ("get_contacts", {"contacts": {ADA: {"id": BOB}}, "total": 1}, {"0.id": BOB}, {"total": 1}, ()),
    # names and envelopes
    ("get_message", {"Success": True, "Data": {"MessageId": "m"}}, {"id": "m"}, NONE, ()),
    (
        "retrieve_session_info",
        {"Session": {"Name": "s", "Status": "WORKING"}},
        {"uniqueSessionId": "s", "status": "WORKING"},
        NONE,
        (),
    ),
    ("retrieve_session_info", {"name": "s", "Config": {"EnableWebhook": 1}}, {"enable_webhook": True}, NONE, ()),
    ("get_group", {"Group": {"JID": GROUP, "Owner": {"JID": ADA}}}, {"jid": GROUP, "owner_jid": ADA}, NONE, ()),
    ("get_message", {"id": "m", "body": "", "caption": "hello"}, {"content": "hello"}, {"body": ""}, ()),
    ("get_message", {"id": "m", "content": "a", "body": "b"}, {"content": "a"}, {"body": "b"}, ()),
    ("get_message", {"id": "m", "content": "a", "body": "a"}, {"content": "a"}, NONE, ()),
    ("get_message", {"id": "m", "content": {}, "text": "t"}, {"content": "t"}, {"content": {}}, ("content",)),
    ("get_message", {"id": "m", "status": "sent", "data": {"x": 1}}, {"id": "m"}, {"data": {"x": 1}}, ()),
    ("get_message_by_id", {"message": {"id": "m", "ack": 2}}, {"id": "m", "ack": Ack.DEVICE}, NONE, ()),
    # ids
    ("get_message", {"id": {"_serialized": "s"}, "from": {"_serialized": ADA}}, {"id": "s", "sender": ADA}, NONE, ()),
    (
        "get_group",
        {"id": {"_serialized": GROUP}, "owner": {"_serialized": ADA}},
        {"jid": GROUP, "owner_jid": ADA},
        NONE,
        (),
    ),
    ("get_group", {"id": {"user": "1-2", "server": "g.us"}}, {"jid": "1-2@g.us"}, NONE, ()),
    ("get_all_chats", [{"id": {"_serialized": "c@c.us"}}], {"0.id": "c@c.us"}, NONE, ()),
    ("get_contact", {"id": {"_serialized": ADA}, "name": "Ada"}, {"id": ADA}, NONE, ()),
    (
        "get_messages",
        [{"id": {"_serialized": "m"}, "participant": {"_serialized": ADA}}],
        {"0.participant": ADA},
        NONE,
        (),
    ),
    (
        "get_group",
        {"jid": GROUP, "participants": [ADA, BOB]},
        {"participants.0.jid": ADA, "participants.1.jid": BOB},
        NONE,
        (),
    ),
    ("get_group_participants", {"participants": [ADA]}, {"0.jid": ADA}, NONE, ()),
    ("add_group_participants", {"added": [ADA]}, {"succeeded.0.id": ADA}, NONE, ()),
    # numbers and flags
    (
        "get_all_chats",
        [{"id": "c", "unreadCount": {"low": 3, "high": 0, "unsigned": True}}],
        {"0.unread_count": 3},
        NONE,
        (),
    ),
    (
        "get_group",
        {"jid": GROUP, "size": {"low": -1, "high": -1, "unsigned": False}},
        {"participants_count": -1},
        NONE,
        (),
    ),
    ("get_group", {"jid": GROUP, "size": {"low": 0, "high": 1}}, {"participants_count": 2**32}, NONE, ()),
    ("get_all_chats", [{"id": "c", "pinned": 1749634200}], {"0.pinned": True}, NONE, ()),
    ("get_all_chats", [{"id": "c", "pinned": {"low": 1749634200, "high": 0}}], {"0.pinned": True}, NONE, ()),
    ("get_all_chats", [{"id": "c", "pinned": "0001-01-01T00:00:00Z"}], {"0.pinned": False}, NONE, ()),
    ("get_all_chats", [{"id": "c", "pinned": "2025-06-11T09:30:00Z"}], {"0.pinned": True}, NONE, ()),
    ("get_all_chats", [{"id": "c", "pinned": 2}], {"0.pinned": None, "0.unread": ("pinned",)}, NONE, ()),
    ("get_messages", [{"id": "m", "ack": "READ"}], {"0.ack": Ack.READ}, NONE, ()),
    ("get_messages", [{"id": "m", "ack": "device"}], {"0.ack": Ack.DEVICE}, NONE, ()),
    ("get_messages", [{"id": "m", "ack": ""}], {"0.ack": None, "0.unread": (), "0.extra": {}}, NONE, ()),
    ("get_messages", [{"id": "m", "ack": "SEEN"}], {"0.ack": None, "0.unread": ("ack",)}, NONE, ()),
    # times
    *(
        ("get_message", {"id": "m", "timestamp": came}, {"timestamp": AT}, NONE, ())
        for came in (
            "Wed, 11 Jun 2025 09:30:00 GMT",
            "Wed, 11 Jun 2025 11:30:00 +0200",
            "2025-06-11 09:30:00 +0000 UTC",
            "2025-06-11 09:30:00.000 +0000 UTC m=+0.1",
            "2025-06-11 11:30:00.000000000 +0200 CEST",
            {"seconds": 1749634200, "nanos": 0},
            {"seconds": {"low": 1749634200, "high": 0}},
            {"_seconds": "1749634200", "_nanoseconds": 0},
            {"low": 1749634200, "high": 0, "unsigned": True},
            {"$date": "2025-06-11T09:30:00Z"},
            {"$date": 1749634200000},
            {"$date": {"$numberLong": "1749634200000"}},
        )
    ),
    ("get_message", {"id": "m", "timestamp": "0001-01-01 00:00:00 +0000 UTC"}, {"timestamp": None}, NONE, ()),
    (
        "get_message",
        {"id": "m", "timestamp": {"$date": []}},
        {"timestamp": None},
        {"timestamp": {"$date": []}},
        ("timestamp",),
    ),
    # shapes of one field
    (
        "retrieve_session_info",
        {"name": "s", "engine": "GOWS", "config": []},
        {"engine": {"engine": "GOWS"}, "config": {}},
        NONE,
        (),
    ),
    (
        "retrieve_all_sessions",
        [{"downstream": {"engine": "GOWS"}, "name": "s"}],
        {"0.downstream.engine": {"engine": "GOWS"}},
        NONE,
        (),
    ),
    ("get_chat_picture", "https://pps.example/1.jpg", {"url": "https://pps.example/1.jpg"}, NONE, ()),
    ("get_group_picture", b"https://pps.example/1.jpg", {"url": "https://pps.example/1.jpg"}, NONE, ()),
    (
        "get_contact_profile_picture",
        {"data": "https://pps.example/1.jpg"},
        {"url": "https://pps.example/1.jpg"},
        NONE,
        (),
    ),
    ("get_group_info_admin_only", True, {"enabled": True}, NONE, ()),
    ("get_group_messages_admin_only", {"success": True, "data": False}, {"enabled": False}, NONE, ()),
    (
        "check_contact_exists",
        [{"Query": "447", "JID": ADA, "IsIn": True}],
        {"exists": True, "jid": ADA, "phone": "447"},
        NONE,
        (),
    ),
    ("check_contact_exists", [], {"exists": False, "jid": None}, NONE, ()),
    ("retrieve_qr_code", PNG, {"data": PNG_TEXT, "text": None}, NONE, ()),
    ("retrieve_qr_code", "2@Zk3,AbC,==", {"text": "2@Zk3,AbC,=="}, NONE, ()),
    ("retrieve_qr_code", b"2@Zk3,AbC,==", {"text": "2@Zk3,AbC,=="}, NONE, ()),
    ("get_group_invite_code", {"code": 200, "data": CODE}, {"": CODE}, NONE, ()),
    ("revoke_group_invite_code", CODE, {"": CODE}, NONE, ()),
    ("revoke_group_invite_code", CODE.encode(), {"": CODE}, NONE, ()),
    ("revoke_group_invite_code", {"success": True, "data": LINK}, {"": CODE}, NONE, ()),
    ("revoke_group_invite_code", [CODE], {"": ""}, NONE, ()),
    # the engines' own records
    (
        "get_messages",
        [
            {
                "key": {"remoteJid": ADA, "fromMe": True, "id": "3EB0"},
                "messageTimestamp": {"low": 1749634200, "high": 0},
                "message": {"conversation": "hi"},
            }
        ],
        {"0.id": "3EB0", "0.to": ADA, "0.from_me": True, "0.timestamp": AT, "0.body": "hi", "0.type": "chat"},
        NONE,
        (),
    ),
    (
        "get_message_by_id",
        {
            "Info": {
                "ID": "3EB0",
                "Chat": GROUP,
                "Sender": ADA,
                "IsFromMe": False,
                "IsGroup": True,
                "Timestamp": AT.isoformat(),
            },
            "Message": {"imageMessage": {"caption": "c", "mimetype": "image/jpeg", "URL": "https://mmg.example/1"}},
        },
        {
            "id": "3EB0",
            "chat_id": GROUP,
            "from": ADA,
            "participant": ADA,
            "caption": "c",
            "media_url": "https://mmg.example/1",
        },
        None,  # type: ignore[list-item]
        (),
    ),
    (
        "get_message_by_id",
        {
            "key": {"remoteJid": ADA, "id": "3EB0"},
            "message": {
                "ephemeralMessage": {
                    "message": {"extendedTextMessage": {"text": "hi", "contextInfo": {"stanzaId": "q"}}}
                }
            },
        },
        {"id": "3EB0", "from": ADA, "body": "hi", "quoted_msg_id": "q"},
        None,  # type: ignore[list-item]
        (),
    ),
    (
        "send_text",
        {"Info": {"ID": "3EB0", "Chat": ADA, "IsFromMe": True}, "Message": {}},
        {"id": "3EB0", "to": ADA},
        None,
        (),
    ),  # type: ignore[list-item]
    ("send_text", "3EB0A1B2C3D4E5F60718", {"id": "3EB0A1B2C3D4E5F60718"}, NONE, ()),
    ("send_text", [{"id": "m"}], {"id": "m"}, NONE, ()),
    ("send_text", True, {"content": 'Grüße, ☕\n"10" </script>'}, NONE, ("id",)),
    ("start_session", b"OK", {"unique_session_id": "ses_1"}, NONE, ()),
    ("create_group", [], {"name": "Launch crew"}, NONE, ("jid",)),
]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("call", "came", "read", "extra", "unread"),
    VARIANTS,
    ids=[f"{number}-{row[0]}" for number, row in enumerate(VARIANTS)],
)
def test_variant(
    call: str, came: Any, read: dict[str, Any], extra: dict[str, Any] | None, unread: tuple[Any, ...], face: str
) -> None:
    """What came is read as far as it can be, by attribute or as a mapping, and nothing of it is lost."""
    bare = isinstance(came, bytes)
    value = asked(
        face, call, came if bare else json.dumps(came), "application/octet-stream" if bare else "application/json"
    )
    for path, expected in read.items():
        steps, _, last = path.rpartition(".")
        holder = at(value, steps)
        found = (
            holder
            if not last
            else holder[int(last)]
            if last.isdecimal()
            else getattr(holder, last)
            if hasattr(holder, last)
            else holder[last]
        )
        assert found == expected, path
    if isinstance(value, str):
        return
    assert extra is None or dict(value.extra) == extra
    assert value.unread == unread
    json.dumps(value.to_dict())


def test_there_are_enough_variants() -> None:
    """The table holds every variant that is known to come."""
    assert len(VARIANTS) >= 60


@pytest.mark.parametrize(
    ("call", "came", "path"),
    [
        ("get_message", {"id": "m", "timestamp": "soon"}, "$.timestamp"),
        ("get_all_chats", [{"id": "c"}, 5], "$[1]"),
        ("get_group", {"Participants": [{"IsAdmin": "maybe"}]}, "$.Participants[0].IsAdmin"),
        ("read_messages", {"ids": [{}]}, "$.ids[0]"),
    ],
)
def test_strict(call: str, came: Any, path: str) -> None:
    """A client that reads strictly raises for what does not fit, and says where it is."""
    with pytest.raises(DecodeError) as caught:
        asked("async", call, json.dumps(came), strict=True)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("call", "came"), [("get_message", []), ("get_message", 5), ("get_all_chats", {"chats": 5}), ("get_group", "x y")]
)
def test_outermost_shape_that_is_wrong(call: str, came: Any) -> None:
    """Only a read whose outermost shape is wrong raises."""
    with pytest.raises(DecodeError):
        asked("async", call, json.dumps(came))


def test_warned_of_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read is warned of once a class and field in a process, and its value is not shown."""
    monkeypatch.setattr(codec, "_warned", set())
    caplog.set_level(logging.WARNING, "wasend")
    for _ in range(2):
        asked("async", "get_messages", json.dumps([{"id": "m", "timestamp": "tomorrow"}] * 3))
        asked("async", "get_messages", json.dumps([{"id": "m", "fromMe": "perhaps"}]))
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition(" ")[0] for line in told] == ["ChatMessage.timestamp", "ChatMessage.from_me"]
    assert not [line for line in told if "tomorrow" in line or "perhaps" in line]


@model
class Event(Model):
    """A caller's own model, which has a field ``data``, and one that mappings have a method of that name for."""

    id: str | None = None
    data: Any = None
    items: tuple[str, ...] | None = None  # type: ignore[assignment]


@model
class Note(Model):
    """A caller's own model without a field ``data``."""

    id: str | None = None
    text: str | None = None


@pytest.mark.parametrize(
    ("document", "into", "value"),
    [
        ({"id": "e", "data": {"id": "x"}}, Event, Event(id="e", data={"id": "x"})),
        ({"id": "n", "text": "t", "data": {"id": "x"}}, Note, Note(id="n", text="t", extra={"data": {"id": "x"}})),
        ({"success": True, "data": {"id": "x"}}, Note, Note(id="x")),
        ({"status": "ok", "Data": {"ID": "x"}}, Note, Note(id="x")),
    ],
)
def test_data_is_opened_where_it_is_an_envelope(document: Any, into: type[Model], value: Model) -> None:
    """``data`` is opened where the model has no such field, and what stands beside it is an envelope's."""
    assert codec.decode(document, into) == value


def test_a_field_called_items() -> None:
    """A field of the name of a mapping's method does not break the mapping."""
    event = codec.decode({"id": "e", "items": ["a"], "x": 1}, Event)
    assert dict(event) == {**event} == {"id": "e", "items": ("a",), "x": 1}
    assert (event.items, event["items"], "items" in event, len(event)) == (("a",), ("a",), True, 3)
    assert event.to_dict() == {"id": "e", "items": ["a"], "x": 1}


def test_missing_name_costs_no_serialisation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a name that is not there, or counting names, does not write the model."""
    group = codec.decode({"jid": GROUP, "participants": [ADA] * 3}, type(asked("async", "get_group", "{}")))
    monkeypatch.setattr(type(group), "to_dict", lambda _: pytest.fail("it was written"))
    assert group.get("missing") is None
    assert group.get("missing", 5) == 5
    assert "missing" not in group
    assert len(group) == 2
    with pytest.raises(KeyError):
        group["missing"]


def test_a_page_is_equal_to_a_list() -> None:
    """A page equals a list or a tuple of the same, and can be written as JSON."""
    note = Note(id="n", text="t")
    page = Page((note,), extra={"total": 1, "at": AT})
    assert page == [note] == page
    assert page == (note,)
    assert page != [note, note]
    assert page != "n"
    assert hash(page) == hash((note,))
    assert json.loads(json.dumps(page.to_dict())) == {
        "items": [{"id": "n", "text": "t"}],
        "total": 1,
        "at": AT.isoformat(),
    }


def test_anything_can_be_written() -> None:
    """What a program puts into a model is written as JSON as well."""
    made = Event(
        data={"at": AT, "of": Note(id="n"), "acks": {Ack.READ}, "raw": b"x", "page": Page(())}, extra={"at": AT}
    )
    assert json.loads(json.dumps(made.to_dict())) == {
        "at": AT.isoformat(),
        "data": {"at": AT.isoformat(), "of": {"id": "n"}, "acks": [3], "raw": "eA==", "page": {"items": []}},
    }


@pytest.mark.parametrize(
    "given",
    ["0@c.us", "status@broadcast", "5@lid", "447700900456_1:2@s.whatsapp.net", "5@interop", "5@msgr", "a.b@x.y"],
)
def test_what_the_service_gave_is_taken_back(given: str) -> None:
    """A read takes any id that the service may have given."""
    paths: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        paths.append(unquote(request.url.raw_path.decode()))
        return httpx.Response(200, json=[])

    async def main() -> None:
        transport = httpx.AsyncClient(transport=httpx.MockTransport(reply))
        async with transport, AsyncWasendClient(KEY, retry=None, http_client=transport) as client:
            await client.get_messages("s", given)

    asyncio.run(main())
    assert f"/s/chats/{given}/messages" in paths[0]


async def test_models_stand_for_their_ids() -> None:
    """A chat, a contact, a group and a message are taken where their ids go; a message is no recipient."""
    bodies: list[Any] = []

    def reply(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"id": "m"})

    transport = httpx.AsyncClient(transport=httpx.MockTransport(reply))
    async with transport, AsyncWasendClient(KEY, retry=None, http_client=transport) as client:
        sent = Message(id="false_447700900456@c.us_3EB0")
        targets: list[ChatRef] = [Chat(id=ADA), Contact(id=ADA), Group(jid=GROUP)]
        for to in targets:
            await client.send_text(session="s", to=to, text="t", reply_to=sent)
        message: Any = sent
        with pytest.raises(InvalidRequestError):
            await client.send_text(session="s", to=message, text="t")
        with pytest.raises(InvalidRequestError):
            await client.send_text(session="s", to=Chat(), text="t")
    assert [body["to"] for body in bodies] == [ADA, ADA, GROUP]
    assert {body["replyTo"] for body in bodies} == {sent.id}


# ---------------------------------------------------------------------------------------- which 2xx shows a message taken


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        ('{"id":"m"}', True),
        ('{"data":{"messageId":"m"}}', True),
        ('{"timestamp":1749634200}', True),
        ('{"key":{"id":"3EB0"}}', True),
        ('{"success":true}', True),
        ('{"ok":"true"}', True),
        ('{"success":true,"data":{}}', True),
        ("true", True),
        ('"ok"', True),
        ("OK", True),
        ("Queued.", True),
        ('{"message":"sent"}', True),
        ('{"status":"queued"}', True),
        ("", False),
        ("null", False),
        ("{}", False),
        ("[]", False),
        ("5", False),
        ("false", False),
        ('"please log in"', False),
        ("please log in", False),
        ("<html>Log in</html>", False),
        ('{"statusCode":500}', False),
        ('{"statusCode":500,"timestamp":"2025-06-11T09:30:00Z","path":"/sendText"}', False),
        ('{"status":503,"title":"Service Unavailable","type":"about:blank"}', False),
        ('{"status":"error","timestamp":1749634200}', False),
        ('{"error":"no such chat"}', False),
        ('{"id":"m","error":"no such chat"}', False),
        ('{"id":"m","error":null}', True),
        ('{"data":{"error":{"message":"no"}}}', False),
        ('{"success": fal', False),
        ('{"id":""}', False),
        ('{"hello":"world"}', False),
    ],
)
@pytest.mark.parametrize("call", ["send_text", "send_image", "send"])
def test_taken(call: str, content: str, taken: bool) -> None:
    """A message counts as sent where the answer shows that it was understood; else nobody can say."""
    try:
        asked("async", call, content)
    except WasendError as error:
        assert (error.outcome, taken) == ("unknown", False)
    else:
        assert taken


@pytest.mark.parametrize("depth", [100, 900, 5_000])
@pytest.mark.parametrize("call", ["get_group", "get_messages", "send_text", "retrieve_all_sessions"])
def test_deep_answers(call: str, depth: int) -> None:
    """So it is with answers that are nested without end."""
    for opening, closing in (("[", "]"), ('{"session":', "}"), ('{"data":', "}"), ('{"lastMessage":[', "]}")):
        with suppress(DecodeError):
            asked("async", call, opening * depth + "1" + closing * depth)
