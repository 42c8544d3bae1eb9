"""``wasend sandbox`` and ``wasend demo``: a local WASend, and what it shows."""

from __future__ import annotations

import inspect
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TextIO, get_type_hints

import typer

from wasend import WasendError
from wasend.cli.errors import FailedError, UsageError
from wasend.cli.output import fitted
from wasend.sandbox import Clock, Sandbox, play_scenario
from wasend.sandbox.interfaces.signatures import as_option, described


def demo(
    serve: Annotated[
        bool, typer.Option("--serve", help="Leave the sandbox up at the end, with its page, until Ctrl-C.")
    ] = False,
) -> None:
    """Show what goes wrong when messages are sent, and what becomes of them. Needs no account; takes some seconds."""
    from wasend.cli import demo as story  # what draws is not wanted by those who only serve
    from wasend.cli.screen import Screen

    logging.getLogger("wasend").addHandler(logging.NullHandler())  # the story shows what happens
    try:
        story.play(Screen(), serve=_leave_up if serve else None)
    except KeyboardInterrupt:
        # Python 3.13.0 reports a connection that is collected after its server; who pressed Ctrl-C need not read that.
        sys.unraisablehook = lambda _: None
        raise typer.Exit(130) from None
    except (WasendError, story.DemoError) as error:
        raise FailedError(f"the demo failed: {type(error).__name__}: {error}") from error


def _leave_up(url: str) -> None:
    typer.echo(f"\nThe sandbox is at {url}: open that in a browser (Ctrl-C ends it).")
    with suppress(KeyboardInterrupt):
        _wait()


def _wait() -> NoReturn:
    while True:
        time.sleep(1)  # a Ctrl-C that comes right before it is heard after it, and on Windows any


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


_SESSIONS: Final = 10
"""Sessions that are listed at the start."""
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
    acks: Annotated[
        list[str] | None,
        typer.Option(metavar="ACK=SECONDS", help="When messages get that far, such as DEVICE=1. Repeatable."),
    ] = None,
    stopped: Annotated[
        bool, typer.Option("--stopped", help="Begin with a clock that stands still until it is moved or started.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Do not print a line for each request.")] = False,
    **options: Any,
) -> None:
    """Serve a local WASend until Ctrl-C."""
    if allow_remote and not options["api_key"]:
        raise UsageError("--allow-remote lets other machines in: add --api-key KEY, which they must know")
    try:
        given = {name: value for name, value in options.items() if value is not None}
        served = Sandbox(**given, acks=_acks(acks or ()), clock=Clock(stopped=stopped))
        if scenario is not None:
            play_scenario(served, scenario)
        server = served.serve(port, host, allow_remote=allow_remote)
        server.start()
    except ValueError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        reason = f"cannot listen on {host}, port {port}: {error.strerror}"
        raise UsageError(f"{reason}; take another --port, or 0 for a free one") from None
    # A shell that starts this in the background has it ignore Ctrl-C; by its process id it can be ended as quietly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for line in "\n".join(_how_to_use(server.url, served, given_key=bool(options["api_key"]))).split("\n"):
            # What is to be copied is left whole.
            typer.echo(fitted(line) if sys.stdout.isatty() and not line.startswith(" ") else line)
        if not quiet:
            _log_requests()
        _wait()
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


sandbox: Final = _sandbox_command()


def _acks(given: Iterable[str]) -> dict[Any, float]:
    acks: dict[str, float] = {}
    for one in given:
        name, _, seconds = one.partition("=")
        try:
            acks[name.strip().upper()] = float(seconds)
        except ValueError:
            raise UsageError(f"--acks: expected ACK=SECONDS, such as DEVICE=1, got {one!r}") from None
    return acks


class _Lines(logging.StreamHandler[TextIO]):
    """Lines that may be read or not: the sandbox goes on where standard output is closed, as after ``| head -1``."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name
        """Say nothing of it."""


def _log_requests() -> None:
    """Print a line for each request: when, what, the status and the fault."""
    handler = _Lines(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    requests = logging.getLogger("wasend.sandbox.requests")
    requests.setLevel(logging.INFO)
    requests.addHandler(handler)


def _how_to_use(url: str, served: Sandbox, *, given_key: bool) -> Iterator[str]:
    key = "the-key-you-gave" if given_key else "any-key"
    yield f"A local WASend is at {url} (Ctrl-C ends it)."
    yield "Open that in a browser to see what happens, and to play the phones."
    yield f"\nPoint a client at it:\n    export WASEND_API_KEY={key} WASEND_BASE_URL={url}"
    json = "-H 'Content-Type: application/json'"
    sessions = list(served.sessions.values())
    if sessions:
        yield "\nIts sessions:"
        for one in sessions[:_SESSIONS]:
            yield f"    {one.id}  {one.settings.name}  {one.settings.phone_number}  {one.status}"
        if len(sessions) > _SESSIONS:
            yield f"    and {len(sessions) - _SESSIONS} more"
    else:
        number = '{"name": "Front Desk", "phoneNumber": "+447700900123"}'
        yield f"\nAdd a session that is connected:\n    curl {url}/_sandbox/sessions {json} -d '{number}'"
    session = sessions[0].id if sessions else "SESSION_ID"
    body = f'{{"session": "{session}", "to": "+447700900456", "text": "See you at 10"}}'
    yield f"\nSend from it:\n    curl {url}/sendText -H 'Authorization: Bearer {key}' {json} -d '{body}'"
    yield f"\nWhat was sent:\n    curl {url}/_sandbox/messages\n\nAll else that can be asked:\n    curl {url}/_sandbox/"
    yield ""
