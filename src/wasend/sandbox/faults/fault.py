"""What can go wrong: faults as values, and which requests they strike. No HTTP here: `middleware` plays them."""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from hashlib import blake2b
from typing import Any, Final, cast

import attrs

from wasend._core.names import nearest
from wasend.sandbox.faults.exchange import Request
from wasend.sandbox.faults.kinds import KINDS, Kind, Plan, number, status_kind

_VERBS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_STATUS: Final = re.compile(r"[45][0-9]{2}")
_EVENT: Final = re.compile(r"[A-Za-z*][\w.*-]*", re.ASCII)
_WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "share": re.compile(r"([0-9.]+)%"),
    "calls": re.compile(r"#([0-9]+(?:,[0-9]+)*)"),
    "times": re.compile(r"x([0-9]+)"),
}
_LONGEST: Final = 300
"""Characters of a path that is looked for among the routes."""
_DETAIL: Final = re.compile(r"([A-Za-z_-]+)=(.*)", re.DOTALL)
_WILD: Final = re.compile(r"(\{[^{}/]*\}|\*+)")


@attrs.frozen(init=False, repr=False)
class Fault:
    """
    Something that goes wrong, and when. It is written the same everywhere:
    ``KIND [VERB] [PATH] [10%] [#3] [x2] [name=value]``.

    Of the requests that verb and path select, a fault strikes every one; or a share of them (``10%``), drawn by the
    sandbox's seed; or those of these numbers (``#1,4``: the first and the fourth); or the first so many that are left
    then (``x2``). In a path ``{name}`` matches one segment, ``*`` for anything. ``to=+447700900456`` and
    ``session=ses_…`` select those about one chat or one session. What each kind does, and the details that it takes, is
    described in ``docs/sandbox.md``; these are those of requests:

    - nothing is carried out: ``refuse``, ``reset``, ``rate_limit``, ``ban``, ``session_status``; and ``hang``,
      ``answer`` and any status from ``400`` to ``599`` if they do not say ``processed=true``;
    - it is carried out, and not answered so: ``reset_after``, ``truncated``, ``wrong_content_type``,
      ``missing_fields``, ``ids``, ``rewritten``, ``shuffled``, ``clock_off``;
    - the answer is whole, and something else is amiss: ``delay``, ``late``, ``unseen``, ``filed``, ``twin``,
      ``idle_close``, ``dead_session``.

    ``duplicate_webhook`` and ``reordered_webhook`` take the name of an event in place of verb and path.

    Args:
        kind: One of these.
        route: Verb, path or both, as in ``"POST /sendText"``; or an event's name.
        share: How many of the requests, from 0 to 1.
        calls: Which of the requests, from 1.
        times: How many at most.
        details: Those of the kind, and ``to`` and ``session``; `None` leaves one out.

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
        shape = _kind(kind)
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
            kind, *words = shlex.split(text)
        except ValueError as error:
            what = "a fault begins with its kind, as in '502 POST /sendText 10%'"
            raise ValueError(what if not text.strip() else f"the fault {text!r} cannot be read: {error}") from None
        try:
            return cls(kind, **_read(words, kind, _kind(kind)))
        except ValueError as error:
            raise ValueError(f"in the fault {text!r}: {error}") from None

    @property
    def shape(self) -> Kind:
        """What its kind is."""
        return _kind(self.kind)

    @property
    def of_events(self) -> bool:
        """Whether it strikes events that are delivered, not requests."""
        return self.shape.of_events

    @property
    def details(self) -> Mapping[str, str]:
        """The details that were given, as text."""
        return dict(self._details)

    def detail(self, name: str) -> str:
        """Return one detail as text: as given, or its default, which may be empty."""
        return self.details.get(name) or self.shape.details[name][0]

    def act(self, plan: Plan) -> None:
        """Put it into a plan for a request."""
        if self.shape.act is not None:
            self.shape.act(plan, {name: self.detail(name) for name in self.shape.details})

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
        routes: The verbs and paths that there are: a fault that could strike none of them is refused.
        events: The names of events that there are, likewise.

    Raises:
        ValueError: One of them makes no sense.
    """

    def __init__(
        self,
        seed: int = 0,
        faults: Iterable[Fault | str] = (),
        *,
        routes: Iterable[tuple[str, str]] = (),
        events: Iterable[str] = (),
    ) -> None:
        self._seed = seed
        self._routes = tuple(routes)
        self._events = tuple(events)
        self._lock = threading.Lock()
        self._armed: tuple[_Armed, ...] = ()
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault | str) -> Fault:
        """
        Set a fault; its count of requests begins now.

        Raises:
            ValueError: A part of it makes no sense, or there is no such route or event.
        """
        fault = _fault(fault)
        self._check(fault)
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

    def unstruck(self) -> tuple[Fault, ...]:
        """Return those that have struck nothing yet, in the order in which they were set."""
        return tuple(armed.fault for armed in self._armed if not armed.struck)

    @property
    def filtered(self) -> bool:
        """Whether one of them depends on what is in a request."""
        return any(armed.filters for armed in self._armed)

    def on_request(self, method: str, path: str, request: Request | None = None) -> tuple[Fault, ...]:
        """Count a request, and return the faults that strike it; what is in it decides only if it is given."""
        return self._striking(of_events=False, verb=method, path=path, request=request)

    def on_event(self, event: str) -> tuple[Fault, ...]:
        """Count an event, and return the faults that strike it."""
        return self._striking(of_events=True, verb="", path=event)

    def _striking(self, *, of_events: bool, verb: str, path: str, request: Request | None = None) -> tuple[Fault, ...]:
        if not self._armed:
            return ()
        with self._lock:
            selected = [
                armed
                for armed in self._armed
                if armed.fault.of_events == of_events and armed.selects(verb, path, request)
            ]
            return tuple(armed.fault for armed in selected if armed.strikes())

    def _check(self, fault: Fault) -> None:
        routes = ((verb, path) for verb, path in self._routes if fault.verb in ("", verb))
        known = sorted(self._events if fault.of_events else {path for _, path in routes})
        asked = _tokens(fault.path)
        if (self._events if fault.of_events else self._routes) and (
            len(asked) > _LONGEST or not any(_meet(asked, _tokens(one)) for one in known)
        ):
            what = f"event {fault.path}" if fault.of_events else f"route {f'{fault.verb} {fault.path}'.strip()}"
            raise ValueError(f"the API has no {what}; {nearest(fault.path, known)}")

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
        self.filters = {name: value for name, value in fault.details.items() if name in ("to", "session")}
        self._draws = f"{seed} {fault} "
        self._path = _pattern(fault.path)
        self._met = self.struck = 0

    def selects(self, verb: str, path: str, request: Request | None) -> bool:
        return (
            self.fault.verb in ("", verb)
            and self._path.fullmatch(path) is not None
            and all(request is not None and getattr(request, name) == value for name, value in self.filters.items())
        )

    def strikes(self) -> bool:
        self._met += 1
        fault = self.fault
        strikes = (
            (not fault.calls or self._met in fault.calls)
            and (fault.times is None or self.struck < fault.times)
            and (fault.share == 1 or self._drawn() < fault.share)
        )
        self.struck += strikes
        return strikes

    def _drawn(self) -> float:
        draw = blake2b(f"{self._draws}{self._met}".encode(errors="backslashreplace"), digest_size=8).digest()
        return (int.from_bytes(draw) >> 11) / (1 << 53)  # the 53 bits that a float below 1 holds


