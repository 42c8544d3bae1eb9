"""The client's calls for linking a number."""

from __future__ import annotations

from .._core.calls import Calls
from ..api.sessions import Session, SessionRef
from .steps import Show


class LinkCalls(Calls):
    """Log a number in."""

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
                is removed in the end. A function or coroutine function is told of each code and state, as a
                `LoginStep`; by a synchronous client it is called in the thread that called `login`.
            timeout: Seconds in all.

        Returns:
            The session, connected.

        Raises:
            InvalidRequestError: There is no such session and no number to create it for, or it is for another number.
            SessionFailedError: It failed, and failed again when it was restarted: nobody scanned its codes.
            WaitTimeoutError: It was not connected in time; the text says what it was waiting for.
            ConfigurationError: The service sends its codes as text, and the extra ``qr`` is not installed.
        """
        from .login import login

        return await login(self._engine, session, phone_number, show, timeout)
