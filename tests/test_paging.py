"""Going through lists that come in pages, over real sockets and in both faces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
import pytest

from tests.calls import FACES, KEY
from tests.raw import Behaviour, Peer, RawServer, message, serving
from wasend import (
    AsyncWasendClient,
    ClientClosedError,
    DecodeError,
    InvalidRequestError,
    RateLimitError,
    Session,
    WasendClient,
)
from wasend._core.model import Page
from wasend._core.paging import pages

GROUP: Final = "120363041234567890@g.us"
END: Final = object()


@attrs.frozen
class Listing:
    """
    A list that a client can go through.

    Attributes:
        call: The method.
        ids: Its positional arguments.
        target: The path that is asked for.
        fixed: What is in the query besides limit and offset.
        key: The key under which an item of the list has its id.
        envelope: The key under which the documentation's dialect has the list.
    """

    call: str
    ids: tuple[Any, ...]
    target: str
    envelope: str
    fixed: Mapping[str, str] = attrs.field(factory=dict)
    key: str = "id"


LISTINGS: Final = (
    Listing("iter_groups", ("ses_1",), "/ses_1/groups", "groups", key="jid"),
    Listing("iter_contacts", ("ses_1",), "/contacts/all", "contacts", fixed={"session": "ses_1"}),
    Listing("iter_chats", ("ses_1",), "/ses_1/chats", "chats"),
    Listing("iter_messages", ("ses_1", GROUP), "/ses_1/chats/120363041234567890%40g.us/messages", "messages"),
)

in_both_faces = pytest.mark.parametrize("face", FACES)
each_listing = pytest.mark.parametrize("listing", LISTINGS, ids=[listing.call for listing in LISTINGS])
Reply = Callable[[int, int], Any]


def replying(reply: Reply) -> Behaviour:
    """Answer each request by its limit and offset: with a document, or with bytes as they are."""

    async def behave(peer: Peer) -> None:
        query = query_of(await peer.request())
        told = reply(int(query["limit"]), int(query["offset"]))
        await peer.write(told if isinstance(told, bytes) else message(200, told))

    return behave


def query_of(request: bytes) -> dict[str, str]:
    """The query of a request."""
    return dict(parse_qsl(request.split(b" ")[1].decode().partition("?")[2]))


def windows(server: RawServer) -> list[tuple[int, int]]:
    """Limit and offset of each request so far."""
    return [(int(query["limit"]), int(query["offset"])) for query in map(query_of, server.requests)]


def shelf(listing: Listing, size: int) -> list[dict[str, str]]:
    """A list of so many things."""
    return [{listing.key: f"{number}"} for number in range(size)]


def cut(listing: Listing, size: int) -> Reply:
    """A service with so many things, which does as it is told."""
    return lambda limit, offset: shelf(listing, size)[offset : offset + limit]


@asynccontextmanager
async def opened(face: str, url: str) -> AsyncIterator[Any]:
    """A client of either face."""
    if face == "async":
        async with AsyncWasendClient(KEY, base_url=url, retry=None) as client:
            yield client
    else:
        with WasendClient(KEY, base_url=url, retry=None) as plain:
            yield plain


async def step(items: AsyncIterator[Any] | Iterator[Any]) -> Any:
    """The next item, or `END`."""
    return await anext(items, END) if isinstance(items, AsyncIterator) else next(items, END)


async def gone_through(face: str, server: RawServer, listing: Listing, **given: Any) -> list[str]:
    """The ids of all items."""
    found: list[str] = []
    async with opened(face, server.url) as client:
        items = getattr(client, listing.call)(*listing.ids, **given)
        while (item := await step(items)) is not END:
            found.append(item[listing.key])
    return found


@each_listing
@in_both_faces
async def test_every_item(listing: Listing, face: str) -> None:
    """Every item comes, in the service's order, and each request asks for what follows the one before."""
    with serving(replying(cut(listing, 7))) as server:
        assert await gone_through(face, server, listing, page_size=3) == list("0123456")
        assert windows(server) == [(3, 0), (3, 3), (3, 6), (3, 7)]
        for request in server.requests:
            assert request.split(b" ")[1].decode().partition("?")[0] == listing.target
            assert {**query_of(request), "limit": "", "offset": ""} == {**listing.fixed, "limit": "", "offset": ""}


