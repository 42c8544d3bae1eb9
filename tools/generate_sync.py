"""
Write the synchronous client, one forwarding method for each public one of `AsyncWasendClient`, and what its properties
give; both clients' views of one session, one method for each that takes a session; and, for type checkers and editors,
the signatures of the calls that take a mapping as well as keywords, with a `TypedDict` for each such mapping.

    python tools/generate_sync.py            # write the files: see `kinds` in `main`
    python tools/generate_sync.py --check    # fail with a diff where a file is not what this would write

It reads source, not objects: annotations and defaults stay as they are written, and the result is the same
on every Python. What it does not know it refuses, with file and line, rather than leave out.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import difflib
import functools
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "wasend"
ASYNC, SYNC = "AsyncWasendClient", "WasendClient"
ASYNC_BOUND, BOUND = "AsyncBoundSession", "BoundSession"
SIGNATURES = {
    ASYNC: "AsyncSignatures",
    SYNC: "Signatures",
    ASYNC_BOUND: "AsyncBoundSignatures",
    BOUND: "BoundSignatures",
}
"""The base of each class that tells type checkers both forms of its calls."""
ACCESSORS = {"AsyncOutboxCalls": "OutboxCalls"}
"""Classes of calls that a client's property gives: the asynchronous one, and the synchronous one that is written."""
SESSION = "session"
MAPPING_FORM = "mapping_form"
TWO_MAPPINGS = ("send_message",)
"""Calls whose options the official SDK takes as a second mapping."""
ON_THE_CLIENT = ("download", "download_to", "settle", "suppress", "with_options")
"""Methods that name no session, and that a view of one has as well."""
KEY = "api_key"
WIDTH = 120 - 8  # of a line in a method
LIFETIME = ("aclose", "__aenter__", "__aexit__", "__init__", "__repr__")

Method = ast.FunctionDef | ast.AsyncFunctionDef

HEAD = '''\
# Written by tools/generate_sync.py from client.py and the calls in api/ and delivery/; change those, not this.
"""The synchronous client."""

from __future__ import annotations

{imports}

class _Calls:
    """The calls of the asynchronous client, made on an event loop of this client's own."""

    _async: {target}
    _loop: Bridge

{calls}

class {sync}({bases}):
    {docstring}

    _is_view = False

    def __init__({parameters}) -> None:
        {init_docstring}
        {hide}self._async = {target}({arguments})
        self._loop = Bridge(self._async.aclose)

    def _over(self, client: {target}) -> Self:
        """Another view of the same connections, on the same event loop."""
        view = copy.copy(self)
        view._async, view._is_view = client, True
        return view

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if "_async" not in self.__dict__:  # a traceback shows one that could not be made, too
            return f"<{{type(self).__name__}} that is not made yet>"
        return repr(self._async).replace("{target}", "{sync}", 1)

    def close(self) -> None:
        {close_docstring}
        if not self._is_view:
            self._loop.close()
'''

ACCESSORS_HEAD = '''\
# Written by tools/generate_sync.py from the calls in outbox/; change those, not this.
"""What properties of the synchronous client give: calls of their own, made on its event loop."""

from __future__ import annotations

{imports}

'''

ACCESSOR = """
class {sync}:
    {docstring}

    def __init__(self, accessor: {target}, loop: Bridge) -> None:
        self._async = accessor
        self._loop = loop

{calls}
"""

BOUND_HEAD = '''\
# Written by tools/generate_sync.py from the calls in api/ and delivery/; change those, not this.
"""One session's view of a client: the calls that take a session, without naming it."""

from __future__ import annotations

{imports}

'''

VIEW = '''
class _{bound}Calls:
    """The calls of `{bound}`."""

    __slots__ = ("_client", "session_id")

    _client: {client}
    session_id: str

{calls}

class {bound}({signatures}, _{bound}Calls):
    """
    The calls of a client for one session, which need not name it; `{client}.session` makes one.

    Attributes:
        session_id: The session's ``uniqueSessionId``.
    """

    __slots__ = ()

    def __init__(self, client: {client}, session_id: str) -> None:
        self._client = client
        self.session_id = session_id

    def __repr__(self) -> str:
        return f"{bound}({{self.session_id!r}})"
'''

REQUESTS_HEAD = '''\
# Written by tools/generate_sync.py from the calls in api/; change those, not this.
"""
The types of the mappings that calls take in place of keywords, for type checkers: ``client.send_text(request)``.

A field may be spelt as in Python or as the service spells it. Where the two differ, a required field is checked when
the call is made, and not by type checkers.
"""

# Annotations are evaluated: `Required` in a text would not be found.

{imports}

__all__ = {names}

'''

