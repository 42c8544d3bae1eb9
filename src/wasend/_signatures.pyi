# Written by tools/generate_sync.py from the calls in api/; change those, not this.
# pyright: reportArgumentType=false, reportInvalidTypeVarUse=false, reportOverlappingOverload=false
"""Both forms of the calls that take keywords or a mapping, for type checkers and editors."""

# Pyright does not name what is wrong with the keywords where none of several overloads takes them all. The last one but
# one takes any, and cannot be right: an unknown keyword is no `Never`, and the default of a missing one is not of its
# type. mypy, which names unknown ones by itself and does not look at defaults, does not see it. Jedi does not know
# overloads by another name, and sees only what is defined last: the keywords, which editors with pyright show first.

from collections.abc import Mapping, Sequence
from typing import Any, Never, TypeVar
from typing import overload as _overload

from ._core.model import Page, Result
from .api.chats import MOST_MESSAGES, Chat, ChatMessage, ChatPicture, ReadResult
from .api.contacts import Contact, ContactExistence, ProfilePicture
from .api.groups import AdminOnly, Group, GroupPicture, GroupRef, GroupSettings, ParticipantChanges, ParticipantRef
from .api.messages import LinkPreview, Message
from .api.sessions import Session, SessionRef
from .media import MediaData
from .recipients import ChatRef, MessageRef
from .requests import (
    AddGroupParticipantsRequest,
    CheckContactExistsRequest,
    CreateGroupRequest,
    CreateSessionRequest,
    DemoteGroupParticipantsRequest,
    GetAllChatsRequest,
    GetChatPictureRequest,
    GetChatsOverviewRequest,
    GetContactProfilePictureRequest,
    GetContactRequest,
    GetContactsRequest,
    GetGroupJoinInfoRequest,
    GetGroupPictureRequest,
    GetGroupsRequest,
    GetMessageByIdRequest,
    GetMessagesRequest,
    JoinGroupRequest,
    PromoteGroupParticipantsRequest,
    ReadMessagesRequest,
    RemoveGroupParticipantsRequest,
    SendFields,
    SendFileFields,
    SendFileRequest,
    SendImageFields,
    SendImageRequest,
    SendLinkCustomPreviewFields,
    SendLinkCustomPreviewRequest,
    SendMessageFields,
    SendMessageOptions,
    SendMessageRequest,
    SendReactionFields,
    SendReactionRequest,
    SendRequest,
    SendSeenFields,
    SendSeenRequest,
    SendTextFields,
    SendTextRequest,
    SendVideoFields,
    SendVideoRequest,
    SendVoiceFields,
    SendVoiceRequest,
    SetGroupDescriptionRequest,
    SetGroupInfoAdminOnlyRequest,
    SetGroupMessagesAdminOnlyRequest,
    SetGroupNameRequest,
    SetGroupPictureRequest,
    SetGroupSettingsRequest,
    SetGroupSubjectRequest,
    StartTypingFields,
    StartTypingRequest,
    StopTypingFields,
    StopTypingRequest,
)

MYPY = False  # mypy takes it for true

class Missing: ...

MISSING: Missing

SessionName_ = TypeVar("SessionName_", bound=str)
PhoneNumber_ = TypeVar("PhoneNumber_", bound=str)
Session_ = TypeVar("Session_", bound=SessionRef)
To_ = TypeVar("To_", bound=ChatRef)
Text_ = TypeVar("Text_", bound=str)
Preview_ = TypeVar("Preview_", bound=LinkPreview | Mapping[str, Any])
MessageId_ = TypeVar("MessageId_", bound=MessageRef)
Reaction_ = TypeVar("Reaction_", bound=str)
Name_ = TypeVar("Name_", bound=str)
Participants_ = TypeVar("Participants_", bound=Sequence[ParticipantRef])
Code_ = TypeVar("Code_", bound=str)
GroupId_ = TypeVar("GroupId_", bound=GroupRef)
Url_ = TypeVar("Url_", bound=str)
Description_ = TypeVar("Description_", bound=str)
Subject_ = TypeVar("Subject_", bound=str)
InfoAdminOnly_ = TypeVar("InfoAdminOnly_", bound=bool)
MessagesAdminOnly_ = TypeVar("MessagesAdminOnly_", bound=bool)
Enabled_ = TypeVar("Enabled_", bound=bool)
ContactId_ = TypeVar("ContactId_", bound=ChatRef)
Phone_ = TypeVar("Phone_", bound=str)
ChatId_ = TypeVar("ChatId_", bound=ChatRef)

