"""
The managed event loop: one test or more for every rule it keeps.

What involves a fork, a signal or the end of an interpreter happens in real processes, with warnings as errors.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import inspect
import logging
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from wasend._core import bridge as bridge_module
from wasend._core.bridge import Bridge, in_caller
from wasend.errors import ClientClosedError

PATIENCE = 20.0
"""Seconds after which a test takes a thread or a process for hung."""

PRELUDE = """
import asyncio, gc, os, signal, socket, sys, threading, warnings
from wasend._core.bridge import Bridge, in_caller
from wasend.errors import ClientClosedError

# From Python 3.12 on a fork warns as soon as there is a second thread.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
# A process started in the background may have been told to ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def aclose():
    pass

async def add(a, b):
    await asyncio.sleep(0)
    return a + b

async def connect():
    '''Open a connection that the loop watches at one of its ends.'''
    here, there = socket.socketpair()
    return there.detach(), *await asyncio.open_connection(sock=here)

async def talk(connection, text):
    peer, reader, _ = connection
    os.write(peer, text + b"\\n")
    return (await reader.readline()).strip()

async def hang_up(connection):
    peer, _, writer = connection
    os.close(peer)
    writer.close()
    await writer.wait_closed()

def in_child(work):
    '''Fork, work in the child, which ends as programs do, and report its exit status.'''
    sys.stdout.flush()
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    work()
    gc.collect()
    sys.exit(0)

bridge = Bridge(aclose)
"""

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")


class Resources:
    """What an asynchronous client would close."""

    def __init__(self) -> None:
        self.closed_in: list[asyncio.AbstractEventLoop] = []

    async def aclose(self) -> None:
        self.closed_in.append(asyncio.get_running_loop())


async def nothing() -> None:
    pass


async def add(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


async def running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


async def current_thread() -> threading.Thread:
    return threading.current_thread()


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    it = Bridge(nothing)
    yield it
    it.close()


@pytest.fixture
def pool() -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    with concurrent.futures.ThreadPoolExecutor() as it:
        yield it


def start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-u", "-c", PRELUDE + textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a process; what it printed, and what it complained about."""
    try:
        return process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL) if sys.platform != "win32" else process.kill()
        raise AssertionError(f"the process hung: {process.communicate()}") from None


def run_program(program: str) -> list[str]:
    """The lines that a program prints; it must end well and complain about nothing."""
    process = start(program)
    printed, complaints = finish(process)
    assert (process.returncode, complaints) == (0, "")
    return printed.splitlines()


def interrupt_when_ready(program: str, times: int = 1) -> list[str]:
    """The lines that a program prints after a line `ready`, each of which is answered with a Ctrl-C."""
    process = start(program)
    assert process.stdout is not None
    for _ in range(times):
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
    printed, complaints = finish(process)
    assert (process.returncode, complaints) == (0, "")
    return printed.splitlines()