@each_listing
@in_both_faces
async def test_pages_are_fetched_as_it_goes(listing: Listing, face: str) -> None:
    """Nothing is asked for before the first item is wanted, nor a page before its first item is."""
    with serving(replying(cut(listing, 5))) as server:
        async with opened(face, server.url) as client:
            items = getattr(client, listing.call)(*listing.ids, page_size=2)
            seen = [server.deliveries]
            for _ in range(6):
                await step(items)
                seen.append(server.deliveries)
    assert seen == [0, 1, 1, 2, 2, 3, 4]


@each_listing
@in_both_faces
async def test_the_list_ends_with_a_page(listing: Listing, face: str) -> None:
    """An empty page ends the list."""
    with serving(replying(cut(listing, 4))) as server:
        assert await gone_through(face, server, listing, page_size=2) == list("0123")
        assert windows(server) == [(2, 0), (2, 2), (2, 4)]


@each_listing
@in_both_faces
@pytest.mark.parametrize("empty", [[], None, {"data": []}], ids=["bare", "null", "data"])
async def test_empty_list(listing: Listing, face: str, empty: Any) -> None:
    """A list of nothing, however it is written, is one request."""
    document = {listing.envelope: None} if empty is None else empty
    with serving(replying(lambda *_: document)) as server:
        assert await gone_through(face, server, listing) == []
        assert server.deliveries == 1


@each_listing
@in_both_faces
async def test_service_that_ignores_offset(listing: Listing, face: str) -> None:
    """A service that sends the same page for ever is asked twice, and each item comes once."""
    with serving(replying(lambda limit, offset: shelf(listing, limit) if offset < 30 else message(500))) as server:
        assert await gone_through(face, server, listing, page_size=3) == list("012")
        assert windows(server) == [(3, 0), (3, 3)]


@in_both_faces
async def test_service_that_ignores_offset_and_says_more(face: str) -> None:
    """So it is where the service claims that there is more."""
    listing = LISTINGS[0]
    document = {"groups": shelf(listing, 3), "pagination": {"hasMore": True}}
    with serving(replying(lambda _, offset: document if offset < 30 else message(500))) as server:
        assert await gone_through(face, server, listing, page_size=3) == list("012")
        assert server.deliveries == 2


@in_both_faces
async def test_service_that_ignores_limit(face: str) -> None:
    """Pages longer than asked for count as they are."""
    listing = LISTINGS[2]
    with serving(replying(lambda _, offset: shelf(listing, 9)[offset : offset + 4])) as server:
        assert await gone_through(face, server, listing, page_size=3) == list("012345678")
        assert windows(server) == [(3, 0), (3, 4), (3, 8), (3, 9)]


@pytest.mark.parametrize("around", ["pagination", "bare", "data"])
@in_both_faces
async def test_has_more(around: str, face: str) -> None:
    """Where the service says whether there is more, that counts: short pages go on, and a full one may be the last."""
    listing = LISTINGS[0]

    def reply(_: int, offset: int) -> Any:
        part = {"groups": shelf(listing, 5)[offset : offset + (1 if offset < 2 else 3)]}
        more = {"hasMore": offset < 2}
        if around == "data":
            return {"success": True, "data": {**part, "pagination": {"total": 5, **more}}}
        return {**part, **(more if around == "bare" else {"pagination": {"total": 5, **more}})}

    with serving(replying(reply)) as server:
        assert await gone_through(face, server, listing, page_size=3) == list("01234")
        assert windows(server) == [(3, 0), (3, 1), (3, 2)]


