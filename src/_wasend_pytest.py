"""
Fixtures for tests of programs that use WASend: a sandbox, clients of it, and its clock.

They come with the extra ``sandbox``, are there as soon as the package is installed, and do nothing unless they are
asked for. Nothing in them sleeps or needs an account, nothing but `wasend_server` opens a socket, and each test has a
sandbox of its own. The module stands beside the package: pytest imports it at every start, and the package only where
a fixture is used.

Example:
    ```python
    def test_the_customer_is_told(wasend_sandbox, wasend_client):
        desk = wasend_sandbox.add_session("Front Desk", "+447700900123")
        wasend_client.send_text(session=desk.id, to="+447700900456", text="Your order is ready.")
        wasend_sandbox.assert_delivered("+447700900456", "Your order is ready.")
    ```
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from wasend import AsyncWasendClient, WasendClient
    from wasend.sandbox import Clock, Sandbox, SandboxServer, StoredSession

__all__ = [
    "SandboxFactory",
    "SandboxWarning",
    "async_wasend_client",
    "pytest_configure",
    "pytest_runtest_makereport",
    "wasend_client",
    "wasend_clock",
    "wasend_env",
    "wasend_sandbox",
    "wasend_sandbox_factory",
    "wasend_server",
]

_START = 1_750_000_000.0
"""Where the clock of each sandbox stands at first: a Sunday afternoon, 15 June 2025, 15:06:40 UTC."""


class SandboxWarning(pytest.PytestWarning):
    """A test with a sandbox does not test what it seems to."""


class SandboxFactory(Protocol):
    """Makes sandboxes."""

    def __call__(self, **options: Any) -> Sandbox:
        """Make one with these arguments of `Sandbox`, a stopped clock and the seed 0 if they do not say otherwise."""
        ...


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers", "wasend_sandbox(**options): the arguments that `wasend_sandbox` is made with, such as dialect='sdk'"
    )
    config.addinivalue_line(
        "markers",
        "wasend_faults(*faults): what goes wrong in `wasend_sandbox`, such as 'reset_after POST /sendText 10%'",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show in the report of a test that failed which requests its sandbox had."""
    report = yield
    sandbox: Sandbox | None = getattr(item, "funcargs", {}).get("wasend_sandbox")
    if report.failed and sandbox is not None and sandbox.journal:
        lines = [
            f"{one.number:>4}  {one.method} {one.path}  {one.status or 'no answer'}  {one.became}"
            + (f"  ({one.fault})" if one.fault else "")
            for one in sandbox.journal[-50:]
        ]
        report.sections.append(("WASend sandbox: its last requests", "\n".join(lines)))
    return report


def _made(options: dict[str, Any]) -> Sandbox:
    from wasend.sandbox import Clock, Sandbox

    given: dict[str, Any] = {"seed": 0, "clock": Clock(stopped=True, at=_START), **options}
    return Sandbox(**given)


@pytest.fixture(scope="session")
def wasend_sandbox_factory() -> Iterator[SandboxFactory]:
    """What makes sandboxes that last until the end of the session, for fixtures of your own with a wider scope."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(_made(options))


@pytest.fixture
def wasend_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """
    A local WASend with a stopped clock and a seed: nothing waits, and each run has the same ids, times and codes.

    ``@pytest.mark.wasend_sandbox(...)`` gives it other arguments, ``@pytest.mark.wasend_faults(...)`` faults. One of
    the test's own that never struck is warned of.
    """
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("wasend_sandbox"))):  # the closest one last
        if marker.args:
            raise pytest.UsageError(f"wasend_sandbox takes arguments by name, such as dialect='sdk', not {marker.args}")
        options |= marker.kwargs
    faults = [fault for marker in request.node.iter_markers("wasend_faults") for fault in marker.args]
    options["faults"] = (*options.get("faults", ()), *faults)
    with _made(options) as sandbox:
        yield sandbox
        own = {str(fault) for one in request.node.own_markers if one.name == "wasend_faults" for fault in one.args}
        for fault in own.intersection(str(fault) for fault in sandbox.faults.unstruck() if fault.share == 1):
            warnings.warn(SandboxWarning(f"the fault {fault!r} never struck"), stacklevel=1)
        if sandbox.waited_in_real_time:
            advice = "give it clock=sandbox.clock"
            warnings.warn(SandboxWarning(f"a client waited in real time for a stopped clock: {advice}"), stacklevel=1)


@pytest.fixture
def wasend_clock(wasend_sandbox: Sandbox) -> Clock:
    """The clock of the sandbox and its clients: it stands still until it is moved, or somebody sleeps by it."""
    return wasend_sandbox.clock


@pytest.fixture
def wasend_client(wasend_sandbox: Sandbox) -> Iterator[WasendClient]:
    """A synchronous client of the sandbox, which reads its answers strictly."""
    with wasend_sandbox.client(strict=True) as client:
        yield client


@pytest.fixture
def async_wasend_client(wasend_sandbox: Sandbox) -> AsyncWasendClient:
    """An asynchronous client of the sandbox, which reads strictly; it has no connections, and need not be closed."""
    return wasend_sandbox.async_client(strict=True)


@pytest.fixture
def wasend_server(wasend_sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The sandbox behind a socket of this machine, for what is tested from another process: see its ``url``."""
    with wasend_sandbox.serve() as server:
        yield server


@pytest.fixture
def wasend_env(wasend_sandbox: Sandbox, wasend_server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> StoredSession:
    """A connected session; ``WASEND_BASE_URL``, ``WASEND_API_KEY`` and ``WASEND_SESSION`` lead a program to it."""
    session = wasend_sandbox.add_session()
    monkeypatch.setenv("WASEND_BASE_URL", wasend_server.url)
    monkeypatch.setenv("WASEND_API_KEY", wasend_sandbox.first_key)
    monkeypatch.setenv("WASEND_SESSION", session.id)
    return session
