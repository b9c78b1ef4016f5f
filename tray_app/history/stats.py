"""Totals, percentiles and buckets over records. PURE. What was not reported is left out, never zero."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from tray_app.history.record import TOKEN_FIELDS, Record

MAX_BUCKETS = 2000


def totals(records: Iterable[Record]) -> dict[str, Any]:
    """Counts and token sums. A sum is None when no record reported that figure."""
    rows = list(records)
    initiators = [row.initiator for row in rows]
    usages = [row.usage for row in rows]
    counts: dict[str, Any] = {
        "requests": len(rows),
        "failed_requests": sum(is_failed(row) for row in rows),
        "cancelled_requests": sum(row.cancelled for row in rows),
        "user_initiated": initiators.count("user"),
        "agent_initiated": initiators.count("agent"),
    }
    for name, figure in _FIGURES:
        known = [value for value in map(figure, usages) if value is not None]
        counts[name] = sum(known) if known else None
    return counts


_FIGURES = tuple((name, attrgetter(name)) for name in TOKEN_FIELDS)


def is_failed(row: Record) -> bool:
    return row.error is not None and not row.cancelled


def stats(records: Sequence[Record], start: datetime, end: datetime, bucket: timedelta) -> dict[str, Any]:
    """The body of `/api/stats` over records that started in [start, end)."""
    rows = [row for row in records if start <= row.started_at < end]
    return {
        "from": _stamp(start),
        "to": _stamp(end),
        "bucket_seconds": bucket.total_seconds(),
        **totals(rows),
        "by_model": _group(rows, lambda row: row.model_served or row.model_requested),
        "by_client": _group(rows, lambda row: row.client),
        "by_dialect": _group(rows, lambda row: row.dialect),
        "by_status": _group(rows, lambda row: str(row.status) if row.status is not None else None),
        "buckets": _buckets(rows, start, end, bucket),
        "latency_ms": percentiles(row.duration_ms for row in rows),
        "ttfb_ms": percentiles(row.ttfb_ms for row in rows),
    }


def _group(rows: Sequence[Record], key: Callable[[Record], str | None]) -> dict[str, Any]:
    groups: dict[str, list[Record]] = {}
    for row in rows:
        groups.setdefault(key(row) or "unknown", []).append(row)
    return {name: totals(group) for name, group in sorted(groups.items())}


def _buckets(
    rows: Sequence[Record], start: datetime, end: datetime, bucket: timedelta
) -> list[dict[str, Any]]:
    filled: dict[int, list[Record]] = {}
    for row in rows:
        filled.setdefault((row.started_at - start) // bucket, []).append(row)
    count = min(MAX_BUCKETS, -((start - end) // bucket))
    return [{"start": _stamp(start + bucket * n), **totals(filled.get(n, ()))} for n in range(count)]


def percentiles(values: Iterable[float | None]) -> dict[str, float | None]:
    """Nearest-rank p50, p95 and p99; None without values."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return {"p50": None, "p95": None, "p99": None}
    return {f"p{p}": round(known[max(0, -(-len(known) * p // 100) - 1)], 1) for p in (50, 95, 99)}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
