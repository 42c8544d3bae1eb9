"""
The events that the service's engine tells a webhook: one class for each of its 31 names.

The service documents none of it. This is what the engine behind it, GOWS, sends; that it is passed on unchanged is
inferred. So every field may be missing, and what does not fit is in ``extra`` and named in ``unread``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs

from .._core.documents import is_object, member
from .._core.model import Model, adapts, model, wire
from ..delivery.normalize import chat_key
from .payloads import (
    AckPayload,
    ArchivePayload,
    CallPayload,
    ChatLabelPayload,
    EditedPayload,
    EnginePayload,
    Environment,
    EventResponsePayload,
    GroupPayload,
    JoinRequestPayload,
    Label,
    Me,
    MessagePayload,
    ParticipantsPayload,
    PlainGroupPayload,
    PollVotePayload,
    PresencePayload,
    ReactionPayload,
    Redacted,
    RevokedPayload,
    StatePayload,
    StatusPayload,
)


@model
class Event(Redacted):
    """
    Something that happened. Each name has a class of its own; see `AnyEvent`.

    Attributes:
        id: Its id, ``evt_…``. A message that comes in makes two events, `MessageReceived` and `MessageAny`, and both
            may have the same: an event is known by its session, its name and its id.
        name: Its name, such as ``message.ack``.
        session: The session: its ``uniqueSessionId``.
        timestamp: When it happened, to the millisecond.
        me: The account of the session; `None` before it is known.
        metadata: What the service attached to the session.
        payload: What the event says.
        engine: The engine: ``GOWS``.
        environment: The engine's installation.
    """

    id: str = ""
    name: str = wire("event", default="")
    session: str = ""
    timestamp: datetime | None = None
    me: Me | None = None
    metadata: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)
    payload: Any = attrs.field(default=None, hash=False)
    engine: str | None = None
    environment: Environment | None = None

    @property
    def chat_id(self) -> str | None:
        """The chat that it happened in, ``…@c.us`` for a person; `None` where it is of none."""
        chat: str | None = getattr(self.payload, "chat_id", None)
        return chat and chat_key(chat)

    def __repr__(self) -> str:
        shown = repr(self.payload) if isinstance(self.payload, Model) else "…"
        return f"{type(self).__name__}(id={self.id!r}, session={self.session!r}, payload={shown})"


@model
class UnknownEvent(Event):
    """
    An event of a name that is not known yet.

    Attributes:
        payload: What it says, as it came.
    """


@model
class SessionStatus(Event):
    """``session.status``: the status has changed, there is a new QR code, or WhatsApp restricts the number."""

    payload: StatusPayload = attrs.field(factory=StatusPayload)


@model
class MessageReceived(Event):
    """``message``: somebody else wrote."""

    payload: MessagePayload = attrs.field(factory=MessagePayload)


@model
class MessageAny(Event):
    """``message.any``: somebody wrote: the session's own account, too, by the service or on the phone."""

    payload: MessagePayload = attrs.field(factory=MessagePayload)


@model
class MessageAck(Event):
    """``message.ack``: how far a message to one person has come."""

    payload: AckPayload = attrs.field(factory=AckPayload)


@model
class MessageAckGroup(Event):
    """``message.ack.group``: how far a message to a group has come, with one of its members."""

    payload: AckPayload = attrs.field(factory=AckPayload)


@model
class MessageReaction(Event):
    """``message.reaction``: somebody reacted to a message, or took that back."""

    payload: ReactionPayload = attrs.field(factory=ReactionPayload)


@model
class MessageEdited(Event):
    """``message.edited``: a message was edited."""

    payload: EditedPayload = attrs.field(factory=EditedPayload)


@model
class MessageRevoked(Event):
    """``message.revoked``: a message was deleted for everyone."""

    payload: RevokedPayload = attrs.field(factory=RevokedPayload)


@model
class MessageWaiting(Event):
    """``message.waiting``: a message has come that cannot be read yet. Not sent by GOWS."""

    payload: MessagePayload = attrs.field(factory=MessagePayload)


@model
class GroupJoined(Event):
    """``group.v2.join``: the session's account is in a group from now on."""

    payload: GroupPayload = attrs.field(factory=GroupPayload)

    @classmethod
    @adapts("payload")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """GOWS says whether only admins may write where it should say whether all may; its own record says it right."""
        payload = document.get("payload")
        group = member(payload, "group") if is_object(payload) else None
        if not is_object(payload) or not is_object(group):
            return document
        record = payload.get("_data")
        only_admins = member(record, "isAnnounce") if is_object(record) else None
        if not isinstance(only_admins, bool) and str(document.get("engine")).upper() == "GOWS":
            only_admins = member(group, "membersCanSendMessages")
        if not isinstance(only_admins, bool):
            return document
        return {**document, "payload": {**payload, "group": {**group, "membersCanSendMessages": not only_admins}}}


@model
class GroupLeft(Event):
    """``group.v2.leave``: the session's account is no longer in a group; only the group's id is given."""

    payload: GroupPayload = attrs.field(factory=GroupPayload)


@model
class GroupUpdated(Event):
    """``group.v2.update``: a group was changed; the payload has the fields that changed."""

    payload: GroupPayload = attrs.field(factory=GroupPayload)


@model
class GroupParticipants(Event):
    """``group.v2.participants``: somebody joined a group, left it, or became an admin or none."""

    payload: ParticipantsPayload = attrs.field(factory=ParticipantsPayload)


