"""
The sandbox's page: its sessions with their QR codes, chats and journal as they change, and the buttons of a phone.

It is rendered here, and whole without its script, which only fetches what has changed. All that it shows of the
sandbox's data is text to it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wasend.sandbox.actions import ACTS, Actions
from wasend.sandbox.acts import is_unread
from wasend.sandbox.api import local_guard, png
from wasend.sandbox.interfaces.control import PREFIX
from wasend.sandbox.interfaces.signatures import Argument, Signature
from wasend.sandbox.webhooks import EVENTS
from wasend.sandbox.world import (
    Forbidden,
    Refusal,
    State,
    StoredMessage,
    StoredSession,
    Unknown,
    WrongStatus,
    phone_number,
)

if TYPE_CHECKING:
    from jinja2 import Template

# How much the page shows: it is rendered every second, however much there is.
_SESSIONS = 20
_QR_PICTURES = 6
_CHATS = 24  # of all sessions together
_MESSAGES = 30
_MEMBERS = 50
_REQUESTS = 50
_WEBHOOKS = 20
_FAULTS = 50
_CHARACTERS = 1_000

_LARGEST_FORM = 8 * 1024 * 1024  # a picture, in base64
_MOST_FIELDS = 16

_STATUSES: Mapping[type[ValueError], int] = {Unknown: 404, Forbidden: 403, WrongStatus: 422, Refusal: 409}

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    # Not no-referrer: with it, browsers send the page's own forms without their origin, which the guard refuses.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# Control characters, and the marks that turn the direction of a line, as pictures of themselves.
_VISIBLE = {
    **{code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD),
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),  # half a surrogate pair, which UTF-8 cannot hold
}


def page_routes(sandbox: Actions, state: State) -> list[Route]:
    """Return the page at ``/``, its changing part alone, and the forms of the phone; all for this machine only."""

    def page(problem: str | None = None, status: int = 200) -> Response:
        return _html(_template().render(_view(sandbox, state), problem=problem), status)

    async def whole(request: Request) -> Response:
        local_guard(request)
        return page()

    async def changing(request: Request) -> Response:
        local_guard(request)
        return _html(_block("changing", _view(sandbox, state)), 200)

    def pressed(act: Callable[..., object]) -> Callable[[Request], Awaitable[Response]]:
        signature = Signature(act, text=True)

        async def respond(request: Request) -> Response:
            local_guard(request)
            try:
                # A form sends every field that it has: what was left empty was not given.
                form = {
                    name: value
                    for name, value in signature.fields.spelt(await _read_form(request)).items()
                    if value or name in signature.fields.required
                }
                if missing := [name for name in signature.fields.required if name not in form]:
                    raise ValueError(f"the form has no {missing[0]}")
                if problems := signature.fields.problems(form):
                    raise ValueError("; ".join(problems))
                signature.call(form)
            except HTTPException as error:
                return page(error.detail, error.status_code)
            except ValueError as error:
                return page(str(error), next((_STATUSES[one] for one in _STATUSES if isinstance(error, one)), 400))
            return RedirectResponse("/", HTTPStatus.SEE_OTHER, _HEADERS)

        return respond

    return [
        Route("/", whole, methods=["GET"]),
        Route(f"{PREFIX}page", changing, methods=["GET"]),
        *(Route(f"{PREFIX}page/{name}", pressed(act), methods=["POST"]) for name, act in _buttons(sandbox).items()),
    ]


def _buttons(sandbox: Actions) -> dict[str, Callable[..., object]]:
    """Return what the buttons do, by their names; a form's fields are the arguments."""

    def clock(*, stopped: bool | None = None, advance: float = 0) -> None:
        if stopped is not None:
            (sandbox.clock.stop if stopped else sandbox.clock.start)()
        sandbox.clock.advance(advance)

    return {
        "scan": sandbox.scan,
        "passkey": sandbox.passkey,
        "confirm": sandbox.confirm_passkey,
        **{name.replace("_", "-"): getattr(sandbox, name) for name in ACTS},
        "fault": sandbox.faults.add,
        "no-faults": sandbox.faults.clear,
        "clock": clock,
    }


async def _read_form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(415, "the Content-Type of a form is application/x-www-form-urlencoded")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _LARGEST_FORM:
            raise HTTPException(413, f"the form is larger than {_LARGEST_FORM} bytes")
    return dict(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))


# What the template is given


