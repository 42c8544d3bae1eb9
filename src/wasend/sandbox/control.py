"""
The endpoints that steer the sandbox itself, under ``/_sandbox``: what a phone and a test would do, over HTTP.

Each does what the method of `Sandbox` of the same name does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import attrs

from wasend.sandbox.chat_store import ACKS
from wasend.sandbox.dialects import Dialect, Json
from wasend.sandbox.endpoints import Call, Endpoint, InvalidCall
from wasend.sandbox.fields import (
    Fields,
    boolean,
    each,
    filled,
    one_of,
    one_person,
    phone_number,
    seconds,
    string,
    web_url,
    whole,
)
from wasend.sandbox.refusals import Refusal
from wasend.sandbox.session_store import StoredSession

if TYPE_CHECKING:
    from wasend.sandbox.sandbox import Sandbox

PREFIX = "/_sandbox/"


def control_endpoints(sandbox: Sandbox, dialect: Dialect) -> list[Endpoint]:
    """Return the endpoints under ``/_sandbox``."""

    def post(path: str, answer: Callable[[Call], Json], fields: Fields | None = None) -> Endpoint:
        return Endpoint("POST", f"{PREFIX}{path}", _complaining(answer), fields)

    def get(path: str, answer: Callable[[Call], Json], query: Fields | None = None) -> Endpoint:
        return Endpoint("GET", f"{PREFIX}{path}", _complaining(answer), query=query or Fields(required={}))

    def session(call: Call) -> Json:
        stored: StoredSession = sandbox.sessions[call.path["session"]]
        return dialect.session(stored)

    def phone(act: Callable[..., object]) -> Callable[[Call], Json]:
        def answer(call: Call) -> Json:
            act(call.path["session"])
            return session(call)

        return answer

    def scan(call: Call) -> Json:
        sandbox.scan(call.path["session"], passkey=call.query.get("passkey") == "true")
        return session(call)

    def add_session(call: Call) -> Json:
        named = {"name": "name", "phoneNumber": "phone_number", "webhookUrl": "webhook_url", "apiKey": "api_key"}
        return dialect.session(sandbox.add_session(**_named(call.body, named)))

    def add_contact(call: Call) -> Json:
        named = {"number": "number", "name": "name", "pushName": "push_name", "pictureUrl": "picture_url"}
        return attrs.asdict(sandbox.add_contact(**_named(call.body, named)))

    def add_unknown(call: Call) -> Json:
        sandbox.add_unknown(*call.body["numbers"])
        return _DONE

    def add_group(call: Call) -> Json:
        named = {"name": "name", "owner": "owner", "participants": "participants", "description": "description"}
        group = sandbox.add_group(**_named(call.body, named))
        return {"id": group.id, "name": group.name, "inviteCode": group.invite_code}

    def receive(call: Call) -> Json:
        named = {"from": "from_", "text": "text", "group": "group", "replyTo": "reply_to"}
        return _plain(sandbox.receive(call.path["session"], **_named(call.body, named)))

    def ack(call: Call) -> Json:
        return _plain(sandbox.ack(call.path["message"], call.body["ack"]))

    def react(call: Call) -> Json:
        return _plain(sandbox.react(call.path["message"], call.body["from"], call.body["reaction"]))

    def script_reply(call: Call) -> Json:
        named = {"reply": "reply", "match": "match", "from": "from_", "after": "after", "times": "times"}
        sandbox.script_reply(**_named(call.body, named))
        return _DONE

    def messages(call: Call) -> Json:
        from_me = {"true": True, "false": False, "any": None}[call.query.get("fromMe", "true")]
        found = sandbox.messages(call.query.get("to"), call.query.get("session"), from_me=from_me)
        return {"messages": [_plain(message) for message in found]}

    def deliveries(call: Call) -> Json:
        query = call.query
        found = sandbox.deliveries(query.get("to"), query.get("text"), query.get("session"))
        return {"count": len(found), "messages": [_plain(message) for message in found]}

    def journal(call: Call) -> Json:
        after = int(call.query.get("after", 0))
        entries = [{**_plain(one), "became": one.became} for one in sandbox.journal if one.number > after]
        return {"requests": entries}

    def webhooks(call: Call) -> Json:
        del call
        return {"webhooks": [_plain(webhook) for webhook in sandbox.webhooks]}

    def faults(call: Call) -> Json:
        del call
        return {"faults": [str(fault) for fault in sandbox.faults.every()]}

    def add_fault(call: Call) -> Json:
        sandbox.faults.add(call.body["fault"])
        return faults(call)

    def clear_faults(call: Call) -> Json:
        sandbox.faults.clear()
        return faults(call)

    def clock(call: Call) -> Json:
        del call
        return {"now": sandbox.clock.now(), "stopped": sandbox.clock.stopped}

    def steer_clock(call: Call) -> Json:
        if (stop := call.body.get("stopped")) is not None:
            (sandbox.clock.stop if stop else sandbox.clock.start)()
        sandbox.clock.advance(call.body.get("advance") or 0)
        return clock(call)

    def reset(call: Call) -> Json:
        del call
        sandbox.reset()
        return _DONE

    person = Fields(
        required={"number": one_person}, optional={"name": string, "pushName": string, "pictureUrl": web_url}
    )
    new_session = Fields(
        required={}, optional={"name": filled, "phoneNumber": phone_number, "webhookUrl": web_url, "apiKey": filled}
    )
    new_group = Fields(
        required={"name": filled, "owner": one_person},
        optional={"participants": each(one_person), "description": string},
    )
    incoming = Fields(required={"from": one_person, "text": string}, optional={"group": filled, "replyTo": filled})
    script = Fields(
        required={"reply": filled}, optional={"match": string, "from": one_person, "after": seconds, "times": seconds}
    )
    told = Fields(required={}, optional={"fromMe": one_of("true", "false", "any")})
    return [
        post("sessions", add_session, new_session),
        Endpoint(
            "POST",
            f"{PREFIX}sessions/{{session}}/scan",
            scan,
            query=Fields(required={}, optional={"passkey": one_of("true", "false")}),
        ),
        post("sessions/{session}/passkey", phone(sandbox.passkey)),
        post("sessions/{session}/passkey/confirm", phone(sandbox.confirm_passkey)),
        post("sessions/{session}/receive", receive, incoming),
        post("contacts", add_contact, person),
        post("unknown", add_unknown, Fields(required={"numbers": each(one_person)})),
        post("groups", add_group, new_group),
        post("replies", script_reply, script),
        get("messages", messages, told),
        get("deliveries", deliveries),
        post("messages/{message}/ack", ack, Fields(required={"ack": one_of(*ACKS)})),
        post("messages/{message}/react", react, Fields(required={"from": one_person, "reaction": string})),
        get("journal", journal, Fields(required={}, optional={"after": whole})),
        get("webhooks", webhooks),
        get("faults", faults),
        post("faults", add_fault, Fields(required={"fault": filled})),
        Endpoint("DELETE", f"{PREFIX}faults", clear_faults),
        get("clock", clock),
        post("clock", steer_clock, Fields(required={}, optional={"advance": seconds, "stopped": boolean})),
        post("reset", reset),
    ]


_DONE = {"success": True}


def _complaining(answer: Callable[[Call], Json]) -> Callable[[Call], Json]:
    """Have what `Sandbox` refuses with a `ValueError` told as any other invalid call is."""

    def checked(call: Call) -> Json:
        try:
            return answer(call)
        except (Refusal, InvalidCall):
            raise
        except ValueError as error:
            raise InvalidCall([str(error)]) from error

    return checked


def _named(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments that the fields of a body stand for; what is null is left out."""
    return {name: body[field] for field, name in names.items() if body.get(field) is not None}


def _plain(value: Any) -> Json:
    """Return a stored value as JSON can hold it."""
    if attrs.has(value.__class__):
        fields: Iterable[Any] = attrs.fields(value.__class__)
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, bytes):
        return value.decode()  # a webhook's body, which is JSON
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    return value
