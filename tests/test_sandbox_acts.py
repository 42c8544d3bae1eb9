"""What people and WhatsApp do to a session: each act from every way in, what it changes, and what webhooks say of it."""

from __future__ import annotations

import inspect
import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from tests.test_sandbox import ADA
from tests.test_sandbox_events import ADA_CHAT, BOB, BOB_CHAT, OWN, OWN_CHAT, START, Desk, desk
from wasend import WasendError
from wasend.sandbox import Sandbox, StoredGroup, StoredMessage, play_scenario
from wasend.sandbox.acts import ACTS, act_path
from wasend.sandbox.webhooks import EVENTS

PIXEL = b"\x89PNG\r\n\x1a\n and so on"
PIXEL_URL = f"data:image/png;base64,{b64encode(PIXEL).decode()}"
LID = "111222333444555@lid"

DOCUMENTED = [
    *["session.status", "message", "message.any", "message.ack", "message.ack.group", "message.reaction"],
    *["message.edited", "message.revoked", "message.waiting", "group.v2.join", "group.v2.leave", "group.v2.update"],
    *["group.v2.participants", "group.v2.participants.join-request", "group.join", "group.leave", "presence.update"],
    *["poll.vote", "poll.vote.failed", "event.response", "event.response.failed", "label.upsert", "label.deleted"],
    *["label.chat.added", "label.chat.deleted", "call.received", "call.accepted", "call.rejected", "chat.archive"],
    *["engine.event", "state.change"],
]


@attrs.frozen
class Stage:
    """A sandbox in which somebody has written something: what acts are played on."""

    desk: Desk
    group: StoredGroup
    sent: StoredMessage

    @property
    def sandbox(self) -> Sandbox:
        return self.desk.sandbox

    @property
    def places(self) -> dict[str, str]:
        """What an act may be about: what the table calls by a name, by its id."""
        return {"SESSION": self.desk.session.id, "GROUP": self.group.id, "SENT": self.sent.id}

    def placed(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: self.places.get(str(value), value) for name, value in arguments.items()}


async def stage() -> Stage:
    at = await desk()
    group = at.sandbox.add_group("Harbour", owner=OWN, participants=[BOB])
    sent = await at.say("Are you there?")
    await at.told()
    return Stage(at, group, {one.id: one for one in at.sandbox.messages()}[sent])


async def in_python(at: Stage, act: str, arguments: dict[str, Any], scenario: Path) -> None:
    del scenario
    getattr(at.sandbox, act)(
        **{{"from": "from_"}.get(name, name): value for name, value in at.placed(arguments).items()}
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


async def over_http(at: Stage, act: str, arguments: dict[str, Any], scenario: Path) -> None:
    del scenario
    fields = at.placed(arguments)
    path = act_path(act)
    for name, field in {"session": "session", "message": "message_id", "group": "group"}.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", fields.pop(field))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(at.sandbox), base_url="http://localhost") as client:
        body = {_camel(name): value for name, value in fields.items()}
        answer = await client.post(f"/_sandbox/{path}", json=body)
    assert answer.is_success, answer.text


async def on_the_page(at: Stage, act: str, arguments: dict[str, Any], scenario: Path) -> None:
    del scenario
    form = {
        _camel(name): json.dumps(value) if isinstance(value, dict | bool) else str(value)
        for name, value in at.placed(arguments).items()
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(at.sandbox), base_url="http://localhost") as client:
        answer = await client.post(f"/_sandbox/page/{act.replace('_', '-')}", data=form)
    assert answer.status_code == 303, answer.text


async def in_a_scenario(at: Stage, act: str, arguments: dict[str, Any], scenario: Path) -> None:
    names = {"SESSION": "Desk", "GROUP": "Harbour", "SENT": "Are you there?"}
    lines = [f"do = {json.dumps(act)}"]
    for name, given in arguments.items():
        value = names.get(str(given), given)
        written = _table(value) if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{name} = {written}")
    text = "\n".join(["[[acts]]", *lines])
    scenario.write_text(text, "utf-8")
    # It plays on what there is already, so what it names is taken for new.
    play_scenario(_Fresh(at.sandbox), scenario)  # type: ignore[arg-type]


def _table(value: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name} = {json.dumps(one)}" for name, one in value.items()) + "}"


