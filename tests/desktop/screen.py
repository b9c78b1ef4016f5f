"""A desktop of a test's own: an X display, a session bus, a window manager, a tray and notifications.

Everything runs as a child of the test and ends by its process id. Nothing waits by blocking the event loop
for longer than one short command, so that a server in the test itself goes on answering.
"""

import asyncio
import contextlib
import html
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

TOOLS = ("Xvfb", "openbox", "trayer", "dunst", "dunstctl", "xdotool", "dbus-daemon")

# A bus that starts nothing by itself: what runs in a test is what the test started.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def missing() -> str:
    """Why no screen can be had here; empty when it can."""
    if not sys.platform.startswith("linux"):
        return "a virtual screen needs Linux"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


def without_gi() -> str:
    """Why there is no menu here; empty when the libraries for it are installed."""
    probe = (
        "import gi; gi.require_version('Gtk', '3.0'); gi.require_version('AyatanaAppIndicator3', '0.1'); "
        "from gi.repository import AyatanaAppIndicator3"
    )
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    return "" if found.returncode == 0 else "PyGObject or the typelibs for AppIndicator are not installed"


async def until(look: Callable[[], T | Awaitable[T]], seconds: float = 15, what: str = "") -> T:
    """The first true value of `look`, asked again and again. AssertionError when the time is over.

    LookupError, OSError and RuntimeError count as "not yet": the thing looked for may not exist so far.
    """
    end = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            found = look()
            value: Any = await found if isinstance(found, Awaitable) else found
            if value:
                return value
            last = value
        except (LookupError, OSError, RuntimeError, TimeoutError) as error:
            last = error
        assert time.monotonic() < end, f"waited {seconds} s for {what or look}, last seen: {last!r}"
        await asyncio.sleep(0.05)


