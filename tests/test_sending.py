"""Sending in the wild: uploads, typing, hooks, proxies and compressed answers, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import pickle
import sys
import time
import tracemalloc
import zlib
from collections.abc import Awaitable
from typing import Any

import anyio
import httpx
import pytest

from tests.calls import PNG
from tests.clients import KEY, NUMBER, READ, SEND, both_clients, result_or_error
from tests.raw import Behaviour, answer, deaf, hang, message, raw, serving, swallowing, until
from wasend import (
    APIConnectionError,
    APITimeoutError,
    AsyncWasendClient,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    Message,
    OutcomeUnknownError,
    RateLimitError,
    Response,
    Session,
    SuppressedRecipientError,
    Timeout,
    UnprocessableError,
    WasendClient,
)
from wasend.delivery import Pacer, Pacing, Suppression
from wasend.sandbox import Clock

MB = 1024 * 1024
FINE = answer(200, {"id": "3EB0AA", "uniqueSessionId": "ses_1"})
TO: dict[str, Any] = {"session": "ses_1", "to": NUMBER}


@pytest.fixture
async def _worker() -> None:
    """The loop's thread for reading files is there before a server counts the threads."""
    await asyncio.to_thread(int)


with_worker = pytest.mark.usefixtures("_worker")


def path_of(request: bytes) -> str:
    return request.split(b" ")[1].decode()


# --------------------------------------------------------------------------------------------------------- uploads


@with_worker
@pytest.mark.usefixtures("transport")
async def test_upload_is_whole() -> None:
    """A file is written in pieces, with its length, and arrives as it was."""
    content = bytes(range(256)) * 4099
    with serving(FINE) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            await client.send_file(**TO, data=content, file_name="a.bin")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()
    fields = json.loads(body)
    assert base64.b64decode(fields.pop("data")) == content
    assert fields == {**TO, "fileName": "a.bin", "mimeType": "application/octet-stream"}


@with_worker
@pytest.mark.usefixtures("transport")
async def test_slow_upload_arrives() -> None:
    """What takes several times `send` to be written arrives: `send` bounds the silence between two pieces."""
    with serving(swallowing(message(200, {"id": "3EB0AA"}), every=0.08)) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, timeout=Timeout(send=2.4, total=60)) as client:
            began = time.monotonic()
            assert (await client.send_image(**TO, data=bytes(12 * MB))).id == "3EB0AA"
            assert time.monotonic() - began > 4.8


@with_worker
@pytest.mark.usefixtures("transport")
async def test_upload_that_nobody_reads() -> None:
    """A service that reads no more ends the upload after `send`, long before the total."""
    with serving(deaf) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, timeout=Timeout(send=0.3)) as client:
            with pytest.raises(APITimeoutError) as caught:
                await client.send_image(**TO, data=bytes(12 * MB))
        server.release()
    assert isinstance(caught.value, OutcomeUnknownError)


def test_total_grows_with_the_body() -> None:
    """A second more for each 32 KiB after the first 64."""
    assert Timeout(total=10).total_for(0) == Timeout(total=10).total_for(65_536) == 10
    assert Timeout(total=10).total_for(65_536 + 100 * 32_768) == 110


