"""A request as faults look at it, an answer as they change it, and the journal of what became of each."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast
from urllib.parse import parse_qs

import attrs

from wasend.sandbox.api import nest
from wasend.sandbox.world import looked_up

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope


_TEXTS: Final = ("text", "caption")


@attrs.frozen(slots=False)
class Request:
    """One request, read to its end; `gone` if its client did not wait for that."""

    method: str
    path: str
    query: str
    body: bytes
    gone: bool = False

    @classmethod
    async def read(cls, scope: Scope, receive: Receive) -> Request:
        """Read a request: a client that is still writing would hear of a fault in another way."""
        chunks, more, gone = list[bytes](), True, False
        while more:
            message = await receive()
            gone = message["type"] == "http.disconnect"
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        return cls(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), b"".join(chunks), gone)

    def again(self, receive: Receive) -> Receive:
        """Return what lets somebody else receive it, and after it what `receive` does."""
        messages: list[Message] = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def again() -> Message:
            return messages.pop() if messages and not self.gone else await receive()

        return again

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The JSON object in it; an empty one where there is none."""
        with suppress(ValueError, RecursionError):
            if isinstance(found := json.loads(self.body), dict):
                return cast("dict[str, Any]", found)
        return {}

    @property
    def session(self) -> str:
        """The id of the session that it is about, wherever it says so; empty where it does not."""
        if isinstance(said := self.document.get("session"), str):
            return said
        match self.path.split("/"):
            case ["", "sessions", session, *_] | ["", session, "chats" | "groups", *_]:
                return session
            case _:
                return parse_qs(self.query).get("session", [""])[0]

    @property
    def to(self) -> str:
        """The id of the chat that it is about: in its body, or in its path; empty where there is none."""
        match self.path.split("/"):
            case ["", _, "chats" | "groups", chat, *_]:
                said: object = chat
            case _:
                said = self.document.get("to")
        with suppress(ValueError):
            return looked_up(said) if isinstance(said, str) else ""
        return ""

    @property
    def text(self) -> str:
        """The words that it is to send."""
        return next((one for name in _TEXTS if isinstance(one := self.document.get(name), str)), "")


@attrs.frozen
class Answer:
    """What the application, or a fault in its place, answers."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @classmethod
    def json(cls, status: int, document: object) -> Answer:
        """Write JSON."""
        return cls(status, ((b"content-type", b"application/json"),)).with_body(_json(document))

    @classmethod
    def refusal(cls, status: int, message: str, **more: object) -> Answer:
        """Write a refusal as the service does."""
        return cls.json(status, nest(status, message, **more))

    def with_header(self, name: str, value: str) -> Answer:
        """Say something in a header, in place of what was said there."""
        others = (header for header in self.headers if header[0].lower() != name.encode())
        return attrs.evolve(self, headers=(*others, (name.encode(), value.encode("latin-1", "replace"))))

    def with_body(self, body: bytes) -> Answer:
        """Put in another body, and its length."""
        return attrs.evolve(self.with_header("content-length", str(len(body))), body=body)

    def changed(self, change: Callable[[Any], object]) -> Answer:
        """Change its document; a picture, or nothing at all, is none."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return self
        return self.with_body(_json(change(document)))


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii")


_MOST = 100_000
_HARMLESS = frozenset(
    {"delay", "late", "unseen", "twin", "idle_close", "clock_off", "ids", "rewritten", "shuffled", "filed"}
)
"""Faults that leave the answer one that says what was done."""

Became: TypeAlias = Literal["done", "refused", "lost", "dropped"]


@attrs.frozen(kw_only=True)
class JournalEntry:
    """
    One request of the API.

    `number` counts from 1; `at` is seconds since the epoch by the sandbox's clock; `account` is whose key it had, if a
    right one; `status` that of the answer, None where none went out; `fault` the fault that was played on
    it; `processed` whether the sandbox did what was asked, whatever the answer said.
    """

    number: int
    at: float
    method: str
    path: str
    query: str = ""
    account: str | None = None
    status: int | None
    fault: str | None = None
    processed: bool

    @property
    def became(self) -> Became:
        """
        What became of it: ``"done"`` and answered so, if late; ``"refused"`` and answered so; ``"lost"``: done, and the
        answer said otherwise or never came; or ``"dropped"``: not done, and not answered.
        """
        accepted = self.status is not None and self.status < 300
        if self.processed:
            return "done" if accepted and set((self.fault or "delay").split(" + ")) <= _HARMLESS else "lost"
        return "dropped" if self.status is None else "refused"


class Journal:
    """The newest 100 000 requests, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: deque[JournalEntry] = deque(maxlen=_MOST)

    def add(self, **fields: Any) -> None:
        """Record a request: the fields of a `JournalEntry` but its number."""
        with self._lock:
            self._entries.append(JournalEntry(number=next(self._numbers), **fields))

    def every(self) -> tuple[JournalEntry, ...]:
        """Return the requests, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def clear(self) -> None:
        """Forget every request; the numbers begin anew."""
        with self._lock:
            self._entries.clear()
            self._numbers = itertools.count(1)
