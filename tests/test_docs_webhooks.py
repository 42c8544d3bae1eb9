"""The first half of the page about receiving tells the truth: every program and command runs, and does what the text says."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import shlex
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any, Final, get_type_hints

import aiohttp.test_utils
import httpx
import pytest
from werkzeug.test import Client as WsgiClient

from tests.events import envelope, message, signed
from tests.raw import PATIENCE, reserved
from tests.test_docs_sandbox import curl
from tests.test_webhooks_adapters import django_urls
from wasend import InvalidRequestError, WebhookError, errors, webhooks
from wasend.sandbox import Sandbox
from wasend.webhooks import EVENTS, MessageReceived, Receiver, parse
from wasend.webhooks.adapters.bodies import TIMEOUT
from wasend.webhooks.parsing import MAX_AGE, MAX_AHEAD, MAX_BYTES

PAGE: Final = (Path(__file__).parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")
HALF: Final = PAGE.partition("\n## Handlers\n")[0]
KEY: Final = "the-webhook-key"


def blocks(language: str) -> list[str]:
    """The blocks of a language."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", HALF, re.MULTILINE | re.DOTALL)
    return found


def program(words: str) -> str:
    """The one program that holds some words."""
    (found,) = [block for block in blocks("python") if words in block]
    return found


def run(words: str) -> dict[str, Any]:
    """Run the one program that holds some words; its names."""
    names: dict[str, Any] = {"__name__": "program"}
    # As a module of its own, without the annotations of this one.
    exec(compile(program(words), f"<{words}>", "exec", dont_inherit=True), names)
    return names


def rows(section: str) -> list[list[str]]:
    """The rows of the first table of a section."""
    text = HALF.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The module `bot` for the programs that import it, with a receiver that sends nothing; what it has handled."""
    handled: list[str | None] = []
    receiver = Receiver(key=KEY)

    @receiver.on(MessageReceived)
    def handle(event: MessageReceived) -> None:
        handled.append(event.payload.body)

    module = ModuleType("bot")
    module.receiver = receiver  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bot", module)
    return handled


USED: Final = (
    "async def echo",
    "def in_words",
    "def posted",
    "def by_hand",
    "Starlette(routes=",
    "Annotated[AnyEvent",
    "WebhookWSGIApp(receiver)",
    "flask_view(receiver)",
    "django_view(receiver)",
    "aiohttp_handler(receiver)",
    "lambda_handler(receiver)",
)


def test_every_snippet_is_known() -> None:
    """Each program, command and file of the page is run by a test here."""
    assert [program(words) for words in USED] == blocks("python")
    assert len(blocks("toml")) == 1
    assert [command.split()[0].partition("=")[0] for block in blocks("sh") for command in block.splitlines()] == [
        *["pip", "wasend", "WASEND_API_KEY"],
        *["curl", "curl"],
    ]


# ------------------------------------------------------------------------------------------- in five minutes


def test_echo_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot, the sandbox and the two lines of curl, each as the page has it but for its port: the answer arrives."""
    (tmp_path / "bot.py").write_text(program("async def echo"), encoding="utf-8")
    free = [reserved(), reserved()]
    ports = {number: str(one.getsockname()[1]) for number, one in zip(("8787", "9000"), free, strict=True)}
    for one in free:
        one.close()

    def here(text: str) -> str:
        return re.sub("8787|9000", lambda found: ports[found[0]], text)

    (tmp_path / "desk.toml").write_text(here(blocks("toml")[0]), encoding="utf-8")
    _, servers, curls = [here(block).splitlines() for block in blocks("sh")]
    modules = {"wasend": "wasend.cli", "uvicorn": "uvicorn"}
    with ExitStack() as stack:
        for line in servers:
            words = shlex.split(line)
            while "=" in words[0]:
                monkeypatch.setenv(*words.pop(0).split("=", 1))
            command = [sys.executable, "-m", modules[words[0]], *words[1:]]
            process = stack.enter_context(
                subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            )
            stack.callback(process.terminate)
        base = f"http://127.0.0.1:{ports['8787']}"
        end = time.monotonic() + PATIENCE
        for port in ports.values():
            while not answers(f"http://127.0.0.1:{port}/"):
                assert time.monotonic() < end
                time.sleep(0.05)
        ask, look = curls
        assert curl(ask, base, real=False).json()["content"] == "Hello?"
        while not (found := curl(look, base, real=False).json())["count"]:
            assert time.monotonic() < end
            time.sleep(0.05)
    (delivery,) = found["messages"]
    assert (delivery["content"], delivery["to"]) == ("You said: Hello?", "447700900456@c.us")


