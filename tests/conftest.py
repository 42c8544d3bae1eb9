"""What every test can rely on."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import certifi
import httpx
import pytest

from wasend._core import http as http_module
from wasend._core.aiohttp_pool import AiohttpPool
from wasend.sandbox import Clock, Sandbox

pytest_plugins = ("tests.services",)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has what it starts in the background ignore Ctrl-C, and so would the processes under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection() -> None:
    """What is made while tests are looked for stays: looking for garbage in it would take as long again."""
    gc.disable()


def pytest_collection_finish() -> None:
    """The thousands of tests that were found live as long as the run: no garbage collection looks at them again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clients trust one authority and no more: reading them all takes most of the time of a test that makes a client."""
    bundle = Path(certifi.where()).read_text(encoding="utf-8")
    end = "-----END CERTIFICATE-----\n"
    file = tmp_path_factory.mktemp("authority") / "one.pem"
    file.write_text(bundle.partition(end)[0] + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor a setting of this package comes from the environment, unless a test says so."""
    for name in os.environ:
        if name.upper().startswith("WASEND_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.wasend_sandbox(dialect=name)) for name in ("docs", "sdk")])
def shape(request: pytest.FixtureRequest) -> str:
    """Both dialects: each test is run with a `wasend_sandbox` of either."""
    dialect: str = request.param
    return dialect


@pytest.fixture
def june(request: pytest.FixtureRequest) -> None:
    """The clock of `wasend_sandbox` stands at 2025-06-15 15:06:40 UTC, so that answers can be compared whole."""
    request.applymarker(pytest.mark.wasend_sandbox(clock=Clock(stopped=True, at=1_750_000_000)))


@pytest.fixture
def http(wasend_sandbox: Sandbox) -> httpx.AsyncClient:
    """Plain HTTP to `wasend_sandbox`, for what a client would read into models."""
    transport = httpx.ASGITransport(app=wasend_sandbox)
    return httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers={"Authorization": "Bearer a-key"})


@pytest.fixture
def session(wasend_sandbox: Sandbox) -> str:
    """The id of a connected session of `wasend_sandbox`."""
    return wasend_sandbox.add_session().id


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What makes the connections of clients that name nothing: a test is run with either."""
    if request.param == "aiohttp":
        monkeypatch.setattr(http_module, "Pool", AiohttpPool)
    name: str = request.param
    return name
