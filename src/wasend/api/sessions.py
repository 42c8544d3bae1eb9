"""Sessions: phone numbers linked to WhatsApp by scanning a QR code."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import attrs

from .._core.call import Call
from .._core.calls import Calls
from .._core.documents import is_object, member
from .._core.model import Model, Page, Result, adapts, model, wire, with_known_names
from ..errors import ConfigurationError, DecodeError, InvalidRequestError, WasendError
from ..recipients import e164
from .service import keyword_aliases, mapping_form

if TYPE_CHECKING:
    from .._core.qr import Modules

T = TypeVar("T")

_SHORTEST_QR: Final = 8


class SessionState(Enum):
    """
    What a session can do, whichever words its status comes in.

    The service's pages say CONNECTED, ERROR and QR_REQUIRED where the engine behind it says WORKING, FAILED and
    SCAN_QR_CODE.
    """

    CREATED = "CREATED"
    STARTING = "STARTING"
    SCAN_QR_CODE = "SCAN_QR_CODE"
    PASSKEY_REQUIRED = "PASSKEY_REQUIRED"
    PASSKEY_CONFIRMATION_REQUIRED = "PASSKEY_CONFIRMATION_REQUIRED"
    CONNECTED = "CONNECTED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def of(cls, status: str | None) -> SessionState:
        """The state a status means; `UNKNOWN` for one that is new."""
        word = (status or "").strip().upper().replace("-", "_").replace(" ", "_")
        word = {"WORKING": "CONNECTED", "QR_REQUIRED": "SCAN_QR_CODE", "ERROR": "FAILED"}.get(word, word)
        return cls(word) if word in cls._value2member_map_ else cls.UNKNOWN


@model
class Downstream(Model):
    """
    A session as the engine behind the service sees it.

    Attributes:
        name: Its name there.
        status: Its state there, which is fresher than the service's own.
        config: Its settings.
        engine: The state of the engine.
    """

    name: str | None = None
    status: str | None = None
    config: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    engine: Mapping[str, Any] | None = attrs.field(default=None, hash=False)

    @classmethod
    @adapts("engine")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The engine may be given by its name alone."""
        if isinstance(engine := document.get("engine"), str):
            document["engine"] = {"engine": engine}
        return document


@model
class Session(Model):
    """
    A WhatsApp session.

    Attributes:
        unique_session_id: The id that every call takes.
        session_name: The name given when it was created; unique.
        phone_number: The number it is for, international.
        status: Its state, as the service words it; see `state`.
        created_at: When it was created.
        updated_at: When it last changed.
        enable_account_protection: Whether the service's account protection is on.
        enable_message_logging: Whether messages are logged, for debugging.
        enable_webhook: Whether events are posted to `webhook_url`.
        webhook_url: Where events are posted.
        id: The service's internal database id. No call takes it: use `unique_session_id`.
        user_id: Whose session it is.
        name: Its name in the engine behind the service.
        config: Settings, as they came.
        engine: The state of the engine, as it came.
        downstream: The engine's own view of the session.
    """

    unique_session_id: str = wire("uniqueSessionId", "sessionId", default="")
    session_name: str | None = None
    phone_number: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    enable_account_protection: bool | None = None
    enable_message_logging: bool | None = None
    enable_webhook: bool | None = None
    webhook_url: str | None = None
    id: str | None = None
    user_id: str | None = None
    name: str | None = None
    config: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    engine: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    downstream: Downstream | None = None

    @classmethod
    @adapts("session", "config", "engine")
    def from_wire(cls, document: dict[str, Any]) -> dict[str, Any]:
        """
        Lists wrap each session beside its engine's view; one page puts the switches under ``config``.

        An engine may be given by its name alone.
        """
        while is_object(inner := document.get("session")):
            around = {key: value for key, value in document.items() if key != "session"}
            document = {**around, **with_known_names(cls, inner)}
        if isinstance(inner, str):  # the id, as requests name it
            document = {"sessionId": inner, **{key: value for key, value in document.items() if key != "session"}}
        if isinstance(engine := document.get("engine"), str):
            document = {**document, "engine": {"engine": engine}}
        config = document.get("config")
        if is_object(config):
            for switch in ("enableAccountProtection", "enableMessageLogging", "enableWebhook", "webhookUrl"):
                if document.get(switch) is None and (said := member(config, switch)) is not None:
                    document[switch] = said
        return document

    def __attrs_post_init__(self) -> None:
        if (
            not self.unique_session_id and self.name
        ):  # the engine knows a session by this id alone, and calls it its name
            object.__setattr__(self, "unique_session_id", self.name)

    @property
    def state(self) -> SessionState:
        """What the session can do now: CONNECTED if the service or the engine says so, else what the engine says."""
        ours = SessionState.of(self.status)
        engines = SessionState.of(self.downstream.status) if self.downstream is not None else SessionState.UNKNOWN
        if SessionState.CONNECTED in (ours, engines):
            return SessionState.CONNECTED
        return ours if engines is SessionState.UNKNOWN else engines


