# Written by tools/generate_sync.py from client.py and the calls in api/ and delivery/; change those, not this.
"""The synchronous client."""

from __future__ import annotations

import copy
import os
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self, overload

import httpx

from . import delivery, outbox, webhooks
from ._accessors import OutboxCalls
from ._bound import BoundSession
from ._compat import Aliases
from ._core.bounds import MAX_ANSWER_BYTES
from ._core.bridge import Bridge
from ._core.clock import SYSTEM_CLOCK, Clock
from ._core.model import Page, Result
from ._core.options import Options, Timeout
from ._core.response import Response
from ._core.retry import DEFAULT_RETRY, Retry, RetryHook
from ._core.secret import Secret
from ._core.waits import Wait
from ._signatures import Signatures
from .api.account import Account
from .api.chats import MOST_MESSAGES, Ack, Chat, ChatMessage, ChatPicture, ReadResult
from .api.contacts import Contact, ContactExistence, ProfilePicture
from .api.downloads import MediaSource
from .api.groups import (
    AdminOnly,
    Group,
    GroupCount,
    GroupInvite,
    GroupParticipant,
    GroupPicture,
    GroupRef,
    GroupSettings,
    ParticipantChanges,
    ParticipantRef,
)
from .api.messages import LinkPreview, Message
from .api.request import T
from .api.service import keyword_aliases, mapping_form
from .api.sessions import QRCode, Session, SessionRef, SessionState
from .client import AsyncWasendClient
from .errors import OutcomeUnknownError
from .linking.changes import OnState, SessionChange
from .linking.steps import Show
from .media import MediaData
from .recipients import ChatRef, MessageRef, Recipient


