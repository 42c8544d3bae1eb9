"""
The connections by aiohttp, for many requests at once: the extra ``aiohttp``. The only importer of aiohttp.

It speaks to aiohttp itself: the ready transport for httpx calls a connection that the server broke off a timeout of
connecting, after which a message would be sent a second time.
"""

from __future__ import annotations

import asyncio
import select
import sys
import weakref
from collections.abc import AsyncIterator
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Final, cast

import aiohttp
import httpx
from yarl import URL

from ..errors import ConfigurationError
from .pool import KEPT_FOR, Network, SlottedPool

_NOT_OURS: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class AiohttpPool(SlottedPool):
    """
    At most so many connections of aiohttp's.

    Everything that aiohttp would do by itself is off: cookies, redirects, proxies and passwords from the environment,
    decompression, its own headers, and to repeat a request whose connection broke.
    """

    def __init__(self, base_url: str, network: Network | None = None) -> None:
        super().__init__()
        network = network or Network()
        self._proxy = network.proxy_for(base_url)
        if self._proxy is not None and not self._proxy.startswith(("http:", "https:")):
            raise ConfigurationError("proxy: aiohttp supports only http and https; leave out transport='aiohttp'")
        secure = base_url.startswith("https:")
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_headers_are_next)
        connector = _Connector(limit=0, keepalive_timeout=KEPT_FOR, ssl=network.tls() if secure else True)
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
        answer = await self._send(request)
        return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=_Body(answer), request=request)

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
                    data=_body(request.stream, silence, timeouts["write"]),
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
            unread = connection.protocol is None or connection.protocol.should_close  # more came than its answers
            if connection.transport is not None and not unread and not _is_readable(connection.transport):
                break
            connection.close()
        _departing.get().transport = connection.transport
        return connection


def _is_readable(transport: asyncio.Transport) -> bool:
    """Whether there is something to read: with no request under way that is its end."""
    connection = transport.get_extra_info("socket")
    if sys.platform == "win32":
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()  # `select` knows no descriptor above 1023
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _body(stream: object, silence: asyncio.Timeout, seconds: float) -> bytes | AsyncIterator[bytes] | None:
    """What aiohttp writes: a small body as it is, a large one in pieces, and in bounded time each."""
    if isinstance(stream, httpx.ByteStream):
        return b"".join(stream) or None
    return _pieces(cast("httpx.AsyncByteStream", stream), silence, seconds)


async def _pieces(stream: httpx.AsyncByteStream, silence: asyncio.Timeout, seconds: float) -> AsyncIterator[bytes]:
    async for piece in stream:
        silence.reschedule(asyncio.get_running_loop().time() + seconds)
        yield piece
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
    """The bytes of an answer."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

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


def _broken(error: Exception) -> httpx.TransportError:
    kind: type[httpx.TransportError] = httpx.ReadTimeout if isinstance(error, TimeoutError) else httpx.ReadError
    return kind(_words(error))


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
