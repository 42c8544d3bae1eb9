"""The endpoints of chats."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from starlette.responses import Response

from wasend.sandbox.api.dialects import Dialect, Docs, Json, iso
from wasend.sandbox.api.endpoints import Call, Endpoint, InvalidCall
from wasend.sandbox.api.fields import PAGE, Check, Fields, flag, one_of, unix_time, whole
from wasend.sandbox.world import (
    ACKS,
    ChatSummary,
    Clock,
    State,
    StoredMessage,
    StoredSession,
    Unknown,
    bare_id,
    chat_id,
    is_group,
)

_MOST_MESSAGES = 50
_DAY = 24 * 60 * 60

_MEDIA = ("image", "video", "ptt", "audio", "document", "sticker")
_BY_TIME = ("conversationTimestamp", "messageTimestamp", "timestamp")

_ACKS = {**ACKS, **{str(number): number for number in ACKS.values()}}


def _acks(value: object) -> str | None:
    """Acks, by number or by name, with commas between."""
    if isinstance(value, str) and all(ack in _ACKS for ack in value.split(",")):
        return None
    return f"must be among the following values: {', '.join(_ACKS)}"


_DOWNLOAD: dict[str, Check] = {"downloadMedia": flag}

_LIST = Fields(required={}, optional={**PAGE, "sortBy": one_of(*_BY_TIME, "id", "name")})
_OVERVIEW = Fields(required={}, optional={"limit": whole, "offset": whole})
_READ = Fields(required={}, optional={"messages": whole, "days": whole})
_PICTURE = Fields(required={}, optional={"refresh": flag})
_ONE = Fields(required={}, optional=_DOWNLOAD)
_MESSAGES = Fields(
    required={},
    optional={
        "limit": whole,
        "offset": whole,
        **_DOWNLOAD,
        "filter.timestamp.gte": unix_time,
        "filter.timestamp.lte": unix_time,
        "filter.fromMe": flag,
        "filter.ack": _acks,
    },
)


def _wanted(call: Call, seen_until: float) -> Callable[[StoredMessage], bool]:
    """Return the query's filter. A message is as old as its answer says: in whole seconds."""
    query = call.query
    since = float(query.get("filter.timestamp.gte", "-inf"))
    until = float(query.get("filter.timestamp.lte", "inf"))
    from_me = query.get("filter.fromMe")
    acks = {_ACKS[ack] for several in query.getlist("filter.ack") for ack in several.split(",") if ack in _ACKS}

    def wanted(message: StoredMessage) -> bool:
        return (
            since <= int(message.timestamp) <= until
            and message.timestamp <= seen_until
            and (from_me is None or message.from_me == (from_me == "true"))
            and (not acks or ACKS[message.ack] in acks)
        )

    return wanted


def _chat(call: Call) -> str:
    try:
        return chat_id(call.path["chat"])
    except ValueError as error:
        raise InvalidCall([f"chatId {error}"]) from error


