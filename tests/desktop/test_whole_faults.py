"""What goes wrong around the program: its owner reads a sentence each time, and nothing is lost."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.desktop.conftest import need
from tests.desktop.menu_bus import MenuBus, menu_of
from tests.desktop.notices import desktop
from tests.desktop.screen import Program, Screen, until
from tests.desktop.whole import Tray, children, gone, kill, page, window, windows
from tray_app.simulated import SimulatedCopilot


async def told(menu: MenuBus, *words: str) -> str:
    """What the menu says under What to do, once it has these words."""

    async def look() -> str:
        rows = (await menu.find("What to do")).items
        text = " ".join(row.label for row in rows if not row.enabled)
        if not all(word in text for word in words):
            raise LookupError(text)
        return text

    return await until(look, 30, f"the words {words}")


# --- killed ----------------------------------------------------------------------------------------


async def test_a_killed_window_costs_no_request_and_opens_again(screen: Screen, tmp_path: Path) -> None:
    async with SimulatedCopilot(rate=40) as sim:
        tray = Tray(screen, sim, tmp_path / "home")
        program = tray.start()
        await page(screen, "Overview")
        stream = tray.asking("write 60 words", stream=True)
        await sim.until(lambda sim: sim.active == 1)
        family = children(program)
        kill(windows(program)[0])
        await gone(family)
        status, text = await stream
        assert (status, "[DONE]" in text, '"error"' in text) == (200, True, False)
        async with menu_of(screen, program.pid) as menu:
            await menu.click("Requests")
            await page(screen, "Requests", "curl")
        assert "The window is closed" in tray.log


async def test_a_killed_tray_leaves_nothing_in_the_way(screen: Screen, tmp_path: Path) -> None:
    async with SimulatedCopilot(rate=40) as sim:
        port = free_port()
        tray = Tray(screen, sim, tmp_path / "home", config=f"# mine\n[server]\nport = {port}\n")
        first = tray.start()
        await page(screen, "Overview")
        assert (await tray.ask("the first"))[0] == 200
        await asyncio.sleep(1.5)  # the last second may be lost, no more
        family = children(first)
        stream = tray.asking("write 400 words", stream=True)
        await sim.until(lambda sim: sim.active == 1)
        kill(first)
        await gone(family)  # the window and its web engine end with it
        with pytest.raises(aiohttp.ClientError):
            await stream
        assert tray.paths.address.exists(), "it had no time to clear up"
        assert tray.paths.control.exists()

        again = tray.start()
        await page(screen, "Overview", "1 request")
        assert tray.url() == f"http://127.0.0.1:{port}"
        rows = (await tray.get("/api/requests"))["requests"]
        assert [row["status"] for row in rows if row["status"]][-1] == 200
        assert tray.paths.config.read_text().startswith("# mine")
        assert "Traceback" not in again.output


COLLECTIONS = (
    *("gdbus", "introspect", "--session", "--dest", "org.freedesktop.secrets"),
    *("--object-path", "/org/freedesktop/secrets/collection/login"),
)


class Ring:
    """A real Secret Service on the session bus of a screen."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.program: Program | None = None

    def start(self) -> None:
        """Begin, unlocked with an empty password."""
        daemon = ("gnome-keyring-daemon", "--foreground", "--components=secrets")
        unlock = f'printf "\\n" | exec {" ".join(daemon)} --unlock'
        self.program = self.screen.start("sh", "-c", unlock, name="keyring")


@pytest.fixture
def ring(screen: Screen) -> Ring:
    need("" if shutil.which("gnome-keyring-daemon") else "gnome-keyring is not installed")
    one = Ring(screen)
    one.start()
    return one


async def test_a_killed_keyring_stops_nobody_and_comes_back(
    screen: Screen, ring: Ring, tmp_path: Path
) -> None:
    as_it_comes: dict[str, str | None] = {"PYTHON_KEYRING_BACKEND": None}
    async with SimulatedCopilot(device_interval=1) as sim:
        tray = Tray(screen, sim, tmp_path / "home", None)
        program = tray.start("--hidden", **as_it_comes)
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("Sign in…", 30)
            await menu.click("Sign in…")
            await menu.until_label("Sign in: enter ")
            sim.approve(sim.user_codes[-1])
            await menu.until_label("● Running – ", 30)
            assert (await menu.find("Account", "octocat")).label == "octocat", "kept beyond this run"

            assert ring.program is not None
            os.killpg(ring.program.pid, signal.SIGKILL)
            await ring.program.ended()
            assert (await tray.ask())[0] == 200
            await asyncio.sleep(2.5)
            assert (await tray.ask())[0] == 200, "who is signed in stays so"
            await menu.click("Quit Jumpseat")
        assert await program.ended() == 0

        fifo = tmp_path / "orders"  # and now there is none at the start
        os.mkfifo(fifo)
        changed = as_it_comes | {"ODD_ORDERS": str(fifo)}
        program = tray.start("--hidden", program="tests.desktop.odd_program", **changed)
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("▲ The keyring can't be used", 30)
            text = await told(menu, "keyring")
            assert text.endswith(".")
            assert (await tray.ask())[0] == 403
            ring.start()
            await until(lambda: screen.run(*COLLECTIONS))
            fifo.write_text("sleep\n")  # else it takes half a minute until it is looked for
            await menu.until_label("● Running – ", 45)
            assert (await tray.ask())[0] == 200
        assert "Traceback" not in tray.log