@model
class GroupJoinRequest(Event):
    """``group.v2.participants.join-request``: somebody asks to be let into a group."""

    payload: JoinRequestPayload = attrs.field(factory=JoinRequestPayload)


@model
class PlainGroupJoined(Event):
    """``group.join``: what `GroupJoined` is with other engines. Not sent by GOWS."""

    payload: PlainGroupPayload = attrs.field(factory=PlainGroupPayload)


@model
class PlainGroupLeft(Event):
    """``group.leave``: what `GroupLeft` is with other engines. Not sent by GOWS."""

    payload: PlainGroupPayload = attrs.field(factory=PlainGroupPayload)


@model
class PresenceUpdate(Event):
    """``presence.update``: somebody is there, types, or has stopped."""

    payload: PresencePayload = attrs.field(factory=PresencePayload)


@model
class PollVote(Event):
    """``poll.vote``: somebody voted in a poll, or changed a vote."""

    payload: PollVotePayload = attrs.field(factory=PollVotePayload)


@model
class PollVoteFailed(Event):
    """``poll.vote.failed``: somebody voted, and the vote cannot be read."""

    payload: PollVotePayload = attrs.field(factory=PollVotePayload)


@model
class EventResponse(Event):
    """``event.response``: somebody answered an invitation."""

    payload: EventResponsePayload = attrs.field(factory=EventResponsePayload)


@model
class EventResponseFailed(Event):
    """``event.response.failed``: somebody answered an invitation, and the answer cannot be read."""

    payload: EventResponsePayload = attrs.field(factory=EventResponsePayload)


@model
class LabelUpsert(Event):
    """``label.upsert``: a label was made or changed."""

    payload: Label = attrs.field(factory=Label)


@model
class LabelDeleted(Event):
    """``label.deleted``: a label was deleted."""

    payload: Label = attrs.field(factory=Label)


@model
class LabelChatAdded(Event):
    """``label.chat.added``: a chat was given a label."""

    payload: ChatLabelPayload = attrs.field(factory=ChatLabelPayload)


@model
class LabelChatDeleted(Event):
    """``label.chat.deleted``: a label was taken off a chat."""

    payload: ChatLabelPayload = attrs.field(factory=ChatLabelPayload)


@model
class CallReceived(Event):
    """``call.received``: somebody calls."""

    payload: CallPayload = attrs.field(factory=CallPayload)


@model
class CallAccepted(Event):
    """``call.accepted``: a call was answered; not where another device answered it."""

    payload: CallPayload = attrs.field(factory=CallPayload)


@model
class CallRejected(Event):
    """``call.rejected``: a call was rejected, or whoever called has given up."""

    payload: CallPayload = attrs.field(factory=CallPayload)


@model
class ChatArchive(Event):
    """``chat.archive``: a chat was archived, or is so no longer. Not sent by GOWS."""

    payload: ArchivePayload = attrs.field(factory=ArchivePayload)


@model
class EngineEvent(Event):
    """``engine.event``: an event of the engine's own."""

    payload: EnginePayload = attrs.field(factory=EnginePayload)


@model
class StateChange(Event):
    """``state.change``: the state of the engine's connection; `SessionStatus` has taken its place."""

    payload: StatePayload = attrs.field(factory=StatePayload)


AnyEvent: TypeAlias = (
    SessionStatus
    | MessageReceived
    | MessageAny
    | MessageAck
    | MessageAckGroup
    | MessageReaction
    | MessageEdited
    | MessageRevoked
    | MessageWaiting
    | GroupJoined
    | GroupLeft
    | GroupUpdated
    | GroupParticipants
    | GroupJoinRequest
    | PlainGroupJoined
    | PlainGroupLeft
    | PresenceUpdate
    | PollVote
    | PollVoteFailed
    | EventResponse
    | EventResponseFailed
    | LabelUpsert
    | LabelDeleted
    | LabelChatAdded
    | LabelChatDeleted
    | CallReceived
    | CallAccepted
    | CallRejected
    | ChatArchive
    | EngineEvent
    | StateChange
    | UnknownEvent
)
"""Every class of event: a ``match`` over it that ends in `typing.assert_never` is checked to name them all."""

EVENTS: Final[Mapping[str, type[AnyEvent]]] = {
    "session.status": SessionStatus,
    "message": MessageReceived,
    "message.any": MessageAny,
    "message.ack": MessageAck,
    "message.ack.group": MessageAckGroup,
    "message.reaction": MessageReaction,
    "message.edited": MessageEdited,
    "message.revoked": MessageRevoked,
    "message.waiting": MessageWaiting,
    "group.v2.join": GroupJoined,
    "group.v2.leave": GroupLeft,
    "group.v2.update": GroupUpdated,
    "group.v2.participants": GroupParticipants,
    "group.v2.participants.join-request": GroupJoinRequest,
    "group.join": PlainGroupJoined,
    "group.leave": PlainGroupLeft,
    "presence.update": PresenceUpdate,
    "poll.vote": PollVote,
    "poll.vote.failed": PollVoteFailed,
    "event.response": EventResponse,
    "event.response.failed": EventResponseFailed,
    "label.upsert": LabelUpsert,
    "label.deleted": LabelDeleted,
    "label.chat.added": LabelChatAdded,
    "label.chat.deleted": LabelChatDeleted,
    "call.received": CallReceived,
    "call.accepted": CallAccepted,
    "call.rejected": CallRejected,
    "chat.archive": ChatArchive,
    "engine.event": EngineEvent,
    "state.change": StateChange,
}
"""The class of each name; any other name is an `UnknownEvent`."""
