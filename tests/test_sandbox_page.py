"""The sandbox's page: what it shows is text and nothing else, and its buttons do what a phone does."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wasend._core.names import camel
from wasend.sandbox import Clock, Fault, Sandbox, StoredSession
from wasend.sandbox.acts import ACTS

DESK, ADA, BEN = "+447700900123", "+447700900456", "+447700900789"
CHAT = "447700900456@c.us"
VOID = {"meta", "link", "input", "img"}

HOSTILE = [
    "<script>alert(1)</script>",
    """"'><img src=x onerror="alert(1)">""",
    "</textarea></title></style></script><b onclick=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;",
    "{{ 7 * 7 }}{% raw %}",
    "<!-- ]]> -->",
]


class Element:
    """An element of a page: its name, its attributes, and what is in it."""

    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parts: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes[name] or ""

    def every(self, tag: str = "") -> Iterator[Element]:
        for part in self.parts:
            if isinstance(part, Element):
                if tag in ("", part.tag):
                    yield part
                yield from part.every(tag)

    def by_id(self, name: str) -> Element:
        (found,) = [one for one in self.every() if one.attributes.get("id") == name]
        return found

    @property
    def texts(self) -> list[str]:
        inner = [[part] if isinstance(part, str) else part.texts for part in self.parts]
        return [text for texts in inner for text in texts]

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def skeleton(self) -> list[tuple[str, list[str]]]:
        return [(one.tag, sorted(one.attributes)) for one in self.every()]