def answers(url: str) -> bool:
    """Whether somebody listens there."""
    try:
        httpx.get(url, trust_env=False)
    except httpx.TransportError:
        return False
    return True


# ------------------------------------------------------------------------------------------- events


def test_table_of_events() -> None:
    """The table has every event, in the order of the code, with its class, its payload, and what the class says of itself."""
    expected = [
        [f"`{name}`", f"`{cls.__name__}`", f"`{get_type_hints(cls)['payload'].__name__}`"]
        for name, cls in EVENTS.items()
    ]
    found = rows("Events")
    assert [row[:3] for row in found] == expected
    for (_, cls), row in zip(EVENTS.items(), found, strict=True):
        assert inspect.cleandoc(cls.__doc__ or "").partition("``: ")[2].startswith(row[3])
    named = re.search(r"Not sent by GOWS, and here for other engines: (.*?)\.\n", HALF, re.DOTALL)
    assert named
    assert set(re.findall(r"`(.*?)`", named[1])) == {
        name for name, cls in EVENTS.items() if "Not sent by GOWS" in (cls.__doc__ or "")
    }


def test_names_exist() -> None:
    """What the page calls a class or a function of the package is one."""
    words = set(re.findall(r"`([A-Z]\w+|same_\w+|parse|sign)(?:\(.*?\))?`", HALF))
    known = {*dir(webhooks), *errors.__all__, "None", "WASEND_BASE_URL"}
    assert words - known - {"X", "UNKNOWN", "Mount", "POST"} == set()


def test_in_words() -> None:
    """The function says what each kind of event is about."""
    in_words = run("def in_words")["in_words"]

    def said(event: dict[str, Any]) -> str:
        text: str = in_words(parse(json.dumps(event).encode(), key=None, insecure=True))
        return text

    assert said(message("Hello?")) == "447700900456@c.us wrote 'Hello?'"
    vote = {"vote": {"from": "447700900456@c.us", "selectedOptions": ["A", "B"]}}
    assert said(envelope("poll.vote", vote)) == "447700900456@c.us is for A, B"
    assert said(envelope("call.received", {"from": "447700900456@s.whatsapp.net"})) == "447700900456@c.us calls"
    assert said(envelope("label.upsert", {})) == "label.upsert"


# ------------------------------------------------------------------------------------------- verifying


def test_posted(capsys: pytest.CaptureFixture[str]) -> None:
    """The function answers what is due, and says of an event that it came."""
    posted = run("def posted")["posted"]
    body, headers = signed(message(id="evt_1"), KEY)
    assert posted(body, headers) == (200, "ok")
    assert posted(body + b" ", headers) == (401, "wrong signature")
    assert posted(*signed(b"{}", KEY)) == (400, "not an event")
    assert capsys.readouterr().out == "message evt_1\n"


def test_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """The endpoint calls its function."""
    by_hand = run("def by_hand")["by_hand"]
    assert by_hand(*signed(message("Hello?"), KEY)) == 200
    assert by_hand(b"", {}) == 401
    assert capsys.readouterr().out == "somebody wrote: Hello?\n"


def test_numbers() -> None:
    """The numbers of the page are those of the code."""
    assert "older than a day" in HALF
    assert MAX_AGE == 86_400
    assert "15 minutes in the future" in HALF
    assert MAX_AHEAD == 15 * 60
    assert "(4 MiB), or that would take more than 48 MiB" in HALF
    assert MAX_BYTES == 4 * 2**20
    assert "(`timeout`, 30 s)" in HALF
    assert TIMEOUT == 30


# ------------------------------------------------------------------------------------------- frameworks


async def posts(app: Any, path: str) -> list[int]:
    """The statuses that an ASGI application answers to a message, and to one that is not signed."""
    body, headers = signed(message("Hello?"), KEY)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://a") as client:
        return [(await client.post(path, content=body, headers=said)).status_code for said in (headers, {})]


async def test_starlette(bot: list[str | None]) -> None:
    """The route hands events to the receiver."""
    assert await posts(run("Starlette(routes=")["app"], "/webhook") == [200, 401]
    assert bot == ["Hello?"]


