"""
What a call is, as digests of its parts: by them it is told whether a key is used for the same call again.

Nothing can be read from them, and they are the same however the caller wrote the call: a number in any spelling, a file
as a path, bytes or base64.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from .._core.body import Base64Text
from .._core.call import Call
from ..api.reach import session_of
from ..delivery.normalize import chat_key, chat_spellings
from ..delivery.sends import Send, send_of
from ..delivery.settle.media import URLS, File

PARTS: Final = ("session", "recipient", "kind", "text", "media", "content")
"""The parts, in the order of their digests; ``content`` is all that is in no other."""
_SIZE: Final = 6
"""Bytes of each digest: the calls of one key are few."""
_SESSIONS: Final = frozenset({"session", "sessionId"})
_RECIPIENTS: Final = frozenset({"to", "chatId"})
_LARGE: Final = 1 << 18
"""Characters of base64 from which on a digest is made in a thread."""


@attrs.frozen
class Identity:
    """
    What a call is.

    Attributes:
        session: The session by which it sends; empty where it has none.
        digest: The digests of its parts, one after the other.
        file: Its file, measured.
        send: The message that it sends, if it does.
    """

    session: str
    digest: bytes
    file: File | None = attrs.field(default=None, repr=False)
    send: Send | None = None

    @classmethod
    def of(cls, call: Call[Any]) -> Identity:
        """What a call is. For a large file it takes a while: see `is_large`."""
        send = send_of(call)
        session = session_of(call)
        fields = {**(call.params or {}), **(call.body or {})}
        left = {name: value for name, value in fields.items() if name not in _SESSIONS}
        file = File(fields)
        if send is None:
            kind = f"{call.method} {call.route} {sorted(call.path_params.items())}"
            parts = ["", kind, "", "", _written(left)]
        else:
            recipients = ",".join(sorted({canonical(one) for one in send.recipients}))
            data = file.measured
            media: dict[str, Any] = {str(name): left.pop(name) for name in URLS if name in left}
            media["data"] = None if data is None else [data[0], data[1].hex()]
            if data is not None:
                left.pop("data", None)
            left = {name: value for name, value in left.items() if name not in _RECIPIENTS}
            text: dict[str, Any] = {str(name): left.pop(name) for name in ("text", "caption") if name in left}
            parts = [recipients, send.type, _written(text), _written(media), _written(left)]
        return cls(session, b"".join(map(_digest, (session, *parts))), file, send)

    def differs(self, digest: bytes) -> tuple[str, ...]:
        """The names of the parts in which another call, known by its digest, is another."""
        pairs = zip(_parts(self.digest), _parts(digest), strict=True)
        return tuple(name for name, (mine, other) in zip(PARTS, pairs, strict=True) if mine != other)


def is_large(call: Call[Any]) -> bool:
    """Whether it takes long to say what a call is."""
    return size_of_file(call) > _LARGE


def size_of_file(call: Call[Any]) -> int:
    """How long the base64 of a call's file is; 0 where it has none."""
    data = (call.body or {}).get("data")
    return len(data) if isinstance(data, Base64Text | str) else 0


def canonical(to: str) -> str:
    """One form of a recipient for all spellings."""
    return min(chat_spellings(chat_key(to)))


def number_of(digest: str) -> int:
    """A fingerprint as a number of 64 bits with a sign, as every database has them."""
    return int.from_bytes(hashlib.blake2b(digest.encode(), digest_size=8).digest(), signed=True)


def _digest(part: str) -> bytes:
    return hashlib.blake2b(part.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


def _parts(digest: bytes) -> list[bytes]:
    digest = digest.ljust(_SIZE * len(PARTS), b"\0")
    return [digest[start : start + _SIZE] for start in range(0, _SIZE * len(PARTS), _SIZE)]


_encoder: Final = json.JSONEncoder(sort_keys=True, default=str, ensure_ascii=False)


def _written(fields: Mapping[str, Any]) -> str:
    return _encoder.encode(fields) if fields else ""
