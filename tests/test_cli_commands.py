"""Every command of the command line, as a person at a terminal and a script behind a pipe meet it, against a sandbox."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from tests.terminals import ANSI, Ended, Terminals
from tools.write_cli_docs import PAGE, page
from wasend import SessionFailedError
from wasend.cli import app
from wasend.cli.errors import said
from wasend.cli.options import leaves
from wasend.sandbox import Sandbox, SandboxServer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs terminals and forks of POSIX")

KEY: Final = "k3y-of-mine"
ADA: Final = "+447700900456"
MODES: Final = (40, 120, None)
NAMES: Final = ("HOME", "PATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME")


@pytest.fixture(scope="module")
def terminals() -> Iterator[Terminals]:
    made = Terminals()
    yield made
    made.close()


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxServer]:
    with Sandbox(api_key=KEY, scan_after=0).serve() as server:
        yield server


@attrs.define
class Desk:
    """A sandbox with a little of everything, and a way to run commands against it."""

    sandbox: Sandbox
    terminals: Terminals
    env: dict[str, str]
    home: Path
    ids: dict[str, str] = attrs.field(factory=dict[str, str])

    def fill(self) -> None:
        """Begin anew."""
        self.sandbox.reset()
        front = self.sandbox.add_session("Front Desk", "+447700900123")
        self.sandbox.add_contact(ADA, "Ada")
        text = self.sandbox.receive(front.id, ADA, "Is my order ready? \x1b[2J")
        media = self.sandbox.receive(front.id, ADA, media=b"a menu", filename="../../menu.txt")
        group = self.sandbox.add_group("Bakers", owner="+447700900123", participants=[ADA])
        self.ids = {"desk": front.id, "ada": ADA, "text": text.id, "media": media.id, "group": group.id}
        self.ids["url"] = self.env["WASEND_BASE_URL"]

    def run(self, *arguments: str, **options: Any) -> Ended:
        """Run a command. Names in braces are ids."""
        env = {**self.env, **options.pop("env", {})}
        given = [one.format(**self.ids) for one in arguments]
        return self.terminals.run(*given, env=env, **options)


@pytest.fixture
def desk(served: SandboxServer, terminals: Terminals, tmp_path: Path) -> Desk:
    env = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "WASEND_API_KEY": KEY,
        "WASEND_BASE_URL": served.url,
        "WASEND_MAX_RETRIES": "0",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    assert isinstance(served.sandbox, Sandbox)
    made = Desk(served.sandbox, terminals, env, tmp_path)
    made.fill()
    return made


@attrs.frozen
class Case:
    """A command, what a terminal shows of what it does, and what JSON says of it."""

    words: str
    shown: str
    json: Callable[[Any], object]
    stdin: str = ""
    status: int = 0
    before: tuple[str, ...] = ()
    modes: tuple[int | None, ...] = MODES


def case(words: str, shown: str, json: Callable[[Any], object], **more: Any) -> Any:
    return pytest.param(Case(words, shown, json, **more), id=words)


CASES: Final = [
    case("login Front|Desk", "CONNECTED", lambda it: it["status"] == "CONNECTED"),
    case("login New --phone-number +447700900124", "NEW", lambda it: it["sessionName"] == "New"),
    case("sessions list", "+447700900123", lambda it: it[0]["sessionName"] == "Front Desk"),
    case("sessions show", "CONNECTED", lambda it: it["phoneNumber"] == "+447700900123"),
    case("sessions show Front|Desk", "CONNECTED", lambda it: it["status"] == "CONNECTED"),
    case("sessions create Two --phone-number +447700900124", "CREATED", lambda it: it["status"] == "CREATED"),
    case("sessions stop {desk}", "STOPPED", lambda it: it["status"] == "STOPPED"),
    case("sessions start", "FrontDesk", lambda it: it["uniqueSessionId"], before=("sessions stop",)),
    case("sessions restart", "FrontDesk", lambda it: it["uniqueSessionId"], before=("sessions stop",)),
    case("sessions delete Front|Desk --yes", "isdeleted", lambda it: it["success"]),
    case("send text Hello --to {ada}", "true_447700900456@c.us_", lambda it: it["content"] == "Hello"),
    case("send text --to {ada} --typing Hi", "true_447700900456", lambda it: it["content"] == "Hi", modes=(None,)),
    case(
        "send text Hi --to {ada} --to {group}", "@g.us", lambda it: [one["outcome"] for one in it] == ["sent", "sent"]
    ),
    case("send text Hi --to {ada} --key a-1", "true_447700900456", lambda it: it["id"]),
    case("send image https://example.org/a.png --to {ada} --caption x", "image", lambda it: it["type"] == "image"),
    case("send video https://example.org/a.mp4 --to {ada}", "video", lambda it: it["type"] == "video"),
    case("send voice https://example.org/a.ogg --to {ada}", "true_", lambda it: it["id"]),
    case("send file menu.txt --to {ada} --mime-type text/plain", "document", lambda it: it["content"] == "6 bytes"),
    case("send link https://example.org --title Menu --to {ada}", "true_", lambda it: it["content"].endswith("org")),
    case("send react {text} 👍", "Thereactionissent", lambda it: it["success"]),
    case("send seen {text}", "markedasseen", lambda it: it["success"]),
    case("chats list", "447700900456@c.us", lambda it: it[0]["id"]),
    case("chats overview", "447700900456@c.us", lambda it: it[0]["lastMessage"]),
    case("chats read {ada}", "markedasread", lambda it: it is not None),
    case("messages list {ada}", r"Ismyorderready?\x1b[2J", lambda it: len(it) == 2),
    case("messages list {ada} -n 1", "false_447700900456", lambda it: len(it) == 1),
    case("messages show {ada} {text}", "Ismyorderready?", lambda it: it["body"].endswith("\x1b[2J")),
    case("messages download {ada} {media} -o menu.txt", "menu.txt", lambda it: it["path"].endswith("menu.txt")),
    case("contacts list", "Ada", lambda it: it[0]["name"] == "Ada"),
    case("contacts show {ada}", "Ada", lambda it: it["id"] == "447700900456@c.us"),
    case("contacts check {ada}", "ONWHATSAPPyes", lambda it: it["exists"] is True),
    case("groups list", "Bakers", lambda it: it[0]["name"] == "Bakers"),
    case("groups show {group}", "Bakers", lambda it: it["jid"].endswith("@g.us")),
    case("groups create Cooks {ada}", "Cooks", lambda it: it["name"] == "Cooks"),
    case("groups set {group} --name Cooks --description Soup", "Thegroupischanged", lambda it: it["success"]),
    case("groups members {group}", "447700900456@c.us", lambda it: len(it) == 2),
    case("groups add {group} +447700900457", "Done", lambda it: it["failed"] == []),
    case("groups promote {group} {ada}", "Done", lambda it: it["failed"] == []),
    case("groups demote {group} {ada}", "Done", lambda it: it["failed"] == []),
    case("groups remove {group} {ada}", "Done", lambda it: it["failed"] == []),
    case("groups invite {group}", "INVITE", lambda it: it["inviteCode"]),
    case("groups invite {group} --revoke", "INVITE", lambda it: it["inviteCode"]),
    case("groups leave {group} --yes", "isleft", lambda it: it["success"]),
    case("account", "Sandbox", lambda it: it["plan"] == "sandbox"),
    case("request GET /sessions/{{session}}", "FrontDesk", lambda it: "Front Desk" in json.dumps(it)),
    case("outbox unknown", "Nothingisunknown", lambda it: it == []),
    case("outbox recover --no-wait", "Nothingwasopen", lambda it: it["unknown"] == []),
    case("outbox show a-1", "3EB0", lambda it: it["state"] == "sent", before=("send text Hi --to {ada} --key a-1",)),
    case("doctor", "onthismachine", lambda it: {one["status"] for one in it} <= {"ok", "skipped"}),
    case("config path", "config.json", lambda it: it["path"].endswith("config.json")),
    case("config list", "Thereisnoprofileyet", lambda it: it == []),
]


@pytest.mark.parametrize("one", CASES)
def test_commands(one: Case, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command shows people what fits their terminal, and gives scripts JSON and nothing else."""
    desk.home.joinpath("menu.txt").write_text("a menu")
    words = [word.replace("|", " ") for word in one.words.split()]
    words = [str(desk.home / word) if word == "menu.txt" else word for word in words]
    for columns in one.modes:
        desk.fill()
        env = {"XDG_DATA_HOME": str(desk.home / str(columns))}
        for earlier in one.before:
            assert desk.run(*earlier.split(), env=env).status == 0
        ended = desk.run(*words, columns=columns, env=env)
        assert ended.status == one.status, ended
        assert "\x1b[2J" not in ended.out
        if columns is None:
            assert one.json(ended.json)
            assert "Traceback" not in ended.err
        else:
            assert one.shown.lower() in ended.squeezed.lower()
            assert ended.widest <= columns or words[0] == "request"
            assert words[0] == "request" or not ended.plain.startswith(("{", "["))


