"""The rules of delivery as a client has them: each option does what it says, in both clients."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from wasend import (
    AccountRestrictedError,
    AsyncWasendClient,
    BreakerOpenError,
    ClientClosedError,
    ConfigurationError,
    InvalidRequestError,
    Message,
    MessageFailedError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    Recipient,
    Retry,
    SessionFailedError,
    SessionNotReadyError,
    SuppressedRecipientError,
    TurnTimeoutError,
    Wait,
    WaitTimeoutError,
)
from wasend.delivery import Breaker, MemoryStore, Pacer, Pacing, RateLimiter, Resolver, Suppression
from wasend.sandbox import Clock, Sandbox

ADA, BOB = "+447700900456", "+447700900457"
LOST = "reset_after POST /sendText x1"


@pytest.fixture
def desk(wasend_sandbox: Sandbox) -> str:
    """The id of a connected session."""
    return wasend_sandbox.add_session().id


# Settling


@pytest.mark.wasend_faults(LOST)
async def test_settle_afterwards(wasend_sandbox: Sandbox, async_wasend_client: AsyncWasendClient, desk: str) -> None:
    """A lost answer is settled by the error: the message was sent, and nothing is sent again."""
    with pytest.raises(OutcomeUnknownError) as caught:
        await async_wasend_client.send_text(session=desk, to=ADA, text="Hi")
    assert caught.value.settlement is None
    settlement = await async_wasend_client.settle(caught.value)
    (message,) = wasend_sandbox.deliveries()
    assert isinstance(settlement.result, Message)
    assert (settlement.outcome, settlement.result.id) == ("sent", message.id)
    assert caught.value.settlement is settlement


@pytest.mark.wasend_faults(LOST)
def test_settle_as_an_option(wasend_sandbox: Sandbox, desk: str) -> None:
    """With `settle=True` a lost answer becomes an ordinary result; in the synchronous face as well."""
    with wasend_sandbox.client(settle=True) as client:
        message = client.send_text(session=desk, to=ADA, text="Hi")
    assert message.id == wasend_sandbox.deliveries()[0].id
    wasend_sandbox.assert_delivered(ADA, "Hi")


@pytest.mark.wasend_faults(LOST)
async def test_settle_per_call(wasend_sandbox: Sandbox, async_wasend_client: AsyncWasendClient, desk: str) -> None:
    """A view may settle where its client does not."""
    message = await async_wasend_client.with_options(settle=True).send_text(session=desk, to=ADA, text="Hi")
    assert message.id == wasend_sandbox.deliveries()[0].id


@pytest.mark.wasend_faults(LOST)
async def test_settle_no_more(wasend_sandbox: Sandbox, desk: str) -> None:
    """A view may leave it, too."""
    client = wasend_sandbox.async_client(settle=True).with_options(settle=False)
    with pytest.raises(OutcomeUnknownError):
        await client.send_text(session=desk, to=ADA, text="Hi")


@pytest.mark.wasend_faults("reset POST /sendText")
async def test_settle_what_never_arrived(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str) -> None:
    """What is not found stays unknown, after it was looked for, and the error says what was seen."""
    await wasend_sandbox.async_client().send_image(session=desk, to=ADA, url="https://example.org/a.png")
    began = wasend_clock.now()
    with pytest.raises(OutcomeUnknownError) as caught:
        await wasend_sandbox.async_client(settle=True).send_text(session=desk, to=ADA, text="Hi")
    assert wasend_clock.now() - began == pytest.approx(10)
    assert caught.value.settlement is not None
    assert caught.value.settlement.outcome == "unknown"
    assert len(caught.value.settlement.seen) == 1


@pytest.mark.wasend_faults("reset_after POST /sessions x1", "reset_after POST /{session}/groups x1")
async def test_settle_what_is_created(wasend_sandbox: Sandbox, desk: str) -> None:
    """Sessions are found by their name, groups by their subject."""
    client = wasend_sandbox.async_client(settle=True)
    session = await client.create_session(session_name="Shop", phone_number=BOB)
    assert session.unique_session_id in wasend_sandbox.sessions
    group = await client.create_group(desk, name="Crew", participants=[ADA])
    assert group.jid in wasend_sandbox.groups


# Pacing


async def test_pacing(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str) -> None:
    """Sends wait for their turn, as the profile says; other calls do not."""
    pacing = attrs.evolve(Pacing.known(), quiet_hours=None)
    client = wasend_sandbox.async_client(pacing=pacing)
    began = wasend_clock.now()
    await asyncio.gather(*(client.send_text(session=desk, to=ADA, text=str(number)) for number in range(5)))
    assert 4 * 5 <= wasend_clock.now() - began <= 4 * 15
    then = wasend_clock.now()
    await client.get_all_chats(desk)
    await client.start_typing(session=desk, to=ADA)
    assert wasend_clock.now() == then
    gaps = [two.timestamp - one.timestamp for one, two in itertools.pairwise(wasend_sandbox.messages())]
    assert all(5 <= gap <= 15 for gap in gaps)
    assert len(set(gaps)) == 4


async def test_kinds(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str) -> None:
    """What quotes a message is a reply; a view may say what its sends are."""
    slow = Pacing(gap=(100.0, 110.0), quiet_hours=None)
    client = wasend_sandbox.async_client(pacing=Pacer({"known": slow, "cold": slow}, clock=wasend_clock))
    question = wasend_sandbox.receive(desk, ADA, "When?")

    async def spent(view: AsyncWasendClient, **more: Any) -> float:
        began = wasend_clock.now()
        await view.send_text(session=desk, to=ADA, text="At 10", **more)
        return wasend_clock.now() - began

    assert await spent(client) == 0
    assert await spent(client, reply_to=question.id) < 4
    assert await spent(client.with_options(kind="reply")) < 4
    assert await spent(client) > 90
    assert await spent(client.with_options(kind="cold")) > 90


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize("face", ["async", "sync"])
async def test_pacing_without_waiting(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str, face: str) -> None:
    """A view knows the recipient's zone, waits so long for a turn, or has one that is kept; its client's hook is told."""
    waits: list[Wait] = []
    pacer = Pacer({"known": attrs.evolve(Pacing.known(), gap=(100.0, 110.0))}, clock=wasend_clock)
    client = wasend_sandbox.async_client(pacing=pacer, on_wait=waits.append)
    plain = wasend_sandbox.client(pacing=pacer, on_wait=waits.append)

    async def send(to: str = ADA, **options: Any) -> None:
        if face == "async":
            await client.with_options(**options).send_text(session=desk, to=to, text="Hi")
        else:
            view = plain.with_options(**options)
            await asyncio.to_thread(view.send_text, session=desk, to=to, text="Hi")

    await send(turn_timeout=0)
    with pytest.raises(TurnTimeoutError) as caught:
        await send(turn_timeout=0)
    assert caught.value.reason == "gap"
    kept = pacer.reserve(desk, BOB)
    for wrong in ({"to": ADA}, {"to": BOB, "zone": "Nowhere/Town"}):
        with pytest.raises((InvalidRequestError, ConfigurationError)):
            await send(**wrong, **({"reservation": kept.token} if "zone" not in wrong else {}))
    assert not waits
    await send(BOB, reservation=kept.token)
    assert wasend_sandbox.deliveries()[-1].timestamp == pytest.approx(kept.moment.timestamp(), abs=1e-5)
    (wait,) = waits
    assert (wait.reason, wait.until) == ("turn", kept.moment)
    wasend_clock.advance(110)
    with pytest.raises(TurnTimeoutError) as caught:
        await send(zone="Asia/Tokyo", turn_timeout=600)
    assert caught.value.reason == "quiet_hours"
    await client.aclose()
    plain.close()


def test_reservation_without_pacing() -> None:
    """A client without pacing has no moments to keep."""
    with pytest.raises(ConfigurationError, match="reservation"):
        AsyncWasendClient("k").with_options(reservation="x")


def test_pacing_that_cannot_be() -> None:
    """Anything but a pacing or a pacer is refused."""
    with pytest.raises(ConfigurationError, match="pacing"):
        AsyncWasendClient("k", pacing=5)  # type: ignore[arg-type]


# Breaker


@pytest.mark.wasend_faults("ban POST /sendText #2 signal=463")
async def test_breaker(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str) -> None:
    """The first 463 stops new conversations; those with whom one talked go on; the clock opens it again."""
    client = wasend_sandbox.async_client(breaker=True)
    await client.send_text(session=desk, to=ADA, text="Hi")
    with pytest.raises(AccountRestrictedError):
        await client.send_text(session=desk, to=ADA, text="Hi again")
    with pytest.raises(BreakerOpenError) as caught:
        await client.send_text(session=desk, to=BOB, text="Hi")
    assert (caught.value.session, caught.value.outcome) == (desk, "not_sent")
    assert caught.value.until.timestamp() == pytest.approx(wasend_clock.now() + 24 * 3600, abs=1)
    await client.send_text(session=desk, to=ADA, text="There you are")
    wasend_clock.advance(24 * 3600 + 1)
    await client.send_text(session=desk, to=BOB, text="Hi")
    assert [one.content for one in wasend_sandbox.deliveries()] == ["Hi", "There you are", "Hi"]


@pytest.mark.wasend_faults("ban POST /sendText #1 signal=463")
async def test_breaker_behind_a_pacer(wasend_sandbox: Sandbox, desk: str) -> None:
    """A breaker learns of paced sends as of any other."""
    client = wasend_sandbox.async_client(breaker=True, pacing=Pacing(gap=(1, 2)))
    with pytest.raises(AccountRestrictedError):
        await client.send_text(session=desk, to=ADA, text="Hi")
    with pytest.raises(BreakerOpenError):
        await client.send_text(session=desk, to=BOB, text="Hi")


@pytest.mark.wasend_faults("500 POST /sendText #1,2,3")
async def test_breaker_and_kinds(wasend_sandbox: Sandbox, desk: str) -> None:
    """One breaker for several clients: three failures in a row hold everything, whatever kind it is said to be."""
    breaker = Breaker(clock=wasend_sandbox.clock)
    clients = [wasend_sandbox.async_client(breaker=breaker, retry=None) for _ in range(2)]
    for client in (*clients, clients[0]):
        with pytest.raises(OutcomeUnknownError):
            await client.send_text(session=desk, to=ADA, text="Hi")
    for view in (clients[0], clients[1].with_options(kind="reply")):
        with pytest.raises(BreakerOpenError):
            await view.send_text(session=desk, to=ADA, text="Hi")
    breaker.close(desk)
    await clients[1].send_text(session=desk, to=ADA, text="Hi")


async def test_breaker_asks_before_the_wait(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str) -> None:
    """Nobody waits for a turn that cannot come, and what happens during the wait is heeded too."""
    suppression = Suppression(clock=wasend_clock)
    pacing = Pacing(gap=(100.0, 110.0), quiet_hours=None)
    client = wasend_sandbox.async_client(pacing=pacing, suppression=suppression)
    await client.send_text(session=desk, to=ADA, text="Hi")
    suppression.add(BOB, "STOP")
    then = wasend_clock.now()
    with pytest.raises(SuppressedRecipientError):
        await client.send_text(session=desk, to=BOB, text="Hi")
    assert wasend_clock.now() == then
    waiting = asyncio.create_task(client.send_text(session=desk, to=ADA, text="Hi?"))
    await asyncio.sleep(0)
    suppression.add(ADA, "STOP")
    with pytest.raises(SuppressedRecipientError):
        await waiting
    wasend_sandbox.assert_delivered(ADA, times=1)


# Rate limit


async def test_rate_limit(wasend_sandbox: Sandbox, wasend_clock: Clock) -> None:
    """No more requests go out than it allows; waiting for one's turn does not count towards the total deadline."""
    client = wasend_sandbox.async_client(rate_limit="20/m", timeout=5)
    began = wasend_clock.now()
    await asyncio.gather(*(client.retrieve_account() for _ in range(200)))
    assert wasend_clock.now() - began == pytest.approx(9 * 60, abs=61)
    times = [one.at for one in wasend_sandbox.journal]
    assert all(late - early >= 59.9 for early, late in zip(times, times[20:], strict=False))


