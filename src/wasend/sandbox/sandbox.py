"""The sandbox as one object: an ASGI application, and its steering wheel."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from wasend.sandbox.app import build_app
from wasend.sandbox.chat_ids import looked_up
from wasend.sandbox.clock import Clock
from wasend.sandbox.control import PREFIX, control_endpoints
from wasend.sandbox.dialects import Dialect, Docs, Sdk
from wasend.sandbox.guards import key_guard
from wasend.sandbox.limits import RateLimit
from wasend.sandbox.messages import message_endpoints
from wasend.sandbox.server import SandboxServer
from wasend.sandbox.sessions import session_endpoints
from wasend.sandbox.state import QR_SECONDS, RecordedRequest, State, StoredMessage, StoredSession

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


class Sandbox:
    """
    A local WASend that remembers sessions and messages. It is an ASGI application itself: give it to
    `httpx.ASGITransport`, or `serve` it on a port. Every method may be called from any thread.

    Args:
        api_key: The one key that is let in; None lets in any bearer key.
        dialect: ``"docs"`` answers as WASend's documentation prints it, ``"sdk"`` as its official SDK says.
        scan_after: Seconds after which a shown QR code is scanned by itself; None waits for `scan`.
        start_after: Seconds that a session stays STARTING.
        rate_limit: ``"20/m"``, ``"5/s"``, ``"5/10s"``, or the number of requests and the seconds; a key.
        clock: Where time comes from; a `Clock` of its own by default.

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
    ) -> None:
        if api_key is not None and not api_key.strip():
            raise ValueError("an empty api_key would let nobody in; None lets in any key")
        if scan_after is not None and not 0 <= scan_after < QR_SECONDS:
            raise ValueError(f"scan_after is from 0 to {QR_SECONDS} seconds, as long as QR codes last: {scan_after}")
        if not start_after >= 0:
            raise ValueError(f"start_after is a number of seconds >= 0, not {start_after}")
        self.clock = clock or Clock()
        self.dialect: Literal["docs", "sdk"] = dialect
        self._state = State(self.clock, scan_after=scan_after, start_after=start_after)
        self._limit = None if rate_limit is None else RateLimit(rate_limit, self.clock)
        shape = _dialect(dialect)
        self._app = build_app(
            shape,
            api=[*message_endpoints(self._state, shape), *session_endpoints(self._state, shape)],
            guard=key_guard(api_key, self._limit),
            control=control_endpoints(self._state, shape, self.reset),
        )

    def scan(self, session_id: str) -> None:
        """
        Let a phone scan a session's QR code: the session is connected.

        Raises:
            ValueError: There is no such session, or it shows no QR code.
        """
        self._state.scan(session_id)

    def messages(self, to: str | None = None, session: str | None = None) -> tuple[StoredMessage, ...]:
        """
        Return the messages that were sent, oldest first.

        Args:
            to: Only those to this recipient, in any spelling of a phone number, or a chat id.
            session: Only those from the session with this id.

        Raises:
            ValueError: `to` is no recipient.
        """
        return self._state.messages(to=None if to is None else looked_up(to), session_id=session)

    @property
    def sessions(self) -> Mapping[str, StoredSession]:
        """The sessions as they are now, by id, oldest first."""
        return MappingProxyType(self._state.sessions())

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """Every request of the API that was answered, oldest first: method, path, status."""
        return self._state.requests()

    def reset(self) -> None:
        """Forget sessions, messages, requests, and what the rate limit has counted; the clock goes on."""
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
        sessions, messages = len(self._state.sessions()), len(self._state.messages())
        return f"Sandbox(dialect={self.dialect!r}, {sessions} sessions, {messages} messages)"


def _dialect(name: str) -> Dialect:
    match name:
        case "docs":
            return Docs()
        case "sdk":
            return Sdk()
        case _:
            raise ValueError(f'dialect is "docs" or "sdk", not {name!r}')
