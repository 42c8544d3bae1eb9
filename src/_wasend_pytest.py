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

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wasend import AsyncWasendClient, WasendClient
    from wasend.sandbox import Clock, Sandbox, SandboxServer

__all__ = [
    "async_wasend_client",
    "pytest_configure",
    "wasend_client",
    "wasend_clock",
    "wasend_sandbox",
    "wasend_server",
]


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers", "wasend_sandbox(**options): the arguments that `wasend_sandbox` is made with, such as dialect='sdk'"
    )
    config.addinivalue_line(
        "markers",
        "wasend_faults(*faults): what goes wrong in `wasend_sandbox`, such as 'reset_after POST /sendText 10%'",
    )


@pytest.fixture
def wasend_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """
    A local WASend with a stopped clock and a seed, so that nothing waits and each run is like the one before.

    ``@pytest.mark.wasend_sandbox(...)`` gives it other arguments, ``@pytest.mark.wasend_faults(...)`` faults.
    """
    from wasend.sandbox import Clock, Sandbox

    options: dict[str, Any] = {"seed": 0}
    for marker in reversed(list(request.node.iter_markers("wasend_sandbox"))):  # the closest one last
        if marker.args:
            raise pytest.UsageError(f"wasend_sandbox takes arguments by name, such as dialect='sdk', not {marker.args}")
        options |= marker.kwargs
    options.setdefault("clock", Clock(stopped=True))
    faults = [fault for marker in request.node.iter_markers("wasend_faults") for fault in marker.args]
    options["faults"] = (*options.get("faults", ()), *faults)
    sandbox = Sandbox(**options)
    yield sandbox
    sandbox.close()


@pytest.fixture
def wasend_clock(wasend_sandbox: Sandbox) -> Clock:
    """The clock of the sandbox and its clients: it stands still until it is moved, or somebody sleeps by it."""
    return wasend_sandbox.clock


@pytest.fixture
def wasend_client(wasend_sandbox: Sandbox) -> Iterator[WasendClient]:
    """A synchronous client of the sandbox."""
    with wasend_sandbox.client() as client:
        yield client


@pytest.fixture
def async_wasend_client(wasend_sandbox: Sandbox) -> AsyncWasendClient:
    """An asynchronous client of the sandbox; it has no connections, and need not be closed."""
    return wasend_sandbox.async_client()


@pytest.fixture
def wasend_server(wasend_sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The sandbox behind a socket of this machine, for what is tested from another process: see its ``url``."""
    with wasend_sandbox.serve() as server:
        yield server