def test_each_command_is_tried() -> None:
    """What is tried above, and in the tests of their own, are all the commands there are."""
    tried = {" ".join(one.values[0].words.split()[:2]) for one in CASES}
    own = {
        "sessions qr",
        "sessions watch",
        "groups join",
        "outbox resolve",
        "config add",
        "config use",
        "config remove",
    }
    elsewhere = {"listen", "sandbox", "demo", "completion", "events replay"}
    known: set[str] = set()
    for entry in app.ENTRIES:
        command = app.load(entry)
        names = getattr(command, "commands", None)
        known |= {entry.name} if names is None else {f"{entry.name} {name}" for name in names}
    covered = own | elsewhere | {words if words in known else words.split()[0] for words in tried}
    assert covered == known


def test_qr(desk: Desk) -> None:
    """A code is drawn, told as JSON, or written to a file that is its owner's alone."""
    with Sandbox().serve() as server:
        env = {"WASEND_BASE_URL": server.url}
        desk.run("sessions", "create", "New", "--phone-number", "+447700900124", env=env)
        desk.run("sessions", "start", env=env)
        drawn = desk.run("sessions", "qr", columns=120, env=env)
        assert (drawn.status, "▄" in drawn.plain) == (0, True), drawn
        assert desk.run("sessions", "qr", env=env).json["data"]
        file = desk.home / "code.png"
        ended = desk.run("sessions", "qr", "New", "--save", str(file), columns=40, env=env)
        assert ended.plain == f"{file}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        ended = desk.run("sessions", "qr", columns=40, env=env)
        assert (ended.status, "--save FILE" in ended.plain, "▄" in ended.plain) == (1, True, False)


