"""
What people and WhatsApp do to a session: everything that does not begin with a request of the API.

Each act is a method with a signature that Python, the control API, scenarios and the page share.
"""

from __future__ import annotations

import json
import mimetypes
import sys
from base64 import b64encode
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from wasend.sandbox.api import Filled, Lid, Media, Payload, Person, Place
from wasend.sandbox.webhooks import complete, join_request_payload
from wasend.sandbox.world import (
    ACKS,
    Ack,
    Restriction,
    Signal,
    State,
    StoredGroup,
    StoredMessage,
    StoredSession,
    anybody,
    is_group,
    looked_up,
    phone_number,
)

ACTS: Final = (
    "happen",
    "receive",
    "typed_on_the_phone",
    "edit",
    "revoke",
    "react",
    "vote",
    "respond_event",
    "ack",
    "read",
    "typing",
    "call",
    "label",
    "log_out",
    "restrict",
    "unrestrict",
    "phone_offline",
    "phone_online",
    "act_in_group",
)
"""The methods of `Acts`, which every way in has."""

_UNDER: Final = {
    **dict.fromkeys(("edit", "revoke", "react", "vote", "respond_event", "ack"), "messages/{message}/"),
    **dict.fromkeys(("phone_offline", "phone_online"), ""),
    "act_in_group": "groups/{group}/",
}

Response: TypeAlias = Literal["GOING", "NOT_GOING", "MAYBE"]
Presence: TypeAlias = Literal["typing", "recording", "paused", "online", "offline"]
GroupAct: TypeAlias = Literal["join", "leave", "promote", "demote", "rename", "join-request"]


def act_path(name: str) -> str:
    """Return where the control API has an act: what it happens to is in the path."""
    return _UNDER.get(name, "sessions/{session}/") + name.replace("_", "-")


def somebody(spelling: str) -> str:
    """Return a person's chat id, from any spelling of the number, or from a hidden id."""
    return anybody(looked_up(spelling))