class _Fresh:
    """A sandbox whose sessions seem to have been added by the scenario."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._asked = sandbox, False

    @property
    def sessions(self) -> Any:
        first, self._asked = not self._asked, True
        return {} if first else self._sandbox.sessions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)


WAYS: list[Callable[[Stage, str, dict[str, Any], Path], Any]] = [in_python, over_http, in_a_scenario, on_the_page]

ON, FROM = {"session": "SESSION"}, {"session": "SESSION", "from": ADA}
VOTED = {"id": "SENT", "from": OWN_CHAT, "to": ADA_CHAT, "fromMe": True}
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("happen", {**ON, "event": "chat.archive", "payload": {"archived": False}}, {"chat.archive": {"archived": False}}),
    (
        "receive",
        {**FROM, "text": "Yes"},
        {"message": {"body": "Yes", "from": ADA_CHAT}, "message.any": {"body": "Yes"}},
    ),
    ("receive", {**FROM, "media": PIXEL_URL, "text": "Look"}, {"message": {"hasMedia": True, "body": "Look"}}),
    ("receive", {**FROM, "text": "It is", "reply_to": "SENT"}, {"message": {"body": "It is"}}),
    ("receive", {**FROM, "location": "51.5,-0.12 Pier"}, {"message": {"body": "", "hasMedia": False}}),
    ("receive", {**FROM, "contact": BOB}, {"message": {"hasMedia": False}}),
    ("receive", {**FROM, "poll": "Lunch?\nYes\nNo"}, {"message": {"hasMedia": False}}),
    ("receive", {**FROM, "text": "Hi", "from_lid": LID}, {"message": {"from": LID}}),
    (
        "receive",
        {**ON, "from": BOB, "text": "All", "in_group": "GROUP", "from_lid": LID},
        {"message": {"participant": LID, "to": LID}},
    ),
    (
        "receive",
        {**ON, "from": BOB, "text": "All", "in_group": "GROUP"},
        {"message": {"participant": BOB_CHAT, "to": BOB_CHAT}},
    ),
    ("typed_on_the_phone", {**ON, "to": ADA, "text": "By hand"}, {"message.any": {"source": "app", "fromMe": True}}),
    ("edit", {"message_id": "SENT", "text": "Are you here?"}, {"message.edited": {"body": "Are you here?"}}),
    ("revoke", {"message_id": "SENT"}, {"message.revoked": {"before": None}}),
    ("react", {"message_id": "SENT", "from": ADA, "reaction": "👍"}, {"message.reaction": {"from": ADA_CHAT}}),
    ("vote", {"message_id": "SENT", "from": ADA, "options": "Yes\nMaybe"}, {"poll.vote": {"poll": VOTED}}),
    ("vote", {"message_id": "SENT", "from": ADA, "failed": True}, {"poll.vote.failed": {"poll": VOTED}}),
    ("respond_event", {"message_id": "SENT", "from": ADA}, {"event.response": {"from": ADA_CHAT}}),
    (
        "respond_event",
        {"message_id": "SENT", "from": ADA, "response": "MAYBE", "extra_guests": 2, "failed": True},
        {"event.response.failed": {"eventCreationKey": VOTED, "eventResponse": None}},
    ),
    ("ack", {"message_id": "SENT", "ack": "DEVICE"}, {"message.ack": {"ack": 2}}),
    ("read", {**ON, "chat": ADA}, {"message.ack": {"ack": 3}}),
    ("typing", FROM, {"presence.update": {"id": ADA_CHAT}}),
    ("typing", {**FROM, "presence": "recording"}, {"presence.update": {"id": ADA_CHAT}}),
    ("call", {**FROM, "video": True}, {"call.received": {"from": ADA_CHAT, "isVideo": True, "timestamp": START}}),
    ("call", {**FROM, "what": "rejected"}, {"call.rejected": {"isVideo": False}}),
    ("label", {**ON, "name": "New lead"}, {"label.upsert": {"id": "1", "name": "New lead"}}),
    ("label", {**ON, "name": "Old", "deleted": True}, {"label.deleted": {"name": "Old"}}),
    (
        "label",
        {**ON, "name": "Lead", "chat": ADA},
        {"label.upsert": {"id": "1"}, "label.chat.added": {"labelId": "1", "chatId": ADA_CHAT, "label": None}},
    ),
    ("log_out", ON, {"session.status": {"status": "FAILED", "data": None}}),
    ("restrict", {**ON, "signal": "463", "until": START + 60}, {"session.status": {"status": "WORKING"}}),
    ("restrict", {**ON, "signal": "475"}, {"session.status": {"status": "WORKING"}}),
    ("unrestrict", ON, {}),
    ("phone_offline", {"recipient": ADA}, {}),
    ("phone_online", {"recipient": ADA}, {}),
    ("act_in_group", {"group": "GROUP", "act": "join", "person": ADA}, {"group.v2.participants": {"type": "join"}}),
    ("act_in_group", {"group": "GROUP", "act": "leave", "person": BOB}, {"group.v2.participants": {"type": "leave"}}),
    (
        "act_in_group",
        {"group": "GROUP", "act": "promote", "person": BOB},
        {"group.v2.participants": {"type": "promote"}},
    ),
    (
        "act_in_group",
        {"group": "GROUP", "act": "rename", "person": BOB, "name": "Port"},
        {"group.v2.update": {"group": {"id": "GROUP", "subject": "Port"}}},
    ),
    (
        "act_in_group",
        {"group": "GROUP", "act": "join-request", "person": ADA},
        {
            "group.v2.participants.join-request": {
                "action": "created",
                "requesterId": ADA_CHAT,
                "requesterPn": ADA_CHAT,
                "timestamp": START * 1000,
            }
        },
    ),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("act", "arguments", "expected"), CASES)
async def test_every_act_from_every_way_in(
    act: str, arguments: dict[str, Any], expected: dict[str, Any], way: Callable[..., Any], tmp_path: Path
) -> None:
    """From Python, over HTTP, in a scenario and by a form of the page, an act is told of in the same way."""
    at = await stage()
    await way(at, act, arguments, tmp_path / "acts.toml")
    told = dict(await at.desk.told())
    assert set(told) - {"message.any"} == set(expected) - {"message.any"}
    for event, fields in expected.items():
        for name, value in fields.items():
            wanted = at.placed(value) if isinstance(value, dict) else value
            assert told[event][name] == wanted, (event, name)


def test_every_act_is_tried() -> None:
    """The table above leaves out no act, and no method of `Acts` that everybody can call."""
    assert {act for act, *_ in CASES} == set(ACTS)
    from wasend.sandbox.acts import Acts

    public = {name for name, _ in inspect.getmembers(Acts, inspect.isfunction) if not name.startswith("_")}
    assert public == set(ACTS)


@pytest.mark.parametrize("populated", [False, True], ids=["an empty world", "a world"])
@pytest.mark.parametrize("event", DOCUMENTED)
async def test_every_event_can_happen(event: str, populated: bool) -> None:
    """Each of the engine's events is told with a whole payload, over which what is given is laid."""
    at = await desk()
    if populated:
        at.sandbox.add_group("Harbour", owner=OWN, participants=[BOB])
        await at.say("Hi")
        at.sandbox.receive(at.session.id, ADA, "Ho")
        await at.told()
    at.sandbox.happen(at.session.id, event)
    ((name, usual),) = await at.told()
    at.sandbox.happen(at.session.id, event, {"more": {"of": "it"}, "timestamp": 5})
    ((_, laid),) = await at.told(whole=False)
    assert name == event
    assert usual
    assert laid == {**usual, "more": {"of": "it"}, "timestamp": 5}


