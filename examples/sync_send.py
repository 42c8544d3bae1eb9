"""
A few messages from a connected session, synchronously.

Without ``WASEND_BASE_URL`` it runs against a sandbox on this machine. With it (and ``WASEND_API_KEY``) it runs against
the service there, from a session that is connected already:

    python examples/sync_send.py                                  # sandbox
    python examples/sync_send.py SESSION_ID RECIPIENT             # the service
"""

from __future__ import annotations

import base64
import os
import sys

from wasend import LinkPreview, Retry, Session, SessionRef, Wait, WasendClient
from wasend.sandbox import Sandbox

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def announce(wait: Wait) -> None:
    """A request that is safe to repeat failed, and will be made again; or it is not yet its turn."""
    print(f"{wait.reason}: waiting {wait.seconds:.1f} s")


def send(client: WasendClient, session: SessionRef, to: str) -> None:
    """One message of each kind; keywords, or one mapping in the service's own spelling."""
    text = client.send_text(session=session, to=to, text="Your order is ready.")
    print("text:", text.id)

    picture = client.send_image({"session": session, "to": to, "data": PICTURE, "caption": "The door to knock at"})
    print("picture:", picture.id)

    link = client.send_link_custom_preview(
        session=session,
        to=to,
        text="Today's bread: https://example.org/menu",
        preview=LinkPreview(title="Harbour Bakery", description="Sourdough, rye and scones"),
    )
    print("link:", link.id)

    # As a person would: "typing…" is shown for a while before the text arrives.
    typed = client.send_message(session=session, to=to, text="See you soon!", min_typing=1)
    print("typed:", typed.id)

    if text.id is not None:
        client.send_reaction(session=session, message_id=text.id, reaction="👍")
        print("reacted to:", text.id)


def connected_session(client: WasendClient, sandbox: Sandbox) -> Session:
    """A session in the sandbox, whose phone scans when it is told to."""
    session = client.create_session(session_name="Front Desk", phone_number="+447700900123")
    client.start_session(session)
    sandbox.scan(session["uniqueSessionId"])
    return client.retrieve_session_info(session)


if __name__ == "__main__":
    if "WASEND_BASE_URL" not in os.environ:
        sandbox = Sandbox()
        with sandbox.serve() as server, WasendClient("any-key", base_url=server.url) as client:
            send(client, connected_session(client, sandbox), "+447700900456")
    elif len(sys.argv) == 3:
        with WasendClient(retry=Retry(max_retries=4), on_wait=announce) as client:
            send(client, sys.argv[1], sys.argv[2])
    else:
        sys.exit("usage: sync_send.py SESSION_ID RECIPIENT, the latter international, such as +447700900123")
