"""The local WASend's chats and contacts: what was said, how far it came, and who is on WhatsApp."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.test_sandbox import ADA, PICTURE, Shape
from wasend.sandbox import Sandbox, StoredMessage

OWN = "447700900123@c.us"
ADA_CHAT = "447700900456@c.us"
BOB = "+447700900457"
BOB_CHAT = "447700900457@c.us"
NOBODY = "+447700900999"
START = 1_750_000_000


pytestmark = pytest.mark.usefixtures("june")


@attrs.frozen
class Phone:
    """A sandbox with a connected session, and a client for it."""

    sandbox: Sandbox
    client: httpx.AsyncClient
    session: str

    async def send(self, text: str, /, to: str = ADA, path: str = "/sendText", **more: Any) -> str:
        body = {"session": self.session, "to": to, **({"text": text} if text else {}), **more}
        answer = await self.client.post(path, json=body)
        assert answer.is_success, answer.text
        message: str = answer.json()["id"]
        return message

    def hear(self, text: str, sender: str = ADA, **more: Any) -> StoredMessage:
        return self.sandbox.receive(self.session, sender, text, **more)

    async def chats(self, path: str = "", **query: Any) -> httpx.Response:
        return await self.client.get(f"/{self.session}/chats{path}", params=query or None)

    async def data(self, path: str = "", **query: Any) -> Any:
        answer = await self.chats(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def bodies(self, chat: str = ADA_CHAT, **query: Any) -> list[str]:
        return [message["body"] for message in await self.data(f"/{chat}/messages", **query)]

    async def contacts(self, path: str = "", **query: Any) -> httpx.Response:
        return await self.client.get(f"/contacts{path}", params={"session": self.session, **query})

    def tick(self) -> None:
        self.sandbox.clock.advance(1)

    def fresh(self) -> Phone:
        """The same after a reset."""
        self.sandbox.reset()
        return attrs.evolve(self, session=self.sandbox.add_session().id)


@pytest.fixture
def at(wasend_sandbox: Sandbox, http: httpx.AsyncClient, session: str) -> Phone:
    """`wasend_sandbox` with a session."""
    return Phone(wasend_sandbox, http, session)


# Messages in a chat


async def test_message_docs(at: Phone) -> None:
    """Without a page in the documentation, a message of a chat has the engine's own shape, bare."""
    sent = await at.send("Hi", replyTo="false_1@c.us_AA")
    received = at.hear("Hello", reply_to=sent)
    answer, question = (await at.chats(f"/{ADA_CHAT}/messages")).json()
    assert (await at.chats(f"/{ADA_CHAT}/messages/{sent}")).json() == question
    assert question == {
        "id": sent,
        "timestamp": START,
        "from": ADA_CHAT,
        "fromMe": True,
        "source": "api",
        "to": None,
        "participant": None,
        "body": "Hi",
        "hasMedia": False,
        "media": None,
        "ack": 1,
        "ackName": "SERVER",
        "replyTo": {"id": "AA", "participant": None, "body": None, "_data": {}},
        "location": None,
        "vCards": None,
        "_data": question["_data"],
    }
    assert question["_data"]["Info"].items() >= {"Chat": "447700900456@s.whatsapp.net", "IsFromMe": True}.items()
    assert answer["id"] == received.id
    assert (answer["from"], answer["to"], answer["fromMe"], answer["source"]) == (ADA_CHAT, None, False, "app")
    assert (answer["ackName"], answer["replyTo"]["body"]) == ("DEVICE", "Hi")
    assert answer["replyTo"]["id"] == sent.split("_")[2]


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_message_sdk(at: Phone) -> None:
    """The SDK's message of a chat has the declared fields, wrapped; what is not known is left out."""
    sent = await at.send("Hi")
    received = at.hear("Hello", reply_to=sent)
    found = (await at.chats(f"/{ADA_CHAT}/messages")).json()
    one = (await at.chats(f"/{ADA_CHAT}/messages/{received.id}")).json()
    answer, question = found
    assert one == answer
    assert question == {
        "id": sent,
        "chatId": ADA_CHAT,
        "from": OWN,
        "to": ADA_CHAT,
        "body": "Hi",
        "type": "chat",
        "timestamp": START,
        "fromMe": True,
        "ack": 1,
        "hasMedia": False,
    }
    assert (answer["fromMe"], answer["ack"], answer["quotedMsgId"]) == (False, 2, sent)


