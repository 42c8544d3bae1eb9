"""Who may see what in the sandbox, and how its sessions live: several accounts, passkeys, what time does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.test_sandbox import ADA, NEW, Shape, calling, created
from wasend.sandbox import Clock, Sandbox, StoredSession
from wasend.sandbox.world import WrongStatus

START = 1_750_000_000.0
OWN = "+447700900123"


@pytest.fixture(params=["docs", "sdk"])
def shape(request: pytest.FixtureRequest) -> Shape:
    """Both dialects."""
    dialect: Shape = request.param
    return dialect


@asynccontextmanager
async def accounts(sandbox: Sandbox) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A client for each of two keys."""
    mine, theirs = ({"Authorization": f"Bearer {key}"} for key in ("key-of-mine", "key-of-theirs"))
    async with calling(sandbox, headers=mine) as me, calling(sandbox, headers=theirs) as them:
        yield me, them


def two_accounts(**options: object) -> Sandbox:
    return Sandbox(api_key=["key-of-mine", "key-of-theirs"], **options)  # type: ignore[arg-type]


OF_A_SESSION = [
    *[("GET", "/sessions/{session}"), ("DELETE", "/sessions/{session}")],
    *[("POST", f"/sessions/{{session}}/{verb}") for verb in ("start", "stop", "restart")],
    ("GET", "/sessions/{session}/qr"),
    *[("POST", path) for path in ("/sendText", "/startTyping", "/stopTyping", "/sendSeen")],
    ("PUT", "/reaction"),
    ("GET", "/messages/{message}"),
    ("GET", "/contacts/all?session={session}"),
    ("GET", "/contacts/check-exists?session={session}&phone=447700900456"),
    *[("GET", f"/{{session}}/{path}") for path in ("chats", "chats/overview", "groups")],
    ("POST", "/{session}/groups"),
]


@pytest.mark.parametrize(("verb", "path"), OF_A_SESSION)
async def test_account_cannot_reach_into_another(verb: str, path: str) -> None:
    """A session of another account is as if it were not there, whatever is asked of it, and nothing happens to it."""
    sandbox = two_accounts()
    theirs = sandbox.add_session("Theirs", OWN, api_key="key-of-theirs")
    async with accounts(sandbox) as (me, them):
        body: dict[str, Any] = {"session": theirs.id, "to": ADA, "text": "Hi"}
        message = (await them.post("/sendText", json=body)).json()["id"]
        before = (sandbox.sessions, sandbox.messages())
        url = path.format(session=theirs.id, message=message)
        body |= {"messageId": message, "reaction": "👍", "name": "Harbour", "participants": []}
        answer = await me.request(verb, url, json=None if verb == "GET" else body)
        assert (await them.get(f"/messages/{message}")).status_code == 200
    assert answer.status_code == 404, answer.text
    assert "not found" in answer.text
    assert (sandbox.sessions, sandbox.messages()) == before


async def test_accounts_side_by_side(shape: Shape) -> None:
    """Each account has its own name and its own sessions, names may meet, and a key that is none is let in nowhere."""
    sandbox = two_accounts(dialect=shape)
    async with accounts(sandbox) as (me, them):
        mine, theirs = await created(me), await created(them)
        assert (await me.post("/sessions", json=NEW)).status_code == 409
        for client, session in ((me, mine), (them, theirs)):
            (only,) = (await client.get("/sessions")).json()["sessions"]
            assert only["session"]["uniqueSessionId"] == session
        ids = [(await client.get("/account")).json()["id"] for client in (me, them)]
        nobody = await me.get("/account", headers={"Authorization": "Bearer key-of-nobody"})
    assert ids[0] != ids[1]
    assert not any("key-of" in one for one in ids)
    assert [sandbox.sessions[session].account for session in (mine, theirs)] == ids
    assert nobody.status_code == 401
    assert [one.account for one in sandbox.journal][-3:] == [*ids, None]


async def test_message_of_a_session_that_was_deleted() -> None:
    """What a deleted session had sent stays readable to its own account, and to no other."""
    sandbox = two_accounts()
    session = sandbox.add_session(api_key="key-of-theirs")
    async with accounts(sandbox) as (me, them):
        body = {"session": session.id, "to": ADA, "text": "Hi"}
        message = (await them.post("/sendText", json=body)).json()["id"]
        await them.delete(f"/sessions/{session.id}")
        statuses = [(await client.get(f"/messages/{message}")).status_code for client in (me, them)]
    assert statuses == [404, 200]


async def test_clients_by_key() -> None:
    """A sandbox's own clients come with its first key, unless told another; `add_session` too."""
    sandbox = two_accounts()
    theirs = sandbox.add_session(api_key="key-of-theirs")
    mine = sandbox.add_session()
    async with sandbox.async_client() as me, sandbox.async_client("key-of-theirs") as them:
        assert [one.unique_session_id for one in await me.retrieve_all_sessions()] == [mine.id]
        assert [one.unique_session_id for one in await them.retrieve_all_sessions()] == [theirs.id]
    with pytest.raises(ValueError, match="no account"):
        sandbox.add_session("Other", api_key="key-of-nobody")


async def test_any_key_is_the_same_account() -> None:
    """Where any key is let in, all of them see the same sessions, and those that a test has added."""
    sandbox = Sandbox()
    session = sandbox.add_session(api_key="whatever")
    async with accounts(sandbox) as (me, them):
        for client in (me, them):
            assert (await client.get(f"/sessions/{session.id}")).status_code == 200


