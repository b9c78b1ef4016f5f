"""`jumpseat` as people launch it: a process on a desktop of its own, with a simulated Copilot behind it."""

import asyncio
import json
import os
import signal
import sys

import aiohttp
import psutil
import pytest

from tests.desktop.menu_bus import menu_of
from tests.desktop.screen import until
from tests.desktop.whole import Tray, children, page, windows


async def test_started_at_login_it_shows_an_icon_and_no_window(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    program = tray.start("--hidden")
    await screen.icon()
    state = await until(tray.state)
    assert (state["proxy"], state["tray"], state["signed_in"]) == ("running", "menu", True)
    assert windows(program) == []
    program.process.send_signal(signal.SIGTERM)
    assert await program.ended() == 0
    assert "Traceback" not in program.output
    assert not tray.paths.address.exists()
    assert not tray.paths.control.exists()


async def test_a_second_start_opens_the_window_of_the_first(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    first = tray.start("--hidden")
    await until(tray.state, 30)
    second = tray.start()
    assert await second.ended(30) == 0
    assert "runs already" in second.output
    await until(lambda: windows(first), 30)
    assert len(windows(first)) == 1
    third = tray.start()
    assert await third.ended(30) == 0
    await asyncio.sleep(0.5)
    assert len(windows(first)) == 1, "one window, brought to the front"
    family = children(first)
    assert sim.github_token in psutil.Process(first.pid).environ().values()
    assert not any(sim.github_token in one.environ().values() for one in family)
    first.process.send_signal(signal.SIGINT)
    assert await first.ended() == 0
    await until(lambda: not any(one.is_running() and one.status() != "zombie" for one in family))


async def test_first_start_signed_out_shows_the_first_run(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home", token=None)
    program = tray.start()
    await until(lambda: windows(program), 30)
    state = await until(tray.state)
    assert (state["signed_in"], state["proxy"], state["terms_seen"]) == (False, "running", False)


async def test_kill_9_leaves_nothing_in_the_way(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    first = tray.start("--hidden")
    await until(tray.state, 30)
    pid = json.loads(tray.paths.control.read_text())["pid"]
    assert pid == first.pid
    os.kill(first.pid, signal.SIGKILL)
    await first.ended()
    again = tray.start("--hidden")
    await until(
        lambda: json.loads(tray.paths.control.read_text())["pid"] == again.pid, 10, again.log.read_text
    )
    assert (await until(tray.state))["proxy"] == "running"


async def test_stop_and_quit_from_the_menu(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    program = tray.start("--hidden")
    await screen.icon()
    await until(tray.state, 30)
    url = tray.url()
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("Stop proxy")
        await menu.click("Stop proxy")
        await until(lambda: not tray.paths.address.exists())
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.get(url)
        await menu.click("Open dashboard")
        await until(lambda: windows(program), 30)
        await menu.until_label("Start proxy")
        await menu.click("Start proxy")
        assert (await until(tray.state))["url"] == url
        await menu.click("Quit Jumpseat")
    assert await program.ended() == 0
    assert "Traceback" not in program.output


async def test_without_a_tray_host_the_window_says_why(bare_screen, sim, tmp_path) -> None:
    tray = Tray(bare_screen, sim, tmp_path / "home")
    program = tray.start()
    await until(lambda: windows(program), 30)
    state = await until(tray.state)
    assert state["tray"] == "none"
    assert "start it again to see the window" in state["tray_hint"]
    program.process.send_signal(signal.SIGTERM)
    assert await program.ended() == 0


async def test_a_home_that_takes_no_files_is_told_in_the_window(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    (tmp_path / "file").touch()
    home = str(tmp_path / "file" / "home")
    program = tray.start(JUMPSEAT_HOME=home, JUMPSEAT_SERVER_PORT="0")
    assert "cannot be written" in await page(screen, "Overview", "cannot be written")
    second = tray.start(JUMPSEAT_HOME=home, JUMPSEAT_SERVER_PORT="0")
    assert await second.ended(60) == 1
    assert "runs already" in second.output
    program.process.send_signal(signal.SIGTERM)
    assert await program.ended() == 0
    assert "Traceback" not in program.output


async def test_a_running_serve_is_shown_instead(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    serve = tray.start("serve")
    await until(lambda: json.loads(tray.paths.control.read_text())["url"], 30)
    second = screen.start(
        sys.executable, "-m", "tray_app", env=tray.env | {"BROWSER": "true"}, name="jumpseat"
    )
    assert await second.ended(30) == 0
    assert "`jumpseat serve` runs already" in second.output
    assert f"{tray.url()}/enter?ticket=" in second.output
    assert serve.is_running


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from Linux's /proc")
async def test_idle_it_needs_little_memory(screen, sim, tmp_path) -> None:
    tray = Tray(screen, sim, tmp_path / "home")
    program = tray.start("--hidden")
    await screen.icon()
    await until(tray.state, 30)
    await asyncio.sleep(1.5)
    used = psutil.Process(program.pid).memory_info().rss
    assert used < 100 * 1024 * 1024, used
