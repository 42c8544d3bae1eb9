"""What became of writes that were not answered: found by reading back, each accounted to one, and never made again."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import pickle
import re
import threading
import weakref
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients import KEY, NUMBER, TEXT
from tests.raw import Behaviour, RawServer, answer, hang, reset, serving
from wasend import AsyncWasendClient, Clock, Group, Message, OutcomeUnknownError, Session, Timeout
from wasend._core.call import Call
from wasend.api.chats import ChatMessage
from wasend.delivery.normalize import message_key
from wasend.delivery.settle import Settlement, SettleMiddleware, settle
from wasend.delivery.settle import ledger as ledgers
from wasend.delivery.settle.ledger import Claim, Ledger, Search, ledger_of
from wasend.delivery.settle.times import MARGIN
from wasend.errors import ClientClosedError, SessionNotReadyError, UnprocessableError
from wasend.sandbox import Clock as SandboxClock
from wasend.sandbox import Sandbox, StoredMessage

Fate = Literal["answered", "delivered", "lost", "refused"]
"""Of a write: answered, carried out without an answer, lost on the way, or refused."""

CHAT = "447700900456@c.us"
START = 1_750_000_000
WRITES = re.compile(r"/send[\w/-]*|/sessions|/[^/]+/groups")
QUIET: Fate = "answered"


class Lossy(httpx.AsyncBaseTransport):
    """A service whose answers to writes get lost as told, in the order in which they arrive; the last fate goes on."""

    def __init__(self, app: Any, fates: Iterable[Fate] = (QUIET,)) -> None:
        self.fates = list(fates)
        self.requests: list[httpx.Request] = []
        self.writes = 0
        self.before: Callable[[httpx.Request], Any] = lambda _: None
        self._service = httpx.ASGITransport(app=app)
        self._lock = threading.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            fate = QUIET
            if request.method == "POST" and WRITES.fullmatch(request.url.path):
                fate = self.fates[min(self.writes, len(self.fates) - 1)]
                self.writes += 1
        waited = self.before(request)
        if waited is not None:
            await waited
        if fate == "refused":
            return httpx.Response(422, json={"message": "no such number"}, request=request)
        if fate != "lost":
            response = await self._service.handle_async_request(request)
            if fate == "answered":
                return response
        raise httpx.ReadError("gone")

    @property
    def reads(self) -> int:
        return len(self.requests) - self.writes


def keys_of(things: Iterable[object]) -> list[str]:
    """Of the messages among some things, sorted."""
    messages = [one for one in things if isinstance(one, Message | StoredMessage)]
    return sorted(str(message_key(one.id)) for one in messages)


@attrs.frozen
class Desk:
    """A client of a sandbox with a connected session."""

    client: AsyncWasendClient
    sandbox: Sandbox
    service: Lossy
    session: str

    async def say(self, text: str = TEXT, to: str = NUMBER) -> Message:
        return await self.client.send_text(session=self.session, to=to, text=text)

    async def lose(self, fate: Fate = "delivered", text: str = TEXT) -> OutcomeUnknownError:
        """Send, and have no answer."""
        self.service.fates[:] = [fate]
        with pytest.raises(OutcomeUnknownError) as caught:
            await self.say(text)
        self.service.fates[:] = [QUIET]
        return caught.value

    async def settle(self, error: OutcomeUnknownError, **options: Any) -> Settlement:
        return await settle(self.client._engine, error, **options)

    async def deliver(self, text: str = TEXT) -> None:
        """Let a text of ours get into the chat, by a way that no client of ours knows."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.sandbox)) as http:
            body = {"session": self.session, "to": NUMBER, "text": text}
            headers = {"authorization": f"Bearer {KEY}"}
            (await http.post("https://sandbox/sendText", json=body, headers=headers)).raise_for_status()

    def keys(self) -> list[str]:
        """Of the messages that the service has taken, sorted."""
        return keys_of(self.sandbox.messages())


def with_rule(client: AsyncWasendClient, **options: Any) -> AsyncWasendClient:
    plain = client._engine
    client._engine = attrs.evolve(plain, middleware=(SettleMiddleware(plain, **options),))
    return client


@asynccontextmanager
async def desk(*fates: Fate, enabled: bool = True, dialect: Any = "docs", **options: Any) -> AsyncIterator[Desk]:
    clock = SandboxClock(stopped=True, at=START)
    sandbox = Sandbox(dialect=dialect, clock=clock)
    service = Lossy(sandbox)
    async with httpx.AsyncClient(transport=service) as http:
        client = AsyncWasendClient(KEY, base_url="https://sandbox", http_client=http, clock=clock)
        async with with_rule(client, enabled=enabled, **options):
            session = await client.create_session(session_name="desk", phone_number="+447700900123")
            assert session.unique_session_id
            await client.start_session(session.unique_session_id)
            sandbox.scan(session.unique_session_id)
            service.fates[:] = list(fates) or [QUIET]
            service.writes = 0
            service.requests.clear()
            yield Desk(client, sandbox, service, session.unique_session_id)


@pytest.fixture(params=["docs", "sdk"])
def dialect(request: pytest.FixtureRequest) -> Any:
    """Both dialects."""
    return request.param


# What is found


