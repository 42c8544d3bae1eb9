"""A scenario: what a sandbox begins with, from a file in TOML."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from wasend.sandbox.actions import ACTS, Actions
from wasend.sandbox.interfaces.signatures import Signature

_LISTS: Final = ("unknown", "faults")

_Entry: TypeAlias = dict[str, Any]


def play_scenario(sandbox: Actions, path: str | os.PathLike[str]) -> None:
    """
    Set a sandbox up from a file.

    A file has tables ``[[sessions]]``, ``[[contacts]]``, ``[[groups]]``, ``[[replies]]``, ``[[messages]]`` that have
    arrived and ``[[acts]]``, whose fields are the arguments of `Sandbox.add_session`, `add_contact`, `add_group`,
    `script_reply`, `receive` and of the method that ``do`` names (``from`` for ``from_``; sessions and groups go by
    their names, messages by their texts), and lists ``unknown`` and ``faults``.

    Args:
        sandbox: The sandbox. A session whose name it has already, from its file, is left as it is, and nothing is
            added to it.
        path: The file.

    Raises:
        ValueError: It cannot be read, or does not make sense; the text names the table and what is wrong.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"scenario {os.fspath(path)}: {reason}") from None
    tables = _tables(sandbox)
    known = [*(table for table in tables if table not in _LISTS), *_LISTS]
    for table, entries in document.items():
        if table not in known:
            raise ValueError(f"scenario: {table!r} is unknown; there are {', '.join(known)}")
        if not isinstance(entries, list):
            raise ValueError(f"scenario: {table} must be {'a list' if table in _LISTS else f'tables: [[{table}]]'}")  # noqa: TRY004
    for table, play in tables.items():
        for number, entry in enumerate(document.get(table, ()), 1):
            try:
                play(entry)
            except ValueError as error:
                raise ValueError(f"scenario: {table} {number}: {error}") from None


def _tables(sandbox: Actions) -> Mapping[str, Callable[[object], object]]:
    """Return the tables of a scenario in the order in which they are played, each with what plays one entry of it."""
    kept = {session.settings.name for session in sandbox.sessions.values()}

    def new_session(entry: _Entry) -> bool:
        return entry["name"] not in kept

    def new_group(entry: _Entry) -> bool:
        return entry["name"] not in {group.name for group in sandbox.groups.values()}

    def new_act(entry: _Entry) -> bool:
        if entry.get("session") in kept or (kept and "session" not in entry):
            return False
        if "message_id" in entry:
            said = {one.content: one.id for one in sandbox.messages(from_me=None)}
            entry["message_id"] = _found("message", entry["message_id"], said)
        return new_message(entry)

    def new_message(entry: _Entry) -> bool:
        if entry.get("session") in kept:
            return False
        sessions = {session.settings.name: session.id for session in sandbox.sessions.values()}
        groups = {group.name: group.id for group in sandbox.groups.values()}
        for name, kind, ids in (
            ("session", "session", sessions),
            ("group", "group", groups),
            ("in_group", "group", groups),
        ):
            if name in entry:
                entry[name] = _found(kind, entry[name], ids)
        return True

    acts = {name: _player(getattr(sandbox, name), new_act) for name in ACTS}

    def act(entry: object) -> None:
        table = cast("_Entry", entry) if isinstance(entry, dict) else {}
        play = acts.get(table.get("do", ""))
        if play is None:
            raise ValueError(f"do must be one of the following values: {', '.join(acts)}")
        play({key: value for key, value in table.items() if key != "do"})

    return {
        "unknown": lambda entry: sandbox.add_unknown(_text(entry)),
        "sessions": _player(sandbox.add_session, new_session, required=["name"]),
        "contacts": _player(sandbox.add_contact),
        "groups": _player(sandbox.add_group, new_group),
        "replies": _player(sandbox.script_reply),
        "messages": _player(sandbox.receive, new_message),
        "acts": act,
        "faults": lambda entry: sandbox.faults.add(_text(entry)),
    }


def _player(
    method: Callable[..., object], is_new: Callable[[_Entry], bool] = lambda _: True, *, required: Iterable[str] = ()
) -> Callable[[object], object]:
    signature = Signature(method, snake_case=True, required=required)
    fields = signature.fields
    known = (*fields.required, *fields.optional)

    def play(entry: object) -> None:
        if not isinstance(entry, dict):
            raise ValueError("must be a table")  # noqa: TRY004
        table = dict(fields.spelt(cast("_Entry", entry)))
        for name in table:
            if name not in known:
                raise ValueError(f"{name!r} is unknown; there are {', '.join(known)}")
        if problems := fields.problems(table):
            raise ValueError("; ".join(problems))
        if is_new(table):
            signature.call(table)

    return play


def _text(entry: object) -> str:
    if not isinstance(entry, str):
        raise ValueError("must be a string")  # noqa: TRY004
    return entry


def _found(kind: str, name: str, ids: Mapping[str, str]) -> str:
    if name not in ids:
        raise ValueError(f"there is no {kind} called {name!r}; there are {', '.join(map(repr, ids))}")
    return ids[name]
