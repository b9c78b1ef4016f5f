"""A web page of another origin, in a real Chromium: it makes the proxy do nothing, and reads nothing."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.harness import Jumpseat

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
                 if (path := shutil.which(name))), None)  # fmt: skip
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="needs Chromium (apt-get install chromium)"
)
BODY = '{"model": "gpt-4.1", "messages": [{"role": "user", "content": "MARKER-evil"}]}'

# Each way in which a page can try; each gives what the page got to read, or the name of the failure.
TRIES = {
    "a simple POST": "fetch(URL + CHAT, {method: 'POST', body: BODY}).then(r => r.text())",
    "a POST as text/plain": """fetch(URL + CHAT,
        {method: 'POST', body: BODY, headers: {'Content-Type': 'text/plain'}}).then(r => r.text())""",
    "a POST as JSON (preflight)": """fetch(URL + '/v1/messages',
        {method: 'POST', body: BODY, headers: {'Content-Type': 'application/json'}}).then(r => r.text())""",
    "a POST that reads nothing": """fetch(URL + CHAT,
        {method: 'POST', body: BODY, mode: 'no-cors'}).then(r => r.text())""",
    "a POST with cookies": """fetch(URL + '/v1/responses',
        {method: 'POST', body: BODY, credentials: 'include', mode: 'no-cors'}).then(r => r.text())""",
    "a GET": "fetch(URL + '/v1/models').then(r => r.text())",
    "a GET that reads nothing": "fetch(URL + '/api/requests', {mode: 'no-cors'}).then(r => r.text())",
    "a DELETE": "fetch(URL + '/v1/models', {method: 'DELETE'}).then(r => r.text())",
    "an XHR": """new Promise((yes, no) => { const x = new XMLHttpRequest();
        x.open('POST', URL + '/v1/messages');
        x.onload = () => yes(x.responseText); x.onerror = () => no(new Error('blocked')); x.send(BODY) })""",
    "a beacon": "Promise.resolve(navigator.sendBeacon(URL + CHAT, BODY)).then(() => '')",
    "an image": """new Promise((yes, no) => { const i = new Image(); i.onload = () => yes('loaded');
        i.onerror = () => no(new Error('blocked')); i.src = URL + '/v1/models' })""",
    "a script": """new Promise((yes, no) => { const s = document.createElement('script');
        s.src = URL + '/usage';
        s.onload = () => yes('loaded'); s.onerror = () => no(new Error('blocked'));
        document.head.append(s) })""",
    "a style sheet": """new Promise((yes, no) => { const l = document.createElement('link');
        l.rel = 'stylesheet';
        l.href = URL + '/health'; l.onload = () => yes('loaded'); l.onerror = () => no(new Error('blocked'));
        document.head.append(l) })""",
    "an event source": """new Promise((yes, no) => { const e = new EventSource(URL + '/api/stats');
        e.onmessage = m => yes(m.data); e.onerror = () => { e.close(); no(new Error('blocked')) } })""",
    "a WebSocket": """new Promise((yes, no) => {
        const w = new WebSocket(URL.replace('http', 'ws') + '/v1/responses');
        w.onopen = () => yes('open'); w.onerror = () => no(new Error('blocked')) })""",
}
FORM = """([url, body]) => { const f = document.createElement('form'); f.method = 'POST'; f.action = url;
    f.enctype = 'text/plain'; const i = document.createElement('input');
    i.name = body.slice(0, -1) + ', "x": "'; i.value = '"}';
    f.append(i); document.body.append(f); f.submit() }"""


@pytest.fixture
async def stranger() -> AsyncIterator[str]:
    """A web site of somebody else."""

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
    """Names of stranger.example, and of rebound.example, lead to this machine, as after DNS rebinding."""
    from playwright.async_api import async_playwright

    rules = "MAP stranger.example 127.0.0.1, MAP rebound.example 127.0.0.1"
    # Newer browsers guard local addresses themselves; the proxy must not depend on that.
    unguarded = "--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessSendPreflights"
    flags = [f"--host-resolver-rules={rules}", unguarded]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        await started.close()


async def attempt(page: Any, url: str, script: str) -> str:
    """What the page could read, or "" when the browser told it nothing."""
    work = f"([URL, BODY, CHAT]) => ({script}).then(text => String(text), failure => '')"
    return str(await asyncio.wait_for(page.evaluate(work, [url, BODY, "/v1/chat/completions"]), 20))


async def assert_nothing_happened(jumpseat: Jumpseat) -> None:
    assert jumpseat.sim.requests == []
    assert jumpseat.seat.records.all() == []


async def test_no_try_of_a_foreign_page_does_anything(
    jumpseat: Jumpseat, stranger: str, browser: Any
) -> None:
    url = jumpseat.url
    for host in ("stranger.example", "127.0.0.1", "localhost"):  # another site, another port, another name
        page = await browser.new_page()
        await page.goto(f"http://{host}:{stranger}/")
        for name, script in TRIES.items():
            read = await attempt(page, url, script)
            assert read == "", f"{name} from {host} read {read[:100]!r}"
        await page.close()
    await assert_nothing_happened(jumpseat)


async def test_a_form_that_navigates_does_nothing(jumpseat: Jumpseat, stranger: str, browser: Any) -> None:
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings"):
        page = await browser.new_page()
        await page.goto(f"http://stranger.example:{stranger}/")
        async with page.expect_navigation():
            await page.evaluate(FORM, [jumpseat.url + path, BODY])
        assert "may not use Jumpseat" in await page.inner_text("body")
        await page.close()
    await assert_nothing_happened(jumpseat)


async def test_a_frame_shows_nothing(jumpseat: Jumpseat, stranger: str, browser: Any) -> None:
    page = await browser.new_page()
    await page.goto(f"http://stranger.example:{stranger}/")
    frame = "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }"
    await page.evaluate(frame, f"{jumpseat.url}/v1/models")
    await page.wait_for_timeout(300)
    for frame in page.frames[1:]:
        assert "gpt-4.1" not in await frame.content()
    await assert_nothing_happened(jumpseat)


async def test_dns_rebinding_gets_nowhere(jumpseat: Jumpseat, browser: Any) -> None:
    """The page's own name now leads here: the browser calls it same-origin, only the Host tells."""
    port = jumpseat.url.rpartition(":")[2]
    rebound = f"http://rebound.example:{port}"
    page = await browser.new_page()
    await page.goto(f"{rebound}/health")
    assert "not one that Jumpseat answers to" in await page.inner_text("body")
    for name, script in TRIES.items():
        read = await attempt(page, rebound, script)
        assert "gpt-4.1" not in read, name
        assert read == "" or "not one that Jumpseat answers to" in read, f"{name} read {read[:200]!r}"
    await assert_nothing_happened(jumpseat)


async def test_the_tries_do_work_where_they_may(sim, tmp_path: Path, stranger: str, browser: Any) -> None:
    """Otherwise the tests above would show nothing."""
    from tests.harness import running

    origin = f"http://stranger.example:{stranger}"
    async with running(sim, tmp_path, server={"allowed_origins": (origin,)}) as jumpseat:
        page = await browser.new_page()
        await page.goto(origin)
        for name in ("a simple POST", "a POST as text/plain", "an XHR", "a GET"):
            assert await attempt(page, jumpseat.url, TRIES[name]), name
        assert sim.requests