async def test_lost_answer_becomes_the_result(dialect: Any) -> None:
    """With settling on, a text whose answer was lost is returned as if it had come, and is sent once."""
    async with desk("delivered", dialect=dialect) as it:
        message = await it.say()
        (stored,) = it.sandbox.messages()
        assert (message.id, message.to, message.content, message.type) == (stored.id, NUMBER, TEXT, "text")
        assert (message.from_me, message.status) == (True, "sent")
        assert message.timestamp == datetime.fromtimestamp(START, UTC)
        assert (it.service.writes, it.service.reads) == (1, 1)


async def test_lost_request_stays_unknown() -> None:
    """What never arrived is looked for during the window, and no longer; the error comes with what was seen."""
    async with desk(window=10.0) as it:
        await it.say("something else")
        error = await it.lose("lost")
        settlement = error.settlement
        assert settlement is not None
        assert (settlement.outcome, settlement.result) == ("unknown", None)
        assert [one.body for one in settlement.seen if isinstance(one, ChatMessage)] == ["something else"]
        assert it.sandbox.clock.now() == START + 10
        assert it.service.reads == 8 + 1  # after 0, 0.5, 1.5, 3.5, 5.5, 7.5, 9.5 and 10 s; and what the chat is called
        assert it.service.writes == 2


async def test_off(dialect: Any) -> None:
    """With settling off the error is raised at once, nothing is read; it can be settled later."""
    async with desk(enabled=False, dialect=dialect) as it:
        error = await it.lose()
        assert error.settlement is None
        assert it.service.reads == 0
        settlement = await it.settle(error)
        assert isinstance(settlement.result, Message)
        assert (settlement.outcome, settlement.result.id) == ("sent", it.sandbox.messages()[0].id)
        assert error.settlement is settlement


async def test_settled_twice() -> None:
    """An error that was settled keeps its message: it does not take another one, of a send that is alike."""
    async with desk(enabled=False) as it:
        error, other = await it.lose(), await it.lose()
        first = await it.settle(error)
        assert await it.settle(pickle.loads(pickle.dumps(error))) == first
        both = await asyncio.gather(it.settle(other), it.settle(other))
        assert both[0].outcome == "sent"
        assert both[0].result == both[1].result != first.result


async def test_it_comes_late() -> None:
    """A message that gets into the chat only after a while is found when it is there."""
    async with desk() as it:

        async def later(request: httpx.Request) -> None:
            if request.method == "GET" and it.sandbox.clock.now() >= START + 3:
                it.service.before = lambda _: None
                await it.deliver()

        it.service.before = later
        it.service.fates[:] = ["lost"]
        message = await it.say()
        assert message_key(message.id) == it.keys()[0]
        assert it.sandbox.clock.now() == START + 3.5


MEDIA: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("send_image", {"url": "https://example.org/a.png", "caption": "Look"}),
    "image without caption": ("send_image", {"data": b"0000"}),
    "video": ("send_video", {"data": b"0000", "caption": "Look"}),
    "voice": ("send_voice", {"data": b"0000"}),
    "file": ("send_file", {"data": b"0000", "file_name": "a.pdf"}),
    "send": ("send", {"text": "Look", "document_url": "https://example.org/a.pdf"}),
    "preview": ("send_link_custom_preview", {"text": "https://a.example", "preview": {"title": "A"}}),
}


@pytest.mark.parametrize("case", MEDIA)
async def test_every_medium(case: str, dialect: Any) -> None:
    """Whatever is sent is found again where its words or its file can be told; and what is not there is not."""
    name, fields = MEDIA[case]
    async with desk(dialect=dialect) as it:
        send = getattr(it.client, name)
        await send(session=it.session, to=NUMBER, **fields)
        it.service.fates[:] = ["delivered"]
        if dialect == "sdk" and case in ("image without caption", "voice"):  # it tells nothing of a file but its name
            with pytest.raises(OutcomeUnknownError) as caught:
                await send(session=it.session, to=NUMBER, **fields)
            assert caught.value.settlement is not None
            assert "another file" in caught.value.settlement.reason
            return
        message = await send(session=it.session, to=NUMBER, **fields)
        stored = it.sandbox.messages()[-1]
        assert (message.id, message.type) == (stored.id, stored.type)
        if stored.type != "text" and "url" in fields:
            assert message.content == fields["url"]
        it.service.fates[:] = ["lost"]
        with pytest.raises(OutcomeUnknownError):
            await send(session=it.session, to=NUMBER, **fields)


async def test_by_hand() -> None:
    """A send made by `request` is accounted and settled as well, and answers in the form that was asked for."""
    async with desk("answered", "delivered", "delivered", "lost") as it:
        body = {"session": it.session, "to": NUMBER, "text": TEXT}
        raw = [await it.client.request("POST", "/sendText", body=body) for _ in range(2)]
        typed = await it.client.request("POST", "/sendText", body=body, into=Message)
        assert isinstance(raw[1], dict)
        assert keys_of([Message(id=raw[0]["id"]), Message(id=raw[1]["id"]), typed]) == it.keys()
        with pytest.raises(OutcomeUnknownError):
            await it.client.request("POST", "/sendText", body=body)


async def test_session(dialect: Any) -> None:
    """A session whose creation was not answered is found by its name; one that is older is another's."""
    async with desk("delivered", "delivered", "lost", dialect=dialect) as it:
        session = await it.client.create_session(session_name="shop", phone_number=NUMBER)
        assert session.unique_session_id in it.sandbox.sessions
        assert (session.session_name, session.phone_number) == ("shop", NUMBER)
        it.sandbox.clock.advance(60)
        for name in ("desk", "nowhere"):
            with pytest.raises(OutcomeUnknownError) as caught:
                await it.client.create_session(session_name=name, phone_number=NUMBER)
        settlement = caught.value.settlement
        assert settlement is not None
        assert settlement.seen == ()


