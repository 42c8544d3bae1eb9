"""Which webhooks each happening in the sandbox makes, and what they say: in the engine's own words."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.test_sandbox import ADA, PICTURE
from tests.test_webhooks_events import models
from wasend import AsyncWasendClient
from wasend.sandbox import Clock, Sandbox, StoredSession
from wasend.webhooks import EVENTS, parse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

START = 1_750_000_000.0
OWN, OWN_CHAT = "+447700900123", "447700900123@c.us"
ADA_CHAT = "447700900456@c.us"
BOB, BOB_CHAT = "+447700900457", "447700900457@c.us"


@attrs.define
class Heard:
    """An application that takes every webhook, and reads it as a program would: whole, by the class of its name."""

    events: list[dict[str, Any]] = attrs.field(factory=list)
    headers: list[dict[bytes, bytes]] = attrs.field(factory=list)
    bodies: list[bytes] = attrs.field(factory=list)
    unread: list[tuple[object, ...]] = attrs.field(factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        self.events.append(json.loads(body))
        self.headers.append(dict(scope["headers"]))
        self.bodies.append(body)
        event = parse(body, key=None, insecure=True, max_age=None)
        self.unread += [(event.name, part.unread, *part.extra) for part in models(event) if part.unread]
        self.unread += [(event.name, *part.extra) for part in models(event) if not set(part.extra) <= {"_data"}]
        self.unread += [(event.name,)] if type(event) is not EVENTS[event.name] else []
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})


@attrs.frozen
class Desk:
    """A sandbox with a connected session that wants webhooks, and who hears them."""

    sandbox: Sandbox
    session: StoredSession
    client: AsyncWasendClient
    heard: Heard

    async def told(self, *, whole: bool = True) -> list[tuple[str, dict[str, Any]]]:
        """The events since the last time: names and payloads; whether nothing of them may be left unread."""
        await self.sandbox.adrain()
        assert not (whole and self.heard.unread)
        self.heard.unread.clear()
        events = [(event["event"], event["payload"]) for event in self.heard.events]
        self.heard.events.clear()
        return events

    async def say(self, text: str, to: str = ADA, **more: Any) -> str:
        return str((await self.client.send_text(session=self.session.id, to=to, text=text, **more)).id)


async def desk(**options: Any) -> Desk:
    heard = Heard()
    sandbox = Sandbox(clock=Clock(stopped=True, at=START), webhook_app=heard, **options)
    at = Desk(sandbox, sandbox.add_session("Desk", OWN, webhook_url="http://x/hook"), sandbox.async_client(), heard)
    ((event, payload),) = await at.told()
    assert (event, payload["status"]) == ("session.status", "WORKING")
    return at


async def test_every_event_is_read() -> None:
    """Each of the 31 events, as the sandbox says it of a session with messages and groups and of one without, is read whole."""
    at = await desk()
    for name in EVENTS:
        at.sandbox.happen(at.session.id, name)
    told = [name for name, _ in await at.told()]
    assert told == list(EVENTS)
    group = at.sandbox.add_group("Work", owner=ADA, participants=[OWN, BOB])
    at.sandbox.receive(at.session.id, ADA, "Look", media=b"\x89PNG", filename="a.png")
    at.sandbox.receive(at.session.id, ADA, location="51.5,-0.1 Home", reply_to=await at.say("Hi"))
    at.sandbox.receive(at.session.id, ADA, contact=BOB, in_group=group.id)
    for name in EVENTS:
        at.sandbox.happen(at.session.id, name)
    told = [name for name, _ in await at.told()]
    assert told[-31:] == list(EVENTS)


async def test_life_of_a_session() -> None:
    """Each status is told when it begins, in the engine's words, with the two before; and once only."""
    at = await desk(start_after=5)
    for change in (at.client.stop_session, at.client.stop_session, at.client.start_session, at.client.start_session):
        await change(at.session.id)
    at.sandbox.clock.advance(60)
    events = await at.told()
    assert [event for event, _ in events] == ["session.status"] * 3
    life = [("WORKING", 0), ("STOPPED", 0), ("STARTING", 0), ("WORKING", 5)]
    lives = [[{"status": word, "timestamp": (START + at) * 1000} for word, at in life[:end]][-3:] for end in (2, 3, 4)]
    assert [payload["statuses"] for _, payload in events] == lives
    assert [(payload["name"], payload["status"]) for _, payload in events][-1] == (at.session.id, "WORKING")


