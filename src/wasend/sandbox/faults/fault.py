"""What can go wrong: faults as values, and which requests they strike. No HTTP here: `middleware` plays them."""

from __future__ import annotations

import math
import re
import shlex
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Final, TypeAlias, cast

import attrs

from wasend._core.names import nearest

_Check: TypeAlias = Callable[[str], str]
"""Returns a detail in its one spelling, or raises a ValueError that says what it should be."""

_LONGEST: Final = 1_000_000_000
_VERBS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_STATUS: Final = re.compile(r"[45][0-9]{2}")
_SHARE: Final = re.compile(r"([0-9.]+)%")
_CALLS: Final = re.compile(r"#([0-9]+(?:,[0-9]+)*)")
_TIMES: Final = re.compile(r"x([0-9]+)")
_DETAIL: Final = re.compile(r"([A-Za-z_-]+)=(.*)", re.DOTALL)
_EVENT: Final = re.compile(r"[A-Za-z*][\w.*-]*", re.ASCII)


def _seconds(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _LONGEST:
        raise ValueError(f"a number of seconds from 0 to {_LONGEST}")
    return _number(value)


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _one_of(*known: str) -> _Check:
    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return text

    return check


def _names(text: str) -> str:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise ValueError("names with commas between them")
    return ",".join(names)


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("some text")
    return text


def _any(text: str) -> str:
    return text


@attrs.frozen
class _Kind:
    """What details a kind takes, each with its default (empty: none) and its check; and whether it is of events."""

    details: Mapping[str, tuple[str, _Check]] = attrs.field(factory=dict[str, tuple[str, _Check]])
    of_events: bool = False


_PROCESSED: Final = ("false", _one_of("true", "false"))
_KINDS: Final[Mapping[str, _Kind]] = {
    "delay": _Kind({"seconds": ("2", _seconds)}),
    "hang": _Kind({"processed": _PROCESSED}),
    "refuse": _Kind(),
    "reset": _Kind(),
    "reset_after": _Kind(),
    "truncated": _Kind(),
    "wrong_content_type": _Kind({"type": ("text/html", _filled)}),
    "missing_fields": _Kind({"fields": ("", _names)}),
    "rate_limit": _Kind(
        {"seconds": ("2", _seconds), "format": ("seconds", _one_of("seconds", "date", "milliseconds", "body"))}
    ),
    "ban": _Kind({"signal": ("463", _one_of("463", "475", "rate-overlimit"))}),
    "session_status": _Kind({"status": ("STARTING", _filled), "expected": ("CONNECTED", _names)}),
    "dead_session": _Kind(),
    "duplicate_webhook": _Kind(of_events=True),
    "reordered_webhook": _Kind(of_events=True),
}
_ANY_STATUS: Final = _Kind({"processed": _PROCESSED, "message": ("", _any), "retry_after": ("", _seconds)})


@attrs.frozen(init=False, repr=False)
class Fault:
    """
    Something that goes wrong, and when. It is written the same everywhere:
    ``KIND [VERB] [PATH] [10%] [#3] [x2] [name=value]``.

    Of the requests that verb and path select, a fault strikes every one; or a share of them (``10%``), drawn by the
    sandbox's seed; or those of these numbers (``#1,4``: the first and the fourth); or the first so many that are left
    then (``x2``). In a path ``{name}`` matches one segment, ``*`` for anything. The kinds:

    - ``delay seconds=2``: it is processed that much later; several add up, and other faults come after them.
    - ``hang``: it is never answered; with ``processed=true`` it is processed nevertheless.
    - ``refuse``: no connection is made. Over a socket, where there is one already, the same as ``reset``.
    - ``reset``, ``reset_after``: the connection breaks before the request is processed, or after it was.
    - ``truncated``: it is processed, and half of the answer's body comes.
    - ``wrong_content_type type=text/html``: it is processed, and the answer's JSON is called something else.
    - ``missing_fields fields=id,timestamp``: it is processed, and these fields are left out of the answer, at any
      depth; without ``fields`` all are.
    - ``rate_limit seconds=2 format=seconds``: 429; the wait comes in ``seconds``, as a ``date``, in
      ``milliseconds``, or in the ``body``.
    - ``502``, or any other status from 400 to 599: with ``message=…`` and ``retry_after=…`` (seconds) if you like; with
      ``processed=true`` it is processed nevertheless.
    - ``ban signal=463``: 500, as for a number that WhatsApp restricts; also ``475`` and ``rate-overlimit``.
    - ``session_status status=STARTING``: 422, as for a session that is not ``expected=CONNECTED``.
    - ``dead_session``: it is processed and answered like any other, but what it sends goes nowhere.
    - ``duplicate_webhook``, ``reordered_webhook``: an event is delivered twice, or after the next one. They take the
      name of an event in place of verb and path: ``duplicate_webhook message.ack``.

    Args:
        kind: One of these.
        route: Verb, path or both, as in ``"POST /sendText"``; or an event's name.
        share: How many of the requests, from 0 to 1.
        calls: Which of the requests, from 1.
        times: How many at most.
        details: Those of the kind; `None` leaves one out.

    Attributes:
        kind: What goes wrong.
        verb: Of which requests; empty for any.
        path: Of which requests, or of which events; ``*`` for any.
        share: How many of them, from 0 to 1.
        calls: Which of them, from 1; empty for any.
        times: How many at most; `None` for any number.
        details: Those that were given, as text.

    Raises:
        ValueError: A part of it makes no sense.

    Example:
        >>> str(Fault("reset_after", "POST /sendText", share=0.1))
        'reset_after POST /sendText 10%'
    """

    kind: str
    verb: str
    path: str
    share: float
    calls: tuple[int, ...]
    times: int | None
    _details: tuple[tuple[str, str], ...]

    def __init__(
        self,
        kind: str | int,
        route: str = "*",
        *,
        share: float = 1.0,
        calls: int | Iterable[int] = (),
        times: int | None = None,
        **details: object,
    ) -> None:
        kind = str(kind)
        shape = _shape(kind)
        verb, path = _route(route, kind, shape)
        if not 0 <= share <= 1:
            raise ValueError(f"share is from 0 to 1 (0.1, written 10%), not {share}")
        numbers = (calls,) if isinstance(calls, int) else tuple(sorted(set(calls)))
        if any(number < 1 for number in numbers):
            raise ValueError(f"requests are counted from 1, so there is no #{numbers[0]}")
        if times is not None and times < 1:
            raise ValueError(f"times is at least 1 (x1), not {times}")
        given = tuple((key, _detail(kind, shape, key, value)) for key, value in details.items() if value is not None)
        values = (kind, verb, path, float(share), numbers, times, given)
        for field, value in zip(attrs.fields(type(self)), values, strict=True):
            object.__setattr__(self, field.name, value)

    @classmethod
    def parse(cls, text: str) -> Fault:
        """
        Read a fault.

        Args:
            text: As in ``"rate_limit POST /sendText #3 seconds=5"``. A value with spaces is put into quotes.

        Raises:
            ValueError: A part of it makes no sense; the error names it, and what would do.
        """
        try:
            kind, *rest = shlex.split(text)
        except ValueError as error:
            what = "a fault begins with its kind, as in '502 POST /sendText 10%'"
            raise ValueError(what if not text.strip() else f"the fault {text!r} cannot be read: {error}") from None
        try:
            shape = _shape(kind)
            words = _Words.read(rest, shape)
            for key in words.details:
                _check_name(kind, shape, key)
            return cls(kind, words.route, share=words.share, calls=words.calls, times=words.times, **words.details)
        except ValueError as error:
            raise ValueError(f"in the fault {text!r}: {error}") from None

    @property
    def of_events(self) -> bool:
        """Whether it strikes events that are delivered, not requests."""
        return _shape(self.kind).of_events

    @property
    def details(self) -> Mapping[str, str]:
        """The details that were given, as text."""
        return dict(self._details)

    def detail(self, name: str) -> str:
        """Return one detail as text: as given, or its default, which may be empty."""
        return self.details.get(name) or _shape(self.kind).details[name][0]

    def __str__(self) -> str:
        parts = [self.kind]
        if self.verb:
            parts.append(self.verb)
        if self.path != "*":
            parts.append(_quoted(self.path))
        if self.share != 1:
            parts.append(f"{Decimal(repr(self.share)).scaleb(2).normalize():f}%")
        if self.calls:
            parts.append(f"#{','.join(map(str, self.calls))}")
        if self.times is not None:
            parts.append(f"x{self.times}")
        return " ".join([*parts, *(f"{key}={_quoted(value)}" for key, value in self._details)])

    def __repr__(self) -> str:
        return f"Fault.parse({str(self)!r})"


class Faults:
    """
    The faults that are set. Any thread may use it.

    Whether a fault strikes the n-th request that it selects depends on the seed, on how the fault is written and on n
    alone: neither on other requests nor on other faults.

    Args:
        seed: What shares are drawn by.
        faults: Those to begin with.

    Raises:
        ValueError: One of them makes no sense.
    """

    def __init__(self, seed: int = 0, faults: Iterable[Fault | str] = ()) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._armed: tuple[_Armed, ...] = ()
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault | str) -> Fault:
        """
        Set a fault; its count of requests begins now.

        Raises:
            ValueError: A part of it makes no sense.
        """
        fault = _fault(fault)
        with self._lock:
            self._armed = (*self._armed, _Armed(fault, self._seed))
        return fault

    def remove(self, fault: Fault | str) -> None:
        """
        Take a fault away.

        Raises:
            ValueError: It is not set.
        """
        fault = _fault(fault)
        with self._lock:
            found = next((armed for armed in self._armed if armed.fault == fault), None)
            if found is None:
                there = ", ".join(repr(str(armed.fault)) for armed in self._armed) or "none"
                raise ValueError(f"there is no fault {str(fault)!r}; set are: {there}")
            self._armed = tuple(armed for armed in self._armed if armed is not found)

    def clear(self) -> None:
        """Take all of them away."""
        with self._lock:
            self._armed = ()

    def every(self) -> tuple[Fault, ...]:
        """Return them in the order in which they were set."""
        return tuple(armed.fault for armed in self._armed)

    def on_request(self, method: str, path: str) -> tuple[Fault, ...]:
        """Count a request, and return the faults that strike it."""
        if not self._armed:
            return ()
        return self._striking(of_events=False, verb=method, path=path)

    def on_event(self, event: str) -> tuple[Fault, ...]:
        """Count an event, and return the faults that strike it."""
        if not self._armed:
            return ()
        return self._striking(of_events=True, verb="", path=event)

    def _striking(self, *, of_events: bool, verb: str, path: str) -> tuple[Fault, ...]:
        with self._lock:
            selected = [
                armed for armed in self._armed if armed.fault.of_events == of_events and armed.selects(verb, path)
            ]
            return tuple(armed.fault for armed in selected if armed.strikes())

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.every())

    def __len__(self) -> int:
        return len(self._armed)

    def __repr__(self) -> str:
        return f"Faults(seed={self._seed}, {', '.join(repr(str(fault)) for fault in self) or 'none'})"


