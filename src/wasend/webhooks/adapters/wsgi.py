"""Webhooks as a WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from ...errors import WebhookError
from ..reply import Reply, Target, refused
from .bodies import length_of, read_all

Environ: TypeAlias = Mapping[str, Any]
StartResponse: TypeAlias = Callable[..., Any]


class WebhookWSGIApp:
    """
    A WSGI application that takes webhooks, at whatever path it is mounted.

    How long a body may take to come is the server's to bound: reading it blocks.

    Example:
        ```python
        application = WebhookWSGIApp(receiver)  # gunicorn module:application
        ```

    Args:
        target: A `Receiver`, or an `Endpoint`.
    """

    def __init__(self, target: Target) -> None:
        self._target = target

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, by the rules of WSGI."""
        reply = self._reply(environ)
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))]
        if reply.status == 405:
            headers.append(("Allow", "POST"))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [reply.body]

    def _reply(self, environ: Environ) -> Reply:
        if environ["REQUEST_METHOD"] != "POST":
            return Reply.of(405, error="only POST")
        length = length_of(environ.get("CONTENT_LENGTH"))
        if length is None and not environ.get("wsgi.input_terminated"):
            length = 0  # without a length, a server may let its application wait for ever at the end of the body
        try:
            return self._target.blocking.receive(
                read_all(environ["wsgi.input"].read, length, self._target.max_bytes), [*_headers(environ)]
            )
        except WebhookError as error:
            return refused(error)


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-"), value