@pytest.mark.wasend_sandbox(rate_limit="5/10s")
async def test_rate_limit_of_the_service(wasend_sandbox: Sandbox) -> None:
    """A 429 on one task holds the others back: they do not all hit the wall as well."""
    refused = asyncio.Event()
    client = wasend_sandbox.async_client(retry=Retry(max_retries=9), on_wait=lambda _: refused.set())

    async def first() -> None:
        for _ in range(6):
            await client.retrieve_account()

    async def others() -> None:
        await refused.wait()
        await asyncio.gather(*(client.retrieve_account() for _ in range(20)))

    await asyncio.gather(first(), others())
    statuses = [one.status for one in wasend_sandbox.journal]
    assert statuses.count(200) == 26
    # One finds out for all of them, in each window anew.
    assert 1 <= statuses.count(429) <= 5


@pytest.mark.wasend_sandbox(rate_limit="2/100s")
async def test_rate_limit_not_slept_through(wasend_sandbox: Sandbox) -> None:
    """A wait that is longer than `max_retry_after` is raised at once, with its time."""
    client = wasend_sandbox.async_client()
    for _ in range(2):
        await client.retrieve_account()
    with pytest.raises(RateLimitError) as caught:
        await client.retrieve_account()
    assert caught.value.retry_after == pytest.approx(100, abs=1)


