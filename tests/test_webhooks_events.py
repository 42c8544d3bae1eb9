"""Events as the service's engine sends them: every sample that is known is read whole, each by the class of its name."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, get_args

import attrs
import pytest

from wasend import Ack, Model, SessionState
from wasend import webhooks as package
from wasend.webhooks import EVENTS, AnyEvent, Event, UnknownEvent, events, parse, payloads, same_chat, same_message

ENVELOPE: Final[dict[str, Any]] = {
    "id": "evt_01jz0000000000000000000000",
    "timestamp": 1741249702485,
    "event": "message",
    "session": "default",
    "metadata": {"user.id": "123"},
    "me": {
        "id": "447700900123@c.us",
        "pushName": "Desk",
        "lid": "111@lid",
        "jid": "447700900123:7@s.whatsapp.net",
        "reachoutTimelock": None,
        "messageCapping": None,
    },
    "payload": {},
    "engine": "GOWS",
    "environment": {
        "version": "2026.8.2",
        "engine": "GOWS",
        "tier": "PLUS",
        "browser": None,
        "platform": "linux/x64",
        "worker": {"id": None},
    },
}
MESSAGE: Final = {
    "id": "false_447700900456@c.us_3EB0AA",
    "timestamp": 1667561485,
    "from": "447700900456@c.us",
    "fromMe": False,
    "source": "app",
    "to": None,
    "participant": None,
    "body": "Hi",
    "hasMedia": False,
    "media": None,
    "ack": 2,
    "ackName": "DEVICE",
    "location": None,
    "vCards": None,
    "replyTo": None,
    "_data": {
        "Info": {
            "Chat": "447700900456@s.whatsapp.net",
            "Sender": "…",
            "IsFromMe": False,
            "IsGroup": False,
            "ID": "3EB0AA",
            "Timestamp": "2026-11-01T10:00:00+01:00",
        },
        "Message": {},
    },
}
IN_GROUP: Final = {
    "id": "false_1203@g.us_3EB0BB_999@lid",
    "from": "1203@g.us",
    "to": "999@lid",
    "participant": "999@lid",
    "fromMe": False,
    "body": "Hi all",
}
WITH_MEDIA: Final = {
    "id": "false_447700900456@c.us_3EB0AB",
    "hasMedia": True,
    "media": {
        "url": "https://files.example.org/3EB0.jpg",
        "mimetype": "image/jpeg",
        "filename": None,
        "s3": {"Bucket": "b", "Key": "k"},
        "error": None,
    },
}
WITHOUT_MEDIA: Final = {**MESSAGE, "hasMedia": True, "media": {"url": None, "mimetype": "image/jpeg"}}
REPLY: Final = {
    "id": "false_447700900456@c.us_3EB0AC",
    "replyTo": {
        "id": "3EB0CC",
        "participant": "447700900123@c.us",
        "body": "Check",
        "hasMedia": True,
        "media": None,
        "_data": {},
    },
}
UNCERTAIN: Final = {**MESSAGE, "ack": None, "ackName": "UNKNOWN", "body": None, "hasMedia": True}
PLACE: Final = {
    **MESSAGE,
    "location": {"latitude": 51.5, "longitude": -0.1, "description": "Home"},
    "vCards": ["BEGIN"],
}
KEY: Final = {"id": "true_447700900456@c.us_3EB0DD", "to": "447700900456@c.us", "from": "me", "fromMe": True}
VOTE: Final = {
    "id": "false_447700900456@c.us_3EB0DE",
    "to": "me",
    "from": "447700900456@c.us",
    "fromMe": False,
    "participant": None,
    "selectedOptions": ["A"],
    "timestamp": 1692861427000,
}
CALL: Final = {
    "id": "AAAA",
    "from": "447700900456@c.us",
    "timestamp": 1721374000.12,
    "isVideo": False,
    "isGroup": False,
    "_data": {},
}
JOINED: Final = {
    "timestamp": 1789456123000,
    "group": {
        "id": "1203@g.us",
        "subject": "Work",
        "description": "…",
        "participants": [{"id": "999@lid", "pn": "447700900456@c.us", "role": "participant"}],
        "membersCanAddNewMember": True,
        "membersCanSendMessages": True,
        "newMembersApprovalRequired": False,
    },
    "_data": {},
}
LABEL: Final = {"id": "10", "name": "Lead", "color": 14, "colorHex": "#00a0f2"}
LABELLED: Final = {"labelId": "6", "chatId": "447700900456@c.us", "label": None}
STATUSES: Final = [
    {"status": "STARTING", "timestamp": 1700000002000},
    {"status": "WORKING", "timestamp": 1700000003000},
]

SAMPLES: Final[list[tuple[str, dict[str, Any]]]] = [
    ("session.status", {"status": "WORKING", "statuses": STATUSES, "data": None}),
    (
        "session.status",
        {
            "status": "PASSKEY_REQUIRED",
            "statuses": [],
            "data": {
                "challenge": "9WVU…",
                "timeout": 60000,
                "rpId": "web.whatsapp.com",
                "allowCredentials": [{"id": "AX8b…", "type": "public-key", "transports": ["internal", "hybrid"]}],
                "userVerification": "required",
            },
        },
    ),
    ("session.status", {"status": "PASSKEY_CONFIRMATION_REQUIRED", "statuses": [], "data": {"code": "1234"}}),
    (
        "session.status",
        {
            "status": "WORKING",
            "statuses": [],
            "data": {
                "reachoutTimelock": {
                    "enforcementType": "RESTRICT_ALL_COMPANIONS",
                    "isActive": True,
                    "timeEnforcementEnds": 1784477333,
                }
            },
        },
    ),
    (
        "session.status",
        {
            "status": "WORKING",
            "statuses": [],
            "data": {
                "messageCapping": {
                    "cappingStatus": "FIRST_WARNING",
                    "totalQuota": 1000,
                    "usedQuota": 640,
                    "cycleStart": 1782874800,
                    "cycleEnd": 1785553199,
                    "mvStatus": "NOT_ELIGIBLE",
                    "oteStatus": "NOT_ELIGIBLE",
                }
            },
        },
    ),
    *[
        (name, sample)
        for name in ("message", "message.any", "message.waiting")
        for sample in (MESSAGE, IN_GROUP, WITH_MEDIA, WITHOUT_MEDIA, REPLY, UNCERTAIN, PLACE)
    ],
    (
        "message.ack",
        {
            "id": "true_447700900456@c.us_4CC5",
            "from": "447700900456@c.us",
            "to": None,
            "participant": None,
            "fromMe": True,
            "ack": 3,
            "ackName": "READ",
            "_data": {"MessageIDs": ["4CC5"], "Type": "read"},
        },
    ),
    (
        "message.ack.group",
        {
            "id": "true_1203@g.us_4CC5_447700900123@c.us",
            "from": "1203@g.us",
            "to": "999@lid",
            "participant": "999@lid",
            "fromMe": True,
            "ack": 3,
            "ackName": "READ",
        },
    ),
    (
        "message.reaction",
        {
            "id": "false_447700900456@c.us_11",
            "timestamp": 1710481111,
            "from": "447700900456@c.us",
            "fromMe": False,
            "source": "app",
            "to": None,
            "participant": None,
            "reaction": {"text": "🙏", "messageId": "true_447700900456@c.us_22"},
        },
    ),
    ("message.edited", {**MESSAGE, "body": "New body", "editedMessageId": "AAAA"}),
    ("message.revoked", {"after": MESSAGE, "before": None, "revokedMessageId": "AAAA", "_data": {}}),
    ("message.revoked", {"after": MESSAGE, "before": {**MESSAGE, "body": "Oops"}}),
    ("group.v2.join", JOINED),
    ("group.v2.update", {"timestamp": 1789456123000, "group": {"id": "1203@g.us", "subject": "Play"}, "_data": {}}),
    ("group.v2.leave", {"timestamp": 1789456123000, "group": {"id": "1203@g.us"}, "_data": {}}),
    (
        "group.v2.participants",
        {
            "group": {"id": "1203@g.us"},
            "type": "promote",
            "timestamp": 1789456123000,
            "participants": [{"id": "999@lid", "pn": None, "role": "admin"}],
            "_data": {},
        },
    ),
    (
        "group.v2.participants.join-request",
        {
            "group": {"id": "1203@g.us"},
            "action": "created",
            "requesterId": "999@lid",
            "requesterPn": "447700900456@c.us",
            "requestMethod": "invite_link",
            "timestamp": 1789456123000,
            "_data": {},
        },
    ),
    ("group.join", {"id": "1203@g.us"}),
    ("group.leave", {"id": "1203@g.us"}),
    (
        "presence.update",
        {
            "id": "1203@g.us",
            "presences": [{"participant": "447700900456@c.us", "lastKnownPresence": "typing", "lastSeen": None}],
        },
    ),
    ("poll.vote", {"vote": VOTE, "poll": KEY, "_data": {}}),
    ("poll.vote.failed", {"vote": {**VOTE, "selectedOptions": None}, "poll": KEY, "_data": {}}),
    ("poll.vote.failed", {"vote": {**VOTE, "selectedOptions": []}, "poll": KEY, "_data": {}}),
    (
        "event.response",
        {
            **MESSAGE,
            "eventCreationKey": KEY,
            "eventResponse": {"response": "GOING", "timestampMs": 1747707858429, "extraGuestCount": 0},
        },
    ),
    ("event.response.failed", {**MESSAGE, "eventCreationKey": KEY, "eventResponse": None}),
    ("label.upsert", LABEL),
    ("label.deleted", LABEL),
    ("label.chat.added", LABELLED),
    ("label.chat.deleted", {**LABELLED, "label": LABEL}),
    ("call.received", CALL),
    ("call.accepted", {**CALL, "isVideo": True}),
    ("call.rejected", {key: value for key, value in CALL.items() if key != "from"}),
    ("chat.archive", {"id": "447700900456@c.us", "archived": True, "timestamp": 1667561485}),
    ("engine.event", {"event": "events.Receipt", "data": {}}),
    ("state.change", {"state": "CONNECTED"}),
]


def event_of(name: str, payload: Any, **envelope: Any) -> Any:
    """The event that a payload makes."""
    body = json.dumps({**ENVELOPE, "event": name, "payload": payload, **envelope}).encode()
    return parse(body, key=None, insecure=True, max_age=None)


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def models(value: Any) -> Iterator[Model]:
    """A model, and all that are in it."""
    if isinstance(value, Model):
        yield value
        for field in attrs.fields(type(value)):  # type: ignore[arg-type]
            yield from models(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from models(item)


def known_keys(value: Any) -> set[str]:
    """The names of a sample that ought to be fields."""
    found = set[str]()
    if isinstance(value, dict):
        found = {key for key, item in value.items() if item is not None and key != "_data"}
    return found


@pytest.mark.parametrize(("name", "payload"), SAMPLES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SAMPLES)])
def test_samples(name: str, payload: dict[str, Any]) -> None:
    """Every sample is read by its own class, whole: nothing is unread, and nothing but the engine's record is extra."""
    event = event_of(name, payload)
    assert type(event) is EVENTS[name]
    assert event.name == name
    for part in models(event):
        assert part.unread == (), part
        assert set(part.extra) <= {"_data"}, part
    assert known_keys(payload) <= set(event.payload.keys())
    assert event.timestamp == at("2025-03-06T08:28:22.485")
    assert (event.id, event.session, event.engine) == (ENVELOPE["id"], "default", "GOWS")
    event = event_of(name, payload)
    assert (event.me.push_name, event.me.lid, event.environment.version) == ("Desk", "111@lid", "2026.8.2")
    assert event.metadata["user.id"] == "123"


