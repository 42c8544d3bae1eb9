# pyright: strict
"""A new user's program with the async client: a salon's reminders, its replies and its groups. It is never run."""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wasend import (
    AsyncBoundSession,
    AsyncWasendClient,
    AuthenticationError,
    Chat,
    ChatMessage,
    InvalidRequestError,
    Message,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    Retry,
    Session,
    SessionNotReadyError,
    SessionState,
    Timeout,
    WaitTimeoutError,
    WasendError,
)
from wasend.delivery import Pacing, Suppression
from wasend.requests import CreateSessionRequest, SendTextFields

logger = logging.getLogger("salon")


@dataclass
class Appointment:
    """A line of the salon's calendar."""

    name: str
    phone: str
    at: datetime


class SalonClient(AsyncWasendClient):
    """A client that writes down what it sends."""

    sent: list[str]

    async def send_text(self, *args: Any, **kwargs: Any) -> Message:
        """Send a text, and note its id."""
        message = await super().send_text(*args, **kwargs)
        self.sent.append(message.id)
        return message


def appointments(path: Path) -> Iterator[Appointment]:
    """Read tomorrow's appointments."""
    tomorrow = datetime.now().astimezone().date() + timedelta(days=1)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["at"])
            if at.date() == tomorrow:
                yield Appointment(row["name"], row["phone"], at)


async def front_desk(client: AsyncWasendClient) -> Session:
    """Find the salon's session, or create and link it."""
    for session in await client.retrieve_all_sessions():
        if session.session_name == "front desk":
            break
    else:
        request: CreateSessionRequest = {"sessionName": "front desk", "phoneNumber": "+447700900123"}
        session = await client.create_session(request)
    if session.state is SessionState.STOPPED:
        session = await client.start_session(session)
    if session.state is not SessionState.CONNECTED:
        code = await client.retrieve_qr_code(session)
        code.save("qr.png")
        print("Scan qr.png with the salon's phone")
        session = await client.wait_until_ready(session, timeout=120)
    print("linked:", session.unique_session_id, session.phone_number or "unknown number")
    return session


async def remind(desk: AsyncBoundSession, one: Appointment) -> str | None:
    """Send a reminder; the id of the message, where it was sent."""
    contact = await desk.check_contact_exists(phone=one.phone)
    if contact.exists is False:
        print(one.name, "is not on WhatsApp")
        return None
    text = f"Dear {one.name}, we expect you at {one.at:%H:%M} tomorrow. Reply STOP to hear no more from us."
    fields: SendTextFields = {"to": one.phone, "text": text}
    try:
        message = await desk.send_text(fields)
    except OutcomeUnknownError as error:
        settlement = await desk.settle(error, window=20)
        logger.warning("%s: %s, %s", one.name, settlement.outcome, settlement.reason)
        return None
    except InvalidRequestError as error:
        print(f"{one.name}: {error.field} {error}")
        return None
    sent = message.timestamp.isoformat() if message.timestamp else "just now"
    print(one.name.ljust(20), message.id[-12:], sent)
    return message.id


async def unread(desk: AsyncBoundSession) -> dict[str, list[ChatMessage]]:
    """What customers have written, by chat."""
    found: dict[str, list[ChatMessage]] = {}
    async for chat in desk.iter_chats():
        if chat.is_group or not chat.unread_count:
            continue
        found[chat.id] = [one async for one in desk.iter_messages(chat.id) if not one.from_me][: chat.unread_count]
        await desk.read_messages(chat.id, messages=chat.unread_count)
    return found


async def answer(client: AsyncWasendClient, desk: AsyncBoundSession, chat_id: str, messages: list[ChatMessage]) -> None:
    """Answer what was written, and respect who wants no more."""
    for message in messages:
        words = str(message.body or "").strip().lower()
        if words == "stop":
            await client.suppress(chat_id, "STOP")
        elif words in ("yes", "ok"):
            await desk.send_reaction(message_id=message.id, reaction="👍")
        else:
            await desk.with_options(kind="reply").send_text(to=chat_id, text="We call you back!", reply_to=message.id)


async def staff_group(desk: AsyncBoundSession, phones: list[str]) -> str:
    """The staff's group, created where there is none; its id."""
    async for group in desk.iter_groups():
        if (group.name or "").casefold() == "staff":
            return group.jid
    group = await desk.create_group(name="Staff", participants=phones)
    for member in group.participants or ():
        if member.error:
            link = (await desk.get_group_invite_link(group.jid)).invite_link
            await desk.send_text(to=member.jid, text=f"Please join us: {link}")
    await desk.set_group_description(group.jid, description="Who works when")
    return group.jid


async def export(desk: AsyncBoundSession, chat: Chat, folder: Path) -> Path:
    """Write a chat to a file."""
    lines = [message.to_dict() async for message in desk.iter_messages(chat.id)]
    path = folder / f"{chat.id.partition('@')[0]}.json"
    path.write_text(json.dumps({"name": chat.name or chat.id, "messages": lines}), encoding="utf-8")
    return path


async def main(path: Path) -> int:
    """Remind of tomorrow's appointments, and answer what came."""
    retry, pacing = Retry(max_retries=4), Pacing.known()
    try:
        async with SalonClient(
            timeout=Timeout(answer=20), retry=retry, pacing=pacing, suppression=Suppression()
        ) as client:
            client.sent = []
            desk = client.session(await front_desk(client))
            sent = [found for one in appointments(path) if (found := await remind(desk, one))]
            for chat_id, messages in (await unread(desk)).items():
                await answer(client, desk, chat_id, messages)
            for message_id in sent:
                try:
                    ack = (await desk.wait_for_ack(message_id, at_least="DEVICE", timeout=30)).ack
                except WaitTimeoutError as error:
                    print(message_id, "has only reached", error.state)
                else:
                    print(message_id, "has reached", ack)
            staff = await staff_group(desk, ["+447700900456", "+447700900457"])
            await desk.send_image(to=staff, data=Path("rota.png"), caption=f"{len(client.sent)} sent")
            page = await desk.get_all_chats(limit=10)
            print([(await export(desk, chat, path.parent)).name for chat in page], page[0].id if page else "no chats")
    except AuthenticationError:
        print("check WASEND_API_KEY")
    except SessionNotReadyError as error:
        print("the session is", error.session_status or "not ready")
    except RateLimitError as error:
        print("come back in", error.retry_after or 60, "s")
    except NotFoundError as error:
        print("not found:", error)
    except WasendError as error:
        print(type(error).__name__, error.outcome, error)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
