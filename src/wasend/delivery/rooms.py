"""The calls by which a rule looks at the service."""

from __future__ import annotations

from typing import Final

import attrs

from .._core.engine import Engine
from ..api.chats import ChatCalls
from ..api.contacts import ContactCalls
from ..api.groups import GroupCalls
from ..api.sessions import SessionCalls

_LONGEST: Final = 15.0


class Rooms(SessionCalls, ChatCalls, GroupCalls, ContactCalls):
    """
    What can be read of the service: its sessions, chats, groups and contacts.

    A look takes 15 s at most: a service that hangs must not hold up for minutes what is meant to take seconds.
    """

    def __init__(self, engine: Engine) -> None:
        options, times = engine.options, engine.options.timeout
        quick = attrs.evolve(times, answer=min(times.answer, _LONGEST), total=min(times.total, _LONGEST))
        self._engine = attrs.evolve(engine, options=attrs.evolve(options, timeout=quick))
