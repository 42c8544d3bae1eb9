"""
Names of the official SDK's other releases and of WASend's documentation, and what they are called here.

They work, and warn. Type checkers do not see them, so that a misspelt name stays an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ._core.names import closest
from .recipients import format_phone_number, is_valid_phone_number

ALIASES: Final[Mapping[str, str]] = {
    "get_all_sessions": "retrieve_all_sessions",
    "get_profile_picture_url": "get_contact_profile_picture",
    "get_qr_code": "retrieve_qr_code",
    "get_session_info": "retrieve_session_info",
    "process_message": "send_message",
    "retrieve_session_qr": "retrieve_qr_code",
    "send_file_message": "send_file",
    "send_image_message": "send_image",
    "send_link_with_custom_preview": "send_link_custom_preview",
    "send_text_message": "send_text",
    "send_video_message": "send_video",
    "send_voice_message": "send_voice",
    "sessions": "",
    "set_reaction": "send_reaction",
}
"""Of the clients: the name, and the one to use; ``""`` is the client itself."""


class _GroupStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


EXPORTS: Final[Mapping[str, tuple[Any, str]]] = {
    "CreateGroupParticipant": (dict, "a mapping"),
    "GetMessagesFilterOptions": (dict, "a mapping"),
    "GroupStatus": (_GroupStatus, "'active', 'archived' or 'deleted'"),
    "LinkPreviewRequest": (dict, "wasend.LinkPreview or a mapping"),
    "SendRequest": (dict, "keywords or a mapping"),
}
"""Of the package: what the official SDK takes as an argument, what stands for it, and what to pass instead."""


class Aliases:
    """A client's other names."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in ALIASES:
                now = ALIASES[name]
                _warn(f"client.{name}", f"client.{now}" if now else "client itself, as in client.create_session(...)")
                return getattr(self, now) if now else self
            raise AttributeError(_unknown(type(self).__name__, name, dir(type(self))))


class WasendUtils:
    """The official SDK's two functions on phone numbers, which stand alone here."""

    @staticmethod
    def format_phone_number(phone_number: str, country_code: str | None = None) -> str:
        """
        Write a phone number in international form; see `wasend.format_phone_number`.

        Args:
            phone_number: The number.
            country_code: Its country code, where it does not say it.
        """
        _warn("WasendUtils.format_phone_number", "wasend.format_phone_number")
        return format_phone_number(phone_number, country_code)

    @staticmethod
    def is_valid_phone_number(phone_number: str) -> bool:
        """
        Whether a text is an international phone number; see `wasend.is_valid_phone_number`.

        Args:
            phone_number: The text.
        """
        _warn("WasendUtils.is_valid_phone_number", "wasend.is_valid_phone_number")
        return is_valid_phone_number(phone_number)


def export(name: str) -> Any:
    """
    What the official SDK exports under a name that this package does not, for its module's ``__getattr__``.

    Args:
        name: The name.
    """
    if name == "WasendUtils":
        return WasendUtils
    if name in EXPORTS:
        value, instead = EXPORTS[name]
        _warn(f"wasend.{name}", instead, stacklevel=4)
        return value
    import wasend

    raise AttributeError(_unknown("module 'wasend'", name, wasend.__all__))


def _warn(former: str, now: str, *, stacklevel: int = 3) -> None:
    warnings.warn(f"{former} is a former name: use {now}", DeprecationWarning, stacklevel=stacklevel)


def _unknown(owner: str, name: str, known: list[str]) -> str:
    close = None if name.startswith("_") else closest(name, [one for one in known if not one.startswith("_")])
    return f"{owner} has no attribute {name!r}" + (f"; did you mean {close!r}?" if close else "")