@pytest.mark.parametrize("command", ["login", "sessions qr"])
def test_a_file_that_codes_cannot_be_written_to(command: str, desk: Desk) -> None:
    """It is named in the command line's own words."""
    ended = desk.run(*command.split(), "New", "--save", "code.txt")
    said = "wasend: --save: 'code.txt' is neither PNG nor SVG; end it with .png or .svg\n"
    assert (ended.status, ended.err) == (2, said)


def test_join(desk: Desk) -> None:
    """An invite lets a session join a group."""
    invite = desk.run("groups", "invite", "{group}", "-q").out.strip()
    desk.run("groups", "leave", "{group}", "--yes")
    for columns in MODES:
        ended = desk.run("groups", "join", invite, columns=columns)
        assert (ended.status, "Bakers" in ended.plain) == (0, True), ended


def test_login_asks(desk: Desk) -> None:
    """Where there is no session yet, a person is asked for name and number; a script is told what is missing."""
    desk.sandbox.reset()
    ended = desk.run("login")
    assert (ended.status, "--phone-number" in ended.err) == (2, True)
    typed = {"[Front Desk]: ": "Till\n", "+447700900123: ": "+447700900124\n"}
    ended = desk.run("login", columns=100, typed=typed)
    assert (ended.status, "CONNECTED" in ended.plain) == (0, True), ended
    assert [one.settings.name for one in desk.sandbox.sessions.values()] == ["Till"]


