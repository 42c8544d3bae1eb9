"""
The sandbox's messages, and the chats they make up.

A message is kept once; a chat is a list of ids, and belongs to one session. Taking a message costs the same
however many there are.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from random import Random
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs

from wasend.sandbox.world.clock import Scheduler
from wasend.sandbox.world.groups import GroupStore
from wasend.sandbox.world.people import People, is_group, person, phone_number
from wasend.sandbox.world.sessions import SessionStore
from wasend.sandbox.world.store import Refusal, Table, Unknown

Ack: TypeAlias = Literal["ERROR", "PENDING", "SERVER", "DEVICE", "READ", "PLAYED"]

ACKS: Mapping[str, int] = MappingProxyType(
    {"ERROR": -1, "PENDING": 0, "SERVER": 1, "DEVICE": 2, "READ": 3, "PLAYED": 4}
)
"""How far a message has come, in WhatsApp's words and numbers."""


@attrs.frozen(kw_only=True)
class StoredMessage:
    """
    A message that the sandbox took.

    `session` is the session's id, `sender` the phone number of who wrote it, `to` a chat id
    (``447700900456@c.us``; the session's own where it was received from a person), `content` the text or the
    reference of the media, `timestamp` seconds since the epoch, `body` the request as it came (empty where the
    message was received), `ack` how far it has come, `reply_to` the id of the message that it quotes, `reactions`
    whose (chat ids) and which, `lost` whether it was taken and went nowhere.
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

    @property
    def chat(self) -> str:
        """The id of the chat that it is in: a person's or a group's."""
        return self.to if self.from_me or is_group(self.to) else person(self.sender)

    @property
    def words(self) -> str | None:
        """The words in it: its text, or the caption of its media; None where there are none."""
        return self.content if self.type == "text" else self.body.get("caption") or self.body.get("text")


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


MessageEvent: TypeAlias = MessageSent | MessageReceived | MessageAcked | MessageReacted


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
    table: Table[StoredMessage] = attrs.field(factory=Table[StoredMessage], init=False)
    _by_chat: defaultdict[str, list[str]] = attrs.field(factory=lambda: defaultdict(list), init=False)
    _by_session: defaultdict[str, dict[str, _Chat]] = attrs.field(factory=lambda: defaultdict(dict), init=False)

    def restored(self) -> None:
        """Work out what follows from the messages, which somebody else has put into the table."""
        for message in self.table.values():
            self._file(message)
            if message.from_me and not message.lost:
                self._schedule_acks(message)

    def reset(self) -> None:
        """Forget every message."""
        with self._lock:
            self.table.clear()
            self._by_chat.clear()
            self._by_session.clear()

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
    ) -> StoredMessage:
        """Take a message of a connected session; `to` is a chat id. One that is to be `lost` goes no further."""
        with self._lock:
            session = self._sessions.connected(session_id, account)
            if is_group(to):
                self._groups.check_post(to, session.own_id)
            message = StoredMessage(
                id=f"true_{to}_{self._new_id()}",
                session=session_id,
                sender=session.settings.phone_number,
                to=to,
                content=content,
                type=type,
                timestamp=self._scheduler.now(),
                body=body,
                ack="PENDING" if lost or "SERVER" in dict(self._acks) else "SERVER",
                reply_to=body.get("replyTo"),
                lost=lost,
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
                self._scheduler.add_at(message.timestamp + after, partial(self.progress, message.id, ack))

    def progress(self, message_id: str, ack: Ack) -> None:
        """Let a message come so far, unless it has come further, or failed."""
        with self._lock:
            message = self.table.get(message_id)
            if message is not None and ACKS["PENDING"] <= ACKS[message.ack] < ACKS[ack]:
                self.ack(message_id, ack)

    def receive(
        self, *, session_id: str, sender: str, text: str, group: str | None, reply_to: str | None
    ) -> StoredMessage:
        """Let a text arrive from a person, or from a participant of a group."""
        with self._lock:
            session = self._sessions.connected(session_id)
            chat, suffix = sender, ""
            if group is not None:
                self._groups.read(group, session.own_id)
                self._groups.check_post(group, sender)
                chat, suffix = group, f"_{sender}"
            message = StoredMessage(
                id=f"false_{chat}_{self._new_id()}{suffix}",
                session=session_id,
                sender=phone_number(sender),
                to=group or session.own_id,
                content=text,
                type="text",
                timestamp=self._scheduler.now(),
                body={},
                from_me=False,
                ack="DEVICE",
                reply_to=reply_to,
            )
            self._keep(message)
            self._publish(MessageReceived(message))
            return message

    def _keep(self, message: StoredMessage) -> None:
        self.table[message.id] = message
        self._file(message)

    def _file(self, message: StoredMessage) -> None:
        chat_id = message.chat
        self._by_chat[chat_id].append(message.id)
        chats = self._by_session[message.session]
        # Taken out and put back, so that the chats stand in the order of their newest messages.
        chat = chats.pop(chat_id, None) or _Chat()
        chat.messages.append(message.id)
        chats[chat_id] = chat
        if not message.from_me and ACKS[message.ack] < ACKS["READ"]:
            chat.unread[message.id] = None

    def message(self, message_id: str) -> StoredMessage:
        """Return a message by its id."""
        with self._lock:
            message = self.table.get(message_id)
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
            message = attrs.evolve(self.message(message_id), ack=ack)
            self.table[message_id] = message
            if ACKS[ack] >= ACKS["READ"]:
                self._chat(message.session, message.chat).unread.pop(message_id, None)
            self._publish(MessageAcked(message))
            return message

    def react(self, message_id: str, by: str, reaction: str) -> StoredMessage:
        """Let somebody (a chat id) react to a message; an empty reaction takes back the one before."""
        with self._lock:
            message = self.message(message_id)
            reactions = {who: what for who, what in {**message.reactions, by: reaction}.items() if what}
            message = attrs.evolve(message, reactions=reactions)
            self.table[message_id] = message
            self._publish(MessageReacted(message, by, reaction))
            return message

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
        with self._lock:
            message = self.table.get(message_id)
            if message is not None and message_id in self._chat(session_id, message.chat).unread:
                self.ack(message_id, "READ")

    def _chat(self, session_id: str, chat_id: str) -> _Chat:
        return self._by_session.get(session_id, {}).get(chat_id) or _Chat()

    def _new_id(self) -> str:
        return f"3EB0{self._random.getrandbits(64):016X}"


Answer: TypeAlias = str | Callable[[StoredMessage], str | None]
"""What is replied: a text, or what makes one of the message that was sent (None: nothing)."""


@attrs.define
class _Script:
    answer: Answer
    match: re.Pattern[str] | None
    person: str | None
    after: float
    left: float


@attrs.define(eq=False, repr=False)
class Replies:
    """Scripts, of which the first that fits is taken."""

    _lock: threading.RLock
    _scheduler: Scheduler
    _chats: ChatStore
    _scripts: list[_Script] = attrs.field(factory=list[_Script], init=False)

    def add(self, answer: Answer, *, match: str | None, person: str | None, after: float, times: int | None) -> None:
        """Add a script."""
        if not 0 <= after <= sys.float_info.max:
            raise ValueError(f"after is a number of seconds >= 0, not {after}")
        with self._lock:
            pattern = None if match is None else re.compile(match, re.IGNORECASE)
            self._scripts.append(_Script(answer, pattern, person, after, float("inf") if times is None else times))

    def clear(self) -> None:
        """Forget every script."""
        with self._lock:
            self._scripts.clear()

    def sent(self, message: StoredMessage) -> None:
        """Have the person to whom a message was sent reply to it, if a script says so."""
        if not (message.from_me and message.to.endswith("@c.us") and self._chats.arrives(message)):
            return
        for script in self._scripts:
            wanted = script.left > 0 and script.person in (None, message.to)
            if wanted and (script.match is None or script.match.search(message.words or "")):
                answer = script.answer if isinstance(script.answer, str) else script.answer(message)
                if answer is not None:
                    script.left -= 1
                    self._scheduler.add(script.after, partial(self._reply, message, answer))
                return

    def _reply(self, message: StoredMessage, answer: str) -> None:
        with suppress(Refusal):  # the session may be gone, or not connected: then nothing arrives
            self._chats.progress(message.id, "READ")
            self._chats.receive(session_id=message.session, sender=message.to, text=answer, group=None, reply_to=None)
