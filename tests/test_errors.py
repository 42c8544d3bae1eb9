"""Errors in a queue: they travel with their facts, whichever way it takes, and say whether to try again."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import attrs
import pytest
from celery import Celery
from celery.utils.serialization import find_pickleable_exception

from tests.clients import KEY, NUMBER, SEND, TEXT, result_or_error
from tests.raw import Behaviour, answer, hang, serving
from wasend import AsyncWasendClient, Message, errors
from wasend._core.call import Call
from wasend.api.chats import ChatMessage
from wasend.delivery.settle import Settlement
from wasend.errors import (
    APIConnectionError,
    APIStatusError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
    SuppressedRecipientError,
    UnknownTimeoutError,
    WasendError,
)

LATER = datetime.now(UTC) + timedelta(hours=1)
SINCE = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
STATUS: dict[str, Any] = {"code": "E1", "message": "no", "headers": {"x-request-id": "r-1"}, "retry_after": 1.5}
STATUS |= {"method": "PUT", "path": "/a%2Fb", "attempts": 2}
CALL = Call("POST", "/sendText", Message, body={"to": NUMBER, "text": TEXT})
LOST: dict[str, Any] = {"call": CALL, "since": SINCE}
FAILED = ChatMessage(id=f"true_{NUMBER[1:]}@c.us_3EB0A1", ack=-1, timestamp=SINCE, body=TEXT, type="chat")


def looked_for_again(error: OutcomeUnknownError) -> OutcomeUnknownError:
    error.looked_for_again, error.retry_after = True, 120.0
    return error


CASES: list[tuple[WasendError, bool]] = [
    (WasendError("a defect; nothing was sent"), False),
    (errors.InvalidRequestError("to", "is empty", "pass one"), False),
    (errors.IdempotencyConflictError("order-17", ("recipient", "text")), False),
    (errors.ConfigurationError("no key"), False),
    (APIStatusError("teapot", status=418, **STATUS), False),
    (APIStatusError("slow", status=408, outcome="unknown", **STATUS), True),  # of a read: a send's is `Unknown…`
    (APIStatusError("not a success", status=200, **STATUS), False),
    (errors.BadRequestError("no", status=400, **STATUS), False),
    (errors.AuthenticationError("no", status=401, **STATUS), False),
    (errors.PermissionDeniedError("no", status=403, **STATUS), False),
    (errors.NotFoundError("no", status=404, **STATUS), False),
    (errors.ConflictError("no", status=409, **STATUS), False),
    (errors.UnprocessableError("no", status=422, **STATUS), False),
    (errors.SessionNotReadyError("no", status=422, session_status="STARTING", expected=("WORKING",), **STATUS), True),
    (errors.SessionNotReadyError("no", status=422, session_status="FAILED", **STATUS), False),
    (RateLimitError("wait", status=429, **STATUS), True),
    (ServerError("no", status=503, **STATUS), True),
    (ServerError("no", status=500, outcome="unknown", **STATUS), True),  # of a read
    (ServerError("read by nobody", status=502, outcome="sent", **STATUS), False),
    (ServerError("no such thing", status=501, **STATUS), False),
    (errors.AccountRestrictedError("stop", status=500, signal="463", **STATUS), False),
    (APIConnectionError("refused", attempts=3), True),
    (errors.APITimeoutError("slow", attempts=3, outcome="unknown"), True),  # of a read
    (APIConnectionError("after the first of two", outcome="sent"), False),
    (OutcomeUnknownError("lost", **LOST), False),
    (looked_for_again(OutcomeUnknownError("lost", **LOST)), True),
    (errors.UnknownStatusError("lost", status=408, **LOST, **STATUS), False),
    (errors.UnknownServerError("lost", status=500, **LOST, **STATUS), False),
    (errors.UnknownConnectionError("lost", attempts=1, **LOST), False),
    (UnknownTimeoutError("lost", attempts=1, **LOST), False),
    (errors.UnknownAnswerError("lost", path="$", body=[1], **LOST), False),
    (errors.DecodeError("unfit", path="$.a", body=[1]), False),
    (errors.BreakerOpenError("held", session="ses_1", until=LATER, reason="463"), True),
    (errors.StoreError("locked", store="SqliteStore('a.db')"), True),
    (SuppressedRecipientError("listed", recipient=NUMBER, reason=f"{NUMBER} asked"), False),
    (errors.TurnTimeoutError("late", session="ses_1", until=LATER, reason="gap"), True),
    (errors.WaitTimeoutError("not ready", state="STARTING"), True),
    (errors.WaitTimeoutError("no ack", state="SERVER", outcome="sent"), False),
    (errors.SessionFailedError("restart it", state="FAILED"), False),
    (errors.MessageFailedError("not delivered", message=FAILED), False),
    (errors.WebhookError("not accepted"), False),
    (errors.WebhookUnsignedError("not signed"), False),
    (errors.WebhookSignatureError("signed by another key"), False),
    (errors.WebhookTooOldError("600 s old", 600.0), False),
    (errors.WebhookTooLargeError("2 MiB"), False),
    (errors.WebhookTimeoutError("slow"), False),
    (errors.WebhookFormatError("no event"), False),
    (errors.ClientClosedError("closed; nothing was sent"), True),
    (errors.ClientClosedError("closed meanwhile", outcome="unknown"), False),  # it may have been a send
]
NAMED = [f"{type(error).__name__}: {error}" for error, _ in CASES]


def facts_of(error: BaseException) -> dict[str, Any]:
    """Everything that an error carries, in a form that can be compared."""
    facts = {"class": type(error), "text": str(error), "args": error.args, **vars(error)}
    return {name: attrs.asdict(value) if isinstance(value, Call) else value for name, value in facts.items()}


def by_celery(error: WasendError) -> WasendError:
    """The error as a task queue gives it whose results are JSON: by its own functions, and the text between them."""
    backend = Celery(backend="cache+memory://", set_as_current=False).backend
    return backend.exception_to_python(backend.decode(backend.encode(backend.prepare_exception(error))))


def raise_again(error: WasendError) -> None:
    raise error


def test_every_error_is_tested() -> None:
    """The cases below are of all classes of errors."""
    assert {type(error).__name__ for error, _ in CASES} == {*errors.__all__} - {"Outcome"}


@pytest.mark.parametrize(("error", "retryable"), CASES, ids=NAMED)
def test_pickled_and_copied(error: WasendError, retryable: bool) -> None:
    """Every error survives pickling and copying with all that it carries, notes included."""
    error.add_note("while testing")
    for revived in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)):
        assert facts_of(revived) == facts_of(error)
        assert repr(revived) == repr(error) == f"{type(error).__name__}({str(error)!r})"


LEFT_OUT = {"body", "message", "recipient", "reason", "call"}


@pytest.mark.parametrize(("error", "retryable"), CASES, ids=NAMED)
def test_rebuilt_of_json(error: WasendError, retryable: bool) -> None:
    """
    Every error is made anew of its class and its arguments, by way of JSON, with its facts, its text, and its advice.

    What is left out of it are answers, messages and numbers, which a queue's results would show to many.
    """
    revived = by_celery(error)
    assert type(revived) is type(error)
    assert (str(revived), revived.args) == (str(error), error.args)
    assert (revived.retryable, revived.retry_after, revived.outcome) == (retryable, error.retry_after, error.outcome)
    for name, value in vars(error).items():
        assert name in (*LEFT_OUT, "__notes__") or getattr(revived, name) == value, name
    said = json.dumps(error.args)
    assert len(said) < 5_000
    assert not [secret for secret in (NUMBER[1:], TEXT, "[1]") if secret in said]
    if isinstance(error, OutcomeUnknownError):
        assert isinstance(revived, OutcomeUnknownError)
        assert revived.call.name == error.call.name


def test_others_rebuild_them() -> None:
    """Whoever calls the class with the arguments gets the error: also what looks for a class that can be pickled."""
    error = RateLimitError("wait", status=429, **STATUS)
    assert find_pickleable_exception(error) is not None
    kind: Any = type(error)
    assert facts_of(kind(*error.args)) == facts_of(error)
    assert facts_of(WasendError(*WasendError("x", outcome="sent").args)) == facts_of(WasendError("x", outcome="sent"))


def test_a_process_pool_passes_them_on() -> None:
    """An error raised in a process of a pool arrives with its facts in the one that waits for it."""
    some = [error for error, _ in CASES[-30:]]
    with ProcessPoolExecutor(1, mp_context=get_context("fork" if sys.version_info < (3, 12) else "forkserver")) as pool:
        for error, future in [(error, pool.submit(raise_again, error)) for error in some]:
            assert facts_of(future.exception() or error) == facts_of(error)


def test_subclasses_of_users() -> None:
    """A class of the user's own rebuilds too, whatever its constructor takes."""
    revived = Mine(*Mine(17).args)
    assert (str(revived), revived.status, revived.retryable) == ("order 17", 429, True)
    with_mapping = WithMapping("x", {"a": 1})
    assert with_mapping.given == {"a": 1}


