"""What one agent session cost: its prompts, the tool turns that followed, and the branches beside them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tray_app.errors import BadRequest
from tray_app.history import tallies
from tray_app.history.record import Record, stamp
from tray_app.history.rows import moment_of, ms_of, read_rows

MOST_REQUESTS = 2_000
_EXPIRES = 300.0  # seconds without a request after which Copilot's prompt caches are gone
_LEAST_LOST = 1_024  # tokens; caches hold nothing shorter
_COLUMNS = (
    "n", "id", "client", "process", "project", "title", "started_ms", "last_ms", "turns", "branches",
    *tallies.SUMS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SessionQuery:
    start: datetime | None = None
    end: datetime | None = None
    client: str | None = None


def list_sessions(
    connection: sqlite3.Connection, query: SessionQuery, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Those used last come first. Raises BadRequest for a cursor that is none."""
    where, values = ["1"], list[Any]()
    for condition, value in (
        ("last_ms >= ?", ms_of(query.start) if query.start else None),
        ("started_ms < ?", ms_of(query.end) if query.end else None),
        ("lower(client) = ?", query.client.lower() if query.client else None),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    if cursor:
        last, dot, n = cursor.partition(".")
        if not (
            dot and last.isascii() and last.isdigit() and n.isascii() and n.isdigit() and len(cursor) < 34
        ):
            raise BadRequest("cursor: expected next_cursor of the page before.", "cursor")
        where.append("(last_ms, n) < (?, ?)")
        values += [int(last), int(n)]
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM sessions WHERE {' AND '.join(where)} "
        "ORDER BY last_ms DESC, n DESC LIMIT ?",
        [*values, limit + 1],
    ).fetchall()
    shown = rows[:limit]
    more = f"{shown[-1][7]}.{shown[-1][0]}" if len(rows) > limit else None
    return [_shown(connection, row) for row in shown], more


def dearest(connection: sqlite3.Connection, start: datetime, limit: int) -> list[dict[str, Any]]:
    """The sessions that cost most, of those used since `start`."""
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM sessions WHERE last_ms >= ? "
        "ORDER BY nano_aiu DESC, requests DESC LIMIT ?",
        (ms_of(start), limit),
    ).fetchall()
    return [_shown(connection, row) for row in rows]


def _shown(connection: sqlite3.Connection, row: Sequence[Any]) -> dict[str, Any]:
    named = dict(zip(_COLUMNS, row, strict=True))
    models = connection.execute(
        "SELECT DISTINCT f.model FROM requests r JOIN kinds k ON k.id = r.kind "
        "JOIN facets f ON f.id = k.facet "
        "WHERE r.session = ? LIMIT 10",
        (named["n"],),
    )
    return {
        "id": named["id"],
        "client": named["client"],
        "process": named["process"],
        "project": named["project"],
        "title": named["title"],
        "started_at": stamp(moment_of(named["started_ms"])),
        "last_at": stamp(moment_of(named["last_ms"])),
        "prompts": named["turns"],
        "models": sorted(model for (model,) in models),
        "branches": named["branches"],
        **tallies.as_json([named[name] for name in tallies.SUMS]),
    }


def one_session(connection: sqlite3.Connection, id: str) -> dict[str, Any] | None:
    """The session as a tree of turns and branches; None when there is none of this id."""
    row = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM sessions WHERE id = ?", (id,)).fetchone()
    if row is None:
        return None
    numbers = [
        n
        for (n,) in connection.execute(
            "SELECT n FROM requests WHERE session = ? ORDER BY started_ms, n LIMIT ?",
            (row[0], MOST_REQUESTS + 1),
        )
    ]
    records = read_rows(connection, numbers[:MOST_REQUESTS])
    titles = dict(connection.execute("SELECT turn, title FROM turns WHERE session = ?", (row[0],)).fetchall())
    return {
        **_shown(connection, row),
        "turns": list(_turns(records, titles)),
        "truncated": len(numbers) > MOST_REQUESTS,
    }


# --- the tree: pure -----------------------------------------------------------------------------------


def _turns(records: Sequence[Record], titles: dict[int, str]) -> list[dict[str, Any]]:
    lost = cache_losses(records)
    turns: dict[int, list[Record]] = {}
    for record in records:
        turns.setdefault(record.turn or 0, []).append(record)
    return [
        {
            "turn": number,
            "started_at": stamp(group[0].started_at),
            "title": titles.get(number),
            **_totals(group),
            "branches": [_branch(one, group, lost) for one in _branches(group)],
        }
        for number, group in sorted(turns.items())
    ]


def _branches(records: Sequence[Record]) -> list[tuple[int, str]]:
    found = {branch_of(record): None for record in records}
    return sorted(found)


def branch_of(record: Record) -> tuple[int, str]:
    """The branch's number and what it is."""
    number = record.branch or 0
    kind = record.background or ("main" if number == 0 else "subagent")
    return number, kind


def _branch(branch: tuple[int, str], records: Sequence[Record], lost: dict[str, Any]) -> dict[str, Any]:
    own = [record for record in records if branch_of(record) == branch]
    rows = [record.as_json() | {"cache_lost": lost.get(record.id)} for record in own]
    return {"branch": branch[0], "kind": branch[1], **_totals(own), "requests_list": rows}


def _totals(records: Sequence[Record]) -> dict[str, Any]:
    total = tallies.nothing()
    for record in records:
        tallies.add(total, tallies.of_record(record))
    return tallies.as_json(total)


def cache_losses(records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """By request: that it read much less from the cache than the one before it had put there, and why."""
    lost: dict[str, dict[str, Any]] = {}
    before: dict[tuple[int, str], Record] = {}
    for record in records:
        usage = record.usage
        if usage.input_tokens is None or usage.cached_tokens is None:
            continue
        last = before.get(branch_of(record))
        before[branch_of(record)] = record
        if last is None or last.usage.input_tokens is None or not last.usage.cached_tokens:
            continue
        expected = min(last.usage.cached_tokens, usage.input_tokens)
        missing = expected - usage.cached_tokens
        if missing >= _LEAST_LOST and usage.cached_tokens < expected / 2:
            lost[record.id] = _why(last, record, missing)
    return lost


def _why(last: Record, record: Record, missing: int) -> dict[str, Any]:
    ended = last.started_at.timestamp() + (last.duration_ms or 0.0) / 1000
    idle = max(0.0, record.started_at.timestamp() - ended)
    if last.model_served != record.model_served:
        reason = "model"
    elif record.prefix_changed is not None:
        reason = "prefix"
    elif idle > _EXPIRES:
        reason = "expired"
    else:
        reason = "unknown"
    return {
        "lost_tokens": missing,
        "reason": reason,
        "changed_at": record.prefix_changed if reason == "prefix" else None,
        "idle_seconds": round(idle, 1),
    }