def test_texts_come_by_standard_input(desk: Desk) -> None:
    """A text and a file may be piped in; a terminal is not read from."""
    assert desk.run("send", "text", "--to", ADA, stdin="Line 1\nLine 2\n").json["content"] == "Line 1\nLine 2"
    assert desk.run("send", "text", "-", "--to", ADA, stdin="-\n").json["content"] == "-"
    sent = desk.run("send", "file", "-", "--file-name", "a.txt", "--to", ADA, stdin="four")
    assert sent.json["content"] == "4 bytes"
    ended = desk.run("send", "text", "--to", ADA, columns=80)
    assert (ended.status, "TEXT is missing" in ended.plain) == (2, True)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("send text Hi --to 07700900456", 2, "--to: 077…0456 does not say its country"),
        ("send image /nowhere.png --to {ada}", 2, "SOURCE: the file cannot be read"),
        ("send text Hi", 2, "--to"),
        ("send text --to {ada}", 2, "TEXT is empty"),
        ("send link https://example.org --title= --to {ada}", 2, "--title: is missing"),
        ("login nobody", 2, "SESSION: there is none called 'nobody'"),
        ("request GET /a?b=c", 2, "PATH: "),
        ("send text Hi --to {ada} --to {ada} --key a", 2, "--key is for one message"),
        ("send text Hi --to {ada} --outbox x.db", 2, "pass --key as well"),
        ("send file - --to {ada}", 2, "--file-name is missing"),
        ("send seen AAA", 2, "--to is missing"),
        ("groups set {group}", 2, "pass --name or --description"),
        ("sessions delete {desk}", 2, "pass --yes"),
        ("sessions create Two --phone-number 0770", 2, "--phone-number: "),
        ("sessions list --timeout 60000", 2, "--timeout: 60000.0 is too long"),
        ("sessions list --base-url example.org", 2, "--base-url: scheme or host is missing"),
        ("sessions list --profile work", 2, "there is no profile 'work'"),
        ("request GET sessions", 2, "PATH: "),
        ("request POST /x --field a", 2, "write NAME=VALUE"),
        ("outbox resolve a sent", 2, "KEY: "),
        ("outbox show a", 4, "KEY: it was not used"),
        ("sessions show nobody", 4, "`wasend sessions list` shows them"),
        ("request GET /nowhere", 4, "404"),
        ("send text Hi --to {ada} --session ses_none", 4, "`wasend sessions list` shows"),
        ("sessions bake", 2, "bake"),
        ("send text Hi --to {ada} --to 0770", 7, ""),
        ("send text Hi --to 0770 --to 0771", 2, ""),
    ],
)
def test_mistakes(words: str, status: int, said: str, desk: Desk) -> None:
    """What is wrong is said in one line, in the words of the command line, and by the exit status."""
    ended = desk.run(*words.split())
    assert (ended.status, said in ended.err) == (status, True), ended
    assert len(ended.err.splitlines()) == (1 if said else 0)
    if said:
        assert (ended.out, ended.err[:8]) == ("", "wasend: ")


@pytest.mark.parametrize(
    ("fault", "words", "status", "said"),
    [
        ("rate_limit POST /sendText seconds=7200", "send text Hi --to {ada}", 5, "try again in 7200 s"),
        ("session_status POST /sendText status=STARTING", "send text Hi --to {ada}", 6, "`wasend login`"),
        ("reset_after POST /sendText", "send text Hi --to {ada}", 8, "--key KEY"),
        ("reset_after POST /sendText", "send text Hi --to {ada} --to {ada}", 8, ""),
        ("403 GET /account", "account", 3, "403"),
        ("500 GET /account", "account", 1, "500"),
        ("ban POST /sendText", "send text Hi --to {ada}", 1, "stop sending"),
        ("401 GET /account", "account", 3, "`wasend config add`"),
        ("reset GET /account", "account", 1, "`wasend doctor`"),
    ],
)
def test_what_the_service_refuses(fault: str, words: str, status: int, said: str, desk: Desk) -> None:
    """Each kind of refusal has an exit status, and a line with what to do."""
    desk.sandbox.faults.add(fault)
    ended = desk.run(*words.split())
    assert (ended.status, said in ended.err) == (status, True), ended
    assert len(ended.err.splitlines()) == (1 if said else 0)
    assert KEY not in ended.err


