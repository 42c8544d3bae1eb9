"""What is said of a send is true: where two messages cannot be told apart, where programs restart, where ids change."""

from __future__ import annotations

import asyncio
import math
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest

from tests.clients import NUMBER, TEXT
from tests.raw import Behaviour, Peer, RawServer, answer, message, raw, reset
from tests.test_delivery_settle import CHAT, NOW, START, chat, claimed, desk, document, raw_client
from wasend import Clock, Message, OutcomeUnknownError, UnknownAnswerError
from wasend._core.call import Call
from wasend.api.chats import ChatMessage
from wasend.delivery.normalize import chat_in, chat_spellings, message_key, normalized_text
from wasend.delivery.settle import Settlement, settle
from wasend.delivery.settle import ledger as ledgers
from wasend.delivery.settle.chats import ChatNames
from wasend.delivery.settle.ledger import Ledger, Search, ledger_of
from wasend.delivery.settle.messages import _possible_types
from wasend.delivery.settle.search import target_of
from wasend.delivery.settle.times import Skew
from wasend.errors import InvalidRequestError
from wasend.sandbox import Clock as SandboxClock
from wasend.sandbox import Sandbox

SAID: dict[str, Any] = {"session": "ses_1", "to": NUMBER, "text": TEXT}


# A 2xx that shows nothing


HTML = "<html><body><form action='/login'>Sign in</form></body></html>"
SHOWN: dict[str, tuple[Behaviour, bool]] = {
    "an empty 202 of a firewall": (answer(202), False),
    "a 204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), False),
    "a login page": (answer(200, HTML, {"content-type": "text/html"}), False),
    "a status within": (answer(200, {"statusCode": 500}), False),
    "a refusal that is cut off": (
        raw(message(200, '{"success": fal', {"content-length": "17"}), then_close=True),
        False,
    ),
    "a refusal that is cut off, unannounced": (answer(200, '{"success": false'), False),
    "an error": (answer(200, {"error": "no"}), False),
    "an error by its type": (answer(200, {"type": "error", "text": "no", "timestamp": 1}), False),
    "nothing": (answer(200, {}), False),
    "an id": (answer(201, {"id": "3EB0AABBCCDDEEFF"}), True),
    "a field": (answer(202, {"status": "queued"}), True),
    "a plain yes": (answer(200, {"success": True}), True),
    "ok": (answer(200, '"ok"'), True),
    "true": (answer(200, "true"), True),
}


@pytest.mark.parametrize("case", SHOWN)
async def test_a_yes_must_be_seen(case: str) -> None:
    """A message counts as sent where the answer shows that it was understood; any other 2xx leaves it unknown."""
    script, shows = SHOWN[case]
    async with raw_client(script, chat()) as (client, _):
        if shows:
            await client.send_text(**SAID)
            return
        with pytest.raises(UnknownAnswerError) as caught:
            await client.send_text(**SAID)
        assert caught.value.settlement is not None, "it is settled like a lost answer"


# After a restart


class MachineClock(SandboxClock):
    """A machine's clock, which others went by before; the test moves it."""

    simulated = False


@asynccontextmanager
async def started(*script: Behaviour, ago: float = 0.0) -> AsyncIterator[tuple[Any, RawServer]]:
    """A client that was made so long ago; its clock stands at `START`."""
    clock = MachineClock(stopped=True, at=START - ago)
    async with raw_client(*script, clock=clock) as (client, server):
        clock.advance(ago)
        yield client, server


async def settled(client: Any, **options: Any) -> Settlement:
    """Lose a send, and settle it."""
    plain = client.with_options(settle=False)
    with pytest.raises(OutcomeUnknownError) as caught:
        await plain.send_text(**SAID)
    return await client.settle(caught.value, window=0, **options)


