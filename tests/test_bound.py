"""A client's view of one session: the same calls without the session, and nothing more."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
import respx

import wasend
from tests.calls import FACES, KEY
from wasend import (
    AsyncBoundSession,
    AsyncWasendClient,
    BoundSession,
    ConfigurationError,
    InvalidRequestError,
    OutcomeUnknownError,
    Session,
    SuppressedRecipientError,
    WasendClient,
)
from wasend.delivery import Suppression

SESSION = ("session",)
VIEWS: Mapping[str, tuple[Any, Any]] = {
    "async": (AsyncWasendClient, AsyncBoundSession),
    "sync": (WasendClient, BoundSession),
}
NUMBER = "+447700900456"


def methods(cls: type) -> dict[str, Any]:
    """The public methods of a class."""
    return {name: value for name, value in inspect.getmembers(cls, callable) if not name.startswith("_")}


def parameters(method: Any) -> list[inspect.Parameter]:
    return [parameter for name, parameter in inspect.signature(method).parameters.items() if name != "self"]


def with_session(client: type) -> dict[str, Any]:
    """The calls of a client that take a session; `session` itself makes the view."""
    found = {name: method for name, method in methods(client).items() if name != "session"}
    return {name: method for name, method in found.items() if {p.name for p in parameters(method)} & {*SESSION}}


CALLS = sorted(with_session(AsyncWasendClient))
OTHERS = {"download", "download_to", "settle", "suppress", "with_options"}
"""What a view has besides: methods of the client that name no session."""


class Recorder:
    """Stands for a client, and notes what it is asked."""

    like: Any = None

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **given: Any) -> Any:
            self.asked.append((name, args, given))
            return "the answer"

        async def awaited(*args: Any, **given: Any) -> Any:
            return call(*args, **given)

        return awaited if inspect.iscoroutinefunction(getattr(self.like, name)) else call


def ask(face: str, session: str | Session | None, call: str, *args: Any, **given: Any) -> Any:
    """Make one call through a view of a session."""

    async def asked() -> Any:
        async with AsyncWasendClient(KEY, retry=None) as client:
            found = getattr(client.session(session), call)(*args, **given)
            return [item async for item in found] if isinstance(found, AsyncIterator) else await found

    if face == "async":
        return asyncio.run(asked())
    with WasendClient(KEY, retry=None) as client:
        found = getattr(client.session(session), call)(*args, **given)
        return list(found) if isinstance(found, Iterator) else found


@pytest.mark.parametrize("face", FACES)
def test_every_call_that_takes_a_session_is_there(face: str) -> None:
    """The view has exactly the client's calls that take a session, and what else concerns one: no listing of sessions."""
    client, view = VIEWS[face]
    assert set(methods(view)) == set(with_session(client)) | OTHERS
    assert {"send_text", "get_groups", "iter_contacts", "retrieve_qr_code", "send_message"} <= set(methods(view))
    for other in ("retrieve_all_sessions", "create_session", "retrieve_account", "get_message", "request", "session"):
        assert not hasattr(view, other)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("call", CALLS)