def test_every_name_has_a_sample() -> None:
    """All 31 names are known, each by a class of its own, and have a sample here; the union names them all."""
    assert len(EVENTS) == 31
    assert {name for name, _ in SAMPLES} == set(EVENTS)
    assert len(set(EVENTS.values())) == 31
    assert set(get_args(AnyEvent)) == {*EVENTS.values(), UnknownEvent}
    for cls in EVENTS.values():
        assert cls.__bases__ == (Event,)  # else one would be handled as another
        assert cls.__doc__
        name = next(name for name, known in EVENTS.items() if known is cls)
        assert cls.__doc__.startswith(f"``{name}``: ")


def test_everything_is_public_and_documented() -> None:
    """Each class of the two modules can be imported from the package, and says what each of its fields holds."""
    own = {
        name: cls
        for module in (events, payloads)
        for name, cls in vars(module).items()
        if isinstance(cls, type) and cls.__module__ == module.__name__
    }
    assert set(own) - {"Redacted"} <= set(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Parse'"):
        package.Parse  # type: ignore[attr-defined]  # noqa: B018
    for name, cls in own.items():
        assert cls.__doc__, name
        inherited = {
            field for base in cls.__mro__[1:] if base in own.values() for field in inspect.get_annotations(base)
        }
        fields = set(inspect.get_annotations(cls)) - {"payload"} - inherited
        assert {field for field in fields if not re.search(rf"(?m)^\s+{field}: \S", cls.__doc__)} == set(), name


@pytest.mark.parametrize(("name", "payload"), SAMPLES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SAMPLES)])
def test_no_repr_shows_what_was_said(name: str, payload: dict[str, Any]) -> None:
    """Neither a text, nor a name, nor a number is in what is printed of an event, or of any part of it."""
    event = event_of(name, payload)
    for part in models(event):
        shown = f"{part!r} {part}"
        for said in (
            "Hi",
            "Check",
            "New body",
            "Oops",
            "Lead",
            "🙏",
            "Home",
            "51.5",
            "4477009",
            "999",
            "1234",
            "9WVU",
            "3EB0",
            "Desk",
        ):
            assert said not in shown, part
    assert repr(event).startswith(f"{type(event).__name__}(id='evt_")
    assert repr(event.payload) in repr(event)


