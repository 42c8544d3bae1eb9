"""The suppression list: people who do not want messages. Every send is checked against it; it reads and writes CSV."""

from __future__ import annotations

import csv
import functools
import io
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, TypeVar

import attrs

from .._core.call import Call
from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.files import replacing, writable
from .._core.names import folded
from ..errors import InvalidRequestError, SuppressedRecipientError
from ..recipients import Recipient, other_form
from .sends import recipients_of
from .store_access import StoreAccess
from .stores import MemoryStore, Store

T = TypeVar("T")

Readable: TypeAlias = str | os.PathLike[str] | IO[str] | IO[bytes]
"""A path, or a file open for reading."""

Writable: TypeAlias = str | os.PathLike[str] | IO[str]
"""A path, or a text file open for writing."""

_PREFIX: Final = "suppressed:"
_COLUMNS: Final = ("number", "reason", "added_at")
_COLUMN_OF: Final[Mapping[str, str]] = {
    "number": "number",
    "phone": "number",
    "phonenumber": "number",
    "recipient": "number",
    "reason": "reason",
    "addedat": "added_at",
}
_FORMULA: Final = "(?:[^\\S\\t\\r\\n]|[\"'])*[=+\\-@\uff1d\uff0b\uff0d\uff20]"  # the last four: their full-width forms
_CELL: Final = re.compile(rf"(^|[;\t\r\n])(?={_FORMULA})")
_GUARDED_CELL: Final = re.compile(rf"(^|[;\t\r\n])'(?={_FORMULA})")
_MANGLED: Final = re.compile(r"\+?\d+\.0+|\d[\d.]*e\+?\d+", re.IGNORECASE)
_PLAIN: Final = re.compile(r"\+?[1-9]\d*(?:[ -]\d+)*", re.ASCII)
_PUNCTUATION: Final = str.maketrans("", "", "+ -")
_FAULTS_SHOWN: Final = 10
_NOTHING: Final = "correct these lines: nothing was imported"


@attrs.frozen
class Suppressed:
    """
    An entry of the list.

    Attributes:
        number: The phone number, ``+`` and digits (E.164), or the id of a recipient without one.
        reason: Why it is on the list.
        added_at: Since when (UTC, whole seconds).
    """

    number: str = attrs.field(repr=lambda number: repr(str(Recipient.parse(number))))
    reason: str = attrs.field(repr=False)
    added_at: datetime


