"""Calls for which sources name different routes, and calls that one source alone names: either order, either service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs
import httpx
import pytest

from tests.calls import FACES, KEY, ROWS, Row, Shape
from tests.calls_groups import CODE, GROUP, GROUPS, INFO, LINK, OF_DOCS, OF_ENGINE, OF_SDK
from wasend import (
    AsyncWasendClient,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    WasendClient,
    WasendError,
)
from wasend.api.groups import Group, GroupInvite, GroupSettings

DOCS: Final = {
    "retrieve_qr_code": "GET /sessions/ses_1/qr",
    "send_link_custom_preview": "POST /sendLinkCustomPreview",
    "get_group": f"GET {GROUP}/info",
    "get_group_info": f"GET {GROUP}/info",
    "set_group_subject": f"PUT {GROUP}/name",
    "set_group_name": f"PUT {GROUP}/name",
    "remove_group_participants": f"DELETE {GROUP}/participants",
    "promote_group_participants": f"POST {GROUP}/participants/promote",
    "demote_group_participants": f"POST {GROUP}/participants/demote",
}
"""The documentation's routes of the calls that have two; the SDK's are in the table of calls."""
TWO: Final = {row.call: row for row in reversed(ROWS) if row.call in DOCS}

NO_ROUTE: Final = {
    "cannot": httpx.Response(404, json={"statusCode": 404, "message": "Cannot PUT /x", "error": "Not Found"}),
    "405": httpx.Response(405, json={"message": "no"}),
    "html": httpx.Response(404, html="<h1>Not Found</h1>"),
    "empty": httpx.Response(404),
}
CANNOT: Final = NO_ROUTE["cannot"]
NO_GROUP: Final = httpx.Response(404, json={"statusCode": 404, "message": "no such group"})

in_both_orders = pytest.mark.parametrize("prefer", ["sdk", "docs"])
two_routes = pytest.mark.parametrize("row", TWO.values(), ids=list(TWO))


@attrs.define
class Service:
    """
    A service that keeps what was asked.

    Attributes:
        replies: What it answers to a request line, or to a request line and a body.
        missing: What it answers to any other.
        asked: The request lines and bodies so far.
    """

    replies: Mapping[str, httpx.Response]
    missing: httpx.Response = CANNOT
    asked: list[tuple[str, str]] = attrs.field(factory=list)

    @property
    def lines(self) -> list[str]:
        """The request lines so far."""
        return [line for line, _ in self.asked]

    async def reply(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request."""
        line = f"{request.method} {request.url.raw_path.decode()}"
        sent = request.content.decode()
        self.asked.append((line, sent))
        told = self.replies.get(line) or self.replies.get(f"{line} {sent}", self.missing)
        return httpx.Response(told.status_code, headers=told.headers, content=told.content)

    def ask(self, *rows: Row, prefer: Any = "sdk", face: str = "async") -> list[Any]:
        """The values or errors of one call after another, by one client."""
        return asyncio.run(self._ask(rows, prefer)) if face == "async" else self._ask_plainly(rows, prefer)

    async def _ask(self, rows: tuple[Row, ...], prefer: Literal["sdk", "docs"]) -> list[Any]:
        ended: list[Any] = []
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(self.reply)) as transport,
            AsyncWasendClient(KEY, retry=None, http_client=transport, prefer=prefer) as client,
        ):
            for row in rows:
                try:
                    ended.append(await getattr(client, row.call)(*row.ids, **row.given))
                except WasendError as error:
                    ended.append(error)
        return ended

    def _ask_plainly(self, rows: tuple[Row, ...], prefer: Literal["sdk", "docs"]) -> list[Any]:
        transport = httpx.AsyncClient(transport=httpx.MockTransport(self.reply))
        with WasendClient(KEY, retry=None, http_client=transport, prefer=prefer) as client:
            return [getattr(client, row.call)(*row.ids, **row.given) for row in rows]


def good(shape: Shape) -> httpx.Response:
    """An answer of that shape."""
    return httpx.Response(200, content=shape.content, headers={"content-type": shape.content_type})


def body(row: Row, line: str) -> str:
    """What goes to a route; the two for a group's name call the field differently."""
    return (row.body or "").replace('"subject"', '"name"') if line.endswith("/name") else row.body or ""


SHAPES: Final = [(row, shape) for row in TWO.values() for shape in row.answers]


