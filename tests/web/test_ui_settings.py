"""The Settings page in a real browser: every key, checked while typing, saved, undone, reset."""

import pytest
from dashboard import Dashboard, dashboard
from ui_browser import NEEDS_BROWSER, serious, until, window

from tray_app.settings_keys import KEYS

pytestmark = NEEDS_BROWSER

MINE = """# my own words
[server]
port = 0  # any

[limits]
daily_quota_percent = 15  # enough

[models.exact]
"gpt-4o" = "gpt-4.1"
"""


def of(key: str) -> str:
    return f"[data-key='{key}']"


@pytest.fixture
async def mine(sim, tmp_path):
    async with dashboard(sim, tmp_path / "home", config=MINE) as board:
        yield board


async def test_every_key_is_there(board: Dashboard) -> None:
    async with window(board, "/settings") as page:
        await page.wait_for_selector(of("desktop.language"))
        shown = set(await page.eval_on_selector_all("[data-key]", "all => all.map(one => one.dataset.key)"))
        assert shown == set(KEYS) - {"desktop.autostart", "history.enabled"}  # switched under Program
        for label in ("Start at login", "Keep a history"):
            assert await page.locator("#program label", has_text=label).count() == 1


async def test_a_number_is_checked_while_it_is_typed(mine: Dashboard) -> None:
    field = f"{of('limits.daily_quota_percent')} input"
    wrong = page_error(of("limits.daily_quota_percent"))
    async with window(mine, "/settings") as page:
        await page.fill(field, "150")
        await page.wait_for_selector(f"{wrong}:has-text('At most 100')")
        await page.keyboard.press("Enter")  # saves nothing
        assert mine.resident._seat.live.now.limits.daily_quota_percent == 15
        assert await serious(page) == []
        await page.keyboard.press("Escape")
        assert await page.input_value(field) == "15"
        await page.fill(field, "20")
        await page.keyboard.press("Tab")
        await page.wait_for_selector("text=saved")
        text = mine.paths.config.read_text()
        assert "daily_quota_percent = 20  # enough" in text
        assert "# my own words" in text
        await page.click(".toast button:has-text('Undo')")
        await until(page, f"document.querySelector(\"{field}\").value === '15'")
        assert "daily_quota_percent = 15" in mine.paths.config.read_text()
        await page.click(f"{of('limits.daily_quota_percent')} button:has-text('Reset')")
        await until(page, f"document.querySelector(\"{field}\").value === '0'")
        assert "daily_quota_percent" not in mine.paths.config.read_text()


def page_error(row: str) -> str:
    return f"{row} .error"


async def test_the_server_s_own_rules_are_asked(board: Dashboard) -> None:
    """Not a bound, but a rule of this key."""
    async with window(board, "/settings") as page:
        hosts = of("server.allowed_hosts")
        await page.click(f"{hosts} button:has-text('Add')")
        await page.keyboard.type("https://box.example/")
        await page.wait_for_selector(f"{page_error(hosts)}:has-text('is not a host name')")
        assert await page.get_attribute(f"{hosts} input", "aria-invalid") == "true"


async def test_switches_and_choices_apply_at_once(board: Dashboard) -> None:
    async with window(board, "/settings") as page:
        await page.click(f"{of('anthropic.extend_cache_ttl')} [role=switch]")
        await page.wait_for_selector(f"{of('anthropic.extend_cache_ttl')} [aria-checked=true]")
        await page.wait_for_selector("text=One-hour cache saved")
        assert board.resident._seat.live.now.anthropic.extend_cache_ttl
        await page.select_option(f"{of('desktop.language')} select", "zh-CN")
        await page.wait_for_selector("h1:has-text('设置')")
        assert await page.locator(of("server.port")).locator(".help").inner_text() != ""