@in_both_faces
async def test_empty_page_although_there_is_more(face: str) -> None:
    """An empty page is the end, whatever the service says."""
    with serving(replying(lambda *_: {"groups": [], "pagination": {"hasMore": True}})) as server:
        assert await gone_through(face, server, LISTINGS[0]) == []
        assert server.deliveries == 1


@pytest.mark.parametrize(
    ("listing", "given", "size"),
    [
        (LISTINGS[0], {}, 50),
        (LISTINGS[1], {}, 100),
        (LISTINGS[2], {}, 50),
        (LISTINGS[3], {}, 50),
        (LISTINGS[3], {"page_size": 49}, 49),
        (LISTINGS[3], {"page_size": 51}, 50),
        (LISTINGS[3], {"page_size": 1000}, 50),
        (LISTINGS[0], {"page_size": 1000}, 1000),
    ],
)
async def test_page_size(listing: Listing, given: Mapping[str, Any], size: int) -> None:
    """Pages have their usual size, or the size asked for; of messages the service gives no more than 50."""
    with serving(replying(cut(listing, 51))) as server:
        assert len(await gone_through("async", server, listing, **given)) == 51
        assert windows(server)[0] == (size, 0)
        assert {limit for limit, _ in windows(server)} == {size}


@in_both_faces
async def test_arguments_go_with_every_page(face: str) -> None:
    """What narrows or orders the list is in each request."""
    with serving(replying(cut(LISTINGS[0], 3))) as server:
        given: dict[str, Any] = {
            "status": "ACTIVE",
            "sort_by": "id",
            "sort_order": "asc",
            "search": "a b",
            "exclude": ["participants"],
        }
        assert await gone_through(face, server, LISTINGS[0], page_size=2, **given) == list("012")
        told = {"status": "active", "sortBy": "id", "sortOrder": "asc", "search": "a b", "exclude[]": "participants"}
        assert [told.items() <= query_of(request).items() for request in server.requests] == [True] * 3
    with serving(replying(cut(LISTINGS[3], 3))) as server:
        given = {"download_media": False, "filter": {"from_me": True, "ack": ["READ", 4]}}
        assert await gone_through(face, server, LISTINGS[3], page_size=2, **given) == list("012")
        told = {"downloadMedia": "false", "filter.fromMe": "true", "filter.ack": "3,4"}
        assert [told.items() <= query_of(request).items() for request in server.requests] == [True] * 3


async def test_session_object() -> None:
    """The session may be a `Session`."""
    with serving(replying(cut(LISTINGS[2], 1))) as server:
        listing = attrs.evolve(LISTINGS[2], ids=(Session(unique_session_id="ses_1"),))
        assert await gone_through("async", server, listing) == ["0"]


@each_listing
@in_both_faces
async def test_left_early(listing: Listing, face: str) -> None:
    """A loop that is left asks for nothing more, and the client goes on working."""
    with serving(replying(cut(listing, 9))) as server:
        async with opened(face, server.url) as client:
            items = getattr(client, listing.call)(*listing.ids, page_size=2)
            assert (await step(items))[listing.key] == "0"
            await (items.aclose() if face == "async" else _closed(items))
            assert await step(items) is END
            again = getattr(client, listing.call)(*listing.ids, page_size=2)
            assert [(await step(again))[listing.key] for _ in range(3)] == list("012")
        assert windows(server) == [(2, 0), (2, 0), (2, 2)]


async def _closed(items: Any) -> None:
    items.close()


@pytest.mark.parametrize("listing", LISTINGS[:1])
@in_both_faces
async def test_failure_midway(listing: Listing, face: str) -> None:
    """What a later page fails with is raised when it is due, after the items before it."""
    refusal = message(429, {"message": "slow down"}, {"retry-after": "7"})
    with serving(replying(lambda limit, offset: refusal if offset else shelf(listing, limit))) as server:
        async with opened(face, server.url) as client:
            items = getattr(client, listing.call)(*listing.ids, page_size=2)
            assert [(await step(items))[listing.key] for _ in range(2)] == list("01")
            with pytest.raises(RateLimitError) as caught:
                await step(items)
            assert caught.value.retry_after == 7
            assert await step(items) is END
        assert server.deliveries == 2


