"""The kinds of faults: one table, in which each says what details it takes and what becomes of a request."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import formatdate
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias, cast

import attrs

from wasend._core.names import nearest
from wasend.sandbox.api import wrong_status
from wasend.sandbox.faults.exchange import Answer, Request
from wasend.sandbox.world import looked_up, other_id

Check: TypeAlias = Callable[[str], str]
"""Returns a detail in its one spelling, or raises a ValueError that says what it should be."""

Ending: TypeAlias = Literal["refused", "reset", "closed", "timeout", "idle"]
"""How a connection ends: none was made; it broke; too early; the client lost patience; after a whole answer."""


@attrs.define
class Plan:
    """
    What becomes of one request, put together by the faults that strike it.

    Attributes:
        before: Seconds until it is carried out.
        after: Seconds from then until it is answered.
        processed: Whether it is carried out.
        effects: What the application does otherwise, by the name of the fault.
        twins: By whom the same is written before.
        answer: What is answered in place of the application, at a time; None for its own answer.
        changes: What is done to the answer.
        shift: Seconds by which the service's clock is off.
        ending: How the connection ends in place of a whole answer, if it does; ``"hang"`` never answers.
        cut: Where an answer is cut off; None for half of it.
        announced: Whether the length of an answer that is cut off is said to be the whole one.
        idle: Seconds after the answer at which the connection is closed.
    """

    before: float = 0
    after: float = 0
    processed: bool = True
    effects: dict[str, str] = attrs.field(factory=dict[str, str])
    twins: list[str] = attrs.field(factory=list[str])
    answer: Callable[[Request, float], Answer] | None = None
    changes: list[Callable[[Answer], Answer]] = attrs.field(factory=list[Callable[[Answer], Answer]])
    shift: float = 0
    ending: Ending | Literal["hang"] | None = None
    cut: int | None = None
    announced: bool = True
    idle: float | None = None


Said: TypeAlias = Mapping[str, str]
"""The details of a fault: those given, and the defaults of the others."""


@attrs.frozen
class Kind:
    """
    A kind of fault.

    Attributes:
        act: Puts it into a plan; None for those of events.
        details: What it takes, each with its default (empty: none) and its check.
        ends: Whether it decides what is answered: only the first of these is played.
    """

    act: Callable[[Plan, Said], object] | None = None
    details: Mapping[str, tuple[str, Check]] = attrs.field(factory=dict[str, tuple[str, Check]])
    ends: bool = False

    @property
    def of_events(self) -> bool:
        """Whether it strikes events that are delivered, not requests."""
        return self.act is None

    def check_name(self, kind: str, name: str) -> Check:
        """Return the check of one detail; refuse one that it does not take."""
        known = self.details if self.of_events else {**self.details, **FILTERS}
        if name not in known:
            raise ValueError(f"{kind} has no detail {name!r}; {nearest(name, known) if known else 'it takes none'}")
        return known[name][1]


# Checks of details


def number(value: float) -> str:
    """Write a number the shortest way."""
    return repr(float(value)).removesuffix(".0")


def _number(least: float, most: float, what: str) -> Check:
    def check(text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"{what} from {number(least)} to {number(most)}")
        return number(value)

    return check


def _one_of(*known: str) -> Check:
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


def _chat(text: str) -> str:
    try:
        return looked_up(text)
    except ValueError:
        raise ValueError("an international phone number or a chat id") from None


_seconds: Final = _number(0, 1_000_000_000, "a number of seconds")
_PROCESSED: Final = {"processed": ("false", _one_of("true", "false"))}

FILTERS: Final[Mapping[str, tuple[str, Check]]] = {"to": ("", _chat), "session": ("", _filled)}
"""Which requests, by what they are about: details of every kind that strikes requests."""


# What they do


def _refuses(answer: Callable[[Said, Request, float], Answer]) -> Callable[[Plan, Said], None]:
    """Answer in place of the application, which carries the request out only where the fault says so."""

    def act(plan: Plan, said: Said) -> None:
        plan.processed = said.get("processed") == "true"
        plan.answer = lambda request, now: answer(said, request, now)

    return act


def _ends(ending: Ending | Literal["hang"], *, processed: bool | None = None) -> Callable[[Plan, Said], None]:
    def act(plan: Plan, said: Said) -> None:
        plan.processed = said["processed"] == "true" if processed is None else processed
        plan.ending = ending

    return act


def _changes(change: Callable[[Said, Answer], Answer]) -> Callable[[Plan, Said], None]:
    return lambda plan, said: plan.changes.append(lambda answer: change(said, answer))


def _sets(name: str, detail: str = "seconds") -> Callable[[Plan, Said], None]:
    """Add a number to what the plan has."""
    return lambda plan, said: setattr(plan, name, (getattr(plan, name) or 0) + float(said[detail]))


def _effect(name: str, detail: str | None = None) -> Callable[[Plan, Said], None]:
    return lambda plan, said: plan.effects.update({name: said[detail] if detail else ""})


def _truncated(plan: Plan, said: Said) -> None:
    plan.ending = plan.ending or "closed"
    plan.cut = int(float(said["at"])) if said["at"] else None
    plan.announced = said["announced"] == "true"


def _whole(seconds: str) -> str:
    """The header holds whole seconds; less than was meant would be too soon."""
    return str(math.ceil(float(seconds)))


def status_kind(status: str) -> Kind:
    """Return the kind of a bare status."""

    def failure(said: Said, _: Request, __: float) -> Answer:
        answer = Answer.refusal(int(status), said["message"])
        return answer.with_header("retry-after", _whole(said["retry_after"])) if said["retry_after"] else answer

    return Kind(_refuses(failure), {**_PROCESSED, "message": ("", str), "retry_after": ("", _seconds)}, ends=True)


def _rate_limited(said: Said, _: Request, now: float) -> Answer:
    seconds, message = float(said["seconds"]), "Too many requests"
    refusal = Answer.refusal(429, message)
    match said["format"]:
        case "body":
            return Answer.refusal(429, message, retryAfter=seconds)
        case "milliseconds":
            return refusal.with_header("retry-after-ms", str(round(seconds * 1000)))
        case "date":
            return refusal.with_header("retry-after", formatdate(math.ceil(now + seconds), usegmt=True))
        case "seconds":
            return refusal.with_header("retry-after", _whole(said["seconds"]))
        case _:
            return refusal


_BANS: Final = {
    "463": "server returned error 463",
    "475": "server returned error 475",
    "rate-overlimit": "info query returned status 429: rate-overlimit",
}


def _wrong_status(said: Said, request: Request, _: float) -> Answer:
    return Answer.json(422, wrong_status(request.session, said["status"], said["expected"].split(",")))


def _html(request: Request, status: int) -> str:
    del request
    name = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown Error"
    return f"<html><head><title>{status} {name}</title></head><body><h1>{status} {name}</h1><hr>nginx</body></html>"


def _exception(request: Request, status: int) -> str:
    """What the engine answers to what it did not expect: it repeats the request."""
    exception = {"name": "Error", "message": f"could not send {request.text!r}", "stack": "Error\n    at send"}
    asked: dict[str, Any] = {"path": request.path, "method": request.method, "body": request.document, "query": {}}
    return json.dumps({"statusCode": status, "exception": exception, "request": asked, "version": {"tier": "PLUS"}})


_BODIES: Final[Mapping[str, Callable[[Request, int], str]]] = {
    "@html": _html,
    "@failure": lambda _, __: '{"success": false, "error": "it did not work"}',
    "@error": lambda _, __: '{"statusCode": 500, "message": "Internal server error"}',
    "@exception": _exception,
    "@echo": lambda request, _: json.dumps({"message": f"cannot send {request.text}"}),
}


def _answered(said: Said, request: Request, _: float) -> Answer:
    status = int(float(said["status"]))
    body = said["body"]
    body = _BODIES[body](request, status) if body in _BODIES else body.replace("{text}", request.text)
    guess = {"<": "text/html", "{": "application/json", "[": "application/json", "": ""}.get(body[:1], "text/plain")
    answer = Answer(status)
    if status not in (204, 304):
        answer = answer.with_body(body.encode())
        answer = answer.with_header("content-type", kind) if (kind := said["type"] or guess) else answer
    return answer.with_header("location", said["location"]) if said["location"] else answer


# Changes of documents

_ID: Final = re.compile(r"(true|false)_([^_]+)_([0-9A-Z]+)(_.+)?")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_WORDS: Final = frozenset({"body", "caption", "content", "text"})


def _mapped(value: object, change: Callable[[str, Any], object], key: str = "") -> object:
    """Return a document with every value in it that is no object or list changed, by its key."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {name: _mapped(one, change, name) for name, one in fields.items()}
    if isinstance(value, list):
        return [_mapped(one, change, key) for one in cast("list[object]", value)]
    return change(key, value)


