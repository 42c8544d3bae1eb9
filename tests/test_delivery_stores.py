"""Where rules keep what must survive a restart."""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wasend.delivery.stores import MemoryStore, SqliteStore, Store
from wasend.errors import ConfigurationError


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        kept = SqliteStore(tmp_path / "kept.db")
        yield kept
        kept.close()


def test_value_comes_back(store: Store) -> None:
    """What was kept comes back as JSON holds it; the newest value counts; an unknown key has none."""
    store.set("a", {"at": 1.5, "list": (1, None, "é")})
    assert store.get("a") == {"at": 1.5, "list": [1, None, "é"]}
    store.set("a", 0)
    assert store.get("a") == 0
    assert store.get("b") is None


def test_forgotten_key_is_gone(store: Store) -> None:
    """A deleted key has no value, and deleting it again is no error."""
    store.set("a", 1)
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None
    assert store.items("") == []


def test_kept_value_is_a_copy(store: Store) -> None:
    """Changing a list after it was kept, or after it was read, does not change what is kept."""
    value = [1]
    store.set("a", value)
    value.append(2)
    found = store.get("a")
    assert found == [1]
    found.append(3)
    assert store.get("a") == [1]


def test_items_of_a_prefix(store: Store) -> None:
    """Keys of a prefix come in their order, and a prefix means its characters, no pattern."""
    for number, key in enumerate(["p/2", "p/10", "p%", "p_x", "q/1", "P/1", "p/\U0001f600", "p"]):
        store.set(key, number)
    assert store.items("p/") == [("p/10", 1), ("p/2", 0), ("p/\U0001f600", 6)]
    assert store.items("p_") == [("p_x", 3)]
    assert len(store.items("")) == 8


def test_many_threads(store: Store) -> None:
    """Threads that write, read and list at once lose nothing and fail nowhere."""
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(100):
                store.set(f"{name}/{number:03}", number)
                store.items("")
                if number % 2:
                    store.delete(f"{name}/{number:03}")
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [value for _, value in store.items("c/")] == [*range(0, 100, 2)]
    assert len(store.items("")) == 200


def test_both_are_stores(store: Store) -> None:
    """Both stores fulfil the protocol that one's own would."""
    assert isinstance(store, Store)


def test_file_outlives_the_store(tmp_path: Path) -> None:
    """Another store on the same file finds what the first was given, without the first having been closed."""
    first, second = SqliteStore(tmp_path / "kept.db"), SqliteStore(str(tmp_path / "kept.db"))
    first.set("a", [1])
    assert second.get("a") == [1]
    second.delete("a")
    assert first.get("a") is None
    first.close()
    second.close()


def test_closed_store_is_closed(tmp_path: Path) -> None:
    """Closing twice is no error, and a closed store says that it is."""
    store = SqliteStore(tmp_path / "kept.db")
    store.close()
    store.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.get("a")


def test_forsaken_store_closes_its_file(tmp_path: Path) -> None:
    """A store that nobody has any more closes its file without a warning."""
    store = SqliteStore(tmp_path / "kept.db")
    store.set("a", 1)
    assert (tmp_path / "kept.db-wal").exists()
    del store
    gc.collect()
    assert not (tmp_path / "kept.db-wal").exists(), "SQLite removes it when the last connection closes"


def _missing(folder: Path) -> object:
    return folder / "missing" / "kept.db"


def _folder(folder: Path) -> object:
    return folder


def _no_database(folder: Path) -> object:
    path = folder / "text.db"
    path.write_text("not a database, but long enough to be read as the header of one\n" * 20)
    return path


@pytest.mark.parametrize("path", [_missing, _folder, _no_database])
def test_unusable_file_is_named(tmp_path: Path, path: Callable[[Path], str | os.PathLike[str]]) -> None:
    """A file that cannot be a store is a fault of configuration, which names it."""
    with pytest.raises(ConfigurationError, match=r"path: .*") as caught:
        SqliteStore(path(tmp_path))
    assert tmp_path.name in str(caught.value)


def test_child_leaves_the_connection_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that is not its own, a store does not close what its parent uses."""
    store = SqliteStore(tmp_path / "kept.db")
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    store.close()
    store.set("a", 1)
    assert store.get("a") == 1
    store._file.close()