def test_every_event_has_a_sample() -> None:
    """There are the events that the engine has, and no others."""
    assert sorted(EVENTS) == sorted(DOCUMENTED)
    assert len(DOCUMENTED) == 31


async def test_events_in_the_forms_of_the_engine() -> None:
    """What is odd about single events is as the engine has it."""
    at = await desk()
    group = at.sandbox.add_group("Harbour", owner=ADA, participants=[OWN])
    at.sandbox.receive(at.session.id, ADA, "Ho")
    await at.told()
    for event in DOCUMENTED:
        at.sandbox.happen(at.session.id, event)
    told = dict(await at.told())
    assert told["poll.vote"]["vote"]["timestamp"] == START * 1000
    assert told["poll.vote.failed"]["vote"]["selectedOptions"] is None
    assert told["event.response.failed"]["eventResponse"] is None
    assert isinstance(told["call.received"]["timestamp"], float)
    assert told["label.chat.added"]["label"] is None
    assert told["group.v2.leave"]["group"] == {"id": group.id}
    assert told["group.v2.participants"]["participants"][0].keys() == {"id", "pn", "role"}


def test_an_event_that_is_none() -> None:
    """An unknown name is refused with the nearest that there is; and so is an unknown session."""
    sandbox = Sandbox()
    session = sandbox.add_session().id
    with pytest.raises(ValueError, match=r"'messages.ack' is no event; did you mean 'message.ack'"):
        sandbox.happen(session, "messages.ack")
    with pytest.raises(ValueError, match="Session nobody not found"):
        sandbox.happen("nobody", "message")


