# pyright: strict
"""A program of a user's that tells every event from every other: type checkers see that none is left out. Never run."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from wasend import SessionState
from wasend.webhooks import (
    AnyEvent,
    CallAccepted,
    CallReceived,
    CallRejected,
    ChatArchive,
    Endpoint,
    EngineEvent,
    Event,
    EventResponse,
    EventResponseFailed,
    GroupJoined,
    GroupJoinRequest,
    GroupLeft,
    GroupParticipants,
    GroupUpdated,
    LabelChatAdded,
    LabelChatDeleted,
    LabelDeleted,
    LabelUpsert,
    MessageAck,
    MessageAckGroup,
    MessageAny,
    MessageEdited,
    MessageReaction,
    MessageReceived,
    MessageRevoked,
    MessageWaiting,
    PlainGroupJoined,
    PlainGroupLeft,
    PollVote,
    PollVoteFailed,
    PresenceUpdate,
    SessionStatus,
    StateChange,
    UnknownEvent,
    parse,
    same_chat,
    same_message,
)


def what(event: AnyEvent) -> str:
    """Say what an event is about; with one class fewer this is an error, as `must_fail.py` shows."""
    match event:
        case SessionStatus(payload=status):
            state: SessionState = status.state
            return str(state)
        case MessageReceived() | MessageAny() | MessageWaiting():
            text: str | None = event.payload.body
            chat: str | None = event.payload.chat_id
            return f"{text} {chat}"
        case MessageAck() | MessageAckGroup():
            ack: int | None = event.payload.ack
            return str(ack)
        case MessageReaction():
            return event.payload.reaction.text or ""
        case MessageEdited():
            return event.payload.edited_message_id or ""
        case MessageRevoked():
            return event.payload.revoked_message_id or ""
        case GroupJoined() | GroupLeft() | GroupUpdated():
            when: datetime | None = event.payload.timestamp
            return f"{event.payload.group.subject} {when}"
        case GroupParticipants():
            return ", ".join(one.id for one in event.payload.participants)
        case GroupJoinRequest():
            return event.payload.requester_id or ""
        case PlainGroupJoined() | PlainGroupLeft():
            return event.payload.id
        case PresenceUpdate():
            return ", ".join(one.last_known_presence or "" for one in event.payload.presences)
        case PollVote() | PollVoteFailed():
            return ", ".join(event.payload.vote.selected_options)
        case EventResponse() | EventResponseFailed():
            return "" if event.payload.event_response is None else event.payload.event_response.response or ""
        case LabelUpsert() | LabelDeleted():
            return event.payload.name or ""
        case LabelChatAdded() | LabelChatDeleted():
            return event.payload.label_id or ""
        case CallReceived() | CallAccepted() | CallRejected():
            return event.payload.from_ or ""
        case ChatArchive():
            return str(event.payload.archived)
        case EngineEvent():
            return event.payload.event or ""
        case StateChange():
            return event.payload.state or ""
        case UnknownEvent():
            return event.name
        case _:
            assert_never(event)


def posted(body: bytes, headers: dict[str, str]) -> None:
    """Verify and read, by one key or several, in text or bytes; with headers in every form."""
    event = parse(body, headers, key="key")
    what(event)
    for other in (
        parse(body, [(b"x-webhook-hmac", b"0")], key=["new", b"old"], max_age=300, max_bytes=10_000),
        parse(body, key=None, insecure=True, max_age=None),
    ):
        general: Event = other
        print(general.id, general.session, general.timestamp, general.me and general.me.push_name, general.chat_id)
    if isinstance(event, MessageReceived):
        print(same_chat(event.payload.from_, "+447700900456"), same_message(event.payload, "3EB0AA"))


async def handle(event: AnyEvent) -> None:
    """Do nothing."""


Endpoint(handle, key="key")
Endpoint(what, key=("new", "old"), max_age=None)
