"""The pixels of a PNG picture, as dark or light: enough of the format for what draws QR codes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel, by colour type: grey, RGB, palette, grey with alpha, RGB with alpha."""
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE: Final = 3
_MOST_PIXELS: Final = 1 << 22
"""Pixels of a picture; more are no QR code to be scanned, and would take seconds."""
_HALF: Final = 128


def dark_pixels(png: bytes) -> list[list[bool]]:
    """
    The pixels of a picture, row by row; true is dark. What is transparent stands on white.

    Args:
        png: The picture: of any colour type and depth, with any filters; not interlaced.

    Raises:
        ValueError: It is something else, broken, or larger than 4 megapixels.
    """
    try:
        if not png.startswith(SIGNATURE):
            raise ValueError
        chunks = _chunks(png)
        width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        if rest != [0, 0, 0] or depth not in _DEPTHS[kind] or not 0 < width * height <= _MOST_PIXELS:
            raise ValueError
        bits = depth * _CHANNELS[kind]
        stride = (width * bits + 7) // 8
        inflate = zlib.decompressobj()
        packed = inflate.decompress(chunks[b"IDAT"], height * (stride + 1))
        if len(packed) != height * (stride + 1):
            raise ValueError
        is_dark = _darkness(kind, depth, chunks)
        lines = _unfiltered(packed, stride, max(1, bits // 8))
        return [[is_dark(pixel) for pixel in _pixels(line, width, kind, depth)] for line in lines]
    except (ValueError, LookupError, struct.error, zlib.error):
        raise ValueError("the picture is not a plain PNG") from None


def _chunks(png: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found[kind] = found.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def _unfiltered(packed: bytes, stride: int, unit: int) -> Iterator[bytes]:
    """Each line begins with the number of its filter: from which neighbours its bytes are guessed."""
    above = bytes(stride)
    for start in range(0, len(packed), stride + 1):
        kind, line = packed[start], packed[start + 1 : start + 1 + stride]
        if kind == 2:  # up
            line = bytes((one + up) & 0xFF for one, up in zip(line, above, strict=True))
        elif kind:
            guess = _GUESSES[kind]
            plain = bytearray(unit) + line  # the pixel before the first is zero
            left_above = bytes(unit) + above
            for at, up in enumerate(above):
                plain[at + unit] = (line[at] + guess(plain[at], up, left_above[at])) & 0xFF
            line = bytes(plain[unit:])
        above = line
        yield line


def _nearest(left: int, up: int, corner: int) -> int:
    """Paeth's: whichever of the neighbours is nearest to left + up - corner."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


_GUESSES: Final[dict[int, Callable[[int, int, int], int]]] = {
    1: lambda left, up, corner: left,
    3: lambda left, up, corner: (left + up) // 2,
    4: _nearest,
}


def _pixels(line: bytes, width: int, kind: int, depth: int) -> Iterator[tuple[int, ...]]:
    """The samples of each pixel; of 16 bits the upper 8."""
    count = _CHANNELS[kind]
    if depth < 8:
        last = (1 << depth) - 1
        return (((line[x * depth // 8] >> (8 - depth - x * depth % 8)) & last,) for x in range(width))
    samples = line[::2] if depth == 16 else line
    return zip(*(samples[first : count * width : count] for first in range(count)), strict=True)


def _darkness(kind: int, depth: int, chunks: dict[bytes, bytes]) -> Callable[[tuple[int, ...]], bool]:
    """Whether a pixel is dark, found out once for each colour."""
    palette, alphas = chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b"")
    most = 255 if depth > 8 else (1 << depth) - 1
    known: dict[tuple[int, ...], bool] = {}

    def is_dark(pixel: tuple[int, ...]) -> bool:
        found = known.get(pixel)
        if found is None:
            if kind == _PALETTE:
                index = pixel[0]
                red, green, blue = palette[3 * index : 3 * index + 3]
                alpha = alphas[index] if index < len(alphas) else 255
            else:
                *colour, alpha = pixel if kind in (4, 6) else (*pixel, 255)
                red, green, blue = colour * 3 if len(colour) == 1 else colour
                if most < 255:
                    red = green = blue = red * 255 // most
            light = (299 * red + 587 * green + 114 * blue) / 1000
            found = known[pixel] = light * alpha / 255 + 255 - alpha < _HALF
        return found

    return is_dark