async def test_edits_and_deletions() -> None:
    """An edit is a message of its own, with the bare id of the one it changes; and so is a deletion."""
    at = await desk()
    message = at.sandbox.receive(at.session.id, ADA, "Ho")
    await at.told()
    at.sandbox.edit(message.id, "Hi")
    (_, edited), *_ = await at.told()
    at.sandbox.revoke(message.id)
    (_, revoked), *_ = await at.told()
    assert (edited["body"], edited["editedMessageId"], edited["fromMe"]) == ("Hi", message.bare_id, False)
    assert message.bare_id not in edited["id"]
    assert (revoked["after"]["body"], revoked["revokedMessageId"]) == (None, message.bare_id)
    (read,) = await at.client.get_messages(at.session.id, ADA_CHAT)
    assert not read.body
    (stored,) = at.sandbox.messages(from_me=None)
    assert (stored.edited, stored.revoked) == (True, True)


@pytest.mark.parametrize("media", [PIXEL, PIXEL_URL], ids=["bytes", "data"])
async def test_media_can_be_downloaded(media: Any) -> None:
    """The bytes that arrived can be had where the message says, with the key of their account and no other."""
    at = await desk(api_key=["one", "two"])
    at.sandbox.receive(at.session.id, ADA, "Look", media=media, filename="sea.png")
    (_, told), _ = await at.told()
    assert told["media"].items() >= {"mimetype": "image/png", "filename": "sea.png", "error": None}.items()
    facts = {
        "mimetype": "image/png",
        "fileLength": len(PIXEL),
        "fileSHA256": b64encode(sha256(PIXEL).digest()).decode(),
    }
    assert told["_data"]["Message"] == {"imageMessage": {**facts, "fileName": "sea.png"}}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(at.sandbox)) as client:
        answers = [
            await client.get(told["media"]["url"], headers={"Authorization": f"Bearer {key}"})
            for key in ("one", "two", "three")
        ]
    assert [answer.status_code for answer in answers] == [200, 404, 401]
    assert (answers[0].content, answers[0].headers["content-type"]) == (PIXEL, "image/png")


