"""
Webhooks in web frameworks. Each takes a `Receiver` or an `Endpoint`, bounds the body while it is read, and answers.

Importing this package imports none of its modules, and so no framework: each is imported when its name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._core.lazy import lazily

if TYPE_CHECKING:
    from .aiohttp import aiohttp_handler
    from .asgi import WebhookApp
    from .aws_lambda import lambda_handler
    from .django import django_async_view, django_view
    from .fastapi import webhook_event
    from .flask import flask_view
    from .wsgi import WebhookWSGIApp

__all__ = [
    "WebhookApp",
    "WebhookWSGIApp",
    "aiohttp_handler",
    "django_async_view",
    "django_view",
    "flask_view",
    "lambda_handler",
    "webhook_event",
]

_MODULES: Final = {
    "aiohttp": ("aiohttp_handler",),
    "asgi": ("WebhookApp",),
    "aws_lambda": ("lambda_handler",),
    "django": (
        "django_async_view",
        "django_view",
    ),
    "fastapi": ("webhook_event",),
    "flask": ("flask_view",),
    "wsgi": ("WebhookWSGIApp",),
}


if not TYPE_CHECKING:  # else a wrong name would pass for one of these
    __getattr__, __dir__ = lazily(globals(), _MODULES)
