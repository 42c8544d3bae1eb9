"""Webhooks, verified and read: from bytes to a typed event, or to an error that says which status to answer with."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from .._core.bounds import costs_too_much, is_deep
from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.documents import is_object
from ..errors import (
    ConfigurationError,
    DecodeError,
    WasendError,
    WebhookFormatError,
    WebhookTooLargeError,
    WebhookTooOldError,
)
from .signature import Headers, Keys, SigningKey, attempt, check_signature, exact

if TYPE_CHECKING:
    from .events import AnyEvent

MAX_AGE: Final = 86_400.0
"""
Seconds after which an event is refused, by default.

The engine tries 15 times: every two seconds, or after waits that double from two seconds, which makes 18 hours and,
with its random share, 22. Whoever remembers the events of a day handles none twice, whoever sends it again.
"""
MAX_AHEAD: Final = 900.0
"""Seconds that an event may be from the future, for clocks that are off."""
_COST: Final = 4  # with which reading costs 48 MiB at most: members of a group cost twenty times their bytes
MAX_BYTES: Final = 4 * 1024 * 1024
"""Bytes that a body may have, by default: a group of thousands of members, with the engine's own record, has less."""

_NO_KEY: Final = (
    "webhook key: there is none, so that anybody could make up events; pass key=... with the key that the service "
    "signs with, or insecure=True to believe whatever comes"
)
_TWO_WAYS: Final = "webhook key: insecure=True would ignore the key that was passed; leave one of them out"


def parse(
    body: bytes,
    headers: Headers = (),
    *,
    key: SigningKey | None,
    insecure: bool = False,
    max_age: float | None = MAX_AGE,
    max_bytes: int = MAX_BYTES,
    clock: Clock = SYSTEM_CLOCK,
) -> AnyEvent:
    """
    Verify what was posted to a webhook, and read it.

    Its size is checked first, then its signature, then its age: by the event's own time, which is signed; the header
    ``X-Webhook-Timestamp`` is not, and is not looked at. Within the age limit, the same event may come again: the
    engine repeats what was not answered by a 2xx, and whoever has seen a request can send it again. An event is known
    by its ``session``, ``name`` and ``id``; a `Receiver` handles each once.

    Args:
        body: The exact bytes that came.
        headers: The headers that came with them: a mapping or a list of pairs, in text or bytes, names in any case.
        key: The key that the service signs with; several, of which each is good, while one takes another's place.
        insecure: Take events that are not signed, from anybody. Only without a key.
        max_age: Seconds after which an event is refused: a day by default, `None` for never, as for events that were
            kept. Events from the future are refused as well: from more than 15 minutes, or than this many seconds.
        max_bytes: How many bytes a body may have. Reading it takes twelve times as much memory at most, or 48 MiB.
        clock: By which an event's age is told.

    Returns:
        The event; an `UnknownEvent` for a name that is new.

    Raises:
        WebhookUnsignedError: It is not signed. Answer 401.
        WebhookSignatureError: It is not signed by the key. Answer 401.
        WebhookTooLargeError: It is too large. Answer 413.
        WebhookFormatError: It is not an event. Answer 400.
        WebhookTooOldError: It is too old, or a clock is off. Answer 400.
        ConfigurationError: There is no key, or one that cannot be right; or a limit that is none.
        InvalidRequestError: The body is not bytes, or the headers are none.

    Example:
        >>> from wasend.webhooks import parse, sign
        >>> body = b'{"event":"message","session":"ses_1","payload":{"from":"447700900456@c.us","body":"Hi"}}'
        >>> event = parse(body, {"X-Webhook-Hmac": sign(body, "my-secret-key")}, key="my-secret-key", max_age=None)
        >>> event.payload.body
        'Hi'
    """
    found = attempt(lambda: read(exact(body), headers, checked_key(key, insecure=insecure), max_age, max_bytes, clock))
    body, key = b"", None  # what shows the variables of a traceback does not show them
    if isinstance(found, WasendError):
        raise found
    return found