class TestStart:
    def test_nothing_starts_before_the_first_call(self) -> None:
        """Importing the module and making a bridge start no thread."""
        assert run_program("print(threading.active_count())") == ["1"]

    def test_a_bridge_never_used_has_nothing_to_close(self) -> None:
        """A bridge that made no call leaves without a warning, and may be closed all the same."""
        Bridge(nothing).close()
        forgotten = weakref.ref(Bridge(nothing))
        gc.collect()
        assert forgotten() is None

    def test_every_bridge_has_one_loop(self, bridge: Bridge) -> None:
        """All calls of one bridge share a loop, and two bridges share nothing."""
        other = Bridge(nothing)
        loops = {bridge.run(running_loop()) for _ in range(5)}
        assert len(loops) == 1
        assert other.run(running_loop()) not in loops
        other.close()

    def test_many_threads_share_a_bridge(self, bridge: Bridge) -> None:
        """Sixteen threads that make the first call together get one loop, and each its own answers."""
        together = threading.Barrier(16, timeout=30)

        def work(n: int) -> tuple[list[int], asyncio.AbstractEventLoop]:
            together.wait(PATIENCE)
            return [bridge.run(add(n, i)) for i in range(50)], bridge.run(running_loop())

        with concurrent.futures.ThreadPoolExecutor(16) as threads:
            results = list(threads.map(work, range(16)))
        assert [sums for sums, _ in results] == [[n + i for i in range(50)] for n in range(16)]
        assert len({id(loop) for _, loop in results}) == 1

    def test_the_thread_is_a_daemon_named_after_the_client(self) -> None:
        """A debugger shows whose thread it is, and the interpreter does not wait for it."""
        bridge = Bridge(nothing, label="SomeClient")
        thread = bridge.run(current_thread())
        assert (thread.daemon, thread.name) == (True, "SomeClient")
        bridge.close()

    def test_a_machine_without_threads_to_spare(self, bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
        """A first call for which no thread can be started fails, leaves nothing open, and may be made again."""

        def start(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        coro = add(1, 2)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                bridge.run(coro)
        gc.collect()  # a loop left open would complain here
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED
        assert bridge.run(add(1, 2)) == 3

    def test_the_loop_lives_outside_the_context_of_the_first_call(self) -> None:
        """The first caller's context variables do not live on in the thread."""
        variable = contextvars.ContextVar("variable", default="empty")
        seen: list[str] = []

        async def aclose() -> None:
            seen.append(variable.get())

        bridge = Bridge(aclose)
        token = variable.set("the first caller's")
        bridge.run(nothing())
        bridge.close()
        variable.reset(token)
        assert seen == ["empty"]


class TestRun:
    def test_the_callers_context_is_visible(self, bridge: Bridge) -> None:
        """A coroutine sees the context variables of whoever called, and changes only its copy."""
        variable = contextvars.ContextVar("variable", default="empty")

        async def exchange() -> str:
            before = variable.get()
            variable.set("the coroutine's")
            return before

        token = variable.set("the caller's")
        try:
            assert bridge.run(exchange()) == "the caller's"
            assert variable.get() == "the caller's"
        finally:
            variable.reset(token)

    def test_a_traceback_shows_both_sides(self, bridge: Bridge) -> None:
        """An error leads from the caller's line to the coroutine's."""

        async def fail() -> None:
            raise ValueError("no")

        def the_caller() -> None:
            bridge.run(fail())

        with pytest.raises(ValueError, match="no") as caught:
            the_caller()
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert names.index("the_caller") < names.index("run") < names.index("fail")

    def test_an_error_leaves_no_cycle(self, bridge: Bridge) -> None:
        """An error that was handled is gone at once, without the garbage collector."""

        class OwnError(Exception):
            pass

        async def fail() -> None:
            raise OwnError

        async def fail_in_caller() -> None:
            def function() -> None:
                raise OwnError

            await in_caller(function)

        gc.disable()
        try:
            for coroutine_function in (fail, fail_in_caller):
                gone: list[weakref.ref[OwnError]] = []
                try:
                    bridge.run(coroutine_function())
                except OwnError as error:
                    gone.append(weakref.ref(error))
                bridge.run(nothing())  # the loop's thread has let go of the task too
                assert [error() for error in gone] == [None], coroutine_function
        finally:
            gc.enable()

    def test_inside_a_running_loop(self, bridge: Bridge) -> None:
        """In a notebook, whose loop runs all the time, a call works."""

        async def cell() -> int:
            return bridge.run(add(1, 2))

        assert asyncio.run(cell()) == 3

    def test_in_its_own_thread_it_refuses(self, bridge: Bridge) -> None:
        """A call from the loop's own thread raises at once, says what to do, and closes the coroutine."""
        inner = add(1, 2)

        async def outer() -> int:
            return bridge.run(inner)

        with pytest.raises(RuntimeError, match=r"from its own event loop.*use the async client"):
            bridge.run(outer())
        assert inspect.getcoroutinestate(inner) == inspect.CORO_CLOSED

    def test_cancelled_from_within(self, bridge: Bridge) -> None:
        """A coroutine that something else cancels ends the call as a cancelled future does."""

        async def cancel_me() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(PATIENCE)

        with pytest.raises(concurrent.futures.CancelledError):
            bridge.run(cancel_me())
        assert bridge.run(add(1, 2)) == 3

    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, StopAsyncIteration])
    def test_any_exception_is_the_callers(self, bridge: Bridge, kind: type[BaseException]) -> None:
        """Exceptions that asyncio treats as its own reach the caller, and the loop goes on."""

        async def fail() -> None:
            raise kind

        async def fail_later() -> None:
            await asyncio.sleep(0)
            raise kind

        async def fail_in_a_task() -> None:
            await asyncio.create_task(fail())

        loop = bridge.run(running_loop())
        for function in (fail, fail_later, fail_in_a_task):
            with pytest.raises(kind):
                bridge.run(function())
            assert bridge.run(running_loop()) is loop


