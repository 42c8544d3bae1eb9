"""
The tests that any store must pass, for a store of one's own.

Example:
    ```python
    from wasend.delivery import Store
    from wasend.delivery.conformance import StoreConformance


    class TestRedisStore(StoreConformance):
        def open(self) -> Store:
            return RedisStore(Redis(port=6380), name=self.name)
    ```

pytest collects them by the class's name; any other runner calls each method that begins with ``test_`` on a new
instance.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from .stores import Store


class StoreConformance:
    """
    Tests of a store. A subclass says how to open it.

    Attributes:
        name: Another for each test. Data of one name is apart from that of others.
        shared: Whether two stores that are opened by the same name hold the same.
    """

    shared: bool = True
    name: str = ""

    def open(self) -> Store:
        """
        A store for the data of `name`, of which there is none at first.

        Called several times in a test, and from several threads, where the store is `shared`.
        """
        raise NotImplementedError

    def _open(self) -> Store:
        self.name = uuid.uuid4().hex
        return self.open()

    def test_a_value_comes_back(self) -> None:
        """What is set comes back as JSON holds it, the newest value counts, and an unknown key has none."""
        store = self._open()
        values: list[Any] = [{"at": 1.5, "list": [1, None, "é\0\U0001f600"]}, [], {}, "", 0, False, 2**53, "x" * 99_999]
        for value in values:
            store.set("a", value)
            _expect(store.get("a"), value)
        store.set("a", (1, 2))
        _expect(store.get("a"), [1, 2])
        _expect(store.get("b"), None)
        _expect(store.get("A"), None)

    def test_a_value_is_a_copy(self) -> None:
        """To change what was set, or what was read, changes nothing that is kept."""
        store = self._open()
        value = [1]
        store.set("a", value)
        value.append(2)
        store.get("a").append(3)  # type: ignore[union-attr]
        store.items("a")[0][1].append(4)
        _expect(store.get("a"), [1])

    def test_a_deleted_key_is_gone(self) -> None:
        """A deleted key has no value; to delete it again is no error."""
        store = self._open()
        store.set("a", 1)
        store.delete("a")
        store.delete("a")
        _expect(store.get("a"), None)
        _expect(store.items(""), [])

    def test_items_of_a_prefix(self) -> None:
        """Keys come in the order of their characters, and a prefix means its characters, no pattern."""
        store = self._open()
        for number, key in enumerate(["p/2", "p/10", "p%", "p_x", "p*", "p[a]", "q/1", "P/1", "p/\U0001f600", "p"]):
            store.set(key, number)
        _expect(store.items("p/"), [("p/10", 1), ("p/2", 0), ("p/\U0001f600", 8)])
        for prefix, number in (("p_", 3), ("p%", 2), ("p*", 4), ("p[", 5)):
            _expect([value for _, value in store.items(prefix)], [number])
        _expect(len(store.items("")), 10)

    def test_many_are_set(self) -> None:
        """Many values are set at once, and replace earlier ones."""
        store = self._open()
        store.set("k/00001", "old")
        values = {f"k/{number:05}": number for number in range(5_000)}
        store.set_many(values)
        _expect(store.items("k/"), [*values.items()])
        store.set_many({})

    def test_many_are_set_or_none(self) -> None:
        """Where one of many values cannot be kept, none is set."""
        store = self._open()

        class Breaking(Mapping[str, Any]):
            def __getitem__(self, key: str) -> Any:
                return 1

            def __len__(self) -> int:
                return 2

            def __iter__(self) -> Any:
                yield "a"
                raise _OurError

        _expect_our_error(lambda: store.set_many(Breaking()))
        try:
            store.set_many({"a": 1, "b": object()})
        except Exception:  # noqa: BLE001 - each store has its own
            _expect(store.items(""), [])
        else:
            _fail("set_many took a value that JSON cannot hold")

    def test_an_update(self) -> None:
        """The function gets the value and makes the new one; `None` is no value, before and after."""
        store = self._open()
        given: list[Any] = []

        def become(value: Any) -> Callable[[Any], Any]:
            def function(old: Any) -> Any:
                given.append(old)
                return value

            return function

        _expect(store.update("a", become({"n": 1})), {"n": 1})
        _expect(store.update("a", become([2])), [2])
        _expect(store.get("a"), [2])
        _expect(store.update("a", become(None)), None)
        _expect(store.items(""), [])
        _expect(store.update("a", become(None)), None)
        _expect(given, [None, {"n": 1}, [2], None])

    def test_an_update_that_fails(self) -> None:
        """What the function raises comes out, changes nothing, and does not keep others from writing."""
        store = self._open()
        store.set("a", 1)

        def fail(_: Any) -> NoReturn:
            raise _OurError

        _expect_our_error(lambda: store.update("a", fail))
        _expect(store.get("a"), 1)
        _expect(store.update("a", lambda old: (old or 0) + 1), 2)

    def test_updates_lose_nothing(self) -> None:
        """Updates of one key by many threads, each with a store of its own where it is shared, are all counted."""
        store, each = self._open(), 50

        def work() -> None:
            mine = self.open() if self.shared else store
            for _ in range(each):
                mine.update("n", lambda old: (old or 0) + 1)

        self._at_once([work] * 4)
        _expect(store.get("n"), 4 * each)

    def test_threads(self) -> None:
        """Threads that write, read and list at once in one store lose nothing."""
        store = self._open()

        def work(name: str) -> None:
            for number in range(40):
                store.set(f"{name}/{number:03}", number)
                store.items(name)
                if number % 2:
                    store.delete(f"{name}/{number:03}")

        self._at_once([lambda name=name: work(name) for name in "abcd"])  # type: ignore[misc]
        _expect([value for _, value in store.items("c/")], [*range(0, 40, 2)])
        _expect(len(store.items("")), 80)

    def test_another_store_sees_it(self) -> None:
        """What one store has set, deleted or updated is seen by another of the same data at once."""
        first = self._open()
        if not self.shared:
            return
        second = self.open()
        first.set("a", [1])
        _expect(second.get("a"), [1])
        second.update("a", lambda old: [*(old or []), 2])
        _expect(first.get("a"), [1, 2])
        second.delete("a")
        _expect(first.get("a"), None)

    def test_the_time(self) -> None:
        """Where a store tells the time, it is one for all that share it, in seconds since 1970, and never goes back."""
        first: Any = self._open()
        if not hasattr(first, "now"):
            return
        second: Any = self.open() if self.shared else first
        times: list[Any] = [store.now() for store in (first, second, first, second)]
        for time in times:
            _expect(isinstance(time, float), True)
        _expect(times, sorted(times))
        _expect(times[0] > 1_700_000_000, True)
        _expect(times[0] < 10_000_000_000, True)  # it would be milliseconds

    def _at_once(self, works: list[Callable[[], object]]) -> None:
        faults: list[BaseException] = []

        def run(work: Callable[[], object]) -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised below
                faults.append(error)

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]


class _OurError(Exception):
    pass


def _expect_our_error(do: Callable[[], object]) -> None:
    try:
        do()
    except _OurError:
        return
    _fail("what was raised inside did not come out")


def _expect(found: object, expected: object) -> None:
    if found != expected or type(found) is not type(expected):
        _fail(f"expected {expected!r:.200}, found {found!r:.200}")


def _fail(why: str) -> NoReturn:
    raise AssertionError(why)