@pytest.mark.parametrize(
    ("ago", "age", "is_it"),
    [(0, 0, False), (1, 0, False), (2, 0, True), (60, 0, True), (60, 2, True), (3, 2, False), (0, -2, True)],
)
async def test_what_an_earlier_program_may_have_sent(ago: float, age: int, is_it: bool) -> None:
    """A message is taken for a lost one only where it is certainly younger than the client: an earlier program's may not be."""
    async with started(reset, chat(document(timestamp=START - age)), ago=ago) as (client, _):
        settlement = await settled(client)
        assert settlement.outcome == ("sent" if is_it else "unknown")
        assert is_it or "before this client was made" in settlement.reason
        assert len(settlement.seen) == 1


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_restart_where_clocks_differ(hours: int) -> None:
    """It is the service's clock by which a message is younger."""
    ahead = hours * 3600
    for age, is_it in ((0, False), (-2, True)):
        script = reset, chat(document(timestamp=START + ahead - age), ahead=ahead)
        async with started(*script) as (client, _):
            assert (await settled(client)).outcome == ("sent" if is_it else "unknown")


async def test_who_knows_what_came_before() -> None:
    """The caller may say which messages are an earlier program's: then the others are not."""
    for excluded, is_it in (([], True), (["3EB0AA"], False), ([Message(id=f"true_{CHAT}_3EB0AA")], False)):
        async with started(reset, chat(document())) as (client, _):
            settlement = await settled(client, exclude_ids=excluded)
            assert settlement.outcome == ("sent" if is_it else "unknown")
            assert is_it or settlement.reason.startswith("it was not found")


async def test_an_error_of_an_earlier_program() -> None:
    """An error that comes out of a queue is settled only by who knows which messages are others'."""
    since = NOW - timedelta(minutes=1)
    error = OutcomeUnknownError("lost", call=Call("POST", "/sendText", Message, body=SAID, sends="text"), since=since)
    async with started(chat(document(timestamp=START - 60))) as (client, _):
        assert (await client.settle(pickle.loads(pickle.dumps(error)), window=0)).outcome == "unknown"
        assert (await client.settle(error, window=0, exclude_ids=())).outcome == "sent"


async def test_a_group_of_an_earlier_program() -> None:
    """Nor is a group of the same subject taken that an earlier program may have created."""
    listed = {"jid": "120363041234567890@g.us", "name": "Team", "createdAt": NOW.isoformat()}
    for ago in (0, 10):
        async with started(reset, answer(200, {"groups": [listed]}), ago=ago) as (client, _):
            try:
                assert (await client.create_group("ses_1", name="Team", participants=[NUMBER])).jid
                assert ago
            except OutcomeUnknownError:
                assert not ago


def test_how_far_the_clocks_are_apart() -> None:
    """A date is some moment of its second, between question and answer; one that cannot be read tells nothing."""
    assert Skew.told_by(("Thu, 01 Jan 1970 00:01:40 GMT", 90.5, 91.0)) == Skew(9.0, 10.5)
    assert Skew.told_by(("soon", 90.5, 91.0)) == Skew.told_by(None) == Skew(0.0, 1.0)


@pytest.mark.parametrize("slow", ["its answer", "its headers"])
@pytest.mark.parametrize("told", ["another id", "no id"])
async def test_an_older_message_that_a_slow_answer_lets_in(told: str, slow: str) -> None:
    """Where an answer took long, the clocks are not known well, and older messages match: they keep their owners."""
    clock = SandboxClock(stopped=True, at=START)
    shown = chat(document(id="3EB01", timestamp=START), ahead=20 + 20 * (slow == "its headers"))

    async def late(peer: Peer) -> None:
        await peer.request()
        clock.advance(20)
        await shown(peer)

    sent = answer(201, {"id": "3EB0FF"} if told == "another id" else {"status": "sent"})
    async with raw_client(sent, reset, late, clock=clock) as (client, _):
        await client.send_text(**SAID)
        clock.advance(20)
        with pytest.raises(OutcomeUnknownError):
            await client.send_text(**SAID)


async def test_a_date_out_of_a_cache() -> None:
    """What a cache has kept says nothing of the time."""
    clock = SandboxClock(stopped=True, at=START)
    kept = chat(document(), age="300")
    async with raw_client(answer(201, {"id": "3EB0FF"}), reset, kept, clock=clock) as (client, _):
        await client.send_text(**SAID)
        clock.advance(300)
        with pytest.raises(OutcomeUnknownError):
            await client.send_text(**SAID)


def test_many_services() -> None:
    """Where there are more services than ledgers are kept of, a new ledger knows nothing of what came before it."""
    clock = MachineClock(stopped=True, at=START)
    registry = ledgers._LedgerRegistry()
    made = [registry.of(f"https://{number}.test", clock, START - 60.0).known_since for number in range(65)]
    assert made == [START - 60.0] * 64 + [START]
    assert Clock.simulated is False


