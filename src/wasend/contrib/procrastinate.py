"""
procrastinate tasks that send: one message a job, or all the messages of a session by one job.

A job is run again if its worker died. A client with an outbox makes that harmless: each message has its key, and is
sent once.

Example:
    ```python
    from collections.abc import Sequence

    from procrastinate import App, PsycopgConnector
    from wasend import AsyncWasendClient, Outbox
    from wasend.contrib.procrastinate import Outgoing, SendTasks

    DATABASE = "postgresql://localhost/reminders"


    def make_client() -> AsyncWasendClient:
        return AsyncWasendClient(outbox=Outbox(DATABASE, on_unknown="look"))


    async def due(session: str, after: str | None) -> Sequence[Outgoing]:
        numbers = ["+447700900123", "+447700900456"]  # from your own tables, some hundred rows at a time
        begin = 0 if after is None else int(after.removeprefix("reminder-")) + 1  # as a number: as text, 10 is before 9
        rows = enumerate(numbers[begin:], start=begin)
        return [Outgoing(f"reminder-{number}", {"to": to, "text": "See you at 10"}) for number, to in rows]


    app = App(connector=PsycopgConnector(conninfo=DATABASE))
    tasks = SendTasks(make_client, source=due)
    app.add_tasks_from(tasks, namespace="wasend")
    ```

    Then `await tasks.drain_session("ses_7f3a91c2")`, or `await tasks.send_later(...)` for a single message; and
    ``procrastinate --app=reminders.app worker``.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

try:
    from procrastinate import BaseRetryStrategy, Blueprint, JobContext, RetryDecision
    from procrastinate.exceptions import AlreadyEnqueued, JobAborted, UniqueViolation
    from procrastinate.jobs import Job, Status
except ImportError as error:
    raise ImportError("wasend.contrib.procrastinate needs it: pip install 'wasend-sdk[procrastinate]'") from error

from ..errors import ConfigurationError, InvalidRequestError, OutcomeUnknownError, WasendError

if TYPE_CHECKING:
    from ..client import AsyncWasendClient

__all__ = ["Outgoing", "SendRetry", "SendTasks"]

logger: Final = logging.getLogger("wasend")


@attrs.frozen
class Outgoing:
    """
    A message to be sent.

    Attributes:
        key: Its idempotency key: it is sent once, however often it is given.
        fields: The arguments of the call, but for session and key, such as ``{"to": ..., "text": ...}``.
        call: The method of the client that sends it.
    """

    key: str
    fields: Mapping[str, Any] = attrs.field(repr=False)
    call: str = "send_text"


Source: TypeAlias = Callable[[str, str | None], Awaitable[Sequence[Outgoing]]]
"""
Called as ``source(session, after)``; returns the next messages of a session, in an order that does not change: those
after the one with the key `after`, or the first ones. An empty list ends the drain.
"""

OnOutcome: TypeAlias = Callable[[Outgoing, Any], Awaitable[None]]
"""Called with each message and what its call returned, or the `WasendError` that it raised; perhaps more than once."""


@contextmanager
def _abortable() -> Generator[None]:
    """A job that is cancelled is aborted: then, unlike a cancelled one, it is run again if its worker was to end."""
    try:
        yield
    except asyncio.CancelledError as error:
        raise JobAborted from error


class _Resume(BaseRetryStrategy):
    """Runs a job again that was stopped because its worker was to end."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        del job
        return RetryDecision() if isinstance(exception, JobAborted) else None  # it is asked for no other reason


