"""
The people of the sandbox: who has WhatsApp, and under which name.

Everybody has WhatsApp, except the numbers registered as unknown.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import attrs


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
        self._unknown = set(self._always_unknown)
        self._contacts: dict[str, StoredContact] = {}

    def reset(self) -> None:
        """Forget the contacts, and the unknown numbers that were not there from the beginning."""
        with self._lock:
            self._unknown = set(self._always_unknown)
            self._contacts.clear()

    def exists(self, person: str) -> bool:
        """Return whether WhatsApp knows a person's chat id."""
        with self._lock:
            return person not in self._unknown

    def add_unknown(self, people: Iterable[str]) -> None:
        """Take people off WhatsApp."""
        with self._lock:
            self._unknown.update(people)

    def add(self, contact: StoredContact) -> None:
        """Write a contact into the address book, over what was there."""
        with self._lock:
            self._contacts[contact.id] = contact

    def contact(self, person: str) -> StoredContact:
        """Return what is known of a person, if only the id."""
        with self._lock:
            return self._contacts.get(person) or StoredContact(id=person)

    def contacts(self) -> dict[str, StoredContact]:
        """Return the address book by chat id."""
        with self._lock:
            return dict(self._contacts)

    def name(self, person: str) -> str | None:
        """Return the name under which a person is shown, if there is one."""
        contact = self.contact(person)
        return contact.name or contact.push_name
