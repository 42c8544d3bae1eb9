"""The generator of the synchronous client, the views of one session and the signatures, on small samples and the real ones."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import wasend
from tools.generate_sync import PACKAGE, BoundGenerator, Generator, UnknownSourceError, formatted, main

CLIENT = '''\
from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ._bound import AsyncBoundSession
from ._names import Names
from .api.letters import LetterCalls
from .api.stamps import StampCalls

if TYPE_CHECKING:
    from fractions import Fraction


class AsyncWasendClient(LetterCalls, StampCalls, Names):
    """
    The asynchronous client of an office.

    Example:
        ```python
        import asyncio
        from office import AsyncWasendClient


        async def main() -> None:
            async with AsyncWasendClient() as client:
                await client.write("ann")

                await client.write("bob")


        asyncio.run(main())
        ```
    """

    def __init__(self, name: str = "büro", *, pause: Fraction | Literal["none"] | None = None) -> None:
        """Open the office."""
        self.name = name
        self.closed = False

    def with_options(self, *, name: str) -> AsyncWasendClient:
        """The same office under another name."""
        return AsyncWasendClient(name)

    def session(self, session: str) -> AsyncBoundSession:
        """One desk: ``client.session("ses_1")`` of the AsyncWasendClient makes an `AsyncBoundSession`."""
        return AsyncBoundSession(self, session)

    @property
    def length(self) -> int:
        """How long the name is."""
        return len(self.name)

    async def whole(self) -> str:
        """The name, said slowly."""
        return self.name

    async def aclose(self) -> None:
        """Close it: ``await client.aclose()``."""
        self.closed = True
'''

LETTERS = '''\
from __future__ import annotations

from collections.abc import AsyncIterator
from typing import overload

from .._core.calls import Calls, doubled

PAPER = "plain"


class Letter(str):
    pass


class AsyncOutboxCalls:
    """What lies in the tray of the AsyncWasendClient."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def find(self, key: str, *, whole: bool = True) -> Letter | None:
        """Find one: ``await client.tray.find("a")``."""
        return Letter(f"{self._name} {key}") if whole else None

    async def look(self) -> AsyncIterator[Letter]:
        """Look through it."""
        yield Letter(self._name)


class LetterCalls(Calls):
    _secret = 1

    @property
    def tray(self) -> AsyncOutboxCalls:
        """Where they lie."""
        return AsyncOutboxCalls("tray")

    @overload
    async def write(self, to: str, /, *, text: str) -> Letter: ...
    @overload
    async def write(self, to: str, /) -> Letter: ...
    async def write(self, to: str, /, kind: str = PAPER, *, text: str = "dear {x}") -> Letter:
        r"""
        Write one, on \\paper.

        Example:
            >>> import asyncio
            >>> async def main() -> None:
            ...     async with AsyncWasendClient() as client:
            ...         print((await client.write("ann")).upper())
            ...         async for letter in client.read():
            ...             print(letter)
            >>> asyncio.run(main())
        """
        return Letter(f"{to} {kind} {text}")

    async def read(self) -> AsyncIterator[Letter]:
        """Read them, one after another."""
        yield Letter("a")
        yield Letter("b")

    @doubled
    async def weigh(self) -> int:
        """Weigh it."""
        return 4

    async def _hidden(self) -> None:
        pass
'''

STAMPS = '''\
from __future__ import annotations

from collections.abc import AsyncIterator
from typing import overload

from .._core.calls import Calls, doubled
from .letters import Letter