async def test_lists_and_tables_are_rows(mine: Dashboard) -> None:
    origins, exact = of("server.allowed_origins"), of("models.exact")
    async with window(mine, "/settings") as page:
        await page.click(f"{origins} button:has-text('Add')")
        await page.keyboard.type("https://example.org")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Allowed web origins saved")
        assert mine.resident._seat.live.now.server.allowed_origins == ("https://example.org",)

        await page.click(f"{exact} button:has-text('Add')")
        await page.keyboard.type("claude-3-opus")
        await page.keyboard.press("Tab")  # within the row: not saved half
        await page.keyboard.type("claude-opus-4.5")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Exact names saved")
        now = dict(mine.resident._seat.live.now.models.exact)
        assert now == {"gpt-4o": "gpt-4.1", "claude-3-opus": "claude-opus-4.5"}
        await page.click(f"{exact} [aria-label='Remove gpt-4o']")
        await until(page, f'document.querySelectorAll("{exact} li").length === 1')
        assert dict(mine.resident._seat.live.now.models.exact) == {"claude-3-opus": "claude-opus-4.5"}


async def test_keys_are_made_shown_once_and_removed(board: Dashboard) -> None:
    keys = of("server.api_keys")
    async with window(board, "/settings", may_fail=True) as page:
        await page.click(f"{keys} button:has-text('Generate')")
        made = await page.inner_text("dialog code")
        assert made in board.resident._seat.live.now.server.api_keys
        await page.click("dialog button:has-text('Copy')")
        assert await page.evaluate("navigator.clipboard.readText()") == made
        await page.click("dialog button:has-text('Done')")
        await page.wait_for_selector(f"{keys} li")
        assert made not in await page.content()
        await page.fill(f"{keys} input", "my own")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(f"{keys} .error:has-text('without blanks')")
        await page.fill(f"{keys} input", "my-own-key")
        await page.keyboard.press("Enter")
        await until(page, f'document.querySelectorAll("{keys} li").length === 2')
        await page.click(f"{keys} li >> nth=0 >> button")
        await page.click("dialog button.danger")
        await until(page, f'document.querySelectorAll("{keys} li").length === 1')
        assert board.resident._seat.live.now.server.api_keys == ("my-own-key",)


async def test_what_the_environment_sets_is_said_and_left_alone(sim, tmp_path) -> None:
    environment = {"JUMPSEAT_LIMITS_RATE_LIMIT_SECONDS": "3"}
    async with (
        dashboard(sim, tmp_path / "home", **environment) as board,
        window(board, "/settings") as page,
    ):
        row = page.locator(of("limits.rate_limit_seconds"))
        assert "JUMPSEAT_LIMITS_RATE_LIMIT_SECONDS" in await row.inner_text()
        assert await row.locator("input").is_disabled()


async def test_a_mistake_in_the_file_is_shown_with_its_line(sim, tmp_path) -> None:
    config = "[server]\nport = 0\nprot = 8315\n"
    async with (
        dashboard(sim, tmp_path / "home", config=config) as board,
        window(board, "/settings") as page,
    ):
        told = await page.inner_text(".problems")
        assert "server.prot" in told
        assert "line 3" in told


async def test_an_edit_of_the_file_shows_by_itself(mine: Dashboard) -> None:
    async with window(mine, "/settings") as page:
        field = f"{of('limits.daily_quota_percent')} input"
        await page.wait_for_selector(field)
        mine.paths.config.write_text(MINE.replace("= 15", "= 33"))
        await until(page, f"document.querySelector(\"{field}\").value === '33'", 15)


async def test_search_finds_by_word_and_by_key(board: Dashboard) -> None:
    async with window(board, "/settings") as page:
        await page.keyboard.press("/")
        await page.keyboard.type("quota share")
        await until(page, "document.querySelectorAll('[data-key]').length === 1")
        assert await page.locator(of("limits.daily_quota_percent")).count() == 1
        await page.fill("#search", "nothing like this")
        await page.click("text=Clear the search")
        await page.wait_for_selector("#account")


async def test_a_stranger_sees_no_settings(board: Dashboard) -> None:
    async with window(board, "/settings", session=False, may_fail=True) as page:
        await page.wait_for_selector("main .failure")
        assert await page.locator("[data-key]").count() == 0
