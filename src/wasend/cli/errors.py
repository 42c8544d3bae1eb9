"""What went wrong, as the command line says it: one line with a remedy in its own spelling, and an exit status."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from wasend.errors import (
    AccountRestrictedError,
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    SessionFailedError,
    SessionNotReadyError,
    StoreError,
    WaitTimeoutError,
    WasendError,
)

FAILED: Final = 1
USAGE: Final = 2
AUTHENTICATION: Final = 3
NOT_FOUND: Final = 4
RATE_LIMITED: Final = 5
NOT_READY: Final = 6
PARTLY: Final = 7
UNKNOWN: Final = 8
INTERRUPTED: Final = 130
UNREAD: Final = 141

STATUSES: Final = {
    0: "it was done",
    FAILED: "it failed",
    USAGE: "the command line or the configuration is not valid; nothing was sent",
    AUTHENTICATION: "the API key is missing at the service, not valid, or may not do this",
    NOT_FOUND: "there is no such session, message, chat or path",
    RATE_LIMITED: "the service wants fewer requests; nothing was done",
    NOT_READY: "the session is not connected",
    PARTLY: "some of several were done",
    UNKNOWN: "nobody knows whether it was done: do not simply run it again",
    INTERRUPTED: "Ctrl-C",
    UNREAD: "standard output was closed, as by `| head -1`; what was to be done before that was done",
}
"""Exit statuses, and what they mean."""


class CommandError(Exception):
    """A command cannot do what was asked for; `status` is what it exits with."""

    status = FAILED

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        if status is not None:
            self.status = status


class FailedError(CommandError):
    """What was asked for was tried, and failed."""


class UsageError(CommandError):
    """The user asked for what cannot be done."""

    status = USAGE


# The first that fits; an error may be two of them.
_STATUSES: Final[tuple[tuple[type[WasendError], int], ...]] = (
    (OutcomeUnknownError, UNKNOWN),
    (InvalidRequestError, USAGE),
    (ConfigurationError, USAGE),
    (IdempotencyConflictError, USAGE),
    (AuthenticationError, AUTHENTICATION),
    (PermissionDeniedError, AUTHENTICATION),
    (NotFoundError, NOT_FOUND),
    (RateLimitError, RATE_LIMITED),
    (SessionNotReadyError, NOT_READY),
    (SessionFailedError, NOT_READY),
    (WaitTimeoutError, NOT_READY),  # no command waits for anything but a session
)
_REMEDIES: Final[tuple[tuple[type[WasendError], str], ...]] = (
    (
        OutcomeUnknownError,
        "look at the phone before you send it again; sent with --key KEY, the same command is safe to run again",
    ),
    (AuthenticationError, "`wasend config add` stores another key, and `wasend doctor` checks it"),
    (SessionNotReadyError, "`wasend login` connects it, and `wasend sessions list` shows its state"),
    (AccountRestrictedError, "stop sending for now: trying again makes it worse"),
    (StoreError, "--outbox FILE takes another outbox"),
    (APIConnectionError, "`wasend doctor` looks for the cause"),
)
_FIELD: Final = re.compile(r"([a-z_]+)((?:\[\w+\]|\.\w+)*): ")
_PYTHON: Final = (
    ("pass its phone_number", "pass --phone-number"),
    ("call login again", "run `wasend login` again"),
    ("client.outbox.unknown()", "`wasend outbox unknown`"),
    ("'not_sent'", "'not-sent'"),
    ("a query goes into params", "a query goes into --query"),
    ("; check the id: calls take a session's uniqueSessionId, not its name", ""),
)
"""Words of Python in the errors of calls, and what they are here."""


def status_of(error: WasendError) -> int:
    """The exit status that an error means."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), FAILED)


def said(error: WasendError, spelling: Callable[[str], str]) -> str:
    """
    An error as one line, with a remedy.

    Args:
        error: What was raised.
        spelling: How the command line spells an argument of a call.
    """
    text = str(error)
    if isinstance(error, InvalidRequestError | ConfigurationError) and (found := _FIELD.match(text)):
        named, rest = found[1], found[2]
        if rest.startswith("."):  # a field of a mapping, which has an option of its own
            named, rest = re.sub(r"([A-Z])", r"_\1", rest[1:]).lower(), ""
        text = f"{spelling(named)}{rest}: {text[found.end() :]}"
    for python, shell in _PYTHON:
        text = text.replace(python, shell)
    remedy = next((remedy for kind, remedy in _REMEDIES if isinstance(error, kind)), None)
    if isinstance(error, OutcomeUnknownError) and error.looked_for_again:
        remedy = "run the same command again: it looks first; or look at the phone, and `wasend outbox resolve`"
    if isinstance(error, NotFoundError) and "session" in error.message.lower():
        remedy = "`wasend sessions list` shows what there is"
    if isinstance(error, RateLimitError):
        wait = "in a while" if error.retry_after is None else f"in {error.retry_after:.0f} s"
        remedy = f"try again {wait}"
    return text if remedy is None else f"{text}; {remedy}"
