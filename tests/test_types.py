"""The type checkers look at what users write, and with the packages that are installed for the check."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import venv
from collections import defaultdict
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeGuard, get_type_hints

import pytest

from wasend import AsyncBoundSession, AsyncWasendClient, BoundSession, WasendClient, requests

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


@pytest.mark.parametrize("name", ["salon_script.py", "salon_async_script.py"])
def test_new_users_programs_need_no_help(name: str) -> None:
    """What a new user writes passes as it is: nothing is asserted, cast or ignored for the type checkers' sake."""
    text = (PROGRAMS / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) > 150
    assert not re.search(r"\bassert\b|\bcast\b|type: ignore|pyright: ignore", text)


def test_the_program_uses_every_call() -> None:
    """The program that must pass calls every public method of the sync client, on a client."""
    nodes = ast.walk(ast.parse((PROGRAMS / "user_script.py").read_text(encoding="utf-8")))
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and is_method_of_a_client(node.func)}
    members = inspect.getmembers(WasendClient)
    public = {name for name, value in members if not name.startswith("_") and not isinstance(value, property)}

    assert len(public) > 60
    assert public - called == set()


def is_method_of_a_client(function: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether an expression is ``client.name`` or ``WasendClient(...).name``."""
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.func if isinstance(function.value, ast.Call) else function.value
    return isinstance(owner, ast.Name) and owner.id in ("client", "WasendClient")


MISTAKES: Final = """
from typing import Any

from wasend import AsyncBoundSession, AsyncWasendClient, BoundSession, Message, WasendClient


async def mistaken(a: AsyncWasendClient, b: AsyncBoundSession, c: WasendClient, d: BoundSession) -> None:
    await a.send_text(session="s", to="+44", text="t", replyTo="m")  # mypy: "replyTo" pyright: "replyTo"
    await a.send_text(session="s", to="+44", txt="t")  # mypy: "txt" pyright: "txt", "text"
    await a.send_text(session="s", to="+44")  # mypy: "send_text" pyright: "text"
    await a.send_text(session="s", to="+44", text=5)  # mypy: "int" pyright: "text"
    await a.send_text({"session": "s", "to": "+44", "txt": "t"})  # mypy: "send_text" pyright: "txt"
    await a.send_text({"session": "s", "to": "+44"})  # mypy: "send_text" pyright: "text"
    await a.send_text({"session": "s", "to": "+44", "text": 5})  # mypy: "send_text" pyright: "str"
    await a.create_group("s", nmae="n", participants=[])  # mypy: "nmae" pyright: "nmae", "name"
    await a.create_group("s", {"name": "n", "participant": []})  # mypy: "create_group" pyright: "participant"
    await b.send_text(to="+44", text="t", replyTo="m")  # mypy: "replyTo" pyright: "replyTo"
    await b.send_text({"session": "s", "to": "+44", "text": "t"})  # mypy: "send_text" pyright: "session"
    c.send_text(session="s", to="+44", text="t", replyTo="m")  # mypy: "replyTo" pyright: "replyTo"
    c.send_text(session="s", to="+44", txt="t")  # mypy: "txt" pyright: "txt", "text"
    c.send_text(session="s", to="+44")  # mypy: "send_text" pyright: "text"
    c.send_text(session="s", to="+44", text=5)  # mypy: "int" pyright: "text"
    c.send_text({"session": "s", "to": "+44", "txt": "t"})  # mypy: "send_text" pyright: "txt"
    d.send_text(to="+44", text="t", replyTo="m")  # mypy: "replyTo" pyright: "replyTo"
    d.send_text({"to": "+44"})  # mypy: "send_text" pyright: "text"


class Shop(AsyncWasendClient):
    async def send_text(self, *args: Any, **kwargs: Any) -> Message:
        return await super().send_text(*args, **kwargs)


class Desk(WasendClient):
    def send_text(self, *args: Any, **kwargs: Any) -> Message:
        return super().send_text(*args, **kwargs)
"""
"""A type checker finds what the comments say on these lines, and by name; and nothing on others."""


def expected(checker: str) -> dict[int, set[str]]:
    """What a type checker must name, by line."""
    lines = enumerate(MISTAKES.splitlines(), 1)
    found = {number: re.search(rf'{checker}: ((?:"\w+"(?:, )?)+)', line) for number, line in lines}
    return {number: set(re.findall(r'"(\w+)"', match[1])) for number, match in found.items() if match}


def missed(checker: str, reported: Mapping[int, str]) -> list[str]:
    """Where a type checker does not say what it must, or says something where it must not."""
    known = expected(checker)
    named = {
        number: [name for name in known[number] if f'"{name}"' not in reported.get(number, "")] for number in known
    }
    return [f"{number}: {names}" for number, names in named.items() if names] + [
        f"{number}: {text}" for number, text in reported.items() if number not in known
    ]


@pytest.mark.skipif(find_spec("mypy") is None, reason="run by the session `types`, which has mypy")
def test_mypy_names_what_is_wrong(tmp_path: Path) -> None:
    """mypy says which keyword is unknown, in both faces, and finds what is wrong with a mapping."""
    (tmp_path / "mistakes.py").write_text(MISTAKES, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", f"--cache-dir={tmp_path}", "mistakes.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=300, check=False)
    reported: defaultdict[int, str] = defaultdict(str)
    for number, text in re.findall(r"(?m)^mistakes\.py:(\d+): error: (.*)$", run.stdout):
        reported[int(number)] += text
    assert reported, run.stdout + run.stderr
    assert missed("mypy", reported) == []


@pytest.mark.skipif(find_spec("basedpyright") is None, reason="run by the session `types`, which has pyright")
def test_pyright_names_what_is_wrong(tmp_path: Path) -> None:
    """Pyright says which keyword or key is unknown, missing or of another type, in both faces."""
    (tmp_path / "mistakes.py").write_text(MISTAKES, encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", "mistakes.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=300, check=False)
    reported: defaultdict[int, str] = defaultdict(str)
    for found in json.loads(run.stdout)["generalDiagnostics"]:
        reported[found["range"]["start"]["line"] + 1] += found["message"]
    assert reported, run.stdout + run.stderr
    assert missed("pyright", reported) == []


class LanguageServer:
    """Pyright as an editor runs it, by the Language Server Protocol."""

    def __init__(self, folder: Path) -> None:
        server = str(Path(sys.executable).with_name("basedpyright-langserver"))
        self.process = subprocess.Popen([server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self.uri = folder.as_uri()
        capabilities = {"workspace": {"configuration": True}}
        self.ask("initialize", processId=os.getpid(), rootUri=self.uri, capabilities=capabilities)
        self.send(method="initialized", params={})

    def send(self, **message: Any) -> None:
        """Send a message."""
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request; the server's own are answered meanwhile."""
        self.send(id=method, method=method, params=params)
        while True:
            message = self.receive()
            if message.get("id") == method and "method" not in message:
                return message["result"]
            if message.get("method") == "workspace/configuration":
                sections = [item.get("section") for item in message["params"]["items"]]
                python = {"pythonPath": sys.executable}
                result = [python if section == "python" else {} for section in sections]
                self.send(id=message["id"], result=result)
            elif "id" in message:
                self.send(id=message["id"], result=None)

    def receive(self) -> dict[str, Any]:
        """The next message."""
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message


@pytest.mark.skipif(find_spec("basedpyright") is None, reason="run by the session `types`, which has pyright")
def test_pyright_completes(tmp_path: Path) -> None:
    """Editors with pyright complete the keywords of a call and show them first, and complete the fields of its result."""
    server = LanguageServer(tmp_path)
    try:
        uri = f"{server.uri}/typed.py"
        document = {"uri": uri, "languageId": "python", "version": 1, "text": TYPED}
        server.send(method="textDocument/didOpen", params={"textDocument": document})
        for number, (line, names) in enumerate(COMPLETED, len(SCRIPT.splitlines())):
            where = {"textDocument": {"uri": uri}, "position": {"line": number, "character": len(line) + 4}}
            completed = {item["label"] for item in server.ask("textDocument/completion", **where)["items"]}
            assert names <= completed, line
            if not line.endswith("."):
                shown = server.ask("textDocument/signatureHelp", **where)["signatures"]
                assert all(name.removesuffix("=") in shown[0]["label"] for name in names), line
                assert "Never" not in shown[0]["label"]
    finally:
        server.process.kill()
        server.process.communicate()


COMPLETED: Final = (
    ("c.send_text(", {"session=", "to=", "text=", "reply_to=", "key="}),
    ("a.send_text(", {"session=", "to=", "text=", "reply_to=", "key="}),
    ("d.send_text(", {"to=", "text=", "reply_to=", "key="}),
    ("b.send_text(", {"to=", "text=", "reply_to=", "key="}),
    ("c.create_group('s', ", {"name=", "participants=", "description=", "picture_url=", "tags=", "key="}),
    ("c.send_text(session='s', to='', text='').", {"id", "timestamp", "to_dict"}),
    ("(await a.send_text(session='s', to='', text='')).", {"id", "timestamp", "to_dict"}),
    ("d.send_text({'to': '', 'text': ''}).", {"id", "timestamp", "to_dict"}),
    ("(await b.get_group('1@g.us')).", {"jid", "name", "participants"}),
)
"""What is typed, and what must be among the completions; of keywords, it is all of them."""

SCRIPT: Final = (
    MISTAKES.partition("async def")[0]
    + "async def typing(a: AsyncWasendClient, b: AsyncBoundSession, c: WasendClient, d: BoundSession) -> None:\n"
)
"""What is before it."""

TYPED: Final = SCRIPT + "\n".join(f"    {line}{'' if line.endswith('.') else ')'}" for line, _ in COMPLETED)
"""All of it."""


@pytest.mark.skipif(find_spec("jedi") is None, reason="run by the session `types`, which has jedi")
def test_jedi_completes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter, IPython and Spyder complete the keywords of a call and the fields of its result, and show one signature."""
    import jedi

    monkeypatch.setattr(jedi.settings, "cache_directory", str(tmp_path / "jedi"))
    script = jedi.Script(TYPED)
    for number, (typed, names) in enumerate(COMPLETED, len(SCRIPT.splitlines()) + 1):
        where = number, len(typed) + 4
        completed = {one.name for one in script.complete(*where)}
        assert names <= completed, typed
        if typed.endswith("."):
            continue
        assert {name for name in completed if name.endswith("=")} == names, typed
        (signature,) = script.get_signatures(*where)
        assert {f"{one.name}=" for one in signature.params} >= names, typed
        assert "*args" not in signature.to_string()
        assert len(signature.docstring(raw=True)) > len("Send a text message.")


@pytest.mark.parametrize("owner", [AsyncWasendClient, WasendClient, AsyncBoundSession, BoundSession])
def test_signatures_and_hints_of_methods(owner: type) -> None:
    """`inspect.signature` and `typing.get_type_hints` work on every public method, and on a client's constructor."""
    names = [name for name in dir(owner) if not name.startswith("_") and inspect.isfunction(getattr(owner, name))]
    assert len(names) > 50
    for name in (*names, *(["__init__"] if "Client" in owner.__name__ else [])):
        method = getattr(owner, name)
        hints = get_type_hints(method)
        assert set(hints) == {*inspect.signature(method).parameters, "return"} - {"self"}, name


def test_requests() -> None:
    """The types of mappings are whole: hints can be had, and what is required is known."""
    for name in requests.__all__:
        assert get_type_hints(getattr(requests, name))
    assert requests.SendTextRequest.__required_keys__ == {"session", "to", "text"}
    assert requests.SendTextFields.__required_keys__ == {"to", "text"}
    assert requests.SendTextRequest.__optional_keys__ == {"reply_to", "replyTo", "key"}
    assert {"minTypingDuration", "min_typing", "minTyping"} <= requests.SendMessageOptions.__optional_keys__
    assert not requests.SendMessageOptions.__required_keys__


def test_importing_leaves_them_out() -> None:
    """Programs that do not name these types do not spend the time to make them."""
    program = "import sys; from wasend import *; sys.exit('wasend.requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


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


@pytest.mark.skipif(find_spec("nox") is None, reason="run by the session `types`, which has nox and the type checkers")
@pytest.mark.skipif(os.name != "posix", reason="an interpreter is played by a shell script")
def test_interpreters_beside_the_running_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other Pythons are found beside the one that runs nox, with a home in which nothing is installed; a broken one is not."""
    for version, program in (("3.14", "echo 3.14"), ("3.15", "exit 1")):
        python = tmp_path / f"{version}.1" / "bin" / f"python{version}"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        python.chmod(0o755)
    for name, value in {"HOME": tmp_path / "home", "PYENV_ROOT": tmp_path / "none", "PATH": tmp_path / "bin"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "3.11.1"))

    found = runpy.run_path(str(ROOT / "noxfile.py"))["PYTHONS"]

    assert found.pop("3.14") == tmp_path / "3.14.1" / "bin" / "python3.14"
    assert list(found) == [f"{sys.version_info.major}.{sys.version_info.minor}"]
    assert (
        "PYTHONDONTWRITEBYTECODE" not in os.environ
    )  # with which each process of the tests would compile what it imports
