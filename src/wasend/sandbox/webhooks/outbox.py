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
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, Final

import attrs
import httpx

from wasend.sandbox.api import is_loopback
from wasend.sandbox.faults import Faults
from wasend.sandbox.webhooks.payloads import me, payloads
from wasend.sandbox.world import Clock, Event, SessionChanged, State, StoredSession

_log = logging.getLogger("wasend.sandbox")

_KEPT = 10_000
"""How many webhooks are remembered that have been delivered or given up."""

_ENGINE: Final = "GOWS"
_VERSION: Final = "2026.8.2"
_ENVIRONMENT: Final = {
    "version": _VERSION,
    "engine": _ENGINE,
    "tier": "PLUS",
    "browser": None,
    "platform": "linux/x64",
    "worker": {"id": None},
}
_METADATA: Final = {"user.id": "usr_sandbox", "user.email": "sandbox@example.org"}
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"


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
        """Whether the receiver accepted it: any 2xx, and no redirect."""
        return self.status is not None and 200 <= self.status < 300


@attrs.frozen(kw_only=True)
class Webhook:
    """
    A webhook, and what has become of it so far.

    `id` is the event's (``evt_…``), which a duplicate shares; `request_id` the ``X-Webhook-Request-Id`` of every try.
    `session` is the session's id, `body` the bytes that are sent. Times are seconds since the epoch by the sandbox's
    clock. `given_up` says that no further attempt will be made, `refusal` why there was not even one.
    """

    id: str
    event: str
    session: str
    url: str
    body: bytes = attrs.field(repr=False)
    created_at: float
    request_id: str
    attempts: tuple[WebhookAttempt, ...] = ()
    delivered_at: float | None = None
    given_up: bool = False
    refusal: str | None = None

    @property
    def status(self) -> int | None:
        """The status of the receiver's last answer."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def error(self) -> str | None:
        """Why there was no answer the last time."""
        return self.attempts[-1].error if self.attempts else self.refusal

    def __str__(self) -> str:
        last = f"HTTP {self.status}" if self.status is not None else self.error
        return f"{self.event} {self.id} to {self.url}" + (f" ({last})" if last else "")


@attrs.define(order=True, eq=True)
class Delivery:
    """A webhook in its session's queue, in the order in which they go: when it is due, and after which number."""

    due: float
    after: float
    number: int
    webhook: Webhook = attrs.field(order=False, eq=False)


@attrs.define(eq=False)
class _Queue:
    """One session's webhooks that are not done with; those that are `held` wait for a next event."""

    waiting: list[Delivery] = attrs.field(factory=list[Delivery])
    held: list[Delivery] = attrs.field(factory=list[Delivery])
    under_way: Delivery | None = None

    @property
    def due(self) -> float | None:
        """When something can be sent: one at a time."""
        return self.waiting[0].due if self.waiting and self.under_way is None else None