def test_quiet_is_not_silent(desk: Desk) -> None:
    """What was not sent to one of several is said even where ids alone are printed."""
    ended = desk.run("send", "text", "Hi", "--to", ADA, "--to", "0770", "--quiet")
    first, second = ended.out.splitlines()
    assert (ended.status, first[:5], second) == (7, "true_", "-")
    assert ended.err.startswith("wasend: 0770  not_sent: --to: '0770' does not say its country;")


def test_a_failed_login_has_one_remedy() -> None:
    """An error that says what to do is not given another remedy, which would undo the first."""
    what = "none of 6 QR codes was scanned; call login again with the phone at hand"
    line = said(SessionFailedError(f"session Till failed although it was restarted: {what}", state="FAILED"), str)
    assert line.endswith("was scanned; run `wasend login` again with the phone at hand")


def test_a_key_sends_once(desk: Desk) -> None:
    """What was not answered is found; the same command with its key gives it again, and nothing is sent twice."""
    desk.sandbox.faults.add("reset_after POST /sendText #1")
    words = ("send", "text", "Order 17", "--to", ADA, "--key", "ready-17")
    first = desk.run(*words)
    assert first.status == 0, first
    assert desk.run(*words).json["id"] == first.json["id"]
    desk.sandbox.assert_delivered(ADA, "Order 17", times=1)
    assert desk.run("send", "text", "Order 18", *words[3:]).status == 2
    (file,) = desk.home.rglob("outbox.db")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_person_resolves(desk: Desk) -> None:
    """What nobody knows of is resolved by a person who is asked, and is sent then."""
    desk.sandbox.faults.add("reset POST /sendText #1")
    words = ("send", "text", "Order 17", "--to", ADA, "--key", "ready-17")
    first = desk.run(*words)
    assert (first.status, "`wasend outbox resolve`" in first.err) == (8, True), first
    (entry,) = desk.run("outbox", "unknown").json
    assert (entry["key"], entry["text"], entry["state"]) == ("ready-17", "Order 17", "unknown")
    no = desk.run("outbox", "resolve", "ready-17", "not-sent", columns=80, typed={"[y/N]": "n\n"})
    assert no.status == 130
    assert desk.run("outbox", "unknown", "--quiet").out == "ready-17\n"
    yes = desk.run("outbox", "resolve", "ready-17", "not-sent", columns=80, typed={"[y/N]": "y\n"})
    assert (yes.status, "not_sent" in yes.plain) == (0, True)
    assert desk.run(*words).status == 0
    desk.sandbox.assert_delivered(ADA, "Order 17", times=1)


def test_quiet_prints_ids(desk: Desk) -> None:
    """With --quiet there are ids alone, on a terminal and in a pipe; --json goes before it."""
    for columns in (120, None):
        assert desk.run("sessions", "list", "-q", columns=columns).plain == f"{desk.ids['desk']}\n"
    assert desk.run("groups", "list", "--quiet").out == f"{desk.ids['group']}\n"
    assert desk.run("--quiet", "send", "seen", "{text}").out == ""
    assert desk.run("sessions", "list", "--quiet", "--json", columns=120).json[0]["uniqueSessionId"] == desk.ids["desk"]


def test_colours(desk: Desk) -> None:
    """A terminal gets colours, unless it or its owner wants none."""
    assert ANSI.search(desk.run("sessions", "list", columns=120).out)
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert not ANSI.search(desk.run("sessions", "list", columns=120, env=env).out)