@dataclass
class Program:
    """A process on the screen. Its output is in a file, so that a full pipe never stops it."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    async def ended(self, seconds: float = 15) -> int:
        """Its exit status."""
        await until(lambda: not self.is_running, seconds, f"the end of {self.process.args!r}")
        return self.process.returncode

    def end(self) -> None:
        """End it and the children it left in its group, if need be without asking."""
        for number, seconds in ((signal.SIGTERM, 3), (signal.SIGKILL, 3)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Spot:
    """A window's place on the screen."""

    window: int
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass
class Screen:
    """One desktop. `env` is what a program needs to be on it; `start` gives it to every program."""

    home: Path
    env: dict[str, str]
    programs: list[Program] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)

    def start(
        self, *argv: str | Path, env: Mapping[str, str | None] | None = None, name: str = "program"
    ) -> Program:
        """Start a program in a process group of its own; None in `env` takes a variable away."""
        changed = {**self.env, **{key: value for key, value in (env or {}).items() if value is not None}}
        for key in [key for key, value in (env or {}).items() if value is None]:
            changed.pop(key, None)
        log = self.home / f"{len(self.programs)}-{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [str(part) for part in argv],
                env=changed,
                cwd=Path(__file__).parent.parent.parent,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        program = Program(process, log)
        self.programs.append(program)
        return program

    def python(self, *argv: str | Path, env: Mapping[str, str | None] | None = None) -> Program:
        """Start this Python with these arguments."""
        return self.start(sys.executable, *argv, env=env, name="python")

    def run(self, *argv: str) -> str:
        """The output of a short command; empty when it fails."""
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=10)
        return done.stdout if done.returncode == 0 else ""

    def windows(self, *search: str) -> list[Spot]:
        """Windows that `xdotool search` finds, as `windows("--name", "^Jumpseat$")`."""
        found = self.run("xdotool", "search", *search).split()
        return [spot for number in found if (spot := self.spot(int(number))) is not None]

    def spot(self, window: int) -> Spot | None:
        lines = self.run("xdotool", "getwindowgeometry", "--shell", str(window)).split()
        numbers = dict(line.split("=", 1) for line in lines if "=" in line)
        if "WIDTH" not in numbers:
            return None
        return Spot(window, *(int(numbers[key]) for key in ("X", "Y", "WIDTH", "HEIGHT")))

    async def icon(self, name: str = "jumpseat", seconds: float = 15) -> Spot:
        """The icon in the tray, of any of pystray's backends."""

        def look() -> Spot | None:
            for classname in (f"^{name}$", f"^{name}SystemTrayIcon$"):
                for spot in self.windows("--onlyvisible", "--classname", classname):
                    if spot.y < 60 and 8 <= spot.width <= 64:  # the tray is at the top edge
                        return spot
            return None

        spot = await until(look, seconds, f"an icon called {name}")
        assert spot is not None
        return spot

    def click(self, x: int, y: int, button: int = 1) -> None:
        """A real click."""
        self.run("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def press(self, *keys: str) -> None:
        """Press keys, as `press("Down", "Return")`."""
        self.run("xdotool", "key", *keys)

    def picture(self) -> Any:
        """The whole screen as a PIL image, RGB."""
        from PIL import ImageGrab

        return ImageGrab.grab(xdisplay=self.env["DISPLAY"]).convert("RGB")

    def screenshot(self, path: Path) -> Path:
        """The whole screen as a PNG file."""
        self.picture().save(path)
        return path

    def picture_of(self, spot: Spot) -> Any:
        """A part of the screen as a PIL image."""
        return self.picture().crop((spot.x, spot.y, spot.x + spot.width, spot.y + spot.height))

    def notices(self) -> list[tuple[str, str]]:
        """Every notification so far, as (title, text), oldest first. Takes them off the screen."""
        self.run("dunstctl", "close-all")
        shown = json.loads(self.run("dunstctl", "history") or '{"data": [[]]}')["data"][0]
        return [(one["summary"]["data"], html.unescape(one["body"]["data"])) for one in reversed(shown)]

    def close(self) -> None:
        """End every program, the newest first."""
        for program in reversed(self.programs):
            program.end()
        for folder in self.leftovers:
            shutil.rmtree(folder, ignore_errors=True)


def environment(home: Path) -> dict[str, str]:
    """The test's environment without the desktop it may have been started from."""
    dropped = ("XDG_", "DBUS_", "GTK_", "GDK_", "QT_", "WAYLAND_", "GNOME_", "KDE_", "DESKTOP_", "PYSTRAY_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    return {
        **kept,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "NO_AT_BRIDGE": "1",  # else GTK opens a second connection that never answers
        "GIO_USE_VFS": "local",
        "GSETTINGS_BACKEND": "memory",
        "GDK_BACKEND": "x11",
        "LANG": "C.UTF-8",
        "LANGUAGE": "",
        "LC_ALL": "C.UTF-8",
    }


@contextlib.contextmanager
def fresh_screen(
    home: Path, *, tray: bool = True, notices: bool = True, bus: bool = True, size: str = "1024x700x24"
) -> Iterator[Screen]:
    """A new desktop in `home`, which must be empty; without tray, notifications or bus where asked."""
    screen = Screen(home, environment(home))
    try:
        screen.env["DISPLAY"] = _display(screen, size)
        if bus:
            screen.env["DBUS_SESSION_BUS_ADDRESS"] = _bus(screen)
        screen.start("openbox", "--sm-disable", name="openbox")
        if tray:
            screen.start(
                *("trayer", "--edge", "top", "--align", "right", "--width", "20", "--height", "28"),
                *("--SetDockType", "true"),
                name="trayer",
            )
            _wait(lambda: screen.windows("--class", "trayer"), "trayer")
        if notices and bus:
            screen.start("dunst", "-conf", _dunst(home), name="dunst")
            _wait(lambda: screen.run("dunstctl", "history"), "dunst")
        yield screen
    finally:
        screen.close()


def _display(screen: Screen, size: str) -> str:
    """Start Xvfb on a number that it finds free itself."""
    read, write = os.pipe()
    with (screen.home / "xvfb.log").open("wb") as log:
        process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[write],
            start_new_session=True,
        )
    screen.programs.append(Program(process, screen.home / "xvfb.log"))
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.readline().strip()
    assert text.isdigit(), f"Xvfb did not start: {screen.programs[-1].output}"
    return f":{text}"


def _bus(screen: Screen) -> str:
    # Not in the test's folder: a socket's path may have at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="bus-"))
    screen.leftovers.append(folder)
    socket = folder / "bus"
    config = screen.home / "bus.xml"
    config.write_text(BUS.format(socket=socket))
    daemon = screen.start("dbus-daemon", "--nofork", "--nopidfile", f"--config-file={config}", name="bus")
    _wait(socket.exists, "dbus-daemon")
    assert daemon.is_running, daemon.output
    return f"unix:path={socket}"


def _dunst(home: Path) -> Path:
    config = home / "dunstrc"
    config.write_text(
        "[global]\nfont = DejaVu Sans 9\nheight = 200\nhistory_length = 100\nstack_duplicates = false\n"
        "[urgency_low]\ntimeout = 60\n[urgency_normal]\ntimeout = 60\n"
    )
    return config


def _wait(look: Callable[[], Any], what: str, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, f"{what} did not start"
        time.sleep(0.02)
