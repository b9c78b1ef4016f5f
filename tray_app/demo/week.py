"""PURE. A week of history that could be true, for the demo: made up, from a fixed seed.

It goes through the same writer as the real thing; what was said in the latest sessions is there as well,
as if capture had been on. The last working day ends now, whatever the time of day.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tray_app.demo.habits import CLAUDE_SONNET, CODEX_GPT, CODEX_OPUS, HABITS, OPEN_GPT, Habit
from tray_app.demo.scenes import SCENES
from tray_app.demo.session import Accident, Session
from tray_app.history.noted import Reading
from tray_app.history.record import Record

_DAYS = 7
_STEP = timedelta(minutes=40)  # between two readings of the quota
# The sessions that were captured: minutes ago, tool, project, what goes wrong in it.
_TODAY: tuple[tuple[float, Habit, str, Accident | None], ...] = (
    (205, CLAUDE_SONNET, "/home/demo/bakery", Accident.CACHE_LOST),
    (128, CODEX_OPUS, "/home/demo/tide-tables", Accident.CANCELLED),
    (66, OPEN_GPT, "/home/demo/seed-library", Accident.RATE_LIMITED),
    (24, CODEX_GPT, "/home/demo/bakery", Accident.BROKEN),
    (9, CLAUDE_SONNET, "/home/demo/tide-tables", Accident.TOO_LONG),
)


def past_week(now: datetime, rng: random.Random) -> list[Record]:
    """Requests before `now`, oldest first."""
    rows = [row for days in range(_DAYS) for row in _day(now, days, rng)]
    for minutes, habit, project, accident in _TODAY:
        start = now - timedelta(minutes=minutes)
        rows += Session(habit, project, start, rng, is_captured=True).rows(SCENES[project], accident)
    return sorted((row for row in rows if _end(row) < now), key=lambda row: row.started_at)


def _day(now: datetime, days_ago: int, rng: random.Random) -> Iterator[Record]:
    """Nine hours that end at this time of day; on a weekend hardly anything."""
    end = now - timedelta(days=days_ago)
    is_free = end.weekday() >= 5 and days_ago > 0
    for _ in range(rng.randint(1, 3) if is_free else rng.randint(9, 13)):
        habit = rng.choices(HABITS, [habit.weight for habit in HABITS])[0]
        project, scenes = rng.choice(list(SCENES.items()))
        start = end - timedelta(hours=rng.triangular(0.8, 9, 4))
        some = rng.sample(scenes, rng.randint(1, len(scenes)))
        yield from Session(habit, project, start, rng).rows(some, _bad_luck(rng))


def _bad_luck(rng: random.Random) -> Accident | None:
    return rng.choice(tuple(Accident)) if rng.random() < 0.4 else None


def _end(row: Record) -> datetime:
    return row.started_at + timedelta(milliseconds=row.duration_ms or 0)


def past_readings(rows: Sequence[Record], left: Reading, period_start: datetime | None) -> list[Reading]:
    """What was left of an allowance through the week before `left`, by what these requests were billed."""
    if left.remaining is None or not rows:
        return []
    spent = [(row.started_at, (row.usage.nano_aiu or 0) / 1e9) for row in rows]
    begin = max(spent[0][0], period_start) if period_start else spent[0][0]
    found, at, remaining = [], left.at - _STEP, left.remaining
    while at > begin:
        while spent and spent[-1][0] > at:
            remaining += spent.pop()[1]
        percent = round(100 * remaining / left.entitlement, 1) if left.entitlement else None
        found.append(replace(left, at=at, remaining=round(remaining, 1), percent_remaining=percent))
        at -= _STEP
    found.reverse()
    return [one for one in found if left.entitlement is None or (one.remaining or 0) <= left.entitlement]