def test_a_repr_that_says_something() -> None:
    """What is no text of anybody's is shown: words of the engine's, flags, numbers, times, and which texts there are."""
    assert repr(event_of("message.any", {key: MESSAGE[key] for key in MESSAGE if key != "_data"})) == (
        "MessageAny(id='evt_01jz0000000000000000000000', session='default', payload=MessagePayload(id=…, "
        "timestamp='2022-11-04T11:31:25+00:00', from_=…, from_me=False, source='app', body=…, has_media=False, ack=2, "
        "ack_name='DEVICE'))"
    )
    assert repr(event_of("poll.vote", {"vote": VOTE, "poll": KEY}).payload.vote).endswith(
        "selected_options=[…], timestamp='2023-08-24T07:17:07+00:00')"
    )
    assert repr(event_of("session.status", {"status": "said " * 20})) == (
        "SessionStatus(id='evt_01jz0000000000000000000000', session='default', payload=StatusPayload(status=…))"
    )


def test_events_travel() -> None:
    """Events can be pickled and copied, compared, hashed and written as JSON again."""
    for name, payload in SAMPLES:
        event = event_of(name, payload)
        assert pickle.loads(pickle.dumps(event)) == copy.deepcopy(event) == event
        assert hash(event) == hash(copy.deepcopy(event))
        again = event_of(name, payload)
        assert again == event
        written = json.loads(json.dumps(event.to_dict()))
        assert written["event"] == name
        if name != "group.v2.join":  # which is set right
            assert parse(json.dumps(written).encode(), key=None, insecure=True, max_age=None) == event


