"""The receiver: verify, keep, answer, then handle. An adapter of a web framework calls `Receiver.receive`, no more."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import logging
import os
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from .._core.clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError, StoreError, WasendError, WebhookError
from .context import AsyncContext, Context, Run, awaited
from .events import AnyEvent, Event
from .facts import arrival_of, keys_of
from .feeds import Feeding, Feeds
from .in_thread import contained, in_thread
from .inbox.protocol import Claimed, Counts, DeadLetter, Inbox
from .parsing import MAX_AGE, MAX_BYTES, check_limits, checked_key, read
from .reply import Reply, refused
from .routing import NEXT, Handler, Router
from .signature import Headers, SigningKey, exact
from .worker import Effect, Worker, WorkerSettings, backoff, bounded, place

if TYPE_CHECKING:
    from ..api.sessions import SessionRef
    from .blocking import BlockingReceiver
    from .context import Client
    from .events import MessageReceived
    from .polling import Poller

KEY_VARIABLE: Final = "WASEND_WEBHOOK_KEY"

logger: Final = logging.getLogger("wasend")


class Receiver(Router):
    """
    Receives events: each is verified, kept in the inbox, answered, and then given to the first handler that matches.

    Within a chat, waiting events are handled one after the other, in the order in which they happened. The service's
    engine posts them unordered, so one that arrives after a later one was handled is handled late. Different chats are
    handled at the same time. A handler that fails, or takes too long, is called again later, and its chat waits for
    that; after `attempts` the event becomes a dead letter. Events that are in the inbox when the process ends, or is
    killed, are handled by the next one, or by another that shares the inbox. So a handler may run more than once for
    one event, unless it uses the inbox's transaction.

    Without an inbox, an event is handled first and answered then: whatever the service posts again is handled again.

    Example:
        ```python
        import re

        from wasend import AsyncWasendClient
        from wasend.webhooks import AsyncContext, MessageReceived, Receiver

        client = AsyncWasendClient()
        receiver = Receiver(client, key="the-webhook-key", inbox="inbox.db")


        @receiver.on(MessageReceived, text=re.compile(r"(?i)^hello"))
        async def greet(event: MessageReceived, context: AsyncContext) -> None:
            await context.reply("Hello! How can we help?")
        ```
    """

    def __init__(
        self,
        client: Client | None = None,
        *,
        key: SigningKey | None = None,
        insecure: bool = False,
        inbox: Inbox | str | os.PathLike[str] | None = None,
        feeds: Feeds | None = None,
        background: bool = True,
        concurrency: int = 16,
        timeout: float = 60.0,
        attempts: int = 5,
        backoff: Callable[[int], float] = backoff,
        lease: float = 30.0,
        keep: float = 3 * 86_400.0,
        max_age: float | None = MAX_AGE,
        max_bytes: int = MAX_BYTES,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """
        Make a receiver. It opens no file and starts nothing before its first event, or `start`.

        Args:
            client: An `AsyncWasendClient` or `WasendClient`, for replies, and which learns from events; see `feeds`.
            key: The key that the service signs with, or several, each of which is valid; by default
                ``WASEND_WEBHOOK_KEY`` from the environment.
            insecure: Accept events that are not signed, from anybody. Only without a key.
            inbox: Where events are kept until they are handled: the path of an SQLite file, the address of a PostgreSQL
                database (``postgresql://…``), or an `Inbox`. Without one, an event is handled before it is answered.
            feeds: What the client learns from events; by default all but stop words.
            background: Whether this process handles events: while it receives them, and from `start` on. If not,
                another one does, by `work`.
            concurrency: How many events are handled at once, each of another chat.
            timeout: Seconds that a handler may take.
            attempts: How often an event is tried before it becomes a dead letter.
            backoff: Seconds after which a failed event is tried again, by the number of its attempts; by default 1, 5,
                25, 125.
            lease: Seconds after which another process takes over what a killed one was handling.
            keep: Seconds for which a handled event's id is kept, to recognize duplicates; no less than `max_age`.
            max_age: Seconds after which an event is refused; `None` for never. See `parse`.
            max_bytes: How many bytes a body may have.
            clock: Where time comes from.

        Raises:
            ConfigurationError: There is neither a key nor `insecure`, or a setting makes no sense.
        """
        super().__init__()
        if key is None and not insecure:
            key = os.environ.get(KEY_VARIABLE) or None
        self._keys, key = checked_key(key, insecure=insecure), None
        check_limits(max_age, max_bytes)
        self._max_age, self._max_bytes, self._clock = max_age, max_bytes, clock
        self._settings = _settings(
            concurrency=concurrency, timeout=timeout, attempts=attempts, backoff=backoff, lease=lease, keep=keep
        )
        if keep < (max_age or 0):
            raise ConfigurationError(
                f"keep: {keep!r} is less than max_age, {max_age!r}: an event that is sent again would be handled again"
            )
        if client is not None and not {"_delivery", "_async"} & getattr(client, "__dict__", {}).keys():
            kind = type(client).__name__
            raise ConfigurationError(
                f"client: expected a client, got {kind}; pass an AsyncWasendClient or a WasendClient"
            )
        self._client = client
        self._inbox = _inbox(inbox, clock)
        self._owns_inbox = self._inbox is not inbox
        self._background = background
        self._feeding = None if client is None else Feeding(client, Feeds() if feeds is None else feeds)
        if client is None and feeds is not None:
            raise ConfigurationError("feeds: there is no client that could learn from events; pass one")
        # The worker of each event loop, and the process that it was started in.
        self._workers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[int, Worker, asyncio.Task[None]]]
        self._workers = weakref.WeakKeyDictionary()

    @property
    def max_bytes(self) -> int:
        """How many bytes a body may have."""
        return self._max_bytes

    @property
    def blocking(self) -> BlockingReceiver:
        """This receiver for synchronous code: its methods, on an event loop in a thread of its own."""
        from .blocking import BlockingReceiver

        # Pyright takes a `cached_property` for no property; of several threads, all get the same.
        found: BlockingReceiver | None = self.__dict__.get("blocking face")
        return self.__dict__.setdefault("blocking face", BlockingReceiver(self)) if found is None else found

    # What an adapter calls

    async def receive(self, body: bytes, headers: Headers) -> Reply:
        """
        Take what was posted to the webhook: verify it and keep it or, without an inbox, handle it.

        Args:
            body: The exact bytes that came.
            headers: The headers that came with them, names in any case.

        Returns:
            What to answer. 200: it is kept, or was before. 400, 401, 413: it is refused, see `parse`. 500: a handler
            failed, without an inbox. 503: it could not be kept. The service posts again what is not answered with 200.
        """
        try:
            event = read(exact(body), headers, self._keys, self._max_age, self._max_bytes, self._clock)
        except WebhookError as error:
            return refused(error)
        return await self._take(event, body)

    async def put(self, event: AnyEvent) -> Reply:
        """
        Take an event that did not come by webhook, such as one that was polled, as `receive` does.

        Args:
            event: The event.
        """
        return await self._take(event, json.dumps(event.to_dict(), separators=(",", ":")).encode())

    async def _take(self, event: AnyEvent, body: bytes) -> Reply:
        if self._inbox is None:
            return await self._handle_at_once(event, body)
        try:
            new = await self._inbox.put(arrival_of(event, body, self._clock.now()))
        except StoreError as error:
            logger.warning("an event could not be kept, and is not acknowledged: %s", error)
            return Reply.of(503, error="it could not be kept")
        if new:
            self._tell(event)
            if self._background:
                self._worker().wake()
        return Reply.of(200, status="accepted" if new else "known")

    async def _handle_at_once(self, event: AnyEvent, body: bytes) -> Reply:
        self._tell(event)
        try:
            await self._handle(event, keys_of(event, body)[0], 1)
        except Exception as error:  # noqa: BLE001 - the service is to post it again, whatever it is
            logger.warning("an event could not be handled, and is not acknowledged: %s", place(error))
            return Reply.of(500, error="it could not be handled")
        return Reply.of(200, status="handled")

    def _tell(self, event: Event) -> None:
        if self._feeding is not None:
            self._feeding.tell(event)

    # Its life

    def start(self) -> None:
        """
        Begin to handle what is in the inbox, on the running event loop. Receiving the first event does so, too.

        Raises:
            ConfigurationError: A handler wants a transaction that the inbox does not give.
        """
        self._check_transactions()
        if self._inbox is not None and self._background:
            self._worker()

    async def work(self) -> None:
        """
        Handle what is in the inbox until this is cancelled: in a process of its own, beside those that receive.

        Raises:
            ConfigurationError: There is no inbox, or a handler wants a transaction that it does not give.
        """
        self._check_transactions()
        await self._new_worker().run()

    async def poll(self, session: SessionRef, *, since: datetime | None = None, interval: float = 5.0) -> None:
        """
        Receive the messages of a session by polling, without a webhook, until this is cancelled.

        Each is taken as if it had been posted. With an inbox, it is remembered how far this has come: what was written
        while the program was not running is found the next time, and nothing is handled twice, whether it is polled or
        posted.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            since: Messages of this second and later: a moment with a time zone; by default where the last one with this
                inbox came to or, where there was none, now. After the first time, nothing older than `keep` is read
                again: it is no longer known whether that was handled.
            interval: Seconds between two looks, at least; six times as many at most.

        Raises:
            ConfigurationError: There is no client to poll by.
            InvalidRequestError: An argument makes no sense.
            NotFoundError: There is no such session.
        """
        from ..api.sessions import session_ref
        from .polling import Poller, check_passing, since_of

        if self._client is None:
            raise ConfigurationError("client: this receiver has none to poll by; make it with Receiver(client, ...)")
        name, start = f"poll {session_ref(session)}", since_of(since)
        if self._inbox is not None and (position := await self._inbox.position(name)) is not None:
            # What came before, and is older than what is known again, would be handled a second time.
            start = position if start is None else max(start, min(position, self._clock.now() - self._settings.keep))
        poller = Poller(vars(awaited(self._client))["_engine"], session, start, interval)
        self.start()
        while True:
            try:
                async for message in poller.look():
                    await self._put_polled(message, poller)
                if self._inbox is not None:
                    await self._inbox.set_position(name, poller.position)
            except StoreError as error:
                logger.warning("how far polling has come could not be kept, and is tried again: %s", error)
            except WasendError as error:
                check_passing(error)
            await poller.wait()

    async def _put_polled(self, message: MessageReceived, poller: Poller) -> None:
        """Take a message, again and again: until it is kept or, without an inbox, handled or tried often enough."""
        attempts = 0
        while (reply := await self.put(message)).status != 200:
            attempts += 1
            if reply.status == 500 and attempts >= self._settings.attempts:
                logger.error("a polled message could not be handled, and is given up: there is no inbox to keep it in")
                return
            await poller.wait()

    async def drain(self) -> None:
        """
        Handle what is in the inbox, and return when nothing is left that can be handled now.

        What has failed may still wait for its next attempt.

        Raises:
            ConfigurationError: As for `work`.
            StoreError: The inbox failed.
        """
        self._check_transactions()
        found = self._workers.get(asyncio.get_running_loop())
        if found is None or found[0] != os.getpid() or found[2].done():
            await self._new_worker().run(until_idle=True)
            return
        idle = asyncio.ensure_future(found[1].idle())  # the one that is at it already
        try:
            await asyncio.wait({idle, found[2]}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()

    async def aclose(self) -> None:
        """
        Let the handlers that are under way on this event loop end, for 10 s at most.

        The inbox is closed, unless it was passed as an `Inbox`: then it is the caller's to close.
        """
        found = self._workers.pop(asyncio.get_running_loop(), None)
        if found is not None:
            found[2].cancel()
            with suppress(asyncio.CancelledError):
                await found[2]
        if self._inbox is not None and self._owns_inbox:
            await self._inbox.aclose()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # Its inbox

    async def counts(self) -> Counts:
        """
        How many events wait, and how many are dead letters.

        Raises:
            ConfigurationError: There is no inbox.
            StoreError: It failed.
        """
        return await self._kept().counts()

    async def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[DeadLetter]:
        """
        List the dead letters, by their numbers.

        Args:
            limit: How many at most.
            after: Only those with a higher number, for going on.

        Raises:
            ConfigurationError: There is no inbox.
            StoreError: It failed.
        """
        return await self._kept().dead_letters(limit, after)

    async def replay(self, number: int) -> bool:
        """
        Have a dead letter handled again.

        Args:
            number: Its number.

        Returns:
            Whether there was one.

        Raises:
            ConfigurationError: There is no inbox.
            StoreError: It failed.
        """
        found = await self._kept().replay(number)
        if found and (worker := self._workers.get(asyncio.get_running_loop())) is not None:
            worker[1].wake()
        return found

    async def drop(self, number: int) -> bool:
        """
        Forget a dead letter. If the service posts it again, it is still known.

        Args:
            number: Its number.

        Returns:
            Whether there was one.

        Raises:
            ConfigurationError: There is no inbox.
            StoreError: It failed.
        """
        return await self._kept().drop(number)

    def _kept(self) -> Inbox:
        if self._inbox is None:
            raise ConfigurationError("inbox: this receiver has none; make it with Receiver(..., inbox='inbox.db')")
        return self._inbox

    # Handling

    def _worker(self) -> Worker:
        loop = asyncio.get_running_loop()
        found = self._workers.get(loop)
        if found is None or found[0] != os.getpid() or found[2].done():
            worker = self._new_worker()
            task = loop.create_task(worker.run(), name="wasend-receiver")
            task.add_done_callback(_report)
            found = self._workers[loop] = os.getpid(), worker, task
        return found[1]

    def _new_worker(self) -> Worker:
        return Worker(self._kept(), self._process, self._settings)

    async def _process(self, claimed: Claimed) -> Effect | None:
        event = read(claimed.body, (), None, None, max(self._max_bytes, len(claimed.body)), self._clock)
        self._tell(event)  # who waits may do so here, and not where it was received
        return await self._handle(event, keys_of(event, claimed.body)[0], claimed.attempt)

    async def _handle(self, event: AnyEvent, key: bytes, attempt: int) -> Effect | None:
        """Have an event handled; what is to be done in the inbox's transaction is returned."""
        if self._feeding is not None:
            limit = self._settings.timeout
            await bounded(self._feeding.learn(event, limit), limit)
        run = Run(event, f"event-{key.hex()}", attempt, self._client, asyncio.get_running_loop())
        for handler in self.handlers:
            if not isinstance(event, handler.event):
                continue
            if handler.filters and not await bounded(handler.wants(event), self._settings.timeout):
                continue
            if handler.transaction:
                return self._effect(handler, run)
            limit = self._settings.timeout if handler.timeout is None else handler.timeout
            if await bounded(_call(handler, run), limit) is not NEXT:
                return None
        return None

    def _effect(self, handler: Handler, run: Run) -> Effect:
        self._check_transaction(handler)
        number = next(run.replies)

        def effect(connection: Any) -> None:
            # The inbox may undo what it did, and call it again: its replies are then those of before, and not sent.
            call = attrs.evolve(run, connection=connection, replies=itertools.count(number))
            try:
                handler.function(run.event, Context(call))
            except BaseException as error:  # noqa: BLE001 - neither the inbox nor the worker is to end by it
                raise contained(error) from None

        return effect

    def _check_transactions(self) -> None:
        for handler in self.handlers:
            if handler.transaction:
                self._check_transaction(handler)

    def _check_transaction(self, handler: Handler) -> None:
        if self._inbox is None or not self._inbox.transactions:
            raise ConfigurationError(
                f"transaction: {handler.name} wants one, which only an SqliteInbox or a PostgresInbox gives"
            )


async def _call(handler: Handler, run: Run) -> Any:
    context = AsyncContext(run) if handler.is_async else Context(run)
    arguments = (run.event, context) if handler.wants_context else (run.event,)
    try:
        if handler.is_async:
            return await handler.function(*arguments)
        found: Any = await in_thread(handler.function, *arguments)
        return await found if inspect.isawaitable(found) else found
    except (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - neither the event loop nor the worker is to end by it
        raise contained(error) from None


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("the inbox's worker has failed; the next event starts another: %s", place(error), exc_info=error)


def _inbox(given: Inbox | str | os.PathLike[str] | None, clock: Clock) -> Inbox | None:
    if isinstance(given, str) and given.startswith(("postgresql://", "postgres://")):
        from .inbox.postgres import PostgresInbox

        return PostgresInbox(given)
    if isinstance(given, str) and "://" in given:
        raise ConfigurationError("inbox: such addresses are not known; pass the path of a file, or postgresql://...")
    if isinstance(given, str | os.PathLike):
        from .inbox.sqlite import SqliteInbox

        return SqliteInbox(given, clock=clock)
    if given is not None and not hasattr(given, "claim"):
        raise ConfigurationError(f"inbox: {type(given).__name__} is none; pass the path of a file, or an Inbox")
    return given


def _settings(**given: Any) -> WorkerSettings:
    for name, kinds, remedy in (
        ("concurrency", int, "pass a whole number, 1 or more"),
        ("timeout", int | float, "pass seconds, above 0"),
        ("attempts", int, "pass a whole number, 1 or more"),
        ("lease", int | float, "pass seconds, above 0"),
        ("keep", int | float, "pass seconds, above 0"),
    ):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < float("inf"):
            raise ConfigurationError(f"{name}: {value!r} is not valid; {remedy}")
    if not callable(given["backoff"]):
        raise ConfigurationError("backoff: is no function; pass one that takes the number of attempts")
    return WorkerSettings(**given)
