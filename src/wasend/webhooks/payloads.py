"""
What the payloads of events say, as the service's engine writes them.

The service documents none of it. This is what the engine behind it, GOWS, sends; that it is passed on unchanged is
inferred. So every field may be missing, and what does not fit is in ``extra`` and named in ``unread``. Words such as a
status are text, as they came: new ones are no error. Times are aware `datetime` values, whichever of the engine's three
units they come in. No `repr` shows what a message says, or a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from .._core.model import Model, model, wire, wire_names
from ..delivery.normalize import chat_in, chat_key, message_key
from ..recipients import ChatIdentity, MessageIdentity

if TYPE_CHECKING:
    from ..api.sessions import SessionState

_WORDS: Final = frozenset(
    (
        "ack_name",
        "action",
        "capping_status",
        "enforcement_type",
        "engine",
        "last_known_presence",
        "request_method",
        "response",
        "role",
        "source",
        "state",
        "status",
        "type",
    )
)
"""Fields whose text is a word of the service's, and nobody's."""
_PLACES: Final = frozenset(("latitude", "longitude"))
_LONGEST_WORD: Final = 40


@model
class Redacted(Model):
    """An answer whose `repr` shows which texts there are, and not what they say."""

    def __repr__(self) -> str:
        return _shown(self)


def _shown(of: Model) -> str:
    values = ((name, getattr(of, name)) for name in wire_names(type(of)))
    fields = [f"{name}={_brief(name, value)}" for name, value in values if value not in (None, "", (), {})]
    return f"{type(of).__name__}({', '.join([*fields, *(['extra=…'] if of.extra else [])])})"


def _brief(name: str, value: Any) -> str:
    if isinstance(value, str):
        return repr(value) if name in _WORDS and len(value) < _LONGEST_WORD else "…"
    if isinstance(value, datetime):
        return repr(value.isoformat())
    if isinstance(value, tuple):
        return f"[{', '.join(_brief('', item) for item in cast('Iterable[Any]', value))}]"
    # Of a place, only that there is one.
    return repr(value) if isinstance(value, bool | int | Model) and name not in _PLACES else "…"


# Of the account


@model
class ReachoutTimelock(Redacted):
    """
    WhatsApp does not let the number begin new conversations (error 463). The session is not to be restarted for it.

    Attributes:
        enforcement_type: What is enforced, such as ``RESTRICT_ALL_COMPANIONS``.
        is_active: Whether it holds; false when it is lifted.
        time_enforcement_ends: When it ends.
    """

    enforcement_type: str | None = None
    is_active: bool | None = None
    time_enforcement_ends: datetime | None = None


@model
class MessageCapping(Redacted):
    """
    How many new conversations WhatsApp lets the number begin in a cycle, and how many it has begun (error 475).

    Attributes:
        capping_status: ``NONE``, ``FIRST_WARNING``, ``SECOND_WARNING``, ``CAPPED``, or what else the engine says.
        total_quota: How many; -1 where there is no limit.
        used_quota: How many of them are used.
        cycle_start: When the cycle began.
        cycle_end: When it ends.
        mv_status: As the engine says.
        ote_status: As the engine says.
    """

    capping_status: str | None = None
    total_quota: int | None = None
    used_quota: int | None = None
    cycle_start: datetime | None = None
    cycle_end: datetime | None = None
    mv_status: str | None = None
    ote_status: str | None = None


@model
class Me(Redacted, ChatIdentity):
    """
    The account of the session.

    Attributes:
        id: Its WhatsApp id, such as ``447700900123@c.us``.
        push_name: The name that others see; missing before the session works.
        lid: Its hidden id.
        jid: Its id with the device.
        reachout_timelock: Whether WhatsApp lets it begin new conversations, since 2026.7 of the engine.
        message_capping: How many it may begin, since 2026.8.
    """

    shared = True

    id: str = ""
    push_name: str | None = None
    lid: str | None = None
    jid: str | None = None
    reachout_timelock: ReachoutTimelock | None = None
    message_capping: MessageCapping | None = None


@model
class Environment(Redacted):
    """
    The engine's installation.

    Attributes:
        version: Its version, such as ``2026.8.2``.
        engine: ``GOWS``, ``NOWEB`` or ``WEBJS``.
        tier: ``PLUS`` or ``CORE``.
        browser: The browser, of an engine that has one.
        platform: Such as ``linux/x64``.
        worker: Which of several.
    """

    shared = True

    version: str | None = None
    engine: str | None = None
    tier: str | None = None
    browser: str | None = None
    platform: str | None = None
    worker: Mapping[str, Any] | None = attrs.field(default=None, hash=False)


@model
class PastStatus(Redacted):
    """
    A status that a session had.

    Attributes:
        status: As the service words it.
        timestamp: Since when.
    """

    status: str | None = None
    timestamp: datetime | None = None


@model
class StatusData(Redacted):
    """
    What a status is about, where there is more to say.

    Attributes:
        challenge: Of a passkey that is asked for: what to sign.
        timeout: Milliseconds that there are for it.
        rp_id: For whom it is.
        allow_credentials: Which passkeys would do.
        user_verification: Whether the user must be verified.
        code: The code to confirm a passkey with.
        reachout_timelock: WhatsApp lets the number begin no new conversations, or does so again.
        message_capping: How many new conversations it may begin.
    """

    challenge: str | None = None
    timeout: int | None = None
    rp_id: str | None = None
    allow_credentials: tuple[Mapping[str, Any], ...] = attrs.field(default=(), hash=False)
    user_verification: str | None = None
    code: str | None = None
    reachout_timelock: ReachoutTimelock | None = None
    message_capping: MessageCapping | None = None


@model
class StatusPayload(Redacted):
    """
    A session's status. It also comes for each new QR code, and again, as WORKING, when WhatsApp restricts the number.

    Attributes:
        name: The session's name, where the engine says it.
        status: As the engine words it, such as ``WORKING``, ``SCAN_QR_CODE``, ``FAILED``.
        statuses: The last three.
        data: What it is about, where there is more to say.
    """

    name: str | None = None
    status: str | None = None
    statuses: tuple[PastStatus, ...] = ()
    data: StatusData | None = None

    @property
    def state(self) -> SessionState:
        """What the session can do, whichever words its status comes in."""
        from ..api.sessions import SessionState

        return SessionState.of(self.status)


# Of messages


@model
class MessageHead(Redacted, MessageIdentity):
    """
    What all that is said about a message begins with. It is taken wherever the id of a message is.

    Attributes:
        id: Its id, such as ``false_447700900456@c.us_3EB0…``; in groups with its writer behind it.
        timestamp: When it was sent, to the second.
        from_: The chat that it is in: the engine says so of own messages as well. See `chat_id` and `sender_id`.
        to: In groups: who wrote it.
        participant: In groups: who wrote it.
        from_me: Whether the session's own account wrote it.
        source: ``api`` where this session's engine sent it, ``app`` where a phone or another device did.
    """

    id: str = ""
    timestamp: datetime | None = None
    from_: str | None = wire("from")
    to: str | None = None
    participant: str | None = None
    from_me: bool | None = None
    source: str | None = None

    @property
    def chat_id(self) -> str | None:
        """The chat that it is in, as its id says, ``…@c.us`` for a person."""
        return chat_in(self.id) or (self.from_ and chat_key(self.from_))

    @property
    def sender_id(self) -> str | None:
        """Who wrote it; `None` for an own message in a chat with one person, which says no more than `from_me`."""
        return self.participant or (None if self.from_me else self.chat_id)

    @property
    def native_id(self) -> str | None:
        """WhatsApp's own id of it, ``3EB0…``, which all spellings have in common."""
        return message_key(self.id)