class SendRetry(_Resume):
    """
    Runs a job again whose error is ``retryable``: after its ``retry_after``, or with growing pauses.

    Args:
        max_attempts: How often, at most.
        longest_backoff: Seconds to which the pauses grow.
    """

    def __init__(self, max_attempts: int = 100, longest_backoff: float = 600.0) -> None:
        self.max_attempts = max_attempts
        self.longest_backoff = longest_backoff

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to run a job again that has raised an exception; `None` for never."""
        seconds = self.pause(exception, job.attempts)
        if seconds is None:
            return super().get_retry_decision(exception=exception, job=job)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=seconds))

    def pause(self, error: BaseException, attempts: int) -> float | None:
        """
        Seconds after which to try again; `None` for never.

        Args:
            error: What was raised.
            attempts: How often it was tried again before.
        """
        if not isinstance(error, WasendError) or not error.retryable or attempts >= self.max_attempts:
            return None
        if error.retry_after is not None:
            return error.retry_after
        return self.backoff(attempts)

    def backoff(self, attempts: int) -> float:
        """
        Seconds after which to try again what does not say when.

        Args:
            attempts: How often it was tried again before.
        """
        return random.uniform(0, min(2.0 ** min(attempts, 62), self.longest_backoff))  # noqa: S311 - jitter, no secret


class SendTasks(Blueprint):
    """
    The tasks ``send`` and ``drain``, to be added to an app: ``app.add_tasks_from(tasks, namespace="wasend")``.

    A third one, ``retry_stalled``, is run every minute, and gives back those jobs of the two whose worker has died.

    Args:
        make_client: Makes the client, when a worker first needs it. Its ``outbox`` is what keeps a message from being
            sent twice.
        source: Returns the messages of a session; see `Source`.
        on_outcome: Called with the outcome of each message; see `OnOutcome`.
        in_flight: How many messages of a session to send at once.
        seconds: Seconds for which one job drains a session before it leaves the rest to another, so that other jobs get
            their turn.
        stalled_after: Seconds without a heartbeat after which a job's worker is taken for dead; workers have one every
            10 s by default.
        retry: When failed jobs are run again.
    """

    def __init__(
        self,
        make_client: Callable[[], AsyncWasendClient],
        *,
        source: Source | None = None,
        on_outcome: OnOutcome | None = None,
        in_flight: int = 8,
        seconds: float = 60.0,
        stalled_after: float = 30.0,
        retry: SendRetry | None = None,
    ) -> None:
        super().__init__()
        self._make_client = make_client
        self._source = source
        self._on_outcome = on_outcome
        self._in_flight = in_flight
        self._seconds = seconds
        self._stalled_after = stalled_after
        self._retry = SendRetry() if retry is None else retry
        self.send: Final = self.task(name="send", retry=self._retry, pass_context=True)(self._send)
        self.drain: Final = self.task(name="drain", retry=_Resume(), pass_context=True)(self._drain)
        stalled = self.task(name="retry_stalled", queueing_lock="wasend_retry_stalled", pass_context=True)
        self.retry_stalled: Final = self.periodic(cron="* * * * *")(stalled(self._retry_stalled))

    @functools.cached_property
    def client(self) -> AsyncWasendClient:
        """The client of this process."""
        return self._make_client()

    async def aclose(self) -> None:
        """Close the client, if one was made."""
        if (client := self.__dict__.pop("client", None)) is not None:
            await client.aclose()

    async def send_later(
        self, session: str, fields: Mapping[str, Any], *, call: str = "send_text", key: str | None = None
    ) -> str:
        """
        Put a message into the queue.

        procrastinate keeps a job's arguments in its table, and logs them: so of this one its text and recipient. Of
        `drain_session` it knows neither.

        Args:
            session: The session to send from.
            fields: The arguments of the call, but for session and key; what can be written as JSON.
            call: The method of the client that sends it.
            key: Its own key; by default one that no other has.

        Returns:
            Its key.

        Raises:
            InvalidRequestError: There is no such call, or a field cannot be kept.
        """
        message = Outgoing(f"job-{uuid.uuid4().hex}" if key is None else key, fields, call)
        _check(message)
        try:
            json.dumps(dict(fields))
        except (TypeError, ValueError):
            raise InvalidRequestError(
                "fields", "cannot be written as JSON", "pass a URL, or base64, for a file"
            ) from None
        await self.send.defer_async(session=session, key=message.key, call=call, fields=dict(fields))
        return message.key

    async def drain_session(self, session: str, after: str | None = None) -> None:
        """
        Enqueue a job that sends all messages of a session that the source returns. If one is queued, nothing happens.

        Args:
            session: The session to send from.
            after: The key of the message after which to begin.
        """
        await self._continue(session, after)

    # What the jobs do

    async def _send(self, context: JobContext, /, session: str, key: str, call: str, fields: dict[str, Any]) -> None:
        message = Outgoing(key, fields, call)
        with _abortable():
            outcome = await self._outcome_of(session, message)
        if self._is_final(outcome, context.job.attempts):
            await self._tell(message, outcome)
        if isinstance(outcome, WasendError):
            raise outcome

    async def _drain(self, context: JobContext, /, session: str, after: str | None, **left: Any) -> None:
        if context.job.lock is None:  # its time has come; see `_continue`
            await self._continue(session, after, name=f" again, after {after}", **left)
            return
        with _abortable():
            await self._drain_from(context, session, after, **left)

    async def _drain_from(
        self,
        context: JobContext,
        session: str,
        after: str | None,
        *,
        left: dict[str, Any] | None = None,
        attempts: int = 0,
    ) -> None:
        """
        Send the messages of a session.

        Args:
            context: The job's.
            session: The session.
            after: The key of the message behind which to begin.
            left: Where messages were left before that could not be sent, and in how many seconds they may be.
            attempts: How often it was begun again for such messages.
        """
        if self._source is None:
            raise ConfigurationError("source: this worker knows of no messages; pass SendTasks(..., source=...)")
        end = time.monotonic() + self._seconds
        given_up: WasendError | None = None
        try:
            while messages := await self._source(session, after):
                if messages[-1].key == after:
                    raise ConfigurationError("source: it gives the same messages again; give those behind `after`")
                if context.should_abort():
                    raise JobAborted
                if time.monotonic() >= end:
                    await self._continue(session, after, left=left, attempts=attempts)
                    left = None
                    break
                failed = await self._slice(session, messages, attempts)
                if failed and left is None and given_up is None:
                    last = max(failed, key=lambda error: error.retry_after or 0.0)
                    if (seconds := self._retry.pause(last, attempts)) is None:
                        given_up = last  # those that come are told the same
                    else:
                        left = {"after": after, "seconds": seconds}
                if len(failed) == len(messages) and not all(map(_is_left_earlier, failed)):
                    break  # the others fail as well
                after = messages[-1].key
        except (ConfigurationError, JobAborted):
            raise
        except Exception:  # of the source, or of who is told: no message may wait for ever for that
            if attempts < self._retry.max_attempts:
                seconds, begin = self._retry.backoff(attempts), after if left is None else left["after"]
                await self._continue(session, begin, seconds=seconds, attempts=attempts + 1)
            raise
        if left is not None:  # of those that are done, nothing is done again
            await self._continue(session, left["after"], seconds=left["seconds"], attempts=attempts + 1)
        if given_up is not None:
            raise given_up

    async def _slice(self, session: str, messages: Sequence[Outgoing], attempts: int) -> list[WasendError]:
        """Send some messages; the errors of those that are to be tried again."""
        slots = asyncio.Semaphore(self._in_flight)
        failed: list[WasendError] = []

        async def one(message: Outgoing) -> None:
            async with slots:
                outcome = await self._outcome_of(session, message)
                if isinstance(outcome, WasendError) and outcome.retryable:
                    failed.append(outcome)
                if self._is_final(outcome, attempts):
                    await self._tell(message, outcome)

        # Each comes to its end, whatever becomes of another: one that was cancelled may have been sent.
        for error in await asyncio.gather(*map(one, messages), return_exceptions=True):
            if error is not None:
                raise error
        return failed

    async def _continue(
        self,
        session: str,
        after: str | None,
        *,
        seconds: float = 0.0,
        left: dict[str, Any] | None = None,
        attempts: int = 0,
        name: str = "",
    ) -> None:
        """Put a job into the queue that drains a session from here on, unless one that does so waits there."""
        lock = f"wasend:{session}"
        if seconds:
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            # Without the lock: it would keep all that is put into the queue behind it, until its time comes.
            waiting = self.drain.configure(queueing_lock=f"{lock} later, after {after}", schedule_at=at)
        else:
            # One at a time: a session's messages keep their order.
            waiting = self.drain.configure(lock=lock, queueing_lock=f"{lock}{name}")
        with suppress(AlreadyEnqueued):
            await waiting.defer_async(session=session, after=after, left=left, attempts=attempts)

    async def _retry_stalled(self, context: JobContext, timestamp: int) -> None:
        del timestamp
        manager = context.app.job_manager
        for task in (self.send, self.drain):
            for job in await manager.get_stalled_jobs(task_name=task.name, seconds_since_heartbeat=self._stalled_after):
                try:
                    await manager.retry_job(job)
                except (AlreadyEnqueued, UniqueViolation):  # another job for the session waits until this one is over
                    await manager.finish_job(job, Status.FAILED, delete_job=False)

    async def _outcome_of(self, session: str, message: Outgoing) -> Any:
        """What a message came to: what its call has returned, or its error."""
        try:
            _check(message)
            return await getattr(self.client, message.call)(session=session, key=message.key, **message.fields)
        except WasendError as error:
            return error

    def _is_final(self, outcome: object, attempts: int) -> bool:
        """Whether that is what a message has come to, and it is not tried again."""
        return not isinstance(outcome, WasendError) or self._retry.pause(outcome, attempts) is None

    async def _tell(self, message: Outgoing, outcome: object) -> None:
        if isinstance(outcome, WasendError):
            logger.warning("a message was not sent by its job: %s: %s", type(outcome).__name__, outcome)
        if self._on_outcome is not None:
            await self._on_outcome(message, outcome)


def _is_left_earlier(error: WasendError) -> bool:
    """
    Whether nothing was tried: so it tells nothing of the others, and must not keep them.

    That what was lost was not sent is certain only once another message of the session is shown.
    """
    return isinstance(error, OutcomeUnknownError) and error.left_earlier


def _check(message: Outgoing) -> None:
    from ..client import AsyncWasendClient

    call = message.call
    method = getattr(AsyncWasendClient, call, None)
    if method is None or call.startswith("_") or "key" not in inspect.signature(method).parameters:
        raise InvalidRequestError(
            "call", f"{call!r} is no call that sends", "pass 'send_text', 'send_image' or the like"
        )
    for name in ("session", "key"):
        if name in message.fields:
            raise InvalidRequestError("fields", f"name the {name}, which is the job's", "leave it out")
