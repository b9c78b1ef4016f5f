"""A real Chromium: the owner's dashboard beside pages of others, which read nothing and change nothing."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from dashboard import Dashboard

from tray_app.web.assets import STATIC

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
                 if (path := shutil.which(name))), None)  # fmt: skip
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="needs Chromium (apt-get install chromium)"
)

# Each gives what the page got to read; the cookies of the owner are in the same browser.
TRIES = {
    "settings": "fetch(URL + '/api/settings', {credentials: 'include'}).then(r => r.text())",
    "settings, unread": """fetch(URL + '/api/settings', {credentials: 'include', mode: 'no-cors'})
        .then(r => r.text())""",
    "the state": "fetch(URL + '/api/state', {credentials: 'include'}).then(r => r.text())",
    "stop": """fetch(URL + '/api/proxy/stop', {method: 'POST', body: '{}', credentials: 'include',
        headers: {'Content-Type': 'application/json'}}).then(r => r.text())""",
    "stop, simple": """fetch(URL + '/api/proxy/stop', {method: 'POST', body: '{}', credentials: 'include',
        mode: 'no-cors', headers: {'Content-Type': 'text/plain'}}).then(r => r.text())""",
    "stop, beacon": """Promise.resolve(navigator.sendBeacon(URL + '/api/proxy/stop',
        new Blob(['{}'], {type: 'text/plain'}))).then(() => '')""",
    "a setting": """fetch(URL + '/api/settings', {method: 'PUT', credentials: 'include',
        body: '{"key": "desktop.theme", "value": "dark"}',
        headers: {'Content-Type': 'application/json'}}).then(r => r.text())""",
    "recording": """fetch(URL + '/api/recording', {method: 'POST', credentials: 'include',
        body: '{"hours": 1}', mode: 'no-cors'}).then(r => r.text())""",
    "the feed": """new Promise((yes, no) => { const e = new EventSource(URL + '/api/feed',
        {withCredentials: true}); e.addEventListener('state', m => { e.close(); yes(m.data) });
        e.onerror = () => { e.close(); no(new Error('blocked')) } })""",
    "a script of ours": """new Promise((yes, no) => { const s = document.createElement('script');
        s.src = URL + '/api/state';
        s.onload = () => yes('loaded'); s.onerror = () => no(new Error('blocked'));
        document.head.append(s) })""",
    "a window of ours": """new Promise(yes => { const w = window.open(URL + '/settings');
        setTimeout(() => { try { yes(w.document.body.innerText) } catch { yes('') } }, 500) })""",
}
FORM = """([url]) => { const f = document.createElement('form'); f.method = 'POST'; f.action = url;
    f.enctype = 'text/plain'; document.body.append(f); f.submit() }"""


@pytest.fixture
async def stranger() -> AsyncIterator[str]:
    """A web site of somebody else; its port."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>evil</title><body>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield str(runner.addresses[0][1])
    await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    """One profile: its cookies go wherever the browser sends them."""
    from playwright.async_api import async_playwright

    rules = "MAP stranger.example 127.0.0.1, MAP rebound.example 127.0.0.1"
    unguarded = "--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessSendPreflights"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--host-resolver-rules={rules}", unguarded]
        )
        yield await started.new_context()
        await started.close()


async def enter(board: Dashboard, browser: Any, page: str = "/") -> Any:
    """The owner opens the dashboard, as `jumpseat open` does."""
    opened = await browser.new_page()
    answer = await opened.goto(board.url + await board.ticket(page))
    assert answer.status == 200
    assert opened.url == board.url + page
    return opened


async def attempt(page: Any, url: str, script: str) -> str:
    work = f"([URL]) => ({script}).then(text => String(text), failure => '')"
    return str(await asyncio.wait_for(page.evaluate(work, [url]), 20))


def assert_nothing_happened(board: Dashboard) -> None:
    state = board.resident.state()
    assert state.proxy == "running"
    assert state.theme == "system"
    assert state.recording_until is None


