"""Webhooks in Django: a view, and one for servers that await. Neither asks for Django's token against forged forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Final

from ...errors import WebhookError, WebhookFormatError
from ..reply import AsyncTarget, Reply, Target, refused
from .bodies import length_of, read_all

_NOT_POSTED: Final = Reply.of(405, error="only POST")


def django_view(target: Target) -> Callable[[Any], Any]:
    """
    Make a view that takes webhooks.

    Args:
        target: A `Receiver`, or an `Endpoint`.

    Returns:
        The view: of an ``HttpRequest``, which gives an ``HttpResponse``.

    Example:
        ```python
        urlpatterns = [path("webhook", django_view(receiver))]
        ```
    """

    def webhook(request: Any) -> Any:
        if request.method != "POST":
            return _response(_NOT_POSTED)
        try:
            return _response(target.blocking.receive(_body(request, target), request.headers))
        except WebhookError as error:
            return _response(refused(error))

    webhook.csrf_exempt = True  # type: ignore[attr-defined]
    return webhook


def django_async_view(target: AsyncTarget) -> Callable[[Any], Awaitable[Any]]:
    """
    Make a view that takes webhooks and awaits, for Django behind an ASGI server.

    There Django itself takes in the whole body before the view is asked, into a file if it is long: let the server or a
    proxy before it bound its size.

    Args:
        target: A `Receiver`, or an `Endpoint`.

    Returns:
        The view: of an ``HttpRequest``, which gives an ``HttpResponse``.
    """

    async def webhook(request: Any) -> Any:
        if request.method != "POST":
            return _response(_NOT_POSTED)
        try:
            return _response(await target.receive(_body(request, target), request.headers))
        except WebhookError as error:
            return _response(refused(error))

    webhook.csrf_exempt = True  # type: ignore[attr-defined]
    return webhook


def _body(request: Any, target: AsyncTarget) -> bytes:
    length = length_of(request.META.get("CONTENT_LENGTH"))
    # Of a body that comes in pieces and does not say its length, Django itself reads nothing, its server all.
    whole = length is None and request.META.get("wsgi.input_terminated")
    try:
        # Not `request.body`, whose own bound is for forms.
        return read_all(request.META["wsgi.input"].read if whole else request.read, length, target.max_bytes)
    except OSError:  # Django's UnreadablePostError: whoever posted has hung up
        raise WebhookFormatError("the body did not come to its end") from None


def _response(reply: Reply) -> Any:
    http: Any = import_module("django.http")
    response = http.HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    if reply.status == 405:
        response["Allow"] = "POST"
    return response
