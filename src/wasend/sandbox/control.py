"""The endpoints that steer the sandbox itself, under ``/_sandbox``: what a phone and a test would do."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wasend.sandbox.chat_ids import looked_up, person
from wasend.sandbox.chat_store import ACKS, StoredMessage
from wasend.sandbox.dialects import Dialect, Json
from wasend.sandbox.endpoints import Call, Endpoint, InvalidCall
from wasend.sandbox.fields import Fields, filled, one_of, one_person, string
from wasend.sandbox.state import State

PREFIX = "/_sandbox/"


def control_endpoints(state: State, dialect: Dialect, reset: Callable[[], None]) -> list[Endpoint]:
    """Return the endpoints under ``/_sandbox``."""

    def scan(call: Call) -> Json:
        return dialect.session(state.sessions.scan(call.path["session"]))

    def messages(call: Call) -> Json:
        to = call.query.get("to")
        try:
            chat = None if to is None else looked_up(to)
        except ValueError as error:
            raise InvalidCall([f"to {error}"]) from error
        found = state.chats.messages(chat=chat, session_id=call.query.get("session"))
        return {"messages": [_stored(message) for message in found]}

    def receive(call: Call) -> Json:
        body = call.body
        message = state.chats.receive(
            session_id=call.path["session"],
            sender=person(body["from"]),
            text=body["text"],
            group=body.get("group"),
            reply_to=body.get("replyTo"),
        )
        return _stored(message)

    def ack(call: Call) -> Json:
        return _stored(state.chats.ack(call.path["message"], call.body["ack"]))

    def forget(call: Call) -> Json:
        del call
        reset()
        return {"success": True}

    incoming = Fields(required={"from": one_person, "text": string}, optional={"group": filled, "replyTo": filled})
    return [
        Endpoint("POST", f"{PREFIX}sessions/{{session}}/scan", scan),
        Endpoint("POST", f"{PREFIX}sessions/{{session}}/receive", receive, incoming),
        Endpoint("GET", f"{PREFIX}messages", messages),
        Endpoint("POST", f"{PREFIX}messages/{{message}}/ack", ack, Fields(required={"ack": one_of(*ACKS)})),
        Endpoint("POST", f"{PREFIX}reset", forget),
    ]


def _stored(message: StoredMessage) -> Json:
    return attrs.asdict(message, recurse=False)