@model
class Media(Redacted):
    """
    A file of a message.

    Attributes:
        url: Where it is; `None` where the engine did not fetch it.
        mimetype: Its type.
        filename: Its name.
        s3: Where it is in an object store.
        error: Why it could not be fetched.
    """

    url: str | None = None
    mimetype: str | None = None
    filename: str | None = None
    s3: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    error: Any = attrs.field(default=None, hash=False)


@model
class Location(Redacted):
    """
    A place.

    Attributes:
        latitude: Degrees north.
        longitude: Degrees east.
        description: What the sender wrote about it.
    """

    latitude: float | None = None
    longitude: float | None = None
    description: str | None = wire("description", "name")


@model
class QuotedMessage(Redacted, MessageIdentity):
    """
    The message that another one answers.

    Attributes:
        id: WhatsApp's own id of it, ``3EB0…``, without its chat.
        participant: Who wrote it.
        body: Its text.
        has_media: Whether it has a file.
        media: Its file.
    """

    id: str = ""
    participant: str | None = None
    body: str | None = None
    has_media: bool | None = None
    media: Media | None = None


@model
class MessagePayload(MessageHead):
    """
    A message.

    Attributes:
        body: Its text, or the caption of its file; `None` where it has none.
        has_media: Whether it has a file. It may have one of which `media` says nothing, or says no URL.
        media: Its file.
        media_url: Where its file is; older engines say so.
        ack: How far it has come; see `wasend.Ack`. It begins at 2 for what comes in, and at 1 for what is sent. `None`
            where it failed, or nothing is known: then `ack_name` is ``UNKNOWN``.
        ack_name: The same as a word.
        location: The place, where it is one.
        v_cards: Contacts, where it is such a card or several.
        reply_to: The message that it answers.
    """

    body: str | None = None
    has_media: bool | None = None
    media: Media | None = None
    media_url: str | None = None
    ack: int | None = None
    ack_name: str | None = None
    location: Location | None = None
    v_cards: tuple[str, ...] = wire("vCards", default=())
    reply_to: QuotedMessage | None = None


