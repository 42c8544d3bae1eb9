"""Logging in: from whatever state a session is in to one that is connected, or to an error that says why not."""

from __future__ import annotations

import asyncio
import io
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from tests.clients import both_clients, result_or_error
from tests.drawings import decoded
from tests.raw import answer, serving
from wasend import (
    InvalidRequestError,
    LoginStep,
    OutcomeUnknownError,
    Session,
    SessionFailedError,
    SessionState,
    WaitTimeoutError,
    WasendClient,
)
from wasend.sandbox import Sandbox, SandboxServer

NUMBER: Final = "+447700900123"


@attrs.define
class Phone:
    """A person with the phone at hand, to whom a login is shown; scans the code of a number, or none."""

    sandbox: Sandbox
    scans: int = 1
    passkey: bool = False
    steps: list[LoginStep] = attrs.field(factory=list[LoginStep])
    at: list[float] = attrs.field(factory=list[float])
    threads: set[int] = attrs.field(factory=set[int])

    def __call__(self, step: LoginStep) -> None:
        self.steps.append(step)
        self.at.append(self.sandbox.clock.now())
        self.threads.add(threading.get_ident())
        session = step.session.unique_session_id
        if step.number == self.scans:
            self.sandbox.scan(session, passkey=self.passkey)
        elif step.state is SessionState.PASSKEY_REQUIRED:
            self.sandbox.passkey(session)
        elif step.state is SessionState.PASSKEY_CONFIRMATION_REQUIRED:
            self.sandbox.confirm_passkey(session)

    @property
    def states(self) -> list[str]:
        return [step.state.value for step in self.steps]


@pytest.fixture(params=["async", "sync"])
def login(request: pytest.FixtureRequest, wasend_sandbox: Sandbox) -> Callable[..., Session]:
    """`login` of either client."""

    def call(*args: Any, **options: Any) -> Session:
        if request.param == "sync":
            with wasend_sandbox.client() as client:
                return client.login(*args, **options)

        async def main() -> Session:
            async with wasend_sandbox.async_client() as client:
                return await client.login(*args, **options)

        return asyncio.run(main())

    return call


def requests(sandbox: Sandbox, *methods: str) -> list[str]:
    """The writes that a sandbox had, or what else is asked for."""
    return [f"{one.method} {one.path}" for one in sandbox.journal if one.method in (methods or ("POST", "DELETE"))]


# ---------------------------------------------------------------------------------------------- from any state to linked