def test_media_of_a_server() -> None:
    """A sandbox that listens on a port says where exactly."""
    sandbox = Sandbox()
    with sandbox.serve():
        message = sandbox.receive(sandbox.add_session().id, ADA, media=PIXEL)
        assert message.file is not None
        assert message.file.startswith("http://127.0.0.1:")
        assert httpx.get(message.file, headers={"Authorization": "Bearer k"}).content == PIXEL


async def test_kinds_of_messages() -> None:
    """A place, a card, a poll and a quotation stand where the engine has them."""
    at = await desk()
    sent = await at.say("Lunch?")
    await at.told()
    at.sandbox.add_contact(BOB, "Bob")
    for kind in (
        {"location": "51.5,-0.12 Pier"},
        {"contact": BOB},
        {"poll": "Lunch?\nYes\nNo"},
        {"text": "Yes", "reply_to": sent},
    ):
        at.sandbox.receive(at.session.id, ADA, **kind)
    place, card, poll, reply = (payload for event, payload in await at.told() if event == "message")
    assert place["location"] == {"latitude": "51.5", "longitude": "-0.12", "description": "Pier"}
    assert "FN:Bob" in card["vCards"][0]
    assert poll["_data"]["Message"]["pollCreationMessageV3"]["options"] == [{"optionName": "Yes"}, {"optionName": "No"}]
    assert reply["replyTo"].items() >= {"id": sent.split("_")[2], "participant": OWN_CHAT, "body": "Lunch?"}.items()


@pytest.mark.parametrize("known", ["by the hidden id", "by both"])
async def test_people_with_a_hidden_id(known: str) -> None:
    """Somebody with a hidden id writes under it; the number is known to those to whom it was given."""
    at = await desk()
    both = known == "by both"
    if both:
        at.sandbox.add_contact(ADA, "Ada", lid=LID)
    message = at.sandbox.receive(at.session.id, ADA if both else LID, "Hi", from_lid=LID if both else None)
    (_, told), _ = await at.told()
    assert (message.chat, told["from"]) == (LID, LID)
    assert told["_data"]["Info"]["SenderAlt"] == ("447700900456@s.whatsapp.net" if both else "")
    group = at.sandbox.add_group("Harbour", owner=ADA if both else LID, participants=[OWN])
    (_, joined), *_ = await at.told()
    assert joined["group"]["participants"][0] == {"id": LID, "pn": ADA_CHAT if both else None, "role": "superadmin"}
    at.sandbox.script_reply("Hello", from_=ADA if both else LID)
    await at.say("Hi", to=LID)
    at.sandbox.clock.advance(1)
    assert [one.content for one in at.sandbox.messages(to=LID, from_me=False)] == ["Hi", "Hello"]
    assert group.owner == (ADA_CHAT if both else LID)


async def test_phone_offline() -> None:
    """To a phone that is off nothing gets beyond the server, and nobody replies; it all comes when it is on again."""
    at = await desk(acks={"DEVICE": 1, "READ": 2})
    at.sandbox.script_reply("Here I am", after=3)
    at.sandbox.phone_offline(ADA)
    sent = await at.say("Are you there?")
    at.sandbox.clock.advance(60)
    assert at.sandbox.messages(from_me=None)[0].ack == "SERVER"
    assert len(at.sandbox.messages(from_me=None)) == 1
    at.sandbox.phone_online(ADA)
    at.sandbox.phone_online(ADA)
    assert [one.ack for one in at.sandbox.messages(from_me=None)] == ["READ", "DEVICE"]
    acks = [payload["ackName"] for event, payload in await at.told() if event == "message.ack"]
    assert acks == ["DEVICE", "READ"]
    assert sent