async def test_group(dialect: Any) -> None:
    """A group whose creation was not answered is found by its subject; one that was created before is another's."""
    async with desk("answered", "delivered", "lost", dialect=dialect) as it:
        create: dict[str, Any] = {"name": "Team", "participants": [NUMBER]}
        first = await it.client.create_group(it.session, **create)
        it.sandbox.clock.advance(60)
        second = await it.client.create_group(it.session, **create)
        assert second.jid in it.sandbox.groups
        assert (second.name, second.jid != first.jid) == ("Team", True)
        with pytest.raises(OutcomeUnknownError) as caught:
            await it.client.create_group(it.session, **create)
        settlement = caught.value.settlement
        assert settlement is not None
        assert {one.jid for one in settlement.seen if isinstance(one, Group)} == {first.jid, second.jid}


async def test_past_the_rules() -> None:
    """Settling does not go through the client's rules: they are for what its caller does."""

    async def never(call: Call[Any], perform: Any) -> Any:
        raise AssertionError(call.name)

    async with desk(enabled=False) as it:
        error = await it.lose()
        engine = attrs.evolve(it.client._engine, middleware=(never,))
        assert (await settle(engine, error)).outcome == "sent"


async def test_no_way_to_look() -> None:
    """A write that leaves nothing to look for stays unknown, with the reason, and is not looked for."""
    async with desk() as it:
        call = Call("POST", "/{session}/groups/join", Group, path_params={"session": it.session}, body={"code": "x"})
        error = OutcomeUnknownError("lost", call=call, since=datetime.now(UTC))
        settlement = await it.settle(error)
        assert (settlement.outcome, it.service.requests) == ("unknown", [])
        assert "cannot be looked up" in settlement.reason


# What is not taken for it


def document(**changes: Any) -> dict[str, Any]:
    """A message as a chat holds it, that is the text which was sent."""
    return {
        "id": f"true_{CHAT}_3EB0AA",
        "timestamp": START,
        "fromMe": True,
        "body": TEXT,
        "hasMedia": False,
        "type": "chat",
        **changes,
    }


LONG_AGO = START - 3600
IMAGE = ("send_image", {"url": "https://example.org/a.png", "caption": TEXT})
BARE = ("send_image", {"url": "https://example.org/a.png"})
FILE = ("send_file", {"url": "https://example.org/a.pdf", "file_name": "a.pdf"})
LINKED = ("send", {"document_url": "https://example.org/b.pdf"})
SAID = ("send_text", {"text": TEXT})
ODD = ("send_text", {"text": "Cafe\u0301 \u2615\ufe0f \r\nopen\rnow\u200f \n"})

DATA = ("send_image", {"data": b"0000"})
DIGEST = sha256(b"0000").digest()
HASH, OTHER = (b64encode(one).decode() for one in (DIGEST, sha256(b"0001").digest()))


def engines(**content: Any) -> dict[str, Any]:
    """A message without words, with the engine's own record of what is in it."""
    return {"type": "image", "body": "", "_data": {"Message": content}}