SIGNATURES_HEAD = '''\
# Written by tools/generate_sync.py from the calls in api/; change those, not this.
# pyright: reportArgumentType=false, reportInvalidTypeVarUse=false, reportOverlappingOverload=false
"""Both forms of the calls that take keywords or a mapping, for type checkers and editors."""

# Pyright does not name what is wrong with the keywords where none of several overloads takes them all. The last one but
# one takes any, and cannot be right: an unknown keyword is no `Never`, and the default of a missing one is not of its
# type. mypy, which names unknown ones by itself and does not look at defaults, does not see it. Jedi does not know
# overloads by another name, and sees only what is defined last: the keywords, which editors with pyright show first.

{imports}
from typing import overload as _overload

MYPY = False  # mypy takes it for true

class Missing: ...

MISSING: Missing

{variables}

{classes}
'''

SIGNATURES_RUNTIME_HEAD = '''\
# Written by tools/generate_sync.py; change that, not this.
"""What type checkers know of the calls that take a mapping is in the stub file beside this one."""

from __future__ import annotations

'''

EMPTY_SIGNATURES = '''\
class {signatures}:
    """Both forms of the calls of `{owner}`, for type checkers."""

    __slots__ = ()

'''

# How a docstring's examples and words read when nothing is awaited. Order matters.
SPELLING = [
    (r"(?<![\w\])])\(await ([\w.]+\([^()]*\))\)", r"\1"),  # (await f(x)).y -> f(x).y
    (r"\bawait (?=[\w.]+\()", ""),
    (r"\basync (for|with|def)\b", r"\1"),
    (r"\basyncio\.run\((\w+\([^()]*\))\)", r"\1"),
    (r"\n[ >]*import asyncio(?=\n)", ""),
    (r"\ba(next|iter)\(", r"\1("),
    (r"\baclose\b", "close"),
    (r"\bAsync(WasendClient|BoundSession|OutboxCalls|Iterator)\b", r"\1"),
    (r"\b([Aa])n asynchronous\b", r"\1 synchronous"),
    (r"\basynchronous\b", "synchronous"),
    (r"\bAsynchronous\b", "Synchronous"),
]


# A whole program in an example: its `main` is there for asyncio alone.
PROGRAM = re.compile(r"\n+( *)async def main\(\) -> None:\n((?:\1    .*\n|\n)+)\1asyncio\.run\(main\(\)\)")


class UnknownSourceError(Exception):
    """The source holds something that has no synchronous spelling here."""


@dataclass(frozen=True)
class Import:
    """How the generated file gets at a name."""

    statement: str
    typing_only: bool = False


@dataclass(frozen=True)
class Module:
    """A module of the package: its lines, its tree, and where its global names come from."""

    path: Path
    name: str
    lines: list[bytes] = field(repr=False)
    tree: ast.Module = field(repr=False)

    @classmethod
    def read(cls, package: Path, name: str) -> Module:
        """Read ``api.sessions``, say, of the package."""
        path = package.joinpath(*name.split(".")).with_suffix(".py")
        text = path.read_text(encoding="utf-8")
        return cls(path, name, text.encode().splitlines(keepends=True), ast.parse(text, str(path)))

    def source(self, node: ast.AST) -> str:
        """The text of a node, as written."""
        # By hand: `ast.get_source_segment` splits the whole file anew each time, which takes minutes on Python 3.11.
        if not isinstance(node, ast.expr | ast.stmt | ast.arg | ast.alias):
            self.refuse(node, "has no source")
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1][: node.end_col_offset]  # first: it may be the same line
        lines[0] = lines[0][node.col_offset :]
        return b"".join(lines).decode()

    def refuse(self, node: ast.AST, problem: str) -> NoReturn:
        """Stop, and say where."""
        raise UnknownSourceError(f"{self.path}:{getattr(node, 'lineno', 1)}: {problem}")

    def find_class(self, name: str) -> ast.ClassDef:
        """A class defined at the top of this module."""
        found = (node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == name)
        return next(found, None) or self.refuse(self.tree, f"no class {name}")

    def origin(self, name: str) -> Import | None:
        """The import that makes a global name of this module known elsewhere in the package."""
        return next((found for known, found in self._globals(self.tree.body) if known == name), None)

    def _globals(self, body: list[ast.stmt], *, typing_only: bool = False) -> Iterator[tuple[str, Import]]:
        own = f"from .{self.name} import "
        for node in body:
            if isinstance(node, ast.If):
                guarded = typing_only or "TYPE_CHECKING" in ast.dump(node.test)
                yield from self._globals(node.body, typing_only=guarded)
                yield from self._globals(node.orelse, typing_only=typing_only)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    yield bound, Import(f"import {self.source(alias)}", typing_only)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    statement = f"from {self._from_root(node)} import {self.source(alias)}"
                    yield alias.asname or alias.name, Import(statement, typing_only)
            elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, Import(own + node.name, typing_only)
            else:
                for target in _targets(node):
                    if isinstance(target, ast.Name):
                        yield target.id, Import(own + target.id, typing_only)

    def _from_root(self, node: ast.ImportFrom) -> str:
        """The module imported from, as the package's root would name it."""
        if not node.level:
            return node.module or ""
        above = self.name.split(".")[: -node.level]
        return "." + ".".join([*above, *([node.module] if node.module else [])])


