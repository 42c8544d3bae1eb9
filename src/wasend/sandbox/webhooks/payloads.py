"""
What each event says to a session's webhook: the payloads of the service's engine, GOWS.

The engine's oddities are kept: `from` is the chat even of own messages, groups count in milliseconds and calls in
fractions of a second, no event says that a message reached the server, and what is quoted, edited or revoked is
named by WhatsApp's bare id.

What a sample of an event needs is taken from the session's own world (its newest message, its newest group); where
there is none, it is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, Final, TypeAlias, cast

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
    phone_number,
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
    """Return the webhooks of a session's that an event makes."""
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
    """Return a message; what was sent is reported once the server has it, and of a failure nothing is known."""
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


_SOMEBODY: Final = "447700900456@c.us"
_ID: Final = "3EB0000000000000000A"


@attrs.frozen
class _Context:
    """A session and the world around it, at one moment."""

    session: StoredSession
    state: State
    at: float

    def message(self, *, from_me: bool | None = None, in_group: bool | None = None) -> StoredMessage:
        found = self.state.chats.messages(session_id=self.session.id, from_me=from_me)
        fitting = [one for one in found if in_group is None or is_group(one.chat) == in_group]
        if fitting:
            return fitting[-1]
        chat, mine = self.group().id if in_group else _SOMEBODY, bool(from_me)
        writer = self.session.own_id if mine else _SOMEBODY
        return StoredMessage(
            id=f"{str(mine).lower()}_{chat}_{_ID}" + (f"_{writer}" if in_group else ""),
            session=self.session.id,
            sender=phone_number(writer),
            to=chat if mine or in_group else self.session.own_id,
            content="Hello",
            type="text",
            timestamp=self.at,
            body={},
            from_me=mine,
            ack="READ" if mine else "DEVICE",
        )

    def group(self) -> StoredGroup:
        found = self.state.groups.of(self.session.own_id)
        if found:
            return found[-1]
        people = {one: Participant(id=one, joined_at=self.at) for one in (_SOMEBODY, self.session.own_id)}
        return StoredGroup(
            id="120363000000000000@g.us",
            owner=_SOMEBODY,
            created_at=self.at,
            name="Group",
            invite_code="",
            participants=people,
            stamps={},
        )

    def person(self) -> str:
        """The other one in the newest chat, or a member of the newest group."""
        chat = self.message().chat
        return chat if not is_group(chat) else next(iter(self.group().participants))

    def message_payload(self, *, from_me: bool | None = None) -> dict[str, Json]:
        return message_payload(self.message(from_me=from_me), self.state)

    def poll_vote(self, options: list[str] | None) -> Json:
        poll, own, person = self.message(from_me=True), self.session.own_id, self.person()
        vote = {
            "id": f"false_{person}_{_ID}",
            "to": own,
            "from": person,
            "fromMe": False,
            "participant": None,
            "selectedOptions": options,
            "timestamp": round(self.at * 1000),
        }
        return {"vote": vote, "poll": {"id": poll.id, "to": poll.chat, "from": own, "fromMe": True}, "_data": {}}

    def event_response(self, response: Json) -> Json:
        asked = self.message(from_me=True)
        key = {"id": asked.id, "to": asked.chat, "from": self.session.own_id, "fromMe": True}
        return {**self.message_payload(from_me=False), "eventCreationKey": key, "eventResponse": response}

    def label(self) -> Json:
        return {"id": "1", "name": "Lead", "color": 14, "colorHex": "#00a0f2"}

    def labelled(self) -> Json:
        return {"labelId": "1", "chatId": self.message().chat, "label": None}

    def call(self) -> Json:
        return {
            "id": _ID,
            "from": self.person(),
            "timestamp": float(self.at),
            "isVideo": False,
            "isGroup": False,
            "_data": {},
        }


_Sample: TypeAlias = Callable[[_Context], Json]


def _going(context: _Context) -> Json:
    at = round(context.at * 1000)
    return context.event_response({"response": "GOING", "timestampMs": at, "extraGuestCount": 0})


def _participants(context: _Context) -> Json:
    group = context.group()
    change = ParticipantsChanged(group, "join", (next(iter(group.participants)),))
    return participants_payload(change, context.state, context.at)


_SAMPLES: Final[Mapping[str, _Sample]] = {
    "session.status": lambda of: status_payload(of.session),
    "message": lambda of: of.message_payload(from_me=False),
    "message.any": lambda of: of.message_payload(),
    "message.ack": lambda of: ack_payload(of.message(from_me=True, in_group=False), of.state),
    "message.ack.group": lambda of: ack_payload(of.message(from_me=True, in_group=True), of.state),
    "message.reaction": lambda of: reaction_payload(
        MessageReacted(of.message(), of.person(), "👍"), of.session.own_id, of.at
    ),
    "message.edited": lambda of: edited_payload(MessageEdited(of.message(), _ID), of.state, of.at),
    "message.revoked": lambda of: revoked_payload(MessageRevoked(of.message(), _ID), of.state, of.at),
    "message.waiting": lambda of: {**of.message_payload(from_me=False), "body": None},
    "group.v2.join": lambda of: joined_payload(of.group(), of.state, of.at),
    "group.v2.leave": lambda of: {"group": {"id": of.group().id}, "timestamp": round(of.at * 1000), "_data": {}},
    "group.v2.update": lambda of: updated_payload(GroupUpdated(of.group(), ("name",)), of.at),
    "group.v2.participants": _participants,
    "group.v2.participants.join-request": lambda of: join_request_payload(
        of.group().id, of.person(), "created", of.state, of.at
    ),
    "group.join": lambda of: {"id": of.group().id},
    "group.leave": lambda of: {"id": of.group().id},
    "presence.update": lambda of: presence_payload(of.message().chat, of.person(), "online"),
    "poll.vote": lambda of: of.poll_vote(["Yes"]),
    "poll.vote.failed": lambda of: of.poll_vote(None),
    "event.response": _going,
    "event.response.failed": lambda of: of.event_response(None),
    "label.upsert": _Context.label,
    "label.deleted": _Context.label,
    "label.chat.added": _Context.labelled,
    "label.chat.deleted": _Context.labelled,
    "call.received": _Context.call,
    "call.accepted": _Context.call,
    "call.rejected": _Context.call,
    "chat.archive": lambda of: {"id": of.message().chat, "archived": True, "timestamp": int(of.at)},
    "engine.event": lambda of: {"event": "events.Receipt", "data": {}},
    "state.change": lambda of: {"state": "CONNECTED"},
}

EVENTS: Final = tuple(_SAMPLES)
"""The names of all events."""


def complete(event: str, given: Mapping[str, Any], session: StoredSession, state: State, at: float) -> Json:
    """
    Return the payload of an event: a sample of it, with what is given laid over it, field by field; lists replace the
    sample's. A name that no event has is a `ValueError`.
    """
    if event not in _SAMPLES:
        near = get_close_matches(event, EVENTS, 1, 0)
        raise ValueError(f"{event!r} is no event; did you mean {near[0]!r}? There are {', '.join(EVENTS)}")
    return _laid_over(_SAMPLES[event](_Context(session, state, at)), given)


def _laid_over(sample: Json, given: Json) -> Json:
    if not (isinstance(sample, Mapping) and isinstance(given, Mapping)):
        return given
    sample, given = cast("Mapping[str, Any]", sample), cast("Mapping[str, Any]", given)
    return {**sample, **{name: _laid_over(sample.get(name), value) for name, value in given.items()}}
