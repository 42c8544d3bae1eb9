"""
Every event that the engine has a name for, each with what it says where nobody says otherwise.

What a sample needs is taken from the session's own world (its newest message, its newest group); where there is
none, it is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, cast

import attrs

from wasend.sandbox.api import Json
from wasend.sandbox.webhooks import payloads as forms
from wasend.sandbox.world import (
    GroupUpdated,
    MessageEdited,
    MessageReacted,
    MessageRevoked,
    Participant,
    ParticipantsChanged,
    State,
    StoredGroup,
    StoredMessage,
    StoredSession,
    is_group,
    phone_number,
)

_SOMEBODY: Final = "447700900456@c.us"
_ID: Final = "3EB0000000000000000A"


@attrs.frozen
class _Around:
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
        return forms.message_payload(self.message(from_me=from_me), self.state)

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


_Sample: TypeAlias = Callable[[_Around], Json]


def _going(around: _Around) -> Json:
    at = round(around.at * 1000)
    return around.event_response({"response": "GOING", "timestampMs": at, "extraGuestCount": 0})


def _participants(around: _Around) -> Json:
    group = around.group()
    change = ParticipantsChanged(group, "join", (next(iter(group.participants)),))
    return forms.participants_payload(change, around.state, around.at)


_SAMPLES: Final[Mapping[str, _Sample]] = {
    "session.status": lambda of: forms.status_payload(of.session),
    "message": lambda of: of.message_payload(from_me=False),
    "message.any": lambda of: of.message_payload(),
    "message.ack": lambda of: forms.ack_payload(of.message(from_me=True, in_group=False), of.state),
    "message.ack.group": lambda of: forms.ack_payload(of.message(from_me=True, in_group=True), of.state),
    "message.reaction": lambda of: forms.reaction_payload(
        MessageReacted(of.message(), of.person(), "👍"), of.session.own_id, of.at
    ),
    "message.edited": lambda of: forms.edited_payload(MessageEdited(of.message(), _ID), of.state, of.at),
    "message.revoked": lambda of: forms.revoked_payload(MessageRevoked(of.message(), _ID), of.state, of.at),
    "message.waiting": lambda of: {**of.message_payload(from_me=False), "body": None},
    "group.v2.join": lambda of: forms.joined_payload(of.group(), of.state, of.at),
    "group.v2.leave": lambda of: {"group": {"id": of.group().id}, "timestamp": round(of.at * 1000), "_data": {}},
    "group.v2.update": lambda of: forms.updated_payload(GroupUpdated(of.group(), ("name",)), of.at),
    "group.v2.participants": _participants,
    "group.v2.participants.join-request": lambda of: forms.join_request_payload(
        of.group().id, of.person(), "created", of.state, of.at
    ),
    "group.join": lambda of: {"id": of.group().id},
    "group.leave": lambda of: {"id": of.group().id},
    "presence.update": lambda of: forms.presence_payload(of.message().chat, of.person(), "online"),
    "poll.vote": lambda of: of.poll_vote(["Yes"]),
    "poll.vote.failed": lambda of: of.poll_vote(None),
    "event.response": _going,
    "event.response.failed": lambda of: of.event_response(None),
    "label.upsert": _Around.label,
    "label.deleted": _Around.label,
    "label.chat.added": _Around.labelled,
    "label.chat.deleted": _Around.labelled,
    "call.received": _Around.call,
    "call.accepted": _Around.call,
    "call.rejected": _Around.call,
    "chat.archive": lambda of: {"id": of.message().chat, "archived": True, "timestamp": int(of.at)},
    "engine.event": lambda of: {"event": "events.Receipt", "data": {}},
    "state.change": lambda of: {"state": "CONNECTED"},
}

EVENTS: Final = tuple(_SAMPLES)
"""The names of all events."""


def complete(event: str, given: Mapping[str, Any], session: StoredSession, state: State, at: float) -> Json:
    """
    Return what an event says: a sample of it, with what is given laid over it, field by field.

    Args:
        event: Its name.
        given: What of its payload is not as usual; objects in it are laid over the sample's own, lists replace them.
        session: To whose webhook it goes.
        state: The world around the session.
        at: When, in seconds since the epoch.

    Raises:
        ValueError: There is no such event; it names the nearest that there is.
    """
    if event not in _SAMPLES:
        near = get_close_matches(event, EVENTS, 1, 0)
        raise ValueError(f"{event!r} is no event; did you mean {near[0]!r}? There are {', '.join(EVENTS)}")
    return _laid_over(_SAMPLES[event](_Around(session, state, at)), given)


def _laid_over(sample: Json, given: Json) -> Json:
    if not (isinstance(sample, Mapping) and isinstance(given, Mapping)):
        return given
    sample, given = cast("Mapping[str, Any]", sample), cast("Mapping[str, Any]", given)
    return {**sample, **{name: _laid_over(sample.get(name), value) for name, value in given.items()}}
