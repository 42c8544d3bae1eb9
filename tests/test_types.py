"""The types that users see, checked by the type checkers that they use."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHECKERS = {
    "mypy": ["--strict", "--no-incremental", "--config-file", "pyproject.toml"],
    "basedpyright": ["--pythonpath", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_users_programs(checker: str) -> None:
    """A program that uses every call passes; each mistake in another is found, on its own line and on no other."""
    if find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed here")
    command = [sys.executable, "-m", checker, *CHECKERS[checker], "tests/typing"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_program_uses_every_call() -> None:
    """The program that must pass makes every public call."""
    from wasend import WasendClient

    program = (ROOT / "tests" / "typing" / "user_script.py").read_text(encoding="utf-8")
    assert [name for name in vars(WasendClient) if not name.startswith("_") and f".{name}(" not in program] == []
