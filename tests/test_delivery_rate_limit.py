"""Holding requests back: by a limit of one's own, and by what the service tells."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clients import KEY, NUMBER
from tests.raw import PATIENCE, answer, serving
from wasend import APITimeoutError, AsyncWasendClient, RateLimitError, Timeout, Wait, WasendError
from wasend._core.answer import Answer
from wasend._core.engine import HeldBackError
from wasend.delivery.rate_limit import RateLimiter
from wasend.errors import ConfigurationError
from wasend.sandbox import Clock

START = 1_750_000_000.0
NEAR = 1e-5


def at_rest() -> Clock:
    return Clock(stopped=True, at=START)


def said(status: int = 200, body: bytes = b"", /, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


async def times(limiter: RateLimiter, clock: Clock, count: int) -> list[float]:
    """When each of so many tasks gets its turn, in the order in which they ask."""

    async def one() -> float:
        await limiter.acquire()
        return clock.now() - START

    return await asyncio.gather(*(one() for _ in range(count)))


def ended_at_once(coroutine: Coroutine[Any, Any, object]) -> bool:
    """Whether it ends without ever waiting."""
    try:
        coroutine.send(None)
    except StopIteration:
        return True
    coroutine.close()
    return False


class TestLimit:
    @pytest.mark.parametrize(
        ("limit", "count", "period"),
        [
            ("20/m", 20, 60),
            ("5/s", 5, 1),
            ("5/10s", 5, 10),
            ("100/h", 100, 3600),
            (" 3 / 2 D ", 3, 172_800),
            ("1/m", 1, 60),
        ],
    )
    async def test_what_a_limit_means(self, limit: str, count: int, period: float) -> None:
        """So many requests leave at once, and the next one when the span is over."""
        clock = at_rest()
        moments = await times(RateLimiter(limit, clock=clock), clock, count + 1)
        assert moments[:count] == [0] * count
        assert moments[count] == pytest.approx(period, abs=NEAR)

    @pytest.mark.parametrize("limit", ["", "20", "20/", "/m", "0/m", "5/0s", "-1/s", "1.5/s", "5/w", "5/ms", "٥/s", 20])
    def test_a_limit_that_is_none(self, limit: Any) -> None:
        """What cannot be read is refused when the limiter is made, by the name of the option."""
        with pytest.raises(ConfigurationError, match=r"^rate_limit: .* '20/m'"):
            RateLimiter(limit)

    @given(
        count=st.integers(1, 4),
        period=st.integers(1, 10),
        arrivals=st.lists(st.floats(0, 20), max_size=15).map(sorted),
    )
    def test_every_turn_comes_as_early_as_the_limit_allows(
        self, count: int, period: int, arrivals: list[float]
    ) -> None:
        """Each request leaves when it comes, when its elders have left, or when the window has room: the latest."""
        clock = at_rest()
        limiter = RateLimiter(f"{count}/{period}s", clock=clock)

        async def one(arrival: float) -> tuple[float, float]:
            await clock.sleep(arrival)
            came = clock.now()
            await limiter.acquire()
            return came, clock.now()

        async def all_of_them() -> list[tuple[float, float]]:
            return await asyncio.gather(*map(one, arrivals))

        turns = sorted(asyncio.run(all_of_them()))
        left: list[float] = []
        for came, went in turns:
            room = left[-count] + period if len(left) >= count else 0.0
            due = max([came, room, *left[-1:]])
            assert went == pytest.approx(due, abs=NEAR)
            left.append(went)

    def test_no_limit_costs_no_wait(self) -> None:
        """Without a limit, and with nothing learnt, a turn does not even let other tasks run."""
        limiter = RateLimiter()
        limiter.observe(said())
        assert all(ended_at_once(limiter.acquire()) for _ in range(1000))

    async def test_first_come_first_served(self) -> None:
        """Turns are given in the order in which they were asked for, also to those who come while others wait."""
        clock = at_rest()
        limiter = RateLimiter("1/s", clock=clock)
        order: list[int] = []

        async def one(number: int) -> None:
            await clock.sleep(number * 0.4)
            await limiter.acquire()
            order.append(number)

        await asyncio.gather(*map(one, range(12)))
        assert order == list(range(12))

    @pytest.mark.parametrize("given_up", [1, 2, 3])
    async def test_a_turn_that_is_given_up(self, given_up: int) -> None:
        """Whoever is cancelled while waiting takes no turn, wherever in the queue, and the others move up."""
        clock = Clock()
        limiter = RateLimiter("1/m", clock=clock)
        started = clock.now()
        moments: list[float] = []

        async def one() -> None:
            await limiter.acquire()
            moments.append(clock.now() - started)

        tasks = [asyncio.create_task(one()) for _ in range(4)]
        while not tasks[0].done():
            await asyncio.sleep(0)
        tasks[given_up].cancel()
        await asyncio.wait([tasks[given_up]])
        clock.stop()
        await asyncio.gather(*(task for task in tasks if task is not tasks[given_up]))
        assert moments == pytest.approx([0, 60, 120], abs=1)
        assert (await times(limiter, clock, 1))[0] + START - started == pytest.approx(180, abs=1)


class TestTold:
    async def test_one_refusal_holds_all_back(self) -> None:
        """A 429 that one task met keeps every other from making a request until its time is over."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        limiter.observe(said(429, retry_after="7"))
        assert min(await times(limiter, clock, 5)) == pytest.approx(7, abs=NEAR)

    async def test_no_herd_after_a_hold(self) -> None:
        """Those who waited, and those who were refused and come back, leave one by one; then all is as before."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        for _ in range(20):
            limiter.observe(said(429, retry_after="5"))

        async def refused() -> float:
            await clock.sleep(5)
            return (await times(limiter, clock, 1))[0]

        waiting = asyncio.create_task(times(limiter, clock, 20))
        came_back = await asyncio.gather(*(refused() for _ in range(20)))
        moments = sorted([*await waiting, *came_back])
        assert moments[0] == pytest.approx(5, abs=NEAR)
        assert all(b - a == pytest.approx(0.1, abs=NEAR) for a, b in pairwise(moments))
        await clock.sleep(1)
        assert len(set(await times(limiter, clock, 50))) == 1
        limiter.observe(said(429, retry_after="5"))
        await times(limiter, clock, 2)
        await clock.sleep(0.5)
        assert len(set(await times(limiter, clock, 50))) == 1

    async def test_a_hold_that_is_long_over(self) -> None:
        """Once those that it held back have left, a hold has no say in what a limit of one's own lets leave at once."""
        clock = at_rest()
        limiter = RateLimiter("20/m", clock=clock)
        limiter.observe(said(429, retry_after="5"))
        await limiter.acquire()
        clock.advance(200)
        moments = await times(limiter, clock, 40)
        assert moments == pytest.approx([205] * 20 + [265] * 20, abs=NEAR)

    async def test_those_who_come_back_alone_are_no_herd(self) -> None:
        """Tasks that were all refused and sleep by themselves until then leave one by one as well."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        for _ in range(10):
            limiter.observe(said(429, retry_after="5"))
        await clock.sleep(5)
        moments = await times(limiter, clock, 10)
        assert [moment - 5 for moment in moments] == pytest.approx([n / 10 for n in range(10)], abs=NEAR)

    async def test_a_hold_that_grows_while_others_wait(self) -> None:
        """A second refusal during a hold keeps those who wait already; a shorter one does not shorten it."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        limiter.observe(said(429, retry_after="5"))

        async def later() -> None:
            await clock.sleep(3)
            limiter.observe(said(429, retry_after="10"))
            limiter.observe(said(429, retry_after="1"))

        moments, _ = await asyncio.gather(times(limiter, clock, 2), later())
        assert moments[0] == pytest.approx(13, abs=NEAR)

    @pytest.mark.parametrize(
        ("refusal", "hold"),
        [
            (said(429, retry_after="3600"), 60),
            (said(429, retry_after_ms="2500"), 2.5),
            (said(429, b'{"retryAfter": 4}', content_type="application/json"), 4),
            (said(429), 1),
            (said(429, b"<html>"), 1),
            (said(429, retry_after="0"), 0),
            (said(429, x_ratelimit_remaining="0", x_ratelimit_reset="9"), 1),
            (said(503, retry_after="9"), 0),
        ],
    )
    async def test_how_long_a_refusal_holds(self, refusal: Answer, hold: float) -> None:
        """As long as it says, wherever it does; a minute at most; a second where it says nothing."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        limiter.observe(refusal)
        assert (await times(limiter, clock, 1))[0] == pytest.approx(hold, abs=NEAR)

    async def test_the_longest_hold_can_be_set(self) -> None:
        """What a service asks above `max_hold` is not waited for."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock, max_hold=300)
        limiter.observe(said(429, retry_after="3600"))
        assert (await times(limiter, clock, 1))[0] == pytest.approx(300, abs=NEAR)


