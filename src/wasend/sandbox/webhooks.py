"""
The webhooks that the sandbox sends: their envelope, their signature, and the outbox in which they wait. No I/O here.

WASend documents none of it. The shape, the headers and the retries are those of the engine behind it.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import itertools
import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, Final, Protocol

import attrs
import httpx

from wasend.sandbox.clock import Clock
from wasend.sandbox.hosts import is_loopback

_log = logging.getLogger("wasend.sandbox")

_KEPT = 10_000
"""How many webhooks are remembered of which nothing more will become."""

_ENGINE: Final = "GOWS"
_ENVIRONMENT: Final = {"version": "2025.6.1", "engine": _ENGINE, "tier": "PLUS"}
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"


class EventFault(Protocol):
    """A fault that is played on an event."""

    @property
    def kind(self) -> str:
        """Which one: ``"duplicate_webhook"`` or ``"reordered_webhook"``; others are nothing to webhooks."""
        ...


class EventFaults(Protocol):
    """Who decides which events are sent wrongly."""

    def on_event(self, event: str) -> Sequence[EventFault]:
        """Return what is played on an event of this name."""
        ...


@attrs.frozen(kw_only=True)
class WebhookAttempt:
    """
    One request to a webhook's URL that has ended.

    `at` is when, in seconds since the epoch by the sandbox's clock; `request_id` the ``X-Webhook-Request-Id``;
    `status` the receiver's answer, or None where `error` says why there is none.
    """

    at: float
    request_id: str
    status: int | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the receiver took it: any 2xx, and no redirect."""
        return self.status is not None and 200 <= self.status < 300


