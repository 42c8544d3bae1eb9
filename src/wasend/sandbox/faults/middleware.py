"""Playing faults on a request: what the application would have answered is held back, changed or never sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, cast
from urllib.parse import parse_qs

import attrs

from wasend.sandbox.api import nest, wrong_status
from wasend.sandbox.faults.fault import Fault
from wasend.sandbox.world import Clock

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONNECTION: Final = "wasend.connection"
"""Where the scope of a request holds its `Connection`, if whoever serves it can break it."""

Ending: TypeAlias = Literal["refused", "reset", "closed", "timeout"]
"""How a connection ends: none was made; it broke; it was closed too early; the client lost patience."""

_ALONGSIDE: Final = ("delay", "dead_session")
_BANS: Final = {
    "463": "server returned error 463",
    "475": "server returned error 475",
    "rate-overlimit": "info query returned status 429: rate-overlimit",
}


class Connection(Protocol):
    """What a server knows of the connection that a request came over, and an application does not."""

    @property
    def patience(self) -> float | None:
        """Seconds that the client waits for an answer, where it cannot count them itself once the clock is stopped."""
        ...

    def end(self, how: Ending) -> None:
        """End the connection; what is sent after that goes nowhere."""
        ...


@attrs.frozen
class Played:
    """
    What became of a request.

    Attributes:
        processed: Whether the application did what was asked, whatever the client received.
        status: The status that the client received; `None` for no answer.
        fault: The kinds of the faults that were played, in that order; `None` for none.
    """

    processed: bool
    status: int | None
    fault: str | None


async def play(
    faults: Iterable[Fault],
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    clock: Clock,
    note: Callable[[Played], object],
) -> None:
    """
    Let an application answer a request, with faults: delays add up, then comes the first of the others.

    Args:
        faults: Those that strike the request, as `Faults.on_request` returns them.
        app: What answers it; then the request as ASGI has it, whose `CONNECTION` ends it where a fault says so.
        scope: Its scope.
        receive: Its body.
        send: Its answer.
        clock: What delays and dates go by.
        note: Called once with what became of it, before the client can know (unless it lost patience).

    Raises:
        ConnectionRefusedError: A fault ends the connection before it is made, and there is no `CONNECTION`.
        ConnectionResetError: A fault ends it, and there is no `CONNECTION`.
    """
    faults = tuple(faults)
    other = next((fault for fault in faults if fault.kind not in _ALONGSIDE), None)
    played = [fault.kind for fault in faults if fault is other or fault.kind in _ALONGSIDE]
    stage = _Stage(app, scope, receive, send, clock, note, " + ".join(played) or None)
    await stage.wait(sum(float(fault.detail("seconds")) for fault in faults if fault.kind == "delay"))
    await stage.play(other)


@attrs.frozen
class _Answer:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def done(self) -> bool:
        return self.status < 400

    def with_header(self, name: bytes, value: str) -> _Answer:
        others = (header for header in self.headers if header[0].lower() != name)
        return attrs.evolve(self, headers=(*others, (name, value.encode("latin-1", "replace"))))

    def with_body(self, body: bytes) -> _Answer:
        return attrs.evolve(self.with_header(b"content-length", str(len(body))), body=body)


def _written(status: int, document: Any) -> _Answer:
    return _Answer(status, ((b"content-type", b"application/json"),), b"").with_body(_json(document))


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def _refusal(status: int, message: str, **more: Any) -> _Answer:
    return _written(status, nest(status, message, **more))


def _failure(fault: Fault) -> _Answer:
    answer = _refusal(int(fault.kind), fault.detail("message"))
    after = fault.detail("retry_after")
    return answer.with_header(b"retry-after", _whole(after)) if after else answer


def _rate_limited(fault: Fault, now: float) -> _Answer:
    text, message = fault.detail("seconds"), "Too many requests"
    seconds = float(text)
    match fault.detail("format"):
        case "body":
            return _refusal(429, message, retryAfter=seconds)
        case "milliseconds":
            return _refusal(429, message).with_header(b"retry-after-ms", str(round(seconds * 1000)))
        case "date":
            return _refusal(429, message).with_header(b"retry-after", formatdate(math.ceil(now + seconds), usegmt=True))
        case _:
            return _refusal(429, message).with_header(b"retry-after", _whole(text))


def _whole(seconds: str) -> str:
    """The header holds whole seconds; less than was meant would be too soon."""
    return str(math.ceil(float(seconds)))


def _wrong_status(fault: Fault, session: str) -> _Answer:
    return _written(422, wrong_status(session, fault.detail("status"), fault.detail("expected").split(",")))


def _session(scope: Scope, body: bytes) -> str:
    """The id of the session that a request is about, wherever it says so; empty where it does not."""
    try:
        said = json.loads(body).get("session")
    except (ValueError, AttributeError, RecursionError):
        said = None
    if isinstance(said, str):
        return said
    path: list[str] = scope["path"].split("/")
    match path:
        case ["", "sessions", session, *_] | ["", session, "chats" | "groups", *_]:
            return session
        case _:
            query: bytes = scope["query_string"]
            return parse_qs(query.decode("latin-1")).get("session", [""])[0]


def _without(answer: _Answer, fields: str) -> _Answer:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):  # a picture, or nothing at all, has no fields
        return answer
    return answer.with_body(_json(_dropped(document, frozenset(fields.split(",")) if fields else None)))


def _dropped(document: object, fields: frozenset[str] | None) -> object:
    """A document without these fields of its objects; `None` are all fields."""
    if isinstance(document, dict):
        known = cast("dict[str, object]", document).items()
        return {} if fields is None else {key: _dropped(value, fields) for key, value in known if key not in fields}
    if isinstance(document, list):
        items = cast("list[object]", document)
        return [_dropped(item, fields) for item in items]
    return document


@attrs.define
class _Stage:
    """One request, and everything that can be done to it."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    clock: Clock
    note: Callable[[Played], object]
    label: str | None
    deserted: bool = False

    async def wait(self, seconds: float) -> None:
        """Wait, but no longer than the client does, which is notified then: on a stopped clock it cannot know."""
        patience = self._patience()
        if seconds and patience is not None and seconds > patience:
            await self.clock.sleep(patience)
            self.desert()
            seconds -= patience
        if seconds:
            await self.clock.sleep(seconds)

    async def play(self, fault: Fault | None) -> None:
        match fault:
            case None:
                await self.pass_through()
            case Fault(kind="hang"):
                await self.hang(processed=await self.processed_if_wanted(fault))
            case Fault(kind="refuse"):
                await self.body()
                await self.end("refused", processed=False)
            case Fault(kind="reset"):
                await self.body()
                await self.end("reset", processed=False)
            case Fault(kind="reset_after"):
                await self.end("reset", processed=(await self.processed()).done)
            case Fault(kind="truncated"):
                await self.truncate(await self.processed())
            case Fault(kind="wrong_content_type"):
                answer = await self.processed()
                await self.answer(answer.with_header(b"content-type", fault.detail("type")), processed=answer.done)
            case Fault(kind="missing_fields"):
                answer = await self.processed()
                await self.answer(_without(answer, fault.detail("fields")), processed=answer.done)
            case Fault(kind="rate_limit"):
                await self.answer(_rate_limited(fault, self.clock.now()), processed=False)
            case Fault(kind="ban"):
                await self.answer(_refusal(500, _BANS[fault.detail("signal")]), processed=False)
            case Fault(kind="session_status"):
                await self.answer(_wrong_status(fault, _session(self.scope, await self.body())), processed=False)
            case _:
                processed = await self.processed_if_wanted(fault)
                await self.answer(_failure(fault), processed=processed)

    async def pass_through(self) -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                status: int = message["status"]
                self.tell(processed=status < 400, status=status)
            await self.send(message)

        await self.app(self.scope, self.receive, send)

    async def hang(self, *, processed: bool) -> None:
        self.tell(processed=processed, status=None)
        patience = self._patience()
        if patience is not None and not self.deserted:
            await self.clock.sleep(patience)
            self.desert()
        await self.gone()

    async def truncate(self, answer: _Answer) -> None:
        whole = len(answer.body)
        # There is less than was announced even where there is nothing.
        answer = answer.with_header(b"content-length", str(max(whole, 1)))
        self.tell(processed=answer.done, status=answer.status)
        await self.put(answer, answer.body[: whole // 2], more=True)
        self._end("closed")
        await self.gone()

    async def answer(self, answer: _Answer, *, processed: bool) -> None:
        self.tell(processed=processed, status=answer.status)
        await self.put(answer, answer.body)

    async def put(self, answer: _Answer, body: bytes, *, more: bool = False) -> None:
        await self.send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def end(self, how: Ending, *, processed: bool) -> None:
        self.tell(processed=processed, status=None)
        self._end(how)
        await self.gone()

    async def processed(self) -> _Answer:
        """What the application answers, kept from the client."""
        status, headers, body = 500, (), bytearray()

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], tuple(message["headers"])
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return _Answer(status, headers, bytes(body))

    async def processed_if_wanted(self, fault: Fault) -> bool:
        return fault.detail("processed") == "true" and (await self.processed()).done

    async def body(self) -> bytes:
        """The request to its end: a client that is still writing would hear of a fault in another way."""
        chunks: list[bytes] = []
        more = True
        while more:
            message = await self.receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(chunks)

    async def gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def tell(self, *, processed: bool, status: int | None) -> None:
        self.note(Played(processed, None if self.deserted else status, self.label))

    def desert(self) -> None:
        self.deserted = True
        self._end("timeout")

    def _patience(self) -> float | None:
        connection: Connection | None = self.scope.get(CONNECTION)
        return connection.patience if connection is not None and self.clock.stopped else None

    def _end(self, how: Ending) -> None:
        connection: Connection | None = self.scope.get(CONNECTION)
        if connection is not None:
            connection.end(how)
        elif how == "refused":
            raise ConnectionRefusedError("a fault of the sandbox refuses the connection")
        else:
            raise ConnectionResetError("a fault of the sandbox breaks the connection")