def _fault(fault: Fault | str) -> Fault:
    return Fault.parse(fault) if isinstance(fault, str) else fault


@cache
def _kind(kind: str) -> Kind:
    if _STATUS.fullmatch(kind):
        return status_kind(kind)
    if kind not in KINDS:
        known = (*KINDS, "500", "502", "503", "504")
        raise ValueError(
            f"there is no kind of fault {kind!r}, nor is it a status from 400 to 599; {nearest(kind, known)}"
        )
    return KINDS[kind]


def _route(route: str, kind: str, shape: Kind) -> tuple[str, str]:
    """Verb and path; or nothing, and the name of an event."""
    if shape.of_events:
        if not _EVENT.fullmatch(route) or _WORDS["times"].fullmatch(route):
            raise ValueError(f"{kind} takes the name of an event, such as message.ack or *, not {route!r}")
        return "", route
    first, *rest = route.split(maxsplit=1)[:2] or [""]
    verb, path = (first.upper(), rest[0].strip() if rest else "*") if first.upper() in _VERBS else ("", route.strip())
    if not path.startswith(("/", "*")):
        raise ValueError(
            f"{route!r} is neither a verb nor a path: it is written like 'POST /sendText', '/sessions/*' or '*'"
        )
    return verb, path


def _detail(kind: str, shape: Kind, key: str, value: object) -> str:
    check = shape.check_name(kind, key)
    text = _text(value)
    try:
        return check(text)
    except ValueError as error:
        raise ValueError(f"{key} of {kind} is {error}, not {text!r}") from None


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return number(value)
        case Iterable():
            return ",".join(map(str, cast("Iterable[object]", value)))
        case _:
            return str(value)


