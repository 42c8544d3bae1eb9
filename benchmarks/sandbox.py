"""
What the sandbox takes: requests a second under wrk, with 10 000 messages stored, and the time that it takes to start.

It needs wrk (Debian: ``apt install wrk``).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

STORED: Final = 10_000
SERVE: Final = "from wasend.cli import main; main()"
LUA: Final = """
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer any-key"
wrk.headers["Content-Type"] = "application/json"
local n = 0
request = function()
  n = n + 1
  local body = string.format('{"session":"%s","to":"+4477009%%05d","text":"No. %%d"}', n %% 300, n)
  return wrk.format(nil, "/sendText", nil, body)
end
"""


def ask(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer any-key", "Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def start() -> tuple[subprocess.Popen[str], str, float]:
    """A sandbox in a process of its own, where it is, and the seconds from its start to its first answer."""
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = re.search(r"http://[\d.:]+", server.stdout.readline())
    assert url is not None
    ask(url[0], "/account")
    return server, url[0], time.perf_counter() - began


def end(server: subprocess.Popen[str]) -> None:
    server.terminate()
    server.wait(10)
    assert server.stdout is not None
    server.stdout.close()


def in_process() -> float:
    """Seconds from nothing to a first answer in process, imports included."""
    program = (
        "import asyncio, time; began = time.perf_counter()\n"
        "from wasend.sandbox import Sandbox\n"
        "async def main():\n"
        "    async with Sandbox().async_client() as client: await client.retrieve_account()\n"
        "asyncio.run(main()); print(time.perf_counter() - began)"
    )
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


def served() -> float:
    """Seconds from `Sandbox().serve()` to a first answer, once it is imported."""
    from wasend.sandbox import Sandbox

    began = time.perf_counter()
    with Sandbox().serve() as server:
        ask(server.url, "/account")
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    seconds = parser.parse_args().seconds
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is not installed: apt install wrk")
    starts: list[float] = []
    for _ in range(5):
        server, url, took = start()
        end(server)
        starts.append(took)
    print(f"start of `wasend sandbox` to the first answer: {statistics.median(starts):.2f} s (median of 5)")
    print(f"start of `Sandbox().serve()` to the first answer: {statistics.median(served() for _ in range(5)):.3f} s")
    print(f"first answer in process, imports included: {statistics.median(in_process() for _ in range(5)):.2f} s")

    server, url, _ = start()
    try:
        session = ask(url, "/_sandbox/sessions", {})["uniqueSessionId"]
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "send.lua"
            script.write_text(LUA % session)

            def load(length: int) -> str:
                command = [wrk, "-t1", "-c16", f"-d{length}s", "--latency", "-s", str(script), url]
                return subprocess.run(command, capture_output=True, text=True, check=True).stdout

            while (stored := ask(url, "/_sandbox/deliveries?to=%2B447700900000")["count"] * 300) < STORED:
                load(2)
            told = load(seconds)
        errors = re.search(r"Non-2xx.*", told)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
        slowest = re.search(r"99%\s+(\S+)", told)
        assert rate is not None
        assert slowest is not None
        print(f"POST /sendText, about {stored} stored: {rate[1]} a second, 99 % within {slowest[1]}, 16 connections")
        print(errors[0] if errors else "no errors")
    finally:
        end(server)


if __name__ == "__main__":
    main()
