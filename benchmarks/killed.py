"""
How often a message is delivered when a job is killed with SIGKILL again and again, and started anew: with a key and an
outbox, and with the journals that such jobs keep otherwise.

A job sends to each row of a file, eight at once, to a sandbox in this process that answers after up to 60 ms and loses
every tenth answer. It is killed at random moments, and started again until it ends by itself. What the sandbox has
delivered is counted, and compared with what the job says that it has sent.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from wasend.sandbox import Sandbox

ROWS: Final = 200
FAULTS: Final = (
    "late POST /sendText 50% seconds=0.03",
    "late POST /sendText 25% seconds=0.06",
    "reset_after POST /sendText 10%",
)

HEAD: Final = """\
import asyncio, csv, os, sys
from pathlib import Path
from wasend import AsyncWasendClient, OutcomeUnknownError, Timeout, WasendError
from wasend.outbox import Outbox

DONE = Path("done.txt")
TIMES = Timeout(connect=1, answer=2, send=2, total=3)
told = open("told.csv", "a", encoding="utf-8", buffering=1)


async def main(client, send):
    done = set(DONE.read_text().split()) if DONE.exists() else set()
    with open("orders.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["order"] not in done]
    few = asyncio.Semaphore(8)

    async def each(row):
        async with few:
            try:
                await send(client.session(), row["order"], row["phone"], f"Order {row['order']} is ready.")
                told.write(f"{row['order']},sent\\n")
            except WasendError as error:
                told.write(f"{row['order']},{error.outcome}\\n")

    async with client:
        await asyncio.gather(*map(each, rows))


def noted(order):
    with DONE.open("a") as file:
        file.write(f"{order}\\n")
        file.flush()
"""

JOBS: Final = {
    "no key; each row is noted when it was sent": """
async def send(desk, order, phone, text):
    await desk.send_text(to=phone, text=text)
    noted(order)


asyncio.run(main(AsyncWasendClient(timeout=TIMES, settle=True), send))
""",
    "no key; each row is noted before it is sent": """
async def send(desk, order, phone, text):
    noted(order)
    await desk.send_text(to=phone, text=text)


asyncio.run(main(AsyncWasendClient(timeout=TIMES, settle=True), send))
""",
    "a key, and an outbox": """
async def send(desk, order, phone, text):
    await desk.send_text(to=phone, text=text, key=f"ready-{order}")


outbox = Outbox(os.environ["OUTBOX"], visible_within=2)
asyncio.run(main(AsyncWasendClient(timeout=TIMES, outbox=outbox), send))
""",
}


def play(job: str, kills: int, seed: int, outbox: str) -> str:
    """Run a job, kill it so often, and say what came of it: a row of a table."""
    moments = random.Random(seed)
    sandbox = Sandbox(seed=seed, faults=FAULTS)
    with tempfile.TemporaryDirectory() as folder, sandbox.serve() as server:
        with Path(folder, "orders.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("order", "phone"))
            rows.writerows((number, f"+4477009{number:05}") for number in range(ROWS))
        program = Path(folder, "job.py")
        program.write_text(HEAD + JOBS[job], encoding="utf-8")
        place = {"WASEND_API_KEY": "any", "WASEND_BASE_URL": server.url, "WASEND_SESSION": sandbox.add_session().id}
        place["OUTBOX"] = outbox
        began, killed = time.monotonic(), 0
        while True:
            with subprocess.Popen([sys.executable, program], cwd=folder, env={**os.environ, **place}) as process:
                if killed < kills:
                    # After some sends, so that it gets on; or at any time, such as while it looks for lost ones.
                    wanted = len(sandbox.deliveries()) + moments.randint(1, 2 * ROWS // kills)
                    end = time.monotonic() + moments.choice((60.0, 60.0, moments.uniform(0.2, 5)))
                    while process.poll() is None and len(sandbox.deliveries()) < wanted and time.monotonic() < end:
                        time.sleep(0.001)
                    time.sleep(moments.uniform(0, 0.06))
                    if process.poll() is None:
                        process.kill()
                        killed += 1
                        continue
                code = process.wait()
            if code:
                raise SystemExit(f"{job}: ended with {code}")
            break
        told = dict(line.split(",") for line in Path(folder, "told.csv").read_text(encoding="utf-8").splitlines())
        times = Counter(int(message.content.split()[1]) for message in sandbox.deliveries())
        twice = sum(count > 1 for count in times.values())
        never = ROWS - len(times)
        sent = {int(order) for order, what in told.items() if what == "sent"}
        untrue = sum(order not in times for order in sent)
        unknown = ROWS - sum(what in ("sent", "not_sent") for what in told.values())
        took = time.monotonic() - began
        return f"| {job} | {ROWS} | {killed} | {twice} | {never} | {untrue} | {unknown} | {took:.0f} s |"


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="a part of the name of a way", default="")
    parser.add_argument("--outbox", help="where it is: a path, or postgresql://…", default="outbox.db")
    options = parser.parse_args()
    columns = ("the job", "rows", "kills", "delivered twice", "never", "told sent, not delivered")
    print(f"| {' | '.join(columns)} | told unknown, or nothing | took |")
    print("|---|---|---|---|---|---|---|---|")
    for job in JOBS:
        if options.only in job:
            print(play(job, options.kills, options.seed, options.outbox), flush=True)


if __name__ == "__main__":
    main()
