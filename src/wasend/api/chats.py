"""Chats, and the messages in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, cast

import attrs

from .._core.call import Call
from .._core.calls import Calls
from .._core.checks import count, flag, texts, word
from .._core.documents import is_object, is_url, member
from .._core.model import Model, Page, adapts, id_of, model, wire
from .._core.names import folded, nearest
from .._core.paging import pages
from ..errors import InvalidRequestError
from ..recipients import ChatIdentity, ChatRef, MessageIdentity, MessageRef, read_id
from .records import RECORD_NAMES, fields_of
from .service import mapping_form
from .sessions import SessionRef, session_ref

MOST_MESSAGES = 50
"""Messages a page holds at most, by the official SDK's documentation."""


class Ack(IntEnum):
    """How far a message has come."""

    ERROR = -1
    PENDING = 0
    SERVER = 1
    DEVICE = 2
    READ = 3
    PLAYED = 4

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        is_numeric = spec[-1:].isalpha() and not spec.endswith("s")
        return format(self.value if is_numeric else self.name, spec)


_ACKS: Final = {spelling: ack.value for ack in Ack for spelling in (ack.name, str(ack.value))}


@model
class ChatMessage(MessageIdentity):
    """
    A message as a chat holds it.

    Attributes:
        id: Its id, such as ``false_447700900456@c.us_3EB0…``.
        chat_id: The chat it is in.
        from_: Who sent it.
        to: Whom it was sent to.
        type: ``chat``, ``image``, ``video``, ``ptt``, ``document``, or what else the service says.
        timestamp: When it was sent.
        from_me: Whether the session sent it.
        body: Its text; for some types something else, as it came.
        caption: Text below its media.
        ack: How far it has come: an `Ack`, or a number that is none.
        has_media: Whether it has media.
        media_url: Where the media are.
        mimetype: Type of the media.
        filename: Name of the media.
        quoted_msg_id: The message it answers.
        participant: In a group: who wrote it.
        source: ``app`` or ``api``: where it was sent from.
    """

    id: str = wire("id", "messageId", default="")
    chat_id: str | None = None
    from_: str | None = wire("from")
    to: str | None = None
    type: str | None = None
    timestamp: datetime | None = None
    from_me: bool | None = None
    body: Any = attrs.field(default=None, hash=False)
    caption: str | None = None
    ack: Ack | int | None = None
    has_media: bool | None = None
    media_url: str | None = None
    mimetype: str | None = None
    filename: str | None = None
    quoted_msg_id: str | None = None
    participant: str | None = None
    source: str | None = None

    @classmethod
    @adapts("media", "replyTo", "ack", "ackName", *RECORD_NAMES)
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The engine puts the media and the quoted message into objects, and may say the ack as a word."""
        document = {**fields_of(document), **document}
        media, quoted = document.get("media"), document.get("replyTo")
        if is_object(media):
            fields = {"mediaUrl": member(media, "url"), **{k: member(media, k) for k in ("mimetype", "filename")}}
            document = {**fields, **document}
        if is_object(quoted) and "quotedMsgId" not in document:
            document["quotedMsgId"] = member(quoted, "id")
        word = document.get("ack", document.get("ackName"))
        if word == "" or (ack := _ACKS.get(str(word).upper())) is None:
            return document if document.get("ack") != "" else {k: v for k, v in document.items() if k != "ack"}
        return {**document, "ack": ack}


@model
class Chat(ChatIdentity):
    """
    A chat.

    Attributes:
        id: ``…@c.us`` for a person, ``…@g.us`` for a group.
        name: Its name.
        is_group: Whether it is a group.
        timestamp: When its last message was.
        unread_count: How many messages are unread.
        archived: Whether it is archived.
        pinned: Whether it is pinned.
        picture: URL of its picture, in the overview.
        last_message: Its last message, in the overview.
    """

    id: str = wire("id", "jid", "chatId", default="")
    name: str | None = None
    is_group: bool | None = None
    timestamp: datetime | None = wire("timestamp", "conversationTimestamp")
    unread_count: int | None = None
    archived: bool | None = None
    pinned: bool | None = None
    picture: str | None = None
    last_message: ChatMessage | None = None


@model
class ChatPicture(Model):
    """
    A chat's picture.

    Attributes:
        url: Where it is; `None` where there is none.
        file: The picture itself, where the service sends it.
        mimetype: Its type.
    """

    url: str | None = None
    file: str | None = wire("file", "data")
    mimetype: str | None = None

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One engine answers the bare URL."""
        return {"url": value} if is_url(value) else None