async def test_rate_limit_of_another_key(wasend_sandbox: Sandbox, wasend_clock: Clock) -> None:
    """A limiter may be shared by clients of one key; a view with another key has one of its own."""
    limiter = RateLimiter("1/h", clock=wasend_clock)
    one, two = (wasend_sandbox.async_client(rate_limit=limiter) for _ in range(2))
    began = wasend_clock.now()
    await one.retrieve_account()
    await two.with_options(api_key="other").retrieve_account()
    assert wasend_clock.now() == began
    await two.retrieve_account()
    assert wasend_clock.now() - began >= 3600


@pytest.mark.wasend_sandbox(clock=Clock())
async def test_closing_ends_the_wait_for_a_turn(wasend_sandbox: Sandbox) -> None:
    """Closing the client ends calls that wait for their turn; nothing of them was sent."""
    client = wasend_sandbox.async_client(rate_limit="1/h")
    await client.retrieve_account()
    waiting = asyncio.create_task(client.retrieve_account())
    await asyncio.sleep(0)
    await client.aclose()
    with pytest.raises(ClientClosedError) as caught:
        await waiting
    assert caught.value.outcome == "not_sent"
    assert len(wasend_sandbox.journal) == 1


@pytest.mark.parametrize(("option", "value"), [("rate_limit", "often"), ("breaker", 3)])
def test_options_that_cannot_be(option: str, value: object) -> None:
    """What means nothing is refused, by the option's name."""
    with pytest.raises(ConfigurationError, match=option):
        AsyncWasendClient("k", **{option: value})  # type: ignore[arg-type]


