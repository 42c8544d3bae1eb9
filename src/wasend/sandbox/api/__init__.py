"""The service's own API: its endpoints, their fields, the shapes of its answers in both dialects, and its guards."""

from __future__ import annotations

from wasend.sandbox.api.app import EFFECTS, build_app
from wasend.sandbox.api.chats import chat_endpoints, engine_message
from wasend.sandbox.api.contacts import contact_endpoints
from wasend.sandbox.api.dialects import DIALECTS, Dialect, Docs, Json, Sdk, nest, wrong_status
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
    base64,
    boolean,
    each,
    filled,
    number,
    one_of,
    phone_number,
    recipient,
    seconds,
    string,
    web_url,
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
    "DIALECTS",
    "EFFECTS",
    "EVERYBODY",
    "HEADERS",
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
    "base64",
    "boolean",
    "build_app",
    "chat_endpoints",
    "contact_endpoints",
    "each",
    "engine_message",
    "filled",
    "group_endpoints",
    "is_loopback",
    "key_guard",
    "local_guard",
    "message_endpoints",
    "nest",
    "number",
    "one_of",
    "phone_number",
    "png",
    "recipient",
    "seconds",
    "session_endpoints",
    "string",
    "web_url",
    "whole",
    "wrong_status",
]
