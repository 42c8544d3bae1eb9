"""The core makes any call and knows nothing of the service it calls, or of what is built upon it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "wasend"
CORE = sorted(path.stem for path in (PACKAGE / "_core").glob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules of this package that a module of the core imports, wherever it does, as the package's root names them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (f"_core.{name}" if node.level == 1 else str(name) for name in names)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            source = str(node.module) if isinstance(node, ast.ImportFrom) else " ".join(one.name for one in node.names)
            assert "wasend" not in source


@pytest.mark.parametrize("name", CORE)
def test_imports(name: str) -> None:
    """A module of the core imports other modules of the core, the errors and the version, and nothing above them."""
    tree = ast.parse((PACKAGE / "_core" / f"{name}.py").read_text(encoding="utf-8"))
    above = {module for module in imported(tree) if not module.startswith("_core.")} - {"errors", "_version"}
    assert above == set()


@pytest.mark.parametrize("name", [name for name in CORE if name not in ("codec", "model")])
def test_words(name: str) -> None:
    """Nor does it name what is the service's: WhatsApp, its chats, its messages' fields and its restrictions."""
    text = (PACKAGE / "_core" / f"{name}.py").read_text(encoding="utf-8").lower()
    assert [
        word for word in ("whatsapp", "caption", "restricted", "sessionnotready", 'typing"', "@c.us") if word in text
    ] == []