# Suppression


def test_suppress(wasend_sandbox: Sandbox, desk: str) -> None:
    """Who is suppressed gets nothing of any kind, by any client with the list; nothing leaves."""
    suppression = Suppression(clock=wasend_sandbox.clock)
    with wasend_sandbox.client(suppression=suppression) as client:
        client.suppress("+44 7700 900456", "STOP")
        sends: list[Callable[[], object]] = [
            lambda: client.send_text(session=desk, to=ADA, text="Hi"),
            lambda: client.send_image(session=desk, to="447700900456@c.us", url="https://example.org/a.png"),
            lambda: client.send(session=desk, to="447700900456@s.whatsapp.net", text="Hi"),
        ]
        for send in sends:
            with pytest.raises(SuppressedRecipientError) as caught:
                send()
            assert (caught.value.reason, caught.value.outcome) == ("STOP", "not_sent")
        client.send_text(session=desk, to=BOB, text="Hi")
    assert [one.path for one in wasend_sandbox.journal] == ["/sendText"]


async def test_suppress_without_a_list(async_wasend_client: AsyncWasendClient) -> None:
    """Without a list that is an error which says how to give one."""
    with pytest.raises(ConfigurationError, match="suppression=Suppression"):
        await async_wasend_client.suppress(ADA, "STOP")