class StampCalls(Calls):
    """Stamps."""

    @overload
    async def seal(self, session: str, wax: Letter, /) -> str: ...
    @overload
    async def seal(self, session: str, wax: Letter, /, *, hot: bool) -> str: ...
    async def seal(self, session: str, wax: Letter, /, *, hot: bool = True) -> str:
        """
        Seal one.

        Args:
            session: The desk,
                which has a seal,
                or borrows one.
            wax: The wax, of which
                session: is no entry.
            hot: How it is.

        Raises:
            ValueError: Never.
        """
        return f"{session} {wax} {hot}"

    @doubled
    async def weigh_desk(self, *, session: str) -> str:
        """
        Weigh it.

        Args:
            session: The desk.
        """
        return session

    def drawers(self, session: str, *, size: int = 2) -> AsyncIterator[str]:
        """
        Open them.

        Args:
            session: The desk.
            size: How many.

        Yields:
            Each, as the AsyncWasendClient does.
        """

        async def each() -> AsyncIterator[str]:
            for number in range(size):
                yield f"{session} {number}"

        return each()

    async def papers(self, session: str) -> AsyncIterator[Letter]:
        """
        Look through them.

        Args:
            session: The desk.
        """
        yield Letter(session)

    async def stamp(self, letter: Letter) -> None:
        """Put one on."""
