"""The titles of sessions can be read, however long the line below them is."""

from pathlib import Path

from lived_in import lived_in
from ui_browser import NEEDS_BROWSER, window

from tray_app.simulated import SimulatedCopilot

pytestmark = NEEDS_BROWSER
WIDTHS = (
    "[...document.querySelectorAll('.session-title a')].map((link) => link.getBoundingClientRect().width)"
)


async def test_no_title_of_a_session_is_squeezed(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with lived_in(sim, tmp_path / "home") as board, window(board, "/sessions") as page:
        await page.wait_for_selector(".session-title a")
        widths = await page.evaluate(WIDTHS)
        assert min(widths) > 60, widths