@with_worker
async def test_memory_of_an_upload() -> None:
    """40 MiB are sent in less than twice their size, themselves included, and the loop goes on meanwhile."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()  # of the loop's own: other processes take theirs
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)

    with serving(swallowing(message(200, {"id": "3EB0AA"}))) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            tracemalloc.start()
            try:
                ticking = asyncio.create_task(tick())
                await client.send_file(**TO, data=bytearray(40 * MB), file_name="a.bin")
                ticking.cancel()
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert peak <= 2.1 * 40 * MB  # the caller's bytearray, and a copy that nobody changes
    assert longest < 0.3


class Upload:
    """A file whose ``read`` is awaited, as FastAPI's uploads and aiofiles' files are."""

    filename = "holiday.png"

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    async def read(self, size: int = -1) -> bytes:
        """Some bytes."""
        await asyncio.sleep(0)
        return self._content.read(min(size, 5))


@both_clients
def test_asynchronous_file(client_type: str) -> None:
    """It is read to its end, and gives its name."""
    with serving(FINE) as server:
        sent = result_or_error(client_type, server.url, lambda client: client.send_file(**TO, data=Upload(PNG)))
        assert isinstance(sent, Message)
        fields = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert (base64.b64decode(fields["data"]), fields["fileName"]) == (PNG, "holiday.png")


@both_clients
def test_file_that_fails(client_type: str) -> None:
    """Whatever a file raises is an error of this package, with nothing sent."""

    class Broken:
        def read(self, size: int = -1) -> bytes:
            raise KeyError(size)

    with serving(FINE) as server:
        error = result_or_error(client_type, server.url, lambda client: client.send_image(**TO, data=Broken()))
        assert server.deliveries == 0
    assert isinstance(error, InvalidRequestError)
    assert "KeyError" in str(error)


def test_pickled_without_media() -> None:
    """An error in a queue does not carry the picture that it was about; all else it keeps."""
    with serving(answer(500)) as server:
        error = result_or_error(
            "sync", server.url, lambda client: client.send_image(**TO, data=bytes(4 * MB), caption="Hi")
        )
    assert isinstance(error, OutcomeUnknownError)
    pickled = pickle.dumps(error)
    assert len(pickled) < 10_000
    again = pickle.loads(pickled)
    assert (type(again), str(again), again.call.body["caption"]) == (type(error), str(error), "Hi")


# ---------------------------------------------------------------------------------------------------------- typing


@pytest.mark.parametrize("scope", ["asyncio", "anyio"])
async def test_cancelled_while_typing(scope: str) -> None:
    """Cancelling ends the call at once, and the typing all the same, once; the message is not sent."""
    with serving(FINE) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            began = time.monotonic()
            for_long: dict[str, Any] = {"min_typing": 59.0, "max_typing": 59.0}
            if scope == "asyncio":
                task = asyncio.create_task(client.send_message(**TO, text="Hi", **for_long))
                await until(lambda: server.deliveries == 1)
                task.cancel()
                await asyncio.wait([task])
            else:
                with anyio.CancelScope() as cancelled:
                    async with anyio.create_task_group() as group:
                        group.start_soon(lambda: client.send_message(**TO, text="Hi", **for_long))
                        await until(lambda: server.deliveries == 1)
                        cancelled.cancel()
            assert time.monotonic() - began < 30
            await until(lambda: server.deliveries == 2)
        assert [path_of(request) for request in server.requests] == ["/startTyping", "/stopTyping"]


async def test_typing_that_cannot_be_ended() -> None:
    """A service that does not answer to the end of the typing keeps neither the caller nor the message for long."""
    with serving(FINE, hang, FINE) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, clock=Clock(stopped=True)) as client:
            began = time.monotonic()
            await client.send_message(**TO, text="Hi")
            assert time.monotonic() - began < 20  # an answer is waited for 30 s
        assert [path_of(request) for request in server.requests] == ["/startTyping", "/stopTyping", "/send"]


async def test_typing_comes_after_the_turn() -> None:
    """Nobody is seen typing while the message still waits for its turn."""
    clock = Clock(stopped=True, at=0)
    seen: list[tuple[str, float]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, clock.now()))
        return httpx.Response(200, json={"id": f"3EB0{len(seen)}"})

    pacer = Pacer({"known": Pacing(name="known", gap=(60, 61))}, clock=clock)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http,
        AsyncWasendClient(KEY, http_client=http, pacing=pacer, clock=clock) as client,
    ):
        for number in (NUMBER, "+447700900457"):
            await client.send_message(session="ses_1", to=number, text="Hi", min_typing=3, max_typing=3)
    assert [path for path, _ in seen] == ["/startTyping", "/stopTyping", "/send"] * 2
    first, second = seen[2][1], seen[3][1]
    assert second - first >= 60
    assert seen[5][1] - second == pytest.approx(3)


async def test_nothing_is_shown_to_whom_nothing_is_sent() -> None:
    """A suppressed recipient sees no typing; a message that cannot be sent is refused before its turn is waited for."""
    clock = Clock(stopped=True)
    suppression = Suppression()
    suppression.add(NUMBER, "STOP")
    pacer = Pacer({"known": Pacing(name="known", gap=(60, 61))}, clock=clock)
    with serving(FINE) as server:
        async with AsyncWasendClient(
            KEY, base_url=server.url, clock=clock, suppression=suppression, pacing=pacer
        ) as client:
            with pytest.raises(SuppressedRecipientError):
                await client.send_message(**TO, text="Hi")
            await client.send_text(session="ses_1", to="+447700900457", text="Hi")
            began = clock.now()
            with pytest.raises(InvalidRequestError):
                await client.send_text(session="ses_1", to="+447700900457", text="a\ud83d")
            assert clock.now() == began
        assert server.deliveries == 1


@both_clients
@pytest.mark.parametrize("body", [{"to": NUMBER}, {"chatId": "447700900456@c.us"}, {"to": ["+447700900457", NUMBER]}])
def test_unknown_route_to_a_suppressed_number(body: dict[str, Any], client_type: str) -> None:
    """What this package has no method for is a send as well, if it names somebody."""
    suppression = Suppression()
    suppression.add(NUMBER, "STOP")
    with serving(FINE) as server:
        error = result_or_error(
            client_type,
            server.url,
            lambda client: client.request("POST", "/sendPoll", body={"session": "ses_1", **body}),
            suppression=suppression,
        )
        assert server.deliveries == 0
    assert isinstance(error, SuppressedRecipientError)


@both_clients
@pytest.mark.parametrize("path", ["/sendText/", "//sendText", "/sendTex%74", "/{x}", "/sendPoll", "/labels"])
@pytest.mark.parametrize("where", ["body", "params"])
def test_raw_request_to_a_suppressed_number(path: str, where: str, client_type: str) -> None:
    """No spelling of a path or a number, and no other place for it, leads around the list; nor does naming nobody."""
    suppression = Suppression()
    suppression.add(NUMBER, "STOP")
    given: dict[str, Any] = {where: {"session": "ses_1", "to": 447700900456, "text": "Hi"}}
    if path == "/{x}":
        given["path_params"] = {"x": "sendText"}
    with serving(FINE) as server:

        def ask(**more: Any) -> Any:
            return result_or_error(
                client_type, server.url, lambda client: client.request("POST", path, **more), suppression=suppression
            )

        assert isinstance(ask(**given), SuppressedRecipientError)
        nobody = {**given, where: {"session": "ses_1", "text": "Hi"}}
        error = ask(**nobody)
        assert isinstance(error, InvalidRequestError)
        assert error.remedy == "pass recipients=[...], or () for nobody"
        assert isinstance(ask(**nobody, recipients=[NUMBER]), SuppressedRecipientError)
        assert server.deliveries == 0
        ask(**nobody, recipients=())
        assert server.deliveries == 1


# -------------------------------------------------------------------------------------------------- the caller's own


@pytest.mark.parametrize(
    ("event", "do", "kind", "outcome"),
    [
        ("request", SEND, APIConnectionError, "not_sent"),
        ("request", READ, APIConnectionError, "not_sent"),
        ("response", SEND, OutcomeUnknownError, "unknown"),
        ("response", READ, APIConnectionError, "unknown"),
    ],
)
async def test_hook_of_http_client_that_raises(event: str, do: Any, kind: type[Exception], outcome: str) -> None:
    """What a hook of the caller's client raises is an error of this package, with what became of the request."""

    async def hook(one: object) -> None:
        raise LookupError("mine")

    with serving(FINE) as server:
        async with (
            httpx.AsyncClient(event_hooks={event: [hook]}) as http,
            AsyncWasendClient(KEY, base_url=server.url, http_client=http, retry=None) as client,
        ):
            with pytest.raises(kind, match="LookupError: mine") as caught:
                await do(client)
    assert caught.value.outcome == outcome  # type: ignore[attr-defined]
    assert server.deliveries == (event == "response")


