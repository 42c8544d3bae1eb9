"""The endpoints that steer the sandbox itself, under ``/_sandbox``: what a phone and a test would do."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wasend.sandbox.chat_ids import looked_up
from wasend.sandbox.dialects import Dialect, Json
from wasend.sandbox.endpoints import Call, Endpoint, InvalidCall
from wasend.sandbox.state import State

PREFIX = "/_sandbox/"


def control_endpoints(state: State, dialect: Dialect, reset: Callable[[], None]) -> list[Endpoint]:
    """Return the endpoints under ``/_sandbox``."""

    def scan(call: Call) -> Json:
        return dialect.session(state.scan(call.path["session"]))

    def messages(call: Call) -> Json:
        to = call.query.get("to")
        try:
            chat = None if to is None else looked_up(to)
        except ValueError as error:
            raise InvalidCall([f"to {error}"]) from error
        found = state.messages(to=chat, session_id=call.query.get("session"))
        return {"messages": [attrs.asdict(message, recurse=False) for message in found]}

    def forget(call: Call) -> Json:
        del call
        reset()
        return {"success": True}

    return [
        Endpoint("POST", f"{PREFIX}sessions/{{session}}/scan", scan),
        Endpoint("GET", f"{PREFIX}messages", messages),
        Endpoint("POST", f"{PREFIX}reset", forget),
    ]
