"""What a sandbox begins with, from a file; and the options of `wasend sandbox` that say what it is like."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.raw import answer, serving, wait_until
from tests.test_cli import PATIENCE, WASEND, complaint, environment, posix, read_until, run, started
from tests.test_sandbox import ADA, PICTURE
from wasend import AuthenticationError, ServerError, WasendClient
from wasend.sandbox import Clock, Sandbox, play_scenario

__all__ = ["environment"]

START = 1_750_000_000.0
OWN = "+447700900123"

SCENARIO = f"""
unknown = ["+44 7700 900999"]
faults = ["500 POST /sendText #2"]

[[sessions]]
name = "Front Desk"
phone_number = "+44 7700 900-123"
webhook_url = "http://127.0.0.1:9/hook"

[[sessions]]
name = "Back Office"
phone_number = "+447700900124"

[[contacts]]
number = "{ADA}"
name = "Ada"
push_name = "ada"
picture_url = "{PICTURE}"

[[groups]]
name = "Harbour"
owner = "{ADA}"
participants = ["{OWN}", "+447700900999"]
description = "Boats"

[[replies]]
reply = "Thanks"
match = "order"
from = "{ADA}"
after = 2.5
times = 1

[[messages]]
session = "Front Desk"
from = "{ADA}"
text = "Ahoy"

