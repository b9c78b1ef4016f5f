"""The desktop part of `make bench`: the tray and the window, on a screen of their own. Linux only."""

import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.bench import processes, table, tray
from tests.desktop.screen import Screen, fresh_screen, missing, without_gi
from tray_app.desktop.window import Window

WINDOWS = 5
_SECONDS = 30.0


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
    tray.measure(said, home)
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
