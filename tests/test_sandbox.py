"""The local WASend: what it answers, what it refuses, how its server begins and ends."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import Any, Literal

import httpx
import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wasend.sandbox import Clock, Sandbox, SandboxServer
from wasend.sandbox.api import RateLimit
from wasend.sandbox.interfaces.server import _bound

pytestmark = pytest.mark.usefixtures("june")

Shape = Literal["docs", "sdk"]

KEY = {"Authorization": "Bearer a-key"}
NEW = {"sessionName": "Front Desk", "phoneNumber": "+447700900123"}
ADA = "+447700900456"
PICTURE = "https://example.org/a.png"


@asynccontextmanager
async def calling(sandbox: Sandbox, **options: Any) -> AsyncIterator[AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox)
    options = {"base_url": "http://sandbox", "headers": KEY} | options
    async with AsyncClient(transport=transport, **options) as client:
        yield client


async def created(client: AsyncClient, **changes: Any) -> str:
    answer = await client.post("/sessions", json=NEW | changes)
    session: str = answer.json()["uniqueSessionId"]
    return session


def qr_path(sandbox: Sandbox, session: str) -> str:
    return f"/sessions/{session}/{'qr' if sandbox.dialect == 'docs' else 'auth/qr'}"


# Sessions


async def test_create_docs(http: AsyncClient) -> None:
    """The documentation's dialect answers a new session with the six documented fields and no other."""
    answer = await http.post("/sessions", json=NEW)
    session = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch("ses_[0-9a-f]{8}", session.pop("uniqueSessionId"))
    assert session == {
        "sessionName": "Front Desk",
        "phoneNumber": "+447700900123",
        "status": "CREATED",
        "createdAt": "2025-06-15T15:06:40.000Z",
        "updatedAt": "2025-06-15T15:06:40.000Z",
    }


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_create_sdk(http: AsyncClient) -> None:
    """The SDK's dialect answers a new session with the fields that the SDK's `Session` declares, and 201."""
    answer = await http.post("/sessions", json=NEW | {"enableWebhook": True, "webhookUrl": "https://example.org/hook"})
    session = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch("[0-9a-f]{24}", session["id"])
    assert session["name"] == session["uniqueSessionId"]
    assert session["status"] == "CREATED"
    assert session["enableWebhook"] is True
    assert session["webhookUrl"] == "https://example.org/hook"
    assert session["enableAccountProtection"] is False
    assert {"user.id", "user.email", "userId", "userEmail"} == session["config"]["metadata"].keys()
    assert session["config"]["proxy"] is None
    assert session["config"]["webhooks"] == [
        {
            "url": "https://example.org/hook",
            "events": ["*"],
            "hmac": None,
            "retries": {"policy": "constant", "delaySeconds": 2.0, "attempts": 15},
            "customHeaders": None,
        }
    ]
    assert session["engine"]["gows"] == {"found": True, "connected": False}
    assert {"userId", "sessionName", "phoneNumber", "createdAt", "updatedAt"} <= session.keys()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phoneNumber": "+447700900123"}, "sessionName"),
        (NEW | {"sessionName": None}, "sessionName"),
        (NEW | {"sessionName": 7}, "sessionName"),
        (NEW | {"sessionName": " "}, "sessionName"),
        ({"sessionName": "n"}, "phoneNumber"),
        (NEW | {"phoneNumber": 447700900123}, "phoneNumber"),
        (NEW | {"phoneNumber": "07700 900123"}, "phoneNumber"),
        (NEW | {"phoneNumber": "447700900123"}, "phoneNumber"),
        (NEW | {"phoneNumber": "+0447700900123"}, "phoneNumber"),
        (NEW | {"phoneNumber": "+447700900123\n"}, "phoneNumber"),
        (NEW | {"phoneNumber": "+٤٤٧٧٠٠٩٠٠١٢٣"}, "phoneNumber"),
        (NEW | {"enableAccountProtection": "yes"}, "enableAccountProtection"),
        (NEW | {"enableMessageLogging": 2}, "enableMessageLogging"),
        (NEW | {"enableWebhook": []}, "enableWebhook"),
        (NEW | {"enableWebhook": True}, "webhookUrl"),
        (NEW | {"enableWebhook": 1, "webhookUrl": None}, "webhookUrl"),
        (NEW | {"webhookUrl": "ftp://example.org"}, "webhookUrl"),
        (NEW | {"webhookUrl": "http://["}, "webhookUrl"),
        (NEW | {"webhookUrl": "https://"}, "webhookUrl"),
        (NEW | {"webhookUrl": "https://a b"}, "webhookUrl"),
    ],
)
async def test_create_invalid(
    shape: Shape, body: dict[str, Any], field: str, wasend_sandbox: Sandbox, http: AsyncClient
) -> None:
    """A wrong field is answered with 400 and a list of sentences that names it; nothing is created."""
    answer = await http.post("/sessions", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]
    assert not wasend_sandbox.sessions


async def test_create_names_every_problem(http: AsyncClient) -> None:
    """All that is wrong with a body is said at once."""
    answer = await http.post("/sessions", json={"enableWebhook": "no"})
    assert [problem.split()[0] for problem in answer.json()["message"]] == [
        "sessionName",
        "phoneNumber",
        "enableWebhook",
    ]


async def test_flags_as_numbers(http: AsyncClient) -> None:
    """Flags may be 1 and 0, as the documentation's Go example sends them."""
    session = await created(http, enableAccountProtection=1, enableMessageLogging=0)
    config = (await http.get(f"/sessions/{session}")).json()["config"]
    assert config == {"enableAccountProtection": True, "enableMessageLogging": False, "enableWebhook": False}


async def test_name_taken(shape: Shape, http: AsyncClient) -> None:
    """A second session of one name is a conflict, until the first is deleted."""
    session = await created(http)
    conflict = await http.post("/sessions", json=NEW)
    await http.delete(f"/sessions/{session}")
    again = await http.post("/sessions", json=NEW)
    assert conflict.status_code == 409
    assert conflict.json()["error"] == "Conflict"
    assert again.is_success


