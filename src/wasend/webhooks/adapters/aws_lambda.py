"""Webhooks in AWS Lambda: behind an API gateway (payloads 1.0 and 2.0), a function URL, or a load balancer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from ..._core.documents import is_list, is_object
from ...errors import WebhookError, WebhookFormatError
from ..reply import Reply, Target, refused
from .bodies import check_length


def lambda_handler(target: Target) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """
    Make a handler that takes webhooks.

    A function is frozen as soon as it has answered: a `Receiver` there needs no inbox, or one that is worked on
    elsewhere.

    Args:
        target: A `Receiver`, or an `Endpoint`.

    Returns:
        The handler: of the event and the context, which gives the response.

    Example:
        ```python
        handler = lambda_handler(receiver)
        ```
    """

    def handler(event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        if _method(event) != "POST":
            return _response(Reply.of(405, error="only POST"), event)
        try:
            reply = target.blocking.receive(_body(event, target.max_bytes), _headers(event))
        except WebhookError as error:
            reply = refused(error)
        return _response(reply, event)

    return handler


def _method(event: Mapping[str, Any]) -> str:
    context = event.get("requestContext")
    http = context.get("http") if is_object(context) else None
    return str(event.get("httpMethod") or (http.get("method") if is_object(http) else ""))


def _body(event: Mapping[str, Any], most: int) -> bytes:
    body = event.get("body") or ""
    check_length(len(body) // 4 * 3 - 2 if event.get("isBase64Encoded") else len(body), most)
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise WebhookFormatError("the body is not the base64 text that it is said to be")


def _headers(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    several = event.get("multiValueHeaders")
    if is_object(several):
        return [(name, str(value)) for name, values in several.items() if is_list(values) for value in values]
    one_each = event.get("headers")
    return [(name, str(value)) for name, value in one_each.items()] if is_object(one_each) else []


def _response(reply: Reply, event: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": reply.content_type, **({"Allow": "POST"} if reply.status == 405 else {})}
    response: dict[str, Any] = {"statusCode": reply.status, "body": reply.body.decode(), "isBase64Encoded": False}
    context = event.get("requestContext")
    if is_object(context) and "elb" in context:
        response["statusDescription"] = f"{reply.status} {HTTPStatus(reply.status).phrase}"
        if is_object(event.get("multiValueHeaders")):  # it wants them back in the form in which it gives them
            return {**response, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
    return {**response, "headers": headers}
