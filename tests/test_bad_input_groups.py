"""What the calls about groups, contacts and chats refuse before anything is sent; and what they only warn of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import respx

from tests.calls import FACES, KEY, ROWS, ask
from tests.calls_groups import KeywordRow
from wasend import AsyncWasendClient, InvalidRequestError, Session
from wasend.api.groups import GroupParticipant

GROUP: Final = "120363041234567890@g.us"
ADA: Final = "447700900456@c.us"
IN: Final = ("ses_1", GROUP)
CHAT: Final = ("ses_1", ADA)
ONE: Final[tuple[str, ...]] = ("ses_1",)
FIRST: Final = {row.call: row for row in reversed(ROWS)}
IN_A_GROUP: Final = [call for call, row in FIRST.items() if row.ids == IN]
IN_A_CHAT: Final = ["get_messages", "read_messages", "get_chat_picture"]
CHANGES: Final = [f"{change}_group_participants" for change in ("add", "remove", "promote", "demote")]
NEW: Final[Mapping[str, Any]] = {"name": "n", "participants": [ADA]}

NO_PEOPLE: Final[tuple[tuple[str, Any, str, str], ...]] = (
    ("nobody", [], "participants", "is empty; pass a list of at least one"),
    ("nobody-mapped", map(str, ()), "participants", "is empty"),
    ("one-text", ADA, "participants", "expected a list, got a single value"),
    ("one-mapping", {"id": ADA}, "participants", "expected a list, got a single value"),
    ("one-member", GroupParticipant(jid=ADA), "participants", "expected a list, got a single value"),
    ("one-int", 447700900456, "participants", "expected a list, got a single value"),
    ("a-group", ["+447700900123", GROUP], "participants[1]", "is not a person"),
    ("a-newsletter", ["120363@newsletter"], "participants[0]", "is not a person"),
    ("no-country", [ADA, {"id": "07700900456"}], "participants[1]", "its country"),
    ("no-id", [GroupParticipant(display_name="Ada")], "participants[0]", "international form"),
    ("an-int", [447700900456], "participants[0]", "in quotes"),
)
NO_ACKS: Final[tuple[Any, ...]] = (5, -2, "seen", "1,9", [1, 9], "", "--1", "³", True, 2.5, "9" * 5000, {}, [None])
NO_TRUTHS: Final[tuple[Any, ...]] = ("true", 2, "", [])
NO_TIMES: Final[tuple[Any, ...]] = (
    -1,
    1749634893000,
    "1749634893",
    "2025-06-11",
    True,
    float("nan"),
    float("inf"),
    [],
    10**400,
)

Case = tuple[str, tuple[Any, ...], Mapping[str, Any], str, str]


def filtered(value: Any) -> tuple[str, tuple[Any, ...], Mapping[str, Any]]:
    """Reading messages through a filter."""
    return "get_messages", CHAT, {"filter": value}


BAD: dict[str, Case] = {
    # the call, its ids, its fields, the field at fault, words of the refusal
    **{
        f"{call}-of-{what}": (call, ("ses_1", given), FIRST[call].given, "group_id", "is not a group id")
        for call in IN_A_GROUP
        for what, given in (
            ("a-person", ADA),
            ("a-number", "+447700900456"),
            ("digits", "120363041234567890"),
            ("nothing", ""),
            ("none", None),
            ("int", 120363041234567890),
        )
    },
    "group-id-of-letters": ("get_group", ("ses_1", "crew@g.us"), {}, "group_id", "is not a WhatsApp id"),
    **{
        f"{call}-in-{what}": (call, ("ses_1", given), {}, "chat_id", words)
        for call in IN_A_CHAT
        for what, given, words in (
            ("no-country", "07700900456", "international form"),
            ("no-id", "me@", "ids end in @c.us"),
            ("nothing", "", "is empty"),
            ("int", 447700900456, "in quotes"),
        )
    },
    "message-in-no-chat": ("get_message_by_id", ("ses_1", "x", "m"), {}, "chat_id", "is not a phone number"),
    "message-without-id": ("get_message_by_id", (*CHAT, ""), {}, "message_id", "is empty"),
    "message-that-climbs": ("get_message_by_id", (*CHAT, ".."), {}, "message_id", "a relative path"),
    "message-of-another-kind": ("get_message_by_id", (*CHAT, 5), {}, "message_id", "is not text"),
    "contact-that-is-a-group": ("get_contact", ONE, {"contact_id": GROUP}, "contact_id", "get_group()"),
    "contact-without-country": ("get_contact", ONE, {"contact_id": "0770"}, "contact_id", "international form"),
    "picture-of-a-group": (
        "get_contact_profile_picture",
        ONE,
        {"contact_id": GROUP},
        "contact_id",
        "is a group's id",
    ),
    "existence-of-a-group": ("check_contact_exists", ONE, {"phone": GROUP}, "phone", "is not a phone number"),
    "existence-of-a-hidden-number": (
        "check_contact_exists",
        ONE,
        {"phone": "77001@lid"},
        "phone",
        "is not a phone number",
    ),
    "existence-without-country": ("check_contact_exists", ONE, {"phone": "0770 0900456"}, "phone", "its country"),
    **{
        f"{call}-{what}": (
            call,
            ONE if call == "create_group" else IN,
            {**(NEW if call == "create_group" else {}), "participants": given},
            field,
            words,
        )
        for call in ("create_group", *CHANGES)
        for what, given, field, words in NO_PEOPLE
    },
    "group-without-name": ("create_group", ONE, {**NEW, "name": " "}, "name", "is empty"),
    "group-with-a-number-for-a-name": ("create_group", ONE, {**NEW, "name": 5}, "name", "pass a name"),
    "subject-empty": ("set_group_subject", IN, {"subject": ""}, "subject", "is empty"),
    "tags-as-text": ("create_group", ONE, {**NEW, "tags": "a"}, "tags", "pass ['a']"),
    "tags-of-numbers": ("create_group", ONE, {**NEW, "tags": ["a", 5]}, "tags", "pass strings"),
    **{
        f"{call}-{field}-{value!r}": (call, ids, {field: value}, field, f"{value!r} is not a count")
        for call, ids in (
            ("get_groups", ONE),
            ("get_contacts", ONE),
            ("get_all_chats", ONE),
            ("get_chats_overview", ONE),
            ("get_messages", CHAT),
        )
        for field in ("limit", "offset")
        for value in (-1, 1.0, "5", True)
    },
    "messages-below-0": ("read_messages", CHAT, {"messages": -1}, "messages", "0 or more"),
    "days-as-text": ("read_messages", CHAT, {"days": "7"}, "days", "0 or more"),
    **{
        f"{call}-sort-order": (call, ONE, {"sort_order": "descend"}, "sort_order", "did you mean 'desc'?")
        for call in ("get_groups", "get_contacts", "get_all_chats")
    },
    "sort-order-of-another-kind": ("get_groups", ONE, {"sort_order": 1}, "sort_order", "known are asc, desc"),
    "contacts-sorted-oddly": ("get_contacts", ONE, {"sort_by": "nam"}, "sort_by", "did you mean 'name'?"),
    "status": ("get_groups", ONE, {"status": "ACTIV"}, "status", "did you mean 'active'?"),
    "status-far": ("get_groups", ONE, {"status": "x"}, "status", "known are active, archived, deleted"),
    "exclude-as-text": ("get_groups", ONE, {"exclude": "participants"}, "exclude", "pass ['participants']"),
    "search-tags-as-int": ("get_groups", ONE, {"tags": 5}, "tags", "expected a list of strings"),
    "picture-format": (
        "set_group_picture",
        IN,
        {"url": "https://e.org/g.jpg", "format": "jpg"},
        "format",
        "did you mean 'jpeg'?",
    ),
    "picture-path": ("set_group_picture", IN, {"url": "/g.jpg"}, "url", "is not an http or https URL"),
    "overview-of-one-text": ("get_chats_overview", ONE, {"ids": ADA}, "ids", f"pass ['{ADA}']"),
    "overview-of-an-int": ("get_chats_overview", ONE, {"ids": 5}, "ids", "expected a list of strings"),
    "overview-of-no-id": ("get_chats_overview", ONE, {"ids": [ADA, "x"]}, "ids[1]", "is not a phone number"),
    **{
        f"{call}-{what}": (call, ONE, {"code": given}, "code", words)
        for call in ("get_group_join_info", "join_group")
        for what, given, words in (
            ("other-host", "https://example.org/K9fQ2mZx7LrB4tVw8YcDsE", "is not a link to chat.whatsapp.com"),
            ("host-like", "https://chat.whatsapp.com.example.org/K9fQ2mZx7LrB", "is not a link to chat.whatsapp.com"),
            ("host-before", "https://example.org/chat.whatsapp.com/K9fQ2mZx7LrB", "is not a link to"),
            ("user-before", "https://chat.whatsapp.com@example.org/K9fQ2mZx7LrB", "is not a link to"),
            ("nothing-after", "https://chat.whatsapp.com/", "is not a link to"),
            ("further-path", "https://chat.whatsapp.com/K9fQ/2mZx", "is not a link to"),
            ("spaces", "K9fQ 2mZx", "is not an invite code"),
            ("empty", "", "is not an invite code"),
            ("int", 5, "is not an invite code"),
        )
    },
    "filter-misspelt": (*filtered({"from_mee": True}), "filter.from_mee", "did you mean 'from_me'?"),
    "filter-misspelt-time": (*filtered({"timestampgt": 1}), "filter.timestampgt", "did you mean 'timestamp_gte'?"),
    "filter-unknown": (
        *filtered({"colour": 1}),
        "filter.colour",
        "known are ack, from_me, timestamp_gte, timestamp_lte",
    ),
    "filter-of-another-kind": (*filtered({5: 1}), "filter.5", "is not a filter"),
    "filter-as-text": (*filtered("from_me"), "filter", "pass a mapping"),
    "filter-as-list": (*filtered([("ack", 1)]), "filter", "pass a mapping"),
    **{
        f"ack-{given!r:.12}": (
            *filtered({"ack": given}),
            "filter.ack",
            "is out of range; known are -1 ERROR, 0 PENDING",
        )
        for given in NO_ACKS
    },
    **{
        f"from-me-{given!r}": (*filtered({"from_me": given}), "filter.from_me", "is neither true nor false")
        for given in NO_TRUTHS
    },
    **{
        f"time-{given!r:.12}": (*filtered({"timestamp_gte": given}), "filter.timestamp_gte", "is not a time")
        for given in NO_TIMES
    },
    **{
        f"{call}-without-session": (
            call,
            ("", *row.ids[1:]),
            row.given,
            "session",
            "uniqueSessionId",
        )
        for call, row in FIRST.items()
        if row.ids and any(subject in call for subject in ("group", "contact", "chat", "messages"))
    },
    "session-without-id": (
        "get_all_chats",
        (Session(session_name="n"),),
        {},
        "session",
        "has no uniqueSessionId",
    ),
    **{
        f"{call}-without-{field}": (
            call,
            FIRST[call].ids,
            {name: value for name, value in FIRST[call].given.items() if name != field},
            field,
            f"{call} needs it",
        )
        for call, field in (
            ("create_group", "name"),
            ("create_group", "participants"),
            *((call, "participants") for call in CHANGES),
            ("get_group_join_info", "code"),
            ("join_group", "code"),
            ("set_group_picture", "url"),
            ("set_group_description", "description"),
            ("set_group_subject", "subject"),
            ("set_group_name", "name"),
            ("set_group_settings", "info_admin_only"),
            ("set_group_settings", "messages_admin_only"),
            ("set_group_info_admin_only", "enabled"),
            ("set_group_messages_admin_only", "enabled"),
            ("get_contact", "contact_id"),
            ("check_contact_exists", "phone"),
            ("get_contact_profile_picture", "contact_id"),
        )
    },
    "typo": (
        "add_group_participants",
        IN,
        {"participants": [ADA], "notfy": True},
        "notfy",
        "did you mean 'notify'?",
    ),
}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(("call", "ids", "given", "field", "words"), BAD.values(), ids=BAD)
@respx.mock
def test_refused(call: str, ids: tuple[Any, ...], given: Mapping[str, Any], field: str, words: str, face: str) -> None:
    """Each is refused by name with what to do instead, and nothing is sent."""
    with pytest.raises(InvalidRequestError) as caught:
        ask(face, call, *ids, **given)
    error = caught.value
    assert (error.field, error.outcome) == (field, "not_sent")
    assert words in str(error)
    assert error.remedy
    assert not respx.calls


MAPPED: Final = [
    case
    for case, (call, ids, given, *_) in BAD.items()
    if given and not isinstance(FIRST[call], KeywordRow) and "mapped" not in case and "without-session" not in case
    if len(ids) == len(FIRST[call].ids)
]


@pytest.mark.parametrize("case", MAPPED)
@respx.mock
def test_mapping_refused(case: str) -> None:
    """So are the fields of a mapping."""
    call, ids, given, field, words = BAD[case]
    with pytest.raises(InvalidRequestError) as caught:
        ask("async", call, *ids, dict(given))
    assert caught.value.field == field
    assert words in str(caught.value)
    assert not respx.calls


@pytest.mark.parametrize(
    ("start", "field"),
    [
        (lambda client: client.iter_groups("", status="active"), "session"),
        (lambda client: client.iter_groups("s", status="odd"), "status"),
        (lambda client: client.iter_groups("s", exclude="participants"), "exclude"),
        (lambda client: client.iter_contacts("s", sort_by="age"), "sort_by"),
        (lambda client: client.iter_chats("s", sort_order="down"), "sort_order"),
        (lambda client: client.iter_messages("s", "x"), "chat_id"),
        (lambda client: client.iter_messages("s", ADA, filter={"ack": 9}), "filter.ack"),
        (lambda client: client.iter_messages("s", ADA, page_size=0), "page_size"),
    ],
)
@respx.mock
def test_loops_refused(start: Callable[[AsyncWasendClient], Any], field: str) -> None:
    """A loop over a list checks the same, when its first item is due."""

    async def main() -> None:
        async with AsyncWasendClient(KEY, retry=None) as client:
            await anext(start(client))

    with pytest.raises(InvalidRequestError) as caught:
        asyncio.run(main())
    assert caught.value.field == field
    assert not respx.calls


# ------------------------------------------------------------------------------------------------------- what is allowed


@pytest.mark.parametrize(
    ("call", "ids", "given"),
    [
        ("create_group", ONE, {**NEW, "name": "x" * 300}),
        ("set_group_subject", IN, {"subject": "x" * 300}),
        ("set_group_name", IN, {"name": "x" * 300}),
    ],
)
@pytest.mark.parametrize("face", FACES)
@respx.mock
def test_long_name(
    call: str, ids: tuple[str, ...], given: Mapping[str, Any], face: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A name longer than WhatsApp allows is sent all the same, with one warning that does not repeat it."""
    respx.route().respond(200, json={})
    with caplog.at_level(logging.WARNING, "wasend"):
        ask(face, call, *ids, **given)
    assert b"x" * 300 in respx.calls.last.request.content
    (record,) = caplog.records
    assert "300 characters: WhatsApp allows 100" in record.message
    assert "xx" not in record.message