class _Armed:
    """A fault, and how many requests it has met."""

    def __init__(self, fault: Fault, seed: int) -> None:
        self.fault = fault
        self._draws = f"{seed} {fault} "
        self._path = _pattern(fault.path)
        self._met = self._struck = 0

    def selects(self, verb: str, path: str) -> bool:
        return self.fault.verb in ("", verb) and self._path.fullmatch(path) is not None

    def strikes(self) -> bool:
        self._met += 1
        fault = self.fault
        strikes = (
            (not fault.calls or self._met in fault.calls)
            and (fault.times is None or self._struck < fault.times)
            and (fault.share == 1 or self._drawn() < fault.share)
        )
        self._struck += strikes
        return strikes

    def _drawn(self) -> float:
        draw = blake2b(f"{self._draws}{self._met}".encode(errors="backslashreplace"), digest_size=8).digest()
        return (int.from_bytes(draw) >> 11) / (1 << 53)  # the 53 bits that a float below 1 holds


def _fault(fault: Fault | str) -> Fault:
    return Fault.parse(fault) if isinstance(fault, str) else fault


def _shape(kind: str) -> _Kind:
    if _STATUS.fullmatch(kind):
        return _ANY_STATUS
    shape = _KINDS.get(kind)
    if shape is None:
        known = (*_KINDS, "500", "502", "503", "504")
        raise ValueError(
            f"there is no kind of fault {kind!r}, nor is it a status from 400 to 599; {nearest(kind, known)}"
        )
    return shape