class Mine(RateLimitError):
    def __init__(self, order: int) -> None:
        super().__init__(f"order {order}", status=429)


class WithMapping(WasendError):
    def __init__(self, text: str, given: dict[str, Any]) -> None:
        super().__init__(text)
        self.given = given


def test_arguments_that_are_assigned() -> None:
    """Who adds to the arguments, as is done to any exception, changes the text and loses no fact."""
    error = RateLimitError("wait", status=429)
    error.args = (f"order 17: {error.args[0]}", *error.args[1:])
    assert (str(error), error.status, error.args[1]["status"]) == ("order 17: wait", 429, 429)


def test_unfinished_and_older_arguments() -> None:
    """Arguments of another version make an error all the same; where they do not say what became of it, it is unknown."""
    status: Any = RateLimitError
    error = status("wait", {"outcome": None, "status": 429, "of tomorrow": 1})
    assert (error.outcome, error.status, error.code, error.headers) == ("unknown", 429, None, {})
    lost: Any = OutcomeUnknownError
    revived = lost("lost", {"outcome": "unknown"})
    assert (revived.call, revived.retryable) == (None, False)
    assert lost(*revived.args).args == revived.args


ECHOES: list[Behaviour] = [
    answer(500, {"message": f"{TEXT} for {NUMBER}", "code": f"{TEXT} {NUMBER}", "echo": [TEXT, NUMBER, KEY]}),
    answer(400, {"error": {"key": TEXT + " " + NUMBER, "message": f"{NUMBER[1:]}@c.us {KEY}"}}, {"x-request-id": TEXT}),
    answer(429, f"<p>{TEXT}{NUMBER}{KEY}</p>", {"cf-ray": f"{TEXT} {NUMBER}", "retry-after": "3"}),
    answer(200, f"{TEXT}{NUMBER}{KEY}"),
    hang,
]


