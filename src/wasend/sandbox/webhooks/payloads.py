"""What webhooks say: for each type of event its names and its payload, in the words of the service's engine."""

from __future__ import annotations

from typing import TypeAlias

from wasend.sandbox.api import Json, Sdk, engine_message
from wasend.sandbox.world import (
    Event,
    GroupJoined,
    GroupLeft,
    GroupUpdated,
    MessageAcked,
    MessageReacted,
    MessageReceived,
    MessageSent,
    ParticipantsChanged,
    SessionChanged,
    StoredGroup,
    StoredSession,
    is_group,
)

Payloads: TypeAlias = list[tuple[str, Json]]
"""Names of events, as webhooks have them, and what each says."""


def payloads(event: Event, session: StoredSession, at: float) -> Payloads:
    """
    Return the webhooks that an event makes.

    Args:
        event: What has happened.
        session: To which session.
        at: When, in seconds since the epoch.
    """
    match event:
        case SessionChanged():
            return [("session.status", _status(event.session))]
        case MessageSent():
            return [("message.any", engine_message(event.message, session.own_id))]
        case MessageReceived():
            message = engine_message(event.message, session.own_id)
            return [("message", message), ("message.any", message)]
        case MessageAcked():
            name = "message.ack.group" if is_group(event.message.chat) else "message.ack"
            return [(name, _ack(event, session.own_id))]
        case MessageReacted():
            return [("message.reaction", _reaction(event, session.own_id, at))]
        case GroupJoined():
            return [("group.v2.join", _group(event.group, at))]
        case GroupLeft():
            return [("group.v2.leave", _group(event.group, at))]
        case GroupUpdated():
            return [("group.v2.update", _group(event.group, at))]
        case ParticipantsChanged():
            return [("group.v2.participants", _participants(event, at))]


def _status(session: StoredSession) -> Json:
    word = Sdk().word(session.status)
    return {
        "name": session.id,
        "status": word,
        "statuses": [{"status": word, "timestamp": int(session.updated_at * 1000)}],
    }


def _ack(event: MessageAcked, own_id: str) -> Json:
    message = engine_message(event.message, own_id)
    return {key: message[key] for key in ("id", "from", "to", "participant", "fromMe", "ack", "ackName")}


def _reaction(event: MessageReacted, own_id: str, at: float) -> Json:
    message, mine = event.message, event.by == own_id
    return {
        "id": f"{'true' if mine else 'false'}_{message.chat}_{message.id.split('_')[2]}R",
        "timestamp": at,
        "from": event.by,
        "fromMe": mine,
        "to": message.chat if mine else own_id,
        "participant": event.by if is_group(message.chat) else None,
        "source": "api" if mine else "app",
        "reaction": {"text": event.reaction, "messageId": message.id},
    }


def _participants(event: ParticipantsChanged, at: float) -> Json:
    def role(person: str) -> str:
        if event.change == "leave":
            return "left"
        return "admin" if event.group.participants[person].is_admin else "participant"

    people = [{"id": person, "role": role(person)} for person in event.people]
    return {"type": event.change, "group": {"id": event.group.id}, "participants": people, "timestamp": int(at)}


def _group(group: StoredGroup, at: float) -> Json:
    shown = {
        "id": group.id,
        "subject": group.name,
        "description": group.description,
        "membersCanSendMessages": not group.messages_admin_only,
        "membersCanAddNewMember": False,
        "newMembersApprovalRequired": False,
        "participants": [
            {"id": one.id, "role": "superadmin" if one.is_super_admin else "admin" if one.is_admin else "participant"}
            for one in group.participants.values()
        ],
    }
    return {"group": shown, "timestamp": int(at)}