def _without(fields: str) -> Callable[[Any], object]:
    """Return a document without these fields of its objects; without all of them if there are no names."""
    names = frozenset(fields.split(",")) if fields else None

    def dropped(document: object) -> object:
        if isinstance(document, dict):
            known = cast("dict[str, object]", document)
            return {} if names is None else {key: dropped(one) for key, one in known.items() if key not in names}
        return [dropped(one) for one in cast("list[object]", document)] if isinstance(document, list) else document

    return dropped


def _as_ids(form: str) -> Callable[[str, Any], object]:
    def change(_: str, value: object) -> object:
        if not (isinstance(value, str) and (found := _ID.fullmatch(value))):
            return value
        whose, chat, bare, suffix = found.groups()
        match form:
            case "bare":
                return bare
            case "suffixed":
                return f"{whose}_{chat}_{bare}{suffix or f'_{chat}'}"
            case _:
                return f"{whose}_{chat}_{other_id(bare)}{suffix or ''}"

    return change


def _as_whatsapp(key: str, value: object) -> object:
    """What becomes of a text on its way: composed, without variation selectors, one line end, no space at the end."""
    if key not in _WORDS or not isinstance(value, str):
        return value
    return re.sub("[\ufe00-\ufe0f]", "", unicodedata.normalize("NFC", re.sub("\r\n?", "\n", value))).rstrip()


