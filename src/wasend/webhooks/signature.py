"""
Signatures of webhooks: HMAC-SHA512 over the exact bytes of the body, in hexadecimal.

The body alone is signed: neither the header with the time (``X-Webhook-Timestamp``) nor the id of the request is. The
event's own time, in its body, is.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias, TypeVar, cast

from ..errors import (
    ConfigurationError,
    InvalidRequestError,
    WasendError,
    WebhookSignatureError,
    WebhookUnsignedError,
)

T = TypeVar("T")

SIGNATURE_HEADER: Final = "X-Webhook-Hmac"
ALGORITHM_HEADER: Final = "X-Webhook-Hmac-Algorithm"
ALGORITHM: Final = "sha512"

_HEX: Final = re.compile(r"[0-9a-fA-F]{128}")
_ALGORITHM_NAMES: Final = frozenset(("sha512", "sha-512", "hmac-sha512"))
_SIGNATURE: Final = SIGNATURE_HEADER.lower()
_ALGORITHM: Final = ALGORITHM_HEADER.lower()
_LENGTHS: Final = (len(_SIGNATURE), len(_ALGORITHM))

Headers: TypeAlias = (
    "Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]"
)
"""The headers of a request: a mapping or a list of pairs, in text or bytes, their names in any case."""

SigningKey: TypeAlias = "str | bytes | Sequence[str | bytes] | Keys"
"""The key of a webhook, or several, of which each is good: while one is replaced by another."""


class Keys:
    """
    Keys that were looked at, and that nothing shows: no `repr`, no traceback with its variables' values, no pickle.

    Args:
        keys: One or several.

    Raises:
        ConfigurationError: One is empty, or has what was copied with it: a line end, white space around it.
    """

    __slots__ = ("_keys",)

    def __init__(self, *keys: str | bytes) -> None:
        if not keys:
            raise ConfigurationError("webhook key: there is none in the list; pass the key that the service signs with")
        found: list[bytes] = []
        problem = ""
        for one in keys:
            problem = problem or _problem(one)
            found.append(one.encode("utf-8", "surrogatepass") if isinstance(one, str) else one)
        if problem:
            raise ConfigurationError(f"webhook key: {problem}")
        self._keys = tuple(map(bytes, found))

    @classmethod
    def of(cls, key: SigningKey) -> Keys:
        """Keys as they are, one key, or a list of them."""
        if isinstance(key, Keys):
            return key
        if isinstance(key, str | bytes | bytearray) or not isinstance(key, Sequence):
            return cls(cast("Any", key))
        return cls(*key)

    def sign(self, body: bytes) -> str:
        """The signature of a body, by the first key."""
        return hmac.digest(self._keys[0], body, ALGORITHM).hex()

    def match(self, body: bytes, signature: str) -> bool:
        """Whether one of the keys signs a body so. All are tried: how long it takes says nothing of which."""
        given = bytes.fromhex(signature)
        good = False
        for key in self._keys:
            good |= hmac.compare_digest(hmac.digest(key, body, ALGORITHM), given)
        return good

    def __repr__(self) -> str:
        return "Keys(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("webhook keys are not pickled: make them where they are used")


def _problem(key: object) -> str:
    """What is wrong with a key; nothing where it is fine."""
    if not isinstance(key, str | bytes):
        return f"expected text or bytes, got {type(key).__name__}"
    if not key:
        return "is empty, which signs nothing; pass the key that the service signs with"
    text = key if isinstance(key, str) else key.decode("latin-1")
    if "\n" in text or "\r" in text:
        return "contains a line end, as a file's last line does; pass it without, as by .strip()"
    if isinstance(key, str) and (text != text.strip() or any(ord(char) < 32 or char == "\x7f" for char in text)):
        return "has white space around it, or a control character in it; copy it again, or pass bytes if it is so"
    return ""


def sign(body: bytes, key: SigningKey) -> str:
    """
    Sign a body as the service's engine does, for the header ``X-Webhook-Hmac``.

    Args:
        body: The exact bytes.
        key: The key; of several, the first one signs.

    Returns:
        128 hexadecimal digits, in lower case.

    Raises:
        ConfigurationError: The key is none.
    """
    found = attempt(lambda: Keys.of(key).sign(exact(body)))
    body, key = b"", ""
    if isinstance(found, WasendError):
        raise found
    return found


def verify(body: bytes, headers: Headers, key: SigningKey) -> None:
    """
    See that a body was signed by a key. What it says is not looked at: `parse` does both.

    Args:
        body: The exact bytes that came. JSON that was read and written again has another signature.
        headers: The headers that came with it.
        key: The key, or several of which each is good.

    Raises:
        WebhookUnsignedError: There is no signature.
        WebhookSignatureError: It is of another body, of another key or by another algorithm; it is no signature; or
            there are two that differ.
        ConfigurationError: The key is none.
    """
    failed = attempt(lambda: check_signature(exact(body), headers, Keys.of(key)))
    body, key = b"", ""  # what shows the variables of a traceback does not show them
    if failed is not None:
        raise failed


def attempt(function: Callable[[], T]) -> T | WasendError:
    """
    What a function returns, or what it raises, as a value: without the frames that hold a message's text, or the key.

    Args:
        function: What to call.
    """
    try:
        return function()
    except WasendError as error:
        error.__context__ = None  # a JSON reader's error holds all that it read
        return error.with_traceback(None)


def exact(body: object) -> bytes:
    """
    The bytes of a body.

    Raises:
        InvalidRequestError: It is something that was made of them.
    """
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        return bytes(cast("bytearray", body))
    remedy = "pass the request's body as it came: what is made of it is signed otherwise"
    raise InvalidRequestError("body", f"expected bytes, got {type(body).__name__}", remedy)


def check_signature(body: bytes, headers: Headers, keys: Keys) -> None:
    """
    See that a body was signed by one of the keys.

    Raises:
        WebhookError: It was not.
    """
    signatures, algorithms = signing(headers)
    signatures.discard("")
    if not signatures:
        raise WebhookUnsignedError(
            f"there is no header {SIGNATURE_HEADER}: the sender has no key, or a proxy has taken the header away"
        )
    if len(signatures) > 1:
        raise WebhookSignatureError(f"there are several signatures in {SIGNATURE_HEADER}, and they differ")
    if other := algorithms - _ALGORITHM_NAMES - {""}:
        raise WebhookSignatureError(f"it is signed by {min(other)[:40]!r}; only {ALGORITHM} is known")
    (signature,) = signatures
    if not _HEX.fullmatch(signature):
        raise WebhookSignatureError(f"{SIGNATURE_HEADER} is not the 128 hexadecimal digits of HMAC-SHA512")
    if not keys.match(body, signature):
        raise WebhookSignatureError(
            "the signature is of another key or another body; is the key the one that the service has, and the body as "
            "it came, byte for byte?"
        )


def signing(headers: Headers) -> tuple[set[str], set[str]]:
    """
    The signatures and the algorithms that headers name. Other headers are not looked at: there may be many.

    Raises:
        InvalidRequestError: They are no headers.
    """
    given: Any = headers
    found: dict[str, set[str]] = {_SIGNATURE: set(), _ALGORITHM: set()}
    try:
        for name, value in given.items() if hasattr(given, "items") else given or ():
            if len(name) in _LENGTHS and (spelt := _text(name).lower()) in found:
                # A header that came twice is joined by a comma where there is one value a name.
                found[spelt].update(map(str.strip, _text(value).lower().split(",")))
    except (TypeError, ValueError, AttributeError) as error:
        problem = f"{type(given).__name__} that cannot be read ({type(error).__name__})"
    else:
        return found[_SIGNATURE], found[_ALGORITHM]
    raise InvalidRequestError("headers", problem, "pass a mapping, or a list of pairs of name and value, as they came")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