async def test_qr_and_passkey() -> None:
    """Asking for a scan, for a passkey and for its confirmation is told; and that nobody came in time."""
    at = await desk()
    new = await at.client.create_session(
        session_name="New", phone_number=BOB, enable_webhook=True, webhook_url="http://x/hook"
    )
    session = str(new.unique_session_id)
    await at.client.start_session(new)
    at.sandbox.clock.advance(160)
    await at.client.restart_session(new)
    at.sandbox.scan(session, passkey=True)
    at.sandbox.passkey(session)
    at.sandbox.confirm_passkey(session)
    told = [payload["status"] for event, payload in await at.told() if event == "session.status"]
    assert told == [
        *["STARTING", *["SCAN_QR_CODE"] * 6, "FAILED"],  # six codes, each told of
        *["STARTING", "SCAN_QR_CODE", "PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", "WORKING"],
    ]


async def test_message_sent() -> None:
    """What a session sends is told as `message.any`, and each of its acks when it comes, but for the server's."""
    at = await desk(acks={"SERVER": 1, "DEVICE": 2, "READ": 3})
    message = await at.say("Hi", reply_to="false_1@c.us_AA")
    at.sandbox.clock.advance(5)
    (sent, *acks) = await at.told()
    assert sent[0] == "message.any"
    expected: dict[str, Any] = {
        "id": message,
        "from": ADA_CHAT,
        "to": None,
        "fromMe": True,
        "participant": None,
        "body": "Hi",
    }
    expected |= {"timestamp": START, "source": "api", "hasMedia": False, "ack": 1, "ackName": "SERVER"}
    expected |= {"media": None, "vCards": None}
    assert {name: sent[1][name] for name in expected} == expected
    assert sent[1]["replyTo"]["id"] == "AA"
    assert acks == [
        (
            "message.ack",
            {
                "id": message,
                "from": ADA_CHAT,
                "to": None,
                "participant": None,
                "fromMe": True,
                "ack": number,
                "ackName": name,
                "_data": {"MessageIDs": [message.split("_")[2]]},
            },
        )
        for number, name in ((2, "DEVICE"), (3, "READ"))
    ]


async def test_message_received() -> None:
    """What arrives is told twice under one id, as `message` and as `message.any`; reading it is an ack."""
    at = await desk()
    message = at.sandbox.receive(at.session.id, ADA, "Hi")
    await at.client.read_messages(at.session.id, ADA_CHAT)
    (first, second, ack) = await at.told()
    assert (first[0], second[0], ack[0]) == ("message", "message.any", "message.ack")
    assert first[1] == second[1]
    assert (first[1]["id"], first[1]["from"], first[1]["to"]) == (message.id, ADA_CHAT, None)
    assert (first[1]["fromMe"], first[1]["source"], first[1]["body"]) == (False, "app", "Hi")
    assert (ack[1]["id"], ack[1]["ackName"]) == (message.id, "READ")


async def test_in_a_group() -> None:
    """In a group the participant is named, an ack is a group's, and so is a reaction."""
    at = await desk()
    group = at.sandbox.add_group("Harbour", owner=ADA, participants=[OWN])
    await at.told()
    sent = await at.say("Hi", to=group.id)
    at.sandbox.ack(sent, "READ")
    received = at.sandbox.receive(at.session.id, ADA, "Ho", in_group=group.id)
    at.sandbox.react(received.id, ADA, "👍")
    events = await at.told()
    assert [event for event, _ in events] == [
        *["message.any", "message.ack.group", "message", "message.any", "message.reaction"]
    ]
    assert [payload["participant"] for _, payload in events] == [OWN_CHAT, OWN_CHAT, ADA_CHAT, ADA_CHAT, ADA_CHAT]
    assert [payload["to"] for _, payload in events] == [payload["participant"] for _, payload in events]
    assert {payload["from"] for _, payload in events} == {group.id}
    assert sent.endswith(f"_{OWN_CHAT}")


