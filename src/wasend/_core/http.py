"""Sending one request once; the exceptions of httpx become ours here."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal

import attrs
import httpx

from .._version import __version__
from ..errors import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    DecodeError,
    Outcome,
    UnknownConnectionError,
    UnknownTimeoutError,
    WasendError,
    printable,
)
from .answer import IN_DOUBT, Answer
from .body import Body
from .bounds import LARGE, Collected
from .call import Call, masked
from .compression import ACCEPTED, BadCompressionError, decompressor
from .pool import Network, Pool, Pools, SlottedPool
from .secret import Secret
from .traces import hide

CLOCK_HEADER: Final = "x-sandbox-clock"
"""By which a sandbox says that its clock is ``stopped``."""
DETACHED: Final = "wasend-detached"
"""The name of tasks that outlive the call that began them."""
DETACHED_FOR: Final = 3.0
_USER_AGENT: Final = f"wasend-python/{__version__}"
# Taking a URL apart is a tenth of the work, and sends go to the same few.
_url: Final = functools.lru_cache(maxsize=64)(httpx.URL)
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_CUT_SHORT: Final = (TimeoutError, asyncio.CancelledError)


@attrs.define
class RequestState:
    """
    What is known of a request on its way out; httpcore reports to it as a ``trace``.

    Attributes:
        may_have_left: Whether a byte of the request may have left this machine.
        started_at: When it was made (UTC).
        answer: The answer without its body, once that much has come.
        check: Called before the first byte is written; where it raises, none is. Transports that a caller has made do
            not call it.
    """

    may_have_left: bool = False
    answer: Answer | None = None
    started_at: datetime = attrs.field(factory=lambda: datetime.now(UTC))
    check: Callable[[], None] | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the one event that tells whether anything was written."""
        if event.endswith(".send_request_headers.started"):
            if self.check is not None:
                self.check()
            # A CONNECT goes to a proxy, and carries nothing of ours.
            self.may_have_left = info["request"].method != b"CONNECT"
        elif self.may_have_left and event.endswith(".send_request_headers.failed"):
            # A write that fails, as on a connection that the server closed while it was idle, has written nothing;
            # one that was cut short by time or by cancelling may have.
            error = info.get("exception")
            self.may_have_left = isinstance(error, _CUT_SHORT) or "Timeout" in type(error).__name__


