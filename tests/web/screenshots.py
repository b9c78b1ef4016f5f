"""Pictures of every page for the docs, by `make screenshots`: a made-up week and home, a real browser."""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.web.lived_in import asking
from tests.web.ui_browser import CHROMIUM
from tray_app.app import reside
from tray_app.controls import Desktop, TrayKind
from tray_app.demo import seed
from tray_app.paths import Paths
from tray_app.resident.resident import Resident
from tray_app.settings_file import load
from tray_app.simulated import SimulatedCopilot

KEYRING = "tests.cli.file_keyring.FileKeyring"
SETTLED_MS = 900
SIZE, SMALL = (1280, 800), (900, 640)
COLOURS = 256
CLAUDE = "claude-cli/2.1.0 (external, cli)"
TOOLS = {
    ".claude/settings.json": '{\n  "theme": "dark"\n}\n',
    ".codex/config.toml": '# my own\nmodel_reasoning_effort = "medium"\n',
    ".config/opencode/opencode.json": '{\n  "autoupdate": true\n}\n',
}


@dataclass(frozen=True)
class Style:
    """A look and a language; `suffix` tells them apart in names of files."""

    suffix: str
    look: str
    locale: str


ENGLISH = Style("light", "light", "en-GB")
STYLES = (ENGLISH, Style("dark", "dark", "en-GB"), Style("light-zh", "light", "zh-CN"))
FULL = ("overview", "sessions", "requests", "usage", "catalog", "tools", "settings")
EMPTY = ("overview", "sessions", "requests", "usage")


def path_of(page: str) -> str:
    return "/" if page == "overview" else f"/{page}"


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


@dataclass
class Camera:
    """Enters pages of one program with a fresh browser each, and keeps small pictures of them."""

    browser: Browser
    resident: Resident
    folder: Path

    async def enter(self, path: str, style: Style, size: tuple[int, int] = SIZE) -> Any:
        context = await self.browser.new_context(
            color_scheme=style.look,  # type: ignore[arg-type]
            locale=style.locale,
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.goto(await self.resident.window_address(path))
        await page.wait_for_selector("main h1, main .empty")
        await page.wait_for_timeout(SETTLED_MS)
        return page

    async def keep(self, page: Any, name: str) -> None:
        file = self.folder / f"{name}.png"
        await page.screenshot(path=file)
        with Image.open(file) as whole:
            few = whole.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(file, optimize=True)

    async def take(self, path: str, name: str, style: Style, size: tuple[int, int] = SIZE) -> None:
        page = await self.enter(path, style, size)
        await self.keep(page, f"{name}-{style.suffix}")
        await page.context.close()


async def captured(resident: Resident) -> str:
    """The id of a request of Claude Code's whose bodies were stored."""
    resident.record_bodies(1.0)
    path, body = asking("messages", "write 60 words about rye bread")
    url = resident.state().url
    async with aiohttp.ClientSession(headers={"User-Agent": CLAUDE}) as http:
        async with http.post(url + path, json=body) as answer:
            await answer.read()
        async with http.get(f"{url}/api/requests?limit=1") as answer:
            newest = (await answer.json())["requests"][0]
    resident.record_bodies(None)
    return str(newest["id"])


async def take_full(browser: Browser, folder: Path, home: Path) -> None:
    async with SimulatedCopilot(plan="individual_pro_plus") as sim:
        quota = sim.account().quota
        quota.remaining = 0.62 * quota.plan.entitlement
        async with running(home, sim, signed_in=True) as resident:
            await seed(resident._seat, random.Random(1))
            await resident.see_terms()
            request = await captured(resident)
            made = await resident.preview("claude-code", None, None, False)
            await resident.make(made.token)
            camera = Camera(browser, resident, folder)
            for style in STYLES:
                for page in FULL:
                    await camera.take(path_of(page), page, style)
                await camera.take(f"/requests/{request}", "request", style)
                await take_session(camera, style)
                await take_connecting(camera, style)


async def take_session(camera: Camera, style: Style) -> None:
    page = await camera.enter("/sessions", style)
    await page.click(".session-title a >> nth=1")
    await page.wait_for_timeout(SETTLED_MS)
    await camera.keep(page, f"session-{style.suffix}")
    await page.context.close()


async def take_connecting(camera: Camera, style: Style) -> None:
    page = await camera.enter("/tools?client=codex", style, SMALL)
    await page.wait_for_selector("dialog .diff")
    await page.wait_for_timeout(SETTLED_MS)
    await camera.keep(page, f"connect-{style.suffix}")
    await page.context.close()


async def take_empty(browser: Browser, folder: Path, home: Path) -> None:
    async with SimulatedCopilot() as sim, running(home, sim, signed_in=True) as resident:
        await resident.see_terms()
        camera = Camera(browser, resident, folder)
        for page in EMPTY:
            await camera.take(path_of(page), f"{page}-empty", ENGLISH)


async def take_first_run(browser: Browser, folder: Path, home: Path) -> None:
    for style in STYLES:
        async with (
            SimulatedCopilot(device_interval=1) as sim,
            running(home / style.suffix, sim, signed_in=False) as resident,
        ):
            camera = Camera(browser, resident, folder)
            page = await camera.enter("/welcome", style, SMALL)
            await camera.keep(page, f"first-run-1-{style.suffix}")
            await page.click("main button.primary")
            await page.wait_for_selector(".user-code")
            await camera.keep(page, f"first-run-2-code-{style.suffix}")
            sim.approve(sim.user_codes[-1])
            await page.wait_for_selector(".found li")
            await page.wait_for_timeout(SETTLED_MS)
            await camera.keep(page, f"first-run-3-tools-{style.suffix}")
            await page.context.close()


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jumpseat-") as scratch:
        home = Path(scratch) / "octocat"
        os.environ |= {"HOME": str(home), "PYTHON_KEYRING_BACKEND": KEYRING}
        os.environ["TEST_KEYRING"] = f"{scratch}/ring.json"
        for name, text in TOOLS.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM)
            await take_first_run(browser, folder, Path(scratch) / "first")
            await take_empty(browser, folder, Path(scratch) / "empty")
            await take_full(browser, folder, Path(scratch) / "profile")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
