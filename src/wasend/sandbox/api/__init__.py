"""The service's own API: its endpoints, their fields, the shapes of its answers in both dialects, and its guards."""

from __future__ import annotations

from wasend.sandbox.api.app import LOST, build_app
from wasend.sandbox.api.chats import chat_endpoints, engine_message
from wasend.sandbox.api.contacts import contact_endpoints
from wasend.sandbox.api.dialects import Dialect, Docs, Json, Sdk, dialect_called, nest, wrong_status
from wasend.sandbox.api.endpoints import Call, Endpoint, InvalidCall
from wasend.sandbox.api.fields import (
    NO_FIELDS,
    Check,
    Fields,
    Filled,
    Lid,
    Media,
    Payload,
    Person,
    Place,
    Url,
    boolean,
    each,
    number,
    one_of,
    seconds,
    string,
    whole,
)
from wasend.sandbox.api.groups import group_endpoints
from wasend.sandbox.api.guards import (
    ACCOUNT,
    EVERYBODY,
    HEADERS,
    RateLimit,
    account_of,
    is_loopback,
    key_guard,
    local_guard,
)
from wasend.sandbox.api.messages import message_endpoints
from wasend.sandbox.api.sessions import png, session_endpoints

__all__ = [
    "ACCOUNT",
    "EVERYBODY",
    "HEADERS",
    "LOST",
    "NO_FIELDS",
    "Call",
    "Check",
    "Dialect",
    "Docs",
    "Endpoint",
    "Fields",
    "Filled",
    "InvalidCall",
    "Json",
    "Lid",
    "Media",
    "Payload",
    "Person",
    "Place",
    "RateLimit",
    "Sdk",
    "Url",
    "account_of",
    "boolean",
    "build_app",
    "chat_endpoints",
    "contact_endpoints",
    "dialect_called",
    "each",
    "engine_message",
    "group_endpoints",
    "is_loopback",
    "key_guard",
    "local_guard",
    "message_endpoints",
    "nest",
    "number",
    "one_of",
    "png",
    "seconds",
    "session_endpoints",
    "string",
    "whole",
    "wrong_status",
]