class Http:
    """
    What sends the requests of one client, shared by every view of it.

    Attributes:
        closed: Whether `aclose` was called.
        stands_still: Whether the service's clock is stopped, as the newest answer says; `None` once that was warned of.
        date: The ``Date`` header of the newest answer, and when that was asked for and came, by the client's clock.
        deadlines: Those of the calls under way, and the loops that these run in; closing brings them forward to now.
    """

    def __init__(
        self,
        base_url: str,
        client: httpx.AsyncClient | None = None,
        transport: Literal["httpx", "aiohttp"] = "httpx",
        network: Network | None = None,
    ) -> None:
        if client is not None and not isinstance(client, httpx.AsyncClient):
            kind = f"{type(client).__module__.partition('.')[0]}.{type(client).__name__}"
            remedy = "the sync client takes one as well" if isinstance(client, httpx.Client) else "or leave it out"
            raise ConfigurationError(f"http_client: expected an httpx.AsyncClient, got {kind}; pass one ({remedy})")
        try:
            httpx.URL(base_url).host  # noqa: B018 - fails for a host that no DNS can hold
        except (httpx.InvalidURL, ValueError):
            raise ConfigurationError(
                f"base_url: {base_url!r} has an invalid host name; pass one such as https://api.wasend.dev"
            ) from None
        self._base_url = base_url
        self._callers_client = client
        self._network = network or Network()
        self._kind_of_pool = _kind_of_pool(transport, client)
        self._pools = Pools(functools.partial(self._kind_of_pool, base_url, self._network))
        self._detached: set[asyncio.Task[Any]] = set()
        self.closed = False
        self.stands_still: bool | None = False
        self.date: tuple[str, float, float] | None = None
        self.deadlines: dict[asyncio.Timeout, asyncio.AbstractEventLoop] = {}

    async def aclose(self) -> None:
        """
        Close our connections and end the calls under way; a client that the caller made stays open.

        What was detached has 3 s to end first.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no asyncio, and so no connection
            self.closed = True
            return
        if detached := [task for task in self._detached if task.get_loop() is loop]:
            await asyncio.wait(detached, timeout=DETACHED_FOR)
        self.closed = True
        for deadline in [deadline for deadline, its_loop in self.deadlines.items() if its_loop is loop]:
            if not deadline.expired():
                deadline.reschedule(loop.time())
        await self._pools.aclose()

    def detach(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in a task of its own, which goes on when the caller's is cancelled."""
        # Without the caller's context: a cancelled scope of anyio's would reach into it.
        task = asyncio.get_running_loop().create_task(work, name=DETACHED, context=contextvars.Context())
        self._detached.add(task)
        task.add_done_callback(self._detached.discard)
        return task

    async def enter(self) -> asyncio.Semaphore | None:
        """
        Wait until one of our own connections is free for a request.

        Returns:
            What to release when the request is over; `None` where the connections are the caller's.

        Raises:
            ClientClosedError: The client is closed.
        """
        if self.closed:
            raise ClientClosedError("the client is closed; make a new one")
        if self._callers_client is not None:
            return None
        slots = (await self._pools.current()).slots
        await slots.acquire()
        return slots

    async def exchange(
        self,
        call: Call[Any],
        content: bytes | Body | None,
        *,
        key: Secret,
        timeouts: dict[str, float],
        state: RequestState,
        most: int,
    ) -> Answer:
        """
        Send a request once and read its answer, of at most so many bytes.

        Raises:
            APIConnectionError: No answer came; its ``outcome`` says whether the request had left.
            ClientClosedError: The client is closed, or was closed meanwhile.
        """
        try:
            return await self._exchange(call, content, key, timeouts, state, most)
        except BaseException as error:
            hide(error, key)
            raise

    async def _exchange(
        self,
        call: Call[Any],
        content: bytes | Body | None,
        key: Secret,
        timeouts: dict[str, float],
        state: RequestState,
        most: int,
    ) -> Answer:
        if self.closed:
            raise ClientClosedError("the client is closed; make a new one")
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
            "User-Agent": _USER_AGENT,
        }
        data: bytes | _Pieces | None = None
        if content is not None:
            headers["Content-Type"] = "application/json"
            data = content if isinstance(content, bytes) else _Pieces(content)
            headers["Content-Length"] = str(len(content) if isinstance(content, bytes) else content.length)
        extensions: dict[str, Any] = {"timeout": timeouts, "trace": state.trace}
        url = _url(self._base_url + call.target())
        try:
            if self._callers_client is not None:
                # What a transport of theirs does before it writes is not known; of httpx's own, httpcore's trace tells.
                state.may_have_left = not _reports(self._callers_client, url)
                request = self._callers_client.build_request(
                    call.method, url, content=data, headers=headers, extensions=extensions
                )
                key.authorize(request.headers)
                response = await self._callers_client.send(request, stream=True, follow_redirects=False)
            else:
                request = httpx.Request(call.method, url, content=data, headers=headers, extensions=extensions)
                key.authorize(request.headers)
                response = await (await self._pools.current()).handle_async_request(request)
        except WasendError:
            raise
        except httpx.HTTPStatusError as error:  # a response hook of theirs calls raise_for_status
            headers = key.out_of_all(error.response.headers)
            return Answer(error.response.status_code, headers, *_read_by_hook(error.response))
        except Exception as error:  # whatever a transport or a hook of theirs raises
            if isinstance(error, _NEVER_SENT):
                state.may_have_left = False
            raise self._failure(call, error, state, key) from error
        state.answer = head = Answer(response.status_code, key.out_of_all(response.headers), None)
        try:
            raw = await _content(response, most)
        except BadCompressionError as error:
            return attrs.evolve(head, fault=str(error))
        except Exception as error:
            if response.is_success and call.repeatable:
                raise self._failure(call, error, state, key) from error
            # The status has come, and with it what became of the request.
            return attrs.evolve(head, fault=f"the answer was cut off ({type(error).__name__})")
        finally:
            await response.aclose()
        if raw is None:
            return attrs.evolve(head, fault=f"the answer is larger than {most / 2**20:.3g} MiB")
        return Answer(head.status, head.headers, raw)

    @asynccontextmanager
    async def stream(
        self,
        call: Call[Any],
        url: httpx.URL,
        *,
        key: Secret,
        own: bool,
        timeouts: dict[str, float],
        state: RequestState,
    ) -> AsyncGenerator[tuple[Answer, AsyncGenerator[bytes]]]:
        """
        Get a URL once, of the service or of anybody: the answer without its body, and the pieces of that.

        Args:
            call: What errors call it.
            url: The URL.
            key: The API key.
            own: Whether the URL is the service's own, which is given the key.
            timeouts: Seconds for connecting and between two pieces.
            state: Told what becomes of the request.

        Raises:
            APIConnectionError: No answer came. The pieces raise it where the answer breaks off.
            ClientClosedError: The client is closed.
        """
        if self.closed:
            raise ClientClosedError("the client is closed; make a new one")
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": _USER_AGENT}
        extensions: dict[str, Any] = {"timeout": timeouts, "trace": state.trace}
        async with AsyncExitStack() as stack:
            try:
                if self._callers_client is not None:
                    state.may_have_left = not _reports(self._callers_client, url)
                    request = self._callers_client.build_request("GET", url, headers=headers, extensions=extensions)
                    if own:
                        key.authorize(request.headers)
                    else:
                        # Neither what their client is set to send to the service, nor its cookies for all hosts.
                        for name in ("Authorization", "Cookie"):
                            request.headers.pop(name, None)
                    auth = httpx.USE_CLIENT_DEFAULT if own else None
                    response = await self._callers_client.send(request, auth=auth, stream=True, follow_redirects=False)
                else:
                    request = httpx.Request("GET", url, headers=headers, extensions=extensions)
                    if own:
                        key.authorize(request.headers)
                        pool = await self._pools.current()
                    else:  # the proxy and the certificates of another host may be others
                        pool = self._kind_of_pool(str(url), self._network)
                        stack.push_async_callback(pool.aclose)
                    response = await pool.handle_async_request(request)
            except httpx.HTTPStatusError as error:  # a response hook of theirs calls raise_for_status
                response = error.response
            except BaseException as error:  # whatever a transport or a hook of theirs raises
                hide(error, key)
                if isinstance(error, WasendError) or not isinstance(error, Exception):
                    raise
                if isinstance(error, _NEVER_SENT):
                    state.may_have_left = False
                raise self._failure(call, error, state, key) from error
            stack.push_async_callback(response.aclose)
            yield (
                Answer(response.status_code, key.out_of_all(response.headers), None),
                self._pieces(call, response, state, key),
            )

    async def _pieces(
        self, call: Call[Any], response: httpx.Response, state: RequestState, key: Secret
    ) -> AsyncGenerator[bytes]:
        try:
            if response.is_stream_consumed:  # a hook or a transport of theirs has read it
                yield response.content
                return
            compressed = decompressor(response.headers.get("content-encoding", ""))
            came = False
            async for chunk in response.aiter_raw():
                came = True
                for piece in (chunk,) if compressed is None else compressed.pieces(chunk):
                    yield piece
            if compressed is not None and came:
                compressed.end()
        except BadCompressionError as error:
            problem = str(error)
        except BaseException as error:
            hide(error, key)
            if not isinstance(error, Exception):
                raise
            raise self._failure(call, error, state, key) from error
        else:
            return
        raise DecodeError(f"{call.name}: {problem}")  # here, where no cause shows the headers

    def _shut(self) -> bool:
        return self.closed or (self._callers_client is not None and self._callers_client.is_closed)

    def _failure(self, call: Call[Any], error: Exception, state: RequestState, key: Secret) -> WasendError:
        slow = isinstance(error, httpx.TimeoutException)
        if isinstance(error, httpx.HTTPError | OSError) or self._callers_client is None:
            what = "no answer in time" if slow else "the connection failed"
        else:
            what = "a hook or transport of http_client failed"
        reason = f"{what} ({type(error).__name__ if slow else _reason(error)})"
        return self.unanswered(call, key.out_of(reason), state, slow=slow)

    def unanswered(
        self, call: Call[Any], reason: str, state: RequestState, *, slow: bool, attempts: int = 1
    ) -> WasendError:
        """The error for a request without an answer."""
        text = f"{call.name}: {reason}"
        outcome: Outcome = "unknown" if state.may_have_left else "not_sent"
        if self._shut():
            return ClientClosedError(f"{call.name}: the client was closed during the call", outcome=outcome)
        if state.may_have_left and not call.repeatable:
            unknown = UnknownTimeoutError if slow else UnknownConnectionError
            text = f"{text}; {IN_DOUBT}"
            return unknown(text, attempts=attempts, call=call, since=state.started_at)
        kind = APITimeoutError if slow else APIConnectionError
        return kind(text if state.may_have_left else f"{text}; nothing was sent", attempts=attempts, outcome=outcome)


