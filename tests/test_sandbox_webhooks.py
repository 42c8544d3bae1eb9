"""The webhooks that the sandbox sends: what they say, when they go out, and what becomes of them."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import hashlib
import hmac
import itertools
import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

import attrs
import pytest

from tests.raw import (
    PATIENCE,
    answer,
    close,
    hang,
    held,
    reserved,
    reset,
    reset_early,
    serving,
    streaming,
    until,
    url_of,
    wait_until,
)
from wasend.sandbox import Clock, Sandbox
from wasend.sandbox.webhooks import Outbox, Sender, Webhook, WebhookAttempt, outbox, sender
from wasend.sandbox.webhooks.outbox import signature
from wasend.sandbox.world import Scheduler

NOON = 1_750_000_000.25
ME = {"id": "447700900123@c.us", "pushName": "Desk"}
HOOK = "http://127.0.0.1:9/hook"


@attrs.frozen
class Fault:
    kind: str


class Faults:
    """Plays the next kinds of its script on each event, then none."""

    def __init__(self, *script: str) -> None:
        self._script = iter(script)
        self.asked: list[str] = []

    def on_event(self, event: str) -> Sequence[Fault]:
        self.asked.append(event)
        return [Fault(kind) for kind in next(self._script, "").split()]


class Receiver:
    """An ASGI application that takes webhooks: it answers by its script, and its last answer for ever."""

    def __init__(self, *script: int | BaseException) -> None:
        self._script = list(script) or [200]
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.threads: list[threading.Thread] = []
        self.now: Counter[str] = Counter()
        self.peaks: Counter[str] = Counter()
        self.gate: asyncio.Event | None = None
        self.farewell = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = json.loads((await receive())["body"])
        self.bodies.append(body)
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        self.threads.append(threading.current_thread())
        outcome = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        for who in (body["session"], "all"):
            self.now[who] += 1
            self.peaks[who] = max(self.peaks[who], self.now[who])
        try:
            if self.gate is not None:
                await self.gate.wait()
            if isinstance(outcome, BaseException):
                raise outcome
            await send({"type": "http.response.start", "status": outcome, "headers": []})
            await send({"type": "http.response.body", "body": b"thanks"})
        finally:
            for _ in range(self.farewell):
                await asyncio.sleep(0)
            for who in (body["session"], "all"):
                self.now[who] -= 1

    @property
    def said(self) -> list[Any]:
        """What the payloads said, in the order of their coming."""
        return [body["payload"]["n"] for body in self.bodies]


class Looked(Scheduler):
    """A scheduler that counts how often somebody looked."""

    looks = 0

    def catch_up(self) -> None:
        self.looks += 1
        super().catch_up()


class Desk:
    """Outbox and sender, with a clock that stands still unless told otherwise."""

    def __init__(
        self,
        receiver: Receiver | None = None,
        *,
        url: str = HOOK,
        seed: int = 7,
        running: bool = False,
        answer_within: float = 10,
        **outbox: Any,
    ) -> None:
        self.url = url
        self.clock = Clock(stopped=not running, at=NOON)
        self.scheduler = Looked(threading.RLock(), self.clock)
        self.outbox = Outbox(self.clock, Random(seed), **outbox)
        self.sender = Sender(self.outbox, self.clock, self.scheduler, webhook_app=receiver, answer_within=answer_within)

    def post(self, n: Any = 0, *, session: str = "ses_1", event: str = "message", url: str | None = None) -> None:
        self.outbox.post(session, url or self.url, event, {"n": n}, ME, self.scheduler.now())

    @property
    def only(self) -> Webhook:
        (webhook,) = self.outbox.every()
        return webhook


@contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in another thread for the length of a block, and ends as `asyncio.run` ends one."""
    loops: list[asyncio.AbstractEventLoop] = []
    ready, over = threading.Event(), asyncio.Event()

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        ready.set()
        await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield loops[0]
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join(PATIENCE)
        assert not thread.is_alive()


