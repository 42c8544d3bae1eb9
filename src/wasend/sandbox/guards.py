"""What a request must pass before anything is done for it."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Callable, Collection
from hashlib import sha256
from ipaddress import ip_address
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request

from wasend.sandbox.hosts import is_loopback
from wasend.sandbox.limits import RateLimit

Guard: TypeAlias = Callable[[Request], str | None]
"""Raises an `HTTPException` for a request that may not pass; otherwise says whose account it is for, if any."""

HEADERS = "wasend.headers"
"""Where the scope of a request holds headers for its answer, whatever that will be."""

ACCOUNT = "wasend.account"
"""Where the scope of a request says whose it is, once that is known."""

EVERYBODY = "acc_sandbox"
"""The one account where any key is let in."""


def account_of(key: str) -> str:
    """Return the id of a key's account; it does not give the key away."""
    return f"acc_{sha256(key.encode()).hexdigest()[:12]}"


def key_guard(api_keys: Collection[str], limit: RateLimit | None, *, announced: bool = False) -> Guard:
    """
    Ask for a bearer key, and hold each key to the rate limit.

    Args:
        api_keys: The keys that pass, an account each; none lets any key through, all of them to one account.
        limit: The rate limit, if any.
        announced: Whether answers tell of it in headers.
    """
    accounts = {key.encode(): account_of(key) for key in api_keys}

    def guard(request: Request) -> str:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        key = key.strip()
        # Starlette reads headers as Latin-1, so this gives the bytes that were sent.
        given = key.encode("latin-1")
        account = None if accounts or not key else EVERYBODY
        for right, its in accounts.items():
            if hmac.compare_digest(given, right):
                account = its
        if scheme.lower() != "bearer" or account is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        request.scope[ACCOUNT] = account
        if limit is not None:
            passage = limit.ask(key)
            if announced:
                request.scope[HEADERS] = [
                    (b"x-ratelimit-limit", str(limit.requests).encode()),
                    (b"x-ratelimit-remaining", str(passage.remaining).encode()),
                    (b"x-ratelimit-reset", str(math.ceil(passage.reset)).encode()),
                ]
            if passage.wait > 0:
                raise HTTPException(429, "Too many requests", headers={"Retry-After": str(math.ceil(passage.wait))})
        return account

    return guard


def local_guard(request: Request) -> None:
    """Let only this machine through, and no page of another site that is open in its browser."""
    if request.client is None or not is_loopback(request.client.host):
        raise HTTPException(403, "the sandbox is steered from its own machine only")
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if _is_public(host) or (origin is not None and origin.partition("://")[2] != host):
        raise HTTPException(403, "the sandbox is steered from its own pages only")


def _is_public(host: str) -> bool:
    """Whether a host is a name that anybody may own, and point at this machine to have a browser's pages call it."""
    name = re.sub(r":[0-9]*$", "", host)
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return "." in name and name.rpartition(".")[2] not in ("localhost", "test", "example", "invalid", "local")
    return False
