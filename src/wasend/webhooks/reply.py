"""What is answered to a webhook."""

from __future__ import annotations

import json
import logging
from typing import ClassVar, Final, Protocol

import attrs

from ..errors import WebhookError
from .signature import Headers

logger: Final = logging.getLogger("wasend")


@attrs.frozen
class Reply:
    """
    What to answer to a webhook.

    Attributes:
        status: The HTTP status.
        body: What to say: a JSON object, that a person may read in a log.
    """

    content_type: ClassVar[str] = "application/json"

    status: int
    body: bytes = b"{}"

    @classmethod
    def of(cls, code: int, /, **said: str) -> Reply:
        """A reply that says something."""
        return cls(code, json.dumps(said).encode())


def refused(error: WebhookError) -> Reply:
    """The answer to what was refused; it says no more than the sender may know."""
    logger.warning("a webhook was refused: %s", error)
    return Reply.of(error.status, error=error.reason)


class BlockingTarget(Protocol):
    """What takes webhooks, and blocks."""

    def receive(self, body: bytes, headers: Headers) -> Reply:
        """Take what was posted, and say what to answer."""
        ...


class AsyncTarget(Protocol):
    """What the adapters of frameworks that await hand webhooks to."""

    @property
    def max_bytes(self) -> int:
        """How many bytes a body may have."""
        ...

    async def receive(self, body: bytes, headers: Headers) -> Reply:
        """Take what was posted, and say what to answer."""
        ...


class Target(AsyncTarget, Protocol):
    """What the adapters of all web frameworks hand webhooks to: a `Receiver`, or an `Endpoint`."""

    @property
    def blocking(self) -> BlockingTarget:
        """The same for code that does not await."""
        ...
