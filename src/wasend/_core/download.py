"""Fetching a file, in pieces, from the service or from wherever it says that the file is."""

from __future__ import annotations

import asyncio
import functools
import math
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, aclosing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

import attrs
import httpx

from ..errors import APIStatusError, ClientClosedError, DecodeError, InvalidRequestError, WasendError
from .answer import Answer, ErrorRules, error_of
from .bounds import Collected
from .bridge import in_caller
from .call import Call
from .engine import Engine, running_loop
from .files import replacing, writable
from .http import RequestState
from .retry import again, decide, may_repeat

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 5
_LARGEST_ERROR: Final = 64 * 1024


class Sink(Protocol):
    """Where a file goes."""

    async def begin(self, length: int | None) -> None:
        """Begin, or begin again: forget what was written. `length` is how much will come, if known."""
        ...

    async def write(self, piece: bytes) -> None:
        """Take a piece."""
        ...


class Memory:
    """
    A file in memory.

    Args:
        most: How many bytes it may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._file = Collected(most)

    async def begin(self, length: int | None) -> None:
        """Begin anew."""
        self._file = Collected(self._most)
        if (length or 0) > self._most:
            raise self._too_large()

    async def write(self, piece: bytes) -> None:
        """Take a piece."""
        if not self._file.add(piece):
            raise self._too_large()

    def content(self) -> bytes:
        """What came."""
        return self._file.content()

    def _too_large(self) -> DecodeError:
        return DecodeError(f"the file is larger than {self._most / 2**20:.3g} MiB; fetch it with download_to")


@attrs.define
class PartialFile:
    """
    A file beside the one that it becomes when it is whole; nobody but its owner may read it.

    Attributes:
        path: What it becomes.
        progress: Told how many bytes are written, and of how many, if known.
    """

    path: Path
    progress: Callable[[int, int | None], object] | None
    _file: IO[bytes]
    _length: int | None = None
    _size: int = 0

    @classmethod
    @contextmanager
    def opened(cls, path: Path, progress: Callable[[int, int | None], object] | None = None) -> Generator[PartialFile]:
        """
        Make one. At the end of the block it takes its place; where the block raises, it is removed.

        Raises:
            InvalidRequestError: It cannot be written there.
        """
        with ExitStack() as undo:
            with writable("path"):
                file = undo.enter_context(replacing(path))
            yield cls(path, progress, file)
            with writable("path"):
                undo.close()

    async def begin(self, length: int | None) -> None:
        """Begin anew."""
        self._length, self._size = length, 0
        with writable("path"):
            self._file.seek(0)
            self._file.truncate()

    async def write(self, piece: bytes) -> None:
        """Write a piece, in another thread."""
        with writable("path"):
            await asyncio.to_thread(self._file.write, piece)
        self._size += len(piece)
        if self.progress is not None:
            await in_caller(self.progress, self._size, self._length)


@attrs.define
class Download:
    """
    A file on its way from a URL to a sink, with the retries of a read.

    No total time applies, since nobody knows how large the file is; the times to connect and between two pieces do. The
    key goes to the service's own scheme, host and port alone, and not any more once a redirect has led elsewhere.

    Attributes:
        engine: Whose settings and connections are used.
        url: Where the file is.
        sink: Where it goes.
    """

    engine: Engine
    url: httpx.URL
    sink: Sink
    _attempts: int = 0

    async def run(self) -> None:
        """
        Fetch it.

        Raises:
            NotFoundError: It is not there (any more).
            APIConnectionError: It did not come, or not to its end.
            DecodeError: It is too large for its sink, or compressed in a way that was not asked for.
        """
        http, options = self.engine.http, self.engine.options
        loop, scope = running_loop(), asyncio.timeout(None)  # closing the client brings it forward
        http.deadlines[scope] = loop
        try:
            async with scope:
                try:
                    await self._attempt()
                except WasendError as error:
                    if not may_repeat(error, repeatable=True):
                        raise
                    wait = functools.partial(decide, options.retry, repeatable=True, left=math.inf)
                    await again(self._attempt, error, wait, options.on_wait, options.clock)
        except TimeoutError:
            if not scope.expired():
                raise
            raise ClientClosedError(f"{_call(self.url).name}: the client was closed during the call") from None
        finally:
            del http.deadlines[scope]

    async def _attempt(self) -> None:
        self._attempts += 1
        url, own = self.url, True
        for _ in range(_MOST_REDIRECTS + 1):
            own = own and _origin(url) == _origin(httpx.URL(self.engine.options.base_url))
            onward = await self._from_service(url) if own else await self._exchange(url, own=False)
            if onward is None:
                return
            url = onward
        raise APIStatusError(
            f"{_call(self.url).name}: more than {_MOST_REDIRECTS} redirects", status=302, attempts=self._attempts
        )

    async def _from_service(self, url: httpx.URL) -> httpx.URL | None:
        await self.engine.limiter.acquire(on_wait=self.engine.options.on_wait)
        slot = await self.engine.http.enter()
        try:
            return await self._exchange(url, own=True)
        finally:
            if slot is not None:
                slot.release()

    async def _exchange(self, url: httpx.URL, *, own: bool) -> httpx.URL | None:
        """Make one request; where it is redirected, say to where."""
        timeout, call, state, started = self.engine.options.timeout, _call(url), RequestState(), time.monotonic()
        timeouts = {"connect": timeout.connect, "read": timeout.answer, "write": timeout.answer}
        key = self.engine.options.key
        stream = self.engine.http.stream(call, url, key=key, own=own, timeouts=timeouts, state=state)
        async with stream as (answer, pieces), aclosing(pieces):
            if own:
                self.engine.limiter.observe(answer)
            try:
                if answer.status in _REDIRECTS and "location" in answer.headers:
                    return self._redirected(call, url, answer)
                if not 200 <= answer.status < 300:
                    raise await self._refusal(call, answer, pieces, state, own=own)
                await self._receive(call, answer, pieces, state)
            finally:
                await self.engine.report(call, answer, self._attempts, time.monotonic() - started)
        return None

    def _redirected(self, call: Call[Any], url: httpx.URL, answer: Answer) -> httpx.URL:
        try:
            onward = url.join(answer.headers["location"])
        except (httpx.InvalidURL, ValueError):
            onward = httpx.URL()
        problem = _problem(onward) or (
            "would leave https" if (url.scheme, onward.scheme) == ("https", "http") else None
        )
        if problem is not None:
            text = f"{call.name}: {answer.status}; the redirect {problem}, and is not followed"
            raise APIStatusError(text, status=answer.status, attempts=self._attempts)
        return onward

    async def _receive(
        self, call: Call[Any], answer: Answer, pieces: AsyncGenerator[bytes], state: RequestState
    ) -> None:
        plain = answer.headers.get("content-encoding", "").strip().lower() in ("", "identity")
        said = answer.headers.get("content-length", "")
        length = int(said) if said.isdecimal() and len(said) < 19 and plain else None
        await self.sink.begin(length)
        size = 0
        async for piece in pieces:
            size += len(piece)
            await self.sink.write(piece)
        if length is not None and size != length:  # a transport of the caller's may not look
            reason = f"{size} of {length} bytes came"
            raise self.engine.http.unanswered(call, reason, state, slow=False, attempts=self._attempts)

    async def _refusal(
        self, call: Call[Any], answer: Answer, pieces: AsyncGenerator[bytes], state: RequestState, *, own: bool
    ) -> WasendError:
        from .codec import parse  # cattrs costs 10 to 20 ms to import

        content, document = bytearray(), None
        with suppress(WasendError):  # the status says enough
            async for piece in pieces:
                content += piece
                if len(content) > _LARGEST_ERROR:
                    break
            try:
                document = parse(bytes(content), answer.content_type)
            except DecodeError as error:
                document = error.body
        refusal = error_of(
            answer,
            document,
            call,
            path=call.route,
            attempts=self._attempts,
            since=state.started_at,
            secret=self.engine.options.key,
            rules=self.engine.rules if own else ErrorRules(),  # what to do about the key is no advice elsewhere
        )
        assert refusal is not None  # noqa: S101 - no 2xx comes here
        return refusal


def url_of(base_url: str, text: str) -> httpx.URL:
    """
    A URL to fetch from.

    Args:
        base_url: Where the service is.
        text: An absolute URL, or a path of the service.

    Raises:
        InvalidRequestError: It is neither.
    """
    try:
        url = httpx.URL(base_url + text if text.startswith("/") else text)
        problem = _problem(url)
    except (httpx.InvalidURL, ValueError):
        problem = "is not a URL"
    else:
        if problem is None:
            return url
    raise InvalidRequestError("source", f"the URL {problem}", "pass an http or https URL, or a path of the service")


def _problem(url: httpx.URL) -> str | None:
    if url.scheme not in ("http", "https") or not url.host:
        return "is neither http nor https"
    return "contains a user name or password" if url.userinfo else None


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _call(url: httpx.URL) -> Call[Any]:
    """What errors and logs call it: without the query, which may be a signature."""
    return Call("GET", str(url.copy_with(query=None, fragment=None)), cast("type[Any]", Any))