[[messages]]
session = "Front Desk"
from = "{ADA}"
text = "Ahoy, all"
in_group = "Harbour"
"""


def scenario(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def test_scenario(tmp_path: Path) -> None:
    """Everything that a scenario tells is there from the start."""
    sandbox = Sandbox(clock=Clock(stopped=True, at=START), webhook_app=nobody)
    play_scenario(sandbox, scenario(tmp_path, SCENARIO))
    desk, office = sandbox.sessions.values()
    assert (desk.settings.name, desk.settings.phone_number, desk.status) == ("Front Desk", OWN, "CONNECTED")
    assert (desk.settings.webhook_url, office.settings.enable_webhook) == ("http://127.0.0.1:9/hook", False)
    (group,) = sandbox.groups.values()
    assert (group.name, group.description, group.owner) == ("Harbour", "Boats", "447700900456@c.us")
    assert list(group.participants) == ["447700900456@c.us", "447700900123@c.us"]
    ahoy, all_ = sandbox.messages(from_me=False)
    assert (ahoy.session, ahoy.sender, ahoy.content, ahoy.to) == (desk.id, ADA, "Ahoy", "447700900123@c.us")
    assert (all_.content, all_.to) == ("Ahoy, all", group.id)
    async with sandbox.async_client(retry=None) as client:
        ada = await client.get_contact(office.id, contact_id=ADA)
        assert (ada.name, ada.push_name) == ("Ada", "ada")
        assert not (await client.check_contact_exists(office.id, phone="447700900999")).exists
        await client.send_text(session=office.id, to=ADA, text="Your ORDER is ready")
        with pytest.raises(ServerError):
            await client.send_text(session=office.id, to=ADA, text="order")
    sandbox.clock.advance(2.5)
    (thanks,) = sandbox.messages(session=office.id, from_me=False)
    assert (thanks.content, thanks.timestamp) == ("Thanks", START + 2.5)


async def nobody(*_: object) -> None:
    """A receiver of webhooks that is not there."""
    raise ConnectionRefusedError


def test_scenario_again(tmp_path: Path) -> None:
    """In a sandbox that has its sessions from a file, they, their messages and the groups are left as they are."""
    path, file = scenario(tmp_path, SCENARIO), tmp_path / "sandbox.db"
    for _ in range(2):
        with closing(Sandbox(persist=file)) as sandbox:
            play_scenario(sandbox, path)
            assert [len(sandbox.sessions), len(sandbox.groups), len(sandbox.messages(from_me=None))] == [2, 1, 2]
            assert len(sandbox.faults.every()) == 1


def test_sessions_of_accounts(tmp_path: Path) -> None:
    """A session may be given to one of several accounts."""
    sandbox = Sandbox(api_key=["one", "two"])
    play_scenario(sandbox, scenario(tmp_path, "[[sessions]]\nname = 'Desk'\napi_key = 'two'"))
    (desk,) = sandbox.sessions.values()
    assert desk.account == Sandbox(api_key="two").add_session().account


MISTAKES = [
    ("[[session]]", "'session' is unknown; there are sessions, contacts, "),
    ("[sessions]", r"sessions must be tables: \[\[sessions\]\]"),
    ("sessions = [1]", "sessions 1: must be a table"),
    ("unknown = 'x'", "unknown must be a list"),
    ("unknown = ['x']", "unknown 1: must be an international phone number"),
    ("unknown = [447700900456]", "unknown 1: must be a string"),
    ("faults = ['500 POST /sendText', 'nonsense']", "faults 2: "),
    ("[[sessions]]\nphone = 'x'", "sessions 1: 'phone' is unknown; there are name, phone_number"),
    ("[[sessions]]\nphone_number = '+447700900123'", "sessions 1: name must be a string"),
    ("[[sessions]]\nname = 5", "sessions 1: name must be a string"),
    ("[[sessions]]\nname = 'a'\n[[sessions]]\nname = 'a'", "sessions 2: Session with name a already exists"),
    ("[[sessions]]\nname = 'a'\nwebhook_url = 'nowhere'", "sessions 1: webhook_url must be a URL"),
    ("[[sessions]]\nname = 'a'\nphone_number = 'x'", "sessions 1: phone_number must be an international phone number"),
    ("[[contacts]]\nname = 'Ada'", "contacts 1: number must be a string"),
    (
        "[[groups]]\nname = 'a'\nowner = '+447700900456'\nparticipants = '+447700900456'",
        "participants must be an array",
    ),
    ("[[replies]]\nreply = 5", "replies 1: reply must be a string"),
    ("[[replies]]\nreply = 'a'\nmatch = '('", "replies 1: match is not a regular expression"),
    ("[[replies]]\nreply = 'a'\nafter = -1", "replies 1: after must not be less than 0"),
    ("[[messages]]\nsession = 'a'\nfrom = '+447700900456'\ntext = 'x'", "messages 1: there is no session called 'a'"),
    (
        "[[sessions]]\nname = 'a'\n[[messages]]\nsession = 'a'\nfrom = '+447700900456'\ntext = 'x'\nin_group = 'g'",
        "messages 1: there is no group called 'g'",
    ),
    ("[[sessions]\n", r"scenario .*scenario\.toml: .*line 1"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_scenario_that_cannot_be(text: str, words: str, tmp_path: Path) -> None:
    """What a scenario has wrong is told on one line, with the table and the number of the entry."""
    with pytest.raises(
        ValueError, match=f"^scenario.*: {words}" if not words.startswith("scenario") else words
    ) as caught:
        play_scenario(Sandbox(), scenario(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_scenario_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    """A scenario that is not there, or is no text, is named."""
    path = tmp_path / "scenario.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^scenario .*scenario\.toml: "):
        play_scenario(Sandbox(), path)


# The command


@contextmanager
def served(*options: str, env: dict[str, str]) -> Iterator[str]:
    """The URL of a `wasend sandbox` with these options."""
    with started(*WASEND, "sandbox", "--port", "0", "--quiet", *options, env=env) as process:
        yield re.findall(r"http://127\.0\.0\.1:\d+", read_until(process, "/_sandbox/\n"))[0]
        process.terminate()
        rest, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest.strip(), errors) == (0, "", "")


@posix
def test_options(environment: dict[str, str], tmp_path: Path) -> None:
    """Keys, seed, scenario, faults, file and webhook key do what they say."""
    file = tmp_path / "sandbox.db"
    with serving(answer(200)) as receiver:
        desk_of_k2 = f"[[sessions]]\nname = 'Desk'\nwebhook_url = '{receiver.url}/hook'\napi_key = 'k2'"
        path = scenario(tmp_path, desk_of_k2)
        options = ["--api-key", "k1", "--api-key", "k2", "--seed", "7", "--scenario", str(path), "--persist", str(file)]
        options += ["--faults", "502 POST /sendText #1", "--faults", "503 POST /sendText #2", "--webhook-key", "s3cret"]
        with served(*options, env=environment) as url:
            with WasendClient("k2", base_url=url, retry=None) as client, WasendClient("k1", base_url=url) as other:
                (desk,) = client.retrieve_all_sessions()
                assert list(other.retrieve_all_sessions()) == []
                for status in (502, 503):
                    with pytest.raises(ServerError) as caught:
                        client.send_text(session=desk, to=ADA, text="Hi")
                    assert caught.value.status == status
                client.send_text(session=desk, to=ADA, text="Hi")
                with pytest.raises(AuthenticationError):
                    client.with_options(api_key="k3").retrieve_account()
            wait_until(lambda: receiver.deliveries == 2, "the webhooks")
    head, _, body = receiver.requests[-1].partition(b"\r\n\r\n")
    assert f"x-webhook-hmac: {hmac.new(b's3cret', body, hashlib.sha512).hexdigest()}" in head.decode().lower()
    with closing(Sandbox(persist=file, api_key=["k1", "k2"])) as sandbox:
        # The same seed gives the same ids.
        assert list(sandbox.sessions) == [desk.unique_session_id] == [Sandbox(seed=7).add_session().id]
        sandbox.assert_delivered(ADA, "Hi")


@posix
def test_address_of_another_machine(environment: dict[str, str]) -> None:
    """An address that this machine has not is told, beside the warning."""
    options = ["--port", "0", "--host", "192.0.2.1", "--allow-remote", "--api-key", "k1"]
    result = run(*WASEND, "sandbox", *options, env=environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith("wasend: cannot listen on 192.0.2.1, port 0: ")


@posix
def test_shown_to_other_machines(environment: dict[str, str]) -> None:
    """Listening where other machines reach it needs a word, and then it warns; it works from here all the same."""
    options = ["--port", "0", "--host", "0.0.0.0", "--allow-remote", "--api-key", "k1"]
    with started(*WASEND, "sandbox", *options, env=environment) as process:
        url = re.findall(r"http://127\.0\.0\.1:\d+", read_until(process, "/_sandbox/\n"))[0]
        assert httpx.get(f"{url}/_sandbox/clock", trust_env=False).json()["stopped"] is False
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors.splitlines()) == (
        0,
        ["the sandbox serves 0.0.0.0: other machines can reach it"],
    )


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--allow-remote"], "--allow-remote lets other machines in: add --api-key KEY, which they must know"),
        (["--scenario", "none.toml"], "none.toml: No such file"),
        (["--scenario", "{wrong}"], "sessions 1: name"),
        (["--faults", "nonsense"], "nonsense"),
        (["--webhook-key", ""], "empty key"),
        (["--host", "0.0.0.0"], "not a loopback address"),
    ],
)
def test_mistakes(options: list[str], named: str, environment: dict[str, str], tmp_path: Path) -> None:
    """What an option has wrong is told in one line that names it, with exit status 2."""
    wrong = scenario(tmp_path, "[[sessions]]\nphone_number = '+447700900123'")
    arguments = [option.format(wrong=wrong) for option in options]
    assert named in complaint(run(*WASEND, "sandbox", "--port", "0", *arguments, env=environment))