MEDIA: list[tuple[str, dict[str, Any], str, str, str | None, str | None]] = [
    ("/sendImage", {"url": PICTURE, "caption": "the door"}, "image", "the door", PICTURE, None),
    ("/sendImage", {"data": "AAAA"}, "image", "", "the file", None),
    ("/sendVoice", {"url": PICTURE}, "ptt", "", PICTURE, None),
    ("/sendFile", {"url": PICTURE, "fileName": "a.png", "mimeType": "image/png"}, "document", "", PICTURE, "a.png"),
    ("/send", {"imageUrl": PICTURE, "text": "look", "filename": "b.png"}, "image", "look", PICTURE, "b.png"),
]


@pytest.mark.parametrize(("path", "body", "kind", "words", "url", "name"), MEDIA)
async def test_media(
    shape: Shape, path: str, body: dict[str, Any], kind: str, words: str, url: str | None, name: str | None, at: Phone
) -> None:
    """Media say their caption, their name, and where they are, unless no download was asked for."""
    await at.send("", path=path, **body)
    if url == "the file":
        (sent,) = at.sandbox.messages()
        url = sent.file or ""
        assert (await at.client.get(url.removeprefix("http://localhost"))).content == b64decode(body["data"])
    (whole,) = await at.data(f"/{ADA_CHAT}/messages")
    (bare,) = await at.data(f"/{ADA_CHAT}/messages", downloadMedia="false")
    assert whole["body"] == words
    assert whole["hasMedia"] is bare["hasMedia"] is True
    if shape == "sdk":
        assert (whole["type"], whole.get("mediaUrl"), whole.get("filename")) == (kind, url, name)
        assert whole.get("caption", "") == words
        assert "mediaUrl" not in bare
    else:
        assert (whole["media"]["url"], whole["media"]["filename"]) == (url, name)
        assert bare["media"] is None


@pytest.fixture
async def conversation(at: Phone) -> Phone:
    """Eight messages a second apart: numbers are sent, letters received; 1 is read, 2 failed."""
    ids = {}
    for text in "0a1b2c3d":
        ids[text] = at.hear(text).id if text.isalpha() else await at.send(text)
        at.tick()
    at.sandbox.ack(ids["1"], "READ")
    at.sandbox.ack(ids["2"], "ERROR")
    at.hear("elsewhere", BOB)
    return at


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ({}, "d3c2b1a0"),
        ({"limit": 3}, "d3c"),
        ({"limit": 3, "offset": 2}, "c2b"),
        ({"limit": 0}, ""),
        ({"offset": 9}, ""),
        ({"filter.fromMe": "true"}, "3210"),
        ({"filter.fromMe": "false", "limit": 2, "offset": 1}, "cb"),
        ({"filter.timestamp.gte": START + 5}, "d3c"),
        ({"filter.timestamp.lte": START + 1}, "a0"),
        ({"filter.timestamp.gte": START + 1, "filter.timestamp.lte": START + 2}, "1a"),
        ({"filter.timestamp.gte": f"{START}.5"}, "d3c2b1a"),
        ({"filter.ack": "3"}, "1"),
        ({"filter.ack": "-1,3"}, "21"),
        ({"filter.ack": "SERVER,ERROR"}, "320"),
        ({"filter.ack": ["1", "3"]}, "310"),
        ({"filter.ack": "2", "filter.fromMe": "true"}, ""),
    ],
)
async def test_messages(shape: Shape, query: dict[str, Any], bodies: str, conversation: Phone) -> None:
    """A chat's messages come newest first, filtered and cut as the query says."""
    assert "".join(await conversation.bodies(**query)) == bodies