SENDS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/sendText", {"text": "Hi"}),
    ("POST", "/sendImage", {"url": "http://x/y.png"}),
    ("POST", "/sendVideo", {"url": "http://x/y.mp4"}),
    ("POST", "/sendVoice", {"url": "http://x/y.ogg"}),
    ("POST", "/sendFile", {"url": "http://x/y.pdf", "fileName": "y.pdf", "mimeType": "application/pdf"}),
    ("POST", "/send", {"text": "Hi"}),
    ("POST", "/sendLinkCustomPreview", {"text": "Hi", "preview": {"title": "x"}}),
    ("POST", "/sendSeen", {"messageId": "m"}),
    ("POST", "/startTyping", {}),
    ("POST", "/stopTyping", {}),
    ("PUT", "/reaction", {"messageId": "m", "reaction": "👍"}),
]


@pytest.mark.parametrize("signal", ["463", "475"])
@pytest.mark.parametrize("how", ["the clock", "somebody"])
async def test_restricted(signal: Any, how: str) -> None:
    """While a session is restricted, every kind of send meets it; webhooks tell when it begins and when it ends."""
    at = await desk()
    until = START + 60 if how == "the clock" else None
    at.sandbox.restrict(at.session.id, signal, until=until)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(at.sandbox), base_url="http://localhost") as client:
        client.headers["Authorization"] = "Bearer k"

        async def statuses() -> list[tuple[int, bool]]:
            answers = [
                await client.request(verb, path, json={**fields, "session": at.session.id, "to": ADA})
                for verb, path, fields in SENDS
            ]
            return [(answer.status_code, f"error {signal}" in answer.text) for answer in answers]

        assert await statuses() == [(500, True)] * len(SENDS)
        assert at.sandbox.messages() == ()
        at.sandbox.typed_on_the_phone(at.session.id, ADA, "By hand")  # the phone itself is free
        if how == "the clock":
            at.sandbox.clock.advance(60)
        else:
            at.sandbox.unrestrict(at.session.id)
        assert {status for status, _ in await statuses()} == {200}
        assert len(at.sandbox.deliveries()) == 7
    begun, ended = (payload for event, payload in await at.told() if event == "session.status")
    assert begun["status"] == ended["status"] == "WORKING"
    if signal == "463":
        locks = [payload["data"]["reachoutTimelock"] for payload in (begun, ended)]
        assert [lock["isActive"] for lock in locks] == [True, False]
        assert locks[0]["timeEnforcementEnds"] == until
    else:
        assert [one["data"]["messageCapping"]["cappingStatus"] for one in (begun, ended)] == ["CAPPED", "NONE"]


async def test_restriction_in_the_envelope() -> None:
    """While it lasts, everything that is told of the session says so."""
    at = await desk()
    at.sandbox.restrict(at.session.id, "463")
    at.sandbox.receive(at.session.id, ADA, "Hi")
    await at.sandbox.adrain()
    assert at.heard.events[-1]["me"]["reachoutTimelock"]["isActive"] is True
    assert at.heard.events[-1]["me"]["messageCapping"] is None


async def test_a_vote() -> None:
    """A vote names what was chosen, and nothing that the poll does not offer; each is told under an id of its own."""
    at = await desk()
    poll = at.sandbox.receive(at.session.id, ADA, poll="Lunch?\nYes\nNo").id
    with pytest.raises(ValueError, match="'Maybe' is no answer of this poll; there are 'Yes', 'No'"):
        at.sandbox.vote(poll, BOB, "Yes\nMaybe")
    await at.told()
    at.sandbox.vote(poll, BOB, "Yes")
    at.sandbox.vote(poll, BOB)
    (_, first), (_, second) = await at.told()
    assert (first["vote"]["from"], first["vote"]["to"]) == (BOB_CHAT, OWN_CHAT)
    assert [one["vote"]["selectedOptions"] for one in (first, second)] == [["Yes"], []]
    assert first["vote"]["id"] != second["vote"]["id"]
    assert first["poll"] == {"id": poll, "from": ADA_CHAT, "to": OWN_CHAT, "fromMe": False}