def wake_on(desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
    """Wake the sender on a loop in another thread, as a request there does."""

    async def request() -> None:
        desk.sender.wake(asyncio.get_running_loop())

    asyncio.run_coroutine_threadsafe(request(), loop).result(PATIENCE)


@pytest.fixture(autouse=True)
def no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test leaves anything of which asyncio complains, or Python when it is collected."""
    yield
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


# What is said


def test_signature_of_the_engine() -> None:
    """A body is signed as the engine's documentation shows it."""
    body = b'{"event":"message","session":"default","engine":"WEBJS"}'
    assert signature("my-secret-key", body) == (
        "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8"
        "097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89"
    )


def test_envelope() -> None:
    """The envelope has the engine's fields, and the payload as it was when it was posted."""
    desk = Desk()
    payload: dict[str, Any] = {"body": "half a pair: \ud83d"}
    desk.outbox.post("ses_1", HOOK, "message.any", payload, ME, NOON)
    payload.clear()
    envelope = json.loads(desk.only.body)
    assert re.fullmatch(r"evt_[0-9a-hjkmnp-tv-z]{26}", envelope["id"])
    assert envelope == {
        "id": desk.only.id,
        "timestamp": 1_750_000_000_250,
        "event": "message.any",
        "session": "ses_1",
        "metadata": {"user.id": "usr_sandbox", "user.email": "sandbox@example.org"},
        "me": ME,
        "payload": {"body": "half a pair: \ud83d"},
        "engine": "GOWS",
        "environment": {
            "version": "2026.8.2",
            "engine": "GOWS",
            "tier": "PLUS",
            "browser": None,
            "platform": "linux/x64",
            "worker": {"id": None},
        },
    }


def test_ids_come_from_seed_and_time() -> None:
    """The same seed gives the same ids, however often was sent between; another seed others; later ones sort later."""

    def ids(seed: int, *, drained: bool) -> list[str]:
        desk = Desk(Receiver(), seed=seed)
        for _ in range(3):
            desk.post()
            if drained:
                desk.sender.drain()
            desk.clock.advance(1)
        return [webhook.id for webhook in desk.outbox.every()]

    assert ids(1, drained=True) == ids(1, drained=False)
    assert not set(ids(1, drained=False)) & set(ids(2, drained=False))
    assert ids(1, drained=False) == sorted(ids(1, drained=False))
    crockford = str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")
    assert int(ids(1, drained=False)[0][4:14].translate(crockford), 32) == 1_750_000_000_250  # milliseconds


@pytest.mark.parametrize("key", [None, "my-secret-key"])
def test_request_on_the_wire(key: str | None) -> None:
    """A receiver gets a POST with the body as it is, an id for the request, its time, and a signature if there is a key."""
    with serving(answer(204)) as receiver:
        desk = Desk(url=f"{receiver.url}/hook?a=1", key=key)
        desk.post()
        desk.clock.advance(1)
        desk.sender.drain()
        (request,) = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /hook?a=1 HTTP/1.1"
    assert body == desk.only.body
    assert headers["content-type"] == "application/json"
    assert headers["x-webhook-timestamp"] == "1750000000250"  # of the event
    assert headers["x-webhook-request-id"] == desk.only.attempts[0].request_id
    if key is None:
        assert "x-webhook-hmac" not in headers
        assert "x-webhook-hmac-algorithm" not in headers
    else:
        assert headers["x-webhook-hmac"] == hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
        assert headers["x-webhook-hmac-algorithm"] == "sha512"
    assert desk.only.delivered_at == NOON + 1
    assert desk.only.status == 204
    assert desk.only.error is None


@pytest.mark.parametrize("option", [{"key": ""}, {"attempts": 0}, {"delay": -1.0}, {"delay": float("nan")}])
def test_settings_that_mean_nothing(option: dict[str, Any]) -> None:
    """A key that signs nothing, no attempt and time that runs backwards are refused at once."""
    with pytest.raises(ValueError, match=r"key|tried|delay"):
        Desk(**option)


# What becomes of it


def test_retries_by_the_clock() -> None:
    """A failure is tried again when the sandbox's clock is two seconds on, by the same request id, until a 2xx comes."""
    receiver = Receiver(500, 302, 201)
    desk = Desk(receiver)
    desk.post()
    desk.sender.drain()
    desk.sender.drain()
    assert (desk.only.status, desk.only.delivered_at, desk.only.given_up) == (500, None, False)
    desk.clock.advance(1.999)
    desk.sender.drain()
    assert len(receiver.bodies) == 1
    desk.clock.advance(0.001)
    desk.sender.drain()
    desk.clock.advance(2)
    desk.sender.drain()
    desk.clock.advance(100)
    desk.sender.drain()
    ids = [headers["x-webhook-request-id"] for headers in receiver.headers]
    assert desk.only.attempts == (
        WebhookAttempt(at=NOON, request_id=ids[0], status=500),
        WebhookAttempt(at=NOON + 2, request_id=ids[1], status=302),
        WebhookAttempt(at=NOON + 4, request_id=ids[2], status=201),
    )
    assert (len(set(ids)), ids[0]) == (1, desk.only.request_id)
    assert {headers["x-webhook-timestamp"] for headers in receiver.headers} == {str(round(NOON * 1000))}
    assert len({body["id"] for body in receiver.bodies}) == 1
    assert desk.only.delivered_at == NOON + 4


def test_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """After fifteen failures no more is tried, and the log says so once."""
    receiver = Receiver(503)
    desk = Desk(receiver)
    desk.post()
    for _ in range(20):
        desk.sender.drain()
        desk.clock.advance(2)
    assert len(receiver.bodies) == len(desk.only.attempts) == 15
    assert desk.only.given_up
    assert desk.only.delivered_at is None
    (record,) = caplog.records
    assert record.name == "wasend.sandbox"
    assert record.getMessage().endswith(f"message {desk.only.id} to {HOOK} (HTTP 503)")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        pytest.param(reset, "ReadError", id="reset"),
        pytest.param(close, "RemoteProtocolError", id="close"),
        pytest.param(hang, "no answer within 0.05 seconds", id="hang"),
    ],
)
def test_no_answer(behaviour: Any, error: str) -> None:
    """A connection that breaks, or says nothing for too long, is a failure that is tried again."""
    with serving(behaviour, answer()) as receiver:
        desk = Desk(url=receiver.url)
        patience, desk.sender._answer_within = desk.sender._answer_within, 0.05 if behaviour is hang else 10.0
        desk.post()
        desk.sender.drain()
        assert desk.only.status is None
        assert desk.only.error is not None
        assert desk.only.error.startswith(error)
        desk.clock.advance(2)
        desk.sender._answer_within = patience
        desk.sender.drain()
        assert desk.only.delivered_at == NOON + 2