# ------------------------------------------------------------------------------------------- what the engine does oddly


def test_messages() -> None:
    """Texts, chats, writers and files of messages, in chats with one person and in groups."""
    message = event_of("message", MESSAGE).payload
    assert (message.body, message.from_me, message.ack == Ack.DEVICE) == ("Hi", False, True)
    assert (message.chat_id, message.sender_id, message.native_id) == (
        "447700900456@c.us",
        "447700900456@c.us",
        "3EB0AA",
    )
    assert message.timestamp == at("2022-11-04T11:31:25")
    own = event_of("message.any", {**MESSAGE, "id": "true_447700900456@c.us_3EB0", "fromMe": True}).payload
    assert (own.chat_id, own.sender_id) == ("447700900456@c.us", None)
    elsewhere = event_of("message.any", {**MESSAGE, "id": "3EB0", "from": "447700900456@s.whatsapp.net"}).payload
    assert (elsewhere.chat_id, elsewhere.native_id) == ("447700900456@c.us", "3EB0")
    group = event_of("message", IN_GROUP)
    assert (group.chat_id, group.payload.sender_id, group.payload.native_id) == ("1203@g.us", "999@lid", "3EB0BB")
    with_media, without = event_of("message", WITH_MEDIA).payload, event_of("message", WITHOUT_MEDIA).payload
    assert (with_media.media.url, with_media.media.s3["Key"]) == ("https://files.example.org/3EB0.jpg", "k")
    assert (without.has_media, without.media.url) == (True, None)
    reply = event_of("message", REPLY).payload.reply_to
    assert (reply.id, reply.participant, reply.body, reply.has_media) == ("3EB0CC", "447700900123@c.us", "Check", True)
    place = event_of("message", PLACE).payload
    assert (place.location.latitude, place.location.description, place.v_cards) == (51.5, "Home", ("BEGIN",))


