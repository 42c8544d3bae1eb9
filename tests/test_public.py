"""The public face: what is exported, documented, and the same in both clients; importing it does nothing else."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs
import pytest

import wasend
from wasend import AsyncWasendClient, WasendClient, WasendError, errors
from wasend._accessors import OutboxCalls
from wasend.outbox.calls import AsyncOutboxCalls

OBJECTS = {name: getattr(wasend, name) for name in wasend.__all__}
CLASSES = {name: value for name, value in OBJECTS.items() if inspect.isclass(value)}


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function and method of this package that is reached from a public name."""
    for name, value in OBJECTS.items():
        if inspect.isfunction(value):
            yield name, value
    for name, cls in CLASSES.items():
        for attribute, value in inspect.getmembers(cls):
            function: Any = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            function = inspect.unwrap(function)
            ours = inspect.isfunction(function) and function.__module__.startswith("wasend")
            if ours and not attribute.startswith("_"):
                yield f"{name}.{attribute}", function


FUNCTIONS = dict(functions())


def test_all() -> None:
    """``__all__`` is sorted and is exactly what the package offers besides its modules and its version."""
    public = {
        name
        for name, value in vars(wasend).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert list(wasend.__all__) == sorted(wasend.__all__)
    assert set(wasend.__all__) == public
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", wasend.__version__)


def subclasses(error: type[Exception]) -> Iterator[type[Exception]]:
    """A class of errors, and every class below it."""
    yield error
    for kind in error.__subclasses__():
        yield from subclasses(kind)


def test_every_error_is_public() -> None:
    """Every class that a traceback can show is exported under its own name, and so can be caught by it."""
    for module in pkgutil.walk_packages(wasend.__path__, "wasend."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:  # older Pythons are tested without the frameworks of the adapters
                assert error.name in ("django", "fastapi", "flask"), error
    kinds = {kind for kind in subclasses(WasendError) if kind.__module__.startswith("wasend")}
    kinds -= {kind for kind in kinds if kind.__name__.startswith("_")}  # those are caught where they are raised
    assert len(kinds) > 25
    assert {kind.__name__ for kind in kinds} - set(wasend.__all__) == set()
    assert {kind for kind in kinds if getattr(wasend, kind.__name__) is not kind} == set()
    assert {kind.__name__ for kind in kinds} | {"Outcome"} == set(errors.__all__)


def test_importing_does_nothing() -> None:
    """Importing opens no socket, starts no thread or process and reads no setting; making a client reads settings alone."""
    program = """
import os, sys, threading
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(("socket.", "subprocess.", "os.fork")) else None)
read = type(os.environ).__getitem__
type(os.environ).__getitem__ = lambda self, key: (seen.append(key) if "WASEND" in key else None, read(self, key))[1]
import wasend
from wasend import *
assert seen == [], seen
wasend.AsyncWasendClient("key-1"), wasend.WasendClient("key-1")
assert seen and all("WASEND" in event for event in seen), seen
assert threading.active_count() == 1, threading.enumerate()
"""
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_importing_leaves_the_extras_alone() -> None:
    """The core needs none of the extras, nor loads what only a failure or an answer needs."""
    assert loaded("from wasend import *") & EXTRAS == set()


def test_importing_loads_what_is_used() -> None:
    """The package alone is there at once; of its names, each brings only what it is made of."""
    alone = loaded("import wasend; from wasend import WasendError; wasend.__all__, dir(wasend)")
    assert alone & {"asyncio", "attrs", "httpx"} == set()
    assert {name for name in alone if name.startswith("wasend.")} == {
        "wasend._conflict",
        "wasend._version",
        "wasend.errors",
    }
    assert "httpx" not in loaded("import wasend; wasend.Recipient.parse('+447700900456')")
    assert "wasend._sync" not in loaded("import wasend; wasend.AsyncWasendClient('key')")


EXTRAS: Final = {"typer", "starlette", "uvicorn", "segno", "phonenumbers", "tenacity", "cattrs"}


def loaded(statements: str) -> set[str]:
    """The modules that are there when a program has run."""
    program = f"import sys\n{statements}\nprint(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return set(told.stdout.split())


def test_type_checkers_see_the_same() -> None:
    """A name is imported from the same module where type checkers look, and when the program uses it."""
    tree = ast.parse(Path(wasend.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and "not" not in ast.unparse(node.test))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {node.module: tuple(alias.name for alias in node.names) for node in imports if node.module}
    packages = tuple(alias.name for node in imports if not node.module for alias in node.names)
    assert seen == vars(wasend)["_MODULES"]
    assert packages == vars(wasend)["_PACKAGES"]
    for name in packages:
        assert getattr(wasend, name) is importlib.import_module(f"wasend.{name}")
    assert {*wasend.__all__, *packages} <= set(dir(wasend))


# -------------------------------------------------------------------------------------------------------- documentation


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_documented(name: str) -> None:
    """Every public class says what it is, and every field of a value what it holds."""
    cls = CLASSES[name]
    assert cls.__doc__
    assert not cls.__doc__.startswith("Method generated by attrs")
    assert "__doc__" in vars(cls)
    if attrs.has(cls) and cls is not wasend.Options:
        own = [field.name for field in attrs.fields(cls) if not field.inherited and not field.name.startswith("_")]
        assert [field for field in own if not re.search(rf"^\s+{field}: \S", cls.__doc__, re.MULTILINE)] == []


def documented(function: Callable[..., Any]) -> list[str]:
    """The arguments that the documentation of a function explains, in its order."""
    section = (inspect.getdoc(function) or "").partition("Args:\n")[2].partition("\n\n")[0]
    return re.findall(r"^    (\w+): \S", section, re.MULTILINE)


def taken(function: Callable[..., Any]) -> list[str]:
    """The arguments that a function takes."""
    return [parameter for parameter in inspect.signature(function).parameters if parameter not in ("self", "cls")]


IN_CLASS: Final = ("Timeout.of", "Retry.of", "Options.resolve")
"""What these take is explained by their classes."""


def test_every_function_is_found() -> None:
    """The functions looked at are those that a caller meets: of the package, of its values, of both clients and views."""
    assert {"is_valid_phone_number", "Retry.of", "Session.state", "Recipient.parse", "Session.to_dict"} <= set(
        FUNCTIONS
    )
    for client, view in ((AsyncWasendClient, wasend.AsyncBoundSession), (WasendClient, wasend.BoundSession)):
        for cls in (client, view):
            names = [name for name in vars(cls) if not name.startswith("_")]
            assert {f"{cls.__name__}.{name}" for name in names if name != "session_id"} <= set(FUNCTIONS)
        assert f"{client.__name__}.send_text" in FUNCTIONS
    assert set(IN_CLASS) <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_documented(name: str) -> None:
    """Every public function and method says what it does, and what each argument is, in its order, or where that is said."""
    function = FUNCTIONS[name]
    documentation = inspect.cleandoc(function.__doc__ or "")  # its own: `inspect.getdoc` would take a base's
    assert documentation
    assert re.match(r"[A-Z`][^\n]*\S", documentation)
    owner, _, method = name.rpartition(".")
    if owner.endswith("BoundSession"):
        client = owner.replace("BoundSession", "WasendClient")
        assert re.search(rf"[Ss]ee `{client}\.{method}`\.$", documentation)
        assert [one for one in documented(FUNCTIONS[f"{client}.{method}"]) if one != "session"] == taken(function)
    elif name not in IN_CLASS and method not in ("from_wire", "from_value"):
        assert documented(function) == taken(function)


def test_annotations_can_be_looked_up() -> None:
    """What reads types at run time, as web frameworks and containers for dependencies do, gets them of everything public."""
    looked_up = {name: typing.get_type_hints(function) for name, function in FUNCTIONS.items()}
    for name, cls in CLASSES.items():
        typing.get_type_hints(cls)
        looked_up[f"{name}.__init__"] = typing.get_type_hints(cls.__init__)
    assert looked_up["WasendClient.send_text"]["return"] is wasend.Message
    assert looked_up["AsyncBoundSession.login"]["timeout"] is float
    assert "extra" in looked_up["Account.__init__"]


@pytest.mark.parametrize("client", [AsyncWasendClient, WasendClient])
def test_constructors_are_documented(client: Any) -> None:
    """So does making a client."""
    section = (inspect.getdoc(client.__init__) or "").partition("Args:\n")[2].partition("\n\n")[0]
    assert re.findall(r"^    (\w+): \S", section, re.MULTILINE) == list(inspect.signature(client).parameters)


# -------------------------------------------------------------------------------------------------------------- siblings


def public(client: type) -> dict[str, Any]:
    """The public members of a client; of a property, its function."""
    members = {name: value for name, value in inspect.getmembers(client) if not name.startswith("_")}
    return {name: value.fget if isinstance(value, property) else value for name, value in members.items()}


def in_plain(text: str) -> str:
    """What is said of the asynchronous client, as it is said of the other."""
    text = re.sub(r"\bAsync(WasendClient|BoundSession|OutboxCalls|Iterator)\b", r"\1", text)
    text = re.sub(r"\bCoroutine\[Any, Any, (\w+)\]", r"\1", text)
    for name, other in {"async def": "def", "async for": "for", "await ": ""}.items():
        text = text.replace(name, other)
    return "Self" if text == "WasendClient" else text


SIBLINGS: Final = (
    *((AsyncWasendClient, WasendClient, name) for name in sorted(public(AsyncWasendClient)) if name != "aclose"),
    *((AsyncOutboxCalls, OutboxCalls, name) for name in sorted(public(AsyncOutboxCalls))),
)


def test_siblings() -> None:
    """Both clients have the same calls; only the end is `aclose` where it is awaited, and `close` where not."""
    assert set(public(AsyncWasendClient)) - {"aclose"} == set(public(WasendClient)) - {"close"}
    assert set(public(AsyncOutboxCalls)) == set(public(OutboxCalls))


@pytest.mark.parametrize(("owner", "sibling", "name"), SIBLINGS, ids=[name for *_, name in SIBLINGS])
def test_siblings_are_alike(owner: type, sibling: type, name: str) -> None:
    """A call takes the same arguments in both clients, gives the same, says the same, and is awaited in one only."""
    asked, plain = public(owner)[name], public(sibling)[name]
    ours, theirs = inspect.signature(asked), inspect.signature(plain)
    assert list(ours.parameters.values()) == list(theirs.parameters.values())
    assert in_plain(str(ours.return_annotation)) == theirs.return_annotation
    assert in_plain(inspect.getdoc(asked) or "") == inspect.getdoc(plain)
    assert not inspect.iscoroutinefunction(plain)


def test_clients_are_made_alike() -> None:
    """Both are made with the same arguments."""
    ours, theirs = inspect.signature(AsyncWasendClient).parameters, inspect.signature(WasendClient).parameters
    assert list(ours.values()) == list(theirs.values())