READ_BACK: dict[str, tuple[tuple[str, dict[str, Any]], dict[str, Any], bool]] = {
    "the same": (SAID, {}, True),
    "a bare id": (SAID, {"id": "3EB0AA"}, True),
    "no type": (SAID, {"type": None}, True),
    "an unknown type": (SAID, {"type": "urlMessage"}, True),
    "as an engine words it": (SAID, {"type": "extendedTextMessage"}, True),
    "trimmed": (SAID, {"body": f" {TEXT}\r\n"}, True),
    "as WhatsApp rewrites it": (ODD, {"body": "Caf\u00e9 \u2615\nopen\nnow"}, True),
    "with the group's participant in its id": (
        SAID,
        {"id": "true_120363041234567890@g.us_3EB0AA_447700900123@c.us"},
        True,
    ),
    "marked as outgoing in its id": (SAID, {"id": f"true_{CHAT}_3EB0AA_out"}, True),
    "from_me only in the id": (SAID, {"fromMe": None}, True),
    "sent by the service": (SAID, {"source": "api"}, True),
    "other words": (SAID, {"body": "Hi"}, False),
    "more words": (SAID, {"body": f"{TEXT}!"}, False),
    "no words": (SAID, {"body": ""}, False),
    "sent at the phone": (SAID, {"source": "app"}, False),
    "received": (SAID, {"fromMe": False, "id": f"false_{CHAT}_3EB0AA"}, False),
    "no word on whose it is": (SAID, {"fromMe": None, "id": "3EB0AA"}, False),
    "older": (SAID, {"timestamp": LONG_AGO}, False),
    "without a time": (SAID, {"timestamp": None}, False),
    "without an id": (SAID, {"id": None}, False),
    "with media": (SAID, {"type": None, "hasMedia": True}, False),
    "a picture with these words": (SAID, {"type": "image", "hasMedia": True}, False),
    "caption": (IMAGE, {"type": "image", "body": "", "caption": TEXT}, True),
    "caption as the body": (IMAGE, {"type": "image"}, True),
    "caption, no type": (IMAGE, {"type": None, "hasMedia": True}, True),
    "caption, nothing on media": (IMAGE, {"type": None, "hasMedia": None}, True),
    "the type of the media": (IMAGE, {"type": None, "hasMedia": True, "mimetype": "image/png"}, True),
    "another type of media": (IMAGE, {"type": None, "hasMedia": True, "mimetype": "video/mp4"}, False),
    "the engine's record": (IMAGE, {"type": None, "_data": {"message": {"imageMessage": {}}}}, True),
    "the engine's other record": (IMAGE, {"type": None, "_data": {"type": "video"}}, False),
    "a text with these words": (IMAGE, {}, False),
    "a video with these words": (IMAGE, {"type": "video", "hasMedia": True}, False),
    "an odd type": (IMAGE, {"type": "hologram", "hasMedia": True}, False),
    "no caption, and nothing on the file": (BARE, {"type": "image", "body": ""}, False),
    "a thumbnail as the body": (BARE, {"type": "image", "body": "/9j/" + "A" * 200}, False),
    "the URL as that of the media": (
        BARE,
        {"type": "image", "body": "", "mediaUrl": "https://example.org/a.png"},
        True,
    ),
    "its hash": (DATA, {"type": "image", "body": "", "filehash": HASH}, True),
    "its hash in the engine's record": (DATA, engines(imageMessage={"fileSHA256": HASH}), True),
    "its hash in hexadecimal": (DATA, {"type": "image", "body": "", "media": {"sha256": DIGEST.hex()}}, True),
    "its hash as bytes": (DATA, engines(imageMessage={"fileSha256": dict(enumerate(DIGEST))}), True),
    "its size": (DATA, engines(imageMessage={"fileLength": "4"}), True),
    "its size as a long number": (DATA, engines(imageMessage={"fileLength": {"low": 4, "high": 0}}), True),
    "another hash": (DATA, engines(imageMessage={"fileSHA256": OTHER, "fileLength": 4}), False),
    "another size": (DATA, engines(imageMessage={"fileLength": 5}), False),
    "no hash that is one": (DATA, engines(imageMessage={"fileSHA256": "none", "fileLength": True}), False),
    "its caption, and another hash": (
        ("send_image", {"data": b"0000", "caption": TEXT}),
        {"type": "image", "caption": TEXT, **engines(imageMessage={"fileSHA256": OTHER})},
        False,
    ),
    "its caption, and another hash, as services convert videos": (
        ("send_video", {"data": b"0000", "caption": TEXT}),
        {**engines(videoMessage={"fileSHA256": OTHER}), "type": "video", "caption": TEXT},
        True,
    ),
    "another type of file": (
        ("send_file", {"data": b"0000", "file_name": "a.pdf"}),
        {"type": "document", "body": "", "filename": "a.pdf", "mimetype": "image/png"},
        False,
    ),
    "the URL as the body": (BARE, {"type": "image", "body": "https://example.org/a.png"}, True),
    "no type, no media": (BARE, {"type": None, "body": ""}, False),
    "a file by its URL": (LINKED, {"type": "document", "body": "https://example.org/b.pdf"}, True),
    "a caption that was not sent": (BARE, {"type": "image", "body": "", "caption": "Hi"}, False),
    "words that were not sent": (BARE, {"type": "image", "body": "Hi"}, False),
    "a file": (FILE, {"type": "document", "body": "a.pdf", "filename": "a.pdf"}, True),
    "a file, nothing on its name": (FILE, {"type": "document", "body": ""}, False),
    "a file, its type alone": (
        FILE,
        {"type": None, "body": "", "hasMedia": True, "mimetype": "application/pdf"},
        False,
    ),
    "a file, no type": (FILE, {"type": None, "body": "", "hasMedia": True, "filename": "a.pdf"}, True),
    "another file": (FILE, {"type": "document", "body": "", "filename": "b.pdf"}, False),
}


def chat(*messages: dict[str, Any], ahead: float = 0, **headers: str) -> Behaviour:
    """Answer with messages, and with the time by a clock that may be ahead."""
    date = format_datetime(datetime.fromtimestamp(START + ahead, UTC), usegmt=True)
    return answer(200, list(messages), {"date": date, **headers})


@asynccontextmanager
async def raw_client(*script: Behaviour, window: float = 0.0, **options: Any) -> AsyncIterator[tuple[Any, RawServer]]:
    options = {"clock": SandboxClock(stopped=True, at=START), **options}
    with serving(*script) as server:
        client = AsyncWasendClient(KEY, base_url=server.url, **options)
        async with with_rule(client, enabled=True, window=window):
            yield client, server
        await asyncio.get_running_loop().shutdown_default_executor()  # files are read in threads


@pytest.mark.parametrize("case", READ_BACK)
async def test_what_is_it(case: str) -> None:
    """Over a real connection that breaks: a message of ours with these words, of this type, since then; and no other."""
    (name, fields), changes, is_it = READ_BACK[case]
    async with raw_client(reset, chat(document(**changes))) as (client, server):
        outcome = "sent"
        try:
            message = await getattr(client, name)(session="ses_1", to=NUMBER, **fields)
            assert message_key(message.id) == "3EB0AA"
        except OutcomeUnknownError:
            outcome = "unknown"
        assert outcome == ("sent" if is_it else "unknown")
        asked = [request.split()[1].partition(b"?")[0] for request in server.requests[1:]]
        assert asked[0].endswith(b"/messages")
        assert asked[1:] in ([], [b"/contacts/check-exists"])
        assert is_it <= (len(asked) == 1)
        assert b"downloadMedia=false" in server.requests[1], "reading back makes the service fetch no media"


NOW = datetime.fromtimestamp(START, UTC)
OLD = (NOW - timedelta(hours=1)).isoformat()

