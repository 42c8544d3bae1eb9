"""Files: the media of messages, and pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from .._core.calls import Calls
from .._core.documents import is_object, member
from .._core.download import Download, Memory, PartialFile, url_of
from .._core.model import Model
from ..errors import InvalidRequestError
from .chats import ChatMessage, ChatPicture
from .contacts import ProfilePicture
from .messages import Message

MediaSource: TypeAlias = ChatMessage | Message | ChatPicture | ProfilePicture | Mapping[str, Any] | str
"""Where a file is: a message, a picture, the payload of a webhook, a URL, or a path of the service."""

_REMEDY: Final = "read the message with download_media=True, as in get_messages(..., download_media=True)"


class DownloadCalls(Calls):
    """Fetch media."""

    async def download(self, source: MediaSource) -> bytes:
        """
        Fetch the media of a message, or any file that the service names; `download_to` writes it to disk.

        The API key goes to the service's own scheme, host and port alone. Up to 5 redirects are followed, never from
        https to http. A URL in a message is what others wrote: beyond http and https, where it leads is not checked,
        so a program inside a private network should look at it first.

        Args:
            source: The message, read with ``download_media=True``; a picture; the payload of a webhook; a URL; or a
                path of the service, such as ``/files/ses_1/3EB0.jpg``.

        Returns:
            The content, of at most ``max_answer_bytes``: 64 MiB by default.

        Raises:
            InvalidRequestError: The message has no media, or its URL is not http or https.
            NotFoundError: The file is not there any more.
            APIConnectionError: It did not come, or not to its end. The timeouts are those of any read, but for
                ``total``, which does not apply.
            DecodeError: It is too large.
        """
        memory = Memory(self._engine.options.max_answer_bytes)
        await Download(self._engine, url_of(self._engine.options.base_url, _url(source)), memory).run()
        return memory.content()

    async def download_to(
        self,
        source: MediaSource,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """
        Fetch the media of a message into a file, in pieces, however large it is; see `download` for the rest.

        The file appears when it is whole, and replaces what is there; nobody but its owner may read it (mode 0600).

        Args:
            source: As for `download`.
            path: Where the file goes. Its folder must exist.
            progress: Called after each piece with the bytes written so far, and with how many there will be, where the
                server says so. It begins anew when the download is tried again. What it raises ends the download.

        Returns:
            The path.

        Raises:
            InvalidRequestError: The message has no media, or the file cannot be written.
            NotFoundError: The file is not there any more.
            APIConnectionError: It did not come, or not to its end; there is no file then.
        """
        url = url_of(self._engine.options.base_url, _url(source))
        if progress is not None and not callable(progress):
            raise InvalidRequestError("progress", "is not a function", "pass one that takes (done, total)")
        try:
            target = Path(path)
        except TypeError:
            raise InvalidRequestError("path", f"is {type(path).__name__}", "pass text or a pathlib.Path") from None
        with PartialFile.opened(target, progress) as file:
            await Download(self._engine, url, file).run()
        return target


def _url(source: object) -> str:
    """Where a source says that its file is."""
    if isinstance(source, str):
        return source
    if isinstance(source, Model):
        attribute = getattr(source, "media_url", None) or getattr(source, "url", None)
        found = attribute or _in_document(source)  # what is in `extra` counts, too
    elif is_object(source):
        found = _in_document(source)
    else:
        raise InvalidRequestError("source", f"is {type(source).__name__}", "pass a message or its URL")
    if not isinstance(found, str) or not found:
        raise InvalidRequestError("source", "has no media to fetch", _REMEDY)
    parts = urlsplit(found)
    if (parts.hostname or "").endswith(".whatsapp.net") and parts.path.endswith(".enc"):
        raise InvalidRequestError("source", "names WhatsApp's own copy, which is encrypted", _REMEDY)
    return found


def _in_document(document: Mapping[str, Any]) -> object:
    media = member(document, "media")
    inner = member(media, "url") if is_object(media) else None
    return inner or member(document, "mediaUrl") or member(document, "url")