class TestBlockingWork:
    async def in_a_thread(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function)

    def test_its_threads_hold_nothing_up(self, bridge: Bridge) -> None:
        """Work such as the look-up of a name runs in a daemon thread beside the loop's."""
        thread = bridge.run(self.in_a_thread(threading.current_thread))
        assert thread.daemon
        assert thread not in {bridge.run(current_thread()), threading.current_thread()}

    def test_its_errors_reach_the_caller(self, bridge: Bridge) -> None:
        """A name that nobody knows is an error of the call."""

        def fail() -> None:
            raise OSError("unknown name")

        with pytest.raises(OSError, match="unknown name"):
            bridge.run(self.in_a_thread(fail))

    def test_work_cancelled_in_time_is_not_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Work that is given up before its thread begins does not run."""
        threads: list[threading.Thread] = []
        done: list[str] = []

        def start_later(thread: threading.Thread) -> None:
            threads.append(thread)

        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start_later)
            future = bridge_module._DaemonThreads().submit(done.append, "done")
        assert future.cancel()
        threads[0].run()
        assert done == []


class TestClose:
    def test_the_loop_closes_the_resources(self) -> None:
        """The resources are closed once, in the loop that used them, and the thread ends."""
        resources = Resources()
        bridge = Bridge(resources.aclose)
        loop = bridge.run(running_loop())
        thread = bridge.run(current_thread())
        assert not bridge.closed
        bridge.close()
        bridge.close()
        assert bridge.closed
        assert resources.closed_in == [loop]
        assert loop.is_closed()
        assert not thread.is_alive()

    def test_afterwards_calls_are_refused(self, bridge: Bridge) -> None:
        """A call on a closed bridge raises, says that nothing was sent, and closes the coroutine."""
        bridge.run(nothing())
        bridge.close()
        coro = add(1, 2)
        with pytest.raises(ClientClosedError, match="closed: make a new one") as caught:
            bridge.run(coro)
        assert caught.value.outcome == "not_sent"
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    def test_a_call_that_finds_the_loop_over(self, bridge: Bridge) -> None:
        """A call that passed the check just before the loop ended does not wait for it."""
        bridge.run(nothing())
        loop = bridge._started()
        bridge.close()
        coro = add(1, 2)
        with pytest.raises(ClientClosedError) as caught:
            loop.run(coro)
        assert caught.value.outcome == "not_sent"
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    def test_while_the_first_call_starts_the_loop(self, bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
        """Closing that finds no loop yet, because another thread is starting it, leaves no thread behind."""
        threads: list[threading.Thread] = []

        class SlowToStart(bridge_module._Loop):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args)
                threads.append(self.thread)
                bridge.close()

        monkeypatch.setattr(bridge_module, "_Loop", SlowToStart)
        with pytest.raises(ClientClosedError) as caught:
            bridge.run(add(1, 2))
        assert caught.value.outcome == "not_sent"
        threads[0].join(PATIENCE)
        assert not threads[0].is_alive()

    def test_it_ends_the_calls_of_other_threads(
        self, bridge: Bridge, pool: concurrent.futures.ThreadPoolExecutor
    ) -> None:
        """A call under way ends with an error that knows that its outcome is not known."""
        begun = threading.Event()
        unwound = threading.Event()

        async def last_for_ever() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                unwound.set()

        call = pool.submit(lambda: bridge.run(last_for_ever()))
        assert begun.wait(PATIENCE)
        bridge.close()
        with pytest.raises(ClientClosedError) as caught:
            call.result(PATIENCE)
        assert caught.value.outcome == "unknown"
        assert unwound.is_set()

    def test_it_ends_the_calls_that_have_not_begun(
        self, bridge: Bridge, pool: concurrent.futures.ThreadPoolExecutor
    ) -> None:
        """A call that the loop had no time for ends with an error that knows that nothing was sent."""
        blocked, release = threading.Event(), threading.Event()

        async def block() -> None:
            blocked.set()
            release.wait(PATIENCE)

        first = pool.submit(lambda: bridge.run(block()))
        assert blocked.wait(PATIENCE)
        coro = add(1, 2)
        loop = bridge._started()
        loop.stop()
        second = pool.submit(loop.run, coro)
        while len(loop.jobs) < 2:
            pass
        release.set()
        with pytest.raises(ClientClosedError) as caught:
            second.result(PATIENCE)
        assert caught.value.outcome == "not_sent"
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED
        first.result(PATIENCE)

    def test_it_lets_no_further_call_begin(self) -> None:
        """A call that comes while the resources are being closed ends at once, and nothing was sent."""
        closing, go_on = threading.Event(), asyncio.Event()

        async def aclose() -> None:
            closing.set()
            await go_on.wait()

        bridge = Bridge(aclose)
        inner = bridge.run(running_loop())
        loop = bridge._started()
        loop.stop()
        assert closing.wait(PATIENCE)
        with pytest.raises(ClientClosedError) as caught:
            loop.run(add(1, 2))
        assert caught.value.outcome == "not_sent"
        inner.call_soon_threadsafe(go_on.set)
        bridge.close()

    def test_a_call_that_will_not_end(
        self,
        bridge: Bridge,
        pool: concurrent.futures.ThreadPoolExecutor,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Neither closing nor the caller waits for ever for a coroutine that ignores its cancellation."""
        monkeypatch.setattr(bridge_module, "_GRACE", 0.05)
        begun = threading.Event()

        async def stubborn() -> None:
            while True:
                begun.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    pass
                except GeneratorExit:
                    return

        call = pool.submit(lambda: bridge.run(stubborn()))
        assert begun.wait(PATIENCE)
        bridge.close()
        with pytest.raises(ClientClosedError) as caught:
            call.result(PATIENCE)
        assert caught.value.outcome == "unknown"
        del caught, call
        gc.collect()
        assert "Task was destroyed" in caplog.text  # asyncio's own word about the coroutine

    def test_by_a_callback_of_a_call(self, bridge: Bridge) -> None:
        """A user's callback may close the client that called it."""

        async def call_back() -> None:
            await in_caller(bridge.close)
            await asyncio.sleep(PATIENCE)

        with pytest.raises(ClientClosedError):
            bridge.run(call_back())

    def test_in_its_own_thread(self, bridge: Bridge) -> None:
        """Closing in the loop's own thread does not wait for that thread."""
        thread = bridge.run(current_thread())

        async def close() -> None:
            bridge.close()
            await asyncio.sleep(PATIENCE)

        with pytest.raises(ClientClosedError):
            bridge.run(close())
        thread.join(PATIENCE)
        assert not thread.is_alive()

    def test_errors_are_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """Resources that cannot be closed leave a line in the log, and the loop ends as always."""

        async def fail() -> None:
            raise OSError("no")

        bridge = Bridge(fail)
        thread = bridge.run(current_thread())
        with caplog.at_level(logging.DEBUG, logger="wasend"):
            bridge.close()
        assert [(r.name, r.levelname) for r in caplog.records if r.name == "wasend"] == [("wasend", "DEBUG")]
        assert not thread.is_alive()

    def test_resources_that_never_close(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Closing gives up on resources that take too long."""
        monkeypatch.setattr(bridge_module, "_GRACE", 0.05)

        async def never() -> None:
            await asyncio.Event().wait()

        bridge = Bridge(never)
        thread = bridge.run(current_thread())
        bridge.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()


class TestForgetting:
    def test_collected(self) -> None:
        """A forgotten bridge warns, closes its resources in its loop, and its thread ends."""
        resources = Resources()
        bridge = Bridge(resources.aclose, label="SomeClient")
        loop = bridge.run(running_loop())
        thread = bridge.run(current_thread())
        with pytest.warns(ResourceWarning, match=r"unclosed SomeClient: use `with` or close\(\)"):
            del bridge
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert resources.closed_in == [loop]

    def test_collected_in_its_own_thread(self) -> None:
        """The garbage collector may run in the loop's own thread: nothing hangs there."""
        holder = [Bridge(nothing)]
        loop = holder[0].run(running_loop())
        thread = holder[0].run(current_thread())

        def forget_in_the_thread() -> None:
            loop.call_soon_threadsafe(holder.clear)
            thread.join(PATIENCE)

        with pytest.warns(ResourceWarning, match="unclosed WasendClient"):
            forget_in_the_thread()
        assert not thread.is_alive()

    def test_closed_bridges_leave_quietly(self) -> None:
        """A bridge that was closed is collected without a warning."""
        bridge = Bridge(nothing)
        bridge.run(nothing())
        bridge.close()
        forgotten = weakref.ref(bridge)
        del bridge
        gc.collect()
        assert forgotten() is None

    @pytest.mark.parametrize(
        "work",
        [
            "bridge.run(add(1, 2))",
            "bridge.run(connect())",
            "threading.Thread(target=wait, daemon=True).start(); begun.wait()",
            "items = bridge.iterate(count()); next(items)",
        ],
        ids=["idle", "connected", "calling", "iterating"],
    )
    def test_at_exit(self, work: str) -> None:
        """A program that forgets to close ends at once and is told so, whatever the loop was doing."""
        process = start(
            f"""
            warnings.simplefilter("always", ResourceWarning)
            begun = threading.Event()
            async def last():
                begun.set()
                await asyncio.sleep(3600)
            def wait():
                try:
                    bridge.run(last())
                except ClientClosedError:
                    pass
            async def count():
                for n in range(10):
                    yield n
            {work}
            """
        )
        _, complaints = finish(process)
        assert process.returncode == 0
        assert "ResourceWarning: unclosed WasendClient: use `with` or close()" in complaints
        assert "Traceback" not in complaints

    def test_at_exit_with_a_loop_that_is_slow_to_stop(self) -> None:
        """An iterator that is collected as the interpreter's last act does not wait for the frozen thread of its loop."""
        process = start(
            """
            warnings.simplefilter("always", ResourceWarning)
            from functools import partial
            elsewhere = {}  # no function of the program itself, which would keep the iterator out of reach
            exec("async def count():\\n yield 1\\n yield 2", elsewhere)
            bridge = Bridge(partial(asyncio.sleep, 3600))
            items = bridge.iterate(elsewhere["count"]())
            next(items)
            """
        )
        _, complaints = finish(process)
        assert process.returncode == 0
        assert "ResourceWarning: unclosed WasendClient: use `with` or close()" in complaints

    def test_at_exit_with_a_name_server_that_is_down(self) -> None:
        """The look-up of a name that never ends holds up neither Ctrl-C nor the end of the program."""
        printed = interrupt_when_ready(
            """
            import time
            def getaddrinfo(*args):
                print("ready")
                time.sleep(3600)
            socket.getaddrinfo = getaddrinfo
            try:
                bridge.run(asyncio.open_connection("wasend.invalid", 443))
            except KeyboardInterrupt:
                print("interrupted")
            bridge.close()
            """
        )
        assert printed == ["interrupted"]


@posix_only
class TestFork:
    def test_before_the_first_call(self) -> None:
        """Parent and child of a fork before the first call both get a loop of their own."""
        printed = run_program(
            """
            def work():
                print(bridge.run(add(1, 2)))
                bridge.close()
            print(in_child(work))
            work()
            """
        )
        assert printed == ["3", "0", "3"]

    def test_after_the_first_call(self) -> None:
        """The child gets a loop of its own, and ending it leaves the parent's connections as they were."""
        printed = run_program(
            """
            def work():
                own = bridge.run(connect())
                print(bridge.run(talk(own, b"child")))
                bridge.run(hang_up(own))
                bridge.close()
            connection = bridge.run(connect())
            print(bridge.run(talk(connection, b"before")))
            print(in_child(work))
            print(bridge.run(talk(connection, b"after")))
            bridge.run(hang_up(connection))
            work()
            """
        )
        assert printed == ["b'before'", "b'child'", "0", "b'after'", "b'child'"]

    @pytest.mark.parametrize("work", ["pass", "globals().pop('bridge')", "bridge.close()"])
    def test_a_child_that_makes_no_call(self, work: str) -> None:
        """A child that only exits, forgets or closes what it inherited says nothing and breaks nothing."""
        printed = run_program(
            f"""
            def work():
                {work}
            connection = bridge.run(connect())
            print(in_child(work))
            print(bridge.run(talk(connection, b"after")))
            bridge.run(hang_up(connection))
            bridge.close()
            """
        )
        assert printed == ["0", "b'after'"]

    def test_during_a_call_of_another_thread(self) -> None:
        """A fork while another thread waits for an answer disturbs neither that thread nor the child."""
        printed = run_program(
            """
            begun, over = threading.Event(), threading.Event()
            async def wait():
                begun.set()
                while not over.is_set():
                    await asyncio.sleep(0.001)
                print("answered")
            thread = threading.Thread(target=lambda: bridge.run(wait()))
            thread.start()
            begun.wait()
            def work():
                print(bridge.run(add(1, 2)))
                bridge.close()
            print(in_child(work))
            over.set()
            thread.join()
            bridge.close()
            """
        )
        assert printed == ["3", "0", "answered"]

    def test_while_another_thread_starts_a_loop(self) -> None:
        """A lock that another thread holds during the fork does not hold up the child."""
        printed = run_program(
            """
            from wasend._core import bridge as module
            held, release = threading.Event(), threading.Event()
            def hold():
                with module._Loop.starting:
                    held.set()
                    release.wait()
            thread = threading.Thread(target=hold)
            thread.start()
            held.wait()
            def work():
                print(bridge.run(add(1, 2)))
                bridge.close()
                os._exit(0)  # the parent's other thread is no thread of the child
            print(in_child(work))
            release.set()
            thread.join()
            """
        )
        assert printed == ["3", "0"]

    def test_several_children_of_a_used_parent(self) -> None:
        """Workers that a server forks from a process that has made calls all work, and so does the parent."""
        printed = run_program(
            """
            connection = bridge.run(connect())
            def work():
                assert [bridge.run(add(n, 1)) for n in range(20)] == list(range(1, 21))
                bridge.close()
            children = []
            for n in range(4):
                if not (pid := os.fork()):
                    work()
                    sys.exit(0)
                children.append(pid)
                assert bridge.run(talk(connection, b"between")) == b"between"
            print([os.waitpid(pid, 0)[1] for pid in children])
            print(bridge.run(talk(connection, b"after")))
            bridge.run(hang_up(connection))
            bridge.close()
            """
        )
        assert printed == ["[0, 0, 0, 0]", "b'after'"]

    def test_a_pool_of_forked_workers(self) -> None:
        """Task queues keep forked workers for many tasks: the client that they inherit works in each."""
        printed = run_program(
            """
            import multiprocessing
            print(bridge.run(add(1, 2)))
            def task(n):
                return bridge.run(add(n, n))
            with multiprocessing.get_context("fork").Pool(3) as workers:
                print(workers.map(task, range(12)))
                workers.close()
                workers.join()
            print(bridge.run(add(1, 2)))
            bridge.close()
            """
        )
        assert printed == ["3", str([2 * n for n in range(12)]), "3"]

    def test_a_grandchild(self) -> None:
        """A child of a child gets its own loop too."""
        printed = run_program(
            """
            bridge.run(add(1, 2))
            def work():
                bridge.run(add(1, 2))
                print(in_child(lambda: (print(bridge.run(add(1, 2))), bridge.close())))
                bridge.close()
            print(in_child(work))
            bridge.close()
            """
        )
        assert printed == ["3", "0", "0"]

    def test_an_unclosed_child_is_told_once(self) -> None:
        """A child warns about the loop that it started, not about the one that it inherited."""
        process = start(
            """
            warnings.simplefilter("always", ResourceWarning)
            bridge.run(add(1, 2))
            print(in_child(lambda: bridge.run(add(1, 2))))
            bridge.close()
            """
        )
        printed, complaints = finish(process)
        assert printed == "0\n"
        assert complaints.count("ResourceWarning: unclosed") == 1
        assert "ResourceWarning: unclosed WasendClient" in complaints


@posix_only
class TestInterrupt:
    def test_ctrl_c_cancels_the_task(self) -> None:
        """Ctrl-C ends a call at once; the coroutine is cancelled, not left behind; the bridge goes on."""
        printed = interrupt_when_ready(
            """
            events = []
            async def last():
                print("ready")
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    events.append("cancelled")
                    raise
            try:
                bridge.run(last())
            except KeyboardInterrupt:
                print("interrupted", *events)
            print(bridge.run(add(1, 2)))
            bridge.close()
            """
        )
        assert printed == ["interrupted cancelled", "3"]

    def test_a_coroutine_that_does_not_unwind(self) -> None:
        """Ctrl-C does not wait for a coroutine that takes long to unwind."""
        printed = interrupt_when_ready(
            """
            release = threading.Event()
            async def stubborn():
                print("ready")
                try:
                    await asyncio.sleep(3600)
                finally:
                    while not release.is_set():
                        await asyncio.sleep(0.001)
            try:
                bridge.run(stubborn())
            except KeyboardInterrupt:
                print("interrupted")
            release.set()
            bridge.close()
            """
        )
        assert printed == ["interrupted"]

    def test_a_second_ctrl_c(self) -> None:
        """A second Ctrl-C does not wait at all, and the first is its context."""
        printed = interrupt_when_ready(
            """
            from wasend._core import bridge as module
            module._GRACE = 3600
            release = threading.Event()
            async def stubborn():
                print("ready")
                try:
                    await asyncio.sleep(3600)
                finally:
                    print("ready")
                    while not release.is_set():
                        await asyncio.sleep(0.001)
            try:
                bridge.run(stubborn())
            except KeyboardInterrupt as error:
                print("interrupted", repr(error.__context__))
            release.set()
            bridge.close()
            """,
            times=2,
        )
        assert printed == ["interrupted KeyboardInterrupt()"]

    def test_a_call_that_has_not_begun_never_does(self) -> None:
        """After Ctrl-C during a call for which the loop was too busy, nothing goes out."""
        printed = interrupt_when_ready(
            """
            from wasend._core import bridge as module
            begin, release = module._Job._begin, threading.Event()
            def be_busy_and_begin(job):
                print("ready")
                release.wait()
                begin(job)
            async def send():
                print("sent")
            module._Job._begin = be_busy_and_begin
            try:
                bridge.run(send())
            except KeyboardInterrupt:
                print("interrupted")
            module._Job._begin = begin
            release.set()
            print(bridge.run(add(1, 2)))
            bridge.close()
            """
        )
        assert printed == ["interrupted", "3"]

    def test_an_error_of_a_signal_handler(self) -> None:
        """Whatever a signal handler raises cancels the task, as Ctrl-C does."""
        printed = interrupt_when_ready(
            """
            def handler(*_):
                raise TimeoutError
            signal.signal(signal.SIGINT, handler)
            async def last():
                print("ready")
                try:
                    await asyncio.sleep(3600)
                finally:
                    print("cancelled")
            try:
                bridge.run(last())
            except TimeoutError:
                print("timed out")
            bridge.close()
            """
        )
        assert printed == ["cancelled", "timed out"]

    def test_a_signal_that_another_thread_receives(self) -> None:
        """A waiting caller that no signal wakes, as when it comes in the moment the wait begins, looks by itself."""
        printed = run_program(
            """
            async def last():
                signal.pthread_kill(threading.get_ident(), signal.SIGINT)
                try:
                    await asyncio.sleep(3600)
                finally:
                    print("cancelled")
            try:
                bridge.run(last())
            except KeyboardInterrupt:
                print("interrupted")
            bridge.close()
            """
        )
        assert printed == ["cancelled", "interrupted"]

    def test_a_call_that_could_still_begin_does_not(self) -> None:
        """A loop that finds the time while the interrupted caller waits for it does not begin the call either."""
        printed = interrupt_when_ready(
            """
            from wasend._core import bridge as module
            begin, post, release = module._Job._begin, module._Loop.post, threading.Event()
            def be_busy_and_begin(job):
                print("ready")
                release.wait()
                begin(job)
            def post_and_release(loop, function):
                post(loop, function)
                if function.__name__ == "_cancel":
                    release.set()
            async def send():
                print("sent")
            module._Job._begin, module._Loop.post = be_busy_and_begin, post_and_release
            try:
                bridge.run(send())
            except KeyboardInterrupt:
                print("interrupted")
            bridge.close()
            """
        )
        assert printed == ["interrupted"]

    def test_during_a_callback(self) -> None:
        """Ctrl-C in a user's callback ends the callback and cancels the task that waits for it."""
        printed = interrupt_when_ready(
            """
            import time
            def callback():
                print("ready")
                time.sleep(3600)
            async def call_back():
                try:
                    await in_caller(callback)
                except asyncio.CancelledError:
                    print("cancelled")
                    raise
            try:
                bridge.run(call_back())
            except KeyboardInterrupt:
                print("interrupted")
            bridge.close()
            """
        )
        assert printed == ["cancelled", "interrupted"]

    def test_an_error_while_the_coroutine_unwinds(self) -> None:
        """What a cancelled coroutine raises instead is nobody's any more, and no noise either."""
        printed = interrupt_when_ready(
            """
            async def fail_late():
                print("ready")
                try:
                    await asyncio.sleep(3600)
                finally:
                    raise ValueError
            try:
                bridge.run(fail_late())
            except KeyboardInterrupt:
                print("interrupted")
            bridge.close()
            """
        )
        assert printed == ["interrupted"]

    def test_no_callback_runs_afterwards(self) -> None:
        """A coroutine that unwinds after Ctrl-C calls no user code, and does not hang on it."""
        printed = interrupt_when_ready(
            """
            async def call_back():
                print("ready")
                try:
                    await asyncio.sleep(3600)
                finally:
                    try:
                        await in_caller(print, "called")
                    except asyncio.CancelledError:
                        print("refused")
            try:
                bridge.run(call_back())
            except KeyboardInterrupt:
                print("interrupted")
            bridge.close()
            """
        )
        assert printed == ["refused", "interrupted"]


class TestIterate:
    def test_every_step_is_taken_in_the_loop(self, bridge: Bridge) -> None:
        """The items come in order, each produced in the loop's thread, on demand."""
        threads: list[threading.Thread] = []

        async def count() -> AsyncIterator[int]:
            for n in range(3):
                threads.append(threading.current_thread())
                yield n

        items = bridge.iterate(count())
        assert threads == []
        assert next(items) == 0
        assert len(threads) == 1
        assert list(items) == [1, 2]
        assert set(threads) == {bridge.run(current_thread())}

    def test_a_plain_asynchronous_iterator(self, bridge: Bridge) -> None:
        """An iterator need not be a generator."""

        class Countdown:
            def __init__(self) -> None:
                self.left = 3

            def __aiter__(self) -> Countdown:
                return self

            async def __anext__(self) -> int:
                self.left -= 1
                if self.left < 0:
                    raise StopAsyncIteration
                return self.left

        assert list(bridge.iterate(Countdown())) == [2, 1, 0]
        items = bridge.iterate(Countdown())
        next(items)
        items.close()  # type: ignore[attr-defined]

    def test_errors_reach_the_caller(self, bridge: Bridge) -> None:
        """An error between two items ends the iteration and is the caller's."""

        async def fail() -> AsyncIterator[int]:
            yield 1
            raise ValueError("no")

        items = bridge.iterate(fail())
        assert next(items) == 1
        with pytest.raises(ValueError, match="no"):
            next(items)

    def test_leaving_early_closes_the_generator(self, bridge: Bridge) -> None:
        """A `for` that breaks off closes the asynchronous generator, in the loop's thread."""
        closed_in: list[threading.Thread] = []

        async def count() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)
                closed_in.append(threading.current_thread())

        generator = count()
        for _ in bridge.iterate(generator):
            break
        assert closed_in == [bridge.run(current_thread())]

    def test_after_close(self, bridge: Bridge) -> None:
        """Closing the bridge closes a generator that is half-way, and its iteration cannot go on."""
        closed: list[str] = []

        async def count() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                closed.append("closed")

        items, others = bridge.iterate(count()), bridge.iterate(count())
        assert next(items) == next(others) == 1
        bridge.close()
        assert closed == ["closed", "closed"]
        others.close()  # type: ignore[attr-defined]
        with pytest.raises(ClientClosedError):
            next(items)

    def test_forgotten_in_the_loops_own_thread(self, bridge: Bridge) -> None:
        """A generator that the garbage collector closes in the loop's thread waits for nothing there."""
        closed = threading.Event()

        async def count() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                closed.set()

        holder = [bridge.iterate(count())]
        next(holder[0])

        async def forget() -> None:
            holder.clear()
            gc.collect()

        bridge.run(forget())
        assert closed.wait(PATIENCE)

    def test_other_calls_between_two_items(self, bridge: Bridge) -> None:
        """An iteration holds nothing up between two items: its loop serves other calls, of this thread too."""

        async def count() -> AsyncIterator[int]:
            for n in range(3):
                yield n

        assert [bridge.run(add(n, 1)) for n in bridge.iterate(count())] == [1, 2, 3]


