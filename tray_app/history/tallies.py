"""Sums over requests: the same columns for half hours, sessions and whole periods.

What was not reported is left out: a sum is None when nothing reported that figure.
"""

import sqlite3
from collections.abc import Callable, Sequence
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
# The tables of sums: what each keeps apart beside the half hour, and the same as it is in the rows.
_FACET, _STATUS = "k.facet", "ifnull(k.status, 0)"
_TABLES: dict[str, dict[str, str]] = {
    "slots": {"facet": _FACET},
    "statuses": {"status": _STATUS},
    "facet_statuses": {"facet": _FACET, "status": _STATUS},
}
_READY = (*_TABLES, "spread", "facet_spread")


def _adding(table: str) -> str:
    keys = ", ".join(("slot", *_TABLES[table]))
    marks = ", ".join("?" * (1 + len(_TABLES[table]) + len(SUMS)))
    return (
        f"INSERT INTO {table} ({keys}, {', '.join(SUMS)}) VALUES ({marks}) "
        f"ON CONFLICT ({keys}) DO UPDATE SET {ADDED}"
    )


_ADD = {table: _adding(table) for table in _TABLES}
Times = Sequence[float | None]  # the duration and the time to first byte, in milliseconds


class Batch:
    """The sums of a batch of rows, added to the tables at its end."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[tuple[int, ...], Sums]] = {table: {} for table in _TABLES}
        self._spread: dict[tuple[int, int], list[int]] = {}  # by slot and facet

    def add(self, started_ms: int, facet: int, status: int | None, sums: Sums, times: Times) -> None:
        slot = started_ms // SLOT_MS
        apart = {"facet": facet, "status": status or 0}
        for table, keys in _TABLES.items():
            key = (slot, *(apart[name] for name in keys))
            add(self._sums[table].setdefault(key, nothing()), sums)
        self.add_times(slot, facet, times)

    def add_times(self, slot: int, facet: int, times: Times) -> None:
        both = self._spread.setdefault((slot, facet), [0, 0])
        for what, ms in enumerate(times):
            if ms is not None:
                both[what] += spread.one(ms)

    def write(self, connection: sqlite3.Connection) -> None:
        for table, rows in self._sums.items():
            connection.executemany(_ADD[table], ((*key, *sums) for key, sums in rows.items()))
        whole: dict[int, list[int]] = {}
        for (slot, facet), new in self._spread.items():
            for what, counts in enumerate(new):
                whole.setdefault(slot, [0, 0])[what] += counts
            row = connection.execute(
                "SELECT latency, ttfb FROM facet_spread WHERE slot = ? AND facet = ?", (slot, facet)
            ).fetchone()
            both = _grown(row, new, spread.unsqueezed, spread.squeezed)
            connection.execute(
                "INSERT OR REPLACE INTO facet_spread VALUES (?, ?, ?, ?)", (slot, facet, *both)
            )
        for slot, new in whole.items():
            row = connection.execute("SELECT latency, ttfb FROM spread WHERE slot = ?", (slot,)).fetchone()
            both = _grown(row, new, spread.unpacked, spread.packed)
            connection.execute("INSERT OR REPLACE INTO spread VALUES (?, ?, ?)", (slot, *both))


def _grown(
    row: Sequence[bytes] | None,
    new: Sequence[int],
    read: Callable[[bytes], int],
    write: Callable[[int], bytes],
) -> list[bytes]:
    return [write((read(row[what]) if row else 0) + counts) for what, counts in enumerate(new)]


def count_again(connection: sqlite3.Connection, slot: int) -> None:
    """Make one half hour's sums from its rows, after some of them were deleted."""
    for table in _READY:
        connection.execute(f"DELETE FROM {table} WHERE slot = ?", (slot,))
    _count(connection, slot * SLOT_MS, (slot + 1) * SLOT_MS)


def count_all_again(connection: sqlite3.Connection) -> None:
    """Make all of them from the rows."""
    for table in _READY:
        connection.execute(f"DELETE FROM {table}")
    first, last = connection.execute("SELECT min(started_ms), max(started_ms) FROM requests").fetchone()
    if first is None:
        return
    day = 48 * SLOT_MS  # so many sums are held at once
    for start in range(first // day * day, last + 1, day):
        _count(connection, start, start + day)


def _count(connection: sqlite3.Connection, start: int, end: int) -> None:
    """The sums of the half hours of a stretch of time, which has none yet."""
    for table, keys in _TABLES.items():
        numbers = ", ".join(str(at + 1) for at in range(1 + len(keys)))
        connection.execute(
            f"INSERT INTO {table} (slot, {', '.join(keys)}, {', '.join(SUMS)}) "
            f"SELECT r.started_ms / {SLOT_MS}, {', '.join(keys.values())}, {FROM_ROWS} "
            f"FROM {ROWS} WHERE r.started_ms >= ? AND r.started_ms < ? GROUP BY {numbers}",
            (start, end),
        )
    batch = Batch()
    for slot, facet, *times in connection.execute(
        f"SELECT r.started_ms / {SLOT_MS}, k.facet, r.duration_ms, r.ttfb_ms FROM {ROWS} "
        "WHERE r.started_ms >= ? AND r.started_ms < ?",
        (start, end),
    ):
        batch.add_times(slot, facet, times)
    batch.write(connection)
