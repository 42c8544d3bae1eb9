"""The commands and their options; a user's mistake is reported in one line, with exit status 2."""

from __future__ import annotations

import inspect
import io
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import httpx
import typer

from wasend import WasendError, __version__
from wasend.errors import WebhookError
from wasend.sandbox import Sandbox, play_scenario
from wasend.sandbox.interfaces.signatures import as_option, described

if TYPE_CHECKING:
    from wasend.webhooks import AnyEvent

app: Final = typer.Typer(
    help="Tools for WASend, the WhatsApp gateway: a demo, and a local service to test against.",
    add_completion=False,
    # Pretty tracebacks can show local variables, and one of those may be an API key.
    pretty_exceptions_enable=False,
)


class _UsageError(Exception):
    """The user asked for what cannot be done."""


class _DemoFailed(Exception):
    """Something in the demo did not happen."""


class _Failed(Exception):
    """What was asked for was tried, and failed."""


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
    except _UsageError as error:
        return _complain(str(error), 2)
    except _DemoFailed as error:
        return _complain(f"the demo failed: {error}", 1)
    except _Failed as error:
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


@app.command()
def demo() -> None:
    """Play a short session with a few messages against a local sandbox. Needs no account; takes about ten seconds."""
    from wasend.cli import demo as story  # what draws is not wanted by those who only serve
    from wasend.cli.screen import Screen

    logging.getLogger("wasend").addHandler(logging.NullHandler())  # the story shows what happens
    try:
        story.play(Screen())
    except KeyboardInterrupt:
        # Python 3.13.0 reports a connection that is collected after its server; who pressed Ctrl-C need not read that.
        sys.unraisablehook = lambda _: None
        raise typer.Exit(130) from None
    except (WasendError, story.DemoError) as error:
        raise _DemoFailed(f"{type(error).__name__}: {error}") from error


def _options() -> list[inspect.Parameter]:
    """The options that make a sandbox: the arguments of `Sandbox` that can be written in a shell, as it says itself."""
    words, hints = described(Sandbox), get_type_hints(Sandbox.__init__)
    found: list[inspect.Parameter] = []
    for one in inspect.signature(Sandbox).parameters.values():
        if (hint := as_option(hints[one.name])) is None:
            continue
        several = hint == list[str] | None
        text = f"{words[one.name]} Repeatable." if several else words[one.name]
        flag = f"--{one.name.replace('_', '-')}"
        # A switch has no opposite: it is off by default.
        option = typer.Option(flag, help=text, metavar=_METAVARS.get(one.name))
        default = None if several else one.default
        found.append(one.replace(annotation=Annotated[hint, option], default=default))
    return found


_METAVARS: Final = {
    "api_key": "KEY",
    "scan_after": "SECONDS",
    "start_after": "SECONDS",
    "rate_limit": "LIMIT",
    "unknown": "NUMBER",
    "faults": "FAULT",
    "webhook_key": "KEY",
    "webhook_delay": "SECONDS",
    "webhook_hosts": "HOST",
    "persist": "FILE",
    "control_token": "TOKEN",
}


def _serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8787,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow a --host that other machines can reach; needs --api-key.")
    ] = False,
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Initial state, in TOML; see docs/sandbox.md.")
    ] = None,
    **options: Any,
) -> None:
    """Serve a local WASend until Ctrl-C."""
    if allow_remote and not options["api_key"]:
        raise _UsageError("--allow-remote lets other machines in: add --api-key KEY, which they must know")
    try:
        served = Sandbox(**{name: value for name, value in options.items() if value is not None})
        if scenario is not None:
            play_scenario(served, scenario)
        server = served.serve(port, host, allow_remote=allow_remote)
        server.start()
    except ValueError as error:
        raise _UsageError(str(error)) from None
    except OSError as error:
        reason = f"cannot listen on {host}, port {port}: {error.strerror}"
        raise _UsageError(f"{reason}; take another --port, or 0 for a free one") from None
    # A shell that starts this in the background has it ignore Ctrl-C; by its process id it can be ended as quietly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        typer.echo(_how_to_use(server.url, given_key=bool(options["api_key"]), scans=options["scan_after"] is not None))
        while True:
            time.sleep(3600)  # and not for ever: on Windows that would not hear Ctrl-C
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
        served.close()


def _sandbox_command() -> Callable[..., None]:
    known = inspect.signature(_serve, eval_str=True)
    own = [one for one in known.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]

    def sandbox(**options: Any) -> None:
        _serve(**options)

    sandbox.__doc__ = _serve.__doc__
    sandbox.__signature__ = known.replace(  # type: ignore[attr-defined]
        parameters=[one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *_options())]
    )
    return sandbox


app.command()(_sandbox_command())


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
        raise _UsageError("--insecure believes whoever posts: leave out --host, or use a key")
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
        raise _UsageError(f"cannot listen: {reason}") from None
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
        raise _Failed(f"nobody answers at {url}: {type(error).__name__}") from None
    except (OSError, ValueError) as error:
        raise _UsageError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if failed:
        raise typer.Exit(1)


def _keys(file: Path | None, *, insecure: bool) -> Any:
    from wasend.cli.listen import keys_of

    try:
        keys = keys_of(file)
    except (OSError, UnicodeDecodeError) as error:
        raise _UsageError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    except WasendError as error:
        raise _UsageError(str(error)) from None
    if insecure and file is not None:
        raise _UsageError("--insecure would ignore --key-file; leave one of them out")
    if insecure:
        return None
    if keys is None:
        raise _UsageError("there is no key: set WASEND_WEBHOOK_KEY, pass --key-file FILE, or pass --insecure")
    return keys


def _check_url(url: str) -> None:
    try:
        good = httpx.URL(url).scheme in ("http", "https") and bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        good = False
    if not good:
        raise _UsageError(f"{url!r} is no address; pass one such as http://127.0.0.1:8000/webhook")


def _how_to_use(url: str, *, given_key: bool, scans: bool) -> str:
    key = "the-key-you-gave" if given_key else "any-key"
    lines = [
        f"A local WASend is at {url} (Ctrl-C ends it).",
        "Open that in a browser to see what happens, and to play the phone.",
        "",
        "Point a client at it in Python,",
        f'    WasendClient("{key}", base_url="{url}")',
        "or in its environment:",
        f"    WASEND_API_KEY={key} WASEND_BASE_URL={url}",
    ]
    if not scans:
        lines += ["", "Scan a session's QR code:", f"    curl -X POST {url}/_sandbox/sessions/SESSION_ID/scan"]
    return "\n".join([*lines, "", "What was sent:", f"    curl {url}/_sandbox/messages"])
