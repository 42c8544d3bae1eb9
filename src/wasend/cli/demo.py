"""``wasend demo``: what goes wrong when messages are sent, and what becomes of them, against a local sandbox."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from wasend import (
    AsyncWasendClient,
    InvalidRequestError,
    LoginStep,
    Outbox,
    RateLimitError,
    Session,
    Timeout,
    Wait,
    WasendClient,
    WasendError,
    __version__,
)
from wasend.cli.screen import Screen
from wasend.sandbox import Clock, Sandbox, SandboxServer

# Numbers that the United Kingdom keeps for drama: they reach nobody.
_BAKERY: Final = "+447700900123"
_CUSTOMER: Final = "+447700900456"
_ORDERS: Final = {f"+4477009002{number:02}": f"Order {number} is ready." for number in range(1, 9)}
_INVITED: Final = {f"+4477009003{number:02}": "You are invited to our summer tasting." for number in range(1, 12)}

_SCANNED_AFTER: Final = 1.0
_LINKED_WITHIN: Final = 30.0
_ANSWER_WITHIN: Final = 10.0
_KILLED_AT: Final = 5
_WORKER_WITHIN: Final = 30.0
_ATTEMPTS: Final = 5
_WORKER_TIMEOUT: Final = Timeout(connect=1.5, answer=1.5, send=1.5, total=1.5)
"""A worker that was killed is taken for dead when its send could no longer be answered."""
_LIMITED_FOR: Final = 1
_WORKER: Final = "from wasend.cli.demo import work; work()"
_OUTBOX: Final = "WASEND_DEMO_OUTBOX"


class DemoError(Exception):
    """Something that the demo shows did not happen."""


@attrs.frozen
class _Row:
    """What some sends have come to: what the program was told of them, and the texts that were to arrive."""

    what: str
    told: str
    sent: Sequence[tuple[str, str]]


def play(screen: Screen, clock: Clock | None = None, serve: Callable[[str], None] | None = None) -> None:
    """
    Play the whole demo.

    Args:
        screen: Where to show it.
        clock: What the sandbox and the clients wait by; the machine's time by default. A stopped one makes no pauses.
        serve: Called at the end with the sandbox's address, which is there until it returns.

    Raises:
        DemoError: Something that the demo shows did not happen.
        WasendError: A call failed.
    """
    clock = clock or Clock()
    key = secrets.token_urlsafe(16)
    sandbox = Sandbox(api_key=key, scan_after=_SCANNED_AFTER, clock=clock)
    with sandbox.serve() as server:
        screen.title(f"wasend {__version__} and a local WASend: nothing leaves this machine")
        with WasendClient(key, base_url=server.url, timeout=_ANSWER_WITHIN, clock=clock, settle=True) as client:
            desk = _link(screen, client, clock)
            rows = [
                _lose_an_answer(screen, client, desk, sandbox),
                _kill_a_worker(screen, desk, key, server, sandbox),
                _refuse(screen, client, desk, sandbox),
            ]
        rows.append(asyncio.run(_wait_a_limit_out(screen, desk, key, server, sandbox, clock)))
        _check(screen, sandbox, rows)
        if serve is not None:
            serve(server.url)


def _link(screen: Screen, client: WasendClient, clock: Clock) -> Session:
    screen.title("A number is linked by a QR code, which a simulated phone scans")
    began = clock.monotonic()

    def show(step: LoginStep) -> None:
        if step.qr is not None:
            screen.drawing(step.qr.terminal().splitlines())

    desk = client.login("Harbour Bakery", phone_number=_BAKERY, show=show, timeout=_LINKED_WITHIN)
    screen.say("login", f"{desk.session_name}: {desk.status} after {clock.monotonic() - began:.1f} s", style="green")
    return desk


def _lose_an_answer(screen: Screen, client: WasendClient, desk: Session, sandbox: Sandbox) -> _Row:
    screen.title("An answer is lost: the message arrives, and then the connection breaks")
    text = "Good morning! Your order is ready."
    with _fault(sandbox, "reset_after POST /sendText x1"):
        message = client.send_text(session=desk, to=_CUSTOMER, text=text)
    screen.say("send_text", text)
    screen.say("a naive retry", "would now have sent two", style="yellow")
    screen.say("here", "one: it was found by reading back, and send_text returned it", style="green")
    if [one.id for one in sandbox.messages(to=_CUSTOMER)] != [message.id]:
        raise DemoError("a message whose answer was lost was not found")
    return _Row("the answer that was lost", "sent", [(_CUSTOMER, text)])


def _kill_a_worker(screen: Screen, desk: Session, key: str, server: SandboxServer, sandbox: Sandbox) -> _Row:
    screen.title(f"A worker with {len(_ORDERS)} messages is killed in the middle of one, and started again")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.upper().startswith("WASEND_")},
            "WASEND_API_KEY": key,
            "WASEND_BASE_URL": server.url,
            "WASEND_SESSION": desk.unique_session_id,
            _OUTBOX: str(Path(folder, "outbox.db")),
        }
        # The message in which it is killed is taken, and never answered.
        with _fault(sandbox, f"hang POST /sendText #{_KILLED_AT} processed=true"), _worker(environment) as worker:
            before, ends = len(sandbox.messages()), time.monotonic() + _WORKER_WITHIN
            while (done := len(sandbox.messages()) - before) < _KILLED_AT:
                if worker.poll() is not None or time.monotonic() > ends:
                    raise DemoError(f"the first worker came to {done} messages, and then no further")
                time.sleep(0.02)
            worker.kill()
        screen.say("worker 1", f"{done - 1} sent; killed before it heard of number {_KILLED_AT}", style="yellow")
        with _worker(environment) as worker:
            try:
                told, complaint = worker.communicate(timeout=_WORKER_WITHIN)
            except subprocess.TimeoutExpired:
                raise DemoError("the second worker did not end") from None
        if worker.returncode or told.split() != ["sent"] * len(_ORDERS):
            raise DemoError(f"the second worker failed: {' '.join(complaint.split()[-20:])}")
        rest = len(_ORDERS) - _KILLED_AT
        screen.say("worker 2", f"{done - 1} were recorded, 1 was looked for and found, {rest} sent", style="green")
    return _Row("the worker that was killed", "sent, each", list(_ORDERS.items()))


@contextmanager
def _worker(environment: dict[str, str]) -> Generator[subprocess.Popen[str]]:
    command = (sys.executable, "-c", _WORKER)
    pipe = subprocess.PIPE
    worker = subprocess.Popen(command, env=environment, encoding="utf-8", stdout=pipe, stderr=pipe)  # noqa: S603
    with worker:
        try:
            yield worker
        finally:
            worker.kill()


def work() -> None:
    """Send the orders, as a worker that knows nothing of an earlier one but its outbox."""
    with WasendClient(outbox=Outbox(os.environ.pop(_OUTBOX)), timeout=_WORKER_TIMEOUT) as client:
        for number, (to, text) in enumerate(_ORDERS.items(), start=1):
            for attempt in range(_ATTEMPTS):
                try:
                    client.session().send_text(to=to, text=text, key=f"order-{number}")
                except WasendError as error:  # on a machine that is very busy
                    if not error.retryable or attempt == _ATTEMPTS - 1:
                        raise
                else:
                    break
            print("sent", flush=True)


def _refuse(screen: Screen, client: WasendClient, desk: Session, sandbox: Sandbox) -> _Row:
    screen.title("A number without its country is refused before anything is sent")
    before = len(sandbox.journal)
    try:
        client.send_text(session=desk, to="07700 900456", text="Who is this for?")
    except InvalidRequestError as error:
        screen.say(type(error).__name__, str(error), style="yellow")
    else:
        raise DemoError("a number without its country was not refused")
    if len(sandbox.journal) != before:
        raise DemoError("a number without its country was sent to the service")
    return _Row("the number without a country", "not sent", [])


async def _wait_a_limit_out(
    screen: Screen, desk: Session, key: str, server: SandboxServer, sandbox: Sandbox, clock: Clock
) -> _Row:
    screen.title(f"{len(_INVITED)} messages at once run into a rate limit, with AsyncWasendClient")
    waits: list[Wait] = []
    options: dict[str, Any] = {"timeout": _ANSWER_WITHIN, "clock": clock, "on_wait": waits.append}
    async with AsyncWasendClient(key, base_url=server.url, **options) as client:
        with _fault(sandbox, f"rate_limit POST /sendText #3 seconds={_LIMITED_FOR}"):
            sends = (client.send_text(session=desk, to=to, text=text) for to, text in _INVITED.items())
            sent = await asyncio.gather(*sends)
    longest = max((wait.seconds for wait in waits if isinstance(wait.error, RateLimitError)), default=None)
    if longest is None:
        raise DemoError("the rate limit was never reached")
    screen.say("429", f"waited for {longest:.1f} s, as the service asked; {len(sent)} sent", style="green")
    return _Row("the limit", "sent, each", list(_INVITED.items()))


@contextmanager
def _fault(sandbox: Sandbox, notation: str) -> Generator[None]:
    """Have something go wrong in the block."""
    fault = sandbox.faults.add(notation)
    try:
        yield
    finally:
        sandbox.faults.remove(fault)


def _check(screen: Screen, sandbox: Sandbox, rows: Sequence[_Row]) -> None:
    """Compare what the program was told with what the sandbox has, which alone knows what arrived."""
    screen.title("What the program was told, and what arrived")
    stored = Counter[tuple[str, str]]((one.to, one.content) for one in sandbox.messages())
    expected = Counter[tuple[str, str]]()
    table: list[tuple[str, str, str]] = []
    for row in rows:
        wanted = [(f"{to.removeprefix('+')}@c.us", text) for to, text in row.sent]
        expected.update(wanted)
        table.append(
            (row.what, row.told, f"{sum(stored[one] for one in wanted)} of {len(wanted)}" if wanted else "nothing")
        )
    screen.table(("what happened", "the program was told", "phones got"), table)
    if stored != expected:
        raise DemoError(f"{expected.total()} messages were sent, but not each of them arrived once and as it was")
    screen.verdict(f"{expected.total()} messages, each arrived exactly once.")