# Ids in every spelling

GROUP = "120363041234567890@g.us"
SPELLINGS = [
    "3EB0AA",
    f"true_{GROUP}_3EB0AA",
    f"true_{GROUP}_3EB0AA_447700900123@c.us",
    f"true_{GROUP}_3EB0AA_447700900123:12@s.whatsapp.net",
    f"true_{GROUP}_3EB0AA_out",
    "3EB0AA_out",
    "3EB0AA_447700900123@c.us",
]


def test_one_message_has_one_key() -> None:
    """Every spelling of an id has the same key; what is no such id keeps its own."""
    assert {message_key(one) for one in SPELLINGS} == {"3EB0AA"}
    others = ["msg_55", "true_", "", "false", "msg_56_a", None]
    assert [message_key(one) for one in others] == others


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_message_is_claimed_once(spelling: str) -> None:
    """However its id is spelt in the answer and in the chat, a message that was answered for is not taken again."""
    for other in SPELLINGS[:3]:
        async with raw_client(answer(200, {"id": spelling}), reset, chat(document(id=other))) as (client, _):
            await client.send_text(**SAID)
            with pytest.raises(OutcomeUnknownError):
                await client.send_text(**SAID)


@pytest.mark.parametrize("answers", [["3EB0Z1", "3EB0Z2"], ["", ""], ["3EB0Z1", ""], ["3EB001", ""]])
async def test_an_answer_whose_id_is_not_there_reserves_a_message(answers: list[str]) -> None:
    """Of several that are alike, one is left to each that was answered with an id that the chat does not show."""
    script = [answer(200, {"id": one, "type": "text"}) for one in answers]
    for there, is_it in ((2, False), (3, True)):
        shown = chat(*(document(id=f"3EB00{number}") for number in range(1, there + 1)))
        async with raw_client(*script, reset, shown) as (client, _):
            for _one in answers:
                await client.send_text(**SAID)
            try:
                assert (await client.send_text(**SAID)).id.startswith("3EB00")
                assert is_it
            except OutcomeUnknownError:
                assert not is_it


async def test_an_answered_message_that_comes_late() -> None:
    """One that was answered for and is not in the chat yet may be the one that is not there: it is waited for."""
    first, both = chat(document(id="3EB0AA")), chat(document(id="3EB0AA"), document(id="3EB0BB"))
    async with raw_client(answer(200, {"id": "3EB0BB"}), reset, first, first, both, window=10) as (client, server):
        await client.send_text(**SAID)
        assert (await client.send_text(**SAID)).id == "3EB0AA"
        assert server.deliveries == 5


async def test_what_was_read_from_before() -> None:
    """A slow send that is alike is looked for as well, from when it began: its message reserves nothing."""
    ledger = Ledger(clock := MachineClock(stopped=True, at=START))
    slow = await ledger.begin_send(["x"])
    clock.advance(30)
    ledger.end_send(slow, claim=("ses_1", "1"))
    assert ledger.oldest(["x"], START + 28) == START
    assert ledger.oldest(["x"], START + 60) == math.inf
    found = [("ses_1", "2")]
    assert claimed(ledger, "x", found, START + 28) is None
    assert claimed(ledger, "x", found, START + 28, read=[("ses_1", "1")]) == ("ses_1", "2")
    ledger.end_send(await ledger.begin_send(["y"]), claim=("ses_1", "1"))  # an id that is answered twice
    assert ledger._alike == {"x": {("ses_1", "2")}, "y": {("ses_1", "1")}}


# Texts as WhatsApp rewrites them


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Hi \u2764\ufe0f", "Hi \u2764"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one  \ntwo \n", "one\ntwo"),
        ("\u200eleft\u200d", "left"),
        ("a\u2028b\x00c", "a\nbc"),
        ("\ufeffHi\U000e0100", "Hi"),
    ],
)
def test_texts_that_are_one(sent: str, read: str) -> None:
    """What WhatsApp and the engines change in a text makes no other text of it."""
    assert normalized_text(sent) == normalized_text(read) == read


# One chat, several names

