"""Message ids of the client's making: given where asked for, exact where the service takes them over, harmless elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.clients import KEY, NUMBER, QUICK, TEXT, both_clients, result_or_error
from tests.raw import Behaviour, Peer, RawServer, answer, message, reset, serving
from wasend import AsyncWasendClient, BadRequestError, Message, OutcomeUnknownError
from wasend.delivery.settle.ledger import ledger_of
from wasend.outbox import Outbox
from wasend.sandbox import Clock, Sandbox

ID: Final = re.compile(r"3EB0[0-9A-F]{18}")
CHAT: Final = "447700900456@c.us"
WHITELISTED: Final = {"statusCode": 400, "message": ["property id should not exist"], "error": "Bad Request"}


def send(client: Any, text: str = TEXT) -> Any:
    return client.send_text(session="ses_1", to=NUMBER, text=text)


def bodies(server: RawServer) -> list[dict[str, Any]]:
    """What was sent, in order."""
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]


def bearing(id_of: Callable[[str], str]) -> Behaviour:
    """Answer a send with an id that is made of the one that was given."""

    async def behave(peer: Peer) -> None:
        body = json.loads((await peer.request()).partition(b"\r\n\r\n")[2])
        await peer.write(message(201, {"id": f"true_{CHAT}_{id_of(body['id'])}"}))

    return behave


@both_clients
def test_given_to_sends_alone(client_type: str) -> None:
    """Each message gets an id of its own; no other call does, nor a raw request, nor anything of a client that was not asked to."""
    files: Any = {"session": "ses_1", "to": NUMBER, "data": b"x"}
    calls: tuple[Callable[[Any], Any], ...] = (
        send,
        lambda client: client.send_image(**files),
        lambda client: client.send(session="ses_1", to=NUMBER, text="Hi"),
        lambda client: client.request("POST", "/sendText", body={"session": "ses_1", "to": NUMBER, "text": "Hi"}),
        lambda client: client.send_reaction(session="ses_1", message_id="false_1@c.us_A", reaction="x"),
        lambda client: client.create_session(session_name="n", phone_number="+447700900123"),
    )
    with serving(answer(201, {"id": f"true_{CHAT}_3EB0AA"})) as server:
        for do in calls:
            result_or_error(client_type, server.url, do, message_ids="try")
        result_or_error(client_type, server.url, send)
    given = [body.get("id") for body in bodies(server)]
    assert [bool(one and ID.fullmatch(one)) for one in given] == [True, True, True, False, False, False, False]
    assert len(set(given[:3])) == 3


@pytest.mark.parametrize("taken_over", [True, False])
async def test_answers_tell_whether_they_are_taken_over(taken_over: bool) -> None:
    """Where the answer bears the id that was given, the session is known to take them over; one other id, and it is not."""
    own, other = bearing(lambda given: given), bearing(lambda _: "3EB0AA")
    with serving(own, own if taken_over else other, own) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, message_ids="try") as client:
            results = [await send(client) for _ in range(3)]
            ids = ledger_of(client._engine).ids
            assert ids.are_taken_over("ses_1") is taken_over
            assert not ids.are_taken_over("ses_2")  # it may be of another engine
    given = [body["id"] for body in bodies(server)]
    assert results[0].id == f"true_{CHAT}_{given[0]}"
    assert results[1].id == f"true_{CHAT}_{given[1] if taken_over else '3EB0AA'}"


@both_clients
@pytest.mark.parametrize("status", [400, 422])
def test_refused_field(client_type: str, status: int) -> None:
    """A service that knows no such field is asked again without it, and is given none from then on: no send is lost."""
    taken, clock = answer(201, {"id": f"true_{CHAT}_3EB0AA"}), Clock(stopped=True)
    with serving(answer(status, WHITELISTED), taken) as server:
        for _ in range(2):
            sent = result_or_error(client_type, server.url, send, message_ids="try", clock=clock)
            assert isinstance(sent, Message)
            assert sent.id == f"true_{CHAT}_3EB0AA"
    assert ["id" in body for body in bodies(server)] == [True, False, False]


@pytest.mark.parametrize("said", ["session id is unknown", "invalid chat", "the grid is full"])
async def test_refused_for_something_else(said: str) -> None:
    """What is refused without an id as well is that error, and ids are given all the same."""
    with serving(answer(400, {"message": said})) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, message_ids="try") as client:
            for _ in range(2):
                with pytest.raises(BadRequestError, match=said) as raised:
                    await send(client)
                assert raised.value.outcome == "not_sent"
    named = said.startswith("session id")
    assert ["id" in body for body in bodies(server)] == ([True, False] if named else [True]) * 2


async def test_lost_after_a_refusal() -> None:
    """The request without an id is a send like any other: its outcome may be unknown, and then it is not repeated."""
    with serving(answer(400, WHITELISTED), reset) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, message_ids="try", retry=QUICK) as client:
            with pytest.raises(OutcomeUnknownError) as raised:
                await send(client)
            assert raised.value.call.own_id is None
            assert not ledger_of(client._engine).ids.are_refused  # what the service says without one is not known
    assert server.deliveries == 2


async def test_refusal_in_doubt() -> None:
    """A 400 to a repeat of what may have been carried out leads to no third request that could send twice."""
    limited = answer(429, {"message": "slow down"}, {"retry-after": "0"})
    with serving(limited, answer(400, WHITELISTED), answer(201, {"id": "3EB0AAAAAAAAAA01"})) as server:
        async with AsyncWasendClient(KEY, base_url=server.url, message_ids="try", retry=QUICK) as client:
            assert (await send(client)).id
    first, second, third = (body.get("id") for body in bodies(server))
    assert first == second
    assert third is None


class Losing(httpx.AsyncBaseTransport):
    """A way to the sandbox on which the answers, or the requests, of some sends get lost."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._service = httpx.ASGITransport(app=sandbox)
        self.loses = ""
        self.reads = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and self.loses == "request":
            raise httpx.ReadError("gone")
        if request.method == "GET" and not self.reads:
            raise httpx.ConnectError("down")
        response = await self._service.handle_async_request(request)
        if request.method == "POST" and self.loses == "answer":
            raise httpx.ReadError("gone")
        return response