def chat_endpoints(state: State, dialect: Dialect, clock: Clock) -> list[Endpoint]:
    """Return the endpoints of chats."""
    chats = state.chats
    as_engine = isinstance(dialect, Docs)

    def asking(call: Call) -> StoredSession:
        return state.sessions.connected(call.path["session"], call.account)

    def name(chat: str) -> str | None:
        group = state.groups.find(chat)
        return state.people.name(chat) if group is None else group.name

    def picture_url(chat: str) -> str | None:
        group = state.groups.find(chat)
        return state.people.contact(chat).picture_url if group is None else group.picture_url

    def in_brief(chat: ChatSummary) -> dict[str, Json]:
        known = name(chat.id)
        return {
            "id": chat.id,
            **({} if known is None else {"name": known}),
            "isGroup": is_group(chat.id),
            "timestamp": int(chat.last.timestamp),
            "unreadCount": chat.unread,
        }

    def listed(chat: ChatSummary) -> Json:
        return {**in_brief(chat), "archived": False, "pinned": False}

    def overviewed(chat: ChatSummary) -> Json:
        if not as_engine:
            return in_brief(chat)
        return {
            "id": chat.id,
            "name": name(chat.id),
            "picture": picture_url(chat.id),
            "lastMessage": engine_message(chat.last, state),
            "_chat": listed(chat),
        }

    def shape(message: StoredMessage, session: StoredSession, call: Call) -> Json:
        download = call.query.get("downloadMedia") != "false"
        if as_engine:
            return engine_message(message, state, download=download)
        return sdk_message(message, session.own_id, download=download)

    def every(call: Call) -> Json:
        query = call.query
        found = chats.chats(asking(call).id)
        by = query.get("sortBy", _BY_TIME[0])
        if by == "id":
            found.sort(key=lambda chat: chat.id)
        elif by == "name":
            found.sort(key=lambda chat: (name(chat.id) or "", chat.id))
        if query.get("sortOrder", "desc" if by in _BY_TIME else "asc") == "desc":
            found.reverse()
        offset = int(query.get("offset", 0))
        limit = int(query.get("limit", len(found)))
        return [listed(chat) for chat in found[offset : offset + limit]]

    def overview(call: Call) -> Json:
        session, query = asking(call), call.query
        ids = {one for several in query.getlist("ids") for one in several.split(",")}
        found = [chat for chat in reversed(chats.chats(session.id)) if not ids or chat.id in ids]
        offset = int(query.get("offset", 0))
        page = found[offset : offset + int(query.get("limit", 20))]
        return [overviewed(chat) for chat in page]

    def seen_until(call: Call) -> float:
        return clock.now() - float(call.effects.get("unseen", 0))

    def messages(call: Call) -> Json:
        session = asking(call)
        found = chats.history(
            session.id,
            _chat(call),
            _wanted(call, seen_until(call)),
            offset=int(call.query.get("offset", 0)),
            limit=min(int(call.query.get("limit", 10)), _MOST_MESSAGES),
        )
        return [shape(message, session, call) for message in found]

    def message(call: Call) -> Json:
        session = asking(call)
        found = chats.message(call.path["message"])
        if (found.session, found.chat) != (session.id, _chat(call)) or found.timestamp > seen_until(call):
            raise Unknown("Message", found.id)
        return shape(found, session, call)

    def read(call: Call) -> Json:
        session, chat = asking(call), _chat(call)
        at_most = int(call.query.get("messages", 100 if is_group(chat) else 30))
        since = clock.now() - int(call.query.get("days", 7)) * _DAY
        ids = chats.read(session.id, chat, at_most=at_most, since=since)
        return {"ids": ids} if as_engine else {"success": True, "message": f"{len(ids)} messages marked as read"}

    def picture(call: Call) -> Json:
        asking(call)
        return {"url": picture_url(_chat(call))}

    def file(call: Call) -> Response:
        found = chats.file(call.path["session"], call.path["file"], call.account)
        return Response(found.content, media_type=found.mimetype)

    of_chat = "/{session}/chats/{chat}"
    return [
        Endpoint("GET", "/files/{session}/{file}", file),
        Endpoint("GET", "/{session}/chats", every, query=_LIST),
        Endpoint("GET", "/{session}/chats/overview", overview, query=_OVERVIEW),
        Endpoint("POST", f"{of_chat}/messages/read", read, query=_READ),
        Endpoint("GET", f"{of_chat}/messages", messages, query=_MESSAGES),
        Endpoint("GET", f"{of_chat}/messages/{{message}}", message, query=_ONE),
        Endpoint("GET", f"{of_chat}/picture", picture, query=_PICTURE),
    ]


def _ends(message: StoredMessage, own_id: str) -> dict[str, Json]:
    """Return where a message came from and where it went, as the engine tells it."""
    ends = (own_id, message.chat) if message.from_me else (message.chat, own_id)
    return {"from": ends[0], "to": ends[1]}


