"""Sums over requests: the same columns for half hours, sessions and whole periods.

What was not reported is left out: a sum is None when nothing reported that figure. Latencies are counted in
bins of a logarithmic scale, each 4 % wider than the one before, so that their middles are within 2 %.
"""

import math
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

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
# The same from the rows themselves, of `requests r JOIN kinds k JOIN facets f`.
FROM_ROWS = ", ".join(
    [
        "count(*)",
        "sum(f.failed)",
        "sum(f.cancelled)",
        "sum(f.initiator IS 'user')",
        "sum(f.initiator IS 'agent')",
        "sum(max(r.attempts - 1, 0))",
        *(f"sum(r.{name})" for name in TOKEN_FIELDS),
        "sum(CASE WHEN r.cached_tokens IS NOT NULL THEN r.input_tokens END)",
    ]
)
ROWS = "requests r JOIN kinds k ON k.id = r.kind JOIN facets f ON f.id = k.facet"


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
_ADD_SLOT = (
    f"INSERT INTO slots (slot, facet, {', '.join(SUMS)}) VALUES (?, ?, {_MARKS}) "
    f"ON CONFLICT (slot, facet) DO UPDATE SET {ADDED}"
)
_ADD_SPREAD = (
    "INSERT INTO spread (slot, what, bin, count) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (slot, what, bin) DO UPDATE SET count = count + excluded.count"
)


class Batch:
    """The sums of a batch of rows, added to the tables at its end."""

    def __init__(self) -> None:
        self._slots: dict[tuple[int, int], Sums] = {}
        self._spread: dict[tuple[int, int, int], int] = {}

    def add(self, started_ms: int, facet: int, sums: Sums, times: Iterable[float | None]) -> None:
        """`times` are the duration and the time to first byte."""
        slot = started_ms // SLOT_MS
        add(self._slots.setdefault((slot, facet), nothing()), sums)
        self.add_times(slot, times)

    def add_times(self, slot: int, times: Iterable[float | None]) -> None:
        for what, ms in enumerate(times):
            if ms is not None:
                key = slot, what, bin_of(ms)
                self._spread[key] = self._spread.get(key, 0) + 1

    def write(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_ADD_SLOT, ((*key, *sums) for key, sums in self._slots.items()))
        connection.executemany(_ADD_SPREAD, ((*key, count) for key, count in self._spread.items()))


def count_again(connection: sqlite3.Connection, slot: int) -> None:
    """Make one half hour's sums from its rows, after some of them were deleted."""
    span = (slot * SLOT_MS, (slot + 1) * SLOT_MS)
    connection.execute("DELETE FROM slots WHERE slot = ?", (slot,))
    connection.execute("DELETE FROM spread WHERE slot = ?", (slot,))
    connection.execute(
        f"INSERT INTO slots (slot, facet, {', '.join(SUMS)}) SELECT ?, k.facet, {FROM_ROWS} FROM {ROWS} "
        "WHERE r.started_ms >= ? AND r.started_ms < ? GROUP BY k.facet",
        (slot, *span),
    )
    batch = Batch()
    for times in connection.execute(
        "SELECT duration_ms, ttfb_ms FROM requests WHERE started_ms >= ? AND started_ms < ?", span
    ):
        batch.add_times(slot, times)
    batch.write(connection)


# --- percentiles ------------------------------------------------------------------------------------

_GROWTH = math.log(1.04)


def bin_of(ms: float) -> int:
    return max(0, math.floor(math.log(ms) / _GROWTH)) if ms >= 1 else 0


def middle_of(bin: int) -> float:
    return math.exp((bin + 0.5) * _GROWTH)


def percentiles(values: Iterable[float], wanted: Sequence[int] = (50, 95, 99)) -> dict[str, float | None]:
    """Nearest rank, exact; None without values."""
    known = sorted(values)
    if not known:
        return {f"p{p}": None for p in wanted}
    return {f"p{p}": round(known[max(0, -(-len(known) * p // 100) - 1)], 1) for p in wanted}


def spread_percentiles(
    bins: Sequence[tuple[int, int]], wanted: Sequence[int] = (50, 95, 99)
) -> dict[str, float | None]:
    """Of (bin, count) pairs in rising order: the middle of the bin that holds the rank."""
    total = sum(count for _, count in bins)
    found: dict[str, float | None] = {f"p{p}": None for p in wanted}
    seen = 0
    ranks = [(f"p{p}", max(1, -(-total * p // 100))) for p in wanted]
    for bin, count in bins:
        for name, rank in ranks:
            if seen < rank <= seen + count:
                found[name] = round(middle_of(bin), 1)
        seen += count
    return found
