"""What the first page shows of the history: today, the days before, the last 24 hours."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tray_app.history import figures, sessions, tallies
from tray_app.history.record import stamp

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Summary:
    shown: dict[str, Any]
    week_by_model: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return self.shown


def summary(
    connection: sqlite3.Connection, now: datetime, offset: timedelta, period_start: datetime | None
) -> Summary:
    """`offset` is the time zone's, east of UTC; `period_start` is when the quota was last renewed."""
    local = now + offset
    today = local.replace(hour=0, minute=0, second=0, microsecond=0) - offset
    end = now + timedelta(seconds=1)

    def totals(start: datetime, until: datetime = end) -> dict[str, Any]:
        return figures.totals(connection, start, until)

    hours = figures.Period.of(
        now - _DAY, end, timedelta(hours=1), offset=round(offset.total_seconds() * 1000)
    )
    day = figures.day(connection, hours)
    shown = {
        "today": totals(today),
        "yesterday": totals(today - _DAY, today),
        "yesterday_so_far": totals(today - _DAY, now - _DAY),
        "period": totals(period_start) if period_start else None,
        "period_start": stamp(period_start) if period_start else None,
        "hours": day.buckets,
        "latency_ms": day.latency_ms,
        "ttfb_ms": day.ttfb_ms,
        "dearest_sessions": sessions.dearest(connection, today, 5),
    }
    week = figures.by_model(connection, now - 7 * _DAY, end)
    total = tallies.nothing()
    for sums in week.values():
        tallies.add(total, sums)
    named = {model: tallies.as_json(sums) for model, sums in week.items()}
    return Summary(shown | {"week": tallies.as_json(total)}, named)
