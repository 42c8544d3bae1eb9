"""The API key, which nothing shows: no `repr`, no traceback with the values of its variables, no pickle."""

from __future__ import annotations

import hmac
from typing import Any, Final, NoReturn, Self

import httpx

from .documents import is_list, is_object

HIDDEN: Final = "***"
MISSING: Final = "missing; pass api_key=... or set WASEND_API_KEY"


class Secret:
    """
    A text that is not shown.

    What collects the variables of a traceback finds this in their place; its methods return without having called
    anything that could fail, so that none of them is ever in one.

    Args:
        text: The text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def of(cls, value: Any) -> Any:
        """A secret as it is, `None` as `None`, anything else as a secret: typed so as to be passed on as a text is."""
        return value if value is None or isinstance(value, cls) else cls(value)

    def cleaned(self) -> tuple[Self, str | None]:
        """The key without white space around it, and what is wrong with it; `None` where nothing is."""
        key: object = self._text  # a caller may have passed anything
        if not isinstance(key, str):
            return self, f"expected text, got {type(key).__name__}; pass the key in quotes"
        key = key.strip()
        if not key:
            return self, MISSING
        if key.lower().startswith("bearer "):
            return self, "pass the key alone, without 'Bearer'"
        if not all("!" <= char <= "~" for char in key):
            return self, "contains a space, a control character or a non-ASCII character; copy it again"
        return type(self)(key), None

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def authorize(self, headers: httpx.Headers) -> None:
        """Put it into the headers of a request."""
        headers["Authorization"] = f"Bearer {self._text}"

    def out_of(self, text: str) -> str:
        """A text without this one in it."""
        return text.replace(self._text, HIDDEN)

    def out_of_all(self, document: Any) -> Any:
        """A document without this text anywhere in it. What is nested deeper than Python recurses is left out."""
        try:
            if isinstance(document, str):
                return self.out_of(document)
            if is_object(document):
                return {self.out_of_all(key): self.out_of_all(value) for key, value in document.items()}
            if is_list(document):
                return [self.out_of_all(item) for item in document]
        except RecursionError:
            return None
        return document

    def __repr__(self) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled: make the client where it is used")