async def test_messages_at_most(at: Phone) -> None:
    """One answer holds ten messages unless told, and never more than fifty."""
    for n in range(60):
        at.hear(str(n))
    assert await at.bodies(limit=100) == [str(n) for n in range(59, 9, -1)]
    assert len(await at.bodies()) == 10


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/Ada/messages", {}, "chatId"),
        ("/Ada/picture", {}, "chatId"),
        (f"/{ADA_CHAT}/messages", {"limit": "all"}, "limit"),
        (f"/{ADA_CHAT}/messages", {"downloadMedia": "1"}, "downloadMedia"),
        (f"/{ADA_CHAT}/messages", {"filter.fromMe": "me"}, "filter.fromMe"),
        (f"/{ADA_CHAT}/messages", {"filter.ack": "5"}, "filter.ack"),
        (f"/{ADA_CHAT}/messages", {"filter.timestamp.gte": "2025-06-15"}, "filter.timestamp.gte"),
        (f"/{ADA_CHAT}/messages", {"filter.timestamp.lte": "nan"}, "filter.timestamp.lte"),
        ("", {"sortBy": "size"}, "sortBy"),
        ("", {"offset": "-1"}, "offset"),
        ("/overview", {"limit": "x"}, "limit"),
    ],
)
async def test_invalid(shape: Shape, path: str, query: dict[str, Any], field: str, at: Phone) -> None:
    """A query that cannot be read is answered with 400 and a sentence that names the field."""
    answer = await at.chats(path, **query)
    assert answer.status_code == 400
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]


async def test_message_of_another_chat(shape: Shape, at: Phone) -> None:
    """A message is found in its own chat and session only."""
    sent = await at.send("Hi")
    other = attrs.evolve(at, session=at.sandbox.add_session("other").id)
    assert (await at.chats(f"/{BOB_CHAT}/messages/{sent}")).status_code == 404
    assert (await other.chats(f"/{ADA_CHAT}/messages/{sent}")).status_code == 404
    assert (await at.chats(f"/{ADA_CHAT}/messages/none")).json()["message"] == "Message none not found"
    assert await other.bodies() == []
    assert await at.bodies(f"%2B{ADA[1:]}") == await at.bodies() == ["Hi"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", ""),
        ("GET", "/overview"),
        ("GET", f"/{ADA_CHAT}/messages"),
        ("GET", f"/{ADA_CHAT}/messages/none"),
        ("POST", f"/{ADA_CHAT}/messages/read"),
        ("GET", f"/{ADA_CHAT}/picture"),
    ],
)
async def test_session(shape: Shape, verb: str, path: str, at: Phone) -> None:
    """Chats are to be had from a connected session only: an unknown one is 404, a stopped one 422."""
    unknown = await at.client.request(verb, f"/nobody/chats{path}")
    await at.client.post(f"/sessions/{at.session}/stop")
    stopped = await at.client.request(verb, f"/{at.session}/chats{path}")
    assert (unknown.status_code, stopped.status_code) == (404, 422)
    assert unknown.json()["message"] == "Session nobody not found"


# Groups


async def test_group_chat(shape: Shape, at: Phone) -> None:
    """A group's messages stand in the group's chat, each with who wrote it as the engine tells."""
    group = at.sandbox.add_group("Crew", owner=ADA, participants=[OWN, BOB])
    sent = await at.send("Hi", to=group.id)
    received = at.hear("Hello", BOB, in_group=group.id)
    answer, question = await at.data(f"/{group.id}/messages")
    (chat,) = await at.data()
    ends = (OWN, group.id, group.id, OWN) if shape == "sdk" else (group.id, OWN, group.id, BOB_CHAT)
    assert (question["id"], answer["id"]) == (sent, received.id)
    assert (question["from"], question["to"], answer["from"], answer["to"]) == ends
    assert received.id.endswith(f"_{BOB_CHAT}")
    assert (received.sender, received.to, received.chat) == (BOB, group.id, group.id)
    assert (chat["id"], chat["name"], chat["isGroup"], chat["unreadCount"]) == (group.id, "Crew", True, 1)
    if shape == "docs":
        assert (question["participant"], answer["participant"]) == (OWN, BOB_CHAT)


