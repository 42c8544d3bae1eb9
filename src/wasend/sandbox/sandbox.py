"""The sandbox as one object: its options, the ASGI application, and the ways into it."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from email.utils import formatdate
from random import Random
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wasend import AsyncWasendClient, WasendClient
from wasend._core.call import masked
from wasend._core.http import CLOCK_HEADER
from wasend.errors import printable
from wasend.sandbox.actions import Actions, somebody
from wasend.sandbox.api import (
    ACCOUNT,
    DIALECTS,
    HEADERS,
    Docs,
    MessageIds,
    RateLimit,
    Sdk,
    build_app,
    chat_endpoints,
    contact_endpoints,
    group_endpoints,
    key_guard,
    message_endpoints,
    session_endpoints,
)
from wasend.sandbox.faults import CONNECTION, Fault, Faults, Played, Request, play
from wasend.sandbox.interfaces import PREFIX, Exchange, InProcess, SandboxServer, control_endpoints, page_routes
from wasend.sandbox.webhooks import EVENTS, Outbox, Sender
from wasend.sandbox.world import ACKS, QR_SECONDS, Ack, Clock, State

if TYPE_CHECKING:
    from wasend.sandbox.world.storage import Storage


_log = logging.getLogger("wasend.sandbox")
_requests = logging.getLogger("wasend.sandbox.requests")
_REAL = 0.5
"""Seconds after which a client that comes back has waited, and has not just asked again."""


class Sandbox(Actions):
    """
    A local WASend that remembers sessions, messages, chats, contacts and groups, and fails on request. It is an
    ASGI application itself; `async_client` and `client` call it without a socket, `serve` listens on a port. Every
    method may be called from any thread.

    Args:
        api_key: The key that is let in, or several: each is an account of its own, which sees its own sessions only.
            None lets in any bearer key, and all of them to one account.
        dialect: ``"docs"`` answers as WASend's documentation prints it, ``"sdk"`` as its official SDK says; ``"auto"``
            as the SDK says to that SDK, and on routes that only it knows. Every route is there in all of them.
        scan_after: Seconds after which a shown QR code is scanned by itself; None waits for `scan`.
        start_after: Seconds that a session stays STARTING.
        rate_limit: ``"20/m"``, ``"5/s"``, ``"5/10s"``, or the number of requests and the seconds; a key.
        rate_limit_headers: Whether answers carry ``X-RateLimit-*`` headers; the service documents none.
        clock: Where time comes from; a `Clock` of its own by default.
        unknown: Phone numbers that are not on WhatsApp; everybody else is. `add_unknown` adds more.
        seed: The same number gives the same ids, and the same requests for faults to hit.
        faults: What goes wrong, as `Fault` values or texts such as ``"reset_after POST /sendText 10%"``; see `faults`.
        message_ids: What is done with an ``id`` that a sender gives a message: ``"ignore"`` makes another; ``"take"``
            takes it over, as the service's engine does; ``"refuse"`` answers 400. What the service does is not known.
        acks: Seconds after a send at which its message reaches ``"SERVER"``, ``"DEVICE"``, ``"READ"`` and, for voice,
            ``"PLAYED"``, such as ``{"DEVICE": 1, "READ": 5}``. By default it stays at ``"SERVER"`` until `ack`.
        webhook_key: Signs webhooks: ``X-Webhook-Hmac`` is the hexadecimal HMAC-SHA512 of the body.
        webhook_app: An ASGI application that gets all webhooks, without a socket, instead of their URLs.
        webhook_attempts: How often a webhook is tried, as the service's engine does.
        webhook_delay: Seconds between two tries, by the sandbox's clock.
        webhook_hosts: The hosts that webhooks go to beside this machine, by name or address; ``"*"`` for any. One that
            is served with `allow_remote` sends them to this machine only if it is named.
        persist: A file (SQLite) that keeps the state: a sandbox of the same file goes on where that one stopped.
        control_token: Lets other machines control it: ``/_sandbox`` answers them too if their bearer key is this.

    Raises:
        ValueError: One of them makes no sense.

    Example:
        >>> sandbox = Sandbox()
        >>> desk = sandbox.add_session("Front Desk", "+447700900123")
        >>> with sandbox.client() as client:
        ...     message = client.send_text(session=desk.id, to="+447700900456", text="See you at 10")
        >>> sandbox.assert_delivered("+447700900456", "See you at 10")
    """

    waited_in_real_time: bool = False
    """Whether a client was seen to wait in real time while the clock was stopped: give it ``clock=sandbox.clock``."""

    def __init__(
        self,
        *,
        api_key: str | Iterable[str] | None = None,
        dialect: Literal["auto", "docs", "sdk"] = "auto",
        scan_after: float | None = None,
        start_after: float = 0,
        rate_limit: str | tuple[int, float] | None = None,
        rate_limit_headers: bool = False,
        clock: Clock | None = None,
        unknown: Iterable[str] = (),
        seed: int | None = None,
        faults: Iterable[Fault | str] = (),
        message_ids: MessageIds = "ignore",
        acks: Mapping[Ack, float] | None = None,
        webhook_key: str | None = None,
        webhook_app: ASGIApp | None = None,
        webhook_attempts: int = 15,
        webhook_delay: float = 2.0,
        webhook_hosts: str | Iterable[str] = (),
        persist: str | os.PathLike[str] | None = None,
        control_token: str | None = None,
    ) -> None:
        keys = () if api_key is None else (api_key,) if isinstance(api_key, str) else tuple(api_key)
        if api_key is not None and not (keys and all(key.strip() for key in keys)):
            raise ValueError("an empty api_key would accept no request; None accepts any key")
        if scan_after is not None and not 0 <= scan_after < QR_SECONDS:
            raise ValueError(f"scan_after is from 0 to {QR_SECONDS} seconds, as long as QR codes last: {scan_after}")
        if not start_after >= 0:
            raise ValueError(f"start_after is a number of seconds >= 0, not {start_after}")
        for ack, after in (acks or {}).items():
            if ACKS.get(ack, 0) < ACKS["SERVER"] or not after >= 0:
                raise ValueError(f"acks are seconds >= 0 for SERVER, DEVICE, READ or PLAYED, not {ack!r}: {after}")
        hosts = [webhook_hosts] if isinstance(webhook_hosts, str) else list(webhook_hosts)
        if wrong := [host for host in hosts if not host or "/" in host]:
            raise ValueError(f"webhook_hosts are names of hosts, such as 'hooks.example.org', not {wrong[0]!r}")
        clock = clock or Clock()
        random = Random(seed)
        state = State(
            clock,
            random,
            scan_after=scan_after,
            start_after=start_after,
            acks=acks or {},
            unknown=map(somebody, unknown),
        )
        if message_ids not in get_args(MessageIds):
            raise ValueError(f"message_ids is one of {', '.join(get_args(MessageIds))}, not {message_ids!r}")
        if dialect not in DIALECTS:
            raise ValueError(f"dialect is one of {', '.join(DIALECTS)}, not {dialect!r}")
        retries = {"policy": "constant", "delaySeconds": webhook_delay, "attempts": webhook_attempts}
        dialects: dict[str, Docs | Sdk] = {"docs": Docs(), "sdk": Sdk(webhook_key=webhook_key, webhook_retries=retries)}
        api = {
            name: [
                *message_endpoints(state, shape, message_ids),
                *session_endpoints(state, shape),
                *contact_endpoints(state, shape),
                *chat_endpoints(state, shape, clock),
                *group_endpoints(state, shape),
            ]
            for name, shape in dialects.items()
        }
        planned = Faults(
            seed if seed is not None else random.getrandbits(64),
            faults,
            routes=[(endpoint.verb, endpoint.path) for endpoint in api["docs"]],
            events=EVENTS,
        )
        outbox = Outbox(
            clock,
            random,
            webhook_key,
            attempts=webhook_attempts,
            delay=webhook_delay,
            faults=planned,
            hosts=hosts if webhook_app is None else ["*"],
        )
        state.listeners.append(lambda event, session: outbox.notify(event, session, state))
        super().__init__(
            state,
            clock,
            dialect=dialect,
            keys=keys,
            limit=None if rate_limit is None else RateLimit(rate_limit, clock),
            faults=planned,
            outbox=outbox,
            sender=Sender(outbox, clock, state.scheduler, webhook_app=webhook_app),
        )
        self._unwatch = clock.watch(state.scheduler.catch_up)
        self._app = build_app(
            dialect,
            dialects,
            api=api,
            guard=key_guard(keys, self._limit, announced=rate_limit_headers),
            control=control_endpoints(self, dialects["sdk" if dialect == "sdk" else "docs"], api["docs"]),
            page=page_routes(self, state),
            control_token=control_token,
        )
        self._asked_to_wait: dict[tuple[str, str], tuple[float, float]] = {}
        self._storage = None if persist is None else _storage(persist, state)

    def close(self) -> None:
        """End it: nothing happens by itself any more, and the file that keeps the state, if there is one, is closed."""
        self._unwatch()
        if self._storage is not None:
            self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # Ways in

    def async_client(self, api_key: str | None = None, **options: Any) -> AsyncWasendClient:
        """
        Return a client that calls this sandbox without a socket, and waits by its clock.

        Args:
            api_key: With which key; by default the first that is let in.
            options: Further arguments of `AsyncWasendClient`.
        """
        return AsyncWasendClient(api_key or self.first_key, **self._in_process(options))

    def client(self, api_key: str | None = None, **options: Any) -> WasendClient:
        """
        Return a synchronous client that calls this sandbox without a socket, and waits by its clock.

        Args:
            api_key: With which key; by default the first that is let in.
            options: Further arguments of `WasendClient`.
        """
        return WasendClient(api_key or self.first_key, **self._in_process(options))

    @property
    def first_key(self) -> str:
        """An API key that is let in: the first one, or any."""
        return next(iter(self._keys), "any-key")

    def _in_process(self, options: dict[str, Any]) -> dict[str, Any]:
        http_client = httpx.AsyncClient(transport=InProcess(self))
        return {"base_url": "http://localhost", "http_client": http_client, "clock": self.clock, **options}

    def serve(self, port: int = 0, host: str = "127.0.0.1", *, allow_remote: bool = False) -> SandboxServer:
        """
        Return a server for this sandbox, to be entered with ``with`` or ``async with``.

        Args:
            port: Which port; 0 takes a free one.
            host: Which address of this machine.
            allow_remote: Whether other machines may reach it, or call it by a name of theirs. It must have an `api_key`
                then.

        Raises:
            ValueError: `host` is not a loopback address, and `allow_remote` was not given; or it was given, and any key
                is let in.
        """
        if allow_remote and not self._keys:
            raise ValueError("allow_remote lets other machines in: give the sandbox an api_key that they must know")
        if allow_remote:  # whoever has a key would call what else listens on this machine
            self._outbox.this_machine = False
        return SandboxServer(self, port=port, host=host, allow_remote=allow_remote)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        self._state.scheduler.catch_up()
        path: str = scope["path"]
        faults: tuple[Fault, ...] = ()
        if path != "/" and not path.startswith(PREFIX) and self.faults:
            request = None
            if self.faults.filtered:
                request = await Request.read(scope, receive)
                receive = request.again(receive)
            faults = self.faults.on_request(scope["method"], path, request)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *scope.get(HEADERS, ())]
                if all(name != b"date" for name, _ in headers):
                    headers.append((b"date", formatdate(self.clock.now(), usegmt=True).encode()))
                if self.clock.stopped:
                    headers.append((CLOCK_HEADER.encode(), b"stopped"))
                message["headers"] = headers
                self._watch_waits(scope, headers)
                if not faults:
                    self._note(scope, message["status"], processed=message["status"] < 300)
            await send(message)

        def note(played: Played) -> None:
            self._note(scope, played.status, processed=played.processed, fault=played.fault)

        if faults:
            await play(faults, self._app, scope, receive, answer, self.clock, note, self._write_twin)
        else:
            await self._app(scope, receive, answer)
        self._sender.wake(asyncio.get_running_loop())

    def _watch_waits(self, scope: Scope, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Find out who waits in real time for a clock that stands still."""
        if not self.clock.stopped or isinstance(scope.get(CONNECTION), Exchange):
            return
        asked, now = (scope["method"], scope["path"]), time.monotonic()
        until, since = self._asked_to_wait.pop(asked, (0.0, now))
        if self.clock.now() < until and now - since > _REAL:
            self.waited_in_real_time = True
            _log.warning("a client waited for %s %s in real time, and the sandbox's clock is stopped", *asked)
        if (after := dict(headers).get(b"retry-after", b"")).isdigit():
            self._asked_to_wait[asked] = (self.clock.now() + int(after), now)

    def _write_twin(self, request: Request, by: str) -> None:
        """Have somebody else write what a request is to send: on the session's own phone, or the recipient."""
        with suppress(ValueError):  # where nobody could, nobody does
            if by == "recipient":
                self.receive(request.session, request.to, request.text)
            else:
                self.typed_on_the_phone(request.session, request.to, request.text)

    def _note(self, scope: Scope, status: int | None, *, processed: bool, fault: str | None = None) -> None:
        if not scope["path"].startswith(PREFIX) and scope["path"] != "/":
            if _requests.isEnabledFor(logging.INFO):
                came = "no answer" if status is None else status
                what = f"{scope['method']} {printable(masked(scope['path']))}"
                _requests.info("%s: %s%s", what, came, f" ({fault})" if fault else "")
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
    from wasend.sandbox.world.storage import Storage  # what writes files is not needed by those who keep none

    return Storage(path, state)