@attrs.frozen(kw_only=True)
class Webhook:
    """
    A webhook, and what has become of it so far.

    `id` is the event's (``evt_…``), which a duplicate shares; `session` the session's id; `body` the bytes that are
    sent. Times are seconds since the epoch by the sandbox's clock. `given_up` says that no further attempt will be
    made, `refusal` why there was not even one.
    """

    id: str
    event: str
    session: str
    url: str
    body: bytes = attrs.field(repr=False)
    created_at: float
    attempts: tuple[WebhookAttempt, ...] = ()
    delivered_at: float | None = None
    given_up: bool = False
    refusal: str | None = None

    @property
    def status(self) -> int | None:
        """How the receiver answered last."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def error(self) -> str | None:
        """Why there was no answer the last time."""
        return self.attempts[-1].error if self.attempts else self.refusal


@attrs.frozen(kw_only=True, eq=False)
class Delivery:
    """One request that is to be made now."""

    number: int
    session: str
    url: str
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    request_id: str


@attrs.define(eq=False)
class _Line:
    """
    The numbers of one session's webhooks that are not done with.

    `waiting` says when each is due; `held` are those held back until there is a next one, `behind` those that go
    after the one whose number is the key.
    """

    waiting: list[tuple[float, int]] = attrs.field(factory=list[tuple[float, int]])
    held: list[int] = attrs.field(factory=list[int])
    behind: dict[int, list[int]] = attrs.field(factory=dict[int, list[int]])
    under_way: Delivery | None = None

    @property
    def due(self) -> float | None:
        """When something can be sent: one at a time."""
        return self.waiting[0][0] if self.waiting and self.under_way is None else None


class Outbox:
    """
    Every webhook that is to be sent or was. Every method may be called from any thread.

    A session's webhooks are sent one at a time, in the order in which they are due, so that a receiver meets the
    events in the order of their happening. One that fails is due again later and holds back none that follows.

    Args:
        clock: The sandbox's clock.
        random: Where ids come from: the same seed and the same events give the same ids.
        key: Signs the bodies; None leaves them unsigned.
        attempts: How often one is tried in all.
        delay: Seconds by the sandbox's clock from a failure to the next attempt.
        faults: Who decides which events are sent twice or out of order; nobody by default.
        allow_remote: Whether a URL may lead to another machine.

    Raises:
        ValueError: One of them can mean nothing.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        key: str | None = None,
        *,
        attempts: int = 15,
        delay: float = 2.0,
        faults: EventFaults | None = None,
        allow_remote: bool = False,
    ) -> None:
        if key is not None and not key:
            raise ValueError("an empty key signs nothing; None leaves webhooks unsigned")
        if attempts < 1:
            raise ValueError(f"a webhook is tried at least once, not {attempts} times")
        if not delay >= 0:
            raise ValueError(f"delay is a number of seconds >= 0, not {delay}")
        self._clock = clock
        # Apart, so that the ids of events do not depend on how many requests were made between them.
        self._event_ids, self._request_ids = random, Random(random.getrandbits(64))
        self._key = key
        self._attempts = attempts
        self._delay = delay
        self._faults = faults
        self._allow_remote = allow_remote
        self._warned = False
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._webhooks: dict[int, Webhook] = {}
        self._settled: deque[int] = deque()
        self._lines: dict[str, _Line] = {}
        self._watchers: list[Callable[[], object]] = []

    def watch(self, callback: Callable[[], object]) -> None:
        """Have a callback told, in whichever thread, when there may be something to send, or one was sent."""
        self._watchers.append(callback)

    def post(
        self,
        session_id: str,
        url: str,
        event: str,
        payload: Mapping[str, Any],
        me: Mapping[str, Any] | None,
        at: float,
    ) -> None:
        """
        Put an event in. It is in JSON from here on: what becomes of `payload` later does not matter.

        Args:
            session_id: Whose event it is.
            url: Where to.
            event: Its name, like ``"message.ack"``.
            payload: What it says.
            me: The session's own account: ``id`` and ``pushName``.
            at: When it happened, in seconds since the epoch by the sandbox's clock.
        """
        with self._lock:
            event_id = f"evt_{_ulid(at, self._event_ids)}"
            envelope = {
                "id": event_id,
                "timestamp": round(at * 1000),
                "event": event,
                "session": session_id,
                "metadata": {},
                "me": me,
                "payload": payload,
                "engine": _ENGINE,
                "environment": _ENVIRONMENT,
            }
            # In ASCII: half a surrogate pair, which somebody may have sent, can be sent on.
            body = json.dumps(envelope, separators=(",", ":")).encode("ascii")
            webhook = Webhook(id=event_id, event=event, session=session_id, url=url, body=body, created_at=at)
            refusal = None if self._allow_remote else _refusal(url)
            if refusal is None:
                self._take_in(webhook)
            else:
                self._refuse(webhook, refusal)
        self._tell()

    def _take_in(self, webhook: Webhook) -> None:
        kinds = [fault.kind for fault in self._faults.on_event(webhook.event)] if self._faults is not None else []
        line = self._lines.setdefault(webhook.session, _Line())
        numbers = [next(self._numbers) for _ in range(2 if "duplicate_webhook" in kinds else 1)]
        self._webhooks |= dict.fromkeys(numbers, webhook)
        if line.held:  # this is the one that they wait for
            line.behind[numbers[0]], line.held = line.held, []
        elif "reordered_webhook" in kinds:
            line.held = numbers
            return
        self._queue(line, numbers)

    def _refuse(self, webhook: Webhook, refusal: str) -> None:
        number = next(self._numbers)
        self._webhooks[number] = attrs.evolve(webhook, given_up=True, refusal=refusal)
        self._settle(number)
        if not self._warned:
            self._warned = True
            _log.warning("no webhook is sent to %s: %s", webhook.url, refusal)

    def take(self, now: float) -> Delivery | None:
        """Return a request to make now, or None; `settle` or `release` says what became of it."""
        with self._lock:
            lines = [line for line in self._lines.values() if line.due is not None and line.due <= now]
            if not lines:
                return None
            line = min(lines, key=lambda line: line.waiting[0])
            _, number = heapq.heappop(line.waiting)
            webhook = self._webhooks[number]
            request_id = _ulid(now, self._request_ids)
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "wasend-sandbox",
                "X-Webhook-Request-Id": request_id,
                "X-Webhook-Timestamp": str(round(now * 1000)),
            }
            if self._key is not None:
                headers["X-Webhook-Hmac"] = signature(self._key, webhook.body)
                headers["X-Webhook-Hmac-Algorithm"] = "sha512"
            line.under_way = Delivery(
                number=number,
                session=webhook.session,
                url=webhook.url,
                body=webhook.body,
                headers=headers,
                request_id=request_id,
            )
            return line.under_way

    def settle(self, delivery: Delivery, *, status: int | None = None, error: str | None = None) -> None:
        """
        Note how a request ended, unless it was released meanwhile.

        Args:
            delivery: Which request.
            status: The answer's status.
            error: Why there was none.
        """
        with self._lock:
            line = self._end(delivery)
            if line is None:
                return
            number, now = delivery.number, self._clock.now()
            attempt = WebhookAttempt(at=now, request_id=delivery.request_id, status=status, error=error)
            webhook = self._webhooks[number]
            webhook = attrs.evolve(webhook, attempts=(*webhook.attempts, attempt))
            if attempt.ok:
                webhook = attrs.evolve(webhook, delivered_at=now)
            elif len(webhook.attempts) == self._attempts:
                webhook = attrs.evolve(webhook, given_up=True)
                _log.warning("a webhook is given up after %d attempts: %s", self._attempts, _told(webhook))
            else:
                heapq.heappush(line.waiting, (now + self._delay, number))
            self._webhooks[number] = webhook
            if webhook.given_up or attempt.ok:
                self._settle(number)
            self._queue(line, line.behind.pop(number, ()))
            if not (line.waiting or line.held):
                del self._lines[delivery.session]
        self._tell()

    def release(self, delivery: Delivery) -> None:
        """Put a request back of which nobody will know how it ended: it is made again."""
        with self._lock:
            line = self._end(delivery)
            if line is None:
                return
            self._queue(line, [delivery.number])
        self._tell()

    def let_go(self) -> bool:
        """Send on those that wait for a next event; whether there was one."""
        with self._lock:
            lines = [line for line in self._lines.values() if line.held]
            for line in lines:
                self._queue(line, line.held)
                line.held = []
        if lines:
            self._tell()
        return bool(lines)

    def next_due(self) -> float | None:
        """Return when there is something to send, in seconds since the epoch, beside what is under way; or None."""
        with self._lock:
            return min((line.due for line in self._lines.values() if line.due is not None), default=None)

    def is_idle(self, now: float) -> bool:
        """Tell whether nothing is due and nothing under way."""
        with self._lock:
            return not any(
                line.under_way is not None or (line.due is not None and line.due <= now)
                for line in self._lines.values()
            )

    def outstanding(self, now: float) -> tuple[Webhook, ...]:
        """Return what is due or under way."""
        with self._lock:
            numbers = [number for line in self._lines.values() for due, number in line.waiting if due <= now]
            numbers += [line.under_way.number for line in self._lines.values() if line.under_way is not None]
            return tuple(self._webhooks[number] for number in sorted(numbers))

    def every(self) -> tuple[Webhook, ...]:
        """Return every webhook as it stands, oldest first; of those done with the newest 10 000."""
        with self._lock:
            return tuple(self._webhooks.values())

    def reset(self) -> None:
        """Forget every webhook; what comes of a request under way is nobody's concern."""
        with self._lock:
            self._webhooks.clear()
            self._settled.clear()
            self._lines.clear()
        self._tell()

    def _end(self, delivery: Delivery) -> _Line | None:
        line = self._lines.get(delivery.session)
        if line is None or line.under_way is not delivery:
            return None
        line.under_way = None
        return line

    def _queue(self, line: _Line, numbers: Iterable[int]) -> None:
        for number in numbers:
            heapq.heappush(line.waiting, (self._webhooks[number].created_at, number))

    def _settle(self, number: int) -> None:
        self._settled.append(number)
        if len(self._settled) > _KEPT:
            del self._webhooks[self._settled.popleft()]

    def _tell(self) -> None:
        for callback in self._watchers:
            callback()


