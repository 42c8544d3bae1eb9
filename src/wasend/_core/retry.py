"""
Whether to make a request again, and when. The only importer of tenacity, and only once something has failed.

A write that may have reached the service is never repeated: its error says ``outcome == "unknown"``, and nothing here
overrules that.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, TypeVar

import attrs

from ..errors import (
    PASSING_STATUSES,
    APIConnectionError,
    APIStatusError,
    ConfigurationError,
    WasendError,
)
from .bridge import in_caller
from .clock import Clock
from .waits import OnWait, Wait, moment_of, tell

T = TypeVar("T")

RetryHook: TypeAlias = Callable[[WasendError, int], bool | float | Awaitable[bool | float | None] | None]
"""Asked ``hook(error, attempt)`` after a failure that is safe to repeat: no, yes, or in so many seconds."""

logger = logging.getLogger("wasend")


@attrs.frozen(kw_only=True)
class Retry:
    """
    When a failed request is made again. Only ever one that had no effect, or may have it twice.

    Attributes:
        max_retries: Requests made after the first, at most. 0 is never.
        initial_backoff: Seconds before the first retry where the service names none; doubled for each further one.
        max_backoff: The most that grows to. Each such wait is drawn evenly from 0 to its value (full jitter).
        max_retry_after: A wait named by the service that is longer than this many seconds is not slept through: the
            error is raised at once, with its ``retry_after``.
        hook: Decides instead of `max_retries`, see `RetryHook`. It is asked only where a repetition is safe.
    """

    max_retries: int = 2
    initial_backoff: float = 0.5
    max_backoff: float = 8.0
    max_retry_after: float = 60.0
    hook: RetryHook | None = None

    def __attrs_post_init__(self) -> None:
        count = self.max_retries
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ConfigurationError(f"max_retries: {count!r} is not a count; pass 0 or more")
        for name in ("initial_backoff", "max_backoff", "max_retry_after"):
            seconds = getattr(self, name)
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
                raise ConfigurationError(f"{name}: {seconds!r} is not a time; pass seconds, 0 or more")

    @classmethod
    def of(cls, value: Retry | RetryHook | None) -> Retry:
        """A `Retry` as it is; a hook that decides; `None` for never."""
        if value is None:
            return cls(max_retries=0)
        if isinstance(value, Retry):
            return value
        if callable(value):
            return cls(hook=value)
        raise ConfigurationError(
            f"retry: {value!r} is unknown; pass Retry(...), None for never, or a function (error, attempt)"
        )


DEFAULT_RETRY: Final = Retry()


def may_repeat(error: WasendError, *, repeatable: bool) -> bool:
    """Whether the failure is passing, and making the request again cannot do a thing twice that should be done once."""
    if error.outcome != "not_sent" and not repeatable:
        return False
    if isinstance(error, APIStatusError):
        return not error.permanent and error.status in PASSING_STATUSES
    return isinstance(error, APIConnectionError)


def pause(retry: Retry, error: WasendError, attempt: int) -> float | None:
    """Seconds to wait by the settings alone; `None` where the service asks for more than the settings allow."""
    requested = error.retry_after if isinstance(error, APIStatusError) else None
    if requested is not None:
        return requested if requested <= retry.max_retry_after else None
    ceiling = min(retry.initial_backoff * 2.0 ** min(attempt - 1, 62), retry.max_backoff)
    return random.uniform(0, ceiling)  # noqa: S311 - jitter, not a secret


async def decide(retry: Retry, error: WasendError, attempt: int, *, repeatable: bool, left: float) -> float | None:
    """
    Seconds after which to make the request again, or `None`: raise the error.

    Args:
        retry: The settings.
        error: What failed.
        attempt: How many requests have been made, 1 for the first.
        repeatable: Whether the call may take effect twice.
        left: Seconds until the total deadline; a wait that would pass it is not begun.
    """
    if not may_repeat(error, repeatable=repeatable):
        return None
    verdict: bool | float | None = attempt <= retry.max_retries
    if retry.hook is not None:
        try:
            verdict = await in_caller(retry.hook, error, attempt)
        except Exception as fault:  # what became of the request matters more
            logger.warning("the hook of retry raised %s", type(fault).__name__, exc_info=fault)
            return None
    if verdict is False or verdict is None:
        return None
    seconds = pause(retry, error, attempt) if verdict is True else max(0.0, float(verdict))
    return seconds if seconds is not None and seconds < left else None


async def again(
    attempt: Callable[[], Awaitable[T]],
    first: WasendError,
    wait: Callable[[WasendError, int], Awaitable[float | None]],
    on_wait: OnWait | None,
    clock: Clock,
) -> T:
    """
    Make an attempt again that has failed once, for as long as `wait` returns a time.

    Args:
        attempt: Makes the request once.
        first: How it failed.
        wait: Asked after each failure for the seconds until the next attempt, or `None`.
        on_wait: Told of every wait.
        clock: By which to wait.
    """
    import tenacity  # costs 20 ms to import, and most programs never see a failure

    failed: WasendError | None = first
    pending: Wait | None = None

    async def once() -> T:
        nonlocal failed
        if failed is not None:  # the first attempt was made, and paid for, before tenacity was entered
            error, failed = failed, None
            raise error
        return await attempt()

    async def worth_it(state: tenacity.RetryCallState) -> bool:
        nonlocal pending
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, WasendError):
            return False
        seconds = await wait(error, state.attempt_number)
        if seconds is None:
            return False
        pending = Wait("retry", seconds, moment_of(clock.now() + seconds), error, state.attempt_number)
        logger.info("waiting %.2f s before attempt %d: %s", seconds, pending.attempt + 1, type(error).__name__)
        await tell(on_wait, pending)
        return True

    repeat = tenacity.AsyncRetrying(
        retry=worth_it,
        wait=lambda _: pending.seconds if pending else 0.0,
        stop=tenacity.stop_never,
        sleep=clock.sleep,
        reraise=True,
    )
    return await repeat(once)
