"""Connections: how many, how they are used again, and how they end: by closing, cancelling, forking and Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.clients import KEY, NUMBER, QUICK, READ, SEND, both_calls, both_clients, result_or_error
from tests.raw import PATIENCE, Behaviour, Peer, answer, hang, held, message, raw, serving, until, wait_until
from wasend import AsyncWasendClient, ClientClosedError, ConfigurationError, Message, Session, WasendClient
from wasend._core import pool
from wasend.delivery import Pacing
from wasend.errors import APIConnectionError, BadRequestError, UnknownConnectionError, UnknownTimeoutError

pytestmark = pytest.mark.usefixtures("transport")

DOCUMENT = {"uniqueSessionId": "ses_1", "to": NUMBER}
FINE = answer(200, DOCUMENT)

own_pool = pytest.mark.parametrize("transport", ["httpx"], indirect=True)  # aiohttp keeps what it keeps
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")


def client_of(url: str, **options: Any) -> AsyncWasendClient:
    return AsyncWasendClient(KEY, base_url=url, **options)


@both_calls
@pytest.mark.parametrize("last_words", [b"", message(408)], ids=["silently", "with a 408"])
async def test_connection_closed_while_idle(last_words: bytes, do: Callable[[Any], Any]) -> None:
    """A connection that the server closed while it was idle costs no error, and a send no second delivery."""
    with serving(raw(message(200, DOCUMENT) + last_words, then_close=True)) as server:
        async with client_of(server.url, retry=None) as client:
            for _ in range(3):
                await do(client)
                await until(lambda: server.open == 0)
    assert (server.deliveries, server.connections) == (3, 3)


async def test_sequential_calls_use_one_connection() -> None:
    """Calls after one another go over one connection, whatever they were answered."""
    with serving(FINE, answer(404), answer(400, "<html>"), FINE) as server:
        async with client_of(server.url, retry=None) as client:
            await SEND(client)
            for _ in range(2):
                with pytest.raises(Exception, match="40"):
                    await READ(client)
            await SEND(client.with_options(timeout=3))
    assert server.used == [1, 1, 1, 1]


@posix_only
async def test_many_open_files() -> None:
    """A connection is used again in a process that has more than 1024 files open."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1024)]
    try:
        with serving(FINE, FINE) as server:
            async with client_of(server.url, retry=None) as client:
                await SEND(client)
                await SEND(client)
        assert server.used == [1, 1]
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@own_pool
async def test_the_last_connection_is_used_first() -> None:
    """Of several idle connections the one used last is taken, so that the others grow old and are closed."""
    with serving(held(FINE)) as server:
        async with client_of(server.url) as client:
            several = [asyncio.create_task(READ(client)) for _ in range(3)]
            await until(lambda: server.deliveries == 3)
            server.release()
            await asyncio.gather(*several)
            for _ in range(3):
                await READ(client)
    assert server.connections == 3
    assert len(set(server.used[3:])) == 1