async def test_list_docs(http: AsyncClient) -> None:
    """The documentation's list wraps each session and shows its status."""
    ids = [await created(http, sessionName=name) for name in "ab"]
    sessions = (await http.get("/sessions")).json()["sessions"]
    assert [item["session"]["uniqueSessionId"] for item in sessions] == ids
    assert [item["session"]["status"] for item in sessions] == ["CREATED", "CREATED"]
    assert all(item.keys() == {"session"} for item in sessions)


@pytest.mark.wasend_sandbox(dialect="sdk")
async def test_list_sdk(wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """The SDK's list has no status in the session; it is the engine's, in the engine's words."""
    await created(http, sessionName="new")
    session = wasend_sandbox.add_session().id
    new, ready = (await http.get("/sessions")).json()["sessions"]
    assert "status" not in ready["session"]
    assert ready["downstream"]["name"] == session
    assert ready["downstream"]["status"] == "WORKING"
    assert ready["downstream"]["engine"]["gows"]["connected"] is True
    assert new["downstream"]["status"] == "STOPPED"


async def test_info_docs(http: AsyncClient) -> None:
    """Asking for one session adds the flags, under `config`."""
    session = await created(http, enableWebhook=True, webhookUrl="https://example.org/hook")
    info = (await http.get(f"/sessions/{session}")).json()
    assert info["uniqueSessionId"] == session
    assert info["config"] == {
        "enableAccountProtection": False,
        "enableMessageLogging": False,
        "enableWebhook": True,
        "webhookUrl": "https://example.org/hook",
    }


async def test_delete(shape: Shape, session: str, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """A deleted session is gone for every call; what it sent can still be read."""
    await http.post("/sendText", json={"session": session, "to": ADA, "text": "Hi"})
    deleted = await http.delete(f"/sessions/{session}")
    after = await http.get(f"/sessions/{session}")
    again = await http.delete(f"/sessions/{session}")
    assert deleted.status_code == 200
    assert deleted.content == (b'{"success":true}' if shape == "docs" else b"")
    assert after.status_code == again.status_code == 404
    assert after.json() == {"statusCode": 404, "message": f"Session {session} not found", "error": "Not Found"}
    assert len(wasend_sandbox.messages(session=session)) == 1


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
async def test_unknown_session(shape: Shape, verb: str, http: AsyncClient) -> None:
    """A session that does not exist cannot be moved."""
    answer = await http.post(f"/sessions/ses_00000000/{verb}")
    assert answer.status_code == 404
    assert answer.json()["message"] == "Session ses_00000000 not found"


@pytest.mark.wasend_sandbox(start_after=2)
async def test_life_of_a_session(shape: Shape, wasend_clock: Clock, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """A session starts, shows its code, is scanned, and once linked connects again without a scan."""
    ready = "CONNECTED" if shape == "docs" else "WORKING"
    session = await created(http)

    async def moved(verb: str) -> str:
        status: str = (await http.post(f"/sessions/{session}/{verb}")).json()["status"]
        return status

    async def status() -> str:
        now: str = (await http.get(f"/sessions/{session}")).json()["status"]
        return now

    assert await status() == "CREATED"
    assert await moved("start") == "STARTING"
    wasend_clock.advance(1.9)
    assert await status() == "STARTING"
    wasend_clock.advance(0.1)
    assert await status() == "SCAN_QR_CODE"
    assert await moved("start") == "SCAN_QR_CODE"
    wasend_sandbox.scan(session)
    assert await status() == ready
    assert await moved("start") == ready
    assert await moved("stop") == "STOPPED"
    assert await moved("stop") == "STOPPED"
    assert await moved("start") == "STARTING"
    wasend_clock.advance(2)
    assert await status() == ready
    refused = await http.post(f"/sessions/{session}/restart")
    assert refused.status_code == 422
    assert refused.json()["error"] == "Session status is not as expected. Try again later or restart the session"
    assert refused.json()["status"] == ready
    assert await moved("stop") == "STOPPED"
    assert await moved("restart") == "STARTING"
    wasend_clock.advance(2)
    assert await status() == ready


@pytest.mark.wasend_sandbox(start_after=2, scan_after=3)
async def test_updated_when_the_status_changed(wasend_clock: Clock, http: AsyncClient) -> None:
    """A change by time alone is dated when it came due, not when somebody looked."""
    session = await created(http)
    await http.post(f"/sessions/{session}/start")
    wasend_clock.advance(100)
    info = (await http.get(f"/sessions/{session}")).json()
    assert info["status"] == "CONNECTED"
    assert info["createdAt"] == "2025-06-15T15:06:40.000Z"
    assert info["updatedAt"] == "2025-06-15T15:06:45.000Z"


@pytest.mark.wasend_sandbox(start_after=60)
async def test_qr_straight_after_create(shape: Shape, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """A new session can be asked for its code at once, as the README has it, and then waits for the scan."""
    session = await created(http)
    answer = await http.get(qr_path(wasend_sandbox, session))
    assert answer.status_code == 200
    assert b64decode(answer.json()["data"]).startswith(b"\x89PNG\r\n\x1a\n")
    assert wasend_sandbox.sessions[session].status == "SCAN_QR_CODE"


async def test_qr_of_a_connected_session(shape: Shape, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """A connected session has no code to show."""
    answer = await http.get(qr_path(wasend_sandbox, wasend_sandbox.add_session().id))
    assert answer.status_code == 422
    assert answer.json()["status"] == ("CONNECTED" if shape == "docs" else "WORKING")


async def test_qr_codes_rotate_and_run_out(
    shape: Shape, wasend_clock: Clock, wasend_sandbox: Sandbox, http: AsyncClient
) -> None:
    """The first code is good for 60 s, five more for 20 s each; then the session has failed until a restart."""
    session = await created(http)
    await http.post(f"/sessions/{session}/start")

    async def code() -> str:
        data: str = (await http.get(qr_path(wasend_sandbox, session))).json()["data"]
        return data

    seen = []
    for good_for in (60, 20, 20, 20, 20, 20):
        seen.append(await code())
        wasend_clock.advance(good_for - 0.5)
        assert await code() == seen[-1]
        wasend_clock.advance(0.5)
    assert len(set(seen)) == 6
    failed = await http.get(qr_path(wasend_sandbox, session))
    started = await http.post(f"/sessions/{session}/start")
    restarted = await http.post(f"/sessions/{session}/restart")
    assert failed.status_code == started.status_code == 422
    assert failed.json()["status"] == ("ERROR" if shape == "docs" else "FAILED")
    assert restarted.json()["status"] == "STARTING"
    assert await code() not in seen


async def test_scan_refused(wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """Only a code that is shown can be scanned; the error says what is wrong."""
    session = await created(http)
    with pytest.raises(ValueError, match=f"session {session} is CREATED; this needs SCAN_QR_CODE"):
        wasend_sandbox.scan(session)
    with pytest.raises(ValueError, match="Session nobody not found"):
        wasend_sandbox.scan("nobody")


# Messages

SENDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("/sendText", {"text": "See you at 10", "replyTo": "false_1@c.us_AA"}, "text", "See you at 10"),
    ("/sendImage", {"url": PICTURE, "caption": "the door"}, "image", PICTURE),
    ("/sendImage", {"data": b64encode(b"four").decode()}, "image", "4 bytes"),
    ("/sendVideo", {"url": "https://example.org/a.mp4", "caption": None}, "video", "https://example.org/a.mp4"),
    ("/sendVoice", {"data": b64encode(b"12345").decode(), "duration": 2.5}, "ptt", "5 bytes"),
    ("/sendFile", {"url": PICTURE, "fileName": "a.png", "mimeType": "image/png"}, "document", PICTURE),
    ("/send", {"text": "Hi", "imageUrl": PICTURE}, "image", PICTURE),
    ("/send", {"videoUrl": PICTURE, "preview": {"title": "t"}}, "video", PICTURE),
    ("/send", {"documentUrl": PICTURE, "filename": "a", "mimetype": "image/png"}, "document", PICTURE),
    ("/send", {"audioUrl": PICTURE}, "ptt", PICTURE),
    ("/send", {"text": "Hi"}, "text", "Hi"),
]


@pytest.mark.parametrize(("path", "body", "kind", "content"), SENDS)
async def test_send(
    shape: Shape,
    path: str,
    body: dict[str, Any],
    kind: str,
    content: str,
    session: str,
    wasend_sandbox: Sandbox,
    http: AsyncClient,
) -> None:
    """Each kind of message is answered in the documented shape, and stored with the body as it came."""
    body = {"session": session, "to": ADA, **body}
    answer = await http.post(path, json=body)
    message = answer.json()
    assert answer.status_code == (200 if shape == "docs" else 201)
    assert re.fullmatch("true_447700900456@c.us_3EB0[0-9A-F]{16}", message["id"])
    assert message == {
        "id": message["id"],
        "to": ADA,
        "content": content,
        "type": kind,
        "timestamp": "2025-06-15T15:06:40.000Z",
        "status": "sent",
        "fromMe": True,
        "sender": "+447700900123",
        "recipient": ADA,
    }
    (stored,) = wasend_sandbox.messages()
    assert (stored.id, stored.session, stored.to) == (message["id"], session, "447700900456@c.us")
    assert (stored.type, stored.content, stored.timestamp) == (kind, content, 1_750_000_000.0)
    assert stored.body == body


@pytest.mark.parametrize("thumbnail", [{}, {"description": "d", "thumbnailUrl": PICTURE}])
async def test_link_preview(
    shape: Shape, thumbnail: dict[str, str], wasend_sandbox: Sandbox, http: AsyncClient
) -> None:
    """A link with a preview of one's own goes by both dialects' routes."""
    session = wasend_sandbox.add_session().id
    body = {"session": session, "to": ADA, "text": "https://example.org", "preview": {"title": "t", **thumbnail}}
    for path in ("/sendLinkCustomPreview", "/send/link-custom-preview"):
        assert (await http.post(path, json=body)).json()["type"] == "text"


INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("/sendText", {}, "text"),
    ("/sendText", {"text": ""}, "text"),
    ("/sendText", {"text": "a", "session": 1}, "session"),
    ("/sendText", {"text": "a", "to": 447700900456}, "to"),
    ("/sendText", {"text": "a", "to": "Ada"}, "to"),
    ("/sendText", {"text": "a", "to": "07700900456"}, "to"),
    ("/sendText", {"text": "a", "to": "+44770090045678901"}, "to"),
    ("/sendText", {"text": "a", "to": "447700900456@example.org"}, "to"),
    ("/sendText", {"text": "a", "replyTo": 5}, "replyTo"),
    ("/sendImage", {}, "url"),
    ("/sendImage", {"url": PICTURE, "data": "AAAA"}, "url"),
    ("/sendImage", {"url": "a.png"}, "url"),
    ("/sendImage", {"data": "AA&AA="}, "data"),
    ("/sendImage", {"data": "é"}, "data"),
    ("/sendImage", {"data": ""}, "data"),
    ("/sendVideo", {"url": PICTURE, "caption": 1}, "caption"),
    ("/sendVoice", {"url": PICTURE, "duration": "2"}, "duration"),
    ("/sendVoice", {"url": PICTURE, "duration": True}, "duration"),
    ("/sendVoice", {"url": PICTURE, "duration": -1}, "duration"),
    ("/sendFile", {"url": PICTURE, "mimeType": "a/b"}, "fileName"),
    ("/sendFile", {"url": PICTURE, "fileName": "a"}, "mimeType"),
    ("/send", {}, "one"),
    ("/send", {"text": ""}, "one"),
    ("/send", {"imageUrl": 5}, "imageUrl"),
    ("/send", {"text": "a", "preview": {"title": 5}}, "preview"),
    ("/send", {"text": "a", "preview": "t"}, "preview"),
    ("/sendLinkCustomPreview", {"text": "a"}, "preview"),
    ("/sendLinkCustomPreview", {"text": "a", "preview": {}}, "preview"),
    ("/sendLinkCustomPreview", {"text": "a", "preview": {"title": "t", "thumbnailUrl": "x"}}, "preview"),
    ("/sendSeen", {}, "messageId"),
    ("/startTyping", {"to": None}, "to"),
    ("/stopTyping", {"session": ""}, "session"),
]


@pytest.mark.parametrize(("path", "body", "field"), INVALID)
async def test_send_invalid(
    path: str, body: dict[str, Any], field: str, session: str, wasend_sandbox: Sandbox, http: AsyncClient
) -> None:
    """A wrong field is answered with 400 and a sentence that names it; nothing is stored."""
    answer = await http.post(path, json={"session": session, "to": ADA, **body})
    assert answer.status_code == 400
    assert [problem.split()[0] for problem in answer.json()["message"]] == [field]
    assert wasend_sandbox.messages() == ()


async def test_send_from_a_session_that_is_not_connected(
    shape: Shape, wasend_sandbox: Sandbox, http: AsyncClient
) -> None:
    """An unknown session is 404; one that is not connected is 422 and says its state."""
    session = await created(http)
    unknown = await http.post("/sendText", json={"session": "Front Desk", "to": ADA, "text": "a"})
    early = await http.post("/sendText", json={"session": session, "to": ADA, "text": "a"})
    assert unknown.status_code == 404
    assert unknown.json()["message"] == "Session Front Desk not found"
    assert early.status_code == 422
    assert early.json()["status"] == "CREATED"
    assert early.json()["expected"] == ["CONNECTED" if shape == "docs" else "WORKING"]
    assert wasend_sandbox.messages() == ()


SIGNALS = [
    ("POST", "/sendSeen", {"to": ADA, "messageId": "false_1@c.us_AA"}),
    ("POST", "/startTyping", {"to": "120363041234567890@g.us"}),
    ("POST", "/stopTyping", {"to": ADA}),
    ("PUT", "/reaction", {"messageId": "false_1@c.us_AA", "reaction": "👍"}),
    ("PUT", "/reaction", {"messageId": "false_1@c.us_AA", "reaction": ""}),
]


@pytest.mark.parametrize(("verb", "path", "body"), SIGNALS)
async def test_signals(
    shape: Shape, verb: str, path: str, body: dict[str, Any], session: str, wasend_sandbox: Sandbox, http: AsyncClient
) -> None:
    """Seen, typing and reactions answer the dialect's word for nothing, and need a connected session."""
    done = await http.request(verb, path, json={"session": session, **body})
    await http.post(f"/sessions/{session}/stop")
    refused = await http.request(verb, path, json={"session": session, **body})
    assert done.status_code == (201 if shape == "sdk" and verb == "POST" else 200)
    assert done.content == (b'{"success":true}' if shape == "docs" else b"")
    assert refused.status_code == 422
    assert wasend_sandbox.messages() == ()


async def test_ids_are_unique(session: str, http: AsyncClient) -> None:
    """No two messages share an id, even of one text to one chat at one moment."""
    body = {"session": session, "to": ADA, "text": "again"}
    ids = {(await http.post("/sendText", json=body)).json()["id"] for _ in range(50)}
    assert len(ids) == 50


SPELLINGS = {
    "+447700900456": "447700900456@c.us",
    "447700900456": "447700900456@c.us",
    "447700900456@c.us": "447700900456@c.us",
    "447700900456@s.whatsapp.net": "447700900456@c.us",
    "447700900456:12@s.whatsapp.net": "447700900456@c.us",
    "120363041234567890@g.us": "120363041234567890@g.us",
    "447700900456-1600000000@g.us": "447700900456-1600000000@g.us",
    "98765432101234@lid": "98765432101234@lid",
    "120363041234567890@newsletter": "120363041234567890@newsletter",
}


@pytest.mark.parametrize(("spelling", "chat"), SPELLINGS.items())
async def test_recipients(spelling: str, chat: str, session: str, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """A recipient may be spelled in several ways: the answer keeps the spelling, the store knows the chat."""
    answer = await http.post("/sendText", json={"session": session, "to": spelling, "text": "a"})
    assert answer.json()["to"] == spelling
    assert [message.to for message in wasend_sandbox.messages()] == [chat]
    assert wasend_sandbox.messages(to=spelling) == wasend_sandbox.messages(to=chat) == wasend_sandbox.messages()


async def test_messages_by_recipient_and_session(wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """Stored messages are found by recipient in any spelling and by session, oldest first."""
    one = wasend_sandbox.add_session("one").id
    two = wasend_sandbox.add_session("two").id
    for session, to, text in [(one, ADA, "a"), (two, ADA[1:], "b"), (one, "+447700900457", "c")]:
        await http.post("/sendText", json={"session": session, "to": to, "text": text})

    def contents(**where: Any) -> list[str]:
        return [message.content for message in wasend_sandbox.messages(**where)]

    assert contents() == ["a", "b", "c"]
    assert contents(to="+44 7700 900-456") == ["a", "b"]
    assert contents(session=one) == ["a", "c"]
    assert contents(to=ADA, session=two) == ["b"]
    assert contents(to="+447700900499") == []
    with pytest.raises(ValueError, match="phone number or a chat id"):
        wasend_sandbox.messages(to="Ada")


async def test_get_message(shape: Shape, session: str, http: AsyncClient) -> None:
    """A message can be asked for by its id."""
    sent = (await http.post("/sendText", json={"session": session, "to": ADA, "text": "Hi"})).json()
    found = (await http.get(f"/messages/{sent['id'].replace('@', '%40')}")).json()
    missing = await http.get("/messages/msg_55")
    message = {
        "id": sent["id"],
        "to": ADA,
        "content": "Hi",
        "sentAt": "2025-06-15T15:06:40.000Z",
        "status": "sent",
    }
    assert found == message
    assert missing.status_code == 404
    assert missing.json()["message"] == "Message msg_55 not found"


async def test_account(shape: Shape, http: AsyncClient) -> None:
    """The account has an id, a name and a plan."""
    account = (await http.get("/account")).json()
    assert account.keys() == {"id", "name", "plan"}


# Keys, routes, bodies, limits


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer a-key", 200),
        ("bearer a-key", 200),
        ("Bearer  a-key", 200),
        ("Bearer other", 401),
        ("Bearer é", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("a-key", 401),
        ("Basic a-key", 401),
        ("", 401),
        (None, 401),
    ],
)
@pytest.mark.wasend_sandbox(api_key="a-key")
async def test_key(shape: Shape, header: str | None, status: int, http: AsyncClient) -> None:
    """Only the sandbox's key is let in; whatever else is in the header is answered with 401."""
    http.headers = httpx.Headers([] if header is None else [(b"Authorization", header.encode())])
    answer = await http.get("/sessions")
    assert answer.status_code == status
    if status == 401:
        assert answer.json() == {"statusCode": 401, "message": "Unauthorized"}


@pytest.mark.parametrize(("header", "status"), [("Bearer anything", 200), ("Bearer ", 401), ("x y", 401)])
async def test_any_key(header: str, status: int, http: AsyncClient) -> None:
    """Without a key of its own the sandbox lets in any bearer key, but not none."""
    assert (await http.get("/sessions", headers={"Authorization": header})).status_code == status


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/"),
        ("GET", "/session"),
        ("GET", "/sessions/"),
        ("PATCH", "/sessions"),
        ("GET", "/sendText"),
        ("POST", "/reaction"),
        ("OPTIONS", "/sessions"),
        ("POST", "/messages"),
        ("GET", "/_sandbox/reset"),
        ("GET", "/a%3Fb%23c"),
    ],
)
async def test_no_such_route(shape: Shape, verb: str, path: str, http: AsyncClient) -> None:
    """An unknown path, and a known one with another verb, are answered as Express and Nest do."""
    answer = await http.request(verb, path)
    path = path.replace("%3F", "?").replace("%23", "#")
    assert answer.status_code == 404
    assert answer.json() == {"statusCode": 404, "message": f"Cannot {verb} {path}", "error": "Not Found"}


async def test_qr_route_of_the_other_dialect(shape: Shape, http: AsyncClient) -> None:
    """The QR code is to be had by both dialects' routes, and a session that is not there is a session that is not."""
    session = await created(http)
    answers = [await http.get(f"/sessions/{session}/{path}") for path in ("qr", "auth/qr")]
    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [200, 200]
    missing = [(await http.get(f"/sessions/nobody/{path}")).json()["message"] for path in ("qr", "auth/qr")]
    assert missing == ["Session nobody not found"] * 2


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"null", "application/json; charset=utf-8", 400),
        (b"\xff", "application/json", 400),
        (b"\xef\xbb\xbf" + json.dumps(NEW).encode(), "application/json", 200),
        (b'{"x": NaN}', "application/json", 400),
        (b'{"x": 1e999}', "application/json", 400),
        (b'{"x": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"x": ' + b"[" * 50 + b"]" * 50 + b"}", "application/json", 400),
        (json.dumps(NEW).encode(), "text/plain", 400),
        (json.dumps(NEW).encode(), "application/x-www-form-urlencoded", 400),
        (json.dumps(NEW).encode(), "", 400),
        (json.dumps(NEW).encode(), "Application/JSON ; charset=utf-8", 200),
    ],
)
async def test_body_that_is_no_json_object(content: bytes, content_type: str, status: int, http: AsyncClient) -> None:
    """A body that is not a JSON object, or is not said to be JSON, is refused with a reason."""
    answer = await http.post("/sessions", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert status == 200 or isinstance(answer.json()["message"], str)


async def test_compressed_bodies(http: AsyncClient) -> None:
    """A body may be compressed with gzip; one that only says so, or in another way, or that grows too large, may not."""
    for content, packed, status in (
        (gzip.compress(json.dumps(NEW).encode()), "gzip", 200),
        (json.dumps(NEW).encode(), "gzip", 400),
        (json.dumps(NEW).encode(), "br", 400),
        (gzip.compress(bytes(65 * 1024 * 1024)), "gzip", 413),
    ):
        headers = {"Content-Type": "application/json", "Content-Encoding": packed}
        assert (await http.post("/sessions", content=content, headers=headers)).status_code == status


async def test_no_webhooks(shape: Shape, http: AsyncClient) -> None:
    """An empty URL is none, where no webhooks are wanted; where they are, it is missing."""
    assert (await http.post("/sessions", json=NEW | {"webhookUrl": ""})).status_code < 300
    refused = await http.post("/sessions", json=NEW | {"sessionName": "b", "webhookUrl": "", "enableWebhook": True})
    assert refused.json()["message"] == ["webhookUrl must be given when enableWebhook is true"]


@pytest.mark.parametrize(
    ("agent", "path", "ready"),
    [("wasend-dev/1.0.0", "", "WORKING"), ("curl/8", "", "CONNECTED"), ("wasend-dev/1.0.0", "/qr", ""), ("", "/x", "")],
)
@pytest.mark.wasend_sandbox(dialect="auto")
async def test_auto(agent: str, path: str, ready: str, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """Who asks decides how it is answered, as the official SDK or the documentation has it; refusals too."""
    desk = wasend_sandbox.add_session()
    answer = await http.get(f"/sessions/{desk.id}{path}", headers={"User-Agent": agent})
    assert answer.json().get("status", "") == (ready if not path else "CONNECTED" if path == "/qr" else "")
    crew = wasend_sandbox.add_group("Crew", owner="+447700900123")
    own = await http.get(f"/{desk.id}/groups/{crew.id}", headers={"User-Agent": "curl/8"})
    other = await http.get(f"/{desk.id}/groups/{crew.id}/info", headers={"User-Agent": "wasend-dev/1.0.0"})
    assert ("jid" in own.json(), "info" in other.json()) == (True, True)


async def test_status_is_a_recipient(shape: Shape, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """What goes to the status goes to everybody, and is taken."""
    body = {"session": wasend_sandbox.add_session().id, "to": "status@broadcast", "text": "Open until 8"}
    assert (await http.post("/sendText", json=body)).status_code < 300
    assert wasend_sandbox.deliveries("status@broadcast", "Open until 8")


async def test_body_too_large(http: AsyncClient) -> None:
    """A body above 64 MiB is refused while it is read, whether or not its length was told."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield bytes(1024 * 1024)

    answer = await http.post("/sessions", content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_body_with_half_a_character(session: str, http: AsyncClient) -> None:
    """Half of a surrogate pair comes back as it went in."""
    content = json.dumps({"session": session, "to": ADA, "text": "\ud83d"})
    answer = await http.post("/sendText", content=content, headers={"Content-Type": "application/json"})
    stored = await http.get("/_sandbox/messages")
    assert answer.json()["content"] == "\ud83d"
    assert stored.json()["messages"][0]["content"] == "\ud83d"


@pytest.mark.parametrize(
    ("limit", "parsed"),
    [
        ("20/m", (20, 60)),
        ("5/s", (5, 1)),
        ("5/10s", (5, 10)),
        ("1 / 0.5s", (1, 0.5)),
        ("100/h", (100, 3600)),
        ("1000/d", (1000, 86400)),
        ((3, 7.5), (3, 7.5)),
    ],
)
def test_limits(limit: str | tuple[int, float], parsed: tuple[int, float]) -> None:
    """A rate limit is read in each of its spellings."""
    rate = RateLimit(limit, Clock())
    assert (rate.requests, rate._seconds) == parsed


@pytest.mark.parametrize("limit", ["", "5", "5/", "five/s", "5/w", "0/s", "5/0s", (0, 1), (1, 0), "\u0665/s"])
def test_limits_that_mean_nothing(limit: str | tuple[int, float]) -> None:
    """A rate limit that cannot be read, or lets nothing through, is refused at construction."""
    with pytest.raises(ValueError, match="rate limit"):
        Sandbox(rate_limit=limit)


@pytest.mark.wasend_sandbox(rate_limit="2/10s")
async def test_rate_limit(wasend_clock: Clock, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """Above the limit 429 says how long to wait, in whole seconds; each key has a window of its own."""
    await http.get("/sessions")
    wasend_clock.advance(3.5)
    await http.get("/account")
    refused = await http.get("/sessions")
    other = await http.get("/sessions", headers={"Authorization": "Bearer other"})
    steering = await http.get("/_sandbox/messages")
    wasend_clock.advance(6.4)
    still = await http.get("/sessions")
    wasend_clock.advance(0.1)
    one = await http.get("/sessions")
    two = await http.get("/sessions")
    wasend_sandbox.reset()
    after = await http.get("/sessions")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "7"
    assert refused.json() == {"statusCode": 429, "message": "Too many requests", "error": "Too Many Requests"}
    assert other.status_code == steering.status_code == 200
    assert (still.status_code, still.headers["Retry-After"]) == (429, "1")
    assert (one.status_code, two.status_code) == (200, 429)
    assert after.status_code == 200


async def test_date(http: AsyncClient) -> None:
    """The Date header tells the sandbox's time, so that a client can learn its skew."""
    answer = await http.get("/account")
    assert answer.headers["Date"] == "Sun, 15 Jun 2025 15:06:40 GMT"


PATHS = [
    "/sessions",
    "/sessions/{session}",
    "/sessions/{session}/start",
    "/sessions/{session}/stop",
    "/sessions/{session}/qr",
    "/sessions/{session}/auth/qr",
    "/sendText",
    "/sendImage",
    "/sendFile",
    "/sendVoice",
    "/send",
    "/sendLinkCustomPreview",
    "/send/link-custom-preview",
    "/sendSeen",
    "/reaction",
    "/messages/{session}",
    "/_sandbox/messages",
    "/_sandbox/reset",
    "/_sandbox/sessions/{session}/scan",
]
FIELDS = [
    *("session", "to", "text", "url", "data", "preview", "title", "messageId", "reaction", "duration", "fileName"),
    *("mimeType", "sessionName", "phoneNumber", "enableWebhook", "webhookUrl", "imageUrl", "replyTo"),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["{session}", ADA, "120363041234567890@g.us", PICTURE, "AAAA", "http://[", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
SEGMENTS = st.sampled_from(["{session}", "", "%00", "%FF", "..", "%2F", "é", "a?b=%FF&to=x", "?to=%2B447700900456"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_nothing_breaks_it(shape: Shape, data: st.DataObject, wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """Whatever is asked, and however wrongly, the answer is no 5xx and no exception."""
    wasend_sandbox.reset()
    session = wasend_sandbox.add_session().id
    for _ in range(3):
        path = data.draw(st.sampled_from(PATHS)).replace("{session}", data.draw(SEGMENTS))
        body = data.draw(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=10) | VALUES)
        content = data.draw(st.just(json.dumps(body).encode()) | st.binary(max_size=20))
        headers = {
            b"Content-Type": data.draw(st.sampled_from(["application/json", "text/plain", "", ";", "é"])).encode(),
            b"Host": data.draw(st.sampled_from(["sandbox", "[", "", "a b", "é"])).encode(),
            b"Authorization": data.draw(st.sampled_from(["Bearer k", "Bearer é", ""])).encode(),
        }
        answer = await http.request(
            data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "BREW"])),
            path.replace("{session}", session),
            content=content.replace(b"{session}", session.encode()),
            headers=headers,
        )
        assert answer.status_code < 500
    assert (await http.get("/_sandbox/messages")).status_code == 200


# Steering


async def test_stored_messages_over_http(shape: Shape, session: str, http: AsyncClient) -> None:
    """What was sent can be read with the body as it came; who is no recipient is refused, not found by nobody."""
    body = {"session": session, "to": ADA, "text": "Hi"}
    await http.post("/sendText", json=body)
    (message,) = (await http.get("/_sandbox/messages", params={"to": ADA, "session": session})).json()["messages"]
    other = await http.get("/_sandbox/messages", params={"session": "other"})
    wrong = await http.get("/_sandbox/messages", params={"to": "Ada"})
    assert (message["to"], message["content"], message["session"]) == ("447700900456@c.us", "Hi", session)
    assert message["body"] == body
    assert other.json() == {"messages": []}
    assert wrong.status_code == 400


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "somewhere"])
async def test_steering_from_elsewhere(address: str) -> None:
    """Another machine may be let in to the API, but it does not steer, and reads nobody's messages."""
    transport = httpx.ASGITransport(app=Sandbox(), client=(address, 5000))
    async with AsyncClient(transport=transport, base_url="http://sandbox", headers=KEY) as client:
        steering = await client.get("/_sandbox/messages")
        api = await client.get("/sessions")
    assert (steering.status_code, api.status_code) == (403, 200)


async def test_requests_are_noted(wasend_sandbox: Sandbox, http: AsyncClient) -> None:
    """Every request of the API is noted, with what became of it; steering is not; reset forgets."""
    await http.get("/account?x=1")
    await http.post("/sessions", json={})
    await http.get("/_sandbox/messages")
    await http.get("/nowhere", headers={"Authorization": ""})
    noted = [(one.number, one.method, one.path, one.query, one.account, one.status) for one in wasend_sandbox.journal]
    assert noted == [
        (1, "GET", "/account", "x=1", "acc_sandbox", 200),
        (2, "POST", "/sessions", "", "acc_sandbox", 400),
        (3, "GET", "/nowhere", "", None, 404),
    ]
    assert [one.became for one in wasend_sandbox.journal] == ["done", "refused", "refused"]
    wasend_sandbox.reset()
    assert wasend_sandbox.journal == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_key": " "}, "empty api_key"),
        ({"dialect": "other"}, "dialect"),
        ({"scan_after": -1}, "scan_after"),
        ({"scan_after": 160}, "scan_after"),
        ({"start_after": -1}, "start_after"),
        ({"start_after": float("nan")}, "start_after"),
    ],
)
def test_options_that_mean_nothing(options: dict[str, Any], words: str) -> None:
    """An option that could do nothing sensible is refused at construction."""
    with pytest.raises(ValueError, match=words):
        Sandbox(**options)


