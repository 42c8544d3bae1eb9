"""The commands and their options; a user's mistake is reported in one line, with exit status 2."""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import httpx
import typer

from wasend import WasendError, __version__
from wasend.cli.errors import FailedError, UsageError
from wasend.cli.sandbox import demo, sandbox
from wasend.errors import WebhookError

if TYPE_CHECKING:
    from wasend.webhooks import AnyEvent

app: Final = typer.Typer(
    help="Tools for WASend, the WhatsApp gateway: a demo, and a local service to test against.",
    add_completion=False,
    # Pretty tracebacks can show local variables, and one of those may be an API key.
    pretty_exceptions_enable=False,
)


def run() -> int:
    """
    Run the command line.

    Returns:
        The exit status: 0, 1 where something failed, 2 where the user asked for what cannot be done, 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow is not worth failing for where only ASCII is printed
    try:
        return app(prog_name="wasend", standalone_mode=False) or 0
    except UsageError as error:
        return _complain(str(error), 2)
    except FailedError as error:
        return _complain(str(error), 1)
    except Exception as error:
        # Typer's own errors. It has moved their base class between its versions, but they all can say this.
        complaint = getattr(error, "format_message", None)
        if complaint is None:
            raise
        return _complain(complaint(), 2)


def _complain(text: str, status: int) -> int:
    typer.echo(f"wasend: {' '.join(text.split())}", err=True)
    return status


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


app.command()(demo)
app.command()(sandbox)

_KeyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with the key of the webhook; by default WASEND_WEBHOOK_KEY is the key."),
]


@app.command()
def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8788,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    forward: Annotated[
        str | None, typer.Option(metavar="URL", help="Post each event there as well; its answer is answered.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append each event to a file, for `wasend events replay`.")
    ] = None,
    key_file: _KeyFile = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Take events that are not signed; on 127.0.0.1 only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON.")] = False,
) -> None:
    """Receive webhooks, and print each event as it comes, until Ctrl-C."""
    from wasend.cli import listen as desk

    logging.getLogger("wasend").addHandler(logging.NullHandler())  # what is refused is printed
    keys = _keys(key_file, insecure=insecure)
    if insecure and host not in ("127.0.0.1", "localhost", "::1"):
        raise UsageError("--insecure believes whoever posts: leave out --host, or use a key")
    if forward is not None:
        _check_url(forward)

    def show(event: AnyEvent | WebhookError, body: bytes) -> None:
        if as_json and not isinstance(event, WebhookError):
            typer.echo(json.dumps(json.loads(body)))
        else:
            typer.echo(desk.in_words(event), err=isinstance(event, WebhookError))

    try:
        listener = desk.Listener(keys, show, forward, record)
        sock = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else f"{host}, port {port}: {error.strerror}"
        raise UsageError(f"cannot listen: {reason}") from None
    address = f"[{host}]" if ":" in host else host
    ready = f"Listening at http://{address}:{sock.getsockname()[1]} (Ctrl-C ends it)."
    with sock, suppress(KeyboardInterrupt):
        desk.listen(sock, listener, lambda: typer.echo(ready, err=True))


events: Final = typer.Typer(help="Events that were recorded.", no_args_is_help=True)
app.add_typer(events, name="events")


@events.callback()
def _events() -> None:
    """Post events that were recorded again."""


@events.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `wasend listen --record` wrote.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to post.")],
    key_file: _KeyFile = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not sign.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Give each event the present time: receivers refuse what is too old.")
    ] = False,
) -> None:
    """Sign recorded events and post them again, one after the other; fails where one is not answered by a 2xx."""
    from wasend.cli import listen as desk

    keys = _keys(key_file, insecure=insecure)
    _check_url(url)
    failed = 0
    try:
        with file.open(encoding="utf-8") as lines, httpx.Client(timeout=30) as client:
            for headers, body in desk.recorded(lines):
                what, status = desk.replayed(client, url, headers, body, keys=keys, now=now)
                failed += not 200 <= status < 300
                typer.echo(f"{what}  {status}")
    except httpx.HTTPError as error:
        raise FailedError(f"nobody answers at {url}: {type(error).__name__}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if failed:
        raise typer.Exit(1)


def _keys(file: Path | None, *, insecure: bool) -> Any:
    from wasend.cli.listen import keys_of

    try:
        keys = keys_of(file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    except WasendError as error:
        raise UsageError(str(error)) from None
    if insecure and file is not None:
        raise UsageError("--insecure would ignore --key-file; leave one of them out")
    if insecure:
        return None
    if keys is None:
        raise UsageError("there is no key: set WASEND_WEBHOOK_KEY, pass --key-file FILE, or pass --insecure")
    return keys


def _check_url(url: str) -> None:
    try:
        good = httpx.URL(url).scheme in ("http", "https") and bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        good = False
    if not good:
        raise UsageError(f"{url!r} is no address; pass one such as http://127.0.0.1:8000/webhook")