class TestWaiting:
    """That nobody waits in silence."""

    async def test_every_wait_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """Each request that waits says why and until when before it does: in the log, and to whoever wants to know."""
        caplog.set_level(logging.INFO, "wasend")
        clock = at_rest()
        limiter = RateLimiter("2/m", clock=clock)
        waits: list[Wait] = []
        await asyncio.gather(*(limiter.acquire(on_wait=waits.append) for _ in range(6)))
        assert [wait.reason for wait in waits] == ["rate_limit"] * 4
        assert [wait.until.timestamp() - START for wait in waits] == pytest.approx([60, 60, 120, 120], abs=NEAR)
        assert clock.now() - START == pytest.approx(120, abs=NEAR)
        held = "the rate limit of 2/60s; it waits 120 s, until 2025-06-15 15:08:40 UTC"
        assert caplog.messages[-1] == f"a request is held back: {held}".replace("120 s", "2 min")

    async def test_a_hold_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """So does one that waits since another was refused; a hook that fails is logged, and changes nothing."""
        caplog.set_level(logging.INFO, "wasend")
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        limiter.observe(said(429, retry_after="7"))
        waits: list[Wait] = []

        async def told(wait: Wait) -> None:
            waits.append(wait)
            raise LookupError("no more room")

        await limiter.acquire(on_wait=told)
        assert [(wait.reason, wait.seconds) for wait in waits] == [("held_back", pytest.approx(7, abs=NEAR))]
        assert "a request is held back: the service refused one (429); it waits 7.0 s" in caplog.text
        assert "on_wait raised LookupError" in caplog.text