class Generator:
    """
    Collects the methods of one package's client and the imports that they need.

    Attributes:
        file: What is written.
        without: Parameters that are left out.
        undecorated: Decorators that are left out.
        awaited: Whether what is being written is asynchronous.
    """

    file = "_sync.py"
    without: tuple[str, ...] = ()
    undecorated: tuple[str, ...] = ()
    awaited = False

    def __init__(self, package: Path) -> None:
        self.package = package
        self.client = Module.read(package, "client")
        self.imports: dict[str, Import] = {
            ASYNC: Import(f"from .client import {ASYNC}"),
            SIGNATURES[SYNC]: Import(f"from ._signatures import {SIGNATURES[SYNC]}"),
            "Bridge": Import("from ._core.bridge import Bridge"),
            "Self": Import("from typing import Self"),
            "copy": Import("import copy"),
        }
        self.done: set[str] = set()

    def generate(self) -> str:
        """The whole file, before formatting."""
        client = self.client.find_class(ASYNC)
        others = [base for base in client.bases if not self._holds_calls(base)]
        bases = [self._use(self.client, base) for base in others if self.client.source(base) != SIGNATURES[ASYNC]]
        calls = [text for owner in self._call_classes() for text in self._methods(*owner)]
        methods = list(self._methods(self.client, client))

        lifetime = {node.name: node for node in client.body if isinstance(node, Method)}
        if missing := [name for name in ("__init__", "aclose") if name not in lifetime]:
            self.client.refuse(client, f"{ASYNC} has no {' and no '.join(missing)}")
        init = lifetime["__init__"]
        head = HEAD.format(
            sync=SYNC,
            target=ASYNC,
            bases=", ".join([SIGNATURES[SYNC], "_Calls", *bases]),
            calls="\n".join(calls),
            docstring=self._docstring(self.client, client),
            parameters=self._parameters(self.client, init),
            init_docstring=self._docstring(self.client, init),
            arguments=_arguments(init),
            hide="".join(f"{line}\n        " for line in self._hides(init)),
            close_docstring=self._docstring(self.client, lifetime["aclose"]),
            imports=self._import_lines(),
        )
        return "\n".join([head, *methods])

    def _call_classes(self) -> Iterator[tuple[Module, ast.ClassDef]]:
        bases = self.client.find_class(ASYNC).bases
        return (self._call_class(base) for base in bases if self._holds_calls(base))

    def _holds_calls(self, base: ast.expr) -> bool:
        """Whether a base holds calls; another one is a base of the synchronous client too."""
        origin = self.client.origin(self.client.source(base))
        return origin is None or not origin.statement.startswith("from ._")

    def _call_class(self, base: ast.expr) -> tuple[Module, ast.ClassDef]:
        name = self.client.source(base)
        origin = self.client.origin(name)
        if origin is None or not (found := re.fullmatch(r"from \.(\S+) import (\w+)", origin.statement)):
            self.client.refuse(base, f"{name} is not imported from a module of this package")
        module = Module.read(self.package, found[1])
        owner = module.find_class(found[2])
        for inherited in owner.bases:
            if module.source(inherited) != "Calls":
                module.refuse(inherited, f"{name} inherits more than Calls: its methods would be missed")
        return module, owner

    def _methods(self, module: Module, owner: ast.ClassDef) -> Iterator[str]:
        for node in owner.body:
            if isinstance(node, Method):
                if node.name in LIFETIME and (module is self.client or owner.name in ACCESSORS):
                    continue
                if node.name.startswith("__"):
                    module.refuse(node, f"no synchronous spelling is known for {node.name}")
                if not node.name.startswith("_") and self._is_wanted(node):
                    yield self._method(module, node)
            elif not (isinstance(node, ast.Pass | ast.Expr) or _assigns_private(node)):
                module.refuse(node, "only methods can be forwarded")

    def _is_wanted(self, node: Method) -> bool:
        return True

    def _method(self, module: Module, node: Method) -> str:
        written = [decorator for decorator in node.decorator_list if module.source(decorator) not in self.undecorated]
        decorators = [self._use(module, decorator) for decorator in written]
        names = [decorator.partition("(")[0].rpartition(".")[2] for decorator in decorators]
        if unfit := {"classmethod", "staticmethod", "asynccontextmanager", "setter"}.intersection(names):
            module.refuse(node, f"{node.name}: no synchronous spelling is known for @{unfit.pop()}")
        if node.name in self.done:
            module.refuse(node, f"{node.name} is defined twice")

        returns, forward = self._forward(module, node)
        if "property" in names and returns not in ACCESSORS.values():
            forward = f"self._async.{node.name}"
        lines = [f"@{decorator}" for decorator in decorators]
        kind = "async def" if forward.startswith("await ") else "def"
        lines.append(f"{kind} {node.name}({self._parameters(module, node)}) -> {returns}:")
        if "overload" in names:
            lines[-1] += " ..."
        else:
            body = [self._docstring(module, node), *self._hides(node), f"return {forward}"]
            lines += [f"    {line}" for line in body]
            self.done.add(node.name)
        return "\n".join(f"    {line}" for line in lines) + "\n"

    def _forward(self, module: Module, node: Method) -> tuple[str, str]:
        """The return annotation, and the expression that is returned."""
        returns = node.returns or module.refuse(node, f"{node.name} says not what it returns")
        call = f"self._async.{node.name}({_arguments(node)})"
        if (item := _iterated(module, returns)) is not None:
            if isinstance(node, ast.AsyncFunctionDef) and not _yields(node):
                module.refuse(node, f"{node.name} must be iterated after it is awaited: make it a generator")
            self._add("Iterator", Import("from collections.abc import Iterator"), module, node)
            return f"Iterator[{self._use(module, item)}]", f"self._loop.iterate({call})"
        if (result := _awaited(module, returns)) is not None:
            return self._use(module, result), f"self._loop.run({call})"
        if isinstance(returns, ast.BinOp):
            item, result = _iterated(module, returns.left), _awaited(module, returns.right)
            if item is not None and result is not None:
                self._add("Iterator", Import("from collections.abc import Iterator"), module, node)
                either = f"Iterator[{self._use(module, item)}] | {self._use(module, result)}"
                return either, f"self._loop.iterate_or_run({call})"
        if module.source(returns) in (ASYNC, "Self"):
            if isinstance(node, ast.AsyncFunctionDef):
                module.refuse(node, f"{node.name} makes a client and is awaited")
            return "Self", f"self._over({call})"
        if (accessor := ACCESSORS.get(module.source(returns))) is not None:
            self._add(accessor, Import(f"from ._accessors import {accessor}"), module, node)
            return accessor, f"{accessor}(self._async.{node.name}, self._loop)"
        if module.source(returns) == ASYNC_BOUND:
            self._add(BOUND, Import(f"from ._bound import {BOUND}"), module, node)
            return BOUND, f"{BOUND}(self, {call}.session_id)"
        if isinstance(node, ast.AsyncFunctionDef):
            call = f"self._loop.run({call})"
        return self._use(module, returns), call

    def _hides(self, node: Method) -> list[str]:
        """The line after which no variable holds the key in the clear, where there is one."""
        if KEY not in _names(node):
            return []
        self.imports["Secret"] = Import("from ._core.secret import Secret")
        return [f"{KEY} = Secret.of({KEY})"]

    def _parameters(self, module: Module, node: Method) -> str:
        """The parameters as written, in one line."""
        given = node.args
        if given.vararg or given.kwarg:
            module.refuse(node, f"{node.name} takes *args or **kwargs")
        positional = [*given.posonlyargs, *given.args]
        if not positional or positional[0].arg != "self":
            module.refuse(node, f"{node.name} does not take self")
        defaults = [*[None] * (len(positional) - len(given.defaults)), *given.defaults, *given.kw_defaults]
        written: list[str] = []
        for parameter, default in zip([*positional, *given.kwonlyargs], defaults, strict=True):
            if parameter in given.kwonlyargs and "*" not in written:
                written.append("*")
            if parameter.arg == "self":
                written.append("self")
            elif parameter.arg not in self.without:
                if parameter.annotation is None:
                    module.refuse(parameter, f"{node.name}: {parameter.arg} has no annotation")
                text = f"{parameter.arg}: {self._use(module, parameter.annotation)}"
                written.append(text if default is None else f"{text} = {self._use(module, default)}")
            if given.posonlyargs and parameter is given.posonlyargs[-1]:
                written.append("/")
        return ", ".join(written).removesuffix(", *")

    def _docstring(self, module: Module, node: Method | ast.ClassDef) -> str:
        first = node.body[0]
        if ast.get_docstring(node) is None:
            module.refuse(node, f"{node.name} has no docstring")
        text = module.source(first)
        if self.awaited:
            return text
        text = PROGRAM.sub(_without_main, text)
        for pattern, spelling in SPELLING:
            text = re.sub(pattern, spelling, text)
        if left := re.search(r"\b(await|async|asyncio)\b", text):
            module.refuse(first, f"{node.name}: no synchronous spelling is known for {left[0]!r} as used here")
        return text

    def _use(self, module: Module, node: ast.expr) -> str:
        """The expression as written; the names in it are imported."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                if not self.awaited and re.match("Async|Awaitable|Coroutine", part.id):
                    module.refuse(part, f"no synchronous spelling is known for {part.id}")
                origin = module.origin(part.id)
                if origin is not None:
                    self._add(part.id, origin, module, part)
                elif not hasattr(builtins, part.id):
                    module.refuse(part, f"{part.id} is not known in this module")
        return module.source(node)

    def _add(self, name: str, origin: Import, module: Module, node: ast.AST) -> None:
        known = self.imports.setdefault(name, origin)
        if known.statement != origin.statement:
            module.refuse(node, f"{name} means two things: {known.statement!r} and {origin.statement!r}")
        if not origin.typing_only:
            self.imports[name] = origin

    def _import_lines(self) -> str:
        if any(origin.typing_only for origin in self.imports.values()):
            self.imports["Any"] = Import("from typing import Any")
        lines = sorted({origin.statement for origin in self.imports.values() if not origin.typing_only})
        if guarded := sorted({origin.statement for origin in self.imports.values() if origin.typing_only}):
            lines += ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:"]
            lines += [f"    {statement}" for statement in guarded]
            names = sorted(name for name, origin in self.imports.items() if origin.typing_only)
            lines += ["else:  # for those who look annotations up at run time", f"    {' = '.join(names)} = Any"]
        return "\n".join(lines)


class AccessorGenerator(Generator):
    """Writes the synchronous siblings of the classes of calls that the client's properties give."""

    file = "_accessors.py"

    def generate(self) -> str:
        """The whole file, before formatting."""
        self.imports = {"Bridge": Import("from ._core.bridge import Bridge")}
        classes: list[str] = []
        for module, owner in self._accessors():
            self._add(owner.name, Import(f"from .{module.name} import {owner.name}"), module, owner)
            self.done.clear()
            calls = "\n".join(self._methods(module, owner))
            docstring = self._docstring(module, owner)
            classes.append(
                ACCESSOR.format(sync=ACCESSORS[owner.name], target=owner.name, docstring=docstring, calls=calls)
            )
        return ACCESSORS_HEAD.format(imports=self._import_lines()) + "\n".join(classes)

    def _accessors(self) -> Iterator[tuple[Module, ast.ClassDef]]:
        for module, owner in self._call_classes():
            for node in owner.body:
                name = ast.unparse(node.returns) if isinstance(node, Method) and node.returns is not None else ""
                if name in ACCESSORS:
                    yield module, module.find_class(name)


