"""The demo's made-up week and its live traffic."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.harness import running
from tray_app import demo
from tray_app.history.store import Query, Records
from tray_app.simulated import SimulatedCopilot

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


def seeded() -> Records:
    records = Records()
    demo.seed_week(records, NOW, random.Random(1))
    return records


def test_the_week_could_be_true() -> None:
    rows = seeded().all()
    assert len(rows) > 300
    assert len({row.client for row in rows}) >= 3
    assert all(NOW - timedelta(days=8) < row.started_at < NOW for row in rows)
    assert all(row.usage.cached_tokens <= row.usage.input_tokens for row in rows if row.error is None)
    assert 0 < sum(row.error is not None for row in rows) < len(rows) / 10
    agents = sum(row.initiator == "agent" for row in rows)
    assert agents > len(rows) / 2  # tool turns outnumber prompts


def test_it_is_in_order_and_was_not_served_by_this_run() -> None:
    records = seeded()
    page, cursor = records.page(Query(), 50, None)
    assert [row.started_at for row in page] == sorted((row.started_at for row in page), reverse=True)
    assert cursor
    assert records.served == 0


async def test_live_traffic_goes_through_the_proxy(
    sim: SimulatedCopilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr(demo, "_PAUSES", (0.0, 0.0))
    async with running(sim, tmp_path) as jumpseat:
        live = asyncio.get_running_loop().create_task(demo.trickle(jumpseat.url, random.Random(1)))
        async with asyncio.timeout(10):
            while len(jumpseat.seat.records.all()) < 5:
                await asyncio.sleep(0.01)
        live.cancel()
    assert {entry.status for entry in sim.ledger} == {200}
    assert {row.dialect for row in jumpseat.seat.records.all()} == {"chat", "messages", "responses"}