class AsyncSignatures:
    if not MYPY:
        @_overload
        async def create_session(
            self,
            *,
            session_name: str,
            phone_number: str,
            enable_account_protection: bool | None = None,
            enable_message_logging: bool | None = None,
            enable_webhook: bool | None = None,
            webhook_url: str | None = None,
            key: str | None = None,
        ) -> Session: ...
    @_overload
    async def create_session(self, request: CreateSessionRequest, /) -> Session: ...
    if not MYPY:
        @_overload
        async def create_session(
            self,
            *,
            session_name: SessionName_ = MISSING,
            phone_number: PhoneNumber_ = MISSING,
            enable_account_protection: bool | None = None,
            enable_message_logging: bool | None = None,
            enable_webhook: bool | None = None,
            webhook_url: str | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Session: ...
    @_overload
    async def create_session(
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

    if not MYPY:
        @_overload
        async def send_text(
            self,
            *,
            session: SessionRef,
            to: ChatRef,
            text: str,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    async def send_text(self, request: SendTextRequest, /) -> Message: ...
    @_overload
    async def send_text(self, session: SessionRef, request: SendTextFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_text(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
    async def send_text(
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_image(self, request: SendImageRequest, /) -> Message: ...
    @_overload
    async def send_image(self, session: SessionRef, request: SendImageFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_image(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_video(self, request: SendVideoRequest, /) -> Message: ...
    @_overload
    async def send_video(self, session: SessionRef, request: SendVideoFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_video(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_voice(self, request: SendVoiceRequest, /) -> Message: ...
    @_overload
    async def send_voice(self, session: SessionRef, request: SendVoiceFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_voice(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            duration: float | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_file(self, request: SendFileRequest, /) -> Message: ...
    @_overload
    async def send_file(self, session: SessionRef, request: SendFileFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_file(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            file_name: str | None = None,
            mime_type: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def send_link_custom_preview(
            self,
            *,
            session: SessionRef,
            to: ChatRef,
            text: str,
            preview: LinkPreview | Mapping[str, Any],
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    async def send_link_custom_preview(self, request: SendLinkCustomPreviewRequest, /) -> Message: ...
    @_overload
    async def send_link_custom_preview(
        self, session: SessionRef, request: SendLinkCustomPreviewFields, /
    ) -> Message: ...
    if not MYPY:
        @_overload
        async def send_link_custom_preview(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            preview: Preview_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def send_seen(self, *, session: SessionRef, to: ChatRef, message_id: MessageRef) -> Result: ...
    @_overload
    async def send_seen(self, request: SendSeenRequest, /) -> Result: ...
    @_overload
    async def send_seen(self, session: SessionRef, request: SendSeenFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def send_seen(
            self, *, session: Session_ = MISSING, to: To_ = MISSING, message_id: MessageId_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def send_seen(self, *, session: SessionRef, to: ChatRef, message_id: MessageRef) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            message_id: Id of the message.
        """

    if not MYPY:
        @_overload
        async def send_reaction(self, *, session: SessionRef, message_id: MessageRef, reaction: str) -> Result: ...
    @_overload
    async def send_reaction(self, request: SendReactionRequest, /) -> Result: ...
    @_overload
    async def send_reaction(self, session: SessionRef, request: SendReactionFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def send_reaction(
            self,
            *,
            session: Session_ = MISSING,
            message_id: MessageId_ = MISSING,
            reaction: Reaction_ = MISSING,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    async def send_reaction(self, *, session: SessionRef, message_id: MessageRef, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """

    if not MYPY:
        @_overload
        async def start_typing(self, *, session: SessionRef, to: ChatRef) -> Result: ...
    @_overload
    async def start_typing(self, request: StartTypingRequest, /) -> Result: ...
    @_overload
    async def start_typing(self, session: SessionRef, request: StartTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def start_typing(self, *, session: Session_ = MISSING, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    async def start_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
        async def stop_typing(self, *, session: SessionRef, to: ChatRef) -> Result: ...
    @_overload
    async def stop_typing(self, request: StopTypingRequest, /) -> Result: ...
    @_overload
    async def stop_typing(self, session: SessionRef, request: StopTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def stop_typing(self, *, session: Session_ = MISSING, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    async def stop_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Stop showing "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send(self, request: SendRequest, /) -> Message: ...
    @_overload
    async def send(self, session: SessionRef, request: SendFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            text: str | None = None,
            image_url: str | None = None,
            video_url: str | None = None,
            document_url: str | None = None,
            audio_url: str | None = None,
            mimetype: str | None = None,
            filename: str | None = None,
            preview: Mapping[str, str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_message(self, request: SendMessageRequest, /) -> Message: ...
    @_overload
    async def send_message(self, session: SessionRef, request: SendMessageFields, /) -> Message: ...
    @_overload
    async def send_message(self, request: SendMessageRequest, options: SendMessageOptions, /) -> Message: ...
    @_overload
    async def send_message(
        self, session: SessionRef, request: SendMessageFields, options: SendMessageOptions, /
    ) -> Message: ...
    if not MYPY:
        @_overload
        async def send_message(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
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
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def create_group(
            self,
            session: SessionRef,
            *,
            name: str,
            participants: Sequence[ParticipantRef],
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
        ) -> Group: ...
    @_overload
    async def create_group(self, session: SessionRef, request: CreateGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        async def create_group(
            self,
            session: Session_ = MISSING,
            *,
            name: Name_ = MISSING,
            participants: Participants_ = MISSING,
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Group: ...
    @_overload
    async def create_group(
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

    if not MYPY:
        @_overload
        async def get_groups(
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
        ) -> Page[Group]: ...
    @_overload
    async def get_groups(self, session: SessionRef, request: GetGroupsRequest, /) -> Page[Group]: ...
    if not MYPY:
        @_overload
        async def get_groups(
            self,
            session: Session_ = MISSING,
            *,
            exclude: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
            search: str | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            status: str | None = None,
            tags: Sequence[str] | None = None,
            **unknown: Never,
        ) -> Page[Group]: ...
    @_overload
    async def get_groups(
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

    if not MYPY:
        @_overload
        async def get_group_join_info(self, session: SessionRef, code: str) -> Group: ...
    @_overload
    async def get_group_join_info(self, session: SessionRef, request: GetGroupJoinInfoRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        async def get_group_join_info(
            self, session: Session_ = MISSING, code: Code_ = MISSING, **unknown: Never
        ) -> Group: ...
    @_overload
    async def get_group_join_info(self, session: SessionRef, code: str) -> Group:
        """
        Preview a group by its invite code, before joining it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def join_group(self, session: SessionRef, *, code: str) -> Group: ...
    @_overload
    async def join_group(self, session: SessionRef, request: JoinGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        async def join_group(
            self, session: Session_ = MISSING, *, code: Code_ = MISSING, **unknown: Never
        ) -> Group: ...
    @_overload
    async def join_group(self, session: SessionRef, *, code: str) -> Group:
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

    if not MYPY:
        @_overload
        async def get_group_picture(
            self, session: SessionRef, group_id: GroupRef, refresh: bool | None = None
        ) -> GroupPicture: ...
    @_overload
    async def get_group_picture(
        self, session: SessionRef, group_id: GroupRef, request: GetGroupPictureRequest, /
    ) -> GroupPicture: ...
    if not MYPY:
        @_overload
        async def get_group_picture(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            refresh: bool | None = None,
            **unknown: Never,
        ) -> GroupPicture: ...
    @_overload
    async def get_group_picture(
        self, session: SessionRef, group_id: GroupRef, refresh: bool | None = None
    ) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """

    if not MYPY:
        @_overload
        async def set_group_picture(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            url: str,
            crop_to_square: bool | None = None,
            format: str | None = None,
        ) -> Result: ...
    @_overload
    async def set_group_picture(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupPictureRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_picture(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            url: Url_ = MISSING,
            crop_to_square: bool | None = None,
            format: str | None = None,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    async def set_group_picture(
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

    if not MYPY:
        @_overload
        async def set_group_description(
            self, session: SessionRef, group_id: GroupRef, *, description: str
        ) -> Result: ...
    @_overload
    async def set_group_description(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupDescriptionRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_description(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            description: Description_ = MISSING,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    async def set_group_description(self, session: SessionRef, group_id: GroupRef, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            description: The description; ``""`` removes it.
        """

    if not MYPY:
        @_overload
        async def set_group_subject(self, session: SessionRef, group_id: GroupRef, *, subject: str) -> Result: ...
    @_overload
    async def set_group_subject(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupSubjectRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_subject(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            subject: Subject_ = MISSING,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    async def set_group_subject(self, session: SessionRef, group_id: GroupRef, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """

    if not MYPY:
        @_overload
        async def set_group_name(self, session: SessionRef, group_id: GroupRef, *, name: str) -> Result: ...
    @_overload
    async def set_group_name(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupNameRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_name(
            self, session: Session_ = MISSING, group_id: GroupId_ = MISSING, *, name: Name_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def set_group_name(self, session: SessionRef, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            name: The name, as for `set_group_subject`.
        """

    if not MYPY:
        @_overload
        async def set_group_settings(
            self, session: SessionRef, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
        ) -> GroupSettings: ...
    @_overload
    async def set_group_settings(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupSettingsRequest, /
    ) -> GroupSettings: ...
    if not MYPY:
        @_overload
        async def set_group_settings(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            info_admin_only: InfoAdminOnly_ = MISSING,
            messages_admin_only: MessagesAdminOnly_ = MISSING,
            **unknown: Never,
        ) -> GroupSettings: ...
    @_overload
    async def set_group_settings(
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

    if not MYPY:
        @_overload
        async def set_group_info_admin_only(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            enabled: bool,
            changed_at: str | None = None,
            changed_by: str | None = None,
        ) -> AdminOnly: ...
    @_overload
    async def set_group_info_admin_only(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupInfoAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        async def set_group_info_admin_only(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
    async def set_group_info_admin_only(
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

    if not MYPY:
        @_overload
        async def set_group_messages_admin_only(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            enabled: bool,
            changed_at: str | None = None,
            changed_by: str | None = None,
        ) -> AdminOnly: ...
    @_overload
    async def set_group_messages_admin_only(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupMessagesAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        async def set_group_messages_admin_only(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
    async def set_group_messages_admin_only(
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

    if not MYPY:
        @_overload
        async def add_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    async def add_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: AddGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def add_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def add_group_participants(
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

    if not MYPY:
        @_overload
        async def remove_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    async def remove_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: RemoveGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def remove_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def remove_group_participants(
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

    if not MYPY:
        @_overload
        async def promote_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    async def promote_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: PromoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def promote_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def promote_group_participants(
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

    if not MYPY:
        @_overload
        async def demote_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    async def demote_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: DemoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def demote_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def demote_group_participants(
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

    if not MYPY:
        @_overload
        async def get_contacts(
            self,
            session: SessionRef,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Contact]: ...
    @_overload
    async def get_contacts(self, session: SessionRef, request: GetContactsRequest, /) -> Page[Contact]: ...
    if not MYPY:
        @_overload
        async def get_contacts(
            self,
            session: Session_ = MISSING,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Contact]: ...
    @_overload
    async def get_contacts(
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

    if not MYPY:
        @_overload
        async def get_contact(self, session: SessionRef, *, contact_id: ChatRef) -> Contact: ...
    @_overload
    async def get_contact(self, session: SessionRef, request: GetContactRequest, /) -> Contact: ...
    if not MYPY:
        @_overload
        async def get_contact(
            self, session: Session_ = MISSING, *, contact_id: ContactId_ = MISSING, **unknown: Never
        ) -> Contact: ...
    @_overload
    async def get_contact(self, session: SessionRef, *, contact_id: ChatRef) -> Contact:
        """
        Get a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def check_contact_exists(self, session: SessionRef, *, phone: str) -> ContactExistence: ...
    @_overload
    async def check_contact_exists(
        self, session: SessionRef, request: CheckContactExistsRequest, /
    ) -> ContactExistence: ...
    if not MYPY:
        @_overload
        async def check_contact_exists(
            self, session: Session_ = MISSING, *, phone: Phone_ = MISSING, **unknown: Never
        ) -> ContactExistence: ...
    @_overload
    async def check_contact_exists(self, session: SessionRef, *, phone: str) -> ContactExistence:
        """
        Check whether a number is on WhatsApp.

        Args:
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def get_contact_profile_picture(
            self, session: SessionRef, *, contact_id: ChatRef, refresh: bool | None = None
        ) -> ProfilePicture: ...
    @_overload
    async def get_contact_profile_picture(
        self, session: SessionRef, request: GetContactProfilePictureRequest, /
    ) -> ProfilePicture: ...
    if not MYPY:
        @_overload
        async def get_contact_profile_picture(
            self,
            session: Session_ = MISSING,
            *,
            contact_id: ContactId_ = MISSING,
            refresh: bool | None = None,
            **unknown: Never,
        ) -> ProfilePicture: ...
    @_overload
    async def get_contact_profile_picture(
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

    if not MYPY:
        @_overload
        async def get_all_chats(
            self,
            session: SessionRef,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Chat]: ...
    @_overload
    async def get_all_chats(self, session: SessionRef, request: GetAllChatsRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        async def get_all_chats(
            self,
            session: Session_ = MISSING,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def get_chats_overview(
            self,
            session: SessionRef,
            *,
            ids: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
        ) -> Page[Chat]: ...
    @_overload
    async def get_chats_overview(self, session: SessionRef, request: GetChatsOverviewRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        async def get_chats_overview(
            self,
            session: Session_ = MISSING,
            *,
            ids: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def get_messages(
            self,
            session: SessionRef,
            chat_id: ChatRef,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
        ) -> Page[ChatMessage]: ...
    @_overload
    async def get_messages(
        self, session: SessionRef, chat_id: ChatRef, request: GetMessagesRequest, /
    ) -> Page[ChatMessage]: ...
    if not MYPY:
        @_overload
        async def get_messages(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[ChatMessage]: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def get_message_by_id(
            self, session: SessionRef, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
        ) -> ChatMessage: ...
    @_overload
    async def get_message_by_id(
        self, session: SessionRef, chat_id: ChatRef, message_id: MessageRef, request: GetMessageByIdRequest, /
    ) -> ChatMessage: ...
    if not MYPY:
        @_overload
        async def get_message_by_id(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            message_id: MessageId_ = MISSING,
            *,
            download_media: bool | None = None,
            **unknown: Never,
        ) -> ChatMessage: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def read_messages(
            self, session: SessionRef, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
        ) -> ReadResult: ...
    @_overload
    async def read_messages(
        self, session: SessionRef, chat_id: ChatRef, request: ReadMessagesRequest, /
    ) -> ReadResult: ...
    if not MYPY:
        @_overload
        async def read_messages(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            *,
            days: int | None = None,
            messages: int | None = None,
            **unknown: Never,
        ) -> ReadResult: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def get_chat_picture(
            self, session: SessionRef, chat_id: ChatRef, *, refresh: bool | None = None
        ) -> ChatPicture: ...
    @_overload
    async def get_chat_picture(
        self, session: SessionRef, chat_id: ChatRef, request: GetChatPictureRequest, /
    ) -> ChatPicture: ...
    if not MYPY:
        @_overload
        async def get_chat_picture(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            *,
            refresh: bool | None = None,
            **unknown: Never,
        ) -> ChatPicture: ...
    @_overload
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

class Signatures:
    if not MYPY:
        @_overload
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
        ) -> Session: ...
    @_overload
    def create_session(self, request: CreateSessionRequest, /) -> Session: ...
    if not MYPY:
        @_overload
        def create_session(
            self,
            *,
            session_name: SessionName_ = MISSING,
            phone_number: PhoneNumber_ = MISSING,
            enable_account_protection: bool | None = None,
            enable_message_logging: bool | None = None,
            enable_webhook: bool | None = None,
            webhook_url: str | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Session: ...
    @_overload
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

    if not MYPY:
        @_overload
        def send_text(
            self,
            *,
            session: SessionRef,
            to: ChatRef,
            text: str,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    def send_text(self, request: SendTextRequest, /) -> Message: ...
    @_overload
    def send_text(self, session: SessionRef, request: SendTextFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_text(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_image(self, request: SendImageRequest, /) -> Message: ...
    @_overload
    def send_image(self, session: SessionRef, request: SendImageFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_image(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_video(self, request: SendVideoRequest, /) -> Message: ...
    @_overload
    def send_video(self, session: SessionRef, request: SendVideoFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_video(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_voice(self, request: SendVoiceRequest, /) -> Message: ...
    @_overload
    def send_voice(self, session: SessionRef, request: SendVoiceFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_voice(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            duration: float | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_file(self, request: SendFileRequest, /) -> Message: ...
    @_overload
    def send_file(self, session: SessionRef, request: SendFileFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_file(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            file_name: str | None = None,
            mime_type: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        def send_link_custom_preview(
            self,
            *,
            session: SessionRef,
            to: ChatRef,
            text: str,
            preview: LinkPreview | Mapping[str, Any],
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    def send_link_custom_preview(self, request: SendLinkCustomPreviewRequest, /) -> Message: ...
    @_overload
    def send_link_custom_preview(self, session: SessionRef, request: SendLinkCustomPreviewFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_link_custom_preview(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            preview: Preview_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        def send_seen(self, *, session: SessionRef, to: ChatRef, message_id: MessageRef) -> Result: ...
    @_overload
    def send_seen(self, request: SendSeenRequest, /) -> Result: ...
    @_overload
    def send_seen(self, session: SessionRef, request: SendSeenFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def send_seen(
            self, *, session: Session_ = MISSING, to: To_ = MISSING, message_id: MessageId_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    def send_seen(self, *, session: SessionRef, to: ChatRef, message_id: MessageRef) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            message_id: Id of the message.
        """

    if not MYPY:
        @_overload
        def send_reaction(self, *, session: SessionRef, message_id: MessageRef, reaction: str) -> Result: ...
    @_overload
    def send_reaction(self, request: SendReactionRequest, /) -> Result: ...
    @_overload
    def send_reaction(self, session: SessionRef, request: SendReactionFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def send_reaction(
            self,
            *,
            session: Session_ = MISSING,
            message_id: MessageId_ = MISSING,
            reaction: Reaction_ = MISSING,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    def send_reaction(self, *, session: SessionRef, message_id: MessageRef, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """

    if not MYPY:
        @_overload
        def start_typing(self, *, session: SessionRef, to: ChatRef) -> Result: ...
    @_overload
    def start_typing(self, request: StartTypingRequest, /) -> Result: ...
    @_overload
    def start_typing(self, session: SessionRef, request: StartTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def start_typing(self, *, session: Session_ = MISSING, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    def start_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
        def stop_typing(self, *, session: SessionRef, to: ChatRef) -> Result: ...
    @_overload
    def stop_typing(self, request: StopTypingRequest, /) -> Result: ...
    @_overload
    def stop_typing(self, session: SessionRef, request: StopTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def stop_typing(self, *, session: Session_ = MISSING, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    def stop_typing(self, *, session: SessionRef, to: ChatRef) -> Result:
        """
        Stop showing "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send(self, request: SendRequest, /) -> Message: ...
    @_overload
    def send(self, session: SessionRef, request: SendFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
            text: str | None = None,
            image_url: str | None = None,
            video_url: str | None = None,
            document_url: str | None = None,
            audio_url: str | None = None,
            mimetype: str | None = None,
            filename: str | None = None,
            preview: Mapping[str, str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_message(self, request: SendMessageRequest, /) -> Message: ...
    @_overload
    def send_message(self, session: SessionRef, request: SendMessageFields, /) -> Message: ...
    @_overload
    def send_message(self, request: SendMessageRequest, options: SendMessageOptions, /) -> Message: ...
    @_overload
    def send_message(
        self, session: SessionRef, request: SendMessageFields, options: SendMessageOptions, /
    ) -> Message: ...
    if not MYPY:
        @_overload
        def send_message(
            self,
            *,
            session: Session_ = MISSING,
            to: To_ = MISSING,
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
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Group: ...
    @_overload
    def create_group(self, session: SessionRef, request: CreateGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        def create_group(
            self,
            session: Session_ = MISSING,
            *,
            name: Name_ = MISSING,
            participants: Participants_ = MISSING,
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Group: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Page[Group]: ...
    @_overload
    def get_groups(self, session: SessionRef, request: GetGroupsRequest, /) -> Page[Group]: ...
    if not MYPY:
        @_overload
        def get_groups(
            self,
            session: Session_ = MISSING,
            *,
            exclude: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
            search: str | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            status: str | None = None,
            tags: Sequence[str] | None = None,
            **unknown: Never,
        ) -> Page[Group]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_group_join_info(self, session: SessionRef, code: str) -> Group: ...
    @_overload
    def get_group_join_info(self, session: SessionRef, request: GetGroupJoinInfoRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        def get_group_join_info(
            self, session: Session_ = MISSING, code: Code_ = MISSING, **unknown: Never
        ) -> Group: ...
    @_overload
    def get_group_join_info(self, session: SessionRef, code: str) -> Group:
        """
        Preview a group by its invite code, before joining it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def join_group(self, session: SessionRef, *, code: str) -> Group: ...
    @_overload
    def join_group(self, session: SessionRef, request: JoinGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        def join_group(self, session: Session_ = MISSING, *, code: Code_ = MISSING, **unknown: Never) -> Group: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_group_picture(
            self, session: SessionRef, group_id: GroupRef, refresh: bool | None = None
        ) -> GroupPicture: ...
    @_overload
    def get_group_picture(
        self, session: SessionRef, group_id: GroupRef, request: GetGroupPictureRequest, /
    ) -> GroupPicture: ...
    if not MYPY:
        @_overload
        def get_group_picture(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            refresh: bool | None = None,
            **unknown: Never,
        ) -> GroupPicture: ...
    @_overload
    def get_group_picture(self, session: SessionRef, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """

    if not MYPY:
        @_overload
        def set_group_picture(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            url: str,
            crop_to_square: bool | None = None,
            format: str | None = None,
        ) -> Result: ...
    @_overload
    def set_group_picture(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupPictureRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_picture(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            url: Url_ = MISSING,
            crop_to_square: bool | None = None,
            format: str | None = None,
            **unknown: Never,
        ) -> Result: ...
    @_overload
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

    if not MYPY:
        @_overload
        def set_group_description(self, session: SessionRef, group_id: GroupRef, *, description: str) -> Result: ...
    @_overload
    def set_group_description(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupDescriptionRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_description(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            description: Description_ = MISSING,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    def set_group_description(self, session: SessionRef, group_id: GroupRef, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            description: The description; ``""`` removes it.
        """

    if not MYPY:
        @_overload
        def set_group_subject(self, session: SessionRef, group_id: GroupRef, *, subject: str) -> Result: ...
    @_overload
    def set_group_subject(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupSubjectRequest, /
    ) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_subject(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            subject: Subject_ = MISSING,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    def set_group_subject(self, session: SessionRef, group_id: GroupRef, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """

    if not MYPY:
        @_overload
        def set_group_name(self, session: SessionRef, group_id: GroupRef, *, name: str) -> Result: ...
    @_overload
    def set_group_name(self, session: SessionRef, group_id: GroupRef, request: SetGroupNameRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_name(
            self, session: Session_ = MISSING, group_id: GroupId_ = MISSING, *, name: Name_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    def set_group_name(self, session: SessionRef, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            name: The name, as for `set_group_subject`.
        """

    if not MYPY:
        @_overload
        def set_group_settings(
            self, session: SessionRef, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
        ) -> GroupSettings: ...
    @_overload
    def set_group_settings(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupSettingsRequest, /
    ) -> GroupSettings: ...
    if not MYPY:
        @_overload
        def set_group_settings(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            info_admin_only: InfoAdminOnly_ = MISSING,
            messages_admin_only: MessagesAdminOnly_ = MISSING,
            **unknown: Never,
        ) -> GroupSettings: ...
    @_overload
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

    if not MYPY:
        @_overload
        def set_group_info_admin_only(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            enabled: bool,
            changed_at: str | None = None,
            changed_by: str | None = None,
        ) -> AdminOnly: ...
    @_overload
    def set_group_info_admin_only(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupInfoAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        def set_group_info_admin_only(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
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

    if not MYPY:
        @_overload
        def set_group_messages_admin_only(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            enabled: bool,
            changed_at: str | None = None,
            changed_by: str | None = None,
        ) -> AdminOnly: ...
    @_overload
    def set_group_messages_admin_only(
        self, session: SessionRef, group_id: GroupRef, request: SetGroupMessagesAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        def set_group_messages_admin_only(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
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

    if not MYPY:
        @_overload
        def add_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    def add_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: AddGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def add_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
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

    if not MYPY:
        @_overload
        def remove_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    def remove_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: RemoveGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def remove_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
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

    if not MYPY:
        @_overload
        def promote_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    def promote_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: PromoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def promote_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
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

    if not MYPY:
        @_overload
        def demote_group_participants(
            self,
            session: SessionRef,
            group_id: GroupRef,
            *,
            participants: Sequence[ParticipantRef],
            notify: bool | None = None,
        ) -> ParticipantChanges: ...
    @_overload
    def demote_group_participants(
        self, session: SessionRef, group_id: GroupRef, request: DemoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def demote_group_participants(
            self,
            session: Session_ = MISSING,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_contacts(
            self,
            session: SessionRef,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Contact]: ...
    @_overload
    def get_contacts(self, session: SessionRef, request: GetContactsRequest, /) -> Page[Contact]: ...
    if not MYPY:
        @_overload
        def get_contacts(
            self,
            session: Session_ = MISSING,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Contact]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_contact(self, session: SessionRef, *, contact_id: ChatRef) -> Contact: ...
    @_overload
    def get_contact(self, session: SessionRef, request: GetContactRequest, /) -> Contact: ...
    if not MYPY:
        @_overload
        def get_contact(
            self, session: Session_ = MISSING, *, contact_id: ContactId_ = MISSING, **unknown: Never
        ) -> Contact: ...
    @_overload
    def get_contact(self, session: SessionRef, *, contact_id: ChatRef) -> Contact:
        """
        Get a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def check_contact_exists(self, session: SessionRef, *, phone: str) -> ContactExistence: ...
    @_overload
    def check_contact_exists(self, session: SessionRef, request: CheckContactExistsRequest, /) -> ContactExistence: ...
    if not MYPY:
        @_overload
        def check_contact_exists(
            self, session: Session_ = MISSING, *, phone: Phone_ = MISSING, **unknown: Never
        ) -> ContactExistence: ...
    @_overload
    def check_contact_exists(self, session: SessionRef, *, phone: str) -> ContactExistence:
        """
        Check whether a number is on WhatsApp.

        Args:
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def get_contact_profile_picture(
            self, session: SessionRef, *, contact_id: ChatRef, refresh: bool | None = None
        ) -> ProfilePicture: ...
    @_overload
    def get_contact_profile_picture(
        self, session: SessionRef, request: GetContactProfilePictureRequest, /
    ) -> ProfilePicture: ...
    if not MYPY:
        @_overload
        def get_contact_profile_picture(
            self,
            session: Session_ = MISSING,
            *,
            contact_id: ContactId_ = MISSING,
            refresh: bool | None = None,
            **unknown: Never,
        ) -> ProfilePicture: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_all_chats(
            self,
            session: SessionRef,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Chat]: ...
    @_overload
    def get_all_chats(self, session: SessionRef, request: GetAllChatsRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        def get_all_chats(
            self,
            session: Session_ = MISSING,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_chats_overview(
            self,
            session: SessionRef,
            *,
            ids: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
        ) -> Page[Chat]: ...
    @_overload
    def get_chats_overview(self, session: SessionRef, request: GetChatsOverviewRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        def get_chats_overview(
            self,
            session: Session_ = MISSING,
            *,
            ids: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_messages(
            self,
            session: SessionRef,
            chat_id: ChatRef,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
        ) -> Page[ChatMessage]: ...
    @_overload
    def get_messages(
        self, session: SessionRef, chat_id: ChatRef, request: GetMessagesRequest, /
    ) -> Page[ChatMessage]: ...
    if not MYPY:
        @_overload
        def get_messages(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[ChatMessage]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_message_by_id(
            self, session: SessionRef, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
        ) -> ChatMessage: ...
    @_overload
    def get_message_by_id(
        self, session: SessionRef, chat_id: ChatRef, message_id: MessageRef, request: GetMessageByIdRequest, /
    ) -> ChatMessage: ...
    if not MYPY:
        @_overload
        def get_message_by_id(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            message_id: MessageId_ = MISSING,
            *,
            download_media: bool | None = None,
            **unknown: Never,
        ) -> ChatMessage: ...
    @_overload
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

    if not MYPY:
        @_overload
        def read_messages(
            self, session: SessionRef, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
        ) -> ReadResult: ...
    @_overload
    def read_messages(self, session: SessionRef, chat_id: ChatRef, request: ReadMessagesRequest, /) -> ReadResult: ...
    if not MYPY:
        @_overload
        def read_messages(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            *,
            days: int | None = None,
            messages: int | None = None,
            **unknown: Never,
        ) -> ReadResult: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_chat_picture(
            self, session: SessionRef, chat_id: ChatRef, *, refresh: bool | None = None
        ) -> ChatPicture: ...
    @_overload
    def get_chat_picture(
        self, session: SessionRef, chat_id: ChatRef, request: GetChatPictureRequest, /
    ) -> ChatPicture: ...
    if not MYPY:
        @_overload
        def get_chat_picture(
            self,
            session: Session_ = MISSING,
            chat_id: ChatId_ = MISSING,
            *,
            refresh: bool | None = None,
            **unknown: Never,
        ) -> ChatPicture: ...
    @_overload
    def get_chat_picture(self, session: SessionRef, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """

class AsyncBoundSignatures:
    if not MYPY:
        @_overload
        async def send_text(
            self, *, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
        ) -> Message: ...
    @_overload
    async def send_text(self, request: SendTextFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_text(
            self,
            *,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
    async def send_text(
        self, *, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
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

    if not MYPY:
        @_overload
        async def send_image(
            self,
            *,
            to: ChatRef,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    async def send_image(self, request: SendImageFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_image(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def send_video(
            self,
            *,
            to: ChatRef,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    async def send_video(self, request: SendVideoFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_video(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def send_voice(
            self,
            *,
            to: ChatRef,
            url: str | None = None,
            data: MediaData | None = None,
            duration: float | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    async def send_voice(self, request: SendVoiceFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_voice(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            duration: float | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_file(self, request: SendFileFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_file(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            file_name: str | None = None,
            mime_type: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def send_link_custom_preview(
            self,
            *,
            to: ChatRef,
            text: str,
            preview: LinkPreview | Mapping[str, Any],
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    async def send_link_custom_preview(self, request: SendLinkCustomPreviewFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_link_custom_preview(
            self,
            *,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            preview: Preview_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def send_seen(self, *, to: ChatRef, message_id: MessageRef) -> Result: ...
    @_overload
    async def send_seen(self, request: SendSeenFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def send_seen(
            self, *, to: To_ = MISSING, message_id: MessageId_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def send_seen(self, *, to: ChatRef, message_id: MessageRef) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            message_id: Id of the message.
        """

    if not MYPY:
        @_overload
        async def send_reaction(self, *, message_id: MessageRef, reaction: str) -> Result: ...
    @_overload
    async def send_reaction(self, request: SendReactionFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def send_reaction(
            self, *, message_id: MessageId_ = MISSING, reaction: Reaction_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def send_reaction(self, *, message_id: MessageRef, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """

    if not MYPY:
        @_overload
        async def start_typing(self, *, to: ChatRef) -> Result: ...
    @_overload
    async def start_typing(self, request: StartTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def start_typing(self, *, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    async def start_typing(self, *, to: ChatRef) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
        async def stop_typing(self, *, to: ChatRef) -> Result: ...
    @_overload
    async def stop_typing(self, request: StopTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        async def stop_typing(self, *, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    async def stop_typing(self, *, to: ChatRef) -> Result:
        """
        Stop showing "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send(self, request: SendFields, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send(
            self,
            *,
            to: To_ = MISSING,
            text: str | None = None,
            image_url: str | None = None,
            video_url: str | None = None,
            document_url: str | None = None,
            audio_url: str | None = None,
            mimetype: str | None = None,
            filename: str | None = None,
            preview: Mapping[str, str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    async def send_message(self, request: SendMessageFields, /) -> Message: ...
    @_overload
    async def send_message(self, request: SendMessageFields, options: SendMessageOptions, /) -> Message: ...
    if not MYPY:
        @_overload
        async def send_message(
            self,
            *,
            to: To_ = MISSING,
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
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def create_group(
            self,
            *,
            name: str,
            participants: Sequence[ParticipantRef],
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
        ) -> Group: ...
    @_overload
    async def create_group(self, request: CreateGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        async def create_group(
            self,
            *,
            name: Name_ = MISSING,
            participants: Participants_ = MISSING,
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Group: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Page[Group]: ...
    @_overload
    async def get_groups(self, request: GetGroupsRequest, /) -> Page[Group]: ...
    if not MYPY:
        @_overload
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
            **unknown: Never,
        ) -> Page[Group]: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def get_group_join_info(self, code: str) -> Group: ...
    @_overload
    async def get_group_join_info(self, request: GetGroupJoinInfoRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        async def get_group_join_info(self, code: Code_ = MISSING, **unknown: Never) -> Group: ...
    @_overload
    async def get_group_join_info(self, code: str) -> Group:
        """
        Preview a group by its invite code, before joining it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def join_group(self, *, code: str) -> Group: ...
    @_overload
    async def join_group(self, request: JoinGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        async def join_group(self, *, code: Code_ = MISSING, **unknown: Never) -> Group: ...
    @_overload
    async def join_group(self, *, code: str) -> Group:
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

    if not MYPY:
        @_overload
        async def get_group_picture(self, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture: ...
    @_overload
    async def get_group_picture(self, group_id: GroupRef, request: GetGroupPictureRequest, /) -> GroupPicture: ...
    if not MYPY:
        @_overload
        async def get_group_picture(
            self, group_id: GroupId_ = MISSING, refresh: bool | None = None, **unknown: Never
        ) -> GroupPicture: ...
    @_overload
    async def get_group_picture(self, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """

    if not MYPY:
        @_overload
        async def set_group_picture(
            self, group_id: GroupRef, *, url: str, crop_to_square: bool | None = None, format: str | None = None
        ) -> Result: ...
    @_overload
    async def set_group_picture(self, group_id: GroupRef, request: SetGroupPictureRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_picture(
            self,
            group_id: GroupId_ = MISSING,
            *,
            url: Url_ = MISSING,
            crop_to_square: bool | None = None,
            format: str | None = None,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    async def set_group_picture(
        self, group_id: GroupRef, *, url: str, crop_to_square: bool | None = None, format: str | None = None
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

    if not MYPY:
        @_overload
        async def set_group_description(self, group_id: GroupRef, *, description: str) -> Result: ...
    @_overload
    async def set_group_description(self, group_id: GroupRef, request: SetGroupDescriptionRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_description(
            self, group_id: GroupId_ = MISSING, *, description: Description_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def set_group_description(self, group_id: GroupRef, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            description: The description; ``""`` removes it.
        """

    if not MYPY:
        @_overload
        async def set_group_subject(self, group_id: GroupRef, *, subject: str) -> Result: ...
    @_overload
    async def set_group_subject(self, group_id: GroupRef, request: SetGroupSubjectRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_subject(
            self, group_id: GroupId_ = MISSING, *, subject: Subject_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def set_group_subject(self, group_id: GroupRef, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """

    if not MYPY:
        @_overload
        async def set_group_name(self, group_id: GroupRef, *, name: str) -> Result: ...
    @_overload
    async def set_group_name(self, group_id: GroupRef, request: SetGroupNameRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        async def set_group_name(
            self, group_id: GroupId_ = MISSING, *, name: Name_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    async def set_group_name(self, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            name: The name, as for `set_group_subject`.
        """

    if not MYPY:
        @_overload
        async def set_group_settings(
            self, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
        ) -> GroupSettings: ...
    @_overload
    async def set_group_settings(self, group_id: GroupRef, request: SetGroupSettingsRequest, /) -> GroupSettings: ...
    if not MYPY:
        @_overload
        async def set_group_settings(
            self,
            group_id: GroupId_ = MISSING,
            *,
            info_admin_only: InfoAdminOnly_ = MISSING,
            messages_admin_only: MessagesAdminOnly_ = MISSING,
            **unknown: Never,
        ) -> GroupSettings: ...
    @_overload
    async def set_group_settings(
        self, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            info_admin_only: Only admins change name, description and picture.
            messages_admin_only: Only admins write.
        """

    if not MYPY:
        @_overload
        async def set_group_info_admin_only(
            self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
        ) -> AdminOnly: ...
    @_overload
    async def set_group_info_admin_only(
        self, group_id: GroupRef, request: SetGroupInfoAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        async def set_group_info_admin_only(
            self,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
    async def set_group_info_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
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

    if not MYPY:
        @_overload
        async def set_group_messages_admin_only(
            self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
        ) -> AdminOnly: ...
    @_overload
    async def set_group_messages_admin_only(
        self, group_id: GroupRef, request: SetGroupMessagesAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        async def set_group_messages_admin_only(
            self,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
    async def set_group_messages_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
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

    if not MYPY:
        @_overload
        async def add_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    async def add_group_participants(
        self, group_id: GroupRef, request: AddGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def add_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def add_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        async def remove_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    async def remove_group_participants(
        self, group_id: GroupRef, request: RemoveGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def remove_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def remove_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        async def promote_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    async def promote_group_participants(
        self, group_id: GroupRef, request: PromoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def promote_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def promote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        async def demote_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    async def demote_group_participants(
        self, group_id: GroupRef, request: DemoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        async def demote_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    async def demote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        async def get_contacts(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Contact]: ...
    @_overload
    async def get_contacts(self, request: GetContactsRequest, /) -> Page[Contact]: ...
    if not MYPY:
        @_overload
        async def get_contacts(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Contact]: ...
    @_overload
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
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most; the service's default is 10.
            offset: How many to pass over.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.
        """

    if not MYPY:
        @_overload
        async def get_contact(self, *, contact_id: ChatRef) -> Contact: ...
    @_overload
    async def get_contact(self, request: GetContactRequest, /) -> Contact: ...
    if not MYPY:
        @_overload
        async def get_contact(self, *, contact_id: ContactId_ = MISSING, **unknown: Never) -> Contact: ...
    @_overload
    async def get_contact(self, *, contact_id: ChatRef) -> Contact:
        """
        Get a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def check_contact_exists(self, *, phone: str) -> ContactExistence: ...
    @_overload
    async def check_contact_exists(self, request: CheckContactExistsRequest, /) -> ContactExistence: ...
    if not MYPY:
        @_overload
        async def check_contact_exists(self, *, phone: Phone_ = MISSING, **unknown: Never) -> ContactExistence: ...
    @_overload
    async def check_contact_exists(self, *, phone: str) -> ContactExistence:
        """
        Check whether a number is on WhatsApp.

        Args:
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def get_contact_profile_picture(
            self, *, contact_id: ChatRef, refresh: bool | None = None
        ) -> ProfilePicture: ...
    @_overload
    async def get_contact_profile_picture(self, request: GetContactProfilePictureRequest, /) -> ProfilePicture: ...
    if not MYPY:
        @_overload
        async def get_contact_profile_picture(
            self, *, contact_id: ContactId_ = MISSING, refresh: bool | None = None, **unknown: Never
        ) -> ProfilePicture: ...
    @_overload
    async def get_contact_profile_picture(self, *, contact_id: ChatRef, refresh: bool | None = None) -> ProfilePicture:
        """
        Get the picture of a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
        """

    if not MYPY:
        @_overload
        async def get_all_chats(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Chat]: ...
    @_overload
    async def get_all_chats(self, request: GetAllChatsRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        async def get_all_chats(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
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
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most.
            offset: How many to pass over.
            sort_by: ``conversationTimestamp``, ``id``, ``name``, or what else the service knows: sources disagree.
            sort_order: ``asc`` or ``desc``.
        """

    if not MYPY:
        @_overload
        async def get_chats_overview(
            self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
        ) -> Page[Chat]: ...
    @_overload
    async def get_chats_overview(self, request: GetChatsOverviewRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        async def get_chats_overview(
            self,
            *,
            ids: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
    async def get_chats_overview(
        self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
    ) -> Page[Chat]:
        """
        List chats with their pictures and last messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            ids: Only these chats: ids or international numbers.
            limit: How many at most; the engine's default is 20.
            offset: How many to pass over.
        """

    if not MYPY:
        @_overload
        async def get_messages(
            self,
            chat_id: ChatRef,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
        ) -> Page[ChatMessage]: ...
    @_overload
    async def get_messages(self, chat_id: ChatRef, request: GetMessagesRequest, /) -> Page[ChatMessage]: ...
    if not MYPY:
        @_overload
        async def get_messages(
            self,
            chat_id: ChatId_ = MISSING,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[ChatMessage]: ...
    @_overload
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

    if not MYPY:
        @_overload
        async def get_message_by_id(
            self, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
        ) -> ChatMessage: ...
    @_overload
    async def get_message_by_id(
        self, chat_id: ChatRef, message_id: MessageRef, request: GetMessageByIdRequest, /
    ) -> ChatMessage: ...
    if not MYPY:
        @_overload
        async def get_message_by_id(
            self,
            chat_id: ChatId_ = MISSING,
            message_id: MessageId_ = MISSING,
            *,
            download_media: bool | None = None,
            **unknown: Never,
        ) -> ChatMessage: ...
    @_overload
    async def get_message_by_id(
        self, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
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

    if not MYPY:
        @_overload
        async def read_messages(
            self, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
        ) -> ReadResult: ...
    @_overload
    async def read_messages(self, chat_id: ChatRef, request: ReadMessagesRequest, /) -> ReadResult: ...
    if not MYPY:
        @_overload
        async def read_messages(
            self, chat_id: ChatId_ = MISSING, *, days: int | None = None, messages: int | None = None, **unknown: Never
        ) -> ReadResult: ...
    @_overload
    async def read_messages(
        self, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
    ) -> ReadResult:
        """
        Mark the messages of a chat as read.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            days: Of how many days; the engine's default is 7.
            messages: How many, the newest; the engine's default is 30, and 100 in a group.
        """

    if not MYPY:
        @_overload
        async def get_chat_picture(self, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture: ...
    @_overload
    async def get_chat_picture(self, chat_id: ChatRef, request: GetChatPictureRequest, /) -> ChatPicture: ...
    if not MYPY:
        @_overload
        async def get_chat_picture(
            self, chat_id: ChatId_ = MISSING, *, refresh: bool | None = None, **unknown: Never
        ) -> ChatPicture: ...
    @_overload
    async def get_chat_picture(self, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """

class BoundSignatures:
    if not MYPY:
        @_overload
        def send_text(
            self, *, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
        ) -> Message: ...
    @_overload
    def send_text(self, request: SendTextFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_text(
            self,
            *,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
    def send_text(
        self, *, to: ChatRef, text: str, reply_to: MessageRef | None = None, key: str | None = None
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

    if not MYPY:
        @_overload
        def send_image(
            self,
            *,
            to: ChatRef,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    def send_image(self, request: SendImageFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_image(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        def send_video(
            self,
            *,
            to: ChatRef,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    def send_video(self, request: SendVideoFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_video(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            caption: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        def send_voice(
            self,
            *,
            to: ChatRef,
            url: str | None = None,
            data: MediaData | None = None,
            duration: float | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    def send_voice(self, request: SendVoiceFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_voice(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            duration: float | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_file(self, request: SendFileFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_file(
            self,
            *,
            to: To_ = MISSING,
            url: str | None = None,
            data: MediaData | None = None,
            file_name: str | None = None,
            mime_type: str | None = None,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        def send_link_custom_preview(
            self,
            *,
            to: ChatRef,
            text: str,
            preview: LinkPreview | Mapping[str, Any],
            reply_to: MessageRef | None = None,
            key: str | None = None,
        ) -> Message: ...
    @_overload
    def send_link_custom_preview(self, request: SendLinkCustomPreviewFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_link_custom_preview(
            self,
            *,
            to: To_ = MISSING,
            text: Text_ = MISSING,
            preview: Preview_ = MISSING,
            reply_to: MessageRef | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
    def send_link_custom_preview(
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

    if not MYPY:
        @_overload
        def send_seen(self, *, to: ChatRef, message_id: MessageRef) -> Result: ...
    @_overload
    def send_seen(self, request: SendSeenFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def send_seen(self, *, to: To_ = MISSING, message_id: MessageId_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    def send_seen(self, *, to: ChatRef, message_id: MessageRef) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
            message_id: Id of the message.
        """

    if not MYPY:
        @_overload
        def send_reaction(self, *, message_id: MessageRef, reaction: str) -> Result: ...
    @_overload
    def send_reaction(self, request: SendReactionFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def send_reaction(
            self, *, message_id: MessageId_ = MISSING, reaction: Reaction_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    def send_reaction(self, *, message_id: MessageRef, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """

    if not MYPY:
        @_overload
        def start_typing(self, *, to: ChatRef) -> Result: ...
    @_overload
    def start_typing(self, request: StartTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def start_typing(self, *, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    def start_typing(self, *, to: ChatRef) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
        def stop_typing(self, *, to: ChatRef) -> Result: ...
    @_overload
    def stop_typing(self, request: StopTypingFields, /) -> Result: ...
    if not MYPY:
        @_overload
        def stop_typing(self, *, to: To_ = MISSING, **unknown: Never) -> Result: ...
    @_overload
    def stop_typing(self, *, to: ChatRef) -> Result:
        """
        Stop showing "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: phone number, chat id or group id; or a `Recipient`, `Contact`, `Chat` or `Group`.
        """

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send(self, request: SendFields, /) -> Message: ...
    if not MYPY:
        @_overload
        def send(
            self,
            *,
            to: To_ = MISSING,
            text: str | None = None,
            image_url: str | None = None,
            video_url: str | None = None,
            document_url: str | None = None,
            audio_url: str | None = None,
            mimetype: str | None = None,
            filename: str | None = None,
            preview: Mapping[str, str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Message: ...
    @_overload
    def send_message(self, request: SendMessageFields, /) -> Message: ...
    @_overload
    def send_message(self, request: SendMessageFields, options: SendMessageOptions, /) -> Message: ...
    if not MYPY:
        @_overload
        def send_message(
            self,
            *,
            to: To_ = MISSING,
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
            **unknown: Never,
        ) -> Message: ...
    @_overload
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

    if not MYPY:
        @_overload
        def create_group(
            self,
            *,
            name: str,
            participants: Sequence[ParticipantRef],
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
        ) -> Group: ...
    @_overload
    def create_group(self, request: CreateGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        def create_group(
            self,
            *,
            name: Name_ = MISSING,
            participants: Participants_ = MISSING,
            description: str | None = None,
            picture_url: str | None = None,
            tags: Sequence[str] | None = None,
            key: str | None = None,
            **unknown: Never,
        ) -> Group: ...
    @_overload
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

    if not MYPY:
        @_overload
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
        ) -> Page[Group]: ...
    @_overload
    def get_groups(self, request: GetGroupsRequest, /) -> Page[Group]: ...
    if not MYPY:
        @_overload
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
            **unknown: Never,
        ) -> Page[Group]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_group_join_info(self, code: str) -> Group: ...
    @_overload
    def get_group_join_info(self, request: GetGroupJoinInfoRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        def get_group_join_info(self, code: Code_ = MISSING, **unknown: Never) -> Group: ...
    @_overload
    def get_group_join_info(self, code: str) -> Group:
        """
        Preview a group by its invite code, before joining it.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            code: The invite code, or the whole ``https://chat.whatsapp.com/…`` link.

        Raises:
            InvalidRequestError: The link leads to another host. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def join_group(self, *, code: str) -> Group: ...
    @_overload
    def join_group(self, request: JoinGroupRequest, /) -> Group: ...
    if not MYPY:
        @_overload
        def join_group(self, *, code: Code_ = MISSING, **unknown: Never) -> Group: ...
    @_overload
    def join_group(self, *, code: str) -> Group:
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

    if not MYPY:
        @_overload
        def get_group_picture(self, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture: ...
    @_overload
    def get_group_picture(self, group_id: GroupRef, request: GetGroupPictureRequest, /) -> GroupPicture: ...
    if not MYPY:
        @_overload
        def get_group_picture(
            self, group_id: GroupId_ = MISSING, refresh: bool | None = None, **unknown: Never
        ) -> GroupPicture: ...
    @_overload
    def get_group_picture(self, group_id: GroupRef, refresh: bool | None = None) -> GroupPicture:
        """
        Get a group's picture.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """

    if not MYPY:
        @_overload
        def set_group_picture(
            self, group_id: GroupRef, *, url: str, crop_to_square: bool | None = None, format: str | None = None
        ) -> Result: ...
    @_overload
    def set_group_picture(self, group_id: GroupRef, request: SetGroupPictureRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_picture(
            self,
            group_id: GroupId_ = MISSING,
            *,
            url: Url_ = MISSING,
            crop_to_square: bool | None = None,
            format: str | None = None,
            **unknown: Never,
        ) -> Result: ...
    @_overload
    def set_group_picture(
        self, group_id: GroupRef, *, url: str, crop_to_square: bool | None = None, format: str | None = None
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

    if not MYPY:
        @_overload
        def set_group_description(self, group_id: GroupRef, *, description: str) -> Result: ...
    @_overload
    def set_group_description(self, group_id: GroupRef, request: SetGroupDescriptionRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_description(
            self, group_id: GroupId_ = MISSING, *, description: Description_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    def set_group_description(self, group_id: GroupRef, *, description: str) -> Result:
        """
        Set a group's description.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            description: The description; ``""`` removes it.
        """

    if not MYPY:
        @_overload
        def set_group_subject(self, group_id: GroupRef, *, subject: str) -> Result: ...
    @_overload
    def set_group_subject(self, group_id: GroupRef, request: SetGroupSubjectRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_subject(
            self, group_id: GroupId_ = MISSING, *, subject: Subject_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    def set_group_subject(self, group_id: GroupRef, *, subject: str) -> Result:
        """
        Set a group's name.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            subject: The name. The service's page says 25 characters at most, WhatsApp allows 100; a longer one is sent,
                with a warning.
        """

    if not MYPY:
        @_overload
        def set_group_name(self, group_id: GroupRef, *, name: str) -> Result: ...
    @_overload
    def set_group_name(self, group_id: GroupRef, request: SetGroupNameRequest, /) -> Result: ...
    if not MYPY:
        @_overload
        def set_group_name(
            self, group_id: GroupId_ = MISSING, *, name: Name_ = MISSING, **unknown: Never
        ) -> Result: ...
    @_overload
    def set_group_name(self, group_id: GroupRef, *, name: str) -> Result:
        """
        Set a group's name; the documentation's other name for `set_group_subject`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            name: The name, as for `set_group_subject`.
        """

    if not MYPY:
        @_overload
        def set_group_settings(
            self, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
        ) -> GroupSettings: ...
    @_overload
    def set_group_settings(self, group_id: GroupRef, request: SetGroupSettingsRequest, /) -> GroupSettings: ...
    if not MYPY:
        @_overload
        def set_group_settings(
            self,
            group_id: GroupId_ = MISSING,
            *,
            info_admin_only: InfoAdminOnly_ = MISSING,
            messages_admin_only: MessagesAdminOnly_ = MISSING,
            **unknown: Never,
        ) -> GroupSettings: ...
    @_overload
    def set_group_settings(
        self, group_id: GroupRef, *, info_admin_only: bool, messages_admin_only: bool
    ) -> GroupSettings:
        """
        Set who may do what in a group, one setting after the other where the service has no call for both.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            group_id: The group's id, ``…@g.us``, or a `Group`.
            info_admin_only: Only admins change name, description and picture.
            messages_admin_only: Only admins write.
        """

    if not MYPY:
        @_overload
        def set_group_info_admin_only(
            self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
        ) -> AdminOnly: ...
    @_overload
    def set_group_info_admin_only(self, group_id: GroupRef, request: SetGroupInfoAdminOnlyRequest, /) -> AdminOnly: ...
    if not MYPY:
        @_overload
        def set_group_info_admin_only(
            self,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
    def set_group_info_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
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

    if not MYPY:
        @_overload
        def set_group_messages_admin_only(
            self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
        ) -> AdminOnly: ...
    @_overload
    def set_group_messages_admin_only(
        self, group_id: GroupRef, request: SetGroupMessagesAdminOnlyRequest, /
    ) -> AdminOnly: ...
    if not MYPY:
        @_overload
        def set_group_messages_admin_only(
            self,
            group_id: GroupId_ = MISSING,
            *,
            enabled: Enabled_ = MISSING,
            changed_at: str | None = None,
            changed_by: str | None = None,
            **unknown: Never,
        ) -> AdminOnly: ...
    @_overload
    def set_group_messages_admin_only(
        self, group_id: GroupRef, *, enabled: bool, changed_at: str | None = None, changed_by: str | None = None
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

    if not MYPY:
        @_overload
        def add_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    def add_group_participants(
        self, group_id: GroupRef, request: AddGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def add_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    def add_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        def remove_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    def remove_group_participants(
        self, group_id: GroupRef, request: RemoveGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def remove_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    def remove_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        def promote_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    def promote_group_participants(
        self, group_id: GroupRef, request: PromoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def promote_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    def promote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        def demote_group_participants(
            self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
        ) -> ParticipantChanges: ...
    @_overload
    def demote_group_participants(
        self, group_id: GroupRef, request: DemoteGroupParticipantsRequest, /
    ) -> ParticipantChanges: ...
    if not MYPY:
        @_overload
        def demote_group_participants(
            self,
            group_id: GroupId_ = MISSING,
            *,
            participants: Participants_ = MISSING,
            notify: bool | None = None,
            **unknown: Never,
        ) -> ParticipantChanges: ...
    @_overload
    def demote_group_participants(
        self, group_id: GroupRef, *, participants: Sequence[ParticipantRef], notify: bool | None = None
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

    if not MYPY:
        @_overload
        def get_contacts(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Contact]: ...
    @_overload
    def get_contacts(self, request: GetContactsRequest, /) -> Page[Contact]: ...
    if not MYPY:
        @_overload
        def get_contacts(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Contact]: ...
    @_overload
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
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most; the service's default is 10.
            offset: How many to pass over.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.
        """

    if not MYPY:
        @_overload
        def get_contact(self, *, contact_id: ChatRef) -> Contact: ...
    @_overload
    def get_contact(self, request: GetContactRequest, /) -> Contact: ...
    if not MYPY:
        @_overload
        def get_contact(self, *, contact_id: ContactId_ = MISSING, **unknown: Never) -> Contact: ...
    @_overload
    def get_contact(self, *, contact_id: ChatRef) -> Contact:
        """
        Get a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def check_contact_exists(self, *, phone: str) -> ContactExistence: ...
    @_overload
    def check_contact_exists(self, request: CheckContactExistsRequest, /) -> ContactExistence: ...
    if not MYPY:
        @_overload
        def check_contact_exists(self, *, phone: Phone_ = MISSING, **unknown: Never) -> ContactExistence: ...
    @_overload
    def check_contact_exists(self, *, phone: str) -> ContactExistence:
        """
        Check whether a number is on WhatsApp.

        Args:
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def get_contact_profile_picture(
            self, *, contact_id: ChatRef, refresh: bool | None = None
        ) -> ProfilePicture: ...
    @_overload
    def get_contact_profile_picture(self, request: GetContactProfilePictureRequest, /) -> ProfilePicture: ...
    if not MYPY:
        @_overload
        def get_contact_profile_picture(
            self, *, contact_id: ContactId_ = MISSING, refresh: bool | None = None, **unknown: Never
        ) -> ProfilePicture: ...
    @_overload
    def get_contact_profile_picture(self, *, contact_id: ChatRef, refresh: bool | None = None) -> ProfilePicture:
        """
        Get the picture of a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
        """

    if not MYPY:
        @_overload
        def get_all_chats(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
        ) -> Page[Chat]: ...
    @_overload
    def get_all_chats(self, request: GetAllChatsRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        def get_all_chats(
            self,
            *,
            limit: int | None = None,
            offset: int | None = None,
            sort_by: str | None = None,
            sort_order: str | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
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
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most.
            offset: How many to pass over.
            sort_by: ``conversationTimestamp``, ``id``, ``name``, or what else the service knows: sources disagree.
            sort_order: ``asc`` or ``desc``.
        """

    if not MYPY:
        @_overload
        def get_chats_overview(
            self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
        ) -> Page[Chat]: ...
    @_overload
    def get_chats_overview(self, request: GetChatsOverviewRequest, /) -> Page[Chat]: ...
    if not MYPY:
        @_overload
        def get_chats_overview(
            self,
            *,
            ids: Sequence[str] | None = None,
            limit: int | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[Chat]: ...
    @_overload
    def get_chats_overview(
        self, *, ids: Sequence[str] | None = None, limit: int | None = None, offset: int | None = None
    ) -> Page[Chat]:
        """
        List chats with their pictures and last messages.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            ids: Only these chats: ids or international numbers.
            limit: How many at most; the engine's default is 20.
            offset: How many to pass over.
        """

    if not MYPY:
        @_overload
        def get_messages(
            self,
            chat_id: ChatRef,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
        ) -> Page[ChatMessage]: ...
    @_overload
    def get_messages(self, chat_id: ChatRef, request: GetMessagesRequest, /) -> Page[ChatMessage]: ...
    if not MYPY:
        @_overload
        def get_messages(
            self,
            chat_id: ChatId_ = MISSING,
            *,
            limit: int = MOST_MESSAGES,
            download_media: bool | None = None,
            filter: Mapping[str, Any] | None = None,
            offset: int | None = None,
            **unknown: Never,
        ) -> Page[ChatMessage]: ...
    @_overload
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

    if not MYPY:
        @_overload
        def get_message_by_id(
            self, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
        ) -> ChatMessage: ...
    @_overload
    def get_message_by_id(
        self, chat_id: ChatRef, message_id: MessageRef, request: GetMessageByIdRequest, /
    ) -> ChatMessage: ...
    if not MYPY:
        @_overload
        def get_message_by_id(
            self,
            chat_id: ChatId_ = MISSING,
            message_id: MessageId_ = MISSING,
            *,
            download_media: bool | None = None,
            **unknown: Never,
        ) -> ChatMessage: ...
    @_overload
    def get_message_by_id(
        self, chat_id: ChatRef, message_id: MessageRef, *, download_media: bool | None = None
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

    if not MYPY:
        @_overload
        def read_messages(
            self, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None
        ) -> ReadResult: ...
    @_overload
    def read_messages(self, chat_id: ChatRef, request: ReadMessagesRequest, /) -> ReadResult: ...
    if not MYPY:
        @_overload
        def read_messages(
            self, chat_id: ChatId_ = MISSING, *, days: int | None = None, messages: int | None = None, **unknown: Never
        ) -> ReadResult: ...
    @_overload
    def read_messages(self, chat_id: ChatRef, *, days: int | None = None, messages: int | None = None) -> ReadResult:
        """
        Mark the messages of a chat as read.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            days: Of how many days; the engine's default is 7.
            messages: How many, the newest; the engine's default is 30, and 100 in a group.
        """

    if not MYPY:
        @_overload
        def get_chat_picture(self, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture: ...
    @_overload
    def get_chat_picture(self, chat_id: ChatRef, request: GetChatPictureRequest, /) -> ChatPicture: ...
    if not MYPY:
        @_overload
        def get_chat_picture(
            self, chat_id: ChatId_ = MISSING, *, refresh: bool | None = None, **unknown: Never
        ) -> ChatPicture: ...
    @_overload
    def get_chat_picture(self, chat_id: ChatRef, *, refresh: bool | None = None) -> ChatPicture:
        """
        Get the picture of a chat.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            chat_id: The chat: ``…@c.us``, ``…@g.us``, an international number, or a `Chat`, `Contact` or `Group`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.
        """
