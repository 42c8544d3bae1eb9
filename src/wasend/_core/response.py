"""What is known of an answer beside what it was read into."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import attrs

_IDS: Final = ("x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray")


@attrs.frozen
class Response:
    """
    An answer of the service: its head. Each attempt of a call has one.

    Attributes:
        call: Verb and route, such as ``POST /sendText``.
        status: HTTP status.
        headers: Its headers, names in lower case.
        attempt: How many requests had been made for the call, 1 for the first.
        seconds: How long it took, from the request to the end of the answer.
    """

    call: str
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    attempt: int
    seconds: float

    @property
    def request_id(self) -> str | None:
        """The id that the service, or a proxy before it, gave the request, for asking its makers about it."""
        return next((self.headers[name] for name in _IDS if name in self.headers), None)


recording: Final[ContextVar[list[Response] | None]] = ContextVar("wasend_recording", default=None)
"""Where the calls of this context put their answers."""


@contextmanager
def recorded() -> Generator[list[Response]]:
    """Have the calls of a block put their answers into a list."""
    responses: list[Response] = []
    token = recording.set(responses)
    try:
        yield responses
    finally:
        recording.reset(token)
