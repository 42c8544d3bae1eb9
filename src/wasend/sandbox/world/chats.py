"""
The sandbox's messages, and the chats they make up.

A message is kept once; a chat is a list of ids, and belongs to one session. Taking a message costs the same
however many there are.
"""

from __future__ import annotations

import mimetypes
import threading
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from itertools import islice
from random import Random
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs

from wasend.sandbox.world.clock import Scheduler
from wasend.sandbox.world.groups import GroupStore
from wasend.sandbox.world.people import People, anybody, is_group, phone_number
from wasend.sandbox.world.sessions import SessionStore, StoredSession
from wasend.sandbox.world.store import Table, Unknown

Ack: TypeAlias = Literal["ERROR", "PENDING", "SERVER", "DEVICE", "READ", "PLAYED"]

ACKS: Mapping[str, int] = MappingProxyType(
    {"ERROR": -1, "PENDING": 0, "SERVER": 1, "DEVICE": 2, "READ": 3, "PLAYED": 4}
)
"""How far a message has come, in WhatsApp's words and numbers."""


@attrs.frozen(kw_only=True)
class StoredMessage:
    """
    A message that the sandbox took.

    `session` is the session's id, `sender` the phone number of who wrote it (or the hidden id, if that is all that is
    known), `to` a chat id (``447700900456@c.us``; the session's own where it was received from a person), `content` the
    text or the reference of the media, `timestamp` seconds since the epoch, `body` the request as it came (of what was
    received, what a request would say), `ack` how far it has come, `reply_to` the id of the message that it quotes,
    `reactions` whose (chat ids) and which, `lost` whether it was taken and went nowhere, `file` where its media can be
    downloaded, `from_phone` whether the session's owner typed it on the phone, `edited` and `revoked` whether it was
    changed or deleted for everyone since.
    """

    id: str
    session: str
    sender: str
    to: str
    content: str
    type: str
    timestamp: float
    body: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    from_me: bool = True
    ack: Ack = "SERVER"
    reply_to: str | None = None
    reactions: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False, hash=False)
    lost: bool = False
    file: str | None = None
    from_phone: bool = False
    edited: bool = False
    revoked: bool = False

    @property
    def chat(self) -> str:
        """The id of the chat that it is in: a person's or a group's."""
        return self.to if self.from_me or is_group(self.to) else self.writer

    @property
    def writer(self) -> str:
        """The chat id of who wrote it."""
        return anybody(self.sender)

    @property
    def bare_id(self) -> str:
        """WhatsApp's own id of it, without chat and writer."""
        return bare_id(self.id)

    @property
    def words(self) -> str | None:
        """The words in it: its text, or the caption of its media; None where there are none."""
        if self.revoked:
            return None
        return self.content if self.type == "text" else self.body.get("caption") or self.body.get("text")


def bare_id(message_id: str) -> str:
    """Return WhatsApp's own id of a message (``3EB0…``), without chat and writer."""
    parts = message_id.split("_")
    return parts[2] if len(parts) > 2 else message_id


def other_id(bare: str) -> str:
    """Return the id under which the service may know a message elsewhere: another of the same form."""
    return f"3EB0{blake2b(bare.encode(), digest_size=8).hexdigest().upper()}"


@attrs.frozen(kw_only=True)
class StoredFile:
    """What can be downloaded of a message: its bytes, whose account's it is, and what they are."""

    account: str
    mimetype: str
    content: bytes = attrs.field(repr=False)


@attrs.frozen
class MessageSent:
    """A session has sent a message."""

    message: StoredMessage


@attrs.frozen
class MessageReceived:
    """A message has arrived at a session."""

    message: StoredMessage


@attrs.frozen
class MessageAcked:
    """A message has reached the state that its `ack` names."""

    message: StoredMessage


@attrs.frozen
class MessageReacted:
    """Somebody (a chat id) has reacted to a message; an empty `reaction` takes the one before back."""

    message: StoredMessage
    by: str
    reaction: str


@attrs.frozen
class MessageEdited:
    """A message has another text; `edit_id` is the id of the edit itself."""

    message: StoredMessage
    edit_id: str


@attrs.frozen
class MessageRevoked:
    """A message was deleted for everyone; `revoke_id` is the id of that act."""

    message: StoredMessage
    revoke_id: str


MessageEvent: TypeAlias = MessageSent | MessageReceived | MessageAcked | MessageReacted | MessageEdited | MessageRevoked


@attrs.frozen(kw_only=True)
class ChatSummary:
    """A chat at one moment: its id, its newest message, and how many nobody has read."""

    id: str
    last: StoredMessage
    unread: int


@attrs.define
class _Chat:
    messages: list[str] = attrs.field(factory=list[str])
    # A dict for its order: ids of what was received and not read.
    unread: dict[str, None] = attrs.field(factory=dict[str, None])


def _in_order(acks: Mapping[Ack, float]) -> list[tuple[Ack, float]]:
    return sorted(acks.items(), key=lambda one: ACKS[one[0]])


@attrs.define(eq=False, repr=False)
class ChatStore:
    """Messages by id, by chat of any session, and by chat of one session."""

    _lock: threading.RLock
    _scheduler: Scheduler
    _random: Random
    _publish: Callable[[MessageEvent], object]
    _sessions: SessionStore
    _people: People
    _groups: GroupStore
    _acks: list[tuple[Ack, float]] = attrs.field(converter=_in_order)
    base_url: str = attrs.field(default="http://localhost", init=False)
    table: Table[StoredMessage] = attrs.field(factory=Table[StoredMessage], init=False)
    files: Table[StoredFile] = attrs.field(factory=Table[StoredFile], init=False)
    _by_chat: defaultdict[str, list[str]] = attrs.field(factory=lambda: defaultdict(list), init=False)
    _ids: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    """Whole ids by bare ones, those too that only a fault gives out."""
    _by_session: defaultdict[str, dict[str, _Chat]] = attrs.field(factory=lambda: defaultdict(dict), init=False)

    def restored(self) -> None:
        """Work out what follows from the messages, which somebody else has put into the table."""
        for derived in (self._ids, self._by_chat, self._by_session):
            derived.clear()
        for message in self.table.values():
            self._file(message)
            if message.from_me and not message.lost:
                self._schedule_acks(message)

    # Messages

    def send(
        self,
        *,
        session_id: str,
        account: str | None,
        to: str,
        content: str,
        type: str,
        body: Mapping[str, Any],
        lost: bool = False,
        from_phone: bool = False,
        own_id: str | None = None,
    ) -> StoredMessage:
        """
        Take a message of a connected session; `to` is a chat id. One that is to be `lost` goes no further. An id of the
        sender's making becomes its own, unless there is a message of that id.
        """
        with self._lock:
            to = self._people.filed.get(to, to)
            session = (self._sessions.connected if from_phone else self._sessions.unrestricted)(session_id, account)
            if is_group(to):
                self._groups.check_post(to, session.own_id)
            writer = f"_{session.own_id}" if is_group(to) else ""
            new_id = own_id if own_id and f"true_{to}_{own_id}{writer}" not in self.table else self.new_id()
            message = StoredMessage(
                id=f"true_{to}_{new_id}{writer}",
                session=session_id,
                sender=session.settings.phone_number,
                to=to,
                content=content,
                type=type,
                timestamp=self._scheduler.now(),
                body=body,
                ack="PENDING" if lost or "SERVER" in dict(self._acks) else "SERVER",
                reply_to=self._quoted_id(body.get("replyTo")),
                lost=lost,
                from_phone=from_phone,
                file=self._keep_file(session, new_id, body.get("mimeType") or body.get("mimetype"), body.get("data")),
            )
            self._keep(message)
            self._publish(MessageSent(message))
            if not lost:
                self._schedule_acks(message)
            return message

    def arrives(self, message: StoredMessage) -> bool:
        """
        Return whether a message that was sent gets to a phone. A person whom WhatsApp does not know, or knows by the
        number's other spelling, never gets it.
        """
        return not message.lost and (
            not message.to.endswith("@c.us") or self._people.registered(message.to) == message.to
        )

    def _schedule_acks(self, message: StoredMessage) -> None:
        furthest = "SERVER" if not self.arrives(message) else "PLAYED" if message.type == "ptt" else "READ"
        for ack, after in self._acks:
            if ACKS[message.ack] < ACKS[ack] <= ACKS[furthest]:
                at = message.timestamp + after
                progress = partial(self.progress, message.id, ack)
                waits = ACKS[ack] > ACKS["SERVER"]  # for the phone to be on
                self._scheduler.add_at(
                    at, partial(self._people.when_online, message.to, progress) if waits else progress
                )

    def progress(self, message_id: str, ack: Ack) -> None:
        """Let a message come so far, unless it has come further, or failed."""
        with self._lock:
            message = self.table.get(message_id)
            if message is not None and ACKS["PENDING"] <= ACKS[message.ack] < ACKS[ack]:
                self.ack(message_id, ack)

    def receive(
        self,
        *,
        session_id: str,
        sender: str,
        content: str,
        type: str = "text",
        body: Mapping[str, Any] | None = None,
        group: str | None = None,
        reply_to: str | None = None,
        hidden: str | None = None,
    ) -> StoredMessage:
        """
        Let a message arrive from a person, or from a participant of a group; `body` is as of one that is sent, and
        `hidden` the id behind which the sender's number is kept.
        """
        with self._lock:
            session = self._sessions.connected(session_id)
            writer = hidden or sender
            chat, suffix = writer, ""
            if group is not None:
                self._groups.read(group, session.own_id)
                self._groups.check_post(group, sender)
                chat, suffix = group, f"_{writer}"
            new_id, body = self.new_id(), body or {}
            message = StoredMessage(
                id=f"false_{chat}_{new_id}{suffix}",
                session=session_id,
                sender=phone_number(writer),
                to=group or session.own_id,
                content=content,
                type=type,
                timestamp=self._scheduler.now(),
                body=body,
                from_me=False,
                ack="DEVICE",
                reply_to=self._quoted_id(reply_to),
                file=self._keep_file(session, new_id, body.get("mimetype"), body.get("data")),
            )
            self._keep(message)
            self._publish(MessageReceived(message))
            return message

    def _keep_file(self, session: StoredSession, name: str, mimetype: str | None, data: str | None) -> str | None:
        """Keep the bytes (in base64) of a message's media, if it has any here, and return where they can be had."""
        if data is None:
            return None
        mimetype = mimetype or "application/octet-stream"
        path = f"{session.id}/{name}{mimetypes.guess_extension(mimetype) or '.bin'}"
        self.files[path] = StoredFile(account=session.account, mimetype=mimetype, content=b64decode(data))
        return f"{self.base_url}/files/{path}"

    def file(self, session_id: str, name: str, account: str | None) -> StoredFile:
        """Return what can be downloaded under a name."""
        with self._lock:
            file = self.files.get(f"{session_id}/{name}")
        if file is None or account not in (None, file.account):
            raise Unknown("File", name)
        return file

    def _keep(self, message: StoredMessage) -> None:
        self.table[message.id] = message
        self._file(message)

    def _file(self, message: StoredMessage) -> None:
        chat_id, bare = message.chat, message.bare_id
        self._ids |= {bare: message.id, other_id(bare): message.id}
        self._by_chat[chat_id].append(message.id)
        chats = self._by_session[message.session]
        # Taken out and put back, so that the chats stand in the order of their newest messages.
        chat = chats.pop(chat_id, None) or _Chat()
        chat.messages.append(message.id)
        chats[chat_id] = chat
        if not message.from_me and ACKS[message.ack] < ACKS["READ"]:
            chat.unread[message.id] = None

    def message(self, message_id: str) -> StoredMessage:
        """Return a message by its id, in any form that an answer may have given it."""
        with self._lock:
            message = self.table.get(self._whole_id(message_id))
        if message is None:
            raise Unknown("Message", message_id)
        return message

    def messages(
        self, *, chat: str | None = None, session_id: str | None = None, from_me: bool | None = True
    ) -> tuple[StoredMessage, ...]:
        """Return messages, oldest first: of one chat, of one session, sent (True), received (False) or both."""
        with self._lock:
            found = (
                tuple(self.table.values())
                if chat is None
                else tuple(self.table[message_id] for message_id in self._by_chat.get(chat, ()))
            )
        return tuple(one for one in found if session_id in (None, one.session) and from_me in (None, one.from_me))

    def ack(self, message_id: str, ack: Ack) -> StoredMessage:
        """Say how far a message has come."""
        with self._lock:
            message = self.message(message_id)
            if ACKS[ack] >= ACKS["READ"]:
                self._chat(message.session, message.chat).unread.pop(message.id, None)
            return self._change(message, MessageAcked, ack=ack)

    def react(self, message_id: str, by: str, reaction: str) -> StoredMessage:
        """Let somebody (a chat id) react to a message; an empty reaction takes back the one before."""
        with self._lock:
            message = self.message(message_id)
            reactions = {who: what for who, what in {**message.reactions, by: reaction}.items() if what}
            return self._change(message, lambda one: MessageReacted(one, by, reaction), reactions=reactions)

    def edit(self, message_id: str, text: str) -> StoredMessage:
        """Change the text or the caption of a message."""
        with self._lock:
            message = self.message(message_id)
            words = {"content": text} if message.type == "text" else {"body": {**message.body, "caption": text}}
            return self._change(message, lambda one: MessageEdited(one, self.new_id()), edited=True, **words)

    def revoke(self, message_id: str) -> StoredMessage:
        """Delete a message for everyone: its words are gone."""
        with self._lock:
            message = self.message(message_id)
            return self._change(message, lambda one: MessageRevoked(one, self.new_id()), revoked=True)

    def _change(
        self, message: StoredMessage, event: Callable[[StoredMessage], MessageEvent], **changes: Any
    ) -> StoredMessage:
        self.table[message.id] = changed = attrs.evolve(message, **changes)
        self._publish(event(changed))
        return changed

    # Chats

    def chats(self, session_id: str) -> list[ChatSummary]:
        """Return a session's chats, the one with the oldest news first."""
        with self._lock:
            return [
                ChatSummary(id=chat_id, last=self.table[chat.messages[-1]], unread=len(chat.unread))
                for chat_id, chat in self._by_session.get(session_id, {}).items()
            ]

    def history(
        self, session_id: str, chat_id: str, wanted: Callable[[StoredMessage], bool], *, offset: int, limit: int
    ) -> list[StoredMessage]:
        """Return the wanted messages of a chat, newest first: at most `limit` after the first `offset`."""
        with self._lock:
            newest_first = (self.table[message_id] for message_id in reversed(self._chat(session_id, chat_id).messages))
            return list(islice(filter(wanted, newest_first), offset, offset + limit))

    def read(self, session_id: str, chat_id: str, *, at_most: int, since: float) -> list[str]:
        """Mark what was received in a chat as read, newest first, and return the ids."""
        with self._lock:
            chat = self._chat(session_id, chat_id)
            unread = islice(reversed(chat.unread), at_most)
            ids = [message_id for message_id in unread if self.table[message_id].timestamp >= since]
            for message_id in ids:
                self.ack(message_id, "READ")
            return ids

    def seen(self, session_id: str, message_id: str) -> None:
        """Mark one received message as read; one that is not known here is nobody's concern."""
        with self._lock, suppress(Unknown):
            message = self.message(message_id)
            if message.id in self._chat(session_id, message.chat).unread:
                self.ack(message.id, "READ")

    def _whole_id(self, said: str) -> str:
        return said if said in self.table else self._ids.get(bare_id(said), said)

    def _quoted_id(self, said: object) -> str | None:
        return self._whole_id(said) if isinstance(said, str) else None

    def _chat(self, session_id: str, chat_id: str) -> _Chat:
        return self._by_session.get(session_id, {}).get(chat_id) or _Chat()

    def new_id(self) -> str:
        """Return a bare id that no message has yet."""
        return f"3EB0{self._random.getrandbits(64):016X}"