# --- the disk --------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 32 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", folder], check=False)
    if made.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


async def test_a_full_disk_is_told_and_requests_go_on(
    screen: Screen, sim: SimulatedCopilot, small_disk: Path
) -> None:
    tray = Tray(screen, sim, small_disk / "home", port=free_port())
    program = tray.start("--hidden")
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("● Running – ", 30)
        assert (await tray.ask("before"))[0] == 200
        await asyncio.sleep(1.5)
        await menu.click("Quit Jumpseat")
    assert await program.ended() == 0
    config = tray.paths.config.read_bytes()
    with open(small_disk / "film", "wb") as film, contextlib.suppress(OSError):
        while film.write(b"\0" * 65536):
            film.flush()

    program = tray.start("--hidden")
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("▲ The disk is full or read-only", 30)
        assert "is full. Free some space" in await told(menu, "disk")
        for _ in range(20):
            assert (await tray.ask())[0] == 200
        await menu.click("Pause recording")  # wants to write the settings
        await until(lambda: "full" in str(screen.notices()) or "No space" in str(screen.notices()))
        assert tray.paths.config.read_bytes() == config
        (small_disk / "film").unlink()
        assert (await tray.ask("after"))[0] == 200
        await menu.click("Quit Jumpseat")
    assert await program.ended() == 0
    again = tray.start("--hidden")
    async with menu_of(screen, again.pid) as menu:
        await menu.until_label("● Running – ", 30)
        rows = (await tray.get("/api/requests"))["requests"]
        assert rows[-1]["status"] == 200, "what was there before is there still"
    assert "Traceback" not in program.output


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write there, root included."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
    elif subprocess.run(["mount", "--bind", folder, folder], check=False).returncode:
        pytest.skip("root writes everywhere, and cannot mount here")
    else:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    try:
        yield
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)
        else:
            folder.chmod(0o700)