def checked_key(key: SigningKey | None, *, insecure: bool) -> Keys | None:
    """
    The key or keys to verify with; `None` where nothing is to be verified.

    Raises:
        ConfigurationError: There is neither a key nor a word that none is wanted, or both.
    """
    if key is None:
        if insecure is not True:
            raise ConfigurationError(_NO_KEY)
        return None
    keys = Keys.of(key)
    if insecure:
        raise ConfigurationError(_TWO_WAYS)
    return keys


def check_limits(max_age: float | None, max_bytes: int) -> None:
    """
    See that limits are some.

    Raises:
        ConfigurationError: One is not.
    """
    numeric = isinstance(max_age, int | float) and not isinstance(max_age, bool)
    if max_age is not None and not (numeric and max_age > 0 and math.isfinite(max_age)):
        raise ConfigurationError(f"max_age: {max_age!r} is no number of seconds above 0; pass None for no limit")
    if not isinstance(max_bytes, int) or isinstance(max_bytes, bool) or max_bytes < 1:
        raise ConfigurationError(f"max_bytes: {max_bytes!r} is no number of bytes above 0; the default is {MAX_BYTES}")


def read(
    body: bytes, headers: Headers, keys: Keys | None, max_age: float | None, max_bytes: int, clock: Clock
) -> AnyEvent:
    """The event in a body; see `parse`. What it raises has the body in its frames."""
    check_limits(max_age, max_bytes)
    if len(body) > max_bytes:
        raise WebhookTooLargeError(f"the body has {len(body)} bytes; at most {max_bytes} are read (max_bytes)")
    if keys is not None:
        check_signature(body, headers, keys)
    event = _event(_document(body, max_bytes))
    if max_age is not None:
        _check_age(event, max_age, clock.now())
    return event


def _document(body: bytes, max_bytes: int) -> dict[str, Any]:
    if costs_too_much(body, _COST * max(max_bytes, MAX_BYTES)):
        raise WebhookTooLargeError("reading the body would take too much memory; raise max_bytes if it is genuine")
    if is_deep(body):
        raise WebhookFormatError("the body is nested too deeply for an event")
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise WebhookFormatError("the body is no JSON") from None
    if not is_object(document):
        raise WebhookFormatError("the body is no JSON object")
    if not isinstance(name := document.get("event"), str) or not name:
        raise WebhookFormatError("the body is no event: it does not say the event's name")
    return cast("dict[str, Any]", document)


@functools.cache
def _reading() -> tuple[Callable[..., Any], Mapping[str, type[AnyEvent]], type[AnyEvent]]:
    """What reads events: not imported before the first one comes."""
    from .._core.codec import decode
    from .events import EVENTS, UnknownEvent

    return decode, EVENTS, UnknownEvent


def _event(document: dict[str, Any]) -> AnyEvent:
    decode, classes, other = _reading()
    try:
        return cast("AnyEvent", decode(document, classes.get(document["event"], other), None))
    except DecodeError:
        raise WebhookFormatError("the body is no event: it has more members than an event can have") from None


def _check_age(event: AnyEvent, max_age: float, now: float) -> None:
    if event.timestamp is None:
        raise WebhookFormatError("the event does not say its time, so its age is not known; max_age=None takes it")
    age = now - event.timestamp.timestamp()
    if -min(max_age, MAX_AHEAD) <= age <= max_age:
        return
    times = f"the event is of {_iso(event.timestamp)}, and the clock here says {_iso(datetime.fromtimestamp(now, UTC))}"
    if age > 0:
        raise WebhookTooOldError(
            f"{times}: {age:.0f} s later, and at most {max_age:.0f} s are allowed (max_age); it comes late, or is sent "
            "again, or this machine's clock is fast",
            age,
        )
    raise WebhookTooOldError(f"{times}: {-age:.0f} s earlier; this machine's clock is slow, or the sender's fast", age)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