def shifted(answer: Answer, seconds: float) -> Answer:
    """Return an answer whose every time is off by so much."""

    def change(key: str, value: object) -> object:
        if key == "timestamp" and isinstance(value, int | float):
            return value + (int(seconds) if isinstance(value, int) else seconds)
        if isinstance(value, str) and _ISO.fullmatch(value):
            moved = datetime.fromisoformat(value) + timedelta(seconds=seconds)
            return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return value

    return answer.changed(lambda document: _mapped(document, change))


def _shuffled(document: object) -> object:
    """Return a list in an order that depends on nothing but what is in it."""
    if not isinstance(document, list):
        return document
    return sorted(cast("list[object]", document), key=lambda one: blake2b(json.dumps(one).encode()).digest())


KINDS: Final[Mapping[str, Kind]] = {
    "delay": Kind(_sets("before"), {"seconds": ("2", _seconds)}),
    "late": Kind(_sets("after"), {"seconds": ("2", _seconds)}),
    "hang": Kind(_ends("hang"), _PROCESSED, ends=True),
    "refuse": Kind(_ends("refused", processed=False), ends=True),
    "reset": Kind(_ends("reset", processed=False), ends=True),
    "reset_after": Kind(_ends("reset", processed=True), ends=True),
    "answer": Kind(
        _refuses(_answered),
        {
            "status": ("200", _number(200, 599, "a status")),
            "body": ("", str),
            "type": ("", _filled),
            "location": ("", _filled),
            **_PROCESSED,
        },
        ends=True,
    ),
    "rate_limit": Kind(
        _refuses(_rate_limited),
        {
            "seconds": ("2", _seconds),
            "format": ("seconds", _one_of("seconds", "date", "milliseconds", "body", "none")),
        },
        ends=True,
    ),
    "ban": Kind(
        _refuses(lambda said, _, __: Answer.refusal(500, _BANS[said["signal"]])),
        {"signal": ("463", _one_of(*_BANS))},
        ends=True,
    ),
    "session_status": Kind(
        _refuses(_wrong_status), {"status": ("STARTING", _filled), "expected": ("CONNECTED", _names)}, ends=True
    ),
    "truncated": Kind(
        _truncated,
        {"at": ("", _number(0, 1_000_000_000, "a number of bytes")), "announced": ("true", _one_of("true", "false"))},
    ),
    "wrong_content_type": Kind(
        _changes(lambda said, answer: answer.with_header("content-type", said["type"])),
        {"type": ("text/html", _filled)},
    ),
    "missing_fields": Kind(
        _changes(lambda said, answer: answer.changed(_without(said["fields"]))), {"fields": ("", _names)}
    ),
    "ids": Kind(
        _changes(lambda said, answer: answer.changed(lambda document: _mapped(document, _as_ids(said["form"])))),
        {"form": ("bare", _one_of("bare", "suffixed", "changed"))},
    ),
    "rewritten": Kind(_changes(lambda _, answer: answer.changed(lambda document: _mapped(document, _as_whatsapp)))),
    "shuffled": Kind(_changes(lambda _, answer: answer.changed(_shuffled))),
    "unseen": Kind(_effect("unseen", "seconds"), {"seconds": ("5", _seconds)}),
    "clock_off": Kind(
        _sets("shift"), {"seconds": ("3600", _number(-1_000_000_000, 1_000_000_000, "a number of seconds"))}
    ),
    "twin": Kind(lambda plan, said: plan.twins.append(said["by"]), {"by": ("phone", _one_of("phone", "recipient"))}),
    "idle_close": Kind(_sets("idle"), {"seconds": ("0", _seconds)}),
    "filed": Kind(_effect("filed", "under"), {"under": ("lid", _one_of("lid", "other"))}),
    "dead_session": Kind(_effect("dead_session")),
    "duplicate_webhook": Kind(),
    "reordered_webhook": Kind(),
}
