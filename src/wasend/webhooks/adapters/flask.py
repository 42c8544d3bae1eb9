"""Webhooks in Flask."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from ...errors import WebhookError
from ..reply import Target, refused
from .bodies import check_length, read_all


def flask_view(target: Target) -> Callable[[], Response]:
    """
    Make a view that takes webhooks.

    How long a body may take to come is the server's to bound: reading it blocks. What the application says of sizes
    (``MAX_CONTENT_LENGTH``) holds as well.

    Args:
        target: A `Receiver`, or an `Endpoint`.

    Returns:
        The view.

    Example:
        ```python
        app.add_url_rule("/webhook", "webhook", flask_view(receiver), methods=["POST"])
        ```
    """

    def webhook() -> Response:
        try:
            reply = target.blocking.receive(_body(target.max_bytes), [*request.headers.items()])
        except WebhookError as error:
            reply = refused(error)
        return Response(reply.body, reply.status, content_type=reply.content_type)

    return webhook


def _body(most: int) -> bytes:
    # Where the application has read it before, as to log it, the stream is at its end, and Flask holds it.
    body = read_all(request.stream.read, request.content_length, most) or request.get_data()
    check_length(len(body), most)
    return body
