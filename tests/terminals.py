"""
Commands on a terminal or in a pipe, each in a process of its own.

To start Python for each of them would take most of the time. So one process imports the command line, and is forked.
"""

from __future__ import annotations

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

PATIENCE: Final = 60.0
ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@attrs.frozen
class Ended:
    """How a command ended, and what it printed. On a terminal, what went to standard error is in `out` as well."""

    status: int
    out: str
    err: str = ""

    @property
    def plain(self) -> str:
        """What was printed, without what colours it."""
        return ANSI.sub("", self.out).replace("\r\n", "\n")

    @property
    def squeezed(self) -> str:
        """What was printed, without white space: a narrow terminal breaks lines anywhere."""
        return "".join(self.plain.split())

    @property
    def widest(self) -> int:
        """Columns of the longest line, but for lines that are a single word, such as a path: a terminal breaks them."""
        wide = [
            sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)
            for line in self.plain.splitlines()
            if " " in line.strip()
        ]
        return max(wide, default=0)

    @property
    def json(self) -> Any:
        """What was printed, as JSON; of several lines of it, a list."""
        try:
            return json.loads(self.out)
        except ValueError:
            return [json.loads(line) for line in self.out.splitlines()]


class Terminals:
    """Where commands are run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str],
        columns: int | None = None,
        stdin: str = "",
        typed: Mapping[str, str] | None = None,
        unread: bool = False,
    ) -> Ended:
        """
        Run a command.

        Args:
            arguments: Its arguments.
            env: Its environment.
            columns: How wide its terminal is; without, it has none.
            stdin: What comes by standard input, where it has none.
            typed: What is typed when something was printed, by what that is.
            unread: Whether nobody reads its standard output, where that is a pipe.
        """
        job = {"args": arguments, "env": dict(env), "columns": columns, "stdin": stdin, "unread": unread}
        job["typed"] = dict(typed or {})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=PATIENCE)


def _child(job: dict[str, Any], fds: tuple[int, int, int]) -> None:
    import fcntl
    import termios

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts in the background ignore it
    if job["columns"] is not None:
        fcntl.ioctl(fds[0], termios.TIOCSCTTY, 0)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
    os.environ.clear()
    os.environ.update(job["env"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["wasend", *job["args"]]
    status: Any = 0
    try:
        sys.modules["wasend.cli"].main()
    except SystemExit as error:
        status = error.code
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 99
    sys.stdout.flush()
    os._exit(status or 0)


def _run(job: dict[str, Any]) -> dict[str, Any]:
    import fcntl
    import pty
    import struct
    import termios

    if job["columns"] is None:
        (from_us, to_child), (out, out_theirs), (err, err_theirs) = os.pipe(), os.pipe(), os.pipe()
        os.write(to_child, job["stdin"].encode())
        os.close(to_child)
        theirs: tuple[int, ...] = (from_us, out_theirs, err_theirs)
        ours = {out: b"", err: b""}
        if job["unread"]:
            os.close(out)
            del ours[out]
    else:
        out, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, job["columns"], 0, 0))
        theirs, ours, err = (slave, slave, slave), {out: b""}, -1
    pid = os.fork()
    if pid == 0:
        _child(job, theirs)  # type: ignore[arg-type]
    for fd in set(theirs):
        os.close(fd)
    typed, left, end = job["typed"], set(ours), time.monotonic() + PATIENCE
    while left:
        ready = select.select(left, (), (), max(0, end - time.monotonic()))[0]
        if not ready:
            os.kill(pid, 9)
            break
        for fd in ready:
            try:
                block = os.read(fd, 1 << 16)
            except OSError:  # Linux says so where the last one has left the terminal
                block = b""
            ours[fd] += block
            if not block:
                left.discard(fd)
            for text in [text for text in typed if text.encode() in ours[fd]]:
                os.write(fd, typed.pop(text).encode())
    for fd in ours:
        os.close(fd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    printed = {fd: text.decode(errors="replace") for fd, text in ours.items()}
    return {"status": status, "out": printed.get(out, ""), "err": printed.get(err, "")}


def _warm_up() -> None:
    """Import, and have made, what commands would import and make each: a fork has it then."""
    import gc

    from wasend.cli import app
    from wasend.sandbox import Sandbox

    for entry in app.ENTRIES:
        app.load(entry)
    shown, sys.stdout = sys.stdout, io.StringIO()
    with Sandbox() as sandbox, sandbox.serve() as server:
        sandbox.add_session()
        os.environ.update({"WASEND_API_KEY": "any-key", "WASEND_BASE_URL": server.url})
        for words in (
            "sessions list",
            "chats list",
            "send text Hi --to +447700900456",
            "account --help",
            "config path",
        ):
            sys.argv = ["wasend", *words.split()]
            app.run()
    sys.stdout = shown
    gc.collect()
    gc.freeze()


def _serve() -> None:
    _warm_up()
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve()