def test_repr_without_the_key() -> None:
    """What is printed says what is inside, and not the key."""
    assert repr(Sandbox(api_key="a-secret")) == "Sandbox(dialect='auto', 0 sessions, 0 messages)"


def test_without_the_extra() -> None:
    """Without the extra's packages, importing the sandbox says what to install."""
    script = "import sys; sys.modules['segno'] = None; import wasend.sandbox"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "ImportError: wasend.sandbox needs segno" in run.stderr
    assert "pip install 'wasend-sdk[sandbox]'" in run.stderr
    assert "pip install '.[sandbox]'" in run.stderr


# The server


def ask(url: str, path: str = "/account") -> int:
    """Make a blocking request without a connection pool."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path, headers=KEY)
        return connection.getresponse().status
    finally:
        connection.close()


def test_serve(wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """A blocking client gets its answers over a socket, and the whole life of a session works there."""
    assert wasend_server.sandbox is wasend_sandbox
    assert wasend_server.url == f"http://127.0.0.1:{wasend_server.port}"
    with httpx.Client(base_url=wasend_server.url, headers=KEY) as client:
        session = client.post("/sessions", json=NEW).json()["uniqueSessionId"]
        assert b64decode(client.get(f"/sessions/{session}/qr").json()["data"]).startswith(b"\x89PNG")
        wasend_sandbox.scan(session)
        client.post("/sendText", json={"session": session, "to": ADA, "text": "Hi"}).raise_for_status()
        assert client.get(f"/messages/{wasend_sandbox.messages(to=ADA)[0].id}").json()["content"] == "Hi"


async def test_serve_async() -> None:
    """Entered asynchronously it serves both an asynchronous client and a blocking one in the loop's own thread."""
    async with Sandbox(dialect="sdk").serve() as server:
        assert ask(server.url) == 200
        async with AsyncClient(base_url=server.url, headers=KEY) as client:
            assert (await client.get("/account")).json()["plan"] == "sandbox"