def test_nothing_known() -> None:
    """A message of which the engine knows neither text nor ack has neither, which is no mistake."""
    message = event_of("message", UNCERTAIN).payload
    assert (message.body, message.ack, message.ack_name, message.media) == (None, None, "UNKNOWN", None)
    votes = event_of("poll.vote.failed", {"vote": {**VOTE, "selectedOptions": None}, "poll": KEY}).payload
    assert votes.vote.selected_options == ()
    assert event_of("event.response.failed", {**MESSAGE, "eventResponse": None}).payload.event_response is None
    call = event_of("call.rejected", {"id": "AAAA"})
    assert (call.payload.from_, call.chat_id) == (None, None)
    revoked = event_of("message.revoked", {"after": None, "before": None})
    assert (revoked.payload.after, revoked.chat_id) == (None, None)
    joined = event_of("group.v2.join", {"group": None})
    assert (joined.payload.group.id, joined.chat_id) == ("", None)
    assert event_of("message", {**MESSAGE, "me": None}, me=None).me is None


def test_times() -> None:
    """Seconds, milliseconds and fractions of seconds are all times, with a zone."""
    assert event_of("call.received", CALL).payload.timestamp == at("2024-07-19T07:26:40.120")
    assert event_of("group.v2.leave", JOINED).payload.timestamp == at("2026-09-15T07:08:43")
    assert event_of("group.v2.leave", {**JOINED, "timestamp": 1789456123}).payload.timestamp == at(
        "2026-09-15T07:08:43"
    )
    status = event_of("session.status", {"status": "WORKING", "statuses": STATUSES}).payload
    assert [one.timestamp for one in status.statuses] == [at("2023-11-14T22:13:22"), at("2023-11-14T22:13:23")]
    held = event_of("session.status", SAMPLES[3][1]).payload.data.reachout_timelock
    assert (held.is_active, held.time_enforcement_ends) == (True, at("2026-07-19T16:08:53"))
    answer = event_of("event.response", {**MESSAGE, "eventResponse": {"timestampMs": 1747707858429}}).payload
    assert answer.event_response.timestamp == at("2025-05-20T02:24:18.429")
    reaction = event_of("message.reaction", {**MESSAGE, "timestamp": 1710481111.5})
    assert reaction.payload.timestamp == at("2024-03-15T05:38:31.500")


def test_who_may_write_in_a_group() -> None:
    """Of a group that was joined, the engine says the opposite: it is set right, by its own record where there is one."""

    def may_write(payload: Any, **envelope: Any) -> Any:
        return event_of("group.v2.join", payload, **envelope).payload.group.members_can_send_messages

    said = {**JOINED, "group": {"id": "1203@g.us", "membersCanSendMessages": True}}
    assert may_write(said) is False
    assert may_write({**said, "group": {"id": "1203@g.us", "membersCanSendMessages": False}}) is True
    assert may_write({**said, "_data": {"IsAnnounce": True}}) is False
    assert may_write({**said, "_data": {"IsAnnounce": False}}) is True
    assert may_write(said, engine="WEBJS") is True
    assert may_write({**said, "group": {"id": "1203@g.us"}}) is None
    assert event_of("group.v2.update", said).payload.group.members_can_send_messages is True
    others: tuple[Any, ...] = (None, [], {}, {"group": []}, "text")
    for other in others:
        assert may_write(other) is None


