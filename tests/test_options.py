"""Settings of a client: from arguments, the environment and the defaults, checked when made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.calls import KEY
from wasend import AsyncWasendClient, ConfigurationError, Options, Retry, Timeout, WasendClient
from wasend._core.options import is_exposed

BOTH = pytest.mark.parametrize("client", [AsyncWasendClient, WasendClient])
Client = Callable[..., Any]


def options(client: Client = AsyncWasendClient, *args: Any, **settings: Any) -> Options:
    """The settings of a client made so."""
    found = client(*args, **settings).retrieve_config()
    assert isinstance(found, Options)
    return found


@BOTH
def test_defaults(client: Client) -> None:
    """With a key alone, everything else has its default."""
    assert options(client, KEY) == Options(api_key=KEY)
    found = options(client, api_key=KEY)
    assert (found.base_url, found.timeout, found.retry) == ("https://api.wasend.dev", Timeout(), Retry())
    assert (found.timeout.connect, found.timeout.answer, found.timeout.send, found.timeout.total) == (5, 30, 90, 180)


@BOTH
def test_environment(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not passed comes from the environment, read when the client is made; what is passed wins."""
    for name, value in {
        "WASEND_API_KEY": " env-key\n",
        "WASEND_BASE_URL": "http://localhost:1/",
        "WASEND_TIMEOUT": "12.5",
        "WASEND_MAX_RETRIES": "7",
        "WASEND_SESSION": "ses_env",
    }.items():
        monkeypatch.setenv(name, value)
    assert options(client) == Options(
        api_key="env-key",
        base_url="http://localhost:1",
        timeout=Timeout(answer=12.5, send=12.5),
        retry=Retry(max_retries=7),
        session="ses_env",
    )
    assert options(client, KEY, base_url="https://example.org", timeout=3, retry=None) == Options(
        api_key=KEY,
        base_url="https://example.org",
        timeout=Timeout(connect=3, answer=3, send=3),
        retry=Retry(max_retries=0),
        session="ses_env",
    )


def test_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing is not set."""
    for name in ("WASEND_BASE_URL", "WASEND_TIMEOUT", "WASEND_MAX_RETRIES", "WASEND_SESSION"):
        monkeypatch.setenv(name, "")
    assert options(AsyncWasendClient, KEY) == Options(api_key=KEY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WASEND_TIMEOUT", "soon"),
        ("WASEND_TIMEOUT", "30000"),
        ("WASEND_TIMEOUT", "nan"),
        ("WASEND_MAX_RETRIES", "2.5"),
        ("WASEND_MAX_RETRIES", "-1"),
    ],
)
def test_unfit_environment(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that makes no sense is refused."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{value}"):
        AsyncWasendClient(KEY)


# ------------------------------------------------------------------------------------------------------------------ key


@BOTH
@pytest.mark.parametrize("key", ["key-1", " key-1", "key-1\n", "\tkey-1\r\n "])
def test_key_is_cleaned(client: Client, key: str) -> None:
    """White space around a key, as files and clipboards add it, is removed."""
    assert options(client, key).api_key == "key-1"


@BOTH
@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "WASEND_API_KEY"),
        ("", "missing"),
        (" \n", "missing"),
        ("secret\n-1", "control"),
        ("secret\r\nX-Evil: 1", "control"),
        ("secret\x00", "control"),
        ("sécret", "non-ASCII"),
        ("secret one", "space"),
        ("secret\ud800", "non-ASCII"),
        ("Bearer secret", "without 'Bearer'"),
        (b"secret", "expected text, got bytes"),
        (5, "expected text, got int"),
    ],
)
def test_key_is_refused(client: Client, key: Any, problem: str) -> None:
    """A key that cannot be one is refused, and not shown."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        client(key)
    assert caught.value.outcome == "not_sent"
    assert "secret" not in str(caught.value)


@BOTH
def test_key_is_not_shown(client: type[Any]) -> None:
    """Neither a client nor its settings print the key."""
    made = client("secret-1")
    view = made.with_options(api_key="secret-2")
    for shown in (made, view, made.retrieve_config(), view.retrieve_config()):
        assert "secret" not in repr(shown) + str(shown)
        assert "'***'" in repr(shown) or "=***" in repr(shown)
    assert repr(made).startswith(f"{client.__name__}(base_url=")


# ------------------------------------------------------------------------------------------------------------------ URL


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://api.wasend.dev", "https://api.wasend.dev"),
        (" https://api.wasend.dev/ \n", "https://api.wasend.dev"),
        ("http://127.0.0.1:8000/wasend/v1//", "http://127.0.0.1:8000/wasend/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_url_is_cleaned(url: str, clean: str) -> None:
    """White space around a base URL and slashes at its end are removed."""
    assert options(AsyncWasendClient, KEY, base_url=url).base_url == clean


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.wasend.dev",
        "api.wasend.dev:443/secret",
        "user:secret@api.wasend.dev",
        "//api.wasend.dev",
        "https://",
        "https:///path",
        "ftp://api.wasend.dev",
        "https://user:secret@api.wasend.dev",
        "https://secret@api.wasend.dev",
        "https://api.wasend.dev?key=secret",
        "https://api.wasend.dev#secret",
        "https://api.wasend.dev:0",
        "https://api.wasend.dev:99999",
        "https://api.wasend.dev:port",
        "https://[::1",
        "https://api wasend.dev",
        "https://api.wasend.dev/a\r\nX: y",
        "https://bücher.example",
        5,
        b"https://api.wasend.dev",
        ["https://api.wasend.dev"],
    ],
)
def test_url_is_refused(client: Client, url: Any) -> None:
    """A base URL without scheme or host, with a password, or with more than a path is refused, and not shown."""
    with pytest.raises(ConfigurationError, match=r"^base_url: ") as caught:
        client(KEY, base_url=url)
    assert "secret" not in str(caught.value)
    assert "pass" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("https://example.org", False),
        ("http://example.org", True),
        ("http://10.0.0.1", True),
        ("http://localhost.example.org", True),
        ("http://127.0.0.1:1", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:1", False),
        ("http://LOCALHOST", False),
        ("http://wasend.localhost", False),
    ],
)
def test_exposed(url: str, exposed: bool) -> None:
    """Plain http is safe within the machine only."""
    assert is_exposed(url) is exposed


