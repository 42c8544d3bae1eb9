"""What the rooms of the API are made of: one value an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from starlette.datastructures import QueryParams

from wasend.sandbox.dialects import Json
from wasend.sandbox.fields import NO_FIELDS, Body, Fields


@attrs.frozen
class Call:
    """
    A request that passed the guards: what its path and query name, its checked body, the account whose key it had
    (None for the sandbox's own endpoints), and whether what it sends is to be lost.
    """

    path: Mapping[str, Any]
    query: QueryParams
    body: Body
    account: str | None = None
    lost: bool = False


@attrs.frozen
class Endpoint:
    """
    A verb, a path with ``{name}`` segments, and what answers it. `fields` are those of its body; None means
    that it takes none, and that whatever comes is not read. `query` are the fields of its query, all strings.
    """

    verb: str
    path: str
    answer: Callable[[Call], Json]
    fields: Fields | None = None
    query: Fields = NO_FIELDS


class InvalidCall(Exception):
    """What was sent is not what the endpoint takes; `problems` names the fields."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems
