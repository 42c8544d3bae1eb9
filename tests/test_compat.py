"""
Programs written for the official SDK, for its documentation or for an older release of it.

The tables are of the official package 1.3.3: its Python names, the parameters each takes, and what its README calls
them. Errors are raised here where it answers them, the six calls named in `NO_SESSION` must name their session, and
`timeout` is in seconds; all else is the same.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import pytest
import respx

import wasend
from tests.calls import FACES, KEY, ask
from wasend import AsyncWasendClient, ConfigurationError, InvalidRequestError, NotFoundError, WasendClient
from wasend._compat import ALIASES, EXPORTS
from wasend.sandbox import Clock

CLIENTS: Final[Mapping[str, Any]] = {"async": AsyncWasendClient, "sync": WasendClient}
NUMBER: Final = "+447700900456"
GROUP: Final = "120363041234567890@g.us"
CHAT: Final = "447700900456@c.us"

SEND: Final = (
    "session",
    "to",
    "audio_url",
    "document_url",
    "filename",
    "image_url",
    "mimetype",
    "preview",
    "text",
    "video_url",
)
OFFICIAL: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # what may be given by position, and what by keyword only
    "add_group_participants": (("session_id", "group_id"), ("participants", "notify")),
    "check_contact_exists": (("session_id",), ("phone",)),
    "create_group": (("session_id",), ("name", "participants", "description", "picture_url", "tags")),
    "create_session": (
        (),
        (
            "phone_number",
            "session_name",
            "enable_account_protection",
            "enable_message_logging",
            "enable_webhook",
            "webhook_url",
        ),
    ),
    "delete_group_picture": (("session_id", "group_id"), ()),
    "delete_session": (("session_id",), ()),
    "demote_group_participants": (("session_id", "group_id"), ("participants", "notify")),
    "get_all_chats": (("session",), ("limit", "offset", "sort_by", "sort_order")),
    "get_chat_picture": (("session", "chat_id"), ("refresh",)),
    "get_chats_overview": (("session",), ("ids", "limit", "offset")),
    "get_contact": (("session_id",), ("contact_id",)),
    "get_contact_profile_picture": (("session_id",), ("contact_id", "refresh")),
    "get_contacts": (("session_id",), ("limit", "offset", "sort_by", "sort_order")),
    "get_group": (("session_id", "group_id"), ()),
    "get_group_info_admin_only": (("session_id", "group_id"), ()),
    "get_group_invite_code": (("session_id", "group_id"), ()),
    "get_group_join_info": (("session_id", "code"), ()),
    "get_group_messages_admin_only": (("session_id", "group_id"), ()),
    "get_group_participants": (("session_id", "group_id"), ()),
    "get_group_picture": (("session_id", "group_id", "refresh"), ()),
    "get_groups": (
        ("session_id",),
        ("exclude", "limit", "offset", "search", "sort_by", "sort_order", "status", "tags"),
    ),
    "get_groups_count": (("session_id",), ()),
    "get_message": (("message_id",), ()),
    "get_message_by_id": (("session", "chat_id", "message_id"), ("download_media",)),
    "get_messages": (("session", "chat_id"), ("limit", "download_media", "filter", "offset")),
    "join_group": (("session_id",), ("code",)),
    "leave_group": (("session_id", "group_id"), ()),
    "promote_group_participants": (("session_id", "group_id"), ("participants", "notify")),
    "read_messages": (("session", "chat_id"), ("days", "messages")),
    "remove_group_participants": (("session_id", "group_id"), ("participants", "notify")),
    "restart_session": (("session_id",), ()),
    "retrieve_account": ((), ()),
    "retrieve_all_sessions": ((), ()),
    "retrieve_qr_code": (("session_id",), ()),
    "retrieve_session_info": (("session_id",), ()),
    "revoke_group_invite_code": (("session_id", "group_id"), ()),
    "send": ((), SEND),
    "send_file": ((), ("file_name", "mime_type", "data", "url", "to")),
    "send_image": ((), ("caption", "data", "url", "to")),
    "send_link_custom_preview": ((), ("preview", "text", "to")),
    "send_message": (("request", "options"), ()),
    "send_reaction": ((), ("message_id", "reaction", "session")),
    "send_seen": ((), ("message_id", "session", "to")),
    "send_text": ((), ("text", "to")),
    "send_video": ((), ("caption", "data", "url", "to")),
    "send_voice": ((), ("data", "duration", "url", "to")),
    "set_group_description": (("session_id", "group_id"), ("description",)),
    "set_group_info_admin_only": (("session_id", "group_id"), ("enabled", "changed_at", "changed_by")),
    "set_group_messages_admin_only": (("session_id", "group_id"), ("enabled", "changed_at", "changed_by")),
    "set_group_picture": (("session_id", "group_id"), ("url", "crop_to_square", "format")),
    "set_group_subject": (("session_id", "group_id"), ("subject",)),
    "start_session": (("session_id",), ()),
    "start_typing": ((), ("session", "to")),
    "stop_session": (("session_id",), ()),
    "stop_typing": ((), ("session", "to")),
}
NO_SESSION: Final = ("send_file", "send_image", "send_link_custom_preview", "send_text", "send_video", "send_voice")
"""Here the official SDK takes no session, without which the service refuses, and takes a ``content`` that nothing reads."""

DOCS_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "get_group_info": ("session_id", "group_id"),
    "get_group_description": ("session_id", "group_id"),
    "get_group_subject": ("session_id", "group_id"),
    "set_group_name": ("session_id", "group_id", "name"),
    "get_group_settings": ("session_id", "group_id"),
    "set_group_settings": ("session_id", "group_id", "info_admin_only", "messages_admin_only"),
    "get_group_invite_link": ("session_id", "group_id"),
    "revoke_group_invite_link": ("session_id", "group_id"),
}
"""Calls of the documentation that no release of the official SDK has."""

TEXT: Final[dict[str, Any]] = {"to": NUMBER, "text": "t"}
PICTURE: Final = {"to": NUMBER, "url": "https://example.org/a.bin"}
OLD: Final[list[tuple[str, tuple[Any, ...], dict[str, Any], str, str | None]]] = [
    # a former name, its arguments, and the request it makes
    ("get_all_sessions", (), {}, "GET /sessions", None),
    ("get_session_info", ("s",), {}, "GET /sessions/s", None),
    ("get_session_info", (), {"session_id": "s"}, "GET /sessions/s", None),
    ("get_qr_code", (), {"session_id": "s"}, "GET /sessions/s/auth/qr", None),
    ("retrieve_session_qr", ("s",), {}, "GET /sessions/s/auth/qr", None),
    ("send_text_message", ("s", TEXT), {}, "POST /sendText", f'{{"session":"s","to":"{NUMBER}","text":"t"}}'),
    (
        "send_image_message",
        ("s", PICTURE),
        {},
        "POST /sendImage",
        f'{{"session":"s","to":"{NUMBER}","url":"https://example.org/a.bin"}}',
    ),
    (
        "send_video_message",
        ("s", PICTURE),
        {},
        "POST /sendVideo",
        f'{{"session":"s","to":"{NUMBER}","url":"https://example.org/a.bin"}}',
    ),
    (
        "send_voice_message",
        ("s", PICTURE),
        {},
        "POST /sendVoice",
        f'{{"session":"s","to":"{NUMBER}","url":"https://example.org/a.bin"}}',
    ),
    (
        "send_file_message",
        ("s", {**PICTURE, "fileName": "a.pdf", "mimeType": "application/pdf"}),
        {},
        "POST /sendFile",
        f'{{"session":"s","to":"{NUMBER}","url":"https://example.org/a.bin","fileName":"a.pdf","mimeType":"application/pdf"}}',
    ),
    (
        "send_link_with_custom_preview",
        ("s", {**TEXT, "preview": {"title": "T", "thumbnailUrl": "u"}}),
        {},
        "POST /send/link-custom-preview",
        f'{{"session":"s","to":"{NUMBER}","text":"t","preview":{{"title":"T","thumbnailUrl":"u"}}}}',
    ),
    (
        "set_reaction",
        ({"sessionId": "s", "messageId": "m", "reaction": "👍"},),
        {},
        "PUT /reaction",
        '{"session":"s","messageId":"m","reaction":"👍"}',
    ),
    (
        "set_reaction",
        (),
        {"session": "s", "message_id": "m", "reaction": ""},
        "PUT /reaction",
        '{"session":"s","messageId":"m","reaction":""}',
    ),
    (
        "get_profile_picture_url",
        ("s", {"contactId": CHAT, "refresh": False}),
        {},
        "GET /contacts/profile-picture?session=s&contactId=447700900456%40c.us&refresh=false",
        None,
    ),
    (
        "process_message",
        ({"session": "s", **TEXT}, {"minTypingDuration": "1"}),
        {},
        "POST /send",
        f'{{"session":"s","to":"{NUMBER}","text":"t"}}',
    ),
]


@pytest.fixture
def service() -> Any:
    """A service that says yes to everything."""
    with respx.mock(assert_all_called=False) as router:
        router.get("/sessions").respond(200, json=[])
        router.route().respond(200, json={"id": "m"})
        yield router


def made(service: Any) -> list[str]:
    """The requests that were made."""
    return [f"{call.request.method} {call.request.url.raw_path.decode()}" for call in service.calls]


def test_the_table_is_whole() -> None:
    """All of the 54 requests that the official SDK can make are in the table, and `send_message`, which is several."""
    assert len(OFFICIAL) == 55


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", [*OFFICIAL, "retrieve_config", *DOCS_ONLY])
def test_every_official_name_exists(name: str, face: str) -> None:
    """Every call of the official SDK and of the documentation is a documented method of both clients."""
    method = inspect.getattr_static(CLIENTS[face], name, None)
    assert method is not None or name in dir(CLIENTS[face])
    assert inspect.getdoc(getattr(CLIENTS[face], name))


VALUES: Final[Mapping[str, Any]] = {
    # for each official parameter, something that its call accepts; `None` for one that another rules out
    **dict.fromkeys(("session", "session_id"), "s"),
    **dict.fromkeys(("enable_account_protection", "enable_message_logging", "enable_webhook"), False),
    **dict.fromkeys(("enabled", "refresh", "notify", "crop_to_square", "download_media"), True),
    **dict.fromkeys(("info_admin_only", "messages_admin_only"), True),
    **dict.fromkeys(("to", "phone", "phone_number"), NUMBER),
    **dict.fromkeys(("chat_id", "contact_id"), CHAT),
    **dict.fromkeys(("limit", "offset", "days", "messages", "duration"), 5),
    **dict.fromkeys(("data", "webhook_url", "changed_at", "changed_by"), None),
    **dict.fromkeys(
        ("url", "image_url", "video_url", "audio_url", "document_url", "picture_url"), "https://example.org/a.jpg"
    ),
    **dict.fromkeys(("name", "subject", "description", "session_name", "search", "text", "caption", "reaction"), "x"),
    **dict.fromkeys(("filename", "file_name"), "a.jpg"),
    **dict.fromkeys(("mimetype", "mime_type"), "image/jpeg"),
    "group_id": GROUP,
    "message_id": "m",
    "participants": [NUMBER],
    "tags": ["x"],
    "ids": [CHAT],
    "code": "AbCdEfGhIjKlMnOpQrStUv",
    "exclude": ["participants"],
    "filter": {"fromMe": True},
    "format": "jpeg",
    "preview": {"title": "T"},
    "sort_by": "name",
    "sort_order": "asc",
    "status": "active",
}
LISTS: Final = (
    "get_all_chats",
    "get_chats_overview",
    "get_contacts",
    "get_group_participants",
    "get_groups",
    "get_messages",
)


def check_accepted(face: str, name: str, positional: tuple[str, ...], keywords: tuple[str, ...], service: Any) -> None:
    """A call takes these parameters, the ids by position or by keyword, and makes the same request either way."""
    if name in LISTS:
        service.routes.clear()
        service.route().respond(200, json=[{"id": "m"}])
    given = {key: VALUES[key] for key in keywords} | ({"session": "s"} if name in NO_SESSION else {})
    ids = {key: VALUES[key] for key in positional}
    ask(face, name, *ids.values(), **given)
    ask(face, name, **ids, **given)
    (first, second) = [(call.request.method, call.request.url, call.request.content) for call in service.calls]
    assert first == second
    assert all(value in f"{unquote(str(first[1]))}{first[2]!r}" for value in ids.values() if isinstance(value, str))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", [name for name in OFFICIAL if name != "send_message"])
def test_every_official_call_is_accepted(name: str, face: str, service: Any) -> None:
    """It takes the official parameters, ids by position or keyword, under their own names."""
    check_accepted(face, name, *OFFICIAL[name], service)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", DOCS_ONLY)
def test_every_documented_call_is_accepted(name: str, face: str, service: Any) -> None:
    """So does each call that only the documentation names."""
    check_accepted(face, name, DOCS_ONLY[name][:2], DOCS_ONLY[name][2:], service)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", ["start_session", "send_reaction", "get_contact"])
def test_session_named_twice(name: str, face: str, service: Any) -> None:
    """A session given under both names is a mistake, and not a choice made in silence."""
    given = {key: VALUES[key] for key in OFFICIAL[name][1]}
    with pytest.raises((TypeError, InvalidRequestError), match="session_id"):
        ask(face, name, **{**given, "session": "s", "session_id": "t"})
    assert not service.calls


@pytest.mark.parametrize("face", FACES)
def test_constructor(face: str) -> None:
    """The client is made with the official keywords; a timeout in milliseconds is refused with what to write."""
    client = CLIENTS[face](api_key=KEY, base_url="https://api.wasend.dev", timeout=30)
    assert client.retrieve_config().base_url == "https://api.wasend.dev"
    assert CLIENTS[face](api_key=KEY, base_url=None, timeout=None).retrieve_config().timeout.answer == 30
    with pytest.raises(ConfigurationError, match="seconds, not milliseconds"):
        CLIENTS[face](api_key=KEY, timeout=30000)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", ["retrieve_account", "get_message", "send_reaction", "get_all_chats", "read_messages"])
def test_errors_are_raised(name: str, face: str, service: Any) -> None:
    """Nine official calls answer a failure as ``success=False``; here it is raised like any other."""
    service.routes.clear()
    service.route().respond(404, json={"message": "no"})
    args: Any = {"get_message": ("m",), "get_all_chats": ("s",), "read_messages": ("s", CHAT)}
    given: dict[str, Any] = {"session": "s", "message_id": "m", "reaction": ""} if name == "send_reaction" else {}
    with pytest.raises(NotFoundError):
        ask(face, name, *args.get(name, ()), **given)


# -------------------------------------------------------------------------------------------------------- send_message

REQUEST: Final = {"session": "s", "to": NUMBER, "text": "t", "imageUrl": "https://example.org/a.jpg"}
OPTIONS: Final = {"minTypingDuration": "20", "maxTypingDuration": "30", "sendSeen": "true", "messageId": "m"}
HUMANLY: Final = ["POST /sendSeen", "POST /startTyping", "POST /stopTyping", "POST /send"]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("args", "given", "calls", "waited"),
    [
        ((REQUEST, OPTIONS), {}, HUMANLY, 0.03),
        ((), {"request": REQUEST, "options": OPTIONS}, HUMANLY, 0.03),
        ((REQUEST,), {"options": OPTIONS}, HUMANLY, 0.03),
        ((REQUEST, {**OPTIONS, "sendSeen": "false"}), {}, HUMANLY[1:], 0.03),
        ((REQUEST, {"messageId": "m", "send_seen": "False"}), {}, HUMANLY[1:], 3.0),
        ((REQUEST, {"minTyping": "4000"}), {}, HUMANLY[1:], 4.0),
        ((REQUEST, {"min_typing": 4, "max_typing": 5}), {}, HUMANLY[1:], 4),
        ((REQUEST, {}), {}, HUMANLY[1:], 3.0),
        ((REQUEST, None), {}, HUMANLY[1:], 3.0),
        ((REQUEST,), {"options": None}, HUMANLY[1:], 3.0),
        (({**REQUEST, "text": "x" * 100},), {}, HUMANLY[1:], 5.0),
    ],
)
def test_send_message_with_options(
    args: Any, given: Any, calls: list[str], waited: float, face: str, service: Any
) -> None:
    """Request and options are two mappings, by position or by name; text is milliseconds and numbers are seconds."""
    clock = Clock(stopped=True, at=0)
    ask(face, "send_message", *args, settings={"clock": clock}, **given)
    assert made(service) == calls
    assert clock.now() == waited
    sent = service.calls.last.request.content.decode()
    assert sent.startswith(f'{{"session":"s","to":"{NUMBER}","text":"')
    assert sent.endswith('"imageUrl":"https://example.org/a.jpg"}')
    assert "yping" not in sent


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("args", "given", "field", "words"),
    [
        ((), {"to": NUMBER, "content": "hello"}, "content", "send_text(session=..., to=..., text=...)"),
        (({"to": NUMBER, "content": "hello"},), {}, "content", "text goes into text"),
        ((REQUEST, {"sendSeen": "perhaps"}), {}, "send_seen", "pass True or False"),
        ((REQUEST, {"minTypingDuration": "3s"}), {}, "min_typing", "text alone is milliseconds"),
        ((REQUEST, {"minTypingDuration": 3000}), {}, "min_typing", "pass seconds, not milliseconds"),
        ((REQUEST, {"maxTypingDuration": True}), {}, "max_typing", "pass seconds, not milliseconds"),
        ((REQUEST, {"maxTypingDurations": "3"}), {}, "maxTypingDurations", "no such field"),
        ((REQUEST, "options"), {}, "send_message", "expected a mapping, got str"),
        ((REQUEST, {}, 5), {}, "send_message", "expected a mapping, got int"),
        (("s", "t", REQUEST), {}, "send_message", "expected a mapping, got str"),
        ((REQUEST,), {"options": 5}, "send_message", "expected a mapping, got int"),
        ((None, OPTIONS), {}, "send_message", "expected a mapping, got NoneType"),
        ((), {"request": None}, "session", "is missing"),
    ],
)
def test_send_message_refused(args: Any, given: Any, field: str, words: str, face: str, service: Any) -> None:
    """The form of 1.0 to 1.3.0 is told what to write now, and what is no option is refused before anything is sent."""
    with pytest.raises(InvalidRequestError) as caught:
        ask(face, "send_message", *args, **given)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert not service.calls


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", NO_SESSION)
def test_content_is_refused(name: str, face: str, service: Any) -> None:
    """The ``content`` of the official send calls, which none of them reads, is refused with where it belongs."""
    with pytest.raises(InvalidRequestError, match="the text goes into text") as caught:
        ask(face, name, to=NUMBER, content="", session="s")
    assert caught.value.field == "content"


# ------------------------------------------------------------------------------------------------- forms of arguments


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("name", "args", "given", "line"),
    [
        ("send_seen", ("s", {"to": CHAT, "messageId": "m"}), {}, "POST /sendSeen"),
        ("send_text", (wasend.Session(unique_session_id="s"), TEXT), {}, "POST /sendText"),
        ("send_text", ({"session_id": "s"}, TEXT), {}, "POST /sendText"),
        ("send_text", (TEXT,), {"session": "s"}, "POST /sendText"),
        (
            "get_groups",
            ("s", {"sortOrder": "desc", "status": "ACTIVE", "limit": 0}),
            {},
            "GET /s/groups?limit=0&sortOrder=desc&status=active",
        ),
        ("get_contacts", ("s", {"sortBy": "name"}), {}, "GET /contacts/all?session=s&sortBy=name"),
        (
            "get_contact",
            ({"session": "s", "contactId": CHAT},),
            {},
            "GET /contacts?session=s&contactId=447700900456%40c.us",
        ),
        (
            "get_contact",
            ({"contactId": CHAT},),
            {"session_id": "s"},
            "GET /contacts?session=s&contactId=447700900456%40c.us",
        ),
        ("get_all_chats", ("s", {"limit": 10, "sortBy": "timestamp"}), {}, "GET /s/chats?limit=10&sortBy=timestamp"),
        ("get_chats_overview", ("s", {"ids": [CHAT]}), {}, "GET /s/chats/overview?ids=447700900456%40c.us"),
        (
            "get_messages",
            ("s", CHAT, {"limit": 5, "downloadMedia": False, "filter": {"timestampGte": 5, "fromMe": True}}),
            {},
            "GET /s/chats/447700900456%40c.us/messages?limit=5&downloadMedia=false&filter.timestamp.gte=5&filter.fromMe=true",
        ),
        (
            "get_message_by_id",
            ("s", CHAT, "m", {"downloadMedia": True}),
            {},
            "GET /s/chats/447700900456%40c.us/messages/m?downloadMedia=true",
        ),
        (
            "get_chat_picture",
            ("s", CHAT, {"refresh": True}),
            {},
            "GET /s/chats/447700900456%40c.us/picture?refresh=true",
        ),
        ("get_group_picture", ("s", GROUP, True), {}, "GET /s/groups/120363041234567890%40g.us/picture?refresh=true"),
        (
            "get_group_join_info",
            ("s", "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv"),
            {},
            "GET /s/groups/join-info?code=",
        ),
        ("get_group_join_info", ("s", {"code": "AbCdEfGhIjKlMnOpQrStUv"}), {}, "GET /s/groups/join-info?code="),
        (
            "read_messages",
            (),
            {"session": "s", "chat_id": CHAT, "messages": 5},
            "POST /s/chats/447700900456%40c.us/messages/read?messages=5",
        ),
        (
            "set_group_info_admin_only",
            ("s", GROUP),
            {"enabled": True, "changed_at": "x", "changed_by": "y"},
            "PUT /s/groups/120363041234567890%40g.us/settings/security/info-admin-only",
        ),
    ],
)
def test_forms(name: str, args: Any, given: Any, line: str, face: str, service: Any) -> None:
    """Ids and session are found by position, by keyword or in a mapping, under either of their names."""
    if name.startswith("get_") and name not in (
        "get_contact",
        "get_message_by_id",
        "get_chat_picture",
        "get_group_picture",
        "get_group_join_info",
    ):
        service.routes.clear()
        service.route().respond(200, json=[{"id": "m"}])
    ask(face, name, *args, **given)
    assert made(service)[0].startswith(line)
    if name == "set_group_info_admin_only":
        assert service.calls.last.request.content == b'{"enabled":true}'


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("args", "field"), [(({"contactId": CHAT},), "session"), ((), "session"), (("s",), "contact_id")]
)
def test_missing(args: Any, field: str, face: str, service: Any) -> None:
    """An id that is missing is named like any other field."""
    with pytest.raises(InvalidRequestError, match="is missing") as caught:
        ask(face, "get_contact", *args)
    assert caught.value.field == field
    assert not service.calls


# -------------------------------------------------------------------------------------------------------- former names


def test_every_alias_is_tried() -> None:
    """Each name in the package's table has its row here, and names a call that exists."""
    assert {row[0] for row in OLD} | {"sessions"} == set(ALIASES)
    for now in filter(None, ALIASES.values()):
        assert now in dir(AsyncWasendClient)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(("name", "args", "given", "line", "body"), OLD, ids=[row[0] for row in OLD])
