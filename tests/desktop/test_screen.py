"""The test desktop itself: whatever it says about a program must be true."""

from pathlib import Path

from tests.desktop.menu_bus import menu_of
from tests.desktop.screen import Screen, until

RED = """
import pystray
from PIL import Image
from pystray import Menu, MenuItem
rows = Menu(
    MenuItem("Say a_word", lambda icon: icon.notify("The text", "The title")),
    MenuItem("More", Menu(MenuItem("Inner", None, checked=lambda row: True, enabled=False))),
    Menu.SEPARATOR,
    MenuItem("Quit", lambda icon: icon.stop()),
)
pystray.Icon("jumpseat", Image.new("RGBA", (64, 64), (255, 0, 0, 255)), "Red", menu=rows).run()
"""


async def test_a_program_is_seen_read_clicked_and_ended(screen: Screen, tmp_path: Path) -> None:
    program = screen.python("-c", RED)
    spot = await screen.icon()
    await until(lambda: screen.picture_of(spot).getpixel((spot.width // 2, spot.height // 2)) == (255, 0, 0))

    async with menu_of(screen, program.pid) as menu:
        assert await menu.labels() == ["Say a_word", "More", "-", "Quit"]
        inner = await menu.find("More", "Inner")
        assert inner.ticked
        assert not inner.enabled
        await menu.click("Say")
        assert await until(screen.notices) == [("The title", "The text")]
        await menu.click("Quit")
    assert await program.ended() == 0


async def test_real_clicks_open_the_menu_and_choose_from_it(screen: Screen) -> None:
    program = screen.python("-c", RED)
    spot = await screen.icon()
    before = screen.picture()
    screen.click(*spot.middle)
    await until(lambda: screen.picture() != before, what="an open menu")
    screen.press("Up", "Return")
    assert await program.ended() == 0


async def test_without_a_tray_the_menu_is_there_all_the_same(bare_screen: Screen) -> None:
    program = bare_screen.python("-c", RED)
    async with menu_of(bare_screen, program.pid) as menu:
        await menu.shown()
        assert bare_screen.windows("--onlyvisible", "--classname", "^jumpseat$") == []
        await menu.click("Quit")
    await program.ended()