@pytest.mark.parametrize("script", ECHOES, ids=["500", "400", "429", "200", "none"])
def test_nothing_private_in_arguments(script: Behaviour) -> None:
    """Of a server that repeats all that it was sent, no error's arguments show the text, the number or the key."""
    with serving(script) as server:
        error = result_or_error("async", server.url, SEND, retry=None, timeout=0.3 if script is hang else 20.0)
    assert isinstance(error, WasendError)
    said = json.dumps(error.args, ensure_ascii=False)
    assert not [secret for secret in (KEY, TEXT, NUMBER[1:]) if secret in said]
    assert facts_of(type(error)(*error.args))["args"] == error.args


def test_numbers_in_facts_are_masked() -> None:
    """The id of a message, the path of a request and the reason for a refusal do not bring a number into the arguments."""
    said = json.dumps(
        [
            errors.MessageFailedError("no", message=FAILED).args,
            RateLimitError("no", status=429, path=f"/ses_1/chats/{NUMBER[1:]}%40c.us").args,
            SuppressedRecipientError("no", recipient=NUMBER, reason="+44 7700 900-123 wrote STOP").args,
            errors.IdempotencyConflictError(f"hello-{NUMBER[1:]}", ("text",)).args,
        ],
        ensure_ascii=False,
    )
    assert [part for part in (NUMBER[3:], "900-123", "7700") if part in said] == []
    assert "3EB0A1" in said


def test_until_in_seconds() -> None:
    """What is held back until a moment says in how many seconds that is."""
    for error, _ in CASES:
        if hasattr(error, "until"):
            assert error.retry_after == pytest.approx(3600, abs=600)
    assert errors.TurnTimeoutError("past", session="s", until=SINCE, reason="gap").retry_after == 0


async def test_settlement_travels_and_cannot_be_repeated() -> None:
    """What settling found out travels; what an error of JSON does not hold any more cannot be settled, and it says so."""
    error = UnknownTimeoutError("lost", **LOST)
    error.settlement = Settlement("unknown", reason=f"it was not found for {NUMBER}")
    revived = by_celery(error)
    assert isinstance(revived, OutcomeUnknownError)
    assert revived.settlement == Settlement("unknown", reason="it was not found for +44…0456")
    async with AsyncWasendClient(KEY, base_url="http://127.0.0.1:9") as client:
        settlement = await client.settle(revived)
    assert (settlement.outcome, "settle_send" in settlement.reason) == ("unknown", True)
