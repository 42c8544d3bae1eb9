"""From the PNG picture of a QR code to one in a terminal, two modules a character."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BLACK_AND_WHITE: Final = (1, 0, 0, 0, 0)
"""Bit depth 1, greyscale, and the only ways to compress, filter and interlace that are read here."""

_AS_IT_IS: Final = 0
_UP: Final = 2

_FINDER: Final = 7
"""Modules that a finder pattern, the square in three of the corners, is wide."""

_BLOCKS: Final = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}


def read_modules(png: bytes) -> list[list[bool]]:
    """
    The modules of a QR code, row by row, without the quiet zone; true is dark.

    Args:
        png: A picture of one bit a pixel that shows an upright QR code and nothing else, as segno writes it.

    Raises:
        ValueError: It is something else.
    """
    pixels = _pixels(png)
    rows = [y for y, row in enumerate(pixels) if any(row)]
    if rows:
        top, left = rows[0], pixels[rows[0]].index(True)
        # The topmost dark pixels begin with the upper edge of a finder pattern, and a light module follows it.
        scale = [*pixels[top][left:], False].index(False) // _FINDER
        size = (rows[-1] + 1 - top) // scale if scale else 0
        # Every QR code is 17 modules wide and 4 more for each version, of which there are 40.
        if size in range(21, 178, 4) and left + size * scale <= len(pixels[top]):
            middles = range(scale // 2, size * scale, scale)
            return [[pixels[top + y][left + x] for x in middles] for y in middles]
    raise ValueError("the picture shows no QR code")


def half_blocks(modules: Sequence[Sequence[bool]], *, quiet: int = 2) -> list[str]:
    """
    Lines of text in which each character is two modules, one above the other. What is light is drawn.

    Args:
        modules: The modules, row by row; true is dark.
        quiet: How many light modules to put around them.
    """
    width = len(modules[0]) + 2 * quiet
    zone = [[False] * width] * quiet
    framed = [*zone, *([*[False] * quiet, *row, *[False] * quiet] for row in modules), *zone]
    if len(framed) % 2:
        framed.append([True] * width)
    pairs = zip(framed[::2], framed[1::2], strict=True)
    return ["".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def _pixels(png: bytes) -> list[list[bool]]:
    """The pixels, row by row; true is dark."""
    try:
        if not png.startswith(_SIGNATURE):
            raise ValueError
        chunks = _chunks(png)
        width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        packed = zlib.decompress(chunks[b"IDAT"])
        stride = 1 + (width + 7) // 8
        if tuple(form) != _BLACK_AND_WHITE or len(packed) != height * stride:
            raise ValueError
        lines = _unfiltered([packed[start : start + stride] for start in range(0, len(packed), stride)])
    except (ValueError, LookupError, struct.error, zlib.error):
        raise ValueError("the picture is not a plain black and white PNG") from None
    return [[not line[x // 8] >> (7 - x % 8) & 1 for x in range(width)] for line in lines]


def _unfiltered(lines: Iterable[bytes]) -> list[bytes]:
    """Each line begins with the number of its filter: as it is, or as the difference to the line above."""
    plain: list[bytes] = []
    for kind, *line in lines:
        if kind not in (_AS_IT_IS, _UP):
            raise ValueError
        above = plain[-1] if kind == _UP and plain else bytes(len(line))
        plain.append(bytes((one + other) & 0xFF for one, other in zip(line, above, strict=True)))
    return plain


def _chunks(png: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found[kind] = found.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    return found
