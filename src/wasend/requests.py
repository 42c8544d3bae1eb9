# Written by tools/generate_sync.py from the calls in api/; change those, not this.
"""
The types of the mappings that calls take in place of keywords, for type checkers: ``client.send_text(request)``.

A field may be spelt as in Python or as the service spells it. Where the two differ, a required field is checked when
the call is made, and not by type checkers.
"""

# Annotations are evaluated: `Required` in a text would not be found.

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from .api.groups import ParticipantRef
from .api.messages import LinkPreview
from .api.sessions import SessionRef
from .media import MediaData
from .recipients import ChatRef, MessageRef

__all__ = [
    "AddGroupParticipantsRequest",
    "CheckContactExistsRequest",
    "CreateGroupRequest",
    "CreateSessionRequest",
    "DemoteGroupParticipantsRequest",
    "GetAllChatsRequest",
    "GetChatPictureRequest",
    "GetChatsOverviewRequest",
    "GetContactProfilePictureRequest",
    "GetContactRequest",
    "GetContactsRequest",
    "GetGroupJoinInfoRequest",
    "GetGroupPictureRequest",
    "GetGroupsRequest",
    "GetMessageByIdRequest",
    "GetMessagesRequest",
    "JoinGroupRequest",
    "PromoteGroupParticipantsRequest",
    "ReadMessagesRequest",
    "RemoveGroupParticipantsRequest",
    "SendFields",
    "SendFileFields",
    "SendFileRequest",
    "SendImageFields",
    "SendImageRequest",
    "SendLinkCustomPreviewFields",
    "SendLinkCustomPreviewRequest",
    "SendMessageFields",
    "SendMessageOptions",
    "SendMessageRequest",
    "SendReactionFields",
    "SendReactionRequest",
    "SendRequest",
    "SendSeenFields",
    "SendSeenRequest",
    "SendTextFields",
    "SendTextRequest",
    "SendVideoFields",
    "SendVideoRequest",
    "SendVoiceFields",
    "SendVoiceRequest",
    "SetGroupDescriptionRequest",
    "SetGroupInfoAdminOnlyRequest",
    "SetGroupMessagesAdminOnlyRequest",
    "SetGroupNameRequest",
    "SetGroupPictureRequest",
    "SetGroupSettingsRequest",
    "SetGroupSubjectRequest",
    "StartTypingFields",
    "StartTypingRequest",
    "StopTypingFields",
    "StopTypingRequest",
]


class CreateSessionRequest(TypedDict, total=False):
    """What `create_session` takes."""

    session_name: str
    sessionName: str
    phone_number: str
    phoneNumber: str
    enable_account_protection: bool | None
    enableAccountProtection: bool | None
    enable_message_logging: bool | None
    enableMessageLogging: bool | None
    enable_webhook: bool | None
    enableWebhook: bool | None
    webhook_url: str | None
    webhookUrl: str | None
    key: str | None


class SendTextFields(TypedDict, total=False):
    """What `send_text` takes besides the session."""

    to: Required[ChatRef]
    text: Required[str]
    reply_to: MessageRef | None
    replyTo: MessageRef | None
    key: str | None


class SendTextRequest(SendTextFields, total=False):
    """What `send_text` takes."""

    session: Required[SessionRef]


class SendImageFields(TypedDict, total=False):
    """What `send_image` takes besides the session."""

    to: Required[ChatRef]
    url: str | None
    data: MediaData | None
    caption: str | None
    reply_to: MessageRef | None
    replyTo: MessageRef | None
    key: str | None


class SendImageRequest(SendImageFields, total=False):
    """What `send_image` takes."""

    session: Required[SessionRef]


class SendVideoFields(TypedDict, total=False):
    """What `send_video` takes besides the session."""

    to: Required[ChatRef]
    url: str | None
    data: MediaData | None
    caption: str | None
    reply_to: MessageRef | None
    replyTo: MessageRef | None
    key: str | None


class SendVideoRequest(SendVideoFields, total=False):
    """What `send_video` takes."""

    session: Required[SessionRef]


class SendVoiceFields(TypedDict, total=False):
    """What `send_voice` takes besides the session."""

    to: Required[ChatRef]
    url: str | None
    data: MediaData | None
    duration: float | None
    reply_to: MessageRef | None
    replyTo: MessageRef | None
    key: str | None


class SendVoiceRequest(SendVoiceFields, total=False):
    """What `send_voice` takes."""

    session: Required[SessionRef]


class SendFileFields(TypedDict, total=False):
    """What `send_file` takes besides the session."""

    to: Required[ChatRef]
    url: str | None
    data: MediaData | None
    file_name: str | None
    fileName: str | None
    mime_type: str | None
    mimeType: str | None
    reply_to: MessageRef | None
    replyTo: MessageRef | None
    key: str | None


