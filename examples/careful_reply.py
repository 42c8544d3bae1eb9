"""
Reply to what somebody has written: when the session is ready, once, and followed until it is delivered.

Without ``WASEND_BASE_URL`` it runs against a sandbox on this machine that loses the answer to the send. With it (and
``WASEND_API_KEY``) it runs against the service there:

    python examples/careful_reply.py                              # sandbox
    python examples/careful_reply.py SESSION_ID CUSTOMER          # the service
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from wasend import BreakerOpenError, Message, OutcomeUnknownError, Recipient, WaitTimeoutError, WasendClient
from wasend.delivery import Pacing
from wasend.sandbox import Clock, Sandbox

OPTIONS: Final[dict[str, Any]] = {"pacing": Pacing.reply(), "breaker": True}


def reply(client: WasendClient, session: str, customer: str) -> None:
    """Reply to the newest message of a customer."""
    client.wait_until_ready(session, timeout=120)
    recipient = client.resolve(customer, session=session)  # a Brazilian number may be known by another form
    if recipient is None:
        print("not on WhatsApp:", customer)
        return
    newest = client.get_messages(session, recipient.id, limit=1, filter={"from_me": False})
    if not newest:
        print("nothing to reply to:", customer)
        return
    message = send(client, session, recipient, newest[0].id)
    if message is not None:
        follow(client, session, message)


def send(client: WasendClient, session: str, to: Recipient, quoted: str | None) -> Message | None:
    """Send the reply; return the message if it is known to be sent."""
    try:
        message = client.send_text(session=session, to=to.to, text="Yes, until six.", reply_to=quoted)
    except BreakerOpenError as error:
        print("held back:", error)
        return None
    except OutcomeUnknownError as error:
        print("not answered:", error)
        settlement = client.settle(error, window=30)
        if not isinstance(settlement.result, Message):
            print("unknown:", settlement.reason)
            return None
        message = settlement.result
    print("sent:", message.id)
    return message


def follow(client: WasendClient, session: str, message: Message) -> None:
    """Wait until it has reached the phone."""
    try:
        delivered = client.wait_for_ack(message, session=session, at_least="DEVICE", timeout=60)
    except WaitTimeoutError as error:
        print("not delivered yet:", error)
    else:
        print("delivered:", delivered.id)


if __name__ == "__main__":
    if "WASEND_BASE_URL" not in os.environ:
        faults = ["reset_after POST /sendText #1"]
        sandbox = Sandbox(clock=Clock(stopped=True), acks={"DEVICE": 1}, faults=faults)
        desk = sandbox.add_session()
        sandbox.receive(desk.id, "+447700900456", "Are you open today?")
        with sandbox.client(**OPTIONS) as client:
            reply(client, desk.id, "+447700900456")
    elif len(sys.argv) == 3:
        with WasendClient(**OPTIONS) as client:
            reply(client, sys.argv[1], sys.argv[2])
    else:
        sys.exit("usage: careful_reply.py SESSION_ID CUSTOMER, whose number is international, such as +447700900123")
