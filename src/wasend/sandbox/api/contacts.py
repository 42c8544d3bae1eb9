"""The endpoints of contacts."""

from __future__ import annotations

from collections.abc import Callable

from wasend.sandbox.api.dialects import Dialect, Docs, Json, number_shown
from wasend.sandbox.api.endpoints import Call, Endpoint
from wasend.sandbox.api.fields import PAGE, Fields, filled, flag, matching, one_of, one_person
from wasend.sandbox.world import State, StoredContact, StoredSession, Unknown, person, phone_number

_SORTS: dict[str, Callable[[StoredContact], tuple[str, str]]] = {
    "id": lambda contact: (contact.id, ""),
    "name": lambda contact: (contact.name or contact.push_name or "", contact.id),
}

_PHONE = matching(r"\+?[1-9]\d{6,14}", "must be a phone number in international format: digits")

_ALL = Fields(required={"session": filled}, optional={**PAGE, "sortBy": one_of(*_SORTS)})
_ONE = Fields(required={"session": filled, "contactId": one_person})
_EXISTS = Fields(required={"session": filled, "phone": _PHONE})
_PICTURE = Fields(required=_ONE.required, optional={"refresh": flag})


def contact_endpoints(state: State, dialect: Dialect) -> list[Endpoint]:
    """Return the endpoints of contacts."""
    people = state.people
    as_engine = isinstance(dialect, Docs)

    def asking(call: Call) -> StoredSession:
        return state.sessions.connected(call.query["session"], call.account)

    def shape(contact: StoredContact, own_id: str) -> Json:
        number = number_shown(people.number_of(contact.id) or contact.id)
        if not as_engine:
            return _contact(contact, number)
        return _engine_contact(contact, number, own_id, exists=people.exists(contact.id))

    def every(call: Call) -> Json:
        session, query = asking(call), call.query
        met = (chat.id for chat in state.chats.chats(session.id) if chat.id.endswith(("@c.us", "@lid")))
        ids = {*map(people.identify, people.contacts()), *filter(people.exists, map(people.identify, met))}
        found = sorted(
            map(people.contact, ids),
            key=_SORTS[query.get("sortBy", "id")],
            reverse=query.get("sortOrder") == "desc",
        )
        offset = int(query.get("offset", 0))
        return [shape(contact, session.own_id) for contact in found[offset : offset + int(query.get("limit", 10))]]

    def one(call: Call) -> Json:
        session = asking(call)
        asked = people.identify(call.query["contactId"])
        contact_id = people.registered(asked)
        if contact_id is None:
            raise Unknown("Contact", asked)
        return shape(people.contact(contact_id), session.own_id)

    def exists(call: Call) -> Json:
        asking(call)
        asked = person(call.query["phone"])
        contact_id = people.registered(asked)
        known = contact_id is not None
        if as_engine:
            return {"numberExists": known, **({"chatId": contact_id} if known else {})}
        phone = phone_number(asked).removeprefix("+")
        return {"exists": known, "phone": phone, **({"jid": contact_id} if known else {})}

    def picture(call: Call) -> Json:
        asking(call)
        url = people.contact(people.identify(call.query["contactId"])).picture_url
        return {"profilePictureURL" if as_engine else "url": url}

    return [
        Endpoint("GET", "/contacts/all", every, query=_ALL),
        Endpoint("GET", "/contacts", one, query=_ONE),
        Endpoint("GET", "/contacts/check-exists", exists, query=_EXISTS),
        Endpoint("GET", "/contacts/profile-picture", picture, query=_PICTURE),
    ]


def _contact(contact: StoredContact, number: str) -> Json:
    optional = {"name": contact.name, "pushName": contact.push_name, "profilePictureUrl": contact.picture_url}
    return {
        "id": contact.id,
        "phoneNumber": number,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _engine_contact(contact: StoredContact, number: str, own_id: str, *, exists: bool) -> Json:
    """Return a contact as the engine behind the service has it: the documentation has no page on contacts."""
    return {
        "id": contact.id,
        "number": number.removeprefix("+"),
        "name": contact.name,
        "pushname": contact.push_name,
        "shortName": (contact.name or "").partition(" ")[0] or None,
        "isMe": contact.id == own_id,
        "isGroup": False,
        "isWAContact": exists,
        "isMyContact": contact.name is not None,
        "isBlocked": False,
    }