def test_which_session(desk: Desk) -> None:
    """The only session is taken by itself; of several, one must be named: by option, environment or profile."""
    two = desk.sandbox.add_session("Back Office", "+447700900124")
    ended = desk.run("chats", "list")
    assert (ended.status, "Front Desk" in ended.err, "--session" in ended.err) == (2, True, True)
    assert desk.run("sessions", "show", env={"WASEND_SESSION": two.id}).json["sessionName"] == "Back Office"
    assert desk.run("sessions", "show", "--session", "Front Desk").json["uniqueSessionId"] == desk.ids["desk"]
    desk.sandbox.reset()
    ended = desk.run("chats", "list")
    assert (ended.status, "`wasend login`" in ended.err) == (4, True)


def test_profiles(desk: Desk, served: SandboxServer) -> None:
    """Keys are typed without being shown or piped in, kept for their owner alone, and go to their own address only."""
    none = {"WASEND_API_KEY": "", "WASEND_BASE_URL": ""}
    ended = desk.run("account", env=none)
    assert (ended.status, "`wasend config add`" in ended.err) == (2, True)
    add = ("config", "add", "work", "--base-url", served.url, "--session", "Front Desk")
    ended = desk.run(*add, columns=80, typed={"API key: ": f"{KEY}\n"}, env=none)
    assert (ended.status, KEY in ended.out) == (0, False), ended
    ended = desk.run("config", "add", "home", env=none, stdin="one key\n")
    assert (ended.status, ended.err.startswith("wasend: API key: ")) == (2, True)
    assert desk.run("config", "add", "home", env=none, stdin="another-k3y\n").json["keyIn"] == "file"
    folder = Path(desk.run("config", "path", "-q").out or desk.run("config", "path").json["path"]).parent
    assert stat.S_IMODE(folder.joinpath("keys.json").stat().st_mode) == 0o600
    assert KEY not in folder.joinpath("config.json").read_text()
    assert [one["default"] for one in desk.run("config", "list").json] == [True, False]
    assert desk.run("sessions", "show", env=none).json["sessionName"] == "Front Desk"
    elsewhere = desk.run("account", env={**none, "WASEND_BASE_URL": "http://127.0.0.1:9"})
    assert (elsewhere.status, "another address" in elsewhere.err) == (2, True)
    # One that is named goes before the environment; else the environment goes first.
    assert desk.run("account", "--profile", "work", env={"WASEND_API_KEY": "wrong"}).status == 0
    assert desk.run("account", env={"WASEND_API_KEY": "wrong"}).status == 3
    assert desk.run("config", "use", "home").json["profile"] == "home"
    assert desk.run("config", "use", "nobody").status == 2
    assert desk.run("config", "remove", "home").status == 2
    assert desk.run("config", "remove", "home", columns=80, typed={"[y/N]": "y\n"}).status == 0
    assert json.loads(folder.joinpath("keys.json").read_text()) == {"work": KEY}
    folder.joinpath("config.json").write_text("[]")
    ended = desk.run("account", env=none)
    assert (ended.status, "is no configuration" in ended.err) == (2, True)


class Keyring:
    """A keyring that keeps, one that forgets, or one that fails."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, name: str, key: str) -> None:
        if self.how == "fails":
            raise RuntimeError("locked")
        if self.how == "keeps":
            self.kept[service, name] = key

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


@pytest.mark.parametrize(("how", "where"), [("keeps", "keyring"), ("forgets", "file"), ("fails", "file")])
def test_keyring(how: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key goes into the keyring where there is one that works, else into the file."""
    from wasend.cli.profiles import Profile, Profiles

    keyring = Keyring(how)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    profiles = Profiles(tmp_path / "config.json")
    made = profiles.add(Profile("work"), KEY)
    assert made.key_in == where
    assert profiles.key_of(made) == KEY
    assert profiles.key_file.exists() == (where == "file")
    profiles.remove("work")
    assert keyring.kept == {}
    assert KEY not in "".join(file.read_text() for file in tmp_path.iterdir())


def test_no_two_parameters_share_a_name() -> None:
    """An argument that is called as an option of every command would get its value."""
    for entry in app.ENTRIES:
        for command in leaves(app.load(entry)):
            names = [one.name for one in command.params]
            assert len(names) == len(set(names)), command.name