def test_what_hardly_differs_is_read_once() -> None:
    """The account and the installation of one event after the other are the same models; what differs is not."""
    one, other = event_of("message", MESSAGE), event_of("message.any", MESSAGE)
    assert one.me is other.me
    assert one.environment is other.environment
    assert one.payload is not other.payload
    renamed = event_of("message", MESSAGE, me={**ENVELOPE["me"], "pushName": "Front"})
    assert (renamed.me.push_name, one.me.push_name) == ("Front", "Desk")
    wrong = event_of("message", MESSAGE, me={"id": "1@c.us", "pushName": []})
    again = event_of("message", MESSAGE, me={"id": "1@c.us", "pushName": []})
    assert wrong.unread == again.unread == ("me.pushName",)
    for number in range(300):
        assert event_of("message", MESSAGE, me={"id": f"{number}@c.us"}).me.id == f"{number}@c.us"
    later = event_of("message", MESSAGE)
    assert later.me == one.me
    assert later.me is not one.me  # no more than some are kept


def test_states() -> None:
    """A status is a word, as it came; what it means is one of few."""
    assert event_of("session.status", {"status": "WORKING"}).payload.state is SessionState.CONNECTED
    assert event_of("session.status", {"status": "HIBERNATING"}).payload.state is SessionState.UNKNOWN
    assert event_of("session.status", {"status": "HIBERNATING"}).payload.status == "HIBERNATING"


@pytest.mark.parametrize(
    ("name", "payload", "chat"),
    [
        ("message.ack", {"id": "true_447700900456@c.us_4CC5"}, "447700900456@c.us"),
        ("message.reaction", {"id": "false_1203@g.us_11_999@lid", "from": "1203@g.us"}, "1203@g.us"),
        ("message.revoked", {"after": None, "before": MESSAGE}, "447700900456@c.us"),
        ("group.v2.join", JOINED, "1203@g.us"),
        ("group.v2.participants.join-request", {"group": {"id": "1203@g.us"}}, "1203@g.us"),
        ("group.leave", {"id": "1203@g.us"}, "1203@g.us"),
        ("presence.update", {"id": "447700900456@s.whatsapp.net"}, "447700900456@c.us"),
        ("poll.vote", {"vote": VOTE, "poll": KEY}, "447700900456@c.us"),
        ("poll.vote", {"vote": VOTE, "poll": {"id": "3EB0"}}, "447700900456@c.us"),
        ("event.response", MESSAGE, "447700900456@c.us"),
        ("label.chat.added", {**LABELLED, "chatId": "447700900456@s.whatsapp.net"}, "447700900456@c.us"),
        ("call.received", CALL, "447700900456@c.us"),
        ("chat.archive", {"id": "447700900456@c.us"}, "447700900456@c.us"),
        ("message", {"id": "false_status@broadcast_3EB0_999@lid"}, "status@broadcast"),
        ("message", {"from": "120363@newsletter"}, "120363@newsletter"),
        ("label.upsert", LABEL, None),
        ("session.status", {}, None),
        ("presence.update", {}, None),
        ("chat.archive", {}, None),
        ("message", {}, None),
        ("hello.world", {"chatId": "447700900456@c.us"}, None),
    ],
)
def test_chats(name: str, payload: dict[str, Any], chat: str | None) -> None:
    """Every event that happens in a chat says in which, in one spelling."""
    assert event_of(name, payload).chat_id == chat


