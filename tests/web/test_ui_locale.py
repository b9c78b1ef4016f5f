"""A machine without a language: web views then say that theirs is "C", which is none."""

from dashboard import Dashboard
from ui_browser import NEEDS_BROWSER, until, window

pytestmark = NEEDS_BROWSER

AS_IN_C = """
  Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C', configurable: true });
  Object.defineProperty(Navigator.prototype, 'languages', { get: () => ['C'], configurable: true });
"""


async def test_charts_are_drawn_where_the_language_is_c(board: Dashboard) -> None:
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "say: hello"}]}
    assert (await board.page.post("/v1/chat/completions", body)).status == 200
    async with window(board) as page:
        await page.add_init_script(AS_IN_C)
        await page.reload()
        assert await page.evaluate("navigator.language") == "en"
        await until(page, "document.querySelectorAll('.plot canvas').length > 0")