LID = "100219367051547@lid"
NAMES = [
    ("+5511987654321", "+551187654321"),
    ("+5215512345678", "+525512345678"),
    ("+5491123456789", "+541123456789"),
    (NUMBER, f"{NUMBER[1:]}@s.whatsapp.net"),
]


@pytest.mark.parametrize(("one", "other"), NAMES)
async def test_alike_in_two_spellings(one: str, other: str) -> None:
    """Sends to two spellings of a number wait for each other: nobody looks while one is on its way."""
    async with desk("delivered", "answered", enabled=False) as it:
        with pytest.raises(OutcomeUnknownError) as caught:
            await it.say(to=one)
        gate, arrived = asyncio.Event(), asyncio.Event()

        async def hold(request: httpx.Request) -> None:
            if request.method == "POST":
                arrived.set()
                await gate.wait()

        it.service.before = hold
        slow = asyncio.ensure_future(it.say(to=other))
        await arrived.wait()
        settling = asyncio.ensure_future(it.settle(caught.value))
        await asyncio.sleep(0.01)
        assert it.service.reads == 0
        gate.set()
        settlement = await settling
        assert isinstance(settlement.result, Message)
        assert settlement.result.id != (await slow).id


def test_alike_by_a_hidden_id() -> None:
    """A hidden id is the chat of its number once an answer has said so; two people's numbers never become one."""
    names, other = ChatNames(), "447700900457@c.us"

    def alike(*recipients: str) -> bool:
        sends = [Call("POST", "/sendText", Message, body={**SAID, "to": to}, sends="text") for to in recipients]
        ledger = Ledger(SandboxClock())
        ledger.names = names
        return len({target.fingerprints[0] for send in sends if (target := target_of(send, ledger))}) == 1

    assert not alike(NUMBER, LID)
    names.learn(CHAT, LID)
    names.learn(CHAT, GROUP)
    names.learn(CHAT, other)
    names.learn(LID, other)
    assert alike(NUMBER, LID)
    assert names.all(CHAT) == [CHAT, LID]
    assert names.all(other) == [other]
    assert chat_spellings("5511987654321@c.us") == ("5511987654321@c.us", "551187654321@c.us")


async def test_a_chat_under_a_hidden_id() -> None:
    """Where the chat is not there by the number, the service is asked what it calls it, and that is remembered."""
    there = chat(document(id=f"true_{LID}_3EB0AA"), document(id=f"true_{LID}_3EB0BB", body="Bye"))
    known = answer(200, {"numberExists": True, "chatId": LID})
    async with raw_client(reset, chat(), known, chat(), there, reset, chat(), there) as (client, server):
        assert (await client.send_text(**SAID)).id == f"true_{LID}_3EB0AA"
        assert (await client.send_text(**{**SAID, "text": "Bye"})).id == f"true_{LID}_3EB0BB"
        asked = [request.split()[1].partition(b"?")[0].decode().rpartition("/chats/")[2] for request in server.requests]
        hidden = f"{LID.replace('@', '%40')}/messages"
        number = f"{CHAT.replace('@', '%40')}/messages"
        assert asked[1:] == [number, "/contacts/check-exists", number, hidden, "/sendText", number, hidden]


async def test_asked_again_what_a_chat_is_called() -> None:
    """Where the service cannot say at first what it calls a chat, it is asked again at the next look."""
    there, known = chat(document(id=f"true_{LID}_3EB0AA")), answer(200, {"numberExists": True, "chatId": LID})
    script = reset, chat(), answer(503), chat(), known, chat(), there
    async with raw_client(*script, window=10, retry=None) as (client, server):
        assert (await client.send_text(**SAID)).id == f"true_{LID}_3EB0AA"
        assert server.deliveries == len(script)


async def test_a_name_that_is_learnt_meanwhile() -> None:
    """A send that began before its chat's other name was known is identical to those that came after, in every way."""
    ledger = Ledger(SandboxClock(stopped=True))
    before, after = ["number"], ["hidden", "number"]
    found: list[tuple[str, str]] = [("ses_1", "1"), ("ses_1", "2")]

    def claim() -> object:
        return ledger.claim_one(Search(since=0.0, owner="lost"), after, found[:1])

    turn = await ledger.begin_send(before)
    assert claim() is None, "it is in flight"
    ledger.end_send(turn, claim=found[1])
    assert claim() is None, "its message may be the one that is there"
    assert ledger.claim_one(Search(since=0.0, owner="lost"), after, found) == found[0]
    ledger.end_send(await ledger.begin_send(before), in_doubt=True)
    assert ledger.claim_one(Search(since=0.0, owner="other"), after, [("ses_1", "3")], set(found)) is None