@pytest.mark.parametrize(("row", "shape"), SHAPES, ids=[f"{row.id}-{shape.dialect}" for row, shape in SHAPES])
@pytest.mark.parametrize("has", ["sdk", "docs"])
@in_both_orders
def test_one_route_is_enough(row: Row, shape: Shape, has: str, prefer: str) -> None:
    """Whichever of its routes a service has, a call finds it, reads each dialect from it, and asks it alone from then on."""
    theirs = {"sdk": row.sent, "docs": DOCS[row.call]}
    there, first = theirs[has], theirs[prefer]
    service = Service({there: good(shape)})
    assert service.ask(row, row, prefer=prefer) == [shape.value, shape.value]
    lines = [there, there] if there == first else [first, there, there]
    assert service.asked == [(line, body(row, line)) for line in lines]


@two_routes
@pytest.mark.parametrize("missing", NO_ROUTE.values(), ids=NO_ROUTE)
@in_both_orders
def test_no_such_route(row: Row, missing: httpx.Response, prefer: str) -> None:
    """However a service says that it has no such route, the other is tried."""
    first, second = (row.sent, DOCS[row.call])[:: 1 if prefer == "sdk" else -1]
    service = Service({second: good(row.answers[0])}, missing)
    assert service.ask(row, prefer=prefer) == [row.answers[0].value]
    assert service.lines == [first, second]


@two_routes
@in_both_orders
@pytest.mark.parametrize("face", FACES)
def test_both_routes(row: Row, face: str, prefer: str) -> None:
    """A service that has both is asked at the preferred one only, in either face."""
    theirs = {"sdk": row.sent, "docs": DOCS[row.call]}
    service = Service(dict.fromkeys(theirs.values(), good(row.answers[0])))
    assert service.ask(row, prefer=prefer, face=face) == [row.answers[0].value]
    assert service.lines == [theirs[prefer]]


@two_routes
@in_both_orders
@pytest.mark.parametrize(
    ("refusal", "error"),
    [(NO_GROUP, NotFoundError), (httpx.Response(403, text="no"), PermissionDeniedError)],
    ids=["404", "403"],
)
def test_refusal_is_not_tried_twice(row: Row, refusal: httpx.Response, error: type[WasendError], prefer: str) -> None:
    """A 404 about the group, or any other refusal, is raised as it is; the other route is not tried."""
    theirs = {"sdk": row.sent, "docs": DOCS[row.call]}
    service = Service({theirs[prefer]: refusal}, good(row.answers[0]))
    (raised,) = service.ask(row, prefer=prefer)
    assert type(raised) is error
    assert service.lines == [theirs[prefer]]


@two_routes
@in_both_orders
def test_no_route_at_all(row: Row, prefer: str) -> None:
    """If a service has neither, the first one's error is raised, and nothing is remembered."""
    first, second = (row.sent, DOCS[row.call])[:: 1 if prefer == "sdk" else -1]
    service = Service({first: NO_ROUTE["html"]}, NO_ROUTE["405"])
    errors = service.ask(row, row, prefer=prefer)
    assert [(error.status, error.path, error.outcome) for error in errors] == [(404, first.split()[1], "not_sent")] * 2
    assert service.lines == [first, second] * 2


@pytest.mark.parametrize("face", FACES)
def test_winner_is_remembered_for_each_call(face: str) -> None:
    """What was found for one call says nothing about another; two names of one call share what they found."""
    get, same = TWO["get_group"], TWO["get_group_info"]
    rename = TWO["set_group_name"]
    service = Service({DOCS["get_group"]: good(INFO), rename.sent: good(rename.answers[0])})
    values = service.ask(get, rename, same, face=face)
    assert values == [INFO.value, rename.answers[0].value, INFO.value]
    assert service.lines == [get.sent, DOCS["get_group"], rename.sent, DOCS["get_group"]]


async def test_view_remembers_too() -> None:
    """A view of a client knows what the client found, and the other way round."""
    service = Service({DOCS["get_group"]: good(INFO)})
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(service.reply)) as transport,
        AsyncWasendClient(KEY, retry=None, http_client=transport) as client,
    ):
        view = client.with_options(timeout=5)
        await view.get_group(*TWO["get_group"].ids)
        await client.get_group(*TWO["get_group"].ids)
    assert service.lines == [TWO["get_group"].sent, DOCS["get_group"], DOCS["get_group"]]


# ----------------------------------------------------------------------------------------------- calls of the documentation

