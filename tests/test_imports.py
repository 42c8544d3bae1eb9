"""Imports run downwards: no module of the package imports, by whatever way, one that imports it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parent.parent / "src" / "wasend"
FOLDERS: Final = ("world", "api", "faults", "webhooks", "interfaces")
"""The folders of the sandbox, each of which imports only from those before it."""


def modules(root: Path) -> dict[str, Path]:
    """Every module below a package's folder, by its full name."""
    names = {path: (root.name, *path.relative_to(root).with_suffix("").parts) for path in root.rglob("*.py")}
    return {".".join(parts).removesuffix(".__init__"): path for path, parts in names.items()}


def statements(tree: ast.AST, *, every: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements of a module: those that run when it is imported, or every one of them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif every or not (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            or (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"))
        ):
            yield from statements(node, every=every)


def imported(name: str, path: Path, known: dict[str, Path], *, every: bool) -> set[str]:
    """The modules that a module's own statements import; what a package re-exports counts as the package."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), every=every):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [alias.name for alias in node.names if alias.name != "__version__"]  # set before any import
            found |= {full if (full := f"{base}.{name}") in known else base for name in names}
    return (found & known.keys()) - {name}


def graph(root: Path, *, every: bool = True) -> dict[str, set[str]]:
    known = modules(root)
    return {name: imported(name, path, known, every=every) for name, path in known.items()}


def cycle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of a cycle, or nothing."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_cycle() -> None:
    """No module of the package imports itself by way of others while it is imported."""
    assert cycle(graph(PACKAGE, every=False)) == []


def test_no_cycle_in_the_sandbox() -> None:
    """In the sandbox not even within a function, or for types only."""
    sandbox = {name: imports for name, imports in graph(PACKAGE).items() if name.startswith("wasend.sandbox")}
    assert cycle({name: imports & sandbox.keys() for name, imports in sandbox.items()}) == []


def test_folders_of_the_sandbox() -> None:
    """Each folder of the sandbox imports only from those below it, and by their faces only."""
    for name, imports in graph(PACKAGE).items():
        place = name.split(".")[2:]
        for other in sorted(imports):
            if not other.startswith("wasend.sandbox.") or not name.startswith("wasend.sandbox"):
                continue
            _, _, folder, *rest = other.split(".")
            if folder not in FOLDERS or place[:1] == [folder]:
                continue
            # What writes files is imported only by those who want a file.
            assert not rest or (name, other) == ("wasend.sandbox.sandbox", "wasend.sandbox.world.storage"), (
                name,
                other,
            )
            if place and place[0] in FOLDERS:
                assert FOLDERS.index(folder) < FOLDERS.index(place[0]), (name, other)


@pytest.mark.parametrize(
    "statement", ["from demo import b", "import demo.b", "from .b import B", "def f():\n    from . import b"]
)
def test_a_cycle_is_found(statement: str, tmp_path: Path) -> None:
    """The check sees a cycle in each way in which an import may be written."""
    root = tmp_path / "demo"
    root.mkdir()
    (root / "__init__.py").touch()
    (root / "a.py").write_text(statement, encoding="utf-8")
    (root / "b.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import A", encoding="utf-8"
    )
    assert sorted(set(cycle(graph(root)))) == ["demo.a", "demo.b"]
