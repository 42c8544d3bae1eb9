"""
What each event says to a session's webhook: the payloads of the service's engine, GOWS.

The engine's oddities are kept: `from` is the chat even of own messages, groups count in milliseconds and calls in
fractions of a second, nobody is told that a message reached the server, and what is quoted, edited or revoked is
named by WhatsApp's bare id.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final, TypeAlias

import attrs

from wasend.sandbox.api import Json, Sdk, engine_message
from wasend.sandbox.world import (
    ACKS,
    Event,
    GroupJoined,
    GroupLeft,
    GroupUpdated,
    Happened,
    MessageAcked,
    MessageEdited,
    MessageReacted,
    MessageReceived,
    MessageRevoked,
    MessageSent,
    Participant,
    ParticipantsChanged,
    PresenceChanged,
    Restriction,
    RestrictionChanged,
    SessionChanged,
    State,
    StoredGroup,
    StoredMessage,
    StoredSession,
    is_group,
)

Payloads: TypeAlias = list[tuple[str, Json]]
"""Names of events, as webhooks have them, and what each says."""

_PASSKEY: Final = {
    "timeout": 60000,
    "rpId": "web.whatsapp.com",
    "allowCredentials": [{"id": "AX8b", "type": "public-key", "transports": ["internal", "hybrid"]}],
    "userVerification": "required",
}


def payloads(event: Event, session: StoredSession, state: State, at: float) -> Payloads:
    """
    Return the webhooks that an event makes.

    Args:
        event: What has happened.
        session: To which session.
        state: The world around it.
        at: When, in seconds since the epoch.
    """
    match event:
        case SessionChanged():
            return [("session.status", status_payload(event.session))]
        case RestrictionChanged():
            return [("session.status", {**status_payload(session), "data": _restriction(event)})]
        case MessageSent():
            return [("message.any", message_payload(event.message, state))]
        case MessageReceived():
            message = message_payload(event.message, state)
            return [("message", message), ("message.any", message)]
        case MessageAcked(message=message):
            # The engine makes its acks of receipts, and nobody sends one for reaching the server.
            if message.ack in ("PENDING", "SERVER"):
                return []
            return [("message.ack.group" if is_group(message.chat) else "message.ack", ack_payload(message, state))]
        case MessageReacted():
            return [("message.reaction", reaction_payload(event, session.own_id, at))]
        case MessageEdited():
            return [("message.edited", edited_payload(event, state, at))]
        case MessageRevoked():
            return [("message.revoked", revoked_payload(event, state, at))]
        case PresenceChanged():
            return [("presence.update", presence_payload(event.chat, event.person, event.presence))]
        case GroupJoined():
            return [("group.v2.join", joined_payload(event.group, state, at))]
        case GroupLeft():
            return [("group.v2.leave", _of_group({"id": event.group.id}, at))]
        case GroupUpdated():
            return [("group.v2.update", updated_payload(event, at))]
        case ParticipantsChanged():
            return [("group.v2.participants", participants_payload(event, state, at))]
        case Happened():
            return [(event.event, event.payload)]


def me(session: StoredSession, state: State) -> Json:
    """Return what the envelope says of the account; nothing is known before a phone was linked."""
    if not session.linked:
        return None
    number = session.own_id.partition("@")[0]
    hidden = 10**14 + int(sha256(number.encode()).hexdigest()[:11], 16)
    held = session.restriction
    return {
        "id": session.own_id,
        "pushName": session.settings.name,
        "lid": state.people.lid_of(session.own_id) or f"{hidden}@lid",
        "jid": f"{number}:7@s.whatsapp.net",
        "reachoutTimelock": _timelock(held, active=True) if held and held.signal == "463" else None,
        "messageCapping": _capping(session, active=True) if held and held.signal == "475" else None,
    }


# Sessions


def status_payload(session: StoredSession) -> dict[str, Json]:
    """Return a session's status, and the ones before."""
    word, data = Sdk().word, None
    if session.status == "PASSKEY_REQUIRED":
        data = {"challenge": sha256(session.id.encode()).hexdigest()[:43], **_PASSKEY}
    elif session.status == "PASSKEY_CONFIRMATION_REQUIRED":
        data = {"code": "1234"}
    statuses = [{"status": word(status), "timestamp": round(at * 1000)} for status, at in session.history]
    return {"name": session.id, "status": word(session.status), "statuses": statuses, "data": data}


def _restriction(event: RestrictionChanged) -> Json:
    if event.restriction.signal == "463":
        return {"reachoutTimelock": _timelock(event.restriction, active=event.active)}
    return {"messageCapping": _capping(event.session, active=event.active)}


def _timelock(restriction: Restriction, *, active: bool) -> Json:
    ends = None if restriction.until is None else int(restriction.until)
    return {"enforcementType": "RESTRICT_ALL_COMPANIONS", "isActive": active, "timeEnforcementEnds": ends}


def _capping(session: StoredSession, *, active: bool) -> Json:
    until = session.restriction.until if session.restriction else None
    return {
        "cappingStatus": "CAPPED" if active else "NONE",
        "totalQuota": 1000,
        "usedQuota": 1000 if active else 0,
        "cycleStart": int(session.updated_at),
        "cycleEnd": None if until is None else int(until),
        "mvStatus": "NOT_ELIGIBLE",
        "oteStatus": "NOT_ELIGIBLE",
    }


