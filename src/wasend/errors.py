"""
Every exception that a caller can catch.

One tree under `WasendError`. Each error says in ``outcome`` what became of the request. Its text holds neither the API
key nor the text of a message. It can be serialized: pickled with everything but media, or rebuilt from its class and
its ``args``, as task queues with JSON do, with only those attributes that a queue's results may hold.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, Union

if TYPE_CHECKING:
    from ._core.call import Call
    from ._core.waits import WaitReason
    from .api.chats import ChatMessage
    from .delivery.settle import Settlement
else:  # for those who look annotations up at run time: importing the errors imports nothing of these
    ChatMessage = Settlement = WaitReason = Any
    Call = Union  # which is, of one type, that type

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
    "WebhookError",
    "WebhookFormatError",
    "WebhookSignatureError",
    "WebhookTimeoutError",
    "WebhookTooLargeError",
    "WebhookTooOldError",
    "WebhookUnsignedError",
]

_MOST_TEXT = 2000
"""Characters of an error's text; hints with many names in them have some hundred."""
_MOST_ESCAPED = 12 * _MOST_TEXT
"""Characters of one in which some were escaped."""
_MOST_PROBLEM = 600
"""Characters that say what is wrong with a value, which may be long."""

PASSING_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504, *range(520, 531)})
"""HTTP statuses of what may pass; by 520 to 530 a proxy says that it could not reach the service."""

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


# What of an error goes into its `args`, by the names of its attributes: how it is written in JSON, and how it is read.
# Only what is named goes there, for many read a queue's results: no message, no answer of the service as it came, and
# phone numbers masked.
Fact: TypeAlias = tuple["Callable[[Any], Any]", "Callable[[Any], Any]"]
Facts: TypeAlias = "Mapping[str, Fact]"

_MOST_OF_A_FACT: Final = 300
_MOST_ITEMS: Final = 10
_CODE: Final = re.compile(r"[\w.:/-]{1,100}")  # what is no code may be what was sent
_HEADERS: Final = ("retry-after", "x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray")


def _same(value: Any) -> Any:
    return value


def _short(value: Any) -> str | None:
    return None if value is None else printable(str(value), _MOST_OF_A_FACT)


def _masked(value: Any) -> str | None:
    from ._core.answer import with_numbers_masked

    return None if value is None else with_numbers_masked(printable(str(value), _MOST_OF_A_FACT))


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _call_as_json(call: Call[Any]) -> dict[str, Any]:
    return {"method": _short(call.method), "route": _masked(call.route)}


def _call_of_json(facts: Mapping[str, str] | None) -> Call[Any] | None:
    if facts is None:
        return None
    from ._core.call import Call

    return Call(facts["method"], facts["route"], dict, repeatable=False)


def _settlement_as_json(settlement: Settlement | None) -> dict[str, Any] | None:
    return None if settlement is None else {"outcome": settlement.outcome, "reason": _masked(settlement.reason)}


def _settlement_of_json(facts: Mapping[str, Any] | None) -> Settlement | None:
    if facts is None:
        return None
    from .delivery.settle import Settlement

    return Settlement(facts["outcome"], reason=facts["reason"])


def _message_as_json(message: ChatMessage | None) -> dict[str, Any] | None:
    if message is None:
        return None
    # An id may name its chat, which is a phone number.
    parts = [part for part in message.id.split("_") if "@" not in part and part not in ("true", "false")]
    sent = None if message.timestamp is None else message.timestamp.isoformat()
    return {"id": _short("_".join(parts)), "type": _short(message.type), "timestamp": sent, "ack": message.ack}


def _message_of_json(facts: Mapping[str, Any] | None) -> ChatMessage | None:
    if facts is None:
        return None
    from .api.chats import ChatMessage

    sent = _moment(facts["timestamp"])
    return ChatMessage(id=facts["id"], type=facts["type"], timestamp=sent, from_me=True, ack=facts["ack"])