async def test_a_vote_in_a_group() -> None:
    """In a group a vote is told of with the group, and with who votes."""
    at = await desk()
    group = at.sandbox.add_group("Harbour", owner=OWN, participants=[BOB])
    sent = await at.say("Who comes?", to=group.id)
    await at.told()
    at.sandbox.respond_event(sent, BOB, "MAYBE", extra_guests=2)
    ((event, told),) = await at.told()
    assert (event, told["from"], told["participant"]) == ("event.response", group.id, BOB_CHAT)
    assert told["eventResponse"].items() >= {"response": "MAYBE", "extraGuestCount": 2}.items()


async def test_logged_out() -> None:
    """A session that was logged out on the phone sends nothing, and asks for a scan when it is started again."""
    at = await desk()
    at.sandbox.log_out(at.session.id)
    with pytest.raises(WasendError):
        await at.say("Hi")
    with pytest.raises(ValueError, match="is FAILED"):
        at.sandbox.log_out(at.session.id)
    await at.client.restart_session(at.session.id)
    assert at.sandbox.sessions[at.session.id].status == "SCAN_QR_CODE"


async def test_who_types_stops_as_they_write() -> None:
    """The engine tells that somebody has stopped to type as soon as their message is there."""
    at = await desk()
    at.sandbox.typing(at.session.id, ADA)
    at.sandbox.receive(at.session.id, BOB, "Not I")
    at.sandbox.receive(at.session.id, ADA, "Hi")
    at.sandbox.receive(at.session.id, ADA, "Ho")
    presences = [payload["presences"][0] for event, payload in await at.told() if event == "presence.update"]
    assert [(one["participant"], one["lastKnownPresence"]) for one in presences] == [
        (ADA_CHAT, "typing"),
        (ADA_CHAT, "paused"),
    ]


async def test_typed_on_the_phone() -> None:
    """What the owner types stands in the chat, and is none of what the code under test has sent."""
    at = await desk()
    at.sandbox.typed_on_the_phone(at.session.id, ADA, "By hand")
    (message,) = at.sandbox.messages()
    assert message.from_me
    assert at.sandbox.deliveries() == ()
    (shown,) = await at.client.get_messages(at.session.id, ADA_CHAT)
    assert (shown.from_me, shown.body) == (True, "By hand")


def test_labels_keep_their_ids() -> None:
    """A label has one id for as long as it exists, whatever is done with it."""
    sandbox = Sandbox(webhook_app=None)
    session = sandbox.add_session(webhook_url="http://127.0.0.1:9/x").id
    for name, more in [("A", {}), ("B", {}), ("A", {"chat": ADA}), ("A", {"deleted": True}), ("C", {})]:
        sandbox.label(session, name, **more)  # type: ignore[arg-type]
    told = [json.loads(one.body) for one in sandbox.webhooks if one.event.startswith("label")]
    ids = [one["payload"].get("labelId") or one["payload"]["id"] for one in told]
    assert ids == ["1", "2", "1", "1", "1"]


def test_acts_outlive_the_process(tmp_path: Path) -> None:
    """Media, hidden ids and a restriction are in the file that keeps a sandbox; and the restriction still ends."""
    path = tmp_path / "sandbox.db"
    first = Sandbox(persist=path)
    desk = first.add_session()
    file = first.receive(desk.id, ADA, media=PIXEL, from_lid=LID).file
    first.restrict(desk.id, "475", until=first.clock.now() + 60)
    first.close()
    second = Sandbox(persist=path)
    assert file is not None
    assert second.receive(desk.id, LID, "Hi").chat == LID
    with second.client() as client:
        with pytest.raises(WasendError):
            client.send_text(session=desk.id, to=ADA, text="Hi")
        second.clock.stop()
        second.clock.advance(61)
        client.send_text(session=desk.id, to=ADA, text="Hi")
    second.close()
