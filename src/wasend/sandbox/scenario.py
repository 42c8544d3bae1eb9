"""A scenario: what a sandbox begins with, from a file in TOML."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wasend.sandbox.fields import Fields, each, filled, seconds, string, web_url

if TYPE_CHECKING:
    from wasend.sandbox.sandbox import Sandbox

_TABLES: Mapping[str, Fields] = {
    "sessions": Fields(
        required={"name": filled}, optional={"phone_number": string, "webhook_url": web_url, "api_key": filled}
    ),
    "contacts": Fields(
        required={"number": string}, optional={"name": string, "push_name": string, "picture_url": web_url}
    ),
    "groups": Fields(
        required={"name": filled, "owner": string}, optional={"participants": each(string), "description": string}
    ),
    "replies": Fields(
        required={"reply": filled}, optional={"match": string, "from": string, "after": seconds, "times": seconds}
    ),
    "messages": Fields(required={"session": filled, "from": string, "text": string}, optional={"group": filled}),
}
_LISTS = ("unknown", "faults")


def play_scenario(sandbox: Sandbox, path: str | os.PathLike[str]) -> None:
    """
    Put what a file tells into a sandbox.

    A file has tables ``[[sessions]]`` (name, phone_number, webhook_url, api_key), ``[[contacts]]`` (number, name,
    push_name, picture_url), ``[[groups]]`` (name, owner, participants, description), ``[[replies]]`` (reply, match,
    from, after, times) and ``[[messages]]`` that have arrived (session, which is its name, from, text, group), and
    lists ``unknown`` and ``faults``.

    Args:
        sandbox: The sandbox. A session whose name it has already, from its file, is left as it is, and nothing is
            added to it.
        path: The file.

    Raises:
        ValueError: It cannot be read, or says what cannot be; the text names the table and what is wrong.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"scenario {os.fspath(path)}: {reason}") from None
    for table, entries in document.items():
        if table not in (*_TABLES, *_LISTS):
            raise ValueError(f"scenario: {table!r} is unknown; there are {', '.join((*_TABLES, *_LISTS))}")
        if not isinstance(entries, list):
            raise ValueError(f"scenario: {table} must be {'a list' if table in _LISTS else f'tables: [[{table}]]'}")  # noqa: TRY004
    told = _Scenario(sandbox)
    for table, tell in told.tables.items():
        for number, entry in enumerate(document.get(table, ()), 1):
            try:
                tell(_text(entry) if table in _LISTS else _checked(entry, _TABLES[table]))
            except ValueError as error:
                raise ValueError(f"scenario: {table} {number}: {error}") from None


class _Scenario:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._ids = {session.settings.name: session.id for session in sandbox.sessions.values()}
        self._kept = frozenset(self._ids)
        self.tables: Mapping[str, Callable[[Any], object]] = {
            "unknown": sandbox.add_unknown,
            "contacts": lambda entry: sandbox.add_contact(**entry),
            "sessions": self._session,
            "groups": self._group,
            "replies": lambda entry: sandbox.script_reply(**_with_from(entry)),
            "messages": self._message,
            "faults": sandbox.faults.add,
        }

    def _session(self, entry: dict[str, Any]) -> None:
        if entry["name"] not in self._kept:
            session = self._sandbox.add_session(**entry)
            self._ids[session.settings.name] = session.id

    def _group(self, entry: dict[str, Any]) -> None:
        if entry["name"] not in {group.name for group in self._sandbox.groups.values()}:
            self._sandbox.add_group(**entry)

    def _message(self, entry: dict[str, Any]) -> None:
        name = entry.pop("session")
        if name in self._kept:
            return
        if name not in self._ids:
            raise ValueError(f"there is no session called {name!r}; there are {', '.join(map(repr, self._ids))}")
        group = entry.pop("group", None)
        groups = {one.name: one.id for one in self._sandbox.groups.values()}
        if group is not None and group not in groups:
            raise ValueError(f"there is no group called {group!r}; there are {', '.join(map(repr, groups))}")
        self._sandbox.receive(self._ids[name], **_with_from(entry), group=None if group is None else groups[group])


def _text(entry: object) -> str:
    if not isinstance(entry, str):
        raise ValueError("must be a string")  # noqa: TRY004
    return entry


def _checked(entry: object, fields: Fields) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise ValueError("must be a table")  # noqa: TRY004
    table = cast("dict[str, Any]", entry)
    known = (*fields.required, *fields.optional)
    for name in table:
        if name not in known:
            raise ValueError(f"{name!r} is unknown; there are {', '.join(known)}")
    if problems := fields.problems(table):
        raise ValueError("; ".join(problems))
    return dict(table)


def _with_from(entry: dict[str, Any]) -> dict[str, Any]:
    return {("from_" if name == "from" else name): value for name, value in entry.items()}