def test_end_leaves_nothing() -> None:
    """After the end there is no thread, no listener, no signal handler, and the port is free for the next one."""
    threads = set(threading.enumerate())
    handler = signal.getsignal(signal.SIGINT)
    sandbox = Sandbox()
    server = sandbox.serve()
    with server:
        port = server.port
        assert signal.getsignal(signal.SIGINT) is handler
        assert ask(server.url) == 200
    assert set(threading.enumerate()) == threads
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
    server.stop()
    with sandbox.serve(port) as again:
        assert again.port == port
        assert ask(again.url) == 200


def test_start_twice() -> None:
    """A running server is not started again, and one that ended can be."""
    server = Sandbox().serve()
    with server, pytest.raises(RuntimeError, match="is running"):
        server.start()
    with server:
        assert ask(server.url) == 200


def test_port_in_use() -> None:
    """A port that somebody listens on is an error for the caller, not for a thread, and can be tried again."""
    with Sandbox().serve() as first:
        second = Sandbox().serve(first.port)
        with pytest.raises(OSError, match="in use"):
            second.start()
    with second:
        assert ask(second.url) == 200


def test_failure_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in the server's thread before it listens is raised where it was started."""

    async def broken(*args: object, **options: object) -> None:
        raise OSError("no more descriptors")

    threads = set(threading.enumerate())
    monkeypatch.setattr(asyncio.BaseEventLoop, "create_server", broken)
    server = Sandbox().serve()
    with pytest.raises(OSError, match="no more descriptors"):
        server.start()
    assert repr(server) == "SandboxServer(not running)"
    assert set(threading.enumerate()) == threads