def _route(route: str, kind: str, shape: _Kind) -> tuple[str, str]:
    """Verb and path; or nothing, and the name of an event."""
    if shape.of_events:
        if not _EVENT.fullmatch(route) or _TIMES.fullmatch(route):
            raise ValueError(f"{kind} takes the name of an event, such as message.ack or *, not {route!r}")
        return "", route
    first, *rest = route.split(maxsplit=1)[:2] or [""]
    if first.upper() in _VERBS:
        verb, path = first.upper(), rest[0].strip() if rest else "*"
    else:
        verb, path = "", route.strip()
    if not path.startswith(("/", "*")):
        raise ValueError(
            f"{route!r} is neither a verb nor a path: it is written like 'POST /sendText', '/sessions/*' or '*'"
        )
    return verb, path


def _check_name(kind: str, shape: _Kind, key: str) -> None:
    if key not in shape.details:
        hint = nearest(key, shape.details) if shape.details else "it takes none"
        raise ValueError(f"{kind} has no detail {key!r}; {hint}")


def _detail(kind: str, shape: _Kind, key: str, value: object) -> str:
    _check_name(kind, shape, key)
    text = _text(value)
    try:
        return shape.details[key][1](text)
    except ValueError as error:
        raise ValueError(f"{key} of {kind} is {error}, not {text!r}") from None


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return _number(value)
        case Iterable():
            return ",".join(map(str, cast("Iterable[object]", value)))
        case _:
            return str(value)


