"""
How often one message is delivered when its answer is lost: `wasend` and other messaging SDKs, each as it comes.

Every peer is installed by pip into a virtual environment of its own, pointed at a server on loopback, and told to send
one message with the library's default settings. The server counts a send as delivered once it has read it whole,
whatever becomes of the answer; only what it answers with 429 is not delivered. What pip cannot install, or what does
not send where nothing fails, is left out, and why is said.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs

Fault: TypeAlias = Literal["", "lost", "500", "hang", "429"]

LIMIT: Final = 120.0
"""Seconds that a program may take. Longer than the longest timeout here: 90 s, of `wasend`."""
TOTAL: Final = 400.0
"""Seconds after which pip is not begun, or is ended."""
EVERY: Final = 1000


@attrs.frozen
class Scenario:
    """What becomes of the first so many requests; a later one is answered as it should be."""

    title: str
    fault: Fault
    requests: int = 1


CONTROL: Final = Scenario("nothing fails", "", 0)
SCENARIOS: Final = (
    Scenario("one answer lost", "lost"),
    Scenario("every answer lost", "lost", EVERY),
    Scenario("500 once", "500"),
    Scenario("500 every time", "500", EVERY),
    Scenario("one answer never comes", "hang"),
    Scenario("429 once", "429"),
)


def plain_error(status: int) -> object:
    """An error in the words that most services have, at the places where they have them."""
    message = "Too many requests" if status == 429 else "Internal server error"
    return {"code": status, "status": status, "message": message, "error": {"code": status, "message": message}}


def telegram_error(status: int) -> object:
    told = {"ok": False, "error_code": status}
    if status == 429:
        return {**told, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
    return {**told, "description": "Internal Server Error"}


def slack_error(status: int) -> object:
    return {"ok": False, "error": "ratelimited" if status == 429 else "internal_error"}


def aws_error(status: int) -> object:
    code = "Throttling" if status == 429 else "InternalFailure"
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{code}</Message></Error></ErrorResponse>"


@attrs.frozen
class Peer:
    """
    A library, and how to send one message with it.

    Attributes:
        key: What ``--only`` calls it.
        program: Defines ``send()``, which sends one message to the server at ``url``. It returns `None` for success;
            where the library returns its failures instead of raising them, it says so.
        answer: What the service answers, as JSON or, a `str`, as it is.
        package: What pip installs: the library first, and what it needs but does not say. Nothing for what this
            interpreter can import.
        title: What the table calls it.
        status: The right answer's.
        error: The body of an error.
        tls: Whether it speaks nothing but https.
        executable: A program that it needs besides Python.
    """

    key: str
    program: str
    answer: object
    package: str = ""
    title: str = ""
    status: int = 200
    error: Callable[[int], object] = plain_error
    tls: bool = False
    executable: str = ""


OURS: Final = """
import wasend
client = wasend.WasendClient("key", base_url=url{options}){meanwhile}
def send():
    client.send_text(session="ses_7f3a91c2", to="+447700900456", text="See you at 10")
"""
AFTER_A_WHILE: Final = """
import time
time.sleep(3)  # what is sent by a client that has just been made may be an earlier program's
"""
OURS_ANSWER: Final = {
    "id": "true_447700900456@c.us_3EB0F1C2D3",
    "to": "447700900456@c.us",
    "content": "See you at 10",
    "type": "text",
    "timestamp": 1736071500,
    "status": "sent",
    "fromMe": True,
}
TELEGRAM_ANSWER: Final = {
    "ok": True,
    "result": {"message_id": 1, "date": 1736071500, "chat": {"id": 1, "type": "private"}, "text": "See you at 10"},
}
GRAPH_ANSWER: Final = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "447700900456", "wa_id": "447700900456"}],
    "messages": [{"id": "wamid.3EB0F1C2D3"}],
}

PEERS: Final = (
    Peer("wasend", OURS.format(options="", meanwhile=""), OURS_ANSWER, title="wasend (this one)"),
    Peer(
        "wasend",
        OURS.format(options=", settle=True", meanwhile=AFTER_A_WHILE),
        OURS_ANSWER,
        title="wasend (this one), `settle=True`",
    ),
    Peer(
        "wasend-official",
        """