async def test_the_owner_s_page_works(board: Dashboard, browser: Any) -> None:
    """Otherwise the tests below would show nothing."""
    page = await enter(board, browser, "/settings")
    for name in ("settings", "the state", "the feed", "a setting", "recording"):
        script = TRIES[name].replace(", mode: 'no-cors'", ", headers: {'Content-Type': 'application/json'}")
        assert await attempt(page, "", script), name
    state = board.resident.state()
    assert (state.theme, state.recording_until is None) == ("dark", False)
    stopped = await attempt(page, "", TRIES["stop"])
    assert '"proxy":"stopped"' in stopped


async def test_a_script_of_ours_cannot_read_the_session(board: Dashboard, browser: Any) -> None:
    page = await enter(board, browser)
    assert await page.evaluate("document.cookie") == ""
    kept = [one for one in await browser.cookies() if one["name"].startswith("jumpseat_session_")]
    assert [(one["httpOnly"], one["sameSite"], one["path"]) for one in kept] == [(True, "Strict", "/")]


async def test_foreign_pages_read_nothing_and_change_nothing(
    board: Dashboard, browser: Any, stranger: str
) -> None:
    await enter(board, browser)
    for host in ("stranger.example", "127.0.0.1", "localhost"):  # another site, another port, another name
        page = await browser.new_page()
        await page.goto(f"http://{host}:{stranger}/")
        for name, script in TRIES.items():
            read = await attempt(page, board.url, script)
            assert read == "", f"{name} from {host} read {read[:100]!r}"
        async with page.expect_navigation():
            await page.evaluate(FORM, [board.url + "/api/proxy/stop"])
        assert "may not use Jumpseat" in await page.inner_text("body")
        await page.close()
    assert_nothing_happened(board)


async def test_no_frame_shows_the_dashboard(board: Dashboard, browser: Any, stranger: str) -> None:
    await enter(board, browser)
    for host in ("stranger.example", "127.0.0.1"):
        page = await browser.new_page()
        await page.goto(f"http://{host}:{stranger}/")
        await page.evaluate(
            "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }",
            board.url + "/settings",
        )
        await page.wait_for_timeout(500)
        for frame in page.frames[1:]:
            assert "boot" not in await frame.content()


async def test_dns_rebinding_gets_nowhere(board: Dashboard, browser: Any) -> None:
    await enter(board, browser)
    rebound = f"http://rebound.example:{board.url.rpartition(':')[2]}"
    page = await browser.new_page()
    await page.goto(rebound + "/")
    assert "not one that Jumpseat answers to" in await page.inner_text("body")
    for name, script in TRIES.items():
        read = await attempt(page, rebound, script)
        assert read == "" or "not one that Jumpseat answers to" in read, f"{name} read {read[:200]!r}"
    assert_nothing_happened(board)


@pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="the pages are not built (make ui)")
async def test_many_tabs_leave_each_other_room(board: Dashboard, browser: Any) -> None:
    """A browser has six connections for all tabs, and each feed takes one; hidden tabs give theirs back."""
    await browser.add_init_script(
        "Object.defineProperty(document, 'hidden', {get: () => document.title.startsWith('hidden')})"
    )
    tabs = [await enter(board, browser, "/settings")]
    for _ in range(8):
        await tabs[-1].evaluate("document.title = 'hidden'")
        tabs.append(await browser.new_page())
        await tabs[-1].goto(board.url + "/settings", timeout=10_000)
        await tabs[-1].wait_for_selector("h1", timeout=10_000)
    await board.page.put("/api/settings", {"key": "desktop.theme", "value": "dark"})
    await tabs[-1].wait_for_selector("html[data-theme=dark]", timeout=5000)
    assert await tabs[1].get_attribute("html", "data-theme") == "system"  # resting
    await tabs[1].evaluate("document.title = 'Settings'")
    await tabs[1].evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await tabs[1].wait_for_selector("html[data-theme=dark]", timeout=5000)
