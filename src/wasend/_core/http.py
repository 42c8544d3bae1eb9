"""
Sending one request once. The only importer of httpx; its exceptions become ours here.

httpcore looks through all its connections at every request, which costs most of the time with many requests in flight.
So the connections are httpx transports of one connection each, on a stack: the one used last is taken first, in
constant time, and those at the bottom grow old and are closed.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
import urllib.request
import warnings
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import httpx

from .. import __version__
from ..errors import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    Outcome,
    UnknownConnectionError,
    UnknownTimeoutError,
    WasendError,
)
from .answer import Answer
from .call import Call

LARGEST_ANSWER: Final = 64 * 1024 * 1024
_CONNECTIONS: Final = 100
_KEPT_ALIVE: Final = 20
_KEPT_FOR: Final = 5.0
_USER_AGENT: Final = f"wasend-python/{__version__}"
_NOTHING_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@attrs.define
class Departure:
    """
    What is known of a request on its way out; httpcore reports to it as a ``trace``.

    Attributes:
        begun: Whether a byte of the request may have left this machine.
        at: When it was made (UTC).
        answer: The answer without its body, once that much has come.
    """

    begun: bool = False
    answer: Answer | None = None
    at: datetime = attrs.field(factory=lambda: datetime.now(UTC))

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the one event that tells whether anything was written."""
        if event.endswith(".send_request_headers.started"):
            self.begun = info["request"].method != b"CONNECT"  # that one goes to a proxy, and carries nothing of ours
        elif self.begun and event.endswith(".send_request_headers.failed"):
            # A write that fails, as on a connection that the server closed while it was idle, has written nothing;
            # one that was cut short by time or by cancelling may have.
            self.begun = isinstance(info.get("exception"), TimeoutError | asyncio.CancelledError) or _timed_out(info)


def _timed_out(info: Mapping[str, Any]) -> bool:
    return "Timeout" in type(info.get("exception")).__name__


class Http:
    """
    The connections of one client, shared by every view of it.

    They belong to the event loop and process they were made in: in another loop, or after a fork, new ones are made.

    Attributes:
        closed: Whether `aclose` was called.
        date: The ``Date`` header of the newest answer, and when it came by the client's clock.
        deadlines: Those of the calls under way, and the loops that these run in; closing brings them forward to now.
    """

    def __init__(self, base_url: str, client: httpx.AsyncClient | None = None) -> None:
        try:
            httpx.URL(base_url).host  # noqa: B018 - fails for a host that no DNS can hold
        except (httpx.InvalidURL, ValueError):
            raise ConfigurationError(f"base_url: {base_url!r} names a host that cannot be") from None
        self._base_url = base_url
        self._theirs = client
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}
        self._pid = os.getpid()
        self._inherited: list[object] = []
        self.closed = False
        self.date: tuple[str, float] | None = None
        self.deadlines: dict[asyncio.Timeout, asyncio.AbstractEventLoop] = {}
        weakref.finalize(self, _warn_unclosed, self._pools).atexit = False

    async def aclose(self) -> None:
        """Close our connections and end the calls under way; a client that the caller made stays open."""
        self.closed = True
        loop = asyncio.get_running_loop()
        for deadline in [deadline for deadline, its in self.deadlines.items() if its is loop]:
            if not deadline.expired():
                deadline.reschedule(loop.time())
        self._forget_others()
        pool = self._pools.pop(loop, None)
        self._pools.clear()
        if pool is not None:
            await pool.aclose()

    async def exchange(
        self,
        call: Call[Any],
        content: bytes | None,
        *,
        key: str,
        waits: dict[str, float],
        departure: Departure,
    ) -> Answer:
        """
        Send a request once and read its answer.

        Raises:
            APIConnectionError: No answer came; its ``outcome`` says whether the request had left.
            ClientClosedError: The client is closed, or was closed meanwhile.
        """
        if self.closed:
            raise ClientClosedError("the client is closed; make a new one")
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json", "User-Agent": _USER_AGENT}
        if content is not None:
            headers["Content-Type"] = "application/json"
        extensions: dict[str, Any] = {"timeout": waits, "trace": departure.trace}
        url = self._base_url + call.target()
        try:
            if self._theirs is not None:
                # What their transport does before it writes is not known; httpcore's trace corrects this.
                departure.begun = True
                request = self._theirs.build_request(
                    call.method, url, content=content, headers=headers, extensions=extensions
                )
                response = await self._theirs.send(request, stream=True, follow_redirects=False)
            else:
                request = httpx.Request(call.method, url, content=content, headers=headers, extensions=extensions)
                response = await self._pool().handle_async_request(request)
        except (httpx.TransportError, OSError) as error:
            if isinstance(error, _NOTHING_LEFT):
                departure.begun = False
            raise self._failure(call, error, departure) from error
        except RuntimeError as error:
            if not self._shut():
                raise
            raise self._failure(call, error, departure) from error
        departure.answer = head = Answer(response.status_code, dict(response.headers.items()), None)
        try:
            content = await _content(response)
        except (httpx.HTTPError, OSError) as error:
            if response.is_success and call.repeatable:
                raise self._failure(call, error, departure) from error
            # The status has come, and with it what became of the request.
            return attrs.evolve(head, fault=f"the answer broke off ({type(error).__name__})")
        finally:
            await response.aclose()
        if content is None:
            return attrs.evolve(head, fault=f"the answer is larger than {LARGEST_ANSWER >> 20} MiB")
        return Answer(head.status, head.headers, content)

    def _shut(self) -> bool:
        return self.closed or (self._theirs is not None and self._theirs.is_closed)

    def _failure(self, call: Call[Any], error: Exception, departure: Departure) -> WasendError:
        slow = isinstance(error, httpx.TimeoutException)
        reason = f"no answer in time ({type(error).__name__})" if slow else f"the connection failed ({_reason(error)})"
        return self.lost(call, reason, departure, slow=slow)

    def lost(self, call: Call[Any], reason: str, departure: Departure, *, slow: bool, attempts: int = 1) -> WasendError:
        """The error for a request without an answer."""
        text = f"{call.name}: {reason}"
        outcome: Outcome = "unknown" if departure.begun else "not_sent"
        if self._shut():
            return ClientClosedError(f"{call.name}: the client was closed during the call", outcome=outcome)
        if departure.begun and not call.repeatable:
            unknown = UnknownTimeoutError if slow else UnknownConnectionError
            text = f"{text}; it may or may not have been carried out: look before you repeat it"
            return unknown(text, attempts=attempts, call=call, since=departure.at)
        kind = APITimeoutError if slow else APIConnectionError
        return kind(text if departure.begun else f"{text}; nothing was sent", attempts=attempts, outcome=outcome)

    def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop) if self._pid == os.getpid() else None
        if pool is None:
            self._forget_others()
            pool = self._pools[loop] = _Pool(self._base_url)
        return pool

    def _forget_others(self) -> None:
        if self._pid != os.getpid():
            # Forked: these connections are the parent's too. Not used here, nor closed, which would break them there;
            # but kept.
            self._inherited.append(dict(self._pools))
            self._pools.clear()
            self._pid = os.getpid()
        for loop in [loop for loop in self._pools if loop.is_closed()]:
            del self._pools[loop]


