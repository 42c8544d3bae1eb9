"""
Whom a request of the caller's own making reaches, and what it sends: read off its path and its fields.

A service may take a path in many spellings (``//SendText/``, ``/send%54ext``), so what counts is the one form that they
all have, without case. In doubt somebody is taken for a recipient.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeVar
from urllib.parse import unquote

import attrs

from .._core.call import Call
from .._core.documents import is_list, is_object
from .._core.names import folded
from ..recipients import ChatRef, chat_id
from .messages import Message

T = TypeVar("T")

_TYPES: Final[Mapping[str, str]] = {
    "sendtext": "text",
    "sendimage": "image",
    "sendvideo": "video",
    "sendvoice": "ptt",
    "sendfile": "document",
    "send": "text",
    "sendlinkcustompreview": "text",
    "send/link-custom-preview": "text",
}
_MEDIA: Final[Mapping[str, str]] = {
    "imageurl": "image",
    "videourl": "video",
    "documenturl": "document",
    "audiourl": "ptt",
}
_SIGNS: Final = frozenset({"sendseen", "starttyping", "stoptyping"})
_SENDING: Final = re.compile(r"(?:send|forward|reply|broadcast|poll)[\w-]*|messages?")
# What the package has a method for, and sends nothing; and what of that adds people to a group.
_NO_SEND: Final = re.compile(
    r"reaction|sessions(?:/[^/]+)*|[^/]+/groups(?:/[^/]+)*|[^/]+/chats/[^/]+/messages/read|sendseen|(?:start|stop)typing"
)
_ADDS: Final = re.compile(r"[^/]+/groups(?:/[^/]+/participants(?:/add)?)?")
# The names of fields, without case and marks: to whom something goes; who is meant otherwise; what, within such a
# field, says who it is; and what is sent, or answered to: whoever is named in a text gets nothing.
_TO: Final = frozenset({"to", "chat", "jid", "wid", "recipient", "receiver", "chatid", "groupid"})
_PEOPLE: Final = frozenset(
    {"phone", "phonenumber", "number", "lid", "participant", "member", "user", "userid", "people"}
)
_WITHIN: Final = _TO | _PEOPLE | {"id", "serialized", "address", "value"}
_CARDS: Final = frozenset({"contact", "vcard"})
_TEXTS: Final = frozenset(
    {"text", "caption", "body", "content", "message", "messageid", "replyto", "quotedmessageid", "mention", "mentioned"}
    | {"session", "sessionid", "name", "title", "description", "url", "data", "filename", "mimetype"}
)
_SESSION: Final = frozenset({"session", "sessionid"})
_ID: Final = re.compile(r"\+?[\d-]{3,40}(?:[.:]\d+)*@[a-z.]{3,20}", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?:\+|00)?[1-9]\d{7,14}", re.ASCII)
_DEEPEST: Final = 40
"""How often a path is decoded, and how deep fields are looked at. No service goes so far."""


@attrs.frozen
class Reach:
    """
    What a request does to people.

    Attributes:
        sends: What kind of message it sends; `False` for none.
        recipients: Whom it reaches, to whom it sends first.
        unclear: Why that cannot be told; `None` where it can.
    """

    sends: str | Literal[False]
    recipients: tuple[str, ...] = ()
    unclear: str | None = None


def judged(call: Call[T], recipients: Iterable[ChatRef] | None = None) -> Call[T]:
    """
    A call of the caller's own making, which says what it does to people.

    Args:
        call: The call.
        recipients: Whom it reaches besides those that it names, where the caller knows.

    Raises:
        InvalidRequestError: One of `recipients` is no recipient.
    """
    reach = reach_of(call.method, call.route, call.path_params, call.params or {}, call.body or {}, recipients)
    call = attrs.evolve(call, sends=reach.sends, reaches=reach.recipients, unclear=reach.unclear)
    return attrs.evolve(call, evidence=Message, repeatable=False) if reach.sends else call


def reach_of(
    method: str,
    path: str,
    path_params: Mapping[str, str],
    params: Mapping[str, Any],
    body: Mapping[str, Any],
    recipients: Iterable[ChatRef] | None = None,
) -> Reach:
    """
    What a request does to people.

    Args:
        method: Its verb.
        path: Its path, percent-encoded, with ``{placeholders}``.
        path_params: What these stand for.
        params: Its query.
        body: Its fields.
        recipients: Whom it reaches besides those that it names, where the caller knows.

    Raises:
        InvalidRequestError: One of `recipients` is no recipient.
    """
    route = normalized(path, path_params)
    last = route.rpartition("/")[2]
    kind = _TYPES.get("/".join(route.split("/")[-2:])) or _TYPES.get(last)
    sending = kind is not None or (last not in _SIGNS and _SENDING.fullmatch(last) is not None)
    if method not in ("POST", "PUT", "PATCH") and not (
        method == "GET" and sending and last.startswith(("send", "forward"))
    ):
        return Reach(False)
    named = [*_named(params), *_named(body)]
    to = [one for is_to, one in named if is_to]
    given = [] if recipients is None else [chat_id(one, "recipients") for one in recipients]
    others = [*(one for is_to, one in named if not is_to), *_in_path(route)]
    everybody = tuple(dict.fromkeys([*to, *given, *others]))
    if not sending and _NO_SEND.fullmatch(route):
        return Reach(False, everybody if _ADDS.fullmatch(route) else ())
    if not everybody and recipients is None:
        return Reach(False, (), "nobody can tell whom this request reaches")
    if not everybody or not (sending or (method == "POST" and to)):
        return Reach(False, everybody)
    if kind == "text" and last == "send":
        fields = set(map(_name, {**params, **body}))
        kind = next((one for name, one in _MEDIA.items() if name in fields), kind)
    return Reach(kind or "other", everybody)


def normalized(path: str, path_params: Mapping[str, str]) -> str:
    """The one form that all spellings of a path have: decoded, in lower case, without what means nothing."""
    return "/".join(_steps(path, path_params)).casefold()


def _steps(path: str, path_params: Mapping[str, str]) -> list[str]:
    for name, value in path_params.items():
        path = path.replace(f"{{{name}}}", str(value))
    for _ in range(_DEEPEST):
        path, before = unquote(path), path
        if path == before:
            break
    steps: list[str] = []
    for step in re.split(r"[/\\]+", path):
        plain = "".join(filter(str.isprintable, step.partition(";")[0])).strip()
        if plain == "..":
            del steps[-1:]
        elif plain not in ("", "."):
            steps.append(plain)
    return steps


def session_of(call: Call[Any]) -> str:
    """The session by which a call sends; empty where it names none."""
    fields = {**(call.params or {}), **(call.body or {})}
    named = next((str(value) for key, value in fields.items() if folded(str(key)) in _SESSION and value), "")
    if named or call.path_params.get("session"):
        return named or call.path_params["session"]
    first, *rest = [*_steps(call.route, call.path_params), ""]
    # The routes of a session begin with it; those of sessions have it after that word.
    return "" if len(rest) < 2 else rest[0] if first.casefold() == "sessions" else first


def _name(key: object) -> str:
    """A field's name without case and marks, and in the singular: ``chatIds[]`` is ``chatid``."""
    name = re.sub(r"\W", "", folded(str(key)))
    return name.removesuffix("s") if name.removesuffix("s") in _TO | _PEOPLE | _CARDS | _TEXTS else name