async def test_hook_that_raises_for_a_status() -> None:
    """A hook that calls ``raise_for_status`` does not hide what the service answered."""

    async def hook(response: httpx.Response) -> None:
        response.raise_for_status()

    with serving(answer(422, {"message": "no"})) as server:
        async with (
            httpx.AsyncClient(event_hooks={"response": [hook]}) as http,
            AsyncWasendClient(KEY, base_url=server.url, http_client=http) as client,
        ):
            with pytest.raises(UnprocessableError) as caught:
                await SEND(client)
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize("face", [AsyncWasendClient, WasendClient])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"http_client": "sync"}, "expected an httpx.AsyncClient"),
        ({"http_client": 5}, "expected an httpx.AsyncClient"),
        ({"proxy": "http://"}, "is not a URL"),
        ({"proxy": "http://proxy:port"}, "is not a URL"),
        ({"proxy": "ftp://proxy"}, "neither http, https nor socks5"),
        ({"proxy": 5}, "is not a URL"),
        ({"verify": "/nowhere/at/all.pem"}, "verify"),
        ({"verify": 5}, "verify"),
        ({"on_response": 5}, "expected a function"),
    ],
)
def test_settings_refused(face: Any, options: dict[str, Any], words: str) -> None:
    """What cannot be is refused when the client is made."""
    with httpx.Client() as plain, pytest.raises(ConfigurationError, match=words):
        face(KEY, **{name: plain if value == "sync" else value for name, value in options.items()})


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize("proxy", ["http://proxy:99999", "proxy:port", "http://[", "gopher://proxy"])
def test_bad_proxy_of_the_environment(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be, in the environment, is a `ConfigurationError` at the first call."""
    monkeypatch.setenv("HTTP_PROXY", proxy)
    error = result_or_error("async", "http://service.example", READ)
    assert isinstance(error, ConfigurationError)


def test_socks_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy whose library is missing says what to install."""
    monkeypatch.setitem(sys.modules, "socksio", None)
    for name in [name for name in sys.modules if "socks_proxy" in name]:
        monkeypatch.delitem(sys.modules, name)
    error = result_or_error("async", "http://service.example", READ, proxy="socks5://127.0.0.1:9")
    assert isinstance(error, ConfigurationError)
    assert "httpx[socks]" in str(error)


async def test_proxy_that_is_given() -> None:
    """Requests go to the proxy that was given."""
    with serving(FINE) as server:
        async with AsyncWasendClient(KEY, base_url="http://service.example", proxy=server.url) as client:
            assert (await READ(client)).unique_session_id == "ses_1"
        assert path_of(server.requests[0]) == "http://service.example/sessions/ses_1"


def test_without_asyncio() -> None:
    """Under another loop than asyncio's, a call says what to use."""

    def driven(work: Awaitable[Any]) -> None:
        work.__await__().send(None)

    client = AsyncWasendClient(KEY)
    with pytest.raises(ConfigurationError, match="WasendClient in a thread"):
        driven(READ(client))
    with pytest.raises(StopIteration):
        driven(client.aclose())


def test_wait_until_the_year_99999() -> None:
    """A date that no calendar holds is no wait that was asked for."""
    with serving(answer(429, {}, {"retry-after": "Fri, 01 Jan 99999 00:00:00 GMT"})) as server:
        error = result_or_error("async", server.url, READ, retry=None)
    assert isinstance(error, RateLimitError)
    assert error.retry_after is None


# --------------------------------------------------------------------------------------------------------- answers


def packed(content: bytes, encoding: str = "gzip") -> Behaviour:
    return raw(message(200, content, {"content-encoding": encoding}))


DOCUMENT = json.dumps({"id": "3EB0AA", "uniqueSessionId": "ses_1"}).encode()


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (gzip.compress(DOCUMENT), "gzip"),
        (gzip.compress(DOCUMENT[:9]) + gzip.compress(DOCUMENT[9:]), "gzip"),
        (gzip.compress(DOCUMENT), "x-gzip, identity"),
        (DOCUMENT, "identity"),
    ],
    ids=["one", "two members", "by its old name", "not at all"],
)
def test_compressed(content: bytes, encoding: str) -> None:
    """Compressed answers are read."""
    with serving(packed(content, encoding)) as server:
        session = result_or_error("async", server.url, READ)
        assert b"accept-encoding: gzip" in server.requests[0].lower()
    assert isinstance(session, Session)
    assert session.unique_session_id == "ses_1"