@attrs.frozen
class _Words:
    """What comes after the kind, word by word."""

    shape: _Kind
    said: dict[str, str] = attrs.field(factory=dict[str, str])
    details: dict[str, str] = attrs.field(factory=dict[str, str])

    @classmethod
    def read(cls, words: Iterable[str], shape: _Kind) -> _Words:
        self = cls(shape)
        for word in words:
            kept, name, value = self._understood(word)
            if name in kept:
                raise ValueError(f"{name} is given twice")
            kept[name] = value
        return self

    @property
    def route(self) -> str:
        return " ".join(self.said[name] for name in ("verb", "path") if name in self.said) or "*"

    @property
    def share(self) -> float:
        text = self.said.get("share", "100")
        try:
            return float(Decimal(text).scaleb(-2))
        except InvalidOperation:
            raise ValueError(f"{text}% is no share; it is written like 10% or 0.5%") from None

    @property
    def calls(self) -> tuple[int, ...]:
        return tuple(map(int, self.said["calls"].split(","))) if "calls" in self.said else ()

    @property
    def times(self) -> int | None:
        return int(self.said["times"]) if "times" in self.said else None

    def _understood(self, word: str) -> tuple[dict[str, str], str, str]:
        if word.startswith(("/", "*")):
            return self.said, "path", word
        if word.upper() in _VERBS and not self.shape.of_events:
            return self.said, "verb", word
        for name, pattern in (("share", _SHARE), ("calls", _CALLS), ("times", _TIMES)):
            if found := pattern.fullmatch(word):
                return self.said, name, found[1]
        if found := _DETAIL.fullmatch(word):
            return self.details, found[1], found[2]
        if self.shape.of_events:
            return self.said, "path", word
        raise ValueError(
            f"{word!r} is no verb, path, share (10%), number of a request (#3), count (x2) or detail (seconds=2)"
        )


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[^\s'\"\\]+", text) else shlex.quote(text)


def _pattern(path: str) -> re.Pattern[str]:
    """What a path with ``{name}`` and ``*`` matches."""
    parts = re.split(r"(\{[^{}/]*\}|\*+)", path)
    return re.compile(
        "".join(
            ".*" if part[:1] == "*" else "[^/]+" if part[:1] == "{" and part[-1:] == "}" else re.escape(part)
            for part in parts
        ),
        re.DOTALL,
    )