@pytest.mark.parametrize(
    ("receiver", "sender", "group", "words"),
    [
        ("nobody", ADA, None, "Session nobody not found"),
        (None, "Ada", None, "phone number"),
        (None, "120363041234567890@g.us", None, "person"),
        (None, ADA, "120363041234567890@g.us", "Group 120363041234567890@g.us not found"),
        (None, BOB, "with us", "not a participant"),
        (None, ADA, "without us", "not a participant"),
    ],
)
async def test_receive_refused(receiver: str | None, sender: str, group: str | None, words: str, at: Phone) -> None:
    """What could not arrive is refused with the reason, and is not stored."""
    names = {
        "with us": at.sandbox.add_group("G", owner=ADA, participants=[OWN]).id,
        "without us": at.sandbox.add_group("G", owner=ADA).id,
    }
    with pytest.raises(ValueError, match=words):
        at.sandbox.receive(receiver or at.session, sender, "Hi", in_group=names.get(group or "", group))
    assert at.sandbox.messages(from_me=None) == ()


# Acks, and what is read


@pytest.mark.parametrize(
    ("ack", "number", "status"),
    [
        ("ERROR", -1, "failed"),
        ("PENDING", 0, "pending"),
        ("SERVER", 1, "sent"),
        ("DEVICE", 2, "delivered"),
        ("READ", 3, "read"),
        ("PLAYED", 4, "played"),
    ],
)
async def test_ack(ack: Any, number: int, status: str, at: Phone) -> None:
    """How far a message has come shows in its chat, and in the message asked for by its id."""
    sent = await at.send("Hi")
    assert at.sandbox.ack(sent, ack).ack == ack
    (found,) = await at.data(f"/{ADA_CHAT}/messages")
    message = (await at.client.get(f"/messages/{sent}")).json()
    assert (found["ack"], found["ackName"], message["status"]) == (number, ack, status)
    assert [one.ack for one in at.sandbox.messages()] == [ack]


def test_ack_refused(wasend_sandbox: Sandbox) -> None:
    """An unknown message, or an unknown word, is refused."""
    wrong: Any = "SEEN"
    with pytest.raises(ValueError, match="Message none not found"):
        wasend_sandbox.ack("none", "READ")
    with pytest.raises(ValueError, match="ack is one of ERROR, PENDING"):
        wasend_sandbox.ack("none", wrong)


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ({}, "dcba"),
        ({"messages": 2}, "dc"),
        ({"messages": 0}, ""),
        ({"days": 2}, "dcb"),
        ({"days": 100, "messages": 3}, "dcb"),
        ({"days": 0}, "d"),
    ],
)
async def test_read(shape: Shape, query: dict[str, Any], read: str, at: Phone) -> None:
    """Reading marks what was received: so many messages, no older than so many days; and counts them off."""
    ids = {}
    for text in "abcd":
        at.sandbox.clock.advance(0 if text == "a" else 24 * 60 * 60)
        ids[at.hear(text).id] = text
        await at.send("sent")
    path = f"/{at.session}/chats/{ADA_CHAT}/messages/read"
    answer = (await at.client.post(path, params=query)).json()
    (chat,) = await at.data()
    if shape == "docs":
        assert "".join(ids[message] for message in answer["ids"]) == read
    else:
        assert answer == {"success": True, "message": f"{len(read)} messages marked as read"}
    marked = [ids[one.id] for one in at.sandbox.messages(from_me=False) if one.ack == "READ"]
    assert "".join(reversed(marked)) == read
    assert chat["unreadCount"] == 4 - len(read)


async def test_read_days(at: Phone) -> None:
    """Unless told otherwise, what is older than a week stays unread."""
    at.hear("old")
    at.sandbox.clock.advance(7 * 24 * 60 * 60 + 1)
    new = at.hear("new")
    answer = await at.client.post(f"/{at.session}/chats/{ADA_CHAT}/messages/read")
    assert answer.json() == {"ids": [new.id]}