@pytest.mark.usefixtures("transport")
@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        (b"no gzip at all", "gzip", "is broken"),
        (gzip.compress(DOCUMENT)[:-9], "gzip", "is broken"),
        (gzip.compress(DOCUMENT) + b"trailing", "gzip", "is broken"),
        (gzip.compress(b"") * 2000, "gzip", "in too many parts"),
        (gzip.compress(gzip.compress(DOCUMENT)), "gzip, gzip", "compression (twice) was not asked for"),
        (b"x", "br", "compression ('br') was not asked for"),
        (b"x", "zstd", "was not asked for"),
        (zlib.compress(DOCUMENT), "deflate", "was not asked for"),
        (b"x", KEY, "of an unknown kind"),
        (gzip.compress(bytes(65 * MB), 1), "gzip", "larger than 64 MiB"),
    ],
    ids=["none", "cut off", "more", "parts", "twice", "br", "zstd", "deflate", "unknown", "bomb"],
)
def test_compression_that_cannot_be_undone(content: bytes, encoding: str, words: str) -> None:
    """It is an answer that cannot be read, not a connection that failed; and it may not fill the memory."""
    with serving(packed(content, encoding)) as server:
        error = result_or_error("async", server.url, READ)
        assert isinstance(error, DecodeError)
        assert words in str(error)
        assert server.deliveries == 1