def _view(sandbox: Actions, state: State) -> dict[str, Any]:
    """Return the newest of everything, and what the template asks of each."""
    sessions, journal, webhooks, faults = (
        list(sandbox.sessions.values()),
        sandbox.journal,
        sandbox.webhooks,
        sandbox.faults.every(),
    )
    shown = sessions[-_SESSIONS:]
    waiting = [session.id for session in shown if session.status == "SCAN_QR_CODE"][:_QR_PICTURES]
    most_chats = max(1, _CHATS // len(shown)) if shown else 0

    def qr_picture(session: StoredSession) -> str | None:
        with suppress(Refusal):  # it may have changed since
            return png(state.sessions.qr_code(session.id)) if session.id in waiting else None
        return None

    def name(chat_id: str) -> str:
        if (group := state.groups.find(chat_id)) is not None:
            return group.name
        return state.people.name(chat_id) or (phone_number(chat_id) if chat_id.endswith("@c.us") else chat_id)

    def members(session: StoredSession, chat_id: str) -> list[str]:
        """Return who can write to a session in a chat."""
        group = state.groups.find(chat_id)
        if group is not None and session.own_id in group.participants:
            return [one for one in group.participants if one != session.own_id][:_MEMBERS]
        return [chat_id] if chat_id.endswith(("@c.us", "@lid")) else []

    def history(session: StoredSession, chat_id: str) -> list[StoredMessage]:
        return state.chats.history(session.id, chat_id, lambda _: True, offset=0, limit=_MESSAGES)[::-1]

    def quoted(message: StoredMessage) -> str | None:
        with suppress(Unknown):
            return message.reply_to and _said(state.chats.message(message.reply_to))
        return message.reply_to

    def waits(messages: Iterable[StoredMessage]) -> bool:
        return any(map(is_unread, messages))

    return {
        "sessions": shown,
        "chats": state.chats.chats,
        "most_chats": most_chats,
        "qr_picture": qr_picture,
        "name": name,
        "members": members,
        "history": history,
        "quoted": quoted,
        "said": _said,
        "waits": waits,
        "offline": state.people.offline,
        "more_sessions": len(sessions) - len(shown),
        "names": {session.id: session.settings.name for session in sessions},
        "journal": journal[: -_REQUESTS - 1 : -1],
        "webhooks": webhooks[: -_WEBHOOKS - 1 : -1],
        "faults": faults[:_FAULTS],
        "counts": {"journal": len(journal), "webhooks": len(webhooks), "faults": len(faults)},
        "now": sandbox.clock.now(),
        "stopped": sandbox.clock.stopped,
        "dialect": sandbox.dialect,
        "picture": _picture(),
        "events": EVENTS,
        "acts": _arguments(),
    }


@cache
def _arguments() -> dict[str, tuple[Argument, ...]]:
    return {name.replace("_", "-"): Signature(getattr(Actions, name), given=1).arguments for name in ACTS}


@cache
def _picture() -> str:
    """Return a picture to send from where no script can read a file: a QR code."""
    return f"data:image/png;base64,{png('A picture from the sandbox')}"


def _said(message: StoredMessage) -> str:
    if message.type == "text":
        return message.content
    return " ".join(filter(None, (f"[{message.type}] {message.content}", message.words)))


# How it is written


@cache
def _template() -> Template:
    # Imported by the first who looks: the sandbox starts without it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["moment"] = _moment
    return environment.from_string(files("wasend.sandbox.interfaces").joinpath("page.html").read_text("utf-8"))


def _shown(value: object) -> object:
    """Return any value that the template writes as text of bounded length, with nothing in it that hides."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    more = len(value) - _CHARACTERS
    return (f"{value[:_CHARACTERS]}… ({more} more)" if more > 0 else value).translate(_VISIBLE)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _html(text: str, status: int) -> Response:
    headers = {**_HEADERS, "Content-Security-Policy": _policy()}
    return Response(text, status, headers, media_type="text/html")


@cache
def _policy() -> str:
    """Return what the page may do: run its own script, wear its own style, and talk to nobody else."""
    # Not nonces: the script reads whole pages, whose nonces would be others than its own page's.
    hashes = {name: b64encode(sha256(_block(name, {}).encode()).digest()).decode() for name in ("script", "style")}
    return (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _block(name: str, view: Mapping[str, Any]) -> str:
    template = _template()
    parts: Iterable[str] = template.blocks[name](template.new_context(dict(view)))
    return "".join(parts)
