"""Who does not want messages: the list, its CSV, and what it does to sends."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import pickle
import re
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients import KEY, NUMBER
from tests.raw import answer, serving
from wasend import AsyncWasendClient
from wasend._core.clock import Clock
from wasend.delivery.stores import MemoryStore, SqliteStore
from wasend.delivery.suppression import Suppressed, Suppression, SuppressionMiddleware
from wasend.errors import ConfigurationError, InvalidRequestError, StoreError, SuppressedRecipientError
from wasend.recipients import Recipient
from wasend.sandbox import Sandbox

NOW = 1_750_000_000
ISO = "2025-06-15T15:06:40Z"


class Hands(Clock):
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time: float = NOW + 0.75

    def now(self) -> float:
        return self.time


@pytest.fixture
def suppression() -> Suppression:
    return Suppression(clock=Hands())


def listed(suppression: Suppression) -> list[tuple[str, str, int]]:
    return [(entry.number, entry.reason, int(entry.added_at.timestamp())) for entry in suppression]


def imported(text: str | bytes) -> list[tuple[str, str, int]]:
    """What a list holds after importing such a file."""
    suppression = Suppression(clock=Hands())
    suppression.import_csv(io.StringIO(text) if isinstance(text, str) else io.BytesIO(text))
    return listed(suppression)


def exported(suppression: Suppression) -> str:
    file = io.StringIO()
    suppression.export_csv(file)
    return file.getvalue()


class TestList:
    def test_on_and_off(self, suppression: Suppression) -> None:
        """A number that is added is refused with its reason until it is removed."""
        suppression.check(NUMBER)
        assert suppression.reason_for(NUMBER) is None
        suppression.add(NUMBER, "asked to stop")
        assert suppression.reason_for(NUMBER) == "asked to stop"
        with pytest.raises(SuppressedRecipientError):
            suppression.check(NUMBER)
        assert suppression.remove(NUMBER) is True
        assert suppression.remove(NUMBER) is False
        suppression.check(NUMBER)

    def test_the_error_masks_the_number(self, suppression: Suppression) -> None:
        """The text of the error shows neither the number nor what it was listed for; its facts do, over a pickle."""
        suppression.add(NUMBER, f"{NUMBER} wrote STOP")
        with pytest.raises(SuppressedRecipientError) as caught:
            suppression.check(f"{NUMBER[1:]}@c.us")
        error = pickle.loads(pickle.dumps(caught.value))
        assert (error.recipient, error.reason) == (NUMBER, f"{NUMBER} wrote STOP")
        assert error.outcome == "not_sent"
        assert str(error) == "+44…0456 is on the suppression list; nothing was sent"
        assert NUMBER[1:] not in repr(list(suppression))

    @pytest.mark.parametrize(
        "spelling",
        [
            "447700900456",
            "00447700900456",
            "+44 7700 900-456",
            "+44 (0) 7700 900456",
            "447700900456@s.whatsapp.net",
            Recipient(NUMBER),
        ],
    )
    def test_every_spelling_is_the_number(self, suppression: Suppression, spelling: str) -> None:
        """However a number is written, to the list and to a send, it is the same one."""
        suppression.add(spelling, "no")
        with pytest.raises(SuppressedRecipientError):
            suppression.check(NUMBER)
        with pytest.raises(SuppressedRecipientError):
            suppression.check(spelling)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("+5511987654321", "+551187654321"),
            ("+5215512345678", "+525512345678"),
            ("+5491123456789", "+541123456789"),
        ],
    )
    def test_both_forms_of_a_number_are_suppressed(self, one: str, other: str) -> None:
        """In Brazil, Mexico and Argentina either form suppresses both, is listed as given, and removes both."""
        for added, asked in ((one, other), (other, one)):
            suppression = Suppression()
            suppression.add(added, "no")
            with pytest.raises(SuppressedRecipientError) as caught:
                suppression.check(f"{asked[1:]}@c.us")
            assert caught.value.recipient == asked
            assert [entry.number for entry in suppression] == [added]
            suppression.add(asked, "still no")
            assert [(entry.number, entry.reason) for entry in suppression] == [(asked, "still no")]
            assert suppression.remove(added)
            suppression.check(one)
            suppression.check(other)

    @given(
        st.sampled_from(["+5511", "+55119", "+52", "+521", "+54", "+549", "+5411", "+44", "+1"]),
        st.integers(10_000_000, 9_999_999_999),
    )
    def test_all_candidates_always(self, start: str, rest: int) -> None:
        """Whichever candidate of a number is added, each of them is suppressed."""
        forms = Recipient.parse(f"{start}{rest}").candidates
        for added in forms:
            suppression = Suppression()
            suppression.add(added, "no")
            assert all(suppression.reason_for(form) == "no" for form in forms)

    @pytest.mark.parametrize("other", ["120363041234567890@g.us", "12345678901234@lid", "123456789@newsletter"])
    def test_ids_without_a_number(self, suppression: Suppression, other: str) -> None:
        """A group, a hidden number or a newsletter can be on the list as well."""
        suppression.add(other, "no")
        assert suppression.reason_for(other) == "no"
        assert suppression.reason_for(NUMBER) is None

    @pytest.mark.parametrize("value", ["", "hello", "07700900123", "@c.us"])
    def test_what_is_no_number(self, suppression: Suppression, value: str) -> None:
        """What cannot be read is refused: nobody could tell whether it is on the list."""
        for do in (suppression.add, suppression.remove, suppression.reason_for, suppression.check):
            with pytest.raises(InvalidRequestError):
                do(value)

    def test_a_reason_is_one_line(self, suppression: Suppression) -> None:
        """White space and line ends in a reason become single spaces, and half characters do no harm."""
        suppression.add(NUMBER, "  said:\r\n\t'stop'\ud800 ")
        assert suppression.reason_for(NUMBER) == "said: 'stop'?"

    def test_a_restart_forgets_nothing(self, tmp_path: Path) -> None:
        """A list over the same file is the same list."""
        first = Suppression(SqliteStore(tmp_path / "state.db"), clock=Hands())
        first.add(NUMBER, "no")
        second = Suppression(SqliteStore(tmp_path / "state.db"))
        assert list(second) == list(first)
        assert second.reason_for(NUMBER) == "no"

    def test_a_shared_store(self) -> None:
        """What others keep in the same store is none of the list's."""
        store = MemoryStore()
        store.set("breaker:s", {"failures": 1, "gates": {}})
        suppression = Suppression(store)
        suppression.add(NUMBER)
        assert [entry.number for entry in suppression] == [NUMBER]

    @pytest.mark.parametrize("value", [True, {"number": NUMBER}, [1]])
    async def test_a_value_that_is_none_of_ours(self, value: Any) -> None:
        """Something else where an entry was is an error, and nothing is sent; to add the number again repairs it."""
        store = MemoryStore()
        suppression = Suppression(store)
        store.set(f"suppressed:{NUMBER}", value)
        for do in (suppression.check, suppression.reason_for, lambda _: [*suppression]):
            with pytest.raises(StoreError, match="not what was kept"):
                do(NUMBER)
        with pytest.raises(StoreError):
            await suppression.admit([NUMBER])
        suppression.add(NUMBER, "no")
        assert suppression.reason_for(NUMBER) == "no"

    async def test_a_locked_file_stops_no_loop(self, tmp_path: Path) -> None:
        """To look at the list, and to add to it, is done beside the event loop."""
        suppression = Suppression(SqliteStore(tmp_path / "list.db"))
        other = sqlite3.connect(tmp_path / "list.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        adding = asyncio.create_task(suppression.suppress(NUMBER, "no"))
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert not adding.done()
        other.execute("ROLLBACK")
        other.close()
        await adding
        with pytest.raises(SuppressedRecipientError):
            await suppression.admit(["+447700900457", NUMBER])


class TestImport:
    @pytest.mark.parametrize(
        "text",
        [
            "number,reason,added_at\n+447700900456,no,2025-06-15T15:06:40Z\n",
            "number,reason,added_at\r\n+447700900456,no,2025-06-15T15:06:40Z\r\n",
            "\ufeffnumber,reason,added_at\n+447700900456,no,2025-06-15T15:06:40Z",
            b"\xef\xbb\xbfnumber,reason,added_at\n+447700900456,no,2025-06-15T15:06:40Z",
            "number;reason;added_at\n+447700900456;no;2025-06-15T15:06:40Z",
            "number\treason\tadded_at\n+447700900456\tno\t2025-06-15T15:06:40Z",
            "+447700900456,no,2025-06-15T15:06:40Z",
            "\n\n+447700900456 ; no ; 2025-06-15 15:06:40\n;;\n\n",
            ' Number , Reason\n "+44 7700 900 456" , "no" \n',
            "phone_number,reason\n0044 7700 900456,no\n",
            '"Name, all of it";number;reason\n"Smith, Ann";+447700900456;no\n',
            "name,added_at,Phone,reason\nAnn,2025-06-15T17:06:40+02:00,447700900456@c.us,no\n",
            "number,reason\n+447700900456,first\n447700900456,no\n",
        ],
    )
    def test_tables_as_people_have_them(self, text: str | bytes) -> None:
        """With and without a header, a byte order mark, other separators, spaces, other columns: all the same."""
        assert imported(text) == [(NUMBER, "no", NOW)]

    def test_numbers_alone(self) -> None:
        """A list of nothing but numbers is enough; they were added now, for no reason."""
        assert imported("+447700900456\n+447700900457\n") == [(NUMBER, "", NOW), ("+447700900457", "", NOW)]

    def test_a_reason_with_separators(self) -> None:
        """A quoted reason may hold separators, quotes and a line end."""
        assert imported('+447700900456;"said ""stop"";\nangry, too"') == [(NUMBER, 'said "stop"; angry, too', NOW)]

    def test_bad_rows_are_named_and_nothing_is_imported(self, suppression: Suppression) -> None:
        """A row that cannot be read is reported by its line, masked, and no row is added."""
        text = (
            "number,reason,added_at\n"
            "+447700900456,no\n"
            "\n"
            "07700900123,no country\n"
            ",no number\n"
            "+447700900457,no,yesterday\n"
            "447700900458.0,a decimal\n"
            "4.47701E+11,another\n"
            "+447700900459,no,0001-01-01T00:00:00+14:00\n"
        )
        with pytest.raises(InvalidRequestError) as caught:
            suppression.import_csv(io.StringIO(text))
        told = str(caught.value)
        assert "nothing was imported" in told
        assert "07700900123" not in told
        assert [part.split(":")[0] for part in caught.value.problem.split("; ")] == [
            f"line {line}" for line in (4, 5, 6, 7, 8, 9)
        ]
        assert list(suppression) == []

    def test_many_bad_rows(self, suppression: Suppression) -> None:
        """Ten of them are shown, the others counted."""
        with pytest.raises(InvalidRequestError, match=r"line 10: .*; and 15 more") as caught:
            suppression.import_csv(io.StringIO("0\n" * 25))
        assert "line 11" not in str(caught.value)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"number,reason\n+447700900456,s\xe3o", "not UTF-8"),
            (b"name,reason\nAnn,no", "no column for the number"),
            (b'+447700900456,"' + b"x" * 200_000 + b'"', "line 1: field larger"),
        ],
    )
    def test_what_is_no_such_table(self, suppression: Suppression, content: bytes, problem: str) -> None:
        """Another encoding, a header without a number and what is no CSV are refused, and say how to do it."""
        with pytest.raises(InvalidRequestError, match=problem):
            suppression.import_csv(io.BytesIO(content))
        assert list(suppression) == []

    @pytest.mark.parametrize(
        ("text", "line", "problem"),
        [
            ('{0},"stop\n{1},no\n{2},no\n', 1, "opened and not closed"),
            ('{0},no\n{1},"stop\n{2},"no"\n', 2, "a quote is closed before the end of its value"),
            ('{0},"a"b\n{1},no\n', 1, "a quote is closed before the end of its value"),
            ('{0},no\n{1},no\n{2},"stop\n', 3, "opened and not closed"),
            ('{0},"stop\nplease\n', 1, "opened and not closed"),
            ('{0},"a\n{1},b"\n{2},c\n', 1, "line 2 is a row of its own"),
            ('reason;number\n"a;{0}\nb;{1}";{2}\n', 2, "line 3 is a row of its own"),
        ],
    )
    def test_a_quote_that_is_not_closed(self, suppression: Suppression, text: str, line: int, problem: str) -> None:
        """A quote that would swallow the rows after it is refused with its line, and nothing is imported."""
        text = text.format(NUMBER, "+447700900457", "+447700900458")
        with pytest.raises(InvalidRequestError, match=f"line {line}: .*{problem}") as caught:
            suppression.import_csv(io.StringIO(text))
        assert "nothing was imported" in str(caught.value)
        assert not re.search(r"\d{7}", str(caught.value)), "no number is shown"
        assert list(suppression) == []

    def test_how_many_were_read(self, suppression: Suppression) -> None:
        """Every row counts, also one for somebody who is on the list already; empty lines do not."""
        assert suppression.import_csv(io.StringIO(f"number\n{NUMBER}\n\n{NUMBER[1:]}\n+447700900457\n")) == 3
        assert len([*suppression]) == 2

    @given(
        st.sampled_from(["", "+", "+55", "55", "+521", "+54 9", "+44 ", "00", "0"]),
        st.text(alphabet="0123456789 -.", min_size=4, max_size=16),
    )
    def test_a_plain_number_is_read_as_any_other(self, start: str, rest: str) -> None:
        """The short way for numbers in plain spellings leads where `Recipient.parse` does, or to the same refusal."""
        suppression = Suppression()
        try:
            expected = Recipient.parse(start + rest).to
        except InvalidRequestError:
            with pytest.raises(InvalidRequestError):
                suppression.add(start + rest)
        else:
            suppression.add(start + rest)
            assert [entry.number for entry in suppression] == [expected]

    @pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
    def test_killed_in_the_middle(self, tmp_path: Path) -> None:
        """A process that is killed while it imports has imported nothing."""
        program = """
            import io, os, signal, sys
            from wasend.delivery import SqliteStore, Suppression

            store = SqliteStore(sys.argv[1])
            store._handle.connection.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), 50_000)
            Suppression(store).import_csv(io.StringIO("".join(f"+4477{number:08}\\n" for number in range(20_000))))
            """
        killed = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "list.db")], timeout=60, check=False
        )
        assert killed.returncode == -9
        assert list(Suppression(SqliteStore(tmp_path / "list.db"))) == []

    def test_an_empty_file(self, suppression: Suppression) -> None:
        """A file without rows, or with a header alone, adds nothing."""
        assert suppression.import_csv(io.StringIO("")) == 0
        assert suppression.import_csv(io.StringIO("number,reason,added_at\n")) == 0