# Ready


@pytest.mark.wasend_sandbox(start_after=20)
async def test_ready(wasend_sandbox: Sandbox, desk: str) -> None:
    """A send that meets STARTING waits for the session, if it is told to; else it raises at once."""
    client = wasend_sandbox.async_client()
    await client.stop_session(desk)
    await client.restart_session(desk)
    with pytest.raises(SessionNotReadyError):
        await client.send_text(session=desk, to=ADA, text="Hi")
    await wasend_sandbox.async_client(ready=60).send_text(session=desk, to=ADA, text="Hi")
    wasend_sandbox.assert_delivered(ADA, "Hi")


@pytest.mark.wasend_sandbox(start_after=200)
async def test_never_ready(wasend_sandbox: Sandbox, desk: str) -> None:
    """Where it does not get ready, the error says where it was last."""
    client = wasend_sandbox.async_client(ready=60)
    await client.stop_session(desk)
    await client.restart_session(desk)
    with pytest.raises(SessionNotReadyError) as caught:
        await client.send_text(session=desk, to=ADA, text="Hi")
    assert caught.value.session_status == "STARTING"
    with pytest.raises(WaitTimeoutError) as waited:
        await client.wait_until_ready(desk, timeout=30)
    assert waited.value.state == "STARTING"


async def test_wait_for_state(wasend_sandbox: Sandbox, async_wasend_client: AsyncWasendClient, desk: str) -> None:
    """A state is waited for in any wording; a session that has failed is not waited for."""
    assert (await async_wasend_client.wait_for_state(desk, "WORKING")).unique_session_id == desk
    session = await async_wasend_client.create_session(session_name="Shop", phone_number=BOB)
    await async_wasend_client.start_session(session)
    failed = await async_wasend_client.wait_for_state(session, ["FAILED", "CONNECTED"], timeout=300)
    assert failed.status == "ERROR"
    with pytest.raises(SessionFailedError):
        await async_wasend_client.wait_until_ready(session)
    with pytest.raises(NotFoundError):
        await async_wasend_client.wait_until_ready("ses_none")


async def test_ready_closes_the_breaker(wasend_sandbox: Sandbox) -> None:
    """Waiting until a session is ready lets the sends pass that were held back because it had failed."""
    other = wasend_sandbox.async_client()
    client = wasend_sandbox.async_client(breaker=Breaker(clock=wasend_sandbox.clock, reset_timeout=86_400))
    session = (await other.create_session(session_name="Shop", phone_number=BOB)).unique_session_id
    assert session
    await other.start_session(session)
    await other.wait_for_state(session, "FAILED", timeout=300)  # nobody scans its QR code
    with pytest.raises(SessionNotReadyError):
        await client.send_text(session=session, to=ADA, text="Hi")
    await other.restart_session(session)
    await other.wait_for_state(session, "SCAN_QR_CODE")
    wasend_sandbox.scan(session)
    with pytest.raises(BreakerOpenError, match="the session is ERROR"):
        await client.send_text(session=session, to=ADA, text="Hi")
    await client.wait_until_ready(session)
    assert (await client.send_text(session=session, to=ADA, text="Hi")).id


