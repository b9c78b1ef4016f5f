"""The demo's made-up week and its live traffic."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.harness import running
from tray_app import demo
from tray_app.demo import live
from tray_app.demo.week import past_week
from tray_app.history.record import Record
from tray_app.history.sessions import SessionQuery, list_sessions
from tray_app.proxy.noting import quota_forecast, quota_history
from tray_app.simulated import SimulatedCopilot

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


def week() -> list[Record]:
    return past_week(NOW, random.Random(1))


def test_the_week_could_be_true() -> None:
    rows = week()
    assert len(rows) > 300
    assert len({row.client for row in rows}) >= 3
    assert all(NOW - timedelta(days=8) < row.started_at < NOW for row in rows)
    assert all(row.usage.cached_tokens <= row.usage.input_tokens for row in rows if row.usage.input_tokens)
    assert 0 < sum(row.error is not None for row in rows) < len(rows) / 10
    agents = sum(row.initiator == "agent" for row in rows)
    assert agents > len(rows) / 2  # tool turns outnumber prompts


def test_it_is_in_order_and_every_failure_says_why() -> None:
    rows = week()
    assert [row.started_at for row in rows] == sorted(row.started_at for row in rows)
    assert all(row.error_message for row in rows if row.error is not None)


async def test_it_is_shown_and_was_not_served_by_this_run(sim: SimulatedCopilot, tmp_path: Path) -> None:
    async with running(sim, tmp_path) as jumpseat:
        rows = past_week(datetime.now(UTC), random.Random(1))
        for row in rows:
            jumpseat.seat.history.keep(row)
        shown = (await jumpseat.get("/api/requests?limit=50")).json
        assert shown["requests"][0]["id"] == rows[-1].id
        assert shown["next_cursor"]
        sessions, _ = await jumpseat.seat.history.read(list_sessions, SessionQuery(), 50, None)
        assert any(session["prompts"] > 1 for session in sessions)
        assert any(session["branches"] for session in sessions)
        assert any(session["title"] for session in sessions)
        said = (await jumpseat.get("/api/requests?q=lines%20test")).json["requests"]
        assert all(row["captured"] for row in said)
        assert (await jumpseat.get("/health")).json["requests_served"] == 0


async def test_the_quota_was_used_up_little_by_little(sim: SimulatedCopilot, tmp_path: Path) -> None:
    sim.account().quota.remaining = 900.0
    async with running(sim, tmp_path) as jumpseat:
        await demo.seed(jumpseat.seat, random.Random(1))
        readings = await quota_history(jumpseat.seat)
        leading = jumpseat.seat.quota.leading()
        left = [one.remaining for one in readings if one.sku == leading.sku]
        assert len(left) > 80
        assert left == sorted(left, reverse=True)
        forecast = await quota_forecast(jumpseat.seat)
        assert forecast.per_day > 0
        # Answers tell the same allowance under another name; the pace stays what it was.
        other = "UPDATE quota SET sku = 'premium_models' WHERE sku = 'premium_interactions'"
        await jumpseat.seat.history.write(lambda connection: connection.execute(other) and None)
        after = await quota_forecast(jumpseat.seat)
        assert after.per_day == pytest.approx(forecast.per_day, rel=0.02)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr(live, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(live, "_TURN_PAUSES", (0.0, 0.0))


async def test_live_traffic_behaves_like_coding_tools(
    sim: SimulatedCopilot, tmp_path: Path, hurried: None
) -> None:
    async with running(sim, tmp_path) as jumpseat:
        records = jumpseat.seat.records
        traffic = demo.trickle(lambda: jumpseat.url, random.Random(2), sim.faults)
        going = asyncio.get_running_loop().create_task(traffic)
        async with asyncio.timeout(30):
            while not _covers(records.all()):
                await asyncio.sleep(0.02)
                assert not going.done()
        going.cancel()
        rows = records.all()
        assert sum(row.initiator == "agent" for row in rows) > len(rows) / 3
        assert all(row.session_id for row in rows)
        assert {row.status for row in rows} <= {200, 429, None}


def _covers(rows: list[Record]) -> bool:
    """Every dialect, a retry, a limit, a broken stream."""
    dialects = {row.dialect for row in rows}
    errors = {row.error for row in rows if row.error}
    return (
        dialects == {"chat", "messages", "responses"}
        and any(row.attempts > 1 and row.error is None for row in rows)
        and errors == {"user_model_rate_limited", "upstream_broken"}
    )
