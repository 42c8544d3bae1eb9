"""
Celery tasks that send: retried when that can help, and each message sent once, however often a task is run.

Celery runs a task again if its worker died (``acks_late``), or if it was delivered to a second worker because the first
took too long (``visibility_timeout``). A client with an outbox makes that harmless: the key of the message is the id
of the task, which stays the same in every run.

Example:
    ```python
    from celery import Celery
    from wasend import Outbox, WasendClient
    from wasend.contrib.celery import WasendTask

    app = Celery("reminders", broker="redis://localhost")


    class Reminder(WasendTask):
        def make_client(self) -> WasendClient:
            return WasendClient(outbox=Outbox("reminders.db", on_unknown="look"))


    @app.task(base=Reminder, bind=True)
    def remind(task: Reminder, to: str, text: str) -> str:
        return task.client.send_text(session="ses_7f3a91c2", to=to, text=text).id
    ```
"""

# Celery has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import atexit
import functools
import os
import random
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

try:
    from celery import Task
    from celery.signals import worker_process_shutdown, worker_shutdown
except ImportError as error:
    raise ImportError("wasend.contrib.celery needs Celery: pip install 'wasend-sdk[celery]'") from error

from ..errors import ConfigurationError, WasendError

if TYPE_CHECKING:
    from .._sync import WasendClient

__all__ = ["WasendTask"]

_LONGEST_WAIT: Final = 900.0
"""
Seconds that a task waits in a worker at most, where nothing else is set: half as long as RabbitMQ lets a message be
unacknowledged, and a quarter as long as Redis does before it gives it to another worker, by Celery's default.
"""


class WasendTask(Task):  # type: ignore[misc]  # it is Any
    """
    The base class of tasks that send messages.

    Override `make_client`. A task that raises a ``retryable`` error is retried, after its ``retry_after`` or with
    exponential backoff; every other error fails the task. A pause is no longer than half the broker's
    ``visibility_timeout``, or 15 minutes; a longer wait takes several retries. A task whose worker dies goes back to
    the queue.

    Attributes:
        max_retries: How often a task is retried at most: enough for most of a day.
        longest_backoff: Seconds that a backoff takes at most, if the error does not say how long to wait.
    """

    abstract = True
    acks_late = True
    reject_on_worker_lost = True
    max_retries = 100
    longest_backoff: float = 600.0

    def make_client(self) -> WasendClient:
        """
        Make the client of a worker process. It is called when the process first needs one, so after the fork.

        Its ``outbox`` is what keeps a message from being sent twice.
        """
        raise NotImplementedError(f"{type(self).__name__}.make_client: return a WasendClient(outbox=...)")

    @property
    def key(self) -> str:
        """The key of the task's message: the task's id. Give a further message one of its own: ``f"{task.key}:2"``."""
        if self.request.id is None:
            raise ConfigurationError("key: the task was called as a function; call it with .delay() or .apply()")
        return str(self.request.id)

    @property
    def client(self) -> WasendClient:
        """The client of this worker process; a send without a ``key`` has the task's. See `key` for a second one."""
        return _client_of(self).with_options(key=self.key)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if (run := vars(cls).get("run")) is not None:
            cls.run = _retrying(run)

    def try_again(self, error: WasendError) -> Exception:
        """
        Put the task back into the queue, to be run later.

        Args:
            error: Why; it is raised when the task has no retries left.

        Returns:
            What to raise: Celery's ``Retry``.
        """
        wait: float | None = error.retry_after
        if wait is None:
            wait = random.uniform(0, min(2.0 ** min(self.request.retries, 62), self.longest_backoff))  # noqa: S311
        # One that waits for longer than the visibility timeout is given to another worker as well, again and again.
        options: Any = self.app.conf.broker_transport_options or {}
        longest: float = options.get("visibility_timeout", 2 * _LONGEST_WAIT) / 2
        again: Exception = self.retry(exc=error, countdown=min(wait, longest), throw=False)
        return again


def _retrying(run: Any) -> Callable[..., Any]:
    """The function of a task, which is tried again where that can help."""
    bound = not isinstance(run, staticmethod)
    function = run if bound else run.__func__

    @functools.wraps(function)
    def either(self: WasendTask, *args: Any, **fields: Any) -> Any:
        try:
            return function(self, *args, **fields) if bound else function(*args, **fields)
        except WasendError as error:
            if not error.retryable:
                raise
            raise self.try_again(error) from error

    return either


# One client a process and base class: all tasks of that share it. What a fork has copied is the parent's.
_clients: Final[dict[tuple[int, type], WasendClient]] = {}


def _client_of(task: WasendTask) -> WasendClient:
    # The class of a decorated function is its own; the one below it is what was given as its base.
    base = next(kind for kind in type(task).__mro__ if "__wrapped__" not in vars(kind))
    whose = os.getpid(), base
    if (client := _clients.get(whose)) is None:
        client = _clients.setdefault(whose, made := task.make_client())
        if client is not made:  # another thread was faster
            made.close()
        # For tasks that run where no worker ends: registered behind the finalizers, it is called before them.
        weakref.finalize(client, int)
        atexit.register(_close)
    return client


def _close(**_: Any) -> None:
    for whose, client in [*_clients.items()]:
        if whose[0] == os.getpid():
            del _clients[whose]
            client.close()


worker_process_shutdown.connect(_close)
worker_shutdown.connect(_close)