class Reader(HTMLParser):
    """Reads a page as a browser would, and stumbles where an element is not closed in its turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs)
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"the page has a comment: {data}")

    handle_pi = unknown_decl = handle_comment


def parsed(html: str) -> Element:
    reader = Reader()
    reader.feed(html)
    reader.close()
    (page,) = reader.open
    return page


class Visitor:
    """A browser of the fewest parts: it opens the page, and submits the forms that it finds there."""

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self.sandbox = sandbox
        self.options = options

    async def ask(self, verb: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.sandbox, **self.options)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(verb, path, **options)

    async def look(self) -> Element:
        answer = await self.ask("GET", "/")
        assert answer.status_code == 200
        return parsed(answer.text)

    async def submit(self, form_id: str, **typed: str) -> httpx.Response:
        form = (await self.look()).by_id(form_id)
        assert form["method"] == "post"
        fields = {
            one["name"]: one for one in form.every() if one.tag in ("input", "select") and "name" in one.attributes
        }
        assert set(typed) <= set(fields)
        sent: dict[str, str] = {}
        for name, field in fields.items():
            if field.tag == "select":
                first = next(field.every("option"))
                sent[name] = first.attributes.get("value", first.text) or ""
            elif field.attributes.get("type") != "checkbox":  # nobody ticks it
                sent[name] = field.attributes.get("value") or ""
        return await self.press(form["action"], {**sent, **typed})

    async def press(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        headers = {"Origin": "http://localhost", "Content-Type": "application/x-www-form-urlencoded"} | headers
        return await self.ask("POST", path, content=urlencode(fields), headers=headers)


async def waiting(sandbox: Sandbox, name: str = "Shop", number: str = "+447700900199") -> StoredSession:
    """A session that waits to be scanned, made over the API."""
    async with sandbox.async_client() as client:
        made = await client.create_session(session_name=name, phone_number=number)
        await client.start_session(made)
    return sandbox.sessions[str(made.unique_session_id)]


async def unquoted(sandbox: Sandbox, query: str) -> None:
    """Ask as a client does that writes a query as it is, which httpx never would."""
    scope = {"type": "http", "method": "GET", "path": "/asked", "headers": [], "query_string": query.encode("latin-1")}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        del message

    await sandbox(scope, receive, send)


async def full_of(text: str) -> Sandbox:
    """A sandbox that holds a text wherever one can be put."""
    sandbox = Sandbox(seed=1, clock=Clock(stopped=True, at=1_750_000_000))
    desk = sandbox.add_session(f"name {text}", DESK, webhook_url=f"http://127.0.0.1:1/{text}")
    sandbox.add_contact(ADA, f"contact {text}")
    group = sandbox.add_group(f"group {text}", owner=ADA, participants=[DESK])
    said = sandbox.receive(desk.id, ADA, f"message {text}")
    sandbox.receive(desk.id, ADA, f"in group {text}", in_group=group.id, reply_to=said.id)
    sandbox.receive(desk.id, ADA, "quotes", reply_to=f"unknown {text}")
    sandbox.react(said.id, ADA, f"reaction {text}")
    sandbox.faults.add(Fault("503", "GET /account", message=text))
    visitor = Visitor(sandbox)
    key = {"Authorization": "Bearer any"}
    media = {"session": desk.id, "to": ADA, "url": f"https://example.org/{quote(text)}", "caption": f"caption {text}"}
    assert (await visitor.ask("POST", "/sendImage", json=media, headers=key)).status_code < 300
    await visitor.ask("GET", f"/path-{quote(text, safe='')}", headers=key)
    await unquoted(sandbox, f"query={text}")
    return sandbox


# What is shown is text


@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_but_text_comes_from_data(text: str) -> None:
    """Markup in names, messages, paths, faults and webhooks adds no element and no attribute, and is read as it is."""
    harmless = await Visitor(await full_of("harmless")).look()
    page = await Visitor(await full_of(text)).look()
    assert page.skeleton == harmless.skeleton
    for place in ("name", "contact", "group", "message", "in group", "unknown", "reaction"):
        assert f"{place} {text}" in page.texts
    assert f"caption {text}" in page.text
    assert f"GET /path-{text}" in page.by_id("journal").text
    assert f"/asked?query={text}" in page.by_id("journal").text
    assert f"http://127.0.0.1:1/{text}" in page.by_id("webhooks").texts
    attributes = [value for one in page.every() for value in one.attributes.values() if value]
    assert not [value for value in attributes if text in value]
    assert str(Fault("503", "GET /account", message=text)) in page.by_id("faults").texts


@given(text=st.text(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_message_is_shown_once(text: str) -> None:
    """Whatever a message says stands on the page once, as text, and the page is otherwise the same."""

    def page_with(said: str) -> Element:
        sandbox = Sandbox(seed=1, clock=Clock(stopped=True, at=1_750_000_000))
        sandbox.receive(sandbox.add_session().id, ADA, f"⟦{said}⟧")
        return parsed(asyncio.run(Visitor(sandbox).ask("GET", "/")).text)

    page = page_with(text)
    assert page.skeleton == page_with("harmless").skeleton
    if not {unicodedata.category(one) for one in text} & {"Cc", "Cf", "Cs"}:
        assert page.texts.count(f"⟦{text}⟧") == 1
    assert page.text.count("⟦") == 1 + text.count("⟦")


async def test_what_hides_is_made_visible() -> None:
    """Control characters, turned lines and halves of surrogate pairs are shown as signs; lines and tabs stay."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    sandbox.receive(desk.id, ADA, "a\x00b\x1b[31mc\rd\x7fe\x85f\u202eg\u2066h\ud800i\nj\tk")
    log = (await Visitor(sandbox).look()).by_id(f"log-{desk.id}-{CHAT}")
    assert "a␀b␛[31mc␍d␡e\ufffdf\ufffdg\ufffdh\ufffdi\nj\tk" in log.texts


async def test_long_texts_are_cut() -> None:
    """Of a message of a megabyte the beginning is shown, and how much more there is."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    sandbox.receive(desk.id, ADA, "x" * 1_000_000)
    answer = await Visitor(sandbox).ask("GET", "/")
    assert len(answer.content) < 40_000
    assert "x" * 1_000 + "… (999000 more)" in parsed(answer.text).texts


async def test_the_page_may_run_its_own_script_only() -> None:
    """The policy names the page's one script and one style by what is in them, and allows nothing from elsewhere."""
    answer = await Visitor(await full_of("<script>")).ask("GET", "/")
    page = parsed(answer.text)
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    for tag in ("script", "style"):
        (element,) = page.every(tag)
        assert element.attributes == {}
        digest = b64encode(sha256(element.text.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert {name: rules[name] for name in ("default-src", "base-uri", "frame-ancestors", "form-action")} == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    assert not [one for one in page.every() for name in one.attributes if name.startswith("on") or name == "style"]
    links = [one[name] for one in page.every() for name in ("src", "href", "action") if name in one.attributes]
    assert not [link for link in links if not link.startswith(("data:image/", "/_sandbox/page/"))]
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", "x-frame-options": "DENY"}
    for path in ("/", "/_sandbox/page"):
        got = (await Visitor(Sandbox()).ask("GET", path)).headers
        assert headers.items() <= dict(got).items()
        assert got["content-type"] == "text/html; charset=utf-8"


# It can be read


async def test_the_changing_part_is_that_of_the_page() -> None:
    """What the script fetches is what stands in the page's `main`, and every id in the page is one element's."""
    sandbox = await full_of("harmless")
    await waiting(sandbox)
    visitor = Visitor(sandbox)
    page = await visitor.look()
    (main,) = page.every("main")
    part = parsed((await visitor.ask("GET", "/_sandbox/page")).text)
    assert [one.strip() for one in part.texts if one.strip()] == [one.strip() for one in main.texts if one.strip()]
    assert part.skeleton == main.skeleton
    ids = [one["id"] for one in page.every() if "id" in one.attributes]
    assert len(ids) == len(set(ids))


async def test_without_pictures_and_styles() -> None:
    """A terminal browser finds headings, labels, texts for pictures and, without scripts, a refresh."""
    sandbox = await full_of("harmless")
    await waiting(sandbox)
    page = await Visitor(sandbox).look()
    assert [one.text for one in page.every("h2")] == ["Sessions", "Journal", "Webhooks", "Faults", "Clock"]
    assert [one.text for one in page.every("h3")] == ["name harmless", "Shop"]
    assert all(one["alt"] for one in page.every("img"))
    labelled = [one for label in page.every("label") for one in label.every()]
    assert [one for one in page.every("input") if one.attributes.get("type") != "hidden" and one not in labelled] == []
    (noscript,) = page.every("noscript")
    assert [one["http-equiv"] for one in noscript.every("meta")] == ["refresh"]


async def test_an_empty_sandbox() -> None:
    """Where there is nothing yet, the page says so."""
    page = await Visitor(Sandbox()).look()
    assert "There is none yet" in page.by_id("sessions").text
    assert "No request has come yet" in page.by_id("journal").text
    assert "None yet" in page.by_id("webhooks").text
    assert "Nothing goes wrong" in page.by_id("faults").text


async def test_messages_stand_in_their_order() -> None:
    """A chat reads from top to bottom, with who wrote, how far it came, what it quotes and who reacted how."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=1_750_000_000))
    sandbox.add_contact(ADA, "Ada")
    desk = sandbox.add_session()
    async with sandbox.async_client() as client:
        first = await client.send_text(session=desk.id, to=ADA, text="Hello, Ada")
        sandbox.receive(desk.id, ADA, "Hello, desk", reply_to=first.id)
        sandbox.react(str(first.id), ADA, "👍")
        sandbox.ack(str(first.id), "DEVICE")
        sandbox.faults.add("dead_session POST /sendText")
        await client.send_text(session=desk.id, to=ADA, text="Are you there?")
    rows = list((await Visitor(sandbox).look()).by_id(f"log-{desk.id}-{CHAT}").every("li"))
    assert [row.words.partition(" Change")[0] for row in rows] == [
        "Front Desk Hello, Ada 15:06:40 ✓✓ delivered 👍",
        "Ada Hello, Ada Hello, desk 15:06:40",
        "Front Desk Are you there? 15:06:40 lost",
    ]
    assert [one.text for one in rows[1].every("blockquote")] == ["Hello, Ada"]
    assert [row["id"] for row in rows] == [one.id for one in sandbox.messages(from_me=None)]


async def test_more_of_the_phone() -> None:
    """A picture is sent, a message edited and deleted; people type and switch off; the owner logs out when restricted."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=1_750_000_000))
    desk = sandbox.add_session(webhook_url="http://127.0.0.1:9/")
    visitor = Visitor(sandbox)

    async def pressed(form: str, **typed: str) -> Element:
        answer = await visitor.submit(form, **typed)
        assert answer.status_code == 303, answer.text
        return await visitor.look()

    picture = (await visitor.look()).by_id(f"receive-{desk.id}").every("input")
    (sample,) = [one["value"] for one in picture if one.attributes.get("type") == "checkbox"]
    await pressed(f"receive-{desk.id}", **{"from": ADA}, text="Look", media=sample)
    (message,) = sandbox.messages(from_me=None)
    assert (message.type, message.words, message.body["mimetype"]) == ("image", "Look", "image/png")

    page = await pressed(f"{message.id}-edit", text="Look here")
    assert "Look here" in page.by_id(message.id).words
    page = await pressed(f"{message.id}-revoke")
    assert "Deleted" in page.by_id(message.id).words
    assert "Look" not in page.by_id(message.id).words

    key = f"{desk.id}-{CHAT}"
    await pressed(f"typing-{key}")
    await pressed(f"phone-offline-{key}")
    await pressed(f"phone-online-{key}")
    await pressed(f"call-{desk.id}", **{"from": ADA})
    await pressed(f"label-{desk.id}", name="Lead")
    await pressed(f"typed-on-the-phone-{desk.id}", to=ADA, text="By hand")
    await pressed(f"happen-{desk.id}", event="poll.vote", payload='{"vote": {"selectedOptions": ["No"]}}')
    page = await pressed(f"restrict-{desk.id}", signal="475")
    assert "restricted: 475" in page.by_id(f"head-{desk.id}").words
    page = await pressed(f"unrestrict-{desk.id}")
    assert "restricted" not in page.by_id(f"head-{desk.id}").words
    page = await pressed(f"log-out-{desk.id}")
    assert "FAILED" in page.by_id(f"head-{desk.id}").words
    told = [one.event for one in sandbox.webhooks]
    assert told == [
        *["session.status", "message", "message.any", "message.edited", "message.revoked", "presence.update"],
        *["call.received", "label.upsert", "message.any", "poll.vote", *["session.status"] * 3],
    ]


async def test_every_act_has_a_form() -> None:
    """All that people and WhatsApp do can be done on the page, with every argument; a picture is sent as a file."""
    sandbox = Sandbox()
    desk, other = sandbox.add_session("Desk", DESK), sandbox.add_session("Other", BEN)
    sandbox.receive(desk.id, ADA, "Hi")
    sandbox.restrict(other.id, "463")
    async with sandbox.async_client() as client:
        await client.send_text(session=desk.id, to=ADA, text="Ho")
    shown: dict[str, set[str]] = {}
    for switch in (sandbox.phone_offline, sandbox.phone_online):
        switch(ADA)
        for form in (await Visitor(sandbox).look()).every("form"):
            names = {one.attributes.get("name") or "" for one in form.every()}
            shown.setdefault(form["action"].removeprefix("/_sandbox/page/"), set()).update(names)
    for act in ACTS:
        arguments = inspect.signature(getattr(Sandbox, act)).parameters
        fields = {camel(name.rstrip("_")) for name in arguments if name != "self"}
        hidden = {"filename", "location", "contact", "poll", "inGroup", "replyTo", "fromLid"}  # of `receive`
        assert fields - hidden <= shown[act.replace("_", "-")], act


async def test_faults_and_clock_are_set_on_the_page() -> None:
    """Faults are added and taken away; the clock is moved, stopped and started; nonsense is refused."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=1_750_000_000))
    visitor = Visitor(sandbox)
    assert (await visitor.submit("fault", fault="502 POST /sendText")).status_code == 303
    assert [str(one) for one in sandbox.faults.every()] == ["502 POST /sendText"]
    assert (await visitor.submit("fault", fault="nonsense")).status_code == 400
    await visitor.submit("no-faults")
    assert sandbox.faults.every() == ()
    await visitor.submit("set-clock", advance="90.5")
    assert sandbox.clock.now() == 1_750_000_090.5
    assert (await visitor.submit("set-clock", stopped="false")).status_code == 303
    assert not sandbox.clock.stopped
    assert (await visitor.submit("set-clock", advance="soon")).status_code == 400


async def test_the_journal_tells_what_became() -> None:
    """The newest request stands first, with its status, its fault and what became of it; the page is none of them."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    sandbox.faults.add("reset_after POST /sendText #1")
    async with sandbox.async_client(retry=None) as client:
        await client.retrieve_all_sessions()
        with pytest.raises(Exception, match="connection"):
            await client.send_text(session=desk.id, to=ADA, text="Lost")
    visitor = Visitor(sandbox)
    await visitor.ask("GET", "/_sandbox/page")
    rows = [row.words for row in (await visitor.look()).by_id("requests").every("tr")]
    assert [row.split()[0] for row in rows] == ["2", "1"]
    assert rows[0].endswith("POST /sendText none lost reset_after")
    assert rows[1].endswith("GET /sessions 200 done")


async def test_webhooks_and_their_fate() -> None:
    """Each webhook is there with its event and whether it was delivered, waits, or was given up."""

    async def receiver(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500 if scope["path"] == "/bad" else 204, "headers": []})
        await send({"type": "http.response.body"})

    sandbox = Sandbox(clock=Clock(stopped=True), webhook_app=receiver, webhook_attempts=2, webhook_delay=60)
    sandbox.add_session("Good", DESK, webhook_url="https://example.org/good")
    sandbox.add_session("Bad", BEN, webhook_url="https://example.org/bad")
    visitor = Visitor(sandbox)
    await sandbox.adrain()
    before = (await visitor.look()).by_id("webhooks").words
    assert ("delivered" in before, "waiting 500" in before, "given up" in before) == (True, True, False)
    sandbox.clock.advance(60)
    await sandbox.adrain()
    after = (await visitor.look()).by_id("webhooks").words
    assert ("delivered" in after, "waiting" in after, "given up 500" in after) == (True, False, True)


async def test_the_page_stays_small() -> None:
    """However many sessions, chats, messages, requests, webhooks and faults there are, the page shows so many."""
    sandbox = Sandbox(seed=1, clock=Clock(stopped=True))
    for number in range(25):
        sandbox.add_session(f"Desk {number}", f"+4477009{number:05}")
    busy = sandbox.add_session("Busy", DESK, webhook_url="http://127.0.0.1:1/")
    for number in range(60):
        sandbox.receive(busy.id, f"+4477008{number % 30:05}", f"text {number}")
        sandbox.faults.add(f"delay GET /sessions/nowhere-{number}")
    for number in range(40):
        sandbox.receive(busy.id, ADA, f"to Ada {number}")
    visitor = Visitor(sandbox)
    for _ in range(60):
        await visitor.ask("GET", "/sessions", headers={"Authorization": "Bearer any"})
    page = await visitor.look()
    assert len(list(page.by_id("sessions").every("article"))) == 20
    assert "And 6 older." in page.by_id("sessions").text
    (log,) = (one for one in page.every("ol"))
    said = [one.text for one in log.every("p")]
    assert said == [f"to Ada {number}" for number in range(10, 40)]
    assert "And 30 quieter chats." in page.by_id(busy.id).text
    assert len(list(page.by_id("requests").every("tr"))) == 50
    assert "The newest 50 of 60 requests." in page.by_id("journal").text
    assert len(list(page.by_id("webhooks").every("tr"))) == 1 + 20
    assert "The newest 20 of" in page.by_id("webhooks").text
    assert len(list(page.by_id("faults").every("li"))) == 50
    assert "The first 50 of 60." in page.by_id("faults").text


# The phone


async def test_the_qr_code_can_be_seen_and_scanned() -> None:
    """While a session waits its QR code is shown, the same that the API answers; the button connects it."""
    sandbox = Sandbox(clock=Clock(stopped=True))
    shop = await waiting(sandbox)
    visitor = Visitor(sandbox)
    shown = (await visitor.look()).by_id(f"qr-{shop.id}")["src"].removeprefix("data:image/png;base64,")
    async with sandbox.async_client() as client:
        assert b64decode(shown) == (await client.retrieve_qr_code(shop.id)).png()
    answer = await visitor.submit(f"scan-{shop.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert sandbox.sessions[shop.id].status == "CONNECTED"
    assert not list((await visitor.look()).every("img"))


async def test_only_a_few_qr_codes_are_drawn() -> None:
    """Of many sessions that wait the first six show their QR codes, for each takes time; all can be scanned."""
    sandbox = Sandbox(clock=Clock(stopped=True))
    shops = [await waiting(sandbox, f"Shop {number}") for number in range(8)]
    visitor = Visitor(sandbox)
    assert len(list((await visitor.look()).every("img"))) == 6
    await visitor.submit(f"scan-{shops[7].id}")
    assert sandbox.sessions[shops[7].id].status == "CONNECTED"


async def test_a_passkey_is_asked_for() -> None:
    """With the box ticked, the scan asks for a passkey, which the phone gives and its owner confirms."""
    sandbox = Sandbox(clock=Clock(stopped=True))
    shop = await waiting(sandbox)
    visitor = Visitor(sandbox)
    statuses: list[str] = []
    for form, typed in (("scan", {"passkey": "true"}), ("passkey", {}), ("confirm", {})):
        await visitor.submit(f"{form}-{shop.id}", **typed)
        statuses.append(sandbox.sessions[shop.id].status)
    assert statuses == ["PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", "CONNECTED"]


async def test_somebody_writes_and_replies() -> None:
    """Anybody can write to a connected session, and answer in the chat that this begins."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    visitor = Visitor(sandbox)
    await visitor.submit(f"receive-{desk.id}", **{"from": "+44 7700 900456", "text": "Hello & <welcome>"})
    await visitor.submit(f"reply-{desk.id}-{CHAT}", text="Söme móre ✓")
    received = sandbox.messages(ADA, desk.id, from_me=False)
    assert [(one.content, one.sender) for one in received] == [("Hello & <welcome>", ADA), ("Söme móre ✓", ADA)]


async def test_a_member_replies_in_a_group() -> None:
    """In a group one of its other members is chosen to reply; who has left offers no form."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    group = sandbox.add_group("Club", owner=ADA, participants=[DESK, BEN])
    sandbox.receive(desk.id, ADA, "Welcome", in_group=group.id)
    visitor = Visitor(sandbox)
    reply = f"reply-{desk.id}-{group.id}"
    options = (await visitor.look()).by_id(reply).every("option")
    assert [one["value"] for one in options] == [CHAT, "447700900789@c.us"]
    await visitor.submit(reply, text="Thanks", **{"from": "447700900789@c.us"})
    last = sandbox.messages(group.id, desk.id, from_me=False)[-1]
    assert (last.content, last.sender, last.to) == ("Thanks", BEN, group.id)
    async with sandbox.async_client() as client:
        await client.leave_group(desk.id, group.id)
    assert not [one for one in (await visitor.look()).every("form") if one["id"] == reply]


async def test_the_phone_reads() -> None:
    """Reading a chat reads all that arrived in it, and leaves alone what failed, was lost, or is another chat's."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    async with sandbox.async_client() as client:
        texts = {
            text: str((await client.send_text(session=desk.id, to=ADA, text=text)).id)
            for text in ("sent", "delivered", "failed", "pending", *(f"more {number}" for number in range(40)))
        }
        await client.send_text(session=desk.id, to=BEN, text="elsewhere")
        sandbox.faults.add("dead_session POST /sendText #1")
        await client.send_text(session=desk.id, to=ADA, text="lost")
    sandbox.ack(texts["delivered"], "DEVICE")
    sandbox.ack(texts["failed"], "ERROR")
    sandbox.ack(texts["pending"], "PENDING")
    visitor = Visitor(sandbox)
    read = f"read-{desk.id}-{CHAT}"
    await visitor.submit(read)
    acks = {one.content: one.ack for one in sandbox.messages(session=desk.id)}
    assert {text: ack for text, ack in acks.items() if ack != "READ"} == {
        "failed": "ERROR",
        "pending": "PENDING",
        "elsewhere": "SERVER",
        "lost": "PENDING",
    }
    assert read not in {one["id"] for one in (await visitor.look()).every("form")}


# Who may press, and what is refused


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({"Origin": "https://evil.example.com"}, ("127.0.0.1", 1)),
        ({"Origin": "null"}, ("127.0.0.1", 1)),
        ({"Origin": "http://localhost:81"}, ("127.0.0.1", 1)),
        ({"Host": "evil.example.com", "Origin": "http://evil.example.com"}, ("127.0.0.1", 1)),
        ({}, ("192.0.2.7", 1)),
    ],
    ids=["another site", "a frame of nowhere", "another port", "a name pointed here", "another machine"],
)
async def test_strangers_press_nothing(headers: dict[str, str], client: tuple[str, int]) -> None:
    """Neither another site that is open in the browser nor another machine sees the page or plays the phone."""
    sandbox = Sandbox(clock=Clock(stopped=True))
    shop = await waiting(sandbox)
    desk = sandbox.add_session()
    sandbox.receive(desk.id, ADA, "Hello")
    before = (sandbox.sessions, sandbox.messages(from_me=None))
    visitor = Visitor(sandbox, client=client)
    everything = {"session": shop.id, "chat": CHAT, "from": ADA, "text": "Hello"}
    answers = [
        await visitor.ask("POST", f"/_sandbox/page/{name}", data={**everything, "session": its}, headers=headers)
        for name in ("scan", "passkey", "confirm", "receive", "read")
        for its in (shop.id, desk.id)
    ]
    answers += [await visitor.ask("GET", path, headers=headers) for path in ("/", "/_sandbox/page")]
    assert {answer.status_code for answer in answers} == {403}
    assert (sandbox.sessions, sandbox.messages(from_me=None)) == before


@pytest.mark.parametrize(
    ("name", "fields", "status", "words"),
    [
        ("scan", {}, 400, "the form has no session"),
        ("scan", {"session": "<b>"}, 404, "Session <b> not found"),
        ("scan", {"session": "desk"}, 422, "is CONNECTED; this needs SCAN_QR_CODE"),
        ("passkey", {"session": "desk"}, 422, "this needs PASSKEY_REQUIRED"),
        ("confirm", {"session": "desk"}, 422, "this needs PASSKEY_CONFIRMATION_REQUIRED"),
        ("receive", {"session": "desk", "from": "<i>", "text": "Hello"}, 400, "phone number"),
        ("receive", {"session": "desk", "from": ADA}, 400, "text must be given"),
        ("receive", {"session": "desk", "from": ADA, "text": "Hello", "inGroup": "1@g.us"}, 404, "1@g.us not found"),
        ("receive", {"session": "desk", "from": BEN, "text": "Hello", "inGroup": "club"}, 403, ""),
        ("read", {"session": "nobody", "chat": CHAT}, 404, "Session nobody not found"),
        ("read", {"session": "desk"}, 400, "the form has no chat"),
    ],
)
async def test_refusals_are_told_on_the_page(name: str, fields: dict[str, str], status: int, words: str) -> None:
    """What cannot be done is said on the page with a status of its own, as text, and changes nothing."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    group = sandbox.add_group("Club", owner=ADA, participants=[DESK])
    ids = {"desk": desk.id, "club": group.id}
    fields = {key: ids.get(value, value) for key, value in fields.items()}
    answer = await Visitor(sandbox).press(f"/_sandbox/page/{name}", fields)
    assert answer.status_code == status
    page = parsed(answer.text)
    (alert,) = (one for one in page.every() if one.attributes.get("role") == "alert")
    assert words in alert.text
    assert page.by_id(desk.id).tag == "article"
    assert sandbox.messages(from_me=None) == ()
    assert sandbox.sessions == {desk.id: desk}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"session=x", "application/json", 415),
        (b"session=x", "multipart/form-data; boundary=x", 415),
        (b"session=%ff", "application/x-www-form-urlencoded", 400),
        (b"session=\xff", "application/x-www-form-urlencoded", 400),
        (b"session=x" + b"&a=b" * 16, "application/x-www-form-urlencoded", 400),
        (b"session=" + b"x" * 9_000_000, "application/x-www-form-urlencoded", 413),
        (b"", "application/x-www-form-urlencoded", 400),
    ],
    ids=["JSON", "multipart", "escaped bytes", "bytes", "too many fields", "too large", "nothing"],
)
async def test_what_is_no_form_is_refused(body: bytes, kind: str, status: int) -> None:
    """A body that the page's own forms never send is a 4xx with the page around it."""
    answer = await Visitor(Sandbox()).ask(
        "POST", "/_sandbox/page/scan", content=body, headers={"Content-Type": kind, "Origin": "http://localhost"}
    )
    assert answer.status_code == status
    assert [one for one in parsed(answer.text).every() if one.attributes.get("role") == "alert"]


@given(
    body=st.binary(max_size=300)
    | st.dictionaries(st.text(), st.text(), max_size=5).map(lambda d: urlencode(d).encode())
)
@settings(max_examples=60, deadline=None)
def test_any_form_is_answered(body: bytes) -> None:
    """Any bytes in a form give a 4xx that is a page."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for name in ("scan", "passkey", "confirm", "receive", "read"):
        answer = asyncio.run(Visitor(Sandbox()).ask("POST", f"/_sandbox/page/{name}", content=body, headers=headers))
        assert 400 <= answer.status_code < 500
        assert list(parsed(answer.text).every("main"))


# What it costs others


async def test_faults_do_not_strike_the_page() -> None:
    """A sandbox whose every answer fails still shows its page."""
    sandbox = Sandbox(faults=["500 *", "reset_after *"])
    visitor = Visitor(sandbox)
    assert "500" in (await visitor.look()).by_id("faults").text
    assert sandbox.journal == ()


def test_nobody_pays_who_does_not_look() -> None:
    """A sandbox is made without the template engine; the first look imports it."""
    program = "import sys; from wasend.sandbox import Sandbox; Sandbox(); print('jinja2' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
