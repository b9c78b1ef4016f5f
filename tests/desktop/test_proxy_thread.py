"""The thread of the proxy: a hundred times up and down, a mistake that ends it, and a new one after that."""

import asyncio
import contextlib
import gc
import json
import os
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.resident import environment
from tray_app.app import reside
from tray_app.controls import AppState, Controls, Desktop, ProxyState
from tray_app.desktop.proxy_thread import ProxyThread
from tray_app.errors import LocalFault
from tray_app.paths import Paths
from tray_app.settings_file import load
from tray_app.simulated import SimulatedCopilot

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Watched:
    """A thread and every state that came out of it."""

    def __init__(self, home: Path, environ: dict[str, str]) -> None:
        self.paths = Paths(home)
        self.paths.prepare()
        self.paths.config.write_text("[server]\nport = 0\n")
        self.environ = environ
        self.states: list[AppState] = []
        self.thread = ProxyThread(self._reside, self.states.append)

    @contextlib.asynccontextmanager
    async def _reside(self) -> AsyncIterator[Controls]:
        loaded = load(self.paths, self.environ)
        async with reside(
            loaded, self.paths, self.environ, desktop=Desktop(), starts=True, is_demo=True
        ) as resident:
            yield resident

    def until(self, wanted: Callable[[AppState], object], seconds: float = 10) -> AppState:
        ends = time.monotonic() + seconds
        while not wanted(self.thread.state):
            assert time.monotonic() < ends, self.thread.state
            time.sleep(0.01)
        return self.thread.state

    def running(self) -> str:
        return self.until(lambda state: state.proxy is ProxyState.RUNNING).url


@pytest.fixture
def simulated() -> Iterator[SimulatedCopilot]:
    """A simulated Copilot in a thread of its own: these tests block."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    sim = SimulatedCopilot()

    def run() -> None:
        loop.run_until_complete(sim.start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(sim.stop())
        loop.close()

    thread = threading.Thread(target=run, name="simulated")
    thread.start()
    assert ready.wait(10)
    yield sim
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def watched(simulated: SimulatedCopilot, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path / "home", environment(simulated))
    yield made
    assert made.thread.stop()


def health(url: str) -> int:
    with direct.open(f"{url}/health", timeout=5) as answer:
        json.load(answer)
        return int(answer.status)


def test_up_and_down(watched: Watched) -> None:
    watched.thread.start()
    url = watched.running()
    assert health(url) == 200
    assert watched.thread.stop()
    assert not watched.thread.is_alive
    assert watched.states[-1].proxy is ProxyState.STOPPING
    with pytest.raises(OSError, match="refused"):
        health(url)
    with pytest.raises(LocalFault, match="does not run"):
        watched.thread.submit(lambda controls: controls.stop()).result(1)


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
def test_a_hundred_times_and_nothing_stays_behind(watched: Watched) -> None:
    def around() -> None:
        watched.thread.start()
        watched.running()
        assert watched.thread.stop()

    def left() -> tuple[int, int]:
        gc.collect()
        return len(threading.enumerate()), len(os.listdir("/proc/self/fd"))

    def memory_kb() -> int:
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line)
        return int(line.split()[1])

    for _ in range(10):
        around()
    threads, files = left()
    before = memory_kb()
    for _ in range(90):
        around()
        watched.states.clear()
    assert left()[0] <= threads
    assert left()[1] <= files + 2
    assert memory_kb() - before < 16 * 1024


def crash(watched: Watched) -> None:
    """End its loop as a mistake deep in it would."""

    async def mistake(_: Controls) -> None:
        def end() -> None:
            raise SystemExit("a mistake for the test")

        asyncio.get_running_loop().call_soon(end)

    watched.thread.submit(mistake)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_shows_with_its_reason_and_a_new_thread_mends_it(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.thread.start()
    url = watched.running()
    crash(watched)
    state = watched.until(lambda state: state.proxy is ProxyState.CRASHED)
    assert state.trouble is not None
    assert (state.trouble.code, "a mistake for the test" in state.trouble.message) == ("crashed", True)
    assert (state.url, state.signed_in) == ("", True), "what is known stays"
    assert "ended by a mistake" in caplog.text
    with pytest.raises(OSError, match="refused"):
        health(url)
    watched.thread.restart()
    assert health(watched.running()) == 200
    assert watched.thread.state.trouble is None


def test_what_keeps_it_from_starting_is_raised(simulated: SimulatedCopilot, tmp_path: Path) -> None:
    @contextlib.asynccontextmanager
    async def never() -> AsyncIterator[Controls]:
        raise LocalFault("There is no way.")
        yield

    thread = ProxyThread(never)
    with pytest.raises(LocalFault, match="no way"):
        thread.start()
    assert thread.stop()


def test_it_ends_although_it_was_never_started(simulated: SimulatedCopilot, tmp_path: Path) -> None:
    assert Watched(tmp_path / "home", environment(simulated)).thread.stop()
