"""What is noted beside the requests: readings of the quota, and when each model was first seen."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tray_app.history.record import stamp
from tray_app.history.rows import moment_of, ms_of

_NEW = timedelta(days=14)
_MOST_READINGS = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One allowance at one moment. `source` is "quota" or "rate" (rolling limits); None is not known."""

    at: datetime
    source: str
    sku: str
    login: str | None
    entitlement: float | None
    remaining: float | None
    percent_remaining: float | None
    unlimited: bool
    resets_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "at": stamp(self.at),
            "remaining": self.remaining,
            "percent_remaining": self.percent_remaining,
            "entitlement": self.entitlement,
            "unlimited": self.unlimited,
            "reset_at": stamp(self.resets_at) if self.resets_at else None,
        }


def keep_readings(connection: sqlite3.Connection, readings: Iterable[Reading]) -> None:
    connection.executemany(
        "INSERT INTO quota VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (ms_of(one.at), one.source, one.sku, one.login, one.entitlement, one.remaining,
             one.percent_remaining, int(one.unlimited), ms_of(one.resets_at) if one.resets_at else None)
            for one in readings
        ],
    )  # fmt: skip


def readings_since(connection: sqlite3.Connection, start: datetime, login: str | None) -> list[Reading]:
    """Oldest first, of one account; of very many every so-manieth."""
    rows = connection.execute(
        "SELECT * FROM quota WHERE at_ms >= ? AND (login IS ? OR login IS NULL) ORDER BY at_ms",
        (ms_of(start), login),
    ).fetchall()
    step = len(rows) // _MOST_READINGS + 1
    return [_reading(row) for row in (rows[::step] if step == 1 else [*rows[::step], *rows[-1:]])]


def _reading(row: Sequence[Any]) -> Reading:
    resets = moment_of(row[8]) if row[8] is not None else None
    return Reading(moment_of(row[0]), row[1], row[2], row[3], row[4], row[5], row[6], bool(row[7]), resets)


def keep_models(connection: sqlite3.Connection, ids: Iterable[str], at: datetime) -> None:
    """Models seen in the catalog. Those of the very first look are not new to anybody."""
    first_look = connection.execute("SELECT 1 FROM models LIMIT 1").fetchone() is None
    connection.executemany(
        "INSERT OR IGNORE INTO models VALUES (?, ?, ?)", [(id, ms_of(at), int(first_look)) for id in ids]
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """`is_new`: it came into the catalog within the last two weeks."""

    first_seen: datetime | None = None
    is_new: bool = False
    used: int = 0
    last_used: datetime | None = None


def seen_models(connection: sqlite3.Connection, now: datetime) -> dict[str, Seen]:
    """What is known of each model by its id, from the catalog's past and from the requests."""
    used = {
        model: (count, last)
        for model, count, last in connection.execute(
            "SELECT ifnull(model_served, ''), sum(uses), max(last_ms) FROM kinds GROUP BY 1"
        )
    }
    rows = connection.execute("SELECT id, first_ms, from_start FROM models").fetchall()
    first = {id: (moment_of(ms), bool(from_start)) for id, ms, from_start in rows}
    found = {}
    for id in {*used, *first}:
        count, last = used.get(id, (0, 0))
        moment, from_start = first.get(id, (None, True))
        is_new = moment is not None and not from_start and now - moment < _NEW
        found[id] = Seen(moment, is_new, int(count), moment_of(last) if last else None)
    return found