class BoundGenerator(Generator):
    """Collects the calls that take a session, for both views of one session."""

    file = "_bound.py"
    without = (SESSION,)
    undecorated = ("keyword_aliases",)  # the session that they are for is left out

    def generate(self) -> str:
        """The whole file, before formatting."""
        views: list[str] = []
        self.imports.clear()
        for bound, client, module in ((ASYNC_BOUND, ASYNC, "client"), (BOUND, SYNC, "_sync")):
            self.awaited = bound == ASYNC_BOUND
            self.done.clear()
            signatures = SIGNATURES[bound]
            self.imports[client] = Import(f"from .{module} import {client}", typing_only=True)
            self.imports[signatures] = Import(f"from ._signatures import {signatures}")
            calls = [text for owner in self._call_classes() for text in self._methods(*owner)]
            own = "\n".join(self._methods(self.client, self.client.find_class(ASYNC)))
            view = VIEW.format(bound=bound, client=client, signatures=signatures, calls="\n".join(calls))
            views += [view, own]
        return "\n".join([BOUND_HEAD.format(imports=self._import_lines()), *views])

    def _is_wanted(self, node: Method) -> bool:
        makes_view = node.returns is not None and ast.unparse(node.returns) == ASYNC_BOUND
        return (SESSION in _names(node) or node.name in ON_THE_CLIENT) and not makes_view

    def _docstring(self, module: Module, node: Method | ast.ClassDef) -> str:
        """The summary, and where the client says the rest."""
        text = super()._docstring(module, node)
        summary = ast.literal_eval(text).strip().partition("\n\n")[0]
        where = f"See `{ASYNC if self.awaited else SYNC}.{node.name}`."
        line = f'"""{summary} {where}"""'
        if "\n" not in line and len(line) <= WIDTH:
            return line
        return f'"""\n        {summary}\n\n        {where}\n        """'

    def _forward(self, module: Module, node: Method) -> tuple[str, str]:
        call = f"self._client.{node.name}({_arguments(node, {SESSION: 'self.session_id'})})"
        if node.returns is not None and module.source(node.returns) in (ASYNC, "Self"):
            self._add("Self", Import("from typing import Self"), module, node)
            return "Self", f"type(self)({call}, self.session_id)"
        if not self.awaited:
            return super()._forward(module, node)[0], call
        returns = node.returns or module.refuse(node, f"{node.name} says not what it returns")
        waits = isinstance(node, ast.AsyncFunctionDef) and _iterated(module, returns) is None
        return self._use(module, returns), f"await {call}" if waits else call


