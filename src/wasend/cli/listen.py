"""Receiving webhooks at the desk: they are shown as they come, and may be passed on and written down."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import httpx
import uvicorn

from wasend._core.clock import SYSTEM_CLOCK
from wasend._core.documents import is_object
from wasend._core.files import create_private
from wasend.errors import WebhookError, printable
from wasend.webhooks import AnyEvent, Reply, sign
from wasend.webhooks.adapters import WebhookApp
from wasend.webhooks.facts import text_of
from wasend.webhooks.parsing import MAX_AGE, MAX_BYTES, read
from wasend.webhooks.reply import refused
from wasend.webhooks.signature import Headers, Keys

_SHOWN: Final = 200
"""Characters of a message that are shown."""
_PASSED_ON: Final = ("content-type", "user-agent", "x-webhook-")
"""How the headers begin that are passed on and written down."""

logger: Final = logging.getLogger("wasend")
_Pairs: TypeAlias = Iterable[tuple[bytes, bytes]]


class Listener:
    """
    Takes webhooks, and shows them.

    Args:
        keys: What they are signed with; `None` takes what is not signed.
        show: Told of each event.
        forward: Where to post each event as well, as it came: what that answers is answered.
        record: A file to which each event is appended, as a line of JSON.
    """

    max_bytes = MAX_BYTES

    def __init__(
        self,
        keys: Keys | None,
        show: Callable[[AnyEvent, bytes], object],
        forward: str | None = None,
        record: Path | None = None,
    ) -> None:
        self._keys = keys
        self._show = show
        self._forward = forward
        self._record = None if record is None else create_private(record)
        self._client = httpx.AsyncClient(timeout=30)

    async def receive(self, body: bytes, headers: Headers) -> Reply:
        """Take what was posted, and say what to answer."""
        try:
            event = read(body, headers, self._keys, MAX_AGE, MAX_BYTES, SYSTEM_CLOCK)
        except WebhookError as error:
            return refused(error)
        self._show(event, body)
        # As they come by ASGI: in bytes, their names in lower case.
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in cast("_Pairs", headers))
        kept = {name: value for name, value in pairs if name.startswith(_PASSED_ON)}
        if self._record is not None:
            line = {"at": datetime.now(UTC).isoformat(), "headers": kept, "body": body.decode()}
            try:
                with self._record.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
            except OSError as error:
                logger.warning("it could not be written down: %s", error.strerror)
                return Reply.of(500, error="it could not be written down")
        if self._forward is None:
            return Reply.of(200, status="shown")
        try:
            answer = await self._client.post(self._forward, content=body, headers=_sent(kept))
        except httpx.HTTPError as error:
            logger.warning("it could not be passed on: %s", type(error).__name__)
            return Reply.of(502, error="it could not be passed on")
        return Reply(answer.status_code, answer.content)


def listen(sock: socket.socket, listener: Listener, ready: Callable[[], object]) -> None:
    """
    Take webhooks until Ctrl-C.

    Args:
        sock: Where.
        listener: What takes them.
        ready: Called when they are taken.
    """

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(WebhookApp(listener), lifespan="off", log_config=None, access_log=False)
    asyncio.run(Server(config).serve([sock]))


def in_words(event: AnyEvent) -> str:
    """An event as a person reads it, in one line."""
    at = event.timestamp.astimezone() if event.timestamp is not None else datetime.now().astimezone()
    text, state = text_of(event), getattr(event.payload, "status", None)
    said = text if text is not None else state if isinstance(state, str) else ""
    words = (f"{at:%H:%M:%S}", event.session, event.name, event.chat_id or "-", said)
    return printable("  ".join(words), _SHOWN).rstrip()


def recorded(lines: Iterable[str]) -> Iterable[tuple[Mapping[str, str], bytes]]:
    """
    What `Listener` wrote down: headers and body of each event.

    Raises:
        ValueError: A line is none of its.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            kept: Any = json.loads(line)
            headers: dict[str, str] = dict(kept["headers"])
            _sent(headers)
            body: bytes = kept["body"].encode()
            if not is_object(json.loads(body)):
                raise TypeError("the body is no object")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError(f"line {number} is no recorded event") from None
        yield headers, body


def replayed(
    client: httpx.Client, url: str, headers: Mapping[str, str], body: bytes, *, keys: Keys | None, now: bool
) -> tuple[str, int]:
    """
    Post an event again.

    Args:
        client: By which.
        url: Where.
        headers: The headers that it came with.
        body: It.
        keys: What to sign it with; else it is not signed.
        now: Whether it is given the present time.

    Returns:
        What it is, and the status of the answer.
    """
    event = json.loads(body)
    if now:
        event["timestamp"] = round(SYSTEM_CLOCK.now() * 1000)
        body = json.dumps(event, separators=(",", ":")).encode()
    sent = {name: value for name, value in headers.items() if not name.startswith("x-webhook-hmac")}
    if keys is not None:
        sent |= {"x-webhook-hmac": sign(body, keys), "x-webhook-hmac-algorithm": "sha512"}
    answer = client.post(url, content=body, headers=_sent(sent))
    return printable(f"{event.get('session')}  {event.get('event')}  {event.get('id')}"), answer.status_code


def _sent(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as the bytes that they came in, of which each is a character here."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def keys_of(file: Path | None) -> Keys | None:
    """
    The key of a file or of the environment, which no list of processes shows; `None` where there is neither.

    Raises:
        ConfigurationError: It cannot be one.
        OSError: The file cannot be read.
    """
    given = file.read_text(encoding="utf-8").strip() if file is not None else os.environ.get("WASEND_WEBHOOK_KEY")
    return None if given is None or (file is None and not given) else Keys(given)
