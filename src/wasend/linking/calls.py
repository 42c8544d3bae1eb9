"""The client's calls for linking a number, and for watching that it stays linked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from typing import Any, overload

from .._core.calls import Calls
from ..api.sessions import Session, SessionRef
from ..delivery.middleware import DeliverySettings
from .changes import OnState, SessionChange
from .steps import Show


class LinkCalls(Calls):
    """Log a number in, and watch that it stays so."""

    _delivery: DeliverySettings

    async def login(
        self, session: SessionRef, phone_number: str | None = None, *, show: Show = "terminal", timeout: float = 180.0
    ) -> Session:
        """
        Get a session connected: find or create it, start it, show its QR code, and wait until it is scanned.

        A code is good for 60 s, and the ones after it for 20 s each: each is shown as it comes, until there are none
        left; then the session fails, and is restarted once. A session that is connected already is returned at once.

        Example:
            ```python
            from wasend import AsyncWasendClient, Message


            async def greet(client: AsyncWasendClient) -> Message:
                desk = await client.login("Front Desk", phone_number="+447700900123")
                return await client.send_text(session=desk, to="+447700900456", text="See you at 10")
            ```

        Args:
            session: Its name, its ``uniqueSessionId``, or a `Session`.
            phone_number: The number to link, in international form. It is needed where there is no such session yet.
            show: Where to show the codes. ``"terminal"`` draws them on standard output. ``"png"`` and ``"svg"`` write
                each to ``wasend-qr.png`` or ``wasend-qr.svg`` in the current folder, a `pathlib.Path` to that file; it
                is removed in the end. A function or coroutine function is called with each code and state, as a
                `LoginStep`; a synchronous client calls it in the thread that called `login`.
            timeout: Seconds in all.

        Returns:
            The session, connected.

        Raises:
            InvalidRequestError: There is no such session and no number to create it for, or it is for another number.
            SessionFailedError: It failed, and failed again when it was restarted, as when nobody scanned its codes.
            WaitTimeoutError: It was not connected in time; the text says what it was waiting for.
            OutcomeUnknownError: The creation of the session was not answered, and it is not in the list.
            ConfigurationError: The service sends its codes as text, and the extra ``qr`` is not installed.
        """
        from .login import login

        return await login(self._engine, session, phone_number, show, timeout)

    @overload
    def watch(
        self, session: SessionRef, *, on_state: None = None, every: float = 30.0, restarts: int = 3
    ) -> AsyncIterator[SessionChange]: ...
    @overload
    def watch(
        self, session: SessionRef, *, on_state: OnState, every: float = 30.0, restarts: int = 3
    ) -> Coroutine[Any, Any, None]: ...
    def watch(
        self, session: SessionRef, *, on_state: OnState | None = None, every: float = 30.0, restarts: int = 3
    ) -> AsyncIterator[SessionChange] | Coroutine[Any, Any, None]:
        """
        Watch a session: iterate over what changes about it, first of all how it is now; or have a function told.

        A session may say CONNECTED and be dead. So every 5 minutes it is asked something that only WhatsApp can answer:
        whether its own number is registered. A session that has failed, or does not answer, is restarted, with growing
        gaps; never one that somebody stopped, that waits for the phone, or whose number WhatsApp restricts. It is
        watched only while you wait for the next change. It never ends by itself: leave the loop, or cancel it.

        With `on_state` there is no iterator: the call itself watches, until it is cancelled, the client is closed, or
        the function raises.

        Example:
            ```python
            from wasend import AsyncWasendClient


            async def keep(client: AsyncWasendClient) -> None:
                async for change in client.watch("ses_1"):
                    print(change.health, change.text)
            ```

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            on_state: A function or coroutine function, called with each `SessionChange`; a synchronous client calls it
                in the thread that called `watch`. The next look waits for it. What it raises ends the watch.
            every: Seconds between two reads of its state. An event of the session that a `Receiver` of the client gets
                causes one at once.
            restarts: How often the session may be restarted within an hour; 0 for never.

        Returns:
            The changes, as they come; nothing with `on_state`, which ends only by an error or when it is cancelled.

        Raises:
            InvalidRequestError: An argument is not valid.
            NotFoundError: There is no such session, or no more.
            AuthenticationError: The key is not valid any more.
        """
        from .watch import report, watch

        changes = watch(self._engine, self._delivery, session, every=every, restarts=restarts)
        return changes if on_state is None else report(changes, on_state)
