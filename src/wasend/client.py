"""The async client: options in, the calls of every room, and the connections' end."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Final, Literal, Self

import attrs
import httpx

from ._bound import AsyncBoundSession
from ._compat import Aliases
from ._core.clock import SYSTEM_CLOCK, Clock
from ._core.engine import Engine
from ._core.http import Http
from ._core.options import Options, Timeout, clean_key, is_exposed
from ._core.retry import DEFAULT_RETRY, Retry, RetryHook
from .api.account import AccountCalls
from .api.chats import ChatCalls
from .api.contacts import ContactCalls
from .api.groups import GroupCalls
from .api.messages import MessageCalls
from .api.request import RequestCalls
from .api.sessions import SessionCalls, SessionRef, session_ref
from .errors import ConfigurationError

logger: Final = logging.getLogger("wasend")


class AsyncWasendClient(
    SessionCalls, MessageCalls, GroupCalls, ContactCalls, ChatCalls, AccountCalls, RequestCalls, Aliases
):
    """
    The service, as methods: sessions, messages, groups, contacts, chats and the account.

    Example:
        ```python
        import asyncio
        from wasend import AsyncWasendClient


        async def main() -> None:
            async with AsyncWasendClient(api_key="...") as client:
                message = await client.send_text(session="ses_7f3a91c2", to="+447700900456", text="See you at 10")
                print(message.id)


        asyncio.run(main())
        ```

    One client serves many callers at once, and goes on working after a fork.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
        prefer: Literal["sdk", "docs"] = "sdk",
        http_client: httpx.AsyncClient | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """
        Make a client. It opens no connection before its first call.

        Args:
            api_key: The key; by default ``WASEND_API_KEY`` from the environment.
            base_url: Where the service is; by default ``WASEND_BASE_URL``, else ``https://api.wasend.dev``.
            timeout: Seconds to wait for each answer, or a `Timeout`; by default ``WASEND_TIMEOUT``, else 30 s, and 90
                s for sends.
            retry: When a failed request is made again: a `Retry`, `None` for never, or a function ``(error, attempt)``
                that answers no, yes, or in how many seconds. By default twice at most (``WASEND_MAX_RETRIES``).
                Whatever is set, a write that may have reached the service is not repeated.
            prefer: Whose route to try first where the official SDK and the documentation name different ones.
            http_client: A ready `httpx.AsyncClient`, for a proxy, TLS settings, HTTP/2 or another transport. It stays
                the caller's to close.
            clock: Where time comes from; tests may give another, such as `wasend.sandbox.Clock`.

        Raises:
            ConfigurationError: There is no key, or a setting cannot be.
        """
        options = Options.resolve(
            api_key=api_key, base_url=base_url, timeout=timeout, retry=retry, prefer=prefer, clock=clock
        )
        if is_exposed(options.base_url):
            logger.warning("base_url is plain http: whoever is on the way can read the API key and every message")
        self._engine = Engine(options, Http(options.base_url, http_client))

    def with_options(
        self,
        *,
        api_key: str | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
    ) -> AsyncWasendClient:
        """
        A view of this client with other settings over the same connections; closing either closes both.

        Args:
            api_key: Another key, if given.
            timeout: Other times to wait, if given: seconds, or a `Timeout`.
            retry: Another rule for repeating, if given.

        Raises:
            ConfigurationError: A setting cannot be.
        """
        now = self._engine.options
        changed = attrs.evolve(
            now,
            api_key=now.api_key if api_key is None else clean_key(api_key),
            timeout=now.timeout if timeout is None else Timeout.of(timeout),
            retry=now.retry if retry is DEFAULT_RETRY else Retry.of(retry),
        )
        view = AsyncWasendClient.__new__(AsyncWasendClient)
        view._engine = attrs.evolve(self._engine, options=changed)
        return view

    def session(self, session: SessionRef | None = None) -> AsyncBoundSession:
        """
        A view of this client for one session, whose calls need not name it.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`; by default ``WASEND_SESSION`` as it was in the environment
                when the client was made.

        Raises:
            ConfigurationError: It is not given, and there is no default.
        """
        session = self._engine.options.session if session is None else session
        if session is None:
            raise ConfigurationError("session: there is none; pass client.session('ses_...') or set WASEND_SESSION")
        return AsyncBoundSession(self, session_ref(session))

    def retrieve_config(self) -> Options:
        """The settings in force; printing them does not show the key."""
        return self._engine.options

    async def aclose(self) -> None:
        """Close the connections. Calls under way end with `ClientClosedError`, and so do later ones."""
        await self._engine.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._engine.options.base_url!r}, api_key='***')"
