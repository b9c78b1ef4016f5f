"""From the first start to the end of the whole program, as its owner lives it."""

import asyncio
import os
import re
from pathlib import Path

import aiohttp
import psutil

from tests.desktop.menu_bus import menu_of
from tests.desktop.screen import Screen, until
from tests.desktop.whole import Tray, button, children, gone, page, until_item, window, windows
from tray_app.simulated import SimulatedCopilot

KEYRING = "tests.cli.file_keyring.FileKeyring"


async def test_a_first_start_ends_signed_in_with_a_tool_connected(screen: Screen, tmp_path: Path) -> None:
    claude = screen.home / ".claude" / "settings.json"
    claude.parent.mkdir()
    claude.write_text("{}\n")
    ring = tmp_path / "ring.json"
    async with SimulatedCopilot(device_interval=1) as sim:
        variables = {"PYTHON_KEYRING_BACKEND": KEYRING, "TEST_KEYRING": str(ring)}
        tray = Tray(screen, sim, tmp_path / "home", None, **variables)
        program = tray.start()
        await page(screen, "Welcome to Jumpseat", "Sign in with GitHub", "terms")
        assert (await tray.ask())[0] == 403, "not signed in, and it says so"
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("◌ Signed out – 127.0.0.1:")
            spot = await window(screen)
            screen.click(*button(screen, spot))
            item = await menu.until_label("Sign in: enter ")
            (code,) = sim.user_codes
            assert code in item.label
            await page(screen, code.replace("-", " ").split()[0], "Copy code")
            sim.approve(code)
            await menu.until_label("● Running – 127.0.0.1:")
            await menu.until_label("Account: octocat")
            await page(screen, "Signed in as octocat", "Claude Code", "Connect 1 tool")
            screen.click(*button(screen, spot))
            await until_item(menu, "Connect", "Claude Code", so=lambda found: found.ticked)
        assert tray.url() in claude.read_text()
        status, _ = await tray.ask()
        assert status == 200
        assert "octocat" in ring.read_text()
        kept = [file for file in tray.home.rglob("*") if file.is_file()]
        token = re.search(r"gh[ou]_\w+", ring.read_text())
        assert token is not None
        assert not [file for file in kept if token[0].encode() in file.read_bytes()]
        assert token[0] not in program.output


async def test_sign_in_from_the_menu_and_for_this_run_only(screen: Screen, tmp_path: Path) -> None:
    async with SimulatedCopilot(device_interval=1) as sim:
        tray = Tray(screen, sim, tmp_path / "home", None)
        program = tray.start("--hidden")
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("Sign in…", 30)
            await menu.click("Sign in…")
            item = await menu.until_label("Sign in: enter ")
            (code,) = sim.user_codes
            assert code in item.label
            await page(screen, "Welcome to Jumpseat", "Copy code")
            sim.approve(code)
            await until_item(menu, "Account", "octocat (until you quit)", so=lambda found: found.ticked)
            await page(screen, "Signed in as octocat", "this sign-in ends when Jumpseat quits")


async def test_quit_lets_a_stream_finish_and_cuts_one_that_will_not(screen: Screen, tmp_path: Path) -> None:
    for rate, finishes in ((60.0, True), (4.0, False)):
        async with SimulatedCopilot(rate=rate) as sim:
            tray = Tray(screen, sim, tmp_path / f"home-{finishes}")
            program = tray.start()
            await window(screen)
            family = children(program)
            assert len(family) > 1, "the window and its web engine"
            asked = tray.asking("write 120 words", stream=True)
            await sim.until(lambda sim: sim.active == 1)
            async with menu_of(screen, program.pid) as menu:
                await menu.click("Quit Jumpseat")
            started = asyncio.get_running_loop().time()
            assert await program.ended(20) == 0
            took = asyncio.get_running_loop().time() - started
            status, text = await asked
            assert status == 200
            assert ("Jumpseat is stopping" not in text) is finishes, "what is cut says so"
            if not finishes:
                assert 8 < took < 16
            await gone(family)
            assert not tray.paths.address.exists()
            assert "Traceback" not in program.output


async def test_the_demo_is_a_tray_of_its_own_and_leaves_nothing(screen: Screen, tmp_path: Path) -> None:
    before = set(Path("/tmp").glob("jumpseat-demo-*"))
    program = screen.python(
        *("-m", "tray_app", "demo", "--port", "0", "--still"),
        env={"JUMPSEAT_HOME": str(tmp_path / "unused"), "XDG_CONFIG_HOME": str(tmp_path / "xdg")},
    )
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label("● Demo – 127.0.0.1:", 40)
        await page(screen, "Overview", "Billed today", "octocat")
        url = re.search(r"ready at (http://\S+)", program.output)
        assert url is not None
        body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{url[1]}/v1/chat/completions", json=body) as answer,
        ):
            assert answer.status == 200
        family = children(program)
        await menu.click("Quit Jumpseat")
    assert await program.ended(20) == 0
    await gone(family)
    assert set(Path("/tmp").glob("jumpseat-demo-*")) <= before
    assert not (tmp_path / "unused").exists()


async def test_menu_and_window_speak_the_persons_language(screen: Screen, tmp_path: Path) -> None:
    async with SimulatedCopilot() as sim:
        chinese = {"LANG": "zh_CN.UTF-8", "LANGUAGE": "", "LC_ALL": None}
        program = Tray(screen, sim, tmp_path / "home").start(**chinese)
        async with menu_of(screen, program.pid) as menu:
            await menu.until_label("● 运行中", 30)
            await page(screen, "请求", "octocat")


async def test_sleep_and_a_lost_network_mend_by_themselves(screen: Screen, tmp_path: Path) -> None:
    fifo = tmp_path / "orders"
    os.mkfifo(fifo)
    async with SimulatedCopilot() as sim:
        ports = [int(url.rpartition(":")[2]) for url in (sim.github_url, sim.api_url)]
        tray = Tray(screen, sim, tmp_path / "home", ODD_ORDERS=str(fifo))
        program = tray.start("--hidden", program="tests.desktop.odd_program")
        with open(fifo, "w", buffering=1) as orders:
            async with menu_of(screen, program.pid) as menu:
                await menu.until_label("● Running – ", 30)
                asked = quota_questions(sim)
                await sim.stop()  # the lid is closed, and the network is gone when it opens
                orders.write("sleep\n")
                await menu.until_label("▲ Can't reach GitHub", 30)
                (told, *_) = (await menu.find("What to do")).items
                assert told.label.startswith("127.0.0.1 refused the connection")
                assert (await tray.ask())[0] in (502, 503, 504)
                await sim.start("127.0.0.1", *ports)
                await until(lambda: answers(tray), 30, "an answer")
                await menu.until_label("● Running – ")
                orders.write("sleep\n")
                await until(lambda: quota_questions(sim) > asked, 40, "a question after the sleep")
        assert psutil.pid_exists(program.pid)
        assert "Traceback" not in tray.log
        assert windows(program) == []


def quota_questions(sim: SimulatedCopilot) -> int:
    """How often GitHub was asked what is left."""
    return len([one for one in sim.requests if "copilot_internal/user" in one.path])


async def answers(tray: Tray) -> bool:
    return (await tray.ask())[0] == 200