_PLAIN: Final[Fact] = (_same, _same)
_FLAG: Final[Fact] = (bool, bool)
_SHORT: Final[Fact] = (_short, _same)
_MASKED: Final[Fact] = (_masked, _same)
_LONGER: Final[Fact] = (lambda text: printable(text, _MOST_TEXT), _same)
_WORD: Final[Fact] = (_code, _same)
_MOMENT: Final[Fact] = (datetime.isoformat, _moment)
_LEFT_OUT: Final[Fact] = (lambda _: None, _same)
_OUTCOME: Final[Fact] = (_same, lambda said: said if said in ("not_sent", "sent") else "unknown")
_ITEMS: Final[Fact] = (lambda items: [_short(item) for item in items[:_MOST_ITEMS]], lambda items: tuple(items or ()))
_SOME_HEADERS: Final[Fact] = (
    lambda headers: {name: headers[name] for name in _HEADERS if _code(headers.get(name))},
    lambda headers: dict(headers or {}),
)


def _seconds_until(moment: datetime) -> float:
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _revive(cls: type[WasendError], text: str, facts: dict[str, Any]) -> WasendError:
    error = cls.__new__(cls)
    BaseException.__init__(error, text)
    error.__dict__.update(facts)
    return error


class WasendError(Exception):
    """
    Any failure of this package.

    Attributes:
        outcome: ``"not_sent"``: the request had no effect and may be made again. ``"unknown"``: it may have had its
            effect. ``"sent"``: the service accepted it, and only the answer could not be used.
        retry_after: Seconds, from when it was raised, after which trying again can help, where that is known.
    """

    outcome: Outcome
    retry_after: float | None = None

    _facts: ClassVar[Facts] = {"outcome": _OUTCOME}

    def __init__(self, text: str, facts: Mapping[str, Any] | None = None, /, *, outcome: Outcome = "not_sent") -> None:
        super().__init__(printable(text, _MOST_TEXT if facts is None else _MOST_ESCAPED))  # it may quote anybody
        if facts is None:
            self.outcome = outcome
        else:
            self.__dict__.update({name: fact[1](facts.get(name)) for name, fact in self._facts.items()})

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        kinds = [vars(kind).get("_facts", {}) for kind in reversed(cls.__mro__)]
        cls._facts = {name: fact for facts in kinds for name, fact in facts.items()}
        if (init := vars(cls).get("__init__")) is not None:

            @functools.wraps(init)
            def either(self: WasendError, *args: Any, **facts: Any) -> None:
                if len(args) == 2 and isinstance(args[1], dict) and "outcome" in args[1]:
                    WasendError.__init__(self, *args)  # its `args`
                else:
                    init(self, *args, **facts)

            setattr(cls, "__init__", either)  # noqa: B010 - checkers want no method to be assigned

    @property
    def retryable(self) -> bool:
        """
        Whether trying again later can help, and cannot send anything twice.

        It can help where the failure may pass: a limit, a connection, a session that is not ready, a store that is
        locked, a send that an outbox looks for again. It cannot where the call itself is wrong, or where a session must
        be restarted first.
        """
        if isinstance(self, OutcomeUnknownError):
            return self.looked_for_again
        # Where the outcome is unknown in another way, the call is as good done twice as once.
        return self._passing and self.outcome != "sent"

    if not TYPE_CHECKING:  # for checkers it is what it is of every exception: a variable

        @property
        def args(self) -> tuple[str, dict[str, Any]]:
            """
            The text, and a mapping of the error's attributes that can be written as JSON; its class takes both.

            Task queues keep them where many can read them, so the request's content and the service's answer are left
            out, and phone numbers are masked. A pickle has everything but media.
            """
            known = vars(self)
            kept = [(name, fact[0], known[name]) for name, fact in self._facts.items() if name in known]
            return self._text, {name: None if value is None else written(value) for name, written, value in kept}

        @args.setter
        def args(self, value: tuple[Any, ...]) -> None:
            BaseException.__init__(self, *value[:1])

    @property
    def _passing(self) -> bool:
        """Whether what failed may pass."""
        return False

    @property
    def _text(self) -> str:
        return "".join(super().args[:1])

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (type(self), self._text, self.__dict__)


