"""
The tests that any store of the outbox must pass, for a store of one's own.

Example:
    ```python
    from wasend.outbox import OutboxStore
    from wasend.outbox.conformance import OutboxStoreConformance


    class TestRedisOutboxStore(OutboxStoreConformance):
        async def open(self) -> OutboxStore:
            return RedisOutboxStore(Redis(port=6380), name=self.name)
    ```

pytest collects them by the class's name; any other runner calls each method that begins with ``test_`` on a new
instance.
"""

from __future__ import annotations

import asyncio
import math
import uuid
from typing import Any, NoReturn

import attrs

from .entry import Change, Query, Record, State, View
from .store import OutboxStore

_WRITERS = 8
_EACH = 25


class OutboxStoreConformance:
    """
    Tests of a store. A subclass says how to open it.

    Attributes:
        name: Another for each test. Data of one name is apart from that of others.
    """

    name: str = ""

    async def open(self) -> OutboxStore:
        """A store for the data of `name`, of which there is none at first. Called several times in a test."""
        raise NotImplementedError

    def test_a_record_comes_back(self) -> None:
        """What is written is seen by its key, as it was, and by every store of the same data."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            record = _record(
                "k", claim="ses_1 3EB0", details='{"é": "\U0001f600"}', since=1.5, sending_attempt=3, attempt=7
            )
            await _write(store, record)
            for one in (store, other):
                (found,) = (await _see(one, Query("k"))).records
                _expect(_plain(found), _plain(record))
                _check(found.id is not None, "it has no id")
            _expect(len((await _see(store, Query("K"))).records), 0)

        self._run(test)

    def test_a_record_is_replaced(self) -> None:
        """A record with an id takes the place of the one that has it; another account has the same key for itself."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            await _write(store, _record("k"))
            await _write(store, _record("k", account="b"))
            (mine,) = [one for one in (await _see(store, Query("k"))).records if one.account == "a"]
            await _write(other, attrs.evolve(mine, state="sent", attempt=2))
            found = (await _see(store, Query("k"))).records
            _expect({(one.account, one.state, one.attempt) for one in found}, {("a", "sent", 2), ("b", "released", 1)})
            await _write(other, attrs.evolve(mine, account="c", fingerprint=2))
            records = (await _see(store, Query("k"))).records
            _expect({(one.account, one.fingerprint) for one in records}, {("b", mine.fingerprint), ("c", 2)})

        self._run(test)

    def test_what_a_decision_raises(self) -> None:
        """It is raised, and nothing is written; what is decided without a record writes nothing."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            def fail(view: View) -> NoReturn:
                raise _OurError

            try:
                await store.update(Query("k"), fail)
            except _OurError:
                pass
            else:
                _fail("what was raised inside did not come out")
            _expect(await store.update(Query("k"), lambda _: Change("answer")), "answer")
            _expect((await _see(other, Query("k"))).records, [])

        self._run(test)

    def test_the_first_wins(self) -> None:
        """Of many that find no record and write one, in stores of their own, one does; the others see it."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            def claim(view: View) -> Change[bool]:
                return Change(not view.records, None if view.records else _record("k"))

            won = await asyncio.gather(*(one.update(Query("k"), claim) for one in [store, other] * _WRITERS))
            _expect(won.count(True), 1)

        self._run(test)

    def test_updates_lose_nothing(self) -> None:
        """Decisions by one record, made at once in stores of their own, each see what the one before has written."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            await _write(store, _record("k", attempt=0))

            def more(view: View) -> Change[None]:
                (found,) = view.records
                return Change(None, attrs.evolve(found, attempt=found.attempt + 1))

            await asyncio.gather(*(one.update(Query("k"), more) for one in [store, other] * _EACH))
            _expect((await _see(store, Query("k"))).records[0].attempt, 2 * _EACH)

        self._run(test)

    def test_identical_ones(self) -> None:
        """Records are seen by their fingerprints while they are open, or were changed since a moment."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            await _write(store, _record("a", fingerprint=1, state="sending"))
            await _write(store, _record("b", fingerprint=1, state="sent"))
            await _write(store, _record("c", fingerprint=-2, state="unknown"))
            await _write(store, _record("d", fingerprint=9, state="sent"))
            alike = Query("x", (1, -2))
            _expect({one.key for one in (await _see(other, alike)).identical}, {"a", "c"})
            since = attrs.evolve(alike, changed_since=1.0)
            _expect({one.key for one in (await _see(other, since)).identical}, {"a", "b", "c"})
            (changed,) = [one.changed for one in (await _see(other, since)).identical if one.key == "b"]
            later = attrs.evolve(alike, changed_since=changed + 3600)
            _expect({one.key for one in (await _see(other, later)).identical}, {"a", "c"})

        self._run(test)

    def test_identical_ones_exclude_each_other(self) -> None:
        """Of many, each with a key of its own, that write where no identical one is, only one does."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            def settle(key: str) -> Any:
                def decide(view: View) -> Change[bool]:
                    alone = not any(one.state == "settling" for one in view.identical)
                    return Change(alone, _record(key, fingerprint=2, state="settling") if alone else None)

                return decide

            keys = [str(number) for number in range(2 * _WRITERS)]
            won = await asyncio.gather(
                *(
                    one.update(Query(key, (number % 2, 2)), settle(key))
                    for number, (one, key) in enumerate(zip([store, other] * _WRITERS, keys, strict=True))
                )
            )
            _expect(won.count(True), 1)

        self._run(test)

    def test_a_claim_is_one_record_s(self) -> None:
        """A record is seen by its claim; a second one with the same claim is an error, or the first is seen."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            def take(key: str) -> Any:
                def decide(view: View) -> Change[bool]:
                    return Change(not view.claimed, None if view.claimed else _record(key, claim="ses_1 3EB0"))

                return decide

            keys = [str(number) for number in range(2 * _WRITERS)]
            won = await asyncio.gather(
                *(
                    one.update(Query(key, claims=("ses_1 3EB0", f"ses_1 {key}")), take(key))
                    for one, key in zip([store, other] * _WRITERS, keys, strict=True)
                )
            )
            _expect(won.count(True), 1)
            try:
                await _write(store, _record("another", claim="ses_1 3EB0"))
            except Exception:  # noqa: BLE001 - each store has its own
                return
            _fail("two records have the same claim")

        self._run(test)

    def test_spans(self) -> None:
        """A lease is what is left of it, and is below 0 when it is over; a holder's is that of its records."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            await store.beat("h", 50.0)
            await _write(store, _record("long", state="sending", lease=100.0, holder="h"))
            await _write(store, _record("left", state="sending", lease=100.0, holder="unheard of"))
            await _write(store, _record("short", state="sending", lease=0.05))
            await _write(store, _record("held", state="claimed", holder="h"))
            await _write(store, _record("dead", state="claimed", holder="unheard of"))
            await asyncio.sleep(0.1)
            keys = ("long", "left", "short", "held", "dead")
            found = {key: (await _see(other, Query(key))).records[0] for key in keys}
            _check(90 < found["long"].lease < 100, f"of 100 s there are {found['long'].lease} s left")
            _check(-10 < found["short"].lease < 0, f"of 0.05 s there are {found['short'].lease} s left")
            _check(40 < found["held"].holder_lease < 50, f"of 50 s there are {found['held'].holder_lease} s left")
            _check(found["dead"].holder_lease <= 0, "one that has said nothing is alive")
            _expect([found[key].is_held for key in keys], [True, False, False, True, False])
            await other.beat("h", 0.0)
            _check(not (await _see(store, Query("held"))).records[0].is_held, "the last word does not count")

        self._run(test)

    def test_what_is_unsettled(self) -> None:
        """Open records are listed page by page, each once; of one session where that is asked for."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            states: list[State] = ["sending", "settling", "unknown", "sent", "refused", "released", "claimed"]
            for number in range(14):
                state = states[number % 7]
                await _write(store, _record(str(number), state=state, session=f"ses_{number // 7}"))
            seen: list[str] = []
            after: Any = None
            while page := await other.unsettled(None, after, 2):
                seen += [one.key for one in page]
                after = page[-1].id
            _expect(sorted(seen), ["0", "1", "2", "7", "8", "9"])
            _expect({one.key for one in await other.unsettled("ses_1", None, 10)}, {"7", "8", "9"})

        self._run(test)

    def test_forgetting(self) -> None:
        """What is old enough and not open is removed, some at a time."""

        async def test(store: OutboxStore, other: OutboxStore) -> None:
            for number in range(5):
                await _write(store, _record(f"old {number}", state="sent"))
            await _write(store, _record("open", state="unknown"))
            _expect(await store.forget(3600, 100), 0)
            await asyncio.sleep(1.1)  # times may be kept in whole seconds
            _expect(await other.forget(0.0, 3), 3)
            _expect(await store.forget(0.0, 3), 2)
            _expect(await store.forget(0.0, 3), 0)
            _expect(len((await _see(store, Query("open"))).records), 1)

        self._run(test)

    def _run(self, test: Any) -> None:
        async def run() -> None:
            self.name = uuid.uuid4().hex
            store, other = await self.open(), await self.open()
            try:
                await test(store, other)
            finally:
                await store.aclose()
                await other.aclose()

        asyncio.run(run())


def _record(key: str, *, account: str = "a", state: State = "released", attempt: int = 1, **fields: Any) -> Record:
    given: dict[str, Any] = {"session": "ses_1", "identity": bytes(range(36)), "fingerprint": 0, **fields}
    return Record(account=account, key=key, state=state, attempt=attempt, **given)


def _plain(record: Record) -> Record:
    return attrs.evolve(record, id=None, changed=0.0, lease=0.0, holder_lease=0.0)


async def _write(store: OutboxStore, record: Record) -> None:
    await store.update(Query(record.key), lambda _: Change(None, record))


async def _see(store: OutboxStore, query: Query) -> View:
    seen = await store.read(query, Change)
    _check(query.changed_since < math.inf or all(one.state != "sent" for one in seen.identical), "it was not asked for")
    return View(list(seen.records), list(seen.identical), list(seen.claimed))


class _OurError(Exception):
    pass


def _expect(found: object, expected: object) -> None:
    _check(found == expected, f"expected {expected!r:.300}, found {found!r:.300}")


def _check(holds: bool, why: str) -> None:
    if not holds:
        _fail(why)


def _fail(why: str) -> NoReturn:
    raise AssertionError(why)
