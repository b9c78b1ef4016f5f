"""Pictures of the real tray and window on a virtual screen for the docs, by `make screenshots`."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.desktop.menu_bus import menu_of
from tests.desktop.screen import Screen, fresh_screen, until
from tests.desktop.whole import page

SIZE = "1100x760x24"
LANGUAGES = {"en": "en_GB.UTF-8", "zh": "zh_CN.UTF-8"}
STATUS = {"en": "● Demo", "zh": "● 演示"}


async def settled(screen: Screen) -> None:
    """Until the picture no longer changes."""
    before = b""

    def is_same() -> bool:
        nonlocal before
        now = screen.picture().tobytes()
        same, before = now == before, now
        return same

    await asyncio.sleep(0.5)
    await until(is_same, 10, "a picture that stays")


def keep(picture: Image.Image, file: Path) -> None:
    few = picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


async def take(screen: Screen, folder: Path, language: str) -> None:
    """The window with the icon above it, and the menu open."""
    program = screen.python("-m", "tray_app", "demo", "--port", "0", env=environment(language))
    async with menu_of(screen, program.pid) as menu:
        await menu.until_label(STATUS[language], 60)
        await page(screen, "Jumpseat", "62%", seconds=60)
        screen.run("xdotool", "mousemove", "400", "740", "click", "1")
        await asyncio.sleep(1.5)
        keep(screen.picture(), folder / f"window-{language}.png")
        screen.run("wmctrl", "-c", "Jumpseat")
        spot = await screen.icon()
        await settled(screen)
        screen.click(*spot.middle)
        await asyncio.sleep(0.5)
        screen.press("Down", "Down")
        await settled(screen)
        picture = screen.picture()
        keep(picture.crop((picture.width - 420, 0, picture.width, 620)), folder / f"menu-{language}.png")
        screen.press("Escape")
        await menu.click("Quit" if language == "en" else "退出")
    await program.ended(20)


def environment(language: str) -> dict[str, str | None]:
    return {"LANG": LANGUAGES[language], "LANGUAGE": LANGUAGES[language], "LC_ALL": None}


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith("JUMPSEAT_")]:
        del os.environ[name]
    for language in LANGUAGES:
        with (
            tempfile.TemporaryDirectory(prefix="screen-") as home,
            fresh_screen(Path(home), size=SIZE) as screen,
        ):
            await take(screen, folder, language)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