@dataclass(frozen=True)
class Parameter:
    """
    A parameter of a call that takes a mapping as well.

    Attributes:
        name: Its name.
        annotation: Its type, as written.
        default: Its default as written; `None` where it is required.
        is_keyword: Whether it is passed by keyword alone.
    """

    name: str
    annotation: str
    default: str | None
    is_keyword: bool


@dataclass(frozen=True)
class Form:
    """
    A call that takes a mapping as well as keywords.

    Attributes:
        name: The method's name.
        ids: What comes before the mapping, by position.
        fields: What the mapping holds.
    """

    name: str
    ids: list[Parameter]
    fields: list[Parameter]

    @property
    def names_session(self) -> bool:
        """Whether the session is one of the fields."""
        return any(one.name == SESSION for one in self.fields)

    @property
    def request(self) -> str:
        """The name of the mapping's type."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Request"

    @property
    def fields_only(self) -> str:
        """The name of the type of the mapping without its session; the same one where it holds none."""
        return self.request.removesuffix("Request") + "Fields" if self.names_session else self.request


class FormGenerator(Generator):
    """Reads the calls that take a mapping as well as keywords."""

    awaited = True

    def _forms(self) -> Iterator[tuple[Module, Method, Form]]:
        for module, owner in self._call_classes():
            for node in owner.body:
                decorated = isinstance(node, Method) and MAPPING_FORM in map(ast.unparse, node.decorator_list)
                if isinstance(node, Method) and decorated:
                    yield module, node, self._form(module, node)

    def _form(self, module: Module, node: Method) -> Form:
        given = node.args
        positional = [*given.posonlyargs, *given.args][1:]
        defaults = [*[None] * (len(positional) - len(given.defaults)), *given.defaults, *given.kw_defaults]
        parameters: list[Parameter] = []
        for one, default in zip([*positional, *given.kwonlyargs], defaults, strict=True):
            if one.annotation is None:
                module.refuse(one, f"{node.name}: {one.arg} has no annotation")
            written = None if default is None else self._default(module, default)
            parameters.append(Parameter(one.arg, self._use(module, one.annotation), written, one in given.kwonlyargs))
        ids = [one for one in parameters if one.default is None and not one.is_keyword]
        if len(ids) == len(parameters):
            ids.pop()  # a mapping holds something
        return Form(node.name, ids, [one for one in parameters if one not in ids])

    def _default(self, module: Module, default: ast.expr) -> str:
        return self._use(module, default)


class RequestGenerator(FormGenerator):
    """Writes a `TypedDict` for the mapping of each call that takes one."""

    file = "requests.py"

    def generate(self) -> str:
        """The whole file, before formatting."""
        self.imports = {name: Import(f"from typing import {name}") for name in ("Required", "TypedDict")}
        texts: list[str] = []
        names: list[str] = []
        for _, _, form in self._forms():
            session = [one for one in form.fields if one.name == SESSION]
            others = [one for one in form.fields if one.name != SESSION]
            if session:
                texts.append(
                    self._typed_dict(form.fields_only, f"What `{form.name}` takes besides the session.", others)
                )
                what = f"What `{form.name}` takes."
                texts.append(self._typed_dict(form.request, what, session, base=form.fields_only))
                names.append(form.fields_only)
            else:
                after = f" after {' and '.join(one.name for one in form.ids)}" if form.ids else ""
                texts.append(self._typed_dict(form.request, f"What `{form.name}` takes{after}.", others))
            names.append(form.request)
            if form.name in TWO_MAPPINGS:
                name = form.request.removesuffix("Request") + "Options"
                optional = [one for one in others if one.default is not None]
                texts.append(self._typed_dict(name, f"What `{form.name}` takes as a second mapping.", optional))
                names.append(name)
        used = set(re.findall(r"\w+", "\n".join(texts)))  # ids stand before a mapping, not in it
        imports = "\n".join(sorted({origin.statement for name, origin in self.imports.items() if name in used}))
        return REQUESTS_HEAD.format(imports=imports, names=sorted(names)) + "\n".join(texts)

    def _typed_dict(self, name: str, what: str, fields: list[Parameter], *, base: str = "TypedDict") -> str:
        lines = [f"class {name}({base}, total=False):", f'    """{what}"""', ""]
        for one in fields:
            spellings = self._spellings(one)
            # Of a required field with two spellings a type checker cannot tell that one of them is given.
            required = one.default is None and len(spellings) == 1
            annotation = f"Required[{one.annotation}]" if required else one.annotation
            lines += [f"    {spelling}: {annotation}" for spelling in spellings]
        return "\n".join(lines) + "\n"

    def _spellings(self, field: Parameter) -> list[str]:
        """Ours and the service's; and the aliases of what need not be given."""
        names = [field.name]
        if field.default is not None:
            names += [alias for alias, name in self._aliases.items() if name == field.name]
        return list(dict.fromkeys(spelling for name in names for spelling in (name, _camel(name))))

    @functools.cached_property
    def _aliases(self) -> Mapping[str, str]:
        """The other names of arguments, as `ArgumentForms` is given them."""
        service = Module.read(self.package, "api.service")
        given = (node for node in ast.walk(service.tree) if isinstance(node, ast.keyword) and node.arg == "aliases")
        found = next(given, None) or service.refuse(service.tree, "no aliases")
        aliases: dict[str, str] = ast.literal_eval(found.value)
        return aliases

    def _default(self, module: Module, default: ast.expr) -> str:
        return module.source(default)  # a mapping has none: what it needs is not imported


