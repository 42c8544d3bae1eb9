"""``wasend listen`` and ``wasend events``."""

from __future__ import annotations

import json
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wasend.cli.context import settings_of
from wasend.cli.errors import FailedError, UsageError
from wasend.cli.options import group
from wasend.cli.output import Output
from wasend.errors import WasendError

if TYPE_CHECKING:
    from wasend.webhooks import AnyEvent

app: Final = group("Events that were recorded.")

_KeyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with the key of the webhook; by default WASEND_WEBHOOK_KEY is the key."),
]


def listen(
    context: typer.Context,
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
) -> None:
    """Receive webhooks, and print each event as it comes, until Ctrl-C."""
    from wasend.cli import listen as desk

    out = Output(settings_of(context))
    keys = _keys(key_file, insecure=insecure)
    if insecure and host not in ("127.0.0.1", "localhost", "::1"):
        raise UsageError("--insecure believes whoever posts: leave out --host, or use a key")
    if forward is not None:
        _check_url(forward)

    gone: list[BrokenPipeError] = []

    def show(event: AnyEvent, body: bytes) -> None:
        try:
            out.line(json.loads(body), desk.in_words(event), event.id)
        except BrokenPipeError as error:  # whoever read it has ended, as `head` does
            gone.append(error)
            signal.raise_signal(signal.SIGINT)

    try:
        listener = desk.Listener(keys, show, forward, record)
        sock = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else f"{host}, port {port}: {error.strerror}"
        raise UsageError(f"cannot listen: {reason}") from None
    address = f"[{host}]" if ":" in host else host
    ready = f"Listening at http://{address}:{sock.getsockname()[1]} (Ctrl-C ends it)."
    with sock, suppress(KeyboardInterrupt):
        desk.listen(sock, listener, lambda: out.remark(ready))
    if gone:
        raise gone[0]


@app.command()
def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `wasend listen --record` wrote.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to post.")],
    key_file: _KeyFile = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not sign.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Give each event the present time: receivers refuse what is too old.")
    ] = False,
) -> None:
    """Sign recorded events and post them again, one after the other; fails where one is not answered by a 2xx."""
    import httpx

    from wasend.cli import listen as desk

    out = Output(settings_of(context))
    keys = _keys(key_file, insecure=insecure)
    _check_url(url)
    failed = 0
    try:
        with file.open(encoding="utf-8") as lines, httpx.Client(timeout=30) as client:
            for headers, body in desk.recorded(lines):
                what, status = desk.replayed(client, url, headers, body, keys=keys, now=now)
                failed += not 200 <= status < 300
                out.line({"event": what, "status": status}, f"{what}  {status}", str(status))
    except httpx.HTTPError as error:
        raise FailedError(f"nobody answers at {url}: {type(error).__name__}") from None
    except BrokenPipeError:  # of the output
        raise
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
    import httpx

    try:
        good = httpx.URL(url).scheme in ("http", "https") and bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        good = False
    if not good:
        raise UsageError(f"{url!r} is no address; pass one such as http://127.0.0.1:8000/webhook")