@pytest.mark.wasend_faults("ban POST /sendText #1 signal=rate-overlimit")
async def test_ready_does_not_close_what_whatsapp_holds(wasend_sandbox: Sandbox, desk: str) -> None:
    """A session that is seen connected changes nothing about a throttled number: it stays held back."""
    client = wasend_sandbox.async_client(breaker=True)
    with pytest.raises(AccountRestrictedError):
        await client.send_text(session=desk, to=ADA, text="Hi")
    await client.wait_until_ready(desk)
    with pytest.raises(BreakerOpenError, match="throttles"):
        await client.send_text(session=desk, to=ADA, text="Hi")


# Acks


@pytest.mark.wasend_sandbox(acks={"SERVER": 1, "DEVICE": 5, "READ": 30})
async def test_wait_for_ack(wasend_sandbox: Sandbox, async_wasend_client: AsyncWasendClient, desk: str) -> None:
    """A message is waited for until it is delivered, or read; one that fails raises, and so does too long a wait."""
    message = await async_wasend_client.send_text(session=desk, to=ADA, text="Hi")
    delivered = await async_wasend_client.wait_for_ack(message, session=desk)
    assert delivered.ack == 2
    assert (await async_wasend_client.session(desk).wait_for_ack(message, at_least="READ")).ack == 3
    with pytest.raises(WaitTimeoutError) as caught:
        await async_wasend_client.wait_for_ack(message, session=desk, at_least="PLAYED", timeout=20)
    assert (caught.value.state, caught.value.outcome) == ("READ", "sent")
    wasend_sandbox.ack(str(message.id), "ERROR")
    with pytest.raises(MessageFailedError):
        await async_wasend_client.wait_for_ack(message, session=desk, at_least="READ")


# Recipients


@pytest.mark.wasend_sandbox(unknown=["+447700900999"])
async def test_resolve(wasend_sandbox: Sandbox, wasend_clock: Clock, desk: str) -> None:
    """WhatsApp says which form of a number it knows; the answer may be sent to, and is remembered."""
    store = MemoryStore()
    client = wasend_sandbox.async_client(resolver=Resolver(store=store, clock=wasend_clock))
    found = await client.resolve("+5531988887777", session=desk)
    assert found == Recipient.parse("+553188887777")
    assert await client.resolve("+447700900999", session=desk) is None
    asked = len(wasend_sandbox.journal)
    later = wasend_sandbox.async_client(resolver=Resolver(store=store, clock=wasend_clock))
    assert await later.resolve("+5531988887777", session=desk) == found
    assert len(wasend_sandbox.journal) == asked
    await client.send_text(session=desk, to=found.to, text="Olá")
    wasend_sandbox.assert_delivered("+553188887777", "Olá")


async def test_resolve_by_a_view(async_wasend_client: AsyncWasendClient, wasend_sandbox: Sandbox, desk: str) -> None:
    """A client and its views remember together."""
    await async_wasend_client.resolve(ADA, session=desk)
    asked = len(wasend_sandbox.journal)
    await async_wasend_client.with_options(timeout=3).session(desk).resolve(ADA)
    assert len(wasend_sandbox.journal) == asked


def test_modules_are_imported_when_needed() -> None:
    """Importing the package imports no module of delivery; each comes with its first name, and there are no other names."""
    program = """
        import sys, wasend, wasend.delivery
        modules = lambda: {name.rpartition(".")[2] for name in sys.modules if name.startswith("wasend.delivery.")}
        assert modules() == set(), modules()
        wasend.delivery.MemoryStore()
        assert modules() == {"stores"}, modules()
        assert set(wasend.delivery.__all__) <= set(dir(wasend.delivery))
        for name in wasend.delivery.__all__:
            assert getattr(wasend.delivery, name).__name__ == name
        assert not hasattr(wasend.delivery, "Brake")
    """
    subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(program)], check=True, timeout=60)