LISTED: dict[str, tuple[Any, bool]] = {
    "it": ({"createdAt": NOW.isoformat()}, True),
    "it, its number written otherwise": ({"createdAt": NOW.isoformat(), "phoneNumber": NUMBER[1:]}, True),
    "no time, no number": ({"phoneNumber": None}, True),
    "an older one": ({"createdAt": OLD}, False),
    "another number": ({"createdAt": NOW.isoformat(), "phoneNumber": "+447700900457"}, False),
    "another name": ({"createdAt": NOW.isoformat(), "sessionName": "shops"}, False),
    "no id": ({"createdAt": NOW.isoformat(), "uniqueSessionId": None}, False),
}


@pytest.mark.parametrize("case", LISTED)
async def test_what_session_is_it(case: str) -> None:
    """A session of this name and number that is not older; its age need not be told, as names are unique."""
    changes, is_it = LISTED[case]
    listed = {"uniqueSessionId": "ses_9", "sessionName": "shop", "phoneNumber": NUMBER, **changes}
    async with raw_client(reset, answer(200, [{"session": listed}])) as (client, _):
        try:
            session = await client.create_session(session_name="shop", phone_number=NUMBER)
        except OutcomeUnknownError as error:
            settlement = error.settlement
            assert settlement is not None
            assert not is_it
            assert len(settlement.seen) == (changes.get("sessionName") is None)
        else:
            assert is_it
            assert session.unique_session_id == "ses_9"


@pytest.mark.parametrize(
    ("changes", "is_it"),
    [
        ({"createdAt": NOW.isoformat()}, True),
        ({"createdAt": OLD}, False),
        ({}, False),
        ({"createdAt": NOW.isoformat(), "name": "Teams"}, False),
        ({"createdAt": NOW.isoformat(), "jid": None}, False),
    ],
)
async def test_what_group_is_it(changes: dict[str, Any], is_it: bool) -> None:
    """A group of this subject that was created since; subjects are not unique, so that its age must be told."""
    listed = {"jid": "120363041234567890@g.us", "name": "Team", **changes}
    async with raw_client(reset, answer(200, {"groups": [listed]})) as (client, _):
        try:
            group = await client.create_group("ses_1", name="Team", participants=[NUMBER])
        except OutcomeUnknownError:
            assert not is_it
        else:
            assert (is_it, group.jid) == (True, listed["jid"])


@pytest.mark.parametrize("hours", [-1, 0, 1])
async def test_clocks_differ(hours: int) -> None:
    """The service's clock counts, as its answers tell it: a message of the same moment is found, an older one is not."""
    ahead = hours * 3600
    now = START + ahead
    old, new = document(id="3EB0OLD", timestamp=now - 60), document(id="3EB0NEW", timestamp=now)
    async with raw_client(reset, chat(old, new, ahead=ahead)) as (client, server):
        message = await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        assert message.id == "3EB0NEW"
        asked = [int(bound) for bound in re.findall(rb"timestamp.gte=(\d+)", b"".join(server.requests))]
        assert asked[-1] == min(now, START) - MARGIN  # it may ask for more than it needs, not for less


async def test_a_date_that_is_none() -> None:
    """A date that cannot be read is left aside."""
    async with raw_client(reset, chat(document(), date="soon")) as (client, _):
        assert (await client.send_text(session="ses_1", to=NUMBER, text=TEXT)).id