INFO_ONLY, MESSAGES_ONLY = (f"{GROUP}/settings/security/{setting}-admin-only" for setting in ("info", "messages"))
SETTINGS: Final = GroupSettings(info_admin_only=True, messages_admin_only=False)
ON, OFF = '{"enabled":true}', '{"enabled":false}'

DERIVED: Final[Mapping[str, tuple[dict[str, tuple[str, str]], object]]] = {
    # the requests that take the call's place, each with its body and its answer; what they are made into
    "get_group_description": ({f"GET {GROUP}": ("", str(OF_SDK.content))}, "Q3"),
    "get_group_subject": ({f"GET {GROUP}": ("", str(OF_ENGINE.content))}, "Launch crew"),
    "get_group_settings": ({f"GET {INFO_ONLY}": ("", ON), f"GET {MESSAGES_ONLY}": ("", OFF)}, SETTINGS),
    "set_group_settings": ({f"PUT {INFO_ONLY}": (ON, ""), f"PUT {MESSAGES_ONLY}": (OFF, "")}, SETTINGS),
    "get_group_invite_link": ({f"GET {GROUP}/invite-code": ("", f'"{CODE}"')}, GroupInvite(invite_code=CODE)),
    "revoke_group_invite_link": (
        {f"POST {GROUP}/invite-code/revoke": ("", f'{{"success":true,"inviteCode":"{CODE}"}}')},
        GroupInvite(invite_code=CODE),
    ),
}
ONE: Final = {row.call: row for row in reversed(ROWS) if row.call in DERIVED}
docs_only = pytest.mark.parametrize("row", ONE.values(), ids=list(ONE))


def without(row: Row, **changes: Any) -> Service:
    """A service that lacks the route of a row, and has those of which its answer can be made."""
    return Service(
        {line: httpx.Response(200, text=text) for line, (_, text) in DERIVED[row.call][0].items()}, **changes
    )


@docs_only
@pytest.mark.parametrize("missing", NO_ROUTE.values(), ids=NO_ROUTE)
@pytest.mark.parametrize("face", FACES)
def test_derived(row: Row, missing: httpx.Response, face: str) -> None:
    """A call that the service lacks is made of others; that it is lacking is asked once."""
    others, value = DERIVED[row.call]
    service = without(row, missing=missing)
    assert service.ask(row, row, face=face) == [value, value]
    made = [(line, sent) for line, (sent, _) in others.items()]
    assert service.asked == [(row.sent, row.body or ""), *made, *made]


@docs_only
def test_derived_whichever_is_preferred(row: Row) -> None:
    """With the documentation's routes preferred it is the same, but that a group is asked for at its other route."""
    others, value = DERIVED[row.call]
    service = without(row)
    assert service.ask(row, row, prefer="docs") == [value, value]
    extra = [f"GET {GROUP}/info"] if f"GET {GROUP}" in others else []
    assert service.lines == [row.sent, *extra, *others, *others]


@in_both_orders
def test_derived_from_the_other_route(prefer: str) -> None:
    """A group's description comes from the route for the group that the service has."""
    service = Service({f"GET {GROUP}/info": good(INFO)})
    assert service.ask(ONE["get_group_description"], ONE["get_group_subject"], prefer=prefer) == ["Q3", "Launch crew"]
    assert service.lines[-2:] == [f"GET {GROUP}/subject", f"GET {GROUP}/info"]


@docs_only
@in_both_orders
def test_own_route(row: Row, prefer: str) -> None:
    """A service that has the call is asked that alone, each time."""
    shape = row.answers[0]
    service = Service({row.sent: good(shape)})
    assert service.ask(row, row, prefer=prefer) == [shape.value, shape.value]
    assert service.lines == [row.sent, row.sent]


@docs_only
@pytest.mark.parametrize("refusal", [NO_GROUP, httpx.Response(403, text="no")], ids=["404", "403"])
def test_refusal_is_not_derived_from(row: Row, refusal: httpx.Response) -> None:
    """A refusal is raised as it is, and not mistaken for a missing route."""
    service = without(row, missing=refusal)
    assert [error.status for error in service.ask(row, row)] == [refusal.status_code] * 2
    assert service.lines == [row.sent, row.sent]


