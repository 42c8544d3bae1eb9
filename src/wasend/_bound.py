# Written by tools/generate_sync.py from the rooms in api/; change those, not this.
"""One session's view of a client: the calls that take a session, without naming it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._core.model import Page, Result
from .api.chats import MOST_MESSAGES, Ack, Chat, ChatMessage, ChatPicture, ReadResult
from .api.contacts import Contact, ContactExistence, ProfilePicture
from .api.groups import (
    AdminOnly,
    Group,
    GroupCount,
    GroupInvite,
    GroupParticipant,
    GroupPicture,
    GroupSettings,
    ParticipantChanges,
    ParticipantRef,
)
from .api.messages import LinkPreview, Message
from .api.service import mapping_form
from .api.sessions import QRCode, Session, SessionState
from .media import MediaData
from .recipients import Recipient

if TYPE_CHECKING:
    from ._sync import WasendClient
    from .client import AsyncWasendClient


class AsyncBoundSession:
    """
    The calls of a client for one session, which need not name it; `AsyncWasendClient.session` makes one.

    Attributes:
        session_id: The session's ``uniqueSessionId``.
    """

    __slots__ = ("_client", "session_id")

    def __init__(self, client: AsyncWasendClient, session_id: str) -> None:
        self._client = client
        self.session_id = session_id

    def __repr__(self) -> str:
        return f"AsyncBoundSession({self.session_id!r})"

    async def retrieve_session_info(self) -> Session:
        """
        Look at a session.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._client.retrieve_session_info(self.session_id)

    async def delete_session(self) -> Result:
        """
        Delete a session.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._client.delete_session(self.session_id)

    async def start_session(self) -> Session:
        """
        Start a session; once started, it waits for its QR code to be scanned, unless it was linked before.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._client.start_session(self.session_id)

    async def stop_session(self) -> Session:
        """
        Stop a session; it stays linked.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._client.stop_session(self.session_id)

    async def restart_session(self) -> Session:
        """
        Restart a session that is stopped or has failed.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._client.restart_session(self.session_id)

    async def retrieve_qr_code(self) -> QRCode:
        """
        Get the QR code to scan with the phone. It is good for 60 s, its successors for 20 s each, six in all.

        Returns:
            The code: ``.png`` is the picture, ``.text`` what it says, whichever the service sent.

        Raises:
            NotFoundError: There is no such session.
            SessionNotReadyError: The session is not waiting to be scanned.
        """
        return await self._client.retrieve_qr_code(self.session_id)

    @mapping_form
    async def send_text(self, *, to: str | Recipient, text: str, reply_to: str | None = None) -> Message:
        """
        Send a text message.

        Args:
            to: International phone number, chat id or group id.
            text: What to say; WhatsApp's own markup is allowed.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
            SessionNotReadyError: The session is not connected.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_text(session=self.session_id, to=to, text=text, reply_to=reply_to)

    @mapping_form
    async def send_image(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a picture.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the picture, or
            data: the picture: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_image(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to
        )

    @mapping_form
    async def send_video(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a video.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the video, or
            data: the video: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_video(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to
        )

    @mapping_form
    async def send_voice(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        duration: float | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a voice message.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the recording, or
            data: the recording: bytes, a path, a binary file or base64 text; at most 40 MiB.
            duration: Its length in seconds.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_voice(
            session=self.session_id, to=to, url=url, data=data, duration=duration, reply_to=reply_to
        )

    @mapping_form
    async def send_file(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a file as a document.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the file, or
            data: the file: bytes, a path, a binary file or base64 text; at most 40 MiB.
            file_name: Its name for the recipient; found from a path, a file or a URL where not given.
            mime_type: Its MIME type; found from the name where not given, else ``application/octet-stream``.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, no name to be found, or the number has no
                country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_file(
            session=self.session_id,
            to=to,
            url=url,
            data=data,
            file_name=file_name,
            mime_type=mime_type,
            reply_to=reply_to,
        )

    @mapping_form
    async def send_link_custom_preview(
        self, *, to: str | Recipient, text: str, preview: LinkPreview | Mapping[str, Any], reply_to: str | None = None
    ) -> Message:
        """
        Send a text with a link, and say what the link looks like.

        Args:
            to: International phone number, chat id or group id.
            text: What to say; it contains the URL.
            preview: The link's look: a `LinkPreview`, or a mapping with ``title`` and, if wanted, ``description`` and
                ``thumbnailUrl``.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: The preview has no title, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_link_custom_preview(
            session=self.session_id, to=to, text=text, preview=preview, reply_to=reply_to
        )

    @mapping_form
    async def send_seen(self, *, to: str | Recipient, message_id: str) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            to: The chat: international phone number, chat id or group id.
            message_id: Id of the message.
        """
        return await self._client.send_seen(session=self.session_id, to=to, message_id=message_id)

    @mapping_form
    async def send_reaction(self, *, message_id: str, reaction: str) -> Result:
        """
        React to a message.

        Args:
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """
        return await self._client.send_reaction(session=self.session_id, message_id=message_id, reaction=reaction)

    @mapping_form
    async def start_typing(self, *, to: str | Recipient) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            to: The chat: international phone number, chat id or group id.
        """
        return await self._client.start_typing(session=self.session_id, to=to)

    @mapping_form
    async def stop_typing(self, *, to: str | Recipient) -> Result:
        """
        Show "typing…" no longer.

        Args:
            to: The chat: international phone number, chat id or group id.
        """
        return await self._client.stop_typing(session=self.session_id, to=to)

    @mapping_form
    async def send(
        self,
        *,
        to: str | Recipient,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
    ) -> Message:
        """
        Send whatever is given: a text, or media at a URL with the text as its caption.

        Args:
            to: International phone number, chat id or group id.
            text: The text, or the caption.
            image_url: URL of a picture.
            video_url: URL of a video.
            document_url: URL of a document.
            audio_url: URL of a recording.
            mimetype: MIME type of the media.
            filename: Name of the document.
            preview: What a link in the text looks like, in the service's own keys.

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send(
            session=self.session_id,
            to=to,
            text=text,
            image_url=image_url,
            video_url=video_url,
            document_url=document_url,
            audio_url=audio_url,
            mimetype=mimetype,
            filename=filename,
            preview=preview,
        )

    @mapping_form
    async def send_message(
        self,
        *,
        to: str | Recipient,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
        message_id: str | None = None,
        send_seen: bool | str = True,
        min_typing: float | str = 3.0,
        max_typing: float | str = 8.0,
    ) -> Message:
        """
        Send as a person would: mark the message answered as seen, show "typing…" for a while, then `send`.

        A failure to show any of this does not stop the message; cancelling the call stops the typing. The
        official SDK's form, of two mappings, will do: ``send_message(request, {"minTypingDuration": "3000"})``.

        Args:
            to: International phone number, chat id or group id.
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

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return await self._client.send_message(
            session=self.session_id,
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
        )

    @mapping_form
    async def create_group(
        self,
        *,
        name: str,
        participants: Sequence[ParticipantRef],
        description: str | None = None,
        picture_url: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Group:
        """
        Create a group.

        Args:
            name: Its name. Above 100 characters it is sent, with a warning: WhatsApp refuses it.
            participants: Its members: numbers, WhatsApp ids, `GroupParticipant` or mappings with ``id`` and, if wanted,
                ``isAdmin``. At least one.
            description: Its description.
            picture_url: URL of its picture.
            tags: Labels of your own, for `get_groups`.

        Returns:
            The group. A member that could not be added carries its ``error``.

        Raises:
            InvalidRequestError: There are no participants, or one has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the group may exist: look for its name before creating it again.
        """
        return await self._client.create_group(
            self.session_id,
            name=name,
            participants=participants,
            description=description,
            picture_url=picture_url,
            tags=tags,
        )

    @mapping_form
    async def get_groups(
        self,
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
        return await self._client.get_groups(
            self.session_id,
            exclude=exclude,
            limit=limit,
            offset=offset,
            search=search,
            sort_by=sort_by,
            sort_order=sort_order,
            status=status,
            tags=tags,
        )

    def iter_groups(
        self,
        *,
        exclude: Sequence[str] | None = None,
        page_size: int = 50,
        search: str | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        status: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> AsyncIterator[Group]:
        """
        Go through all groups, fetching pages as it goes.

        Args:
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
        return self._client.iter_groups(
            self.session_id,
            exclude=exclude,
            page_size=page_size,
            search=search,
            sort_by=sort_by,
            sort_order=sort_order,
            status=status,
            tags=tags,
        )

    async def get_groups_count(self) -> GroupCount:
        """
        Count groups.
        """
        return await self._client.get_groups_count(self.session_id)

    async def get_group(self, group_id: str) -> Group:
        """
        Look at a group.

        Args:
            group_id: Its id, ``…@g.us``.

        Raises:
            NotFoundError: There is no such group.
        """
        return await self._client.get_group(self.session_id, group_id)

    async def get_group_info(self, group_id: str) -> Group:
        """
        Look at a group; the documentation's name for `get_group`.

        Args:
            group_id: Its id, ``…@g.us``.

        Raises:
            NotFoundError: There is no such group.
        """
        return await self._client.get_group_info(self.session_id, group_id)

    async def leave_group(self, group_id: str) -> Result:
        """
        Leave a group.

        Args:
            group_id: The group's id, ``…@g.us``.

        Raises:
            OutcomeUnknownError: No answer came; the session may have left.
        """
        return await self._client.leave_group(self.session_id, group_id)

    @mapping_form
    async def get_group_join_info(self, code: str) -> Group:
        """
        Look at a group before joining it.

        Args:
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """
        return await self._client.get_group_join_info(self.session_id, code)

    @mapping_form
    async def join_group(self, *, code: str) -> Group:
        """
        Join a group by its invite code.

        Args:
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Returns:
            The group, as far as the service describes it.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
            OutcomeUnknownError: No answer came; the session may have joined.
        """
        return await self._client.join_group(self.session_id, code=code)

    @mapping_form
    async def get_group_picture(self, group_id: str, refresh: bool | None = None) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            group_id: The group's id, ``…@g.us``.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        return await self._client.get_group_picture(self.session_id, group_id, refresh)

    @mapping_form
    async def set_group_picture(
        self, group_id: str, *, url: str, crop_to_square: bool | None = None, format: str | None = None
    ) -> Result:
        """
        Set a group's picture.

        Args:
            group_id: The group's id, ``…@g.us``.
            url: Where the service finds the picture; publicly reachable.
            crop_to_square: Cut it to a square.
            format: ``jpeg``, ``png`` or ``webp``.
        """
        return await self._client.set_group_picture(
            self.session_id, group_id, url=url, crop_to_square=crop_to_square, format=format
        )

    async def delete_group_picture(self, group_id: str) -> Result:
        """
        Remove a group's picture.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.delete_group_picture(self.session_id, group_id)

    async def get_group_description(self, group_id: str) -> str | None:
        """
        Get a group's description, from `get_group` where the service has no call of its own for it.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_description(self.session_id, group_id)

    @mapping_form
    async def set_group_description(self, group_id: str, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            group_id: The group's id, ``…@g.us``.
            description: The description; ``""`` removes it.
        """
        return await self._client.set_group_description(self.session_id, group_id, description=description)

    async def get_group_subject(self, group_id: str) -> str | None:
        """
        Get a group's name, from `get_group` where the service has no call of its own for it.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_subject(self.session_id, group_id)

    @mapping_form
    async def set_group_subject(self, group_id: str, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            group_id: The group's id, ``…@g.us``.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """
        return await self._client.set_group_subject(self.session_id, group_id, subject=subject)

    @mapping_form
    async def set_group_name(self, group_id: str, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            group_id: The group's id, ``…@g.us``.
            name: The name, as for `set_group_subject`.
        """
        return await self._client.set_group_name(self.session_id, group_id, name=name)

    async def get_group_settings(self, group_id: str) -> GroupSettings:
        """
        Get who may do what in a group, from the single settings where the service has no call for all.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_settings(self.session_id, group_id)

    @mapping_form
    async def set_group_settings(
        self, group_id: str, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        Args:
            group_id: The group's id, ``…@g.us``.
            info_admin_only: Only admins change name, description and picture.
            messages_admin_only: Only admins write.
        """
        return await self._client.set_group_settings(
            self.session_id, group_id, info_admin_only=info_admin_only, messages_admin_only=messages_admin_only
        )

    async def get_group_info_admin_only(self, group_id: str) -> AdminOnly:
        """
        Get whether only admins change name, description and picture.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_info_admin_only(self.session_id, group_id)

    @mapping_form
    async def set_group_info_admin_only(
        self, group_id: str, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """
        Let only admins, or every member, change name, description and picture.

        Args:
            group_id: The group's id, ``…@g.us``.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        return await self._client.set_group_info_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    async def get_group_messages_admin_only(self, group_id: str) -> AdminOnly:
        """
        Get whether only admins write.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_messages_admin_only(self.session_id, group_id)

    @mapping_form
    async def set_group_messages_admin_only(
        self, group_id: str, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """
        Let only admins, or every member, write.

        Args:
            group_id: The group's id, ``…@g.us``.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        return await self._client.set_group_messages_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    async def get_group_invite_code(self, group_id: str) -> str:
        """
        Get the code that lets people join; ``https://chat.whatsapp.com/`` before it makes the link.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_invite_code(self.session_id, group_id)

    async def revoke_group_invite_code(self, group_id: str) -> str:
        """
        Replace the code that lets people join: the old one stops working at once.

        Args:
            group_id: The group's id, ``…@g.us``.

        Returns:
            The new code; ``""`` where the service does not tell it, but `get_group_invite_code` will.
        """
        return await self._client.revoke_group_invite_code(self.session_id, group_id)

    async def get_group_invite_link(self, group_id: str) -> GroupInvite:
        """
        Get the link that lets people join, made from the code where the service has no call of its own for it.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_invite_link(self.session_id, group_id)

    async def revoke_group_invite_link(self, group_id: str) -> GroupInvite:
        """
        Replace the link that lets people join: the old one stops working at once.

        Args:
            group_id: The group's id, ``…@g.us``.

        Returns:
            The new link.
        """
        return await self._client.revoke_group_invite_link(self.session_id, group_id)

    async def get_group_participants(self, group_id: str) -> Page[GroupParticipant]:
        """
        List the members of a group.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return await self._client.get_group_participants(self.session_id, group_id)

    @mapping_form
    async def add_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Add members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._client.add_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def remove_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Remove members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._client.remove_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def promote_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make members admins. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._client.promote_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def demote_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make admins plain members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return await self._client.demote_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def get_contacts(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Contact]:
        """
        List contacts, a page at a time; see `iter_contacts` for all.

        Args:
            limit: How many at most; the service's default is 10.
            offset: How many to pass over.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.
        """
        return await self._client.get_contacts(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_contacts(
        self, *, page_size: int = 100, sort_by: str | None = None, sort_order: str | None = None
    ) -> AsyncIterator[Contact]:
        """
        Go through all contacts, fetching pages as it goes.

        Args:
            page_size: How many to fetch at a time.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The contacts.
        """
        return self._client.iter_contacts(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    async def get_contact(self, *, contact_id: str) -> Contact:
        """
        Look at a contact.

        Args:
            contact_id: International number, or id such as ``447700900456@c.us``.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """
        return await self._client.get_contact(self.session_id, contact_id=contact_id)

    @mapping_form
    async def check_contact_exists(self, *, phone: str) -> ContactExistence:
        """
        Ask whether a number is on WhatsApp.

        Args:
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """
        return await self._client.check_contact_exists(self.session_id, phone=phone)

    @mapping_form
    async def get_contact_profile_picture(self, *, contact_id: str, refresh: bool | None = None) -> ProfilePicture:
        """
        Get the picture of a contact.

        Args:
            contact_id: International number, or id such as ``447700900456@c.us``.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
        """
        return await self._client.get_contact_profile_picture(self.session_id, contact_id=contact_id, refresh=refresh)

    @mapping_form
    async def get_all_chats(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Chat]:
        """
        List chats, a page at a time; see `iter_chats` for all.

        Args:
            limit: How many at most.
            offset: How many to pass over.
            sort_by: ``conversationTimestamp``, ``id``, ``name``, or what else the service knows: sources disagree.
            sort_order: ``asc`` or ``desc``.
        """
        return await self._client.get_all_chats(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_chats(
        self, *, page_size: int = 50, sort_by: str | None = None, sort_order: str | None = None
    ) -> AsyncIterator[Chat]:
        """
        Go through all chats, fetching pages as it goes.

        Args:
            page_size: How many to fetch at a time.
            sort_by: As for `get_all_chats`.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The chats.
        """
        return self._client.iter_chats(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    async def get_chats_overview(
        self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
    ) -> Page[Chat]:
        """
        List chats with their pictures and last messages.

        Args:
            ids: Only these chats: ids or international numbers.
            limit: How many at most; the engine's default is 20.
            offset: How many to pass over.
        """
        return await self._client.get_chats_overview(self.session_id, ids=ids, limit=limit, offset=offset)

    @mapping_form
    async def get_messages(
        self,
        chat_id: str,
        *,
        limit: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
        offset: int | None = None,
    ) -> Page[ChatMessage]:
        """
        Read messages of a chat, a page at a time; see `iter_messages` for all.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            limit: How many at most; the service gives no more than 50.
            download_media: Have the service fetch the media; slow.
            filter: Only messages with ``from_me`` (true or false), ``ack`` (one of `Ack`, its name, or a list of
                them), ``timestamp_gte``, ``timestamp_lte`` (a `datetime`, or seconds since 1970).
            offset: How many to pass over.

        Raises:
            InvalidRequestError: The filter has an unknown key or value. Nothing was sent.
        """
        return await self._client.get_messages(
            self.session_id, chat_id, limit=limit, download_media=download_media, filter=filter, offset=offset
        )

    def iter_messages(
        self,
        chat_id: str,
        *,
        page_size: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[ChatMessage]:
        """
        Go through the messages of a chat, fetching pages as it goes.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            page_size: How many to fetch at a time, 50 at most.
            download_media: Have the service fetch the media; slow.
            filter: As for `get_messages`.

        Yields:
            The messages, in the service's order.
        """
        return self._client.iter_messages(
            self.session_id, chat_id, page_size=page_size, download_media=download_media, filter=filter
        )

    @mapping_form
    async def get_message_by_id(
        self, chat_id: str, message_id: str, *, download_media: bool | None = None
    ) -> ChatMessage:
        """
        Read one message of a chat.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            message_id: Its id.
            download_media: Have the service fetch its media.

        Raises:
            NotFoundError: There is no such message.
        """
        return await self._client.get_message_by_id(self.session_id, chat_id, message_id, download_media=download_media)

    @mapping_form
    async def read_messages(self, chat_id: str, *, days: int | None = None, messages: int | None = None) -> ReadResult:
        """
        Mark the messages of a chat as read.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            days: Of how many days; the engine's default is 7.
            messages: How many, the newest; the engine's default is 30, and 100 in a group.
        """
        return await self._client.read_messages(self.session_id, chat_id, days=days, messages=messages)

    @mapping_form
    async def get_chat_picture(self, chat_id: str, *, refresh: bool | None = None) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        return await self._client.get_chat_picture(self.session_id, chat_id, refresh=refresh)

    async def resolve(self, to: str | Recipient, *, region: str | None = None) -> Recipient | None:
        """
        Ask WhatsApp which form of a number it knows: Brazilian, Mexican and Argentine numbers have two.

        There is a random gap between two questions of a session, and answers are cached: see `Resolver`.

        Args:
            to: An international phone number, or an id; that of a group is returned as it is.
            region: The country of a national number, such as ``"GB"``; needs the extra ``phone``.

        Returns:
            The recipient, to be passed as ``to``; `None` if no form of the number is on WhatsApp.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id. Nothing was asked.
            DecodeError: The answer does not say whether the number exists.
        """
        return await self._client.resolve(to, session=self.session_id, region=region)

    async def wait_for_state(
        self, states: SessionState | str | Iterable[SessionState | str], *, timeout: float = 60.0
    ) -> Session:
        """
        Wait until a session is in one of some states, by polling at growing intervals.

        Args:
            states: One or several, in any spelling that the service uses, such as ``"CONNECTED"`` or ``"WORKING"``.
            timeout: Seconds to wait.

        Returns:
            The session as it was last seen.

        Raises:
            InvalidRequestError: There is no such state.
            NotFoundError: There is no such session.
            WaitTimeoutError: It was in none of them in time; its ``state`` is where it was last.
        """
        return await self._client.wait_for_state(self.session_id, states, timeout=timeout)

    async def wait_until_ready(self, *, timeout: float = 60.0) -> Session:
        """
        Wait until a session is connected, by polling at growing intervals.

        A FAILED session is not waited for: it stays so. One that is STOPPED, or shows a QR code, is: somebody may be
        about to start it, or to scan the code.

        Args:
            timeout: Seconds to wait.

        Returns:
            The session, connected.

        Raises:
            NotFoundError: There is no such session.
            SessionFailedError: It has failed.
            WaitTimeoutError: It was not connected in time; its ``state`` is where it was last.
        """
        return await self._client.wait_until_ready(self.session_id, timeout=timeout)

    async def wait_for_ack(
        self, message: Message | ChatMessage | str, *, at_least: Ack | str | int = "DEVICE", timeout: float = 60.0
    ) -> ChatMessage:
        """
        Wait until a message has reached an ack, by reading it back at growing intervals.

        Args:
            message: What the send returned; or its id, if it names the chat (``true_447700900456@c.us_3EB0…``).
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
        return await self._client.wait_for_ack(message, session=self.session_id, at_least=at_least, timeout=timeout)


class BoundSession:
    """
    The calls of a client for one session, which need not name it; `WasendClient.session` makes one.

    Attributes:
        session_id: The session's ``uniqueSessionId``.
    """

    __slots__ = ("_client", "session_id")

    def __init__(self, client: WasendClient, session_id: str) -> None:
        self._client = client
        self.session_id = session_id

    def __repr__(self) -> str:
        return f"BoundSession({self.session_id!r})"

    def retrieve_session_info(self) -> Session:
        """
        Look at a session.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._client.retrieve_session_info(self.session_id)

    def delete_session(self) -> Result:
        """
        Delete a session.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._client.delete_session(self.session_id)

    def start_session(self) -> Session:
        """
        Start a session; once started, it waits for its QR code to be scanned, unless it was linked before.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._client.start_session(self.session_id)

    def stop_session(self) -> Session:
        """
        Stop a session; it stays linked.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._client.stop_session(self.session_id)

    def restart_session(self) -> Session:
        """
        Restart a session that is stopped or has failed.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._client.restart_session(self.session_id)

    def retrieve_qr_code(self) -> QRCode:
        """
        Get the QR code to scan with the phone. It is good for 60 s, its successors for 20 s each, six in all.

        Returns:
            The code: ``.png`` is the picture, ``.text`` what it says, whichever the service sent.

        Raises:
            NotFoundError: There is no such session.
            SessionNotReadyError: The session is not waiting to be scanned.
        """
        return self._client.retrieve_qr_code(self.session_id)

    @mapping_form
    def send_text(self, *, to: str | Recipient, text: str, reply_to: str | None = None) -> Message:
        """
        Send a text message.

        Args:
            to: International phone number, chat id or group id.
            text: What to say; WhatsApp's own markup is allowed.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
            SessionNotReadyError: The session is not connected.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_text(session=self.session_id, to=to, text=text, reply_to=reply_to)

    @mapping_form
    def send_image(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a picture.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the picture, or
            data: the picture: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_image(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to
        )

    @mapping_form
    def send_video(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a video.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the video, or
            data: the video: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_video(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to
        )

    @mapping_form
    def send_voice(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        duration: float | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a voice message.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the recording, or
            data: the recording: bytes, a path, a binary file or base64 text; at most 40 MiB.
            duration: Its length in seconds.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_voice(
            session=self.session_id, to=to, url=url, data=data, duration=duration, reply_to=reply_to
        )

    @mapping_form
    def send_file(
        self,
        *,
        to: str | Recipient,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a file as a document.

        Args:
            to: International phone number, chat id or group id.
            url: Where the service finds the file, or
            data: the file: bytes, a path, a binary file or base64 text; at most 40 MiB.
            file_name: Its name for the recipient; found from a path, a file or a URL where not given.
            mime_type: Its MIME type; found from the name where not given, else ``application/octet-stream``.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, no name to be found, or the number has no
                country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_file(
            session=self.session_id,
            to=to,
            url=url,
            data=data,
            file_name=file_name,
            mime_type=mime_type,
            reply_to=reply_to,
        )

    @mapping_form
    def send_link_custom_preview(
        self, *, to: str | Recipient, text: str, preview: LinkPreview | Mapping[str, Any], reply_to: str | None = None
    ) -> Message:
        """
        Send a text with a link, and say what the link looks like.

        Args:
            to: International phone number, chat id or group id.
            text: What to say; it contains the URL.
            preview: The link's look: a `LinkPreview`, or a mapping with ``title`` and, if wanted, ``description`` and
                ``thumbnailUrl``.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: The preview has no title, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_link_custom_preview(
            session=self.session_id, to=to, text=text, preview=preview, reply_to=reply_to
        )

    @mapping_form
    def send_seen(self, *, to: str | Recipient, message_id: str) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            to: The chat: international phone number, chat id or group id.
            message_id: Id of the message.
        """
        return self._client.send_seen(session=self.session_id, to=to, message_id=message_id)

    @mapping_form
    def send_reaction(self, *, message_id: str, reaction: str) -> Result:
        """
        React to a message.

        Args:
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """
        return self._client.send_reaction(session=self.session_id, message_id=message_id, reaction=reaction)

    @mapping_form
    def start_typing(self, *, to: str | Recipient) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            to: The chat: international phone number, chat id or group id.
        """
        return self._client.start_typing(session=self.session_id, to=to)

    @mapping_form
    def stop_typing(self, *, to: str | Recipient) -> Result:
        """
        Show "typing…" no longer.

        Args:
            to: The chat: international phone number, chat id or group id.
        """
        return self._client.stop_typing(session=self.session_id, to=to)

    @mapping_form
    def send(
        self,
        *,
        to: str | Recipient,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
    ) -> Message:
        """
        Send whatever is given: a text, or media at a URL with the text as its caption.

        Args:
            to: International phone number, chat id or group id.
            text: The text, or the caption.
            image_url: URL of a picture.
            video_url: URL of a video.
            document_url: URL of a document.
            audio_url: URL of a recording.
            mimetype: MIME type of the media.
            filename: Name of the document.
            preview: What a link in the text looks like, in the service's own keys.

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send(
            session=self.session_id,
            to=to,
            text=text,
            image_url=image_url,
            video_url=video_url,
            document_url=document_url,
            audio_url=audio_url,
            mimetype=mimetype,
            filename=filename,
            preview=preview,
        )

    @mapping_form
    def send_message(
        self,
        *,
        to: str | Recipient,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
        message_id: str | None = None,
        send_seen: bool | str = True,
        min_typing: float | str = 3.0,
        max_typing: float | str = 8.0,
    ) -> Message:
        """
        Send as a person would: mark the message answered as seen, show "typing…" for a while, then `send`.

        A failure to show any of this does not stop the message; cancelling the call stops the typing. The
        official SDK's form, of two mappings, will do: ``send_message(request, {"minTypingDuration": "3000"})``.

        Args:
            to: International phone number, chat id or group id.
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

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._client.send_message(
            session=self.session_id,
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
        )

    @mapping_form
    def create_group(
        self,
        *,
        name: str,
        participants: Sequence[ParticipantRef],
        description: str | None = None,
        picture_url: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Group:
        """
        Create a group.

        Args:
            name: Its name. Above 100 characters it is sent, with a warning: WhatsApp refuses it.
            participants: Its members: numbers, WhatsApp ids, `GroupParticipant` or mappings with ``id`` and, if wanted,
                ``isAdmin``. At least one.
            description: Its description.
            picture_url: URL of its picture.
            tags: Labels of your own, for `get_groups`.

        Returns:
            The group. A member that could not be added carries its ``error``.

        Raises:
            InvalidRequestError: There are no participants, or one has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the group may exist: look for its name before creating it again.
        """
        return self._client.create_group(
            self.session_id,
            name=name,
            participants=participants,
            description=description,
            picture_url=picture_url,
            tags=tags,
        )

    @mapping_form
    def get_groups(
        self,
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
        return self._client.get_groups(
            self.session_id,
            exclude=exclude,
            limit=limit,
            offset=offset,
            search=search,
            sort_by=sort_by,
            sort_order=sort_order,
            status=status,
            tags=tags,
        )

    def iter_groups(
        self,
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
        Go through all groups, fetching pages as it goes.

        Args:
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
        return self._client.iter_groups(
            self.session_id,
            exclude=exclude,
            page_size=page_size,
            search=search,
            sort_by=sort_by,
            sort_order=sort_order,
            status=status,
            tags=tags,
        )

    def get_groups_count(self) -> GroupCount:
        """
        Count groups.
        """
        return self._client.get_groups_count(self.session_id)

    def get_group(self, group_id: str) -> Group:
        """
        Look at a group.

        Args:
            group_id: Its id, ``…@g.us``.

        Raises:
            NotFoundError: There is no such group.
        """
        return self._client.get_group(self.session_id, group_id)

    def get_group_info(self, group_id: str) -> Group:
        """
        Look at a group; the documentation's name for `get_group`.

        Args:
            group_id: Its id, ``…@g.us``.

        Raises:
            NotFoundError: There is no such group.
        """
        return self._client.get_group_info(self.session_id, group_id)

    def leave_group(self, group_id: str) -> Result:
        """
        Leave a group.

        Args:
            group_id: The group's id, ``…@g.us``.

        Raises:
            OutcomeUnknownError: No answer came; the session may have left.
        """
        return self._client.leave_group(self.session_id, group_id)

    @mapping_form
    def get_group_join_info(self, code: str) -> Group:
        """
        Look at a group before joining it.

        Args:
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """
        return self._client.get_group_join_info(self.session_id, code)

    @mapping_form
    def join_group(self, *, code: str) -> Group:
        """
        Join a group by its invite code.

        Args:
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Returns:
            The group, as far as the service describes it.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
            OutcomeUnknownError: No answer came; the session may have joined.
        """
        return self._client.join_group(self.session_id, code=code)

    @mapping_form
    def get_group_picture(self, group_id: str, refresh: bool | None = None) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            group_id: The group's id, ``…@g.us``.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        return self._client.get_group_picture(self.session_id, group_id, refresh)

    @mapping_form
    def set_group_picture(
        self, group_id: str, *, url: str, crop_to_square: bool | None = None, format: str | None = None
    ) -> Result:
        """
        Set a group's picture.

        Args:
            group_id: The group's id, ``…@g.us``.
            url: Where the service finds the picture; publicly reachable.
            crop_to_square: Cut it to a square.
            format: ``jpeg``, ``png`` or ``webp``.
        """
        return self._client.set_group_picture(
            self.session_id, group_id, url=url, crop_to_square=crop_to_square, format=format
        )

    def delete_group_picture(self, group_id: str) -> Result:
        """
        Remove a group's picture.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.delete_group_picture(self.session_id, group_id)

    def get_group_description(self, group_id: str) -> str | None:
        """
        Get a group's description, from `get_group` where the service has no call of its own for it.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_description(self.session_id, group_id)

    @mapping_form
    def set_group_description(self, group_id: str, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            group_id: The group's id, ``…@g.us``.
            description: The description; ``""`` removes it.
        """
        return self._client.set_group_description(self.session_id, group_id, description=description)

    def get_group_subject(self, group_id: str) -> str | None:
        """
        Get a group's name, from `get_group` where the service has no call of its own for it.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_subject(self.session_id, group_id)

    @mapping_form
    def set_group_subject(self, group_id: str, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            group_id: The group's id, ``…@g.us``.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """
        return self._client.set_group_subject(self.session_id, group_id, subject=subject)

    @mapping_form
    def set_group_name(self, group_id: str, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            group_id: The group's id, ``…@g.us``.
            name: The name, as for `set_group_subject`.
        """
        return self._client.set_group_name(self.session_id, group_id, name=name)

    def get_group_settings(self, group_id: str) -> GroupSettings:
        """
        Get who may do what in a group, from the single settings where the service has no call for all.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_settings(self.session_id, group_id)

    @mapping_form
    def set_group_settings(self, group_id: str, *, info_admin_only: bool, messages_admin_only: bool) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        Args:
            group_id: The group's id, ``…@g.us``.
            info_admin_only: Only admins change name, description and picture.
            messages_admin_only: Only admins write.
        """
        return self._client.set_group_settings(
            self.session_id, group_id, info_admin_only=info_admin_only, messages_admin_only=messages_admin_only
        )

    def get_group_info_admin_only(self, group_id: str) -> AdminOnly:
        """
        Get whether only admins change name, description and picture.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_info_admin_only(self.session_id, group_id)

    @mapping_form
    def set_group_info_admin_only(
        self, group_id: str, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """
        Let only admins, or every member, change name, description and picture.

        Args:
            group_id: The group's id, ``…@g.us``.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        return self._client.set_group_info_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    def get_group_messages_admin_only(self, group_id: str) -> AdminOnly:
        """
        Get whether only admins write.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_messages_admin_only(self.session_id, group_id)

    @mapping_form
    def set_group_messages_admin_only(
        self, group_id: str, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """
        Let only admins, or every member, write.

        Args:
            group_id: The group's id, ``…@g.us``.
            enabled: Only admins.
            changed_at: Not sent. Part of the answer, which the official SDK takes here too.
            changed_by: Likewise.
        """
        return self._client.set_group_messages_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    def get_group_invite_code(self, group_id: str) -> str:
        """
        Get the code that lets people join; ``https://chat.whatsapp.com/`` before it makes the link.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_invite_code(self.session_id, group_id)

    def revoke_group_invite_code(self, group_id: str) -> str:
        """
        Replace the code that lets people join: the old one stops working at once.

        Args:
            group_id: The group's id, ``…@g.us``.

        Returns:
            The new code; ``""`` where the service does not tell it, but `get_group_invite_code` will.
        """
        return self._client.revoke_group_invite_code(self.session_id, group_id)

    def get_group_invite_link(self, group_id: str) -> GroupInvite:
        """
        Get the link that lets people join, made from the code where the service has no call of its own for it.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_invite_link(self.session_id, group_id)

    def revoke_group_invite_link(self, group_id: str) -> GroupInvite:
        """
        Replace the link that lets people join: the old one stops working at once.

        Args:
            group_id: The group's id, ``…@g.us``.

        Returns:
            The new link.
        """
        return self._client.revoke_group_invite_link(self.session_id, group_id)

    def get_group_participants(self, group_id: str) -> Page[GroupParticipant]:
        """
        List the members of a group.

        Args:
            group_id: The group's id, ``…@g.us``.
        """
        return self._client.get_group_participants(self.session_id, group_id)

    @mapping_form
    def add_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Add members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._client.add_group_participants(self.session_id, group_id, participants=participants, notify=notify)

    @mapping_form
    def remove_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Remove members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._client.remove_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    def promote_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make members admins. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._client.promote_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    def demote_group_participants(
        self, group_id: str, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make admins plain members. Some may fail although the call succeeds: look at ``.failed``.

        Args:
            group_id: The group's id, ``…@g.us``.
            participants: Numbers, WhatsApp ids, or `GroupParticipant`. At least one.
            notify: Tell them.

        Raises:
            InvalidRequestError: There are none, or one has no country. Nothing was sent.
        """
        return self._client.demote_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    def get_contacts(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Contact]:
        """
        List contacts, a page at a time; see `iter_contacts` for all.

        Args:
            limit: How many at most; the service's default is 10.
            offset: How many to pass over.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.
        """
        return self._client.get_contacts(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_contacts(
        self, *, page_size: int = 100, sort_by: str | None = None, sort_order: str | None = None
    ) -> Iterator[Contact]:
        """
        Go through all contacts, fetching pages as it goes.

        Args:
            page_size: How many to fetch at a time.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The contacts.
        """
        return self._client.iter_contacts(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    def get_contact(self, *, contact_id: str) -> Contact:
        """
        Look at a contact.

        Args:
            contact_id: International number, or id such as ``447700900456@c.us``.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """
        return self._client.get_contact(self.session_id, contact_id=contact_id)

    @mapping_form
    def check_contact_exists(self, *, phone: str) -> ContactExistence:
        """
        Ask whether a number is on WhatsApp.

        Args:
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """
        return self._client.check_contact_exists(self.session_id, phone=phone)

    @mapping_form
    def get_contact_profile_picture(self, *, contact_id: str, refresh: bool | None = None) -> ProfilePicture:
        """
        Get the picture of a contact.

        Args:
            contact_id: International number, or id such as ``447700900456@c.us``.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
        """
        return self._client.get_contact_profile_picture(self.session_id, contact_id=contact_id, refresh=refresh)

    @mapping_form
    def get_all_chats(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Chat]:
        """
        List chats, a page at a time; see `iter_chats` for all.

        Args:
            limit: How many at most.
            offset: How many to pass over.
            sort_by: ``conversationTimestamp``, ``id``, ``name``, or what else the service knows: sources disagree.
            sort_order: ``asc`` or ``desc``.
        """
        return self._client.get_all_chats(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_chats(
        self, *, page_size: int = 50, sort_by: str | None = None, sort_order: str | None = None
    ) -> Iterator[Chat]:
        """
        Go through all chats, fetching pages as it goes.

        Args:
            page_size: How many to fetch at a time.
            sort_by: As for `get_all_chats`.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The chats.
        """
        return self._client.iter_chats(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    def get_chats_overview(
        self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
    ) -> Page[Chat]:
        """
        List chats with their pictures and last messages.

        Args:
            ids: Only these chats: ids or international numbers.
            limit: How many at most; the engine's default is 20.
            offset: How many to pass over.
        """
        return self._client.get_chats_overview(self.session_id, ids=ids, limit=limit, offset=offset)

    @mapping_form
    def get_messages(
        self,
        chat_id: str,
        *,
        limit: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
        offset: int | None = None,
    ) -> Page[ChatMessage]:
        """
        Read messages of a chat, a page at a time; see `iter_messages` for all.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            limit: How many at most; the service gives no more than 50.
            download_media: Have the service fetch the media; slow.
            filter: Only messages with ``from_me`` (true or false), ``ack`` (one of `Ack`, its name, or a list of
                them), ``timestamp_gte``, ``timestamp_lte`` (a `datetime`, or seconds since 1970).
            offset: How many to pass over.

        Raises:
            InvalidRequestError: The filter has an unknown key or value. Nothing was sent.
        """
        return self._client.get_messages(
            self.session_id, chat_id, limit=limit, download_media=download_media, filter=filter, offset=offset
        )

    def iter_messages(
        self,
        chat_id: str,
        *,
        page_size: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> Iterator[ChatMessage]:
        """
        Go through the messages of a chat, fetching pages as it goes.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            page_size: How many to fetch at a time, 50 at most.
            download_media: Have the service fetch the media; slow.
            filter: As for `get_messages`.

        Yields:
            The messages, in the service's order.
        """
        return self._client.iter_messages(
            self.session_id, chat_id, page_size=page_size, download_media=download_media, filter=filter
        )

    @mapping_form
    def get_message_by_id(self, chat_id: str, message_id: str, *, download_media: bool | None = None) -> ChatMessage:
        """
        Read one message of a chat.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            message_id: Its id.
            download_media: Have the service fetch its media.

        Raises:
            NotFoundError: There is no such message.
        """
        return self._client.get_message_by_id(self.session_id, chat_id, message_id, download_media=download_media)

    @mapping_form
    def read_messages(self, chat_id: str, *, days: int | None = None, messages: int | None = None) -> ReadResult:
        """
        Mark the messages of a chat as read.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            days: Of how many days; the engine's default is 7.
            messages: How many, the newest; the engine's default is 30, and 100 in a group.
        """
        return self._client.read_messages(self.session_id, chat_id, days=days, messages=messages)

    @mapping_form
    def get_chat_picture(self, chat_id: str, *, refresh: bool | None = None) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            chat_id: The chat: ``…@c.us``, ``…@g.us``, or an international number.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
        return self._client.get_chat_picture(self.session_id, chat_id, refresh=refresh)

    def resolve(self, to: str | Recipient, *, region: str | None = None) -> Recipient | None:
        """
        Ask WhatsApp which form of a number it knows: Brazilian, Mexican and Argentine numbers have two.

        There is a random gap between two questions of a session, and answers are cached: see `Resolver`.

        Args:
            to: An international phone number, or an id; that of a group is returned as it is.
            region: The country of a national number, such as ``"GB"``; needs the extra ``phone``.

        Returns:
            The recipient, to be passed as ``to``; `None` if no form of the number is on WhatsApp.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id. Nothing was asked.
            DecodeError: The answer does not say whether the number exists.
        """
        return self._client.resolve(to, session=self.session_id, region=region)

    def wait_for_state(
        self, states: SessionState | str | Iterable[SessionState | str], *, timeout: float = 60.0
    ) -> Session:
        """
        Wait until a session is in one of some states, by polling at growing intervals.

        Args:
            states: One or several, in any spelling that the service uses, such as ``"CONNECTED"`` or ``"WORKING"``.
            timeout: Seconds to wait.

        Returns:
            The session as it was last seen.

        Raises:
            InvalidRequestError: There is no such state.
            NotFoundError: There is no such session.
            WaitTimeoutError: It was in none of them in time; its ``state`` is where it was last.
        """
        return self._client.wait_for_state(self.session_id, states, timeout=timeout)

    def wait_until_ready(self, *, timeout: float = 60.0) -> Session:
        """
        Wait until a session is connected, by polling at growing intervals.

        A FAILED session is not waited for: it stays so. One that is STOPPED, or shows a QR code, is: somebody may be
        about to start it, or to scan the code.

        Args:
            timeout: Seconds to wait.

        Returns:
            The session, connected.

        Raises:
            NotFoundError: There is no such session.
            SessionFailedError: It has failed.
            WaitTimeoutError: It was not connected in time; its ``state`` is where it was last.
        """
        return self._client.wait_until_ready(self.session_id, timeout=timeout)

    def wait_for_ack(
        self, message: Message | ChatMessage | str, *, at_least: Ack | str | int = "DEVICE", timeout: float = 60.0
    ) -> ChatMessage:
        """
        Wait until a message has reached an ack, by reading it back at growing intervals.

        Args:
            message: What the send returned; or its id, if it names the chat (``true_447700900456@c.us_3EB0…``).
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
        return self._client.wait_for_ack(message, session=self.session_id, at_least=at_least, timeout=timeout)