# Messages


def message_payload(message: StoredMessage, state: State) -> dict[str, Json]:
    """Return a message; what was sent is told of once the server has it, and of a failure nothing is known."""
    payload = engine_message(message, state, download=message.file is not None)
    if message.ack == "ERROR":
        return {**payload, "ack": None, "ackName": "UNKNOWN"}
    waiting = message.ack == "PENDING" and not message.lost
    return {**payload, "ack": ACKS["SERVER"], "ackName": "SERVER"} if waiting else payload


def ack_payload(message: StoredMessage, state: State) -> dict[str, Json]:
    """Return how far a message has come."""
    shown = engine_message(message, state)
    payload = {key: shown[key] for key in ("id", "from", "to", "participant", "fromMe")}
    return {**payload, "ack": ACKS[message.ack], "ackName": message.ack, "_data": {"MessageIDs": [message.bare_id]}}


def reaction_payload(event: MessageReacted, own_id: str, at: float) -> dict[str, Json]:
    """Return a reaction; its id ends in the reaction's own."""
    message, mine = event.message, event.by == own_id
    member = event.by if is_group(message.chat) else None
    return {
        "id": f"{str(mine).lower()}_{message.chat}_{message.bare_id}R" + (f"_{member}" if member else ""),
        "timestamp": int(at),
        "from": message.chat,
        "fromMe": mine,
        "source": "api" if mine else "app",
        "to": member,
        "participant": member,
        "reaction": {"text": event.reaction, "messageId": message.id},
    }


def edited_payload(event: MessageEdited, state: State, at: float) -> dict[str, Json]:
    """Return an edit, which is a message of its own."""
    edit = attrs.evolve(event.message, id=_with_id(event.message, event.edit_id), timestamp=at)
    return {**message_payload(edit, state), "editedMessageId": event.message.bare_id}


def revoked_payload(event: MessageRevoked, state: State, at: float) -> dict[str, Json]:
    """Return a deletion for everyone; of what was there before, the engine says nothing."""
    after = attrs.evolve(event.message, id=_with_id(event.message, event.revoke_id), timestamp=at)
    shown = {**message_payload(after, state), "body": None, "hasMedia": False, "media": None}
    return {"after": shown, "before": None, "revokedMessageId": event.message.bare_id, "_data": {}}


def _with_id(message: StoredMessage, new_id: str) -> str:
    return message.id.replace(message.bare_id, new_id)


def presence_payload(chat: str, person: str, presence: str) -> dict[str, Json]:
    """Return what somebody is doing in a chat."""
    return {"id": chat, "presences": [{"participant": person, "lastKnownPresence": presence, "lastSeen": None}]}


# Groups


def joined_payload(group: StoredGroup, state: State, at: float) -> dict[str, Json]:
    """Return a group that the session is in from now on."""
    shown = {
        "id": group.id,
        "subject": group.name,
        "description": group.description,
        "participants": [{**_person(one.id, state), "role": _role(one)} for one in group.participants.values()],
        "membersCanAddNewMember": False,
        "membersCanSendMessages": group.messages_admin_only,  # the engine has it the wrong way round
        "newMembersApprovalRequired": False,
    }
    return _of_group(shown, at)


def updated_payload(event: GroupUpdated, at: float) -> dict[str, Json]:
    """Return what of a group has changed, and nothing else."""
    group = event.group
    values: dict[str, dict[str, Json]] = {
        "name": {"subject": group.name},
        "description": {"description": group.description},
        "messages_admin_only": {"membersCanSendMessages": not group.messages_admin_only},
    }
    shown: dict[str, Json] = {"id": group.id}
    for change in event.changes:
        shown |= values.get(change, {})
    return _of_group(shown, at)


def participants_payload(event: ParticipantsChanged, state: State, at: float) -> dict[str, Json]:
    """Return who joined, left, was promoted or demoted."""
    people = [
        {
            **_person(person, state),
            "role": "left" if event.change == "leave" else _role(event.group.participants[person]),
        }
        for person in event.people
    ]
    return {**_of_group({"id": event.group.id}, at), "type": event.change, "participants": people}


def join_request_payload(group_id: str, person: str, action: str, state: State, at: float) -> dict[str, Json]:
    """Return that somebody asks to be let into a group."""
    known = _person(person, state)
    return {
        **_of_group({"id": group_id}, at),
        "action": action,
        "requesterId": known["id"],
        "requesterPn": known["pn"],
        "requestMethod": "invite_link",
    }


def _of_group(group: dict[str, Json], at: float) -> dict[str, Any]:
    return {"group": group, "timestamp": round(at * 1000), "_data": {}}


def _person(person: str, state: State) -> dict[str, Json]:
    """Return somebody's id, hidden where there is a hidden one, and the number where it is known."""
    return {"id": state.people.lid_of(person) or person, "pn": state.people.number_of(person)}


def _role(one: Participant) -> str:
    return "superadmin" if one.is_super_admin else "admin" if one.is_admin else "participant"
