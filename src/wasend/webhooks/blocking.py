"""A receiver for code that does not await, such as WSGI applications: on an event loop in a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .._core.bridge import Bridge
from .inbox.protocol import Counts, DeadLetter
from .signature import Headers

if TYPE_CHECKING:
    from ..api.sessions import SessionRef
    from .events import AnyEvent
    from .receiver import Receiver
    from .reply import Reply


class BlockingReceiver:
    """
    The methods of a receiver, each of which blocks: what `Receiver.blocking` returns.

    Handlers run on an event loop in a thread that is started with the first call, and anew in a forked process. It
    handles what is in the inbox for as long as the process lives.

    Args:
        receiver: The receiver.
    """

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._loop = Bridge(receiver.aclose, label="Receiver")

    def receive(self, body: bytes, headers: Headers) -> Reply:
        """Take what was posted to the webhook; see `Receiver.receive`."""
        return self._loop.run(self._receiver.receive(body, headers))

    def put(self, event: AnyEvent) -> Reply:
        """Take an event that did not come by webhook; see `Receiver.put`."""
        return self._loop.run(self._receiver.put(event))

    def start(self) -> None:
        """Begin to handle what is in the inbox, in a thread; see `Receiver.start`."""

        async def start() -> None:
            self._receiver.start()

        self._loop.run(start())

    def work(self) -> None:
        """Handle what is in the inbox until Ctrl-C; see `Receiver.work`."""
        self._loop.run(self._receiver.work())

    def poll(self, session: SessionRef, *, since: datetime | None = None, interval: float = 5.0) -> None:
        """Receive the messages of a session by polling, until Ctrl-C; see `Receiver.poll`."""
        self._loop.run(self._receiver.poll(session, since=since, interval=interval))

    def drain(self) -> None:
        """Handle what is in the inbox now; see `Receiver.drain`."""
        self._loop.run(self._receiver.drain())

    def counts(self) -> Counts:
        """How many events wait, and how many are dead letters."""
        return self._loop.run(self._receiver.counts())

    def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[DeadLetter]:
        """List the events that were given up; see `Receiver.dead_letters`."""
        return self._loop.run(self._receiver.dead_letters(limit, after))

    def replay(self, number: int) -> bool:
        """Have a dead letter handled again; see `Receiver.replay`."""
        return self._loop.run(self._receiver.replay(number))

    def drop(self, number: int) -> bool:
        """Forget a dead letter; see `Receiver.drop`."""
        return self._loop.run(self._receiver.drop(number))

    def close(self) -> None:
        """End the thread, and close the inbox."""
        self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
