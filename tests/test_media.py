"""Files to send: from wherever the caller has them to base64, a name and a type."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calls import PNG, PNG_TEXT
from wasend import AsyncWasendClient, InvalidRequestError
from wasend._core.body import Base64Text
from wasend.media import Media, load

MB = 1024 * 1024


def media(text: str, name: str | None = None, mime_type: str | None = None) -> Media:
    """A file whose content is this base64 text."""
    return Media(None, Base64Text(text), name, mime_type)


class Trickle(io.RawIOBase):
    """A file that gives less than it is asked for, as pipes and sockets do."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1, /) -> bytes:
        """A few bytes."""
        return self._content.read(min(size, 3))


async def refusal(data: Any, url: Any = None) -> InvalidRequestError:
    """How it is refused."""
    with pytest.raises(InvalidRequestError) as caught:
        await load(url, data)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    "data", [PNG, bytearray(PNG), memoryview(PNG), memoryview(PNG + PNG)[: len(PNG)], io.BytesIO(PNG), Trickle(PNG)]
)
async def test_content(data: Any) -> None:
    """Bytes of any kind and files become base64, whole; name and type cannot be told."""
    assert await load(None, data) == media(PNG_TEXT)


@pytest.mark.parametrize(
    ("text", "mime_type"),
    [
        (PNG_TEXT, None),
        ("\n".join((PNG_TEXT[:8], PNG_TEXT[8:])) + "\n", None),
        (f"data:image/png;base64,{PNG_TEXT}", "image/png"),
        (f"data:image/png;name=a.png;base64,{PNG_TEXT}", "image/png"),
        (f"data:;base64,{PNG_TEXT}", None),
    ],
)
async def test_base64(text: str, mime_type: str | None) -> None:
    """Base64 text is sent without its line breaks; a data URL gives its type."""
    assert await load(None, text) == media(PNG_TEXT, None, mime_type)


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("a.png", "image/png"),
        ("Übersicht 1.pdf", "application/pdf"),
        ("voice.ogg", "audio/ogg"),
        ("a", None),
        (".hidden", None),
    ],
)
async def test_name_and_type(tmp_path: Path, name: str, mime_type: str | None) -> None:
    """A path, and a file opened from one, give their name and, by it, their type."""
    path = tmp_path / name
    path.write_bytes(PNG)
    assert await load(None, path) == media(PNG_TEXT, name, mime_type)
    with path.open("rb") as file:
        assert await load(None, file) == media(PNG_TEXT, name, mime_type)
    with path.open("rb", buffering=0) as file:
        file.seek(4)
        assert await load(None, file, "x.gif") == media(base64.b64encode(PNG[4:]).decode(), "x.gif", "image/gif")


async def test_file_without_a_name() -> None:
    """A file that the system knows by a number only has no name."""
    with tempfile.TemporaryFile() as file:
        file.write(PNG)
        file.seek(0)
        assert await load(None, file) == media(PNG_TEXT)


@pytest.mark.parametrize(
    ("url", "name", "mime_type"),
    [
        ("https://example.org/a%20b.jpg?x=.png", "a b.jpg", "image/jpeg"),
        ("http://localhost:1/c", "c", None),
        ("https://example.org", None, None),
        ("https://example.org/d/", "d", None),
    ],
)
async def test_url(url: str, name: str | None, mime_type: str | None) -> None:
    """A URL is sent as it is; the last part of its path is the name."""
    assert await load(url, None) == Media(url, None, name, mime_type)


@pytest.mark.parametrize(
    "url",
    ["", "example.org/a.jpg", "ftp://example.org/a", "file:///etc/passwd", "https://", "http://[", 5, b"https://e.org"],
)
async def test_no_url(url: Any) -> None:
    """What the service cannot fetch is refused."""
    error = await refusal(None, url)
    assert (error.field, "http or https" in error.problem) == ("url", True)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        ("", "is empty"),
        ("data:image/png;base64,", "is empty"),
        (io.BytesIO(), "is empty"),
        (memoryview(b""), "is empty"),
        ("photo.jpg", "not base64"),
        ("hello", "not base64"),
        ("QQ", "not base64"),
        ("QUJD=", "not base64"),
        ("QUJD====", "not base64"),
        ("QQ==QQ==", "not base64"),
        ("é===", "not base64"),
        ("\ud800AAA", "not base64"),
        ("data:text/plain,abcd", "not base64"),
        ("data:,abcd", "not base64"),
        ("data:", "not base64"),
        (" " * 100_000 + "!", "not base64"),
        (io.StringIO("text"), "binary mode"),
        (5, "expected a file, got int"),
        ({"data": "x"}, "got dict"),
        (object(), "got object"),
        (Path("nowhere.jpg"), "No such file"),
        (Path("a\0b"), "cannot be read"),
        (Path(os.curdir), "cannot be read"),
    ],
)
async def test_no_media(data: Any, problem: str) -> None:
    """What is no file is refused with what to do instead."""
    error = await refusal(data)
    assert (error.field, problem in str(error)) == ("data", True)


