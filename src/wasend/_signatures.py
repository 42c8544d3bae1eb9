# Written by tools/generate_sync.py; change that, not this.
"""What type checkers know of the calls that take a mapping is in the stub file beside this one."""

from __future__ import annotations


class AsyncSignatures:
    """Both forms of the calls of `AsyncWasendClient`, for type checkers."""

    __slots__ = ()


class Signatures:
    """Both forms of the calls of `WasendClient`, for type checkers."""

    __slots__ = ()


class AsyncBoundSignatures:
    """Both forms of the calls of `AsyncBoundSession`, for type checkers."""

    __slots__ = ()


class BoundSignatures:
    """Both forms of the calls of `BoundSession`, for type checkers."""

    __slots__ = ()