class TestInCaller:
    def test_it_runs_in_the_calling_thread(self, bridge: Bridge) -> None:
        """A user's callback runs where the user called, with the user's context, and answers the coroutine."""
        variable = contextvars.ContextVar("variable", default="empty")

        def callback(text: str) -> tuple[str, threading.Thread]:
            variable.set(text)
            return text.upper(), threading.current_thread()

        async def call_back() -> tuple[str, threading.Thread]:
            return await in_caller(callback, "text")

        assert bridge.run(call_back()) == ("TEXT", threading.current_thread())
        assert variable.get() == "text"

    def test_in_plain_asyncio(self) -> None:
        """Without a bridge the callback runs in place."""

        async def call_back() -> threading.Thread:
            return await in_caller(threading.current_thread)

        assert asyncio.run(call_back()) is threading.current_thread()

    def test_in_a_task_of_the_coroutine(self, bridge: Bridge) -> None:
        """The tasks that a coroutine starts call back in the same thread."""

        async def call_back() -> list[threading.Thread]:
            return list(await asyncio.gather(*(in_caller(threading.current_thread) for _ in range(3))))

        assert set(bridge.run(call_back())) == {threading.current_thread()}

    def test_an_error_goes_through_the_coroutine(self, bridge: Bridge) -> None:
        """The coroutine can handle what a callback raises."""

        def callback() -> None:
            raise ValueError("no")

        async def handle() -> str:
            try:
                await in_caller(callback)
            except ValueError as error:
                return f"handled {error}"
            return "nothing to handle"

        assert bridge.run(handle()) == "handled no"

    def test_an_error_that_nobody_handles(self, bridge: Bridge) -> None:
        """What a callback raises comes back to the user with the callback's line in the traceback."""

        def the_callback() -> None:
            raise ValueError("no")

        async def call_back() -> None:
            await in_caller(the_callback)

        with pytest.raises(ValueError, match="no") as caught:
            bridge.run(call_back())
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert names.index("call_back") < names.index("the_callback")

    def test_stop_iteration(self, bridge: Bridge) -> None:
        """`next()` of an empty iterator, which asyncio cannot carry, ends the call with an error."""
        empty: Iterator[int] = iter([])

        async def call_back() -> int:
            return await in_caller(next, empty)

        with pytest.raises(RuntimeError, match="StopIteration"):
            bridge.run(call_back())

    def test_an_exit_leaves_at_once(self, bridge: Bridge) -> None:
        """`sys.exit()` in a callback cancels the coroutine and leaves, past its handlers of errors."""
        ended: list[str] = []

        def callback() -> None:
            sys.exit("enough")

        async def note_the_end(awaitable: Awaitable[None], name: str) -> None:
            try:
                await awaitable
            except asyncio.CancelledError:
                ended.append(name)
                raise

        async def call_back() -> None:
            background = asyncio.create_task(note_the_end(in_caller(callback), "background"))
            await note_the_end(asyncio.shield(background), "call")

        with pytest.raises(SystemExit, match="enough"):
            bridge.run(call_back())
        assert bridge.run(add(1, 2)) == 3
        assert sorted(ended) == ["background", "call"]

    def test_an_exit_while_other_callbacks_wait(self, bridge: Bridge) -> None:
        """The callbacks that wait for their turn when one of them leaves are refused, and so are their tasks."""
        refused, sent = threading.Event(), threading.Event()
        tasks: list[asyncio.Task[None]] = []

        def callback() -> None:
            sent.wait(PATIENCE)
            sys.exit("enough")

        async def background() -> None:
            try:
                await in_caller(sent.wait)
            except asyncio.CancelledError:
                refused.set()
                raise

        async def call_back() -> None:
            tasks.append(asyncio.create_task(in_caller(callback)))
            tasks.append(asyncio.create_task(background()))
            await asyncio.sleep(0)
            sent.set()
            await asyncio.Event().wait()

        with pytest.raises(SystemExit, match="enough"):
            bridge.run(call_back())
        assert refused.wait(PATIENCE)

    def test_a_callback_may_call(self, bridge: Bridge) -> None:
        """A callback may use the client that called it."""

        async def call_back() -> int:
            return await in_caller(lambda: bridge.run(add(1, 2)))

        assert bridge.run(call_back()) == 3

    def test_a_callback_whose_task_was_cancelled(self, bridge: Bridge) -> None:
        """A callback that the coroutine gave up before its turn does not run."""
        gave_up = threading.Event()
        ran: list[str] = []

        async def give_up() -> None:
            first = asyncio.create_task(in_caller(gave_up.wait, PATIENCE))
            second = asyncio.create_task(in_caller(ran.append, "second"))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.wait([second])
            gave_up.set()
            await first

        bridge.run(give_up())
        assert ran == []

    def test_an_answer_that_comes_too_late(self, bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
        """The answer to a task that gave up waiting is dropped."""
        begun, gave_up = asyncio.Event(), threading.Event()

        def callback(loop: asyncio.AbstractEventLoop) -> None:
            loop.call_soon_threadsafe(begun.set)
            gave_up.wait(PATIENCE)

        async def give_up() -> str:
            task = asyncio.create_task(in_caller(callback, asyncio.get_running_loop()))
            await begun.wait()
            task.cancel()
            await asyncio.wait([task])
            gave_up.set()
            return "done"

        assert bridge.run(give_up()) == "done"
        bridge.run(nothing())  # the answer has been dropped
        assert caplog.records == []

    def test_a_task_that_outlives_its_call(self, bridge: Bridge) -> None:
        """A background task whose caller has gone is cancelled at its next callback; it does not wait for ever."""
        outcome: queue.SimpleQueue[Any] = queue.SimpleQueue()
        caller_has_gone = asyncio.Event()

        async def background() -> None:
            try:
                await caller_has_gone.wait()
                await in_caller(outcome.put, "called")
            except asyncio.CancelledError:
                outcome.put("cancelled")
                raise

        tasks: set[asyncio.Task[None]] = set()

        async def call() -> None:
            tasks.add(asyncio.create_task(background()))

        bridge.run(call())
        bridge.run(running_loop()).call_soon_threadsafe(caller_has_gone.set)
        assert outcome.get(timeout=PATIENCE) == "cancelled"

    def test_a_callback_sent_as_the_caller_leaves(self, bridge: Bridge) -> None:
        """A callback that reaches the inbox after the end of the call is refused too."""
        refused, sent = threading.Event(), threading.Event()
        ended = asyncio.Event()
        tasks: list[asyncio.Task[Any]] = []

        async def background() -> None:
            await ended.wait()
            asyncio.get_running_loop().call_soon(sent.set)
            try:
                await in_caller(pytest.fail, "the caller has gone")
            except asyncio.CancelledError:
                refused.set()
                raise

        async def call() -> None:
            tasks.append(asyncio.create_task(in_caller(sent.wait, PATIENCE)))  # keeps the caller busy
            tasks.append(asyncio.create_task(background()))
            await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            task.add_done_callback(lambda _: ended.set())

        bridge.run(call())
        assert refused.wait(PATIENCE)