def _read(words: Iterable[str], kind: str, shape: Kind) -> dict[str, Any]:
    """Read what comes after the kind, word by word, as the arguments of a `Fault`."""
    said: dict[str, str] = {}
    for word in words:
        name, value = _understood(word, kind, shape)
        if name in said:
            raise ValueError(f"{name} is given twice")
        said[name] = value
    share, calls, times = (said.pop(name, "") for name in _WORDS)
    try:
        part = float(Decimal(share or "100").scaleb(-2))
    except InvalidOperation:
        raise ValueError(f"{share}% is no share; it is written like 10% or 0.5%") from None
    return {
        "route": " ".join(said.pop(name) for name in ("verb", "path") if name in said) or "*",
        "share": part,
        "calls": tuple(map(int, calls.split(","))) if calls else (),
        "times": int(times) if times else None,
        **said,
    }


def _understood(word: str, kind: str, shape: Kind) -> tuple[str, str]:
    """Return which part or detail of a fault a word is, and what it says."""
    if word.startswith(("/", "*")):
        return "path", word
    if word.upper() in _VERBS and not shape.of_events:
        return "verb", word
    for name, pattern in _WORDS.items():
        if found := pattern.fullmatch(word):
            return name, found[1]
    if found := _DETAIL.fullmatch(word):
        shape.check_name(kind, found[1])
        return found[1], found[2]
    if shape.of_events:
        return "path", word
    raise ValueError(
        f"{word!r} is no verb, path, share (10%), number of a request (#3), count (x2) or detail (seconds=2)"
    )


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[^\s'\"\\]+", text) else shlex.quote(text)


def _pattern(path: str) -> re.Pattern[str]:
    """What a path with ``{name}`` and ``*`` matches."""
    parts = (".*" if "*" in one else "[^/]+" if _WILD.fullmatch(one) else re.escape(one) for one in _WILD.split(path))
    return re.compile("".join(parts), re.DOTALL)


def _tokens(path: str) -> tuple[str, ...]:
    """A path as characters, ``{}`` for one segment and ``*`` for anything."""
    tokens: list[str] = []
    for part in _WILD.split(path):
        tokens += ["*"] if "*" in part else ["{}"] if _WILD.fullmatch(part) else part
    return tuple(tokens)


@cache
def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether there is a path that both match."""
    if not one or not other:
        return set(one + other) <= {"*"}
    first, second = one[0], other[0]
    if first == "*" or second == "*":
        wild, rest, plain = (one, one[1:], other) if first == "*" else (other, other[1:], one)
        return _meet(rest, plain) or _meet(wild, plain[1:])
    if first == "{}" or second == "{}":
        wild, plain = (one, other) if first == "{}" else (other, one)
        # A segment takes a character that is no slash, and then ends or goes on.
        if plain[0] == "{}" and _meet(wild[1:], plain):
            return True
        return plain[0] != "/" and (_meet(wild[1:], plain[1:]) or _meet(wild, plain[1:]))
    return first == second and _meet(one[1:], other[1:])
