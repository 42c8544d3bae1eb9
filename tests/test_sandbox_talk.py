"""What is said in the sandbox: how far it comes, who answers, what goes nowhere, and what a test may ask of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs
import pytest

from tests.test_sandbox import ADA, PICTURE
from wasend import AsyncWasendClient, WasendError
from wasend.sandbox import Clock, JournalEntry, Sandbox, StoredMessage, StoredSession

START = 1_750_000_000.0
ADA_CHAT = "447700900456@c.us"
BOB = "+447700900457"
NOBODY = "+447700900999"


@attrs.frozen
class Desk:
    """A sandbox with a connected session, its clock and a client of it."""

    sandbox: Sandbox
    session: StoredSession
    client: AsyncWasendClient

    async def say(self, text: str, to: str = ADA) -> str:
        return str((await self.client.send_text(session=self.session.id, to=to, text=text)).id)

    def ack(self, message_id: str) -> str:
        (found,) = (one for one in self.sandbox.messages(from_me=None) if one.id == message_id)
        return found.ack

    def heard(self) -> list[tuple[str, str, float]]:
        return [(one.sender, one.content, one.timestamp - START) for one in self.sandbox.messages(from_me=False)]


def desk(**options: Any) -> Desk:
    sandbox = Sandbox(clock=Clock(stopped=True, at=START), unknown=[NOBODY], **options)
    return Desk(sandbox, sandbox.add_session(), sandbox.async_client(retry=None))


# How far it comes


async def test_acks_progress() -> None:
    """A message comes as far as it is told to, each step in its time, and only voice is played."""
    at = desk(acks={"READ": 5, "SERVER": 1, "PLAYED": 7, "DEVICE": 2})
    text = await at.say("Hi")
    voice = str((await at.client.send_voice(session=at.session.id, to=ADA, url=PICTURE)).id)
    seen = [(at.ack(text), at.ack(voice))]
    for _ in range(7):
        at.sandbox.clock.advance(1)
        seen.append((at.ack(text), at.ack(voice)))
    steps = ["PENDING", "SERVER", "DEVICE", "DEVICE", "DEVICE", "READ", "READ"]
    assert seen == [*zip(steps, steps, strict=True), ("READ", "PLAYED")]


async def test_acks_do_not_go_back() -> None:
    """What has come further by itself, or has failed, is not touched by the steps that were to come."""
    at = desk(acks={"DEVICE": 1, "READ": 2})
    read, failed = await at.say("Hi"), await at.say("Ho")
    at.sandbox.ack(read, "PLAYED")
    at.sandbox.ack(failed, "ERROR")
    at.sandbox.clock.advance(60)
    assert (at.ack(read), at.ack(failed)) == ("PLAYED", "ERROR")


@pytest.mark.parametrize("acks", [{"PENDING": 1}, {"ERROR": 1}, {"SEEN": 1}, {"READ": -1}, {"READ": float("nan")}])
def test_acks_that_cannot_be(acks: dict[str, float]) -> None:
    """Acks that a message cannot come to, or in no time that can be, are refused."""
    with pytest.raises(ValueError, match="acks are seconds"):
        Sandbox(acks=acks)  # type: ignore[arg-type]


# Numbers with two spellings

TWINS = [
    ("5511987654321", "551187654321"),  # Brazil, 11 to 28: with the ninth digit
    ("558587654321", "5585987654321"),  # further north and south: without it
    ("5212345678901", "522345678901"),  # Mexico: with the 1
    ("5491123456789", "541123456789"),  # Argentina: with the 9
]


@pytest.mark.parametrize(("registered", "other"), TWINS)
async def test_number_twins(registered: str, other: str) -> None:
    """WhatsApp knows one spelling: both lead to it when asked, and what is sent to the other one never arrives."""
    at = desk(acks={"DEVICE": 1})
    at.sandbox.script_reply("Oi")
    for spelling in (registered, other):
        found = await at.client.check_contact_exists(at.session.id, phone=spelling)
        assert (found.exists, found.jid) == (True, f"{registered}@c.us")
    right, wrong = [await at.say("Hi", to=f"+{spelling}") for spelling in (registered, other)]
    at.sandbox.clock.advance(5)
    assert (at.ack(right), at.ack(wrong)) == ("READ", "SERVER")
    assert [sender for sender, *_ in at.heard()] == [f"+{registered}"]


async def test_number_twin_in_the_address_book() -> None:
    """The address book knows better: the spelling in it is the registered one; and either takes both off WhatsApp."""
    at = desk()
    registered, other = TWINS[0]
    at.sandbox.add_contact(f"+{other}", "Zé")
    found = await at.client.check_contact_exists(at.session.id, phone=registered)
    assert found.jid == f"{other}@c.us"
    at.sandbox.add_unknown(f"+{registered}")
    found = await at.client.check_contact_exists(at.session.id, phone=other)
    assert not found.exists


# Replies


async def test_scripted_replies() -> None:
    """The first script that fits replies, in its time, as often as it may, and what was replied to is read."""
    at = desk()
    script = at.sandbox.script_reply
    script("Never again", match="^stop", from_="+44 7700 900456", after=2)
    script(lambda message: f"{len(message.content)}!" if message.content[0] == "L" else None, match="^l", after=3)
    script("Once", times=1)
    sent = [await at.say(text) for text in ("STOP now", "Long", "lost", "Other", "Others")]
    await at.say("stop", to=BOB)
    assert at.heard() == []
    at.sandbox.clock.advance(10)
    assert at.heard() == [("+447700900456", "Once", 1), ("+447700900456", "Never again", 2), ("+447700900456", "4!", 3)]
    assert [at.ack(one) for one in sent] == ["READ", "READ", "SERVER", "READ", "SERVER"]
    (chat,) = [one for one in await at.client.get_all_chats(at.session.id) if one.id == ADA_CHAT]
    assert chat.unread_count == 3


async def test_nobody_replies() -> None:
    """There is no reply from a number that is unknown, to a lost message, or into a session that stopped."""
    at = desk(faults=["dead_session POST /sendText #1"])
    at.sandbox.script_reply("Hi")
    await at.say("lost")
    await at.say("unknown", to=NOBODY)
    at.sandbox.clock.advance(1)
    await at.say("stopped")
    await at.client.stop_session(at.session.id)
    at.sandbox.clock.advance(1)
    assert at.heard() == []


async def test_reply_in_a_group() -> None:
    """In a group the one replies whom the script names, or else another member; and the reply is in the group."""
    at = desk()
    group = at.sandbox.add_group("Harbour", owner=ADA, participants=[at.session.settings.phone_number, BOB])
    at.sandbox.script_reply("By Bob", match="bob", from_=BOB)
    at.sandbox.script_reply("By Ada", times=1)
    for text in ("Bob?", "Anybody?", "Anybody else?"):
        await at.say(text, to=group.id)
    at.sandbox.clock.advance(5)
    assert at.heard() == [(BOB, "By Bob", 1), (ADA, "By Ada", 1)]
    assert {one.chat for one in at.sandbox.messages(from_me=None)} == {group.id}


async def test_reply_leaves_what_was_played() -> None:
    """A reply to voice that was played does not make it merely read."""
    at = desk(acks={"PLAYED": 1})
    at.sandbox.script_reply("Nice", after=2)
    voice = str((await at.client.send_voice(session=at.session.id, to=ADA, url=PICTURE)).id)
    at.sandbox.clock.advance(2)
    assert (at.ack(voice), len(at.heard())) == ("PLAYED", 1)


@pytest.mark.parametrize(
    ("script", "words"), [({"match": "("}, "not a regular expression"), ({"from_": "Ada"}, "must be")]
)
def test_scripts_that_cannot_be(script: dict[str, str], words: str) -> None:
    """A script that could fit nothing is refused."""
    with pytest.raises(ValueError, match=words):
        Sandbox().script_reply("Hi", **script)  # type: ignore[arg-type]


async def test_reactions() -> None:
    """Each has one reaction to a message, the last; an empty one takes it back; nobody reacts to nothing."""
    at = desk()
    message = await at.say("Hi")
    at.sandbox.react(message, BOB, "👎")
    at.sandbox.react(message, ADA, "❤")
    await at.client.send_reaction(session=at.session.id, message_id=message, reaction="👍")
    at.sandbox.react(message, ADA, "🎉")
    stored = at.sandbox.react(message, BOB, "")
    assert stored.reactions == {ADA_CHAT: "🎉", at.session.own_id: "👍"}
    assert at.sandbox.messages() == (stored,)
    for message_id, who in (("none", ADA), (message, "Ada")):
        with pytest.raises(ValueError, match=r"not found|must be"):
            at.sandbox.react(message_id, who, "👍")


# What became of it


async def test_dead_session() -> None:
    """A session that is dead takes a message as ever, and it goes nowhere: no delivery, no ack, lost in the journal."""
    at = desk(faults=["dead_session POST /sendText #1"], acks={"SERVER": 0, "DEVICE": 1})
    lost, sent = await at.say("Hi"), await at.say("Hi")
    at.sandbox.clock.advance(60)
    assert [(one.id, one.lost, one.ack) for one in at.sandbox.messages()] == [
        (lost, True, "PENDING"),
        (sent, False, "DEVICE"),
    ]
    assert [one.id for one in at.sandbox.deliveries()] == [sent]
    at.sandbox.assert_delivered(ADA, "Hi")
    at.sandbox.assert_no_duplicates()
    assert [(one.status, one.became) for one in at.sandbox.journal] == [(200, "lost"), (200, "done")]


async def test_deliveries() -> None:
    """Deliveries are found by any spelling of the recipient, by text or caption, and by session."""
    at = desk()
    other = at.sandbox.add_session("Other", "+447700900124")
    await at.say("Hi")
    await at.client.send_image(session=other.id, to=ADA, url=PICTURE, caption="Hi")
    await at.say("Ho", to=BOB)
    found = at.sandbox.deliveries
    assert [one.type for one in found("+44 7700 900-456", "Hi")] == ["text", "image"]
    assert [one.content for one in found(session=at.session.id)] == ["Hi", "Ho"]
    assert [one.type for one in found(ADA_CHAT, PICTURE)] == ["image"]
    at.sandbox.assert_delivered(ADA, times=2)
    at.sandbox.assert_delivered(ADA, "Hi", session=other.id)
    at.sandbox.assert_delivered(NOBODY, times=0)
    with pytest.raises(ValueError, match="must be"):
        found("Ada")


async def test_assert_delivered_says_what_was() -> None:
    """A delivery that was expected in vain is told with what was delivered instead."""
    at = desk()
    await at.say("Hi")
    await at.say("Hi")
    with pytest.raises(AssertionError, match=r"2 copies of 'Hi' were delivered to \+447700900456, not 1; .*'Hi', 'Hi'"):
        at.sandbox.assert_delivered(ADA, "Hi")
    with pytest.raises(AssertionError, match="0 copies of 'Ho'"):
        at.sandbox.assert_delivered(ADA, "Ho")
    with pytest.raises(AssertionError, match=r"0 messages were delivered to \+447700900457, not 1; delivered: \[\]"):
        at.sandbox.assert_delivered(BOB)


async def test_assert_no_duplicates() -> None:
    """The same to the same by the same session, however its number is spelt, is told; anything else is no duplicate."""
    at = desk()
    other = at.sandbox.add_session("Other", "+447700900124")
    await at.say("Hi")
    await at.say("Hi", to=BOB)
    await at.say("Ho")
    await at.client.send_text(session=other.id, to=ADA, text="Hi")
    for caption in ("Hi", "Ho"):
        await at.client.send_image(session=other.id, to=ADA, url=PICTURE, caption=caption)
    at.sandbox.assert_no_duplicates()
    await at.say("Hi", to=ADA_CHAT)
    at.sandbox.assert_no_duplicates(other.id)
    with pytest.raises(AssertionError, match=r"2 × .*Hi.* to 447700900456@c\.us"):
        at.sandbox.assert_no_duplicates()


BECAME: list[tuple[list[str], str, int, str | None]] = [
    ([], "done", 1, None),
    (["delay POST /sendText seconds=2", "delay POST /sendText seconds=1"], "done", 1, "delay + delay"),
    (["delay POST /sendText seconds=60"], "lost", 1, "delay"),
    (["reset_after POST /sendText"], "lost", 1, "reset_after"),
    (["reset POST /sendText"], "dropped", 0, "reset"),
    (["hang POST /sendText"], "dropped", 0, "hang"),
    (["500 POST /sendText"], "refused", 0, "500"),
    (["500 POST /sendText processed=true"], "lost", 1, "500"),
    (["truncated POST /sendText"], "lost", 1, "truncated"),
]


@pytest.mark.parametrize(("faults", "became", "delivered", "fault"), BECAME)
async def test_journal_says_what_became_of_it(
    faults: list[str], became: str, delivered: int, fault: str | None
) -> None:
    """The journal tells what was done and answered, refused, done in secret, or dropped; and by which fault."""
    at = desk(faults=faults)
    client = at.client.with_options(timeout=10)
    with suppress(WasendError):
        await client.send_text(session=at.session.id, to=ADA, text="Hi")
    await at.sandbox.clock.sleep(60)
    (entry,) = at.sandbox.journal
    assert (entry.became, entry.fault, entry.path) == (became, fault, "/sendText")
    at.sandbox.assert_delivered(ADA, times=delivered)


def test_journal_of_a_refusal() -> None:
    """What the sandbox itself refuses is refused, and what a client was kept from hearing is dropped."""
    entry = JournalEntry(number=1, at=START, method="GET", path="/account", status=404, processed=False)
    assert entry.became == "refused"
    assert attrs.evolve(entry, status=None).became == "dropped"


async def test_answer_that_fails() -> None:
    """A mistake in a function that replies is told to the test, and the message it was about is there."""

    def clumsy(message: StoredMessage) -> str:
        raise LookupError(message.content)

    at = desk()
    at.sandbox.script_reply(clumsy)
    fails: Callable[[], Any] = lambda: at.say("Hi")  # noqa: E731
    with pytest.raises(WasendError, match="LookupError: Hi"):
        await fails()
    at.sandbox.assert_delivered(ADA, "Hi")
