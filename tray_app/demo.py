"""What makes the demo look lived in: a week of history, and a little live traffic, which the simulated
Copilot answers and bills.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle

import aiohttp

from tray_app.demo_habits import HABITS, Habit
from tray_app.demo_week import past_readings, past_week
from tray_app.history.noted import keep_readings
from tray_app.proxy.noting import readings_now
from tray_app.proxy.seat import Seat

_FIRST_PAUSE = 20.0  # seconds until the first live request
_PAUSES = (6.0, 25.0)  # seconds between two of them


async def trickle(url: Callable[[], str], rng: random.Random) -> None:
    """Now and then a small request through the proxy, while it has an address, until cancelled."""
    await asyncio.sleep(_FIRST_PAUSE)
    async with aiohttp.ClientSession() as http:
        for habit in cycle(rng.sample(HABITS, len(HABITS))):
            with contextlib.suppress(aiohttp.ClientError):  # stopped by hand just now
                if base := url():
                    await _ask(http, base, habit, rng)
            await asyncio.sleep(rng.uniform(*_PAUSES))


async def seed(seat: Seat, rng: random.Random) -> None:
    """A week of requests and of readings of the quota, up to now."""
    for record in past_week(datetime.now(UTC), rng):
        seat.history.keep(record)
    await seat.quota.refresh()
    for left in readings_now(seat):
        await seat.history.write(keep_readings, past_readings(left.at, left))


async def _ask(http: aiohttp.ClientSession, base: str, habit: Habit, rng: random.Random) -> None:
    headers, body = {"User-Agent": habit.user_agent}, habit.body(f"write {rng.randint(20, 160)} words")
    async with http.post(base + habit.path, json=body, headers=headers) as answer:
        await answer.read()
