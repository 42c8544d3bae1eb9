"""``wasend groups``."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Final, Literal

import typer

from wasend.cli.asking import confirmed
from wasend.cli.chats import Limit
from wasend.cli.context import opened
from wasend.cli.errors import FAILED, PARTLY, UsageError
from wasend.cli.options import group
from wasend.cli.output import Column

app: Final = group("Groups.")

_COLUMNS: Final = (
    Column("GROUP", "jid"),
    Column("NAME", "name", cut=True),
    Column("MEMBERS", lambda one: one.participants_count or len(one.participants or ()) or None),
)
_ALL: Final = (
    *_COLUMNS,
    Column("DESCRIPTION", "topic"),
    Column("OWNER", "owner_jid"),
    Column("CREATED", "group_created"),
    Column("ONLY ADMINS WRITE", "is_announce"),
)
_MEMBERS: Final = (
    Column("MEMBER", "jid"),
    Column("NAME", "display_name", cut=True),
    Column("NUMBER", "phone_number"),
    Column("ADMIN", "is_admin"),
)
_INVITE: Final = (Column("INVITE", "invite_code"), Column("UNTIL", "expires_at"))
_Group = Annotated[str, typer.Argument(metavar="GROUP", help="Its id, such as 120363041234567890@g.us.")]
_Members = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="International numbers, or ids.")]


@app.command("list")
def list_(context: typer.Context, limit: Limit = 50) -> None:
    """List groups."""
    with opened(context) as run:
        found = itertools.islice(run.client.iter_groups(run.session(), page_size=min(limit, 50)), limit)
        run.out.items(found, _COLUMNS, ids="jid", none="There is no group yet.")


@app.command()
def show(context: typer.Context, group: _Group) -> None:
    """Show a group."""
    with opened(context) as run:
        run.out.item(run.client.get_group(run.session(), group), _ALL, ids="jid")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    participants: _Members,
    description: Annotated[str | None, typer.Option(help="What it is about.")] = None,
) -> None:
    """Create a group."""
    with opened(context) as run:
        made = run.client.create_group(run.session(), name=name, participants=participants, description=description)
        run.out.item(made, _ALL, ids="jid")


@app.command("set")
def set_(
    context: typer.Context,
    group: _Group,
    name: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    description: Annotated[str | None, typer.Option(help="Its new description.")] = None,
) -> None:
    """Change the name or the description of a group."""
    if name is None and description is None:
        raise UsageError("there is nothing to change: pass --name or --description")
    with opened(context) as run:
        desk, result = run.session(), None
        if name is not None:
            result = run.client.set_group_name(desk, group, name=name)
        if description is not None:
            result = run.client.set_group_description(desk, group, description=description)
        run.out.done(result, "The group is changed.")


@app.command()
def members(context: typer.Context, group: _Group) -> None:
    """List the members of a group."""
    with opened(context) as run:
        run.out.items(run.client.get_group_participants(run.session(), group), _MEMBERS, ids="jid")


def _change(
    context: typer.Context, group: str, people: list[str], verb: Literal["add", "remove", "promote", "demote"]
) -> None:
    with opened(context) as run:
        call: Any = getattr(run.client, f"{verb}_group_participants")
        changes = call(run.session(), group, participants=people)
        failed = [f"{one.id}: {one.reason}" for one in changes.failed]
        run.out.done(changes, "Done." if not failed else "\n".join(("Not done:", *failed)))
        if failed:
            raise typer.Exit(PARTLY if len(failed) < len(people) else FAILED)


@app.command()
def add(context: typer.Context, group: _Group, participants: _Members) -> None:
    """Add members to a group."""
    _change(context, group, participants, "add")


@app.command()
def remove(context: typer.Context, group: _Group, participants: _Members) -> None:
    """Remove members from a group."""
    _change(context, group, participants, "remove")


@app.command()
def promote(context: typer.Context, group: _Group, participants: _Members) -> None:
    """Make members admins."""
    _change(context, group, participants, "promote")


@app.command()
def demote(context: typer.Context, group: _Group, participants: _Members) -> None:
    """Make admins members."""
    _change(context, group, participants, "demote")


@app.command()
def invite(
    context: typer.Context,
    group: _Group,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make a new link; the old one stops working.")] = False,
) -> None:
    """Show the link by which people join a group."""
    with opened(context) as run:
        call = run.client.revoke_group_invite_link if revoke else run.client.get_group_invite_link
        run.out.item(call(run.session(), group), _INVITE, ids="invite_code")


@app.command()
def join(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="An invite's link, or its code.")],
) -> None:
    """Join a group."""
    with opened(context) as run:
        run.out.item(run.client.join_group(run.session(), code=code), _COLUMNS, ids="jid")


@app.command()
def leave(
    context: typer.Context, group: _Group, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Leave a group."""
    confirmed(f"Leave group {group}?", yes=yes)
    with opened(context) as run:
        run.out.done(run.client.leave_group(run.session(), group), f"{group} is left.")
