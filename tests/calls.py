"""Every call as a row of one table: what is asked, what goes out, what may come back in each dialect, and what it is read into."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from wasend import AsyncWasendClient, Message, Page, QRCode, Result, Session, WasendClient
from wasend._core.names import camel
from wasend.api.sessions import Downstream

KEY: Final = "key-1"
BASE: Final = "https://api.wasend.dev"
FACES: Final = ("async", "sync")
PNG: Final = b"\x89PNG\r\n\x1a\n picture"
PNG_TEXT: Final = "iVBORw0KGgogcGljdHVyZQ=="


@attrs.frozen
class Shape:
    """An answer in one dialect (docs, sdk, engine), and what it is read into."""

    dialect: str
    content: str | bytes
    value: object
    content_type: str = "application/json"


@attrs.frozen(kw_only=True)
class Row:
    """
    One call.

    Attributes:
        call: The method.
        ids: Its positional arguments.
        given: Its fields.
        sent: Verb and raw target, such as ``GET /sessions?limit=1``.
        body: The JSON text that goes out; `None` for no body.
        answers: What may come back.
        official: The same request as the official SDK 1.3.3 makes it, where that was observed: the same but for the fields' order.
        tag: What sets the row apart from others of the same call.
        safe: Whether making it twice is as good as once.
    """

    call: str
    sent: str
    answers: tuple[Shape, ...]
    ids: tuple[Any, ...] = ()
    given: Mapping[str, Any] = attrs.field(factory=dict)
    body: str | None = None
    official: tuple[str, str | None] | None = None
    tag: str = ""
    safe: bool = True

    @property
    def id(self) -> str:
        """The name in the report of a test."""
        return f"{self.call}-{self.tag}" if self.tag else self.call

    def forms(self) -> Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]]:
        """The arguments in each form in which the call may be written."""
        written = {"keywords": (self.ids, self.given)}
        if self.given:
            written["camel"] = ((*self.ids, {camel(name): value for name, value in self.given.items()}), {})
            written["snake"] = ((*self.ids, dict(self.given)), {})
        return written


def changed(value: Any, **fields: Any) -> Any:
    """A model with other values in some of its fields."""
    return attrs.evolve(value, **fields)


def ask(face: str, call: str, *args: Any, settings: Mapping[str, Any] | None = None, **given: Any) -> Any:
    """Make one call with a client of its own, never repeating it: ``face`` is ``"async"`` or ``"sync"``."""
    settings = {"retry": None, **(settings or {})}

    async def asked() -> Any:
        async with AsyncWasendClient(KEY, **settings) as client:
            return await getattr(client, call)(*args, **given)

    if face == "async":
        return asyncio.run(asked())
    with WasendClient(KEY, **settings) as client:
        return getattr(client, call)(*args, **given)


SIX: Final = (
    '"uniqueSessionId":"ses_1","sessionName":"Front Desk","phoneNumber":"+447700900123","status":"CREATED",'
    '"createdAt":"2025-06-11T09:15:02.114Z","updatedAt":"2025-06-11T09:15:02.114Z"'
)
CREATED: Final = datetime(2025, 6, 11, 9, 15, 2, 114000, UTC)
SESSION: Final = Session(
    unique_session_id="ses_1",
    session_name="Front Desk",
    phone_number="+447700900123",
    status="CREATED",
    created_at=CREATED,
    updated_at=CREATED,
)
ENGINE: Final = {"grpc": {"client": "READY", "stream": "READY"}, "gows": {"found": True, "connected": True}}
CONFIG: Final[dict[str, Any]] = {
    "metadata": {"user.id": "usr_42", "user.email": "ops@example.org"},
    "proxy": None,
    "debug": False,
    "webhooks": [],
}
OF_DOCS: Final = Shape("docs", f"{{{SIX}}}", SESSION)
OF_SDK: Final = Shape(
    "sdk",
    f'{{{SIX},"id":"6849aa","userId":"usr_42","enableAccountProtection":true,"enableMessageLogging":false,'
    '"enableWebhook":false,"name":"ses_1","config":{"metadata":{"user.id":"usr_42","user.email":"ops@example.org"},'
    '"proxy":null,"debug":false,"webhooks":[]},"engine":{"grpc":{"client":"READY","stream":"READY"},'
    '"gows":{"found":true,"connected":true}}}',
    changed(
        SESSION,
        id="6849aa",
        user_id="usr_42",
        enable_account_protection=True,
        enable_message_logging=False,
        enable_webhook=False,
        name="ses_1",
        config=CONFIG,
        engine=ENGINE,
    ),
)
OF_ENGINE: Final = Shape(
    "engine",
    '{"name":"ses_1","status":"STARTING"}',
    Session(unique_session_id="ses_1", name="ses_1", status="STARTING"),
)
WRAPPED: Final = Shape("wrapped", f'{{"success":true,"session":{{{SIX}}}}}', SESSION)
SWITCHES: Final = {"enableAccountProtection": 1, "enableWebhook": True, "webhookUrl": "https://hooks.example.org/wa"}

SENT: Final = datetime(2025, 6, 11, 9, 21, 33, tzinfo=UTC)
SENT_ID: Final = "true_447700900456@c.us_3EB0A1B2C3D4E5F60718"


def sent_as(kind: str) -> tuple[Shape, ...]:
    """What the service may answer when it has taken a message of a type."""
    return (
        Shape(
            "docs",
            f'{{"id":"{SENT_ID}","to":"+447700900456","content":"See you at 10","type":"{kind}",'
            '"timestamp":"2025-06-11T09:21:33.000Z","status":"sent","fromMe":true,"sender":"+447700900123",'
            '"recipient":"+447700900456"}',
            Message(
                id=SENT_ID,
                to="+447700900456",
                content="See you at 10",
                type=kind,
                timestamp=SENT,
                status="sent",
                from_me=True,
                sender="+447700900123",
                recipient="+447700900456",
            ),
        ),
        Shape("sdk", f'{{"success":true,"data":{{"id":"{SENT_ID}"}}}}', Message(id=SENT_ID)),
        Shape(
            "engine",
            f'{{"id":"{SENT_ID}","timestamp":1749633693,"from":"447700900123@c.us","fromMe":true,'
            '"to":"447700900456@c.us","body":"See you at 10","hasMedia":false,"ack":1}',
            Message(
                id=SENT_ID,
                to="447700900456@c.us",
                content="See you at 10",
                timestamp=SENT,
                from_me=True,
                sender="447700900123@c.us",
                extra={"hasMedia": False, "ack": 1},
            ),
        ),
        Shape(
            "engine-key",
            '{"key":{"remoteJid":"447700900456@c.us","fromMe":true,"id":"3EB0"},"messageTimestamp":"1749633693"}',
            Message(
                id="3EB0",
                to="447700900456@c.us",
                from_me=True,
                timestamp=SENT,
                extra={"key": {"remoteJid": "447700900456@c.us", "fromMe": True, "id": "3EB0"}},
            ),
        ),
        Shape(
            "engine-object",
            f'{{"id":{{"fromMe":true,"_serialized":"{SENT_ID}"}},"timestamp":1749633693000}}',
            Message(id=SENT_ID, timestamp=SENT),
        ),
    )


DONE: Final = (
    Shape("docs", '{"success":true}', Result()),
    Shape("docs-message", '{"success":1,"message":"done"}', Result(message="done")),
    Shape("sdk", "", Result()),
    Shape("engine", '{"result":1}', Result(extra={"result": 1})),
)
CHAT: Final = {"session": "ses_1", "to": "+44 7700 900456"}
CHAT_BODY: Final = '"session":"ses_1","to":"+447700900456"'
PICTURE: Final = "https://example.org/a%20b.jpg"
INFO: Final = "/sessions/ses_1"

# These need `Row` and `Shape`, so they are imported below them.
from tests.calls_chats import ROWS as CHAT_ROWS  # noqa: E402
from tests.calls_groups import ROWS as GROUP_ROWS  # noqa: E402

ROWS: Final = (
    Row(
        call="create_session",
        given={"session_name": "n", "phone_number": "+447700900123", "enable_webhook": False},
        sent="POST /sessions",
        body='{"sessionName":"n","phoneNumber":"+447700900123","enableWebhook":false}',
        official=("POST /sessions", '{"phoneNumber":"+447700900123","sessionName":"n","enableWebhook":false}'),
        answers=(OF_DOCS, OF_SDK, OF_ENGINE, WRAPPED),
        safe=False,
    ),
    Row(
        call="create_session",
        tag="everything",
        given={
            "session_name": 'Büro ☎ "1"',
            "phone_number": "0044 (7700) 900-123",
            "enable_account_protection": True,
            "enable_message_logging": 0,
            "enable_webhook": True,
            "webhook_url": "https://hooks.example.org/wa?a=1&b=2",
        },
        sent="POST /sessions",
        body='{"sessionName":"Büro ☎ \\"1\\"","phoneNumber":"+447700900123","enableAccountProtection":true,'
        '"enableMessageLogging":0,"enableWebhook":true,"webhookUrl":"https://hooks.example.org/wa?a=1&b=2"}',
        answers=(OF_DOCS,),
        safe=False,
    ),
    Row(
        call="retrieve_all_sessions",
        sent="GET /sessions",
        answers=(
            Shape("docs", f'{{"sessions":[{{"session":{{{SIX}}}}}]}}', Page((SESSION,))),
            Shape(
                "sdk",
                f'{{"sessions":[{{"session":{{{SIX}}},"downstream":{{"name":"ses_1","status":"WORKING","config":{{}},'
                '"engine":{}}}],"total":1}',
                Page(
                    (changed(SESSION, downstream=Downstream(name="ses_1", status="WORKING", config={}, engine={})),),
                    extra={"total": 1},
                ),
            ),
            Shape("data", f'{{"success":true,"data":{{"sessions":[{{{SIX}}}]}}}}', Page((SESSION,))),
            Shape("engine", '[{"name":"ses_1","status":"STARTING"}]', Page((OF_ENGINE.value,))),
            Shape("none", '{"sessions":[]}', Page(())),
            Shape("null", '{"sessions":null}', Page(())),
        ),
    ),
    Row(
        call="retrieve_session_info",
        ids=("ses_1",),
        sent=f"GET {INFO}",
        answers=(
            OF_DOCS,
            OF_SDK,
            OF_ENGINE,
            Shape(
                "docs-config",
                f'{{{SIX},"config":{{"enableAccountProtection":1,"enableWebhook":true,'
                '"webhookUrl":"https://hooks.example.org/wa"}}',
                changed(
                    SESSION,
                    enable_account_protection=True,
                    enable_webhook=True,
                    webhook_url="https://hooks.example.org/wa",
                    config=SWITCHES,
                ),
            ),
        ),
    ),
    Row(call="retrieve_session_info", tag="of-a-session", ids=(SESSION,), sent=f"GET {INFO}", answers=(OF_DOCS,)),
    Row(call="delete_session", ids=("ses_1",), sent=f"DELETE {INFO}", answers=DONE),
    *(
        Row(
            call=f"{verb}_session",
            ids=("ses_1",),
            sent=f"POST {INFO}/{verb}",
            answers=(OF_DOCS, OF_SDK, OF_ENGINE, WRAPPED, Shape("empty", "", Session(unique_session_id="ses_1"))),
        )
        for verb in ("start", "stop", "restart")
    ),
    Row(
        call="retrieve_qr_code",
        ids=("ses_1",),
        sent=f"GET {INFO}/auth/qr",
        official=("GET /sessions/ses_1/auth/qr", None),
        answers=(
            Shape("docs", f'{{"data":"{PNG_TEXT}"}}', QRCode(data=PNG_TEXT)),
            Shape("sdk", f'{{"data":{{"data":"{PNG_TEXT}"}}}}', QRCode(data=PNG_TEXT)),
            Shape(
                "engine",
                f'{{"mimetype":"image/png","data":"{PNG_TEXT}"}}',
                QRCode(mimetype="image/png", data=PNG_TEXT),
            ),
            Shape(
                "data-url",
                f'{{"data":"data:image/png;base64,{PNG_TEXT}"}}',
                QRCode(data=f"data:image/png;base64,{PNG_TEXT}"),
            ),
            Shape("raw", '{"value":"2@Zk3,AbC,=="}', QRCode(data="2@Zk3,AbC,==")),
            Shape("picture", PNG, QRCode(mimetype="image/png", data=PNG_TEXT), "image/png"),
        ),
    ),
    Row(
        call="get_message",
        ids=("msg_55",),
        sent="GET /messages/msg_55",
        answers=(
            Shape(
                "docs",
                '{"id":"msg_55","to":"+447700900456","content":"Hi","sentAt":"2025-06-11T09:21:33Z","status":"delivered"}',
                Message(id="msg_55", to="+447700900456", content="Hi", timestamp=SENT, status="delivered"),
            ),
            Shape(
                "sdk", '{"success":true,"data":{"id":"msg_55","status":"read"}}', Message(id="msg_55", status="read")
            ),
        ),
    ),
    Row(
        call="send_text",
        given={**CHAT, "text": 'Grüße, ☕\n"10" </script>', "reply_to": "false_1@c.us_A"},
        sent="POST /sendText",
        body=f'{{{CHAT_BODY},"text":"Grüße, ☕\\n\\"10\\" </script>","replyTo":"false_1@c.us_A"}}',
        answers=sent_as("text"),
        safe=False,
    ),
    Row(
        call="send_text",
        tag="to-a-group-from-a-session",
        given={"session": SESSION, "to": "120363041234567890@g.us", "text": ""},
        sent="POST /sendText",
        body='{"session":"ses_1","to":"120363041234567890@g.us","text":""}',
        answers=sent_as("text")[:1],
        safe=False,
    ),
    *(
        Row(
            call=f"send_{kind}",
            given={**CHAT, "url": PICTURE, "caption": "c", "reply_to": "r"},
            sent=f"POST /send{kind.capitalize()}",
            body=f'{{{CHAT_BODY},"url":"{PICTURE}","caption":"c","replyTo":"r"}}',
            answers=sent_as(kind),
            safe=False,
        )
        for kind in ("image", "video")
    ),
    Row(
        call="send_image",
        tag="bytes",
        given={**CHAT, "data": PNG},
        sent="POST /sendImage",
        body=f'{{{CHAT_BODY},"data":"{PNG_TEXT}"}}',
        answers=sent_as("image")[:1],
        safe=False,
    ),
    Row(
        call="send_voice",
        given={**CHAT, "url": "https://example.org/a.ogg", "duration": 2.5},
        sent="POST /sendVoice",
        body=f'{{{CHAT_BODY},"url":"https://example.org/a.ogg","duration":2.5}}',
        answers=sent_as("ptt"),
        safe=False,
    ),
    Row(
        call="send_file",
        given={**CHAT, "url": PICTURE},
        sent="POST /sendFile",
        body=f'{{{CHAT_BODY},"url":"{PICTURE}","fileName":"a b.jpg","mimeType":"image/jpeg"}}',
        answers=sent_as("document"),
        safe=False,
    ),
    Row(
        call="send_file",
        tag="named",
        given={**CHAT, "data": PNG, "file_name": "n", "mime_type": "x/y", "reply_to": "r"},
        sent="POST /sendFile",
        body=f'{{{CHAT_BODY},"data":"{PNG_TEXT}","fileName":"n","mimeType":"x/y","replyTo":"r"}}',
        answers=sent_as("document")[:1],
        safe=False,
    ),
    Row(
        call="send_link_custom_preview",
        given={
            **CHAT,
            "text": "see https://example.org",
            "preview": {"title": "T", "description": "", "thumbnail_url": "https://example.org/t.png"},
        },
        sent="POST /send/link-custom-preview",
        body=f'{{{CHAT_BODY},"text":"see https://example.org","preview":{{"title":"T","description":"",'
        '"thumbnailUrl":"https://example.org/t.png"}}',
        answers=sent_as("text"),
        safe=False,
    ),
    Row(
        call="send_seen",
        given={**CHAT, "message_id": "m"},
        sent="POST /sendSeen",
        body=f'{{{CHAT_BODY},"messageId":"m"}}',
        answers=DONE,
    ),
    Row(
        call="send_reaction",
        given={"session": "ses_1", "message_id": "false_111@c.us_AAA", "reaction": ""},
        sent="PUT /reaction",
        body='{"session":"ses_1","messageId":"false_111@c.us_AAA","reaction":""}',
        official=("PUT /reaction", '{"messageId":"false_111@c.us_AAA","reaction":"","session":"ses_1"}'),
        answers=DONE,
    ),
    Row(call="start_typing", given=CHAT, sent="POST /startTyping", body=f"{{{CHAT_BODY}}}", answers=DONE),
    Row(call="stop_typing", given=CHAT, sent="POST /stopTyping", body=f"{{{CHAT_BODY}}}", answers=DONE),
    Row(
        call="send",
        given={**CHAT, "text": "hi", "preview": {"title": "T"}},
        sent="POST /send",
        body=f'{{{CHAT_BODY},"text":"hi","preview":{{"title":"T"}}}}',
        official=("POST /send", '{"session":"ses_1","to":"+447700900456","preview":{"title":"T"},"text":"hi"}'),
        answers=sent_as("text"),
        safe=False,
    ),
    Row(
        call="send",
        tag="everything",
        given={
            **CHAT,
            "text": "",
            "image_url": "i",
            "video_url": "v",
            "document_url": "d",
            "audio_url": "a",
            "mimetype": "m",
            "filename": "f",
        },
        sent="POST /send",
        body=f'{{{CHAT_BODY},"text":"","imageUrl":"i","videoUrl":"v","documentUrl":"d","audioUrl":"a","mimetype":"m","filename":"f"}}',
        answers=sent_as("document")[:1],
        safe=False,
    ),
    *GROUP_ROWS,
    *CHAT_ROWS,
)
"""All calls that are one request; a new one is one more row."""