def test_alias(name: str, args: Any, given: Any, line: str, body: str | None, face: str, service: Any) -> None:
    """A former name works, and warns with the one to use, at the line that used it."""
    with pytest.warns(
        DeprecationWarning, match=f"^client.{name} is a former name: use client.{ALIASES[name]}$"
    ) as caught:
        ask(face, name, *args, **given)
    assert made(service)[-1] == line
    assert service.calls.last.request.content == (body or "").encode()
    assert caught[0].filename.endswith("calls.py")


@pytest.mark.parametrize("face", FACES)
def test_sessions(face: str, service: Any) -> None:
    """``client.sessions.create_session(...)`` of old READMEs is ``client.create_session(...)``."""
    client = CLIENTS[face](KEY)
    with pytest.warns(
        DeprecationWarning, match=r"^client.sessions is a former name: use client itself, as in client.create_session"
    ):
        assert client.sessions is client
    with pytest.warns(DeprecationWarning, match="is a former name") as caught:
        assert client.sessions.get_all_sessions == client.retrieve_all_sessions
    assert len(caught) == 2
    assert {one.filename for one in caught} == {__file__}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("send_mesage", "did you mean 'send_message'?"),
        ("sendText", "did you mean 'send_text'?"),
        ("retrieveQRCode", "did you mean 'retrieve_qr_code'?"),
        ("zzz", "has no attribute 'zzz'"),
        ("_private", "has no attribute '_private'"),
        ("__deepcopy__", "has no attribute '__deepcopy__'"),
    ],
)
def test_unknown_name(name: str, words: str, face: str) -> None:
    """A name that never was is an `AttributeError` that names the nearest known one, if there is one near."""
    client = CLIENTS[face](KEY)
    assert not hasattr(client, name)
    with pytest.raises(AttributeError) as caught:
        getattr(client, name)
    assert str(caught.value).startswith(type(client).__name__)
    assert str(caught.value).endswith(words)