class TestExport:
    def test_as_a_file(self, suppression: Suppression, tmp_path: Path) -> None:
        """The file has the columns of the list, the oldest entry first, and can be read back by path."""
        suppression.import_csv(io.StringIO(f'{NUMBER},"no, thanks",2025-06-15T15:06:41\n+447700900457,não,{ISO}'))
        path = tmp_path / "list.csv"
        assert suppression.export_csv(path) == 2
        assert path.read_bytes().decode() == (
            f'number,reason,added_at\n+447700900457,não,{ISO}\n{NUMBER},"no, thanks",2025-06-15T15:06:41Z\n'
        )
        again = Suppression()
        assert again.import_csv(str(path)) == 2
        assert list(again) == list(suppression)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
    def test_only_its_owner_may_read_it(self, suppression: Suppression, tmp_path: Path) -> None:
        """A new file of numbers is its owner's alone; whatever the process's umask is."""
        before = os.umask(0)
        try:
            suppression.export_csv(tmp_path / "new.csv")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o600

    @pytest.mark.parametrize(
        "reason",
        ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''-2", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", " =1", "\t=1"],
    )
    def test_no_formula_leaves(self, suppression: Suppression, reason: str) -> None:
        """A reason that a spreadsheet would calculate begins with an apostrophe in the file, and only there."""
        suppression.add(NUMBER, reason)
        _, (_, cell, _) = csv.reader(io.StringIO(exported(suppression)))
        assert cell == "'" + reason.strip()
        assert imported(exported(suppression)) == [(NUMBER, reason.strip(), NOW)]

    @pytest.mark.parametrize(
        ("reason", "cell"),
        [
            ("moved;=1+1", "moved;'=1+1"),
            ('a; "=1', "a;' \"=1"),
            ("=1;-2", "'=1;'-2"),
            ("a;'=1", "a;''=1"),
        ],
    )
    def test_no_formula_leaves_where_semicolons_separate(
        self, suppression: Suppression, reason: str, cell: str
    ) -> None:
        """Behind a semicolon a reason is guarded, too: there a cell begins in many countries."""
        suppression.add(NUMBER, reason)
        assert next(csv.reader([exported(suppression).partition("\n")[2]]))[1] == cell
        assert imported(exported(suppression)) == [(NUMBER, reason, NOW)]

    def test_a_failed_export_leaves_the_file(self, suppression: Suppression, tmp_path: Path) -> None:
        """A file that is there stays as it was until the new one is whole."""
        suppression.add(NUMBER, "first")
        path = tmp_path / "list.csv"
        suppression.export_csv(path)
        before = path.read_text()

        class Broken(Suppression):
            def __iter__(self) -> Iterator[Suppressed]:
                raise OSError(28, "No space left on device")

        with pytest.raises(
            InvalidRequestError, match=r"target: the file cannot be written \(No space left on device\)"
        ):
            Broken().export_csv(path)
        assert [file.name for file in tmp_path.iterdir()] == ["list.csv"]
        assert path.read_text() == before

    @pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can make files of other users")
    @pytest.mark.parametrize("write", ["export", "store", "sandbox"])
    def test_links_of_other_users(self, suppression: Suppression, write: str, tmp_path: Path) -> None:
        """A symbolic link of another user's is not followed: they would choose which file is written."""
        (tmp_path / "victim").write_text("theirs")
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "victim")
        os.chown(link, 65534, 65534, follow_symlinks=False)
        writers: dict[str, Callable[[], object]] = {
            "export": lambda: suppression.export_csv(link),
            "store": lambda: SqliteStore(link),
            "sandbox": lambda: Sandbox(persist=link),
        }
        with pytest.raises((ConfigurationError, ValueError), match="is a symbolic link that belongs to another user"):
            writers[write]()
        assert (tmp_path / "victim").read_text() == "theirs"

    def test_own_links(self, suppression: Suppression, tmp_path: Path) -> None:
        """One's own link leads to the file that is written."""
        link = tmp_path / "link.csv"
        link.symlink_to(tmp_path / "list.csv")
        suppression.export_csv(link)
        assert link.is_symlink()
        assert (tmp_path / "list.csv").read_text() == "number,reason,added_at\n"

    @pytest.mark.parametrize("reason", ["'quoted'", "no = no", "a; b", "'", ""])
    def test_other_reasons_leave_as_they_are(self, suppression: Suppression, reason: str) -> None:
        """What is no formula is written as it is."""
        suppression.add(NUMBER, reason)
        assert list(csv.reader(io.StringIO(exported(suppression))))[1][1] == reason

    # Hypothesis counts the time in which it builds its tables of characters, once on each machine.
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.dictionaries(
            st.integers(10_000_000, 99_999_999_999_999).map("+{}".format)
            | st.integers(10**9, 10**17).map("{}@lid".format),
            st.tuples(
                st.text(max_size=12) | st.text(alphabet="'=+-@,;\"\n\t a", max_size=8),
                st.integers(0, 30_000_000_000),
            ),
            max_size=8,
        )
    )
    def test_there_and_back(self, entries: dict[str, tuple[str, int]]) -> None:
        """Whatever is on the list is on a list that reads its export, and no cell of that is a formula."""
        clock = Hands()
        suppression = Suppression(clock=clock)
        for number, (reason, clock.time) in entries.items():
            suppression.add(number, reason)
        text = exported(suppression)
        again = Suppression()
        again.import_csv(io.StringIO(text, newline=""))
        assert list(again) == list(suppression)
        for _, reason, _ in csv.reader(io.StringIO(text, newline="")):
            assert not reason.startswith(("=", "+", "-", "@", "\t", "\r", "\n", " "))


