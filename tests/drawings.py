"""What a QR code reader of somebody else's sees in a drawing: of block characters, in a terminal, or as a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence

import zxingcpp

QUADRANTS = {" ": (0, 0), "▄": (0, 255), "▀": (255, 0), "█": (255, 255)}
SCALE = 4


def decoded(lines: Sequence[str]) -> list[str]:
    """What the QR codes in lines of block characters say, drawn as a dark terminal draws them."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    rows = [[QUADRANTS[char][half % 2] for char in plain[half // 2]] for half in range(2 * len(plain))]
    return read([[value for value in row for _ in range(SCALE)] for row in rows for _ in range(SCALE)])


def read(rows: Sequence[Sequence[int]]) -> list[str]:
    """What the QR codes in a grey picture say; 255 is white."""
    picture = memoryview(bytes(value for row in rows for value in row)).cast("B", shape=[len(rows), len(rows[0])])
    return [code.text for code in zxingcpp.read_barcodes(picture)]