async def test_seen(shape: Shape, at: Phone) -> None:
    """A seen message is read, and only that one; sent, foreign and unknown ones change nothing."""
    first, second = at.hear("a"), at.hear("b")
    sent = await at.send("Hi")
    other = attrs.evolve(at, session=at.sandbox.add_session("other").id)
    foreign = other.hear("c")
    for message in (first.id, first.id, sent, foreign.id, "none"):
        body = {"session": at.session, "to": ADA, "messageId": message}
        assert (await at.client.post("/sendSeen", json=body)).is_success
    (chat,) = await at.data()
    acks = {message.id: message.ack for message in at.sandbox.messages(from_me=None)}
    assert acks == {first.id: "READ", second.id: "DEVICE", sent: "SERVER", foreign.id: "DEVICE"}
    assert chat["unreadCount"] == 1


async def test_ack_of_a_received_message(at: Phone) -> None:
    """Reading on the phone itself counts a message off too."""
    at.sandbox.ack(at.hear("a").id, "READ")
    (chat,) = await at.data()
    assert chat["unreadCount"] == 0


async def test_messages_from_python(at: Phone) -> None:
    """Received messages are told apart from sent ones, and found by whom they are from."""
    await at.send("sent")
    received = at.hear("received")
    await at.send("to Bob", BOB)

    def contents(**where: Any) -> list[str]:
        return [message.content for message in at.sandbox.messages(**where)]

    assert contents() == ["sent", "to Bob"]
    assert contents(from_me=False) == ["received"]
    assert contents(from_me=None, session=at.session) == ["sent", "received", "to Bob"]
    assert contents(to=ADA, from_me=None) == ["sent", "received"]
    found = (await at.client.get(f"/messages/{received.id}")).json()
    assert (received.sender, received.to, received.from_me, received.ack) == (ADA, OWN, False, "DEVICE")
    assert (found["to"], found["content"], found["status"]) == (OWN, "received", "delivered")


# The list of chats


@pytest.fixture
async def three_chats(at: Phone) -> Phone:
    """A chat with a friend, with somebody who told a name, and with a stranger."""
    at.sandbox.add_contact(ADA, "Zoe", picture_url=PICTURE)
    at.sandbox.add_contact(BOB, push_name="Bob")
    await at.send("Hi", ADA)
    at.tick()
    at.hear("Hello", BOB)
    at.tick()
    await at.send("Hi", "+15550100000")
    at.tick()
    at.hear("Back", ADA)
    return at


ZOE, BOB_, STRANGER = ADA_CHAT, BOB_CHAT, "15550100000@c.us"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [ZOE, STRANGER, BOB_]),
        ({"sortBy": "conversationTimestamp", "sortOrder": "asc"}, [BOB_, STRANGER, ZOE]),
        ({"sortBy": "timestamp"}, [ZOE, STRANGER, BOB_]),
        ({"sortBy": "id"}, [STRANGER, ZOE, BOB_]),
        ({"sortBy": "name"}, [STRANGER, BOB_, ZOE]),
        ({"sortBy": "name", "sortOrder": "desc"}, [ZOE, BOB_, STRANGER]),
        ({"limit": 2}, [ZOE, STRANGER]),
        ({"limit": 2, "offset": 1}, [STRANGER, BOB_]),
        ({"limit": 0}, []),
    ],
)
async def test_chats(shape: Shape, query: dict[str, Any], ids: list[str], three_chats: Phone) -> None:
    """Chats come with the newest news first, or as the query says."""
    assert [chat["id"] for chat in await three_chats.data(**query)] == ids


