"""The methods of a client's outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .._core.calls import Calls
from .._core.checks import idempotency_key
from .._core.engine import Engine
from ..api.sessions import SessionRef, session_ref
from ..delivery.middleware import DeliverySettings
from ..errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from .entry import Entry
    from .outbox import Outbox
    from .recovery import Recovered


class AsyncOutboxCalls:
    """A client's outbox, with its recorded and unknown sends; `AsyncWasendClient.outbox` is one."""

    def __init__(self, engine: Engine, settings: DeliverySettings) -> None:
        self._engine = engine
        self._settings = settings

    async def recover(self, session: SessionRef | None = None, *, wait: bool = True) -> Recovered:
        """
        Find out what became of every open send: those that a killed process left behind, and those never answered.

        It sends nothing: a message that was not sent is sent by the next call with its key. Several processes may
        recover at once; each settles sends that no other is settling.

        Example:
            ```python
            from wasend import Outbox, WasendClient


            def main() -> None:
                with WasendClient(outbox=Outbox("outbox.db")) as client:
                    recovered = client.outbox.recover()
                    for entry in recovered.unknown:
                        print(entry.key, entry.reason)
            ```

        Args:
            session: Of this session only: its ``uniqueSessionId``, or a `Session`.
            wait: Whether to wait for sends that may still be under way, which may take as long as a send can (three
                minutes by default); otherwise they are left as they are.

        Returns:
            The sends, by their outcome.

        Raises:
            ConfigurationError: The client has no outbox.
            StoreError: The outbox cannot be used.
            ClientClosedError: The client is closed.
        """
        from .recovery import recover

        return await recover(self._outbox(), self._engine, _session(session), wait=wait)

    async def unknown(self, session: SessionRef | None = None) -> list[Entry]:
        """
        List the sends whose outcome is unknown, with all that is known of them. Nothing is asked of the service.

        Args:
            session: Of this session only: its ``uniqueSessionId``, or a `Session`.

        Raises:
            ConfigurationError: The client has no outbox.
            StoreError: The outbox cannot be used.
        """
        from .recovery import unknown

        return await unknown(self._outbox(), self._engine, _session(session))

    async def get(self, key: str) -> Entry | None:
        """
        Get what is recorded of a key; `None` if it was not used.

        Args:
            key: The key.

        Raises:
            InvalidRequestError: It cannot be a key.
            ConfigurationError: The client has no outbox.
            StoreError: The outbox cannot be used.
        """
        from .recovery import entry

        return await entry(self._outbox(), self._engine, _key(key))

    async def resolve(self, key: str, outcome: Literal["sent", "not_sent"]) -> Entry:
        """
        Record the outcome of an unknown send, as a person sees it on the phone.

        Args:
            key: Its key.
            outcome: ``"sent"``: the next call with its key returns what is known of the message. ``"not_sent"``: the
                next call with its key sends it.

        Returns:
            The entry as it is now.

        Raises:
            InvalidRequestError: There is no such key, its outcome is known, or another call is under way or settling
                it. Nothing was changed.
            ConfigurationError: The client has no outbox.
            StoreError: The outbox cannot be used.
        """
        from .recovery import resolve

        if outcome not in ("sent", "not_sent"):
            raise InvalidRequestError("outcome", f"{outcome!r:.40} is unknown", "pass 'sent' or 'not_sent'")
        return await resolve(self._outbox(), self._engine, _key(key), outcome)

    def _outbox(self) -> Outbox:
        if self._settings.outbox is None:
            raise ConfigurationError("outbox: this client has none; create it with outbox=Outbox('outbox.db')")
        return self._settings.outbox


class OutboxAccess(Calls):
    """Get to the client's outbox."""

    _delivery: DeliverySettings

    @property
    def outbox(self) -> AsyncOutboxCalls:
        """The client's outbox: its records of calls with a ``key``."""
        return AsyncOutboxCalls(self._engine, self._delivery)


def _session(session: SessionRef | None) -> str | None:
    return None if session is None else session_ref(session)


def _key(key: str) -> str:
    if idempotency_key(key) is None:
        raise InvalidRequestError("key", "is missing", "pass one as the send had it")
    return key
