"""What a request must pass before anything is done for it."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from ipaddress import ip_address
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request

from wasend.sandbox.limits import RateLimit

Guard: TypeAlias = Callable[[Request], None]
"""Raises an `HTTPException` for a request that may not pass."""


def key_guard(api_key: str | None, limit: RateLimit | None) -> Guard:
    """
    Ask for a bearer key, and hold each key to the rate limit.

    Args:
        api_key: The one key that passes; None lets any key through.
        limit: The rate limit, if any.
    """
    expected = None if api_key is None else api_key.encode()

    def guard(request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        key = key.strip()
        # Starlette reads headers as Latin-1, so this gives the bytes that were sent.
        right = bool(key) if expected is None else hmac.compare_digest(key.encode("latin-1"), expected)
        if scheme.lower() != "bearer" or not right:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        if limit is not None and (wait := limit.wait(key)) > 0:
            raise HTTPException(429, "Too many requests", headers={"Retry-After": str(math.ceil(wait))})

    return guard


def local_guard(request: Request) -> None:
    """Let only this machine through."""
    host = request.client.host if request.client else ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise HTTPException(403, "the sandbox is steered from its own machine only")