def _warn_unclosed(pools: dict[asyncio.AbstractEventLoop, _Pool]) -> None:
    if any(not loop.is_closed() for loop in pools):
        warnings.warn("unclosed AsyncWasendClient: use `async with`, or await aclose()", ResourceWarning, stacklevel=2)


async def _content(response: httpx.Response) -> bytes | None:
    """The body; `None` where it is too large."""
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST_ANSWER:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_ANSWER:
            return None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _Pool(httpx.AsyncBaseTransport):
    """At most so many connections, the last one used taken first."""

    def __init__(self, base_url: str) -> None:
        self._url = base_url
        self._idle: deque[tuple[httpx.AsyncHTTPTransport, float]] = deque()
        self._all: set[httpx.AsyncHTTPTransport] = set()
        self._room = asyncio.Semaphore(_CONNECTIONS)
        self._settings: dict[str, Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._room.acquire()
        try:
            transport = self._idle.pop()[0] if self._idle else self._new()
        except BaseException:
            self._room.release()
            raise
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await self._give_back(transport)
            raise
        response.stream = _Lease(response.stream, lambda: self._give_back(transport))
        return response

    async def aclose(self) -> None:
        """Close every connection, those in use as well."""
        self._idle.clear()
        while self._all:
            await self._all.pop().aclose()

    def _new(self) -> httpx.AsyncHTTPTransport:
        if self._settings is None:
            one = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEPT_FOR)
            # One TLS context for all: making one costs 15 to 20 ms.
            context = (
                httpx.create_ssl_context()
                if self._url.startswith("https:")
                else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
            self._settings = {"limits": one, "verify": context, "proxy": _proxy(self._url), "trust_env": False}
        transport = httpx.AsyncHTTPTransport(**self._settings)
        self._all.add(transport)
        return transport

    async def _give_back(self, transport: httpx.AsyncHTTPTransport) -> None:
        now = time.monotonic()
        old: list[httpx.AsyncHTTPTransport] = []
        if transport in self._all:
            self._idle.append((transport, now))
        self._room.release()
        spare = len(self._idle) - _KEPT_ALIVE if not self._room.locked() else 0  # locked: others wait for connections
        while self._idle and (spare > 0 or now - self._idle[0][1] > _KEPT_FOR):
            old.append(self._idle.popleft()[0])
            spare -= 1
        for stale in old:
            self._all.discard(stale)
            await stale.aclose()


class _Lease(httpx.AsyncByteStream):
    """The bytes of an answer, whose end gives the connection back."""

    def __init__(
        self, stream: httpx.AsyncByteStream | httpx.SyncByteStream, give_back: Callable[[], Awaitable[None]]
    ) -> None:
        self._stream = stream
        self._give_back = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:  # type: ignore[union-attr]
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()  # type: ignore[union-attr]
        finally:
            await self._give_back()


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this URL."""
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    found = proxies.get(parts.scheme) or proxies.get("all")
    if found is None:
        return None
    proxy = found if "://" in found else f"http://{found}"
    if urlsplit(proxy).scheme not in ("http", "https", "socks5", "socks5h"):
        raise ConfigurationError("proxy: the environment names one that is neither http, https nor socks5")
    return proxy