'''

NAMES = """\
class Names:
    def __getattr__(self, name):
        if name == "penned":
            return self.write
        raise AttributeError(name)
"""

CALLS = """\
class Calls:
    pass


def doubled(method):
    method.doubled = True
    return method
"""

BRIDGE = """\
import asyncio


class Bridge:
    def __init__(self, aclose):
        self.aclose = aclose

    def run(self, coroutine):
        return asyncio.run(coroutine)

    def iterate(self, iterator):
        return iter(asyncio.run(self._all(iterator)))

    async def _all(self, iterator):
        return [item async for item in iterator]

    def close(self):
        asyncio.run(self.aclose())
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A small package in the shape of the real one."""
    return small_package(tmp_path)


def small_package(folder: Path) -> Path:
    package = folder / "office"
    for name, text in {
        "__init__": "",
        "client": CLIENT,
        "api.__init__": "",
        "api.letters": LETTERS,
        "api.stamps": STAMPS,
        "_names": NAMES,
        "_core.__init__": "",
        "_core.calls": CALLS,
        "_core.bridge": BRIDGE,
    }.items():
        path = package.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated module of that package, imported."""
    package = small_package(tmp_path_factory.mktemp("made"))
    assert main(["--package", str(package)]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(package.parent)
        yield importlib.import_module("office._sync")


@pytest.fixture(scope="module")
def bound(made: ModuleType) -> ModuleType:
    """The generated module of its views of one session, imported."""
    return importlib.import_module("office._bound")


def generate(office: Path, generator: type[Generator] = Generator) -> str:
    """The formatted text of a file of a package."""
    return formatted({generator.file: generator(office).generate()})[generator.file]


def change(office: Path, module: str, old: str, new: str) -> None:
    """Edit one module of the sample; the old text must be there."""
    path = office.joinpath(*module.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_generated_methods_give_what_the_asynchronous_ones_give(made: ModuleType) -> None:
    """A call, an iteration, a property and a view all work, and the arguments arrive where they belong."""
    with made.WasendClient("post") as client:
        assert client.write("ann", "fine", text="hi") == "ann fine hi"
        assert list(client.read()) == ["a", "b"]
        assert client.length == 4
        view = client.with_options(name="other")
        assert isinstance(view, made.WasendClient)
        assert view.whole() == "other"
        assert not client._async.closed
    assert client._async.closed


def test_what_a_property_gives_is_synchronous_too(made: ModuleType) -> None:
    """A property whose value has calls of its own gives their synchronous siblings."""
    with made.WasendClient("post") as client:
        assert client.tray.find("a") == "tray a"
        assert client.tray.find("a", whole=False) is None
        assert list(client.tray.look()) == ["tray"]
        assert str(inspect.signature(client.tray.find)) == "(key: 'str', *, whole: 'bool' = True) -> 'Letter | None'"
        assert client.tray.find.__doc__ == 'Find one: ``client.tray.find("a")``.'
        assert type(client.tray).__doc__ == "What lies in the tray of the WasendClient."


def test_signatures_are_kept_as_written(made: ModuleType) -> None:
    """Kinds, defaults, annotations and decorators come over; `AsyncIterator` becomes `Iterator`."""
    client = made.WasendClient
    assert str(inspect.signature(client.write)) == (
        "(self, to: 'str', /, kind: 'str' = 'plain', *, text: 'str' = 'dear {x}') -> 'Letter'"
    )
    assert str(inspect.signature(client.read)) == "(self) -> 'Iterator[Letter]'"
    assert str(inspect.signature(client)) == (
        "(name: 'str' = 'büro', *, pause: \"Fraction | Literal['none'] | None\" = None) -> 'None'"
    )
    assert client.weigh.doubled


def test_docstrings_lose_what_only_coroutines_need(made: ModuleType) -> None:
    """Examples read as they would be typed without asyncio; the rest of the text is the same."""
    assert inspect.getdoc(made.WasendClient.write) == inspect.cleandoc(r"""
        Write one, on \paper.

        Example:
            >>> def main() -> None:
            ...     with WasendClient() as client:
            ...         print(client.write("ann").upper())
            ...         for letter in client.read():
            ...             print(letter)
            >>> main()
    """)
    assert made.WasendClient.close.__doc__ == "Close it: ``client.close()``."
    assert inspect.getdoc(made.WasendClient) == inspect.cleandoc("""
        The synchronous client of an office.

        Example:
            ```python
            from office import WasendClient

            with WasendClient() as client:
                client.write("ann")

                client.write("bob")
            ```
    """)


def test_other_bases_are_kept(made: ModuleType) -> None:
    """A base that holds no calls is one of the synchronous client as well."""
    with made.WasendClient("post") as client:
        assert client.penned("ann") == "ann plain dear {x}"
        assert not hasattr(client, "unheard")


def test_views_of_a_session_forward(made: ModuleType, bound: ModuleType) -> None:
    """Both views pass the session on, by position or keyword as the call takes it, and iterate where it iterates."""
    with made.WasendClient("post") as client:
        view = client.session("ses_1")
        assert isinstance(view, bound.BoundSession)
        assert (view.session_id, repr(view)) == ("ses_1", "BoundSession('ses_1')")
        assert view.seal("wax", hot=False) == "ses_1 wax False"
        assert view.weigh_desk() == "ses_1"
        assert list(view.drawers(size=1)) == ["ses_1 0"]
        assert list(view.papers()) == ["ses_1"]

        async def awaited() -> None:
            view = client._async.session("ses_2")
            assert repr(view) == "AsyncBoundSession('ses_2')"
            assert await view.seal("wax") == "ses_2 wax True"
            assert await view.weigh_desk() == "ses_2"
            assert [drawer async for drawer in view.drawers()] == ["ses_2 0", "ses_2 1"]
            assert [paper async for paper in view.papers()] == ["ses_2"]

        asyncio.run(awaited())


def test_views_have_the_calls_that_take_a_session(bound: ModuleType) -> None:
    """They have those, with parameters and decorators as written but for the session, and no others."""
    for view in (bound.BoundSession, bound.AsyncBoundSession):
        public = {name for name in dir(view) if not name.startswith("_")} - {"session_id"}
        assert public == {"seal", "weigh_desk", "drawers", "papers", "with_options"}
        assert view.weigh_desk.doubled
        assert str(inspect.signature(view.seal)) == "(self, wax: 'Letter', /, *, hot: 'bool' = True) -> 'str'"
        assert str(inspect.signature(view.weigh_desk)) == "(self) -> 'str'"
    assert str(inspect.signature(bound.BoundSession.drawers)) == "(self, *, size: 'int' = 2) -> 'Iterator[str]'"
    assert (
        str(inspect.signature(bound.AsyncBoundSession.drawers)) == "(self, *, size: 'int' = 2) -> 'AsyncIterator[str]'"
    )
    assert inspect.iscoroutinefunction(bound.AsyncBoundSession.seal)
    assert not inspect.iscoroutinefunction(bound.AsyncBoundSession.papers)


def test_views_point_to_the_clients(bound: ModuleType) -> None:
    """A call of a view says in a sentence what it does, and which method of which client says the rest."""
    assert inspect.getdoc(bound.AsyncBoundSession.seal) == "Seal one. See `AsyncWasendClient.seal`."
    assert inspect.getdoc(bound.BoundSession.seal) == "Seal one. See `WasendClient.seal`."
    assert inspect.getdoc(bound.BoundSession.weigh_desk) == "Weigh it. See `WasendClient.weigh_desk`."


def test_long_summary_of_a_view(office: Path) -> None:
    """What does not fit into a line is laid out as a docstring of several."""
    change(office, "api.stamps", "Weigh it.", f"Weigh {'it, ' * 20}and say\n        what it weighs.")
    text = BoundGenerator(office).generate()
    expected = f'"""\n        Weigh {"it, " * 20}and say\n        what it weighs.\n\n        See `WasendClient.weigh_desk`.\n        """'
    assert expected in text


def test_views_do_not_import_the_clients(office: Path) -> None:
    """They know the clients for annotations alone: these import them."""
    tree = ast.parse(generate(office, BoundGenerator))
    guarded = [ast.unparse(node) for node in tree.body if isinstance(node, ast.If)]
    checking = "if TYPE_CHECKING:\n    from ._sync import WasendClient\n    from .client import AsyncWasendClient\n"
    assert guarded == [f"{checking}else:\n    AsyncWasendClient = WasendClient = Any"]


def test_overloads_are_kept(office: Path) -> None:
    """Both overloads stand before the method that forwards."""
    assert generate(office).count("def write(") == 3
    assert BoundGenerator(office).generate().count("def seal(") == 6


def test_an_iterator_or_a_coroutine(office: Path) -> None:
    """A method that gives one or the other, by its arguments, gives an iterator or the result."""
    change(office, "api.stamps", "import AsyncIterator", "import AsyncIterator, Coroutine")
    change(office, "api.stamps", "import overload", "import Any, overload")
    change(office, "api.stamps", "2) -> AsyncIterator[str]:", "2) -> AsyncIterator[str] | Coroutine[Any, Any, int]:")
    change(
        office,
        "api.stamps",
        "    def drawers",
        '''    def shut(self) -> Coroutine[Any, Any, int]:
        """Shut them."""

    def drawers''',
    )
    text = generate(office)
    assert "def drawers(self, session: str, *, size: int = 2) -> Iterator[str] | int:" in text
    assert "return self._loop.iterate_or_run(self._async.drawers(session, size=size))" in text
    assert "def shut(self) -> int:" in text
    assert "return self._loop.run(self._async.shut())" in text


FORMS = """\
from .._core.calls import Calls, doubled as mapping_form


class StampCalls(Calls):
    @mapping_form
    async def frank(self, *, session: str, to_whom: str, ink: str, press_on: int = 2) -> str:
        \"""Frank one.\"""
        return ink

    @mapping_form
    async def post(self, session: str, letter: str, where: str) -> str:
        \"""Post one.\"""
        return letter
"""


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with calls that take a mapping as well."""
    office = small_package(tmp_path_factory.mktemp("forms"))
    (office / "api" / "stamps.py").write_text(FORMS, encoding="utf-8")
    (office / "api" / "service.py").write_text('FORMS = dict(aliases={"push_on": "press_on"})', encoding="utf-8")
    assert main(["--package", str(office)]) == 0
    return office


def test_a_mapping_has_its_fields_in_both_spellings(forms: Path) -> None:
    """Ids are no fields; a required field with one spelling is required, and only what is optional has its aliases."""
    tree = ast.parse((forms / "requests.py").read_text(encoding="utf-8"))
    fields = {
        node.name: [ast.unparse(one) for one in node.body if isinstance(one, ast.AnnAssign)]
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    options = [f"{name}: int" for name in ("press_on", "pressOn", "push_on", "pushOn")]
    assert fields == {
        "FrankFields": ["to_whom: str", "toWhom: str", "ink: Required[str]", *options],
        "FrankRequest": ["session: Required[str]"],
        "PostRequest": ["where: Required[str]"],
    }


@pytest.mark.parametrize(
    ("owner", "kind", "mappings", "lenient"),
    [
        (
            "AsyncSignatures",
            ast.AsyncFunctionDef,
            ["self, request: FrankRequest, /", "self, session: str, request: FrankFields, /"],
            "self, *, session: Session_=MISSING, to_whom: ToWhom_=MISSING, ink: Ink_=MISSING, press_on: int=2, **unknown: Never",
        ),
        (
            "BoundSignatures",
            ast.FunctionDef,
            ["self, request: FrankFields, /"],
            "self, *, to_whom: ToWhom_=MISSING, ink: Ink_=MISSING, press_on: int=2, **unknown: Never",
        ),
    ],
)
def test_both_forms_for_type_checkers(
    forms: Path, owner: str, kind: type[ast.AST], mappings: list[str], lenient: str
) -> None:
    """A call has its keywords, its mappings, what names mistakes, and again its keywords, with the documentation."""
    tree = ast.parse((forms / "_signatures.pyi").read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner]
    nodes = [node for node in found.body if "frank" in ast.unparse(node)]
    assert {ast.unparse(node.test) for node in nodes if isinstance(node, ast.If)} == {"not MYPY"}
    functions = [
        one
        for node in nodes
        for one in (node.body if isinstance(node, ast.If) else [node])
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert {type(node) for node in functions} == {kind}
    assert {ast.unparse(one) for node in functions for one in node.decorator_list} == {"_overload"}
    first, *between, hidden, last = [ast.unparse(node.args) for node in functions]
    assert (between, hidden) == (mappings, lenient)
    assert first == last
    assert last.endswith("to_whom: str, ink: str, press_on: int=2")
    assert [isinstance(node, ast.If) for node in nodes] == [True, *[False for _ in mappings], True, False]
    assert (ast.get_docstring(functions[-1]) or "").startswith("Frank one.")


def test_typing_only_imports_stay_so(office: Path) -> None:
    """What the source imports for annotations alone is not imported when the program runs."""
    tree = ast.parse(generate(office))
    guarded = [ast.unparse(node) for node in tree.body if isinstance(node, ast.If)]
    assert guarded == ["if TYPE_CHECKING:\n    from fractions import Fraction\nelse:\n    Fraction = Any"]


def test_imports_are_no_more_than_needed(office: Path) -> None:
    """ruff finds no name that is missing and none that is not used."""
    ruff = [sys.executable, "-m", "ruff", "check", "--select", "F", "--isolated", "-"]
    for text in (generate(office), BoundGenerator(office).generate()):
        assert subprocess.run(ruff, input=text, encoding="utf-8", check=False).returncode == 0


@pytest.mark.parametrize(
    ("module", "old", "new", "problem"),
    [
        ("api.stamps", "letter: Letter", "*letters: Letter", r"\*args"),
        ("api.stamps", "letter: Letter", "letter", "no annotation"),
        ("api.stamps", "letter: Letter", "letter: Unheard", "Unheard is not known"),
        ("api.stamps", ") -> None", ")", "what it returns"),
        ("api.stamps", '"""Put one on."""', "pass", "no docstring"),
        ("api.stamps", '"""Put one on."""', '"""You must await it."""', "'await'"),
        ("api.stamps", '"""Put one on."""', '"""Uses asyncio.gather."""', "'asyncio'"),
        ("api.stamps", "async def stamp", "async def write", "write is defined twice"),
        ("api.stamps", '"""Stamps."""', "class Glue: ...", "only methods"),
        ("api.stamps", '"""Stamps."""', "colour = 'red'", "only methods"),
        ("api.stamps", "async def stamp", "async def __call__", "__call__"),
        ("api.stamps", "-> None", "-> AsyncWasendClient", "is awaited"),
        ("api.stamps", "(Calls)", "(Calls, dict)", "more than Calls"),
        ("api.stamps", "    async def stamp", "    @classmethod\n    async def stamp", "@classmethod"),
        ("api.letters", "AsyncIterator[Letter]:", "Coroutine[Letter]:", "Coroutine"),
        ("api.letters", 'yield Letter("a")\n        yield Letter("b")', "return other()", "a generator"),
        ("client", "from .api.stamps import StampCalls", "", "StampCalls is not imported"),
        ("client", "async def aclose", "async def shut", "no aclose"),
    ],
)
def test_unknown_source_is_refused(office: Path, module: str, old: str, new: str, problem: str) -> None:
    """What has no synchronous spelling stops the generator, with the file and the line."""
    change(office, module, old, new)
    with pytest.raises(UnknownSourceError, match=rf"\.py:\d+: .*({problem})"):
        Generator(office).generate()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("hot: bool = True", "hot = True", "no annotation"),
        ("hot: bool = True", "hot: bool = True, **more: bool", r"\*args"),
        ("    @doubled\n", "    @staticmethod\n", "@staticmethod"),
        (
            "async def seal(self, session: str, wax: Letter, /, *, hot: bool = True) -> str:",
            "async def drawers(self, session: str) -> str:",
            "drawers is defined twice",
        ),
    ],
)
def test_unknown_source_is_refused_for_views(office: Path, old: str, new: str, problem: str) -> None:
    """So it is for the views of a session."""
    change(office, "api.stamps", old, new)
    with pytest.raises(UnknownSourceError, match=rf"stamps\.py:\d+: .*({problem})"):
        BoundGenerator(office).generate()


def test_one_name_with_two_meanings_is_refused(office: Path) -> None:
    """Two modules that call different things by one name cannot share a file."""
    change(office, "api.stamps", "from .letters import Letter", "from .parcels import Letter")
    with pytest.raises(UnknownSourceError, match="Letter means two things"):
        Generator(office).generate()


def test_refusal_is_told_and_nothing_is_written(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command fails with one line on standard error and leaves the old file alone."""
    change(office, "api.stamps", "letter: Letter", "**letters: Letter")
    assert main(["--package", str(office)]) == 1
    assert "stamps.py" in capsys.readouterr().err
    assert not (office / "_sync.py").exists()
    assert not (office / "_bound.py").exists()


def test_check_shows_what_is_stale(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--check`` passes on a fresh file, and prints a diff and fails after a change of the source."""
    assert main(["--package", str(office)]) == 0
    assert main(["--package", str(office), "--check"]) == 0
    change(office, "api.stamps", "letter: Letter", "letter: str")
    before = (office / "_sync.py").read_text(encoding="utf-8")
    assert main(["--package", str(office), "--check"]) == 1
    assert "+    def stamp(self, letter: str) -> None:" in capsys.readouterr().out
    assert (office / "_sync.py").read_text(encoding="utf-8") == before


def test_check_covers_every_file(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that was edited by hand, or is not there, is stale, and is named."""
    assert main(["--package", str(office)]) == 0
    for name in ("_sync.py", "_bound.py", "_signatures.py", "_signatures.pyi", "requests.py"):
        file = office / name
        text = file.read_text(encoding="utf-8")
        file.unlink()
        assert main(["--package", str(office), "--check"]) == 1
        assert re.findall(r"--- (\S+) as it is", capsys.readouterr().out) == [name]
        assert not file.exists()
        file.write_text(text, encoding="utf-8")
    assert main(["--package", str(office), "--check"]) == 0


def test_the_checked_in_files_are_what_the_generator_makes(capsys: pytest.CaptureFixture[str]) -> None:
    """What is generated in ``src/wasend`` is up to date."""
    assert main(["--check"]) == 0, capsys.readouterr().out
    assert (PACKAGE / "_sync.py").exists()
    assert (PACKAGE / "_bound.py").exists()


def _public(client: type) -> dict[str, object]:
    return {name: member for name, member in inspect.getmembers(client) if not name.startswith("_")}


def test_every_public_member_has_its_sibling() -> None:
    """The two clients have the same public names; only the way to close them is spelt differently."""
    names = set(_public(wasend.AsyncWasendClient)) - {"aclose"} | {"close"}
    assert set(_public(wasend.WasendClient)) == names


def test_siblings_take_the_same_arguments() -> None:
    """Every method of the synchronous client has the parameters of the asynchronous one, and awaits nothing."""
    siblings = _public(wasend.WasendClient)
    for name, member in _public(wasend.AsyncWasendClient).items():
        if callable(member) and name != "aclose":
            sibling = siblings[name]
            assert callable(sibling)
            assert inspect.signature(sibling).parameters == inspect.signature(member).parameters, name
            assert not inspect.iscoroutinefunction(sibling), name
