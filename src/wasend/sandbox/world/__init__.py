"""The world of the sandbox: its clock, its state, and the events in it. Nothing here knows of HTTP."""

from __future__ import annotations

from wasend.sandbox.world.chats import (
    ACKS,
    Ack,
    ChatSummary,
    MessageAcked,
    MessageReacted,
    MessageReceived,
    MessageSent,
    StoredMessage,
)
from wasend.sandbox.world.clock import Clock, Scheduler
from wasend.sandbox.world.groups import (
    Change,
    GroupJoined,
    GroupLeft,
    GroupUpdated,
    Participant,
    ParticipantsChanged,
    Reason,
    Stamp,
    StoredGroup,
)
from wasend.sandbox.world.people import People, StoredContact, chat_id, is_group, looked_up, person, phone_number
from wasend.sandbox.world.sessions import QR_SECONDS, SessionChanged, SessionSettings, StoredSession
from wasend.sandbox.world.state import Event, State
from wasend.sandbox.world.store import Forbidden, NameTaken, Refusal, Status, Unknown, WrongStatus

__all__ = [
    "ACKS",
    "QR_SECONDS",
    "Ack",
    "Change",
    "ChatSummary",
    "Clock",
    "Event",
    "Forbidden",
    "GroupJoined",
    "GroupLeft",
    "GroupUpdated",
    "MessageAcked",
    "MessageReacted",
    "MessageReceived",
    "MessageSent",
    "NameTaken",
    "Participant",
    "ParticipantsChanged",
    "People",
    "Reason",
    "Refusal",
    "Scheduler",
    "SessionChanged",
    "SessionSettings",
    "Stamp",
    "State",
    "Status",
    "StoredContact",
    "StoredGroup",
    "StoredMessage",
    "StoredSession",
    "Unknown",
    "WrongStatus",
    "chat_id",
    "is_group",
    "looked_up",
    "person",
    "phone_number",
]