class SendFileRequest(SendFileFields, total=False):
    """What `send_file` takes."""

    session: Required[SessionRef]


class SendLinkCustomPreviewFields(TypedDict, total=False):
    """What `send_link_custom_preview` takes besides the session."""

    to: Required[ChatRef]
    text: Required[str]
    preview: Required[LinkPreview | Mapping[str, Any]]
    reply_to: MessageRef | None
    replyTo: MessageRef | None
    key: str | None


class SendLinkCustomPreviewRequest(SendLinkCustomPreviewFields, total=False):
    """What `send_link_custom_preview` takes."""

    session: Required[SessionRef]


class SendSeenFields(TypedDict, total=False):
    """What `send_seen` takes besides the session."""

    to: Required[ChatRef]
    message_id: MessageRef
    messageId: MessageRef


class SendSeenRequest(SendSeenFields, total=False):
    """What `send_seen` takes."""

    session: Required[SessionRef]


class SendReactionFields(TypedDict, total=False):
    """What `send_reaction` takes besides the session."""

    message_id: MessageRef
    messageId: MessageRef
    reaction: Required[str]


class SendReactionRequest(SendReactionFields, total=False):
    """What `send_reaction` takes."""

    session: Required[SessionRef]


class StartTypingFields(TypedDict, total=False):
    """What `start_typing` takes besides the session."""

    to: Required[ChatRef]


class StartTypingRequest(StartTypingFields, total=False):
    """What `start_typing` takes."""

    session: Required[SessionRef]


class StopTypingFields(TypedDict, total=False):
    """What `stop_typing` takes besides the session."""

    to: Required[ChatRef]


class StopTypingRequest(StopTypingFields, total=False):
    """What `stop_typing` takes."""

    session: Required[SessionRef]


class SendFields(TypedDict, total=False):
    """What `send` takes besides the session."""

    to: Required[ChatRef]
    text: str | None
    image_url: str | None
    imageUrl: str | None
    video_url: str | None
    videoUrl: str | None
    document_url: str | None
    documentUrl: str | None
    audio_url: str | None
    audioUrl: str | None
    mimetype: str | None
    filename: str | None
    preview: Mapping[str, str] | None
    key: str | None


class SendRequest(SendFields, total=False):
    """What `send` takes."""

    session: Required[SessionRef]


class SendMessageFields(TypedDict, total=False):
    """What `send_message` takes besides the session."""

    to: Required[ChatRef]
    text: str | None
    image_url: str | None
    imageUrl: str | None
    video_url: str | None
    videoUrl: str | None
    document_url: str | None
    documentUrl: str | None
    audio_url: str | None
    audioUrl: str | None
    mimetype: str | None
    filename: str | None
    preview: Mapping[str, str] | None
    message_id: MessageRef | None
    messageId: MessageRef | None
    send_seen: bool | str
    sendSeen: bool | str
    min_typing: float | str
    minTyping: float | str
    min_typing_duration: float | str
    minTypingDuration: float | str
    max_typing: float | str
    maxTyping: float | str
    max_typing_duration: float | str
    maxTypingDuration: float | str
    key: str | None


class SendMessageRequest(SendMessageFields, total=False):
    """What `send_message` takes."""

    session: Required[SessionRef]


class SendMessageOptions(TypedDict, total=False):
    """What `send_message` takes as a second mapping."""

    text: str | None
    image_url: str | None
    imageUrl: str | None
    video_url: str | None
    videoUrl: str | None
    document_url: str | None
    documentUrl: str | None
    audio_url: str | None
    audioUrl: str | None
    mimetype: str | None
    filename: str | None
    preview: Mapping[str, str] | None
    message_id: MessageRef | None
    messageId: MessageRef | None
    send_seen: bool | str
    sendSeen: bool | str
    min_typing: float | str
    minTyping: float | str
    min_typing_duration: float | str
    minTypingDuration: float | str
    max_typing: float | str
    maxTyping: float | str
    max_typing_duration: float | str
    maxTypingDuration: float | str
    key: str | None


class CreateGroupRequest(TypedDict, total=False):
    """What `create_group` takes after session."""

    name: Required[str]
    participants: Required[Sequence[ParticipantRef]]
    description: str | None
    picture_url: str | None
    pictureUrl: str | None
    tags: Sequence[str] | None
    key: str | None


class GetGroupsRequest(TypedDict, total=False):
    """What `get_groups` takes after session."""

    exclude: Sequence[str] | None
    limit: int | None
    offset: int | None
    search: str | None
    sort_by: str | None
    sortBy: str | None
    sort_order: str | None
    sortOrder: str | None
    status: str | None
    tags: Sequence[str] | None


