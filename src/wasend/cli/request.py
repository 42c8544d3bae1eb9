"""``wasend request``."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from wasend.cli.context import opened, outbox_of, settings_of
from wasend.cli.errors import UsageError


def request(
    context: typer.Context,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="HTTP method, such as GET.")],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="Path below the base URL; {session} stands for the session's id.")
    ],
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            "-f",
            metavar="NAME=VALUE",
            help="A field of the body: JSON if it can be. Repeatable.",
        ),
    ] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", metavar="NAME=VALUE", help="A query parameter. Repeatable.")
    ] = None,
    input_: Annotated[
        str | None, typer.Option("--input", metavar="FILE", help="The body, as JSON; - for standard input.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Your own key of this request: by one key it is made once.")
    ] = None,
    outbox: Annotated[
        str | None,
        typer.Option(metavar="FILE", envvar="WASEND_OUTBOX", help="Where keys are kept."),
    ] = None,
) -> None:
    """Make a call that has no command of its own, and print its answer as JSON."""
    body = _body(input_)
    for name, value in map(_pair, field or []):
        body = {**(body or {}), name: _value(value)}
    settings = settings_of(context)
    with ExitStack() as stack:
        more = {} if key is None else {"outbox": outbox_of(settings, outbox, stack)}
        run = stack.enter_context(opened(context, **more))
        places = {"session": run.session()} if "{session}" in path else None
        params = dict(map(_pair, query or []))
        answer = run.client.request(method.upper(), path, path_params=places, params=params or None, body=body, key=key)
        run.out.json = True
        run.out.item(answer, ())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{text!r} is no field; write NAME=VALUE")
    return name, value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _body(source: str | None) -> dict[str, Any] | None:
    if source is None:
        return None
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        body = json.loads(text)
    except OSError as error:
        raise UsageError(f"--input: {source}: {error.strerror}") from None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise UsageError("--input: it is no JSON object")
    return cast("dict[str, Any]", body)
