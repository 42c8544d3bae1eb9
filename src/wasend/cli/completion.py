"""``wasend completion``."""

from __future__ import annotations

import importlib
from typing import Annotated, Any, Literal

import typer


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish", "powershell"], typer.Argument(help="Which shell.")],
) -> None:
    """Print what makes a shell complete `wasend`, to be evaluated in its start-up file."""
    shells: Any = importlib.import_module("typer.completion")
    typer.echo(shells.get_completion_script(prog_name="wasend", complete_var="_WASEND_COMPLETE", shell=shell))
