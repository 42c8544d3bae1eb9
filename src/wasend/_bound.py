# Written by tools/generate_sync.py from the calls in api/ and delivery/; change those, not this.
"""One session's view of a client: the calls that take a session, without naming it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from . import delivery, webhooks
from ._core.model import Page, Result
from ._core.options import Timeout
from ._core.response import Response
from ._core.retry import DEFAULT_RETRY, Retry, RetryHook
from ._core.secret import Secret
from ._core.waits import Wait
from ._signatures import AsyncBoundSignatures, BoundSignatures
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
from .api.service import mapping_form
from .api.sessions import QRCode, Session, SessionState
from .errors import OutcomeUnknownError
from .linking.changes import OnState, SessionChange
from .linking.steps import Show
from .media import MediaData
from .recipients import ChatRef, MessageRef, Recipient

if TYPE_CHECKING:
    from ._sync import WasendClient
    from .client import AsyncWasendClient
else:  # for those who look annotations up at run time
    AsyncWasendClient = WasendClient = Any


class _AsyncBoundSessionCalls:
    """The calls of `AsyncBoundSession`."""

    __slots__ = ("_client", "session_id")

    _client: AsyncWasendClient
    session_id: str

    async def retrieve_session_info(self) -> Session:
        """Get a session and the state that it is in. See `AsyncWasendClient.retrieve_session_info`."""
        return await self._client.retrieve_session_info(self.session_id)

    async def delete_session(self) -> Result:
        """Delete a session. See `AsyncWasendClient.delete_session`."""
        return await self._client.delete_session(self.session_id)

    async def start_session(self) -> Session:
        """
        Start a session. Unless it was linked before, it then waits for its QR code to be scanned.

        See `AsyncWasendClient.start_session`.
        """
        return await self._client.start_session(self.session_id)

    async def stop_session(self) -> Session:
        """Stop a session; it stays linked. See `AsyncWasendClient.stop_session`."""
        return await self._client.stop_session(self.session_id)

    async def restart_session(self) -> Session:
        """Restart a session that is stopped or has failed. See `AsyncWasendClient.restart_session`."""
        return await self._client.restart_session(self.session_id)

    async def retrieve_qr_code(self) -> QRCode:
        """
        Get the QR code to scan with the phone. It is valid for 60 s, the ones after it for 20 s each; there are six.

        See `AsyncWasendClient.retrieve_qr_code`.
        """
        return await self._client.retrieve_qr_code(self.session_id)

    @mapping_form
    async def send_text(
        self, *, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
    ) -> Message:
        """Send a text message. See `AsyncWasendClient.send_text`."""
        return await self._client.send_text(session=self.session_id, to=to, text=text, reply_to=reply_to, key=key)

    @mapping_form
    async def send_image(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a picture. See `AsyncWasendClient.send_image`."""
        return await self._client.send_image(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to, key=key
        )

    @mapping_form
    async def send_video(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a video. See `AsyncWasendClient.send_video`."""
        return await self._client.send_video(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to, key=key
        )

    @mapping_form
    async def send_voice(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        duration: float | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a voice message. See `AsyncWasendClient.send_voice`."""
        return await self._client.send_voice(
            session=self.session_id, to=to, url=url, data=data, duration=duration, reply_to=reply_to, key=key
        )

    @mapping_form
    async def send_file(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a file as a document. See `AsyncWasendClient.send_file`."""
        return await self._client.send_file(
            session=self.session_id,
            to=to,
            url=url,
            data=data,
            file_name=file_name,
            mime_type=mime_type,
            reply_to=reply_to,
            key=key,
        )

    @mapping_form
    async def send_link_custom_preview(
        self,
        *,
        to: ChatRef,
        text: str,
        preview: LinkPreview | Mapping[str, Any],
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """
        Send a text that contains a link, with a preview of your own.

        See `AsyncWasendClient.send_link_custom_preview`.
        """
        return await self._client.send_link_custom_preview(
            session=self.session_id, to=to, text=text, preview=preview, reply_to=reply_to, key=key
        )

    @mapping_form
    async def send_seen(self, *, to: ChatRef, message_id: MessageRef) -> Result:
        """Mark a message as seen: its sender sees blue ticks. See `AsyncWasendClient.send_seen`."""
        return await self._client.send_seen(session=self.session_id, to=to, message_id=message_id)

    @mapping_form
    async def send_reaction(self, *, message_id: MessageRef, reaction: str) -> Result:
        """React to a message. See `AsyncWasendClient.send_reaction`."""
        return await self._client.send_reaction(session=self.session_id, message_id=message_id, reaction=reaction)

    @mapping_form
    async def start_typing(self, *, to: ChatRef) -> Result:
        """Show "typing…" in a chat. See `AsyncWasendClient.start_typing`."""
        return await self._client.start_typing(session=self.session_id, to=to)

    @mapping_form
    async def stop_typing(self, *, to: ChatRef) -> Result:
        """Stop showing "typing…" in a chat. See `AsyncWasendClient.stop_typing`."""
        return await self._client.stop_typing(session=self.session_id, to=to)

    @mapping_form
    async def send(
        self,
        *,
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

        See `AsyncWasendClient.send`.
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
            key=key,
        )

    @mapping_form
    async def send_message(
        self,
        *,
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

        See `AsyncWasendClient.send_message`.
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
            key=key,
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
        key: str | None = None,
    ) -> Group:
        """Create a group. See `AsyncWasendClient.create_group`."""
        return await self._client.create_group(
            self.session_id,
            name=name,
            participants=participants,
            description=description,
            picture_url=picture_url,
            tags=tags,
            key=key,
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
        """List groups, a page at a time; see `iter_groups` for all. See `AsyncWasendClient.get_groups`."""
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
        """Iterate over all groups, which are fetched page by page. See `AsyncWasendClient.iter_groups`."""
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
        """Count groups. See `AsyncWasendClient.get_groups_count`."""
        return await self._client.get_groups_count(self.session_id)

    async def get_group(self, group_id: GroupRef) -> Group:
        """Get a group. See `AsyncWasendClient.get_group`."""
        return await self._client.get_group(self.session_id, group_id)

    async def get_group_info(self, group_id: GroupRef) -> Group:
        """Get a group; the documentation's name for `get_group`. See `AsyncWasendClient.get_group_info`."""
        return await self._client.get_group_info(self.session_id, group_id)

    async def leave_group(self, group_id: GroupRef) -> Result:
        """Leave a group. See `AsyncWasendClient.leave_group`."""
        return await self._client.leave_group(self.session_id, group_id)

    @mapping_form
    async def get_group_join_info(self, code: str) -> Group:
        """Preview a group by its invite code, before joining it. See `AsyncWasendClient.get_group_join_info`."""
        return await self._client.get_group_join_info(self.session_id, code)

    @mapping_form
    async def join_group(self, *, code: str) -> Group:
        """Join a group by its invite code. See `AsyncWasendClient.join_group`."""
        return await self._client.join_group(self.session_id, code=code)

    @mapping_form
    async def get_group_picture(self, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture:
        """Get a group's picture. See `AsyncWasendClient.get_group_picture`."""
        return await self._client.get_group_picture(self.session_id, group_id, refresh)

    @mapping_form
    async def set_group_picture(
        self, group_id: GroupRef, *, url: str, crop_to_square: bool | None = None, format: str | None = None
    ) -> Result:
        """Set a group's picture. See `AsyncWasendClient.set_group_picture`."""
        return await self._client.set_group_picture(
            self.session_id, group_id, url=url, crop_to_square=crop_to_square, format=format
        )

    async def delete_group_picture(self, group_id: GroupRef) -> Result:
        """Remove a group's picture. See `AsyncWasendClient.delete_group_picture`."""
        return await self._client.delete_group_picture(self.session_id, group_id)

    async def get_group_description(self, group_id: GroupRef) -> str | None:
        """
        Get a group's description, from `get_group` where the service has no call of its own for it.

        See `AsyncWasendClient.get_group_description`.
        """
        return await self._client.get_group_description(self.session_id, group_id)

    @mapping_form
    async def set_group_description(self, group_id: GroupRef, *, description: str) -> Result:
        """Set a group's description. See `AsyncWasendClient.set_group_description`."""
        return await self._client.set_group_description(self.session_id, group_id, description=description)

    async def get_group_subject(self, group_id: GroupRef) -> str | None:
        """
        Get a group's name, from `get_group` where the service has no call of its own for it.

        See `AsyncWasendClient.get_group_subject`.
        """
        return await self._client.get_group_subject(self.session_id, group_id)

    @mapping_form
    async def set_group_subject(self, group_id: GroupRef, *, subject: str) -> Result:
        """Set a group's name. See `AsyncWasendClient.set_group_subject`."""
        return await self._client.set_group_subject(self.session_id, group_id, subject=subject)

    @mapping_form
    async def set_group_name(self, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        See `AsyncWasendClient.set_group_name`.
        """
        return await self._client.set_group_name(self.session_id, group_id, name=name)

    async def get_group_settings(self, group_id: GroupRef) -> GroupSettings:
        """
        Get who may do what in a group, from the single settings where the service has no call for all.

        See `AsyncWasendClient.get_group_settings`.
        """
        return await self._client.get_group_settings(self.session_id, group_id)

    @mapping_form
    async def set_group_settings(
        self, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        See `AsyncWasendClient.set_group_settings`.
        """
        return await self._client.set_group_settings(
            self.session_id, group_id, info_admin_only=info_admin_only, messages_admin_only=messages_admin_only
        )

    async def get_group_info_admin_only(self, group_id: GroupRef) -> AdminOnly:
        """
        Get whether only admins may change the name, description and picture.

        See `AsyncWasendClient.get_group_info_admin_only`.
        """
        return await self._client.get_group_info_admin_only(self.session_id, group_id)

    @mapping_form
    async def set_group_info_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """
        Let only admins, or every member, change the name, description and picture.

        See `AsyncWasendClient.set_group_info_admin_only`.
        """
        return await self._client.set_group_info_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    async def get_group_messages_admin_only(self, group_id: GroupRef) -> AdminOnly:
        """Get whether only admins may send messages. See `AsyncWasendClient.get_group_messages_admin_only`."""
        return await self._client.get_group_messages_admin_only(self.session_id, group_id)

    @mapping_form
    async def set_group_messages_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """Let only admins, or every member, send messages. See `AsyncWasendClient.set_group_messages_admin_only`."""
        return await self._client.set_group_messages_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    async def get_group_invite_code(self, group_id: GroupRef) -> str:
        """
        Get the invite code; with ``https://chat.whatsapp.com/`` before it, it is the link.

        See `AsyncWasendClient.get_group_invite_code`.
        """
        return await self._client.get_group_invite_code(self.session_id, group_id)

    async def revoke_group_invite_code(self, group_id: GroupRef) -> str:
        """
        Replace the invite code; the old one stops working at once.

        See `AsyncWasendClient.revoke_group_invite_code`.
        """
        return await self._client.revoke_group_invite_code(self.session_id, group_id)

    async def get_group_invite_link(self, group_id: GroupRef) -> GroupInvite:
        """
        Get the link that lets people join, made from the code where the service has no call of its own for it.

        See `AsyncWasendClient.get_group_invite_link`.
        """
        return await self._client.get_group_invite_link(self.session_id, group_id)

    async def revoke_group_invite_link(self, group_id: GroupRef) -> GroupInvite:
        """
        Replace the invite link; the old one stops working at once.

        See `AsyncWasendClient.revoke_group_invite_link`.
        """
        return await self._client.revoke_group_invite_link(self.session_id, group_id)

    async def get_group_participants(self, group_id: GroupRef) -> Page[GroupParticipant]:
        """List the members of a group. See `AsyncWasendClient.get_group_participants`."""
        return await self._client.get_group_participants(self.session_id, group_id)

    @mapping_form
    async def add_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Add members. Some may fail although the call succeeds: look at ``.failed``.

        See `AsyncWasendClient.add_group_participants`.
        """
        return await self._client.add_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def remove_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Remove members. Some may fail although the call succeeds: look at ``.failed``.

        See `AsyncWasendClient.remove_group_participants`.
        """
        return await self._client.remove_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def promote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make members admins. Some may fail although the call succeeds: look at ``.failed``.

        See `AsyncWasendClient.promote_group_participants`.
        """
        return await self._client.promote_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    async def demote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make admins plain members. Some may fail although the call succeeds: look at ``.failed``.

        See `AsyncWasendClient.demote_group_participants`.
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
        """List contacts, a page at a time; see `iter_contacts` for all. See `AsyncWasendClient.get_contacts`."""
        return await self._client.get_contacts(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_contacts(
        self, *, page_size: int = 100, sort_by: str | None = None, sort_order: str | None = None
    ) -> AsyncIterator[Contact]:
        """Iterate over all contacts, which are fetched page by page. See `AsyncWasendClient.iter_contacts`."""
        return self._client.iter_contacts(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    async def get_contact(self, *, contact_id: ChatRef) -> Contact:
        """Get a contact. See `AsyncWasendClient.get_contact`."""
        return await self._client.get_contact(self.session_id, contact_id=contact_id)

    @mapping_form
    async def check_contact_exists(self, *, phone: str) -> ContactExistence:
        """Check whether a number is on WhatsApp. See `AsyncWasendClient.check_contact_exists`."""
        return await self._client.check_contact_exists(self.session_id, phone=phone)

    @mapping_form
    async def get_contact_profile_picture(self, *, contact_id: ChatRef, refresh: bool | None = None) -> ProfilePicture:
        """Get the picture of a contact. See `AsyncWasendClient.get_contact_profile_picture`."""
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
        """List chats, a page at a time; see `iter_chats` for all. See `AsyncWasendClient.get_all_chats`."""
        return await self._client.get_all_chats(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_chats(
        self, *, page_size: int = 50, sort_by: str | None = None, sort_order: str | None = None
    ) -> AsyncIterator[Chat]:
        """Iterate over all chats, which are fetched page by page. See `AsyncWasendClient.iter_chats`."""
        return self._client.iter_chats(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    async def get_chats_overview(
        self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
    ) -> Page[Chat]:
        """List chats with their pictures and last messages. See `AsyncWasendClient.get_chats_overview`."""
        return await self._client.get_chats_overview(self.session_id, ids=ids, limit=limit, offset=offset)

    @mapping_form
    async def get_messages(
        self,
        chat_id: ChatRef,
        *,
        limit: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
        offset: int | None = None,
    ) -> Page[ChatMessage]:
        """
        List the messages of a chat, a page at a time; see `iter_messages` for all.

        See `AsyncWasendClient.get_messages`.
        """
        return await self._client.get_messages(
            self.session_id, chat_id, limit=limit, download_media=download_media, filter=filter, offset=offset
        )

    def iter_messages(
        self,
        chat_id: ChatRef,
        *,
        page_size: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[ChatMessage]:
        """
        Iterate over the messages of a chat, which are fetched page by page.

        See `AsyncWasendClient.iter_messages`.
        """
        return self._client.iter_messages(
            self.session_id, chat_id, page_size=page_size, download_media=download_media, filter=filter
        )

    @mapping_form
    async def get_message_by_id(
        self, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
    ) -> ChatMessage:
        """Get one message of a chat. See `AsyncWasendClient.get_message_by_id`."""
        return await self._client.get_message_by_id(self.session_id, chat_id, message_id, download_media=download_media)

    @mapping_form
    async def read_messages(
        self, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
    ) -> ReadResult:
        """Mark the messages of a chat as read. See `AsyncWasendClient.read_messages`."""
        return await self._client.read_messages(self.session_id, chat_id, days=days, messages=messages)

    @mapping_form
    async def get_chat_picture(self, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture:
        """Get the picture of a chat. See `AsyncWasendClient.get_chat_picture`."""
        return await self._client.get_chat_picture(self.session_id, chat_id, refresh=refresh)

    async def download(self, source: MediaSource) -> bytes:
        """
        Fetch the media of a message, or any file that the service names; `download_to` writes it to disk.

        See `AsyncWasendClient.download`.
        """
        return await self._client.download(source)

    async def download_to(
        self,
        source: MediaSource,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """
        Fetch the media of a message into a file, in pieces, however large it is; see `download` for the rest.

        See `AsyncWasendClient.download_to`.
        """
        return await self._client.download_to(source, path, progress=progress)

    async def settle(
        self, error: OutcomeUnknownError, *, window: float = 10.0, exclude_ids: Iterable[MessageRef] | None = None
    ) -> delivery.Settlement:
        """
        Find out what became of a write that was not answered. It never sends anything again.

        See `AsyncWasendClient.settle`.
        """
        return await self._client.settle(error, window=window, exclude_ids=exclude_ids)

    async def settle_send(
        self,
        *,
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

        See `AsyncWasendClient.settle_send`.
        """
        return await self._client.settle_send(
            session=self.session_id,
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

    async def resolve(self, to: str | Recipient, *, region: str | None = None) -> Recipient | None:
        """
        Ask WhatsApp which form of a number it knows: Brazilian, Mexican and Argentine numbers have two.

        See `AsyncWasendClient.resolve`.
        """
        return await self._client.resolve(to, session=self.session_id, region=region)

    async def wait_for_state(
        self, states: SessionState | str | Iterable[SessionState | str], *, timeout: float = 60.0
    ) -> Session:
        """
        Wait until a session is in one of some states, by polling at growing intervals.

        See `AsyncWasendClient.wait_for_state`.
        """
        return await self._client.wait_for_state(self.session_id, states, timeout=timeout)

    async def wait_until_ready(self, *, timeout: float = 60.0) -> Session:
        """
        Wait until a session is connected, by polling at growing intervals.

        See `AsyncWasendClient.wait_until_ready`.
        """
        return await self._client.wait_until_ready(self.session_id, timeout=timeout)

    async def wait_for_ack(
        self, message: Message | ChatMessage | str, *, at_least: Ack | str | int = "DEVICE", timeout: float = 60.0
    ) -> ChatMessage:
        """
        Wait until a message has reached an ack, by reading it back at growing intervals.

        See `AsyncWasendClient.wait_for_ack`.
        """
        return await self._client.wait_for_ack(message, session=self.session_id, at_least=at_least, timeout=timeout)

    async def suppress(self, number: str | Recipient, reason: str) -> None:
        """
        Put somebody on the suppression list: every send of a client with this list raises `SuppressedRecipientError`.

        See `AsyncWasendClient.suppress`.
        """
        return await self._client.suppress(number, reason)

    async def login(
        self, phone_number: str | None = None, *, show: Show = "terminal", timeout: float = 180.0
    ) -> Session:
        """
        Get a session connected: find or create it, start it, show its QR code, and wait until it is scanned.

        See `AsyncWasendClient.login`.
        """
        return await self._client.login(self.session_id, phone_number, show=show, timeout=timeout)

    @overload
    def watch(
        self, *, on_state: None = None, every: float = 30.0, restarts: int = 3
    ) -> AsyncIterator[SessionChange]: ...

    @overload
    def watch(self, *, on_state: OnState, every: float = 30.0, restarts: int = 3) -> Coroutine[Any, Any, None]: ...

    def watch(
        self, *, on_state: OnState | None = None, every: float = 30.0, restarts: int = 3
    ) -> AsyncIterator[SessionChange] | Coroutine[Any, Any, None]:
        """
        Watch a session: iterate over what changes about it, first of all how it is now; or have a function told.

        See `AsyncWasendClient.watch`.
        """
        return self._client.watch(self.session_id, on_state=on_state, every=every, restarts=restarts)

    def iter_new_messages(
        self, *, since: datetime | None = None, interval: float = 5.0
    ) -> AsyncIterator[webhooks.MessageReceived]:
        """
        Iterate over the messages that others write to a session, as they come, without an end.

        See `AsyncWasendClient.iter_new_messages`.
        """
        return self._client.iter_new_messages(self.session_id, since=since, interval=interval)


class AsyncBoundSession(AsyncBoundSignatures, _AsyncBoundSessionCalls):
    """
    The calls of a client for one session, which need not name it; `AsyncWasendClient.session` makes one.

    Attributes:
        session_id: The session's ``uniqueSessionId``.
    """

    __slots__ = ()

    def __init__(self, client: AsyncWasendClient, session_id: str) -> None:
        self._client = client
        self.session_id = session_id

    def __repr__(self) -> str:
        return f"AsyncBoundSession({self.session_id!r})"

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

        See `AsyncWasendClient.with_options`.
        """
        api_key = Secret.of(api_key)
        return type(self)(
            self._client.with_options(
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
            ),
            self.session_id,
        )


class _BoundSessionCalls:
    """The calls of `BoundSession`."""

    __slots__ = ("_client", "session_id")

    _client: WasendClient
    session_id: str

    def retrieve_session_info(self) -> Session:
        """Get a session and the state that it is in. See `WasendClient.retrieve_session_info`."""
        return self._client.retrieve_session_info(self.session_id)

    def delete_session(self) -> Result:
        """Delete a session. See `WasendClient.delete_session`."""
        return self._client.delete_session(self.session_id)

    def start_session(self) -> Session:
        """
        Start a session. Unless it was linked before, it then waits for its QR code to be scanned.

        See `WasendClient.start_session`.
        """
        return self._client.start_session(self.session_id)

    def stop_session(self) -> Session:
        """Stop a session; it stays linked. See `WasendClient.stop_session`."""
        return self._client.stop_session(self.session_id)

    def restart_session(self) -> Session:
        """Restart a session that is stopped or has failed. See `WasendClient.restart_session`."""
        return self._client.restart_session(self.session_id)

    def retrieve_qr_code(self) -> QRCode:
        """
        Get the QR code to scan with the phone. It is valid for 60 s, the ones after it for 20 s each; there are six.

        See `WasendClient.retrieve_qr_code`.
        """
        return self._client.retrieve_qr_code(self.session_id)

    @mapping_form
    def send_text(
        self, *, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
    ) -> Message:
        """Send a text message. See `WasendClient.send_text`."""
        return self._client.send_text(session=self.session_id, to=to, text=text, reply_to=reply_to, key=key)

    @mapping_form
    def send_image(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a picture. See `WasendClient.send_image`."""
        return self._client.send_image(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to, key=key
        )

    @mapping_form
    def send_video(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a video. See `WasendClient.send_video`."""
        return self._client.send_video(
            session=self.session_id, to=to, url=url, data=data, caption=caption, reply_to=reply_to, key=key
        )

    @mapping_form
    def send_voice(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        duration: float | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a voice message. See `WasendClient.send_voice`."""
        return self._client.send_voice(
            session=self.session_id, to=to, url=url, data=data, duration=duration, reply_to=reply_to, key=key
        )

    @mapping_form
    def send_file(
        self,
        *,
        to: ChatRef,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a file as a document. See `WasendClient.send_file`."""
        return self._client.send_file(
            session=self.session_id,
            to=to,
            url=url,
            data=data,
            file_name=file_name,
            mime_type=mime_type,
            reply_to=reply_to,
            key=key,
        )

    @mapping_form
    def send_link_custom_preview(
        self,
        *,
        to: ChatRef,
        text: str,
        preview: LinkPreview | Mapping[str, Any],
        reply_to: MessageRef | None = None,
        key: str | None = None,
    ) -> Message:
        """Send a text that contains a link, with a preview of your own. See `WasendClient.send_link_custom_preview`."""
        return self._client.send_link_custom_preview(
            session=self.session_id, to=to, text=text, preview=preview, reply_to=reply_to, key=key
        )

    @mapping_form
    def send_seen(self, *, to: ChatRef, message_id: MessageRef) -> Result:
        """Mark a message as seen: its sender sees blue ticks. See `WasendClient.send_seen`."""
        return self._client.send_seen(session=self.session_id, to=to, message_id=message_id)

    @mapping_form
    def send_reaction(self, *, message_id: MessageRef, reaction: str) -> Result:
        """React to a message. See `WasendClient.send_reaction`."""
        return self._client.send_reaction(session=self.session_id, message_id=message_id, reaction=reaction)

    @mapping_form
    def start_typing(self, *, to: ChatRef) -> Result:
        """Show "typing…" in a chat. See `WasendClient.start_typing`."""
        return self._client.start_typing(session=self.session_id, to=to)

    @mapping_form
    def stop_typing(self, *, to: ChatRef) -> Result:
        """Stop showing "typing…" in a chat. See `WasendClient.stop_typing`."""
        return self._client.stop_typing(session=self.session_id, to=to)

    @mapping_form
    def send(
        self,
        *,
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
        """Send whatever is given: a text, or media at a URL with the text as its caption. See `WasendClient.send`."""
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
            key=key,
        )

    @mapping_form
    def send_message(
        self,
        *,
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

        See `WasendClient.send_message`.
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
            key=key,
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
        key: str | None = None,
    ) -> Group:
        """Create a group. See `WasendClient.create_group`."""
        return self._client.create_group(
            self.session_id,
            name=name,
            participants=participants,
            description=description,
            picture_url=picture_url,
            tags=tags,
            key=key,
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
        """List groups, a page at a time; see `iter_groups` for all. See `WasendClient.get_groups`."""
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
        """Iterate over all groups, which are fetched page by page. See `WasendClient.iter_groups`."""
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
        """Count groups. See `WasendClient.get_groups_count`."""
        return self._client.get_groups_count(self.session_id)

    def get_group(self, group_id: GroupRef) -> Group:
        """Get a group. See `WasendClient.get_group`."""
        return self._client.get_group(self.session_id, group_id)

    def get_group_info(self, group_id: GroupRef) -> Group:
        """Get a group; the documentation's name for `get_group`. See `WasendClient.get_group_info`."""
        return self._client.get_group_info(self.session_id, group_id)

    def leave_group(self, group_id: GroupRef) -> Result:
        """Leave a group. See `WasendClient.leave_group`."""
        return self._client.leave_group(self.session_id, group_id)

    @mapping_form
    def get_group_join_info(self, code: str) -> Group:
        """Preview a group by its invite code, before joining it. See `WasendClient.get_group_join_info`."""
        return self._client.get_group_join_info(self.session_id, code)

    @mapping_form
    def join_group(self, *, code: str) -> Group:
        """Join a group by its invite code. See `WasendClient.join_group`."""
        return self._client.join_group(self.session_id, code=code)

    @mapping_form
    def get_group_picture(self, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture:
        """Get a group's picture. See `WasendClient.get_group_picture`."""
        return self._client.get_group_picture(self.session_id, group_id, refresh)

    @mapping_form
    def set_group_picture(
        self, group_id: GroupRef, *, url: str, crop_to_square: bool | None = None, format: str | None = None
    ) -> Result:
        """Set a group's picture. See `WasendClient.set_group_picture`."""
        return self._client.set_group_picture(
            self.session_id, group_id, url=url, crop_to_square=crop_to_square, format=format
        )

    def delete_group_picture(self, group_id: GroupRef) -> Result:
        """Remove a group's picture. See `WasendClient.delete_group_picture`."""
        return self._client.delete_group_picture(self.session_id, group_id)

    def get_group_description(self, group_id: GroupRef) -> str | None:
        """
        Get a group's description, from `get_group` where the service has no call of its own for it.

        See `WasendClient.get_group_description`.
        """
        return self._client.get_group_description(self.session_id, group_id)

    @mapping_form
    def set_group_description(self, group_id: GroupRef, *, description: str) -> Result:
        """Set a group's description. See `WasendClient.set_group_description`."""
        return self._client.set_group_description(self.session_id, group_id, description=description)

    def get_group_subject(self, group_id: GroupRef) -> str | None:
        """
        Get a group's name, from `get_group` where the service has no call of its own for it.

        See `WasendClient.get_group_subject`.
        """
        return self._client.get_group_subject(self.session_id, group_id)

    @mapping_form
    def set_group_subject(self, group_id: GroupRef, *, subject: str) -> Result:
        """Set a group's name. See `WasendClient.set_group_subject`."""
        return self._client.set_group_subject(self.session_id, group_id, subject=subject)

    @mapping_form
    def set_group_name(self, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        See `WasendClient.set_group_name`.
        """
        return self._client.set_group_name(self.session_id, group_id, name=name)

    def get_group_settings(self, group_id: GroupRef) -> GroupSettings:
        """
        Get who may do what in a group, from the single settings where the service has no call for all.

        See `WasendClient.get_group_settings`.
        """
        return self._client.get_group_settings(self.session_id, group_id)

    @mapping_form
    def set_group_settings(
        self, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        See `WasendClient.set_group_settings`.
        """
        return self._client.set_group_settings(
            self.session_id, group_id, info_admin_only=info_admin_only, messages_admin_only=messages_admin_only
        )

    def get_group_info_admin_only(self, group_id: GroupRef) -> AdminOnly:
        """
        Get whether only admins may change the name, description and picture.

        See `WasendClient.get_group_info_admin_only`.
        """
        return self._client.get_group_info_admin_only(self.session_id, group_id)

    @mapping_form
    def set_group_info_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """
        Let only admins, or every member, change the name, description and picture.

        See `WasendClient.set_group_info_admin_only`.
        """
        return self._client.set_group_info_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    def get_group_messages_admin_only(self, group_id: GroupRef) -> AdminOnly:
        """Get whether only admins may send messages. See `WasendClient.get_group_messages_admin_only`."""
        return self._client.get_group_messages_admin_only(self.session_id, group_id)

    @mapping_form
    def set_group_messages_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
    ) -> AdminOnly:
        """Let only admins, or every member, send messages. See `WasendClient.set_group_messages_admin_only`."""
        return self._client.set_group_messages_admin_only(
            self.session_id, group_id, enabled=enabled, changed_at=changed_at, changed_by=changed_by
        )

    def get_group_invite_code(self, group_id: GroupRef) -> str:
        """
        Get the invite code; with ``https://chat.whatsapp.com/`` before it, it is the link.

        See `WasendClient.get_group_invite_code`.
        """
        return self._client.get_group_invite_code(self.session_id, group_id)

    def revoke_group_invite_code(self, group_id: GroupRef) -> str:
        """Replace the invite code; the old one stops working at once. See `WasendClient.revoke_group_invite_code`."""
        return self._client.revoke_group_invite_code(self.session_id, group_id)

    def get_group_invite_link(self, group_id: GroupRef) -> GroupInvite:
        """
        Get the link that lets people join, made from the code where the service has no call of its own for it.

        See `WasendClient.get_group_invite_link`.
        """
        return self._client.get_group_invite_link(self.session_id, group_id)

    def revoke_group_invite_link(self, group_id: GroupRef) -> GroupInvite:
        """Replace the invite link; the old one stops working at once. See `WasendClient.revoke_group_invite_link`."""
        return self._client.revoke_group_invite_link(self.session_id, group_id)

    def get_group_participants(self, group_id: GroupRef) -> Page[GroupParticipant]:
        """List the members of a group. See `WasendClient.get_group_participants`."""
        return self._client.get_group_participants(self.session_id, group_id)

    @mapping_form
    def add_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Add members. Some may fail although the call succeeds: look at ``.failed``.

        See `WasendClient.add_group_participants`.
        """
        return self._client.add_group_participants(self.session_id, group_id, participants=participants, notify=notify)

    @mapping_form
    def remove_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Remove members. Some may fail although the call succeeds: look at ``.failed``.

        See `WasendClient.remove_group_participants`.
        """
        return self._client.remove_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    def promote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make members admins. Some may fail although the call succeeds: look at ``.failed``.

        See `WasendClient.promote_group_participants`.
        """
        return self._client.promote_group_participants(
            self.session_id, group_id, participants=participants, notify=notify
        )

    @mapping_form
    def demote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
    ) -> ParticipantChanges:
        """
        Make admins plain members. Some may fail although the call succeeds: look at ``.failed``.

        See `WasendClient.demote_group_participants`.
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
        """List contacts, a page at a time; see `iter_contacts` for all. See `WasendClient.get_contacts`."""
        return self._client.get_contacts(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_contacts(
        self, *, page_size: int = 100, sort_by: str | None = None, sort_order: str | None = None
    ) -> Iterator[Contact]:
        """Iterate over all contacts, which are fetched page by page. See `WasendClient.iter_contacts`."""
        return self._client.iter_contacts(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    def get_contact(self, *, contact_id: ChatRef) -> Contact:
        """Get a contact. See `WasendClient.get_contact`."""
        return self._client.get_contact(self.session_id, contact_id=contact_id)

    @mapping_form
    def check_contact_exists(self, *, phone: str) -> ContactExistence:
        """Check whether a number is on WhatsApp. See `WasendClient.check_contact_exists`."""
        return self._client.check_contact_exists(self.session_id, phone=phone)

    @mapping_form
    def get_contact_profile_picture(self, *, contact_id: ChatRef, refresh: bool | None = None) -> ProfilePicture:
        """Get the picture of a contact. See `WasendClient.get_contact_profile_picture`."""
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
        """List chats, a page at a time; see `iter_chats` for all. See `WasendClient.get_all_chats`."""
        return self._client.get_all_chats(
            self.session_id, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
        )

    def iter_chats(
        self, *, page_size: int = 50, sort_by: str | None = None, sort_order: str | None = None
    ) -> Iterator[Chat]:
        """Iterate over all chats, which are fetched page by page. See `WasendClient.iter_chats`."""
        return self._client.iter_chats(self.session_id, page_size=page_size, sort_by=sort_by, sort_order=sort_order)

    @mapping_form
    def get_chats_overview(
        self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
    ) -> Page[Chat]:
        """List chats with their pictures and last messages. See `WasendClient.get_chats_overview`."""
        return self._client.get_chats_overview(self.session_id, ids=ids, limit=limit, offset=offset)

    @mapping_form
    def get_messages(
        self,
        chat_id: ChatRef,
        *,
        limit: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
        offset: int | None = None,
    ) -> Page[ChatMessage]:
        """
        List the messages of a chat, a page at a time; see `iter_messages` for all.

        See `WasendClient.get_messages`.
        """
        return self._client.get_messages(
            self.session_id, chat_id, limit=limit, download_media=download_media, filter=filter, offset=offset
        )

    def iter_messages(
        self,
        chat_id: ChatRef,
        *,
        page_size: int = MOST_MESSAGES,
        download_media: bool | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> Iterator[ChatMessage]:
        """Iterate over the messages of a chat, which are fetched page by page. See `WasendClient.iter_messages`."""
        return self._client.iter_messages(
            self.session_id, chat_id, page_size=page_size, download_media=download_media, filter=filter
        )

    @mapping_form
    def get_message_by_id(
        self, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
    ) -> ChatMessage:
        """Get one message of a chat. See `WasendClient.get_message_by_id`."""
        return self._client.get_message_by_id(self.session_id, chat_id, message_id, download_media=download_media)

    @mapping_form
    def read_messages(self, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None) -> ReadResult:
        """Mark the messages of a chat as read. See `WasendClient.read_messages`."""
        return self._client.read_messages(self.session_id, chat_id, days=days, messages=messages)

    @mapping_form
    def get_chat_picture(self, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture:
        """Get the picture of a chat. See `WasendClient.get_chat_picture`."""
        return self._client.get_chat_picture(self.session_id, chat_id, refresh=refresh)

    def download(self, source: MediaSource) -> bytes:
        """
        Fetch the media of a message, or any file that the service names; `download_to` writes it to disk.

        See `WasendClient.download`.
        """
        return self._client.download(source)

    def download_to(
        self,
        source: MediaSource,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """
        Fetch the media of a message into a file, in pieces, however large it is; see `download` for the rest.

        See `WasendClient.download_to`.
        """
        return self._client.download_to(source, path, progress=progress)

    def settle(
        self, error: OutcomeUnknownError, *, window: float = 10.0, exclude_ids: Iterable[MessageRef] | None = None
    ) -> delivery.Settlement:
        """
        Find out what became of a write that was not answered. It never sends anything again.

        See `WasendClient.settle`.
        """
        return self._client.settle(error, window=window, exclude_ids=exclude_ids)

    def settle_send(
        self,
        *,
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

        See `WasendClient.settle_send`.
        """
        return self._client.settle_send(
            session=self.session_id,
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

    def resolve(self, to: str | Recipient, *, region: str | None = None) -> Recipient | None:
        """
        Ask WhatsApp which form of a number it knows: Brazilian, Mexican and Argentine numbers have two.

        See `WasendClient.resolve`.
        """
        return self._client.resolve(to, session=self.session_id, region=region)

    def wait_for_state(
        self, states: SessionState | str | Iterable[SessionState | str], *, timeout: float = 60.0
    ) -> Session:
        """
        Wait until a session is in one of some states, by polling at growing intervals.

        See `WasendClient.wait_for_state`.
        """
        return self._client.wait_for_state(self.session_id, states, timeout=timeout)

    def wait_until_ready(self, *, timeout: float = 60.0) -> Session:
        """Wait until a session is connected, by polling at growing intervals. See `WasendClient.wait_until_ready`."""
        return self._client.wait_until_ready(self.session_id, timeout=timeout)

    def wait_for_ack(
        self, message: Message | ChatMessage | str, *, at_least: Ack | str | int = "DEVICE", timeout: float = 60.0
    ) -> ChatMessage:
        """
        Wait until a message has reached an ack, by reading it back at growing intervals.

        See `WasendClient.wait_for_ack`.
        """
        return self._client.wait_for_ack(message, session=self.session_id, at_least=at_least, timeout=timeout)

    def suppress(self, number: str | Recipient, reason: str) -> None:
        """
        Put somebody on the suppression list: every send of a client with this list raises `SuppressedRecipientError`.

        See `WasendClient.suppress`.
        """
        return self._client.suppress(number, reason)

    def login(self, phone_number: str | None = None, *, show: Show = "terminal", timeout: float = 180.0) -> Session:
        """
        Get a session connected: find or create it, start it, show its QR code, and wait until it is scanned.

        See `WasendClient.login`.
        """
        return self._client.login(self.session_id, phone_number, show=show, timeout=timeout)

    @overload
    def watch(self, *, on_state: None = None, every: float = 30.0, restarts: int = 3) -> Iterator[SessionChange]: ...

    @overload
    def watch(self, *, on_state: OnState, every: float = 30.0, restarts: int = 3) -> None: ...

    def watch(
        self, *, on_state: OnState | None = None, every: float = 30.0, restarts: int = 3
    ) -> Iterator[SessionChange] | None:
        """
        Watch a session: iterate over what changes about it, first of all how it is now; or have a function told.

        See `WasendClient.watch`.
        """
        return self._client.watch(self.session_id, on_state=on_state, every=every, restarts=restarts)

    def iter_new_messages(
        self, *, since: datetime | None = None, interval: float = 5.0
    ) -> Iterator[webhooks.MessageReceived]:
        """
        Iterate over the messages that others write to a session, as they come, without an end.

        See `WasendClient.iter_new_messages`.
        """
        return self._client.iter_new_messages(self.session_id, since=since, interval=interval)


class BoundSession(BoundSignatures, _BoundSessionCalls):
    """
    The calls of a client for one session, which need not name it; `WasendClient.session` makes one.

    Attributes:
        session_id: The session's ``uniqueSessionId``.
    """

    __slots__ = ()

    def __init__(self, client: WasendClient, session_id: str) -> None:
        self._client = client
        self.session_id = session_id

    def __repr__(self) -> str:
        return f"BoundSession({self.session_id!r})"

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

        See `WasendClient.with_options`.
        """
        api_key = Secret.of(api_key)
        return type(self)(
            self._client.with_options(
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
            ),
            self.session_id,
        )