class SignatureGenerator(FormGenerator):
    """Writes both forms of each such call, for type checkers and editors."""

    file = "_signatures.pyi"

    def generate(self) -> str:
        """The whole file, before formatting."""
        self.imports = {name: Import(f"from typing import {name}") for name in ("Never", "TypeVar")}
        self.variables: dict[tuple[str, str], str] = {}
        classes: list[str] = []
        for owner in (ASYNC, SYNC, ASYNC_BOUND, BOUND):
            self.awaited = owner in (ASYNC, ASYNC_BOUND)
            self.without = (SESSION,) if owner in (ASYNC_BOUND, BOUND) else ()
            methods = [
                text
                for module, node, form in self._forms()
                if not self.without or SESSION in _names(node)
                for text in self._overloads(module, node, form)
            ]
            classes.append(f"class {SIGNATURES[owner]}:\n" + ("\n".join(methods) or "    pass\n"))
        variables = [f'{name} = TypeVar("{name}", bound={bound})' for (_, bound), name in self.variables.items()]
        return SIGNATURES_HEAD.format(
            imports=self._import_lines(), variables="\n".join(variables), classes="\n".join(classes)
        )

    def _overloads(self, module: Module, node: Method, form: Form) -> Iterator[str]:
        if node.returns is None:
            module.refuse(node, f"{node.name} says not what it returns")
        kind = "async def" if isinstance(node, ast.AsyncFunctionDef) and self.awaited else "def"
        head, tail = f"    {kind} {node.name}(", f") -> {self._use(module, node.returns)}:"
        keywords, documentation = self._parameters(module, node), self._docstring(module, node)
        yield f"    if not MYPY:\n        @_overload\n    {head}{keywords}{tail} ..."
        for parameters in self._mappings(form):
            yield f"    @_overload\n{head}{parameters}{tail} ..."
        yield f"    if not MYPY:\n        @_overload\n    {head}{self._lenient(form)}{tail} ..."
        yield f"    @_overload\n{head}{keywords}{tail}\n        {documentation}\n"

    def _mappings(self, form: Form) -> Iterator[str]:
        ids = [f"{one.name}: {one.annotation}" for one in form.ids if one.name not in self.without]
        forms = [[*ids, f"request: {self._request(form.fields_only if self.without else form.request)}"]]
        if form.names_session and not self.without:
            session = next(one for one in form.fields if one.name == SESSION)
            forms.append([f"{SESSION}: {session.annotation}", f"request: {self._request(form.fields_only)}"])
        if form.name in TWO_MAPPINGS:
            options = self._request(form.request.removesuffix("Request") + "Options")
            forms += [[*one, f"options: {options}"] for one in forms]
        for parameters in forms:
            yield ", ".join(["self", *parameters, "/"])

    def _lenient(self, form: Form) -> str:
        """The parameters of the overload by which pyright names what is missing or unknown."""
        written = ["self"]
        for one in [*form.ids, *form.fields]:
            if one.name not in self.without:
                if one.is_keyword and "*" not in written:
                    written.append("*")
                annotation = self._variable(one) if one.default is None else one.annotation
                written.append(f"{one.name}: {annotation} = {'MISSING' if one.default is None else one.default}")
        return ", ".join([*written, "**unknown: Never"]).replace("*, **unknown", "**unknown")

    def _variable(self, parameter: Parameter) -> str:
        name = "".join(word.capitalize() for word in parameter.name.split("_"))
        taken = sum(other == parameter.name for other, _ in self.variables)
        name += "_" + (str(taken + 1) if taken else "")
        return self.variables.setdefault((parameter.name, parameter.annotation), name)

    def _request(self, name: str) -> str:
        self.imports[name] = Import(f"from .requests import {name}")
        return name


