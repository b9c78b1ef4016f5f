"""The tray process in `make bench`: how soon it is there, what it takes at rest, and whether it grows.

Two panels: an older one that takes windows for icons (trayer), where GTK draws the icon itself, and one that
is told of the icon over D-Bus, as those of KDE, Xfce and GNOME's extension are.
"""

import asyncio
import shutil
import socket
import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.bench import measures, processes, table
from tests.bench.processes import Target
from tests.desktop.screen import Program, Screen, fresh_screen
from tray_app.cli.knocking import open_window
from tray_app.paths import Paths

STARTS, WINDOWS, REQUESTS = 3, 20, 1_000
_SECONDS = 30.0
_SETTLED_SECONDS = 5.0
_WATCHED_SECONDS = 30.0
_SOON = 0.01
_SIGN_IN = """
import asyncio, os, time
from tray_app.accounts import Accounts
from tray_app.copilot.credentials import GitHubToken
from tray_app.github_hosts import accounts_host
from tray_app.paths import Paths
from tray_app.settings_file import load
paths, token = Paths.find(), GitHubToken(os.environ["BENCH_TOKEN"])
host = accounts_host(load(paths).settings.copilot)
for attempt in range(50):
    if asyncio.run(Accounts(paths.home, {}, host=lambda: host).add("bench", token)) is None:
        raise SystemExit(0)
    time.sleep(0.2)  # the keyring is only starting
raise SystemExit("no keyring took the token")
"""


@dataclass(frozen=True)
class Tray:
    """One that runs. `came` tells after how many seconds icon and first answer were there."""

    screen: Screen
    home: Path
    pid: int
    url: str
    came: Mapping[str, float]

    @property
    def memory(self) -> float:
        return processes.memory_mb(self.pid)


def measure(said: dict[str, Any], home: Path) -> None:
    """Rows of the table."""
    starts = [_start(said, home / f"tray{number}") for number in range(STARTS + 1)][1:]  # the first warms up
    for name in ("start to icon", "tray: start to first answer"):
        table.alone(name, "s", statistics.median(start[name] for start in starts))
    for name in ("memory of the tray, idle", "of it shared with nobody"):
        table.alone(name, "MB", statistics.median(start[name] for start in starts))
    with running(said, home / "notifier", is_modern=True) as tray:
        time.sleep(_SETTLED_SECONDS)
        table.alone("memory, idle, icon over D-Bus", "MB", tray.memory)
        _rest(tray)
        _use(tray)
    if shutil.which("gnome-keyring-daemon"):
        with running(said, home / "keyring", in_keyring=True) as tray:
            time.sleep(_SETTLED_SECONDS)
            table.alone("memory, idle, token in a keyring", "MB", tray.memory)


def _start(said: dict[str, Any], home: Path) -> dict[str, float]:
    with running(said, home) as tray:
        time.sleep(_SETTLED_SECONDS)
        private = psutil.Process(tray.pid).memory_full_info().uss / 1024**2
        return {**tray.came, "memory of the tray, idle": tray.memory, "of it shared with nobody": private}


def _rest(tray: Tray) -> None:
    """What it does while nobody wants anything."""
    process = psutil.Process(tray.pid)
    before, woken = process.cpu_times(), processes.wakeups(tray.pid)
    time.sleep(_WATCHED_SECONDS)
    after = process.cpu_times()
    busy = after.user + after.system - before.user - before.system
    table.alone("processor at rest", "%", busy / _WATCHED_SECONDS * 100)
    table.alone("wakeups at rest", "/s", (processes.wakeups(tray.pid) - woken) / _WATCHED_SECONDS)


def _use(tray: Tray) -> None:
    """Whether it grows."""
    for _ in range(WINDOWS):
        _open_and_close(tray)
    table.alone(f"memory, {WINDOWS} windows later", "MB", tray.memory)
    asyncio.run(_ask(Target("tray", tray.url, {}, tray.pid)))
    time.sleep(1.0)
    table.alone(f"memory, {REQUESTS} requests later", "MB", tray.memory)


def _open_and_close(tray: Tray) -> None:
    open_window(Paths(tray.home), "/")
    until({"window": lambda: tray.screen.windows("--onlyvisible", "--name", "^Jumpseat$")})
    tray.screen.run("wmctrl", "-c", "Jumpseat")
    until({"its end": lambda: not psutil.Process(tray.pid).children()})


async def _ask(target: Target) -> None:
    async with aiohttp.ClientSession() as session:
        await measures.throughput(16, REQUESTS)(session, target)


@contextmanager
def running(
    said: dict[str, Any], home: Path, *, is_modern: bool = False, in_keyring: bool = False
) -> Iterator[Tray]:
    """A tray on a screen of its own, started as a login starts it: without a window. The token is in a
    variable, or where people have it."""
    folder = home.with_name(f"{home.name}-screen")
    folder.mkdir()
    with fresh_screen(folder, tray=not is_modern) as screen:
        icon = _shown_to(_panel(screen)) if is_modern else _shown_on(screen)
        port = _free_port()
        given = {**processes.jumpseat_env(said, home), "JUMPSEAT_SERVER_PORT": str(port)}
        if in_keyring:
            token = given.pop("COPILOT_GITHUB_TOKEN")
            given["PYTHON_KEYRING_BACKEND"] = "keyring.backends.SecretService.Keyring"
            _keep(screen, given, token)
        url, begun = f"http://127.0.0.1:{port}", time.perf_counter()
        program = screen.python("-m", "tray_app", "--hidden", env=given)
        came = until({"tray: start to first answer": lambda: _answers(url), "start to icon": icon}, begun)
        yield Tray(screen, home, program.pid, url, came)


def until(looks: dict[str, Callable[[], object]], begun: float = 0.0) -> dict[str, float]:
    """When each of these was so, in seconds since `begun`."""
    found: dict[str, float] = {}
    end = time.perf_counter() + _SECONDS
    while len(found) < len(looks):
        for name, look in looks.items():
            if name not in found and look():
                found[name] = time.perf_counter() - begun
        if time.perf_counter() > end:
            raise TimeoutError(f"in vain: {', '.join(looks.keys() - found.keys())}")
        time.sleep(_SOON)
    return found


def _keep(screen: Screen, given: dict[str, str], token: str) -> None:
    """Sign in, as far as the next start can tell."""
    daemon = "gnome-keyring-daemon --foreground --components=secrets --unlock"
    screen.start("sh", "-c", f'printf "\\n" | exec {daemon}', name="keyring")
    signing_in = screen.python("-c", _SIGN_IN, env={**given, "BENCH_TOKEN": token})
    assert signing_in.process.wait(_SECONDS) == 0, signing_in.output


def _panel(screen: Screen) -> Program:
    panel = screen.python("-m", "tests.bench.panel")
    until({"the panel": lambda: "ready" in panel.output})
    return panel


def _shown_to(panel: Program) -> Callable[[], bool]:
    return lambda: "icon" in panel.output


def _shown_on(screen: Screen) -> Callable[[], bool]:
    return lambda: any(spot.y < 60 for spot in screen.windows("--onlyvisible", "--classname", "^jumpseat$"))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
