"""Questions, which are put on a terminal only, and what comes by standard input."""

from __future__ import annotations

import sys

import typer

from wasend.cli.errors import UsageError


def confirmed(question: str, *, yes: bool) -> None:
    """
    Ask whether to go on.

    Args:
        question: What to ask.
        yes: Whether the answer is known.

    Raises:
        UsageError: There is nobody to ask.
        typer.Abort: The answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: pass --yes")
    typer.confirm(question, abort=True, err=True)


def secret(what: str) -> str:
    """
    Have a secret typed, without showing it; or take the first line of standard input.

    Raises:
        UsageError: There is none.
    """
    if sys.stdin.isatty():
        given: str = typer.prompt(what, hide_input=True, err=True)
    else:
        given = sys.stdin.readline()
    if not given.strip():
        raise UsageError(f"{what} is missing: write it to standard input, or type it on a terminal")
    return given.strip()


def text_of(given: str | None) -> str:
    """
    A text that was given, or standard input, where it is ``-`` or was left out.

    Raises:
        UsageError: There is neither.
    """
    if given is None and sys.stdin.isatty():
        raise UsageError("TEXT is missing: write it last, or pass it by standard input")
    piped = given is None or given == "-"
    text = sys.stdin.read().removesuffix("\n").removesuffix("\r") if piped else str(given)
    if not text.strip():
        raise UsageError("TEXT is empty: write it last, or pass it by standard input")
    return text
