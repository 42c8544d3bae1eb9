"""
The tests that any inbox must pass, for an inbox of one's own.

Example:
    ```python
    from wasend.webhooks.inbox import Inbox
    from wasend.webhooks.inbox.conformance import InboxConformance


    class TestMySqlInbox(InboxConformance):
        def open(self) -> Inbox:
            return MySqlInbox("mysql://localhost/test", prefix=self.name)
    ```

pytest collects them by the class's name; any other runner calls each method that begins with ``test_`` on a new
instance.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from .protocol import Arrival, Claimed, Counts, Inbox

_LONG = 3600.0


class InboxConformance:
    """
    Tests of an inbox. A subclass says how to open it.

    Attributes:
        name: Another for each test. Data of one name is apart from that of others.
        shared: Whether two inboxes that are opened by the same name hold the same.
    """

    shared: bool = True
    name: str = ""

    def open(self) -> Inbox:
        """An inbox for the data of `name`, of which there is none at first."""
        raise NotImplementedError

    def _run(self, test: Callable[[Inbox], Awaitable[None]]) -> None:
        async def run() -> None:
            inbox = self.open()
            try:
                await test(inbox)
            finally:
                await inbox.aclose()

        self.name = uuid.uuid4().hex
        asyncio.run(run())

    def test_an_event_is_kept_once(self) -> None:
        """An event that is known by any of its keys is not kept again, whether it waits, is handled, or was dropped."""

        async def test(inbox: Inbox) -> None:
            _expect(await inbox.due_in(), None)
            _expect(await inbox.put(_arrival(1, keys=(b"a", b"b"))), True)
            _expect(await inbox.put(_arrival(2, keys=(b"c", b"b"))), False)
            _expect(await inbox.counts(), Counts(waiting=1, dead=0))
            _expect((await inbox.due_in() or 0) <= 0, True)
            claimed = await _claim_one(inbox)
            _expect((claimed.attempt, claimed.lane, claimed.body), (1, "lane", b"1"))
            _expect(await inbox.put(_arrival(3, keys=(b"a",))), False)
            _expect(await inbox.finish(claimed), True)
            _expect(await inbox.put(_arrival(4, keys=(b"a",))), False)
            _expect(await inbox.counts(), Counts(waiting=0, dead=0))
            _expect(await inbox.due_in(), None)

        self._run(test)

    def test_a_body_comes_back(self) -> None:
        """Whatever is in a body, in a lane or in a name comes back as it was."""

        async def test(inbox: Inbox) -> None:
            for number, body in enumerate((b"", b"\0\xff", bytes(100_000))):
                lane = f"é '\";--%_ \U0001f600 {number}"
                await inbox.put(_arrival(number, lane=lane, body=body, name="x'\"", session="é"))
                claimed = await _claim_one(inbox)
                _expect((claimed.lane, bytes(claimed.body)), (lane, body))
                await inbox.fail(claimed, "e'\"é", None)
            letters = await inbox.dead_letters()
            _expect([bytes(one.body) for one in letters], [b"", b"\0\xff", bytes(100_000)])
            _expect({(one.name, one.session, one.error) for one in letters}, {("x'\"", "é", "e'\"é")})

        self._run(test)

    def test_one_at_a_time_in_a_lane(self) -> None:
        """Of a lane one event is claimed at a time: of those that wait, the one that happened first."""

        async def test(inbox: Inbox) -> None:
            for number, at in enumerate((30.0, 10.0, 20.0, 10.0)):
                await inbox.put(_arrival(number, at=at))
            found: list[bytes] = []
            for number in range(4):
                claimed = await _claim_one(inbox)
                found.append(claimed.body)
                _expect(await inbox.claim("another", 10, _LONG), [])
                if number == 1:
                    await inbox.put(_arrival(4, at=5.0))
                await inbox.finish(claimed)
            found.append((await _claim_one(inbox)).body)
            _expect(found, [b"1", b"3", b"4", b"2", b"0"])

        self._run(test)

    def test_many_lanes_at_once(self) -> None:
        """Of each lane one event is claimed, as many as are wanted, those first whose lane has waited longest."""

        async def test(inbox: Inbox) -> None:
            for number in range(6):
                await inbox.put(_arrival(number, lane=f"lane {number % 3}"))
                await asyncio.sleep(0.001)
            first = await inbox.claim("one", 2, _LONG)
            _expect([one.body for one in first], [b"0", b"1"])
            second = await inbox.claim("another", 10, _LONG)
            _expect([one.body for one in second], [b"2"])
            await inbox.finish(second[0])
            await asyncio.sleep(0.001)
            await inbox.finish(first[0])
            _expect([one.body for one in await inbox.claim("one", 10, _LONG)], [b"5", b"3"])

        self._run(test)

    def test_a_lease_ends(self) -> None:
        """When a lease is over, another worker gets the event, and what the first one does with it has no effect."""

        async def test(inbox: Inbox) -> None:
            await inbox.put(_arrival(1))
            first = await _claim_one(inbox, "first", lease=0)
            second = await _claim_one(inbox, "second")
            _expect((second.number, second.attempt), (first.number, 2))
            done: list[Any] = []
            effect = done.append if inbox.transactions else None
            _expect(await inbox.finish(first, effect), False)
            _expect(await inbox.fail(first, "late", None), False)
            await inbox.release(first)
            _expect(done, [])
            _expect(await inbox.counts(), Counts(waiting=1, dead=0))
            _expect(await inbox.finish(second), True)
            _expect(await inbox.finish(second), False)

        self._run(test)

    def test_a_lease_is_renewed(self) -> None:
        """A worker that renews its leases keeps what it has; that of others it leaves alone."""

        async def test(inbox: Inbox) -> None:
            await inbox.put(_arrival(1, lane="a"))
            await inbox.put(_arrival(2, lane="b"))
            mine = await _claim_one(inbox, "mine", lease=0)
            await inbox.renew("mine", _LONG)
            other = await _claim_one(inbox, "other", lease=0)
            _expect({mine.number, other.number}, {1, 2} if mine.number in (1, 2) else {mine.number, other.number})
            again = await inbox.claim("third", 10, _LONG)
            _expect([one.number for one in again], [other.number])
            _expect(await inbox.finish(mine), True)

        self._run(test)

    def test_the_same_worker_again(self) -> None:
        """A worker whose lease was over, and who got the event again, ends its second attempt only."""

        async def test(inbox: Inbox) -> None:
            await inbox.put(_arrival(1))
            first = await _claim_one(inbox, "same", lease=0)
            second = await _claim_one(inbox, "same")
            _expect(await inbox.finish(first), False)
            _expect(await inbox.finish(second), True)

        self._run(test)

    def test_a_failure_waits(self) -> None:
        """An event that failed is claimed again when its pause is over, and its lane waits for it."""

        async def test(inbox: Inbox) -> None:
            await inbox.put(_arrival(1, at=1.0))
            await inbox.put(_arrival(2, at=2.0))
            claimed = await _claim_one(inbox)
            _expect(await inbox.fail(claimed, "it failed", 60.0), True)
            _expect(await inbox.claim("one", 10, _LONG), [])
            due = await inbox.due_in()
            _expect(due is not None and 0 < due <= 60.5, True)

        async def at_once(inbox: Inbox) -> None:
            await inbox.put(_arrival(1))
            await inbox.fail(await _claim_one(inbox), "it failed", 0.0)
            again = await _claim_one(inbox)
            _expect((again.attempt, again.body), (2, b"1"))

        self._run(test)
        self._run(at_once)

    def test_what_is_released_was_not_tried(self) -> None:
        """An event that is given back can be claimed at once, and its attempt does not count."""

        async def test(inbox: Inbox) -> None:
            await inbox.put(_arrival(1))
            await inbox.release(await _claim_one(inbox))
            _expect((await _claim_one(inbox)).attempt, 1)

        self._run(test)

    def test_dead_letters(self) -> None:
        """An event that is given up keeps nobody waiting; it is listed, and replayed or dropped by its number."""

        async def test(inbox: Inbox) -> None:
            for number in range(4):
                await inbox.put(_arrival(number, at=float(number)))
            for _ in range(3):
                await inbox.fail(await _claim_one(inbox), "it failed", None)
            _expect(await inbox.counts(), Counts(waiting=1, dead=3))
            letters = await inbox.dead_letters()
            _expect(
                [(one.body, one.attempts, one.error) for one in letters],
                [(b"%d" % n, 1, "it failed") for n in range(3)],
            )
            _expect(letters[0].died_at.utcoffset() is not None, True)
            _expect([one.body for one in await inbox.dead_letters(1, letters[0].number)], [b"1"])
            _expect(await inbox.drop(letters[0].number), True)
            _expect(await inbox.drop(letters[0].number), False)
            _expect(await inbox.replay(letters[0].number), False)
            _expect(await inbox.replay(letters[1].number), True)
            _expect(await inbox.replay(letters[1].number), False)
            claimed = await _claim_one(inbox)
            _expect((claimed.body, claimed.attempt), (b"1", 1))
            await inbox.finish(claimed)
            _expect((await _claim_one(inbox)).body, b"3")
            _expect(await inbox.put(_arrival(0)), False)  # dropped, and still known
            _expect(await inbox.counts(), Counts(waiting=1, dead=1))

        self._run(test)

    def test_a_replayed_event_in_an_empty_lane(self) -> None:
        """A dead letter of a lane in which nothing waits is handled again, too."""

        async def test(inbox: Inbox) -> None:
            await inbox.put(_arrival(1))
            await inbox.fail(await _claim_one(inbox), "it failed", None)
            _expect(await inbox.due_in(), None)
            await inbox.replay((await inbox.dead_letters())[0].number)
            _expect((await _claim_one(inbox)).body, b"1")

        self._run(test)

    def test_effects(self) -> None:
        """An effect takes place when the event is recorded as handled; where it raises, nothing is recorded."""

        async def test(inbox: Inbox) -> None:
            if not inbox.transactions:
                return
            await inbox.put(_arrival(1))
            claimed = await _claim_one(inbox)

            def fault(_: Any) -> None:
                raise ValueError("no")

            try:
                await inbox.finish(claimed, fault)
            except ValueError:
                pass
            else:
                raise AssertionError("what an effect raises must be raised")
            _expect(await inbox.counts(), Counts(waiting=1, dead=0))
            done: list[Any] = []
            _expect(await inbox.finish(claimed, done.append), True)
            _expect(len(done), 1)

        self._run(test)

    def test_what_is_old_is_forgotten(self) -> None:
        """Keys are forgotten when they are old; not those of what waits or is dead."""

        async def test(inbox: Inbox) -> None:
            for number in range(4):
                await inbox.put(_arrival(number, lane=str(number)))
            claimed = {one.body: one for one in await inbox.claim("one", 4, _LONG)}
            await inbox.finish(claimed[b"0"])
            await inbox.finish(claimed[b"1"])
            await inbox.fail(claimed[b"2"], "it failed", None)
            _expect(await inbox.prune(_LONG), 0)
            await asyncio.sleep(0.01)
            _expect(await inbox.prune(0.001), 4)  # each has two keys
            _expect(await inbox.prune(0.001), 0)
            _expect(await inbox.put(_arrival(0, lane="0")), True)
            _expect(await inbox.put(_arrival(2, lane="2")), False)
            _expect(await inbox.put(_arrival(3, lane="3")), False)

        self._run(test)

    def test_positions(self) -> None:
        """A position is what was set last, by its name."""

        async def test(inbox: Inbox) -> None:
            _expect(await inbox.position("a"), None)
            await inbox.set_position("a", 1.5)
            await inbox.set_position("a", 1_800_000_000.25)
            await inbox.set_position("b", 2.0)
            _expect(await inbox.position("a"), 1_800_000_000.25)

        self._run(test)

    def test_many_at_once(self) -> None:
        """Where many put the same events and claim them at the same time, each is kept once and claimed once."""

        async def test(inbox: Inbox) -> None:
            inboxes = [inbox, self.open()] if self.shared else [inbox]
            puts = [
                one.put(_arrival(number, lane=f"lane {number % 7}", at=float(number)))
                for number in range(40)
                for one in (inboxes * 2)[:2]
            ]
            _expect(sum(await asyncio.gather(*puts)), 40)
            handled: list[Claimed] = []

            async def work(one: Inbox, name: str) -> None:
                while found := await one.claim(name, 3, _LONG):
                    for claimed in found:
                        handled.append(claimed)
                        _expect(await one.finish(claimed), True)

            for _ in range(2):  # a worker may find all lanes busy, and leave
                await asyncio.gather(*(work(one, f"{index}") for index, one in enumerate(inboxes * 3)))
            _expect(sorted(int(one.body) for one in handled), [*range(40)])
            for lane in range(7):
                order = [int(one.body) for one in handled if one.lane == f"lane {lane}"]
                _expect(order, sorted(order))
            for one in inboxes[1:]:
                await one.aclose()

        self._run(test)


def _arrival(
    number: int,
    *,
    keys: tuple[bytes, ...] | None = None,
    lane: str = "lane",
    at: float = 0.0,
    body: bytes | None = None,
    name: str = "message",
    session: str = "ses_1",
) -> Arrival:
    return Arrival(
        keys=(b"k%d" % number, b"l%d" % number) if keys is None else keys,
        lane=lane,
        at=at,
        name=name,
        session=session,
        body=b"%d" % number if body is None else body,
    )


async def _claim_one(inbox: Inbox, holder: str = "one", lease: float = _LONG) -> Claimed:
    (claimed,) = await inbox.claim(holder, 1, lease)
    return claimed


def _expect(found: Any, expected: Any) -> None:
    assert list(found) == expected if isinstance(expected, list) else found == expected, (found, expected)  # noqa: S101