@pytest.mark.parametrize("face", FACES)
def test_aliases_are_not_offered(face: str) -> None:
    """Former names work, but are not listed; looking a client over warns of nothing."""
    assert not set(ALIASES) & set(dir(CLIENTS[face](KEY)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inspect.getmembers(CLIENTS[face](KEY))


def test_utils() -> None:
    """``WasendUtils`` has the two functions, which warn; a country is not guessed."""
    utils = wasend.WasendUtils  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match="use wasend.format_phone_number"):
        assert utils.format_phone_number("07700 900456", "44") == NUMBER
    with pytest.warns(DeprecationWarning, match="use wasend.format_phone_number"):
        assert utils.format_phone_number(phone_number=NUMBER) == NUMBER
    with pytest.warns(DeprecationWarning, match="use wasend.is_valid_phone_number"):
        assert utils.is_valid_phone_number(NUMBER) is True
    with pytest.warns(DeprecationWarning, match="former"), pytest.raises(InvalidRequestError):
        utils.format_phone_number("07700900456")


def test_structs(service: Any) -> None:
    """What the official SDK takes as an argument is exported under its name, warns, and goes out as a mapping does."""
    found = {}
    for name, (_, instead) in EXPORTS.items():
        with pytest.warns(DeprecationWarning, match=f"^wasend.{name} is a former name: use {instead}$") as caught:
            found[name] = getattr(wasend, name)
        assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="SendRequest"):
        from wasend import SendRequest  # type: ignore[attr-defined]  # noqa: F401

    people = [found["CreateGroupParticipant"](id=NUMBER, is_admin=True)]
    ask("sync", "create_group", "s", name="Crew", participants=people)
    assert (
        service.calls.last.request.content == b'{"name":"Crew","participants":[{"id":"+447700900456","isAdmin":true}]}'
    )
    ask(
        "sync",
        "send_link_custom_preview",
        session="s",
        **TEXT,
        preview=found["LinkPreviewRequest"](title="T", thumbnail_url="u"),
    )
    assert b'"preview":{"title":"T","thumbnailUrl":"u"}' in service.calls.last.request.content
    request = found["SendRequest"](session="s", to=NUMBER, image_url="https://example.org/a.jpg")
    ask("sync", "send_message", request, {"minTypingDuration": "1"})
    assert service.calls.last.request.content.endswith(b'"imageUrl":"https://example.org/a.jpg"}')
    service.routes.clear()
    service.route().respond(200, json=[{"id": "m"}])
    ask(
        "sync",
        "get_messages",
        "s",
        CHAT,
        limit=1,
        filter=found["GetMessagesFilterOptions"](timestamp_gte=5, from_me=False),
    )
    assert "filter.timestamp.gte=5&filter.fromMe=false" in made(service)[-1]
    ask("sync", "get_groups", "s", status=found["GroupStatus"].ACTIVE)
    assert made(service)[-1] == "GET /s/groups?status=active"


@pytest.mark.parametrize(
    ("name", "words"), [("AsyncWasendClent", "did you mean 'AsyncWasendClient'?"), ("zzz", "'zzz'")]
)
def test_unknown_export(name: str, words: str) -> None:
    """The module answers for names that never were as modules do, and names the nearest known one."""
    with pytest.raises(AttributeError) as caught:
        getattr(wasend, name)
    assert str(caught.value).startswith("module 'wasend' has no attribute")
    assert str(caught.value).endswith(words)
