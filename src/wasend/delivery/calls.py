"""The client's delivery calls: settling, resolving recipients, waiting, and the suppression list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from .. import delivery
from .._core.calls import Calls
from .._core.model import id_of
from ..api.chats import Ack, ChatMessage
from ..api.messages import Message
from ..api.sessions import Session, SessionRef, SessionState
from ..errors import ConfigurationError, InvalidRequestError, OutcomeUnknownError
from ..media import MediaData
from ..recipients import ChatRef, MessageRef, Recipient
from .middleware import DeliverySettings


class DeliveryCalls(Calls):
    """Settle what was not answered, resolve recipients, and wait for sessions and messages."""

    _delivery: DeliverySettings

    async def settle(
        self, error: OutcomeUnknownError, *, window: float = 10.0, exclude_ids: Iterable[MessageRef] | None = None
    ) -> delivery.Settlement:
        """
        Find out what became of a write that was not answered. It never sends anything again.

        A message is looked for in its chat, a session by its name, a group by its subject. A message that belongs to
        another send of this process is not taken for this one.

        Args:
            error: What the write raised.
            window: Seconds for which to look again where it is not found.
            exclude_ids: The messages, or their ids, that an earlier program's sends were answered with. Where nobody
                says, what may have been sent before this client was made is not taken for the lost one: it stays
                unknown. An empty list says that there were none.

        Returns:
            ``outcome`` is ``"sent"``, with what was found as ``result``, or ``"unknown"``, with what was ``seen``
            instead and the ``reason``.

        Raises:
            ClientClosedError: The client is closed.
        """
        from .settle import settle

        excluded = None if exclude_ids is None else _ids(exclude_ids)
        return await settle(self._engine, error, window=window, exclude_ids=excluded)

    async def settle_send(
        self,
        *,
        session: SessionRef,
        to: ChatRef,
        since: datetime,
        type: Literal["text", "image", "video", "ptt", "document"] = "text",
        text: str | None = None,
        caption: str | None = None,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        exclude_ids: Iterable[MessageRef] = (),
        window: float = 10.0,
    ) -> delivery.Settlement:
        """
        Find out what became of a send of which only a description is left: of a cancelled task, or a killed process.

        It never sends anything. What is found is this send's by your word: the message was sent no earlier than
        `since`, and is none of `exclude_ids`, nor one that another send of this process was answered with. Asked again
        in the same words, it gives the same message.

        Example:
            ```python
            from datetime import UTC, datetime

            from wasend import WasendClient


            def main(client: WasendClient, left_at: datetime) -> None:
                desk = client.session()
                settlement = desk.settle_send(to="+447700900456", text="Your order is ready.", since=left_at)
                print(settlement.outcome, settlement.result)
            ```

        Args:
            session: The session that sent it: its ``uniqueSessionId``, or a `Session`.
            to: Whom it was sent to, as in the send.
            since: When it left this machine at the earliest, by this machine's clock: a moment with a time zone, noted
                before the send was made.
            type: What was sent, as `Message.type` words it: ``ptt`` is a voice message, ``document`` a file.
            text: The text, of a text or a link.
            caption: The text below a picture, video or document.
            url: The file's URL, or
            data: the file: bytes, a path, a binary file or base64 text.
            file_name: Its name for the recipient.
            mime_type: Its MIME type.
            exclude_ids: The messages, or their ids, that are known to be of other sends.
            window: Seconds for which to look again where it is not found.

        Returns:
            ``outcome`` is ``"sent"``, with the `Message` as ``result``, or ``"unknown"``, with what was ``seen``
            instead and the ``reason``.

        Raises:
            InvalidRequestError: The description is not that of a send, or `since` has no time zone. Nothing was asked.
            ClientClosedError: The client is closed.
        """
        from .sends import described
        from .settle import settle_call

        if not isinstance(since, datetime) or since.tzinfo is None:
            raise InvalidRequestError("since", "is not a moment with a time zone", "pass datetime.now(UTC)")
        call = await described(
            session, to, type, text=text, caption=caption, url=url, data=data, file_name=file_name, mime_type=mime_type
        )
        return await settle_call(
            self._engine, call, since=since.timestamp(), exclude_ids=_ids(exclude_ids), window=window
        )

    async def resolve(self, to: str | Recipient, *, session: SessionRef, region: str | None = None) -> Recipient | None:
        """
        Ask WhatsApp which form of a number it knows: Brazilian, Mexican and Argentine numbers have two.

        There is a random gap between two questions of a session, and answers are cached: see `Resolver`.

        Args:
            to: An international phone number, or an id; that of a group is returned as it is.
            session: The session that asks: its ``uniqueSessionId``, or a `Session`.
            region: The country of a national number, such as ``"GB"``; needs the extra ``phone``.

        Returns:
            The recipient, to be passed as ``to``; `None` if no form of the number is on WhatsApp.

        Raises:
            InvalidRequestError: `to` is neither a phone number nor an id. Nothing was asked.
            DecodeError: The answer does not say whether the number exists.
        """
        from .reader import ServiceReader

        return await self._delivery.resolver().resolve(ServiceReader(self._engine), to, session=session, region=region)

    async def wait_for_state(
        self, session: SessionRef, states: SessionState | str | Iterable[SessionState | str], *, timeout: float = 60.0
    ) -> Session:
        """
        Wait until a session is in one of some states, by polling at growing intervals.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            states: One or several, in any spelling that the service uses, such as ``"CONNECTED"`` or ``"WORKING"``.
            timeout: Seconds to wait.

        Returns:
            The session as it was last seen.

        Raises:
            InvalidRequestError: There is no such state.
            NotFoundError: There is no such session.
            WaitTimeoutError: It was in none of them in time; its ``state`` is where it was last.
        """
        from .waiting import wait_for_state

        return await wait_for_state(self._engine, session, states, timeout)

    async def wait_until_ready(self, session: SessionRef, *, timeout: float = 60.0) -> Session:
        """
        Wait until a session is connected, by polling at growing intervals.

        A FAILED session is not waited for: it stays so. One that is STOPPED, or shows a QR code, is: somebody may be
        about to start it, or to scan the code.

        Args:
            session: The session: its ``uniqueSessionId``, or a `Session`.
            timeout: Seconds to wait.

        Returns:
            The session, connected.

        Raises:
            NotFoundError: There is no such session.
            SessionFailedError: It has failed.
            WaitTimeoutError: It was not connected in time; its ``state`` is where it was last.
        """
        from .waiting import wait_until_ready

        return await wait_until_ready(self._engine, session, timeout)

    async def wait_for_ack(
        self,
        message: Message | ChatMessage | str,
        *,
        session: SessionRef,
        at_least: Ack | str | int = "DEVICE",
        timeout: float = 60.0,
    ) -> ChatMessage:
        """
        Wait until a message has reached an ack, by reading it back at growing intervals.

        Args:
            message: What the send returned; or its id, if it names the chat (``true_447700900456@c.us_3EB0…``).
            session: The session that sent it: its ``uniqueSessionId``, or a `Session`.
            at_least: One of `Ack`, or its name or number: ``"SERVER"``, ``"DEVICE"`` (delivered), ``"READ"``,
                ``"PLAYED"``. Recipients can turn read receipts off.
            timeout: Seconds to wait.

        Returns:
            The message as it was last seen.

        Raises:
            InvalidRequestError: There is no such ack, or the message does not name its chat.
            MessageFailedError: WhatsApp refused it.
            WaitTimeoutError: It did not reach that ack in time; its ``state`` is the last one.
        """
        from .waiting import wait_for_ack

        return await wait_for_ack(self._engine, session, message, at_least, timeout)

    async def suppress(self, number: str | Recipient, reason: str) -> None:
        """
        Put somebody on the suppression list: every send of a client with this list raises `SuppressedRecipientError`.

        Args:
            number: An international phone number, or a chat id.
            reason: Why, such as ``"STOP, 2026-05-01"``.

        Raises:
            ConfigurationError: The client was made without ``suppression=Suppression(...)``.
            InvalidRequestError: `number` is neither.
            StoreError: The list's store cannot keep it.
        """
        if self._delivery.suppression is None:
            raise ConfigurationError("suppression: this client has no list; create it with suppression=Suppression()")
        await self._delivery.suppression.suppress(number, reason)


def _ids(messages: Iterable[MessageRef]) -> list[str]:
    if isinstance(messages, str):
        raise InvalidRequestError("exclude_ids", "is text", "pass a list of ids, or of messages")
    ids = [id_of(one) for one in messages]
    if not all(isinstance(one, str) for one in ids):
        raise InvalidRequestError("exclude_ids", "holds what is neither a message nor an id", "pass messages or ids")
    return ids
