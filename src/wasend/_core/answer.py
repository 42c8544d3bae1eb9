"""What an answer says: the error in it, if it is one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import attrs

from ..errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UnknownServerError,
    UnknownStatusError,
    UnprocessableError,
)
from .call import Call
from .documents import is_list, is_object
from .names import folded
from .secret import Secret

IN_DOUBT: Final = "it may or may not have been carried out: check before you repeat it"

_MESSAGE_LENGTH: Final = 300
_LOOKED_AT: Final = 2000  # characters of what an answer says: fewer are shown
_LONGEST: Final = 70_000  # no message's own text is that long; a file in base64 is
_SHORTEST_NUMBER: Final = 7
_LONG_NUMBER: Final = re.compile(r"\d(?:[ ().\-/\u00a0]{0,2}\d){6,40}")
_DATE: Final = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?!\d)")
_TAKEN_OUT: Final = "\ue000"  # a character of nobody's, until the text is shown
_PAGE: Final = 10_000  # characters of a page that are looked at
_TAG: Final = re.compile(r"<(/?)([a-zA-Z]*)[^<>]*>?")
_UNSEEN: Final = ("script", "style", "head")
_BY_STATUS: Final[Mapping[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    422: UnprocessableError,
    429: RateLimitError,
}


@attrs.frozen
class Answer:
    """
    What came back.

    Attributes:
        status: HTTP status.
        headers: Header names in lower case.
        content: The bytes of the body; `None` where they could not be read.
        fault: Why they could not be read.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # what echoes the key shows it
    content: bytes | None = attrs.field(repr=False)
    fault: str | None = None

    @property
    def content_type(self) -> str:
        """The media type, in lower case."""
        return self.headers.get("content-type", "").lower()


@attrs.frozen
class SpecialError:
    """
    What one service's answer means, where it is more than its status says.

    Attributes:
        kind: The class to raise. Its request had no effect.
        facts: What that class takes beside the facts of every `APIStatusError`.
        advice: The end of its text: what to do about it.
    """

    kind: type[APIStatusError]
    facts: Mapping[str, Any]
    advice: str = ""


def _nothing_special(status: int, message: str, document: Any, call: Call[Any]) -> SpecialError | None:
    return None


@attrs.frozen
class ErrorRules:
    """
    What is particular to one service's errors; all else is HTTP.

    Attributes:
        special: Given status, message and document of an error, and its call, says whether it is a special one.
        advice: What to do about an error, by its status: the end of its text.
        private_fields: Fields of a request whose values no error may repeat.
    """

    special: Callable[[int, str, Any, Call[Any]], SpecialError | None] = _nothing_special
    advice: Mapping[int, str] = attrs.field(factory=dict[int, str])
    private_fields: tuple[str, ...] = ()


def error_of(
    answer: Answer,
    document: Any,
    call: Call[Any],
    *,
    path: str,
    attempts: int,
    since: datetime,
    secret: Secret,
    rules: ErrorRules,
) -> APIStatusError | None:
    """
    The error an answer amounts to, or `None`.

    Args:
        answer: What came back.
        document: Its body, parsed; text where it is not JSON.
        call: What was asked.
        path: The path asked for, percent-encoded.
        attempts: How many requests were made so far.
        since: When the request left.
        secret: The API key, taken out of whatever echoes it.
        rules: What is particular to the service's errors.
    """
    accepted = 200 <= answer.status < 300
    if accepted and not _says_failed(document):
        return None
    document = secret.out_of_all(document)
    try:
        said = message_in(document)
    except RecursionError:  # thousands of brackets: no service's doing
        document, said = None, ""
    after = retry_after(answer.headers, document)
    facts: dict[str, Any] = {
        "status": answer.status,
        "code": _code(document),
        "message": _short(_discreet(said or _phrase(answer.status), call, rules.private_fields)),
        "body": document,
        "headers": answer.headers,
        "retry_after": after,
        "method": call.method,
        "path": path,
        "attempts": attempts,
    }
    kind = ServerError if answer.status >= 500 else _BY_STATUS.get(answer.status, APIStatusError)
    advice = _advice(facts, rules)
    special = rules.special(answer.status, said, document, call)
    if special is not None:
        kind, advice = special.kind, special.advice
        facts |= special.facts
    elif not accepted and _is_ambiguous(answer.status, after):
        if call.repeatable:
            facts["outcome"] = "unknown"
        else:
            kind = UnknownServerError if answer.status >= 500 else UnknownStatusError
            facts |= {"call": call, "since": since}
            advice = advice if answer.status < 400 else IN_DOUBT
    text = f"{call.name}: {answer.status} {facts['message']}".rstrip()
    return kind(f"{text}; {advice}" if advice else text, **facts)


def means_no_such_route(error: APIStatusError) -> bool:
    """Whether the service has no such route, as opposed to no such session."""
    if error.status == 405:
        return True
    return error.status == 404 and (
        not isinstance(error.body, Mapping | list)
        or re.match(r"cannot [a-z]+ /", error.message, re.IGNORECASE) is not None
    )


def refuses_field(error: APIStatusError, field: str) -> bool:
    """Whether the service may have refused a request for one of its fields, as its error names that."""
    if error.status not in (400, 422) or error.outcome != "not_sent":
        return False
    word = re.compile(rf"(?<![\w.]){re.escape(field)}(?![\w.])")
    return any(word.search(said) for said in error_fields(error.body))


def retry_after(headers: Mapping[str, str], document: Any) -> float | None:
    """Seconds the service asks to wait, from wherever it says so."""
    body: Mapping[str, Any] = document if is_object(document) else {}
    said: tuple[tuple[Any, float], ...] = (
        (headers.get("retry-after-ms"), 0.001),
        (headers.get("retry-after"), 1.0),
        *((body.get(key), 1.0) for key in ("retry_after", "retryAfter", "retryAfterSeconds")),
    )
    for value, unit in said:
        seconds = _wait(value, headers.get("date"))
        if seconds is not None:
            return seconds * unit
    return None


