"""Files that may hold numbers, texts or media: their owner's alone, and whole or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import InvalidRequestError


def create_private(path: Path) -> Path:
    """
    Make an empty file for its owner alone, unless there is one.

    Returns:
        The file, behind whatever links lead to it.

    Raises:
        OSError: It cannot be made, or somebody else's symbolic link stands there.
    """
    found = target_of(path)
    # Only a file that is not there yet: to close one that SQLite has open would drop its locks (POSIX).
    with suppress(FileExistsError):
        os.close(os.open(found, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    return found


@contextmanager
def replacing(path: Path) -> Generator[IO[bytes]]:
    """
    Give a new file beside another, whose place it takes at the end of the block; where the block raises, it is removed.

    Raises:
        OSError: It cannot be written there, or somebody else's symbolic link stands there.
    """
    target = target_of(path)
    if target.is_dir():
        raise IsADirectoryError(21, "is a directory")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".part")
    file = os.fdopen(handle, "wb")
    try:
        yield file
        file.close()
        os.replace(name, target)  # noqa: PTH105 - what is replaced is given by its name
    except BaseException:
        with suppress(OSError):  # where the disk is full, closing fails once more
            file.close()
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - as above
        raise


def target_of(path: Path) -> Path:
    """
    The file that a path leads to.

    Raises:
        PermissionError: It is a symbolic link of another user's, who would choose which file is written.
    """
    with suppress(FileNotFoundError):
        found = path.lstat()
        if os.name == "posix" and path.is_symlink() and found.st_uid not in (os.geteuid(), 0):
            raise PermissionError(1, "is a symbolic link that belongs to another user")
    return Path(os.path.realpath(path))


@contextmanager
def writable(field: str) -> Generator[None]:
    """Have an error of the system's in the block be a caller's mistake in a field."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        remedy = "check its folder, its rights and the space left"
        raise InvalidRequestError(field, f"the file cannot be written ({reason})", remedy) from error