async def test_a_chat_under_the_other_spelling() -> None:
    """The other spelling of a number is looked at as well, whether or not the service can say which is right."""
    there = chat(document(id="true_551187654321@c.us_3EB0AA"))
    registered, no, broken = answer(200, {"exists": True, "jid": "551187654321@c.us"}), answer(200, {}), answer(500)
    for told in ([registered], [no, no], [broken]):
        async with raw_client(reset, chat(), *told, chat(), there, retry=None) as (client, _):
            message = await client.send_text(session="ses_1", to="+5511987654321", text=TEXT)
            assert message.id == "true_551187654321@c.us_3EB0AA"


async def test_the_number_of_a_hidden_id() -> None:
    """What was sent to a hidden id is looked for under the number that the service has for it."""
    contact = answer(200, {"id": LID, "number": NUMBER[1:]})
    async with raw_client(reset, answer(404), contact, answer(404), chat(document())) as (client, _):
        assert (await client.send_text(**{**SAID, "to": LID})).id == f"true_{CHAT}_3EB0AA"


async def test_names_of_nobody() -> None:
    """A service that cannot say what it calls a chat leaves what is known; a group has one name."""
    async with raw_client(reset, chat(), answer(500), retry=None) as (client, server):
        with pytest.raises(OutcomeUnknownError):
            await client.send_text(**SAID)
        assert server.deliveries == 3
    async with raw_client(reset, chat()) as (client, server):
        with pytest.raises(OutcomeUnknownError):
            await client.send_text(**{**SAID, "to": GROUP})
        assert server.deliveries == 2


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learnt first is forgotten first."""
    monkeypatch.setattr("wasend.delivery.settle.chats._MOST", 4)
    names = ChatNames()
    for number in range(10):
        names.learn(f"44770090000{number}@c.us", f"1234567890{number}@lid")
    assert [names.is_learnt(f"44770090000{number}@c.us") for number in (0, 8, 9)] == [False, True, True]


# Waits end


async def test_a_send_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search waits for an identical send for so long, and then takes nothing, since it might be that one's."""
    monkeypatch.setattr(ledgers, "PATIENCE", 0.03)
    async with desk(enabled=False) as it:
        error = await it.lose()
        ledger = ledger_of(it.client._engine)
        target = target_of(error.call, ledger)
        assert target is not None
        turn = await ledger.begin_send(target.fingerprints)
        settlement = await it.settle(error)
        assert settlement.outcome == "unknown"
        assert "still in flight" in settlement.reason
        ledger.end_send(turn)
        assert (await it.settle(error)).outcome == "sent"


async def test_a_search_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A send waits for searches for so long, and then goes on; what it sends is not taken by them."""
    monkeypatch.setattr(ledgers, "PATIENCE", 0.03)
    ledger = Ledger(SandboxClock(stopped=True))
    await ledger.begin_search(["x"])
    turn = await ledger.begin_send(["x"])
    assert claimed(ledger, "x", [("ses_1", "1")], 0.0) is None
    ledger.end_send(turn)
    assert claimed(ledger, "x", [("ses_1", "1")], 0.0) == ("ses_1", "1")


async def test_a_loop_that_is_closed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a send whose event loop was closed while they waited."""
    monkeypatch.setattr(ledgers, "_CHECK", 0.01)
    ledger = Ledger(SandboxClock(stopped=True))
    loop = asyncio.new_event_loop()
    await asyncio.to_thread(loop.run_until_complete, ledger.begin_send(["x"]))
    searching = asyncio.ensure_future(ledger.begin_search(["x"]))
    await asyncio.sleep(0.03)
    assert not searching.done()
    loop.close()
    ledger.end_search(await searching)
    assert len(ledger._in_doubt) == 1


