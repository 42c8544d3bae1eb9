"""The sandbox as one object: an ASGI application, and its steering wheel."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import httpx

from wasend import AsyncWasendClient, WasendClient
from wasend.sandbox.app import LOST, build_app
from wasend.sandbox.chat_ids import looked_up, person
from wasend.sandbox.chat_ids import phone_number as phone_number_of
from wasend.sandbox.chat_store import ACKS, Ack, StoredMessage
from wasend.sandbox.chats import chat_endpoints
from wasend.sandbox.clock import Clock
from wasend.sandbox.contacts import contact_endpoints
from wasend.sandbox.control import PREFIX, control_endpoints
from wasend.sandbox.courier import Courier
from wasend.sandbox.dialects import Dialect, Docs, Sdk
from wasend.sandbox.events import Events
from wasend.sandbox.faults import Fault, Faults
from wasend.sandbox.faulty import Played, play
from wasend.sandbox.group_store import StoredGroup
from wasend.sandbox.groups import group_endpoints
from wasend.sandbox.guards import ACCOUNT, EVERYBODY, HEADERS, account_of, key_guard
from wasend.sandbox.in_process import InProcess
from wasend.sandbox.journal import Journal, JournalEntry
from wasend.sandbox.limits import RateLimit
from wasend.sandbox.message_shapes import words
from wasend.sandbox.messages import message_endpoints
from wasend.sandbox.page import page_routes
from wasend.sandbox.people import StoredContact
from wasend.sandbox.replies import Answer
from wasend.sandbox.server import SandboxServer
from wasend.sandbox.session_store import QR_SECONDS, SessionSettings, StoredSession
from wasend.sandbox.sessions import session_endpoints
from wasend.sandbox.state import State
from wasend.sandbox.webhooks import Outbox, Webhook

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wasend.sandbox.storage import Storage


class Sandbox:
    """
    A local WASend that remembers sessions, messages, chats, contacts and groups, and fails when it is told to. It is an
    ASGI application itself; `async_client` and `client` call it without a socket, `serve` listens on a port. Every
    method may be called from any thread.

    Args:
        api_key: The key that is let in, or several: each is an account of its own, which sees its own sessions only.
            None lets in any bearer key, and all of them to one account.
        dialect: ``"docs"`` answers as WASend's documentation prints it, ``"sdk"`` as its official SDK says.
        scan_after: Seconds after which a shown QR code is scanned by itself; None waits for `scan`.
        start_after: Seconds that a session stays STARTING.
        rate_limit: ``"20/m"``, ``"5/s"``, ``"5/10s"``, or the number of requests and the seconds; a key.
        rate_limit_headers: Whether answers tell of it in ``X-RateLimit-*`` headers; the service documents none.
        clock: Where time comes from; a `Clock` of its own by default.
        unknown: Phone numbers that are not on WhatsApp; everybody else is. `add_unknown` adds more.
        seed: The same number gives the same ids, and the same requests for faults to hit.
        faults: What goes wrong, as `Fault` values or texts such as ``"reset_after POST /sendText 10%"``; see `faults`.
        acks: Seconds after a send at which its message reaches ``"SERVER"``, ``"DEVICE"``, ``"READ"`` and, for voice,
            ``"PLAYED"``, such as ``{"DEVICE": 1, "READ": 5}``. By default it stays at ``"SERVER"`` until `ack`.
        webhook_key: Signs webhooks: ``X-Webhook-Hmac`` is the hexadecimal HMAC-SHA512 of the body.
        webhook_app: An ASGI application that gets all webhooks, without a socket, instead of their URLs.
        webhook_attempts: How often a webhook is tried, as the service's engine does.
        webhook_delay: Seconds between two tries, by the sandbox's clock.
        allow_remote_webhooks: Whether webhooks may go to other machines than this.
        persist: A file (SQLite) that keeps the state: a sandbox of the same file goes on where that one stopped.

    Raises:
        ValueError: One of them can mean nothing.

    Example:
        >>> sandbox = Sandbox()
        >>> desk = sandbox.add_session("Front Desk", "+447700900123")
        >>> with sandbox.client() as client:
        ...     message = client.send_text(session=desk.id, to="+447700900456", text="See you at 10")
        >>> sandbox.assert_delivered("+447700900456", "See you at 10")
    """

    def __init__(
        self,
        *,
        api_key: str | Iterable[str] | None = None,
        dialect: Literal["docs", "sdk"] = "docs",
        scan_after: float | None = None,
        start_after: float = 0,
        rate_limit: str | tuple[int, float] | None = None,
        rate_limit_headers: bool = False,
        clock: Clock | None = None,
        unknown: Iterable[str] = (),
        seed: int | None = None,
        faults: Iterable[Fault | str] = (),
        acks: Mapping[Ack, float] | None = None,
        webhook_key: str | None = None,
        webhook_app: ASGIApp | None = None,
        webhook_attempts: int = 15,
        webhook_delay: float = 2.0,
        allow_remote_webhooks: bool = False,
        persist: str | os.PathLike[str] | None = None,
    ) -> None:
        keys = () if api_key is None else (api_key,) if isinstance(api_key, str) else tuple(api_key)
        if api_key is not None and not (keys and all(key.strip() for key in keys)):
            raise ValueError("an empty api_key would let nobody in; None lets in any key")
        if scan_after is not None and not 0 <= scan_after < QR_SECONDS:
            raise ValueError(f"scan_after is from 0 to {QR_SECONDS} seconds, as long as QR codes last: {scan_after}")
        if not start_after >= 0:
            raise ValueError(f"start_after is a number of seconds >= 0, not {start_after}")
        for ack, after in (acks or {}).items():
            if ACKS.get(ack, 0) < ACKS["SERVER"] or not after >= 0:
                raise ValueError(f"acks are seconds >= 0 for SERVER, DEVICE, READ or PLAYED, not {ack!r}: {after}")
        self._keys = keys
        self.clock = clock or Clock()
        self.dialect: Literal["docs", "sdk"] = dialect
        random = Random(seed)
        self._state = State(
            self.clock,
            random,
            scan_after=scan_after,
            start_after=start_after,
            acks=acks or {},
            unknown=map(_person, unknown),
        )
        self._journal = Journal()
        self.faults = Faults(seed if seed is not None else random.getrandbits(64))
        for fault in faults:
            self.faults.add(fault)
        self._outbox = Outbox(
            self.clock,
            random,
            webhook_key,
            attempts=webhook_attempts,
            delay=webhook_delay,
            faults=self.faults,
            allow_remote=allow_remote_webhooks or webhook_app is not None,
        )
        self._courier = Courier(self._outbox, self.clock, self._state.agenda, webhook_app=webhook_app)
        self._state.listeners.append(Events(self._state.sessions, self._state.agenda, self._outbox))
        self._unwatch = self.clock.watch(self._state.agenda.catch_up)
        self._limit = None if rate_limit is None else RateLimit(rate_limit, self.clock)
        shape = _dialect(dialect)
        self._app = build_app(
            shape,
            api=[
                *message_endpoints(self._state, shape),
                *session_endpoints(self._state, shape),
                *contact_endpoints(self._state, shape),
                *chat_endpoints(self._state, shape, self.clock),
                *group_endpoints(self._state, shape),
            ],
            guard=key_guard(keys, self._limit, announced=rate_limit_headers),
            control=control_endpoints(self, shape),
            page=page_routes(self, self._state),
        )
        self._storage = None if persist is None else _storage(persist, self._state)

    # Who there is

    def add_session(
        self,
        name: str = "Front Desk",
        phone_number: str = "+447700900123",
        *,
        webhook_url: str | None = None,
        api_key: str | None = None,
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
            phone_number=phone_number_of(_person(phone_number)),
            enable_webhook=webhook_url is not None,
            webhook_url=webhook_url,
        )
        return self._state.sessions.add(settings, account_of(key) if key and self._keys else EVERYBODY)

    def qr_code(self, session_id: str) -> str | None:
        """
        Return the text of the QR code that a session shows now, or None.

        Raises:
            ValueError: There is no such session.
        """
        session = self._state.sessions.get(session_id)
        return self._state.sessions.qr_code(session_id) if session.status == "SCAN_QR_CODE" else None

    def scan(self, session_id: str, *, passkey: bool = False) -> None:
        """
        Let a phone scan a session's QR code: the session is connected.

        Args:
            session_id: Which session.
            passkey: Whether WhatsApp asks the phone for a passkey first: PASSKEY_REQUIRED, until `passkey` and
                `confirm_passkey`.

        Raises:
            ValueError: There is no such session, or it shows no QR code.
        """
        self._state.sessions.scan(session_id, passkey=passkey)

    def passkey(self, session_id: str) -> None:
        """
        Let the phone give its passkey: from PASSKEY_REQUIRED to PASSKEY_CONFIRMATION_REQUIRED.

        Raises:
            ValueError: There is no such session, or it asks for none.
        """
        self._state.sessions.passkey(session_id)

    def confirm_passkey(self, session_id: str) -> None:
        """
        Let the phone's owner confirm the passkey: the session is connected.

        Raises:
            ValueError: There is no such session, or it waits for nothing of the kind.
        """
        self._state.sessions.confirm_passkey(session_id)

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
        self._state.agenda.catch_up()
        return self._state.chats.messages(chat=chat, session_id=session, from_me=from_me)

    def receive(
        self, session: str, from_: str, text: str, *, group: str | None = None, reply_to: str | None = None
    ) -> StoredMessage:
        """
        Let a text message arrive.

        Args:
            session: The id of the session that receives it; it must be connected.
            from_: Who writes: any spelling of a phone number, or a person's chat id.
            text: What they write.
            group: The id of the group in which they write, if it is one; both must be in it.
            reply_to: The id of the message that they quote.

        Raises:
            ValueError: The session cannot receive it, `from_` is no person, or may not write there.
        """
        return self._state.chats.receive(
            session_id=session, sender=self._writer(from_), text=text, group=group, reply_to=reply_to
        )

    def _writer(self, spelling: str) -> str:
        person = _person(spelling)
        return self._state.people.registered(person) or person

    def ack(self, message_id: str, ack: Ack) -> StoredMessage:
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

    def react(self, message_id: str, from_: str, reaction: str) -> StoredMessage:
        """
        Let somebody react to a message.

        Args:
            message_id: Which message.
            from_: Who reacts: any spelling of a phone number, or a person's chat id.
            reaction: An emoji; ``""`` takes the reaction back.

        Raises:
            ValueError: There is no such message, or `from_` is no person.
        """
        return self._state.chats.react(message_id, _person(from_), reaction)

    def script_reply(
        self,
        reply: Answer,
        *,
        match: str | None = None,
        from_: str | None = None,
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
            ValueError: `match` is no regular expression, or `from_` no person.
        """
        try:
            person = None if from_ is None else self._writer(from_)
            self._state.replies.add(reply, match=match, person=person, after=after, times=times)
        except re.error as error:
            raise ValueError(f"match is no regular expression: {error}") from None

    def deliveries(
        self, to: str | None = None, text: str | None = None, session: str | None = None
    ) -> tuple[StoredMessage, ...]:
        """
        Return the messages that WhatsApp was given, oldest first: what was sent, and not lost in a dead session.

        Args:
            to: Only those in the chat with this recipient: any spelling of a phone number, or a chat id.
            text: Only those with this text, or this caption.
            session: Only those of the session with this id.

        Raises:
            ValueError: `to` is no recipient.
        """
        sent = self.messages(to, session)
        return tuple(one for one in sent if not one.lost and text in (None, one.content, words(one)))

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
            told = [f"{count} × {body} to {to}" for (_, to, _, body), count in twice.items()]
            raise AssertionError(f"delivered more than once: {'; '.join(told)}")

    # Who is known

    def add_contact(
        self,
        number: str,
        name: str | None = None,
        *,
        push_name: str | None = None,
        picture_url: str | None = None,
    ) -> StoredContact:
        """
        Write a person into the address book that all sessions share, over what it said of them before.

        Args:
            number: Any spelling of a phone number, or a person's chat id.
            name: Under which name.
            push_name: The name that the person chose.
            picture_url: Where the person's picture is.

        Raises:
            ValueError: `number` is no person.
        """
        contact = StoredContact(id=_person(number), name=name, push_name=push_name, picture_url=picture_url)
        self._state.people.add(contact)
        return contact

    def add_unknown(self, *numbers: str) -> None:
        """
        Take people off WhatsApp: they do not exist to contacts and groups. Sending to them goes on as before.

        Args:
            numbers: Any spelling of phone numbers, or people's chat ids.

        Raises:
            ValueError: One of them is no person.
        """
        self._state.people.add_unknown([_person(number) for number in numbers])

    def add_group(
        self, name: str, *, owner: str, participants: Iterable[str] = (), description: str = ""
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
        others = dict.fromkeys(map(_person, participants), False)
        return self._state.groups.create(_person(owner), name, others, description=description)

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
        """The webhooks that were due so far, oldest first, and what became of each; the newest 10 000."""
        self._state.agenda.catch_up()
        return self._outbox.every()

    def drain(self, timeout: float = 10) -> None:
        """
        Wait until every webhook that is due was tried. In a coroutine, take `adrain`.

        Args:
            timeout: Seconds of real time to wait at most.

        Raises:
            TimeoutError: It took longer.
        """
        self._courier.drain(timeout)

    async def adrain(self, timeout: float = 10) -> None:
        """
        Wait until every webhook that is due was tried.

        Args:
            timeout: Seconds of real time to wait at most.

        Raises:
            TimeoutError: It took longer.
        """
        await self._courier.adrain(timeout)

    def reset(self) -> None:
        """Begin anew: forget all that was said, added or asked, faults and the limit's count too; the clock goes on."""
        self._state.reset()
        self._journal.clear()
        self._outbox.reset()
        self.faults.clear()
        if self._limit is not None:
            self._limit.reset()

    def close(self) -> None:
        """End it: nothing happens by itself any more, and the file that keeps the state, if there is one, is closed."""
        self._unwatch()
        if self._storage is not None:
            self._storage.close()

    # Ways in

    def async_client(self, api_key: str | None = None, **options: Any) -> AsyncWasendClient:
        """
        Return a client that calls this sandbox without a socket, and waits by its clock.

        Args:
            api_key: With which key; by default the first that is let in.
            options: Further arguments of `AsyncWasendClient`.
        """
        return AsyncWasendClient(self._key(api_key), **self._in_process(options))

    def client(self, api_key: str | None = None, **options: Any) -> WasendClient:
        """
        Return a synchronous client that calls this sandbox without a socket, and waits by its clock.

        Args:
            api_key: With which key; by default the first that is let in.
            options: Further arguments of `WasendClient`.
        """
        return WasendClient(self._key(api_key), **self._in_process(options))

    def _key(self, api_key: str | None) -> str:
        return api_key or next(iter(self._keys), "any-key")

    def _in_process(self, options: dict[str, Any]) -> dict[str, Any]:
        http_client = httpx.AsyncClient(transport=InProcess(self))
        return {"base_url": "http://localhost", "http_client": http_client, "clock": self.clock, **options}

    def serve(self, port: int = 0, host: str = "127.0.0.1", *, allow_remote: bool = False) -> SandboxServer:
        """
        Return a server for this sandbox, to be entered with ``with`` or ``async with``.

        Args:
            port: Which port; 0 takes a free one.
            host: Which address of this machine.
            allow_remote: Whether `host` may be reachable from other machines.

        Raises:
            ValueError: `host` is not a loopback address, and `allow_remote` was not said.
        """
        return SandboxServer(self, port=port, host=host, allow_remote=allow_remote)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        self._state.agenda.catch_up()
        path: str = scope["path"]
        faults = () if path == "/" or path.startswith(PREFIX) else self.faults.on_request(scope["method"], path)
        if any(fault.kind == "dead_session" for fault in faults):
            scope[LOST] = True

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self.clock.now(), usegmt=True).encode()
                message["headers"] = [*message["headers"], (b"date", date), *scope.get(HEADERS, ())]
                if not faults:
                    self._note(scope, message["status"], processed=message["status"] < 300)
            await send(message)

        def note(played: Played) -> None:
            self._note(scope, played.status, processed=played.processed, fault=played.fault)

        if faults:
            await play(faults, self._app, scope, receive, answer, self.clock, note)
        else:
            await self._app(scope, receive, answer)
        self._courier.wake(asyncio.get_running_loop())

    def _note(self, scope: Scope, status: int | None, *, processed: bool, fault: str | None = None) -> None:
        if not scope["path"].startswith(PREFIX) and scope["path"] != "/":
            self._journal.add(
                at=self.clock.now(),
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                account=scope.get(ACCOUNT),
                status=status,
                fault=fault,
                processed=processed,
            )

    def __repr__(self) -> str:
        sessions, messages = len(self._state.sessions.every()), len(self._state.chats.messages())
        return f"Sandbox(dialect={self.dialect!r}, {sessions} sessions, {messages} messages)"


def _storage(path: str | os.PathLike[str], state: State) -> Storage:
    from wasend.sandbox.storage import Storage  # what writes files is not wanted by those who keep none

    return Storage(path, state)


def _person(spelling: str) -> str:
    return person(looked_up(spelling))


def _dialect(name: str) -> Dialect:
    match name:
        case "docs":
            return Docs()
        case "sdk":
            return Sdk()
        case _:
            raise ValueError(f'dialect is "docs" or "sdk", not {name!r}')