async def test_a_chat_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look goes through so many messages, and no more."""
    monkeypatch.setattr("wasend.delivery.settle.target.MOST", 100)
    pages = [[document(id=f"3EB0{page}{index:02}", body="Hi") for index in range(50)] for page in range(2)]
    async with raw_client(reset, *(chat(*page) for page in pages), chat(document())) as (client, server):
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        assert caught.value.settlement
        assert (len(caught.value.settlement.seen), server.deliveries) == (100, 3 + 1)


async def test_pages() -> None:
    """All pages are gone through."""
    others = [document(id=f"3EB0{index:04}", body="Hi") for index in range(50)]
    async with raw_client(reset, chat(*others), chat(document())) as (client, server):
        message = await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        assert message_key(message.id) == "3EB0AA"
        assert b"offset=50" in server.requests[-1]


@pytest.mark.parametrize(
    ("reads", "looks", "reason"),
    [
        (answer(404, {"message": "no such session"}), 2, "NotFoundError"),
        (answer(422, {"status": "STOPPED", "expected": ["WORKING"]}), 1, "SessionNotReadyError"),
        (answer(200, {"messages": "none"}), 1, "DecodeError"),
        (answer(401, {"message": "no"}), 1, "AuthenticationError"),
        (answer(503, {"message": "no"}), 3, "ServerError"),
        (reset, 3, "APIConnectionError"),
    ],
)
async def test_cannot_be_read_back(reads: Behaviour, looks: int, reason: str) -> None:
    """Where reading back fails it stays unknown, with the reason; what may pass is tried again, three times at least."""
    async with raw_client(reset, reads, window=0.01, retry=None) as (client, server):
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        settlement = caught.value.settlement
        assert settlement is not None
        assert (settlement.outcome, settlement.seen) == ("unknown", ())
        assert reason in settlement.reason
        assert server.deliveries == 1 + looks


async def test_reading_back_recovers() -> None:
    """A read that fails once and then works finds the message."""
    async with raw_client(reset, answer(500), chat(document()), window=0.01, retry=None) as (client, server):
        assert (await client.send_text(session="ses_1", to=NUMBER, text=TEXT)).id
        assert server.deliveries == 3


@pytest.mark.parametrize("close", [True, False])
async def test_stopped_meanwhile(close: bool) -> None:
    """Closing the client while it settles raises what became of the send; cancelling stops it where it is."""
    looked = asyncio.Event()
    async with desk("lost") as it:
        it.sandbox.clock.start()

        def look(request: httpx.Request) -> None:
            if request.method == "GET":
                looked.set()

        it.service.before = look
        task = asyncio.ensure_future(it.say())
        await looked.wait()
        if close:
            await it.client.aclose()
            with pytest.raises(OutcomeUnknownError):
                await task
        else:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert it.service.writes == 1


async def test_closed() -> None:
    """Settling by a client that is closed says so."""
    async with desk(enabled=False) as it:
        error = await it.lose()
        await it.client.aclose()
        with pytest.raises(ClientClosedError):
            await it.settle(error)


# Whose message is whose


async def test_what_was_answered_is_not_taken() -> None:
    """A message whose send was answered is never found for one that was lost, however alike, whoever settles it."""
    async with desk(enabled=False) as it:
        await it.say()
        error = await it.lose("lost")
        assert (await it.settle(error, window=0.0)).outcome == "unknown"
        async with desk() as other:
            theirs = attrs.evolve(other.client._engine, options=it.client._engine.options, http=it.client._engine.http)
            assert (await settle(theirs, error, window=0.0)).outcome == "unknown"


async def test_no_id_in_the_answer() -> None:
    """An answer without an id may own any message that is alike: one is left over for it."""
    fine = {"to": NUMBER, "text": TEXT}
    async with raw_client(answer(200, fine), reset, chat(document(id="3EB01")), chat(document())) as (client, _):
        assert (await client.send_text(session="ses_1", to=NUMBER, text=TEXT)).id == ""
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        assert caught.value.settlement
    body = {"session": "ses_1", "to": NUMBER, "text": TEXT}
    async with raw_client(answer(200, {"status": "taken"}), reset, chat(document())) as (client, _):
        assert await client.request("POST", "/sendText", body=body) == {"status": "taken"}
        with pytest.raises(OutcomeUnknownError):
            await client.request("POST", "/sendText", body=body)
    two = chat(document(id="3EB01"), document(id="3EB02"))
    async with raw_client(answer(200, fine), reset, two) as (client, _):
        await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        assert (await client.send_text(session="ses_1", to=NUMBER, text=TEXT)).id in ("3EB01", "3EB02")


async def test_cancelled_send_keeps_its_message() -> None:
    """A send that was cancelled on its way may have arrived: its message is not taken for another's."""
    async with desk() as it:
        arrived, never = asyncio.Event(), asyncio.Event()

        async def hold(request: httpx.Request) -> None:
            arrived.set()
            await never.wait()

        it.service.before = hold
        task = asyncio.ensure_future(it.say())
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        it.service.before = lambda _: None
        await it.deliver()  # it had arrived
        assert (await it.lose("lost")).settlement
        it.service.fates[:] = ["delivered"]
        assert (await it.say("other words")).id
        it.sandbox.clock.advance(120)  # by then it would be in the chat
        assert (await it.say()).id


async def test_refused_send_owns_nothing() -> None:
    """A send that was refused has no message: it stands in nobody's way."""
    async with desk("refused", "delivered") as it:
        with pytest.raises(UnprocessableError):
            await it.say()
        assert message_key((await it.say()).id) == it.keys()[0]


async def test_looking_waits_for_those_under_way() -> None:
    """While a send that is alike is under way nothing is read; new ones wait till the look is over; others do not."""
    async with desk("lost", "answered", enabled=False) as it:
        error = await it.lose("lost")
        gate, arrived = asyncio.Event(), asyncio.Event()

        async def hold(request: httpx.Request) -> None:
            if request.method == "POST":
                arrived.set()
                await gate.wait()

        it.service.before = hold
        slow = asyncio.ensure_future(it.say())
        await arrived.wait()
        settling = asyncio.ensure_future(it.settle(error))
        await asyncio.sleep(0.01)
        late = asyncio.ensure_future(it.say())
        await asyncio.sleep(0.01)
        assert (it.service.reads, it.service.writes) == (0, 2)
        assert it.sandbox.clock.now() == START
        other = asyncio.ensure_future(it.say("other words"))
        while it.service.writes < 3:
            await asyncio.sleep(0)
        gate.set()
        assert (await settling).outcome == "unknown"
        assert it.sandbox.clock.now() == START + 10
        assert len({(await send).id for send in (slow, late, other)}) == 3


@settings(max_examples=60, deadline=None)
@given(
    fates=st.lists(st.sampled_from(["answered", "delivered", "lost", "refused"]), min_size=1, max_size=12),
    media=st.booleans(),
    spread=st.booleans(),
)
def test_each_is_accounted_once(fates: list[Fate], media: bool, spread: bool) -> None:
    """Of sends that are alike, at once or one by one: as many turn out as sent as were delivered, each with its own id."""

    async def main() -> None:
        async with desk(*fates) as it:

            async def send() -> Message:
                if media:
                    return await it.client.send_image(session=it.session, to=NUMBER, data=b"0000")
                return await it.say()

            if spread:
                results = [(await asyncio.gather(send(), return_exceptions=True))[0] for _ in fates]
            else:
                results = await asyncio.gather(*(send() for _ in fates), return_exceptions=True)
            assert it.service.writes == len(fates)
            assert keys_of(results) == it.keys()
            lost = [one for one in results if isinstance(one, OutcomeUnknownError)]
            refused = [one for one in results if isinstance(one, UnprocessableError)]
            assert (len(lost), len(refused)) == (fates.count("lost"), fates.count("refused"))

    asyncio.run(main())


