"""What it takes to look for a call whose outcome is not known: kept from before it leaves until that is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import attrs

from .._core.body import Base64Text
from .._core.call import Call
from ..delivery.settle.media import File, Measured
from ..delivery.settle.times import Skew

_FILE: Final = "data"
_encoder: Final = json.JSONEncoder(ensure_ascii=False, default=str, separators=(",", ":"))


@attrs.frozen(kw_only=True)
class Intent:
    """
    What was about to be sent.

    Attributes:
        call: The call. In place of its file it has that file's size and hash, and it is not for making.
        lease: Seconds from its leaving until its sender has certainly ended.
        skew: How far the service's clock was ahead of the sender's; `None` where the sender did not know.
        takes_own_id: Whether the sender knew that its session takes over the id that the message was given.
    """

    call: Call[Any]
    lease: float
    skew: Skew | None = None
    takes_own_id: bool = False

    def dump(self, file: File | None = None) -> str:
        """
        As JSON.

        Args:
            file: The call's file, if that was measured.
        """
        call = self.call
        body = dict(call.body or {})
        measured: tuple[int, bytes] | None = None
        if isinstance(body.get(_FILE), Base64Text | str):
            measured = (file or File(body)).measured
            del body[_FILE]
        document = {
            "method": call.method,
            "route": call.route,
            "path_params": dict(call.path_params),
            "params": call.params,
            "body": body,
            "file": None if measured is None else [measured[0], measured[1].hex()],
            "sends": call.sends,
            "reaches": call.reaches,
            "key": call.key,
            "own_id": call.own_id,
            "takes_own_id": self.takes_own_id,
            "lease": self.lease,
            "skew": None if self.skew is None else [self.skew.least, self.skew.most],
        }
        left = {name: value for name, value in document.items() if value not in (None, {}, False)}
        return _encoder.encode(left)

    @classmethod
    def load(cls, text: str) -> Intent:
        """What `dump` has written."""
        document: Mapping[str, Any] = json.loads(text)
        body = dict(document.get("body", {}))
        if (file := document.get("file")) is not None:
            body[_FILE] = Measured(file[0], bytes.fromhex(file[1]))
        reaches, skew = document.get("reaches"), document.get("skew")
        call: Call[Any] = Call(
            document["method"],
            document["route"],
            cast("type[Any]", Any),
            path_params=document.get("path_params", {}),
            params=document.get("params"),
            body=body,
            sends=document.get("sends"),
            reaches=None if reaches is None else tuple(reaches),
            key=document.get("key"),
            own_id=document.get("own_id"),
        )
        return cls(
            call=call,
            lease=document["lease"],
            skew=None if skew is None else Skew(*skew),
            takes_own_id=document.get("takes_own_id", False),
        )
