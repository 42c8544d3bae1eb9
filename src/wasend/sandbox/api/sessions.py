"""The endpoints of sessions, and the account's."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache

import segno

from wasend.sandbox.api.dialects import Dialect, Json
from wasend.sandbox.api.endpoints import Call, Endpoint
from wasend.sandbox.api.fields import Body, Fields, boolean, filled, phone_number, string, web_url
from wasend.sandbox.world import SessionSettings, State, StoredSession


def _webhook_rule(body: Body) -> Iterable[str]:
    url = body.get("webhookUrl")
    if body.get("enableWebhook") in (True, 1) and url in (None, ""):
        yield "webhookUrl must be given when enableWebhook is true"
    elif url not in (None, "") and (wrong := web_url(url)):
        yield f"webhookUrl {wrong}"


_CREATE = Fields(
    required={"sessionName": filled, "phoneNumber": phone_number},
    optional={
        "enableAccountProtection": boolean,
        "enableMessageLogging": boolean,
        "enableWebhook": boolean,
        "webhookUrl": string,
    },
    rule=_webhook_rule,
)


@lru_cache(maxsize=8)  # Drawing one takes tens of milliseconds, and a waiting client asks for it again and again.
def png(code: str) -> str:
    """Return a QR code drawn as a PNG, in base64."""
    picture = io.BytesIO()
    segno.make_qr(code).save(picture, kind="png", scale=4)
    return b64encode(picture.getvalue()).decode()


def session_endpoints(state: State, dialect: Dialect) -> list[Endpoint]:
    """Return the endpoints of sessions and of the account."""

    def create(call: Call) -> Json:
        body = call.body
        settings = SessionSettings(
            name=body["sessionName"],
            phone_number=body["phoneNumber"],
            enable_account_protection=bool(body.get("enableAccountProtection")),
            enable_message_logging=bool(body.get("enableMessageLogging")),
            enable_webhook=bool(body.get("enableWebhook")),
            webhook_url=body.get("webhookUrl") or None,
        )
        return dialect.session(state.sessions.create(settings, str(call.account)))

    def every(call: Call) -> Json:
        return {"sessions": [dialect.list_item(session) for session in state.sessions.every(call.account).values()]}

    def info(call: Call) -> Json:
        return dialect.session_info(state.sessions.get(call.path["session"], call.account))

    def delete(call: Call) -> Json:
        state.sessions.delete(call.path["session"], call.account)
        return dialect.done()

    def moves(change: Callable[[str, str | None], StoredSession]) -> Callable[[Call], Json]:
        return lambda call: dialect.session(change(call.path["session"], call.account))

    def qr(call: Call) -> Json:
        return {"data": png(state.sessions.qr_code(call.path["session"], call.account, start=True))}

    def account(call: Call) -> Json:
        return {"id": call.account, "name": "Sandbox", "plan": "sandbox"}

    return [
        Endpoint("POST", "/sessions", create, _CREATE),
        Endpoint("GET", "/sessions", every),
        Endpoint("GET", "/sessions/{session}", info),
        Endpoint("DELETE", "/sessions/{session}", delete),
        Endpoint("POST", "/sessions/{session}/start", moves(state.sessions.start)),
        Endpoint("POST", "/sessions/{session}/stop", moves(state.sessions.stop)),
        Endpoint("POST", "/sessions/{session}/restart", moves(state.sessions.restart)),
        Endpoint("GET", "/sessions/{session}/qr", qr, family="docs"),
        Endpoint("GET", "/sessions/{session}/auth/qr", qr, family="sdk"),
        Endpoint("GET", "/account", account),
    ]
