"""What a test has gunicorn serve: a coroutine function, on an event loop in a thread of each worker's own."""

from __future__ import annotations

import asyncio
from typing import Final

from wasend.webhooks import AnyEvent, Endpoint
from wasend.webhooks.adapters import WebhookWSGIApp

KEY: Final = "s3cret-webhook-key"


async def handle(event: AnyEvent) -> None:
    """Take a turn of the event loop."""
    await asyncio.sleep(0)


app: Final = WebhookWSGIApp(Endpoint(handle, key=KEY, max_age=None))
