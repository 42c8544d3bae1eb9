"""
Every exception that a caller can catch.

One tree under `WasendError`. Each error says in ``outcome`` what became of the request, survives pickling, and carries
neither the API key nor the text of a message in its own text.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._core.call import Call
    from ._core.waits import WaitReason
    from .api.chats import ChatMessage
    from .delivery.settle import Settlement

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AccountRestrictedError",
    "AuthenticationError",
    "BadRequestError",
    "BreakerOpenError",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "DecodeError",
    "IdempotencyConflictError",
    "InvalidRequestError",
    "MessageFailedError",
    "NotFoundError",
    "Outcome",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "SessionFailedError",
    "SessionNotReadyError",
    "StoreError",
    "SuppressedRecipientError",
    "TurnTimeoutError",
    "UnknownAnswerError",
    "UnknownConnectionError",
    "UnknownServerError",
    "UnknownStatusError",
    "UnknownTimeoutError",
    "UnprocessableError",
    "WaitTimeoutError",
    "WasendError",
]

_MOST_TEXT = 2000
"""Characters of an error's text; hints with many names in them have some hundred."""
_MOST_PROBLEM = 600
"""Characters that say what is wrong with a value, which may be long."""

Outcome = Literal["not_sent", "unknown", "sent"]
"""What became of a request: it had no effect, nobody can say, or the service accepted it."""


def printable(text: str, most: int = _MOST_TEXT) -> str:
    """
    A text that can be printed anywhere: what is not printable in it is escaped, and too long a one is cut off.

    Escaped are controls, such as those of terminals, marks that turn the direction of writing, and half characters.

    Args:
        text: The text.
        most: How many of its characters to keep.
    """
    if len(text) > most:
        text = f"{text[:most]}…"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _revive(cls: type[WasendError], args: tuple[Any, ...], facts: dict[str, Any]) -> WasendError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(facts)
    return error


class WasendError(Exception):
    """
    Any failure of this package.

    Attributes:
        outcome: ``"not_sent"``: the request had no effect and may be made again. ``"unknown"``: it may have had its
            effect. ``"sent"``: the service accepted it, and only the answer could not be used.
    """

    outcome: Outcome

    def __init__(self, text: str, *, outcome: Outcome = "not_sent") -> None:
        super().__init__(printable(text))  # it may quote what came from outside
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by calling their class with `args`, which fails for keyword-only facts; job queues need
        # them to travel.
        return _revive, (type(self), self.args, self.__dict__)


class InvalidRequestError(WasendError, ValueError):
    """
    The request was refused before anything was sent.

    Attributes:
        field: The argument at fault, as the caller spells it.
        problem: What is wrong with its value.
        remedy: What would do instead.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        if len(problem) > _MOST_PROBLEM:  # of a long value its beginning is shown; what is wrong with it follows it
            problem = f"{problem[: _MOST_PROBLEM - 300]}…{problem[-300:]}"
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


class IdempotencyConflictError(WasendError):
    """
    The key was used before, for another message. Nothing was sent.

    Attributes:
        key: The caller's own key.
        differs: In what the two differ, such as ``("recipient", "text")``.
    """

    def __init__(self, key: str, differs: tuple[str, ...]) -> None:
        super().__init__(f"key {key!r} was used for a call with another {' and '.join(differs)}; use a key of its own")
        self.key = key
        self.differs = tuple(differs)


class ConfigurationError(WasendError):
    """The client cannot be built: no key, a bad base URL, a timeout that looks like milliseconds."""


class APIStatusError(WasendError):
    """
    The service, or a proxy before it, answered with an error.

    Attributes:
        status: HTTP status, or the 2xx of an answer that says ``"success": false``.
        code: The machine-readable code in the answer, if any.
        message: What the answer says, from whichever envelope it came in.
        body: The answer's document; text where it is not JSON; `None` where it is empty or could not be read.
        headers: The answer's headers, names in lower case.
        retry_after: Seconds the service asks to wait, if it does.
        method: HTTP verb of the request.
        path: Path of the request, percent-encoded, without its query.
        attempts: How many requests were made for this call.
        permanent: Whether trying again is useless although such a status usually passes; a property of the class.
    """

    permanent: ClassVar[bool] = False

    def __init__(
        self,
        text: str,
        *,
        status: int,
        code: str | None = None,
        message: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        method: str = "",
        path: str = "",
        attempts: int = 1,
        **rest: Any,
    ) -> None:
        super().__init__(text, **rest)
        self.status = status
        self.code = code
        self.message = message
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})
        self.retry_after = retry_after
        self.method = method
        self.path = path
        self.attempts = attempts


class BadRequestError(APIStatusError):
    """400: the service refused a parameter."""


class UnprocessableError(APIStatusError):
    """422: well formed, but not possible now."""


class SessionNotReadyError(UnprocessableError):
    """
    422: the session is not in a state that allows the call.

    Attributes:
        session_status: The state it is in, as the service words it.
        expected: The states that would do.
    """

    def __init__(
        self, text: str, *, session_status: str | None = None, expected: tuple[str, ...] = (), **rest: Any
    ) -> None:
        super().__init__(text, **rest)
        self.session_status = session_status
        self.expected = expected


class AuthenticationError(APIStatusError):
    """401: the API key is missing or not valid."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404 or 410: no such session, message, file or route."""


class ConflictError(APIStatusError):
    """409: the name is taken (session names are unique)."""


class RateLimitError(APIStatusError):
    """429: too many requests; ``retry_after`` says how many seconds to wait, if the service says so."""