@respx.mock
def test_name_just_short_enough(caplog: pytest.LogCaptureFixture) -> None:
    """One of 100 characters is not warned of, although the service's page says 25."""
    respx.route().respond(200, json={})
    with caplog.at_level(logging.WARNING, "wasend"):
        ask("async", "set_group_subject", *IN, subject="☎" * 100)
    assert not caplog.records
    assert len(respx.calls) == 1


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("K9fQ2mZx7LrB", "K9fQ2mZx7LrB"),
        (" K9fQ2mZx7LrB\n", "K9fQ2mZx7LrB"),
        ("https://chat.whatsapp.com/K9fQ2mZx7LrB", "K9fQ2mZx7LrB"),
        ("http://chat.whatsapp.com/K9fQ2mZx7LrB/", "K9fQ2mZx7LrB"),
        ("chat.whatsapp.com/K9fQ2mZx7LrB", "K9fQ2mZx7LrB"),
        ("https://chat.whatsapp.com/invite/K9fQ2mZx7LrB", "K9fQ2mZx7LrB"),
        ("https://chat.whatsapp.com/K9fQ2mZx7LrB?mode=ac_t", "K9fQ2mZx7LrB"),
        ("HTTPS://Chat.WhatsApp.com/K9fQ2mZx7LrB", "K9fQ2mZx7LrB"),
        ("https://chat.whatsapp.com/K9fQ2mZx7LrB#x", "K9fQ2mZx7LrB"),
    ],
)
@respx.mock
def test_invite_code(code: str, sent: str) -> None:
    """Of a link, however it was pasted, the code is sent."""
    respx.route().respond(200, json={})
    ask("async", "get_group_join_info", "ses_1", code=code)
    assert respx.calls.last.request.url.params["code"] == sent


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({}, ""),
        (None, ""),
        ({"ack": None, "from_me": None}, ""),
        ({"from_me": 1}, "filter.fromMe=true"),
        ({"fromMe": 0}, "filter.fromMe=false"),
        ({"FromMe": False}, "filter.fromMe=false"),
        ({"ack": 0}, "filter.ack=0"),
        ({"ack": "-1"}, "filter.ack=-1"),
        ({"ack": "Read"}, "filter.ack=3"),
        ({"ack": ("played", 2)}, "filter.ack=4%2C2"),
        ({"ack": " 1, device "}, "filter.ack=1%2C2"),
        ({"timestamp_gte": 0}, "filter.timestamp.gte=0"),
        ({"timestamp.lte": 1.9}, "filter.timestamp.lte=1"),
        ({"timestampLte": datetime(2025, 6, 11, 9, 21, 33, 500, UTC)}, "filter.timestamp.lte=1749633693"),
    ],
)
@respx.mock
def test_filter(given: Any, query: str) -> None:
    """A filter is understood in every spelling; 0 and false are sent, `None` is not."""
    respx.route().respond(200, json=[])
    ask("async", "get_messages", *CHAT, filter=given)
    assert respx.calls.last.request.url.query.decode().removeprefix("limit=50").removeprefix("&") == query


