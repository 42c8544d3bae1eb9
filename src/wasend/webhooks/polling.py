"""New messages by polling, for whoever has no public address: the same events as by webhook, each once."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import random
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final, cast

from .._core.engine import Engine
from .._core.retry import may_repeat
from ..api.chats import Chat, ChatMessage
from ..api.sessions import SessionRef, session_ref
from ..delivery.normalize import chat_key, message_key
from ..delivery.reader import ServiceReader
from ..delivery.settle.times import Skew
from ..errors import ClientClosedError, InvalidRequestError, WasendError
from ..recipients import jid
from .events import MessageReceived
from .parsing import read

OVERLAP: Final = 120.0
"""Seconds for which what was read is read again: a message may appear late, and clocks differ."""
_LATE: Final = 86_400.0
"""Seconds by which a message may appear late in a chat in which nothing newer is, as after the session was offline."""
_AGAIN: Final = 3600.0
"""Seconds for which another poller looks again."""
_MOST_AT_ONCE: Final = 500
"""Messages of a chat that are held in memory, to be put in order."""
_MOST_KNOWN: Final = 50_000
"""Messages that are known again."""
_GROWTH: Final = 1.5
_SLOWEST: Final = 6.0
"""How many times `interval` the pause may grow to while nothing comes, or reading fails."""
_JITTER: Final = 0.2
_PAGE: Final = 50
_NOBODY: Final = ("status@broadcast",)

logger: Final = logging.getLogger("wasend")


class Poller:
    """
    Finds the messages that others write to a session, by reading its chats again and again.

    Args:
        engine: A client's.
        session: The session.
        since: Messages of this time and later, in seconds since the epoch; by default of now and later.
        interval: Seconds between two looks, at least.

    Raises:
        InvalidRequestError: An argument makes no sense.
    """

    def __init__(self, engine: Engine, session: SessionRef, since: float | None, interval: float) -> None:
        if isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 < interval < float("inf"):
            raise InvalidRequestError("interval", f"{interval!r} is not a number of seconds", "pass seconds, above 0")
        self.session = session_ref(session)
        self._engine = engine
        self._reader = ServiceReader(engine)
        self._clock = engine.options.clock
        self._interval = self._pause = interval
        self._started = self._clock.now()
        # Since when everything has been read, by the service's clock; nothing before the first look is over.
        self._looked_at: float | None = None
        self._since = since
        # Of each chat that is not old: when its newest message was, and when it was read, by the service's clock.
        self._read: dict[str, tuple[float | None, float]] = {}
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def look(self) -> AsyncIterator[MessageReceived]:
        """
        Look once.

        Yields:
            What is new, by chat, and within a chat in the order in which it was sent.
        """
        began = self._clock.now()
        async for chat, at, since in self._chats():
            read_at = self._clock.now() + self._ahead()
            async for message in self._window(chat, since, None):
                self._pause = self._interval
                yield message
            self._read[chat] = at, read_at
        self._looked_at = began + self._ahead()

    def _ahead(self) -> float:
        """By how many seconds the service's clock is ahead, as its answers tell; nothing before the first."""
        return math.floor(Skew.told_by(self._engine.http.date).least)

    async def wait(self) -> None:
        """Wait until it is time to look again: longer while nothing comes."""
        await self._clock.sleep(self._pause * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret
        self._pause = min(self._pause * _GROWTH, self._interval * _SLOWEST)

    @property
    def position(self) -> float:
        """From when on to look another time, so that what this look could not see yet is found then."""
        return max(self._since or 0.0, (self._looked_at or self._started) - _AGAIN)

    async def _chats(self) -> AsyncIterator[tuple[str, float | None, int]]:
        """The chats in which there may be something new: when their newest message was, and since when to read."""
        before, old = math.inf, 0
        chats = self._reader.iter_chats(self.session, sort_by="conversationTimestamp", sort_order="desc")
        async for chat in chats:
            if self._since is None:  # of now: by the service's clock, which an answer has told by now
                self._since = self._started + self._ahead() - 1
            name = _chat_name(chat)
            if name is None:
                continue
            at = None if chat.timestamp is None else chat.timestamp.timestamp()
            # Of the time before the last whole look only what appears late is new.
            oldest = (self._since if self._looked_at is None else max(self._since, self._looked_at - _LATE)) - OVERLAP
            if at is None or at >= oldest:
                known_at, read_at = self._read.get(name, (oldest, None))
                if read_at is None or at is None or at != known_at or at >= read_at - OVERLAP:
                    since = oldest if read_at is None else min(read_at, known_at or read_at) - OVERLAP
                    yield name, at, int(max(self._since, since))
            else:
                self._read.pop(name, None)
            # Where the service sorts, all that follow a page of old ones are as old.
            age = math.inf if at is None else at
            old = old + 1 if age <= before and age < oldest else 0
            if old >= _PAGE:
                return
            before = age

    async def _window(self, chat: str, since: int, until: int | None) -> AsyncIterator[MessageReceived]:
        """The new messages of a chat in a span of time, in order; a span that holds too many is halved."""
        found = await self._found(chat, since, until)
        if len(found) > _MOST_AT_ONCE and (until is None or until > since):
            if until is None:
                until = max(int(self._clock.now() + self._ahead() + OVERLAP), *(at for at, _ in found))
            found.clear()
            middle = (since + until) // 2
            for first, last in ((since, middle), (middle + 1, until)):
                async for event in self._window(chat, first, last):
                    yield event
            return
        for at, message in found:
            key = chat, message_key(message.id) or message.id
            if key in self._known:
                continue
            yield self._event(chat, at, message)
            self._known[key] = None
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)

    async def _found(self, chat: str, since: int, until: int | None) -> list[tuple[int, ChatMessage]]:
        within: dict[str, Any] = {"from_me": False, "timestamp_gte": since}
        if until is not None:
            within["timestamp_lte"] = until
        found: list[tuple[int, ChatMessage]] = []
        async for message in self._reader.iter_messages(self.session, chat, download_media=False, filter=within):
            at = None if message.timestamp is None else int(message.timestamp.timestamp())
            if at is None or message.from_me or at < since or at > (at if until is None else until):
                continue  # a service may not know the filters
            found.append((at, message))
            if len(found) > _MOST_AT_ONCE and (until is None or until > since):
                break
        if found and found[0][0] >= found[-1][0]:
            found.reverse()  # the service lists the newest first, also those of one second
        found.sort(key=lambda one: one[0])
        return found

    def _event(self, chat: str, at: int, message: ChatMessage) -> MessageReceived:
        """A message, as a webhook tells of it."""
        participant = message.participant
        if participant is None and chat.endswith("@g.us") and message.from_ and chat_key(message.from_) != chat:
            participant = message.from_
        media = {"url": message.media_url, "mimetype": message.mimetype, "filename": message.filename}
        payload = {
            "id": message.id,
            "timestamp": at,
            "from": chat,
            "fromMe": False,
            "source": message.source,
            "to": participant,
            "participant": participant,
            "body": message.caption if message.body is None else message.body,
            "hasMedia": bool(message.has_media),
            "media": media if message.has_media else None,
            "ack": message.ack,
            "replyTo": None if message.quoted_msg_id is None else {"id": message.quoted_msg_id},
        }
        known_by = f"{self.session} {chat} {message.id}".encode("utf-8", "surrogatepass")
        envelope = {
            "id": f"poll_{hashlib.blake2b(known_by, digest_size=13).hexdigest()}",
            "timestamp": at * 1000,
            "event": "message",
            "session": self.session,
            "payload": payload,
        }
        body = json.dumps(envelope).encode()
        return cast("MessageReceived", read(body, (), None, None, len(body), self._clock))


