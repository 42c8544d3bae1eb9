"""
The people of the sandbox: who has WhatsApp, and under which name.

Everybody has WhatsApp, except the numbers registered as unknown.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import attrs

from wasend.sandbox.chat_ids import preferred, twins
from wasend.sandbox.tables import Table


@attrs.frozen(kw_only=True)
class StoredContact:
    """
    What is known of a person.

    `id` is the chat id (``447700900456@c.us``), `name` the one in the address book, `push_name` the one that
    the person chose.
    """

    id: str
    name: str | None = None
    push_name: str | None = None
    picture_url: str | None = None


class People:
    """An address book for all sessions, and the numbers that WhatsApp does not know."""

    def __init__(self, lock: threading.RLock, unknown: Iterable[str]) -> None:
        self._lock = lock
        self._always_unknown = frozenset(unknown)
        self.unknown: Table[bool] = Table(dict.fromkeys(self._always_unknown, True))
        self.table: Table[StoredContact] = Table()

    def reset(self) -> None:
        """Forget the contacts, and the unknown numbers that were not there from the beginning."""
        with self._lock:
            self.unknown.clear()
            self.add_unknown(self._always_unknown)
            self.table.clear()

    def registered(self, person: str) -> str | None:
        """
        Return the chat id that WhatsApp knows a person by, or None.

        It is another than the one given where a number has two spellings: the one in the address book, if either is,
        else the one that WhatsApp commonly registers.
        """
        spellings = (person, *twins(person))
        with self._lock:
            if any(one in self.unknown for one in spellings):
                return None
            return next((one for one in spellings if one in self.table), preferred(person))

    def exists(self, person: str) -> bool:
        """Return whether WhatsApp knows somebody by this chat id, or by the other spelling of its number."""
        return self.registered(person) is not None

    def add_unknown(self, people: Iterable[str]) -> None:
        """Take people off WhatsApp."""
        with self._lock:
            for person in people:
                self.unknown[person] = True

    def add(self, contact: StoredContact) -> None:
        """Write a contact into the address book, over what was there."""
        with self._lock:
            self.table[contact.id] = contact

    def contact(self, person: str) -> StoredContact:
        """Return what is known of a person, if only the id."""
        with self._lock:
            return self.table.get(person) or StoredContact(id=person)

    def contacts(self) -> dict[str, StoredContact]:
        """Return the address book by chat id."""
        with self._lock:
            return dict(self.table)

    def name(self, person: str) -> str | None:
        """Return the name under which a person is shown, if there is one."""
        contact = self.contact(person)
        return contact.name or contact.push_name