class _Calls:
    """The calls of the asynchronous client, made on an event loop of this client's own."""

    _async: AsyncWasendClient
    _loop: Bridge

    @mapping_form
    def create_session(
        self,
        *,
        session_name: str,
        phone_number: str,
        enable_account_protection: bool | None = None,
        enable_message_logging: bool | None = None,
        enable_webhook: bool | None = None,
        webhook_url: str | None = None,
        key: str | None = None,
    ) -> Session:
        """
        Create a WhatsApp session. It starts out as CREATED; link it by scanning `retrieve_qr_code`.

        Takes keywords, or one mapping:
        ``create_session({"sessionName": "Front Desk", "phoneNumber": "+447700900123"})``.

        Args:
            session_name: A name that no other session has.
            phone_number: The number to link, in international form.
            enable_account_protection: Turn on the service's account protection.
            enable_message_logging: Log messages, for debugging.
            enable_webhook: Post events to `webhook_url`.
            webhook_url: An http or https URL; needed if `enable_webhook` is true.
            key: Your own key of this session, for a client with an `outbox`: by one key it is created once.

        Returns:
            The session.

        Raises:
            InvalidRequestError: The number has no country, or the webhook no URL. Nothing was sent.
            ConflictError: A session of that name exists.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the session may exist: look its name up before creating it again.
        """
        return self._loop.run(
            self._async.create_session(
                session_name=session_name,
                phone_number=phone_number,
                enable_account_protection=enable_account_protection,
                enable_message_logging=enable_message_logging,
                enable_webhook=enable_webhook,
                webhook_url=webhook_url,
                key=key,
            )
        )

    def retrieve_all_sessions(self) -> Page[Session]:
        """
        List the sessions of the account.

        Returns:
            The sessions; each one's ``downstream`` is the engine's view of it, where the service gives it.
        """
        return self._loop.run(self._async.retrieve_all_sessions())

    @keyword_aliases
    def retrieve_session_info(self, session: SessionRef) -> Session:
        """
        Get a session and the state that it is in.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.retrieve_session_info(session))

    @keyword_aliases
    def delete_session(self, session: SessionRef) -> Result:
        """
        Delete a session.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.delete_session(session))

    @keyword_aliases
    def start_session(self, session: SessionRef) -> Session:
        """
        Start a session. Unless it was linked before, it then waits for its QR code to be scanned.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.start_session(session))

    @keyword_aliases
    def stop_session(self, session: SessionRef) -> Session:
        """
        Stop a session; it stays linked.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.stop_session(session))

    @keyword_aliases
    def restart_session(self, session: SessionRef) -> Session:
        """
        Restart a session that is stopped or has failed.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.restart_session(session))

    @keyword_aliases
    def retrieve_qr_code(self, session: SessionRef) -> QRCode:
        """
        Get the QR code to scan with the phone. It is valid for 60 s, the ones after it for 20 s each; there are six.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Returns:
            The code: ``.terminal()`` draws it, ``.save(path)`` writes a picture; see `QRCode`.

        Raises:
            NotFoundError: There is no such session.
            SessionNotReadyError: The session is not waiting to be scanned.
        """
        return self._loop.run(self._async.retrieve_qr_code(session))

    @mapping_form
    def send_text(
        self, *, session: SessionRef, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
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
        return self._loop.run(self._async.send_text(session=session, to=to, text=text, reply_to=reply_to, key=key))

    @mapping_form
    def send_image(
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
        return self._loop.run(
            self._async.send_image(
                session=session, to=to, url=url, data=data, caption=caption, reply_to=reply_to, key=key
            )
        )

    @mapping_form
    def send_video(
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
        return self._loop.run(
            self._async.send_video(
                session=session, to=to, url=url, data=data, caption=caption, reply_to=reply_to, key=key
            )
        )

    @mapping_form
    def send_voice(
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
        return self._loop.run(
            self._async.send_voice(
                session=session, to=to, url=url, data=data, duration=duration, reply_to=reply_to, key=key
            )
        )

    @mapping_form
    def send_file(
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
        return self._loop.run(
            self._async.send_file(
                session=session,
                to=to,
                url=url,
                data=data,
                file_name=file_name,
                mime_type=mime_type,
                reply_to=reply_to,
                key=key,
            )
        )

    @mapping_form
    def send_link_custom_preview(
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
        return self._loop.run(
            self._async.send_link_custom_preview(
                session=session, to=to, text=text, preview=preview, reply_to=reply_to, key=key
            )
        )

    @mapping_form
    def send_seen(self, *, session: SessionRef, to: ChatRef, message_id: MessageRef) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            message_id: Id of the message.
        """
        return self._loop.run(self._async.send_seen(session=session, to=to, message_id=message_id))

    @mapping_form
    def send_reaction(self, *, session: SessionRef, message_id: MessageRef, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """
        return self._loop.run(self._async.send_reaction(session=session, message_id=message_id, reaction=reaction))

    @mapping_form
    def start_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """
        return self._loop.run(self._async.start_typing(session=session, to=to))

    @mapping_form
    def stop_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Stop showing "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """
        return self._loop.run(self._async.stop_typing(session=session, to=to))

    @mapping_form
    def send(
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
        return self._loop.run(
            self._async.send(
                session=session,
                to=to,
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
    def send_message(
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
        return self._loop.run(
            self._async.send_message(
                session=session,
                to=to,
                text=text,
                image_url=image_url,
                video_url=video_url,
                document_url=document_url,
                audio_url=audio_url,
                mimetype=mimetype,
                filename=filename,
                preview=preview,
                message_id=message_id,
                send_seen=send_seen,
                min_typing=min_typing,
                max_typing=max_typing,
                key=key,
            )
        )

    def get_message(self, message_id: MessageRef) -> Message:
        """
        Get a message that was sent.

        Args:
            message_id: Its id, or the `Message` as it was.

        Raises:
            NotFoundError: There is no such message.
        """
        return self._loop.run(self._async.get_message(message_id))

    @mapping_form
    def create_group(
        self,
        session: SessionRef,
        *,
        name: str,
        participants: Sequence[ParticipantRef],
        description: str | None = None,
        picture_url: str | None = None,
        tags: Sequence[str] | None = None,
        key: str | None = None,
    ) -> Group:
        """
        Create a group.

        Args:
            session: The session that owns it: its ``uniqueSessionId``, or a `Session`.
            name: Its name. Above 100 characters it is sent, with a warning: WhatsApp refuses it.
            participants: Its members: numbers, WhatsApp ids, `GroupParticipant` or mappings with ``id`` and, if wanted,
                ``isAdmin``. At least one.
            description: Its description.
            picture_url: URL of its picture.
            tags: Labels of your own, for `get_groups`.
            key: Your own key of this group, for a client with an `outbox`: by one key it is created once.

        Returns:
            The group. A member that could not be added carries its ``error``.

        Raises:
            InvalidRequestError: There are no participants, or one has no country. Nothing was sent.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the group may exist: look for its name before creating it again.
        """
        return self._loop.run(
            self._async.create_group(
                session,
                name=name,
                participants=participants,
                description=description,
                picture_url=picture_url,
                tags=tags,
                key=key,
            )
        )

    @mapping_form
    def get_groups(
        self,
        session: SessionRef,
        *,
        exclude: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        search: str | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        status: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Page[Group]:
        """
        List groups, a page at a time; see `iter_groups` for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            exclude: Parts to leave out, such as ``["participants"]``.
            limit: How many at most; the service's default is 50.
            offset: How many to pass over.
            search: Text to find in name or description.
            sort_by: ``id``, ``subject``, ``creation``, ``participantsCount``, or what else the service knows.
            sort_order: ``asc`` or ``desc``.
            status: ``active``, ``archived`` or ``deleted``.
            tags: Labels that the groups must have.

        Returns:
            The groups; ``.extra["pagination"]`` holds the total, where the service tells.
        """
        return self._loop.run(
            self._async.get_groups(
                session,
                exclude=exclude,
                limit=limit,
                offset=offset,
                search=search,
                sort_by=sort_by,
                sort_order=sort_order,
                status=status,
                tags=tags,
            )
        )

    def iter_groups(
        self,
        session: SessionRef,
        *,
        exclude: Sequence[str] | None = None,
        page_size: int = 50,
        search: str | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        status: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Iterator[Group]:
        """
        Iterate over all groups, which are fetched page by page.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            exclude: Parts to leave out, such as ``["participants"]``.
            page_size: How many to fetch at a time.
            search: Text to find in name or description.
            sort_by: As for `get_groups`.
            sort_order: ``asc`` or ``desc``.
            status: ``active``, ``archived`` or ``deleted``.
            tags: Labels that the groups must have.

        Yields:
            The groups.
        """
        return self._loop.iterate(
            self._async.iter_groups(
                session,
                exclude=exclude,
                page_size=page_size,
                search=search,
                sort_by=sort_by,
                sort_order=sort_order,
                status=status,
                tags=tags,
            )
        )

    @keyword_aliases
    def get_groups_count(self, session: SessionRef) -> GroupCount:
        """
        Count groups.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
        """
        return self._loop.run(self._async.get_groups_count(session))

    @keyword_aliases
    def get_group(self, session: SessionRef, group_id: GroupRef) -> Group:
        """
        Get a group.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: Its id, ``…@g.us``, or the `Group`.

        Raises:
            NotFoundError: There is no such group.
        """
        return self._loop.run(self._async.get_group(session, group_id))

    @keyword_aliases
    def get_group_info(self, session: SessionRef, group_id: GroupRef) -> Group:
        """
        Get a group; the documentation's name for `get_group`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: Its id, ``…@g.us``, or the `Group`.

        Raises:
            NotFoundError: There is no such group.
        """
        return self._loop.run(self._async.get_group_info(session, group_id))

    @keyword_aliases
    def leave_group(self, session: SessionRef, group_id: GroupRef) -> Result:
        """
        Leave a group.

        Args:
            session: The session that leaves: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.

        Raises:
            OutcomeUnknownError: No answer came; the session may have left.
        """
        return self._loop.run(self._async.leave_group(session, group_id))

    @mapping_form
    def get_group_join_info(self, session: SessionRef, code: str) -> Group:
        """
        Preview a group by its invite code, before joining it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """
        return self._loop.run(self._async.get_group_join_info(session, code))

    @mapping_form
    def join_group(self, session: SessionRef, *, code: str) -> Group:
        """
        Join a group by its invite code.

        Args:
            session: The session that joins: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Returns:
            The group, as far as the service describes it.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
            OutcomeUnknownError: No answer came; the session may have joined.
        """
        return self._loop.run(self._async.join_group(session, code=code))

    @mapping_form
    def get_group_picture(self, session: SessionRef, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        return self._loop.run(self._async.get_group_picture(session, group_id, refresh))

    @mapping_form
    def set_group_picture(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        url: str,
        crop_to_square: bool | None = None,
        format: str | None = None,
    ) -> Result:
        """
        Set a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            url: Where the service finds the picture; publicly reachable.
            crop_to_square: Cut it to a square.
            format: ``jpeg``, ``png`` or ``webp``.
        """
        return self._loop.run(
            self._async.set_group_picture(session, group_id, url=url, crop_to_square=crop_to_square, format=format)
        )

    @keyword_aliases
    def delete_group_picture(self, session: SessionRef, group_id: GroupRef) -> Result:
        """
        Remove a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.delete_group_picture(session, group_id))

    @keyword_aliases
    def get_group_description(self, session: SessionRef, group_id: GroupRef) -> str | None:
        """
        Get a group's description, from `get_group` where the service has no call of its own for it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_description(session, group_id))

    @mapping_form
    def set_group_description(self, session: SessionRef, group_id: GroupRef, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            description: The description; ``""`` removes it.
        """
        return self._loop.run(self._async.set_group_description(session, group_id, description=description))

    @keyword_aliases
    def get_group_subject(self, session: SessionRef, group_id: GroupRef) -> str | None:
        """
        Get a group's name, from `get_group` where the service has no call of its own for it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_subject(session, group_id))

    @mapping_form
    def set_group_subject(self, session: SessionRef, group_id: GroupRef, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """
        return self._loop.run(self._async.set_group_subject(session, group_id, subject=subject))

    @mapping_form
    def set_group_name(self, session: SessionRef, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            name: The name, as for `set_group_subject`.
        """
        return self._loop.run(self._async.set_group_name(session, group_id, name=name))

    @keyword_aliases
    def get_group_settings(self, session: SessionRef, group_id: GroupRef) -> GroupSettings:
        """
        Get who may do what in a group, from the single settings where the service has no call for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_settings(session, group_id))

    @mapping_form
    def set_group_settings(
        self, session: SessionRef, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            info_admin_only: Only admins change name, description and picture.
            messages_admin_only: Only admins write.
        """
        return self._loop.run(
            self._async.set_group_settings(
                session, group_id, info_admin_only=info_admin_only, messages_admin_only=messages_admin_only
            )
        )

    @keyword_aliases
    def get_group_info_admin_only(self, session: SessionRef, group_id: GroupRef) -> AdminOnly:
        """
        Get whether only admins may change the name, description and picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_info_admin_only(session, group_id))

    @mapping_form
    def set_group_info_admin_only(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        enabled: bool,
        changed_at: str | None = None,
        changed_by: str | None = None,
    ) -> AdminOnly:
        """
        Let only admins, or every member, change the name, description and picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        return self._loop.run(
            self._async.set_group_info_admin_only(
                session, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
            )
        )

    @keyword_aliases
    def get_group_messages_admin_only(self, session: SessionRef, group_id: GroupRef) -> AdminOnly:
        """
        Get whether only admins may send messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_messages_admin_only(session, group_id))

    @mapping_form
    def set_group_messages_admin_only(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        enabled: bool,
        changed_at: str | None = None,
        changed_by: str | None = None,
    ) -> AdminOnly:
        """
        Let only admins, or every member, send messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        return self._loop.run(
            self._async.set_group_messages_admin_only(
                session, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
            )
        )

    @keyword_aliases
    def get_group_invite_code(self, session: SessionRef, group_id: GroupRef) -> str:
        """
        Get the invite code; with ``https://chat.whatsapp.com/`` before it, it is the link.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_invite_code(session, group_id))

    @keyword_aliases
    def revoke_group_invite_code(self, session: SessionRef, group_id: GroupRef) -> str:
        """
        Replace the invite code; the old one stops working at once.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.

        Returns:
            The new code; ``""`` where the service does not tell it, but `get_group_invite_code` will.
        """
        return self._loop.run(self._async.revoke_group_invite_code(session, group_id))

    @keyword_aliases
    def get_group_invite_link(self, session: SessionRef, group_id: GroupRef) -> GroupInvite:
        """
        Get the link that lets people join, made from the code where the service has no call of its own for it.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_invite_link(session, group_id))

    @keyword_aliases
    def revoke_group_invite_link(self, session: SessionRef, group_id: GroupRef) -> GroupInvite:
        """
        Replace the invite link; the old one stops working at once.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.

        Returns:
            The new link.
        """
        return self._loop.run(self._async.revoke_group_invite_link(session, group_id))

    @keyword_aliases
    def get_group_participants(self, session: SessionRef, group_id: GroupRef) -> Page[GroupParticipant]:
        """
        List the members of a group.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
        """
        return self._loop.run(self._async.get_group_participants(session, group_id))

    @mapping_form
    def add_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Add members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._loop.run(
            self._async.add_group_participants(session, group_id, participants=participants, notify=notify)
        )

    @mapping_form
    def remove_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Remove members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._loop.run(
            self._async.remove_group_participants(session, group_id, participants=participants, notify=notify)
        )

    @mapping_form
    def promote_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Make members admins. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._loop.run(
            self._async.promote_group_participants(session, group_id, participants=participants, notify=notify)
        )

    @mapping_form
    def demote_group_participants(
        self,
        session: SessionRef,
        group_id: GroupRef,
        *,
        participants: Sequence[ParticipantRef],
        notify: bool | None = None,
    ) -> ParticipantChanges:
        """
        Make admins plain members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            session: The session, an admin's: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._loop.run(
            self._async.demote_group_participants(session, group_id, participants=participants, notify=notify)
        )

    @mapping_form
    def get_contacts(
        self,
        session: SessionRef,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Contact]:
        """
        List contacts, a page at a time; see `iter_contacts` for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most; the service's default is 10.
            offset: How many to pass over.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.
        """
        return self._loop.run(
            self._async.get_contacts(session, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order)
        )

    def iter_contacts(
        self, session: SessionRef, *, page_size: int = 100, sort_by: str | None = None, sort_order: str | None = None
    ) -> Iterator[Contact]:
        """
        Iterate over all contacts, which are fetched page by page.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            page_size: How many to fetch at a time.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The contacts.
        """
        return self._loop.iterate(
            self._async.iter_contacts(session, page_size=page_size, sort_by=sort_by, sort_order=sort_order)
        )

    @mapping_form
    def get_contact(self, session: SessionRef, *, contact_id: ChatRef) -> Contact:
        """
        Get a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """
        return self._loop.run(self._async.get_contact(session, contact_id=contact_id))

    @mapping_form
    def check_contact_exists(self, session: SessionRef, *, phone: str) -> ContactExistence:
        """
        Check whether a number is on WhatsApp.

        Args:
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """
        return self._loop.run(self._async.check_contact_exists(session, phone=phone))

    @mapping_form
    def get_contact_profile_picture(
        self, session: SessionRef, *, contact_id: ChatRef, refresh: bool | None = None
    ) -> ProfilePicture:
        """
        Get the picture of a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
        """
        return self._loop.run(self._async.get_contact_profile_picture(session, contact_id=contact_id, refresh=refresh))

    @mapping_form
    def get_all_chats(
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
        return self._loop.run(
            self._async.get_all_chats(session, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order)
        )

    def iter_chats(
        self, session: SessionRef, *, page_size: int = 50, sort_by: str | None = None, sort_order: str | None = None
    ) -> Iterator[Chat]:
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
        return self._loop.iterate(
            self._async.iter_chats(session, page_size=page_size, sort_by=sort_by, sort_order=sort_order)
        )

    @mapping_form
    def get_chats_overview(
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
        return self._loop.run(self._async.get_chats_overview(session, ids=ids, limit=limit, offset=offset))

    @mapping_form
    def get_messages(
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
        return self._loop.run(
            self._async.get_messages(
                session, chat_id, limit=limit, download_media=download_media, filter=filter, offset=offset
            )
        )

    def iter_messages(
        self,
        session: SessionRef,
        chat_id: ChatRef,
        *,
        page_size: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> Iterator[ChatMessage]:
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
        return self._loop.iterate(
            self._async.iter_messages(
                session, chat_id, page_size=page_size, download_media=download_media, filter=filter
            )
        )

    @mapping_form
    def get_message_by_id(
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
        return self._loop.run(
            self._async.get_message_by_id(session, chat_id, message_id, download_media=download_media)
        )

    @mapping_form
    def read_messages(
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
        return self._loop.run(self._async.read_messages(session, chat_id, days=days, messages=messages))

    @mapping_form
    def get_chat_picture(self, session: SessionRef, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        return self._loop.run(self._async.get_chat_picture(session, chat_id, refresh=refresh))

    def download(self, source: MediaSource) -> bytes:
        """
        Fetch the media of a message, or any file that the service names; `download_to` writes it to disk.

        The API key goes to the service's own scheme, host and port alone. Up to 5 redirects are followed, never from
        https to http. A URL in a message is what others wrote: beyond http and https, where it leads is not checked,
        so a program inside a private network should look at it first.

        Args:
            source: The message, read with ``download_media=True``; a picture; the payload of a webhook; a URL; or a
                path of the service, such as ``/files/ses_1/3EB0.jpg``.

        Returns:
            The content, of at most ``max_answer_bytes``: 64 MiB by default.

        Raises:
            InvalidRequestError: The message has no media, or its URL is not http or https.
            NotFoundError: The file is not there any more.
            APIConnectionError: It did not come, or not to its end. The timeouts are those of any read, but for
                ``total``, which does not apply.
            DecodeError: It is too large.
        """
        return self._loop.run(self._async.download(source))

    def download_to(
        self,
        source: MediaSource,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """
        Fetch the media of a message into a file, in pieces, however large it is; see `download` for the rest.

        The file appears when it is whole, and replaces what is there; nobody but its owner may read it (mode 0600).

        Args:
            source: As for `download`.
            path: Where the file goes. Its folder must exist.
            progress: Called after each piece with the bytes written so far, and with how many there will be, where the
                server says so. It begins anew when the download is tried again. What it raises ends the download.

        Returns:
            The path.

        Raises:
            InvalidRequestError: The message has no media, or the file cannot be written.
            NotFoundError: The file is not there any more.
            APIConnectionError: It did not come, or not to its end; there is no file then.
        """
        return self._loop.run(self._async.download_to(source, path, progress=progress))

    def retrieve_account(self) -> Account:
        """
        Get the account that the API key belongs to.

        Raises:
            AuthenticationError: The key is not valid.
        """
        return self._loop.run(self._async.retrieve_account())

    def settle(
        self, error: OutcomeUnknownError, *, window: float = 10.0, exclude_ids: Iterable[MessageRef] | None = None
    ) -> delivery.Settlement:
        """
        Find out what became of a write that was not answered. It never sends anything again.

        A message is looked for in its chat, a session by its name, a group by its subject. A message that belongs to
        another send of this process is not taken for this one.

        Args:
            error: What the write raised.
            window: Seconds for which to look again where it is not found.
            exclude_ids: The messages, or their ids, that an earlier program's sends were answered with. Where nobody
                says, what may have been sent before this client was made is not taken for the lost one: it stays
                unknown. An empty list says that there were none.

        Returns:
            ``outcome`` is ``"sent"``, with what was found as ``result``, or ``"unknown"``, with what was ``seen``
            instead and the ``reason``.

        Raises:
            ClientClosedError: The client is closed.
        """
        return self._loop.run(self._async.settle(error, window=window, exclude_ids=exclude_ids))

    def settle_send(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        since: datetime,
        type: Literal["text", "image", "video", "ptt", "document"] = "text",
        text: str | None = None,
        caption: str | None = None,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        exclude_ids: Iterable[MessageRef] = (),
        window: float = 10.0,
    ) -> delivery.Settlement:
        """
        Find out what became of a send of which only a description is left: of a cancelled task, or a killed process.

        It never sends anything. What is found is this send's by your word: the message was sent no earlier than
        `since`, and is none of `exclude_ids`, nor one that another send of this process was answered with. Asked again
        in the same words, it gives the same message.

        Example:
            ```python
            from datetime import UTC, datetime

            from wasend import WasendClient


            def main(client: WasendClient, left_at: datetime) -> None:
                desk = client.session()
                settlement = desk.settle_send(to="+447700900456", text="Your order is ready.", since=left_at)
                print(settlement.outcome, settlement.result)
            ```

        Args:
            session: The session that sent it: its ``uniqueSessionId``, or a `Session`.
            to: Whom it was sent to, as in the send.
            since: When it left this machine at the earliest, by this machine's clock: a moment with a time zone, noted
                before the send was made.
            type: What was sent, as `Message.type` words it: ``ptt`` is a voice message, ``document`` a file.
            text: The text, of a text or a link.
            caption: The text below a picture, video or document.
            url: The file's URL, or
            data: the file: bytes, a path, a binary file or base64 text.
            file_name: Its name for the recipient.
            mime_type: Its MIME type.
            exclude_ids: The messages, or their ids, that are known to be of other sends.
            window: Seconds for which to look again where it is not found.

        Returns:
            ``outcome`` is ``"sent"``, with the `Message` as ``result``, or ``"unknown"``, with what was ``seen``
            instead and the ``reason``.

        Raises:
            InvalidRequestError: The description is not that of a send, or `since` has no time zone. Nothing was asked.
            ClientClosedError: The client is closed.
        """
        return self._loop.run(
            self._async.settle_send(
                session=session,
                to=to,
                since=since,
                type=type,
                text=text,
                caption=caption,
                url=url,
                data=data,
                file_name=file_name,
                mime_type=mime_type,
                exclude_ids=exclude_ids,
                window=window,
            )
        )

    def resolve(self, to: str | Recipient, *, session: SessionRef, region: str | None = None) -> Recipient | None:
        """
        Ask WhatsApp which form of a number it knows: Brazilian, Mexican and Argentine numbers have two.

        There is a random gap between two questions of a session, and answers are cached: see `Resolver`.

        Args:
            to: An international phone number, or an id; that of a group is returned as it is.
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            region: The country of a national number, such as ``"GB"``; needs the extra ``phone``.

        Returns:
            The recipient, to be passed as ``to``; `None` if no form of the number is on WhatsApp.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id. Nothing was asked.
            DecodeError: The answer does not say whether the number exists.
        """
        return self._loop.run(self._async.resolve(to, session=session, region=region))

    def wait_for_state(
        self, session: SessionRef, states: SessionState | str | Iterable[SessionState | str], *, timeout: float = 60.0
    ) -> Session:
        """
        Wait until a session is in one of some states, by polling at growing intervals.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            states: One or several, in any spelling that the service uses, such as ``"CONNECTED"`` or ``"WORKING"``.
            timeout: Seconds to wait.

        Returns:
            The session as it was last seen.

        Raises:
            InvalidRequestError: There is no such state.
            NotFoundError: There is no such session.
            WaitTimeoutError: It was in none of them in time; its ``state`` is where it was last.
        """
        return self._loop.run(self._async.wait_for_state(session, states, timeout=timeout))

    def wait_until_ready(self, session: SessionRef, *, timeout: float = 60.0) -> Session:
        """
        Wait until a session is connected, by polling at growing intervals.

        A FAILED session is not waited for: it stays so. One that is STOPPED, or shows a QR code, is: somebody may be
        about to start it, or to scan the code.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            timeout: Seconds to wait.

        Returns:
            The session, connected.

        Raises:
            NotFoundError: There is no such session.
            SessionFailedError: It has failed.
            WaitTimeoutError: It was not connected in time; its ``state`` is where it was last.
        """
        return self._loop.run(self._async.wait_until_ready(session, timeout=timeout))

    def wait_for_ack(
        self,
        message: Message | ChatMessage | str,
        *,
        session: SessionRef,
        at_least: Ack | str | int = "DEVICE",
        timeout: float = 60.0,
    ) -> ChatMessage:
        """
        Wait until a message has reached an ack, by reading it back at growing intervals.

        Args:
            message: What the send returned; or its id, if it names the chat (``true_447700900456@c.us_3EB0…``).
            session: The session that sent it: its ``uniqueSessionId``, or a `Session`.
            at_least: One of `Ack`, or its name or number: ``"SERVER"``, ``"DEVICE"`` (delivered), ``"READ"``,
                ``"PLAYED"``. Recipients can turn read receipts off.
            timeout: Seconds to wait.

        Returns:
            The message as it was last seen.

        Raises:
            InvalidRequestError: There is no such ack, or the message does not name its chat.
            MessageFailedError: WhatsApp refused it.
            WaitTimeoutError: It did not reach that ack in time; its ``state`` is the last one.
        """
        return self._loop.run(self._async.wait_for_ack(message, session=session, at_least=at_least, timeout=timeout))

    def suppress(self, number: str | Recipient, reason: str) -> None:
        """
        Put somebody on the suppression list: every send of a client with this list raises `SuppressedRecipientError`.

        Args:
            number: An international phone number, or a chat id.
            reason: Why, such as ``"STOP, 2026-05-01"``.

        Raises:
            ConfigurationError: The client was made without ``suppression=Suppression(...)``.
            InvalidRequestError: `number` is neither.
            StoreError: The list's store cannot keep it.
        """
        return self._loop.run(self._async.suppress(number, reason))

    def login(
        self, session: SessionRef, phone_number: str | None = None, *, show: Show = "terminal", timeout: float = 180.0
    ) -> Session:
        """
        Get a session connected: find or create it, start it, show its QR code, and wait until it is scanned.

        A code is good for 60 s, and the ones after it for 20 s each: each is shown as it comes, until there are none
        left; then the session fails, and is restarted once. A session that is connected already is returned at once.

        Example:
            ```python
            from wasend import WasendClient, Message


            def greet(client: WasendClient) -> Message:
                desk = client.login("Front Desk", phone_number="+447700900123")
                return client.send_text(session=desk, to="+447700900456", text="See you at 10")
            ```

        Args:
            session: Its name, its ``uniqueSessionId``, or a `Session`.
            phone_number: The number to link, in international form. It is needed where there is no such session yet.
            show: Where to show the codes. ``"terminal"`` draws them on standard output. ``"png"`` and ``"svg"`` write
                each to ``wasend-qr.png`` or ``wasend-qr.svg`` in the current folder, a `pathlib.Path` to that file; it
                is removed in the end. A function or coroutine function is called with each code and state, as a
                `LoginStep`; a synchronous client calls it in the thread that called `login`.
            timeout: Seconds in all.

        Returns:
            The session, connected.

        Raises:
            InvalidRequestError: There is no such session and no number to create it for, or it is for another number.
            SessionFailedError: It failed, and failed again when it was restarted, as when nobody scanned its codes.
            WaitTimeoutError: It was not connected in time; the text says what it was waiting for.
            OutcomeUnknownError: The creation of the session was not answered, and it is not in the list.
            ConfigurationError: The service sends its codes as text, and the extra ``qr`` is not installed.
        """
        return self._loop.run(self._async.login(session, phone_number, show=show, timeout=timeout))

    @overload
    def watch(
        self, session: SessionRef, *, on_state: None = None, every: float = 30.0, restarts: int = 3
    ) -> Iterator[SessionChange]: ...

    @overload
    def watch(self, session: SessionRef, *, on_state: OnState, every: float = 30.0, restarts: int = 3) -> None: ...

    def watch(
        self, session: SessionRef, *, on_state: OnState | None = None, every: float = 30.0, restarts: int = 3
    ) -> Iterator[SessionChange] | None:
        """
        Watch a session: iterate over what changes about it, first of all how it is now; or have a function told.

        A session may say CONNECTED and be dead. So every 5 minutes it is asked something that only WhatsApp can answer:
        whether its own number is registered. A session that has failed, or does not answer, is restarted, with growing
        gaps; never one that somebody stopped, that waits for the phone, or whose number WhatsApp restricts. It is
        watched only while you wait for the next change. It never ends by itself: leave the loop, or cancel it.

        With `on_state` there is no iterator: the call itself watches, until it is cancelled, the client is closed, or
        the function raises.

        Example:
            ```python
            from wasend import WasendClient


            def keep(client: WasendClient) -> None:
                for change in client.watch("ses_1"):
                    print(change.health, change.text)
            ```

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            on_state: A function or coroutine function, called with each `SessionChange`; a synchronous client calls it
                in the thread that called `watch`. The next look waits for it. What it raises ends the watch.
            every: Seconds between two reads of its state. An event of the session that a `Receiver` of the client gets
                causes one at once.
            restarts: How often the session may be restarted within an hour; 0 for never.

        Returns:
            The changes, as they come; nothing with `on_state`, which ends only by an error or when it is cancelled.

        Raises:
            InvalidRequestError: An argument is not valid.
            NotFoundError: There is no such session, or no more.
            AuthenticationError: The key is not valid any more.
        """
        return self._loop.iterate_or_run(self._async.watch(session, on_state=on_state, every=every, restarts=restarts))

    @property
    def outbox(self) -> OutboxCalls:
        """The client's outbox: its records of calls with a ``key``."""
        return OutboxCalls(self._async.outbox, self._loop)

    def iter_new_messages(
        self, session: SessionRef, *, since: datetime | None = None, interval: float = 5.0
    ) -> Iterator[webhooks.MessageReceived]:
        """
        Iterate over the messages that others write to a session, as they come, without an end.

        They are found by reading the session's chats every few seconds, more seldom while nothing comes: for whoever
        has no public address that a webhook could be posted to. Each comes once, in the order of its chat, as the same
        event as by webhook. What fails in a way that may pass is tried again.

        Where they must not be missed while the program is not running, note the ``timestamp`` of what was handled, and
        pass it as `since` the next time; or let a `Receiver` with an inbox do so: see `Receiver.poll`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            since: Messages of this second and later: a moment with a time zone; by default of now and later.
            interval: Seconds between two looks, at least; six times as many at most.

        Yields:
            The messages.

        Raises:
            InvalidRequestError: An argument makes no sense.
            NotFoundError: There is no such session.
        """
        return self._loop.iterate(self._async.iter_new_messages(session, since=since, interval=interval))

    @overload
    def request(
        self,
        method: str,
        path: str,
        *,
        into: type[T],
        path_params: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
        recipients: Iterable[ChatRef] | None = None,
        key: str | None = None,
    ) -> T: ...

    @overload
    def request(
        self,
        method: str,
        path: str,
        *,
        into: None = None,
        path_params: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
        recipients: Iterable[ChatRef] | None = None,
        key: str | None = None,
    ) -> Any: ...

    def request(
        self,
        method: str,
        path: str,
        *,
        into: Any = None,
        path_params: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
        recipients: Iterable[ChatRef] | None = None,
        key: str | None = None,
    ) -> Any:
        """
        Make a call that has no method of its own, with the same retries and errors as any other.

        Example:
            ```python
            from wasend import WasendClient, Model, Page, model, wire


            @model
            class Label(Model):
                id: str | None = None
                colour: str | None = wire("colorHex")


            def labels(client: WasendClient, session: str) -> Page[Label]:
                path = "/{session}/labels"
                return client.request("GET", path, path_params={"session": session}, into=Page[Label])
            ```

        A model is a subclass of `Model` with ``@model`` above it, every field of which has a default. ``colorHex``,
        ``ColorHex`` and ``color_hex`` are read into a field ``color_hex``; `wire` gives other spellings.

        Args:
            method: HTTP method.
            path: Path below the base URL. It begins with ``/``, is percent-encoded, and may contain ``{placeholders}``.
            into: What the answer is read into: a model, or a `Page` of models; by default the JSON document as it came.
            path_params: What the placeholders stand for; it is percent-encoded here.
            params: Query parameters; `None` leaves one out, and a list repeats one.
            body: JSON fields; `None` leaves one out.
            repeatable: Whether doing it twice is as good as once, so that it may be repeated; by default all but POST
                and PATCH, and what sends something.
            recipients: Whom it reaches, where neither its path nor its fields say so; ``()`` for nobody. A client with
                a suppression list refuses a write of which it cannot tell.
            key: Your own key of this request, for a client with an `outbox`: by one key it is made once. It must be one
                that does something: a read needs none.

        Returns:
            The model, the page, or the document; `None` for an empty answer.

        Raises:
            InvalidRequestError: The method or the path is not valid, a placeholder has no value, or there is a
                suppression list and nobody can tell whom it reaches. Nothing was sent.
            NotFoundError: The service knows no such path, or nothing there.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came to a call that is not repeatable; it may have been carried out.
        """
        return self._loop.run(
            self._async.request(
                method,
                path,
                into=into,
                path_params=path_params,
                params=params,
                body=body,
                repeatable=repeatable,
                recipients=recipients,
                key=key,
            )
        )


class WasendClient(Signatures, _Calls, Aliases):
    """
    The service, as methods: sessions, messages, groups, contacts, chats and the account.

    Example:
        ```python
        from wasend import WasendClient

        with WasendClient(api_key="...") as client:
            message = client.send_text(session="ses_7f3a91c2", to="+447700900456", text="See you at 10")
            print(message.id)
        ```

    One client serves many callers at once, and goes on working after a fork.
    """

    _is_view = False

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        session: SessionRef | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
        prefer: Literal["sdk", "docs"] = "sdk",
        http_client: httpx.AsyncClient | None = None,
        transport: Literal["httpx", "aiohttp"] = "httpx",
        proxy: str | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        on_response: Callable[[Response], object] | None = None,
        on_wait: Callable[[Wait], object] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        settle: bool = False,
        pacing: delivery.Pacer | delivery.Pacing | None = None,
        breaker: delivery.Breaker | bool = False,
        rate_limit: str | delivery.RateLimiter | None = None,
        suppression: delivery.Suppression | None = None,
        ready: float | None = None,
        resolver: delivery.Resolver | None = None,
        outbox: outbox.Outbox | None = None,
        message_ids: Literal["try"] | None = None,
        strict: bool = False,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        """
        Make a client. It opens no connection before its first call.

        Args:
            api_key: The key; by default ``WASEND_API_KEY`` from the environment.
            base_url: Where the service is; by default ``WASEND_BASE_URL``, else ``https://api.wasend.dev``.
            session: The session that ``client.session()`` is for: its ``uniqueSessionId``, or a `Session`; by default
                ``WASEND_SESSION``. Calls of the client itself name their session all the same: one that was forgotten
                is an error for type checkers, too.
            timeout: Seconds to wait for each answer, or a `Timeout`; by default ``WASEND_TIMEOUT``, else 30 s, and 90
                s for sends.
            retry: When a failed request is made again: a `Retry`, `None` for never, or a function ``(error, attempt)``
                that answers no, yes, or in how many seconds. By default twice at most (``WASEND_MAX_RETRIES``).
                Whatever is set, a write that may have reached the service is not repeated.
            prefer: Whose route to try first where the official SDK and the documentation name different ones.
            http_client: A ready `httpx.AsyncClient`, for a proxy, TLS settings, HTTP/2 or another transport. It stays
                the caller's to close.
            transport: What makes the connections. ``"aiohttp"``, of the extra of that name, takes less time where many
                calls are made at once; it knows no SOCKS proxy.
            proxy: The proxy for every connection, such as ``"http://proxy:3128"``; by default what the environment
                names (``HTTPS_PROXY``, ``ALL_PROXY``).
            verify: Whether to verify the service's certificate; or whom to trust: the path of a file or folder of
                certificates, or an `ssl.SSLContext`.
            on_response: Told of every answer, of each attempt: its status, its headers and the id that the service gave
                it. A function or a coroutine function; what it raises is logged.
            on_wait: Told of every wait before it begins, with its reason and its end: a `Wait` for a retry, for the
                rate limit, for a send's turn, or for its session. A function or a coroutine function; what it raises is
                logged.
            clock: Where time comes from; tests may give another, such as `wasend.sandbox.Clock`.
            settle: Whether a send, `create_session` or `create_group` that is not answered is looked for, for up to 10
                s, before its error is raised: where it is found, it becomes an ordinary result. See `settle`.
            pacing: When each send may go out: a `Pacer`, or a `Pacing` for all of them. Sends wait for their turn.
            breaker: A `Breaker`, or `True` for one of its own: it holds sends back when WhatsApp restricts the number,
                its session fails, or failures follow each other. They raise `BreakerOpenError`.
            rate_limit: ``"20/m"``, ``"5/10s"``: how many requests to make in that time; or a `RateLimiter` that several
                clients of one key share, or several processes by its store. A 429 on one task holds the others back as
                well, with a limit or without.
            suppression: A `Suppression` list: sends to whom it names raise `SuppressedRecipientError`.
            ready: Seconds that a send waits for a session that is STARTING; by default it raises at once.
            resolver: A `Resolver` for `resolve`, such as one whose store outlives the process; by default one of its
                own.
            outbox: An `Outbox`, in which calls with a ``key`` are kept: each is made once, whatever fails, by however
                many tasks and processes.
            message_ids: ``"try"``: give each message an id of our own making. Where the service takes it over, what
                became of a message that was not answered can be told exactly; where it does not, nothing is lost.
            strict: Whether a value that does not fit its field is a `DecodeError`, for tests of what a service answers.
                By default the field is left empty, and the value is kept in ``extra`` and named in ``unread``.
            max_answer_bytes: The most bytes that an answer, or a file that `download` fetches, may have; by default 64
                MiB. Reading one takes at most three times that much memory, whatever is in it.

        Raises:
            ConfigurationError: There is no key, or a setting is not valid.
        """
        api_key = Secret.of(api_key)
        self._async = AsyncWasendClient(
            api_key,
            base_url=base_url,
            session=session,
            timeout=timeout,
            retry=retry,
            prefer=prefer,
            http_client=http_client,
            transport=transport,
            proxy=proxy,
            verify=verify,
            on_response=on_response,
            on_wait=on_wait,
            clock=clock,
            settle=settle,
            pacing=pacing,
            breaker=breaker,
            rate_limit=rate_limit,
            suppression=suppression,
            ready=ready,
            resolver=resolver,
            outbox=outbox,
            message_ids=message_ids,
            strict=strict,
            max_answer_bytes=max_answer_bytes,
        )
        self._loop = Bridge(self._async.aclose)

    def _over(self, client: AsyncWasendClient) -> Self:
        """Another view of the same connections, on the same event loop."""
        view = copy.copy(self)
        view._async, view._is_view = client, True
        return view

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if "_async" not in self.__dict__:  # a traceback shows one that could not be made, too
            return f"<{type(self).__name__} that is not made yet>"
        return repr(self._async).replace("AsyncWasendClient", "WasendClient", 1)

    def close(self) -> None:
        """Close the connections. Calls in progress fail with `ClientClosedError`, and so do later ones."""
        if not self._is_view:
            self._loop.close()

    def with_options(
        self,
        *,
        api_key: str | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
        settle: bool | None = None,
        kind: str | delivery.Pacing | None = None,
        zone: str | None = None,
        turn_timeout: float | None = None,
        reservation: str | None = None,
        key: str | None = None,
        on_response: Callable[[Response], object] | None = None,
        on_wait: Callable[[Wait], object] | None = None,
    ) -> Self:
        """
        Get a view of this client with other settings. It shares the client's connections, which only the client closes.

        It is of the client's own class, and has the same attributes. Closing a view does nothing; closing the client
        closes its views.

        Args:
            api_key: Another key, if given.
            timeout: Other times to wait, if given: seconds, or a `Timeout`.
            retry: Another rule for repeating, if given.
            settle: Whether to look for what is not answered, if given.
            kind: What kind of sends they are, for pacing and breaker: ``"reply"``, ``"known"``, ``"cold"``, a kind of
                your own, or a `Pacing`.
            zone: The recipients' time zone, for quiet hours, such as ``"America/New_York"``.
            turn_timeout: Seconds that a send waits for its turn at most: it raises `TurnTimeoutError` as soon as it is
                known that its pacing makes it wait for longer. 0: now or not at all.
            reservation: The token of a moment that was kept for the next send, see `Pacer.reserve`.
            key: The ``key`` of the view's call that must not be made twice, such as a send, if that names none: the id
                of a task, for example. It is for one: another one is refused, by an `IdempotencyConflictError`.
            on_response: Told of every answer to the view, in place of the client's own hook, if given.
            on_wait: Told of every wait of the view's calls, in place of the client's own hook, if given.

        Raises:
            ConfigurationError: A setting is not valid.
        """
        api_key = Secret.of(api_key)
        return self._over(
            self._async.with_options(
                api_key=api_key,
                timeout=timeout,
                retry=retry,
                settle=settle,
                kind=kind,
                zone=zone,
                turn_timeout=turn_timeout,
                reservation=reservation,
                key=key,
                on_response=on_response,
                on_wait=on_wait,
            )
        )

    def session(self, session: SessionRef | None = None) -> BoundSession:
        """
        Get a view of this client for one session, whose calls need not name it.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`; by default the ``session`` that the client was made with,
                else ``WASEND_SESSION`` as it was in the environment then.

        Raises:
            ConfigurationError: It is not given, and there is no default.
        """
        return BoundSession(self, self._async.session(session).session_id)

    def record_responses(self) -> AbstractContextManager[list[Response]]:
        """
        Keep the head of every answer that the calls in a block get: status, headers and request id.

        Example:
            ```python
            from wasend import WasendClient, Message


            def send(client: WasendClient) -> Message:
                with client.record_responses() as responses:
                    message = client.send_text(session="ses_1", to="+447700900456", text="Hi")
                print(responses[-1].status, responses[-1].request_id)
                return message
            ```

        Returns:
            A context manager that gives the list: one `Response` for each attempt, the last one's at its end. Calls of
            this task, thread or context are recorded, by whichever client they are made.
        """
        return self._async.record_responses()

    def retrieve_config(self) -> Options:
        """Get the settings in force; printing them does not show the key."""
        return self._async.retrieve_config()
