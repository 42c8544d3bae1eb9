"""The options that every command has, and the groups that commands are in."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_PANEL: Final = "Options of every command"

_BOXED: Final = 80
_INDENT: Final = 2

# What a call names, and what a command names otherwise.
_SAME: Final = {
    "data": "source",
    "url": "source",
    "chat_id": "chat",
    "group_id": "group",
    "contact_id": "contact",
    "session": "named",
    "session_name": "name",
    "preview": "title",
}


@attrs.define
class Settings:
    """
    What the options of every command were given as.

    Attributes:
        json: Whether to print JSON on a terminal, too.
        quiet: Whether to print ids alone, and no remarks.
        profile: Which profile of the configuration.
        base_url: Where the service is.
        session: Which session: its id or name.
        sandbox: Whether to talk to a sandbox.
        debug: Whether to show where an error comes from.
        timeout: Seconds to wait for an answer.
        context: The command that runs.
    """

    json: bool = False
    quiet: bool = False
    profile: str | None = None
    base_url: str | None = None
    session: str | None = None
    sandbox: bool = False
    debug: bool = False
    timeout: float | None = None
    context: Any = None

    def spelling(self, field: str) -> str:
        """How the command that runs spells an argument of a call."""
        params = {} if self.context is None else {one.name: one for one in self.context.command.params}
        one = params.get(_SAME.get(field, field)) or params.get(field)
        if one is None:
            return "API key" if field == "api_key" else field
        if one.param_type_name == "argument":
            return str(one.metavar or one.name).strip("[]").upper()
        return str(max(one.opts, key=len))


def _note(context: typer.Context, param: typer.CallbackParam, value: Any) -> Any:
    settings = context.ensure_object(Settings)
    settings.context = context
    if value is not None and value is not False:
        setattr(settings, str(param.name), value)
    return value


def _option(*names: str, help: str, metavar: str | None = None) -> Any:
    return typer.Option(
        *names,
        help=help,
        metavar=metavar,
        callback=_note,
        expose_value=False,
        rich_help_panel=_PANEL,
        show_default=False,
    )


_URL: Final = "Where the service is; by default WASEND_BASE_URL, else what the profile says."
_SESSION: Final = "Id or name of the session; by default WASEND_SESSION, what the profile says, or the only one."
_SANDBOX: Final = "Use a sandbox that lasts as long as the command; or the one at --base-url."
_TIMEOUT: Final = "How long to wait for each answer; by default WASEND_TIMEOUT, else 30, and 90 for sends."


def _options(
    json: Annotated[bool, _option("--json", help="Print JSON on a terminal, too.")] = False,
    quiet: Annotated[bool, _option("--quiet", "-q", help="Print ids alone, and no remarks.")] = False,
    profile: Annotated[
        str | None, _option("--profile", metavar="NAME", help="Profile to take; see `wasend config`.")
    ] = None,
    base_url: Annotated[str | None, _option("--base-url", metavar="URL", help=_URL)] = None,
    session: Annotated[str | None, _option("--session", metavar="SESSION", help=_SESSION)] = None,
    sandbox: Annotated[bool, _option("--sandbox", help=_SANDBOX)] = False,
    timeout: Annotated[float | None, _option("--timeout", metavar="SECONDS", help=_TIMEOUT)] = None,
    debug: Annotated[bool, _option("--debug", help="Show where an error comes from.")] = False,
) -> None: ...


@functools.cache
def shared() -> list[Any]:
    """The options that every command has."""
    holder = typer.Typer(add_completion=False)
    holder.command()(_options)
    return list(typer.main.get_command(holder).params)


def with_options(command: Any, names: Collection[str] | None = None) -> Any:
    """
    Give a command, or all commands of a group, the options that every command has.

    Args:
        command: The command or group.
        names: Which of them; by default all.
    """
    for leaf in leaves(command):
        leaf.params.extend(option for option in shared() if names is None or option.name in names)
    return command


def readable(command: Any) -> Any:
    """
    Have the help of a command, and of all in a group, fit the terminal, and name no type for what takes no value.

    In few columns the boxes in which Typer writes it cut names off: there it is plain.

    Args:
        command: The command or group.
    """
    boxed, write = command.rich_markup_mode, command.format_help

    def format_help(context: Any, formatter: Any) -> None:
        for one in command.get_params(context):
            if one.param_type_name == "option" and one.is_flag:
                one.metavar = ""
        narrow = width() < _BOXED
        command.rich_markup_mode = None if narrow else boxed
        if narrow:
            formatter.width = width()
            formatter.write_dl = functools.partial(formatter.write_dl, col_max=_INDENT)
        write(context, formatter)

    command.format_help = format_help
    for one in getattr(command, "commands", {}).values():
        one.short_help = (one.help or "").partition("\n\n")[0]  # plain help shortens what is not said to be short
        readable(one)
    return command


def leaves(command: Any) -> Iterator[Any]:
    """The commands of a group, and of the groups in it; a command itself."""
    if hasattr(command, "commands"):
        for one in command.commands.values():
            yield from leaves(one)
    else:
        yield command


def group(text: str) -> typer.Typer:
    """Make a group of commands, which shows its help where none is given."""
    made = typer.Typer(help=text, add_completion=False, pretty_exceptions_enable=False)

    @made.callback(invoke_without_command=True)
    def show_help(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return made


def width() -> int:
    """Columns of the terminal."""
    return max(40, shutil.get_terminal_size().columns)
