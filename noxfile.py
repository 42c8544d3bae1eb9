"""Every check of the project: ``nox`` runs them all, ``nox -s tests -- -k retry`` a part."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.error_on_external_run = True

PROJECT = nox.project.load_toml("pyproject.toml")
NEWEST_MINOR = 15
WORKERS = min(4, os.cpu_count() or 1)


def group(name: str) -> list[str]:
    """The requirements of one dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, name))


def installed_pythons() -> dict[str, Path]:
    """
    Every CPython of this machine from 3.11 upwards that starts, one a minor version.

    Beside PATH it looks where pyenv and uv keep theirs: a pyenv shim is on PATH for every version, and fails
    for those that are not switched on.
    """
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", data / "uv" / "python"))
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += [*sorted(pyenv.glob("*/bin")), *sorted(uv.glob("cpython-*/bin"))]

    found = {f"{sys.version_info.major}.{sys.version_info.minor}": Path(sys.executable)}
    for version in (f"3.{minor}" for minor in range(11, NEWEST_MINOR + 1)):
        for folder in folders:
            candidate = folder / f"python{version}"
            if version not in found and candidate.is_file() and starts(candidate, version):
                found[version] = candidate
    return dict(sorted(found.items()))


def starts(python: Path, version: str) -> bool:
    """Whether the interpreter runs, and is the version that its name says."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


PYTHONS = installed_pythons()
# nox finds an interpreter by its version on PATH, and session names stay the same on every machine.
os.environ["PATH"] = os.pathsep.join([*(str(python.parent) for python in PYTHONS.values()), os.environ["PATH"]])


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def generated(session: nox.Session) -> None:
    """The synchronous client is what its generator makes of the asynchronous one."""
    session.install(*group("lint"))
    session.run("python", "tools/generate_sync.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """The whole project under mypy; source and examples under pyright's strict rules as well."""
    session.install(".[all]", *group("types"))
    session.run("mypy")
    # Pyright with its own Node.js in the wheel: the real one downloads Node.js or itself when first run.
    session.run("basedpyright")
    session.run("pytest", "tests/test_types.py")


@nox.session(default=False)
def pyright(session: nox.Session) -> None:
    """The same with pyright itself."""
    session.install(".[all]", *group("types"), "pyright[nodejs]")
    session.run("pyright")


@nox.session(default=False)
def official(session: nox.Session) -> None:
    """Every call of WASend's own Python package against the sandbox: it reads the answers, and they are right."""
    if shutil.which("node") is None:
        session.skip("WASend's own package runs on Node.js, and there is no `node` on PATH")
    session.install(".[sandbox]")
    # An environment of its own: both packages are imported as `wasend`.
    home = Path(session.create_tmp(), "official")
    session.run("python", "-m", "venv", home)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    session.run(python, "-m", "pip", "install", "--quiet", "wasend==1.3.3", external=True)
    session.run("python", "-m", "tools.run_official_client", python)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """The sandbox's page in a real browser; `-- docs/sandbox-page.png` takes its picture, too."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        session.skip("there is no Chromium on PATH, and none is downloaded")
    session.install(".[sandbox]", "playwright>=1.50")
    session.run("python", "-m", "tools.browser", chromium, *session.posargs)


@nox.session(python=list(PYTHONS), download_python="never")
def tests(session: nox.Session) -> None:
    """The tests, against the built wheel, on every Python found."""
    session.install(".[all]", *group("test"))
    # One folder for all Pythons, outside the working tree's root; absolute, for tests that change directory.
    data = Path(session.cache_dir, "coverage").resolve()
    data.mkdir(exist_ok=True)
    session.env["COVERAGE_FILE"] = str(data / f".coverage.{session.python}")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", str(WORKERS), *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """What the tests of all Pythons together reached."""
    session.install(*group("coverage"))
    session.run("coverage", "combine", str(Path(session.cache_dir, "coverage")))
    session.run("coverage", "report")