class TestRule:
    """As a `Middleware` of a client, over a socket."""

    def test_every_send_is_checked(self, suppression: Suppression) -> None:
        """No send to a suppressed number leaves, of text or media or made by hand; reads and other numbers do."""
        suppression.add(NUMBER, "asked to stop")

        async def story() -> list[str]:
            told: list[str] = []
            async with AsyncWasendClient(KEY, base_url=server.url) as client:
                client._engine = attrs.evolve(client._engine, middleware=(SuppressionMiddleware(suppression),))
                for do in (
                    lambda: client.send_text(session="ses_1", to="+447700900001", text="hello"),
                    lambda: client.send_text(session="ses_1", to=NUMBER, text="hello"),
                    lambda: client.send_image(session="ses_1", to=NUMBER, url="https://example.com/a.png"),
                    lambda: client.request(
                        "POST", "/sendText", body={"session": "s", "to": "447700900456", "text": "x"}
                    ),
                    lambda: client.retrieve_session_info("ses_1"),
                ):
                    try:
                        await do()
                        told.append("done")
                    except SuppressedRecipientError as error:
                        told.append(error.reason)
            return told

        with serving(answer(200, {"id": "m1", "uniqueSessionId": "ses_1"})) as server:
            assert asyncio.run(story()) == ["done", *["asked to stop"] * 3, "done"]
            assert len(server.requests) == 2

    def test_nobody_on_the_list_is_added_to_a_group(self, suppression: Suppression) -> None:
        """A new group and an addition that name somebody on the list do not leave; taking them out of a group does."""
        suppression.add(NUMBER, "asked to stop")
        group, ada = "120363041234567890@g.us", "+447700900001"

        async def story() -> list[str]:
            told: list[str] = []
            async with AsyncWasendClient(KEY, base_url=server.url) as client:
                client._engine = attrs.evolve(client._engine, middleware=(SuppressionMiddleware(suppression),))
                for do in (
                    lambda: client.create_group("ses_1", name="Choir", participants=[ada, f"{NUMBER[1:]}@c.us"]),
                    lambda: client.create_group("ses_1", name="Choir", participants=[{"id": NUMBER, "isAdmin": True}]),
                    lambda: client.add_group_participants("ses_1", group, participants=[ada, NUMBER]),
                    lambda: client.remove_group_participants("ses_1", group, participants=[NUMBER]),
                    lambda: client.add_group_participants("ses_1", group, participants=[ada]),
                ):
                    try:
                        await do()
                        told.append("done")
                    except SuppressedRecipientError as error:
                        told.append(error.reason)
            return told

        with serving(answer(200, {})) as server:
            assert asyncio.run(story()) == [*["asked to stop"] * 3, "done", "done"]
            assert len(server.requests) == 2
