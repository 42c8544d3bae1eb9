"""The page about delivery tells the truth: every program runs, and does what the text around it says."""

from __future__ import annotations

import asyncio
import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests import test_delivery_proof
from wasend import AccountRestrictedError, BreakerOpenError, ConfigurationError, OutcomeUnknownError, Retry, Timeout
from wasend._core.clock import SYSTEM_CLOCK
from wasend.delivery import (
    Breaker,
    MemoryStore,
    Pacing,
    PostgresStore,
    Store,
    Suppression,
    bulkhead,
    leases,
    store_access,
)
from wasend.delivery.conformance import StoreConformance
from wasend.delivery.pacing import scheduler
from wasend.delivery.settle import ledger
from wasend.sandbox import Clock, Sandbox

PROJECT: Final = Path(__file__).parent.parent
PAGE: Final = (PROJECT / "docs" / "delivery.md").read_text(encoding="utf-8")
PROGRAMS: Final = re.findall(r"(?:^<!-- faults: ([^\n]*) -->\n)?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOON: Final = datetime(2026, 5, 5, 12, tzinfo=UTC).timestamp()

Run = Callable[..., tuple[Sandbox, dict[str, Any], list[str]]]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Run:
    """Run the one program that holds some words; the sandbox that it met, its names, and the lines that it printed."""
    monkeypatch.chdir(tmp_path)

    def run_it(words: str, **options: Any) -> tuple[Sandbox, dict[str, Any], list[str]]:
        ((faults, program),) = [found for found in PROGRAMS if words in found[1]]
        if "DATABASE_URL" in program:
            monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgres"))
        if "Redis(" in program:
            address = urlsplit(request.getfixturevalue("redis"))
            monkeypatch.setattr("redis.Redis", functools.partial(Redis, port=address.port, db=int(address.path[1:])))
        clock = Clock(stopped=True, at=NOON)
        strikes = filter(None, faults.split("; "))
        sandbox = Sandbox(clock=clock, faults=strikes, acks={"DEVICE": 1, "READ": 5}, start_after=3, **options)
        for name in ("now", "monotonic", "sleep"):  # a program's time is the sandbox's: it waits, and nobody else does
            monkeypatch.setattr(SYSTEM_CLOCK, name, getattr(clock, name))
        monkeypatch.setattr(type(SYSTEM_CLOCK), "simulated", True)
        with sandbox.serve() as server:
            monkeypatch.setenv("WASEND_API_KEY", "k3y-of-the-page")
            monkeypatch.setenv("WASEND_BASE_URL", server.url)
            monkeypatch.setenv("WASEND_SESSION", sandbox.add_session().id)
            names: dict[str, Any] = {"__name__": "program"}
            exec(compile(program, "program", "exec"), names)
        return sandbox, names, capsys.readouterr().out.splitlines()

    return run_it


def sent(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(one.to.partition("@")[0], one.content) for one in sandbox.deliveries()]


def rows(section: str) -> list[list[str]]:
    """The cells of the tables in a section, but for the lines below their heads."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert text
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs(number: int, run: Run) -> None:
    """Every program runs as it stands, without a warning, and sends nothing twice."""
    sandbox, _, _ = run(PROGRAMS[number][1])
    sandbox.assert_no_duplicates()


def test_every_program_is_found() -> None:
    """There are as many as there are fences of Python, and each set of faults belongs to one."""
    assert len(PROGRAMS) == PAGE.count("```python")
    assert len([faults for faults, _ in PROGRAMS if faults]) == PAGE.count("<!-- faults:")


def test_settling(run: Run) -> None:
    """The lost send that arrived is a result, the other stays unknown, with what was seen instead."""
    sandbox, _, lines = run("print(error.settlement.outcome")
    (delivered,) = sandbox.deliveries()
    assert [lines[0], lines[2]] == [f"sent {delivered.id}", f"there is only {delivered.id}"]
    assert lines[1].startswith("unknown - it was not found")


def test_settling_afterwards(run: Run) -> None:
    """What the error could not tell, settling does; and a call of a view that settles needs no error."""
    sandbox, _, lines = run("client.settle(error, window=30)")
    first, second = sandbox.deliveries()
    assert lines[0].startswith(f"sent Message(id='{first.id}'")
    assert lines[1].startswith(f"Message(id='{second.id}'")


def test_settling_by_a_description(run: Run) -> None:
    """What is not there stays unknown, with the reason."""
    _, _, lines = run("settle_send(")
    assert lines == ["unknown: it was not found by reading back (0 looked at; those of other sends do not count)"]


@pytest.mark.parametrize(("message_ids", "line"), [("take", "sent by its id"), ("ignore", "sent by its text")])
def test_message_ids(run: Run, message_ids: str, line: str) -> None:
    """A lost message is found by its id where the service takes that over, and as well as without where not."""
    _, _, lines = run('message_ids="try"', message_ids=message_ids)
    assert lines == [line]


@pytest.mark.parametrize("settle", [True, False])
async def test_what_settling_costs(settle: bool) -> None:
    """While a paced send is looked for, one that is alike waits, also in a client that does not settle; others do not."""
    faults = ["reset POST /sendText #1"]
    sandbox = Sandbox(clock=Clock(stopped=True, at=NOON), faults=faults)
    desk = sandbox.add_session().id
    async with (
        sandbox.async_client(settle=True, pacing=Pacing(gap=(1, 2))) as paced,
        sandbox.async_client(settle=settle) as other,
    ):

        async def meanwhile() -> None:
            await sandbox.clock.sleep(1)
            await asyncio.gather(*(other.send_text(session=desk, to="+447700900456", text=text) for text in "ab"))

        async def paced_sends() -> None:
            with pytest.raises(OutcomeUnknownError):
                await paced.send_text(session=desk, to="+447700900456", text="a")

        second = paced.send_text(session=desk, to="+447700900457", text="c")
        await asyncio.gather(paced_sends(), meanwhile(), second)
    at = {one.content: one.timestamp - NOON for one in sandbox.deliveries()}
    assert at["b"] == 1
    assert at["a"] >= 10
    assert at["c"] >= 11


def test_settling_may_outlast_the_deadline() -> None:
    """The window comes on top of the call's own time."""
    clock = Clock(stopped=True, at=NOON)
    sandbox = Sandbox(clock=clock, faults=["hang POST /sendText"])
    desk = sandbox.add_session().id
    timeout = Timeout(answer=0.1, send=0.1, total=5)
    with sandbox.client(settle=True, timeout=timeout) as client, pytest.raises(OutcomeUnknownError):
        client.send_text(session=desk, to="+447700900456", text="a")
    assert clock.now() - NOON >= 10


def test_recipients(run: Run) -> None:
    """A national number is read with its region, and the send goes to the form that was found, which is kept."""
    sandbox, names, lines = run("recipients.db")
    assert lines == ["+447700900456", "['+5511987654321', '+551187654321']"]
    assert sent(sandbox) == [("5511987654321", "Bom dia!")]
    assert names["SqliteStore"]("recipients.db").items("")


def test_pacing(run: Run) -> None:
    """Known people are 5 to 15 s apart, the reply comes by its own kind's gap, and the store holds what was sent."""
    sandbox, names, _ = run('Pacer(store=SqliteStore("pacing.db"))')
    at = [one.timestamp for one in sandbox.deliveries()]
    gaps = [later - one for one, later in itertools.pairwise(at)]
    assert len(gaps) == 3
    assert all(5 <= gap <= 15 for gap in gaps[:2])
    assert 1 <= gaps[2] <= 3
    ((_, kept),) = names["SqliteStore"]("pacing.db").items("pacing/")
    assert {kind: sends[0] for kind, sends in kept["kinds"].items()} == {"known": 3, "reply": 1}


def test_pacing_without_waiting(run: Run) -> None:
    """What cannot be sent now is not waited for, and a moment that is kept is sent at."""
    sandbox, names, lines = run("turn_timeout=0")
    first, second = sandbox.deliveries()
    assert [one.timestamp for one in (first, second)] == [NOON, pytest.approx(names["moment"].timestamp(), abs=1e-5)]
    assert re.fullmatch(r"gap until 2026-05-05 12:00:0[123]\.\d+\+00:00", lines[0])
    assert lines[1] == f"not before {names['moment']}"


def test_own_pacing(run: Run) -> None:
    """The turn around a send to a group takes its zone from `zone_of`; without it the send is refused."""
    sandbox, names, lines = run('zone_of=lambda to: "Europe/London"')
    (line,) = lines
    assert re.fullmatch(r"100 to people who do not know us: \d+ hours", line)
    assert sent(sandbox) == [("120363041234567890", "Rehearsal at eight")]
    with pytest.raises(ConfigurationError, match="zone_of"):
        names["Pacer"]().turn("ses_1", "120363041234567890@g.us", "known")


def test_profiles() -> None:
    """The table has the profiles as they are."""

    def told(value: object) -> str:
        return "–" if value is None else "–".join(map(str, value)) if isinstance(value, tuple) else str(value)

    head, *table = rows("Pacing")
    profiles = [Pacing.reply(), Pacing.known(), Pacing.cold()]
    assert head == ["", *(f'`"{one.name}"`' for one in profiles)]
    assert [row[1:] for row in table] == [
        [told(one.gap) for one in profiles],
        [told(one.pause) + (f" after {one.pause_after}" if one.pause else "") for one in profiles],
        [told(one.per_hour) for one in profiles],
        [told(one.per_day) for one in profiles],
        [", ".join(map(str, one.warm_up)) or "–" for one in profiles],
        [told(one.quiet_hours) for one in profiles],
    ]


def test_breaker(run: Run) -> None:
    """The first signal stops strangers and not those who were written to, and `close` lets all pass."""
    _, names, lines = run('SqliteStore("breaker.db")')
    assert [line.split()[0] for line in lines[:3]] == ["AccountRestrictedError", "BreakerOpenError", "sent"]
    assert "holds back new conversations until 2026-05-07 12:00:00 UTC" in lines[3]
    assert not names["breaker"].state(names["desk"].session_id).held


@pytest.mark.parametrize("kind", ["cold", "known", "reply", None])
async def test_kinds_of_the_breaker(kind: str | None) -> None:
    """A cold send opens a conversation whomever it goes to, another kind none; without one the breaker's memory says."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=NOON), faults=["ban signal=463 POST /sendText #2"])
    desk = sandbox.add_session().id
    held = []
    async with sandbox.async_client(breaker=True) as client:
        await client.send_text(session=desk, to="+447700900456", text="Hello")
        with pytest.raises(AccountRestrictedError):
            await client.send_text(session=desk, to="+447700900457", text="Hello")
        for to in ("+447700900456", "+447700900457"):
            try:
                await client.with_options(kind=kind).send_text(session=desk, to=to, text="Hello again")
            except BreakerOpenError:
                held.append(to)
    assert held == {"cold": ["+447700900456", "+447700900457"], None: ["+447700900457"]}.get(kind, [])


def test_rate_limit(run: Run) -> None:
    """Of 22 requests of both clients 20 leave at once, and two a minute later."""
    sandbox, _, _ = run('RateLimiter("20/m")')
    assert Counter(entry.at - NOON for entry in sandbox.journal) == {0: 20, 60: 2}


async def test_waiting_for_the_rate_limit_costs_no_time() -> None:
    """A call that waits minutes for its turn has all of its deadline left, and may be repeated."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=NOON), faults=["502 GET /account #4"])
    async with sandbox.async_client(rate_limit="1/m", timeout=Timeout(total=5)) as client:
        await asyncio.gather(*(client.retrieve_account() for _ in range(4)))
    assert [entry.at - NOON for entry in sandbox.journal] == [0, 60, 120, 180, 240]


def test_suppression(run: Run) -> None:
    """What was imported and added is there, what was taken off is not, and nothing was sent."""
    sandbox, _, lines = run("import_csv")
    assert lines == ["1 imported", "+44…0456 is on the suppression list; nothing was sent - STOP, 2026-05-01"]
    assert sent(sandbox) == []
    exported = Path("suppressed.csv").read_text(encoding="utf-8")
    assert exported == "number,reason,added_at\n+447700900457,asked to stop,2026-05-05T12:00:00Z\n"


def test_waiting(run: Run) -> None:
    """The send waits for the session, the message comes to the phone and is read, and the session stops."""
    sandbox, _, lines = run("wait_for_ack")
    (message,) = sandbox.deliveries()
    assert message.timestamp >= NOON + 3
    assert lines == ["DEVICE", "it is at READ and was sent", "STOPPED"]


def test_every_wait_ends() -> None:
    """The table of what ends each wait has the bounds as they are."""
    bounds = dict(rows("Together")[1:])
    assert bounds["the turn of another send, which is never ended"] == f"{scheduler.LONGEST_TURN / 3600:g} h"
    assert bounds["the turn of a process that was killed"] == f"{leases.LEASE:g} s"
    assert bounds["the end of a 429"].startswith(f"{Retry().max_retry_after:g} s")
    assert bounds["a lost send that is looked for, or others like it in flight"] == f"{ledger.PATIENCE:g} s"
    assert bounds["a send in flight, for the breaker"] == f"{bulkhead.LONGEST / 60:g} min"
    assert bounds["the store"].startswith(f"{store_access.PATIENCE:g} s before a send")


def test_a_store_of_ones_own(run: Run) -> None:
    """The store for Redis passes the tests for stores."""
    _, names, _ = run("class RedisStore")
    redis = names["Redis"](decode_responses=True, socket_timeout=5)

    class TestRedisStore(StoreConformance):
        def open(self) -> Store:
            store: Store = names["RedisStore"](redis, self.name)
            return store

    for name in (name for name in dir(StoreConformance) if name.startswith("test_")):
        getattr(TestRedisStore(), name)()
    assert names["suppression"].reason_for("+447700900456") == "asked to stop"


def test_a_store_in_postgres(run: Run, postgres: str) -> None:
    """The list of the page is in the database, and another process reads it there."""
    _, names, _ = run("PostgresStore")
    names["suppression"].add("+447700900456", "asked to stop")
    store = PostgresStore(postgres)
    assert Suppression(store).reason_for("+447700900456") == "asked to stop"
    for each in (store, names["store"]):
        each.close()


def test_the_tests_of_a_store(run: Run) -> None:
    """The class of the page is one that pytest runs."""
    _, names, _ = run("StoreConformance")
    names["TestMyStore"]().test_an_update()


def test_shared_stores() -> None:
    """Breakers and lists over one store share what it says, as they would in two processes."""
    store = MemoryStore()
    Breaker(store=store).note("ses_1", AccountRestrictedError("restricted", signal="463", status=500))
    with pytest.raises(BreakerOpenError):
        Breaker(store=store).check("ses_1", new_conversation=True)
    Suppression(store).add("+447700900456", "asked to stop")
    assert Suppression(store).reason_for("+447700900456") == "asked to stop"


def test_what_was_measured() -> None:
    """Every run is of the proof at full size, nothing of it is what the proof forbids, and little is unknown without need."""
    _, *runs = rows("Measured")
    assert len(runs) == 8
    for name, sends, twice, untrue, untrue_not, unknown, knowable in runs:
        assert int(sends) == test_delivery_proof.FULL_SIZE
        assert twice == untrue == untrue_not == "0"
        assert int(knowable) <= (int(unknown) if "all looks" in name or "not settled" in name else 0.005 * int(sends))


def test_links() -> None:
    """Every file and every heading that the page links to is there."""
    targets = re.findall(r"\]\(([^)]+)\)", PAGE)
    headings = {line[3:].lower().replace(" ", "-") for line in PAGE.splitlines() if line.startswith("## ")}
    anchors = {target[1:] for target in targets if target.startswith("#")}
    assert anchors == headings
    files = [target for target in targets if not target.startswith(("#", "http"))]
    assert [file for file in files if not (PROJECT / "docs" / file.partition("#")[0]).exists()] == []
    programs = re.findall(r"`(\w+\.py)`", PAGE)
    assert len(programs) == 2
    assert all((PROJECT / "examples" / program).exists() for program in programs)
