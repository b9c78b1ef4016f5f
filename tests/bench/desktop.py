"""The desktop part of `make bench`: the tray and the window, on a screen of their own. Linux only."""

import os
import socket
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.bench import processes, table
from tests.desktop.screen import Screen, fresh_screen, missing, without_gi
from tray_app.desktop.window import Window

WINDOWS, TRAYS = 5, 3
_SECONDS = 30.0
_IDLE_SECONDS = 5.0


@dataclass
class Opening:
    """One window from the click to its end; moments are seconds after the click."""

    moments: dict[str, float] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, name: str, moment: float) -> None:
        with self.changed:
            self.moments.setdefault(name, moment)
            self.changed.notify_all()

    def wait(self, name: str) -> float:
        with self.changed:
            if not self.changed.wait_for(lambda: name in self.moments, _SECONDS):
                raise TimeoutError(f"the window was never {name}: {self.moments}")
        return self.moments[name]


def open_once(url: str) -> dict[str, float]:
    """Click to shown and to the page loaded, both in seconds; memory of the window's processes in MB."""
    opening, begun = Opening(), 0.0
    window = Window(
        lambda page: url + page,
        event=lambda name: opening.note(name, time.perf_counter() - begun),
        closed=lambda _: opening.note("gone", time.perf_counter() - begun),
        browse=lambda _: None,
    )
    begun = time.perf_counter()
    window.open()
    shown, loaded = opening.wait("shown"), opening.wait("loaded")
    time.sleep(1.0)
    assert window.pid is not None
    family = [psutil.Process(window.pid), *psutil.Process(window.pid).children(recursive=True)]
    memory = [one.memory_full_info() for one in family]
    asked = time.perf_counter()
    window.close()
    psutil.wait_procs(family, _SECONDS)
    gone = time.perf_counter() - asked
    assert not [one for one in family if one.is_running()], family
    return {
        "shown": shown,
        "loaded": loaded,
        "rss": sum(one.rss for one in memory) / 1e6,
        "pss": sum(one.pss for one in memory) / 1e6,
        "gone": gone,
    }


@contextmanager
def _on(screen: Screen) -> Iterator[None]:
    """This process, on that screen."""
    before = dict(os.environ)
    os.environ.update(screen.env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def measure(said: dict[str, Any], home: Path) -> None:
    """Rows of the table for tray and window; nothing where they cannot be had."""
    if missing() or without_gi():
        return
    starts = [_tray(said, home / f"tray{number}") for number in range(TRAYS + 1)][1:]  # the first warms up
    table.alone("start to icon", "s", _middle(starts, "icon"))
    table.alone("tray: start to first answer", "s", _middle(starts, "answer"))
    table.alone("memory of the tray, idle", "MB", _middle(starts, "idle"))
    table.alone("memory after a window was closed", "MB", _middle(starts, "later"))
    with (
        processes.jumpseat(said, home / "window") as ours,
        _screen(home / "window-screen") as screen,
        _on(screen),
    ):
        opened = [open_once(ours.url) for _ in range(WINDOWS + 1)][1:]
    table.alone("click to window", "s", _middle(opened, "shown"))
    table.alone("click to page loaded", "s", _middle(opened, "loaded"))
    table.alone("window closed to processes gone", "s", _middle(opened, "gone"))
    table.alone("memory of the window, all processes", "MB", _middle(opened, "rss"))
    table.alone("the same, shared pages by share", "MB", _middle(opened, "pss"))


def _middle(found: list[dict[str, float]], name: str) -> float:
    return statistics.median(one[name] for one in found)


@contextmanager
def _screen(folder: Path) -> Iterator[Screen]:
    folder.mkdir()
    with fresh_screen(folder) as screen:
        yield screen


def _tray(said: dict[str, Any], home: Path) -> dict[str, float]:
    """Start to icon and to the first answer in seconds; memory in MB before and after a window."""
    with _screen(home.with_name(f"{home.name}-screen")) as screen, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        begun = time.perf_counter()
        given = {**processes.jumpseat_env(said, home), "JUMPSEAT_SERVER_PORT": port}
        program = screen.python("-m", "tray_app", "--hidden", env=given)
        found = {"answer": _until(lambda: _health(port), begun), "icon": _until(lambda: _icon(screen), begun)}
        time.sleep(_IDLE_SECONDS)
        found["idle"] = processes.memory_mb(program.pid)
        with _on(screen):
            again = screen.python("-m", "tray_app", env=given)  # opens the window of the first
            _until(lambda: screen.windows("--onlyvisible", "--name", "^Jumpseat$"), begun)
            again.process.wait(_SECONDS)
        screen.run("wmctrl", "-c", "Jumpseat")
        _until(lambda: not psutil.Process(program.pid).children(), begun)
        time.sleep(1.0)
        found["later"] = processes.memory_mb(program.pid)
        return found


def _icon(screen: Screen) -> bool:
    return any(spot.y < 60 for spot in screen.windows("--onlyvisible", "--classname", "^jumpseat$"))


def _health(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _until(look: Callable[[], object], begun: float) -> float:
    end = time.perf_counter() + _SECONDS
    while not look():
        if time.perf_counter() > end:
            raise TimeoutError("the tray did not come up")
        time.sleep(0.01)
    return time.perf_counter() - begun
