"""
The connections, for as many requests at once as there may be.

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
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import httpx

from ..errors import ConfigurationError

CONNECTIONS: Final = 100
_KEPT_ALIVE: Final = 20
KEPT_FOR: Final = 5.0


class Pools:
    """
    The pools of one client: one for each event loop and process that it is used in.

    Connections belong to the loop and process they were made in: in another loop, or after a fork, new ones are made.

    Args:
        make: Makes a pool.
    """

    def __init__(self, make: Callable[[], SlottedPool]) -> None:
        self._make = make
        self._by_loop: dict[asyncio.AbstractEventLoop, tuple[SlottedPool, AsyncGenerator[None]]] = {}
        self._pid = os.getpid()
        self._inherited: list[object] = []
        weakref.finalize(self, _warn_unclosed, self._by_loop).atexit = False

    async def current(self) -> SlottedPool:
        """The pool of the running loop, made where there is none yet."""
        loop = asyncio.get_running_loop()
        found = self._by_loop.get(loop) if self._pid == os.getpid() else None
        if found is None:
            self._forget_others()
            pool = self._make()
            found = self._by_loop[loop] = pool, _closed_with_its_loop(pool)
            await anext(found[1])
        return found[0]

    async def aclose(self) -> None:
        """Close the pool of the running loop, and forget the others, whose loops alone could close them."""
        self._forget_others()
        found = self._by_loop.pop(asyncio.get_running_loop(), None)
        self._by_loop.clear()
        if found is not None:
            await found[1].aclose()

    def _forget_others(self) -> None:
        if self._pid != os.getpid():
            # Forked: these connections are the parent's too. Not used here, nor closed, which would break them there;
            # but kept.
            self._inherited.append(dict(self._by_loop))
            self._by_loop.clear()
            self._pid = os.getpid()
        for loop in [loop for loop in self._by_loop if loop.is_closed()]:
            del self._by_loop[loop]


async def _closed_with_its_loop(pool: SlottedPool) -> AsyncGenerator[None]:
    """Close a pool when the loop ends: `asyncio.run` and its like close the asynchronous generators that are left."""
    pid = os.getpid()
    try:
        yield
    finally:
        if pid == os.getpid():  # else its connections are the parent's
            await pool.aclose()


def _warn_unclosed(loops: Iterable[asyncio.AbstractEventLoop]) -> None:
    if any(not loop.is_closed() for loop in loops):
        warnings.warn("unclosed AsyncWasendClient: use `async with`, or await aclose()", ResourceWarning, stacklevel=2)


class SlottedPool(httpx.AsyncBaseTransport):
    """
    Connections, a limited number of them.

    Attributes:
        slots: Whoever sends a request takes one first, and releases it when the answer is read. Waiting for it is
            waiting in a queue of the client's own, which no timeout is meant for.
    """

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(CONNECTIONS)


class Pool(SlottedPool):
    """At most so many connections, the last one used taken first."""

    def __init__(self, base_url: str, network: Network | None = None) -> None:
        super().__init__()
        self._url = base_url
        self._network = network or Network()
        self._idle: deque[tuple[httpx.AsyncHTTPTransport, float]] = deque()
        self._all: set[httpx.AsyncHTTPTransport] = set()
        self._settings: dict[str, Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._idle.pop()[0] if self._idle else self._new()
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
            network = self._network
            one = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_FOR)
            # One TLS context for all: making one costs 15 to 20 ms.
            secure = self._url.startswith("https:")
            context = network.tls() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._settings = {
                "limits": one,
                "verify": context,
                "proxy": network.proxy_for(self._url),
                "trust_env": False,
            }
        try:
            transport = httpx.AsyncHTTPTransport(**self._settings)
        except ImportError:
            raise ConfigurationError("proxy: a socks5 proxy needs a package; pip install 'httpx[socks]'") from None
        self._all.add(transport)
        return transport

    async def _give_back(self, transport: httpx.AsyncHTTPTransport) -> None:
        now = time.monotonic()
        old: list[httpx.AsyncHTTPTransport] = []
        if transport in self._all:
            if _is_unusable(transport):
                self._all.discard(transport)
                old.append(transport)
            else:
                self._idle.append((transport, now))
        # Where the slots are locked, others may wait for one.
        spare = 0 if self.slots.locked() else len(self._idle) - _KEPT_ALIVE
        while self._idle and (spare > 0 or now - self._idle[0][1] > KEPT_FOR):
            old.append(self._idle.popleft()[0])
            spare -= 1
        for stale in old:
            self._all.discard(stale)
            await stale.aclose()


def _is_unusable(transport: httpx.AsyncHTTPTransport) -> bool:
    """
    Whether its connection is not to be used again: it is not idle, or more has come over it than the answer, which
    httpcore would take for the next request's.

    httpcore tells it by no public name. Where another release has other names, connections are not used again, which
    costs time and does no harm.
    """
    inner: Any = transport
    try:
        for connection in inner._pool.connections:
            if not connection.is_idle() and not connection.is_closed():
                return True  # a cancelled request can leave one so, and the next would wait for it for ever
            while not hasattr(connection, "_h11_state"):  # a tunnel through a proxy, for one
                connection = connection._connection  # noqa: PLW2901
            if connection._h11_state.trailing_data[0]:
                return True
            stream = connection._network_stream._stream
            if hasattr(stream, "transport_stream"):
                if stream._ssl_object.pending() or stream._read_bio.pending:
                    return True
                stream = stream.transport_stream
            if stream._protocol.read_queue:
                return True
    except AttributeError:
        return True
    return False


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


@attrs.frozen
class Network:
    """
    How connections are made.

    Attributes:
        proxy: The proxy for every connection; by default the one that the environment names.
        verify: Whether to verify certificates; or the authorities that are trusted: a file, a folder or a context.
    """

    proxy: str | None = attrs.field(default=None, repr=False)  # it may hold a password
    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True

    def __attrs_post_init__(self) -> None:
        if self.proxy is not None:
            _checked_proxy(self.proxy, "the one given")
        if not isinstance(self.verify, bool | ssl.SSLContext):
            try:
                if not Path(self.verify).exists():
                    raise TypeError
            except TypeError:
                remedy = "pass True, False, the path of a file or folder of certificates, or an ssl.SSLContext"
                raise ConfigurationError(f"verify: {self.verify!r} cannot be used; {remedy}") from None

    def proxy_for(self, url: str) -> str | None:
        """
        The proxy for a URL.

        Raises:
            ConfigurationError: The environment names one that cannot be.
        """
        return environment_proxy(url) if self.proxy is None else _checked_proxy(self.proxy, "the one given")

    def tls(self) -> ssl.SSLContext:
        """
        What TLS trusts.

        Raises:
            ConfigurationError: The certificates cannot be read.
        """
        if isinstance(self.verify, ssl.SSLContext):
            return self.verify
        if isinstance(self.verify, bool):
            return httpx.create_ssl_context(verify=self.verify)
        path = Path(self.verify)
        try:
            folder = path.is_dir()
            return ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)
        except OSError as error:
            raise ConfigurationError(f"verify: the certificates cannot be read ({type(error).__name__})") from error


def environment_proxy(url: str) -> str | None:
    """
    The proxy that the environment names for this URL.

    Raises:
        ConfigurationError: It cannot be.
    """
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    found = proxies.get(parts.scheme) or proxies.get("all")
    if found is None:
        return None
    return _checked_proxy(found if "://" in found else f"http://{found}", "the one that the environment names")


def _checked_proxy(proxy: str, which: str) -> str:
    """A proxy that is refused is not repeated: it may hold a password."""
    try:
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https", "socks5", "socks5h"):
            raise ConfigurationError(f"proxy: {which} is neither http, https nor socks5")
        if not parts.hostname or parts.port == 0 or not httpx.URL(proxy).host:
            raise ValueError
        httpx.Proxy(proxy)
    except (ValueError, TypeError, AttributeError, httpx.InvalidURL):
        raise ConfigurationError(f"proxy: {which} is not a URL; write it as http://host:port") from None
    return proxy
