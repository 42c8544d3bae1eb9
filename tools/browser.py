"""
Look at the sandbox's page with a real browser, and press its buttons.

    python -m tools.browser CHROMIUM [PICTURE]

CHROMIUM is the browser's program; `nox -s browser` finds it. PICTURE, if given, is where a screenshot of the page goes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from wasend import OutcomeUnknownError, WasendClient
from wasend.sandbox import Clock, Sandbox, StoredSession

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# Nothing of the browser leaves this machine.
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESK, SHOP, ADA, BEN = "+447700900123", "+447700900199", "+447700900456", "+447700900789"
UNANSWERED = "Failed to load resource"  # browsers note every 4xx; here they are meant
ATTACK = "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"


class Wrong(AssertionError):
    """The page is not what it should be."""


@contextmanager
def opened(browser: Browser, url: str, *, script: bool = True, width: int = 1200) -> Iterator[Page]:
    """Open the page; at the end there must have been no error in it, and no request to anywhere else."""
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    page = context.new_page()
    page.set_default_timeout(10_000)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: complaints.append(line.text) if UNANSWERED not in line.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    abroad = [one for one in asked if not one.startswith((f"{url}/", "data:"))]
    if complaints or abroad:
        raise Wrong(f"the browser complains of {complaints}, and asked for {abroad}")


def waiting(sandbox: Sandbox, client: WasendClient, name: str, phone_number: str) -> StoredSession:
    """Create a session over the API, and take it to where it waits to be scanned."""
    client.start_session(client.create_session(session_name=name, phone_number=phone_number))
    return next(one for one in sandbox.sessions.values() if one.settings.name == name)


def check_escaping(browser: Browser, sandbox: Sandbox, client: WasendClient, url: str) -> None:
    """Look at a page full of markup: it is all text."""
    desk = sandbox.add_session(f"Desk {ATTACK}", DESK)
    sandbox.add_contact(ADA, f"Ada {ATTACK}")
    sandbox.receive(desk.id, ADA, f"In {ATTACK}")
    client.send_text(session=desk.id, to=ADA, text=f"Out {ATTACK}")
    with opened(browser, url) as page:
        for text in (f"In {ATTACK}", f"Out {ATTACK}"):
            expect(page.get_by_text(text, exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name=f"Desk {ATTACK}")).to_be_visible()
        expect(page).to_have_title("WASend sandbox")
        expect(page.locator("main script, main img")).to_have_count(0)


def check_phone(browser: Browser, sandbox: Sandbox, client: WasendClient, url: str) -> None:
    """Scan, write, reply and read; the page follows, and leaves what is being typed alone."""
    shop = waiting(sandbox, client, "Shop", SHOP)
    with opened(browser, url) as page:
        article = page.locator(f"#{shop.id}")
        expect(article.get_by_role("img")).to_be_visible()
        article.get_by_role("button", name="Scan").click()
        expect(article.get_by_text("CONNECTED", exact=True)).to_be_visible()
        check("scanned", sandbox.sessions[shop.id].status, "CONNECTED")

        article.get_by_label("number").fill(BEN)
        article.get_by_label("Message", exact=True).fill("Are you open?")
        article.get_by_role("button", name="Write").click()
        expect(article.get_by_text("Are you open?")).to_be_visible()

        reply = article.get_by_label("Reply")
        reply.press_sequentially("Thank ")
        client.send_text(session=shop.id, to=BEN, text="Until six.")
        expect(article.get_by_text("✓ sent")).to_be_visible()
        expect(page.locator("#journal").get_by_text("POST /sendText").first).to_be_visible()
        # Another chat on top moves this one, in which somebody types.
        sandbox.receive(shop.id, ADA, "Hello, shop")
        expect(article.get_by_text("Hello, shop")).to_be_visible()
        page.keyboard.type("you")
        expect(article.get_by_label("Reply").nth(1)).to_have_value("Thank you")

        article.get_by_role("button", name="Read").click()
        expect(article.get_by_text("✓✓ read")).to_be_visible()
        article.get_by_label("Reply").nth(1).press("Enter")
        expect(article.get_by_text("Thank you")).to_be_visible()
        told = [(one.content, one.ack) for one in sandbox.messages(to=BEN, session=shop.id, from_me=None)]
        check("said", told, [("Are you open?", "DEVICE"), ("Until six.", "READ"), ("Thank you", "DEVICE")])


def check_refusal(browser: Browser, sandbox: Sandbox, client: WasendClient, url: str) -> None:
    """Ask for what cannot be done: the page says so, keeps what was typed, and goes on."""
    kiosk = sandbox.add_session("Kiosk", "+447700900177")
    with opened(browser, url) as page:
        article = page.locator(f"#{kiosk.id}")
        article.get_by_label("number").fill("nobody")
        article.get_by_label("Message", exact=True).fill("Hello?")
        article.get_by_role("button", name="Write").click()
        expect(page.get_by_role("alert")).to_contain_text("phone number")
        expect(article.get_by_label("Message", exact=True)).to_have_value("Hello?")
    del client


def check_without_script(browser: Browser, sandbox: Sandbox, client: WasendClient, url: str) -> None:
    """Do the same in a browser that runs no scripts."""
    stall = waiting(sandbox, client, "Stall", "+447700900188")
    with opened(browser, url, script=False) as page:
        article = page.locator(f"#{stall.id}")
        article.get_by_role("button", name="Scan").click()
        article.get_by_label("number").fill(BEN)
        article.get_by_label("Message", exact=True).fill("Plain and simple")
        article.get_by_role("button", name="Write").click()
        expect(article.get_by_text("Plain and simple")).to_be_visible()
        check("scanned", sandbox.sessions[stall.id].status, "CONNECTED")


def check_narrow(browser: Browser, sandbox: Sandbox, client: WasendClient, url: str) -> None:
    """Send a picture and edit its caption in a window of 500 pixels, in which nothing stands out at the side."""
    cart = sandbox.add_session("Cart", "+447700900166", webhook_url="http://127.0.0.1:9/a/rather/long/path/to/the/hook")
    client.send_text(session=cart.id, to=BEN, text="supercalifragilisticexpialidocious" * 5)
    with opened(browser, url, width=500) as page:
        article = page.locator(f"#{cart.id}")
        article.get_by_label("number").fill(ADA)
        article.get_by_label("Message", exact=True).fill("Look")
        picture = FilePayload(name="sea.png", mimeType="image/png", buffer=b"\x89PNG")
        article.get_by_label("Picture").first.set_input_files(files=[picture])
        article.get_by_role("button", name="Write").click()
        expect(article.get_by_text("[image] sea.png Look")).to_be_visible()
        (message,) = sandbox.messages(to=ADA, from_me=False)
        check("content", message.body["data"], "iVBORw==")
        article.get_by_text("Change", exact=True).first.click()
        article.get_by_label("New text").first.fill("Look here")
        article.get_by_role("button", name="Edit").first.click()
        expect(article.get_by_text("[image] sea.png Look here")).to_be_visible()
        check("width", page.evaluate("document.documentElement.scrollWidth"), 500)


async def receiver(scope: Scope, receive: Receive, send: Send) -> None:
    """Take every webhook."""
    del scope, receive
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def check_silence(browser: Browser, sandbox: Sandbox, client: WasendClient, url: str) -> None:
    """End the sandbox behind a page: it says that it is out of date."""
    del client, url
    with sandbox.serve() as server, opened(browser, server.url) as page:
        expect(page.get_by_role("status")).to_be_empty()
        server.stop()
        expect(page.get_by_role("status")).to_contain_text("does not answer")


def check(what: str, found: object, expected: object) -> None:
    """Compare."""
    if found != expected:
        raise Wrong(f"{what}: {found}, not {expected}")


def picture(browser: Browser, path: str) -> None:
    """Take the picture: two sessions, a chat and the journal, the same every time."""
    sandbox = Sandbox(seed=7, clock=Clock(stopped=True, at=1_750_000_000), webhook_app=receiver)
    sandbox.add_contact(ADA, "Ada Lovelace")
    desk = sandbox.add_session("Front Desk", DESK, webhook_url="https://desk.example/webhooks")
    with sandbox.serve() as server, WasendClient("any-key", base_url=server.url, clock=sandbox.clock) as client:
        waiting(sandbox, client, "Flower Shop", SHOP)
        offer = client.send_text(session=desk.id, to=ADA, text="Good morning! Your order is ready to be picked up.")
        sandbox.clock.advance(21)
        sandbox.ack(str(offer.id), "READ")
        sandbox.receive(desk.id, ADA, "Lovely, thank you. Until when are you open?", reply_to=offer.id)
        sandbox.clock.advance(6)
        answer = client.send_text(session=desk.id, to=ADA, text="Until six today, and tomorrow from nine.")
        sandbox.ack(str(answer.id), "DEVICE")
        sandbox.faults.add("502 GET /messages/{id} #1")
        client.get_message(str(answer.id))  # which is asked again by itself
        sandbox.clock.advance(40)
        sandbox.receive(desk.id, ADA, "See you at five, then!")
        sandbox.faults.add("reset_after POST /sendText #1")
        with suppress(OutcomeUnknownError):
            client.send_text(session=desk.id, to=ADA, text="See you!")
        with opened(browser, server.url) as page:
            expect(page.locator("#webhooks").get_by_text("delivered")).to_have_count(len(sandbox.webhooks))
            page.screenshot(path=path, full_page=True)


def main(chromium: str, path: str | None = None) -> None:
    """Run the checks, and take the picture if it is asked for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for one in (check_escaping, check_phone, check_narrow, check_refusal, check_without_script, check_silence):
            sandbox = Sandbox()
            with sandbox.serve() as server, WasendClient("any-key", base_url=server.url) as client:
                one(browser, sandbox, client, server.url)
            print(f"{one.__name__}: as it should be")
        if path is not None:
            picture(browser, path)
            print(f"{path} is written")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
