"""The dashboard in a real Chromium, as the person sees it."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dashboard import Dashboard

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "tray_app/web/ui/node_modules/axe-core/axe.min.js"
STATIC = ROOT / "tray_app/web/static/index.html"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
     if (path := shutil.which(name))), None)  # fmt: skip
NEEDS_BROWSER = pytest.mark.skipif(
    (CHROMIUM is None or not STATIC.exists()) and not os.environ.get("CI"),
    reason="needs Chromium (apt-get install chromium) and the pages (make ui)",
)
PATHS = ("/", "/sessions", "/requests", "/usage", "/catalog", "/tools", "/settings", "/welcome")


@contextlib.asynccontextmanager
async def window(
    board: "Dashboard",
    path: str = "/",
    *,
    size: tuple[int, int] = (1280, 800),
    theme: str = "light",
    locale: str = "en-GB",
    session: bool = True,
    may_fail: bool = False,
    at: str = "",
) -> AsyncIterator[Any]:
    """A page of the dashboard, entered like `jumpseat open` does.

    At the end: no script failed, nothing was refused by the browser, nothing was asked of anybody but us,
    unless `may_fail`, for tests that take the program away. `at` is a whole address to enter by.
    """
    from playwright.async_api import async_playwright

    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale=locale,
            permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce",
        )  # fmt: skip
        page = await context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        own = f"http://127.0.0.1:{(at or board.url).split(':')[2].split('/')[0]}/"
        page.on("request", lambda asked: asked.url.startswith(own) or wrong.append(f"asked {asked.url}"))
        await page.goto(at or (board.url + (await board.ticket(path) if session else path)))
        await page.wait_for_selector("main h1, main .empty")
        try:
            yield page
        finally:
            await browser.close()
        assert may_fail or wrong == []


async def serious(page: Any) -> list[str]:
    """What axe finds that would keep somebody out, as `rule: element` lines."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


async def until(page: Any, script: str, seconds: float = 8) -> None:
    """Wait for an expression to be true. (Playwright's own way is `eval`, which our pages forbid.)"""
    async with asyncio.timeout(seconds):
        while not await page.evaluate(script):
            await asyncio.sleep(0.05)


async def overflows(page: Any) -> bool:
    """Whether the page can be scrolled sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def port_free() -> int:
    """A port that was free a moment ago."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
