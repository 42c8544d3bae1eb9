"""``wasend sessions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from wasend.cli.asking import confirmed
from wasend.cli.context import opened
from wasend.cli.errors import FailedError, UsageError
from wasend.cli.options import group, width
from wasend.cli.output import Column, in_words

app: Final = group("Sessions: the phone numbers that are linked.")

COLUMNS: Final = (
    Column("SESSION", "unique_session_id"),
    Column("NAME", "session_name", cut=True),
    Column("NUMBER", "phone_number"),
    Column("STATE", "state"),
)
_ALL: Final = (*COLUMNS, Column("CREATED", "created_at"), Column("WEBHOOK", "webhook_url"))

_Session = Annotated[str | None, typer.Argument(metavar="SESSION", help="Its id or name; else that of --session.")]


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the sessions of the account."""
    with opened(context) as run:
        found = run.client.retrieve_all_sessions()
        run.out.items(
            found, COLUMNS, ids="unique_session_id", none="There is no session yet; `wasend login` makes one."
        )


@app.command()
def show(context: typer.Context, named: _Session = None) -> None:
    """Show a session and the state that it is in."""
    with opened(context) as run:
        found = run.client.retrieve_session_info(run.session(named))
        run.out.item(found, _ALL, ids="unique_session_id")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name that no other session has.")],
    phone_number: Annotated[str, typer.Option(metavar="NUMBER", help="The number to link, in international form.")],
    webhook_url: Annotated[str | None, typer.Option(metavar="URL", help="Where to post events.")] = None,
    account_protection: Annotated[
        bool, typer.Option("--account-protection", help="Turn on the service's account protection.")
    ] = False,
    message_logging: Annotated[bool, typer.Option("--message-logging", help="Log messages, for debugging.")] = False,
) -> None:
    """Create a session. `wasend login` creates one too, and links it."""
    with opened(context) as run:
        made = run.client.create_session(
            session_name=name,
            phone_number=phone_number,
            enable_account_protection=account_protection or None,
            enable_message_logging=message_logging or None,
            enable_webhook=True if webhook_url else None,
            webhook_url=webhook_url,
        )
        run.out.item(made, _ALL, ids="unique_session_id")
        run.out.remark(f"`wasend login {made.unique_session_id}` links it.")


def _order(context: typer.Context, named: str | None, verb: Literal["start", "stop", "restart"]) -> None:
    with opened(context) as run:
        found = getattr(run.client, f"{verb}_session")(run.session(named))
        run.out.item(found, COLUMNS, ids="unique_session_id")


@app.command()
def start(context: typer.Context, named: _Session = None) -> None:
    """Start a session."""
    _order(context, named, "start")


@app.command()
def stop(context: typer.Context, named: _Session = None) -> None:
    """Stop a session; it stays linked."""
    _order(context, named, "stop")


@app.command()
def restart(context: typer.Context, named: _Session = None) -> None:
    """Restart a session that is stopped or has failed."""
    _order(context, named, "restart")


@app.command()
def delete(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="SESSION", help="Its id or name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a session: its number is no longer linked."""
    with opened(context) as run:
        found = run.find(named)
        confirmed(f"Delete session {found.session_name or found.unique_session_id}?", yes=yes)
        result = run.client.delete_session(found)
        run.out.done(result, f"{found.unique_session_id} is deleted.")


@app.command()
def qr(
    context: typer.Context,
    named: _Session = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it to a file that ends with .png or .svg.")
    ] = None,
) -> None:
    """Show the QR code that a session waits to be scanned by. `wasend login` shows the next ones, too."""
    check_picture(save)
    with opened(context) as run:
        code = run.client.retrieve_qr_code(run.session(named))
        if save is not None:
            code.save(save)
        if run.out.json:
            run.out.item(code, ())
        elif save is not None:
            typer.echo(save)
        elif run.out.terminal and (wide := len(code.terminal().split("\n")[0])) > width():
            raise FailedError(
                f"the code is {wide} columns wide and this window {width()}; --save FILE puts it in a file"
            )
        else:
            typer.echo(code.terminal(ansi=run.out.terminal))


def check_picture(file: Path | None) -> None:
    """
    Refuse a file for codes of a kind that there is not, before anything is asked of the service.

    Args:
        file: The file that --save names.

    Raises:
        UsageError: It is neither PNG nor SVG.
    """
    if file is not None and file.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"--save: {file.name!r} is neither PNG nor SVG; end it with .png or .svg")


@app.command()
def watch(
    context: typer.Context,
    named: _Session = None,
    every: Annotated[float, typer.Option(metavar="SECONDS", help="Seconds between two looks.")] = 30.0,
    restarts: Annotated[int, typer.Option(min=0, help="How often it may be restarted within an hour.")] = 3,
) -> None:
    """Watch a session until Ctrl-C: say what changes, and restart it where that helps."""
    with opened(context) as run:
        for change in run.client.watch(run.session(named), every=every, restarts=restarts):
            text = f"{change.at.astimezone():%H:%M:%S}  {change.health:<10}  {in_words(change.text)}"
            run.out.line(change, text, change.health)
