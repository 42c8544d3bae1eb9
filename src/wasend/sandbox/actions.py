"""
What a test can do with a sandbox and see of it, whichever way in it takes.

The signatures here are the only ones: the control API, the page and scenarios read them.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from wasend.sandbox.acts import ACTS, Acts, act_path, somebody
from wasend.sandbox.api import EVERYBODY, Filled, Lid, Person, RateLimit, Url, account_of
from wasend.sandbox.faults import Faults, Journal, JournalEntry
from wasend.sandbox.webhooks import Outbox, Sender, Webhook
from wasend.sandbox.world import (
    Clock,
    SessionSettings,
    State,
    StoredContact,
    StoredGroup,
    StoredMessage,
    StoredSession,
    looked_up,
    person,
)
from wasend.sandbox.world import phone_number as number_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["ACTS", "Actions", "act_path", "somebody"]


class Actions(Acts, ABC):
    """The half of `Sandbox` that ways in are made from; the other half makes them."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        *,
        dialect: Literal["auto", "docs", "sdk"],
        keys: Sequence[str],
        limit: RateLimit | None,
        faults: Faults,
        outbox: Outbox,
        sender: Sender,
    ) -> None:
        self.clock = clock
        self.dialect: Literal["auto", "docs", "sdk"] = dialect
        self.faults = faults
        self._state = state
        self._keys = keys
        self._limit = limit
        self._journal = Journal()
        self._outbox = outbox
        self._sender = sender

    @abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""

    @property
    def base_url(self) -> str:
        """Where media of messages say that they can be downloaded; a server that starts sets it to its own URL."""
        return self._state.chats.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._state.chats.base_url = url

    # Who there is

    def add_session(
        self,
        name: Filled = "Front Desk",
        phone_number: Person = "+447700900123",
        *,
        webhook_url: Url | None = None,
        api_key: Filled | None = None,
    ) -> StoredSession:
        """
        Add a session that is connected: a phone has scanned it already.

        Args:
            name: Its name.
            phone_number: Its number, in any spelling.
            webhook_url: Where its webhooks go, if it wants any.
            api_key: Whose it is, where several keys are let in; the first one's by default.

        Raises:
            ValueError: The name is taken, or there is no such key.
        """
        if api_key is not None and self._keys and api_key not in self._keys:
            raise ValueError("there is no account with this api_key")
        key = api_key or next(iter(self._keys), None)
        settings = SessionSettings(
            name=name,
            phone_number=number_of(person(looked_up(phone_number))),
            enable_webhook=webhook_url is not None,
            webhook_url=webhook_url,
        )
        return self._state.sessions.add(settings, account_of(key) if key and self._keys else EVERYBODY)

    def qr_code(self, session: str) -> str | None:
        """
        Return the text of the QR code that a session shows now, or None.

        Raises:
            ValueError: There is no such session.
        """
        waiting = self._state.sessions.get(session).status == "SCAN_QR_CODE"
        return self._state.sessions.qr_code(session) if waiting else None

    def scan(self, session: str, *, passkey: bool = False) -> StoredSession:
        """
        Let a phone scan a session's QR code: the session is connected.

        Args:
            session: Its id.
            passkey: Whether WhatsApp asks the phone for a passkey first: PASSKEY_REQUIRED, until `passkey` and
                `confirm_passkey`.

        Raises:
            ValueError: There is no such session, or it shows no QR code.
        """
        return self._state.sessions.scan(session, passkey=passkey)

    def passkey(self, session: str) -> StoredSession:
        """
        Let the phone give its passkey: from PASSKEY_REQUIRED to PASSKEY_CONFIRMATION_REQUIRED.

        Raises:
            ValueError: There is no such session, or it asks for none.
        """
        return self._state.sessions.passkey(session)

    def confirm_passkey(self, session: str) -> StoredSession:
        """
        Let the phone's owner confirm the passkey: the session is connected.

        Raises:
            ValueError: There is no such session, or it waits for nothing of the kind.
        """
        return self._state.sessions.confirm_passkey(session)

    # What is said

    def messages(
        self, to: str | None = None, session: str | None = None, *, from_me: bool | None = True
    ) -> tuple[StoredMessage, ...]:
        """
        Return the messages that were sent, or received, oldest first.

        Args:
            to: Only those in the chat with this recipient: any spelling of a phone number, or a chat id.
            session: Only those of the session with this id.
            from_me: True for those that were sent, False for those received, None for both.

        Raises:
            ValueError: `to` is no recipient.
        """
        chat = None if to is None else looked_up(to)
        filed = self._state.people.filed.get(chat or "")
        self._state.scheduler.catch_up()
        found = self._state.chats.messages(chat=None if filed else chat, session_id=session, from_me=from_me)
        return tuple(one for one in found if one.chat in (chat, filed)) if filed else found

    def script_reply(
        self,
        reply: Filled | Callable[[StoredMessage], str | None],
        *,
        match: str | None = None,
        from_: Person | None = None,
        after: float = 1,
        times: int | None = None,
    ) -> None:
        """
        Have people read what they are sent, and reply to it, by themselves. The first script that fits is taken.

        Args:
            reply: What they reply; or a function that makes it of the `StoredMessage`, and may answer None for nothing.
            match: A regular expression, without regard to case, that what was sent must contain.
            from_: Only this person: any spelling of a phone number.
            after: Seconds after the send, by the sandbox's clock.
            times: How often at most.

        Raises:
            ValueError: `match` is not a regular expression, or `from_` no person.
        """
        try:
            person = None if from_ is None else self._writer(from_)
            self._state.replies.add(reply, match=match, person=person, after=after, times=times)
        except re.error as error:
            raise ValueError(f"match is not a regular expression: {error}") from None

    def deliveries(
        self, to: str | None = None, text: str | None = None, session: str | None = None
    ) -> tuple[StoredMessage, ...]:
        """
        Return the messages that WhatsApp was given, oldest first: what was sent, and
        neither lost in a dead session nor typed on the phone.

        Args:
            to: Only those in the chat with this recipient: any spelling of a phone number, or a chat id.
            text: Only those with this text, or this caption.
            session: Only those of the session with this id.

        Raises:
            ValueError: `to` is no recipient.
        """
        sent = self.messages(to, session)
        return tuple(one for one in sent if not (one.lost or one.from_phone) and text in (None, one.content, one.words))

    def assert_delivered(self, to: str, text: str | None = None, times: int = 1, session: str | None = None) -> None:
        """
        Check that somebody was sent something, exactly so often.

        Args:
            to: To whom: any spelling of a phone number, or a chat id.
            text: Which text, or which caption; None counts every message.
            times: How often.
            session: By the session with this id, if it matters.

        Raises:
            AssertionError: It was sent less or more often; it says what was sent instead.
        """
        found = len(self.deliveries(to, text, session))
        if found != times:
            instead = [one.content for one in self.deliveries(to, session=session)]
            what = "messages were" if text is None else f"copies of {text!r} were"
            raise AssertionError(f"{found} {what} delivered to {to}, not {times}; delivered: {instead}")

    def assert_no_duplicates(self, session: str | None = None) -> None:
        """
        Check that nobody was sent the same thing twice by the same session.

        Args:
            session: The id of the only session to look at.

        Raises:
            AssertionError: Somebody was; it says who, what and how often.
        """
        counts = Counter(
            (one.session, one.to, one.type, json.dumps({**one.body, "to": one.to}, sort_keys=True))
            for one in self.deliveries(session=session)
        )
        twice = {key: count for key, count in counts.items() if count > 1}
        if twice:
            named = [f"{count} × {body} to {to}" for (_, to, _, body), count in twice.items()]
            raise AssertionError(f"delivered more than once: {'; '.join(named)}")

    # Who is known

    def add_contact(
        self,
        number: Person,
        name: str | None = None,
        *,
        push_name: str | None = None,
        picture_url: Url | None = None,
        lid: Lid | None = None,
    ) -> StoredContact:
        """
        Write a person into the address book that all sessions share, over what it said of them before.

        Args:
            number: Any spelling of a phone number, or a person's chat id; a hidden id (``…@lid``) if nothing else is
                known.
            name: Under which name.
            push_name: The name that the person chose.
            picture_url: Where the person's picture is.
            lid: The hidden id behind which WhatsApp keeps the number.

        Raises:
            ValueError: `number` is no person.
        """
        contact = StoredContact(id=somebody(number), name=name, push_name=push_name, picture_url=picture_url)
        self._state.people.add(contact)
        if lid is not None:
            self._state.people.hide(contact.id, lid)
        return contact

    def add_unknown(self, *numbers: Person) -> None:
        """
        Take people off WhatsApp: they do not exist to contacts and groups. Sending to them goes on as before.

        Args:
            numbers: Any spelling of phone numbers, or people's chat ids.

        Raises:
            ValueError: One of them is no person.
        """
        self._state.people.add_unknown([somebody(number) for number in numbers])

    def add_group(
        self, name: Filled, *, owner: Person, participants: Iterable[Person] = (), description: str = ""
    ) -> StoredGroup:
        """
        Let somebody found a group; a session is in it if its number is among the participants.

        Args:
            name: The group's subject.
            owner: Its super admin: any spelling of a phone number, or a person's chat id.
            participants: The others, none of them an admin; those who are unknown to WhatsApp are left out.
            description: What it is about.

        Raises:
            ValueError: One of them is no person.
        """
        others = dict.fromkeys(map(somebody, participants), False)
        return self._state.groups.create(somebody(owner), name, others, description=description)

    @property
    def contacts(self) -> tuple[StoredContact, ...]:
        """The address book that all sessions share, in the order in which people were written into it."""
        return tuple(self._state.people.contacts().values())

    @property
    def unknown(self) -> tuple[str, ...]:
        """The numbers that are not on WhatsApp."""
        return tuple(map(number_of, self._state.people.unknown))

    @property
    def replies(self) -> tuple[Mapping[str, object], ...]:
        """The scripted replies that are left, in their order: the arguments of `script_reply`."""
        return self._state.replies.every()

    @property
    def groups(self) -> Mapping[str, StoredGroup]:
        """The groups as they are now, by id, oldest first."""
        return MappingProxyType(self._state.groups.every())

    @property
    def sessions(self) -> Mapping[str, StoredSession]:
        """The sessions as they are now, by id, oldest first."""
        return MappingProxyType(self._state.sessions.every())

    # What happened

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """The requests of the API that were made, oldest first, and what became of each; the newest 100 000."""
        return self._journal.every()

    @property
    def webhooks(self) -> tuple[Webhook, ...]:
        """The webhooks so far, oldest first, and what became of each; the newest 10 000."""
        self._state.scheduler.catch_up()
        return self._outbox.every()

    def drain(self, timeout: float = 10) -> None:
        """
        Wait until every webhook whose time has come was tried. In a coroutine, take `adrain`.

        Args:
            timeout: Seconds of real time to wait at most.

        Raises:
            TimeoutError: It took longer.
        """
        self._sender.drain(timeout)

    async def adrain(self, timeout: float = 10) -> None:
        """
        Wait until every webhook whose time has come was tried.

        Args:
            timeout: Seconds of real time to wait at most.

        Raises:
            TimeoutError: It took longer.
        """
        await self._sender.adrain(timeout)

    def reset(self) -> None:
        """Begin anew: forget all that was said, added or asked, faults and the limit's count too; the clock goes on."""
        self._state.reset()
        self._journal.clear()
        self._outbox.reset()
        self.faults.clear()
        if self._limit is not None:
            self._limit.reset()
