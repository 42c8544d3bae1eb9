"""The sandbox's state in a file (SQLite): every change is written as it is made, and read when a sandbox begins."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import cattrs
from cattrs.preconf.json import make_converter

from wasend._core.files import create_private
from wasend.sandbox.world.state import State
from wasend.sandbox.world.store import Table

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS sandbox (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id))"
_OTHERS: Final = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name != 'sandbox'"
)
_PUT: Final = "INSERT INTO sandbox VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value"
"""An update keeps the row's place, and so the order in which things came to be."""


class Storage:
    """
    Keeps the tables of a state in a file.

    Args:
        path: The file; it is made if there is none.
        state: Whose tables; what the file holds is put into them.

    Raises:
        ValueError: The file holds something else, or cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], state: State) -> None:
        self._convert = make_converter()
        self._lock = state.lock
        self._tables = [table for table, _ in state.tables.values()]
        with ExitStack() as undo:
            try:
                # Guarded by the state's lock, which whoever changes a table holds.
                file = path if os.fspath(path) == ":memory:" else create_private(Path(path))
                self._file = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=0.5)
                undo.callback(self._file.close)
                self._begin()
                with state.lock:
                    for kind, (table, form) in state.tables.items():
                        self._load(kind, table, form)
                        table.on_change = partial(self._write, kind)
                    state.restored()
            except (OSError, sqlite3.Error, ValueError, cattrs.BaseValidationError) as error:
                raise ValueError(f"{os.fspath(path)} is no file of a sandbox: {error}; name another") from error
            undo.pop_all()

    def close(self) -> None:
        """Close the file; what happens from now on, as by a clock that others go by too, is not kept."""
        with self._lock:
            for table in self._tables:
                table.on_change = None
            self._file.close()

    def _begin(self) -> None:
        if found := self._file.execute(_OTHERS).fetchone():  # a database of somebody else's, which is left as it is
            raise ValueError(f"it has a table called {found[0]}")
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")  # two sandboxes would overwrite what the other wrote
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = OFF")  # what the process wrote survives its end, not a power cut
        self._file.execute(_SCHEMA)

    def _load(self, kind: str, table: Table[Any], form: Any) -> None:
        rows = self._file.execute("SELECT id, value FROM sandbox WHERE kind = ? ORDER BY rowid", (kind,))
        for key, value in rows:
            table[key] = self._convert.loads(value, form)

    def _write(self, kind: str, key: str, value: Any) -> None:
        if value is None:
            self._file.execute("DELETE FROM sandbox WHERE kind = ? AND id = ?", (kind, key))
        else:
            self._file.execute(_PUT, (kind, key, self._convert.dumps(value)))
