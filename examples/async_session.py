"""
A session from its creation to its first message, asynchronously.

Without ``WASEND_BASE_URL`` it runs against a sandbox on this machine, whose simulated phone scans the QR code by
itself. With it (and ``WASEND_API_KEY``) it runs against the service there:

    python examples/async_session.py                              # sandbox
    python examples/async_session.py YOUR_NUMBER RECIPIENT        # the service; scan the QR code with your phone
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from wasend import AsyncWasendClient, LoginStep, Session, WasendError
from wasend.sandbox import Sandbox


async def connect(client: AsyncWasendClient, phone_number: str) -> Session:
    """Create a session, unless it is there, and return it once a phone has scanned its QR code."""
    with tempfile.TemporaryDirectory() as folder:

        def show(step: LoginStep) -> None:
            """As a picture, which can be opened anywhere."""
            if step.qr is not None:
                print("scan this with WhatsApp on your phone:", step.qr.save(Path(folder, "qr.png")))

        session = await client.login("Front Desk", phone_number, show=show)
    print("connected:", session.unique_session_id)
    return session


async def greet(client: AsyncWasendClient, session: Session | str, to: str) -> None:
    """Send one message, and say what became of it: every error knows."""
    try:
        message = await client.send_text(session=session, to=to, text="See you at 10")
    except WasendError as error:
        match error.outcome:
            case "not_sent":  # it had no effect: put right what is wrong, and send it again
                print("not sent:", error)
            case "unknown":  # it may have arrived: look before sending it again
                print("unknown:", error)
            case "sent":  # it was accepted, and only the answer could not be used
                print("sent, but:", error)
    else:
        print("sent:", message.id)


async def main(client: AsyncWasendClient, phone_number: str, recipient: str) -> None:
    """Connect, send, and clean up."""
    async with client:
        session = await connect(client, phone_number)
        await greet(client, session, recipient)
        await greet(client, session, "07700 900456")  # no country: refused before anything is sent
        await client.delete_session(session)


if __name__ == "__main__":
    if "WASEND_BASE_URL" not in os.environ:
        with Sandbox(scan_after=1).serve() as server:
            asyncio.run(main(AsyncWasendClient("any-key", base_url=server.url), "+447700900123", "+447700900456"))
    elif len(sys.argv) == 3:
        asyncio.run(main(AsyncWasendClient(), sys.argv[1], sys.argv[2]))
    else:
        sys.exit("usage: async_session.py YOUR_NUMBER RECIPIENT, both international, such as +447700900123")
