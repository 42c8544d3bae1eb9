"""Playing faults on a request: what the application would have answered is held back, changed or never sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

import attrs

from wasend.sandbox.api import EFFECTS
from wasend.sandbox.faults.exchange import Answer, Request
from wasend.sandbox.faults.fault import Fault
from wasend.sandbox.faults.kinds import Ending, Plan, shifted
from wasend.sandbox.world import Clock

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONNECTION: Final = "wasend.connection"
"""Where the scope of a request holds its `Connection`, if whoever serves it can break it."""


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
    twin: Callable[[Request, str], object] = lambda request, by: None,
) -> None:
    """
    Let an application answer a request, with the faults that strike it: all of them, but of those that decide what is
    answered only the first. `note` is called once with what became of it, before the client can know (unless it lost
    patience); `twin` to have somebody write what the request does. Where the scope has no `CONNECTION` to end, a
    `ConnectionError` is raised.
    """
    plan, played = Plan(), list[str]()
    ended = False
    for fault in faults:
        if not (fault.shape.ends and ended):
            fault.act(plan)
            ended |= fault.shape.ends
            played.append(fault.kind)
    request = await Request.read(scope, receive)
    stage = _Stage(app, scope, receive, send, clock, note, " + ".join(played) or None)
    await stage.wait(plan.before)
    for by in plan.twins:
        twin(request, by)
    await stage.play(plan, request)


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
        if seconds and patience is not None and seconds > patience and not self.deserted:
            await self.clock.sleep(patience)
            self.desert()
            seconds -= patience
        if seconds:
            await self.clock.sleep(seconds)

    async def play(self, plan: Plan, request: Request) -> None:
        answer = await self.processed(plan, request) if plan.processed else Answer(500)
        processed = plan.processed and answer.status < 400
        if plan.answer is not None:
            answer = plan.answer(request, self.clock.now())
        for change in plan.changes:
            answer = change(answer)
        if plan.shift:
            date = formatdate(self.clock.now() + plan.shift, usegmt=True)
            answer = shifted(answer, plan.shift).with_header("date", date)
        await self.wait(plan.after)
        whole = plan.ending in (None, "closed")
        status = answer.status if whole and not self.deserted else None
        self.note(Played(processed, status, self.label))
        if plan.ending == "hang":
            await self.hang()
        elif whole:
            await self.answer(answer, plan)
        else:
            self._end(plan.ending or "reset")
            await self.gone()

    async def hang(self) -> None:
        patience = self._patience()
        if patience is not None and not self.deserted:
            await self.clock.sleep(patience)
            self.desert()
        await self.gone()

    async def answer(self, answer: Answer, plan: Plan) -> None:
        whole, cut = len(answer.body), plan.ending == "closed"
        body = answer.body
        if cut:
            body = body[: whole // 2 if plan.cut is None else plan.cut]
            # There is less than was announced even where there is nothing.
            length = max(whole, len(body) + 1) if plan.announced else len(body)
            answer = answer.with_header("content-length", str(length))
        broken = cut and plan.announced
        await self.send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await self.send({"type": "http.response.body", "body": body, "more_body": broken})
        if broken:
            self._end("closed")
            await self.gone()
        elif plan.idle is not None and self.scope.get(CONNECTION) is not None:
            await asyncio.sleep(plan.idle)
            self._end("idle")

    async def processed(self, plan: Plan, request: Request) -> Answer:
        """What the application answers, kept from the client."""
        status, headers, body = 500, (), bytearray()

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], tuple(message["headers"])
            else:
                body.extend(message.get("body", b""))

        scope: dict[str, Any] = {**self.scope, EFFECTS: plan.effects}
        if plan.shift:
            scope["query_string"] = _shifted(request.query, -plan.shift).encode("latin-1")
        await self.app(scope, request.again(self.receive), keep)
        # What the guards have found out is for the caller's scope, too.
        self.scope.update({key: value for key, value in scope.items() if key not in self.scope})
        return Answer(status, headers, bytes(body))

    async def gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

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


def _shifted(query: str, seconds: float) -> str:
    """A query whose times are the caller's, in the application's."""
    moved = [
        (name, str(float(value) + seconds) if name.startswith("filter.timestamp.") and _is_number(value) else value)
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return urlencode(moved)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