@pytest.mark.parametrize(
    ("call", "given", "query"),
    [
        ("get_chats_overview", {"ids": (one for one in [ADA])}, "ids=447700900456%40c.us"),
        ("get_groups", {"exclude": [], "tags": ()}, ""),
        ("get_groups", {"tags": {"a"}, "search": ""}, "search=&tags%5B%5D=a"),
        ("get_all_chats", {"sort_by": "whatever", "sort_order": "DESC"}, "sortBy=whatever&sortOrder=desc"),
    ],
)
@respx.mock
def test_lists_and_words(call: str, given: Mapping[str, Any], query: str) -> None:
    """Lists may be any iterable of texts, and words in any case; words that the service may know better are left alone."""
    respx.route().respond(200, json=[])
    ask("async", call, "ses_1", **given)
    assert respx.calls.last.request.url.query.decode() == query


@pytest.mark.parametrize(
    "person", ["77001@lid", "447700900456:12@s.whatsapp.net", {"jid": ADA}, {"phoneNumber": "+447700900456"}]
)
@respx.mock
def test_people(person: Any) -> None:
    """A member may be given by any id or number that means a person."""
    respx.route().respond(200)
    ask("async", "add_group_participants", *IN, participants=(one for one in [person]))
    assert respx.calls.last.request.content in (
        b'{"participants":["77001@lid"]}',
        b'{"participants":["447700900456@c.us"]}',
        b'{"participants":["+447700900456"]}',
    )