@model
class QRCode(Model):
    """
    A QR code to scan with the phone: good for 60 s, its successors for 20 s each, six in all.

    The service sends a picture or the text that the code says. From either it can be drawn: in a terminal, as SVG, as
    PNG, and by Jupyter. To draw a text takes the extra ``qr``; a picture is drawn without it.

    Attributes:
        data: A picture in base64, or the text; see `png` and `text`.
        mimetype: The picture's type, where the service names it.
    """

    data: str | None = wire("data", "value", "qr", "qrCode")
    mimetype: str | None = None

    @classmethod
    def from_value(cls, value: Any) -> dict[str, Any] | None:
        """One gateway answers the bare text or picture."""
        long = isinstance(value, str) and len(value) >= _SHORTEST_QR and len(value.split()) == 1
        return {"data": value} if long else None

    @property
    def text(self) -> str | None:
        """What the QR code says, where the service sent that instead of a picture."""
        data = (self.data or "").strip()
        return data if data and self._picture is None and not data.startswith("data:") else None

    def png(self) -> bytes:
        """
        The QR code as a PNG picture: the service's own where it sent one.

        Raises:
            DecodeError: The service sent neither a PNG nor a text.
            ConfigurationError: It sent a text, and the extra ``qr`` is not installed.
        """
        if (picture := self._picture) is not None:
            return picture
        from .._core.qr import png

        return self._drawn(png)

    def svg(self) -> str:
        """
        The QR code as an SVG picture.

        Raises:
            DecodeError: The service sent neither a picture of a QR code nor a text.
            ConfigurationError: It sent a text, and the extra ``qr`` is not installed.
        """
        from .._core.qr import svg

        return svg(self._modules())

    def terminal(self, *, ansi: bool = False) -> str:
        """
        The QR code as lines of block characters, two modules a character, to be printed in a terminal.

        Args:
            ansi: Whether to make it white on black whatever the terminal's colours are, by ANSI escape sequences.
                Without, it is right where the background is dark.

        Raises:
            DecodeError: The service sent neither a picture of a QR code nor a text.
            ConfigurationError: It sent a text, and the extra ``qr`` is not installed.
        """
        from .._core.qr import half_blocks, light_on_dark

        lines = half_blocks(self._modules())
        return "\n".join(light_on_dark(lines) if ansi else lines)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """
        Write the QR code to a file, which only its owner may read: whoever scans it links their phone.

        Args:
            path: The file; ``.svg`` at its end makes it SVG, and ``.png`` PNG.

        Returns:
            The file.

        Raises:
            InvalidRequestError: It ends otherwise, or cannot be written.
            DecodeError: The service sent neither a picture of a QR code nor a text.
            ConfigurationError: It sent a text, and the extra ``qr`` is not installed.
        """
        from .._core.files import replacing, writable

        file = Path(path)
        kind = file.suffix.lower()
        if kind not in (".png", ".svg"):
            raise InvalidRequestError("path", f"{file.name!r} is neither PNG nor SVG", "end it with .png or .svg")
        picture = self.png() if kind == ".png" else self.svg().encode()
        with writable("path"), replacing(file) as out:
            out.write(picture)
        return file

    @property
    def _picture(self) -> bytes | None:
        """The PNG picture, where the service sent one."""
        encoded = (self.data or "").strip()
        if encoded.startswith("data:"):
            encoded = encoded.partition(",")[2]
        try:
            picture = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return None
        return picture if picture.startswith(b"\x89PNG") else None

    def _modules(self) -> Modules:
        if (picture := self._picture) is None:
            from .._core.qr import modules_of

            return self._drawn(modules_of)
        from .._core.qr import read_modules

        try:
            return read_modules(picture)
        except ValueError as error:
            raise DecodeError(f"retrieve_qr_code: {error}; save it as PNG and open that", path="$.data") from None

    def _drawn(self, draw: Callable[[str], T]) -> T:
        """What is drawn of the text."""
        if (text := self.text) is None:
            raise DecodeError("retrieve_qr_code: the service sent neither a PNG nor a text", path="$.data")
        try:
            return draw(text)
        except ImportError:
            problem = "the service sent its QR code as text, which segno draws, and that is not installed"
            raise ConfigurationError(f"{problem}: pip install 'wasend-sdk[qr]'") from None
        except ValueError as error:
            raise DecodeError(f"retrieve_qr_code: {error}", path="$.data") from None

    def _repr_png_(self) -> bytes | None:
        """How Jupyter shows it."""
        try:
            return self.png()
        except WasendError:
            return None

    def __repr__(self) -> str:
        if (picture := self._picture) is not None:
            return f"QRCode(a PNG of {len(picture)} bytes)"
        if (text := self.text) is not None:
            return f"QRCode(a text of {len(text)} characters)"
        return f"QRCode({self.mimetype or 'neither a PNG nor a text'})"


SessionRef: TypeAlias = str | Session
"""A session: its ``uniqueSessionId``, or a `Session`."""