class SignatureRuntimeGenerator(SignatureGenerator):
    """Writes what stands for these signatures in a running program: nothing."""

    file = "_signatures.py"

    def generate(self) -> str:
        """The whole file, before formatting."""
        classes = [EMPTY_SIGNATURES.format(signatures=SIGNATURES[owner], owner=owner) for owner in SIGNATURES]
        return SIGNATURES_RUNTIME_HEAD + "\n".join(classes)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _arguments(node: Method, known: Mapping[str, str] | None = None) -> str:
    """The arguments of the call, each by its own name or, where that is known, by its value."""
    known = known or {}
    positional = [parameter.arg for parameter in [*node.args.posonlyargs, *node.args.args]][1:]
    keywords = [parameter.arg for parameter in node.args.kwonlyargs]
    return ", ".join([*(known.get(name, name) for name in positional), *(f"{n}={known.get(n, n)}" for n in keywords)])


def _names(node: Method) -> set[str]:
    """What a method takes."""
    return {parameter.arg for parameter in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]}


def _iterated(module: Module, returns: ast.expr) -> ast.expr | None:
    """What an iterator is said to yield; `None` where it is none."""
    if isinstance(returns, ast.Subscript) and module.source(returns.value).endswith("AsyncIterator"):
        return returns.slice
    return None