@model
class AckPayload(MessageHead):
    """
    How far a message has come. It may come before the answer to the request that sends the message.

    Attributes:
        ack: See `wasend.Ack`. The engine sends no 1 (SERVER). `None` where it failed: then `ack_name` is ``UNKNOWN``.
        ack_name: The same as a word: ``DEVICE``, ``READ``, ``PLAYED``, ``ERROR``, ``UNKNOWN``.
        from_me: Where it is false, the session's own account has read a message of somebody else's.
    """

    ack: int | None = None
    ack_name: str | None = None


@model
class Reaction(Redacted):
    """
    A reaction.

    Attributes:
        text: The emoji; empty where a reaction is taken back.
        message_id: The message that it is for.
    """

    text: str | None = None
    message_id: str | None = None


@model
class ReactionPayload(MessageHead):
    """
    A reaction to a message.

    Attributes:
        reaction: What it is, and for which message. The payload's own ``id`` is the reaction's.
    """

    reaction: Reaction = attrs.field(factory=Reaction)


@model
class EditedPayload(MessagePayload):
    """
    An edit: a message of its own, whose ``body`` is the new text.

    Attributes:
        edited_message_id: WhatsApp's own id, ``3EB0…``, of the message that was edited.
    """

    edited_message_id: str | None = None


@model
class RevokedPayload(Redacted):
    """
    A message was deleted for everyone.

    Attributes:
        after: What is left of it.
        before: What it was; this engine does not say.
        revoked_message_id: WhatsApp's own id, ``3EB0…``, of the message that was deleted.
    """

    after: MessagePayload | None = None
    before: MessagePayload | None = None
    revoked_message_id: str | None = None

    @property
    def chat_id(self) -> str | None:
        """The chat that it was in."""
        return next((chat for one in (self.after, self.before) if one and (chat := one.chat_id)), None)


@model
class MessageKey(Redacted, MessageIdentity):
    """
    A message that is named.

    Attributes:
        id: Its id.
        to: To whom it was sent.
        from_: Who wrote it.
        from_me: Whether the session's own account did.
        participant: In groups: who wrote it.
    """

    id: str = ""
    to: str | None = None
    from_: str | None = wire("from")
    from_me: bool | None = None
    participant: str | None = None


@model
class Vote(MessageKey):
    """
    A vote in a poll.

    Attributes:
        selected_options: All that is chosen now: every change is a whole new list. Empty where the vote could not be
            read.
        timestamp: When; what came last counts.
    """

    selected_options: tuple[str, ...] = ()
    timestamp: datetime | None = None


@model
class PollVotePayload(Redacted):
    """
    A vote in a poll.

    Attributes:
        vote: The vote.
        poll: The poll.
    """

    vote: Vote = attrs.field(factory=Vote)
    poll: MessageKey = attrs.field(factory=MessageKey)

    @property
    def chat_id(self) -> str | None:
        """The chat that the poll is in."""
        return chat_in(self.poll.id) or chat_in(self.vote.id)


@model
class Answer(Redacted):
    """
    Whether somebody comes to an event.

    Attributes:
        response: ``GOING``, ``NOT_GOING``, ``MAYBE``, ``UNKNOWN``, or what else the engine says.
        timestamp: When it was said.
        extra_guest_count: How many others come along.
    """

    response: str | None = None
    timestamp: datetime | None = wire("timestampMs")
    extra_guest_count: int | None = None


@model
class EventResponsePayload(MessagePayload):
    """
    An answer to an invitation.

    Attributes:
        event_creation_key: The invitation.
        event_response: The answer; `None` where it could not be read.
    """

    event_creation_key: MessageKey | None = None
    event_response: Answer | None = None


# Of groups


@model
class GroupMember(Redacted, ChatIdentity):
    """
    A member of a group.

    Attributes:
        id: Their id, often a hidden one: ``…@lid``.
        pn: The id with their number, where it is known.
        role: ``participant``, ``admin``, ``superadmin`` or ``left``.
    """

    id: str = ""
    pn: str | None = None
    role: str | None = None