class Outbox:
    """
    Every webhook that is to be sent or was. Every method may be called from any thread.

    A session's webhooks are sent one at a time, in the order in which they are due, so that a receiver meets the
    events in the order in which they happened. One that fails is due again later and delays none that follows.
    Its settings are those of `Sandbox`.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        key: str | None = None,
        *,
        attempts: int = 15,
        delay: float = 2.0,
        faults: Faults | None = None,
        hosts: Iterable[str] = (),
    ) -> None:
        if key is not None and not key:
            raise ValueError("an empty key signs nothing; None leaves webhooks unsigned")
        if attempts < 1:
            raise ValueError(f"a webhook is tried at least once, not {attempts} times")
        if not delay >= 0:
            raise ValueError(f"delay is a number of seconds >= 0, not {delay}")
        self._clock = clock
        # Two sources, so that the ids of events do not depend on how many requests were made between them.
        self._event_ids, self._request_ids = random, Random(random.getrandbits(64))
        self._key = key
        self._attempts = attempts
        self._delay = delay
        self._faults = Faults() if faults is None else faults
        self._hosts = frozenset(hosts)
        self.this_machine = True
        """Whether webhooks go to this machine though it is not among the hosts."""
        self._warned = False
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._kept: dict[int, Delivery] = {}
        self._done: deque[int] = deque()
        self._queues: dict[str, _Queue] = {}
        self._watchers: list[Callable[[], object]] = []

    def watch(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back, in whichever thread, when there may be something to send, or one was sent; return what ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def notify(self, event: Event, session: StoredSession, state: State) -> None:
        """Put in the webhooks that an event makes, if the session asked for them."""
        url = session.settings.webhook_url
        if session.settings.enable_webhook and url is not None:
            at = event.at if isinstance(event, SessionChanged) else state.scheduler.now()
            event_id = self._new_event_id(at)  # one for both events of a message, as the engine has it
            for name, payload in payloads(event, session, state, at):
                self.post(session.id, url, name, payload, me(session, state), at, event_id)

    def _new_event_id(self, at: float) -> str:
        return f"evt_{_ulid(at, self._event_ids)}"

    def post(
        self,
        session: str,
        url: str,
        event: str,
        payload: Mapping[str, Any],
        me: Mapping[str, Any] | None,
        at: float,
        event_id: str | None = None,
    ) -> None:
        """Put in one webhook, encoded at once, so that later changes to `payload` do not matter."""
        with self._lock:
            event_id = event_id or self._new_event_id(at)
            envelope = {
                "id": event_id,
                "timestamp": round(at * 1000),
                "event": event,
                "session": session,
                "metadata": _METADATA,
                "me": me,
                "payload": payload,
                "engine": _ENGINE,
                "environment": _ENVIRONMENT,
            }
            # In ASCII: half a surrogate pair, which somebody may have sent, can be sent on.
            body = json.dumps(envelope, separators=(",", ":")).encode("ascii")
            webhook = Webhook(
                id=event_id,
                event=event,
                session=session,
                url=url,
                body=body,
                created_at=at,
                request_id=_ulid(at, self._request_ids),
            )
            refusal = self._refusal(url)
            if refusal is None:
                self._enqueue(webhook)
            else:
                self._finish(self._keep(webhook), given_up=True, refusal=refusal)
                if not self._warned:
                    self._warned = True
                    _log.warning("no webhook is sent to %s: %s", url, refusal)
        self._tell()

    def _refusal(self, url: str) -> str | None:
        try:
            # By the parser whose reading will be called: two parsers may see two hosts in one URL.
            host = httpx.URL(url).host
        except httpx.InvalidURL as error:
            return f"it is not a URL: {error}"
        if self._hosts & {host, "*"} or (self.this_machine and is_loopback(host)):
            return None
        why = "other machines reach this one" if is_loopback(host) else f"{host!r} is not this machine"
        return f"{why}; webhook_hosts=[{host!r}] lets webhooks go there"

    def _enqueue(self, webhook: Webhook) -> None:
        kinds = [fault.kind for fault in self._faults.on_event(webhook.event)]
        queue = self._queues.setdefault(webhook.session, _Queue())
        new = [self._keep(webhook)]
        if "duplicate_webhook" in kinds:  # the same event in another request
            new.append(self._keep(attrs.evolve(webhook, request_id=_ulid(webhook.created_at, self._request_ids))))
        behind, queue.held = queue.held, []
        if "reordered_webhook" in kinds and not behind:
            queue.held = new
            return
        for delivery in new:
            self._put(queue, delivery)
        for delivery in behind:  # this is the one that they waited for: they come right behind it
            self._put(queue, delivery, due=webhook.created_at, after=new[0].number + 0.5)

    def _keep(self, webhook: Webhook) -> Delivery:
        number = next(self._numbers)
        self._kept[number] = delivery = Delivery(webhook.created_at, number, number, webhook)
        return delivery

    def _put(self, queue: _Queue, one: Delivery, due: float | None = None, after: float | None = None) -> None:
        # Another object: whoever still holds the one before can settle nothing.
        due, after = one.due if due is None else due, one.after if after is None else after
        again = self._kept[one.number] = Delivery(due, after, one.number, one.webhook)
        heapq.heappush(queue.waiting, again)

    def take(self, now: float) -> Delivery | None:
        """Return what to send now, or None; `settle` or `release` says what became of it."""
        with self._lock:
            queues = [queue for queue in self._queues.values() if queue.due is not None and queue.due <= now]
            if not queues:
                return None
            queue = min(queues, key=lambda queue: queue.waiting[0])
            queue.under_way = heapq.heappop(queue.waiting)
            return queue.under_way

    def headers(self, webhook: Webhook) -> dict[str, str]:
        """Return the headers of a webhook's requests."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"WAHA/{_VERSION}",
            "X-Webhook-Request-Id": webhook.request_id,
            "X-Webhook-Timestamp": str(round(webhook.created_at * 1000)),
        }
        if self._key is not None:
            headers["X-Webhook-Hmac"] = signature(self._key, webhook.body)
            headers["X-Webhook-Hmac-Algorithm"] = "sha512"
        return headers

    def settle(self, delivery: Delivery, *, status: int | None = None, error: str | None = None) -> None:
        """Record how a request ended, by its status or why there is none, unless it was released meanwhile."""
        with self._lock:
            webhook = delivery.webhook
            queue = self._queues.get(webhook.session)
            if queue is None or queue.under_way is not delivery:
                return
            queue.under_way, now = None, self._clock.now()
            attempt = WebhookAttempt(at=now, request_id=webhook.request_id, status=status, error=error)
            delivery.webhook = webhook = attrs.evolve(webhook, attempts=(*webhook.attempts, attempt))
            if attempt.ok:
                self._finish(delivery, delivered_at=now)
            elif len(webhook.attempts) == self._attempts:
                self._finish(delivery, given_up=True)
                _log.warning("a webhook is given up after %d attempts: %s", self._attempts, webhook)
            else:
                self._put(queue, delivery, due=now + self._delay, after=delivery.number)
            if not (queue.waiting or queue.held):
                del self._queues[webhook.session]
        self._tell()

    def release(self) -> None:
        """Put every request back that is under way, since nobody will know how it ended: it is made again."""
        with self._lock:
            for queue in self._queues.values():
                if queue.under_way is not None:
                    self._put(queue, queue.under_way)
                    queue.under_way = None
        self._tell()

    def let_go(self) -> bool:
        """Send on those that wait for a next event; return whether there was one."""
        with self._lock:
            held = [(queue, delivery) for queue in self._queues.values() for delivery in queue.held]
            for queue, delivery in held:
                self._put(queue, delivery)
                queue.held = []
        if held:
            self._tell()
        return bool(held)

    def next_due(self) -> float | None:
        """Return when there is something to send, in seconds since the epoch, beside what is under way; or None."""
        with self._lock:
            return min((queue.due for queue in self._queues.values() if queue.due is not None), default=None)

    def outstanding(self, now: float) -> tuple[Webhook, ...]:
        """Return what is due or under way, oldest first."""
        with self._lock:
            queues = self._queues.values()
            found = [one for queue in queues for one in queue.waiting if one.due <= now]
            found += [queue.under_way for queue in queues if queue.under_way is not None]
            return tuple(one.webhook for one in sorted(found, key=lambda one: one.number))

    def every(self) -> tuple[Webhook, ...]:
        """Return every webhook as it is now, oldest first; of those delivered or given up the newest 10 000."""
        with self._lock:
            return tuple(one.webhook for one in self._kept.values())

    def reset(self) -> None:
        """Forget every webhook, and what is under way."""
        with self._lock:
            self._kept.clear()
            self._done.clear()
            self._queues.clear()
        self._tell()

    def _finish(self, delivery: Delivery, **changes: Any) -> None:
        delivery.webhook = attrs.evolve(delivery.webhook, **changes)
        self._done.append(delivery.number)
        if len(self._done) > _KEPT:
            del self._kept[self._done.popleft()]

    def _tell(self) -> None:
        for callback in tuple(self._watchers):
            callback()


def signature(key: str, body: bytes) -> str:
    """Sign a body as the service's engine does: HMAC-SHA512 in lower-case hexadecimal, for ``X-Webhook-Hmac``."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


def _ulid(at: float, random: Random) -> str:
    number = (round(at * 1000) << 80) | random.getrandbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
