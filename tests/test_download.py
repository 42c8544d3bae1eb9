"""Fetching media: to whom the key goes, what is left behind, and how much memory it takes."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any

import httpx
import pytest

from wasend import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncWasendClient,
    AuthenticationError,
    ChatMessage,
    ClientClosedError,
    DecodeError,
    InvalidRequestError,
    Message,
    NotFoundError,
    Retry,
    Timeout,
    WasendClient,
)
from wasend.sandbox import Sandbox

from .clients import KEY, QUICK, both_clients, result_or_error
from .raw import Peer, answer, hang, message, raw, serving, streaming

PICTURE = b"\x89PNG" + bytes(range(256)) * 1000
FILE = "/files/ses_1/a.png"
both_transports = pytest.mark.parametrize("transport", ["httpx", "aiohttp"])


def redirect(to: str, status: int = 302) -> Callable[[Peer], Any]:
    return answer(status, None, {"location": to})


def get(source: Any) -> Any:
    return methodcaller("download", source)


def get_to(source: Any, path: Any, **options: Any) -> Any:
    return methodcaller("download_to", source, path, **options)


def has_key(request: bytes) -> bool:
    return KEY.encode() in request


async def sized(peer: Peer, blocks: int, block: bytes = b"x" * 0x100000) -> None:
    """Answer so many MiB, with a length."""
    await peer.request()
    await peer.write(f"HTTP/1.1 200 \r\ncontent-length: {blocks * len(block)}\r\n\r\n".encode())
    for _ in range(blocks):
        await peer.write(block)


@both_clients
@both_transports
def test_the_key_goes_to_the_services_own_host_and_to_no_other(client_type: str, transport: str) -> None:
    with serving(answer(200, PICTURE)) as own, serving(answer(200, PICTURE)) as other:
        for source in (FILE, own.url + FILE, {"media": {"url": own.url + FILE}}):
            assert result_or_error(client_type, own.url, get(source), transport=transport) == PICTURE
        assert result_or_error(client_type, own.url, get(other.url + FILE), transport=transport) == PICTURE
        assert [has_key(request) for request in own.requests] == [True] * 3
        assert [has_key(request) for request in other.requests] == [False]
        assert own.requests[0].startswith(b"GET /files/ses_1/a.png HTTP/1.1\r\n")


@both_transports
def test_a_redirect_takes_the_key_to_no_other_host_and_not_back(transport: str) -> None:
    with serving(answer(200, PICTURE)) as other:
        with serving(redirect("/moved"), redirect(other.url)) as own:
            assert result_or_error("async", own.url, get(FILE), transport=transport) == PICTURE
            assert [has_key(request) for request in own.requests] == [True, True]
        assert [has_key(request) for request in other.requests] == [False]
    with serving(answer(200, PICTURE)) as own:
        with serving(redirect(own.url + "/account")) as other:
            assert result_or_error("async", own.url, get(other.url), transport=transport) == PICTURE
        assert [has_key(request) for request in own.requests] == [False]


def test_redirects_end() -> None:
    with serving(redirect("/again")) as own:
        error = result_or_error("async", own.url, get(FILE))
        assert isinstance(error, APIStatusError)
        assert own.deliveries == 6
    for to in ("file:///etc/passwd", "ftp://files.example/a", "http://user:pass1234@files.example/", "http://[::bad"):
        with serving(redirect(to)) as own:
            error = result_or_error("async", own.url, get(FILE))
            assert isinstance(error, APIStatusError)
            assert "not followed" in str(error)
            assert "pass1234" not in str(error)


def test_no_redirect_leaves_https() -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://api.wasend.dev/a"})

    async def main() -> None:
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http,
            AsyncWasendClient(KEY, base_url="https://api.wasend.dev", http_client=http) as client,
        ):
            with pytest.raises(APIStatusError, match="would leave https"):
                await client.download(FILE)

    asyncio.run(main())
    assert seen == ["https://api.wasend.dev" + FILE]


def test_a_callers_client_takes_nothing_of_its_own_to_another_host() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=PICTURE)

    async def main() -> None:
        http = httpx.AsyncClient(
            transport=httpx.MockTransport(respond),
            auth=("user", "word"),
            headers={"Authorization": KEY, "Cookie": "a=b"},
        )
        async with http, AsyncWasendClient(KEY, base_url="https://api.wasend.dev", http_client=http) as client:
            assert await client.download("https://files.example/a") == PICTURE
            assert await client.download("http://api.wasend.dev/a") == PICTURE
            assert await client.download("https://API.wasend.dev:443/a") == PICTURE

    asyncio.run(main())
    assert ["authorization" in request.headers or "cookie" in request.headers for request in seen] == [
        False,
        False,
        True,
    ]


@both_clients
@both_transports
def test_a_file_appears_whole_for_its_owner_alone_and_progress_is_told(
    client_type: str, transport: str, tmp_path: Path
) -> None:
    figures: list[tuple[int, int | None]] = []
    path = tmp_path / "a.png"
    path.write_bytes(b"what was there")
    with serving(answer(200, PICTURE)) as own:
        do = get_to(own.url + FILE, str(path), progress=lambda done, total: figures.append((done, total)))
        assert result_or_error(client_type, own.url, do, transport=transport) == path
    assert path.read_bytes() == PICTURE
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert figures[-1] == (len(PICTURE), len(PICTURE))
    assert [done for done, _ in figures] == sorted({done for done, _ in figures})
    assert len(figures) > 1


@both_clients
@both_transports
def test_a_download_that_breaks_off_leaves_no_file(client_type: str, transport: str, tmp_path: Path) -> None:
    cut = message(200, PICTURE[:70_000], {"content-length": str(len(PICTURE))})
    with serving(raw(cut, then_close=True)) as own:
        error = result_or_error(client_type, own.url, get_to(FILE, tmp_path / "a"), transport=transport, retry=QUICK)
        assert type(error) is APIConnectionError
        assert own.deliveries == 3
        error = result_or_error(client_type, own.url, get(FILE), transport=transport, retry=None)
        assert type(error) is APIConnectionError
    assert list(tmp_path.iterdir()) == []


@both_transports
def test_a_download_is_tried_again_from_its_beginning(transport: str, tmp_path: Path) -> None:
    cut = message(200, PICTURE[:70_000], {"content-length": str(len(PICTURE))})
    figures: list[int] = []
    with serving(raw(cut, then_close=True), answer(503), answer(200, PICTURE)) as own:
        do = get_to(FILE, tmp_path / "a", progress=lambda done, _: figures.append(done))
        assert result_or_error("async", own.url, do, transport=transport, retry=QUICK) == tmp_path / "a"
    assert (tmp_path / "a").read_bytes() == PICTURE
    assert figures != sorted(figures)
    for do in (get(FILE), get_to(FILE, tmp_path / "a")):
        with serving(raw(cut, then_close=True), answer(200, b"shorter")) as own:
            found = result_or_error("async", own.url, do, transport=transport, retry=QUICK)
            assert (found if isinstance(found, bytes) else found.read_bytes()) == b"shorter"


@both_transports
def test_silence_between_two_pieces_ends_a_download(transport: str, tmp_path: Path) -> None:
    async def stall(peer: Peer) -> None:
        await peer.request()
        await peer.write(message(200, b"half", {"content-length": "8"}))
        await peer.gone()

    with serving(stall) as own:
        options = {"transport": transport, "retry": None, "timeout": Timeout(answer=0.05)}
        error = result_or_error("async", own.url, get_to(FILE, tmp_path / "a"), **options)
    assert isinstance(error, APITimeoutError)
    assert list(tmp_path.iterdir()) == []


@both_transports
def test_closing_the_client_ends_a_download(transport: str, tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with AsyncWasendClient(KEY, base_url=url, transport=transport) as client:  # type: ignore[arg-type]
            task = asyncio.ensure_future(client.download_to(FILE, tmp_path / "a"))
            async with asyncio.timeout(20):
                while not own.requests:
                    await asyncio.sleep(0.002)
        with pytest.raises(ClientClosedError):
            await task
        with pytest.raises(ClientClosedError):
            await client.download(FILE)

    with serving(hang) as own:
        asyncio.run(main(own.url))
    assert list(tmp_path.iterdir()) == []


@both_transports
def test_a_cancelled_download_leaves_no_file(transport: Any, tmp_path: Path) -> None:
    async def main(url: str) -> None:
        begun = asyncio.Event()
        async with AsyncWasendClient(KEY, base_url=url, transport=transport) as client:
            do = client.download_to(FILE, tmp_path / "a", progress=lambda *_: begun.set())
            task = asyncio.ensure_future(do)
            await asyncio.wait_for(begun.wait(), 20)
            assert len(list(tmp_path.iterdir())) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    async def half(peer: Peer) -> None:
        await peer.request()
        await peer.write(message(200, b"half", {"content-length": "8"}))
        await peer.gone()

    with serving(half) as own:
        asyncio.run(main(own.url))
    assert list(tmp_path.iterdir()) == []


@both_clients
def test_what_progress_raises_ends_the_download(client_type: str, tmp_path: Path) -> None:
    class EnoughError(Exception):
        pass

    def progress(done: int, total: int | None) -> None:
        raise EnoughError

    with serving(answer(200, PICTURE)) as own:
        with pytest.raises(EnoughError):
            result_or_error(client_type, own.url, get_to(FILE, tmp_path / "a", progress=progress))
        assert own.deliveries == 1
    assert list(tmp_path.iterdir()) == []


@both_transports
def test_a_large_file_takes_little_memory(transport: str, tmp_path: Path) -> None:
    with serving(lambda peer: sized(peer, 70)) as own:
        tracemalloc.start()
        try:
            assert (
                result_or_error("async", own.url, get_to(FILE, tmp_path / "a"), transport=transport) == tmp_path / "a"
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (tmp_path / "a").stat().st_size == 70 << 20
    assert peak < 24 << 20


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_for_memory_is_not_fetched(announced: bool) -> None:
    async def announce(peer: Peer) -> None:
        await peer.request()
        await peer.write(b"HTTP/1.1 200 \r\ncontent-length: 67108865\r\n\r\n")
        await peer.gone()

    with serving(announce if announced else streaming(1100)) as own:
        error = result_or_error("async", own.url, get(FILE), retry=None)
        assert isinstance(error, DecodeError)
        assert "download_to" in str(error)


def test_compression_that_was_not_asked_for() -> None:
    packed = gzip.compress(PICTURE)
    with serving(answer(200, packed, {"content-encoding": "gzip"})) as own:
        assert result_or_error("async", own.url, get(FILE)) == PICTURE
        assert b"accept-encoding: identity" in own.requests[0].lower()
    for encoding, content in (("gzip", b"no gzip at all"), ("gzip, gzip", packed), ("br", packed)):
        with serving(answer(200, content, {"content-encoding": encoding})) as own:
            assert isinstance(result_or_error("async", own.url, get(FILE)), DecodeError)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (410, NotFoundError), (401, AuthenticationError)])
@both_clients
def test_a_refusal_is_an_error_by_name(client_type: str, status: int, kind: type[APIStatusError]) -> None:
    with serving(answer(status, {"error": {"key": "FILE_NOT_FOUND", "message": "No such file"}})) as own:
        error = result_or_error(client_type, own.url, get(f"{own.url}{FILE}?signature=secret"))
    assert type(error) is kind
    assert (error.code, error.message) == ("FILE_NOT_FOUND", "No such file")
    assert "secret" not in str(error)


def test_another_hosts_refusal_gives_no_advice_about_the_key() -> None:
    with serving(answer(200)) as own, serving(answer(401)) as other:
        assert "key" not in str(result_or_error("async", own.url, get(other.url)))
        assert "key" in str(result_or_error("async", other.url, get(FILE)))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (ChatMessage(id="m", has_media=True), "download_media=True"),
        (Message(id="m"), "download_media=True"),
        ({"hasMedia": True, "media": {"url": None}}, "download_media=True"),
        (ChatMessage(media_url="https://mmg.whatsapp.net/v/t62.7118-24/1_n.enc?ccb=11-4"), "encrypted"),
        ("ftp://files.example/a", "http"),
        ("files/a", "http"),
        ("http://[::bad", "URL"),
        ("https://user:word@files.example/a", "password"),
        (5, "int"),
    ],
)
@both_clients
def test_what_cannot_be_fetched_is_refused(client_type: str, source: Any, text: str) -> None:
    error = result_or_error(client_type, "http://127.0.0.1:9", get(source))
    assert isinstance(error, InvalidRequestError)
    assert error.field == "source"
    assert text in str(error)


@both_clients
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(client_type: str, tmp_path: Path) -> None:
    with serving(answer(200, PICTURE)) as own:
        for path in (tmp_path / "none" / "a", tmp_path, 5):
            error = result_or_error(client_type, own.url, get_to(FILE, path))
            assert isinstance(error, InvalidRequestError)
            assert error.field == "path"
        assert isinstance(
            result_or_error(client_type, own.url, get_to(FILE, tmp_path / "a", progress=5)), InvalidRequestError
        )
        assert own.deliveries == 0
    assert list(tmp_path.iterdir()) == []


def test_answers_are_reported_and_a_bound_session_downloads() -> None:
    with serving(answer(500), answer(200, PICTURE)) as own:
        retry = Retry(initial_backoff=0)
        with WasendClient(KEY, base_url=own.url, retry=retry) as client, client.record_responses() as responses:
            assert client.session("ses_1").download(FILE) == PICTURE
    assert [(response.status, response.attempt) for response in responses] == [(500, 1), (200, 2)]


@pytest.mark.parametrize("dialect", ["sdk", "docs"])
def test_media_that_the_sandbox_received(dialect: Any, tmp_path: Path) -> None:
    with Sandbox(dialect=dialect) as sandbox, sandbox.client() as client:
        session = sandbox.add_session()
        sandbox.receive(session.id, "447700900456", media=PICTURE, filename="a.png")
        (held,) = client.get_messages(session.id, "447700900456@c.us", download_media=True)
        assert client.download(held) == PICTURE
        assert client.download_to(held, tmp_path / "a.png").read_bytes() == PICTURE
        (bare,) = client.get_messages(session.id, "447700900456@c.us", download_media=False)
        with pytest.raises(InvalidRequestError):
            client.download(bare)


def test_a_disk_that_is_full_is_an_error_of_ours(tmp_path: Path) -> None:
    """The system refuses to let a file grow, as it does where no space is left."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(answer(200, PICTURE)) as own:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            error = result_or_error("async", own.url, get_to(FILE, tmp_path / "a"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(error, InvalidRequestError)
    assert "cannot be written" in str(error)
    assert list(tmp_path.iterdir()) == []