import wasend
client = wasend.WasendClient(api_key="key", base_url=url)
def send():
    client.send(session="ses_7f3a91c2", to="+447700900456", text="See you at 10")
""",
        {**OURS_ANSWER, "timestamp": "1736071500", "sender": "447700900123@c.us", "recipient": "447700900456@c.us"},
        package="wasend==1.3.3",
        title="wasend (official, Node.js)",
        executable="node",
    ),
    Peer(
        "pywa",
        """
import pywa
client = pywa.WhatsApp("447700900123", "token")
client.api._session.base_url = url
def send():
    client.send_message("447700900456", "See you at 10")
""",
        GRAPH_ANSWER,
        package="pywa",
    ),
    Peer(
        "heyoo",
        """
import heyoo
client = heyoo.WhatsApp("token", "447700900123")
client.url = url + "/447700900123/messages"
def send():
    answer = client.send_message("See you at 10", "447700900456")
    return None if "messages" in answer else "returned an error"
""",
        GRAPH_ANSWER,
        package="heyoo",
    ),
    Peer(
        "twilio",
        """
import twilio.rest
client = twilio.rest.Client("AC0", "token")
client.api.base_url = url
def send():
    client.messages.create(to="whatsapp:+447700900456", from_="whatsapp:+447700900123", body="See you at 10")
""",
        {"sid": "SM0", "status": "queued", "body": "See you at 10"},
        package="twilio",
        status=201,
    ),
    Peer(
        "vonage",
        """
from vonage import Auth, HttpClientOptions, Vonage
from vonage_messages import WhatsappText
options = HttpClientOptions(api_host=url.removeprefix("https://"))
client = Vonage(Auth(api_key="key", api_secret="secret"), options)
def send():
    client.messages.send(WhatsappText(to="447700900456", from_="447700900123", text="See you at 10"))
""",
        {"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"},
        package="vonage",
        status=202,
        tls=True,
    ),
    Peer(
        "telnyx",
        """
import telnyx
client = telnyx.Telnyx(api_key="key", base_url=url)
def send():
    client.messages.send(to="+447700900456", from_="+447700900123", text="See you at 10")
""",
        {"data": {"id": "40385f64-5717-4562-b3fc-2c963f66afa6", "record_type": "message"}},
        package="telnyx",
    ),
    Peer(
        "plivo",
        """
import plivo.rest.client
plivo.rest.client.PLIVO_API_BASE_URI = url + "/v1/Account"
client = plivo.RestClient("MA" + "0" * 18, "token")
def send():
    client.messages.create(src="+447700900123", dst="+447700900456", text="See you at 10")
""",
        {"message": "message(s) queued", "message_uuid": ["db3ce55a"], "api_id": "db342550"},
        package="plivo",
        status=202,
    ),
    Peer(
        "sinch",
        """
import sinch
client = sinch.SinchClient(service_plan_id="plan", sms_api_token="token", sms_region="us")
client.configuration.sms_origin_with_service_plan_id = url
def send():
    client.sms.batches.send_sms(to=["+447700900456"], from_="+447700900123", body="See you at 10")
""",
        {"id": "01FC66621XXXXX119Z8PMV1QPQ", "to": ["447700900456"], "from": "447700900123", "canceled": False}
        | {"body": "See you at 10", "type": "mt_text"},
        package="sinch",
        status=201,
    ),
    Peer(
        "messagebird",
        """
import messagebird
from messagebird.http_client import HttpClient
client = messagebird.Client("key", http_client=HttpClient(url, "key", "agent"))
def send():
    client.message_create("+447700900123", ["+447700900456"], "See you at 10")
""",
        {"id": "e8077d80", "body": "See you at 10", "recipients": {"totalCount": 1, "items": []}},
        package="messagebird",
        status=201,
    ),
    Peer(
        "infobip",
        """
from infobip_channels.whatsapp.channel import WhatsAppChannel
client = WhatsAppChannel.from_auth_params({"base_url": url, "api_key": "key"})
def send():
    message = {"from": "447700900123", "to": "447700900456", "content": {"text": "See you at 10"}}
    answer = client.send_text_message(message)
    code = str(getattr(answer, "status_code", None))
    return None if code.endswith("200") or code.endswith("OK") else "returned status " + code