async def test_rate_limit_of_each_key() -> None:
    """Each key has a limit of its own, which time gives back."""
    clock = Clock(stopped=True)
    sandbox = two_accounts(rate_limit="1/m", clock=clock)
    async with accounts(sandbox) as (me, them):
        statuses = [(await client.get("/account")).status_code for client in (me, me, them)]
        clock.advance(60)
        statuses.append((await me.get("/account")).status_code)
    assert statuses == [200, 429, 200, 200]


# Sessions and time


async def waiting(client: httpx.AsyncClient) -> str:
    session = await created(client)
    await client.post(f"/sessions/{session}/start")
    return session


async def test_passkey(shape: Shape) -> None:
    """A phone that is asked for a passkey is connected when it was given and confirmed, in that order; and linked then."""
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(dialect=shape, clock=clock)
    async with calling(sandbox) as client:
        session = await waiting(client)

        async def status() -> str:
            word: str = (await client.get(f"/sessions/{session}")).json()["status"]
            return word

        for early in (sandbox.passkey, sandbox.confirm_passkey):
            with pytest.raises(WrongStatus):
                early(session)
        sandbox.scan(session, passkey=True)
        seen = [await status()]
        with pytest.raises(WrongStatus):
            sandbox.confirm_passkey(session)
        refused = await client.post("/sendText", json={"session": session, "to": ADA, "text": "Hi"})
        sandbox.passkey(session)
        seen.append(await status())
        clock.advance(3600)
        await client.post(f"/sessions/{session}/start")  # which is under way already
        assert not sandbox.sessions[session].linked
        sandbox.confirm_passkey(session)
        await client.post(f"/sessions/{session}/restart")
        seen.append(await status())
    connected = "CONNECTED" if shape == "docs" else "WORKING"
    assert seen == ["PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", connected]
    assert (refused.status_code, refused.json()["status"]) == (422, "PASSKEY_REQUIRED")


async def test_restart_under_a_passkey() -> None:
    """A restart while a passkey is asked for begins anew with a QR code: the phone was never linked."""
    sandbox = Sandbox()
    async with calling(sandbox) as client:
        session = await waiting(client)
        sandbox.scan(session, passkey=True)
        await client.post(f"/sessions/{session}/restart")
    assert sandbox.sessions[session].status == "SCAN_QR_CODE"
    assert sandbox.qr_code(session) is not None


async def test_time_takes_a_session_on() -> None:
    """Starting takes its seconds, a scan by itself comes in its time, and each status began when it was due, not seen."""
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(clock=clock, start_after=5, scan_after=10)
    async with calling(sandbox) as client:
        session = await waiting(client)

        def now() -> tuple[str, float]:
            stored: StoredSession = sandbox.sessions[session]
            return stored.status, stored.updated_at - START

        seen = [now()]
        for seconds in (4, 2, 60):
            clock.advance(seconds)
            seen.append(now())
        await client.post(f"/sessions/{session}/stop")
        await client.post(f"/sessions/{session}/restart")
        clock.advance(7)
        seen.append(now())
    assert seen == [("STARTING", 0), ("STARTING", 0), ("SCAN_QR_CODE", 5), ("CONNECTED", 15), ("CONNECTED", 71)]


async def test_deleted_before_its_time() -> None:
    """What was to happen to a session does not happen to one that is gone, nor to the next one of its name."""
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(clock=clock, start_after=5)
    async with calling(sandbox) as client:
        session = await waiting(client)
        await client.delete(f"/sessions/{session}")
        next_one = await created(client)
        clock.advance(10)
    assert [(one.id, one.status) for one in sandbox.sessions.values()] == [(next_one, "CREATED")]


async def test_qr_codes_run_out(shape: Shape) -> None:
    """After six codes in 160 seconds a session fails: starting is refused then, and restarting begins anew."""
    clock = Clock(stopped=True, at=START)
    sandbox = Sandbox(clock=clock, dialect=shape)
    async with calling(sandbox) as client:
        session = await waiting(client)
        codes = [sandbox.qr_code(session)]
        for seconds in (59.5, 1, 20, 20, 20, 20, 19):
            clock.advance(seconds)
            codes.append(sandbox.qr_code(session))
        clock.advance(1)
        codes.append(sandbox.qr_code(session))
        start = await client.post(f"/sessions/{session}/start")
        assert sandbox.sessions[session].status == "FAILED"
        await client.post(f"/sessions/{session}/restart")
    assert codes[0] == codes[1]
    assert len(set(codes[1:-1])) == 6
    assert codes[-1] is None
    assert (start.status_code, start.json()["status"]) == (422, "ERROR" if shape == "docs" else "FAILED")
    assert sandbox.sessions[session].status == "SCAN_QR_CODE"
    assert sandbox.qr_code(session) not in codes


async def test_reactions_stay_in_the_account() -> None:
    """Nobody reacts to a message of another account, though the id is right."""
    sandbox = Sandbox(api_key=["a", "b"])
    mine = sandbox.add_session("Desk", api_key="a")
    theirs = sandbox.add_session("Desk", "+447700900199", api_key="b")
    message = await sandbox.async_client("a").send_text(session=mine.id, to="+447700900456", text="Hi")
    await sandbox.async_client("b").send_reaction(session=theirs.id, message_id=str(message.id), reaction="👍")
    assert sandbox.messages()[0].reactions == {}
    await sandbox.async_client("a").send_reaction(session=mine.id, message_id=str(message.id), reaction="👍")
    assert sandbox.messages()[0].reactions == {mine.own_id: "👍"}
