"""The root of the command line: which commands there are, each imported when it is used, and how a run ends."""

from __future__ import annotations

import functools
import importlib
import io
import os
import sys
import traceback
from typing import Annotated, Any, Final

import attrs
import typer
from typer.core import TyperGroup

from wasend import WasendError, __version__
from wasend.cli.errors import FAILED, INTERRUPTED, UNREAD, USAGE, CommandError, said, status_of
from wasend.cli.options import Settings, readable, shared, with_options

_OFFLINE: Final = ("json", "quiet", "debug")
"""The options of commands that need no client."""


@attrs.frozen
class Entry:
    """
    A command of the root.

    Attributes:
        name: Its name.
        where: Its module, and what it is called there.
        help: Its line in the list.
        options: Which of the options of every command it has.
    """

    name: str
    where: str
    help: str
    options: tuple[str, ...] | None = None


ENTRIES: Final = (
    Entry("login", "login:login", "Link a number: show its QR code, and wait until it is scanned."),
    Entry("sessions", "sessions:app", "Sessions: the phone numbers that are linked."),
    Entry("send", "send:app", "Send messages."),
    Entry("chats", "chats:app", "Chats."),
    Entry("messages", "chats:messages", "Messages of a chat."),
    Entry("contacts", "contacts:app", "Contacts."),
    Entry("groups", "groups:app", "Groups."),
    Entry("account", "account:account", "Show the account that the API key belongs to."),
    Entry("request", "request:request", "Make a call that has no command of its own."),
    Entry("outbox", "outbox:app", "What was sent with a key, and what is still open of it."),
    Entry("listen", "events:listen", "Receive webhooks, and print each event as it comes.", _OFFLINE),
    Entry("events", "events:app", "Events that were recorded.", _OFFLINE),
    Entry("sandbox", "sandbox:sandbox", "Serve a local WASend to test against.", ()),
    Entry("demo", "sandbox:demo", "See it work, against a local sandbox. Needs no account.", ()),
    Entry("doctor", "doctor:doctor", "Look for what may be wrong, and say the remedy."),
    Entry(
        "config",
        "config:app",
        "Profiles: keys, addresses and sessions that are kept.",
        (*_OFFLINE, "profile", "base_url", "session"),
    ),
    Entry("completion", "completion:completion", "Print what makes a shell complete `wasend`.", ()),
)


class _Root(TyperGroup):
    """The commands by their names alone, until one is used: the help imports none of them."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command: the real one where it is used, a line about it where they are listed."""
        entry = next((one for one in ENTRIES if one.name == cmd_name), None)
        if entry is None or ctx.meta.get("listing"):
            return super().get_command(ctx, cmd_name)
        return load(entry)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        ctx.meta["listing"] = True
        try:
            super().format_help(ctx, formatter)
        finally:
            del ctx.meta["listing"]


@functools.cache
def load(entry: Entry) -> Any:
    """Import a command."""
    module, _, name = entry.where.partition(":")
    found = getattr(importlib.import_module(f"wasend.cli.{module}"), name)
    if not isinstance(found, typer.Typer):
        holder = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        holder.command(entry.name)(found)
        found = holder
    command = readable(with_options(typer.main.get_command(found), entry.options))
    command.name = entry.name
    return command


app: Final = typer.Typer(
    cls=_Root,
    help="WASend, the WhatsApp gateway, from the command line. `wasend demo` shows it; `wasend login` begins.",
    # Pretty tracebacks can show local variables, and one of those may be an API key.
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wasend {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def wasend(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Show the help where no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _register(entry: Entry) -> None:
    @app.command(entry.name, help=entry.help)
    def _() -> None: ...


for _one in ENTRIES:
    _register(_one)


@functools.cache
def root() -> Any:
    """The root command. It takes the options of every command, too: they may stand before the command's name."""
    command: Any = typer.main.get_command(app)
    command.params.extend(shared())
    return readable(command)


def run() -> int:
    """
    Run the command line.

    Returns:
        The exit status; see `wasend.cli.errors.STATUSES`.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed, as by `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow is not worth failing for where only ASCII is printed
    settings = Settings()
    try:
        return root().main(prog_name="wasend", standalone_mode=False, obj=settings) or 0
    except SystemExit:
        return UNREAD  # Typer's own end, when standard output is closed
    except typer.Abort:
        return INTERRUPTED
    except CommandError as error:
        return _complain(settings, str(error), error.status)
    except WasendError as error:
        return _complain(settings, said(error, settings.spelling), status_of(error))
    except Exception as error:
        # Typer's own errors. It has moved their base class between its versions, but they all can say this.
        complaint = getattr(error, "format_message", None)
        if complaint is not None:
            return _complain(settings, complaint(), USAGE)
        if isinstance(error, ImportError) or settings.debug:
            raise
        return _complain(settings, f"{type(error).__name__}: {error}; this is a defect: --debug shows where", FAILED)


def _complain(settings: Settings, text: str, status: int) -> int:
    if settings.debug:
        traceback.print_exc()
    typer.echo(f"wasend: {' '.join(text.split())}", err=True)
    return status
