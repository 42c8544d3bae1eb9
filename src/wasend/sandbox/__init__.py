"""
A stateful local WASend: sessions, QR codes and messages, without an account and without a network.

Example:
    >>> from wasend.sandbox import Sandbox
    >>> sandbox = Sandbox()
    >>> with sandbox.serve() as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

try:
    from wasend.sandbox.clock import Clock
    from wasend.sandbox.sandbox import Sandbox
    from wasend.sandbox.server import SandboxServer
    from wasend.sandbox.state import RecordedRequest, SessionSettings, StoredMessage, StoredSession
except ModuleNotFoundError as error:
    raise ImportError(
        f"wasend.sandbox needs {error.name}, which comes with an extra: pip install 'wasend[sandbox]' "
        "(in a clone of the project: pip install '.[sandbox]')",
        name=error.name,
    ) from error

__all__ = [
    "Clock",
    "RecordedRequest",
    "Sandbox",
    "SandboxServer",
    "SessionSettings",
    "StoredMessage",
    "StoredSession",
]
