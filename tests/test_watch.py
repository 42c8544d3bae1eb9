"""Watching a session: what is told of it, what is done about it, and what never is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.clients import both_clients, result_or_error
from tests.raw import PATIENCE, answer, hang, serving
from wasend import (
    AccountRestrictedError,
    AsyncWasendClient,
    AuthenticationError,
    ClientClosedError,
    InvalidRequestError,
    NotFoundError,
    SessionChange,
    SessionState,
)
from wasend.delivery import Breaker
from wasend.sandbox import Clock, Sandbox

NUMBER: Final = "+447700900123"
DEAD: Final = "503 GET /contacts/check-exists"
"""A session that says CONNECTED, and of which nothing comes that only WhatsApp can answer."""


async def changes(
    sandbox: Sandbox,
    session: str,
    count: int,
    react: Callable[[SessionChange], object] = lambda _: None,
    **options: Any,
) -> list[SessionChange]:
    """The first changes of a session that is watched; something may be done about each as it comes."""
    seen: list[SessionChange] = []
    client: dict[str, Any] = {"breaker": options.pop("breaker", False), "retry": None}
    async with asyncio.timeout(PATIENCE), sandbox.async_client(**client) as watcher:
        async for change in watcher.watch(session, **options):
            seen.append(change)
            react(change)
            if len(seen) == count:
                break
    return seen


def healths(seen: list[SessionChange]) -> list[tuple[str, bool]]:
    return [(change.health, change.restarted) for change in seen]


def restarts(sandbox: Sandbox) -> list[float]:
    return [one.at for one in sandbox.journal if one.path.endswith("/restart")]


async def test_stopped_and_started(wasend_sandbox: Sandbox) -> None:
    """The first change is how it is; that it was stopped is told, and left so; and that it is there again."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id

    def react(change: SessionChange) -> None:
        with wasend_sandbox.client() as client:
            if change.health == "connected" and change.was is None:
                client.stop_session(desk)
            elif change.health == "stopped":
                client.start_session(desk)

    seen = await changes(wasend_sandbox, desk, 3, react)
    assert healths(seen) == [("connected", False), ("stopped", False), ("connected", False)]
    assert [change.was for change in seen] == [None, "connected", "stopped"]
    assert [change.state for change in seen] == [SessionState.CONNECTED, SessionState.STOPPED, SessionState.CONNECTED]
    assert seen[1].text == f"session {desk}: it was stopped; it is left so"
    assert seen[1].session is not None
    assert 20 <= (seen[1].at - seen[0].at).total_seconds() <= 40
    assert restarts(wasend_sandbox) == []


async def test_one_that_fails(wasend_sandbox: Sandbox) -> None:
    """It is restarted; when it then shows a QR code, somebody is called, and it is not restarted for codes that nobody scans."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id

    def react(change: SessionChange) -> None:
        if change.was is None:
            wasend_sandbox.log_out(desk)
        elif change.was == "waiting":
            with wasend_sandbox.client() as client:
                client.login(desk, show=lambda step: step.qr and wasend_sandbox.scan(desk))

    seen = await changes(wasend_sandbox, desk, 5, react)
    assert healths(seen) == [
        ("connected", False),
        ("failed", True),
        ("waiting", False),
        ("failed", False),
        ("connected", False),
    ]
    assert seen[1].text.endswith("it has failed; it is restarted")
    assert seen[3].text.endswith("a restart would only show another QR code: log in again with the phone at hand")
    assert len(restarts(wasend_sandbox)) == 2  # the other one is the login's


async def test_one_that_is_dead(wasend_sandbox: Sandbox) -> None:
    """What says CONNECTED and answers nothing is silent after the second question in vain, and restarted."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    begun = wasend_sandbox.clock.now()

    def react(change: SessionChange) -> None:
        if change.was is None:
            wasend_sandbox.faults.add(DEAD)
        elif change.restarted:
            wasend_sandbox.faults.clear()

    seen = await changes(wasend_sandbox, desk, 3, react)
    assert healths(seen) == [("connected", False), ("silent", True), ("connected", False)]
    assert seen[1].text.endswith("it says that it is connected, but does not answer (ServerError); it is restarted")
    assert 300 <= seen[1].at.timestamp() - begun <= 400
    asked = [one for one in wasend_sandbox.journal if one.path == "/contacts/check-exists"]
    assert {one.query for one in asked} == {f"session={desk}&phone=447700900123"}