def session_ref(session: SessionRef, field: str = "session") -> str:
    """
    The id of a session.

    Raises:
        InvalidRequestError: There is none.
    """
    value = session.unique_session_id if isinstance(session, Session) else session
    if isinstance(value, str) and value.strip():
        return value
    problem = (
        "has no uniqueSessionId"
        if isinstance(session, Session)
        else "is empty"
        if value in ("", None)
        else "is not a session id"
    )
    raise InvalidRequestError(field, problem, "pass the uniqueSessionId that create_session returned, or the Session")


class SessionCalls(Calls):
    """Create, look at, start, stop and delete sessions."""

    @mapping_form
    async def create_session(
        self,
        *,
        session_name: str,
        phone_number: str,
        enable_account_protection: bool | None = None,
        enable_message_logging: bool | None = None,
        enable_webhook: bool | None = None,
        webhook_url: str | None = None,
        key: str | None = None,
    ) -> Session:
        """
        Create a WhatsApp session. It starts out as CREATED; link it by scanning `retrieve_qr_code`.

        Takes keywords, or one mapping:
        ``create_session({"sessionName": "Front Desk", "phoneNumber": "+447700900123"})``.

        Args:
            session_name: A name that no other session has.
            phone_number: The number to link, in international form.
            enable_account_protection: Turn on the service's account protection.
            enable_message_logging: Log messages, for debugging.
            enable_webhook: Post events to `webhook_url`.
            webhook_url: An http or https URL; needed if `enable_webhook` is true.
            key: Your own key of this session, for a client with an `outbox`: by one key it is created once.

        Returns:
            The session.

        Raises:
            InvalidRequestError: The number has no country, or the webhook no URL. Nothing was sent.
            ConflictError: A session of that name exists.
            IdempotencyConflictError: The key was used before, for something else. Nothing was sent.
            OutcomeUnknownError: No answer came; the session may exist: look its name up before creating it again.
        """
        _check_webhook(enable_webhook, webhook_url)
        body = {
            "sessionName": session_name,
            "phoneNumber": e164(phone_number),
            "enableAccountProtection": enable_account_protection,
            "enableMessageLogging": enable_message_logging,
            "enableWebhook": enable_webhook,
            "webhookUrl": webhook_url,
        }
        return await self._send(Call("POST", "/sessions", Session, body=body, envelope=("session",), key=key))

    async def retrieve_all_sessions(self) -> Page[Session]:
        """
        List the sessions of the account.

        Returns:
            The sessions; each one's ``downstream`` is the engine's view of it, where the service gives it.
        """
        return await self._send(Call("GET", "/sessions", Page[Session], envelope=("sessions",)))

    @keyword_aliases
    async def retrieve_session_info(self, session: SessionRef) -> Session:
        """
        Get a session and the state that it is in.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._send(Call("GET", "/sessions/{session}", Session, path_params=_at(session)))

    @keyword_aliases
    async def delete_session(self, session: SessionRef) -> Result:
        """
        Delete a session.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._send(Call("DELETE", "/sessions/{session}", Result, path_params=_at(session)))

    @keyword_aliases
    async def start_session(self, session: SessionRef) -> Session:
        """
        Start a session. Unless it was linked before, it then waits for its QR code to be scanned.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._order("start", session)

    @keyword_aliases
    async def stop_session(self, session: SessionRef) -> Session:
        """
        Stop a session; it stays linked.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._order("stop", session)

    @keyword_aliases
    async def restart_session(self, session: SessionRef) -> Session:
        """
        Restart a session that is stopped or has failed.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Raises:
            NotFoundError: There is no such session.
        """
        return await self._order("restart", session)

    @keyword_aliases
    async def retrieve_qr_code(self, session: SessionRef) -> QRCode:
        """
        Get the QR code to scan with the phone. It is valid for 60 s, the ones after it for 20 s each; there are six.

        Args:
            session: Its ``uniqueSessionId``, or a `Session`.

        Returns:
            The code: ``.terminal()`` draws it, ``.save(path)`` writes a picture; see `QRCode`.

        Raises:
            NotFoundError: There is no such session.
            SessionNotReadyError: The session is not waiting to be scanned.
        """
        # The SDK's route first, the documentation's second: nobody outside knows which one the service follows.
        call = Call("GET", "/sessions/{session}/auth/qr", QRCode, path_params=_at(session))
        return await self._send(call.or_route("GET", "/sessions/{session}/qr"))

    async def _order(self, verb: str, session: SessionRef) -> Session:
        route = f"/sessions/{{session}}/{verb}"
        return await self._send(
            Call("POST", route, Session, path_params=_at(session), envelope=("session",), repeatable=True)
        )


def _at(session: SessionRef) -> dict[str, str]:
    return {"session": session_ref(session)}


def _check_webhook(enabled: bool | None, url: str | None) -> None:
    if url is None and not enabled:
        return
    try:
        parts = urlsplit(url or "")
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except (ValueError, TypeError, AttributeError):
        good = False
    if not good:
        problem = "is missing, but enable_webhook is true" if not url else "is not an http or https URL"
        raise InvalidRequestError("webhook_url", problem, "pass one such as https://example.org/wasend")
