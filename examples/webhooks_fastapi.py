"""
A shop that answers what people write, in FastAPI: each message once, whatever the service posts again.

Without ``WASEND_BASE_URL`` it is tried out against a sandbox on this machine, which posts every message twice. With it
(and ``WASEND_API_KEY``, ``WASEND_WEBHOOK_KEY`` and the session's ``webhook_url`` at ``/webhook``) it serves:

    python examples/webhooks_fastapi.py
    uvicorn --factory --app-dir examples webhooks_fastapi:service
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wasend import AsyncWasendClient
from wasend.sandbox import Sandbox
from wasend.webhooks import AsyncContext, MessageReceived, Receiver, Router, SessionStatus
from wasend.webhooks.adapters import WebhookApp

SHOP: Final = Router()


@SHOP.on(MessageReceived, text=re.compile(r"(?i)\bopen\b"))
async def hours(event: MessageReceived, context: AsyncContext) -> None:
    """Say when the shop is open."""
    await context.reply("Monday to Friday, nine to six.", quote=True)


@SHOP.on(MessageReceived)
async def anything_else(event: MessageReceived, context: AsyncContext) -> None:
    """Answer what nothing above wanted: once, for the first handler that wants an event is the only one to get it."""
    await context.reply("Thank you! Somebody will write to you soon.")


@SHOP.on(SessionStatus)
async def status(event: SessionStatus) -> None:
    """Say what becomes of the session; a restriction comes as the same status again, with what it is about."""
    data = event.payload.data
    held = data is not None and data.reachout_timelock is not None and data.reachout_timelock.is_active
    print(f"session {event.payload.status}:", "no new conversations" if held else "as usual")


def make_app(client: AsyncWasendClient, inbox: str, key: str | None = None) -> FastAPI:
    """Make the application; without a key it is read from ``WASEND_WEBHOOK_KEY``."""
    receiver = Receiver(client, key=key, inbox=inbox)
    receiver.include(SHOP)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with client, receiver:
            yield

    app = FastAPI(lifespan=lifespan)
    app.router.routes.append(Route("/webhook", WebhookApp(receiver)))

    @app.get("/inbox")
    async def inbox_now() -> dict[str, int]:
        """Count what was not handled yet, and what was given up, for whoever watches over the shop."""
        counts = await receiver.counts()
        return {"waiting": counts.waiting, "given_up": counts.dead}

    return app


def service() -> FastAPI:
    """Make the application as it is served."""
    return make_app(AsyncWasendClient(), os.environ.get("INBOX", "inbox.db"))


async def play(inbox: str) -> None:
    """Write as customers do, while every message is posted twice; and have WhatsApp restrict the number."""

    async def post(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    sandbox = Sandbox(webhook_key="s3cret", webhook_app=post, faults=["duplicate_webhook message"])
    app = make_app(sandbox.async_client(), inbox, "s3cret")
    shop = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example")
    async with app.router.lifespan_context(app), shop:
        desk = sandbox.add_session(webhook_url="http://shop.example/webhook")
        for customer, text in (("+447700900456", "Are you open today?"), ("+447700900457", "Where is my order?")):
            sandbox.receive(desk.id, customer, text)
        await until_handled(sandbox, shop)
        for message in sandbox.deliveries():
            print("answered:", message.content)
        sandbox.restrict(desk.id, "463")
        await until_handled(sandbox, shop)


async def until_handled(sandbox: Sandbox, shop: httpx.AsyncClient) -> None:
    """Wait until everything was posted, and handled."""
    await sandbox.adrain()
    while (await shop.get("/inbox")).json()["waiting"]:  # noqa: ASYNC110 - as a program that watches over it would
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    if "WASEND_BASE_URL" in os.environ:
        raise SystemExit("usage: uvicorn --factory --app-dir examples webhooks_fastapi:service")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(str(Path(folder, "inbox.db"))))