def test_a_new_session(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """A session that is not there is created, and its code shown until it is scanned; user code runs in the caller's thread."""
    phone = Phone(wasend_sandbox)
    session = login("Front Desk", NUMBER, show=phone)
    assert (session.state, session.session_name) == (SessionState.CONNECTED, "Front Desk")
    assert phone.states == ["SCAN_QR_CODE", "CONNECTED"]
    assert phone.threads == {threading.get_ident()}
    code = phone.steps[0]
    assert code.qr is not None
    assert decoded(code.qr.terminal().split("\n"))[0].startswith("2@")
    assert (code.number, code.seconds) == (1, 60.0)
    assert code.text == "Front Desk: on the phone, open WhatsApp › Linked devices › Link a device, and scan this code."
    assert phone.steps[1].text == "Front Desk is linked."
    assert wasend_sandbox.sessions[session.unique_session_id].settings.phone_number == NUMBER


@pytest.mark.parametrize("by", ["name", "id", "session"])
def test_a_session_that_is_there(by: str, wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """It is found by its name, its id or as a `Session`; connected, it is returned and nothing is shown but that."""
    stored = wasend_sandbox.add_session("Front Desk", NUMBER)
    wasend_sandbox.add_session("Back Office", "+447700900124")
    reference = {"name": "Front Desk", "id": stored.id, "session": Session(unique_session_id=stored.id)}[by]
    phone = Phone(wasend_sandbox)
    assert login(reference, show=phone).unique_session_id == stored.id
    assert phone.states == ["CONNECTED"]
    assert requests(wasend_sandbox) == []


def test_a_stopped_session(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """A session that was linked and stopped is started, and needs no scan."""
    stored = wasend_sandbox.add_session("Front Desk", NUMBER)
    with wasend_sandbox.client() as client:
        client.stop_session(stored.id)
    phone = Phone(wasend_sandbox)
    assert login("Front Desk", NUMBER, show=phone).state is SessionState.CONNECTED
    assert [step.qr for step in phone.steps] == [None]
    assert requests(wasend_sandbox)[1:] == [f"POST /sessions/{stored.id}/start"]


@pytest.mark.wasend_sandbox(start_after=5)
def test_a_slow_start(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """A session that takes its time to start is ordered to once, and its caller told."""
    with wasend_sandbox.client() as client:
        session = client.create_session(session_name="Front Desk", phone_number=NUMBER)
        client.start_session(session)
    phone = Phone(wasend_sandbox)
    assert login("Front Desk", show=phone).state is SessionState.CONNECTED
    assert phone.states == ["STARTING", "SCAN_QR_CODE", "CONNECTED"]
    assert len(requests(wasend_sandbox)) == 2


def test_a_failed_session(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """A session that was logged out is restarted, and shows its code."""
    stored = wasend_sandbox.add_session("Front Desk", NUMBER)
    wasend_sandbox.log_out(stored.id)
    phone = Phone(wasend_sandbox)
    assert login("Front Desk", show=phone).state is SessionState.CONNECTED
    assert phone.states == ["FAILED", "SCAN_QR_CODE", "CONNECTED"]
    assert requests(wasend_sandbox) == [f"POST /sessions/{stored.id}/restart"]


def test_codes_that_nobody_scans_in_time(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """Each code is shown when it comes: after 60 s, then after 20 s each; of six the fourth is scanned."""
    phone = Phone(wasend_sandbox, scans=4)
    assert login("Front Desk", NUMBER, show=phone).state is SessionState.CONNECTED
    assert [step.number for step in phone.steps] == [1, 2, 3, 4, 0]
    assert len({step.qr.data for step in phone.steps if step.qr is not None}) == 4
    began = phone.at[0]
    for shown, due in zip(phone.at, (0, 60, 80, 100), strict=False):
        assert due <= shown - began <= due + 2
    assert all(18 <= (step.seconds or 0) <= 20 for step in phone.steps[1:4])


def test_a_passkey(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """What WhatsApp asks of the phone's owner is passed on."""
    phone = Phone(wasend_sandbox, passkey=True)
    assert login("Front Desk", NUMBER, show=phone).state is SessionState.CONNECTED
    assert phone.states == ["SCAN_QR_CODE", "PASSKEY_REQUIRED", "PASSKEY_CONFIRMATION_REQUIRED", "CONNECTED"]
    assert "give it on the phone" in phone.steps[1].text
    assert "confirm the passkey" in phone.steps[2].text


def test_a_restart_after_a_failure(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """Where nobody scans any of six codes the session fails, and is restarted: the seventh is scanned."""
    phone = Phone(wasend_sandbox, scans=7)
    assert login("Front Desk", NUMBER, show=phone, timeout=600).state is SessionState.CONNECTED
    assert phone.states == [*["SCAN_QR_CODE"] * 6, "FAILED", "SCAN_QR_CODE", "CONNECTED"]


@pytest.mark.wasend_faults("reset_after POST /sessions #1")
def test_a_creation_that_was_not_answered(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """A session whose creation was not answered is looked up, and not created twice."""
    assert login("Front Desk", NUMBER, show=Phone(wasend_sandbox)).session_name == "Front Desk"
    assert len(wasend_sandbox.sessions) == 1
    assert requests(wasend_sandbox).count("POST /sessions") == 1


@pytest.mark.wasend_faults("reset POST /sessions #1")
def test_a_creation_that_was_lost(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """Where it is not there either, the error says so, and that nobody knows."""
    with pytest.raises(OutcomeUnknownError):
        login("Front Desk", NUMBER, show=Phone(wasend_sandbox))
    assert wasend_sandbox.sessions == {}


@pytest.mark.wasend_faults("503 GET /sessions/*/auth/qr x5", "500 GET /sessions/* #3")
@pytest.mark.wasend_sandbox(dialect="sdk")
def test_looks_that_fail(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """What passes is waited through."""
    assert login("Front Desk", NUMBER, show=Phone(wasend_sandbox)).state is SessionState.CONNECTED


# ----------------------------------------------------------------------------------------------------------- or why not


def test_nobody_scans(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """When the time is over, the error says what it was waited for; the session is left as it is."""
    began = wasend_sandbox.clock.now()
    with pytest.raises(WaitTimeoutError) as caught:
        login("Front Desk", NUMBER, show=Phone(wasend_sandbox, scans=-1), timeout=90)
    assert str(caught.value) == (
        "session Front Desk was not linked within 90 s: nobody scanned any of its 3 QR codes; "
        "call login again with the phone at hand"
    )
    assert caught.value.state in ("SCAN_QR_CODE", "QR_REQUIRED")
    assert wasend_sandbox.clock.now() - began == pytest.approx(90, abs=1)


def test_nobody_gives_the_passkey(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """Nor does it end in silence where the phone's owner does not confirm."""

    def scan(step: LoginStep) -> None:
        if step.number == 1:
            wasend_sandbox.scan(step.session.unique_session_id, passkey=True)

    with pytest.raises(WaitTimeoutError, match="it is PASSKEY_REQUIRED: confirm it on the phone"):
        login("Front Desk", NUMBER, show=scan)


def test_it_fails_again(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """Restarted once, it is not restarted again: WhatsApp does not like numbers that try without end."""
    with pytest.raises(SessionFailedError) as caught:
        login("Front Desk", NUMBER, show=Phone(wasend_sandbox, scans=-1), timeout=600)
    assert "although it was restarted: none of 12 QR codes was scanned" in str(caught.value)
    assert SessionState.of(caught.value.state) is SessionState.FAILED
    assert sum("restart" in one for one in requests(wasend_sandbox)) == 1


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (("Back Office",), {}, "session: there is none called 'Back Office'; check the name or id; to create"),
        ((Session(unique_session_id="ses_none"), NUMBER), {}, "session: there is none called 'ses_none'"),
        (("Front Desk", "+447700900999"), {}, "phone_number: session 'Front Desk' is for another number"),
        (("Front Desk", "07700 900123"), {}, "does not say its country"),
        (("",), {}, "session: is empty"),
        (("Front Desk",), {"show": "pdf"}, "show: 'pdf' is unknown; pass 'terminal', 'png', 'svg', a Path"),
        (("Front Desk",), {"show": Path("code.gif")}, "show: "),
        (("Front Desk",), {"timeout": 0}, "timeout: 0 is not a number of seconds"),
        (("Front Desk",), {"timeout": "long"}, "timeout: 'long' is not a number"),
    ],
)
def test_what_cannot_be_logged_in(
    arguments: tuple[Any, ...], options: dict[str, Any], said: str, wasend_sandbox: Sandbox
) -> None:
    """A mistake of the caller's is named, and nothing is created or started."""
    wasend_sandbox.add_session("Front Desk", NUMBER)
    with wasend_sandbox.client() as client, pytest.raises(InvalidRequestError) as caught:
        client.login(*arguments, **options)
    assert said in str(caught.value)
    assert requests(wasend_sandbox) == []


def test_what_a_callback_raises(wasend_sandbox: Sandbox, login: Callable[..., Session]) -> None:
    """It ends the login, and goes on to the caller."""

    def refuse(step: LoginStep) -> None:
        raise LookupError(step.text)

    with pytest.raises(LookupError, match="scan this code"):
        login("Front Desk", NUMBER, show=refuse)


async def test_a_coroutine_function(wasend_sandbox: Sandbox) -> None:
    """A coroutine function may show the codes; and a bound session logs in without naming itself."""
    states: list[SessionState] = []

    async def show(step: LoginStep) -> None:
        await asyncio.sleep(0)
        states.append(step.state)
        if step.qr is not None:
            wasend_sandbox.scan(step.session.unique_session_id)

    async with wasend_sandbox.async_client() as client:
        session = await client.create_session(session_name="Front Desk", phone_number=NUMBER)
        desk = client.session(session)
        assert (await desk.login(show=show)).state is SessionState.CONNECTED
    assert states == [SessionState.SCAN_QR_CODE, SessionState.CONNECTED]


# -------------------------------------------------------------------------------------------------- what is written where


class Tty(io.StringIO):
    """A terminal, as far as a program can tell."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Tty:
    """Standard output, which is a terminal of 100 columns and 60 lines."""
    monkeypatch.setattr("sys.stdout", made := Tty())
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "60")
    monkeypatch.setenv("TERM", "xterm")
    return made


@pytest.mark.wasend_sandbox(scan_after=75)
def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch, login: Callable[..., Session]) -> None:
    """Each code is drawn over the one before, its seconds are counted down, and in the end it is taken away."""
    terminal = a_terminal(monkeypatch)
    login("Front Desk", NUMBER)
    first, second, rest = terminal.getvalue().split("\x1b[J")
    codes = [decoded([line for line in shown.split("\n") if "█" in line]) for shown in (first, second)]
    assert [len(code) for code in codes] == [1, 1]
    assert codes[0] != codes[1]
    lines = first.split("\n")
    up = f"\r\x1b[{len(lines) - 1}A"
    assert first.endswith(up)
    counted = [one.removesuffix(" s") for one in lines[-1].removesuffix(up).split("\r\x1b[K")]
    assert [one.rpartition(" ")[2] for one in counted[1:5]] == ["60", "59", "58", "57"]
    assert (
        counted[1] == "Front Desk: on the phone, open WhatsApp › Linked devices › Link a device, and scan this code. 60"
    )
    assert rest == "Front Desk is linked.\n"


@pytest.mark.wasend_sandbox(scan_after=3)
def test_on_a_low_terminal(monkeypatch: pytest.MonkeyPatch, login: Callable[..., Session]) -> None:
    """A code that is higher than the window is drawn, for windows can be made higher; what stands above is left alone."""
    terminal = a_terminal(monkeypatch)
    monkeypatch.setenv("LINES", "24")
    login("Front Desk", NUMBER)
    lines = terminal.getvalue().split("\n")
    height = sum(line.startswith("\x1b[97;40m") for line in lines)
    assert decoded(lines[:height])[0].startswith("2@")
    assert f"(Cut off? Make the window {height + 1} lines high.) Front Desk: on the phone" in lines[height]
    assert "\x1b[J" not in terminal.getvalue()


@pytest.mark.wasend_sandbox(scan_after=3)
def test_without_a_terminal(capsys: pytest.CaptureFixture[str], login: Callable[..., Session]) -> None:
    """Elsewhere there is the code and one sentence, and no control character."""
    login("Front Desk", NUMBER)
    *code, text, last = capsys.readouterr().out.splitlines()
    assert decoded(code)[0].startswith("2@")
    assert text.endswith("scan this code.")
    assert last == "Front Desk is linked."


@pytest.mark.wasend_sandbox(scan_after=75)
@pytest.mark.parametrize("reason", ["narrow", "ASCII"])
def test_where_it_cannot_be_drawn(
    reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wasend_sandbox: Sandbox
) -> None:
    """A terminal that cannot show the code is told which file can be opened instead."""
    terminal = a_terminal(monkeypatch)
    monkeypatch.chdir(tmp_path)
    if reason == "narrow":
        monkeypatch.setenv("COLUMNS", "40")
    else:
        terminal.encoding = "ascii"
    with wasend_sandbox.client() as client:
        client.login("Front Desk", NUMBER)
    said = terminal.getvalue()
    why = {"narrow": r"The code is \d+ columns wide and this window 40", "ASCII": r"The code cannot be drawn in ascii"}
    assert len(re.findall(rf"^{why[reason]}.* is written to a file\.$", said, re.MULTILINE)) == 1
    assert said.count("wasend-qr.png: Front Desk: on the phone,") == 2
    assert "█" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.wasend_sandbox(scan_after=75)
@pytest.mark.parametrize(
    ("show", "name"), [("png", "wasend-qr.png"), ("svg", "wasend-qr.svg"), (Path("a.svg"), "a.svg")]
)
def test_in_a_file(
    show: Any,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wasend_sandbox: Sandbox,
) -> None:
    """Each code is written in the place of the one before, and the file is removed when it is of no use any more."""
    monkeypatch.chdir(tmp_path)
    seen: set[bytes] = set()

    def look() -> None:
        seen.update(file.read_bytes() for file in tmp_path.iterdir())

    wasend_sandbox.clock.watch(look)
    with wasend_sandbox.client() as client:
        client.login("Front Desk", NUMBER, show=show)
    assert len(seen) == 2
    assert list(tmp_path.iterdir()) == []
    assert f"{name}: Front Desk: on the phone" in capsys.readouterr().out


# -------------------------------------------------------------------------------- a service that knows nothing of our code

CREATED: Final = {"uniqueSessionId": "ses_1", "sessionName": "Desk", "phoneNumber": NUMBER, "status": "CREATED"}
CODE: Final = answer(200, {"value": "2@Zk3XcVbNm,AbC,dEf,1"})
EARLY: Final = answer(
    422, {"error": "Session status is not as expected", "status": "STOPPED", "expected": ["SCAN_QR_CODE"]}
)


def at(status: str) -> Any:
    return answer(200, {**CREATED, "status": status})


def spoken(requests: list[bytes]) -> list[str]:
    return [request.partition(b" HTTP/1.1")[0].decode() for request in requests]


@both_clients
def test_the_order_of_the_engine(client_type: str) -> None:
    """A service that has no code before the session is started is told to start it, and asked again."""
    steps: list[LoginStep] = []
    with serving(
        answer(200, {"sessions": []}),
        answer(404, {"message": "no such session"}),
        answer(201, CREATED),
        at("CREATED"),
        EARLY,
        at("STARTING"),
        at("STARTING"),
        at("SCAN_QR_CODE"),
        CODE,
        at("WORKING"),
    ) as server:
        found = result_or_error(
            client_type, server.url, lambda client: client.login("Desk", phone_number=NUMBER, show=steps.append)
        )
    assert spoken(server.requests) == [
        "GET /sessions",
        "GET /sessions/Desk",
        "POST /sessions",
        "GET /sessions/ses_1",
        "GET /sessions/ses_1/auth/qr",
        "POST /sessions/ses_1/start",
        "GET /sessions/ses_1",
        "GET /sessions/ses_1",
        "GET /sessions/ses_1/auth/qr",
        "GET /sessions/ses_1",
    ]
    assert isinstance(found, Session)


@both_clients
def test_codes_that_come_as_they_like(client_type: str) -> None:
    """An answer without a code is none; and a code that comes before its time is shown at once, for 20 s."""
    steps: list[LoginStep] = []
    scan = at("SCAN_QR_CODE")
    with serving(
        answer(200, {"sessions": [CREATED]}),
        *(scan, answer(200, {"data": ""}), scan, CODE, scan, scan, scan),
        answer(200, {"value": "2@another,AbC,dEf,1"}),
        at("WORKING"),
    ) as server:
        result_or_error(client_type, server.url, lambda client: client.login("ses_1", show=steps.append))
    assert [(step.number, step.seconds) for step in steps] == [(1, 60), (2, 20), (0, None)]


# ----------------------------------------------------------------------------------------------- a clock that stands still


def test_a_clock_that_stands_still(
    wasend_sandbox: Sandbox, wasend_server: SandboxServer, recwarn: pytest.WarningsRecorder
) -> None:
    """A client that waits by the machine's time for a sandbox without any is told so, once: it would wait in vain."""
    stored = wasend_sandbox.add_session("Front Desk", NUMBER)
    with WasendClient("any-key", base_url=wasend_server.url) as client:
        client.send_text(session=stored.id, to="+447700900456", text="Nothing waits for this")
        assert not recwarn.list
        client.stop_session(stored.id)
        for _ in range(2):
            with pytest.raises(WaitTimeoutError):
                client.wait_until_ready(stored.id, timeout=0.5)
    (warning,) = recwarn.list
    assert warning.category is RuntimeWarning
    assert "give it clock=sandbox.clock, or start that clock" in str(warning.message)


def test_a_clock_that_runs(wasend_sandbox: Sandbox, wasend_server: SandboxServer) -> None:
    """With the sandbox's clock, or with one that runs, nothing is wrong."""
    stored = wasend_sandbox.add_session("Front Desk", NUMBER)
    with WasendClient("any-key", base_url=wasend_server.url, clock=wasend_sandbox.clock) as client:
        client.stop_session(stored.id)
        with pytest.raises(WaitTimeoutError):
            client.wait_until_ready(stored.id, timeout=0.01)
    wasend_sandbox.clock.start()
    with WasendClient("any-key", base_url=wasend_server.url) as client, pytest.raises(WaitTimeoutError):
        client.wait_until_ready(stored.id, timeout=0.01)