async def lost(client: AsyncWasendClient, way: Losing, session: str, what: str) -> OutcomeUnknownError:
    way.loses = what
    with pytest.raises(OutcomeUnknownError) as raised:
        await client.send_text(session=session, to=NUMBER, text=TEXT)
    way.loses = ""
    return raised.value


def desk(message_ids: Any) -> tuple[AsyncWasendClient, Losing, Sandbox, str]:
    sandbox = Sandbox(message_ids=message_ids, clock=Clock(stopped=True))
    session = sandbox.add_session().id
    way = Losing(sandbox)
    transport = httpx.AsyncClient(transport=way)
    client = AsyncWasendClient(
        KEY, base_url="https://sandbox", http_client=transport, clock=sandbox.clock, message_ids="try", retry=None
    )
    return client, way, sandbox, session


async def by_another_program(sandbox: Sandbox, session: str) -> None:
    """The same text to the same person, of which no ledger of ours knows."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox)) as http:
        body = {"session": session, "to": NUMBER, "text": TEXT}
        headers = {"authorization": f"Bearer {KEY}"}
        (await http.post("https://sandbox/sendText", json=body, headers=headers)).raise_for_status()


async def test_settled_exactly() -> None:
    """Where ids are taken over, the lost message is the one of its id, and an identical one of another program is not."""
    client, way, sandbox, session = desk("take")
    async with client:
        await client.send_text(session=session, to=NUMBER, text="first")
        arrived = await lost(client, way, session, "answer")
        never = await lost(client, way, session, "request")
        await by_another_program(sandbox, session)
        found, missing = await client.settle(arrived), await client.settle(never, window=0)
    assert (found.outcome, found.is_exact) == ("sent", True)
    assert isinstance(found.result, Message)
    assert str(found.result.id).endswith(str(arrived.call.own_id))
    assert (missing.outcome, missing.is_exact) == ("unknown", True)
    assert "no message with the id that was given to it is there" in missing.reason


async def test_settled_exactly_before_anything_was_answered() -> None:
    """The first send of all may be the lost one: its id in the chat says enough, and identical ones are told apart by theirs."""
    client, way, _, session = desk("take")
    async with client:
        never = await lost(client, way, session, "request")
        arrived = await lost(client, way, session, "answer")
        missing, found = await client.settle(never, window=0), await client.settle(arrived)
    assert (found.outcome, found.is_exact) == ("sent", True)
    assert (missing.outcome, missing.result) == ("unknown", None)


def other_program(sandbox: Sandbox, way: Losing, outbox: Outbox, number: int, **options: Any) -> AsyncWasendClient:
    """A client that knows nothing of what other ones have learnt; it shares the outbox."""
    return AsyncWasendClient(
        KEY,
        base_url=f"https://sandbox{number}",
        http_client=httpx.AsyncClient(transport=way),
        clock=sandbox.clock,
        outbox=outbox,
        retry=None,
        **options,
    )


@pytest.mark.parametrize("ends", ["answer", "request"])
async def test_settled_exactly_by_another_process(ends: str, tmp_path: Path) -> None:
    """
    What one process has left behind is told by its id in the next one, too: an identical message of another program is
    not taken for it; it is found, or was not sent and is sent now.
    """
    _, way, sandbox, session = desk("take")
    outbox = Outbox(tmp_path / "outbox.db", account="shop", visible_within=0.0)
    message: Any = {"session": session, "to": NUMBER, "text": TEXT, "key": "lost"}
    async with other_program(sandbox, way, outbox, 1, message_ids="try") as first:
        await first.send_text(session=session, to=NUMBER, text="first", key="first")
        way.loses, way.reads = ends, False
        with pytest.raises(OutcomeUnknownError):
            await first.send_text(**message)
        way.loses, way.reads = "", True
    await by_another_program(sandbox, session)
    async with other_program(sandbox, way, outbox, 2) as second:
        recovered = await second.outbox.recover()
        sent = await second.send_text(**message)
    (entry,) = recovered.sent if ends == "answer" else recovered.not_sent
    assert entry.key == "lost"
    ids = [one.id for one in sandbox.messages() if one.content == TEXT]
    assert len(ids) == 2
    assert sent.id == ids[0 if ends == "answer" else 1]


@pytest.mark.parametrize("message_ids", ["ignore", "refuse"])
async def test_settled_as_without_ids(message_ids: Any) -> None:
    """Where they are not taken over, nothing is lost: a lost answer is found by its text, and that is said."""
    client, way, sandbox, session = desk(message_ids)
    async with client:
        await client.send_text(session=session, to=NUMBER, text="first")
        found = await client.settle(await lost(client, way, session, "answer"))
        assert (found.outcome, found.is_exact) == ("sent", False)
        kept = await client.with_options(settle=True).send_text(session=session, to=NUMBER, text="last")
        assert kept.content == "last"
    assert [one.content for one in sandbox.messages()] == ["first", TEXT, "last"]


@pytest.mark.parametrize("message_ids", ["ignore", "take", "refuse"])
def test_sandbox(message_ids: Any) -> None:
    """The sandbox does as it is told with an id that a sender makes; one that is there already is not given again."""
    sandbox = Sandbox(message_ids=message_ids)
    session = sandbox.add_session().id
    body = {"session": session, "to": NUMBER, "text": TEXT, "id": "3EB0AAAAAAAAAAAAAAAA01"}
    with sandbox.client() as client:
        if message_ids == "refuse":
            with pytest.raises(BadRequestError, match="property id should not exist"):
                client.request("POST", "/sendText", body=body)
            assert not sandbox.messages()
            return
        first, second = (client.request("POST", "/sendText", body=body)["id"] for _ in range(2))
    assert first.endswith("_3EB0AAAAAAAAAAAAAAAA01") is (message_ids == "take")
    assert not second.endswith("_3EB0AAAAAAAAAAAAAAAA01")
    assert len(sandbox.messages()) == 2


def test_sandbox_says_what_it_knows() -> None:
    """Another word is refused."""
    with pytest.raises(ValueError, match="message_ids is one of ignore, take, refuse, not 'maybe'"):
        Sandbox(message_ids="maybe")  # type: ignore[arg-type]