@own_pool
async def test_idle_connections_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that has been idle for more than 5 s is closed when another one is given back."""
    now = time.monotonic()
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: now))
    with serving(held(FINE)) as server:
        async with client_of(server.url) as client:
            several = [asyncio.create_task(READ(client)) for _ in range(3)]
            await until(lambda: server.deliveries == 3)
            server.release()
            await asyncio.gather(*several)
            now += 4.9
            await READ(client)
            assert server.open == 3
            now += 0.2
            await READ(client)
            await until(lambda: server.open == 1)
    assert server.connections == 3


@own_pool
async def test_many_calls_at_once() -> None:
    """300 calls at once go over 100 connections, 20 of which are kept for later ones."""
    with serving(held(FINE)) as server:
        async with client_of(server.url) as client:
            calls = [asyncio.create_task(SEND(client)) for _ in range(300)]
            await until(lambda: server.deliveries == 100)
            server.release()
            await asyncio.gather(*calls)
            await until(lambda: server.open == 20)
    assert (server.peak, server.connections, server.deliveries) == (100, 100, 300)


async def test_cancelled_calls_give_their_connections_back() -> None:
    """200 calls that were cancelled, under way and waiting, leave room for 150 that are not."""
    with serving(*[hang] * 100, FINE) as server:
        async with client_of(server.url) as client:
            calls = [asyncio.create_task(SEND(client)) for _ in range(200)]
            await until(lambda: server.deliveries == 100)
            for call in calls:
                call.cancel()
            ends = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(end) for end in ends} == {asyncio.CancelledError}
            await until(lambda: server.open == 0)
            done = await asyncio.gather(*(SEND(client) for _ in range(150)))
    assert {type(end) for end in done} == {Message}
    assert server.deliveries == 250


class Failing(httpx.AsyncBaseTransport):
    """Fails as httpcore does, the first time, while it writes a request."""

    def __init__(self, stage: str, kind: type[Exception], then: httpx.AsyncBaseTransport) -> None:
        self.stage, self.kind, self.then = stage, kind, then
        self.used = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.used += 1
        if self.used > 1:
            return await self.then.handle_async_request(request)
        trace, failure = request.extensions["trace"], self.kind("broken pipe")
        for stage in ("headers", "body") if self.stage != "untraced" else ():
            await trace(f"http11.send_request_{stage}.started", {"request": SimpleNamespace(method=b"POST")})
            if stage == self.stage:
                await trace(f"http11.send_request_{stage}.failed", {"exception": failure})
                break
            await trace(f"http11.send_request_{stage}.complete", {"return_value": None})
        raise httpx.ReadError("broken pipe") if self.kind is httpx.WriteError else failure

    async def aclose(self) -> None:
        await self.then.aclose()


def test_transports() -> None:
    """A transport that is not known, or that stands against a client of the caller's, is refused."""
    for options in ({"transport": "curl"}, {"transport": "aiohttp", "http_client": httpx.AsyncClient()}):
        with pytest.raises(ConfigurationError, match="transport"):
            client_of("http://wasend.test", **options)