class GetGroupJoinInfoRequest(TypedDict, total=False):
    """What `get_group_join_info` takes after session."""

    code: Required[str]


class JoinGroupRequest(TypedDict, total=False):
    """What `join_group` takes after session."""

    code: Required[str]


class GetGroupPictureRequest(TypedDict, total=False):
    """What `get_group_picture` takes after session and group_id."""

    refresh: bool | None


class SetGroupPictureRequest(TypedDict, total=False):
    """What `set_group_picture` takes after session and group_id."""

    url: Required[str]
    crop_to_square: bool | None
    cropToSquare: bool | None
    format: str | None


class SetGroupDescriptionRequest(TypedDict, total=False):
    """What `set_group_description` takes after session and group_id."""

    description: Required[str]


class SetGroupSubjectRequest(TypedDict, total=False):
    """What `set_group_subject` takes after session and group_id."""

    subject: Required[str]


class SetGroupNameRequest(TypedDict, total=False):
    """What `set_group_name` takes after session and group_id."""

    name: Required[str]


class SetGroupSettingsRequest(TypedDict, total=False):
    """What `set_group_settings` takes after session and group_id."""

    info_admin_only: bool
    infoAdminOnly: bool
    messages_admin_only: bool
    messagesAdminOnly: bool


class SetGroupInfoAdminOnlyRequest(TypedDict, total=False):
    """What `set_group_info_admin_only` takes after session and group_id."""

    enabled: Required[bool]
    changed_at: str | None
    changedAt: str | None
    changed_by: str | None
    changedBy: str | None


class SetGroupMessagesAdminOnlyRequest(TypedDict, total=False):
    """What `set_group_messages_admin_only` takes after session and group_id."""

    enabled: Required[bool]
    changed_at: str | None
    changedAt: str | None
    changed_by: str | None
    changedBy: str | None


class AddGroupParticipantsRequest(TypedDict, total=False):
    """What `add_group_participants` takes after session and group_id."""

    participants: Required[Sequence[ParticipantRef]]
    notify: bool | None


class RemoveGroupParticipantsRequest(TypedDict, total=False):
    """What `remove_group_participants` takes after session and group_id."""

    participants: Required[Sequence[ParticipantRef]]
    notify: bool | None


class PromoteGroupParticipantsRequest(TypedDict, total=False):
    """What `promote_group_participants` takes after session and group_id."""

    participants: Required[Sequence[ParticipantRef]]
    notify: bool | None


class DemoteGroupParticipantsRequest(TypedDict, total=False):
    """What `demote_group_participants` takes after session and group_id."""

    participants: Required[Sequence[ParticipantRef]]
    notify: bool | None


class GetContactsRequest(TypedDict, total=False):
    """What `get_contacts` takes after session."""

    limit: int | None
    offset: int | None
    sort_by: str | None
    sortBy: str | None
    sort_order: str | None
    sortOrder: str | None


class GetContactRequest(TypedDict, total=False):
    """What `get_contact` takes after session."""

    contact_id: ChatRef
    contactId: ChatRef


class CheckContactExistsRequest(TypedDict, total=False):
    """What `check_contact_exists` takes after session."""

    phone: Required[str]


class GetContactProfilePictureRequest(TypedDict, total=False):
    """What `get_contact_profile_picture` takes after session."""

    contact_id: ChatRef
    contactId: ChatRef
    refresh: bool | None


class GetAllChatsRequest(TypedDict, total=False):
    """What `get_all_chats` takes after session."""

    limit: int | None
    offset: int | None
    sort_by: str | None
    sortBy: str | None
    sort_order: str | None
    sortOrder: str | None


class GetChatsOverviewRequest(TypedDict, total=False):
    """What `get_chats_overview` takes after session."""

    ids: Sequence[str] | None
    limit: int | None
    offset: int | None


class GetMessagesRequest(TypedDict, total=False):
    """What `get_messages` takes after session and chat_id."""

    limit: int
    download_media: bool | None
    downloadMedia: bool | None
    filter: Mapping[str, Any] | None
    offset: int | None


class GetMessageByIdRequest(TypedDict, total=False):
    """What `get_message_by_id` takes after session and chat_id and message_id."""

    download_media: bool | None
    downloadMedia: bool | None


class ReadMessagesRequest(TypedDict, total=False):
    """What `read_messages` takes after session and chat_id."""

    days: int | None
    messages: int | None


class GetChatPictureRequest(TypedDict, total=False):
    """What `get_chat_picture` takes after session and chat_id."""

    refresh: bool | None
