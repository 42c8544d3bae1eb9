# Written by tools/generate_sync.py from client.py and the rooms in api/; change those, not this.
"""The synchronous client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import httpx

from ._core.bridge import Bridge
from ._core.call import mapping_form
from ._core.model import Page, Result
from ._core.options import Options, Timeout
from ._core.retry import DEFAULT_RETRY, Retry, RetryHook
from .api.messages import LinkPreview, Message
from .api.sessions import QRCode, Session, SessionRef
from .client import AsyncWasendClient
from .media import MediaData


class WasendClient:
    """
    The service, as methods: sessions and messages.

    Example:
        ```python
        from wasend import WasendClient

        with WasendClient(api_key="...") as client:
            message = client.send_text(session="ses_7f3a91c2", to="+447700900456", text="See you at 10")
            print(message.id)
        ```

    One client serves many callers at once, and goes on working after a fork.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
        prefer: Literal["sdk", "docs"] = "sdk",
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        """
        Make a client. It opens no connection before its first call.

        Args:
            api_key: The key; by default ``WASEND_API_KEY`` from the environment.
            base_url: Where the service is; by default ``WASEND_BASE_URL``, else ``https://api.wasend.dev``.
            timeout: Seconds to wait for each answer, or a `Timeout`; by default ``WASEND_TIMEOUT``, else 30 s, and 90
                s for sends.
            retry: When a failed request is made again: a `Retry`, `None` for never, or a function ``(error, attempt)``
                that answers no, yes, or in how many seconds. By default twice at most (``WASEND_MAX_RETRIES``).
                Whatever is set, a write that may have reached the service is not repeated.
            prefer: Whose route to try first where the official SDK and the documentation name different ones.
            http_client: A ready `httpx.AsyncClient`, for a proxy, TLS settings, HTTP/2 or another transport. It stays
                the caller's to close.

        Raises:
            ConfigurationError: There is no key, or a setting cannot be.
        """
        self._async = AsyncWasendClient(
            api_key, base_url=base_url, timeout=timeout, retry=retry, prefer=prefer, http_client=http_client
        )
        self._loop = Bridge(self._async.aclose)

    @classmethod
    def _over(cls, client: AsyncWasendClient, loop: Bridge) -> Self:
        """Another view of the same connections, on the same event loop."""
        view = cls.__new__(cls)
        view._async, view._loop = client, loop
        return view

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncWasendClient", "WasendClient", 1)

    def close(self) -> None:
        """Close the connections. Calls under way end with `ClientClosedError`, and so do later ones."""
        self._loop.close()

    @mapping_form
    def create_session(
        self,
        *,
        session_name: str,
        phone_number: str,
        enable_account_protection: bool | None = None,
        enable_message_logging: bool | None = None,
        enable_webhook: bool | None = None,
        webhook_url: str | None = None,
    ) -> Session:
        """
        Create a WhatsApp session. It is CREATED then; link it by scanning `retrieve_qr_code`.

        Takes keywords, or one mapping: ``create_session({"sessionName": "Front Desk", "phoneNumber":
            "+447700900123"})``.

        Args:
            session_name: A name that no other session has.
            phone_number: The number to link, in international form.
            enable_account_protection: Turn on the service's account protection.
            enable_message_logging: Log messages, for debugging.
            enable_webhook: Post events to `webhook_url`.
            webhook_url: An http or https URL; needed if `enable_webhook` is true.

        Returns:
            The session.

        Raises:
            InvalidRequestError: The number has no country, or the webhook no URL. Nothing was sent.
            ConflictError: A session of that name exists.
            OutcomeUnknownError: No answer came; the session may exist: look its name up before creating it again.
        """
        return self._loop.run(
            self._async.create_session(
                session_name=session_name,
                phone_number=phone_number,
                enable_account_protection=enable_account_protection,
                enable_message_logging=enable_message_logging,
                enable_webhook=enable_webhook,
                webhook_url=webhook_url,
            )
        )

    def retrieve_all_sessions(self) -> Page[Session]:
        """
        List the sessions of the account.

        Returns:
            The sessions; each one's ``downstream`` is the engine's view of it, where the service tells.
        """
        return self._loop.run(self._async.retrieve_all_sessions())

    def retrieve_session_info(self, session_id: SessionRef) -> Session:
        """
        Look at a session.

        Args:
            session_id: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.retrieve_session_info(session_id))

    def delete_session(self, session_id: SessionRef) -> Result:
        """
        Delete a session.

        Args:
            session_id: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.delete_session(session_id))

    def start_session(self, session_id: SessionRef) -> Session:
        """
        Start a session; once started, it waits for its QR code to be scanned, unless it was linked before.

        Args:
            session_id: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.start_session(session_id))

    def stop_session(self, session_id: SessionRef) -> Session:
        """
        Stop a session; it stays linked.

        Args:
            session_id: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.stop_session(session_id))

    def restart_session(self, session_id: SessionRef) -> Session:
        """
        Restart a session that is stopped or has failed.

        Args:
            session_id: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return self._loop.run(self._async.restart_session(session_id))

    def retrieve_qr_code(self, session_id: SessionRef) -> QRCode:
        """
        Get the QR code to scan with the phone. It is good for 60 s, its successors for 20 s each, six in all.

        Args:
            session_id: Its ``uniqueSessionId``, or a `Session`.

        Returns:
            The code: ``.png`` is the picture, ``.text`` what it says, whichever the service sent.

        Raises:
            NotFoundError: There is no such session.
            SessionNotReadyError: The session is not waiting to be scanned.
        """
        return self._loop.run(self._async.retrieve_qr_code(session_id))

    @mapping_form
    def send_text(self, *, session: SessionRef, to: str, text: str, reply_to: str | None = None) -> Message:
        """
        Send a text message.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            text: What to say; WhatsApp's own markup is allowed.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: The number has no country. Nothing was sent.
            SessionNotReadyError: The session is not connected.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(self._async.send_text(session=session, to=to, text=text, reply_to=reply_to))

    @mapping_form
    def send_image(
        self,
        *,
        session: SessionRef,
        to: str,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a picture.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            url: Where the service finds the picture, or
            data: the picture: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send_image(session=session, to=to, url=url, data=data, caption=caption, reply_to=reply_to)
        )

    @mapping_form
    def send_video(
        self,
        *,
        session: SessionRef,
        to: str,
        url: str | None = None,
        data: MediaData | None = None,
        caption: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a video.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            url: Where the service finds the video, or
            data: the video: bytes, a path, a binary file or base64 text; at most 40 MiB.
            caption: Text below it.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send_video(session=session, to=to, url=url, data=data, caption=caption, reply_to=reply_to)
        )

    @mapping_form
    def send_voice(
        self,
        *,
        session: SessionRef,
        to: str,
        url: str | None = None,
        data: MediaData | None = None,
        duration: float | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a voice message.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            url: Where the service finds the recording, or
            data: the recording: bytes, a path, a binary file or base64 text; at most 40 MiB.
            duration: Its length in seconds.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send_voice(session=session, to=to, url=url, data=data, duration=duration, reply_to=reply_to)
        )

    @mapping_form
    def send_file(
        self,
        *,
        session: SessionRef,
        to: str,
        url: str | None = None,
        data: MediaData | None = None,
        file_name: str | None = None,
        mime_type: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a file as a document.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            url: Where the service finds the file, or
            data: the file: bytes, a path, a binary file or base64 text; at most 40 MiB.
            file_name: Its name for the recipient; found from a path, a file or a URL where not given.
            mime_type: Its MIME type; found from the name where not given, else ``application/octet-stream``.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `data`, no name to be found, or the number has no
                country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send_file(
                session=session, to=to, url=url, data=data, file_name=file_name, mime_type=mime_type, reply_to=reply_to
            )
        )

    @mapping_form
    def send_link_custom_preview(
        self,
        *,
        session: SessionRef,
        to: str,
        text: str,
        preview: LinkPreview | Mapping[str, Any],
        reply_to: str | None = None,
    ) -> Message:
        """
        Send a text with a link, and say what the link looks like.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            text: What to say; it contains the URL.
            preview: The link's look: a `LinkPreview`, or a mapping with ``title`` and, if wanted, ``description`` and
                ``thumbnailUrl``.
            reply_to: Id of the message to quote.

        Raises:
            InvalidRequestError: The preview has no title, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send_link_custom_preview(session=session, to=to, text=text, preview=preview, reply_to=reply_to)
        )

    @mapping_form
    def send_seen(self, *, session: SessionRef, to: str, message_id: str) -> Result:
        """
        Mark a message as seen: its sender sees blue ticks.

        Args:
            session: The session that saw it: its ``uniqueSessionId``, or a `Session`.
            to: The chat: international phone number, chat id or group id.
            message_id: Id of the message.
        """
        return self._loop.run(self._async.send_seen(session=session, to=to, message_id=message_id))

    @mapping_form
    def send_reaction(self, *, session: SessionRef, message_id: str, reaction: str) -> Result:
        """
        React to a message.

        Args:
            session: The session that reacts: its ``uniqueSessionId``, or a `Session`.
            message_id: Id of the message, such as ``false_447700900456@c.us_AAA``.
            reaction: An emoji; ``""`` takes the reaction back.
        """
        return self._loop.run(self._async.send_reaction(session=session, message_id=message_id, reaction=reaction))

    @mapping_form
    def start_typing(self, *, session: SessionRef, to: str) -> Result:
        """
        Show "typing…" in a chat.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: international phone number, chat id or group id.
        """
        return self._loop.run(self._async.start_typing(session=session, to=to))

    @mapping_form
    def stop_typing(self, *, session: SessionRef, to: str) -> Result:
        """
        Show "typing…" no longer.

        Args:
            session: The session that types: its ``uniqueSessionId``, or a `Session`.
            to: The chat: international phone number, chat id or group id.
        """
        return self._loop.run(self._async.stop_typing(session=session, to=to))

    @mapping_form
    def send(
        self,
        *,
        session: SessionRef,
        to: str,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
    ) -> Message:
        """
        Send whatever is given: a text, or media at a URL with the text as its caption.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            text: The text, or the caption.
            image_url: URL of a picture.
            video_url: URL of a video.
            document_url: URL of a document.
            audio_url: URL of a recording.
            mimetype: MIME type of the media.
            filename: Name of the document.
            preview: What a link in the text looks like, in the service's own keys.

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send(
                session=session,
                to=to,
                text=text,
                image_url=image_url,
                video_url=video_url,
                document_url=document_url,
                audio_url=audio_url,
                mimetype=mimetype,
                filename=filename,
                preview=preview,
            )
        )

    @mapping_form
    def send_message(
        self,
        *,
        session: SessionRef,
        to: str,
        text: str | None = None,
        image_url: str | None = None,
        video_url: str | None = None,
        document_url: str | None = None,
        audio_url: str | None = None,
        mimetype: str | None = None,
        filename: str | None = None,
        preview: Mapping[str, str] | None = None,
        message_id: str | None = None,
        send_seen: bool = True,
        min_typing: float = 3.0,
        max_typing: float = 8.0,
    ) -> Message:
        """
        Send as a person would: mark the message answered as seen, show "typing…" for a while, then `send`.

        A failure to show any of this does not stop the message; cancelling the call stops the typing.

        Args:
            session: The session to send from: its ``uniqueSessionId``, or a `Session`.
            to: International phone number, chat id or group id.
            text: The text, or the caption. The typing lasts 0.05 s a character, within the bounds below.
            image_url: URL of a picture.
            video_url: URL of a video.
            document_url: URL of a document.
            audio_url: URL of a recording.
            mimetype: MIME type of the media.
            filename: Name of the document.
            preview: What a link in the text looks like, in the service's own keys.
            message_id: Id of the message that this answers; marked as seen first.
            send_seen: Whether to do so.
            min_typing: Least time of typing, in seconds.
            max_typing: Most time of typing, in seconds.

        Raises:
            InvalidRequestError: There is nothing to send, or the number has no country. Nothing was sent.
            OutcomeUnknownError: No answer came; the message may have been delivered.
        """
        return self._loop.run(
            self._async.send_message(
                session=session,
                to=to,
                text=text,
                image_url=image_url,
                video_url=video_url,
                document_url=document_url,
                audio_url=audio_url,
                mimetype=mimetype,
                filename=filename,
                preview=preview,
                message_id=message_id,
                send_seen=send_seen,
                min_typing=min_typing,
                max_typing=max_typing,
            )
        )

    def get_message(self, message_id: str) -> Message:
        """
        Look at a message that was sent.

        Args:
            message_id: Its id.

        Raises:
            NotFoundError: There is no such message.
        """
        return self._loop.run(self._async.get_message(message_id))

    def with_options(
        self,
        *,
        api_key: str | None = None,
        timeout: float | Timeout | None = None,
        retry: Retry | RetryHook | None = DEFAULT_RETRY,
    ) -> Self:
        """
        A view of this client with other settings over the same connections; closing either closes both.

        Args:
            api_key: Another key, if given.
            timeout: Other times to wait, if given: seconds, or a `Timeout`.
            retry: Another rule for repeating, if given.

        Raises:
            ConfigurationError: A setting cannot be.
        """
        return self._over(self._async.with_options(api_key=api_key, timeout=timeout, retry=retry), self._loop)

    def retrieve_config(self) -> Options:
        """The settings in force; printing them does not show the key."""
        return self._async.retrieve_config()