def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    """A refused connection is a failure like another, and so is a TLS that does not come about."""
    with reserved() as port, serving(reset_early) as receiver:
        desk = Desk()
        desk.post(url=url_of(port))
        desk.post(url=receiver.url.replace("http:", "https:"))
        desk.sender.drain()
    assert caplog.records == []
    refused, torn = desk.outbox.every()
    assert [refused.status, torn.status] == [None, None]
    assert str(refused.error).startswith("ConnectError")
    assert str(torn.error).startswith("ConnectError")


def test_redirect_is_not_followed() -> None:
    """Where a redirect leads to is not asked."""
    with serving(answer(307, headers={"location": "/elsewhere"})) as receiver:
        desk = Desk(url=receiver.url)
        desk.post()
        desk.sender.drain()
        assert receiver.deliveries == 1
    assert desk.only.status == 307
    assert desk.only.delivered_at is None


def test_long_answer_is_read() -> None:
    """A receiver that says much is not cut off."""
    with serving(streaming(20)) as receiver:
        desk = Desk(url=receiver.url)
        desk.post()
        desk.sender.drain()
        assert receiver.cut_off == 0
    assert desk.only.status == 200


def test_receiver_in_process_raises(caplog: pytest.LogCaptureFixture) -> None:
    """What a receiver in process raises is in the log with its traceback, and a failure that is tried again."""
    broken = KeyError("payload")
    desk = Desk(Receiver(broken, asyncio.CancelledError(), TimeoutError(), 200))
    desk.post()
    for _ in range(4):
        desk.sender.drain()
        desk.clock.advance(2)
    assert [attempt.error for attempt in desk.only.attempts] == [
        "KeyError: 'payload'",
        "CancelledError: ",
        "TimeoutError: ",
        None,
    ]
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert logged[0] is broken
    assert len(logged) == 3


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://hooks.example.org/wa", "'hooks.example.org' is not this machine"),
        ("http://192.168.1.7:8000/", "'192.168.1.7' is not this machine"),
        ("http://127.0.0.1@example.org/", "'example.org' is not this machine"),
        ("http://[::1", "it is not a URL"),
        ("http://localhost.example.org/", "'localhost.example.org' is not this machine"),
    ],
)
def test_other_machines_are_left_alone(url: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """A webhook that would leave this machine is refused with the reason, and the log warns once."""
    desk = Desk(faults=(faults := Faults()))
    desk.post(url=url)
    desk.post(url=url)
    desk.sender.drain()
    for webhook in desk.outbox.every():
        assert str(webhook.refusal).startswith(reason)
        assert webhook.error == webhook.refusal
        assert (webhook.given_up, webhook.attempts, webhook.status) == (True, (), None)
    assert len(desk.outbox.every()) == 2
    assert faults.asked == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("url", ["http://localhost:1/", "http://127.3.2.1:1/", "http://[::1]:1/"])
def test_this_machine_is_called(url: str) -> None:
    """Every spelling of this machine is let through."""
    desk = Desk(url=url)
    desk.post()
    assert desk.only.refusal is None


def test_other_machines_if_allowed() -> None:
    """The hosts that are named are let through, or any; to a receiver in process for one."""
    for hosts in (["hooks.example.org"], ["*"]):
        assert Desk(hosts=hosts).outbox._refusal("https://hooks.example.org/wa") is None
    assert Desk(hosts=["hooks.example.org"]).outbox._refusal("https://hooks.example.com/")
    receiver = Receiver()
    desk = Desk(receiver, url="https://hooks.example.org/wa", hosts=["*"])
    desk.post()
    desk.sender.drain()
    assert receiver.headers[0]["host"] == "hooks.example.org"
    assert desk.only.status == 200


def test_this_machine_where_others_have_keys() -> None:
    """Served to other machines, a sandbox calls what listens on this one only where it was told so."""
    for hosts, called in (((), False), (["127.0.0.1"], True), ("*", True)):
        with serving(answer()) as receiver, Sandbox(api_key="k", webhook_hosts=hosts) as sandbox:
            sandbox.add_session("Before", webhook_url=receiver.url)
            with sandbox.serve(allow_remote=True):
                sandbox.add_session("After", "+447700900124", webhook_url=receiver.url)
                sandbox.drain()
            before, after = sandbox.webhooks
        assert before.refusal is None
        assert (after.refusal is None) is called
        assert called or "webhook_hosts=['127.0.0.1']" in str(after.refusal)
    with pytest.raises(ValueError, match="names of hosts"):
        Sandbox(webhook_hosts="http://127.0.0.1")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those done with only the newest are remembered; those that wait are all kept."""
    monkeypatch.setattr(outbox, "_KEPT", 3)
    desk = Desk(Receiver(500, 200))
    for n in range(6):
        desk.post(n)
    assert len(desk.outbox.every()) == 6
    desk.sender.drain()
    assert [json.loads(webhook.body)["payload"]["n"] for webhook in desk.outbox.every()] == [0, 3, 4, 5]


# Order


def test_in_order_one_at_a_time() -> None:
    """A session's events come one after the other, in order; a failing one does not hold back those after it."""
    receiver = Receiver(500, 200)
    desk = Desk(receiver)
    for n in range(6):
        desk.post(n)
    desk.sender.drain()
    assert receiver.said == [0, 1, 2, 3, 4, 5]
    assert receiver.peaks["ses_1"] == 1
    desk.post(6)
    desk.clock.advance(2)
    desk.sender.drain()
    assert receiver.said == [0, 1, 2, 3, 4, 5, 6, 0]


async def test_sessions_at_once() -> None:
    """Sixteen sessions are served at once and no more; each of the others has its turn."""
    receiver = Receiver()
    receiver.gate = asyncio.Event()
    desk = Desk(receiver)
    for n in range(20):
        desk.post(n, session=f"ses_{n}")
        desk.post(n, session=f"ses_{n}")
    desk.sender.wake(asyncio.get_running_loop())
    await until(lambda: receiver.now["all"] == 16)
    receiver.gate.set()
    await desk.sender.adrain()
    assert Counter(receiver.said) == dict.fromkeys(range(20), 2)
    assert receiver.peaks["all"] == 16
    assert max(receiver.peaks[f"ses_{n}"] for n in range(20)) == 1


def test_duplicate() -> None:
    """A duplicate is the same event in another request, and both are in the record."""
    receiver = Receiver()
    desk = Desk(receiver, faults=(faults := Faults("duplicate_webhook")))
    desk.post(0, event="message.ack")
    desk.post(1)
    desk.sender.drain()
    assert receiver.said == [0, 0, 1]
    assert faults.asked == ["message.ack", "message"]
    first, second, _ = desk.outbox.every()
    assert first.id == second.id
    assert first.body == second.body
    assert first.attempts[0].request_id != second.attempts[0].request_id
    assert first.delivered_at == second.delivered_at == NOON


async def test_reordered() -> None:
    """A reordered event waits until the next of its session was sent, though that fails, and for no other session's."""
    receiver = Receiver()
    desk = Desk(receiver, faults=Faults("reordered_webhook", "", "", "reordered_webhook"))
    desk.sender.wake(asyncio.get_running_loop())
    desk.post(0)
    desk.post("other", session="ses_2")
    await until(lambda: desk.outbox.every()[1].delivered_at is not None)
    assert receiver.said == ["other"]
    receiver._script = [500, 200]
    desk.post(1)
    await until(lambda: desk.outbox.every()[0].delivered_at is not None)
    assert receiver.said == ["other", 1, 0]


def test_reordered_in_a_row() -> None:
    """Where each event is to be reordered, neighbours change places."""
    receiver = Receiver()
    desk = Desk(receiver, faults=Faults(*["reordered_webhook"] * 5))
    for n in range(5):
        desk.post(n)
    desk.sender.drain()
    assert receiver.said == [1, 0, 3, 2, 4]


def test_reordered_and_nothing_after() -> None:
    """With nothing after it a reordered event goes out when it is drained, twice if it is a duplicate as well."""
    receiver = Receiver()
    desk = Desk(receiver, faults=Faults("reordered_webhook duplicate_webhook"))
    desk.post()
    assert desk.outbox.next_due() is None
    desk.sender.drain()
    assert receiver.said == [0, 0]


def test_retry_is_no_next_event() -> None:
    """What an event is held back for is a later one, not the retry of an earlier."""
    receiver = Receiver(500, 200)
    desk = Desk(receiver, faults=Faults("", "reordered_webhook"))
    desk.post("earlier")
    desk.sender.drain()
    desk.post("held")

    async def retried() -> None:
        desk.sender.wake(asyncio.get_running_loop())
        desk.clock.advance(2)
        await until(lambda: desk.outbox.every()[0].delivered_at is not None)
        assert desk.outbox.next_due() is None

    asyncio.run(retried())
    assert receiver.said == ["earlier", "earlier"]


# When, and on which loop


async def test_delivered_by_itself() -> None:
    """On a loop that served a request, what is posted is sent without anybody waiting; nothing is left running then."""
    receiver = Receiver()
    desk = Desk(receiver)
    tasks, threads = asyncio.all_tasks(), threading.active_count()
    desk.sender.wake(asyncio.get_running_loop())
    assert asyncio.all_tasks() == tasks
    desk.post()
    await until(lambda: desk.only.delivered_at is not None)
    await until(lambda: asyncio.all_tasks() == tasks)
    assert threading.active_count() == threads
    assert receiver.said == [0]


async def test_posted_before_the_first_request() -> None:
    """What was posted before any loop was there is sent as soon as one is."""
    receiver = Receiver()
    desk = Desk(receiver)
    desk.post()
    desk.sender.wake(asyncio.get_running_loop())
    await until(lambda: desk.only.delivered_at is not None)


def test_posted_from_another_thread() -> None:
    """A loop in one thread sends what others post, and tries again when they move the clock."""
    receiver = Receiver(500, 200)
    desk = Desk(receiver)
    with loop_in_thread() as loop:
        wake_on(desk, loop)
        desk.post()
        wait_until(lambda: desk.only.status == 500)
        desk.clock.advance(2)
        wait_until(lambda: desk.only.status == 200)
        assert threading.current_thread() not in receiver.threads


async def test_running_clock() -> None:
    """While the clock runs, retries go out when they are due."""
    receiver = Receiver(500, 500, 200)
    desk = Desk(receiver, running=True, delay=0.02)
    desk.sender.wake(asyncio.get_running_loop())
    desk.post()
    await until(lambda: desk.only.delivered_at is not None)
    assert desk.scheduler.looks < 20
    times = [attempt.at for attempt in desk.only.attempts]
    assert all(later - earlier >= 0.02 for earlier, later in itertools.pairwise(times))


async def test_clock_started_again() -> None:
    """A clock that is stopped stops retries that were due later, and started it sends them."""
    receiver = Receiver(500, 200)
    desk = Desk(receiver, running=True, delay=0.05)
    desk.sender.wake(asyncio.get_running_loop())
    desk.post()
    await until(lambda: desk.only.status == 500)
    desk.clock.stop()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert desk.only.status == 500
    desk.clock.start()
    await until(lambda: desk.only.status == 200)


async def test_what_happens_by_itself() -> None:
    """Events that happen at a time of the clock are told when it gets there, as of their time."""
    receiver = Receiver()
    desk = Desk(receiver)
    desk.sender.wake(asyncio.get_running_loop())
    desk.scheduler.add(60, partial(desk.post, "later"))
    desk.sender.nudge()
    assert len(asyncio.all_tasks()) == 1
    desk.clock.advance(61)
    await until(lambda: receiver.said == ["later"])
    assert desk.only.created_at == NOON + 60


async def test_what_happens_while_the_clock_runs() -> None:
    """While the clock runs nobody has to look for something to happen."""
    receiver = Receiver()
    desk = Desk(receiver, running=True)
    desk.sender.wake(asyncio.get_running_loop())
    desk.scheduler.add(0.02, partial(desk.post, "later"))
    desk.sender.nudge()
    await until(lambda: receiver.said == ["later"])


def test_drained_with_what_is_due_by_itself() -> None:
    """Draining sends the events that have happened by now."""
    receiver = Receiver()
    desk = Desk(receiver)
    desk.scheduler.add(60, partial(desk.post, "later"))
    desk.clock.advance(60)
    desk.sender.drain()
    assert receiver.said == ["later"]


async def test_what_happens_by_itself_fails(caplog: pytest.LogCaptureFixture) -> None:
    """What fails is in the log; what is due after it happens all the same."""

    def fail() -> None:
        raise RuntimeError("a script of the user's")

    receiver = Receiver()
    desk = Desk(receiver)
    desk.sender.wake(asyncio.get_running_loop())
    desk.scheduler.add(1, fail)
    desk.scheduler.add(2, partial(desk.post, "later"))
    desk.clock.advance(2)
    await until(lambda: receiver.said == ["later"])
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["a script of the user's"]


async def test_receiver_sees_nothing_of_the_request() -> None:
    """The receiver runs in a context of its own, not in that of the request that woke the sender."""
    secret: contextvars.ContextVar[str] = contextvars.ContextVar("secret")
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(secret.get("nothing"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    desk = Desk(app)  # type: ignore[arg-type]
    secret.set("something")
    desk.post()
    await desk.sender.adrain()
    assert seen == ["nothing"]


async def test_eager_tasks() -> None:
    """A loop that begins its tasks at once is served like another."""
    eager = getattr(asyncio, "eager_task_factory", None)
    if eager is None:
        pytest.skip("Python 3.11 begins no task at once")
    asyncio.get_running_loop().set_task_factory(eager)
    receiver = Receiver(500, 200)
    desk = Desk(receiver)
    desk.sender.wake(asyncio.get_running_loop())
    desk.post()
    await desk.sender.adrain()
    desk.clock.advance(2)
    await desk.sender.adrain()
    assert desk.only.status == 200


# Draining


async def test_drained_in_a_coroutine() -> None:
    """In a coroutine draining waits for what is under way and what is due, and not for a retry."""
    receiver = Receiver(200, 500)
    desk = Desk(receiver)
    desk.post(0)
    desk.post(1)
    await desk.sender.adrain()
    assert receiver.said == [0, 1]
    assert desk.outbox.next_due() == NOON + 2


def test_drained_while_another_loop_works() -> None:
    """Where a loop is at work it does the work, whoever drains in whichever way."""
    receiver = Receiver()
    desk = Desk(receiver)
    with loop_in_thread() as loop:
        wake_on(desk, loop)
        for n in range(3):
            desk.post(n)
        desk.sender.drain()
        assert receiver.said == [0, 1, 2]
        desk.post(3)
        asyncio.run(desk.sender.adrain())
        assert receiver.said == [0, 1, 2, 3]
        assert threading.current_thread() not in receiver.threads
    desk.post(4)
    desk.sender.drain()
    assert receiver.threads[-1] is threading.current_thread()


def test_loop_ends_while_another_thread_drains() -> None:
    """Who drains goes on with what a loop leaves undone that ends meanwhile."""
    with serving(held(answer())) as receiver:
        desk = Desk(url=receiver.url)
        drained = threading.Thread(target=desk.sender.drain, args=(PATIENCE,))
        with loop_in_thread() as loop:
            wake_on(desk, loop)
            desk.post()
            wait_until(lambda: receiver.deliveries == 1)
            drained.start()
        wait_until(lambda: receiver.deliveries == 2)
        receiver.release()
        drained.join(PATIENCE)
        assert desk.only.status == 200


def test_loop_stops_while_another_thread_drains() -> None:
    """Who drains goes on with what a loop leaves undone that stops meanwhile, and tells nobody."""
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    with serving(held(answer())) as receiver:
        desk = Desk(url=receiver.url)

        async def begun() -> None:
            desk.sender.wake(loop)
            desk.post()
            await over.wait()

        stopping = threading.Thread(target=loop.run_until_complete, args=(begun(),))
        drained = threading.Thread(target=desk.sender.drain, args=(PATIENCE,))
        stopping.start()
        wait_until(lambda: receiver.deliveries == 1)
        drained.start()
        wait_until(lambda: len(desk.outbox._watchers) > 1)
        loop.call_soon_threadsafe(over.set)
        stopping.join(PATIENCE)
        wait_until(lambda: receiver.deliveries == 2)
        receiver.release()
        drained.join(PATIENCE)
        assert desk.only.status == 200
        loop.run_until_complete(until(lambda: len(asyncio.all_tasks(loop)) == 1))
        loop.close()


def test_drained_by_many() -> None:
    """Threads that drain at once all come back, and nothing is sent twice."""
    receiver = Receiver()
    desk = Desk(receiver)
    for n in range(50):
        desk.post(n, session=f"ses_{n % 5}")
    threads = [threading.Thread(target=desk.sender.drain, args=(PATIENCE,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(receiver.said) == list(range(50))


def test_who_drains_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who drains comes back when all is sent, and not only when he looks again."""
    monkeypatch.setattr(sender, "_LOOK_AGAIN", 2 * PATIENCE)
    desk = Desk(Receiver())
    desk.post()
    desk.sender.drain(PATIENCE)
    assert desk.only.status == 200


async def test_blocking_drain_in_a_coroutine() -> None:
    """Draining in a way that would block the loop is refused."""
    with pytest.raises(RuntimeError, match="await adrain"):
        Desk().sender.drain()


def test_drained_in_vain() -> None:
    """Who waits too long is told what is outstanding."""
    with serving(hang) as receiver:
        desk = Desk(url=receiver.url)
        for n in range(7):
            desk.post(n)
        with pytest.raises(TimeoutError) as caught:
            desk.sender.drain(timeout=0.05)
        assert str(caught.value).startswith("webhooks are outstanding after 0.05 s: message evt_")
        assert str(caught.value).endswith(", and 2 more")
        assert desk.outbox.every()[0].id in str(caught.value)


def test_current_loop_of_the_thread_stays() -> None:
    """Draining leaves the thread's current event loop as it was."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        desk = Desk(Receiver())
        desk.post()
        desk.sender.drain()
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


# Loops that end


def ended_as_usual(coroutine: Callable[[], Any]) -> None:
    asyncio.run(coroutine())


def ended_abruptly(coroutine: Callable[[], Any]) -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(coroutine())
    loop.close()


@pytest.mark.parametrize("end", [ended_as_usual, ended_abruptly])
def test_loop_ends_under_a_delivery(end: Callable[[Callable[[], Any]], None]) -> None:
    """What was under way when its loop ended goes out anew on the next, and nothing complains."""
    receiver = Receiver()
    desk = Desk(receiver)

    async def interrupted() -> None:
        receiver.gate = asyncio.Event()
        desk.sender.wake(asyncio.get_running_loop())
        desk.post(0)
        desk.post(1)
        await until(lambda: receiver.now["all"] == 1)

    end(interrupted)
    receiver.gate = None
    assert desk.outbox.every()[0].attempts == ()
    desk.sender.drain()
    assert receiver.said == [0, 0, 1]
    assert [len(webhook.attempts) for webhook in desk.outbox.every()] == [1, 1]


@pytest.mark.parametrize("turns", range(5))
def test_loop_ends_soon_after_a_post(turns: int) -> None:
    """However soon after a post its loop ends, nothing complains, and the event is delivered once the next one is there."""
    receiver = Receiver()
    desk = Desk(receiver)

    async def last_words() -> None:
        desk.sender.wake(asyncio.get_running_loop())
        desk.post()
        for _ in range(turns):
            await asyncio.sleep(0)

    asyncio.run(last_words())
    gc.collect()
    desk.sender.drain()
    assert [attempt.status for attempt in desk.only.attempts] == [200]


def test_loop_ends_before_anything_is_sent() -> None:
    """A post that is the last thing on its loop is sent once, on the next, which opens the only connection."""
    with serving(answer()) as receiver:
        desk = Desk(url=receiver.url)

        async def last_words() -> None:
            desk.sender.wake(asyncio.get_running_loop())
            desk.post()

        asyncio.run(last_words())
        gc.collect()
        assert desk.only.attempts == ()
        desk.sender.drain()
        assert receiver.connections == receiver.deliveries == 1


@pytest.mark.parametrize("end", [ended_as_usual, ended_abruptly])
def test_loop_ends_while_a_retry_waits(end: Callable[[Callable[[], Any]], None]) -> None:
    """A retry for which a loop waited when it ended goes out on the next."""
    receiver = Receiver(500, 200)
    desk = Desk(receiver, running=True, delay=3600)

    async def failed() -> None:
        desk.sender.wake(asyncio.get_running_loop())
        desk.post()
        await desk.sender.adrain()

    end(failed)
    gc.collect()
    desk.clock.advance(3600)
    desk.sender.drain()
    assert [attempt.status for attempt in desk.only.attempts] == [500, 200]


def test_connection_is_closed_with_the_loop() -> None:
    """A loop that ends under a delivery closes its connection."""
    with serving(hang, answer()) as receiver:
        desk = Desk(url=receiver.url)

        async def interrupted() -> None:
            desk.sender.wake(asyncio.get_running_loop())
            desk.post()
            await until(lambda: receiver.deliveries == 1)

        asyncio.run(interrupted())
        wait_until(lambda: receiver.open == 0)
        desk.sender.drain()
        assert desk.only.status == 200


def test_loop_that_stands_still() -> None:
    """What a loop has under way that does not run is taken from it; when it runs again it finds nothing to do."""
    receiver = Receiver()
    desk = Desk(receiver, answer_within=3 * PATIENCE)
    loop = asyncio.new_event_loop()

    async def begun() -> None:
        receiver.gate = asyncio.Event()
        desk.sender.wake(asyncio.get_running_loop())
        desk.post()
        await until(lambda: receiver.now["all"] == 1)

    async def go_on() -> None:
        await until(lambda: len(asyncio.all_tasks()) == 1)

    loop.run_until_complete(begun())
    receiver.gate = None
    desk.post(session="ses_2")
    desk.sender.drain()
    assert [webhook.status for webhook in desk.outbox.every()] == [200, 200]
    loop.run_until_complete(go_on())
    loop.close()
    desk.post()
    desk.sender.drain()
    assert [len(webhook.attempts) for webhook in desk.outbox.every()] == [1, 1, 1]
    assert len(receiver.bodies) == 4


def test_loop_that_was_called_in_vain() -> None:
    """A call that a closed loop never got does not keep the next loop from being called."""
    desk = Desk(Receiver())
    loop = asyncio.new_event_loop()

    async def request() -> None:
        desk.sender.wake(loop)

    loop.run_until_complete(request())
    desk.post()
    loop.close()
    desk.outbox.reset()
    with loop_in_thread() as following:
        wake_on(desk, following)
        desk.post()
        wait_until(lambda: desk.only.status == 200)


def test_loop_that_runs_keeps_the_work() -> None:
    """A second loop that serves a request leaves the work to the first, and has it after that has ended."""
    receiver = Receiver()
    desk = Desk(receiver)
    with loop_in_thread() as second:
        with loop_in_thread() as first:
            wake_on(desk, first)
            wake_on(desk, second)
            desk.post(0)
            wait_until(lambda: len(receiver.threads) == 1)
            desk.sender.drain()
        wake_on(desk, second)
        desk.post(1)
        wait_until(lambda: len(receiver.threads) == 2)
        desk.sender.drain()
    assert receiver.threads[0] is not receiver.threads[1]


async def test_reset_under_a_delivery() -> None:
    """What is under way when everything is forgotten leaves no trace, and does not disturb what comes after."""
    receiver = Receiver()
    receiver.gate = asyncio.Event()
    desk = Desk(receiver)
    desk.sender.wake(asyncio.get_running_loop())
    desk.post("before")
    await until(lambda: receiver.now["all"] == 1)
    desk.outbox.reset()
    desk.post("after")
    await until(lambda: receiver.now["all"] == 2)
    receiver.gate.set()
    await desk.sender.adrain()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert json.loads(desk.only.body)["payload"] == {"n": "after"}
    assert len(desk.only.attempts) == 1


def test_logger_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """A delivery that succeeds, or fails and is tried again, says nothing in the log."""
    caplog.set_level(logging.INFO)
    desk = Desk(Receiver(500, 200))
    desk.post()
    desk.sender.drain()
    desk.clock.advance(2)
    desk.sender.drain()
    assert [record for record in caplog.records if record.name == "wasend.sandbox"] == []
