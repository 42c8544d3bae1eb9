"""``wasend doctor``: what may be wrong between this machine and the service, each with its remedy."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, Literal

import attrs
import typer

from wasend import __version__
from wasend.cli.context import access_of, opened, settings_of
from wasend.cli.errors import FAILED, CommandError
from wasend.cli.output import Column, Output

if TYPE_CHECKING:
    from wasend import Response
    from wasend.cli.context import Run

_CLOCK_OFF: Final = 60.0
"""Seconds. Webhooks are refused where clocks differ by minutes; nobody's clock is a minute off by chance."""


@attrs.frozen
class Check:
    """
    Something that was looked at.

    Attributes:
        name: What.
        status: How it is.
        text: What was found.
        remedy: What to do, where something is to be done.
    """

    name: str
    status: Literal["ok", "warning", "failed", "skipped"]
    text: str
    remedy: str | None = None


_COLUMNS: Final = (
    Column("CHECK", "name"),
    Column("STATUS", "status"),
    Column("FOUND", "text"),
    Column("REMEDY", "remedy"),
)


def doctor(context: typer.Context) -> None:
    """Look for what may be wrong: packages, key, address, connection, clock and sessions; each with its remedy."""
    settings = settings_of(context)
    out = Output(settings)
    checks = [*_packages()]
    heads: list[Response] = []
    key = _key(context)
    checks.append(key)
    if key.status != "failed":
        with opened(context, retry=None, on_response=heads.append) as run:
            checks += _service(run, heads)
    out.items(checks, _COLUMNS, ids="name")
    if any(check.status == "failed" for check in checks):
        raise typer.Exit(FAILED)


def _packages() -> Iterator[Check]:
    versions = f"wasend-sdk {__version__}, Python {platform.python_version()}, httpx {_version('httpx')}"
    yield Check("versions", "ok", f"{versions}, {platform.system()}")
    if (other := _version("wasend")) is not None:
        remedy = "pip uninstall -y wasend wasend-sdk, then install wasend-sdk again: both are imported as `wasend`"
        yield Check("packages", "failed", f"WASend's own package, wasend {other}, is installed, too", remedy)
    else:
        yield Check("packages", "ok", "no other package is imported as `wasend`")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _key(context: typer.Context) -> Check:
    settings = settings_of(context)
    if settings.sandbox:
        return Check("key", "ok", "the sandbox needs none")
    try:
        access = access_of(settings)
    except CommandError as error:
        problem, _, remedy = str(error).partition("; ")
        return Check("key", "failed", problem, remedy or None)
    if access.key is None:
        return Check("key", "failed", "there is none", "`wasend config add` stores one, or set WASEND_API_KEY")
    return Check("key", "ok", f"from {access.source}")


def _service(run: Run, heads: list[Response]) -> Iterator[Check]:
    from wasend import APIConnectionError, AuthenticationError, PermissionDeniedError, WasendError

    options = run.client.retrieve_config()
    secure = options.base_url.startswith("https://")
    try:
        sessions = list(run.client.retrieve_all_sessions())
    except APIConnectionError as error:
        remedy = "check address, network and proxy (HTTPS_PROXY); where certificates are a company's own: SSL_CERT_FILE"
        yield Check("connection", "failed", f"{options.base_url}: {error}", remedy)
        return
    except (AuthenticationError, PermissionDeniedError) as error:
        yield _connection(options.base_url, heads, secure=secure)
        remedy = "copy the key from the dashboard again, and store it by `wasend config add`"
        yield Check("authentication", "failed", str(error), remedy)
        return
    except WasendError as error:
        yield Check("service", "failed", str(error), "try again in a while; check that the address is WASend's")
        return
    yield _connection(options.base_url, heads, secure=secure)
    yield Check("authentication", "ok", "the service takes the key")
    yield _clock(heads)
    if not sessions:
        yield Check("sessions", "warning", "there is none", "`wasend login` makes one")
    for one in sessions:
        name = one.session_name or one.unique_session_id
        state = one.state.name
        yield Check(f"session {name}", "ok" if state == "CONNECTED" else "warning", state, _REMEDIES.get(state))


_REMEDIES: Final = {
    "CREATED": "`wasend login` links it",
    "SCAN_QR_CODE": "`wasend login` shows its code",
    "STOPPED": "`wasend sessions start` starts it",
    "FAILED": "`wasend sessions restart` starts it again",
    "PASSKEY_REQUIRED": "give the passkey on the phone",
    "PASSKEY_CONFIRMATION_REQUIRED": "confirm the passkey on the phone",
}


def _connection(base_url: str, heads: list[Response], *, secure: bool) -> Check:
    took = f"{base_url} answers in {heads[-1].seconds * 1000:.0f} ms" if heads else base_url
    if secure:
        return Check("connection", "ok", f"{took}, by TLS with a valid certificate")
    from wasend._core.options import is_exposed

    if is_exposed(base_url):
        return Check("connection", "warning", f"{took}, in the clear", "use https: the key and all texts can be read")
    return Check("connection", "ok", f"{took}, on this machine")


def _clock(heads: list[Response]) -> Check:
    from wasend._core.clock import SYSTEM_CLOCK

    try:
        theirs = parsedate_to_datetime(heads[-1].headers["date"]).timestamp()
    except (LookupError, ValueError, TypeError):
        return Check("clock", "skipped", "the service does not say what time it is")
    off = SYSTEM_CLOCK.now() - theirs
    if abs(off) > _CLOCK_OFF:
        way = "ahead of" if off > 0 else "behind"
        return Check("clock", "warning", f"{abs(off):.0f} s {way} the service's", "set this machine's clock (NTP)")
    return Check("clock", "ok", "it agrees with the service's")