""",
        {"to": "447700900456", "messageCount": 1, "messageId": "a28dd97c"}
        | {"status": {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "sent"}},
        package="infobip-api-python-sdk setuptools<81",
        title="infobip",
    ),
    Peer(
        "boto3",
        """
import boto3
client = boto3.client(
    "sns", endpoint_url=url, region_name="eu-west-2", aws_access_key_id="key", aws_secret_access_key="secret"
)
def send():
    client.publish(PhoneNumber="+447700900456", Message="See you at 10")
""",
        "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult>"
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>",
        package="boto3",
        title="boto3 (SNS)",
        error=aws_error,
    ),
    Peer(
        "slack-sdk",
        """
import slack_sdk
client = slack_sdk.WebClient(token="token", base_url=url + "/api/")
def send():
    client.chat_postMessage(channel="C0", text="See you at 10")
""",
        {"ok": True, "channel": "C0", "ts": "1736071500.000100"},
        package="slack-sdk",
        error=slack_error,
    ),
    Peer(
        "python-telegram-bot",
        """
import asyncio, telegram
client = telegram.Bot("1:token", base_url=url + "/bot")
def send():
    asyncio.run(client.send_message(1, "See you at 10"))
""",
        TELEGRAM_ANSWER,
        package="python-telegram-bot",
        error=telegram_error,
    ),
    Peer(
        "aiogram",
        """
import asyncio, aiogram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
async def send_it():
    session = AiohttpSession(api=TelegramAPIServer.from_base(url))
    async with aiogram.Bot("1:token", session=session) as client:
        await client.send_message(1, "See you at 10")
def send():
    asyncio.run(send_it())
""",
        TELEGRAM_ANSWER,
        package="aiogram",
        error=telegram_error,
    ),
    Peer(
        "courier",
        """
import courier
client = courier.Courier(api_key="key", base_url=url)
def send():
    content = {"title": "", "body": "See you at 10"}
    client.send.message(message={"to": {"phone_number": "+447700900456"}, "content": content})
""",
        {"requestId": "1-65e240a0"},
        package="trycourier",
        status=202,
    ),
    Peer(
        "mailgun",
        """
import mailgun.client
client = mailgun.client.Client(auth=("api", "key"), api_url=url)
def send():
    message = {"from": "us@example.com", "to": "you@example.com", "subject": "Tomorrow", "text": "See you at 10"}
    answer = client.messages.create(data=message, domain="example.com")
    return None if answer.status_code == 200 else f"returned status {answer.status_code}"
""",
        {"id": "<1@example.com>", "message": "Queued. Thank you."},
        package="mailgun",
    ),
)

# The hook keeps a library from anything but loopback, whatever it takes for its service's address.
HEAD: Final = """
import json, os, sys, time
from importlib.metadata import version
url, distribution, report = sys.argv[1:]