def test_no_option_takes_a_key() -> None:
    """The API key is no argument of any command that calls the service."""
    for entry in app.ENTRIES:
        for command in leaves(app.load(entry)):
            if entry.name != "sandbox":
                assert not [one.name for one in command.params if re.search("api_?key|token|secret", one.name)]


def test_sandbox_option(desk: Desk) -> None:
    """With --sandbox a command needs no account: it has a sandbox of its own, or the one at an address."""
    none = {"WASEND_API_KEY": "", "WASEND_BASE_URL": ""}
    assert desk.run("chats", "overview", "--sandbox", env=none).json[0]["lastMessage"]["body"] == "Is my order ready?"
    there = ("sessions", "list", "--sandbox", "--base-url", desk.env["WASEND_BASE_URL"])
    assert desk.run(*there).json[0]["uniqueSessionId"] == desk.ids["desk"]
    ended = desk.run("sessions", "list", "--sandbox", "--base-url", "https://api.wasend.dev")
    assert (ended.status, "on this machine" in ended.err) == (2, True)


@pytest.mark.parametrize("columns", [40, 120])
@pytest.mark.parametrize(("words", "ready"), [("listen --insecure", "Ctrl-C"), ("sandbox", "/_sandbox/\r\n")])
def test_what_listens_until_interrupted(words: str, ready: str, columns: int, desk: Desk) -> None:
    """What listens says where, in lines that fit but for those that are to be copied, and ends by Ctrl-C with success."""
    ended = desk.run(*words.split(), "--port", "0", columns=columns, typed={ready: "\x03"})
    assert (ended.status, "http://127.0.0.1:" in ended.plain) == (0, True), ended
    prose = Ended(0, "\n".join(line for line in ended.plain.splitlines() if line[:1] != " "))
    assert prose.widest <= columns


@pytest.mark.parametrize("columns", MODES)
def test_events(columns: int | None, desk: Desk) -> None:
    """What was recorded is posted again, a line for each, as wide as the terminal; a refusal fails the command."""
    body = json.dumps({"id": "evt_1", "event": "message", "session": "ses_1", "payload": {}})
    file = desk.home / "events.jsonl"
    file.write_text(json.dumps({"headers": {}, "body": body}))
    ended = desk.run("events", "replay", str(file), "{url}/hook", "--insecure", columns=columns)
    assert ended.status == 1
    if columns is None:
        assert ended.json == {"event": "ses_1  message  evt_1", "status": 404}
    else:
        assert "ses_1 message evt_1 404" in " ".join(ended.plain.split())
        assert ended.widest <= columns


def test_nobody_reads(desk: Desk) -> None:
    """A closed pipe is no failure of the send: it has a status of its own, and nothing is said."""
    for words in ("send text Hi --to {ada}", "sessions watch", "--help"):
        ended = desk.run(*words.split(), unread=True)
        assert (ended.status, ended.err) == (141, "")
    desk.sandbox.assert_delivered(ADA, "Hi", times=1)


def test_without_standard_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A closed standard output, as by ``>&-``, is no defect: what would be printed is lost."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, None)
    for words, status in ((["config", "list", "--json"], 0), (["config", "lst"], 2)):
        monkeypatch.setattr("sys.argv", ["wasend", *words])
        assert app.run() == status
        for stream in ("stdout", "stderr"):
            getattr(sys, stream).close()
            setattr(sys, stream, None)


def test_watch_until_interrupted(desk: Desk) -> None:
    """A session is watched until Ctrl-C."""
    ended = desk.run("sessions", "watch", columns=120, typed={"connected": "\x03"})
    assert ended.status == 130
    assert "Traceback" not in ended.plain


def test_debug(desk: Desk) -> None:
    """With --debug an error says where it comes from; the last line is the same, and no key is in it."""
    ended = desk.run("sessions", "show", "nobody", "--debug")
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1] == desk.run("sessions", "show", "nobody").err.strip()
    assert KEY not in ended.err


