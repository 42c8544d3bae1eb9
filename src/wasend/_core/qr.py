"""QR codes as rows of modules: read off a picture, and drawn in a terminal or as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final, TypeAlias

from .png import dark_pixels

Modules: TypeAlias = Sequence[Sequence[bool]]
"""The squares of a QR code, row by row, without the light zone around it; true is dark."""

_FINDER: Final = ("#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######")
"""The square in three of the corners."""
_QUIET: Final = 4
"""Light modules around the code, as its standard says."""
_BLOCKS: Final = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
_LIGHT_ON_DARK: Final = "\x1b[97;40m"
_PLAIN: Final = "\x1b[0m"


def read_modules(png: bytes) -> list[list[bool]]:
    """
    The modules of a QR code.

    Args:
        png: A picture that shows an upright QR code, dark on light, and nothing else.

    Raises:
        ValueError: It is something else.
    """
    pixels = dark_pixels(png)
    rows = [y for y, row in enumerate(pixels) if any(row)]
    if rows:
        top, bottom = rows[0], rows[-1] + 1
        left = min(row.index(True) for row in pixels if True in row)
        # The topmost dark pixels begin with the upper edge of a finder pattern, and a light module follows it.
        edge = [*pixels[top][left:], False].index(False)
        # Every QR code is 17 modules wide and 4 more for each version, of which there are 40.
        version = round(((bottom - top) * len(_FINDER) / edge - 17) / 4) if edge else 0
        size = 17 + 4 * version
        scale = (bottom - top) / size
        if 1 <= version <= 40 and left + round(size * scale) <= len(pixels[top]):
            middles = [int((module + 0.5) * scale) for module in range(size)]
            modules = [[pixels[top + y][left + x] for x in middles] for y in middles]
            if _has_finders(modules):
                return modules
    raise ValueError("the picture shows no QR code")


def modules_of(text: str) -> list[list[bool]]:
    """
    The modules of the QR code that says a text.

    Args:
        text: The text.

    Raises:
        ImportError: segno is not installed.
        ValueError: It is too long for a QR code.
    """
    import segno

    return [[bool(module) for module in row] for row in segno.make_qr(text).matrix]


def png(text: str, *, scale: int = 8) -> bytes:
    """
    A PNG picture of the QR code that says a text.

    Args:
        text: The text.
        scale: How many pixels a module is wide.

    Raises:
        ImportError: segno is not installed.
        ValueError: It is too long for a QR code.
    """
    import segno

    picture = io.BytesIO()
    segno.make_qr(text).save(picture, kind="png", scale=scale, border=_QUIET)
    return picture.getvalue()


def half_blocks(modules: Modules, *, quiet: int = 2) -> list[str]:
    """
    Lines of text in which each character is two modules, one above the other. What is light is drawn.

    Args:
        modules: The modules.
        quiet: How many light modules to put around them.
    """
    framed = _framed(modules, quiet)
    if len(framed) % 2:
        framed.append([True] * len(framed[0]))
    pairs = zip(framed[::2], framed[1::2], strict=True)
    return ["".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def light_on_dark(lines: Sequence[str]) -> list[str]:
    """Lines for a terminal, white on black whatever its own colours are."""
    return [f"{_LIGHT_ON_DARK}{line}{_PLAIN}" for line in lines]


def svg(modules: Modules, *, scale: int = 8) -> str:
    """
    A picture of a QR code, black on white.

    Args:
        modules: The modules.
        scale: How many pixels a module is wide.
    """
    runs: list[str] = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end] is row[x]:
                end += 1
            if row[x]:
                runs.append(f"M{x + _QUIET} {y + _QUIET}h{end - x}v1h{x - end}z")
            x = end
    size = len(modules) + 2 * _QUIET
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size * scale}" height="{size * scale}"'
    shapes = f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{"".join(runs)}"/>'
    return f'{head} viewBox="0 0 {size} {size}" shape-rendering="crispEdges">{shapes}</svg>\n'


def _framed(modules: Modules, quiet: int) -> list[list[bool]]:
    zone = [[False] * (len(modules[0]) + 2 * quiet) for _ in range(quiet)]
    return [*zone, *([*[False] * quiet, *row, *[False] * quiet] for row in modules), *zone]


def _has_finders(modules: Modules) -> bool:
    width = len(_FINDER)
    corners = (modules[:width], [row[-width:] for row in modules[:width]], modules[-width:])
    return all(
        tuple("".join(".#"[module] for module in row[:width]) for row in corner) == _FINDER for corner in corners
    )
