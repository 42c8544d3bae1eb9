"""
A stateful local WASend, without an account and without a network: sessions, messages, chats, contacts, groups.

Example:
    >>> from wasend.sandbox import Sandbox
    >>> sandbox = Sandbox()
    >>> with sandbox.serve() as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

try:
    from wasend.sandbox.faults import Fault, Faults, JournalEntry
    from wasend.sandbox.interfaces import SandboxServer, play_scenario
    from wasend.sandbox.sandbox import Sandbox
    from wasend.sandbox.webhooks import Webhook, WebhookAttempt
    from wasend.sandbox.world import (
        Ack,
        Clock,
        Participant,
        SessionSettings,
        Stamp,
        StoredContact,
        StoredGroup,
        StoredMessage,
        StoredSession,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        f"wasend.sandbox needs {error.name}, which comes with an extra: pip install 'wasend-sdk[sandbox]' "
        "(in a clone of the project: pip install '.[sandbox]')",
        name=error.name,
    ) from error

__all__ = [
    "Ack",
    "Clock",
    "Fault",
    "Faults",
    "JournalEntry",
    "Participant",
    "Sandbox",
    "SandboxServer",
    "SessionSettings",
    "Stamp",
    "StoredContact",
    "StoredGroup",
    "StoredMessage",
    "StoredSession",
    "Webhook",
    "WebhookAttempt",
    "play_scenario",
]
