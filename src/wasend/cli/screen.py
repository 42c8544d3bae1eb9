"""Where the demo is shown: in colour on a terminal, as plain lines anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, Group
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

_PLAIN_WIDTH = 120
"""Columns of a table that no terminal limits."""


class Screen:
    """Standard output, and how to write each thing to it."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._console = Console(
            color_system="auto" if self._terminal else None,
            width=None if self._terminal else _PLAIN_WIDTH,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def title(self, text: str) -> None:
        """Begin a part."""
        self._console.print()
        self._console.print(text, style="bold", soft_wrap=not self._terminal)

    def say(self, what: str, text: str, *, style: str = "") -> None:
        """One thing that happened: what was done, and what came of it."""
        # One print: a progress bar would write between two.
        line = Text.assemble((f"  {what:<26}", "cyan"), (text, style))
        if not self._terminal or line.cell_len <= self._console.width:
            self._console.print(line, soft_wrap=True)
        else:
            below = Padding(Text(text, style), (0, 0, 0, 4), expand=False)
            self._console.print(Group(Text(f"  {what}", "cyan"), below) if what else below)

    def verdict(self, text: str) -> None:
        """How it all ended."""
        self._console.print()
        self._console.print(text, style="bold green", soft_wrap=not self._terminal)

    def drawing(self, lines: Sequence[str]) -> None:
        """Lines of block characters, where there is room for them and they can be printed."""
        try:
            "".join(lines).encode(self._console.encoding)
        except UnicodeEncodeError:
            self.say("", f"(not drawn: {self._console.encoding} has no block characters)")
            return
        if self._terminal and len(lines[0]) > self._console.width:
            self.say("", f"(not drawn: it needs {len(lines[0])} columns)")
            return
        for line in lines:
            # Light on dark, so that it looks the same without colours on the terminals that are dark.
            self._console.print(line, style="bright_white on black", soft_wrap=True)

    def progress(self, total: int) -> Progress:
        """A bar for so many steps, to be entered with `with`; not there without a terminal."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
        bar = Progress(*columns, console=self._console, disable=not self._terminal)
        bar.add_task("sending", total=total)
        return bar

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table."""
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)
