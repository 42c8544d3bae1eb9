"""What every test can rely on."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor a setting of this package comes from the environment, unless a test says so."""
    for name in os.environ:
        if name.upper().startswith("WASEND_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