def _media(message: StoredMessage) -> dict[str, Any] | None:
    """Return a message's media; what was sent or received as bytes can be downloaded from here."""
    if message.type not in _MEDIA or message.revoked:
        return None
    body = message.body
    return {
        "url": message.file or message.content,
        "mimetype": body.get("mimeType") or body.get("mimetype"),
        "filename": body.get("fileName") or body.get("filename"),
    }


def sdk_message(message: StoredMessage, own_id: str, *, download: bool) -> Json:
    """Return a message as the official SDK declares it."""
    media = _media(message)
    optional = (
        {}
        if media is None
        else {
            "caption": message.words,
            "mediaUrl": media["url"] if download else None,
            "mimetype": media["mimetype"],
            "filename": media["filename"],
        }
    )
    optional["quotedMsgId"] = message.reply_to
    return {
        "id": message.id,
        "chatId": message.chat,
        **_ends(message, own_id),
        "body": message.words or "",
        "type": "chat" if message.type == "text" else message.type,
        "timestamp": int(message.timestamp),
        "fromMe": message.from_me,
        "ack": ACKS[message.ack],
        "hasMedia": media is not None,
        **{name: value for name, value in optional.items() if value is not None},
    }


def engine_message(message: StoredMessage, state: State, *, download: bool = False) -> Json:
    """
    Return a message as the engine behind the service has it: the documentation has no page on chats.

    `from` is the chat, also of what the session wrote, and `to` its writer, in groups only.
    """
    media = _media(message)
    in_group = is_group(message.chat)
    return {
        "id": message.id,
        "timestamp": int(message.timestamp),
        "from": message.chat,
        "fromMe": message.from_me,
        "source": "api" if message.from_me and not message.from_phone else "app",
        "to": message.writer if in_group else None,
        "participant": message.writer if in_group else None,
        "body": message.words or "",
        "hasMedia": media is not None,
        "media": {**media, "error": None} if media and download else None,
        "ack": ACKS[message.ack],
        "ackName": message.ack,
        "location": message.body.get("location"),
        "vCards": message.body.get("vCards"),
        "replyTo": None if message.reply_to is None else _quoted(message.reply_to, state),
        "_data": _engine_data(message, state),
    }


def _quoted(message_id: str, state: State) -> Json:
    quoted: dict[str, Json] = {"id": bare_id(message_id), "participant": None, "body": None}
    with suppress(Unknown):
        message = state.chats.message(message_id)
        media = {"hasMedia": _media(message) is not None, "media": None}
        quoted |= {"participant": message.writer, "body": message.words, **media}
    return {**quoted, "_data": {}}


def _engine_data(message: StoredMessage, state: State) -> Json:
    def jid(chat: str) -> str:
        return chat.replace("@c.us", "@s.whatsapp.net")

    other = state.people.number_of(message.writer) if message.writer.endswith("@lid") else None
    info = {
        "Chat": jid(message.chat),
        "Sender": jid(message.writer),
        "SenderAlt": "" if other is None else jid(other),
        "IsFromMe": message.from_me,
        "IsGroup": is_group(message.chat),
        "ID": message.bare_id,
        "Timestamp": iso(message.timestamp),
    }
    return {"Info": info, "Message": _engine_content(message, state)}


def _engine_content(message: StoredMessage, state: State) -> dict[str, Json]:
    """Return what is in a message as WhatsApp has it; of media that came as bytes, what they are."""
    if (poll := message.body.get("poll")) is not None:
        return {"pollCreationMessageV3": poll}
    if message.file is None or message.revoked:
        return {}
    file = state.chats.files[message.file.partition("/files/")[2]]
    facts: dict[str, Json] = {
        "mimetype": file.mimetype,
        "fileLength": len(file.content),
        "fileSHA256": b64encode(sha256(file.content).digest()).decode(),
    }
    name = message.body.get("fileName") or message.body.get("filename")
    kind = {"ptt": "audio"}.get(message.type, message.type)
    return {f"{kind}Message": {**facts, **({} if name is None else {"fileName": name})}}