def test_transport_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package a transport is refused when the client is made, with what to install."""
    monkeypatch.delitem(sys.modules, "wasend._core.aiohttp_pool")
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'wasend-sdk\[aiohttp\]'"):
        client_of("http://wasend.test", transport="aiohttp")


async def test_aiohttp_in_one_word() -> None:
    """`transport="aiohttp"` makes the connections with it, in both faces."""
    with serving(FINE) as server:
        async with client_of(server.url, transport="aiohttp") as client:
            await SEND(client)
        with WasendClient(KEY, base_url=server.url, transport="aiohttp") as sync:
            SEND(sync)
    assert server.deliveries == 2
    assert "aiohttp" in sys.modules


@pytest.mark.parametrize(
    ("stage", "kind", "told"),
    [
        ("headers", httpx.WriteError, Message),
        ("body", httpx.WriteError, UnknownConnectionError),
        ("headers", httpx.WriteTimeout, UnknownTimeoutError),
        ("none", httpx.RemoteProtocolError, UnknownConnectionError),
        ("none", httpx.ConnectTimeout, Message),
        ("none", httpx.PoolTimeout, Message),
        ("untraced", httpx.ReadError, UnknownConnectionError),
        ("untraced", httpx.ConnectError, Message),
    ],
)
async def test_failed_write(stage: str, kind: type[Exception], told: type) -> None:
    """Where not a byte was written a send is made again; where some may have been, its outcome is unknown."""
    with serving(FINE) as server:
        transport = Failing(stage, kind, httpx.AsyncHTTPTransport())
        async with httpx.AsyncClient(transport=transport) as theirs:
            client = client_of(server.url, http_client=theirs, retry=QUICK)
            try:
                got = await SEND(client)
            except APIConnectionError as error:
                got = error
    assert type(got) is told
    assert server.deliveries == transport.used - 1 == (told is Message)


@pytest.mark.parametrize("script", [[hang], [answer(429, {"retryAfter": 0}), hang]], ids=["at first", "repeated"])
async def test_cancelling_a_send(script: list[Behaviour]) -> None:
    """Cancelling a task ends its send; the connection is closed, and no further request is made."""
    with serving(*script) as server:
        async with client_of(server.url) as client:
            task = asyncio.create_task(SEND(client))
            await until(lambda: server.deliveries == len(script))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: server.open == 0)
    assert (server.deliveries, server.connections) == (len(script), 1)


async def test_cancelling_a_wait() -> None:
    """Cancelling a task ends its wait before a retry, and no further request is made."""
    waiting = asyncio.Event()
    with serving(answer(429, None, {"retry-after": "30"})) as server:
        async with client_of(server.url, on_wait=lambda _: waiting.set()) as client:
            task = asyncio.create_task(SEND(client))
            await waiting.wait()
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert server.deliveries == 1


async def test_closing_ends_every_call() -> None:
    """Closing a client ends the calls under way, those that wait for a connection, and those that wait to be repeated."""
    waiting = asyncio.Event()
    with serving(answer(503, None, {"retry-after": "30"}), hang) as server:
        client = client_of(server.url, on_wait=lambda _: waiting.set())
        calls = [asyncio.create_task(SEND(client))]
        await waiting.wait()
        calls += [asyncio.create_task(SEND(client)) for _ in range(150)]
        await until(lambda: server.deliveries == 101)
        await client.aclose()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        with pytest.raises(ClientClosedError, match="the client is closed"):
            await READ(client)
        await client.aclose()
    assert {type(end) for end in ends} == {ClientClosedError}
    assert [getattr(end, "outcome", None) for end in ends] == ["not_sent"] + ["unknown"] * 100 + ["not_sent"] * 50
    assert server.deliveries == 101


async def test_closing_while_connecting() -> None:
    """A call whose connection is being made when the client is closed sends nothing any more."""
    with serving(FINE) as server:
        client = client_of(server.url)
        task = asyncio.create_task(SEND(client))
        await asyncio.sleep(0)  # as far as it gets at once
        await client.aclose()
        with pytest.raises(ClientClosedError, match="closed during the call") as caught:
            await task
    assert caught.value.outcome == "not_sent"
    assert server.deliveries == 0


async def test_cancelled_at_any_moment() -> None:
    """Whenever a call is cancelled, its connection does not keep the next one waiting."""
    with serving(FINE) as server:
        async with client_of(server.url, timeout=5) as client:
            for moment in range(60):
                before = server.deliveries
                task = asyncio.create_task(SEND(client))
                while server.deliveries == before and moment % 2:  # its answer is on its way, or has come
                    await asyncio.sleep(0)
                for _ in range(moment // 2):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                await READ(client)


@pytest.mark.parametrize(
    "rules",
    [{"pacing": Pacing(gap=(3000, 3001))}, {"rate_limit": "1/h"}],
    ids=["pacing", "rate limit"],
)
async def test_closing_while_waiting_for_a_turn(rules: dict[str, Any]) -> None:
    """A send that waits for its turn by the client's own rules ends when the client is closed; it is not sent."""
    with serving(FINE, FINE) as server:
        client = AsyncWasendClient(KEY, base_url=server.url, **rules)
        await SEND(client)
        task = asyncio.create_task(SEND(client))
        for _ in range(20):  # as far as it gets without its turn
            await asyncio.sleep(0)
        await client.aclose()
        with pytest.raises(ClientClosedError) as caught:
            async with asyncio.timeout(PATIENCE):
                await task
    assert caught.value.outcome == "not_sent"
    assert server.deliveries == 1


def test_closing_from_another_thread() -> None:
    """Closing a synchronous client ends the calls of other threads, and says that their outcome is unknown."""
    with serving(hang) as server, ThreadPoolExecutor() as threads:
        client = WasendClient(KEY, base_url=server.url)
        call = threads.submit(SEND, client)
        wait_until(lambda: server.deliveries == 1)
        client.close()
        error = call.exception(PATIENCE)
        threads.shutdown()
    assert isinstance(error, ClientClosedError)
    assert error.outcome == "unknown"
    assert server.deliveries == 1


