"""The notice of a newer version on the first page."""

from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from dashboard import dashboard
from ui_browser import NEEDS_BROWSER, serious, window

from tray_app.simulated import SimulatedCopilot

pytestmark = NEEDS_BROWSER

NEWER = {
    "tag_name": "v99.0.0",
    "html_url": "https://github.com/example/jumpseat/releases/tag/v99.0.0",
    "body": "- Better\n- <b>Smaller</b>",
}


async def test_a_newer_version_and_what_changed(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(NEWER)

    app = web.Application()
    app.router.add_get("/latest", answer)
    async with TestServer(app) as feed:
        config = f'[server]\nport = 0\n[desktop]\nupdate_feed = "{feed.make_url("/latest")}"\n'
        async with dashboard(sim, tmp_path / "home", config=config) as board, window(board) as page:
            notice = page.locator(".banner", has_text="Version 99.0.0 is there.")
            await notice.wait_for()
            assert await notice.locator("a").get_attribute("href") == NEWER["html_url"]
            await notice.locator("summary").click()
            assert "<b>Smaller</b>" in await notice.locator(".release-notes").inner_text()
            assert await serious(page) == []
            await page.screenshot(path=tmp_path / "update.png")
            await page.goto(board.url + "/usage")
            await page.wait_for_selector("main h1")
            assert await notice.count() == 0
