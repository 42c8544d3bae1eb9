"""
What receiving costs: events a second that a server answers, beside a bare route that only reads the body.

One server (Starlette under uvicorn, in a process of its own) has a route for each way; the ways take turns, so that
what else the machine does falls on all alike. Each event is another one, signed. A figure is the median over rounds, of
what an event takes of the server's CPU time and, where nothing else runs, of events a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from wasend.webhooks import Endpoint, Event, Receiver, sign
from wasend.webhooks.adapters import WebhookApp

KEY: Final = "the-webhook-key"
CONNECTIONS: Final = 16
WAYS: Final = ("bare", "endpoint", "inbox", "receiver")


def event(number: int) -> bytes:
    """A message as the service's engine posts it, of 1.2 KB."""
    chat, message = f"4477009{number % 500:05}@c.us", f"3EB0{number:016X}"
    return json.dumps(
        {
            "id": f"evt_01jz{number:022}",
            "timestamp": round(time.time() * 1000),
            "event": "message",
            "session": "ses_7f3a91c2",
            "metadata": {"user.id": "usr_19"},
            "me": {
                "id": "447700900123@c.us",
                "pushName": "Front Desk",
                "lid": "111@lid",
                "jid": "447700900123:7@s.whatsapp.net",
                "reachoutTimelock": None,
                "messageCapping": None,
            },
            "payload": {
                "id": f"false_{chat}_{message}",
                "timestamp": int(time.time()),
                "from": chat,
                "fromMe": False,
                "source": "app",
                "to": None,
                "participant": None,
                "body": f"See you at 10, number {number}",
                "hasMedia": False,
                "media": None,
                "ack": 2,
                "ackName": "DEVICE",
                "location": None,
                "vCards": None,
                "replyTo": None,
                "_data": {
                    "Info": {"Chat": chat, "Sender": chat, "IsFromMe": False, "IsGroup": False, "ID": message},
                    "Message": {"conversation": f"See you at 10, number {number}"},
                },
            },
            "engine": "GOWS",
            "environment": {
                "version": "2026.8.2",
                "engine": "GOWS",
                "tier": "PLUS",
                "browser": None,
                "platform": "linux/x64",
                "worker": {"id": None},
            },
        },
        separators=(",", ":"),
    ).encode()


def request(way: str, number: int) -> bytes:
    """A request as the service's engine makes it."""
    body = event(number)
    head = [
        f"POST /{way} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        "User-Agent: WAHA/2026.8.2",
        f"X-Webhook-Request-Id: {number:032}",
        f"X-Webhook-Timestamp: {round(time.time() * 1000)}",
        f"X-Webhook-Hmac: {sign(body, KEY)}",
        "X-Webhook-Hmac-Algorithm: sha512",
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body


# ------------------------------------------------------------------------------------------- the server


async def handle(event: Event) -> None:
    """What a program does with an event is not measured."""


def serve() -> None:
    """Name the port, and serve until standard input ends."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def bare(request: Request) -> Response:
        await request.body()
        return Response(b'{"status": "handled"}', media_type="application/json")

    receiver = Receiver(key=KEY, inbox="receiver.db")
    receiver.on(Event)(handle)

    async def cpu(request: Request) -> Response:
        return Response(f'{{"seconds": {time.process_time()}}}')

    routes = [
        Route("/cpu", cpu),
        Route("/bare", bare, methods=["POST"]),
        Route("/endpoint", WebhookApp(Endpoint(handle, key=KEY))),
        Route("/inbox", WebhookApp(Receiver(key=KEY, inbox="inbox.db", background=False))),
        Route("/receiver", WebhookApp(receiver)),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, access_log=False, log_config=None, lifespan="off")
    server = uvicorn.Server(config)

    async def run() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await serving

    asyncio.run(run())


@contextmanager
def running_server() -> Iterator[int]:
    """The server in a process of its own, in an empty folder; its port."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__).resolve()), "--serve"]
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(30)
            process.stdout.close()


# ------------------------------------------------------------------------------------------- the client


class Poster(asyncio.Protocol):
    """A connection that posts one request after the other, each when the one before is answered."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._requests, self._done = requests, done
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"}"):
            if not self._received.startswith(b"HTTP/1.1 200 "):
                self._fail(RuntimeError(self._received.decode()))
                return
            self._received = b""
            self._next()

    def _next(self) -> None:
        one = next(self._requests, None)
        if one is not None:
            self._transport.write(one)
        elif not self._done.done():
            self._transport.close()
            self._done.set_result(None)

    def _fail(self, error: Exception) -> None:
        self._transport.close()
        if not self._done.done():
            self._done.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._fail(exc or ConnectionError("the server has hung up"))


async def events_a_second(port: int, requests: list[bytes]) -> float:
    """How fast a server answers requests that come by 16 connections."""
    loop = asyncio.get_running_loop()
    left = iter(requests)
    done = [loop.create_future() for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for one in done:
        await loop.create_connection(lambda one=one: Poster(left, one), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*done)
    return len(requests) / (time.perf_counter() - began)


def cpu_seconds(port: int) -> float:
    """What the server has taken of its CPU so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/cpu", timeout=30) as answer:
        return float(json.load(answer)["seconds"])


def measure(rounds: int, count: int, ways: tuple[str, ...] = WAYS) -> dict[str, list[tuple[float, float]]]:
    """Of each way, round by round: events a second, and events a second of CPU time."""
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    with running_server() as port:
        number = 0
        for turn in range(rounds + 1):
            for way in ways:
                requests = [request(way, number + n) for n in range(count)]
                number += count
                before = cpu_seconds(port)
                rate = asyncio.run(events_a_second(port, requests))
                if turn:  # the first is for warming up
                    found[way].append((rate, count / (cpu_seconds(port) - before)))
    return found


def main() -> None:
    """Measure, and print a line for each way."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0] if __doc__ else None)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--count", type=int, default=2000, help="events a round and way")
    given: Any = options.parse_args()
    if given.serve:
        serve()
        return
    found = measure(given.rounds, given.count)
    for way, rates in found.items():
        columns = [f"{way:10}"]
        for column, unit in enumerate(("events/s", "events/s of CPU")):
            own, bare = ([pair[column] for pair in turns] for turns in (rates, found["bare"]))
            ratios = [rate / other for rate, other in zip(own, bare, strict=True)]
            ratio = f"{statistics.median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
            columns.append(f"{statistics.median(own):8.0f} {unit}  {ratio}")
        print("  ".join(columns))


if __name__ == "__main__":
    main()
