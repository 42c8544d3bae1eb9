"""Hooks around a fork for objects that hold locks, threads or connections."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from typing import Final


class Forks:
    """Base of objects that need hooks around a fork. They are called at each fork while the object lives."""

    def __init__(self) -> None:
        _known[id(self)] = self

    def before_fork(self) -> None:
        """Bring the object into a state that can be copied, if that is possible in a bounded time."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Begin anew: no other thread has survived, and one of them may have held a lock."""


_known: Final[weakref.WeakValueDictionary[int, Forks]] = weakref.WeakValueDictionary()


def _each(act: Callable[[Forks], None]) -> Callable[[], None]:
    def act_on_each() -> None:
        # In one order, so that two threads that fork do not wait for each other.
        known = [one for reference in _known.valuerefs() if (one := reference()) is not None]
        for one in sorted(known, key=id):
            act(one)

    return act_on_each


if sys.platform != "win32":
    os.register_at_fork(
        before=_each(lambda one: one.before_fork()),
        after_in_parent=_each(lambda one: one.after_fork_in_parent()),
        after_in_child=_each(lambda one: one.after_fork_in_child()),
    )
