"""
The proof of the promise: whatever goes wrong, nothing is sent twice, and what is said of a send is true.

``WASEND_PROOF_SENDS`` and ``WASEND_PROOF_SEEDS`` make it as large as one likes; docs/delivery.md gives figures.
"""

from __future__ import annotations

import asyncio
import os
import random
from base64 import b64decode
from collections import Counter
from typing import Any

import pytest

from tests.accounting import SEEDS, SENDS, Account, settlements
from tests.chaos import SPEED, Chaos
from wasend import AsyncWasendClient, Message, Retry, Timeout, WasendError
from wasend import Clock as MachineClock
from wasend.sandbox import Clock, Sandbox

FULL_SIZE = 2000  # sends of each figure in docs/delivery.md
TASKS = 50
SEND = "POST /send*"
READ = "GET /{session}/chats/{chat}/messages"
LOST = (
    f"hang {SEND} 3% processed=true",  # a lost answer: delivered
    f"hang {SEND} 3%",  # a lost answer: not delivered
    f"reset_after {SEND} 3%",
    f"reset {SEND} 2%",
    f"refuse {SEND} 2%",
    f"truncated {SEND} 2%",
    f"truncated {SEND} 2% announced=false",
    f"late {SEND} 3% seconds=8",
    f"delay {SEND} 2% seconds=3",
)
REFUSED = (
    f"rate_limit {SEND} 5% seconds=1",
    f"500 {SEND} 2% processed=true",
    f"500 {SEND} 2%",
    f"502 {SEND} 1% processed=true",
    f"ban {SEND} 1%",
    f"session_status {SEND} 1%",
    f"answer {SEND} 1% status=500 body=@exception processed=true",
    f"answer {SEND} 1% status=500 body=@echo processed=true",
    f"answer {SEND} 1% status=500 body=@echo",
)
UNCLEAR = (
    f"answer {SEND} 1% status=202",
    f"answer {SEND} 1% status=202 processed=true",
    f"answer {SEND} 1% body=@html",
    f"answer {SEND} 1% body=@html processed=true",
    f"answer {SEND} 1% body=@error",
    f"answer {SEND} 1% body=@error processed=true",
    f"answer {SEND} 1% body=@failure",
)
ODD = (
    f"ids {SEND} 10% form=bare",
    f"ids {SEND} 10% form=suffixed",
    f"ids {SEND} 5% form=changed",
    f"missing_fields {SEND} 3% fields=id",
    f"twin {SEND} 5% by=phone",
    f"twin {SEND} 5% by=recipient",
    f"filed {SEND} 3% under=lid",
    f"filed {SEND} 2% under=other",
    f"unseen {READ} 40% seconds=3",
    f"shuffled {READ} 40%",
    f"rewritten {READ} 60%",
    f"ids {READ} 20% form=suffixed",
    f"ids {READ} 5% form=changed",
    f"500 {READ} 10%",
    f"reset {READ} 5%",
    f"truncated {READ} 3%",
)
CLOCKS = {0: (), 1: ("clock_off seconds=5000",), 2: ("clock_off seconds=-5000",)}
UNREADABLE = f"500 {READ}"
TEXTS = (
    "No. {}",
    "Your boiler shows error 463 ({})",
    "\u2764\ufe0f Cafe\u0301 {} \r\nHello\u200d ",
    "rate-overlimit & {}…",
)

Key = tuple[int, str]


class Crowd:
    """People whose numbers are spelt in every way."""

    def __init__(self, size: int) -> None:
        self.numbers = [self._of(one) for one in range(size)]
        self._person = {number[1:]: person for person, forms in enumerate(self.numbers) for number in forms}

    def _of(self, one: int) -> list[str]:
        match one % 10:
            case 0:
                return [f"+55119{80000000 + one}", f"+5511{80000000 + one}"]
            case 5:
                return [f"+521551{2000000 + one}", f"+52551{2000000 + one}"]
            case _:
                return [f"+4477009{one:05}"]

    def spelling(self, person: int, draw: random.Random) -> str:
        number = draw.choice(self.numbers[person])
        return draw.choice([number, number[1:], f"{number[1:]}@c.us", f"{number[1:]}@s.whatsapp.net"])

    def whose(self, to: str) -> int:
        return self._person[to.removeprefix("+").partition("@")[0]]


