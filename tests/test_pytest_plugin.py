"""The pytest plugin, as a user's tests meet it: in a pytest of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)


def run(pytester: pytest.Pytester, program: str, *options: str) -> pytest.RunResult:
    """Run a user's tests, in a process in which there is no other plugin but those that are named."""
    pytester.makepyfile(program)
    return pytester.runpytest_subprocess(
        "-p", "_wasend_pytest", "--strict-markers", "-W", "error", *options, timeout=120
    )


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed here is no concern of the user's."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def test_entry_point() -> None:
    """Whoever installs the package has the plugin."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"wasend": "_wasend_pytest"}


def test_inert_unless_used(pytester: pytest.Pytester) -> None:
    """Tests that do not ask for it pay for nothing: none of the package is imported. Its markers are documented."""
    result = run(
        pytester,
        """
        import sys

        def test_nothing_is_there():
            packages = {name.partition(".")[0] for name in sys.modules}
            assert "_wasend_pytest" in packages
            assert not packages & {"wasend", "httpx", "attrs", "asyncio", "starlette", "uvicorn", "segno"}
        """,
        "--markers",
    )
    result.stdout.fnmatch_lines(["@pytest.mark.wasend_sandbox(*", "@pytest.mark.wasend_faults(*"])
    result = pytester.runpytest_subprocess("-p", "_wasend_pytest", "-W", "error")
    result.assert_outcomes(passed=1)


FIXTURES = """
import socket, threading, time
import httpx, pytest
from wasend import RateLimitError, ServerError

ADA = "+447700900456"
pytestmark = pytest.mark.wasend_sandbox(dialect="sdk", start_after=30)

def test_client(wasend_sandbox, wasend_client, wasend_clock):
    desk = wasend_sandbox.add_session("Front Desk", "+447700900123")
    assert wasend_client.send_text(session=desk.id, to=ADA, text="Ready").id
    wasend_sandbox.assert_delivered(ADA, "Ready")
    wasend_client.stop_session(desk.id)
    wasend_client.restart_session(desk.id)
    assert wasend_clock is wasend_sandbox.clock and wasend_clock.stopped
    assert wasend_client.retrieve_session_info(desk.id).status == "STARTING"
    wasend_clock.advance(30)
    assert wasend_client.retrieve_session_info(desk.id).status == "WORKING"

async def test_async_client(wasend_sandbox, async_wasend_client):
    threads = threading.active_count()
    desk = wasend_sandbox.add_session()
    await async_wasend_client.send_text(session=desk.id, to=ADA, text="Ready")
    wasend_sandbox.assert_delivered(ADA, "Ready")
    assert threading.active_count() == threads

def test_a_sandbox_of_its_own(wasend_sandbox):
    assert not wasend_sandbox.sessions and not wasend_sandbox.journal
    assert wasend_sandbox.add_session().id == "%s"

def test_server(wasend_server, wasend_sandbox):
    assert wasend_server.sandbox is wasend_sandbox
    assert httpx.get(wasend_server.url + "/_sandbox/messages", trust_env=False).json() == {"messages": []}

@pytest.mark.wasend_faults("rate_limit GET /account seconds=50 #1")
def test_nothing_sleeps(wasend_client, wasend_clock, wasend_sandbox):
    before, real = wasend_clock.now(), time.monotonic()
    wasend_client.retrieve_account()
    assert wasend_clock.now() >= before + 50
    assert time.monotonic() - real < 40
    assert [one.status for one in wasend_sandbox.journal] == [429, 200]

@pytest.mark.wasend_faults("500 GET /sessions")
class TestMarkers:
    @pytest.mark.filterwarnings("ignore::_wasend_pytest.SandboxWarning")
    @pytest.mark.wasend_sandbox(dialect="docs", faults=["404 GET /contacts"])
    @pytest.mark.wasend_faults("502 GET /account", "503 POST /sendText")
    def test_closest_wins_and_faults_add_up(self, wasend_sandbox):
        assert wasend_sandbox.dialect == "docs"
        assert {fault.kind for fault in wasend_sandbox.faults} == {"404", "500", "502", "503"}

    def test_faults_of_the_class(self, wasend_client):
        with pytest.raises(ServerError):
            wasend_client.with_options(retry=None).retrieve_all_sessions()

    def test_options_of_the_module(self, wasend_sandbox):
        assert wasend_sandbox.dialect == "sdk"
