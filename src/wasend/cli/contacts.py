"""``wasend contacts``."""

from __future__ import annotations

import itertools
from typing import Annotated, Final

import typer

from wasend.cli.chats import Limit
from wasend.cli.context import opened
from wasend.cli.options import group
from wasend.cli.output import Column

app: Final = group("Contacts.")

_COLUMNS: Final = (
    Column("CONTACT", "id"),
    Column("NAME", lambda one: one.name or one.push_name, cut=True),
    Column("NUMBER", "phone_number"),
)
_ALL: Final = (
    *_COLUMNS,
    Column("ABOUT", "status"),
    Column("BLOCKED", "is_blocked"),
    Column("PICTURE", "profile_picture_url"),
)
_EXISTENCE: Final = (Column("NUMBER", "phone"), Column("ON WHATSAPP", "exists"), Column("CHAT", "jid"))


@app.command("list")
def list_(context: typer.Context, limit: Limit = 100) -> None:
    """List contacts."""
    with opened(context) as run:
        found = itertools.islice(run.client.iter_contacts(run.session(), page_size=min(limit, 100)), limit)
        run.out.items(found, _COLUMNS, none="There is no contact yet.")


@app.command()
def show(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="International number, or id.")],
) -> None:
    """Show a contact."""
    with opened(context) as run:
        run.out.item(run.client.get_contact(run.session(), contact_id=contact), _ALL)


@app.command()
def check(
    context: typer.Context,
    phone: Annotated[str, typer.Argument(metavar="NUMBER", help="International number.")],
) -> None:
    """Check whether a number is on WhatsApp."""
    with opened(context) as run:
        run.out.item(run.client.check_contact_exists(run.session(), phone=phone), _EXISTENCE, ids="jid")