class ServerError(APIStatusError):
    """5xx: the service, or a proxy before it, failed."""


class AccountRestrictedError(ServerError):
    """
    WhatsApp itself refuses to send for this number: stop, do not retry.

    It is a 500 whose error fields name a signal in words of their own: what they repeat of the request does not count.

    Attributes:
        signal: ``"463"``, ``"475"`` or ``"rate-overlimit"``, as found in the answer.
    """

    permanent: ClassVar[bool] = True

    def __init__(self, text: str, *, signal: str, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.signal = signal


class APIConnectionError(WasendError):
    """No answer came: the connection could not be made, or broke. ``attempts`` says how many requests were made."""

    def __init__(self, text: str, *, attempts: int = 1, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.attempts = attempts


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class OutcomeUnknownError(WasendError):
    """
    A write left this machine and no usable answer came: it may or may not have been carried out.

    Raised together with what happened: a 500 after ``send_text`` is a `ServerError` and an `OutcomeUnknownError`; a
    lost answer is an `APITimeoutError` or `APIConnectionError` and an `OutcomeUnknownError`. The request was not, and
    must not be, blindly repeated.

    Attributes:
        call: The call that was made.
        since: When its request left this machine (UTC).
        settlement: What settling found out about it; `None` where that was not tried.
        identity: Tells it from every other one. A copy has the same, and is settled as the same.
    """

    settlement: Settlement | None = None

    def __init__(self, text: str, *, call: Call[Any], since: datetime, **rest: Any) -> None:
        rest["outcome"] = "unknown"
        super().__init__(text, **rest)
        self.call = call
        self.since = since
        self.identity = secrets.token_hex(8)

    def __reduce__(self) -> tuple[Any, ...]:
        # A queue wants to know what failed, and not 13 MB of the picture that it was about.
        return _revive, (type(self), self.args, {**self.__dict__, "call": self.call.without_media()})


class UnknownStatusError(APIStatusError, OutcomeUnknownError):
    """A write was answered by a status that does not say what became of it, such as 408."""


class UnknownServerError(ServerError, OutcomeUnknownError):
    """A write was answered by a 5xx that does not say what became of it."""


class UnknownConnectionError(APIConnectionError, OutcomeUnknownError):
    """The connection broke after a write had left this machine."""


class UnknownTimeoutError(APITimeoutError, OutcomeUnknownError):
    """No answer to a write came in time."""


class DecodeError(WasendError):
    """
    The service accepted the call, but its answer cannot be read.

    Attributes:
        path: Where in the document, such as ``$.sessions[0].createdAt``; ``$`` is the whole.
        body: The document, or the text where it is not JSON.
    """

    def __init__(self, text: str, *, path: str = "$", body: Any = None, **rest: Any) -> None:
        rest.setdefault("outcome", "sent")
        super().__init__(text, **rest)
        self.path = path
        self.body = body


class UnknownAnswerError(DecodeError, OutcomeUnknownError):
    """A message was answered by a 2xx that does not show that it was understood, such as a login page."""


class BreakerOpenError(WasendError):
    """
    The breaker holds this send back, to protect the session's number.

    Attributes:
        session: The session's id.
        until: When it allows sends again by itself (UTC).
        reason: What opened it.
    """

    def __init__(self, text: str, *, session: str, until: datetime, reason: str) -> None:
        super().__init__(text)
        self.session = session
        self.until = until
        self.reason = reason


class StoreError(WasendError):
    """
    A store of delivery cannot be used: it is locked, full, damaged or gone. Nothing was sent.

    A store that fails after a send does not change what that send returns or raises: the next one raises this.

    Attributes:
        store: Which store: its class, and the path of a file.
    """

    def __init__(self, text: str, *, store: str) -> None:
        super().__init__(text)
        self.store = store


class SuppressedRecipientError(WasendError):
    """
    The recipient does not want messages: the number is on the suppression list.

    Attributes:
        recipient: The number or chat id.
        reason: Why it is on the list, as it was put there.
    """

    def __init__(self, text: str, *, recipient: str, reason: str) -> None:
        super().__init__(text)
        self.recipient = recipient
        self.reason = reason


class TurnTimeoutError(WasendError, TimeoutError):
    """
    By the session's pacing, the turn of this send would come later than it can wait.

    Attributes:
        session: The session's id.
        until: Until when it would have to wait at least (UTC).
        reason: Why; see `WaitReason`.
    """

    def __init__(self, text: str, *, session: str, until: datetime, reason: WaitReason) -> None:
        super().__init__(text)
        self.session = session
        self.until = until
        self.reason = reason


class WaitTimeoutError(WasendError, TimeoutError):
    """
    What was waited for did not come in time.

    Attributes:
        state: The last that was seen: a session's status or a message's ack, as the service words it; `None` if
            nothing was.
    """

    def __init__(self, text: str, *, state: str | None, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.state = state


class SessionFailedError(WasendError):
    """
    The session has failed, and will not become ready by itself: it must be restarted.

    Attributes:
        state: Its status, as the service words it.
    """

    def __init__(self, text: str, *, state: str | None) -> None:
        super().__init__(text)
        self.state = state


class MessageFailedError(WasendError):
    """
    The service accepted the message, but WhatsApp did not.

    Attributes:
        message: The message as its chat holds it.
    """

    def __init__(self, text: str, *, message: ChatMessage) -> None:
        super().__init__(text, outcome="sent")
        self.message = message


class ClientClosedError(WasendError):
    """The client is closed, or was closed during the call."""
