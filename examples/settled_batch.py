"""
One message to many people, and to none of them twice.

Each send waits for its turn and for the rate limit; people who asked not to be written to are left out; and a send that
is not answered is looked for in its chat. Without ``WASEND_BASE_URL`` it runs against a sandbox on this machine that
loses answers, on a simulated clock. With it (and ``WASEND_API_KEY``) it runs against the service there:

    python examples/settled_batch.py                                           # sandbox
    python examples/settled_batch.py SESSION_ID LEFT.csv RECIPIENT...          # the service; LEFT.csv: whom to skip
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, Final

from wasend import AsyncWasendClient, OutcomeUnknownError, WasendError
from wasend.delivery import Pacing, Suppression
from wasend.sandbox import Clock, Sandbox

TEXT: Final = "The bakery is closed on Monday."
OPTIONS: Final[dict[str, Any]] = {"settle": True, "pacing": Pacing.known(), "rate_limit": "20/m"}


async def send_all(client: AsyncWasendClient, session: str, people: list[str]) -> dict[str, WasendError | None]:
    """Send to everybody; return each one's error, or `None` where it was sent."""
    outcomes: dict[str, WasendError | None] = {}

    async def send(to: str) -> None:
        try:
            await client.send_text(session=session, to=to, text=TEXT)
        except WasendError as error:
            outcomes[to] = error
        else:
            outcomes[to] = None

    async with asyncio.TaskGroup() as group:
        for to in dict.fromkeys(people):
            group.create_task(send(to))
    return outcomes


def report(outcomes: dict[str, WasendError | None]) -> None:
    """Print how many were sent, and which need a person to look at them."""
    sent = [to for to, error in outcomes.items() if error is None or error.outcome == "sent"]
    print("sent:", len(sent), "of", len(outcomes))
    for to, error in outcomes.items():
        if isinstance(error, OutcomeUnknownError) and error.settlement is not None:
            print(f"unknown: {to}: {error.settlement.reason}")  # somebody should look before it is sent again
        elif error is not None and to not in sent:
            print(f"{error.outcome.replace('_', ' ')}: {to}: {error}")


async def main(client: AsyncWasendClient, session: str, people: list[str]) -> None:
    """Send, and print what became of each."""
    async with client:
        report(await send_all(client, session, people))


if __name__ == "__main__":
    suppression = Suppression()
    if "WASEND_BASE_URL" not in os.environ:
        suppression.add("+447700900457", "asked to stop")
        faults = ["reset_after POST /sendText #3", "reset POST /sendText #5", "rate_limit POST /sendText #7 seconds=2"]
        sandbox = Sandbox(clock=Clock(stopped=True), faults=faults)
        somebody = [f"+4477009004{number}" for number in range(50, 62)]
        client = sandbox.async_client(suppression=suppression, **OPTIONS)
        asyncio.run(main(client, sandbox.add_session().id, somebody))
    elif len(sys.argv) > 3:
        suppression.import_csv(sys.argv[2])
        asyncio.run(main(AsyncWasendClient(suppression=suppression, **OPTIONS), sys.argv[1], sys.argv[3:]))
    else:
        sys.exit("usage: settled_batch.py SESSION_ID LEFT.csv RECIPIENT..., recipients such as +447700900123")
