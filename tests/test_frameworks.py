"""Answers in web frameworks and in JSON: FastAPI's response models, Flask's `jsonify`, and the standard library."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import flask
import httpx
import pydantic
import pytest
from fastapi import FastAPI
from flask.json.provider import DefaultJSONProvider

from wasend import Ack, ChatMessage, Contact, Group, GroupParticipant, Message, Model, Page, Session

SENT: Final = Message(
    id="true_1@c.us_A", to="+447700900456", timestamp=datetime(2026, 5, 5, 12, tzinfo=UTC), extra={"new": [1]}
)
WRITTEN: Final = {
    "id": "true_1@c.us_A",
    "to": "+447700900456",
    "timestamp": "2026-05-05T12:00:00+00:00",
    "new": [1],
}


async def test_a_response_model() -> None:
    """``-> Message`` is a response model, and so is a list or page of them: written under the service's names, with a schema."""
    app = FastAPI()

    @app.get("/sent")
    async def sent() -> Message:
        return SENT

    @app.get("/sessions")
    async def sessions() -> list[Session]:
        return [Session(unique_session_id="ses_1", status="WORKING")]

    @app.get("/contacts")
    async def contacts() -> Page[Contact]:
        return Page((Contact(id="1@c.us"),), extra={"total": 1})

    @app.post("/again")
    async def again(message: Message) -> Message:
        assert isinstance(message, Message)
        return message

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as http:
        assert (await http.get("/sent")).json() == WRITTEN
        assert (await http.get("/sessions")).json() == [{"uniqueSessionId": "ses_1", "status": "WORKING"}]
        assert (await http.get("/contacts")).json() == {"items": [{"id": "1@c.us"}], "total": 1}
        assert (await http.post("/again", json=WRITTEN)).json() == WRITTEN
        assert (await http.post("/again", json=[1])).status_code == 422
        document = (await http.get("/openapi.json")).json()
    answer = document["paths"]["/sent"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"]["timestamp"] == {"type": "string", "format": "date-time"}
    page = document["paths"]["/contacts"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page["properties"]["items"]["items"]["title"] == "Contact"


def test_a_field_of_a_pydantic_model() -> None:
    """It is read from the service's document, in any spelling, or taken as it is; what is none is refused."""

    class Order(pydantic.BaseModel):
        message: ChatMessage
        group: Group | None = None

    order = Order.model_validate({"message": {"id": "m", "ack": "READ", "has_media": "true"}})
    assert order.message == ChatMessage(id="m", ack=Ack.READ, has_media=True)
    assert order.model_dump_json() == '{"message":{"id":"m","ack":3,"hasMedia":true},"group":null}'
    assert Order(message=order.message).message is order.message
    with pytest.raises(pydantic.ValidationError, match="expected an object"):
        Order.model_validate({"message": 7})
    schema = Order.model_json_schema()["properties"]["message"]
    assert schema["properties"]["ack"] == {"anyOf": [{"enum": [-1, 0, 1, 2, 3, 4]}, {"type": "integer"}]}


def test_schemas() -> None:
    """A model within a model, lists and mappings are described as they are written."""
    group = pydantic.TypeAdapter(Group).json_schema()["properties"]
    participant = group["participants"]["items"]
    assert participant["title"] == GroupParticipant.__name__
    assert participant["properties"]["isAdmin"] == {"type": "boolean"}
    session = pydantic.TypeAdapter(Session).json_schema()["properties"]
    assert session["config"] == {"type": "object"}
    assert session["downstream"]["properties"]["status"] == {"type": "string"}


def test_flask() -> None:
    """`jsonify` takes what `to_dict` gives; and models themselves, where the application says so."""
    app = flask.Flask("shop")
    with app.app_context():
        assert flask.jsonify(SENT.to_dict()).json == WRITTEN

        def write(value: Any) -> Any:
            return value.to_dict() if isinstance(value, Model | Page) else DefaultJSONProvider.default(value)

        app.json.default = write  # type: ignore[attr-defined]
        assert flask.jsonify(SENT).json == WRITTEN


def test_the_standard_library() -> None:
    """What `to_dict` gives is JSON; and `default` writes models wherever they are."""
    assert json.loads(json.dumps(SENT.to_dict())) == WRITTEN
    assert json.loads(json.dumps([SENT], default=Message.to_dict)) == [WRITTEN]
