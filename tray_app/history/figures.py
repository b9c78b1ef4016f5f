"""Statistics over any period: whole half hours from the ready sums, the ends of the period from the rows."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tray_app.history import tallies
from tray_app.history.record import stamp
from tray_app.history.rows import moment_of, ms_of
from tray_app.history.schema import SLOT_MS

MAX_BUCKETS = 2_000
EXACT_ROWS = 10_000  # up to so many, percentiles come from the rows themselves
_DEAREST = 20
_FACET = "f.model, f.client, f.dialect, f.status"
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


def stats(connection: sqlite3.Connection, period: Period) -> dict[str, Any]:
    """The body of `/api/stats` but for what needs the catalog. Raises sqlite3.Error."""
    newest = newest_of(connection)
    total = tallies.nothing()
    by: list[dict[str, tallies.Sums]] = [{}, {}, {}, {}]
    for *names, sums in _by_facet(connection, period, newest):
        tallies.add(total, sums)
        for group, name in zip(by, names, strict=True):
            key = "unknown" if name is None else str(name)
            tallies.add(group.setdefault(key, tallies.nothing()), sums)
    times, approximate = _percentiles(connection, period, newest, total[0] or 0)
    return {
        "from": stamp(moment_of(period.start)),
        "to": stamp(moment_of(period.end)),
        "bucket_seconds": period.bucket / 1000,
        **tallies.as_json(total),
        **{
            f"by_{name}": {key: tallies.as_json(sums) for key, sums in sorted(group.items())}
            for name, group in zip(("model", "client", "dialect", "status"), by, strict=True)
        },
        "by_session": by_session(connection, period),
        "buckets": buckets(connection, period, newest),
        **times,
        "percentiles": "approximate" if approximate else "exact",
    }


def totals(connection: sqlite3.Connection, start: datetime, end: datetime) -> dict[str, Any]:
    """Only the totals."""
    total = tallies.nothing()
    for *_, sums in _by_facet(connection, Period.of(start, end, timedelta(days=1)), newest_of(connection)):
        tallies.add(total, sums)
    return tallies.as_json(total)


def by_model(connection: sqlite3.Connection, start: datetime, end: datetime) -> dict[str, tallies.Sums]:
    """Sums for each model."""
    found: dict[str, tallies.Sums] = {}
    period = Period.of(start, end, timedelta(days=1))
    for model, _client, _dialect, _status, sums in _by_facet(connection, period, newest_of(connection)):
        tallies.add(found.setdefault(model, tallies.nothing()), sums)
    return found


def latencies(connection: sqlite3.Connection, period: Period) -> dict[str, Any]:
    """`latency_ms` and `ttfb_ms` of the period."""
    count = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM requests WHERE started_ms >= ? AND started_ms < ? LIMIT ?)",
        (period.start, period.end, EXACT_ROWS + 1),
    ).fetchone()[0]
    return _percentiles(connection, period, newest_of(connection), count)[0]


def newest_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT ifnull(max(started_ms), 0) FROM requests").fetchone()[0])


def _filter(period: Period) -> tuple[str, list[str]]:
    where, values = "", []
    if period.model:
        where, values = " AND f.model = ?", [period.model]
    if period.client:
        where += " AND lower(f.client) = ?"
        values.append(period.client.lower())
    return where, values


def _by_facet(connection: sqlite3.Connection, period: Period, newest: int) -> Iterator[list[Any]]:
    """Lists of model, client, dialect, status, sums; the same names may come more than once."""
    slots, pieces = period.spans(newest)
    where, values = _filter(period)
    rows = connection.execute(
        f"SELECT {_FACET}, {tallies.SUMMED} FROM slots t JOIN facets f ON f.id = t.facet "
        f"WHERE t.slot >= ? AND t.slot < ?{where} GROUP BY f.id",
        [*slots, *values],
    )
    for row in rows:
        yield [*row[:4], row[4:]]
    for piece in pieces:
        rows = connection.execute(
            f"SELECT {_FACET}, {tallies.FROM_ROWS} FROM {tallies.ROWS} "
            f"WHERE r.started_ms >= ? AND r.started_ms < ?{where} GROUP BY f.id",
            [*piece, *values],
        )
        for row in rows:
            yield [*row[:4], row[4:]]


# --- buckets ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Bucket:
    sums: tallies.Sums
    by_model: dict[str, tallies.Sums]
    by_client: dict[str, tallies.Sums]
    bins: tuple[dict[int, int], dict[int, int]]


def buckets(connection: sqlite3.Connection, period: Period, newest: int) -> list[dict[str, Any]]:
    """One entry for each bucket, empty ones too. Latencies are within 2 %."""
    starts = period.bucket_starts
    filled = [_Bucket(tallies.nothing(), {}, {}, ({}, {})) for _ in starts]
    for at, model, client, sums in _bucket_sums(connection, period, newest):
        if 0 <= at < len(filled):
            bucket = filled[at]
            tallies.add(bucket.sums, sums)
            tallies.add(bucket.by_model.setdefault(model, tallies.nothing()), sums)
            tallies.add(bucket.by_client.setdefault(client, tallies.nothing()), sums)
    for at, what, bin, count in _bucket_bins(connection, period, newest):
        if 0 <= at < len(filled):
            bins = filled[at].bins[what]
            bins[bin] = bins.get(bin, 0) + count
    return [_shown(start, bucket) for start, bucket in zip(starts, filled, strict=True)]


def _shown(start: int, bucket: _Bucket) -> dict[str, Any]:
    def brief(groups: dict[str, tallies.Sums]) -> dict[str, Any]:
        named = ((name, tallies.as_json(sums)) for name, sums in groups.items())
        return {name: {figure: sums[figure] for figure in _BUCKET_FIGURES} for name, sums in named}

    latency, ttfb = (tallies.spread_percentiles(sorted(bins.items()), (50, 95)) for bins in bucket.bins)
    return {
        "start": stamp(moment_of(start)),
        **tallies.as_json(bucket.sums),
        "by_model": brief(bucket.by_model),
        "by_client": brief(bucket.by_client),
        "latency_ms": latency,
        "ttfb_ms": ttfb,
    }


def _pieces(period: Period, newest: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """As `spans`, but everything from the rows when buckets cut half hours."""
    return period.spans(newest) if period.fits_slots else ((0, 0), [(period.start, period.end)])


def _bucket_sums(
    connection: sqlite3.Connection, period: Period, newest: int
) -> Iterator[tuple[int, str, str, Sequence[int | None]]]:
    slots, pieces = _pieces(period, newest)
    where, values = _filter(period)
    first, size = period.first_bucket, period.bucket
    sources = [
        (f"(t.slot * {SLOT_MS} - {first}) / {size}", tallies.SUMMED,
         "slots t JOIN facets f ON f.id = t.facet", "t.slot >= ? AND t.slot < ?", slots)
    ]  # fmt: skip
    sources += [
        (f"(r.started_ms - {first}) / {size}", tallies.FROM_ROWS, tallies.ROWS,
         "r.started_ms >= ? AND r.started_ms < ?", piece)
        for piece in pieces
    ]  # fmt: skip
    for bucket, sums, tables, span, bounds in sources:
        for row in connection.execute(
            f"SELECT {bucket}, f.model, f.client, {sums} FROM {tables} WHERE {span}{where} GROUP BY 1, 2, 3",
            [*bounds, *values],
        ):
            yield row[0], row[1], row[2], row[3:]


def _bucket_bins(
    connection: sqlite3.Connection, period: Period, newest: int
) -> Iterator[tuple[int, int, int, int]]:
    slots, pieces = _pieces(period, newest)
    filtered = bool(period.model or period.client)
    if filtered:  # the ready counts know neither
        slots, pieces = (0, 0), [(period.start, period.end)]
    yield from connection.execute(
        f"SELECT (slot * {SLOT_MS} - {period.first_bucket}) / {period.bucket}, what, bin, sum(count) "
        "FROM spread WHERE slot >= ? AND slot < ? GROUP BY 1, 2, 3",
        slots,
    )
    for piece in pieces:
        for started, *times in _times(connection, period, piece):
            for what, ms in enumerate(times):
                if ms is not None:
                    yield period.bucket_of(started), what, tallies.bin_of(ms), 1


# --- percentiles --------------------------------------------------------------------------------------


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
    connection: sqlite3.Connection, period: Period, newest: int, requests: int
) -> tuple[dict[str, Any], bool]:
    """Latency and time to first byte, and whether they are approximate (within 2 %)."""
    if requests <= EXACT_ROWS:
        rows = _times(connection, period, (period.start, period.end)).fetchall()
        return {
            name: tallies.percentiles(row[at] for row in rows if row[at] is not None)
            for at, name in ((1, "latency_ms"), (2, "ttfb_ms"))
        }, False
    found: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for _, what, bin, count in _bucket_bins(connection, _one_bucket(period), newest):
        found[what][bin] = found[what].get(bin, 0) + count
    latency, ttfb = (tallies.spread_percentiles(sorted(bins.items())) for bins in found)
    return {"latency_ms": latency, "ttfb_ms": ttfb}, True


def _one_bucket(period: Period) -> Period:
    """The period as one bucket that begins with a half hour, whatever its ends are."""
    start = period.start // SLOT_MS * SLOT_MS
    size = max(1, -(-(period.end - start) // SLOT_MS)) * SLOT_MS
    return Period(period.start, period.end, size, -start, period.model, period.client)


# --- sessions -----------------------------------------------------------------------------------------


def by_session(connection: sqlite3.Connection, period: Period) -> dict[str, Any]:
    """The dearest sessions of the period, each with what it cost inside of it."""
    wholly = connection.execute(
        f"SELECT id, {', '.join(tallies.SUMS)} FROM sessions "
        "WHERE last_ms >= ? AND last_ms < ? AND started_ms >= ? "
        "ORDER BY nano_aiu DESC, requests DESC LIMIT ?",
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
