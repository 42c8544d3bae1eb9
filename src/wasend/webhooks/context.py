"""What a handler gets beside its event: the client, a reply, and what makes a second run harmless."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, cast

import attrs

from ..errors import ConfigurationError, IdempotencyConflictError, InvalidRequestError
from .events import Event
from .facts import chat_of
from .in_thread import in_thread
from .payloads import MessageHead

if TYPE_CHECKING:
    from .._sync import WasendClient
    from ..api.messages import Message
    from ..client import AsyncWasendClient
    from ..delivery.middleware import DeliverySettings
    from ..outbox.entry import Entry

    Client: TypeAlias = AsyncWasendClient | WasendClient


@attrs.frozen(eq=False)
class Run:
    """
    One run of the handlers of an event.

    Attributes:
        event: The event.
        key: What the event is known by, as text: the same in every run.
        attempt: The number of the run, 1 for the first.
        client: The receiver's client, if it has one.
        loop: The event loop of the receiver.
        connection: The inbox's connection, in a handler that has asked for it.
        replies: Numbers the replies.
    """

    event: Event
    key: str
    attempt: int
    client: Client | None
    loop: asyncio.AbstractEventLoop
    connection: Any = None
    replies: itertools.count[int] = attrs.field(factory=lambda: itertools.count(1))

    def reply(self, text: str, quote: bool, key: str | None) -> tuple[Client, dict[str, Any], bool]:
        """The client to reply by, the arguments of its `send_text`, and whether the key is one of this run's own."""
        number = next(self.replies)
        chat = chat_of(self.event)
        if self.client is None:
            raise ConfigurationError("client: this receiver has none; make it with Receiver(client, ...)")
        if chat is None:
            problem = f"an event {self.event.name} is of no chat"
            raise InvalidRequestError("reply", problem, "send with the client, to whom you mean")
        given: dict[str, Any] = {"session": self.event.session, "to": chat, "text": text}
        if quote and isinstance(self.event.payload, MessageHead):
            given["reply_to"] = self.event.payload.id
        settings = delivery_of(self.client)
        own = key is None and settings.outbox is not None
        if own:
            key = f"{self.key}/reply-{number}"
        if key is not None:
            given["key"] = key
        paced = settings.pacer is not None or settings.breaker is not None
        return (self.client.with_options(kind="reply") if paced else self.client), given, own


class AsyncContext:
    """
    What a handler that is a coroutine function gets as its second argument.

    Attributes:
        attempt: How often the event has been given to its handlers, 1 for the first time.
        key: The event's idempotency key, the same in every run.
        connection: In a ``transaction``: the connection in whose transaction the event is recorded as handled.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.attempt = run.attempt
        self.key = run.key
        self.connection = run.connection

    @property
    def client(self) -> AsyncWasendClient:
        """
        The receiver's client.

        Raises:
            ConfigurationError: It has none, or a `WasendClient`.
        """
        client = self._run.client
        if client is None or not is_async(client):
            raise ConfigurationError("client: this receiver has no AsyncWasendClient; make it with one")
        return client

    async def reply(self, text: str, *, quote: bool = False, key: str | None = None) -> Message:
        """
        Send a text to the chat of the event, from its session, as a ``"reply"`` for pacing and breaker.

        If the client has an outbox, each reply of a handler has a key of its own, made of the event's key and the
        number of the reply: if the handler runs again, it is not sent again, even if its text would be another now.

        Args:
            text: What to say.
            quote: Whether to quote the message.
            key: An idempotency key to use instead; it needs a client with an outbox.

        Returns:
            What was sent, now or in an earlier run.

        Raises:
            ConfigurationError: The receiver has no client.
            InvalidRequestError: The event belongs to no chat.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        client, given, own = self._run.reply(text, quote, key)
        try:
            if is_async(client):
                return await client.send_text(**given)
            return await _in_thread(cast("WasendClient", client), given)
        except IdempotencyConflictError as error:
            return replied_before(await awaited(client).outbox.get(given["key"]) if own else None, error)


class Context:
    """
    What a handler that is a plain function, in a thread, gets as its second argument.

    Attributes:
        attempt: How often the event has been given to its handlers, 1 for the first time.
        key: The event's idempotency key, the same in every run.
        connection: In a ``transaction``: the connection in whose transaction the event is recorded as handled.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.attempt = run.attempt
        self.key = run.key
        self.connection = run.connection

    @property
    def client(self) -> WasendClient:
        """
        The receiver's client.

        Raises:
            ConfigurationError: It has none, or an `AsyncWasendClient`.
        """
        client = self._run.client
        if client is None or is_async(client):
            raise ConfigurationError("client: this receiver has no WasendClient; make it with one")
        return cast("WasendClient", client)

    def reply(self, text: str, *, quote: bool = False, key: str | None = None) -> Message:
        """
        Send a text to the chat of the event, as `AsyncContext.reply` does, and wait for the answer.

        Args:
            text: What to say.
            quote: Whether to quote the message.
            key: An idempotency key to use instead; it needs a client with an outbox.

        Returns:
            What was sent, now or in an earlier run.

        Raises:
            ConfigurationError: The receiver has no client.
            InvalidRequestError: The event belongs to no chat.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        if self._run.client is not None and is_async(self._run.client):
            again = AsyncContext(self._run).reply(text, quote=quote, key=key)
            return asyncio.run_coroutine_threadsafe(again, self._run.loop).result()
        client, given, own = self._run.reply(text, quote, key)
        client = cast("WasendClient", client)
        try:
            return client.send_text(**given)
        except IdempotencyConflictError as error:
            return replied_before(client.outbox.get(given["key"]) if own else None, error)


def replied_before(entry: Entry | None, error: IdempotencyConflictError) -> Message:
    """
    The reply of an earlier run, which said something else.

    Args:
        entry: What the outbox holds of it.
        error: What the outbox says of this one, which is raised where it does not hold that the other was sent.
    """
    if entry is None or entry.state != "sent":
        raise error
    from ..api.messages import Message

    return Message(id=entry.message_id or "", timestamp=entry.changed, from_me=True)


async def _in_thread(client: WasendClient, given: dict[str, Any]) -> Message:
    def send() -> Message:
        return client.send_text(**given)

    return await in_thread(send)


def awaited(client: Client) -> AsyncWasendClient:
    """The asynchronous client that is in a client of either face."""
    return client if is_async(client) else cast("AsyncWasendClient", vars(client)["_async"])


def delivery_of(client: Client) -> DeliverySettings:
    """The delivery options of a client of either face."""
    return cast("DeliverySettings", vars(awaited(client))["_delivery"])


def is_async(client: Client) -> TypeGuard[AsyncWasendClient]:
    """Whether a client's calls are awaited."""
    return "_async" not in vars(client)
