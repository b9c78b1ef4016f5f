"""Each row of the tray's menu does in the real program what it says: by D-Bus, and by a real mouse."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest
import pytest_asyncio

from tests.desktop.menu_bus import MenuBus, menu_of
from tests.desktop.screen import Program, Screen, fresh_screen, until
from tests.desktop.whole import (
    Tray,
    button,
    clipboard,
    colours,
    page,
    until_item,
    window,
    windows,
)
from tray_app.simulated import SimulatedCopilot

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECORDING = (207, 34, 46)
KEYRING = "tests.cli.file_keyring.FileKeyring"


@dataclass
class Running:
    """The program that the tests of this file share; each leaves it running and signed in."""

    screen: Screen
    sim: SimulatedCopilot
    tray: Tray
    program: Program
    menu: MenuBus


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(gi_tools: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "screen").mkdir()
    async with SimulatedCopilot() as sim:
        tokens = {"octocat": sim.github_token, "hubot": sim.add_account("hubot")}
        ring = {f"jumpseat/{login}": token for login, token in tokens.items()}
        (folder / "ring.json").write_text(json.dumps(ring))
        with fresh_screen(folder / "screen") as screen:
            claude = screen.home / ".claude" / "settings.json"
            claude.parent.mkdir()
            claude.write_text('{\n  "theme": "dark"\n}\n')
            variables = {"PYTHON_KEYRING_BACKEND": KEYRING, "TEST_KEYRING": str(folder / "ring.json")}
            tray = Tray(screen, sim, folder / "home", None, **variables)
            known = {"active": "octocat", "logins": ["octocat", "hubot"]}
            (tray.home / "accounts.json").write_text(json.dumps(known))
            (tray.home / "seen.json").write_text("{}")
            program = tray.start("--hidden")
            async with menu_of(screen, program.pid) as menu:
                await menu.until_label("● Running", 30)
                yield Running(screen, sim, tray, program, menu)
        assert "Traceback" not in program.output
        assert "Traceback" not in tray.log


async def refuses(url: str) -> bool:
    """Whether nobody listens there any more."""
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{url}/health"):
            return False
    except aiohttp.ClientConnectorError:
        return True


async def test_start_and_stop_are_seen_by_clients(running: Running) -> None:
    url = running.tray.url()
    health = await running.tray.get("/health")
    assert (health["signed_in"], health["status"]) == (True, "ok")
    assert (await running.tray.ask())[0] == 200
    await running.menu.click("Stop proxy")
    await running.menu.until_label("Start proxy")
    assert await refuses(url)
    assert (await running.menu.find("○ Stopped")).enabled is False
    assert (await running.menu.find("Copy base URL")).enabled is False
    await running.menu.click("Start proxy")
    await running.menu.until_label("Stop proxy")
    assert (await running.tray.get("/health"))["ready"] is not None
    assert running.tray.url() == url, "clients find it where it was"


async def test_the_mouse_alone_stops_and_starts(running: Running) -> None:
    spot = await running.screen.icon()
    url = running.tray.url()
    for row, is_off in (("Start proxy", True), ("Stop proxy", False)):
        before = running.screen.picture().tobytes()
        running.screen.click(*spot.middle)
        await until(lambda before=before: running.screen.picture().tobytes() != before, what="a menu")
        running.screen.press("Down", "Return")  # the first row that is not greyed
        await running.menu.until_label(row)
        assert await refuses(url) is is_off


async def test_a_hundred_starts_and_stops(running: Running) -> None:
    process = psutil.Process(running.program.pid)
    before = process.num_fds(), process.num_threads()
    url = running.tray.url()
    for _ in range(50):
        for row in ("Stop proxy", "Start proxy"):
            await until_item(running.menu, row, so=lambda item: item.enabled)
            await running.menu.click(row)
    await running.menu.until_label("● Running")
    assert (await running.tray.ask())[0] == 200
    assert running.tray.url() == url
    assert process.num_fds() <= before[0] + 8, "no socket stays behind"
    assert process.num_threads() <= before[1] + 4


async def test_it_moves_to_another_port_and_back(running: Running) -> None:
    old = running.tray.url()
    port = free_port()
    async with (
        running.tray.session() as http,
        http.put("/api/settings", json={"key": "server.port", "value": port}) as answer,
    ):
        assert answer.status == 200, await answer.text()
    await running.menu.until_label(f"● Running – 127.0.0.1:{port}")
    assert await refuses(old)
    assert (await running.tray.ask())[0] == 200
    again = free_port()
    running.tray.paths.config.write_text(f"[server]\nport = {again}\n")  # as an editor does
    await running.menu.until_label(f"● Running – 127.0.0.1:{again}")
    assert (await running.tray.ask())[0] == 200


async def test_the_base_url_is_in_the_clipboard(running: Running) -> None:
    await running.menu.click("Copy base URL")
    await until(lambda: clipboard(running.screen) == running.tray.url())


async def test_one_window_shows_each_page_and_is_not_blank(running: Running) -> None:
    assert (await running.tray.ask())[0] == 200
    await running.menu.click("Open dashboard")
    spot = await window(running.screen)
    text = await page(running.screen, "Overview", "Running", "octocat")
    assert "Stopped" not in text
    seen = running.screen.picture_of(spot).getcolors(1_000_000)
    assert len(seen) > 50, "text and lines have many colours"
    assert max(count for count, _ in seen) < 0.9 * spot.width * spot.height
    (process,) = windows(running.program)
    for row, words in (
        ("Requests", ("Requests", "curl")),
        ("Usage", ("Usage", "AI units", "Left over time")),
        ("Settings", ("Settings", "server.port")),
        ("Open dashboard", ("Billed today",)),
    ):
        await running.menu.click(row)
        await page(running.screen, *words)
    assert windows(running.program) == [process], "it is the same window all along"

    running.screen.press("Escape")
    await running.menu.click("Stop proxy")
    await page(running.screen, "Stopped")
    await running.menu.click("Start proxy")
    await page(running.screen, "Running")
    running.screen.run("wmctrl", "-c", "Jumpseat")
    await until(lambda: windows(running.program) == [])


async def test_a_tool_is_connected_in_the_window_and_gets_its_tick(running: Running) -> None:
    file = running.screen.home / ".claude" / "settings.json"
    before = file.read_bytes()
    for made, title in ((True, "Connect Claude Code"), (False, "Put Claude Code back")):
        await running.menu.click("Connect", "Claude Code")
        await page(running.screen, title, "This is the whole change")
        spot = await window(running.screen)
        x, y = button(running.screen, spot)
        running.screen.click(x, y)
        await until_item(
            running.menu, "Connect", "Claude Code", so=lambda item, made=made: item.ticked is made
        )
        assert (running.tray.url() in file.read_text()) is made
    assert file.read_bytes() == before
    running.screen.run("wmctrl", "-c", "Jumpseat")
    await until(lambda: windows(running.program) == [])


async def test_accounts_are_switched_and_signed_out(running: Running) -> None:
    await running.menu.click("Account", "hubot")
    await running.menu.until_label("Account: hubot")
    await running.tray.ask()
    assert running.sim.ledger[-1].login == "hubot"
    await running.menu.click("Account", "Sign out hubot")
    await running.menu.until_label("Account: signed out")  # nobody else is billed unasked
    assert (await running.tray.ask())[0] == 403
    await running.menu.click("Account", "octocat")
    await running.menu.until_label("Account: octocat")
    assert "hubot" not in Path(running.tray.env["TEST_KEYRING"]).read_text()
    await running.tray.ask()
    assert running.sim.ledger[-1].login == "octocat"


async def test_bodies_are_recorded_for_an_hour_and_the_icon_says_so(running: Running) -> None:
    spot = await running.screen.icon()
    before = colours(running.screen, spot)
    await running.menu.click("Record bodies for an hour")
    item = await running.menu.until_label("Stop recording bodies (until")
    assert re.search(r"until \d\d:\d\d\)", item.label)
    await until(lambda: reds(colours(running.screen, spot)) - reds(before), what="a red dot on the icon")
    await running.tray.ask("remember me")
    (row,) = (await running.tray.get("/api/requests?limit=1"))["requests"]
    async with (
        running.tray.session() as http,
        http.get(f"/api/requests/{row['id']}/bodies") as answer,
    ):
        assert "remember me" in (await answer.json())["request"]
    await running.menu.click("Stop recording bodies")
    await running.menu.until_label("Record bodies for an hour")
    await until(lambda: not reds(colours(running.screen, spot)) - reds(before))


async def test_pausing_keeps_no_record(running: Running) -> None:
    await running.menu.click("Pause recording")
    await running.menu.until_label("Resume recording")
    assert not (await running.menu.find("Record bodies")).enabled
    newest = (await running.tray.get("/api/requests?limit=1"))["requests"]
    await running.tray.ask("not kept")
    assert (await running.tray.get("/api/requests?limit=1"))["requests"] == newest
    await running.menu.click("Resume recording")
    await running.menu.until_label("Pause recording")
    assert "enabled = true" in running.tray.paths.config.read_text()


async def test_start_at_login_writes_the_systems_file(running: Running) -> None:
    file = running.tray.home / "xdg" / "autostart"
    assert not (await running.menu.find("Start at login")).ticked
    await running.menu.click("Start at login")
    await until_item(running.menu, "Start at login", so=lambda item: item.ticked)
    (entry,) = file.glob("*.desktop")
    assert "--hidden" in entry.read_text()
    await running.menu.click("Start at login")
    await until_item(running.menu, "Start at login", so=lambda item: not item.ticked)
    assert list(file.glob("*.desktop")) == [] or "Hidden=true" in entry.read_text()


def reds(found: set[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    return {colour for colour in found if colour[0] > 150 and max(colour[1:]) < 110}


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