class InvalidRequestError(WasendError, ValueError):
    """
    The request was refused before anything was sent.

    Attributes:
        field: The argument at fault, as the caller spells it.
        problem: What is wrong with its value.
        remedy: What would do instead.
    """

    _facts: ClassVar[Facts] = {"field": _SHORT, "problem": _LONGER, "remedy": _LONGER}

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
        key: The caller's own key. The text shows it with long numbers masked.
        differs: In what the two differ, such as ``("recipient", "text")``.
    """

    _facts: ClassVar[Facts] = {"key": _MASKED, "differs": _ITEMS}

    def __init__(self, key: str, differs: tuple[str, ...]) -> None:
        what = " and ".join(differs)
        super().__init__(f"key {_masked(key)!r} was used for a call with another {what}; use a key of its own")
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

    _facts: ClassVar[Facts] = {
        "status": _PLAIN,
        "code": _WORD,
        "message": _MASKED,
        "body": _LEFT_OUT,
        "headers": _SOME_HEADERS,
        "retry_after": _PLAIN,
        "method": _SHORT,
        "path": _MASKED,
        "attempts": _PLAIN,
    }

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

    @property
    def _passing(self) -> bool:
        return self.status in PASSING_STATUSES and not self.permanent


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

    _facts: ClassVar[Facts] = {"session_status": _SHORT, "expected": _ITEMS}

    def __init__(
        self, text: str, *, session_status: str | None = None, expected: tuple[str, ...] = (), **rest: Any
    ) -> None:
        super().__init__(text, **rest)
        self.session_status = session_status
        self.expected = expected

    @property
    def _passing(self) -> bool:
        return str(self.session_status).upper() not in ("FAILED", "ERROR")  # else it must be restarted


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

    _facts: ClassVar[Facts] = {"signal": _SHORT}

    def __init__(self, text: str, *, signal: str, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.signal = signal


class APIConnectionError(WasendError):
    """No answer came: the connection could not be made, or broke. ``attempts`` says how many requests were made."""

    _facts: ClassVar[Facts] = {"attempts": _PLAIN}

    def __init__(self, text: str, *, attempts: int = 1, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.attempts = attempts

    @property
    def _passing(self) -> bool:
        return True


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
        looked_for_again: Whether the same call with the same key looks for it again, and sends it only once it is
            certain that it was not sent: as by an `Outbox` with ``on_unknown="look"``.
        left_earlier: Whether it is an earlier call with the same key whose outcome is unknown; this one sent nothing.
        identity: An id of this error. A copy has the same, and is settled as the same send.

    A pickled error keeps the call, without its media, so that it can be settled elsewhere. One that was rebuilt from
    its ``args`` has only the call's name: describe what was sent to `settle_send`.
    """

    _facts: ClassVar[Facts] = {
        "call": (_call_as_json, _call_of_json),
        "since": _MOMENT,
        "settlement": (_settlement_as_json, _settlement_of_json),
        "looked_for_again": _FLAG,
        "left_earlier": _FLAG,
        "retry_after": _PLAIN,
        "identity": _SHORT,
    }

    def __init__(self, text: str, *, call: Call[Any], since: datetime, **rest: Any) -> None:
        rest["outcome"] = "unknown"
        super().__init__(text, **rest)
        self.call = call
        self.since = since
        self.settlement: Settlement | None = None
        self.looked_for_again = False
        self.left_earlier = False
        self.retry_after = None
        self.identity = secrets.token_hex(8)

    def __reduce__(self) -> tuple[Any, ...]:
        # A queue wants to know what failed, and not 13 MB of the picture that it was about.
        return _revive, (type(self), self._text, {**self.__dict__, "call": self.call.without_media()})


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

    _facts: ClassVar[Facts] = {"path": _MASKED, "body": _LEFT_OUT}

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

    _facts: ClassVar[Facts] = {"session": _SHORT, "until": _MOMENT, "reason": _MASKED, "retry_after": _PLAIN}

    def __init__(self, text: str, *, session: str, until: datetime, reason: str) -> None:
        super().__init__(text)
        self.session = session
        self.until = until
        self.reason = reason
        self.retry_after = _seconds_until(until)

    @property
    def _passing(self) -> bool:
        return True


class StoreError(WasendError):
    """
    A store, outbox or inbox cannot be used: it is locked, full, damaged or gone. Nothing was sent.

    A store that fails after a send does not change what that send returns or raises: the next one raises this.

    Attributes:
        store: Which store: its class, and the path of a file.
    """

    _facts: ClassVar[Facts] = {"store": _SHORT}

    def __init__(self, text: str, *, store: str) -> None:
        super().__init__(text)
        self.store = store

    @property
    def _passing(self) -> bool:
        return True