def test_signature_and_documentation(call: str, face: str) -> None:
    """A call takes what the client's takes but for the session, gives the same, and points to its documentation."""
    client, view = VIEWS[face]
    theirs, ours = getattr(client, call), getattr(view, call)
    assert parameters(ours) == [one for one in parameters(theirs) if one.name not in SESSION]
    assert inspect.signature(ours).return_annotation == inspect.signature(theirs).return_annotation
    assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs)
    summary = " ".join((inspect.getdoc(theirs) or "").partition("\n\n")[0].split())
    assert " ".join((inspect.getdoc(ours) or "").split()) == f"{summary} See `{client.__name__}.{call}`."


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("call", CALLS)
def test_arguments_arrive(call: str, face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every argument is passed on under its own name, and the session in its place."""
    client, view = VIEWS[face]
    recorder = Recorder()
    monkeypatch.setattr(Recorder, "like", client)
    bound = view(recorder, "ses_1")
    given = {parameter.name: f"the {parameter.name}" for parameter in parameters(getattr(view, call))}

    answer = getattr(bound, call)(**given)
    assert (asyncio.run(answer) if inspect.iscoroutine(answer) else answer) == "the answer"

    ((name, args, keywords),) = recorder.asked
    passed = inspect.signature(getattr(client, call)).bind(None, *args, **keywords).arguments
    (session,) = [passed.pop(one) for one in SESSION if one in passed]
    assert (name, session) == (call, "ses_1")
    assert {one: value for one, value in passed.items() if one != "self"} == given


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("form", ["keywords", "camel", "snake"])
@respx.mock
def test_both_forms(form: str, face: str) -> None:
    """Fields are given as keywords or as a mapping in either spelling, without the session, and go out with it."""
    respx.route().respond(200, json={"id": "true_1"})
    fields = {"to": NUMBER, "text": "t", "reply_to": "m"}
    if form == "keywords":
        message = ask(face, "ses_1", "send_text", **fields)
    else:
        message = ask(
            face, "ses_1", "send_text", fields if form == "snake" else {"to": NUMBER, "text": "t", "replyTo": "m"}
        )
    assert message.id == "true_1"
    body = f'{{"session":"ses_1","to":"{NUMBER}","text":"t","replyTo":"m"}}'
    assert respx.calls.last.request.content == body.encode()


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_ids_and_iterators(face: str) -> None:
    """Ids are given by position as to the client, and iterators are iterated at once."""
    respx.get(url__regex="/ses_1/groups/").respond(200, json={"jid": "120363041234567890@g.us", "name": "Crew"})
    respx.get(url__regex="/ses_1/chats").respond(200, json=[{"id": "447700900456@c.us"}])
    respx.get(url__regex="/contacts/all").respond(200, json=[{"id": "447700900456@c.us"}])
    assert ask(face, "ses_1", "get_group", "120363041234567890@g.us").name == "Crew"
    assert [chat.id for chat in ask(face, "ses_1", "iter_chats")] == ["447700900456@c.us"]
    assert [contact.id for contact in ask(face, "ses_1", "iter_contacts", page_size=5)] == ["447700900456@c.us"]
    assert "session=ses_1" in str(respx.calls.last.request.url)


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_which_session(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an id, a `Session`, or ``WASEND_SESSION``; without any, the refusal says how to name one."""
    monkeypatch.delenv("WASEND_SESSION", raising=False)
    respx.route().respond(200, json={"uniqueSessionId": "x"})
    with pytest.raises(ConfigurationError, match=r"client\.session\('ses_\.\.\.'\).*WASEND_SESSION"):
        ask(face, None, "start_session")
    with pytest.raises(InvalidRequestError, match="uniqueSessionId"):
        ask(face, Session(session_name="n"), "start_session")
    assert not respx.calls

    monkeypatch.setenv("WASEND_SESSION", "ses_of_the_environment")
    for session, expected in (
        (None, "ses_of_the_environment"),
        ("ses_1", "ses_1"),
        (Session(unique_session_id="ses_2"), "ses_2"),
    ):
        ask(face, session, "start_session")
        assert respx.calls.last.request.url.path == f"/sessions/{expected}/start"


def test_the_clients_own_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may be made for a session, by its id or a `Session`, whatever the environment names."""
    monkeypatch.setenv("WASEND_SESSION", "ses_of_the_environment")
    with WasendClient("key", session="ses_1") as client, client.with_options(retry=None) as view:
        assert (client.session().session_id, view.session().session_id) == ("ses_1", "ses_1")
        assert client.session("ses_2").session_id == "ses_2"
    assert AsyncWasendClient("key", session=Session(unique_session_id="ses_3")).session().session_id == "ses_3"
    with pytest.raises(InvalidRequestError, match="uniqueSessionId"):
        WasendClient("key", session=Session(session_name="n"))


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_settings_of_the_client_hold(face: str) -> None:
    """A view of a view with another key sends with that key."""
    respx.route().respond(200, json={})

    async def awaited() -> None:
        async with AsyncWasendClient(KEY) as client:
            await client.with_options(api_key="other").session("ses_1").start_typing(to=NUMBER)

    if face == "async":
        asyncio.run(awaited())
    else:
        with WasendClient(KEY) as client:
            client.with_options(api_key="other").session("ses_1").start_typing(to=NUMBER)
    assert respx.calls.last.request.headers["authorization"] == "Bearer other"


@pytest.mark.parametrize("face", FACES)
@respx.mock
async def test_other_settings_for_a_session(face: str) -> None:
    """A view with other settings is a view of the same session and class, and sends with those settings."""
    respx.route().respond(200, json={})
    client, view = VIEWS[face]

    class Desk(view):  # type: ignore[misc, valid-type]
        __slots__ = ()

    made = client(KEY)
    desk = Desk(made, "ses_1").with_options(api_key="other")
    assert (type(desk), desk.session_id) == (Desk, "ses_1")
    answer = desk.start_typing(to=NUMBER)
    await answer if inspect.isawaitable(answer) else None
    assert respx.calls.last.request.headers["authorization"] == "Bearer other"
    await made.aclose() if face == "async" else made.close()


@pytest.mark.parametrize("face", FACES)
@respx.mock
async def test_delivery_for_a_session(face: str) -> None:
    """A view settles what its own sends raise, and puts people on its client's suppression list."""
    respx.post(url__regex="/sendText").respond(502)
    respx.get(url__regex="/messages").respond(200, json=[])
    client, _ = VIEWS[face]
    made = client(KEY, retry=None, suppression=Suppression())
    desk = made.session("ses_1")

    async def result(answer: Any) -> Any:
        return await answer if inspect.isawaitable(answer) else answer

    with pytest.raises(OutcomeUnknownError) as lost:
        await result(desk.send_text(to=NUMBER, text="t"))
    assert (await result(desk.settle(lost.value, window=0.0))).outcome == "unknown"
    await result(desk.suppress(NUMBER, "STOP"))
    with pytest.raises(SuppressedRecipientError, match="suppression list"):
        await result(made.send_text(session="ses_2", to=NUMBER, text="t"))
    await made.aclose() if face == "async" else made.close()


@pytest.mark.parametrize("face", FACES)
def test_readable(face: str) -> None:
    """A view shows which session it is of, has its id, and is not written to by mistake."""
    client, view = VIEWS[face]
    bound = client(KEY).session("ses_1")
    assert isinstance(bound, view)
    assert isinstance(bound, getattr(wasend, view.__name__))
    assert (bound.session_id, repr(bound)) == ("ses_1", f"{view.__name__}('ses_1')")
    with pytest.raises(AttributeError):
        bound.sesion = "ses_2"


@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_a_session_named_twice_is_refused(face: str) -> None:
    """A mapping that names a session is no mapping for this view: it might name another one."""
    with pytest.raises(InvalidRequestError) as caught:
        ask(face, "ses_1", "send_text", {"session": "ses_2", "to": NUMBER, "text": "t"})
    assert caught.value.field == "session"
    assert not respx.calls
