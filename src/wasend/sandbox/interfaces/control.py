"""
The endpoints that control the sandbox itself, under ``/_sandbox``: what a phone and a test would do, over HTTP.

Each does what the method of `Sandbox` of the same name does, and takes what that method's signature says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import attrs

from wasend._core.names import camel
from wasend._version import __version__
from wasend.sandbox.actions import ACTS, Actions, act_path
from wasend.sandbox.api import (
    Call,
    Check,
    Dialect,
    Endpoint,
    Fields,
    InvalidCall,
    Json,
    base64,
    boolean,
    filled,
    phone_number,
    recipient,
    seconds,
    string,
    web_url,
)
from wasend.sandbox.interfaces.signatures import Signature
from wasend.sandbox.world import Refusal, StoredGroup, StoredSession

PREFIX: Final = "/_sandbox/"


def control_endpoints(sandbox: Actions, dialect: Dialect, api: Sequence[Endpoint] = ()) -> list[Endpoint]:
    """Return the endpoints under ``/_sandbox``; `api` are those of the service, for its description."""

    def shown(result: Any) -> Json:
        match result:
            case None:
                return {"success": True}
            case StoredSession():
                return dialect.session(result)
            case StoredGroup():
                return {"id": result.id, "name": result.name, "inviteCode": result.invite_code}
            case _:
                return _plain(result)

    def route(
        verb: str, path: str, method: Callable[..., Any], shape: Callable[[Any], Json] = shown, *, query: bool = False
    ) -> Endpoint:
        # What the path names are the leading arguments; the others come in the query or in the body.
        query = query or verb == "GET"
        signature = Signature(method, given=path.count("{"), text=query)

        def answer(call: Call) -> Json:
            values = call.query if query else call.body
            try:
                return shape(signature.call(values, *call.path.values()))
            except (Refusal, InvalidCall):
                raise
            except ValueError as error:
                raise InvalidCall([str(error)]) from error

        if query or not (signature.fields.required or signature.fields.optional):
            return Endpoint(verb, f"{PREFIX}{path}", answer, query=signature.fields)
        return Endpoint(verb, f"{PREFIX}{path}", answer, signature.fields)

    def journal(*, after: int = 0) -> Json:
        return [{**_plain(one), "became": one.became} for one in sandbox.journal if one.number > after]

    def clock(*, stopped: bool | None = None, advance: float = 0) -> Json:
        if stopped is not None:
            (sandbox.clock.stop if stopped else sandbox.clock.start)()
        sandbox.clock.advance(advance)
        return now()

    def now() -> Json:
        return {"now": sandbox.clock.now(), "stopped": sandbox.clock.stopped}

    def faults(_: object) -> Json:
        return {"faults": [str(fault) for fault in sandbox.faults.every()]}

    def under(name: str, shape: Callable[[Any], Json] = _plain, *, count: bool = False) -> Callable[[Any], Json]:
        return lambda found: {**({"count": len(found)} if count else {}), name: [shape(one) for one in found]}

    def index(_: object) -> Json:
        return {
            "endpoints": [
                {"method": one.verb, "path": one.path, "fields": [*_fields(one).required, *_fields(one).optional]}
                for one in endpoints
            ]
        }

    def openapi(_: object) -> Json:
        return described([*api, *endpoints])

    endpoints = [
        route("GET", "", lambda: None, index),
        route("GET", "openapi.json", lambda: None, openapi),
        route("GET", "sessions", lambda: [*sandbox.sessions.values()], under("sessions", shown)),
        route("POST", "sessions", sandbox.add_session),
        route("POST", "sessions/{session}/scan", sandbox.scan, query=True),
        route("POST", "sessions/{session}/passkey", sandbox.passkey),
        route("POST", "sessions/{session}/passkey/confirm", sandbox.confirm_passkey),
        route("GET", "contacts", lambda: sandbox.contacts, under("contacts")),
        route("POST", "contacts", sandbox.add_contact),
        route("GET", "unknown", lambda: sandbox.unknown, under("numbers")),
        route("POST", "unknown", sandbox.add_unknown),
        route("GET", "groups", lambda: [*sandbox.groups.values()], under("groups", shown)),
        route("POST", "groups", sandbox.add_group),
        route("GET", "replies", lambda: sandbox.replies, under("replies")),
        route("POST", "replies", sandbox.script_reply),
        route("GET", "messages", sandbox.messages, under("messages")),
        route("GET", "deliveries", sandbox.deliveries, under("messages", count=True)),
        *(route("POST", act_path(name), getattr(sandbox, name)) for name in ACTS),
        route("GET", "journal", journal, under("requests")),
        route("GET", "webhooks", lambda: sandbox.webhooks, under("webhooks")),
        route("GET", "faults", lambda: None, faults),
        route("POST", "faults", sandbox.faults.add, faults),
        route("DELETE", "faults", sandbox.faults.clear, faults),
        route("GET", "clock", now),
        route("POST", "clock", clock),
        route("POST", "reset", sandbox.reset),
    ]
    return endpoints


def _fields(endpoint: Endpoint) -> Fields:
    return endpoint.query if endpoint.fields is None else endpoint.fields


def described(endpoints: Iterable[Endpoint]) -> Json:
    """
    Return endpoints as an OpenAPI document: their paths, parameters and bodies. Answers are not described: the service
    has none that its documentation and its SDK agree about.
    """
    paths: dict[str, dict[str, Json]] = {}
    for one in endpoints:
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", one.path)
        ]
        parameters += [
            {"name": name, "in": "query", "required": name in one.query.required, "schema": {"type": "string"}}
            for name in (*one.query.required, *one.query.optional)
        ]
        operation: dict[str, Json] = {"parameters": parameters, "responses": {"2XX": {"description": "It was done."}}}
        if one.fields is not None:
            known = {**one.fields.required, **one.fields.optional}
            schema = {
                "type": "object",
                "properties": {
                    name: {"type": _TYPES[check]} if check in _TYPES else {} for name, check in known.items()
                },
                "required": [*one.fields.required],
            }
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        paths.setdefault(one.path, {})[one.verb.lower()] = operation
    document: dict[str, Json] = {
        "openapi": "3.1.0",
        "info": {"title": "WASend, as the sandbox knows it, and the sandbox's own calls", "version": __version__},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": list[str]()}],
        "paths": paths,
    }
    return document


_TYPES: Final[Mapping[Check, str]] = {
    string: "string",
    filled: "string",
    boolean: "boolean",
    seconds: "number",
    web_url: "string",
    phone_number: "string",
    recipient: "string",
    base64: "string",
}


def _plain(value: Any) -> Json:
    """Return a stored value as JSON can hold it."""
    if attrs.has(value.__class__):
        fields: Iterable[Any] = attrs.fields(value.__class__)
        return {camel(field.name): _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, bytes):
        return value.decode()  # a webhook's body, which is JSON
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    return value
