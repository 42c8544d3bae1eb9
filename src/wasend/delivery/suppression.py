"""The suppression list: people who do not want messages. Every send is checked against it; it reads and writes CSV."""

from __future__ import annotations

import csv
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
from .._core.names import folded
from ..errors import InvalidRequestError, SuppressedRecipientError
from ..recipients import Recipient
from .sends import recipients_of
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
_FORMULA: Final = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20]")  # the last four: their full-width forms
_MANGLED: Final = re.compile(r"\+?\d+\.0+|\d[\d.]*e\+?\d+", re.IGNORECASE)
_FAULTS_SHOWN: Final = 10


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
        self._store: Store = MemoryStore() if store is None else store
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
        self._put(_forms(number), reason, int(self._clock.now()))

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
        return None if found is None else str(found["reason"])

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
            raise SuppressedRecipientError(text, recipient=forms[0], reason=str(found["reason"]))

    def __iter__(self) -> Iterator[Suppressed]:
        """The entries, the oldest first."""
        entries = [
            Suppressed(value["number"], value["reason"], datetime.fromtimestamp(value["added_at"], UTC))
            for _, value in self._store.items(_PREFIX)
        ]
        return iter(sorted(entries, key=lambda entry: (entry.added_at, entry.number)))

    def import_csv(self, source: Readable) -> int:
        """
        Add the numbers of a CSV file.

        Columns are ``number``, ``reason`` and ``added_at`` (ISO 8601; without a zone UTC; by default now). With a
        header they may be in any order, among others; without one they are in this order. Commas, semicolons or tabs, a
        byte order mark, spaces around values and empty lines are accepted. Text is UTF-8.

        All of it is added or, where a row cannot be read, nothing: the error names each such row by its line.

        Args:
            source: A path, or a file open for reading.

        Returns:
            How many rows were read.

        Raises:
            InvalidRequestError: A row has no valid phone number or time; or the file is not such a table.
        """
        rows: list[tuple[tuple[str, ...], str, int]] = []
        faults: list[str] = []
        now = int(self._clock.now())
        for line, row in _rows(_text(source)):
            try:
                moment = _moment(row["added_at"]) if row.get("added_at") else now
                rows.append((_imported(row["number"]), _unguarded(row.get("reason", "")), moment))
            except InvalidRequestError as error:
                faults.append(f"line {line}: {error.field}: {error.problem}")
        if faults:
            more = f"; and {len(faults) - _FAULTS_SHOWN} more" if len(faults) > _FAULTS_SHOWN else ""
            problem = "; ".join(faults[:_FAULTS_SHOWN]) + more
            raise InvalidRequestError("source", problem, "correct these lines: nothing was imported")
        for forms, reason, moment in rows:
            self._put(forms, reason, moment)
        return len(rows)

    def export_csv(self, target: Writable) -> int:
        """
        Write the list as a CSV file: ``number,reason,added_at``, UTF-8, the oldest first.

        A reason that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-`` or ``@``) is written
        with an apostrophe before it, which `import_csv` removes.

        Args:
            target: A path, or a text file open for writing (with ``newline=""``).

        Returns:
            How many entries were written.
        """
        if isinstance(target, str | os.PathLike):
            with Path(target).open("w", encoding="utf-8", newline="") as file:
                return self.export_csv(file)
        table = csv.writer(target, lineterminator="\n")
        table.writerow(_COLUMNS)
        entries = [*self]
        for entry in entries:
            moment = entry.added_at.isoformat().replace("+00:00", "Z")
            table.writerow((entry.number, _guarded(entry.reason), moment))
        return len(entries)

    def _put(self, forms: tuple[str, ...], reason: str, added_at: int) -> None:
        reason = " ".join(reason.split()).encode("utf-8", "replace").decode()
        # All forms share one key, so adding a number never has to delete another entry.
        self._store.set(_PREFIX + min(forms), {"number": forms[0], "reason": reason, "added_at": added_at})

    def _find(self, forms: Iterable[str]) -> Any:
        return next((found for form in forms if (found := self._store.get(_PREFIX + form)) is not None), None)


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
        """Make the call, if its recipient is not on the list."""
        for recipient in recipients_of(call):
            self._suppression.check(recipient)
        return await call_next()


def _forms(number: str | Recipient) -> tuple[str, ...]:
    """How a recipient may be on the list: a phone number in each of its forms, or the id of one without a number."""
    given = Recipient.parse(number, field="number")
    plain = given if given.number is None else Recipient.parse(given.number)
    return tuple(form.to for form in plain.candidates)


def _imported(number: str) -> tuple[str, ...]:
    if _MANGLED.fullmatch(number):  # 447700900123.0 would be read as a number with one more digit
        raise InvalidRequestError("number", "a spreadsheet turned it into a decimal", "format the column as text")
    return _forms(number)


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        raise InvalidRequestError("added_at", "is not a time", "write it as 2025-01-31T12:00:00Z") from None


def _guarded(reason: str) -> str:
    return f"'{reason}" if _FORMULA.match(reason) else reason


def _unguarded(reason: str) -> str:
    return reason[1:] if reason.startswith("'") and _FORMULA.match(reason) else reason


def _text(source: Readable) -> str:
    content = Path(source).read_bytes() if isinstance(source, str | os.PathLike) else source.read()
    try:
        text = content if isinstance(content, str) else content.decode()
    except UnicodeDecodeError:
        raise InvalidRequestError("source", "is not UTF-8 text", "save it as CSV UTF-8") from None
    return text.removeprefix("\ufeff")


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table, each with the line at which it ends."""
    found = re.search(r"[,;\t]", re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0]))
    table = csv.reader(io.StringIO(text, newline=""), delimiter=found[0] if found else ",", skipinitialspace=True)
    columns: list[str] | None = None
    try:
        for cells in table:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if columns is None:
                columns = [_COLUMN_OF.get(folded(cell), "") for cell in row]
                if "number" in columns:
                    continue
                if not re.search(r"\d", row[0]):
                    raise InvalidRequestError("source", "its header has no column for the number", "name one 'number'")
                columns = list(_COLUMNS)
            yield table.line_num, {"number": "", **dict(zip(columns, row, strict=False))}
    except csv.Error as error:
        raise InvalidRequestError("source", f"line {table.line_num}: {error}", "pass a CSV file") from None
