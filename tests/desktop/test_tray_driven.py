"""The tray on a real display: read and clicked over D-Bus and with a real mouse, on each Linux backend."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import pytest
from dbus_fast import Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

from tests.desktop.conftest import need
from tests.desktop.menu_bus import menu_of
from tests.desktop.screen import Program, Screen, Spot, until

RUNNING = (
    "state proxy=ProxyState.RUNNING, url='http://127.0.0.1:8314', signed_in=True, login='octo_cat',"
    " accounts=(AccountView('octo_cat', True), AccountView('hubot', False)),"
    " quota=QuotaView('premium', 62.3, reset_date='2026-12-01'), autostart=True,"
    " clients=(ClientView('claude', 'Claude Code', 'connected', can_disconnect=True),"
    " ClientView('codex', 'Codex CLI', 'not connected'))"
)


@dataclass
class Host:
    """The program with the tray, and the pipe for its orders."""

    program: Program
    orders: IO[str]

    @property
    def pid(self) -> int:
        return self.program.pid

    def order(self, line: str) -> None:
        self.orders.write(line + "\n")
        self.orders.flush()

    @property
    def acts(self) -> list[str]:
        """What was clicked, as "action argument"."""
        lines = self.program.output.splitlines()
        return [line.removeprefix("act ").strip() for line in lines if line.startswith("act ")]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def begin(screen: Screen, **env: str | None) -> Host:
        fifo = tmp_path / f"orders-{len(hosts)}"
        os.mkfifo(fifo)
        program = screen.python("-m", "tests.desktop.tray_host_program", fifo, env=env)
        # Both ways: opening for writing alone would wait for a reader that may never come.
        hosts.append(Host(program, os.fdopen(os.open(fifo, os.O_RDWR), "w")))
        return hosts[-1]

    yield begin
    for host in hosts:
        host.orders.close()


def colours(screen: Screen, spot: Spot) -> set[tuple[int, int, int]]:
    picture = screen.picture_of(spot)
    return {pixel for _, pixel in picture.getcolors(10_000)}


async def changed(screen: Screen, spot: Spot, before: object) -> object:
    """The icon's picture once it differs from `before`."""

    def look() -> object:
        now = screen.picture_of(spot).tobytes()
        return now if now != before else None

    return await until(look, what="another picture of the icon")


async def test_the_menu_is_the_state_and_clicks_come_back(screen: Screen, start: Callable[..., Host]) -> None:
    host = start(screen)
    async with menu_of(screen, host.pid) as menu:
        await menu.until_label("○ Stopped")
        assert (await menu.find("Start proxy")).enabled
        await menu.click("Start proxy")
        await until(lambda: host.acts == ["start"])

        host.order(RUNNING)
        await menu.until_label("● Running – 127.0.0.1:8314")
        assert len(await menu.items()) == 20
        assert (await menu.find("Account: octo_cat", "octo_cat")).ticked  # an underscore stays one
        assert (await menu.find("Start at login")).ticked
        assert (await menu.find("Connect", "Claude Code")).ticked
        assert not (await menu.find("Allow one more hour")).enabled
        for way in (["Stop proxy"], ["Connect", "Codex CLI"], ["Account", "hubot"], ["Usage"], ["Settings"]):
            await menu.click(*way)
        acts = ["start", "stop", "connect codex", "use_account hubot", "open /usage", "open /settings"]
        await until(lambda: host.acts == acts, what="all clicks")


async def test_a_tick_shows_the_fact_and_not_the_click(screen: Screen, start: Callable[..., Host]) -> None:
    host = start(screen)
    host.order("state autostart=False")
    async with menu_of(screen, host.pid) as menu:
        await until(lambda: menu.find("Start at login"))
        await menu.click("Start at login")
        await until(lambda: host.acts == ["autostart on"])
        assert not (await menu.find("Start at login")).ticked  # the system has not said so
        host.order("state autostart=True")

        async def is_ticked() -> bool | None:
            return (await menu.find("Start at login")).ticked

        await until(is_ticked)