# -------------------------------------------------------------------------------------------------------------- timeout


@BOTH
@pytest.mark.parametrize("milliseconds", [600, 600.0, 30_000, 90_000])
def test_milliseconds(client: Client, milliseconds: float) -> None:
    """A timeout in milliseconds, as the official SDK takes it, is refused with those words."""
    with pytest.raises(ConfigurationError, match="seconds, not milliseconds"):
        client(KEY, timeout=milliseconds)
    with pytest.raises(ConfigurationError, match="seconds, not milliseconds"):
        client(KEY).with_options(timeout=milliseconds)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), True, "30", object(), (5, 30)])
def test_no_time(timeout: Any) -> None:
    """What is no time is refused."""
    with pytest.raises(ConfigurationError, match=r"timeout: .* pass seconds above 0"):
        AsyncWasendClient(KEY, timeout=timeout)


@pytest.mark.parametrize("part", ["connect", "answer", "send", "total"])
def test_parts_of_a_timeout(part: str) -> None:
    """Each part of a `Timeout` is checked, and named in the refusal."""
    with pytest.raises(ConfigurationError, match=re.escape(f"timeout ({part})")):
        Timeout(**{part: -1})
    with pytest.raises(ConfigurationError, match=re.escape(f"timeout ({part})") + ".* not milliseconds"):
        Timeout(**{part: 30_000})


@pytest.mark.parametrize(
    ("given", "timeout"),
    [
        (2, Timeout(connect=2, answer=2, send=2)),
        (45.5, Timeout(answer=45.5, send=45.5)),
        (300, Timeout(answer=300, send=300, total=600)),
        (Timeout(total=9), Timeout(total=9)),
    ],
)
def test_timeout(given: Any, timeout: Timeout) -> None:
    """A number is the time for every answer, which the time for the whole call leaves room for; a `Timeout` is as it is."""
    assert options(AsyncWasendClient, KEY, timeout=given).timeout == timeout


# ----------------------------------------------------------------------------------------------------- retry and the rest


def test_retry_forms() -> None:
    """A retry is a `Retry`, `None` for never, or a function that decides."""

    def hook(error: Exception, attempt: int) -> bool:
        return False

    assert options(AsyncWasendClient, KEY, retry=Retry(max_retries=4)).retry == Retry(max_retries=4)
    assert options(AsyncWasendClient, KEY, retry=None).retry == Retry(max_retries=0)
    assert options(AsyncWasendClient, KEY, retry=hook).retry == Retry(hook=hook)


@pytest.mark.parametrize("retry", [3, "never", True, object()])
def test_no_retry(retry: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigurationError, match="retry: "):
        AsyncWasendClient(KEY, retry=retry)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"max_backoff": -1},
        {"initial_backoff": "1"},
        {"max_retry_after": float("inf")},
    ],
)
def test_unfit_retry(settings: Any) -> None:
    """A `Retry` that makes no sense is refused by the name of the setting."""
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        Retry(**settings)


def test_prefer() -> None:
    """``prefer`` is ``"sdk"`` or ``"docs"``."""
    assert options(AsyncWasendClient, KEY, prefer="docs").prefer == "docs"
    with pytest.raises(ConfigurationError, match="'sdk' or 'docs'"):
        AsyncWasendClient(KEY, prefer="DOCS")  # type: ignore[arg-type]


@BOTH
def test_with_options(client: Client) -> None:
    """A view changes what it is told and nothing else; the client it is made from stays as it was."""
    made = client(KEY, base_url="https://example.org", timeout=7, prefer="docs")
    before = made.retrieve_config()
    view = made.with_options(api_key=" k2\n", retry=None)
    assert type(view) is client
    assert view.retrieve_config() == Options(
        api_key="k2", base_url="https://example.org", timeout=Timeout.of(7), retry=Retry(max_retries=0), prefer="docs"
    )
    assert view.with_options(timeout=8).retrieve_config().timeout == Timeout.of(8)
    assert made.retrieve_config() is before
    with pytest.raises(ConfigurationError):
        made.with_options(api_key="")


@BOTH
def test_views_of_a_subclass(client: Client) -> None:
    """A view of a subclass's client is one too, with the attributes that it has."""

    class Shop(client):  # type: ignore[misc, valid-type]
        def __init__(self, name: str) -> None:
            super().__init__(KEY)
            self.name = name

    shop = Shop("flowers")
    view = shop.with_options(timeout=3)
    assert (type(view), view.name) == (Shop, "flowers")
    view.name = "bread"
    assert shop.name == "flowers"
    assert shop.retrieve_config().timeout != view.retrieve_config().timeout == Timeout.of(3)


def test_settings_are_frozen() -> None:
    """Settings cannot be changed in place."""
    with pytest.raises(AttributeError):
        Options(api_key=KEY).api_key = "other"  # type: ignore[misc]