def _named(fields: Any, depth: int = 0) -> Iterator[tuple[bool, str]]:
    """Whom fields name, and whether as the one to whom something goes."""
    if depth > _DEEPEST:
        return
    if is_object(fields):
        for key, value in fields.items():
            name = _name(key)
            if name in _TO or name in _PEOPLE:
                yield from ((name in _TO, one) for one in _leaves(value, depth))
            elif name not in _CARDS and not (name in _TEXTS and _is_text(value)):
                yield from _named(value, depth + 1)
    elif is_list(fields):
        for value in fields:
            yield from _named(value, depth + 1)
    elif isinstance(fields, str) and (_ID.fullmatch(fields.strip()) or _NUMBER.fullmatch(fields.strip())):
        yield False, fields.strip()


def _is_text(value: Any) -> bool:
    return all(map(_is_text, value)) if is_list(value) else not is_object(value)


def _leaves(value: Any, depth: int) -> Iterator[str]:
    """The recipients that the value of a field holds, however deep in lists and objects."""
    if depth > _DEEPEST:
        return
    if is_object(value):
        for key, part in value.items():
            if _name(key) in _WITHIN:
                yield from _leaves(part, depth + 1)
    elif is_list(value):
        for part in value:
            yield from _leaves(part, depth + 1)
    elif isinstance(value, float) and value.is_integer():
        yield str(int(value))
    elif isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        yield str(value).strip()


def _in_path(route: str) -> Iterator[str]:
    for step in route.split("/"):
        if _ID.fullmatch(step) or _NUMBER.fullmatch(step):
            yield step