def test_keep_alive(wasend_server: SandboxServer) -> None:
    """One connection carries many requests, refused ones and unread bodies among them."""
    connection = HTTPConnection("127.0.0.1", wasend_server.port, timeout=10)
    connection.connect()
    own = connection.sock
    statuses = []
    for headers in (KEY, {}, KEY | {"Content-Type": "text/plain"}, KEY):
        connection.request("POST", "/sessions", body=json.dumps({}), headers=headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    assert connection.sock is own
    connection.close()
    assert statuses == [400, 401, 400, 400]


def test_answers_are_not_held_back() -> None:
    """The listener names its protocol: only then does asyncio send each answer at once (TCP_NODELAY)."""
    with _bound("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_end_with_open_connections() -> None:
    """Idle connections and half a request do not hold up the end."""
    with Sandbox().serve() as server:
        idle = socket.create_connection(("127.0.0.1", server.port))
        half = socket.create_connection(("127.0.0.1", server.port))
        half.sendall(
            b"POST /sessions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
        )
        assert half.recv(100).startswith(b"HTTP/1.1 100")
    for connection in (idle, half):
        connection.settimeout(10)
        with connection:
            assert ended(connection)


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def test_garbage_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """What is no HTTP at all gets a 400 and leaves no word on the terminal, even without logging set up."""
    script = """
import socket
from wasend.sandbox import Sandbox
with Sandbox().serve() as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
    connection.sendall(b"garbage\\r\\n\\r\\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 400")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "", "::"])
def test_other_addresses_are_refused(host: str) -> None:
    """Without a word to allow it, the sandbox is not shown to other machines."""
    with pytest.raises(ValueError, match="allow_remote=True"):
        Sandbox().serve(host=host)


def test_other_addresses_on_demand(caplog: pytest.LogCaptureFixture) -> None:
    """Shown to other machines on demand, it warns, and its URL still works here."""
    with (
        caplog.at_level(logging.WARNING, "wasend"),
        Sandbox(api_key="a-key").serve(host="0.0.0.0", allow_remote=True) as server,
    ):
        assert [record.name for record in caplog.records] == ["wasend.sandbox"]
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert ask(server.url) == 200


def test_other_machines_need_a_key() -> None:
    """Shown to other machines, it does not let any key in."""
    with pytest.raises(ValueError, match="give the sandbox an api_key"):
        Sandbox().serve(host="0.0.0.0", allow_remote=True)


def told_over_a_socket(url: str, session: str, host: str, *headers: str) -> tuple[bool, bool]:
    """Whether a request for the session's messages, by this host and with these headers, is answered and told them."""
    address, _, port = url.removeprefix("http://").rpartition(":")
    lines = [
        f"GET /{session}/chats/447700900123%40c.us/messages HTTP/1.1",
        f"Host: {host}",
        "Authorization: Bearer any",
    ]
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, *headers, "Connection: close", "", ""]).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return answer.startswith(b"HTTP/1.1 200 "), b"between us" in answer


