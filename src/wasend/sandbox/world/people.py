"""
Recipients as WhatsApp's chat ids.

The sandbox reads them by rules of its own, and not by the client's, so that one mistake cannot hide in both.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from hashlib import sha256

import attrs

from wasend.sandbox.world.store import Table

_NUMBER = re.compile(r"\+?([1-9][0-9]{6,14})")
_CHAT = re.compile(
    r"(?P<user>[0-9]{5,20}(?:-[0-9]{5,20})?)(?::[0-9]+)?@(?P<server>c\.us|s\.whatsapp\.net|g\.us|lid|newsletter)"
)
_TWINS = (
    (r"55(\d\d)9([6-9]\d{7})", r"55\1\2"),
    (r"55(\d\d)([6-9]\d{7})", r"55\g<1>9\2"),
    (r"521(\d{10})", r"52\1"),
    (r"52(\d{10})", r"521\1"),
    (r"549(\d{10})", r"54\1"),
    (r"54(\d{10})", r"549\1"),
)
_PREFERRED = r"55(1\d|2[0-8])9[6-9]\d{7}|55([3-9]\d|29)[6-9]\d{7}|521\d{10}|549\d{10}"
_SEPARATORS = re.compile(r"[\s().-]")


def chat_id(recipient: str) -> str:
    """
    Return the chat id that a `to` means, without the device part (``:12``), or raise `ValueError`.

    It is ``+447700900456``, ``447700900456``, or ``…@c.us``, ``…@s.whatsapp.net``, ``…@g.us``, ``…@lid``,
    ``…@newsletter``, ``status@broadcast``.
    """
    if number := _NUMBER.fullmatch(recipient):
        return f"{number[1]}@c.us"
    if chat := _CHAT.fullmatch(recipient):
        server = chat["server"].replace("s.whatsapp.net", "c.us")
        return f"{chat['user']}@{server}"
    if recipient == "status@broadcast":
        return recipient
    raise ValueError("must be an international phone number or a chat id")


def looked_up(recipient: str) -> str:
    """Do as `chat_id`, but forgive the spaces, dots, dashes and brackets that people write in numbers."""
    return chat_id(recipient if "@" in recipient else _SEPARATORS.sub("", recipient))


def person(recipient: str) -> str:
    """Return the chat id of the person that a recipient means; raise `ValueError` for a group or the like."""
    found = chat_id(recipient)
    if not found.endswith("@c.us"):
        raise ValueError("must be an international phone number or a person's chat id")
    return found


def anybody(recipient: str) -> str:
    """Do as `person`, but take somebody of whom only the hidden id (``…@lid``) is known too."""
    found = chat_id(recipient)
    return found if found.endswith("@lid") else person(found)


def twins(person: str) -> tuple[str, ...]:
    """
    Return the other spellings of a person's chat id, of which WhatsApp registers only one.

    Brazilian mobile numbers have one with and one without the ninth digit; Mexican ones one with and one without the 1
    after the country code, and Argentine ones with and without the 9.
    """
    number, _, server = person.partition("@")
    if server != "c.us":
        return ()
    return tuple(
        f"{re.sub(form, other, number)}@c.us" for form, other in _TWINS if re.fullmatch(form, number, re.ASCII)
    )


def preferred(person: str) -> str:
    """
    Return the one spelling of a person's chat id that WhatsApp registers, where there are two.

    Brazil's ninth digit belongs to it in the area codes 11 to 28; Mexico's 1 and Argentina's 9 always do.
    """
    return next(
        (one for one in (person, *twins(person)) if re.fullmatch(_PREFERRED, one.partition("@")[0], re.ASCII)), person
    )


def phone_number(person: str) -> str:
    """Return the number behind a person's chat id, with its plus sign; a hidden id stays as it is."""
    return person if person.endswith("@lid") else f"+{person.partition('@')[0]}"


def is_group(chat: str) -> bool:
    """Return whether a chat id is a group's."""
    return chat.endswith("@g.us")


@attrs.frozen(kw_only=True)
class StoredContact:
    """
    What is known of a person.

    `id` is the chat id (``447700900456@c.us``, or ``…@lid`` where no number is known), `name` the one in the address
    book, `push_name` the one that the person chose.
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
        self.lids: Table[str] = Table()
        self.filed: Table[str] = Table()
        self.offline: Table[bool] = Table()
        self._waiting: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)

    def restored(self) -> None:
        """Go on with what somebody else has put into the tables, and those who are unknown from the beginning."""
        self._waiting.clear()
        self.add_unknown(self._always_unknown - self.unknown.keys())

    def registered(self, person: str) -> str | None:
        """
        Return the chat id that WhatsApp knows a person by, or None.

        Of a number's two spellings it is the one in the address book, else the one that WhatsApp commonly registers.
        """
        spellings = (person, *twins(person))
        with self._lock:
            if any(one in self.unknown for one in spellings):
                return None
            if person in self.filed or person in self.filed.values():
                return self.filed.get(person, person)
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

    def number_of(self, person: str) -> str | None:
        """Return the chat id that shows somebody's number, or None where only the hidden id is known."""
        if not person.endswith("@lid"):
            return person
        return self.lids.get(person)

    def identify(self, recipient: str) -> str:
        """Return the chat id of a person who may be meant by a hidden id: the number's, where it is known."""
        found = anybody(recipient)
        return self.number_of(found) or found

    def lid_of(self, person: str) -> str | None:
        """Return somebody's hidden id, or None where only the number is known."""
        if person.endswith("@lid"):
            return person
        with self._lock:
            return next((lid for lid, number in self.lids.items() if number == person), None)

    def hide(self, person: str, lid: str) -> None:
        """Let WhatsApp hide somebody's number behind an id (``…@lid``)."""
        with self._lock:
            self.lids[lid] = person

    def file_under(self, person: str, where: str) -> None:
        """Let WhatsApp have somebody's chat under another id: the hidden one (``lid``), or the ``other`` spelling's."""
        with self._lock:
            if where == "lid" and not person.endswith("@lid"):
                lid = self.lid_of(person) or f"{10**14 + int(sha256(person.encode()).hexdigest()[:11], 16)}@lid"
                self.hide(person, lid)
                self.filed[person] = lid
            elif where == "other" and (others := twins(person)):
                self.filed[person] = others[0]

    # Whose phone is on

    def go_offline(self, person: str) -> None:
        """Switch somebody's phone off."""
        with self._lock:
            self.offline[person] = True

    def go_online(self, person: str) -> None:
        """Switch somebody's phone on: what waited for that happens now."""
        with self._lock:
            if person in self.offline:
                del self.offline[person]
            for action in self._waiting.pop(person, ()):
                action()

    def when_online(self, person: str, action: Callable[[], object]) -> None:
        """Have something happen as soon as somebody's phone is on: now, if it is."""
        with self._lock:
            if person in self.offline:
                self._waiting[person].append(action)
            else:
                action()

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
        contact = self.contact(self.number_of(person) or person)
        return contact.name or contact.push_name