@both_clients
def test_told_of_every_answer(client_type: str) -> None:
    """The hook is told of each attempt; what it raises is logged, and hides nothing."""
    told_of: list[Response] = []

    async def hook(response: Response) -> None:
        told_of.append(response)
        raise LookupError

    with serving(answer(429, {}, {"retry-after": "0"}), answer(200, {"id": "x"}, {"x-request-id": "req_1"})) as server:
        assert isinstance(result_or_error(client_type, server.url, SEND, on_response=hook), Message)
    assert [(one.call, one.status, one.request_id, one.attempt) for one in told_of] == [
        ("POST /sendText", 429, None, 1),
        ("POST /sendText", 200, "req_1", 2),
    ]


def test_a_view_has_a_hook_of_its_own() -> None:
    """A view's hook is told of the view's answers, in place of the client's; a view without one keeps the client's."""
    of_client: list[Response] = []
    of_view: list[Response] = []
    with (
        serving(answer(200, {"id": "x"})) as server,
        WasendClient(KEY, base_url=server.url, on_response=of_client.append) as client,
    ):
        READ(client.with_options(on_response=of_view.append))
        assert (len(of_client), len(of_view)) == (0, 1)
        READ(client.with_options(retry=None))
        READ(client)
        assert (len(of_client), len(of_view)) == (2, 1)
        with pytest.raises(ConfigurationError, match="expected a function"):
            client.with_options(on_response=5)  # type: ignore[arg-type]


async def test_recorded_responses() -> None:
    """In a block, the heads of all answers are kept, in either face; outside of it none are."""
    with serving(answer(200, {"id": "x"}, {"x-request-id": "req_1", "x-echo": KEY})) as server:
        async with AsyncWasendClient(KEY, base_url=server.url) as client:
            with client.record_responses() as responses:
                await SEND(client)
                await READ(client)
            await SEND(client)
        with WasendClient(KEY, base_url=server.url) as plain, plain.record_responses() as of_plain:
            SEND(plain)
    assert [(one.call, one.status) for one in responses] == [("POST /sendText", 200), ("GET /sessions/{session}", 200)]
    assert [one.request_id for one in of_plain] == ["req_1"]
    assert of_plain[0].headers["x-echo"] == "***"