class TestPatience:
    """How long a caller can wait for the service, and that its own limit does not count."""

    async def test_who_cannot_wait_fails_at_once(self) -> None:
        """Held back for longer than it may take, a call fails now, and not when its time is over."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        limiter.observe(said(429, retry_after="8"))
        with pytest.raises(HeldBackError) as caught:
            await limiter.acquire(2.0)
        assert caught.value.seconds == pytest.approx(8, abs=NEAR)
        assert clock.now() == START
        assert await limiter.acquire(9.0) == 0.0
        assert clock.now() - START == pytest.approx(8, abs=NEAR)

    async def test_who_waits_already_when_it_becomes_too_long(self) -> None:
        """A refusal that comes while others wait for the limit ends the wait of those who cannot wait so long."""
        clock = Clock()
        limiter = RateLimiter("1/m", clock=clock)
        await limiter.acquire()
        first = asyncio.create_task(limiter.acquire(1000.0))
        patient, hasty = (asyncio.create_task(limiter.acquire(left)) for left in (1000.0, 5.0))
        await asyncio.sleep(0)
        limiter.observe(said(429, retry_after="30"))
        with pytest.raises(HeldBackError):
            await hasty
        assert not patient.done()
        assert not first.done()
        for task in (first, patient):
            task.cancel()
            await asyncio.wait([task])

    async def test_the_limit_of_ones_own_is_no_charge(self) -> None:
        """Those who wait for the limit for an hour have not waited for the service for a second."""
        clock = at_rest()
        limiter = RateLimiter("1/m", clock=clock)
        waited = await asyncio.gather(*(limiter.acquire(2.0) for _ in range(60)))
        assert waited == pytest.approx([60 * number for number in range(60)], abs=NEAR)

    async def test_both(self) -> None:
        """What the service makes one wait for beside the limit is not said to be the limit's doing."""
        clock = at_rest()
        limiter = RateLimiter("1/10s", clock=clock)
        await limiter.acquire()
        limiter.observe(said(429, retry_after="25"))
        assert await limiter.acquire(26.0) == 0.0
        assert await limiter.acquire(26.0) == pytest.approx(10, abs=NEAR)

    async def test_the_call_of_another(self) -> None:
        """A 429 that one call met does not make another wait past its total: it was not sent, and says so."""
        clock = at_rest()
        refused = answer(429, {}, {"retry-after": "8"})
        with serving(refused, answer(200, {"id": "x"})) as server:
            async with AsyncWasendClient(KEY, base_url=server.url, clock=clock, retry=None) as client:
                with pytest.raises(RateLimitError):
                    await client.get_chat_picture("ses_1", NUMBER)
                with pytest.raises(APITimeoutError, match="wants no request for another 8 s") as caught:
                    await client.with_options(timeout=Timeout(total=2), retry=None).send_text(
                        session="ses_1", to=NUMBER, text="Hi"
                    )
                assert caught.value.outcome == "not_sent"
                assert clock.now() == START
                assert server.deliveries == 1
                await client.send_text(session="ses_1", to=NUMBER, text="Hi")
        assert clock.now() - START == pytest.approx(8, abs=NEAR)

    async def test_its_own_refusal(self) -> None:
        """A call that was refused, and comes back to be held back for longer than it has left, raises its refusal."""
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        with serving(answer(429, {}, {"retry-after": "1"})) as server:
            async with AsyncWasendClient(KEY, base_url=server.url, clock=clock, timeout=Timeout(total=5)) as client:
                client._engine = attrs.evolve(client._engine, limiter=limiter)

                def longer(error: WasendError, attempt: int) -> bool:
                    limiter.observe(said(429, retry_after="40"))
                    return True

                with pytest.raises(RateLimitError):
                    await client.with_options(retry=longer).retrieve_session_info("ses_1")
            assert server.deliveries == 1