@in_both_faces
async def test_page_that_cannot_be_read(face: str) -> None:
    """A page that is no list is a `DecodeError`, not the end."""
    with serving(replying(lambda _, offset: {"groups": 5} if offset else shelf(LISTINGS[0], 2))) as server:
        with pytest.raises(DecodeError):
            await gone_through(face, server, LISTINGS[0], page_size=2)
        assert server.deliveries == 2


@in_both_faces
async def test_client_closed_midway(face: str) -> None:
    """When the client is closed, the next page is not to be had."""
    with serving(replying(cut(LISTINGS[2], 9))) as server:
        async with opened(face, server.url) as client:
            items = client.iter_chats("ses_1", page_size=1)
            await step(items)
            await (client.aclose() if face == "async" else _closed(client))
            with pytest.raises(ClientClosedError):
                await step(items)
        assert server.deliveries == 1


@pytest.mark.parametrize("size", [0, -1, None, True, 2.0, "5"])
@each_listing
@in_both_faces
async def test_page_size_refused(listing: Listing, size: Any, face: str) -> None:
    """A page of nothing is refused by name, and nothing is sent."""
    async with opened(face, "http://127.0.0.1:9") as client:
        items = getattr(client, listing.call)(*listing.ids, page_size=size)
        with pytest.raises(InvalidRequestError) as caught:
            await step(items)
    assert caught.value.field == "page_size"


async def test_two_at_once() -> None:
    """Two loops over one list do not disturb each other."""
    with serving(replying(cut(LISTINGS[2], 3))) as server:
        async with opened("async", server.url) as client:
            one, two = (client.iter_chats("ses_1", page_size=2) for _ in range(2))
            found = [(await step(items)).id for items in (one, two, one, two, one, two)]
    assert found == list("001122")


@pytest.mark.parametrize("more", [None, 0, 1, "no", {}, []])
async def test_odd_word_about_more(more: Any) -> None:
    """What is neither true nor false says nothing: an empty page is the end."""
    asked: list[int] = []

    async def fetch(limit: int, offset: int) -> Page[int]:
        asked.append(offset)
        return Page(tuple(range(3))[offset : offset + limit], extra={"pagination": {"hasMore": more}})

    assert [item async for item in pages(fetch, 2)] == [0, 1, 2]
    assert asked == [0, 2, 3]


@each_listing
@in_both_faces
async def test_service_that_gives_fewer_than_it_is_asked_for(listing: Listing, face: str) -> None:
    """A service that caps ``limit`` at 5 loses nothing: a short page is not the end."""
    with serving(replying(lambda limit, offset: shelf(listing, 13)[offset : offset + min(limit, 5)])) as server:
        assert await gone_through(face, server, listing, page_size=10) == [f"{number}" for number in range(13)]
        assert windows(server) == [(10, 0), (10, 5), (10, 10), (10, 13)]


async def test_items_that_come_again() -> None:
    """What moved to a later page while the list was gone through comes once."""
    moved = [[1, 2, 3], [3, 4], []]

    async def fetch(limit: int, offset: int) -> Page[int]:
        return Page(tuple(moved.pop(0)), extra={})

    assert [item async for item in pages(fetch, 3)] == [1, 2, 3, 4]


async def test_list_without_an_end() -> None:
    """A list that has something new on every page, for ever, ends with an error that says so."""

    async def fetch(limit: int, offset: int) -> Page[int]:
        return Page(tuple(range(offset, offset + limit)), extra={})

    items = pages(fetch, 2)
    assert [await anext(items) for _ in range(20_000)] == list(range(20_000))
    with pytest.raises(DecodeError, match="does not end"):
        await anext(items)