_ERROR_FIELDS: Final = ("message", "error", "exception", "detail", "details", "errors", "title", "reason")


def message_in(document: Any) -> str:
    """What an error says, from any envelope that the service or a proxy in front of it may send."""
    if isinstance(document, str):
        return _plain(document)
    if is_list(document):
        return "; ".join(filter(None, map(message_in, document)))
    if is_object(document):
        for key in _ERROR_FIELDS:
            if found := message_in(document.get(key)):
                return found
    return ""


def with_numbers_masked(text: str) -> str:
    """Text with its phone numbers masked, however they are written."""
    return _LONG_NUMBER.sub(_masked_number, text)


def error_fields(document: Any, depth: int = 4) -> Iterator[str]:
    """
    Every text in those fields of a JSON document that say what is wrong.

    Args:
        document: The document. What is no object, such as a page, has no fields.
        depth: How many objects within each other are looked into.
    """
    if is_object(document) and depth:
        for key in _ERROR_FIELDS:
            value = document.get(key)
            for one in value if is_list(value) else [value]:
                if isinstance(one, str):
                    yield one
                else:
                    yield from error_fields(one, depth - 1)


def _is_ambiguous(status: int, after: float | None) -> bool:
    """Whether a status leaves open what became of the request, as does a 302 or 303 that may follow a success."""
    return status in (302, 303, 408) or (status >= 500 and status != 501 and not (status == 503 and after is not None))


def _advice(facts: Mapping[str, Any], rules: ErrorRules) -> str:
    status, after = facts["status"], facts["retry_after"]
    if 300 <= status < 400:
        where = _where(facts["headers"])
        return f"redirects are not followed, to keep the API key; this one points to {where}; check base_url"
    if status == 429 and after is not None:
        return f"try again in {after:g} s"
    return rules.advice.get(status, "")


def _where(headers: Mapping[str, str]) -> str:
    where = headers.get("location", "nowhere").partition("?")[0].partition("#")[0]
    return with_numbers_masked(where[:_MESSAGE_LENGTH])


def _says_failed(document: Any) -> bool:
    while is_object(document):
        said = {folded(str(key)): value for key, value in document.items()}
        value = said.get("success", True)
        if value is False or value == 0 or (isinstance(value, str) and value.lower() in ("false", "0", "no")):
            return True
        document = said.get("data")
    return False


def _code(document: Any) -> str | None:
    if not is_object(document):
        return None
    inner = document.get("error")
    for source in (inner, document) if is_object(inner) else (document,):
        for key in ("key", "code", "errorCode"):
            if isinstance(source.get(key), str | int):
                return str(source[key])
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # the year 99 999, or a zone that leads out of the calendar
        return None


def _wait(value: Any, date: str | None) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except ValueError:
        if (moment := _moment(str(value))) is None:
            return None
        # By the service's own clock, where the answer tells it: ours may differ.
        seconds = (moment - (_moment(date or "") or datetime.now(UTC))).total_seconds()
    except OverflowError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _plain(text: str) -> str:
    """Text without the tags, scripts and styles of a proxy's HTML page."""
    text = text[:_PAGE]
    if "<" in text:
        text = " ".join(_seen(text))
    return " ".join(text.split())


def _seen(page: str) -> Iterator[str]:
    at, unseen = 0, ""
    for tag in _TAG.finditer(page):
        if not unseen:
            yield page[at : tag.start()]
        name = tag[2].lower()
        if unseen:
            unseen = "" if tag[1] and name == unseen else unseen
        elif not tag[1] and name in _UNSEEN:
            unseen = name
        at = tag.end()
    if not unseen:
        yield page[at:]


def _short(text: str) -> str:
    return text if len(text) <= _MESSAGE_LENGTH else text[:_MESSAGE_LENGTH] + "…"


def _discreet(said: str, call: Call[Any], private_fields: tuple[str, ...]) -> str:
    """What an answer says, without what the message said, in whichever spelling, and with every long number masked."""
    text = said[:_LOOKED_AT]
    private = [value for value in _private([call.path_params, call.body], private_fields) if len(value) <= _LONGEST]
    for value in sorted({" ".join(value.split()) for value in private} - {""}, key=len, reverse=True):
        # Where it is as it was sent, what stands around it is kept as it is.
        spelt = re.escape(value)
        text = re.sub(rf"(?<!\w){spelt}(?!\w)" if len(value) < 8 else spelt, _TAKEN_OUT, text)
    if private:
        from .echo import REMOVED, plain, without  # few answers are errors

        words = without(text, private)
        if words != plain(text):
            text = words.replace(REMOVED, _TAKEN_OUT)
    return with_numbers_masked(text).replace(_TAKEN_OUT, "…")


def _private(value: Any, fields: tuple[str, ...], *, inside: bool = False) -> Iterator[str]:
    """The texts of these fields, at any depth."""
    if isinstance(value, str):
        if inside:
            yield value
    elif is_object(value):
        for key, one in value.items():
            yield from _private(one, fields, inside=inside or key in fields)
    elif is_list(value):
        for one in value:
            yield from _private(one, fields, inside=inside)


def _masked_number(found: re.Match[str]) -> str:
    number = found[0]
    digits = [char for char in number if char.isdigit()]
    if len(digits) < _SHORTEST_NUMBER or _DATE.match(number):
        return number
    return f"{''.join(digits[:2])}…{''.join(digits[-4 if len(digits) > 9 else -2 :])}"