class Acts:
    """The acts; `Actions` adds the rest of what a test does."""

    _state: State

    def happen(self, session: Filled, event: Filled, payload: Payload | None = None) -> None:
        """
        Tell a session's webhook of any event that the service's engine has; nothing else changes.

        Args:
            session: The id of the session.
            event: The event's name, such as ``"poll.vote"``.
            payload: What of the payload is not as usual, laid over what the engine would say: the newest message, group
                or person of the session's stands in it, where one is needed. A text is read as JSON.

        Raises:
            ValueError: There is no such session or event.
        """
        given: Mapping[str, Any] = json.loads(payload) if isinstance(payload, str) else payload or {}
        with self._state.lock:
            of = self._state.sessions.get(session)
            self._state.happen(of, event, complete(event, given, of, self._state, self._state.scheduler.now()))

    # Messages

    def receive(
        self,
        session: Filled,
        from_: Person,
        text: str | None = None,
        *,
        media: bytes | Media | None = None,
        filename: Filled | None = None,
        location: Place | None = None,
        contact: Person | None = None,
        poll: Filled | None = None,
        in_group: Filled | None = None,
        reply_to: Filled | None = None,
        from_lid: Lid | None = None,
    ) -> StoredMessage:
        """
        Let a message arrive.

        Args:
            session: The id of the session that receives it; it must be connected.
            from_: Who writes: any spelling of a phone number, a person's chat id, or only a hidden id (``…@lid``).
            text: What they write, or the caption of the media.
            media: A picture, voice or file: its bytes, a ``data:`` URL that holds them, or a web URL, which is named
                and not fetched. Bytes can be downloaded where the message says.
            filename: The name of the file; without it, bytes are a file of no known type.
            location: A place: latitude, longitude and name, such as ``"51.5072,-0.1276 London"``.
            contact: Whose card they send: any spelling of a phone number.
            poll: A question and its answers, each on a line of its own.
            in_group: The id of the group in which they write, if it is one; both must be in it.
            reply_to: The id of the message that they quote.
            from_lid: The hidden id under which they write, so that only those who know it see the number of `from_`.

        Raises:
            ValueError: The session cannot receive it, `from_` is no person, or may not write there, or the message is
                empty, or several kinds at once.
        """
        given = [one for one in (media, location, contact, poll) if one is not None]
        if len(given) > 1 or (text is None and not given):
            raise ValueError("text must be given, or one of media, location, contact and poll")
        body: dict[str, Any] = {}
        kind, content = "text", text or ""
        if media is not None:
            kind, content, body = _read_media(media, filename, text)
        elif location is not None:
            kind, content = "location", location
            body = {"location": _read_place(location)}
        elif contact is not None:
            kind, content = "contact", phone_number(somebody(contact))
            body = {"vCards": [_card(content, self._state.people.name(somebody(contact)) or content)]}
        elif poll is not None:
            kind, content = "poll", poll
            question, *options = filter(None, map(str.strip, poll.splitlines()))
            body = {"poll": {"name": question, "options": [{"optionName": one} for one in options]}}
        sender = self._writer(from_)
        if from_lid is not None:
            self._state.people.hide(sender, from_lid)
        return self._state.chats.receive(
            session_id=session,
            sender=sender,
            content=content,
            type=kind,
            body=body,
            group=in_group,
            reply_to=reply_to,
            hidden=from_lid,
        )

    def typed_on_the_phone(self, session: Filled, to: Filled, text: Filled) -> StoredMessage:
        """
        Let the session's owner write something on the phone itself; webhooks tell of it, `deliveries` does not.

        Args:
            session: The id of the session; it must be connected.
            to: To whom: any spelling of a phone number, or a chat id.
            text: What.

        Raises:
            ValueError: The session is not connected, or `to` is no recipient.
        """
        return self._state.chats.send(
            session_id=session,
            account=None,
            to=looked_up(to),
            content=text,
            type="text",
            body={"to": to, "text": text},
            from_phone=True,
        )

    def edit(self, message_id: Filled, text: Filled) -> StoredMessage:
        """
        Let whoever wrote a message change it.

        Args:
            message_id: Which message.
            text: Its new text, or caption.

        Raises:
            ValueError: There is no such message.
        """
        return self._state.chats.edit(message_id, text)

    def revoke(self, message_id: Filled) -> StoredMessage:
        """
        Let whoever wrote a message delete it for everyone.

        Args:
            message_id: Which message.

        Raises:
            ValueError: There is no such message.
        """
        return self._state.chats.revoke(message_id)

    def react(self, message_id: Filled, from_: Person, reaction: str) -> StoredMessage:
        """
        Let somebody react to a message.

        Args:
            message_id: Which message.
            from_: Who reacts: any spelling of a phone number, or a person's chat id.
            reaction: An emoji; ``""`` takes the reaction back.

        Raises:
            ValueError: There is no such message, or `from_` is no person.
        """
        return self._state.chats.react(message_id, somebody(from_), reaction)

    def vote(self, message_id: Filled, from_: Person, options: str = "", *, failed: bool = False) -> None:
        """
        Let somebody vote in a poll, of which webhooks are sent.

        Args:
            message_id: The poll, or any message that stands for one.
            from_: Who votes: any spelling of a phone number, or a person's chat id.
            options: The answers chosen, each on a line of its own; none takes the vote back.
            failed: Whether the session could not read the vote.

        Raises:
            ValueError: There is no such message, the poll has no such answer, or `from_` is no person.
        """
        poll = self._state.chats.message(message_id)
        chosen = [one for one in map(str.strip, options.splitlines()) if one]
        known = [one["optionName"] for one in poll.body["poll"]["options"]] if poll.type == "poll" else chosen
        if wrong := [one for one in chosen if one not in known]:
            raise ValueError(f"{wrong[0]!r} is no answer of this poll; there are {', '.join(map(repr, known))}")
        vote = {**self._doing(poll, from_), "selectedOptions": None if failed else chosen}
        self.happen(poll.session, f"poll.vote{'.failed' * failed}", {"vote": vote, "poll": self._key(poll)})

    def respond_event(
        self,
        message_id: Filled,
        from_: Person,
        response: Response = "GOING",
        *,
        extra_guests: int = 0,
        failed: bool = False,
    ) -> None:
        """
        Let somebody respond to an event, of which webhooks are sent.

        Args:
            message_id: The event, or any message that stands for one.
            from_: Who responds: any spelling of a phone number, or a person's chat id.
            response: ``"GOING"``, ``"NOT_GOING"`` or ``"MAYBE"``.
            extra_guests: How many they bring.
            failed: Whether the session could not read the response.

        Raises:
            ValueError: There is no such message, or `from_` is no person.
        """
        event = self._state.chats.message(message_id)
        said = None if failed else {"response": response, "extraGuestCount": extra_guests}
        payload = {**self._doing(event, from_), "eventCreationKey": self._key(event), "eventResponse": said}
        self.happen(event.session, f"event.response{'.failed' * failed}", payload)

    def _key(self, message: StoredMessage) -> Mapping[str, Any]:
        """What an event says of the message that it is about."""
        own = self._state.sessions.get(message.session).own_id
        source, to = (own, message.chat) if message.from_me else (message.chat, own)
        return {"id": message.id, "from": source, "to": to, "fromMe": message.from_me}

    def _doing(self, message: StoredMessage, from_: str) -> Mapping[str, Any]:
        """What an event says of somebody who does something about a message."""
        writer, new_id = self._writer(from_), self._state.chats.new_id()
        chat, member = (message.chat, writer) if is_group(message.chat) else (writer, None)
        own = self._state.sessions.get(message.session).own_id
        said = {"from": chat, "fromMe": False, "to": own, "participant": member}
        return {"id": f"false_{chat}_{new_id}" + (f"_{member}" if member else ""), **said}

    def ack(self, message_id: Filled, ack: Ack) -> StoredMessage:
        """
        Say how far a message has come; one that was sent begins at ``"SERVER"``.

        Args:
            message_id: Which message.
            ack: ``"ERROR"``, ``"PENDING"``, ``"SERVER"``, ``"DEVICE"``, ``"READ"`` or ``"PLAYED"``.

        Raises:
            ValueError: There is no such message, or no such word.
        """
        if ack not in ACKS:
            raise ValueError(f"ack is one of {', '.join(ACKS)}, not {ack!r}")
        return self._state.chats.ack(message_id, ack)

    def read(self, session: Filled, chat: Filled) -> None:
        """
        Let the others in a chat read everything that a session has sent there.

        Args:
            session: The id of the session.
            chat: With whom: any spelling of a phone number, or a chat id.

        Raises:
            ValueError: There is no such session, or `chat` is none.
        """
        self._state.sessions.get(session)
        for message in self._state.chats.history(session, looked_up(chat), is_unread, offset=0, limit=sys.maxsize):
            self.ack(message.id, "READ")

    # People

    def typing(
        self, session: Filled, from_: Person, presence: Presence = "typing", *, in_group: Filled | None = None
    ) -> None:
        """
        Let somebody type; as soon as a message of theirs arrives, they stop.

        Args:
            session: The id of the session that receives the event.
            from_: Who: any spelling of a phone number, or a person's chat id.
            presence: ``"typing"``, ``"recording"``, ``"paused"``, ``"online"`` or ``"offline"``.
            in_group: The id of the group in which they do, if it is one.

        Raises:
            ValueError: There is no such session, or `from_` is no person.
        """
        writer = self._writer(from_)
        self._state.show_presence(self._state.sessions.get(session), in_group or writer, writer, presence)

    def call(
        self,
        session: Filled,
        from_: Person,
        what: Literal["received", "accepted", "rejected"] = "received",
        *,
        video: bool = False,
    ) -> None:
        """
        Let somebody call, or say what became of the call.

        Args:
            session: The id of the session that is called.
            from_: Who calls: any spelling of a phone number, or a person's chat id.
            what: ``"received"`` as it rings, ``"accepted"``, or ``"rejected"``, also by the caller.
            video: Whether it is a video call.

        Raises:
            ValueError: There is no such session, or `from_` is no person.
        """
        self.happen(session, f"call.{what}", {"from": self._writer(from_), "isVideo": video})

    def label(self, session: Filled, name: Filled, *, chat: Filled | None = None, deleted: bool = False) -> None:
        """
        Let the session's owner make a label, and put it on a chat.

        Args:
            session: The id of the session.
            name: The label's name.
            chat: Which chat is labelled: any spelling of a phone number, or a chat id.
            deleted: Whether the label is taken off the chat, or, without a `chat`, deleted.

        Raises:
            ValueError: There is no such session, or `chat` is none.
        """
        labels = self._state.labels
        new = name not in labels
        unused = next(str(number) for number in count(1) if str(number) not in labels.values())
        if new:
            labels[name] = unused
        label = {"id": labels[name], "name": name}
        if chat is None:
            self.happen(session, "label.deleted" if deleted else "label.upsert", label)
            if deleted:
                del labels[name]
            return
        if new:
            self.happen(session, "label.upsert", label)
        given = {"labelId": label["id"], "chatId": looked_up(chat)}
        self.happen(session, "label.chat.deleted" if deleted else "label.chat.added", given)

    def phone_offline(self, recipient: Person) -> None:
        """
        Switch somebody's phone off: what is sent gets no further than ``"SERVER"``, and no scripted reply comes.

        Args:
            recipient: Whose: any spelling of a phone number, or a person's chat id.

        Raises:
            ValueError: It is no person.
        """
        self._state.people.go_offline(self._writer(recipient))

    def phone_online(self, recipient: Person) -> None:
        """
        Switch somebody's phone on again: the acks and replies that waited for it come now.

        Args:
            recipient: Whose: any spelling of a phone number, or a person's chat id.

        Raises:
            ValueError: It is no person.
        """
        self._state.people.go_online(self._writer(recipient))

    # The session

    def log_out(self, session: Filled) -> StoredSession:
        """
        Let the session's owner take it off the phone's linked devices: it has FAILED, and must be scanned again.

        Args:
            session: Its id.

        Raises:
            ValueError: There is no such session, or it is not connected.
        """
        return self._state.sessions.log_out(session)

    def restrict(self, session: Filled, signal: Signal, *, until: float | None = None) -> StoredSession:
        """
        Let WhatsApp restrict a session: nothing that it sends is taken, and each send is answered 500.

        Args:
            session: Its id.
            signal: ``"463"`` for too many strangers, ``"475"`` for too many messages; the engine's error names it.
            until: When it ends, in seconds since the epoch by the sandbox's clock; otherwise `unrestrict` ends it.

        Raises:
            ValueError: There is no such session.
        """
        return self._state.sessions.restrict(session, Restriction(signal, until))

    def unrestrict(self, session: Filled) -> StoredSession:
        """
        Let WhatsApp lift what restricts a session.

        Args:
            session: Its id.

        Raises:
            ValueError: There is no such session.
        """
        return self._state.sessions.restrict(session, None)

    # Groups

    def act_in_group(
        self, group: Filled, act: GroupAct, person: Person, *, by: Person | None = None, name: Filled | None = None
    ) -> StoredGroup:
        """
        Let somebody else change a group.

        Args:
            group: Its id.
            act: ``"join"``, ``"leave"``, ``"promote"``, ``"demote"``, ``"rename"``, or ``"join-request"``, which is
                reported to the sessions that lead the group.
            person: Who joins, leaves, is promoted or demoted, renames or asks: any spelling of a phone number.
            by: The admin who makes the person leave, or changes the rank; by default the person leaves by itself, and
                the owner changes ranks.
            name: The group's new name, to rename it.

        Raises:
            ValueError: There is no such group, who acts may not, or `name` is missing.
        """
        groups, who = self._state.groups, somebody(person)
        admin = None if by is None else somebody(by)
        if act == "join":
            return groups.enter(group, who)
        if act == "leave" and admin is None:
            return groups.leave(group, who)
        if act == "rename":
            if name is None:
                raise ValueError("name must be given to rename a group")
            return groups.describe(group, who, name=name)
        stored = groups.get(group)
        if act != "join-request":
            return groups.change(act, group, admin or stored.owner, [who])[0]
        payload = join_request_payload(group, who, "created", self._state, self._state.scheduler.now())
        for session in self._state.sessions.every().values():
            if session.own_id in stored.participants and stored.participants[session.own_id].is_admin:
                self._state.happen(session, "group.v2.participants.join-request", payload)
        return stored

    def _writer(self, spelling: str) -> str:
        writer = somebody(spelling)
        return self._state.people.registered(writer) or writer


