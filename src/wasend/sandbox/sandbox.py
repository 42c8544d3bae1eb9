"""The sandbox as one object: an ASGI application, and its steering wheel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from wasend.sandbox.app import build_app
from wasend.sandbox.chat_ids import looked_up, person
from wasend.sandbox.chat_store import ACKS, Ack, StoredMessage
from wasend.sandbox.chats import chat_endpoints
from wasend.sandbox.clock import Clock
from wasend.sandbox.contacts import contact_endpoints
from wasend.sandbox.control import PREFIX, control_endpoints
from wasend.sandbox.dialects import Dialect, Docs, Sdk
from wasend.sandbox.group_store import StoredGroup
from wasend.sandbox.groups import group_endpoints
from wasend.sandbox.guards import key_guard
from wasend.sandbox.limits import RateLimit
from wasend.sandbox.messages import message_endpoints
from wasend.sandbox.people import StoredContact
from wasend.sandbox.server import SandboxServer
from wasend.sandbox.session_store import QR_SECONDS, StoredSession
from wasend.sandbox.sessions import session_endpoints
from wasend.sandbox.state import RecordedRequest, State

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


class Sandbox:
    """
    A local WASend that remembers sessions, messages, chats, contacts and groups. It is an ASGI application itself:
    give it to `httpx.ASGITransport`, or `serve` it on a port. Every method may be called from any thread.

    Args:
        api_key: The one key that is let in; None lets in any bearer key.
        dialect: ``"docs"`` answers as WASend's documentation prints it, ``"sdk"`` as its official SDK says.
        scan_after: Seconds after which a shown QR code is scanned by itself; None waits for `scan`.
        start_after: Seconds that a session stays STARTING.
        rate_limit: ``"20/m"``, ``"5/s"``, ``"5/10s"``, or the number of requests and the seconds; a key.
        clock: Where time comes from; a `Clock` of its own by default.
        unknown: Phone numbers that are not on WhatsApp; everybody else is. `add_unknown` adds more.

    Raises:
        ValueError: One of them can mean nothing.

    Example:
        >>> sandbox = Sandbox(scan_after=0)
        >>> sandbox.messages(to="+447700900456")
        ()
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        dialect: Literal["docs", "sdk"] = "docs",
        scan_after: float | None = None,
        start_after: float = 0,
        rate_limit: str | tuple[int, float] | None = None,
        clock: Clock | None = None,
        unknown: Iterable[str] = (),
    ) -> None:
        if api_key is not None and not api_key.strip():
            raise ValueError("an empty api_key would let nobody in; None lets in any key")
        if scan_after is not None and not 0 <= scan_after < QR_SECONDS:
            raise ValueError(f"scan_after is from 0 to {QR_SECONDS} seconds, as long as QR codes last: {scan_after}")
        if not start_after >= 0:
            raise ValueError(f"start_after is a number of seconds >= 0, not {start_after}")
        self.clock = clock or Clock()
        self.dialect: Literal["docs", "sdk"] = dialect
        self._state = State(self.clock, scan_after=scan_after, start_after=start_after, unknown=map(_person, unknown))
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
            guard=key_guard(api_key, self._limit),
            control=control_endpoints(self._state, shape, self.reset),
        )

    def scan(self, session_id: str) -> None:
        """
        Let a phone scan a session's QR code: the session is connected.

        Raises:
            ValueError: There is no such session, or it shows no QR code.
        """
        self._state.sessions.scan(session_id)

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
            session_id=session, sender=_person(from_), text=text, group=group, reply_to=reply_to
        )

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

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """Every request of the API that was answered, oldest first: method, path, status."""
        return self._state.requests()

    def reset(self) -> None:
        """Begin anew: forget all that was said, added or asked, the rate limit's count too; the clock goes on."""
        self._state.reset()
        if self._limit is not None:
            self._limit.reset()

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

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self.clock.now(), usegmt=True).encode()
                message["headers"] = [*message["headers"], (b"date", date)]
                if not scope["path"].startswith(PREFIX):
                    self._state.record(RecordedRequest(scope["method"], scope["path"], message["status"]))
            await send(message)

        await self._app(scope, receive, answer)

    def __repr__(self) -> str:
        sessions, messages = len(self._state.sessions.every()), len(self._state.chats.messages())
        return f"Sandbox(dialect={self.dialect!r}, {sessions} sessions, {messages} messages)"


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