@pytest.mark.wasend_faults(DEAD)
async def test_restarts_have_limits(wasend_sandbox: Sandbox) -> None:
    """At growing gaps, and so many within an hour; then it is left alone until the hour is over."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    seen = await changes(wasend_sandbox, desk, 5, restarts=3)
    assert [change.restarted for change in seen] == [False, True, True, True, True]
    first, second, third, fourth = restarts(wasend_sandbox)
    assert 60 <= second - first <= 200
    assert 300 <= third - second <= 500
    assert 3600 <= fourth - first <= 3800


@pytest.mark.wasend_faults(DEAD)
async def test_never_where_nobody_wants_it(wasend_sandbox: Sandbox) -> None:
    """With `restarts=0` it only tells."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    seen = await changes(wasend_sandbox, desk, 2, restarts=0)
    assert healths(seen) == [("connected", False), ("silent", False)]
    assert restarts(wasend_sandbox) == []


@pytest.mark.parametrize("with_breaker", [False, True])
async def test_never_for_a_restricted_number(with_breaker: bool, wasend_sandbox: Sandbox) -> None:
    """Once WhatsApp has refused a send for what it holds against the number, failed or dead as it may be: no restart."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    wasend_sandbox.restrict(desk, "463")
    breaker = Breaker(clock=wasend_sandbox.clock) if with_breaker else False
    async with wasend_sandbox.async_client(breaker=breaker, retry=None) as client:
        with pytest.raises(AccountRestrictedError):
            await client.send_text(session=desk, to="+447700900456", text="Hello")
        wasend_sandbox.log_out(desk)
        watch = aiter(client.with_options(kind="known").watch(desk, every=600))
        change = await anext(watch)
        assert healths([change]) == [("restricted", False)]
        assert "WhatsApp restricts the number" in change.text
        later = asyncio.ensure_future(anext(watch))
        while wasend_sandbox.clock.now() < change.at.timestamp() + 3600:
            await asyncio.sleep(0)
        assert restarts(wasend_sandbox) == []
        # When that is over, it is.
        assert healths([await later]) == [("failed", True)]
        assert 86_400 <= wasend_sandbox.clock.now() - change.at.timestamp() < 87_200


@pytest.mark.wasend_faults("ban GET /contacts/check-exists signal=rate-overlimit x1")
async def test_a_question_that_is_too_many(wasend_sandbox: Sandbox) -> None:
    """A question that WhatsApp refuses as one too many is a restriction, too."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    assert healths(await changes(wasend_sandbox, desk, 1)) == [("restricted", False)]


@pytest.mark.wasend_sandbox(start_after=10_000)
async def test_one_that_never_starts(wasend_sandbox: Sandbox) -> None:
    """What is STARTING for five minutes is silent, and restarted."""
    with wasend_sandbox.client() as client:
        desk = client.create_session(session_name="Front Desk", phone_number=NUMBER).unique_session_id
        client.start_session(desk)
    seen = await changes(wasend_sandbox, desk, 2)
    assert healths(seen) == [("starting", False), ("silent", True)]
    assert "it has been STARTING for" in seen[1].text


@pytest.mark.wasend_faults("502 GET /sessions/* #2", "500 GET /sessions/* #3")
async def test_a_service_that_does_not_answer(wasend_sandbox: Sandbox) -> None:
    """That is no fault of the session's, and no reason to restart it."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    seen = await changes(wasend_sandbox, desk, 3)
    assert healths(seen) == [("connected", False), ("unreachable", False), ("connected", False)]
    assert restarts(wasend_sandbox) == []


async def test_what_ends_it(wasend_sandbox: Sandbox) -> None:
    """A session that is deleted, or a key that is not valid any more: the error goes to the caller."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id

    def delete(change: SessionChange) -> None:
        with wasend_sandbox.client() as client:
            client.delete_session(desk)

    with pytest.raises(NotFoundError):
        await changes(wasend_sandbox, desk, 2, delete)
    with serving(answer(401, {"message": "no"})) as server:
        error = result_or_error("sync", server.url, lambda client: next(client.watch("ses_1")))
    assert isinstance(error, AuthenticationError)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"every": 0}, "every"),
        ({"every": "1"}, "every"),
        ({"restarts": -1}, "restarts"),
        ({"restarts": 1.5}, "restarts"),
    ],
)
async def test_what_cannot_be_watched(
    options: dict[str, Any], field: str, async_wasend_client: AsyncWasendClient
) -> None:
    """A mistake is named before anything is asked."""
    with pytest.raises(InvalidRequestError) as caught:
        await anext(aiter(async_wasend_client.watch("ses_1", **options)))
    assert caught.value.field == field


