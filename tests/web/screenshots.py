"""Pictures of the window for the docs, by `make screenshots`: a made-up week and home, a real browser."""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.web.ui_browser import CHROMIUM
from tray_app.app import reside
from tray_app.controls import Desktop, TrayKind
from tray_app.demo.week import past_week
from tray_app.paths import Paths
from tray_app.resident.resident import Resident
from tray_app.settings_file import load
from tray_app.simulated import SimulatedCopilot

SETTLED_MS = 700
# name, path, look, language, size
PAGES = (
    ("clients-light", "/tools", "light", "en-GB", (1280, 800)),
    ("settings-light", "/settings", "light", "en-GB", (1280, 800)),
    ("settings-dark", "/settings", "dark", "en-GB", (900, 600)),
    ("settings-light-zh", "/settings", "light", "zh-CN", (900, 600)),
    ("settings-dark-zh", "/settings", "dark", "zh-CN", (900, 600)),
)
FIRST_RUN = (("light", "en-GB"), ("dark", "en-GB"), ("light", "zh-CN"), ("dark", "zh-CN"))
TOOLS = {
    ".claude/settings.json": '{\n  "theme": "dark"\n}\n',
    ".codex/config.toml": '# my own\nmodel_reasoning_effort = "medium"\n',
    ".config/opencode/opencode.json": '{\n  "autoupdate": true\n}\n',
}


@contextlib.asynccontextmanager
async def running(home: Path, sim: SimulatedCopilot, *, signed_in: bool) -> AsyncIterator[Resident]:
    paths = Paths(home)
    paths.prepare()
    paths.config.write_text("[server]\nport = 0\n\n[limits]\ndaily_quota_percent = 15\n")
    environ = {
        "JUMPSEAT_COPILOT_GITHUB_URL": sim.github_url,
        "JUMPSEAT_COPILOT_GITHUB_API_URL": sim.github_api_url,
    }
    if signed_in:
        environ["COPILOT_GITHUB_TOKEN"] = sim.github_token
    desktop = Desktop(TrayKind.MENU, show=lambda _: None, read_autostart=lambda: False)
    async with reside(load(paths, environ, None), paths, environ, desktop=desktop, starts=True) as resident:
        yield resident


async def entered(browser: Browser, resident: Resident, page: str, look: str, locale: str, size: Any) -> Any:
    context = await browser.new_context(
        color_scheme=look, locale=locale, viewport={"width": size[0], "height": size[1]}
    )
    opened = await context.new_page()
    await opened.goto(await resident.window_address(page))
    await opened.wait_for_timeout(SETTLED_MS)
    return opened


async def take_pages(browser: Browser, folder: Path, home: Path) -> None:
    async with SimulatedCopilot() as sim, running(home, sim, signed_in=True) as resident:
        for record in past_week(datetime.now(UTC), random.Random(1)):
            resident._seat.history.keep(record)
        await resident.see_terms()
        made = await resident.preview("claude-code", None, None, False)
        await resident.make(made.token)
        for name, path, look, locale, size in PAGES:
            page = await entered(browser, resident, path, look, locale, size)
            await page.screenshot(path=folder / f"{name}.png")
            await page.context.close()
        page = await entered(browser, resident, "/tools", "light", "en-GB", (900, 640))
        await page.click(".tool:has-text('Codex') >> text=Connect…")
        await page.wait_for_timeout(SETTLED_MS)
        await page.screenshot(path=folder / "connect-light.png")
        await page.context.close()


async def take_first_run(browser: Browser, folder: Path, home: Path) -> None:
    for look, locale in FIRST_RUN:
        name = f"{look}-zh" if locale == "zh-CN" else look
        async with (
            SimulatedCopilot(device_interval=1) as sim,
            running(home / name, sim, signed_in=False) as resident,
        ):
            page = await entered(browser, resident, "/welcome", look, locale, (900, 640))
            await page.click("button.primary")
            await page.wait_for_selector(".user-code")
            await page.screenshot(path=folder / f"first-run-{name}.png")
            sim.approve(sim.user_codes[-1])
            await page.wait_for_selector(".found li")
            await page.wait_for_timeout(SETTLED_MS)
            await page.screenshot(path=folder / f"first-run-tools-{name}.png")
            await page.context.close()


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jumpseat-") as scratch:
        home = Path(scratch) / "octocat"
        os.environ |= {"HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        for name, text in TOOLS.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM)
            await take_first_run(browser, folder, Path(scratch) / "first")
            await take_pages(browser, folder, Path(scratch) / "profile")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
