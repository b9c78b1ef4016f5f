"""Jumpseat as people launch it, on a desktop of a test's own, with a simulated Copilot behind it.

What the window shows is read as a person would copy it: select all, copy, and ask the clipboard.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.desktop.menu_bus import Item, MenuBus
from tests.desktop.screen import Program, Screen, Spot, until
from tests.resident import environment
from tray_app.paths import Paths
from tray_app.simulated import SimulatedCopilot
from tray_app.tasks import Tasks

ACCENT = (0x1A, 0x5B, 0xC4)  # of the buttons that go on, when it is light
CLIPBOARD = (
    "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk, Gdk; "
    "print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text() or '')"
)


class Tray:
    """One profile on one screen, started as often as wanted. `token` None: nobody is signed in. `port` is
    the one of the settings; with 0 the program's own file tells where it is."""

    def __init__(
        self,
        screen: Screen,
        sim: SimulatedCopilot,
        home: Path,
        token: str | None = "",
        *,
        config: str = "[server]\nport = 0\n",
        port: int = 0,
        **variables: str,
    ) -> None:
        self.screen, self.paths, self.home = screen, Paths(home), home
        self._tasks = Tasks()
        home.mkdir(exist_ok=True)
        self.paths.config.write_text(config.replace("port = 0", f"port = {port}"))
        self.port = port
        self.env = {
            **environment(sim, token),
            "JUMPSEAT_HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "xdg"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **variables,
        }

    def start(self, *arguments: str, program: str = "tray_app", **variables: str | None) -> Program:
        """`jumpseat ARGUMENTS`, or another `program` that is built around it."""
        env = {**self.env, **variables}
        return self.screen.start(sys.executable, "-m", program, *arguments, env=env, name="jumpseat")

    def url(self) -> str:
        """Where the proxy listens. FileNotFoundError while it does not."""
        return f"http://127.0.0.1:{self.port}" if self.port else self.paths.address.read_text()

    async def get(self, path: str, **headers: str) -> Any:
        """What a client gets as JSON. OSError while nobody listens."""
        async with aiohttp.ClientSession() as http, http.get(self.url() + path, headers=headers) as answer:
            return await answer.json()

    async def state(self) -> dict[str, Any]:
        return dict(await self.get("/api/state"))

    async def is_state(self, **wanted: object) -> bool:
        state = await self.state()
        return all(state[name] == value for name, value in wanted.items())

    async def ask(self, text: str = "Hello", client: str = "curl/8.5.0", **more: Any) -> tuple[int, str]:
        """One chat request: its status and its answer."""
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": text}], **more}
        url, headers = f"{self.url()}/v1/chat/completions", {"User-Agent": client}
        async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.text()

    def asking(self, text: str = "Hello", client: str = "curl/8.5.0", **more: Any) -> "asyncio.Task[Any]":
        """The same, on its way while the test goes on."""
        return self._tasks.start(self.ask(text, client, **more), "a request")

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A client that is in the dashboard, by a ticket as `jumpseat open` gets one."""
        control = json.loads(self.paths.control.read_text())
        jar, own = aiohttp.CookieJar(unsafe=True), {"Origin": self.url(), "Sec-Fetch-Site": "same-origin"}
        async with aiohttp.ClientSession(self.url(), cookie_jar=jar, headers=own) as http:
            key = {"Authorization": f"Bearer {control['key']}"}
            async with http.post("/api/tickets", json={"page": "/"}, headers=key) as answer:
                ticket = (await answer.json())["url"]
            async with http.get(ticket):
                yield http

    @property
    def log(self) -> str:
        """The program's own log."""
        files = [file for file in self.paths.logs.glob("*.log*") if file.is_file()]
        return "".join(file.read_text("utf-8", "replace") for file in files)


def children(program: Program) -> list[psutil.Process]:
    """The processes of its windows, web views' helpers included."""
    return psutil.Process(program.pid).children(recursive=True)


def windows(program: Program) -> list[psutil.Process]:
    found = []
    for child in children(program):
        with contextlib.suppress(psutil.Error):  # it is ending just now
            found += [child] if "--window" in child.cmdline() else []
    return found


async def gone(processes: list[psutil.Process], seconds: float = 15) -> None:
    """Wait for the end of processes that may be nobody's children by then."""
    await until(
        lambda: not any(one.is_running() and one.status() != "zombie" for one in processes),
        seconds,
        f"the end of {processes}",
    )


def clipboard(screen: Screen) -> str:
    """The text in the clipboard."""
    return screen.run(sys.executable, "-c", CLIPBOARD).removesuffix("\n")


async def window(screen: Screen, title: str = "Jumpseat", seconds: float = 30) -> Spot:
    """The window, once it is on the screen."""

    def look() -> Spot | None:
        spots = [spot for spot in screen.windows("--onlyvisible", "--name", title) if spot.width > 300]
        return spots[0] if spots else None

    spot = await until(look, seconds, f"a window called {title}")
    assert spot is not None
    return spot


def text_of(screen: Screen, spot: Spot) -> str:
    """All the text of the page in a window."""
    screen.run("xdotool", "windowactivate", "--sync", str(spot.window))
    screen.press("ctrl+a", "ctrl+c")
    return clipboard(screen)


async def page(screen: Screen, *words: str, seconds: float = 20) -> str:
    """The window's text, once it has all these words."""
    spot = await window(screen)

    def look() -> str:
        text = text_of(screen, spot)
        missing = [word for word in words if word not in text]
        if missing:
            raise LookupError(f"no {missing} in {text!r}")
        return text

    return await until(look, seconds, f"a page with {words}")


def press_at(screen: Screen, spot: Spot, x: int, y: int) -> None:
    """A real click inside of a window."""
    screen.click(spot.x + x, spot.y + y)


async def until_label(menu: MenuBus, *way: str, seconds: float = 15) -> Item:
    """Wait for an item at this way."""
    return await until(lambda: menu.find(*way), seconds, f"an item {way}")


async def until_item(menu: MenuBus, *way: str, so: Callable[[Item], object], seconds: float = 15) -> Item:
    """Wait for the item at this way to be as wanted."""

    async def look() -> Item | None:
        item = await menu.find(*way)
        return item if so(item) else None

    found = await until(look, seconds, f"another item {way}")
    assert found is not None
    return found


def kill(process: psutil.Process | Program) -> None:
    """End it as the system does when there is no memory left."""
    os.kill(process.pid, signal.SIGKILL)


def colours(screen: Screen, spot: Spot) -> set[tuple[int, int, int]]:
    """Every colour of a part of the screen."""
    return {pixel for _, pixel in screen.picture_of(spot).getcolors(1_000_000)}


def button(screen: Screen, spot: Spot) -> tuple[int, int]:
    """Where to click the lowest button that goes on, told by its colour. LookupError."""
    picture = screen.picture_of(spot)
    width, wanted = picture.width, bytes(ACCENT)
    pixels = picture.tobytes()
    for y in range(picture.height - 1, 16, -1):
        row = pixels[3 * y * width : 3 * (y + 1) * width]
        start = row.find(wanted * 60)
        if start < 0 or start % 3:
            continue
        x = start // 3
        if picture.getpixel((x + 4, y - 16)) == ACCENT:  # bars and underlines are lower
            return spot.x + x + 30, spot.y + y - 8
    raise LookupError("no such button")
