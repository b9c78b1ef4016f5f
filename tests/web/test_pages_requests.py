"""Requests in a real browser: find a failure, read what was said, filter, follow, cancel, by keyboard too."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dashboard import Dashboard
from lived_in import CHAT, asking, put, said, send
from ui_browser import NEEDS_BROWSER, overflows, serious, until, window

from tray_app.history.record import Record
from tray_app.simulated import SimulatedCopilot
from tray_app.tasks import Tasks

pytestmark = NEEDS_BROWSER
ROWS = ".requests-list tbody tr:not(.space)"
DIALECTS = ("chat", "responses", "messages", "gemini")


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    running = Tasks()
    yield running
    await running.close()


def record(number: int, **fields: Any) -> Record:
    """One that went well, `number` seconds ago."""
    started = datetime.now(UTC) - timedelta(seconds=number)
    row = Record(f"req_{number:032x}", started, "Codex", "chat", CHAT)
    row.model_requested = row.model_served = "gpt-4.1"
    row.upstream_endpoint, row.status, row.attempts, row.duration_ms = "/chat/completions", 200, 1, 1200.0
    for name, value in fields.items():
        setattr(row, name, value)
    return row


async def open_newest(page: Any) -> None:
    await page.click(f"{ROWS}:not(.running) >> nth=0")
    await page.wait_for_selector(".detail .tabs")


async def test_the_failure_of_a_minute_ago_is_found_and_read(board: Dashboard) -> None:
    await send(board, CHAT, said("say: fine"))
    board.sim.faults.add("status", preset="user_model_rate_limited", retry_after=60)
    assert await send(board, CHAT, said("say: not now")) == 429
    async with window(board) as page:
        await page.keyboard.press("g")
        await page.keyboard.press("r")
        await until(page, f"document.querySelectorAll('{ROWS}').length == 2")
        await page.keyboard.press("f")
        await until(page, f"document.querySelectorAll('{ROWS}').length == 1")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        verdict = await page.inner_text(".verdict")
        assert "Copilot asks for a pause (429, user_model_rate_limited)" in verdict
        assert "exceeded your rate limit" in verdict
        assert await page.locator(ROWS).count() == 1
        assert "status=error" in page.url
        await page.click(".verdict a")
        await page.wait_for_selector("h1:has-text('Usage')")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_was_said_is_read_in_every_dialect(board: Dashboard, dialect: str) -> None:
    await send(board, CHAT, said("say: before"))
    async with window(board, "/requests") as page:
        await open_newest(page)
        await page.click("[role=tab]:has-text('Conversation')")
        await page.click("text=Record for an hour")
        await page.wait_for_selector("text=Recording is on")
        await page.keyboard.press("Escape")
        path, body = asking(dialect, "say: Bread is a slow thing")
        assert await send(board, path, body) == 200
        await page.wait_for_selector(f"{ROWS} >> nth=1")
        await open_newest(page)
        shown = await page.inner_text(".conversation")
        for part in ("Look at the oven", "read_oven", "230 degrees", "say: Bread is a slow thing"):
            assert part in shown, part
        assert await page.inner_text(".message.answer .words") == "Bread is a slow thing"
        assert await page.locator(".conversation img").count() == 1
        await page.click(".message.system summary")
        assert "You bake bread." in await page.inner_text(".message.system")
        assert await serious(page) == []

        await page.click("[role=tab]:has-text('Frames')")
        assert await page.locator(".sse").count() > 2
        await page.click(".sse summary >> nth=1")
        assert await page.inner_text(".sse[open] pre")
        assert await serious(page) == []

        await page.click("[role=tab]:has-text('Raw')")
        assert json.loads(await page.inner_text(".detail .code pre")) == body
        await page.click("[role=tab]:has-text('To Copilot')")
        upstream = json.loads(await page.inner_text(".detail .code pre"))
        assert upstream == board.sim.ledger[-1].body
        await page.click("[role=tab]:has-text('Difference')")
        assert await page.locator(".difference tr").count() > 0 or upstream == body
        await page.click("[role=tab]:has-text('Answer')")
        assert "data: {" in await page.inner_text(".detail .code pre")

        await page.click("[role=tab]:has-text('Copy as')")
        await page.wait_for_selector("text=as it was recorded")
        code = await page.inner_text(".detail .code pre")
        assert board.url + path.split("?")[0] in code
        assert await serious(page) == []


async def test_copied_curl_sends_the_same_again(board: Dashboard) -> None:
    board.resident.record_bodies(1)
    path, body = asking("chat", 'say: it\'s "quoted" $HOME `x`\n\\n ü')
    await send(board, path, body)
    async with window(board, "/requests") as page:
        await page.wait_for_selector(ROWS)
        await page.keyboard.press("j")
        await page.keyboard.press("c")
        await page.wait_for_selector(".toasts >> text=Copied")
        command = await page.evaluate("navigator.clipboard.readText()")
    run = await asyncio.create_subprocess_exec(
        "sh", "-c", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(run.communicate(), 20)
    assert run.returncode == 0
    assert b"data: [DONE]" in out
    first, second = board.sim.ledger[-2:]
    assert first.body == second.body


async def test_the_filter_is_words_and_lives_in_the_address(board: Dashboard, tmp_path: Path) -> None:
    board.resident.record_bodies(1)
    await send(board, CHAT, said("say: rye"), "opencode/1.18.33")
    await send(board, *asking("messages", "say: rye"), "claude-cli/2.1.330")
    await send(board, *asking("messages", "say: wheat"), "claude-cli/2.1.330")
    async with window(board, "/requests") as page:
        await page.keyboard.press("/")
        await page.keyboard.type("model:sonnet client:claude rye")
        await until(page, f"document.querySelectorAll('{ROWS}').length == 1")
        assert {"model=sonnet", "client=claude", "q=rye"} <= set(page.url.split("?")[1].split("&"))
        async with page.expect_download() as download:
            await page.click("text=Export")
        saved = tmp_path / "export.jsonl"
        await (await download.value).save_as(saved)
        lines = [json.loads(line) for line in saved.read_text().splitlines()]
        rows = [line for line in lines if "id" in line]
        assert [row["client"] for row in rows] == ["Claude Code"]
        await page.reload()
        await page.wait_for_selector(ROWS)
        assert await page.input_value("input[type=search]") == "model:sonnet client:claude rye"
        assert await page.locator(ROWS).count() == 1
        await page.fill("input[type=search]", "model:nobody-has-it")
        await page.wait_for_selector("text=Nothing matches model:nobody-has-it")
        assert await serious(page) == []
        await page.click("text=Clear filter")
        await until(page, f"document.querySelectorAll('{ROWS}').length == 3")
        assert "?" not in page.url


async def test_a_stream_is_followed_live_and_cancelled(board: Dashboard, tasks: Tasks) -> None:
    board.sim.state.rate = 20
    async with window(board, "/requests") as page:
        body = said("write 900 words") | {"stream": True}
        going = tasks.start(send(board, CHAT, body), "a slow stream")
        row = page.locator(f"{ROWS}.running")
        await row.wait_for()
        seconds = re.compile(r"\b[1-9]s\b")
        async with asyncio.timeout(8):
            while not seconds.search(await row.inner_text()):
                await asyncio.sleep(0.1)
        assert await serious(page) == []
        await row.locator("text=Cancel").click()
        await page.wait_for_selector(f"{ROWS}:has-text('cancelled')")
        assert await page.locator(f"{ROWS}.running").count() == 0
        await board.sim.until(lambda sim: sim.cancelled == 1)
        await asyncio.wait([going], timeout=5)
        await open_newest(page)
        assert "told to stop" in await page.inner_text(".verdict")


async def test_what_runs_is_shown_only_where_it_fits(board: Dashboard, tasks: Tasks) -> None:
    board.sim.state.rate = 20
    async with window(board, "/requests?model=sonnet") as page:
        tasks.start(send(board, CHAT, said("write 400 words") | {"stream": True}), "another model")
        tasks.start(send(board, *asking("messages", "write 400 words")), "this model")
        await page.wait_for_selector(f"{ROWS}.running")
        assert await page.locator(f"{ROWS}.running").count() == 1
        assert "sonnet" in await page.inner_text(f"{ROWS}.running")


async def test_the_keyboard_alone(board: Dashboard) -> None:
    for number in range(4):
        await send(board, CHAT, said(f"say: {number}"))
    async with window(board, "/requests") as page:
        chosen = f"{ROWS}.selected"

        async def place() -> int:
            script = f"[...document.querySelectorAll('{ROWS}')].findIndex(r => r.matches('.selected'))"
            return int(await page.evaluate(script))

        for key, at in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1)):
            await page.keyboard.press(key)
            await page.wait_for_selector(chosen)
            assert await place() == at, key
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".verdict")
        opened = page.url
        assert "/requests/req_" in opened
        await page.keyboard.press("j")  # the next one takes its place
        await until(page, f"location.href != '{opened}'")
        await page.keyboard.press("Escape")
        await page.wait_for_selector(".detail", state="detached")
        await page.keyboard.press("p")
        await page.wait_for_selector("text=Paused")
        await page.keyboard.press("p")
        await page.keyboard.press("?")
        await page.wait_for_selector("dialog dd:has-text('Copy as curl')")
        await page.keyboard.press("Escape")
        await page.keyboard.press("f")
        await page.wait_for_selector("text=Nothing matches status:error")
        await page.keyboard.press("f")
        await page.wait_for_selector(ROWS)


async def test_the_list_keeps_its_place(board: Dashboard) -> None:
    await put(board, *(record(1000 + number) for number in range(300)))
    async with window(board, "/requests") as page:
        top = "document.querySelector('.requests-list').scrollTop"
        await page.wait_for_selector(ROWS)
        await page.evaluate(f"{top} = 2000")
        await page.wait_for_timeout(200)
        seen = "[...document.querySelectorAll('.requests-list tbody tr:not(.space)')].map(r => r.id || \
r.querySelector('a').getAttribute('href')).find((_, at, all) => document.querySelectorAll(\
'.requests-list tbody tr:not(.space)')[at].getBoundingClientRect().top > 300)"
        before = await page.evaluate(seen)
        for number in range(3):
            await send(board, CHAT, said(f"say: new {number}"))
        await page.wait_for_selector("text=3 new requests")
        assert await page.evaluate(seen) == before
        await page.click(".fresh")
        await until(page, f"{top} == 0 && !document.querySelector('.fresh')")


async def test_many_rows_stay_light(board: Dashboard) -> None:
    await put(board, *(record(1000 + number) for number in range(1500)))
    async with window(board, "/requests") as page:
        await page.wait_for_selector(ROWS)
        box = "document.querySelector('.requests-list')"
        async with asyncio.timeout(20):
            while await page.evaluate(f"{box}.scrollHeight") < 1500 * 34:
                await page.evaluate(f"{box}.scrollTop = {box}.scrollHeight")
                await asyncio.sleep(0.05)
        assert await page.locator(ROWS).count() < 80
        await page.evaluate(f"{box}.scrollTop = {box}.scrollHeight")
        last = f"a[href$='{1499 + 1000:032x}']"
        await page.wait_for_selector(last)


# Every code that has a way out, and what is found there.
WAYS = {
    "not_signed_in": "/welcome",
    "no_copilot_seat": "/settings#account",
    "quota_exceeded": "/usage",
    "user_model_rate_limited": "/usage",
    "model_not_supported": "/catalog",
    "model_max_prompt_tokens_exceeded": "/catalog?q=gpt-4.1",
    "approval_timeout": "/settings?q=manual_approval",
    "upstream_unreachable": "/settings?q=use_system_proxy",
    "upstream_silent": "/settings?q=read_timeout",
    "api_version_retired": "/settings?q=editor_version",
    "rate_limit_exceeded": "/settings?q=rate_limit",
    "request_too_large": "/settings?q=max_body_mb",
}


async def test_failures_lead_to_what_helps(board: Dashboard) -> None:
    own = ("rate_limit_exceeded", "request_too_large", "approval_timeout", "not_signed_in")
    for number, code in enumerate(WAYS):
        row = record(number, status=400, attempts=0 if code in own else 1)
        row.failed(code, f"This is {code}.")
        await put(board, row)
    async with window(board, "/requests") as page:
        for number, (code, way) in enumerate(WAYS.items()):
            await page.goto(f"{board.url}/requests/req_{number:032x}")
            verdict = page.locator(".verdict")
            await verdict.wait_for()
            assert f"This is {code}." in await verdict.inner_text()
            assert ("not sent" in await verdict.inner_text()) == (code in own), code
            assert await verdict.locator("a").get_attribute("href") == way
            if way.startswith("/settings?"):
                await verdict.locator("a").click()
                await page.wait_for_selector(f"[data-key*='{way.split('=')[1]}']")


HOSTILE = (
    "<script>window.hurt = 1</script>\n<img src=x onerror='window.hurt = 1'>\n"
    "\u202eright to left\u202c \u05d0\u05d1\u05d2\n[link](javascript:window.hurt=1)\n"
    "data:text/html,<script>window.hurt=1</script>\n\x1b[31mred\x00\n"
)


async def test_what_a_model_wrote_is_only_text(board: Dashboard) -> None:
    board.resident.record_bodies(1)
    path, body = asking("messages", f"say: {HOSTILE}")
    body["system"] = HOSTILE
    body["messages"][2]["content"][0]["content"] = HOSTILE
    evil = f"data:image/svg+xml;base64,{'PHN2Zz4='}"
    assert await send(board, path, body, HOSTILE.split("\n")[0]) == 200
    long = asking("messages", "y" * 20_000)[1]
    long["messages"].append({"role": "assistant", "content": f"![picture]({evil})"})
    long["messages"].append({"role": "user", "content": "say: " + "x" * 1_000_000})
    assert await send(board, path, long) == 200
    async with window(board, "/requests", size=(900, 600)) as page:
        for row in (1, 0):
            await page.goto(board.url + "/requests")
            await page.click(f"{ROWS} >> nth={row}")
            await page.wait_for_selector(".conversation .answer")
            for tab in ("Frames", "Raw", "Copy as", "What happened", "Conversation"):
                await page.click(f"[role=tab]:has-text('{tab}')")
                await page.wait_for_timeout(150)
                assert not await overflows(page), tab
            for fold in await page.locator(".detail details summary").all():
                await fold.click()
            if row == 1:
                assert "<script>window.hurt = 1</script>" in await page.inner_text(".answer .words")
                assert await page.locator(".conversation a, .conversation script").count() == 0
                assert await page.locator(".conversation img").count() == 1  # the one that was sent
        assert await page.evaluate("window.hurt") is None
        lengths = "[...document.querySelectorAll('.message.user .words')].map(p => p.textContent.length)"
        assert max(await page.evaluate(lengths)) < 10_000
        await page.click(".message.user >> text=Show all 20,000")
        assert max(await page.evaluate(lengths)) == 20_000
        assert not await overflows(page)


async def test_without_a_session_it_can_only_be_read(board: Dashboard, tasks: Tasks) -> None:
    board.resident.record_bodies(1)
    await send(board, CHAT, said("say: secret"))
    board.sim.state.rate = 20
    tasks.start(send(board, CHAT, said("write 400 words") | {"stream": True}), "a slow stream")
    async with window(board, "/requests", session=False) as page:
        assert await page.locator("text=Export").count() == 0
        await page.wait_for_selector(f"{ROWS}.running")
        assert await page.locator(f"{ROWS}.running button").is_disabled()
        await open_newest(page)
        await page.click("[role=tab]:has-text('Conversation')")
        assert "jumpseat open" in await page.inner_text(".detail .empty")
        assert "secret" not in await page.inner_text("body")
        assert await serious(page) == []


async def test_the_list_comes_back_after_a_restart_of_the_proxy(
    sim: SimulatedCopilot, tmp_path: Path
) -> None:
    from dashboard import dashboard
    from ui_browser import port_free

    config = f"[server]\nport = {port_free()}\n"
    async with (
        dashboard(sim, tmp_path / "home", config=config) as board,
        window(board, "/requests", may_fail=True) as page,
    ):
        await page.wait_for_selector("text=No requests yet")
        await board.resident.restart()
        await send(board, CHAT, said("say: anew"))
        await page.wait_for_selector(ROWS, timeout=15_000)
        await send(board, CHAT, said("say: and again"))
        await until(page, f"document.querySelectorAll('{ROWS}').length == 2")
