"""JSON documents such as a service might send: known names in every spelling, with values that fit and values that do not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from wasend import Message, QRCode, Result, Session
from wasend._core.model import wire_names
from wasend.api.sessions import Downstream

MODELS = (Session, Downstream, QRCode, Message, Result)
"""Every type that is read from an object."""

NAMES = sorted(
    {spelling for cls in MODELS for spellings in wire_names(cls).values() for spelling in spellings}
    | {"data", "session", "sessions", "key", "remoteJid", "_serialized", "success"}
)
SPELLINGS = st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([name, name, name, name[0].upper() + name[1:]]))
TIMES = st.sampled_from(
    [
        "2025-06-11T09:15:02.114Z",
        "0001-01-01T00:00:00Z",
        "1749634893",
        1749634893,
        1749634893123,
        1749634893.5,
        "2025-06-11",
        -1,
        "",
    ]
)
WORDS = st.sampled_from(
    ["ses_1", "CONNECTED", "true", "false", "0", "1", "iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo=", "é☎𝄞"]
)


def leaves(*, finite: bool) -> st.SearchStrategy[Any]:
    """
    Anything in a JSON document that holds nothing else.

    Args:
        finite: Leave out NaN and the infinities, which JSON does not know but Python's own reader and writer do.
    """
    floats = st.floats(allow_nan=not finite, allow_infinity=not finite)
    return st.none() | st.booleans() | st.integers() | floats | st.text(st.characters(), max_size=5) | TIMES | WORDS


def documents(*, finite: bool) -> st.SearchStrategy[Any]:
    """Any JSON document. See `leaves` for `finite`."""
    keys = SPELLINGS | st.text(max_size=3)
    return st.recursive(
        leaves(finite=finite),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=12,
    )


def objects() -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects without NaN or the infinities."""
    return st.dictionaries(SPELLINGS | st.text(max_size=3), documents(finite=True), max_size=6)