async def test_media_sent() -> None:
    """Media is told of by its caption; the event does not hold it."""
    at = await desk()
    await at.client.send_image(session=at.session.id, to=ADA, url=PICTURE, caption="Look")
    ((_, payload),) = await at.told()
    assert (payload["body"], payload["hasMedia"], payload["media"]) == ("Look", True, None)


async def test_reactions() -> None:
    """A reaction is told with whose it is and to what; one that is taken back has no text."""
    at = await desk()
    message = await at.say("Hi")
    await at.told()
    at.sandbox.clock.advance(0.5)
    at.sandbox.react(message, ADA, "👍")
    at.sandbox.react(message, ADA, "")
    await at.client.send_reaction(session=at.session.id, message_id=message, reaction="❤")
    events = await at.told()
    assert {event for event, _ in events} == {"message.reaction"}
    payloads = [payload for _, payload in events]
    assert [payload["reaction"] for payload in payloads] == [
        {"text": text, "messageId": message} for text in ("👍", "", "❤")
    ]
    assert [(one["from"], one["to"], one["fromMe"], one["source"]) for one in payloads[1:]] == [
        (ADA_CHAT, None, False, "app"),
        (ADA_CHAT, None, True, "api"),
    ]
    assert payloads[0]["timestamp"] == START  # whole seconds
    assert payloads[0]["id"].startswith(f"false_{ADA_CHAT}_")


async def test_life_of_a_group() -> None:
    """Founding, changing, coming, going and rank are told to the sessions that are in the group, and what they say."""
    at = await desk()
    other = at.sandbox.add_session("Other", BOB, webhook_url="http://x/hook")
    outsider = at.sandbox.add_session("Outsider", "+447700900199", webhook_url="http://x/hook")
    await at.told()
    client, me = at.client, at.session.id
    group = str((await client.create_group(me, name="Harbour", participants=[ADA])).jid)
    await client.set_group_subject(me, group, subject="Port")
    await client.set_group_messages_admin_only(me, group, enabled=True)
    await client.add_group_participants(me, group, participants=[BOB])
    await client.promote_group_participants(me, group, participants=[BOB])
    await client.demote_group_participants(me, group, participants=[BOB])
    await client.remove_group_participants(me, group, participants=[ADA])
    await client.leave_group(other.id, group)
    await at.sandbox.adrain()
    events = [(one["session"], one["event"], one["payload"]) for one in at.heard.events]
    assert not [1 for session, *_ in events if session == outsider.id]

    def brief(session: str) -> list[tuple[str, Any]]:
        return [
            (event, (payload["type"], [(one["id"], one["role"]) for one in payload["participants"]]))
            if event == "group.v2.participants"
            else (event, payload["group"].get("subject"))
            for to, event, payload in events
            if to == session
        ]

    joined = ("group.v2.participants", ("join", [(BOB_CHAT, "participant")]))
    ranks = [
        ("group.v2.participants", ("promote", [(BOB_CHAT, "admin")])),
        ("group.v2.participants", ("demote", [(BOB_CHAT, "participant")])),
        ("group.v2.participants", ("leave", [(ADA_CHAT, "left")])),
        ("group.v2.participants", ("leave", [(BOB_CHAT, "left")])),
    ]
    changes = [("group.v2.join", "Harbour"), ("group.v2.update", "Port"), ("group.v2.update", None)]
    assert brief(me) == [*changes, joined, *ranks]
    assert brief(other.id) == [joined, ("group.v2.join", "Port"), *ranks, ("group.v2.leave", None)]
    join, rename, rule = (payload for *_, payload in events[:3])
    assert {payload["timestamp"] for payload in (join, rename, rule)} == {START * 1000}  # milliseconds, in groups
    assert rename["group"] == {"id": group, "subject": "Port"}  # what has changed, and nothing else
    assert rule["group"] == {"id": group, "membersCanSendMessages": False}
    assert join["group"] | {"participants": None} == {
        "id": group,
        "subject": "Harbour",
        "description": "",
        "membersCanSendMessages": False,  # of a new group: the engine has it the wrong way round
        "membersCanAddNewMember": False,
        "newMembersApprovalRequired": False,
        "participants": None,
    }
    assert join["group"]["participants"] == [
        {"id": OWN_CHAT, "pn": OWN_CHAT, "role": "superadmin"},
        {"id": ADA_CHAT, "pn": ADA_CHAT, "role": "participant"},
    ]