def test_what_is_new() -> None:
    """A name that is new is an `UnknownEvent` with all that came; a word that is new is kept; a field that is new is extra."""
    unknown = event_of("hello.world", {"a": 1}, tomorrow=[1])
    assert (type(unknown), unknown.name, unknown.payload, unknown.extra) == (
        UnknownEvent,
        "hello.world",
        {"a": 1},
        {"tomorrow": [1]},
    )
    assert repr(unknown).endswith("payload=…)")
    assert event_of("hello.world", None).payload is None
    assert type(event_of("Message", MESSAGE)) is UnknownEvent
    message = event_of("message", {**MESSAGE, "ackName": "TELEPATHY", "ack": 9, "mood": "good"}).payload
    assert (message.ack, message.ack_name, message.extra["mood"]) == (9, "TELEPATHY", "good")


def test_another_events_payload() -> None:
    """What does not fit costs its field and nothing else, and is named; a payload always has its class."""
    wrong = event_of("message", {**JOINED, "id": 5, "fromMe": "perhaps", "media": [1], "body": {"a": 1}})
    assert wrong.payload.id == "5"
    assert (wrong.payload.from_me, wrong.payload.media, wrong.payload.body) == (None, None, None)
    assert set(wrong.unread) == {"payload.fromMe", "payload.media", "payload.body"}
    assert wrong.payload.extra["group"] == JOINED["group"]
    others: tuple[Any, ...] = ([], "text", 5, True)
    for payload in others:
        event = event_of("message", payload)
        assert (event.payload.body, event.unread, event.extra["payload"]) == (None, ("payload",), payload)
    assert event_of("message", None).payload.body is None
    empty: Any = parse(b'{"event":"message"}', key=None, insecure=True, max_age=None)
    assert (empty.id, empty.session, empty.payload.chat_id) == ("", "", None)
    assert empty.unread == ("id", "session")
    # Not an envelope of another dialect around the real thing: it would be another event than its name says.
    inner = parse(
        b'{"event":"message","data":{"event":"message","id":"e","session":"s","timestamp":1}}',
        key=None,
        insecure=True,
        max_age=None,
    )
    assert (inner.id, set(inner.extra)) == ("", {"data"})


# ------------------------------------------------------------------------------------------- ids


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("447700900456@c.us", "447700900456@s.whatsapp.net", True),
        ("447700900456@c.us", "+44 7700 900456", True),
        ("447700900456@c.us", "447700900456", True),
        ("447700900456:7@s.whatsapp.net", "447700900456@c.us", True),
        ("5511987654321@c.us", "551187654321@c.us", True),
        ("447700900456@c.us", "447700900457@c.us", False),
        ("1203000@g.us", "1203000@g.us", True),
        ("999999@lid", "999999@c.us", False),
        ("what", "what", True),
        (None, None, False),
        ("447700900456@c.us", None, False),
    ],
)
def test_same_chat(one: str | None, other: str | None, same: bool) -> None:
    """Two spellings of a chat are the same chat; nothing is not."""
    assert same_chat(one, other) is same
    assert same_chat(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("3EB0AA", "false_447700900456@c.us_3EB0AA", True),
        ("true_447700900456@c.us_3EB0AA", "true_447700900456@s.whatsapp.net_3EB0AA", True),
        ("true_1203000@g.us_3EB0AA_999@lid", "true_1203000@g.us_3EB0AA", True),
        ("true_447700900456@c.us_3EB0AA_out", "3EB0AA", True),
        ("true_447700900456@c.us_3EB0AA", "true_447700900457@c.us_3EB0AA", False),
        ("3EB0AA", "3EB0AB", False),
        ("", "", False),
        (None, "3EB0AA", False),
    ],
)
def test_same_message(one: str | None, other: str | None, same: bool) -> None:
    """Two spellings of a message's id are the same message, unless they name two chats."""
    assert same_message(one, other) is same
    assert same_message(other, one) is same


def test_payloads_stand_for_ids() -> None:
    """A payload is taken where the id of its message is, a group or a member where a chat's is."""
    event = event_of("message", MESSAGE)
    assert same_message(event.payload, "3EB0AA")
    group = event_of("group.v2.join", JOINED).payload.group
    assert same_chat(group, "1203@g.us")
    assert same_chat(group.participants[0], "999@lid")
    assert same_chat(event.me, "+447700900123")