async def test_chat_in_the_list(shape: Shape, three_chats: Phone) -> None:
    """A chat tells its name where one is known, its last message's time, and what is unread."""
    zoe, stranger, bob = await three_chats.data()
    assert zoe == {
        "id": ZOE,
        "name": "Zoe",
        "isGroup": False,
        "timestamp": START + 3,
        "unreadCount": 1,
        "archived": False,
        "pinned": False,
    }
    assert "name" not in stranger
    assert bob["name"] == "Bob"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [ZOE, STRANGER, BOB_]),
        ({"limit": 1, "offset": 1}, [STRANGER]),
        ({"ids": f"{BOB_},{ZOE}"}, [ZOE, BOB_]),
        ({"ids": [BOB_, ZOE]}, [ZOE, BOB_]),
        ({"ids": "1@c.us"}, []),
    ],
)
async def test_overview(shape: Shape, query: dict[str, Any], ids: list[str], three_chats: Phone) -> None:
    """The overview holds the asked chats, whether their ids are joined by commas or repeated."""
    assert [chat["id"] for chat in await three_chats.data("/overview", **query)] == ids


async def test_chat_in_the_overview(shape: Shape, three_chats: Phone) -> None:
    """The overview's shape is the engine's, with the last message; or the SDK's few fields."""
    zoe = (await three_chats.data("/overview"))[0]
    if shape == "docs":
        assert (zoe["name"], zoe["picture"], zoe["lastMessage"]["body"]) == ("Zoe", PICTURE, "Back")
        assert zoe["_chat"]["unreadCount"] == 1
    else:
        assert zoe == {"id": ZOE, "name": "Zoe", "isGroup": False, "timestamp": START + 3, "unreadCount": 1}


async def test_overview_at_most(at: Phone) -> None:
    """The overview holds twenty chats unless told."""
    for n in range(25):
        at.hear("Hi", f"+4477009{n:05}")
    assert len(await at.data("/overview")) == 20
    assert len(await at.data()) == 25


async def test_picture(shape: Shape, at: Phone) -> None:
    """A chat's picture is the person's or the group's, or none."""
    at.sandbox.add_contact(ADA, picture_url=PICTURE)
    group = at.sandbox.add_group("G", owner=ADA)
    assert await at.data(f"/{ADA_CHAT}/picture", refresh="true") == {"url": PICTURE}
    assert await at.data(f"/{BOB_CHAT}/picture") == {"url": None}
    assert await at.data(f"/{group.id}/picture") == {"url": None}


@pytest.mark.wasend_sandbox(unknown=[NOBODY])
async def test_unknown_number(shape: Shape, at: Phone) -> None:
    """Sending to a number that is not on WhatsApp goes as ever, and is stored."""
    await at.send("Hi", NOBODY)
    assert await at.bodies("447700900999@c.us") == ["Hi"]
    assert (await at.contacts("/all")).json() == []


# Contacts


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [STRANGER, ZOE, BOB_]),
        ({"sortBy": "id", "sortOrder": "desc"}, [BOB_, ZOE, STRANGER]),
        ({"sortBy": "name"}, [STRANGER, BOB_, ZOE]),
        ({"sortBy": "name", "sortOrder": "desc", "limit": 1, "offset": 1}, [BOB_]),
    ],
)
async def test_contacts(shape: Shape, query: dict[str, Any], ids: list[str], three_chats: Phone) -> None:
    """The address book and the people of the chats are the contacts, sorted and cut as the query says."""
    found = await three_chats.contacts("/all", **query)
    assert [contact["id"] for contact in found.json()] == ids


async def test_hidden_contacts(shape: Shape, at: Phone) -> None:
    """Somebody with a hidden id is one contact, by either id where both are known; a hidden id is no phone number."""
    lid, only = "111222333444555@lid", "999888777666555@lid"
    at.sandbox.add_contact(ADA, "Ada", lid=lid)
    at.hear("Hi", from_lid=lid)
    at.hear("Ho", sender=only)
    number = "number" if shape == "docs" else "phoneNumber"
    for asked in (lid, ADA, ADA_CHAT):
        answer = await at.contacts(contactId=asked)
        assert answer.status_code == 200
        assert (answer.json()["id"], answer.json()["name"]) == (ADA_CHAT, "Ada")
        assert answer.json()[number].lstrip("+") == ADA[1:]
    assert (await at.contacts(contactId=only)).json()[number] == ""
    assert [one["id"] for one in (await at.contacts("/all")).json()] == [ADA_CHAT, only]
    assert (await at.contacts("/profile-picture", contactId=lid)).status_code == 200


