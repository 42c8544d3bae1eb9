"""The ``wasend`` command. It comes with the extra ``cli``; without it, the command says so in one line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, and exit with its status."""
    try:
        try:
            from wasend.cli.app import run

            sys.exit(run())
        except ImportError as error:
            if error.name is None or error.name.startswith("wasend"):
                raise
            hint = "pip install 'wasend-sdk[cli]' (in a clone of the project: pip install '.[cli]')"
            package = error.name.partition(".")[0]
            print(f"wasend: the command needs {package}, which comes with an extra: {hint}", file=sys.stderr)
            sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
