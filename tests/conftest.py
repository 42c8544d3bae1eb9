"""What every test can rely on."""

from __future__ import annotations

import os

import httpx
import pytest

from wasend.sandbox import Clock, Sandbox


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
