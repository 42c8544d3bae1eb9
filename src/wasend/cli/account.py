"""``wasend account``."""

from __future__ import annotations

from typing import Final

import typer

from wasend.cli.context import opened
from wasend.cli.output import Column

_COLUMNS: Final = (Column("ACCOUNT", "id"), Column("NAME", "name"), Column("PLAN", "plan"))


def account(context: typer.Context) -> None:
    """Show the account that the API key belongs to."""
    with opened(context) as run:
        run.out.item(run.client.retrieve_account(), _COLUMNS)
