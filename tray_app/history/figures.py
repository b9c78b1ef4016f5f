"""Statistics over any period: whole half hours from the ready sums, the ends of the period from the rows."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tray_app.history import spread, tallies
from tray_app.history.record import stamp
from tray_app.history.rows import moment_of, ms_of
from tray_app.history.schema import SLOT_MS

MAX_BUCKETS = 2_000
EXACT_ROWS = 10_000  # up to so many, percentiles come from the rows themselves
_DEAREST = 20
_LONG = SLOT_MS * 1_000_000  # one bucket of whole half hours, for what needs none
_BUCKET_FIGURES = ("requests", "failed_requests", "input_tokens", "output_tokens", "nano_aiu")


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, in milliseconds. `offset` shifts where buckets begin (local days)."""

    start: int
    end: int
    bucket: int
    offset: int = 0
    model: str | None = None
    client: str | None = None

    @classmethod
    def of(cls, start: datetime, end: datetime, bucket: timedelta, **more: Any) -> "Period":
        return cls(ms_of(start), ms_of(end), round(bucket.total_seconds() * 1000), **more)

    @property
    def first_bucket(self) -> int:
        return (self.start + self.offset) // self.bucket * self.bucket - self.offset

    def bucket_of(self, ms: int) -> int:
        return (ms - self.first_bucket) // self.bucket

    @property
    def bucket_starts(self) -> list[int]:
        count = min(MAX_BUCKETS, -((self.first_bucket - self.end) // self.bucket))
        return [self.first_bucket + self.bucket * at for at in range(count)]

    @property
    def fits_slots(self) -> bool:
        """Whether every bucket is made of whole half hours."""
        return self.bucket % SLOT_MS == 0 and self.first_bucket % SLOT_MS == 0

    def spans(self, newest: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
        """Slots [first, last) that lie inside, and the pieces of time beside them. Nothing began after
        `newest`, so a half hour that is still open is whole for us."""
        first = -(-self.start // SLOT_MS)
        last = self.end // SLOT_MS if self.end <= newest else -(-self.end // SLOT_MS)
        if first >= last:
            return (0, 0), [(self.start, self.end)]
        pieces = [(self.start, first * SLOT_MS), (last * SLOT_MS, self.end)]
        return (first, last), [(a, b) for a, b in pieces if a < b]


@dataclass(slots=True)
class _Bucket:
    """Sums and latencies of one stretch of time."""

    sums: tallies.Sums
    by_model: dict[str, tallies.Sums]
    by_client: dict[str, tallies.Sums]
    by_dialect: dict[str, tallies.Sums]
    spreads: list[int]

    @classmethod
    def empty(cls) -> "_Bucket":
        return cls(tallies.nothing(), {}, {}, {}, [0, 0])

    def add(self, model: str, client: str, dialect: str, sums: Sequence[int | None]) -> None:
        tallies.add(self.sums, sums)
        groups = (self.by_model, model), (self.by_client, client), (self.by_dialect, dialect)
        for group, name in groups:
            tallies.add(group.setdefault(name, tallies.nothing()), sums)


def stats(connection: sqlite3.Connection, period: Period) -> dict[str, Any]:
    """The body of `/api/stats` but for what needs the catalog. Raises sqlite3.Error."""
    newest = newest_of(connection)
    filled = _filled(connection, period, newest)
    whole = _joined(filled)
    latency, ttfb, approximate = _percentiles(connection, period, whole)
    groups = {
        "by_model": whole.by_model,
        "by_client": whole.by_client,
        "by_dialect": whole.by_dialect,
        "by_status": _by_status(connection, period, newest),
    }
    return {
        "from": stamp(moment_of(period.start)),
        "to": stamp(moment_of(period.end)),
        "bucket_seconds": period.bucket / 1000,
        **tallies.as_json(whole.sums),
        **{
            name: {key: tallies.as_json(sums) for key, sums in sorted(group.items())}
            for name, group in groups.items()
        },
        "by_session": by_session(connection, period),
        "buckets": _shown(period, filled),
        "latency_ms": latency,
        "ttfb_ms": ttfb,
        "percentiles": "approximate" if approximate else "exact",
    }


@dataclass(frozen=True, slots=True)
class Day:
    """A period's buckets and its percentiles."""

    buckets: list[dict[str, Any]]
    latency_ms: dict[str, float | None]
    ttfb_ms: dict[str, float | None]


def day(connection: sqlite3.Connection, period: Period) -> Day:
    """Less than `stats`: what a chart of the period needs."""
    filled = _filled(connection, period, newest_of(connection))
    latency, ttfb, _ = _percentiles(connection, period, _joined(filled))
    return Day(_shown(period, filled), latency, ttfb)


def by_model(connection: sqlite3.Connection, start: datetime, end: datetime) -> dict[str, tallies.Sums]:
    """Sums for each model."""
    period = Period(ms_of(start), ms_of(end), _LONG)
    found: dict[str, tallies.Sums] = {}
    for _, model, _, _, sums in _sums(connection, period, newest_of(connection)):
        tallies.add(found.setdefault(model, tallies.nothing()), sums)
    return found


def totals(connection: sqlite3.Connection, start: datetime, end: datetime) -> dict[str, Any]:
    """Only the totals."""
    total = tallies.nothing()
    for sums in by_model(connection, start, end).values():
        tallies.add(total, sums)
    return tallies.as_json(total)


def newest_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT ifnull(max(started_ms), 0) FROM requests").fetchone()[0])


# --- buckets ------------------------------------------------------------------------------------------


def _filled(connection: sqlite3.Connection, period: Period, newest: int) -> list[_Bucket]:
    """One entry for each bucket, empty ones too."""
    filled = [_Bucket.empty() for _ in period.bucket_starts]
    for at, model, client, dialect, sums in _sums(connection, period, newest):
        if 0 <= at < len(filled):
            filled[at].add(model, client, dialect, sums)
    for at, what, counts in _spreads(connection, period, newest):
        if 0 <= at < len(filled):
            filled[at].spreads[what] += counts
    return filled


def _joined(buckets: Sequence[_Bucket]) -> _Bucket:
    whole = _Bucket.empty()
    for bucket in buckets:
        tallies.add(whole.sums, bucket.sums)
        for mine, theirs in (
            (whole.by_model, bucket.by_model),
            (whole.by_client, bucket.by_client),
            (whole.by_dialect, bucket.by_dialect),
        ):
            for name, sums in theirs.items():
                tallies.add(mine.setdefault(name, tallies.nothing()), sums)
        for what, counts in enumerate(bucket.spreads):
            whole.spreads[what] += counts
    return whole


def _shown(period: Period, filled: Sequence[_Bucket]) -> list[dict[str, Any]]:
    """As the pages get them. Latencies are within 2 %."""
    return [
        {
            "start": stamp(moment_of(start)),
            **tallies.as_json(bucket.sums),
            "by_model": _brief(bucket.by_model),
            "by_client": _brief(bucket.by_client),
            "latency_ms": spread.percentiles(bucket.spreads[0], (50, 95)),
            "ttfb_ms": spread.percentiles(bucket.spreads[1], (50, 95)),
        }
        for start, bucket in zip(period.bucket_starts, filled, strict=True)
    ]


def _brief(groups: dict[str, tallies.Sums]) -> dict[str, Any]:
    at = [(figure, tallies.SUMS.index(figure)) for figure in _BUCKET_FIGURES]
    return {name: {figure: sums[index] for figure, index in at} for name, sums in groups.items()}


def _pieces(period: Period, newest: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """As `spans`, but everything from the rows when buckets cut half hours."""
    return period.spans(newest) if period.fits_slots else ((0, 0), [(period.start, period.end)])


def _filter(period: Period) -> tuple[str, list[str]]:
    where, values = "", []
    if period.model:
        where, values = " AND f.model = ?", [period.model]
    if period.client:
        where += " AND lower(f.client) = ?"
        values.append(period.client.lower())
    return where, values


def _of_facets(where: str) -> str:
    """The same for tables that know facets only."""
    return f" AND facet IN (SELECT id FROM facets f WHERE 1{where})" if where else ""


def _sums(
    connection: sqlite3.Connection, period: Period, newest: int
) -> Iterator[tuple[int, str, str, str, Sequence[int | None]]]:
    """Bucket, model, client, dialect, sums; the same may come more than once."""
    slots, pieces = _pieces(period, newest)
    where, values = _filter(period)
    first, size = period.first_bucket, period.bucket
    facets = {row[0]: row[1:] for row in connection.execute(
        f"SELECT id, model, client, dialect FROM facets f WHERE 1{where}", values)}  # fmt: skip
    for row in connection.execute(
        f"SELECT (slot * {SLOT_MS} - {first}) / {size}, facet, {tallies.SUMMED} FROM slots "
        f"WHERE slot >= ? AND slot < ?{_of_facets(where)} GROUP BY 1, 2",
        (*slots, *values),
    ):
        if (names := facets.get(row[1])) is not None:
            yield row[0], *names, row[2:]
    for piece in pieces:
        for row in connection.execute(
            f"SELECT (r.started_ms - {first}) / {size}, k.facet, {tallies.FROM_ROWS} FROM {tallies.ROWS} "
            "WHERE r.started_ms >= ? AND r.started_ms < ? GROUP BY 1, 2",
            piece,
        ):
            if (names := facets.get(row[1])) is not None:
                yield row[0], *names, row[2:]


def _by_status(connection: sqlite3.Connection, period: Period, newest: int) -> dict[str, tallies.Sums]:
    where, values = _filter(period)
    slots, pieces = period.spans(newest)
    found: dict[str, tallies.Sums] = {}
    sources: list[tuple[str, list[Any]]] = [
        (
            f"SELECT status, {tallies.SUMMED} FROM {'facet_statuses' if where else 'statuses'} "
            f"WHERE slot >= ? AND slot < ?{_of_facets(where)} GROUP BY status",
            [*slots, *values],
        )
    ]
    sources += [
        (
            f"SELECT ifnull(k.status, 0), {tallies.FROM_ROWS} "
            f"FROM {tallies.ROWS} JOIN facets f ON f.id = k.facet "
            f"WHERE r.started_ms >= ? AND r.started_ms < ?{where} GROUP BY 1",
            [*piece, *values],
        )
        for piece in pieces
    ]
    for select, bounds in sources:
        for status, *sums in connection.execute(select, bounds):
            tallies.add(found.setdefault(str(status) if status else "unknown", tallies.nothing()), sums)
    return found


# --- latencies ----------------------------------------------------------------------------------------


def _spreads(connection: sqlite3.Connection, period: Period, newest: int) -> Iterator[tuple[int, int, int]]:
    """Bucket, 0 for latency or 1 for the time to first byte, counts."""
    slots, pieces = _pieces(period, newest)
    where, values = _filter(period)
    table, read = ("facet_spread", spread.unsqueezed) if where else ("spread", spread.unpacked)
    for slot, *both in connection.execute(
        f"SELECT slot, latency, ttfb FROM {table} WHERE slot >= ? AND slot < ?{_of_facets(where)}",
        (*slots, *values),
    ):
        for what, data in enumerate(both):
            yield period.bucket_of(slot * SLOT_MS), what, read(data)
    for piece in pieces:
        for started, *times in _times(connection, period, piece):
            for what, ms in enumerate(times):
                if ms is not None:
                    yield period.bucket_of(started), what, spread.one(ms)


def _times(connection: sqlite3.Connection, period: Period, piece: tuple[int, int]) -> sqlite3.Cursor:
    where, values = _filter(period)
    if where:
        where = f" AND kind IN (SELECT k.id FROM kinds k JOIN facets f ON f.id = k.facet WHERE 1{where})"
    return connection.execute(
        "SELECT started_ms, duration_ms, ttfb_ms FROM requests INDEXED BY requests_time "
        f"WHERE started_ms >= ? AND started_ms < ?{where}",
        [*piece, *values],
    )


def _percentiles(
    connection: sqlite3.Connection, period: Period, whole: _Bucket
) -> tuple[dict[str, float | None], dict[str, float | None], bool]:
    """Latency, time to first byte, and whether they are approximate (within 2 %)."""
    if (whole.sums[0] or 0) > EXACT_ROWS:
        latency, ttfb = (spread.percentiles(counts) for counts in whole.spreads)
        return latency, ttfb, True
    rows = _times(connection, period, (period.start, period.end)).fetchall()
    latency, ttfb = (spread.exactly(row[at] for row in rows if row[at] is not None) for at in (1, 2))
    return latency, ttfb, False


# --- sessions -----------------------------------------------------------------------------------------


def by_session(connection: sqlite3.Connection, period: Period) -> dict[str, Any]:
    """The dearest sessions of the period, each with what it cost inside of it."""
    wholly = connection.execute(
        f"SELECT id, {', '.join(tallies.SUMS)} FROM sessions WHERE n IN ("
        "SELECT n FROM sessions WHERE last_ms >= ? AND last_ms < ? AND started_ms >= ? "
        "ORDER BY nano_aiu DESC, requests DESC LIMIT ?)",
        (period.start, period.end, period.start, _DEAREST),
    )
    found = {row[0]: list(row[1:]) for row in wholly}
    cut = connection.execute(
        "SELECT n, id FROM sessions WHERE started_ms < ? AND last_ms >= ? "
        "AND (started_ms < ? OR last_ms >= ?) "
        "ORDER BY nano_aiu DESC, requests DESC LIMIT 50",
        (period.end, period.start, period.start, period.end),
    ).fetchall()
    for n, id in cut:
        sums = connection.execute(
            f"SELECT {tallies.FROM_ROWS} FROM {tallies.ROWS} "
            "WHERE r.session = ? AND r.started_ms >= ? AND r.started_ms < ?",
            (n, period.start, period.end),
        ).fetchone()
        if sums[0]:
            found[id] = list(sums)
    cost: Callable[[str], tuple[int, int]] = lambda id: (  # noqa: E731
        found[id][tallies.SUMS.index("nano_aiu")] or 0,
        found[id][0] or 0,
    )
    return {id: tallies.as_json(found[id]) for id in sorted(found, key=cost, reverse=True)[:_DEAREST]}