async def test_the_last_look_is_no_older_than_the_window() -> None:
    """However long a look takes, the last one begins when the window is over: what was not there before may be by then."""
    clock = SandboxClock(stopped=True, at=START)

    def slow(then: Behaviour) -> Behaviour:
        async def behave(peer: Peer) -> None:
            clock.advance(30)
            await then(peer)

        return behave

    script = reset, slow(chat(ahead=30)), answer(200, {}), chat(document(), ahead=30)
    async with raw_client(*script, window=10, clock=clock) as (client, _):
        assert (await client.send_text(**SAID)).id


# Once sent, sent for good


async def test_sent_stays_sent() -> None:
    """A search that finds nothing does not undo what another has found meanwhile."""
    async with desk(enabled=False) as it:
        error = await it.lose()
        gate, asked = asyncio.Event(), asyncio.Event()

        async def fail(request: httpx.Request) -> None:
            it.service.before = lambda _: None
            asked.set()
            await gate.wait()
            raise httpx.ReadError("gone")

        it.service.before = fail
        hasty = asyncio.ensure_future(settle(attrs.evolve(it.client._engine), error, window=0))
        await asked.wait()
        found = await it.settle(error)
        gate.set()
        assert (await hasty) is found is error.settlement
        assert found.outcome == "sent"


async def test_copies_are_one() -> None:
    """Copies of an error that are settled at once get one message between them, though two that are alike are there."""
    async with desk(enabled=False) as it:
        error, _other = await it.lose(), await it.lose()
        copies = [pickle.loads(pickle.dumps(error)) for _ in range(3)]
        found = [settlement.result for settlement in await asyncio.gather(*map(it.settle, copies))]
        assert found[0] is not None
        assert len({one.id for one in found if isinstance(one, Message)}) == 1


# Of which only a description is left


async def test_a_cancelled_send() -> None:
    """A cancelled send is settled by its description, once; a send that is alike and lost does not get its message."""
    async with desk() as it:
        since = datetime.fromtimestamp(START, UTC)
        arrived, never = asyncio.Event(), asyncio.Event()

        async def hold(request: httpx.Request) -> None:
            arrived.set()
            await never.wait()

        it.service.before = hold
        task = asyncio.ensure_future(it.say())
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        it.service.before = lambda _: None
        described: dict[str, Any] = {"session": it.session, "to": NUMBER, "text": TEXT, "since": since, "window": 0}
        assert (await it.client.settle_send(**described)).outcome == "unknown"
        await it.deliver()  # it had arrived
        first = (await it.client.settle_send(**described)).result
        assert isinstance(first, Message)
        assert message_key(first.id) == it.keys()[0]
        assert (await it.client.settle_send(**described)).result == first
        assert (await it.client.settle_send(**described, exclude_ids=[first])).outcome == "unknown"
        await it.lose("lost")
        it.service.fates[:] = ["delivered"]
        assert (await it.say()).id != first.id


async def test_a_killed_process() -> None:
    """What an earlier program sent is settled by its word: since when, and which messages are others'."""
    since = NOW - timedelta(seconds=60)
    older, own = document(id="3EB0OLD", timestamp=START - 61), document(timestamp=START - 60)
    described = {**SAID, "window": 0}
    async with started(chat(older, own)) as (client, _):
        found = await client.settle_send(**described, since=since)
        assert (found.outcome, found.result.id) == ("sent", own["id"])
        again = await client.settle_send(**described, since=since, exclude_ids=[own["id"]])
        assert (again.outcome, again.result) == ("unknown", None)
        assert again.reason.startswith("it was not found")


@pytest.mark.parametrize(
    ("kind", "fields", "shown"),
    [
        ("image", {"caption": "Look", "url": "https://a.example/a.png"}, {"type": "image", "caption": "Look"}),
        ("document", {"data": b"0000", "file_name": "a.pdf"}, {"type": "document", "filename": "a.pdf"}),
        ("ptt", {"data": b"0000"}, {"type": "ptt", "_data": {"size": 4}}),
        ("video", {"caption": "Look"}, {"type": "video", "caption": "Look"}),
    ],
)
async def test_described_media(kind: str, fields: dict[str, Any], shown: dict[str, Any]) -> None:
    """Media are described by what their sends take, and found by words or file."""
    async with started(chat(document(body="", hasMedia=True, **shown))) as (client, _):
        about = {"session": "ses_1", "to": NUMBER, "type": kind, "since": NOW, "window": 0}
        assert (await client.settle_send(**about, **fields)).outcome == "sent"
        assert (await client.settle_send(**about, **{**fields, "caption": "Other"})).outcome == "unknown"


