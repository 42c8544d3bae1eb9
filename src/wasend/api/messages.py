"""Messages: texts, media, reactions, read receipts and typing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from .._core.call import Call, Prelude
from .._core.calls import Calls
from .._core.checks import idempotency_key
from .._core.documents import is_list, is_object
from .._core.model import Model, Result, adapts, id_of, model, wire
from .._core.names import camel, folded, nearest
from ..errors import InvalidRequestError
from ..media import MediaData, load
from ..recipients import ChatRef, MessageIdentity, MessageRef, chat_id
from .records import RECORD_NAMES, fields_of
from .service import mapping_form
from .sessions import SessionRef, session_ref

_SECONDS_PER_CHARACTER: Final = 0.05
_ID: Final = re.compile(r"(true|false)_\S+_\S+|(?=\S*\d)[0-9A-F]{12,64}", re.ASCII)
_IN_RECORDS: Final = ("id", "to", "from", "fromMe", "type", "timestamp", "body", "caption")


@model
class Message(MessageIdentity):
    """
    A message, as the service answers when it has taken it.

    Attributes:
        id: Its id, such as ``true_447700900456@c.us_3EB0…``.
        to: Whom it was sent to.
        content: Its text, or a reference to its media.
        type: ``text``, ``image``, ``video``, ``ptt`` (voice), ``document``, or what else the service says.
        timestamp: When it was sent.
        status: How far it has come, as the service words it.
        from_me: Whether the session sent it.
        sender: Who sent it.
        recipient: Who gets it; details may vary.
    """

    id: str = wire("id", "messageId", default="")
    to: str | None = None
    content: str | None = wire("content", "text", "body", "caption")
    type: str | None = None
    timestamp: datetime | None = wire("timestamp", "sentAt", "messageTimestamp")
    status: str | None = None
    from_me: bool | None = None
    sender: str | None = wire("sender", "from")
    recipient: str | None = None

    @classmethod
    @adapts(*RECORD_NAMES)
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Two engines answer their own record of the message."""
        fields = fields_of(document)
        if fields and "fromMe" not in fields:  # it is the answer to a send
            fields = {**fields, "to": fields.get("chatId"), "from": None}
        return {**{name: fields[name] for name in _IN_RECORDS if fields.get(name) is not None}, **document}

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One gateway answers the id alone, another a list of the one message."""
        if is_list(value) and len(value) == 1 and is_object(value[0]):
            return {**value[0]}
        return {"id": value} if isinstance(value, str) and _ID.fullmatch(value.strip()) else None


@model
class LinkPreview(Model):
    """
    What a link in a message looks like.

    Attributes:
        title: Its title.
        description: A line below it.
        thumbnail_url: URL of a small picture.
    """

    title: str | None = None
    description: str | None = None
    thumbnail_url: str | None = None


class MessageCalls(Calls):
    """Send messages and reactions, mark messages as seen, and show typing."""

    @mapping_form
    async def send_text(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        text: str,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a text message.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            text: What to say; WhatsApp's own markup is allowed.
            reply_to: The message to quote, or its id.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
            SessionNotReadyError: The session is not connected.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        _texts(text=_needed(text), reply_to=reply_to)
        body = {"session": session_ref(session), "to": chat_id(to), "text": text, "replyTo": id_of(reply_to)}
        return await self._send(Call("POST", "/sendText", Message, body=body, sends="text", evidence=Message, key=key))

    @mapping_form
    async def send_image(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a picture.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            url: Where the service finds the picture, or
            data: the picture: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: The message to quote, or its id.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        _texts(caption=caption, reply_to=reply_to)
        return await self._media("/sendImage", "image", session, to, url, data, key, caption=caption, replyTo=reply_to)

    @mapping_form
    async def send_video(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a video.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            url: Where the service finds the video, or
            data: the video: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: The message to quote, or its id.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        _texts(caption=caption, reply_to=reply_to)
        return await self._media("/sendVideo", "video", session, to, url, data, key, caption=caption, replyTo=reply_to)

    @mapping_form
    async def send_voice(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        duration: float | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a voice message.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            url: Where the service finds the recording, or
            data: the recording: bytes, a path, a binary file or base64 text; at most 40 MiB.
            duration: Its length in seconds.
            reply_to: The message to quote, or its id.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        _texts(reply_to=reply_to)
        if duration is not None and (isinstance(duration, bool) or not isinstance(duration, int | float)):
            raise InvalidRequestError("duration", f"expected seconds, got {type(duration).__name__}", "pass a number")
        return await self._media("/sendVoice", "ptt", session, to, url, data, key, duration=duration, replyTo=reply_to)

    @mapping_form
    async def send_file(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a file as a document.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            url: Where the service finds the file, or
            data: the file: bytes, a path, a binary file or base64 text; at most 40 MiB.
            file_name: Its name for the recipient; found from a path, a file or a URL where not given.
            mime_type: Its MIME type; found from the name where not given, else ``application/octet-stream``.
            reply_to: The message to quote, or its id.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, no name to be found, or the number has no
                country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        _texts(file_name=file_name, mime_type=mime_type, reply_to=reply_to)
        idempotency_key(key)  # before a file is read
        media = await load(url, data, file_name)
        if not media.name:
            raise InvalidRequestError(
                "file_name", "is missing, and the data do not say it", "pass file_name='report.pdf'"
            )
        body = {
            "session": session_ref(session),
            "to": chat_id(to),
            "url": media.url,
            "data": media.data,
            "fileName": media.name,
            "mimeType": mime_type or media.mime_type or "application/octet-stream",
            "replyTo": id_of(reply_to),
        }
        return await self._send(
            Call("POST", "/sendFile", Message, body=body, sends="document", evidence=Message, key=key)
        )

    @mapping_form
    async def send_link_custom_preview(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        text: str,
        preview: LinkPreview | Mapping[str, Any],
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a text that contains a link, with a preview of your own.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            text: What to say; it contains the URL.
            preview: The link's look: a `LinkPreview`, or a mapping with ``title`` and, if wanted, ``description`` and
                ``thumbnailUrl``.
            reply_to: The message to quote, or its id.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: The preview has no title, or the number has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        _texts(text=_needed(text), reply_to=reply_to)
        body = {
            "session": session_ref(session),
            "to": chat_id(to),
            "text": text,
            "preview": _preview(preview),
            "replyTo": id_of(reply_to),
        }
        call = Call("POST", "/send/link-custom-preview", Message, body=body, sends="text", evidence=Message, key=key)
        return await self._send(call.or_route("POST", "/sendLinkCustomPreview"))

    @mapping_form
    async def send_seen(self, *, session: SessionRef, to: ChatRef, message_id: MessageRef) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            message_id: Id of the message.
        """
        return await self._send(_seen(session_ref(session), chat_id(to), message_id))

    @mapping_form
    async def send_reaction(self, *, session: SessionRef, message_id: MessageRef, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """
        _texts(reaction=_needed(reaction, "reaction"))
        body = {"session": session_ref(session), "messageId": _id(message_id), "reaction": reaction}
        return await self._send(Call("PUT", "/reaction", Result, body=body))

    @mapping_form
    async def start_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """
        return await self._send(_typing("start", session_ref(session), chat_id(to)))

    @mapping_form
    async def stop_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Stop showing "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """
        return await self._send(_typing("stop", session_ref(session), chat_id(to)))

    @mapping_form
    async def send(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send whatever is given: a text, or media at a URL with the text as its caption.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            text: The text, or the caption.
            image_url: URL of a picture.
            video_url: URL of a video.
            document_url: URL of a document.
            audio_url: URL of a recording.
            mimetype: MIME type of the media.
            filename: Name of the document.
            preview: What a link in the text looks like, in the service's own keys.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._send(
            _whatever(
                session,
                to,
                text=text,
                image_url=image_url,
                video_url=video_url,
                document_url=document_url,
                audio_url=audio_url,
                mimetype=mimetype,
                filename=filename,
                preview=preview,
                key=key,
            )
        )

    @mapping_form
    async def send_message(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
        message_id: MessageRef | None = None,
        send_seen: bool | str = True,
        min_typing: float | str = 3.0,
        max_typing: float | str = 8.0,
        key: str | None = None,
    ) -> Message:
        """
        Send as a person would: mark the message being answered as seen, show "typing…" for a while, then `send`.

        All of it happens when the message's turn has come, where the client paces its sends. A failure to show any of
        this does not stop the message; cancelling the call stops the typing. The official SDK's form, of two mappings,
        will do: ``send_message(request, {"minTypingDuration": "3000"})``.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            text: The text, or the caption. The typing lasts 0.05 s a character, within the bounds below.
            image_url: URL of a picture.
            video_url: URL of a video.
            document_url: URL of a document.
            audio_url: URL of a recording.
            mimetype: MIME type of the media.
            filename: Name of the document.
            preview: What a link in the text looks like, in the service's own keys.
            message_id: Id of the message that this answers; marked as seen first.
            send_seen: Whether to do so; ``"true"`` and ``"false"`` will do.
            min_typing: Least time of typing: seconds as a number, or milliseconds as text, as in the official SDK.
            max_typing: Most time of typing, likewise.
            key: Your own key of this message, for a client with an `outbox`: by one key it is sent once.

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        least, most = _seconds(min_typing, "min_typing"), _seconds(max_typing, "max_typing")
        seen = _truth(send_seen, "send_seen")
        call = _whatever(
            session,
            to,
            text=text,
            image_url=image_url,
            video_url=video_url,
            document_url=document_url,
            audio_url=audio_url,
            mimetype=mimetype,
            filename=filename,
            preview=preview,
            key=key,
        )
        chat = session_ref(session), chat_id(to)
        first = (_seen(*chat, message_id),) if message_id is not None and seen else ()
        typing = Prelude(first, _typing("start", *chat), _typing_time(text, least, most), _typing("stop", *chat))
        return await self._send(attrs.evolve(call, prelude=typing))

    async def get_message(self, message_id: MessageRef) -> Message:
        """
        Get a message that was sent.

        Args:
            message_id: Its id, or the `Message` as it was.

        Raises:
            NotFoundError: There is no such message.
        """
        ids = {"message_id": id_of(message_id)}
        return await self._send(Call("GET", "/messages/{message_id}", Message, path_params=ids))

    async def _media(
        self,
        route: str,
        kind: str,
        session: SessionRef,
        to: ChatRef,
        url: str | None,
        data: MediaData | None,
        key: str | None,
        **fields: Any,
    ) -> Message:
        idempotency_key(key)  # before a file is read
        chat = {"session": session_ref(session), "to": chat_id(to)}
        media = await load(url, data)
        given = {name: id_of(value) for name, value in fields.items()}
        return await self._send(
            Call(
                "POST",
                route,
                Message,
                body={**chat, "url": media.url, "data": media.data, **given},
                sends=kind,
                evidence=Message,
                key=key,
            )
        )


_URLS: Final = {"image_url": "image", "video_url": "video", "document_url": "document", "audio_url": "ptt"}
"""The media fields of ``/send``, in the order in which the first one given decides the type."""


def _whatever(
    session: SessionRef, to: ChatRef, *, preview: Mapping[str, str] | None, key: str | None, **fields: str | None
) -> Call[Message]:
    """The call that sends a text, or media at a URL."""
    _texts(**fields)
    media = [kind for name, kind in _URLS.items() if fields[name] is not None]
    if not media and fields["text"] is None:
        raise InvalidRequestError("text", "there is nothing to send", "pass text or one of the media URLs")
    if preview is not None and not is_object(preview):
        raise InvalidRequestError("preview", f"expected a mapping, got {type(preview).__name__}", "pass a mapping")
    body = {
        "session": session_ref(session),
        "to": chat_id(to),
        **{camel(name): value for name, value in fields.items()},
        "preview": preview,
    }
    return Call("POST", "/send", Message, body=body, sends=media[0] if media else "text", evidence=Message, key=key)


def _seen(session: str, to: str, message_id: MessageRef) -> Call[Result]:
    body = {"session": session, "to": to, "messageId": _id(message_id)}
    return Call("POST", "/sendSeen", Result, body=body, repeatable=True, sends=False)


def _typing(what: str, session: str, to: str) -> Call[Result]:
    body = {"session": session, "to": to}
    return Call("POST", f"/{what}Typing", Result, body=body, repeatable=True, sends=False)


def _texts(**fields: Any) -> None:
    """Check that each field is a text, a model with an id, or `None`."""
    for name, value in fields.items():
        if value is not None and not isinstance(id_of(value), str):
            raise InvalidRequestError(name, f"expected text, got {type(value).__name__}", "pass it in quotes")


def _needed(text: Any, field: str = "text") -> Any:
    if text is None:
        raise InvalidRequestError(field, "is missing", f"pass {field}=...")
    return text


def _typing_time(text: str | None, least: float, most: float) -> float:
    return min(max(least, _SECONDS_PER_CHARACTER * len(text or "")), most)


def _seconds(value: float | str, field: str) -> float:
    """A number is seconds; text is milliseconds, as the official SDK takes them."""
    seconds = value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        seconds = int(value) / 1000
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 600:
        remedy = "pass seconds, not milliseconds, such as 3; text alone is milliseconds, as for the official SDK"
        raise InvalidRequestError(field, f"{value!r} is not a time", remedy)
    return seconds


def _truth(value: bool | str, field: str) -> bool:
    word = value.strip().lower() if isinstance(value, str) else value
    if word in (True, False, "true", "false"):
        return word in (True, "true")
    raise InvalidRequestError(field, f"{value!r} is neither true nor false", "pass True or False")


def _id(message_id: MessageRef) -> str:
    found = id_of(message_id)
    if isinstance(found, str) and found.strip():
        return found
    raise InvalidRequestError("message_id", "is empty", "pass the id as the service gave it")


def _preview(preview: LinkPreview | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(preview, Mapping):
        raise InvalidRequestError(
            "preview", f"is {type(preview).__name__}", "pass a LinkPreview or a mapping with a title"
        )
    known = {folded(name): camel(name) for name in ("title", "description", "thumbnail_url")}
    fields: dict[str, Any] = {}
    for key, value in preview.items():
        if folded(key) not in known:
            raise InvalidRequestError(f"preview.{key}", "is not a field of a preview", nearest(key, known.values()))
        if value is not None:
            fields[known[folded(key)]] = value
    if not fields.get("title"):
        raise InvalidRequestError("preview.title", "is missing", "pass the title that the link should show")
    return fields
