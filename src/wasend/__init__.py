"""
WASend, the hosted WhatsApp gateway, from Python.

`AsyncWasendClient` is awaited, `WasendClient` is called; both have the same calls and raise the same errors.
"""

from __future__ import annotations

import importlib
import typing

from . import _conflict as _conflict  # before anything that it may find broken
from ._version import __version__ as __version__
from .errors import (
    AccountRestrictedError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BreakerOpenError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    DecodeError,
    IdempotencyConflictError,
    InvalidRequestError,
    MessageFailedError,
    NotFoundError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SessionFailedError,
    SessionNotReadyError,
    StoreError,
    SuppressedRecipientError,
    TurnTimeoutError,
    UnknownAnswerError,
    UnknownConnectionError,
    UnknownServerError,
    UnknownStatusError,
    UnknownTimeoutError,
    UnprocessableError,
    WaitTimeoutError,
    WasendError,
    WebhookError,
    WebhookFormatError,
    WebhookSignatureError,
    WebhookTimeoutError,
    WebhookTooLargeError,
    WebhookTooOldError,
    WebhookUnsignedError,
)

if typing.TYPE_CHECKING:
    from . import delivery as delivery
    from . import outbox as outbox
    from . import webhooks as webhooks
    from ._bound import AsyncBoundSession, BoundSession
    from ._core.clock import Clock
    from ._core.model import Model, Page, Result, model, wire
    from ._core.options import Options, Timeout
    from ._core.response import Response
    from ._core.retry import Retry, RetryHook
    from ._core.waits import Wait, WaitReason
    from ._sync import WasendClient
    from .api.account import Account
    from .api.chats import Ack, Chat, ChatMessage, ChatPicture, ReadResult
    from .api.contacts import Contact, ContactExistence, ProfilePicture
    from .api.downloads import MediaSource
    from .api.groups import (
        AdminOnly,
        Group,
        GroupCount,
        GroupInvite,
        GroupParticipant,
        GroupPicture,
        GroupRef,
        GroupSettings,
        ParticipantChange,
        ParticipantChanges,
        ParticipantRef,
    )
    from .api.messages import LinkPreview, Message
    from .api.sessions import Downstream, QRCode, Session, SessionRef, SessionState
    from .client import AsyncWasendClient
    from .linking.changes import SessionChange, SessionHealth
    from .linking.steps import LoginStep
    from .media import MediaData
    from .outbox import Outbox
    from .recipients import ChatRef, MessageRef, Recipient, RecipientKind, format_phone_number, is_valid_phone_number

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "Account",
    "AccountRestrictedError",
    "Ack",
    "AdminOnly",
    "AsyncBoundSession",
    "AsyncWasendClient",
    "AuthenticationError",
    "BadRequestError",
    "BoundSession",
    "BreakerOpenError",
    "Chat",
    "ChatMessage",
    "ChatPicture",
    "ChatRef",
    "ClientClosedError",
    "Clock",
    "ConfigurationError",
    "ConflictError",
    "Contact",
    "ContactExistence",
    "DecodeError",
    "Downstream",
    "Group",
    "GroupCount",
    "GroupInvite",
    "GroupParticipant",
    "GroupPicture",
    "GroupRef",
    "GroupSettings",
    "IdempotencyConflictError",
    "InvalidRequestError",
    "LinkPreview",
    "LoginStep",
    "MediaData",
    "MediaSource",
    "Message",
    "MessageFailedError",
    "MessageRef",
    "Model",
    "NotFoundError",
    "Options",
    "Outbox",
    "Outcome",
    "OutcomeUnknownError",
    "Page",
    "ParticipantChange",
    "ParticipantChanges",
    "ParticipantRef",
    "PermissionDeniedError",
    "ProfilePicture",
    "QRCode",
    "RateLimitError",
    "ReadResult",
    "Recipient",
    "RecipientKind",
    "Response",
    "Result",
    "Retry",
    "RetryHook",
    "ServerError",
    "Session",
    "SessionChange",
    "SessionFailedError",
    "SessionHealth",
    "SessionNotReadyError",
    "SessionRef",
    "SessionState",
    "StoreError",
    "SuppressedRecipientError",
    "Timeout",
    "TurnTimeoutError",
    "UnknownAnswerError",
    "UnknownConnectionError",
    "UnknownServerError",
    "UnknownStatusError",
    "UnknownTimeoutError",
    "UnprocessableError",
    "Wait",
    "WaitReason",
    "WaitTimeoutError",
    "WasendClient",
    "WasendError",
    "WebhookError",
    "WebhookFormatError",
    "WebhookSignatureError",
    "WebhookTimeoutError",
    "WebhookTooLargeError",
    "WebhookTooOldError",
    "WebhookUnsignedError",
    "format_phone_number",
    "is_valid_phone_number",
    "model",
    "wire",
]

_PACKAGES: typing.Final = ("delivery", "outbox", "webhooks")
_MODULES: typing.Final = {
    "_bound": ("AsyncBoundSession", "BoundSession"),
    "_core.clock": ("Clock",),
    "_core.model": ("Model", "Page", "Result", "model", "wire"),
    "_core.options": ("Options", "Timeout"),
    "_core.response": ("Response",),
    "_core.retry": ("Retry", "RetryHook"),
    "_core.waits": ("Wait", "WaitReason"),
    "_sync": ("WasendClient",),
    "api.account": ("Account",),
    "api.chats": ("Ack", "Chat", "ChatMessage", "ChatPicture", "ReadResult"),
    "api.contacts": ("Contact", "ContactExistence", "ProfilePicture"),
    "api.downloads": ("MediaSource",),
    "api.groups": (
        "AdminOnly",
        "Group",
        "GroupCount",
        "GroupInvite",
        "GroupParticipant",
        "GroupPicture",
        "GroupRef",
        "GroupSettings",
        "ParticipantChange",
        "ParticipantChanges",
        "ParticipantRef",
    ),
    "api.messages": ("LinkPreview", "Message"),
    "api.sessions": ("Downstream", "QRCode", "Session", "SessionRef", "SessionState"),
    "client": ("AsyncWasendClient",),
    "linking.changes": ("SessionChange", "SessionHealth"),
    "linking.steps": ("LoginStep",),
    "media": ("MediaData",),
    "outbox": ("Outbox",),
    "recipients": (
        "ChatRef",
        "MessageRef",
        "Recipient",
        "RecipientKind",
        "format_phone_number",
        "is_valid_phone_number",
    ),
}
"""What is imported when it is first used; to type checkers it is imported above, and no other name is there."""

if not typing.TYPE_CHECKING:

    def __getattr__(name: str) -> typing.Any:
        if name in _PACKAGES:
            return importlib.import_module(f".{name}", __name__)
        for module, names in _MODULES.items():
            if name in names:
                found = globals()[name] = getattr(importlib.import_module(f".{module}", __name__), name)
                return found
        from ._compat import export

        return export(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, *_PACKAGES})