async def test_unusable_files(tmp_path: Path) -> None:
    """A file in text mode, even of binary content, and a closed one are refused."""
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    with path.open(encoding="utf-8") as text:
        assert "binary mode" in str(await refusal(text))
    with tempfile.NamedTemporaryFile("w+", suffix=".txt", encoding="utf-8") as wrapped:
        wrapped.write("text")
        wrapped.seek(0)
        assert "binary mode" in str(await refusal(wrapped))
    with path.open("rb") as closed:
        pass
    assert "cannot be read (ValueError)" in str(await refusal(closed))


@pytest.mark.parametrize(
    ("name", "mime_type", "expected"),
    [
        ("menu.pdf", None, "application/pdf"),
        ("menu", None, "application/octet-stream"),
        ("menu.pdf", "text/plain", "text/plain"),
        ("menu", "text/plain", "text/plain"),
    ],
)
async def test_type_of_a_file(name: str, mime_type: str | None, expected: str) -> None:
    """A file is sent with the type that is given, else with its name's, else as bytes of no known type."""
    requests: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(json.loads(request.content))
        return httpx.Response(200, json={"id": "3EB0AA"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
        client = AsyncWasendClient("key", base_url="https://sandbox", http_client=http)
        await client.send_file(session="ses_1", to="+447700900456", data=PNG, file_name=name, mime_type=mime_type)
        await client.aclose()
    assert [request["mimeType"] for request in requests] == [expected]


async def test_exactly_one() -> None:
    """Neither, or both, of URL and data is refused."""
    error = await refusal(None)
    assert (error.field, error.remedy) == ("data", "pass exactly one of url and data")
    error = await refusal(b"x", "https://example.org/a")
    assert (error.field, error.problem) == ("url", "both url and data are given")


async def test_large(caplog: pytest.LogCaptureFixture) -> None:
    """16 MiB pass silently, a byte more with a warning, 40 MiB too; a byte more is refused."""
    with caplog.at_level(logging.WARNING, "wasend"):
        await load(None, bytes(16 * MB))
        assert not caplog.records
        await load(None, bytes(16 * MB + 1))
        assert [record.message for record in caplog.records] == [
            "media of 17 MB: WhatsApp refuses most media above 16 MB"
        ]
        assert len((await load(None, bytes(40 * MB))).data or "") > 40 * MB
    error = await refusal(bytes(40 * MB + 1))
    assert "over 40 MiB" in error.problem
    assert "url=" in error.remedy


@pytest.mark.parametrize("form", ["bytes", "path", "file", "base64"])
async def test_limits(
    tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits, made small here, hold for every form."""
    monkeypatch.setattr("wasend.media._LARGE", 3000)
    monkeypatch.setattr("wasend.media._TOO_LARGE", 6000)

    def made(size: int) -> Any:
        path = tmp_path / "large.bin"
        path.write_bytes(bytes(size))
        if form == "base64":
            return base64.b64encode(bytes(size)).decode()
        return {"bytes": bytes(size), "path": path, "file": io.BytesIO(bytes(size))}[form]

    with caplog.at_level(logging.WARNING, "wasend"):
        await load(None, made(3000))
        assert not caplog.records
        await load(None, made(3003))
        assert len(caplog.records) == 1
        assert len((await load(None, made(6000))).data or "") == 8000
    assert "is 0 MB, over" in (await refusal(made(6003))).problem


async def test_large_file_is_not_read(tmp_path: Path) -> None:
    """A file that is too large is refused by its size alone."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(10_000 * MB)
    assert "over 40 MiB" in (await refusal(path)).problem


async def test_endless_file() -> None:
    """A file without end is not read for ever."""
    with Path("/dev/zero" if Path("/dev/zero").exists() else os.devnull).open("rb") as file:
        error = await refusal(file)
    assert "over 40 MiB" in error.problem or "empty" in error.problem


def test_repr_without_content() -> None:
    """The content of a file is not printed."""
    assert PNG_TEXT not in repr(media(PNG_TEXT, "a.png", "image/png"))


@settings(deadline=None)
@given(st.text(st.characters()) | st.binary() | st.text("AB=\n ", max_size=12))
async def test_any_media(data: str | bytes) -> None:
    """Any text and any bytes are sent as base64 of the same content, or refused."""
    try:
        loaded = await load(None, data)
    except InvalidRequestError as error:
        assert error.field == "data"
        return
    assert loaded.data is not None
    text = str(loaded.data)
    content = base64.b64decode(text, validate=True)
    assert content == data if isinstance(data, bytes) else base64.b64encode(content).decode()[:-4] == text[:-4]
