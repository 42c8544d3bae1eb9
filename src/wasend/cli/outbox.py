"""``wasend outbox``."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Annotated, Final, Literal

import typer

from wasend.cli.asking import confirmed
from wasend.cli.context import Run, opened, outbox_of, settings_of
from wasend.cli.errors import NOT_FOUND, UNKNOWN, CommandError
from wasend.cli.options import group
from wasend.cli.output import Column

app: Final = group("What was sent with a key, and what is still open of it.")

_COLUMNS: Final = (
    Column("KEY", "key"),
    Column("STATE", "state"),
    Column("TO", "to"),
    Column("LEFT", "since"),
    Column("TEXT", "text", cut=True),
    Column("WHY", "reason", cut=True),
)
_ALL: Final = (*_COLUMNS, Column("MESSAGE", "message_id"), Column("CHANGED", "changed"), Column("SEEN", "seen"))
_Outbox = Annotated[
    str | None,
    typer.Option("--outbox", metavar="FILE", envvar="WASEND_OUTBOX", help="Which outbox; as for `wasend send`."),
]
_Key = Annotated[str, typer.Argument(metavar="KEY", help="The key that it was sent with.")]


@contextmanager
def _opened(context: typer.Context, outbox: str | None) -> Generator[Run]:
    with ExitStack() as stack:
        found = outbox_of(settings_of(context), outbox, stack)
        yield stack.enter_context(opened(context, outbox=found))


def _named(run: Run) -> str | None:
    return None if run.settings.session is None else run.session()


@app.command()
def unknown(context: typer.Context, outbox: _Outbox = None) -> None:
    """List the sends of which nobody knows what became of them. Of the session that --session names, else of all."""
    with _opened(context, outbox) as run:
        run.out.items(run.client.outbox.unknown(_named(run)), _COLUMNS, ids="key", none="Nothing is unknown.")


@app.command()
def show(context: typer.Context, key: _Key, outbox: _Outbox = None) -> None:
    """Show what is recorded of a key."""
    with _opened(context, outbox) as run:
        entry = run.client.outbox.get(key)
        if entry is None:
            raise CommandError("KEY: it was not used with this API key and outbox", NOT_FOUND)
        run.out.item(entry, _ALL, ids="message_id")


@app.command()
def resolve(
    context: typer.Context,
    key: _Key,
    outcome: Annotated[
        Literal["sent", "not-sent"], typer.Argument(help="What you saw on the phone: not-sent lets it be sent again.")
    ],
    outbox: _Outbox = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Say what became of a send of which nobody knows, after a look at the phone."""
    if outcome == "not-sent":
        confirmed(f"Was {key} certainly not sent? The next send with this key will send it.", yes=yes)
    with _opened(context, outbox) as run:
        entry = run.client.outbox.resolve(key, "sent" if outcome == "sent" else "not_sent")
        run.out.item(entry, _ALL, ids="key")


@app.command()
def recover(
    context: typer.Context,
    outbox: _Outbox = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for those that may still be under way: up to three minutes.")
    ] = True,
) -> None:
    """Find out what became of every send that is open. It sends nothing."""
    with _opened(context, outbox) as run:
        found = run.client.outbox.recover(_named(run), wait=wait)
        if run.out.json:
            run.out.item(found, ())
        else:
            every = (*found.sent, *found.not_sent, *found.unknown, *found.under_way)
            run.out.items(every, _COLUMNS, ids="key", none="Nothing was open.")
        if found.unknown:
            raise typer.Exit(UNKNOWN)
