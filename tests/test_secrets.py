"""The API key: nothing that shows variables, texts or pickles shows it."""

from __future__ import annotations

import copy
import itertools
import logging
import pickle
import pprint
import re
import traceback
from collections.abc import Callable, Iterator
from operator import methodcaller
from typing import Any

import pytest
import rich.traceback

from tests.clients import KEY, NUMBER, READ, SEND, both_clients, result_or_error
from tests.raw import Behaviour, Peer, answer, hang, message, raw, reserved, reset, serving, truncated, url_of
from wasend import AsyncWasendClient, DecodeError, Timeout, WasendClient, WasendError, errors
from wasend._core.pool import Network
from wasend._core.secret import Secret
from wasend.delivery import Suppression

HASTE = Timeout(connect=5, answer=0.05, send=0.05, total=60)
ENDLESS = raw(message(200, None, {"content-length": "100000000"}))


def echoing(text: str) -> Behaviour:
    """Answer these characters, with the key where they say so."""

    async def behave(peer: Peer) -> None:
        key = re.findall(rb"Bearer (\S+)", await peer.request())[0].decode()
        await peer.write(text.replace("KEY", key).encode())
        await peer.hang_up()

    return behave


def refusing(status: int) -> Behaviour:
    """Repeat the key in every part of an answer."""
    body = '{"message": "no, KEY", "KEY": "KEY", "code": "KEY", "status": "KEY", "expected": ["KEY"]}'
    head = f"HTTP/1.1 {status} KEY\r\nx-echo: KEY\r\nlocation: /KEY\r\ncontent-type: application/json\r\n"
    return echoing(f"{head}content-length: {len(body) + 6 * (len(KEY) - 3)}\r\n\r\n{body}")


STATUSES = (302, 400, 401, 403, 404, 408, 409, 410, 418, 422, 429, 500, 503)
BAN = {"success": False, "error": "error 463"}
SCRIPTS: list[tuple[Behaviour, Callable[[Any], Any]]] = [
    *((refusing(status), do) for status, do in zip(STATUSES, itertools.cycle((SEND, READ)), strict=False)),
    (answer(500, BAN), SEND),
    (answer(422, "no"), SEND),
    *(
        (script, do)
        for script in (
            reset,
            hang,
            truncated(200, {"id": 1}),
            refusing(200),
            echoing("HTTP/1.1 200 OK\r\nx-echo : KEY KEY\x00\r\n KEY\r\n\r\n"),
            echoing("KEY KEY KEY\r\n\r\n"),
            echoing("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>KEY"),
            echoing('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"\\u0077KEY": ["KEY"'),
            echoing("HTTP/1.1 200 OK\r\ncontent-encoding: KEY\r\n\r\n{}"),
            ENDLESS,
        )
        for do in (SEND, READ, methodcaller("download", "/file"))
    ),
]


BY_TOOLS = ("AuthenticationError", "ConfigurationError", "DecodeError", "UnknownConnectionError")
"""Of which errors the slow tools are asked as well."""


def failures(client_type: str) -> Iterator[WasendError]:
    """An error of every kind that has to do with requests, as a caller catches it."""
    for script, do in SCRIPTS:
        with serving(script) as server:
            timeout = HASTE if script in (hang, ENDLESS) else None
            got = result_or_error(client_type, server.url, do, retry=None, timeout=timeout)
        if isinstance(got, WasendError):
            yield got
    with reserved() as closed:
        for do in (SEND, READ):
            yield result_or_error(client_type, url_of(closed), do, retry=None)
    everybody = Suppression()
    everybody.add(NUMBER)
    yield result_or_error(client_type, "http://127.0.0.1:9", SEND, suppression=everybody)
    yield result_or_error(client_type, "ftp://x", SEND)
    yield result_or_error(
        client_type, "http://127.0.0.1:9", lambda client: client.with_options(api_key=KEY, timeout=-1)
    )


def everything_shown(error: BaseException, *, by_tools: bool) -> str:
    """What is shown of an error and its causes, with the variables of each frame; by test runners and debuggers too."""
    chain, left = list[BaseException](), [error]
    while left:
        chain.append(left.pop())
        left += [e for e in (chain[-1].__cause__, chain[-1].__context__) if e is not None and e not in chain]
    shown: list[str] = []
    for each in chain:
        shown += traceback.TracebackException.from_exception(each, capture_locals=True).format()
        shown.append(pprint.pformat((each.args, vars(each))))
        if by_tools:
            kind, trace = type(each), each.__traceback__
            stacks = rich.traceback.Traceback.extract(kind, each, trace, show_locals=True).stacks
            found = (frame.locals or {} for stack in stacks for frame in stack.frames)
            shown += [token for variables in found for node in variables.values() for token in node.iter_tokens()]
            if trace is not None:
                shown.append(str(pytest.ExceptionInfo.from_exception(each).getrepr(showlocals=True)))
    return "".join(shown)


@both_clients
def test_no_traceback_shows_the_key(client_type: str, transport: str, caplog: pytest.LogCaptureFixture) -> None:
    """Of each error of the tree, each frame with its variables, and each cause: none shows the key, nor does a log line."""
    caplog.set_level(logging.INFO)
    kinds = set[str]()
    for error in failures(client_type):
        shown = everything_shown(error, by_tools=type(error).__name__ in {*BY_TOOLS} - kinds)
        assert KEY not in shown, shown[max(0, shown.index(KEY) - 2000) : shown.index(KEY) + 200]
        assert KEY.encode() not in pickle.dumps(error)
        kinds.add(type(error).__name__)
    assert KEY not in caplog.text
    of_requests = (errors.APIStatusError, errors.APIConnectionError, DecodeError)
    exported = {name: getattr(errors, name) for name in errors.__all__ if name.endswith("Error")}
    assert {name for name, kind in exported.items() if issubclass(kind, of_requests)} <= kinds


def test_nothing_else_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    """Neither settings nor clients show it when they are printed or copied, and they cannot be pickled with it."""
    assert KEY not in repr(Network(proxy=f"http://me:{KEY}@127.0.0.1:9"))
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    assert (secret == Secret(KEY), secret == Secret("x"), secret == KEY, {secret: 1}[Secret(KEY)]) == (
        True,
        False,
        False,
        1,
    )
    assert copy.deepcopy(secret) is copy.copy(secret) is secret
    for made in (AsyncWasendClient(KEY), WasendClient(KEY)):
        options = made.retrieve_config()
        assert options.api_key == KEY
        for each in (made, made.session("ses_1"), options):
            assert KEY not in f"{each} {each!r} {pprint.pformat(each)}"
            with pytest.raises(TypeError, match="pickle"):
                pickle.dumps(each)


@pytest.mark.parametrize("key", [f"{KEY} {KEY}", f"Bearer {KEY}", f"{KEY}\n{KEY}", KEY.encode()])
@pytest.mark.parametrize("make", [AsyncWasendClient, WasendClient])
def test_a_key_that_is_refused_is_not_shown(make: Any, key: Any) -> None:
    """Not even a key that cannot be one is shown by the frames in which it was refused."""
    arguments = [key]  # so that no variable of this frame holds it
    del key
    with pytest.raises(errors.ConfigurationError) as caught:
        make(arguments.pop())
    assert KEY not in everything_shown(caught.value, by_tools=False)
