"""What is particular to this service, given to the core: other names of arguments, and special errors."""

from __future__ import annotations

import re
from typing import Any, Final

from .._core.answer import ErrorRules, SpecialError, error_fields
from .._core.call import Call
from .._core.documents import is_list, is_object
from .._core.forms import ArgumentForms
from ..errors import AccountRestrictedError, SessionNotReadyError

_FORMS: Final = ArgumentForms(
    aliases={  # the official SDK's
        "session_id": "session",
        "min_typing_duration": "min_typing",
        "max_typing_duration": "max_typing",
    },
    removed={"content": "the text goes into text: send_text(session=..., to=..., text=...)"},
)
mapping_form: Final = _FORMS.mapping_form
keyword_aliases: Final = _FORMS.keyword_aliases

_LOOKED_AT: Final = 4000  # characters of an error that are searched
_STATE: Final = 40  # characters of a session's state that a text shows
_SIGNALS: Final = re.compile(r"error[ :=]*(463|475)\b|(rate-overlimit)", re.IGNORECASE)


def _special(status: int, message: str, document: Any, call: Call[Any]) -> SpecialError | None:
    if status == 500 and (signal := _ban_signal(document, call)):
        return SpecialError(
            AccountRestrictedError, {"signal": signal}, "WhatsApp restricts this number: stop sending to new contacts"
        )
    if status == 422 and is_object(document) and ("expected" in document or "not as expected" in message):
        return _not_ready(document.get("status"), document.get("expected"))
    return None


def _ban_signal(document: Any, call: Call[Any]) -> str | None:
    """The signal that an error names, in words of its own: a message may well be about an error 463."""
    from .._core.echo import own_words, plain

    for whole in error_fields(document):
        said = whole[:_LOOKED_AT]
        if _SIGNALS.search(plain(said)) and (signal := _SIGNALS.search(own_words(said, call))):
            return signal[1] or signal[2]
    return None


def _not_ready(status: Any, expected: Any) -> SpecialError:
    states = tuple(str(state) for state in expected) if is_list(expected) else ()
    facts = {"session_status": status if isinstance(status, str) else None, "expected": states}
    needed = " or ".join(state[:_STATE] for state in states[:5]) or "another state"
    advice = f"the session is {str(status)[:_STATE]}, and must be {needed}" if facts["session_status"] else ""
    return SpecialError(SessionNotReadyError, facts, advice)


ERROR_RULES: Final = ErrorRules(
    special=_special,
    advice={
        401: "check the API key",
        404: "check the id: calls take a session's uniqueSessionId, not its name",
        409: "the name may be taken: look it up with retrieve_all_sessions()",
    },
    private_fields=("text", "caption", "data", "title", "description", "preview", "content"),
)