@model
class GroupInfo(Redacted, ChatIdentity):
    """
    A group. Of a group that was changed, only what has changed is there; of one that was left, only its id.

    Attributes:
        id: Its id, ``…@g.us``.
        subject: Its name.
        description: Its description.
        invite: The link to join it; this engine does not say.
        participants: Its members.
        members_can_add_new_member: Whether all members may add others.
        members_can_send_messages: Whether all members may write. In a `GroupJoined` the engine says the opposite; it is
            set right here.
        new_members_approval_required: Whether admins let people in.
    """

    id: str = ""
    subject: str | None = None
    description: str | None = None
    invite: str | None = None
    participants: tuple[GroupMember, ...] = ()
    members_can_add_new_member: bool | None = None
    members_can_send_messages: bool | None = None
    new_members_approval_required: bool | None = None


@model
class GroupPayload(Redacted):
    """
    A group, and when something became of it.

    Attributes:
        group: The group.
        timestamp: When.
    """

    group: GroupInfo = attrs.field(factory=GroupInfo)
    timestamp: datetime | None = None

    @property
    def chat_id(self) -> str | None:
        """The group's id."""
        return self.group.id or None


@model
class ParticipantsPayload(GroupPayload):
    """
    Who joined a group, left it, or became an admin or none. One change may come in several events.

    Attributes:
        type: ``join``, ``leave``, ``promote``, ``demote``, or what else the engine says.
        participants: Whom it is about.
    """

    type: str | None = None
    participants: tuple[GroupMember, ...] = ()


@model
class JoinRequestPayload(GroupPayload):
    """
    Somebody asks to be let into a group, or does so no longer. Who is let in joins: see `ParticipantsPayload`.

    Attributes:
        action: ``created``, ``rejected``, ``revoked``, or what else the engine says.
        requester_id: Who, often by a hidden id.
        requester_pn: The id with their number, where it is known.
        request_method: ``invite_link``, ``linked_group_join``, ``non_admin_add``, or what else the engine says.
    """

    action: str | None = None
    requester_id: str | None = None
    requester_pn: str | None = None
    request_method: str | None = None


@model
class PlainGroupPayload(Redacted):
    """
    A group, in the events of other engines.

    Attributes:
        id: Its id.
    """

    id: str = ""

    @property
    def chat_id(self) -> str | None:
        """The group's id."""
        return self.id or None


# Of everything else


@model
class Presence(Redacted):
    """
    What somebody is doing.

    Attributes:
        participant: Who.
        last_known_presence: ``online``, ``offline``, ``typing``, ``recording``, ``paused``, or what else it says.
        last_seen: When they were last there, where they let others know.
    """

    participant: str | None = None
    last_known_presence: str | None = None
    last_seen: datetime | None = None


@model
class PresencePayload(Redacted):
    """
    What people do in a chat.

    Attributes:
        id: The chat.
        presences: Who does what.
    """

    id: str = ""
    presences: tuple[Presence, ...] = ()

    @property
    def chat_id(self) -> str | None:
        """The chat's id."""
        return chat_key(self.id) if self.id else None


@model
class Label(Redacted):
    """
    A label.

    Attributes:
        id: Its id.
        name: What it says.
        color: The number of its colour.
        color_hex: The colour, such as ``#00a0f2``.
    """

    id: str = ""
    name: str | None = None
    color: int | None = None
    color_hex: str | None = None


@model
class ChatLabelPayload(Redacted):
    """
    A label on a chat.

    Attributes:
        label_id: The label.
        chat_id: The chat.
        label: The label in full; this engine does not say.
    """

    label_id: str | None = None
    chat_id: str | None = None
    label: Label | None = None


@model
class CallPayload(Redacted):
    """
    A call.

    Attributes:
        id: Its id.
        from_: Who calls; may be missing.
        timestamp: When.
        is_video: Whether it is a video call.
        is_group: Whether a group is called.
    """

    id: str = ""
    from_: str | None = wire("from")
    timestamp: datetime | None = None
    is_video: bool | None = None
    is_group: bool | None = None

    @property
    def chat_id(self) -> str | None:
        """The chat with the one who calls."""
        return chat_key(self.from_) if self.from_ else None


@model
class ArchivePayload(Redacted):
    """
    A chat was archived, or is so no longer.

    Attributes:
        id: The chat.
        archived: Whether it is archived.
        timestamp: When.
    """

    id: str = ""
    archived: bool | None = None
    timestamp: datetime | None = None

    @property
    def chat_id(self) -> str | None:
        """The chat's id."""
        return chat_key(self.id) if self.id else None


@model
class EnginePayload(Redacted):
    """
    An event of the engine's own, as it is.

    Attributes:
        event: Its name, such as ``events.Receipt``.
        data: What it says.
    """

    event: str | None = None
    data: Any = attrs.field(default=None, hash=False)


@model
class StatePayload(Redacted):
    """
    The state of the engine's connection.

    Attributes:
        state: Such as ``CONNECTED``.
    """

    state: str | None = None