def is_unread(message: StoredMessage) -> bool:
    """Whether a message was sent, has arrived, and was not read there."""
    return message.from_me and ACKS["SERVER"] <= ACKS[message.ack] < ACKS["READ"]


def _read_media(media: bytes | str, filename: str | None, caption: str | None) -> tuple[str, str, dict[str, Any]]:
    """Return the kind of a message with media, its content, and its body."""
    guessed = mimetypes.guess_type(filename or (urlsplit(media).path if isinstance(media, str) else ""))[0]
    body: dict[str, Any] = {"mimetype": guessed or "application/octet-stream"}
    content = media
    if isinstance(media, bytes):
        body["data"] = b64encode(media).decode()
    elif media.startswith("data:"):
        head, _, body["data"] = media.partition(",")
        body["mimetype"] = head.removeprefix("data:").partition(";")[0] or body["mimetype"]
    if "data" in body:
        content = filename or body["mimetype"]
    main = body["mimetype"].partition("/")[0]
    kind = {"image": "image", "video": "video", "audio": "ptt"}.get(main, "document")
    optional = {"filename": filename, "caption": caption}
    return kind, str(content), {**body, **{name: value for name, value in optional.items() if value}}


def _read_place(text: str) -> dict[str, Any]:
    where, _, name = text.replace(", ", ",", 1).partition(" ")
    latitude, longitude = map(float, where.split(","))
    return {"latitude": str(latitude), "longitude": str(longitude), "description": name or None}


def _card(number: str, name: str) -> str:
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL;waid={number.lstrip('+')}:{number}\nEND:VCARD"
