"""Under which ids the service files a chat: a number's other spelling, or a hidden id (``…@lid``)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from ...errors import ClientClosedError, WasendError
from ..normalize import chat_key, chat_spellings
from ..reader import ServiceReader

_MOST: Final = 10_000
_PEOPLE: Final = ("@c.us", "@lid")


class ChatNames:
    """
    What is known of that, for one service. It is learnt from the answers to sends, and asked where a send is missing.

    Safe from any thread. It is bounded: the oldest knowledge is forgotten.
    """

    def __init__(self) -> None:
        self.forget_waiting()
        self._same: OrderedDict[str, frozenset[str]] = OrderedDict()

    def forget_waiting(self) -> None:
        """Make the lock anew: in a forked process another thread may have held it."""
        self._lock = threading.Lock()

    def all(self, chat: str) -> list[str]:
        """Every id of a chat that is known or follows from it, the given one first."""
        known = self._same.get(chat)
        if known is None and not chat.startswith("5"):
            return [chat]
        spelt = {spelling for name in (chat, *(known or ())) for spelling in chat_spellings(name)}
        return [chat, *sorted(spelt - {chat})]

    def is_learnt(self, chat: str) -> bool:
        """Whether the service has named it otherwise than it was asked for."""
        return chat in self._same

    def learn(self, chat: str, other: str) -> None:
        """Take two ids of a person for one, as an answer says; two numbers that have nothing in common are not."""
        if chat == other or not chat.endswith(_PEOPLE) or not other.endswith(_PEOPLE):
            return
        with self._lock:
            together = {chat, other, *self._same.get(chat, ()), *self._same.get(other, ())}
            numbers = [name for name in together if name.endswith("@c.us")]
            if numbers and not set(numbers) <= set(chat_spellings(numbers[0])):
                return
            for name in together:
                self._same[name] = frozenset(together)
            while len(self._same) > _MOST:
                self._same.popitem(last=False)

    async def ask(self, reader: ServiceReader, session: str, chat: str) -> bool:
        """
        Ask the service what it calls a person, if that is not known.

        Args:
            reader: By which to ask.
            session: The session that asks.
            chat: One id of theirs.

        Returns:
            Whether there are other names than this one.

        Raises:
            WasendError: It cannot say, and nothing follows from the number either.
        """
        if chat.endswith(_PEOPLE) and not self.is_learnt(chat):
            try:
                if other := await self._told(reader, session, chat):
                    self.learn(chat, other)
            except WasendError as error:
                if isinstance(error, ClientClosedError) or len(self.all(chat)) == 1:
                    raise
        return len(self.all(chat)) > 1

    async def _told(self, reader: ServiceReader, session: str, chat: str) -> str | None:
        if chat.endswith("@lid"):
            contact = await reader.get_contact(session, contact_id=chat)
            number = (contact.phone_number or "").removeprefix("+")
            return f"{number}@c.us" if number.isascii() and number.isdecimal() else None
        for spelling in chat_spellings(chat):
            answer = await reader.check_contact_exists(session, phone=f"+{spelling.partition('@')[0]}")
            if answer.jid is not None:
                return chat_key(answer.jid)
        return None