@model
class ReadResult(Model):
    """
    What was marked as read.

    Attributes:
        success: Always true: a refusal is raised.
        message: What the service says about it.
        ids: The messages that were marked, where the service lists them.
    """

    success: bool = True
    message: str | None = None
    ids: tuple[str, ...] = ()


class ChatCalls(Calls):
    """List chats, read their messages, mark them as read."""

    @mapping_form
    async def get_all_chats(
        self,
        session: SessionRef,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Chat]:
        """
        List chats, a page at a time; see `iter_chats` for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most.
            offset: How many to pass over.
            sort_by: ``conversationTimestamp``, ``id``, ``name``, or what else the service knows: sources disagree.
            sort_order: ``asc`` or ``desc``.
        """
        params = {
            "limit": count(limit, "limit"),
            "offset": count(offset, "offset"),
            "sortBy": sort_by,
            "sortOrder": word(sort_order, "sort_order", "asc", "desc"),
        }
        call = Call("GET", "/{session}/chats", Page[Chat], path_params=_at(session), params=params, envelope=("chats",))
        return await self._send(call)

    def iter_chats(
        self, session: SessionRef, *, page_size: int = 50, sort_by: str | None = None, sort_order: str | None = None
    ) -> AsyncIterator[Chat]:
        """
        Iterate over all chats, which are fetched page by page.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            page_size: How many to fetch at a time.
            sort_by: As for `get_all_chats`.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The chats.
        """

        async def page(limit: int, offset: int) -> Page[Chat]:
            return await self.get_all_chats(session, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order)

        return pages(page, page_size)

    @mapping_form
    async def get_chats_overview(
        self,
        session: SessionRef,
        *,
        ids: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Page[Chat]:
        """
        List chats with their pictures and last messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            ids: Only these chats: ids or international numbers.
            limit: How many at most; the engine's default is 20.
            offset: How many to pass over.
        """
        wanted = (
            None
            if ids is None
            else [read_id(one, f"ids[{index}]") for index, one in enumerate(texts(ids, "ids") or ())]
        )
        params = {
            "limit": count(limit, "limit"),
            "offset": count(offset, "offset"),
            "ids": None if wanted is None else ",".join(wanted),
        }
        route = "/{session}/chats/overview"
        return await self._send(
            Call("GET", route, Page[Chat], path_params=_at(session), params=params, envelope=("chats",))
        )

    @mapping_form
    async def get_messages(
        self,
        session: SessionRef,
        chat_id: ChatRef,
        *,
        limit: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
        offset: int | None = None,
    ) -> Page[ChatMessage]:
        """
        List the messages of a chat, a page at a time; see `iter_messages` for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            limit: How many at most; the service gives no more than 50.
            download_media: Have the service fetch the media; slow.
            filter: Only messages with ``from_me`` (true or false), ``ack`` (one of `Ack`, its name, or a list of
                them), ``timestamp_gte``, ``timestamp_lte`` (a `datetime`, or seconds since 1970).
            offset: How many to pass over.

        Raises:
            InvalidRequestError: The filter has an unknown key or value. Nothing was sent.
        """
        params = {
            "limit": count(limit, "limit"),
            "offset": count(offset, "offset"),
            "downloadMedia": flag(download_media, "download_media"),
            **_filter(filter),
        }
        call = Call(
            "GET",
            "/{session}/chats/{chat_id}/messages",
            Page[ChatMessage],
            path_params=_in(session, chat_id),
            params=params,
        )
        return await self._send(attrs.evolve(call, envelope=("messages",)))

    def iter_messages(
        self,
        session: SessionRef,
        chat_id: ChatRef,
        *,
        page_size: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[ChatMessage]:
        """
        Iterate over the messages of a chat, which are fetched page by page.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            page_size: How many to fetch at a time, 50 at most.
            download_media: Have the service fetch the media; slow.
            filter: As for `get_messages`.

        Yields:
            The messages, in the service's order.
        """

        async def page(limit: int, offset: int) -> Page[ChatMessage]:
            return await self.get_messages(
                session, chat_id, limit=limit, offset=offset, download_media=download_media, filter=filter
            )

        return pages(page, page_size, most=MOST_MESSAGES)

    @mapping_form
    async def get_message_by_id(
        self, session: SessionRef, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
    ) -> ChatMessage:
        """
        Get one message of a chat.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            message_id: Its id, or the message as it was read before.
            download_media: Have the service fetch its media.

        Raises:
            NotFoundError: There is no such message.
        """
        ids = {**_in(session, chat_id), "message_id": id_of(message_id)}
        route = "/{session}/chats/{chat_id}/messages/{message_id}"
        params = {"downloadMedia": flag(download_media, "download_media")}
        return await self._send(Call("GET", route, ChatMessage, path_params=ids, params=params, envelope=("message",)))

    @mapping_form
    async def read_messages(
        self, session: SessionRef, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
    ) -> ReadResult:
        """
        Mark the messages of a chat as read.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            days: Of how many days; the engine's default is 7.
            messages: How many, the newest; the engine's default is 30, and 100 in a group.
        """
        # The SDK says it in the query, the engine's documentation in the body: said in both.
        fields = {"messages": count(messages, "messages"), "days": count(days, "days")}
        route = "/{session}/chats/{chat_id}/messages/read"
        call = Call(
            "POST", route, ReadResult, path_params=_in(session, chat_id), params=fields, body=fields, repeatable=True
        )
        return await self._send(call)

    @mapping_form
    async def get_chat_picture(
        self, session: SessionRef, chat_id: ChatRef, *, refresh: bool | None = None
    ) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        route, params = "/{session}/chats/{chat_id}/picture", {"refresh": flag(refresh, "refresh")}
        return await self._send(Call("GET", route, ChatPicture, path_params=_in(session, chat_id), params=params))


def _at(session: SessionRef) -> dict[str, str]:
    return {"session": session_ref(session)}


def _in(session: SessionRef, chat_id: ChatRef) -> dict[str, str]:
    return {**_at(session), "chat_id": read_id(chat_id, "chat_id")}


def _filter(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The filter's query parameters; the service spells them with dots."""
    if given is None:
        return {}
    if not is_object(given):
        raise InvalidRequestError("filter", f"is {type(given).__name__}", "pass a mapping")
    known = {"timestamplte": "timestamp.lte", "timestampgte": "timestamp.gte", "fromme": "fromMe", "ack": "ack"}
    params: dict[str, Any] = {}
    for key, value in given.items():
        name = known.get(folded(str(key)).replace(".", ""))
        if name is None:
            names = ("ack", "from_me", "timestamp_gte", "timestamp_lte")
            raise InvalidRequestError(f"filter.{key}", "is not a filter", nearest(str(key), names))
        if value is not None:
            params[f"filter.{name}"] = _filter_value(key, name, value)
    return params


def _filter_value(key: str, name: str, value: Any) -> Any:
    if name == "ack":
        several = cast("Sequence[Any]", value) if isinstance(value, list | tuple) else str(value).split(",")
        return ",".join(str(_ack(item)) for item in several)
    if name == "fromMe":
        if value in (True, False):
            return bool(value)
        raise InvalidRequestError(f"filter.{key}", f"{value!r} is neither true nor false", "pass True or False")
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11:
        return int(value)
    raise InvalidRequestError(f"filter.{key}", f"{value!r} is not a time", "pass a datetime, or seconds since 1970")


def _ack(value: Any) -> int:
    found = _ACKS.get(str(value).strip().upper())
    if found is not None:
        return found
    raise InvalidRequestError(
        "filter.ack", f"{value!r} is out of range", f"known are {', '.join(f'{a.value} {a.name}' for a in Ack)}"
    )
