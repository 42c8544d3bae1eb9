"""Settings of a client: frozen, checked when made, and never printing the key."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

import attrs

from ..errors import ConfigurationError
from .body import PIECE
from .bounds import MAX_ANSWER_BYTES
from .clock import SYSTEM_CLOCK, Clock
from .response import Response
from .retry import DEFAULT_RETRY, Retry, RetryHook
from .secret import MISSING, Secret
from .waits import OnWait

N = TypeVar("N", int, float)

BASE_URL: Final = "https://api.wasend.dev"
SLOWEST_UPLOAD: Final = 32 * 1024
"""Bytes a second, 0.26 Mbit/s: for so slow an upload `Timeout.total` is prolonged."""
_MILLISECONDS_FROM: Final = 600.0
_LEAST_BYTES: Final = 64 * 1024
_LOOPBACK: Final = re.compile(r"localhost|.*\.localhost|127(\.\d{1,3}){3}|::1")


def _seconds(what: str, value: Any, *, most: float = _MILLISECONDS_FROM) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ConfigurationError(f"{what}: {value!r} is not a time; pass seconds above 0, such as 30")
    if value >= most:
        raise ConfigurationError(f"{what}: {value!r} is too long; it takes seconds, not milliseconds (below {most:g})")
    return float(value)


@attrs.frozen(kw_only=True)
class Timeout:
    """
    How long to wait, in seconds.

    Attributes:
        connect: For a connection to be made.
        answer: For the next bytes of an answer.
        send: The same for calls that send a message or create something, which the service answers more slowly. A large
            body is written in pieces of 64 KiB, each of which may take so long.
        total: For the whole call, every attempt and every wait between them included, also those that the service asks
            for. The wait for one's turn under a rate limit or pacing of one's own, and for one of the client's own
            connections, does not count. A body of more than 64 KiB has 1 s more for each further 32 KiB. It also ends a
            server that drips.
    """

    connect: float = 5.0
    answer: float = 30.0
    send: float = 90.0
    total: float = 180.0

    def __attrs_post_init__(self) -> None:
        for name in ("connect", "answer", "send"):
            _seconds(f"timeout ({name})", getattr(self, name))
        _seconds("timeout (total)", self.total, most=30_000)

    def total_for(self, length: int) -> float:
        """
        Seconds for the whole call.

        Args:
            length: Bytes of its body.
        """
        return self.total + max(0, length - PIECE) / SLOWEST_UPLOAD

    @classmethod
    def of(cls, value: float | Timeout | None) -> Timeout:
        """A `Timeout` as it is; a number for every answer; `None` for the defaults."""
        if value is None:
            return cls()
        if isinstance(value, Timeout):
            return value
        seconds = _seconds("timeout", value)
        return cls(connect=min(seconds, 5.0), answer=seconds, send=seconds, total=max(180.0, 2 * seconds))


def _secret(key: str | Secret) -> Secret:
    secret: Secret = Secret.of(key)
    return secret


@attrs.frozen(kw_only=True)
class Options:
    """What a client is set to."""

    key: Secret = attrs.field(converter=_secret, alias="api_key")
    base_url: str = BASE_URL
    timeout: Timeout = attrs.field(factory=Timeout)
    retry: Retry = attrs.field(factory=Retry)
    prefer: Literal["sdk", "docs"] = "sdk"
    strict: bool = False
    max_answer_bytes: int = MAX_ANSWER_BYTES
    session: str | None = None
    clock: Clock = attrs.field(default=SYSTEM_CLOCK, repr=False)
    on_response: Callable[[Response], object] | None = attrs.field(default=None, repr=False)
    on_wait: OnWait | None = attrs.field(default=None, repr=False)

    @property
    def api_key(self) -> str:
        """The API key, in the clear."""
        return self.key.reveal()

    @classmethod
    def resolve(
        cls,
        *,
        api_key: Secret | None,
        base_url: str | None,
        timeout: float | Timeout | None,
        retry: Retry | RetryHook | None,
        prefer: Literal["sdk", "docs"],
        session: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
        strict: bool = False,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> Options:
        """Options from arguments, then from the environment, then from the defaults."""
        if prefer not in ("sdk", "docs"):
            raise ConfigurationError(f"prefer: {prefer!r} is unknown; pass 'sdk' or 'docs'")
        if (
            isinstance(max_answer_bytes, bool)
            or not isinstance(max_answer_bytes, int)
            or max_answer_bytes < _LEAST_BYTES
        ):
            remedy = f"pass {_LEAST_BYTES} or more; the default is {MAX_ANSWER_BYTES}"
            raise ConfigurationError(f"max_answer_bytes: {max_answer_bytes!r} is too little; {remedy}")
        if timeout is None and (seconds := os.environ.get("WASEND_TIMEOUT")):
            timeout = _number("WASEND_TIMEOUT", seconds, float)
        if retry is DEFAULT_RETRY and (count := os.environ.get("WASEND_MAX_RETRIES")):
            retry = Retry(max_retries=_number("WASEND_MAX_RETRIES", count, int))
        return cls(
            api_key=clean_key(Secret.of(os.environ.get("WASEND_API_KEY")) if api_key is None else api_key),
            base_url=clean_url((os.environ.get("WASEND_BASE_URL") or BASE_URL) if base_url is None else base_url),
            timeout=Timeout.of(timeout),
            retry=Retry.of(retry),
            prefer=prefer,
            strict=strict,
            max_answer_bytes=max_answer_bytes,
            session=session or os.environ.get("WASEND_SESSION") or None,
            clock=clock,
        )


def clean_key(key: Secret | None) -> Secret:
    """The key without white space around it; it is never shown in what is raised."""
    if key is None:
        raise ConfigurationError(f"api_key: {MISSING}")
    cleaned, problem = key.cleaned()
    if problem is not None:
        raise ConfigurationError(f"api_key: {problem}")
    return cleaned


def clean_url(url: str) -> str:
    """The base URL without a slash at its end. One that is refused is not repeated: it may hold a key or a password."""
    remedy = f"pass one such as {BASE_URL}"
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except (ValueError, AttributeError, TypeError):
        raise ConfigurationError(f"base_url: not a URL; {remedy}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url: contains a user name or password; pass the key as api_key")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"base_url: scheme or host is missing; {remedy}")
    if parts.query or parts.fragment or port == 0 or not re.fullmatch(r"[!-~]+", url.strip()):
        raise ConfigurationError(f"base_url: contains more than scheme, host, port and path; {remedy}")
    return url.strip().rstrip("/")


def is_exposed(url: str) -> bool:
    """Whether the key would travel in the clear beyond this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname or "")


def _number(name: str, text: str, kind: Callable[[str], N]) -> N:
    try:
        return kind(text)
    except ValueError:
        raise ConfigurationError(f"{name}: {text!r} is not a number") from None