def stay_here(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in {None, "", "localhost", "::1"} and not host.startswith("127."):
        print("it wants to reach " + host, file=sys.stderr, flush=True)
        os._exit(1)

sys.addaudithook(stay_here)
"""
TAIL: Final = """
began = time.monotonic()
error = None
try:
    told = send() or "success"
except BaseException as caught:
    told, error = type(caught).__name__, repr(caught)
taken = time.monotonic() - began
with open(report, "w") as file:
    json.dump({"told": told, "error": error, "seconds": taken, "version": version(distribution)}, file)
"""


class Handler(BaseHTTPRequestHandler):
    """A messaging service, for as long as one message takes."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def do_POST(self) -> None:
        self._read()
        fault = self.server.next_fault()
        if fault != "429":
            self.server.delivered(
                next((told for name, told in self.headers.items() if "idempotency" in name.lower()), None)
            )
        if fault == "lost":
            self.close_connection = True
        elif fault == "hang":
            self.server.over.wait(LIMIT)
            self.close_connection = True
        elif fault:
            self._answer(int(fault), self.server.peer.error(int(fault)))
        else:
            self._answer(self.server.peer.status, self.server.peer.answer)

    def do_GET(self) -> None:
        self._answer(200, self.server.chat() if "offset=0" in self.path or "offset" not in self.path else [])

    def _read(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, document: object) -> None:
        body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml" if isinstance(document, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the counts are the report."""


class Server(ThreadingHTTPServer):
    """Counts the sends that it has read whole, and answers as the scenario says."""

    daemon_threads = True

    def __init__(self, peer: Peer, scenario: Scenario, certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.peer = peer
        self.over = threading.Event()
        self.moments: list[float] = []
        self.keys: list[str | None] = []
        self._faults_left = scenario.requests
        self._fault: Fault = scenario.fault
        self._lock = threading.Lock()
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server_port}"

    def next_fault(self) -> Fault:
        with self._lock:
            self._faults_left -= 1
            return self._fault if self._faults_left >= 0 else ""

    def delivered(self, key: str | None) -> None:
        with self._lock:
            self.moments.append(time.time())
            self.keys.append(key)

    def chat(self) -> list[object]:
        """What WASend reads back of a chat."""
        same = {"from": "447700900123@c.us", "to": "447700900456@c.us", "fromMe": True, "body": "See you at 10"}
        return [
            {
                "id": f"true_447700900456@c.us_3EB0F1C2D{number}",
                "timestamp": int(moment),
                "ack": 1,
                "type": "chat",
                **same,
            }
            for number, moment in enumerate(self.moments)
        ]

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that is gone is what some scenarios are about."""


@contextmanager
def running(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@attrs.frozen
class Outcome:
    """
    What came of one send.

    Attributes:
        deliveries: How often the server read it.
        told: What the caller was told: success, or the error's type.
        seconds: How long that took.
        version: The library's.
        same_key: Whether the deliveries carried one idempotency key, by which a service can tell that they are one.
        log: What else the program had to say.
    """

    deliveries: int
    told: str
    seconds: float
    version: str = ""
    same_key: bool = False
    log: str = ""

    def __str__(self) -> str:
        count = f"**{self.deliveries}**" if self.deliveries > 1 else f"{self.deliveries}"
        return f"{count}{' (one key)' if self.same_key else ''}, {self.told}, {self.seconds:.1f} s"


class Unfit(Exception):
    """A peer cannot take part, for the reason given; and what its program had to say."""

    def __init__(self, why: str, log: str = "") -> None:
        super().__init__(why)
        self.log = log


@attrs.frozen
class Row:
    """A peer's line of the table; without outcomes, why."""

    peer: Peer
    outcomes: Sequence[Outcome] = ()
    why: str = ""
    log: str = ""


class Bench:
    """A directory to work in, and how much is done at once in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.end = time.monotonic() + TOTAL
        self._installing = threading.Semaphore(2)
        self._busy = threading.Semaphore(3)
        self._certificate: Path | None = None
        self._lock = threading.Lock()

    def measure(self, peer: Peer) -> Row:
        try:
            if peer.executable and shutil.which(peer.executable) is None:
                raise Unfit(f"there is no {peer.executable}")
            directory = Path(tempfile.mkdtemp(dir=self.directory))
            python = self._install(peer, directory) if peer.package else Path(sys.executable)
            control = self._run(peer, CONTROL, python, directory)
            if (control.deliveries, control.told) != (1, "success"):
                raise Unfit(f"where nothing fails: {control}", control.log)
            with ThreadPoolExecutor(len(SCENARIOS)) as pool:
                outcomes = list(pool.map(lambda scenario: self._run(peer, scenario, python, directory), SCENARIOS))
        except Unfit as reason:
            return Row(peer, why=str(reason), log=reason.log)
        return Row(peer, outcomes)

    def _install(self, peer: Peer, directory: Path) -> Path:
        place = directory / "environment"
        python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        with self._installing:
            for command in (
                [sys.executable, "-m", "venv", str(place)],
                [str(python), "-m", "pip", "install", "--quiet", "--no-input", *peer.package.split()],
            ):
                left = self.end - time.monotonic()
                if left <= 0:
                    raise Unfit("there was no time left")
                try:
                    done = subprocess.run(
                        command, check=False, capture_output=True, text=True, errors="replace", timeout=left
                    )
                except subprocess.TimeoutExpired:
                    raise Unfit("pip took too long") from None
                if done.returncode:
                    faults = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
                    raise Unfit(f"pip cannot install it: {(faults or ['?'])[-1]}")
        return python

    def _run(self, peer: Peer, scenario: Scenario, python: Path, directory: Path) -> Outcome:
        certificate = self._certified() if peer.tls else None
        server = Server(peer, scenario, certificate)
        with nullcontext() if scenario.fault == "hang" else self._busy:
            return self._send(peer, server, python, directory, certificate)

    def _send(self, peer: Peer, server: Server, python: Path, directory: Path, certificate: Path | None) -> Outcome:
        place = Path(tempfile.mkdtemp(dir=directory))
        program, report, log = place / "program.py", place / "report.json", place / "log.txt"
        program.write_text(HEAD + peer.program + TAIL)
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(place)}
        if certificate is not None:
            environment |= {"REQUESTS_CA_BUNDLE": str(certificate), "SSL_CERT_FILE": str(certificate)}
        if not peer.package:
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        distribution = re.split("[ =]", peer.package)[0] or "wasend-sdk"
        began = time.monotonic()
        with running(server), log.open("w") as output:
            command = [str(python), str(program), server.url, distribution, str(report)]
            try:
                subprocess.run(
                    command, check=False, env=environment, cwd=place, stdout=output, stderr=output, timeout=LIMIT
                )
            except subprocess.TimeoutExpired:
                return Outcome(len(server.moments), "still waiting", time.monotonic() - began)
            deliveries = len(server.moments)
            same_key = deliveries > 1 and len(set(server.keys)) == 1 and server.keys[0] is not None
        said = log.read_text(errors="replace")[-2000:]
        if not report.exists():
            return Outcome(deliveries, "nothing: the program ended", time.monotonic() - began, log=said)
        told = json.loads(report.read_text())
        return Outcome(
            deliveries, told["told"], told["seconds"], told["version"], same_key, f"{told['error'] or ''}\n{said}"
        )

    def _certified(self) -> Path:
        """A key and a certificate for loopback that nobody else has."""
        with self._lock:
            if self._certificate is None:
                if shutil.which("openssl") is None:
                    raise Unfit("it speaks nothing but https, and there is no openssl to make a certificate")
                made, key = self.directory / "loopback.pem", self.directory / "loopback.key"
                command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key)]
                command += ["-out", str(made), "-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1"]
                if subprocess.run(command, check=False, capture_output=True).returncode:
                    raise Unfit("it speaks nothing but https, and openssl makes no certificate")
                made.write_text(made.read_text() + key.read_text())
                self._certificate = made
            return self._certificate


def print_table(rows: Sequence[Row]) -> None:
    print("|".join(["", " peer ", " version ", *(f" {scenario.title} " for scenario in SCENARIOS), ""]))
    print("|" + "---|" * (2 + len(SCENARIOS)))
    for row in rows:
        if row.outcomes:
            cells = [row.peer.title or row.peer.key, row.outcomes[0].version, *map(str, row.outcomes)]
            print("| " + " | ".join(cells) + " |")
    for row in rows:
        if row.why:
            print(f"\nLeft out: {row.peer.title or row.peer.key}: {row.why}")


def main() -> None:
    keys = list(dict.fromkeys(peer.key for peer in PEERS))
    parser = argparse.ArgumentParser(description="How often one message is delivered when its answer is lost.")
    parser.add_argument(
        "--only", action="append", choices=keys, help="a peer, several times for several; by default all"
    )
    parser.add_argument("--log", action="store_true", help="what the programs had to say as well, on standard error")
    arguments = parser.parse_args()
    peers = [peer for peer in PEERS if not arguments.only or peer.key in arguments.only]
    print(f"Python {platform.python_version()}; deliveries, what the caller was told, seconds it took\n", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory, ThreadPoolExecutor(len(peers)) as pool:
        rows = list(pool.map(Bench(Path(directory)).measure, peers))
    print_table(rows)
    if arguments.log:
        for row in rows:
            logs = [(scenario.title, outcome.log) for scenario, outcome in zip(SCENARIOS, row.outcomes, strict=False)]
            for title, log in logs or [(row.why, row.log)]:
                print(f"--- {row.peer.title or row.peer.key}, {title}\n{log.strip()}", file=sys.stderr)


if __name__ == "__main__":
    main()
