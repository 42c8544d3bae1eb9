"""
The connections by aiohttp, for many requests at once: the extra ``aiohttp``. The only importer of aiohttp.

It speaks to aiohttp itself: the ready transport for httpx calls a connection that the server broke off a timeout of
connecting, after which a message would be sent a second time.
"""

from __future__ import annotations

import asyncio
import select
import weakref
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import httpx
from yarl import URL

from ..errors import ConfigurationError
from .pool import CONNECTIONS, KEPT_FOR, environment_proxy

_PIECE: Final = 64 * 1024
_NOT_OURS: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class AiohttpPool(httpx.AsyncBaseTransport):
    """
    At most so many connections of aiohttp's.

    Everything that aiohttp would do by itself is off: cookies, redirects, proxies and passwords from the environment,
    decompression, its own headers, and to repeat a request whose connection broke.
    """

    def __init__(self, base_url: str) -> None:
        self._proxy = environment_proxy(base_url)
        if self._proxy is not None and not self._proxy.startswith(("http:", "https:")):
            raise ConfigurationError("proxy: aiohttp knows none but http and https; leave out transport='aiohttp'")
        secure = base_url.startswith("https:")
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_headers_are_next)
        self._free_slots = asyncio.Semaphore(CONNECTIONS)
        connector = _Connector(limit=0, keepalive_timeout=KEPT_FOR, ssl=httpx.create_ssl_context() if secure else True)
        connector.used = weakref.WeakSet()
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NOT_OURS,
            auto_decompress=False,
            trace_configs=[tracing],
        )
        # For GET, PUT and DELETE; there is no public name for it.
        self._session._retry_connection = False  # pyright: ignore[reportPrivateUsage]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._free_slots.acquire()
        try:
            answer = await self._send(request)
        except BaseException:
            self._free_slots.release()
            raise
        body = _Body(answer, self._free_slots.release)
        return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=body, request=request)

    async def aclose(self) -> None:
        """Close every connection, those in use as well."""
        await self._session.close()

    async def _send(self, request: httpx.Request) -> aiohttp.ClientResponse:
        departure = _Departure(request)
        token = _departing.set(departure)
        timeouts = request.extensions["timeout"]
        try:
            async with asyncio.timeout(None) as silence:
                return await self._session.request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    data=_body(request.content, silence, timeouts["write"]),
                    headers=[(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw],
                    allow_redirects=False,
                    proxy=self._proxy,
                    timeout=aiohttp.ClientTimeout(connect=timeouts["connect"], sock_read=timeouts["read"]),
                    trace_request_ctx=departure,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            departure.abort()
            if departure.begun:
                raise _broken(error) from error
            slow = isinstance(error, TimeoutError)
            raise (httpx.ConnectTimeout if slow else httpx.ConnectError)(_words(error)) from error
        except BaseException:
            departure.abort()
            raise
        finally:
            _departing.reset(token)


class _Connector(aiohttp.TCPConnector):
    """Takes no connection again that the service has closed meanwhile, though the loop has not heard of it yet."""

    used: weakref.WeakSet[Any]

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout) -> Any:
        while True:
            connection = await super().connect(req, traces, timeout)
            if connection.protocol not in self.used:
                self.used.add(connection.protocol)
                break
            if connection.transport is not None and not _is_readable(connection.transport):
                break
            connection.close()
        _departing.get().transport = connection.transport
        return connection


def _is_readable(transport: asyncio.Transport) -> bool:
    """Whether there is something to read: with no request under way that is its end."""
    ready, _, _ = select.select([transport.get_extra_info("socket")], [], [], 0)
    return bool(ready)


def _body(content: bytes, silence: asyncio.Timeout, seconds: float) -> bytes | AsyncIterator[bytes] | None:
    """What aiohttp writes; in pieces, and in bounded time each, where it does not fit into its buffer."""
    return _pieces(content, silence, seconds) if len(content) > _PIECE else content or None


async def _pieces(content: bytes, silence: asyncio.Timeout, seconds: float) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        silence.reschedule(asyncio.get_running_loop().time() + seconds)
        yield content[start : start + _PIECE]
    silence.reschedule(None)


class _Departure:
    """Whether a request's first byte may have been written, and to where."""

    def __init__(self, request: httpx.Request) -> None:
        self.request = request
        self.begun = False
        self.transport: asyncio.Transport | None = None

    def abort(self) -> None:
        """Close the connection at once; aiohttp would wait until the service has taken all that is written."""
        if self.transport is not None:
            self.transport.abort()


_departing: ContextVar[_Departure] = ContextVar("_departing")


async def _headers_are_next(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """Say so as httpcore does. aiohttp calls this before it writes: until then nothing has left for certain."""
    departure: _Departure = context.trace_request_ctx
    departure.begun = True
    await departure.request.extensions["trace"]("http11.send_request_headers.started", {"request": departure.request})


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer, whose end makes room for another request."""

    def __init__(self, answer: aiohttp.ClientResponse, end: Callable[[], None]) -> None:
        self._answer = answer
        self._end = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise _broken(error) from error

    async def aclose(self) -> None:
        # The connection has gone back by itself if the answer was read to its end.
        if (connection := self._answer.connection) is not None and connection.transport is not None:
            connection.transport.abort()
        self._answer.close()
        self._end()


def _broken(error: Exception) -> httpx.TransportError:
    kind: type[httpx.TransportError] = httpx.ReadTimeout if isinstance(error, TimeoutError) else httpx.ReadError
    return kind(_words(error))


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