@docs_only
def test_nothing_to_derive_from(row: Row) -> None:
    """An error of what takes the call's place is raised as it is."""
    service = Service({}, httpx.Response(405))
    (error,) = service.ask(row)
    assert (error.status, error.outcome) == (405, "not_sent")
    assert service.lines[:2] == [row.sent, next(iter(DERIVED[row.call][0]))]


def test_second_setting_refused() -> None:
    """Where settings are set one after the other and the second is refused, that is raised."""
    service = without(ONE["set_group_settings"])
    service.replies = {**service.replies, f"PUT {MESSAGES_ONLY}": NO_GROUP}
    (error,) = service.ask(ONE["set_group_settings"])
    assert type(error) is NotFoundError
    assert error.path == MESSAGES_ONLY


def test_derived_link() -> None:
    """A link made of a code is the whole link."""
    (invite,) = without(ONE["get_group_invite_link"]).ask(ONE["get_group_invite_link"])
    assert (invite.code, invite.invite_link) == (CODE, LINK)


def test_reading_and_writing_are_apart() -> None:
    """That a service lacks the call which reads settings says nothing about the one that writes them at the same path."""
    read, write = ONE["get_group_settings"], ONE["set_group_settings"]
    service = without(read)
    service.replies = {**service.replies, write.sent: good(write.answers[0])}
    assert service.ask(read, write) == [SETTINGS, write.answers[0].value]
    assert service.lines[-1] == write.sent


def test_what_is_found_does_not_displace_what_is_lacking() -> None:
    """That a name can be set does not make a client ask again for what reads it, nor the other way round."""
    read, write = ONE["get_group_subject"], TWO["set_group_subject"]
    there = DOCS["set_group_subject"]
    service = without(read)
    service.replies = {**service.replies, there: good(write.answers[0])}
    service.ask(read, write, read, write)
    assert service.lines == [read.sent, f"GET {GROUP}", write.sent, there, f"GET {GROUP}", there]


# ----------------------------------------------------------------------------------------------------------------- join

JOIN: Final = next(row for row in ROWS if row.call == "join_group")
CODES: Final = [f'{{"code":"{CODE}"}}', f'{{"inviteCode":"{CODE}"}}']
REFUSED: Final = httpx.Response(400, json={"message": ["inviteCode must be a string"]})


def joined(*replies: httpx.Response) -> tuple[list[str], Any]:
    """The bodies that went out, and what came of it, where the service answers so to the two forms."""
    service = Service({f"{JOIN.sent} {code}": told for code, told in zip(CODES, replies, strict=False)})
    (ended,) = service.ask(JOIN)
    return [sent for _, sent in service.asked], ended


def test_join_in_the_documentations_form() -> None:
    """A service that refuses the SDK's name of the field is given the documentation's."""
    assert joined(REFUSED, good(OF_DOCS)) == (CODES, OF_DOCS.value)


def test_join_refused_in_both_forms() -> None:
    """If both are refused, the first refusal is raised."""
    bodies, error = joined(REFUSED, httpx.Response(400, json={"message": "bad code"}))
    assert bodies == CODES
    assert type(error) is BadRequestError
    assert error.message == "inviteCode must be a string"


@pytest.mark.parametrize("status", [401, 404, 409, 422, 429, 500])
def test_join_refused_otherwise(status: int) -> None:
    """No other answer leads to a second request, least of all one that leaves the outcome open."""
    bodies, error = joined(httpx.Response(status, json={"message": "no"}), good(OF_DOCS))
    assert bodies == CODES[:1]
    assert error.status == status


def test_join_unclear_the_second_time() -> None:
    """If no one knows what became of the second request, that is said."""
    bodies, error = joined(REFUSED, httpx.Response(502))
    assert bodies == CODES
    assert (error.status, error.outcome) == (502, "unknown")
    assert error.call.route == "/{session}/groups/join"


def test_groups_of_a_session_are_its_own() -> None:
    """What is derived is derived for the group that was asked for, whatever was asked before."""
    other = attrs.evolve(ONE["get_group_subject"], ids=("ses_2", "120363049999999999@g.us"))
    there = f"GET {GROUPS.replace('ses_1', 'ses_2')}/120363049999999999%40g.us"
    service = without(ONE["get_group_subject"])
    service.replies = {**service.replies, there: httpx.Response(200, json={"subject": "Others"})}
    assert service.ask(ONE["get_group_subject"], other) == ["Launch crew", "Others"]
    assert service.lines[-1] == there
    assert Group(name="Others").subject == "Others"