async def test_a_read_only_home_is_told_and_nothing_else_happens(
    screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    tray = Tray(screen, sim, tmp_path / "home", port=free_port())
    with read_only(tray.home):
        program = tray.start("--hidden")
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("▲ The disk is full or read-only", 30)
            assert "cannot be written. Make it writable" in await told(menu, "nothing is kept now")
            assert (await tray.ask())[0] == 200
            await menu.click("Open dashboard")
            await page(screen, "cannot be written", "Trouble")
            await menu.click("Quit Jumpseat")
        assert await program.ended() == 0
    assert "Traceback" not in program.output
    assert [file.name for file in tray.home.iterdir()] == ["config.toml"]


# --- the settings ----------------------------------------------------------------------------------


async def test_a_half_written_file_while_it_runs_changes_nothing(
    screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    good = "# mine\n[server]\nport = 0\n\n[limits]\nrate_limit_seconds = 0\n"
    tray = Tray(screen, sim, tmp_path / "home", config=good)
    program = tray.start("--hidden")
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("● Running – ", 30)
        url = tray.url()
        for broken in ("[server]\nport = 0\n[limi", "[server]\nport = 'many'\n", "\0\0\0"):
            tray.paths.config.write_text(broken)
            await menu.until_label("▲ The settings have a mistake", 15)
            text = await told(menu, "config.toml" if "port" not in broken or "limi" in broken else "port")
            assert "stays until it is mended" in text
            assert (await tray.ask())[0] == 200
            assert tray.url() == url
            assert tray.paths.config.read_text() == broken, "nobody writes over what its owner may yet mend"
            tray.paths.config.write_text(good)
            await menu.until_label("● Running – ", 15)
    assert "Traceback" not in program.output


async def test_a_half_written_file_at_the_start_is_told_and_opens_nothing(
    screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    broken = '[server]\nport = 0\napi_keys = ["secret'
    tray = Tray(screen, sim, tmp_path / "home", config=broken)
    program = tray.start("--hidden")
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("▲ The settings have a mistake", 30)
        assert "config.toml" in await told(menu, "line 3")
        assert (await menu.find("Start proxy")).enabled, "it may hold keys that keep others out"
        assert not tray.paths.address.exists()
        tray.paths.config.write_text("[server]\nport = 0\n")
        await until(lambda: menu.find("Nothing needs attention"), 15)
        await menu.click("Start proxy")
        await menu.until_label("● Running – ")
        assert (await tray.ask())[0] == 200
    assert "secret" not in tray.log + program.output


# --- the port --------------------------------------------------------------------------------------


async def test_a_port_in_use_names_the_program_and_offers_another(
    bare_screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    for answer in ("menu", "notification"):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            tray = Tray(bare_screen, sim, tmp_path / answer, config=f"# mine\n[server]\nport = {port}\n")
            async with desktop(bare_screen, "actions", "body") as shown:
                program = tray.start("--hidden")
                async with menu_of(bare_screen, program.pid) as menu:
                    await menu.until_label("▲ The port is in use", 30)
                    text = await told(menu, str(port))
                    assert psutil.Process().name() in text
                    number, notice = (await until(lambda: list(shown.notices.items())))[0]
                    assert notice["title"] == "The proxy did not start"
                    assert psutil.Process().name() in notice["text"]
                    if answer == "menu":
                        await menu.click("What to do", "Start on port")
                    else:
                        await shown.click(number, "0")
                    await menu.until_label("● Running – ")
                    assert (await tray.ask())[0] == 200
                    kept = tray.paths.config.read_text()
                    assert kept.startswith("# mine")
                    assert f"port = {tray.url().rpartition(':')[2]}" in kept
                    assert not tray.url().endswith(f":{port}")
                    await until(lambda: not shown.notices, what="the notice to be taken away")
                    await menu.click("Quit Jumpseat")
                assert await program.ended() == 0


# --- the desktop -----------------------------------------------------------------------------------


async def test_without_a_tray_host_the_window_comes_and_says_why(
    bare_screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    tray = Tray(bare_screen, sim, tmp_path / "home")
    program = tray.start()
    await page(bare_screen, "No panel here shows tray icons", "start it again to see the window again")
    bare_screen.run("wmctrl", "-c", "Jumpseat")
    await until(lambda: windows(program) == [])
    assert (await tray.ask())[0] == 200
    second = tray.start()
    assert await second.ended(30) == 0
    await window(bare_screen)


async def test_without_a_display_it_says_what_there_is_instead(
    screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    for display in (None, ":63998"):
        program = tray.start(DISPLAY=display, WAYLAND_DISPLAY=None)
        assert await program.ended() == 3
        assert "`jumpseat serve`" in program.output
        assert "Traceback" not in program.output
    assert not tray.paths.control.exists()


async def test_without_any_session_bus_the_window_and_the_proxy_work(
    screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    nobody = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}
    program = tray.start(**nobody)
    await page(screen, "Overview", "Running")
    assert (await tray.ask())[0] == 200
    program.process.send_signal(signal.SIGTERM)
    assert await program.ended() == 0
    assert "Traceback" not in program.output + tray.log


# --- the program itself ----------------------------------------------------------------------------


async def test_a_crash_of_the_proxy_shows_and_restart_mends_it(
    screen: Screen, sim: SimulatedCopilot, tmp_path: Path
) -> None:
    fifo = tmp_path / "orders"
    os.mkfifo(fifo)
    tray = Tray(screen, sim, tmp_path / "home", ODD_ORDERS=str(fifo))
    program = tray.start("--hidden", program="tests.desktop.odd_program")
    spot = await screen.icon()
    with open(fifo, "w", buffering=1) as orders:
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("100 % left", 30)
            assert (await tray.ask("before"))[0] == 200
            await asyncio.sleep(1.5)
            before = screen.picture_of(spot).tobytes()
            orders.write("break\n")
            await menu.until_label("▲ The proxy ended unexpectedly")
            text = await told(menu, "ended by a mistake of its own")
            assert "Restart it; the log has more." in text
            await until(lambda: screen.picture_of(spot).tobytes() != before, what="another icon")
            assert "The proxy ended unexpectedly" in [title for title, _ in await until(screen.notices)]
            assert "The proxy's thread ended by a mistake" in tray.log
            await menu.click("Restart proxy")
            await menu.until_label("● Running – ", 30)
            assert (await tray.ask("after"))[0] == 200
            await asyncio.sleep(1.5)
            rows = (await tray.get("/api/requests"))["requests"]
            assert [row["status"] for row in rows] == [200, 200]
            await menu.click("Quit Jumpseat")
    assert await program.ended() == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
