"""``wasend login``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wasend.cli.context import Run, opened
from wasend.cli.errors import UsageError
from wasend.cli.sessions import COLUMNS, check_picture

if TYPE_CHECKING:
    from wasend import LoginStep


def login(
    context: typer.Context,
    named: Annotated[
        str | None, typer.Argument(metavar="SESSION", help="Its name or id; else that of --session.")
    ] = None,
    phone_number: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The number to link, for a session that is not there yet.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the codes to a file that ends with .png or .svg.")
    ] = None,
    within: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="How long to wait in all.")] = 180.0,
) -> None:
    """Link a number: find or create its session, show its QR code, and wait until it is scanned."""
    check_picture(save)
    with opened(context) as run:
        name = named or run.settings.session or run.access.session
        if name is None:
            name, phone_number = _asked(run, phone_number)
        show: Any = save or ("terminal" if run.out.terminal and not run.out.json else _step(context))
        found = run.client.login(name, phone_number, show=show, timeout=within)
        run.out.item(found, COLUMNS, ids="unique_session_id")


def _asked(run: Run, phone_number: str | None) -> tuple[str, str | None]:
    """The only session, else a new one's name and number, which are asked for."""
    found = [] if phone_number is not None else list(run.client.retrieve_all_sessions())
    if found:
        return run.session(), None
    if not sys.stdin.isatty():
        raise UsageError("SESSION is missing: name it, and give its number by --phone-number, if it is a new one")
    name = typer.prompt("Name of the session", default="Front Desk", err=True)
    return name, phone_number or typer.prompt("Its number, such as +447700900123", err=True)


def _step(context: typer.Context) -> Any:
    """Tell each step on standard error, drawn: standard output is the result's."""

    def show(step: LoginStep) -> None:
        if step.qr is not None:
            typer.echo(step.qr.terminal(), err=True)
        typer.echo(step.text, err=True)

    return show