def orders(crowd: Crowd, draw: random.Random) -> list[tuple[Key, str, dict[str, Any]]]:
    """What to send: texts that nobody else is sent, texts that several get at once, pictures with and without words."""
    made: list[tuple[Key, str, dict[str, Any]]] = []
    for number in range(SENDS):
        person = draw.randrange(len(crowd.numbers))
        text = TEXTS[number % len(TEXTS)].format(number)
        fields: dict[str, Any] = {"text": text}
        call = "send_text"
        if number % 8 == 0:  # many at once that are alike
            person, fields["text"] = draw.randrange(8), "We close at five."
        elif number % 8 == 3:
            call, fields = "send_image", {"url": "https://a.example/a.png", "caption": text}
        elif number % 8 == 6:
            call, fields = "send_image", {"data": f"{number}".encode() * 9}
        what = fields.get("text") or fields.get("caption") or fields["data"].decode()
        made.append(((person, what), call, {"to": crowd.spelling(person, draw), **fields}))
    return made


async def send_all(
    client: AsyncWasendClient, session: str, todo: list[tuple[Key, str, dict[str, Any]]]
) -> list[tuple[Key, Message | WasendError]]:
    """Send from many tasks; what was said of each."""
    left, told = iter(todo), list[tuple[Key, Message | WasendError]]()

    async def work() -> None:
        for key, call, fields in left:
            try:
                told.append((key, await getattr(client, call)(session=session, **fields)))
            except WasendError as error:
                told.append((key, error))

    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(work())
    return told


async def in_the_storm(
    seed: int, *faults: str, **options: Any
) -> tuple[Account, list[tuple[Key, Message | WasendError]]]:
    """The account of a storm, and what was told of each send."""
    sandbox = Sandbox(seed=seed, clock=Clock(stopped=True, at=1_750_000_000 + seed / 7), faults=faults)
    random.seed(seed)  # of what waits before retries
    session = sandbox.add_session().id
    crowd = Crowd(60)
    async with sandbox.async_client(**options) as client:
        told = await send_all(client, session, orders(crowd, random.Random(seed)))
    delivered: Counter[Key] = Counter()
    for one in sandbox.deliveries():  # wherever they are filed, the request says whom it named
        delivered[crowd.whose(one.body["to"]), one.words or b64decode(one.body["data"]).decode()] += 1
    assert len(told) == SENDS
    return Account.of(told, delivered), told


@pytest.mark.parametrize("seed", SEEDS)
async def test_settled(seed: int) -> None:
    """In every unkindness at once: nothing twice, nothing untrue, and hardly anything unknown that could be known."""
    account, told = await in_the_storm(seed, *LOST, *REFUSED, *UNCLEAR, *ODD, *CLOCKS[seed % 3], settle=True)
    account.check(f"settled, seed {seed}")
    assert account.unknown < SENDS * 0.3
    # Looked for and not there: that is all that anybody can know.
    assert all(settlements(told))


class FastClock(MachineClock):
    """The true time, as fast as it passes in the chaos."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos

    def now(self) -> float:
        return self._chaos.now()

    def monotonic(self) -> float:
        return self._chaos.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


@pytest.mark.parametrize("seed", SEEDS)
async def test_settled_in_a_chaos_that_knows_nothing_of_us(seed: int) -> None:
    """So it is over real sockets, against a server that shares no line with the package."""
    chaos = Chaos(seed, ahead=(0.0, 5000.0, -5000.0)[seed % 3])
    clock, crowd = FastClock(chaos), Crowd(60)
    async with (
        chaos as url,
        AsyncWasendClient("k", base_url=url, clock=clock, settle=True, timeout=Timeout(answer=0.5, send=0.5)) as client,
    ):
        await clock.sleep(5)  # a client that has just been made knows nothing of what came before
        told = await send_all(client, "ses_1", orders(crowd, random.Random(seed)))
    delivered = Counter(
        (crowd.whose(to), what if isinstance(what, str) else what.decode()) for to, what in chaos.messages
    )
    account = Account.of(told, delivered)
    # Time runs ten times as fast there: on a machine that is busy with other tests, looks come too late.
    account.check(f"settled in chaos, seed {seed}", settled="WASEND_PROOF_SENDS" in os.environ)
    assert account.unknown < SENDS * 0.4


@pytest.mark.parametrize("seed", SEEDS)
async def test_settled_where_reading_back_always_fails(seed: int) -> None:
    """Where nothing can be read back, what was not answered stays unknown, delivered or not; nothing false is told."""
    account, told = await in_the_storm(seed, *LOST, *REFUSED, *UNCLEAR, UNREADABLE, settle=True)
    account.check(f"settled, nothing can be read back, seed {seed}", settled=False)
    assert account.knowable
    assert all(one is not None and "reading back failed" in one.reason for one in settlements(told))


@pytest.mark.parametrize("seed", SEEDS)
async def test_unsettled(seed: int) -> None:
    """Without settling nothing is sent twice either, and nothing is told as sent that was not, nor the reverse."""
    account, _ = await in_the_storm(seed, *LOST, *REFUSED, *UNCLEAR, *ODD, retry=Retry(max_retries=1))
    account.check(f"not settled, seed {seed}", settled=False)
    assert account.knowable
