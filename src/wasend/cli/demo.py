"""``wasend demo``: a session's life and a few messages, played through both clients against a local sandbox."""

from __future__ import annotations

import asyncio
import io
import secrets
from collections import Counter
from typing import Final

import attrs
import segno

from wasend import (
    AsyncWasendClient,
    InvalidRequestError,
    LinkPreview,
    Message,
    RateLimitError,
    Session,
    SessionState,
    Wait,
    WasendClient,
    __version__,
)
from wasend.cli.screen import Screen
from wasend.sandbox import Clock, Sandbox

# Numbers that the United Kingdom keeps for drama: they reach nobody.
_BAKERY: Final = "+447700900123"
_CUSTOMER: Final = "+447700900456"

_SCANNED_AFTER: Final = 1.8
_CONNECTED_WITHIN: Final = 15.0
_LIMIT: Final = (12, 3.0)
_BATCH: Final = 16
_ANSWER_WITHIN: Final = 10.0


class DemoError(Exception):
    """Something that the demo shows did not happen."""


@attrs.frozen
class _Sent:
    """
    A message that was answered.

    `content` is what the sandbox is to have stored: a text, or a picture's size.
    """

    call: str
    id: str | None
    to: str
    content: str


def play(screen: Screen, clock: Clock | None = None) -> None:
    """
    Play the whole demo.

    Args:
        screen: Where to show it.
        clock: What the sandbox and the clients wait by; the machine's time by default. A stopped one makes no pauses.

    Raises:
        DemoError: Something that the demo shows did not happen.
        WasendError: A call failed.
    """
    clock = clock or Clock()
    key = secrets.token_urlsafe(16)
    sandbox = Sandbox(api_key=key, scan_after=_SCANNED_AFTER, rate_limit=_LIMIT, clock=clock)
    with sandbox.serve() as server:
        screen.title(f"wasend {__version__} and a local WASend at {server.url}: nothing leaves this machine")
        session = asyncio.run(_connect(screen, server.url, key, clock))
        waits: list[Wait] = []

        def waiting(wait: Wait) -> None:
            waits.append(wait)
            if wait.error is not None:
                text = f"{type(wait.error).__name__}: waiting {wait.seconds:g} s before it is sent again"
                screen.say(f"attempt {wait.attempt}", text, style="yellow")

        with WasendClient(key, base_url=server.url, timeout=_ANSWER_WITHIN, on_wait=waiting, clock=clock) as client:
            sent = _send_a_few(screen, client, session)
            _refuse(screen, client, session, sandbox)
            sent += _send_batch(screen, client, session)
        asyncio.run(_delete(screen, server.url, key, session))
        _check(screen, sandbox, session, sent, waits)


async def _connect(screen: Screen, url: str, key: str, clock: Clock) -> Session:
    screen.title("A session, with AsyncWasendClient")
    async with AsyncWasendClient(key, base_url=url, timeout=_ANSWER_WITHIN, clock=clock) as client:
        session = await client.create_session(session_name="Harbour Bakery", phone_number=_BAKERY)
        screen.say("create_session", f"{session.session_name}, {session.unique_session_id}: {session.status}")
        await client.start_session(session)
        qr = await client.retrieve_qr_code(session)
        screen.say("retrieve_qr_code", f"a PNG of {len(qr.png())} bytes:")
        screen.drawing(qr.terminal().splitlines())
        screen.say("waiting", "a simulated phone scans it by itself")
        began = clock.monotonic()
        while session.state is not SessionState.CONNECTED:
            if clock.monotonic() - began > _CONNECTED_WITHIN:
                raise DemoError(f"the session is still {session.status} after {_CONNECTED_WITHIN:g} s")
            await clock.sleep(0.5)
            session = await client.retrieve_session_info(session)
        screen.say("retrieve_session_info", f"{session.status} after {clock.monotonic() - began:.1f} s", style="green")
        return session