def test_described_in_the_other_colour(wasend_sandbox: Sandbox) -> None:
    """It is a call of the synchronous client too, and of a view of one session."""
    phone = wasend_sandbox.add_session()
    since = datetime.fromtimestamp(wasend_sandbox.clock.now(), UTC)
    with wasend_sandbox.client() as client:
        wasend_sandbox.faults.add("reset_after POST /sendText x1")
        bound = client.session(phone.id)
        with pytest.raises(OutcomeUnknownError):
            bound.send_text(to=NUMBER, text=TEXT)
        found = bound.settle_send(to=NUMBER, text=TEXT, since=since, window=0)
        assert found.result == client.settle_send(session=phone.id, to=NUMBER, text=TEXT, since=since, window=0).result
        assert isinstance(found.result, Message)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": TEXT, "since": datetime(2026, 5, 5)}, "since"),  # noqa: DTZ001 - that is what is wrong with it
        ({"text": TEXT, "since": 5}, "since"),
        ({}, "text"),
        ({"text": TEXT, "caption": "x"}, "text"),
        ({"text": TEXT, "type": "image"}, "text"),
        ({"text": 5}, "text"),
        ({"type": "sticker"}, "type"),
        ({"type": "image", "url": "https://a.example/a", "data": b"0"}, "url"),
        ({"text": TEXT, "to": "07700 900456"}, "to"),
        ({"text": TEXT, "exclude_ids": "3EB0AA"}, "exclude_ids"),
        ({"text": TEXT, "exclude_ids": [5]}, "exclude_ids"),
    ],
)
async def test_no_description(fields: dict[str, Any], problem: str) -> None:
    """What describes no send is refused by name, and nothing is asked."""
    async with started(chat()) as (client, server):
        with pytest.raises(InvalidRequestError, match=f"^{problem}: "):
            await client.settle_send(**{"session": "ses_1", "to": NUMBER, "since": NOW, **fields})
        assert server.deliveries == 0


def test_the_chat_that_an_id_names() -> None:
    """An id of the long form names its chat; another names none, whatever stands in its place."""
    assert chat_in("true_447700900456@c.us_3EB0") == "447700900456@c.us"
    assert chat_in("false_98765432109876@lid_3EB0_447700900123@c.us") == "98765432109876@lid"
    assert [chat_in(other) for other in ("true_x_3EB0", "3EB0", "", None)] == [None] * 4


@pytest.mark.parametrize(
    ("told", "types"),
    [
        ({"has_media": False}, {"text"}),
        ({"has_media": False, "mimetype": "image/png"}, {"image", "document"}),
        ({"has_media": True}, {"image", "video", "ptt", "document"}),
    ],
)
def test_types_of_a_message_that_names_none(told: dict[str, Any], types: set[str]) -> None:
    """Where an engine names no type, whether there is a file tells it, and what kind of file."""
    assert _possible_types(ChatMessage(**told)) == types


async def test_one_of_two_in_doubt() -> None:
    """Of two sends that were cancelled, one message is left over for the other, whoever describes the first."""
    ledger = Ledger(MachineClock(stopped=True, at=START))
    for _ in range(2):
        ledger.end_send(await ledger.begin_send(["x"]), in_doubt=True)
    found = [("ses_1", "1"), ("ses_1", "2")]
    assert claimed(ledger, "x", found[:1], START, described=True) is None
    assert claimed(ledger, "x", found, START, described=True) == ("ses_1", "2")


async def test_the_oldest_is_left_to_others() -> None:
    """A later search, which no longer counts a send that was answered by another id, does not find its message either."""
    ledger = Ledger(MachineClock(stopped=True, at=START))
    ledger.end_send(await ledger.begin_send(["x"]), claim=("ses_1", "told"))
    older, newer = ("ses_1", "shown"), ("ses_1", "late")
    assert claimed(ledger, "x", [older, newer], START) == newer
    assert claimed(ledger, "x", [newer], START + 60) is None