async def test_closing_a_view() -> None:
    """A view shares the connections of its client, which are the client's to close: its own end closes nothing."""
    with serving(FINE) as server:
        client = client_of(server.url)
        async with client.with_options(timeout=3) as view, view.with_options(timeout=4) as other:
            await SEND(client)
            await SEND(view)
            await SEND(other)
        await SEND(client)
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await SEND(view)
    assert server.used == [1, 1, 1, 1]


def test_closing_a_plain_view() -> None:
    """So it is with views of the sync client."""
    with serving(FINE) as server:
        client = WasendClient(KEY, base_url=server.url)
        with client.with_options(timeout=3) as view:
            SEND(view)
        SEND(client)
        client.close()
        with pytest.raises(ClientClosedError):
            SEND(view)
    assert server.used == [1, 1]


@both_calls
async def test_callers_own_http_client(do: Callable[[Any], Any]) -> None:
    """An http_client that the caller gives is used with its settings, and not closed with ours; closed, it ends ours."""
    with serving(FINE, FINE, hang) as server:
        async with httpx.AsyncClient(headers={"x-theirs": "yes", "authorization": "theirs"}, timeout=0.001) as theirs:
            async with client_of(server.url, http_client=theirs) as client:
                assert isinstance(await do(client), Message | Session)
            assert not theirs.is_closed
            other = client_of(server.url, http_client=theirs)
            await do(other)
        with pytest.raises(ClientClosedError):
            await do(other)
    assert (server.deliveries, server.connections) == (2, 1)
    assert f"Authorization: Bearer {KEY}".lower().encode() in server.requests[0].lower()
    assert b"x-theirs: yes" in server.requests[0]


def test_two_event_loops() -> None:
    """One client serves two event loops after each other, each over connections of its own."""
    with serving(FINE) as server:
        client = client_of(server.url)

        async def use_and_close() -> None:
            await READ(client)
            await client.aclose()

        asyncio.run(READ(client))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # asyncio's own, about the first loop's connection
            asyncio.run(use_and_close())
            gc.collect()
    assert (server.deliveries, server.used) == (2, [1, 2])


def test_many_loops_in_turn() -> None:
    """The connections that were made in a loop end with it, so that one client serves any number of loops in turn."""
    gc.disable()  # what closes them is no collection
    try:
        with serving(FINE) as server:
            client = client_of(server.url)
            for turn in range(20):
                asyncio.run(READ(client))
                wait_until(lambda: server.open == 0)
                assert server.connections == turn + 1
    finally:
        gc.enable()


async def test_unclosed_async_client() -> None:
    """A client that was used and is dropped without being closed says so; one that was not used says nothing."""
    with serving(FINE) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = client_of(server.url)
        await SEND(client)
        del client
        client_of(server.url)
        gc.collect()
        await until(lambda: server.open == 0)
    ours = [str(warning.message) for warning in caught if "WasendClient" in str(warning.message)]
    assert ours == ["unclosed AsyncWasendClient: use `async with`, or await aclose()"]


def test_unclosed_sync_client() -> None:
    """The same goes for the synchronous client, whose thread and connections end nevertheless."""
    with serving(FINE) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = WasendClient(KEY, base_url=server.url)
        SEND(client)
        del client
        gc.collect()
        wait_until(lambda: server.open == 0)
    assert [str(warning.message) for warning in caught] == ["unclosed WasendClient: use `with` or close()"]


@both_clients
def test_closed_client(client_type: str) -> None:
    """A client that is closed makes no request."""

    def close_and_call(client: Any) -> Any:
        if isinstance(client, WasendClient):
            client.close()
            return SEND(client)
        return _close_and_call(client)

    async def _close_and_call(client: AsyncWasendClient) -> Any:
        await client.aclose()
        return await SEND(client)

    with serving(FINE) as server:
        error = result_or_error(client_type, server.url, close_and_call)
    assert (type(error), error.outcome) == (ClientClosedError, "not_sent")
    assert server.connections == 0