@pytest.mark.parametrize(
    ("host", "headers", "allowed"),
    [
        ("127.0.0.1:8787", [], True),
        ("localhost", ["Origin: http://localhost"], True),
        ("rebound.example.net", [], False),  # DNS rebinding: a page's own name, led to this machine
        ("rebound.example.net:8787", ["Origin: http://rebound.example.net:8787"], False),
        ("127.0.0.1:8787", ["Origin: https://evil.example.net"], False),
        ("127.0.0.1:8787", ["Origin: null"], False),
    ],
)
def test_pages_of_other_sites_are_told_nothing(host: str, headers: list[str], allowed: bool) -> None:
    """Any key is let in, so a browser's pages of other sites are kept from the API by their host and origin."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    sandbox.receive(desk.id, "+447700900123", "between us")
    with sandbox.serve() as server:
        assert told_over_a_socket(server.url, desk.id, host, *headers) == (allowed, allowed)


def test_a_name_of_this_machine_for_others() -> None:
    """Shown to other machines, it answers to whatever name they know it by."""
    sandbox = Sandbox(api_key="any")
    desk = sandbox.add_session()
    sandbox.receive(desk.id, "+447700900123", "between us")
    with sandbox.serve(allow_remote=True) as server:
        assert told_over_a_socket(server.url, desk.id, "sandbox.example.net") == (True, True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_loopback_addresses(host: str) -> None:
    """Each of this machine's own addresses serves without a word."""
    try:
        server = Sandbox().serve(host=host)
        server.start()
    except OSError:
        pytest.skip(f"this machine has no {host}")
    try:
        assert ask(server.url) == 200
        assert ask(server.url, "/_sandbox/messages") == 200
    finally:
        server.stop()


def test_many_threads(session: str, wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """Requests over sockets and calls from test threads at once lose nothing and share no id."""
    with httpx.Client(base_url=wasend_server.url, headers=KEY) as client:

        def send(n: int) -> str:
            text = {"session": session, "to": ADA, "text": str(n)}
            message: str = client.post("/sendText", json=text).json()["id"]
            assert message in {stored.id for stored in wasend_sandbox.messages(to=ADA)}
            assert wasend_sandbox.sessions[session].status == "CONNECTED"
            return message

        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(send, range(200)))
    assert len(set(ids)) == 200
    assert {message.content for message in wasend_sandbox.messages()} == {str(n) for n in range(200)}


def test_one_name_under_many_threads(wasend_sandbox: Sandbox) -> None:
    """Of many attempts at one name at once exactly one succeeds."""
    barrier = threading.Barrier(8, timeout=30)

    async def attempt() -> int:
        async with calling(wasend_sandbox) as client:
            barrier.wait(10)
            return (await client.post("/sessions", json=NEW)).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda _: asyncio.run(attempt()), range(8)))
    assert statuses == [200] + [409] * 7
