"""Steering the sandbox over HTTP: each endpoint does what the method of its name does, and only for this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx
import pytest

from tests.test_sandbox import ADA, PICTURE, Shape, calling
from wasend.sandbox import Clock, Sandbox

START = 1_750_000_000.0
OWN_CHAT = "447700900123@c.us"
ADA_CHAT = "447700900456@c.us"
BOB = "+447700900457"


@pytest.fixture(params=["docs", "sdk"])
def shape(request: pytest.FixtureRequest) -> Shape:
    """Both dialects."""
    dialect: Shape = request.param
    return dialect


@attrs.frozen
class Remote:
    """A sandbox and who steers it over HTTP, without a key."""

    sandbox: Sandbox
    client: httpx.AsyncClient

    async def post(self, path: str, /, **body: Any) -> Any:
        answer = await self.client.post(f"/_sandbox/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, /, **query: Any) -> Any:
        answer = await self.client.get(f"/_sandbox/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def steering(**options: Any) -> AsyncIterator[Remote]:
    sandbox = Sandbox(clock=Clock(stopped=True, at=START), **options)
    async with calling(sandbox, headers={}) as client:
        yield Remote(sandbox, client)


async def test_sessions(shape: Shape) -> None:
    """Sessions are added as a test adds them; a phone scans, gives its passkey and confirms it."""
    async with steering(dialect=shape, api_key=["k1", "k2"]) as remote:
        desk = await remote.post("sessions")
        other = await remote.post(
            "sessions", name="Other", phoneNumber="+447700900124", webhookUrl="http://127.0.0.1:9/", apiKey="k2"
        )
        first, second = remote.sandbox.sessions.values()
        connected = "CONNECTED" if shape == "docs" else "WORKING"
        assert (desk["uniqueSessionId"], desk["sessionName"], desk["status"]) == (first.id, "Front Desk", connected)
        assert (other["uniqueSessionId"], second.settings.webhook_url) == (second.id, "http://127.0.0.1:9/")
        assert (second.settings.name, second.settings.phone_number) == ("Other", "+447700900124")
        assert first.account != second.account
        new = {"sessionName": "New", "phoneNumber": "+447700900125"}
        headers = {"Authorization": "Bearer k1"}
        created = (await remote.client.post("/sessions", json=new, headers=headers)).json()["uniqueSessionId"]
        await remote.client.post(f"/sessions/{created}/start", headers=headers)
        statuses = [
            (await remote.post(f"sessions/{created}/{act}"))["status"]
            for act in ("scan?passkey=true", "passkey", "passkey/confirm")
        ]
        assert statuses == ["PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", connected]
        await remote.client.post(f"/sessions/{created}/restart", headers=headers)
        assert remote.sandbox.sessions[created].linked


async def test_people_and_groups() -> None:
    """Contacts, unknown numbers and groups are added as a test adds them."""
    async with steering(seed=1) as remote:
        ada = await remote.post("contacts", number=ADA, name="Ada", pushName="ada", pictureUrl=PICTURE)
        assert ada == {"id": ADA_CHAT, "name": "Ada", "pushName": "ada", "pictureUrl": PICTURE}
        assert remote.sandbox.add_contact(ADA, "Ada", push_name="ada", picture_url=PICTURE) == (
            remote.sandbox._state.people.contact(ADA_CHAT)
        )
        assert await remote.post("unknown", numbers=[BOB]) == {"success": True}
        assert not remote.sandbox._state.people.exists("447700900457@c.us")
        group = await remote.post("groups", name="Harbour", owner=ADA, participants=["+447700900123"], description="B")
        (stored,) = remote.sandbox.groups.values()
        assert group == {"id": stored.id, "name": "Harbour", "inviteCode": stored.invite_code}
        assert (stored.description, list(stored.participants)) == ("B", [ADA_CHAT, OWN_CHAT])


async def test_talk() -> None:
    """Messages arrive, come further, are reacted to and replied to; and what was said can be read, each in its ways."""
    async with steering() as remote:
        sandbox, desk = remote.sandbox, remote.sandbox.add_session()
        other = sandbox.add_session("Other", "+447700900124")
        group = sandbox.add_group("Harbour", owner=ADA, participants=[desk.own_id])
        heard = await remote.post(f"sessions/{desk.id}/receive", **{"from": ADA, "text": "Hi", "replyTo": "m"})
        assert (heard["content"], heard["replyTo"], heard["fromMe"]) == ("Hi", "m", False)
        heard = await remote.post(f"sessions/{desk.id}/receive", **{"from": ADA, "text": "All", "inGroup": group.id})
        assert heard["to"] == group.id
        script = {"reply": "Thanks", "match": "order", "from": ADA, "after": 3, "times": 1}
        assert await remote.post("replies", **script) == {"success": True}
        async with sandbox.async_client() as client:
            for session, to, text in ((desk, ADA, "order"), (desk, BOB, "order"), (other, ADA, "order 2")):
                await client.send_text(session=session.id, to=to, text=text)
        first = sandbox.messages()[0].id
        sandbox.clock.advance(3)
        read = await remote.get("messages", fromMe="any")
        assert [one["content"] for one in read["messages"]] == ["Hi", "All", "order", "order", "order 2", "Thanks"]
        assert len((await remote.get("messages", fromMe="false"))["messages"]) == 3
        assert [one["id"] for one in (await remote.get("messages", to=ADA, session=desk.id))["messages"]] == [first]
        assert (await remote.post(f"messages/{first}/ack", ack="PLAYED"))["ack"] == "PLAYED"
        reacted = await remote.post(f"messages/{first}/react", **{"from": BOB, "reaction": "👍"})
        assert reacted["reactions"] == {"447700900457@c.us": "👍"}
        found = await remote.get("deliveries", to=ADA, text="order", session=desk.id)
        assert (found["count"], [one["id"] for one in found["messages"]]) == (1, [first])
        assert (await remote.get("deliveries"))["count"] == 3


async def test_either_spelling() -> None:
    """Fields and queries may be spelt as the API does, or as Python does; what is read is spelt as the API does."""
    async with steering() as remote:
        desk = remote.sandbox.add_session()
        quoted = await remote.post(f"sessions/{desk.id}/receive", **{"from": ADA, "text": "Hi"})
        await remote.post(f"sessions/{desk.id}/receive", **{"from": ADA, "text": "Ho", "reply_to": quoted["id"]})
        for query in ({"fromMe": "any"}, {"from_me": "any"}):
            _, second = (await remote.get("messages", **query))["messages"]
            assert second["replyTo"] == quoted["id"]
        keys = {
            key for part in ("messages?fromMe=any", "journal", "webhooks") for key in keys_of(await remote.get(part))
        }
        assert not {key for key in keys if "_" in key}


def keys_of(document: Any) -> Iterator[str]:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    yield from document if isinstance(document, dict) else ()
    for one in inner:
        yield from keys_of(one)


async def test_what_happened() -> None:
    """The journal can be read from a number on, and the webhooks as they stand."""
    async with steering(faults=["reset_after POST /sendText"]) as remote:
        desk = remote.sandbox.add_session(webhook_url="http://192.0.2.1/")
        async with remote.sandbox.async_client(retry=None) as client:
            await client.retrieve_account()
            with pytest.raises(Exception, match="connection failed"):
                await client.send_text(session=desk.id, to=ADA, text="Hi")
        first, second = (await remote.get("journal"))["requests"]
        assert (first["number"], first["path"], first["became"], first["at"]) == (1, "/account", "done", START)
        assert (second["status"], second["fault"], second["became"]) == (None, "reset_after", "lost")
        assert (await remote.get("journal", after=1))["requests"] == [second]
        webhooks = (await remote.get("webhooks"))["webhooks"]
        assert [(one["event"], one["givenUp"]) for one in webhooks] == [
            ("session.status", True),
            ("message.any", True),
        ]
        assert '"status":"WORKING"' in webhooks[0]["body"]


async def test_faults() -> None:
    """Faults are set, told and taken away."""
    async with steering() as remote:
        fault = "502 POST /sendText #1"
        for answer in (await remote.post("faults", fault=fault), await remote.get("faults")):
            assert answer == {"faults": [str(one) for one in remote.sandbox.faults.every()]}
            assert len(answer["faults"]) == 1
        assert (await remote.client.delete("/_sandbox/faults")).json() == {"faults": []}
        assert remote.sandbox.faults.every() == ()


async def test_clock() -> None:
    """The clock is read, moved, stopped and started."""
    async with steering() as remote:
        assert await remote.get("clock") == {"now": START, "stopped": True}
        assert await remote.post("clock", advance=60) == {"now": START + 60, "stopped": True}
        assert (await remote.post("clock", stopped=False, advance=0.5))["stopped"] is False
        assert not remote.sandbox.clock.stopped
        assert (await remote.post("clock", stopped=True))["stopped"] is True


async def test_reset() -> None:
    """A reset forgets all."""
    async with steering() as remote:
        await remote.post("sessions")
        await remote.post("unknown", numbers=[ADA])
        assert await remote.post("reset") == {"success": True}
        assert not remote.sandbox.sessions
        assert remote.sandbox._state.people.exists(ADA_CHAT)


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("sessions", {"name": ""}, 400, "name should not be empty"),
        ("sessions", {"phoneNumber": "1"}, 400, "phoneNumber must be"),
        ("sessions", {"apiKey": "other"}, 400, "no account"),
        ("sessions", {"name": "Front Desk"}, 409, "already exists"),
        ("sessions/none/scan", {}, 404, "not found"),
        ("sessions/{session}/scan", {}, 422, "expected"),
        ("sessions/{session}/scan?passkey=1", {}, 400, "passkey must be"),
        ("sessions/{session}/passkey", {}, 422, "expected"),
        ("sessions/{session}/receive", {"from": "Ada", "text": "x"}, 400, "from must be"),
        ("sessions/{session}/receive", {"from": ADA}, 400, "text must be"),
        ("sessions/{session}/receive", {"from": ADA, "text": "x", "inGroup": "1@g.us"}, 404, "not found"),
        ("contacts", {}, 400, "number must be"),
        ("unknown", {"numbers": ADA}, 400, "numbers must be an array"),
        ("groups", {"name": "a"}, 400, "owner must be"),
        ("replies", {"reply": "a", "match": "("}, 400, "not a regular expression"),
        ("replies", {"reply": "a", "after": -1}, 400, "after must not be"),
        ("replies", {"reply": "a", "after": 10**400}, 400, "after is a number"),
        ("messages/none/ack", {"ack": "READ"}, 404, "not found"),
        ("messages/none/ack", {"ack": "SEEN"}, 400, "ack must be one of"),
        ("messages/none/react", {"from": ADA}, 400, "reaction must be"),
        ("faults", {"fault": "nonsense"}, 400, "nonsense"),
        ("clock", {"advance": -1}, 400, "advance must not be"),
        ("clock", {"advance": 1e12}, 400, "a clock"),
        ("clock", {"advance": 10**400}, 400, "a clock"),
        ("clock", {"stopped": "yes"}, 400, "stopped must be"),
    ],
)
async def test_mistakes(path: str, body: dict[str, Any], status: int, word: str) -> None:
    """What is asked wrongly is refused as the API refuses, with the field or the reason; and nothing is changed."""
    async with steering(api_key="k1") as remote:
        desk = remote.sandbox.add_session()
        answer = await remote.client.post(f"/_sandbox/{path.format(session=desk.id)}", json=body)
        assert (answer.status_code, word in answer.text) == (status, True), answer.text
        assert (len(remote.sandbox.sessions), remote.sandbox.messages(from_me=None)) == (1, ())
        assert remote.sandbox.clock.now() == START


LOCAL = ["localhost", "localhost:8787", "127.0.0.1:8787", "[::1]:8787", "sandbox", "wasend.test", "a.localhost", ""]
PUBLIC = ["example.org", "evil.example.com:8787", "127.0.0.1.evil.com", "rebind.network", "evil.com.", "a.b:x"]


@pytest.mark.parametrize(("host", "status"), [*((host, 200) for host in LOCAL), *((host, 403) for host in PUBLIC)])
async def test_names_of_this_machine(host: str, status: int) -> None:
    """Called by a name that anybody could own, it is not steered: a page in a browser might have been led here."""
    async with steering() as remote:
        answer = await remote.client.get("/_sandbox/messages", headers={"Host": host})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        *[("http://localhost:8787", 200), ("http://localhost", 403), ("http://localhost:3000", 403)],
        *[("https://example.org", 403), ("null", 403), ("", 403), ("file://", 403)],
    ],
)
async def test_pages_of_others(origin: str, status: int) -> None:
    """A page of another site that is open in this machine's browser does not steer, whatever it asks."""
    async with steering() as remote:
        headers = {"Host": "localhost:8787", "Origin": origin}
        statuses = {
            (await remote.client.request(verb, f"/_sandbox/{path}", headers=headers)).status_code
            for verb, path in (("GET", "journal"), ("POST", "reset"), ("DELETE", "faults"))
        }
        assert {min(one, 403) if one >= 300 else 200 for one in statuses} == {status}


@pytest.mark.parametrize(
    ("address", "status"), [("::ffff:127.0.0.1", 200), ("127.8.8.8", 200), ("::ffff:192.0.2.1", 403), ("", 403)]
)
async def test_addresses(address: str, status: int) -> None:
    """This machine is known by its loopback addresses, also where a socket of both families tells them."""
    transport = httpx.ASGITransport(app=Sandbox(), client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        assert (await client.get("/_sandbox/messages")).status_code == status
