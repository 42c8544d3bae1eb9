"""
A service that keeps messages and does everything wrong on the wire: raw sockets, and nothing of the package in it.

Each request meets a fault that is drawn from a seed. What it has delivered is in `messages`, however it answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import random
import re
import socket
import struct
import time
import unicodedata
from base64 import b64decode, b64encode
from contextlib import suppress
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

SPEED: Final = 10.0
"""How much faster the service's time runs than a wall clock's."""

PAGE: Final = "<html><head><title>Sign in</title></head><body>Please sign in. error 463</body></html>"
_DIGITS: Final = str.maketrans("abcdef", "123456")
TRICKS: Final = {
    # Of the answer to a message: how often, and whether the message is delivered.
    "fine": (52, True),
    "reset": (3, False),
    "reset after": (4, True),
    "silence": (3, False),
    "silence after": (3, True),
    "hang up": (3, True),
    "cut": (4, True),
    "cut refusal": (1, False),
    "empty 202": (2, False),
    "empty 202 after": (2, True),
    "page": (2, False),
    "page after": (2, True),
    "statusCode": (1, True),
    "502": (2, False),
    "502 after": (2, True),
    "echo": (2, False),
    "echo after": (2, True),
    "later": (2, True),
    "yes": (2, True),
    "429": (4, False),
    "refused": (2, False),
    "closed": (2, True),
}


class Chaos:
    """
    The service.

    Attributes:
        messages: What was delivered, in order: to whom, as the request said, and its words, or the bytes of its file.
    """

    def __init__(self, seed: int, *, ahead: float = 0.0) -> None:
        self.messages: list[tuple[str, str | bytes]] = []
        self._chats: dict[str, list[dict[str, Any]]] = {}
        self._draw = random.Random(seed)
        self._ahead = ahead
        self._began = time.monotonic()
        self._hidden: dict[str, str] = {}
        self._silent: dict[asyncio.StreamWriter, bool] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._open: dict[asyncio.StreamWriter, asyncio.Task[Any]] = {}

    def now(self) -> float:
        """The true time; the service's own clock is ahead of it."""
        return 1_750_000_000 + (time.monotonic() - self._began) * SPEED

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return "http://{}:{}".format(*self._server.sockets[0].getsockname())

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()  # so that whoever serves it comes to an end
        await asyncio.gather(*self._open.values(), *self._late)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[writer] = task
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"(?i)\r\ncontent-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                verb, target, _ = head.split(" ", 2)
                if not await self._answer(writer, verb, target, json.loads(body) if body else {}):
                    break
                if self._silent.pop(writer, None):
                    await reader.read()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        del self._open[writer]

    async def _answer(self, writer: asyncio.StreamWriter, verb: str, target: str, body: dict[str, Any]) -> bool:
        url = urlsplit(target)
        if verb == "POST":
            return await self._post(writer, body)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        trick = self._draw.random()
        if trick < 0.05:
            return self._break(writer)
        if trick < 0.1:
            return self._write(writer, 503, {"message": "try again"})
        if url.path == "/contacts/check-exists":
            person = query["phone"]
            return self._write(
                writer, 200, {"numberExists": True, "chatId": self._hidden.get(person, f"{person}@c.us")}
            )
        chat = unquote(url.path.split("/")[3])
        return self._write(writer, 200, self._read(chat, query), cut=trick < 0.13)

    # Messages

    async def _post(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> bool:
        trick = self._draw.choices(list(TRICKS), [share for share, _ in TRICKS.values()])[0]
        text = body.get("text") or body.get("caption") or ""
        sent: dict[str, Any] | None = None
        if TRICKS[trick][1]:
            if trick == "later":
                self._write(writer, 504, PAGE)
                task = asyncio.get_running_loop().create_task(self._deliver_later(body))
                self._late.add(task)
                return True
            sent = self._deliver(body)
        await asyncio.sleep(self._draw.choice((0, 0, 0.01, 0.05)))
        match trick.removesuffix(" after"):
            case "reset":
                return self._break(writer)
            case "silence":
                self._silent[writer] = True
                return True
            case "hang up":
                return False
            case "cut":
                return self._write(writer, 201, self._told(sent), cut=True)
            case "cut refusal":
                writer.write(
                    b'HTTP/1.1 200 OK\r\ncontent-length: 17\r\ncontent-type: application/json\r\n\r\n{"success": fal'
                )
                return False
            case "empty 202":
                return self._write(writer, 202, None)
            case "page":
                return self._write(writer, 200, PAGE)
            case "statusCode":
                return self._write(writer, 200, {"statusCode": 500, "message": "Internal server error"})
            case "502":
                return self._write(writer, 502, PAGE)
            case "echo":
                spelt = self._draw.choice((str, repr, json.dumps, html.escape))(text)
                return self._write(writer, 500, {"message": f"cannot send {spelt[: self._draw.choice((28, 400))]}"})
            case "429":
                return self._write(writer, 429, {"message": "slow down"}, ("retry-after-ms: 5",))
            case "refused":
                return self._write(writer, 422, {"message": "not now"})
            case "yes":
                return self._write(writer, 200, {"success": True})
            case "closed":
                self._write(writer, 201, self._told(sent))
                return False
        return self._write(writer, 201, self._told(sent))

    async def _deliver_later(self, body: dict[str, Any]) -> None:
        await asyncio.sleep(self._draw.uniform(0, 3) / SPEED)
        self._deliver(body)

    def _deliver(self, body: dict[str, Any]) -> dict[str, Any]:
        person = re.sub(r"\D", "", body["to"].partition("@")[0])
        chat = body["to"] if body["to"].endswith("@g.us") else f"{person}@c.us"
        if chat.endswith("@c.us") and (person in self._hidden or self._draw.random() < 0.05):
            digits = hashlib.sha256(person.encode()).hexdigest()[:14].translate(_DIGITS)
            chat = self._hidden.setdefault(person, f"{digits}@lid")
        data = b64decode(body["data"]) if "data" in body else None
        words = body.get("text") or body.get("caption")
        for twin in self._draw.choices((None, "app", "them"), (90, 5, 5)):
            if twin:  # somebody else writes the same
                self._keep(chat, words, data, "text" not in body, twin == "app", "app")
        sent = self._keep(chat, words, data, "text" not in body, mine=True, source="api")
        self.messages.append((body["to"], words if words is not None else data or b""))
        return sent

    def _keep(
        self, chat: str, words: str | None, data: bytes | None, picture: bool, mine: bool, source: str
    ) -> dict[str, Any]:
        message = {
            "bare": f"3EB0{self._draw.getrandbits(64):016X}",
            "chat": chat,
            "words": words,
            "data": data,
            "picture": picture,
            "mine": mine,
            "source": source,
            "at": self.now(),
            "visible": self.now() + self._draw.choice((0, 0, 1, 4)),
        }
        self._chats.setdefault(chat, []).append(message)
        return message

    # What is told

    def _id(self, message: dict[str, Any]) -> str:
        whose = "true" if message["mine"] else "false"
        long = f"{whose}_{message['chat']}_{message['bare']}"
        return self._draw.choice((message["bare"], long, long, f"{long}_447700900123@c.us", f"{long}_out"))

    def _told(self, message: dict[str, Any] | None) -> dict[str, Any]:
        assert message is not None
        if self._draw.random() < 0.05:  # another id than the chat shows
            return {"id": f"3EB0{self._draw.getrandbits(64):016X}", "status": "sent"}
        if self._draw.random() < 0.05:
            return {"status": "sent", "timestamp": int(message["at"] + self._ahead)}
        return {"id": self._id(message), "timestamp": int(message["at"] + self._ahead), "fromMe": True}

    def _read(self, chat: str, query: dict[str, str]) -> list[dict[str, Any]]:
        since = float(query.get("filter.timestamp.gte", 0))
        there = [
            one
            for one in self._chats.get(chat, [])
            if one["visible"] <= self.now()
            and int(one["at"] + self._ahead) >= since
            and (one["mine"] or query.get("filter.fromMe") != "true")
        ]
        there.reverse()
        if self._draw.random() < 0.3:
            self._draw.shuffle(there)
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 10)), 50)
        return [self._shown(one) for one in there[offset : offset + limit]]

    def _shown(self, message: dict[str, Any]) -> dict[str, Any]:
        words = message["words"]
        if words is not None and self._draw.random() < 0.7:
            words = re.sub("[\ufe00-\ufe0f]", "", unicodedata.normalize("NFC", re.sub("\r\n?", "\n", words))).strip()
        shown: dict[str, Any] = {
            "id": self._id(message),
            "timestamp": int(message["at"] + self._ahead),
            "fromMe": message["mine"],
            "source": message["source"],
            "body": words or "",
            "hasMedia": message["picture"],
        }
        if message["picture"]:
            shown |= {"body": "", "caption": words, "type": "image"}
        if message["data"] is not None:
            digest = b64encode(hashlib.sha256(message["data"]).digest()).decode()
            shown["_data"] = {"Message": {"imageMessage": {"fileSHA256": digest, "fileLength": len(message["data"])}}}
        return shown

    def _write(
        self,
        writer: asyncio.StreamWriter,
        status: int,
        document: Any,
        headers: tuple[str, ...] = (),
        *,
        cut: bool = False,
    ) -> bool:
        page = isinstance(document, str)
        content = b"" if document is None else document.encode() if page else json.dumps(document).encode()
        lines = [
            f"HTTP/1.1 {status} ",
            f"content-length: {len(content)}",
            f"content-type: {'text/html' if page else 'application/json'}",
            f"date: {formatdate(self.now() + self._ahead, usegmt=True)}",
            *headers,
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + (content[: len(content) // 2] if cut else content))
        return not cut

    def _break(self, writer: asyncio.StreamWriter) -> bool:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
