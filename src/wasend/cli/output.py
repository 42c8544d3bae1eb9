"""What a command prints: a table on a terminal, JSON in a pipe."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard

import attrs
import typer

from wasend._core.documents import is_object
from wasend._core.model import Model
from wasend._core.names import camel
from wasend.cli.options import Settings, width
from wasend.errors import printable

if TYPE_CHECKING:
    from wasend import Wait

_CELL: Final = 1000
"""Characters of a value that a table shows."""
_WORTH_TELLING: Final = 1.0


@attrs.frozen
class Column:
    """
    A column of a table, or a line of a record.

    Attributes:
        title: What is above it.
        value: An attribute's name, or a function of the item.
        cut: Whether it may be cut short where there is no room.
    """

    title: str
    value: str | Callable[[Any], Any]
    cut: bool = False

    def of(self, item: Any) -> str:
        """Its text for an item, on one line."""
        return in_words(getattr(item, self.value) if isinstance(self.value, str) else self.value(item))


Columns: TypeAlias = Sequence[Column]


def in_words(value: Any) -> str:
    """A value as a person reads it, on one line, and without what a terminal would obey."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Enum):
        return str(value.name)
    if _is_series(value):
        return ", ".join(map(in_words, value))
    return printable(" ".join(str(value).split()), _CELL)


def as_json(value: Any) -> Any:
    """A value as JSON holds it: what calls return under the service's own names."""
    if isinstance(value, Model):
        return value.to_dict()
    if is_object(value):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name
    if _is_series(value):
        return [as_json(one) for one in value]
    if attrs.has(kind := _kind(value)):
        return {camel(one.name): as_json(getattr(value, one.name)) for one in attrs.fields(kind)}
    return value


def fitted(text: str) -> str:
    """A sentence in lines that fit the terminal; a word that is longer, such as a path, is left whole."""
    lines = text.split("\n")
    return "\n".join(textwrap.fill(line, width(), break_long_words=False, break_on_hyphens=False) for line in lines)


def _is_series(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _kind(value: object) -> type[Any]:
    return type(value)


class Output:
    """Standard output, and how to write each thing to it."""

    def __init__(self, settings: Settings) -> None:
        self.terminal = sys.stdout.isatty()
        self.ids = settings.quiet and not settings.json
        self.json = settings.json or (not self.terminal and not self.ids)
        self._remarks = not settings.quiet
        self._ascii = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"

    def items(self, items: Iterable[Any], columns: Columns, *, ids: str = "id", none: str = "") -> None:
        """
        Print a list: a table, an array, or ids.

        Args:
            items: The items.
            columns: What a table shows of them.
            ids: The attribute that is printed where ids alone are.
            none: What to remark where there are none.
        """
        found = list(items)
        if self.json:
            self._dump(found)
        elif self.ids:
            for item in found:
                typer.echo(in_words(getattr(item, ids)))
        elif found:
            self._table(found, columns)
        else:
            self.remark(none)

    def item(self, item: Any, columns: Columns, *, ids: str = "id") -> None:
        """
        Print one thing: lines, an object, or its id.

        Args:
            item: The thing.
            columns: What is shown of it.
            ids: The attribute that is printed where ids alone are.
        """
        if self.json:
            self._dump(item)
        elif self.ids:
            typer.echo(in_words(getattr(item, ids, None)))
        else:
            self._record(item, columns)

    def done(self, result: Any, text: str) -> None:
        """Print that something is done: what the service said of it, or a sentence on a terminal."""
        if self.json:
            self._dump(result)
        elif not self.ids:
            typer.echo(fitted(text))

    def line(self, item: Any, text: str, id: str) -> None:
        """Print one of a stream: a line of JSON, or of words, or its id."""
        if self.json:
            typer.echo(json.dumps(as_json(item), ensure_ascii=self._ascii))
        else:
            typer.echo(id if self.ids else fitted(text) if self.terminal else text)
        sys.stdout.flush()

    def remark(self, text: str) -> None:
        """Say something beside the result, on standard error."""
        if text and self._remarks:
            typer.echo(fitted(text) if sys.stderr.isatty() else text, err=True)

    def waiting(self, wait: Wait) -> None:
        """Say what is waited for."""
        if sys.stderr.isatty() and (wait.seconds >= _WORTH_TELLING or wait.seconds == 0):
            length = f" {wait.seconds:.0f} s" if wait.seconds else ""
            self.remark(f"waiting{length} ({wait.reason.replace('_', ' ')})")

    def _dump(self, value: Any) -> None:
        typer.echo(json.dumps(as_json(value), indent=2, ensure_ascii=self._ascii))

    def _table(self, items: Sequence[Any], columns: Columns) -> None:
        from rich.table import Table

        rows = [[column.of(item) for column in columns] for item in items]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        for number, column in enumerate(columns):
            if any(row[number] for row in rows):
                table.add_column(column.title, no_wrap=True, overflow="ellipsis", min_width=8 if column.cut else None)
        shown = [number for number in range(len(columns)) if any(row[number] for row in rows)]
        for row in rows:
            table.add_row(*(row[number] for number in shown))
        if self._least(rows, columns, shown) > width():
            for number, item in enumerate(items):
                if number:
                    typer.echo()
                self._record(item, columns)
        else:
            self._print(table)

    @staticmethod
    def _least(rows: Sequence[Sequence[str]], columns: Columns, shown: Sequence[int]) -> int:
        """Columns of the terminal that a table needs to show whole what must not be cut."""
        from rich.cells import cell_len

        least = 0
        for number in shown:
            longest = max(cell_len(text) for text in (columns[number].title, *(row[number] for row in rows)))
            least += 2 + (min(longest, 12) if columns[number].cut else longest)
        return least

    def _record(self, item: Any, columns: Columns) -> None:
        from rich.table import Table

        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for column in columns:
            if text := column.of(item):
                table.add_row(column.title, text)
        self._print(table)

    def _print(self, table: Any) -> None:
        from rich.console import Console

        plain = not self.terminal or os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
        console = Console(
            width=width(),
            color_system=None if plain else "auto",
            no_color=plain,
            markup=False,
            emoji=False,
            highlight=False,
        )
        console.print(table)
