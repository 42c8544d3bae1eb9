"""What a request must pass before anything is done for it."""

from __future__ import annotations

import hmac
import math
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from hashlib import sha256
from ipaddress import ip_address
from typing import NamedTuple, TypeAlias

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from wasend.delivery.rate_limit import parse_limit
from wasend.errors import ConfigurationError
from wasend.sandbox.world import Clock

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
    """Require a bearer key (of no keys, any passes), and hold each to the rate limit, `announced` in headers."""
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
    """Let this machine through, but no page of another site that is open in its browser; and who has the token."""
    token: str | None = request.app.state.control_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is not None and hmac.compare_digest(given.encode("latin-1"), token.encode()):
        return
    if request.client is None or not is_loopback(request.client.host):
        raise HTTPException(403, "the sandbox can be controlled from its own machine only")
    if is_of_another_site(request.headers):
        raise HTTPException(403, "the sandbox can be controlled from its own pages only")


def is_of_another_site(headers: Headers) -> bool:
    """
    Whether a browser sent a request for a page of another site.

    Such a page names that site as its origin; or it has had the name of its own site lead to this machine (DNS
    rebinding), and that is the host it asks.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    return _is_public(host) or (origin is not None and origin.partition("://")[2] != host)


def _is_public(host: str) -> bool:
    """Whether a host is a name that anybody may own, and point at this machine to have a browser's pages call it."""
    name = re.sub(r":[0-9]*$", "", host)
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return "." in name and name.rpartition(".")[2] not in ("localhost", "test", "example", "invalid", "local")
    return False


class Passage(NamedTuple):
    """What became of asking: seconds to `wait`, 0 if let through; how many remain; seconds until one comes back."""

    wait: float
    remaining: int
    reset: float


class RateLimit:
    """A sliding window for each key; a refused request does not count."""

    def __init__(self, limit: str | tuple[int, float], clock: Clock) -> None:
        try:
            self.requests, self._seconds = parse_limit(limit) if isinstance(limit, str) else limit
        except ConfigurationError:
            raise ValueError(f"a rate limit is written like '20/m', '5/s' or '5/10s', not {limit!r}") from None
        if self.requests < 1 or not 0 < self._seconds < math.inf:
            raise ValueError(f"a rate limit allows at least one request in some time, not {limit!r}")
        self._clock = clock
        self._lock = threading.Lock()
        self._passed: defaultdict[str, deque[float]] = defaultdict(deque)

    def ask(self, key: str) -> Passage:
        """Let a request through, or tell the seconds until one would be let through."""
        with self._lock:
            now = self._clock.now()
            passed = self._passed[key]
            while passed and passed[0] + self._seconds <= now:
                passed.popleft()
            wait = passed[0] + self._seconds - now if len(passed) >= self.requests else 0.0
            if not wait:
                passed.append(now)
            return Passage(wait, self.requests - len(passed), passed[0] + self._seconds - now)

    def reset(self) -> None:
        """Forget every request."""
        with self._lock:
            self._passed.clear()


def is_loopback(host: str) -> bool:
    """Return whether an address, or the name ``localhost``, leads to this machine and nowhere else."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    # A socket of both families tells of IPv4 so, which Python knows for loopback since 3.13.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