async def test_contacts_at_most(at: Phone) -> None:
    """One answer holds ten contacts unless told."""
    for n in range(12):
        at.sandbox.add_contact(f"+4477009{n:05}", f"Contact {n}")
    assert len((await at.contacts("/all")).json()) == 10


async def test_contact_docs(at: Phone) -> None:
    """Without a page in the documentation, a contact has the engine's own shape."""
    at.sandbox.add_contact("+44 7700 900-456", "Ada Lovelace", push_name="ada")
    ada = await at.contacts(contactId=ADA)
    own = await at.contacts(contactId=OWN)
    blank = at.sandbox.add_contact(BOB, " ")
    assert (await at.contacts(contactId=blank.id)).json()["shortName"] is None
    assert ada.json() == {
        "id": ADA_CHAT,
        "number": "447700900456",
        "name": "Ada Lovelace",
        "pushname": "ada",
        "shortName": "Ada",
        "isMe": False,
        "isGroup": False,
        "isWAContact": True,
        "isMyContact": True,
        "isBlocked": False,
    }
    assert (own.json()["isMe"], own.json()["isMyContact"]) == (True, False)


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_contact_sdk(at: Phone) -> None:
    """The SDK's contact has the declared fields; what is not known is left out."""
    at.sandbox.add_contact(ADA, "Ada", push_name="ada", picture_url=PICTURE)
    ada = await at.contacts(contactId=ADA_CHAT)
    bob = await at.contacts(contactId=BOB_CHAT)
    assert ada.json() == {
        "id": ADA_CHAT,
        "phoneNumber": ADA,
        "name": "Ada",
        "pushName": "ada",
        "profilePictureUrl": PICTURE,
    }
    assert bob.json() == {"id": BOB_CHAT, "phoneNumber": BOB}


@pytest.mark.wasend_sandbox(unknown=["+44 7700 900999"])
async def test_check_exists(shape: Shape, at: Phone) -> None:
    """Everybody is on WhatsApp except those said not to be; the answer has the dialect's words."""
    known = (await at.contacts("/check-exists", phone=ADA[1:])).json()
    unknown = (await at.contacts("/check-exists", phone=NOBODY)).json()
    gone = await at.contacts(contactId=NOBODY)
    if shape == "docs":
        assert known == {"numberExists": True, "chatId": ADA_CHAT}
        assert unknown == {"numberExists": False}
    else:
        assert known == {"exists": True, "phone": "447700900456", "jid": ADA_CHAT}
        assert unknown == {"exists": False, "phone": "447700900999"}
    assert gone.status_code == 404
    assert gone.json()["message"] == "Contact 447700900999@c.us not found"


async def test_profile_picture(shape: Shape, at: Phone) -> None:
    """A picture is told under the dialect's name, or is null."""
    at.sandbox.add_contact(ADA, picture_url=PICTURE)
    ada = (await at.contacts("/profile-picture", contactId=ADA, refresh="false")).json()
    bob = (await at.contacts("/profile-picture", contactId=BOB)).json()
    name = "profilePictureURL" if shape == "docs" else "url"
    assert (ada, bob) == ({name: PICTURE}, {name: None})


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("", {"session": "s"}, "contactId"),
        ("", {"contactId": ADA}, "session"),
        ("", {"session": "s", "contactId": "Ada"}, "contactId"),
        ("", {"session": "s", "contactId": "120363041234567890@g.us"}, "contactId"),
        ("/all", {}, "session"),
        ("/all", {"session": "s", "sortBy": "age"}, "sortBy"),
        ("/check-exists", {"session": "s"}, "phone"),
        ("/check-exists", {"session": "s", "phone": ADA_CHAT}, "phone"),
        ("/check-exists", {"session": "s", "phone": f" {ADA[1:]}"}, "phone"),
        ("/profile-picture", {"session": "s", "contactId": ADA, "refresh": "yes"}, "refresh"),
    ],
)
async def test_contacts_invalid(shape: Shape, path: str, query: dict[str, str], field: str, at: Phone) -> None:
    """A query that cannot be read, a plus sign that became a space among them, is answered with 400."""
    answer = await at.client.get(f"/contacts{path}", params=query)
    assert answer.status_code == 400
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]


