"""The outbox of a client: where it is, whose keys they are, and what is done where an outcome is not known."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
import os
import threading
import weakref
from typing import Any, Final, Literal, TypeAlias, cast

from .._core.options import Options
from ..errors import ConfigurationError
from .holder import Holder
from .rules import DIGEST, Account
from .store import OutboxStore

OnUnknown: TypeAlias = Literal["raise", "look", "risk_duplicate"]

_POSTGRES: Final = ("postgresql://", "postgres://")
_CHOICES: Final = ("raise", "look", "risk_duplicate")
_LONGEST_NAME: Final = 100


class Outbox:
    """
    Where calls with a ``key`` are kept, so that each is made once: by whichever task, thread, process or machine that
    shares the outbox, at once or after a crash.

    The intent to send is recorded before the first byte leaves, and the outcome afterwards. A second call with the same
    key returns or raises the recorded outcome, and waits while the first is under way. If the first was killed, its
    message is looked for in the chat, and sent only if it is certain that it was not.

    Example:
        ```python
        from wasend import AsyncWasendClient, Outbox


        async def ready(order: int, number: str) -> None:
            async with AsyncWasendClient(outbox=Outbox("outbox.db")) as client:
                desk = client.session()
                await desk.send_text(to=number, text=f"Order {order} is ready.", key=f"ready-{order}")
        ```

    It may be shared by clients, event loops and threads, and works after a fork. Identical sends, of one session to one
    chat with one text, must all go through the outbox with a key: it cannot know what other programs send.

    Args:
        target: The path of a file, which processes of one machine may share; the address of a PostgreSQL database,
            ``postgresql://…``, which several machines may share; or an `OutboxStore`.
        account: A name for the account, since two accounts may use the same keys. By default it is identified by the
            service's address and the API key. After the API key was replaced, it is recognized by its sessions; pass a
            name if it also has keys for new sessions, or if several accounts have the same API key.
        keep: Seconds after which a key is forgotten, counted from when its outcome was known. By default 30 days. What
            is still open is never forgotten.
        on_unknown: What a call does if the outcome of an earlier call with its key is unknown. ``"raise"``: it raises
            an `OutcomeUnknownError`. ``"look"``: it looks for the message again, and raises that if the outcome is
            still unknown. ``"risk_duplicate"``: it sends again, although the message may have been sent.
        visible_within: Seconds after which a message that the service has accepted is certainly in its chat. Only
            then, and only if the chat or another shows a message of that session which the outbox knows, does a send
            that is not there count as not sent, so that the next call with its key sends it.

    Raises:
        ConfigurationError: An argument makes no sense.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | OutboxStore,
        *,
        account: str | None = None,
        keep: float = 30 * 86_400.0,
        on_unknown: OnUnknown = "raise",
        visible_within: float = 120.0,
    ) -> None:
        if account is not None and not (
            isinstance(account, str) and 0 < len(account) <= _LONGEST_NAME and account.isprintable()
        ):
            raise ConfigurationError(f"account: {account!r:.120} is no name; pass printable text, such as 'shop'")
        if account is not None and account.startswith(DIGEST):
            raise ConfigurationError(f"account: a name does not begin with {DIGEST}; pass another")
        if on_unknown not in _CHOICES:
            raise ConfigurationError(f"on_unknown: {on_unknown!r} is unknown; pass one of {', '.join(_CHOICES)}")
        self.on_unknown: OnUnknown = on_unknown
        self.keep = _seconds("keep", keep)
        self.visible_within = _seconds("visible_within", visible_within)
        self.store: OutboxStore = _store(target)
        self.claims = itertools.count()
        self._account = account
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._holders: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Holder] = weakref.WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Outbox({self.store!r})"

    async def aclose(self) -> None:
        """Close the outbox's store. It need not be called: it is closed with the process, too."""
        await self.store.aclose()

    def account_of(self, options: Options) -> Account:
        """
        Whose keys those of a client are.

        Args:
            options: The client's.
        """
        if self._account is not None:
            return Account(self._account)
        service = DIGEST + hashlib.blake2b(options.base_url.encode(), digest_size=4).hexdigest()
        # The key itself is in no variable.
        return Account(service + hashlib.blake2b(options.key.reveal().encode(), digest_size=4).hexdigest(), service)

    def holder(self) -> Holder:
        """Who claims calls on the running event loop."""
        if self._process != os.getpid():  # in a forked child; another thread may have held the lock
            self._process, self._lock = os.getpid(), threading.Lock()
            self._holders = weakref.WeakKeyDictionary()
        loop = asyncio.get_running_loop()
        with self._lock:
            holder = self._holders.get(loop)
            if holder is None:
                holder = self._holders[loop] = Holder(self.store)
            return holder


def _store(target: Any) -> OutboxStore:
    if isinstance(target, str) and target.startswith(_POSTGRES):
        from .postgres import PostgresOutboxStore

        return PostgresOutboxStore(target)
    if isinstance(target, str) and "://" in target:
        scheme = target.partition("://")[0]
        raise ConfigurationError(f"outbox: {scheme}:// is unknown; pass the path of a file, or postgresql://…")
    if isinstance(target, str | os.PathLike):
        from .sqlite import SqliteOutboxStore

        return SqliteOutboxStore(cast("str | os.PathLike[str]", target))
    if isinstance(target, OutboxStore):
        return target
    raise ConfigurationError(f"outbox: expected a path or an address, got {type(target).__name__}; pass 'outbox.db'")


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigurationError(f"{name}: {value!r} is not a time; pass seconds, 0 or more")
    return float(value)