class Suppression:
    """
    The people who do not want messages. One object serves any number of tasks and threads.

    A number is on the list in every form under which WhatsApp may know it: in Brazil with and without its ninth digit,
    in Mexico and Argentina with and without the digit after the country. The members of a group are not looked at.

    Args:
        store: Where the list is kept; by default in memory.
        clock: Where time comes from.

    Example:
        >>> suppression = Suppression()
        >>> suppression.add("+44 7700 900123", "asked to stop")
        >>> suppression.reason_for("447700900123@c.us")
        'asked to stop'
    """

    def __init__(self, store: Store | None = None, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = StoreAccess(MemoryStore() if store is None else store)
        self._clock = clock

    def add(self, number: str | Recipient, reason: str = "") -> None:
        """
        Put a number on the list, or give it another reason.

        Args:
            number: A phone number or an id.
            reason: Why, in one line: every run of white space becomes a space.

        Raises:
            InvalidRequestError: It is neither a phone number nor an id.
        """
        self._store.set(*_entry(_forms(number), reason, int(self._clock.now())))

    async def suppress(self, number: str | Recipient, reason: str = "") -> None:
        """`add`, on an event loop."""
        entry = _entry(_forms(number), reason, int(self._clock.now()))
        await self._store.run(lambda: self._store.set(*entry))

    def remove(self, number: str | Recipient) -> bool:
        """
        Take a number off the list, in all of its forms.

        Args:
            number: A phone number or an id.

        Returns:
            Whether it was there.

        Raises:
            InvalidRequestError: It is neither a phone number nor an id.
        """
        forms = _forms(number)
        found = self._find(forms) is not None
        for form in forms:
            self._store.delete(_PREFIX + form)
        return found

    def reason_for(self, to: str | Recipient) -> str | None:
        """
        Why a recipient is on the list; `None` for one that is not.

        Args:
            to: A phone number or an id.

        Raises:
            InvalidRequestError: It is neither.
        """
        found = self._find(_forms(to))
        return None if found is None else found["reason"]

    def check(self, to: str | Recipient) -> None:
        """
        Raise if a recipient may not be sent to.

        Args:
            to: A phone number or an id.

        Raises:
            SuppressedRecipientError: It is on the list.
            InvalidRequestError: It is neither, so it cannot be looked up.
        """
        forms = _forms(to)
        if (found := self._find(forms)) is not None:
            text = f"{Recipient.parse(to)} is on the suppression list; nothing was sent"
            raise SuppressedRecipientError(text, recipient=forms[0], reason=found["reason"])

    async def admit(self, recipients: Iterable[str]) -> None:
        """`check` several recipients, on an event loop."""
        recipients = [*recipients]

        def check_each() -> None:
            for recipient in recipients:
                self.check(recipient)

        await self._store.run(check_each)

    def __iter__(self) -> Iterator[Suppressed]:
        """The entries, the oldest first."""
        entries = [
            Suppressed(value["number"], value["reason"], datetime.fromtimestamp(value["added_at"], UTC))
            for _, found in self._store.items(_PREFIX)
            if (value := self._known(found))
        ]
        return iter(sorted(entries, key=lambda entry: (entry.added_at, entry.number)))

    def import_csv(self, source: Readable) -> int:
        """
        Add the numbers of a CSV file.

        Columns are ``number``, ``reason`` and ``added_at`` (ISO 8601; without a zone UTC; by default now). With a
        header they may be in any order, among others; without one they are in this order. Commas, semicolons or tabs, a
        byte order mark, spaces around values and empty lines are accepted. Text is UTF-8.

        All of it is added or, where a row cannot be read or the process is killed, nothing: the error names each such
        row by its line. A value with a quote that is not closed on its line is refused where it would swallow the next
        row.

        Args:
            source: A path, or a file open for reading.

        Returns:
            How many rows were read.

        Raises:
            InvalidRequestError: A row has no valid phone number or time; or the file is not such a table.
            StoreError: They cannot be kept.
        """
        entries: dict[str, Any] = {}
        faults: list[str] = []
        now, count = int(self._clock.now()), 0
        for line, (number, reason, moment) in _rows(_text(source)):
            count += 1
            try:
                added_at = _moment(moment) if moment else now
                key, value = _entry(_imported(number), _unguarded(reason), added_at)
                entries[key] = value
            except InvalidRequestError as error:
                faults.append(f"line {line}: {error.field}: {error.problem}")
        if faults:
            more = f"; and {len(faults) - _FAULTS_SHOWN} more" if len(faults) > _FAULTS_SHOWN else ""
            problem = "; ".join(faults[:_FAULTS_SHOWN]) + more
            raise InvalidRequestError("source", problem, _NOTHING)
        self._store.set_many(entries)
        return count

    def export_csv(self, target: Writable) -> int:
        """
        Write the list as a CSV file: ``number,reason,added_at``, UTF-8, the oldest first.

        What a spreadsheet would take for a formula in a reason, at its beginning or, where semicolons separate columns,
        behind one of these (it begins with ``=``, ``+``, ``-`` or ``@``), is written with an apostrophe before it;
        `import_csv` removes it.

        Args:
            target: A path, or a text file open for writing (with ``newline=""``). At a path, the file is its owner's
                alone, and takes the place of an older one only when it is whole.

        Returns:
            How many entries were written.

        Raises:
            InvalidRequestError: The file cannot be written.
        """
        if isinstance(target, str | os.PathLike):
            with writable("target"), replacing(Path(target)) as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                count = self.export_csv(text)
                text.detach()  # flushes it
                return count
        table = csv.writer(target, lineterminator="\n")
        table.writerow(_COLUMNS)
        entries = [*self]
        for entry in entries:
            moment = entry.added_at.isoformat().replace("+00:00", "Z")
            table.writerow((entry.number, _guarded(entry.reason), moment))
        return len(entries)

    def _find(self, forms: Iterable[str]) -> Any:
        for form in forms:
            if (found := self._store.get(_PREFIX + form)) is not None:
                return self._known(found)
        return None

    def _known(self, value: Any) -> Any:
        match value:
            case {"number": str(), "reason": str(), "added_at": int()}:
                return value
            case _:
                raise self._store.unfit()


class SuppressionMiddleware:
    """
    Refuses calls that reach somebody on a suppression list: sends, and adding people to a group.

    It looks at the list when it is reached: behind pacing, it sees who was added during the wait.

    Args:
        suppression: The list.
    """

    def __init__(self, suppression: Suppression) -> None:
        self._suppression = suppression

    async def __call__(self, call: Call[T], call_next: Callable[[], Awaitable[T]], /) -> T:
        """Make the call, if its recipient is not on the list, and if that can be told."""
        if call.unclear is not None:
            raise InvalidRequestError("recipients", call.unclear, "pass recipients=[...], or () for nobody")
        if recipients := recipients_of(call):
            await self._suppression.admit(recipients)
        return await call_next()


def _forms(number: str | Recipient) -> tuple[str, ...]:
    """How a recipient may be on the list: a phone number in each of its forms, or the id of one without a number."""
    if isinstance(number, str) and _PLAIN.fullmatch(number):  # most are, lists are long, and this takes a tenth
        digits = number.translate(_PUNCTUATION)
        if 8 <= len(digits) <= 15:
            other = other_form(f"+{digits}")
            return (f"+{digits}",) if other is None else (f"+{digits}", other)
    given = Recipient.parse(number, field="number")
    plain = given if given.number is None else Recipient.parse(given.number)
    return tuple(form.to for form in plain.candidates)


def _entry(forms: tuple[str, ...], reason: str, added_at: int) -> tuple[str, Any]:
    """Key and value of an entry. All forms share one key, so adding a number never has to delete another entry."""
    reason = " ".join(reason.split()).encode("utf-8", "replace").decode()
    return _PREFIX + min(forms), {"number": forms[0], "reason": reason, "added_at": added_at}


def _imported(number: str) -> tuple[str, ...]:
    if _MANGLED.fullmatch(number):  # 447700900123.0 would be read as a number with one more digit
        raise InvalidRequestError("number", "a spreadsheet turned it into a decimal", "format the column as text")
    return _forms(number)


@functools.lru_cache(maxsize=1024)
def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        raise InvalidRequestError("added_at", "is not a time", "write it as 2025-01-31T12:00:00Z") from None


def _guarded(reason: str) -> str:
    return _CELL.sub(r"\1'", reason)


def _unguarded(reason: str) -> str:
    return _GUARDED_CELL.sub(r"\1", reason)


def _text(source: Readable) -> str:
    content = Path(source).read_bytes() if isinstance(source, str | os.PathLike) else source.read()
    try:
        text = content if isinstance(content, str) else content.decode()
    except UnicodeDecodeError:
        raise InvalidRequestError("source", "is not UTF-8 text", "save it as CSV UTF-8") from None
    return text.removeprefix("\ufeff")


def _rows(text: str) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """The number, reason and time of each row of a table, with the line at which it begins."""
    if '" ' in text:
        text = _AFTER_QUOTES.sub(r"\1", text)
    lines = io.StringIO(text, newline="").readlines()
    found = re.search(r"[,;\t]", re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0]))
    delimiter = found[0] if found else ","
    table = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    columns: list[int] = []
    padding = [""] * 4  # a row may be shorter than its header, and ends in an empty cell for the column that is missing
    while True:
        line = table.line_num + 1
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            problem = next((ours for theirs, ours in _QUOTES.items() if theirs in str(error)), str(error))
            raise InvalidRequestError("source", f"line {line}: {problem}", _NOTHING) from None
        row = [cell.strip() for cell in cells]
        if not any(row):
            continue
        if not columns:
            names = [_COLUMN_OF.get(folded(cell), "") for cell in row]
            if "number" in names:
                columns = [names.index(name) if name in names else -1 for name in _COLUMNS]
                padding = [""] * (len(names) + 1)
                continue
            if not re.search(r"\d", row[0]):
                raise InvalidRequestError("source", "its header has no column for the number", "name one 'number'")
            columns = [0, 1, 2]
        if table.line_num > line:
            _refuse_swallowed(lines[line : table.line_num], line, delimiter, columns[0])
        row += padding
        yield line, (row[columns[0]], row[columns[1]], row[columns[2]])


_AFTER_QUOTES: Final = re.compile(r'((?:^|[,;\t\r\n]) *"(?:[^"]|"")*") *')
"""A value in quotes, and the spaces after it, which Python's reader does not know."""
_QUOTES: Final = {
    "unexpected end": "a quote is opened and not closed",
    "expected after": "a quote is closed before the end of its value",
}


def _refuse_swallowed(lines: list[str], line: int, delimiter: str, column: int) -> None:
    """Refuse a value that goes on over lines which are rows themselves: its quote was not meant to be open."""
    for number, text in enumerate(lines, line + 1):
        try:
            cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
            Recipient.parse(cells[column].strip(' "\r\n'))
        except (csv.Error, InvalidRequestError, IndexError):
            continue
        problem = f"line {line}: a quote is opened and not closed on its line, and line {number} is a row of its own"
        raise InvalidRequestError("source", problem, _NOTHING)