def _send_a_few(screen: Screen, client: WasendClient, session: Session) -> list[_Sent]:
    screen.title("Messages, with WasendClient")
    sent: list[_Sent] = []

    def note(call: str, what: str, content: str, message: Message) -> None:
        sent.append(_Sent(call, message.id, _CUSTOMER, content))
        screen.say(call, what)

    text = "Good morning! Your order is ready."
    ready = client.send_text(session=session, to=_CUSTOMER, text=text)
    note("send_text", text, text, ready)

    text = "Today's bread: https://example.org/menu"
    preview = LinkPreview(title="Harbour Bakery", description="Sourdough, rye, and the last of the scones")
    message = client.send_link_custom_preview(session=session, to=_CUSTOMER, text=text, preview=preview)
    note("send_link_custom_preview", text, text, message)

    picture = _picture("https://example.org/menu")
    message = client.send_image(session=session, to=_CUSTOMER, data=picture, caption="Scan me for the menu")
    note("send_image", f"a PNG, {len(picture)} bytes", f"{len(picture)} bytes", message)

    client.send_reaction(session=session, message_id=ready.id or "", reaction="👍")
    screen.say("send_reaction", "👍 to the first message")

    text = "We close at five. See you then!"
    message = client.send_message(session=session, to=_CUSTOMER, text=text, min_typing=1, max_typing=1)
    note("send_message", f"{text} (after a second of typing)", text, message)
    return sent


def _picture(text: str) -> bytes:
    file = io.BytesIO()
    segno.make_qr(text).save(file, kind="png", scale=4)
    return file.getvalue()


def _refuse(screen: Screen, client: WasendClient, session: Session, sandbox: Sandbox) -> None:
    screen.title("A number without its country is refused before anything is sent")
    before = len(sandbox.journal)
    try:
        client.send_text(session=session, to="07700 900456", text="Who is this for?")
    except InvalidRequestError as error:
        screen.say(type(error).__name__, str(error), style="yellow")
    else:
        raise DemoError("a number without its country was not refused")
    if len(sandbox.journal) != before:
        raise DemoError("a number without its country was sent to the service")


def _send_batch(screen: Screen, client: WasendClient, session: Session) -> list[_Sent]:
    requests, seconds = _LIMIT
    screen.title(f"{_BATCH} messages under a limit of {requests} requests in {seconds:g} s")
    sent: list[_Sent] = []
    with screen.progress(_BATCH) as progress:
        for number in range(1, _BATCH + 1):
            to, text = f"+4477009002{number:02}", f"Order {number} is ready."
            message = client.send_text(session=session, to=to, text=text)
            sent.append(_Sent("send_text", message.id, to, text))
            progress.advance(progress.task_ids[0])
    screen.say("send_text", f"{len(sent)} of {_BATCH} sent")
    return sent


async def _delete(screen: Screen, url: str, key: str, session: Session) -> None:
    screen.title("The session's end, with AsyncWasendClient")
    async with AsyncWasendClient(key, base_url=url, timeout=_ANSWER_WITHIN) as client:
        await client.delete_session(session)
        screen.say("delete_session", f"{session.unique_session_id} is gone")


def _check(screen: Screen, sandbox: Sandbox, session: Session, sent: list[_Sent], waits: list[Wait]) -> None:
    """Compare what was answered with what the sandbox has, which alone knows whether a message arrived."""
    screen.title("What arrived, according to the sandbox")
    stored = sandbox.messages()
    times = Counter[str | None](message.id for message in stored)
    rows = [(one.call, one.id or "none", f"{times[one.id]} ×") for one in sent]
    screen.table(("call", "message id", "arrived"), rows)

    arrived = Counter[tuple[str | None, str, str]]((one.id, one.to, one.content) for one in stored)
    if arrived != Counter((one.id, f"{one.to.removeprefix('+')}@c.us", one.content) for one in sent):
        raise DemoError(f"{len(sent)} messages were sent, but not each of them arrived once and as it was")
    if not any(isinstance(wait.error, RateLimitError) for wait in waits):
        raise DemoError("the rate limit was never reached")
    if session.unique_session_id in sandbox.sessions:
        raise DemoError("the session was not deleted")
    for path in ("/reaction", "/startTyping", "/stopTyping"):
        if [request.status for request in sandbox.journal if request.path == path] != [200]:
            raise DemoError(f"{path} did not arrive once")
    screen.verdict(f"{len(sent)} messages, each arrived exactly once.")