class SuppressedRecipientError(WasendError):
    """
    The recipient does not want messages: the number is on the suppression list.

    Attributes:
        recipient: The number or chat id.
        reason: Why it is on the list, as it was put there.
    """

    _facts: ClassVar[Facts] = {"recipient": _MASKED, "reason": _MASKED}

    def __init__(self, text: str, *, recipient: str, reason: str) -> None:
        super().__init__(text)
        self.recipient = recipient
        self.reason = reason


class TurnTimeoutError(WasendError, TimeoutError):
    """
    By the session's pacing, the turn of this send would come only after its ``turn_timeout``. Nothing was sent.

    Attributes:
        session: The session's id.
        until: The earliest time at which it could begin (UTC).
        reason: Why; see `WaitReason`.
    """

    _facts: ClassVar[Facts] = {"session": _SHORT, "until": _MOMENT, "reason": _SHORT, "retry_after": _PLAIN}

    def __init__(self, text: str, *, session: str, until: datetime, reason: WaitReason) -> None:
        super().__init__(text)
        self.session = session
        self.until = until
        self.reason = reason
        self.retry_after = _seconds_until(until)

    @property
    def _passing(self) -> bool:
        return True


class WaitTimeoutError(WasendError, TimeoutError):
    """
    What was waited for did not come in time.

    Attributes:
        state: The last session status or message ack that was seen, as the service words it; `None` if none was.
    """

    _facts: ClassVar[Facts] = {"state": _SHORT}

    def __init__(self, text: str, *, state: str | None, **rest: Any) -> None:
        super().__init__(text, **rest)
        self.state = state

    @property
    def _passing(self) -> bool:
        return True


class SessionFailedError(WasendError):
    """
    The session has failed, and will not become ready by itself: it must be restarted.

    Attributes:
        state: Its status, as the service words it.
    """

    _facts: ClassVar[Facts] = {"state": _SHORT}

    def __init__(self, text: str, *, state: str | None) -> None:
        super().__init__(text)
        self.state = state


class MessageFailedError(WasendError):
    """
    The service accepted the message, but WhatsApp did not.

    Attributes:
        message: The message as its chat holds it.
    """

    _facts: ClassVar[Facts] = {"message": (_message_as_json, _message_of_json)}

    def __init__(self, text: str, *, message: ChatMessage) -> None:
        super().__init__(text, outcome="sent")
        self.message = message


class ClientClosedError(WasendError):
    """The client is closed, or was closed during the call."""

    @property
    def _passing(self) -> bool:
        return self.outcome == "not_sent"  # else it may be a send


class WebhookError(WasendError):
    """
    What was posted to a webhook is refused. The error's text shows nothing of what was posted.

    Attributes:
        status: The HTTP status to answer with; a property of the class. The service's engine posts the event again
            after any status outside 2xx.
        reason: The text to answer with: a few words, the same for each error of a class.
    """

    status: ClassVar[int] = 400
    reason: ClassVar[str] = "not accepted"


class WebhookUnsignedError(WebhookError):
    """401: it is not signed, and a key was given to verify it with."""

    status: ClassVar[int] = 401
    reason: ClassVar[str] = "not signed"


class WebhookSignatureError(WebhookError):
    """401: it was signed by another key, by another algorithm or for another body, or the signature is malformed."""

    status: ClassVar[int] = 401
    reason: ClassVar[str] = "wrong signature"


class WebhookTooOldError(WebhookError):
    """
    400: by its own signed time the event is older than allowed, or from too far in the future: a clock is off.

    Attributes:
        age: How old it is, in seconds; negative where it is from the future.
    """

    reason: ClassVar[str] = "too old"

    _facts: ClassVar[Facts] = {"age": _PLAIN}

    def __init__(self, text: str, age: float = 0.0) -> None:
        super().__init__(text)
        self.age = age


class WebhookTooLargeError(WebhookError):
    """413: its body has more bytes than allowed, or reading it would take too much memory."""

    status: ClassVar[int] = 413
    reason: ClassVar[str] = "too large"


class WebhookTimeoutError(WebhookError):
    """408: its body did not come in time."""

    status: ClassVar[int] = 408
    reason: ClassVar[str] = "too slow"


class WebhookFormatError(WebhookError):
    """400: it is not an event."""

    reason: ClassVar[str] = "not an event"