def test_doctor_finds(desk: Desk) -> None:
    """What is wrong is found, with its remedy: no key, a wrong one, no connection, a clock that is off, a session."""
    found = {one["name"]: one for one in desk.run("doctor", env={"WASEND_API_KEY": "wrong"}).json}
    assert (found["authentication"]["status"], "config add" in found["authentication"]["remedy"]) == ("failed", True)
    ended = desk.run("doctor", env={"WASEND_API_KEY": "", "WASEND_BASE_URL": ""})
    assert (ended.status, ended.json[-1]["status"], ended.json[-1]["name"]) == (1, "failed", "key")
    ended = desk.run("doctor", "--base-url", "http://127.0.0.1:9")
    assert (ended.status, ended.json[-1]["name"], ended.json[-1]["status"]) == (1, "connection", "failed")
    assert ended.json[-1]["text"].startswith("http://127.0.0.1:9: ")
    desk.sandbox.faults.add("clock_off seconds=600")
    desk.run("sessions", "stop")
    found = {one["name"]: one for one in desk.run("doctor").json}
    assert found["clock"]["status"] == "warning"
    assert found["session Front Desk"]["remedy"] == "`wasend sessions start` starts it"


def test_completion(desk: Desk) -> None:
    """Each shell gets a script, and what it asks for is completed, down to the commands of a group."""
    for shell in ("bash", "zsh", "fish", "powershell"):
        assert "_WASEND_COMPLETE" in desk.run("completion", shell).out
    env = {"_WASEND_COMPLETE": "complete_bash", "COMP_WORDS": "wasend sessions re", "COMP_CWORD": "2"}
    assert desk.run(env=env).out.split() == ["restart"]
    env = {"_WASEND_COMPLETE": "complete_bash", "COMP_WORDS": "wasend me", "COMP_CWORD": "1"}
    assert desk.run(env=env).out.split() == ["messages"]


@pytest.mark.parametrize("columns", [40, 120])
def test_help(columns: int, desk: Desk) -> None:
    """Every command has its help, as wide as the terminal, with each name whole and no type for what takes no value."""
    for entry in app.ENTRIES:
        ended = desk.run(entry.name, "--help", columns=columns)
        assert ended.status == 0
        assert ended.widest <= columns
        command = app.load(entry)
        names = {max(one.opts, key=len) for one in command.params if one.param_type_name == "option"}
        assert names <= {*re.findall(r"--[a-z-]+", ended.plain)}
        assert {*getattr(command, "commands", ())} <= {*ended.plain.split()}
        assert "<bool>" not in ended.plain
        assert "[[" not in ended.plain
    alone = desk.run("sessions", columns=columns)
    assert (alone.status, "restart" in alone.plain) == (0, True)


LAZY: Final = """
import sys
from wasend.cli.app import run
for words in (["--version"], ["--help"], []):
    sys.argv = ["wasend", *words]
    assert run() == 0
heavy = ("httpx", "starlette", "uvicorn", "wasend.sandbox", "wasend.client", "segno", "sqlite3", "asyncio")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""


def test_help_and_version_import_little() -> None:
    """What only says what there is loads no HTTP client, no server and no sandbox."""
    result = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr.strip()) == (0, "[]")


def test_a_line_of_help_is_the_commands() -> None:
    """What the root says of a command is what the command says of itself."""
    for entry in app.ENTRIES:
        said = (app.load(entry).help or "").split("\n")[0]
        assert entry.help.rstrip(".")[:12] == said.rstrip(".")[:12] or entry.name in ("sandbox", "demo")


def test_python_m(desk: Desk) -> None:
    """`python -m wasend` is the command."""
    command = [sys.executable, "-m", "wasend", "sessions", "list", "-q"]
    result = subprocess.run(command, env=desk.env, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{desk.ids['desk']}\n", "")


def test_page_is_what_the_commands_say() -> None:
    """docs/cli.md is written from the commands; else run python tools/write_cli_docs.py."""
    assert PAGE.read_text(encoding="utf-8") == page()
