"""Names: the service spells ``sessionName`` or ``SessionName``, Python ``session_name``; all three mean the same."""

from __future__ import annotations

import difflib
import functools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_KEPT: Final = 100  # characters; else an answer's own names could fill the memory for good


@functools.lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """``session_name`` → ``sessionName``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def folded(name: str) -> str:
    """The form in which ``sessionName``, ``SessionName``, ``session_name`` and ``JID``, ``jid`` are equal."""
    return _kept_folded(name) if len(name) < _LONGEST_KEPT else _folded(name)


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


_kept_folded: Final = functools.lru_cache(maxsize=4096)(_folded)


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to a misspelt one, if there is one near."""
    spelt = {folded(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(folded(name), spelt, n=1, cutoff=0.6)
    return spelt[close[0]] if close else None


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence that names the known name nearest to a misspelt one, or all of them."""
    known = list(known)
    close = closest(name, known)
    return f"did you mean {close!r}?" if close else f"known are {', '.join(known)}"
