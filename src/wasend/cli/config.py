"""``wasend config``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from wasend.cli.asking import confirmed, secret
from wasend.cli.context import settings_of
from wasend.cli.errors import UsageError
from wasend.cli.options import group
from wasend.cli.output import Column, Output

if TYPE_CHECKING:
    from wasend.cli.profiles import Profile

app: Final = group("Profiles: keys, addresses and sessions that are kept.")


@attrs.frozen
class _Shown:
    """A profile without its key."""

    profile: str
    default: bool
    base_url: str | None
    session: str | None
    key_in: str


_COLUMNS: Final = (
    Column("PROFILE", "profile"),
    Column("DEFAULT", lambda one: "yes" if one.default else ""),
    Column("ADDRESS", lambda one: one.base_url or "https://api.wasend.dev"),
    Column("SESSION", "session"),
    Column("KEY IN", "key_in"),
)
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_Name = Annotated[str, typer.Argument(metavar="PROFILE", help="Its name.")]


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="PROFILE", help="Its name; else that of --profile.")] = None,
) -> None:
    """
    Add a profile, or replace it. The key is asked for, or read from standard input; it is never an argument.

    The address is that of --base-url, the session that of --session. The key goes into the machine's keyring, where
    there is one, else into a file that only you may read.
    """
    from wasend._core.options import clean_key, clean_url
    from wasend._core.secret import Secret
    from wasend.cli.profiles import DEFAULT, Profile, Profiles

    settings = settings_of(context)
    name = name or settings.profile or DEFAULT
    if not name.isprintable() or not name.strip() or len(name) > 100:
        raise UsageError("PROFILE: it is no name; take printable text, such as work")
    address = None if settings.base_url is None else clean_url(settings.base_url)
    profiles = Profiles.load()
    key = clean_key(Secret.of(secret("API key"))).reveal()
    made = profiles.add(Profile(name, address, settings.session), key)
    Output(settings).item(_shown(made, profiles.default), _COLUMNS, ids="profile")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the profiles, without their keys."""
    from wasend.cli.profiles import Profiles

    profiles = Profiles.load()
    shown = [_shown(one, profiles.default) for one in profiles.profiles.values()]
    none = "There is no profile yet; `wasend config add` makes one."
    Output(settings_of(context)).items(shown, _COLUMNS, ids="profile", none=none)


@app.command()
def use(context: typer.Context, name: _Name) -> None:
    """Make a profile the one that is taken where none is named."""
    from wasend.cli.profiles import Profiles

    profiles = Profiles.load()
    _check(name, profiles.profiles)
    profiles.default = name
    profiles.save()
    Output(settings_of(context)).done(_shown(profiles.profiles[name], name), f"{name} is the default profile.")


@app.command()
def remove(context: typer.Context, name: _Name, yes: _Yes = False) -> None:
    """Remove a profile, and its key."""
    from wasend.cli.profiles import Profiles

    profiles = Profiles.load()
    _check(name, profiles.profiles)
    confirmed(f"Remove profile {name} and its key?", yes=yes)
    profiles.remove(name)
    Output(settings_of(context)).done({"removed": name}, f"{name} is removed.")


@app.command()
def path(context: typer.Context) -> None:
    """Print where the profiles are kept."""
    from wasend.cli.profiles import Profiles

    file = Profiles.load().file
    Output(settings_of(context)).done({"path": str(file)}, str(file))


def _shown(profile: Profile, default: str | None) -> _Shown:
    return _Shown(profile.name, profile.name == default, profile.base_url, profile.session, profile.key_in)


def _check(name: str, known: Mapping[str, Profile]) -> None:
    if name not in known:
        raise UsageError(f"PROFILE: there is no profile {name!r}; `wasend config list` shows them")
