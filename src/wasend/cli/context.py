"""What a command works with: a client for the right service and key, its session, and where it prints."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs
import typer

from wasend.cli.errors import NOT_FOUND, CommandError, UsageError
from wasend.cli.options import Settings
from wasend.cli.output import Output

if TYPE_CHECKING:
    from wasend import Session, WasendClient
    from wasend.cli.profiles import Profile

_SANDBOX_KEY: Final = "any-key"


@attrs.frozen
class Access:
    """
    How to reach the service.

    Attributes:
        key: The API key; `None` where there is none.
        base_url: Where it is; `None` for the service's own address.
        session: The session that is meant where none is named.
        source: Where the key is from, in words.
    """

    key: str | None = attrs.field(repr=False)
    base_url: str | None
    session: str | None
    source: str


@attrs.frozen
class Run:
    """
    A command that runs.

    Attributes:
        client: The client.
        out: Where to print.
        settings: What the options of every command were given as.
        access: How the service is reached.
    """

    client: WasendClient
    out: Output
    settings: Settings
    access: Access

    def session(self, named: str | None = None) -> str:
        """
        The id of the session that is meant.

        Args:
            named: Its id or name, if the command was given one; else the option's, the profile's, or the only one.

        Raises:
            CommandError: There is none of that name, or several and none was named.
        """
        named = named or self.settings.session or self.access.session
        if named is not None and named.startswith("ses_"):
            return named
        return self.find(named).unique_session_id

    def find(self, named: str | None = None) -> Session:
        """The session that is meant, as the service knows it; see `session`."""
        named = named or self.settings.session or self.access.session
        found = list(self.client.retrieve_all_sessions())
        if named is None:
            if len(found) == 1:
                return found[0]
            if not found:
                raise CommandError("there is no session yet; `wasend login` makes one", NOT_FOUND)
            names = ", ".join(one.session_name or one.unique_session_id for one in found[:5])
            raise UsageError(f"there are {len(found)} sessions: name one with --session, such as {names}")
        for match in ("unique_session_id", "session_name"):
            for one in found:
                if getattr(one, match) == named:
                    return one
        from wasend import NotFoundError

        try:
            return self.client.retrieve_session_info(named)  # some gateways do not list what is stopped
        except NotFoundError:
            raise CommandError(f"there is no session {named!r}; `wasend sessions list` shows them", NOT_FOUND) from None


def settings_of(context: typer.Context) -> Settings:
    """What the options of every command were given as."""
    return context.ensure_object(Settings)


def access_of(settings: Settings) -> Access:
    """
    How to reach the service, by options, environment and profile.

    A profile that is named goes before the environment. Key and address come from the same place: no key is sent to an
    address that was meant for another.

    Raises:
        UsageError: There is no such profile; or key and address are from two places.
    """
    from wasend.cli.profiles import Profiles

    environment = os.environ
    name = settings.profile or environment.get("WASEND_PROFILE") or None
    key = environment.get("WASEND_API_KEY") or None
    address = environment.get("WASEND_BASE_URL") or None
    session = environment.get("WASEND_SESSION") or None
    if name is None and key is not None:
        return Access(key, settings.base_url or address, session, "WASEND_API_KEY")
    profiles = Profiles.load()
    profile: Profile | None = profiles.get(name)
    if profile is None:
        if name is not None:
            raise UsageError(f"there is no profile {name!r}; `wasend config list` shows them")
        return Access(None, settings.base_url or address, session, "nowhere")
    if name is None and settings.base_url is None and address not in (None, profile.base_url):
        raise UsageError(
            "WASEND_BASE_URL is set, and the key is the one of another address, from a profile; "
            f"set WASEND_API_KEY as well, or pass --profile {profile.name}"
        )
    session = profile.session if name is not None and profile.session else session or profile.session
    return Access(profiles.key_of(profile), settings.base_url or profile.base_url, session, f"profile {profile.name}")


@contextmanager
def opened(context: typer.Context, **options: Any) -> Generator[Run]:
    """
    What a command works with, for as long as it runs.

    Args:
        context: The command's.
        options: Further arguments of the client.
    """
    from wasend import WasendClient

    settings = settings_of(context)
    out = Output(settings)
    with ExitStack() as stack:
        access = stack.enter_context(_sandbox(settings)) if settings.sandbox else access_of(settings)
        if access.key is None:
            raise UsageError(
                "there is no API key: `wasend config add` stores one, or set WASEND_API_KEY; --sandbox needs none"
            )
        client = WasendClient(
            access.key,
            base_url=access.base_url or _default_address(),
            timeout=settings.timeout,
            on_wait=out.waiting,
            **options,
        )
        yield Run(stack.enter_context(client), out, settings, access)


def _default_address() -> str:
    from wasend._core.options import BASE_URL

    return BASE_URL


def outbox_of(settings: Settings, target: str | None, stack: ExitStack | None = None) -> Any:
    """
    The outbox that is meant: a file or an address, else the one in the platform's directory.

    Args:
        settings: The command's.
        target: What ``--outbox`` was given as.
        stack: Where a file that is for the sandbox alone is removed.
    """
    from wasend import Outbox

    if target is None:
        if settings.sandbox and stack is not None:
            target = str(Path(stack.enter_context(tempfile.TemporaryDirectory()), "outbox.db"))
        else:
            from platformdirs import user_data_path

            folder = user_data_path("wasend", appauthor=False)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = str(folder / "outbox.db")
    return Outbox(target, on_unknown="look")


@contextmanager
def _sandbox(settings: Settings) -> Generator[Access]:
    """A sandbox in which there is a little of everything; or the one that runs at the address."""
    if settings.base_url is not None:
        if urlsplit(settings.base_url).hostname not in ("localhost", "127.0.0.1", "::1"):
            raise UsageError("--sandbox with --base-url is for a sandbox on this machine; leave out one of the two")
        yield Access(os.environ.get("WASEND_API_KEY") or _SANDBOX_KEY, settings.base_url, None, "the sandbox")
        return
    from wasend.sandbox import Sandbox

    with Sandbox(scan_after=1) as sandbox:
        desk = sandbox.add_session("Front Desk", "+447700900123")
        sandbox.add_contact("+447700900456", "Ada")
        sandbox.receive(desk.id, "+447700900456", "Is my order ready?")
        sandbox.add_group("Bakers", owner="+447700900123", participants=["+447700900456"])
        with sandbox.serve() as server:
            yield Access(_SANDBOX_KEY, server.url, None, "the sandbox")
