"""The sandbox's file: what is in it survives the process, and a file that is none is refused and left alone."""

from __future__ import annotations

import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.test_cli import PATIENCE, WASEND, complaint, environment, posix, read_until, run, started
from tests.test_sandbox import ADA, PICTURE
from tests.test_sandbox_events import Heard
from wasend import WasendClient
from wasend.sandbox import Clock, Sandbox

__all__ = ["environment"]

START = 1_750_000_000.0
ADA_CHAT = "447700900456@c.us"
BOB = "+447700900457"
CY = "+447700900458"


def told(sandbox: Sandbox) -> dict[str, Any]:
    """Everything that the sandbox knows, in its order."""
    state = sandbox._state
    return {
        "sessions": list(sandbox.sessions.items()),
        "owners": list(state.sessions.owners.items()),
        "messages": sandbox.messages(from_me=None),
        "chats": [state.chats.chats(session) for session in sandbox.sessions],
        "groups": list(sandbox.groups.items()),
        "contacts": list(state.people.contacts().items()),
        "unknown": dict(state.people.unknown),
        "hidden": dict(state.people.lids),
        "filed": dict(state.people.filed),
        "offline": dict(state.people.offline),
        "labels": dict(state.labels),
    }


def invited(sandbox: Sandbox, code: str) -> str:
    return sandbox._state.groups.invited(code).id


@posix
def test_killed(environment: dict[str, str], tmp_path: Path) -> None:
    """What `wasend sandbox --persist` has answered for is there after a kill -9: all of it, in its order."""
    file = tmp_path / "sandbox.db"
    options = ["--port", "0", "--persist", str(file), "--api-key", "k3y"]
    with started(*WASEND, "sandbox", *options, env=environment) as process:
        url = re.findall(r"http://127\.0\.0\.1:\d+", read_until(process, "/_sandbox/messages"))[0]
        with httpx.Client(base_url=f"{url}/_sandbox") as phone, WasendClient("k3y", base_url=url) as client:
            desk, gone = (
                phone.post("/sessions", json={"name": name}).json()["uniqueSessionId"] for name in ("Desk", "Gone")
            )
            first, second, last = (
                str(client.send_text(session=session, to=to, text="Hi👍").id)
                for session, to in ((desk, ADA), (desk, BOB), (gone, ADA))
            )
            phone.post(f"/messages/{second}/ack", json={"ack": "READ"})
            phone.post(f"/messages/{first}/react", json={"from": ADA, "reaction": "👍"})
            for text, name in (("one", ADA), ("two", ADA), ("three", CY)):
                phone.post(f"/sessions/{desk}/receive", json={"from": name, "text": text})
            client.read_messages(desk, CY)
            group_id = str(client.create_group(desk, name="Harbour", participants=[BOB]).jid)
            code = client.get_group_invite_code(desk, group_id)
            client.set_group_subject(desk, group_id, subject="Port")
            phone.post("/contacts", json={"number": ADA, "name": "Ada", "pictureUrl": PICTURE})
            phone.post("/unknown", json={"numbers": [CY]})
            client.delete_session(gone)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    with closing(Sandbox(persist=file, api_key="k3y")) as sandbox:
        assert list(sandbox.sessions) == [desk]
        assert sandbox.sessions[desk].status == "CONNECTED"
        messages = sandbox.messages(from_me=None)
        assert [one.id for one in messages[:3]] == [first, second, last]
        assert [(one.content, one.ack) for one in messages] == [
            *[("Hi👍", "SERVER"), ("Hi👍", "READ"), ("Hi👍", "SERVER")],
            *[("one", "DEVICE"), ("two", "DEVICE"), ("three", "READ")],
        ]
        assert messages[0].reactions == {ADA_CHAT: "👍"}
        assert messages[0].body == {"session": desk, "to": ADA, "text": "Hi👍"}
        chats = [(chat.id, chat.unread, chat.last.content) for chat in sandbox._state.chats.chats(desk)]
        assert chats == [
            ("447700900457@c.us", 0, "Hi👍"),
            (ADA_CHAT, 2, "two"),
            ("447700900458@c.us", 0, "three"),
        ]
        (stored,) = sandbox.groups.values()
        assert (stored.id, stored.name, len(stored.participants)) == (group_id, "Port", 2)
        assert invited(sandbox, str(code)) == stored.id
        assert sandbox._state.people.contact(ADA_CHAT).picture_url == PICTURE
        assert not sandbox._state.people.exists("447700900458@c.us")
        # A new session does not get the id of one that was: its messages are still there, and are its account's.
        assert sandbox._state.sessions.is_of(gone, sandbox.sessions[desk].account)
        assert not sandbox._state.sessions.is_of(gone, "acc_other")


