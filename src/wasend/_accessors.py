# Written by tools/generate_sync.py from the calls in outbox/; change those, not this.
"""What properties of the synchronous client give: calls of their own, made on its event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ._core.bridge import Bridge
from .api.sessions import SessionRef
from .outbox.calls import AsyncOutboxCalls

if TYPE_CHECKING:
    from .outbox.entry import Entry
    from .outbox.recovery import Recovered
else:  # for those who look annotations up at run time
    Entry = Recovered = Any


class OutboxCalls:
    """A client's outbox, with its recorded and unknown sends; `WasendClient.outbox` is one."""

    def __init__(self, accessor: AsyncOutboxCalls, loop: Bridge) -> None:
        self._async = accessor
        self._loop = loop

    def recover(self, session: SessionRef | None = None, *, wait: bool = True) -> Recovered:
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
        return self._loop.run(self._async.recover(session, wait=wait))

    def unknown(self, session: SessionRef | None = None) -> list[Entry]:
        """
        List the sends whose outcome is unknown, with all that is known of them. Nothing is asked of the service.

        Args:
            session: Of this session only: its ``uniqueSessionId``, or a `Session`.

        Raises:
            ConfigurationError: The client has no outbox.
            StoreError: The outbox cannot be used.
        """
        return self._loop.run(self._async.unknown(session))

    def get(self, key: str) -> Entry | None:
        """
        Get what is recorded of a key; `None` if it was not used.

        Args:
            key: The key.

        Raises:
            InvalidRequestError: It cannot be a key.
            ConfigurationError: The client has no outbox.
            StoreError: The outbox cannot be used.
        """
        return self._loop.run(self._async.get(key))

    def resolve(self, key: str, outcome: Literal["sent", "not_sent"]) -> Entry:
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
        return self._loop.run(self._async.resolve(key, outcome))