def test_across_threads_and_clients() -> None:
    """Clients of one service in several threads share the account."""
    sandbox = Sandbox()
    clock = sandbox.clock
    fates: list[Fate] = ["answered", "delivered", "lost", "delivered"] * 6
    service = Lossy(sandbox)
    results: list[Message | BaseException] = []
    session: list[str] = []

    @asynccontextmanager
    async def client(**options: Any) -> AsyncIterator[AsyncWasendClient]:
        async with httpx.AsyncClient(transport=service) as http:
            made = AsyncWasendClient(KEY, base_url="https://sandbox.threads", http_client=http, clock=clock)
            async with with_rule(made, enabled=True, window=0.05):
                yield made

    async def prepare() -> None:
        async with client() as one:
            made = await one.create_session(session_name="desk", phone_number="+447700900123")
            assert made.unique_session_id
            session.append(made.unique_session_id)
            await one.start_session(session[0])
            sandbox.scan(session[0])

    async def work(count: int) -> None:
        async with client() as one:
            sends = (one.send_text(session=session[0], to=NUMBER, text=TEXT) for _ in range(count))
            results.extend(await asyncio.gather(*sends, return_exceptions=True))

    asyncio.run(prepare())
    service.fates, service.writes = fates, 0
    threads = [threading.Thread(target=lambda: asyncio.run(work(len(fates) // 4))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert keys_of(results) == keys_of(sandbox.messages())
    assert sum(isinstance(one, OutcomeUnknownError) for one in results) == fates.count("lost")
    assert service.writes == len(results) == len(fates)


# The ledger


class Still(Clock):
    """A clock that stands where it is put."""

    at = 1000.0

    def now(self) -> float:
        return self.at


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest claims are forgotten, by number and by age, and how far back the rest reaches is known."""
    monkeypatch.setattr(ledgers, "_MOST", 10)
    ledger = Ledger(clock := Still())
    for number in range(25):
        clock.at += 1
        ledger.end_send(await ledger.begin_send(["x"]), claim=("ses_1", str(number)))
    assert (len(ledger._claims), len(ledger._active)) == (10, 0)
    assert [ledger.remembers_since(1000 + past) for past in (14, 15, 16)] == [False, False, True]
    clock.at += ledgers._KEPT + 1
    for number in range(9):
        ledger.end_send(await ledger.begin_send(["x"]), claim=("ses_2", str(number)))
    assert len(ledger._claims) == 9
    for _ in range(15):
        clock.at += 1
        ledger.end_send(await ledger.begin_send(["x"]), in_doubt=True)
    assert len(ledger._in_doubt) == 10
    assert not ledger.remembers_since(clock.at - 10)


async def test_too_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where claims of that time are forgotten, nothing is taken."""
    monkeypatch.setattr(ledgers, "_MOST", 1)
    async with desk(enabled=False) as it:
        error = await it.lose()
        await it.say("one")
        it.sandbox.clock.advance(1)
        await it.say("two")
        it.service.requests.clear()
        settlement = await it.settle(error)
        assert (settlement.outcome, it.service.requests) == ("unknown", [])
        assert "too long ago" in settlement.reason


def claimed(
    ledger: Ledger, fingerprint: str, claims: list[Claim], since: float, read: Iterable[Claim] = (), **search: Any
) -> Claim | None:
    """What a search claims, by default one of its own."""
    search = {"owner": token_hex(), **search}
    return ledger.claim_one(Search(since=since, **search), [fingerprint], claims, set(read))


async def test_doubts_pass() -> None:
    """What a given-up send may own is left over for two minutes from then, and only among those that are alike."""
    ledger = Ledger(clock := Still())
    ledger.end_send(await ledger.begin_send(["x"]), in_doubt=True)
    one, two, three = (("ses_1", key) for key in "123")
    assert claimed(ledger, "x", [one], clock.at + 60) is None
    assert claimed(ledger, "y", [one], clock.at + 60) == one
    assert claimed(ledger, "x", [one, two], clock.at + 60) is None
    assert claimed(ledger, "x", [two, three], clock.at + 60) == three
    assert claimed(ledger, "x", [two, three], clock.at + 121) == two
    ledger.end_send(await ledger.begin_send(["z"]), in_doubt=True, answered=True)
    assert claimed(ledger, "z", [("ses_2", "1")], clock.at + 10) is None, "one that was answered comes soon"
    assert claimed(ledger, "z", [("ses_2", "1")], clock.at + 11)


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=20))
def test_a_claim_is_exclusive(looks: list[set[int]]) -> None:
    """Whatever is found and by however many, no message is taken twice, and none is left while somebody may have it."""
    ledger = Ledger(Still())
    ledger._overlapping = lambda *_: set()  # type: ignore[method-assign]  # as if all had been read
    taken = [(look, claimed(ledger, "x", [("ses_1", str(one)) for one in sorted(look)], 0.0)) for look in looks]
    keys = [claim for _, claim in taken if claim is not None]
    assert len(set(keys)) == len(keys)
    assert all(claim is not None or {("ses_1", str(one)) for one in look} <= set(keys) for look, claim in taken)


async def test_a_send_waits_for_every_search() -> None:
    """Where several searches for sends that are alike are under way, a new one begins only when the last has ended."""
    ledger = Ledger(Still())
    searches = [await ledger.begin_search(["x"]) for _ in range(3)]
    send = asyncio.ensure_future(ledger.begin_send(["x"]))
    for search in searches:
        await asyncio.sleep(0.01)
        assert not send.done()
        ledger.end_search(search)
    ledger.end_send(await send)


async def test_who_waits_gives_up() -> None:
    """Cancelling who waits, to send or to look, leaves nobody waiting for them."""
    ledger = Ledger(Still())
    first = await ledger.begin_send(["x"])
    looker = asyncio.ensure_future(look(ledger))
    await asyncio.sleep(0)
    sender = asyncio.ensure_future(ledger.begin_send(["x"]))
    await asyncio.sleep(0)
    identical = first.identical
    assert (len(identical.in_flight), len(identical.searches), sender.done()) == (1, 1, False)
    looker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looker
    second = await sender
    assert second.identical is identical
    ledger.end_send(first)
    ledger.end_send(second)
    await look(ledger)
    assert ledger._active == {}


def test_thrown_away_at_any_time() -> None:
    """A send that is thrown away, as when its loop ended, lands even while its own thread is in the account."""

    class Never:
        def __await__(self) -> Generator[None]:
            yield

    engine = AsyncWasendClient(KEY, base_url="https://thrown.test")._engine
    call = Call("POST", "/sendText", Message, body={"session": "ses_1", "to": NUMBER, "text": TEXT}, sends="text")

    async def never() -> Message:
        await Never()
        raise AssertionError

    ledger = ledger_of(engine)
    send = SettleMiddleware(engine)(call, never)
    send.send(None)
    assert len(ledger._active) == 1
    with ledger._lock:
        send.close()
    assert (ledger._active, len(ledger._in_doubt)) == ({}, 1)


def test_a_loop_that_ended() -> None:
    """What began in an event loop that is gone is in nobody's way: a send may own a message, and a search is over."""
    ledger = Ledger(Still())
    asyncio.run(ledger.begin_send(["x"]))
    asyncio.run(ledger.begin_search(["x"]))
    asyncio.run(look(ledger))
    assert (ledger._active, len(ledger._in_doubt)) == ({}, 1)
    asyncio.run(ledger.begin_search(["y"]))
    ledger.end_send(asyncio.run(ledger.begin_send(["y"])))


async def look(ledger: Ledger) -> None:
    ledger.end_search(await ledger.begin_search(["x"]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_fork() -> None:
    """A forked process waits for none of the sends that were under way in the other, and remembers what was claimed."""
    client = AsyncWasendClient(KEY, base_url="http://fork.test")
    ledger = ledger_of(client._engine)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(ledger.begin_send(["x"]))
    with ledger._lock:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                asyncio.run(look(ledger))
                status = 0 if ledger_of(client._engine) is ledger and ledger.known_since > client._engine.made_at else 2
            finally:
                os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert len(ledger._active["x"].in_flight) == 1
    loop.close()


def test_one_account_a_service() -> None:
    """Clients of one service and clock share an account, which outlives them; other services have others."""

    def account(**options: Any) -> Ledger:
        return ledger_of(AsyncWasendClient(KEY, **options)._engine)

    mine = account(base_url="http://one.test/")
    number = id(mine)
    del mine
    gc.collect()
    assert id(account(base_url="http://one.test")) == number
    assert account(base_url="http://two.test") is not account(base_url="http://one.test")
    assert account(base_url="http://one.test", clock=Still()) is not account(base_url="http://one.test")


@contextmanager
def no_cycles() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_a_client_is_freed_at_once() -> None:
    """The rule does not keep a client alive that nobody else does."""
    with no_cycles():
        client = with_rule(AsyncWasendClient(KEY), enabled=True)
        gone = weakref.ref(client)
        http = weakref.ref(client._engine.http)
        del client
        assert (gone(), http()) == (None, None)


async def test_other_calls_pass() -> None:
    """Reads, and errors that are no doubt, go through as they are."""
    async with desk() as it:
        await it.client.stop_session(it.session)
        with pytest.raises(SessionNotReadyError):
            await it.say()
        assert isinstance(await it.client.retrieve_session_info(it.session), Session)
        ledger = ledger_of(it.client._engine)
        assert (len(ledger._in_doubt), ledger._active) == (0, {})


async def test_secrecy(caplog: pytest.LogCaptureFixture) -> None:
    """Neither what was said, nor to whom, nor the key is in the settlement's printed form or in the log."""
    caplog.set_level(logging.DEBUG, "wasend")
    async with desk() as it:
        await it.say()
        it.service.fates[:] = ["delivered"]
        await it.say()
        error = await it.lose("lost")
        shown = repr(error.settlement) + caplog.text
        assert "settled as sent" in shown
        assert "settled as unknown" in shown
        assert not any(secret in shown for secret in (TEXT, KEY, NUMBER[1:]))


async def test_a_service_that_hangs() -> None:
    """A look that gets no answer ends by the client's own time-out, and the send stays unknown."""
    async with raw_client(reset, hang, retry=None, timeout=Timeout(answer=0.05)) as (client, server):
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.send_text(session="ses_1", to=NUMBER, text=TEXT)
        settlement = caught.value.settlement
        assert settlement is not None
        assert "APITimeoutError" in settlement.reason
        assert server.deliveries == 2
