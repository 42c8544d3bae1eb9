"""Checks of request bodies, answered as Nest's validation does: a list with a sentence for each problem."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeAlias, cast
from urllib.parse import urlsplit

import attrs

from wasend._core.names import folded
from wasend.sandbox.world import anybody, chat_id, looked_up

Body: TypeAlias = Mapping[str, Any]

Check: TypeAlias = Callable[[object], str | None]
"""Says what is wrong with a value, without the field's name; None if nothing is."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def string(value: object) -> str | None:
    """Any string."""
    return None if isinstance(value, str) else "must be a string"


def filled(value: object) -> str | None:
    """A string with something in it."""
    if not isinstance(value, str):
        return "must be a string"
    return None if value.strip() else "should not be empty"


def boolean(value: object) -> str | None:
    """True or false; 1 and 0 too, which WASend's own Go example sends."""
    return None if isinstance(value, bool | int | float) and value in (0, 1) else "must be a boolean value"


def seconds(value: object) -> str | None:
    """A number that is no boolean and not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    return None if value >= 0 else "must not be less than 0"


def phone_number(value: object) -> str | None:
    """An international phone number: E.164, with its plus sign."""
    if isinstance(value, str) and _E164.fullmatch(value):
        return None
    return "must be a phone number in international format, such as +447700900123"


def _read_by(read: Callable[[str], str]) -> Check:
    def checked(value: object) -> str | None:
        if not isinstance(value, str):
            return "must be a string"
        try:
            read(value)
        except ValueError as error:
            return str(error)
        return None

    return checked


recipient = _read_by(chat_id)  # whatever a message can be sent to
one_person = _read_by(anybody)
# As people write numbers, with spaces and dashes; or somebody's hidden id.
spelt_person = _read_by(lambda spelling: anybody(looked_up(spelling)))


def web_url(value: object) -> str | None:
    """An absolute http or https URL."""
    wrong = "must be a URL address (http or https)"
    if not isinstance(value, str) or re.search(r"[\s\x00-\x20]", value):
        return wrong
    try:
        url = urlsplit(value)
    except ValueError:
        return wrong
    return None if url.scheme in ("http", "https") and url.hostname else wrong


def base64(value: object) -> str | None:
    """Something in base64."""
    if not isinstance(value, str):
        return "must be a string"
    try:
        return None if b64decode(value, validate=True) else "should not be empty"
    except ValueError:
        return "must be base64 encoded"


def string_map(value: object) -> str | None:
    """An object whose values are strings."""
    if isinstance(value, dict) and all(isinstance(one, str) for one in cast("dict[str, object]", value).values()):
        return None
    return "must be an object with string values"


def media(value: object) -> str | None:
    """Media: where it is, or, as a ``data:`` URL, itself."""
    if isinstance(value, str) and value.startswith("data:"):
        head, _, data = value.partition(",")
        return base64(data) if head.endswith(";base64") else "must be in base64 where it is a data: URL"
    return web_url(value)


def json_object(value: object) -> str | None:
    """An object, or, where everything is text, one in JSON."""
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return "must be an object in JSON"
    return None if isinstance(value, dict) else "must be an object"


def nothing_more(body: Body) -> Iterable[str]:
    """No rule beyond the fields'."""
    del body
    return ()


def each(check: Check) -> Check:
    """A list of things of a kind."""

    def checked(value: object) -> str | None:
        if not isinstance(value, list):
            return "must be an array"
        problems = (check(one) for one in cast("list[object]", value))
        return next((f"has a value that is wrong: {wrong}" for wrong in problems if wrong), None)

    return checked


def some(check: Check) -> Check:
    """A list of at least one thing of a kind."""
    return lambda value: "should not be empty" if value == [] else each(check)(value)


def filled_to(length: int) -> Check:
    """A string with something in it, and no more than so many characters."""

    def checked(value: object) -> str | None:
        if isinstance(value, str) and len(value) > length:
            return f"must be shorter than or equal to {length} characters"
        return filled(value)

    return checked


# In a query everything is text.


def matching(pattern: str, wrong: str) -> Check:
    """Text of one form."""
    expression = re.compile(pattern, re.ASCII)
    return lambda value: None if isinstance(value, str) and expression.fullmatch(value) else wrong


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda value: None if value in words else f"must be one of the following values: {', '.join(words)}"


flag = one_of("true", "false")
whole = matching(r"\d{1,9}", "must be an integer number, not less than 0")
number = matching(r"\d{1,12}(\.\d{1,9})?", "must be a number, not less than 0")
unix_time = matching(r"\d{1,12}(\.\d{1,6})?", "must be a number of seconds since the epoch")

PAGE: Mapping[str, Check] = {"limit": whole, "offset": whole, "sortOrder": one_of("asc", "desc")}
"""The fields of every query that lists something."""


@attrs.frozen
class Fields:
    """
    What a body must hold and may hold, and a rule between fields. An optional field may be null; unknown ones
    are let through, as the service's answer to them is not known. With `any_spelling`, names may be in snake_case too.
    """

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = attrs.field(factory=dict[str, Check])
    rule: Callable[[Body], Iterable[str]] = nothing_more
    any_spelling: bool = False

    def spelt(self, body: Body) -> Body:
        """Return a body whose names are the fields', where ``session_name`` may be written for ``sessionName``."""
        if not self.any_spelling:
            return body
        known = {folded(name): name for name in (*self.required, *self.optional)}
        return {known.get(folded(name), name): value for name, value in body.items()}

    def problems(self, body: Body) -> list[str]:
        """Return a sentence for each problem, naming the field."""
        found = [
            f"{name} {wrong}" for name, check in self.required.items() if (wrong := check(body.get(name))) is not None
        ]
        found += (
            f"{name} {wrong}"
            for name, check in self.optional.items()
            if (value := body.get(name)) is not None and (wrong := check(value)) is not None
        )
        return [*found, *self.rule(body)]

    def check(self, value: object) -> str | None:
        """Check an object inside a body, so that `Fields` can stand where a field's check does."""
        if not isinstance(value, dict):
            return "must be an object"
        return "; ".join(self.problems(cast("dict[str, Any]", value))) or None


NO_FIELDS = Fields(required={})

# Annotations of arguments, from which every way in takes its checks.
Filled: TypeAlias = Annotated[str, filled]
Person: TypeAlias = Annotated[str, spelt_person]
Url: TypeAlias = Annotated[str, web_url]
Media: TypeAlias = Annotated[str, media]
Lid: TypeAlias = Annotated[str, matching(r"\d{5,20}@lid", "must be a hidden id, such as 111222333444555@lid")]
Place: TypeAlias = Annotated[
    str,
    matching(r"-?\d{1,2}(\.\d+)?, ?-?\d{1,3}(\.\d+)?( .+)?", "must be latitude,longitude and, if it has one, a name"),
]
Payload: TypeAlias = Annotated[Mapping[str, Any] | str, json_object]
