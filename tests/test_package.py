"""What is published: the two archives, and what importing the package says where another one lies in its place."""

from __future__ import annotations

import email
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLANTED = (
    ".env",
    "delivery.db",
    "delivery.db-wal",
    "customers.csv",
    "src/wasend/.env",
    "src/wasend/pacing.db",
    "tests/numbers.csv",
    "examples/outbox.db-shm",
    "docs/answers.jsonl",
)


def build(target: str, tree: Path, **environment: str) -> Path:
    """Build one archive of a tree, as `pip` and `build` do; the build backend alone, without an environment of its own."""
    folder = tree / "dist"
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True, timeout=60)
    (archive,) = folder.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return archive


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree, with files in it that are nobody else's business."""
    tree = tmp_path_factory.mktemp("package") / "tree"
    shutil.copytree(
        ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv*", ".nox", ".hypothesis", ".*_cache", "__pycache__")
    )
    for name in PLANTED:
        (tree / name).write_text("a secret", encoding="utf-8")
    return tree


def test_source_archive_holds_what_it_names(tree: Path) -> None:
    """What lies in the working tree is published by name only; none of the planted files is."""
    with tarfile.open(build("sdist", tree)) as archive:
        files = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}

    assert not files & set(PLANTED)
    assert {name.partition("/")[0] for name in files} == {
        ".gitignore",  # the build backend's own rule
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "SECURITY.md",
        "benchmarks",
        "docs",
        "examples",
        "hatch_build.py",
        "noxfile.py",
        "pyproject.toml",
        "src",
        "tests",
        "tools",
    }
    assert {Path(name).suffix for name in files if "/" in name} <= {
        ".py",
        ".pyi",
        ".md",
        ".html",
        ".png",
        ".typed",
        ".toml",
    }


def test_wheel(tree: Path) -> None:
    """The wheel is the package, its plugin and their description, with links into the repository it was built for."""
    address = "https://github.com/someone/wasend"
    with zipfile.ZipFile(build("wheel", tree, GITHUB_REPOSITORY="someone/wasend", GITHUB_REF_NAME="v0.1.0")) as archive:
        files = set(archive.namelist())
        described = email.message_from_bytes(archive.read(next(name for name in files if name.endswith("/METADATA"))))
        components = json.loads(archive.read(next(name for name in files if name.endswith(".cdx.json"))))

    assert not {name for name in files if any(name.endswith(Path(planted).name) for planted in PLANTED)}
    assert {name.partition("/")[0].partition("-")[0] for name in files} == {"wasend", "_wasend_pytest.py", "wasend_sdk"}
    text = str(described.get_payload())
    assert f"]({address}/blob/v0.1.0/docs/delivery.md)" in text
    assert "](docs/" not in text
    assert f"Source, {address}" in described.get_all("Project-URL", [])
    assert {part["name"] for part in components["components"]} == {
        "attrs",
        "cattrs",
        "httpcore",
        "httpx",
        "sniffio",
        "tenacity",
    }


def test_description_without_a_repository(tree: Path) -> None:
    """Built where no repository is named, the description holds no link that leads nowhere."""
    with zipfile.ZipFile(build("wheel", tree)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        described = email.message_from_bytes(archive.read(name))

    assert "](docs/" not in str(described.get_payload())
    assert "](https://wasend.dev)" in str(described.get_payload())
    assert [line.partition(",")[0] for line in described.get_all("Project-URL", [])] == ["Service"]


def test_official_package_in_the_same_folder(tmp_path: Path) -> None:
    """Where WASend's own package lies among our files, importing fails, and says what to do."""
    source = ROOT / "src" / "wasend"
    shutil.copytree(source, tmp_path / "wasend", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "wasend" / "_jsii").mkdir()
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import wasend"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: wasend-sdk and WASend's own package, wasend, are installed in the same folder")
    assert last.endswith("run `pip uninstall -y wasend wasend-sdk`, then `pip install wasend-sdk`")