async def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A file that was used twice holds what it would hold had it been one sandbox all the time; deleting deletes."""
    file = tmp_path / "sandbox.db"
    with closing(Sandbox(persist=file, webhook_app=Heard())) as sandbox:
        sandbox.add_unknown(CY)
        desk = sandbox.add_session(webhook_url="http://x")
        async with sandbox.async_client() as client:
            message = await client.send_text(session=desk.id, to=ADA, text="Hi", reply_to="false_x_1")
            await client.send_image(session=desk.id, to=BOB, data=b"picture")
        group = sandbox.add_group("Harbour", owner=desk.own_id, participants=[ADA])
        sandbox.add_contact(ADA, "Ada")
        sandbox.label(desk.id, "Lead", chat=ADA)
        sandbox.phone_offline(CY)
        sandbox.faults.add("filed x1")
        async with sandbox.async_client() as client:
            await client.send_text(session=desk.id, to=BOB, text="Hidden")
        before = told(sandbox)
        assert all(before.values())
    with closing(Sandbox(persist=file, webhook_app=Heard())) as sandbox:
        assert told(sandbox) == before
        sandbox.ack(str(message.id), "READ")
        async with sandbox.async_client() as client:
            await client.send_text(session=desk.id, to=ADA, text="Ho")
            await client.revoke_group_invite_code(desk.id, group.id)
            await client.delete_session(desk.id)
        before = told(sandbox)
    with closing(Sandbox(persist=file, webhook_app=Heard())) as sandbox:
        assert told(sandbox) == before
        with pytest.raises(ValueError, match="not found"):
            invited(sandbox, group.invite_code)
        sandbox.reset()
    with closing(Sandbox(persist=file, webhook_app=Heard())) as sandbox:
        assert not any(told(sandbox).values())


async def test_what_was_to_come_comes(tmp_path: Path) -> None:
    """What time was to do to messages and sessions is done by the next sandbox, as if there had been one; once."""
    file, clock = tmp_path / "sandbox.db", Clock(stopped=True, at=START)
    options: dict[str, Any] = {"persist": file, "clock": clock, "acks": {"DEVICE": 10, "READ": 20}, "scan_after": 30}
    options["webhook_app"] = Heard()
    with closing(Sandbox(**options)) as sandbox:
        desk = sandbox.add_session()
        async with sandbox.async_client() as client:
            new = await client.create_session(
                session_name="New", phone_number="+447700900124", enable_webhook=True, webhook_url="http://x"
            )
            await client.start_session(new)
            message = await client.send_text(session=desk.id, to=ADA, text="Hi")
            sandbox.phone_offline(BOB)
            await client.send_text(session=desk.id, to=BOB, text="Hi")
        clock.advance(15)
        sandbox.ack(str(message.id), "DEVICE")
    clock.advance(60)  # which a sandbox that is closed hears, and does not write down
    clock, heard = Clock(stopped=True, at=START + 15), Heard()
    with closing(Sandbox(**options | {"clock": clock, "webhook_app": heard})) as sandbox:
        assert [one.ack for one in sandbox.messages()] == ["DEVICE", "SERVER"]
        clock.advance(30)
        assert [one.ack for one in sandbox.messages()] == ["READ", "SERVER"]
        await sandbox.adrain()
        sandbox.phone_online(BOB)
        assert [one.ack for one in sandbox.messages()] == ["READ", "READ"]
    (event,) = heard.events
    assert (event["payload"]["status"], event["timestamp"]) == ("WORKING", (START + 30) * 1000)


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        for statement in statements:
            file.execute(statement)


OURS = "CREATE TABLE sandbox (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id))"


def broken(path: Path, how: str) -> None:
    """Put something at a path that is no file of a sandbox."""
    match how:
        case "text":
            path.write_text("[[sessions]]\n" * 100)
        case "folder":
            path.mkdir()
        case "somebody's":
            database(path, "CREATE TABLE customers (id INTEGER)")
        case "columns":
            database(path, "CREATE TABLE sandbox (name TEXT)")
        case "torn":
            database(path, OURS, "INSERT INTO sandbox VALUES ('session', 's', '{\"id\":')")
        case "fields":
            database(path, OURS, "INSERT INTO sandbox VALUES ('message', 'm', '{\"id\": \"m\"}')")
        case _:
            database(path, OURS, "INSERT INTO sandbox VALUES ('group', 'g', '[1]')")


@pytest.mark.parametrize("how", ["text", "folder", "somebody's", "columns", "torn", "fields", "list"])
def test_file_of_somebody_else(how: str, tmp_path: Path) -> None:
    """A file that holds something else is refused by name, on one line, left as it is, and not kept open."""
    path = tmp_path / "other.db"
    broken(path, how)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ValueError, match=r"other\.db is no file of a sandbox: .+; name another") as caught:
        Sandbox(persist=path)
    assert "\n" not in str(caught.value)
    if how in ("text", "somebody's"):
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]


def test_file_in_no_folder(environment: dict[str, str], tmp_path: Path) -> None:
    """On the command line such a file is a mistake of the user's: one line, and exit status 2."""
    path = tmp_path / "none" / "sandbox.db"
    assert str(path) in complaint(run(*WASEND, "sandbox", "--persist", str(path), env=environment))


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second sandbox of the same file is refused while the first is open: they would overwrite each other's."""
    first = Sandbox(persist=tmp_path / "s.db")
    first.add_session("Desk")
    with pytest.raises(ValueError, match="locked"):
        Sandbox(persist=tmp_path / "s.db")
    first.close()
    second = Sandbox(persist=tmp_path / "s.db")
    assert [one.settings.name for one in second.sessions.values()] == ["Desk"]
    second.close()