async def test_what_cannot_be_told(async_wasend_client: AsyncWasendClient) -> None:
    """What is no function is named before anything is asked."""
    with pytest.raises(InvalidRequestError, match="on_state: 'print' is no function") as caught:
        await async_wasend_client.watch("ses_1", on_state="print")  # type: ignore[call-overload]
    assert caught.value.field == "on_state"


async def test_a_function_is_told(wasend_sandbox: Sandbox) -> None:
    """With `on_state` the call itself watches; a coroutine function is awaited, and what it raises ends the watch."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    told: list[str] = []

    async def tell(change: SessionChange) -> None:
        told.append(change.health)
        if change.health == "stopped":
            raise LookupError("enough")
        await client.stop_session(desk)

    async with wasend_sandbox.async_client(retry=None) as client:
        with pytest.raises(LookupError, match="enough"):
            await client.session(desk).watch(on_state=tell)
        with pytest.raises(LookupError, match="enough"):
            await client.watch(desk, on_state=tell)
    assert told == ["connected", "stopped", "stopped"]


def test_a_function_is_told_where_it_was_asked_for(wasend_sandbox: Sandbox) -> None:
    """`WasendClient` calls it in the thread that watches, where it may call the client in turn."""
    desk = wasend_sandbox.add_session("Front Desk", NUMBER).id
    told: list[tuple[str, int]] = []

    def tell(change: SessionChange) -> None:
        told.append((change.health, threading.get_ident()))
        if change.health == "stopped":
            client.close()
        client.stop_session(desk)

    with wasend_sandbox.client(retry=None) as client, pytest.raises(ClientClosedError):
        client.watch(desk, on_state=tell)
    assert told == [("connected", threading.get_ident()), ("stopped", threading.get_ident())]


INFO: Final = {"uniqueSessionId": "ses_1", "phoneNumber": NUMBER, "status": "WORKING"}


@both_clients
def test_a_service_that_hangs(client_type: str) -> None:
    """Over a socket, in both clients: it says WORKING, a question about WhatsApp hangs, and then again."""

    def do(client: Any) -> Any:
        if client_type == "sync":
            return [change for change, _ in zip(client.watch("ses_1"), range(2), strict=False)]

        async def main() -> list[SessionChange]:
            watch = aiter(client.watch("ses_1"))
            return [await anext(watch), await anext(watch)]

        return main()

    info = answer(200, INFO)
    with serving(info, hang, info, hang, answer(200, {**INFO, "status": "STARTING"})) as server:
        seen = result_or_error(client_type, server.url, do, timeout=0.7, retry=None, clock=Clock(stopped=True))
    assert healths(seen) == [("connected", False), ("silent", True)]
    lines = [request.partition(b" HTTP")[0].decode() for request in server.requests]
    assert lines[:2] == ["GET /sessions/ses_1", "GET /contacts/check-exists?session=ses_1&phone=447700900123"]
    assert lines[4] == "POST /sessions/ses_1/restart"


def test_an_engine_without_a_connection(wasend_sandbox: Sandbox) -> None:
    """Where the service shows that its engine has no connection to WhatsApp, nobody needs to be asked."""
    dead = answer(200, {**INFO, "engine": {"gows": {"found": True, "connected": False}}})
    with serving(dead) as server:
        do = lambda client: [change for change, _ in zip(client.watch("ses_1"), range(2), strict=False)]  # noqa: E731
        seen = result_or_error("sync", server.url, do)
    assert healths(seen) == [("connected", False), ("silent", True)]
    assert "its engine says that it has no connection to WhatsApp" in seen[1].text
    assert not any(b"check-exists" in request for request in server.requests)