@pytest.mark.parametrize("path", ["", "/all", "/check-exists", "/profile-picture"])
async def test_contacts_of_a_session(shape: Shape, path: str, at: Phone) -> None:
    """Contacts are to be had from a connected session only: an unknown one is 404, a stopped one 422."""
    query = {"contactId": ADA, "phone": ADA}
    unknown = await attrs.evolve(at, session="nobody").contacts(path, **query)
    await at.client.post(f"/sessions/{at.session}/stop")
    stopped = await at.contacts(path, **query)
    assert (unknown.status_code, stopped.status_code) == (404, 422)


# From Python


@pytest.mark.wasend_sandbox(unknown=[NOBODY])
async def test_reset(at: Phone) -> None:
    """A reset forgets chats, contacts and who was said to be unknown later, and keeps who always was."""
    at.hear("Hi")
    at.sandbox.add_contact(ADA, "Ada")
    at.sandbox.add_unknown(BOB)
    fresh = at.fresh()
    assert await fresh.data() == []
    assert (await fresh.contacts("/all")).json() == []
    exist = [(await fresh.contacts("/check-exists", phone=number)).json()["numberExists"] for number in (BOB, NOBODY)]
    assert exist == [True, False]


@pytest.mark.parametrize("number", ["Ada", "07700900456", "120363041234567890@g.us"])
def test_no_person(number: str, wasend_sandbox: Sandbox) -> None:
    """Who is no person is neither a contact nor unknown."""
    with pytest.raises(ValueError, match="phone number"):
        Sandbox(unknown=[number])
    with pytest.raises(ValueError, match="phone number"):
        wasend_sandbox.add_contact(number)
    with pytest.raises(ValueError, match="phone number"):
        wasend_sandbox.add_unknown(number)


GETS = [
    *("/contacts", "/contacts/all", "/contacts/check-exists", "/contacts/profile-picture"),
    *("/{session}/chats", "/{session}/chats/overview", "/{session}/chats/{chat}/messages"),
    *("/{session}/chats/{chat}/messages/{message}", "/{session}/chats/{chat}/picture"),
]
QUERIES = [
    *("limit", "offset", "sortBy", "sortOrder", "ids", "contactId", "phone", "refresh", "messages", "days", "session"),
    *("downloadMedia", "filter.ack", "filter.fromMe", "filter.timestamp.gte", "filter.timestamp.lte"),
]
WORDS = st.text(max_size=5) | st.sampled_from(
    [
        "0",
        "1",
        "999999999",
        "-1",
        "true",
        "false",
        "name",
        "id",
        "asc",
        "desc",
        ADA,
        ADA_CHAT,
        "1,2",
        "READ",
        "9" * 5000,
    ]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_nothing_breaks_it(shape: Shape, data: st.DataObject, at: Phone) -> None:
    """Whatever is asked of chats and contacts, and however wrongly, the answer is no 5xx and no exception."""
    at = at.fresh()
    received = at.hear(data.draw(st.text(max_size=5)))
    await at.send("", path="/sendImage", data="AAAA")
    for _ in range(4):
        query = data.draw(st.lists(st.tuples(st.sampled_from(QUERIES), WORDS), max_size=4))
        verb, path = data.draw(
            st.tuples(st.just("GET"), st.sampled_from(GETS))
            | st.just(("POST", "/{session}/chats/{chat}/messages/read"))
        )
        answer = await at.client.request(
            verb,
            path.format(
                session=at.session,
                chat=data.draw(st.sampled_from([ADA_CHAT, "%2B447700900456", "a", "%FF", "1@g.us"])),
                message=data.draw(st.sampled_from([received.id, "none", "%00"])),
            ),
            params=[("session", at.session), *query],
        )
        assert answer.status_code < 500
    assert (await at.chats()).status_code == 200
