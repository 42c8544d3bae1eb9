"""What a client learns from the events that its receiver gets: acks, statuses, restrictions, who has written."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from ..errors import ConfigurationError, InvalidRequestError, StoreError, WasendError
from .context import awaited, delivery_of
from .events import (
    Event,
    MessageAck,
    MessageAckGroup,
    MessageAny,
    MessageReceived,
    SessionStatus,
)
from .facts import text_of
from .ids import same_chat
from .in_thread import in_thread

if TYPE_CHECKING:
    from ..delivery.notifications import Notifications
    from .context import Client

STOP_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "ar": ("توقف", "إيقاف", "الغاء", "إلغاء"),
    "de": ("stopp", "stop", "abmelden", "abbestellen"),
    "en": ("stop", "unsubscribe", "opt out", "optout", "stop all", "stopall"),
    "es": ("stop", "baja", "parar", "cancelar", "no más"),
    "fr": ("stop", "arrêt", "arrêter", "désabonner"),
    "hi": ("रोकें", "बंद करें", "stop"),
    "id": ("stop", "berhenti"),
    "it": ("stop", "basta", "cancellami", "disiscrivi"),
    "nl": ("stop", "afmelden"),
    "pt": ("parar", "pare", "sair", "cancelar", "stop"),
    "ru": ("стоп", "отписаться"),
    "tr": ("dur", "durdur", "iptal", "stop"),
}
"""Words by which people ask not to be written to any more, by language (ISO 639-1)."""

_EDGES: Final = re.compile(r"^[\W_]+|[\W_]+$")

logger: Final = logging.getLogger("wasend")


def _words(given: str | Iterable[str] | None) -> frozenset[str]:
    if given is None:
        return frozenset()
    words: set[str] = set()
    for one in (given,) if isinstance(given, str) else given:
        if not isinstance(one, str) or not _folded(one):
            raise ConfigurationError(f"stop_words: {one!r} is no word; pass languages such as 'en', or words")
        words.update(map(_folded, STOP_WORDS.get(one, (one,))))
    return frozenset(words)


def _folded(text: str) -> str:
    """A text without case, accents that may be composed otherwise, and what is around its words."""
    return " ".join(_EDGES.sub("", unicodedata.normalize("NFKC", text).casefold()).split())


@attrs.frozen(kw_only=True)
class Feeds:
    """
    What a receiver's client learns from events. Each can be switched off.

    Attributes:
        waits: `wait_for_ack`, `wait_for_state`, `wait_until_ready` and the settling of an unanswered send look at once
            when an event has news, and not only at their next poll: in the process that gets or handles the event.
        breaker: A client with a ``breaker`` holds back new conversations when WhatsApp restricts the number (463), or
            its quota of new conversations is used up (475), and allows them again when that is lifted.
        known: People who have written are no new conversations for the breaker, and ``"known"`` instead of ``"cold"``
            for pacing.
        outbox: A send whose outcome is unknown to the client's outbox is looked for again, at once, when one of the
            account's own messages appears in its chat.
        stop_words: People who write one of these words, and nothing else, in a chat of two are put on the client's
            suppression list: languages of `STOP_WORDS` such as ``"en"``, or words of your own. None by default.
    """

    waits: bool = True
    breaker: bool = True
    known: bool = True
    outbox: bool = True
    stop_words: frozenset[str] = attrs.field(default=None, converter=_words)


class Feeding:
    """
    Passes what a receiver's events say on to its client.

    Args:
        client: The client, of either face.
        feeds: What it learns.

    Raises:
        ConfigurationError: It has no suppression list for those who write a stop word.
    """

    def __init__(self, client: Client, feeds: Feeds) -> None:
        self._client = client
        self._feeds = feeds
        self._settings: Any = delivery_of(client)
        if feeds.stop_words and self._settings.suppression is None:
            raise ConfigurationError(
                "stop_words: the client has no suppression list; create it with suppression=Suppression(...)"
            )

    @functools.cached_property
    def _notifications(self) -> Notifications:
        from ..delivery.notifications import notifications_of

        return notifications_of(vars(awaited(self._client))["_engine"])

    def tell(self, event: Event) -> None:
        """Wake those who wait for what has happened; it takes no time."""
        if not self._feeds.waits:
            return
        match event:
            case MessageAck() if event.payload.from_me and event.payload.id:
                failed = event.payload.ack is None and event.payload.ack_name in ("ERROR", "UNKNOWN")
                self._notifications.acked(event.session, event.payload.id, -1 if failed else event.payload.ack)
            case MessageAckGroup() if event.payload.from_me and event.payload.id:
                self._notifications.acked(event.session, event.payload.id, None)
            case SessionStatus():
                self._notifications.status_changed(event.session)
            case MessageAny() if event.payload.from_me:
                self._notifications.own_message(event.session)
            case _:
                return

    async def learn(self, event: Event, within: float) -> None:
        """
        Have the client's rules know what has happened: in their stores, before the event's handlers run.

        Args:
            event: The event.
            within: Seconds that it may take.
        """
        match event:
            case SessionStatus() if self._feeds.breaker and self._settings.breaker is not None:
                await in_thread(self._status, event)
            case MessageReceived():
                await self._received(event)
            case MessageAny() if event.payload.from_me and self._feeds.outbox and self._settings.outbox is not None:
                await self._sent(event, within / 2)
            case _:
                return

    def _status(self, event: SessionStatus) -> None:
        breaker, session, data = self._settings.breaker, event.session, event.payload.data
        lock, capping = (None, None) if data is None else (data.reachout_timelock, data.message_capping)
        if lock is not None and lock.is_active is not None:
            if lock.is_active:
                breaker.restricted(session, "463", _seconds(lock.time_enforcement_ends))
            else:
                breaker.lifted(session, "463")
        if capping is not None and capping.capping_status is not None:
            if capping.capping_status.upper() == "CAPPED":
                breaker.restricted(session, "475", _seconds(capping.cycle_end))
            else:
                breaker.lifted(session, "475")
                if "WARNING" in capping.capping_status.upper():
                    logger.warning("session %s: WhatsApp warns that it has begun many new conversations", session)
        if event.payload.status in ("WORKING", "CONNECTED"):
            breaker.ready(session)

    async def _received(self, event: MessageReceived) -> None:
        chat = event.chat_id
        if chat is None or event.payload.from_me:
            return
        act: list[Callable[[], Any]] = []
        settings = self._settings
        if self._feeds.known and settings.breaker is not None:
            act.append(functools.partial(settings.breaker.met, event.session, chat))
        if self._feeds.known and settings.pacer is not None:
            act.append(functools.partial(settings.pacer.met, event.session, chat))
        if self._feeds.stop_words and event.payload.participant is None and self._asks_to_stop(event):
            act.append(functools.partial(self._suppress, event, chat))
        if act:
            await in_thread(_each, act)

    async def _sent(self, event: MessageAny, within: float) -> None:
        outbox = awaited(self._client).outbox
        unknown = await outbox.unknown(event.session)
        if not any(same_chat(entry.to, event.chat_id) for entry in unknown):
            return
        try:
            async with asyncio.timeout(within):
                await outbox.recover(event.session, wait=False)
        except TimeoutError:  # there are many of them: those that are left must not keep the event
            logger.info("session %s: some unanswered sends are left to be looked up another time", event.session)
        except StoreError:
            raise
        except WasendError as error:  # the service cannot be asked now: that is no fault of the event's
            logger.warning("what became of unanswered sends could not be looked up: %s", type(error).__name__)

    def _asks_to_stop(self, event: Event) -> bool:
        text = text_of(event)
        return text is not None and len(text) < 100 and _folded(text) in self._feeds.stop_words

    def _suppress(self, event: Event, chat: str) -> None:
        at = event.timestamp
        try:
            self._settings.suppression.add(chat, f"wrote a stop word{f', {at:%Y-%m-%d}' if at else ''}")
        except InvalidRequestError:  # a channel, or what else is nobody who can be written to
            return
        logger.info("session %s: somebody wrote a stop word, and is on the suppression list now", event.session)


def _seconds(end: datetime | None) -> float | None:
    return None if end is None else end.timestamp()


def _each(functions: Iterable[Callable[[], Any]]) -> None:
    for function in functions:
        function()