def _kind_of_pool(transport: str, client: httpx.AsyncClient | None) -> Callable[..., SlottedPool]:
    if transport == "httpx":
        return Pool
    if transport != "aiohttp":
        raise ConfigurationError(f"transport: {transport!r} is unknown; pass 'httpx' or 'aiohttp'")
    if client is not None:
        raise ConfigurationError("transport: an http_client has one of its own; pass one of the two")
    try:
        from .aiohttp_pool import AiohttpPool
    except ImportError:
        raise ConfigurationError("transport: aiohttp is not installed; pip install 'wasend-sdk[aiohttp]'") from None
    return AiohttpPool


class _Pieces(httpx.AsyncByteStream):
    """A body for httpx, which asks for the next piece when it has written the one before."""

    def __init__(self, body: Body) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._body:
            yield piece


def _reports(client: httpx.AsyncClient, url: httpx.URL) -> bool:
    """Whether a client writes by httpx's own transport, which tells of every step."""
    choose = getattr(client, "_transport_for_url", None)
    return choose is not None and type(choose(url)) is httpx.AsyncHTTPTransport


def _read_by_hook(response: httpx.Response) -> tuple[bytes | None, str | None]:
    try:
        return response.content, None
    except httpx.ResponseNotRead:
        return None, "a response hook of http_client raised before it was read"


async def _content(response: httpx.Response, most: int) -> bytes | None:
    """
    The body, without its compression; `None` where it is larger than `most`, as it comes or uncompressed.

    Raises:
        BadCompressionError: It is compressed in a way that was not asked for, or its compression is broken.
    """
    if response.is_stream_consumed:  # a hook or a transport of theirs has read it
        return response.content if len(response.content) <= most else None
    length = response.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > most):
        return None
    compressed = decompressor(response.headers.get("content-encoding", ""))
    found, came = Collected(most), 0
    async for chunk in response.aiter_raw():
        came += len(chunk)
        if came > most:
            return None
        if compressed is None:
            found.add(chunk)
            continue
        for piece in compressed.pieces(chunk):
            if not found.add(piece):
                return None
            if len(piece) >= LARGE:
                await asyncio.sleep(0)  # the loop goes on meanwhile
    if compressed is not None and came:
        compressed.end()
    return found.content()


def _reason(error: Exception) -> str:
    text = masked(printable(str(error).strip(), 300))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