async def test_fastapi() -> None:
    """The route gets its event."""
    assert await posts(run("Annotated[AnyEvent")["app"], "/webhook") == [200, 401]


@pytest.mark.parametrize(
    ("words", "name"), [("WebhookWSGIApp(receiver)", "application"), ("flask_view(receiver)", "app")]
)
def test_wsgi(words: str, name: str, bot: list[str | None]) -> None:
    """The application hands events to the receiver."""
    client = WsgiClient(run(words)[name])
    body, headers = signed(message("Hello?"), KEY)
    assert [client.post("/webhook", data=body, headers=said).status_code for said in (headers, {})] == [200, 401]
    assert bot == ["Hello?"]
    sys.modules["bot"].receiver.blocking.close()


async def test_django(bot: list[str | None]) -> None:
    """Both views hand events to the receiver."""
    with django_urls(print):
        from django.test import AsyncClient, Client, override_settings

        urls = tuple(run("django_view(receiver)")["urlpatterns"])
        body, headers = signed(message("Hello?"), KEY)
        with override_settings(ROOT_URLCONF=urls):
            for said, status in ((headers, 200), ({}, 401)):
                plain = await asyncio.to_thread(
                    Client().post, "/webhook", body, content_type="application/json", headers=said
                )
                awaited = await AsyncClient().post(
                    "/async-webhook", body, content_type="application/json", headers=said
                )
                assert (plain.status_code, awaited.status_code) == (status, status)
    assert bot == ["Hello?", "Hello?"]
    sys.modules["bot"].receiver.blocking.close()


async def test_aiohttp(bot: list[str | None]) -> None:
    """The handler hands events to the receiver."""
    app = run("aiohttp_handler(receiver)")["app"]
    body, headers = signed(message("Hello?"), KEY)
    async with aiohttp.test_utils.TestClient(aiohttp.test_utils.TestServer(app)) as client:
        assert [(await client.post("/webhook", data=body, headers=said)).status for said in (headers, {})] == [200, 401]
    assert bot == ["Hello?"]


def test_lambda(bot: list[str | None]) -> None:
    """The handler hands events to the receiver."""
    handler = run("lambda_handler(receiver)")["handler"]
    body, headers = signed(message("Hello?"), KEY)
    for said, status in ((headers, 200), ({}, 401)):
        event = {"httpMethod": "POST", "headers": said, "body": body.decode()}
        assert handler(event, None)["statusCode"] == status
    assert bot == ["Hello?"]
    sys.modules["bot"].receiver.blocking.close()


# ------------------------------------------------------------------------------------------- bad input


def test_table_of_errors() -> None:
    """The table has every error of webhooks, with its status."""
    kinds = {name: getattr(errors, name) for name in errors.__all__ if name.startswith("Webhook")}
    expected = {f"`{name}`": str(kind.status) for name, kind in kinds.items() if kind is not WebhookError}
    found = {row[1]: row[2] for row in rows("Bad input")}
    assert found.pop("") == "405"
    assert found == expected


async def test_media_of_an_event(tmp_path: Path) -> None:
    """A payload is taken where media are fetched, and where the id of a message is; one without media is refused by name."""
    sandbox = Sandbox()
    desk = sandbox.add_session()
    picture = sandbox.receive(desk.id, "+447700900456", media=b"\x89PNG...", filename="a.png")
    with sandbox.serve():
        async with sandbox.async_client() as client:
            seen = (await client.get_messages(desk.id, "447700900456@c.us", download_media=True))[0]
            media = {"url": seen.media_url, "mimetype": "image/png"}
            body = json.dumps(envelope("message", {"id": picture.id, "hasMedia": True, "media": media})).encode()
            event = parse(body, key=None, insecure=True)
            assert isinstance(event, MessageReceived)
            assert await client.download(event.payload) == b"\x89PNG..."
            assert event.payload.media is not None
            assert await client.download(event.payload.media) == b"\x89PNG..."
            await client.send_reaction(session=desk.id, message_id=event.payload, reaction="👍")
            bare = parse(json.dumps(message("Hi")).encode(), key=None, insecure=True)
            assert isinstance(bare, MessageReceived)
            with pytest.raises(InvalidRequestError, match="no media"):
                await client.download(bare.payload)
