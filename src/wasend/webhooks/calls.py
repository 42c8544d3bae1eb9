"""The client's call that receives without a webhook."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from .. import webhooks
from .._core.calls import Calls
from ..api.sessions import SessionRef


class ReceivingCalls(Calls):
    """Receive messages by polling."""

    def iter_new_messages(
        self, session: SessionRef, *, since: datetime | None = None, interval: float = 5.0
    ) -> AsyncIterator[webhooks.MessageReceived]:
        """
        Iterate over the messages that others write to a session, as they come, without an end.

        They are found by reading the session's chats every few seconds, more seldom while nothing comes: for whoever
        has no public address that a webhook could be posted to. Each comes once, in the order of its chat, as the same
        event as by webhook. What fails in a way that may pass is tried again.

        Where they must not be missed while the program is not running, note the ``timestamp`` of what was handled, and
        pass it as `since` the next time; or let a `Receiver` with an inbox do so: see `Receiver.poll`.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            since: Messages of this second and later: a moment with a time zone; by default of now and later.
            interval: Seconds between two looks, at least; six times as many at most.

        Yields:
            The messages.

        Raises:
            InvalidRequestError: An argument makes no sense.
            NotFoundError: There is no such session.
        """
        from .polling import Poller, new_messages, since_of

        return new_messages(Poller(self._engine, session, since_of(since), interval))
