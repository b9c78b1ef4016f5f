"""What is left of the quota is one number, wherever somebody looks: icon, menu, pages, API, command line."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest
from dashboard import Dashboard
from ui_browser import NEEDS_BROWSER, window

from tests.resident import environment
from tray_app.controls import AppState
from tray_app.desktop.icon_look import look_of
from tray_app.desktop.menu_status import quota_line, status_line
from tray_app.desktop.wording import ENGLISH
from tray_app.history.noted import Reading, keep_readings

CHAT = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "say: ok"}]}
SHARES = [(0.625, 63), (0.374, 37), (0.0, 0), (1.0, 100)]


async def settled(board: Dashboard, percent: float) -> AppState:
    """The state once the quota is read anew."""
    seat = board.resident._seat
    async with asyncio.timeout(10):
        while True:
            await board.page.post("/v1/chat/completions", CHAT)
            seat.quota._asked_mono = float("-inf")  # as a minute later
            await seat.quota.refresh()
            state = board.resident.state()
            if state.quota is not None and state.quota.percent_left == pytest.approx(percent, abs=0.15):
                return state
            await asyncio.sleep(0.02)


def left(board: Dashboard, share: float) -> None:
    quota = board.sim.account().quota
    quota.remaining = share * quota.plan.entitlement


async def said(board: Dashboard, *command: str) -> str:
    """What a command prints that finds this program by its port."""
    env = os.environ | environment(board.sim) | {
        "JUMPSEAT_HOME": str(board.paths.home),
        "JUMPSEAT_SERVER_PORT": board.url.rpartition(":")[2],
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tray_app", *command, env=env, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    return out.decode()


@pytest.mark.parametrize(("share", "shown"), SHARES)
async def test_icon_menu_and_answers_agree(board: Dashboard, share: float, shown: int) -> None:
    left(board, share)
    state = await settled(board, 100 * share)
    assert state.quota is not None
    assert look_of(state).ring == shown
    assert quota_line(state, ENGLISH).startswith(f"{shown} % left")
    usage = (await board.page.get("/usage")).json
    assert nearest(usage["quotas"][state.quota.sku]["percent_remaining"]) == shown
    health = (await board.page.get("/health")).json["quota"]
    assert health["quotas"] == usage["quotas"]
    assert (await board.page.get("/api/overview")).json["quota"]["quotas"] == usage["quotas"]


def nearest(percent: float) -> int:
    return int(percent + 0.5)


async def test_the_command_line_agrees(board: Dashboard) -> None:
    left(board, 0.374)
    state = await settled(board, 37.4)
    assert state.quota is not None
    exact = f"{state.quota.percent_left:.1f}"
    assert nearest(float(exact)) == look_of(state).ring == 37
    assert f"{exact} % left" in await said(board, "usage")
    assert f"{exact} % of the quota left" in await said(board, "status")


@NEEDS_BROWSER
async def test_the_pages_agree(board: Dashboard) -> None:
    left(board, 0.625)
    state = await settled(board, 62.5)
    assert look_of(state).ring == 63
    async with window(board, "/usage") as page:
        assert "63%" in await page.inner_text("header .quota-left")
        assert "63%" in await page.inner_text("main .figure >> nth=0")
        await page.goto(board.url + "/")
        await page.wait_for_selector("main .tile")
        assert "63%" in await page.inner_text("main")


def reading(state: AppState, days_ago: float, used: float, login: str | None) -> Reading:
    quota = state.quota
    assert quota is not None
    assert quota.remaining is not None
    return Reading(
        datetime.now(UTC) - timedelta(days=days_ago), "quota", quota.sku, login, quota.entitlement,
        quota.remaining + used, None, False, None,
    )  # fmt: skip


async def test_how_long_it_lasts_is_one_day_everywhere(board: Dashboard) -> None:
    """As much a day as is left for two days: menu and pages name the day after tomorrow."""
    left(board, 0.2)
    state = await settled(board, 20)
    assert state.quota is not None
    login = (await board.page.get("/usage")).json["login"]
    a_day = (state.quota.remaining or 0) / 2
    past = [reading(state, days, days * a_day, login) for days in (2.0, 1.0)]
    await board.resident._seat.history.write(keep_readings, past)
    outlook = board.resident._outlook
    outlook._made_mono = float("-inf")  # as ten minutes later
    await outlook.look()
    state = board.resident.state()
    assert state.quota is not None
    until = state.quota.lasts_until
    assert until is not None
    assert abs(until - datetime.now(UTC) - timedelta(days=2)) < timedelta(hours=2)
    forecast = (await board.page.get("/api/overview")).json["forecast"]
    told = datetime.fromisoformat(forecast["lasts_until"])
    assert abs(told - until) < timedelta(minutes=5)
    assert ENGLISH.day(until) in quota_line(state, ENGLISH)
    assert (await board.page.get("/api/state")).json["quota"]["lasts_until"] is not None


async def test_a_history_in_trouble_is_told_by_icon_menu_and_pages(
    board: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = board.resident._seat.history
    assert board.resident.state().trouble is None
    pages = await history.write(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    monkeypatch.setattr("tray_app.history.writing._AGAIN_SECONDS", 0.05)
    await history.write(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    async with asyncio.timeout(20):
        while board.resident.state().trouble is None:
            for number in range(20):
                await board.page.post("/v1/chat/completions", CHAT, x_session_id=f"session {number} " * 10)
    state = board.resident.state()
    assert state.trouble is not None
    assert (state.trouble.code, look_of(state).figure) == ("history", "trouble")
    assert status_line(state, ENGLISH) == "▲ The history has a problem"
    overview = (await board.page.get("/api/overview")).json
    assert overview["health"]["history_problem"] == state.trouble.message
    await history.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
    async with asyncio.timeout(10):
        while board.resident.state().trouble is not None:
            await asyncio.sleep(0.05)
