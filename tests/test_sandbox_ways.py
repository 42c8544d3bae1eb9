"""Every fault from every way in, by one grammar; and what else every way in has in common."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from wasend.sandbox import Clock, Fault, Sandbox, play_scenario
from wasend.sandbox.faults import KINDS

pytest_plugins = ("pytester",)

ROUTES: Final = {"duplicate_webhook": "message", "reordered_webhook": "message.*"}
FAULTS: Final = [
    *(f"{kind} {ROUTES.get(kind, 'POST /sendText')} 50% #1,2 x3" for kind in KINDS),
    "503 POST /sendText to=447700900456@c.us session=ses_1 message='so sad' retry_after=9",
    "answer POST /sendText status=502 body='<p>{text}' type=text/html processed=true",
]


def by_arguments(_: Path) -> Sequence[str]:
    return [str(fault) for fault in Sandbox(faults=FAULTS).faults]


def by_values(_: Path) -> Sequence[str]:
    sandbox = Sandbox()
    for text in FAULTS:
        fault = Fault.parse(text)
        route = f"{fault.verb} {fault.path}".strip()
        limits: dict[str, Any] = {"share": fault.share, "calls": fault.calls, "times": fault.times, **fault.details}
        sandbox.faults.add(Fault(fault.kind, route, **limits))
    return [str(fault) for fault in sandbox.faults]


def by_http(_: Path) -> Sequence[str]:
    with Sandbox().serve() as server:
        for text in FAULTS:
            httpx.post(f"{server.url}/_sandbox/faults", json={"fault": text}).raise_for_status()
        found: list[str] = httpx.get(f"{server.url}/_sandbox/faults").json()["faults"]
    return found


def by_the_page(_: Path) -> Sequence[str]:
    with Sandbox().serve() as server:
        for text in FAULTS:
            assert httpx.post(f"{server.url}/_sandbox/page/fault", data={"fault": text}).status_code == 303
        listed = re.findall(r"<li><code>(.*?)</code></li>", httpx.get(server.url).text)
    return [html.unescape(one) for one in listed]


def by_a_scenario(folder: Path) -> Sequence[str]:
    lines = ",\n".join(f'"{text}"' for text in FAULTS)
    (folder / "scenario.toml").write_text(f"faults = [{lines}]", encoding="utf-8")
    sandbox = Sandbox()
    play_scenario(sandbox, folder / "scenario.toml")
    return [str(fault) for fault in sandbox.faults]


@contextmanager
def served(*options: str) -> Iterator[str]:
    words = [sys.executable, "-m", "wasend.cli", "sandbox", "--port", "0", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
        try:
            assert found
            yield found[0]
        finally:
            process.terminate()


def by_the_shell(_: Path) -> Sequence[str]:
    with served(*(word for text in FAULTS for word in ("--faults", text))) as url:
        found: list[str] = httpx.get(f"{url}/_sandbox/faults").json()["faults"]
    return found


@pytest.mark.parametrize("way", [by_arguments, by_values, by_http, by_the_page, by_a_scenario, by_the_shell])
def test_every_fault_from_every_way_in(way: Callable[[Path], Sequence[str]], tmp_path: Path) -> None:
    """Each kind of fault is set by each way in, in the same words, and is the same fault."""
    assert list(way(tmp_path)) == [str(Fault.parse(text)) for text in FAULTS]


def test_every_fault_from_a_marker(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is by a marker."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        f"""
        import pytest

        FAULTS = {FAULTS!r}

        @pytest.mark.wasend_faults(*FAULTS)
        def test_it(wasend_sandbox):
            from wasend.sandbox import Fault
            assert list(wasend_sandbox.faults) == [Fault.parse(text) for text in FAULTS]
        """
    )
    pytester.runpytest_subprocess("-p", "_wasend_pytest", "-W", "ignore", timeout=120).assert_outcomes(passed=1)


def test_index_and_description() -> None:
    """The control prefix tells all that is under it, and an OpenAPI document describes that and the API."""
    with Sandbox().serve() as server:
        index = httpx.get(f"{server.url}/_sandbox/").json()["endpoints"]
        document = httpx.get(f"{server.url}/_sandbox/openapi.json").json()
    assert {"method": "POST", "path": "/_sandbox/faults", "fields": ["fault"]} in index
    assert document["openapi"] == "3.1.0"
    for one in index:
        assert one["method"].lower() in document["paths"][one["path"]]
    for path in ("/sendText", "/sessions/{session}/qr", "/sessions/{session}/auth/qr", "/{session}/groups/{group}"):
        assert document["paths"][path]
    send = document["paths"]["/sendText"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (send["required"], send["properties"]["text"]) == (["session", "to", "text"], {"type": "string"})
    settable = {one["path"] for one in index if one["method"] == "POST" and "{" not in one["path"]}
    read = {one["path"] for one in index if one["method"] == "GET"}
    # What is no state of its own: a command, and the phones of other people.
    assert settable - read == {"/_sandbox/reset", "/_sandbox/phone-offline", "/_sandbox/phone-online"}


def test_what_was_set_is_read() -> None:
    """All that control sets it also tells."""
    with Sandbox(clock=Clock(stopped=True)).serve() as server:

        def post(path: str, **body: Any) -> None:
            httpx.post(f"{server.url}/_sandbox/{path}", json=body).raise_for_status()

        def get(path: str) -> Any:
            return httpx.get(f"{server.url}/_sandbox/{path}").json()

        post("sessions", name="Desk")
        post("contacts", number="+447700900456", name="Ada")
        post("unknown", numbers=["+447700900999"])
        post("groups", name="Crew", owner="+447700900456")
        post("replies", reply="Yes", match="table", times=2)
        assert [one["sessionName"] for one in get("sessions")["sessions"]] == ["Desk"]
        assert [one["name"] for one in get("contacts")["contacts"]] == ["Ada"]
        assert get("unknown") == {"numbers": ["+447700900999"]}
        assert [one["name"] for one in get("groups")["groups"]] == ["Crew"]
        (reply,) = get("replies")["replies"]
        assert (reply["reply"], reply["match"], reply["times"]) == ("Yes", "table", 2)


@pytest.mark.parametrize(("token", "status"), [("t0ken", 200), ("other", 403), (None, 403)])
async def test_control_from_elsewhere(token: str | None, status: int) -> None:
    """Another machine controls the sandbox with the token, and not without it; where there is none, never."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for sandbox, expected in ((Sandbox(control_token="t0ken"), status), (Sandbox(), 403)):
        transport = httpx.ASGITransport(sandbox, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://wasend:8787", headers=headers) as client:
            assert (await client.get("/_sandbox/clock")).status_code == expected


def test_ends_with_its_block(tmp_path: Path) -> None:
    """A sandbox ends with its block: another one goes on with its file."""
    for count in (0, 1):
        with Sandbox(persist=tmp_path / "a.db") as sandbox:
            assert len(sandbox.sessions) == count
            sandbox.add_session(f"Desk {count}")


def test_without_asyncio() -> None:
    """Without asyncio, as under trio, a client without a socket is told what would do."""
    with Sandbox() as sandbox:
        http_client = sandbox._in_process({})["http_client"]
        call = http_client._transport.handle_async_request(httpx.Request("GET", "http://localhost/account"))
        with pytest.raises(RuntimeError, match="under trio, serve it"):
            call.send(None)


def test_same_seed_same_run() -> None:
    """The same seed and the same stopped clock give the same ids, times and QR codes."""

    def run(seed: int) -> tuple[Any, ...]:
        with Sandbox(seed=seed, clock=Clock(stopped=True, at=1_750_000_000)) as sandbox, sandbox.client() as client:
            session = str(client.create_session(session_name="Desk", phone_number="+447700900123")["uniqueSessionId"])
            code = client.retrieve_qr_code(session).data
            sandbox.scan(session)
            sent = client.send_text(session=session, to="+447700900456", text="Hello")
            return session, code, sent.id, str(sent.timestamp)

    assert run(7) == run(7)
    assert set(run(7)[:3]).isdisjoint(run(8)[:3])
