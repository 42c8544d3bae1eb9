"""The outbox of a client."""

from __future__ import annotations

import attrs


@attrs.frozen
class Outbox:
    """
    Where calls with a key are kept, so that each is made once.

    Attributes:
        target: The path of a file, or the address of a PostgreSQL database.
    """

    target: str