async def new_messages(poller: Poller) -> AsyncIterator[MessageReceived]:
    """Look for ever, and wait in between; what fails in a way that may pass is tried again."""
    while True:
        try:
            async for message in poller.look():
                yield message
        except WasendError as error:
            check_passing(error)
        await poller.wait()


def check_passing(error: WasendError) -> None:
    """
    Log that looking has failed, and will be tried again.

    Args:
        error: What it has failed with, which is raised again where it will not pass.
    """
    if isinstance(error, ClientClosedError) or not may_repeat(error, repeatable=True):
        raise error
    logger.warning("looking for new messages has failed, and is tried again: %s", error)


def since_of(since: datetime | None) -> float | None:
    """
    A moment in seconds since the epoch.

    Raises:
        InvalidRequestError: It is none, or has no time zone.
    """
    if since is None:
        return None
    if not isinstance(since, datetime) or since.tzinfo is None:
        raise InvalidRequestError("since", "is not a moment with a time zone", "pass datetime.now(UTC), for instance")
    return since.timestamp()


def _chat_name(chat: Chat) -> str | None:
    """The id of a chat; `None` where it is none that somebody writes in to be answered."""
    try:
        name = jid(chat.id, "id")
    except InvalidRequestError:
        return None
    return None if name in _NOBODY else name
