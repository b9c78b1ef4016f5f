"""The made-up week goes into the history, with the readings of the quota that fit it."""

import asyncio
import random
from datetime import UTC, datetime

from tray_app.demo.week import past_readings, past_week
from tray_app.history.forecast import period_start
from tray_app.history.noted import keep_readings
from tray_app.proxy.noting import readings_now
from tray_app.proxy.seat import Seat


async def seed(seat: Seat, rng: random.Random) -> None:
    """A week of requests and of readings of the quota, up to now."""
    rows = await asyncio.to_thread(past_week, datetime.now(UTC), rng)
    for row in rows:
        seat.history.keep(row)
    await seat.quota.refresh()
    for left in readings_now(seat):
        if left.source == "quota":
            before = past_readings(rows, left, period_start(left.resets_at))
            await seat.history.write(keep_readings, before)