def _awaited(module: Module, returns: ast.expr) -> ast.expr | None:
    """What a method that is not `async` itself says its coroutine returns; `None` where it gives none."""
    if isinstance(returns, ast.Subscript) and module.source(returns.value).endswith("Coroutine"):
        return returns.slice.elts[-1] if isinstance(returns.slice, ast.Tuple) else None
    return None


def _without_main(program: re.Match[str]) -> str:
    return "\n\n" + re.sub("(?m)^    ", "", program[2].rstrip())


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.AnnAssign):
        return [node.target]
    return node.targets if isinstance(node, ast.Assign) else []


def _assigns_private(node: ast.stmt) -> bool:
    targets = _targets(node)
    return bool(targets) and all(isinstance(name, ast.Name) and name.id.startswith("_") for name in targets)


def _yields(node: ast.AsyncFunctionDef) -> bool:
    return any(isinstance(part, ast.Yield) for part in ast.walk(node))


def formatted(texts: Mapping[str, str]) -> dict[str, str]:
    """Files by name, with their imports sorted and everything laid out by ruff, with the project's settings."""
    with TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in texts}
        for name, file in files.items():
            file.write_text(texts[name], encoding="utf-8", newline="\n")
        for command in (["check", "--select", "I", "--fix"], ["format"]):
            run = [sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache"]
            subprocess.run([*run, "--config", str(ROOT / "pyproject.toml"), folder], check=True)
        return {name: file.read_text(encoding="utf-8") for name, file in files.items()}


def main(argv: list[str] | None = None) -> int:
    """Write or check the files; the exit code is 1 where the source is unknown or a file stale."""
    parser = argparse.ArgumentParser(description="Write the synchronous client from the asynchronous one.")
    parser.add_argument("--check", action="store_true", help="fail with a diff where one is stale")
    parser.add_argument("--package", type=Path, default=PACKAGE, help="folder of client.py")
    options = parser.parse_args(argv)
    kinds = (
        Generator,
        AccessorGenerator,
        BoundGenerator,
        RequestGenerator,
        SignatureGenerator,
        SignatureRuntimeGenerator,
    )
    try:
        texts = formatted({kind.file: kind(options.package).generate() for kind in kinds})
    except UnknownSourceError as unknown:
        print(unknown, file=sys.stderr)
        return 1
    stale = False
    for name, text in texts.items():
        path = options.package / name
        if not options.check:
            path.write_text(text, encoding="utf-8", newline="\n")
            continue
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        before, after = there.splitlines(keepends=True), text.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(before, after, f"{name} as it is", "as it should be"))
        stale = stale or there != text
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
