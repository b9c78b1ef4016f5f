"""First run and the Clients page in a real browser."""

from pathlib import Path

from dashboard import Dashboard, dashboard
from ui_browser import NEEDS_BROWSER, serious, window

from tray_app.controls import TrayKind
from tray_app.simulated import SimulatedCopilot

pytestmark = NEEDS_BROWSER


async def test_from_nothing_to_a_connected_tool(tmp_path: Path, own_home: Path) -> None:
    config = own_home / ".codex" / "config.toml"
    config.parent.mkdir()
    config.write_text("# mine\nmodel = 'o3'\n")
    async with (
        SimulatedCopilot(device_interval=1) as sim,
        dashboard(sim, tmp_path / "home", token=None) as board,
        window(board, size=(900, 640)) as page,
    ):
        await page.click("a:has-text('Sign in')")
        await page.wait_for_selector("h1:has-text('Welcome')")
        assert await page.locator(".terms a").count() == 2
        await page.click("text=Sign in with GitHub")
        await page.wait_for_selector(".user-code")
        code = await page.inner_text(".user-code")
        assert code in sim.user_codes
        await page.wait_for_selector(".terms", state="detached")  # whoever goes on has read it
        assert board.resident.state().terms_seen
        await page.click("button:has-text('Copy code')")
        assert await page.evaluate("navigator.clipboard.readText()") == code
        link = page.locator("a.primary")
        assert (await link.get_attribute("href") or "").startswith(sim.github_url)
        assert await link.get_attribute("target") == "_blank"
        assert await serious(page) == []

        sim.approve(code)
        await page.wait_for_selector("text=Signed in as octocat", timeout=15_000)
        row = page.locator(".found li", has_text="Codex")
        assert await row.locator("input").is_checked()
        await row.locator("text=See the change").click()
        await page.wait_for_selector("dialog .added")
        assert board.url in await page.inner_text("dialog .diff")
        assert await serious(page) == []
        await page.keyboard.press("Escape")
        await page.click("button:has-text('Connect 1 tool')")
        await row.locator(".tool-state:text-is('Connected')").wait_for()
        assert board.url in config.read_text()
        assert "# mine" in config.read_text()
        await page.click(".step-actions button:has-text('Go on')")
        await page.wait_for_selector("li.current:has-text('Done')")
        await page.click("text=To the dashboard")
        await page.wait_for_selector("h1:has-text('Overview')")


async def test_a_refusal_says_why_and_begins_again(tmp_path: Path) -> None:
    async with (
        SimulatedCopilot(device_interval=1) as sim,
        dashboard(sim, tmp_path / "home", token=None) as board,
        window(board, "/welcome") as page,
    ):
        await page.click("text=Sign in with GitHub")
        first = await page.inner_text(".user-code")
        sim.deny(first)
        await page.wait_for_selector(".error-large:not(:empty)", timeout=15_000)
        assert await serious(page) == []
        await page.click("text=Try again")
        await page.wait_for_selector(".user-code")
        assert await page.inner_text(".user-code") != first
        await page.click(".pending >> text=Cancel")
        await page.wait_for_selector("text=Sign in with GitHub")


async def test_where_there_is_no_menu_the_package_is_named(board: Dashboard) -> None:
    board.resident.tray_is(TrayKind.CLICK, "A menu needs the package gir1.2-ayatanaappindicator3-0.1.")
    async with window(board, "/welcome") as page:
        await page.click(".step-actions button >> nth=-1")
        await page.wait_for_selector("text=gir1.2-ayatanaappindicator3-0.1")


async def test_the_notice_about_terms_comes_once(board: Dashboard) -> None:
    async with window(board) as page:
        await page.click(".terms button")
        await page.wait_for_selector(".terms", state="detached")
        await page.reload()
        await page.wait_for_selector("main h1")
        assert await page.locator(".terms").count() == 0


async def test_a_tool_is_connected_with_a_model_and_put_back(board: Dashboard, own_home: Path) -> None:
    config = own_home / ".codex" / "config.toml"
    config.parent.mkdir()
    before = "# mine\nmodel = 'o3'\n"
    config.write_text(before)
    await board.resident._seat.catalog.current()
    async with window(board, "/tools") as page:
        card = page.locator(".tool", has_text="Codex")
        await card.locator("text=Connect…").click()
        await page.wait_for_selector("dialog .diff")
        choice = page.locator("dialog select >> nth=0")
        model = await choice.locator("option >> nth=1").inner_text()
        await choice.select_option(model)
        await page.wait_for_selector(f"dialog .diff :text('{model}')")
        assert config.read_text() == before
        await page.click("text=Make this change")
        await card.locator(".tool-state:text-is('Connected')").wait_for()
        assert model in config.read_text()
        await card.locator("text=Undo…").click()
        await page.click("text=Make this change")
        await card.locator(".tool-state:text-is('Not connected')").wait_for()
        assert config.read_text() == before


async def test_a_file_that_cannot_be_read_is_not_touched(board: Dashboard, own_home: Path) -> None:
    config = own_home / ".codex" / "config.toml"
    config.parent.mkdir()
    config.write_text("this is [not TOML\n")
    async with window(board, "/tools") as page:
        card = page.locator(".tool", has_text="Codex")
        await card.locator(".tool-state:text-is('Can’t be read')").wait_for()
        assert await card.locator(".reason").inner_text() != ""
        assert await serious(page) == []


async def test_snippets_are_copied_whole(board: Dashboard) -> None:
    async with window(board, "/tools") as page:
        await page.click("[role=tab] >> nth=0")
        await page.keyboard.press("ArrowRight")
        second = page.locator("[role=tab] >> nth=1")
        assert await second.get_attribute("aria-selected") == "true"
        assert await page.evaluate("document.activeElement.getAttribute('role')") == "tab"
        await page.click(".code button")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await page.evaluate("document.querySelector('.code pre').textContent")
        assert board.url in copied


async def test_a_tool_of_the_trays_menu_shows_its_change_at_once(board: Dashboard, own_home: Path) -> None:
    (own_home / ".claude").mkdir()
    async with window(board, "/tools?client=claude-code") as page:
        await page.wait_for_selector("dialog h2:has-text('Connect Claude Code')")
        await page.click("dialog button:has-text('Make')")
        await page.wait_for_selector("dialog", state="detached")
        assert "client=" not in page.url
    async with window(board, "/tools?client=claude-code") as page:
        await page.wait_for_selector("dialog h2:has-text('Put Claude Code back')")