def signature(key: str, body: bytes) -> str:
    """
    Sign a body as the service's engine does.

    Args:
        key: The secret that both sides know.
        body: The raw bytes.

    Returns:
        HMAC-SHA512 in lower-case hexadecimal: the header ``X-Webhook-Hmac``.
    """
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


def _told(webhook: Webhook) -> str:
    last = f"HTTP {webhook.status}" if webhook.status is not None else webhook.error
    return f"{webhook.event} {webhook.id} to {webhook.url}" + (f" ({last})" if last else "")


def told(webhooks: Sequence[Webhook], at_most: int = 5) -> str:
    """Return what to tell a person of some webhooks."""
    more = f", and {len(webhooks) - at_most} more" if len(webhooks) > at_most else ""
    return ", ".join(map(_told, webhooks[:at_most])) + more


@lru_cache(maxsize=1024)
def _refusal(url: str) -> str | None:
    try:
        # By the parser whose reading will be called: two parsers may see two hosts in one URL.
        host = httpx.URL(url).host
    except httpx.InvalidURL as error:
        return f"it is no URL: {error}"
    return None if is_loopback(host) else f"{host!r} is not this machine; allow_remote=True lets webhooks out"


def _ulid(at: float, random: Random) -> str:
    number = (round(at * 1000) << 80) | random.getrandbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
