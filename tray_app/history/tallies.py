"""Sums over requests: the same columns for half hours, sessions and whole periods.

What was not reported is left out: a sum is None when nothing reported that figure.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from tray_app.history import spread
from tray_app.history.record import TOKEN_FIELDS, Record
from tray_app.history.schema import SLOT_MS

COUNTS = (
    "requests",
    "failed_requests",
    "cancelled_requests",
    "user_initiated",
    "agent_initiated",
    "retried_attempts",
)
# `cacheable_tokens`: the prompts of those requests that told how much of them was cached.
SUMS = (*COUNTS, *TOKEN_FIELDS, "cacheable_tokens")
_N_COUNTS = len(COUNTS)
Sums = list[int | None]

SUMMED = ", ".join(f"sum({name})" for name in SUMS)
# The same from the rows themselves, of `requests r JOIN kinds k`.
FROM_ROWS = ", ".join(
    [
        "count(*)",
        "sum(k.error IS NOT NULL AND NOT k.cancelled)",
        "sum(k.cancelled)",
        "sum(k.initiator IS 'user')",
        "sum(k.initiator IS 'agent')",
        "sum(max(r.attempts - 1, 0))",
        *(f"sum(r.{name})" for name in TOKEN_FIELDS),
        "sum(CASE WHEN r.cached_tokens IS NOT NULL THEN r.input_tokens END)",
    ]
)
ROWS = "requests r JOIN kinds k ON k.id = r.kind"


def is_failed(record: Record) -> bool:
    return record.error is not None and not record.cancelled


def of_record(record: Record) -> Sums:
    usage = record.usage
    return [
        1,
        int(is_failed(record)),
        int(record.cancelled),
        int(record.initiator == "user"),
        int(record.initiator == "agent"),
        max(record.attempts - 1, 0),
        *(getattr(usage, name) for name in TOKEN_FIELDS),
        usage.input_tokens if usage.cached_tokens is not None else None,
    ]


def nothing() -> Sums:
    return [*(0 for _ in COUNTS), *(None for _ in SUMS[_N_COUNTS:])]


def add(total: Sums, more: Sequence[int | None]) -> None:
    """Add `more` to `total`, in place."""
    for at, value in enumerate(more):
        if value is not None:
            total[at] = (total[at] or 0) + value


def as_json(sums: Sequence[int | None]) -> dict[str, Any]:
    """Totals as the pages know them."""
    named: dict[str, Any] = {
        name: (value or 0) if at < _N_COUNTS else value
        for at, (name, value) in enumerate(zip(SUMS, sums, strict=True))
    }
    cacheable, cached = named.pop("cacheable_tokens"), named["cached_tokens"]
    named["cache_hit_rate"] = round(cached / cacheable, 4) if cacheable and cached is not None else None
    return named


def _added(name: str) -> str:
    return (
        f"{name} = CASE WHEN excluded.{name} IS NULL THEN {name} ELSE ifnull({name}, 0) + excluded.{name} END"
    )


ADDED = ", ".join(_added(name) for name in SUMS)
_MARKS = ", ".join("?" for _ in SUMS)


def _adding(table: str, key: str) -> str:
    return (
        f"INSERT INTO {table} (slot, {key}, {', '.join(SUMS)}) VALUES (?, ?, {_MARKS}) "
        f"ON CONFLICT (slot, {key}) DO UPDATE SET {ADDED}"
    )


_ADD_SLOT, _ADD_STATUS = _adding("slots", "facet"), _adding("statuses", "status")


class Batch:
    """The sums of a batch of rows, added to the tables at its end."""

    def __init__(self) -> None:
        self._slots: dict[tuple[int, int], Sums] = {}
        self._statuses: dict[tuple[int, int], Sums] = {}
        self._spread: dict[int, list[int]] = {}

    def add(
        self, started_ms: int, facet: int, status: int | None, sums: Sums, times: Sequence[float | None]
    ) -> None:
        """`times` are the duration and the time to first byte."""
        slot = started_ms // SLOT_MS
        add(self._slots.setdefault((slot, facet), nothing()), sums)
        add(self._statuses.setdefault((slot, status or 0), nothing()), sums)
        self.add_times(slot, times)

    def add_times(self, slot: int, times: Sequence[float | None]) -> None:
        both = self._spread.setdefault(slot, [0, 0])
        for what, ms in enumerate(times):
            if ms is not None:
                both[what] += spread.one(ms)

    def write(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_ADD_SLOT, ((*key, *sums) for key, sums in self._slots.items()))
        connection.executemany(_ADD_STATUS, ((*key, *sums) for key, sums in self._statuses.items()))
        for slot, new in self._spread.items():
            row = connection.execute("SELECT latency, ttfb FROM spread WHERE slot = ?", (slot,)).fetchone()
            old = row or (b"", b"")
            both = (
                spread.packed(spread.unpacked(before) + more) for before, more in zip(old, new, strict=True)
            )
            connection.execute("INSERT OR REPLACE INTO spread VALUES (?, ?, ?)", (slot, *both))


def count_again(connection: sqlite3.Connection, slot: int) -> None:
    """Make one half hour's sums from its rows, after some of them were deleted."""
    span = (slot * SLOT_MS, (slot + 1) * SLOT_MS)
    for table in ("slots", "statuses", "spread"):
        connection.execute(f"DELETE FROM {table} WHERE slot = ?", (slot,))
    for table, key, of_row in (("slots", "facet", "k.facet"), ("statuses", "status", "ifnull(k.status, 0)")):
        connection.execute(
            f"INSERT INTO {table} (slot, {key}, {', '.join(SUMS)}) SELECT ?, {of_row}, {FROM_ROWS} "
            f"FROM {ROWS} WHERE r.started_ms >= ? AND r.started_ms < ? GROUP BY {of_row}",
            (slot, *span),
        )
    batch = Batch()
    for times in connection.execute(
        "SELECT duration_ms, ttfb_ms FROM requests WHERE started_ms >= ? AND started_ms < ?", span
    ):
        batch.add_times(slot, times)
    batch.write(connection)