async def test_change_that_changes_nothing() -> None:
    """Where nobody came or went, nothing is told."""
    at = await desk()
    group = at.sandbox.add_group("Harbour", owner=OWN)
    await at.told()
    await at.client.remove_group_participants(at.session.id, group.id, participants=[ADA])
    assert await at.told() == []


async def test_envelope_and_signature() -> None:
    """
    The envelope has the engine's keys, in its order; the two events of one message have one id; and with a key the
    body is signed.
    """
    at = await desk(webhook_key="s3cret")
    at.sandbox.receive(at.session.id, ADA, "Hi")
    await at.sandbox.adrain()
    first, second = at.heard.events
    assert first.items() >= {"event": "message", "session": at.session.id, "timestamp": START * 1000}.items()
    keys = ["id", "timestamp", "event", "session", "metadata", "me", "payload", "engine", "environment"]
    assert list(first) == keys
    me = {"id": OWN_CHAT, "pushName": "Desk", "jid": "447700900123:7@s.whatsapp.net"}
    assert first["me"] == {**me, "lid": first["me"]["lid"], "reachoutTimelock": None, "messageCapping": None}
    assert first["me"]["lid"].endswith("@lid")
    environment = {"version": "2026.8.2", "engine": "GOWS", "tier": "PLUS", "browser": None, "platform": "linux/x64"}
    assert first["environment"] == {**environment, "worker": {"id": None}}
    assert (first["id"], first["event"], second["event"]) == (second["id"], "message", "message.any")
    headers, body = at.heard.headers[-1], at.heard.bodies[-1]
    assert headers[b"x-webhook-hmac"].decode() == hmac.new(b"s3cret", body, hashlib.sha512).hexdigest()
    assert headers[b"x-webhook-timestamp"] == str(first["timestamp"]).encode()
    assert headers[b"user-agent"] == b"WAHA/2026.8.2"


@pytest.mark.parametrize("kind", ["none wanted", "deleted", "lost"])
async def test_nothing_is_told(kind: str) -> None:
    """A session that wants no webhooks, or is deleted, is told nothing; and of a lost message its session alone hears."""
    at = await desk(faults=["dead_session POST /sendText"])
    if kind == "none wanted":
        await at.client.create_session(
            session_name="Other", phone_number=BOB, enable_webhook=False, webhook_url="http://x/hook"
        )
        for other in (at.sandbox.add_session("Silent", "+447700900124"), *at.sandbox.sessions.values()):
            if other.id != at.session.id:
                await at.client.start_session(other.id)
        assert await at.told() == []
        assert len(at.sandbox.webhooks) == 1
    elif kind == "deleted":
        message = at.sandbox.receive(at.session.id, ADA, "Hi")
        await at.client.delete_session(at.session.id)
        await at.told()
        at.sandbox.react(message.id, ADA, "👍")
        assert await at.told() == []
    else:
        await at.say("Hi")
        at.sandbox.clock.advance(60)
        ((event, payload),) = await at.told()
        assert (event, payload["ackName"]) == ("message.any", "PENDING")
