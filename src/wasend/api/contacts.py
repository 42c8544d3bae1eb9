"""Contacts: whom a session knows, and whether a number is on WhatsApp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import attrs

from .._core.call import Call
from .._core.calls import Calls
from .._core.checks import count, flag, word
from .._core.documents import is_list, is_object, is_url
from .._core.model import Model, Page, model, wire
from .._core.paging import pages
from ..errors import InvalidRequestError
from ..recipients import ChatIdentity, ChatRef, jid, read_id
from .service import mapping_form
from .sessions import SessionRef, session_ref


@model
class Contact(ChatIdentity):
    """
    A person or business.

    Attributes:
        id: WhatsApp id, such as ``447700900456@c.us``.
        phone_number: Their number.
        name: Their name in the phone's address book.
        push_name: The name they gave themselves.
        profile_picture_url: URL of their picture.
        status: Their "about" text.
        business_profile: What a business says of itself, as it came.
        short_name: Their name, shortened.
        is_me: Whether it is the session's own number.
        is_group: Whether it is a group.
        is_wa_contact: Whether they are on WhatsApp.
        is_my_contact: Whether they are in the phone's address book.
        is_blocked: Whether they are blocked.
    """

    id: str = wire("id", "jid", default="")
    phone_number: str | None = wire("phoneNumber", "number")
    name: str | None = wire("name", "fullName")
    push_name: str | None = wire("pushName", "pushname", "notify")
    profile_picture_url: str | None = wire("profilePictureUrl", "profilePictureURL")
    status: str | None = None
    business_profile: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    short_name: str | None = None
    is_me: bool | None = None
    is_group: bool | None = None
    is_wa_contact: bool | None = wire("isWAContact")
    is_my_contact: bool | None = None
    is_blocked: bool | None = None


@model
class ContactExistence(Model):
    """
    Whether a number is on WhatsApp.

    Attributes:
        exists: Whether it is.
        phone: The number asked about.
        jid: Its WhatsApp id, which may differ from the number asked about.
    """

    exists: bool | None = wire("exists", "numberExists", "isIn")
    phone: str | None = wire("phone", "query")
    jid: str | None = wire("jid", "chatId")

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """Two engines answer a list: of the one number, or of none where it is not on WhatsApp."""
        if is_list(value) and len(value) == 1 and is_object(value[0]):
            return {**value[0]}
        return {"exists": False} if value == [] else None


@model
class ProfilePicture(Model):
    """
    A profile picture.

    Attributes:
        url: Where it is; `None` where there is none, or it is hidden.
        format: Its type.
        size: Its size in bytes.
        dimensions: Its width and height in pixels.
    """

    url: str | None = wire("url", "profilePictureURL", "profilePictureUrl")
    format: str | None = wire("format", "type", "mimetype")
    size: int | None = None
    dimensions: Mapping[str, int] | None = attrs.field(default=None, hash=False)

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One engine answers the bare URL."""
        return {"url": value} if is_url(value) else None


class ContactCalls(Calls):
    """List contacts, look them up, and ask whether a number is on WhatsApp."""

    @mapping_form
    async def get_contacts(
        self,
        session: SessionRef,
        *,
        limit: int | None = None,
        offset: int | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Page[Contact]:
        """
        List contacts, a page at a time; see `iter_contacts` for all.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            limit: How many at most; the service's default is 10.
            offset: How many to pass over.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.
        """
        params = {
            "session": session_ref(session),
            "limit": count(limit, "limit"),
            "offset": count(offset, "offset"),
            "sortBy": word(sort_by, "sort_by", "id", "name"),
            "sortOrder": word(sort_order, "sort_order", "asc", "desc"),
        }
        return await self._send(Call("GET", "/contacts/all", Page[Contact], params=params, envelope=("contacts",)))

    def iter_contacts(
        self,
        session: SessionRef,
        *,
        page_size: int = 100,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> AsyncIterator[Contact]:
        """
        Iterate over all contacts, which are fetched page by page.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            page_size: How many to fetch at a time.
            sort_by: ``id`` or ``name``.
            sort_order: ``asc`` or ``desc``.

        Yields:
            The contacts.
        """

        async def page(limit: int, offset: int) -> Page[Contact]:
            return await self.get_contacts(session, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order)

        return pages(page, page_size)

    @mapping_form
    async def get_contact(self, session: SessionRef, *, contact_id: ChatRef) -> Contact:
        """
        Get a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.

        Raises:
            InvalidRequestError: The number has no country, or the id is a group's. Nothing was sent.
        """
        params = {"session": session_ref(session), "contactId": _person(contact_id)}
        return await self._send(Call("GET", "/contacts", Contact, params=params, envelope=("contact",)))

    @mapping_form
    async def check_contact_exists(self, session: SessionRef, *, phone: str) -> ContactExistence:
        """
        Check whether a number is on WhatsApp.

        Args:
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            phone: International number. It is sent as digits alone, as this call wants it.

        Raises:
            InvalidRequestError: The number has no country, or it is the id of a group. Nothing was sent.
        """
        found = jid(phone, "phone")
        if not found.endswith("@c.us"):
            raise InvalidRequestError("phone", "is not a phone number", "pass one such as +447700900456")
        params = {"session": session_ref(session), "phone": found.partition("@")[0]}
        return await self._send(Call("GET", "/contacts/check-exists", ContactExistence, params=params))

    @mapping_form
    async def get_contact_profile_picture(
        self, session: SessionRef, *, contact_id: ChatRef, refresh: bool | None = None
    ) -> ProfilePicture:
        """
        Get the picture of a contact.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            contact_id: International number, id such as ``447700900456@c.us``, or a `Contact` or `Chat`.
            refresh: Ask WhatsApp again; else the answer may be 24 hours old.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
        """
        params = {
            "session": session_ref(session),
            "contactId": _person(contact_id),
            "refresh": flag(refresh, "refresh"),
        }
        return await self._send(Call("GET", "/contacts/profile-picture", ProfilePicture, params=params))


def _person(contact_id: ChatRef) -> str:
    found = read_id(contact_id, "contact_id")
    if found.endswith("@g.us"):
        raise InvalidRequestError("contact_id", "is a group's id", "pass a person's; get_group() looks at a group")
    return found
