"""Reading the service's state back, with short timeouts: sessions, chats, groups and contacts."""

from __future__ import annotations

from typing import Final

import attrs

from .._core.engine import Engine
from ..api.chats import ChatCalls
from ..api.contacts import ContactCalls
from ..api.groups import GroupCalls
from ..api.sessions import SessionCalls

_LONGEST: Final = 15.0


class ServiceReader(SessionCalls, ChatCalls, GroupCalls, ContactCalls):
    """
    The calls by which settling, waiting and resolving read what the service knows.

    Each call takes at most 15 s: where the service hangs, what is meant to take seconds should not take minutes.

    Args:
        engine: The client's; its middleware applies.
    """

    def __init__(self, engine: Engine) -> None:
        options, timeout = engine.options, engine.options.timeout
        quick = attrs.evolve(timeout, answer=min(timeout.answer, _LONGEST), total=min(timeout.total, _LONGEST))
        self._engine = attrs.evolve(engine, options=attrs.evolve(options, timeout=quick))
