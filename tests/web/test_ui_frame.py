"""What is around every page: navigation, keyboard, language, look, the live link, controls, approvals."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from dashboard import Dashboard, dashboard
from ui_browser import NEEDS_BROWSER, PATHS, overflows, port_free, serious, until, window

from tray_app.controls import Desktop
from tray_app.tasks import Tasks

pytestmark = NEEDS_BROWSER


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    running = Tasks()
    yield running
    await running.close()


async def asked(client: aiohttp.ClientSession, board: Dashboard) -> int:
    async with client.post(board.url + "/v1/chat/completions", json=CHAT) as reply:
        return reply.status


CHAT = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.parametrize(("theme", "locale"), [("light", "en-GB"), ("dark", "zh-CN")])
async def test_every_page_is_sound(board: Dashboard, theme: str, locale: str) -> None:
    """No failed script, nothing from elsewhere, nothing serious for axe, no scrolling sideways."""
    async with window(board, theme=theme, locale=locale, size=(900, 600)) as page:
        for path in PATHS:
            await page.goto(board.url + path)
            await page.wait_for_selector("main h1")
            await page.wait_for_timeout(250)
            assert await page.locator("h1").count() == 1, path
            assert await serious(page) == [], path
            assert not await overflows(page), path
            assert await page.evaluate("document.documentElement.lang") == locale.replace("en-GB", "en")


async def test_pages_fit_when_they_are_small_or_large(board: Dashboard) -> None:
    async with window(board) as page:
        for width, height in ((450, 300), (2560, 1440)):  # 900 by 600 at 200 percent, and a large screen
            await page.set_viewport_size({"width": width, "height": height})
            for path in ("/", "/tools", "/settings", "/welcome"):
                await page.goto(board.url + path)
                await page.wait_for_selector("main h1")
                await page.wait_for_timeout(250)
                assert not await overflows(page), (width, path)


async def test_the_keyboard_goes_everywhere(board: Dashboard) -> None:
    async with window(board) as page:
        for keys, path in (("7", "/settings"), ("1", "/"), ("g c", "/tools"), ("g u", "/usage")):
            for key in keys.split():
                await page.keyboard.press(key)
            await page.wait_for_url(board.url + path)
            await page.wait_for_selector("main h1:focus")
        await page.keyboard.press("?")
        await page.wait_for_selector("dialog[open] kbd")
        await page.keyboard.press("7")  # not while a dialog is open
        await page.keyboard.press("Escape")
        await page.wait_for_selector("dialog", state="detached")
        assert page.url == board.url + "/usage"
        await page.goto(board.url + "/settings")
        await page.fill("#search", "1")  # typed, not a shortcut
        assert page.url == board.url + "/settings"


async def test_back_and_links_stay_in_the_page(board: Dashboard) -> None:
    async with window(board) as page:
        await page.evaluate("window.isTheSame = true")
        await page.click("nav >> text=Clients")
        await page.wait_for_url("**/tools")
        await page.go_back()
        await page.wait_for_selector("h1:has-text('Overview')")
        assert await page.evaluate("window.isTheSame")


async def test_tab_begins_with_the_way_past_the_navigation(board: Dashboard) -> None:
    async with window(board, "/tools") as page:
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "page"


async def test_a_look_that_was_chosen_holds_from_the_first_moment(board: Dashboard) -> None:
    await board.page.put("/api/settings", {"key": "desktop.theme", "value": "dark"})
    async with window(board, theme="light") as page:
        shell = await (await page.request.get(board.url + "/", headers={"accept": "text/html"})).text()
        assert 'data-theme="dark"' in shell
        dark = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        await board.page.put("/api/settings", {"key": "desktop.theme", "value": "light"})
        await until(page, f"getComputedStyle(document.documentElement).backgroundColor != '{dark}'")
        await board.page.put("/api/settings", {"key": "desktop.language", "value": "zh-CN"})
        await page.wait_for_selector("h1:has-text('概览')")


async def test_the_link_comes_back_by_itself(sim, tmp_path) -> None:
    config = f"[server]\nport = {port_free()}\n"
    async with (
        dashboard(sim, tmp_path / "home", config=config, desktop=Desktop(show=lambda _: None)) as board,
        window(board, "/tools", may_fail=True) as page,
    ):
        await board.resident.stop()
        await page.wait_for_selector("text=Trying again")
        await board.resident.start()
        await page.wait_for_selector("text=Trying again", state="detached", timeout=15_000)
        await board.resident.set_recording(False)  # and what changes is heard again
        await page.wait_for_selector("text=Recording paused")


async def test_the_window_stops_and_starts_the_proxy(sim, tmp_path) -> None:
    """Its pages come from a listener of their own, so they stay while the proxy is stopped."""
    desktop = Desktop(show=lambda _: None)
    async with dashboard(sim, tmp_path / "home", desktop=desktop) as board:
        address = await board.resident.window_address("/")
        async with window(board, at=address) as page:
            await page.click(".menu-button:has-text('Running')")
            await page.keyboard.press("ArrowDown")
            await page.keyboard.press("ArrowUp")
            await page.keyboard.press("Enter")
            await page.wait_for_selector(".state-word:has-text('Stopped')")
            assert board.resident.state().proxy == "stopped"
            await page.click("button:has-text('Start'):not([role])")
            await page.wait_for_selector(".state-word:has-text('Running')")
            assert board.resident.state().url


async def test_a_port_in_use_is_a_banner_with_the_way_out(sim, tmp_path) -> None:
    import socket

    desktop = Desktop(show=lambda _: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with dashboard(sim, tmp_path / "home", desktop=desktop) as board:
            address = await board.resident.window_address("/settings")
            async with window(board, at=address, may_fail=True) as page:  # a refused start is a 409
                await board.resident.stop()
                await page.fill("[data-key='server.port'] input", str(taken.getsockname()[1]))
                await page.keyboard.press("Enter")
                await page.wait_for_selector("text=Port saved")
                await page.click("button:has-text('Start'):not([role])")
                offer = page.locator(".banner button:has-text('Start on port')")
                await offer.wait_for()
                assert await serious(page) == []
                await offer.click()
                await page.wait_for_selector(".state-word:has-text('Running')")
                await offer.wait_for(state="detached")


async def test_a_stranger_may_look_and_not_touch(board: Dashboard) -> None:
    async with window(board, "/tools", session=False) as page:
        await page.wait_for_selector("text=jumpseat open")
        await page.click(".menu-button:has-text('Running')")
        assert await page.get_attribute("[role=menuitem] >> nth=0", "aria-disabled") == "true"


@pytest.mark.parametrize(("button", "status"), [("Allow", 200), ("Deny", 403)])
async def test_a_request_waits_for_a_word(sim, tmp_path, tasks: Tasks, button: str, status: int) -> None:
    config = "[server]\nport = 0\n[limits]\nmanual_approval = true\n"
    async with dashboard(sim, tmp_path / "home", config=config) as board, window(board) as page:
        await page.focus("nav >> text=Settings")
        async with aiohttp.ClientSession() as client:
            asking = tasks.start(asked(client, board), "asking")
            await page.wait_for_selector("dialog[open]")
            assert "gpt-4.1" in await page.inner_text("dialog[open]")
            assert await serious(page) == []
            for _ in range(3):
                await page.keyboard.press("Escape")  # decides nothing
            await page.wait_for_selector("dialog[open]")
            await page.click(f"dialog button:text-is('{button}')")
            assert await asyncio.wait_for(asking, 10) == status
        await page.wait_for_selector("dialog", state="detached")
        assert await page.evaluate("document.activeElement.textContent") == "Settings"  # focus came back


async def test_recording_is_seen_and_stopped(board: Dashboard) -> None:
    async with window(board) as page:
        board.resident.record_bodies(1)
        await page.click(".recording button")
        await page.wait_for_selector(".recording", state="detached")
        assert board.resident.state().recording_until is None


async def test_texts_of_others_are_only_text(sim, tmp_path, tasks: Tasks) -> None:
    """A name that a client chose stands in the page as it is, and runs nothing."""
    config = "[server]\nport = 0\n[limits]\nmanual_approval = true\n"
    evil = "<img src=x onerror=alert(1)>"
    async with (
        dashboard(sim, tmp_path / "home", config=config) as board,
        window(board) as page,
        aiohttp.ClientSession(headers={"User-Agent": evil}) as client,
    ):
        asking = tasks.start(asked(client, board), "asking")
        shown = await page.inner_text("dialog[open] p >> nth=0")
        assert "wants to ask" in shown
        assert await page.locator("img").count() == 0
        await page.click("dialog button:text-is('Deny')")
        await asyncio.wait_for(asking, 10)