class TestShared:
    def test_threads_share_a_limit(self) -> None:
        """Loops in several threads together make no more requests than the limit allows, and lose none."""
        clock = at_rest()
        limiter = RateLimiter("10/s", clock=clock)

        def work() -> None:
            asyncio.run(times(limiter, clock, 25))

        threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
        assert clock.now() - START == pytest.approx(9, abs=NEAR)

    @pytest.mark.parametrize("position", [0, 1])
    async def test_a_loop_that_was_closed_over_its_waiters(self, position: int) -> None:
        """A task that waits in a loop which is closed under it does not keep those behind it from their turn."""
        clock = at_rest()
        limiter = RateLimiter("1/s", clock=clock)
        await limiter.acquire()
        before = [asyncio.create_task(limiter.acquire()) for _ in range(position)]
        await asyncio.sleep(0)

        def abandon() -> None:
            loop = asyncio.new_event_loop()
            loop.set_exception_handler(lambda *_: None)
            task = loop.create_task(limiter.acquire())
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            abandoned.append(task)

        abandoned: list[asyncio.Task[float]] = []
        thread = threading.Thread(target=abandon)
        thread.start()
        thread.join(PATIENCE)
        clock.advance(1)
        async with asyncio.timeout(PATIENCE):
            assert await times(limiter, clock, 1) == [pytest.approx(1 + position, abs=NEAR)]
            await asyncio.gather(*before)
        abandoned.clear()
        gc.collect()
        assert await times(limiter, clock, 1) == [pytest.approx(2 + position, abs=NEAR)]

    @pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
    def test_a_forked_child_does_not_wait_for_its_parents_tasks(self) -> None:
        """A limiter that is inherited while tasks wait and its lock is held gives turns in the child."""
        program = """
            import asyncio, os, sys
            from wasend.delivery.rate_limit import RateLimiter

            async def turns(count):
                async with asyncio.timeout(15):
                    await asyncio.gather(*(limiter.acquire() for _ in range(count)))

            limiter = RateLimiter("1/s")
            async def parent():
                waiting = asyncio.create_task(turns(3))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                return os.fork()

            async def child():
                await turns(1)

            loop = asyncio.new_event_loop()
            pid = loop.run_until_complete(parent())
            if not pid:
                asyncio.events._set_running_loop(None)
                asyncio.run(child())
                os._exit(0)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            os._exit(0)
            """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.split() == ["0"], done.stderr

    async def test_by_the_engine_over_a_socket(self) -> None:
        """The call that is refused and the one made meanwhile both leave only when the service's time is over."""
        refused = answer(429, {}, {"retry-after": "7"})
        clock = at_rest()
        limiter = RateLimiter(clock=clock)
        with serving(refused, answer(200, {"uniqueSessionId": "ses_1"})) as server:
            async with AsyncWasendClient(KEY, base_url=server.url, clock=clock, retry=None) as client:
                client._engine = attrs.evolve(client._engine, limiter=limiter)
                with pytest.raises(Exception, match="429"):
                    await client.retrieve_session_info("ses_1")
                assert clock.now() == START
                await client.retrieve_session_info("ses_1")
        assert clock.now() - START == pytest.approx(7, abs=NEAR)
