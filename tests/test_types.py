"""The type checkers look at what users write, and with the packages that are installed for the check."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeGuard

import pytest

from wasend import WasendClient

ROOT: Final = Path(__file__).parent.parent
PROGRAMS: Final = ROOT / "tests" / "typing"


def test_users_programs_are_checked() -> None:
    """Both type checkers, as they are configured, read the users' programs; an ignored mistake that is none fails them."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    for covered in (tools["mypy"]["files"], tools["pyright"]["include"]):
        assert any(PROGRAMS.is_relative_to(ROOT / folder) for folder in covered)
    assert tools["mypy"]["strict"]
    for file in PROGRAMS.glob("*.py"):
        (settings, *_) = file.read_text(encoding="utf-8").splitlines()
        assert settings.startswith("# pyright: strict")
        assert ("type: ignore" in file.read_text(encoding="utf-8")) <= ("TypeIgnoreComment=true" in settings)


def test_the_program_uses_every_call() -> None:
    """The program that must pass calls every public method of the sync client, on a client."""
    nodes = ast.walk(ast.parse((PROGRAMS / "user_script.py").read_text(encoding="utf-8")))
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and is_method_of_a_client(node.func)}
    public = {name for name in dir(WasendClient) if not name.startswith("_")}

    assert len(public) > 60
    assert public - called == set()


def is_method_of_a_client(function: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether an expression is ``client.name`` or ``WasendClient(...).name``."""
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.func if isinstance(function.value, ast.Call) else function.value
    return isinstance(owner, ast.Name) and owner.id in ("client", "WasendClient")


PROGRAM: Final = """
import sniffio
answer: str = sniffio.current_async_library()
"""
"""It is right where a small package is installed, and wrong where not."""


@pytest.mark.skipif(find_spec("nox") is None, reason="run by the session `types`, which has nox and the type checkers")
def test_another_environment_in_the_project(tmp_path: Path) -> None:
    """The session `types` checks with the packages that it installed, whatever is in a `.venv` beside it."""
    for name in ("pyproject.toml", "noxfile.py"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("src", "examples", "tools", "tests", "tests/typing"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "tests" / "test_types.py").write_text("def test_nothing() -> None: ...\n", encoding="utf-8")
    venv.create(tmp_path / ".venv", with_pip=False)

    # Without environments of its own nox takes what is installed here.
    here = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    command = [sys.executable, "-m", "nox", "-s", "types", "--no-venv", "--no-install", "--non-interactive"]
    result = subprocess.run(
        command, cwd=tmp_path, env=here, capture_output=True, encoding="utf-8", timeout=300, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