async def test_real_clicks_open_the_menu_and_reach_its_rows(
    screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(screen)
    host.order(RUNNING)
    spot = await screen.icon()
    async with menu_of(screen, host.pid) as menu:
        await menu.until_label("● Running")
    before = screen.picture().tobytes()
    screen.click(*spot.middle)
    await until(lambda: screen.picture().tobytes() != before, what="an open menu")
    screen.press("Up", "Return")  # the last row
    await until(lambda: host.acts == ["quit"])
    screen.click(*spot.middle)
    screen.press("Down", "Return")  # the first that is not greyed
    await until(lambda: host.acts == ["quit", "stop"])


async def test_a_menu_that_is_open_stays_open_while_the_state_changes(
    screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(screen)
    host.order(RUNNING)
    spot = await screen.icon()
    async with menu_of(screen, host.pid) as menu:
        await menu.until_label("● Running")
        before = screen.picture().tobytes()
        screen.click(*spot.middle)
        await until(lambda: screen.picture().tobytes() != before, what="an open menu")
        host.order("state quota=QuotaView('premium', 40.0)")
        await menu.until_label("40 % left")
    screen.press("Up", "Return")
    await until(lambda: host.acts == ["quit"])


async def test_the_picture_follows_the_state(screen: Screen, start: Callable[..., Host]) -> None:
    host = start(screen)
    spot = await screen.icon()
    seen = [await changed(screen, spot, b"")]
    for order in (
        RUNNING,
        "state requests_running=2",
        "state recording_until=datetime(2030, 1, 1, tzinfo=UTC)",
        "state recording_until=None, trouble=Trouble('offline', 'No network.')",
        "state trouble=None, requests_running=0, quota=QuotaView('premium', 3.0)",
    ):
        host.order(order)
        seen.append(await changed(screen, spot, seen[-1]))
    assert len(set(seen)) == len(seen)
    red = [colour for colour in colours(screen, spot) if colour[0] > 180 and max(colour[1:]) < 120]
    assert red, "three percent left, and nothing is red"


async def test_a_storm_of_changes_is_cheap_and_ends_at_the_newest(
    screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(screen)
    host.order(RUNNING)
    async with menu_of(screen, host.pid) as menu:
        await menu.until_label("● Running")
        process = psutil.Process(host.pid)
        before = sum(process.cpu_times()[:2])
        for _ in range(10):
            host.order("storm 1000")
        host.order("state login='after'")
        host.order("state accounts=()")
        await menu.until_label("Account: after")
    assert sum(process.cpu_times()[:2]) - before < 1.5  # seconds, for 10,000 states


async def test_the_address_is_in_the_clipboard(screen: Screen, start: Callable[..., Host]) -> None:
    host = start(screen)
    host.order(RUNNING)
    read = (
        "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk, Gdk; "
        "print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text())"
    )
    async with menu_of(screen, host.pid) as menu:
        await menu.until_label("● Running")
        await menu.click("Copy base URL")
    await until(lambda: screen.run(sys.executable, "-c", read).strip() == "http://127.0.0.1:8314")
    assert host.acts == []


async def test_notifications_are_shown_as_they_were_written(
    screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(screen)
    await screen.icon()
    host.order("notify 20 % left|a <b> & c")
    host.order("notify Second|text")
    wanted = [("20 % left", "a <b> & c"), ("Second", "text")]
    await until(lambda: screen.notices() == wanted, what="two notifications")


@pytest.mark.parametrize("backend", ["appindicator", "gtk", "xorg"])
async def test_stop_ends_it_and_leaves_nothing(
    screen: Screen, start: Callable[..., Host], backend: str
) -> None:
    host = start(screen, PYSTRAY_BACKEND=backend)
    await screen.icon()
    host.order(RUNNING)
    host.order("stop")
    assert await host.program.ended(10) == 0, host.program.output
    assert "ended ['MainThread'" in host.program.output
    assert "Traceback" not in host.program.output
    assert list(Path(screen.env["XDG_RUNTIME_DIR"]).glob("jumpseat-icon-*")) == []


async def test_stop_before_the_icon_is_there_ends_it_too(screen: Screen, start: Callable[..., Host]) -> None:
    host = start(screen)
    host.order("stop")
    assert await host.program.ended(15) == 0, host.program.output


async def test_nobody_to_show_notifications_and_no_panel_break_nothing(
    bare_screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(bare_screen)
    async with menu_of(bare_screen, host.pid) as menu:
        await menu.shown()
        host.order("notify a|b")
        host.order(RUNNING)
        await menu.until_label("● Running")
    assert "probe none appindicator No panel here shows tray icons." in host.program.output
    host.order("stop")
    assert await host.program.ended() == 0
    assert "Traceback" not in host.program.output


async def test_a_panel_that_comes_later_gets_the_icon(
    bare_screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(bare_screen)
    async with menu_of(bare_screen, host.pid) as menu:
        await menu.shown()
    bare_screen.start("trayer", "--edge", "top", "--align", "right", "--width", "20", "--height", "28")
    assert (await bare_screen.icon()).width > 8


class Portal(ServiceInterface):
    """The part of the desktop portal that tells whether the person likes it dark."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.portal.Settings")

    @method()
    def Read(self, namespace: "s", key: "s") -> "v":  # noqa: F821, N802
        assert (namespace, key) == ("org.freedesktop.appearance", "color-scheme")
        return Variant("v", Variant("u", 1))


async def test_on_a_dark_desktop_the_icon_is_white(screen: Screen, start: Callable[..., Host]) -> None:
    bus = await MessageBus(bus_address=screen.env["DBUS_SESSION_BUS_ADDRESS"]).connect()
    try:
        bus.export("/org/freedesktop/portal/desktop", Portal())
        await bus.request_name("org.freedesktop.portal.Desktop")
        start(screen, XDG_CURRENT_DESKTOP="KDE")
        spot = await screen.icon()
        await until(lambda: (255, 255, 255) in colours(screen, spot), what="white strokes")
    finally:
        bus.disconnect()


async def test_without_a_usable_session_bus_the_icon_is_there(
    screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(screen, DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent/bus")
    await screen.icon()
    host.order("notify a|b")
    host.order(RUNNING)
    host.order("stop")
    assert await host.program.ended() == 0, host.program.output


# --- plain X11 --------------------------------------------------------------------------------------


async def test_without_a_menu_any_click_opens_the_window(screen: Screen, start: Callable[..., Host]) -> None:
    host = start(screen, PYSTRAY_BACKEND="xorg")
    spot = await screen.icon()
    await until(lambda: "probe click xorg For a menu, install" in host.program.output)
    for button in (1, 3):
        screen.click(*spot.middle, button)
    await until(lambda: host.acts == ["open /", "open /"], what="two clicks")


async def test_without_a_menu_the_picture_stands_on_the_panels_colour(
    screen: Screen, start: Callable[..., Host]
) -> None:
    host = start(screen, PYSTRAY_BACKEND="xorg")
    spot = await screen.icon()
    panel = screen.picture().getpixel((spot.x - 3, spot.y + 3))
    await until(lambda: panel in colours(screen, spot) and len(colours(screen, spot)) > 3)
    before = screen.picture_of(spot).tobytes()
    host.order(RUNNING + ", language='zh-CN'")
    await changed(screen, spot, before)
    title = screen.run("xdotool", "getwindowname", str(spot.window))
    assert "运行中" in title
    assert "Traceback" not in host.program.output


# --- no display -------------------------------------------------------------------------------------


@pytest.mark.parametrize("display", [None, ":63999"])
def test_without_a_display_it_says_so(display: str | None, tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        need("only Linux has displays to be without")
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    code = (
        "import sys; from tray_app.controls import AppState; from tray_app.desktop.tray import Tray, probe\n"
        "from tray_app.errors import LocalFault\n"
        "print(probe().kind, 'gi' in sys.modules, 'pystray' in sys.modules)\n"
        "try: Tray(lambda *_: None).run(AppState(version='1'))\n"
        "except LocalFault as fault: print(fault)\n"
    )
    env |= {"DISPLAY": display} if display else {}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "headless False False",
        "There can be no tray icon here. There is no desktop here. `jumpseat serve` runs the proxy alone.",
    ], done.stderr
