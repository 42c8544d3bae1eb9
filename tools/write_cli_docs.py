"""
Write docs/cli.md: what is in this file by hand, and the commands as they describe themselves.

    python tools/write_cli_docs.py [--check]
"""

# ruff: noqa: E501 - the lines of the page are as long as in other pages

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from wasend.cli.app import ENTRIES, load
from wasend.cli.errors import STATUSES
from wasend.cli.options import shared

PAGE: Final = Path(__file__).parent.parent / "docs" / "cli.md"


def page() -> str:
    """Return the whole page."""
    text = INTRODUCTION.replace(
        "@STATUSES@", "\n".join(f"| {status} | {means} |" for status, means in STATUSES.items())
    )
    text = text.replace("@OPTIONS@", "\n".join(_rows(shared())))
    return "\n".join([text.rstrip(), "", *(line for entry in ENTRIES for line in _command(load(entry), entry))]) + "\n"


def _command(command: Any, entry: Any) -> Iterator[str]:
    yield f"## `wasend {entry.name}`"
    yield ""
    groups = getattr(command, "commands", None)
    if groups is None:
        yield from _described(command, f"wasend {entry.name}")
        return
    yield _prose(command.help)
    yield ""
    for name, one in groups.items():
        yield f"### `wasend {entry.name} {name}`"
        yield ""
        yield from _described(one, f"wasend {entry.name} {name}")


def _described(command: Any, words: str) -> Iterator[str]:
    common = {option.name for option in shared()}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.expose_value]
    usage = [words, *(_metavar(one) for one in arguments), *(_needed(one) for one in options if one.required)]
    more = any(not one.required for one in options) or any(one.name in common for one in command.params)
    yield f"`{' '.join([*usage, *(['[OPTIONS]'] if more else [])])}`"
    yield ""
    yield _prose(command.help)
    yield ""
    if rows := [*_rows(arguments), *_rows(options)]:
        yield "| | |"
        yield "|---|---|"
        yield from rows
        yield ""


def _needed(option: Any) -> str:
    return f"{max(option.opts, key=len)} {_value(option)}"


def _rows(params: list[Any]) -> Iterator[str]:
    for one in params:
        if one.param_type_name == "argument":
            yield f"| `{_metavar(one)}` | {_cell(one.help)} |"
            continue
        names = sorted((*one.opts, *one.secondary_opts), key=len)
        value = "" if one.is_flag else f" {_value(one)}"
        default = f" By default {one.default:g}." if isinstance(one.default, float | int) and not one.is_flag else ""
        yield f"| `{', '.join(names)}{value}` | {_cell(one.help + default)} |"


def _metavar(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _value(option: Any) -> str:
    return str(option.metavar or option.name.upper())


def _prose(text: str | None) -> str:
    return re.sub(r"(?<!\n)\n(?!\n)", " ", (text or "").strip())


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", r"\|") if text and text.strip() else ""


def main() -> int:
    """Write the page, or compare it; return the exit status."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/cli.md is not what the commands say; run python tools/write_cli_docs.py", file=sys.stderr)
    return 1


INTRODUCTION: Final = """\
# The command line

<!-- Written by tools/write_cli_docs.py from the commands; change those, or the introduction there. -->

`wasend` comes with the extra `cli`. `python -m wasend` is the same command.

```sh
wasend config add            # asks for the API key, and keeps it
wasend login "Front Desk" --phone-number +447700900123
wasend send text "See you at 10" --to +447700900456
wasend messages list +447700900456
```

Everything works without an account: `--sandbox` gives a command a local WASend that lasts as long as the command, with a session, a
contact, a chat and a group in it. With `--base-url`, it is the one that [`wasend sandbox`](sandbox.md) serves there.

```sh
wasend send text "See you at 10" --to +447700900456 --sandbox
```

## Options of every command

They stand anywhere: before the command, or after it.

| | |
|---|---|
@OPTIONS@

## Keys and profiles

The API key is never an argument: others would see it in the list of processes, and the shell would keep it. `wasend config add` asks for
it without showing it, or reads a line from standard input. It is kept in the machine's keyring where there is one (the extra `keyring`),
else in a file beside the profiles that only you may read. `wasend config path` says where.

What is taken, the first that is there:

| | |
|---|---|
| key | the profile that `--profile` or `WASEND_PROFILE` names, `WASEND_API_KEY`, the default profile |
| address | `--base-url`, else where the key is from: the profile, or `WASEND_BASE_URL`; else WASend's own |
| session | `--session`, a profile that was named, `WASEND_SESSION`, the default profile, the only session |

Key and address come from the same place, so that no key goes to an address that was meant for another: `WASEND_BASE_URL` alone beside a
profile is refused.

## What is printed

On a terminal, tables and sentences: as wide as the terminal, from 40 columns; where a table does not fit, one line for each value. Colours
are left out where `NO_COLOR` is set. To a pipe or a file, or with `--json`: JSON. With `--quiet`: ids alone, one a line. What is not the
result, such as remarks, waits and errors, goes to standard error. Questions are asked on a terminal only; `--yes` answers them.

The JSON is stable, from one version to the next:

- a thing is an object, a list an array, and what comes bit by bit (`listen`, `sessions watch`, several messages at once) an object a line;
- fields have the service's own names, in camelCase: those of the models in the API reference, as `to_dict()` gives them. What the service
  did not say is left out; what it says beyond what is known is there as it came. Fields are added, not renamed or taken away;
- times are ISO 8601 with their zone, states the names of `SessionState`, acks numbers;
- what a command tells of its own has the fields below; there, what is not known is `null`.

| | |
|---|---|
| `send` to several | `to`, `outcome` (`sent`, `not_sent`, `unknown`), `message` or `error` |
| `outbox` | `key`, `state`, `session`, `changed`, `messageId`, `since`, `route`, `to`, `text`, `reason`, `seen`; of `recover`, four arrays of those: `sent`, `notSent`, `unknown`, `underWay` |
| `sessions watch` | `health`, `was`, `state`, `session`, `text`, `restarted`, `at` |
| `doctor` | `name`, `status` (`ok`, `warning`, `failed`, `skipped`), `text`, `remedy` |
| `config` | `profile`, `default`, `baseUrl`, `session`, `keyIn` |
| `messages download` | `path` |
| `events replay` | `event`, `status` |
| `listen` | the event, as it was posted |
| `request` | the answer, as it came |

## How it ends

An error is one line on standard error, with what to do. `--debug` adds where it comes from.

| exit status | |
|---|---|
@STATUSES@

Whatever may have been sent is not sent again by itself. With `--key`, a name of your own for the message, the same command is safe to run
again, after any failure and in any script: it sends once, and gives the first result again. What is recorded is in an
[outbox](durable.md), a file in the platform's directory for data; `--outbox` or `WASEND_OUTBOX` takes another, or `postgresql://…`.

```sh
wasend send text "Order 17 is ready." --to +447700900456 --key ready-17
wasend outbox unknown        # what nobody knows of, to look up on the phone
wasend outbox resolve ready-17 sent
```

## Completion

`wasend completion bash` prints what makes a shell complete commands and options; `--install-completion` puts it in its place.

```sh
eval "$(wasend completion bash)"
```

The commands follow.
"""

if __name__ == "__main__":
    sys.exit(main())
