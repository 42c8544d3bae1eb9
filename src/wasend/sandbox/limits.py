"""The sandbox's rate limit: so many requests in so many seconds, for each key."""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict, deque
from typing import NamedTuple

from wasend.sandbox.clock import Clock

_UNITS = {"s": 1, "m": 60, "h": 3600}
_LIMIT = re.compile(r"([0-9]+)/([0-9]+(?:\.[0-9]+)?)?([smh])")


def parse_limit(limit: str | tuple[int, float]) -> tuple[int, float]:
    """
    Read a rate limit.

    Args:
        limit: ``"20/m"``, ``"5/s"``, ``"5/10s"``, ``"100/h"``, or the number of requests and the seconds.

    Returns:
        How many requests, and in how many seconds.

    Raises:
        ValueError: It is written otherwise, or allows nothing.
    """
    if isinstance(limit, str):
        match = _LIMIT.fullmatch(limit.replace(" ", ""))
        if match is None:
            raise ValueError(f"a rate limit is written like '20/m', '5/s' or '5/10s', not {limit!r}")
        requests, seconds = int(match[1]), float(match[2] or 1) * _UNITS[match[3]]
    else:
        requests, seconds = limit
    if requests < 1 or not 0 < seconds < math.inf:
        raise ValueError(f"a rate limit allows at least one request in some time, not {limit!r}")
    return requests, seconds


class Passage(NamedTuple):
    """What became of asking: seconds to `wait`, 0 if let through; how many remain; seconds until one comes back."""

    wait: float
    remaining: int
    reset: float


class RateLimit:
    """A sliding window for each key; a refused request does not count."""

    def __init__(self, limit: str | tuple[int, float], clock: Clock) -> None:
        self.requests, self._seconds = parse_limit(limit)
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
