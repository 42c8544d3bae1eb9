"""Whether a file that a chat holds is the one that was sent, as far as either is told."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from ..._core.body import Base64Text
from ..._core.documents import is_list, is_object, member
from ...api.chats import ChatMessage

URLS: Final = ("url", "imageUrl", "videoUrl", "documentUrl", "audioUrl")
"""The fields of a request that hold a file's URL."""
_SIZES: Final = ("fileLength", "fileSize", "size")
_HASHES: Final = ("fileSha256", "filehash", "sha256")
_UNKNOWN: Final = "application/octet-stream"
_PIECE: Final = 1 << 16


@attrs.frozen
class Measured:
    """
    What stands in a body for a file that is not kept.

    Attributes:
        size: Its bytes.
        sha256: Their SHA-256.
    """

    size: int
    sha256: bytes


class File:
    """
    The file of a request.

    Args:
        body: The request's.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._data = body.get("data")
        self.url = next((url for key in URLS if (url := body.get(key)) is not None), None)
        self.name: Any = body.get("fileName") or body.get("filename")
        self.mimetype = _mimetype(body.get("mimeType") or body.get("mimetype"))

    @functools.cached_property
    def measured(self) -> tuple[int, bytes] | None:
        """How many bytes it has, and their SHA-256; `None` where only its URL is known."""
        data = self._data
        if isinstance(data, Measured):
            return data.size, data.sha256
        if not isinstance(data, Base64Text | str):
            return None
        digest, size, rest = hashlib.sha256(), 0, b""
        try:
            for piece in data if isinstance(data, Base64Text) else _pieces(data):
                whole = (text := rest + piece)[: len(text) // 4 * 4]
                rest = text[len(whole) :]
                content = base64.b64decode(whole, validate=True)
                digest.update(content)
                size += len(content)
        except (binascii.Error, ValueError):
            return None
        return None if rest else (size, digest.digest())


@attrs.frozen
class Seen:
    """What a chat tells of a file."""

    size: int | None
    sha256: bytes | None
    name: str | None
    url: str | None
    mimetype: str | None

    @classmethod
    def of(cls, message: ChatMessage) -> Seen:
        """Read it out of a message and the engine's own record of it."""
        records = list(_records(message.extra))

        def told(*names: str) -> Any:
            return next((value for one in records if (value := member(one, *names)) is not None), None)

        name = message.filename or told("fileName")
        mimetype = message.mimetype or told("mimetype")
        return cls(_size(told(*_SIZES)), _sha256(told(*_HASHES)), name, message.media_url, _mimetype(mimetype))

    def is_another(self, file: File, *, converted: bool) -> bool:
        """
        Whether it cannot be this file.

        Args:
            file: The one that was sent.
            converted: Whether services may have put it into another format, which has another size and hash.
        """
        mine = file.measured
        if (
            mine is not None
            and not converted
            and (self.size not in (None, mine[0]) or self.sha256 not in (None, mine[1]))
        ):
            return True
        known = {self.mimetype, file.mimetype} - {None, _UNKNOWN}
        return len(known) > 1 and not converted

    def is_same(self, file: File) -> bool:
        """Whether something tells that it is this file: its hash, size, name or URL. A type alone does not."""
        mine = file.measured
        if mine is not None and (self.sha256 == mine[1] or (self.sha256 is None and self.size == mine[0])):
            return True
        return (file.url is not None and self.url == file.url) or (file.name is not None and self.name == file.name)


def _records(extra: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The objects in which engines tell of a file: the message, its media, and the engine's record with its content."""
    data = extra.get("_data")
    for one in (extra, extra.get("media"), data):
        if is_object(one):
            yield one
            content = member(one, "message")
            if is_object(content):
                yield from (part for part in content.values() if is_object(part))


def _pieces(text: str) -> Iterator[bytes]:
    plain = re.sub(r"^data:[^,]*,|\s", "", text).encode("ascii", "replace")
    return (plain[start : start + _PIECE] for start in range(0, len(plain), _PIECE))


def _mimetype(value: Any) -> str | None:
    return value.partition(";")[0].strip().lower() if isinstance(value, str) and value else None


def _size(value: Any) -> int | None:
    """Engines write a size as a number, as text, or as the two halves of a long number."""
    low = value.get("low") if is_object(value) else value
    text = str(low)
    return int(text) if not isinstance(low, bool) and text.isascii() and text.isdecimal() else None


def _sha256(value: Any) -> bytes | None:
    """Engines write a hash in base64, in hexadecimal, or as a list of bytes."""
    if is_object(value):
        numbers = value.get("data", list(value.values()))
        value = numbers
    try:
        if is_list(value):
            found = bytes(value)
        elif isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{64}", value):
            found = bytes.fromhex(value)
        elif isinstance(value, str):
            found = base64.b64decode(value, altchars=b"-_" if re.search("[-_]", value) else None, validate=True)
        else:
            return None
    except (ValueError, TypeError):
        return None
    return found if len(found) == hashlib.sha256().digest_size else None
