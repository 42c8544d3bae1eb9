"""
A list of those who ask to be called, in Django: written in the inbox's own transaction, so that nobody is on it twice.

Without ``WASEND_BASE_URL`` it is tried out against a sandbox on this machine, which posts every message twice. With it
(and ``WASEND_API_KEY``, ``WASEND_WEBHOOK_KEY`` and the session's ``webhook_url`` at ``/webhook``) it serves:

    python examples/webhooks_django.py
    gunicorn --chdir examples "webhooks_django:service()"
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
from __future__ import annotations

import os
import re
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from wasend import WasendClient
from wasend.sandbox import Sandbox
from wasend.webhooks import Context, MessageReceived, Receiver, Router
from wasend.webhooks.adapters import django_view

CALLBACKS = Router()


@CALLBACKS.on(MessageReceived, text=re.compile(r"(?i)\bcall me\b"), transaction=True)
def call_back(event: MessageReceived, context: Context) -> None:
    """Put whoever asks on the list: by the connection in whose transaction the event is recorded as handled."""
    context.connection.execute("CREATE TABLE IF NOT EXISTS callbacks (chat TEXT, asked TEXT)")
    context.connection.execute("INSERT INTO callbacks VALUES (?, ?)", (event.chat_id, str(event.timestamp)))


@CALLBACKS.on(MessageReceived)
def anything_else(event: MessageReceived, context: Context) -> None:
    """Say what can be done here."""
    context.reply('Write "call me", and we will.')


def urls(receiver: Receiver, inbox: str) -> tuple[Any, ...]:
    """List the paths: of the webhook, and of a page for those who call."""

    def callbacks(_: HttpRequest) -> JsonResponse:
        with closing(sqlite3.connect(inbox)) as connection:
            rows = connection.execute("SELECT chat, asked FROM callbacks").fetchall()
        return JsonResponse({"callbacks": rows})

    return path("webhook", django_view(receiver)), path("callbacks", callbacks)


def make_app(receiver: Receiver, inbox: str) -> Callable[..., Any]:
    """Make the application."""
    receiver.include(CALLBACKS)
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=urls(receiver, inbox))
    django.setup()
    app: Callable[..., Any] = get_wsgi_application()
    return app


def service() -> Callable[..., Any]:
    """Make the application as it is served, for as long as its process lives."""
    inbox = os.environ.get("INBOX", "inbox.db")
    return make_app(Receiver(WasendClient(), inbox=inbox), inbox)


class Quiet(WSGIRequestHandler):
    """A server that does not log every request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def play(folder: str) -> None:
    """Write as customers do, while every message is posted twice."""
    sandbox = Sandbox(webhook_key="s3cret", faults=["duplicate_webhook message"])
    inbox = str(Path(folder, "inbox.db"))
    with sandbox.client() as client:
        receiver = Receiver(client, key="s3cret", inbox=inbox)
        app = make_app(receiver, inbox)
        with receiver.blocking as running, make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            desk = sandbox.add_session(webhook_url=f"http://127.0.0.1:{server.server_port}/webhook")
            for customer, text in (("+447700900456", "Call me, please"), ("+447700900457", "Hello?")):
                sandbox.receive(desk.id, customer, text)
            sandbox.drain()
            while running.counts().waiting:
                time.sleep(0.01)
            server.shutdown()
    with closing(sqlite3.connect(inbox)) as connection:
        for (chat,) in connection.execute("SELECT chat FROM callbacks"):
            print("to call:", chat)
    for message in sandbox.deliveries():
        print("answered:", message.content)


if __name__ == "__main__":
    if "WASEND_BASE_URL" in os.environ:
        raise SystemExit('usage: gunicorn --chdir examples "webhooks_django:service()"')
    with tempfile.TemporaryDirectory() as temporary:
        play(temporary)
