"""Where a login shows its codes: in a terminal, in a file, or by a function of the caller's."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from ..api.sessions import QRCode, SessionState
from ..errors import DecodeError, InvalidRequestError
from .steps import LoginStep, Show

_FILE: Final = "wasend-qr"
_CLEAR_LINE: Final = "\r\x1b[K"


class Display(Protocol):
    """Shows how a login goes on."""

    @property
    def ticks(self) -> bool:
        """Whether it counts the seconds down."""
        ...

    def step(self, step: LoginStep) -> object:
        """Show a new code, or another state."""
        ...

    def tick(self, seconds: float) -> None:
        """Say how many seconds the code is still good for."""
        ...

    def close(self) -> None:
        """The login is over."""
        ...


def display_of(show: Show) -> Display:
    """
    What shows a login's codes as the caller wants.

    Raises:
        InvalidRequestError: There is no such way.
    """
    if show == "terminal":
        return TerminalDisplay()
    if show in ("png", "svg"):
        return FileDisplay(Path(f"{_FILE}.{show}"))
    if callable(show):
        return FunctionDisplay(show)
    if isinstance(show, Path) and show.suffix.lower() in (".png", ".svg"):
        return FileDisplay(show)
    remedy = "pass 'terminal', 'png', 'svg', a Path that ends with .png or .svg, or a function that takes a LoginStep"
    raise InvalidRequestError("show", f"{show!r} is unknown", remedy)


@attrs.frozen
class FunctionDisplay:
    """
    Leaves it to a function of the caller's, which is told of each step.

    Attributes:
        function: Called with each `LoginStep`.
    """

    function: Any
    ticks: bool = False

    def step(self, step: LoginStep) -> object:
        """Tell the function."""
        return self.function(step)

    def tick(self, seconds: float) -> None:
        """It has the time from its step."""

    def close(self) -> None:
        """End: the session is connected, or the caller gets an error that says why not."""


@attrs.define
class FileDisplay:
    """
    Writes each code to a file in the place of the one before, prints where, and removes it in the end.

    Attributes:
        file: The file.
    """

    file: Path
    ticks: bool = False
    _written: bool = False

    def step(self, step: LoginStep) -> None:
        """Write the code, or remove one that is over."""
        if step.qr is None:
            if self._written:
                print(step.text, flush=True)
            self.close()
            return
        step.qr.save(self.file)
        self._written = True
        print(f"{self.file}: {step.text}", flush=True)

    def tick(self, seconds: float) -> None:
        """Nobody reads it in a file."""

    def close(self) -> None:
        """Remove the file: nothing can be linked by it any more."""
        if self._written:
            self._written = False
            self.file.unlink(missing_ok=True)


class TerminalDisplay:
    """
    Draws each code in the terminal, over the one before, with the seconds that it is still good for.

    Where standard output is no terminal, codes follow each other. Where it cannot show them, for it is too narrow or
    has no block characters, it says so, and they are written to a file.
    """

    def __init__(self) -> None:
        self._file = FileDisplay(Path(f"{_FILE}.png"))
        self._lines = 0  # of the drawing that is on the screen
        self._text = ""
        self._shown = False
        self._told = ""  # why a code is in a file

    @property
    def ticks(self) -> bool:
        """Only on a terminal can a line be written anew."""
        return _is_terminal()

    def step(self, step: LoginStep) -> None:
        """Draw the code, or say what happens."""
        self._erase()
        if step.qr is None:
            if self._shown or step.state is not SessionState.CONNECTED:
                print(step.text, flush=True)
                self._shown = True
            self._file.close()
            return
        self._shown = True
        if (why_not := _why_not(step.qr)) is not None:
            if why_not != self._told:
                print(why_not, flush=True)
                self._told = why_not
            self._file.step(step)
            return
        drawing = step.qr.terminal(ansi=_is_terminal())
        print(drawing, flush=True)
        self._text = step.text
        self._lines = drawing.count("\n") + 1
        if self.ticks and self._lines >= shutil.get_terminal_size().lines:
            self._text = f"(Cut off? Make the window {self._lines + 1} lines high.) {step.text}"
        if self.ticks:
            self.tick(step.seconds or 0)
        else:
            print(step.text, flush=True)

    def tick(self, seconds: float) -> None:
        """Write the line below the code anew."""
        if self._lines:
            left = f" {seconds:.0f} s" if seconds > 0 else " …"
            width = shutil.get_terminal_size().columns - 1
            print(f"{_CLEAR_LINE}{self._text[: max(0, width - len(left))]}{left}", end="", flush=True)

    def close(self) -> None:
        """Leave the terminal at the beginning of a line."""
        self._erase()
        self._file.close()

    def _erase(self) -> None:
        """Take away a code that nobody should scan any more."""
        if self._lines and self.ticks:
            fits = self._lines < shutil.get_terminal_size().lines
            print(f"\r\x1b[{self._lines}A\x1b[J" if fits else _CLEAR_LINE, end="", flush=True)
        self._lines = 0


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _why_not(qr: QRCode) -> str | None:
    """Why standard output cannot show the code; `None` where it can."""
    try:
        lines = qr.terminal().split("\n")
        "".join(lines).encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except DecodeError:
        return "What the service sent cannot be drawn here, and is written to a file."
    except UnicodeEncodeError:
        return f"The code cannot be drawn in {sys.stdout.encoding}, and is written to a file."
    columns = shutil.get_terminal_size().columns
    if sys.stdout.isatty() and len(lines[0]) > columns:
        return f"The code is {len(lines[0])} columns wide and this window {columns}: it is written to a file."
    return None