"""


def test_fixtures_and_markers(pytester: pytest.Pytester) -> None:
    """The fixtures are what they say, a sandbox each test, alike from run to run; markers reach them; in parallel too."""
    from wasend.sandbox import Sandbox

    program = FIXTURES % Sandbox(seed=0).add_session().id
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    result = run(pytester, program, "-p", "pytest_asyncio.plugin", "-p", "xdist.plugin", "-n", "2")
    result.assert_outcomes(passed=8)


def test_faults_that_never_struck_and_the_journal(pytester: pytest.Pytester) -> None:
    """A fault of the test's own that never struck is warned of; a failure is shown with its sandbox's requests."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.wasend_faults("502 POST /sendText", "503 GET /account", "504 GET /sessions 10%")
        def test_it(wasend_sandbox, wasend_client):
            wasend_client.with_options(retry=None).retrieve_account()
        """
    )
    result = pytester.runpytest_subprocess("-p", "_wasend_pytest", timeout=120)
    result.assert_outcomes(failed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*WASend sandbox: its last requests*",
            "   1  GET /account  503  refused  (503)",
            "*SandboxWarning: the fault '502 POST /sendText' never struck",
        ]
    )


def test_environment_and_factory(pytester: pytest.Pytester) -> None:
    """A program that reads its environment finds the sandbox; factories last a session; runs are alike to the second."""
    result = run(
        pytester,
        """
        import os, pytest
        from wasend import WasendClient

        @pytest.fixture(scope="session")
        def shop(wasend_sandbox_factory):
            return wasend_sandbox_factory(dialect="sdk")

        def test_environment(wasend_env, wasend_sandbox):
            with WasendClient() as client:
                client.send_text(session=os.environ["WASEND_SESSION"], to="+447700900456", text="Hello")
            assert wasend_sandbox.deliveries(session=wasend_env.id)

        def test_first(shop):
            shop.add_session("Shop")

        def test_second(shop, wasend_sandbox):
            assert [one.settings.name for one in shop.sessions.values()] == ["Shop"]
            assert wasend_sandbox.clock.now() == 1_750_000_000
        """,
    )
    result.assert_outcomes(passed=3)


def test_real_time_on_a_stopped_clock(pytester: pytest.Pytester) -> None:
    """A client that waits in real time for a clock that stands still is warned of."""
    pytester.makepyfile(
        """
        import pytest
        from wasend import WasendClient

        @pytest.mark.wasend_faults("429 GET /account #1 retry_after=1")
        def test_it(wasend_server):
            with WasendClient("k", base_url=wasend_server.url) as client:
                client.retrieve_account()
        """
    )
    result = pytester.runpytest_subprocess("-p", "_wasend_pytest", timeout=120)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*SandboxWarning: a client waited in real time for a stopped clock*"])


def test_mistakes_in_markers(pytester: pytest.Pytester) -> None:
    """What a marker has wrong is the error of its test, and says what would do."""
    result = run(
        pytester,
        """
        import pytest

        @pytest.mark.wasend_faults("explode POST /sendText")
        def test_unknown_fault(wasend_sandbox):
            pass

        @pytest.mark.wasend_sandbox(dialekt="sdk")
        def test_unknown_option(wasend_sandbox):
            pass

        @pytest.mark.wasend_sandbox("sdk")
        def test_without_a_name(wasend_client):
            pass
        """,
    )
    result.assert_outcomes(errors=3)
    for line in (
        "E *ValueError: *explode*reset_after*",
        "E *TypeError: *unexpected keyword argument 'dialekt'*",
        "*wasend_sandbox takes arguments by name, such as dialect='sdk', not ('sdk',)*",
    ):
        result.stdout.fnmatch_lines([line])