PRELUDE = """
import asyncio, gc, os, signal, sys, time, warnings
from wasend import AsyncWasendClient, WasendClient

url = sys.argv[1]
send = dict(session="ses_1", to="+447700900456", text="hello")
# A process started in the background may have been told to ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


def program(text: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PRELUDE + textwrap.dedent(text), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


INTERRUPTED = """
def waiting(wait):
    print("waiting", flush=True)

with WasendClient("key", base_url=url, on_wait=waiting) as client:
    try:
        client.send_text(**send)
    except KeyboardInterrupt:
        print("interrupted")
"""


@posix_only
@pytest.mark.parametrize("script", [hang, answer(429, None, {"retry-after": "30"})], ids=["in a send", "in a wait"])
def test_ctrl_c(script: Any) -> None:
    """Ctrl-C ends a send, and a wait of 30 s before a retry, at once; the server gets no further request."""
    with serving(script) as server, program(INTERRUPTED, server.url) as process:
        assert process.stdout is not None
        try:
            wait_until(lambda: server.deliveries == 1, "the request")
            if script is not hang:
                assert process.stdout.readline() == "waiting\n"
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            printed, complaints = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        assert time.monotonic() - started < 15
    said = "POST /sendText was cancelled after it had left: it may have been carried out\n" if script is hang else ""
    assert (printed, complaints, process.returncode) == ("interrupted\n", said, 0)
    assert (server.deliveries, server.connections) == (1, 1)


FORKS: Mapping[str, str] = {
    "between two loops": """
        client = AsyncWasendClient("key", base_url=url)

        async def main():
            await client.send_text(**send)

        async def last():
            await main()
            await client.aclose()

        warnings.simplefilter("ignore", ResourceWarning)  # asyncio's own, about the first loop's connection
        asyncio.run(main())
        pid = os.fork()
        asyncio.run(last())
        if pid:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """,
    "inside a loop": """
        client = AsyncWasendClient("key", base_url=url)

        async def last():
            await client.send_text(**send)
            await client.aclose()

        async def main():
            await client.send_text(**send)
            if pid := os.fork():
                assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
                await last()
            else:
                asyncio.run(last())
                gc.collect()
                sys.stdout.flush()
                os._exit(0)

        asyncio.run(main())
    """,
    "on the same loop": """
        client = AsyncWasendClient("key", base_url=url)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.send_text(**send))
        if pid := os.fork():
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        loop.run_until_complete(client.send_text(**send))
        loop.run_until_complete(client.aclose())
        if not pid:
            os._exit(0)
        loop.close()
    """,
}


@posix_only
@pytest.mark.parametrize("where", FORKS)
def test_fork(where: str) -> None:
    """After a fork the child goes on over connections of its own, and the parent over its own, undisturbed."""
    with serving(FINE) as server, program(FORKS[where], server.url) as process:
        try:
            printed, complaints = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (printed, complaints, process.returncode) == ("", "", 0)
    assert server.deliveries == 3
    # Two event loops cannot share a connection either; where the parent's loop goes on, so does its connection.
    assert sorted(server.used) == ([1, 2, 3] if where == "between two loops" else [1, 1, 2])


def surplus(first: bytes, second: bytes, written: threading.Event, *, later: bool) -> Behaviour:
    """Answer twice: at once, or when the client has its answer."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.write(first if later else first + second)
        if later:
            await peer.server.gate.wait()
            await peer.write(second)
        written.set()

    return behave


@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("size", [100, 1 << 16, 1 << 18])
async def test_surplus_answer(size: int, *, later: bool) -> None:
    """An answer that nobody asked for is not the next request's: a send that is refused gets no message id."""
    first = message(200, {"id": "x"}, {"x-long": "x" * 20})
    first = message(200, {"id": "x" * (size - len(first))}, {"x-long": "x" * 20})
    written = threading.Event()
    script = surplus(first, message(200, {"id": "surplus"}), written, later=later)
    with serving(script, answer(400, {"message": "no"})) as server:
        async with client_of(server.url) as client:
            await READ(client)
            server.release()
            await until(written.is_set)
            with pytest.raises(BadRequestError):
                await SEND(client)
        assert server.connections == 2
