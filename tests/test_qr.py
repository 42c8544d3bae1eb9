"""QR codes: read off pictures of every kind, and drawn so that a reader of somebody else's reads them."""

from __future__ import annotations

import io
import re
import struct
import sys
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
import segno

from tests.drawings import decoded, read
from wasend import AsyncWasendClient, ConfigurationError, DecodeError, InvalidRequestError, QRCode
from wasend._core.png import dark_pixels
from wasend._core.qr import half_blocks, modules_of, read_modules
from wasend.sandbox import Sandbox

TEXT: Final = "2@Zk3XcVbNm/AbC,dEf+GhI=,jKl=,1"
MODULES: Final = modules_of(TEXT)
KINDS: Final = {"grey": 0, "RGB": 2, "palette": 3, "grey with alpha": 4, "RGB with alpha": 6}


def picture(text: str = TEXT, scale: int = 4, border: int = 4, **options: str) -> bytes:
    """As segno draws it."""
    file = io.BytesIO()
    segno.make_qr(text).save(file, kind="png", scale=scale, border=border, **options)
    return file.getvalue()


def written(
    rows: Sequence[Sequence[bool]], kind: str, depth: int, filters: Sequence[int] = (0,), interlace: int = 0
) -> bytes:
    """A PNG of pixels, true for dark, in each way that the format knows; each line by the next of the filters."""
    most = (1 << depth) - 1
    samples: dict[str, Callable[[bool], tuple[int, ...]]] = {
        "grey": lambda dark: (0 if dark else most,),
        "RGB": lambda dark: (0, 0, 0) if dark else (most, most - 9, most),
        "palette": lambda dark: (1 if dark else 0,),
        "grey with alpha": lambda dark: (0, most) if dark else (0, 0),  # black, but transparent
        "RGB with alpha": lambda dark: (most // 8, 0, 0, most) if dark else (most, most, most, most),
    }
    lines: list[bytes] = []
    for row in rows:
        bits = "".join(f"{value:0{depth}b}" for dark in row for value in samples[kind](dark))
        bits += "0" * (-len(bits) % 8)
        lines.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    unit = max(1, depth * len(samples[kind](True)) // 8)
    above = bytes(len(lines[0]))
    packed = b""
    for number, line in enumerate(lines):
        method = filters[number % len(filters)]
        packed += bytes([method])
        for at, value in enumerate(line):
            left, up = (line[at - unit] if at >= unit else 0), above[at]
            corner = above[at - unit] if at >= unit else 0
            paeth = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
            packed += bytes([(value - (0, left, up, (left + up) // 2, paeth)[method]) & 0xFF])
        above = line
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), depth, KINDS[kind], 0, 0, interlace)
    parts = [(b"IHDR", header), (b"PLTE", bytes([255, 255, 255, 20, 0, 60])), (b"IDAT", zlib.compress(packed))]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def code_of(content: bytes | str) -> QRCode:
    return QRCode(data=content if isinstance(content, str) else b64encode(content).decode())


# ------------------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("version", [1, 2, 10, 40])
@pytest.mark.parametrize(("scale", "border"), [(1, 0), (3, 4), (8, 1)])
def test_modules_of_a_picture(version: int, scale: int, border: int) -> None:
    """The modules read from a picture are those that were drawn, whatever its scale and quiet zone."""
    code = segno.make_qr("HARBOUR", version=version)
    file = io.BytesIO()
    code.save(file, kind="png", scale=scale, border=border)

    assert read_modules(file.getvalue()) == [[bool(module) for module in row] for row in code.matrix]


@pytest.mark.parametrize(
    ("kind", "depth"),
    [
        *(("grey", depth) for depth in (1, 2, 4, 8, 16)),
        *(("palette", depth) for depth in (1, 2, 4, 8)),
        *((kind, depth) for kind in ("RGB", "grey with alpha", "RGB with alpha") for depth in (8, 16)),
    ],
)
def test_pictures_of_every_kind(kind: str, depth: int) -> None:
    """Every colour type and depth of PNG, with every filter, shows the same."""
    pixels = [[module for module in [False, *row, False] for _ in range(3)] for row in MODULES for _ in range(3)]
    made = written(pixels, kind, depth, filters=(0, 1, 2, 3, 4))

    assert dark_pixels(made) == pixels
    assert read_modules(made) == MODULES


@pytest.mark.parametrize("width", [200, 256, 300, 333])
def test_pictures_of_any_size(width: int) -> None:
    """A module need not be a whole number of pixels wide: some servers scale to a fixed size."""
    framed = [[False] * (len(MODULES) + 8)] * 4
    framed = [*framed, *([*[False] * 4, *row, *[False] * 4] for row in MODULES), *framed]
    steps = [int(at * len(framed) / width) for at in range(width)]

    assert read_modules(written([[framed[y][x] for x in steps] for y in steps], "grey", 8)) == MODULES


def broken() -> dict[str, bytes]:
    whole = picture()
    small = io.BytesIO()
    segno.make_micro("1").save(small, kind="png")
    pixels = [[module for module in row for _ in range(2)] for row in MODULES for _ in range(2)]
    huge = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    half = [[dark and y < len(pixels) - 8 for dark in row] for y, row in enumerate(pixels)]
    return {
        "nothing": b"",
        "GIF": b"GIF89a",
        "cut off": whole[:60],
        "only a head": whole[:20],
        "pale": picture(dark="#ffcc00"),
        "Micro QR": small.getvalue(),
        "blank": written([[False] * 40] * 40, "grey", 1),
        "a square": written([[True] * 40] * 40, "grey", 1),
        "damaged": written(half, "grey", 8),
        "interlaced": written(pixels, "grey", 8, interlace=1),
        "huge": b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + huge + b"crc!" + whole[33:],
    }


@pytest.mark.parametrize("name", list(broken()))
def test_other_pictures(name: str) -> None:
    """What shows no whole QR code is refused as such, in no time."""
    with pytest.raises(ValueError, match="the picture"):
        read_modules(broken()[name])


def test_an_unknown_filter() -> None:
    """A line whose filter the format does not know is no PNG."""
    header = struct.pack(">IIBBBBB", 8, 1, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\x07" + bytes(8))))
    chunks = b"".join(struct.pack(">I", len(data)) + name + data + b"crc!" for name, data in parts)

    with pytest.raises(ValueError, match="not a plain PNG"):
        dark_pixels(b"\x89PNG\r\n\x1a\n" + chunks)


# ------------------------------------------------------------------------------------------------------------- drawings


def test_half_blocks() -> None:
    """Two modules make a character: what is light is drawn, and a row without a partner has a dark one below."""
    assert half_blocks([[True, False], [False, True]], quiet=0) == ["▄▀"]
    assert half_blocks([[True]], quiet=1) == ["█▀█", "▀▀▀"]


@pytest.mark.parametrize("content", [TEXT, picture()], ids=["text", "PNG"])
def test_what_is_drawn_can_be_scanned(content: bytes | str, tmp_path: Path) -> None:
    """In a terminal, as PNG and as SVG, in colours or not: a reader finds what the code says."""
    code = code_of(content)
    assert decoded(code.terminal().split("\n")) == [TEXT]
    coloured = code.terminal(ansi=True).split("\n")
    assert decoded(coloured) == [TEXT]
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in coloured)
    assert seen(code.png()) == [TEXT]
    assert seen_in_svg(code.svg()) == [TEXT]
    assert code.save(tmp_path / "code.PNG").read_bytes() == code.png()
    assert code.save(str(tmp_path / "code.svg")).read_text(encoding="utf-8") == code.svg()
    assert {file.name for file in tmp_path.iterdir()} == {"code.PNG", "code.svg"}
    if sys.platform != "win32":
        assert (tmp_path / "code.svg").stat().st_mode & 0o777 == 0o600


def seen(png: bytes) -> list[str]:
    return read([[0 if dark else 255 for dark in row] for row in dark_pixels(png)])


def seen_in_svg(text: str) -> list[str]:
    """By its shapes: a white square below, and bars of one module's height."""
    (size,) = re.findall(r'viewBox="0 0 (\d+) \1"', text)
    rows = [[255] * int(size) for _ in range(int(size))]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", text):
        rows[int(y)][int(x) : int(x) + int(width)] = [0] * int(width)
    return read([[value for value in row for _ in range(4)] for row in rows for _ in range(4)])


async def test_of_a_sandbox(wasend_sandbox: Sandbox, async_wasend_client: AsyncWasendClient) -> None:
    """What the service sends is drawn, and says what its picture says; it prints on one short line."""
    session = await async_wasend_client.create_session(session_name="Desk", phone_number="+447700900123")
    code = await async_wasend_client.retrieve_qr_code(session)

    assert decoded(code.terminal().split("\n")) == seen(code.png())
    assert re.fullmatch(r"QRCode\(a PNG of \d+ bytes\)", repr(code))
    assert wasend_sandbox.journal[-1].path.endswith("/auth/qr")


def test_it_prints_on_one_line() -> None:
    """What it prints shows nothing of the code: whoever has that can link their phone."""
    assert repr(code_of(TEXT)) == f"QRCode(a text of {len(TEXT)} characters)"
    assert repr(QRCode()) == "QRCode(neither a PNG nor a text)"
    assert str(QRCode(data="data:image/webp;base64,AAAA", mimetype="image/webp")) == "QRCode(image/webp)"


def test_jupyter_shows_it() -> None:
    """A notebook asks for a PNG, and is given nothing where there is none."""
    assert (code_of(picture())._repr_png_() or b"").startswith(b"\x89PNG")
    assert QRCode()._repr_png_() is None


def test_what_cannot_be_drawn(tmp_path: Path) -> None:
    """The error says what came, and what to do."""
    pale = code_of(picture(dark="#ffcc00"))
    with pytest.raises(DecodeError, match="shows no QR code; save it as PNG and open that"):
        pale.terminal()
    assert pale.save(tmp_path / "code.png").read_bytes() == pale.png()
    with pytest.raises(DecodeError, match="neither a PNG nor a text"):
        QRCode(data="data:image/webp;base64,AAAA").svg()
    with pytest.raises(DecodeError, match="retrieve_qr_code"):
        code_of("2@" + "x" * 5000).terminal()
    with pytest.raises(InvalidRequestError, match=r"path: 'code.gif' is neither PNG nor SVG; end it with .png or .svg"):
        pale.save("code.gif")
    with pytest.raises(InvalidRequestError, match="path: the file cannot be written"):
        pale.save(tmp_path / "missing" / "code.png")


def test_without_segno(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture is drawn without any extra; for a text the error names the extra."""
    monkeypatch.setitem(sys.modules, "segno", None)

    assert decoded(code_of(picture()).terminal().split("\n")) == [TEXT]
    with pytest.raises(ConfigurationError, match=r"pip install 'wasend-sdk\[qr\]'"):
        code_of(TEXT).png()
