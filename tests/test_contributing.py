"""The recipe of CONTRIBUTING.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
RECIPE: Final = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Adding a call")[2]
LAST_ROW: Final = ')\n"""All calls about contacts, chats and the account'
"""Where the table of calls ends."""


def python(*arguments: str, folder: Path) -> str:
    """Run Python in a copy of the project, which must succeed; what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def edit(file: Path, *changes: tuple[str, str]) -> None:
    """Replace texts that a file has once each."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def follow(folder: Path) -> None:
    """Do by hand what the recipe says, up to the generator."""
    model, method, imports, public, table, row, use = re.findall(r"```python\n(.*?)```", RECIPE, re.DOTALL)
    standard, ours = imports.strip().split("\n\n")
    package = folder / "src" / "wasend"

    account = package / "api" / "account.py"
    edit(
        account,
        ("from __future__ import annotations\n", f"from __future__ import annotations\n\n{standard}\n"),
        ("from .._core.model import Model, model", f"from .._core.model import Model, model\n{ours}"),
        ("class AccountCalls", f"{model}\n\nclass AccountCalls"),
    )
    account.write_text(f"{account.read_text(encoding='utf-8')}\n{method}", encoding="utf-8")

    exported = '    "UnprocessableError",\n'
    edit(
        package / "__init__.py",
        ("    from .api.account import Account\n", public),
        ('    "api.account": ("Account",),\n', table),
        (exported, f'{exported}    "Usage",\n'),
    )
    edit(
        folder / "tests" / "calls_chats.py", (LAST_ROW, row + LAST_ROW), ("import Account\n", "import Account, Usage\n")
    )
    above = "        assert_type(client.retrieve_account(), Account)\n"
    edit(
        folder / "tests" / "typing" / "user_script.py",
        (above, above + use),
        ("    Timeout,\n", "    Timeout,\n    Usage,\n"),
    )


def test_recipe(tmp_path: Path) -> None:
    """Whoever follows the recipe has a call that passes the project's tests of calls, sync and async."""
    for name in ("src", "tests", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)  # with the bytecode of what the recipe leaves as it is
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    follow(tmp_path)

    python("tools/generate_sync.py", folder=tmp_path)
    files = ("wire", "answers", "bad_input_groups", "models_groups", "public", "routes", "types", "generate_sync")
    wanted = "usage or test_all or table_is_whole or uses_every_call or sibling or checked_in"
    printed = python(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        wanted,
        *(f"tests/test_{name}.py" for name in files),
        folder=tmp_path,
    )

    assert "skipped" not in printed
    (passed,) = re.findall(r"(\d+) passed", printed)
    assert int(passed) >= 40, printed
